"""Read the tables of a web page (网页表格): business systems save such pages under the name of a workbook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jixiao.core.errors import FormError
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files.captions import table_name, unit_note
from jixiao.reading.files.cells import Area, Grid, Line, check_size
from jixiao.reading.files.limits import Limits

_START = re.compile(r"<(?:!doctype\s+html|html|table|head|body|meta)\b", re.IGNORECASE)
_HIDDEN = {"script", "style", "head", "title", "template"}
_BLOCKS = {"p", "div", "br", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "table", "body", "center", "caption"}


def is_hypertext(text: str) -> bool:
    """Say whether a text is a web page.

    Example:
        >>> is_hypertext("<html><body>"), is_hypertext("a,b")
        (True, False)
    """
    return bool(_START.search(text[:2000]))


def read_hypertext(text: str, name: str, limits: Limits) -> list[Grid]:
    """Read every table of a web page (读取网页中的表格); a table inside a cell comes after the table that holds it.

    Args:
        text: The decoded page.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: There is no table, or a table is too large.
    """
    from lxml import html

    parser = html.HTMLParser(no_network=True, huge_tree=False)
    root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), parser=parser)
    grids: list[Grid] = []
    lines: list[Line] = []
    names: set[str] = set()
    numbers = 0
    for found in _pieces(root):
        if isinstance(found, str):
            if found.strip():
                numbers += 1
                lines.append(Line(found.strip(), str(reading_words()["paragraph"]).format(number=numbers)))
            continue
        is_inner = next(found.iterancestors("table"), None) is not None
        above = () if is_inner else tuple(lines)
        title = table_name(above, names, len(grids) + 1)
        names.add(title)
        grid = _grid(found, name, title, limits)
        grid.above, grid.note = above, unit_note(above)
        grid.is_continued = bool(grids) and not lines and not is_inner
        grids.append(grid)
        lines = lines if is_inner else []
    if not grids:
        raise FormError(name, "网页中没有表格", "请另存为 .xlsx 后再放入")
    grids[-1].below = tuple(lines)
    return grids


def _pieces(node: Any) -> Iterator[Any]:
    """Yield lines of text and tables in their order; the text of a table belongs to it."""
    text = ""
    for piece in _walk(node):
        if isinstance(piece, str) and piece != "\n":
            text += piece
            continue
        yield re.sub(r"\s+", " ", text)
        text = ""
        if not isinstance(piece, str):
            yield piece
            yield from piece.iterdescendants("table")
    yield re.sub(r"\s+", " ", text)


def _walk(node: Any) -> Iterator[Any]:
    if not isinstance(node.tag, str) or node.tag in _HIDDEN:
        return
    if node.tag == "table":
        yield node
        return
    if node.tag in _BLOCKS:
        yield "\n"
    yield node.text or ""
    for child in node:
        yield from _walk(child)
        yield child.tail or ""
    if node.tag in _BLOCKS:
        yield "\n"


def _grid(table: Any, name: str, title: str, limits: Limits) -> Grid:
    """Lay one table on a grid: colspan and rowspan push the cells after them aside."""
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    filled: dict[tuple[int, int], str] = {}
    merges: list[Area] = []
    for number, row in enumerate(rows):
        column = 0
        for cell in row.iterchildren("td", "th"):
            while (number, column) in filled:
                column += 1
            down, right = (min(_span(cell, side), limits.cells) for side in ("rowspan", "colspan"))
            down = min(down, len(rows) - number)
            check_size(1, len(filled) + down * right, [], name=name, sheet=title, limit=limits.cells)
            for covered in range(number, number + down):
                filled.update(((covered, place), "") for place in range(column, column + right))
            filled[number, column] = _cell_text(cell)
            if down > 1 or right > 1:
                merges.append((number, column, number + down - 1, column + right - 1))
            column += right
    width = max((column for _, column in filled), default=-1) + 1
    check_size(len(rows), width, merges, name=name, sheet=title, limit=limits.cells)
    texts = [[filled.get((row, column), "") for column in range(width)] for row in range(len(rows))]
    return Grid(name, title, False, texts, merges)


def _span(cell: Any, side: str) -> int:
    value = cell.get(side, "1").strip()
    return max(1, int(value)) if re.fullmatch(r"\d{1,9}", value) else 1


def _cell_text(cell: Any) -> str:
    parts: list[str] = [cell.text or ""]
    for child in cell:
        parts += [piece for piece in _walk(child) if isinstance(piece, str)]
        parts.append(child.tail or "")
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)
