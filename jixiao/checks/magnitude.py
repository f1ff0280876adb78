"""Checks of magnitude (量级): factors between target and actual and between years, targets far too easy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jixiao.checks.evidence import CheckFunction, Evidence
from jixiao.checks.findings import Check, Outcome, at_actual, count_true, problems
from jixiao.checks.plausible import excluded_rates
from jixiao.checks.thresholds import Deviation, Factors, Rows, Times
from jixiao.core.writing import percent_text

_KINDS = {"count", "number", "money"}


def _pair(evidence: Evidence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return target, actual and whether both are quantities of one measure unit."""
    rows = evidence.scores
    target, actual = rows["target_value"].to_numpy("float64"), rows["actual_value"].to_numpy("float64")
    return target, actual, rows["is_comparable"].to_numpy(bool) & ~np.isnan(target) & ~np.isnan(actual)


def _factor(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return how many times the larger number holds the smaller one, missing when one is not above zero."""
    low, high = np.fmin(first, second), np.fmax(first, second)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(low > 0, high / np.where(low > 0, low, 1), np.nan).round(9)


def magnitude(evidence: Evidence, check: Check) -> Outcome:
    """Target and actual exactly a power of ten apart (量级核对)."""
    target, actual, both = _pair(evidence)
    asked = both & evidence.flags("scores", "target_kind", _KINDS.__contains__) & (target > 0) & (actual > 0)
    factor = _factor(target, actual)
    wrong = asked & np.isin(factor, check.drawn(Factors).factors)
    shown = [f"{value:.0f}" for value in factor[wrong]]
    return Outcome(at_actual(evidence.scores[wrong], factor=shown), count_true(asked))


def magnitude_years(evidence: Evidence, check: Check) -> Outcome:
    """A target or an actual exactly a power of ten away from that of the year before (跨年量级)."""
    rows, before = evidence.scores, evidence.previous()
    kinds = evidence.flags("scores", "target_kind", _KINDS.__contains__)
    units, _ = evidence.distinct("scores", "measure_unit")
    usable = (before >= 0) & kinds & (units == units[before])
    factors = check.drawn(Factors).factors
    found, checked = [], 0
    for column in ("target", "actual"):
        value = rows[f"{column}_value"].to_numpy("float64")
        factor = _factor(value, value[before]) if len(rows) else value
        checked += count_true(usable & ~np.isnan(factor))
        wrong = usable & np.isin(factor, factors)
        bad, last = rows[wrong], rows.iloc[before[wrong]]
        found.append(
            problems(
                bad,
                cell=f"{column}_cell",
                printed=bad[f"{column}_text"],
                derived=last[f"{column}_text"].to_numpy(),
                source_sheet=bad["achievement_sheet"],
                column=check.verdicts[column],
                factor=[f"{one:.0f}" for one in factor[wrong]],
                other=last["source_file"].to_numpy(),
            )
        )
    return Outcome(pd.concat(found, ignore_index=True), checked)


def over_completion(evidence: Evidence, check: Check) -> Outcome:
    """An actual far above its target (超额完成)."""
    target, actual, both = _pair(evidence)
    positive = evidence.flags("scores", "direction", lambda text: text == "positive")
    asked = both & positive & (target > 0)
    rate = np.where(asked, actual / np.where(asked, target, 1), np.nan)
    over = (rate - 1).round(9)
    lines = check.drawn(Deviation)
    explain, question = lines.explain_from, lines.question_from
    silent = evidence.flags("scores", "reason_cell", bool) & evidence.flags("scores", "deviation_reason", _is_empty)
    wrong = ((over >= question) | ((over >= explain) & silent)) & ~excluded_rates(evidence)
    verdict = np.where(over[wrong] >= question, check.verdicts["question"], check.verdicts["explain"])
    rows = evidence.scores[wrong]
    return Outcome(at_actual(rows, rate=[percent_text(one) for one in rate[wrong]], verdict=verdict), count_true(asked))


def _is_empty(text: str) -> bool:
    return not text


def always_over(evidence: Evidence, check: Check) -> Outcome:
    """A target that was met many times over a year before, and is so again (连年远超)."""
    target, actual, both = _pair(evidence)
    before = evidence.previous()
    negative = evidence.flags("scores", "direction", lambda text: text == "negative")
    good, bad = np.where(negative, target, actual), np.where(negative, actual, target)
    asked = both & (before >= 0) & (target > 0)
    times = _times(good, bad)
    least = check.drawn(Times).times
    wrong = asked & (times >= least) & (times[before] >= least) & both[before]
    # A target that was made harder is an answer to the year before.
    harder = np.where(negative, target < target[before], target > target[before]) if len(target) else wrong
    wrong &= ~harder
    rows, last = evidence.scores[wrong], evidence.scores.iloc[before[wrong]]
    laid = at_actual(
        rows,
        other=last["year"].astype("str").to_numpy(),
        last_target=last["target_text"].to_numpy(),
        last_actual=last["actual_text"].to_numpy(),
        factor=[f"{one:.1f}" for one in times[wrong]],
        last_factor=[f"{one:.1f}" for one in times[before[wrong]]],
    )
    return Outcome(laid, count_true(asked))


def _times(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Return how many times over a target is met; a negative target met with nothing counts as often as can be."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bad > 0, good / np.where(bad > 0, bad, 1), np.where(good > 0, np.inf, np.nan))


def targets_equal_actuals(evidence: Evidence, check: Check) -> Outcome:
    """Every quantity of an evaluation is exactly its target (完成值与指标值全部相等)."""
    target, actual, both = _pair(evidence)
    place = np.where(evidence.counted & both & ~np.isnan(target), evidence.position("scores"), -1)
    size = len(evidence.totals)
    count = np.bincount(place[place >= 0], minlength=size)
    equal = np.bincount(place[(place >= 0) & (np.abs(target - actual) < 1e-9)], minlength=size)
    asked = count >= check.drawn(Rows).rows
    rows = evidence.totals[asked & (equal == count)]
    found = problems(
        rows,
        cell="source_cell",
        printed="",
        derived=[str(one) for one in count[rows.index]],
    )
    return Outcome(found, count_true(asked))


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check for check in (magnitude, magnitude_years, over_completion, always_over, targets_equal_actuals)
}
"""The checks of this module by code."""
