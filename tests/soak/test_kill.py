"""kill -9 at random moments in build, correction and report; full disks; folders that cannot be written."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT, write_self_form
from figures import keep
from killing import Zygote
from report_content import report_content

from jixiao.builds import journal
from jixiao.builds.manifest import MANIFEST, VERSIONS, read_manifest
from jixiao.builds.verify import verify
from jixiao.builds.versions import KEPT, read_built
from jixiao.core.files import RECORD
from jixiao.publish.reports.making import MAKING

KILLS = int(os.environ.get("JIXIAO_KILLS", 200))
VARIANTS = KEPT + 2
"""So many states of the data that none of them is still there when it comes again."""
SERIES = 3
"""Kills in a row, before one build goes through undisturbed."""
UNFINISHED = {"interrupted", "unfinished", "not_logged", "journal_unfinished"}
"""What a kill may leave, besides that the build in force is still the one before."""
CHANGED = {"source_changed", "declared_changed", "declared_new", "declared_missing"}
INDEX = "index.html"


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
    expected, took, tail = [], 0.0, 0.0
    for number in range(VARIANTS):
        change(home, number)
        assert zygote.run("build", once=lambda: is_writing(home)) == 0
        took, tail = zygote.took, zygote.tail
        expected.append(kept(home))
    assert len({read_manifest_of(one) for one in expected}) == VARIANTS
    counted: Counter[str] = Counter()
    before = VARIANTS - 1
    for turn in range(3 * times):
        number = turn // SERIES % VARIANTS
        change(home, number)
        if turn % 2:  # at any moment
            code = zygote.run("build", kill_after=chance.uniform(0, took))
        else:  # at any moment from the first file of the new version on
            code = zygote.run("build", kill_after=chance.uniform(0, tail), once=lambda: is_writing(home))
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
        if turn % SERIES < SERIES - 1 and counted["killed"] < times:  # killed again before it was ever whole
            continue
        assert zygote.run("build", once=lambda: is_writing(home)) == 0
        took, tail = zygote.took, zygote.tail  # as busy as the machine is now
        assert kept(home) == expected[number], "a rerun ends in other bytes"
        assert verify(home / "data" / "built") == []
        counted["reruns with the bytes of an undisturbed run"] += 1
        before = number
        if counted["killed"] >= times:
            break
    assert journal.check() is None
    return counted


def report_campaign(home: Path, zygote: Zygote, times: int, chance: random.Random) -> Counter[str]:
    """Make the reports of two states of the data in turn, be killed, look at every report, resume, compare all."""
    built, expected = [home / "data" / name for name in ("first", "second")], []
    asked = [("report", "--all", "--workers", "1", "--place", str(folder)) for folder in built]
    for number, folder in enumerate(built):
        place = home / f"source_{number}"
        shutil.copytree(home / "data" / "source", place)
        shutil.copyfile(home / f"form_{number}.xlsx", place / "2023" / "甲项目.xlsx")
        assert zygote.run("build", "--place", str(place), "--out", str(folder)) == 0
        assert zygote.run(*asked[number], once=lambda: is_making(home)) == 0
        expected.append(said(home / "reports"))
    assert len(expected[0]) == 3 and not any(expected[1][name] == content for name, content in expected[0].items())
    took, tail = zygote.took, zygote.tail
    counted: Counter[str] = Counter()
    is_left = False
    for turn in range(3 * times):
        number = turn // SERIES % 2
        command = ("report", "--resume") if is_left else asked[number]
        if turn % 2:  # at any moment
            code = zygote.run(*command, kill_after=chance.uniform(0, took))
        else:  # at any moment from the first report on
            code = zygote.run(*command, kill_after=chance.uniform(0, tail), once=lambda: is_making(home))
        assert code in (0, -9)
        counted["killed" if code == -9 else "finished"] += 1
        found, named = said(home / "reports"), verify(built[number])
        kinds = {item.kind for item in named}
        is_left = "batch_unfinished" in kinds
        reports = expected[number].keys() - {INDEX}
        for name in reports:  # each is there whole, or there is none
            assert found.get(name) in (None, expected[0][name], expected[1][name]), name
        assert kinds <= {"batch_unfinished", "report_missing", "journal_unfinished", "unfinished"}, kinds
        left = {f"reports/{name}" for name in reports if found.get(name) != expected[number][name]}
        assert {item.name for item in named if item.kind == "report_missing"} == (left if is_left else set())
        assert is_left or len(left) in (0, len(reports)), "work that nobody names"
        counted["killed: every report is made" if not left else "killed: some reports are as before"] += code == -9
        counted["verify clean"] += not kinds
        counted["verify names exactly the reports that are left"] += is_left
        if turn % SERIES < SERIES - 1 and counted["killed"] < times:
            continue
        command = ("report", "--resume") if is_left else asked[number]
        assert zygote.run(*command, once=lambda: is_making(home)) == 0
        if left:
            took, tail = zygote.took, zygote.tail
        assert said(home / "reports") == expected[number], "a resumed batch says something else"
        assert verify(built[number]) == [] and not (home / "reports" / MAKING).exists()
        counted["resumed: all say what an undisturbed run says"] += 1
        is_left = False
        if counted["killed"] >= times:
            break
    assert journal.check() is None
    return counted


def is_writing(home: Path) -> bool:
    return any((home / "data" / "built" / VERSIONS).glob(".new.*"))


def is_making(home: Path) -> bool:
    return any((home / "reports" / MAKING).glob("*/*"))


def said(out: Path) -> dict[str, object]:
    """Return what every report says that is there, and the page that lists them."""
    found: dict[str, object] = {
        path.parent.relative_to(out).as_posix(): report_content(path.parent) for path in out.rglob(f"[!.]*/{RECORD}")
        if MAKING not in path.parts
    }  # fmt: skip
    return {**found, INDEX: (out / INDEX).read_bytes() if (out / INDEX).exists() else b""}


def read_manifest_of(version: dict[str, bytes]) -> str:
    return str(json.loads(version[MANIFEST])["version"])


def test_kill_in_build_correction_and_report(home, zygote):
    """One run: the same workbench and journal go through all of it."""
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    shares = {"构建": KILLS * 2 // 5, "更正后重新构建": KILLS // 4}
    found = {}
    for name, change in (("构建", send_form), ("更正后重新构建", correct)):
        send_form(home, 0)
        found[name] = campaign(home, zygote, change, shares[name], chance)
    found["报告"] = report_campaign(home, zygote, KILLS - sum(shares.values()), chance)
    killed = sum(counted["killed"] for counted in found.values())
    assert killed >= KILLS
    rows = {f"{name}: {what}": times for name, counted in found.items() for what, times in counted.items()}
    entries = len(list(journal.read_entries()))
    keep(
        "kill -9：构建、更正、报告",
        {"种子": seed, "killed": killed, **rows, "entries of the journal, chain whole": entries},
    )


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


@pytest.mark.parametrize(("name", "change"), [("构建", send_form), ("更正后重新构建", correct)])
def test_full_disks_and_folders_that_cannot_be_written(home, small_disk, name, change):
    sizes = [size * 4096 for size in (1, 20, 40, 60, 80, 90, 100, 110, 120)]
    counted: Counter[str] = Counter()
    send_form(home, 0)
    change(home, 0)
    for size in sizes:
        disk = small_disk(2_000_000)
        out = disk / "built"
        assert run(home, "build", "--out", str(out)).returncode == 0
        first = read_manifest(out)["version"]
        filler = disk / "filler"
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        filler.write_bytes(b"\0" * max(0, free - size))
        change(home, 1)
        done = run(home, "build", "--out", str(out))
        assert read_manifest(out)["version"] == first or done.returncode == 0
        if done.returncode:
            assert "磁盘已满" in done.stderr and done.stderr.count("\n") == 1, done.stderr
            counted["full disk: one sentence, the version before whole"] += 1
        else:
            counted["just enough room: built"] += 1
        assert len(read_built(out).totals) == 1
        filler.unlink()
        assert run(home, "build", "--out", str(out)).returncode == 0
        assert [item.kind for item in verify(out)] == []
        change(home, 0)
    disk = small_disk(2_000_000)
    out = disk / "built"
    assert run(home, "build", "--out", str(out)).returncode == 0
    change(home, 1)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    done = run(home, "build", "--out", str(out))
    assert done.returncode == 2 and "磁盘是只读的" in done.stderr and done.stderr.count("\n") == 1
    assert len(read_built(out).totals) == 1
    assert {item.kind for item in verify(out)} <= CHANGED
    counted["read-only folder: one sentence, everything readable"] += 1
    keep(f"写满的磁盘和只读目录：{name}", {"大小": len(sizes), **counted})


def test_full_disks_and_folders_that_cannot_be_written_of_reports(home, small_disk):
    sizes = [0, 40_960, 100_000, 160_000, 240_000, 1_000_000]
    counted: Counter[str] = Counter()
    built = home / "data" / "built"
    for size in [*sizes, None]:
        disk = small_disk(12_000_000)  # plotly.js alone takes 5
        out, filler = disk / "reports", disk / "filler"
        command = ("report", "--all", "--workers", "1", "--out", str(out))
        send_form(home, 0)
        assert run(home, "build").returncode == 0 and run(home, *command).returncode == 0
        assert verify(built) == []
        before = said(out)
        send_form(home, 1)
        assert run(home, "build").returncode == 0
        if size is None:
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        else:
            filler.write_bytes(b"\0" * max(0, os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - size))
        done = run(home, *command)
        kinds = {item.kind for item in verify(built)}
        if done.returncode:
            assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
            assert any(text in done.stderr for text in ("磁盘已满", "磁盘是只读的")), done.stderr
            assert kinds <= {"batch_unfinished", "report_missing"} and before.keys() == said(out).keys()
            counted[
                "full disk: one sentence, every report whole" if filler.exists() else "read-only folder: the same"
            ] += 1
            counted["of these: verify names what is left"] += bool(kinds)
        else:
            assert kinds == set()
            counted["just enough room: made"] += 1
        if size is None:
            break
        filler.unlink()
        if done.returncode:
            assert run(home, "report", "--resume", "--out", str(out)).returncode == 0
        assert verify(built) == [] and "新生成 0 份" in run(home, *command).stdout
    keep("写满的磁盘和只读目录：报告", {"大小": len(sizes), **counted})
