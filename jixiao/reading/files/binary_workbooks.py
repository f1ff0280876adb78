"""Read the sheets of an .xlsb workbook (二进制工作簿): its parts are streams of records."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jixiao.core.errors import FormError
from jixiao.reading.files.archives import Archive
from jixiao.reading.files.cells import Area, Grid, Remark, check_size, column_letters, remark
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.rich_strings import part_remarks
from jixiao.reading.files.shown import NumberFormat, from_serial, has_lost_digits, is_picture, number_format, written
from jixiao.reading.files.signs import raised, shown_signs, symbol_font
from jixiao.reading.files.uncalculated import refuse_uncalculated
from jixiao.reading.files.unseen import hide
from jixiao.reading.files.workbook_styles import hidden_sections, is_blind

_ROW, _BLANK, _RK, _ERROR, _BOOL, _REAL, _INLINE, _SHARED = 0, 1, 2, 3, 4, 5, 6, 7
_FORMULA_TEXT, _FORMULA_NUMBER, _FORMULA_BOOL, _FORMULA_ERROR = 8, 9, 10, 11
_STRING, _FONT, _FORMAT, _STYLE, _COLUMN, _RICH = 19, 43, 44, 47, 60, 62
_SETTINGS, _SHEET, _CALCULATION, _MERGE = 153, 156, 157, 176
_STYLES_BEGIN, _STYLES_END = 617, 618
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_SUPERSCRIPT = 1
_WHITE_COLORS = {(3, 0), (1, 1), (1, 9)}
"""White by its kind of colour and its number: of the theme, of the palette."""
_WHITE_RGB = b"\xff\xff\xff"


@dataclass
class _Font:
    """A font: whether it strikes out or raises, its symbol font, whether it is white."""

    is_struck: bool
    is_raised: bool
    symbol: str
    is_white: bool


@dataclass
class _Book:
    """What the parts of a workbook say for all its sheets."""

    fonts: list[_Font] = field(default_factory=list)
    styles: list[tuple[int, int, int]] = field(default_factory=list)
    """Number format, font and fill of each cell style."""
    codes: dict[int, str] = field(default_factory=dict)
    strings: list[tuple[str, list[tuple[int, int]]]] = field(default_factory=list)
    """Shared strings with their runs: where each starts and its font."""
    is_1904: bool = False
    is_asking: bool = False


def _records(content: bytes, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the records of a part: number and content."""
    place, end = 0, len(content)
    while place < end:
        code = content[place]
        place += 1
        if code & 0x80:
            if place >= end:
                break
            code = (code & 0x7F) | (content[place] & 0x7F) << 7
            place += 1
        size = 0
        for shift in range(0, 28, 7):
            if place >= end:
                break
            size |= (content[place] & 0x7F) << shift
            place += 1
            if not content[place - 1] & 0x80:
                break
        if place + size > end:
            raise FormError(name, "文件已损坏，内容不完整", "请重新另存为 .xlsx 后再放入")
        yield code, content[place : place + size]
        place += size


def _text(content: bytes, place: int) -> tuple[str, int]:
    """Return a text of the format and where it ends."""
    length = int.from_bytes(content[place : place + 4], "little")
    end = place + 4 + 2 * length
    if length == 0xFFFFFFFF or end > len(content):
        return "", place + 4
    return content[place + 4 : end].decode("utf-16-le", "replace"), end


def read_binary_workbook(archive: Archive, name: str, limits: Limits) -> list[Grid]:
    """Read every sheet of an .xlsb workbook that can be seen (读取二进制工作簿).

    Args:
        archive: The file, its directory inspected.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: The file is damaged, a sheet is too large, a formula was never calculated or a number is damaged.
    """
    book = _Book()
    _read_styles(archive, book, name)
    _read_strings(archive, book, name)
    targets = archive.related("xl/workbook.bin")
    grids: list[Grid] = []
    unseen: list[Remark] = []
    sheets: list[tuple[str, str, int]] = []
    for code, content in _records(archive.read("xl/workbook.bin"), name):
        if code == _SETTINGS:
            book.is_1904 = bool(content[0] & 1)
        elif code == _CALCULATION and len(content) >= 26:
            book.is_asking = bool(int.from_bytes(content[24:26], "little") & 0x0004)  # calculate when it is opened
        elif code == _SHEET:
            state = int.from_bytes(content[:4], "little")
            reference, end = _text(content, 8)
            title, _ = _text(content, end)
            sheets.append((title, targets.get(reference, ""), state))
    for title, part, state in sheets:
        if part.lower() not in archive.lowered or "/worksheets/" not in f"/{part.lower()}":
            continue
        content = archive.read(archive.find(part))
        if state:
            if any(code in range(_RK, _FORMULA_ERROR + 1) for code, _ in _records(content, name)):
                unseen.append(remark("hidden_sheet", "", title, is_grave=True, sheet=title))
            continue
        grids.append(_Sheet(book, name, title, limits).grid(content))
    if unseen:
        grids = grids or [Grid(name, unseen[0].text, True, [])]
        grids[0].remarks = (*unseen, *grids[0].remarks)
    return grids


def _read_styles(archive: Archive, book: _Book, name: str) -> None:
    if "xl/styles.bin" not in archive.names:
        return
    is_cell = False
    for code, content in _records(archive.read("xl/styles.bin"), name):
        if code == _FORMAT:
            book.codes[int.from_bytes(content[:2], "little")] = _text(content, 2)[0]
        elif code == _FONT and len(content) >= 21:
            kind, index, rgb = content[12] >> 1, content[13], content[16:19]
            is_white = (
                (kind == 2 and rgb == _WHITE_RGB) or (kind == 3 and index == 0) or (kind == 1 and index in (1, 9))
            )
            raised_by = int.from_bytes(content[6:8], "little")
            book.fonts.append(
                _Font(bool(content[2] & 0x08), raised_by == _SUPERSCRIPT, symbol_font(_text(content, 21)[0]), is_white)
            )
        elif code in {_STYLES_BEGIN, _STYLES_END}:
            is_cell = code == _STYLES_BEGIN
        elif code == _STYLE and is_cell:
            _, number, font, fill = struct.unpack_from("<HHHH", content)
            book.styles.append((number, font, fill))


def _read_strings(archive: Archive, book: _Book, name: str) -> None:
    part = "xl/sharedstrings.bin"
    if part not in archive.lowered:
        return
    for code, content in _records(archive.read(archive.find(part)), name):
        if code == _STRING:
            book.strings.append(_rich(content, 0))


def _rich(content: bytes, place: int) -> tuple[str, list[tuple[int, int]]]:
    """Return a text with its runs: the start and the font of each."""
    flags = content[place]
    text, end = _text(content, place + 1)
    runs = []
    if flags & 1 and end + 4 <= len(content):
        for number in range(int.from_bytes(content[end : end + 4], "little")):
            at = end + 4 + 4 * number
            if at + 4 > len(content):
                break
            runs.append(struct.unpack_from("<HH", content, at))
    return text, runs


class _Sheet:
    """One sheet on its way to a grid."""

    def __init__(self, book: _Book, name: str, title: str, limits: Limits) -> None:
        self._book, self._name, self._title, self._limits = book, name, title, limits
        self._remarks: list[Remark] = []
        self._missing: list[str] = []
        self._formats: dict[int, NumberFormat] = {}

    def grid(self, content: bytes) -> Grid:
        """Return the sheet with the texts that a reader sees."""
        filled: dict[tuple[int, int], str] = {}
        merges: list[Area] = []
        hidden: dict[int, str] = {}
        columns: set[int] = set()
        row = width = height = 0
        for code, held in _records(content, self._name):
            if code == _ROW and len(held) >= 13:
                row = int.from_bytes(held[:4], "little")
                if held[11] & 0x10 or int.from_bytes(held[8:10], "little") == 0:
                    hidden[row] = "hidden_row"
            elif code == _COLUMN and len(held) >= 18:
                first, last, size = struct.unpack_from("<III", held)
                if held[16] & 1 or size == 0:
                    columns |= set(range(first, min(last, 16_383) + 1))
            elif code == _MERGE and len(held) >= 16:
                top, bottom, left, right = struct.unpack_from("<IIII", held)
                merges.append((top, left, bottom, right))
            elif _BLANK < code <= _FORMULA_ERROR or code == _RICH:
                column = int.from_bytes(held[:4], "little")
                height, width = max(height, row + 1), max(width, column + 1)
                check_size(height, width, [], name=self._name, sheet=self._title, limit=self._limits.cells)
                text = self._cell(code, held, row, column, is_seen=row not in hidden and column not in columns)
                if text:
                    filled[row, column] = text
        check_size(height, width, merges, name=self._name, sheet=self._title, limit=self._limits.cells)
        refuse_uncalculated(self._missing, name=self._name, sheet=self._title)
        texts = [[filled.get((row, column), "") for column in range(width)] for row in range(height)]
        grid = Grid(self._name, self._title, True, texts, merges)
        self._remarks += hide(texts, merges, grid.address, rows=hidden, columns=columns)
        grid.remarks = tuple(self._remarks)
        return grid

    def _cell(self, code: int, held: bytes, row: int, column: int, *, is_seen: bool) -> str:
        """Return what a cell shows; what it hides or strikes out is told and is no text of it."""
        style = int.from_bytes(held[4:7], "little")
        value, runs = self._value(code, held[8:])
        place = f"{column_letters(column)}{row + 1}"
        if code == _FORMULA_NUMBER and value == 0 and self._book.is_asking and is_seen:
            self._missing.append(place)
        number, font_number, fill = self._book.styles[style] if style < len(self._book.styles) else (0, 0, 0)
        font = self._book.fonts[font_number] if font_number < len(self._book.fonts) else None
        if value.__class__ is float:
            if has_lost_digits(value, self._limits.digits):
                self._remarks.append(remark("lost_digits", place, f"{value:.0f}"))
                return ""
            shown = self._format(number)
            text = written(
                from_serial(value, is_1904=self._book.is_1904) if shown.is_date else value,
                shown=NumberFormat() if shown.is_date else shown,
            )
        else:
            text = value if isinstance(value, str) else written(value)
        if not text.strip():
            return ""
        hides = self._book.codes.get(number, "")
        kind = "struck" if font and font.is_struck and not runs else ""
        kind = kind or ("hidden_cell" if ";" in hides and is_blind(value, hidden_sections(hides)) else "")
        kind = kind or ("hidden_color" if font and font.is_white and fill == 0 else "")
        kind = kind or ("picture" if is_picture(text) else "")
        if kind:
            self._remarks.append(remark(kind, place, text))
            return ""
        symbol = font.symbol if font else ""
        if not isinstance(value, str):
            return text
        return self._joined(text, runs, font, place) if runs else shown_signs(text, symbol)

    def _joined(self, text: str, runs: list[tuple[int, int]], first: _Font | None, place: str) -> str:
        """Put the runs of a text together: struck-out ones and the numbers of notes are no text."""
        fonts = self._book.fonts
        starts = [0, *(start for start, _ in runs), len(text)]
        looks = [first, *(fonts[number] if number < len(fonts) else None for _, number in runs)]
        joined, left = "", []
        for start, end, look in zip(starts, starts[1:], looks, strict=False):
            part = text[start:end]
            if not part:
                continue
            if look is not None and look.is_struck:
                left += [("struck_part", part.strip())] if part.strip() else []
                continue
            part = shown_signs(part, look.symbol if look is not None else "")
            if look is not None and look.is_raised:
                part, mark = raised(joined, part)
                left += [("note_mark", mark)] if mark else []
            joined += part
        self._remarks += part_remarks(place, text, left)
        return joined

    def _format(self, number: int) -> NumberFormat:
        if number not in self._formats:
            self._formats[number] = number_format(self._book.codes.get(number, ""), number)
        return self._formats[number]

    def _value(self, code: int, held: bytes) -> tuple[Any, list[tuple[int, int]]]:
        """Return the stored value of a cell, and the runs of a text."""
        if code == _RK:
            return _rk(held), []
        if code in {_REAL, _FORMULA_NUMBER}:
            return struct.unpack_from("<d", held)[0], []
        if code in {_BOOL, _FORMULA_BOOL}:
            return bool(held[0]), []
        if code in {_ERROR, _FORMULA_ERROR}:
            return _ERRORS.get(held[0], "#N/A"), []
        if code == _SHARED:
            number = int.from_bytes(held[:4], "little")
            return self._book.strings[number] if number < len(self._book.strings) else ("", [])
        if code == _RICH:
            return _rich(held, 0)
        return _text(held, 0)[0], []


def _rk(held: bytes) -> float:
    """Return a number of the short kind: an integer or the upper half of a float, perhaps in hundredths."""
    raw = int.from_bytes(held[:4], "little")
    if raw & 2:
        number = float(struct.unpack("<i", held[:4])[0] >> 2)
    else:
        number = float(struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", raw & 0xFFFFFFFC))[0])
    return number / 100 if raw & 1 else number
