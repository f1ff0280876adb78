"""Turn written values into numbers (指标值、完成值): ``≥50个`` -> relation, value, measure unit.

The words and signs live in ``rules/values.yaml``. What the grammar cannot read stays text; what it reads with an
assumption carries a guess, so nothing is guessed silently. All numbers are exact decimals.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

from jixiao.declared import load_shipped

QUANTITIES = frozenset({"number", "rate", "money", "count", "duration"})
LARGEST = Decimal(10) ** 12
_NUMBER = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d+(?:\.\d+)?"
_UNIT = r"[^\d\s,，。;；:：()=<>≥≤/%‰]{0,8}?"


@dataclass(frozen=True)
class Value:
    """One written value: what kind it is, its relation, number, measure unit or dates, and every guess made.

    ``kind`` is blank, number, count, rate, money, duration, date, period, frequency, word or text.
    Rates are fractions, money is 万元, durations keep their unit.
    """

    text: str
    kind: str
    relation: str = ""
    value: Decimal | None = None
    measure_unit: str = ""
    start: date | None = None
    end: date | None = None
    guesses: tuple[str, ...] = field(default=())
    factor: Decimal = Decimal(1)
    """What the written number was multiplied with: 0.0001 for 元, 10000 for 万."""

    @property
    def is_quantity(self) -> bool:
        """Whether the value is a number that can be compared."""
        return self.kind in QUANTITIES


def normalise(text: str) -> str:
    """Return the text with half-width signs and without any white space.

    Example:
        >>> normalise(" ＜＝ ５6.42 万元 ")
        '<=56.42万元'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted({normalise(word) for word in words}, key=len, reverse=True))


class Grammar:
    """The compiled grammar; built once, at first use."""

    def __init__(self, declared: dict[str, Any]) -> None:
        self.declared = declared
        self.prefixes = {normalise(word): sign for sign, words in declared["relations"].items() for word in words}
        self.suffixes = {word: sign for sign, words in declared["suffixes"].items() for word in words}
        self.scales = {word: Decimal(factor) for word, factor in declared["scales"].items()}
        self.money = {word: Decimal(factor) for word, factor in declared["money"].items()}
        self.durations = {word: Decimal(seconds) for word, seconds in declared["durations"].items()}
        self.blanks = {normalise(word) for word in declared["blanks"]}
        self.done = set(declared["done"])
        self.undone = set(declared["undone"])
        self.frequencies = set(declared["frequencies"])
        self.negations = tuple(declared["negations"])
        self.vague = tuple(declared["vague"])

    def guess(self, name: str, **parts: str) -> str:
        return str(self.declared["guesses"][name]).format(**parts)

    def is_unclear(self, before: str, part: str) -> bool:
        """Say whether a number inside prose belongs to a range (3-5天) or stands behind a negation (未达到80%)."""
        is_signed = part[0] in "+-" and re.search(r"\d[^\d,，。;；、]{0,3}$", before)
        is_range = re.search(rf"\d[^\d,，。;；、]{{0,3}}(?:{_alternatives(self.declared['until'])})$", before)
        return bool(is_signed or is_range) or before.endswith(self.negations)

    @cached_property
    def quantity(self) -> re.Pattern[str]:
        return re.compile(
            rf"(?P<near>{_alternatives(self.declared['approximate'])})?"
            rf"(?P<sign>{_alternatives(self.prefixes)})?(?:{_alternatives(self.declared['fillers'])})?"
            rf"(?P<number>{_NUMBER})(?:\((?P<inner>%|‰|{_UNIT})\))?"
            rf"(?P<unit>{_alternatives(self.declared['percent'] + self.declared['per_mille'])}|{_UNIT})"
            rf"(?P<suffix>{_alternatives(self.suffixes)})?"
            rf"(?P<about>{_alternatives(self.declared['approximate'])})?"
        )

    @cached_property
    def ratio(self) -> re.Pattern[str]:
        part = rf"\(?(?:{_NUMBER}){_UNIT}\)?"
        return re.compile(rf"\(?{part}[/÷]{part}\)?(?:[*×]100%)?=(?P<rate>{_NUMBER})%")

    @cached_property
    def moment(self) -> re.Pattern[str]:
        marks = self.declared
        return re.compile(
            rf"(?:(?P<year>\d{{4}}){marks['year_sign']})?(?P<month>\d{{1,2}}){marks['month_sign']}"
            rf"(?:(?P<day>\d{{1,2}}){marks['day_sign']})?"
        )

    @cached_property
    def months(self) -> re.Pattern[str]:
        marks = self.declared
        until = _alternatives(marks["until"])
        return re.compile(
            rf"(?:(?P<year>\d{{4}}){marks['year_sign']})?(?P<first>\d{{1,2}})(?:{until})(?P<last>\d{{1,2}}){marks['month_sign']}"
        )

    @cached_property
    def until(self) -> re.Pattern[str]:
        return re.compile(_alternatives(self.declared["until"]))

    @cached_property
    def before(self) -> re.Pattern[str]:
        return re.compile(rf"(?P<when>.+?)(?P<word>{_alternatives(self.declared['before'])})(?P<rest>.*)")


@cache
def load_grammar() -> Grammar:
    """Return the compiled grammar (数值语法)."""
    return Grammar(load_shipped("values.yaml"))


@cache
def parse_value(text: str, *, year: int | None = None, wanted_unit: str = "") -> Value:
    """Read one written value.

    Args:
        text: The cell as written.
        year: The evaluated year, for dates that print only a month.
        wanted_unit: Measure unit to look for when several quantities stand in one text.

    Returns:
        The value; ``kind`` is ``text`` when the grammar cannot read it.

    Example:
        >>> value = parse_value("＜＝56.42万元")
        >>> value.relation, value.value, value.measure_unit, value.kind
        ('<=', Decimal('56.42'), '万元', 'money')
        >>> parse_value("显著提升").kind
        'text'
    """
    grammar = load_grammar()
    plain = normalise(text)
    if not plain or plain in grammar.blanks:
        return Value(text, "blank")
    if plain in grammar.frequencies:
        return Value(text, "frequency")
    if plain in grammar.done or plain in grammar.undone:
        return Value(text, "word")
    for reader in (_read_time, _read_ratio, _read_quantity, _read_word_with_remark):
        found = reader(grammar, text, plain, year)
        if found is not None:
            return found
    return _read_clause(grammar, text, plain, wanted_unit)


def _read_time(grammar: Grammar, text: str, plain: str, year: int | None) -> Value | None:
    months = grammar.months.fullmatch(plain)
    if months:
        of_year = int(months["year"]) if months["year"] else year
        span = (_day(of_year, months["first"], None, last=False), _day(of_year, months["last"], None, last=True))
        return Value(text, "period", start=span[0], end=span[1]) if all(span) else None
    single = _moment(grammar, plain, year)
    if single:
        return Value(text, "date", start=single[0], end=single[1])
    for mark in grammar.until.finditer(plain):
        first = _moment(grammar, plain[: mark.start()], year)
        last = _moment(grammar, plain[mark.end() :], first[0].year if first else year)
        if first and last:
            return Value(text, "period", start=first[0], end=last[1])
    before = grammar.before.fullmatch(plain)
    if before:
        limit = _moment(grammar, before["when"], year)
        if limit and before["rest"] in grammar.done | {""}:
            exclusive = len(before["word"]) == 1 and not grammar.moment.fullmatch(before["when"])["day"]  # type: ignore[index]
            end = date.fromordinal(limit[0].toordinal() - 1) if exclusive else limit[1]
            return Value(text, "date", relation="<=", end=end)
    return None


def _moment(grammar: Grammar, plain: str, year: int | None) -> tuple[date, date] | None:
    """Return first and last day of a written day or month, or None."""
    found = grammar.moment.fullmatch(plain)
    if not found:
        return None
    of_year = int(found["year"]) if found["year"] else year
    first = _day(of_year, found["month"], found["day"], last=False)
    last = _day(of_year, found["month"], found["day"], last=True)
    return (first, last) if first and last else None


def _day(year: int | None, month: str, day: str | None, *, last: bool) -> date | None:
    if year is None or not 1 <= int(month) <= 12:
        return None
    length = calendar.monthrange(year, int(month))[1]
    chosen = int(day) if day else (length if last else 1)
    return date(year, int(month), chosen) if 1 <= chosen <= length else None


def _read_ratio(grammar: Grammar, text: str, plain: str, year: int | None) -> Value | None:
    found = grammar.ratio.fullmatch(plain)
    return Value(text, "rate", value=_decimal(found["rate"]) / 100, measure_unit="%") if found else None


_DOTTED_DATE = re.compile(r"(?:19|20)\d\d([.\-/])\d{1,2}(?:\1\d{1,2})?")


def _read_quantity(grammar: Grammar, text: str, plain: str, year: int | None) -> Value | None:
    if _DOTTED_DATE.fullmatch(plain):
        return None  # 2023.12 may be a month or a number: it stays text
    found = grammar.quantity.fullmatch(plain)
    if found:
        return _quantity(grammar, text, found)
    head, remark = split_remark(plain)
    found = grammar.quantity.fullmatch(head) if remark else None
    if not found:
        return None
    value = _quantity(grammar, text, found)
    return replace(value, guesses=(*value.guesses, grammar.guess("remark", remark=remark)))


def split_remark(plain: str) -> tuple[str, str]:
    """Split a remark in brackets from the text before it; the remark is empty when there is none."""
    found = re.fullmatch(r"([^()]+)\(([^()]+)\)", plain)
    return (found[1], found[2]) if found else (plain, "")


def _read_word_with_remark(grammar: Grammar, text: str, plain: str, year: int | None) -> Value | None:
    head, remark = split_remark(plain)
    if remark and head in grammar.done | grammar.undone:
        return Value(text, "word", guesses=(grammar.guess("remark", remark=remark),))
    return None


def _read_clause(grammar: Grammar, text: str, plain: str, wanted_unit: str) -> Value:
    """Take the only quantity of the wanted unit out of a longer text, and say so; else it stays text."""
    found = []
    for match in grammar.quantity.finditer(plain):
        if grammar.is_unclear(plain[: match.start()], match[0]):
            return Value(text, "text")
        unit = _longest_unit(grammar, plain, match)
        value = _quantity(grammar, text, match, unit=unit)
        if value.kind != "text":
            found.append((value, plain[match.start() : match.end() + len(unit) - len(match["unit"] or "")]))
    wanted = [item for item in found if wanted_unit and item[0].measure_unit == wanted_unit]
    if len(wanted) == 1:
        value, part = wanted[0]
        return replace(value, guesses=(*value.guesses, grammar.guess("clause", part=part)))
    return Value(text, "text")


def _longest_unit(grammar: Grammar, plain: str, match: re.Match[str]) -> str:
    """Return the unit after a number inside prose: a known one, or the one that the lazy pattern left out."""
    rest = plain[match.end("number") :]
    known = [*grammar.money, *grammar.durations, *grammar.declared["percent"]]
    units = [unit for unit in known if rest.startswith(unit)]
    if units:
        return max(units, key=len)
    found = re.match(r"[^\d\s,，。;；:：、()=<>≥≤/%‰]{1,4}(?=[,，。;；:：、()]|$)", rest)
    return found[0] if found else ""


def _quantity(grammar: Grammar, text: str, found: re.Match[str], *, unit: str | None = None) -> Value:
    number = _decimal(found["number"])
    unit = (found["inner"] or found["unit"] or "") if unit is None else unit
    factor = Decimal(1)
    relation = grammar.prefixes.get(found["sign"] or "", "") or grammar.suffixes.get(found["suffix"] or "", "")
    near = found["near"] or found["about"]
    guesses = (grammar.guess("approximate", word=near),) if near else ()
    if unit in grammar.declared["percent"]:
        kind, number, unit = "rate", number / 100, "%"
    elif unit in grammar.declared["per_mille"]:
        kind, number, unit = "rate", number / 1000, "%"
    elif unit in grammar.money:
        factor = grammar.money[unit]
        kind, number, unit = "money", number * factor, grammar.declared["money_unit"]
    elif unit in grammar.durations:
        kind = "duration"
    else:
        scale = max((word for word in grammar.scales if unit.startswith(word)), key=len, default="")
        factor = grammar.scales.get(scale, Decimal(1))
        number *= factor
        unit = unit[len(scale) :]
        if unit.startswith(grammar.vague):
            guesses = (*guesses, grammar.guess("approximate", word=unit[0]))
            unit = unit[1:]
        unit = grammar.declared["unit_synonyms"].get(unit, unit)
        kind = "count" if unit else "number"
    if unit.startswith(grammar.declared["month_sign"]):
        return Value(text, "text")
    if abs(number) >= LARGEST:
        return Value(text, "text", guesses=(grammar.guess("too_large"),))
    return Value(text, kind, relation, number, unit, guesses=guesses, factor=factor)


def _decimal(number: str) -> Decimal:
    return Decimal(number.replace(",", ""))


def parse_points(text: str) -> Decimal | None:
    """Read points written out as a sum (要点得分): ``0.8+0.8+0.9``, ``0.625×4``, ``5项各得0.5分``.

    Example:
        >>> parse_points("0.625×4"), parse_points("5项各得0.5分"), parse_points("符合规定")
        (Decimal('2.500'), Decimal('2.5'), None)
    """
    plain = normalise(text)
    number = r"(\d+(?:\.\d+)?)"
    if re.fullmatch(rf"{number}(?:\+{number})+", plain):
        return sum((Decimal(part) for part in plain.split("+")), Decimal(0))
    product = re.fullmatch(rf"{number}[×*]{number}", plain) or re.fullmatch(
        load_shipped("values.yaml")["each_product"].format(number=number), plain
    )
    return Decimal(product[1]) * Decimal(product[2]) if product else None
