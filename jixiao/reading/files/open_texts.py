"""Read the tables of an .odt document (开放文档文字), laid out like those of a Word document, with their lines."""

from __future__ import annotations

from typing import Any

from jixiao.core.errors import FormError
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files.archives import Archive
from jixiao.reading.files.captions import table_name, unit_note
from jixiao.reading.files.cells import Area, Grid, Line, Remark, check_size, remark
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.open_styles import (
    DRAW,
    OASIS,
    OFFICE,
    TABLE,
    TEXT,
    OpenStyles,
    OpenWords,
    read_open_styles,
)
from jixiao.reading.files.rich_strings import part_remarks
from jixiao.reading.files.unseen import BETWEEN

_PARAGRAPHS = {f"{TEXT}p", f"{TEXT}h"}
_ROWS = {f"{TABLE}{name}" for name in ("table-rows", "table-header-rows", "table-row-group")}
_CELLS = {f"{TABLE}table-cell", f"{TABLE}covered-table-cell"}
_LEFT_OUT = {f"{TEXT}tracked-changes", f"{OASIS}form:1.0}}forms", f"{TEXT}sequence-decls"}


def read_open_text(archive: Archive, name: str, limits: Limits) -> list[Grid]:
    """Read every table of an OpenDocument text (读取开放文档中的表格).

    Args:
        archive: The file, its directory inspected.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: The document has a password, or a table is too large or nested too deeply.
    """
    root, words, styles = _opened(archive, name)
    walker = _Walker(name, limits, words, styles)
    body = root.find(f"{OFFICE}body/{OFFICE}text")
    if body is not None:
        walker.walk(body, 0)
    return walker.finish()


def read_open_text_lines(archive: Archive, name: str) -> list[str]:
    """Read the paragraphs of an OpenDocument text, and each row of a table as one line (读取文字行)."""
    root, words, _ = _opened(archive, name)
    texts: list[str] = []

    def walk(node: Any) -> None:
        for child in node:
            if child.tag in _PARAGRAPHS:
                texts.append(words.seen(child)[0].replace("\n", " "))
            elif child.tag == f"{TABLE}table-row":
                cells = [cell for cell in child if cell.tag == f"{TABLE}table-cell"]
                said = (" ".join(words.seen(part)[0] for part in cell.iter(*_PARAGRAPHS)) for cell in cells)
                texts.append("\t".join(said).replace("\n", " "))
            elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
                walk(child)

    body = root.find(f"{OFFICE}body/{OFFICE}text")
    if body is not None:
        walk(body)
    return texts


def _opened(archive: Archive, name: str) -> tuple[Any, OpenWords, OpenStyles]:
    if "META-INF/manifest.xml" in archive.names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise FormError(name, "文件设有密码", "请去除密码后再放入")
    root = archive.tree("content.xml")
    styles = read_open_styles(*([archive.tree("styles.xml")] if "styles.xml" in archive.names else []), root)
    return root, OpenWords(styles, archive), styles


class _Walker:
    """The state of one walk through a document: the tables so far, and the lines since the last of them."""

    def __init__(self, name: str, limits: Limits, words: OpenWords, styles: OpenStyles) -> None:
        self._name, self._limits, self._words, self._styles = name, limits, words, styles
        self._grids: list[Grid] = []
        self._lines: list[Line] = []
        self._remarks: list[Remark] = []
        self._names: set[str] = set()
        self._number = 0

    def walk(self, parent: Any, depth: int) -> None:
        """Take up the paragraphs and tables of the body, of sections and of text boxes, in their order."""
        for node in parent:
            if node.tag in _PARAGRAPHS:
                self._paragraph(node, depth)
            elif node.tag == f"{TABLE}table":
                self._table(node, depth)
            elif node.tag == f"{TEXT}section" and node.get(f"{TEXT}display") in {"none", "condition"}:
                said = " ".join(" ".join(node.itertext()).split())
                self._remarks += [remark("hidden_text", "", said[:200])] if said else []
            elif isinstance(node.tag, str) and node.tag not in _LEFT_OUT:
                self.walk(node, depth)

    def finish(self) -> list[Grid]:
        """Return the tables; the lines after the last one go with it."""
        if self._grids:
            self._grids[-1].below = tuple(self._lines)
            self._grids[-1].remarks += tuple(self._remarks)
        return self._grids

    def _paragraph(self, node: Any, depth: int) -> None:
        text, left = self._words.seen(node)
        if text.strip():
            self._number += 1
            self._lines.append(Line(text.strip(), str(reading_words()["paragraph"]).format(number=self._number)))
        place = str(reading_words()["paragraph"]).format(number=max(1, self._number))
        self._remarks += part_remarks(place, text, left)
        for box in node.iter(f"{DRAW}text-box"):
            self.walk(box, depth)

    def _table(self, node: Any, depth: int) -> None:
        if depth > self._limits.nesting:
            raise FormError(
                self._name, f"表格内又套表格，超过{self._limits.nesting}层", "请把里层的表格移到单元格之外后另存"
            )
        above = () if depth else tuple(self._lines)
        title = table_name(above, self._names, len(self._grids) + 1)
        self._names.add(title)
        is_continued = bool(self._grids) and not self._lines and not depth
        inner: list[Any] = []
        grid = self._laid(node, title, inner)
        grid.above, grid.note, grid.is_continued = above, unit_note(above), is_continued
        grid.remarks = (*self._remarks, *grid.remarks)
        self._grids.append(grid)
        if not depth:
            self._lines = []
        self._remarks = []
        for table in inner:
            self._table(table, depth + 1)

    def _laid(self, table: Any, title: str, inner: list[Any]) -> Grid:
        texts: list[list[str]] = []
        merges: list[Area] = []
        addresses = Grid(self._name, title, False, [])  # a grid knows its width and merges once it is whole
        remarks: list[Remark] = []
        total = 0
        for row in _rows(table):
            if row.get(f"{TABLE}visibility") in {"collapse", "filter"}:
                said = BETWEEN.join(" ".join(cell.itertext()).strip() for cell in row if cell.tag in _CELLS)
                remarks += [remark("hidden_row", addresses.address(len(texts), 0), said)] if said.strip(BETWEEN) else []
                continue
            cells: list[str] = []
            for cell in row:
                if cell.tag not in _CELLS:
                    continue
                columns = max(1, int(cell.get(f"{TABLE}number-columns-repeated", "1")))
                total += columns
                check_size(1, total, [], name=self._name, sheet=title, limit=self._limits.cells)
                place = addresses.address(len(texts), len(cells))
                text = self._cell(cell, place, inner, remarks) if cell.tag == f"{TABLE}table-cell" else ""
                down, right = (int(cell.get(f"{TABLE}number-{side}-spanned", "1")) for side in ("rows", "columns"))
                if down > 1 or right > 1:
                    merges.append((len(texts), len(cells), len(texts) + down - 1, len(cells) + right - 1))
                cells += [text] * columns
            texts.append(cells)
        grid = Grid(self._name, title, False, texts, merges)
        check_size(len(texts), grid.width, merges, name=self._name, sheet=title, limit=self._limits.cells)
        grid.remarks = tuple(remarks)
        return grid

    def _cell(self, cell: Any, place: str, inner: list[Any], remarks: list[Remark]) -> str:
        lines: list[str] = []
        left: list[tuple[str, str]] = []

        def walk(parent: Any) -> None:
            for node in parent:
                if node.tag in _PARAGRAPHS:
                    text, missing = self._words.seen(node)
                    lines.append(text)
                    left.extend(missing)
                    for box in node.iter(f"{DRAW}text-box"):
                        walk(box)
                elif node.tag == f"{TABLE}table":
                    inner.append(node)
                elif isinstance(node.tag, str) and node.tag != f"{OFFICE}annotation":
                    walk(node)

        walk(cell)
        text = "\n".join(lines).strip()
        remarks += part_remarks(place, text, left)
        if not text and next(cell.iter(f"{DRAW}image"), None) is not None:
            remarks.append(remark("picture", place, ""))
        return text


def _rows(node: Any) -> list[Any]:
    rows = []
    for child in node:
        if child.tag == f"{TABLE}table-row":
            rows.append(child)
        elif child.tag in _ROWS:
            rows += _rows(child)
    return rows
