"""Every number of a report with the words around it (数字与所指): one thing told twice with two values, in any wording.

No sentence is expected: a number is known by the rare pairs of signs near it, by its unit, its year and its role
(planned, reached, sampled, of another year …). Two numbers tell of one thing when each is the other's nearest of its
unit; where they differ and nothing else of the text bears either of them out, a person is asked.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import Grammar, load_grammar
from jixiao.checks.texts.measures import Quantity, is_slip, judge, step_of, written
from jixiao.checks.texts.prose import CELL_EDGE, Document, Paragraph
from jixiao.checks.texts.told_places import segments

KIND = "claim_same"
NEAR, BEHIND, BEFORE, ROLE = 14, 12, 24, 30
FAR_WEIGHT, BOTH_FAR = 0.4, 0.25
FEWEST_ALIKE, FEWEST_ALIKE_SLIP = 0.8, 0.5
FEWEST_MENTIONS = 60
"""How rare the shared words must be, in parts of the rarest: as any numbers, and where one is a slip of the other."""
COVERED = 0.5
"""How much of the shorter context must be shared."""
SUPPORT = 0.5
ALIKE = 0.6
MOST_TIMES = 3
MOST_COMMON = 40
HEADING = 40
SHORT_NAME = 8
COMMON_END, SUBJECT = 4, 2
SHORTEST_RATE = 3
OTHER_HEAD = 1.2
FEWEST_SIGNS = 2
LONG = 4
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Mention:
    """One number with what it is told of."""

    at: int
    segment: int
    paragraph: Paragraph
    quantity: Quantity
    near: frozenset[str]
    far: frozenset[str]
    roles: frozenset[str]
    year: str
    words: str
    row: str
    project: str
    head: str
    column: str
    """The head of its column, of a number in a table."""


def find_mentions(document: Document) -> list[Mention]:
    """Return the numbers with a unit of a report, in order, each with its words, roles and year (数字及其所指)."""
    grammar = load_grammar()
    found: list[Mention] = []
    heading_is_goal = False
    goals: set[int] = set()
    rates: set[int] = set()
    heads: tuple[str, ...] = ()
    for at, (segment, paragraph) in enumerate(zip(segments(document), document.paragraphs, strict=True)):
        text = paragraph.text
        if paragraph.is_row:
            if not any(re.search(r"\d", cell) for cell in paragraph.cells):
                heads = paragraph.cells
                goals = {number for number, cell in enumerate(paragraph.cells) if grammar.find("goal_column", cell)}
                rates = {number for number, cell in enumerate(paragraph.cells) if grammar.find("points_rate", cell)}
        elif len(text) < HEADING and grammar.find("sentence_sign", text) is None:
            heading_is_goal = grammar.find("goals_only", text) is not None
        for one in paragraph.quantities:
            if not one.unit or one.unit in grammar.words["no_mentions"]:
                continue
            column = text[: one.start].count(CELL_EDGE) if paragraph.is_row else -1
            if column in rates or (not paragraph.is_row and grammar.pattern("points_rate").fullmatch(one.label)):
                continue  # a rate of points is that of its own row or of the points told before it
            alike = [other for other in paragraph.quantities if other.unit == one.unit]
            is_first = not goals and len(alike) > 1 and one is alike[0]
            is_goal = (column in goals or is_first) if paragraph.is_row else heading_is_goal
            mention = _mention(grammar, document, at, segment, paragraph, one, is_goal)
            found.append(replace(mention, column=heads[column].strip() if 0 <= column < len(heads) else ""))
    return found


def _mention(
    grammar: Grammar, document: Document, at: int, segment: int, paragraph: Paragraph, one: Quantity, is_goal: bool
) -> Mention:
    text = paragraph.text
    start = paragraph.sentence(one.start)[0]
    behind = re.split(
        grammar.words["joined"], grammar.pattern("clause_edge").split(text[one.end : one.end + BEHIND])[0]
    )[0]
    if paragraph.is_row:
        cells = text[: one.start].split(CELL_EDGE)
        names = [cell for cell in cells[:-1] if not re.search(r"\d", cell)]
        near, head = cells[-1][-NEAR:] or " ".join(names[-1:]), " ".join(names[-2:])
        before = ""
    else:
        clauses = grammar.pattern("clause_parts").split(text[start : one.start])
        near, before = clauses[-1][-ROLE:], " ".join(clauses[-3:-1])
        ordinal = grammar.pattern("name_ordinal").match(text)
        has_head = (ordinal and ordinal[0]) or grammar.find("head_with_points", text)
        head = (
            grammar.pattern("paragraph_head").split(text[ordinal.end() if ordinal else 0 : ROLE])[0] if has_head else ""
        )
    roles = {role for role, pattern in grammar.words["roles"].items() if grammar.compile(pattern).search(near)}
    roles |= {"left"} if grammar.find("not_done", behind) else set()
    roles |= {"goal"} if grammar.find("goal_behind", behind) else set()
    if behind.startswith(grammar.words["among"]):
        roles = (roles - {"sample"}) | {"whole"}
    is_goal |= bool(not paragraph.is_row and grammar.find("goals_listed", text[start : one.start]))
    is_goal |= bool(not paragraph.is_row and grammar.find("goals_only", head))
    roles |= {"goal"} if is_goal or one.is_vague else set()
    years = [int(year) for year in grammar.pattern("whole_year").findall(f"{before} {near}")]
    is_other = years and years[-1] != document.year
    own = _pairs(grammar, near[-NEAR:]) | _pairs(grammar, behind)
    named = _pairs(grammar, head)
    far = _pairs(grammar, before[-BEFORE:]) | named
    words = (near[-NEAR:] + behind) if own else head
    return Mention(
        at,
        segment,
        paragraph,
        one,
        own or named,
        far,
        frozenset(roles),
        str(years[-1]) if is_other else "",
        words,
        (head or grammar.pattern("clause_edge").split(text)[0]) if paragraph.is_row else "",
        _project(grammar, text[start : one.start]),
        "" if paragraph.is_row else head,
        "",
    )


def _project(grammar: Grammar, words: str) -> str:
    """Return how the project named before a number ends, "" where none is named."""
    names = [match[0] for match in grammar.pattern("project").finditer(words)]
    own = [name for name in names if not name.endswith(tuple(grammar.words["any_project"]))]
    return own[-1][-SHORT_NAME:] if own else ""


def _pairs(grammar: Grammar, words: str) -> frozenset[str]:
    """Return the pairs of signs of some words, those that every report has left out."""
    plain = "".join(sign if sign not in grammar.words["empty_signs"] else " " for sign in words)
    runs = grammar.pattern("not_han").split(plain)
    found = {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
    return frozenset(found.difference(grammar.words["empty_pairs"]))


def find_same_mentions(document: Document) -> Iterator[Claim]:
    """Find numbers of one thing that differ, wherever and in whatever words the two places tell it (一事两数)."""
    mentions = find_mentions(document)
    nearest = _nearest(mentions)
    mutual = [(at, ranked[0][1]) for at, ranked in nearest.items()
              if at < ranked[0][1] and nearest[ranked[0][1]][0][1] == at]  # fmt: skip
    known = math.log(1 + max(len(mentions), FEWEST_MENTIONS))
    told: dict[tuple[int, int], list[bool]] = defaultdict(list)
    for at, other in mutual:
        told[mentions[at].at, mentions[other].at].append(_is_same(mentions[at], mentions[other]))
    for at, other in mutual:
        one, two = mentions[at], mentions[other]
        same = told[one.at, two.at]
        if _is_same(one, two) or len(same) - sum(same) > max(1, sum(same)):
            continue  # two paragraphs of like statements, each with its own values
        is_like = len(one.quantity.number) >= FEWEST_SIGNS and is_slip(one.quantity.number, two.quantity.number)
        likeness = nearest[at][0][0]
        if likeness < known * (FEWEST_ALIKE_SLIP if is_like else FEWEST_ALIKE):
            continue
        if not is_like and not _is_of_one_order(one, two):
            continue
        if not is_like and one.head and two.head and one.head != two.head and likeness < known * OTHER_HEAD:
            continue  # the indicators of two headings
        if not is_like and _is_of_two(one.quantity.label, two.quantity.label):
            continue
        if one.quantity.unit == "%" and one.quantity.value + two.quantity.value == HUNDRED:
            continue  # what was spent and what was left
        if _tells_both(one, two) or _tells_both(two, one) or _is_of_wholes(one, two):
            continue
        if _is_in_other_row(mentions, one, two) or _is_in_other_row(mentions, two, one):
            continue
        if _is_any_rate(mentions, one, two) or _is_elsewhere(mentions, nearest, at, other):
            continue
        yield _claim(one, two)
    yield from _turned(mentions)
    yield from _missing(mentions)


def _tells_both(one: Mention, two: Mention) -> bool:
    """Say whether the sentence of a number tells the other one too: 计划48公里，完成45.6公里."""
    first, last = one.paragraph.sentence(one.quantity.start)
    others = one.paragraph.quantities if one.paragraph.is_row else one.paragraph.between(first, last)
    return any(two.quantity.unit == other.unit and two.quantity.value == other.value for other in others)


def _is_of_wholes(one: Mention, two: Mention) -> bool:
    """Say whether two numbers are parts of two wholes that differ: 共5项指标…其中1项, 共4项指标…其中3项."""
    opening = load_grammar().pattern("opens_with_parts")
    wholes = []
    for side in (one, two):
        before = [other for other in side.paragraph.between(0, side.quantity.start) if other.unit == side.quantity.unit]
        if side.paragraph.is_row or not before or not opening.match(side.quantity.label):
            return False
        wholes.append(before[-1].value)
    return wholes[0] != wholes[1]


def _missing(mentions: list[Mention]) -> Iterator[Claim]:
    """Compare 少考核1次 with 应考核4次 and 实际考核3次 told elsewhere in the same words (少于应有)."""
    grammar = load_grammar()
    for one in mentions:
        is_rest = grammar.find("not_done", one.words[-BEHIND:]) and len(one.near) > 1
        if not (grammar.find("fewer", one.words) or is_rest) or one.paragraph.is_row:
            continue
        known = [other for other in mentions if other.at != one.at and other.quantity.unit == one.quantity.unit
                 and other.segment == one.segment and other.near & one.near and not other.paragraph.is_row]  # fmt: skip
        if not grammar.find("fewer", one.words):
            yield from _rest(one, known)
            continue
        planned = [other for other in known if "goal" in other.roles and not other.roles & {"left", "change"}]
        reached = [other for other in known if not other.roles & {"goal", "left", "change", "each", "sample"}]
        gaps = {two.quantity.value - three.quantity.value: (two, three) for two in planned for three in reached
                if two.at == three.at and two.quantity.value > three.quantity.value}  # fmt: skip
        if len(gaps) == 1 and one.quantity.value not in gaps:
            gap, (two, three) = next(iter(gaps.items()))
            yield _gap(one, two, three, gap)


def _rest(one: Mention, known: list[Mention]) -> Iterator[Claim]:
    """Compare 13件许可未按时办结 with 办理许可326件 and 其中313件按时办结 told in one sentence elsewhere."""
    right = [
        other for other in known if len(other.near & one.near) > 1 and not other.roles & {"left", "goal", "change"}
    ]
    if any(other.quantity.value == one.quantity.value for other in known):
        return
    gaps = {}
    for three in right:
        start = three.paragraph.sentence(three.quantity.start)[0]
        for whole in three.paragraph.between(start, three.quantity.start):
            if whole.unit == three.quantity.unit and whole.value > three.quantity.value:
                gaps[whole.value - three.quantity.value] = (whole, three)
    if len(gaps) == 1 and one.quantity.value not in gaps:
        gap, (whole, three) = next(iter(gaps.items()))
        yield _gap(one, replace(three, quantity=whole), three, gap)


def _gap(one: Mention, two: Mention, three: Mention, gap: Decimal) -> Claim:
    grammar = load_grammar()
    return claim_at(
                "claim_parts",
                one.paragraph,
                (one.quantity.start - len(one.quantity.label), one.quantity.end),
                printed=one.quantity.printed,
                derived=written(gap),
                gap=one.quantity.value - gap,
                verdict="fails",
                arithmetic=grammar.sentence(
                    "rest", whole=written(two.quantity.value), spent=written(three.quantity.value),
                    derived=written(gap), printed=written(one.quantity.value), unit=one.quantity.unit,
                    difference=written(abs(one.quantity.value - gap)),
                ),
                severity="question",
            )  # fmt: skip


def _turned(mentions: list[Mention]) -> Iterator[Claim]:
    """Find a long number told once that is another one with two neighbouring digits turned: 921.6, 912.6."""
    grammar = load_grammar()
    by_digits: dict[tuple[object, ...], dict[str, list[Mention]]] = defaultdict(lambda: defaultdict(list))
    for one in mentions:
        digits = one.quantity.number.replace(".", "").strip("0")
        if len(digits) >= LONG and not grammar.has("change", one.quantity.label) and not one.year:
            key = ("".join(sorted(digits)), len(one.quantity.number), one.quantity.unit, one.segment)
            by_digits[key][one.quantity.number].append(one)
    for by_number in by_digits.values():
        for (first, places), (second, others) in combinations(by_number.items(), 2):
            wrong = [at for at, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
            if len(wrong) != 2 or wrong[1] - wrong[0] > 2 or not is_slip(first, second):
                continue
            single, usual = sorted((places, others), key=len)
            if len(single) == 1 and single[0].at != usual[0].at:
                yield _claim(usual[0], single[0])


def _nearest(mentions: list[Mention]) -> dict[int, list[tuple[float, int]]]:
    """Return for each mention those of its unit and role that share words with it, the nearest first."""
    counted: Counter[str] = Counter()
    for one in mentions:
        counted.update(one.near)
    size = max(len(mentions), FEWEST_MENTIONS)
    rarity = {pair: math.log(1 + size / count) for pair, count in counted.items()}
    soft = frozenset(load_grammar().words["soft_roles"])
    bearing: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, one in enumerate(mentions):
        for pair in one.near | one.far:
            if 0 < counted[pair] <= MOST_COMMON:
                bearing[one.quantity.unit, one.segment, one.roles - soft, one.year, pair].append(number)
    shared: set[tuple[int, int]] = set()
    for numbers in bearing.values():
        shared.update((one, two) for place, one in enumerate(numbers) for two in numbers[place + 1 :])
    found: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for at, other in shared:
        one, two = mentions[at], mentions[other]
        is_one_sentence = one.at == two.at and one.paragraph.sentence(one.quantity.start) == one.paragraph.sentence(
            two.quantity.start
        )
        if is_one_sentence or (one.paragraph.is_row and two.paragraph.is_row and one.row != two.row):
            continue  # two rows of like indicators
        if one.paragraph.is_row and two.paragraph.is_row and one.column != two.column:
            continue  # two tables of the same things
        if one.project and two.project and one.project != two.project:
            continue
        if one.roles != two.roles and not is_slip(one.quantity.number, two.quantity.number):
            continue
        both = one.near & two.near
        if not one.near or not two.near:
            continue
        if "share" in one.roles and not is_slip(one.quantity.number, two.quantity.number):
            continue
        weight = sum(rarity[pair] for pair in both)
        least = min(sum(rarity[pair] for pair in side.near) for side in (one, two))
        far = ((one.near & two.far) | (one.far & two.near)) - both
        weight += FAR_WEIGHT * sum(rarity[pair] for pair in far)
        weight += BOTH_FAR * sum(rarity.get(pair, 0) for pair in (one.far & two.far) - far - both)
        if weight and weight >= COVERED * least:
            found[at].append((weight, other))
            found[other].append((weight, at))
    for ranked in found.values():
        ranked.sort(key=lambda item: (-item[0], item[1]))
    return found


def _is_elsewhere(mentions: list[Mention], nearest: dict[int, list[tuple[float, int]]], at: int, other: int) -> bool:
    """Say whether the text bears both numbers out, or has a row of like statements, each with its own value."""
    one, two = mentions[at], mentions[other]
    likeness = nearest[at][0][0]
    for mine, theirs in ((one, two), (two, one)):
        place = at if mine is one else other
        for alike, third in nearest[place]:
            number = mentions[third]
            if number is theirs:
                continue
            is_other = not _is_same(mine, number) and not _is_same(theirs, number)
            if alike > ALIKE * likeness and is_other and _is_of_one_order(mine, number):
                return True
    return all(
        any(_is_same(mine, mentions[third]) and alike > SUPPORT * likeness for alike, third in nearest[place])
        for mine, place in ((one, at), (two, other))
    )


def _is_in_other_row(mentions: list[Mention], row: Mention, other: Mention) -> bool:
    """Say whether a number told in prose stands in another row of the same name: the form of another project."""
    return (
        row.paragraph.is_row
        and not other.paragraph.is_row
        and any(mention.row == row.row and mention.at != row.at and _is_same(mention, other) for mention in mentions)
    )


def _is_any_rate(mentions: list[Mention], one: Mention, two: Mention) -> bool:
    """Say whether two rates share no more than a name that several rates of the report bear: 合格率, 完成率."""
    grammar = load_grammar()
    if one.quantity.unit != "%":
        return False
    general = {name[at : at + 2] for name in grammar.words["many_rates"] for at in range(len(name) - 1)}
    shared = (one.near & (two.near | two.far)) | (two.near & one.far)
    names = [_rate_name(side.words) for side in (one, two)]
    if all(names) and names[0] != names[1] and not (names[0].endswith(names[1]) or names[1].endswith(names[0])):
        return True
    for row, other in ((one, names[1]), (two, names[0])):
        if row.paragraph.is_row and other and other[-SHORTEST_RATE:-1] not in row.row:
            return True  # a column of rates under another name
    if shared - general:
        return False
    if one.head and two.head and one.head != two.head:
        return True
    alike = {
        other.quantity.value
        for other in mentions
        if other.quantity.unit == "%" and other.roles == one.roles and other.near & shared
    }
    return len(alike) > 2


def _rate_name(words: str) -> str:
    """Return the name of a rate that ends some words, "" where none does: 九年义务教育巩固率."""
    match = load_grammar().find("rate_at_end", words)
    return match["name"] if match else ""


def _is_same(one: Mention, two: Mention) -> bool:
    first, second = one.quantity, two.quantity
    if first.value == second.value:
        return True
    rough, fine = sorted((first, second), key=lambda quantity: -step_of(quantity))
    return step_of(rough) != step_of(fine) and judge(rough.span, fine.span, step=step_of(rough)) != "fails"


def _is_of_two(one: str, two: str) -> bool:
    """Say whether two labels are one behind two subjects: 甲项目预算资金, 乙项目预算资金."""
    size = 0
    while size < min(len(one), len(two)) and one[-1 - size] == two[-1 - size]:
        size += 1
    return size >= COMMON_END and 0 < len(one) - size <= SUBJECT and 0 < len(two) - size <= SUBJECT


def _is_of_one_order(one: Mention, two: Mention) -> bool:
    small, large = sorted((one.quantity.value, two.quantity.value))
    return bool(small) and large <= MOST_TIMES * small


def _claim(one: Mention, two: Mention) -> Claim:
    first, here = one.quantity, two.quantity
    gap = here.value - first.value
    name = two.row or one.row or _common(one.words, two.words) or two.words
    return claim_at(
        KIND,
        two.paragraph,
        (here.start - len(here.label), here.end + 4),
        printed=here.printed,
        derived=first.printed,
        gap=gap,
        verdict="fails",
        arithmetic=load_grammar().sentence(
            "same",
            name=name,
            printed=here.printed,
            other=first.printed,
            line=one.paragraph.line(first.start),
            difference=written(abs(Decimal(gap))),
        ),
        severity="question",
    )


def _common(one: str, two: str) -> str:
    """Return the longest run of signs that two contexts share."""
    best = ""
    for start in range(len(one)):
        while start + len(best) < len(one) and one[start : start + len(best) + 1] in two:
            best = one[start : start + len(best) + 1]
    return best.strip() if len(best.strip()) > 1 else ""
