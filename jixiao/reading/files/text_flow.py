"""The flow of a text file (纯文本文稿流): its lines, and the tables that were pasted into it.

A table reaches a text in three ways: cells between tabs, one cell in a line of its own behind a tab, and columns
between spaces below a row of header words. Each becomes a grid in its place; whatever fits none stays a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jixiao.reading.files.captions import table_name, unit_note
from jixiao.reading.files.cells import Grid, Line
from jixiao.reading.files.document_words import document_words
from jixiao.reading.files.flow_items import Flow, Item

_TICKED = re.compile(r"<input[^>]*\bchecked\b[^>]*>", re.IGNORECASE)
_BOX = re.compile(r"<input[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?%?")
_LEAST_COLUMNS = 3
"""Columns from which words between spaces are a row of a table."""
_LONGEST_CELL = 4
"""Paragraphs of one cell that is written behind a tab and goes on below."""


def text_flow(text: str, name: str) -> Flow:
    """Read a text from beginning to end (读取整份文本文稿).

    Args:
        text: The decoded file.
        name: How the file is named to the reader.

    Returns:
        One item per line that holds text, numbered as in the file, and one per table.

    Example:
        >>> flow = text_flow("甲\\n\\n项目\\t分值\\n乙\\t5\\n丙", "a.txt")
        >>> [(item.line, item.last_line, item.text, item.grid.texts if item.grid else None) for item in flow.items]
        [(1, 1, '甲', None), (3, 4, '', [['项目', '分值'], ['乙', '5']]), (5, 5, '丙', None)]
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n")
    lines = [_without_tags(line) for line in lines]
    items: list[Item] = []
    above: list[Line] = []
    names: set[str] = set()
    number = 0
    while number < len(lines):
        found = _tabbed(lines, number) or _stacked(lines, number) or _spaced(lines, number)
        if found:
            texts, end = found
            title = table_name(tuple(above), names, len(names) + 1)
            names.add(title)
            grid = Grid(name, title, False, texts, above=tuple(above), note=unit_note(above))
            grid.is_continued = bool(items) and items[-1].grid is not None
            items.append(Item("", number + 1, end, grid=grid))
            above, number = [], end
            continue
        if lines[number].strip():
            is_start = re.match(r"\u3000|\s{2}", lines[number]) is not None
            items.append(Item(lines[number].strip(), number + 1, is_start=is_start))
            above.append(Line(lines[number].strip(), _address(number + 1)))
        number += 1
    return Flow(name, "text", items)


def _address(line: int) -> str:
    return str(document_words()["line"]).format(line=line)


def _without_tags(line: str) -> str:
    if "<" not in line:
        return line
    boxes = document_words()["boxes"]
    return _TAG.sub("", _BOX.sub(boxes["open"], _TICKED.sub(boxes["ticked"], line)))


def _tabbed(lines: Sequence[str], start: int) -> tuple[list[list[str]], int] | None:
    """Read rows whose cells stand between tabs; a blank line between two rows is the edge of a page."""
    if not _is_row(lines[start]):
        return None
    rows: list[list[str]] = []
    end = number = start
    while number < len(lines):
        if _is_row(lines[number]):
            rows.append([cell.strip() for cell in lines[number].split("\t")])
            end = number + 1
        elif lines[number].strip():
            break
        number += 1
    return (_aligned(rows), end) if len(rows) > 1 else None


def _is_row(line: str) -> bool:
    return "\t" in line.strip("\n") and (line.count("\t") > 1 or bool(line.partition("\t")[0].strip()))


def _aligned(rows: list[list[str]]) -> list[list[str]]:
    """Bring rows of other lengths to the columns of the first one: cells of merged areas get lost on the way."""
    width = max((len(row) for row in rows[:1]), default=0)
    usual = [row for row in rows if len(row) == width] or rows
    share = [
        sum(bool(_NUMBER.fullmatch(row[column])) for row in usual[1:]) / max(1, len(usual) - 1)
        for column in range(width)
    ]

    def fit(row: list[str]) -> float:
        cells = (row + [""] * width)[:width]
        lost = sum(bool(cell) for cell in row[width:])
        kinds = sum(
            (1 if _NUMBER.fullmatch(cell) else -1) * (2 * share[column] - 1)
            for column, cell in enumerate(cells)
            if cell
        )
        return kinds - 10 * lost

    aligned = []
    for row in rows:
        if len(row) != width and len([cell for cell in row if cell]) > 2:
            ways = [row, ["", *row], ["", "", *row]]
            ways += [row[1:]] if row and not row[0] else []
            row = max(ways, key=fit)
        aligned.append(row)
    most = max(len(row) for row in aligned)
    return [row + [""] * (most - len(row)) for row in aligned]


def _stacked(lines: Sequence[str], start: int) -> tuple[list[list[str]], int] | None:
    """Read a table of which each cell stands in a line of its own behind a tab, rows apart by a blank line."""
    if not _is_cell(lines[start]):
        return None
    rows: list[list[list[str]]] = [[]]
    end = number = start
    while number < len(lines):
        line = lines[number]
        if _is_cell(line):
            if number > start and not lines[number - 1].strip() and not lines[number - 1]:
                rows.append([])
            rows[-1].append([line.strip()])
            end = number = number + 1
            continue
        stop = next((place for place in range(number, len(lines)) if _is_cell(lines[place])), None)
        if stop is None:
            break
        between = lines[number:stop]
        parts = sum(1 for place, text in enumerate(between) if text.strip() and (place == 0 or not between[place - 1]))
        if any(text.strip() for text in between):
            if parts > 1 or not between[-1].strip():
                break  # prose, and another table below it
            if between[0].strip() and len(between) > _LONGEST_CELL * 4:
                break
            rows[-1][-1] += [text.strip() for text in between if text.strip()]
        number = stop
    tail = []
    for line in lines[end:]:  # the last cell may go on without a blank line
        if not line.strip():
            break
        tail.append(line.strip())
    if tail and rows[-1] and len(tail) <= _LONGEST_CELL and len(rows) > 1:
        rows[-1][-1] += tail
        end += len(tail)
    texts = [["\n".join(part for part in cell if part) for cell in row] for row in rows if row]
    if len(texts) < 2 or max(len(row) for row in texts) < 2:
        return None
    return _aligned_right(texts), end


def _is_cell(line: str) -> bool:
    return line.startswith("\t") and "\t" not in line[1:].rstrip()


def _aligned_right(rows: list[list[str]]) -> list[list[str]]:
    """Give every row the columns of the widest one."""
    width = max(len(row) for row in rows)
    return [row + [""] * (width - len(row)) for row in rows]


def _spaced(lines: Sequence[str], start: int) -> tuple[list[list[str]], int] | None:
    """Read a table whose columns stand between spaces, below a row that names them."""
    header = lines[start].split()
    words = set(document_words()["column_words"])
    if len(header) < _LEAST_COLUMNS or "\t" in lines[start] or sum(word in words for word in header) < len(header) - 1:
        return None
    width = len(header)
    rows, waiting, end = [header], "", start + 1
    for number in range(start + 1, len(lines)):
        tokens = lines[number].split()
        if not tokens:
            continue
        if re.search(r"[。；]", lines[number]) or len(tokens) > width or len(lines[number]) > 80:
            break
        if len(tokens) == 1 and not rows[-1][-1] and len(rows) > 1:
            break
        if len(tokens) == 1:
            following = [lines[place].split() for place in range(number + 1, len(lines)) if lines[place].strip()][:1]
            if not following or len(following[0]) < width - 1:
                break
            waiting = tokens[0]
            continue
        if len(tokens) == width - 1:
            tokens = [waiting, *tokens]
        if len(tokens) != width:
            break
        rows.append(tokens)
        waiting, end = "", number + 1
    return (rows, end) if len(rows) > 2 else None
