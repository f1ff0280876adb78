"""The words of the written reports (报告用语) and how a value is written in them."""

from __future__ import annotations

import re
from typing import Any

from jixiao.core.harmless import harmless
from jixiao.core.models import Count, Flag, Model, Text, Texts, Words, checked_shipped
from jixiao.core.writing import value_text

MERGED = "\ufdd0"
"""Says that a cell of a table continues the one above it; no text of a file holds this sign."""

TABLE, NEXT_CELL, NEXT_ROW = "\ufdd1", "\ufdd2", "\ufdd3"
"""Begin a table of a unit's own text, and divide its cells and rows; no text of a file holds these signs."""

_LINES = re.compile(r"\r\n?|\v|\f|\u2028|\u2029")
_UNWRITABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_ENDING_ZEROS = re.compile(r"(?:\.0+|(?<=\.\d)0+)%$")
"""The zeros behind a rate: an official writes 100% and 93.5%."""
_SIGNS = str.maketrans({"≧": "≥", "≦": "≤"})


class _Place(Model):
    """Where a paper wants what the unit wrote: its title, the official sections, words of headings it prints itself."""

    title: Text
    sections: Texts
    only: Texts = ()
    names: Texts = ()
    rest: Flag = False


class _Workbook(Model):
    """The words and widths of the workbooks."""

    file_title: Text
    year_line: Text
    widths: tuple[Count, ...]
    heading: Text
    category: Text
    subcategory: Text
    indicator: Text
    weight: Text
    target: Text
    actual: Text
    scoring_standard: Text
    reported_score: Text
    reason: Text
    project: Text
    department: Text
    unit: Text
    framework: Text
    total: Text
    grade: Text
    findings: Text
    recount: Text
    told: Text
    sources: Text
    long_texts: Text
    full_text: Text
    none: Text
    source_columns: Texts
    finding_columns: Texts
    finding_widths: tuple[Count, ...]
    recount_columns: Texts
    recount_widths: tuple[Count, ...]
    told_columns: Texts
    told_widths: tuple[Count, ...]


class _Papers(Model):
    """The whole of ``rules/layouts/papers.yaml`` (报告用语)."""

    dash: Text
    to_fill: Text
    to_fill_pattern: Text
    titles: Words
    verbs: Words
    templates: Words
    band: Words
    band_joint: Text
    joint: Text
    listed: Text
    severities: Texts
    counted: Text
    basis: Text
    place: Text
    most: dict[str, Count]
    no_name: Text
    no_addressee: Text
    review_name: Text
    table: Text
    second_level: Text
    numbered_caption: Text
    satisfaction: Text
    longest_reason: Count
    judged_methods: Texts
    share_methods: Texts
    figure_kinds: Texts
    judged: Words
    taken: Words
    period_of_year: Text
    period_between: Text
    period_words: Texts
    fund_subsections: Texts
    total_written: Texts
    tables_of_points: dict[str, Texts]
    outlines: dict[str, dict[str, _Place]]
    workbook: _Workbook


def paper_words() -> dict[str, Any]:
    """Return the declared words of reports and workbooks.

    Example:
        >>> paper_words()["dash"]
        '—'
    """
    return dict(checked_shipped("layouts/papers.yaml", _Papers))


def clean(text: Any) -> str:
    """Return a text that a document can hold: without control signs, its line breaks as one sign; missing is empty.

    Example:
        >>> clean(" a\\r\\nb\\x00 "), clean(None)
        ('a\\nb', '')
    """
    if not isinstance(text, str):
        return ""
    return harmless(_UNWRITABLE.sub("", _LINES.sub("\n", text))).strip()


def shown_target(text: Any) -> str:
    """Return a target with its relation as it is printed (指标值).

    Example:
        >>> shown_target(">=95%"), shown_target("每天")
        ('≥95%', '每天')
    """
    return clean(text).replace(">=", "≥").replace("<=", "≤").translate(_SIGNS)


def written(column: str, value: Any) -> str:
    """Return a number, rate or code as a reader sees it; missing is an empty text, never a nan.

    Example:
        >>> written("score", 7.0), written("execution_rate", None), written("execution_rate", 0.9)
        ('7', '', '90%')
    """
    text = value_text(column, value)
    return "" if text == paper_words()["dash"] else _ENDING_ZEROS.sub("%", text)
