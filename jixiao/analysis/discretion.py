"""Discretion and leniency of evaluators (自由裁量与宽严): who decided the points, and how self and others differ."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from jixiao.analysis.choices import choices, take_choice, take_columns
from jixiao.analysis.losses import LEVELS, counted_rows
from jixiao.core.exact import SCALE, sums_of, whole
from jixiao.core.frames import PROJECT_KINDS


def discretion_shares(scores: pd.DataFrame, *, by: str | Sequence[str] = ("evaluation", "category")) -> pd.DataFrame:
    """Return how much of the weight is decided by a rule, by a person, by nobody (裁量空间).

    Args:
        scores: From :func:`jixiao.score`.
        by: One or more of the levels of :func:`jixiao.analysis.lost_points`.

    Returns:
        Key ``by``. ``rule_weight``, ``person_weight`` and ``nobody_weight`` in points add up to ``weight_sum`` exactly;
        ``person_share`` and ``nobody_share`` are fractions of it, missing where the weights add up to nothing.

    Limits: a large share is no fault: qualitative indicators are meant to be judged. It says where a second look by
    another person is worth most. Nobody means that no rule could be applied and no judgement could be checked.

    Basis: qualitative indicators are judged within ranges by 财预〔2020〕10号 art.16; the measure is our own.

    Example:
        >>> import jixiao
        >>> frame = discretion_shares(jixiao.evaluate("data/sample").scores, by="evaluation")
        >>> frame[["evaluation", "person_share"]].round(3).values.tolist()
        [['department', 0.59], ['self', 0.075]]
    """
    rows = counted_rows(scores, "reported_score")
    columns = take_columns(rows, by, LEVELS)
    names = ["rule_weight", "person_weight", "nobody_weight"]
    amounts = {name: rows["weight"].where(rows["decided_by"] == name.removesuffix("_weight"), 0.0) for name in names}
    sums = sums_of(rows.assign(**amounts, weight_sum=rows["weight"]), columns, ["weight_sum", *names])
    base = sums["weight_sum"].where(sums["weight_sum"] > 0)
    return sums.assign(person_share=sums["person_weight"] / base, nobody_share=sums["nobody_weight"] / base)


def evaluator_differences(scores: pd.DataFrame, *, other: str = "department") -> pd.DataFrame:
    """Set self-evaluation and another evaluation of the same indicators side by side (自评与他评之差).

    Formula: ``share_difference`` = self points ÷ self weight − other points ÷ other weight, so that different weights
    compare; positive where the self-evaluation is more lenient.

    Args:
        scores: From :func:`jixiao.score`.
        other: ``department`` or ``finance``.

    Returns:
        Key year, project_id, indicator: indicators of one project and year with the same name that stand once in each
        evaluation. ``points_difference`` in points only where the weights are equal. Missing points give no
        difference. Indicators without a partner are not here.

    Limits: the two may rest on different standards and dates. A difference is a question to both, not an error.

    Example:
        >>> import jixiao
        >>> frame = evaluator_differences(jixiao.evaluate("data/sample").scores)
        >>> frame.loc[frame["indicator"] == "村民满意度", "share_difference"].round(4).tolist()
        [0.2]
    """
    take_choice("other", other, PROJECT_KINDS[1:])
    rows = counted_rows(scores, "reported_score")
    key = ["year", "project_id", "indicator"]
    rows = rows[(rows["indicator"] != "") & ~rows.duplicated([*key, "evaluation"], keep=False)]
    columns = ["weight", "points"]
    mine = rows.loc[rows["evaluation"] == "self", [*key, "project", "department", "category", *columns]]
    theirs = rows.loc[rows["evaluation"] == other, [*key, *columns]]
    pairs = mine.merge(theirs, on=key, suffixes=("_self", "_other"), validate="1:1")
    shares = [
        pairs[f"points_{side}"] / pairs[f"weight_{side}"].where(pairs[f"weight_{side}"] > 0)
        for side in ("self", "other")
    ]
    pairs["share_difference"] = shares[0] - shares[1]
    points = (whole(pairs["points_self"]) - whole(pairs["points_other"])) / SCALE
    known = pairs["share_difference"].notna() & (pairs["weight_self"] == pairs["weight_other"])
    pairs["points_difference"] = pd.Series(points, index=pairs.index).where(known)
    return pairs.sort_values(key, ignore_index=True)


def leniency(
    scores: pd.DataFrame,
    *,
    other: str = "department",
    by: str | Sequence[str] = "department",
    draws: int | None = None,
    seed: int | None = None,
    most_exact: int | None = None,
) -> pd.DataFrame:
    """Return how much more lenient the self-evaluations of each group are, with an interval (宽严程度).

    Formula: for each project the mean of ``share_difference`` over its paired indicators, weighted by the self weight;
    ``mean_difference`` is the plain mean over the projects. The interval is the percentile bootstrap over projects: all
    resamples where they are few enough to be counted (``is_exact``), else random ones.

    Args:
        scores: From :func:`jixiao.score`.
        other: ``department`` or ``finance``.
        by: One or more of year and department.
        draws: Number of random resamples; this and the next two are declared by default.
        seed: Start of the random numbers; equal seeds give equal results.
        most_exact: All resamples are counted when there are no more than this.

    Returns:
        Key ``by``, most lenient first. Differences are fractions of the points (0.05 is five points in a hundred);
        ``projects`` and ``indicator_count`` say how much it rests on. With one project only there is no interval. Pairs
        without points are counted in ``unknown_count``.

    Limits: an interval that holds 0 shows no leniency either way. Few projects have a second evaluation, and they are
    not chosen at random.

    Example:
        >>> import jixiao
        >>> frame = leniency(jixiao.evaluate("data/sample").scores)
        >>> frame[["department", "projects"]].values.tolist()
        [['示例市交通局', 1], ['示例市教育局', 1]]
    """
    given = {"draws": draws, "seed": seed, "most_exact": most_exact}
    declared = {**choices("leniency"), **{name: value for name, value in given.items() if value is not None}}
    pairs = evaluator_differences(scores, other=other)
    columns = take_columns(pairs, by, ["year", "department"])
    known = pairs["share_difference"].notna()
    weight = pairs["weight_self"].where(known)
    sums = pairs.assign(weighted=pairs["share_difference"] * weight, weight=weight, known=known)
    place = list(dict.fromkeys([*columns, "year", "project_id"]))
    each = sums.groupby(place, as_index=False)[["weighted", "weight", "known"]].sum()
    each["difference"] = each["weighted"] / each["weight"].where(each["weight"] > 0)
    rows = []
    for values, group in each.groupby(columns):
        means = group["difference"].dropna().sort_values().to_numpy()
        low, high, is_exact = _interval(means, declared)
        facts = {
            "projects": len(means),
            "indicator_count": int(group["known"].sum()),
            "mean_difference": means.mean() if len(means) else np.nan,
            "difference_low": low,
            "difference_high": high,
            "is_exact": is_exact,
        }
        rows.append({**dict(zip(columns, values, strict=True)), **facts})
    names = ["projects", "indicator_count", "mean_difference", "difference_low", "difference_high", "is_exact"]
    frame = pd.DataFrame(rows, columns=[*columns, *names])
    unknown = (~known).groupby([pairs[name] for name in columns]).sum().rename("unknown_count").reset_index()
    frame = frame.merge(unknown, on=columns, how="left", validate="1:1")
    ascending = [False, *[True] * len(columns)]
    return frame.sort_values(["mean_difference", *columns], ascending=ascending, ignore_index=True)


def _interval(means: np.ndarray, declared: dict[str, Any]) -> tuple[float, float, bool]:
    """Return the percentile interval of the mean over resamples, and whether all resamples were counted."""
    count = len(means)
    if count < 2:
        return np.nan, np.nan, False
    is_exact = count**count <= declared["most_exact"]
    if is_exact:
        picks = np.array(list(product(range(count), repeat=count)))
    else:
        picks = np.random.default_rng(int(declared["seed"])).integers(0, count, (int(declared["draws"]), count))
    outside = (1 - float(declared["interval"])) / 2
    low, high = np.quantile(means[picks].mean(axis=1), [outside, 1 - outside], method="inverted_cdf")
    return float(low), float(high), is_exact
