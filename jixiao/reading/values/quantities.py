"""Numbers with their sign and measure unit (数量), and frequencies (频率), each read from one text.

A text is cut at its number into head and tail; the same heads and tails come back in every form, so what they mean is
worked out once.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from jixiao.reading.values.notation import LARGEST, NUMBER, Grammar, Value, alternatives, decimal_of, load_grammar

_ONE = re.compile(rf"(?P<head>[^0-9]*?)(?P<number>{NUMBER})(?P<tail>[^0-9]*)")
_LONGEST_NUMBER = 28
_REMEMBERED = 16384
_PLUS_MINUS = "±"
_PLAIN_KINDS = frozenset({"money", "rate", "duration"})
"""Quantities whose unit cannot be the beginning of another word."""


class Unit(NamedTuple):
    """A measure unit as read: the kind of quantity, the unit it is kept in, what a number is multiplied with."""

    kind: str
    name: str
    times: Decimal
    factor: Decimal
    near: str
    is_known: bool


class Head(NamedTuple):
    """What stands before a number."""

    label: str
    relation: str
    written: str
    near: str
    is_noted: bool
    clash: tuple[str, ...]
    is_spread: bool


class Tail(NamedTuple):
    """What stands behind a number; ``rest`` are words that belong to no value."""

    unit: Unit | None
    written: str
    relation: str
    suffix: str
    end: str
    near: str
    remark: str
    rest: str


def read_one(
    plain: str, text: str, *, wanted_unit: str = "", named_unit: str = "", is_whole: bool = False
) -> Value | None:
    """Read a text that holds exactly one number; None when it holds none or more.

    Args:
        plain: The normalised text.
        text: The text as written, kept in the value.
        wanted_unit: A number of this unit is read out of longer words.
        named_unit: The unit of a bare number, known from the name of its indicator.
        is_whole: Take no number out of longer words.

    Example:
        >>> value = read_one("合格率>=95%", "合格率≥95%")
        >>> value.relation, value.value, len(value.guesses)
        ('>=', Decimal('0.95'), 1)
    """
    found = _ONE.fullmatch(plain)
    if not found:
        return None
    grammar, number = load_grammar(), found["number"]
    head, tail = read_head(found["head"]), read_tail(found["tail"])
    relation, notes = _relation_of(grammar, head, tail)
    unit = tail.unit
    if unit is None or relation is None or (head.is_spread and relation[:1] == ">"):
        return Value(text, "text", guesses=notes)
    if named_unit and not unit.name and unit.factor == 1:
        unit, note = named_of(grammar, named_unit, unit, number)
        notes = (*notes, *note)
    if head.label or tail.rest or head.is_noted:
        if is_whole:
            return None
        is_told = bool(relation) or head.is_noted or (bool(wanted_unit) and unit.name == wanted_unit)
        is_outer = unit.is_known and (not tail.rest or (not head.label and unit.kind in _PLAIN_KINDS))
        if grammar.sign.fullmatch(tail.rest):
            return Value(text, "text", guesses=(grammar.guess("sign_after", sign=tail.rest),))
        if not (is_told or is_outer) or _is_refused(grammar, head, number):
            return Value(text, "text", guesses=notes)
        notes = (*notes, grammar.guess("clause", part=f"{head.written}{number}{tail.written}"))
    value = decimal_of(number) if len(number) <= _LONGEST_NUMBER else LARGEST
    value *= unit.times
    if abs(value) >= LARGEST:
        return Value(text, "text", guesses=(grammar.guess("too_large"),))
    near = head.near or unit.near or tail.near
    if near:
        notes = (grammar.guess("approximate", word=near), *notes)
    if tail.remark:
        notes = (*notes, grammar.guess("remark", remark=tail.remark))
    if head.is_spread:
        bounds = (-abs(value), abs(value))
        return Value(text, unit.kind, "range", None, unit.name, None, None, notes, unit.factor, *bounds, "[]")
    label = head.label
    return Value(text, unit.kind, relation, value, unit.name, None, None, notes, unit.factor, label=label)


def _is_refused(grammar: Grammar, head: Head, number: str) -> bool:
    """Say whether the words before a number forbid to take it out of them: 未达到80%, 不再新增3个, 编号A-5."""
    if not head.label:
        return False
    is_denied = not head.relation and not grammar.denials.isdisjoint(head.label)
    return is_denied or number[0] in "+-" or grammar.is_unclear(head.label)


def named_of(grammar: Grammar, named_unit: str, unit: Unit, number: str) -> tuple[Unit, tuple[str, ...]]:
    """Give a bare number the unit that its indicator names; 0.95 under （%） may be either, so it keeps none."""
    named = read_unit(named_unit)
    if named is None or (named.kind == "rate" and 0 < abs(decimal_of(number)) <= 1):
        return unit, ()
    return named, (grammar.guess("unit_from_name", unit=named_unit),)


def _relation_of(grammar: Grammar, head: Head, tail: Tail) -> tuple[str | None, tuple[str, ...]]:
    """Bring the signs before and behind a number together; None when they contradict each other."""
    if head.clash:
        return None, (grammar.guess("signs_differ", first=head.clash[0], second=head.clash[1]),)
    first, second = head.relation, tail.relation
    if head.is_spread or not second or first == second:
        return first, ()
    if not first or first == "=":
        return second, ()
    words = {"first": head.written, "second": tail.suffix}
    if first[0] != second[0]:
        return None, (grammar.guess("signs_differ", **words),)
    return first, (grammar.guess("double_sign", **words),)


@lru_cache(maxsize=_REMEMBERED)
def read_head(head: str) -> Head:
    """Read what stands before a number (数字之前): words, 约, the sign."""
    if not head:
        return Head("", "", "", "", False, (), False)
    grammar = load_grammar()
    is_spread = head.endswith(_PLUS_MINUS)
    found = grammar.head.fullmatch(head.removesuffix(_PLUS_MINUS))
    if found is None:
        return Head(head, "", "", "", False, (), False)
    told = grammar.told.findall(found["before"] + found["after"])
    near = next((word for word in told if word in grammar.declared["approximate"]), "")
    is_noted = any(word in grammar.declared["leads_noted"] for word in told)
    written = grammar.sign.findall(found["sign"])
    signs = [grammar.prefixes[word] for word in written]
    clash: tuple[str, ...] = ()
    relation = signs[0] if signs else ""
    if len(signs) == 2 and signs[0] != signs[1]:
        if "=" in signs:
            relation = next(sign for sign in signs if sign != "=")
            relation = relation[0] + "="
        elif signs[0][0] == signs[1][0]:
            relation = signs[0][0] + "="
        else:
            clash = tuple(written)
    return Head(found["label"], relation, found["sign"], near, is_noted, clash, is_spread)


_NO_UNIT = Unit("number", "", Decimal(1), Decimal(1), "", False)
_NOTHING = Tail(_NO_UNIT, "", "", "", "", "", "", "")


@lru_cache(maxsize=_REMEMBERED)
def read_tail(tail: str) -> Tail:
    """Read what stands behind a number (数字之后): unit, 以上, 左右, a remark; ``unit`` is None when nothing fits."""
    if not tail:
        return _NOTHING
    grammar = load_grammar()
    found = grammar.tail.fullmatch(tail)
    if found:
        written = found["inner"] or found["unit"] or ""
        unit = read_unit(written)
        if unit is not None and (unit.is_known or not _begins_known(grammar, written)):
            end = end_of(grammar, found["end"] or found["after"] or "")
            relation = grammar.suffixes.get(found["suffix"] or "", "")
            if relation and end:
                relation = relation[0] + ("=" if end == "included" else "")
            shown = written + (found["suffix"] or "")
            remark = (found["remark"] or "")[1:-1]
            return Tail(unit, shown, relation, found["suffix"] or "", end, found["about"] or "", remark, "")
    prose = grammar.known_unit.match(tail)
    unit = read_unit(prose["unit"]) if prose else None
    if prose is None or unit is None:
        return Tail(None, "", "", "", "", "", "", tail)
    suffix = prose["suffix"] or ""
    return Tail(unit, prose[0], grammar.suffixes.get(suffix, ""), suffix, "", "", "", tail[prose.end() :])


def _begins_known(grammar: Grammar, written: str) -> bool:
    """Say whether unknown words start with a unit of money or time: 元全部支付."""
    return any(
        written.startswith(unit) and len(written) >= len(unit) + 2 for unit in (*grammar.money, *grammar.durations)
    )


def end_of(grammar: Grammar, written: str) -> str:
    """Say whether （含） or （不含） is written: included, excluded or an empty text."""
    if not written:
        return ""
    return "included" if written in grammar.declared["included"] else "excluded"


@lru_cache(maxsize=_REMEMBERED)
def read_unit(written: str) -> Unit | None:
    """Read a measure unit with its scale (计量单位): 万人, 亿元, 余场, 次/年; None for what is no unit.

    Example:
        >>> read_unit("万人")[:3], read_unit("次/季")[:2]
        (('count', '人', Decimal('10000')), ('frequency', '次/季度'))
    """
    if not written:
        return _NO_UNIT
    grammar = load_grammar()
    base, _, per = written.partition("/")
    if per:
        unit = read_unit(base)
        if unit is not None and not unit.name and base in grammar.scales:  # 万/月 is money: 万元/月
            unit = read_unit(f"{base}{grammar.declared['money_unit'][-1]}")
        if unit is None or not unit.name:
            return None
        period = grammar.periods.get(per, "")
        per = period or grammar.synonyms.get(per, per)
        is_known = unit.is_known and bool(period or per in grammar.units)
        return unit._replace(kind="frequency" if period else "count", name=f"{unit.name}/{per}", is_known=is_known)
    if written.startswith(grammar.declared["month_sign"]) or written.endswith(grammar.no_units):
        return None
    one, near = Decimal(1), ""
    if written not in grammar.units and written.startswith(grammar.vague):
        near, written = written[0], written[1:]
    if written in grammar.rates:
        return Unit("rate", "%", 1 / grammar.rates[written], one, near, True)
    if written in grammar.money:
        factor = grammar.money[written]
        return Unit("money", grammar.declared["money_unit"], factor, factor, near, True)
    if written in grammar.durations:
        return Unit("duration", written, one, one, near, True)
    scale = ""
    if written not in grammar.units:
        scale = max((word for word in grammar.scales if written.startswith(word)), key=len, default="")
    factor = grammar.scales.get(scale, one)
    name = written[len(scale) :]
    if scale and name.startswith(grammar.vague):
        near, name = name[0], name[1:]
    if name in grammar.money:
        factor *= grammar.money[name]
        return Unit("money", grammar.declared["money_unit"], factor, factor, near, True)
    is_known = name in grammar.units
    if not is_known and grammar.no_unit.search(name):
        return None
    name = grammar.synonyms.get(name, name)
    return Unit("count" if name else "number", name, factor, factor, near, is_known)


def read_frequency(plain: str, text: str) -> Value | None:
    """Read how often in a period (频率): ``每月1次``, ``每年不少于2次``; ``2次/年`` is read by its unit.

    Example:
        >>> value = read_frequency("每年不少于2次", "每年不少于2次")
        >>> value.relation, value.value, value.measure_unit
        ('>=', Decimal('2'), '次/年')
    """
    grammar = load_grammar()
    found = _often().fullmatch(plain)
    value = read_one(found["first"] or found["rest"], text, is_whole=True) if found else None
    if found is None or value is None or value.value is None or not value.measure_unit:
        return None
    lead = found["lead"] or grammar.each
    written = found["behind"] or found["period"] or ""
    period = grammar.periods.get(written, grammar.declared["year_sign"] if lead in grammar.yearly else "")
    is_often = value.measure_unit in grammar.declared["often_units"]
    if not period or (lead == "1" and not (is_often and written)):
        return None
    return value._replace(kind="frequency", measure_unit=f"{value.measure_unit}/{period}", text=text)


@lru_cache(maxsize=1)
def _often() -> re.Pattern[str]:
    grammar = load_grammar()
    periods, within = alternatives(grammar.periods), alternatives(grammar.declared["within"])
    leads = rf"{grammar.each}1?|1|{alternatives(grammar.yearly)}"
    return re.compile(
        rf"(?P<first>.+?){grammar.each}(?P<behind>{periods})"
        rf"|(?P<lead>{leads})(?P<period>{periods})?(?:{within})?[:,]?(?P<rest>.+)"
    )


def read_ratio(plain: str, text: str) -> Value | None:
    """Read the result of a calculation that is written out (算式): ``59.27/61.2=96.84%``."""
    if "=" not in plain or not plain.endswith("%"):
        return None
    found = _ratio().fullmatch(plain)
    return Value(text, "rate", value=decimal_of(found["rate"]) / 100, measure_unit="%") if found else None


@lru_cache(maxsize=1)
def _ratio() -> re.Pattern[str]:
    part = rf"\(?(?:{NUMBER})[^0-9\s,，。;；:：()=<>≥≤/%‰]{{0,8}}?\)?"
    return re.compile(rf"\(?{part}[/÷]{part}\)?(?:[*×]100%)?=(?P<rate>{NUMBER})%")
