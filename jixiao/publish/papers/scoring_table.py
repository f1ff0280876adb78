"""Lay out a scoring table (评分表) in the tree of form 2: levels merged, sums as formulas with their results."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import Any

import pandas as pd

from jixiao.core.exact import exact_sum
from jixiao.core.vocabulary import word
from jixiao.publish.forms import LaidOut, Slot, load_layout, number_of, plain, sum_formula
from jixiao.publish.papers.contents import indicator_row
from jixiao.publish.papers.wording import clean, paper_words
from jixiao.scoring.frameworks import load_framework

_COLUMNS = (
    *("category", "subcategory", "indicator", "weight", "target", "actual", "scoring_standard"),
    *("reported_score", "reason"),
)
_WEIGHT, _POINTS = 3, 7
_LAST = len(_COLUMNS) - 1


def lay_out_scores(chosen: pd.Series, scores: pd.DataFrame) -> LaidOut:
    """Lay out the scoring table of one evaluation (评分表), every number as it was received.

    Args:
        chosen: The totals of the evaluation.
        scores: Its scored rows; rows that only repeat a sum are left out.

    Returns:
        The form; a sum is a formula only where the received number is what its parts give.

    Basis: 财预〔2020〕10号附2.
    """
    words = paper_words()["workbook"]
    widths = tuple(Decimal(str(width)) for width in words["widths"])
    form = LaidOut(load_layout().model_copy(update={"title": words["file_title"], "widths": widths}))
    kind = word("evaluation", chosen["evaluation"])
    form.add(Slot(0, 0, words["file_title"], columns=_LAST + 1, role="title"))
    form.add(Slot(1, 0, words["year_line"].format(year=chosen["year"], kind=kind), columns=_LAST + 1, role="line"))
    framework = load_framework(chosen["framework"])
    _add_pair(form, 2, 0, 6, words["project"], clean(chosen["project"]))
    _add_pair(form, 2, 6, _LAST + 1, words["framework"], framework.name)
    _add_pair(form, 3, 0, 6, words["department"], clean(chosen["department"]))
    _add_pair(form, 3, 6, _LAST + 1, words["unit"], clean(chosen["unit"]))
    form.header_row = 4
    for column, name in enumerate(_COLUMNS):
        form.add(Slot(4, column, words[name], role="label"))
    rows = scores[scores["is_counted"] | scores["is_placeholder"]].to_dict("records")
    for at, row in enumerate(rows, 5):
        _add_row(form, at, row, words)
    _add_levels(form, 5, rows, words)
    _add_totals(form, 5, rows, chosen, words)
    return form


def _add_pair(form: LaidOut, row: int, first: int, end: int, name: str, text: str) -> None:
    form.add(Slot(row, first, name, role="label"))
    form.add(Slot(row, first + 1, text, columns=end - first - 1, is_left=True))


def _add_row(form: LaidOut, at: int, row: dict[Any, Any], words: dict[str, Any]) -> None:
    texts = indicator_row(row)
    form.add(Slot(at, 2, clean(row["indicator"]), is_left=True))
    form.add(_number(at, _WEIGHT, number_of(row["weight"])))
    form.add(Slot(at, 4, texts["target"]))
    form.add(Slot(at, 5, texts["actual"], is_left=True))
    form.add(Slot(at, 6, texts["standard"], is_left=True))
    form.add(_number(at, _POINTS, number_of(row["reported_score"])))
    form.add(Slot(at, _LAST, texts["reason"], is_left=True))


def _number(row: int, column: int, number: Decimal | None, formula: str = "") -> Slot:
    """Return a cell with a number; 16 digits are enough here, since nothing is read back from this table."""
    return Slot(row, column, "" if number is None else plain(number), number=number, formula=formula)


def _add_levels(form: LaidOut, top: int, rows: list[dict[Any, Any]], words: dict[str, Any]) -> None:
    """Add levels 1 and 2 with their weights, merged over the rows below them."""
    for column, names in ((0, ("category",)), (1, ("category", "subcategory"))):
        at = top
        for key, group in groupby(rows, key=lambda row: [row[name] for name in names]):
            mine, name = list(group), clean(key[-1])
            weight = exact_sum([row["weight"] if row["weight"] == row["weight"] else None for row in mine])
            shown = words["heading"].format(name=name, weight=plain(Decimal(str(weight)))) if weight and name else name
            form.add(Slot(at, column, shown, rows=len(mine)))
            at += len(mine)


def _add_totals(form: LaidOut, top: int, rows: list[dict[Any, Any]], chosen: pd.Series, words: dict[str, Any]) -> None:
    """Add the sums; what is printed is never replaced by what would be right."""
    end = top + len(rows)
    form.add(Slot(end, 0, words["total"], columns=_WEIGHT, role="label"))
    for column, name, printed in (
        (_WEIGHT, "weight", None),
        (_POINTS, "reported_score", number_of(chosen["total_reported"])),
    ):
        parts = [number_of(row[name]) for row in rows]
        counted = [part for part, row in zip(parts, rows, strict=True) if row["is_counted"]]
        known = [part for part in counted if part is not None]
        number = (
            (sum(known, Decimal(0)) if known and len(known) == len(counted) else None) if name == "weight" else printed
        )
        letter = "ABCDEFGHIJ"[column]
        formula = sum_formula([f"{letter}{top + 1}:{letter}{end}"], parts, number, are_numbers=True)
        form.add(_number(end, column, number, formula))
    for first, columns in ((4, 3), (_LAST, 1)):
        form.add(Slot(end, first, columns=columns))
    grade = clean(chosen["grade_reported"]) or word("reported_grade", chosen["reported_grade"])
    form.add(Slot(end + 1, 0, words["grade"], columns=_WEIGHT, role="label"))
    form.add(Slot(end + 1, _WEIGHT, grade, columns=_LAST + 1 - _WEIGHT))
