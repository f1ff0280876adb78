"""Measure the audit (核查) on many projects: `python benchmarks/audit.py [--projects 100000] [--record]`.

Made-up frames with slips mixed in, from a seed. For every check: seconds, indicator rows per second, and how many times
as long as reading each column that the check uses once: numbers are summed, texts are measured, so that every value is
touched. What several checks share (rows numbered by project and by text) is worked out once before, on a line of
its own. The checks of the final accounts and of lists find no rows here and are left out. Seconds are of the
processor, the best of three runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jixiao.checks import CHECKS, LAST, load_checks
from jixiao.checks.accounts import _tables
from jixiao.checks.evidence import Evidence, gather
from jixiao.checks.funds import _group, _pairs
from jixiao.checks.money import money_rows
from jixiao.core.frames import FINDINGS, SCHEMAS, Frames, typed

sys.path.insert(0, str(Path(__file__).parent))
from record import best, peak_mb, record

LIMIT = 10
NAMES = [
    ("产出指标", "数量指标", "养护里程", "≥300公里", 300.0, "count", ">=", "公里"),
    ("产出指标", "数量指标", "培训人次", "≥200人", 200.0, "count", ">=", "人"),
    ("产出指标", "质量指标", "验收合格率", "≥95%", 0.95, "rate", ">=", "%"),
    ("产出指标", "时效指标", "故障恢复时间", "≤4小时", 4.0, "duration", "<=", "小时"),
    ("产出指标", "成本指标", "运维费用", "≤120万元", 120.0, "money", "<=", "万元"),
    ("效益指标", "社会效益指标", "覆盖率", "≥80%", 0.8, "rate", ">=", "%"),
    ("效益指标", "可持续影响指标", "队伍到位情况", "专人专岗", np.nan, "text", "", ""),
    ("满意度指标", "服务对象满意度指标", "群众满意度", "≥90%", 0.9, "rate", ">=", "%"),
]


def texts(values: np.ndarray) -> pd.Series:
    """Return a column of text."""
    return pd.Series(values, dtype="str")


def chosen(options: list[Any], pick: np.ndarray) -> pd.Series:
    """Return a column of text by number."""
    return texts(np.array(options, dtype=object)[pick])


def fill(schema: dict[str, str], columns: dict[str, Any], size: int) -> pd.DataFrame:
    """Return a frame with every declared column; what is not given is empty."""
    empty = {"str": "", "float64": np.nan, "bool": False, "Int64": 0, "datetime64[us]": pd.NaT}
    given = {name: columns.get(name, np.full(size, empty[kind])) for name, kind in schema.items()}
    return pd.DataFrame(given).astype(schema)


def make_weights(indicators: int) -> np.ndarray:
    """Return weights of one evaluation: 50 points of output, 30 of outcome, 10 of satisfaction."""
    level = np.array([0, 0, 0, 0, 0, 1, 1, 2])[np.arange(indicators) % len(NAMES)]
    weights = np.zeros(indicators)
    for number, points in enumerate((50.0, 30.0, 10.0)):
        mine = np.flatnonzero(level == number)
        weights[mine] = np.round(points / max(len(mine), 1), 2)
        weights[mine[-1:]] += points - weights[mine].sum()
    return weights.round(2)


def make_scores(projects: int, indicators: int, rng: np.random.Generator, head: dict[str, pd.Series]) -> pd.DataFrame:
    """Return indicator rows with slips: deductions, missing reasons, factors of ten, copied targets."""
    size = projects * indicators
    owner = np.repeat(np.arange(projects), indicators)
    kind = np.tile(np.arange(indicators) % len(NAMES), projects)
    turn = np.tile(np.arange(indicators) // len(NAMES), projects)
    target = np.array([name[4] for name in NAMES])[kind]
    slip = rng.random(size)
    actual = target * (1 + rng.integers(0, 8, size) / 100)
    actual = np.where(slip < 0.001, target / 10, np.where(slip < 0.003, target * 1.6, actual))
    weight = np.tile(make_weights(indicators), projects)
    weight = np.where(rng.random(size) < 0.0005, weight + 1, weight)
    lost = np.where(rng.random(size) < 0.01, np.round(weight * 0.1, 2), 0.0)
    reasons = ["", "汛期停工两周，次年补足", "验收合格率偏低，已整改", "人员不足"]
    names = np.array([name[2] for name in NAMES], dtype=object)[kind] + np.char.mod("%d", turn).astype(object)
    negative = np.array([name[6] == "<=" for name in NAMES])[kind]
    reason = np.where(lost > 0, rng.integers(0, len(reasons), size), 0)
    shown = np.round(actual, 4)
    values = {
        **{name: column.iloc[owner].reset_index(drop=True) for name, column in head.items()},
        "indicator_id": texts(np.char.mod("%03d", np.tile(np.arange(indicators), projects))),
        "row_level": texts(np.full(size, "indicator")),
        "is_counted": np.ones(size, bool),
        "category": chosen([name[0] for name in NAMES], kind),
        "subcategory": chosen([name[1] for name in NAMES], kind),
        "indicator": texts(names),
        "target_text": chosen([name[3] for name in NAMES], kind),
        "target_kind": chosen([name[5] for name in NAMES], kind),
        "target_relation": chosen([name[6] for name in NAMES], kind),
        "target_value": target,
        "measure_unit": chosen([name[7] for name in NAMES], kind),
        "actual_text": texts(np.where(np.isnan(shown), "专人专岗", np.char.mod("%g", shown))),
        "actual_kind": chosen([name[5] for name in NAMES], kind),
        "actual_value": actual,
        "is_comparable": ~np.isnan(target),
        "word_met": np.full(size, -1),
        "direction": texts(np.where(negative, "negative", "positive")),
        "kind": texts(np.where(np.isnan(target), "qualitative", "quantitative")),
        "weight": weight,
        "reported_score": weight - lost,
        "deviation_reason": chosen(reasons, reason),
        "remark": chosen(["", "抽样400人，满意390人"], ((kind == 7) & (rng.random(size) < 0.99)).astype(int)),
        "source_cell": texts(np.char.add("D", np.char.mod("%d", 10 + np.tile(np.arange(indicators), projects)))),
    }
    for name in ("target_cell", "actual_cell", "weight_cell", "score_cell", "reason_cell", "achievement_sheet"):
        values[name] = values["source_cell"]
    frame = fill(SCHEMAS["indicators"], {**values, "source_sheet": texts(np.full(size, "自评表"))}, size)
    return frame.assign(
        source_file=values["source_file"],
        project=values["project"],
        department=values["department"],
        unit=values["unit"],
        framework=texts(np.full(size, "caiyu_2020_10")),
        method=texts(np.full(size, "proportional_to_target")),
        completion_rate=actual / target,
        score=weight,
        score_low=0.0,
        score_high=weight,
        decided_by=texts(np.where(np.isnan(target), "person", "rule")),
        basis=texts(np.full(size, "财预〔2020〕10号第十六条")),
        basis_mark=texts(np.full(size, "F")),
        score_explanation=texts(np.full(size, "达到指标值，得满分。")),
        score_difference=-lost,
    )


def make_evidence(projects: int, indicators: int, seed: int = 7) -> Evidence:
    """Return frames, scores and totals of made-up projects in two years (示例数据)."""
    rng = np.random.default_rng(seed)
    number = np.arange(projects)
    same, year = number // 2, 2023 + number % 2
    label = np.char.mod("%06d", same)
    head = {
        "year": pd.Series(year, dtype="Int64"),
        "project_id": texts(np.char.add("P", label)),
        "evaluation": texts(np.full(projects, "self")),
        "project": texts(np.char.add(np.char.add("示例", label), "运行维护项目")),
        "department": texts(np.char.add("示例局", np.char.mod("%d", same % 200))),
        "unit": texts(np.char.add("示例中心", np.char.mod("%d", same % 5000))),
        "source_file": texts(np.char.add(np.char.add(np.char.mod("%d/", year), label), ".xlsx")),
    }
    place = {"source_sheet": texts(np.full(projects, "自评表")), "source_cell": texts(np.full(projects, "C3"))}
    scores = make_scores(projects, indicators, rng, head)
    budget = np.round(rng.uniform(20, 2000, projects), 2)
    spent = np.where(rng.random(projects) < 0.3, budget, np.round(budget * rng.uniform(0.8, 1, projects), 2))
    first = np.where(rng.random(projects) < 0.01, np.round(budget * 1.4, 2), budget)
    rate = np.char.add(np.char.mod("%.2f", np.floor(spent / budget * 10_000 + 0.5) / 100), "%")
    funds = [
        ("total", first, budget, spent, rate),
        ("fiscal", first, budget, spent, np.full(projects, "")),
        ("carry_over", np.zeros(projects), np.zeros(projects), np.zeros(projects), np.full(projects, "")),
    ]
    budgets = pd.concat(
        [
            fill(
                SCHEMAS["budgets"],
                {
                    **head,
                    **place,
                    "fund": texts(np.full(projects, fund)),
                    "initial_budget_wan": start,
                    "annual_budget_wan": year_budget,
                    "executed_wan": executed,
                    "execution_rate_text": texts(shown),
                },
                projects,
            )
            for fund, start, year_budget, executed, shown in funds
        ],
        ignore_index=True,
    )
    levels = ["产出指标", "效益指标", "满意度指标"]
    headings = pd.concat(
        [
            fill(
                SCHEMAS["headings"],
                {
                    **head,
                    **place,
                    "table": texts(np.full(projects, "自评表")),
                    "heading_level": texts(np.full(projects, "category")),
                    "heading": texts(np.full(projects, level)),
                    "heading_weight": np.full(projects, 30.0),
                    "parts_weight": np.where(rng.random(projects) < 0.002, 25.0, 30.0),
                    "children": np.zeros(projects, int),
                },
                projects,
            )
            for level in levels
        ],
        ignore_index=True,
    )
    total = np.full(projects, 95.0)
    evaluations = fill(SCHEMAS["evaluations"], {**head, **place, "total_reported": total}, projects)
    grades = pd.Categorical(np.full(projects, "excellent"), categories=["excellent", "good", "fair", "poor"])
    totals = evaluations.assign(
        framework=texts(np.full(projects, "caiyu_2020_10")),
        total_cell="",
        reported_sum=np.where(rng.random(projects) < 0.02, 94.0, total),
        weight_sum=100.0,
        reported_grade=grades,
        annual_budget_wan=budget,
        executed_wan=spent,
    )
    listed = fill(
        SCHEMAS["projects"], {**head, **place, "project_level": texts(np.full(projects, "project"))}, projects
    )
    made = {"projects": listed, "evaluations": evaluations, "budgets": budgets, "headings": headings}
    made["indicators"] = scores[list(SCHEMAS["indicators"])]
    frames = Frames(**{name: made.get(name, typed([], schema)) for name, schema in SCHEMAS.items()})
    return gather(frames, scores, totals)


def prepare(evidence: Evidence) -> None:
    """Work out what several checks share: the number of every text, and rows that belong together."""
    for name in ("scores", "totals", "budgets", "headings", "projects"):
        frame = evidence.frame(name)
        for column in frame.columns[frame.dtypes == "str"]:
            if not column.endswith(("_cell", "_id")) or column in {"reason_cell", "project_id"}:
                evidence.distinct(name, column)
    for name in ("scores", "budgets", "headings", "totals"):
        evidence.project(name)
        if name != "totals":
            evidence.position(name)
    evidence.name()
    evidence.previous()
    evidence.twin()
    evidence.project("projects")
    money_rows(evidence)
    _group(evidence)
    evidence.cores()
    evidence.first_project()
    for column in ("annual_budget_wan", "executed_wan"):
        _pairs(evidence, column)
    _tables(evidence)


@contextmanager
def recorded() -> Iterator[set[tuple[int, str]]]:
    """Record the names of the columns that are read, each with the identity of its frame."""
    used: set[tuple[int, str]] = set()
    plain = pd.DataFrame.__getitem__

    def read(frame: pd.DataFrame, key: Any) -> Any:
        if isinstance(key, str):
            used.add((id(frame), key))
        return plain(frame, key)

    pd.DataFrame.__getitem__ = read  # type: ignore[method-assign]
    try:
        yield used
    finally:
        pd.DataFrame.__getitem__ = plain  # type: ignore[method-assign]


class Recorder(Evidence):
    """Evidence that remembers which columns of which frames a check asks for."""

    asked: set[tuple[str, str]]

    def look_up(self, frame: str, column: str, find: Callable[[str], Any], missing: Any) -> np.ndarray:
        self.asked.add((frame, column))
        return super().look_up(frame, column, find, missing)

    def distinct(self, frame: str, column: str) -> tuple[np.ndarray, list[Any]]:
        self.asked.add((frame, column))
        return super().distinct(frame, column)


def columns_of(code: str, evidence: Evidence) -> set[tuple[str, str]]:
    """Return the columns a check uses, from a run on a small sample; keys belong to the rows they number."""
    watch = Recorder(evidence.frames, evidence.scores, evidence.totals)
    object.__setattr__(watch, "asked", set())
    touched: set[str] = set()
    for name in ("position", "project"):
        plain = getattr(Evidence, name)

        def number(frame: str, plain: Any = plain) -> Any:
            touched.add(frame)
            return plain(watch, frame)

        object.__setattr__(watch, name, number)
    with recorded() as used:
        CHECKS[code](watch, load_checks()[code])
    names = {id(watch.frame(name)): name for name in ("scores", "totals", *SCHEMAS)}
    found = {*watch.asked, *((names[frame], column) for frame, column in used if frame in names)}
    frames = {frame for frame, _ in watch.asked} | touched
    for frame in frames or ({"budgets"} if {frame for frame, _ in found} != {"scores"} else set()):
        found |= {(frame, column) for _, column in used if column in watch.frame(frame).columns}
    return found


def read_once(evidence: Evidence, columns: set[tuple[str, str]]) -> None:
    """Read every value of some columns once: numbers are summed, texts are measured."""
    for frame, column in columns:
        values = evidence.frame(frame)[column]
        if values.dtype == "str":
            values.str.len().sum()
        elif values.dtype.kind in "ifb":
            values.sum()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--projects", type=int, default=100_000)
    parser.add_argument("--indicators", type=int, default=25)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    small, large = make_evidence(40, options.indicators), make_evidence(options.projects, options.indicators)
    size = len(large.scores)
    _, _, taken = best(lambda: prepare(large), 1)
    print(f"{options.projects} projects, {size} indicator rows; shared preparation {taken:.2f} s")
    measured: list[dict[str, Any]] = [{"way": "shared preparation", "cpu": taken}]
    object.__setattr__(large, "findings", typed([], FINDINGS))
    print(f"{'check':26}{'found':>9}{'seconds':>9}{'rows/s':>14}{'one read':>10}{'ratio':>8}")
    slow = []
    for code, check in CHECKS.items():
        if code.startswith(("account_", "opening_", "list_", "subproject_")) or code == LAST:
            continue
        columns = columns_of(code, small)
        found = len(check(large, load_checks()[code]).rows)
        _, _, taken = best(lambda check=check, code=code: check(large, load_checks()[code]))
        _, _, read = best(lambda columns=columns: read_once(large, columns))
        ratio = taken / read if read else float("nan")
        slow += [code] if ratio > LIMIT else []
        print(f"{code:26}{found:9}{taken:9.3f}{size / taken:14,.0f}{read:10.3f}{ratio:8.1f}")
        measured.append({"way": code, "cpu": taken, "found": found, "one_read": read, "ratio": ratio})
    whole = sum(line["cpu"] for line in measured)
    measured.append({"way": "all of them", "cpu": whole, "memory_mb": peak_mb()})
    size_text = f"{options.projects:,} projects, {size:,} indicator rows, ratio to reading the columns once"
    record("audit", size_text, measured, keep=options.record)
    print(f"slower than {LIMIT} reads: {', '.join(slow) or 'none'}")


if __name__ == "__main__":
    main()
