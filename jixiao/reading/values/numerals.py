"""Chinese numerals (中文数字) written as digits, where a text is clearly a number: 二十个, 百分之九十五, 第三季度.

Words that merely contain numerals (一致, 三公经费, 十四五) are left alone: a numeral must be well formed and stand
before a measure unit, a month or a quarter.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from jixiao.reading.values.notation import alternatives, load_grammar

_LONGEST_TEXT = 40
_LONGEST_NUMERAL = 14


class _Patterns(NamedTuple):
    signs: frozenset[str]
    numeral: re.Pattern[str]
    clear: re.Pattern[str]
    year: re.Pattern[str]
    percent: re.Pattern[str]
    half: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    grammar = load_grammar()
    marks = grammar.declared
    digits = "".join(marks["numeral_digits"])
    signs = digits + marks["numeral_scales"]
    numeral = f"[{signs}]{{1,{_LONGEST_NUMERAL}}}"
    units = alternatives([*grammar.units, marks["month_sign"], marks["quarter_sign"], *marks["vague"], *marks["until"]])
    return _Patterns(
        frozenset(signs + marks["half"]),
        re.compile(numeral),
        re.compile(rf"[{signs}](?:{units})|{marks['half']}|{marks['per_cent_before']}|{marks['whole_percent']}"),
        re.compile(rf"(?<![{signs}])[{digits}]{{4}}(?={marks['year_sign']})"),
        re.compile(rf"{marks['per_cent_before']}({numeral})"),
        re.compile(rf"(?<![{signs}]){marks['half']}(?={alternatives(marks['half_units'])})"),
    )


def spell_digits(plain: str) -> str:
    """Return a text with its Chinese numerals as digits; empty when they are not clearly numbers.

    Example:
        >>> spell_digits("不少于二十个"), spell_digits("百分之九十五"), spell_digits("半年"), spell_digits("十四五期")
        ('不少于20个', '95%', '0.5年', '')
    """
    patterns = _patterns()
    if len(plain) > _LONGEST_TEXT or patterns.signs.isdisjoint(plain) or not patterns.clear.search(plain):
        return ""
    marks = load_grammar().declared
    digits = marks["numeral_digits"]
    plain = plain.replace(marks["whole_percent"], "100%")
    plain = patterns.half.sub("0.5", plain)
    plain = patterns.year.sub(lambda found: "".join(digits[sign] for sign in found[0]), plain)
    plain = patterns.percent.sub(r"\1%", plain)
    spelt: list[str] = []
    end = 0
    for found in patterns.numeral.finditer(plain):
        number = _number(found[0])
        if not number or plain[found.end() : found.end() + 1] in patterns.signs:
            return ""
        spelt += [plain[end : found.start()], number]
        end = found.end()
    return "".join([*spelt, plain[end:]])


@lru_cache(maxsize=4096)
def _number(numeral: str) -> str:
    """Return one numeral as digits, empty when it is not well formed (三五, 百, 万)."""
    import cn2an  # its import takes a tenth of a second, so only texts that need it pay

    usual = numeral.translate(str.maketrans(load_grammar().declared["numeral_variants"]))
    try:
        return str(Decimal(str(cn2an.cn2an(usual, "strict"))))
    except ValueError:
        return ""
