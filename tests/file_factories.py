"""Small writers of the formats that no library here writes: BIFF workbooks, compound files, PDF pages, ODS."""

from __future__ import annotations

import struct
import zipfile

import docx
import openpyxl
import pytest

from jixiao.core.errors import FormError
from jixiao.reading.files import read_grids


def workbook(path, rows, *, formats=None, merges=()):
    """Write an .xlsx with one sheet named 表."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "表"
    for row in rows:
        sheet.append(row)
    for address, number_format in (formats or {}).items():
        sheet[address].number_format = number_format
    for area in merges:
        sheet.merge_cells(area)
    book.save(path)
    return path


def document(path, build):
    """Write a .docx that ``build`` fills."""
    doc = docx.Document()
    build(doc)
    doc.save(path)
    return path


def pack(path, parts):
    """Write a zip archive of named parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def parts_of(path):
    """Return the parts of a zip archive."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def change_part(path, part, change):
    """Rewrite one part of a packed file; ``change`` gets and gives bytes."""
    parts = parts_of(path)
    parts[part] = change(parts[part])
    return pack(path, parts)


def refused(path):
    """Return the sentence with which a file is refused; any other exception fails the test."""
    with pytest.raises(FormError) as caught:
        read_grids(path, path.name)
    text = str(caught.value)
    assert text.endswith("。") and "\n" not in text and text.count("。") == 1
    assert not any(word in text for word in ("Error", "Traceback", "zipfile", "XML parse"))
    return text


def compound(path, streams):
    """Write a compound file (OLE2) of named streams, each in sectors of its own."""
    padded = {name: content.ljust(4096, b"\0") for name, content in streams.items()}
    padded = {name: content + b"\0" * (-len(content) % 512) for name, content in padded.items()}
    entries = (len(padded) + 4) // 4
    table, blocks = [-3, *range(2, entries + 1), -2], []
    starts = {}
    for name, content in padded.items():
        starts[name] = len(table)
        count = len(content) // 512
        table += [*range(len(table) + 1, len(table) + count), -2]
        blocks.append(content)

    def entry(name, kind, child, right, start, size):
        text = name.encode("utf-16-le") + b"\0\0"
        return (
            text.ljust(64, b"\0")
            + struct.pack("<HBBiii", len(text), kind, 1, -1, right, child)
            + b"\0" * 36
            + struct.pack("<iii", start, size, 0)
        )

    directory = entry("Root Entry", 5, 1 if padded else -1, -1, -2, 0)
    for number, (name, content) in enumerate(padded.items(), 1):
        directory += entry(name, 2, -1, number + 1 if number < len(padded) else -1, starts[name], len(content))
    assert len(table) <= 128
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 10
    )
    header += struct.pack("<iiiiiiii", 1, 1, 0, 4096, -2, 0, -2, 0) + struct.pack("<109i", 0, *[-1] * 108)
    sectors = struct.pack("<128i", *table, *[-1] * (128 - len(table)))
    path.write_bytes(header + sectors + directory.ljust(entries * 512, b"\0") + b"".join(blocks))
    return path


def biff(cells, *, formats=(), merges=(), extra=b""):
    """Return a BIFF8 workbook stream with one sheet named 表: cells are (row, column, value, style from 0)."""

    def record(code, content=b""):
        return struct.pack("<HH", code, len(content)) + content

    def text(value):
        return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")

    font = struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + b"\x05\0Arial"
    body = record(0x042, struct.pack("<H", 1200)) + record(0x022, struct.pack("<H", 0)) + record(0x031, font) * 5
    for number, code in enumerate(formats):
        body += record(0x41E, struct.pack("<H", 164 + number) + text(code))
    styles = [0, *(164 + number for number in range(len(formats)))]
    for style in styles:
        body += record(0x0E0, struct.pack("<HHH", 0, style, 1) + b"\0" * 14)
    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 1, 1997, 0, 0))
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 1, 1997, 0, 0))
    for row, column, value, style in cells:
        place = struct.pack("<HHH", row, column, style)
        if isinstance(value, str):
            sheet += record(0x204, place + text(value))
        elif isinstance(value, bool):
            sheet += record(0x205, place + struct.pack("<BB", value, 0))
        elif value is None:
            sheet += record(0x201, place)
        else:
            sheet += record(0x203, place + struct.pack("<d", value))
    areas = b"".join(struct.pack("<HHHH", *area) for area in merges)
    sheet += record(0x0E5, struct.pack("<H", len(merges)) + areas) if merges else b""
    sheet += record(0x00A)
    name = "表".encode("utf-16-le")
    where = len(start) + len(extra) + len(body) + 4 + 8 + len(name) + 4
    listed = record(0x085, struct.pack("<IBBBB", where, 0, 0, 1, 1) + name)
    return start + extra + body + listed + record(0x00A) + sheet


ODS_HEAD = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:spreadsheet>'
)


def open_workbook(path, rows, **more):
    """Write an .ods with one sheet named 表 whose rows are given as XML."""
    content = (
        f'{ODS_HEAD}<table:table table:name="表">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    return pack(
        path, {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode(), **more}
    )


def ods_cell(text, *, value=None, kind="string", more=""):
    """Return one cell of an .ods as XML."""
    stored = "" if value is None else f' office:value="{value}"'
    shown = f"<text:p>{text}</text:p>" if text else ""
    return f'<table:table-cell office:value-type="{kind}"{stored} {more}>{shown}</table:table-cell>'


def pdf(path, pages, *, trailer="", objects=(), size=(595, 842)):
    """Write a PDF: a page is a list of ("text", x, y, words[, size]) and ("rule", x0, y0, x1, y1), y from the top."""
    font = (
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /FontDescriptor 5 0 R "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        "/Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 >>",
    )
    first = 6
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        *font,
    ]
    width, height = size
    for number, items in enumerate(pages):
        drawn = []
        for item in items:
            if item[0] == "text":
                _, x, y, words, *size_of = item
                points = size_of[0] if size_of else 10
                coded = words.encode("utf-16-be").hex()
                drawn.append(f"BT /F1 {points} Tf {x} {height - y} Td <{coded}> Tj ET")
            elif item[0] == "rule":
                _, x0, y0, x1, y1 = item
                drawn.append(f"{x0} {height - y0} m {x1} {height - y1} l S")
            else:
                drawn.append("q 300 0 0 300 50 50 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q")
        stream = "\n".join(drawn)
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {first + 2 * number + 1} 0 R >>"
        )
        bodies.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    bodies += objects
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(content)
    content += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    content += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    content += f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    path.write_bytes(content)
    return path


def ruled(left, top, widths, heights, texts, *, without=()):
    """Return the rules and texts of a table on a page; ``without`` leaves out rules as ("v" or "h", row, column)."""
    xs = [left + sum(widths[:number]) for number in range(len(widths) + 1)]
    ys = [top + sum(heights[:number]) for number in range(len(heights) + 1)]
    items = []
    for row in range(len(ys)):
        items += [
            ("rule", xs[column], ys[row], xs[column + 1], ys[row])
            for column in range(len(widths))
            if ("h", row, column) not in without
        ]
    for column in range(len(xs)):
        items += [
            ("rule", xs[column], ys[row], xs[column], ys[row + 1])
            for row in range(len(heights))
            if ("v", row, column) not in without
        ]
    for (row, column), words in texts.items():
        items += [
            ("text", xs[column] + 4, ys[row] + 14 + 12 * number, line) for number, line in enumerate(words.split("\n"))
        ]
    return items
