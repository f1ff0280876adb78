"""The declared layout (版式) of a form that is written: its labels, widths, page and what an empty one offers."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from jixiao.core.declared import RULES
from jixiao.core.frames import SCHEMAS
from jixiao.core.models import Integer, Model, Notes, Number, Text, Texts, keyed, load_model, refuse_value
from jixiao.scoring.frameworks import Basis

LABELS = (
    *("project", "department", "unit", "funds", "money_unit", "initial_budget", "annual_budget", "executed"),
    *("weight", "execution_rate", "reported_score", "objective_block", "objective", "objective_achieved"),
    *("indicator_block", "category", "subcategory", "indicator", "target", "actual", "deviation_reason"),
    *("heading", "total", "grade"),
)
FUNDS = ("total", "fiscal", "carry_over", "other")
HINTS = (
    *("year", "project", "department", "unit", "money", "sum", "rate", "execution_score", "objective"),
    *("objective_achieved", "category", "subcategory", "indicator", "target", "actual", "weight", "score"),
    "deviation_reason",
)
NOTES = ("control", "left_out", "no_unit", "tall")
REFUSALS = ("money", "weight", "score", "name")
COLUMNS = 9
MAX_TITLE, MAX_HINT, MAX_LIST = 32, 255, 255
"""What a workbook allows for the title and the text of a hint, and for all the choices of a list together."""


class Message(Model):
    """A short sentence with a title (提示): shown beside a cell, or when a cell refuses what was typed."""

    title: Text
    text: Text

    @model_validator(mode="after")
    def _fits_a_workbook(self) -> Self:
        if len(self.title) > MAX_TITLE or len(self.text) > MAX_HINT:
            refuse_value(f"提示的标题不能超过{MAX_TITLE}个字符，内容不能超过{MAX_HINT}个字符")
        return self


class Page(Model):
    """How a page looks (页面): the font, the sizes of title and text, the line at the foot."""

    font: Text
    title_size: Number
    text_size: Number
    footer: Text


class _Lines(Model):
    category: Text
    subcategory: Text
    lines: Integer


def _choices(texts: tuple[str, ...]) -> tuple[str, ...]:
    if not texts or len(",".join(texts)) > MAX_LIST or any("," in text for text in texts):
        refuse_value(f"下拉列表不能为空、不能含英文逗号，合计不能超过{MAX_LIST}个字符")
    return texts


Choices = Annotated[Texts, AfterValidator(_choices)]


class Template(Model):
    """What an empty form (空表) offers: ready lines, choices, hints and refusals."""

    file_name: Text
    money_unit: Text
    year_blank: Text
    total_weight: Number
    execution_weight: Number
    categories: Choices = Field((), validate_default=True)
    subcategories: Choices = Field((), validate_default=True)
    levels: Choices = Field((), validate_default=True)
    rows: tuple[_Lines, ...]
    weights_differ: Text
    hints: Annotated[dict[str, Message], keyed(HINTS, Message)]
    refusals: Annotated[dict[str, Message], keyed(REFUSALS, Message)]

    @field_validator("execution_weight")
    @classmethod
    def _part_of_the_whole(cls, weight: Decimal, info: ValidationInfo) -> Decimal:
        if not 0 < weight < info.data.get("total_weight", weight + 1):
            refuse_value("应大于0且小于总分")
        return weight

    @field_validator("rows")
    @classmethod
    def _some_line(cls, rows: tuple[_Lines, ...]) -> tuple[_Lines, ...]:
        if sum(row.lines for row in rows) < 1:
            refuse_value("至少应有一行指标")
        return rows

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The ready lines: category and subcategory of each."""
        return tuple((row.category, row.subcategory) for row in self.rows for _ in range(row.lines))


def _columns(left_out: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    notes = Notes()
    for frame, columns in left_out.items():
        for column in columns:
            if column not in SCHEMAS.get(frame, {}):
                notes.note(frame, f"没有“{column}”这一列")
    notes.refuse()
    return left_out


def _nine(widths: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    if len(widths) != COLUMNS or any(width <= 0 for width in widths):
        refuse_value(f"应为{COLUMNS}个大于0的数，实际为{len(widths)}个")
    return widths


class Layout(Model):
    """One declared layout (版式)."""

    basis: Basis
    id: Text
    title: Text
    file_name: Text
    year_line: Text
    page: Page
    widths: Annotated[tuple[Number, ...], AfterValidator(_nine)]
    labels: Annotated[dict[str, str], keyed(LABELS, Text)]
    funds: Annotated[dict[str, str], keyed(FUNDS, Text)]
    no_points: Text
    left_out: Annotated[dict[str, Texts], AfterValidator(_columns)] = {}
    notes: Annotated[dict[str, str], keyed(NOTES, Text)]
    template: Template


@cache
def load_layout(path: Path = RULES / "layouts" / "self_evaluation.yaml") -> Layout:
    """Load the layout of form 1 (项目支出绩效自评表的版式).

    Args:
        path: The layout file.

    Raises:
        DeclarationError: With every mistake: unknown or missing keys, columns that do not exist, a hint that is too
            long for a workbook, weights that cannot be.

    Example:
        >>> load_layout().labels["deviation_reason"]
        '偏差原因分析及改进措施'
    """
    return load_model(path, Layout)
