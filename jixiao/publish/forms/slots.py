"""A form laid out, in no file format yet (排好版的表): cells with spans, texts, exact numbers, formulas and rules."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal

from jixiao.core.exact import half_up
from jixiao.publish.forms.layouts import Layout, Message
from jixiao.reading.files import column_letters, written

LINE_POINTS = 14
"""Height of a line of text in points."""


@dataclass(frozen=True)
class Rule:
    """What may be typed into a cell (数据有效性) and what is said beside it.

    ``kind`` is any, list, at_least_zero or between; ``limit`` a number or the address of the cell that holds it.
    A list that is not strict warns or stays silent, and takes other words.
    """

    kind: str
    hint: Message
    refusal: Message | None = None
    choices: tuple[str, ...] = ()
    limit: str = ""


@dataclass(frozen=True)
class Slot:
    """One cell of a form (单元格): where it stands, what it says, how it is shown.

    ``text`` is what a reader sees and what a document holds; ``number`` the exact number a workbook stores, which is
    the cached result when there is a ``formula``. ``role`` is title, line, label, entry or check (a warning that a
    workbook works out); ``lines`` the room it has at least.
    """

    row: int
    column: int
    text: str = ""
    rows: int = 1
    columns: int = 1
    role: str = "entry"
    is_left: bool = False
    number: Decimal | None = None
    number_format: str = ""
    formula: str = ""
    lines: int = 1
    is_open: bool = False
    rule: Rule | None = None

    @property
    def address(self) -> str:
        """The address of the cell in a workbook, ``B7``."""
        return f"{column_letters(self.column)}{self.row + 1}"


@dataclass
class LaidOut:
    """One form laid out on rows and columns (排好版的表)."""

    layout: Layout
    slots: list[Slot] = field(default_factory=list)
    header_row: int = 0
    """The header row of the indicators; it is printed again on every page."""
    is_template: bool = False
    alarm: tuple[str, str] | None = None
    """A cell that is marked while a condition holds: its address and the formula of the condition."""

    @property
    def height(self) -> int:
        """Number of rows."""
        return max((slot.row + slot.rows for slot in self.slots), default=0)

    def add(self, slot: Slot) -> Slot:
        """Add one cell and return it."""
        self.slots.append(slot)
        return slot


def plain(number: Decimal) -> str:
    """Return a number as it is written in a form, exactly and without an exponent.

    Example:
        >>> plain(Decimal("10.0")), plain(Decimal("1E+3")), plain(Decimal("0.00"))
        ('10', '1000', '0')
    """
    return f"{number.normalize():f}" if number else "0"


def is_storable(number: Decimal) -> bool:
    """Say whether a workbook, which stores 16 digits, gives a number back exactly.

    Example:
        >>> is_storable(Decimal("108.83")), is_storable(Decimal("0.30000000000000004"))
        (True, False)
    """
    return Decimal(f"{float(number):.16G}") == number and written(float(number)) == plain(number)


def number_slot(row: int, column: int, number: Decimal | None, *, formula: str = "", columns: int = 1) -> Slot:
    """Return a cell that holds a number exactly, as text where a workbook could not; a missing number stays blank."""
    if number is None:
        return Slot(row, column, columns=columns)
    if not is_storable(number):
        return Slot(row, column, plain(number), columns=columns)
    return Slot(row, column, plain(number), columns=columns, number=number, formula=formula)


def rate_slot(row: int, column: int, text: str, *, formula: str = "", columns: int = 1) -> Slot:
    """Return a cell that holds a rate as a number shown in percent, when that is read back as it was written.

    Example:
        >>> rate_slot(0, 0, "86.18%").number, rate_slot(0, 0, "86.180%").number
        (Decimal('0.8618'), None)
    """
    places = rate_places(text)
    if places is None:
        return Slot(row, column, text, columns=columns)
    number = Decimal(text[:-1]) / 100
    code = "0%" if places == 0 else f"0.{'0' * places}%"
    return Slot(row, column, text, columns=columns, number=number, number_format=code, formula=formula)


def rate_places(text: str) -> int | None:
    """Return the decimals of a rate (比率) that a workbook can hold as a number, None when it cannot."""
    digits = text[:-1]
    if not (text.endswith("%") and digits.isascii() and digits.replace(".", "", 1).isdigit() and len(digits) < 12):
        return None
    places = len(digits.partition(".")[2])
    number = Decimal(digits) / 100
    return places if is_storable(number) and written(float(number), decimals=places) == text else None


def sum_formula(
    areas: list[str], parts: list[Decimal | None], total: Decimal | None, *, are_numbers: bool = False
) -> str:
    """Return the formula of a sum (合计) when the printed total is exactly what its parts add up to, else none.

    A part that :func:`number_slot` keeps as text would be left out by the formula, so there is none then, unless the
    caller says that all parts ``are_numbers``.

    Example:
        >>> sum_formula(["A1:A2"], [Decimal("1.5"), Decimal(2)], Decimal("3.5"))
        '=ROUND(SUM(A1:A2),1)'
        >>> sum_formula(["A1:A2"], [Decimal("9.79"), Decimal(2)], Decimal("11.79"))
        ''
    """
    present = [part for part in parts if part is not None]
    if total is None or not present or sum(present) != total:
        return ""
    if not are_numbers and not all(map(is_storable, present)):
        return ""
    places = max(-int(part.normalize().as_tuple().exponent) for part in present)
    return f"=ROUND(SUM({','.join(areas)}),{max(places, 0)})"


def rate_formula(parts: tuple[str, str], values: tuple[Decimal | None, Decimal | None], text: str) -> str:
    """Return the formula of a rate (执行率) when the printed rate is what its two numbers give, else none."""
    places = rate_places(text)
    upper, lower = values
    if places is None or upper is None or not lower:
        return ""
    rate = Decimal(text[:-1]) / 100
    near = {half_up(upper / lower * (1 + shift), places + 2) for shift in (-Decimal("1E-12"), 0, Decimal("1E-12"))}
    return f"=ROUND({parts[0]}/{parts[1]},{places + 2})" if near == {rate} else ""


def text_lines(text: str, width: float) -> int:
    """Return the lines a text needs in a column of this width, a Chinese character counting two.

    Example:
        >>> text_lines("年度指标值", 14), text_lines("年度指标值", 6)
        (1, 2)
    """
    lines = 0
    for part in text.split("\n"):
        length = sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in part)
        lines += max(1, -int(-length * 1.05 // width))
    return lines
