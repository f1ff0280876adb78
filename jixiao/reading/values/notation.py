"""The signs and words of written values (符号与用词): one form for every spelling, and what a value is once read.

The words live in ``rules/values.yaml``; here they become tables and patterns, built once at first use.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple

from jixiao.core.models import Integer, Model, Number, Text, Texts, checked_shipped

NUMBER = r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
"""A number as it may be written: ASCII digits, thousands grouped whole, no exponent, no underscore."""
LARGEST = Decimal(10) ** 12
_REMEMBERED = 65536
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-") | dict.fromkeys("\u223c\u301c", "~")
_INVISIBLE = dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")


QUANTITIES = frozenset({"number", "rate", "money", "count", "duration"})
"""The kinds of a value that is one number."""


class Value(NamedTuple):
    """One written value: what kind it is, its relation, number, measure unit or dates, and every guess made.

    ``kind`` is blank, number, count, rate, money, duration, date, period, frequency, several, word or text.
    Rates are fractions, money is 万元, durations keep their unit. A range keeps the kind of its quantity, has the
    relation ``range``, bounds instead of a value, and ``ends`` that say whether a bound belongs to it: ``[)``.
    """

    text: str
    kind: str
    relation: str = ""
    value: Decimal | None = None
    measure_unit: str = ""
    start: date | None = None
    end: date | None = None
    guesses: tuple[str, ...] = ()
    factor: Decimal = Decimal(1)
    """What the written number was multiplied with: 0.0001 for 元, 10000 for 万."""
    low: Decimal | None = None
    high: Decimal | None = None
    ends: str = ""
    parts: tuple[Value, ...] = ()
    label: str = ""
    """The words before the number of one part of several: 合格率."""

    @property
    def is_quantity(self) -> bool:
        """Whether the value is one number that can be compared."""
        return self.value is not None

    @property
    def is_range(self) -> bool:
        """Whether the value is a range of numbers (范围)."""
        return self.relation == "range"


@cache
def _simplified() -> dict[str, str]:
    """Return what replaces a character beyond NFKC: traditional ones, dashes, and signs that cannot be seen."""
    pairs = {pair[0]: pair[1] for pair in _declared()["traditional"]}
    return {**pairs, **_DASHES, **_INVISIBLE}


@cache
def _replaced() -> tuple[frozenset[str], dict[int, str]]:
    return frozenset(_simplified()), str.maketrans(_simplified())


@lru_cache(maxsize=_REMEMBERED)
def normalise(text: str) -> str:
    """Return the text with half-width signs and simplified characters, and without any white space.

    Example:
        >>> normalise(" ＜＝ ５6.42 萬元 ")
        '<=56.42万元'
    """
    if text.isascii():
        return "".join(text.split())
    plain = unicodedata.normalize("NFKC", text)
    signs, table = _replaced()
    joined = "".join(plain.split())
    if not signs.isdisjoint(joined):
        joined = joined.translate(table)
    # A sign that was taken out may have kept a letter from its accent.
    return joined if len(joined) == len(plain) else unicodedata.normalize("NFKC", joined)


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern of words, the longer first."""
    return "|".join(re.escape(word) for word in sorted({normalise(word) for word in words}, key=len, reverse=True))


def decimal_of(number: str) -> Decimal:
    """Return a written number exactly."""
    return Decimal(number.replace(",", ""))


def split_remark(plain: str) -> tuple[str, str]:
    """Split a remark in brackets from the text before it; the remark is empty when there is none."""
    if not plain.endswith(")"):
        return plain, ""
    found = re.fullmatch(r"([^()]+)\(([^()]+)\)", plain)
    return (found[1], found[2]) if found else (plain, "")


class Grammar:
    """The compiled grammar; built once, at first use."""

    def __init__(self, declared: dict[str, Any]) -> None:
        self.declared = declared
        self.prefixes = {normalise(word): sign for sign, words in declared["relations"].items() for word in words}
        self.suffixes = {normalise(word): sign for sign, words in declared["suffixes"].items() for word in words}
        self.scales = {word: Decimal(factor) for word, factor in declared["scales"].items()}
        self.money = {word: Decimal(factor) for word, factor in declared["money"].items()}
        self.durations = {word: Decimal(seconds) for word, seconds in declared["durations"].items()}
        self.dimensions = [
            self.durations,
            *({word: Decimal(size) for word, size in sizes.items()} for sizes in declared["dimensions"]),
        ]
        self.rates = {normalise(word): Decimal(100) for word in declared["percent"]}
        self.rates |= {normalise(word): Decimal(1000) for word in declared["per_mille"]}
        self.synonyms: dict[str, str] = {normalise(a): b for a, b in declared["unit_synonyms"].items()}
        self.blanks = {normalise(word) for word in declared["blanks"]}
        self.done = set(declared["done"])
        self.undone = set(declared["undone"])
        self.negations = tuple(declared["negations"])
        self.denials = frozenset(declared["denials"])
        self.no_units = tuple(declared["no_units"])
        self.unreadable_labels = tuple(declared["unreadable_labels"])
        self.vague = tuple(declared["vague"])
        self.counts = frozenset(declared["count_units"]) | frozenset(self.synonyms)
        self.units = self.counts | self.rates.keys() | self.money.keys() | self.durations.keys()
        self.periods = {word: name for name, words in declared["periods"].items() for word in words}
        self.time_signs = (declared["year_sign"], declared["month_sign"], declared["quarter_sign"])
        self.no_number = re.compile(declared["no_number"])
        self.leftover = re.compile(declared["leftover"])
        each = declared["each"]
        self.each, self.yearly = each, tuple(declared["yearly"])
        self.frequencies = {each + word: name for word, name in self.periods.items()}

    def guess(self, name: str, **parts: str) -> str:
        """Return the sentence of a guess."""
        return str(self.declared["guesses"][name]).format(**parts)

    def is_unclear(self, label: str) -> bool:
        """Say whether a number behind these words means something else: 未达到80%, 第3名, 3-5天."""
        ends = label.endswith(self.negations) or label.endswith(self.unreadable_labels)
        return ends or self.each in label

    def tells_time(self, plain: str) -> bool:
        """Say whether a text may hold a date: it has a year, a month or a quarter."""
        year, month, quarter = self.time_signs
        return year in plain or month in plain or quarter in plain

    def tells_often(self, plain: str) -> bool:
        """Say whether a text may hold a frequency: 每, 年均, or 1年 that was written 一年."""
        return self.each in plain or plain[0] == "1" or plain.startswith(self.yearly)

    @cached_property
    def words(self) -> dict[str, str]:
        """The texts that are a value by themselves, each with its kind."""
        kinds = [("blank", self.blanks), ("frequency", self.frequencies), ("word", self.done), ("word", self.undone)]
        return {normalise(word): kind for kind, words in reversed(kinds) for word in words}

    @cached_property
    def sign(self) -> re.Pattern[str]:
        return re.compile(alternatives(self.prefixes))

    @cached_property
    def head(self) -> re.Pattern[str]:
        """What stands before a number: words, then 累计, 约, the sign."""
        words = self.declared
        told = alternatives([*words["leads"], *words["leads_noted"], *words["approximate"]])
        return re.compile(
            rf"(?P<label>.*?)(?P<before>(?:{told})*)(?P<sign>(?:{self.sign.pattern}){{0,2}})(?P<after>(?:{told})*)"
        )

    @cached_property
    def tail(self) -> re.Pattern[str]:
        """What stands behind a number: unit, 以上, 左右, a remark in brackets, other words."""
        words = self.declared
        included = alternatives([*words["included"], *words["excluded"]])
        scale = rf"(?:{alternatives(self.vague)})?(?:{alternatives(self.scales)})?(?:{alternatives(self.vague)})?"
        known = alternatives(self.units)
        free = r"[^\W\d_]"
        return re.compile(
            rf"(?:\((?P<inner>{known})\)|(?P<unit>(?:{scale}(?:{known})?|{free}{{1,8}}?)(?:/{free}{{1,4}}?)?))"
            rf"(?P<end>{included})?(?P<suffix>{alternatives(self.suffixes)})?(?P<after>{included})?"
            rf"(?P<about>{alternatives(words['approximate'])})?(?P<remark>\([^()]+\))?"
        )

    @cached_property
    def known_unit(self) -> re.Pattern[str]:
        """The longest known unit at the beginning of prose, with its scale and what bounds it."""
        scale = rf"(?:{alternatives(self.vague)})?(?:{alternatives(self.scales)})?(?:{alternatives(self.vague)})?"
        free = r"[^\W\d_]{1,4}(?=[,，。;；:：、()]|$)"
        return re.compile(
            rf"(?P<unit>{scale}(?:{alternatives(self.units)})|{free}|)(?P<suffix>{alternatives(self.suffixes)})?"
        )

    @cached_property
    def no_unit(self) -> re.Pattern[str]:
        """What no unknown measure unit holds: signs, bounds, denials, numerals."""
        words = [*self.prefixes, *self.suffixes, *self.denials, *self.declared["numeral_digits"], self.each]
        return re.compile(alternatives([*(word for word in words if word), *self.declared["not_in_units"]]))

    @cached_property
    def told(self) -> re.Pattern[str]:
        words = self.declared
        return re.compile(alternatives([*words["leads_noted"], *words["approximate"], *words["leads"]]))

    @cached_property
    def until(self) -> str:
        return alternatives(self.declared["until"])


class _Values(Model):
    """The whole of ``rules/values.yaml`` (数值用词)."""

    relations: dict[str, Texts]
    suffixes: dict[str, Texts]
    included: Texts
    excluded: Texts
    approximate: Texts
    leads: Texts
    leads_noted: Texts
    negations: Texts
    denials: Text
    unreadable_labels: Texts
    vague: Texts
    scales: dict[str, Number]
    money: dict[str, Number]
    money_unit: Text
    currencies: Texts
    percent: Texts
    per_mille: Texts
    durations: dict[str, Number]
    dimensions: tuple[dict[str, Number], ...]
    count_units: Texts
    plain_units: Texts
    unit_synonyms: dict[str, Text]
    no_units: Texts
    not_in_units: Texts
    unit_leads: Texts
    unit_signs: dict[str, Text]
    blanks: Texts
    leftover: Text
    no_number: Text
    periods: dict[str, Texts]
    each: Text
    yearly: Texts
    often_units: Texts
    done: Texts
    undone: Texts
    on_time: Texts
    late: Texts
    before: Texts
    within: Texts
    month_ends: Texts
    moment_leads: Texts
    no_later: Texts
    finished: Texts
    year_words: Texts
    year_ends: Texts
    halves: dict[str, tuple[Integer, ...]]
    quarter_sign: Text
    quarters: Texts
    first: Text
    share: Text
    degree: Text
    thirds: dict[str, tuple[Integer, ...]]
    year_sign: Text
    month_sign: Text
    day_sign: Text
    day_signs: Texts
    until: Texts
    between: Text
    ands: Texts
    per_cent_before: Text
    whole_percent: Text
    half: Text
    half_units: Texts
    numeral_digits: dict[str, Text]
    numeral_scales: Text
    numeral_variants: dict[str, Text]
    each_product: Text
    negative_words: Texts
    positive_words: Texts
    falling_words: Texts
    stated_directions: dict[str, Texts]
    stated_kinds: dict[str, Texts]
    traditional: Texts
    guesses: dict[str, Text]


def _declared() -> dict[str, Any]:
    return dict(checked_shipped("values.yaml", _Values))


@cache
def load_grammar() -> Grammar:
    """Return the compiled grammar (数值语法)."""
    return Grammar(_declared())
