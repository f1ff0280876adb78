"""Framework + frames -> indicator scores (得分), project totals (总分) and grades (等级), each explained.

Rows are grouped by the rule that scores them; each group is scored as whole columns by one function of ``formulas``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from jixiao import formulas
from jixiao.errors import RequestError
from jixiao.framework import Basis, Framework, IndicatorRule, choose_framework, load_framework, methods, rates
from jixiao.schemas import EVALUATION_KEY, KEYS, Frames, exact_sum
from jixiao.values import parse_points
from jixiao.vocabulary import reading_words

GRADES = ["excellent", "good", "fair", "poor"]


def score(frames: Frames, *, framework: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every indicator row (计分) and add up every evaluation (总分).

    Args:
        frames: From :func:`jixiao.load`.
        framework: Use this framework for the self-evaluations instead of the default one, for comparison.

    Returns:
        scores: the indicator rows with ``method``, ``completion_rate`` (fraction, uncapped; missing when there is
        none), ``score`` (points, 0 to weight; missing when no rule and no accepted judgement gives them),
        ``score_explanation`` and ``basis``; key year, project_id, evaluation, indicator_id.
        totals: one row per evaluation with ``total``, ``grade`` and what the form prints; ``total`` is missing when a
        counted row has no score.

    Raises:
        RequestError: No framework is valid for an evaluation.

    Example:
        >>> import jixiao
        >>> scores, totals = jixiao.score(jixiao.load("data/sample"))
        >>> bool((scores["score"] <= scores["weight"])[scores["score"].notna()].all())
        True
    """
    chosen = _choose(frames.evaluations, framework)
    rows = frames.indicators.merge(
        frames.evaluations[[*EVALUATION_KEY, "project", "department", "unit"]], on=EVALUATION_KEY, validate="m:1"
    )
    rows = rows.merge(_rate_columns(frames.budgets), on=EVALUATION_KEY, how="left", validate="m:1")
    rows = rows.merge(chosen[[*EVALUATION_KEY, "framework"]], on=EVALUATION_KEY, validate="m:1")
    rows["rule"] = -1
    for framework_id, group in rows.groupby("framework", sort=False):
        rows.loc[group.index, "rule"] = _match_rules(group, load_framework(str(framework_id)))
    parts = [
        _score_group(group, load_framework(str(framework_id)).rules[int(number)] if number >= 0 else _no_rule())
        for (framework_id, number), group in rows.groupby(["framework", "rule"], sort=False)
    ]
    scored = pd.concat(parts).sort_index() if parts else _score_nothing(rows)
    scored["score_difference"] = (scored["reported_score"] - scored["score"]).round(4)
    helpers = ["rule", *_FUNDS]
    scored = scored.drop(columns=[column for column in helpers if column in scored]).reset_index(drop=True)
    if scored.duplicated(KEYS["indicators"]).any():
        raise AssertionError("scoring repeated a key")
    return scored, _totals(scored, frames, chosen)


_FUNDS = ["executed_wan", "annual_budget_wan", "arrived_wan"]


def _choose(evaluations: pd.DataFrame, framework: str) -> pd.DataFrame:
    """Return the framework id of every evaluation."""
    ids = []
    for row in evaluations.itertuples(index=False):
        if framework and row.evaluation == "self":
            ids.append(_self_framework(framework).id)
        else:
            facts = {"project": row.project, "unit": row.unit, "department": row.department}
            ids.append(choose_framework(row.evaluation, int(row.year), facts).id)
    return evaluations.assign(framework=pd.Series(ids, index=evaluations.index, dtype="str"))


def _self_framework(framework_id: str) -> Framework:
    framework = load_framework(framework_id)
    if "self" not in framework.evaluations or not framework.id.startswith("caiyu_"):
        raise RequestError(f"指标体系“{framework_id}”不是通用的自评指标体系，请换用 caiyu_2020_10 或 caiyu_2021_101")
    return framework


def _no_rule() -> IndicatorRule:
    """Return the rule of a row that the standards of its project do not name."""
    return IndicatorRule((), "no_rule", {}, {}, Basis(methods()["no_rule"]["basis"], "J"))


def _rate_columns(budgets: pd.DataFrame) -> pd.DataFrame:
    total = budgets[budgets["fund"] == "total"]
    return total[[*EVALUATION_KEY, *_FUNDS]]


def _match_rules(rows: pd.DataFrame, framework: Framework) -> pd.Series:
    """Return, for each row, the number of the first rule that fits it."""
    columns = {"relation": "target_relation"}
    found = pd.Series(-1, index=rows.index)
    for number, rule in enumerate(framework.rules):
        fits = found == -1
        for key, names in rule.match:
            fits &= rows[columns.get(key, key)].isin(names)
        found[fits] = number
    return found


def open_door(rows: pd.DataFrame, rule: IndicatorRule) -> dict[str, Any]:
    """Turn the columns of some rows into the exact integers of the formulas, once."""
    pair = _scaled(rows["target_value"], rows["actual_value"])
    comparable = rows["is_comparable"].to_numpy(bool) & pair["known"]
    relation = rows["target_relation"]
    negative = (rows["direction"] == "negative").to_numpy()
    numerator, denominator = _rate_pair(rows, rule, pair)
    late = _months_late(rows["target_date"], rows["actual_date"])
    reported = _hundredths(rows["reported_score"])
    return {
        "weight": np.maximum(_hundredths(rows["weight"]), 0),
        "reported": reported,
        "target": pair["first"],
        "actual": pair["second"],
        "one": pair["scale"],
        "comparable": comparable & rows["target_date"].isna().to_numpy(),
        "sign": np.where(negative, -1, 1),
        "strict": relation.isin([">", "<"]).to_numpy() & ~rows["actual_relation"].isin([">", "<"]).to_numpy(),
        "word": rows["word_met"].fillna(-1).to_numpy(np.int64),
        "numerator": numerator,
        "denominator": denominator,
        "months_late": late.fillna(0).to_numpy(np.int64),
        "has_dates": late.notna().to_numpy(),
        "is_reachable": _is_reachable(rows, rule, reported),
    }


def _hundredths(points: pd.Series) -> np.ndarray:
    """Points as whole hundredths, half up; missing is -1."""
    return np.floor(points.fillna(-0.01) * formulas.POINT + 0.5 + 1e-9).astype(np.int64).to_numpy()


def _scaled(first: pd.Series, second: pd.Series) -> dict[str, np.ndarray]:
    """Scale two columns row by row to integers by one power of ten, so that their ratio stays exact."""
    largest = np.fmax(first.abs(), second.abs()).fillna(0).to_numpy()
    bounds = [largest < 10**power for power in (3, 6, 9)]
    scale = np.select(bounds, [10**9, 10**6, 10**3], 1).astype(np.int64)
    known = (first.notna() & second.notna()).to_numpy() & (largest * scale < formulas.LIMIT)
    scaled = {}
    for name, column in (("first", first), ("second", second)):
        scaled[name] = np.where(known, np.rint(column.fillna(0).to_numpy() * scale), 0).astype(np.int64)
    return {**scaled, "scale": scale, "known": known}


def _rate_pair(rows: pd.DataFrame, rule: IndicatorRule, pair: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return numerator and denominator of the rate that the rule names; denominator 0 when there is none."""
    declared = rates().get(rule.parameters.get("rate", ""), {})
    if not declared:
        nothing = np.zeros(len(rows), np.int64)
        return nothing, nothing
    if declared["numerator"] == "actual_value" and declared["denominator"] == "target_value":
        ready = pair["known"] & rows["is_comparable"].to_numpy(bool)
        return pair["second"], np.where(ready, pair["first"], 0)
    if not declared["denominator"]:
        is_rate = rows["actual_kind"].eq("rate")
        stated = _scaled(pd.Series(1.0, index=rows.index), rows["actual_value"].where(is_rate))
        return stated["second"], np.where(stated["known"], stated["first"], 0)
    funds = _scaled(rows[declared["denominator"]], rows[declared["numerator"]])
    return funds["second"], np.where(funds["known"], np.maximum(funds["first"], 0), 0)


def _months_late(planned: pd.Series, actual: pd.Series) -> pd.Series:
    """Return started months after the planned day (延迟月数), 0 or less when in time, missing without dates."""
    months = (actual.dt.year - planned.dt.year) * 12 + actual.dt.month - planned.dt.month
    is_month_end = planned.dt.is_month_end
    started = months + ((actual.dt.day > planned.dt.day) & ~is_month_end).astype("Int64")
    return started.where(actual > planned, 0).where(planned.notna() & actual.notna())


def _is_reachable(rows: pd.DataFrame, rule: IndicatorRule, reported: np.ndarray) -> np.ndarray:
    """Say whether the given points are a sum of element points (要点之和), and the very sum the row writes out."""
    elements: tuple[Decimal, ...] = rule.parameters.get("elements", ())
    if not elements:
        return np.ones(len(rows), bool)
    sums = {Decimal(0)}
    for points in elements:
        sums |= {points + known for known in sums}
    allowed = {int(formulas.half_up(points) * formulas.POINT) for points in sums}
    written = [parse_points(text) for text in rows["actual_text"]]
    agrees = [
        points is None or int(formulas.half_up(points) * formulas.POINT) == given
        for points, given in zip(written, reported, strict=True)
    ]
    return np.isin(reported, list(allowed)) & np.array(agrees)


def _score_group(rows: pd.DataFrame, rule: IndicatorRule) -> pd.DataFrame:
    """Score the rows of one rule as columns."""
    inputs = open_door(rows, rule)
    steps = formulas.METHODS[rule.method](inputs, rule.parameters, formulas.COLUMNS)
    counted = ~rows["is_placeholder"].to_numpy(bool) & rows["weight"].notna().to_numpy()
    points, under = np.asarray(steps["score"]), np.asarray(steps["rate_under"])
    known = counted & (points >= 0)
    case = np.where(counted, steps["case"], formulas.NOBODY)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(under > 0, np.asarray(steps["rate_over"]) / under, np.nan)
    scored = rows.assign(
        method=rule.method,
        completion_rate=np.where(counted, rate, np.nan),
        score=np.where(known, points / formulas.POINT, np.nan),
        score_low=np.where(counted, np.asarray(steps["low"]) / formulas.POINT, np.nan),
        score_high=np.where(counted, np.asarray(steps["high"]) / formulas.POINT, np.nan),
        decided_by=np.where(
            np.isin(case, [formulas.PERSON, formulas.UNDATED]), "person", np.where(known, "rule", "nobody")
        ),
        basis=rule.basis.text,
        basis_mark=rule.basis.mark,
    )
    scored["score_explanation"] = _explain(scored, rule, case, inputs)
    text = ["method", "decided_by", "basis", "basis_mark", "score_explanation"]
    return scored.astype(dict.fromkeys(text, "str"))


def _score_nothing(rows: pd.DataFrame) -> pd.DataFrame:
    numbers = dict.fromkeys(["completion_rate", "score", "score_low", "score_high"], np.nan)
    texts = dict.fromkeys(["method", "decided_by", "basis", "basis_mark", "score_explanation"], "")
    return rows.assign(**numbers, **texts)


def _explain(scored: pd.DataFrame, rule: IndicatorRule, case: np.ndarray, inputs: Mapping[str, Any]) -> list[str]:
    """Write the arithmetic of each row as a sentence (计分说明), with the very numbers that were used."""
    templates = methods()[rule.method]["explain"]
    rate = rates().get(rule.parameters.get("rate", ""), {})
    over = [_written(value) for value in scored.get(rate.get("numerator", ""), pd.Series(index=scored.index))]
    under = [_written(value) for value in scored.get(rate.get("denominator", ""), pd.Series(index=scored.index))]
    sentences = []
    for position, row in enumerate(scored.itertuples(index=False)):
        name = formulas.CASES[case[position]]
        template = templates.get(name, templates["nobody"])
        unit = row.measure_unit if rate.get("numerator") == "actual_value" else reading_words()["money"]
        suffix = "" if unit == "%" else unit
        words = {
            "weight": points_text(row.weight),
            "score": points_text(row.score),
            "low": points_text(row.score_low),
            "high": points_text(row.score_high),
            "reported": points_text(row.reported_score),
            "loss": _loss(row.weight, row.score),
            "plan": f"{_written(row.target_value)}{row.measure_unit}",
            "cost": f"{_written(row.actual_value)}{row.measure_unit}",
            "target": row.target_text,
            "actual": row.actual_text,
            "unit": row.measure_unit,
            "rate": percent_text(row.completion_rate),
            "months": int(inputs["months_late"][position]),
            "over": f"{over[position]}{suffix}",
            "under": f"{under[position]}{suffix}" if rate.get("denominator") else "100%",
            **rule.shown,
        }
        sentences.append(template.format(**words))
    return sentences


def _loss(weight: float, score: float) -> str:
    """Say how many points are lost, or nothing when none are."""
    return str(reading_words()["loss"]).format(points=points_text(weight - score)) if score < weight else ""


def _written(value: Any) -> str:
    return "" if value is None or value != value else f"{Decimal(repr(float(value))).normalize():f}"


def points_text(points: Any) -> str:
    """Write points as a reader expects: two decimals at most, no trailing zeros.

    Example:
        >>> points_text(14.25), points_text(10.0)
        ('14.25', '10')
    """
    if points is None or points != points:
        return "—"
    return f"{formulas.half_up(Decimal(repr(float(points)))).normalize():f}"


def percent_text(rate: Any) -> str:
    """Write a rate in per cent with two decimals, half up; missing is a dash.

    Example:
        >>> percent_text(0.968464)
        '96.85%'
    """
    if rate is None or rate != rate:
        return "—"
    return f"{formulas.half_up(Decimal(repr(float(rate))) * 100):f}%"


def _totals(scores: pd.DataFrame, frames: Frames, chosen: pd.DataFrame) -> pd.DataFrame:
    """Add up every evaluation (总分) exactly and grade it."""
    counted = scores[scores["is_counted"]]
    grouped = counted.groupby(EVALUATION_KEY, sort=False)
    person = counted[counted["decided_by"] == "person"].groupby(EVALUATION_KEY)["weight"].agg(exact_sum)
    sums = pd.DataFrame(
        {
            "total": grouped["score"].agg(exact_sum),
            "total_low": grouped["score_low"].agg(exact_sum),
            "total_high": grouped["score_high"].agg(exact_sum),
            "reported_sum": grouped["reported_score"].agg(exact_sum),
            "weight_sum": grouped["weight"].agg(exact_sum),
            "indicator_count": grouped.size().astype("Int64"),
            "undecided_count": grouped["decided_by"]
            .agg(lambda values: int((values == "nobody").sum()))
            .astype("Int64"),
            "person_weight": person,
        },
        dtype="object",
    ).reset_index()
    totals = chosen.merge(sums, on=EVALUATION_KEY, how="left", validate="1:1")
    rate = _execution_rates(frames, chosen)
    totals = totals.merge(rate, on=EVALUATION_KEY, how="left", validate="1:1")
    for column in ("total", "total_low", "total_high", "reported_sum", "weight_sum", "person_weight"):
        totals[column] = pd.to_numeric(totals[column]).astype("float64")
    for column in ("indicator_count", "undecided_count"):
        totals[column] = totals[column].fillna(0).astype("Int64")
    totals["person_weight"] = totals["person_weight"].fillna(0.0)
    for column, source in (("grade", "total"), ("reported_grade", "total_reported")):
        named = [
            None if value != value else load_framework(row).grade_of(Decimal(repr(value)))
            for row, value in zip(totals["framework"], totals[source], strict=True)
        ]
        totals[column] = pd.Categorical(named, categories=GRADES, ordered=True)
    totals["score_difference"] = (totals["total_reported"] - totals["total"]).round(4)
    return totals


def _execution_rates(frames: Frames, chosen: pd.DataFrame) -> pd.DataFrame:
    """Work out the execution rate of every evaluation by the definition of its framework (执行率口径)."""
    funds = chosen[[*EVALUATION_KEY, "framework"]].merge(
        frames.budgets[frames.budgets["fund"] == "total"], on=EVALUATION_KEY, how="left", validate="1:1"
    )
    definition = funds["framework"].map(lambda name: load_framework(name).execution_definition).astype("str")
    base = funds["arrived_wan"].where(definition == "arrived", funds["annual_budget_wan"])
    return funds[EVALUATION_KEY].assign(
        execution_definition=definition,
        execution_rate=funds["executed_wan"] / base.where(base > 0),
        arrival_rate=funds["arrived_wan"] / funds["annual_budget_wan"].where(funds["annual_budget_wan"] > 0),
        annual_budget_wan=funds["annual_budget_wan"],
        executed_wan=funds["executed_wan"],
    )
