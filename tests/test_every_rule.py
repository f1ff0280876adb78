"""Every rule of every framework: bounds, direction, order, sums, and the numbers of the explanation."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from conftest import as_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from jixiao.core.frames import EVALUATION_KEY, SCHEMAS, Frames, typed
from jixiao.core.writing import points_text
from jixiao.scoring import formulas, score
from jixiao.scoring.choice import list_rules, match_rules
from jixiao.scoring.frameworks import load_framework, load_frameworks
from jixiao.scoring.points import Door, score_columns

EVERY = {(rule.method, repr(rule.parameters)): rule for framework in load_frameworks() for rule in framework.rules}
"""Every rule of every framework once: rules with one method and the same parameters do the same."""
RULES = [pytest.param(rule, id=f"{method}-{place}") for place, ((method, _), rule) in enumerate(sorted(EVERY.items()))]
STEPS = ("score", "low", "high", "rate_over", "rate_under", "case")
NUMBER = st.one_of(st.integers(0, 300), st.integers(0, 10**9)).map(lambda units: units / 100)
DAYS = pd.to_datetime(["2024-01-31", "2024-06-30", "2024-07-15", "2024-12-31", "2025-02-01"]).as_unit("us")
ROWS = st.fixed_dictionaries(
    {
        "weight": st.integers(0, 2000).map(lambda cents: cents / 100),
        "reported_score": st.one_of(st.none(), st.integers(0, 2100).map(lambda cents: cents / 100)),
        "target_value": st.one_of(st.none(), NUMBER),
        "actual_value": st.one_of(st.none(), NUMBER),
        "target_date": st.one_of(st.none(), st.sampled_from(list(DAYS))),
        "actual_date": st.one_of(st.none(), st.sampled_from(list(DAYS))),
        "word_met": st.sampled_from([None, None, 0, 1]),
        "is_comparable": st.booleans(),
        "direction": st.sampled_from(["positive", "negative"]),
        "target_relation": st.sampled_from([">=", "<=", ">", "<", "=", ""]),
        "actual_text": st.sampled_from(["100", "①1分；②0.5分", "1.5", "已完成"]),
        "executed_wan": NUMBER,
        "annual_budget_wan": NUMBER,
        "arrived_wan": NUMBER,
    }
)
MONEY = ("executed_wan", "annual_budget_wan", "arrived_wan")
BLOCKS = st.lists(ROWS, min_size=1, max_size=12)


def inputs_of(rows):
    """Return rows as the columns of the door: each is an evaluation of its own."""
    names = ("weight", "reported_score", "target_value", "actual_value", *MONEY)
    floats = {name: np.array([row[name] for row in rows], "float64") for name in names}
    dates = {name: pd.to_datetime(pd.Series([row[name] for row in rows])) for name in ("target_date", "actual_date")}
    return {
        **floats,
        **{name: days.to_numpy("M8[us]") for name, days in dates.items()},
        "word_met": np.array([-1 if row["word_met"] is None else row["word_met"] for row in rows]),
        "is_comparable": np.array([row["is_comparable"] for row in rows]),
        "is_negative": np.array([row["direction"] == "negative" for row in rows]),
        "is_strict": np.array([row["target_relation"] in (">", "<") for row in rows]),
        "is_rate": np.ones(len(rows), bool),
        "actual_text": pd.Series([row["actual_text"] for row in rows], dtype="str"),
        "position": np.arange(len(rows)),
        "funds": {name: np.append(floats[name], np.nan) for name in MONEY},
    }


def scored(rows, rule):
    """Score rows by one rule as columns."""
    return score_columns(inputs_of(rows), np.zeros(len(rows), np.int8), [rule], door=Door, steps=STEPS)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=8, deadline=None)
@given(rows=BLOCKS, random=st.randoms(use_true_random=False))
def test_points_stay_inside_the_weight_and_rows_do_not_touch_each_other(rule, rows, random):
    block = scored(rows, rule)
    weight = np.array([round(row["weight"] * 100) for row in rows])
    assert ((block["score"] >= -1) & (block["score"] <= weight)).all()
    known = block["score"] >= 0
    assert ((block["low"] <= block["score"]) & (block["score"] <= block["high"]))[known].all()
    assert ((block["low"] >= 0) & (block["high"] <= weight)).all()
    columns = inputs_of(rows)
    for place in range(len(rows)):  # the same formula on Python integers
        door = Door(columns, np.array([place]), rule)
        row = formulas.METHODS[rule.method](_Row(door), rule.parameters, formulas.ROW)
        assert {name: int(block[name][place]) for name in STEPS} == {name: int(row[name]) for name in STEPS}
    order = list(range(len(rows)))
    random.shuffle(order)
    mixed = scored([rows[place] for place in order], rule)
    for name in STEPS:
        assert (mixed[name] == block[name][order]).all(), name


class _Row(dict):
    """The inputs of one row as Python integers."""

    def __init__(self, door):
        super().__init__()
        self.door = door

    def __missing__(self, name):
        value = np.asarray(self.door[name])[0]
        return bool(value) if value.dtype == bool else int(value)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=12, deadline=None)
@given(row=ROWS, actuals=st.tuples(NUMBER, NUMBER), money=st.tuples(NUMBER, NUMBER))
def test_more_completed_never_scores_less(rule, row, actuals, money):
    """More done, or more of the money spent, never loses points; less is better where the direction is negative."""
    if rule.method == "cost_band":  # a band around the plan: nearer is better, on either side
        plan = row["target_value"] or 100.0
        actuals = sorted((plan + abs(plan - one) for one in actuals), reverse=True)
        row = {**row, "target_value": plan}
    else:
        actuals = sorted(actuals, reverse=row["direction"] == "negative" and "rate" not in rule.parameters)
    rate = rule.parameters.get("rate", "")
    money = sorted(money, reverse=rate == "cost_control")
    column = {"arrival": "arrived_wan"}.get(rate, "executed_wan")
    pair = [{**row, "actual_value": actual, column: paid} for actual, paid in zip(actuals, money, strict=True)]
    less, more = scored(pair, rule)["score"].tolist()
    assert less == -1 or more == -1 or less <= more, (rule.method, pair)


NUMBERS = re.compile(r"\d+(?:\.\d+)?")
INDICATORS = sorted(
    {
        name
        for one in load_frameworks()
        for rule in one.rules
        for key, names in rule.match
        if key == "indicator"
        for name in names
    }
)


@settings(max_examples=15, deadline=None)
@given(
    rows=st.lists(
        st.tuples(ROWS, st.sampled_from(["quantitative", "qualitative"]), st.sampled_from(INDICATORS)),
        min_size=1,
        max_size=8,
    ),
    kind=st.sampled_from(
        [
            ("self", "", ""),
            ("department", "党政信息网络建设项目", ""),
            ("finance", "示例项目", ""),
            ("department", "示例项目", ""),
        ]
    ),
)
def test_parts_add_up_and_the_explanation_has_the_numbers_of_the_score(rows, kind):
    evaluation, project, unit = kind
    key = {"year": 2021, "project_id": "P1", "evaluation": evaluation}
    listed = [
        {
            **key, **row, "indicator_id": f"{place:03d}", "indicator": name, "kind": sort, "is_counted": True,
            "measure_unit": "个",
            "target_text": "指标", "actual_text": "完成", "target_kind": "count", "actual_kind": "count",
        }
        for place, (row, sort, name) in enumerate(rows)
    ]  # fmt: skip
    first = rows[0][0]
    made = {
        "evaluations": [{**key, "project": project, "unit": unit, "department": "示例局"}],
        "budgets": [{**key, "fund": "total", **{name: first[name] for name in MONEY}}],
        "indicators": listed,
    }
    frames = Frames(**{name: typed(made.get(name, []), schema) for name, schema in SCHEMAS.items()})
    scores, totals = score(frames)
    points = [as_decimal(value) for value in scores["score"]]
    total = as_decimal(totals["total"].iloc[0])
    assert total == (None if None in points else sum(points, Decimal(0)))
    low, high = (as_decimal(totals[f"total_{side}"].iloc[0]) for side in ("low", "high"))
    assert total is None or low == total == high or low <= total <= high
    framework = load_framework(totals["framework"].iloc[0])
    if totals["weight_sum"].iloc[0] != framework.full_score:
        assert pd.isna(totals["grade"].iloc[0])  # a part of the points earns no grade
    elif total is not None:
        assert totals["grade"].iloc[0] == framework.grade_of(total)
    for row in scores.itertuples(index=False):
        said = NUMBERS.findall(row.score_explanation)
        assert "{" not in row.score_explanation and "nan" not in row.score_explanation
        if row.score > 0:
            assert points_text(row.score) in said, row.score_explanation
        if "完成率" in row.score_explanation and not np.isnan(row.completion_rate) and row.decided_by == "rule":
            shown = re.search(r"完成率(-?[\d.]+)%", row.score_explanation)
            assert shown is None or abs(float(shown[1]) / 100 - row.completion_rate) <= 0.00005 + 1e-12
    assert not scores.duplicated([*EVALUATION_KEY, "indicator_id"]).any()


def test_a_row_goes_by_the_first_rule_that_fits_it():
    """Many frameworks at once, more rules than one number has bits: each row as if its framework were alone."""
    ids = [framework.id for framework in load_frameworks()]
    rules, starts = list_rules(ids)
    assert len(rules) > 63
    rng = np.random.default_rng(3)
    rows = typed([{} for _ in range(600)], SCHEMAS["indicators"]).assign(
        indicator=rng.choice([*INDICATORS, "无此指标"], 600),
        kind=rng.choice(["quantitative", "qualitative", ""], 600),
        target_kind=rng.choice(["count", "date", "several", "period"], 600),
        target_relation=rng.choice(["", "<=", ">=", "range"], 600),
    )
    framework = rng.integers(0, len(ids), 600)
    found = match_rules(rows, framework, rules, starts)
    columns = {"relation": "target_relation"}
    for place, row in enumerate(rows.to_dict("records")):
        wanted = next(
            (
                starts[framework[place]] + number
                for number, rule in enumerate(load_framework(ids[framework[place]]).rules)
                if all(row[columns.get(key, key)] in names for key, names in rule.match)
            ),
            0,
        )
        assert found[place] == wanted
