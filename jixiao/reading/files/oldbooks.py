"""Read the sheets of an .xls or .et workbook (旧版工作簿) with xlrd: values, merges, number formats, what is hidden."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from jixiao.core.errors import FormError
from jixiao.reading.files.cells import Area, Grid, Remark, check_size, column_letters, remark
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.rich_strings import part_remarks
from jixiao.reading.files.shown import NumberFormat, from_serial, has_lost_digits, is_picture, number_format, written
from jixiao.reading.files.signs import raised, shown_signs, symbol_font
from jixiao.reading.files.uncalculated import refuse_uncalculated
from jixiao.reading.files.unseen import hide
from jixiao.reading.files.workbook_styles import hidden_sections, is_blind

_FORMULA, _BEGIN, _END = 0x0006, 0x0809, 0x000A
_ASKED = 0x0003
"""Flags of a formula that is to be calculated whenever the file is opened."""
_SIZES = {
    **dict.fromkeys((0x01, 0x02, 0x23, 0x24, 0x2A, 0x2C), 4),
    **dict.fromkeys((0x1C, 0x1D), 1),
    **dict.fromkeys((0x1E, 0x21, 0x29), 2),
    **dict.fromkeys((0x25, 0x2B, 0x2D, 0x1F), 8),
    **dict.fromkeys((0x26, 0x27, 0x28, 0x39, 0x3A, 0x3C), 6),
    **dict.fromkeys((0x3B, 0x3D), 10),
    0x20: 7,
    0x22: 3,
}
"""Bytes behind a token of a formula, as the format BIFF8 states them."""
_TEXT, _ATTRIBUTE, _FUNCTION, _VARIED = 0x17, 0x19, 0x21, 0x22
_OPERATORS = {0x03, 0x04, 0x05, 0x06, 0x07, 0x12, 0x13, 0x14}
_NUMERIC = {0, 4, 5, 6, 7, 24, 25, 26, 27, 39, 169, 183, 212, 213, 228, 345, 346}
"""Functions that give a number and never a text: COUNT, SUM, AVERAGE, MIN, MAX, ABS, INT, ROUND and their like."""
_WHITE = {1, 9}
_SUPERSCRIPT = 1


def read_old_workbook(content: bytes, name: str, limits: Limits) -> list[Grid]:
    """Read every sheet of an old workbook that can be seen (读取旧版工作簿).

    Args:
        content: The file.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: The workbook has a password, a sheet is too large, a formula was never calculated or a number is
            damaged.
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
    grids: list[Grid] = []
    unseen: list[Remark] = []
    for number, sheet_name in enumerate(book.sheet_names()):
        sheet = book.sheet_by_name(sheet_name)
        if sheet.visibility:
            if sheet.nrows:
                unseen.append(remark("hidden_sheet", "", sheet_name, is_grave=True, sheet=sheet_name))
        else:
            _check_calculated(book, number, sheet, name)
            grids.append(_OldSheet(book, sheet, name, limits).grid())
        book.unload_sheet(sheet_name)
    if unseen:
        grids = grids or [Grid(name, unseen[0].text, True, [])]
        grids[0].remarks = (*unseen, *grids[0].remarks)
    return grids


class _OldSheet:
    """One sheet of an old workbook on its way to a grid."""

    def __init__(self, book: Any, sheet: Any, name: str, limits: Limits) -> None:
        self._book, self._sheet, self._name, self._limits = book, sheet, name, limits
        self._remarks: list[Remark] = []
        self._looks: dict[int, _Look] = {}

    def grid(self) -> Grid:
        """Return the sheet with the texts that a reader sees."""
        import xlrd

        sheet, empty = self._sheet, {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK}
        rows = columns = 0
        for row in range(sheet.nrows):
            filled = [column for column, kind in enumerate(sheet.row_types(row)) if kind not in empty]
            if filled:
                rows, columns = row + 1, max(columns, filled[-1] + 1)
        merges: list[Area] = [
            (top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells if bottom > top
        ]
        check_size(rows, columns, merges, name=self._name, sheet=sheet.name, limit=self._limits.cells)
        texts = [[self._text(row, column) for column in range(min(columns, sheet.row_len(row)))] for row in range(rows)]
        grid = Grid(self._name, sheet.name, True, texts, merges)
        hidden = {
            row: "hidden_row"
            for row, info in sheet.rowinfo_map.items()
            if info.hidden or (info.height == 0 and info.has_default_height == 0)
        }
        self._remarks += hide(
            texts,
            merges,
            grid.address,
            rows=hidden,
            columns={column for column, info in sheet.colinfo_map.items() if info.hidden},
        )
        for (row, column), note in sorted(sheet.cell_note_map.items()):
            self._remarks += [remark("comment", grid.address(row, column), note.text)] if note.text.strip() else []
        grid.remarks = tuple(self._remarks)
        return grid

    def _text(self, row: int, column: int) -> str:
        """Return what a cell shows; what it hides or strikes out is told and is no text of it."""
        cell = self._sheet.cell(row, column)
        text = self._stored(cell, row, column)
        if not text.strip():
            return text
        look = self._look(cell.xf_index)
        runs = self._sheet.rich_text_runlist_map.get((row, column))
        kind = "" if runs else look.why_unseen(cell.value)
        kind = kind or ("picture" if is_picture(text) else "")
        if kind:
            self._remarks.append(remark(kind, f"{column_letters(column)}{row + 1}", text.strip()))
            return ""
        if runs:
            return self._runs(text, runs, look, row, column)
        return shown_signs(text, look.font) if look.font and cell.value.__class__ is str else shown_signs(text)

    def _runs(self, text: str, runs: list[tuple[int, int]], look: _Look, row: int, column: int) -> str:
        """Put the runs of a cell together: struck-out ones and the numbers of notes are no text."""
        starts = [0, *(start for start, _ in runs), len(text)]
        fonts = [look.base, *(self._book.font_list[font] for _, font in runs)]
        joined, left = "", []
        for start, end, font in zip(starts, starts[1:], fonts, strict=False):
            part = text[start:end]
            if not part:
                continue
            if font is not None and font.struck_out:
                left += [("struck_part", part.strip())] if part.strip() else []
                continue
            part = shown_signs(part, symbol_font(font.name) if font is not None else look.font)
            if font is not None and font.escapement == _SUPERSCRIPT:
                part, mark = raised(joined, part)
                left += [("note_mark", mark)] if mark else []
            joined += part
        self._remarks += part_remarks(f"{column_letters(column)}{row + 1}", text, left)
        return joined

    def _look(self, style: int) -> _Look:
        if style not in self._looks:
            self._looks[style] = _Look(self._book, style)
        return self._looks[style]

    def _stored(self, cell: Any, row: int, column: int) -> str:
        import xlrd

        if cell.ctype == xlrd.XL_CELL_TEXT:
            return str(cell.value)
        if cell.ctype == xlrd.XL_CELL_DATE:
            return _date(self._book, cell.value)
        if cell.ctype == xlrd.XL_CELL_NUMBER:
            if has_lost_digits(cell.value, self._limits.digits):
                self._remarks.append(remark("lost_digits", f"{column_letters(column)}{row + 1}", f"{cell.value:.0f}"))
                return ""
            shown = self._look(cell.xf_index).format
            if shown.is_date:
                return written(from_serial(cell.value, is_1904=bool(self._book.datemode)))
            return written(cell.value, shown=shown)
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return written(bool(cell.value))
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, cell.value))
        return ""


class _Look:
    """How the cells of one style look."""

    def __init__(self, book: Any, style: int) -> None:
        self._book = book
        self._style = book.xf_list[style] if style is not None and 0 <= style < len(book.xf_list) else None

    @cached_property
    def _code(self) -> str:
        try:
            return str(self._book.format_map[self._style.format_key].format_str or "") if self._style else ""
        except KeyError:
            return ""

    @cached_property
    def format(self) -> NumberFormat:
        """What the number format adds to a number."""
        return number_format(self._code, self._style.format_key) if self._style else NumberFormat()

    @cached_property
    def base(self) -> Any:
        """The font of the style, None when the file names none."""
        fonts = self._book.font_list
        known = self._style is not None and 0 <= self._style.font_index < len(fonts)
        return fonts[self._style.font_index] if known and self._style else None

    @cached_property
    def font(self) -> str:
        """The symbol font of the style, empty for any other."""
        return symbol_font(self.base.name) if self.base is not None else ""

    @cached_property
    def _is_pale(self) -> bool:
        if self.base is None or self._style is None or self.base.colour_index not in _WHITE:
            return False
        back = self._style.background
        return back.fill_pattern == 0 or (back.fill_pattern == 1 and back.pattern_colour_index in _WHITE)

    def why_unseen(self, value: Any) -> str:
        """Say why no one sees a value as it is, as a kind of remark; empty when it is seen."""
        if self.base is not None and self.base.struck_out:
            return "struck"
        if ";" in self._code and is_blind(value, hidden_sections(self._code)):
            return "hidden_cell"
        return "hidden_color" if self._is_pale else ""


def _date(book: Any, value: float) -> str:
    """Return a serial number as a date; one that no calendar knows stays the number."""
    import xlrd

    try:
        return written(xlrd.xldate_as_datetime(value, book.datemode))
    except (xlrd.XLDateError, ValueError, OverflowError):
        return written(value)


def _check_calculated(book: Any, number: int, sheet: Any, name: str) -> None:
    """Refuse formulas that were never calculated: a blank that the formula cannot give, a 0 that waits for opening."""
    if book.biff_version < 80:
        return
    blank, zero, held = [], [], 0
    for row, column, result, flags, tokens in _formulas(book, number):
        held += 1
        info, about = sheet.rowinfo_map.get(row), sheet.colinfo_map.get(column)
        if (info is not None and info.hidden) or (about is not None and about.hidden):
            continue
        place = f"{column_letters(column)}{row + 1}"
        if result[6:] == b"\xff\xff" and result[0] == 3:
            blank.append((place, _is_numeric(tokens)))
        elif result == bytes(8) and flags & _ASKED and not _is_volatile(tokens):
            zero.append(place)
    missing = [place for place, is_numeric in blank if is_numeric or len(blank) == held]
    refuse_uncalculated([*missing, *zero], name=name, sheet=sheet.name)


def _formulas(book: Any, number: int) -> Iterator[tuple[int, int, bytes, int, bytes]]:
    """Yield every formula of a sheet: row, column, stored result, flags, tokens."""
    content, place = book.mem, book._sh_abs_posn[number]
    depth = 0
    while place + 4 <= len(content):
        code, size = struct.unpack_from("<HH", content, place)
        if code == _BEGIN:
            depth += 1
        elif code == _END:
            depth -= 1
            if depth <= 0:
                return
        elif code == _FORMULA and depth == 1 and size >= 22:
            row, column = struct.unpack_from("<HH", content, place + 4)
            flags = struct.unpack_from("<H", content, place + 18)[0]
            length = struct.unpack_from("<H", content, place + 24)[0]
            yield (
                row,
                column,
                bytes(content[place + 10 : place + 18]),
                flags,
                bytes(content[place + 26 : place + 26 + length]),
            )
        place += 4 + size


def _steps(tokens: bytes) -> list[tuple[int, bytes]] | None:
    """Return the tokens of a formula with what stands behind each; None when one is not known."""
    steps, place = [], 0
    while place < len(tokens):
        code = tokens[place]
        code = (code & 0x1F) | 0x20 if code >= 0x20 else code
        place += 1
        if code == _TEXT and place + 1 < len(tokens):
            size = 2 + tokens[place] * (2 if tokens[place + 1] & 1 else 1)
        elif code == _ATTRIBUTE and place + 2 < len(tokens):
            count = int.from_bytes(tokens[place + 1 : place + 3], "little")
            size = 3 + (2 * (count + 1) if tokens[place] & 4 else 0)
        elif code in _SIZES:
            size = _SIZES[code]
        elif 0x03 <= code <= 0x16:
            size = 0
        else:
            return None
        steps.append((code, tokens[place : place + size]))
        place += size
    return steps


def _is_numeric(tokens: bytes) -> bool:
    """Say whether a formula can only give a number: its last step calculates, and no text stands in it."""
    steps = _steps(tokens)
    if not steps or any(code == _TEXT for code, _ in steps):
        return False
    code, behind = next(((code, behind) for code, behind in reversed(steps) if code != 0x15), (0, b""))
    if code == _ATTRIBUTE:
        return bool(behind[0] & 0x10)
    if code in {_FUNCTION, _VARIED}:
        return int.from_bytes(behind[-2:], "little") & 0x7FFF in _NUMERIC
    return code in _OPERATORS


def _is_volatile(tokens: bytes) -> bool:
    return any(code == _ATTRIBUTE and behind[0] & 1 for code, behind in _steps(tokens) or [])
