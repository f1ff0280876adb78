"""Header rows (表头) of a grid: which declared block they start and which column each of their cells names."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache

from jixiao.families import Block, Family, load_families
from jixiao.grids import Grid
from jixiao.records import find_money_unit, find_points, label_key
from jixiao.values import normalise

LONGEST_LABEL = 40
SECOND = "2:"
"""Stands before a column of the right half of a table that prints two halves side by side."""

Position = tuple[int, int]


class View:
    """A grid made ready for recognition: every position holds the text of its merge and knows its corner."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.width = grid.width
        self.texts = [[*row, *([""] * (self.width - len(row)))] for row in grid.texts]
        self.height = len(self.texts)
        self.corner_of: dict[Position, Position] = {}
        for top, left, bottom, right in grid.merges:
            if top >= self.height or left >= self.width:
                continue
            text = self.texts[top][left]
            for row in range(top, min(bottom, self.height - 1) + 1):
                for column in range(left, min(right, self.width - 1) + 1):
                    self.texts[row][column] = text
                    self.corner_of[row, column] = (top, left)
        self.keys = [
            [label_key(text) if text and len(text) <= LONGEST_LABEL else "" for text in row] for row in self.texts
        ]

    def corner(self, row: int, column: int) -> Position:
        """Return the top-left position of the cell at a position."""
        return self.corner_of.get((row, column), (row, column))

    def distinct(self, row: int) -> list[int]:
        """Return the first column of each different cell of a row, from left to right."""
        if not self.corner_of:
            return list(range(self.width))
        columns: list[int] = []
        last: Position | None = None
        for column in range(self.width):
            corner = self.corner_of.get((row, column), (row, column))
            if corner != last:
                columns.append(column)
                last = corner
        return columns

    def address(self, row: int, column: int) -> str:
        """Return the address of the cell at a position."""
        return self.grid.address(*self.corner(row, column))

    def filled(self) -> list[Position]:
        """Return the corner of every cell that holds text."""
        return [
            (row, column)
            for row, texts in enumerate(self.texts)
            for column, text in enumerate(texts)
            if text and not text.isspace() and self.corner_of.get((row, column), (row, column)) == (row, column)
        ]


@dataclass(frozen=True)
class Header:
    """One header row: the block it starts, the column of each position, and what its labels carry.

    ``known`` and ``printed`` count the header cells that are understood and those that are printed.
    """

    block: Block
    columns: dict[int, str]
    labels: tuple[Position, ...]
    known: int
    printed: int
    units: dict[str, str] = field(default_factory=dict)
    points: dict[str, tuple[str, str]] = field(default_factory=dict)


Headers = dict[str, dict[int, Header]]
"""The header rows of a grid for each family: family id -> row -> header."""


@cache
def _aliases() -> frozenset[str]:
    return frozenset(alias for family in load_families() for block in family.blocks for alias in block.columns)


@lru_cache(maxsize=4_096)
def _match(keys: tuple[str, ...]) -> tuple[tuple[str, Block, tuple[tuple[int, str], ...]], ...]:
    """Return, for every family, the first block whose header a row of labels is: place in the row -> column."""
    found = []
    for family in load_families():
        for block in family.blocks:
            mapped = _map(keys, block)
            if mapped:
                found.append((family.id, block, tuple(mapped.items())))
                break
    return tuple(found)


def _map(keys: tuple[str, ...], block: Block) -> dict[int, str]:
    """Return place -> declared column when the labels are the header of the block, else nothing."""
    mapped: dict[int, str] = {}
    taken: set[str] = set()
    second: set[str] = set()
    previous = ""
    for place, key in enumerate(keys):
        for column in block.columns.get(key, ()):
            if column not in taken and (column not in block.after or block.after[column] == previous):
                mapped[place] = previous = column
                taken.add(column)
                break
            if block.is_halved and column in taken and column not in second:
                mapped[place] = f"{SECOND}{column}"
                second.add(column)
                break
    return mapped if block.needs <= taken and not taken & block.without else {}


def find_headers(view: View) -> Headers:
    """Return every header row of a grid, for every family that knows it (表头识别)."""
    aliases = _aliases()
    found: Headers = {}
    above: list[str] | None = None
    for row, keys in enumerate(view.keys):
        hits = sum(key in aliases for key in keys if key)
        below = above is not None and hits and all(key in aliases for key in keys if key)
        if hits < 2 and not below:
            above = None
            continue
        for family_id, header in _headers_of_row(view, row, keys):
            found.setdefault(family_id, {})[row] = header
        if below and above is not None:  # 符号, 数值, 单位 below 指标值, without merged cells
            combined = [key or other for key, other in zip(keys, above, strict=True)]
            for family_id, header in _headers_of_row(view, row, combined):
                found.setdefault(family_id, {})[row] = header
        above = keys
    return found


def _headers_of_row(view: View, row: int, keys: list[str]) -> list[tuple[str, Header]]:
    columns = view.distinct(row)
    headers = []
    for family_id, block, mapping in _match(tuple([keys[column] for column in columns])):
        named = {columns[place]: column for place, column in mapping}
        first = min(named)
        printed = [column for column in columns if column >= first and keys[column]]
        groups = {
            view.corner(row - 1, column)
            for column in columns
            if row and column in named and view.keys[row - 1][column] in block.columns
        }
        labels = [view.corner(row if view.keys[row][column] else row - 1, column) for column in printed]
        known = [place for place, column in zip(labels, printed, strict=True) if column in named]
        texts = {
            named[column]: view.texts[at[0]][at[1]]
            for column, at in zip(printed, labels, strict=True)
            if column in named
        }
        units = {column: unit for column, text in texts.items() if (unit := _unit_of_label(text))}
        points = {
            named[column]: (points, view.grid.address(*at))
            for column, at in zip(printed, labels, strict=True)
            if column in named and (points := _points_of_label(view.texts[at[0]][at[1]]))
        }
        headers.append((family_id, Header(block, named, (*known, *groups), len(known), len(printed), units, points)))
    return headers


@lru_cache(maxsize=4_096)
def _unit_of_label(text: str) -> str:
    return find_money_unit(normalise(text))


@lru_cache(maxsize=4_096)
def _points_of_label(text: str) -> str:
    return find_points(text)


def choose_family(headers: list[Headers], labels: set[str], titles: set[str], year: int | None = None) -> Family | None:
    """Return the family that explains most of the header cells (版式判定); nothing when no main block was found.

    Args:
        headers: The header rows of the grids of one form.
        labels: Every short label of the form, and the titles it prints: what only one family prints speaks for it.
        titles: The forms whose title is printed; when there are any, only those are considered.
        year: The year of the form, when it is known: a family counts only in the years in which it was printed.
    """
    best: Family | None = None
    best_rank: tuple[float, ...] = ()
    for family in load_families():
        is_of_year = year is None or family.years[0] <= year <= family.years[1]
        if not is_of_year or (titles and family.form not in titles):
            continue
        rows = [header for found in headers for header in found.get(family.id, {}).values()]
        if not any(header.block.name == family.main for header in rows):
            continue
        known = sum(2 * header.known - header.printed for header in rows)
        own = len(family.own & labels) / max(1, len(family.own))
        rank = (float(known), own, float(family.is_national))
        if best is None or rank > best_rank:
            best, best_rank = family, rank
    return best


def near_header(views: list[View], titles: set[str]) -> tuple[View, int, list[str], list[str]] | None:
    """Return the row that comes closest to a main header of a titled form (最接近的表头).

    Returns:
        The grid, the row, the names of the columns it lacks and the labels in it that are not known; nothing when no
        row has at least two columns of such a header.
    """
    best: tuple[int, View, int, list[str], list[str]] | None = None
    for family in load_families():
        block = next(block for block in family.blocks if block.name == family.main)
        if family.form not in titles or not family.is_national:
            continue
        names = {columns[0]: alias for alias, columns in reversed(block.columns.items())}
        for view in views:
            for row, keys in enumerate(view.keys):
                known = {column for key in keys for column in block.columns.get(key, ())}
                lacking = [names[column] for column in sorted(block.needs - known)]
                unknown = [key for key in dict.fromkeys(keys) if key and key not in _aliases() | family.ignored]
                if len(known) >= 2 and (best is None or len(known) > best[0]):
                    best = (len(known), view, row, lacking, unknown)
    return best[1:] if best else None
