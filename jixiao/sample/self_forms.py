"""The frames of made-up self-evaluations (示例自评表的数据表), every value with the cell in which form 1 holds it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jixiao.core.vocabulary import reading_words
from jixiao.publish.forms.layouts import load_layout
from jixiao.sample.budgets import FUNDS, carelessness
from jixiao.sample.catalogue import declared
from jixiao.sample.chunks import (
    Chunk,
    grade_texts,
    guess_frame,
    indicator_columns,
    rate_texts,
    state_counts,
    total_rows,
)
from jixiao.sample.columns import cells_of, frame_of, texts_of
from jixiao.sample.population import FRAMEWORK
from jixiao.scoring import formulas
from jixiao.scoring.frameworks import load_framework

TOP = 13
"""Row of a sheet on which the indicators of form 1 start, with four rows of funds and one of objectives."""
FUND_TOP = 6
_EXECUTION_WEIGHT = 10 * formulas.POINT


def self_frames(chunk: Chunk) -> tuple[dict[str, pd.DataFrame], list[dict[str, Any]]]:
    """Return the frames of the self-evaluations of a chunk (自评数据表), and the slips of whole forms."""
    rows, size = chunk.rows, len(chunk.chosen)
    sheet, forms = load_layout().title, np.arange(size)
    count = np.bincount(rows["form"], minlength=size)
    row = TOP + np.arange(len(rows)) - (np.cumsum(count) - count)[rows["form"]]
    rng, careless = chunk.rng, carelessness(chunk.population, chunk.chosen)
    executed, annual = chunk.money.executed[:, 0], chunk.money.annual[:, 0]
    done = formulas.share(_EXECUTION_WEIGHT, np.minimum(executed, annual), annual)
    done = np.where(chunk.office("is_coarse"), done // 10 * 10, done)
    printed = np.where(rows["points"] < 0, rows["weight"], rows["points"])
    blank = np.bincount(rows["form"], rows["points"] < 0, size) > 0
    totals = np.bincount(rows["form"], printed, size).astype(np.int64) + done
    totals, wrong_total = total_rows(totals, careless, rng, ~blank)
    grades, wrong_grade = grade_texts(totals, careless, rng)
    has_grade = chunk.office("has_grade").to_numpy()
    file, where = chunk.files("self"), {"source_sheet": sheet}
    head = {"source_file": file, **where, "source_row": 3, "source_cell": "C3"}
    words = declared()["words"]
    topics = [words["objective"].format(topic=topic["name"]) for topic in chunk.population.catalogue.topics]
    topic = chunk.population.projects["topic"].to_numpy()[chunk.chosen]
    lost = np.bincount(rows["form"], printed < rows["weight"], size) > 0
    evaluations = frame_of(
        "evaluations",
        size,
        **chunk.identity("self"),
        **chunk.who(),
        form="self_evaluation",
        money_unit=declared()["cost_unit"],
        objective=texts_of(topics, topic),
        objective_achieved=texts_of(words["achieved"], lost.astype(np.int64)),
        total_reported=totals / formulas.POINT,
        grade_reported=grades.where(has_grade, ""),
        total_cell=f"{sheet}!" + cells_of("H", TOP + count),
        grade_cell=(f"{sheet}!" + cells_of("G", TOP + 1 + count)).where(has_grade, ""),
        **head,
    )
    projects = frame_of(
        "projects",
        size,
        year=chunk.year,
        project_id=chunk.named("project_id"),
        **chunk.who(),
        project_level="project",
        **head,
    )
    columns, reasons, at = indicator_columns(chunk, rows, rows["actual"].to_numpy())
    number = row - TOP + 2
    texts = declared()["words"]["reasons"]
    actual_cell = cells_of("F", row)
    name = reading_words()["execution"]
    shown = rate_texts(chunk.money.shown_rate)
    first = frame_of(
        "indicators",
        size,
        **chunk.identity("self"),
        indicator_id="001",
        row_level="indicator",
        is_counted=True,
        category=name,
        indicator=name,
        target_kind="blank",
        target_state="blank",
        actual_text=shown,
        actual_kind="rate",
        actual_value=chunk.money.shown_rate / 10_000,
        actual_state="parsed",
        word_met=-1,
        kind="qualitative",
        weight=_EXECUTION_WEIGHT / formulas.POINT,
        reported_score=done / formulas.POINT,
        source_file=file,
        **where,
        source_row=FUND_TOP,
        source_cell=f"C{FUND_TOP}",
        actual_cell=f"H{FUND_TOP}",
        weight_cell=f"G{FUND_TOP}",
        score_cell=f"I{FUND_TOP}",
        achievement_sheet=sheet,
    )
    others = frame_of(
        "indicators",
        len(rows),
        **chunk.identity("self", rows["form"].to_numpy()),
        **columns,
        indicator_id=texts_of([f"{value:03d}" for value in range(int(number.max(initial=0)) + 1)], number),
        weight=rows["weight"].to_numpy() / formulas.POINT,
        reported_score=np.where(rows["points"] < 0, np.nan, rows["points"] / formulas.POINT),
        deviation_reason=texts_of(texts, rows["reason"].to_numpy()),
        source_file=file.take(rows["form"]),
        **where,
        source_row=row,
        source_cell=cells_of("D", row),
        target_cell=cells_of("E", row),
        actual_cell=actual_cell,
        weight_cell=cells_of("G", row),
        score_cell=cells_of("H", row),
        reason_cell=cells_of("I", row),
        achievement_sheet=sheet,
    )
    order = np.argsort(np.concatenate([forms, rows["form"]]), kind="stable")
    indicators = pd.concat([first, others], ignore_index=True).take(order).reset_index(drop=True)
    frames = {
        "projects": projects,
        "evaluations": evaluations,
        "budgets": _budgets(chunk, shown, done, file, sheet),
        "indicators": indicators,
    }
    frames["headings"] = _headings(chunk, row, file, sheet)
    frames["guesses"] = guess_frame(reasons, at, file.take(rows["form"]), actual_cell, columns["actual_text"], sheet)
    states = state_counts(indicators, np.concatenate([forms, rows["form"]])[order], size)
    frames["ingest"] = frame_of(
        "ingest",
        size,
        source_file=file,
        source_sheet=sheet,
        state="read",
        form="self_evaluation",
        family="national",
        year=chunk.year,
        evaluation="self",
        project=chunk.named("project"),
        department=chunk.office("department"),
        money_unit=declared()["cost_unit"],
        sureness=1.0,
        record_count=len(FUNDS) + count + 1 + has_grade,
        indicator_count=count,
        skipped_count=0,
        guess_count=np.bincount(rows["form"], np.array([len(found) for found in reasons])[at], size).astype(np.int64),
        **states,
    )
    planted = _form_slips(chunk, {"total_score": wrong_total, "grade": wrong_grade & has_grade})
    return frames, planted


def _budgets(chunk: Chunk, shown: pd.Series, done: np.ndarray, file: pd.Series, sheet: str) -> pd.DataFrame:
    size = len(chunk.chosen)
    form, fund = np.repeat(np.arange(size), len(FUNDS)), np.tile(np.arange(len(FUNDS)), size)
    total = fund == 0
    money = {
        "initial_budget_wan": chunk.money.initial,
        "annual_budget_wan": chunk.money.annual,
        "executed_wan": chunk.money.executed,
    }
    return frame_of(
        "budgets",
        len(form),
        **chunk.identity("self", form),
        fund=texts_of(FUNDS, fund),
        **{column: amounts.ravel() / 100 for column, amounts in money.items()},
        execution_rate_text=shown.take(form).reset_index(drop=True).where(total, ""),
        execution_rate_reported=np.where(total, chunk.money.shown_rate[form] / 10_000, np.nan),
        initial_budget_cell=cells_of("D", FUND_TOP + fund),
        annual_budget_cell=cells_of("E", FUND_TOP + fund),
        executed_cell=cells_of("F", FUND_TOP + fund),
        execution_rate_cell=cells_of("H", FUND_TOP + fund),
        weight=np.where(total, _EXECUTION_WEIGHT / formulas.POINT, np.nan),
        reported_score=np.where(total, done[form] / formulas.POINT, np.nan),
        source_file=file.take(form),
        source_sheet=sheet,
        source_row=FUND_TOP + fund,
        source_cell=cells_of("C", FUND_TOP + fund),
    )


def _headings(chunk: Chunk, row: np.ndarray, file: pd.Series, sheet: str) -> pd.DataFrame:
    """Return the level-1 headings of the departments that print their weights (标题分值)."""
    catalogue = chunk.population.catalogue
    level, names = catalogue.codes("category")
    second, _ = catalogue.codes("subcategory")
    pattern = chunk.rows["pattern"].to_numpy()
    table = chunk.rows.assign(level=level[pattern], second=second[pattern], row=row)
    table = table[chunk.office("has_headings").to_numpy()[table["form"]]]
    table["lost"] = table["points"] < 0
    table["points"] = table["points"].where(~table["lost"], 0)
    whole = table["weight"]
    official = {name: int(part.weight or 0) for part in load_framework(FRAMEWORK).categories for name in part.names}
    grouped = (
        table.assign(whole=whole)
        .groupby(["form", "level"], sort=False)
        .agg(
            row=("row", "min"),
            weight=("weight", "sum"),
            points=("points", "sum"),
            lost=("lost", "any"),
            children=("second", "nunique"),
        )
        .reset_index()
    )
    form = grouped["form"].to_numpy()
    unusual = chunk.population.projects["is_unusual"].to_numpy()[chunk.chosen][form]
    shift = np.array([10, -10, *[0] * len(names)])[grouped["level"]]
    printed = np.array([official[name] for name in names])[grouped["level"]] + np.where(unusual, shift, 0)
    at = grouped["row"].to_numpy()
    return frame_of(
        "headings",
        len(grouped),
        **chunk.identity("self", form),
        table=sheet,
        heading_level="category",
        heading=texts_of(names, grouped["level"].to_numpy()),
        children=grouped["children"].to_numpy(),
        heading_weight=printed.astype(float),
        parts_weight=grouped["weight"].to_numpy() / formulas.POINT,
        parts_score=np.where(grouped["lost"], np.nan, grouped["points"] / formulas.POINT),
        source_file=file.take(form),
        source_sheet=sheet,
        source_row=at,
        source_cell=cells_of("B", at),
        heading_cell=cells_of("B", at),
    )


def _form_slips(chunk: Chunk, planted: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """List every slip of the chunk: the check that is meant to find it, and where."""
    rows = chunk.rows
    found = [{"code": code, "form": np.flatnonzero(hit)} for code, hit in {**chunk.money.planted, **planted}.items()]
    found.append({"code": "total_weight", "form": rows.loc[rows["is_shifted"], "form"].to_numpy()})
    number = rows.groupby("form").cumcount().to_numpy() + 2
    for code in sorted(set(rows["slip"]) - {""}):
        hit = (rows["slip"] == code).to_numpy()
        found.append({"code": code, "form": rows["form"].to_numpy()[hit], "indicator": number[hit]})
    return found
