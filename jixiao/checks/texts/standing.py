"""Facts that a report has once (报告的基本事实): money, days, counts, names, told again in another chapter."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, judge, step_of, written
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import segments

KIND = "claim_same"
MOST_VALUES = 2
SHORTEST_NAME = 4
SHORTEST_RATE = 3
HAN = range(0x4E00, 0x9FA6)
SHORTEST_COMMON = 8
SHORTEST_NAME = 6
MOST_OF_VISITS = Decimal("1.5")
Place = tuple[int, int, Paragraph, tuple[int, int], Quantity]
"""Segment, chapter, paragraph, where it stands, its number."""


def find_standing(document: Document) -> Iterator[Claim]:
    """Compare declared facts, counts of one name, and questionnaires, between the chapters of a report."""
    chapters = _chapters(document)
    yield from _declared(document, chapters)
    yield from _counts(document, chapters)
    yield from _named_rates(document, chapters)
    yield from _sheets(document)
    yield from _near_names(document)
    yield from _near_once(document)
    yield from _near_titles(document)


def _chapters(document: Document) -> list[tuple[int, int, Paragraph]]:
    """Return every paragraph of prose with its segment and chapter."""
    grammar, chapter, found = load_grammar(), 0, []
    for number, paragraph in zip(segments(document), document.paragraphs, strict=True):
        if paragraph.is_row:
            continue
        chapter += bool(grammar.find("any_chapter", paragraph.text) and len(paragraph.text) < 40)
        found.append((number, chapter, paragraph))
    return found


def _declared(document: Document, chapters: list[tuple[int, int, Paragraph]]) -> Iterator[Claim]:
    grammar = load_grammar()
    for name, declared in grammar.words["standing"].items():
        pattern = grammar.compile(declared)
        found: dict[tuple[int, str], list[Place]] = defaultdict(list)
        for segment, chapter, paragraph in chapters:
            for match in pattern.finditer(paragraph.text):
                quantity = paragraph.at(match.start("n"))
                around = paragraph.text[max(0, match.start() - 14) : match.start()]
                if quantity is None or grammar.has("other_scope", around + match[0]) or _is_bound(paragraph, match):
                    continue
                found[segment, match.groupdict().get("who") or ""].append(
                    (segment, chapter, paragraph, match.span(), quantity)
                )
        for (_, who), places in found.items():
            yield from _one_value(f"{who}{name}", places)


def _is_bound(paragraph: Paragraph, match: re.Match[str]) -> bool:
    around = paragraph.text[match.start() : match.end() + 4]
    return load_grammar().find("a_bound", around) is not None


def _one_value(name: str, places: list[Place]) -> Iterator[Claim]:
    """One fact has one value; a value that occurs once beside one told at least as often is the other one."""
    values = [place[4].value for place in places]
    groups: list[list[Place]] = []
    for place in sorted(places, key=lambda one: -len(one[4].number)):
        same = next((group for group in groups if _is_same(group[0][4], place[4])), None)
        if same is None:
            groups.append([place])
        else:
            same.append(place)
    if len(places) < 2:
        return
    groups.sort(key=lambda group: (-len(group), places.index(group[0])))
    if len(groups) == 1:
        yield _claim(name, places[0], places[-1], "holds")
        return
    first, other = groups[0], groups[1]
    if len(groups) > MOST_VALUES or {one[1] for one in first} >= {one[1] for one in other}:
        return
    if min(values) <= 0 or max(values) > 20 * min(values):
        return
    yield _claim(name, first[0], other[0], "fails")


def _is_same(one: Quantity, two: Quantity) -> bool:
    """Say whether two numbers may be one: equal, rounded from one another, or about the same."""
    if one.value == two.value:
        return True
    rough, fine = sorted((one, two), key=lambda quantity: -step_of(quantity))
    if step_of(rough) != step_of(fine) and judge(rough.span, fine.span, step=step_of(rough)) != "fails":
        return True
    if one.is_vague or two.is_vague:
        return abs(one.value - two.value) <= max(one.value, two.value) / 10
    return bool(one.unit and two.unit and one.unit != two.unit)


def _claim(name: str, first: Place, second: Place, verdict: str) -> Claim:
    _, _, paragraph, place, here = second
    before = first[4]
    gap = here.value - before.value
    return claim_at(
        KIND,
        paragraph,
        place,
        printed=here.printed,
        derived=before.printed,
        gap=gap,
        verdict=verdict,
        arithmetic=load_grammar().sentence(
            "same",
            name=name,
            printed=here.printed,
            other=before.printed,
            line=first[2].line(before.start),
            difference=written(abs(gap)),
        ),
    )


def _counts(document: Document, chapters: list[tuple[int, int, Paragraph]]) -> Iterator[Claim]:
    """Compare counts of exactly the same name and unit that stand in two chapters of a report."""
    grammar = load_grammar()
    found: dict[tuple[int, str, str], list[Place]] = defaultdict(list)
    for segment, chapter, paragraph in chapters:
        for quantity in paragraph.quantities:
            unit = quantity.unit
            if not unit or unit in [*grammar.words["not_summed"], *grammar.words["not_facts"], grammar.money_unit]:
                continue
            name = grammar.pattern("fact_head").sub("", grammar.pattern("fact_verb").sub("", quantity.label))
            around = paragraph.text[max(0, quantity.start - 12) : quantity.start]
            if len(name) < SHORTEST_NAME or grammar.has("not_fact", name) or grammar.has("other_scope", around):
                continue
            if grammar.find("in_no_name", name):
                continue
            years = grammar.pattern("year").findall(around)
            if years and document.year and years[-1] != str(document.year):
                continue
            place = (quantity.start - len(quantity.label), quantity.end)
            found[segment, name, unit].append((segment, chapter, paragraph, place, quantity))
    for (_, name, _), places in found.items():
        if len(places) <= 4 and len({place[1] for place in places}) == len(places):
            yield from _one_value(name, places)


def _named_rates(document: Document, chapters: list[tuple[int, int, Paragraph]]) -> Iterator[Claim]:
    """Compare rates of one whole name that stand in two chapters of a report: 资金拨付率, 正点率."""
    grammar = load_grammar()
    found: dict[tuple[int, str], list[Place]] = defaultdict(list)
    is_goal = False
    for segment, chapter, paragraph in chapters:
        if grammar.find("ordinal", paragraph.text):
            is_goal = grammar.find("goal_heading", paragraph.text) is not None
        for match in () if is_goal else grammar.pattern("rate_any").finditer(paragraph.text):
            quantity = paragraph.at(match.start("n"))
            around = paragraph.text[max(0, match.start() - 10) : match.end()]
            name = match["name"][-SHORTEST_RATE:]
            if quantity is None or len(name) < SHORTEST_RATE or name.endswith(tuple(grammar.words["many_rates"])):
                continue
            if grammar.has("other_scope", around) or grammar.has("no_rate_of_amounts", around):
                continue
            if not _is_bound(paragraph, match):
                found[segment, name].append((segment, chapter, paragraph, match.span(), quantity))
    for (_, name), places in found.items():
        if len({place[1] for place in places}) > 1:
            yield from _one_value(name, places)


def _sheets(document: Document) -> Iterator[Claim]:
    """Of questionnaires no more come back than were sent, and no more are valid than came back (问卷份数)."""
    grammar = load_grammar()
    for paragraph in document.prose:
        match = grammar.find("sheets", paragraph.text)
        if not match:
            continue
        void = grammar.find("void_sheets", paragraph.text[match.start() :])
        if void:
            yield from _void(paragraph, match.start(), void)
        sent, back = Decimal(match["n1"]), Decimal(match["n2"])
        valid = Decimal(match["n3"]) if match["n3"] else None
        if match["visited"] and back > MOST_OF_VISITS * sent:
            continue  # households were visited, and sheets sent to others besides
        is_held = back <= sent and (valid is None or valid <= back)
        more, less = (back, sent) if back > sent else (valid or back, back)
        yield claim_at(
            KIND,
            paragraph,
            match.span(),
            printed=written(more),
            derived=written(less),
            gap=more - less,
            verdict="holds" if is_held else "fails",
            arithmetic=grammar.sentence("sheets", printed=written(more), derived=written(less)),
        )


def _void(paragraph: Paragraph, start: int, match: re.Match[str]) -> Iterator[Claim]:
    """Sheets that came back less those that are void are the valid ones (回收－无效＝有效)."""
    back, void, valid = (Decimal(match[name]) for name in ("back", "void", "valid"))
    yield claim_at(
        KIND,
        paragraph,
        (start + match.start(), start + match.end()),
        printed=match["valid"],
        derived=written(back - void),
        gap=valid - back + void,
        verdict="holds" if back - void == valid else "fails",
        arithmetic=load_grammar().sentence(
            "void_sheets", back=match["back"], void=match["void"], derived=written(back - void), printed=match["valid"]
        ),
    )


def _near_names(document: Document) -> Iterator[Claim]:
    """Find a name that differs by a sign or two from the name the report bears throughout (名称相近)."""
    grammar = load_grammar()
    counted: Counter[str] = Counter()
    for paragraph in document.prose:
        counted.update(match["name"] for match in grammar.pattern("own_name").finditer(paragraph.text))
    named = [name for name, count in counted.most_common(30) if count >= 3 and len(name) >= 7]
    own = [name for name in named if not grammar.find("not_name", name)]
    told: set[str] = set()
    for name in own:
        half = len(name) // 2
        heads = {name[:half], name[-half:]}
        for paragraph in document.prose:
            for part in heads:
                at = paragraph.text.find(part)
                while at >= 0:
                    start = at if part == name[:half] else at - (len(name) - half)
                    here = paragraph.text[max(0, start) : max(0, start) + len(name)]
                    if start >= 0 and _is_near(here, name) and here not in told and not _is_known(here, counted):
                        told.add(here)
                        yield claim_at(
                            "claim_name",
                            paragraph,
                            (start, start + len(name)),
                            printed=here,
                            derived=name,
                            verdict="fails",
                            arithmetic=grammar.sentence("near_name", printed=here, derived=name, count=counted[name]),
                            margin=8,
                        )
                    at = paragraph.text.find(part, at + 1)


def _common_end(one: str, two: str) -> tuple[int, str]:
    """Return how far two names agree from their ends but for one pair of signs, and that pair, "" for none."""
    wrong, at_wrong, size = "", 0, 0
    for a, b in zip(reversed(one), reversed(two), strict=False):
        if a != b:
            if wrong:
                break
            wrong, at_wrong = a + b, size
        size += 1
    is_inside = at_wrong > 1 and size - at_wrong > 2
    numerals = load_grammar().words["digits"]
    return size, wrong if is_inside and not any(sign in numerals for sign in wrong) else ""


def _near_once(document: Document) -> Iterator[Claim]:
    """Find two long names of organisations or firms that differ by one sign, each of them told (名称写法不一)."""
    grammar = load_grammar()
    places: dict[str, tuple[Paragraph, tuple[int, int]]] = {}
    for paragraph in document.prose:
        for match in grammar.pattern("organisation").finditer(paragraph.text):
            places.setdefault(match["name"], (paragraph, match.span("name")))
    names = list(places)
    for at, first in enumerate(names):
        for second in names[at + 1 :]:
            size, wrong = _common_end(first, second)
            if all(name.endswith(tuple(grammar.words["offices"])) for name in (first, second)):
                continue  # 民政局, 财政局
            is_short = size == len(first) == len(second) and size >= SHORTEST_NAME and _is_once(document, first, second)
            if (
                (size < SHORTEST_COMMON and not is_short)
                or not wrong
                or any(sign in grammar.words["place_signs"] for sign in wrong)
            ):
                continue
            one, two = first[-size:], second[-size:]
            paragraph, place = places[second]
            yield claim_at(
                "claim_name",
                paragraph,
                place,
                printed=second,
                derived=first,
                verdict="fails",
                arithmetic=grammar.sentence(
                    "near_once", printed=two, derived=one, line=places[first][0].line(places[first][1][0])
                ),
                margin=6,
            )


def _is_once(document: Document, one: str, two: str) -> bool:
    """Say whether one of two short names is told once and the other more often."""
    text = "｜".join(paragraph.text for paragraph in document.paragraphs)
    counts = sorted((text.count(one), text.count(two)))
    return counts[0] == 1 and counts[1] > 1


def _is_known(name: str, counted: Counter[str]) -> bool:
    return counted[name] >= 2


def _is_near(one: str, two: str) -> bool:
    """Say whether two names of one length differ by one or two signs, not in numbers and not at their end."""
    if len(one) != len(two) or one == two:
        return False
    pairs = [(a, b) for a, b in zip(one, two, strict=True) if a != b]
    numerals = load_grammar().words["digits"]
    plain = all(ord(a) in HAN and a not in numerals and b not in numerals for a, b in pairs)
    return len(pairs) <= max(1, len(two) // 9) and plain and one[-1] == two[-1]


def _near_titles(document: Document) -> Iterator[Claim]:
    """Find cited documents whose names differ by a sign or two or in the order of their words (文件名称相近)."""
    grammar = load_grammar()
    places: dict[str, tuple[Paragraph, tuple[int, int]]] = {}
    counted: Counter[str] = Counter()
    for paragraph in document.prose:
        for match in grammar.pattern("cited_name").finditer(paragraph.text):
            counted[match["title"]] += 1
            places.setdefault(match["title"], (paragraph, match.span()))
    names = sorted(places, key=lambda name: -counted[name])
    told: set[str] = set()
    for at, name in enumerate(names):
        for other in names[at + 1 :]:
            if other in told or not _is_near_title(name, other):
                continue
            told.add(other)
            paragraph, place = places[other]
            yield claim_at(
                "claim_name",
                paragraph,
                place,
                printed=other,
                derived=name,
                verdict="fails",
                arithmetic=grammar.sentence(
                    "near_title", printed=other, derived=name, line=places[name][0].line(places[name][1][0])
                ),
            )


def _is_near_title(one: str, two: str) -> bool:
    """Say whether two names hold the same signs but for two, and neither differs in figures or in its issuer."""
    if abs(len(one) - len(two)) > 2 or one[:2] != two[:2] or one[-2:] != two[-2:]:
        return False
    first, second = Counter(one), Counter(two)
    changed = (first - second) + (second - first)
    if sum(changed.values()) > 2 or any(sign.isdigit() or sign in load_grammar().words["digits"] for sign in changed):
        return False
    return not any(word in one + two for word in load_grammar().words["paired_words"]) or one == two
