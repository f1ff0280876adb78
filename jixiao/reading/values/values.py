"""Turn written values into numbers (指标值、完成值): ``≥50个`` -> relation, value, measure unit.

The words and signs live in ``rules/values.yaml``. What the grammar cannot read stays text; what it reads with an
assumption carries a guess, so nothing is guessed silently. All numbers are exact decimals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from jixiao.reading.values.moments import read_dotted, read_moment
from jixiao.reading.values.notation import Grammar, Value, load_grammar, normalise, split_remark
from jixiao.reading.values.numerals import spell_digits
from jixiao.reading.values.quantities import read_frequency, read_one, read_ratio, read_unit
from jixiao.reading.values.ranges import read_range

__all__ = [
    "Grammar",
    "Value",
    "load_grammar",
    "normalise",
    "parse_points",
    "parse_value",
    "reading_state",
    "split_remark",
    "typed_amount",
    "unit_in_name",
]

_REMEMBERED = 65536
_LONGEST = 400
"""A longer text is prose: no value is looked for in it."""
_DIGIT = re.compile("[0-9]")
_SEPARATOR = re.compile(r"(?<![0-9]),|,(?![0-9])|[;；。、\n]")
_MARKER = re.compile(r"(?:^|(?<=[;；。、,\n]))\(?([0-9]{1,2})(?:[、)]|[.:](?![0-9]))")
_MARKED_LINE = re.compile(r"^\s*\(?[0-9]{1,2}(?:[.]\s+|[、)])\s*")
_SPACED = re.compile(r"[0-9][.,]?\s+[.,]?[0-9]")
_UNIT_DIGITS = re.compile(r"(?<![A-Za-z])(km2|m2|m3)(?![0-9])")
_RAISED = frozenset("²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅟↉")
_RAISED_UNIT = re.compile("(?<=m)[²³]")
_NUMBERED = frozenset(map(chr, [*range(0x2460, 0x249C), 0x24EA, *range(0x3251, 0x3260), *range(0x32B1, 0x32C0)]))
"""Numbers in circles and brackets (①): they count the parts of a cell and are no digits of a value."""
_ODD_DIGITS = _RAISED | _NUMBERED


@lru_cache(maxsize=_REMEMBERED)
def parse_value(text: str, *, year: int | None = None, wanted_unit: str = "", named_unit: str = "") -> Value:
    """Read one written value.

    Args:
        text: The cell as written.
        year: The evaluated year, for dates that print only a month. Without it what looks like a date and like a
            number (2023.12) is a number; with it, it is refused.
        wanted_unit: Measure unit to look for when several quantities stand in one text.
        named_unit: The unit of a bare number, from the name of the indicator: see :func:`unit_in_name`.

    Returns:
        The value; ``kind`` is ``text`` when the grammar cannot read it, ``several`` when it holds several values.

    Example:
        >>> value = parse_value("＜＝56.42万元")
        >>> value.relation, value.value, value.measure_unit, value.kind
        ('<=', Decimal('56.42'), '万元', 'money')
        >>> parse_value("显著提升").kind, parse_value("≥50个，合格率≥95%").kind
        ('text', 'several')
    """
    grammar = load_grammar()
    plain = normalise(text)
    kind = grammar.words.get(plain)
    if kind or not plain:
        return Value(text, kind or "blank")
    asked = _Asked(year, wanted_unit, named_unit)
    if not text.isascii() and not _ODD_DIGITS.isdisjoint(text):
        lowered = _lowered(text)
        if lowered is None or not lowered.strip():
            return Value(text, "text")
        return _read_lines(grammar, lowered, asked)._replace(text=text)
    if len(text) != len(plain) and len(text.split()) > 1:
        return _read_lines(grammar, text, asked)
    return _read_plain(grammar, text, plain, asked)


_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:(?P<mark>[、' ])[0-9]{3})(?:(?P=mark)[0-9]{3})*(?:\.[0-9]+)?")


def typed_amount(text: str) -> tuple[str, bool]:
    """Return an amount without the marks that people type around it (手工填写的金额), and whether that is a guess.

    A sign of money before it and an apostrophe are taken off; 、 ' and a blank between whole groups of three digits
    are read as thousands, by assumption.

    Example:
        >>> typed_amount("￥520.00"), typed_amount("1、520.00"), typed_amount("1、52")
        (('520.00', False), ('1520.00', True), ('1、52', False))
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    marks = load_grammar().declared["currencies"]
    bare = plain.lstrip("'‘’`").strip()
    for mark in marks:
        bare = bare.removeprefix(mark).strip(" :")
    if bare == plain and not _GROUPED.match(bare):
        return text, False
    number = re.match(r"[-+0-9.,、' ’]*", bare)
    head = (number[0] if number else "").replace("’", "'").strip()
    if _GROUPED.fullmatch(head):
        joined = re.sub("[、' ]", "", head)
        return joined + bare[len(number[0]) if number else 0 :], True
    return (bare if bare[:1].isdigit() or bare[:1] in "+-" else text), False


class _Asked(NamedTuple):
    """What is asked of a text, beside the text itself."""

    year: int | None
    wanted_unit: str
    named_unit: str


def _lowered(text: str) -> str | None:
    """Write ① as a new line and ㎡ with a plain digit; None where a raised digit would join a number (10²)."""
    lines = "".join("\n" if sign in _NUMBERED else sign for sign in text)
    lines = _RAISED_UNIT.sub(lambda found: normalise(found[0]), lines)
    return lines if _RAISED.isdisjoint(lines) else None


def _read_lines(grammar: Grammar, text: str, asked: _Asked) -> Value:
    """Read a text with blanks or line breaks inside: they may part two numbers, so they are not simply dropped."""
    lines = [_MARKED_LINE.sub("", line) for line in unicodedata.normalize("NFKC", text).split("\n") if line.strip()]
    if any(_SPACED.search(line) for line in lines):
        return Value(text, "text", guesses=(grammar.guess("spaced"),))
    plain = normalise(" ".join(lines))
    value = Value(text, "text")
    if len(lines) < 2 or not _SPACED.search(" ".join(lines)):
        value = _read_plain(grammar, text, plain, asked)
    if len(lines) > 1 and value.kind == "text":
        value = _read_parts(grammar, text, "\n".join(normalise(line) for line in lines), asked) or value
    return value


def _read_plain(grammar: Grammar, text: str, plain: str, asked: _Asked) -> Value:
    """Read a text that was brought into one spelling."""
    bare = plain.rstrip("。;,、.").strip("“”\"'‘’「」") or plain
    if bare != plain and bare in grammar.words:
        return Value(text, grammar.words[bare])
    plain = bare
    if len(plain) > _LONGEST:
        return Value(text, "text")
    if plain[-1] == ")":
        head, remark = split_remark(plain)
        if remark and grammar.words.get(head) == "word":
            return Value(text, "word", guesses=(grammar.guess("remark", remark=remark),))
    if not _DIGIT.search(plain):
        return _read_words(grammar, text, plain, asked)
    if "m2" in plain or "m3" in plain:
        plain = _UNIT_DIGITS.sub(lambda found: grammar.declared["unit_signs"][found[1]], plain)
    value = _read_single(grammar, text, plain, asked)
    if value is None:
        value = _read_remark(grammar, text, plain, asked) or _read_parts(grammar, text, plain, asked)
    return value or Value(text, "text")


def _read_single(grammar: Grammar, text: str, plain: str, asked: _Asked) -> Value | None:
    """Read one date, frequency, number or range; None when the text is none of them."""
    value = _read_months(grammar, text, plain, asked)
    if value is None and grammar.tells_time(plain):
        value = read_moment(plain, text, year=asked.year)
    elif asked.year is not None and ("20" in plain or "19" in plain or "/" in plain or plain.isdigit()):
        value = read_dotted(plain, text, year=asked.year)
    if value is None and grammar.tells_often(plain):
        value = read_frequency(plain, text)
    return (
        value
        or read_one(plain, text, wanted_unit=asked.wanted_unit, named_unit=asked.named_unit)
        or read_range(plain, text, named_unit=asked.named_unit)
        or read_ratio(plain, text)
    )


def _read_months(grammar: Grammar, text: str, plain: str, asked: _Asked) -> Value | None:
    """Read a limit of so many months (≤12月), and what was needed against it (12月): no month of the year."""
    month = grammar.declared["month_sign"]
    if not plain.endswith(month):
        return None
    found = _months().fullmatch(plain)
    if found is None or not (found["sign"] or asked.wanted_unit.endswith(month)):
        return None
    note = () if asked.wanted_unit.endswith(month) else (grammar.guess("months", text=plain),)
    relation = grammar.prefixes.get(found["sign"], "")
    return Value(text, "duration", relation, Decimal(found["number"]), measure_unit=month, guesses=note)


@lru_cache(maxsize=1)
def _months() -> re.Pattern[str]:
    grammar = load_grammar()
    signs = "|".join(
        re.escape(sign) for sign in sorted(grammar.prefixes, key=len, reverse=True) if not sign[-1].isalpha()
    )
    return re.compile(rf"(?P<sign>(?:{signs})?)(?P<number>[0-9]+(?:\.[0-9]+)?){grammar.declared['month_sign']}")


def _read_words(grammar: Grammar, text: str, plain: str, asked: _Asked) -> Value:
    """Read a text without digits: a period, a Chinese numeral, a sign without its number, words."""
    if grammar.tells_time(plain):
        moment = read_moment(plain, text, year=asked.year)
        if moment:
            return moment
    spelt = spell_digits(plain)
    if spelt:
        value = _read_single(grammar, text, spelt, asked)
        if value and (value.end or _is_counted(grammar, value)):
            return value
    if grammar.no_number.fullmatch(plain):
        return Value(text, "text", guesses=(grammar.guess("no_number"),))
    return Value(text, "text")


def _is_counted(grammar: Grammar, value: Value) -> bool:
    """Say whether a value spelt in Chinese numerals is one: its unit is known and, without a sign, no part of words."""
    unit = value.measure_unit.partition("/")[0]
    is_sure = unit in grammar.units and (bool(value.relation) or unit not in grammar.declared["plain_units"])
    return is_sure and not value.label and (value.is_quantity or value.is_range)


def _read_remark(grammar: Grammar, text: str, plain: str, asked: _Asked) -> Value | None:
    """Read a value with a remark in brackets that holds a number of its own."""
    head, remark = split_remark(plain)
    value = _read_single(grammar, text, head, asked) if remark and _DIGIT.search(head) else None
    note = grammar.guess("remark", remark=remark)
    return value._replace(guesses=(*value.guesses, note)) if value and value.kind != "text" else None


def _read_parts(grammar: Grammar, text: str, plain: str, asked: _Asked) -> Value | None:
    """Read a text that holds several values (多个数): all of them, or the only one of the wanted unit."""
    markers = list(_MARKER.finditer(plain))
    if [int(found[1]) for found in markers] == list(range(1, len(markers) + 1)):
        plain = _MARKER.sub("\n", plain)
    segments = [part for part in _SEPARATOR.split(plain) if part]
    numbered = [part for part in segments if _DIGIT.search(part)]
    values = {part: _part(grammar, text, part, asked) for part in numbered}
    read = [(part, value) for part, value in values.items() if value is not None]
    wanted = [item for item in read if asked.wanted_unit and item[1].measure_unit == asked.wanted_unit]
    unread = [part for part, value in values.items() if value is None]
    if len(wanted) == 1 and not any(asked.wanted_unit in part for part in unread):
        part, value = wanted[0]
        return value._replace(text=text, guesses=value.guesses or (grammar.guess("clause", part=part),))
    if unread or not read:
        return None
    if len(segments) == 1:
        return read[0][1]._replace(text=text)
    if len(numbered) == 1:
        part, value = read[0]
        return value._replace(text=text, guesses=(*value.guesses, grammar.guess("clause", part=part)))
    parts = tuple(value._replace(text=part) for part, value in read)
    return Value(text, "several", parts=parts)


def _part(grammar: Grammar, text: str, part: str, asked: _Asked) -> Value | None:
    """Read one part of several; None when it cannot be read or a bracket was cut through."""
    if part.count("(") != part.count(")"):
        return None
    asked = asked._replace(named_unit="")
    value = _read_single(grammar, text, part, asked) or _read_remark(grammar, text, part, asked)
    return value if value and value.kind != "text" else None


def reading_state(value: Value, *, guesses: Sequence[str] = ()) -> str:
    """Say how far a value was read (读取状态), for the ingest report.

    Args:
        value: What :func:`parse_value` returned.
        guesses: What was assumed later, when the value was compared.

    Returns:
        ``blank``; ``parsed``: read without an assumption; ``asked``: read with one, or a number was seen and not
        taken; ``text``: words that hold no number.

    Example:
        >>> [reading_state(parse_value(text)) for text in ("≥5个", "约5个", "3号楼第2层", "显著提升", "—")]
        ['parsed', 'asked', 'asked', 'text', 'blank']
    """
    if value.kind == "blank" or load_grammar().leftover.fullmatch(normalise(value.text)):
        return "blank"
    if value.guesses or guesses or value.kind == "several":
        return "asked"
    if value.kind != "text":
        return "parsed"
    return "asked" if _DIGIT.search(normalise(value.text)) else "text"


@lru_cache(maxsize=_REMEMBERED)
def unit_in_name(name: str) -> str:
    """Return the measure unit that an indicator's name carries in brackets; empty when it carries none.

    Example:
        >>> unit_in_name("满意度（%）"), unit_in_name("培训人数(单位：人次)"), unit_in_name("道路(一期)")
        ('%', '人次', '')
    """
    grammar = load_grammar()
    head, remark = split_remark(normalise(name))
    for lead in grammar.declared["unit_leads"]:
        remark = remark.removeprefix(lead)
    unit = read_unit(remark) if head and remark else None
    return remark if unit and unit.is_known else ""


def parse_points(text: str) -> Decimal | None:
    """Read points written out as a sum (要点得分): ``0.8+0.8+0.9``, ``0.625×4``, ``5项各得0.5分``.

    Example:
        >>> parse_points("0.625×4"), parse_points("5项各得0.5分"), parse_points("符合规定")
        (Decimal('2.500'), Decimal('2.5'), None)
    """
    plain = normalise(text)
    number = r"([0-9]+(?:\.[0-9]+)?)"
    if re.fullmatch(rf"{number}(?:\+{number})+", plain):
        return sum((Decimal(part) for part in plain.split("+")), Decimal(0))
    product = re.fullmatch(rf"{number}[×*]{number}", plain) or re.fullmatch(
        load_grammar().declared["each_product"].format(number=number), plain
    )
    return Decimal(product[1]) * Decimal(product[2]) if product else None
