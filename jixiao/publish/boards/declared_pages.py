"""The declared pages with everything a browser needs to show them (看板定义): words, labels, colours, choices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pandas as pd

from jixiao.analysis.choices import choices
from jixiao.analysis.coverage import known_bodies
from jixiao.core.files import place_name
from jixiao.core.results import Results
from jixiao.core.vocabulary import category_groups, columns, value_labels
from jixiao.core.writing import percent_text
from jixiao.publish.boards.board_issues import Problems, no_problems, state_words
from jixiao.publish.boards.board_rules import boards
from jixiao.publish.boards.monitoring import monitoring
from jixiao.publish.boards.prepared import COLUMNS, departments_of, years_of
from jixiao.show.figure import BLUE, GREEN, GREY, LOW_TO_HIGH, ORANGE, PALE, RED, SKY, marked, on_colour, themed
from jixiao.show.figures import BANDS, GRADE_COLOURS, SEVERITY_COLOURS

TABLES = {
    **dict.fromkeys(("ranking", "rates", "points"), "base"),
    "names": "names",
    **dict.fromkeys(("projects", "counts", "statements"), "projects-YEAR"),
    "findings": "findings-YEAR",
    "repeated": "repeated-NUMBER",
    "details": "details-YEAR-NUMBER",
    "coverage": "coverage-YEAR",
    "issues": "issues",
    "demands": "demands-YEAR-NUMBER",
    **dict.fromkeys(("facts", "verdicts", "funds", "indicators"), "project-YEAR-NUMBER"),
}
"""In which chunk each prepared table stands, with the year and the number of the department in its name."""
_DECLARED = ("title", "cards", "lists", "questions", "drills", "choosers", "all")
_FILLED = 0.8
"""The share of the evaluations of the fullest year from which on a year is well filled."""
_BEIJING = timezone(timedelta(hours=8))
_STATES = {
    "overdue": RED,
    "returned": ORANGE,
    "sent": SKY,
    "answered": BLUE,
    "pending": GREY,
    "done": GREEN,
    "withdrawn": PALE,
}
_SENT = {"missing": RED, "twice": ORANGE, "unasked": GREY, "received": GREEN}
_LIGHTS = {"red": RED, "yellow": ORANGE, "green": GREEN, "unknown": GREY}


def describe(
    results: Results,
    *,
    chunks: dict[str, int],
    stamp: str,
    is_old: bool,
    merged: Sequence[str] = (),
    problems: Problems | None = None,
) -> dict[str, Any]:
    """Return what every page needs before its tables (看板总述): declarations, labels, colours, choices.

    Args:
        results: What the pages show.
        chunks: The number of rows of the largest table of each chunk.
        stamp: What tells these chunks from those of another time.
        is_old: Sources or rules changed since the results were made.
        merged: One sentence for each department that stands for others it took over; charts of departments say so.
        problems: What the ledger holds of these data; nothing when None.

    Example:
        >>> from jixiao import evaluate
        >>> describe(evaluate("data/sample"), chunks={}, stamp="1", is_old=False)["years"]
        [2023, 2024]
    """
    declared, words, problems = boards(), boards()["words"], problems or no_problems()
    departments = departments_of(results)
    bodies = known_bodies(pd.Series(departments, dtype="str"), results.organisations)
    kinds = bodies["department_kind"].tolist()
    known = [name for name in value_labels()["evaluation"] if name in set(results.totals["evaluation"])]
    lines = choices("quadrants")
    whole = {
        **{name: declared[name] for name in _DECLARED},
        "pages": _noted(declared["pages"], words["merged_note"] if merged else ""),
        "words": words,
        "labels": {name: {"label": entry["label"], "type": entry["type"]} for name, entry in columns().items()},
        "values": {**value_labels(), **state_words()},
        "categories": category_groups(),
        "colours": _colours(),
        "theme": themed({}),
        "cut": {"rate": lines["execution_rate"], "points": lines["points"]},
        "years": years_of(results),
        "departments": list(zip(departments, kinds, strict=True)),
        "evaluations": known,
        "opening": _opening(results, departments),
        "held": _held(results, departments),
        "titles": sorted(set(results.findings["title"])),
        "tables": TABLES,
        "columns": COLUMNS,
        "chunks": chunks,
        "stamp": stamp,
        "warnings": [text for text in (results.remark, words["stale"] if is_old else "") if text],
        "about": [*_about(results, words), *merged],
        "told": {
            "monitoring": _monitored(words),
            "rectification": [words["ledger_day"].format(day=problems.day.isoformat())],
        },
        "ledger": problems.told,
    }
    return dict(_plain(whole))


def _opening(results: Results, departments: list[str]) -> dict[str, Any]:
    """Return what the pages open at: the newest well-filled year, the department with most years and evaluations."""
    totals, years = results.totals, years_of(results)
    counts = totals.groupby("year").size()
    busiest = counts[counts >= counts.max() * _FILLED].index.max() if len(counts) else (years or [0])[-1]
    named = totals[totals["department"] != ""].groupby("department")["year"].agg(["nunique", "size"])
    best = named.sort_values(["nunique", "size"], ascending=False, kind="stable").index
    return {"year": int(busiest), "department": str(best[0]) if len(best) else (departments or [""])[0]}


def _held(results: Results, departments: list[str]) -> dict[int, dict[str, list[Any]]]:
    """Return which departments (by number) and kinds of evaluation each year has."""
    numbers = {name: number for number, name in enumerate(departments)}
    named = pd.concat([rows[["year", "department"]] for rows in (results.frames.projects, results.findings)])
    held: dict[int, dict[str, list[Any]]] = {}
    for year in years_of(results):
        here = set(named.loc[named["year"] == year, "department"])
        kinds = sorted(set(results.totals.loc[results.totals["year"] == year, "evaluation"]))
        held[year] = {"departments": sorted(numbers[name] for name in here if name in numbers), "evaluations": kinds}
    return held


def _noted(pages: dict[str, Any], note: str) -> dict[str, Any]:
    """Return the pages with a note at every chart of departments."""

    def told(page: dict[str, Any], panel: dict[str, Any]) -> dict[str, Any]:
        query = panel.get("query")
        if not note or query is None or not (page.get("needs") == "department" or "department" in query["by"]):
            return panel
        return {**panel, "note": f"{panel.get('note') or ''}{note}"}

    return {name: {**page, "panels": [told(page, one) for one in page["panels"]]} for name, page in pages.items()}


def _about(results: Results, words: dict[str, str]) -> list[str]:
    shown = place_name(results.place)
    as_of, made = (f"{moment.astimezone(_BEIJING):%Y-%m-%d %H:%M}" for moment in (results.as_of, datetime.now(UTC)))
    return [words["about"].format(place=shown, as_of=as_of, made=made), words["excluded"]]


def _monitored(words: dict[str, str]) -> list[str]:
    declared = monitoring()
    lines = {name: percent_text(float(value)) for name, value in declared["execution"].items()}
    lines |= {f"{name}2": percent_text(float(value)) for name, value in declared["attainment"].items()}
    return [words["monitored"].format(basis=declared["basis"]), words["light_rule"].format(**lines)]


def _colours() -> dict[str, Any]:
    """Return the markers of coded values and of measures, with the ink that can be read on them."""

    def paint(colour: str) -> dict[str, Any]:
        return {**marked(colour), "ink": on_colour(colour)["color"]}

    coded = {
        "severity": SEVERITY_COLOURS,
        "reported_grade": GRADE_COLOURS,
        "execution_band": BANDS,
        "execution_light": _LIGHTS,
        "attainment_light": _LIGHTS,
        "issue_state": _STATES,
        "coverage_state": _SENT,
        "evaluation": {"self": BLUE, "department": ORANGE, "finance": GREEN},
        "measures": {
            **{"initial_budget_wan": GREY, "annual_budget_wan": SKY, "arrived_wan": GREEN, "executed_wan": BLUE},
            **{"weight": GREY, "reported_score": BLUE, "score": ORANGE, "total_reported": BLUE, "total": ORANGE},
        },
    }
    return {
        **{name: {code: paint(colour) for code, colour in named.items()} for name, named in coded.items()},
        "series": [paint(colour) for colour in (BLUE, ORANGE, GREEN, SKY, GREY, RED)],
        "better": BLUE,
        "worse": RED,
        "less": paint(ORANGE),
        "more": paint(GREEN),
        "scale": LOW_TO_HIGH,
        "counts": [[0, "#FFFFFF"], [1, "#8EC4EA"]],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return float(value) if isinstance(value, Decimal) else value
