"""Stored cell values as the text a reader sees (显示值): percent signs, leading zeros, units, dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from jixiao.core.vocabulary import reading_words

PERCENT_PLACES = 4
"""Decimals to which a shown percentage is exact; what floating point adds behind them is cut."""
CHINESE_DATES = frozenset([27, 28, 29, 30, 31, 36, *range(50, 55), 57, 58])
"""Numbers of the built-in date formats of a Chinese workbook, which the file need not spell out."""
_CODE = re.compile(r'"([^"]*)"|\\(.)|!(.)|_.|\*.|\[[^\]]*\]|([0#?][0#?,.]*)|(.)', re.DOTALL)
_WORD = re.compile(r"[^\W\d_]")
_RELATION = re.compile(r"[≥≤><＞＜≧≦]")
_PICTURE = re.compile(r"=?\s*(?:_xlfn\.)?(?:_xlws\.)?(?:DISPIMG|IMAGE)\(.*\)\s*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class NumberFormat:
    """What a number format (单元格格式) adds to a stored number."""

    decimals: int | None = None
    """Decimals of a percentage; None when the number is not shown as one."""
    zeros: int = 0
    """Digits to which the number is filled up with zeros in front."""
    before: str = ""
    after: str = ""
    is_date: bool = False

    def __bool__(self) -> bool:
        return self is not PLAIN and self != PLAIN


PLAIN = NumberFormat()


@cache
def number_format(code: str, number: int = -1) -> NumberFormat:
    """Return what a format code adds to a number; what only rounds, colours or groups adds nothing.

    Args:
        code: The format code, as a workbook stores it; empty when the file does not spell it out.
        number: The number of a built-in format.

    Example:
        >>> number_format("000000").zeros, number_format('0.00"万元"').after, number_format("0.0%").decimals
        (6, '万元', 1)
        >>> number_format('"≥"0"个"').before
        '≥'
    """
    if not code:
        built_in = {9: NumberFormat(decimals=0), 10: NumberFormat(decimals=2)}
        return built_in.get(number, NumberFormat(is_date=number in CHINESE_DATES))
    if code.lower() == "general" or re.search(r"\[[<>=]", code):
        return PLAIN
    digits, before, after, is_percent = "", "", "", False
    first = re.sub("general", "0", code.partition(";")[0], flags=re.IGNORECASE)
    for quoted, escaped, banged, places, sign in _CODE.findall(first):
        literal = quoted or escaped or banged
        if places:
            if digits:  # two groups of digits: a trick that moves the decimal point, or a fraction
                return PLAIN
            digits = places
        elif sign == "%":
            is_percent = True
        elif sign and (sign in "@/:eE" or sign in "ymdhsYMDHSgGbB"):
            return PLAIN
        elif digits:
            after += literal or sign
        else:
            before += literal or sign
    whole, _, part = digits.partition(".")
    if not digits or digits.endswith(","):  # a comma at the end divides by a thousand
        return PLAIN
    if is_percent:
        return NumberFormat(decimals=part.count("0"))
    zeros = whole.replace(",", "").count("0")
    return NumberFormat(
        zeros=zeros if zeros > 1 else 0,
        before=before.strip() if _WORD.search(before) or _RELATION.search(before) else "",
        after=after.strip() if _WORD.search(after) else "",
    )


def written(value: Any, *, decimals: int | None = None, shown: NumberFormat = PLAIN) -> str:
    """Return a stored cell value as the text a reader sees.

    Args:
        value: What the file stores.
        decimals: Decimals of the percent format of the cell; None when it is not shown as a percentage.
        shown: The number format of the cell, when it is more than a percentage.

    Example:
        >>> written(0.95, decimals=0), written(40.36), written(2.0), written(50, shown=number_format('0"个"'))
        ('95%', '40.36', '2', '50个')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(reading_words()["yes" if value else "no"])
    if isinstance(value, datetime):
        value = value.date() if value.time() == time() else value
    if isinstance(value, date):
        return str(reading_words()["date"]).format(year=value.year, month=value.month, day=value.day)
    if isinstance(value, int | float):
        if value.__class__ is float and value.is_integer() and decimals is None and not shown:
            return str(int(value))
        number = Decimal(repr(value))
        if not number.is_finite():
            return str(value)
        decimals = shown.decimals if decimals is None else decimals
        if decimals is not None:
            places = Decimal(1).scaleb(-max(decimals, PERCENT_PLACES))
            exact = (number * 100).quantize(places, ROUND_HALF_UP)
            text = f"{exact.normalize():f}"
            return f"{text if '.' in text else f'{exact:.{decimals}f}'}%"
        text = f"{number.normalize():f}"
        if shown.zeros and number >= 0:
            text = text.zfill(shown.zeros + len(text) - len(text.partition(".")[0]))
        return f"{shown.before}{text}{shown.after}"
    return str(value)


def is_picture(text: str) -> bool:
    """Say whether the text of a cell is only the formula of a picture in it (单元格图片).

    Example:
        >>> is_picture('=DISPIMG("ID_1A2B",1)'), is_picture("=A1")
        (True, False)
    """
    return bool(text) and text[0] in "=_dDiI" and _PICTURE.fullmatch(text) is not None


def from_serial(value: float, *, is_1904: bool = False) -> date | float:
    """Return the date of a serial number (日期序列值), or the number where it is none.

    Example:
        >>> from_serial(44672.0)
        datetime.date(2022, 4, 21)
    """
    start = date(1904, 1, 1) if is_1904 else date(1899, 12, 30)
    first = 0 if is_1904 else 61  # the calendar of the workbook knows a 29 February 1900
    return start + timedelta(days=int(value)) if first <= value < 2_958_466 else value


def has_lost_digits(value: float, digits: int) -> bool:
    """Say whether a number has more digits than a workbook keeps: a code stored as a number has lost its last ones.

    Example:
        >>> has_lost_digits(36010219800101123.0, 15), has_lost_digits(999999999999999.0, 15)
        (True, False)
    """
    return abs(value) >= 10**digits and value == value and abs(value) != float("inf")
