"""Read text with separators (.csv, .tsv, .txt): byte order mark, UTF-8, then GB18030; never a replaced character."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from pathlib import PurePath

from jixiao.core.errors import FormError
from jixiao.reading.files.aligned import aligned_rows
from jixiao.reading.files.cells import Grid, check_size, remark
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.signs import shown_signs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_SEPARATORS = ",\t;"
_GUARD = re.compile(r'\t+(?="?(?:[,;\r\n]|$))|(?<=[,;])\t+')
"""Tabs that an export sets behind its values, so that a spreadsheet keeps long numbers whole (防科学计数的制表符)."""
_ONE_IN = 200
"""Characters of a text for each control character that is borne."""
_LOOKED_AT = 50
"""Records by which the separator is chosen."""


def decode(content: bytes) -> str | None:
    """Return the text of a file, or None when the bytes are no text; a few control characters stay in it.

    Example:
        >>> decode("绩效".encode("gb18030")), decode(bytes([0, 1, 2]))
        ('绩效', None)
    """
    encodings = [encoding for mark, encoding in _MARKS if content.startswith(mark)] or ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if _is_text(text) else None
    return None


def _is_text(text: str) -> bool:
    """Say whether there are so few control characters that they slipped in, and no zero among them."""
    if not _CONTROL.search(text):
        return True
    return "\0" not in text and len(_CONTROL.findall(text)) <= max(3, len(text) // _ONE_IN)


def without_controls(text: str) -> str:
    """Return a text without control characters (控制字符).

    Example:
        >>> without_controls("a" + chr(7) + "b")
        'ab'
    """
    return _CONTROL.sub("", text)


def separator(text: str, suffix: str = "") -> str:
    """Return the separator that makes the most of the first records; empty when there is none.

    Example:
        >>> separator("a,b,c"), separator("a;b"), separator("a"), separator("a,b" + chr(10) + "1\\t,2\\t")
        (',', ';', '', ',')
    """
    widths = {}
    tabs = text.count("\t")
    is_guarded = tabs and any(f"\t{end}{mark}" in text for mark in ",;" for end in ("", '"'))
    if is_guarded and 2 * sum(len(run[0]) for run in _GUARD.finditer(text)) > tabs:
        text = _GUARD.sub("", text)  # such tabs end values and separate none
    for mark in _SEPARATORS:
        rows = itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=mark), _LOOKED_AT)
        widths[mark] = sum(len(row) - 1 for row in rows)
    if suffix == ".tsv" and widths["\t"]:
        return "\t"
    best = max(widths, key=lambda mark: widths[mark])
    return best if widths[best] else ""


def _is_seldom(mark: str, text: str) -> bool:
    """Say whether most lines of a text hold no separator: it is one cell in each line, and commas are within them."""
    lines = [line for line in text.splitlines() if line.strip()]
    return 3 * sum(mark in line for line in lines) < len(lines)


def read_delimited(text: str, name: str, limits: Limits) -> list[Grid]:
    """Read text with separators as one table (读取文本表格), named by the stem of its file.

    Args:
        text: The decoded file.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: The table is too large.
    """
    path = PurePath(name)
    mark = separator(text, path.suffix.lower()) or ","
    texts: list[list[str]] = []
    width = 0
    is_plain = path.suffix.lower() == ".txt" and _is_seldom(mark, text)
    aligned, tables = aligned_rows(text.splitlines()) if is_plain else ([], [])
    for row in aligned or csv.reader(io.StringIO(text, newline=""), delimiter=mark):
        width = max(width, len(row))
        check_size(len(texts) + 1, width, [], name=name, sheet=path.stem, limit=limits.cells)
        texts.append([cell.strip() for cell in row])
    if not any(any(row) for row in texts):
        raise FormError(name, "文件没有内容", "请重新导出或索取该文件")
    grid = Grid(name, path.stem, True, texts)
    remarks = [remark("aligned_cells", grid.address(row, 0), texts[row][0], is_guess=True) for row in tables]
    if _CONTROL.search(text):
        for number, row in enumerate(texts):
            for column, cell in enumerate(row):
                if _CONTROL.search(cell):
                    row[column] = without_controls(cell).strip()
                    remarks.append(remark("control_sign", grid.address(number, column), row[column]))
    for number, row in enumerate(texts):
        texts[number] = [cell if cell.isascii() else shown_signs(cell) for cell in row]
    grid.remarks = tuple(remarks)
    return [grid]
