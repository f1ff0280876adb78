"""The indicators a made-up project can have (示例指标库), each read once by the same grammar that reads forms.

A row of the province is a pattern of the catalogue with numbers in it, so what the grammar says of a pattern (kind,
relation, measure unit, direction) holds for every row; ``tests/test_province.py`` reads the rows again to prove it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, ConfigDict

from jixiao.core.models import Count, Model, Natural, Number, Text, Texts, Words, checked_shipped, with_text_keys
from jixiao.reading.values.comparisons import compare_values, direction_of, kind_of
from jixiao.reading.values.values import parse_value, reading_state

KINDS = ("count", "duration", "rate", "money", "date", "words", "often")
NUMBERS = ("count", "duration", "rate", "money")
PLAIN, SAID, PARTLY, MISSED = range(4)
"""How an actual is written: as the target is, in a word that stands for a number, as a level of attainment."""


@dataclass(frozen=True)
class Pattern:
    """One indicator of one topic (一个示例指标): its names, its kind and where its target lies."""

    topic: int
    category: str
    subcategory: str
    name: str
    kind: str
    relation: str
    unit: str
    target: str
    low: float
    high: float
    choices: tuple[int, ...]


@dataclass(frozen=True)
class Catalogue:
    """Every pattern, those of one topic side by side in the order of a form (示例指标库)."""

    patterns: tuple[Pattern, ...]
    starts: np.ndarray
    """Number of the first pattern of each topic, and of the one behind the last."""
    topics: tuple[dict[str, Any], ...]
    fields: tuple[int, ...]
    """Number of the field of each topic."""

    def codes(self, column: str) -> tuple[np.ndarray, list[str]]:
        """Return a text column of the patterns as numbers and the texts they stand for."""
        texts = [getattr(pattern, column) for pattern in self.patterns]
        words = list(dict.fromkeys(texts))
        place = {word: number for number, word in enumerate(words)}
        return np.array([place[text] for text in texts], np.int16), words


_Numbers = tuple[Number, ...]


class _Observed(Model):
    execution_rates: _Numbers
    rows: dict[str, _Numbers]
    positive: dict[str, Natural]
    negative: dict[str, Natural]
    satisfaction_targets: Annotated[dict[str, Natural], BeforeValidator(with_text_keys)]
    cost_in_words: _Numbers
    judged_deducted: _Numbers
    slips: dict[str, _Numbers]


class _Budget(Model):
    median: Number
    spread: Number
    smallest: Number


class _Share(Model):
    share: Number
    of: _Numbers


class _Habits(Model):
    one_decimal: Number
    headings: Number
    grade: Number
    signs: _Numbers


class _Assumed(Model):
    slip_scale: Number
    slips: dict[str, Number]
    unusual_weights: Number
    ending: Number
    reviewed: dict[str, Number]
    negative_over: Number
    late: Number
    words: dict[str, Number]
    extra_rows: dict[str, Number]
    short: _Numbers
    near: _Numbers
    far: _Numbers
    under: _Numbers
    over: _Numbers
    budget: _Budget
    budget_drift: dict[str, Number]
    adjusted: Number
    adjustment: _Numbers
    carry_over: _Share
    other_funds: _Share
    arrived: Number
    targets_rise: _Numbers
    department_size: Number
    diligence: Number
    habits: _Habits
    reason_given_anyway: Number


class _Judged(Model):
    category: Text
    subcategory: Text
    indicator: Text
    weight: Number
    kind: Text


class _Taken(Model):
    category: Text
    subcategory: Text
    rows: Count
    weight: Number


class _ScoringTable(Model):
    sheets: Words
    about: Texts
    about_title: Text
    year: Text
    funds: Texts
    fund: Text
    scores: Texts
    heading: Text
    achieved: Texts
    closing: Words
    standards: Words
    judged: Words
    rows: tuple[_Judged, ...]
    taken: dict[str, _Taken]


class _Indicator(Model):
    name: Text
    kind: Text
    relation: Text | None = None
    target: Text | None = None
    unit: Text | None = None
    range: _Numbers | None = None
    share: Number | None = None
    choices: Any = None


class _Topic(Model):
    """A topic of a field: the words that its indicators name."""

    model_config = ConfigDict(extra="allow")
    kind: Text


class _Field(Model):
    name: Text
    size: Number
    topics: tuple[_Topic, ...]


class _Sample(Model):
    """The whole of ``rules/sample.yaml`` (示例声明)."""

    label: Text
    remark: Text
    readme: Text
    planted_line: Text
    year_span: Text
    files: Words
    forms: Text
    cost_unit: Text
    observed: _Observed
    assumed: _Assumed
    words: Words
    scoring_table: _ScoringTable
    levels: Words
    indicators: dict[str, dict[str, tuple[_Indicator, ...]]]
    fields: tuple[_Field, ...]


def declared() -> dict[str, Any]:
    """Return what ``rules/sample.yaml`` declares (示例声明)."""
    return dict(checked_shipped("sample.yaml", _Sample))


def load_catalogue() -> Catalogue:
    """Return every indicator of every topic (示例指标库).

    Example:
        >>> load_catalogue().patterns[0].subcategory
        '数量指标'
    """
    sample = declared()
    patterns: list[Pattern] = []
    topics: list[dict[str, Any]] = []
    starts, fields = [0], []
    for number, field in enumerate(sample["fields"]):
        for topic in field["topics"]:
            for subcategory, category in sample["levels"].items():
                listed = [*sample["indicators"][topic["kind"]].get(subcategory, [])]
                listed += sample["indicators"]["all"].get(subcategory, [])
                patterns += [_pattern(len(topics), topic, category, subcategory, row, sample) for row in listed]
            topics.append(topic)
            fields.append(number)
            starts.append(len(patterns))
    return Catalogue(tuple(patterns), np.array(starts), tuple(topics), tuple(fields))


def _pattern(
    number: int, topic: dict[str, Any], category: str, subcategory: str, row: dict[str, Any], sample: dict[str, Any]
) -> Pattern:
    kind, choices = row["kind"], row.get("choices", ())
    if choices == "satisfaction":
        targets = sample["observed"]["satisfaction_targets"]
        choices = [int(value) for value, count in targets.items() for _ in range(count)]
    unit = {"rate": "%", "money": sample["cost_unit"]}.get(kind, row.get("unit", "").format(**topic))
    low, high = row.get("range", (row.get("share", 0),) * 2)
    return Pattern(
        topic=number,
        category=category,
        subcategory=subcategory,
        name=row["name"].format(**topic),
        kind=kind,
        relation="<=" if kind == "money" else row.get("relation", ""),
        unit=unit,
        target=row.get("target", ""),
        low=float(low),
        high=float(high),
        choices=tuple(10 * int(choice) for choice in choices),
    )


def read_patterns(catalogue: Catalogue, wanted: np.ndarray) -> tuple[dict[int, int], list[dict[str, Any]]]:
    """Read patterns as a form would be read (读一次示例指标).

    Args:
        catalogue: From :func:`load_catalogue`.
        wanted: Numbers ``4 x pattern + how the actual is written``.

    Returns:
        The place of each wanted number in the list, and the list: the columns of the indicators that do not depend on
        the numbers in a row, and ``guesses``.
    """
    places: dict[int, int] = {}
    found: list[dict[str, Any]] = []
    known: dict[tuple[Any, ...], int] = {}
    for code in np.unique(wanted).tolist():
        pattern, way = catalogue.patterns[code // 4], code % 4
        key = (pattern.kind, pattern.relation, pattern.unit, pattern.target, pattern.name, way)
        if key not in known:
            known[key] = len(found)
            found.append(_read(pattern, way))
        places[code] = known[key]
    return places, found


def _read(pattern: Pattern, way: int) -> dict[str, Any]:
    words = declared()["words"]
    day = {"year": 2023, "month": 6, "day": 30}
    target_text = pattern.target or f"{pattern.relation}3{pattern.unit}"
    actual_text = pattern.target or f"2{pattern.unit}"
    if pattern.kind == "date":
        target_text, actual_text = words["deadline"].format(**day), words["date"].format(**day)
    if way == SAID:
        actual_text = words["cost"]
    elif way >= PARTLY:
        actual_text = words["levels"][way - PARTLY]
    target = parse_value(target_text, year=2023)
    actual = parse_value(actual_text, year=2023, wanted_unit=target.measure_unit)
    compared = compare_values(target, actual)
    return {
        "target_kind": target.kind,
        "target_relation": target.relation,
        "measure_unit": target.measure_unit,
        "target_state": reading_state(target),
        "actual_kind": actual.kind,
        "actual_relation": actual.relation,
        "actual_state": reading_state(actual, guesses=compared.guesses),
        "is_comparable": compared.is_comparable,
        "word_met": compared.word_met,
        "direction": direction_of(target, pattern.name),
        "kind": kind_of(target),
        "guesses": (*target.guesses, *actual.guesses, *compared.guesses),
    }
