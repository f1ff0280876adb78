"""All arithmetic that reaches a score (评分方法), exact in scaled integers.

Every method is one plain function over columns. The same body runs on numpy arrays (a block of rows) and on Python
integers (one row). Inputs are integers scaled at the door, :class:`jixiao.scoring.points.Door`:

- points (weight, reported, per_step) in hundredths of a point;
- target, actual, numerator, denominator: both members of a pair by the same power of ten;
- ``sign`` 1 when more is better, -1 when less is better; ``word`` 1 met, 0 not met, -1 not decided by words.

A method returns its steps: ``score`` (hundredths; -1 when the rule gives none), ``low`` and ``high`` (allowed range),
``rate_over`` / ``rate_under`` (completion rate; 0 under means none) and ``case``, the branch that was taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_FLOOR, Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np

CASES = ("nobody", "full", "part", "zero", "person", "capped", "refused", "undated")
NOBODY, FULL, PART, ZERO, PERSON, CAPPED, REFUSED, UNDATED = range(len(CASES))
POINT = 100
"""One point in the integers of this module."""
LIMIT = 10**12
"""Largest scaled quantity: 2 x 10,000 hundredths x 100 x LIMIT still fits in 64 bits."""


def _where(test: Any, yes: Any, no: Any) -> Any:
    """Choose between two columns; truths by their operators, which take a tenth of the time."""
    if all(isinstance(values, np.ndarray) and values.dtype.kind == "b" for values in (yes, no)):
        return (test & yes) | (~test & no)
    return np.where(test, yes, no)


COLUMNS = SimpleNamespace(where=_where, minimum=np.minimum, maximum=np.maximum)
"""The operations on blocks of rows."""
ROW = SimpleNamespace(where=lambda test, yes, no: yes if test else no, minimum=min, maximum=max)
"""The same operations on one row of Python integers."""

Inputs = Mapping[str, Any]
Steps = dict[str, Any]
Method = Callable[[Inputs, Mapping[str, Any], Any], Steps]


def hundredths(points: Decimal) -> int:
    """Return points as whole hundredths; finer points are cut, which the frames report.

    Example:
        >>> hundredths(Decimal("12.5"))
        1250
    """
    return int((points * POINT).to_integral_value(rounding=ROUND_FLOOR))


def share(points: Any, over: Any, under: Any) -> Any:
    """Return points x over / under, half up, in whole hundredths; ``under`` must be positive.

    Example:
        >>> share(1500, 95, 100)
        1425
    """
    return (2 * points * over + under) // (2 * under)


def grade_number(total: Any, lines: Iterable[int], ops: Any = COLUMNS) -> Any:
    """Return the place of the grade band a rounded total falls in: how many lines it does not reach, the last at most.

    ``lines`` are the lower bounds from the best grade to the last but one, in the unit of the total, bounds included.

    Example:
        >>> grade_number(9000, (9000, 8000, 6000), ROW), grade_number(5999, (9000, 8000, 6000), ROW)
        (0, 3)
    """
    place = total * 0
    for line in lines:
        place = place + ops.where(total < line, 1, 0)
    return place


def _steps(x: Inputs, ops: Any, score: Any, case: Any, over: Any, under: Any) -> Steps:
    return {
        "score": score,
        "low": ops.where(score >= 0, score, 0),
        "high": ops.where(score >= 0, score, x["weight"]),
        "rate_over": over,
        "rate_under": under,
        "case": case,
    }


def _person(x: Inputs, ops: Any, low: Any, high: Any, allowed: Any, over: Any, under: Any) -> Steps:
    """Accept a person's figure when the rule allows it."""
    given = x["reported"] >= 0
    score = ops.where(given & allowed, x["reported"], -1)
    case = ops.where(given, ops.where(allowed, PERSON, REFUSED), NOBODY)
    return {"score": score, "low": low, "high": high, "rate_over": over, "rate_under": under, "case": case}


def _ratio_to_target(x: Inputs, ops: Any) -> tuple[Any, Any]:
    """Return the completion rate as over and under: actual ÷ target, or target ÷ actual when less is better.

    A target of 0 gives no rate: met is full points, anything else is for a person to decide.
    """
    over = ops.where(x["sign"] >= 0, x["actual"], x["target"])
    under = ops.where(x["sign"] >= 0, x["target"], x["actual"])
    known = x["comparable"] & (under > 0) & (over >= 0) & (x["target"] > 0)
    return ops.where(known, over, 0), ops.where(known, under, 0)


def _is_met(x: Inputs, ops: Any) -> Any:
    """Test the target before any proportion: 0 against ≤3 is met, not 0/0."""
    more = ops.where(x["strict"], x["actual"] > x["target"], x["actual"] >= x["target"])
    less = ops.where(x["strict"], x["actual"] < x["target"], x["actual"] <= x["target"])
    numbers = x["comparable"] & ops.where(x["sign"] >= 0, more, less)
    dates = x["has_dates"] & (x["months_late"] <= 0)
    return ops.where(x["word"] >= 0, x["word"] == 1, numbers | dates)


def proportional_to_target(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """Reached: full points; not reached: points x actual ÷ target, or x target ÷ actual when less is better.

    Example:
        >>> row = dict(weight=1000, target=100, actual=80, sign=1, strict=False, comparable=True, word=-1,
        ...            has_dates=False, months_late=0)
        >>> proportional_to_target(row, {}, ROW)["score"]
        800
    """
    over, under = _ratio_to_target(x, ops)
    met = _is_met(x, ops)
    part = share(x["weight"], ops.minimum(over, under), ops.maximum(under, 1))
    score = ops.where(met, x["weight"], ops.where(under > 0, part, -1))
    case = ops.where(met, FULL, ops.where(under > 0, PART, NOBODY))
    return _steps(x, ops, score, case, over, under)


def all_or_nothing(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """Reached: full points; not reached: none."""
    over, under = _ratio_to_target(x, ops)
    met = _is_met(x, ops)
    known = x["comparable"] | x["has_dates"] | (x["word"] >= 0)
    score = ops.where(met, x["weight"], ops.where(known, 0, -1))
    case = ops.where(met, FULL, ops.where(known, ZERO, NOBODY))
    return _steps(x, ops, score, case, over, under)


def proportional(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """Points x rate, never above the weight; no denominator, no score."""
    over, under = x["numerator"], x["denominator"]
    known = under > 0
    score = ops.where(known, share(x["weight"], ops.minimum(over, under), ops.maximum(under, 1)), -1)
    case = ops.where(known, ops.where(over > under, CAPPED, ops.where(over == under, FULL, PART)), NOBODY)
    return _steps(x, ops, score, case, over, under)


def pass_line(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """Below the pass line none; above, points x (rate − line) ÷ (1 − line); ``line`` is a whole percentage."""
    over, under = _ratio_to_target(x, ops)
    met = _is_met(x, ops)
    line = rule["line"]
    above = 100 * ops.minimum(over, under) - line * under
    part = share(x["weight"], ops.maximum(above, 0), ops.maximum((100 - line) * under, 1))
    score = ops.where(met, x["weight"], ops.where(under > 0, part, -1))
    case = ops.where(met, FULL, ops.where(under > 0, ops.where(above > 0, PART, ZERO), NOBODY))
    return _steps(x, ops, score, case, over, under)


def banded(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """Points by the band the rate falls in; lower bound included; bands are (rate in ‰, share of the points in ‰)."""
    over, under = x["numerator"], x["denominator"]
    known = under > 0
    score = x["weight"] * 0
    for start, part in rule["bands"]:
        score = ops.where(1000 * over >= start * under, share(x["weight"], part, 1000), score)
    case = ops.where(score >= x["weight"], FULL, ops.where(score > 0, PART, ZERO))
    return _steps(x, ops, ops.where(known, score, -1), ops.where(known, case, NOBODY), over, under)


def _full_or_person(x: Inputs, ops: Any, missed: Any) -> Steps:
    """Met: full points; missed: a person's figure below the full points; not told: a person's figure."""
    none = x["weight"] * 0
    below = ops.where(missed, x["reported"] < x["weight"], x["reported"] <= x["weight"])
    person = _person(x, ops, none, x["weight"], below, none, none)
    met = _is_met(x, ops)
    full = {"score": x["weight"], "low": x["weight"], "high": x["weight"], "case": FULL}
    return {**person, **{name: ops.where(met, value, person[name]) for name, value in full.items()}}


def on_time(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """In time: full points; late: a person's figure below the full points; without a date, a person's figure."""
    late = x["has_dates"] & (x["months_late"] > 0)
    steps = _full_or_person(x, ops, late)
    return {**steps, "case": ops.where(late | (steps["case"] != PERSON), steps["case"], UNDATED)}


def met_or_judged(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """Met: full points; missed: a person's figure below the full points; where nothing tells, a person's figure."""
    return _full_or_person(x, ops, x["word"] == 0)


def delay_deduction(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """In time: full points; each month late costs ``per_step``; later than ``limit`` months: none."""
    late = x["months_late"]
    part = ops.maximum(x["weight"] - late * rule["per_step"], 0)
    score = ops.where(late <= 0, x["weight"], ops.where(late <= rule["limit"], part, 0))
    case = ops.where(late <= 0, FULL, ops.where(score > 0, PART, ZERO))
    known = x["has_dates"]
    return _steps(x, ops, ops.where(known, score, -1), ops.where(known, case, NOBODY), x["weight"] * 0, x["weight"] * 0)


def cost_band(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """Saving rate within ±``band`` %: full points; each whole 1 % outside costs ``per_step``."""
    plan, cost = x["target"], x["actual"]
    known = x["comparable"] & (plan > 0)
    gap = ops.where(cost > plan, cost - plan, plan - cost)
    outside = ops.maximum(100 * gap - rule["band"] * plan, 0)
    steps = outside // ops.maximum(plan, 1)
    score = ops.maximum(x["weight"] - steps * rule["per_step"], 0)
    case = ops.where(outside == 0, FULL, ops.where(score > 0, PART, ZERO))
    under = ops.where(known, plan, 0)
    return _steps(x, ops, ops.where(known, score, -1), ops.where(known, case, NOBODY), plan - cost, under)


def shortfall_deduction(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """Reached: full points; each unit short, a started one included, costs ``per_step``."""
    over, under = _ratio_to_target(x, ops)
    met = _is_met(x, ops)
    short = ops.maximum(x["target"] - x["actual"], 0)
    steps = -(-short // x["one"])
    part = ops.maximum(x["weight"] - steps * rule["per_step"], 0)
    score = ops.where(met, x["weight"], ops.where(x["comparable"], part, -1))
    case = ops.where(met, FULL, ops.where(x["comparable"], ops.where(part > 0, PART, ZERO), NOBODY))
    return _steps(x, ops, score, case, over, under)


def no_rule(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """No rule names the row, so nobody decides."""
    none = x["weight"] * 0
    return {"score": none - 1, "low": none, "high": x["weight"], "rate_over": none, "rate_under": none, "case": none}


def element_count(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """The sum of the points of the elements that hold; a person says which, the rule says which sums can be."""
    none = x["weight"] * 0
    return _person(x, ops, none, x["weight"], x["is_reachable"] & (x["reported"] <= x["weight"]), none, none)


def judged(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """A person's figure between nothing and the weight (酌情扣分)."""
    none = x["weight"] * 0
    return _person(x, ops, none, x["weight"], x["reported"] <= x["weight"], none, none)


def judged_level(x: Inputs, rule: Mapping[str, Any], ops: Any = COLUMNS) -> Steps:
    """A person's figure inside the level that the words name; ``met_from`` is the lowest share in % when it is met."""
    none = x["weight"] * 0
    line = -(-x["weight"] * rule["met_from"] // 100)
    low = ops.where(x["word"] == 1, line, 0)
    high = ops.where(x["word"] == 0, ops.maximum(line - 1, 0), x["weight"])
    allowed = (x["reported"] >= low) & (x["reported"] <= high)
    return _person(x, ops, low, high, allowed, none, none)


METHODS: dict[str, Method] = {
    "all_or_nothing": all_or_nothing,
    "banded": banded,
    "cost_band": cost_band,
    "delay_deduction": delay_deduction,
    "element_count": element_count,
    "full_or_proportional": proportional_to_target,
    "inverse_ratio": proportional_to_target,
    "judged": judged,
    "judged_level": judged_level,
    "met_or_judged": met_or_judged,
    "no_rule": no_rule,
    "on_time": on_time,
    "pass_line": pass_line,
    "proportional": proportional,
    "proportional_to_target": proportional_to_target,
    "rate_times_weight": proportional,
    "satisfaction": proportional_to_target,
    "shortfall_deduction": shortfall_deduction,
    "unruled": no_rule,
}
"""Every method by the name a rule gives it; names that differ only in the printed wording share one function."""
