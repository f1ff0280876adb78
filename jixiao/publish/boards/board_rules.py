"""What ``rules/boards.yaml`` may declare (看板登记): pages and their panels, queries, charts, cards, lights, words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, TypeAdapter, ValidationInfo, field_validator

from jixiao.core.models import (
    Count,
    Flag,
    Model,
    Notes,
    Number,
    Text,
    Texts,
    Written,
    checked_shipped,
    refuse_value,
    text_of,
)

_Named = dict[str, Text]
_TEXTS = TypeAdapter(_Named)


def _word(said: Any) -> Any:
    """Take a text, or the texts of several kinds."""
    return _TEXTS.validate_python(said) if isinstance(said, dict) else text_of(said)


class _Asked(Model):
    """What is asked of one prepared table."""

    table: Text
    evaluation: Literal["merged", "each", "preferred", "any"]
    where: dict[str, tuple[Written, ...]] = {}


class _Query(_Asked):
    year: Literal["latest"] | None = None
    known: Texts = ()
    by: Texts = ()
    values: _Named
    sort: Text | None = None


class _Chart(Model):
    kind: Literal["bars", "columns", "dots", "heat", "lines", "waterfall"]
    name: Text | None = None
    over: Text | None = None
    stack: Text | None = None
    values: Texts | None = None
    low: Number | None = None
    high: Number | None = None
    line: Number | None = None
    mark: Text | None = None
    text: Text | None = None
    near: Flag = False
    x: Text | None = None
    y: Text | None = None
    size: Text | None = None
    cut: Text | None = None
    ends: Flag = False
    signed: Flag = False
    coloured: Text | None = None
    full: Flag | None = None
    most: Count | None = None


class _Panel(Model):
    id: Text
    kind: Literal["numbers", "questions", "facts", "list", "statements", "league"] | None = None
    title: Text | None = None
    wide: Flag = False
    cards: Texts = ()
    topics: Texts = ()
    query: _Query | None = None
    chart: _Chart | None = None
    note: Text | None = None
    nothing: Text | None = None
    every_year: Flag = False
    open: Flag = False
    hidden: Texts = ()
    table: Text | None = None
    behind: Text | None = None
    sort: Text | None = None
    most: Count | None = None


class _Page(Model):
    title: Text
    question: Text
    year: Literal["latest", "all"]
    choosers: Texts
    needs: Literal["department", "project", "ledger"] | None = None
    panels: tuple[_Panel, ...]

    @field_validator("panels")
    @classmethod
    def _each_id_once(cls, panels: tuple[_Panel, ...]) -> tuple[_Panel, ...]:
        notes, known = Notes(), set()
        for number, panel in enumerate(panels, 1):
            if panel.id in known:
                notes.note(f"[{number}].id", f"“{panel.id}”重复出现，请只保留一个")
            known.add(panel.id)
        notes.refuse()
        return panels


class _Card(Model):
    label: Text
    unit: Text
    query: _Query
    note: Text | None = None
    page: Text | None = None
    mood: Literal["bad", "fair"] | None = None
    still: Flag = False


class _Drill(_Asked):
    """A list of projects with the columns and the order that its title asks for."""

    id: Text
    title: Text
    columns: Texts
    sort: Text
    note: Text | None = None


class _Lines(Model):
    green: Number
    yellow: Number

    @field_validator("yellow")
    @classmethod
    def _is_below(cls, yellow: Number, info: ValidationInfo) -> Number:
        green = info.data.get("green")
        if green is not None and yellow >= green:
            refuse_value(f"应低于绿灯界线 {green}，实际为 {yellow}")
        return yellow


class _Monitoring(Model):
    basis: Text
    mark: Literal["F", "F2", "J"]
    execution: _Lines
    attainment: _Lines
    groups: Texts


class _Boards(Model):
    title: Text
    choosers: _Named
    all: _Named
    monitoring: _Monitoring
    cards: dict[str, _Card]
    questions: tuple[_Drill, ...]
    drills: tuple[_Drill, ...]
    pages: dict[str, _Page]
    lists: dict[str, Texts]
    words: dict[str, Annotated[Any, BeforeValidator(_word)]]

    @field_validator("pages")
    @classmethod
    def _name_what_is_there(cls, pages: dict[str, _Page], info: ValidationInfo) -> dict[str, _Page]:
        notes = Notes()
        for name, page in pages.items():
            used = {"choosers": page.choosers, "cards": [card for panel in page.panels for card in panel.cards]}
            for group, listed in used.items():
                known: Mapping[str, Any] = info.data.get(group) or dict.fromkeys(listed)
                for one in listed:
                    if one not in known:
                        notes.note(f"{name}.{group}", f"“{one}”不在可选项内，可选：{'、'.join(known)}")
        notes.refuse()
        return pages


def boards() -> dict[str, Any]:
    """Return the declared pages (看板页面), as the browser reads them.

    Raises:
        DeclarationError: With every mistake of the file.

    Example:
        >>> boards()["monitoring"]["mark"]
        'J'
    """
    return dict(checked_shipped("boards.yaml", _Boards))
