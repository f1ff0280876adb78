"""The numbers before headings (序号): 第一部分, 一、, （一）, 1., （1）, 1.1, ①, and what rank each has."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from jixiao.reading.files.document_words import document_words


@dataclass(frozen=True, slots=True)
class Ordinal:
    """The number at the start of a paragraph.

    ``scheme`` is its way of counting, ``value`` the last of its counts, ``rank`` how far up it stands among the ways
    (small is high), ``length`` how many signs it takes.
    """

    scheme: str
    value: int
    rank: float
    text: str
    length: int


@cache
def _schemes() -> list[tuple[str, float, re.Pattern[str]]]:
    declared = document_words()["ordinals"]
    return [(name, float(entry["rank"]), re.compile(entry["pattern"])) for name, entry in declared.items()]


def find_ordinal(text: str) -> Ordinal | None:
    """Return the number a paragraph starts with (段首序号).

    Example:
        >>> [(found.scheme, found.value, found.text) for text in ("（十二）范围", "1.2.3 方法", "2、目的")
        ...     if (found := find_ordinal(text))]
        [('bracketed', 12, '（十二）'), ('decimal', 3, '1.2.3'), ('number', 2, '2、')]
        >>> find_ordinal("2.5万元"), find_ordinal("一致同意")
        (None, None)
    """
    for name, rank, pattern in _schemes():
        found = pattern.match(text)
        if found:
            printed = found["n"]
            if name == "decimal":
                return Ordinal(
                    name, _value(printed.split(".")[-1]), rank + 0.1 * printed.count("."), found[0].strip(), found.end()
                )
            return Ordinal(name, _value(printed), rank, found[0].strip(), found.end())
    return None


def _value(printed: str) -> int:
    if printed.isdecimal():
        return int(printed)
    signs = document_words()
    if len(printed) == 1 and 0x2460 <= ord(printed) <= 0x2473:
        return ord(printed) - 0x245F
    for other in ("formal_numerals", "stems"):
        if printed in signs[other]:
            return signs[other].index(printed) + 1
    if re.fullmatch("[IVX]+|[Ⅰ-Ⅻ]", printed):
        return _roman(unicodedata.normalize("NFKC", printed))
    digits = {sign: number for number, sign in enumerate(signs["numerals"])}
    ten = signs["numerals"][10]
    if ten in printed:
        before, _, after = printed.partition(ten)
        return digits.get(before, 1) * 10 + digits.get(after, 0)
    return digits.get(printed[-1:], 0)


def _roman(printed: str) -> int:
    """Return the value of a Roman number up to 39."""
    values = [{"I": 1, "V": 5, "X": 10}[sign] for sign in printed]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))
