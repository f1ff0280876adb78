"""Read the sheets of an .ods workbook (开放文档表格): repeat counts are checked before anything is repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jixiao.core.errors import FormError
from jixiao.reading.files.archives import Archive
from jixiao.reading.files.cells import Area, Grid, check_size, column_letters
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.shown import NumberFormat, check_digits, written

_OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"
_T, _O, _X = f"{_OASIS}table:1.0}}", f"{_OASIS}office:1.0}}", f"{_OASIS}text:1.0}}"
_ROWS = {f"{_T}{name}" for name in ("table-rows", "table-header-rows", "table-row-group")}
_SHOWN = re.compile(r"(?P<before>[^\d.+-]*)(?P<number>[+-]?[\d,，]*\d(?:\.\d+)?)(?P<after>[^\d]*)")
_WORD = re.compile(r"[^\W\d_]")


def read_open_workbook(archive: Archive, name: str, limits: Limits) -> list[Grid]:
    """Read every sheet of an OpenDocument workbook (读取开放文档表格).

    Args:
        archive: The file, its directory inspected.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: The workbook has a password, a sheet is too large, a formula has no value or a number is damaged.
    """
    if "META-INF/manifest.xml" in archive.names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise FormError(name, "文件设有密码", "请去除密码后再放入")
    body = archive.tree("content.xml").find(f"{_O}body/{_O}spreadsheet")
    tables = [] if body is None else body.findall(f"{_T}table")
    return [_grid(table, name, limits) for table in tables]


def _grid(table: Any, name: str, limits: Limits) -> Grid:
    sheet = table.get(f"{_T}name", "")
    runs: list[tuple[int, int, int, int, str]] = []  # first row, rows, first column, columns, text
    merges: list[Area] = []
    missing: list[str] = []
    row = 0
    for node in _rows(table):
        repeated = _count(node, "number-rows-repeated")
        column = 0
        for cell in node:
            if cell.tag not in {f"{_T}table-cell", f"{_T}covered-table-cell"}:
                continue
            columns = _count(cell, "number-columns-repeated")
            address = f"{column_letters(column)}{row + 1}"
            text = _text(cell, address, name, sheet, limits)
            if text:
                runs.append((row, repeated, column, columns, text))
            elif cell.get(f"{_T}formula") and cell.get(f"{_O}value-type") is None:
                missing.append(address)
            down, right = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
            if down > 1 or right > 1:
                merges.append((row, column, row + down - 1, column + right - 1))
            column += columns
        row += repeated
    height = max((first + rows for first, rows, *_ in runs), default=0)
    width = max((first + columns for _, _, first, columns, _ in runs), default=0)
    check_size(height, width, merges, name=name, sheet=sheet, limit=limits.cells)
    if missing:
        raise FormError(
            name,
            f"有{len(missing)}个公式没有保存计算结果，第一个在{missing[0]}",
            "请用表格软件打开并保存一次后再放入",
            place=sheet,
        )
    texts = [[""] * width for _ in range(height)]
    for top, rows, left, columns, text in runs:
        for line in texts[top : top + rows]:
            line[left : left + columns] = [text] * columns
    return Grid(name, sheet, True, texts, merges)


def _rows(node: Any) -> Iterator[Any]:
    for child in node:
        if child.tag == f"{_T}table-row":
            yield child
        elif child.tag in _ROWS:
            yield from _rows(child)


def _count(node: Any, name: str) -> int:
    return max(1, int(node.get(f"{_T}{name}", "1")))


def _text(cell: Any, address: str, name: str, sheet: str, limits: Limits) -> str:
    """Return what a cell shows: the stored value exactly, with the percent sign, zeros and unit of its display."""
    shown = "\n".join(_paragraph(node) for node in cell if node.tag == f"{_X}p").strip()
    kind = cell.get(f"{_O}value-type")
    if kind in {"float", "percentage", "currency"}:
        stored = float(cell.get(f"{_O}value", "nan"))
        check_digits(stored, address, name=name, sheet=sheet, digits=limits.digits)
        if kind == "percentage":
            return written(stored, decimals=len(shown.rpartition(".")[2].rstrip("%")) if "." in shown else 0)
        return written(stored, shown=_format(shown, stored))
    if kind == "date":
        return written(datetime.fromisoformat(cell.get(f"{_O}date-value", "")))
    if kind == "boolean":
        return written(cell.get(f"{_O}boolean-value") == "true")
    return shown or cell.get(f"{_O}string-value", "")


def _format(shown: str, stored: float) -> NumberFormat:
    """Return the zeros and the unit that a cell shows around its number; nothing when it shows another number."""
    found = _SHOWN.fullmatch(shown)
    if not found:
        return NumberFormat()
    digits = re.sub("[,，]", "", found["number"])
    number = Decimal(digits)
    if number != Decimal(repr(stored)).quantize(Decimal(1).scaleb(number.as_tuple().exponent), ROUND_HALF_UP):  # type: ignore[arg-type]
        return NumberFormat()
    whole = digits.partition(".")[0].lstrip("+-")
    return NumberFormat(
        zeros=len(whole) if len(whole) > 1 and whole.startswith("0") else 0,
        before=found["before"].strip() if _WORD.search(found["before"]) else "",
        after=found["after"].strip() if _WORD.search(found["after"]) else "",
    )


def _paragraph(node: Any) -> str:
    """Return the text of a paragraph: runs of spaces are stored as counts, notes on a cell are no text of it."""
    parts = [node.text or ""]
    for child in node:
        if child.tag == f"{_X}s":
            parts.append(" ")
        elif child.tag in {f"{_X}tab", f"{_X}line-break"}:
            parts.append("\n")
        elif child.tag != f"{_O}annotation":
            parts.append(_paragraph(child))
        parts.append(child.tail or "")
    return "".join(parts)
