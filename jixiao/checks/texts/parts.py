"""A whole and its parts (总数与其中): counts and money that should add up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, judge, step_of, total, written
from jixiao.checks.texts.prose import LONGEST_REACH, Document, Paragraph

KIND = "claim_parts"
FEWEST = 3
LONGEST_LIST = 40
COVERED = Decimal("0.9")
MOST_OVER = Decimal("1.25")
MOST_OF = Decimal("0.75")


def find_parts(document: Document) -> Iterator[Claim]:
    """Find wholes with their parts (总数与分项)."""
    known = {one.value for paragraph in document.paragraphs for one in paragraph.quantities}
    for number, paragraph in enumerate(document.prose):
        yield from _within(document.prose[number - 1] if number else None, paragraph)
        yield from _below(paragraph, document.prose[number + 1 : number + 40])
        yield from _identities(paragraph)
        yield from _answers(paragraph)
        yield from _listed(paragraph, known)
    yield from _weights(document)


def _within(before: Paragraph | None, paragraph: Paragraph) -> Iterator[Claim]:
    """Read one sentence: a whole, a word like "of which", parts."""
    grammar = load_grammar()
    text = paragraph.text
    marks = list(grammar.pattern("of_which").finditer(text))
    for number, mark in enumerate(marks):
        start, end = paragraph.sentence(mark.start())
        if mark.start() - start <= 1 and start > 1:  # the whole ended its sentence with a full stop
            start = paragraph.sentence(start - 2)[0]
        depth = paragraph.depths[mark.start()]
        if depth:
            end = min(end, _closing(text, mark.start()))
        if number + 1 < len(marks):
            end = min(end, marks[number + 1].start())
        inside = paragraph.between(mark.end(), end)
        inside = [one for one in inside if paragraph.depths[one.start] == depth and _is_part(one, text)]
        while inside and inside[0].unit in load_grammar().words["moments"]:
            inside = inside[1:]  # 其中2020年620.4万元
        if not inside:
            continue
        unit = inside[0].unit
        parts = [one for one in inside if one.unit == unit]
        if not unit or unit in grammar.words["not_summed"]:
            continue
        wholes = [
            one
            for one in paragraph.between(start, mark.start())
            if _same(one.unit, unit) and _is_whole(one, paragraph, depth)
        ]
        if wholes:
            fitting = [one for one in wholes if one.value == total(parts).value]
            if len(parts) == 1:  # one part may be of any whole before it
                fitting = fitting or [one for one in wholes if one.span.high >= parts[0].span.low]
            yield from _compare(paragraph, (fitting or wholes)[-1], parts, mark, is_list=bool(mark["list"]))


def _closing(text: str, position: int) -> int:
    end = text.find(")", position, position + LONGEST_REACH)
    return end if end >= 0 else position + LONGEST_REACH


def _same(one: str, two: str) -> bool:
    words = load_grammar().words
    return one == two or any(one in words[name] and two in words[name] for name in ("people", "respondents"))


def _is_part(one: Quantity, text: str) -> bool:
    grammar = load_grammar()
    return not (grammar.has("not_part", one.label) or grammar.pattern("after_part").match(text, one.end))


def _is_whole(one: Quantity, paragraph: Paragraph, depth: int) -> bool:
    return paragraph.depths[one.start] <= depth and not load_grammar().has("not_whole", one.label)


def _compare(
    paragraph: Paragraph, whole: Quantity, parts: list[Quantity], mark: re.Match[str], *, is_list: bool
) -> Iterator[Claim]:
    grammar = load_grammar()
    text = paragraph.text
    stop = text.find("；", mark.end(), mark.end() + LONGEST_REACH)
    first = [part for part in parts if stop < 0 or part.start < stop]
    scopes = [first, parts] if len(first) > 1 else [parts]
    scopes += [parts[:size] for size in range(2, min(len(parts), LONGEST_LIST))
               if "、" not in text[parts[size - 1].end : parts[size].start]]  # fmt: skip
    for scope in scopes:
        if total(scope).value == whole.value:
            yield _claim(paragraph, whole, scope, "holds")
            return
    chosen = scopes[0]
    verdict = judge(whole.span, total(chosen), step=step_of(whole))
    is_slip = verdict == "fails" and _is_slip_away(whole, chosen)
    if verdict == "fails":
        verdict = _doubt(paragraph, whole, chosen, is_list=is_list)
    if grammar.has("only_some", mark[0]) and total(chosen).value <= whole.value:
        verdict = "open"
    elif verdict == "open" and (_is_close_list(paragraph, whole, chosen) or (is_slip and not whole.is_vague)):
        yield replace(_claim(paragraph, whole, chosen, "fails"), severity="question")
        return
    yield _claim(paragraph, whole, chosen, verdict)


def _is_slip_away(whole: Quantity, parts: list[Quantity]) -> bool:
    """Say whether parts would add up to their whole if two neighbouring digits of one number changed places."""
    if len(parts) < FEWEST or any(part.is_vague for part in parts):
        return False
    gap = whole.value - total(parts).value
    if abs(gap) * 10 > whole.value:
        return False
    moves = [(one, gap) for one in parts if len(one.number) >= FEWEST] + [(whole, -gap)]
    return any(_is_turned(one, change) for one, change in moves)


def _is_turned(one: Quantity, change: Decimal) -> bool:
    number = one.number
    scale = one.value / Decimal(number) if Decimal(number) else Decimal(1)
    digits = [at for at, sign in enumerate(number) if sign != "."]
    for first, second in pairwise(digits):
        signs = list(number)
        signs[first], signs[second] = signs[second], signs[first]
        if Decimal("".join(signs)) * scale == one.value + change and change:
            return True
    return False


def _is_close_list(paragraph: Paragraph, whole: Quantity, parts: list[Quantity]) -> bool:
    """Say whether a list that misses its whole still reads as all of it: a question, not an error."""
    grammar = load_grammar()
    added = total(parts)
    labels = [part.label for part in parts]
    around = paragraph.text[max(0, whole.start - 14) : whole.start]
    if whole.is_vague or any(part.is_vague for part in parts) or _are_stages(labels):
        return False
    if len(parts) > FEWEST and grammar.has("altogether", around) and added.high < whole.span.low:
        return added.value >= MOST_OF * whole.value and not any(grammar.has("overlapping", label) for label in labels)
    overlapping = [label for label in labels if grammar.has("overlapping", label)]
    if len(parts) >= FEWEST and not overlapping and added.high < whole.span.low and not whole.is_vague:
        gap = written(whole.value - added.value).replace(".", "").strip("0")
        return added.value >= COVERED * whole.value and len(gap) == 1  # one digit of one part explains it
    over = added.low > whole.span.high and added.value <= MOST_OVER * whole.value
    return over and len(parts) >= FEWEST and len(overlapping) == 1


def _doubt(paragraph: Paragraph, whole: Quantity, parts: list[Quantity], *, is_list: bool) -> str:
    """Say whether parts that do not add up contradict the whole, or may be some of it only."""
    grammar = load_grammar()
    if whole.is_vague or any(part.is_vague for part in parts):
        return "open"
    added = total(parts)
    labels = [part.label for part in parts]
    pairs = grammar.words["complements"]
    is_pair = any(all(any(word in label for label in labels) for word in pair) for pair in pairs)
    overlap = not is_pair and any(grammar.has("overlapping", label) for label in labels)
    if _are_stages(labels):
        return "open"
    asked = grammar.find("survey", paragraph.text[max(0, whole.start - 30) : parts[-1].end])
    if asked and whole.unit in grammar.words["respondents"] and added.value > MOST_OVER * whole.value:
        return "open"  # groups of people may overlap; parts of one count exceed it by little
    if len(parts) == 1:
        return "fails" if added.low > whole.span.high else "open"
    if added.low > whole.span.high:
        return "open" if overlap else "fails"
    around = paragraph.text[max(0, whole.start - 14) : whole.start]
    says_all = is_list or is_pair or whole.unit == grammar.words["points"] or grammar.has("altogether", around)
    says_all |= grammar.has("others", labels[-1])
    enough = len(parts) >= FEWEST or is_pair or is_list
    if is_list and not (grammar.has("altogether", around) or grammar.has("so_far", around)):
        return "open"
    return "fails" if says_all and enough and not overlap and added.value >= COVERED * whole.value else "open"


def _are_stages(labels: Sequence[str]) -> bool:
    """Say whether amounts tell stages of the same money (安排、到位、支出), which are no parts of it."""
    stages: dict[str, list[str]] = load_grammar().words["stages"]
    found = [{stage for stage, words in stages.items() if any(word in label for word in words)} for label in labels]
    return len(set().union(*found)) > 1 and all(found)


def _claim(paragraph: Paragraph, whole: Quantity, parts: Sequence[Quantity], verdict: str) -> Claim:
    grammar = load_grammar()
    added = total(parts)
    gap = whole.value - added.value
    name = "single" if len(parts) == 1 else "sum"
    start, end = whole.start - len(whole.label), parts[-1].end
    return claim_at(
        KIND,
        paragraph,
        (start, end),
        printed=whole.printed,
        derived=written(added.value),
        gap=gap,
        verdict=verdict,
        arithmetic=grammar.sentence(
            name,
            parts="＋".join(written(part.value) for part in parts),
            derived=written(added.value),
            printed=written(whole.value),
            difference=written(abs(gap)),
            unit=whole.unit,
        ),
    )


def _below(paragraph: Paragraph, following: list[Paragraph]) -> Iterator[Claim]:
    """Read a whole whose parts are the numbered paragraphs below it."""
    grammar = load_grammar()
    if not grammar.find("of_which_below", paragraph.text):
        return
    numbered: list[Paragraph] = []
    style = ""
    for part in following:
        ordinal = grammar.pattern("ordinal").match(part.text)
        here = ordinal[0].replace(ordinal["number"], "") if ordinal else ""
        if ordinal and grammar.number(ordinal["number"]) == len(numbered) + 1 and (here == style or not numbered):
            numbered.append(part)
            style = here
        elif ordinal or not numbered:
            break
    start = paragraph.sentence(len(paragraph.text) - 1)[0]
    wholes = [one for one in paragraph.between(start, len(paragraph.text)) if one.unit == grammar.money_unit]
    if len(numbered) < 2:
        return
    for name in ("initial", "final", "plain"):
        words = grammar.words["figures_of_parts"][name]
        named = [
            one
            for one in wholes
            if (any(word in one.label for word in words) if words else len(wholes) == 1 and _is_part(one, ""))
        ]
        if not named or grammar.has("change", named[0].label):
            continue
        whole = named[0]
        parts: list[Quantity] = []
        for part in numbered:
            found = [
                one
                for one in part.quantities
                if one.unit == whole.unit
                and (any(word in one.label for word in words) if words else True)
                and not grammar.has("change", one.label)
            ]
            if not found:
                return
            opened = grammar.find("of_which", part.text)
            parts += found if words and opened and opened.start() < found[0].start else found[:1]
        added = total(parts)
        verdict = judge(whole.span, added, step=step_of(whole))
        claim = _claim(paragraph, whole, [whole], verdict)
        gap = whole.value - added.value
        yield Claim(
            KIND,
            claim.line,
            claim.quote,
            whole.printed,
            written(added.value),
            float(written(gap)),
            verdict,
            grammar.sentence(
                "sum",
                parts="＋".join(written(part.value) for part in parts),
                derived=written(added.value),
                printed=written(whole.value),
                difference=written(abs(gap)),
                unit=whole.unit,
            ),
        )


def _identities(paragraph: Paragraph) -> Iterator[Claim]:
    """Check sums that a final account must keep (收入总计＝年初结转和结余＋本年收入合计)."""
    grammar = load_grammar()
    for identity in grammar.identities:
        found = grammar.compile(identity["whole"]).search(paragraph.text)
        if not found:
            continue
        whole = paragraph.at(found.start("n"))
        parts = []
        for pattern in identity["parts"]:
            match = grammar.compile(pattern).search(paragraph.text, found.end())
            part = paragraph.at(match.start("n")) if match else None
            if part is not None:
                parts.append(part)
        needed = identity["needed"]
        if whole is None or len(parts) < needed:
            continue
        yield _claim(paragraph, whole, parts, judge(whole.span, total(parts), step=step_of(whole)))


def _answers(paragraph: Paragraph) -> Iterator[Claim]:
    """Add the answers of a survey up to those who answered: 312份有效问卷中，非常满意148份……不满意11份."""
    grammar = load_grammar()
    for match in grammar.pattern("answers_of").finditer(paragraph.text):
        whole = paragraph.at(match.start("n"))
        inside = paragraph.between(match.end(), paragraph.sentence(match.end())[1])
        parts = [one for one in inside if whole and one.unit in grammar.words["respondents"]]
        if whole and len(parts) >= FEWEST and any(grammar.has("not_satisfied", one.label) for one in parts):
            yield _claim(paragraph, whole, parts, judge(whole.span, total(parts), step=step_of(whole)))


def _listed(paragraph: Paragraph, known: set[Decimal]) -> Iterator[Claim]:
    """Find amounts told one after the other that a slip keeps from adding up to an amount of their paragraph (分别)."""
    for match in load_grammar().pattern("listed_amounts").finditer(paragraph.text):
        parts = paragraph.between(match.start("list"), match.end("list"))
        wholes = [one for one in paragraph.between(0, match.start()) if parts and one.unit == parts[0].unit]
        added = total(parts).value
        if len(parts) < FEWEST or added in known:
            continue
        for whole in reversed(wholes):
            gap = written(abs(whole.value - added)).replace(".", "").strip("0")
            if (len(gap) == 1 and abs(whole.value - added) * 5 < whole.value) or _is_slip_away(whole, parts):
                yield _claim(paragraph, whole, parts, "fails")
                break


def _weights(document: Document) -> Iterator[Claim]:
    """Add the weights of the categories that a text lists one below the other (占权重)."""
    grammar = load_grammar()
    run: list[tuple[Paragraph, re.Match[str]]] = []
    gap = 0
    for paragraph in [*document.prose, Paragraph("", ())]:
        found = grammar.find("share_of_weight", paragraph.text)
        gap = 0 if found else gap + 1
        if found:
            run.append((paragraph, found))
        if run and (gap > 1 or not paragraph.text):
            if len(run) >= FEWEST:
                yield _weight_claim(run)
            run = []


def _weight_claim(run: list[tuple[Paragraph, re.Match[str]]]) -> Claim:
    grammar = load_grammar()
    added = sum((Decimal(match["n"]) for _, match in run), Decimal(0))
    full = Decimal(grammar.words["full_score"])
    paragraph, first = run[0]
    return claim_at(
        KIND,
        paragraph,
        (max(0, first.start() - 12), first.end()),
        printed=written(added),
        derived=written(full),
        gap=added - full,
        verdict="holds" if added == full else "fails",
        arithmetic=grammar.sentence(
            "sum",
            parts="＋".join(match["n"] for _, match in run),
            derived=written(added),
            printed=written(full),
            difference=written(abs(added - full)),
            unit="",
        ),
    )
