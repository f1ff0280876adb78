"""The workbook of findings: one sheet per department, safe texts, and answers that come back or are refused."""

from __future__ import annotations

import openpyxl
import pytest
from conftest import base_form, evaluate

from jixiao.checks import one_finding_a_fault
from jixiao.core.errors import FormError
from jixiao.publish.findings.answers import ANSWERS, read_answers, write_workbook
from jixiao.publish.findings.exchange import write_answers


@pytest.fixture
def findings(published):
    return one_finding_a_fault(published.findings).assign(suppression="")


@pytest.fixture
def book(tmp_path, findings):
    path = tmp_path / "问题清单.xlsx"
    write_workbook(findings, path, as_of="2026-06-01 09:00")
    return path


def fill(path, edit):
    workbook = openpyxl.load_workbook(path)
    edit(workbook)
    workbook.save(path)


def columns_of(sheet):
    return {cell.value: cell.column for cell in sheet[3]}


def test_each_department_has_a_sheet_with_its_findings(book, findings):
    workbook = openpyxl.load_workbook(book)
    departments = findings["department"].unique().tolist()
    assert workbook.sheetnames == ["汇总", *departments]
    for name in departments:
        sheet = workbook[name]
        names = columns_of(sheet)
        mine = findings[findings["department"] == name]
        shown = [sheet.cell(row, names["问题编号"]).value for row in range(4, sheet.max_row + 1)]
        assert shown == mine["finding_id"].tolist()
        assert [sheet.cell(row, names["说明"]).value for row in range(4, sheet.max_row + 1)] == mine["message"].tolist()
        assert sheet.freeze_panes == "D4" and sheet.auto_filter.ref
        assert not sheet.column_dimensions[sheet.cell(3, names["问题编号"]).column_letter].hidden
    total = workbook["汇总"][len(departments) + 4]
    assert [cell.value for cell in total][5] == len(findings)


def test_a_text_that_starts_like_a_formula_stays_a_text(tmp_path):
    form = base_form("self")
    form["project"] = "=1+1"
    form["indicators"][0] |= {"actual": "95公里", "reported_score": "18", "deviation_reason": "@SUM(A1)"}
    found = evaluate(form).findings.assign(suppression="")
    path = tmp_path / "a.xlsx"
    write_workbook(found, path, as_of="")
    cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n"}


@pytest.mark.parametrize("name", ["a" * 40, "甲[局]:*?/\\", "'局'", "汇总"])
def test_any_department_name_gives_a_sheet(tmp_path, findings, name):
    path = tmp_path / "a.xlsx"
    write_workbook(findings.head(2).assign(department=[name, name.upper() + "二"]), path, as_of="")
    assert len(openpyxl.load_workbook(path).sheetnames) == 3


def test_answers_come_back(book, findings):
    name = findings["department"].iloc[-1]

    def answer(workbook):
        sheet = workbook[name]
        names = columns_of(sheet)
        sheet.cell(4, names["单位答复"]).value = "已按实际数更正"
        sheet.cell(4, names["处理状态"]).value = "已更正"

    fill(book, answer)
    answers = read_answers(book, findings)
    assert list(answers.columns) == list(ANSWERS) and set(answers["finding_id"]) == set(findings["finding_id"])
    given = answers[answers["answer"] != ""]
    assert given[["answer", "answer_status", "source_sheet"]].to_numpy().tolist() == [
        ["已按实际数更正", "已更正", name]
    ]
    assert "已按实际数更正" in write_answers(answers, findings, "table")
    assert write_answers(answers, findings, "csv").count("已按实际数更正") == 1


def test_a_suppressed_finding_says_so_where_its_answer_would_stand(tmp_path, findings):
    path = tmp_path / "a.xlsx"
    write_workbook(findings.head(1).assign(suppression="已函复 / 绩效评价科 / 2026-12-31"), path, as_of="")
    assert read_answers(path)["answer_status"].tolist() == ["已登记不予处理"]


def spoil_id(workbook):
    sheet = workbook.worksheets[1]
    sheet.cell(4, columns_of(sheet)["问题编号"]).value = "手写"


def repeat_row(workbook):
    sheet = workbook.worksheets[1]
    column = columns_of(sheet)["问题编号"]
    sheet.cell(5, column).value = sheet.cell(4, column).value


def foreign_id(workbook):
    sheet = workbook.worksheets[1]
    sheet.cell(4, columns_of(sheet)["问题编号"]).value = "0123456789"


def drop_column(workbook):
    for sheet in workbook.worksheets[1:]:
        sheet.delete_cols(columns_of(sheet)["单位答复"])


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (spoil_id, "问题编号写作“手写”"),
        (repeat_row, "出现两次"),
        (foreign_id, "不在当前的问题清单中"),
        (drop_column, "没有“问题编号”“单位答复”“处理状态”三栏"),
    ],
)
def test_a_workbook_that_was_changed_is_refused_with_its_place(book, findings, edit, said):
    fill(book, edit)
    with pytest.raises(FormError, match=said):
        read_answers(book, findings)


def test_a_damaged_or_foreign_file_is_refused(tmp_path, book, findings):
    damaged = tmp_path / "坏.xlsx"
    damaged.write_bytes(book.read_bytes()[:2000])
    other = tmp_path / "另.xlsx"
    openpyxl.Workbook().save(other)
    for path in (damaged, other, tmp_path / "没有.xlsx"):
        with pytest.raises(FormError, match=path.name):
            read_answers(path, findings)
