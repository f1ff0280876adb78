"""Read text with separators (.csv, .tsv, .txt): byte order mark, UTF-8, then GB18030; never a replaced character."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from pathlib import PurePath

from jixiao.core.errors import FormError
from jixiao.reading.files.cells import Grid, check_size
from jixiao.reading.files.limits import Limits

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_SEPARATORS = ",\t;"
_LOOKED_AT = 50
"""Records by which the separator is chosen."""


def decode(content: bytes) -> str | None:
    """Return the text of a file, or None when the bytes are no text.

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
        return None if _CONTROL.search(text) else text
    return None


def separator(text: str, suffix: str = "") -> str:
    """Return the separator that makes the most of the first records; empty when there is none.

    Example:
        >>> separator("a,b,c"), separator("a;b"), separator("a")
        (',', ';', '')
    """
    widths = {}
    for mark in _SEPARATORS:
        rows = itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=mark), _LOOKED_AT)
        widths[mark] = sum(len(row) - 1 for row in rows)
    if suffix == ".tsv" and widths["\t"]:
        return "\t"
    best = max(widths, key=lambda mark: widths[mark])
    return best if widths[best] else ""


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
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark):
        width = max(width, len(row))
        check_size(len(texts) + 1, width, [], name=name, sheet=path.stem, limit=limits.cells)
        texts.append([cell.strip() for cell in row])
    if not any(any(row) for row in texts):
        raise FormError(name, "文件没有内容", "请重新导出或索取该文件")
    return [Grid(name, path.stem, True, texts)]
