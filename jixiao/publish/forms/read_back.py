"""Read a written form back and compare it with what was to be written (回读校对)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jixiao.core.errors import JixiaoError, ProofError
from jixiao.core.frames import SCHEMAS, Frames
from jixiao.core.vocabulary import label
from jixiao.publish.forms.layouts import Layout
from jixiao.publish.forms.selection import Evaluation, list_evaluations, number_of
from jixiao.reading.forms.sources import read_file
from jixiao.reading.tidy.make_frames import make_frames

HELD = {
    "head": (
        *("project", "department", "unit", "year", "evaluation", "money_unit"),
        *("objective", "objective_achieved", "total_reported", "grade_reported"),
    ),
    "budgets": (
        *("fund", "initial_budget_wan", "annual_budget_wan", "executed_wan", "execution_rate_text"),
        *("weight", "reported_score"),
    ),
    "indicators": (
        *("category", "subcategory", "indicator", "target_text", "actual_text"),
        *("weight", "reported_score", "deviation_reason"),
    ),
    "headings": ("heading_level", "parent", "heading", "heading_weight"),
}
"""What form 1 holds; every other column of the frames follows from these or says where something stood."""


_ROWS = {"budgets": "budgets_rows", "indicators": "indicators_rows", "headings": "heading"}


def read_frames(path: Path, *, name: str = "") -> Frames:
    """Read the forms of one file into frames (读一个文件).

    Raises:
        FormError: The file cannot be read.
    """
    return make_frames(read_file(path, name=name))


def prove(path: Path, name: str, evaluation: Evaluation, layout: Layout) -> None:
    """Read a written form back: it must say what the evaluation says.

    Args:
        path: The written file.
        name: How it is named to the reader.
        evaluation: What was to be written.
        layout: The layout it was written in.

    Raises:
        ProofError: It does not; the sentence names the first difference. Such a form is not kept.
    """
    try:
        (again,) = list_evaluations(read_frames(path, name=name), layout)
    except (JixiaoError, ValueError) as error:
        raise ProofError(name, f"不能按自评表读回（{error}）") from error
    for part, columns in HELD.items():
        ours, theirs = _rows(evaluation, part), _rows(again, part)
        if len(ours) != len(theirs):
            raise ProofError(name, f"{label(_ROWS[part])}应有{len(ours)}行，读回{len(theirs)}行")
        for ours_row, theirs_row in zip(ours, theirs, strict=True):
            for column in columns:
                kind = SCHEMAS["evaluations" if part == "head" else part][column]
                wanted, found = _plain(ours_row[column], kind), _plain(theirs_row[column], kind)
                if wanted != found:
                    raise ProofError(name, f"“{label(column)}”应为“{_short(wanted)}”，读回“{_short(found)}”")


def _rows(evaluation: Evaluation, part: str) -> list[dict[str, Any]]:
    return [evaluation.head] if part == "head" else list(getattr(evaluation, part))


def _plain(value: Any, kind: str) -> Any:
    return number_of(value) if kind in {"float64", "Int64"} else value


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:40]}……"
