"""Paint a laid-out form as a workbook (.xlsx): merged cells, print setup, formulas with their results, validation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jixiao.core.errors import FormError
from jixiao.core.harmless import harmless
from jixiao.publish.forms.slots import LINE_POINTS, LaidOut, Rule, Slot, text_lines
from jixiao.show.workbook import Styles

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MAX_TEXT = 32_767
"""Characters a cell of a workbook holds, a character outside the basic plane counting two."""
MAX_HEIGHT = 409
"""Points a row of a workbook can be high."""
BOOK_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""A text of the data stays a text."""
_ROOM = 6


def paint_workbook(form: LaidOut, path: Path) -> list[int]:
    """Write a laid-out form as a workbook with one sheet (写成 Excel 工作簿).

    Returns:
        The rows (from 1) whose text needs more height than a workbook allows.

    Raises:
        FormError: A text is longer than a cell can hold; it is never cut.
    """
    import xlsxwriter

    for slot in form.slots:
        length = text_length(slot.text)
        if length > MAX_TEXT:
            raise FormError(
                path.name,
                f"一段文字有{length}个字符",
                f"Excel 单元格最多{MAX_TEXT}个字符，请缩短，或改写为 .docx",
                place=f"单元格 {slot.address}",
            )
    with xlsxwriter.Workbook(str(path), BOOK_OPTIONS) as book:
        book.formats[0].set_font_name(form.layout.page.font)
        return paint_sheet(form, book)


def text_length(text: str) -> int:
    """Return the length of a text as a workbook counts it (字符数).

    Example:
        >>> text_length("甲"), text_length("😀")
        (1, 2)
    """
    return len(text.encode("utf-16-le")) // 2


def paint_sheet(form: LaidOut, book: Workbook) -> list[int]:
    """Add a laid-out form to a workbook as a sheet (写成一张工作表).

    Returns:
        The rows (from 1) whose text needs more height than a workbook allows.
    """
    sheet = book.add_worksheet(form.layout.title)
    _set_page(form, sheet)
    styles = Styles(book)
    for slot in form.slots:
        _write_slot(sheet, slot, _style(form, slot, styles))
        if slot.rule is not None:
            _add_rule(sheet, slot, slot.rule)
    if form.alarm:
        area, condition = form.alarm
        red = styles.of("alarm")
        locked = "".join(f"${part}" for part in _split(condition.partition("<>")[0]))
        rule = {"type": "formula", "criteria": f"={locked}<>{condition.partition('<>')[2]}", "format": red}
        sheet.conditional_format(area, rule)
    if form.is_template:
        allowed = ("format_cells", "format_rows", "format_columns", "insert_rows", "delete_rows")
        sheet.protect("", dict.fromkeys(allowed, True))
    heights, tall = row_heights(form)
    for row, height in enumerate(heights):
        sheet.set_row(row, height)
    return tall


def _split(address: str) -> tuple[str, str]:
    letters = address.rstrip("0123456789")
    return letters, address[len(letters) :]


def _set_page(form: LaidOut, sheet: Worksheet) -> None:
    """Set the page: A4 landscape, one page wide, the header of the indicators on every page."""
    for column, width in enumerate(form.layout.widths):
        sheet.set_column(column, column, float(width))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.center_horizontally()
    sheet.repeat_rows(form.header_row)
    sheet.print_area(0, 0, form.height - 1, len(form.layout.widths) - 1)
    sheet.set_footer(f"&C{form.layout.page.footer}")
    sheet.ignore_errors({"number_stored_as_text": f"A1:Z{form.height}"})
    sheet.hide_gridlines(2)


def _style(form: LaidOut, slot: Slot, styles: Styles) -> Format:
    """Return the format of a cell."""
    is_title, page = slot.role == "title", form.layout.page
    pieces = ["left" if slot.is_left else "centred", "middle", "wrapped"]
    pieces += ["bold"] if slot.role in {"title", "label"} else []
    pieces += [] if slot.role in {"title", "line"} else ["framed"]
    pieces += ["locked"] if form.is_template and slot.role in {"entry", "check"} and not slot.is_open else []
    more: dict[str, Any] = {"num_format": slot.number_format} if slot.number_format else {}
    size = float(page.title_size if is_title else page.text_size)
    return styles.of(*pieces, font_name=page.font, font_size=size, locked=not slot.is_open, **more)


def _write_slot(sheet: Worksheet, slot: Slot, style: Format) -> None:
    """Write one cell: a formula of ours with its result, an exact number, or a text that stays a text."""
    at = (slot.row, slot.column)
    if slot.rows > 1 or slot.columns > 1:
        sheet.merge_range(*at, slot.row + slot.rows - 1, slot.column + slot.columns - 1, "", style)
    if slot.formula:
        # An empty result would be written as if it had never been calculated; a blank is marked as text.
        blank = slot.text or " "
        sheet.write_formula(*at, slot.formula, style, blank if slot.number is None else float(slot.number))
    elif slot.number is not None:
        sheet.write_number(*at, float(slot.number), style)
    else:
        write_text(sheet, at, slot.text, style)


def write_text(sheet: Worksheet, at: tuple[int, int], text: str, style: Format) -> None:
    """Write a text that stays a text, whatever it looks like (写入文字)."""
    text = harmless(text)
    if not text:
        sheet.write_blank(*at, None, style)
    elif text.startswith("<r>"):  # the library takes such a text for its own markup, in fragments it does not
        sheet.write_rich_string(*at, text[:1], text[1:2], text[2:], style)
    else:
        sheet.write_string(*at, text, style)


def _add_rule(sheet: Worksheet, slot: Slot, rule: Rule) -> None:
    """Add what may be typed into a cell, its hint and what is said when it is refused."""
    options: dict[str, Any] = {"input_title": rule.hint.title, "input_message": rule.hint.text, "validate": "any"}
    limit = f"={rule.limit}" if rule.limit[:1].isalpha() else float(rule.limit or 0)
    if rule.kind == "list":
        options |= {"validate": "list", "source": list(rule.choices), "error_type": "warning"}
    elif rule.kind == "at_least_zero":
        options |= {"validate": "decimal", "criteria": ">=", "value": 0}
    elif rule.kind == "between":
        options |= {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": limit}
    if rule.refusal is not None:
        options |= {"error_title": rule.refusal.title, "error_message": rule.refusal.text}
    elif rule.kind != "any":
        options["show_error"] = False
    sheet.data_validation(slot.row, slot.column, slot.row, slot.column, options)


def row_heights(form: LaidOut) -> tuple[list[float], list[int]]:
    """Return the height of every row in points (行高), and the rows (from 1) that would need more than allowed.

    A workbook does not grow a row for a merged cell, so the height comes from the texts.
    """
    widths = [float(width) for width in form.layout.widths]
    heights = [float(LINE_POINTS + _ROOM)] * form.height
    shares: list[tuple[Slot, float]] = []
    for slot in form.slots:
        size = 2 if slot.role == "title" else 1
        lines = text_lines(slot.text, sum(widths[slot.column : slot.column + slot.columns]) / size)
        lines = max(lines, slot.lines)
        needed = float(_ROOM + LINE_POINTS * lines * size)
        if slot.rows == 1:
            heights[slot.row] = max(heights[slot.row], needed)
        else:
            shares.append((slot, needed))
    for slot, needed in shares:
        below = range(slot.row, slot.row + slot.rows)
        missing = needed - sum(heights[row] for row in below)
        for row in below if missing > 0 else ():
            heights[row] += missing / slot.rows
    tall = [row for row, height in enumerate(heights, 1) if height > MAX_HEIGHT]
    return [min(height, MAX_HEIGHT) for height in heights], tall
