"""What a file can make long is worked through once for each entry, not once for each pair of them."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from command import run_command

from jixiao.checks import texts
from jixiao.checks.set_aside import Suppression, load_aliases, load_suppressions, suppress
from jixiao.checks.texts import find_claims, is_crowded, make_document, one_fact, say_crowded
from jixiao.checks.texts.amounts import find_amounts
from jixiao.checks.texts.found import Claim
from jixiao.checks.texts.measures import Span, find_quantities, judge, step_of
from jixiao.checks.texts.near_pairs import Differences
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


def amounts_of(draw: random.Random, count: int) -> list[Span]:
    """Return amounts as they are printed, some to the yuan, some in 亿, each value once."""
    words = [
        draw.choice([f"{draw.randrange(1, 60)}万元", f"{draw.uniform(1, 60):.{draw.randrange(4)}f}万元", "1.2亿元"])
        for _ in range(count)
    ]
    return list({one.value: one.span for word in words for one in find_quantities(f"投入{word}")}.values())


def test_differences_are_those_that_every_pair_gives():
    draw, held = random.Random(21), 0
    for _ in range(120):
        every, rest = amounts_of(draw, draw.randrange(2, 7)), find_quantities(f"结余{draw.uniform(0, 40):.1f}万元")[0]
        step = step_of(rest)
        wanted = any(judge(rest.span, one - two, step=step) != "fails" for one in every for two in every)
        assert Differences(every).hold(rest.span, step) == wanted
        held += wanted
    assert 20 < held < 100


def test_slips_of_differences_are_those_that_every_amount_gives():
    draw, hits = random.Random(22), 0
    for _ in range(400):
        every, part = amounts_of(draw, 8), draw.choice(amounts_of(draw, 3))
        near = draw.choice(every).value - part.value + draw.choice([0, 1, 10, 9, 90, -9])
        rest = find_quantities(f"结余{abs(near)}万元")[0]
        wanted = [one for one in every if one.value > part.value
                  and one_fact._is_slip_of(rest, one.value - part.value)]  # fmt: skip
        looked_up, printed = Differences(every), one_fact.written(rest.value)
        found = {one for slip in one_fact._slips_of(printed) for one in looked_up.wholes(part.value, slip)}
        found = {one for one in found if one in wanted}
        assert found == set(wanted)
        assert looked_up.first(found) == next(iter(wanted), None)
        hits += bool(wanted)
    assert 10 < hits < 390


def test_twice_as_many_amounts_take_twice_as_many_steps():
    small, large = ([Span(*[Decimal(7 + 1000 * at)] * 3) for at in range(size)] for size in (200, 400))
    rest = Span(*[Decimal(3)] * 3)
    steps = [steps_of(lambda every=every: Differences(every).hold(rest, Decimal(1))) for every in (small, large)]
    assert steps[1] < MOST * steps[0], steps


def untold_by_pairs(known: list[Claim], general: list[Claim]) -> list[Claim]:
    """What ``_untold`` says in other words: every claim looked at beside every other one."""
    kept = []
    told = [texts._told(claim, claim.arithmetic) for claim in known if claim.verdict == "fails"]
    for claim in general:
        if claim.verdict == "fails" and any(texts._told(claim, "") & other for other in told):
            continue
        kept.append(claim)
        told.append(texts._told(claim, claim.arithmetic))
    return kept


def test_what_is_told_is_told_once_however_it_is_looked_up():
    draw = random.Random(23)

    def claim() -> Claim:
        number = str(draw.randrange(100, 108))
        words = draw.choice(["", f"第{draw.randrange(1, 5)}行为{draw.randrange(100, 108)}"])
        return Claim("claim_same", draw.randrange(1, 5), "", number, "", None, draw.choice(["fails", "open"]), words)

    for _ in range(100):
        known, general = [claim() for _ in range(3)], [claim() for _ in range(6)]
        assert texts._untold(known, iter(general)) == untold_by_pairs(known, general)


def crowded(count: int) -> list[TextLine]:
    told = [
        "第{n}项培训人员{a}人次，投入资金{b}.5万元，占比{c}.3%。",
        "预算资金{a}万元，实际支出{b}万元，结余{c}万元。",
        "发放问卷{a}份，回收有效问卷{b}份，其中满意{c}份，占{c}.2%。",
        "平均每人{c}.2元，完成计划的{c}.7%，建设公里{a}公里。",
        "抽查{a}个样本，合格{b}个，不合格{c}个。甲乙第{n}有限责任公司承办。",
    ]
    return [TextLine(n + 1, told[n % 5].format(n=n, a=n * 7 + 13, b=n * 3 + 11, c=n % 97)) for n in range(count)]


def test_a_text_with_too_many_numbers_is_told_and_costs_no_more_than_its_length(tmp_path, monkeypatch):
    path = tmp_path / "limits.yaml"
    path.write_text("text_numbers: 60\n", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_LIMITS", str(path))
    small, large = (make_document(f"{count}.txt", crowded(count)) for count in (60, 120))
    find_claims([make_document("a.txt", crowded(5))])
    steps = [steps_of(lambda document=document: find_claims([document])) for document in (small, large)]
    assert steps[1] < MOST * steps[0], steps
    assert say_crowded([make_document("a.txt", crowded(5))]) == []
    (said,) = say_crowded([small])
    assert "超过60个" in said and is_crowded(small)
    file = tmp_path / "长.txt"
    file.write_text("\n".join(line.text for line in crowded(60)), encoding="utf-8")
    assert "文稿“长.txt”有" in run_command("audit", "--text", file).stderr
