"""English column names <-> Chinese labels and measure units (词汇表): the only translator.

Frames carry English names up to ``summary``; ``tables`` and ``figures`` translate at the last step.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from jixiao.core.models import Count, Flag, Model, Number, Pattern, Text, Texts, Words, checked_shipped

if TYPE_CHECKING:
    import pandas as pd


class _Column(Model):
    label: Text
    type: Text
    meaning: Text


class _Vocabulary(Model):
    """The whole of ``rules/vocabulary.yaml`` (词汇表)."""

    columns: dict[str, _Column]
    suffixes: Words
    values: dict[str, dict[str, Text]]
    category_groups: dict[str, Texts]
    findings_book: Words
    findings_page: Words
    explorer: Words
    official_tables: Words


def vocabulary() -> dict[str, Any]:
    """Return everything the vocabulary declares (词汇表); do not change it.

    Example:
        >>> vocabulary()["columns"]["executed_wan"]["label"]
        '全年执行数'
    """
    return dict(checked_shipped("vocabulary.yaml", _Vocabulary))


@cache
def columns() -> dict[str, dict[str, str]]:
    """Return every known column: its label, type and meaning, keyed by English name."""
    return dict(vocabulary()["columns"])


@cache
def value_labels() -> dict[str, dict[str, str]]:
    """Return the Chinese words of coded values, keyed by column."""
    return dict(vocabulary()["values"])


@cache
def _category_group() -> dict[str, str]:
    groups = vocabulary()["category_groups"]
    return {name: group for group, names in groups.items() for name in names}


def category_groups() -> list[str]:
    """Return the comparable level-1 groups (一级指标归并), in the order of the official frame."""
    return list(vocabulary()["category_groups"])


def category_group(name: str) -> str:
    """Return the comparable group of a level-1 name as printed; an unknown name is its own group.

    Example:
        >>> category_group("项目产出"), category_group("创新")
        ('产出', '创新')
    """
    return _category_group().get(name, name)


def label(column: str, *, measured: bool = False) -> str:
    """Return the Chinese label of a column, with its measure unit when ``measured``.

    Raises:
        KeyError: The column is not in ``rules/vocabulary.yaml``.

    Example:
        >>> label("executed_wan", measured=True)
        '全年执行数（万元）'
    """
    entry = columns()[column]
    return entry["label"] + (vocabulary()["suffixes"].get(entry["type"], "") if measured else "")


def word(column: str, value: Any) -> str:
    """Return the Chinese word of one coded value; an uncoded value comes back as text.

    Example:
        >>> word("grade", "excellent"), word("grade", None)
        ('优', '')
    """
    import pandas as pd

    if value is None or value is pd.NA or value != value:
        return ""
    return value_labels().get(column, {}).get(str(value), str(value))


def words(column: str, values: pd.Series) -> pd.Series:
    """Translate a column of coded values; missing stays an empty text."""
    return values.astype("object").map(lambda value: word(column, value)).astype("str")


class _Build(Model):
    done: Text
    unread: Text
    by_severity: Text
    severity: Text
    guessed: Text
    skipped: Text
    of_file: Text
    more_cells: Text
    more_files: Text
    first: Text
    first_item: Text
    nothing_first: Text
    more: Text
    next: Text
    steps: Texts
    where: Text


class _Portrait(Model):
    head: Words
    title: Text
    use: Text
    unread: Text
    frames: dict[str, tuple[Text, Text]]


class _Screen(Model):
    """The whole of ``rules/screen.yaml`` (屏幕用语)."""

    lists: dict[str, Count]
    stages: Words
    build: _Build
    reasons: Words
    check: Words
    portrait: _Portrait


def screen_words(part: str) -> dict[str, Any]:
    """Return the words of one screen (屏幕用语).

    Example:
        >>> screen_words("stages")["read"]
        '读取文件'
    """
    return dict(checked_shipped("screen.yaml", _Screen)[part])


class _Pattern(Model):
    """A pattern, or several of which the first that fits counts, with what it reads and what it leaves alone."""

    pattern: Annotated[tuple[Pattern, ...], BeforeValidator(lambda rule: rule if isinstance(rule, list) else [rule])]
    reads: dict[str, Text]
    leaves: Texts = Field(alias="not")
    whole: Flag = False
    begins: Flag = False


class _Reading(Model):
    """The whole of ``rules/reading.yaml`` (识别用词)."""

    year: _Pattern
    written_year: _Pattern
    year_digits: dict[str, Text]
    bare_year: _Pattern
    year_line: _Pattern
    money_unit: _Pattern
    money_units: dict[str, Number]
    money_scales: Texts
    yuan: Text
    indicator_word: Text
    unit_lines: Texts
    among: _Pattern
    label_number: _Pattern
    label_openings: Text
    label_tail: _Pattern
    label_points: _Pattern
    heading: _Pattern
    points: Text
    execution: Text
    project_suffix: Text
    terms: Texts
    whole_department: Text
    numbered_indicator: _Pattern
    weighted_indicator: _Pattern
    note_line: _Pattern
    subtotal_endings: Texts
    name_targets: _Pattern
    template_indicator: _Pattern
    group_heading: Text
    fund_again: Text
    claimed_count: _Pattern
    outcome_groups: Texts
    cells: dict[str, Text]
    address: Text
    box: Text
    table_number: Text
    table_again: Text
    paragraph: Text
    page: Text
    page_table: Text
    page_number: _Pattern
    picture_page: Text
    label_line: _Pattern
    longest_name: Count
    symbols: dict[str, Text]
    date: Text
    yes: Text
    no: Text
    loss: Text
    money: Text
    unused_row: Text
    meaning_other: Text
    meanings: dict[str, Text]
    reasons: dict[str, Text]


@cache
def reading_words() -> dict[str, Any]:
    """Return the words by which forms are recognised (识别用词) and by which places are written; do not change them."""
    declared = checked_shipped("reading.yaml", _Reading)
    return {
        name: rule["pattern"] if isinstance(rule, dict) and "pattern" in rule else rule
        for name, rule in declared.items()
    }
