"""Which indicator a paragraph is about and how many points it got, whatever the wording (逐指标得分的通读).

Blocks are found by names: those a table prints, else the beginning of a heading, line or paragraph that is followed by
points. Every block has several readings of its points; chosen are those with which the whole document adds up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from itertools import zip_longest

from jixiao.reading.documents.justifications import (
    Justification,
    clean_level,
    clean_name,
    divide_text,
    justification_words,
    levels_above,
)
from jixiao.reading.documents.paragraphs import pattern
from jixiao.reading.documents.point_mentions import (
    FULL,
    GOT,
    OPEN,
    Mention,
    Points,
    find_mentions,
    readings_of,
)
from jixiao.reading.documents.portions import Portion
from jixiao.reading.documents.sections import Layout
from jixiao.reading.documents.stated_amounts import split_sentences
from jixiao.reading.files.document_words import document_words

WHOLE = Decimal(100)
FEW = 4
"""Indicators below which their sum says nothing: one that has all hundred points is the total."""
SURE = 1.5
"""Sureness from which a reading holds though the document as a whole does not add up."""
MOST_STATES, MOST_READINGS = 4000, 4
"""Sums kept and readings tried per indicator while looking for those that add up."""
LONGEST_NAME, LONGEST_LINE = 26, 18
LEAST_PREFIX = 6
"""Signs of a printed name that a longer one in the prose may begin with."""
NEAR = 10
"""Signs behind a name within which its points stand where no stop parts them."""
KNOWN, FRAMED, ALONE, FOLLOWED = 3, 2, 1.5, 1
"""How sure a beginning is a name: printed in a table, framed, ended by a stop, followed by a comma."""


@dataclass(slots=True)
class Block:
    """What a report says of one indicator, or of a level above some (一段说明)."""

    name: str
    place: int
    places: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    head: list[Mention] = field(default_factory=list)
    body: list[Mention] = field(default_factory=list)
    titles: tuple[str, ...] = ()
    is_level: bool = False
    chosen: Points | None = None
    readings: list[Points] = field(default_factory=list)


@dataclass(slots=True)
class _Segment:
    """A paragraph, or the part of one that may be about one indicator."""

    place: int
    text: str
    name: str = ""
    strength: float = 0.0
    mentions: list[Mention] = field(default_factory=list)


@cache
def _words() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(words) for name, words in document_words()["told_names"].items()}


@dataclass(frozen=True)
class Table:
    """What tables print of the indicators: full points, points given (评分表所列)."""

    full: Mapping[str, Decimal | None]
    got: Mapping[str, Decimal | None]
    total: Decimal | None = None

    def match(self, text: str) -> str:
        """Return the printed name that a name in the prose means, empty when none is."""
        if text in self.full:
            return text
        bare = _bare(text)
        same = [name for name in self.full if name and _bare(name) == bare]
        same = same or [name for name in self.full if len(name) >= LEAST_PREFIX and text.startswith(name)]
        return same[0] if len(same) == 1 and len(bare) >= 3 else ""


def _bare(name: str) -> str:
    return _words()["dress"].sub("", name)


def find_told(layout: Layout, portion: Portion, table: Table) -> list[Justification]:
    """Return what a report says of each indicator, chosen so that the document adds up (逐指标说明).

    Args:
        layout: The file.
        portion: The evaluation report.
        table: What its tables print.
    """
    blocks = [block for block in _blocks(layout, _scope(layout, portion, table), table) if block.name]
    for block, after in zip_longest(blocks, blocks[1:]):
        if block.is_level and block.places and (after is None or after.is_level or after.titles != block.titles):
            block.is_level = not any(one.role == FULL or one in block.head for one in block.head + block.body)
    rows = [block for block in blocks if not block.is_level]
    for row in rows:
        row.readings = readings_of(row.head, row.body, table.full.get(row.name))
    _choose(rows, table)
    found: list[Justification] = []
    told: set[str] = set()
    for row in rows:
        points = row.chosen
        if points is None and row.name not in table.full:
            continue
        if row.name in told:
            continue
        told.add(row.name)
        category, subcategory = levels_above(list(row.titles))
        first, last = layout.entries[row.place].paragraph, layout.entries[row.places[-1]].paragraph
        one = Justification(
            row.name,
            category,
            subcategory,
            points.full if points else None,
            points.got if points else None,
            "".join(row.texts),
            first.line,
            last.last_line,
            first.page,
            is_summed=bool(points and points.is_derived),
            places=list(row.places),
        )
        divide_text(one)
        if one.text:
            found.append(one)
    return found


def _scope(layout: Layout, portion: Portion, table: Table) -> list[int]:
    """Return where the points of the indicators stand: the analysis, else the chapter with most numbers of points."""
    places = layout.under(portion.number, "analysis")
    is_tabled = bool(table.got) and all(points is not None for points in table.got.values())
    if (is_tabled and places) or sum(len(find_mentions(layout.entries[at].paragraph.text)) for at in places) >= 6:
        return places
    chapters: dict[int, list[int]] = {}
    for place in layout.of_portion(portion.number):
        entry = layout.entries[place]
        if entry.path and entry.kind in {"heading", "text"}:
            chapters.setdefault(entry.path[0], []).append(place)
    counted = {
        top: sum(len(find_mentions(layout.entries[at].paragraph.text)) for at in inside)
        for top, inside in chapters.items()
    }
    best = max(counted, key=lambda top: counted[top], default=None)
    return chapters[best] if best is not None and counted[best] >= 6 else places


def _blocks(layout: Layout, places: Sequence[int], table: Table) -> list[Block]:
    entries = layout.entries
    units: list[tuple[int | None, list[int]]] = [(None, [])]
    for place in places:
        if entries[place].kind == "heading":
            units.append((place, []))
        elif entries[place].kind == "text":
            units[-1][1].append(place)
    parents = {entries[at].path[-2] for at, _ in units if at is not None and len(entries[at].path) > 1}
    found: list[Block] = []
    for heading, texts in units:
        found += _of_unit(layout, heading, texts, table, has_children=heading in parents)
    return found


def _of_unit(
    layout: Layout, heading: int | None, texts: Sequence[int], table: Table, *, has_children: bool
) -> list[Block]:
    """Read the paragraphs below one heading: about it, or each about its own indicator."""
    entries = layout.entries
    segments = [one for place in texts for one in _segments(place, entries[place].paragraph.body, table)]
    _demote(segments)
    title = entries[heading].title if heading is not None else ""
    above = tuple(entries[at].title for at in entries[heading].path[1:]) if heading is not None else ()
    name, _ = _name_at(title, table) if title else ("", 0.0)
    name = name or clean_name(title)
    is_level = bool(title) and (has_children or is_level_name(name or title))
    own = table.match(name) or name
    named = [one for one in segments if one.name and one.name != own]
    is_own = bool(title) and bool(name) and not is_level
    if is_own and (table.match(name) or len(named) < 2) and not any(one.strength >= KNOWN for one in named):
        if len(named) == 1 and not find_mentions(title) and named[0].strength > ALONE and not table.match(name):
            is_own = False
        else:
            block = Block(table.match(name) or name, heading if heading is not None else texts[0], titles=above[:-1])
            block.head = find_mentions(title)
            _extend(block, segments)
            block.places = block.places or [block.place]
            return [block]
    found = [_level(name or title, heading, above)] if is_level and heading is not None else []
    for one in segments:
        if one.name:
            block = Block(one.name, one.place, titles=above, is_level=is_level_name(one.name))
            _extend(block, [one])
            found.append(block)
        elif found and found[-1].places:
            _extend(found[-1], [one])
    return found


def _level(name: str, heading: int, above: tuple[str, ...]) -> Block:
    return Block(clean_level(name), heading, titles=above, is_level=True)


def _extend(block: Block, segments: Sequence[_Segment]) -> None:
    for one in segments:
        edge = _head_edge(one) if not block.places and one.name else 0
        offset = sum(len(text) for text in block.texts)
        moved = [replace(mention, start=mention.start + offset, end=mention.end + offset) for mention in one.mentions]
        block.head += [new for new, old in zip(moved, one.mentions, strict=True) if old.start < edge]
        block.body += [new for new, old in zip(moved, one.mentions, strict=True) if old.start >= edge]
        block.texts.append(one.text)
        block.places.append(one.place)


def _head_edge(segment: _Segment) -> int:
    """Return where the first clause ends: numbers in it stand beside the name."""
    at = segment.text.find(segment.name) + len(segment.name)
    hit = re.compile("[。；：:]|，(?=.{6})").search(segment.text, at + 1)
    return hit.start() if hit else len(segment.text)


def is_level_name(name: str) -> bool:
    """Say whether a name is that of a level and not of an indicator: 决策指标, 产出类.

    Example:
        >>> is_level_name("决策指标"), is_level_name("预算执行率")
        (True, False)
    """
    plain = clean_name(name)
    is_one = pattern("level_one").fullmatch(plain) is not None
    return is_one or justification_words()["not_a_name"].search(plain) is not None


# names ----------------------------------------------------------------------------------------------------------------


def _segments(place: int, body: str, table: Table) -> list[_Segment]:
    """Divide a paragraph that tells the points of several indicators one after another."""
    parts = [(text, *_named(text, table)) for _, text in split_sentences(body, "。；;")]
    starts: list[int] = []
    for number, (_, name, _) in enumerate(parts):
        if name and any(one.role in {FULL, OPEN} for one in find_mentions(_until(parts, number))):
            starts.append(number)
    if len(starts) < 2:
        name, strength = _name_at(body, table)
        mentions = find_mentions(body)
        if strength < KNOWN and mentions:
            behind, sureness = _name_behind(body, mentions, table)
            if strength > FOLLOWED and sureness < KNOWN:
                behind = ""
            if behind and (not name or sureness > strength or not _is_beside(body, name, behind, mentions)):
                name, strength = behind, sureness
        return [_Segment(place, body, name, strength, mentions)]
    found = [_Segment(place, "".join(text for text, _, _ in parts[: starts[0]]))] if starts[0] else []
    for first, last in zip(starts, [*starts[1:], len(parts)], strict=True):
        text = "".join(part for part, _, _ in parts[first:last])
        found.append(_Segment(place, text, parts[first][1], parts[first][2]))
    for one in found:
        one.mentions = find_mentions(one.text)
    return found


def _named(text: str, table: Table) -> tuple[str, float]:
    """Return the indicator that a sentence begins with, or that a table prints and its first points follow."""
    name, strength = _name_at(text, table)
    if strength >= KNOWN:
        return name, strength
    behind, sureness = _name_behind(text, find_mentions(text), table)
    return (behind, sureness) if sureness >= KNOWN else (name, strength)


def _is_beside(body: str, name: str, behind: str, mentions: Sequence[Mention]) -> bool:
    """Say whether points stand right behind a name: no other name between, no stop."""
    end = body.find(name) + len(name)
    between = body[end : mentions[0].start]
    return behind not in between and not re.search("[，。；：]", between.strip("，,：:（("))


def _until(parts: Sequence[tuple[str, str, float]], first: int) -> str:
    """Return a sentence with those behind it that name nothing."""
    last = first + 1
    while last < len(parts) and not parts[last][1]:
        last += 1
    return "".join(text for text, _, _ in parts[first:last])


def _name_at(text: str, table: Table) -> tuple[str, float]:
    """Return the indicator that a text names at its beginning and how sure that is."""
    words = _words()
    plain = justification_words()["lead_number"].sub("", text.strip())
    known = max((name for name in table.full if name and plain.startswith(name)), key=len, default="")
    if known:
        return known, KNOWN
    shorter = words["lead"].sub("", plain)
    plain = shorter if _words()["start"].match(shorter) else plain
    for key, strength in (("framed", FRAMED), ("in_way", ALONE), ("plain", FOLLOWED)):
        hit = words[key].match(plain)
        if not hit:
            continue
        name = clean_name(hit["name"])
        same = table.match(name)
        if same:
            return same, KNOWN
        if not (2 <= len(name) <= LONGEST_NAME) or words["no_name"].search(name):
            continue
        behind = plain[hit.end() : hit.end() + 1]
        if behind and behind not in "。：:，,（(；;—－-｜|/／”」』】]" and not _points_at(plain, hit.end()):
            continue  # the words of a sentence and not a name: 单盏成本2810元
        is_alone = behind not in "，," or hit.end() == len(plain.rstrip("。"))
        return name, max(strength, ALONE if is_alone else FOLLOWED)
    return "", 0.0


def _points_at(text: str, place: int) -> bool:
    """Say whether a number of points, or a word for one, stands right behind a place."""
    near = text[place : place + NEAR]
    first = re.search("[，。；：（]", near)
    edge = place + (first.start() if first else len(near))
    return any(place <= one.start < edge for one in find_mentions(text[: place + NEAR + 8]))


def _name_behind(text: str, mentions: Sequence[Mention], table: Table) -> tuple[str, float]:
    """Return the indicator named right before its points: ……，因此立项依据充分性（4分）得4分。"""
    first = next((one for one in mentions if one.role in {FULL, OPEN, GOT}), None)
    if first is None:
        return "", 0.0
    clause = re.split("[。；;，,]", text[: first.start])[-1]
    known = [name for name in table.full if name and name in clause]
    if known:
        return max(known, key=len), KNOWN
    hit = _words()["behind"].search(clause)
    name = clean_name(hit["name"]) if hit else ""
    name = _words()["tail"].sub("", name)
    is_name = 2 <= len(name) <= LONGEST_NAME and not _words()["no_name"].search(name)
    is_framed = hit is not None and _words()["concludes"].match(hit[0]) is not None  # 因此……（4分）
    ends_like_one = justification_words()["indicator_end"].search(name) is not None
    return (name, FOLLOWED) if is_name and (is_framed or ends_like_one) else ("", 0.0)


def _demote(segments: Sequence[_Segment]) -> None:
    """Take the names from beginnings that no points follow, and that no table prints."""
    for number, one in enumerate(segments):
        if not one.name or one.strength >= KNOWN:
            continue
        mentions = list(one.mentions)
        is_line = len(one.text.strip("。：:")) <= LONGEST_LINE and not re.search("[，；]", one.text)
        if is_line:
            for after in segments[number + 1 :]:
                if after.name:
                    break
                mentions += after.mentions
        has_pair = any(mention.role in {FULL, OPEN} for mention in mentions)
        if not has_pair and not any(mention.role == GOT for mention in mentions[:1]):
            one.name, one.strength = "", 0.0


# choice ---------------------------------------------------------------------------------------------------------------


def _choose(rows: Sequence[Block], table: Table) -> None:
    """Choose a reading for each indicator: as its table prints, else so that all points add up, else if it is sure."""
    open_rows: list[Block] = []
    for row in rows:
        full, got = table.full.get(row.name), table.got.get(row.name)
        if row.name in table.full and got is not None:
            agreed = [one for one in row.readings if one.got == got and (full is None or one.full == full)]
            silent = not any(one.got is not None for one in row.readings[:1])
            if agreed or silent:
                row.chosen = agreed[0] if agreed else None
                continue
        open_rows.append(row)
    if not open_rows:
        return
    settled = [row.chosen for row in rows if row.chosen is not None]
    rest_full = WHOLE - sum((one.full or Decimal(0) for one in settled), Decimal(0))
    rest_got = None
    if table.total is not None:
        rest_got = table.total - sum((one.got or Decimal(0) for one in settled), Decimal(0))
    is_unread = all(points is None for points in table.got.values())  # a table may give names alone
    if is_unread and rest_got is not None and _adds_up(open_rows, rest_full, rest_got):
        return
    for row in open_rows:
        best = row.readings[0] if row.readings else None
        row.chosen = best if best is not None and best.got is not None and best.sureness >= SURE else None
        if row.chosen is None and best is not None and best.full is not None:
            row.chosen = replace(best, got=None)


def _adds_up(rows: Sequence[Block], full: Decimal, got: Decimal) -> bool:
    """Choose the readings with which full points and points given make the sums, the surest among them."""
    states: dict[tuple[Decimal, Decimal], tuple[float, tuple[int, ...]]] = {(Decimal(0), Decimal(0)): (0.0, ())}
    for row in rows:
        # a block that names nothing scored may stand between them: it counts for nothing
        options = [(one.full, one.got, one.sureness) for one in row.readings if one.full is not None][:MOST_READINGS]
        options = [(*one[:2], one[2] - 0.6 * (one[1] is None)) for one in options]
        options = [(one[0], one[0] if one[1] is None else one[1], one[2]) for one in options]
        reached: dict[tuple[Decimal, Decimal], tuple[float, tuple[int, ...]]] = {}
        for (done_full, done_got), (weight, picks) in states.items():
            for number, (add_full, add_got, sureness) in [*enumerate(options), (-1, (Decimal(0), Decimal(0), -1.0))]:
                assert add_full is not None and add_got is not None
                key = (done_full + add_full, done_got + add_got)
                new = (weight + sureness, (*picks, number))
                if (
                    key[0] <= full
                    and key[1] <= got + Decimal("0.01")
                    and (key not in reached or reached[key][0] < new[0])
                ):
                    reached[key] = new
        ranked = sorted(reached.items(), key=lambda item: -item[1][0])[:MOST_STATES]
        states = dict(ranked)
    fitting = [
        state
        for (sum_full, sum_got), state in states.items()
        if sum_full == full and abs(sum_got - got) <= Decimal("0.01")
    ]
    if not fitting:
        return False
    best = max(fitting)
    for row, number in zip(rows, best[1], strict=True):
        kept = [one for one in row.readings if one.full is not None][:MOST_READINGS]
        one = kept[number] if number >= 0 else None
        row.chosen = replace(one, got=one.full, is_derived=True) if one is not None and one.got is None else one
    return True


def fitness(rows: Sequence[Justification], table: Table) -> tuple[float, int]:
    """Return how well a reading of the paragraphs fits what is known: sums and tables; and how many it has.

    Example:
        >>> fitness([], Table({}, {}, Decimal(90)))
        (0.0, 0)
    """
    whole = [row for row in rows if row.indicator and row.weight is not None and row.score is not None]
    if table.full:
        right = sum(
            row.indicator in table.full
            and row.weight in {None, table.full[row.indicator]}
            and row.score in {None, table.got.get(row.indicator)}
            for row in rows
        )
        return float(right - 2 * (len(rows) - right)), len(whole)
    if len(whole) < FEW:
        return 0.0, 0
    full = sum((row.weight or Decimal(0) for row in whole), Decimal(0))
    got = sum((row.score or Decimal(0) for row in whole), Decimal(0))
    is_summed = table.total is not None and abs(got - table.total) <= Decimal("0.01")
    return 2.0 * (full == WHOLE) + 2.0 * is_summed - 1.0 * (full > WHOLE), len(whole)
