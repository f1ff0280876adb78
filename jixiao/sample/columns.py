"""Columns of many rows at once (整列): texts from codes and numbers, and frames with exactly the declared columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jixiao.core.frames import SCHEMAS

_EMPTY: dict[str, Any] = {"str": "", "float64": np.nan, "bool": False, "Int64": pd.NA, "datetime64[us]": pd.NaT}


def texts_of(words: Sequence[str], codes: np.ndarray) -> pd.Series:
    """Return the texts that codes stand for; a negative code is an empty text.

    Example:
        >>> texts_of(["甲", "乙"], np.array([1, -1])).tolist()
        ['乙', '']
    """
    listed = pd.Series([*words, ""], dtype="str")
    return listed.take(np.where(codes < 0, len(words), codes)).reset_index(drop=True)


def number_texts(numbers: np.ndarray, places: np.ndarray | int) -> pd.Series:
    """Write whole numbers with their decimals, without trailing zeros.

    Example:
        >>> number_texts(np.array([965, 1000, 1420]), np.array([1, 1, 2])).tolist()
        ['96.5', '100', '14.2']
    """
    unique, codes = np.unique(numbers * 4 + places, return_inverse=True)
    return texts_of([_written(int(code) // 4, int(code) % 4) for code in unique], codes)


def _written(number: int, places: int) -> str:
    whole, part = divmod(number, 10**places)
    return f"{whole}.{part:0{places}d}".rstrip("0") if part else str(whole)


def cells_of(letter: str, rows: np.ndarray) -> pd.Series:
    """Return the addresses of cells in one column of a sheet.

    Example:
        >>> cells_of("D", np.array([13, 14])).tolist()
        ['D13', 'D14']
    """
    return texts_of([f"{letter}{row}" for row in range(int(rows.max(initial=0)) + 1)], rows)


def frame_of(name: str, size: int, **columns: Any) -> pd.DataFrame:
    """Return a frame with exactly the declared columns and types (数据表); what is not given is empty.

    Args:
        name: Name of the frame in ``SCHEMAS``.
        size: Number of rows.
        columns: Columns, or one value for every row.

    Raises:
        KeyError: A column is not declared.
    """
    schema, made = SCHEMAS[name], {}
    for column in columns:
        schema[column]
    for column, kind in schema.items():
        value = columns.get(column, _EMPTY[kind])
        if kind == "str":
            is_one = isinstance(value, str)
            made[column] = texts_of([value], np.zeros(size, np.int64)) if is_one else value.reset_index(drop=True)
        else:
            made[column] = pd.Series(value, index=pd.RangeIndex(size)).astype(kind)  # type: ignore[call-overload]
    return pd.DataFrame(made, index=pd.RangeIndex(size))


def days_of(numbers: np.ndarray, is_day: np.ndarray) -> pd.Series:
    """Return days since 1970 as dates, missing where a row holds none."""
    days = np.where(is_day, numbers, 0).astype("datetime64[D]").astype("datetime64[us]")
    return pd.Series(np.where(is_day, days, np.datetime64("NaT", "us")))


def date_texts(pattern: str, numbers: np.ndarray) -> pd.Series:
    """Write days since 1970 as a declared pattern writes them.

    Example:
        >>> date_texts("{year}年{month}月{day}日", np.array([19722])).tolist()
        ['2023年12月31日']
    """
    unique, codes = np.unique(numbers, return_inverse=True)
    days = [day.item() for day in unique.astype("datetime64[D]")]
    return texts_of([pattern.format(year=day.year, month=day.month, day=day.day) for day in days], codes)
