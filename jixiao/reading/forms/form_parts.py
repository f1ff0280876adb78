"""What is known of a form while it is read (读取中的表): its parts, what became of their cells, and what was found."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property

from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import Position
from jixiao.reading.forms.assignment import Column
from jixiao.reading.forms.headers import View
from jixiao.reading.forms.meanings import header_words, pattern
from jixiao.reading.forms.records import Reading
from jixiao.reading.forms.table_cells import Table, Taught
from jixiao.reading.values.values import normalise

SECOND = "2:"


@cache
def words_pattern(name: str) -> re.Pattern[str]:
    """Return one of the patterns of words that stand by themselves in ``rules/headers.yaml``."""
    return re.compile(header_words()[name])


def no_lesson(text: str, context: str) -> str:
    """Say nothing of a header: no family was taught."""
    return ""


@dataclass
class Part:
    """A run of rows of one grid that belongs to one form, and what became of its cells."""

    view: View
    start: int
    stop: int
    tables: list[Table]
    used: set[Position] = field(default_factory=set)
    told: list[dict[str, str]] = field(default_factory=list)
    reasons: dict[Position, str] = field(default_factory=dict)
    late_totals: list[int] = field(default_factory=list)
    """The rows below a table of money that hold the total of the form."""
    money_rows: set[int] = field(default_factory=set)
    """The rows that a table of money was read from."""

    @property
    def sheet(self) -> str:
        """Name of the sheet or table."""
        return self.view.grid.sheet

    @cached_property
    def has_basic_spending(self) -> bool:
        """Whether the grid parts what was spent into 基本支出 and 项目支出."""
        texts = (self.view.texts[row][column] for row, column in self.view.filled)
        return any(pattern("basic_spending").search(normalise(text)) for text in texts)

    def text(self, at: Position) -> str:
        """Return the text at a position."""
        return self.view.texts[at[0]][at[1]].strip()

    def tell(self, at: Position, reason: str, **words: str) -> None:
        """Tell with which assumption a cell was read."""
        said = reading_words()["reasons"][reason].format(**words)
        entry = {"sheet": self.sheet, "cell": self.view.address(*at), "text": self.text(at), "reason": said}
        if entry not in self.told:
            self.told.append(entry)

    def skip(self, at: Position, reason: str) -> None:
        """Keep why a cell is not read."""
        self.reasons.setdefault(self.view.corner(*at), reason)


@dataclass
class Found:
    """What is known of a form while its parts are read."""

    reading: Reading
    rank: dict[str, int] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    roles: dict[int, str] = field(default_factory=dict)
    terms: set[int] = field(default_factory=set)
    """The columns whose labels of money are of the whole term, not of the year (实施周期金额)."""
    taught: Taught = no_lesson


@cache
def meaning_names() -> dict[str, str]:
    """Return how meanings are called to the reader."""
    return dict(reading_words()["meanings"])


def cells_under(part: Part, row: int, column: Column) -> list[Position]:
    """Return the cells of a row that stand under a header and hold text; those that reach in from another do not."""
    view = part.view
    seen: list[Position] = []
    for place in range(column.left, column.right + 1):
        corner = view.corner(row, place)
        if corner not in seen and view.texts[row][place].strip():
            seen.append(corner)
    return seen


def skip_row(part: Part, row: int, cells: list[tuple[int, int, str]], reason: str) -> None:
    """Keep why the cells of a row are not read."""
    for left, _, _ in cells:
        if (row, left) not in part.used:
            part.skip((row, left), reason)
