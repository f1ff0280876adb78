"""Read the sheets of an .xlsx workbook (工作簿) with python-calamine, and what calamine does not tell from the XML."""

from __future__ import annotations

import html
import io
import re
from functools import cache
from typing import Any, NamedTuple

from jixiao.core.errors import FormError
from jixiao.reading.files.archives import Archive
from jixiao.reading.files.cells import Area, Grid, check_size, column_letters
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.shown import NumberFormat, check_digits, from_serial, number_format, written

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
# One cell as nearly every program writes it, and as the standard allows it.
_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"(?: s="(\d+)")?(?: t="(\w+)")?(?: cm="\d+")?(/?)>')
_OTHER_CELLS = tuple(start + end for start in (b"<c", b":c") for end in (b">", b"\t", b"\r", b"\n"))
_ATTRIBUTE = re.compile(rb"""\s(r|s|t)\s*=\s*["']([^"']*)["']""")
_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\s[^<>]*?ref\s*=\s*["']([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?["']""")
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\s([^<>]*[^/<>])>\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>\s*|<(?:\w+:)?v>\s*</(?:\w+:)?v>\s*)?</(?:\w+:)?c>"
)
_MISTAKE = re.compile(
    rb"""<(?:\w+:)?c\s([^<>]*?t=["']e["'][^<>]*)>(?:\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>))?"""
    rb"""\s*<(?:\w+:)?v>([^<]+)<"""
)
_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\s([^<>]*?)/?>")
_STYLE = re.compile(rb"""<(?:\w+:)?xf\s[^<>]*?numFmtId=["'](\d+)["']""")
_STYLES = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)

Cells = list[tuple[bytes, bytes, bytes, bytes, bytes]]
"""Cells as the XML states them: letters, row, style, type and whether it is empty."""


class Sheet(NamedTuple):
    """What the XML of a sheet tells beside its values."""

    shown: dict[tuple[int, int], NumberFormat]
    merges: list[Area]
    mistakes: dict[tuple[int, int], str]
    """Cells that show an error such as #DIV/0!, which calamine reads as blank."""


def read_workbook(content: bytes, archive: Archive, name: str, limits: Limits) -> list[Grid]:
    """Read every sheet of a workbook (读取工作簿); sheets that hold only a chart have no cells.

    Args:
        content: The file.
        archive: The same file, its directory inspected.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: A sheet is too large, a formula was never calculated or a number is damaged.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    styles = _styles(archive)
    for part in archive.names:  # every part that calamine may parse, before it does
        if part.endswith((".xml", ".rels")) and not part.startswith(("xl/worksheets/sheet", "xl/theme/", "docProps/")):
            archive.read(part)
    tree = archive.tree("xl/workbook.xml")
    targets = archive.related("xl/workbook.xml")
    is_1904 = any(node.get("date1904") in {"1", "true"} for node in tree.iter(f"{_S}workbookPr"))
    sheets = {}
    for node in tree.iter(f"{_S}sheet"):
        part = archive.find(targets[node.get(f"{_R}id")])
        sheets[node.get("name")] = _sheet(archive.read(part), styles, name, node.get("name"), limits)
    grids = []
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        for meta in book.sheets_metadata:
            if meta.typ != SheetTypeEnum.WorkSheet:
                continue
            known = sheets[meta.name]
            rows = book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)
            texts = [[value if value.__class__ is str else written(value) for value in values] for values in rows]
            for (row, column), shown in known.shown.items():
                if row < len(rows) and column < len(rows[row]):
                    texts[row][column] = _written(rows[row][column], shown, is_1904)
            for (row, column), text in known.mistakes.items():
                if row < len(texts) and column < len(texts[row]):
                    texts[row][column] = text
            _check_numbers(rows, name, meta.name, limits)
            grids.append(Grid(name, meta.name, True, texts, known.merges))
    return grids


def _written(value: Any, shown: NumberFormat, is_1904: bool) -> str:
    if shown.is_date and isinstance(value, int | float):
        value = from_serial(value, is_1904=is_1904)
    return written(value, shown=shown)


def _check_numbers(rows: list[list[Any]], name: str, sheet: str, limits: Limits) -> None:
    largest = 10**limits.digits
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            if value.__class__ is float and not -largest < value < largest:
                address = f"{column_letters(column)}{row + 1}"
                check_digits(value, address, name=name, sheet=sheet, digits=limits.digits)


def _styles(archive: Archive) -> dict[bytes, NumberFormat]:
    """Return the cell styles that add something to a number, by their number in the file."""
    if "xl/styles.xml" not in archive.names:
        return {}
    content = archive.read("xl/styles.xml")
    codes = {}
    for found in _FORMAT.findall(content):
        attributes = dict(re.findall(rb'\s?(\w+)="([^"]*)"', found))
        codes[attributes.get(b"numFmtId", b"")] = html.unescape(attributes.get(b"formatCode", b"").decode())
    block = _STYLES.search(content)
    styles = {}
    for number, identity in enumerate(_STYLE.findall(block[0]) if block else []):
        shown = number_format(codes.get(identity, ""), int(identity))
        if shown:
            styles[str(number).encode()] = shown
    return styles


def _sheet(content: bytes, styles: dict[bytes, NumberFormat], name: str, sheet: str, limits: Limits) -> Sheet:
    """Look over the XML of one sheet: its true size, merges, number formats and formulas without a value."""
    cells = [cell for cell in _cells(content) if not cell[4]]
    rows = max(map(int, {cell[1] for cell in cells}), default=0)
    columns = max(map(column_number, {cell[0] for cell in cells}), default=-1) + 1
    merges = [
        (int(top) - 1, column_number(left), int(bottom or top) - 1, column_number(right or left))
        for left, top, right, bottom in _MERGE.findall(content)
    ]
    check_size(rows, columns, merges, name=name, sheet=sheet, limit=limits.cells)
    if b"<f" in content or b":f" in content:
        _check_formulas(content, name, sheet)
    shown = {
        (int(row) - 1, column_number(letters)): styles[style]
        for letters, row, style, kind, _ in (cells if styles else [])
        if style in styles and kind in {b"", b"n"}
    }
    mistakes = {}
    for attributes, text in _MISTAKE.findall(content) if b't="e"' in content or b"t='e'" in content else []:
        found = re.search(rb"""r=["']([A-Z]{1,3})(\d{1,7})["']""", attributes)
        if found:
            mistakes[int(found[2]) - 1, column_number(found[1])] = text.decode()
    return Sheet(shown, merges, mistakes)


def _cells(content: bytes) -> Cells:
    cells: Cells = _CELL.findall(content)
    is_usual = len(cells) == content.count(b"<c ") and b":c " not in content
    if is_usual and not any(start in content for start in _OTHER_CELLS):
        return cells
    cells = []
    row, column = 0, 0
    for found in re.finditer(rb"<(?:\w+:)?(row|c)((?:\s[^<>]*?)?)(/?)>", content):  # references may be left out
        attributes = dict(_ATTRIBUTE.findall(found[2]))
        if found[1] == b"row":
            row, column = int(attributes.get(b"r", row + 1)), 0
            continue
        reference = re.fullmatch(rb"([A-Z]{1,3})(\d{1,7})", attributes.get(b"r", b""))
        if reference:
            column = column_number(reference[1]) + 1
        else:
            column += 1
        letters = reference[1] if reference else column_letters(column - 1).encode()
        place = reference[2] if reference else str(row).encode()
        cells.append((letters, place, attributes.get(b"s", b""), attributes.get(b"t", b""), found[3]))
    return cells


def _check_formulas(content: bytes, name: str, sheet: str) -> None:
    """Refuse formulas that were never calculated: their cells would be read as blank."""
    missing = []
    for found in _FORMULA.findall(content):
        attributes = dict(_ATTRIBUTE.findall(b" " + found))
        if attributes.get(b"t") != b"str":  # a text formula may well give an empty text
            missing.append(attributes.get(b"r", b"?").decode())
    if missing:
        raise FormError(
            name,
            f"有{len(missing)}个公式没有保存计算结果，第一个在{missing[0]}",
            "请用 Excel 或 WPS 打开并保存一次后再放入",
            place=sheet,
        )


@cache
def column_number(letters: bytes) -> int:
    """Return the 0-based number of a column.

    Example:
        >>> column_number(b"A"), column_number(b"AB")
        (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
