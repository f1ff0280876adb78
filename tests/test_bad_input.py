"""Files that must be refused: each with one clear sentence, without a traceback, within bounded memory."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pytest
from conftest import write_self_form
from file_factories import (
    biff,
    change_part,
    compound,
    document,
    ods_cell,
    open_workbook,
    pack,
    parts_of,
    pdf,
    refused,
    workbook,
)

from jixiao.core.errors import DeclarationError, FormError
from jixiao.reading.files import load_limits, read_grids

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def limits(tmp_path, monkeypatch):
    """Set limits for one test, as a user does: in a file of their own."""

    def put(**values):
        path = tmp_path / "limits.yaml"
        path.write_text("".join(f"{key}: {value}\n" for key, value in values.items()), encoding="utf-8")
        copy = tmp_path / f"limits_{abs(hash(tuple(values.items())))}.yaml"
        path.rename(copy)
        monkeypatch.setenv("JIXIAO_LIMITS", str(copy))

    return put


def table_of(doc):
    doc.add_table(1, 1).cell(0, 0).text = "甲"


# What is not a form, empty or damaged.


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("说明.md", "# 说明".encode()),
        ("无扩展名", b"abc"),
        ("a.pptx", b"x"),
        ("a.dps", b"x"),
    ],
)
def test_other_kinds_of_files(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert "不能读取；请另存为 .xlsx 或 .docx" in refused(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("图.png", b"\x89PNG\r\n\x1a\n"),
        ("扫描件.jpg", b"\xff\xd8\xff\xe0"),
        ("扫描件.tif", b"II*\0"),
        ("改了名.xlsx", b"\x89PNG\r\n\x1a\n"),
        ("改了名.pdf", b"MM\0*"),
        ("手机照片.heic", b"\0\0\0\x18ftypheic"),
    ],
)
def test_pictures_are_named_as_such(tmp_path, name, start):
    (tmp_path / name).write_bytes(start + b"\0" * 50)
    assert "文件是图片" in refused(tmp_path / name) and "文字识别" in refused(tmp_path / name)


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.docx", "a.doc", "a.pdf", "a.csv", "a.ods", "a.wps"])
def test_empty_files(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    assert "文件为空（0字节）" in refused(tmp_path / name)
    (tmp_path / name).write_bytes(b"\0" * 100)
    assert "没有内容" in refused(tmp_path / name)


def test_separated_values_without_any_value(tmp_path):
    (tmp_path / "a.csv").write_bytes(b",,,\n,,\n")
    assert "没有内容" in refused(tmp_path / "a.csv")


def test_a_file_that_is_not_there(tmp_path):
    assert "文件不存在" in refused(tmp_path / "a.xlsx")


@pytest.mark.parametrize("name", ["a.xlsx", "a.docx", "a.ods"])
def test_archives_cut_short_and_archives_of_something_else(tmp_path, name):
    write_self_form(tmp_path / "good.xlsx")
    content = (tmp_path / "good.xlsx").read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    assert "已损坏" in refused(tmp_path / name)
    assert "压缩包" in refused(pack(tmp_path / name, {"甲.txt": b"x", "乙.xlsx": content}))


def test_a_part_whose_bytes_do_not_match_its_checksum(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲" * 50]])
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(SHEET)
        start = entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2
    content = bytearray(path.read_bytes())
    content[start] ^= 0xFF
    path.write_bytes(bytes(content))
    assert "已损坏" in refused(path)


# Names.


@pytest.mark.parametrize("name", ["甲\n乙.xlsx", "甲\x1b[31m.xlsx", "甲\u202exslx.xlsx", "甲\u200b.xlsx"])
def test_a_name_with_characters_nobody_sees(tmp_path, name):
    """It is read, and named by the codes of those characters wherever it is named."""
    path = workbook(tmp_path / name, [["甲"]])
    assert read_grids(path, name)[0].texts == [["甲"]]
    path.write_bytes(b"PK")
    sentence = refused(path)
    assert re.search(r"甲\\(x0a|x1b|u202e|u200b)", sentence) and not set(name) - set("甲乙.xls[31m") & set(sentence)


def test_a_name_that_leads_out_of_the_folder(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲"]])
    with pytest.raises(FormError, match="数据目录之外"):
        read_grids(path, "../a.xlsx")
    assert read_grids(path, "2021/甲..乙.xlsx")[0].texts == [["甲"]]


# Passwords, macros, links.


@pytest.mark.parametrize("name", ["a.xlsx", "a.docx"])
def test_a_password_on_a_packed_file(tmp_path, name):
    compound(tmp_path / name, {"EncryptionInfo": b"x", "EncryptedPackage": b"x"})
    assert "文件设有密码；请去除密码" in refused(tmp_path / name)


def test_a_password_on_an_old_workbook(tmp_path):
    stream = biff([(0, 0, "甲", 0)], extra=b"\x2f\x00\x06\x00\x00\x00\x34\x12\x78\x56")
    assert "文件设有密码" in refused(compound(tmp_path / "a.xls", {"Workbook": stream}))


def test_a_password_on_an_open_workbook_and_on_single_parts(tmp_path):
    listed = b'<manifest><file-entry><encryption-data checksum="x"/></file-entry></manifest>'
    path = open_workbook(tmp_path / "a.ods", "", **{"META-INF/manifest.xml": listed})
    assert "文件设有密码" in refused(path)
    path = workbook(tmp_path / "b.xlsx", [["甲"]])
    content = path.read_bytes()
    start = content.index(b"PK\x01\x02")
    path.write_bytes(content[: start + 8] + bytes([content[start + 8] | 1]) + content[start + 9 :])
    assert "文件设有密码" in refused(path)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("a.xlsx", "xl/vbaProject.bin"),
        ("a.docx", "word/vbaProject.bin"),
        ("a.xlsx", "xl/macrosheets/sheet1.xml"),
        ("a.ods", "Basic/Standard/Module1.xml"),
    ],
)
def test_macros(tmp_path, name, part):
    path = tmp_path / name
    if name.endswith("docx"):
        document(path, table_of)
    elif name.endswith("ods"):
        open_workbook(path, "")
    else:
        workbook(path, [["甲"]])
    assert "文件含有宏；请另存为不含宏的文件" in refused(pack(path, {**parts_of(path), part: b"x"}))


@pytest.mark.parametrize("name", ["a.xlsm", "a.docm"])
def test_names_of_files_with_macros(tmp_path, name):
    workbook(tmp_path / "a.xlsx", [["甲"]])
    shutil.copy(tmp_path / "a.xlsx", tmp_path / name)
    assert "请另存为不含宏的文件" in refused(tmp_path / name)


def test_links_to_other_workbooks(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲"]])
    assert "请断开链接" in refused(pack(path, {**parts_of(path), "xl/externalLinks/externalLink1.xml": b"<x/>"}))


# Bombs.


@pytest.mark.parametrize("name", ["/etc/甲.xml", "../甲.xml", "xl/../../甲.xml", "C:\\甲.xml", "xl\\..\\甲.xml"])
def test_parts_that_lead_out_of_the_archive(tmp_path, name):
    path = workbook(tmp_path / "a.xlsx", [["甲"]])
    assert "指向文件之外" in refused(pack(path, {**parts_of(path), name: b"x"}))


def test_parts_of_one_name(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲"]])
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning):
        archive.writestr(SHEET, b"<worksheet/>")
    assert "重名" in refused(path)
    path = workbook(tmp_path / "b.xlsx", [["甲"]])
    assert "重名" in refused(pack(path, {**parts_of(path), SHEET.upper(): b"<worksheet/>"}))


def test_a_part_that_unpacks_to_very_much(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲"]])
    assert "倍）" in refused(pack(path, {**parts_of(path), "xl/media/a.bin": b"\0" * 30_000_000}))


def test_limits_of_an_archive(tmp_path, limits):
    path = workbook(tmp_path / "a.xlsx", [["甲"]])
    limits(unpacked_bytes=1000)
    assert "展开后的内容过大" in refused(path)
    limits(entries=3)
    assert "部件；上限为3个" in refused(path)
    limits(tree_bytes=100)
    assert "单个部件上限" in refused(document(tmp_path / "a.docx", table_of))


def test_a_file_over_the_limit_of_bytes_is_not_even_opened(tmp_path, limits):
    path = tmp_path / "a.xlsx"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    assert "文件有200MB；上限为50MB" in refused(path)
    limits(file_bytes=10)
    assert "上限" in refused(workbook(tmp_path / "b.xlsx", [["甲"]]))


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY {chr(98 + number)} "{f"&{chr(97 + number)};" * 10}">' for number in range(7))
    + "]>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize(
    ("name", "part"),
    [("a.xlsx", SHEET), ("a.xlsx", "xl/styles.xml"), ("a.docx", "word/document.xml"), ("a.ods", "content.xml")],
)
def test_xml_bombs(tmp_path, name, part, encoding):
    path = tmp_path / name
    if name.endswith("docx"):
        document(path, table_of)
    elif name.endswith("ods"):
        open_workbook(path, f"<table:table-row>{ods_cell('甲')}</table:table-row>")
    else:
        workbook(path, [["甲"]])

    def bomb(content):
        text = content.decode()
        text = text.partition("?>")[2] if text.startswith("<?xml") else text
        return f'<?xml version="1.0" encoding="{encoding[:6]}"?>{BOMB}{text.replace("甲", "&h;")}'.encode(encoding)

    assert "文档类型定义（DTD）" in refused(change_part(path, part, bomb))


# Sheets and tables that claim to be very large.


@pytest.mark.parametrize("place", ["A1048576", "XFD1", "ZZ60000"])
def test_cells_far_away(tmp_path, place):
    path = workbook(tmp_path / "a.xlsx", [["甲"] * 40])
    far = f'<c r="{place}" t="n"><v>1</v></c></row>'.encode()
    change_part(path, SHEET, lambda content: content.replace(b"</row>", far, 1))
    if place == "XFD1":
        assert read_grids(path, "a.xlsx")[0].width == 16384
    else:
        assert "单元格上限为500000个" in refused(path)


def test_cells_far_away_that_other_programs_would_find(tmp_path):
    row = b'<row r="1048576"><c r="C1048576"/><c><v>1</v></c></row></sheetData>'
    path = workbook(tmp_path / "a.xlsx", [["甲"]])
    change_part(path, SHEET, lambda content: content.replace(b"</sheetData>", row))
    assert "占到第1048576行第4列" in refused(path)
    parts = parts_of(path)
    parts["xl/Sheets/A.bin"] = parts.pop(SHEET)
    relations = parts["xl/_rels/workbook.xml.rels"]
    assert b'Target="/xl/worksheets/sheet1.xml"' in relations
    parts["xl/_rels/workbook.xml.rels"] = relations.replace(b"/xl/worksheets/sheet1.xml", b"sheets/a.bin")
    assert "占到第1048576行第4列" in refused(pack(path, parts))


def test_giant_merges(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲"]], merges=["A1:B2"])
    assert b'ref="A1:B2"' in parts_of(path)[SHEET]
    change_part(path, SHEET, lambda content: content.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))
    assert "合并单元格A1:XFD1048576过大" in refused(path)


def test_repeated_rows_and_cells_of_an_open_workbook(tmp_path):
    cell = ods_cell("甲", more='table:number-columns-repeated="16384"')
    path = open_workbook(
        tmp_path / "a.ods", f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    )
    assert "占到第1048576行第16384列" in refused(path)
    far = '<table:table-row table:number-rows-repeated="900000"><table:table-cell/></table:table-row>'
    row = f"<table:table-row>{ods_cell('甲')}</table:table-row>"
    assert "占到第900001行" in refused(open_workbook(tmp_path / "b.ods", far + row))
    wide = ods_cell("甲", more='table:number-columns-spanned="16384" table:number-rows-spanned="1048576"')
    assert "过大" in refused(open_workbook(tmp_path / "c.ods", f"<table:table-row>{wide}</table:table-row>"))


def test_cells_far_away_in_an_old_workbook(tmp_path):
    stream = biff([(0, 0, "甲", 0), (65535, 255, "乙", 0)])
    assert "占到第65536行第256列" in refused(compound(tmp_path / "a.xls", {"Workbook": stream}))
    stream = biff([(0, 0, "甲", 0)], merges=[(0, 65535, 0, 255)])
    assert "过大" in refused(compound(tmp_path / "b.xls", {"Workbook": stream}))


def test_a_word_table_that_claims_a_billion_columns(tmp_path):
    path = document(tmp_path / "a.docx", table_of)
    wide = b'<w:tcPr><w:gridSpan w:val="1000000000"/>'
    change_part(path, "word/document.xml", lambda content: content.replace(b"<w:tcPr>", wide, 1))
    assert "过大；单元格上限" in refused(path)


def test_tables_inside_tables_without_end(tmp_path):
    def build(doc):
        cell = doc.add_table(1, 1).cell(0, 0)
        for _ in range(8):
            cell = cell.add_table(1, 1).cell(0, 0)

    assert "超过5层" in refused(document(tmp_path / "a.docx", build))


def test_large_tables_of_text_and_many_pages(tmp_path, limits):
    limits(cells=10, pages=2)
    (tmp_path / "a.csv").write_text("甲,乙\n" * 6, encoding="utf-8")
    assert "占到第6行第2列" in refused(tmp_path / "a.csv")
    assert "文件有3页；上限为2页" in refused(pdf(tmp_path / "a.pdf", [[], [], []]))


# Contents that would be read wrongly.


def test_formulas_that_were_never_calculated(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲", 1], ["合计", "=SUM(B1:B1)"], ["另", "=B1*2"]])
    assert "有2个公式没有保存计算结果，第一个在B2；请用 Excel 或 WPS 打开并保存一次" in refused(path)
    row = '<table:table-row><table:table-cell table:formula="of:=[.A1]+1"/></table:table-row>'
    assert "有1个公式没有保存计算结果，第一个在A1" in refused(open_workbook(tmp_path / "a.ods", row))


def test_formulas_with_a_result_are_read(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["甲", 1], ["合计", "=SUM(B1:B1)"], ["空", '=""']])

    def calculated(content):
        content = content.replace(b'<c r="B3"><f>""</f><v', b'<c r="B3" t="str"><f>""</f><v')
        return re.sub(rb"(<f>SUM\(B1:B1\)</f>).*?</c>", rb"\1<v>1</v></c>", content)

    change_part(path, SHEET, calculated)
    assert read_grids(path, "a.xlsx")[0].texts == [["甲", "1"], ["合计", "1"], ["空", ""]]


def lost(path):
    """Return the cells whose number is told to have lost its last digits, each of them read as blank."""
    grid = read_grids(path, path.name)[0]
    told = [remark.address for remark in grid.remarks if "末尾的数已经失真" in remark.reason]
    assert not any(grid.address(row, column) in told for row, column in grid.filled)
    return told


def test_long_codes_that_were_stored_as_numbers(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["编码", "36010219800101123X"], ["编码", 36010219800101123]])
    assert lost(path) == ["B2"] and read_grids(path, "a.xlsx")[0].texts == [
        ["编码", "36010219800101123X"],
        ["编码", ""],
    ]
    stream = biff([(3, 1, 36010219800101123.0, 0)])
    assert lost(compound(tmp_path / "a.xls", {"Workbook": stream})) == ["B4"]
    row = f"<table:table-row>{ods_cell('3.6E+16', value='36010219800101123', kind='float')}</table:table-row>"
    assert lost(open_workbook(tmp_path / "a.ods", row)) == ["A1"]
    path = workbook(tmp_path / "b.xlsx", [["36010219800101123", 999999999999999]])
    assert read_grids(path, "b.xlsx")[0].texts == [["36010219800101123", "999999999999999"]]


# The converter of old formats.


OLD = {"WordDocument": b"\xec\xa5"}


def test_old_documents_without_the_converter(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("a.doc", "a.wps"):
        sentence = refused(compound(tmp_path / name, OLD))
        assert "本机没有安装；请安装 LibreOffice，或另存为 .docx" in sentence
    assert "宏" in refused(compound(tmp_path / "b.doc", {**OLD, "Macros": b"x"}))


@pytest.fixture
def converter(tmp_path, monkeypatch):
    """Put a program of our own in the place of LibreOffice."""

    def put(script):
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "soffice"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return put


def test_a_converter_that_hangs_is_ended_with_all_it_started(tmp_path, limits, converter):
    limits(office_seconds=0.5)
    converter(f"sleep 300 & echo $! > {tmp_path}/sleeper; wait")
    assert "转换超过0.5秒" in refused(compound(tmp_path / "a.doc", OLD))
    sleeper = (tmp_path / "sleeper").read_text().strip()
    status = Path(f"/proc/{sleeper}/stat")
    assert not status.exists() or status.read_text().split()[2] == "Z"


@pytest.mark.parametrize("script", ["exit 1", "exit 0"])
def test_a_converter_that_makes_nothing(tmp_path, converter, script):
    converter(script)
    assert "LibreOffice 无法转换该文件" in refused(compound(tmp_path / "a.doc", OLD))


def test_the_converter_works_apart_with_a_name_of_ours(tmp_path, converter):
    converter(f'echo "$@" > {tmp_path}/asked; cat "$(dirname "${{10}}")"/profile/user/*.xcu > {tmp_path}/settings; pwd')
    refused(compound(tmp_path / "$(touch 甲) 乙.doc", OLD))
    asked = (tmp_path / "asked").read_text()
    assert "甲" not in asked and "form.doc" in asked and "-env:UserInstallation=file://" in asked
    assert "DisableMacrosExecution" in (tmp_path / "settings").read_text()
    assert not (tmp_path / "甲").exists()


# Limits of the user.


def test_limits_of_the_user_stand_in_front_of_the_shipped(limits):
    limits(cells=7, seconds=0.5)
    changed = load_limits()
    assert (changed.cells, changed.seconds, changed.pages) == (7, 0.5, 300)


@pytest.mark.parametrize("values", [{"cells": 0}, {"cells": 1.5}, {"celle": 7}, {"cells": "viele"}])
def test_wrong_limits_are_said(limits, values):
    limits(**values)
    with pytest.raises(DeclarationError, match=next(iter(values))):
        load_limits()


def test_limits_that_are_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("JIXIAO_LIMITS", str(tmp_path / "none.yaml"))
    with pytest.raises(DeclarationError, match=r"none.yaml"):
        load_limits()
