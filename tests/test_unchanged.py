"""A build of the same inputs is left out, and whatever a result depends on is an input."""

from __future__ import annotations

import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from command import run_command
from test_versions import files_of, write_forms

from jixiao.builds import run, unchanged
from jixiao.builds.journal import read_entries
from jixiao.builds.run import build
from jixiao.builds.unchanged import INPUTS, find_unchanged
from jixiao.builds.versions import parquet_files
from jixiao.core import hashes
from jixiao.core.declared import write_yaml
from jixiao.core.errors import JixiaoError, StoppedError

pytestmark = pytest.mark.usefixtures("no_checks")


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """Two received forms, built once."""
    home = tmp_path_factory.mktemp("once")
    place = write_forms(home / "data" / "source", "甲项目", "乙项目")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JIXIAO_HOME", str(home))
        patch.setattr(run, "evaluate_frames", lambda frames, *_, **__: (*run.score(frames), *_nothing()))
        build(place, home / "built")
    return home


def _nothing():
    from jixiao.core.frames import FINDINGS, PASSED, typed

    return typed([], FINDINGS), typed([], PASSED)


@pytest.fixture
def home(once, tmp_path, monkeypatch):
    """A workbench of its own, as it was built."""
    shutil.copytree(once, tmp_path / "home", copy_function=shutil.copy2)
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def same(home: Path, **more: date):
    return find_unchanged(home / "data" / "source", home / "built", **{"today": date.today(), **more})


SUPPRESSION = {"code": "grade", "project": "甲项目", "reason": "已函复", "who": "评价科"}


def declare(home: Path, name: str, content: object) -> None:
    path = home / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else write_yaml({path.stem: content}), encoding="utf-8")


CHANGES = {
    "a form more": lambda home: write_forms(home / "data" / "source", "丙项目"),
    "a form changed": lambda home: write_forms(home / "data" / "source", "甲项目", score=80),
    "a form less": lambda home: next((home / "data" / "source").rglob("甲项目.xlsx")).unlink(),
    "a form renamed": lambda home: next((home / "data" / "source").rglob("甲项目.xlsx")).rename(
        home / "data" / "source" / "另名.xlsx"
    ),
    "a correction": lambda home: declare(home, "corrections.yaml", []),
    "an alias": lambda home: declare(home, "aliases.yaml", [{"project": "甲项目", "also": ["乙"], "reason": "改名"}]),
    "a suppression": lambda home: declare(home, "suppressions.yaml", [{**SUPPRESSION, "expires": "2099-01-01"}]),
    "a taught layout": lambda home: declare(home, "forms/甲.yaml", "forms: []"),
    "an answer": lambda home: declare(home, "source/answers.yaml", "answers: []"),
    "organisations": lambda home: declare(home, "organisations.yaml", "organisations: []"),
    "a register": lambda home: declare(home, "register/units.csv", "甲"),
    "a built file": lambda home: parquet_files(home / "built", "scores")[0].write_bytes(b"damaged"),
    "a built file less": lambda home: parquet_files(home / "built", "scores")[0].unlink(),
    "what a killed run left": lambda home: (home / "built" / ".writer.json").write_text("{}"),
    "no record": lambda home: (home / "built" / INPUTS).unlink(),
    "a damaged record": lambda home: (home / "built" / INPUTS).write_text("[]"),
}


def test_nothing_changed_is_seen_and_nothing_is_written(home, monkeypatch):
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in home.rglob("*") if path.is_file()}
    found = same(home)
    assert found is not None and (found.files, found.evaluations, found.errors) == (2, 2, ())
    monkeypatch.setattr(run, "load_frames", None)  # nothing is read
    results, errors = build(home / "data" / "source", home / "built")
    assert len(results.totals) == 2 and errors == []
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in home.rglob("*") if path.is_file()}
    assert before == after


def test_a_copy_with_other_times_is_the_same(home):
    for path in (home / "data" / "source").rglob("*.xlsx"):
        os.utime(path)
    assert same(home) is not None


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_input_counts(home, change):
    change(home)
    assert same(home) is None


def test_the_same_size_and_times_do_not_hide_a_change(home):
    path = next((home / "data" / "source").rglob("*.xlsx"))
    state, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert path.stat().st_size == state.st_size and same(home) is None


def test_a_large_file_of_the_same_times_is_not_hashed_again(home, monkeypatch):
    monkeypatch.setattr(unchanged, "LARGE", 1)
    monkeypatch.setattr(unchanged, "_SETTLED", -(10**12))  # these files are young
    assert same(home) is not None
    (home / "built" / INPUTS).unlink()
    build(home / "data" / "source", home / "built")
    hashed = []
    monkeypatch.setattr(unchanged, "checksum", lambda path: hashed.append(path.name) or hashes.checksum(path))
    assert same(home) is not None and hashed == []
    os.utime(next((home / "data" / "source").rglob("甲项目.xlsx")))
    assert same(home) is not None and hashed == ["甲项目.xlsx"]


@pytest.mark.parametrize("name", ["rules_hash", "code_hash", "libraries_hash"])
def test_rules_program_and_libraries_count(home, monkeypatch, name):
    monkeypatch.setattr(unchanged, name, lambda: "other")
    assert same(home) is None


def test_the_limits_of_the_user_count(home, monkeypatch):
    limits = home / "limits.yaml"
    limits.write_text("pages: 10", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_LIMITS", str(limits))
    assert same(home) is None


def test_a_version_holds_until_something_declared_ends(home):
    today = date.today()
    last = today + timedelta(days=3)
    entries = [{**SUPPRESSION, "project": name, "expires": (today + timedelta(days=days)).isoformat()}
               for name, days in (("甲项目", 3), ("乙项目", 6), ("丙项目", -3))]  # fmt: skip
    declare(home, "suppressions.yaml", entries)
    build(home / "data" / "source", home / "built")
    assert same(home) is not None and same(home, today=last) is not None
    assert same(home, today=last + timedelta(days=1)) is None
    assert same(home, today=today - timedelta(days=1)) is None, "the clock was wrong then or is wrong now"


def test_what_cannot_be_read_is_said_again(home):
    bad = home / "data" / "source" / "2023" / "坏.xlsx"
    bad.write_bytes(b"not a workbook")
    _, errors = build(home / "data" / "source", home / "built")
    found = same(home)
    assert found is not None and [*found.errors] == [str(error) for error in errors] and "坏.xlsx" in found.errors[0]
    assert [str(error) for error in build(home / "data" / "source", home / "built")[1]] == [*found.errors]


def test_what_was_stopped_is_tried_again(home, monkeypatch):
    load = run.load_frames
    for error in (StoppedError("慢.xlsx", "读取超过30秒", "请拆分"), JixiaoError("读取进程无法启动")):
        (home / "built" / INPUTS).unlink()
        monkeypatch.setattr(run, "load_frames", lambda *given, error=error, **more: (load(*given, **more)[0], [error]))
        build(home / "data" / "source", home / "built")
        assert same(home) is None


def test_the_command_says_it_in_one_line_and_enters_a_version_once(home):
    before = files_of(home / "built")
    for number in range(2):
        said = run_command("build", "--out", home / "built", cwd=home)
        assert said.returncode == 0 and said.stdout.count("\n") == 1, (number, said)
        assert said.stdout.startswith("没有改动：2 个文件")
    assert len([entry for entry in read_entries() if entry["output"] == "built"]) == 1
    assert files_of(home / "built") == before
    assert run_command("build", "--out", home / "built", "--quiet", cwd=home).stdout == ""
    (home / "data" / "source" / "2023" / "坏.xlsx").write_bytes(b"not a workbook")
    run_command("build", "--out", home / "built", cwd=home)
    said = run_command("build", "--out", home / "built", cwd=home)
    assert (said.returncode, said.stdout[:4]) == (2, "没有改动") and "坏.xlsx" in said.stderr
