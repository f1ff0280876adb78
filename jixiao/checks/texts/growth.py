"""Growth and decline (增减): the amount, the rate, the direction and the figure of the year before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, Span, judge, places, printed_span, step_of, written
from jixiao.checks.texts.prose import LONGEST_REACH, Document, Paragraph

HUNDRED = Decimal(100)
NEAREST = 6


def find_growth(document: Document) -> Iterator[Claim]:
    """Find how much more or less than before (较上年增加…，增长…%)."""
    for paragraph in document.prose:
        for match in load_grammar().pattern("growth").finditer(paragraph.text):
            yield from _growth(paragraph, match)
        for match in load_grammar().pattern("rate_first").finditer(paragraph.text):
            yield from _growth(paragraph, match)
        for match in load_grammar().pattern("rise_amount").finditer(paragraph.text):
            yield from _rise(paragraph, match)
        for before, current, match in _between(paragraph):
            yield _between_claim(paragraph, match, before, current)


def _rise(paragraph: Paragraph, match: re.Match[str]) -> Iterator[Claim]:
    """Compare 由5.2万人增加到6.1万人，增加0.9万人 with the two amounts before it."""
    one, two, change = (paragraph.at(match.start(name)) for name in ("n1", "n2", "n"))
    if one is None or two is None or change is None or two.unit != change.unit or one.unit not in {"", two.unit}:
        return
    if two.unit in load_grammar().words["not_amount"]:
        return
    is_up = match["way"] in load_grammar().words["up"]
    before = one.span if one.unit else printed_span(one.number, scale=two.value / Decimal(two.number))
    derived = two.span - before if is_up else before - two.span
    yield claim_at(
        "claim_growth",
        paragraph,
        match.span(),
        printed=change.printed,
        derived=written(derived.value),
        gap=change.value - derived.value,
        verdict=judge(change.span, derived, step=step_of(change)),
        arithmetic=load_grammar().sentence(
            "rise_amount", now=written(two.value), before=written(before.value), derived=written(derived.value),
            unit=change.unit, sign=match["sign"], printed=written(change.value),
        ),
    )  # fmt: skip


def _between(paragraph: Paragraph) -> Iterator[tuple[Quantity, Quantity, re.Match[str]]]:
    """Yield a rate of growth with both of its figures: of this year and of the year before."""
    grammar = load_grammar()
    for match in grammar.pattern("rise_rate").finditer(paragraph.text):
        one, two = paragraph.at(match.start("n1")), paragraph.at(match.start("n2"))
        if one and two and two.unit not in grammar.words["not_amount"] and one.unit in {"", two.unit}:
            yield one, two, match
    for match in grammar.pattern("growth_rate").finditer(paragraph.text):
        start = paragraph.sentence(match.start())[0]
        amounts = [one for one in paragraph.between(start, match.start("way")) if not one.is_vague]
        amounts = [one for one in amounts if one.unit not in grammar.words["not_amount"]]
        earlier = [one for one in amounts if _is_earlier(paragraph, one, match)]
        if not earlier:
            continue
        current = [one for one in amounts if one not in earlier and one.unit == earlier[-1].unit]
        current = [one for one in current if not grammar.has("change", one.label)]
        if len(current) == 1:
            yield earlier[-1], current[-1], match


def _is_earlier(paragraph: Paragraph, one: Quantity, match: re.Match[str]) -> bool:
    """Say whether an amount belongs to the year the growth is measured from."""
    if match["n0"] and one.start == match.start("n0"):
        return True
    start = max(paragraph.text.rfind(sign, max(0, one.start - LONGEST_REACH), one.start) for sign in "，。；：")
    clause = paragraph.text[start + 1 : one.start]
    return load_grammar().has("before", clause) or bool(match["base"] and match["base"] in clause)


def _is_of_year(paragraph: Paragraph, one: Quantity, year: str) -> bool:
    """Say whether the clause of an amount names the year that a growth is measured from."""
    start = max(paragraph.text.rfind(sign, 0, one.start) for sign in "，。；：、(")
    return year in paragraph.text[start + 1 : one.start]


def _between_claim(
    paragraph: Paragraph,
    match: re.Match[str],
    before: Quantity,
    current: Quantity,
    *,
    change: Quantity | None = None,
) -> Claim:
    grammar = load_grammar()
    is_up = match["way"] in grammar.words["up"]
    changed = change.span if change else current.span - before.span if is_up else before.span - current.span
    ratio = changed.over(before.span)
    step = places(match["rate"])
    derived = Span(ratio.value * HUNDRED, ratio.low * HUNDRED, ratio.high * HUNDRED) if ratio else None
    verdict = judge(printed_span(match["rate"]), derived, step=step) if derived else "open"
    shown = written(derived.value, step if verdict == "holds" else step / 100) if derived else ""
    return claim_at(
        "claim_growth",
        paragraph,
        (min(before.start, current.start), match.end()),
        printed=f"{match['rate']}%",
        derived=f"{shown}%" if derived else "",
        gap=Decimal(match["rate"]) - derived.value if derived else None,
        verdict=verdict,
        arithmetic=grammar.sentence(
            "growth_between",
            change=written(changed.value),
            before=written(before.value),
            current=written(current.value + (changed.value if change else 0)),
            derived=shown,
            way=match["way"],
            printed=match["rate"],
        ),
    )


def _growth(paragraph: Paragraph, match: re.Match[str]) -> Iterator[Claim]:
    grammar = load_grammar()
    start = paragraph.sentence(match.start())[0]
    change = paragraph.at(match.start("n"))
    if change is None or change.unit in grammar.words["not_amount"]:
        return
    rate = match["rate"]
    if rate and (match["sign"] in grammar.words["up"]) != (match["way"] in grammar.words["up"]):
        yield _sign_claim(paragraph, (match.start(), match.end()), match["sign"], match["way"], "opposite", change)
        return
    amounts = [one for one in paragraph.between(start, match.start()) if one.unit == change.unit and not one.is_vague]
    base = grammar.find("base_year", match[0])
    earlier = [
        one
        for one in amounts
        if (grammar.has("before", one.label) or (base and _is_of_year(paragraph, one, base["year"])))
        and not grammar.has("change", one.label)
    ]
    current = [one for one in amounts if one not in earlier and not grammar.has("change", one.label)]
    inner = _base_inside(paragraph, match, change)
    gap = change.value if match["sign"] in grammar.words["up"] else -change.value
    is_whole = inner is not None and any(one.value == inner.value + gap for one in current[:-1])  # 共52个，其中…33个
    if inner is not None and current and not is_whole and paragraph.text[current[-1].end : match.start()] in {"", "，"}:
        place, is_up = (current[-1].start - len(current[-1].label), match.end()), match["sign"] in grammar.words["up"]
        yield _amount_claim(paragraph, place, current[-1], inner, change, is_up=is_up, word=match["sign"])
    if inner is not None and rate:
        yield _between_claim(paragraph, match, inner, inner, change=change)
        return
    if not current and match.start() - start <= 1 and start > 1:
        yield from _growth_of_sentence_before(paragraph, match, change, start)
    if not current:
        if base and len(earlier) == 1 and rate:
            yield _between_claim(paragraph, match, earlier[0], earlier[0], change=change)
        return
    is_up = match["sign"] in grammar.words["up"]
    place = (current[-1].start - len(current[-1].label), match.end())
    if earlier:
        yield _amount_claim(paragraph, place, current[-1], earlier[-1], change, is_up=is_up, word=match["sign"])
    if not rate:
        return
    claims = [_rate_claim(paragraph, match, one, change, is_up=is_up) for one in reversed(current[-NEAREST:])]
    fitting = [claim for claim in claims if claim.verdict in {"holds", "rounding"}]
    yield fitting[0] if fitting else claims[0]


def _base_inside(paragraph: Paragraph, match: re.Match[str], change: Quantity) -> Quantity | None:
    """Return the amount of the year before that stands inside the words of a growth: 较上年23.20万元减少1.36万元."""
    inside = [one for one in paragraph.between(match.start(), change.start) if one.unit == change.unit and one.value]
    return inside[-1] if len(inside) == 1 and not inside[0].is_vague else None


def _growth_of_sentence_before(
    paragraph: Paragraph, match: re.Match[str], change: Quantity, start: int
) -> Iterator[Claim]:
    """A growth that opens its sentence may belong to the figure before the full stop; it counts when it fits."""
    first = paragraph.sentence(start - 2)[0]
    amounts = [one for one in paragraph.between(first, start) if one.unit == change.unit and not one.is_vague]
    if amounts and match["rate"]:
        is_up = match["sign"] in load_grammar().words["up"]
        claim = _rate_claim(paragraph, match, amounts[-1], change, is_up=is_up)
        yield from [claim] if claim.verdict in {"holds", "rounding"} else []


def _rate_claim(
    paragraph: Paragraph, match: re.Match[str], current: Quantity, change: Quantity, *, is_up: bool
) -> Claim:
    grammar = load_grammar()
    before = current.span - change.span if is_up else current.span + change.span
    place = (current.start - len(current.label), match.end())
    rate = match["rate"]
    ratio = change.span.over(before)
    parts = {
        "current": written(current.value),
        "sign": "－" if is_up else "＋",
        "change": written(change.value),
        "before": written(before.value),
        "printed": rate,
        "way": match["way"],
    }
    if ratio is None or before.value < 0:
        negative = before.high < 0 or (not before.value and change.value != 0)
        return claim_at(
            "claim_growth",
            paragraph,
            place,
            printed=f"{rate}%",
            derived="",
            verdict="fails" if negative else "open",
            arithmetic=grammar.sentence("growth_negative" if before.high < 0 else "growth_undivided", **parts),
            severity="" if before.high < 0 else "question",
        )
    derived = Span(ratio.value * HUNDRED, ratio.low * HUNDRED, ratio.high * HUNDRED)
    step = places(rate)
    verdict = judge(printed_span(rate), derived, step=step)
    shown = written(derived.value, step / 100 if verdict != "holds" else step)
    return claim_at(
        "claim_growth",
        paragraph,
        place,
        printed=f"{rate}%",
        derived=f"{shown}%",
        gap=Decimal(rate) - derived.value,
        verdict=verdict,
        arithmetic=grammar.sentence("growth", derived=shown, **parts),
    )


def _amount_claim(
    paragraph: Paragraph,
    place: tuple[int, int],
    current: Quantity,
    before: Quantity,
    change: Quantity,
    *,
    is_up: bool,
    word: str,
) -> Claim:
    grammar = load_grammar()
    derived = current.span - before.span if is_up else before.span - current.span
    verdict = judge(change.span, derived, step=step_of(change))
    return claim_at(
        "claim_growth",
        paragraph,
        place,
        printed=change.printed,
        derived=written(derived.value),
        gap=change.value - derived.value,
        verdict=verdict,
        arithmetic=grammar.sentence(
            "growth_amount",
            current=written(current.value),
            before=written(before.value),
            derived=written(current.value - before.value),
            word=word,
            printed=written(change.value),
        ),
    )


def find_signs(document: Document) -> Iterator[Claim]:
    """Find directions that contradict their numbers (增减方向): 由120增加到100, 增长-5%."""
    grammar = load_grammar()
    for paragraph in document.prose:
        text = paragraph.text
        for match in grammar.pattern("from_to").finditer(text):
            if match["unit1"] and match["unit1"] != match["unit2"]:
                continue
            one, two = Decimal(match["n1"]), Decimal(match["n2"])
            is_up = match["sign"] in grammar.words["up"]
            name = "from_to"
            verdict = "open" if one == two else "holds" if (two > one) == is_up else "fails"
            yield claim_at(
                "claim_sign",
                paragraph,
                (match.start(), match.end()),
                printed=match["sign"],
                derived=f"{match['n1']}→{match['n2']}",
                gap=two - one,
                verdict=verdict,
                arithmetic=grammar.sentence(
                    name, one=match["n1"], two=match["n2"], sign=match["sign"], gap=written(abs(two - one))
                ),
            )
        yield from _over_budget(paragraph)
        for match in grammar.pattern("minus").finditer(text):
            yield claim_at(
                "claim_sign",
                paragraph,
                (match.start(), match.end()),
                printed=match[0],
                derived=f"-{match['n']}",
                gap=-Decimal(match["n"]),
                verdict="fails",
                arithmetic=grammar.sentence("minus", sign=match["sign"], number=f"-{match['n']}"),
            )


def _over_budget(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 决算数大于预算数 with the two figures before it."""
    grammar = load_grammar()
    for match in grammar.pattern("over_budget").finditer(paragraph.text):
        reach = max(0, match.start() - LONGEST_REACH)
        before = [one for one in paragraph.between(reach, match.start()) if one.unit != "%"]
        budgets = [one for one in before if grammar.has("initial", one.label) and not grammar.has("final", one.label)]
        finals = [one for one in before if grammar.has("final", one.label)]
        if len(budgets) != 1 or len(finals) != 1 or budgets[0].unit != finals[0].unit:
            continue
        budget, final, sign = budgets[0], finals[0], match["sign"]
        is_held = (
            final.value > budget.value
            if sign in grammar.words["larger"]
            else final.value < budget.value
            if sign in grammar.words["smaller"]
            else final.value == budget.value
        )
        yield claim_at(
            "claim_sign",
            paragraph,
            (budget.start, match.end()),
            printed=sign,
            derived=written(final.value - budget.value),
            gap=final.value - budget.value,
            verdict="holds" if is_held else "fails",
            arithmetic=grammar.sentence("over_budget", final=final.printed, budget=budget.printed, sign=sign),
        )


def _sign_claim(paragraph: Paragraph, place: tuple[int, int], one: str, two: str, name: str, change: Quantity) -> Claim:
    return claim_at(
        "claim_sign",
        paragraph,
        place,
        printed=f"{one}{change.printed}",
        derived=two,
        gap=None,
        verdict="fails",
        arithmetic=load_grammar().sentence(name, one=one, two=two),
    )
