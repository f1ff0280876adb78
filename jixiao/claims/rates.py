"""Written-out formulas, shares and rates (算式、占比、完成率)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import permutations

from jixiao.claims.found import Claim, claim_at
from jixiao.claims.grammar import load_grammar
from jixiao.claims.quantities import (
    Quantity,
    Span,
    evaluate,
    judge,
    places,
    printed_span,
    total,
    written,
)
from jixiao.claims.text import Document, Paragraph

HUNDRED = Decimal(100)
LONGEST_FORMULA = 160


def find_formulas(document: Document) -> Iterator[Claim]:
    """Find formulas whose result is printed (算式): ``（59.27/61.2）*100%=96.84%``."""
    for paragraph in document.prose:
        text = paragraph.text
        for sign in re.finditer(r"(?<![<>≤≥=])[=≈](?!=)", text):
            result = load_grammar().pattern("result").match(text, sign.end())
            start = _formula_start(text, sign.start())
            formula = text[start : sign.start()]
            if result and re.search(r"\d[^+\-*×/÷]*[+\-*×/÷]", formula):
                yield from _formula(paragraph, start, formula, result)


def _formula_start(text: str, end: int) -> int:
    """Walk back over numbers, signs, brackets and units."""
    pattern = load_grammar().pattern("formula_end")
    window = text[max(0, end - LONGEST_FORMULA) : end]
    found = pattern.search(window)
    return end - len(found[0]) if found else end


def _formula(paragraph: Paragraph, start: int, formula: str, result: re.Match[str]) -> Iterator[Claim]:
    grammar = load_grammar()
    formula = formula.lstrip("+*×/÷),")
    values = [evaluate(formula, lambda text, scaled=scaled: _operand(text, scaled=scaled)) for scaled in (False, True)]
    is_percent = bool(result["percent"])
    printed = printed_span(result["n"])
    step = places(result["n"])
    factor = grammar.money.get(result["unit"] or "", Decimal(1))
    best: tuple[str, Span] | None = None
    for value, is_scaled in zip(values, (False, True), strict=True):
        if value is None:
            continue
        readings = [_times(value, HUNDRED)] if is_percent else [value]
        if is_scaled and not is_percent:
            readings = [_times(value, 1 / factor)]
        if is_percent and "100" in formula and "100%" not in formula:
            readings.append(value)
        if not is_percent and "100%" in formula:
            readings.append(_times(value, HUNDRED))
        for reading in readings:
            verdict = judge(printed, reading, step=step)
            if best is None or _rank(verdict) < _rank(best[0]):
                best = verdict, reading
    if best is None:
        return
    verdict, derived = best
    percent = "%" if is_percent else ""
    shown = written(derived.value, step / 100 if verdict != "holds" else step) + percent
    yield claim_at(
        "claim_formula",
        paragraph,
        (start, result.end()),
        printed=result["n"] + percent,
        derived=shown,
        gap=printed.value - derived.value,
        verdict=verdict,
        arithmetic=grammar.sentence(
            "formula", formula=formula, derived=shown, printed=result["n"] + percent + (result["unit"] or "")
        ),
    )


def _rank(verdict: str) -> int:
    return ["holds", "rounding", "fails"].index(verdict)


def _times(value: Span, factor: Decimal) -> Span:
    return Span(value.value * factor, value.low * factor, value.high * factor)


def _operand(text: str, *, scaled: bool) -> Span | None:
    match = load_grammar().pattern("operand").fullmatch(text)
    if not match:
        return None
    if match["percent"]:
        return _times(printed_span(match["n"], is_count=True), 1 / HUNDRED)
    grammar = load_grammar()
    unit = match["unit"] or ""
    span = printed_span(match["n"], is_count=unit not in grammar.money)
    return _times(span, grammar.money.get(unit, Decimal(1))) if scaled else span


def find_shares(document: Document) -> Iterator[Claim]:
    """Find shares and rates with the amounts they are made of (占比、完成率、执行率)."""
    for number, paragraph in enumerate(document.prose):
        yield from _rates(paragraph)
        yield from _shares(paragraph, document.prose[max(0, number - 2) : number])
        yield from _procurement(paragraph)


def _percent_claim(
    paragraph: Paragraph, place: tuple[int, int], printed: str, part: Quantity, whole: Quantity, verdict: str = ""
) -> Claim | None:
    grammar = load_grammar()
    ratio = part.span.over(whole.span)
    if ratio is None:
        return None
    derived, step = _times(ratio, HUNDRED), places(printed)
    found = judge(printed_span(printed), derived, step=step)
    verdict = found if found != "fails" else verdict or found
    shown = written(derived.value, step / 100 if verdict != "holds" else step)
    return claim_at(
        "claim_share",
        paragraph,
        place,
        printed=f"{printed}%",
        derived=f"{shown}%",
        gap=Decimal(printed) - derived.value,
        verdict=verdict,
        arithmetic=grammar.sentence(
            "share", part=written(part.value), whole=written(whole.value), derived=shown, printed=printed
        ),
    )


def _rates(paragraph: Paragraph) -> Iterator[Claim]:
    """Check a rate against the amounts before it in the same sentence."""
    grammar = load_grammar()
    text = paragraph.text
    for match in grammar.pattern("rate").finditer(text):
        if grammar.pattern("bound").match(text, match.end()) or grammar.has("planned_rate", match[0]):
            continue
        start = paragraph.sentence(match.start())[0]
        amounts = [one for one in paragraph.quantities if start <= one.start < match.start() and one.unit != "%"]
        amounts = [one for one in amounts if not grammar.has("not_amount", one.unit) and not one.is_vague]
        amounts += [one for one in _bounds(paragraph, start, match.start())]
        unit = amounts[-1].unit if amounts else ""
        alike = sorted((one for one in amounts if one.unit == unit), key=lambda one: one.start)[-8:]
        if len(alike) < 2:
            continue
        claims = [
            claim
            for part, whole in permutations(alike, 2)
            if (claim := _percent_claim(paragraph, (alike[0].start, match.end()), match["n"], part, whole))
        ]
        fitting = [claim for claim in claims if claim.verdict == "holds"]
        fitting = fitting or [claim for claim in claims if claim.verdict == "rounding"]
        if fitting:
            yield fitting[-1]
            continue
        pair = _roles(match["name"], alike)
        if pair is None:
            continue
        part, whole = pair
        claim = _percent_claim(paragraph, (min(part.start, whole.start), match.end()), match["n"], part, whole)
        if claim:
            yield claim


def _bounds(paragraph: Paragraph, start: int, end: int) -> list[Quantity]:
    """Return targets such as 4万人及以上: a bound is a fair denominator."""
    grammar = load_grammar()
    return [
        one
        for one in paragraph.quantities
        if start <= one.start < end and one.is_vague and one.unit != "%" and grammar.has("base", one.label)
    ]


def _roles(name: str, amounts: list[Quantity]) -> tuple[Quantity, Quantity] | None:
    """Return numerator and denominator when the words name exactly one of each."""
    grammar = load_grammar()
    roles = next((role for role in grammar.words["rates"] if role["name"] in name), None)
    if roles is None:
        return None
    tops = [one for one in amounts if any(word in one.label for word in roles["part"])]
    bases = [one for one in amounts if any(word in one.label for word in roles["whole"]) and one not in tops]
    if len({one.value for one in tops}) != 1 or len({one.value for one in bases}) != 1 or len(amounts) > 3:
        return None
    return tops[-1], bases[-1]


def _shares(paragraph: Paragraph, before: list[Paragraph]) -> Iterator[Claim]:
    """Check what is said to be a share of a named whole, or of the budget."""
    grammar = load_grammar()
    text = paragraph.text
    for match in grammar.pattern("share").finditer(text):
        amounts = [one for one in paragraph.quantities if one.start < match.start() and one.unit != "%"]
        amounts = [one for one in amounts if not grammar.has("not_amount", one.unit)]
        start = paragraph.sentence(match.start())[0]
        if not amounts or amounts[-1].start < start or "%" in text[amounts[-1].end : match.start()]:
            continue
        if paragraph.depths[amounts[-1].start] < paragraph.depths[match.start()]:
            continue
        part, name = amounts[-1], match["name"].removesuffix(grammar.words["of"])
        if grammar.has("change", part.label) or grammar.has("other_people", name):
            continue
        whole = _whole_named(name, part, paragraph, amounts, before)
        if whole is None:
            continue
        claim = _percent_claim(paragraph, (part.start - len(part.label), match.end()), match["n"], part, whole)
        if claim:
            yield claim
    for match in grammar.pattern("of_budget").finditer(text):
        start = paragraph.sentence(match.start())[0]
        amounts = [one for one in paragraph.quantities if start <= one.start < match.start()]
        budgets = [one for one in amounts if grammar.has("initial", one.label)]
        finals = [one for one in amounts if grammar.has("final", one.label)]
        if not budgets or not finals:
            continue
        budget, final = budgets[-1], finals[-1]
        if final.start < budget.start or final.unit != budget.unit:
            continue
        claim = _percent_claim(
            paragraph, (budget.start - len(budget.label), match.end()), match["n"], final, budget
        ) or _undivided(paragraph, budget, match)
        yield claim


def _undivided(paragraph: Paragraph, budget: Quantity, match: re.Match[str]) -> Claim:
    return claim_at(
        "claim_share",
        paragraph,
        (budget.start - len(budget.label), match.end()),
        printed=f"{match['n']}%",
        derived="",
        verdict="open",
        arithmetic=load_grammar().sentence("undivided", printed=match["n"]),
    )


def _whole_named(
    name: str, part: Quantity, paragraph: Paragraph, amounts: list[Quantity], before: list[Paragraph]
) -> Quantity | None:
    """Return the amount the share is taken of: the one of that name, or the total of the list it stands in."""
    grammar = load_grammar()
    if name:
        pool = [one for other in before for one in other.quantities] + amounts
        same = [one for one in pool if one.unit == part.unit and one is not part and one.label.endswith(name)]
        return same[-1] if len({one.value for one in same}) == 1 else None
    composed = grammar.find("composed", paragraph.text)
    if not composed or composed.start() > part.start:
        return None
    title = composed["name"]
    named = [one for other in before for one in other.quantities if title in one.label and one.unit == part.unit]
    return named[-1] if named else None


def _procurement(paragraph: Paragraph) -> Iterator[Claim]:
    """Check the shares of small firms in goods, works and services against their printed total (政府采购)."""
    grammar = load_grammar()
    shares = {match["kind"]: match for match in grammar.pattern("procured_share").finditer(paragraph.text)}
    amounts = {match["kind"]: match for match in grammar.pattern("procured").finditer(paragraph.text)}
    whole = grammar.find("procured_small", paragraph.text)
    if not whole or len(shares) < 2 or not set(shares) <= set(amounts):
        return
    added = total([])
    words = []
    for kind, share in shares.items():
        amount = amounts[kind]
        added += _times(printed_span(share["n"]), 1 / HUNDRED) * printed_span(amount["n"])
        words.append(f"{amount['n']}×{share['n']}%")
    printed = printed_span(whole["n"])
    step = places(whole["n"])
    last = max(shares.values(), key=lambda match: match.start())
    yield claim_at(
        "claim_share",
        paragraph,
        (whole.start(), last.end()),
        printed=whole["n"],
        derived=written(added.value, step),
        gap=printed.value - added.value,
        verdict=judge(printed, added, step=step),
        arithmetic=grammar.sentence(
            "sum",
            parts="＋".join(words),
            derived=written(added.value, step),
            printed=whole["n"],
            difference=written(abs(printed.value - added.value), step),
            unit=grammar.money_unit,
        ),
    )


