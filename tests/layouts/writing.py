"""Write a layout as a file of some kind: a workbook, a document, separated values, a web page."""

from __future__ import annotations

import csv
import io
from html import escape
from pathlib import Path

import xlsxwriter
from docx import Document

from layouts.generator import Layout

KINDS = ("xlsx", "xlsx", "xlsx", "docx", "csv", "html")


def write_layout(layout: Layout, folder: Path, kind: str) -> Path:
    """Write a layout into its folder and return the path."""
    place = folder / layout.folder
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{Path(layout.file).stem}.{kind}"
    {"xlsx": _workbook, "docx": _document, "csv": _values, "html": _page}[kind](layout, path)
    return path


def _workbook(layout: Layout, path: Path) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Sheet1")
        for top, left, bottom, right, text in layout.cells:
            if (top, left) != (bottom, right):
                sheet.merge_range(top, left, bottom, right, text)
            elif text and text.replace(".", "", 1).isdigit():
                sheet.write_number(top, left, float(text))
            elif text:
                sheet.write_string(top, left, text)


def _document(layout: Layout, path: Path) -> None:
    document = Document()
    table = document.add_table(layout.height, layout.width)
    table.style = "Table Grid"
    cells = table._cells
    for top, left, bottom, right, text in layout.cells:
        first = cells[top * layout.width + left]
        if (top, left) != (bottom, right):
            first = first.merge(cells[bottom * layout.width + right])
        first.text = text
    document.save(str(path))


def _values(layout: Layout, path: Path) -> None:
    rows = [[""] * layout.width for _ in range(layout.height)]
    for top, left, _, _, text in layout.cells:
        rows[top][left] = text
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8-sig")


def _page(layout: Layout, path: Path) -> None:
    lines = ["<html><head><meta charset='utf-8'></head><body><table>"]
    for row in range(layout.height):
        cells = sorted(cell for cell in layout.cells if cell[0] == row)
        filled = {
            column
            for top, left, bottom, right, _ in layout.cells
            if top <= row <= bottom
            for column in range(left, right + 1)
        }
        texts = {
            left: f"<td rowspan='{bottom - top + 1}' colspan='{right - left + 1}'>{escape(text)}</td>"
            for top, left, bottom, right, text in cells
        }
        texts |= {column: "<td></td>" for column in range(layout.width) if column not in filled}
        lines.append("<tr>" + "".join(texts[column] for column in sorted(texts)) + "</tr>")
    path.write_text("\n".join([*lines, "</table></body></html>"]), encoding="utf-8")
