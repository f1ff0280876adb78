"""Tables put together (合并跨页表格): what a page tore apart becomes one grid, what stands above a table its head.

Every cell keeps the address it has in the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from jixiao.reading.files.cells import Grid
from jixiao.reading.files.document_words import document_words
from jixiao.reading.forms.families import known_labels
from jixiao.reading.forms.records import Reading, label_key

_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?%?")
MOSTLY = 0.5
"""Share of numbers from which a column holds numbers."""


@dataclass
class WholeGrid(Grid):
    """A table made of several; ``origins`` names for each row the table and row it stands in, None for a line above."""

    origins: list[tuple[Grid | None, int]] = field(default_factory=list)

    def address(self, row: int, column: int) -> str:
        """Return the address a reader can open, in the table where the cell stands."""
        origin, place = self.origins[row] if row < len(self.origins) else (None, 0)
        if origin is None:
            return ""
        address = origin.address(place, column)
        return address if origin.sheet == self.sheet else f"{origin.sheet}{address}"


def join_tables(grids: Sequence[Grid]) -> Grid:
    """Join a table with its parts on the following pages (合并跨页的表).

    A header that comes again is left out; a row that the edge of the page tore apart becomes one row.

    Example:
        >>> first = Grid("a.pdf", "1", False, [["项目", "分值"], ["立项依据", "3"], ["资金到", "2"]])
        >>> second = Grid("a.pdf", "2", False, [["项目", "分值"], ["位率", ""], ["执行率", "5"]], is_continued=True)
        >>> join_tables([first, second]).texts
        [['项目', '分值'], ['立项依据', '3'], ['资金到位率', '2'], ['执行率', '5']]
    """
    first = grids[0]
    if len(grids) == 1:
        return first
    width = max(grid.width for grid in grids)
    texts = [[*row, *([""] * (width - len(row)))] for row in first.texts]
    origins: list[tuple[Grid | None, int]] = [(first, row) for row in range(first.height)]
    merges = list(first.merges)
    for grid in grids[1:]:
        start = _repeated(first, grid)
        offset = len(texts) - start
        rows = [[*row, *([""] * (width - len(row)))] for row in grid.texts]
        if start < grid.height and grid.width == first.width and _is_torn(texts, rows[start]):
            for column, text in enumerate(rows[start]):
                if text:
                    target = _corner(merges, len(texts) - 1, column)
                    texts[target[0]][target[1]] += text
            start, offset = start + 1, offset - 1
        merges += [
            (top + offset, left, bottom + offset, right) for top, left, bottom, right in grid.merges if top >= start
        ]
        texts += rows[start:]
        origins += [(grid, row) for row in range(start, grid.height)]
    return WholeGrid(
        first.file,
        first.sheet,
        first.is_sheet,
        texts,
        merges,
        first.note,
        first.above,
        False,
        grids[-1].below,
        origins=origins,
    )


def _corner(merges: Sequence[tuple[int, int, int, int]], row: int, column: int) -> tuple[int, int]:
    return next(
        ((top, left) for top, left, bottom, right in merges if top <= row <= bottom and left <= column <= right),
        (row, column),
    )


def _repeated(first: Grid, grid: Grid) -> int:
    """Return how many rows at the top of a part only repeat the head of the table."""
    count = 0
    while count < min(first.height, grid.height, 4) and first.texts[count] == grid.texts[count]:
        count += 1
    return count


def _is_torn(above: Sequence[Sequence[str]], row: Sequence[str]) -> bool:
    """Say whether the first row of a page is the rest of the last one before it: words, and none of its numbers."""
    width = len(row)
    numeric = [
        column
        for column in range(width)
        if sum(bool(_NUMBER.fullmatch(line[column].strip())) for line in above[1:])
        > MOSTLY * max(1, sum(bool(line[column].strip()) for line in above[1:]))
    ]
    has_numbers = any(row[column].strip() for column in numeric)
    had_numbers = any(_NUMBER.fullmatch(above[-1][column].strip()) for column in numeric)
    is_label = any(label_key(text) in known_labels() for text in row if text.strip())
    return bool(numeric) and had_numbers and not has_numbers and not is_label and any(text.strip() for text in row)


def with_head(grid: Grid) -> Grid:
    """Return an account table with the lines above it as its first rows (决算表表头): name, number, unit, year.

    The reader of account tables looks for these inside the table, where a workbook has them.
    """
    words = document_words()["account_heads"]
    kept: list[str] = []
    for line in reversed(grid.above):
        text = " ".join(line.text.split())
        if len(text) > 60 or re.match(words["note"], text):
            break
        kept.append(text)
        if re.search(words["name"], re.sub(r"\s", "", text)) and not re.search(words["code"], re.sub(r"\s", "", text)):
            break
    if not kept or not any(
        re.search(words["code"], re.sub(r"\s", "", text)) or re.search(words["name"], re.sub(r"\s", "", text))
        for text in kept
    ):
        return grid
    head = list(reversed(kept))[:4]
    rows = [[text, *([""] * (grid.width - 1))] for text in head]
    count = len(rows)
    before = grid.origins if isinstance(grid, WholeGrid) else [(grid, row) for row in range(grid.height)]
    return WholeGrid(
        grid.file,
        grid.sheet,
        grid.is_sheet,
        [*rows, *grid.texts],
        [(top + count, left, bottom + count, right) for top, left, bottom, right in grid.merges],
        grid.note,
        grid.above,
        origins=[*([(None, 0)] * count), *before],
    )


def settle_rows(readings: Sequence[Reading], grids: Sequence[Grid]) -> None:
    """Give the records of tables that were put together the rows they have in the file."""
    whole = {grid.sheet: grid for grid in grids if isinstance(grid, WholeGrid)}
    for reading in readings:
        for record in reading.records:
            grid = whole.get(record.sheet)
            if grid is not None and 0 < record.row <= len(grid.origins):
                record.row = grid.origins[record.row - 1][1] + 1
