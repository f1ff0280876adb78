"""The words by which whole reports are read (文稿用词): looks of headings, what opens a section, what states money."""

from __future__ import annotations

from typing import Any

from jixiao.core.models import Model, Number, Text, Texts, Words, checked_shipped


class _Ordinal(Model):
    """A way of numbering headings: how far up one stands, small is high."""

    rank: Number
    pattern: Text


class _Section(Model):
    """A section of an outline: words of its heading, hints in its text, and its parts."""

    words: Text
    hints: Text | None = None
    parts: Words = {}


class _Likely(Model):
    """Words of the headings and contents of chapters whose heading no outline knows."""

    filler: Text
    headings: dict[str, Words]
    contents: Words


class _Documents(Model):
    """The whole of ``rules/documents.yaml``."""

    points: Text
    line: Text
    page_line: Text
    numerals: Texts
    styles: Words
    bold_fonts: Text
    boxes: Words
    column_words: Texts
    formal_numerals: Texts
    stems: Texts
    likely: _Likely
    ordinals: dict[str, _Ordinal]
    patterns: Words
    kinds: Words
    outlines: dict[str, dict[str, _Section]]
    money: Words
    amount: Text
    money_units: Words
    sentences: Words
    justification: Words
    mentions: Words
    other_numerals: Words
    told_names: Words
    tabled: Words
    usual_rates: Texts
    opinions: Words
    bases: Words
    work_items: Words
    identity: Words
    cover_labels: Words
    reasons: Words
    head_labels: Words
    head_line: Text
    year_head: Text
    scoring_title: Text
    prose_columns: Texts
    row_mark: Text
    path_mark: Text
    statement_units: Words
    target_columns: dict[str, Texts]
    account_heads: Words


def document_words() -> dict[str, Any]:
    """Return the words by which whole reports are read (文稿用词); do not change them.

    Example:
        >>> document_words()["points"]
        '分'
    """
    return dict(checked_shipped("documents.yaml", _Documents))
