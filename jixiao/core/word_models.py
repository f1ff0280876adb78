"""What the files of words declare (用词声明): the vocabulary, the screens, the words by which forms are recognised."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from jixiao.core.models import Count, Flag, Model, Number, Pattern, Text, Texts, Words


class _Column(Model):
    label: Text
    type: Text
    meaning: Text


class Vocabulary(Model):
    """The whole of ``rules/vocabulary.yaml`` (词汇表)."""

    columns: dict[str, _Column]
    suffixes: Words
    values: dict[str, dict[str, Text]]
    category_groups: dict[str, Texts]
    findings_book: Words
    findings_page: Words
    explorer: Words
    official_tables: Words


class _Build(Model):
    done: Text
    unread: Text
    by_severity: Text
    severity: Text
    guessed: Text
    unchanged: Text
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


class Screen(Model):
    """The whole of ``rules/screen.yaml`` (屏幕用语)."""

    lists: dict[str, Count]
    stages: Words
    build: _Build
    reasons: Words
    check: Words
    portrait: _Portrait


class _Pattern(Model):
    """A pattern, or several of which the first that fits counts, with what it reads and what it leaves alone."""

    pattern: Annotated[tuple[Pattern, ...], BeforeValidator(lambda rule: rule if isinstance(rule, list) else [rule])]
    reads: dict[str, Text]
    leaves: Texts = Field(alias="not")
    whole: Flag = False
    begins: Flag = False


class Reading(Model):
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
    unit_label: _Pattern
    unit_value: _Pattern
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
    nameless_project: Text
    nameless_part: Text
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
