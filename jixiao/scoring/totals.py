"""Points -> totals (总分) and grades (等级): exact sums of whole columns."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from jixiao.core.exact import Rows, coded, distinct, exact_number, positions, rows_where, sum_by
from jixiao.core.frames import GRADES, Frames
from jixiao.scoring import formulas
from jixiao.scoring.frameworks import load_framework

_STEP = 1 << 16
_WHOLE = 2**53
"""Floats below it hold whole numbers exactly, and so do sums of them."""


class Sums:
    """The points of evaluations as they come in (逐批合计得分), added up in integers."""

    def __init__(self, size: int) -> None:
        self._sums, self._seen, self._bad = np.zeros(size, np.int64), np.zeros(size, bool), np.zeros(size, bool)

    def add(self, points: np.ndarray, position: np.ndarray) -> None:
        """Add points in hundredths, -1 where there is none, to the evaluations by number."""
        if len(points) and int(points.max()) * len(points) >= _WHOLE:
            raise OverflowError("points too large to be added up")
        for start in range(0, len(points), _STEP):
            mine, given = position[start : start + _STEP], points[start : start + _STEP]
            low, high = int(mine.min()), int(mine.max()) + 1
            if high - low <= _STEP:  # rows of one evaluation lie together
                self._sums[low:high] += np.bincount(mine - low, given, high - low).astype(np.int64)
            else:
                np.add.at(self._sums, mine, given)
            self._seen[mine] = True
            missing = given < 0
            if missing.any():
                self._bad[mine[missing]] = True

    def totals(self) -> np.ndarray:
        """Return the total of every evaluation in hundredths; -1 when a row has no points or there is no row.

        Example:
            >>> sums = Sums(3)
            >>> sums.add(np.array([850, 100, -1]), np.array([0, 0, 1]))
            >>> sums.totals().tolist()
            [950, -1, -1]
        """
        return np.where(self._seen & ~self._bad, self._sums, -1)


def grade_codes(totals: np.ndarray, framework_id: str) -> np.ndarray:
    """Return the place in ``GRADES`` of each total (等级), -1 for a missing one; graded as the reader sees it.

    Args:
        totals: Points.
    """
    framework = load_framework(framework_id)
    if not framework.is_graded:
        return np.full(len(totals), -1, np.int8)
    scaled, exact = exact_number(totals)
    lines, unit = framework.lines, 10 ** (6 - framework.decimals)
    place = np.array([GRADES.index(band.id) for band in framework.grades], np.int8)
    codes = place[formulas.grade_number(formulas.share(scaled, 1, unit), lines)]
    for odd in np.flatnonzero(~exact & ~np.isnan(totals)):
        codes[odd] = GRADES.index(framework.grade_of(Decimal(repr(float(totals[odd])))))
    return np.where(np.isnan(totals), -1, codes)


def make_totals(scores: pd.DataFrame, position: np.ndarray, frames: Frames, chosen: pd.DataFrame) -> pd.DataFrame:
    """Add up every evaluation (总分) exactly and grade it.

    Args:
        scores: Scored rows, each with the number of its evaluation in ``position``.
        chosen: The evaluations with their framework.
    """
    size = len(chosen)
    counted = np.where(scores["is_counted"].to_numpy(bool), position, -1)
    decided, words = distinct(scores["decided_by"])
    by = {word: decided == number for number, word in enumerate(words)}
    nothing = np.zeros(len(scores), bool)
    person = np.where(by.get("person", nothing), counted, -1)
    totals = chosen.assign(
        **{
            name: sum_by(counted, scores[column], size)
            for name, column in {
                "total": "score",
                "total_low": "score_low",
                "total_high": "score_high",
                "reported_sum": "reported_score",
                "weight_sum": "weight",
            }.items()
        },
        indicator_count=_count(counted, size),
        undecided_count=_count(np.where(by.get("nobody", nothing), counted, -1), size),
        person_weight=np.nan_to_num(sum_by(person, scores["weight"], size)),
    )
    totals = totals.assign(**_execution_rates(frames, chosen))
    framework, ids = distinct(chosen["framework"])
    for column, source in (("grade", "total"), ("reported_grade", "total_reported")):
        points, codes = totals[source].to_numpy("float64"), np.full(size, -1, np.int8)
        if column == "grade":  # a part of the points is no total that earns a grade
            points = np.where(is_whole(totals["weight_sum"], chosen["framework"]), points, np.nan)
        for number, framework_id in enumerate(ids):
            mine = np.flatnonzero(framework == number)
            codes[mine] = grade_codes(points[mine], str(framework_id))
        totals[column] = pd.Categorical.from_codes(codes, categories=GRADES, ordered=True)
    totals["score_difference"] = (totals["total_reported"] - totals["total"]).round(4)
    return totals


def is_whole(weights: pd.Series, frameworks: pd.Series) -> np.ndarray:
    """Say which evaluations count weights that add up to the full score of their framework."""
    codes, ids = distinct(frameworks)
    full = np.array([float(load_framework(str(one)).full_score) for one in ids])[codes]
    found: np.ndarray = np.abs(weights.to_numpy("float64") - full) < 0.005
    return found


def _count(groups: np.ndarray, size: int) -> pd.Series:
    return pd.Series(np.bincount(groups[groups >= 0], minlength=size), dtype="Int64")


def _execution_rates(frames: Frames, chosen: pd.DataFrame) -> dict[str, object]:
    """Work out the execution rate of every evaluation by the definition of its framework (执行率口径)."""
    money = money_of(frames.budgets, chosen)
    codes, ids = distinct(chosen["framework"])
    declared = pd.array([load_framework(str(one)).execution_definition for one in ids], dtype="str")
    definition = pd.Series(declared.take(codes), dtype="str")
    executed, budget, arrived = (money[name][:-1] for name in MONEY)
    base = np.where(definition.to_numpy() == "arrived", arrived, budget)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = [over / np.where(under > 0, under, np.nan) for over, under in ((executed, base), (arrived, budget))]
    return {
        "execution_definition": definition,
        "execution_rate": rates[0],
        "arrival_rate": rates[1],
        "annual_budget_wan": budget,
        "executed_wan": executed,
    }


MONEY = ("executed_wan", "annual_budget_wan", "arrived_wan")


def money_of(budgets: Rows, evaluations: Rows) -> dict[str, np.ndarray]:
    """Return the whole money of every evaluation (项目总额), and one missing number behind it for rows without one."""
    codes, funds = coded(budgets["fund"])
    total = rows_where(budgets, np.append((funds == "total").to_numpy(bool), False)[codes])
    place = positions(evaluations, total)
    return {name: np.append(np.append(total[name].to_numpy("float64"), np.nan)[place], np.nan) for name in MONEY}
