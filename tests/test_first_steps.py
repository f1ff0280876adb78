"""The first steps of a new user: an empty folder, odd files, places that are not there, names mistyped."""

from __future__ import annotations

import os
import shutil

import pytest
from command import run_command
from conftest import ROOT

import jixiao
from jixiao.core.errors import RequestError

FORM = next((ROOT / "data" / "sample" / "2024").glob("示例农村*自评表.xlsx"))


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Return a new workbench with one form."""
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path / "评价 台"))
    monkeypatch.setenv("JIXIAO_JOURNAL", str(tmp_path / "评价 台" / "journal"))
    said = run_command("new", tmp_path / "评价 台", cwd=tmp_path).stdout
    assert f'cd "{tmp_path / "评价 台"}"' in said, "a path with a blank is printed as a shell takes it"
    (tmp_path / "评价 台" / "data" / "source" / "2024").mkdir(exist_ok=True)
    return tmp_path / "评价 台"


def test_a_build_without_any_form_says_so(desk):
    done = run_command("build", cwd=desk)
    assert done.returncode == 0 and "共读取 0 个文件" in done.stdout
    done = run_command("list", cwd=desk)
    assert done.returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="names of files are texts there")
def test_a_name_that_is_no_text_is_read_and_shown_as_one(desk):
    folder = desk / "data" / "source" / "2024"
    shutil.copy(FORM, folder / "好.xlsx")
    shutil.copy(FORM, folder / os.fsdecode("表".encode("gb18030") + b".xlsx"))
    done = run_command("build", cwd=desk)
    assert done.returncode == 0 and "共读取 2 个文件" in done.stdout
    assert run_command("verify", cwd=desk).returncode == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root opens every file")
def test_a_file_that_may_not_be_opened_costs_itself_only(desk):
    folder = desk / "data" / "source" / "2024"
    shutil.copy(FORM, folder / "好.xlsx")
    shutil.copy(FORM, folder / "锁.xlsx")
    (folder / "锁.xlsx").chmod(0)
    done = run_command("build", cwd=desk)
    assert done.returncode == 2 and "文件“2024/锁.xlsx”：没有读取权限" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["audit", "--place", "sample", "--format", "xlsx", "--out", "没有/问题.xlsx"],
     ["form", "--empty", "--year", "2024", "--out", "没有/空表.xlsx"]],
)  # fmt: skip
def test_a_place_that_is_not_there_is_named_as_it_was_typed(desk, arguments):
    done = run_command(*arguments, cwd=desk)
    assert done.returncode == 2 and "没有" in done.stderr and f".{os.getpid()}." not in done.stderr


def test_a_mistyped_project_is_answered_with_the_nearest(desk):
    shutil.copy(FORM, desk / "data" / "source" / "2024")
    assert run_command("build", cwd=desk).returncode == 0
    for command in (["ask", "农村公里"], ["report", "--project", "农村公里"], ["list", "--project", "农村公里"]):
        done = run_command(*command, cwd=desk)
        assert done.returncode == 2 and "示例农村公路养护项目" in done.stderr and len(done.stderr) < 600
    done = run_command("audit", "--code", "score", cwd=desk)
    assert done.returncode == 2 and len(done.stderr) < 600


def test_a_build_is_not_written_among_the_forms(desk):
    shutil.copy(FORM, desk / "data" / "source" / "2024")
    for out in ("data/source", "data/source/结果"):
        done = run_command("build", "--out", out, cwd=desk)
        assert done.returncode == 2 and "不能写进放表格的目录" in done.stderr
    assert not list((desk / "data" / "source").rglob("*.json"))


def test_the_list_goes_by_year_and_department(desk):
    folder = desk / "data" / "source"
    for path in sorted((ROOT / "data" / "sample").glob("*/*自评表.xlsx")):
        (folder / path.parent.name).mkdir(exist_ok=True)
        shutil.copy(path, folder / path.parent.name / path.name)
    assert run_command("build", "--quiet", cwd=desk).returncode == 0
    done = run_command("list", "--format", "csv", cwd=desk)
    keys = [line.split(",")[:2] for line in done.stdout.splitlines()[1:]]
    assert len(keys) > 2 and keys == sorted(keys)


def test_a_log_without_entries_says_so_and_a_folder_is_asked_for(desk):
    assert "还没有操作记录" in run_command("log", cwd=desk).stdout
    done = run_command("ask", "示例", "--place", "sample", "--out", "补充.docx", cwd=desk)
    assert done.returncode == 2 and "要写目录" in done.stderr and not (desk / "补充.docx").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda results: jixiao.score(results), "请用它的 .frames"),
        (lambda results: jixiao.audit(results, results.scores, results.totals), "请用它的 .frames"),
        (lambda results: jixiao.load(3), "数据位置要写成文字或路径"),
        (lambda results: results.frames["project"], "最接近的：projects"),
        (lambda results: results.frames.project, "最接近的：projects"),
    ],
)
def test_a_wrong_argument_is_told_in_chinese(wrong, said):
    with pytest.raises((RequestError, AttributeError), match=said):
        wrong(jixiao.evaluate("sample"))
