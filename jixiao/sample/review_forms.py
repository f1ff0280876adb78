"""The frames of made-up department and finance evaluations (示例评分表), as the four sheets of a workbook hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jixiao.reading.values.values import parse_value, reading_state
from jixiao.sample.attainment import rule_points
from jixiao.sample.budgets import carelessness, slip_share
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
from jixiao.scoring import formulas

TOP = 3
"""First row below title and header on every sheet."""


def review_frames(chunk: Chunk, evaluation: str) -> tuple[dict[str, pd.DataFrame], list[dict[str, Any]]]:
    """Return the frames of the department or finance evaluations of a chunk (部门评价、财政评价), and their slips.

    The chunk holds the reviewed projects only; targets and actuals are those of the self-evaluation before its slips.
    """
    table, size = _table(chunk), len(chunk.chosen)
    sheets, rng = declared()["scoring_table"]["sheets"], chunk.rng
    careless = carelessness(chunk.population, chunk.chosen)
    shown = _shown_rates(chunk, careless)
    columns, reasons, at = _columns(chunk, table, shown)
    count = np.bincount(table["form"], minlength=size)
    number = (table.groupby("form").cumcount() + 1).to_numpy()
    row = TOP - 1 + number
    totals = np.bincount(table["form"], table["points"], size).astype(np.int64)
    totals, wrong_total = total_rows(totals, careless, rng, np.ones(size, bool))
    grades, wrong_grade = grade_texts(totals, careless, rng)
    file = chunk.files(evaluation)
    head = {"source_file": file, "source_sheet": sheets["about"], "source_row": 2, "source_cell": "B2"}
    scores = f"{sheets['scores']}!"
    who = {"year": chunk.year, "project_id": chunk.named("project_id"), **chunk.who()}
    evaluations = frame_of(
        "evaluations",
        size,
        **who,
        evaluation=evaluation,
        form="scoring_table",
        money_unit=declared()["cost_unit"],
        total_reported=totals / formulas.POINT,
        grade_reported=grades,
        total_cell=scores + cells_of("G", TOP + count),
        grade_cell=scores + cells_of("B", TOP + 1 + count),
        **head,
    )
    indicators = frame_of(
        "indicators",
        len(table),
        **chunk.identity(evaluation, table["form"].to_numpy()),
        **columns,
        indicator_id=texts_of([f"{value:03d}" for value in range(int(number.max(initial=0)) + 1)], number),
        weight=table["weight"].to_numpy() / formulas.POINT,
        reported_score=table["points"].to_numpy() / formulas.POINT,
        source_file=file.take(table["form"]),
        source_sheet=sheets["scores"],
        source_row=row,
        source_cell=cells_of("D", row),
        target_cell=cells_of("B", row),
        actual_cell=cells_of("C", row),
        weight_cell=cells_of("E", row),
        score_cell=cells_of("G", row),
        achievement_sheet=sheets["achieved"],
    )
    guesses = guess_frame(
        reasons, at, file.take(table["form"]), cells_of("C", row), columns["actual_text"], sheets["achieved"]
    )
    frames = {
        "projects": frame_of("projects", size, **who, project_level="project", **head),
        "evaluations": evaluations,
        "budgets": _budget(chunk, evaluation, shown, file),
        "indicators": indicators,
        "headings": _headings(chunk, evaluation, table, row, file),
        "guesses": guesses,
    }
    frames["ingest"] = frame_of(
        "ingest",
        size,
        source_file=file,
        source_sheet=sheets["funds"],
        state="read",
        form="scoring_table",
        family="national",
        year=chunk.year,
        evaluation=evaluation,
        project=chunk.named("project"),
        department=chunk.office("department"),
        money_unit=declared()["cost_unit"],
        sureness=1.0,
        record_count=1 + 2 * count + 2,
        indicator_count=count,
        skipped_count=0,
        guess_count=np.bincount(table["form"], np.array([len(found) for found in reasons])[at], size).astype(np.int64),
        **state_counts(indicators, table["form"].to_numpy(), size),
    )
    planted = {"total_score": wrong_total, "grade": wrong_grade, "arrival_rate": shown["is_wrong"]}
    return frames, [{"code": code, "form": np.flatnonzero(hit)} for code, hit in planted.items()]


def _shown_rates(chunk: Chunk, careless: np.ndarray) -> dict[str, np.ndarray]:
    """Return the rates as printed, in hundredths of a per cent, and which arrival rates have another numerator."""
    annual, executed, arrived = chunk.money.annual[:, 0], chunk.money.executed[:, 0], chunk.money.arrived
    arrival, execution = formulas.share(10_000, arrived, annual), formulas.share(10_000, executed, arrived)
    wrong = formulas.share(10_000, executed, annual)
    slips = (chunk.rng.random(len(annual)) < slip_share("arrival_rate") * careless) & (wrong != arrival)
    return {"arrival": np.where(slips, wrong, arrival), "execution": execution, "is_wrong": slips}


def _table(chunk: Chunk) -> pd.DataFrame:
    """Lay out the rows of the scoring tables: those of form 2, then those taken from the self-evaluation."""
    declaration, size, rng = declared()["scoring_table"], len(chunk.chosen), chunk.rng
    fixed = declaration["rows"]
    form, number = np.repeat(np.arange(size), len(fixed)), np.tile(np.arange(len(fixed)), size)
    weights = np.array([int(row["weight"] * formulas.POINT) for row in fixed])
    first = pd.DataFrame({"form": form, "fixed": number, "weight": weights[number]})
    money = chunk.money
    money_of = {"arrival": (money.arrived, money.annual[:, 0]), "execution": (money.executed[:, 0], money.arrived)}
    first["points"] = _judged(first["weight"].to_numpy(), rng)
    for kind, (over, under) in money_of.items():
        is_kind = np.array([row["kind"] == kind for row in fixed])[number]
        points = formulas.share(first["weight"].to_numpy(), np.minimum(over, under)[form], under[form])
        first["points"] = np.where(is_kind, points, first["points"])
    rows = chunk.rows.assign(fixed=-1, actual=chunk.rows["honest"])
    numbers, names = chunk.population.catalogue.codes("subcategory")
    rows["second"] = numbers[rows["pattern"]]
    rank = rows.groupby(["form", "second"]).cumcount()
    taken = [declaration["taken"].get(name, {"rows": 0, "weight": 0}) for name in names]
    most = np.array([part["rows"] for part in taken])[rows["second"]]
    rows = rows[rank < most].copy()
    shares = np.array([int(part["weight"]) * formulas.POINT for part in taken])
    rows["weight"] = shares[rows["second"]] // most[rank < most]
    points = rule_points(rows, "actual")
    judged = _judged(rows["weight"].to_numpy(), rng)
    output = np.array([part.get("category") == fixed_output(declaration) for part in taken])[rows["second"]]
    rows["points"] = np.where(points >= 0, np.where(output, points, np.minimum(points, judged)), judged)
    both = pd.concat(
        [first, rows[["form", "fixed", "pattern", "way", "kind", "is_less", "target", "actual", "weight", "points"]]]
    )
    whole = ["fixed", "pattern", "way", "kind", "target", "actual", "weight", "points"]
    both[whole] = both[whole].fillna(-1).astype(np.int64)
    both["is_less"] = both["is_less"].astype("boolean").fillna(False).astype(bool)
    return both.sort_values("form", kind="stable").reset_index(drop=True)


def fixed_output(declaration: dict[str, Any]) -> str:
    """Return the category in which the rule of form 2 decides alone (产出)."""
    return str(next(iter(declaration["taken"].values()))["category"])


def _judged(weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    lost, of = (float(number) for number in declared()["observed"]["judged_deducted"])
    part = np.floor(weight * rng.uniform(0.5, 0.9, len(weight)) / 10).astype(np.int64) * 10
    return np.where(rng.random(len(weight)) < lost / of, part, weight)


def _columns(
    chunk: Chunk, table: pd.DataFrame, shown: dict[str, np.ndarray]
) -> tuple[dict[str, Any], list[tuple[str, ...]], np.ndarray]:
    """Return the columns of the indicators: the rows of form 2 beside those taken from the self-evaluation."""
    declaration, catalogue = declared()["scoring_table"], chunk.population.catalogue
    fixed, form = table["fixed"].to_numpy(), table["form"].to_numpy()
    is_fixed = fixed >= 0
    safe = table.assign(
        **{name: table[name].mask(is_fixed, 0) for name in ("pattern", "way", "kind", "target", "actual")}
    )
    columns, reasons, at = indicator_columns(chunk, safe, safe["actual"].to_numpy())
    at = np.where(is_fixed, len(reasons), at)
    kinds = np.array([row["kind"] for row in declaration["rows"]])[fixed]
    judged = [declaration["judged"]["full"], declaration["judged"]["part"]]
    lost = (table["points"] < table["weight"]).to_numpy().astype(np.int64)
    said = texts_of(judged, lost)
    numbers = np.zeros(len(table), np.int64)
    for kind in ("arrival", "execution"):
        said = said.where(~(is_fixed & (kinds == kind)), rate_texts(shown[kind][form]))
        numbers = np.where(kinds == kind, shown[kind][form], numbers)
    is_rate = is_fixed & (kinds != "judged")
    columns["actual_text"] = columns["actual_text"].where(~is_fixed, said)
    columns["target_text"] = columns["target_text"].where(~is_fixed, "")
    words, rate = (_how_read(text) for text in (judged[0], rate_texts(np.array([9850])).iloc[0]))
    for column in words:
        other = np.where(is_rate, rate[column], words[column])
        columns[column] = columns[column].where(~is_fixed, pd.Series(other, dtype="str"))
    columns["target_value"] = np.where(is_fixed, np.nan, columns["target_value"])
    columns["target_date"] = columns["target_date"].mask(is_fixed)
    columns["actual_date"] = columns["actual_date"].mask(is_fixed)
    columns["actual_value"] = np.where(is_rate, numbers / 10_000, np.where(is_fixed, np.nan, columns["actual_value"]))
    columns["is_comparable"] = columns["is_comparable"] & ~is_fixed
    columns["word_met"] = np.where(is_fixed, -1, columns["word_met"])
    named, names = catalogue.codes("subcategory")
    taken = [declaration["taken"].get(name, {"category": "", "subcategory": ""}) for name in names]
    for column in ("category", "subcategory"):
        own = texts_of([row[column] for row in declaration["rows"]], fixed)
        other = texts_of([part[column] for part in taken], named[safe["pattern"]])
        columns[column] = own.where(is_fixed, other)
    columns["indicator"] = texts_of([row["indicator"] for row in declaration["rows"]], fixed).where(
        is_fixed, columns["indicator"]
    )
    standards = declaration["standards"]
    which = np.where(is_fixed, np.where(is_rate, 1, 0), 2)
    columns["scoring_standard"] = texts_of([standards["judged"], standards["rate"], standards["target"]], which)
    return columns, [*reasons, ()], at


def _how_read(text: str) -> dict[str, str]:
    """Return how the grammar reads an actual without a target."""
    actual = parse_value(text)
    return {
        **{"target_kind": "blank", "target_relation": "", "measure_unit": "", "target_state": "blank"},
        **{"actual_kind": actual.kind, "actual_relation": "", "actual_state": reading_state(actual)},
        **{"direction": "", "kind": "qualitative"},
    }


def _budget(chunk: Chunk, evaluation: str, shown: dict[str, np.ndarray], file: pd.Series) -> pd.DataFrame:
    size, sheets = len(chunk.chosen), declared()["scoring_table"]["sheets"]
    return frame_of(
        "budgets",
        size,
        **chunk.identity(evaluation),
        fund="total",
        annual_budget_wan=chunk.money.annual[:, 0] / 100,
        arrived_wan=chunk.money.arrived / 100,
        executed_wan=chunk.money.executed[:, 0] / 100,
        execution_rate_text=rate_texts(shown["execution"]),
        execution_rate_reported=shown["execution"] / 10_000,
        annual_budget_cell=f"B{TOP}",
        arrived_cell=f"C{TOP}",
        executed_cell=f"D{TOP}",
        execution_rate_cell=f"F{TOP}",
        arrival_rate_text=rate_texts(shown["arrival"]),
        arrival_rate_reported=shown["arrival"] / 10_000,
        arrival_rate_cell=f"E{TOP}",
        source_file=file,
        source_sheet=sheets["funds"],
        source_row=TOP,
        source_cell=f"A{TOP}",
    )


def _headings(chunk: Chunk, evaluation: str, table: pd.DataFrame, row: np.ndarray, file: pd.Series) -> pd.DataFrame:
    """Return the headings of both levels, each with the points it carries (标题分值)."""
    declaration = declared()["scoring_table"]
    parts = [(part["category"], part["subcategory"]) for part in (*declaration["rows"], *declaration["taken"].values())]
    seconds, firsts = list(dict.fromkeys(parts)), list(dict.fromkeys(category for category, _ in parts))
    named, names = chunk.population.catalogue.codes("subcategory")
    taken = [declaration["taken"].get(name) for name in names]
    of_taken = np.array([seconds.index((part["category"], part["subcategory"])) if part else -1 for part in taken])
    of_fixed = np.array([seconds.index((part["category"], part["subcategory"])) for part in declaration["rows"]])
    second = np.where(table["fixed"] >= 0, of_fixed[table["fixed"]], of_taken[named[table["pattern"].clip(0)]])
    level = np.array([firsts.index(category) for category, _ in seconds])
    lines = table.assign(row=row, second=second, first=level[second])
    made = []
    for name, key in (("category", "first"), ("subcategory", "second")):
        grouped = lines.groupby(["form", key], sort=False).agg(
            row=("row", "min"), weight=("weight", "sum"), points=("points", "sum"), children=("second", "nunique")
        )
        made.append(grouped.reset_index().rename(columns={key: "code"}).assign(level=name))
    both = (
        pd.concat(made, ignore_index=True).sort_values(["form", "row", "level"], kind="stable").reset_index(drop=True)
    )
    is_first, code, at = (both["level"] == "category").to_numpy(), both["code"].to_numpy(), both["row"].to_numpy()
    form = both["form"].to_numpy()
    names_of = texts_of([name for _, name in seconds], np.where(is_first, -1, code))
    weight = both["weight"].to_numpy() / formulas.POINT
    cell = cells_of("A", at).where(is_first, cells_of("C", at))
    return frame_of(
        "headings",
        len(both),
        **chunk.identity(evaluation, form),
        table=declaration["sheets"]["scores"],
        heading_level=both["level"].astype("str"),
        heading=texts_of(firsts, np.where(is_first, code, -1)).where(is_first, names_of),
        parent=texts_of([name for name, _ in seconds], np.where(is_first, -1, code)),
        children=np.where(is_first, both["children"], 0),
        heading_weight=weight,
        parts_weight=weight,
        parts_score=both["points"].to_numpy() / formulas.POINT,
        source_file=file.take(form),
        source_sheet=declaration["sheets"]["scores"],
        source_row=at,
        source_cell=cells_of("A", at).where(is_first, cells_of("B", at)),
        heading_cell=cell,
    )
