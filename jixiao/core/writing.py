"""Points, rates, money, quantities and codes as a reader expects them: one at a time, or a whole column at once.

Every number is rounded half up from its shortest decimal writing, so that 0.125 is 0.13 wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd

from jixiao.core.exact import half_up
from jixiao.core.vocabulary import columns, value_labels, word

_TIE = 1e-6
_SURE = 1e9
"""Beyond it a rounded float could be on the other side of a tie, so that the number itself is written."""


def written_text(value: Any) -> str:
    """Write a quantity as it is, without an exponent or zeros at its end; missing is empty.

    Example:
        >>> written_text(1200.50), written_text(float("nan"))
        ('1200.5', '')
    """
    return "" if value is None or value != value else f"{Decimal(repr(float(value))).normalize():f}"


def number_text(value: Any) -> str:
    """Write a number as :func:`written_text` does, to six decimals at most, as for money to one 分; missing is empty.

    Example:
        >>> number_text(0.1 + 0.2), number_text(1234567.8)
        ('0.3', '1234567.8')
    """
    return "" if value is None or value != value else written_text(round(float(value), 6))


def amount_text(amount: Any) -> str:
    """Write an amount of money as it is, as :func:`written_text` does; missing is a dash.

    Example:
        >>> amount_text(61.20)
        '61.2'
    """
    return written_text(amount) or "—"


def grouped_text(value: Any, *, least: int = 0, most: int = 4) -> str:
    """Write a number with its thousands apart (千分位); missing is empty.

    Args:
        value: Money, a count or any other number.
        least: So many decimals are written at least.
        most: To so many decimals it is rounded.

    Example:
        >>> grouped_text(1234.5), grouped_text(1234.5, least=2, most=2), grouped_text(0.00004)
        ('1,234.5', '1,234.50', '0')
    """
    if value is None or value != value:
        return ""
    head, _, tail = f"{half_up(Decimal(repr(float(value))), most):,f}".partition(".")
    tail = tail.rstrip("0").ljust(least, "0")
    return f"{head}.{tail}" if tail else head


def money_text(amount: Any) -> str:
    """Write money with its thousands apart and two decimals, as charts and final accounts do; missing is empty.

    Example:
        >>> money_text(1234.5), money_text(float("nan"))
        ('1,234.50', '')
    """
    return grouped_text(amount, least=2, most=2)


def points_text(points: Any) -> str:
    """Write points as a reader expects: two decimals at most, no trailing zeros.

    Example:
        >>> points_text(14.25), points_text(10.0)
        ('14.25', '10')
    """
    if points is None or points != points:
        return "—"
    return f"{half_up(Decimal(repr(float(points)))).normalize():f}"


def percent_text(rate: Any) -> str:
    """Write a rate in per cent with two decimals, half up; missing is a dash.

    Example:
        >>> percent_text(0.968464)
        '96.85%'
    """
    if rate is None or rate != rate:
        return "—"
    return f"{half_up(Decimal(repr(float(rate))) * 100):f}%"


def value_text(column: str, value: Any) -> str:
    """Write one value as its column is read: points and money with their decimals, rates in %, codes in words.

    Example:
        >>> value_text("execution_rate", 0.6044), value_text("grade", "good"), value_text("score", None)
        ('60.44%', '良', '—')
    """
    if column in value_labels():
        return word(column, value)
    kind = columns()[column]["type"]
    if value is None or value is pd.NA or value != value:
        return "" if kind == "text" else "—"
    if kind == "date":
        return f"{value:%Y-%m-%d}"
    return _WRITERS.get(kind, str)(value)


def points_texts(points: Any) -> pd.Series:
    """Write a column of points, each as :func:`points_text` does.

    Example:
        >>> points_texts([0.125, 10.0, float("nan")]).tolist()
        ['0.13', '10', '—']
    """
    return _rounded_texts(points, 100, points_text)


def percent_texts(rates: Any) -> pd.Series:
    """Write a column of rates, each as :func:`percent_text` does.

    Example:
        >>> percent_texts([0.968464, 1.0]).tolist()
        ['96.85%', '100.00%']
    """
    return _rounded_texts(rates, 10_000, percent_text)


def written_texts(values: Any) -> pd.Series:
    """Write a column of quantities, each as :func:`written_text` does.

    Example:
        >>> written_texts([95.0, 0.1]).tolist()
        ['95', '0.1']
    """
    return each_text(np.asarray(values, "float64"), written_text)


def each_text(values: Any, write: Callable[[Any], str]) -> pd.Series:
    """Write a column, each distinct value once (每个不同的值只写一次)."""
    codes, known = pd.factorize(values, use_na_sentinel=False)
    return pd.Series([write(value) for value in known], dtype="str").take(codes).reset_index(drop=True)


def fill_in(template: str, find: Callable[[str], Any], size: int) -> pd.Series:
    """Fill in a template for a column of rows (逐列套用模板).

    Args:
        template: A text with names in braces.
        find: Returns what a name stands for: one text for all rows, or a column.
        size: The number of rows.

    Example:
        >>> fill_in("{who}得{points}分", {"who": "甲", "points": pd.Series([8, 9])}.get, 2).tolist()
        ['甲得8分', '甲得9分']
    """
    parts: list[Any] = [""]
    for literal, name, _, _ in Formatter().parse(template):
        found = find(name) if name is not None else ""
        if isinstance(found, str):
            parts[-1] += literal + found
        else:
            parts[-1] += literal
            parts += [_as_texts(found), ""]
    whole: Any = pd.Series([parts[0]] * size, dtype="str") if len(parts) == 1 else parts[0] + parts[1]
    for part in parts[2:]:
        whole = whole + part if len(part) else whole
    return whole


def _as_texts(values: Any) -> pd.Series:
    """Return a column as texts: texts as they are, anything else as it is printed."""
    column = pd.Series(values).reset_index(drop=True)
    if column.dtype == "str":
        return column
    if column.dtype == object:
        return pd.Series([str(value) for value in column], dtype="str")
    return each_text(column.array, str)


def _rounded_texts(values: Any, factor: int, write: Callable[[Any], str]) -> pd.Series:
    """Write numbers that are rounded alike once; what lies near a tie is written from the number itself."""
    numbers = np.asarray(values, "float64")
    whole = numbers * factor
    rounded = np.rint(whole)
    with np.errstate(invalid="ignore"):
        plain = (
            (np.abs(np.abs(whole - rounded) - 0.5) > _TIE) & (np.abs(whole) < _SURE) & ((rounded != 0) | (whole >= 0))
        )
    return each_text(np.where(plain, rounded / factor, numbers), write)


_WRITERS: dict[str, Callable[[Any], str]] = {"rate": percent_text, "points": points_text, "money": grouped_text}
"""How a value of each type of column is written; any other as it is printed."""
