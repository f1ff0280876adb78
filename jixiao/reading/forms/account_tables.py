"""Read the public tables of a final account (部门决算公开表) into records, one per value cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Annotated

from pydantic import BeforeValidator

from jixiao.core.errors import FormError
from jixiao.core.models import Model, Pattern, Text, Texts, load_model, with_text_keys
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import Cell, Grid
from jixiao.reading.forms.families import FINAL_ACCOUNT, FORMS
from jixiao.reading.forms.records import Reading, Record, find_money_unit, find_year, label_key
from jixiao.reading.values.values import normalise

_HEAD = 5
"""Rows above which a table prints its number."""


class Accounts(Model):
    """What the public tables of a final account are recognised by (部门决算公开表)."""

    id: Text
    titles: Texts
    evaluation: Text
    tables: Pattern
    code: Text
    before_name: Pattern
    names: Annotated[dict[str, Text], BeforeValidator(with_text_keys)]
    roles: dict[str, Texts]
    sides: Texts
    numbering: Text
    levels: Texts
    compiling_unit: Pattern


@cache
def account_rules() -> Accounts:
    """Return what the public tables are recognised by."""
    return load_model(FORMS / FINAL_ACCOUNT, Accounts)


@lru_cache(maxsize=16_384)
def _table_code(text: str) -> str:
    """Return the code of a table by its printed number (公开03表), empty for any other text."""
    rules = account_rules()
    found = rules.tables.fullmatch(normalise(text))
    return rules.code.format(number=int(found[1])) if found else ""


def _named_code(grid: Grid) -> str:
    """Return the code of a table that prints its name and no number; empty when its name is none of the ten."""
    rules = account_rules()
    named = {name: rules.code.format(number=int(number)) for number, name in rules.names.items()}
    title = next((text for row in grid.texts for text in row if text.strip()), "")
    return named.get(rules.before_name.sub("", normalise(title)), "")


def read_accounts(grids: list[Grid], name: str) -> Reading | None:
    """Read the public tables of a final account (部门决算), one record per value cell; nothing when there is none."""
    rules = account_rules()
    reading = Reading(name, rules.id, evaluation=rules.evaluation)
    for grid in grids:
        codes = [code for row in grid.texts[:_HEAD] for text in row if (code := _table_code(text))]
        codes = codes or [code for code in [_named_code(grid)] if code]
        if not codes:
            continue
        head = [cell for cell in grid.corners() if cell.row < _HEAD]
        texts = [normalise(cell.text) for cell in head]
        units = [
            (found[1], grid.address(cell.row, cell.column))
            for text, cell in zip(texts, head, strict=True)
            if (found := rules.compiling_unit.match(text))
        ]
        for cell, text in zip(head, texts, strict=True):
            _state(reading, grid, cell, find_year(text), find_money_unit(text))
        known = {
            "table_code": codes[0],
            "table": texts[0],
            "compiling_unit": units[0][0] if units else "",
            "unit_cell": units[0][1] if units else "",
        }
        unread: list[Cell] = []
        rows = list(_account_rows(grid, rules, known, unread))
        reading.records += rows
        reading.skipped += _left_over(grid, unread, rows) if rows else []
    if not reading.records:
        return None
    if reading.year is None:
        raise FormError(name, "决算公开表没有写明年度", "请在表头写明，如“2021年度”")
    return reading


def _state(reading: Reading, grid: Grid, cell: Cell, year: int | None, unit: str) -> None:
    """Keep the year and the money unit that the first table states; another one further down is told."""
    reading.year, reading.money_unit = reading.year or year, reading.money_unit or unit
    stated = {"another_year": year not in {None, reading.year}, "another_unit": unit not in {"", reading.money_unit}}
    for reason in (reason for reason, is_other in stated.items() if is_other):
        place = {"sheet": grid.sheet, "cell": grid.address(cell.row, cell.column), "text": cell.text}
        reading.guesses.append({**place, "reason": reading_words()["reasons"][reason]})


def _left_over(grid: Grid, unread: list[Cell], records: list[Record]) -> list[dict[str, str]]:
    """Return the cells of a table that went into no record: notes stand below its last row."""
    last = max(record.row for record in records)
    reasons = reading_words()["reasons"]
    return [
        {
            "sheet": grid.sheet,
            "cell": grid.address(cell.row, cell.column),
            "text": cell.text,
            "reason": reasons["note" if cell.row >= last else "no_column"],
        }
        for cell in unread
        if cell.text.strip()
    ]


def _account_rows(grid: Grid, rules: Accounts, known: dict[str, str], unread: list[Cell]) -> Iterator[Record]:
    """Yield one record per value; cells that belong to none are added to ``unread``."""
    roles = {label_key(alias): role for role, aliases in rules.roles.items() for alias in aliases}
    group_heading = reading_words()["group_heading"]
    named = [
        (label_key(cell.text) == group_heading, row)
        for row in range(grid.height)
        for cell in grid.row(row)
        if roles.get(label_key(cell.text)) == "row_name"
    ]
    if not named:
        return
    header = min(named)[1]  # 科目名称 stands below the group heading 项目
    below = range(header + 1, min(header + 3, grid.height))
    numbers = next((row for row in below for cell in grid.row(row) if label_key(cell.text) == rules.numbering), None)
    last = header if numbers is None else numbers
    columns = [_account_column(grid, rules, roles, column, header, numbers) for column in range(grid.width)]
    named_by = {group_heading, rules.numbering, *rules.levels, *rules.sides, *roles}
    for cell in grid.corners():
        key, column = label_key(cell.text), columns[cell.column]
        is_number = cell.row == numbers and (column["role"] == "value" or key.isdigit())
        is_label = key in named_by or key in column["column"] or is_number
        if cell.row <= last and not is_label and not _is_head(cell, rules, known):
            unread.append(cell)
    for row in range(last + 1, grid.height):
        printed = [cell for cell in grid.row(row) if cell.row == row and cell.text.strip()]
        if len(printed) == 1 and re.match(reading_words()["note_line"], normalise(printed[0].text)):
            unread += printed
            continue
        line: dict[str, str] = {}
        waiting: list[Cell] = []  # what names the row, until a value follows
        for position, column in enumerate(columns):
            cell = grid.cell(row, position)
            if (cell.row, cell.column) != (row, position):
                continue
            text = cell.text.strip()
            role, before = column["role"], columns[position - 1]["role"] if position else ""
            if role != "value":
                if role in {"row_code", "row_name"} and before != "row_code":
                    line = {}
                    unread += waiting
                    waiting = []
                if role == "row_code" and text and not normalise(text).isdigit():
                    role = "row_name"  # 合计 stands where the codes do
                line[role] = line.get(role, "") + text
                waiting += [cell] if role != "row_no" else []
            elif line.get("row_name"):
                waiting = []
                side = {key: column[key] for key in ("side", "column", "column_no")}
                texts = {"row_code": "", "row_no": "", **known, **line, **side, "value_text": text}
                yield Record("account", grid.sheet, row + 1, texts, {"value_text": grid.address(row, position)})
            else:
                unread.append(cell)
        unread += waiting


def _is_head(cell: Cell, rules: Accounts, known: dict[str, str]) -> bool:
    """Say whether a cell above the header is the title, the number of the table, its unit or its year."""
    text = normalise(cell.text)
    is_stated = rules.compiling_unit.match(text) or find_year(text) or find_money_unit(text)
    return bool(is_stated or _table_code(cell.text) or text == known["table"] or label_key(text) in rules.sides)


def _is_heading(grid: Grid, row: int) -> bool:
    """Say whether a row above the header groups its columns: several cells, and none is an amount."""
    cells = grid.row(row)
    return len(cells) > 1 and not any(normalise(cell.text)[-1:].isdigit() for cell in cells)


def _account_column(
    grid: Grid, rules: Accounts, roles: dict[str, str], column: int, header: int, numbers: int | None
) -> dict[str, str]:
    """Describe one column by the headers above it."""
    group_heading = reading_words()["group_heading"]
    labels: list[str] = []
    side = ""
    above = [header - 1] if header and _is_heading(grid, header - 1) else []
    for row in [*above, header]:
        text = label_key(grid.cell(row, column).text)
        if text in rules.sides:
            side = text
        elif text and text not in labels and grid.cell(row, column).row >= header - 1:
            labels.append(text)
    role = next((roles[label] for label in labels if label in roles and label != group_heading), "")
    if not role and group_heading in labels:
        role = "row_name"
    number = normalise(grid.cell(numbers, column).text) if numbers is not None else ""
    return {"role": role or "value", "side": side, "column": "".join(labels), "column_no": number}
