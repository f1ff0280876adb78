"""Records -> tidy, typed, keyed frames (数据表).

Every frame keeps where each value stands (``source_file``, ``source_sheet``, ``source_row`` and the ``*_cell``
columns), so a finding can point at a cell someone can open. Money is 万元, rates are fractions, points are points.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from jixiao.core.errors import KeyConflictError
from jixiao.core.exact import exact_sum
from jixiao.core.frames import KEYS, Frames
from jixiao.core.vocabulary import reading_words, word
from jixiao.reading.forms.records import Reading, Record
from jixiao.reading.tidy.document_rows import add_documents
from jixiao.reading.tidy.indicators import IndicatorRows, add_plans
from jixiao.reading.tidy.rows import (
    Rows,
    budget_of,
    head_cell_of,
    head_of,
    identity_of,
    place_of,
    points_of,
    project_key,
)
from jixiao.reading.values.values import parse_value


def make_frames(readings: Iterable[Reading]) -> Frames:
    """Turn readings into frames and check their keys."""
    rows, documents = Rows(), []
    for reading in readings:
        for skipped in reading.skipped:
            rows.add(
                "skipped",
                source_file=reading.file,
                source_sheet=skipped["sheet"],
                source_cell=skipped["cell"],
                text=skipped["text"],
                reason=skipped["reason"],
            )
        _tell_unkept(rows, reading)
        for guess in reading.guesses:
            rows.guess(reading, guess["sheet"], guess["cell"], guess["text"], [guess["reason"]])
        if reading.form == "budget_list":
            _add_list(rows, reading)
        elif reading.form == "final_account":
            _add_accounts(rows, reading)
        elif reading.form == "target_declaration":
            _add_plan(rows, reading)
        elif reading.form == "document":
            documents.append(reading)
        else:
            _add_evaluation(rows, reading)
    add_documents(rows, documents)
    frames = rows.frames()
    # One project comes in several forms; its first mention describes it.
    frames.projects = frames.projects.drop_duplicates(KEYS["projects"]).reset_index(drop=True)
    for name, key in KEYS.items():
        _check_key(getattr(frames, name), key, frames.projects)
    return frames


_MONEY = ("initial_budget", "annual_budget", "arrived", "issued", "executed", "execution_rate", "arrival_rate")
_NAMED = ("category", "category_weight", "subcategory", "subcategory_weight", "indicator")
_OF_TARGET = ("target", "target_relation", "measure_unit", "direction", "weight", "remark")
_KEPT = {
    "funds": frozenset({"fund", "weight", "reported_score", *_MONEY}),
    "list": frozenset({"project", "unit", *_MONEY}),
    "indicators": frozenset(
        {*_NAMED, *_OF_TARGET, "actual", "reported_score", "deviation_reason", "scoring_standard", "execution_rate"}
    ),
    "achievements": frozenset({*_NAMED, *_OF_TARGET, "actual", "execution_rate"}),
    "tasks": frozenset(),
}
"""The columns of each block that go into a frame; what stands in another column of a record is told (未入数据表)."""
_KEPT_OF_PLAN = frozenset({*_NAMED, *_OF_TARGET})
_HEAD = frozenset({"project", "department", "unit", "year", "evaluation", "claimed_counts", "parent"})
_HEAD_OF_EVALUATION = frozenset({"total_claimed", "grade_claimed", "objective_expected", "objective_achieved"})


def _tell_unkept(rows: Rows, reading: Reading) -> None:
    """Tell of each text of a record that no frame has a column for (指标解释、项目属性、申报表的目标文字)."""
    if reading.form in {"document", "final_account"}:
        return
    is_plan = reading.form == "target_declaration"
    head = _HEAD if is_plan else _HEAD | _HEAD_OF_EVALUATION
    left = [
        (record, record.texts[column], cell)
        for record in reading.records
        if record.block in _KEPT
        for column, cell in record.cells.items()
        if column not in (_KEPT_OF_PLAN if is_plan and record.block == "indicators" else _KEPT[record.block])
        and column in record.texts
        and column != "number"  # a running number says nothing
    ]
    left += [
        (record, next(iter(record.texts.values())), next(iter(record.cells.values())))
        for name, record in reading.head.items()
        if name not in head and not (is_plan and name.startswith("fund_"))
    ]
    told = {(skipped["sheet"], skipped["cell"]) for skipped in reading.skipped}
    for record, text, cell in left:
        if not text.strip() or not cell or (record.sheet, cell) in told:
            continue
        told.add((record.sheet, cell))
        rows.add(
            "skipped",
            source_file=reading.file,
            source_sheet=record.sheet,
            source_cell=cell,
            text=text,
            reason=reading_words()["reasons"]["known_column"],
        )


def _check_key(frame: pd.DataFrame, key: list[str], projects: pd.DataFrame) -> None:
    repeated = frame[frame.duplicated(key, keep=False)]
    if not repeated.empty:
        first = repeated[repeated[key].eq(repeated[key].iloc[0]).all(axis=1)]
        places = zip(first["source_file"], first["source_sheet"], strict=True)
        row = first.iloc[0]
        project = projects.loc[projects["project_id"] == row["project_id"], "project"].iloc[0]
        raise KeyConflictError(f"{row['year']}年度“{project}”{word('evaluation', row.get('evaluation'))}", places)


def _add_evaluation(rows: Rows, reading: Reading) -> None:
    identity, named, place = _add_project(rows, reading)
    _add_funds(rows, reading, identity)
    main = next((record.table for record in reading.records if record.block == "indicators"), "")
    totals = [r for r in reading.records if r.block == "total"]
    total = next((r for r in totals if r.table == main), totals[0] if len(totals) == 1 else None)
    grade = next((r for r in reading.records if r.block == "grade" and r.table == main), None)
    rows.add(
        "evaluations",
        **identity,
        **named,
        form=reading.form,
        money_unit=reading.money_unit,
        objective=_objective(reading, "expected"),
        objective_achieved=_objective(reading, "achieved"),
        total_reported=_printed_total(rows, reading, total),
        grade_reported=grade.texts["grade"] if grade else head_of(reading, "grade_claimed"),
        total_cell=_place(total, "reported_score") or head_cell_of(reading, "total_claimed"),
        grade_cell=_place(grade, "grade") or head_cell_of(reading, "grade_claimed"),
        claimed_counts=head_of(reading, "claimed_counts"),
        claimed_counts_cell=head_cell_of(reading, "claimed_counts"),
        **place,
    )
    IndicatorRows(rows, reading, identity).add()


def _add_project(rows: Rows, reading: Reading) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    """Add what a form is about; a form about a whole department (部门整体) has that for its project."""
    is_whole = "project" not in reading.head
    project = reading_words()["whole_department"] if is_whole else head_of(reading, "project")
    department, unit = head_of(reading, "department"), head_of(reading, "unit")
    subject = "department" if is_whole else "project"
    project_id = identity_of(reading)
    identity = {"year": reading.year, "project_id": project_id, "evaluation": reading.evaluation}
    named = {"project": project, "department": department, "unit": unit}
    place = place_of(reading, reading.head[subject], subject)
    rows.add("projects", year=reading.year, project_id=project_id, **named, **place, project_level=subject)
    return identity, named, place


def _add_funds(rows: Rows, reading: Reading, identity: dict[str, Any]) -> None:
    for record in reading.records:
        if record.block == "funds":
            rows.add_budget(
                reading,
                record,
                **identity,
                fund=record.texts["fund"],
                **budget_of(rows, reading, record),
                weight=points_of(rows, reading, record, "weight"),
                reported_score=points_of(rows, reading, record, "reported_score"),
                **place_of(reading, record, "fund"),
            )


def _add_plan(rows: Rows, reading: Reading) -> None:
    """Add a declaration of targets (绩效目标申报表): its project, its money and its indicators; nothing is scored."""
    identity, _, _ = _add_project(rows, reading)
    _add_funds(rows, reading, identity)
    for name, record in reading.head.items():
        if name.startswith("fund_"):
            money = Record(
                "funds",
                record.sheet,
                record.row,
                {"annual_budget": record.texts[name]},
                {"annual_budget": record.cells[name]},
            )
            rows.add_budget(
                reading,
                money,
                **identity,
                fund=name.removeprefix("fund_"),
                **budget_of(rows, reading, money),
                **place_of(reading, money, "annual_budget"),
            )
    add_plans(rows, reading, identity)


def _objective(reading: Reading, part: str) -> str:
    """Return the objective in words, as expected or as achieved."""
    record = reading.head.get(f"objective_{part}")
    return record.texts["objective"] if record else ""


def _place(record: Record | None, column: str) -> str:
    return f"{record.sheet}!{record.cells[column]}" if record and column in record.cells else ""


def _printed_total(rows: Rows, reading: Reading, total: Record | None) -> float | None:
    """Return the total of the score table, else the one the report names in its head."""
    if total and "reported_score" in total.cells:
        return points_of(rows, reading, total, "reported_score")
    record = reading.head.get("total_claimed")
    return points_of(rows, reading, record, "total_claimed") if record else None


def _add_list(rows: Rows, reading: Reading) -> None:
    """Add the projects of a budget list; its 小计 and 合计 rows stay apart from the projects."""
    department, parent = head_of(reading, "department"), head_of(reading, "parent")
    listed: list[tuple[str, str, float | None]] = []
    for record in reading.records:
        if record.block == "list":
            project, unit = record.texts["project"], record.texts.get("unit", "")
            is_sub = "parent" in reading.head and reading.head["parent"].sheet == record.sheet
            project_id = project_key(unit or (parent if is_sub else department), project)
            place = place_of(reading, record, "project")
            budget = budget_of(rows, reading, record)
            rows.add(
                "projects",
                year=reading.year,
                project_id=project_id,
                project=project,
                department=department,
                unit=unit,
                project_level="subproject" if is_sub else "project",
                parent=parent if is_sub else "",
                **place,
            )
            rows.add_budget(
                reading,
                record,
                year=reading.year,
                project_id=project_id,
                evaluation="budget_list",
                fund="total",
                **budget,
                **place,
            )
            # A unit that is printed once stands for the rows below it.
            unit = unit or (listed[-1][1] if listed and listed[-1][0] == record.sheet else "")
            listed.append((record.sheet, unit, budget["annual_budget_wan"]))
        elif record.block in {"subtotal", "total"}:
            mine = [(unit, money) for sheet, unit, money in listed if sheet == record.sheet]
            parts = [money for unit, money in mine if record.block == "total" or unit == mine[-1][0]]
            rows.add(
                "list_totals",
                year=reading.year,
                department=department,
                list_label=record.texts["list_label"],
                **budget_of(rows, reading, record),
                parts_budget_wan=exact_sum(parts),
                parts_count=len(parts),
                **place_of(reading, record, "list_label"),
            )


def _add_accounts(rows: Rows, reading: Reading) -> None:
    units = [record.texts["compiling_unit"] for record in reading.records]
    department = max(units, key=units.count)
    for record in reading.records:
        value = parse_value(record.texts["value_text"])
        rows.add(
            "accounts",
            year=reading.year,
            department=department,
            **record.texts,
            value=float(value.value) if value.kind == "number" and value.value is not None else None,
            **place_of(reading, record, "value_text"),
        )
