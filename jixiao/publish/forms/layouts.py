"""The declared layout (版式) of a form that is written: its labels, widths, page and what an empty one offers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from jixiao.core.declared import RULES, Declaration, open_declaration, refuse
from jixiao.core.frames import SCHEMAS
from jixiao.scoring.frameworks import MARKS

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


@dataclass(frozen=True)
class Message:
    """A short sentence with a title (提示): shown beside a cell, or when a cell refuses what was typed."""

    title: str
    text: str


@dataclass(frozen=True)
class Page:
    """How a page looks (页面): the font, the sizes of title and text, the line at the foot."""

    font: str
    title_size: Decimal
    text_size: Decimal
    footer: str


@dataclass(frozen=True)
class Template:
    """What an empty form (空表) offers: ready lines, choices, hints and refusals."""

    file_name: str
    money_unit: str
    year_blank: str
    total_weight: Decimal
    execution_weight: Decimal
    categories: tuple[str, ...]
    subcategories: tuple[str, ...]
    levels: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]
    weights_differ: str
    hints: dict[str, Message]
    refusals: dict[str, Message]


@dataclass(frozen=True)
class Layout:
    """One declared layout (版式)."""

    id: str
    title: str
    file_name: str
    year_line: str
    page: Page
    widths: tuple[Decimal, ...]
    labels: dict[str, str]
    funds: dict[str, str]
    no_points: str
    left_out: dict[str, tuple[str, ...]]
    notes: dict[str, str]
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
    whole, mistakes = open_declaration(path)
    basis = whole.part("basis", required=True)
    basis.text("text")
    basis.text("mark", choices=MARKS)
    basis.close()
    layout = Layout(
        id=whole.text("id") or "",
        title=whole.text("title") or "",
        file_name=whole.text("file_name") or "",
        year_line=whole.text("year_line") or "",
        page=_page(whole.part("page", required=True)),
        widths=whole.numbers("widths"),
        labels=_texts(whole.part("labels", required=True), LABELS),
        funds=_texts(whole.part("funds", required=True), FUNDS),
        no_points=whole.text("no_points") or "",
        left_out=_columns(whole.part("left_out")),
        notes=_texts(whole.part("notes", required=True), NOTES),
        template=_template(whole.part("template", required=True)),
    )
    if len(layout.widths) != COLUMNS or any(width <= 0 for width in layout.widths):
        whole.note("widths", f"应为{COLUMNS}个大于0的数，实际为{len(layout.widths)}个")
    whole.close()
    refuse(path, mistakes)
    return layout


def _page(part: Declaration) -> Page:
    page = Page(
        part.text("font") or "",
        part.number("title_size") or Decimal(1),
        part.number("text_size") or Decimal(1),
        part.text("footer") or "",
    )
    part.close()
    return page


def _texts(part: Declaration, keys: tuple[str, ...]) -> dict[str, str]:
    found = {key: part.text(key) or "" for key in keys}
    part.close()
    return found


def _columns(part: Declaration) -> dict[str, tuple[str, ...]]:
    found = {}
    for frame in part.keys():
        found[frame] = part.texts(frame)
        for column in found[frame]:
            if column not in SCHEMAS.get(frame, {}):
                part.note(frame, f"没有“{column}”这一列")
    return found


def _template(part: Declaration) -> Template:
    template = Template(
        file_name=part.text("file_name") or "",
        money_unit=part.text("money_unit") or "",
        year_blank=part.text("year_blank") or "",
        total_weight=part.number("total_weight") or Decimal(0),
        execution_weight=part.number("execution_weight") or Decimal(0),
        categories=part.texts("categories"),
        subcategories=part.texts("subcategories"),
        levels=part.texts("levels"),
        lines=_lines(part),
        weights_differ=part.text("weights_differ") or "",
        hints=_messages(part.part("hints", required=True), HINTS),
        refusals=_messages(part.part("refusals", required=True), REFUSALS),
    )
    for key in ("categories", "subcategories", "levels"):
        choices = getattr(template, key)
        if not choices or len(",".join(choices)) > MAX_LIST or any("," in choice for choice in choices):
            part.note(key, f"下拉列表不能为空、不能含英文逗号，合计不能超过{MAX_LIST}个字符")
    if not 0 < template.execution_weight < template.total_weight:
        part.note("execution_weight", "应大于0且小于总分")
    part.close()
    return template


def _lines(part: Declaration) -> tuple[tuple[str, str], ...]:
    lines: list[tuple[str, str]] = []
    for row in part.parts("rows", required=True):
        names = (row.text("category") or "", row.text("subcategory") or "")
        lines += [names] * int(row.number("lines") or 0)
        row.close()
    if not lines:
        part.note("rows", "至少应有一行指标")
    return tuple(lines)


def _messages(part: Declaration, keys: tuple[str, ...]) -> dict[str, Message]:
    found = {}
    for key in keys:
        message = part.part(key, required=True)
        found[key] = Message(message.text("title") or "", message.text("text") or "")
        if len(found[key].title) > MAX_TITLE or len(found[key].text) > MAX_HINT:
            message.note("text", f"提示的标题不能超过{MAX_TITLE}个字符，内容不能超过{MAX_HINT}个字符")
        message.close()
    part.close()
    return found
