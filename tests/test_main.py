"""The command line: what it prints, its exit codes, and one sentence instead of a traceback."""

import csv
import io
import json
from pathlib import Path

import pytest
from command import run_command

ROOT = Path(__file__).parents[1]
SELF = ROOT / "data/source/2021/党政信息网络建设_项目支出绩效自评表.xlsx"
SHAPE = {"file", "form", "money_unit", "projects", "skipped", "guesses"}
PROJECT = {"year", "department", "unit", "project", "evaluation", "budgets", "indicators", "total_reported",
           "grade_reported", "objective", "objective_achieved"}  # fmt: skip
BUDGET = {"fund", "initial_budget", "annual_budget", "arrived", "executed", "execution_rate_reported", "weight",
          "reported_score"}  # fmt: skip
INDICATOR = {"category", "subcategory", "indicator", "target_text", "target_relation", "target_value", "measure_unit",
             "actual_text", "actual_value", "weight", "reported_score", "deviation_reason", "source",
             "scoring_standard", "remark"}  # fmt: skip


def test_read_json_has_the_promised_shape():
    done = run_command("read", "--json", SELF)
    assert done.returncode == 0
    reading = json.loads(done.stdout)
    (project,) = reading["projects"]
    assert set(reading) == SHAPE and set(project) == PROJECT
    assert all(set(row) == BUDGET for row in project["budgets"])
    assert all(set(row) == INDICATOR for row in project["indicators"])
    bandwidth = next(row for row in project["indicators"] if row["indicator"] == "政务外网互联网出口带宽")
    assert (bandwidth["target_relation"], bandwidth["target_value"], bandwidth["actual_value"]) == (">=", 70000, 7000)
    assert (bandwidth["weight"], bandwidth["reported_score"], bandwidth["source"]["cell"]) == (3, 0, "D15")
    assert (project["year"], project["evaluation"], project["total_reported"]) == (2021, "self", 95)
    assert project["budgets"][0]["executed"] == 108.83


def test_read_names_the_bad_file_and_still_reads_the_good_one(tmp_path):
    bad = tmp_path / "坏.xlsx"
    bad.write_bytes(b"")
    done = run_command("read", bad, SELF)
    assert done.returncode == 2
    assert "党政信息网络建设" in done.stdout
    assert done.stderr.count("\n") == 1 and "坏.xlsx" in done.stderr and "文件为空" in done.stderr


def test_audit_formats_agree_and_fail_on_sets_the_exit_code():
    findings = json.loads(run_command("audit", "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(run_command("audit", "--format", "csv").stdout.lstrip("\ufeff"))))
    assert len(findings) == len(rows) > 20
    assert {row["source_cell"] for row in findings if row["code"] == "met_but_deducted"} == {"H25"}
    assert run_command("audit", "--fail-on", "error").returncode == 1
    assert run_command("audit", "--place", "sample", "--format", "table", "--fail-on", "warning").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["audit", "--format", "pdf"], "可选：table、csv、json、xlsx、html"),
        (["audit", "--format", "xlsx"], "请用 --out 写明 xlsx"),
        (["audit", "--code", "no_such"], "--code 不能是“no_such”"),
        (["audit", "--severity", "bad"], "--severity 不能是“bad”，可选：error（错误）"),
        (["audit", "--year", "1999"], "没有年度“1999”，最接近的：2021"),
        (["audit", "--project", "不存在"], "没有项目“不存在”，最接近的："),
        (["no_such"], "没有这个命令，可用：read、build"),
        (["read"], "缺少参数（要读取的表格文件"),
        (["read", "--jsn", "a.xlsx"], "没有选项“--jsn”，是否应为 --json"),
        (["build", "--workers", "abc"], "选项 --workers 的值应为整数"),
        (["report", "--all", "--workers", "-2"], "选项 --workers 的值应为不小于 0 的数"),
        (["build", "--place", ""], "没有数据目录“”"),
        (["dashboard", "--place", "sample", "--static", "/proc/no/such"], "没有这个文件或目录"),
        (["audit", "--answers", "no_such.xlsx"], "文件不存在"),
        (["report"], "请用 --all"),
        (["build", "--place", "no/such"], "没有数据目录"),
        (["score", "--framework", "nothing"], "没有名为“nothing”的指标体系"),
        (["report", "--place", "sample", "--project", "不存在"], "没有符合条件"),
        (["dashboard", "--host", "0.0.0.0"], ""),
    ],
)
def test_a_wrong_request_is_one_chinese_sentence(arguments, sentence):
    done = run_command(*arguments)
    assert done.returncode == 2 and sentence in done.stderr and done.stderr.count("\n") == 1


def test_the_filters_choose_findings():
    arguments = ("audit", "--format", "json", "--year", "2021", "--department", "政务服务", "--project", "门户网")
    findings = json.loads(run_command(*arguments, "--severity", "error", "--code", "met_but_deducted").stdout)
    assert [row["source_cell"] for row in findings] == ["H25"]
    named = run_command("audit", "--format", "json", *arguments[3:], "--severity", "错误", "--code", "已达标却扣分")
    assert json.loads(named.stdout) == findings


def test_the_workbook_goes_out_and_comes_back(tmp_path):
    path = tmp_path / "问题.xlsx"
    assert "已写入" in run_command("audit", "--place", "sample", "--format", "xlsx", "--out", path).stdout
    back = json.loads(run_command("audit", "--place", "sample", "--answers", path, "--format", "json").stdout)
    assert back and {row["answer"] for row in back} == {""}
    assert run_command("audit", "--answers", path).returncode == 2  # the findings of other data
    page = tmp_path / "问题.html"
    run_command("audit", "--place", "sample", "--format", "html", "--out", page)
    assert "<article" in page.read_text(encoding="utf-8")


def test_what_was_checked_is_counted():
    lines = run_command("audit", "--passed").stdout.splitlines()
    counts = {line.split(" | ")[0]: [int(part) for part in line.split(" | ")[2:]] for line in lines[1:]}
    assert sum(counts[f"account_{name}"][1] for name in ("unit", "levels", "rows", "codes", "sums")) > 300
    assert all(checked == passed + found for checked, passed, found in counts.values())


def test_another_framework_scores_the_self_evaluations():
    done = run_command("score", "--place", "sample", "--framework", "caiyu_2021_101")
    assert done.returncode == 0 and "及格线" in done.stdout
