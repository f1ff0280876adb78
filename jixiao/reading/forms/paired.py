"""Columns that state two values in one cell (一格两值): what their header names, and where each cell is divided.

A header that names two values (目标值/实际值) is never read as one of them. It is read as both where every cell below
it is divided into two such values; otherwise its column is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from jixiao.reading.forms.assignment import VALUES, candidates, is_exact
from jixiao.reading.forms.below import is_filled, numbers_of
from jixiao.reading.forms.meanings import header_words, pattern
from jixiao.reading.values.values import normalise

POINTS = frozenset({"weight", "reported_score"})
MARK = "/"
"""Stands between the two meanings of such a column."""


@lru_cache(maxsize=4_096)
def pair_of(text: str) -> tuple[str, str] | None:
    """Return the two values that a header names, in their order; nothing when it names one or none.

    Example:
        >>> pair_of("目标值/实际值"), pair_of("得分／满分"), pair_of("计划与完成"), pair_of("实际完成值")
        (('target', 'actual'), ('reported_score', 'weight'), ('target', 'actual'), None)
    """
    if is_exact(text):
        return None
    halves = pattern("pair_header").split(normalise(text))
    if len(halves) != 2 or not all(halves):
        return None
    first, second = (_value_of(half) for half in halves)
    if not first or not second or first == second or (first in POINTS) != (second in POINTS):
        return None
    return first, second


def _value_of(half: str) -> str:
    threshold = float(header_words()["threshold"])
    for text in (half, half + header_words()["sub_headers"][1]):
        for name, sure in candidates(text, "columns"):
            if name in VALUES and sure >= threshold:
                return name
    return ""


def split_pair(text: str, pair: tuple[str, str]) -> tuple[str, str] | None:
    """Return the two values of a cell; nothing where it cannot be said where the one ends.

    Example:
        >>> split_pair("≥95%/96.2%", ("target", "actual")), split_pair("13.5/15", ("reported_score", "weight"))
        (('≥95%', '96.2%'), ('13.5', '15'))
        >>> split_pair("500元/亩", ("target", "actual")), split_pair("2021/12/31", ("target", "actual"))
        (None, None)
        >>> split_pair("15/13.5", ("reported_score", "weight"))
    """
    halves = [half.strip() for half in pattern("pair_cell").split(text.strip())]
    if len(halves) != 2 or not all(halves):
        return None
    if set(pair) == POINTS:
        points = dict(zip(pair, numbers_of(halves), strict=True))
        score, weight = points["reported_score"], points["weight"]
        return (halves[0], halves[1]) if score is not None and weight is not None and 0 <= score <= weight else None
    has_digits = [any(sign.isdigit() for sign in half) for half in halves]
    is_blank = [pattern("blank_cell").fullmatch(normalise(half)) is not None for half in halves]
    return (halves[0], halves[1]) if has_digits[0] == has_digits[1] or any(is_blank) else None


def holds_pairs(texts: Sequence[str], pair: tuple[str, str]) -> bool:
    """Say whether every filled cell of a column is divided into the two values that its header names."""
    return is_filled(texts) and all(split_pair(text, pair) for text in texts if text.strip())
