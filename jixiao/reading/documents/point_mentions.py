"""Numbers of points in running text (文中分数): what each may be, and which pairs of points they leave open.

No sentence is known here: a number is full points, points given or points taken off by the word beside it, and open
when no word says. Which reading holds is decided by what must be true: given ≤ full, full − taken off = given,
given ÷ full = the rate told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from jixiao.reading.documents.stated_amounts import split_sentences
from jixiao.reading.files.document_words import document_words

FULL, GOT, LOST, RATE, OPEN = "full", "got", "lost", "rate", "open"
ALL_GIVEN, NONE_LOST, NONE_GIVEN = "all_given", "none_lost", "none_given"
LOOKED_BACK = 14
"""Signs before a number among which the word stands that says what it is."""
MOST_POINTS = Decimal(80)


@dataclass(frozen=True, slots=True)
class Mention:
    """One number of points, or words that stand for one (一处分数)."""

    role: str
    value: Decimal
    start: int
    end: int
    is_pair: bool = False
    """Whether it stands beside another with a stroke between: 3/4."""


@dataclass(frozen=True, slots=True)
class Points:
    """One reading of the points of an indicator and how well the text bears it out (一种读法)."""

    full: Decimal | None
    got: Decimal | None
    sureness: float
    is_derived: bool = False
    """Whether the points given follow from those taken off or from a rate, and are not printed."""


@cache
def mention_words() -> dict[str, re.Pattern[str]]:
    """Return the patterns by which numbers of points are told apart, compiled once."""
    return {name: re.compile(words) for name, words in document_words()["mentions"].items()}


def find_mentions(text: str) -> list[Mention]:
    """Return the numbers of points in a text, those of a rule apart (分数).

    Example:
        >>> [(one.role, f"{one.value}") for one in find_mentions("标准分4分，缺少批复，扣减1分。每缺一项扣0.5分。")]
        [('full', '4'), ('lost', '1')]
        >>> [(one.role, f"{one.value}") for one in find_mentions("立项依据（4/3）；得分/满分：3/4；权重4%，给予三分")]
        [('open', '4'), ('open', '3'), ('got', '3'), ('full', '4'), ('full', '4'), ('got', '3')]
    """
    found: list[Mention] = []
    for start, sentence in split_sentences(text):
        found += _of_sentence(sentence, start)
    return found


def _of_sentence(sentence: str, offset: int) -> list[Mention]:
    words = mention_words()
    label = words["rule_label"].search(sentence)
    edge = label.start() if label else len(sentence)
    spans = _ruled(sentence)

    def is_rule(at: int) -> bool:
        return at >= edge or any(start <= at < end for start, end in spans)

    found: list[Mention] = []
    labels: list[str] = []
    last = 0
    for hit in words["number"].finditer(sentence):
        if is_rule(hit.start()):
            continue
        before = sentence[max(last, hit.start() - LOOKED_BACK) : hit.start()]
        pair = words["pair_label"].search(before)
        if pair:
            labels = [pair["first"], pair["second"]]
        role = _role(before, hit, sentence[hit.end() : hit.end() + 4])
        is_second = bool(found) and found[-1].end == offset + last and bool(words["fraction_sign"].match(before))
        is_first = words["number"].match(sentence, _after_stroke(sentence, hit.end())) is not None
        if labels and (is_first or is_second or pair):
            role = GOT if words["got_label"].search(labels.pop(0)) else FULL
        elif not role and (is_second or (is_first and _is_closed(sentence, hit.end()))):
            role = OPEN
        value = _value(hit["n"])
        if not role or value is None or value > MOST_POINTS:
            continue
        if role == RATE:
            value /= 100
        found.append(Mention(role, value, offset + hit.start(), offset + hit.end(), is_first or is_second))
        last = hit.end()
    for role in (ALL_GIVEN, NONE_LOST, NONE_GIVEN):
        found += [
            Mention(role, Decimal(0), offset + hit.start(), offset + hit.end())
            for hit in words[role].finditer(sentence)
            if not is_rule(hit.start())
        ]
    return sorted(found, key=lambda one: one.start)


def _ruled(sentence: str) -> list[tuple[int, int]]:
    """Return where a sentence tells a rule of points: 每少一项扣0.5分; 达到95%得10分，否则不得分."""
    words = mention_words()
    clauses = [(hit.start(), hit.end()) for hit in re.finditer("[^，,]+[，,]?", sentence)]
    spans: list[tuple[int, int]] = []
    for hit in words["rule"].finditer(sentence):
        end = next((end for start, end in clauses if start <= hit.end() - 1 < end), len(sentence))
        spans.append((hit.start(), end))
    for number, (start, end) in enumerate(clauses):
        if words["rule_behind"].search(sentence[start:end]):
            spans.append((start, end))
        elif number + 1 < len(clauses) and words["goes_on"].match(sentence[end:]):
            following = clauses[number + 1]
            if any(following[0] <= first < following[1] for first, _ in spans):
                spans.append((start, end))
    return spans


def _after_stroke(sentence: str, end: int) -> int:
    hit = re.compile(r"\s*[/／|｜]\s*").match(sentence, end)
    return hit.end() if hit else len(sentence)


def _is_closed(sentence: str, end: int) -> bool:
    """Say whether two numbers with a stroke between stand alone: no measure, no date."""
    rest = mention_words()["second_of_pair"].match(sentence, end)
    return rest is not None and mention_words()["bare_end"].match(sentence[rest.end() :]) is not None


def _role(before: str, hit: re.Match[str], behind: str) -> str:
    """Return what the words beside a number make it; an empty text when it is no number of points."""
    words = mention_words()
    near = re.split("[，,]", before)[-1]
    is_rate = hit["unit"] in {"%", "％"}
    if is_rate:
        if words["rate"].search(near):
            return RATE
        is_weight = words["full"].search(near) and words["weight_word"].search(near)
        return FULL if is_weight else ""
    if not hit["n"][0].isdigit() and not hit["unit"]:
        return ""
    bare = hit["unit"] is None
    if bare and not words["bare_end"].match(behind):
        return ""
    if words["lost"].search(near):
        return LOST
    if words["full"].search(near) or (not bare and words["full_behind"].match(behind)):
        return "" if bare and not words["bare_full"].search(near) else FULL
    if words["got"].search(near):
        return "" if bare and not words["bare_got"].search(near) else GOT
    return "" if bare else OPEN


def _value(printed: str) -> Decimal | None:
    if printed[0].isdigit():
        return Decimal(printed)
    numerals = {sign: number for number, sign in enumerate(document_words()["numerals"])}
    other = document_words()["other_numerals"]
    if printed in other:
        return Decimal(other[printed])
    plain, ten = printed, document_words()["numerals"][10]
    if ten in plain:
        head, _, tail = plain.partition(ten)
        return Decimal(numerals.get(head, 1) * 10 + numerals.get(tail, 0))
    return Decimal(numerals[plain]) if plain in numerals else None


def readings_of(head: Sequence[Mention], body: Sequence[Mention], known: Decimal | None = None) -> list[Points]:
    """Return every reading of the points of one indicator, the best borne out first (可能的读法).

    Args:
        head: Numbers in the heading or in the first clause, beside the name.
        body: The other numbers.
        known: Full points that a table gives.

    Example:
        >>> best = readings_of([], find_mentions("标准分4分，扣减1分，评价得分3分。"))[0]
        >>> f"{best.full} {best.got}"
        '4 3'
        >>> best = readings_of(find_mentions("（4分）"), find_mentions("缺少批复，扣一分。"))[0]
        >>> f"{best.full} {best.got} {best.is_derived}"
        '4 3 True'
    """
    every = [*head, *body]
    fulls: dict[Decimal, float] = {}
    for one in every:
        if one.role == FULL:
            fulls[one.value] = max(fulls.get(one.value, 0.0), 1.0)
        elif one.role == OPEN:
            fulls[one.value] = max(fulls.get(one.value, 0.0), 0.7 if one in head else 0.3)
    if known is not None:
        fulls = {known: fulls.get(known, 0.0) + 1.0}
    found: list[Points] = []
    for full, weight in fulls.items():
        found += _given(full, weight, head, body)
        found.append(Points(full, None, weight - 0.5))
    if not fulls:
        found += [Points(None, one.value, 0.5) for one in every if one.role == GOT][-1:]
    best: dict[tuple[Decimal | None, Decimal | None], Points] = {}
    for points in found:
        key = (points.full, points.got)
        if key not in best or best[key].sureness < points.sureness:
            best[key] = points
    return sorted(best.values(), key=lambda points: -points.sureness)


def _given(full: Decimal, weight: float, head: Sequence[Mention], body: Sequence[Mention]) -> list[Points]:
    """Return the readings of what was given of so many points."""
    every = [*head, *body]
    taken = [one.value for one in every if one.role == LOST]
    left = {full - sum(taken), *([full - taken[-1]] if taken else [])} if taken else set()
    rates = [round(full * one.value, 2) for one in every if one.role == RATE]
    flags = {one.role for one in every}
    gots = [one.value for one in every if one.role == GOT and one.value <= full]
    opens = [one.value for one in every if one.role == OPEN and one.value <= full]
    if opens and full in opens and weight < 1.0:
        opens.remove(full)
    found: list[Points] = []

    def add(got: Decimal, base: float, *, is_derived: bool = False) -> None:
        sureness = weight + base
        sureness += 0.8 * (got in left) + 0.8 * any(abs(got - rate) <= Decimal("0.01") for rate in rates)
        sureness += 0.8 * (got == full and bool({ALL_GIVEN, NONE_LOST} & flags and not taken))
        sureness -= 0.6 * bool(left and got not in left and not is_derived)
        found.append(Points(full, got, round(sureness, 2), is_derived))

    for number, got in enumerate(gots):
        add(got, 1.0 if number == len(gots) - 1 else 0.6)
    if len(gots) > 1 and sum(gots) <= full:
        add(sum(gots, Decimal(0)), 0.7, is_derived=True)
    for got in opens:
        add(got, 0.4)
    if not gots:
        for got in left:
            if got >= 0:
                add(got, 0.2 if got == full - sum(taken) else 0.0, is_derived=True)
        if {ALL_GIVEN, NONE_LOST} & flags and not taken:
            add(full, 0.2, is_derived=NONE_LOST in flags)
        if NONE_GIVEN in flags:
            add(Decimal(0), 0.9)
        for rate in rates:
            add(rate, 0.1, is_derived=True)
    return found
