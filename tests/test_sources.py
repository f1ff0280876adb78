"""Forms are recognised by their headers, wherever they stand; nothing is dropped silently."""

from __future__ import annotations

import hashlib
import os

import docx
import openpyxl
import pytest
from conftest import write_self_form
from hypothesis import given, settings
from hypothesis import strategies as st

from jixiao.core.errors import DeclarationError, FormError, JixiaoError
from jixiao.core.files import checksum, list_forms
from jixiao.reading.forms.blocks import ticked
from jixiao.reading.forms.families import FORMS, load_families
from jixiao.reading.forms.headers import _map
from jixiao.reading.forms.sources import read_file

ROW = ["", "产出指标", "数量指标", "通车里程", "≥100公里", "100公里", 90, 90, ""]


def read_self(tmp_path, rows=None, **head):
    path = tmp_path / "a.xlsx"
    write_self_form(path, rows, **head)
    return read_file(path)[0]


def indicators(reading):
    return [record for record in reading.records if record.block == "indicators"]


def test_a_self_evaluation_form(tmp_path):
    reading = read_self(tmp_path)
    assert (reading.form, reading.evaluation, reading.year, reading.money_unit) == (
        "self_evaluation",
        "self",
        2023,
        "万元",
    )
    assert {name: record.texts[name] for name, record in reading.head.items()} == {
        "project": "示例项目",
        "department": "示例局",
        "unit": "示例中心",
    }
    (funds,) = [record for record in reading.records if record.block == "funds"]
    assert (funds.texts["fund"], funds.texts["annual_budget"], funds.texts["execution_rate"]) == (
        "total",
        "100",
        "100%",
    )
    (row,) = indicators(reading)
    assert (row.texts["indicator"], row.texts["target"], row.texts["weight"]) == ("通车里程", "≥100公里", "90")
    assert (row.cells["indicator"], row.cells["reported_score"], row.row) == ("D8", "H8", 8)
    (total,) = [record for record in reading.records if record.block == "total"]
    assert total.texts["reported_score"] == "100"


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("项目支出绩效自评表", "（2023年度）"),
        ("2023年度项目支出绩效自评表", ""),
        ("项目支出绩效自评表（2023年度）", ""),
        ("示例项目2023年度项目支出绩效自评表", ""),
        ("项 目 支 出 绩 效 自 评 表", "(２０２３年度)"),
    ],
)
def test_the_year_stands_in_the_title_or_below(tmp_path, title, year):
    assert read_self(tmp_path, title=title, year=year).year == 2023


def test_merged_categories_come_with_every_row(tmp_path):
    rows = [ROW, ["", "", "", "桥梁", "≥2座", "2座", 0, 0, ""], ["", "", "质量指标", "合格率", "≥90%", 0.95, 0, 0, ""]]
    reading = read_self(tmp_path, rows, merge=["A7:A10", "B8:B10", "C8:C9"], percent=[(6, 8), (10, 6)])
    assert [record.texts["category"] for record in indicators(reading)] == ["产出指标"] * 3
    assert [record.texts["subcategory"] for record in indicators(reading)] == ["数量指标", "数量指标", "质量指标"]
    assert [record.texts["actual"] for record in indicators(reading)] == ["100公里", "2座", "95%"]


def test_a_label_that_carries_its_weight(tmp_path):
    (row,) = indicators(read_self(tmp_path, [["", "产出指标（50分）", "数量指标\n(20分)", *ROW[3:]]]))
    assert row.texts["category"] == "产出指标（50分）"


def test_columns_may_stand_in_another_order(tmp_path):
    path = tmp_path / "a.xlsx"
    book = write_self_form(path)
    sheet = book.active
    for row in (7, 8):
        cells = [cell.value for cell in sheet[row]]
        for column, position in enumerate([0, 1, 2, 3, 6, 4, 5, 7, 8], 1):
            sheet.cell(row, column).value = cells[position]
    book.save(path)
    (row,) = indicators(read_file(path)[0])
    assert (row.texts["weight"], row.texts["target"], row.texts["actual"]) == ("90", "≥100公里", "100公里")
    assert row.cells["weight"] == "E8"


def test_a_form_that_starts_further_down_and_right(tmp_path):
    path = tmp_path / "a.xlsx"
    book = write_self_form(path)
    book.active.insert_rows(1, 3)
    book.active.insert_cols(1, 2)
    book.save(path)
    (row,) = indicators(read_file(path)[0])
    assert row.cells["indicator"] == "F11"


def test_rows_of_a_table_that_is_broken_over_pages_with_a_repeated_header(tmp_path):
    header = [
        "绩效指标",
        "一级指标",
        "二级指标",
        "三级指标",
        "年度指标值",
        "实际完成值",
        "分值",
        "得分",
        "偏差原因分析及改进措施",
    ]
    reading = read_self(tmp_path, [ROW, header, ["", "效益指标", "社会效益指标", "出行条件", "有效", "有效", 0, 0, ""]])
    assert [record.texts["indicator"] for record in indicators(reading)] == ["通车里程", "出行条件"]


def test_what_belongs_nowhere_is_listed_as_skipped(tmp_path):
    path = tmp_path / "a.xlsx"
    book = write_self_form(path)
    book.active["K3"] = "联系电话请见附件"
    book.save(path)
    assert [(item["cell"], item["text"]) for item in read_file(path)[0].skipped] == [("K3", "联系电话请见附件")]


@settings(max_examples=15, deadline=None)
@given(st.sets(st.tuples(st.integers(2, 14), st.integers(11, 14)), min_size=1, max_size=4))
def test_every_cell_is_either_used_or_skipped(tmp_path_factory, places):
    path = tmp_path_factory.mktemp("forms") / "a.xlsx"
    book = write_self_form(path)
    for row, column in places:
        book.active.cell(row, column).value = f"旁注{row}第{column}处"
    book.save(path)
    (reading,) = read_file(path)
    kept = {text for record in [*reading.records, *reading.head.values()] for text in record.texts.values()}
    assert {f"旁注{row}第{column}处" for row, column in places} <= kept | {item["text"] for item in reading.skipped}


def scoring_document(path, grade="优☑ 良□ 中□ 差□", **changes):
    """Write a department evaluation as a Word document."""
    doc = docx.Document()
    doc.add_paragraph(changes.get("title", "示例项目绩效评价报告"))
    doc.add_paragraph("基本情况")
    head = doc.add_table(5, 2)
    content = [
        ("项目名称", "示例项目"),
        ("主管部门", "示例局"),
        ("项目单位", "示例中心"),
        ("评价年度", "2023年度"),
        ("评价类型", changes.get("evaluation", "部门评价")),
    ]
    for row, texts in zip(head.rows, content, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    doc.add_paragraph("项目支出绩效评分表")
    rows = [
        ["一级指标", "二级指标", "分值", "三级指标", "分值", "评分标准", "评价得分"],
        ["产出（60分）", "产出数量", "60", "通车里程", "40", "按比例", "40"],
        ["", "", "", "合格率", "20", "按比例", "19"],
        ["效益", "社会效益", "40", "出行条件", "40", "酌情", "38.5"],
        ["总分", "", "", "", "100", "", "97.5"],
        ["评价等次", grade, "", "", "", "", ""],
    ]
    table = doc.add_table(len(rows), 7)
    for line, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(line.cells, texts, strict=True):
            cell.text = text
    for column in (0, 1, 2):
        text = rows[1][column]
        table.cell(1, column).merge(table.cell(2, column)).text = text
    table.cell(4, 0).merge(table.cell(4, 3)).text = "总分"
    table.cell(5, 1).merge(table.cell(5, 6)).text = grade
    doc.save(path)
    return path


def test_a_department_evaluation_in_word(tmp_path):
    (reading,) = read_file(scoring_document(tmp_path / "a.docx"))
    assert (reading.form, reading.evaluation, reading.year) == ("scoring_table", "department", 2023)
    rows = indicators(reading)
    assert [row.texts["indicator"] for row in rows] == ["通车里程", "合格率", "出行条件"]
    assert [row.texts["subcategory_weight"] for row in rows] == ["60", "60", "40"]
    assert [row.texts["weight"] for row in rows] == ["40", "20", "40"]
    assert rows[1].cells["reported_score"] == "第3行第7列"
    by_block = {record.block: record.texts for record in reading.records}
    assert by_block["total"]["reported_score"] == "97.5"
    assert by_block["grade"]["grade"] == "优"


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("优☑ 良□ 中□ 差□", "优"),
        ("☑优 □良 □中 □差", "优"),
        ("优□ 良√ 中□ 差□", "良"),
        ("□优 □良 □中 ☑差", "差"),
        ("优□ 良□ 中□ 差☑", "差"),
        ("良", "良"),
        ("优□ 良□ 中□ 差□", ""),
        ("优☑ 良☑ 中□ 差□", ""),
        ("", ""),
        ("优 ■ 良 □", "优"),
        ("√优", "优"),
        ("优✓", "优"),
    ],
)
def test_tick_boxes(text, grade):
    assert ticked(text) == grade


def refused(path):
    with pytest.raises(FormError) as caught:
        read_file(path)
    text = str(caught.value)
    assert text.endswith("。") and "\n" not in text and path.name in text
    return text


def test_forms_that_cannot_be_used_are_refused_with_what_to_do(tmp_path):
    path = tmp_path / "a.xlsx"
    write_self_form(path, year="")
    assert "评价年度" in refused(path)
    write_self_form(path, project="")
    assert {reading.head["project"].texts["project"] for reading in read_file(path)} == {""}, "blank, not refused"
    book = openpyxl.Workbook()
    book.active.append(["姓名", "电话"])
    book.save(path)
    assert "表头" in refused(path)
    openpyxl.Workbook().save(path)
    assert "表头" in refused(path)
    book = write_self_form(path)
    book.active["H7"] = "点数"
    book.save(path)
    (reading,) = read_file(path)
    assert "H7" in {told["cell"] for told in [*reading.guesses, *reading.skipped]}, "understood or not, it is told"
    assert "评价类型" in refused(scoring_document(tmp_path / "b.docx", evaluation="其他"))


def test_a_year_is_not_taken_from_another_number(tmp_path):
    path = tmp_path / "a.xlsx"
    write_self_form(path, year="", project="示例项目（合同20230001号）")
    assert "评价年度" in refused(path)


def test_an_xls_file_is_refused(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert ".xlsx" in refused(path)


def test_forms_are_listed_in_a_stable_order(tmp_path):
    for name in ("2022/b.xlsx", "2021/a.docx", "2021/~$a.docx", "2021/.hidden.xlsx", "manifest.yaml", "2022/A.XLSX"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    assert [os.fspath(path.relative_to(tmp_path)) for path in list_forms(tmp_path)] == [
        "2021/a.docx",
        "2022/A.XLSX",
        "2022/b.xlsx",
    ]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(JixiaoError, match="不存在"):
        list_forms(tmp_path / "nothing")


def test_checksum(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert checksum(path) == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize("family", load_families(), ids=lambda family: family.id)
def test_the_header_that_a_family_declares_is_recognised(family):
    """The needed columns by their first names make a header of the block, and of no block before it."""
    for block in family.blocks:
        first = {}
        for name, columns in block.columns.items():
            for column in columns:
                first.setdefault(column, name)
        keys = []
        for column in [*block.after.values(), *(block.needs | block.after.keys())]:
            keys += [first[column]] if column not in block.after.values() or first[column] not in keys else []
        assert block.needs <= set(_map(tuple(keys), block).values()), block.name


def write_forms(folder, **changes):
    """Write the declared forms anew, one of them changed as text."""
    for path in FORMS.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for old, new in changes.get(path.stem, {}).items():
            assert old in text
            text = text.replace(old, new, 1)
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"main: indicators": "main: rows"}, "main"),
        ({"id: self_evaluation": "id: self"}, "文件名"),
        ({"titles:": "title:"}, "不认识的项"),
        ({"needs: [annual_budget, executed]": "needs: [annual_budget, spent]"}, "spent"),
    ],
)
def test_a_mistake_in_a_declared_form_is_named(tmp_path, change, sentence):
    with pytest.raises(DeclarationError, match=sentence):
        load_families(write_forms(tmp_path, self_evaluation=change))


def test_a_new_province_is_one_file(tmp_path):
    folder = write_forms(tmp_path)
    (folder / "self_evaluation_here.yaml").write_text(
        "id: self_evaluation_here\nform: self_evaluation\nfamily: here\n"
        "blocks:\n  indicators:\n    columns: {target: [年初目标]}\n",
        encoding="utf-8",
    )
    here = next(family for family in load_families(folder) if family.family == "here")
    (block,) = [block for block in here.blocks if block.name == "indicators"]
    assert block.columns["年初目标"] == block.columns["年度指标值"] == ("target",)
    assert here.titles and here.head["项目名称"] == "project"
