"""Read the sheets of an .xlsx workbook (工作簿) with python-calamine, and what calamine does not tell from the XML."""

from __future__ import annotations

import html
import io
import re
from functools import cache
from typing import Any, NamedTuple

from jixiao.reading.files.archives import STRICT_SHEETS, Archive
from jixiao.reading.files.cells import Area, Grid, Position, Remark, check_size, column_letters, remark
from jixiao.reading.files.drawings import beside_the_cells, printed_margins
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.rich_strings import is_odd, is_rich, part_remarks, run_text, unescaped
from jixiao.reading.files.shown import NumberFormat, from_serial, has_lost_digits, is_picture, written
from jixiao.reading.files.signs import shown_signs
from jixiao.reading.files.uncalculated import is_arithmetic, is_blanked, refuse_uncalculated, work_out
from jixiao.reading.files.unseen import hide
from jixiao.reading.files.workbook_styles import Styles, is_blind, read_styles

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
# One cell as nearly every program writes it, and as the standard allows it.
_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"(?: s="(\d+)")?(?: t="(\w+)")?(?: cm="\d+")?(/?)>')
_OTHER_CELLS = tuple(start + end for start in (b"<c", b":c") for end in (b">", b"\t", b"\r", b"\n"))
_OWN_TEXTS = (b"inlineStr", b'"str"', b"'str'")
"""What a sheet holds when texts stand in its cells, not in the list of shared ones."""
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
_ROW = re.compile(
    rb"""<(?:\w+:)?row\s(?=[^<>]*?(?:\bhidden\s*=\s*["'](?:1|true)|\bht\s*=\s*["']0(?:\.0*)?["']))"""
    rb"""[^<>]*?\br\s*=\s*["'](\d+)["']"""
)
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^<>]*?)/?>")
_HIDES = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)|\bwidth\s*=\s*["']0(?:\.0*)?["']""")
_FILTER = re.compile(
    rb"""<(?:\w+:)?autoFilter\s[^<>]*?ref\s*=\s*["'][A-Z]+(\d+):[A-Z]+(\d+)["'][^<>]*(?<!/)>(.*?)</(?:\w+:)?autoFilter>""",
    re.DOTALL,
)
_WRITTEN = re.compile(
    rb"<(?:\w+:)?c\s([^<>]*[^/<>])>\s*<(?:\w+:)?f\b([^<>]*?)(?:/>|>([^<]*)</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>\s*|<(?:\w+:)?v>\s*([^<]*?)\s*</(?:\w+:)?v>\s*)?</(?:\w+:)?c>"
)
_COVERED = re.compile(rb"""<(?:\w+:)?conditionalFormatting\b|<(?:\w+:)?tablePart\b""")

_ZERO = re.compile(rb"-?0(?:\.0*)?(?:[eE][-+]?\d+)?")
PICTURE = "\ufffc"
"""Stands for a picture in a cell until it is told and taken out."""

Cells = list[tuple[bytes, bytes, bytes, bytes, bytes]]
"""Cells as the XML states them: letters, row, style, type and whether it is empty."""


class Sheet(NamedTuple):
    """What the XML of a sheet tells beside its values."""

    shown: dict[tuple[int, int], NumberFormat]
    merges: list[Area]
    mistakes: dict[tuple[int, int], str]
    """Cells that show an error such as #DIV/0!, which calamine reads as blank; a picture in a cell says so."""
    changed: dict[tuple[int, int], tuple[str, list[tuple[str, str]]]]
    """Cells whose runs say something else than their joined text, with what was left out of them."""
    rich: set[tuple[int, int]]
    """Cells whose runs say for themselves whether they are struck out."""
    styled: list[tuple[int, int, bytes]]
    """Cells whose style hides them, strikes them out or draws signs."""
    rows: dict[int, str]
    """Hidden rows, each with the kind of its remark."""
    columns: set[int]
    formulas: dict[tuple[int, int], tuple[str, bytes]]
    """Formulas with the type of their stored value: those whose value is a 0 or a blank."""
    all_formulas: dict[tuple[int, int], str]


def read_workbook(content: bytes, archive: Archive, name: str, limits: Limits) -> list[Grid]:
    """Read every sheet of a workbook that can be seen (读取工作簿); sheets that hold only a chart have no cells.

    Args:
        content: The file.
        archive: The same file, its directory inspected.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: A sheet is too large, a formula was never calculated or a number is damaged.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    styles = read_styles(archive.read("xl/styles.xml")) if "xl/styles.xml" in archive.names else Styles()
    for part in archive.names:  # every part that calamine may parse, before it does
        if part.endswith((".xml", ".rels")) and not part.startswith(("xl/worksheets/sheet", "xl/theme/", "docProps/")):
            archive.read(part)
    tree = archive.tree("xl/workbook.xml")
    targets = archive.related("xl/workbook.xml")
    is_1904 = any(node.get("date1904") in {"1", "true"} for node in tree.iter(f"{_S}workbookPr"))
    is_asking = any(
        node.get("fullCalcOnLoad") in {"1", "true"} or node.get("calcCompleted") in {"0", "false"}
        for node in tree.iter(f"{_S}calcPr")
    )
    strings = _strings(archive, styles)
    parts = {node.get("name"): archive.find(targets[node.get(f"{_R}id")]) for node in tree.iter(f"{_S}sheet")}
    grids: list[Grid] = []
    unseen: list[Remark] = []
    with CalamineWorkbook.from_filelike(io.BytesIO(archive.repacked or content)) as book:
        for meta in book.sheets_metadata:
            if meta.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = archive.read(parts[meta.name])
            if meta.visible != SheetVisibleEnum.Visible:
                if _CELL.search(sheet):
                    unseen.append(remark("hidden_sheet", "", meta.name, is_grave=True, sheet=meta.name))
                continue
            known = _sheet(sheet, styles, strings, name, meta.name, limits)
            rows = book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)
            uncalculated = _uncalculated(known, rows, is_asking=is_asking)
            if not is_blanked():
                refuse_uncalculated([_at(*place) for place in uncalculated], name=name, sheet=meta.name)
            texts = [[value if value.__class__ is str else written(value) for value in values] for values in rows]
            for (row, column), shown in known.shown.items():
                if row < len(rows) and column < len(rows[row]):
                    texts[row][column] = _written(rows[row][column], shown, is_1904)
            remarks = _as_seen(
                texts,
                rows,
                known,
                styles,
                has_pictures=b"IMG(" in sheet or b"IMAGE(" in sheet,
                is_covered=bool(styles.pale) and bool(_COVERED.search(sheet)),
            )
            remarks += _told_formulas(texts, known, uncalculated) if is_blanked() else []
            remarks += _lost_digits(texts, rows, limits)
            grid = Grid(name, meta.name, True, texts, known.merges)
            remarks += hide(texts, known.merges, grid.address, rows=known.rows, columns=known.columns)
            remarks += beside_the_cells(archive, parts[meta.name], sheet)
            grid.margins = printed_margins(sheet)
            grid.remarks = tuple(remarks)
            grids.append(grid)
    if unseen:
        first = grids[0] if grids else Grid(name, unseen[0].text, True, [])
        first.remarks = (*unseen, *first.remarks)
        grids = grids or [first]
    return grids


def _written(value: Any, shown: NumberFormat, is_1904: bool) -> str:
    if shown.is_date and isinstance(value, int | float):
        value = from_serial(value, is_1904=is_1904)
    return written(value, shown=shown)


def _as_seen(
    texts: list[list[str]], rows: list[list[Any]], known: Sheet, styles: Styles, *, has_pictures: bool, is_covered: bool
) -> list[Remark]:
    """Bring the texts of a sheet to what a reader sees; return what was left out."""
    remarks: list[Remark] = []

    def blank(row: int, column: int, kind: str) -> None:
        remarks.append(remark(kind, f"{column_letters(column)}{row + 1}", texts[row][column].strip()))
        texts[row][column] = ""

    for (row, column), text in known.mistakes.items():
        if row < len(texts) and column < len(texts[row]):
            texts[row][column] = text
            if text == PICTURE:
                blank(row, column, "picture")
    for (row, column), (text, left) in known.changed.items():
        if row < len(texts) and column < len(texts[row]):
            whole, texts[row][column] = texts[row][column], text
            remarks += part_remarks(f"{column_letters(column)}{row + 1}", whole, left)
    for row, column, style in known.styled:
        if row >= len(texts) or column >= len(texts[row]) or not texts[row][column].strip():
            continue
        value = rows[row][column]
        if style in styles.struck:
            if (row, column) in known.rich:
                continue
            blank(row, column, "struck")
        elif style in styles.blind and is_blind(value, styles.blind[style]):
            blank(row, column, "hidden_cell")
        elif style in styles.pale and not is_covered:
            blank(row, column, "hidden_color")
        elif style in styles.fonts and value.__class__ is str and (row, column) not in known.changed:
            texts[row][column] = shown_signs(texts[row][column], styles.fonts[style])
    for row, cells in enumerate(texts if has_pictures else []):
        for column, text in enumerate(cells):
            if is_picture(text):
                blank(row, column, "picture")
    return remarks


def _uncalculated(known: Sheet, rows: list[list[Any]], *, is_asking: bool) -> list[Position]:
    """Return the formulas whose stored value stands for nothing: blank, or a 0 that the formula does not give."""
    missing = []
    for (row, column), (formula, kind) in known.formulas.items():
        if row in known.rows or column in known.columns:
            continue
        if kind == b"0":
            given = work_out(formula, rows, known.all_formulas) if formula else None
            if given is None and not is_asking:
                continue
            if given is not None and abs(given) < 1e-9:
                continue
        missing.append((row, column))
    return missing


def _told_formulas(texts: list[list[str]], known: Sheet, uncalculated: list[Position]) -> list[Remark]:
    """Blank the formulas that nobody calculated, and say of every formula how it was read."""
    told = []
    for (row, column), formula in {**dict.fromkeys(uncalculated, ""), **known.all_formulas}.items():
        kind = "uncalculated" if (row, column) in uncalculated else "formula"
        told.append(remark(kind, _at(row, column), formula))
        if kind == "uncalculated" and 0 <= row < len(texts) and column < len(texts[row]):
            texts[row][column] = ""
    return told


def _at(row: int, column: int) -> str:
    return f"{column_letters(column)}{row + 1}" if row >= 0 else "?"


def _lost_digits(texts: list[list[str]], rows: list[list[Any]], limits: Limits) -> list[Remark]:
    """Blank the numbers that have lost their last digits, and say of each that it is not read."""
    largest = 10**limits.digits
    told = []
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            is_large = value.__class__ is float and not -largest < value < largest
            if is_large and has_lost_digits(value, limits.digits):
                told.append(remark("lost_digits", _at(row, column), texts[row][column]))
                texts[row][column] = ""
    return told


def _strings(archive: Archive, styles: Styles) -> dict[int, tuple[str, list[tuple[str, str]], Any]]:
    """Return the shared strings whose runs must be looked at, by their number, with their element."""
    part = "xl/sharedstrings.xml"
    if part not in archive.lowered or not (styles.struck or is_odd(archive.read(archive.find(part)))):
        return {}
    items = archive.tree(archive.find(part)).findall(f"{_S}si")
    return {number: (*run_text(item), item) for number, item in enumerate(items)}


def _sheet(
    content: bytes,
    styles: Styles,
    strings: dict[int, tuple[str, list[tuple[str, str]], Any]],
    name: str,
    sheet: str,
    limits: Limits,
) -> Sheet:
    """Look over the XML of one sheet: its true size, merges, number formats, formulas, and what cannot be seen."""
    cells = [cell for cell in _cells(content) if not cell[4]]
    last_row = max(map(int, {cell[1] for cell in cells}), default=0)
    last_column = max(map(column_number, {cell[0] for cell in cells}), default=-1) + 1
    merges = [
        (int(top) - 1, column_number(left), int(bottom or top) - 1, column_number(right or left))
        for left, top, right, bottom in _MERGE.findall(content)
    ]
    check_size(last_row, last_column, merges, name=name, sheet=sheet, limit=limits.cells)
    formulas, all_formulas = _formulas(content) if b"<f" in content or b":f" in content else ({}, {})
    formats = styles.formats
    shown = {
        (int(row) - 1, column_number(letters)): formats[style]
        for letters, row, style, kind, _ in (cells if formats else [])
        if style in formats and kind in {b"", b"n"}
    }
    styled = []
    if not styles.is_plain:
        odd = styles.struck | styles.pale | styles.fonts.keys() | styles.blind.keys()
        styled = [(int(row) - 1, column_number(letters), style) for letters, row, style, _, _ in cells if style in odd]
    mistakes = {}
    for attributes, text in _MISTAKE.findall(content) if b't="e"' in content or b"t='e'" in content else []:
        found = re.search(rb"""r=["']([A-Z]{1,3})(\d{1,7})["']""", attributes)
        if found:
            is_picture = re.search(rb"\bvm=", attributes) and b"#VALUE!" in text
            mistakes[int(found[2]) - 1, column_number(found[1])] = PICTURE if is_picture else text.decode()
    is_own = any(map(content.__contains__, _OWN_TEXTS)) and is_odd(content)
    changed, rich = _changed(content, strings, styles) if strings or styles.struck or is_own else ({}, set())
    rows, columns = _hidden(content)
    return Sheet(shown, merges, mistakes, changed, rich, styled, rows, columns, formulas, all_formulas)


def _changed(
    content: bytes, strings: dict[int, tuple[str, list[tuple[str, str]], Any]], styles: Styles
) -> tuple[dict[tuple[int, int], tuple[str, list[tuple[str, str]]]], set[tuple[int, int]]]:
    """Return the cells whose text must be put together run by run, and which of them have runs."""
    from lxml import etree

    changed, rich = {}, set()
    row = column = 0
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    for node in etree.fromstring(content.replace(STRICT_SHEETS, _S[1:-1].encode()), parser).iter(f"{_S}row", f"{_S}c"):
        if node.tag == f"{_S}row":
            row, column = int(node.get("r", row + 1)), 0
            continue
        found = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", node.get("r", ""))
        column = column_number(found[1].encode()) + 1 if found else column + 1
        place = (int(found[2]) if found else row) - 1, column - 1
        font = styles.fonts.get(node.get("s", "").encode(), "")
        is_struck_cell = node.get("s", "").encode() in styles.struck
        kind = node.get("t")
        if kind == "s" and strings:
            stored = node.find(f"{_S}v")
            number = int(stored.text) if stored is not None and (stored.text or "").strip().isdigit() else -1
            if number in strings:
                text, left, item = strings[number]
                again = font or is_struck_cell
                changed[place] = run_text(item, font, is_struck_cell=is_struck_cell) if again else (text, left)
                rich |= {place} if is_rich(item) else set()
        elif kind == "inlineStr" and node.find(f"{_S}is") is not None:
            item = node.find(f"{_S}is")
            changed[place] = run_text(item, font, is_struck_cell=is_struck_cell)
            rich |= {place} if is_rich(item) else set()
        elif kind == "str" and node.find(f"{_S}v") is not None:
            changed[place] = shown_signs(unescaped(node.find(f"{_S}v").text or ""), font), []
    return changed, rich


def _hidden(content: bytes) -> tuple[dict[int, str], set[int]]:
    """Return the hidden rows, with the kind of remark that says why, and the hidden columns."""
    columns = set()
    if b"<col" in content or b":col" in content:
        for found in _COLUMN.findall(content[: content.find(b"sheetData") + 1] or content):
            if _HIDES.search(found):
                limits = dict(re.findall(rb"""\b(min|max)\s*=\s*["'](\d+)["']""", found))
                first, last = int(limits.get(b"min", b"1")), int(limits.get(b"max", b"1"))
                columns |= set(range(first - 1, min(last, 16_384)))
    rows = {}
    if b"hidden" in content or b' ht="0' in content or b" ht='0" in content:
        filtered = [
            (int(top), int(bottom)) for top, bottom, inner in _FILTER.findall(content) if b"filterColumn" in inner
        ]
        for row in map(int, _ROW.findall(content)):
            is_filtered = any(top <= row <= bottom for top, bottom in filtered)
            rows[row - 1] = "filtered_row" if is_filtered else "hidden_row"
    return rows, columns


def _cells(content: bytes) -> Cells:
    cells: Cells = _CELL.findall(content)
    is_usual = len(cells) == content.count(b"<c ") and b":c " not in content
    if is_usual and (
        (content.count(b"<c") == len(cells) + content.count(b"<col") and b":c" not in content)  # no other begins so
        or not any(start in content for start in _OTHER_CELLS)
    ):
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


def _formulas(
    content: bytes,
) -> tuple[dict[tuple[int, int], tuple[str, bytes]], dict[tuple[int, int], str]]:
    """Return the formulas whose stored value may stand for nothing, and the text of every formula."""
    doubtful: dict[tuple[int, int], tuple[str, bytes]] = {}
    texts: dict[tuple[int, int], str] = {}
    for number, (cell, _, text, value) in enumerate(_WRITTEN.findall(content)):
        attributes = dict(_ATTRIBUTE.findall(b" " + cell))
        found = re.fullmatch(rb"([A-Z]{1,3})(\d{1,7})", attributes.get(b"r", b""))
        place = (int(found[2]) - 1, column_number(found[1])) if found else (-1 - number, 0)
        formula = html.unescape(text.decode("utf-8", "replace"))
        if formula:
            texts[place] = formula
        if not value:
            if attributes.get(b"t") != b"str" or is_arithmetic(formula):  # a text formula may well give an empty text
                doubtful[place] = formula, b""
        elif _ZERO.fullmatch(value) and attributes.get(b"t", b"n") == b"n":
            doubtful[place] = formula, b"0"
    return doubtful, texts


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
