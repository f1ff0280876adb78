"""The flow of a PDF (版式文件文稿流): the lines of its pages in reading order, ruled tables in their place."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import Any

from jixiao.core.errors import FormError
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import pdf_pages
from jixiao.reading.files.cells import Box, check_size
from jixiao.reading.files.document_words import document_words
from jixiao.reading.files.flow_items import Dropped, Flow, Item
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.pdf_marks import take_marks, upright

_ROW = 3.0
"""Points by which the signs of one line may stand apart in height."""
_GAP = 0.35
"""Share of a sign's size from which a gap between two signs is a space."""
_INDENT = 2.6
"""Signs by which the first line of a paragraph is indented, at most."""
_FEW_LINES, _NARROW = 6, 0.7
"""Lines, and share of the usual width, below which a page shows no edges of its own."""
_EDGE = 1.3
"""Signs by which a line may miss the edge of its page and still run to it."""


@dataclass(slots=True)
class _Line:
    """One line of a page: its number in the file, and its signs outside of tables."""

    number: int
    box: Box
    text: str
    size: float
    is_bold: bool
    is_free: bool


def page_flow(content: bytes, name: str, limits: Limits) -> Flow:
    """Read a PDF from beginning to end (读取整份版式文件).

    Args:
        content: The file.
        name: How the file is named to the reader.
        limits: The limits in force.

    Returns:
        One item per line outside of tables and one per table; heads, feet and numbers of pages are listed as dropped.

    Raises:
        FormError: The file has a password, no text layer or too many pages.
    """
    count = 0
    found: list[tuple[pdf_pages._Page, list[_Line]]] = []

    def read(page: Any, number: int) -> tuple[pdf_pages._Page, list[_Line]]:
        return _read_page(page, number, name, limits)

    for page, lines in pdf_pages._pages(content, name, limits, read):
        for line in lines:
            count += 1
            line.number = count
        count += 0 if lines else 1  # a page without text is one empty line
        found.append((page, lines))
    pages = [page for page, _ in found]
    if all(page.is_picture or not (page.tables or page.lines) for page in pages):
        raise FormError(name, "没有文字层（扫描件或图片）", "请索取 Word、Excel 原件，或先做文字识别并核对后再放入")
    free = {id(text): line for page, lines in found for text, line in zip(page.lines, _free(lines), strict=True)}
    before = {page.number: list(page.lines) for page in pages}
    pdf_pages._take_margins(pages)
    grids = iter(pdf_pages._grids(pages, name, limits))
    page_number = re.compile(reading_words()["page_number"])
    items: list[Item] = []
    dropped: list[Dropped] = []
    running: dict[str, None] = {}
    usual = _usual_edges(found)
    for page, lines in found:
        kept = {id(text) for text in page.lines}
        for text in before[page.number]:
            if id(text) not in kept:
                is_number = page_number.fullmatch(text.text.replace(" ", "")) is not None
                reason = "page_number" if is_number else "page_head"
                dropped.append(Dropped(text.text, free[id(text)].number, page.number, reason))
                running.update({} if is_number else {text.text: None})
        places: list[tuple[float, Any]] = [(table.box[1], table) for table in page.tables]
        places += [(text.box[1], text) for text in page.lines]
        left, right = _edges_of(lines)
        usual_left, usual_right = usual[round(page.height)]
        if len(lines) < _FEW_LINES or right - left < _NARROW * (usual_right - usual_left):
            left, right = usual_left, usual_right  # a cover has no edges of its own
        elif 0 < left - usual_left < _INDENT * max(line.size for line in lines):
            left = usual_left  # every line of the page begins a paragraph
        for _, item in sorted(places, key=lambda pair: pair[0]):
            if isinstance(item, pdf_pages._Ruled):
                inside = [line.number for line in lines if item.box[1] <= (line.box[1] + line.box[3]) / 2 < item.box[3]]
                first, last = (min(inside), max(inside)) if inside else (count, count)
                items.append(Item("", first, last, page=page.number, grid=next(grids)))
                continue
            line = free[id(item)]
            middle = (line.box[0] + line.box[2]) / 2
            is_short = line.box[2] - line.box[0] < 0.8 * (right - left)
            items.append(
                Item(
                    line.text,
                    line.number,
                    page=page.number,
                    size=round(line.size, 1),
                    is_bold=line.is_bold,
                    is_centred=is_short
                    and abs(middle - (left + right) / 2) < 1.5 * line.size
                    and line.box[0] - left > 3 * line.size,
                    is_start=line.box[0] - left > 1.2 * line.size,
                    is_open=right - line.box[2] < _EDGE * line.size,
                )
            )
    return Flow(name, "pdf", items, dropped, tuple(running))


def _free(lines: list[_Line]) -> list[_Line]:
    return [line for line in lines if line.is_free]


def _read_page(page: Any, number: int, name: str, limits: Limits) -> tuple[pdf_pages._Page, list[_Line]]:
    """Read one page: its ruled tables, and every line with what of it stands outside of them."""
    is_picture = bool(page.images) and not page.chars
    page, _ = upright(page)
    page, _ = take_marks(page, "")
    found = pdf_pages._Page(number, float(page.height), is_picture=is_picture)
    ruled = [table for table in page.find_tables() if len(table.cells) > 1] if page.rects or page.lines else []
    chars = _once([char for char in page.chars if char["upright"]])
    for table in ruled:
        cells: list[Box] = list(table.cells)
        columns = pdf_pages._edges(edge for cell in cells for edge in (cell[0], cell[2]))
        rows = pdf_pages._edges(edge for cell in cells for edge in (cell[1], cell[3]))
        cells += pdf_pages._open_cells(cells, columns, rows)
        sheet = str(reading_words()["page_table"]).format(page=number, number=len(found.tables) + 1)
        check_size(len(rows) - 1, len(columns) - 1, [], name=name, sheet=sheet, limit=limits.cells)
        inside = [char for char in chars if pdf_pages._is_inside(char, table.bbox)]
        found.tables.append(pdf_pages._Ruled(number, len(found.tables) + 1, table.bbox, cells, inside, columns))
    boxes = [table.box for table in found.tables]
    bold = re.compile(document_words()["bold_fonts"], re.IGNORECASE)
    lines: list[_Line] = []
    for signs in _rows(chars):
        outside = [sign for sign in signs if not any(pdf_pages._is_inside(sign, box) for box in boxes)]
        text = _text(outside)
        held = outside if text else signs
        box = (
            min(sign["x0"] for sign in held),
            min(sign["top"] for sign in held),
            max(sign["x1"] for sign in held),
            max(sign["bottom"] for sign in held),
        )
        size = median(sign["size"] for sign in held)
        heavy = sum(bool(bold.search(sign["fontname"])) for sign in held) > len(held) / 2
        lines.append(_Line(0, box, text, size, heavy, bool(text)))
        if text:
            found.lines.append(pdf_pages._Text(box, text, size))
    found.size = median(char["size"] for char in chars) if chars else 0.0
    return found, lines


def _once(chars: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out signs that are painted twice at one place to look bold."""
    seen: set[tuple[str, int, int]] = set()
    kept = []
    for char in chars:
        key = (char["text"], round(char["x0"]), round(char["top"]))
        if key not in seen:
            seen.add(key)
            kept.append(char)
    return kept


def _rows(chars: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Put the signs of a page into lines, from top to bottom and from left to right; blank lines are none."""
    rows: list[list[dict[str, Any]]] = []
    last = 0.0
    for char in sorted(chars, key=lambda char: char["top"]):
        if not rows or char["top"] - last > _ROW:
            rows.append([])
        rows[-1].append(char)
        last = char["top"]
    rows = [sorted(row, key=lambda char: char["x0"]) for row in rows]
    return [row for row in rows if any(char["text"].strip() for char in row)]


def _text(signs: list[dict[str, Any]]) -> str:
    parts: list[str] = []
    before: dict[str, Any] | None = None
    for sign in signs:
        if before is not None and sign["x0"] - before["x1"] > _GAP * sign["size"]:
            parts.append(" ")
        parts.append(sign["text"])
        before = sign
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def _usual_edges(found: list[tuple[pdf_pages._Page, list[_Line]]]) -> dict[int, tuple[float, float]]:
    """Return for pages of each height where their text usually begins and ends."""
    lines: dict[int, list[_Line]] = {}
    for page, own in found:
        lines.setdefault(round(page.height), []).extend(own)
    return {height: _edges_of(own) for height, own in lines.items()}


def _edges_of(lines: list[_Line]) -> tuple[float, float]:
    """Return where the text of a page begins and ends."""
    starts = Counter(round(line.box[0]) for line in lines if line.is_free and len(line.text) > 3)
    ends = [line.box[2] for line in lines if line.is_free]
    usual = [place for place, times in starts.items() if times > 1] or list(starts)
    return (float(min(usual, default=0)), max(ends, default=0.0))
