"""Rates behind an amount that no two amounts of the report give (无数可证的比率), told with the nearest that would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, Span, fits, is_slip, places, total, written
from jixiao.checks.texts.near_pairs import Amounts, family
from jixiao.checks.texts.prose import Document, Paragraph

KIND = "claim_share"
HUNDRED = Decimal(100)
REACH = 30
NEAR, NEAR_OFTEN = Decimal(4), Decimal(10)
FEWEST_TOLD = 2
LEAST_RATE, MOST_RATE = Decimal(2), Decimal(200)


def find_unborne(document: Document) -> Iterator[Claim]:
    """Find rates right behind an amount that it gives over no other amount of the report (比率无从算出)."""
    amounts = Amounts(document)
    for paragraph in document.prose:
        for rate in paragraph.quantities:
            if rate.unit == "%" and not rate.is_vague and LEAST_RATE <= rate.value <= MOST_RATE:
                yield from _rate(paragraph, rate, amounts)


def _rate(paragraph: Paragraph, rate: Quantity, amounts: Amounts) -> Iterator[Claim]:
    grammar = load_grammar()
    text = paragraph.text
    start = paragraph.sentence(rate.start)[0]
    before = paragraph.between(max(start, rate.start - REACH), rate.start)
    if not before or before[-1].unit == "%" or grammar.has("no_rate_of_amounts", rate.label):
        return
    part = before[-1]
    gap = text[part.end : rate.start]
    behind = re.split("[，。；：、()]", text[rate.end : rate.end + REACH])[0]
    if grammar.find("rate_behind", gap) is None or grammar.find("goal_behind", behind):
        return
    if part.is_vague or not part.value or part.unit in [*grammar.words["not_amount"], *grammar.words["not_facts"]]:
        return
    if grammar.find("opinion_rate_name", gap) and not grammar.find("opinion_rate_name", part.label):
        return
    if grammar.has("change", part.label + gap) or grammar.find("one_of_each", part.label):
        return
    inside = [one for one in paragraph.between(start, rate.start) if one.unit not in grammar.words["not_amount"]]
    if _is_borne(rate, inside, amounts):
        return
    behind_it = [one for one in paragraph.between(rate.end, paragraph.sentence(rate.start)[1]) if one.unit == part.unit]
    if behind_it and fits(rate.number, part.span, part.span + behind_it[0].span):
        return  # 到位364.5万元，到位率90%，欠拨40.5万元
    near = _nearest(rate, part, amounts, paragraph)
    if near is None:
        return
    derived = part.value / near.value * HUNDRED
    shown = written(derived, places(rate.number) / 100)
    yield claim_at(
        KIND,
        paragraph,
        (part.start - len(part.label), rate.end),
        printed=rate.printed,
        derived=f"{shown}%",
        gap=rate.value - derived,
        verdict="fails",
        arithmetic=grammar.sentence(
            "share", part=written(part.value), whole=written(near.value), derived=shown, printed=rate.number
        ),
        severity="question",
    )


def _is_borne(rate: Quantity, inside: list[Quantity], amounts: Amounts) -> bool:
    """Say whether any amount of the sentence gives the rate: as a part, a whole, what is left, or a sum."""
    by_unit = [[one for one in inside if one.unit == unit] for unit in {one.unit for one in inside}]
    sums = [total(alike) for alike in by_unit if len(alike) > 1]
    for one in inside:
        for whole in [*amounts.spans.get(family(one), ()), *sums]:
            left, more = whole - one.span, one.span - whole
            for top, base in ((one.span, whole), (whole, one.span), (left, whole), (more, whole), (more, one.span)):
                if base.value > 0 and top.value > 0 and fits(rate.number, top, base):
                    return True
    return False


def _nearest(rate: Quantity, part: Quantity, amounts: Amounts, paragraph: Paragraph) -> Span | None:
    """Return the amount over which a part nearly gives its rate: some points off, or a digit wrong."""
    found: list[tuple[bool, int, Decimal, Span]] = []
    told: dict[Decimal, int] = {}
    for where, one in amounts.places[family(part)]:
        told[one.value] = told.get(one.value, 0) + (1 if where is not paragraph else 2)
    for span in amounts.spans[family(part)]:
        if (
            (span.value < part.value and rate.value <= HUNDRED)
            or (span.value == part.value and rate.value == HUNDRED)
            or not span.value
        ):
            continue
        ratio = part.value / span.value * HUNDRED
        off = abs(ratio - rate.value)
        often = told.get(span.value, 0) >= FEWEST_TOLD
        slip = is_slip(written(ratio, places(rate.number)), rate.number)
        if off <= (NEAR_OFTEN if often else NEAR) or (slip and often):
            found.append((not slip, -told.get(span.value, 0), off, span))
    return min(found, key=lambda item: item[:3])[3] if found else None
