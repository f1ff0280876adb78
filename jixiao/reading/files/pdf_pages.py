"""Read the ruled tables of a .pdf with a text layer (版式文件): geometry from the rules, text from the characters."""

from __future__ import annotations

import io
import logging
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any, TypeVar

from jixiao.core.errors import FormError
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files.captions import unit_note
from jixiao.reading.files.cells import Area, Box, Grid, Line, Remark, boxed, check_size, remark
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.pdf_columns import Spread, find_spread
from jixiao.reading.files.pdf_marks import in_reading_order, is_scan, take_marks, upright
from jixiao.reading.files.signs import shown_signs
from jixiao.reading.values.values import normalise

SAME = 3.0
"""Points by which two edges may differ and be one."""
MARGIN = 66.0
"""Points from the edge of a page in which heads and feet of pages stand (2.3 cm)."""
BODY = 54.0
"""Points from the upper edge from which the text of most programs begins (1.9 cm)."""
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?%?")
_LOSS = "data-loss"
"""What the parser logs when it could not unpack all of a page."""
LARGER = 1.15
"""A line so many times larger than the text of its page is a title."""


_Read = TypeVar("_Read")


@dataclass
class _Ruled:
    """One ruled table on a page."""

    page: int
    number: int
    box: Box
    cells: list[Box]
    chars: list[dict[str, Any]]
    columns: list[float]
    is_guess: bool = False
    """Whether its columns were told by where the words stand, for want of rules."""


@dataclass(frozen=True)
class _Text:
    """One line outside the tables of a page."""

    box: Box
    text: str
    size: float


@dataclass
class _Page:
    """One page: its tables and the lines outside them, from top to bottom."""

    number: int
    height: float
    tables: list[_Ruled] = field(default_factory=list)
    lines: list[_Text] = field(default_factory=list)
    size: float = 0.0
    """Size of most of its text."""
    is_picture: bool = False
    remarks: list[Remark] = field(default_factory=list)


def read_pages(content: bytes, name: str, limits: Limits) -> list[Grid]:
    """Read every table of a PDF (读取版式文件中的表格): by its rules, or by where the words stand when it has none.

    Watermarks are taken out, a page that lies turned is read upright. A table that goes on over a page stays two grids;
    the second one says so and has the columns of the first.

    Args:
        content: The file.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: The file has a password, no text layer, no table or too many pages.
    """
    pages = list(_pages(content, name, limits, lambda page, number: _page(page, number, name, limits)))
    if all(page.is_picture or not (page.tables or page.lines) for page in pages):
        raise FormError(name, "没有文字层（扫描件或图片）", "请索取 Word、Excel 原件，或先做文字识别并核对后再放入")
    margins = _take_margins(pages)
    grids = _grids(pages, name, limits)
    if not grids:
        raise FormError(name, "没有找到有框线的表格", "请索取 Word、Excel 原件，或给表格加上框线后另存")
    grids[0].margins = tuple(margins)
    grids[0].remarks = (*(told for page in pages for told in page.remarks), *grids[0].remarks)
    return grids


def read_page_lines(content: bytes, name: str, limits: Limits) -> list[str]:
    """Read every line of text of a PDF, page by page (读取版式文件中的文字行).

    Raises:
        FormError: The file has a password, no text layer or too many pages.
    """
    pages = list(_pages(content, name, limits, lambda page, number: _clear(page, number)[0].extract_text() or ""))
    if not any(page.strip() for page in pages):
        raise FormError(name, "没有文字层（扫描件或图片）", "请提供可复制文字的文件")
    return [line for page in pages for line in page.split("\n")]


def _pages(content: bytes, name: str, limits: Limits, read: Callable[[Any, int], _Read]) -> Iterator[_Read]:
    """Yield what is read of every page; what the parser raises or only logs becomes one sentence."""
    import pdfplumber
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect

    with _listening() as said:
        try:
            with pdfplumber.open(io.BytesIO(content)) as document:
                if len(document.pages) > limits.pages:
                    raise FormError(name, f"文件有{len(document.pages)}页", f"上限为{limits.pages}页，请拆分后再放入")
                for number, page in enumerate(document.pages, 1):
                    yield read(page, number)
                    page.close()
        except Exception as error:
            if _is_caused_by(error, (PDFPasswordIncorrect, PDFEncryptionError)):
                raise FormError(name, "文件设有密码", "请去除密码后再放入") from error
            raise
    if any(_LOSS in line.lower() for line in said):
        raise FormError(name, "文件已损坏，部分内容无法读出", "请重新导出或索取该文件")


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Hear what the parser only logs, instead of printing it: it goes on when a part of a page is lost."""
    said: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, ear = logging.getLogger("pdfminer"), Ear(logging.WARNING)
    before = logger.propagate
    logger.addHandler(ear)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(ear)
        logger.propagate = before


def _is_caused_by(error: BaseException, kinds: tuple[type[BaseException], ...]) -> bool:
    inner = [error, error.__cause__, error.__context__, *error.args]
    return any(isinstance(one, kinds) for one in inner)


def _clear(page: Any, number: int) -> tuple[Any, list[Remark]]:
    """Return a page upright and without its watermark, and what is to be told of it."""
    place = str(reading_words()["page"]).format(page=number)
    page, turned = upright(page)
    page, remarks = take_marks(page.dedupe_chars(), place)
    if turned:
        remarks.append(remark("turned_page", place, "", is_guess=True, angle=str(turned)))
    if page.images and page.chars and is_scan(page):
        remarks.append(remark("scanned_page", place, "", is_guess=True))
    return page, remarks


def _page(page: Any, number: int, name: str, limits: Limits) -> _Page:
    is_picture = bool(page.images) and not page.chars
    page, remarks = _clear(page, number)
    found = _Page(number, float(page.height), is_picture=is_picture, remarks=remarks)
    ruled = [table for table in page.find_tables() if len(table.cells) > 1]
    for table in ruled:
        cells: list[Box] = list(table.cells)
        if len({round(cell[0] / SAME) for cell in cells}) == 1:  # no rule parts its columns
            held = [char for char in page.chars if _is_inside(char, table.bbox)]
            spread = find_spread(held, sorted({edge for cell in cells for edge in (cell[1], cell[3])}))
            if spread:
                _add_spread(spread, number, found, name, limits)
                continue
        columns = _edges(edge for cell in cells for edge in (cell[0], cell[2]))
        rows = _edges(edge for cell in cells for edge in (cell[1], cell[3]))
        cells += _open_cells(cells, columns, rows)
        sheet = str(reading_words()["page_table"]).format(page=number, number=len(found.tables) + 1)
        check_size(len(rows) - 1, len(columns) - 1, [], name=name, sheet=sheet, limit=limits.cells)
        chars = [char for char in page.chars if _is_inside(char, table.bbox)]
        found.tables.append(_Ruled(number, len(found.tables) + 1, table.bbox, cells, chars, columns))
    if not found.tables:
        spread = find_spread(page.chars)
        if spread:
            _add_spread(spread, number, found, name, limits)
    boxes = [table.box for table in found.tables]

    def is_free(item: dict[str, Any]) -> bool:
        return item.get("object_type") != "char" or not any(_is_inside(item, box) for box in boxes)

    free = page.filter(is_free)
    for line in free.extract_text_lines() if free.chars else []:
        if line["text"].strip():
            box = (line["x0"], line["top"], line["x1"], line["bottom"])
            found.lines.append(_Text(box, line["text"].strip(), max(char["size"] for char in line["chars"])))
    found.lines.sort(key=lambda line: line.box[1])
    found.size = median(char["size"] for char in page.chars) if page.chars else 0.0
    return found


def _add_spread(spread: Spread, number: int, found: _Page, name: str, limits: Limits) -> None:
    """Add a table that was found by the places of its words to a page, when it is not too large."""
    rows = len({cell[1] for cell in spread.cells})
    sheet = str(reading_words()["page_table"]).format(page=number, number=len(found.tables) + 1)
    check_size(rows, len(spread.columns) - 1, [], name=name, sheet=sheet, limit=limits.cells)
    made = _Ruled(number, len(found.tables) + 1, spread.box, spread.cells, spread.chars, spread.columns, is_guess=True)
    found.tables.append(made)


def _open_cells(cells: Sequence[Box], columns: Sequence[float], rows: Sequence[float]) -> list[Box]:
    """Return the cells that run over the edge of the page: no rule closes them above or below."""
    covered = set()
    for cell in cells:
        first, last = (bisect_right(columns, edge + SAME) - 1 for edge in (cell[0], cell[2]))
        top, bottom = (bisect_right(rows, edge + SAME) - 1 for edge in (cell[1], cell[3]))
        covered |= {(row, column) for row in range(top, bottom) for column in range(first, last)}
    opened = []
    height = len(rows) - 1
    for column in range(len(columns) - 1):
        free = [row for row in range(height) if (row, column) not in covered]
        runs = [[row for row in free if all(other in free for other in range(row, height))]]
        runs += [[row for row in free if all(other in free for other in range(row + 1)) and row not in runs[0]]]
        opened += [(columns[column], rows[run[0]], columns[column + 1], rows[run[-1] + 1]) for run in runs if run]
    return opened


def _is_inside(item: dict[str, Any], box: Box) -> bool:
    x, y = (item["x0"] + item["x1"]) / 2, (item["top"] + item["bottom"]) / 2
    return bool(box[0] <= x < box[2] and box[1] <= y < box[3])


def _edges(values: Iterable[float]) -> list[float]:
    """Return the different edges from small to large; edges closer than a line is thick are one."""
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > SAME:
            edges.append(value)
    return edges


def _take_margins(pages: Sequence[_Page]) -> list[Line]:
    """Take the heads and feet of the pages out of their lines: page numbers, and what repeats at the same height."""
    words = reading_words()
    keys: Counter[tuple[str, int]] = Counter()

    def key_of(page: _Page, line: _Text) -> tuple[str, int] | None:
        if line.box[1] > MARGIN and line.box[3] < page.height - MARGIN:
            return None
        return re.sub(r"\d+", "#", normalise(line.text)), round(line.box[1] / SAME)

    for page in pages:
        keys.update({key for line in page.lines if (key := key_of(page, line))})
    margins = []
    for page in pages:
        kept: list[_Text] = []
        for line in page.lines:
            key = key_of(page, line)
            is_number = re.fullmatch(words["page_number"], normalise(line.text)) is not None
            is_below = bool(kept) and line.box[1] < MARGIN  # the head of a page stands above everything else
            if key and (is_number or (keys[key] > 1 and not is_below and not _is_title(page, line))):
                margins.append(Line(line.text, _place(page, line.box)))
            else:
                kept.append(line)
        page.lines = kept
        if page.is_picture:
            margins.append(Line(str(words["picture_page"]), str(words["page"]).format(page=page.number)))
    return margins


def _is_title(page: _Page, line: _Text) -> bool:
    """Say whether a line may be the title of the form below it: several forms may have one title, each on its page."""
    is_followed = any(table.box[1] > line.box[1] for table in page.tables) and line.box[1] < MARGIN
    return is_followed and (line.box[1] >= BODY or line.size > LARGER * page.size)


def _grids(pages: Sequence[_Page], name: str, limits: Limits) -> list[Grid]:
    grids: list[Grid] = []
    lines: list[Line] = []
    last: _Ruled | None = None
    for page in pages:
        items: list[tuple[float, Any]] = [(table.box[1], table) for table in page.tables]
        items += [(line.box[1], Line(line.text, _place(page, line.box))) for line in page.lines]
        for _, item in sorted(items, key=lambda pair: pair[0]):
            if isinstance(item, Line):
                lines.append(item)
                continue
            is_next = last is not None and last.page + 1 == item.page
            if is_next and grids and all(normalise(line.text) in _texts(grids[-1]) for line in lines):
                lines = []  # a cell that runs over the page is written once more, out of sight
            is_next = is_next and not lines
            is_continued = is_next and last is not None and _is_same_table(last, item)
            if is_continued and last is not None:
                item.columns = max((last.columns, item.columns), key=len)
                if len(item.columns) > len(last.columns):
                    last.columns = item.columns
                    grids[-1] = replace(_grid(last, name, limits), **_context(grids[-1]))
            grid = _grid(item, name, limits)
            grid.above, grid.note, grid.is_continued = tuple(lines), unit_note(lines), is_continued
            if is_continued:
                _mend(grids[-1], grid)
            grids.append(grid)
            lines, last = [], item
    if grids:
        grids[-1].below = tuple(lines)
    return grids


def is_torn(above: list[list[str]], below: list[list[str]]) -> bool:
    """Say whether the first row of a page is the rest of the last row before it (跨页断行).

    The last row has its numbers, the first one has none, and each of its texts stands below one that may go on. A text
    in the first filled column alone may as well be the name of the next level.

    Example:
        >>> last = [["指标", "目标", "分值"], ["巡查", "5次", "10"], ["宣传", "2场", "5"], ["夜间案件", "≥5%", "10"]]
        >>> [is_torn(last, [row]) for row in (["下降率", "（同比）", ""], ["效益指标", "", ""], ["投诉", "0", "5"])]
        [True, False, False]
    """
    if not above or not below or len(above[-1]) != len(below[0]):
        return False
    rows = [row for row in (*above[:-1], *below[1:]) if len(row) == len(below[0])]
    shares = [[bool(_NUMBER.fullmatch(row[place])) for row in rows if row[place]] for place in range(len(below[0]))]
    numeric = [place for place, found in enumerate(shares) if found and sum(found) > len(found) / 2]
    filled = [place for place, text in enumerate(below[0]) if text.strip()]
    before = [place for place, text in enumerate(above[-1]) if text.strip()]
    return (
        bool(filled and numeric)
        and set(filled) <= set(before)
        and filled != before[:1]
        and not set(filled) & set(numeric)
        and any(_NUMBER.fullmatch(above[-1][place]) for place in numeric)
        and not any(":" in normalise(below[0][place]) for place in filled)
    )


def _mend(above: Grid, below: Grid) -> None:
    """Put the rest of a row that the edge of a page tore to its beginning, and tell it; a head may come again first."""
    first = 0
    while first < below.height - 1 and below.texts[first] in above.texts:
        first += 1
    if not is_torn(above.texts, below.texts[first:]):
        return
    told = []
    for place, text in enumerate(below.texts[first]):
        if text.strip():
            above.texts[-1][place] += text
            below.texts[first][place] = ""
            address = above.address(above.height - 1, place)
            told.append(remark("torn_row", address, above.texts[-1][place], is_guess=True))
    above.remarks = (*above.remarks, *told)


def _texts(grid: Grid) -> set[str]:
    return {normalise(text) for row in grid.texts for text in row if text}


def _context(grid: Grid) -> dict[str, Any]:
    return {"above": grid.above, "note": grid.note, "is_continued": grid.is_continued}


def _place(page: _Page, box: Box) -> str:
    return str(reading_words()["page"]).format(page=page.number) + boxed(box)


def _is_same_table(first: _Ruled, second: _Ruled) -> bool:
    """Say whether the columns of one table are columns of the other too, its outer edges included."""
    few, many = sorted((first.columns, second.columns), key=len)
    outer = abs(few[0] - many[0]) <= SAME and abs(few[-1] - many[-1]) <= SAME
    return outer and all(any(abs(edge - other) <= SAME for other in many) for edge in few)


def _grid(table: _Ruled, name: str, limits: Limits) -> Grid:
    """Lay the cells of a table on its edges; a cell over several of them is a merge."""
    rows = _edges(edge for cell in table.cells for edge in (cell[1], cell[3]))
    places = {}
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    merges: list[Area] = []
    for cell in sorted(table.cells, key=lambda cell: (cell[1], cell[0])):
        top, bottom = _index(rows, cell[1]), _index(rows, cell[3]) - 1
        left, right = _index(table.columns, cell[0]), _index(table.columns, cell[2]) - 1
        if top > bottom or left > right or (top, left) in owner:
            continue
        places[top, left] = cell
        if (top, left) != (bottom, right):
            merges.append((top, left, bottom, right))
        for row in range(top, bottom + 1):
            owner.update(((row, column), (top, left)) for column in range(left, right + 1))
    held: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for char in table.chars:
        row = bisect_right(rows, (char["top"] + char["bottom"]) / 2) - 1
        column = bisect_right(table.columns, (char["x0"] + char["x1"]) / 2) - 1
        held.setdefault(owner.get((row, column), (row, column)), []).append(char)
    height, width = len(rows) - 1, len(table.columns) - 1
    texts = [[""] * width for _ in range(height)]
    for (row, column), chars in held.items():
        if 0 <= row < height and 0 <= column < width:
            texts[row][column] = _text(chars)
    sheet = str(reading_words()["page_table"]).format(page=table.page, number=table.number)
    told = (remark("no_rules", "", sheet, is_guess=True),) if table.is_guess else ()
    return Grid(name, sheet, False, texts, merges, boxes=places, remarks=told)


def _index(edges: Sequence[float], value: float) -> int:
    return min(range(len(edges)), key=lambda number: abs(edges[number] - value))


def _text(chars: list[dict[str, Any]]) -> str:
    from pdfplumber.utils import extract_text

    level, turned = in_reading_order(chars)
    text = str(extract_text(level)).strip() if level else ""
    return shown_signs("\n".join(part for part in (turned, text) if part))
