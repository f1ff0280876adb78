"""Where points were lost (失分) and how totals pile up just above the grade lines (分数线上扎堆)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jixiao.analysis.choices import choices, take_choice, take_columns
from jixiao.core.exact import SCALE, sums_of, whole
from jixiao.core.vocabulary import category_group

LEVELS = [
    *("year", "department", "unit", "project_id", "project", "evaluation", "framework"),
    *("category", "subcategory", "indicator", "kind", "method", "decided_by", "direction"),
]
POINTS = ["reported_score", "score"]
TOTALS = ["total_reported", "total"]


def counted_rows(scores: pd.DataFrame, points: str) -> pd.DataFrame:
    """Return the rows that count, with comparable level-1 names and the chosen points as ``points`` (计分行)."""
    take_choice("points", points, POINTS)
    rows = scores[scores["is_counted"] & scores["weight"].notna()]
    groups = {name: category_group(name) for name in rows["category"].unique()}
    return rows.assign(category=rows["category"].map(groups), points=rows[points])


def lost_points(
    scores: pd.DataFrame, *, by: str | Sequence[str] = "category", points: str = "reported_score"
) -> pd.DataFrame:
    """Return how many points each group of indicators lost (失分构成): by level, kind, method or place.

    Formula: lost = weight − points, summed exactly; ``loss_rate`` = lost ÷ weight; ``share`` = lost ÷ all points lost.

    Args:
        scores: From :func:`jixiao.score`.
        by: One or more of ``LEVELS``; level-1 names are made comparable (项目产出 and 产出指标 are 产出).
        points: ``reported_score`` as printed, or ``score`` by the rule.

    Returns:
        Key ``by``, most points lost first. ``weight_sum``, ``points_sum`` and ``lost`` in points over the rows that
        have points; ``loss_rate`` 0 to 1 and ``share`` 0 to 1 as fractions. Rows without points are counted in
        ``unknown_count`` and enter nothing else; a group with only such rows has missing sums. A row above its weight
        has a negative loss.

    Limits: where weights are high more points can be lost; compare ``loss_rate``. A method that a person decides
    seldom loses points, which says nothing about the work.

    Example:
        >>> import jixiao
        >>> frame = lost_points(jixiao.evaluate("data/sample").scores, by="category")
        >>> frame.loc[0, "category"], frame["lost"].tolist()[0]
        ('过程', 6.62)
    """
    rows = counted_rows(scores, points)
    columns = take_columns(rows, by, LEVELS)
    known = rows["points"].notna()
    rows = rows.assign(
        weight_sum=rows["weight"].where(known), points_sum=rows["points"], is_losing=rows["points"] < rows["weight"]
    )
    sums = sums_of(rows, columns, ["weight_sum", "points_sum"]).set_index(columns)
    grouped = rows.groupby(columns, observed=True, dropna=False)
    counts = pd.DataFrame(
        {
            "indicator_count": grouped["points"].count(),
            "losing_count": grouped["is_losing"].sum(),
            "unknown_count": grouped.size() - grouped["points"].count(),
        }
    )
    found = counts.join(sums).reset_index()
    lost = whole(found["weight_sum"]) - whole(found["points_sum"])
    found["lost"] = pd.Series(lost / SCALE).where(found["weight_sum"].notna())
    found["loss_rate"] = found["lost"] / found["weight_sum"].where(found["weight_sum"] > 0)
    total = lost.sum()
    found["share"] = found["lost"] / (total / SCALE) if total > 0 else np.nan
    order = [*columns, "indicator_count", "losing_count", "unknown_count", "weight_sum", "points_sum"]
    found = found[[*order, "lost", "loss_rate", "share"]]
    return found.sort_values(["lost", *columns], ascending=[False, *[True] * len(columns)], ignore_index=True)


def _hundredths(totals: pd.DataFrame, total: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the totals in whole hundredths of a point and which are known."""
    take_choice("total", total, TOTALS)
    return whole(totals[total].round(2)) // (SCALE // 100), totals[total].notna().to_numpy()


def total_distribution(totals: pd.DataFrame, *, total: str = "total_reported", width: int = 1) -> pd.DataFrame:
    """Return how many evaluations have each total (总分分布), in steps of ``width`` points, lower bound included.

    Args:
        totals: From :func:`jixiao.score`.
        total: ``total_reported`` as printed, or ``total`` by the rules.
        width: Points per step, a whole number from 1.

    Returns:
        Key ``points_from``: steps from the lowest to the highest total without a gap, each with ``points_to`` (not
        included), ``evaluations`` and ``share`` of the known totals. The last row, with ``points_from`` missing, counts
        the evaluations without a total; it has no share.

    Example:
        >>> import jixiao
        >>> frame = total_distribution(jixiao.evaluate("data/sample").totals, width=5)
        >>> frame[["points_from", "evaluations"]].dropna().values.tolist()
        [[90.0, 2.0], [95.0, 5.0], [100.0, 3.0]]
    """
    amounts, known = _hundredths(totals, total)
    steps = amounts[known] // (width * 100)
    first, last = (int(steps.min()), int(steps.max())) if len(steps) else (0, -1)
    counts = np.bincount(steps - first, minlength=last - first + 1) if len(steps) else np.array([], dtype=int)
    starts = np.arange(first, last + 1, dtype="float64") * width
    frame = pd.DataFrame(
        {
            "points_from": np.append(starts, np.nan),
            "points_to": np.append(starts + width, np.nan),
            "evaluations": np.append(counts, int((~known).sum())),
        }
    )
    frame["share"] = frame["evaluations"].where(frame["points_from"].notna()) / max(len(steps), 1)
    return frame


def density_jumps(
    totals: pd.DataFrame, *, by: str | Sequence[str] = (), total: str = "total_reported", width: int | None = None
) -> pd.DataFrame:
    """Compare how many totals stand just above and just below each grade line (分数线上扎堆).

    Formula: ``above_count`` in [line, line + width), ``below_count`` in [line − width, line); ``above_share`` and
    ``below_share`` of the known totals of the group; ``jump_ratio`` = above ÷ below. ``p_value`` is the exact binomial
    probability of at least so many above, if a total near the line fell on either side with equal chance.

    Args:
        totals: From :func:`jixiao.score`.
        by: None or more of year, department, evaluation.
        total: ``total_reported`` as printed, or ``total`` by the rules.
        width: Points on each side; by default as declared.

    Returns:
        Key ``by``, grade_line. Nobody below gives no ratio, nobody on either side gives no p.

    Limits: for information only. A jump means that more totals stand just above the line than just below. It may come
    from evaluators who round up, from standards that give whole points, or from work that is aimed at the line; it
    proves nothing about a single evaluation. Where totals rise towards 100 anyway, a ratio a little above 1 is normal,
    and among many groups some small p come by chance.

    Basis: the lines are the grade bands of 财预〔2020〕10号 art.18; width and test are our own.

    Example:
        >>> import jixiao
        >>> frame = density_jumps(jixiao.evaluate("data/sample").totals, width=5)
        >>> frame.loc[frame["grade_line"] == 90, ["below_count", "above_count"]].values.tolist()
        [[0, 2]]
    """
    from scipy.special import bdtrc

    declared = choices("lines")
    span = 100 * (declared["width"] if width is None else width)
    columns = take_columns(totals, by, ["year", "department", "evaluation"])
    amounts, known = _hundredths(totals, total)
    parts = []
    for line in declared["points"]:
        side = totals[columns].assign(
            grade_line=line,
            known_count=known,
            below_count=known & (amounts >= line * 100 - span) & (amounts < line * 100),
            above_count=known & (amounts >= line * 100) & (amounts < line * 100 + span),
        )
        parts.append(side.groupby([*columns, "grade_line"], observed=True).sum().reset_index())
    frame = pd.concat(parts, ignore_index=True)
    above, below = frame["above_count"].to_numpy(), frame["below_count"].to_numpy()
    base = frame["known_count"].where(frame["known_count"] > 0)
    frame["below_share"], frame["above_share"] = frame["below_count"] / base, frame["above_count"] / base
    frame["jump_ratio"] = frame["above_count"] / frame["below_count"].where(frame["below_count"] > 0)
    chance = np.where(above > 0, bdtrc(np.maximum(above - 1, 0), above + below, 0.5), 1.0)
    frame["p_value"] = np.where(above + below > 0, chance, np.nan)
    return frame.sort_values([*columns, "grade_line"], ascending=[True] * len(columns) + [False], ignore_index=True)
