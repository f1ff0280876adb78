"""Habits of the people who fill in forms: what stands around and between the rows must not change a result."""

import docx
import openpyxl
import pytest
from conftest import evaluate, write_self_form

from jixiao.builds.run import evaluate_files
from jixiao.checks import audit
from jixiao.reading.folder import load_frames
from jixiao.reading.forms.sources import read_file
from jixiao.scoring import score

EXPECTED = {"profile_weights", "one_carries_level", "missing_kind"}  # the one row of the small form carries 90 points
ROW = ["", "产出指标", "数量指标", "通车里程", "≥100公里", "100公里", 90, 90, ""]


def results_of(folder):
    frames, errors = load_frames(folder)
    assert errors == []
    scores, totals = score(frames)
    return frames, scores, totals, audit(frames, scores, totals)


def change(path, edit):
    book = openpyxl.load_workbook(path)
    edit(book)
    book.save(path)


def fresh(tmp_path, rows=None, **head):
    path = tmp_path / "2023" / "自评表.xlsx"
    path.parent.mkdir()
    write_self_form(path, rows, **head)
    return path


def test_a_line_below_the_total_is_no_indicator(tmp_path):
    path = fresh(tmp_path)
    change(path, lambda book: book.active.append(["填报人：某某", "", "", "联系电话：12345"]))
    frames, scores, totals, findings = results_of(tmp_path)
    assert len(scores) == 2 and totals["total"].tolist() == [100.0] and set(findings["code"]) == EXPECTED
    assert "填报人：某某" in frames.skipped["text"].tolist()


@pytest.mark.parametrize("name", ["", "……", "指标1：", "指标2"])
def test_an_unused_line_of_the_form_is_a_placeholder(tmp_path, name):
    fresh(tmp_path, [ROW, ["", "", "成本指标", name, "", "", "", "", ""]])
    _, scores, totals, findings = results_of(tmp_path)
    assert totals["total"].tolist() == [100.0] and set(findings["code"]) == EXPECTED
    assert scores["is_placeholder"].tolist() == [False, False, True]


def test_a_target_of_nothing_without_a_sign_is_asked(tmp_path):
    fresh(tmp_path, [["", "产出指标", "质量指标", "安全责任问题", "0起", "2起", 90, 45, "有原因"]])
    _, scores, _, _ = results_of(tmp_path)
    row = scores.iloc[1]
    assert row["decided_by"] == "nobody" and row["score"] != row["score"]


def test_a_rate_without_a_sign_makes_a_question_at_most(tmp_path):
    fresh(tmp_path, [["", "产出指标", "质量指标", "人员流失率", "3%", "8%", 90, 45, "有原因"]])
    _, _, _, findings = results_of(tmp_path)
    found = findings[findings["code"] == "met_but_deducted"]
    assert found["severity"].tolist() == ["question"]


def test_the_unit_of_an_indicator_is_not_the_money_unit(tmp_path):
    path = fresh(tmp_path, [["", "产出指标", "成本指标", "补助标准（元）", "≤5元", "5元", 90, 90, ""]])
    change(path, lambda book: book.active.__setitem__("A5", "项目资金"))
    frames, *_ = results_of(tmp_path)
    assert frames.evaluations["money_unit"].tolist() == [""]
    assert frames.budgets["annual_budget_wan"].tolist() == [100.0]
    assert any("没有写明金额单位" in reason for reason in frames.guesses["reason"])


def test_the_unit_line_above_a_word_table_is_its_unit_not_its_name(tmp_path):
    document = docx.Document()
    document.add_paragraph("表1 项目支出绩效评分表")
    document.add_paragraph("单位：元")
    table = document.add_table(1, 2)
    table.cell(0, 0).text = "甲"
    document.save(tmp_path / "a.docx")
    from jixiao.reading.files import read_grids

    (grid,) = read_grids(tmp_path / "a.docx", "a.docx")
    assert (grid.sheet, grid.note) == ("表1 项目支出绩效评分表", "单位：元")


def test_a_source_of_another_name_gives_no_false_alarm(tmp_path):
    path = fresh(tmp_path)

    def edit(book):
        book.active.insert_rows(7)
        for column, value in enumerate(["", "", "中央补助", 60, 60, 60], 1):
            book.active.cell(7, column, value)

    change(path, edit)
    frames, _, _, findings = results_of(tmp_path)
    assert frames.budgets["fund"].tolist() == ["total", "中央补助"] and set(findings["code"]) == EXPECTED


def test_two_forms_in_one_workbook_are_both_read(tmp_path):
    path = fresh(tmp_path)

    def edit(book):
        book.copy_worksheet(book.active)["B3"] = "另一项目"

    change(path, edit)
    frames, _, totals, _ = results_of(tmp_path)
    assert frames.projects["project"].tolist() == ["示例项目", "另一项目"]
    assert totals["total"].tolist() == [100.0, 100.0] and frames.skipped.empty


def test_a_form_that_is_repeated_in_a_workbook_is_read_once_and_said_so(tmp_path):
    path = fresh(tmp_path)
    change(path, lambda book: book.copy_worksheet(book.active))
    (reading,) = read_file(path)
    assert [(item["sheet"], "完全相同" in item["reason"]) for item in reading.skipped] == [
        ("项目支出绩效自评表 Copy", True)
    ]


def test_two_forms_on_one_sheet_are_both_read(tmp_path):
    path = fresh(tmp_path)

    def edit(book):
        sheet = book.active
        first = [[cell.value for cell in row] for row in sheet.iter_rows(max_col=9)]
        sheet.append([])
        for line in first:
            sheet.append(["另一项目" if value == "示例项目" else 60 if value == 90 else value for value in line])

    change(path, edit)
    frames, scores, _, _ = results_of(tmp_path)
    assert frames.projects["project"].tolist() == ["示例项目", "另一项目"]
    assert scores["weight"].tolist() == [10, 90, 10, 60] and frames.skipped.empty
    assert scores["source_row"].tolist() == [6, 8, 16, 18]


def test_the_execution_rate_printed_twice_counts_once(tmp_path):
    fresh(tmp_path, [["", "预算执行率", "", "预算执行率", "100%", "100%", 10, 10, ""], ROW])
    _, scores, totals, _ = results_of(tmp_path)
    assert totals["weight_sum"].tolist() == [100.0] and len(scores) == 2


def test_what_cannot_be_read_does_not_stop_what_can(tmp_path):
    fresh(tmp_path)
    (tmp_path / "2023" / "盖章扫描件.pdf").write_bytes(b"%PDF-1.7")
    results, errors = evaluate_files(tmp_path)
    assert len(results.totals) == 1 and ["盖章扫描件.pdf" in str(error) for error in errors] == [True]


def test_equal_names_are_paired_in_the_order_of_the_form():
    from conftest import base_form

    form = base_form("department")
    first = form["indicators"][-1]
    form["indicators"].append(dict(first))
    name = first["indicator"]
    form["achievements"] = [
        {"indicator": name, "target": "100%", "actual": "80%"},
        {"indicator": name, "target": "95%", "actual": "99%"},
    ]
    rows = evaluate(form).scores
    assert rows[rows["indicator"] == name]["actual_text"].tolist() == ["80%", "99%"]
