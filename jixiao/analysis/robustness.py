"""How firm a ranking is (排名稳健性): what happens to the places when the weights move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from jixiao.analysis.choices import choices, take_columns
from jixiao.analysis.losses import LEVELS, counted_rows
from jixiao.core.errors import RequestError
from jixiao.core.exact import sums_of

_BLOCK = 4_000_000
_NEAR_CACHE = 200_000
_TIE = 1e-9


def category_shares(
    scores: pd.DataFrame,
    *,
    by: str | Sequence[str] = "project",
    points: str = "reported_score",
    weights_from: str = "category",
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the share of the points each unit earned per level-1 group (得分率), and the usual weight of each group.

    Args:
        scores: Rows that may be ranked together: one year and one kind of evaluation.
        by: Which columns name a unit.
        points: ``reported_score`` or ``score``.
        weights_from: The column whose values carry the weights.

    Returns:
        A frame with one row per unit and one column per group, and the median weight of each group over the
        evaluations, scaled to 100. A group without points is missing, not zero.

    Example:
        >>> import jixiao
        >>> scores = jixiao.evaluate("data/sample").scores
        >>> chosen = scores[(scores["year"] == 2024) & (scores["evaluation"] == "self")]
        >>> category_shares(chosen)[1].round(2).to_dict()
        {'产出': 50.0, '效益': 30.0, '满意度': 10.0, '过程': 10.0}
    """
    rows = counted_rows(scores, points)
    columns = take_columns(rows, by, LEVELS)
    unknown = rows["points"].isna()
    sums = sums_of(rows, [*columns, weights_from], ["points", "weight"]).set_index([*columns, weights_from])
    gaps = unknown.groupby([rows[name] for name in [*columns, weights_from]]).any().reindex(sums.index)
    shares = (sums["points"] / sums["weight"].where(sums["weight"] > 0)).mask(gaps).unstack(weights_from)
    per_form = rows.groupby(["year", "project_id", "evaluation", weights_from])["weight"].sum()
    weights = per_form.groupby(level=weights_from).median()
    weights = weights[weights > 0]
    return shares[weights.index], weights / weights.sum() * 100


def rank_robustness(
    shares: pd.DataFrame,
    weights: Mapping[str, float] | pd.Series,
    *,
    swing: float | None = None,
    draws: int | None = None,
    seed: int | None = None,
) -> pd.DataFrame:
    """Show how far the place of each unit moves when every weight moves by up to ±10 % (排名稳健性).

    Formula: total = Σ weight × share. Scenarios: when there are at most ``draws`` combinations of the three levels
    −swing, 0, +swing, all of them count once and the frequencies are exact; else ``draws`` random weights, each evenly
    spread in its range, from ``seed``. The totals keep their order under scaling, so the weights need not be brought
    back to 100.

    Args:
        shares: One row per unit, one column per group of weight: share of the points earned, 0 to 1; see
            :func:`category_shares`.
        weights: The weight of each column.
        swing: How far a weight moves, as a fraction; this and the next two are declared by default.
        draws: Number of random scenarios.
        seed: Start of the random numbers; equal seeds give equal results.

    Returns:
        One row per unit, best first: ``points`` with the given weights, ``rank`` (equal totals share the better place),
        ``rank_best`` and ``rank_worst`` met in the scenarios, ``rank_low`` and ``rank_high`` (where 95 % of the places
        lie), ``first_share`` and ``swap_share`` as fractions of the scenarios in which it is first, or elsewhere than
        its place. ``swap_count`` is exact: the number of units whose order with it some weights in the range can turn.
        A unit without one of the shares stays, has no place and enters no comparison. ``is_exact`` says whether all
        combinations were counted.

    Limits: it tests the weights only, not the points. Where nearly all units stand close together hardly any place is
    firm, and a ranking should be given in groups.

    Example:
        >>> shares = pd.DataFrame({"产出": [0.9, 0.8], "效益": [0.80, 0.92]}, index=["甲", "乙"])
        >>> rank_robustness(shares, {"产出": 50, "效益": 40})[["rank", "swap_count"]].values.tolist()
        [[1, 1], [2, 1]]
    """
    declared = choices("robustness")
    moved = float(declared["swing"] if swing is None else swing)
    runs = int(declared["draws"] if draws is None else draws)
    if not 0 < moved < 1 or runs < 1:
        raise RequestError(f"权重变动幅度应在0与1之间、模拟次数应不少于1，实际为 {moved} 和 {runs}")
    weight = np.array([float(weights[name]) for name in shares.columns])
    result = shares.sort_index().reset_index()
    matrix = shares.sort_index().to_numpy("float64")
    known = ~np.isnan(matrix).any(axis=1)
    part = matrix[known]
    is_exact = 3 ** len(weight) <= runs
    if is_exact:
        factors = np.array(list(product((1 - moved, 1, 1 + moved), repeat=len(weight))))
    else:
        start = int(declared["seed"] if seed is None else seed)
        factors = np.random.default_rng(start).uniform(1 - moved, 1 + moved, (runs, len(weight)))
    base = _places((part @ weight)[:, None])[:, 0]
    met = _scenario_places(part, weight, factors, base)
    met["swap_count"] = _swaps(part * weight, moved)
    met["points"] = part @ weight
    met["rank"] = base
    result = result.drop(columns=list(shares.columns))
    for name in ("points", "rank", "rank_best", "rank_worst", "rank_low", "rank_high"):
        result[name] = np.nan if name == "points" else pd.array([pd.NA] * len(result), dtype="Int64")
        result.loc[known, name] = met[name]
    for name in ("first_share", "swap_share"):
        result[name] = np.nan
        result.loc[known, name] = met[name]
    result["swap_count"] = pd.array([pd.NA] * len(result), dtype="Int64")
    result.loc[known, "swap_count"] = met["swap_count"]
    result["is_exact"] = is_exact
    return result.sort_values("rank", kind="stable", na_position="last", ignore_index=True)


def _places(totals: np.ndarray) -> np.ndarray:
    """Return the place of each unit (row) in each scenario (column); equal totals share the better place."""
    near = np.round(totals / _TIE) * _TIE
    order = np.argsort(-near, axis=0, kind="stable")
    lined = np.take_along_axis(near, order, axis=0)
    number = np.arange(1, len(near) + 1)[:, None]
    fresh = np.vstack([np.ones((1, near.shape[1]), dtype=bool), lined[1:] != lined[:-1]])
    place = np.maximum.accumulate(np.where(fresh, number, 0), axis=0)
    places = np.empty_like(order)
    np.put_along_axis(places, order, place, axis=0)
    return places


def _scenario_places(
    part: np.ndarray, weight: np.ndarray, factors: np.ndarray, base: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what became of the places over the scenarios, in blocks of scenarios."""
    size = max(1, _BLOCK // max(len(part), 1))
    kind = np.int16 if len(part) < np.iinfo(np.int16).max else np.int32
    blocks = [
        _places(part @ (factors[start : start + size] * weight).T).astype(kind)
        for start in range(0, len(factors), size)
    ]
    places = np.hstack(blocks) if len(part) else np.zeros((0, len(factors)), dtype=kind)
    low, high = np.quantile(places, [0.025, 0.975], axis=1, method="inverted_cdf") if len(part) else (base, base)
    return {
        "rank_best": places.min(axis=1),
        "rank_worst": places.max(axis=1),
        "rank_low": low,
        "rank_high": high,
        "first_share": (places == 1).mean(axis=1),
        "swap_share": (places != base[:, None]).mean(axis=1),
    }


def _swaps(points: np.ndarray, swing: float) -> np.ndarray:
    """Count, for each unit, those whose order with it can turn, exactly.

    With d the differences of the weighted points of two units, the difference of their totals ranges over Σd ±
    swing × Σ|d|, since it is linear in each weight; their order can turn where this range holds both signs.
    """
    turned = np.zeros(len(points), dtype=np.int64)
    if not len(points):
        return turned
    order = np.argsort(points.sum(axis=1), kind="stable")
    lined = points[order]
    totals, columns = lined.sum(axis=1), lined.T.copy()
    widest = swing * float(np.ptp(lined, axis=0).sum())  # no reach is longer, so only near totals are compared
    size = max(1, _NEAR_CACHE // len(points))
    for start in range(0, len(points), size):
        stop = min(start + size, len(points))
        first = np.searchsorted(totals, totals[start] - widest, side="left")
        last = np.searchsorted(totals, totals[stop - 1] + widest, side="right")
        reach = np.zeros((stop - start, last - first))
        for column in columns:
            gaps = column[start:stop, None] - column[None, first:last]
            reach += np.abs(gaps, out=gaps)
        middle = np.abs(totals[start:stop, None] - totals[None, first:last])
        turned[order[start:stop]] = (middle < swing * reach - _TIE).sum(axis=1)
    return turned
