"""One grid model for every table a file holds (单元格网格): text, merge geometry and address of each cell.

Readers for .xlsx (python-calamine) and .docx (an XML walker over gridSpan and vMerge). Only this module and ``sources``
open data files.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from jixiao.errors import FormError
from jixiao.formulas import half_up
from jixiao.values import normalise
from jixiao.vocabulary import reading_words

MAX_BYTES = 50_000_000
MAX_UNPACKED = 400_000_000
MAX_CELLS = 500_000
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_REFERENCE = re.compile(rb"""\b(?:r|ref)=["'](?:[A-Z]{1,3}\d{1,7}:)?([A-Z]{1,3})(\d{1,7})["']""")
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True)
class Cell:
    """One cell: its text, the top-left corner of its merge and whether it is that corner."""

    text: str
    row: int
    column: int
    is_corner: bool


@dataclass(frozen=True)
class Line:
    """One line of text above a table (表上文字): a title, a year, a unit, with its address."""

    text: str
    address: str


@dataclass
class Grid:
    """One table of a file: a sheet of a workbook or a table of a document.

    ``cells[row][column]`` exists for every position; positions inside a merge repeat the text of its corner.
    """

    file: str
    sheet: str
    is_sheet: bool
    texts: list[list[str]]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Merged areas: first row, first column, last row, last column."""
    note: str = ""
    """The line above a table of a document that states its unit."""
    above: tuple[Line, ...] = ()
    """The lines of text between the table before and this one, in a document or on a page."""
    is_continued: bool = False
    """Whether nothing but white space stands between the table before and this one: it may go on."""

    @cached_property
    def _corners(self) -> dict[tuple[int, int], tuple[int, int]]:
        corners = {}
        for top, left, bottom, right in self.merges:
            for row in range(top, min(bottom, self.height - 1) + 1):
                for column in range(left, min(right, self.width - 1) + 1):
                    corners[row, column] = (top, left)
        return corners

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.texts)

    @cached_property
    def width(self) -> int:
        """Number of columns of the widest row."""
        return max((len(row) for row in self.texts), default=0)

    def cell(self, row: int, column: int) -> Cell:
        """Return the cell at a position, resolved to the corner of its merge."""
        top, left = self._corners.get((row, column), (row, column))
        texts = self.texts[top] if 0 <= top < self.height else []
        text = texts[left] if left < len(texts) else ""
        return Cell(text, top, left, (top, left) == (row, column))

    def row(self, row: int) -> list[Cell]:
        """Return the different cells of a row from left to right, each merge once."""
        cells: list[Cell] = []
        for column in range(self.width):
            cell = self.cell(row, column)
            if not cells or (cells[-1].row, cells[-1].column) != (cell.row, cell.column):
                cells.append(cell)
        return cells

    def corners(self) -> Iterator[Cell]:
        """Yield every cell that holds text, each merge once."""
        for row, texts in enumerate(self.texts):
            for column, text in enumerate(texts):
                if text.strip() and self._corners.get((row, column), (row, column)) == (row, column):
                    yield Cell(text, row, column, True)

    def address(self, row: int, column: int) -> str:
        """Return the address a reader can open: ``B7`` in a sheet, 第7行第2列 in a table of a document."""
        if self.is_sheet:
            return f"{column_letters(column)}{row + 1}"
        return str(reading_words()["address"]).format(row=row + 1, column=column + 1)


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


def read_grids(path: Path, name: str) -> list[Grid]:
    """Read every table of one file (读取文件中的全部表格).

    Args:
        path: The file.
        name: How the file is named to the reader and in the provenance columns.

    Raises:
        FormError: The file cannot be read: wrong kind, damaged, encrypted, too large or with a DTD.
    """
    if not path.is_file():
        raise FormError(name, "文件不存在", "请检查文件名和路径")
    suffix = path.suffix.lower()
    if suffix not in {".xlsx", ".docx"}:
        raise FormError(name, f"文件类型“{suffix or '无扩展名'}”不能读取", "请另存为 .xlsx 或 .docx 后再放入")
    _inspect_archive(path, name)
    return _read_xlsx(path, name) if suffix == ".xlsx" else _read_docx(path, name)


def _inspect_archive(path: Path, name: str) -> None:
    """Refuse what could hurt before any library parses it."""
    size = path.stat().st_size
    if size == 0:
        raise FormError(name, "文件为空（0字节）", "请重新导出或索取该文件")
    if size > MAX_BYTES:
        raise FormError(name, f"文件有{size // 1_000_000}MB", f"上限为{MAX_BYTES // 1_000_000}MB，请拆分后再放入")
    if not zipfile.is_zipfile(path):
        raise FormError(name, "不是有效的 Office 文件，可能已损坏或设有密码", "请去除密码或重新另存后再放入")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                raise FormError(name, "展开后的内容过大", "请检查文件是否被恶意构造，或另存为新文件")
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    _inspect_part(archive.read(entry), entry.filename, name)
    except FormError:
        raise
    except Exception as error:  # zipfile and zlib raise many kinds over a damaged or encrypted archive
        raise FormError(name, "文件已损坏或设有密码", "请去除密码或重新另存后再放入") from error


def _inspect_part(content: bytes, part: str, name: str) -> None:
    """Refuse a document type definition, and a sheet that claims cells far away: either can end the process."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise FormError(name, "文件内含文档类型定义（DTD）", "这不是正常的表格文件，请重新另存")
    if part.startswith("xl/worksheets/"):
        rows = columns = 0
        for letters, row in _REFERENCE.findall(content):
            rows, columns = max(rows, int(row)), max(columns, _position(f"{letters.decode()}1")[1] + 1)
        if rows * columns > MAX_CELLS:
            raise FormError(
                name, f"有一个表页占到第{rows}行第{columns}列", f"单元格上限为{MAX_CELLS}个，请删除空白行列后另存"
            )


def _read_xlsx(path: Path, name: str) -> list[Grid]:
    from python_calamine import CalamineWorkbook

    try:
        percents = _percent_formats(path)
        with CalamineWorkbook.from_path(str(path)) as book:
            grids = []
            for sheet_name in book.sheet_names:
                sheet = book.get_sheet_by_name(sheet_name)
                if sheet.total_height * sheet.total_width > MAX_CELLS:
                    raise FormError(
                        name,
                        f"表页“{sheet_name}”声称有{sheet.total_height}行{sheet.total_width}列",
                        f"单元格上限为{MAX_CELLS}个，请删除空白行列后另存",
                    )
                shown = percents.get(sheet_name, {})
                rows = sheet.to_python(skip_empty_area=False)
                texts = [
                    [written(value, decimals=shown.get((row, column))) for column, value in enumerate(values)]
                    for row, values in enumerate(rows)
                ]
                merges = [(*start, *end) for start, end in sheet.merged_cell_ranges or []]
                grids.append(Grid(name, sheet_name, True, texts, merges))
            return grids
    except (FormError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a damaged workbook can raise anything, a panic of the parser included
        raise FormError(name, "工作簿无法打开，可能已损坏或设有密码", "请去除密码或重新另存后再放入") from error


def written(value: Any, *, decimals: int | None = None) -> str:
    """Return a stored cell value as the text a reader sees.

    Args:
        value: What the file stores.
        decimals: Decimals of the percent format of the cell; None when it is not shown as a percentage.

    Example:
        >>> written(0.95, decimals=0), written(40.36), written(2.0)
        ('95%', '40.36', '2')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(reading_words()["yes" if value else "no"])
    if isinstance(value, datetime):
        value = value.date() if value.time() == time() else value
    if isinstance(value, date):
        return str(reading_words()["date"]).format(year=value.year, month=value.month, day=value.day)
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        if decimals is not None:
            shown = half_up(number * 100, max(decimals, 4))
            text = f"{shown.normalize():f}"
            return f"{text if '.' in text else f'{shown:.{decimals}f}'}%"
        return f"{number.normalize():f}"
    return str(value)


def _percent_formats(path: Path) -> dict[str, dict[tuple[int, int], int]]:
    """Return, per sheet, the cells that are shown as percentages; calamine loses the format."""
    from defusedxml import ElementTree

    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if "xl/styles.xml" not in names or "xl/workbook.xml" not in names:
            return {}
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
        custom = {node.get("numFmtId"): node.get("formatCode", "") for node in styles.iter(f"{_S}numFmt")}
        codes = {"9": "0%", "10": "0.00%", **custom}
        block = styles.find(f"{_S}cellXfs")
        percent = {
            str(index): len(re.sub(r"[^0]", "", codes[fmt].partition(".")[2]))
            for index, node in enumerate(block if block is not None else [])
            if "%" in codes.get(fmt := node.get("numFmtId", ""), "")
        }
        if not percent:
            return {}
        found: dict[str, dict[tuple[int, int], int]] = {}
        for sheet_name, part in _sheet_parts(archive, ElementTree).items():
            cells = {}
            for node in ElementTree.fromstring(archive.read(part)).iter(f"{_S}c"):
                if node.get("s") in percent and node.get("t", "n") == "n":
                    cells[_position(node.get("r", "A1"))] = percent[node.get("s")]
            found[sheet_name] = cells
        return found


def _sheet_parts(archive: zipfile.ZipFile, tree: Any) -> dict[str, str]:
    relations = tree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {node.get("Id"): node.get("Target", "").removeprefix("/xl/") for node in relations}
    key = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    sheets = tree.fromstring(archive.read("xl/workbook.xml")).iter(f"{_S}sheet")
    return {node.get("name"): f"xl/{targets[node.get(key)]}" for node in sheets}


def _position(reference: str) -> tuple[int, int]:
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(reference[len(letters) :]) - 1, column - 1


def _read_docx(path: Path, name: str) -> list[Grid]:
    from defusedxml import ElementTree

    try:
        with zipfile.ZipFile(path) as archive:
            body = ElementTree.fromstring(archive.read("word/document.xml")).find(f"{_W}body")
    except Exception as error:  # whatever the parser says, the document is damaged
        raise FormError(name, "Word 文件内容无法解析，可能已损坏", "请用文字处理软件重新另存后再放入") from error
    grids: list[Grid] = []
    caption = note = ""
    for node in body if body is not None else []:
        if node.tag == f"{_W}p":
            text = _paragraph(node).strip()
            if normalise(text).startswith(tuple(reading_words()["unit_lines"])):
                note = text
            else:
                caption = text or caption
        elif node.tag == f"{_W}tbl":
            title = caption or str(reading_words()["table_number"]).format(number=len(grids) + 1)
            taken = {grid.sheet for grid in grids}
            grids.append(_docx_grid(node, name, title if title not in taken else f"{title}（{len(grids) + 1}）"))
            grids[-1].note = note
            caption = note = ""
    return grids


def _docx_grid(table: Any, name: str, title: str) -> Grid:
    """Lay one Word table on a grid: gridSpan widens a cell, vMerge continues the cell above."""
    texts: list[list[str]] = []
    areas: dict[tuple[int, int], list[int]] = {}
    running: dict[int, tuple[int, int]] = {}
    for row_number, row in enumerate(_own(table, "tr")):
        texts.append([])
        for cell in _own(row, "tc"):
            column = len(texts[-1])
            properties = cell.find(f"{_W}tcPr")
            span_node = properties.find(f"{_W}gridSpan") if properties is not None else None
            merge = properties.find(f"{_W}vMerge") if properties is not None else None
            span = max(1, int(span_node.get(f"{_W}val", "1"))) if span_node is not None else 1
            text = "\n".join(_paragraph(paragraph) for paragraph in cell.iter(f"{_W}p")).strip()
            texts[-1] += [text] + [""] * (span - 1)
            continues = merge is not None and merge.get(f"{_W}val", "continue") == "continue" and column in running
            corner = running[column] if continues else (row_number, column)
            if merge is None:
                running.pop(column, None)
            else:
                running[column] = corner
            area = areas.setdefault(corner, [row_number, column + span - 1])
            area[0] = row_number
            if len(texts) * max(1, len(texts[-1])) > MAX_CELLS:
                raise FormError(name, f"表格“{title}”过大", f"单元格上限为{MAX_CELLS}个，请拆分后再放入")
    merges = [(*corner, end[0], end[1]) for corner, end in areas.items() if corner != tuple(end)]
    return Grid(name, title, False, texts, merges)


def _own(node: Any, name: str) -> Iterator[Any]:
    """Yield the rows of a table or the cells of a row, through content controls but not into tables inside cells."""
    for child in node:
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag in {f"{_W}sdt", f"{_W}sdtContent"}:
            yield from _own(child, name)


def _paragraph(node: Any) -> str:
    parts = []
    for item in node.iter():
        if item.tag == f"{_W}t":
            parts.append(item.text or "")
        elif item.tag in {f"{_W}tab", f"{_W}br", f"{_W}cr"}:
            parts.append("\n")
    return "".join(parts)
