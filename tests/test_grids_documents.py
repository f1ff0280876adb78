"""Word documents: nested tables, tracked changes, text boxes, the lines between the tables and the names they give."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from file_factories import change_part, document, parts_of

from jixiao.reading.files import Line, read_grids

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


def lines(grid):
    return [(line.text, line.address) for line in grid.above]


def read(tmp_path, build):
    return read_grids(document(tmp_path / "a.docx", build), "a.docx")


def one_cell(doc, text="甲"):
    doc.add_table(1, 1).cell(0, 0).text = text


def paragraph(doc, inner):
    doc.element.body.insert_element_before(parse_xml(f"<w:p {SPACES}>{inner}</w:p>"), "w:sectPr")


def test_the_lines_above_between_and_below(tmp_path):
    def build(doc):
        doc.add_paragraph("项目支出绩效自评表")
        doc.add_paragraph("")
        doc.add_paragraph("（2021年度）")
        doc.add_paragraph("填报单位：示例局")
        doc.add_paragraph("单位：万元")
        one_cell(doc)
        doc.add_paragraph(" ")
        one_cell(doc)
        doc.add_paragraph("说明")
        one_cell(doc)
        doc.add_paragraph("填报人签字")

    first, second, third = read(tmp_path, build)
    assert lines(first) == [
        ("项目支出绩效自评表", "第1段"),
        ("（2021年度）", "第2段"),
        ("填报单位：示例局", "第3段"),
        ("单位：万元", "第4段"),
    ]
    assert (first.sheet, first.note, first.is_continued) == ("项目支出绩效自评表", "单位：万元", False)
    assert (second.sheet, second.above, second.is_continued) == ("表2", (), True)
    assert (third.sheet, lines(third), third.is_continued) == ("说明", [("说明", "第5段")], False)
    assert third.below == (Line("填报人签字", "第6段"),) and first.below == second.below == ()


@pytest.mark.parametrize(
    ("above", "name"),
    [
        (["评分表", "（单位：元）"], "评分表"),
        (["附件2：项目支出绩效自评表"], "附件2：项目支出绩效自评表"),
        (["表1 评分表", "2021年"], "表1 评分表"),
        (["标题", "本年度共安排项目资金，" * 8], "表1"),
        ([], "表1"),
        (["项目名称：示例项目"], "表1"),
    ],
)
def test_names_of_tables(tmp_path, above, name):
    def build(doc):
        for text in above:
            doc.add_paragraph(text)
        one_cell(doc)

    assert [grid.sheet for grid in read(tmp_path, build)] == [name]


def test_a_table_inside_a_cell_is_a_grid_of_its_own(tmp_path):
    def build(doc):
        doc.add_paragraph("外表")
        table = doc.add_table(2, 2)
        table.cell(0, 0).text = "外"
        inner = table.cell(0, 1).add_table(2, 1)
        inner.cell(0, 0).text = "内"
        inner.cell(1, 0).add_table(1, 1).cell(0, 0).text = "最内"
        table.cell(1, 0).text = "末"
        doc.add_paragraph("下一张")
        one_cell(doc)

    grids = read(tmp_path, build)
    assert [grid.sheet for grid in grids] == ["外表", "表2", "表3", "下一张"]
    assert grids[0].texts == [["外", ""], ["末", ""]]
    assert grids[1].texts == [["内"], [""]] and grids[2].texts == [["最内"]]
    assert not any(grid.is_continued for grid in grids)


def test_rows_that_start_later_and_end_earlier(tmp_path):
    def build(doc):
        table = doc.add_table(2, 4)
        for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
            cell.text = str(number)
        row = table.rows[1]._tr
        row.remove(row.tc_lst[3])
        row.remove(row.tc_lst[0])
        row.insert(0, parse_xml(f'<w:trPr {nsdecls("w")}><w:gridBefore w:val="1"/><w:gridAfter w:val="1"/></w:trPr>'))

    (grid,) = read(tmp_path, build)
    assert grid.texts == [["0", "1", "2", "3"], ["", "5", "6", ""]]


def test_a_cell_over_two_columns_ends_the_merges_under_it(tmp_path):
    def build(doc):
        table = doc.add_table(3, 2)
        table.cell(0, 1).merge(table.cell(1, 1)).text = "右"
        table.cell(0, 0).text, table.cell(1, 0).text = "甲", "乙"
        table.cell(2, 0).merge(table.cell(2, 1)).text = "合计"

    (grid,) = read(tmp_path, build)
    assert [grid.cell(row, 1).text for row in range(3)] == ["右", "右", "合计"]


def test_struck_out_text_and_rows_are_no_text(tmp_path):
    def build(doc):
        paragraph(
            doc,
            "<w:r><w:t>评分</w:t></w:r><w:del><w:r><w:delText>旧</w:delText></w:r></w:del>"
            "<w:moveFrom><w:r><w:t>移走</w:t></w:r></w:moveFrom><w:ins><w:r><w:t>表</w:t></w:r></w:ins>",
        )
        table = doc.add_table(2, 1)
        table.cell(0, 0).text, table.cell(1, 0).text = "甲", "删去的行"
        table.rows[1]._tr.insert(0, parse_xml(f'<w:trPr {nsdecls("w")}><w:del w:id="1"/></w:trPr>'))

    (grid,) = read(tmp_path, build)
    assert grid.sheet == "评分表" and grid.texts == [["甲"]]


def test_text_boxes_and_fields_give_their_text_once(tmp_path):
    box = "<w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent>"

    def build(doc):
        paragraph(
            doc,
            f"<w:r><w:t>标题</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires='wps'>"
            f"<w:drawing>{box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>",
        )
        paragraph(
            doc,
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> SEQ 表 </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>表3 评分表</w:t></w:r>'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>',
        )
        one_cell(doc)

    (grid,) = read(tmp_path, build)
    assert [text for text, _ in lines(grid)] == ["标题", "框内", "表3 评分表"]


def test_tick_boxes_of_symbol_fonts(tmp_path):
    def build(doc):
        one_cell(doc, "")
        cell = doc.tables[0].cell(0, 0).paragraphs[0]._p
        for char, word in (("F0FE", "优"), ("F0A8", "良")):
            cell.append(parse_xml(f'<w:r {SPACES}><w:t>{word}</w:t><w:sym w:font="Wingdings" w:char="{char}"/></w:r>'))

    assert read(tmp_path, build)[0].texts == [["优☑良□"]]


def test_content_controls_and_heads_of_pages(tmp_path):
    def build(doc):
        doc.sections[0].header.paragraphs[0].text = "页眉文字"
        one_cell(doc)
        body = doc.element.body
        table = body.tbl_lst[0]
        control = parse_xml(f"<w:sdt {SPACES}><w:sdtContent/></w:sdt>")
        body.replace(table, control)
        control[0].append(table)

    (grid,) = read(tmp_path, build)
    assert grid.texts == [["甲"]] and grid.above == ()


def test_the_strict_kind_of_the_format(tmp_path):
    path = document(tmp_path / "a.docx", one_cell)
    usual = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    assert usual in parts_of(path)["word/document.xml"]
    strict = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
    change_part(path, "word/document.xml", lambda content: content.replace(usual, strict))
    assert read_grids(path, "a.docx")[0].texts == [["甲"]]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("target", ["doc", "rtf"])
def test_old_documents_are_converted(tmp_path, target):
    def build(doc):
        doc.add_paragraph("评分表")
        table = doc.add_table(2, 2)
        table.cell(0, 0).merge(table.cell(0, 1)).text = "合并"
        table.cell(1, 0).text, table.cell(1, 1).text = "甲", "95%"
        doc.add_paragraph("完")

    source = document(tmp_path / "a.docx", build)
    subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"),
            *("--convert-to", target, "--outdir", str(tmp_path / "out"), str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    for name in (f"a.{target}", "改名.wps"):
        path = tmp_path / name
        shutil.copy(tmp_path / "out" / f"a.{target}", path)
        (grid,) = read_grids(path, name)
        assert grid.sheet == "评分表" and grid.cell(0, 1).text == "合并"
        assert [cell.text for cell in grid.row(1)] == ["甲", "95%"]
