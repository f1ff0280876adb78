"""Which section a chapter is likely to be whose heading no outline knows (章节的推断): by its words and its contents.

A heading is made of few words: 短板 and 弱项 mean problems, 举措 and 路径 suggestions. Where the words leave it open,
what stands below decides: pairs of points, a grade, amounts, questionnaires, what is wanting, what should be done.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from jixiao.reading.documents.outlines import plain_heading
from jixiao.reading.files.document_words import document_words

ENOUGH = 0.45
"""Likelihood from which a chapter is taken for a section; a strong word over half of a heading reaches it."""
STRONG, WEAK = 1.0, 0.35
COVERED = 0.8
"""Share of a heading's signs that words of headings must cover for a line without number and looks to be one."""
LONGEST_HEADING = 18


@cache
def _words() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    declared = document_words()["likely"]["headings"]
    return {name: (re.compile(entry["strong"]), re.compile(entry["weak"])) for name, entry in declared.items()}


@cache
def _contents() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(words) for name, words in document_words()["likely"]["contents"].items()}


@cache
def _filler() -> re.Pattern[str]:
    return re.compile(document_words()["likely"]["filler"])


@lru_cache(maxsize=4096)
def weigh_heading(heading: str) -> tuple[tuple[str, float], ...]:
    """Return how likely a heading opens each section, by the share of its signs that the section's words are.

    Example:
        >>> weigh_heading("短板弱项")[0], weigh_heading("改进路径")[0]
        (('lessons', 1.0), ('advice', 0.68))
    """
    plain = plain_heading(heading)
    size = max(1, len(_filler().sub("", plain)))
    found = []
    for name, (strong, weak) in _words().items():
        hits = sum(len(hit) for hit in strong.findall(plain))
        left = strong.sub("", plain)
        if hits:
            found.append((name, (STRONG * hits + WEAK * sum(len(hit) for hit in weak.findall(left))) / size))
    return tuple(sorted(((name, min(1.0, round(weight, 2))) for name, weight in found), key=lambda item: -item[1]))


def first_words(heading: str, section: str) -> int:
    """Return where the first word of a section stands in a heading; behind its end when none does."""
    hit = _words()[section][0].search(plain_heading(heading))
    return hit.start() if hit else len(heading)


@lru_cache(maxsize=4096)
def looks_like_chapter(line: str) -> bool:
    """Say whether a short line consists of words of headings alone: 评价中发现的薄弱环节 (是否章节标题).

    Example:
        >>> looks_like_chapter("评价中发现的薄弱环节"), looks_like_chapter("路灯已经更换")
        (True, False)
    """
    plain = plain_heading(line)
    weights = weigh_heading(plain)
    if not (4 <= len(plain) <= LONGEST_HEADING and weights and weights[0][1] >= ENOUGH):
        return False
    strong, weak = _words()[weights[0][0]]
    left = _filler().sub("", weak.sub("", strong.sub("", plain)))
    return len(left) <= (1 - COVERED) * len(plain)


def likely_section(heading: str, texts: Sequence[str], taken: Sequence[str] = ()) -> tuple[str, float]:
    """Return the section that a chapter is likely to be and how likely; an empty one when none is.

    Args:
        heading: Its heading without the number.
        texts: The paragraphs below it.
        taken: Sections that other chapters are for certain.

    Example:
        >>> likely_section("几点想法", ["应当健全制度。", "建议加强检查。"])[0]
        'advice'
    """
    weights = dict(weigh_heading(heading))
    for name, weight in _weigh_contents(texts).items():
        weights[name] = weights.get(name, 0.0) + weight
    for name in taken:
        if name in weights:
            weights[name] -= 0.3
    best = max(weights.items(), key=lambda item: item[1], default=("", 0.0))
    return (best[0], min(0.75, round(best[1], 2))) if best[1] >= ENOUGH else ("", 0.0)


def _weigh_contents(texts: Sequence[str]) -> dict[str, float]:
    words, plain = _contents(), "".join(texts)
    sentences = [one for one in re.split("[。；]", plain) if one]
    if not sentences:
        return {}
    pairs = len(words["points"].findall(plain))
    if pairs >= 6:  # a chapter full of points is the analysis, whatever else it says
        return {"analysis": 1.2}
    shares = {
        name: sum(bool(words[name].search(one)) for one in sentences) / len(sentences)
        for name in ("lessons", "advice", "work")
    }
    found = {
        "lessons": 0.5 * shares["lessons"],
        "advice": 0.8 * shares["advice"],
        "work": min(0.6, 0.2 * len(words["work"].findall(plain))),
        "basics": min(0.5, 0.15 * len(words["basics"].findall(plain))),
    }
    if words["conclusion"].search(plain) and pairs < 6:
        found["conclusion"] = 0.6
    return found
