"""Files made to cost far more than they weigh, others each time: each is read or one sentence, within the limits."""

from __future__ import annotations

import random
import resource
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from file_factories import change_part, document, workbook
from shares import keep_share, part, seeded

from jixiao.core.errors import JixiaoError
from jixiao.reading import workers
from jixiao.reading.workers import read_files

ROUNDS = 12
SECONDS, MEMORY = 15, 1500
SHEET = "xl/worksheets/sheet1.xml"
Bomb = Callable[[Path, random.Random], Path]


def sheet_with(path: Path, change: Callable[[bytes], bytes]) -> Path:
    workbook(path, [["甲", "乙"], [1, 2]], merges=["A1:B1"])
    change_part(path, SHEET, change)
    return path


def merges_by_the_million(path: Path, chance: random.Random) -> Path:
    count = chance.randrange(500_000, 1_000_000)
    rows = b"".join(b'<mergeCell ref="A%d:B%d"/>' % (row, row + 1) for row in range(3, 2 * count, 2))
    return sheet_with(path.with_suffix(".xlsx"), lambda xml: xml.replace(b'<mergeCell ref="A1:B1"/>', rows))


def merges_over_one_another(path: Path, chance: random.Random) -> Path:
    rows = b"".join(
        b'<mergeCell ref="A%d:XFD%d"/>' % (chance.randrange(1, 900_000), chance.randrange(900_000, 1_048_576))
        for _ in range(chance.randrange(1_000, 200_000))
    )
    return sheet_with(path.with_suffix(".xlsx"), lambda xml: xml.replace(b'<mergeCell ref="A1:B1"/>', rows))


def rows_without_cells(path: Path, chance: random.Random) -> Path:
    rows = b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (n, n) for n in range(3, chance.randrange(200_000, 900_000)))
    return sheet_with(path.with_suffix(".xlsx"), lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>"))


def elements_in_elements(path: Path, chance: random.Random) -> Path:
    depth = chance.randrange(50_000, 400_000)
    return sheet_with(
        path.with_suffix(".xlsx"),
        lambda xml: xml.replace(b"</sheetData>", b"<x>" * depth + b"</x>" * depth + b"</sheetData>"),
    )


def a_part_that_unpacks(path: Path, chance: random.Random) -> Path:
    text = b"<si><t>" + b"A" * chance.randrange(100_000_000, 390_000_000) + b"</t></si></sst>"
    path = workbook(path.with_suffix(".xlsx"), [["甲", "乙"], [1, 2]])
    with zipfile.ZipFile(path) as packed:
        name = next((name for name in packed.namelist() if "sharedStrings" in name), SHEET)
    change_part(path, name, lambda xml: xml.replace(b"</sst>", text) if b"</sst>" in xml else xml + text)
    return path


def parts_without_number(path: Path, chance: random.Random) -> Path:
    path = workbook(path.with_suffix(".xlsx"), [["甲"]])
    with zipfile.ZipFile(path, "a") as packed:
        for number in range(chance.randrange(4_000, 60_000)):
            packed.writestr(f"xl/worksheets/sheet{number + 9}.xml", b"")
    return path


def styles_by_the_million(path: Path, chance: random.Random) -> Path:
    path = workbook(path.with_suffix(".xlsx"), [["甲"]])
    many = b'<xf numFmtId="0"/>' * chance.randrange(200_000, 1_000_000)
    change_part(path, "xl/styles.xml", lambda xml: xml.replace(b"</cellXfs>", many + b"</cellXfs>"))
    return path


def in_document(path: Path, body: bytes) -> Path:
    path = document(path.with_suffix(".docx"), lambda whole: whole.add_paragraph("甲"))
    change_part(path, "word/document.xml", lambda xml: xml.replace(b"<w:sectPr", body + b"<w:sectPr", 1))
    return path


def tables_in_tables(path: Path, chance: random.Random) -> Path:
    depth = chance.randrange(20_000, 150_000)
    start, end = b"<w:tbl><w:tr><w:tc>", b"<w:p/></w:tc></w:tr></w:tbl>"
    return in_document(path, start * depth + end * depth)


def cells_that_span(path: Path, chance: random.Random) -> Path:
    cell = b'<w:tc><w:tcPr><w:gridSpan w:val="%d"/></w:tcPr><w:p/></w:tc>' % 10 ** chance.randrange(3, 10)
    return in_document(path, b"<w:tbl>" + b"<w:tr>" + cell * chance.randrange(1, 3_000) + b"</w:tr></w:tbl>")


def paragraphs_by_the_million(path: Path, chance: random.Random) -> Path:
    return in_document(path, b"<w:p/>" * chance.randrange(300_000, 2_000_000))


def repeated_cells(path: Path, chance: random.Random) -> Path:
    many = 10 ** chance.randrange(3, 10)
    cell = f'<table:table-cell office:value-type="string" table:number-columns-repeated="{many}"><text:p>甲</text:p>'
    row = f'<table:table-row table:number-rows-repeated="{many}">{cell}</table:table-cell></table:table-row>'
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = f"<office:body><office:spreadsheet><table:table>{row}</table:table></office:spreadsheet></office:body>"
    path = path.with_suffix(".ods")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        packed.writestr("content.xml", f"<office:document-content {spaces}>{body}</office:document-content>")
    return path


def one_endless_line(path: Path, chance: random.Random) -> Path:
    path = path.with_suffix(".csv")
    path.write_bytes(chance.choice((b"1,", b'"', b'"",', b"\t", b"\xe7\x94\xb2")) * chance.randrange(10**6, 10**7))
    return path


def portable(path: Path, objects: dict[int, bytes], root: int = 1) -> Path:
    """Write a PDF of objects as they are given."""
    path, places = path.with_suffix(".pdf"), {}
    made = bytearray(b"%PDF-1.7\n")
    for number, body in objects.items():
        places[number] = len(made)
        made += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (max(objects) + 1)
    for number in range(1, max(objects) + 1):
        made += b"%010d 00000 n \n" % places.get(number, 0)
    made += b"trailer << /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF" % (max(objects) + 1, root, start)
    path.write_bytes(made)
    return path


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), more, data)


def page(contents: bytes, more: dict[int, bytes] | None = None, resources: bytes = b"") -> dict[int, bytes]:
    return {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << %b >> >>" % resources,
        4: contents,
        **(more or {}),
    }


def streams_packed_again(path: Path, chance: random.Random) -> Path:
    times, data = chance.randrange(1, 4), b"0 0 m " * chance.randrange(10**6, 4 * 10**7)
    for _ in range(times):
        data = zlib.compress(data, 9)
    return portable(path, page(stream(data, b"/Filter [" + b"/FlateDecode " * times + b"]")))


def pages_in_a_circle(path: Path, chance: random.Random) -> Path:
    objects = page(stream(b""))
    objects[2] = b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count %d >>" % 10 ** chance.randrange(1, 12)
    return portable(path, objects)


def pages_by_the_hundred_thousand(path: Path, chance: random.Random) -> Path:
    objects = page(stream(b"BT /F1 9 Tf (a) Tj ET"))
    objects[2] = b"<< /Type /Pages /Kids [" + b"3 0 R " * chance.randrange(1_000, 300_000) + b"] /Count 9 >>"
    return portable(path, objects)


def forms_that_draw_themselves(path: Path, chance: random.Random) -> Path:
    count, resources = chance.randrange(1, 30), b"/XObject << /A 5 0 R /B 6 0 R >>"
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << %b >>" % resources
    drawn = b"/A Do /B Do " * count
    return portable(path, page(stream(drawn), {5: stream(drawn, form), 6: stream(drawn, form)}, resources))


def signs_by_the_million(path: Path, chance: random.Random) -> Path:
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    text = b"BT /F1 9 Tf " + b"1 0 0 1 %d %d Tm (a b c) Tj " % (chance.randrange(500), chance.randrange(700)) * (
        chance.randrange(50_000, 400_000)
    )
    contents = stream(zlib.compress(text + b"ET"), b"/Filter /FlateDecode")
    return portable(path, page(contents, {5: font}, b"/Font << /F1 5 0 R >>"))


def lines_by_the_hundred_thousand(path: Path, chance: random.Random) -> Path:
    lines = b"".join(
        b"%d %d m %d %d l S " % tuple(chance.randrange(600) for _ in range(4)) for _ in range(chance.randrange(10**5))
    )
    return portable(path, page(stream(lines)))


def arrays_in_arrays(path: Path, chance: random.Random) -> Path:
    depth = chance.randrange(10_000, 1_000_000)
    return portable(path, {**page(stream(b"[" * depth + b"]" * depth)), 5: b"[" * depth + b"]" * depth})


BOMBS: tuple[Bomb, ...] = (
    merges_by_the_million,
    merges_over_one_another,
    rows_without_cells,
    elements_in_elements,
    a_part_that_unpacks,
    parts_without_number,
    styles_by_the_million,
    tables_in_tables,
    cells_that_span,
    paragraphs_by_the_million,
    repeated_cells,
    one_endless_line,
    streams_packed_again,
    pages_in_a_circle,
    pages_by_the_hundred_thousand,
    forms_that_draw_themselves,
    signs_by_the_million,
    lines_by_the_hundred_thousand,
    arrays_in_arrays,
)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bombs_cost_no_more_than_the_limits(tmp_path, monkeypatch):
    seed, chance = seeded()
    (tmp_path / "limits.yaml").write_text(f"seconds: {SECONDS}\nmemory_mb: {MEMORY}\n", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_LIMITS", str(tmp_path / "limits.yaml"))
    good = workbook(tmp_path / "good.xlsx", [["项目名称", "金额"], ["甲", 1]])
    counted: Counter[str] = Counter()
    slowest = 0.0
    for _ in range(part(ROUNDS)):
        for bomb in BOMBS:
            path = bomb(tmp_path / "a", chance)
            start = time.monotonic()
            (found,) = read_files([(path, path.name)], workers=1)
            taken = time.monotonic() - start
            slowest = max(slowest, taken)
            counted["files"] += 1
            said = str(found) if isinstance(found, JixiaoError) else ""
            assert "\n" not in said and "内部错误" not in said and "Traceback" not in said, (seed, bomb.__name__, said)
            counted["refused" if said else "read"] += 1
            counted["of these: over the limit of time"] += "秒，已停止" in said
            counted["of these: over the limit of memory"] += "内存" in said
            assert taken < 2 * SECONDS + 20, (seed, bomb.__name__, taken)
            path.unlink()
        (after,) = read_files([(good, good.name)], workers=1)
        assert "意外" not in str(after) and "已停止" not in str(after)
    workers.CHILDREN.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1_000
    keep_share("小文件大开销（炸弹）", seed, {"kinds": len(BOMBS), **counted, "slowest (s)": round(slowest, 1),
               "limit (s)": SECONDS, "largest child (MB)": used, "tracebacks": 0})  # fmt: skip
