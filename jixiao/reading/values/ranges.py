"""Ranges of numbers (范围): two bounds of one measure unit, written with 至, ± or two signs."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from jixiao.reading.values.notation import LARGEST, NUMBER, Grammar, Value, alternatives, decimal_of, load_grammar
from jixiao.reading.values.quantities import Head, Tail, end_of, named_of, read_head, read_tail, read_unit

_TWO = re.compile(
    rf"(?P<head>[^0-9]*?)(?P<first>{NUMBER})(?P<middle>[^0-9]+)(?P<second>{NUMBER.removeprefix('[+-]?')})(?P<tail>[^0-9]*)"
)
_PLUS_MINUS = "±"
_REMEMBERED = 16384


class _Middle(NamedTuple):
    """What stands between two numbers of a range."""

    unit: str
    suffix: str
    end: str
    join: str
    sign: str


@lru_cache(maxsize=_REMEMBERED)
def _read_middle(middle: str) -> _Middle | None:
    grammar = load_grammar()
    marks = alternatives([*grammar.declared["included"], *grammar.declared["excluded"]])
    ands = alternatives(grammar.declared["ands"])
    found = re.fullmatch(
        rf"(?P<unit>[^0-9\s,，。;；:：()=<>≥≤‰+~±-]{{0,6}}?)(?P<suffix>{alternatives(grammar.suffixes)})?(?P<end>{marks})?"
        rf"(?P<join>{grammar.until}|{_PLUS_MINUS}|[,、;；]?(?:{ands})?)(?P<sign>{grammar.sign.pattern})?",
        middle,
    )
    return _Middle(*(found[name] or "" for name in _Middle._fields)) if found else None


def read_range(plain: str, text: str, *, named_unit: str = "") -> Value | None:
    """Read a range of numbers (范围): ``3-5天``, ``80%（含）-90%``, ``10±2``, ``不少于3次不超过5次``.

    Example:
        >>> value = read_range("3-5天", "3-5天")
        >>> value.kind, value.low, value.high, value.measure_unit
        ('duration', Decimal('3'), Decimal('5'), '天')
    """
    found = _TWO.fullmatch(plain)
    if not found:
        return None
    between_numbers, second = found["middle"], found["second"]
    grammar = load_grammar()
    if between_numbers[-1] in "+-" and between_numbers[:-1].endswith(tuple(grammar.declared["until"])):
        between_numbers, second = between_numbers[:-1], between_numbers[-1] + second  # -5%至-3%
    middle = _read_middle(between_numbers)
    if not middle:
        return None
    between = grammar.declared["between"]
    head, tail = read_head(found["head"]), read_tail(found["tail"].removesuffix(between))
    unit = tail.unit
    notes: tuple[str, ...] = ()
    if unit is None or tail.rest or head.clash or grammar.is_unclear(head.label):
        return None
    if named_unit and not unit.name and not middle.unit and unit.factor == 1:
        unit, notes = named_of(grammar, named_unit, unit, found["first"])
    first = unit if not middle.unit or tail.written.startswith(middle.unit) else read_unit(middle.unit)
    if first is None or (not unit.name and not tail.written and first.name):
        return None
    if (first.kind, first.name) != (unit.kind, unit.name) or (head.label and not unit.is_known):
        return None
    a, b = decimal_of(found["first"]) * first.times, decimal_of(second) * unit.times
    bounds = _bounds(grammar, head, middle, tail, (a, b))
    is_bare = not unit.name and unit.factor == 1
    if bounds is None or (is_bare and middle.join.startswith("-")) or max(abs(a), abs(b)) >= LARGEST:
        return None  # 10-20 without a unit may be a date
    near = head.near or unit.near or tail.near
    if near:
        notes = (*notes, grammar.guess("approximate", word=near))
    if tail.remark:
        notes = (*notes, grammar.guess("remark", remark=tail.remark))
    if head.label or head.is_noted:
        notes = (*notes, grammar.guess("clause", part=plain[len(head.label) :]))
    low, high, ends = bounds
    return Value(text, unit.kind, "range", None, unit.name, None, None, notes, unit.factor, low, high, ends)


def _bounds(
    grammar: Grammar, head: Head, middle: _Middle, tail: Tail, numbers: tuple[Decimal, Decimal]
) -> tuple[Decimal, Decimal, str] | None:
    """Return lower and upper bound and whether they belong to the range; None when the text is no range."""
    a, b = numbers
    signs = (
        head.relation or grammar.suffixes.get(middle.suffix, ""),
        grammar.prefixes.get(middle.sign, "") or tail.relation,
    )
    if middle.join == _PLUS_MINUS:
        return None if any(signs) or b < 0 else (a - b, a + b, "[]")
    if signs[0] and signs[1]:
        if {signs[0][0], signs[1][0]} != {"<", ">"} or re.fullmatch(grammar.until, middle.join):
            return None
        bounds = sorted(zip((a, b), signs, strict=True), key=lambda item: item[1], reverse=True)
        (low, above), (high, below) = bounds
        ends = ("[" if above == ">=" else "(") + ("]" if below == "<=" else ")")
        return (low, high, ends) if low < high else None
    if any(signs) or not re.fullmatch(grammar.until, middle.join) or not a < b:
        return None
    marked = (end_of(grammar, middle.end), tail.end)
    # 80%（含）-90%: where one end is said to belong to the range, the other one does not.
    first = marked[0] == "included" or (not marked[0] and marked[1] != "included")
    last = marked[1] == "included" or (not marked[1] and marked[0] != "included")
    return a, b, ("[" if first else "(") + ("]" if last else ")")
