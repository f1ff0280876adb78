"""Sums whose whole stands in another sentence (分项与总数不在一句), deductions, totals of two, terms, superlatives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.column_relations import is_short_total
from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, is_slip, judge, step_of, total, written
from jixiao.checks.texts.near_pairs import Amounts, family
from jixiao.checks.texts.prose import Document, Paragraph

PARTS, SCORE, DATE, SIGN = "claim_parts", "claim_score", "claim_date", "claim_sign"
FEWEST_PARTS, FEWEST_DIGITS = 3, 3
MOST_OFF = Decimal("0.3")
MONTHS = 12


def find_listed_sums(document: Document) -> Iterator[Claim]:
    """Find sums that fail although their whole and their parts stand in two sentences (跨句分项)."""
    amounts = Amounts(document)
    for paragraph in document.prose:
        yield from _by_kind(paragraph, amounts)
        yield from _among(paragraph, amounts)
        yield from _totals(paragraph)
        yield from _deductions(paragraph)
        yield from _terms(paragraph)
    yield from _extremes(document)


def _sum(paragraph: Paragraph, parts: list[Quantity], whole: Quantity) -> Claim:
    added = total(parts)
    return claim_at(
        PARTS,
        paragraph,
        (parts[0].start - len(parts[0].label), parts[-1].end),
        printed=whole.printed,
        derived=written(added.value),
        gap=whole.value - added.value,
        verdict=judge(whole.span, added, step=step_of(whole)),
        arithmetic=load_grammar().sentence(
            "sum", parts="＋".join(written(one.value) for one in parts), derived=written(added.value), unit=whole.unit,
            printed=written(whole.value), difference=written(abs(whole.value - added.value)),
        ),
        severity="question",
    )  # fmt: skip


def _run(paragraph: Paragraph, start: int) -> list[Quantity]:
    """Return the amounts of one unit that stand one after the other from a place to the end of the sentence."""
    grammar = load_grammar()
    end = paragraph.sentence(start)[1]
    other = grammar.pattern("by_kind").search(paragraph.text, start, end)
    found = paragraph.between(start, other.start() if other else end)
    run: list[Quantity] = []
    for one in found:
        if one.is_vague or one.unit != found[0].unit or grammar.has("not_part", one.label):
            return []
        run.append(one)
    return run


def _by_kind(paragraph: Paragraph, amounts: Amounts) -> Iterator[Claim]:
    """Compare 按类别分，A8个、B15个、C6个 with the number of that unit told before them."""
    grammar = load_grammar()
    for match in grammar.pattern("by_kind").finditer(paragraph.text):
        parts = _run(paragraph, match.end())
        before = [one for one in paragraph.between(0, match.start()) if parts and one.unit == parts[0].unit]
        if parts and not before:
            before = _slip_of_sum(parts, amounts)
        is_again = len(parts) == 2 and len(grammar.pattern("by_kind").findall(paragraph.text)) > 1  # 按来源分，A、B
        if (len(parts) < FEWEST_PARTS and not is_again) or not before:
            continue
        added = total(parts).value
        known = [one for _, one in amounts.places[family(parts[0])] if one.value == added and one not in parts]
        wholes = [one for one in before if abs(one.value - added) <= MOST_OFF * added and one.value > parts[0].value]
        if known:
            yield _sum(paragraph, parts, known[0])
        elif wholes:
            yield _sum(paragraph, parts, wholes[0])


def _slip_of_sum(parts: list[Quantity], amounts: Amounts) -> list[Quantity]:
    """Return an amount told elsewhere, more than once, of which the sum is off by a slip of one of the parts."""
    added = total(parts).value
    places = [one for _, one in amounts.places[family(parts[0])] if one not in parts and not one.is_vague]
    for one in places:
        is_often = sum(other.value == one.value for other in places) > 1
        for part in parts:
            scale = part.value / Decimal(part.number) if Decimal(part.number) else Decimal(1)
            left = written((one.value - added + part.value) / scale)
            if is_often and one.value != added and is_slip(part.number, left) and len(left) >= FEWEST_DIGITS:
                return [one]
    return []


def _among(paragraph: Paragraph, amounts: Amounts) -> Iterator[Claim]:
    """Compare 基本支出中，人员经费A、公用经费B with the one amount that bears the name of the whole."""
    grammar = load_grammar()
    for match in grammar.pattern("among_whole").finditer(paragraph.text):
        parts = _run(paragraph, match.end())
        if len(parts) < 2 or not parts[0].unit:
            continue
        named = {one.value: one for _, one in amounts.places[family(parts[0])]
                 if one.label.endswith(match["name"]) and one.unit == parts[0].unit}  # fmt: skip
        added = total(parts).value
        if added in named:
            yield _sum(paragraph, parts, named[added])
        elif len(named) == 1:
            whole = next(iter(named.values()))
            if abs(whole.value - added) <= MOST_OFF * added and not whole.is_vague:
                yield _sum(paragraph, parts, whole)


def _totals(paragraph: Paragraph) -> Iterator[Claim]:
    """Find a total of two amounts one of which is a slip of what the other leaves: 5236万元…346万元，总计5600万元."""
    grammar = load_grammar()
    for whole in paragraph.quantities:
        if not grammar.find("total_of_two", whole.label) or whole.is_vague:
            continue
        before = [one for one in paragraph.between(0, whole.start) if one.unit == whole.unit and not one.is_vague]
        values = {one.value for one in before}
        if any(whole.value - value in values for value in values):
            continue
        for one in before:
            left = [two for two in before if two is not one and is_slip(two.number, written(whole.value - one.value))
                    and len(two.number.replace(".", "")) >= FEWEST_DIGITS]  # fmt: skip
            if left:
                yield _sum(paragraph, [one, left[0]], whole)
                break


def _deductions(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 权重20分，得17.6分…扣1.4分；…扣1分 told in one paragraph (扣分之和)."""
    grammar = load_grammar()
    heads = list(grammar.pattern("weight_and_given").finditer(paragraph.text))
    taken = list(grammar.pattern("deducted").finditer(paragraph.text))
    if len(heads) != 1 or len(taken) < 2 or grammar.find("deduction_rule", paragraph.text[: taken[-1].end()]):
        return
    weight, given = Decimal(heads[0]["w"]), Decimal(heads[0]["g"])
    lost = [Decimal(one["n"]) for one in taken]
    added = sum(lost, Decimal(0))
    yield claim_at(
        SCORE,
        paragraph,
        (heads[0].start(), taken[-1].end()),
        printed=written(given),
        derived=written(weight - added),
        gap=given - weight + added,
        verdict="holds" if given == weight - added else "fails",
        arithmetic=grammar.sentence(
            "deductions", weight=written(weight), parts="－".join(map(written, lost)), derived=written(weight - added),
            printed=written(given),
        ),
    )  # fmt: skip


def _terms(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 自2021年1月起…有效期三年，至2023年12月31日止 (期限与终止日)."""
    grammar = load_grammar()
    for match in grammar.pattern("term_of_years").finditer(paragraph.text):
        years = grammar.number(match["number"])
        if not years:
            continue
        first = int(match["y1"]) * MONTHS + int(match["m1"])
        last = int(match["y2"]) * MONTHS + int(match["m2"] or MONTHS)
        held = last - first in (years * MONTHS - 1, years * MONTHS)
        yield claim_at(
            DATE,
            paragraph,
            match.span(),
            printed=match["y2"],
            derived=str((first + years * MONTHS - 1) // MONTHS),
            verdict="holds" if held else "fails",
            arithmetic=grammar.sentence("term_of_years", months=str(last - first + 1), years=match["number"]),
        )


def _extremes(document: Document) -> Iterator[Claim]:
    """Compare 最低的是职业教育类，为88.6分 with the column of a table that holds the number (最高、最低)."""
    grammar = load_grammar()
    table: list[Paragraph] = []
    for paragraph in document.paragraphs:
        if paragraph.is_row and table and is_short_total(table, paragraph):
            continue
        if paragraph.is_row:
            table = table if table and len(table[0].cells) == len(paragraph.cells) else []
            table = [*table, paragraph]
            continue
        for match in grammar.pattern("extreme").finditer(paragraph.text):
            body = [
                row for row in table if not any(cell.strip() in grammar.words["row_total"] for cell in row.cells[:2])
            ]
            yield from _extreme(paragraph, match, body)


def _extreme(paragraph: Paragraph, match: re.Match[str], body: list[Paragraph]) -> Iterator[Claim]:
    grammar = load_grammar()
    number = Decimal(match["n"])
    for column in range(1, len(body[0].cells) if body else 0):
        cells = [(row, row.cells[column].strip().rstrip("%")) for row in body]
        known = [(row, Decimal(cell)) for row, cell in cells if grammar.pattern("plain_number").fullmatch(cell)]
        holding = [row for row, value in known if value == number]
        if len(known) < FEWEST_PARTS or len(holding) != 1 or holding[0].cells[0].strip()[:2] not in match["name"]:
            continue
        is_most = match["way"] in grammar.words["most_words"]
        row, edge = (max if is_most else min)(known, key=lambda item: item[1])
        yield claim_at(
            SIGN,
            paragraph,
            match.span(),
            printed=match["n"],
            derived=written(edge),
            gap=number - edge,
            verdict="holds" if edge == number else "fails",
            arithmetic=grammar.sentence(
                "extreme", way=match["way"], name=row.cells[0].strip(), derived=written(edge), printed=match["name"]
            ),
        )
        return
