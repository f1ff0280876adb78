"""A piece of a grid that belongs to one form (表块), and what its merged cells and its odd rows mean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache

from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import Position
from jixiao.reading.forms.glued import states_total
from jixiao.reading.forms.headers import NAMES, Header, Headers, View, open_header
from jixiao.reading.forms.meanings import header_words, pattern
from jixiao.reading.values.values import normalise

SUMMED = frozenset({"weight", "reported_score", "initial_budget", "annual_budget", "arrived", "issued", "executed"})
"""Columns whose values are summed: one cell that is merged over several rows counts once."""
REPEATED = frozenset({"target", "actual", "execution_rate", "arrival_rate"})
"""Columns whose value holds for every row that its cell is merged over."""
VALUES = SUMMED | REPEATED
SUMMING = frozenset({"category", "subcategory"})
"""Columns in which a row says that it sums others."""


_MOST_OF_OPINION = 3
"""More texts in a row, the blank one among them, are an opinion only where each of them has a label."""
_COLON = re.compile("[:：]")


@cache
def _note_pattern() -> re.Pattern[str]:
    return re.compile(reading_words()["note_line"])


@dataclass
class Piece:
    """A run of rows of one grid that belongs to one form; ``used`` collects the cells that are accounted for.

    ``found`` holds the header rows in it, for each family; ``headers`` those of the family that it is read as.
    """

    view: View
    start: int
    stop: int
    found: Headers = field(default_factory=dict)
    headers: dict[int, Header] = field(default_factory=dict)
    used: set[Position] = field(default_factory=set)
    guesses: list[dict[str, str]] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)
    """The rows below a header that lacks a column it needs."""
    nameless: set[int] = field(default_factory=set)
    """The rows that hold values and no name."""

    def read_as(self, family: str) -> Piece:
        """Return the same rows as they are read by one family, with nothing accounted for yet."""
        headers = {row: open_header(self.view, row, match) for row, match in self.found.get(family, {}).items()}
        return Piece(self.view, self.start, self.stop, self.found, headers)

    @property
    def sheet(self) -> str:
        """Name of the sheet or table."""
        return self.view.grid.sheet

    def why_unread(self, row: int, text: str) -> str:
        """Return why a cell went into no record."""
        if row in self.broken:
            return "broken_header"
        if row in self.nameless:
            return "no_name"
        return "remark" if _note_pattern().match(normalise(text)) else "no_column"

    def guess(self, row: int, column: int, reason: str) -> None:
        """Note with which assumption the cell at a position was read."""
        text = self.view.texts[row][column].strip()
        reason = reading_words()["reasons"][reason]
        self.guesses.append(
            {"sheet": self.sheet, "cell": self.view.address(row, column), "text": text, "reason": reason}
        )


def next_cell(view: View, row: int, column: int, *, labels: frozenset[str] = frozenset()) -> Position | None:
    """Return the next cell to the right that has text; the blank one, if any, when another label comes first."""
    corner = view.corner(row, column)
    others = [place for place in range(column + 1, view.width) if view.corner(row, place) != corner]
    filled = next((place for place in others if view.texts[row][place].strip()), None)
    if filled is not None and view.keys[row][filled] not in labels:
        return view.corner(row, filled)
    return view.corner(row, others[0]) if others and others[0] != filled else None


@lru_cache(maxsize=65_536)
def is_unit_label(text: str) -> bool:
    """Say whether a cell is the label of the unit of money and nothing else (金额单位)."""
    return re.fullmatch(reading_words()["unit_label"], normalise(text)) is not None


def unit_beside(view: View, row: int, column: int) -> tuple[str, Position | None]:
    """Return the money unit that stands in the next cell of its label (金额单位 | 元), and that cell."""
    if not is_unit_label(view.texts[row][column]):
        return "", None
    at = next_cell(view, row, column)
    found = re.fullmatch(reading_words()["unit_value"], normalise(view.texts[at[0]][at[1]])) if at else None
    return (found[1], at) if found else ("", None)


@cache
def _endings() -> tuple[str, ...]:
    return tuple(reading_words()["subtotal_endings"])


def summing_column(view: View, row: int, header: Header) -> int | None:
    """Return the column whose text says that a row sums those above it (产出指标小计); nothing when it does not."""
    for column in header.named:
        if header.columns[column] in SUMMING and view.texts[row][column].endswith(_endings()):
            return column if view.corner(row, column)[0] == row else None
    return None


def share_cells(piece: Piece, row: int, texts: dict[str, str], corners: dict[str, Position]) -> None:
    """Say what one cell means that stands for several rows or columns: what can be summed counts once.

    Names and reasons are repeated in every row that they are merged over.
    """
    seen: set[Position] = set()
    named = {corner for name, corner in corners.items() if name in NAMES}
    for name, corner in corners.items():
        if name not in VALUES or not texts[name]:
            continue
        if corner in named:
            texts[name] = ""
            continue
        if corner in seen or (corner[0] < row and corner in piece.used and name not in REPEATED):
            texts[name] = ""
            piece.guess(*corner, "shared_once")
        elif corner[0] < row and corner in piece.used:
            piece.guess(*corner, "shared_again")
        seen.add(corner)


def is_nameless(piece: Piece, row: int, header: Header, own: list[int]) -> bool:
    """Say whether a row holds numbers and no name of its own: a total or the rest of a row, nothing to be scored.

    Args:
        piece: Where the row stands.
        row: The row.
        header: The header in force.
        own: Its columns whose cell begins in this row and holds text.
    """
    named = header.named
    if not named or not named.isdisjoint(own) or piece.view.texts[row][max(named)].strip():
        return False
    piece.nameless.add(row)
    return True


@lru_cache(maxsize=65_536)
def _states_goal(text: str) -> bool:
    return pattern("goal_row").fullmatch(normalise(text)) is not None


@lru_cache(maxsize=65_536)
def _closes(text: str) -> bool:
    return re.match(header_words()["closing_start"], normalise(text)) is not None


def is_opinion(view: View, row: int, header: Header) -> bool:
    """Say whether a row holds an opinion, a stamp or a conclusion: its first cell says so and no value stands in it."""
    texts, corner_of = view.texts[row], view.corner_of
    first = own_first = ""
    for at, text in enumerate(texts):
        if text and not text.isspace():
            first = first or text
            if corner_of.get((row, at), (row,))[0] == row:
                own_first = text
                break
    if not _states_goal(own_first) and not _closes(first):
        return False
    said = {texts[column] for column in header.columns}
    if len(said) > _MOST_OF_OPINION and not all(_COLON.search(text) for text in said if text.strip()):
        return False
    values = {column for column, name in header.columns.items() if name in {"weight", "reported_score"}}
    if any(pattern("points_cell").fullmatch(normalise(view.texts[row][column])) for column in values):
        return False
    own = {view.corner(row, column) for column in header.columns if view.texts[row][column].strip()}
    return len(own) <= 2 or all(_COLON.search(view.texts[at[0]][at[1]]) for at in own)


def is_note(piece: Piece, row: int, header: Header, own: list[int]) -> bool:
    """Say whether a row is a remark between the rows: one cell that reaches over names and values, or begins so."""
    view = piece.view
    if is_opinion(view, row, header):
        return True
    if view.corner(row, own[0]) != view.corner(row, own[-1]):
        return False
    corners = {view.corner(row, column) for column in range(view.width) if view.texts[row][column].strip()}
    corners = {corner for corner in corners if corner[0] == row}
    if len(corners) != 1:
        return False
    ((_, left),) = corners
    named = {name for column, name in header.columns.items() if view.corner(row, column) == (row, left)}
    text = normalise(view.texts[row][left])
    if _COLON.search(text) and states_total(text):
        return True
    return len(named & VALUES) > 0 < len(named - VALUES) or _note_pattern().match(text) is not None
