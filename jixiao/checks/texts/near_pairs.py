"""Rates that no amounts of a text give (没有数能算出的比率): shares, of plan, saved, and rates behind two amounts."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.known_amounts import columns_of
from jixiao.checks.texts.measures import Quantity, Span, fits, judge, places, total, written
from jixiao.checks.texts.prose import Document, Paragraph

KIND = "claim_share"
HUNDRED = Decimal(100)
MOST_RATE = Decimal(200)
NEAR_POINTS = Decimal(5)
FAREST = 40
FEWEST_DIGITS = 3
MOST_TIMES = 20
HEAD = 40
SHORTEST_GAP = 4


class Differences:
    """What amounts of one unit differ by (两数之差), looked up in their order instead of tried for every pair."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = list(spans)
        self._order = {span.value: number for number, span in enumerate(self._spans)}
        self._alike: dict[Decimal, list[Span]] = defaultdict(list)  # by how far each may lie from what is printed
        for span in sorted(self._spans, key=lambda one: one.value):
            self._alike[_half(span)].append(span)
        self._known: dict[tuple[Span, Decimal], bool] = {}

    def hold(self, rest: Span, step: Decimal) -> bool:
        """Say whether two of the amounts differ by a number, as far as printed decimals tell."""
        if (rest, step) not in self._known:
            self._known[rest, step] = any(
                judge(rest, one - two, step=step) != "fails"
                for one in self._spans
                for two in self._near(one.value - rest.value, _half(one) + _half(rest) + step)
            )
        return self._known[rest, step]

    def wholes(self, part: Decimal, rest: Decimal) -> Iterator[Span]:
        """Return the amounts over a part that leave a rest to six decimals."""
        return self._near(part + rest, _LEAST, is_exact=True)

    def first(self, found: Iterable[Span]) -> Span | None:
        """Return that of some amounts which the text tells first."""
        return min(found, key=lambda one: self._order[one.value], default=None)

    def _near(self, value: Decimal, reach: Decimal, *, is_exact: bool = False) -> Iterator[Span]:
        for half, spans in self._alike.items():
            far = reach if is_exact else reach + half
            start = bisect_left(spans, value - far, key=_value)
            yield from spans[start : bisect_right(spans, value + far, key=_value)]


_LEAST = Decimal("0.000001")


def _half(span: Span) -> Decimal:
    return max(span.value - span.low, span.high - span.value)


def _value(span: Span) -> Decimal:
    return span.value


class Amounts:
    """Every amount of a text by its unit, those of its tables included (全文数量)."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.places: dict[str, list[tuple[Paragraph, Quantity]]] = defaultdict(list)
        for paragraph in document.paragraphs:
            for one in paragraph.quantities:
                self.places[family(one)].append((paragraph, one))

    @cached_property
    def spans(self) -> dict[str, list[Span]]:
        """Return the amounts that differ, by unit."""
        known = {unit: {one.value: one.span for _, one in found} for unit, found in self.places.items()}
        for column in columns_of(self.document):
            for cell in column:
                if cell.unit and not load_grammar().pattern("year_of_row").match(cell.row):  # years are told apart
                    known.setdefault(unit_family(cell.unit), {}).setdefault(cell.value, cell.span)
        return {unit: list(found.values()) for unit, found in known.items()}

    @cached_property
    def differences(self) -> dict[str, Differences]:
        """Return what the amounts that differ differ by, by unit."""
        return {unit: Differences(found) for unit, found in self.spans.items()}

    def give(self, printed: str, parts: Iterable[Quantity], *, is_rest: bool = False) -> bool:
        """Say whether one of the parts over any amount of its unit is the rate; with ``is_rest`` also what is left."""
        for part in parts:
            for whole in self.spans.get(family(part), ()):
                if not whole.value:
                    continue
                if fits(printed, part.span, whole):
                    return True
                if is_rest and (fits(printed, whole - part.span, whole) or fits(printed, part.span - whole, whole)):
                    return True
        return False


def family(one: Quantity) -> str:
    """Return the unit of an amount; sheets and households that were asked count as people."""
    return unit_family(one.unit)


def unit_family(unit: str) -> str:
    """Return the unit under which amounts of a unit are kept."""
    respondents = load_grammar().words["respondents"]
    return str(respondents[0]) if unit in respondents else unit


def state_of(words: str) -> tuple[str, bool]:
    """Return what words say of the pieces of a sample, and whether they are those that are right: 不合格, 合格."""
    for kind, signs in load_grammar().words["states"].items():
        for good in (False, True):
            if any(sign in words for sign in signs["right" if good else "wrong"]):
                return kind, good
    return "", True


def find_near_pairs(document: Document) -> Iterator[Claim]:
    """Find shares, parts of a plan, rates of what was saved, and rates behind two amounts that nothing gives."""
    amounts = Amounts(document)
    for paragraph in document.prose:
        taken: set[int] = set()
        for finder in (_inline, _shares, _of_plan, _differences, _behind_two, _of_goal):
            for at, claim in finder(paragraph, amounts):
                if at not in taken:
                    taken.add(at)
                    yield claim


def _claim(
    paragraph: Paragraph, place: tuple[int, int], printed: str, part: Span, whole: Span, severity: str = "question"
) -> Claim:
    derived = part.value / whole.value * HUNDRED
    shown = written(derived, places(printed) / 100)
    return claim_at(
        KIND,
        paragraph,
        place,
        printed=f"{printed}%",
        derived=f"{shown}%",
        gap=Decimal(printed) - derived,
        verdict="fails",
        arithmetic=load_grammar().sentence(
            "share", part=written(part.value), whole=written(whole.value), derived=shown, printed=printed
        ),
        severity=severity,
    )


def _usable(paragraph: Paragraph, start: int, end: int) -> list[Quantity]:
    grammar = load_grammar()
    return [
        one
        for one in paragraph.between(max(0, start), end)
        if one.unit not in grammar.words["not_amount"] and one.unit not in grammar.words["not_facts"]
    ]


def _is_plain(paragraph: Paragraph, match: re.Match[str]) -> bool:
    """Say whether a rate is one that was reached: no bound, no target, no rate of another year or place."""
    grammar = load_grammar()
    start = paragraph.sentence(match.start())[0]
    before = paragraph.text[max(start, match.start() - 3) : match.end()]
    is_bound = grammar.pattern("bound").match(paragraph.text, match.end()) or grammar.find("vague_rate", before)
    return not (is_bound or grammar.has("no_rate_of_amounts", before) or Decimal(match["n"]) > MOST_RATE)


def _shares(paragraph: Paragraph, amounts: Amounts) -> Iterator[tuple[int, Claim]]:
    """Find 9份，占3% whose whole stands before it in its sentence, or is named like an amount of the text."""
    grammar = load_grammar()
    named: dict[tuple[int, str], Span] = {}
    for match in grammar.pattern("share").finditer(paragraph.text):
        start = paragraph.sentence(match.start())[0]
        inside = _usable(paragraph, start, match.start())
        if not inside or not _is_plain(paragraph, match) or match.start() - inside[-1].end > FAREST:
            continue
        part, name = inside[-1], match["name"].removesuffix(grammar.words["of"])
        if part.is_vague or "%" in paragraph.text[part.end : match.start()] or grammar.has("change", part.label):
            continue
        if grammar.has("other_people", name) or not part.value:
            continue
        own = _own_name(name, part, amounts, paragraph) if name else named.get((start, part.unit))
        if own is None and not name:
            own = _together(part, paragraph, start, amounts)
        if own is not None and own.value > part.value:
            named[start, part.unit] = own
            near = [one.span for one in paragraph.between(0, part.start) if family(one) == family(part)]
            if not any(fits(match["n"], part.span, span) for span in (own, *near) if span.value):
                yield match.start("n"), _claim(paragraph, (part.start, match.end()), match["n"], part.span, own)
            continue
        if amounts.give(match["n"], inside):
            continue
        wholes = _named(name, part, paragraph, amounts) if name else _before(part, paragraph, start)
        siblings = total([one for one in inside if one.unit == part.unit])
        later = total([one for one in paragraph.between(start, paragraph.sentence(match.start())[1])
                       if one.unit == part.unit])  # fmt: skip
        if any(fits(match["n"], part.span, span) for span in (siblings, later) if span.value):
            continue
        if wholes:
            yield match.start("n"), _claim(paragraph, (part.start, match.end()), match["n"], part.span, wholes[0])


def _own_name(name: str, part: Quantity, amounts: Amounts, paragraph: Paragraph) -> Span | None:
    """Return the one amount of the text that bears the whole name of a share's base: 投放点 in 占全部投放点的25%."""
    words = load_grammar().words
    for dressing in ((), words["whole_words"], words["whole_words"] + words["money_words"]):
        core = name
        for word in dressing:
            core = core.replace(word, "")
        found = {}
        for other, one in amounts.places.get(family(part), ()):
            tail = re.split(r"[，。；：、()\d]", other.text[one.end : one.end + 12])[0]
            if core in one.label + tail and one.value > part.value and not one.is_vague:
                found[one.value] = one.span
        if len(core) > 1 and found:
            own = [one.span for one in paragraph.between(0, part.start) if one.value in found and core in one.label]
            own = own if len({span.value for span in own}) == 1 else []
            return next(iter(found.values())) if len(found) == 1 else next(iter(own), None)
    return None


def _together(part: Quantity, paragraph: Paragraph, start: int, amounts: Amounts) -> Span | None:
    """Return the sum of amounts of one sentence that each bear a share, when the text tells that sum (合计)."""
    grammar = load_grammar()
    end = paragraph.sentence(part.start)[1]
    bearing = []
    for match in grammar.pattern("share").finditer(paragraph.text, start, end):
        before = [one for one in paragraph.between(start, match.start()) if one.unit == part.unit]
        if before and match.start() - before[-1].end < SHORTEST_GAP and not match["name"]:
            bearing.append(before[-1])
    if len(bearing) < 2 or part not in bearing:
        return None
    added = total(bearing)
    return added if any(span.value == added.value for span in amounts.spans[family(part)]) else None


def _before(part: Quantity, paragraph: Paragraph, start: int) -> list[Span]:
    """Return the nearest larger amount of the same unit in the sentence, or nothing."""
    before = [one for one in paragraph.between(start, part.start) if family(one) == family(part)]
    larger = [one.span for one in before if one.value > part.value and not one.is_vague]
    return larger[-1:]


def _named(name: str, part: Quantity, paragraph: Paragraph, amounts: Amounts) -> list[Span]:
    """Return the larger amounts of the text whose label shares a pair of signs with a name, the nearest first."""
    grammar = load_grammar()
    common = grammar.words["money_words"] + grammar.words["common_pairs"] + grammar.words["whole_words"]
    pairs = {name[at : at + 2] for at in range(len(name) - 1)} - set(common)
    found = []
    for other, one in amounts.places.get(family(part), ()):
        tail = re.split(r"[，。；：、()\d]", other.text[one.end : one.end + 12])[0]
        if one.value <= part.value or one.is_vague or one.value > MOST_TIMES * part.value:
            continue
        if any(pair in one.label or pair in tail for pair in pairs):
            found.append((other is not paragraph, abs(one.start - part.start), one.span))
    return [span for _, _, span in sorted(found, key=lambda item: item[:2])]


def _of_plan(paragraph: Paragraph, amounts: Amounts) -> Iterator[tuple[int, Claim]]:
    """Find 为计划的105%, 完成目标的95% that no planned amount of the text gives."""
    grammar = load_grammar()
    for match in grammar.pattern("of_plan").finditer(paragraph.text):
        start = paragraph.sentence(match.start())[0]
        inside = _usable(paragraph, start, match.start())
        if not inside or match.start() - inside[-1].end > FAREST or not _is_plain(paragraph, match):
            continue
        part = inside[-1]
        if part.is_vague or amounts.give(match["n"], inside[-2:]):
            continue
        near = [one for one in _usable(paragraph, 0, match.start()) if family(one) == family(part) and one is not part]
        wholes = [one.span for one in reversed(near) if any(word in one.label for word in grammar.words["planned"])]
        wholes += _planned(part, amounts)
        if wholes and wholes[0].value:
            yield match.start("n"), _claim(paragraph, (part.start, match.end()), match["n"], part.span, wholes[0])


def _planned(part: Quantity, amounts: Amounts) -> list[Span]:
    grammar = load_grammar()
    return [
        one.span
        for _, one in amounts.places.get(family(part), ())
        if any(word in one.label for word in grammar.words["planned"])
        and one.value
        and Decimal("0.5") <= part.value / one.value <= 2
    ]


def _differences(paragraph: Paragraph, amounts: Amounts) -> Iterator[tuple[int, Claim]]:
    """Find 节约率, 调整率: a difference over its base, or what two amounts differ by over the first."""
    grammar = load_grammar()
    for match in grammar.pattern("rate_of_difference").finditer(paragraph.text):
        start = paragraph.sentence(match.start())[0]
        inside = _usable(paragraph, start, match.start())
        inside = inside or _usable(paragraph, 0, match.start())
        if len(inside) < 2 or not _is_plain(paragraph, match):
            continue
        alike = [one for one in inside if one.unit == inside[-1].unit]
        if len(alike) < 2 or _any_pair(match["n"], inside):
            continue
        changed = [one for one in alike if grammar.has("change", one.label)]
        bases = [one for one in alike if one not in changed and one.value]
        if changed and bases:
            part, whole = changed[-1].span, bases[0].span
        elif len(bases) > 1:
            part, whole = bases[0].span - bases[-1].span, bases[0].span
        else:
            continue
        if not (changed and bases) and amounts.give(match["n"], _usable(paragraph, 0, match.start()), is_rest=True):
            continue
        if part.value > 0 and part.value < whole.value:
            yield match.start("n"), _claim(paragraph, (alike[0].start, match.end()), match["n"], part, whole)


def _any_pair(printed: str, amounts: list[Quantity]) -> bool:
    """Say whether two amounts of one unit give a rate, as part and whole or by what they differ."""
    for part in amounts:
        for whole in amounts:
            if part is whole or part.unit != whole.unit or not whole.value:
                continue
            if fits(printed, part.span, whole.span) or fits(printed, whole.span - part.span, whole.span):
                return True
    return False


def _behind_two(paragraph: Paragraph, amounts: Amounts) -> Iterator[tuple[int, Claim]]:
    """Find a rate right behind two amounts of one unit that nearly gives it: a digit wrong, or some points off."""
    grammar = load_grammar()
    for match in grammar.pattern("rate_any").finditer(paragraph.text):
        start = paragraph.sentence(match.start())[0]
        inside = _usable(paragraph, start, match.start("n"))
        if len(inside) < 2 or not _is_plain(paragraph, match):
            continue
        one, two = inside[-2:]
        if grammar.find("opinion_rate_name", match["name"]) and not grammar.find("opinion_rate_name", two.label):
            continue
        behind = paragraph.text[two.end : match.start("n")]
        if family(one) != family(two) or one.is_vague or two.is_vague or "%" in behind or len(behind) > FAREST:
            continue
        if not one.value or not two.value or amounts.give(match["n"], inside):
            continue
        every = _usable(paragraph, 0, match.start("n"))
        kind, is_right = state_of(paragraph.text[one.end : match.start("n")])
        is_rest = not (kind and is_right)  # of those that are right no rate tells the others
        if amounts.give(match["n"], every, is_rest=is_rest):
            continue
        small, large = sorted((one, two), key=lambda quantity: quantity.value)
        ratios = [(small.span, large.span), (large.span, small.span), (large.span - small.span, large.span)]
        near = next((pair for pair in ratios if pair[1].value and _is_near(match["n"], *pair)), None)
        if near:
            yield match.start("n"), _claim(paragraph, (one.start, match.end()), match["n"], *near)


def _inline(paragraph: Paragraph, amounts: Amounts) -> Iterator[tuple[int, Claim]]:
    """Compare 核查45个项目，占全部150个项目的30%, whose base stands inside the words."""
    for match in load_grammar().pattern("share_inline").finditer(paragraph.text):
        whole = paragraph.at(match.start("n0"))
        start = paragraph.sentence(match.start())[0]
        parts = [one for one in paragraph.between(start, match.start()) if whole and one.unit == whole.unit]
        if (
            whole is None
            or not whole.value
            or not parts
            or any(fits(match["n"], one.span, whole.span) for one in parts)
        ):
            continue
        part = parts[-1]
        if not part.is_vague:
            yield match.start("n"), _claim(paragraph, (part.start, match.end()), match["n"], part.span, whole.span, "")


def _of_goal(paragraph: Paragraph, amounts: Amounts) -> Iterator[tuple[int, Claim]]:
    """Find 实际完成6120亩，完成率120% that no amount of the text bearing the same words gives."""
    grammar = load_grammar()
    for match in grammar.pattern("rate_any").finditer(paragraph.text):
        start = paragraph.sentence(match.start())[0]
        inside = _usable(paragraph, start, match.start("n"))
        if not grammar.find("of_goal", match["name"]) or not inside or not _is_plain(paragraph, match):
            continue
        goals = [one for one in inside if any(word in one.label for word in grammar.words["planned"])]
        others = [one for one in inside if one not in goals and not one.is_vague]
        if goals:
            pairs = [(one, goal.span) for goal in goals for one in others if family(one) == family(goal) and goal.value]
            if any(fits(match["n"], one.span, whole) for one, whole in pairs) or amounts.give(match["n"], inside):
                continue
            near = [(one, whole) for one, whole in pairs if _is_near(match["n"], one.span, whole)]
        elif len(others) == 1 and others[0].value:
            part = others[0]
            head = paragraph.text[:start] + paragraph.text[start : part.start]
            pairs = [(part, span) for span in _alike_named(head[:HEAD], part, amounts)]
            if any(fits(match["n"], part.span, whole) for _, whole in pairs):
                continue
            near = [] if len({span.value for _, span in pairs}) != 1 else pairs
        else:
            continue
        if near:
            part, whole = near[0]
            yield match.start("n"), _claim(paragraph, (part.start, match.end()), match["n"], part.span, whole)


def _alike_named(words: str, part: Quantity, amounts: Amounts) -> list[Span]:
    """Return the other amounts of a unit near a number whose label shares a run of three signs with some words."""
    runs = {words[at : at + 3] for at in range(len(words) - 2)}
    found = (
        one.span
        for _, one in amounts.places.get(family(part), ())
        if one.value
        and one.value != part.value
        and Decimal("0.5") <= part.value / one.value <= 2
        and any(run in one.label for run in runs)
    )
    return list(dict.fromkeys(found))  # one told a thousand times is compared once


def _is_near(printed: str, part: Span, whole: Span) -> bool:
    """Say whether a printed rate is a slip of what two amounts give: few points off, or two digits exchanged."""
    derived = part.value / whole.value * HUNDRED
    if abs(Decimal(printed) - derived) <= NEAR_POINTS:
        return True
    shown = f"{derived.quantize(places(printed)):f}"
    wrong = [(a, b) for a, b in zip(printed, shown, strict=False) if a != b]
    if len(shown) != len(printed) or len(printed.replace(".", "")) < FEWEST_DIGITS:
        return sorted(printed) == sorted(shown) and len(printed) > 1
    return len(wrong) == 1 or sorted(printed) == sorted(shown)
