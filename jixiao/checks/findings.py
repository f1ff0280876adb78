"""What a check declares and what it gives: the declared check, its outcome, the columns of a finding (问题)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from jixiao.core.declared import RULES, open_declaration
from jixiao.core.writing import points_texts

TOLERANCE = 0.005


@dataclass(frozen=True)
class Check:
    """One declared check (核查规则)."""

    code: str
    title: str
    severity: str
    basis: str
    basis_mark: str
    message: str
    resolution: str
    thresholds: dict[str, Any]
    verdicts: dict[str, str]


class Outcome(NamedTuple):
    """What a check gives: its problem rows, and at how many places it could look (核查处数)."""

    rows: pd.DataFrame
    checked: int


@cache
def check_words() -> dict[str, str]:
    """Return the words that several checks use (核查用语)."""
    return open_declaration(RULES / "checks.yaml")[0].mapping("words")


def problems(rows: pd.DataFrame, *, cell: str, printed: Any, derived: Any, **more: Any) -> pd.DataFrame:
    """Lay out problem rows: where they stand, what is printed, what follows."""
    return rows.assign(source_cell=rows[cell], printed=printed, derived=derived, **more)


def at_actual(rows: pd.DataFrame, **more: Any) -> pd.DataFrame:
    """Lay out rows at the cell of their actual."""
    return problems(
        rows,
        cell="actual_cell",
        printed=rows["actual_text"],
        **{
            "derived": rows["target_text"],
            "source_sheet": rows["achievement_sheet"],
            "target": rows["target_text"],
            "actual": rows["actual_text"],
            **more,
        },
    )


def placed(rows: pd.DataFrame, cell: str) -> pd.DataFrame:
    """Return rows with sheet and cell of a place that is written as sheet!cell."""
    places = [
        (sheet, address) if sheet else (other_sheet, other_cell)
        for (sheet, _, address), other_sheet, other_cell in zip(
            (text.rpartition("!") for text in rows[cell]), rows["source_sheet"], rows["source_cell"], strict=True
        )
    ]
    return rows.assign(source_sheet=[sheet for sheet, _ in places], source_cell=[address for _, address in places])


def gap_between(printed: pd.Series, derived: pd.Series) -> dict[str, pd.Series]:
    """Return printed minus derived, as a number and as a text without its sign."""
    gap = (printed - derived).astype("float64").round(4)
    return {"difference_value": gap, "difference": points_texts(gap.abs()).set_axis(gap.index)}


def count_true(mask: Any) -> int:
    """Count the places of a mask."""
    return int(np.count_nonzero(np.asarray(mask, dtype=bool)))
