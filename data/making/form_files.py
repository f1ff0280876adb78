"""Paint the grids of the forms as worksheets and Word tables; the same content makes the same bytes."""

import zipfile
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path

import xlsxwriter
from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table, _Row
from docx.text.paragraph import Paragraph
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from form_layouts import LEFT, UP, Figure, Grid, SelfForm, Value, WordTable, merged_extent, self_form_grid
from jixiao.publish.forms.slots import text_lines

FIXED_TIME = datetime(2026, 11, 21)
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
FONT = "宋体"
PAGE_WIDTH_CM = 25.7  # A4 landscape less two margins of 2 cm
PORTRAIT_WIDTH_CM = 16.0  # A4 less two margins of 2.5 cm


def new_workbook(path: Path) -> xlsxwriter.Workbook:
    """Open a new workbook whose bytes depend on its content only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"created": FIXED_TIME})
    book.formats[0].set_font_name(FONT)
    return book


def new_sheet(
    book: xlsxwriter.Workbook, name: str, widths: Sequence[float], page_header: str = "", pages_tall: int = 0
) -> Worksheet:
    """Add a worksheet that prints on A4 landscape, one page wide and as many tall as needed (0)."""
    sheet = book.add_worksheet(name)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, pages_tall)
    sheet.set_margins(0.5, 0.5, 0.6, 0.6)
    sheet.center_horizontally()
    sheet.set_header(f"&C{page_header}" if page_header else "")
    sheet.ignore_errors({"number_stored_as_text": "A1:Z400"})
    return sheet


def write_line(
    book: xlsxwriter.Workbook,
    sheet: Worksheet,
    row: int,
    text: str,
    last_column: int,
    title: bool = False,
    align: str = "center",
) -> None:
    """Write a line without borders across the form: its title, its year or a note."""
    size, height = (16, 28) if title else (10.5, 18)
    style = book.add_format(
        {"font_name": FONT, "font_size": size, "bold": title, "align": align, "valign": "vcenter", "text_wrap": True}
    )
    sheet.merge_range(row, 0, row, last_column, text, style)
    sheet.set_row(row, height)


def paint_grid(
    book: xlsxwriter.Workbook,
    sheet: Worksheet,
    top: int,
    grid: Grid,
    widths: Sequence[float],
    header_rows: int = 0,
    left_columns: Sequence[int] = (),
) -> int:
    """Write a grid with borders from row ``top`` (from 0) on; returns the first row below it.

    Texts are centred, except in ``left_columns`` below the header and where they need several lines.
    """
    styles: dict[tuple[str, str, bool], Format] = {}
    if header_rows:
        sheet.repeat_rows(top, top + header_rows - 1)
    for row, cells in enumerate(grid):
        height = 1
        for column, value in enumerate(cells):
            if value in (LEFT, UP):
                continue
            down, right = merged_extent(grid, row, column)
            text = value if isinstance(value, str) else ""
            lines = text_lines(text, sum(widths[column : column + right + 1]))
            is_name = column in left_columns and row >= header_rows and not right
            is_long = row >= header_rows and lines > 1 + text.count("\n")
            align = "left" if is_name or is_long else "center"
            key = (value.number_format if isinstance(value, Figure) else "", align, row < header_rows)
            if key not in styles:
                styles[key] = book.add_format(_cell_properties(*key))
            _write_cell(sheet, (top + row, column, top + row + down, column + right), value, styles[key])
            if down == 0:
                height = max(height, lines)
        sheet.set_row(top + row, 6 + 14 * height)
    return top + len(grid)


def _cell_properties(number_format: str, align: str, is_header: bool) -> dict[str, object]:
    """Properties of a bordered cell."""
    properties: dict[str, object] = {
        "font_name": FONT,
        "font_size": 10.5,
        "border": 1,
        "text_wrap": True,
        "valign": "vcenter",
        "align": align,
        "bold": is_header,
    }
    if number_format:
        properties["num_format"] = number_format
    if number_format.startswith("#"):  # amounts of an account line up on the right
        properties["align"] = "right"
    return properties


def _write_cell(sheet: Worksheet, area: tuple[int, int, int, int], value: Value, style: Format) -> None:
    """Write one cell or merged area; a text stays a text, a number a number."""
    content = value.value if isinstance(value, Figure) else value
    if area[:2] != area[2:]:
        sheet.merge_range(*area, "" if content is None else content, style)
    elif content is None:
        sheet.write_blank(area[0], area[1], None, style)
    elif isinstance(content, str):
        sheet.write_string(area[0], area[1], content, style)
    else:
        sheet.write_number(area[0], area[1], content, style)


def write_self_form(path: Path, form: SelfForm) -> None:
    """Write a self-evaluation form as a workbook with one sheet."""
    widths = [7, 13, 21, 34, 14, 14, 10, 10, 30]
    with new_workbook(path) as book:
        sheet = new_sheet(book, "项目支出绩效自评表", widths, form.page_header, pages_tall=1)
        write_line(book, sheet, 0, "项目支出绩效自评表", 8, title=True)
        write_line(book, sheet, 1, f"({form.year}年度)", 8)
        paint_grid(book, sheet, 2, self_form_grid(form), widths)


def write_report(path: Path, heading: str, tables: Sequence[WordTable], note: str = "") -> None:
    """Write a Word report: a heading, then captioned tables."""
    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
    for name, size in (("Normal", 10.5), ("Heading 1", 16), ("Caption", 12)):
        _set_font(document, name, size)
    document.add_paragraph(heading, style="Heading 1").alignment = WD_ALIGN_PARAGRAPH.CENTER
    if note:
        document.add_paragraph(note)
    for table in tables:
        _add_table(document, table)
    _save_document(document, path)


def write_whole_report(path: Path, title: str, lines: Sequence[dict[str, str]], tables: Sequence[WordTable]) -> None:
    """Write a whole report (评价报告全文) as a unit does in Word: headings as styles, its tables at the end."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.5)
    for name, size in (
        ("Normal", 12),
        ("Title", 18),
        *((f"Heading {level}", 12) for level in (1, 2, 3)),
        ("Caption", 12),
    ):
        _set_font(document, name, size)
    document.add_paragraph(title, style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in lines:
        ((kind, text),) = line.items()
        written = document.add_paragraph(text, style=f"Heading {kind[1]}" if kind[0] == "h" else "Normal")
        if kind == "sign":
            written.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph("附件")
    for table in tables:
        _add_table(document, table, width=PORTRAIT_WIDTH_CM)
    _save_document(document, path)


def _set_font(document: WordDocument, style_name: str, size: float) -> None:
    """Give a style the form's font, in black."""
    style = document.styles[style_name]
    style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(size), RGBColor(0, 0, 0)
    fonts = style.element.rPr.rFonts
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), FONT)


def _add_table(document: WordDocument, content: WordTable, width: float = PAGE_WIDTH_CM) -> None:
    """Add the caption paragraph and the table, merged as the grid says."""
    caption = document.add_paragraph(content.caption, style="Caption")
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_before = Pt(12)
    table = document.add_table(len(content.grid), len(content.widths), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    unit = width / sum(content.widths)
    for grid_column, share in zip(table.columns, content.widths, strict=True):
        grid_column.width = Cm(share * unit)
    for number, (row, values) in enumerate(zip(table.rows, content.grid, strict=True)):
        for column, (cell, value, share) in enumerate(zip(row.cells, values, content.widths, strict=True)):
            cell.width = Cm(share * unit)
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            if value is not None and value not in (LEFT, UP):
                _write_word_cell(
                    cell.paragraphs[0], str(value), number < content.header_rows, column in content.left_columns
                )
        _mark_row(row, number < content.header_rows)
    _merge_cells(table, content.grid)


def _write_word_cell(paragraph: Paragraph, text: str, is_header: bool, is_left: bool) -> None:
    """Write the text of a cell; headers are bold and centred."""
    paragraph.add_run(text).bold = is_header
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
    if is_header or not is_left:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _mark_row(row: _Row, is_header: bool) -> None:
    """Keep a row on one page; repeat a header row on every page."""
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if is_header:
        properties.append(OxmlElement("w:tblHeader"))


def _merge_cells(table: Table, grid: Grid) -> None:
    """Merge the cells of a Word table (gridSpan and vMerge)."""
    for row, cells in enumerate(grid):
        for column, value in enumerate(cells):
            down, right = (0, 0) if value in (LEFT, UP) else merged_extent(grid, row, column)
            if down or right:
                table.cell(row, column).merge(table.cell(row + down, column + right))


def _save_document(document: WordDocument, path: Path) -> None:
    """Save a Word file with fixed times inside and in its archive."""
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "", "", ""
    properties.created = properties.modified = FIXED_TIME
    raw = BytesIO()
    document.save(raw)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            new.writestr(entry, old.read(name))
