"""Read the sheets of an .ods workbook (开放文档表格): repeat counts are checked before anything is repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jixiao.core.errors import FormError
from jixiao.reading.files.archives import Archive
from jixiao.reading.files.cells import Area, Grid, Remark, check_size, column_letters, remark
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.open_styles import OpenStyles, OpenWords, read_open_styles
from jixiao.reading.files.rich_strings import part_remarks
from jixiao.reading.files.shown import NumberFormat, has_lost_digits, written
from jixiao.reading.files.uncalculated import refuse_uncalculated
from jixiao.reading.files.unseen import hide

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
    root = archive.tree("content.xml")
    styles = read_open_styles(*([archive.tree("styles.xml")] if "styles.xml" in archive.names else []), root)
    words = OpenWords(styles, archive)
    body = root.find(f"{_O}body/{_O}spreadsheet")
    grids: list[Grid] = []
    unseen: list[Remark] = []
    for table in [] if body is None else body.findall(f"{_T}table"):
        sheet = table.get(f"{_T}name", "")
        if table.get(f"{_T}style-name", "") in styles.hidden:
            if next(table.iter(f"{_X}p"), None) is not None:
                unseen.append(remark("hidden_sheet", "", sheet, is_grave=True, sheet=sheet))
        else:
            grids.append(_grid(table, name, limits, words, styles))
    if unseen:
        grids = grids or [Grid(name, unseen[0].text, True, [])]
        grids[0].remarks = (*unseen, *grids[0].remarks)
    return grids


def _grid(table: Any, name: str, limits: Limits, words: OpenWords, styles: OpenStyles) -> Grid:
    sheet = table.get(f"{_T}name", "")
    runs: list[tuple[int, int, int, int, str]] = []  # first row, rows, first column, columns, text
    merges: list[Area] = []
    missing: list[str] = []
    remarks: list[Remark] = []
    hidden: dict[int, str] = {}
    row = 0
    for node in _rows(table):
        repeated = _count(node, "number-rows-repeated")
        column = 0
        sight = node.get(f"{_T}visibility", "visible")
        if sight != "visible":
            kind = "filtered_row" if sight == "filter" else "hidden_row"
            hidden.update((place, kind) for place in range(row, min(row + repeated, limits.cells)))
        for cell in node:
            if cell.tag not in {f"{_T}table-cell", f"{_T}covered-table-cell"}:
                continue
            columns = _count(cell, "number-columns-repeated")
            address = f"{column_letters(column)}{row + 1}"
            text, left_out = _text(cell, limits, words)
            style = cell.get(f"{_T}style-name", "")
            if text and style in styles.struck:
                remarks.append(remark("struck", address, text))
                text = ""
            remarks += part_remarks(address, text, left_out)
            for note in cell.iter(f"{_O}annotation"):
                said = "\n".join("".join(line.itertext()) for line in note.iter(f"{_X}p")).strip()
                remarks += [remark("comment", address, said)] if said else []
            if row in hidden:
                is_missing = False
            else:
                is_missing = bool(cell.get(f"{_T}formula")) and (
                    cell.get(f"{_O}value-type") is None
                    or (cell.get(f"{_O}value") in {"0", "0.0"} and cell.find(f"{_X}p") is None)
                )
            if is_missing:
                missing.append(address)
            elif text:
                runs.append((row, repeated, column, columns, text))
            down, right = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
            if down > 1 or right > 1:
                merges.append((row, column, row + down - 1, column + right - 1))
            column += columns
        row += repeated
    height = max((first + rows for first, rows, *_ in runs), default=0)
    width = max((first + columns for _, _, first, columns, _ in runs), default=0)
    check_size(height, width, merges, name=name, sheet=sheet, limit=limits.cells)
    refuse_uncalculated(missing, name=name, sheet=sheet)
    texts = [[""] * width for _ in range(height)]
    for top, rows, left, columns, text in runs:
        for line in texts[top : top + rows]:
            line[left : left + columns] = [text] * columns
    grid = Grid(name, sheet, True, texts, merges)
    remarks += hide(texts, merges, grid.address, rows=hidden, columns=_hidden_columns(table))
    grid.remarks = tuple(remarks)
    return grid


def _hidden_columns(table: Any) -> set[int]:
    """Return the columns that cannot be seen."""
    columns: set[int] = set()
    place = 0
    for node in table.iter(f"{_T}table-column"):
        repeated = min(_count(node, "number-columns-repeated"), 16_384)
        if node.get(f"{_T}visibility", "visible") != "visible":
            columns |= set(range(place, place + repeated))
        place += repeated
    return columns


def _rows(node: Any) -> Iterator[Any]:
    for child in node:
        if child.tag == f"{_T}table-row":
            yield child
        elif child.tag in _ROWS:
            yield from _rows(child)


def _count(node: Any, name: str) -> int:
    return max(1, int(node.get(f"{_T}{name}", "1")))


def _text(cell: Any, limits: Limits, words: OpenWords) -> tuple[str, list[tuple[str, str]]]:
    """Return what a cell shows: the stored value exactly, with the percent sign, zeros and unit of its display.

    What no one sees of a text, or what is struck out of it, comes with it as pairs of a kind of remark and the words.
    """
    seen = [words.seen(node) for node in cell if node.tag == f"{_X}p"]
    shown = "\n".join(text for text, _ in seen).strip()
    left = [part for _, parts in seen for part in parts]
    kind = cell.get(f"{_O}value-type")
    if kind in {"float", "percentage", "currency"}:
        stored = float(cell.get(f"{_O}value", "nan"))
        if has_lost_digits(stored, limits.digits):
            return "", [*left, ("lost_digits", shown)]
        if kind == "percentage":
            return written(stored, decimals=len(shown.rpartition(".")[2].rstrip("%")) if "." in shown else 0), left
        return written(stored, shown=_format(shown, stored)), left
    if kind == "date":
        return written(datetime.fromisoformat(cell.get(f"{_O}date-value", ""))), left
    if kind == "boolean":
        return written(cell.get(f"{_O}boolean-value") == "true"), left
    return (shown if shown or left else str(cell.get(f"{_O}string-value", ""))), left


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
