"""Comparison with the best comparable (标杆): peers, percentile, distance to the best, robust z."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jixiao.analysis.choices import choices, take_choice, take_columns

_MAD_SCALE = 1.4826
"""Makes the median absolute deviation of normally spread values equal to their standard deviation."""


def benchmark_peers(
    frame: pd.DataFrame,
    *,
    value: str,
    peers: str | Sequence[str] = (),
    better: str = "high",
    smallest: int | None = None,
) -> pd.DataFrame:
    """Compare each row with its peers and the best of them (标杆对比).

    Formula: ``percentile`` = (peers below + half of those equal, itself included) ÷ peers, where "below" means worse;
    ``best_gap`` = what is missing to the best, 0 for the best; ``robust_z`` = (value − median) ÷ (1.4826 × MAD), MAD
    the median of |value − median|, positive where better.

    Args:
        frame: One row per unit, such as :func:`project_money`, ``totals`` or :func:`department_ranking`.
        value: The column that is compared.
        peers: Columns whose equal values make rows comparable, such as year and size_class and department_kind; none
            compares all rows.
        better: ``high`` or ``low``.
        smallest: With fewer comparable rows percentile and z are missing; by default as declared.

    Returns:
        The rows of ``frame`` in their order, with ``peer_count`` (rows with a value), ``percentile`` 0 to 1 as a
        fraction, ``best_value``, ``median_value`` and ``best_gap`` in the unit of ``value``, ``robust_z`` without unit.
        A row without a value has none of them but the count. When more than half of the peers are equal the MAD is 0
        and z is missing.

    Limits: a peer group is only as comparable as its columns say. |z| above 3.5 is worth a look, no verdict.

    Basis: 标杆 is a method of 财预〔2020〕10号 art.17; the measures and the size of a group are our own.

    Example:
        >>> rows = pd.DataFrame({"unit": list("abcd"), "total": [80.0, 90.0, 85.0, None]})
        >>> compared = benchmark_peers(rows, value="total", smallest=3)
        >>> compared[["best_gap", "percentile"]].round(3).values.tolist()
        [[10.0, 0.167], [0.0, 0.833], [5.0, 0.5], [nan, nan]]
    """
    take_columns(frame, value)
    columns = take_columns(frame, peers)
    sign = 1 if take_choice("better", better, ["high", "low"]) == "high" else -1
    least = choices("benchmark")["smallest"] if smallest is None else smallest
    numbers = frame[value].astype("float64").reset_index(drop=True)
    merit = numbers * sign
    keys = [frame[name].reset_index(drop=True).astype("object") for name in columns]
    group = pd.Series(0, index=numbers.index)
    if keys:
        group = pd.DataFrame(dict(enumerate(keys))).groupby(list(range(len(keys))), dropna=False, sort=False).ngroup()
    grouped = merit.groupby(group)
    count = grouped.transform("count")
    median = grouped.transform("median")
    spread = (merit - median).abs().groupby(group).transform("median") * _MAD_SCALE
    best = grouped.transform("max")
    enough, known = count >= least, merit.notna()
    place = grouped.rank(method="average") - 0.5
    measures = {
        "peer_count": count,
        "percentile": (place / count.where(count > 0)).where(enough & known),
        "best_value": (best * sign).where(known),
        "median_value": (median * sign).where(known),
        "best_gap": (best - merit).where(known),
        "robust_z": ((merit - median) / spread.where(spread > 0)).where(enough & known),
    }
    return frame.assign(**{name: np.asarray(column) for name, column in measures.items()})
