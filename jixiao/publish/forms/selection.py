"""One evaluation (一份评价) taken out of the frames, its texts fit for a file, and the name of that file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from jixiao.core.errors import RequestError
from jixiao.core.exact import rows_of_each
from jixiao.core.frames import Frames
from jixiao.core.vocabulary import label, word
from jixiao.publish.forms.layouts import Layout

_BROKEN_LINE = re.compile(r"\r\n?")
_UNWRITABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHOWN = 10


@dataclass(frozen=True)
class Evaluation:
    """One evaluation (一份评价) with its rows, and every change a file made necessary."""

    head: dict[str, Any]
    budgets: list[dict[str, Any]]
    indicators: list[dict[str, Any]]
    headings: list[dict[str, Any]]
    notes: tuple[str, ...] = ()

    @property
    def year(self) -> int:
        """The evaluated year."""
        return int(self.head["year"])


def list_evaluations(frames: Frames, layout: Layout, *, project: str = "", year: int | None = None) -> list[Evaluation]:
    """List the evaluations of one form (表种) that frames hold, in their order.

    Args:
        frames: What was read.
        layout: The layout of the form (表种) that is wanted.
        project: Part of the name of a project; every project when empty.
        year: Only this year; every year when None.

    Raises:
        RequestError: Nothing fits; the sentence names what there is.
    """
    every = frames.evaluations[frames.evaluations["form"] == layout.id]
    chosen = every[every["project"].map(lambda name: project in name).astype(bool)] if project else every
    if any(chosen["project"] == project):
        chosen = chosen[chosen["project"] == project]
    if year is not None:
        chosen = chosen[chosen["year"] == year]
    if chosen.empty:
        what = word("form", layout.id)
        if every.empty:
            raise RequestError(f"没有读到{what}，不能写出；请换一个填有{what}的文件或数据目录")
        raise RequestError(f"没有符合条件的{what}，现有：{name_evaluations(every.to_dict('records'), layout)}")
    return _take(frames, chosen, layout)


def pick_evaluation(frames: Frames, key: dict[str, Any], layout: Layout) -> Evaluation:
    """Return the one evaluation of a key (year, project_id, evaluation) with its rows (按主键取一份评价)."""
    rows = frames.evaluations
    (found,) = _take(frames, rows[rows[list(key)].eq(pd.Series(key)).all(axis=1)], layout)
    return found


def _take(frames: Frames, chosen: pd.DataFrame, layout: Layout) -> list[Evaluation]:
    """Take the rows of some evaluations out of the frames, all of them in one pass."""
    whole = {name: getattr(frames, name) for name in ("budgets", "indicators", "headings")}
    places = {name: rows_of_each(frame, chosen) for name, frame in whole.items()}
    return [
        _evaluation(row, {name: frame.take(places[name][number]) for name, frame in whole.items()}, layout)
        for number, row in enumerate(chosen.to_dict("records"))
    ]


def name_evaluations(rows: list[dict[str, Any]], layout: Layout) -> str:
    """Name evaluations in a sentence: project and year, the first few of them."""
    listed = list(dict.fromkeys(f"{row['project']}{layout.year_line.format(year=row['year'])}" for row in rows))
    return "、".join(listed[:_SHOWN]) + ("……" if len(listed) > _SHOWN else "")


def _evaluation(head: dict[str, Any], parts: dict[str, pd.DataFrame], layout: Layout) -> Evaluation:
    notes: list[str] = []
    rows = {name: [_cleaned(row, notes, layout) for row in part.to_dict("records")] for name, part in parts.items()}
    if not head["money_unit"] and rows["budgets"]:
        notes.append(layout.notes["no_unit"])
    for name, columns in layout.left_out.items():
        for column in columns:
            count = sum(row[column] not in ("", None) and row[column] == row[column] for row in rows[name])
            if count:
                notes.append(layout.notes["left_out"].format(column=label(column), count=count))
    return Evaluation(_cleaned(head, notes, layout), **rows, notes=tuple(dict.fromkeys(notes)))


def _cleaned(row: dict[str, Any], notes: list[str], layout: Layout) -> dict[str, Any]:
    """Return a row whose texts a file can hold: without control characters, which are noted."""
    cleaned = dict(row)
    for column, value in row.items():
        if not isinstance(value, str) or column.startswith("source_") or column.endswith("_cell"):
            continue
        lines = _BROKEN_LINE.sub("\n", value)
        cleaned[column] = _UNWRITABLE.sub("", lines).strip()
        if _UNWRITABLE.search(lines):
            notes.append(layout.notes["control"].format(column=label(column)))
    return cleaned


def number_of(value: Any) -> Decimal | None:
    """Return a number of a frame exactly as it is shown; missing is None, not zero.

    Example:
        >>> number_of(0.1), number_of(float("nan")), number_of(0.0)
        (Decimal('0.1'), None, Decimal('0.0'))
    """
    return None if value is None or value is pd.NA or value != value else Decimal(repr(float(value)))
