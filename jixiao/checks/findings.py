"""What every check uses: the declared check, the evidence it looks at, the columns of a finding (问题)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from jixiao.declared import RULES, open_declaration
from jixiao.schemas import Frames
from jixiao.scoring import points_text

SEVERITIES = ["error", "warning", "rounding", "question"]


SCHEMA = {
    "code": "str",
    "title": "str",
    "severity": "str",
    "year": "Int64",
    "project_id": "str",
    "project": "str",
    "department": "str",
    "evaluation": "str",
    "indicator_id": "str",
    "indicator": "str",
    "message": "str",
    "printed": "str",
    "derived": "str",
    "difference": "float64",
    "resolution": "str",
    "basis": "str",
    "basis_mark": "str",
    "source_file": "str",
    "source_sheet": "str",
    "source_cell": "str",
}
"""The columns of findings (问题): one row is one problem at one cell."""


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


@dataclass(frozen=True)
class Evidence:
    """What the checks look at (佐证): the frames, the scores and the totals."""

    frames: Frames
    scores: pd.DataFrame
    totals: pd.DataFrame


CheckFunction = Callable[[Evidence, Check], pd.DataFrame]


@cache
def check_words() -> dict[str, str]:
    """Return the words that several checks use (核查用语)."""
    return open_declaration(RULES / "checks.yaml")[0].mapping("words")


def problems(rows: pd.DataFrame, *, cell: str, printed: Any, derived: Any, **more: Any) -> pd.DataFrame:
    """Lay out problem rows: where they stand, what is printed, what follows."""
    return rows.assign(source_cell=rows[cell], printed=printed, derived=derived, **more)


def gap_between(printed: pd.Series, derived: pd.Series) -> dict[str, pd.Series]:
    """Return printed minus derived, as a number and as a text without its sign."""
    gap = (printed - derived).astype("float64").round(4)
    return {"difference_value": gap, "difference": gap.abs().map(points_text)}


def counted_rows(evidence: Evidence) -> pd.DataFrame:
    """Return the rows that count towards a total (计分行)."""
    scores = evidence.scores
    return scores[scores["is_counted"]]
