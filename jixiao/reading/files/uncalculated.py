"""Formulas that nobody calculated (未计算的公式): their stored value is a 0 or a blank that stands for nothing.

A program that writes a workbook leaves a 0 in every formula and asks the reader to calculate. Simple formulas are
worked out here, only to tell such a 0 from a true one; what is read is always the stored value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jixiao.core.errors import FormError

Position = tuple[int, int]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<range>\$?[A-Z]{1,3}\$?\d+:\$?[A-Z]{1,3}\$?\d+)|"
    r"(?P<cell>\$?[A-Z]{1,3}\$?\d+)(?![\w(!])|(?P<name>[A-Z]+)(?=\()|(?P<sign><>|<=|>=|[-+*/^%(),<>=]))"
)
_ARITHMETIC = re.compile(r"^\s*(?:SUM|AVERAGE|ROUND|PRODUCT|MAX|MIN|COUNT)\(|[-+*/]", re.IGNORECASE)
_MOST, _DEEPEST = 10_000, 50
SHOWN = 20
"""Cells named in one sentence."""


_IS_BLANKED: ContextVar[bool] = ContextVar("is_blanked", default=False)


@contextmanager
def blank_uncalculated() -> Iterator[None]:
    """Read a workbook whole, its uncalculated formulas as blank cells with a remark each (未计算的公式按空白读取).

    For answers, where one such cell must not keep the others from being read; a form is refused.
    """
    token = _IS_BLANKED.set(True)
    try:
        yield
    finally:
        _IS_BLANKED.reset(token)


def is_blanked() -> bool:
    """Say whether uncalculated formulas are read as blank cells now."""
    return _IS_BLANKED.get()


class _Unknown(Exception):
    """The formula says more than is understood here."""


def is_arithmetic(formula: str) -> bool:
    """Say whether a formula can only give a number, never a blank text.

    Example:
        >>> is_arithmetic("SUM(A1:A3)"), is_arithmetic('IF(A1="","",A1)'), is_arithmetic("A1")
        (True, False, False)
    """
    return '"' not in formula and "&" not in formula and bool(_ARITHMETIC.search(formula))


def work_out(formula: str, rows: Sequence[Sequence[Any]], formulas: Mapping[Position, str]) -> float | None:
    """Return what a simple formula gives (试算公式), or None when it is not simple.

    Args:
        formula: The formula without its equals sign.
        rows: The stored values.
        formulas: The formulas of the other cells, which are worked out in turn.

    Example:
        >>> work_out("SUM(A1:A2)*2", [[1], [2.5]], {}), work_out("VLOOKUP(1)", [], {})
        (7.0, None)
    """
    try:
        return _Working(rows, formulas).value(formula, 0)
    except (_Unknown, ZeroDivisionError, OverflowError, ValueError, RecursionError):
        return None


class _Working:
    """One piece of working out: it reads cells, and the formulas in them, up to a number of steps."""

    def __init__(self, rows: Sequence[Sequence[Any]], formulas: Mapping[Position, str]) -> None:
        self._rows, self._formulas = rows, formulas
        self._steps = 0

    def value(self, formula: str, depth: int) -> float:
        if depth > _DEEPEST or len(formula) > 1_000:
            raise _Unknown
        tokens = self._tokens(formula)
        found = self._compared(tokens, depth)
        if tokens:
            raise _Unknown
        return found

    def _tokens(self, formula: str) -> list[tuple[str, str]]:
        tokens, place = [], 0
        text = formula.strip().upper()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if not found or found.lastgroup is None:
                raise _Unknown
            tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()
        return tokens

    def _cell(self, row: int, column: int, depth: int, *, is_sum: bool = False) -> float | None:
        self._steps += 1
        if self._steps > _MOST:
            raise _Unknown
        formula = self._formulas.get((row, column))
        if formula:
            return self.value(formula, depth + 1)
        held = self._rows[row][column] if row < len(self._rows) and column < len(self._rows[row]) else ""
        if isinstance(held, bool) or held is None or isinstance(held, str):
            if is_sum:
                return None
            if held in ("", None):
                return 0.0
            raise _Unknown
        if isinstance(held, int | float):
            return float(held)
        raise _Unknown

    def _compared(self, tokens: list[tuple[str, str]], depth: int) -> float:
        left = self._added(tokens, depth)
        if tokens and tokens[0][1] in {"<", ">", "=", "<=", ">=", "<>"}:
            sign = tokens.pop(0)[1]
            right = self._added(tokens, depth)
            tests = {
                "<": left < right,
                ">": left > right,
                "=": left == right,
                "<=": left <= right,
                ">=": left >= right,
                "<>": left != right,
            }
            return float(tests[sign])
        return left

    def _added(self, tokens: list[tuple[str, str]], depth: int) -> float:
        total = self._multiplied(tokens, depth)
        while tokens and tokens[0][1] in {"+", "-"}:
            sign = tokens.pop(0)[1]
            part = self._multiplied(tokens, depth)
            total = total + part if sign == "+" else total - part
        return total

    def _multiplied(self, tokens: list[tuple[str, str]], depth: int) -> float:
        total = self._raised(tokens, depth)
        while tokens and tokens[0][1] in {"*", "/"}:
            sign = tokens.pop(0)[1]
            part = self._raised(tokens, depth)
            total = total * part if sign == "*" else total / part
        return total

    def _raised(self, tokens: list[tuple[str, str]], depth: int) -> float:
        total = self._one(tokens, depth)
        while tokens and tokens[0][1] in {"^", "%"}:
            if tokens.pop(0)[1] == "%":
                total /= 100
            else:
                total = float(total ** self._one(tokens, depth))
        return total

    def _one(self, tokens: list[tuple[str, str]], depth: int) -> float:
        if not tokens:
            raise _Unknown
        kind, text = tokens.pop(0)
        if kind == "number":
            return float(text)
        if kind == "cell":
            row, column = _place(text)
            found = self._cell(row, column, depth)
            return 0.0 if found is None else found
        if text in {"-", "+"}:
            part = self._one(tokens, depth)
            return -part if text == "-" else part
        if text == "(":
            total = self._compared(tokens, depth)
            self._take(tokens, ")")
            return total
        if kind == "name":
            return self._called(text, tokens, depth)
        raise _Unknown

    def _take(self, tokens: list[tuple[str, str]], sign: str) -> None:
        if not tokens or tokens.pop(0)[1] != sign:
            raise _Unknown

    def _called(self, name: str, tokens: list[tuple[str, str]], depth: int) -> float:
        self._take(tokens, "(")
        numbers: list[float] = []
        while tokens and tokens[0][1] != ")":
            if tokens[0][0] == "range":
                (top, left), (bottom, right) = map(_place, tokens.pop(0)[1].split(":"))
                for row in range(top, bottom + 1):
                    for column in range(left, right + 1):
                        found = self._cell(row, column, depth, is_sum=True)
                        numbers += [] if found is None else [found]
            else:
                numbers.append(self._compared(tokens, depth))
            if tokens and tokens[0][1] == ",":
                tokens.pop(0)
        self._take(tokens, ")")
        functions: dict[str, Callable[[], float]] = {
            "SUM": lambda: sum(numbers),
            "PRODUCT": lambda: _product(numbers),
            "AVERAGE": lambda: sum(numbers) / len(numbers),
            "MAX": lambda: max(numbers, default=0.0),
            "MIN": lambda: min(numbers, default=0.0),
            "ROUND": lambda: round(numbers[0], int(numbers[1])),
            "IF": lambda: numbers[1] if numbers[0] else numbers[2],
        }
        if name not in functions or (name in {"ROUND", "IF"} and len(numbers) != {"ROUND": 2, "IF": 3}[name]):
            raise _Unknown
        return functions[name]()


def _product(numbers: Sequence[float]) -> float:
    total = 1.0
    for number in numbers:
        total *= number
    return total


def _place(reference: str) -> Position:
    plain = reference.replace("$", "")
    letters = plain.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(plain[len(letters) :]) - 1, column - 1


def refuse_uncalculated(cells: Sequence[str], *, name: str, sheet: str) -> None:
    """Refuse a sheet with formulas that were never calculated; the sentence names their cells.

    Raises:
        FormError: There are such cells.
    """
    if not cells:
        return
    listed = "、".join(cells[:SHOWN])
    raise FormError(
        name,
        f"有{len(cells)}个公式没有保存计算结果，第一个在{cells[0]}",
        "请用 Excel 或 WPS 打开并保存一次后再放入" + (f"，涉及{listed}" if len(cells) > 1 else ""),
        place=sheet,
    )
