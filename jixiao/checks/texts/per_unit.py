"""Amounts for one of many (单位数与总数): averages per head or piece, averages of a day, standards by the month."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, Span, judge, step_of, written
from jixiao.checks.texts.near_pairs import Amounts, family
from jixiao.checks.texts.prose import Document, Paragraph

KIND = "claim_price"
SHORTEST_LABEL = 3
NEAR = (Decimal("0.4"), Decimal("2.5"))
DAYS = (range(240, 263), range(298, 315), range(328, 337), range(358, 367))
FEWEST_DAYS = 100
MONTHS = (range(9, 13),)
FEWEST_COUNTS = 2
TOLERANCE = Decimal("0.001")
YUAN, ROUND, MOST_RATIO = Decimal(10000), Decimal(10), Decimal(5)
FACTORS = tuple(Decimal(number) for number in (1, 12, 10, 9, 11, 8, 6, 2, 3, 4, 5, 7))


def find_per_unit(document: Document) -> Iterator[Claim]:
    """Compare averages per head, piece, day or month with the amounts they are made of."""
    amounts = Amounts(document)
    for paragraph in document.prose:
        yield from _averages(paragraph, amounts)
        yield from _daily(paragraph)
    yield from _by_standard(document)
    yield from _by_round_price(document, amounts)


def _by_round_price(document: Document, amounts: Amounts) -> Iterator[Claim]:
    """Find a standard for one that no number and no money of the report give, where others of them give a round one."""
    grammar = load_grammar()
    monies = [span for span in amounts.spans.get(grammar.money_unit, ()) if span.value]
    priced = [(paragraph, match) for paragraph in document.prose
              for match in grammar.pattern("each_one").finditer(paragraph.text)]  # fmt: skip
    said = Counter(match["per"] for _, match in priced)
    for paragraph, match in priced:
        if said[match["per"]] == 1:  # two standards for one kind of people tell nothing of their sum
            yield from _round_price(paragraph, match, monies, amounts)


def family_of(units: set[str]) -> str:
    """Return the unit under which the amounts of some units are kept."""
    respondents = load_grammar().words["respondents"]
    return str(respondents[0]) if units & set(respondents) else ""


def _round_price(paragraph: Paragraph, match: re.Match[str], monies: list[Span], amounts: Amounts) -> Iterator[Claim]:
    grammar = load_grammar()
    price, word = paragraph.at(match.start("n")), match["per"]
    if price is None or price.is_vague or not price.value or price.unit != grammar.money_unit:
        return
    units = {*grammar.words["per_units"].get(word, ()), grammar.same_unit(word)}
    counts = [one for unit in {*units, family_of(units)} for _, one in amounts.places.get(unit, ())
              if one.unit in units and one.value and not one.is_vague]  # fmt: skip
    if len(counts) < FEWEST_COUNTS or len(monies) < FEWEST_COUNTS:
        return
    if any(
        abs(number.value * price.value * factor - money.value) <= TOLERANCE * money.value
        for number in counts
        for money in monies
        for factor in FACTORS
    ):
        return
    words = grammar.pattern("clause_edge").split(paragraph.text[: match.start()])[-1]
    for _, money in amounts.places.get(grammar.money_unit, ()):
        if not money.value or money.is_vague or not _shares(words or price.label, money.label):
            continue
        for number in counts:
            for factor in (Decimal(1), Decimal(12)):
                exact = money.value / number.value / factor
                ratio = price.value / exact
                if exact * YUAN % ROUND == 0 and ratio != 1 and 1 / MOST_RATIO <= ratio <= MOST_RATIO:
                    yield _claim(paragraph, match.span(), money, number, price)
                    return


def _averages(paragraph: Paragraph, amounts: Amounts) -> Iterator[Claim]:
    """Find 平均每辆2.6万元, 人均100元 that no amount over a number of such pieces gives."""
    grammar = load_grammar()
    for match in grammar.pattern("per_one").finditer(paragraph.text):
        one = paragraph.at(match.start("n"))
        before = paragraph.text[max(0, match.start() - 6) : match.end()]
        if one is None or one.is_vague or not one.value or grammar.find("no_average", before):
            continue
        word = match["per"] or match["head"]
        units = set(grammar.words["per_units"].get(word, [grammar.same_unit(word)]))
        counts = [count for unit in units for count in amounts.spans.get(unit, ()) if count.value]
        others = [found for place, found in amounts.places.items() if place not in units]
        counts += [number.span for found in others for _, number in found if number.unit in units and number.value]
        start = max(paragraph.sentence(match.start())[0], paragraph.text.rfind("；", 0, match.start()) + 1)
        mine = [number for number in paragraph.between(0, match.start("n")) if number is not one]
        tops = _tops(match["label"], one, [number for number in mine if number.start >= start], amounts)
        totals = [number.span for number in tops] or [span for span in amounts.spans.get(one.unit, ()) if span.value]
        factors = FACTORS[:2] if grammar.has("month_words", before) else FACTORS[:1]
        if any(_gives(one, whole, count, factors) for whole in totals for count in counts):
            continue
        tops = tops or [number for number in mine if number.unit == one.unit and number.value > one.value]
        bottoms = [number for number in mine if number.unit in units and not number.is_vague and number.value]
        bottoms = bottoms or [number for unit in units for _, number in amounts.places.get(unit, ())
                              if any(_shares(number.label, top.label) for top in tops) and number.value]  # fmt: skip
        said = paragraph.text[start : match.start()]
        bottoms = bottoms or [number for unit in units for _, number in amounts.places.get(unit, ())
                              if number.value and number.label and _shares(number.label, said)]  # fmt: skip
        pairs = [(top, bottom) for top in reversed(tops) for bottom in reversed(bottoms)]
        near = [pair for pair in pairs if NEAR[0] <= pair[0].value / pair[1].value / one.value <= NEAR[1]]
        if near:
            top, bottom = min(near, key=lambda pair: abs(pair[0].value / pair[1].value - one.value))
            place = (min(top.start, one.start) if top in mine else match.start(), one.end)
            yield _claim(paragraph, place, top, bottom, one)


def _tops(label: str, one: Quantity, inside: list[Quantity], amounts: Amounts) -> list[Quantity]:
    """Return what an average is made of: the amounts before it in its sentence, else those that bear its words."""
    before = [number for number in inside if number.unit == one.unit and number.value > one.value]
    if before or len(label) < SHORTEST_LABEL:
        return before
    return [number for _, number in amounts.places.get(one.unit, ()) if label in number.label and number is not one]


def _shares(one: str, two: str) -> bool:
    return any(one[at : at + 2] in two for at in range(len(one) - 1))


def _gives(one: Quantity, whole: Span, count: Span, factors: tuple[Decimal, ...]) -> bool:
    for factor in factors:
        quotient = whole.over(Span(count.value * factor, count.low * factor, count.high * factor))
        if quotient is not None and judge(one.span, quotient, step=step_of(one)) != "fails":
            return True
    return False


def _claim(paragraph: Paragraph, place: tuple[int, int], top: Quantity, bottom: Quantity, one: Quantity) -> Claim:
    derived = top.value / bottom.value
    shown = written(derived, step_of(one) / 10)
    return claim_at(
        KIND,
        paragraph,
        place,
        printed=one.printed,
        derived=shown,
        gap=one.value - derived,
        verdict="fails",
        arithmetic=load_grammar().sentence(
            "per_one", whole=written(top.value), count=bottom.printed, derived=shown, unit=one.unit, printed=one.printed
        ),
    )


def _daily(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare an average of a day or month that stands behind the amount of its year: 全年5.84万吨，日均160吨."""
    grammar = load_grammar()
    for match in grammar.pattern("average_behind").finditer(paragraph.text):
        one = paragraph.at(match.start("n"))
        start = paragraph.sentence(match.start())[0]
        before = [number for number in paragraph.between(start, match.start()) if one and number.unit == one.unit]
        if one is None or not one.value or not before or before[-1].is_vague:
            continue
        year = before[-1]
        ratio = year.span.over(one.span)
        if ratio is None or not grammar.find("of_year", paragraph.text[start : year.start]):
            continue
        is_daily = match["by"] in grammar.words["by_day"]
        days = grammar.words["time_units"]["day"]
        told = [int(number.value) for number in paragraph.between(start, match.start())
                if number.unit in days and FEWEST_DAYS < number.value < DAYS[-1].stop]  # fmt: skip
        natural = MONTHS if not is_daily else tuple(range(one - 1, one + 2) for one in told) or DAYS
        low, high = natural[0].start / Decimal(2), natural[-1].stop * Decimal(2)
        if not low <= ratio.value <= high:
            continue
        is_held = any(ratio.high >= part.start and ratio.low <= part.stop - 1 for part in natural)
        shown = written(ratio.value, Decimal("0.1"))
        yield claim_at(
            KIND,
            paragraph,
            (year.start, match.end()),
            printed=one.printed,
            derived=shown,
            verdict="holds" if is_held else "fails",
            arithmetic=grammar.sentence(
                "average", year=written(year.value), one=written(one.value), by=match["by"], ratio=shown
            ),
        )


def _by_standard(document: Document) -> Iterator[Claim]:
    """Compare money with heads times a declared standard of the month: 博士每人每月1500元；博士120人，发放216万元."""
    grammar = load_grammar()
    standards: list[tuple[str, str, Quantity]] = []
    for paragraph in document.prose:
        for match in grammar.pattern("monthly_standard").finditer(paragraph.text):
            price = paragraph.at(match.start("n"))
            if price is not None and not price.is_vague:
                standards.append((match["who"], match["per"], price))
    names = [who for who, _, _ in standards]
    found: list[tuple[Paragraph, Quantity, Quantity, Quantity]] = []
    for paragraph in document.prose if standards else ():
        for number, money in zip(paragraph.quantities, paragraph.quantities[1:], strict=False):
            if money.unit != grammar.money_unit or number.is_vague or money.is_vague or not number.value:
                continue
            if any(sign in paragraph.text[number.end : money.start] for sign in "。；"):
                continue
            own = [one for one in standards if number.label.endswith(one[0]) and family(number) == one[1]]
            if len(own) == 1 and names.count(own[0][0]) == 1:
                found.append((paragraph, number, own[0][2], money))
    fitting = {factor: sum(_is_product(*one[1:], factor) for one in found) for factor in FACTORS}
    factor = max(FACTORS, key=lambda one: fitting[one])
    if not fitting[factor]:
        return
    for paragraph, number, price, money in found:
        product = number.value * price.value * factor
        if _is_product(number, price, money, factor) or abs(product - money.value) > money.value / 2:
            continue
        yield claim_at(
            KIND,
            paragraph,
            (number.start - len(number.label), money.end),
            printed=money.printed,
            derived=written(product),
            gap=money.value - product,
            verdict="fails",
            arithmetic=grammar.sentence(
                "by_standard", number=number.printed, price=price.printed, factor=written(factor),
                derived=written(product), unit=money.unit, printed=money.printed,
            ),
        )  # fmt: skip


def _is_product(number: Quantity, price: Quantity, money: Quantity, factor: Decimal) -> bool:
    return abs(number.value * price.value * factor - money.value) <= step_of(money)
