"""What a check declares and what it gives: the declared check, its outcome, the columns of a finding (问题)."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple, Self, TypeVar

import numpy as np
import pandas as pd
from pydantic import Field, ValidationInfo, field_validator, model_validator

from jixiao.checks.thresholds import THRESHOLDS, Nothing
from jixiao.core.declared import load_shipped
from jixiao.core.models import Model, Notes, Text, refuse_value
from jixiao.core.writing import points_texts
from jixiao.scoring.frameworks import Basis

TOLERANCE = 0.005


class ClaimKind(Model):
    """One declared kind of problem (一类问题): what it is called, how bad it is, on what it rests, what it says."""

    code: str = Field(alias="@code")
    title: Text
    severity: Literal["error", "warning", "rounding", "question"]
    declared_basis: Basis | None = Field(alias="basis")
    message: Text
    resolution: Text

    @property
    def basis(self) -> str:
        """The document and the article; empty where the rule of the indicator has its own."""
        return self.declared_basis.text if self.declared_basis else ""

    @property
    def basis_mark(self) -> str:
        """How far the basis can be relied on."""
        return self.declared_basis.mark if self.declared_basis else ""

    @model_validator(mode="after")
    def _own_reading_only_asks(self) -> Self:
        if self.basis_mark == "J" and self.severity != "question":
            refuse_value("依据只是本工具口径（J）的，严重程度只能是 question")
        return self


T = TypeVar("T", bound=Model)


class Check(ClaimKind):
    """One declared check (核查规则); with ``basis_of: rule`` its basis is that of the indicator's rule.

    ``basis_elsewhere`` takes the place of the basis where an evaluation is not a unit's own: the articles on
    self-evaluations say nothing about those of a department.
    ``about`` names the columns of its rows that tell its findings apart beside project, evaluation and indicator.
    """

    basis_of: Literal["own", "rule"] = "own"
    declared_basis: Basis | None = Field(None, alias="basis", validate_default=True)
    thresholds: Model = Field(Nothing(), validate_default=True)
    verdicts: dict[str, str] = {}
    about: tuple[Text, ...] = ()
    basis_elsewhere: Basis | None = None

    @field_validator("thresholds", mode="before")
    @classmethod
    def _its_own_fields(cls, declared: Any, info: ValidationInfo) -> Model:
        content = {} if isinstance(declared, Nothing) else declared
        return THRESHOLDS.get(info.data.get("code", ""), Nothing).model_validate(content)

    @model_validator(mode="after")
    def _basis_is_there(self) -> Self:
        if (self.basis_of == "own") != (self.declared_basis is not None):
            notes = Notes()
            own = self.basis_of == "own"
            notes.note("basis", "缺少该项，应为若干“键: 值”" if own else "不认识的项，请检查拼写或删除")
            notes.refuse()
        return self

    def drawn(self, kind: type[T]) -> T:
        """Return the lines the check draws, as the fields of their kind."""
        assert isinstance(self.thresholds, kind), self.code
        return self.thresholds


def coded(kinds: Any) -> Any:
    """Give each declared part of a mapping its code; for validators of a whole file."""
    if not isinstance(kinds, dict):
        return kinds
    return {code: {**part, "@code": code} if isinstance(part, dict) else part for code, part in kinds.items()}


class Outcome(NamedTuple):
    """What a check gives: its problem rows, and at how many places it could look (核查处数)."""

    rows: pd.DataFrame
    checked: int


@cache
def check_words() -> dict[str, str]:
    """Return the words that several checks use (核查用语)."""
    return dict(load_shipped("checks.yaml")["words"])


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
