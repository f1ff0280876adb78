"""The rows of whole reports (文稿数据行): passages and statements with the project and indicators they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from jixiao.core.frames import SCHEMAS
from jixiao.reading.documents.justifications import clean_name
from jixiao.reading.documents.opinions import best_match, likeness
from jixiao.reading.forms.records import Reading, Record
from jixiao.reading.tidy.rows import Rows, project_key
from jixiao.reading.values.values import normalise

NAMED_ALIKE = 0.6
"""Likeness from which two names of indicators are one."""
_OPINIONS = ("problems", "advice")


def add_documents(rows: Rows, readings: Iterable[Reading]) -> None:
    """Add what whole reports hold, after the evaluations they belong to (加入文稿)."""
    for reading in readings:
        made: dict[str, list[dict[str, Any]]] = {}
        for record in reading.records:
            if record.block in SCHEMAS:
                made.setdefault(record.block, []).append(_row(reading, record))
        _link(rows, made)
        for name, found in made.items():
            for row in found:
                rows.add(name, **row)


def _row(reading: Reading, record: Record) -> dict[str, Any]:
    texts = record.texts
    project = texts.get("project", "")
    place: dict[str, Any] = {
        "source_file": reading.file,
        "source_sheet": record.sheet,
        "source_row": record.row,
        "source_cell": texts["cell"],
        "project_id": project_key(texts["unit"] or texts["department"], project) if project else "",
    }
    row: dict[str, Any] = {}
    for column, kind in SCHEMAS[record.block].items():
        text: Any = place.get(column, texts.get(column, ""))
        if kind == "Int64":
            row[column] = int(text) if text not in {"", None} else None
        elif kind == "float64":
            row[column] = float(text) if text != "" else None
        elif kind == "bool":
            row[column] = bool(text)
        else:
            row[column] = text
    return row


def _link(rows: Rows, made: dict[str, list[dict[str, Any]]]) -> None:
    """Find the indicator that each paragraph, problem and suggestion is about."""
    paragraphs = made.get("indicator_paragraphs", [])
    for key in dict.fromkeys(_key(row) for row in paragraphs):
        mine = [row for row in paragraphs if _key(row) == key]
        known = [row for row in rows.rows["indicators"] if _key(row) == key]
        _link_paragraphs(mine, known)
    for name in _OPINIONS:
        for row in made.get(name, []):
            about = [one for one in paragraphs if _key(one) == _key(row)]
            _link_opinion(row, about)
    problems = {(row["portion"], row["number"]): row for row in made.get("problems", [])}
    for row in made.get("advice", []):
        answered = problems.get((row["portion"], row["problem_number"]))
        is_surer = answered is not None and (answered["match_sureness"] or 0) > (row["match_sureness"] or 0)
        if answered is not None and answered["indicator"] and is_surer:
            row |= {name: answered[name] for name in ("indicator_id", "indicator", "match_sureness")}


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["year"], row["project_id"], row["evaluation"])


def _link_paragraphs(paragraphs: Sequence[dict[str, Any]], indicators: Sequence[dict[str, Any]]) -> None:
    """Pair the paragraphs of an evaluation with its indicator rows, each row once: by name, by place, by likeness."""
    free = [row for row in indicators if row["is_counted"]]
    waiting = list(paragraphs)
    for same in (_same_name, _same_line, _one_of_level, _alike):
        for row in list(waiting):
            found = next((one for one in free if same(row, one, free)), None)
            if found is not None:
                row["indicator_id"] = found["indicator_id"]
                row["indicator"] = row["indicator"] or found["indicator"]
                free.remove(found)
                waiting.remove(row)


def _plain(text: str) -> str:
    return normalise(clean_name(text))


def _same_name(row: dict[str, Any], one: dict[str, Any], free: Sequence[dict[str, Any]]) -> bool:
    return bool(row["indicator"]) and _plain(row["indicator"]) == _plain(one["indicator"])


def _same_line(row: dict[str, Any], one: dict[str, Any], free: Sequence[dict[str, Any]]) -> bool:
    return row["line"] == one["source_row"] and row["source_sheet"] == one["source_sheet"]


def _one_of_level(row: dict[str, Any], one: dict[str, Any], free: Sequence[dict[str, Any]]) -> bool:
    """Say whether a paragraph about a whole level is about the only indicator of that level."""
    if row["indicator"] or not row["subcategory"]:
        return False
    level = [other for other in free if likeness(other["subcategory"], row["subcategory"]) >= NAMED_ALIKE]
    return len(level) == 1 and level[0] is one


def _alike(row: dict[str, Any], one: dict[str, Any], free: Sequence[dict[str, Any]]) -> bool:
    names = [other["indicator"] for other in free]
    place, sureness = best_match(row["indicator"], names)
    return place is not None and sureness >= NAMED_ALIKE and free[place] is one


def _link_opinion(row: dict[str, Any], paragraphs: Sequence[dict[str, Any]]) -> None:
    """Find the indicator whose loss a problem or suggestion is about, or the one that it names."""
    whole = row["item_title"] + row["text"]
    for name in (row["department"], row["project_id"]):
        whole = whole.replace(name, "") if name else whole
    named = [one for one in paragraphs if one["indicator"] and len(one["indicator"]) > 3 and one["indicator"] in whole]
    lost = [one for one in paragraphs if one["loss_reason"]]
    found, sureness = None, 0.0
    if len(named) == 1:
        found, sureness = named[0], 1.0
    elif lost:
        place, sureness = best_match(whole, [one["indicator"] + one["loss_reason"] for one in lost])
        found = lost[place] if place is not None else None
    if found is not None:
        row["indicator_id"], row["indicator"] = found["indicator_id"], found["indicator"]
        row["match_sureness"] = sureness
