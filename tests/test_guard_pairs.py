"""What a file can make long is worked through once for each entry, not once for each pair of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jixiao.checks.set_aside import Suppression, load_aliases, load_suppressions, suppress
from jixiao.checks.texts import find_claims, make_document
from jixiao.checks.texts.amounts import find_amounts
from jixiao.core.errors import CorrectionError, say_nearest
from jixiao.core.frames import FINDINGS, ORGANISATIONS, typed
from jixiao.reading.corrections import apply_corrections
from jixiao.reading.files import TextLine
from jixiao.reading.organisations import last_successors, load_organisations
from jixiao.whatif import load_scenario

SMALL = 500
MOST = 2.6
"""Twice as many entries may take so many times as many steps; every pair would take four times as many."""


def steps_of(act: Callable[[], object]) -> int:
    """Count the lines of Python that run: the same on any machine, however busy."""
    count = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(None)
    return count


def written(folder: Path, name: str, entries: list[dict[str, Any]]) -> Path:
    path = folder / f"{name}{len(entries)}.yaml"
    path.write_text(json.dumps({name: entries}, ensure_ascii=False), encoding="utf-8")
    return path


def aliases(folder: Path, count: int) -> object:
    entries = [{"project": f"项目{n}", "also": [f"别名{n}"], "reason": "改名"} for n in range(count)]
    return load_aliases(written(folder, "aliases", entries))


def suppressions(folder: Path, count: int) -> object:
    entry = {"code": "grade", "reason": "已函复", "who": "科室", "expires": "2030-01-01"}
    return load_suppressions(written(folder, "suppressions", [{**entry, "project": f"项目{n}"} for n in range(count)]))


def put_aside(_: Path, count: int) -> object:
    entries = [Suppression("grade", (("project", f"项目{n}"),), "r", "w", date(2030, 1, 1)) for n in range(count)]
    findings = typed([{"code": "grade", "project": f"项目{n}", "finding_id": str(n)} for n in range(count)], FINDINGS)
    kept, aside, listed = suppress(findings, entries, today=date(2026, 1, 1))
    assert (len(kept), len(aside), len(listed)) == (0, count, count)
    return listed


def corrections(folder: Path, count: int) -> None:
    entry = {"file": "a.xlsx", "sheet": "表", "printed": "1", "corrected": "2", "reason": "误", "evidence": "证"}
    entries = [{**entry, "cell": f"A{n + 1}", "status": "applied"} for n in range(count)]
    with pytest.raises(CorrectionError):
        apply_corrections([], written(folder, "corrections", entries))


def successors(folder: Path, count: int) -> None:
    bodies = [{"name": f"单位{n}", "successor": f"单位{n + 1}"} for n in range(count - 1)]
    found = load_organisations(written(folder, "organisations", [*bodies, {"name": f"单位{count - 1}"}]))
    assert set(last_successors(found).values()) == {f"单位{count - 1}"}


def changes(folder: Path, count: int) -> None:
    path = folder / f"s{count}.yaml"
    lines = [{"indicator": f"指标{n}", "weight": 1} for n in range(count)]
    path.write_text(json.dumps({"name": "甲", "changes": lines}, ensure_ascii=False), encoding="utf-8")
    load_scenario(path)


def names(_: Path, count: int) -> object:
    return say_nearest("项目甲", [f"项目{n}" for n in range(count)])


def numbers(_: Path, count: int) -> object:
    lines = [TextLine(n + 1, f"培训人员{n * 7 + 13}人次，投入资金{n * 3 + 11}万元。") for n in range(count // 4)]
    return list(find_amounts(make_document("a.txt", lines)))


@pytest.mark.parametrize("feed", [aliases, suppressions, put_aside, corrections, successors, changes, names, numbers])
def test_twice_as_many_entries_take_twice_as_many_steps(tmp_path, feed):
    feed(tmp_path, 8)  # what is read once is read
    small, large = (steps_of(lambda count=count: feed(tmp_path, count)) for count in (SMALL, 2 * SMALL))
    assert large < MOST * small, (small, large)


def test_bodies_that_come_round_in_a_circle_are_all_named(tmp_path):
    entries = [("甲局", "乙局"), ("乙局", "丙局"), ("丙局", "乙局"), ("丁局", "戊局"), ("戊局", "")]
    bodies = [{"name": name, **({"successor": after} if after else {})} for name, after in entries]
    with pytest.raises(Exception, match="绕回") as said:
        load_organisations(written(tmp_path, "organisations", bodies))
    assert all(f"“{name}”的承接单位绕回" in str(said.value) for name in ("甲局", "乙局", "丙局"))
    assert "“丁局”" not in str(said.value)
    rows = [{"organisation": name, "successor": after} for name, after in entries]
    assert last_successors(typed(rows[3:], ORGANISATIONS)) == {"丁局": "戊局", "戊局": "戊局"}


def test_exchanged_digits_are_still_found():
    lines = ["投入资金921.6万元。", "资金921.6万元已到位。", "支出资金912.6万元。"]
    claims = find_claims([make_document("a.txt", [TextLine(n, text) for n, text in enumerate(lines, 1)])])
    assert "912.6" in claims["printed"].str.cat()
