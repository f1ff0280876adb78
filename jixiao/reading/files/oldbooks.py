"""Read the sheets of an .xls or .et workbook (旧版工作簿) with xlrd: values, merges and number formats."""

from __future__ import annotations

import io
from typing import Any

from jixiao.core.errors import FormError
from jixiao.reading.files.cells import Area, Grid, check_size, column_letters
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.shown import NumberFormat, check_digits, from_serial, number_format, written


def read_old_workbook(content: bytes, name: str, limits: Limits) -> list[Grid]:
    """Read every sheet of an old workbook (读取旧版工作簿).

    Args:
        content: The file.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: The workbook has a password, a sheet is too large or a number is damaged.
    """
    import xlrd

    try:
        book = xlrd.open_workbook(
            file_contents=content, formatting_info=True, on_demand=True, ragged_rows=True, logfile=io.StringIO()
        )
    except xlrd.XLRDError as error:
        if "encrypt" in str(error).lower():
            raise FormError(name, "文件设有密码", "请去除密码后再放入") from error
        raise
    grids = []
    for sheet_name in book.sheet_names():
        sheet = book.sheet_by_name(sheet_name)
        grids.append(_grid(book, sheet, name, limits))
        book.unload_sheet(sheet_name)
    return grids


def _grid(book: Any, sheet: Any, name: str, limits: Limits) -> Grid:
    import xlrd

    empty = {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK}
    rows = columns = 0
    for row in range(sheet.nrows):
        filled = [column for column, kind in enumerate(sheet.row_types(row)) if kind not in empty]
        if filled:
            rows, columns = row + 1, max(columns, filled[-1] + 1)
    merges: list[Area] = [
        (top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells if bottom > top
    ]
    check_size(rows, columns, merges, name=name, sheet=sheet.name, limit=limits.cells)
    texts = [
        [
            _text(book, sheet.cell(row, column), (row, column), name, sheet.name, limits)
            for column in range(min(columns, sheet.row_len(row)))
        ]
        for row in range(rows)
    ]
    return Grid(name, sheet.name, True, texts, merges)


def _text(book: Any, cell: Any, place: tuple[int, int], name: str, sheet: str, limits: Limits) -> str:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_TEXT:
        return str(cell.value)
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _date(book, cell.value)
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        check_digits(
            cell.value, f"{column_letters(place[1])}{place[0] + 1}", name=name, sheet=sheet, digits=limits.digits
        )
        shown = _format(book, cell.xf_index)
        if shown.is_date:
            return written(from_serial(cell.value, is_1904=bool(book.datemode)))
        return written(cell.value, shown=shown)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return written(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, cell.value))
    return ""


def _date(book: Any, value: float) -> str:
    """Return a serial number as a date; one that no calendar knows stays the number."""
    import xlrd

    try:
        return written(xlrd.xldate_as_datetime(value, book.datemode))
    except (xlrd.XLDateError, ValueError, OverflowError):
        return written(value)


def _format(book: Any, style: int) -> NumberFormat:
    try:
        key = book.xf_list[style].format_key
        return number_format(str(book.format_map[key].format_str or ""), key)
    except (KeyError, IndexError):
        return NumberFormat()
