"""Points and money as whole ten-thousandths (万分之一), so that sums and comparisons are exact."""

from __future__ import annotations

import numpy as np
import pandas as pd

SCALE = 10_000
_LARGEST = 10**11


def whole(values: pd.Series) -> np.ndarray:
    """Return a column in whole ten-thousandths; missing becomes 0, so keep ``values.notna()`` beside it.

    Example:
        >>> whole(pd.Series([0.1, 0.2, None])).tolist()
        [1000, 2000, 0]
    """
    numbers = values.to_numpy("float64", na_value=np.nan)
    if (np.abs(numbers[~np.isnan(numbers)]) > _LARGEST).any():
        raise OverflowError("an amount above 10^11 cannot be summed exactly")
    return np.rint(np.nan_to_num(numbers) * SCALE).astype(np.int64)


def written(amounts: np.ndarray | pd.Series) -> np.ndarray:
    """Return whole ten-thousandths as the nearest floats."""
    return np.asarray(amounts, dtype="float64") / SCALE


def exact_sums(frame: pd.DataFrame, by: list[str], columns: list[str], *, ordered: bool = True) -> pd.DataFrame:
    """Sum columns per group exactly; a group in which a column is all missing has a missing sum (缺失不等于零).

    Example:
        >>> rows = pd.DataFrame({"unit": ["甲", "甲", "乙"], "score": [0.1, 0.2, None]})
        >>> exact_sums(rows, ["unit"], ["score"])["score"].tolist()
        [nan, 0.3]
    """
    scaled = frame[by].assign(**{name: pd.array(whole(frame[name]), dtype="Int64") for name in columns})
    for name in columns:
        scaled[name] = scaled[name].mask(frame[name].isna().to_numpy())
    if not by:
        summed = scaled[columns].sum(min_count=1).to_frame().T
    else:
        grouped = scaled.groupby(by, sort=ordered, observed=True, dropna=False)
        summed = grouped[columns].sum(min_count=1).reset_index()
    for name in columns:
        summed[name] = summed[name].astype("Float64").to_numpy("float64", na_value=np.nan) / SCALE
    return summed


def apportion(amounts: np.ndarray, parts: int) -> np.ndarray:
    """Divide whole amounts so that the quotients add up to the rounded quotient of their sum, exactly (尾差分摊).

    Each quotient differs from its own by less than one; the largest remainders get the units left over.

    Example:
        >>> apportion(np.array([1, 1, 1]), 2).tolist(), apportion(np.array([-1, 5]), 3).tolist()
        ([1, 1, 0], [0, 1])
    """
    total = int(amounts.sum())
    goal = (2 * total + parts) // (2 * parts)
    floors, remainders = np.divmod(amounts, parts)
    left = goal - int(floors.sum())
    order = np.argsort(-remainders, kind="stable")
    shares = floors.copy()
    shares[order[:left]] += 1
    return shares
