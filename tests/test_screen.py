"""What the command line says: after a build, of every evaluation, to a clerk before sending, and in its help."""

from __future__ import annotations

import json
import re

import openpyxl
import pandas as pd
import pytest
from command import run_command
from conftest import ROOT, write_self_form
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from rich.cells import cell_len
from typer.testing import CliRunner

from jixiao.builds.versions import read_built
from jixiao.cli import screen
from jixiao.cli.main import app
from jixiao.sample import Wanted, write_province

SELF = ROOT / "data/source/2021/党政信息网络建设_项目支出绩效自评表.xlsx"
TABLE = re.compile("[│┃]")
WRONG = ["", "产出指标", "数量指标", "通车里程", "≥100公里", "50公里", 90, 90, ""]  # half the target, all the points


def rows_of(text):
    """The rows of a printed table: header and cells."""
    lines = [[cell.strip() for cell in TABLE.split(line)][1:-1] for line in text.splitlines() if TABLE.search(line)]
    return lines[0], lines[1:]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "built"
    return out, run_command("build", "--place", "source", "--out", out)


def test_a_small_build_lists_every_evaluation_and_what_to_look_at_first(built):
    out, done = built
    head, rows = rows_of(done.stdout)
    assert done.returncode == 0 and {"年度", "项目名称", "原表总分", "规则总分"} <= set(head)
    names = [row[head.index("项目名称")] for row in rows]
    assert {"党政信息网络建设", "党政信息网络建设项目", "中国南昌政务门户网运行维护费"} <= set(names)
    first = r"1\. 2021 党政信息网络建设 单位自评：2 个错误（得分与评分标准不符）"
    assert re.search(first, done.stdout) and "共读取 8 个文件，6 份评价，139 行指标" in done.stdout
    assert re.search(r"没有读入的单元格 \d+ 个（.*\n  2021/部门决算公开表.xlsx \d+ 个：公开01!A38", done.stdout)
    findings = read_built(out).findings["severity"].value_counts()
    assert f"错误 {findings['error']}，警告 {findings['warning']}" in done.stdout
    assert f"jixiao list --place {out}" in done.stdout


def test_programs_get_json_and_quiet_says_nothing(built, tmp_path):
    found = json.loads(run_command("build", "--place", "sample", "--out", tmp_path / "a", "--json").stdout)
    assert (found["files"], found["evaluations"], found["refused"], found["errors"]) == (10, 10, 0, [])
    assert found["first"][0]["reasons"] and found["findings"]["error"] > 0
    quiet = run_command("build", "--place", "sample", "--out", tmp_path / "a", "--quiet")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_a_refused_file_is_counted_and_said_once(tmp_path):
    folder = tmp_path / "place" / "2023"
    folder.mkdir(parents=True)
    write_self_form(folder / "好.xlsx")
    (folder / "坏.xlsx").write_bytes(b"")
    done = run_command("build", "--place", tmp_path / "place", "--out", tmp_path / "built")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "坏.xlsx" in done.stderr
    assert "共读取 1 个文件（另有 1 个不能读取，见下），1 份评价" in done.stdout


def test_an_old_year_a_broken_file_and_an_unknown_form_stop_nothing(tmp_path):
    place = tmp_path / "place"
    for year in ("2018", "2023"):
        (place / year).mkdir(parents=True)
    write_self_form(place / "2023" / "好.xlsx")
    write_self_form(place / "2018" / "旧.xlsx", project="老项目", year="（2018年度）")
    (place / "2023" / "坏.xlsx").write_bytes(b"PK\x03\x04 broken")
    (place / "2023" / "未知.csv").write_text("甲,乙,丙\n1,2,3\n", encoding="utf-8")
    done = run_command("build", "--place", place, "--out", tmp_path / "built")
    assert done.returncode == 2 and "共读取 2 个文件（另有 2 个不能读取，见下），2 份评价" in done.stdout
    named = sorted(re.match("文件“(.+?)”", line)[1] for line in done.stderr.splitlines())
    assert named == ["2023/坏.xlsx", "2023/未知.csv"]
    head, rows = rows_of(done.stdout)
    years = {row[head.index("年度")]: row[head.index("规则总分")] for row in rows}
    assert years.keys() == {"2018", "2023"} and years["2018"] == "—" != years["2023"]
    indicators = read_built(tmp_path / "built").frames.indicators
    assert set(indicators["year"]) == {2018, 2023}, "what the old form says is kept"


def test_a_large_build_prints_ten_and_list_prints_all(tmp_path):
    out = tmp_path / "built"
    write_province(Wanted(departments=3, years=(2022, 2023), projects=20, seed=1), tmp_path / "many", with_forms=True)
    large = run_command("build", "--place", tmp_path / "many" / "forms", "--out", out)
    head, rows = rows_of(large.stdout)
    count = int(re.search(r"共读取 .*?，(\d+) 份评价", large.stdout)[1])
    assert count > 30 and sum(row[0] != "" for row in rows) == 10 and f"共 {count} 份评价" in large.stdout
    first = re.findall(r"^ +\d+\. \d{4} (.+?) \S+：", large.stdout, re.MULTILINE)
    assert len(first) == 10 and set(first) <= {row[head.index("项目名称")] for row in rows if row[0]}
    listed = json.loads(run_command("list", "--place", out, "--format", "json").stdout)
    assert len(listed) == count
    year = {
        row["年度"]
        for row in json.loads(run_command("list", "--place", out, "--year", "2023", "--format", "json").stdout)
    }
    assert year == {"2023"}


def test_a_good_form_passes_and_a_wrong_one_ends_with_code_1(tmp_path):
    good, wrong = tmp_path / "好.xlsx", tmp_path / "错.xlsx"
    write_self_form(good)
    write_self_form(wrong, [WRONG], project="另一个项目")
    done = run_command("check", good)
    assert done.returncode == 0 and "没有错误，可以报送" in done.stdout
    done = run_command("check", wrong)
    assert done.returncode == 1 and "有错误，请改正后再报送" in done.stdout
    assert "错误｜未达标却得满分" in done.stdout or "错误｜得分与评分标准不符" in done.stdout
    assert len(done.stdout.splitlines()) <= 40, "one screen"
    both = json.loads(run_command("check", good, wrong, "--json").stdout)
    assert {row["source_file"] for row in both["findings"] if row["severity"] == "error"} >= {"错.xlsx"}


def test_a_file_that_cannot_be_read_ends_with_code_2(tmp_path):
    bad = tmp_path / "坏.xlsx"
    bad.write_bytes(b"no workbook")
    done = run_command("check", bad, SELF)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "坏.xlsx" in done.stderr
    assert "党政信息网络建设 单位自评，原表总分 95，规则总分 96.55" in done.stdout


def looks(cell):
    return [repr(getattr(cell, name)) for name in ("value", "number_format", "font", "fill", "border", "alignment")]


def test_the_marked_workbook_is_the_clerks_own_with_comments(tmp_path):
    own, out = tmp_path / "原表.xlsx", tmp_path / "批注.xlsx"
    book = openpyxl.load_workbook(SELF)
    sheet = book.active
    sheet["H15"].font, sheet["H15"].fill = Font("KaiTi", 15, italic=True), PatternFill("solid", "FFEE00")
    sheet["H15"].comment = Comment("单位自己的批注", "单位")
    sheet.column_dimensions["C"].width, sheet.row_dimensions[15].height = 33, 41
    choice = DataValidation(type="list", formula1='"是,否"')
    sheet.add_data_validation(choice)
    choice.add("I15")
    sheet.freeze_panes, sheet.print_title_rows = "A3", "1:2"
    book.save(own)
    done = run_command("check", own, "--mark", out)
    assert done.returncode == 1 and "8 个单元格加了批注" in done.stdout
    before, after = openpyxl.load_workbook(own).active, openpyxl.load_workbook(out).active
    assert before.merged_cells.ranges == after.merged_cells.ranges
    assert all(looks(cell) == looks(after[cell.coordinate]) for row in before.iter_rows() for cell in row)
    assert (after.column_dimensions["C"].width, after.row_dimensions[15].height) == (33, 41)
    assert (after.freeze_panes, after.print_title_rows) == (before.freeze_panes, before.print_title_rows)
    assert str(after.data_validations.dataValidation[0].sqref) == "I15"
    noted = {cell.coordinate: cell.comment.text for row in after.iter_rows() for cell in row if cell.comment}
    assert {"H15", "H29", "I29", "F15"} <= set(noted)
    assert noted["H15"].startswith("单位自己的批注") and "【错误】得分与评分标准不符" in noted["H15"]


def test_a_comment_of_a_merged_cell_stands_in_its_first(tmp_path):
    own, out = tmp_path / "原表.xlsx", tmp_path / "批注.xlsx"
    write_self_form(own, [WRONG])
    book = openpyxl.load_workbook(own)
    book.active.merge_cells(start_row=1, end_row=1, start_column=1, end_column=5)
    book.save(own)
    run_command("check", own, "--mark", out)
    assert (
        openpyxl.load_workbook(out).active.merged_cells.ranges == openpyxl.load_workbook(own).active.merged_cells.ranges
    )


def test_what_is_no_workbook_gets_its_findings_as_a_list(tmp_path):
    document = next((ROOT / "data/source/2021").glob("*财政评价*.docx"))
    done = run_command("check", document, "--mark", tmp_path / "清单.xlsx")
    assert "不是 .xlsx 工作簿" in done.stdout
    assert any(
        "所称指标数与评分表不符" in str(row)
        for sheet in openpyxl.load_workbook(tmp_path / "清单.xlsx")
        for row in sheet.values
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check"], "缺少参数（要报送的表格文件"),
        (["check", SELF, SELF, "--mark", "a.xlsx"], "--mark 一次只能标注一个文件"),
        (["check", SELF, "--mark", "a.docx"], "--mark 只能写成 .xlsx 文件"),
        (["check", SELF, "--mark", SELF], "就是原表，不能覆盖"),
        (["list", "--place", "sample", "--format", "pdf"], "可选：table、csv、json"),
        (["list", "--place", "sample", "--year", "1999"], "没有年度“1999”"),
    ],
)
def test_a_wrong_request_is_one_chinese_sentence(arguments, sentence):
    done = run_command(*arguments)
    assert done.returncode == 2 and sentence in done.stderr and done.stderr.count("\n") == 1


COMMANDS = ["", *sorted(command.name or command.callback.__name__ for command in app.registered_commands)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_page_of_help_is_chinese(command):
    text = CliRunner().invoke(app, [*filter(None, [command]), "--help"], prog_name="jixiao").output
    assert text.startswith("用法：jixiao") and "选项：" in text and "显示本帮助" in text
    assert not re.search(
        r"Usage|Options|Arguments|Commands|default|required|Show this|<\w*(?:str|int|path|float)", text
    )


def test_a_new_form_is_one_line_of_the_difference(tmp_path):
    place, out = tmp_path / "place" / "2023", tmp_path / "built"
    place.mkdir(parents=True)
    write_self_form(place / "一.xlsx")
    run_command("build", "--place", place.parent, "--out", out, "--quiet")
    write_self_form(place / "二.xlsx", project="另一个项目")
    run_command("build", "--place", place.parent, "--out", out, "--quiet")
    lines = run_command("diff", "--place", out).stdout.splitlines()
    assert re.fullmatch(r"新增1份评价：2023年度 另一个项目 单位自评 100分 优，\d+个问题", lines[2])
    assert "二.xlsx" in lines[3] and not any("无 →" in line for line in lines)


def test_frames_and_results_show_what_they_hold(published):
    shown = repr(published.frames)
    assert re.search(r"^projects 项目 \| \d+ \| 2021－2022 \| 一个项目的一个年度$", shown, re.MULTILINE)
    html = published.frames._repr_html_()
    assert "<table>" in html and "text-align:left" in html and "0x" not in shown


def test_a_long_table_is_a_line_a_row_and_columns_stand_below_each_other(capsys):
    names = ["示例局", "ab", "第二行\n换行", "\x1b[31m红"]
    frame = pd.DataFrame({"部门": [names[row % 4] for row in range(screen.LONG_TABLE)], "数": "7"})
    screen.print_table(frame)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == screen.LONG_TABLE + 1 and "\x1b" not in "".join(lines)
    assert {cell_len(line[: line.rindex("7")]) for line in lines[1:]} == {cell_len("第二行 换行") + 2}
