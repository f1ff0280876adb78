"""Compare the texts of a committed file with its pages, with libraries of the formats and not with the reader."""

import csv
import re
import shutil
import tempfile
import unicodedata
import zipfile
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from defusedxml import ElementTree
from form_pages import DATE_FORMAT
from form_writing import convert, shown

from form_layouts import LEFT, UP, Figure, Value

WORKBOOKS = (".xlsx", ".xls", ".et")
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LARGEST = 60 * 1024
ENCODINGS = ("utf-8-sig", "gb18030")


def squeeze(text: str) -> str:
    """Return a text without white space and in one width."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def missing_texts(path: Path, sheets: list[dict[str, Any]]) -> list[str]:
    """Return the texts and numbers of the pages that the file does not hold; nothing where it cannot be opened here."""
    if not path.exists():
        return [path.name]
    if path.stat().st_size > LARGEST:
        return [f"{path.name} is larger than 60 kB"]
    held = file_text(path)
    if held is None:
        return []
    found = []
    for sheet in sheets:
        for page in sheet["pages"]:
            for value in (value for row in page.grid for value in row if value not in (None, "", LEFT, UP)):
                text = squeeze(stored(value) if path.suffix in WORKBOOKS else shown(value))
                if text not in held:
                    found.append(text)
    return found


def stored(value: Value) -> str:
    """Return a cell as a workbook stores it: numbers and days without their format."""
    if isinstance(value, Figure) and value.number_format == DATE_FORMAT:
        return str(date(1899, 12, 30) + timedelta(days=int(value.value)))
    return f"{float(value.value):.15g}" if isinstance(value, Figure) else shown(value)


def file_text(path: Path) -> set[str] | str | None:
    """Return the cells of a file or its whole text; None when only LibreOffice could tell and it is missing."""
    kind = path.suffix
    if kind in (".csv", ".tsv"):
        content = path.read_bytes()
        for encoding in ENCODINGS:
            try:
                lines = csv.reader(StringIO(content.decode(encoding)), delimiter="\t" if kind == ".tsv" else ",")
                return {squeeze(cell) for line in lines for cell in line}
            except UnicodeDecodeError:
                continue
        return ""
    if kind == ".docx":
        return document_cells(path)
    if kind == ".ods":
        with zipfile.ZipFile(path) as archive:
            cells = ElementTree.fromstring(archive.read("content.xml")).iter(f"{TABLE}table-cell")
            return {squeeze("".join(cell.itertext())) for cell in cells}
    if kind in WORKBOOKS:
        from python_calamine import CalamineWorkbook

        with path.open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
            values = [
                value for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for value in row
            ]
        return {squeeze(f"{value:.15g}" if isinstance(value, float) else str(value)) for value in values}
    if kind == ".pdf":
        import pdfplumber

        with pdfplumber.open(path) as document:
            parts = [page.extract_text() for page in document.pages]
            parts += [
                cell or ""  # a text over several lines is whole only in its cell
                for page in document.pages
                for table in page.extract_tables()
                for row in table
                for cell in row
            ]
        return squeeze("".join(parts))
    if shutil.which("soffice") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / f"form{'.doc' if kind == '.wps' else kind}"
        shutil.copyfile(path, copied)
        return document_cells(convert(copied, "docx", Path(folder)))


def document_cells(path: Path) -> set[str]:
    """Return the text of every cell of a Word document."""
    with zipfile.ZipFile(path) as archive:
        body = ElementTree.fromstring(archive.read("word/document.xml"))
    return {squeeze("".join(part.text or "" for part in cell.iter(f"{WORD}t"))) for cell in body.iter(f"{WORD}tc")}
