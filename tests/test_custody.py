"""What was stored can be checked; the journal is a chain; nothing in the package unpickles."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import custody_desk
import pytest
from conftest import PACKAGE, ROOT
from custody_desk import run, write_form
from filelock import FileLock

from jixiao.builds import chain, journal
from jixiao.builds.manifest import MANIFEST, VERSIONS, read_manifest
from jixiao.builds.run import build, evaluate
from jixiao.builds.verify import verify
from jixiao.builds.versions import WRITER
from jixiao.core.errors import JixiaoError, RequestError
from jixiao.core.files import MISSING, RECORD, checksum
from jixiao.core.hashes import hash_of
from jixiao.publish.findings.exchange import write_findings
from jixiao.publish.reports import run_notebook
from jixiao.publish.reports.notebooks import notebook_text
from jixiao.publish.server import Settings, run_dashboard

desk = custody_desk.desk

# verify


def test_every_kind_of_difference_is_named(desk, no_checks):
    assert run("build").exit_code == 0
    clean = run("verify")
    assert clean.exit_code == 0 and "均与清单一致" in clean.stdout
    built = desk / "data" / "built"
    version = built / VERSIONS / read_manifest(built)["version"]
    (version / "extra.txt").write_text("x", encoding="utf-8")
    (version / "plans" / "undated.parquet").unlink()
    content = bytearray((version / "totals" / "2023.parquet").read_bytes())
    content[10] ^= 1
    (version / "totals" / "2023.parquet").write_bytes(bytes(content))
    write_form(desk, "60公里")
    write_form(desk, "60公里", "乙项目")
    (desk / "data" / "corrections.yaml").write_text("corrections: []\n", encoding="utf-8")
    manifest = json.loads((built / MANIFEST).read_text(encoding="utf-8"))
    manifest["rule_files"]["checks.yaml"] = manifest["code"] = "other"
    del manifest["rule_files"]["methods.yaml"]
    manifest["rules"] = "other"
    (built / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    (built / VERSIONS / ".new.1").mkdir()
    (built / WRITER).write_text('{"who": "甲", "since": "2024-01-01"}', encoding="utf-8")
    found = run("verify")
    assert found.exit_code == 1
    assert found.stdout.splitlines() == [
        "上次写入中断：甲，2024-01-01；重新运行 jixiao build 即可",
        "有未完成的写入“.new.1”，重新运行同一命令即可清理",
        "构建清单本身有改动（版本号与内容不符）",
        f"版本“{version.name}”自身的清单缺失或与当前清单不同",
        "构建文件“plans/undated.parquet”缺失",
        "构建文件“totals/2023.parquet”与写入时不同",
        "版本目录中有清单以外的文件“extra.txt”",
        "原始文件“2023/乙项目.xlsx”是构建后新增的",
        "原始文件“2023/甲项目.xlsx”在构建后有改动",
        "登记文件“corrections.yaml”是构建后新增的",
        "规则文件“checks.yaml”在构建后有改动",
        "规则文件“methods.yaml”是构建后新增的",
        "程序与构建时不同（构建时 0.1.0）",
    ]
    assert run("build").exit_code == 0
    assert [(item.kind, item.name) for item in verify(built)] == [("old_version", version.name)]


def test_reports_are_compared_with_their_entry(desk, no_checks):
    build("source")
    (desk / "reports" / "2023").mkdir(parents=True)
    page = desk / "reports" / "2023" / "甲.html"
    page.write_text("甲", encoding="utf-8")
    version = read_manifest(desk / "data" / "built")["version"]
    journal.record("build", desk / "data" / "built", version=version)
    journal.record("report", desk / "reports", version=version)
    (desk / "reports" / "dashboard.log").write_text("started", encoding="utf-8")
    assert verify(desk / "data" / "built") == []
    (page.parent / ".77.甲.html").write_text("半", encoding="utf-8")
    page.write_text("乙", encoding="utf-8")
    kinds = [(item.kind, item.name) for item in verify(desk / "data" / "built")]
    assert kinds == [("unfinished", "reports/2023/.77.甲.html"), ("report_changed", "reports")]


def test_the_report_that_changed_and_the_work_that_is_left_are_named(desk, no_checks):
    build("source")
    built, out = desk / "data" / "built", desk / "reports"
    version = read_manifest(built)["version"]
    journal.record("build", built, version=version)
    for name in "甲乙丙":
        (out / "2023" / name).mkdir(parents=True)
        (out / "2023" / name / "a.html").write_text(name, encoding="utf-8")
        record = {
            "key": "new",
            "files": {"html": "a.html"},
            "hashes": {"html": checksum(out / "2023" / name / "a.html")},
        }
        (out / "2023" / name / RECORD).write_text(json.dumps(record), encoding="utf-8")

    def found():
        return [(item.kind, item.name) for item in verify(built)]

    missing = out / MISSING  # a first batch that was killed: nothing of it is in the journal
    missing.write_text(json.dumps({"2023/甲": "new", "2023/丁": "new", "2023/乙": "newer"}), encoding="utf-8")
    left = [("report_missing", "reports/2023/丁"), ("report_missing", "reports/2023/乙")]
    assert found() == [*left, ("batch_unfinished", "reports")]
    assert "jixiao report --resume --out reports" in run("verify").stdout
    missing.unlink()
    journal.record("report", out, version=version)
    assert found() == []
    (out / "2023" / "甲" / "a.html").write_text("改", encoding="utf-8")
    (out / "2023" / "乙" / "b.html").write_text("多", encoding="utf-8")
    (out / "2023" / "丙" / "a.html").unlink()
    assert found() == [("report_changed", f"reports/2023/{name}") for name in sorted("甲乙丙")]
    with FileLock(out / ".lock"):
        assert found() == [("writing", "reports")]


# the journal


def test_the_commands_enter_what_they_made(desk, tmp_path, no_checks):
    run("build")
    run("audit", "--format", "csv", "--out", str(tmp_path / "问题.csv"))
    run("form", str(desk / "data/source/2023/甲项目.xlsx"), "--out", str(tmp_path / "表.xlsx"))
    entries = list(journal.read_entries())
    assert [entry["what"] for entry in entries] == ["build", "export", "form"]
    assert entries[0]["version"] == read_manifest(desk / "data/built")["version"]
    assert all(entry["who"] and entry["when"] and len(entry["content"]) == 64 for entry in entries)
    shown = run("log").stdout.splitlines()
    assert [line.split("  ")[3] for line in shown] == ["构建", "导出", "写出表格"]
    assert len(json.loads(run("log", "--last", "2", "--format", "json").stdout)) == 2


@pytest.mark.parametrize(
    ("change", "number", "reason"),
    [
        (lambda lines: [lines[0].replace("a.csv", "b.csv"), *lines[1:]], 1, "content"),
        (lambda lines: [*lines[:2], *lines[3:]], 3, "number"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 1, "number"),
        (lambda lines: [*lines[:1], "x\n", *lines[2:]], 2, "unreadable"),
        (lambda lines: [*lines[:3], lines[3][:20]], 4, "unfinished"),
        (lambda lines: lines[1:], 1, "number"),
    ],
)
def test_the_first_broken_entry_is_named(desk, change, number, reason):
    for name in "abcd":
        journal.record("export", Path(f"{name}.csv"), content=name)
    assert journal.check() is None
    path = journal.journal_path()
    path.write_text("".join(change(path.read_text(encoding="utf-8").splitlines(True))), encoding="utf-8")
    assert journal.check() == chain.Break(number, reason)


def test_an_entry_that_was_rewritten_with_a_hash_of_its_own_breaks_the_next(desk):
    for name in "ab":
        journal.record("export", Path(f"{name}.csv"), content=name)
    path = journal.journal_path()
    first, second = path.read_text(encoding="utf-8").splitlines()
    forged = {**json.loads(first), "who": "他人"}
    forged["hash"] = hash_of({name: forged[name] for name in forged if name != "hash"})
    path.write_text(json.dumps(forged, ensure_ascii=False) + "\n" + second + "\n", encoding="utf-8")
    assert journal.check() == chain.Break(2, "chain")


def test_a_line_cut_by_a_killed_run_is_repaired_and_kept(desk):
    journal.record("export", Path("a.csv"), content="a")
    path = journal.journal_path()
    with path.open("ab") as handle:
        handle.write('{"number": 2, "who": "甲'.encode()[:-1])
    entry = journal.record("export", Path("b.csv"), content="b")
    assert entry["number"] == 2 and entry["torn"].startswith('{"number": 2') and journal.check() is None


def test_entries_of_several_processes_are_one_chain(desk):
    code = "from pathlib import Path\nfrom jixiao.builds import journal\nfor number in range(12):\n"
    code += "    journal.record('export', Path('a.csv'), content=str(number))"
    with_journal = {**os.environ, "JIXIAO_HOME": str(desk)}
    running = [subprocess.Popen([sys.executable, "-c", code], env=with_journal) for _ in range(3)]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    assert journal.check() is None and len(list(journal.read_entries())) == 36


def test_a_shortened_journal_is_noticed(desk, no_checks):
    run("build")
    journal.journal_path().write_text("", encoding="utf-8")
    assert [item.kind for item in verify(desk / "data/built")] == ["not_logged"]


# safety


def test_notebooks_from_elsewhere_are_never_run(desk, monkeypatch, no_checks):
    """In the data, in the reports, given by path, or of the same name in a workbench that is not the program's."""
    ran, evil = desk / "ran", json.loads((ROOT / "notebooks" / "20_project_scores.ipynb").read_text(encoding="utf-8"))
    evil["cells"].append({**evil["cells"][-1], "source": f"open({str(ran)!r}, 'w').close()"})
    text = json.dumps(evil)
    for folder in ("data/source/2023", "reports/2023/甲"):
        (desk / folder).mkdir(parents=True, exist_ok=True)
        (desk / folder / "20_project_scores.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(JixiaoError, match="不能读取；请另存为"):
        run("build")
    ours = (ROOT / "notebooks" / "20_project_scores.ipynb").read_text(encoding="utf-8")
    assert notebook_text("20_project_scores") == ours
    sample = str(ROOT / "data" / "sample")
    for name in (str(desk / "data/source/2023/20_project_scores"), "../reports/2023/甲/20_project_scores", "99_none"):
        with pytest.raises(RequestError, match="只运行程序目录中的笔记本"):
            run_notebook(name, {})
    (desk / "notebooks" / "20_project_scores.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(RequestError, match="与程序目录中的不同，不予运行"):
        run("report", "--all", "--place", sample)
    with pytest.raises(RequestError, match="与程序目录中的不同，不予运行"):
        run_dashboard(Settings(sample, pages={"20_project_scores": 1}))
    monkeypatch.delenv("JIXIAO_HOME")
    monkeypatch.chdir(desk)  # the workbench is found by the working folder
    with pytest.raises(RequestError, match="与程序目录中的不同，不予运行"):
        run("report", "--all", "--place", sample)
    assert not ran.exists()


def test_nothing_in_the_package_unpickles_or_runs_text():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                loaded = {name.split(".")[0] for name in names}
                assert not loaded & {"pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "multiprocessing"}
                assert "ProcessPoolExecutor" not in names, path
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                assert called not in {"eval", "exec", "read_pickle", "to_pickle", "unsafe_load", "full_load"}, path
                assert not {"allow_pickle", "allow_dill"} & {keyword.arg for keyword in node.keywords}, path


def test_exported_findings_run_no_formula():
    findings = evaluate("sample").findings.head(8)
    evil = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1"]
    findings = findings.assign(project=evil, suppression="")
    lines = write_findings(findings, "csv")
    for text in evil:
        assert "'" + text.replace("\r", "\n") in lines  # a carriage return alone would end the row


def test_a_folder_that_cannot_be_written_is_one_sentence(desk):

    if sys.platform != "linux":
        pytest.skip("no folder that nobody can write")
    command = [sys.executable, "-m", "jixiao", "audit", "--place", "source", "--out", "/proc/问题.csv"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=dict(os.environ))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1 and "失败" in done.stderr
