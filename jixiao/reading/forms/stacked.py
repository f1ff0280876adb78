"""Tables of a text whose cells stand one below the other (每行一格), as a page leaves them that was saved as text.

The header says how many columns a row has; which cell stands under which header is told by what the cells hold. A row
that leaves a doubt is not read, and is listed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import Grid
from jixiao.reading.files.cells import remark
from jixiao.reading.files.document_words import document_words
from jixiao.reading.forms.assignment import MONEY, NAMES, VALUES, is_exact
from jixiao.reading.forms.glued import label_in
from jixiao.reading.forms.meanings import header_words, meaning_of, pattern
from jixiao.reading.forms.table_cells import is_amount
from jixiao.reading.values.values import normalise

_LABELLED = re.compile(r"([^:：]{2,16})[:：](.*)")
_LEAST_HEADER = 4
_LEAST_MONEY = 3
_SURE = 0.6
_LONGEST_NAME = 40
_NEVER = -50.0
_JOINED = 3
"""How many lines one header may be broken into."""
_NEEDED = frozenset({"target", "actual", "weight", "reported_score"})
_TOLD = frozenset({"execution_rate", "arrival_rate", "weight", "reported_score"})

Line = tuple[int, str]
"""Number of a line, counted from 1, and its text."""


@dataclass
class StackedGrid(Grid):
    """A table put together from lines; its addresses are those of the lines."""

    lines: dict[tuple[int, int], int] = field(default_factory=dict)

    def address(self, row: int, column: int) -> str:
        """Return the line that a cell was read from."""
        number = self.lines.get((row, column)) or next((n for (r, _), n in self.lines.items() if r == row), 0)
        return _address(number)


def _address(number: int) -> str:
    return str(document_words()["line"]).format(line=number)


def restacked(grid: Grid) -> Grid:
    """Return a grid whose single column holds tables cell by cell with these tables put together (逐行的表).

    A grid of more columns, or one without a header, is returned as it is.
    """
    filled = [(row, texts) for row, texts in enumerate(grid.texts) if any(texts)]
    if len(filled) < _LEAST_HEADER or any(sum(map(bool, texts)) > 1 for _, texts in filled):
        return grid
    lines = [(row + 1, next((text for text in texts if text), "")) for row, texts in enumerate(grid.texts)]
    blank = len(lines) - len(filled)
    if 3 * blank >= len(filled):
        lines = [line for line in lines if line[1]]  # every cell is followed by a blank line
    lines = _unbroken(lines)
    doubts: list[Line] = []
    rows = _listed(lines)
    has_table = bool(rows)
    if not has_table:
        rows, has_table = _rows(lines, doubts)
    if not has_table:
        return grid
    texts = [[text for _, text in row] for row in rows]
    places = {(row, column): line[0] for row, cells in enumerate(rows) for column, line in enumerate(cells) if line[0]}
    width = max(map(len, texts))
    texts = [[*row, *[""] * (width - len(row))] for row in texts]
    result = StackedGrid(grid.file, grid.sheet, False, texts, lines=places)
    told = [remark("stacked_cells", result.address(0, 0), texts[0][0], is_guess=True)]
    told += [remark("stacked_doubt", _address(number), text) for number, text in doubts]
    result.remarks = (*grid.remarks, *told)
    return result


def _listed(lines: list[Line]) -> list[list[Line]]:
    """Return the rows of a text that lists its indicators label by label (一级指标：产出 …), empty when it lists none.

    Every indicator begins at the same label; the labels of the first make the header, the values of each make a row.
    """
    pairs = [_LABELLED.fullmatch(text.strip()) for _, text in lines]
    labels = [found[1].strip() if found else "" for found in pairs]
    names = [_name(label, "columns") if label else "" for label in labels]
    first = next((label for label, name in zip(labels, names, strict=True) if name in NAMES), "")
    starts = [at for at, label in enumerate(labels) if label and label == first]
    header: list[str] = []
    for at in range(starts[0] if len(starts) > 1 else len(lines), len(lines)):
        if not names[at] or labels[at] in header:
            break
        header.append(labels[at])
    known = {_name(label, "columns") for label in header}
    if len(known) < _LEAST_HEADER or not known & {*NAMES} or not known & {"target", "actual"}:
        return []
    rows: list[list[Line]] = []
    place, has_header = 0, False
    while place < len(lines):
        if place not in starts:
            number, text = lines[place]
            is_number = re.fullmatch(reading_words()["template_indicator"], normalise(text)) is not None
            rows += [] if is_number or not text else [[(number, text)]]
            place += 1
            continue
        rows += [] if has_header else [[(lines[place + at][0], label) for at, label in enumerate(header)]]
        has_header = True
        row: list[Line] = [(0, "")] * len(header)
        while place < len(lines) and labels[place] in header and not row[header.index(labels[place])][0]:
            found = pairs[place]
            row[header.index(labels[place])] = (lines[place][0], found[2].strip() if found else "")
            place += 1
        rows.append(row)
    return rows


def _unbroken(lines: list[Line]) -> list[Line]:
    """Join the lines of a header or a level that was broken over several (年初 / 预算数)."""
    result: list[Line] = []
    place = 0
    level = re.compile(header_words()["subcategory_words"])
    while place < len(lines):
        number, text = lines[place]
        for size in range(_JOINED, 1, -1):
            parts = [line[1] for line in lines[place : place + size]]
            joined = "".join(parts)
            is_whole = len(parts) == size and all(parts) and all(len(part) <= 6 for part in parts)
            if not is_whole or is_exact(text):
                continue
            if (is_exact(joined) and not is_exact(parts[0])) or (
                level.fullmatch(normalise(joined)) and parts[-1] == reading_words()["indicator_word"]
            ):
                text, place = joined, place + size - 1
                break
        result.append((number, text))
        place += 1
    return result


def _rows(lines: list[Line], doubts: list[Line]) -> tuple[list[list[Line]], bool]:
    rows: list[list[Line]] = []
    has_table = False
    place = 0
    while place < len(lines):
        header = _header(lines, place, "columns") or _header(lines, place, "funds")
        if header:
            names, stop = header
            end = _end(lines, stop)
            is_money = set(names) <= {*MONEY, *_TOLD, "remark", "other", "deviation_reason"}
            head = [lines[place + at] for at in range(stop - place)]
            body = lines[stop:end]
            rows += (
                [[(0, ""), *head], *_money(body, names, doubts)]
                if is_money
                else [head, *_indicators(body, names, doubts)]
            )
            has_table |= not is_money
            place = end
            continue
        number, text = lines[place]
        if not text:
            place += 1
            continue
        following = lines[place + 1] if place + 1 < len(lines) else (0, "")
        name, _ = label_in(text)
        if name and following[1] and not label_in(following[1])[0] and not _header(lines, place + 1, "funds"):
            rows.append([(number, text), following])
            place += 2
            continue
        if is_amount(following[1]) and _name(text, "funds") in {*MONEY, "execution_rate"}:
            rows.append([(number, text), following])
            place += 2
            continue
        rows.append([(number, text)])
        place += 1
    return rows, has_table


@lru_cache(maxsize=8_192)
def _name(text: str, context: str) -> str:
    found = meaning_of(text, context) if text else None
    return found.name if found is not None and found.sure >= _SURE else ""


def _header(lines: Sequence[Line], start: int, context: str) -> tuple[list[str], int] | None:
    """Return the meanings of a header that begins at a line, and where it ends; nothing when none begins there."""
    names: list[str] = []
    place = start
    while place < len(lines) and (name := _name(lines[place][1], context)) and (name not in names or name == "other"):
        names.append(name)
        place += 1
    kept = set(names)
    if context == "columns":
        is_header = len(names) >= _LEAST_HEADER and bool(kept & {*NAMES}) and bool(kept & {*VALUES})
        is_header = is_header and names[0] in {*NAMES, "project"} and not ("level1" in kept and names[0] == "name")
    else:
        is_header = len(names) >= _LEAST_MONEY and len(kept & {*MONEY}) >= 2 and names[0] in MONEY
    return (names, place) if is_header else None


def _end(lines: Sequence[Line], start: int) -> int:
    """Return where the cells below a header end: at the next header, or at what is written below a table."""
    closing = re.compile(header_words()["closing_start"])
    for place in range(start, len(lines)):
        text = normalise(lines[place][1])
        if _header(lines, place, "columns") or _header(lines, place, "funds"):
            return place
        goal = meaning_of(text, "goals") if text else None
        if text and (closing.match(text) or (goal is not None and goal.sure >= 0.9)):
            return place
    return len(lines)


def _money(cells: list[Line], names: list[str], doubts: list[Line]) -> list[list[Line]]:
    """Return the rows of money: each begins at its source and has a cell for every column, or is not read."""
    rows: list[list[Line]] = []
    current: list[Line] = []
    for line in cells:
        if line[1] and not is_amount(line[1]) and not pattern("blank_cell").fullmatch(normalise(line[1])):
            if current:
                rows.append(current)
            current = [line]
        elif current:
            current.append(line)
    rows += [current] if current else []
    whole: list[list[Line]] = []
    for row in rows:
        if len(row) == len(names) + 1:
            whole.append(row)
        else:
            doubts += [line for line in row if line[1]]
    return whole


def _indicators(cells: list[Line], names: list[str], doubts: list[Line]) -> list[list[Line]]:
    """Return the rows of indicators; those whose cells could stand under several headers are not read."""
    totals = re.compile(header_words()["totals"])
    stop = next((at for at, line in enumerate(cells) if totals.fullmatch(normalise(line[1]).strip(":"))), len(cells))
    body, rest = cells[:stop], cells[stop:]
    if body and len(body) % len(names) == 0 and _fits(body, names):
        rows = [body[at : at + len(names)] for at in range(0, len(body), len(names))]
    else:
        rows = _placed([line for line in body if line[1]], names, doubts)
    if rest:
        rows += _total(rest, names, doubts)
    return rows


def _fits(body: list[Line], names: list[str]) -> bool:
    """Say whether the cells of a table without a gap stand where they belong: numbers under points, a name in each."""
    deepest = next((name for name in ("level4", "level3", "name", "level2") if name in names), names[0])
    for at, (_, text) in enumerate(body):
        name = names[at % len(names)]
        if name == deepest and (not text or is_amount(text)):
            return False
        if name in _TOLD and text and not is_amount(text) and not pattern("blank_cell").fullmatch(normalise(text)):
            return False
    return True


def _total(rest: list[Line], names: list[str], doubts: list[Line]) -> list[list[Line]]:
    rest = [line for line in rest if line[1]]
    numbers = [line for line in rest[1:4] if is_amount(line[1])]
    places = [names.index(name) for name in ("weight", "reported_score") if name in names]
    doubts += [line for line in rest[1:] if line not in numbers]
    if not numbers or len(numbers) != len(places):
        doubts += numbers
        return [[rest[0]]]
    row = [(0, "")] * len(names)
    row[0] = rest[0]
    for place, line in zip(places, numbers, strict=True):
        row[place] = line
    return [row]


def _placed(cells: list[Line], names: list[str], doubts: list[Line]) -> list[list[Line]]:
    """Place cells under their headers row by row, where empty cells left no line: the best way as a whole counts."""
    count, width = len(cells), len(names)
    best = [[_NEVER * count] * (width + 1) for _ in range(count + 1)]
    came: dict[tuple[int, int], tuple[int, int]] = {}
    best[0][0] = 0.0
    for at in range(count):
        for before in range(width + 1):
            if best[at][before] <= _NEVER * count:
                continue
            for column in range(width):
                # a cell stands right of the one before, or begins a row
                skipped = range(before, column) if column >= before else [*range(before, width), *range(column)]
                cost = sum(_skip(names[place]) for place in skipped)
                value = best[at][before] + _fit(cells[at][1], names[column]) - cost
                if value > best[at + 1][column + 1]:
                    best[at + 1][column + 1] = value
                    came[at + 1, column + 1] = (before, column)
    ends = [best[count][last] - sum(_skip(names[place]) for place in range(last, width)) for last in range(width + 1)]
    last = max(range(width + 1), key=lambda place: ends[place])
    columns: list[int] = []
    for at in range(count, 0, -1):
        if (at, last) not in came:
            doubts += cells
            return []
        before, column = came[at, last]
        columns.append(column)
        last = before
    rows: list[list[Line]] = []
    previous = width
    for line, column in zip(cells, reversed(columns), strict=True):
        if column <= previous - 1 or not rows:
            rows.append([(0, "")] * width)
        rows[-1][column] = line
        previous = column + 1
    for row in rows:
        if _is_doubtful(row, names):
            doubts += [line for line in row if line[1]]
    return [row for row in rows if not _is_doubtful(row, names)]


def _is_doubtful(row: list[Line], names: list[str]) -> bool:
    """Say whether a row lacks a value: what stands in it may then be any of them."""
    lacks = [name for place, name in enumerate(names) if name in _NEEDED and not row[place][1]]
    is_misfit = any(line[1] and _fit(line[1], name) <= -3 for line, name in zip(row, names, strict=True))
    return bool(lacks) or is_misfit


def _skip(name: str) -> float:
    if name in {"level3", "name", "level4"}:
        return 6.0
    return 2.0 if name in _NEEDED else 0.2


@lru_cache(maxsize=8_192)
def _fit(text: str, name: str) -> float:
    """Return how well a text stands under a header of a meaning."""
    plain = normalise(text)
    number = is_amount(text)
    is_points = number and plain.rstrip("%").replace(",", "").replace(".", "", 1).isdigit() and len(plain) <= 6
    is_level1 = re.fullmatch(header_words()["category_words"], plain) is not None
    is_level2 = re.fullmatch(header_words()["subcategory_words"], plain) is not None
    if name == "level1":
        return 4.0 if is_level1 else -4.0
    if name == "level2":
        return 4.0 if is_level2 else -4.0
    if name in {"level3", "name", "level4"}:
        return -6.0 if number else (-1.0 if is_level1 or is_level2 else 1.0)
    if name in _TOLD:
        return 2.0 if is_points else -8.0
    if name in {"target", "actual"}:
        begins = plain[:1] in "≥≤><="
        return (1.0 if name == "target" else 0.0) if begins else 0.5
    return -3.0 if number else 0.3 if len(plain) > 4 else 0.0
