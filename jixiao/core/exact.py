"""Exact sums and places of keyed rows (按主键归并): whole columns at a time, in integers, never in floats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from jixiao.core.frames import EVALUATION_KEY


def half_up(points: Decimal, decimals: int = 2) -> Decimal:
    """Round half up (四舍五入), the rule a reader expects.

    Example:
        >>> half_up(Decimal("89.995"))
        Decimal('90.00')
    """
    return points.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def exact_sum(values: Iterable[float | None]) -> float | None:
    """Sum points exactly; a missing part makes the sum missing (缺失不等于零).

    Example:
        >>> exact_sum([0.1, 0.2]), exact_sum([1.0, None]), exact_sum([])
        (0.3, None, None)
    """
    numbers = list(values)
    if not numbers or any(number is None for number in numbers):
        return None
    return float(sum(Decimal(str(number)) for number in numbers))


SCALE = 10**6
"""Points and money are added up and compared in millionths: of a point, or of 万元, which is one 分."""
_LARGEST = 10**11
Missing = Literal["kept", "left_out"]
"""What a missing part does to a sum: it makes the sum missing (缺失不等于零), or it is no addend (空格不计)."""


def whole(values: pd.Series) -> np.ndarray:
    """Return a column in whole millionths; missing becomes 0, so keep ``values.notna()`` beside it.

    Example:
        >>> whole(pd.Series([0.1, 12.545677, None])).tolist()
        [100000, 12545677, 0]
    """
    numbers = values.to_numpy("float64", na_value=np.nan)
    if (np.abs(numbers[~np.isnan(numbers)]) > _LARGEST).any():
        raise OverflowError("an amount above 10^11 cannot be summed exactly")
    return np.rint(np.nan_to_num(numbers) * SCALE).astype(np.int64)


def exact_number(values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers as whole millionths, and which of them are exactly that (精确到百万分之一).

    A missing number is 0 and not exact.

    Example:
        >>> [part.tolist() for part in exact_number([0.1, 1e-9, np.nan])]
        [[100000, 0, 0], [True, False, False]]
    """
    numbers = np.asarray(values, dtype="float64")
    small = np.abs(numbers) < 2**52 / SCALE
    scaled = np.rint(np.where(small, numbers, 0.0) * SCALE)
    return scaled.astype(np.int64), small & (scaled / SCALE == numbers)


def sum_by(groups: np.ndarray, values: Any, size: int, *, missing: Missing = "kept") -> np.ndarray:
    """Sum numbers exactly by group (分组精确合计); a group without any part is missing.

    Args:
        groups: The number of the group of each value, below zero when it belongs to none.
        values: Points or money.
        size: The number of groups.
        missing: Whether one missing part makes its sum missing, or is left out.

    Example:
        >>> sum_by(np.array([0, 0, 1]), np.array([0.1, 0.2, np.nan]), 3).tolist()
        [0.3, nan, nan]
        >>> sum_by(np.array([0, 0, 1]), np.array([0.1, np.nan, np.nan]), 2, missing="left_out").tolist()
        [0.1, nan]
    """
    numbers = np.asarray(values, dtype="float64")
    inside = (groups >= 0) if missing == "kept" else (groups >= 0) & ~np.isnan(numbers)
    if not inside.all():
        groups, numbers = groups[inside], numbers[inside]
    scaled, exact = exact_number(numbers)
    blank = np.isnan(numbers)
    counts = np.bincount(groups, minlength=size)
    sums = np.bincount(groups, scaled, size) / SCALE
    odd = np.bincount(groups, ~exact & ~blank, size) > 0
    odd |= np.bincount(groups, np.abs(scaled), size) >= 2**53  # sums of floats above it are no longer whole
    sums[(np.bincount(groups, blank, size) > 0) | (counts == 0)] = np.nan
    left = np.flatnonzero((odd & ~np.isnan(sums))[groups])  # finer than a millionth, or very large
    left = left[np.argsort(groups[left], kind="stable")]
    for mine in np.split(left, np.flatnonzero(np.diff(groups[left])) + 1) if len(left) else ():
        sums[groups[mine[0]]] = exact_sum(numbers[mine].tolist())
    return sums


def sums_of(frame: pd.DataFrame, by: list[str], columns: list[str], *, ordered: bool = True) -> pd.DataFrame:
    """Sum columns per group exactly; blanks are left out, a group in which a column is all missing has a missing sum.

    Args:
        frame: Rows with the columns of ``by``, a missing one of which is a group of its own.
        by: One sum over everything when empty.
        columns: Points or money, each taken as the nearest millionth.
        ordered: By the columns of ``by``; else the groups stand as they come.

    Example:
        >>> rows = pd.DataFrame({"unit": ["甲", "甲", "乙"], "score": [0.1, 0.2, None]})
        >>> sums_of(rows, ["unit"], ["score"])["score"].tolist()
        [nan, 0.3]
    """
    if by:
        grouped = frame.groupby(by, sort=ordered, observed=True, dropna=False)
        keys, groups = grouped.size().reset_index()[by], grouped.ngroup().to_numpy()
    else:
        keys, groups = pd.DataFrame(index=range(1)), np.zeros(len(frame), np.int64)
    values = {name: np.where(frame[name].notna(), whole(frame[name]) / SCALE, np.nan) for name in columns}
    return keys.assign(**{name: sum_by(groups, values[name], len(keys), missing="left_out") for name in columns})


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


class Coded(NamedTuple):
    """A column of texts as numbers (编码的文本列): the number of each row's text, -1 without one, and the texts."""

    codes: np.ndarray
    texts: pd.Series


Rows: TypeAlias = pd.DataFrame | Mapping[str, Any]
"""Columns of rows by name: a frame, or texts that are already numbered."""


def coded(column: pd.Series | Coded) -> Coded:
    """Number the texts of a column (文本编码)."""
    if isinstance(column, Coded):
        return column
    codes, texts = pd.factorize(column)
    return Coded(codes, pd.Series(texts))


def rows_where(rows: Rows, at: np.ndarray) -> Rows:
    """Return some of the rows (取出部分行).

    Args:
        at: True for each row that is wanted.
    """
    return rows[at] if isinstance(rows, pd.DataFrame) else {name: _at(column, at) for name, column in rows.items()}


def _at(column: pd.Series | Coded, at: np.ndarray) -> pd.Series | Coded:
    return Coded(column.codes[at], column.texts) if isinstance(column, Coded) else column.iloc[at]


def _marked(column: pd.Series | Coded) -> pd.Series | Coded:
    """Return a column whose rows are quickly compared: of plain numbers, or numbered."""
    is_plain = isinstance(column, Coded) or isinstance(column.dtype, np.dtype)
    return column if is_plain else coded(column)


def distinct(column: pd.Series | Coded) -> tuple[np.ndarray, list[Any]]:
    """Return the number of each row's text and the distinct texts (不同取值).

    Example:
        >>> distinct(pd.Series(["a", "b", "a"]))[1]
        ['a', 'b']
    """
    codes, texts = coded(column)
    return codes, list(texts)


def positions(rows: Rows, keyed: Rows, key: Sequence[str] = EVALUATION_KEY) -> np.ndarray:
    """Return for each row the place of the row of another frame that has its key (所属行), -1 when there is none.

    Args:
        rows: Any rows with the columns of the key.
        keyed: Rows in which the key is unique; numbered texts save the time for numbering them at every call.

    Raises:
        ValueError: A key of the second frame repeats.

    Example:
        >>> both = pd.DataFrame({"year": [2023, 2024], "project_id": ["P1", "P1"], "evaluation": ["self", "self"]})
        >>> positions(both.iloc[[1]], both).tolist()
        [1]
    """
    mine = [_marked(rows[column]) for column in key]
    marks = [column.codes if isinstance(column, Coded) else column.to_numpy() for column in mine]
    size = len(marks[0])
    change = np.zeros(size, bool)
    change[:1] = True
    for values in marks:  # rows of one key mostly lie together and are looked up once
        change[1:] |= values[1:] != values[:-1]
    first = np.flatnonzero(change)
    found, wanted = np.zeros(len(first), np.int64), np.zeros(1, np.int64)
    for column, name in zip(mine, key, strict=True):
        (codes, texts), (known, values) = coded(_at(column, first)), coded(keyed[name])
        number = np.zeros(len(texts) + 1, np.int64)
        number[codes] = 1
        used = np.flatnonzero(number[:-1])
        again = pd.factorize(pd.concat([values, texts.take(used)], ignore_index=True))[0][len(values) :]
        number[used] = np.where(again < len(values), again, -1)
        number[-1] = -1
        there = number[codes]
        found = np.where((found < 0) | (there < 0), -1, found * (len(values) + 1) + there)
        wanted = wanted * (len(values) + 1) + known
    index = pd.Index(wanted)
    if not index.is_unique:
        raise ValueError(f"a key of {', '.join(key)} repeats")
    return np.repeat(index.get_indexer(pd.Index(found)), np.diff(np.append(first, size)))


def rows_of_each(rows: pd.DataFrame, keyed: pd.DataFrame, key: Sequence[str] = EVALUATION_KEY) -> list[np.ndarray]:
    """Return for each row of a keyed frame the places of the rows that belong to it, in their order (各自的行).

    Example:
        >>> both = pd.DataFrame({"year": [2023, 2024, 2023], "project_id": "P1", "evaluation": "self"})
        >>> [places.tolist() for places in rows_of_each(both, both.iloc[:2])]
        [[0, 2], [1]]
    """
    place = positions(rows, keyed, key)
    order = np.argsort(place, kind="stable")
    return np.split(order, np.searchsorted(place[order], np.arange(len(keyed) + 1)))[1:-1]
