"""The grid model (单元格网格): text, merge geometry and address of each cell, whatever the file was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from jixiao.core.errors import FormError
from jixiao.core.harmless import harmless, is_harmless
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files.signs import sign_words

Area = tuple[int, int, int, int]
"""A merged area: first row, first column, last row, last column, all from 0."""
Position = tuple[int, int]
"""A place in a table: row and column from 0."""
Box = tuple[float, float, float, float]
"""A place on a page in points: left, top, right, bottom."""


@dataclass(frozen=True)
class Cell:
    """One cell: its text, the top-left corner of its merge and whether it is that corner."""

    text: str
    row: int
    column: int
    is_corner: bool


@dataclass(frozen=True)
class Line:
    """One line of text outside the tables (表外文字): a title, a year, a unit, with its address."""

    text: str
    address: str


@dataclass(frozen=True)
class TextLine:
    """One line of a text with its number, counted from 1 (文本行)."""

    number: int
    text: str


@dataclass(frozen=True)
class Remark:
    """What a reader of a file has to tell beside its cells (读取说明).

    Something that stands in the file and was not read, because no one sees it or it is struck out; or, with
    ``is_guess``, something that was read by an assumption. ``is_grave`` marks what may be why no form was found.
    """

    address: str
    text: str
    reason: str
    is_guess: bool = False
    is_grave: bool = False


def remark(
    kind: str, address: str, text: str, *, is_guess: bool = False, is_grave: bool = False, **parts: str
) -> Remark:
    """Return a remark with the sentence that ``rules/signs.yaml`` declares for its kind.

    Example:
        >>> remark("hidden_row", "A7", "12").reason
        '所在行已隐藏，未读入'
    """
    sentence = str(sign_words()["unseen"][kind])
    return Remark(address, text, sentence.format(**parts) if parts else sentence, is_guess, is_grave)


@dataclass
class Grid:
    """One table of a file: a sheet of a workbook or a table of a document.

    ``texts[row][column]`` holds the text of a merged area at its corner only; :attr:`resolved` holds it at every
    position, :attr:`corner_of` tells which cell a position belongs to, and :meth:`cell` gives both for one position.
    """

    file: str
    sheet: str
    is_sheet: bool
    texts: list[list[str]]
    merges: list[Area] = field(default_factory=list)
    note: str = ""
    """The line above a table of a document that states its unit."""
    above: tuple[Line, ...] = ()
    """The lines of text between the table before and this one, in a document or on its pages."""
    is_continued: bool = False
    """Whether nothing but white space stands between the table before and this one: it may go on."""
    below: tuple[Line, ...] = ()
    """The lines of text after the last table of a document; empty for every other table."""
    margins: tuple[Line, ...] = ()
    """What repeats at the head or foot of the pages (页眉页脚), on the first table of a file."""
    boxes: dict[tuple[int, int], Box] = field(default_factory=dict)
    """Where the cells of a page stand."""
    remarks: tuple[Remark, ...] = ()
    """What stands in the table and was not read, or was read by an assumption."""

    @cached_property
    def corner_of(self) -> dict[Position, Position]:
        """The top-left corner of the merge, for every position inside one; the others are their own corner."""
        corners = {}
        last_row, last_column = self.height - 1, self.width - 1
        for top, left, bottom, right in self.merges:
            if top > last_row or left > last_column:
                continue
            corner = (top, left)
            for row in range(top, min(bottom, last_row) + 1):
                for column in range(left, min(right, last_column) + 1):
                    corners[row, column] = corner
        return corners

    @cached_property
    def resolved(self) -> list[list[str]]:
        """The texts with all rows of one width, and the text of a merge at each of its positions."""
        width, texts = self.width, self.texts
        rows = [row if len(row) == width else [*row, *([""] * (width - len(row)))] for row in texts]
        for (row, column), (top, left) in self.corner_of.items():
            if rows[row] is texts[row]:
                rows[row] = list(texts[row])
            rows[row][column] = texts[top][left] if left < len(texts[top]) else ""
        return rows

    @cached_property
    def filled(self) -> list[Position]:
        """The corner of every cell that holds text, from the first row on."""
        covered = {place for place, corner in self.corner_of.items() if place != corner}
        return [
            (row, column)
            for row, texts in enumerate(self.texts)
            for column, text in enumerate(texts)
            if text and not text.isspace() and (row, column) not in covered
        ]

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.texts)

    @cached_property
    def width(self) -> int:
        """Number of columns of the widest row."""
        return max((len(row) for row in self.texts), default=0)

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

    def cell(self, row: int, column: int) -> Cell:
        """Return the cell at a position, resolved to the corner of its merge."""
        top, left = self.corner_of.get((row, column), (row, column))
        texts = self.texts[top] if 0 <= top < self.height else []
        text = texts[left] if left < len(texts) else ""
        return Cell(text, top, left, (top, left) == (row, column))

    def row(self, row: int) -> list[Cell]:
        """Return the different cells of a row from left to right, each merge once."""
        return [self.cell(row, column) for column in self.distinct(row)]

    def corners(self) -> Iterator[Cell]:
        """Yield every cell that holds text, each merge once."""
        for row, column in self.filled:
            yield Cell(self.texts[row][column], row, column, True)

    def address(self, row: int, column: int) -> str:
        """Return the address a reader can open.

        ``B7`` in a sheet, 第7行第2列 in a table of a document, with its box in points on a page.
        """
        if self.is_sheet:
            return f"{column_letters(column)}{row + 1}"
        address = str(reading_words()["address"]).format(row=row + 1, column=column + 1)
        box = self.boxes.get(self.corner_of.get((row, column), (row, column)))
        return address + (boxed(box) if box else "")


def boxed(box: Box) -> str:
    """Return a place on a page as it is written behind an address.

    Example:
        >>> boxed((56.6, 70.2, 120.4, 90))
        '（57,70,120,90）'
    """
    return str(reading_words()["box"]).format(box=",".join(str(round(edge)) for edge in box))


@lru_cache(maxsize=1_024)
def column_letters(column: int) -> str:
    """Return the letters of a 0-based column.

    Example:
        >>> column_letters(0), column_letters(27)
        ('A', 'AB')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def check_size(rows: int, columns: int, merges: list[Area], *, name: str, sheet: str, limit: int) -> None:
    """Refuse a table that is larger than the limit of cells, before anything of its size is made.

    Args:
        rows: Last row that holds something.
        columns: Last column that holds something.
        merges: The merged areas as the file states them.
        name: The file.
        sheet: The sheet or table.
        limit: The largest number of cells.

    Raises:
        FormError: The table, one merged area or all of them together are too large.
    """
    if rows * columns > limit:
        raise FormError(
            name,
            f"表“{sheet}”占到第{rows}行第{columns}列",
            f"单元格上限为{limit}个，请删除空白行列或拆分后另存",
            place=sheet,
        )
    areas = [(bottom - top + 1) * (right - left + 1) for top, left, bottom, right in merges]
    if areas and (max(areas) > limit or sum(areas) > limit):
        top, left, bottom, right = merges[areas.index(max(areas))]
        raise FormError(
            name,
            f"合并单元格{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}过大",
            f"合并区域上限为{limit}个单元格，请取消合并后另存",
            place=sheet,
        )


def clean_grid(grid: Grid) -> None:
    """Take signs out of a grid, as it comes from its reader, that nobody sees and that harm others (去除控制字符).

    What was taken out of a cell is told as a guess.
    """
    told = []
    is_clean = is_harmless("".join(map("".join, grid.texts)))
    for row, texts in enumerate(() if is_clean else grid.texts):
        if is_harmless("".join(texts)):
            continue
        for column, text in enumerate(texts):
            if not is_harmless(text):
                texts[column] = harmless(text).strip()
                told.append(remark("control_sign", grid.address(row, column), texts[column], is_guess=True))
    grid.sheet, grid.note = harmless(grid.sheet), harmless(grid.note)
    for name in ("above", "below", "margins"):
        lines = getattr(grid, name)
        if not all(is_harmless(line.text) for line in lines):
            setattr(grid, name, tuple(replace(line, text=harmless(line.text)) for line in lines))
    known = (replace(one, text=harmless(one.text)) if not is_harmless(one.text) else one for one in grid.remarks)
    grid.remarks = (*known, *told)
