"""kill -9 at random moments in build and correction; full disks; folders that cannot be written."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT, write_self_form
from figures import keep
from killing import Zygote

from jixiao.store import journal, read_built
from jixiao.store.manifest import MANIFEST, read_manifest
from jixiao.store.verify import verify
from jixiao.store.versions import KEPT, VERSIONS

BUILDS = int(os.environ.get("JIXIAO_KILLS", 150))
CORRECTIONS = BUILDS // 3
VARIANTS = KEPT + 2
"""So many states of the data that none of them is still there when it comes again."""
SERIES = 3
"""Kills in a row, before one build goes through undisturbed."""
UNFINISHED = {"interrupted", "unfinished", "not_logged", "journal_unfinished"}
"""What a kill may leave, besides that the build in force is still the one before."""
CHANGED = {"source_changed", "declared_changed", "declared_new", "declared_missing"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "data" / "source" / "2023").mkdir(parents=True)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    monkeypatch.delenv("JIXIAO_JOURNAL", raising=False)
    return tmp_path


@pytest.fixture
def zygote(home):
    one = Zygote(home)
    yield one
    one.end()


def send_form(home: Path, number: int) -> None:
    """Put another state of the data in: the form of the project prints another actual."""
    form = home / f"form_{number}.xlsx"
    if not form.exists():  # two workbooks of the same content differ, they say when they were written
        row = ["", "产出指标", "数量指标", "通车里程", "≥100公里", f"{60 + number}公里", 90, 45, "雨季"]
        write_self_form(form, [row], project="甲项目")
    shutil.copyfile(form, home / "data" / "source" / "2023" / "甲项目.xlsx")


def correct(home: Path, number: int) -> None:
    """Put another state of the corrections in."""
    entry = {
        "file": "2023/甲项目.xlsx",
        "sheet": "项目支出绩效自评表",
        "cell": "F8",
        "printed": "60公里",
        "corrected": f"{70 + number}公里",
        "reason": "抄错",
        "evidence": "验收单",
        "status": "applied",
    }
    text = json.dumps({"corrections": [entry]}, ensure_ascii=False)
    (home / "data" / "corrections.yaml").write_text(text, encoding="utf-8")


def kept(home: Path) -> dict[str, bytes]:
    """Return the bytes of the version in force, without when it was read."""
    base = home / "data" / "built" / VERSIONS / read_manifest(home / "data" / "built")["version"]
    found = {path.relative_to(base).as_posix(): path.read_bytes() for path in base.rglob("*") if path.is_file()}
    found[MANIFEST] = json.dumps({**json.loads(found[MANIFEST]), "as_of": ""}).encode()
    return found


def campaign(home: Path, zygote: Zygote, change, times: int, chance: random.Random) -> Counter[str]:
    """Change something, build, be killed; look at what is there; build again and compare with the undisturbed run."""
    expected, took = [], 0.0
    for number in range(VARIANTS):
        change(home, number)
        start = time.monotonic()
        assert zygote.run("build") == 0
        took = time.monotonic() - start
        expected.append(kept(home))
    assert len({read_manifest_of(one) for one in expected}) == VARIANTS
    counted: Counter[str] = Counter()
    before = VARIANTS - 1
    for turn in range(times):
        number = turn // SERIES % VARIANTS
        change(home, number)
        if turn % 2:  # at any moment
            code = zygote.run("build", kill_after=chance.uniform(0, took * 1.05))
        else:  # at any moment from the first file of the new version on
            code = zygote.run("build", kill_after=chance.uniform(0, took * 0.3), once=lambda: is_writing(home))
        assert code in (0, -9)
        counted["killed" if code == -9 else "finished"] += 1
        results = read_built(home / "data" / "built")  # it opens, and every page holds
        assert len(results.totals) == 1
        is_new = kept(home) == expected[number]
        assert is_new or kept(home) == expected[before], "neither the old nor the new version"
        counted["killed: the new version is there" if is_new else "killed: the version before is there"] += code == -9
        kinds = {item.kind for item in verify(home / "data" / "built")}
        assert kinds <= UNFINISHED | (set() if is_new else CHANGED), kinds
        counted["verify clean"] += not kinds
        counted["verify names unfinished work"] += bool(kinds & UNFINISHED)
        if turn % SERIES < SERIES - 1:  # killed again before it was ever whole
            continue
        start = time.monotonic()
        assert zygote.run("build") == 0
        took = time.monotonic() - start  # as busy as the machine is now
        assert kept(home) == expected[number], "a rerun ends in other bytes"
        assert verify(home / "data" / "built") == []
        counted["reruns with the bytes of an undisturbed run"] += 1
        before = number
    assert journal.check() is None
    counted["entries of the journal, chain whole"] = len(list(journal.read_entries()))
    return counted


def is_writing(home: Path) -> bool:
    return any((home / "data" / "built" / VERSIONS).glob(".new.*"))


def read_manifest_of(version: dict[str, bytes]) -> str:
    return str(json.loads(version[MANIFEST])["version"])


@pytest.mark.parametrize(
    ("name", "change", "times"), [("构建", send_form, BUILDS), ("更正后重新构建", correct, CORRECTIONS)]
)
def test_kill_in_build_and_correction(home, zygote, name, change, times):
    send_form(home, 0)
    seed = random.SystemRandom().randrange(10**6)
    counted = campaign(home, zygote, change, times, random.Random(seed))
    keep(f"kill -9：{name}", {"种子": seed, "次数": times, **counted})


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of a given size, where this may be done."""
    mounted = []

    def mount(size: int) -> Path:
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=False)
        if done.returncode:
            pytest.skip("no file system can be mounted here")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jixiao", *arguments]
    done = subprocess.run(command, env=dict(os.environ), cwd=home, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


def test_full_disks_and_folders_that_cannot_be_written(home, small_disk):
    sizes = [size * 4096 for size in (1, 20, 40, 60, 80, 90, 100, 110, 120)]
    counted: Counter[str] = Counter()
    send_form(home, 0)
    for size in sizes:
        disk = small_disk(2_000_000)
        out = disk / "built"
        assert run(home, "build", "--out", str(out)).returncode == 0
        first = read_manifest(out)["version"]
        filler = disk / "filler"
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        filler.write_bytes(b"\0" * max(0, free - size))
        send_form(home, 1)
        done = run(home, "build", "--out", str(out))
        assert read_manifest(out)["version"] == first or done.returncode == 0
        if done.returncode:
            assert "No space left" in done.stderr and done.stderr.count("\n") == 1, done.stderr
            counted["full disk: one sentence, the version before whole"] += 1
        else:
            counted["just enough room: built"] += 1
        assert len(read_built(out).totals) == 1
        filler.unlink()
        assert run(home, "build", "--out", str(out)).returncode == 0
        assert [item.kind for item in verify(out)] == []
        send_form(home, 0)
    disk = small_disk(2_000_000)
    out = disk / "built"
    assert run(home, "build", "--out", str(out)).returncode == 0
    send_form(home, 1)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = run(home, "build", "--out", str(out))
    assert done.returncode == 2 and "Read-only file system" in done.stderr and done.stderr.count("\n") == 1
    assert len(read_built(out).totals) == 1
    assert {item.kind for item in verify(out)} == {"source_changed"}
    counted["read-only folder: one sentence, everything readable"] += 1
    keep("写满的磁盘和只读目录", {"大小": len(sizes), **counted})
