"""Builds beside one another, beside readers, and with a clock that jumps: one version after the other, none lost."""

from __future__ import annotations

import datetime as clock
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import write_self_form
from shares import keep_share, part, seeded

from jixiao.builds import handed_in, journal, locks, run, unchanged
from jixiao.builds import verify as verifying
from jixiao.builds.ledger import book
from jixiao.builds.verify import verify
from jixiao.builds.versions import read_built

PAIRS, READINGS, JUMPS = 40, 60, 60
QUIET = {"unfinished", "journal_unfinished", "not_logged"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "data" / "source" / "2023").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    monkeypatch.delenv("JIXIAO_JOURNAL", raising=False)
    return tmp_path


def send_form(home: Path, number: int) -> str:
    """Put another state of the data in, and return what it prints."""
    row = ["", "产出指标", "数量指标", "通车里程", "≥100公里", f"{60 + number}公里", 90, 45, "雨季"]
    made = home / "form.xlsx"
    write_self_form(made, [row], project="甲项目")
    os.replace(made, home / "data" / "source" / "2023" / "甲项目.xlsx")
    return f"{60 + number}公里"


def state_of(home: Path) -> str:
    """Return what the version in force says; every page of it is checked on the way."""
    told = read_built(home / "data" / "built").frames.indicators
    return str(told.loc[told["indicator"] == "通车里程", "actual_text"].item())


def start(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jixiao", "build"]
    return subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_builds_at_once(home):
    seed, chance = seeded()
    counted: Counter[str] = Counter()
    for number in range(part(PAIRS)):
        said = send_form(home, number)
        builds = [start(home)]
        time.sleep(chance.choice((0, 0, chance.uniform(0, 2))))
        builds.append(start(home))
        for one in builds:
            _, error = one.communicate(timeout=300)
            assert one.returncode in (0, 1, 2) and "Traceback" not in error, (seed, error)
            if one.returncode == 2:
                assert "写入" in error and error.count("\n") == 1, (seed, error)
            counted["built or found unchanged" if one.returncode < 2 else "refused: another one writes"] += 1
        assert state_of(home) == said, seed
        assert {item.kind for item in verify(home / "data" / "built")} == set(), seed
        assert journal.check() is None
    keep_share("两次构建同时进行", seed, {"pairs": part(PAIRS), **counted, "lost": 0, "tracebacks": 0})


def test_a_build_beside_readers(home):
    seed, chance = seeded()
    counted: Counter[str] = Counter()
    states = [send_form(home, 0)]
    assert start(home).wait(120) in (0, 1)
    wrong: list[object] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            try:
                seen = state_of(home)
            except Exception as error:
                wrong.append(repr(error))
                return
            counted["readings"] += 1
            if seen not in states[-2:]:
                wrong.append((seen, states[-2:]))
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for one in readers:
        one.start()
    try:
        for number in range(1, part(READINGS) + 1):
            states.append(f"{60 + number}公里")
            assert send_form(home, number) == states[-1]
            assert start(home).wait(120) in (0, 1)
            counted["builds"] += 1
            assert not wrong, (seed, wrong)
            time.sleep(chance.uniform(0, 0.2))
    finally:
        ended.set()
        for one in readers:
            one.join()
    assert not wrong, (seed, wrong)
    keep_share("构建与读取同时进行", seed, {**counted, "half a version": 0, "errors": 0})


class Clock:
    """The days and moments that a machine tells whose clock is wrong by some time."""

    ahead = clock.timedelta()

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put this clock in the place of the machine's, wherever builds, journal and ledger ask for it."""
        ours = self

        class Moment(clock.datetime):
            @classmethod
            def now(cls, tz=None):
                return clock.datetime.now(tz) + ours.ahead

        class Day(clock.date):
            @classmethod
            def today(cls):
                return (clock.datetime.now() + ours.ahead).date()

        for module in (run, journal, locks, book, handed_in, unchanged, verifying):
            for name, kind in (("datetime", Moment), ("date", Day)):
                if hasattr(module, name):
                    patch.setattr(module, name, kind)


def test_a_clock_that_jumps(home, monkeypatch):
    """Builds follow one another whatever the clock says: none is lost, and what verify says of the future is named."""
    seed, chance = seeded()
    counted: Counter[str] = Counter()
    moving = Clock()
    moving.install(monkeypatch)
    real = time.time()
    for number in range(part(JUMPS, 6)):
        moving.ahead = clock.timedelta(days=chance.choice((0, 0, 1, -1, 400, -400, 9_000, -9_000)), hours=number)
        said = send_form(home, number)
        form = home / "data" / "source" / "2023" / "甲项目.xlsx"
        moment = real + moving.ahead.total_seconds()
        os.utime(form, (max(0, moment), max(0, moment)))
        run.build(home / "data" / "source", home / "data" / "built")
        assert state_of(home) == said, seed
        kinds = {item.kind for item in verify(home / "data" / "built")}
        assert kinds <= QUIET, (seed, number, moving.ahead, kinds)
        moving.ahead = clock.timedelta(days=chance.choice((-800, 0, 800)))
        kinds = {item.kind for item in verify(home / "data" / "built")}
        counted["verified by another clock: clean" if kinds <= QUIET else "verified by another clock: named"] += 1
        assert state_of(home) == said, seed
        run.build(home / "data" / "source", home / "data" / "built")
        assert state_of(home) == said, seed
        counted["builds"] += 2
    assert journal.check() is None
    keep_share("忽前忽后的时钟", seed, {**counted, "lost": 0, "tracebacks": 0})
