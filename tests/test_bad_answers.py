"""Answer workbooks spoiled at random: what can be read is read, the rest told, nothing lost; kills at any step."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import time

import pytest
from answer_varieties import FAULTS, fill, spoil
from killed_steps import killed

from jixiao.builds.ledger import book, ledger_place
from jixiao.builds.ledger.archive import archive_folder
from jixiao.builds.ledger.collecting import candidates, collect
from jixiao.builds.ledger.drawing import find_draw, keep_draw, population_of
from jixiao.builds.ledger.reviewing import drawn_rows, keep_opinions, opinions_of
from jixiao.core.errors import RequestError
from jixiao.publish.rounds.notices import send_notices
from jixiao.publish.rounds.proof_books import send_lists
from jixiao.publish.rounds.replies import receive

ROADS, PUPILS = "示例市公路养护中心", "示例市学生资助中心"
CASES = int(os.environ.get("JIXIAO_ANSWERS", 12))
SEVERITIES = ["error", "warning", "question"]


@pytest.fixture
def desk(ledger_desk, monkeypatch, sample_results):
    """A ledger with the problems of two years, those of 2024 sent."""
    monkeypatch.setenv(ledger_place.TODAY, "2024-09-01")
    with book.writing("绩效科") as writer:
        found = candidates(sample_results, years=[2023, 2024], severities=SEVERITIES)
        writer.write(collect(writer.ledger, found, sample_results).events)
    return ledger_desk


def restore(before):
    for path, content in before.items():
        path.write_bytes(content)
    shutil.rmtree(archive_folder(), ignore_errors=True)


def texts_of(owner=""):
    """Return the answer that each issue of the ledger has."""
    rows = book.load_ledger().rows.values()
    return {row["issue_id"]: row.get("feedback") or "" for row in rows if not owner or row["owner"] == owner}


def test_whatever_a_unit_spoils_is_told_and_the_rest_is_read(desk):
    """Any of the faults, combined: what can be read is entered, each fault has its sentence, nothing is lost."""
    sent = {one.owner: one.path for one in send_notices(desk / "out", due="2024-09-30", year=2024)}
    issues = book.load_ledger().issues
    mine = issues.loc[(issues["owner"] == ROADS) & (issues["year"] == 2024), "issue_id"].tolist()
    others = issues.loc[(issues["owner"] == PUPILS) & (issues["year"] == 2024), "issue_id"].tolist()
    years = issues.loc[issues["year"] == 2023, "issue_id"].tolist()
    before = {path: path.read_bytes() for path in desk.glob("*.jsonl")}
    met = set()
    for seed in range(CASES):
        restore(before)
        made = spoil(sent[ROADS], desk / f"回_{seed}.xlsx", random.Random(seed), others=others, years=years)
        met |= {*made.kinds}
        (came,) = receive([made.path])
        where = (seed, made.kinds, came.sentences)
        assert sorted(came.taken) == sorted(made.answers), where
        assert {name: text for name, text in texts_of().items() if text} == made.answers, where
        for part in made.told:
            assert any(part in sentence for sentence in came.sentences), (part, where)
        assert not any("Traceback" in sentence or "\n" in sentence for sentence in came.sentences), where
        assert [one.read_bytes() for one in archive_folder().glob("*.xlsx")] == [made.path.read_bytes()]
        states = book.load_ledger().issues.set_index("issue_id")["issue_state"]
        assert {name for name, state in states.items() if state == "answered"} == {*made.answers}, where

        # The unit mends its workbook: what was taken is not taken twice, what was not is taken now.
        (again,) = receive([fill(sent[ROADS], desk / f"改_{seed}.xlsx", made.answers)])
        assert sorted([*came.taken, *again.taken]) == sorted(mine), where
        assert texts_of(ROADS) | made.answers == texts_of(ROADS) and all(texts_of()[name] for name in mine)
        assert book.check() is None
    assert CASES < 12 or met == {*FAULTS}, {*FAULTS} - met


def take_part(number, path, done):
    """Receive one file, as often as it takes until no other process holds the ledger."""
    for _ in range(600):
        try:
            came = receive([path])
        except RequestError as error:
            assert "正由用户" in str(error)
            time.sleep(0.05)
            continue
        done.put((number, sorted(came[0].taken)))
        return


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes of this interpreter")
def test_two_receivers_at_once_exclude_each_other_and_both_are_entered(desk):
    sent = {one.owner: one.path for one in send_notices(desk / "out", due="2024-09-30", year=2024)}
    paths = [fill(sent[owner], desk / f"{number}.xlsx", {}) for number, owner in enumerate((ROADS, PUPILS))]
    forked = multiprocessing.get_context("fork")
    done = forked.Queue()
    parts = [forked.Process(target=take_part, args=(number, path, done)) for number, path in enumerate(paths)]
    for part in parts:
        part.start()
    took = dict(done.get(timeout=120) for _ in parts)
    for part in parts:
        part.join()
    issues = book.load_ledger().issues
    for number, owner in enumerate((ROADS, PUPILS)):
        mine = issues[(issues["owner"] == owner) & (issues["year"] == 2024)]
        assert took[number] == sorted(mine["issue_id"]) and set(mine["issue_state"]) == {"answered"}
    assert book.check() is None and issues["issue_state"].eq("answered").sum() == sum(map(len, took.values()))


# A kill at any step of any command


def move(what, ids, **said):
    with book.writing("科") as writer:
        open_ones = [one for one in ids if writer.ledger.find(one)["issue_state"] in book.ways().moves[what].start]
        writer.write([{"what": what, "about": one, "said": said} for one in open_ones])


def plain():
    """Return what the ledger says, without when and in which bytes."""
    entries = book.load_ledger().entries
    said = [{name: value for name, value in entry["said"].items() if name != "sha256"} for entry in entries]
    return sorted(
        json.dumps([entry["what"], entry["about"], one], ensure_ascii=False, sort_keys=True)
        for entry, one in zip(entries, said, strict=True)
    )


def acts(desk, results):
    """Return every command that writes: its preparation, and itself."""

    def collected():
        with book.writing("科") as writer:
            found = candidates(results, severities=SEVERITIES)
            writer.write(collect(writer.ledger, found, results).events)

    def out():
        send_notices(desk / "out", due="2024-09-30", year=2024)

    def answered():
        out()
        path = desk / "回.xlsx"
        notice = next((desk / "out").glob(f"{ROADS}*"))
        receive([fill(notice, path, {})])

    def mine():
        rows = book.load_ledger().rows.values()
        return [row["issue_id"] for row in rows if row["owner"] == ROADS and int(row["year"]) == 2024]

    def drawn():
        if not [*book.load_ledger().about("draw")]:
            keep_draw(population_of(results, 2024), year=2024, number=2, seed="7")

    def opinions():
        rows = drawn_rows(results, find_draw(book.load_ledger()))
        said = {"reviewer": "甲", "review_opinion": "属实", "review_files": "", "is_final": False}
        keys = ["year", "project_id", "indicator_id", "weight"]
        listed = [{**row, **said, "review_score": row["weight"]} for row in rows[keys].to_dict("records")]
        keep_opinions("C2024-01", listed)

    return {
        "register": (lambda: None, collected),
        "send": (lambda: None, out),
        "return": (answered, lambda: move("return", mine(), reason="没有附件")),
        "close": (answered, lambda: move("close", mine())),
        "draw": (lambda: None, drawn),
        "review": (drawn, opinions),
        "proofs": (lambda: None, lambda: send_lists(results, desk / "佐证", year=2024)),
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that can be killed at a step")
@pytest.mark.parametrize("name", ["register", "send", "return", "close", "draw", "review", "proofs"])
def test_a_kill_at_any_step_is_mended_by_doing_it_again(name, desk, sample_results):
    """Nothing that stood there is lost, and the same command run again gives what it would have given undisturbed."""
    prepare, act = acts(desk, sample_results)[name]
    prepare()
    before = {path: path.read_bytes() for path in desk.glob("*.jsonl")}
    had = plain()
    act()
    wanted = plain()
    assert len(wanted) > len(had) or name == "register"
    moments = list(range(1, 400)) if os.environ.get("JIXIAO_EXAMPLES") == "soak" else [1, 2, 3, 5, 8, 13, 21, 34]
    killed_at = 0
    for moment in moments:
        for path in desk.glob("*.jsonl"):
            path.unlink()
        for path, content in before.items():
            path.write_bytes(content)
        if not killed(moment, act):
            break
        killed_at += 1
        broken = book.check()
        assert broken is None or broken.reason == "unfinished"
        assert not [one for one in had if one not in plain()], "what stood there stays"
        act()
        assert plain() == wanted and book.check() is None, (name, moment)
        assert len(opinions_of(book.load_ledger())) == sum("opinion" in one[:10] for one in wanted)
    assert killed_at >= 2
