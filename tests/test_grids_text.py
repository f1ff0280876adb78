"""Text with separators and web pages: encodings, separators, quoted line breaks, spans."""

from __future__ import annotations

import pytest
from file_factories import refused

from jixiao.reading.files import read_grids

TEXT = "项目,金额\n甲,“1”\n"
ROWS = [["项目", "金额"], ["甲", "“1”"]]


def read(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return read_grids(path, name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path, encoding):
    (grid,) = read(tmp_path, "清单.csv", TEXT.encode(encoding))
    assert (grid.sheet, grid.is_sheet, grid.texts) == ("清单", True, ROWS)
    assert grid.address(1, 1) == "B2"


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ";"), ("a.tsv", "\t"), ("a.txt", "\t"), ("a.csv", "\t")])
def test_separators(tmp_path, name, mark):
    assert read(tmp_path, name, TEXT.replace(",", mark).encode())[0].texts == ROWS


def test_a_tab_separated_list_with_commas_in_its_cells(tmp_path):
    assert read(tmp_path, "a.tsv", "甲,乙,丙\t1,200\n".encode())[0].texts == [["甲,乙,丙", "1,200"]]


def test_quoted_separators_line_breaks_and_codes(tmp_path):
    content = '名称,编码,说明\r\n"甲,乙",000123,"第一行\r\n第二行"\r\n'
    (grid,) = read(tmp_path, "a.csv", content.encode())
    assert grid.texts == [["名称", "编码", "说明"], ["甲,乙", "000123", "第一行\r\n第二行"]]


def test_bytes_that_are_no_text_are_never_replaced(tmp_path):
    (tmp_path / "a.csv").write_bytes("项目,金额".encode() + b"\xff\xfe\xfa,\x81")
    assert "编码不能识别" in refused(tmp_path / "a.csv")


def test_text_under_the_name_of_a_workbook(tmp_path):
    assert read(tmp_path, "a.xls", "甲\t乙\n1\t2\n".encode("gb18030"))[0].texts == [["甲", "乙"], ["1", "2"]]
    (tmp_path / "b.xls").write_text("只有一句话", encoding="utf-8")
    assert "不是有效的表格文件" in refused(tmp_path / "b.xls")


PAGE = """<!DOCTYPE html><html><head><meta charset="gb2312"><title>导出</title><style>td {{}}</style></head><body>
<h2>项目支出绩效自评表</h2><p>单位：万元</p>
<table><thead><tr><th colspan="2">指标</th><th rowspan="2">得分</th></tr></thead>
<tr><td>甲<br>乙</td><td> 95% </td></tr></table>
<table><tr><td>丙</td><td>{inner}</td></tr></table><p>填报人</p></body></html>"""


def test_a_web_page_under_the_name_of_a_workbook(tmp_path):
    grids = read(tmp_path, "a.xls", PAGE.format(inner="丁").encode("gb18030"))
    assert [grid.sheet for grid in grids] == ["项目支出绩效自评表", "表2"]
    assert [cell.text for cell in grids[0].row(0)] == ["指标", "得分"]
    assert [cell.text for cell in grids[0].row(1)] == ["甲\n乙", "95%", "得分"]
    assert grids[0].note == "单位：万元" and grids[1].is_continued and not grids[0].is_sheet
    assert [line.text for line in grids[1].below] == ["填报人"]


def test_a_table_inside_a_cell_of_a_web_page(tmp_path):
    grids = read(tmp_path, "a.html", PAGE.format(inner="外<table><tr><td>内</td></tr></table>").encode())
    assert [grid.texts for grid in grids[1:]] == [[["丙", "外"]], [["内"]]]
    assert [line.text for line in grids[-1].below] == ["填报人"]


def test_a_web_page_without_tables_and_with_giant_spans(tmp_path):
    (tmp_path / "a.xls").write_text("<html><body>没有</body></html>", encoding="utf-8")
    assert "没有表格" in refused(tmp_path / "a.xls")
    content = '<table><tr><td colspan="99999999" rowspan="9999999">甲</td></tr><tr><td>乙</td></tr></table>'
    (tmp_path / "b.xls").write_text(content, encoding="utf-8")
    assert "上限" in refused(tmp_path / "b.xls")
