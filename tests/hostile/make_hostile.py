"""Write the corpus of hostile files: ``python tests/hostile/make_hostile.py DIR``.

Each file is made to hang, crash, fill the memory of or run something in a program that reads it. Nothing here is
committed as a file; ``tests/test_hostile.py`` writes them all and has every one refused with one sentence, or read.
"""

from __future__ import annotations

import gzip
import struct
import sys
import zipfile
import zlib
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from file_factories import (  # noqa: E402
    biff,
    change_part,
    compound,
    document,
    ods_cell,
    open_workbook,
    pack,
    parts_of,
    pdf,
    workbook,
)

SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY {chr(98 + number)} "{f"&{chr(97 + number)};" * 10}">' for number in range(8))
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def _after_head(text: str, more: str) -> bytes:
    head, mark, rest = text.partition("?>")
    return f"{head}{mark}{more}{rest}".encode() if mark else f"{more}{text}".encode()


def _with(path: Path, part: str, old: bytes, new: bytes) -> None:
    change_part(path, part, lambda content: content.replace(old, new, 1))


def workbooks(folder: Path) -> None:
    """Bombs, claims and paths in .xlsx files."""

    def book(name: str) -> Path:
        return workbook(folder / name, [["甲", "乙"], [1, 2]], merges=["A1:B1"])

    for name, more in (("laughs", LAUGHS), ("outside", OUTSIDE)):
        for part in (SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"):
            label = part.rpartition("/")[2].partition(".")[0].strip("[]")
            path = book(f"xml_{name}_{label}.xlsx")
            change_part(path, part, lambda content, more=more: _after_head(content.decode(), more))
    path = book("xml_deep.xlsx")
    _with(path, SHEET, b"</sheetData>", b"</sheetData>" + b"<x>" * 200_000 + b"</x>" * 200_000)
    path = book("xml_attribute_10mb.xlsx")
    _with(path, SHEET, b"<sheetData", b'<sheetData a="' + b"x" * 10_000_000 + b'"')
    path = book("zip_ratio.xlsx")
    pack(path, {**parts_of(path), "xl/media/a.bin": b"\0" * 60_000_000})
    path = book("zip_entries.xlsx")
    pack(path, {**parts_of(path), **{f"xl/media/{number}": b"" for number in range(6000)}})
    path = book("zip_quine_overlap.xlsx")
    content = path.read_bytes()
    end = content.rindex(b"PK\x05\x06")
    start, size = struct.unpack("<I", content[end + 16 : end + 20])[0], end
    repeated = content[start:size] * 50  # many names for the same bytes
    count = struct.unpack("<H", content[end + 8 : end + 10])[0] * 50
    tail = struct.pack("<HHII", count, count, len(repeated), start)
    path.write_bytes(content[:start] + repeated + content[end : end + 8] + tail + content[end + 20 :])
    path = book("zip_claims_4gb.xlsx")
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\x01\x02")
    content[first + 24 : first + 28] = b"\xff\xff\xff\x7f"
    path.write_bytes(bytes(content))
    for number, name in enumerate(("../../甲.xml", "/etc/甲.xml", "C:\\甲.xml", "xl/../../../甲")):
        path = book(f"zip_path_{number}.xlsx")
        pack(path, {**parts_of(path), name: b"x"})
    path = book("dimension_lies.xlsx")
    change_part(path, SHEET, lambda content: content.replace(b'ref="A1:B2"/>', b'ref="A1:XFD1048576"/>', 1))
    for place in ("XFD1048576", "A1048576", "ZZZZZZ99999999999"):
        path = book(f"cell_{place}.xlsx")
        _with(path, SHEET, b"</row>", f'<c r="{place}" t="n"><v>1</v></c></row>'.encode())
    path = book("merge_all.xlsx")
    _with(path, SHEET, b'ref="A1:B1"', b'ref="A1:XFD1048576"')
    path = book("merge_many.xlsx")
    merges = b"".join(b'<mergeCell ref="A%d:B%d"/>' % (row, row + 1) for row in range(3, 200_003, 2))
    _with(path, SHEET, b'<mergeCell ref="A1:B1"/>', merges)
    path = book("merge_overlapping.xlsx")
    merges = b"".join(b'<mergeCell ref="A1:Z%d"/>' % row for row in range(2, 5000))
    _with(path, SHEET, b'<mergeCell ref="A1:B1"/>', merges)
    path = book("number_1e400.xlsx")
    _with(path, SHEET, b"<v>1</v>", b"<v>1E400</v>")
    path = book("number_long.xlsx")
    _with(path, SHEET, b"<v>1</v>", b"<v>" + b"9" * 1_000_000 + b"</v>")
    path = book("string_missing.xlsx")
    _with(path, SHEET, b"<v>0</v>", b"<v>4294967295</v>")
    path = book("style_missing.xlsx")
    _with(path, SHEET, b'<c r="A2"', b'<c r="A2" s="4294967295"')
    path = book("format_backtracking.xlsx")
    code = b'<numFmts count="1"><numFmt numFmtId="164" formatCode="' + b"[" * 20_000 + b'0"/></numFmts><fonts'
    _with(path, "xl/styles.xml", b"<fonts", code)
    path = book("relation_loop.xlsx")
    _with(path, "xl/_rels/workbook.xml.rels", b"/xl/worksheets/sheet1.xml", b"/xl/workbook.xml")
    path = book("relation_outside.xlsx")
    _with(path, "xl/_rels/workbook.xml.rels", b"/xl/worksheets/sheet1.xml", b"file:///etc/passwd")
    workbook(folder / "formula_command.xlsx", [["=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1", "\t=1"]])
    workbook(folder / "cells_wide_text.xlsx", [["甲" * 32_000] * 200])


def documents(folder: Path) -> None:
    """Bombs and nests in .docx, .ods and web pages."""

    def doc(name: str) -> Path:
        return document(folder / name, lambda made: setattr(made.add_table(1, 1).cell(0, 0), "text", "甲"))

    for name, more in (("laughs", LAUGHS), ("outside", OUTSIDE)):
        path = doc(f"xml_{name}.docx")
        change_part(path, "word/document.xml", lambda content, more=more: _after_head(content.decode(), more))
    path = doc("span_billion.docx")
    _with(path, "word/document.xml", b"<w:tcPr>", b'<w:tcPr><w:gridSpan w:val="1000000000"/>')
    path = doc("span_not_a_number.docx")
    _with(path, "word/document.xml", b"<w:tcPr>", b'<w:tcPr><w:gridSpan w:val="x"/>')
    path = doc("tables_nested.docx")
    inside = b"<w:tbl><w:tr><w:tc>" * 3000 + b"<w:p/>" + b"</w:tc></w:tr></w:tbl>" * 3000
    _with(path, "word/document.xml", b"<w:body>", b"<w:body>" + inside)
    path = doc("fields_nested.docx")
    _with(path, "word/document.xml", b"<w:body>", b"<w:body><w:p>" + b"<w:r>" * 20_000 + b"</w:r>" * 20_000 + b"</w:p>")
    path = doc("rows_many.docx")
    rows = b"<w:tr><w:tc><w:p/></w:tc></w:tr>" * 600_000
    _with(path, "word/document.xml", b"<w:body>", b"<w:body><w:tbl>" + rows + b"</w:tbl>")
    row = f"<table:table-row>{ods_cell('甲')}</table:table-row>"
    repeated = row.replace("<table:table-row", '<table:table-row table:number-rows-repeated="1048576"', 1)
    open_workbook(folder / "repeat_rows.ods", repeated)
    claims = {
        "repeat_cells": 'number-columns-repeated="2000000000"',
        "repeat_negative": 'number-columns-repeated="-5"',
        "repeat_words": 'number-columns-repeated="x"',
        "span_large": 'number-rows-spanned="999999999"',
    }
    for name, claim in claims.items():
        cell = ods_cell("甲", more=f"table:{claim}")
        open_workbook(folder / f"{name}.ods", f"<table:table-row>{cell}</table:table-row>")
    path = open_workbook(folder / "xml_laughs.ods", row)
    change_part(path, "content.xml", lambda content: _after_head(content.decode(), LAUGHS))
    (folder / "page_nested.xls").write_bytes(b"<html><body>" + b"<table><tr><td>" * 5000 + "甲".encode())
    (folder / "page_spans.xls").write_bytes(b"<html><table><tr><td colspan=999999999 rowspan=999999999>x</table>")
    (folder / "page_entities.xls").write_bytes(b"<html><table><tr><td>" + b"&amp;" * 500_000 + b"</table>")


def old_books(folder: Path) -> None:
    """Loops and claims in old .xls files."""
    good = biff([(0, 0, "甲", 0), (1, 1, 2.5, 0)])
    path = compound(folder / "sector_loop.xls", {"Workbook": good})
    content = bytearray(path.read_bytes())
    content[512 + 4 : 512 + 8] = struct.pack("<i", 1)  # a chain that points at itself
    path.write_bytes(bytes(content))
    compound(folder / "cell_far.xls", {"Workbook": biff([(65535, 255, "甲", 0)])})
    compound(folder / "merge_all.xls", {"Workbook": biff([(0, 0, "甲", 0)], merges=[(0, 65535, 0, 255)])})
    compound(folder / "record_long.xls", {"Workbook": good[:40] + b"\xff\xff\xff\xff" * 200 + good[40:]})
    (folder / "stream_cut.xls").write_bytes(good[: len(good) // 2])
    (folder / "header_only.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600)


def pages(folder: Path) -> None:
    """Loops, sizes and streams in .pdf files."""
    line = ("text", 50, 50, "甲")
    path = pdf(folder / "pages_loop.pdf", [[line]])
    path.write_bytes(path.read_bytes().replace(b"/Kids [6 0 R]", b"/Kids [2 0 R]"))
    path = pdf(folder / "page_huge.pdf", [[line]], size=(10**9, 10**9))
    path = pdf(folder / "pages_claimed.pdf", [[line]])
    path.write_bytes(path.read_bytes().replace(b"/Count 1", b"/Count 999999999"))
    pdf(folder / "pages_many.pdf", [[]] * 400)
    packed = zlib.compress(b"0 0 m 1 1 l S\n" * 3_000_000)
    bomb = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode() + packed + b"\nendstream"
    path = pdf(folder / "stream_bomb.pdf", [[line]], objects=("@",))
    path.write_bytes(
        path.read_bytes().replace(b"@\nendobj", bomb + b"\nendobj").replace(b"/Contents 7 0 R", b"/Contents 8 0 R")
    )
    path = pdf(folder / "filter_chain.pdf", [[line]])
    path.write_bytes(
        path.read_bytes().replace(b"<< /Length", b"<< /Filter [" + b"/FlateDecode " * 5000 + b"] /Length", 1)
    )
    path = pdf(folder / "object_nested.pdf", [[line]], objects=("[" * 50_000 + "]" * 50_000,))
    path = pdf(folder / "xref_loop.pdf", [[line]], trailer="/Prev 0")
    content = path.read_bytes()
    start = content.rindex(b"xref\n0")
    path.write_bytes(content.replace(b"/Prev 0", f"/Prev {start}".encode()))
    path = pdf(folder / "name_loop.pdf", [[line]])
    path.write_bytes(path.read_bytes().replace(b"/Font << /F1 3 0 R >>", b"/Font 6 0 R"))
    rules = [("rule", 10 + number % 500, 10, 10 + number % 500, 800) for number in range(3000)]
    rules += [("rule", 10, 10 + number % 700, 500, 10 + number % 700) for number in range(3000)]
    pdf(folder / "rules_many.pdf", [rules])
    path = pdf(folder / "script.pdf", [[line]])
    path.write_bytes(
        path.read_bytes().replace(
            b"/Type /Catalog", b"/Type /Catalog /OpenAction << /S /JavaScript /JS (app.alert(1)) >>"
        )
    )


def texts(folder: Path) -> None:
    """Lines and bytes in separated values, and files under the name of others."""
    (folder / "nul.csv").write_bytes("项目,金额\n甲\0,1\n".encode() * 50)
    (folder / "line_20mb.csv").write_bytes(b"x" * 20_000_000)
    (folder / "columns_many.csv").write_bytes(b"," * 5_000_000)
    (folder / "quote_open.csv").write_bytes(b'"' + "甲,\n".encode() * 200_000)
    (folder / "quotes.csv").write_bytes(b'"' * 1_000_001)
    (folder / "returns.csv").write_bytes(b"\r" * 2_000_000)
    (folder / "broken_text.csv").write_bytes(b"\x80\x81\xff\xfe,\xff\n" * 1000)
    (folder / "controls.csv").write_bytes("项目,\x1b[31m\u202e金额\n".encode() * 10)
    (folder / "surrogates.csv").write_bytes("项目".encode("utf-16-le")[:-1] + b"\xd8\xd8")
    (folder / "gzip.xlsx").write_bytes(gzip.compress(b"\0" * 30_000_000))
    (folder / "script.xlsx").write_bytes(b"#!/bin/sh\ntouch /tmp/jixiao_was_run\n")
    (folder / "pickle.xlsx").write_bytes(b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94")
    (folder / "link.docx.lnk").write_bytes(b"L\0\0\0" + b"\0" * 100)
    with zipfile.ZipFile(folder / "in_itself.xlsx", "w") as archive:
        archive.writestr("a.xlsx", b"PK\x03\x04")


YAML = {
    "deep_list": "[" * 100_000,
    "deep_map": "{a: " * 100_000,
    "deep_block": "- " * 50_000,
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)),
    "alias_of_itself": "a: &a [*a]\n",
    "tag_python": "!!python/object/apply:os.system ['touch /tmp/jixiao_was_run']\n",
    "tag_odd": "a: !!timestamp x\nb: !!bool y\nc: !!int ''\nd: !!float .inf\n",
    "keys_repeated": "a: 1\n" * 20_000,
    "key_list": "? [a]\n: b\n",
    "number_long": "a: " + "9" * 1_000_000,
    "text_long": "a: " + "甲" * 1_500_000,
    "too_large": "a: " + "x" * 6_000_000,
    "nul": "a: \0\n",
    "documents": "---\na: 1\n---\nb: 2\n",
    "directive": "%YAML 9.9\n---\na: 1\n",
    "merge": "<<: [1, 2]\n",
}
"""Hostile declarations: corrections, limits, suppressions and scenarios come from outside too."""


def declarations(folder: Path) -> None:
    """YAML that is deep, repeated, tagged or not text at all."""
    for name, content in YAML.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    (folder / "not_utf8.yaml").write_bytes(b"a: \xff\xfe\n")


def write_corpus(folder: Path) -> list[Path]:
    """Write every hostile file into a folder and return them."""
    for make in (workbooks, documents, old_books, pages, texts, declarations):
        make(folder)
    return sorted(folder.iterdir())


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print(f"{len(write_corpus(target))} files in {target}")
