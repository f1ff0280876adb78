"""Exact sums and places of keyed rows (按主键归并): whole columns at a time, in integers, never in floats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, TypeAlias

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
"""Points and money are added up in millionths."""


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


def sum_by(groups: np.ndarray, values: Any, size: int) -> np.ndarray:
    """Sum numbers exactly by group (分组精确合计): a group with a missing part, or with none, is missing.

    Args:
        groups: The number of the group of each value, below zero when it belongs to none.
        values: Points or money.

    Example:
        >>> sum_by(np.array([0, 0, 1]), np.array([0.1, 0.2, np.nan]), 3).tolist()
        [0.3, nan, nan]
    """
    numbers = np.asarray(values, dtype="float64")
    inside = groups >= 0
    if not inside.all():
        groups, numbers = groups[inside], numbers[inside]
    scaled, exact = exact_number(numbers)
    missing = np.isnan(numbers)
    counts = np.bincount(groups, minlength=size)
    sums = np.bincount(groups, scaled, size) / SCALE
    odd = np.bincount(groups, ~exact & ~missing, size) > 0
    odd |= np.bincount(groups, np.abs(scaled), size) >= 2**53  # sums of floats above it are no longer whole
    sums[(np.bincount(groups, missing, size) > 0) | (counts == 0)] = np.nan
    left = np.flatnonzero((odd & ~np.isnan(sums))[groups])  # finer than a millionth, or very large
    left = left[np.argsort(groups[left], kind="stable")]
    for mine in np.split(left, np.flatnonzero(np.diff(groups[left])) + 1) if len(left) else ():
        sums[groups[mine[0]]] = exact_sum(numbers[mine].tolist())
    return sums


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
