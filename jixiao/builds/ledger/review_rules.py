"""The declared rules and words of reviews and evidence lists (复核口径), checked once."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from jixiao.core.models import (
    Count,
    Model,
    Notes,
    Number,
    Pattern,
    Text,
    Texts,
    Words,
    checked_shipped,
    keyed,
)
from jixiao.core.vocabulary import columns

PROOF_STATES = ("missing", "named", "part", "came")
"""How much of the proof of an indicator has come (佐证情况)."""


class DrawRule(Model):
    """How forms are drawn (抽取规则)."""

    money: Number
    base: Number
    error: Number
    warning: Number
    mark: Text
    text: Text
    id: Text
    reasons: Annotated[dict[str, str], keyed(["random", "hand", "both"], Text)]

    @model_validator(mode="after")
    def _is_a_chance(self) -> Self:
        notes = Notes()
        if not 0 <= self.money <= 1:
            notes.note("money", f"应在 0 至 1 之间，实际为 {self.money}")
        for name in ("base", "error", "warning"):
            if getattr(self, name) < 0:
                notes.note(name, f"不能为负数，实际为 {getattr(self, name)}")
        if self.base == 0 and self.money < 1:
            notes.note("base", "应大于 0，否则没有问题的自评抽不到")
        notes.refuse()
        return self


class Band(Model):
    """One grade and up to which share it goes (等级)."""

    grade: Text
    to: Number


class Quality(Model):
    """The table of grades of the unit's own evaluation (自评质量)."""

    mark: Text
    text: Text
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _bands_rise(self) -> Self:
        ends = [Decimal(0), *(band.to for band in self.bands)]
        notes = Notes()
        for number, (before, after) in enumerate(pairwise(ends), 1):
            if after <= before:
                notes.note(f"bands[{number}].to", f"应大于前一级的 {before}，实际为 {after}")
        if ends[-1] != 1:
            notes.note(f"bands[{len(self.bands)}].to", f"最后一级应到 1，实际为 {ends[-1]}")
        notes.refuse()
        return self


class ProofKind(Model):
    """The proof that is asked for where one of some words stands (应附佐证)."""

    words: Annotated[Texts, Field(min_length=1)]
    asked: Text


class ProofRule(Model):
    """What proof is asked for each indicator (佐证口径)."""

    mark: Text
    evaluations: Annotated[Texts, Field(min_length=1)]
    kinds: tuple[ProofKind, ...]
    otherwise: Text
    states: Annotated[dict[str, str], keyed(PROOF_STATES, Text)]
    key: Text
    request: Text


class BookLook(Model):
    """How a workbook that goes out looks (工作簿样式): every column known, with its width."""

    file: Text
    sheet: Text
    title: Text
    head: Text
    note: Text
    pattern: Pattern
    columns: Texts
    answered: Texts
    numbers: Texts = ()
    widths: dict[str, Count]

    @model_validator(mode="after")
    def _columns_are_known(self) -> Self:
        notes = Notes()
        for name in self.columns:
            if name not in columns():
                notes.note("columns", f"词汇中没有列“{name}”，请改正或在词汇中登记")
            if name not in self.widths:
                notes.note("widths", f"缺少列“{name}”的宽度")
        for place in ("answered", "numbers", "widths"):
            for name in getattr(self, place):
                if name not in self.columns:
                    notes.note(place, f"“{name}”不在 columns 中，请改正或删除")
        notes.refuse()
        return self


class ReviewRules(Model):
    """The whole of ``rules/review.yaml`` (复核口径和用语)."""

    draw: DrawRule
    quality: Quality
    states: Annotated[dict[str, str], keyed(["agreed", "single", "contradicted", "settled", "open"], Text)]
    progress: Annotated[dict[str, str], keyed(["none", "contradicted", "part", "done", "unread"], Text)]
    proofs: ProofRule
    sheets: BookLook
    proof_book: BookLook
    proof_said: Words
    proof_list: Words
    said: Words
    panel: Words
    joint: Text
    people: Text
    proven: Words
    export: Words


def review_words() -> dict[str, Any]:
    """Return the declared rules and words of reviews (复核口径和用语).

    Example:
        >>> review_words()["proofs"]["states"]["missing"]
        '缺'
    """
    return dict(checked_shipped("review.yaml", ReviewRules))
