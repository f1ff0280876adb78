"""What a person sees in a file is read; what is hidden, struck out or empty is not, and is named (所见即所读)."""

from __future__ import annotations

import struct

import openpyxl
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from file_factories import ODS_HEAD, change_part, document, ods_cell, open_workbook, pack, parts_of, pdf, refused, ruled
from file_factories import workbook as write_book
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font, PatternFill
from python_calamine import CalamineWorkbook

from jixiao.reading.files import read_grids, read_lines, read_parts
from jixiao.reading.files.signs import raised, shown_signs
from jixiao.reading.files.uncalculated import work_out

MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'


def told(grid, word):
    """Return the places of the remarks that say a word."""
    return [remark.address for remark in grid.remarks if word in remark.reason]


def sheet(tmp_path, rows, change=None):
    """Write a workbook, change it with openpyxl and read its first sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book.active)
    book.save(tmp_path / "a.xlsx")
    return read_grids(tmp_path / "a.xlsx", "a.xlsx")[0]


# Workbooks.


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_named_and_not_read(tmp_path, state):
    book = openpyxl.Workbook()
    book.active.append(["甲"])
    draft = book.create_sheet("初稿")
    draft.append(["乙"])
    draft.sheet_state = state
    book.save(tmp_path / "a.xlsx")
    grids = read_grids(tmp_path / "a.xlsx", "a.xlsx")
    assert [grid.texts for grid in grids] == [[["甲"]]]
    assert grids[0].remarks[0].reason == "工作表“初稿”已隐藏，未读入" and grids[0].remarks[0].is_grave


def test_hidden_rows_and_columns_are_blank(tmp_path):
    def change(ws):
        ws.row_dimensions[2].hidden = True
        ws.column_dimensions["C"].hidden = True
        ws.merge_cells("A3:A4")

    grid = sheet(tmp_path, [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"], [None, "k", "l"]], change)
    assert grid.texts == [["a", "b", ""], ["", "", ""], ["g", "h", ""], ["", "k", ""]]
    assert told(grid, "行已隐藏") == ["A2"] and told(grid, "列已隐藏") == ["C1"]


def test_rows_without_height_are_hidden_and_a_merge_that_reaches_into_sight_stays(tmp_path):
    path = write_book(tmp_path / "a.xlsx", [["a", "b"], ["c", "d"]], merges=["A1:A2"])
    change_part(path, "xl/worksheets/sheet1.xml", lambda part: part.replace(b'<row r="1"', b'<row r="1" ht="0"'))
    (grid,) = read_grids(path, "a.xlsx")
    assert grid.texts == [["a", ""], ["", "d"]] and told(grid, "行已隐藏") == ["B1"]


def test_filtered_rows_say_so(tmp_path):
    def change(ws):
        ws.auto_filter.ref = "A1:B3"
        ws.auto_filter.add_filter_column(0, ["x"])
        ws.row_dimensions[2].hidden = True

    grid = sheet(tmp_path, [["名", "数"], ["甲", 1], ["x", 2]], change)
    assert grid.texts[1] == ["", ""] and told(grid, "筛选") == ["A2"]


def test_white_text_and_formats_that_show_nothing_are_hidden_but_not_on_a_dark_cell(tmp_path):
    def change(ws):
        ws["A1"].font = Font(color="FFFFFFFF")
        ws["B1"].font = Font(color="FFFFFFFF")
        ws["B1"].fill = PatternFill("solid", fgColor="FF1F4E79")
        ws["C1"].number_format = ";;;"
        ws["D1"].number_format = "0;-0;;@"

    grid = sheet(tmp_path, [["白", "表头", 7, 0, 5]], change)
    assert grid.texts == [["", "表头", "", "", "5"]]
    assert told(grid, "底色") == ["A1"] and told(grid, "数字格式") == ["C1", "D1"]


def test_struck_cells_runs_and_notes_are_left_out(tmp_path):
    block = TextBlock
    rows = [
        [CellRichText([block(InlineFont(strike=True), "280"), "310"])],
        [CellRichText(["310", block(InlineFont(vertAlign="superscript"), "1")])],
        [CellRichText(["5km", block(InlineFont(vertAlign="superscript"), "2")])],
        [CellRichText([block(InlineFont(rFont="Symbol"), "\uf0b3"), "300"])],
        ["旧"],
    ]

    def change(ws):
        ws["A5"].font = Font(strike=True)

    grid = sheet(tmp_path, rows, change)
    assert [row[0] for row in grid.texts] == ["310", "310", "5km²", "≥300", ""]
    assert told(grid, "删除线") == ["A1", "A5"] and told(grid, "注释序号") == ["A2"]


def test_runs_of_a_struck_cell_say_for_themselves_whether_they_are_struck(tmp_path):
    def change(ws):
        ws["A1"].font = Font(strike=True)

    grid = sheet(tmp_path, [[CellRichText(["旧", TextBlock(InlineFont(sz=11), "新")])]], change)
    assert grid.texts == [["新"]] and told(grid, "删除线") == ["A1"]


def test_comments_are_told(tmp_path):
    def change(ws):
        ws["A1"].comment = openpyxl.comments.Comment("请核实", "审核")

    assert told(sheet(tmp_path, [["甲"]], change), "批注") == ["A1"]


FORMULA = b'<c r="B1"><f>%s</f><v>0</v></c>'


def with_formula(tmp_path, formula, *, asks):
    """Write a workbook whose B1 holds a formula with a stored 0, beside 3 in A1."""
    path = write_book(tmp_path / "a.xlsx", [[3, 4]])
    change_part(
        path,
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b'<c r="B1" t="n"><v>4</v></c>', FORMULA % formula).replace(
            b'<c r="B1"><v>4</v></c>', FORMULA % formula
        ),
    )
    flag = b' fullCalcOnLoad="1"' if asks else b""
    change_part(
        path,
        "xl/workbook.xml",
        lambda part: part.replace(b' fullCalcOnLoad="1"', b"").replace(b"<calcPr ", b"<calcPr" + flag + b" "),
    )
    return path


def test_a_stored_zero_that_nobody_calculated_is_refused(tmp_path):
    assert "第一个在B1" in refused(with_formula(tmp_path, b"A1*2", asks=True))
    assert "第一个在B1" in refused(with_formula(tmp_path, b"A1*2", asks=False))
    assert "第一个在B1" in refused(with_formula(tmp_path, b"VLOOKUP(A1,C:D,2)", asks=True))


def test_a_true_zero_is_read(tmp_path):
    for asks in (True, False):
        (grid,) = read_grids(with_formula(tmp_path, b"A1-3", asks=asks), "a.xlsx")
        assert grid.texts == [["3", "0"]]


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=6))
def test_simple_formulas_are_worked_out(numbers):
    rows = [[number] for number in numbers]
    assert work_out(f"SUM(A1:A{len(numbers)})", rows, {}) == sum(numbers)
    assert work_out("+".join(f"({number})" for number in numbers), rows, {}) == sum(numbers)


# Word documents.


END = "<w:r><w:fldChar w:fldCharType='end'/></w:r>"


def cell_of(tmp_path, xml, *, more=""):
    """Write a document whose one cell holds a paragraph of this XML, and read it."""

    def build(doc):
        cell = doc.add_table(1, 1).cell(0, 0)
        paragraph = parse_xml(f"<w:p {nsdecls('w')} {MATH} {W14} {more}>{xml}</w:p>")
        cell._tc.replace(cell.paragraphs[0]._p, paragraph)

    return read_grids(document(tmp_path / "a.docx", build), "a.docx")[0]


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("xml", "text", "word"),
    [
        (run("300", "<w:strike/>") + run("326"), "326", "删除线"),
        (run("300", "<w:dstrike/>") + run("326"), "326", "删除线"),
        (run("草", "<w:vanish/>") + run("326"), "326", "隐藏"),
        (run("326", "<w:strike w:val='0'/>"), "326", ""),
        (run("326") + run("1", "<w:vertAlign w:val='superscript'/>"), "326", "注释序号"),
        (run("8万m") + run("3", "<w:vertAlign w:val='superscript'/>"), "8万m³", ""),
        ("<w:del><w:r><w:delText>旧</w:delText></w:r></w:del>" + run("新"), "新", "修订"),
        ("<w:ins>" + run("新") + "</w:ins>", "新", ""),
        ("<m:oMath><m:r><m:t>≥</m:t></m:r></m:oMath>" + run("24座"), "≥24座", ""),
        (
            "<m:oMath><m:f><m:num><m:r><m:t>3</m:t></m:r></m:num><m:den><m:r><m:t>4</m:t></m:r></m:den></m:f></m:oMath>",
            "3/4",
            "",
        ),
        (
            "<m:oMath><m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>4</m:t></m:r></m:sup></m:sSup></m:oMath>",
            "10⁴",
            "",
        ),
        ("<w:r><w:sym w:font='Symbol' w:char='F0B3'/></w:r>" + run("24"), "≥24", ""),
        (run("优") + "<w:r><w:sym w:font='Wingdings' w:char='F0FE'/></w:r>", "优☑", ""),
        (run("£", "<w:rFonts w:ascii='Symbol' w:hAnsi='Symbol'/>") + run("48小时"), "≤48小时", ""),
        (
            "<w:r><w:ruby><w:rt>" + run("nóng") + "</w:rt><w:rubyBase>" + run("农") + "</w:rubyBase></w:ruby></w:r>",
            "农",
            "",
        ),
        (
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>" + run("单击此处") + "</w:sdtContent></w:sdt>",
            "",
            "提示语",
        ),
        (
            "<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val='1'/></w14:checkbox></w:sdtPr><w:sdtContent>"
            + run("☒")
            + "</w:sdtContent></w:sdt>"
            + run("优"),
            "☑优",
            "",
        ),
        (
            "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:ddList><w:result w:val='1'/><w:listEntry w:val='差'/>"
            "<w:listEntry w:val='好'/></w:ddList></w:ffData></w:fldChar></w:r>" + END,
            "好",
            "",
        ),
        (
            run("优")
            + "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox><w:default w:val='0'/></w:checkBox>"
            "</w:ffData></w:fldChar></w:r>" + END,
            "优□",
            "",
        ),
        (
            "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText> EQ \\o\\ac(□,√) </w:instrText></w:r>"
            "<w:r><w:fldChar w:fldCharType='end'/></w:r>" + run("优"),
            "☑优",
            "",
        ),
    ],
)
def test_words_of_a_document(tmp_path, xml, text, word):
    grid = cell_of(tmp_path, xml)
    assert grid.texts == [[text]]
    assert [bool(word and word in remark.reason) for remark in grid.remarks] == ([True] if word else [])


def test_embedded_files_of_a_document_are_named(tmp_path):
    path = document(tmp_path / "a.docx", lambda doc: doc.add_paragraph("项目支出绩效自评表"))
    pack(path, {**parts_of(path), "word/embeddings/Sheet1.xlsx": b"x"})
    (grid,) = read_grids(path, "a.docx")
    assert grid.texts == [] and "嵌入" in grid.remarks[0].reason and grid.remarks[0].is_grave


def test_report_texts_leave_out_what_is_struck(tmp_path):
    def build(doc):
        paragraph = doc.add_paragraph("支出")
        paragraph.add_run("60").font.strike = True
        paragraph.add_run("90万元")

    path = document(tmp_path / "a.docx", build)
    assert read_lines(path, "a.docx")[0].text == "支出90万元"


# OpenDocument, web pages, text, archives.


def test_hidden_rows_and_struck_words_of_ods(tmp_path):
    styles = (
        '<office:automatic-styles xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0">'
        '<style:style style:name="s" style:family="text"><style:text-properties style:text-line-through-style="solid"/>'
        "</style:style></office:automatic-styles>"
    )
    hidden, struck = ods_cell("密"), ods_cell('<text:span text:style-name="s">280</text:span>310')
    rows = (
        f'<table:table-row table:visibility="collapse">{hidden}</table:table-row>'
        f"<table:table-row>{struck}</table:table-row>"
    )
    path = open_workbook(tmp_path / "a.ods", rows)
    change_part(path, "content.xml", lambda part: part.replace(b"<office:body>", styles.encode() + b"<office:body>"))
    (grid,) = read_grids(path, "a.ods")
    assert grid.texts == [[""], ["310"]]
    assert told(grid, "行已隐藏") == ["A1"] and told(grid, "删除线") == ["A2"]


def test_tables_of_odt(tmp_path):
    head = ODS_HEAD.replace("<office:spreadsheet>", "<office:text>")
    body = (
        "<text:p>自评表</text:p><table:table table:name='t'><table:table-column/>"
        "<table:table-row><table:table-cell table:number-columns-spanned='2'><text:p>甲</text:p></table:table-cell>"
        "<table:covered-table-cell/></table:table-row><table:table-row><table:table-cell><text:p>乙</text:p>"
        "</table:table-cell><table:table-cell><text:p>1</text:p></table:table-cell></table:table-row></table:table>"
    )
    content = f"{head}{body}</office:text></office:body></office:document-content>"
    parts = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content.encode()}
    path = pack(tmp_path / "a.odt", parts)
    (grid,) = read_grids(path, "a.odt")
    assert grid.texts == [["甲", ""], ["乙", "1"]] and grid.merges == [(0, 0, 0, 1)]
    assert grid.resolved == [["甲", "甲"], ["乙", "1"]] and grid.distinct(1) == [0, 1]
    assert [line.text for line in grid.above] == ["自评表"]
    assert [line.text for line in read_lines(path, "a.odt")] == ["自评表", "甲", "乙\t1"]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_web_pages_as_a_reader_sees_them(tmp_path, encoding):
    page = (
        "<html><head><style>.x1{text-decoration:line-through}</style></head><body><p>自评表</p><table>"
        "<tr><td><s>280</s>310<sup>1</sup></td><td class='x1'>旧</td><td>5km<sup>2</sup></td></tr>"
        "<tr style='display:none'><td>密</td><td>a</td><td>b</td></tr>"
        "<tr><td><select><option>差<option selected>好</select></td><td><input type=checkbox checked>优</td>"
        "<td><span style='visibility:hidden'>无</span>有</td></tr></table></body></html>"
    )
    (tmp_path / "a.html").write_bytes(page.encode(encoding))
    (grid,) = read_grids(tmp_path / "a.html", "a.html")
    assert grid.texts == [["310", "", "5km²"], ["", "", ""], ["好", "☑优", "有"]]
    assert len(told(grid, "删除线")) == 2 and len(told(grid, "行已隐藏")) == 1 and len(told(grid, "注释序号")) == 1


def test_control_characters_in_a_text_are_taken_out_and_told(tmp_path):
    (tmp_path / "a.csv").write_bytes("项目\x07,甲\n数,1\n".encode())
    (grid,) = read_grids(tmp_path / "a.csv", "a.csv")
    assert grid.texts == [["项目", "甲"], ["数", "1"]] and told(grid, "控制字符") == ["A1"]


def test_the_files_of_an_archive_are_read_one_by_one(tmp_path):
    good = write_book(tmp_path / "good.xlsx", [["甲"]]).read_bytes()
    inner = pack(tmp_path / "inner.zip", {"b.xlsx": good}).read_bytes()
    parts = {"一/a.xlsx": good, "一/坏.xlsx": good[:50], "内.zip": inner, "__MACOSX/x": b"x", "说明.md": b"#"}
    path = pack(tmp_path / "a.zip", parts)
    found = dict(read_parts(path, "2024/a.zip"))
    assert list(found) == ["2024/a.zip/一/a.xlsx", "2024/a.zip/一/坏.xlsx", "2024/a.zip/内.zip"]
    assert found["2024/a.zip/一/a.xlsx"][0].texts == [["甲"]]
    assert "已损坏" in str(found["2024/a.zip/一/坏.xlsx"]) and "压缩包" in str(found["2024/a.zip/内.zip"])


def test_names_in_an_archive_may_be_written_in_gbk(tmp_path):
    path = pack(tmp_path / "a.zip", {"XXXX.csv": "甲,乙\n".encode()})
    path.write_bytes(path.read_bytes().replace(b"XXXX", "绩效".encode("gbk")))
    ((name, grids),) = read_parts(path, "a.zip")
    assert name == "a.zip/绩效.csv" and grids[0].texts == [["甲", "乙"]]


def test_a_bomb_in_an_archive_is_one_sentence(tmp_path):
    path = pack(tmp_path / "a.zip", {"a.csv": b"0," * 20_000_000})
    assert "展开后的内容过大" in refused(path)


# PDF.


TABLE = {(0, 0): "项目", (0, 1): "数", (1, 0): "甲", (1, 1): "12"}


def test_a_large_mark_over_a_table_is_taken_out(tmp_path):
    page = [*ruled(50, 100, [100, 100], [30, 30], TABLE), ("text", 45, 145, "公示稿样", 44)]
    (grid,) = read_grids(pdf(tmp_path / "a.pdf", [page]), "a.pdf")
    assert grid.texts == [["项目", "数"], ["甲", "12"]]
    assert [remark.text for remark in grid.remarks if "水印" in remark.reason] == ["公示稿样"]


def test_a_large_title_over_a_table_is_no_mark(tmp_path):
    page = [("text", 50, 80, "项目支出绩效自评表", 22), *ruled(50, 100, [100, 100], [30, 30], TABLE)]
    (grid,) = read_grids(pdf(tmp_path / "a.pdf", [page]), "a.pdf")
    assert [line.text for line in grid.above] == ["项目支出绩效自评表"] and grid.remarks == ()


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_pages_that_lie_turned_are_read_upright(tmp_path, angle):
    path = pdf(tmp_path / "a.pdf", [ruled(50, 100, [100, 100], [30, 30], TABLE)])
    turned = path.read_bytes().replace(b"/MediaBox", b"/Rotate %d /MediaBox" % angle)
    path.write_bytes(turned)
    (grid,) = read_grids(path, "a.pdf")
    assert grid.texts == [["项目", "数"], ["甲", "12"]] and told(grid, "转正")


def test_tables_without_rules_are_read_by_the_places_of_their_words_and_told(tmp_path):
    rows = [["一级指标", "三级指标", "指标值", "分值"], ["产出", "里程", "300", "10"], ["", "座数", "24", "20"]]
    rows.append(["效益", "满意度", "90%", "10"])
    page = [
        ("text", 60 + 120 * column, 100 + 30 * number, words)
        for number, row in enumerate(rows)
        for column, words in enumerate(row)
        if words
    ]
    (grid,) = read_grids(pdf(tmp_path / "a.pdf", [page]), "a.pdf")
    assert grid.texts == rows
    assert [remark.is_guess for remark in grid.remarks] == [True]


# .xlsb.


def xlsb_record(code, content=b""):
    head = bytes([code]) if code < 128 else bytes([code & 0x7F | 0x80, code >> 7])
    size, held = len(content), b""
    while True:
        held += bytes([size & 0x7F | (0x80 if size > 0x7F else 0)])
        size >>= 7
        if not size:
            return head + held + content


def xlsb_text(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(path, rows, *, hidden_rows=(), percent=(), state=0):
    """Write an .xlsb with one sheet of texts and numbers, and one more in the state given."""

    def sheet_of(lines):
        body = xlsb_record(129) + xlsb_record(148, struct.pack("<IIII", 0, len(lines) - 1, 0, 5)) + xlsb_record(145)
        for number, line in enumerate(lines):
            flags = 0x10 if number in hidden_rows else 0
            body += xlsb_record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, flags, 0, 0))
            for column, value in enumerate(line):
                place = struct.pack("<II", column, 1 if (number, column) in percent else 0)
                if isinstance(value, str):
                    body += xlsb_record(6, place + xlsb_text(value))
                else:
                    body += xlsb_record(5, place + struct.pack("<d", value))
        return body + xlsb_record(146) + xlsb_record(130)

    font = struct.pack("<HHHHBBBB", 220, 0, 400, 0, 0, 0, 134, 0) + b"\x07\x01" + b"\0" * 6 + b"\0" + xlsb_text("宋体")
    style = b"".join(xlsb_record(47, struct.pack("<HHHH", 0, number, 0, 0) + b"\0" * 8) for number in (0, 10))
    styles = xlsb_record(278) + xlsb_record(611) + xlsb_record(43, font) + xlsb_record(612)
    styles += xlsb_record(617, struct.pack("<I", 2)) + style + xlsb_record(618) + xlsb_record(279)
    listed = xlsb_record(156, struct.pack("<II", 0, 1) + xlsb_text("rId1") + xlsb_text("表"))
    listed += xlsb_record(156, struct.pack("<II", state, 2) + xlsb_text("rId2") + xlsb_text("另一张"))
    book = xlsb_record(131) + xlsb_record(143) + listed + xlsb_record(144) + xlsb_record(132)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}/worksheet" Target="worksheets/sheet{number}.bin"/>'
        for number in (1, 2)
    )
    links = (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'
    )
    return pack(
        path,
        {
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": links.encode(),
            "xl/styles.bin": styles,
            "xl/worksheets/sheet1.bin": sheet_of(rows),
            "xl/worksheets/sheet2.bin": sheet_of([["乙"]]),
        },
    )


def test_binary_workbooks_are_read_like_others(tmp_path):
    path = xlsb(
        tmp_path / "a.xlsb", [["率", 0.95], ["密", 1.0], ["数", 2.5]], hidden_rows=[1], percent=[(0, 1)], state=1
    )
    (grid,) = read_grids(path, "a.xlsb")
    assert grid.texts == [["率", "95.00%"], ["", ""], ["数", "2.5"]]
    assert told(grid, "行已隐藏") == ["A2"] and told(grid, "工作表") == [""]
    assert CalamineWorkbook.from_path(str(path)).get_sheet_by_name("表").to_python()[2] == ["数", 2.5]


# Signs.


@given(st.text(alphabet="0123456789.%≥≤公里个", max_size=12))
def test_plain_text_has_no_hidden_signs(text):
    assert shown_signs(text) == text and shown_signs(text, "SimSun") == text


@given(st.integers(0, 99_999), st.integers(1, 9))
def test_a_small_figure_behind_a_number_never_joins_it(number, mark):
    joined, left = raised(str(number), str(mark))
    assert not joined.isascii() or not joined
    assert bool(joined) != bool(left)
