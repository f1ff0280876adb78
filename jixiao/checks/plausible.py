"""Checks of what cannot be (不可能与不相称): budgets of nothing, points above all, rates above one."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from jixiao.checks.evidence import CheckFunction, Evidence
from jixiao.checks.findings import (
    TOLERANCE,
    Check,
    Outcome,
    at_actual,
    check_words,
    count_true,
    gap_between,
    placed,
    problems,
)
from jixiao.checks.money import money_rows, named_money
from jixiao.checks.thresholds import Proportions, Rows
from jixiao.core.exact import sum_by
from jixiao.core.vocabulary import label
from jixiao.core.writing import amount_text, percent_text, points_text
from jixiao.reading.values.values import normalise
from jixiao.scoring.frameworks import load_framework

MONTHS = 12
TEN_THOUSAND = 10_000


def budget_zero(evidence: Evidence, check: Check) -> Outcome:
    """Money spent, or a rate printed above nothing, on a budget of nothing (预算为0却有执行)."""
    rows = money_rows(evidence)
    asked = rows["annual_budget_wan"].notna() & rows["executed_wan"].notna()
    zero = asked & (rows["annual_budget_wan"] == 0) & ~(rows["arrived_wan"] > 0) & ~(rows["initial_budget_wan"] > 0)
    rated = rows["execution_rate_text"].map(lambda text: bool(re.search(r"[1-9]", normalise(text)))).astype(bool)
    bad = named_money(evidence, rows[zero & ((rows["executed_wan"] > 0) | rated)])
    found = problems(
        bad,
        cell="executed_cell",
        printed=bad["executed_wan"].map(amount_text),
        derived="0",
        rate=bad["execution_rate_text"],
        indicator=label("execution_rate"),
    )
    return Outcome(found, count_true(asked))


def points_over_full(evidence: Evidence, check: Check) -> Outcome:
    """A total above the full score, or above the points of all indicators together (总分超出满分)."""
    totals = evidence.totals
    full = np.array([float(load_framework(name).full_score) for name in totals["framework"]])
    printed, weights = (totals[name].to_numpy("float64") for name in ("total_reported", "weight_sum"))
    limit = np.fmax(full, np.nan_to_num(weights))
    over = printed > limit + TOLERANCE
    place, scores = np.where(evidence.counted, evidence.position("scores"), -1), evidence.scores
    most = scores["reported_score"].astype("float64").fillna(scores["weight"].astype("float64"))  # a blank earns all
    allowed = sum_by(place, most.to_numpy("float64"), len(totals))
    has_blank = sum_by(place, scores["reported_score"].isna().to_numpy("float64"), len(totals)) > 0
    short = ~over & has_blank & (allowed > 0) & (printed > allowed + TOLERANCE)
    limit = np.where(short, allowed, limit)
    above = (scores["reported_score"] > scores["weight"]).fillna(False).to_numpy("float64")
    wrong = (over | short) & (sum_by(place, above, len(totals)) == 0)  # a row above its points says it already
    bad = placed(totals[wrong], "total_cell")
    derived = pd.Series(limit[wrong], index=bad.index)
    found = problems(
        bad,
        cell="source_cell",
        printed=bad["total_reported"].map(points_text),
        derived=derived.map(points_text),
        **gap_between(bad["total_reported"], derived),
    )
    return Outcome(found, count_true(~np.isnan(printed)))


def excluded_rates(evidence: Evidence) -> np.ndarray:
    """Return the rows whose actual is a rate above all, of a kind that ends at all (不可能超过100%的比率)."""
    names = tuple(check_words()["never_over"])
    free = tuple(check_words()["may_be_over"])

    def is_bounded(text: str) -> bool:
        plain = normalise(text)
        return any(word in plain for word in names) and not any(word in plain for word in free)

    def work() -> np.ndarray:
        rate = evidence.flags("scores", "actual_kind", lambda text: text == "rate")
        above = evidence.counted & rate & (evidence.scores["actual_value"].to_numpy("float64") > 1 + 1e-9)
        named = evidence.scores["indicator"].fillna("").to_numpy(object)[above]  # few: only their names are read
        above[above] = [is_bounded(name) for name in named]
        return above

    return evidence.keep("excluded_rates", work)


def rate_impossible(evidence: Evidence, check: Check) -> Outcome:
    """A rate above 100 % where its name excludes it (比率不可能超过100%)."""
    rate = evidence.flags("scores", "actual_kind", lambda text: text == "rate")
    rows = evidence.scores[excluded_rates(evidence)]
    meant = [percent_text(value / 10) if value / 10 <= 1 else "100%" for value in rows["actual_value"]]
    return Outcome(at_actual(rows, derived="100%", meant=meant), count_true(evidence.counted & rate))


def rate_in_days(evidence: Evidence, check: Check) -> Outcome:
    """An indicator called a rate whose target is days, money or a count (比率以时间、金额计)."""
    ends = re.compile(check_words()["rate_name"])
    asked = evidence.counted & evidence.flags("scores", "indicator", lambda text: bool(ends.search(normalise(text))))
    kinds = {"count", "money", "date", "period", "duration"}
    units = re.compile(check_words()["rate_units"])
    wrong = asked & evidence.flags("scores", "target_kind", kinds.__contains__)
    wrong &= evidence.flags("scores", "target_text", lambda text: bool(units.search(normalise(text))))
    rows = evidence.scores[wrong]
    return Outcome(at_actual(rows, derived=rows["indicator"]).assign(printed=rows["target_text"]), count_true(asked))


def name_percent(evidence: Evidence, check: Check) -> Outcome:
    """A percentage in the name of an indicator beside another one as its target (名称与指标值的百分数不同)."""
    percent = re.compile(r"(\d+(?:\.\d+)?)%")

    def named(text: str) -> float:
        found = percent.findall(normalise(text))
        return float(found[0]) / 100 if len(found) == 1 else np.nan

    value = np.array(evidence.look_up("scores", "indicator", named, np.nan), dtype="float64")
    target = evidence.scores["target_value"].to_numpy("float64")
    rate = evidence.flags("scores", "target_kind", lambda text: text == "rate")
    asked = evidence.counted & rate & ~np.isnan(value) & ~np.isnan(target)
    rows = evidence.scores[asked & (np.abs(value - target) > 1e-6)]
    shown = [percent_text(one) for one in value[rows.index]]
    return Outcome(at_actual(rows, derived=shown).assign(printed=rows["target_text"]), count_true(asked))


def targets_equal_weights(evidence: Evidence, check: Check) -> Outcome:
    """Targets that all are the weights of their rows: one column typed into another (指标值与分值全部相同)."""
    target, weight = (evidence.scores[name].to_numpy("float64") for name in ("target_value", "weight"))
    known = evidence.counted & ~np.isnan(target) & ~np.isnan(weight) & (evidence.position("scores") >= 0)
    known &= evidence.flags("scores", "target_kind", {"count", "number"}.__contains__)
    place, size = evidence.position("scores"), len(evidence.totals)
    count = np.bincount(place[known], minlength=size)
    same = np.bincount(place[known & (target == weight)], minlength=size)
    few = check.drawn(Rows).rows
    wrong = np.flatnonzero((count >= few) & (same == count))
    rows = evidence.totals.iloc[wrong]
    found = problems(rows, cell="source_cell", printed="", derived=[str(one) for one in count[wrong]])
    return Outcome(found, count_true(count >= few))


def missed_target_full(evidence: Evidence, check: Check) -> Outcome:
    """A target missed with all points, where no rule of the form decides the points (未达指标值而得满分)."""
    rows = evidence.scores
    target, actual = rows["target_value"].to_numpy("float64"), rows["actual_value"].to_numpy("float64")
    relation, relations = evidence.distinct("scores", "target_relation")
    least = np.array([*(text in {">=", ">", "="} for text in relations), False])[relation]
    most = np.array([*(text in {"<=", "<"} for text in relations), False])[relation]
    free = ~evidence.flags("scores", "decided_by", lambda text: text == "rule")
    asked = evidence.counted & free & rows["is_comparable"].to_numpy(bool) & ~np.isnan(target) & ~np.isnan(actual)
    full = (rows["reported_score"] == rows["weight"]).to_numpy(dtype=bool, na_value=False) & (
        rows["weight"] > 0
    ).to_numpy()
    positive = evidence.flags("scores", "direction", lambda text: text == "positive")
    missed = (least & positive & (actual < target - 1e-9)) | (most & ~positive & (actual > target + 1e-9))
    bad = rows[asked & full & missed]
    return Outcome(at_actual(bad, given=bad["reported_score"].map(points_text)), count_true(asked & full))


def yuan_in_wan(evidence: Evidence, check: Check) -> Outcome:
    """A money indicator ten thousand times the budget or a ten thousandth of it: 元 typed for 万元 (元误作万元)."""
    budget = np.append(evidence.totals["annual_budget_wan"].to_numpy("float64"), np.nan)[evidence.position("scores")]
    target = evidence.scores["target_value"].to_numpy("float64")
    money = evidence.flags("scores", "target_kind", lambda text: text == "money")
    asked = evidence.counted & money & (target > 0) & (budget > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(asked, np.fmax(target, budget) / np.fmin(target, budget), np.nan)
    wrong = np.abs(ratio / TEN_THOUSAND - 1) <= 0.01
    rows = evidence.scores[wrong]
    return Outcome(
        at_actual(rows, derived=[amount_text(one) for one in budget[wrong]]).assign(printed=rows["target_text"]),
        count_true(asked),
    )


def money_magnitude(evidence: Evidence, check: Check) -> Outcome:
    """Money out of proportion: to the budget, to the other projects of the department, to any project (金额量级)."""
    drawn, totals = check.drawn(Proportions), evidence.totals
    budget = totals["annual_budget_wan"].astype("float64")
    grouped = budget.groupby([totals["year"], totals["department"]], dropna=False)
    usual, count = grouped.transform("median"), grouped.transform("count")
    far = (count >= drawn.rows) & (usual > 0) & (budget >= drawn.times * usual)
    wrong = (far | (budget > drawn.most)).to_numpy(bool)
    rows = totals[wrong]
    verdicts = [
        check.verdicts["peers"].format(times=f"{money / middle:.0f}") if is_far else check.verdicts["most"]
        for money, middle, is_far in zip(budget[wrong], usual[wrong], far[wrong], strict=True)
    ]
    found = problems(
        rows,
        cell="source_cell",
        printed=[amount_text(one) for one in budget[wrong]],
        derived="",
        verdict=verdicts,
        what=label("annual_budget_wan"),
    )
    limit = np.append(budget.to_numpy(), np.nan)[evidence.position("scores")]
    cost = evidence.scores["actual_value"].to_numpy("float64")
    asked = evidence.counted & evidence.flags("scores", "actual_kind", lambda text: text == "money") & (limit > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        above = asked & (cost >= drawn.budgets * limit) & (np.abs(cost / limit / TEN_THOUSAND - 1) > 0.01)
    times = [f"{value:.0f}" for value in cost[above] / limit[above]]
    costs = at_actual(
        evidence.scores[above],
        derived="",
        verdict=[check.verdicts["budget"].format(times=one) for one in times],
        what=evidence.scores["indicator"][above],
    ).assign(printed=[amount_text(one) for one in cost[above]])
    return Outcome(pd.concat([found, costs]), count_true(budget.notna()) + count_true(asked))


def monthly_limit(evidence: Evidence, check: Check) -> Outcome:
    """A limit by the month that twelve months of the amount of the year exceed (月限额的十二倍小于全年数)."""
    words = re.compile(check_words()["by_month"])
    whole_year = re.compile(check_words()["by_year"])
    target, actual = (evidence.scores[name].to_numpy("float64") for name in ("target_value", "actual_value"))
    monthly = evidence.flags("scores", "indicator", lambda text: bool(words.search(normalise(text))))
    monthly |= evidence.flags("scores", "target_text", lambda text: bool(words.search(normalise(text))))
    most = evidence.flags("scores", "target_relation", {"<=", "<"}.__contains__)
    yearly = evidence.flags("scores", "actual_text", lambda text: bool(whole_year.search(normalise(text))))
    in_target = evidence.flags("scores", "target_text", lambda text: bool(words.search(normalise(text))))
    plain = ~evidence.flags("scores", "actual_text", lambda text: bool(words.search(normalise(text))))
    yearly |= in_target & plain & evidence.flags("scores", "actual_kind", lambda text: text == "money")
    asked = evidence.counted & monthly & most & (target > 0) & ~np.isnan(actual)
    rows = evidence.scores[asked & yearly & (actual > MONTHS * target + 1e-9)]
    limit = [amount_text(one) for one in MONTHS * rows["target_value"]]
    return Outcome(at_actual(rows, derived=limit), count_true(asked))


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (
        budget_zero,
        points_over_full,
        rate_impossible,
        rate_in_days,
        name_percent,
        targets_equal_weights,
        missed_target_full,
        yuan_in_wan,
        money_magnitude,
        monthly_limit,
    )
}
"""The checks of this module by code."""
