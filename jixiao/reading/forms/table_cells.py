"""Cells and tables of a grid (表区单元格): where a cell reaches to, what a row holds, and what a table is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jixiao.reading.forms.assignment import Column
from jixiao.reading.forms.headers import View
from jixiao.reading.forms.meanings import pattern
from jixiao.reading.forms.paired import MARK
from jixiao.reading.values.values import normalise

Taught = Callable[[str, str], str]
"""What a taught family says of a header in a context; empty when it says nothing."""
OF_EXECUTION = "execution:"
"""Stands before the meaning of a column of a list that holds points of the execution of a project's budget."""


@dataclass(frozen=True)
class Table:
    """One table of a grid: its kind, the rows of its header, the first row below its last, and its columns."""

    kind: str
    top: int
    bottom: int
    stop: int
    columns: tuple[Column, ...]

    def named(self, name: str) -> Column | None:
        """Return the column of a meaning."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def names(self) -> frozenset[str]:
        """The meanings of the columns."""
        return frozenset(name for column in self.columns if column.name for name in column.name.split(MARK))


def right_edge(view: View, row: int, column: int) -> int:
    """Return the last column of the cell at a position."""
    corner = view.corner(row, column)
    right = column
    while right + 1 < view.width and view.corner(row, right + 1) == corner:
        right += 1
    return right


def bottom_edge(view: View, row: int, column: int) -> int:
    """Return the last row of the cell at a position."""
    corner, below = view.corner(row, column), row
    while below + 1 < view.height and view.corner(below + 1, column) == corner:
        below += 1
    return below


def own_cells(view: View, row: int) -> list[tuple[int, int, str]]:
    """Return the cells that begin in a row and hold text: first column, last column, text."""
    return [
        (column, right_edge(view, row, column), view.texts[row][column])
        for column in view.distinct(row)
        if view.corner(row, column)[0] == row and view.texts[row][column].strip()
    ]


def is_amount(text: str) -> bool:
    """Say whether a cell holds nothing but a number, an amount or a rate."""
    return pattern("amount_cell").fullmatch(normalise(text)) is not None


def is_goal_row(cells: list[tuple[int, int, str]]) -> bool:
    """Say whether a row between the rows of a table states a goal (年度绩效目标二): what stands in it is no value."""
    return len(cells) > 1 and pattern("goal_row").fullmatch(normalise(cells[0][2])) is not None


def first_choice(column: Column) -> str:
    """Return the surest meaning that a header may have, empty when it has none."""
    return column.choices[0][0] if column.choices else ""
