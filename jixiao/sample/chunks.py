"""Some projects of one year (一批项目): what self-evaluations and scoring tables write of them alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jixiao.core.vocabulary import word
from jixiao.sample.attainment import DATE, MONEY, RATE, WORDS
from jixiao.sample.budgets import Money, slip_share
from jixiao.sample.catalogue import SAID, declared, read_patterns
from jixiao.sample.columns import date_texts, days_of, frame_of, number_texts, texts_of
from jixiao.sample.population import FRAMEWORK, Population
from jixiao.scoring import formulas
from jixiao.scoring.frameworks import load_framework


@dataclass
class Chunk:
    """Some projects of one year (一批项目): who they are, their money, their rows."""

    population: Population
    chosen: np.ndarray
    year: int
    money: Money
    rows: pd.DataFrame
    rng: np.random.Generator

    def named(self, column: str) -> pd.Series:
        """Return a text column of the projects."""
        found: pd.Series = self.population.projects[column].take(self.chosen).reset_index(drop=True)
        return found

    def office(self, column: str) -> Any:
        """Return a column of the departments of the projects."""
        office = self.population.projects["department"].to_numpy()[self.chosen]
        return self.population.departments[column].take(office).reset_index(drop=True)

    def files(self, evaluation: str) -> pd.Series:
        """Return the form file of every project, by year folder."""
        before, after = declared()["files"][evaluation].format(project="|", year=self.year).split("|")
        return f"{self.year}/{before}" + self.named("project") + after

    def identity(self, evaluation: str, at: np.ndarray | None = None) -> dict[str, Any]:
        """Return the columns that key a row: year, project, evaluation; ``at`` says which project each row is of."""
        project = self.named("project_id")
        return {"year": self.year, "project_id": project if at is None else project.take(at), "evaluation": evaluation}

    def who(self, at: np.ndarray | None = None) -> dict[str, pd.Series]:
        """Return the names of project, department and unit."""
        names = {"project": self.named("project"), "department": self.office("department"), "unit": self.named("unit")}
        return names if at is None else {name: texts.take(at) for name, texts in names.items()}


def rate_texts(hundredths: np.ndarray) -> pd.Series:
    """Write rates given in hundredths of a per cent."""
    return number_texts(hundredths, 2) + "%"


def total_rows(totals: np.ndarray, careless: np.ndarray, rng: np.random.Generator, can: np.ndarray) -> Any:
    """Return the printed totals in hundredths and which of them are not the sum (总分差错)."""
    wrong = can & (rng.random(len(totals)) < slip_share("total_score") * careless)
    more = rng.choice([-200, -100, -50, 50, 100, 200], len(totals))
    slipped = np.where(totals + more > 100 * formulas.POINT, totals - abs(more), totals + more)
    return np.where(wrong, slipped, totals), wrong


def grade_texts(totals: np.ndarray, careless: np.ndarray, rng: np.random.Generator) -> tuple[pd.Series, np.ndarray]:
    """Return the grades of printed totals in hundredths and which of them are wrong (等级差错)."""
    grades = load_framework(FRAMEWORK).grades
    floors = np.array([formulas.hundredths(grade.start) for grade in grades])
    rank = (totals[:, None] < floors[None, :]).sum(axis=1)
    wrong = rng.random(len(totals)) < slip_share("grade") * careless
    rank = np.where(wrong, np.where(rank > 0, rank - 1, rank + 1), rank)
    return texts_of([word("grade", grade.id) for grade in grades], rank), wrong


def indicator_columns(
    chunk: Chunk, rows: pd.DataFrame, actual: np.ndarray
) -> tuple[dict[str, Any], list[tuple[str, ...]], np.ndarray]:
    """Write targets and actuals of rows, and say how the grammar reads them (指标值与完成值).

    Returns:
        The columns of the indicators; the assumptions a reading makes, and which of them each row needs.
    """
    words, catalogue = declared()["words"], chunk.population.catalogue
    pattern, way = rows["pattern"].to_numpy(), rows["way"].to_numpy()
    kind, form, target = rows["kind"].to_numpy(), rows["form"].to_numpy(), rows["target"].to_numpy()
    places, found = read_patterns(catalogue, pattern * 4 + way)
    unique, codes = np.unique(pattern * 4 + way, return_inverse=True)
    at = np.array([places[code] for code in unique.tolist()])[codes]

    def read(column: str) -> pd.Series:
        return texts_of([row[column] for row in found], at)

    def listed(column: str) -> pd.Series:
        numbers, texts = catalogue.codes(column)
        return texts_of(texts, numbers[pattern])

    signs = [sign for relation in words["signs"].values() for sign in relation]
    style = chunk.office("sign").to_numpy()[form]
    is_number = kind < DATE
    sign = np.where(is_number, style + np.where(rows["is_less"], len(signs) // 2, 0), -1)
    decimals = np.where(kind == RATE, 1, np.where(kind == MONEY, 2, 0))
    unit = listed("unit")
    target_text = texts_of(signs, sign) + number_texts(target, decimals) + unit
    target_text = target_text.where(kind != DATE, date_texts(words["deadline"], np.where(kind == DATE, target, 0)))
    target_text = target_text.where(kind < WORDS, listed("target"))
    actual_text = number_texts(actual, decimals) + unit
    actual_text = actual_text.where(kind != DATE, date_texts(words["date"], np.where(kind == DATE, actual, 0)))
    actual_text = actual_text.where(kind < WORDS, listed("target"))
    said = [words["cost"], *words["levels"]]
    actual_text = actual_text.where(way < SAID, texts_of(said, np.where(way < SAID, -1, way - SAID)))
    scale = np.select([kind == RATE, kind == MONEY], [1000, 100], 1)
    is_often = kind == WORDS + 1
    value, done = np.where(is_often, 1, target) / scale, np.where(is_often, 1, actual) / scale
    has_value = is_number | is_often
    read_columns = (
        *("target_kind", "target_relation", "measure_unit", "target_state", "actual_kind", "actual_relation"),
        *("actual_state", "direction", "kind"),
    )
    columns = {
        **{column: read(column) for column in read_columns},
        "category": listed("category"),
        "subcategory": listed("subcategory"),
        "indicator": listed("name"),
        "target_text": target_text,
        "target_value": np.where(has_value, value, np.nan),
        "target_date": days_of(target, kind == DATE),
        "actual_text": actual_text,
        "actual_value": np.where(has_value & (way < SAID), done, np.nan),
        "actual_date": days_of(actual, kind == DATE),
        "is_comparable": np.array([row["is_comparable"] for row in found])[at],
        "word_met": np.array([row["word_met"] for row in found])[at],
        "row_level": "indicator",
        "is_counted": True,
    }
    return columns, [row["guesses"] for row in found], at


def guess_frame(
    reasons: list[tuple[str, ...]], at: np.ndarray, file: pd.Series, cell: pd.Series, text: pd.Series, sheet: str
) -> pd.DataFrame:
    """Return the assumptions with which rows are read (推断)."""
    needed = np.flatnonzero(np.array([len(found) for found in reasons])[at])
    said = list(dict.fromkeys(reason for found in reasons for reason in found))
    codes = np.array([said.index(found[0]) if found else -1 for found in reasons])[at][needed]
    cut = {"source_file": file, "source_cell": cell, "text": text}
    taken = {name: column.reset_index(drop=True).take(needed) for name, column in cut.items()}
    return frame_of("guesses", len(needed), **taken, source_sheet=sheet, reason=texts_of(said, codes))


def state_counts(indicators: pd.DataFrame, form: np.ndarray, size: int) -> dict[str, np.ndarray]:
    """Count how the values of every form are read (读取情况): parsed, asked, text."""
    counts = {}
    for state in ("parsed", "asked", "text"):
        hits = sum(
            (indicators[column] == state).to_numpy().astype(np.int64) for column in ("target_state", "actual_state")
        )
        counts[f"{state}_count"] = np.bincount(form, hits, size).astype(np.int64)
    return counts
