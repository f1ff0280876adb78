"""kill -9 at random moments over every command that writes files, and over a taught form: what stands there is whole.

Builds, corrections and reports are killed in ``test_kill``, batches in ``test_report_kills``, the ledger in
``test_ledger_kills``.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT
from killing import Zygote
from shares import keep_share, part, seeded

from jixiao.builds import journal
from jixiao.builds.verify import verify
from jixiao.reading.forms.teaching import Lessons, keep_lesson, lessons_folder

KILLS = 500
LESSONS = 200
OUT = "写出"
COMMANDS: dict[str, tuple[str, ...]] = {
    "问题清单（xlsx）": ("audit", "--format", "xlsx", "--out", f"{OUT}/问题.xlsx"),
    "问题清单（html）": ("audit", "--format", "html", "--out", f"{OUT}/问题.html"),
    "单位登记": ("bodies", "--out", f"{OUT}/organisations.yaml"),
    "要点": ("brief", "--out", f"{OUT}/要点.docx"),
    "补充情况表": ("ask", "示例助学金", "--year", "2023", "--out", OUT),
    "空表": ("form", "--empty", "--out", f"{OUT}/空表.xlsx"),
    "自评表": ("form", "data/source", "--out", f"{OUT}/表"),
    "示例数据": ("sample", "--out", f"{OUT}/示例", "--departments", "3", "--years", "2023:2024", "--projects", "9",
                 "--forms"),
    "工作目录": ("new", f"{OUT}/新目录"),
    "静态看板": ("dashboard", "--static", f"{OUT}/看板"),
}  # fmt: skip
CODES = (0, 1)
NAMED = {"unfinished", "journal_unfinished", "not_logged"}
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?|\d\d:\d\d(:\d\d)?")
_HASH = re.compile(rb"[0-9a-f]{16,64}")
"""A version bears another name each time, and what names it another hash."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JIXIAO_HOME", str(folder))
        for name in ("JIXIAO_JOURNAL", "JIXIAO_LEDGER"):
            patch.delenv(name, raising=False)
        shutil.copytree(ROOT / "data" / "sample" / "2023", folder / "data" / "source" / "2023")
        (folder / "notebooks").mkdir()
        yield folder


def content(path: Path) -> object:
    """Return what a file says, but for the moment it was made; raise when it is not whole."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            assert packed.testzip() is None
            return {name: _MOMENT.sub(b"", packed.read(name)) for name in packed.namelist() if "docProps" not in name}
    plain = _MOMENT.sub(b"", path.read_bytes())
    return _HASH.sub(b"", plain) if path.suffix == ".json" else plain


def seen(folder: Path) -> dict[str, object]:
    """Return every file that a user sees in a folder, by its name."""
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
    names = {path: path.relative_to(folder) for path in files}
    return {
        _HASH.sub(b"*", os.fsencode(name)).decode(): content(path)
        for path, name in names.items()
        if not any(one[0] == "." for one in name.parts)
    }


def test_every_command_that_writes_files_survives_kills(home):
    seed, chance = seeded()
    counted: Counter[str] = Counter()
    each = part(KILLS // len(COMMANDS))
    zygote = Zygote(home)
    try:
        assert zygote.run("build") in CODES
        for name, command in COMMANDS.items():
            shutil.rmtree(home / OUT, ignore_errors=True)
            (home / OUT).mkdir()
            assert zygote.run(*command) in CODES, name
            whole, took = seen(home / OUT), zygote.took
            assert whole, name
            for _ in range(each):
                shutil.rmtree(home / OUT)
                (home / OUT).mkdir()
                code = zygote.run(*command, kill_after=chance.uniform(0, took))
                counted["killed" if code == -9 else "finished"] += 1
                for file, said in seen(home / OUT).items():
                    assert file in whole and said == whole[file], (seed, name, file)
                kinds = {item.kind for item in verify(home / "data" / "built")}
                assert kinds <= NAMED, (seed, name, kinds)
                code = zygote.run(*command)
                counted[
                    "run again: done" if code in CODES else "run again: refused in one sentence, what is there whole"
                ] += 1
                if code in CODES:
                    assert seen(home / OUT).keys() == whole.keys(), (seed, name)
                    counted["left of a killed run, hidden"] += sum(
                        path.is_file() and path.name.startswith(".") for path in (home / OUT).rglob("*")
                    )
                else:
                    assert code == 2, (seed, name)
            counted["commands"] += 1
    finally:
        zygote.end()
    assert journal.check() is None
    keep_share("kill -9：写文件的各命令", seed, {**counted, "half a file": 0, "silent": 0})


TEACH = """
import sys
from jixiao.reading.forms.teaching import keep_lesson
for line in sys.stdin:
    name, count = line.split()
    keep_lesson(name, {"columns": {f"办理情况{n}": "actual" for n in range(int(count))}})
    print(name, flush=True)
"""


def test_taught_forms_survive_kills(home):
    seed, chance = seeded()
    counted: Counter[str] = Counter()
    kept: set[str] = set()
    for number in range(part(LESSONS // 10)):
        names = [f"版式{number}-{one}" for one in range(10)]
        given = "".join(f"{name} {chance.randrange(1, 4000)}\n" for name in names)
        process = subprocess.Popen(
            [sys.executable, "-c", TEACH], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        process.stdin.write(given)
        process.stdin.flush()
        said = [process.stdout.readline().strip() for _ in range(chance.randrange(1, 10))]
        subprocess.run(["sleep", str(chance.uniform(0, 0.02))], check=True)
        os.kill(process.pid, signal.SIGKILL)
        said += process.stdout.read().split()
        process.stdin.close()
        process.wait()
        kept |= set(said)
        found = {path.stem for path in lessons_folder().glob("*.yaml")}
        assert kept <= found, (seed, "a lesson that was kept is gone")
        assert not Lessons(lessons_folder()).broken, (seed, "half a lesson")
        counted["killed"] += 1
        counted["lessons kept"] = len(found)
    keep_lesson("最后", {"columns": {"办理": "actual"}})
    keep_share("kill -9：示教", seed, {**counted, "lost": 0, "half a lesson": 0})
