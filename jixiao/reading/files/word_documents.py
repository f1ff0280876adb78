"""Read the tables of a .docx document (Word 文档): a walker over gridSpan and vMerge, and the lines between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jixiao.core.errors import FormError
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files.archives import Archive
from jixiao.reading.files.captions import table_name, unit_note
from jixiao.reading.files.cells import Grid, Line, Remark, remark
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.rich_strings import part_remarks
from jixiao.reading.files.unseen import BETWEEN
from jixiao.reading.files.word_runs import RunStyles, Seen, Words, read_run_styles, settle_controls
from jixiao.reading.values.notation import normalise

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_P, _TABLE, _ROW, _CELL = f"{_W}p", f"{_W}tbl", f"{_W}tr", f"{_W}tc"
_BOX = f"{_W}txbxContent"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WRITTEN = (f"{_W}t", f"{_W}delText")
_ODD_STYLES = re.compile(
    rb"<w:(?:vanish|strike|dstrike)\b|<w:name w:val=.[Pp]laceholder [Tt]ext|ascii=.(?:Symbol|Wingdings|Webdings)|"
    rb"superscript"
)
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
    root, words = _opened(archive)
    walker = _Walker(name, limits, words)
    body = root.find(f"{_W}body")
    if body is not None:
        walker.walk(body)
    grids = walker.finish()
    remarks = _beside_the_text(archive, root)
    if not grids and (remarks or walker.has_picture):
        grids = [Grid(name, str(reading_words()["table_number"]).format(number=1), False, [])]
        remarks += [remark("linked_picture", "", "", is_grave=True)] if walker.has_picture else []
    if grids:
        grids[0].remarks += tuple(remarks)
        grids[0].margins = _margins(archive, words)
    return grids


def read_document_lines(archive: Archive) -> list[str]:
    """Read the paragraphs of a document, and each row of a table as one line (读取文档中的文字行)."""
    root, words = _opened(archive)
    in_rows = {paragraph for row in root.iter(_ROW) for paragraph in row.iter(_P)}
    texts: list[str] = []
    for part in root.iter(_ROW, _P):
        if part.tag == _ROW:
            if not _is_unseen(part):
                cells = (" ".join(words.seen(node).text for node in cell.iter(_P)) for cell in part.iter(_CELL))
                texts.append("\t".join(cells).replace("\n", " "))
        elif part not in in_rows:
            texts.append(words.seen(part).text.replace("\n", " "))
    return texts


def _opened(archive: Archive) -> tuple[Any, Words]:
    """Return the root of the text of a document, its controls settled, and the reader of its paragraphs."""
    styles = RunStyles()
    part = f"{archive.document.rpartition('/')[0]}/styles.xml"
    if part in archive.names and _ODD_STYLES.search(archive.read(part)):
        styles = read_run_styles(archive.tree(part))
    root = archive.tree(archive.document)
    settle_controls(root, styles)
    return root, Words(styles)


def _is_unseen(row: Any) -> str:
    """Say why no one sees a row: it was deleted or is hidden; empty when it is seen."""
    properties = row.find(f"{_W}trPr")
    if properties is None:
        return ""
    if properties.find(f"{_W}del") is not None:
        return "deleted"
    hidden = properties.find(f"{_W}hidden")
    return "hidden_row" if hidden is not None and hidden.get(f"{_W}val", "1") not in {"0", "false"} else ""


def _beside_the_text(archive: Archive, root: Any) -> list[Remark]:
    """Return what a document holds beside its text: embedded files and comments; none of it is read."""
    folder = archive.document.rpartition("/")[0]
    embedded = [part for part in sorted(archive.names) if part.startswith(f"{folder}/embeddings/")]
    if next(root.iter(f"{_W}altChunk"), None) is not None:
        targets = archive.related(archive.document)
        unnamed = str(reading_words()["nameless_part"])
        embedded += [targets.get(node.get(f"{_R}id"), "") or unnamed for node in root.iter(f"{_W}altChunk")]
    remarks = []
    for part in dict.fromkeys(embedded):
        if not part.lower().endswith((".bin", ".wmf")) or b"Excel" in archive.read(archive.document):
            last = part.rpartition("/")[2]
            remarks.append(remark("embedded", "", last, part=last, is_grave=True))
    comments = f"{folder}/comments.xml"
    if comments in archive.names:
        for node in archive.tree(comments).iter(f"{_W}comment"):
            said = "".join(text.text or "" for text in node.iter(f"{_W}t")).strip()
            remarks += [remark("comment", "", said)] if said else []
    return remarks


def _margins(archive: Archive, words: Words) -> tuple[Line, ...]:
    """Return what the heads and feet of the pages say, each once; page numbers are left out."""
    folder = archive.document.rpartition("/")[0]
    texts: dict[str, None] = {}
    words_of_pages = str(reading_words()["page_number"])
    for part in sorted(archive.names):
        if re.fullmatch(rf"{folder}/(?:header|footer)\d*\.xml", part) and b"<w:t" in archive.read(part):
            lines = (words.seen(node).text.strip() for node in archive.tree(part).iter(_P))
            texts.update((line, None) for line in lines if line and not re.fullmatch(words_of_pages, normalise(line)))
    return tuple(Line(text, "") for text in texts)


class _Walker:
    """The state of one walk through a document: the tables so far, and the lines since the last of them."""

    def __init__(self, name: str, limits: Limits, words: Words) -> None:
        self._name, self._limits, self._words = name, limits, words
        self.has_picture = False
        """Whether a picture stands outside the tables."""
        self._remarks: list[Remark] = []
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
        if self._grids:
            last = self._grids[-1]
            self._grids[-1] = replace(last, below=tuple(self._lines), remarks=(*last.remarks, *self._remarks))
        return self._grids

    def _paragraph(self, node: Any) -> None:
        seen = self._words.seen(node)
        text = seen.text.strip()
        if text:
            self._number += 1
            self._lines.append(Line(text, str(reading_words()["paragraph"]).format(number=self._number)))
        self.has_picture = self.has_picture or seen.has_picture
        place = str(reading_words()["paragraph"]).format(number=max(1, self._number))
        self._remarks += part_remarks(place, text, seen.left)
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
        grid.remarks, self._remarks = (*self._remarks, *grid.remarks), []
        self._grids.append(grid)
        for table in inner:
            self._table(table, (), depth=depth + 1, is_continued=False)

    def _laid(self, table: Any, title: str) -> tuple[Grid, list[Any]]:
        """Lay one table on a grid: gridSpan widens a cell, vMerge continues the cell above."""
        texts: list[list[str]] = []
        areas: dict[tuple[int, int], list[int]] = {}
        running: dict[int, tuple[tuple[int, int], int]] = {}
        inner: list[Any] = []
        told: list[tuple[int, int, Seen]] = []
        gone: list[tuple[int, str, str]] = []
        for row in _own(table, _ROW):
            properties = row.find(f"{_W}trPr")
            unseen = _is_unseen(row)
            if unseen:
                said = BETWEEN.join(
                    "".join(node.text or "" for node in cell.iter(*_WRITTEN)) for cell in _own(row, _CELL)
                )
                gone.append((len(texts), unseen, said))
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
                seen = self._cell(cell, inner)
                texts[-1][column] = seen.text
                if seen.left or seen.has_picture or seen.objects:
                    told.append((len(texts) - 1, column, seen))
                for covered in range(column, column + span):
                    running.pop(covered, None)
                if merge is not None:
                    running[column] = (corner, span)
                area = areas.setdefault(corner, [0, column + span - 1])
                area[0] = len(texts) - 1
            self._widen(texts[-1], _number(row.find(f"{_W}trPr"), "gridAfter", 0), title)
        merges = [(*corner, end[0], end[1]) for corner, end in areas.items() if corner != tuple(end)]
        grid = Grid(self._name, title, False, texts, merges)
        remarks = []
        for place, kind, said in gone:
            remarks += [remark(kind, grid.address(place, 0), said)] if said.strip(BETWEEN) else []
        for place, column, seen in told:
            remarks += part_remarks(grid.address(place, column), seen.text, seen.left)
            if seen.has_picture and not seen.text:
                remarks.append(remark("picture", grid.address(place, column), ""))
            remarks += [remark("embedded", grid.address(place, column), "", part=program) for program in seen.objects]
        grid.remarks = tuple(remarks)
        return grid, inner

    def _cell(self, cell: Any, inner: list[Any]) -> Seen:
        """Return the lines of a cell and what was left out of them; tables inside it are put aside with their text."""
        lines: list[str] = []
        whole = Seen()

        def walk(parent: Any) -> None:
            for node in parent:
                if node.tag == _P:
                    seen = self._words.seen(node)
                    lines.append(seen.text)
                    whole.left += seen.left
                    whole.objects += seen.objects
                    whole.has_picture = whole.has_picture or seen.has_picture
                    for box in _boxes(node):
                        walk(box)
                elif node.tag == _TABLE:
                    inner.append(node)
                elif node.tag in _WRAPPERS:
                    walk(node)

        walk(cell)
        whole.text = "\n".join(lines).strip()
        return whole

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


def _boxes(paragraph: Any) -> Iterator[Any]:
    """Yield the text boxes that hang on a paragraph, each once: the fallback repeats what the choice holds."""
    for box in paragraph.iter(_BOX):
        above = list(box.iterancestors(_BOX, _FALLBACK, _P))
        if above and above[0] is paragraph:
            yield box
