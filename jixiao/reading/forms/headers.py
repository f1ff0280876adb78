"""Header rows (表头) of a grid: which declared block they start and which column each of their cells names."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache

from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import Grid, Position
from jixiao.reading.forms.families import Block, Family, known_labels, load_families
from jixiao.reading.forms.records import find_money_unit, find_points, label_key
from jixiao.reading.values.values import normalise

LONGEST_LABEL = 40
LEAST_HEADER = 3
"""How many different header labels make a row a header, whether it can be read or not."""
SECOND = "2:"
"""Stands before a column of the right half of a table that prints two halves side by side."""

NAMES = frozenset({"category", "subcategory", "indicator", "project", "task"})
"""Columns that say what a row is about."""

_NUMBERED = frozenset(".、．")


@cache
def _openings() -> frozenset[str]:
    """Return every sign with which a label, or what is taken off before it, can begin."""
    return frozenset(label[0] for label in known_labels()) | frozenset(reading_words()["label_openings"])


@lru_cache(maxsize=16_384)
def _may_open(sign: str) -> bool:
    plain = normalise(sign)
    return not plain or plain in _openings()


@lru_cache(maxsize=65_536)
def known_label(text: str) -> str:
    """Return a text as labels are compared when it is a label of some form, else an empty text.

    Example:
        >>> known_label("项 目 名 称："), known_label("示例项目")
        ('项目名称', '')
    """
    if len(text) > LONGEST_LABEL or not _may_open(text[0]):
        return ""
    if text[0].isdigit() and text.lstrip("0123456789")[:1] not in _NUMBERED:
        return ""
    key = label_key(text)
    return key if key in known_labels() else ""


class View:
    """A grid made ready for recognition: the label that stands at every position, a merged one at each of its own."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.width, self.height = grid.width, grid.height
        self.texts, self.corner_of, self.filled = grid.resolved, grid.corner_of, grid.filled
        self.corner, self.distinct = grid.corner, grid.distinct
        self.keys = [[known_label(text) if text else "" for text in row] for row in self.texts]
        self.labelled = [any(keys) and self._begins_label(row) for row, keys in enumerate(self.keys)]
        """Whether a label begins in a row; one that is merged down from a row above does not."""

    def _begins_label(self, row: int) -> bool:
        corner_of = self.corner_of
        return any(
            key and corner_of.get((row, column), (row, 0))[0] == row for column, key in enumerate(self.keys[row])
        )

    def address(self, row: int, column: int) -> str:
        """Return the address of the cell at a position."""
        return self.grid.address(*self.corner(row, column))


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

    @cached_property
    def named(self) -> frozenset[int]:
        """The positions of the columns that say what a row is about."""
        return frozenset(column for column, name in self.columns.items() if name.removeprefix(SECOND) in NAMES)


@dataclass(frozen=True, slots=True)
class Match:
    """A row that is the header of a block in one family: place in the row -> column, known and printed cells."""

    block: Block
    columns: tuple[int, ...]
    places: tuple[tuple[int, str], ...]
    labels: tuple[Position, ...]
    printed: int


Headers = dict[str, dict[int, Match]]
"""The header rows of a grid for each family: family id -> row -> match."""


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
    order = {label: number for number, label in enumerate(block.columns)}
    taken: dict[str, int] = {}
    second: set[str] = set()
    previous = ""
    for place, key in enumerate(keys):
        for column in block.columns.get(key, ()):
            if column not in taken and (column not in block.after or block.after[column] == previous):
                mapped[place] = previous = column
                taken[column] = place
                break
            if block.is_halved and column in taken and column not in second:
                mapped[place] = f"{SECOND}{column}"
                second.add(column)
                break
            # Of two names of one column the one that is declared first counts, wherever it stands.
            if not block.is_halved and column in taken and order[key] < order[keys[taken[column]]]:
                del mapped[taken[column]]
                mapped[place] = previous = column
                taken[column] = place
                break
    return mapped if block.needs <= taken.keys() and not taken.keys() & block.without else {}


def find_headers(view: View) -> Headers:
    """Return every header row of a grid, for every family that knows it (表头识别)."""
    aliases = _aliases()
    found: Headers = {}
    above: list[str] | None = None
    for row, keys in enumerate(view.keys):
        if not view.labelled[row]:
            above = None
            continue
        hits = sum(key in aliases for key in keys if key)
        below = (
            above is not None
            and hits
            and all(key in aliases for key, text in zip(keys, view.texts[row], strict=True) if text)
        )
        if hits < 2 and not below:
            above = None
            continue
        _match_row(view, row, keys, found)
        if below and above is not None:  # 符号, 数值, 单位 below 指标值, without merged cells
            _match_row(view, row, [key or other for key, other in zip(keys, above, strict=True)], found)
        above = keys
    return found


def header_labels(view: View, row: int) -> dict[int, str]:
    """Return the header labels of a row, each once, by the column in which they stand."""
    aliases = _aliases()
    found: dict[int, str] = {}
    for column in view.distinct(row):
        key = view.keys[row][column]
        if key in aliases and key not in found.values():
            found[column] = key
    return found


def _match_row(view: View, row: int, keys: list[str], found: Headers) -> None:
    columns = tuple(view.distinct(row))
    matches = _match(tuple([keys[column] for column in columns]))
    if not matches:
        return
    own, texts = view.keys[row], view.texts[row]
    labels = tuple(view.corner(row if own[column] or not keys[column] else row - 1, column) for column in columns)
    filled = [place for place, column in enumerate(columns) if keys[column] or texts[column].strip()]
    for family_id, block, places in matches:
        printed = sum(place >= places[0][0] for place in filled)
        found.setdefault(family_id, {})[row] = Match(block, columns, places, labels, printed)


def open_header(view: View, row: int, match: Match) -> Header:
    """Return a matched row as the header of its block: columns by position, and what the labels carry."""
    named = {match.columns[place]: column for place, column in match.places}
    labels = {column: match.labels[place] for place, column in match.places}
    texts = {column: view.texts[at[0]][at[1]] for column, at in labels.items()}
    groups = {  # a label above that is divided here: 年度指标值 over sign, number and unit
        view.corner(row - 1, column)
        for column, name in named.items()
        for names in [match.block.columns.get(view.keys[row - 1][column], ()) if row else ()]
        if name in names or ("target" in names and name in {"target_relation", "measure_unit"})
    }
    return Header(
        match.block,
        named,
        (*labels.values(), *groups),
        len(named),
        match.printed,
        {column: unit for column, text in texts.items() if (unit := _unit_of_label(text))},
        {
            column: (points, view.grid.address(*labels[column]))
            for column, text in texts.items()
            if (points := _points_of_label(text))
        },
    )


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
        known = sum(2 * len(header.places) - header.printed for header in rows)
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
        names = {column: alias for alias, columns in reversed(block.columns.items()) for column in columns}
        for view in views:
            for row, keys in enumerate(view.keys):
                known = {column for key in keys for column in block.columns.get(key, ())}
                lacking = [names[column] for column in sorted(block.needs - known)]
                unknown = [normalise(text) for text in dict.fromkeys(view.texts[row]) if text and not known_label(text)]
                if len(known) >= 2 and (best is None or len(known) > best[0]):
                    best = (len(known), view, row, lacking, unknown)
    return best[1:] if best else None
