"""Written-out formulas, shares and rates (算式、占比、完成率)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import permutations

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, Span, evaluate, judge, places, printed_span, total, written
from jixiao.checks.texts.prose import LONGEST_REACH, Document, Paragraph

HUNDRED = Decimal(100)
LONGEST_FORMULA = 160
MOST_AMOUNTS = 8


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
    while formula.count("(") > formula.count(")"):
        formula = formula[formula.index("(") + 1 :]  # the bracket that the formula stands in
    is_exact = not re.search("[/÷]", formula)
    values = [evaluate(formula, partial(_operand, scaled=scaled, is_exact=is_exact)) for scaled in (False, True)]
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


def _operand(text: str, *, scaled: bool, is_exact: bool) -> Span | None:
    """Read one operand; points and plain numbers that are only added or multiplied are exact as written."""
    match = load_grammar().pattern("operand").fullmatch(text)
    if not match:
        return None
    if match["percent"]:
        return _times(printed_span(match["n"], is_count=True), 1 / HUNDRED)
    grammar = load_grammar()
    unit = match["unit"] or ""
    span = printed_span(match["n"], is_count=unit not in grammar.money)
    if is_exact and unit not in grammar.money:
        span = Span(span.value, span.value, span.value)
    return _times(span, grammar.money.get(unit, Decimal(1))) if scaled else span


def find_shares(document: Document) -> Iterator[Claim]:
    """Find shares and rates with the amounts they are made of (占比、完成率、执行率)."""
    unit = load_grammar().money_unit
    amounts = {one.value: one for paragraph in document.prose for one in paragraph.quantities if one.unit == unit}
    for number, paragraph in enumerate(document.prose):
        yield from _rates(paragraph, amounts)
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


def _rates(paragraph: Paragraph, amounts: dict[Decimal, Quantity]) -> Iterator[Claim]:
    """Check a rate against the amounts before it in the same sentence."""
    grammar = load_grammar()
    text = paragraph.text
    for match in grammar.pattern("rate").finditer(text):
        if grammar.pattern("bound").match(text, match.end()) or grammar.has("planned_rate", match[0]):
            continue
        start = paragraph.sentence(match.start())[0]
        if Decimal(match["n"]) == HUNDRED and grammar.find("all_of_them", text[start : match.start()]):
            continue
        pools = [_alike(paragraph, start, match.start()), _alike(paragraph, 0, match.start())]
        fitting = [claim for pool in pools for alike in pool for claim in _fitting(paragraph, match, alike)]
        if fitting:
            yield next((claim for claim in fitting if claim.verdict == "holds"), fitting[0])
            continue
        for alike in pools[0]:
            pair = _roles(match["name"], alike)
            if pair is None:
                continue
            part, whole = pair
            place = (min(part.start, whole.start), match.end())
            claim = _percent_claim(paragraph, place, match["n"], part, whole)
            if claim:
                yield claim
                break
        else:
            yield from _over_any(paragraph, match, pools[1], amounts)


def _over_any(
    paragraph: Paragraph, match: re.Match[str], pool: list[list[Quantity]], amounts: dict[Decimal, Quantity]
) -> Iterator[Claim]:
    """Check a rate whose base stands earlier in its paragraph, unless another amount of the text gives it."""
    for alike in pool:
        pair = _roles(match["name"], alike, most=MOST_AMOUNTS)
        if pair is None or pair[0].unit != load_grammar().money_unit:
            continue
        part, whole = pair
        place = (min(part.start, whole.start), match.end())
        others = [_percent_claim(paragraph, place, match["n"], part, other) for other in amounts.values()]
        claim = _percent_claim(paragraph, place, match["n"], part, whole)
        if claim and all(one is None or one.verdict == "fails" for one in others):
            yield claim
            return


def _alike(paragraph: Paragraph, start: int, end: int) -> list[list[Quantity]]:
    """Return the last amounts of each unit before a rate, the nearest unit first; a target may be a bound."""
    grammar = load_grammar()
    groups: dict[str, list[Quantity]] = {}
    for one in paragraph.between(max(start, end - LONGEST_REACH), end):
        if one.unit in grammar.words["not_amount"]:
            continue
        if not one.is_vague or grammar.has("base", _clause(paragraph.text, one.start)):
            groups.setdefault(one.unit, []).append(one)
    pairs = [group[-8:] for group in groups.values() if len(group) > 1]
    return sorted(pairs, key=lambda group: -group[-1].start)


def _clause(text: str, end: int) -> str:
    start = max(text.rfind(sign, max(0, end - LONGEST_REACH), end) for sign in "，。；：")
    return text[start + 1 : end]


def _fitting(paragraph: Paragraph, match: re.Match[str], alike: list[Quantity]) -> list[Claim]:
    """Return the pairs of amounts that give the rate, those named nearest to it first."""
    claims = [
        _percent_claim(paragraph, (min(part.start, whole.start), match.end()), match["n"], part, whole)
        for part, whole in permutations(reversed(alike), 2)
    ]
    return [claim for claim in claims if claim and claim.verdict in {"holds", "rounding"}]


def _roles(name: str, amounts: list[Quantity], *, most: int = 3) -> tuple[Quantity, Quantity] | None:
    """Return numerator and denominator when the words name exactly one of each."""
    grammar = load_grammar()
    roles = next((role for role in grammar.words["rates"] if role["name"] in name), None)
    if roles is None:
        return None
    bases = [one for one in amounts if any(word in one.label for word in roles["whole"])]
    tops = [one for one in amounts if any(word in one.label for word in roles["part"]) and one not in bases]
    if len({one.value for one in tops}) != 1 or len({one.value for one in bases}) != 1 or len(amounts) > most:
        return None
    return tops[-1], bases[-1]


def _shares(paragraph: Paragraph, before: list[Paragraph]) -> Iterator[Claim]:
    """Check what is said to be a share of a named whole, or of the budget."""
    grammar = load_grammar()
    text = paragraph.text
    for match in grammar.pattern("share").finditer(text):
        reach = max(0, match.start() - LONGEST_REACH)
        amounts = [one for one in paragraph.between(reach, match.start()) if one.unit != "%"]
        amounts = [one for one in amounts if one.unit not in grammar.words["not_amount"]]
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
        amounts = paragraph.between(start, match.start())
        budgets = [one for one in amounts if grammar.has("initial", one.label)]
        finals = [one for one in amounts if grammar.has("final", one.label)]
        if not budgets or not finals:
            continue
        budget, final = budgets[-1], finals[-1]
        if final.start < budget.start or (final.unit != budget.unit and budget.value):
            continue
        claim = _percent_claim(
            paragraph, (budget.start - len(budget.label), match.end()), match["n"], final, budget
        ) or _undivided(paragraph, budget, final, match)
        yield claim
    for match in grammar.pattern("of_named_budget").finditer(text):
        whole = paragraph.at(match.start("n0"))
        start = paragraph.sentence(match.start())[0]
        amounts = [one for one in paragraph.between(start, match.start()) if whole and one.unit == whole.unit]
        if whole and amounts:
            claim = _percent_claim(paragraph, (amounts[-1].start, match.end()), match["n"], amounts[-1], whole)
            yield from [claim] if claim else []


def _undivided(paragraph: Paragraph, budget: Quantity, final: Quantity, match: re.Match[str]) -> Claim:
    """A budget of 0 has no rate: a printed one is wrong when something was spent, idle when nothing was."""
    return claim_at(
        "claim_share",
        paragraph,
        (budget.start - len(budget.label), match.end()),
        printed=f"{match['n']}%",
        derived="",
        verdict="fails" if final.value else "open",
        arithmetic=load_grammar().sentence("undivided", printed=match["n"]),
    )


def _whole_named(
    name: str, part: Quantity, paragraph: Paragraph, amounts: list[Quantity], before: list[Paragraph]
) -> Quantity | None:
    """Return the amount the share is taken of: the one of that name, or the total of the list it stands in."""
    grammar = load_grammar()
    if name:
        pool = [one for other in before for one in other.quantities] + amounts
        same = [one for one in pool if one.unit == part.unit and one is not part and name in one.label]
        same = [one for one in same if not grammar.has("change", one.label)]
        if len({one.value for one in same}) != 1:
            return None
        exact = any(grammar.pattern("fact_verb").sub("", one.label).endswith(name) for one in same)
        return same[-1] if exact else _fitting_whole(part, same, paragraph)
    composed = grammar.find("composed", paragraph.text)
    if not composed or composed.start() > part.start:
        start = paragraph.sentence(part.start)[0]
        marks = list(grammar.pattern("of_which").finditer(paragraph.text, start, part.start + 1))
        if not marks:
            among = [one for one in paragraph.between(start, part.start) if one.unit == part.unit]
            among = [one for one in among if grammar.pattern("among").match(paragraph.text, one.end)]
            return among[-1] if among else None
        if grammar.has("bracket", marks[-1][0]):
            return None
        if marks[-1].start() - start <= 1 and start > 1:
            start = paragraph.sentence(start - 2)[0]
        wholes = [one for one in paragraph.between(start, marks[-1].start()) if one.unit == part.unit]
        wholes = [one for one in wholes if not grammar.has("not_whole", one.label) and one.value >= part.value]
        if len({one.value for one in wholes}) > 1:
            return _fitting_whole(part, wholes, paragraph)
        return wholes[0] if wholes else None
    title = composed["name"]
    named = [one for other in before for one in other.quantities if title in one.label and one.unit == part.unit]
    return named[-1] if named else None


def _fitting_whole(part: Quantity, wholes: list[Quantity], paragraph: Paragraph) -> Quantity | None:
    """Of several bases that a share may be taken of, return the one that gives it; none when no one does."""
    match = load_grammar().pattern("share").search(paragraph.text, part.end)
    if match is None:
        return None
    for whole in wholes:
        claim = _percent_claim(paragraph, match.span(), match["n"], part, whole)
        if claim and claim.verdict != "fails":
            return whole
    return None


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
    told = grammar.sentence(
        "sum",
        parts="＋".join(words),
        derived=written(added.value, step),
        printed=whole["n"],
        difference=written(abs(printed.value - added.value), step),
        unit=grammar.money_unit,
    )
    told = "；".join([told, *_right_share(shares, amounts, printed.value)])
    yield claim_at(
        "claim_share",
        paragraph,
        (whole.start(), last.end()),
        printed=whole["n"],
        derived=written(added.value, step),
        gap=printed.value - added.value,
        verdict=judge(printed, added, step=step),
        arithmetic=told,
    )


def _right_share(shares: dict[str, re.Match[str]], amounts: dict[str, re.Match[str]], whole: Decimal) -> Iterator[str]:
    """Yield the share that would give the printed total when all others stand, and shares of nothing (应有的比例)."""
    grammar = load_grammar()
    largest = max(shares, key=lambda kind: Decimal(amounts[kind]["n"]))
    others = sum(
        (
            Decimal(amounts[kind]["n"]) * Decimal(share["n"]) / HUNDRED
            for kind, share in shares.items()
            if kind != largest
        ),
        Decimal(0),
    )
    base = Decimal(amounts[largest]["n"])
    if base and 0 < (whole - others) / base <= 1:
        yield grammar.sentence(
            "procured", kind=largest, derived=written((whole - others) / base * HUNDRED, places(shares[largest]["n"]))
        )
    for kind, share in shares.items():
        if not Decimal(amounts[kind]["n"]) and Decimal(share["n"]):
            yield grammar.sentence("procured_void", kind=kind, printed=share["n"])
