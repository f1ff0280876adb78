"""What the unit itself wrote (单位写下的文字): its passages, word for word, where the outline wants them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from jixiao.core.frames import EVALUATION_KEY
from jixiao.publish.papers.wording import NEXT_CELL, NEXT_ROW, TABLE, clean, paper_words
from jixiao.reading.documents.identities import plain_project
from jixiao.reading.documents.opinions import likeness

Row = dict[str, Any]
REASONS = "indicator_reason"
"""The subsection of an answer that says why an indicator fell short; its heading is the indicator's name."""
INDICATOR_SYSTEM = "indicator_system"
"""The subsection in which a unit prints its tree of indicators, which the paper prints in its annex."""
SUMMARY = "summary_report"
ALIKE = 0.8
"""How alike a heading of a summary and the name of a project must be for the heading to be about it."""
_TEXT_DEPTH = 99
CELL, LINE, PATH = "｜", "\n", "／"
"""What divides the cells and the rows of a table that stands among the passages, and the headings of a path."""


def outline_of(kind: str) -> dict[str, Row]:
    """Return the places of a paper that a unit's own text can fill (提纲), in their order.

    Args:
        kind: The paper: report, self_evaluation or department.

    Example:
        >>> list(outline_of("report"))[:3]
        ['preface', 'overview', 'objectives']
    """
    return dict(paper_words()["outlines"][kind])


def passages_of(passages: pd.DataFrame, chosen: pd.Series) -> pd.DataFrame:
    """Return the passages of one evaluation in the order in which they were written (本份评价的段落)."""
    mine = (passages[list(EVALUATION_KEY)] == [chosen[name] for name in EVALUATION_KEY]).all(axis=1)
    return _ordered(passages[mine])


def summary_passages(passages: pd.DataFrame, *, year: int, department: str) -> pd.DataFrame:
    """Return the passages of a department's own summary of its self-evaluations (自评总报告的段落)."""
    mine = (passages["document_kind"] == "summary_report") & (passages["year"] == year)
    return _ordered(passages[mine & (passages["department"] == department)])


def summary_of_project(passages: pd.DataFrame, chosen: pd.Series, file: str) -> pd.DataFrame:
    """Return what a department's summary says of one project (自评总报告中关于本项目的文字).

    Args:
        passages: All passages.
        chosen: The evaluation of the project.
        file: The file the evaluation was read from; a summary in it counts whatever department it names.

    Returns:
        The paragraphs below the headings that name the project, and what the summary says of the use of all results.
    """
    mine = (passages["document_kind"] == SUMMARY) & (passages["year"] == chosen["year"])
    mine &= (passages["source_file"] == file) | (passages["department"] == chosen["department"])
    rows = passages[mine & passages["passage_kind"].isin(["text", "table", "caption"])]
    own = [
        row.section == "result_use"
        or any(_names_project(name, chosen["project"]) for name in row.heading_path.split(PATH))
        for row in rows.itertuples()
    ]
    return _ordered(rows[own]) if len(rows) else rows


def _names_project(heading: str, project: str) -> bool:
    return plain_project(heading) == plain_project(project) or likeness(heading, project) >= ALIKE


def _ordered(passages: pd.DataFrame) -> pd.DataFrame:
    return passages.sort_values(["source_file", "line"], kind="stable", ignore_index=True)


def fill_outline(passages: pd.DataFrame, kind: str) -> dict[str, list[Row]]:
    """Lay the passages of a report into the outline of a paper (文字归位).

    Args:
        passages: The passages, in their order.
        kind: The paper they go into.

    Returns:
        For each place of the outline its paragraphs: ``look`` (h2, h3, text, caption, numbered_caption, table, and
        see_scores where the unit printed the tree of indicators that stands in the annex), ``text`` as printed, for a
        table its signs, and ``file`` and ``line`` of the source. A heading that only names
        the place, a table of points, which the paper makes from the frames, and an annex are left out.
    """
    places = outline_of(kind)
    filled: dict[str, list[Row]] = {name: [] for name in places}
    rows = passages.to_dict("records")
    dropped = set(_repeated(rows))
    headed: set[str] = set()
    for number, row in enumerate(rows):
        name = _place_of(row, places)
        if name is None or not clean(row["text"]):
            continue
        if number in dropped:
            if row["passage_kind"] == "table" and row["subsection"] == INDICATOR_SYSTEM:
                filled[name].append(_shown(row) | {"look": "see_scores", "text": ""})
            continue
        if _names_the_place(row, places[name], is_first=not filled[name] and name not in headed):
            if row["passage_kind"] == "heading" and int(row["level"] or 1) > 1:
                headed.add(name)
            continue
        filled[name].append(_shown(row))
    return _renumbered({name: _without_loose_headings(said) for name, said in filled.items()})


def _place_of(row: Row, places: dict[str, Row]) -> str | None:
    """Return the place of a passage: the one that names its subsection, else the one that takes the whole section."""
    section, subsection = clean(row["section"]), clean(row["subsection"])
    if subsection == REASONS:  # it stands beside its indicator
        return None
    mine = {name: place for name, place in places.items() if section in place["sections"]}
    for name, place in mine.items():
        if subsection in place.get("only", ()):
            return name
    return next((name for name, place in mine.items() if place.get("rest", "only" not in place)), None)


def _names_the_place(row: Row, place: Row, *, is_first: bool) -> bool:
    """Say whether a heading is the one that the paper prints itself: 一、基本情况, or the first of its place."""
    if row["passage_kind"] == "title":
        return True
    if row["passage_kind"] != "heading":
        return False
    is_named = any(word in clean(row["text"]) for word in place.get("names", ()))
    return int(row["level"] or 1) <= 1 or (is_first and is_named)


def _repeated(rows: list[Row]) -> Iterator[int]:
    """Yield the numbers of the tables of points and of the captions above them."""
    words = paper_words()["tables_of_points"]
    for number, row in enumerate(rows):
        if row["passage_kind"] != "table":
            continue
        head = clean(row["text"]).split(LINE)
        is_summary = row["section"] in words["sections"] and any(word in clean(row["text"]) for word in words["points"])
        is_scoring = all(any(word in line for line in head[:3]) for word in words["scoring"])
        if is_summary or is_scoring:
            yield number
            if number and rows[number - 1]["passage_kind"] == "caption":
                yield number - 1


def _shown(row: Row) -> Row:
    """Return a passage as a paragraph of the paper."""
    kind, text = row["passage_kind"], clean(row["text"])
    look = "text"
    if kind == "heading":
        look = "h2" if re.match(paper_words()["second_level"], clean(row["ordinal"])) else "h3"
    elif kind in {"table", "caption"}:
        look = kind
    if kind == "heading":
        text = f"{clean(row['ordinal'])}{text}"
    if kind == "table":
        text = TABLE + NEXT_ROW.join(NEXT_CELL.join(line.split(CELL)) for line in text.split(LINE))
    return {
        "look": look,
        "text": text,
        "depth": int(row["level"] or 1) if kind == "heading" else _TEXT_DEPTH,
        "file": clean(row["source_file"]),
        "line": int(row["line"]),
        "subsection": clean(row["subsection"]),
    }


def _without_loose_headings(said: list[Row]) -> list[Row]:
    """Leave out headings below which nothing was written."""
    kept: list[Row] = []
    for row in reversed(said):
        if row["look"] not in {"h2", "h3"} or (kept and kept[-1]["depth"] > row["depth"]):
            kept.append(row)
    return kept[::-1]


def _renumbered(filled: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Let the paper number the unit's own tables, unless the unit's text calls one by its number."""
    numbered = re.compile(paper_words()["numbered_caption"])
    texts = [row["text"] for said in filled.values() for row in said if row["look"] != "caption"]
    if any(numbered.search(text) for text in texts):
        return filled
    return {
        name: [
            row | {"look": "numbered_caption", "text": row["text"][match.end() :].lstrip(" :：")}
            if row["look"] == "caption" and (match := numbered.match(row["text"]))
            else row
            for row in said
        ]
        for name, said in filled.items()
    }


def told(filled: dict[str, list[Row]], kind: str) -> list[Row]:
    """List where each of these paragraphs was read (文字来源): place, beginning, file and line.

    Args:
        filled: From :func:`fill_outline`.
        kind: The paper, whose outline names the places.
    """
    names = outline_of(kind)
    return [
        {"place": names[place]["title"], "text": _plain(row["text"]), "file": row["file"], "line": row["line"]}
        for place, said in filled.items()
        for row in said
    ]


def _plain(text: str) -> str:
    """Return a table as a reader sees it in a list."""
    return text.removeprefix(TABLE).replace(NEXT_CELL, CELL).replace(NEXT_ROW, LINE)


def says(said: Iterable[Row], *words: str) -> bool:
    """Say whether one of some paragraphs holds one of some words."""
    return any(word in row["text"] for row in said for word in words)


def highest_number(filled: dict[str, list[Row]]) -> int:
    """Return the highest number of a table that the unit's own captions bear (表号), 0 without any."""
    pattern = re.compile(paper_words()["numbered_caption"])
    found = [pattern.match(row["text"]) for said in filled.values() for row in said if row["look"] == "caption"]
    return max((int(match[1]) for match in found if match), default=0)
