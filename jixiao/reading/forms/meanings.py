"""What a header or a label means (表头含义): it is taken apart into words of known meanings, and those say it together.

``rules/headers.yaml`` declares the words and what several of them mean in the columns of a table of indicators, in
those of a table of money, among the sources of money, beside a value and in a title. A text is parsed once and kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Self

from pydantic import Field, model_validator

from jixiao.core.models import Count, Model, Notes, Number, Text, Texts, Words, checked_shipped
from jixiao.reading.forms.records import find_money_unit, find_points
from jixiao.reading.values.values import normalise

_BRACKETS = re.compile(r"[(\[【〔<《]([^()\[\]【】〔〕<>《》]*)[)\]】〕>》]")
_FORMULA = re.compile(r"[A-Za-z0-9/÷×*+=%‰.,~\-—:]*")
_LEAD = re.compile(r"^[*★☆#▲△●○◆·\-—]+")
_SENTENCE = re.compile(r"[。！!；;]\s*\S|[。！!]\s*$|[，,]")
_TRIM = ":：;,，。、*★ ()（）[]"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A header taken apart: its words without marks, their meanings, and what its marks state.

    ``rest`` is the share of its signs that belong to no word.
    """

    core: str
    tags: frozenset[str]
    rest: float
    points: str = ""
    unit: str = ""
    year: str = ""
    among: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header means in a context, how sure that is (0 to 1), and which share of it belongs to no word."""

    name: str
    sure: float
    rest: float = 0.0


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    every: frozenset[str]
    some: frozenset[str]
    none: frozenset[str]
    like: re.Pattern[str] | None
    sure: float


class _Composition(Model):
    """What words of these meanings together mean: all of some, one of others, none of those, or a pattern."""

    name: Text = Field(alias="is")
    every: Texts = Field((), alias="all")
    some: Texts = Field((), alias="any")
    none: Texts = ()
    like: Text | None = None
    sure: Number = Decimal(1)


_Compositions = tuple[_Composition, ...]


class _Headers(Model):
    """The whole of ``rules/headers.yaml`` (表头用词)."""

    threshold: Number
    told: Number
    doubtful: Number
    least_understood: Number
    uncovered: Number
    similar: Number
    longest: Count
    parts: dict[str, Texts]
    columns: _Compositions
    funds: _Compositions
    sources: _Compositions
    labels: _Compositions
    goals: _Compositions
    titles: _Compositions
    kinds: Words
    totals: Text
    subtotals: Text
    grades: Text
    closing: Text
    closing_start: Text
    category_words: Text
    subcategory_words: Text
    dated: Text
    form_ending: Text
    before_title: Text
    title_ending: Text
    no_name: Text
    office: Text
    below: Words
    patterns: Words
    sub_headers: Texts
    preferred: dict[str, Texts]
    kinds_of_target: Texts

    @model_validator(mode="after")
    def _every_part_is_declared(self) -> Self:
        notes = Notes()
        for context in ("columns", "funds", "sources", "labels", "goals", "titles"):
            for number, one in enumerate(getattr(self, context), 1):
                for part in (*one.every, *one.some, *one.none):
                    if part not in self.parts:
                        notes.note(f"{context}[{number}]", f"“{part}”不在 parts 内，可选：{'、'.join(self.parts)}")
        notes.refuse()
        return self


@cache
def header_words() -> dict[str, Any]:
    """Return the words and compositions by which headers are understood (表头用词)."""
    return dict(checked_shipped("headers.yaml", _Headers))


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return one of the declared patterns of headers and cells (表头样式)."""
    return re.compile(header_words()["patterns"][name])


@cache
def _lexicon() -> tuple[dict[str, frozenset[str]], int]:
    words: dict[str, set[str]] = {}
    for tag, listed in header_words()["parts"].items():
        for word in listed:
            words.setdefault(str(word), set()).add(tag)
    return {word: frozenset(tags) for word, tags in words.items()}, max(map(len, words))


@cache
def _rules(context: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(
            rule["is"],
            frozenset(rule.get("all", ())),
            frozenset(rule.get("any", ())),
            frozenset(rule.get("none", ())),
            re.compile(rule["like"]) if "like" in rule else None,
            float(rule.get("sure", 1)),
        )
        for rule in header_words()[context]
    )


@lru_cache(maxsize=32_768)
def parse_header(text: str) -> Parsed:
    """Take a header or label apart (拆解表头).

    Example:
        >>> parse_header("全年实际值（B）").core, sorted(parse_header("自评分值").tags)
        ('全年实际值', ['implement', 'points', 'self'])
    """
    plain = normalise(text)
    points, unit = find_points(plain) or _points_of(plain), find_money_unit(plain)
    core = pattern("number").sub("", _LEAD.sub("", plain))
    among = pattern("among").match(core) is not None
    if among:
        core = pattern("number").sub("", pattern("among").sub("", core))
    core = _BRACKETS.sub(_inner, core)
    core = core.strip(_TRIM)
    shorter = pattern("tail").sub("", core).strip(_TRIM)
    while shorter and shorter != core:
        core, shorter = shorter, pattern("tail").sub("", shorter).strip(_TRIM)
    core = re.sub(r"[()（）\[\]【】]", "", core)
    found = pattern("year").search(core)
    core = core.replace(found[0], "", 1) if found else core
    month = header_words()["patterns"]["month"]
    core = pattern("month_first").sub(month, pattern("months").sub(month, core)).strip(_TRIM)
    tags, rest = _segment(core)
    return Parsed(core, tags, rest, points, unit, found[1] if found else "", among)


def _points_of(plain: str) -> str:
    found = pattern("stated_points").search(plain)
    return found[1] if found else ""


def _inner(found: re.Match[str]) -> str:
    """Return what a bracket adds to a header: words are part of it, units, formulas and points are not."""
    inside = found[1]
    if inside == header_words()["patterns"]["either"] and found.start():
        return ""  # 项目(单位)名称 is the name of either
    if _FORMULA.fullmatch(inside) or pattern("points").fullmatch(found[0]) or find_money_unit(f"({inside})"):
        return ""
    if pattern("mark").fullmatch(inside):
        return ""
    tags, rest = _segment(inside)
    return inside if rest == 0 and len(inside) <= 6 and "stamp" not in tags else ""


@lru_cache(maxsize=32_768)
def _segment(core: str) -> tuple[frozenset[str], float]:
    """Return the meanings of the words of a text and the share of it that is no word; the longest words count.

    Two words of one sign each side by side (年, 度) are most often a word nobody knows: their signs count as no word.
    """
    lexicon, longest = _lexicon()
    if not core:
        return frozenset(), 1.0
    best: list[tuple[int, int, frozenset[str], int]] = [(0, 0, frozenset(), 0)]
    for end in range(1, len(core) + 1):
        left, words, tags, _ = best[end - 1]
        chosen = (left + 1, words + 1, tags, 0)
        for start in range(max(0, end - longest), end):
            found = lexicon.get(core[start:end])
            if found is None:
                continue
            left, words, tags, single = best[start]
            is_single = end - start == 1 and "filler" not in found
            left += single + 1 if is_single and single else 0
            if (left, words + 1) < chosen[:2]:
                chosen = (left, words + 1, tags | found, int(is_single))
        best.append(chosen)
    left, _, tags, _ = best[-1]
    return tags, min(1.0, left / len(core))


@lru_cache(maxsize=65_536)
def meaning_of(text: str, context: str) -> Meaning | None:
    """Return what a text means in a context (含义), the first composition that fits; nothing when none does.

    Args:
        text: The header or label as printed.
        context: ``columns``, ``funds``, ``sources``, ``labels``, ``goals`` or ``titles``.

    Example:
        >>> meaning_of("未完成原因及拟采取的改进措施", "columns").name, meaning_of("全年执行数(B)", "funds").name
        ('deviation_reason', 'executed')
        >>> meaning_of("示例河道清淤", "columns")
    """
    words = header_words()
    if len(text) > 2 * words["longest"] or _SENTENCE.search(text) or pattern("date_cell").fullmatch(normalise(text)):
        return None
    parsed = parse_header(text)
    if not parsed.core or len(parsed.core) > words["longest"]:
        return None
    is_dated = context == "columns" and parsed.year
    tags = parsed.tags | {"full"} if is_dated else parsed.tags  # 2022年计划 is 年度计划 of the year it states
    for rule in _rules(context):
        if rule.like is not None:
            if rule.like.search(parsed.core) is None:
                continue
            is_whole = rule.like.pattern.startswith("^") and rule.like.pattern.endswith("$")
            if not is_whole and parsed.rest >= 0.5 and context != "sources":
                continue
            rest = 0.0 if is_whole or context == "sources" else parsed.rest
        else:
            if not rule.every <= tags or tags & rule.none or (rule.some and not rule.some & tags):
                continue
            rest = parsed.rest
        sure = rule.sure * max(0.0, 1 - float(words["uncovered"]) * rest)
        return Meaning(rule.name, round(sure, 3), rest)
    return None


@lru_cache(maxsize=8_192)
def title_kind(text: str) -> str:
    """Return the kind of form that a title names (表种), empty when it names none.

    Example:
        >>> title_kind("示例监管补助资金区域绩效目标自评表"), title_kind("2024年1-7月绩效运行监控表")
        ('self_evaluation', 'monitoring')
    """
    plain = normalise(text)
    if len(plain) > 80:
        return ""
    return next((rule.name for rule in _rules("titles") if rule.like is not None and rule.like.search(plain)), "")
