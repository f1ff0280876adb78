"""The official outlines (报告提纲): which section a heading opens, by its meaning, with sureness."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from jixiao.reading.files.document_words import document_words

CERTAIN, PROBABLE, BELOW = 1.0, 0.8, 0.7
"""Sureness of a heading that uses the words of a section, that hints at it, or that names a part of it."""


@dataclass(frozen=True)
class Section:
    """One section of an outline and the patterns of what stands below it."""

    name: str
    words: re.Pattern[str]
    hints: re.Pattern[str] | None
    parts: tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True)
class Match:
    """The section that a heading opens: how sure that is, and which other sections the same heading names."""

    section: str
    part: str
    sureness: float
    others: tuple[str, ...] = ()


@cache
def load_outline(kind: str) -> tuple[Section, ...]:
    """Return the sections of the outline of a kind of document (提纲), in the official order."""
    declared = document_words()["outlines"].get(kind, {})
    return tuple(
        Section(
            name,
            re.compile(entry["words"]),
            re.compile(entry["hints"]) if entry.get("hints") else None,
            tuple((part, re.compile(words)) for part, words in entry.get("parts", {}).items()),
        )
        for name, entry in declared.items()
    )


def plain_heading(text: str) -> str:
    """Return a heading as it is compared: without spaces, points in brackets and closing signs.

    Example:
        >>> plain_heading("项目决策情况（15分）。"), plain_heading("前 言")
        ('项目决策情况', '前言')
    """
    declared = document_words()["patterns"]
    plain = re.sub(r"\s", "", text)
    plain = re.sub(declared["points_behind"], "", plain)
    return plain.strip("。；：:、，,.？?")


@lru_cache(maxsize=4096)
def match_section(heading: str, kind: str) -> Match | None:
    """Return the section of an outline that a heading opens (章节归类), None when it opens none.

    A heading that names several sections opens the one it names first; the others are told.

    Example:
        >>> match_section("绩效评价工作情况", "evaluation_report").section
        'work'
        >>> match_section("主要经验、存在问题和有关建议", "evaluation_report").others
        ('advice',)
    """
    plain = plain_heading(heading)
    if kind == "evaluation_report" and _is_scored(heading, plain):
        return Match("analysis", "", CERTAIN)
    found: list[tuple[int, int, float, str]] = []
    for order, section in enumerate(load_outline(kind)):
        hit = section.words.search(plain)
        sureness = CERTAIN
        if hit is None and section.hints is not None:
            hit, sureness = section.hints.search(plain), PROBABLE
        if hit is not None:
            found.append((hit.start(), order, sureness, section.name))
    if not found:
        part = match_part(plain, kind)
        return Match(part[0], part[1], BELOW) if part else None
    sure = [item for item in found if item[2] == CERTAIN] or found
    first = min(sure, key=lambda item: (item[0], item[1]))
    others = tuple(dict.fromkeys(name for _, _, _, name in sorted(sure) if name != first[3]))
    return Match(first[3], "", first[2], others)


def _is_scored(heading: str, plain: str) -> bool:
    """Say whether a heading gives the points of the whole: 绩效评价情况（100分，得95分）."""
    patterns = document_words()["patterns"]
    has_points = re.search(patterns["ends_in_points"], re.sub(r"\s", "", heading)) is not None
    return has_points and re.search(patterns["scored_heading"], plain) is not None


@lru_cache(maxsize=4096)
def match_part(heading: str, kind: str, section: str = "") -> tuple[str, str] | None:
    """Return the section and the part of it that a heading below names; only of one section when it is given.

    Example:
        >>> match_part("评价方法", "evaluation_report", "work")
        ('work', 'methods')
    """
    plain = plain_heading(heading)
    best: tuple[int, int, str, str] | None = None
    for entry in load_outline(kind):
        if section and entry.name != section:
            continue
        for order, (part, words) in enumerate(entry.parts):
            hit = words.search(plain)
            if hit is None:
                continue
            if section:
                key = (hit.start() if section in {"work", "lessons"} else 0, order, entry.name, part)
                best = min(best, key) if best else key
            elif hit.end() - hit.start() >= len(plain) - 6 and best is None:
                best = (0, order, entry.name, part)
    return (best[2], best[3]) if best else None
