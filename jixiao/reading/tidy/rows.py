"""Rows on their way into frames: read points, money and rates from a record, noting what cannot be read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from jixiao.core.frames import SCHEMAS, Frames, typed
from jixiao.core.vocabulary import reading_words, word
from jixiao.reading.forms.records import Reading, Record
from jixiao.reading.values.values import normalise, parse_value, typed_amount


def project_key(unit: str, project: str) -> str:
    """Return the stable id of a project (项目编号) made from its unit and name.

    Quotes, spaces and a trailing 项目 do not matter, so the forms of one project meet under one id. 64 bits: among ten
    million projects, two share an id with a chance of one in 370,000.

    Example:
        >>> project_key("甲中心", "党政信息网络建设") == project_key("甲中心", "党政信息网络建设项目")
        True
    """
    plain = re.sub(r"[“”\"'‘’《》]", "", normalise(project))
    plain = plain.removesuffix(reading_words()["project_suffix"])
    return "P" + hashlib.sha256(f"{normalise(unit)}|{plain}".encode()).hexdigest()[:16]


class Rows:
    """Rows on their way into frames."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
        self.without_unit: set[int] = set()
        self.funds: set[tuple[Any, ...]] = set()
        self.points: dict[tuple[str, str, str, str], float | None] = {}
        """The points of each cell that was read."""

    def add(self, frame: str, **values: Any) -> None:
        """Add one row to a frame."""
        self.rows[frame].append(values)

    def guess(self, reading: Reading, sheet: str, cell: str, text: str, reasons: Iterable[str]) -> None:
        """Note every assumption with which a cell was read."""
        for reason in reasons:
            self.add(
                "guesses", source_file=reading.file, source_sheet=sheet, source_cell=cell, text=text, reason=reason
            )

    def add_budget(self, reading: Reading, record: Record, *, fund: str, **values: Any) -> None:
        """Add one row of money; a source listed twice in a form keeps both rows, the second under a name of its own."""
        words = reading_words()
        name, number = fund, 1
        while (key := (id(reading), values["year"], values["project_id"], values["evaluation"], name)) in self.funds:
            number += 1
            name = words["fund_again"].format(fund=word("fund", fund), number=number)
        self.funds.add(key)
        if name != fund:
            cell = next(iter(record.cells.values()))
            self.guess(
                reading,
                record.sheet,
                cell,
                record.texts.get("project", word("fund", fund)),
                [words["reasons"]["fund_again"]],
            )
        self.add("budgets", fund=name, **values)

    def guess_unit(self, reading: Reading, record: Record, column: str) -> None:
        """Note once for a form that money was read without knowing its unit (金额单位)."""
        if id(reading) not in self.without_unit:
            self.without_unit.add(id(reading))
            reason = reading_words()["reasons"]["no_unit"]
            self.guess(reading, record.sheet, record.cells[column], record.texts[column], [reason])

    def frames(self) -> Frames:
        """Return the typed frames."""
        return Frames(**{name: typed(rows, SCHEMAS[name]) for name, rows in self.rows.items()})


def head_of(reading: Reading, column: str) -> str:
    """Return a text of the head of a form, empty when it is missing."""
    record = reading.head.get(column)
    return record.texts.get(column, "") if record else ""


def identity_of(reading: Reading) -> str:
    """Return the project id of a form (项目编号); one that leaves the name empty is a project of its own.

    Forms without a name are told apart by what they print, so that two of them are never taken for one sent twice.
    """
    unit = head_of(reading, "unit") or head_of(reading, "department")
    if "project" not in reading.head:
        return project_key(unit, reading_words()["whole_department"])
    return project_key(unit, head_of(reading, "project") or repr(reading.content()))


def head_cell_of(reading: Reading, column: str) -> str:
    """Return where a text of the head stands, as sheet!cell."""
    record = reading.head.get(column)
    return f"{record.sheet}!{record.cells[column]}" if record else ""


def place_of(reading: Reading, record: Record, column: str) -> dict[str, Any]:
    """Return the provenance columns of a record; the cell is that of one of its columns."""
    return {
        "source_file": reading.file,
        "source_sheet": record.sheet,
        "source_row": record.row,
        "source_cell": record.cells.get(column, ""),
    }


def points_of(rows: Rows, reading: Reading, record: Record, column: str) -> float | None:
    """Read points; what is not a number is noted and stays missing.

    A cell is read once, however many rows need it: an indicator and the heading above it, the funds and the indicator
    of their execution rate, every row that a cell is merged over.
    """
    written = record.texts.get(column, "")
    cell = (reading.file, record.sheet, record.cells.get(column, ""), written)
    if cell not in rows.points:
        rows.points[cell] = _read_points(rows, reading, record, column, written)
    return rows.points[cell]


def _read_points(rows: Rows, reading: Reading, record: Record, column: str, written: str) -> float | None:
    text = normalise(written).removesuffix(reading_words()["points"])
    value = parse_value(text)
    if value.kind == "blank":
        return None
    reasons = reading_words()["reasons"]
    if value.kind == "rate" and not value.relation and value.value is not None and text.endswith("%"):
        rows.guess(reading, record.sheet, record.cells[column], written, [reasons["weight_percent"]])
        return float(value.value * 100)
    if value.kind != "number" or value.relation or value.guesses:
        rows.guess(reading, record.sheet, record.cells[column], written, [reasons["no_number"]])
        return None
    return float(value.value or 0)


def money_of(rows: Rows, reading: Reading, record: Record, column: str) -> float | None:
    """Read money into 万元: by its own unit when the cell has one, else by the unit of the form."""
    written = record.texts.get(column, "")
    text, is_assumed = typed_amount(written)
    words = reading_words()
    # 100万 in a money column is 100万元, whatever the unit of the form.
    is_scaled = normalise(text).endswith(tuple(words["money_scales"]))
    value = parse_value(normalise(text) + words["yuan"] if is_scaled else text)
    if value.kind == "blank":
        return None
    if is_assumed and value.kind in {"money", "number"}:
        reason = words["reasons"]["typed_thousands"]
        rows.guess(reading, record.sheet, record.cells[column], written, [reason])
    if value.kind == "money" and value.value is not None:
        return float(value.value)
    if value.kind == "number" and value.value is not None:
        unit = record.units.get(column) or reading.money_unit
        if not unit:
            rows.guess_unit(reading, record, column)
        return float(value.value * words["money_units"].get(unit, 1))
    rows.guess(reading, record.sheet, record.cells[column], written, [words["reasons"]["no_money"]])
    return None


_LARGEST_SHARE = 2
"""A rate without a percent sign that is no larger is a fraction (0.7927); a larger one is a percentage (79.27)."""

_LARGEST_BARE = 200
"""A larger number without a percent sign stands where a rate should and is none: an amount of another column."""


def rate_of(rows: Rows, reading: Reading, record: Record, column: str) -> dict[str, Any]:
    """Read a printed rate: its text, its cell and its value as a fraction; one without a percent sign is told.

    What is no rate stays missing and is told.
    """
    text = record.texts.get(column, "")
    value = parse_value(text)
    found = float(value.value) if value.kind == "rate" and value.value is not None else None
    reasons = reading_words()["reasons"]
    bare = value.value if value.kind == "number" and not value.relation else None
    if bare is not None and abs(bare) > _LARGEST_BARE:
        rows.guess(reading, record.sheet, record.cells.get(column, ""), text, [reasons["no_rate"]])
    elif bare is not None:
        share = bare if 0 <= bare <= _LARGEST_SHARE else bare / 100
        found = float(share)
        told = reasons["rate_without_sign"].format(rate=f"{share * 100:.6g}%")
        rows.guess(reading, record.sheet, record.cells.get(column, ""), text, [told])
    elif found is None and value.kind != "blank":
        rows.guess(reading, record.sheet, record.cells.get(column, ""), text, [reasons["no_number"]])
    return {
        f"{column}_text": text,
        f"{column}_cell": record.cells.get(column, ""),
        f"{column}_reported": found,
    }


def budget_of(rows: Rows, reading: Reading, record: Record) -> dict[str, Any]:
    """Read the money and the printed rates of one row of funds."""
    names = ("initial_budget", "annual_budget", "arrived", "issued", "executed")
    amounts = {f"{name}_wan": money_of(rows, reading, record, name) for name in names}
    cells = {f"{name}_cell": record.cells.get(name, "") for name in names}
    return {
        **amounts,
        **cells,
        **rate_of(rows, reading, record, "execution_rate"),
        **rate_of(rows, reading, record, "arrival_rate"),
    }
