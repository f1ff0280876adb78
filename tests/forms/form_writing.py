"""Write the pages of the corpus as files: workbooks, Word documents, text files, and what LibreOffice makes of them."""

import csv
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import xlsxwriter
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from form_pages import DATE_FORMAT, Page

from form_files import FIXED_TIME, FONT, _merge_cells, _save_document, _set_font
from form_layouts import LEFT, UP, Figure, Grid, Value, merged_extent
from jixiao.publish.forms.slots import text_lines

CONVERTED = {
    ".xls": ("xlsx", "xls"),
    ".et": ("xlsx", "xls"),
    ".ods": ("xlsx", "ods"),
    ".pdf": ("xlsx", "pdf"),
    ".doc": ("docx", "doc"),
    ".wps": ("docx", "doc"),
}
"""What a file of this kind is made from, and the name of its kind for LibreOffice."""
PAGE_CM = 25.7
PDF_FONT = "Noto Sans CJK SC"


def shown(value: Value) -> str:
    """Return a cell as a reader sees it."""
    if value is None or value in (LEFT, UP):
        return ""
    if isinstance(value, Figure):
        if value.number_format == DATE_FORMAT:
            from datetime import date, timedelta

            day = date(1899, 12, 30) + timedelta(days=int(value.value))
            return f"{day.year}年{day.month}月{day.day}日"
        if "%" in value.number_format:
            places = len(value.number_format.partition(".")[2].rstrip("%"))
            return f"{Decimal(str(value.value)) * 100:.{places}f}%"
        if value.number_format.startswith("#"):
            return f"{Decimal(str(value.value)):,.2f}"
        if set(value.number_format) == {"0"}:
            return f"{int(value.value):0{len(value.number_format)}d}"
        return f"{Decimal(str(value.value)):.{len(value.number_format.partition('.')[2])}f}"
    if isinstance(value, float):
        return f"{Decimal(str(value)).normalize():f}"
    return str(value)


def write_workbook(path: Path, sheets: Sequence[dict[str, Any]]) -> None:
    """Write sheets of stacked pages; ``edge`` leaves the first row and column empty."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"created": FIXED_TIME})
    book.formats[0].set_font_name(FONT)
    for spec in sheets:
        sheet = book.add_worksheet(spec["name"])
        edge = 1 if spec.get("edge") else 0
        widths = max((page.widths for page in spec["pages"]), key=len, default=[90.0])
        for column, width in enumerate(widths):
            sheet.set_column(column + edge, column + edge, width)
        if edge:
            sheet.set_column(0, 0, 1.5)
            sheet.set_row(0, 6)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.ignore_errors({"number_stored_as_text": "A1:Z400"})
        if spec.get("page_header"):
            font = f'&"{spec.get("font", FONT)},Regular"'
            sheet.set_header(f"&C{font}{spec['page_header']}")
            sheet.set_footer(f"&C{font}第 &P 页　共 &N 页")
        row = edge
        for number, page in enumerate(spec["pages"]):
            row = _paint_page(book, sheet, row + 2 * (number > 0), edge, page, spec)
        for line in spec.get("lines", []):
            sheet.write_string(row, edge, line, book.add_format({"font_name": FONT, "text_wrap": True}))
            row += 1
    book.close()


def _paint_page(book: Any, sheet: Any, row: int, edge: int, page: Page, spec: dict[str, Any]) -> int:
    """Paint one page from a row on; rows of a ``tall`` sheet run over several printed pages."""
    last = edge + len(page.widths) - 1
    for text, align, size in [(page.title, "center", 16), *[(text, align, 10.5) for text, align in page.lines]]:
        style = book.add_format({"font_name": spec.get("font", FONT), "font_size": size, "align": align})
        style.set_bold(size > 11 and not spec.get("plain"))
        style.set_align("vcenter")
        sheet.merge_range(row, edge, row, last, text, style)
        sheet.set_row(row, 28 if size > 11 else 18)
        row += 1
    if spec.get("repeat_header"):
        sheet.repeat_rows(row + page.header, row + page.header)
    for number, cells in enumerate(page.grid):
        height = 1
        for column, value in enumerate(cells):
            if value in (LEFT, UP):
                continue
            down, right = merged_extent(page.grid, number, column)
            area = (row + number, edge + column, row + number + down, edge + column + right)
            style = book.add_format(
                {"font_name": spec.get("font", FONT), "font_size": 10.5, "border": 1, "text_wrap": True}
            )
            style.set_align("vcenter")
            style.set_align("center")
            if isinstance(value, Figure):
                style.set_num_format(value.number_format)
            content = value.value if isinstance(value, Figure) else value
            if area[:2] != area[2:]:
                sheet.merge_range(*area, "" if content is None else content, style)
            elif content is None:
                sheet.write_blank(area[0], area[1], None, style)
            else:
                sheet.write(area[0], area[1], content, style)
            if not down and isinstance(value, str):
                height = max(height, text_lines(value, sum(page.widths[column : column + right + 1])))
        sheet.set_row(row + number, max(6 + 14 * height, 46 if spec.get("tall") else 0))
    row += len(page.grid)
    for note in page.notes:
        sheet.merge_range(
            row, edge, row, last, note, book.add_format({"font_name": spec.get("font", FONT), "font_size": 9})
        )
        row += 1
    return row


def write_document(path: Path, sheets: Sequence[dict[str, Any]]) -> None:
    """Write pages as tables of a Word document; a table may be split in two or stand inside a cell of another."""
    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
    _set_font(document, "Normal", 10.5)
    if any("font" in spec for spec in sheets):
        fonts = document.styles["Normal"].element.rPr.rFonts
        for script in ("ascii", "hAnsi", "eastAsia"):
            fonts.set(qn(f"w:{script}"), PDF_FONT)
    for spec in sheets:
        if spec.get("page_header"):
            section.header.paragraphs[0].text = spec["page_header"]
        for line in spec.get("lines", []):
            document.add_paragraph(line)
        for page in spec["pages"]:
            if page.title:
                heading = document.add_paragraph()
                heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
                run = heading.add_run(page.title)
                run.bold, run.font.size = not spec.get("plain"), Pt(16)
            for text, align in page.lines:
                paragraph = document.add_paragraph(text)
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if align == "right" else WD_ALIGN_PARAGRAPH.CENTER
            container: Any = document
            if spec.get("nested"):
                outer = document.add_table(1, 1)
                container = outer.cell(0, 0)
            for grid in _split_grid(page, spec.get("split", "")):
                add_table(container, grid, page.widths)
                if spec.get("split"):
                    document.add_page_break()
            if not spec.get("split"):  # a table at the very end is lost in a Word 97 file
                document.add_paragraph()
            for note in page.notes:
                document.add_paragraph(note)
    _save_document(document, path)


def _split_grid(page: Page, how: str) -> list[Grid]:
    """Return the parts of a table that is broken over a page, with or without its header printed again."""
    if not how:
        return [page.grid]
    cut = page.header + 1 + (len(page.grid) - page.header) // 2
    first, rest = page.grid[:cut], [list(row) for row in page.grid[cut:]]
    for column in range(len(page.widths)):  # a merge goes on below the break as a cell of its own
        if rest[0][column] == UP:
            above = cut
            while page.grid[above][column] == UP:
                above -= 1
            rest[0][column] = page.grid[above][column] if how == "header" else None
    return [first, [page.grid[page.header], *rest] if how == "header" else rest]


def add_table(container: Any, grid: Grid, widths: Sequence[float]) -> None:
    """Add one table to a document or to a cell, merged as the grid says."""
    table = container.add_table(len(grid), len(widths))
    table.style = "Table Grid"
    table.autofit = False
    unit = PAGE_CM / sum(widths)
    for grid_column, width in zip(table.columns, widths, strict=True):
        grid_column.width = Cm(width * unit)
    cells = table._cells
    for row, values in enumerate(grid):
        for column, value in enumerate(values):
            cell = cells[row * len(widths) + column]
            cell.width = Cm(widths[column] * unit)
            text = shown(value)
            if text:
                cell.paragraphs[0].add_run(text)
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    _merge_cells(table, grid)


def text_rows(pages: Sequence[Page]) -> list[list[str]]:
    """Return stacked pages as rows of text; a merge keeps its text in the first cell, as an export does."""
    rows: list[list[str]] = []
    for page in pages:
        width = len(page.widths)
        for text in [page.title, *[text for text, _ in page.lines]]:
            rows.append([text, *[""] * (width - 1)])
        rows += [[shown(value) for value in row] for row in page.grid]
        rows += [[note, *[""] * (width - 1)] for note in page.notes]
    return rows


def write_text(path: Path, pages: Sequence[Page], encoding: str) -> None:
    """Write pages as .csv or .tsv in one encoding."""
    out = StringIO()
    separator = "\t" if path.suffix == ".tsv" else ","
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(text_rows(pages))
    path.write_bytes(out.getvalue().encode(encoding))


def write_file(path: Path, sheets: Sequence[dict[str, Any]], encoding: str, *, via: str = "") -> None:
    """Write one file of the corpus, through LibreOffice where its kind needs that."""
    kind = path.suffix
    if kind in (".csv", ".tsv"):
        write_text(path, [page for spec in sheets for page in spec["pages"]], encoding)
    elif kind == ".xlsx":
        write_workbook(path, sheets)
    elif kind == ".docx":
        write_document(path, sheets)
    else:
        origin, target = CONVERTED[kind]
        if kind == ".pdf":  # bold or Latin letters of another font would be embedded too
            sheets = [spec | {"plain": True, "font": PDF_FONT} for spec in sheets]
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / f"form.{via or origin}"
            write_file(made, sheets, encoding)
            shutil.copyfile(convert(made, target, Path(folder)), path)


def convert(path: Path, target: str, folder: Path) -> Path:
    """Convert one file with LibreOffice in a profile of its own."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", target, "--outdir", str(folder / "out"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / "out" / f"{path.stem}.{target}"
