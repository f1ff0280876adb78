"""Number formats, old and open workbooks: the same text whatever the program wrote."""

from __future__ import annotations

import datetime
import re
import shutil
import subprocess

import openpyxl
import pytest
from file_factories import (
    biff,
    change_part,
    compound,
    ods_cell,
    open_workbook,
    parts_of,
    refused,
    workbook,
)

from jixiao.reading.files import NumberFormat, number_format, read_grids, written

FORMATS = [
    ("General", NumberFormat()),
    ("0%", NumberFormat(decimals=0)),
    ("0.00%;[Red]-0.00%", NumberFormat(decimals=2)),
    ("000000", NumberFormat(zeros=6)),
    ("0", NumberFormat()),
    ("#,##0.00", NumberFormat()),
    ("#,##0.00_ ;[Red]\\-#,##0.00\\ ", NumberFormat()),
    ('0"个"', NumberFormat(after="个")),
    ("0\\个", NumberFormat(after="个")),
    ("0个", NumberFormat(after="个")),
    ('#,##0.00"万元"', NumberFormat(after="万元")),
    ('"第"0"期"', NumberFormat(before="第", after="期")),
    ('"¥"#,##0.00', NumberFormat()),
    ("[$¥-804]#,##0.00", NumberFormat()),
    ('0.0,"千"', NumberFormat()),  # shows a thousandth: the unit would be wrong for the stored number
    ('0!.0,"万"', NumberFormat()),
    ('[>=10000]0"万";0', NumberFormat()),
    ('yyyy"年"m"月"', NumberFormat()),
    ("0.00E+00", NumberFormat()),
    ("# ?/?", NumberFormat()),
    ("@", NumberFormat()),
    ('General"元"', NumberFormat(after="元")),
    ('"%"0', NumberFormat()),
]


@pytest.mark.parametrize(("code", "shown"), FORMATS)
def test_number_formats(code, shown):
    assert number_format(code) == shown


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (123, "000000", "000123"),
        (1234567, "000000", "1234567"),
        (1.5, "000.0", "001.5"),
        (-12, "0000", "-12"),
        (50, '0"个"', "50个"),
        (12.345, '0.0"万元"', "12.345万元"),  # rounding is for the eye: the stored number stays exact
        (0.285, "0%", "28.5%"),
        (12345, '0!.0,"万"', "12345"),
    ],
)
def test_numbers_as_their_format_shows_them(value, code, text):
    assert written(value, shown=number_format(code)) == text


def test_formats_of_a_workbook(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        [[123, 50, 1234.5, 0.95, datetime.date(2022, 4, 21), 44672, "000123"]],
        formats={"A1": "000000", "B1": '0"个"', "C1": '#,##0.00"万元"', "D1": "0%", "E1": 'yyyy"年"m"月"d"日"'},
    )
    (grid,) = read_grids(path, "a.xlsx")
    assert grid.texts == [["000123", "50个", "1234.5万元", "95%", "2022年4月21日", "44672", "000123"]]


def test_the_built_in_date_formats_of_a_chinese_workbook(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [[44672, 44672.5]], formats={"A1": "0.000", "B1": "0.000"})

    def built_in(content):
        return content.replace(b'numFmtId="164" fontId', b'numFmtId="31" fontId')

    def without_code(content):
        start, end = content.index(b"<numFmts"), content.index(b"</numFmts>") + len(b"</numFmts>")
        return built_in(content[:start] + content[end:])

    change_part(path, "xl/styles.xml", without_code)
    (grid,) = read_grids(path, "a.xlsx")
    assert grid.texts == [["2022年4月21日", "2022年4月21日"]]


def test_a_sheet_whose_path_is_absolute_keeps_its_formats(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [[0.95]], formats={"A1": "0%"})
    relations = parts_of(path)["xl/_rels/workbook.xml.rels"]
    assert b'"/xl/worksheets/sheet1.xml"' in relations
    relative = relations.replace(b'"/xl/worksheets/', b'"worksheets/')
    for content in (relations, relative):
        change_part(path, "xl/_rels/workbook.xml.rels", lambda _, content=content: content)
        assert read_grids(path, "a.xlsx")[0].texts == [["95%"]]


def test_a_sheet_that_is_only_a_chart_is_passed_over(tmp_path):
    from openpyxl.chart import BarChart, Reference

    book = openpyxl.Workbook()
    book.active.append([0.5])
    book.active["A1"].number_format = "0%"
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=1, min_row=1))
    book.create_chartsheet("图", 0).add_chart(chart)
    book.save(tmp_path / "a.xlsx")
    assert [grid.texts for grid in read_grids(tmp_path / "a.xlsx", "a.xlsx")] == [[["50%"]]]


def test_cells_that_other_programs_write_in_their_own_way(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲", 0.95], ["乙", 0.5]], formats={"B1": "0%", "B2": "0%"})

    def other(content):
        content = content.replace(b'<c r="B1" s="1" t="n">', b"<c s='1' r='B1'>")
        return content.replace(b'<c r="B2" s="1" t="n">', b'<c s="1">')

    assert other(parts_of(path)["xl/worksheets/sheet1.xml"]).count(b"B1") == 1
    change_part(path, "xl/worksheets/sheet1.xml", other)
    assert read_grids(path, "a.xlsx")[0].texts == [["甲", "95%"], ["乙", "50%"]]


def test_an_error_value_stays_visible(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲", "=1/0"]])

    def calculated(content):
        return re.sub(rb'<c r="B1"><f>1/0</f>.*?</c>', b'<c r="B1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', content)

    change_part(path, "xl/worksheets/sheet1.xml", calculated)
    assert read_grids(path, "a.xlsx")[0].texts == [["甲", "#DIV/0!"]]


def test_a_wrong_dimension_and_empty_styled_cells_far_away_do_no_harm(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲"]])

    def claimed(content):
        content = content.replace(b'<dimension ref="A1:A1"', b'<dimension ref="A1:XFD1048576"')
        return content.replace(b"</row>", b'<c r="XFD1" s="0"/></row><row r="1048576"><c r="A1048576" s="0"/></row>', 1)

    change_part(path, "xl/worksheets/sheet1.xml", claimed)
    grid = read_grids(path, "a.xlsx")[0]
    assert [cell.text for cell in grid.corners()] == ["甲"] and grid.height * grid.width < 500_000


CELLS = [
    (0, 0, "项目支出绩效自评表", 0),
    (1, 0, 0.9667, 1),
    (1, 1, 123.0, 2),
    (1, 2, 50.0, 3),
    (1, 3, 44672.0, 4),
    (2, 0, True, 0),
    (2, 1, 40.36, 0),
]
CODES = ["0.00%", "000000", '0"个"', 'yyyy"年"m"月"d"日"']
TEXTS = [["项目支出绩效自评表", "", "", ""], ["96.67%", "000123", "50个", "2022年4月21日"], ["是", "40.36", "", ""]]


def padded(grid):
    return [[*row, *[""] * (grid.width - len(row))] for row in grid.texts]


@pytest.mark.parametrize("name", ["a.xls", "a.et", "a.xlsx"])
def test_an_old_workbook_in_its_container(tmp_path, name):
    stream = biff(CELLS, formats=CODES, merges=[(0, 0, 0, 3)])
    (grid,) = read_grids(compound(tmp_path / name, {"Workbook": stream}), name)
    assert (grid.sheet, grid.is_sheet, padded(grid)) == ("表", True, TEXTS)
    assert grid.cell(0, 3).text == "项目支出绩效自评表" and grid.address(1, 2) == "C2"


def test_an_old_workbook_without_a_container(tmp_path):
    (tmp_path / "a.xls").write_bytes(biff(CELLS, formats=CODES))
    assert padded(read_grids(tmp_path / "a.xls", "a.xls")[0]) == TEXTS


def test_blank_styled_cells_of_an_old_workbook_do_not_count(tmp_path):
    stream = biff([(0, 0, "甲", 0), (65535, 255, None, 0)])
    (grid,) = read_grids(compound(tmp_path / "a.xls", {"Workbook": stream}), "a.xls")
    assert grid.texts == [["甲"]]


def test_a_workbook_under_the_name_of_another_kind(tmp_path):
    workbook(tmp_path / "a.xlsx", [["甲", 1]])
    for name in ("b.xls", "b.docx", "b.et", "b"):
        shutil.copy(tmp_path / "a.xlsx", tmp_path / name)
        assert read_grids(tmp_path / name, name)[0].texts == [["甲", "1"]]


def test_an_open_workbook(tmp_path):
    rows = (
        "<table:table-row>"
        + ods_cell("标题", more='table:number-columns-spanned="3" table:number-rows-spanned="1"')
        + '<table:covered-table-cell table:number-columns-repeated="2"/></table:table-row>'
        + "<table:table-header-rows><table:table-row>"
        + ods_cell("96.7%", value="0.9667", kind="percentage")
        + ods_cell("000123", value="123", kind="float")
        + ods_cell("50个", value="50", kind="float")
        + "</table:table-row></table:table-header-rows>"
        + '<table:table-row table:number-rows-repeated="2">'
        + ods_cell("甲", more='table:number-columns-repeated="2"')
        + '<table:table-cell office:value-type="date" office:date-value="2022-04-21"><text:p>22-4-21</text:p>'
        + "</table:table-cell></table:table-row>"
        + "<table:table-row>"
        + ods_cell("1,234.50", value="1234.5", kind="float")
        + '<table:table-cell office:value-type="string"><office:annotation><text:p>批注</text:p></office:annotation>'
        + "<text:p>上<text:s/>行</text:p><text:p>下行</text:p></table:table-cell>"
        + '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>TRUE</text:p>'
        + "</table:table-cell></table:table-row>"
        + '<table:table-row table:number-rows-repeated="1048570"><table:table-cell '
        + 'table:number-columns-repeated="16384"/></table:table-row>'
    )
    (grid,) = read_grids(open_workbook(tmp_path / "a.ods", rows), "a.ods")
    assert grid.texts == [
        ["标题", "", ""],
        ["96.67%", "000123", "50个"],
        ["甲", "甲", "2022年4月21日"],
        ["甲", "甲", "2022年4月21日"],
        ["1234.5", "上 行\n下行", "是"],
    ]
    assert grid.cell(0, 2).text == "标题" and grid.address(4, 1) == "B5" and grid.sheet == "表"


def test_an_open_workbook_that_shows_another_number_gives_the_stored_one(tmp_path):
    rows = f"<table:table-row>{ods_cell('1.2万', value='12345', kind='float')}</table:table-row>"
    assert read_grids(open_workbook(tmp_path / "a.ods", rows), "a.ods")[0].texts == [["12345"]]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("target", ["xls", "ods", "xlsx"])
def test_what_an_office_program_writes_reads_the_same_in_every_format(tmp_path, target):
    source = workbook(
        tmp_path / "a.xlsx",
        [["项目支出绩效自评表"], [123, 50, 0.9667, datetime.date(2022, 4, 21)], ["甲\n乙", 40.36, 2.0, 0.5]],
        formats={"A2": "000000", "B2": '0"个"', "C2": "0.00%", "D2": 'yyyy"年"m"月"d"日"', "D3": "0%"},
        merges=["A1:D1"],
    )
    room = tmp_path / "profile"
    subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={room.as_uri()}", "--headless"),
            *("--convert-to", target, "--outdir", str(tmp_path / "out"), str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    path = tmp_path / "out" / f"a.{target}"
    (grid,) = read_grids(path, path.name)
    assert padded(grid) == [
        ["项目支出绩效自评表", "", "", ""],
        ["000123", "50个", "96.67%", "2022年4月21日"],
        ["甲\n乙", "40.36", "2", "50%"],
    ]
    assert grid.cell(0, 3).text == "项目支出绩效自评表"


def test_an_old_workbook_with_macros_or_no_workbook_is_refused(tmp_path):
    streams = {"Workbook": biff(CELLS, formats=CODES), "_VBA_PROJECT": b"x"}
    assert "宏" in refused(compound(tmp_path / "a.xls", streams))
    assert "不能读取" in refused(compound(tmp_path / "b.xls", {"PowerPoint Document": b"x"}))
