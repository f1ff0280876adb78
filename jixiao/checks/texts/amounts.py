"""Amounts that hang together (金额与数量的关系): balances, sums told behind, prices, averages, slips of the pen."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, Span, judge, step_of, total, written
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import segments

PARTS = "claim_parts"
SLIP = "claim_slip"
PRICE = "claim_price"
TEN_THOUSAND = 10_000
FEWEST_DIGITS = 4
SHORTEST_NOUN = 4
DAYS = (Decimal(200), Decimal(367))
MONTHS = (Decimal("11.5"), Decimal("12.5"))
NEAR = (Decimal("0.5"), Decimal(2))
MOST_BEHIND = 8
FEWEST_PERIODS = 4
Seen = list[tuple[Paragraph, Quantity]]


def find_amounts(document: Document) -> Iterator[Claim]:
    """Find balances, sums behind their parts, prices times numbers, averages, and slips of the pen."""
    prices = list(_prices(document))
    for paragraph in document.prose:
        yield from _rest(paragraph)
        yield from _sum_behind(paragraph)
        yield from _altogether(paragraph)
        yield from _averages(paragraph)
        yield from _priced(paragraph, prices)
    yield from _periods(document)
    yield from _slips(document)


def _claim(
    kind: str,
    paragraph: Paragraph,
    place: tuple[int, int],
    printed: Quantity,
    derived: Span,
    sentence: str,
    *,
    severity: str = "",
    **parts: str,
) -> Claim:
    """Compare a printed amount with what follows, and write it down."""
    step = step_of(printed)
    verdict = judge(printed.span, derived, step=step)
    shown = written(derived.value, step if verdict == "holds" else step / 100)
    gap = printed.value - derived.value
    return claim_at(
        kind,
        paragraph,
        place,
        printed=printed.printed,
        derived=shown,
        gap=gap,
        verdict=verdict,
        arithmetic=load_grammar().sentence(
            sentence,
            printed=written(printed.value),
            derived=shown,
            difference=written(abs(gap), step / 100),
            unit=printed.unit,
            **parts,
        ),
        severity=severity,
    )


def _rest(paragraph: Paragraph) -> Iterator[Claim]:
    """What is left is what was there less what was spent (结余＝到位或预算－支出)."""
    grammar = load_grammar()
    for rest in paragraph.quantities:
        if rest.unit != grammar.money_unit or rest.is_vague or not grammar.find("rest_of", rest.label):
            continue
        start = paragraph.sentence(rest.start)[0]
        before = [one for one in paragraph.between(start, rest.start) if one.unit == rest.unit and not one.is_vague]
        spent = [one for one in before if grammar.find("spent_of", one.label)]
        if len(spent) != 1:
            continue
        before = [one for one in paragraph.between(0, rest.start) if one.unit == rest.unit and not one.is_vague]
        wholes = [one for one in before if one is not spent[0] and grammar.find("whole_of", one.label)]
        if not wholes:
            continue
        fitting = [one for one in before if judge(rest.span, one.span - spent[0].span, step=step_of(rest)) != "fails"]
        whole = (fitting or wholes)[-1]
        yield _claim(
            PARTS, paragraph, (min(whole.start, spent[0].start), rest.end), rest, whole.span - spent[0].span, "rest",
            whole=written(whole.value), spent=written(spent[0].value),
        )  # fmt: skip


def _sum_behind(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare a sum that stands behind its parts: A为…；B为…；两项合计…."""
    grammar = load_grammar()
    for match in grammar.pattern("sum_behind").finditer(paragraph.text):
        whole = paragraph.at(match.start("n"))
        count = grammar.number(match["count"])
        if whole is None or not count or count < 2 or whole.is_vague:
            continue
        before = [one for one in paragraph.between(0, match.start()) if one.unit == whole.unit][-MOST_BEHIND:]
        if len(before) < count:
            continue
        chosen = next((parts for parts in combinations(before, count)
                       if judge(whole.span, total(parts), step=step_of(whole)) != "fails"), None)  # fmt: skip
        parts = chosen or before[-count:]
        names = grammar.pattern("joined_names").findall(_clause_before(paragraph, match.start()))
        if chosen is None and names and not all(one.label.endswith(tuple(names)) for one in parts):
            continue  # 人工费与机械费两项合计: the parts are named, and stand elsewhere
        yield _claim(
            PARTS, paragraph, (parts[0].start, whole.end), whole, total(parts), "sum",
            parts="＋".join(written(part.value) for part in parts),
        )  # fmt: skip


def _clause_before(paragraph: Paragraph, end: int) -> str:
    return load_grammar().pattern("clause_edge").split(paragraph.text[:end])[-1]


def _altogether(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare a sum behind two parts or more of one sentence: 中心28家和照料站64家，共92家."""
    grammar = load_grammar()
    for match in grammar.pattern("altogether").finditer(paragraph.text):
        whole, last = paragraph.at(match.start("n")), paragraph.at(match.start("last"))
        if whole is None or last is None or whole.unit != last.unit or whole.is_vague or not whole.unit:
            continue
        start = paragraph.sentence(match.start())[0]
        before = [one for one in paragraph.between(start, match.start("n")) if one.unit == whole.unit]
        if any(grammar.find("one_of_each", one.label) for one in before[-2:]):
            continue  # 20座，每座19万元，共380万元: a price is no part
        if len(before) < 2 or any(one.is_vague for one in before[-2:]):
            continue
        fitting = [before[at:] for at in range(len(before) - 1)
                   if judge(whole.span, total(before[at:]), step=step_of(whole)) != "fails"]  # fmt: skip
        if not fitting and whole.value in {one.value for one in before}:
            continue
        parts = fitting[0] if fitting else before[-2:]
        yield _claim(
            PARTS, paragraph, (parts[0].start, whole.end), whole, total(parts), "sum",
            parts="＋".join(written(part.value) for part in parts),
        )  # fmt: skip


def _averages(paragraph: Paragraph) -> Iterator[Claim]:
    """An average by the day or month and the amount of the year fit each other (日均、月均与全年)."""
    grammar = load_grammar()
    for match in grammar.pattern("average").finditer(paragraph.text):
        one, year = paragraph.at(match.start("n1")), paragraph.at(match.start("n2"))
        if one is None or year is None or one.unit != year.unit or not one.value or not year.value:
            continue
        low, high = DAYS if match["by"] in grammar.words["by_day"] else MONTHS
        ratio = year.span.over(one.span)
        if ratio is None:
            continue
        is_held = ratio.high >= low and ratio.low <= high
        yield claim_at(
            PRICE,
            paragraph,
            match.span(),
            printed=one.printed,
            derived=written(ratio.value, Decimal("0.1")),
            gap=None,
            verdict="holds" if is_held else "fails",
            arithmetic=grammar.sentence(
                "average", year=written(year.value), one=written(one.value), by=match["by"],
                ratio=written(ratio.value, Decimal("0.1")),
            ),
        )  # fmt: skip


def _prices(document: Document) -> Iterator[tuple[str, str, Quantity]]:
    """Yield declared prices: the measure they are for, what they pay for, and the amount."""
    grammar = load_grammar()
    for paragraph in document.prose:
        for match in grammar.pattern("price").finditer(paragraph.text):
            price = paragraph.at(match.start("n"))
            start = max(paragraph.text.rfind(sign, 0, match.start()) for sign in "。；，") + 1
            if price is not None and price.unit == grammar.money_unit and not price.is_vague:
                yield grammar.same_unit(match["per"]), paragraph.text[start : match.start("n")], price


def _priced(paragraph: Paragraph, prices: list[tuple[str, str, Quantity]]) -> Iterator[Claim]:
    """Compare an amount with the number before it times a declared price: 36.8万公里，里程补贴1398.4万元."""
    grammar = load_grammar()
    for number, money in zip(paragraph.quantities, paragraph.quantities[1:], strict=False):
        if money.unit != grammar.money_unit or number.is_vague or money.is_vague or not money.value:
            continue
        if re.search("[。；]", paragraph.text[number.end : money.start]) or money.start - number.end > 16:
            continue
        is_price = grammar.find("price", paragraph.text[number.end : money.end])
        if is_price or grammar.pattern("after_price").match(paragraph.text, money.end):
            continue
        fitting = [price for unit, subject, price in prices if unit == number.unit and _share(subject, money.label)]
        if len(fitting) != 1:
            continue
        price = fitting[0].value
        derived = number.span * Span(price, price, price)  # a declared price is exact
        if not NEAR[0] <= money.value / max(derived.value, Decimal("1e-9")) <= NEAR[1]:
            continue
        yield _claim(
            PRICE, paragraph, (number.start - len(number.label), money.end), money, derived, "priced",
            number=written(number.value), price=fitting[0].printed,
        )  # fmt: skip


def _share(one: str, two: str) -> bool:
    """Say whether two labels have two signs in a row in common that are not just money words."""
    common = load_grammar().words["money_words"]
    pairs = {one[at : at + 2] for at in range(len(one) - 1)}
    return any(two[at : at + 2] in pairs and two[at : at + 2] not in common for at in range(len(two) - 1))


def _periods(document: Document) -> Iterator[Claim]:
    """Amounts of four quarters add up to an amount that the same text tells of the year (四个季度)."""
    grammar = load_grammar()
    known = [(paragraph, one) for paragraph in document.prose for one in paragraph.quantities]
    for paragraph in document.prose:
        for match in grammar.pattern("quarters").finditer(paragraph.text):
            end = paragraph.sentence(match.start())[1]
            inside = paragraph.between(match.end(), end)
            parts = [one for one in inside if one.unit == inside[0].unit][:FEWEST_PERIODS] if inside else []
            if len(parts) < FEWEST_PERIODS:
                continue
            added = total(parts)
            wholes = [one for _, one in known if one.unit == parts[0].unit and one not in parts and one.value
                      and Decimal("0.9") <= one.value / added.value <= Decimal("1.1")]  # fmt: skip
            if not wholes:
                continue
            held = [one for one in wholes if judge(one.span, added, step=step_of(one)) != "fails"]
            whole = (held or wholes)[-1]
            yield _claim(
                PARTS, paragraph, (match.start(), parts[-1].end), whole, added, "sum",
                parts="＋".join(written(part.value) for part in parts),
            )  # fmt: skip


def _slips(document: Document) -> Iterator[Claim]:
    """Numbers of one unit with the same digits: ten thousand times another, or two digits exchanged (笔误)."""
    grammar = load_grammar()
    by_unit: dict[tuple[int, str], Seen] = defaultdict(list)
    for segment, paragraph in zip(segments(document), document.paragraphs, strict=True):
        for one in paragraph.quantities:
            if one.unit and one.value and one.unit not in grammar.words["never_slips"]:
                by_unit[segment, one.unit].append((paragraph, one))
    for (_, unit), found in by_unit.items():
        if unit == grammar.money_unit:
            yield from _ten_thousand(found)
        yield from _exchanged(found)


def _digits(value: Decimal) -> str:
    return written(value).replace(".", "").strip("0")


def _ten_thousand(found: Seen) -> Iterator[Claim]:
    """Find money that is another one times ten thousand: 元 typed where 万元 is printed (元误作万元)."""
    by_value: dict[Decimal, tuple[Paragraph, Quantity]] = {}
    for paragraph, one in found:
        by_value.setdefault(one.value, (paragraph, one))
    for value, (paragraph, one) in by_value.items():
        other = by_value.get(value / TEN_THOUSAND)
        if other is None or len(_digits(value)) < 2:
            continue
        yield _slip(paragraph, one, other, "ten_thousand")


def _exchanged(found: Seen) -> Iterator[Claim]:
    """Find a number told once that is one told twice or more with two neighbouring digits exchanged (数字颠倒)."""
    places: dict[Decimal, Seen] = defaultdict(list)
    for paragraph, one in found:
        places[one.value].append((paragraph, one))
    usual = {value: seen for value, seen in places.items() if len(seen) > 1}
    order = {value: number for number, value in enumerate(places)}
    alike: dict[tuple[int, str], list[Decimal]] = defaultdict(list)  # only these can be exchanged: not every pair
    for value in places:
        alike[_shape(value)].append(value)
    for value, seen in places.items():
        if len(seen) > 1:
            continue
        paragraph, one = seen[0]
        for other in alike[_shape(value)]:
            if not _is_exchanged(value, other):
                continue
            others = places[other]
            is_usual = other in usual and any(_is_alike(paragraph, one, *place) for place in others)
            is_once = other not in usual and order[other] < order[value] and _is_one_thing(paragraph, one, *others[0])
            if is_usual or is_once:
                yield _slip(paragraph, one, others[0], "exchanged")
                break


def _shape(value: Decimal) -> tuple[int, str]:
    """Return what two numbers with exchanged digits have in common: where the point stands, and which digits."""
    text = written(value)
    return text.find("."), "".join(sorted(text))


def _is_exchanged(one: Decimal, two: Decimal) -> bool:
    """Say whether two numbers differ by two neighbouring digits that have changed places."""
    first, second = written(one), written(two)
    if len(first) != len(second) or first.find(".") != second.find("."):
        return False
    first, second = first.replace(".", ""), second.replace(".", "")
    wrong = [at for at, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    return len(wrong) == 2 and wrong[1] == wrong[0] + 1 and first[wrong[0]] == second[wrong[1]] and (
        first[wrong[1]] == second[wrong[0]]
    )  # fmt: skip


def _is_one_thing(paragraph: Paragraph, one: Quantity, other_paragraph: Paragraph, other: Quantity) -> bool:
    """Say whether two numbers told once each are of one thing: many digits, or the same noun before and behind."""
    if paragraph is other_paragraph:
        return False
    if len(written(one.value).replace(".", "")) > FEWEST_DIGITS:
        return True
    split = load_grammar().pattern("not_han").split
    nouns = []
    for place, quantity in ((paragraph, one), (other_paragraph, other)):
        nouns.append({quantity.label, split(place.text[quantity.end : quantity.end + 12])[0]})
    return any(
        len(first) >= SHORTEST_NOUN and second and (first == second or first[:SHORTEST_NOUN] == second[:SHORTEST_NOUN])
        for first in nouns[0]
        for second in nouns[1]
    )


def _is_alike(paragraph: Paragraph, one: Quantity, other_paragraph: Paragraph, other: Quantity) -> bool:
    """Say whether two numbers are told of one thing: by the words before them, or by those behind their unit."""
    digits = len(written(one.value).replace(".", ""))
    behind, other_behind = (
        load_grammar().pattern("not_han").split(place.text[quantity.end : quantity.end + 8])[0]
        for place, quantity in ((paragraph, one), (other_paragraph, other))
    )
    words = {text[at : at + 2] for text in (one.label, behind) for at in range(len(text) - 1)}
    others = {text[at : at + 2] for text in (other.label, other_behind) for at in range(len(text) - 1)}
    return bool(words & others) or (digits >= FEWEST_DIGITS and (paragraph.is_row or other_paragraph.is_row))


def _slip(paragraph: Paragraph, one: Quantity, other: tuple[Paragraph, Quantity], sentence: str) -> Claim:
    where, second = other
    return claim_at(
        SLIP,
        paragraph,
        (one.start - len(one.label), one.end),
        printed=one.printed,
        derived=second.printed,
        gap=one.value - second.value,
        verdict="fails",
        arithmetic=load_grammar().sentence(
            sentence, printed=one.printed, other=second.printed, line=where.line(second.start)
        ),
    )
