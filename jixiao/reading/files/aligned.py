"""Tables of a text whose columns are kept apart by spaces (空格对齐的表), as print leaves them.

What stands in a column is told by its place in the line: a column ends where every line of the table is blank. Each
sign of Chinese takes the place of two others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

_CELL = re.compile(r"\S+(?: \S+)*")
"""The words of one cell have single spaces between them."""
_SIDES = "\u2502\u2503\u2551"
_DRAWN = re.compile("[\u2500-\u257f\\s]+")
"""The signs that lines and corners of tables are drawn with."""
_LEAST_COLUMNS = 3
_LEAST_ROWS = 3

Token = tuple[int, int, str]
"""A cell of a line: the places of its first sign and behind its last one, and its text."""


def tokens_of(line: str) -> list[Token]:
    """Return the cells of a line with their places; what is two spaces apart is two cells.

    Example:
        >>> tokens_of("指标  分值")
        [(0, 4, '指标'), (6, 10, '分值')]
    """
    line = line.replace("\u3000", "  ")
    places = [0]
    for sign in line:
        places.append(places[-1] + (2 if east_asian_width(sign) in "WF" else 1))
    return [(places[found.start()], places[found.end()], found[0]) for found in _CELL.finditer(line)]


def aligned_rows(lines: Sequence[str]) -> tuple[list[list[str]], list[int]]:
    """Return the rows of a text with the cells of its aligned tables apart, and the first row of each table.

    A line that is of no such table stays one cell.

    Example:
        >>> rows, tables = aligned_rows(["标题", "指标  分值  得分", "甲乙  10    9", "丙    5     5"])
        >>> rows, tables
        ([['标题'], ['指标', '分值', '得分'], ['甲乙', '10', '9'], ['丙', '5', '5']], [1])
    """
    rows = [[line.strip()] for line in lines]
    tables: list[int] = []
    number = 0
    while number < len(lines):
        drawn = _drawn(lines, number)
        if drawn:
            rows[number : number + len(drawn)] = drawn
            tables.append(number)
            number += len(drawn)
            continue
        end = number
        while end < len(lines) and len(tokens_of(lines[end])) >= (_LEAST_COLUMNS if end == number else 2):
            end += 1
        table = _table([tokens_of(line) for line in lines[number:end]])
        if table is None:
            number += 1
            continue
        rows[number:end] = table
        tables.append(number)
        number = end
    return rows, tables


def _drawn(lines: Sequence[str], start: int) -> list[list[str]]:
    """Return the rows of a table that is drawn with signs (┌┬┐│├┼┤), a blank one for each of its lines."""
    rows = []
    for line in lines[start:]:
        plain = line.strip()
        if plain[:1] in _SIDES:
            rows.append([cell.strip() for cell in re.split(f"[{_SIDES}]", plain[1:].rstrip(_SIDES))])
        elif plain and not _DRAWN.sub("", plain):
            rows.append([""])
        else:
            break
    return rows if sum(len(row) >= _LEAST_COLUMNS for row in rows) > 1 else []


def _table(lines: list[list[Token]]) -> list[list[str]] | None:
    """Return the rows of a table, nothing where its lines have no columns in common."""
    if len(lines) < _LEAST_ROWS and (len(lines) < _LEAST_ROWS - 1 or len({len(line) for line in lines}) > 1):
        return None  # two lines are a table where each names or fills every column
    covered = sorted((start, end) for line in lines for start, end, _ in line)
    columns = [list(covered[0])]
    for start, end in covered[1:]:
        if start < columns[-1][1]:
            columns[-1][1] = max(columns[-1][1], end)
        else:
            columns.append([start, end])
    if len(columns) < _LEAST_COLUMNS or len(columns) != len(lines[0]):
        return None  # the first line names every column
    rows = []
    for line in lines:
        cells = [""] * len(columns)
        for start, _, text in line:
            place = next(place for place, (left, right) in enumerate(columns) if left <= start < right)
            if cells[place]:
                return None  # two cells of a line below one name
            cells[place] = text
        rows.append(cells)
    return rows
