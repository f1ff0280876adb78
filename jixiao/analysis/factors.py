"""What each indicator contributes to a change of score (因素分析): additive, exact, without residual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jixiao.analysis.choices import take_choice, take_columns
from jixiao.analysis.losses import counted_rows
from jixiao.core.errors import RequestError
from jixiao.core.exact import SCALE, sums_of, whole
from jixiao.core.frames import EVALUATION_KEY

EFFECTS = ["weight_effect", "completion_effect", "turnover_effect"]
ORDERS = ["average", "weight_first", "completion_first"]
NAMES = ["category", "subcategory", "indicator"]
STEP = SCALE // 10_000
"""Quotients of points are rounded to whole ten-thousandths of a point."""


def score_contributions(
    scores: pd.DataFrame,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    points: str = "reported_score",
    order: str = "average",
) -> pd.DataFrame:
    """Return what each indicator contributes to the change of each score between two years or evaluations (因素分析).

    Formula, with w the weight, s the points and p = s ÷ w of an indicator, 0 before and 1 after: s1 − s0 =
    (w1 − w0) × p̄ + w̄ × (p1 − p0), where p̄ = (p0 + p1) ÷ 2 and w̄ = (w0 + w1) ÷ 2 (order ``average``). By 连环替代
    the weight moves first (``weight_first``: p̄ = p0, w̄ = w1) or last (``completion_first``: p̄ = p1, w̄ = w0). Each
    identity holds exactly. An indicator that enters contributes +s1, one that leaves −s0 (``turnover_effect``).

    Args:
        scores: From :func:`jixiao.score`.
        before: Which rows are the base, such as ``{"year": 2023}`` or ``{"evaluation": "self"}``; columns year and
            evaluation.
        after: Which rows are compared with it; the same columns.
        points: ``reported_score`` as printed, or ``score`` by the rule.
        order: How the joint effect is shared, see the formula.

    Returns:
        Key project_id, the rest of year and evaluation, category, subcategory, indicator, repeat. Indicators are
        paired by their names; a name that repeats is paired in the order of the form (``repeat`` from 0). ``presence``
        is kept, entered or left. ``contribution`` = weight_effect + completion_effect + turnover_effect, in points,
        exact to four decimals; the weight effect is rounded half up there and the completion effect is the rest. A
        row without points on a side has missing effects, never zero. Only projects found on both sides are here;
        :func:`score_changes` lists the others.

    Limits: an indicator that was renamed leaves and enters. The effects say where the points are, not why.

    Example:
        >>> import jixiao
        >>> scores = jixiao.evaluate("data/sample").scores
        >>> frame = score_contributions(scores, before={"year": 2023}, after={"year": 2024})
        >>> frame.groupby(["project", "evaluation"])["contribution"].sum().round(2).tolist()
        [3.5, -0.35, -0.05, 2.1]
    """
    old, new, entity = _sides(scores, before, after, points)
    shared = old[entity].drop_duplicates().merge(new[entity].drop_duplicates(), on=entity, validate="1:1")
    key = [*entity, *NAMES, "repeat"]
    pairs = pair_contributions(old, new, key, told=["project", "department"], order=order)
    return pairs.merge(shared, on=entity, validate="m:1").sort_values(key, ignore_index=True)


def pair_contributions(
    old: pd.DataFrame, new: pd.DataFrame, key: Sequence[str], *, told: Sequence[str] = (), order: str = "average"
) -> pd.DataFrame:
    """Return what each pair of rows contributes to a change (因素分析), by the formula of :func:`score_contributions`.

    Args:
        old: Rows with ``weight`` and ``points``, one per ``key``.
        new: The rows that are compared with them; one on one side only enters or leaves.
        key: The columns that name a pair.
        told: Columns that are carried along.
        order: As for :func:`score_contributions`.

    Example:
        >>> rows = pd.DataFrame({"indicator": ["甲"], "weight": [10.0], "points": [8.0]})
        >>> pairs = pair_contributions(rows, rows.assign(weight=5.0, points=3.0), ["indicator"])
        >>> pairs[["weight_effect", "completion_effect", "contribution"]].values.tolist()
        [[-3.5, -1.5, -5.0]]
    """
    take_choice("order", order, ORDERS)
    names, carried = list(key), list(told)
    pairs = old[[*names, *carried, "weight", "points"]].merge(
        new[[*names, *carried, "weight", "points"]],
        on=names,
        how="outer",
        suffixes=("_before", "_after"),
        validate="1:1",
    )
    for name in carried:
        pairs[name] = pairs[f"{name}_after"].where(pairs[f"{name}_after"].notna(), pairs[f"{name}_before"])
    entered, left = pairs["weight_before"].isna(), pairs["weight_after"].isna()
    # A weight of nothing has no completion: the row enters or leaves in substance.
    entered |= (pairs["weight_before"] == 0) & ~left
    left |= (pairs["weight_after"] == 0) & ~entered
    pairs["presence"] = np.select([entered, left], ["entered", "left"], "kept")
    kept = (~entered & ~left).to_numpy()
    missing = (pairs["points_before"].isna() & ~pairs["weight_before"].isna()) | (
        pairs["points_after"].isna() & ~pairs["weight_after"].isna()
    )
    w0, s0, w1, s1 = (whole(pairs[name]) for name in ("weight_before", "points_before", "weight_after", "points_after"))
    change = s1 - s0
    moved = np.where(kept, _weight_effect(w0, s0, w1, s1, kept, order), 0)
    for name, amount in (
        ("weight_effect", moved),
        ("completion_effect", np.where(kept, change - moved, 0)),
        ("turnover_effect", np.where(kept, 0, change)),
        ("contribution", change),
    ):
        pairs[name] = pd.Series(amount / SCALE, index=pairs.index).mask(missing)
    sides = ["weight_before", "points_before", "weight_after", "points_after"]
    columns = [*(name for name in names if name not in NAMES and name != "repeat"), *carried]
    columns += [name for name in names if name not in columns]
    return pairs[[*columns, "presence", *sides, *EFFECTS, "contribution"]]


def _sides(
    scores: pd.DataFrame, before: Mapping[str, Any], after: Mapping[str, Any], points: str
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return the rows before and after and what names one score on both sides."""
    if set(before) != set(after) or not before or not set(before) <= {"year", "evaluation"}:
        raise RequestError(
            f"before 与 after 应写明相同的列（year、evaluation 之一或两者），实际为 {dict(before)} 与 {dict(after)}"
        )
    rows = counted_rows(scores, points)
    entity = [name for name in EVALUATION_KEY if name not in before]
    sides = []
    for chosen in (before, after):
        side = rows
        for name, value in chosen.items():
            side = side[side[name] == value]
        if side.empty:
            raise RequestError(f"没有 {dict(chosen)} 的指标，请检查年度和评价类型")
        numbers = pd.to_numeric(side["indicator_id"], errors="coerce")
        side = side.assign(number=numbers).sort_values([*entity, "number", "indicator_id"])
        sides.append(side.assign(repeat=side.groupby([*entity, *NAMES]).cumcount()))
    return sides[0], sides[1], entity


def _weight_effect(
    w0: np.ndarray, s0: np.ndarray, w1: np.ndarray, s1: np.ndarray, kept: np.ndarray, order: str
) -> np.ndarray:
    """Return (w1 − w0) × p̄ in millionths, rounded half up to whole ten-thousandths, in integers."""
    w0, w1 = np.where(kept, w0, STEP), np.where(kept, w1, STEP)
    is_fine = any((part % STEP).any() for part in (w0, s0, w1, s1))
    step = STEP if is_fine else 1
    if not is_fine:
        w0, s0, w1, s1 = (part // STEP for part in (w0, s0, w1, s1))
    largest = max(int(np.abs(part).max(initial=0)) for part in (w0, s0, w1, s1))
    if largest > 10**6:  # beyond a scale of 100 points the products need more than 64 bits
        w0, s0, w1, s1 = (part.astype(object) for part in (w0, s0, w1, s1))
    if order == "average":
        numerator, denominator = (w1 - w0) * (s0 * w1 + s1 * w0), 2 * w0 * w1
    elif order == "weight_first":
        numerator, denominator = (w1 - w0) * s0, w0
    else:
        numerator, denominator = (w1 - w0) * s1, w1
    denominator = denominator * step
    return np.asarray((2 * numerator + denominator) // (2 * denominator), dtype=np.int64) * STEP


def score_changes(
    scores: pd.DataFrame, *, before: Mapping[str, Any], after: Mapping[str, Any], points: str = "reported_score"
) -> pd.DataFrame:
    """Return every score on both sides and its change (得分变动), with the sums of the effects.

    Args:
        scores: From :func:`jixiao.score`.
        before: As for :func:`score_contributions`.
        after: As for :func:`score_contributions`.
        points: ``reported_score`` as printed, or ``score`` by the rule.

    Returns:
        One row per project and the rest of year and evaluation, found on either side; ``presence`` is kept (on both
        sides), entered or left. ``points_before`` and
        ``points_after`` are the sums of the points of the indicators; a project on one side only, or with a row without
        points, has a missing sum and a missing change. ``change`` = weight_effect + completion_effect +
        turnover_effect exactly.

    Example:
        >>> import jixiao
        >>> scores = jixiao.evaluate("data/sample").scores
        >>> score_changes(scores, before={"year": 2023}, after={"year": 2024})["change"].tolist()
        [nan, 2.1, nan, -0.35, 3.5, -0.05]
    """
    old, new, entity = _sides(scores, before, after, points)
    told = pd.concat([new, old])[[*entity, "project", "department"]].drop_duplicates(entity)
    rows = told.sort_values(entity, ignore_index=True)
    for name, side in (("points_before", old), ("points_after", new)):
        sums = sums_of(side, entity, ["points"]).rename(columns={"points": name})
        unknown = side["points"].isna().groupby([side[column] for column in entity]).any()
        sums = sums.set_index(entity)
        sums[name] = sums[name].mask(unknown.reindex(sums.index))
        rows = rows.merge(sums.reset_index(), on=entity, how="left", validate="1:1")
    keys = pd.MultiIndex.from_frame(rows[entity])
    here = [keys.isin(pd.MultiIndex.from_frame(side[entity].drop_duplicates())) for side in (old, new)]
    rows["presence"] = np.select([~here[0], ~here[1]], ["entered", "left"], "kept")
    both = rows["points_before"].notna() & rows["points_after"].notna()
    difference = whole(rows["points_after"]) - whole(rows["points_before"])
    rows["change"] = pd.Series(difference / SCALE, index=rows.index).where(both)
    effects = score_contributions(scores, before=before, after=after, points=points)
    sums = sums_of(effects, entity, EFFECTS)
    rows = rows.merge(sums, on=entity, how="left", validate="1:1")
    rows[EFFECTS] = rows[EFFECTS].where(both)
    return rows


def contribution_totals(
    contributions: pd.DataFrame, *, by: str | Sequence[str] = ("category", "subcategory", "indicator")
) -> pd.DataFrame:
    """Add up the contributions of many scores per indicator or level (变动归因汇总), largest first.

    Args:
        contributions: From :func:`score_contributions`.
        by: One or more of its columns.

    Returns:
        Key ``by``; the effects and ``contribution`` summed exactly over the rows that have them, ``indicator_count``
        of these rows, ``unknown_count`` rows without.

    Example:
        >>> import jixiao
        >>> scores = jixiao.evaluate("data/sample").scores
        >>> frame = score_contributions(scores, before={"year": 2023}, after={"year": 2024})
        >>> contribution_totals(frame, by="category")[["category", "contribution"]].values.tolist()[0]
        ['效益', 3.0]
    """
    columns = take_columns(contributions, by)
    sums = sums_of(contributions, columns, [*EFFECTS, "contribution"]).set_index(columns)
    grouped = contributions.groupby(columns, observed=True, dropna=False)["contribution"]
    counts = pd.DataFrame({"indicator_count": grouped.count(), "unknown_count": grouped.size() - grouped.count()})
    found = sums.join(counts).reset_index()
    size = found["contribution"].abs()
    return (
        found.assign(size=size)
        .sort_values(["size", *columns], ascending=[False, *[True] * len(columns)])
        .drop(columns="size")
        .reset_index(drop=True)
    )
