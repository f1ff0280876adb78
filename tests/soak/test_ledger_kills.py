"""The work after the findings under kill -9 at random moments, and answer workbooks spoiled by the hundred."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections import Counter

import openpyxl
import pytest
from answer_varieties import fill, spoil
from conftest import ROOT
from figures import keep
from killing import Zygote

from jixiao.builds import journal
from jixiao.builds.ledger import book
from jixiao.builds.ledger.review_rules import review_words
from jixiao.publish.rounds.replies import receive

ROUNDS = int(os.environ.get("JIXIAO_LEDGER_ROUNDS", 12))
BOOKS = int(os.environ.get("JIXIAO_ANSWERS", 200))
YEAR, DUE = ("--year", "2023"), ("--due", "2024-03-31")


@pytest.fixture
def home(tmp_path, monkeypatch):
    for year in ("2023", "2024"):
        shutil.copytree(ROOT / "data" / "sample" / year, tmp_path / "data" / "source" / year)
    (tmp_path / "notebooks").mkdir()
    for name, value in {"JIXIAO_HOME": str(tmp_path), "JIXIAO_TODAY": "2024-03-01"}.items():
        monkeypatch.setenv(name, value)
    for name in ("JIXIAO_JOURNAL", "JIXIAO_LEDGER"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def plain():
    """Return what stands in the ledger, without when and in which bytes it came, and how many events there are."""
    found = []
    for entry in book.load_ledger().entries:
        said = {name: value for name, value in entry["said"].items() if name not in {"file", "sha256"}}
        found.append(json.dumps([entry["what"], entry["about"], said], ensure_ascii=False, sort_keys=True))
    return {*found}, len(found)


def steps(home):
    """Yield the commands of a round; what units and reviewers do in between is done when the next one is asked for."""
    yield ("issues", "collect", "--severity", "question", "--severity", "error", "--severity", "warning")
    yield ("issues", "send", *YEAR, *DUE, "--out", str(home / "通知"))
    back = [fill(path, home / f"回_{path.name}", {}) for path in sorted((home / "通知").glob("[!.]*.xlsx"))]
    yield ("issues", "receive", *map(str, back))
    answered = [name for name, row in book.load_ledger().rows.items() if row["issue_state"] == "answered"]
    yield ("issues", "return", *answered[::2], "--reason", "没有附件")
    yield ("issues", "close", *answered[1::2])
    yield ("review", "draw", *YEAR, "--number", "2", "--seed", "7")
    yield ("review", "sheets", "--reviewer", "甲", "--out", str(home / "复核"))
    yield ("review", "receive", *(str(reviewed(path)) for path in sorted((home / "复核").glob("[!.]*.xlsx"))))
    yield ("evidence", "send", *YEAR, "--out", str(home / "佐证"))


def reviewed(path):
    """Fill a sheet in, as a reviewer does."""
    whole = openpyxl.load_workbook(path)
    sheet, place = whole.active, {name: at for at, name in enumerate(review_words()["sheets"]["columns"], 1)}
    for row in range(5, sheet.max_row + 1):
        sheet.cell(row, place["review_score"]).value = 1
        sheet.cell(row, place["review_opinion"]).value = "佐证不足"
    whole.save(path)
    return path


def test_the_work_after_the_findings_survives_kills(home):
    """Every command is killed at random moments, then run to its end: the ledger says what an undisturbed one says."""
    seed = random.randrange(10**6)
    chance, counted = random.Random(seed), Counter(killed=0, finished=0)
    zygote = Zygote(home)
    try:
        assert zygote.run("build") == 0
        built = {path: path.read_bytes() for path in home.glob("data/*.jsonl")}
        expected: list[tuple[set[str], int]] = []
        took: list[float] = []
        for command in steps(home):  # undisturbed
            assert zygote.run(*command) in (0, 1), command
            expected.append(plain())
            took.append(zygote.took)
        for _ in range(ROUNDS):
            for folder in ("通知", "复核", "佐证", "data/received", "data/draws"):
                shutil.rmtree(home / folder, ignore_errors=True)
            for path in home.glob("data/*.jsonl"):
                path.write_bytes(built[path]) if path in built else path.unlink()
            had: set[str] = set()
            for number, command in enumerate(steps(home)):
                for _ in range(2):
                    code = zygote.run(*command, kill_after=chance.uniform(0, took[number]))
                    counted["killed" if code == -9 else "finished"] += 1
                    broken = book.check()
                    assert broken is None or broken.reason == "unfinished", (seed, command, broken)
                    assert had <= plain()[0], (seed, command, "something that stood there is gone")
                assert zygote.run(*command) in (0, 1, 2), command
                assert plain() == expected[number], (seed, command)
                assert book.check() is None
                had = plain()[0]
    finally:
        zygote.end()
    assert journal.check() is None
    keep("整改台账：随时中断", {"种子": seed, **counted, "rounds": ROUNDS, "commands in a round": len(expected)})


def test_answers_spoiled_by_the_hundred(home):
    """Whatever a unit spoils: what can be read is entered, every fault is told, the rest stays open."""
    seed = random.randrange(10**6)
    zygote = Zygote(home)
    try:
        for command in (("build",), *(command for _, command in zip(range(2), steps(home), strict=False))):
            assert zygote.run(*command) == 0
        assert zygote.run("issues", "send", "--year", "2024", *DUE, "--out", str(home / "明年")) == 0
    finally:
        zygote.end()
    issues = book.load_ledger().issues
    path = max((home / "通知").glob("*.xlsx"), key=lambda one: one.stat().st_size)
    ids = {str(row[-1]) for row in openpyxl.load_workbook(path).active.iter_rows(min_row=5, values_only=True)}
    of_year = issues[issues["year"] == 2023]
    others = of_year.loc[~of_year["issue_id"].isin(ids), "issue_id"].tolist()
    years = issues.loc[issues["year"] == 2024, "issue_id"].tolist()
    before = {one: one.read_bytes() for one in home.glob("data/*.jsonl")}
    counted: Counter[str] = Counter()
    for number in range(BOOKS):
        for one, content in before.items():
            one.write_bytes(content)
        made = spoil(path, home / "回.xlsx", random.Random(seed + number), others=others, years=years)
        (came,) = receive([made.path])
        assert sorted(came.taken) == sorted(made.answers), (seed + number, made.kinds, came.sentences)
        for part in made.told:
            assert any(part in sentence for sentence in came.sentences), (seed + number, part, came.sentences)
        counted.update(made.kinds)
    keep(
        "整改反馈：填坏的工作簿", {"种子": seed, "workbooks": BOOKS, **dict(sorted(counted.items())), "answers lost": 0}
    )
