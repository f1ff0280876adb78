"""Read the tables of a .docx document (Word 文档): a walker over gridSpan and vMerge, and the lines between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jixiao.core.errors import FormError
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files.archives import Archive
from jixiao.reading.files.captions import table_name, unit_note
from jixiao.reading.files.cells import Grid, Line
from jixiao.reading.files.limits import Limits

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_P, _TABLE, _ROW, _CELL = f"{_W}p", f"{_W}tbl", f"{_W}tr", f"{_W}tc"
_TEXT, _SYMBOL, _HYPHEN, _BOX = f"{_W}t", f"{_W}sym", f"{_W}noBreakHyphen", f"{_W}txbxContent"
_BREAKS = {f"{_W}tab", f"{_W}br", f"{_W}cr"}
_DELETED = {f"{_W}del", f"{_W}moveFrom"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WRAPPERS = {f"{_W}{name}" for name in ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo")}


def read_document(archive: Archive, name: str, limits: Limits) -> list[Grid]:
    """Read every table of a document (读取文档中的表格), a table inside a cell after the table that holds it.

    Args:
        archive: The file, its directory inspected.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: A table is too large or nested too deeply.
    """
    walker = _Walker(name, limits)
    body = archive.tree(archive.document).find(f"{_W}body")
    if body is not None:
        walker.walk(body)
    return walker.finish()


def read_document_lines(archive: Archive) -> list[str]:
    """Read the paragraphs of a document, and each row of a table as one line (读取文档中的文字行)."""
    root = archive.tree(archive.document)
    in_rows = {paragraph for row in root.iter(_ROW) for paragraph in row.iter(_P)}
    texts: list[str] = []
    for part in root.iter(_ROW, _P):
        if part.tag == _ROW:
            cells = (" ".join(paragraph_text(node) for node in cell.iter(_P)) for cell in part.iter(_CELL))
            texts.append("\t".join(cells).replace("\n", " "))
        elif part not in in_rows:
            texts.append(paragraph_text(part).replace("\n", " "))
    return texts


class _Walker:
    """The state of one walk through a document: the tables so far, and the lines since the last of them."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._name, self._limits = name, limits
        self._grids: list[Grid] = []
        self._lines: list[Line] = []
        self._names: set[str] = set()
        self._number = 0
        self._left = limits.cells

    def walk(self, parent: Any) -> None:
        """Take up the paragraphs and tables of the body or of a text box, in their order."""
        for node in parent:
            if node.tag == _P:
                self._paragraph(node)
            elif node.tag == _TABLE:
                self._table(node, tuple(self._lines), depth=0, is_continued=bool(self._grids) and not self._lines)
                self._lines = []
            elif node.tag in _WRAPPERS:
                self.walk(node)

    def finish(self) -> list[Grid]:
        """Return the tables; the lines after the last one go with it."""
        if self._grids and self._lines:
            self._grids[-1] = replace(self._grids[-1], below=tuple(self._lines))
        return self._grids

    def _paragraph(self, node: Any) -> None:
        text = paragraph_text(node).strip()
        if text:
            self._number += 1
            self._lines.append(Line(text, str(reading_words()["paragraph"]).format(number=self._number)))
        for box in _boxes(node):
            self.walk(box)

    def _table(self, node: Any, above: tuple[Line, ...], *, depth: int, is_continued: bool) -> None:
        if depth > self._limits.nesting:
            raise FormError(
                self._name, f"表格内又套表格，超过{self._limits.nesting}层", "请把里层的表格移到单元格之外后另存"
            )
        title = table_name(above, self._names, len(self._grids) + 1)
        self._names.add(title)
        grid, inner = self._laid(node, title)
        grid.above, grid.note, grid.is_continued = above, unit_note(above), is_continued
        self._grids.append(grid)
        for table in inner:
            self._table(table, (), depth=depth + 1, is_continued=False)

    def _laid(self, table: Any, title: str) -> tuple[Grid, list[Any]]:
        """Lay one table on a grid: gridSpan widens a cell, vMerge continues the cell above."""
        texts: list[list[str]] = []
        areas: dict[tuple[int, int], list[int]] = {}
        running: dict[int, tuple[tuple[int, int], int]] = {}
        inner: list[Any] = []
        for row in _own(table, _ROW):
            properties = row.find(f"{_W}trPr")
            if properties is not None and properties.find(f"{_W}del") is not None:  # a row that was struck out
                continue
            texts.append([])
            self._widen(texts[-1], _number(properties, "gridBefore", 0), title)
            for cell in _own(row, _CELL):
                column = len(texts[-1])
                properties_of_cell = cell.find(f"{_W}tcPr")
                span = max(1, _number(properties_of_cell, "gridSpan", 1))
                merge = properties_of_cell.find(f"{_W}vMerge") if properties_of_cell is not None else None
                above = running.get(column)
                is_more = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
                corner = above[0] if is_more and above and above[1] == span else (len(texts) - 1, column)
                self._widen(texts[-1], span, title)
                texts[-1][column] = _cell_text(cell, inner)
                for covered in range(column, column + span):
                    running.pop(covered, None)
                if merge is not None:
                    running[column] = (corner, span)
                area = areas.setdefault(corner, [0, column + span - 1])
                area[0] = len(texts) - 1
            self._widen(texts[-1], _number(row.find(f"{_W}trPr"), "gridAfter", 0), title)
        merges = [(*corner, end[0], end[1]) for corner, end in areas.items() if corner != tuple(end)]
        return Grid(self._name, title, False, texts, merges), inner

    def _widen(self, texts: list[str], columns: int, title: str) -> None:
        """Add empty positions to a row, as long as the document has cells left to its limit."""
        self._left -= columns
        if self._left < 0:
            raise FormError(
                self._name, f"表格“{title}”过大", f"单元格上限为{self._limits.cells}个，请拆分后再放入", place=title
            )
        texts += [""] * columns


def _number(properties: Any, name: str, default: int) -> int:
    node = properties.find(f"{_W}{name}") if properties is not None else None
    return max(0, int(node.get(f"{_W}val", default))) if node is not None else default


def _own(node: Any, tag: str) -> Iterator[Any]:
    """Yield the rows of a table or the cells of a row, through content controls but not into tables inside cells."""
    for child in node:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _own(child, tag)


def _cell_text(cell: Any, inner: list[Any]) -> str:
    """Return the lines of a cell; tables inside it are put aside with their text."""
    lines: list[str] = []

    def walk(parent: Any) -> None:
        for node in parent:
            if node.tag == _P:
                lines.append(paragraph_text(node))
                for box in _boxes(node):
                    walk(box)
            elif node.tag == _TABLE:
                inner.append(node)
            elif node.tag in _WRAPPERS:
                walk(node)

    walk(cell)
    return "\n".join(lines).strip()


def _boxes(paragraph: Any) -> Iterator[Any]:
    """Yield the text boxes that hang on a paragraph, each once: the fallback repeats what the choice holds."""
    for box in paragraph.iter(_BOX):
        above = list(box.iterancestors(_BOX, _FALLBACK, _P))
        if above and above[0] is paragraph:
            yield box


def paragraph_text(node: Any) -> str:
    """Return the visible text of a paragraph: no deleted text, no field codes, no text of its text boxes."""
    parts: list[str] = []

    def walk(parent: Any) -> None:
        for item in parent:
            tag = item.tag
            if tag == _TEXT:
                parts.append(item.text or "")
            elif tag in _BREAKS:
                parts.append("\n")
            elif tag == _HYPHEN:
                parts.append("-")
            elif tag == _SYMBOL:
                parts.append(str(reading_words()["symbols"].get(item.get(f"{_W}char", "").upper(), "")))
            elif len(item) and tag not in _DELETED and tag != _BOX and tag != _FALLBACK:
                walk(item)

    walk(node)
    return "".join(parts)
