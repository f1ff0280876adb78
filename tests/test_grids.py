"""Workbooks and documents as grids: text as a reader sees it, merges, addresses; and files that must be refused."""

from __future__ import annotations

import datetime
import random
import subprocess
import sys

import openpyxl
import pytest
from conftest import ROOT, SOURCE, write_self_form
from file_factories import document, pack, parts_of, refused, workbook

from jixiao.core.errors import FormError
from jixiao.reading.files import Grid, column_letters, read_grids, written


def test_percent_cells_are_what_the_reader_sees(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        [[0.95, 0.9667, 1, 0.95, 0.9863, "95%", -0.05]],
        formats={"A1": "0%", "B1": "0.00%", "C1": "0%", "E1": "0.00%;-0.00%", "G1": "0.0%"},
    )
    (grid,) = read_grids(path, "a.xlsx")
    assert grid.texts == [["95%", "96.67%", "100%", "0.95", "98.63%", "95%", "-5.0%"]]


def test_numbers_dates_and_blanks_are_text(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        [[40.36, 2.0, 0, 1088346.32, True, None, datetime.date(2022, 4, 21), "001", 10552.78, 1e-5]],
    )
    (grid,) = read_grids(path, "a.xlsx")
    assert grid.texts[0] == ["40.36", "2", "0", "1088346.32", "是", "", "2022年4月21日", "001", "10552.78", "0.00001"]


def test_merged_cells_repeat_their_corner(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲", "", "乙"], ["", "", "丙"], ["丁", "戊", "己"]], merges=["A1:B2"])
    (grid,) = read_grids(path, "a.xlsx")
    assert [grid.cell(row, column).text for row in range(2) for column in range(2)] == ["甲"] * 4
    assert [cell.text for cell in grid.row(0)] == ["甲", "乙"]
    assert [cell.text for cell in grid.row(2)] == ["丁", "戊", "己"]
    assert [cell.text for cell in grid.corners()] == ["甲", "乙", "丙", "丁", "戊", "己"]
    assert grid.cell(1, 1).is_corner is False and grid.cell(0, 0).is_corner is True
    assert grid.address(2, 1) == "B3"


def test_leading_empty_rows_do_not_shift_addresses(tmp_path):
    book = openpyxl.Workbook()
    book.active["C4"] = "值"
    book.active["E6"] = "末"
    book.active.merge_cells("C4:D5")
    book.save(tmp_path / "a.xlsx")
    (grid,) = read_grids(tmp_path / "a.xlsx", "a.xlsx")
    cell, _ = grid.corners()
    assert grid.address(cell.row, cell.column) == "C4"
    assert grid.cell(4, 3).text == "值"


def test_every_sheet_is_a_grid_and_an_empty_one_too(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "空表"
    book.create_sheet("第二页")["A1"] = "甲"
    book.save(tmp_path / "a.xlsx")
    assert [(grid.sheet, grid.height) for grid in read_grids(tmp_path / "a.xlsx", "a")] == [("空表", 0), ("第二页", 1)]


def test_word_merges_over_columns_and_rows(tmp_path):
    def build(doc):
        doc.add_paragraph("评分表")
        table = doc.add_table(4, 3)
        for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
            cell.text = str(number)
        table.cell(0, 0).merge(table.cell(1, 1)).text = "合并"  # gridSpan and vMerge together
        table.cell(2, 2).merge(table.cell(3, 2)).text = "下合并"

    (grid,) = read_grids(document(tmp_path / "a.docx", build), "a.docx")
    assert grid.sheet == "评分表" and not grid.is_sheet
    assert [grid.cell(row, column).text for row in (0, 1) for column in (0, 1)] == ["合并"] * 4
    assert [cell.text for cell in grid.row(0)] == ["合并", "2"]
    assert [cell.text for cell in grid.row(1)] == ["合并", "5"]
    assert [grid.cell(row, 2).text for row in (2, 3)] == ["下合并"] * 2
    assert [cell.text for cell in grid.row(3)] == ["9", "10", "下合并"]
    assert grid.address(3, 1) == "第4行第2列"


def test_two_vertical_merges_one_below_the_other(tmp_path):
    def build(doc):
        table = doc.add_table(4, 2)
        table.cell(0, 0).merge(table.cell(1, 0)).text = "上"
        table.cell(2, 0).merge(table.cell(3, 0)).text = "下"

    (grid,) = read_grids(document(tmp_path / "a.docx", build), "a.docx")
    assert [grid.cell(row, 0).text for row in range(4)] == ["上", "上", "下", "下"]


def test_word_tables_are_named_by_the_paragraph_above(tmp_path):
    def build(doc):
        for caption in ("表一", "表一", ""):
            doc.add_paragraph(caption)
            doc.add_table(1, 1).cell(0, 0).text = "甲"

    names = [grid.sheet for grid in read_grids(document(tmp_path / "a.docx", build), "a.docx")]
    assert names[0] == "表一" and len(set(names)) == 3


def test_lines_of_a_cell_stay_apart(tmp_path):
    def build(doc):
        cell = doc.add_table(1, 1).cell(0, 0)
        cell.text = "社会效益"
        cell.add_paragraph("（10分）")

    (grid,) = read_grids(document(tmp_path / "a.docx", build), "a.docx")
    assert grid.texts == [["社会效益\n（10分）"]]


def test_a_table_inside_a_cell_adds_no_rows(tmp_path):
    def build(doc):
        table = doc.add_table(2, 2)
        table.cell(0, 0).text = "外"
        table.cell(0, 1).add_table(2, 1).cell(0, 0).text = "内"
        table.cell(1, 0).text = "末"

    grids = read_grids(document(tmp_path / "a.docx", build), "a.docx")
    assert grids[0].height == 2
    assert grids[0].cell(1, 0).text == "末"


def test_a_grid_answers_outside_its_rows():
    grid = Grid("a", "表", True, [["甲"], ["乙", "丙"]])
    assert grid.cell(0, 1).text == "" and grid.cell(9, 9).text == ""
    assert (grid.height, grid.width) == (2, 2)


@pytest.mark.parametrize(("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_column_letters(column, letters):
    assert column_letters(column) == letters


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.95, 0, "95%"),
        (0.285, 0, "28.5%"),
        (1, 2, "100.00%"),
        (0.1 + 0.2, None, "0.30000000000000004"),
        (False, None, "否"),
    ],
)
def test_written(value, decimals, text):
    assert written(value, decimals=decimals) == text


# Files that must be refused with one sentence.


@pytest.mark.parametrize("name", ["a.xls", "a.doc", "a.pdf", "a.csv", "a"])
def test_other_kinds_of_files(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert "另存为 .xlsx 或 .docx" in refused(path)


@pytest.mark.parametrize("suffix", [".xlsx", ".docx"])
def test_empty_plain_and_cut_files(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"")
    assert "文件为空" in refused(path)
    path.write_bytes("这不是表格".encode())
    refused(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)  # an encrypted workbook is an OLE file
    assert "密码" in refused(path)
    write_self_form(tmp_path / "good.xlsx")
    content = (tmp_path / "good.xlsx").read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refused(path)


@pytest.mark.parametrize(
    "part",
    [
        "xl/workbook.xml",
        "xl/styles.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
    ],
)
def test_a_workbook_with_a_broken_part(tmp_path, part):
    parts = parts_of(SOURCE / "2021/党政信息网络建设_项目支出绩效自评表.xlsx")
    refused(pack(tmp_path / "cut.xlsx", {**parts, part: parts[part][: len(parts[part]) // 2]}))


@pytest.mark.parametrize("part", ["xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_workbook_without_a_part(tmp_path, part):
    parts = parts_of(SOURCE / "2021/党政信息网络建设_项目支出绩效自评表.xlsx")
    refused(pack(tmp_path / "missing.xlsx", {name: content for name, content in parts.items() if name != part}))


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml", "word/document.xml"])
@pytest.mark.parametrize("before", [b"", b"<!--" + b"x" * 5000 + b"-->"])
def test_document_type_definitions(tmp_path, part, before):
    if part.startswith("word"):
        path = document(tmp_path / "a.docx", lambda doc: doc.add_table(1, 1))
    else:
        path = tmp_path / "a.xlsx"
        write_self_form(path)
    parts = parts_of(path)
    head, _, body = parts[part].rpartition(b"?>") if parts[part].startswith(b"<?xml") else (b"", b"", parts[part])
    start = head + b"?>" if head else b""
    parts[part] = start + before + b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + body
    refused(pack(path, parts))


def test_flipped_bytes_never_show_a_library_error(tmp_path):
    write_self_form(tmp_path / "good.xlsx")
    document(tmp_path / "good.docx", lambda doc: doc.add_table(3, 3))
    for suffix in (".xlsx", ".docx"):
        good = (tmp_path / f"good{suffix}").read_bytes()
        chance = random.Random(1)
        failed = []
        for number in range(60):
            damaged = bytearray(good)
            for _ in range(chance.choice([1, 3, 20])):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            path = tmp_path / f"damaged{suffix}"
            path.write_bytes(bytes(damaged))
            try:
                read_grids(path, path.name)
            except FormError:
                pass
            except Exception as error:
                failed.append(f"{number}: {type(error).__name__}: {error}")
        assert failed == []


@pytest.mark.parametrize("address", ["XFD1048576", "A1048576", "ZZ60000"])
def test_a_far_away_cell_does_not_end_the_process(tmp_path, address):
    book = openpyxl.Workbook()
    book.active["A1"] = "甲"
    book.active[address] = "乙"
    book.save(tmp_path / "far.xlsx")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (3 * 10**9,) * 2); from pathlib import Path\n"
        "from jixiao.reading.files import read_grids; from jixiao.core.errors import FormError\n"
        "try: read_grids(Path(sys.argv[1]), 'far.xlsx')\n"
        "except FormError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "far.xlsx")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-200:]
    assert "上限" in done.stdout
