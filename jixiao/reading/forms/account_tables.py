"""Read the public tables of a final account (部门决算公开表) into records, one per value cell."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
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
    unit_line: Pattern
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
        if _role(cell.text, roles) == "row_name"
    ]
    if not named:
        return
    header = min(named)[1]  # 科目名称 stands below the group heading 项目
    below = range(header + 1, min(header + 1 + _NUMBERING, grid.height))
    numbering = [row for row in below if _is_numbering(grid, row, rules)]
    last = max(numbering, default=header)
    columns = _account_columns(grid, rules, roles, header, numbering)
    named_by = {group_heading, rules.numbering, *rules.levels, *rules.sides, *roles}
    for cell in grid.corners():
        key, column = label_key(cell.text), columns[cell.column]
        is_number = cell.row in numbering and (column["role"] == "value" or _numbers_only(cell, rules))
        is_label = key in named_by or _role(cell.text, roles) or _label(cell.text) in column["column"] or is_number
        if cell.row <= last and not is_label and not _is_head(cell, rules, known):
            unread.append(cell)
    named_above = _named_above(grid, rules, numbering)
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
            if label_key(text).startswith(rules.numbering) and column["role"] != "value":
                text = label_key(text).removeprefix(rules.numbering)  # 栏次 and 合计 in one cell
            role, before = column["role"], columns[position - 1]["role"] if position else ""
            if role != "value":
                if role in {"row_code", "row_name"} and before != "row_code" and not column["spread"]:
                    line = {}
                    unread += waiting
                    waiting = []
                if role == "row_code" and text and not normalise(text).isdigit():
                    role = "row_name"  # 合计 stands where the codes do
                if role:
                    line[role] = line.get(role, "") + text
                waiting += [cell] if role != "row_no" else []
            elif line.get("row_name") or (named_above and row == last + 1):
                line["row_name"] = line.get("row_name") or named_above
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


def _account_columns(
    grid: Grid, rules: Accounts, roles: dict[str, str], header: int, numbering: Sequence[int]
) -> list[dict[str, str]]:
    """Describe the columns by the headers above them; a table that lost its merged areas is spread again."""
    above = header - 1 if header and _is_heading(grid, header - 1) else None
    first = max(numbering, default=header) + 1
    columns = []
    for column in range(grid.width):
        is_empty = not any(grid.cell(row, column).text.strip() for row in range(first, grid.height))
        labels = [grid.cell(header, column)] if above is None else [grid.cell(above, column), grid.cell(header, column)]
        is_spread = not any(cell.text.strip() for cell in labels) and not grid.merges and not is_empty
        if is_spread:
            named = [grid.cell(header, left) for left in range(column) if grid.cell(header, left).text.strip()]
            labels = named[-1:]  # the area of the header to its left reached here
        columns.append(_account_column(rules, roles, labels, header) | {"spread": "1" if is_spread else ""})
        if not columns[-1]["column"] and is_empty and not grid.merges:
            columns[-1]["role"] = ""
        numbers = [normalise(grid.cell(row, column).text) for row in numbering]
        own = [text for cell in labels if (text := _own_number(cell.text))]
        columns[-1]["column_no"] = next((text for text in numbers if text.isdigit()), "".join([*numbers, *own][-1:]))
    if not grid.merges and above is not None:
        _spread_sides(columns, [key for cell in grid.row(above) if (key := label_key(cell.text)) in rules.sides])
    return columns


def _account_column(rules: Accounts, roles: dict[str, str], cells: Sequence[Cell], header: int) -> dict[str, str]:
    """Describe one column by the cells of its headers."""
    group_heading = reading_words()["group_heading"]
    labels: list[str] = []
    side = ""
    for cell in cells:
        text = _label(cell.text)
        if text in rules.sides:
            side = text
        elif text and text not in labels and cell.row >= header - 1 and not rules.unit_line.match(text):
            labels.append(text)
    found = [_role(cell.text, roles) for cell in cells if label_key(cell.text) != group_heading]
    role = next((one for one in found if one), "")
    if not role and group_heading in labels:
        role = "row_name"
    return {"role": role or "value", "side": side, "column": "".join(labels), "column_no": ""}


def _spread_sides(columns: Sequence[dict[str, str]], sides: Sequence[str]) -> None:
    """Give each block of names and values its side (收入, 支出), where there are as many of one as of the other."""
    roles = ["value", *(column["role"] for column in columns)]
    begins = [
        place for place, (before, role) in enumerate(pairwise(roles)) if before in _VALUES and role not in _VALUES
    ]
    if len(begins) != len(sides):
        return
    for place, column in enumerate(columns):
        column["side"] = sides[bisect_right(begins, place) - 1]


_VALUES = frozenset({"value", ""})
_NUMBERING = 4
"""Rows below a header that may number its columns."""


def _role(text: str, roles: dict[str, str]) -> str:
    """Return the role of a header; of two that run together in one cell (项目 行次) the first."""
    if found := roles.get(label_key(text)):
        return found
    each = [roles.get(label_key(word), "") for word in text.split()]
    return each[0] if len(each) > 1 and all(each) else ""


def _own_number(text: str) -> str:
    """Return the number of a column that stands in the cell of its header (决算数 2), empty when there is none."""
    *words, last = [normalise(word) for word in text.split()] or [""]
    return last if words and last.isdigit() and len(last) < 3 else ""


def _label(text: str) -> str:
    """Return a header without a number of its column."""
    number = _own_number(text)
    return label_key(text).removesuffix(number)


def _words(cell: Cell, rules: Accounts) -> list[str]:
    """Return what stands in a cell below a header, the mark of a row of numbers apart from what follows it."""
    marked = cell.text.replace(rules.numbering, f" {rules.numbering} ")
    return [label_key(word) for word in marked.split()]


def _numbers_only(cell: Cell, rules: Accounts) -> bool:
    return all(word.isdigit() or word in {rules.numbering, *rules.levels} for word in _words(cell, rules))


def _is_numbering(grid: Grid, row: int, rules: Accounts) -> bool:
    """Say whether a row numbers the columns (栏次, 类 款 项, 1 2 3 …) and holds no value."""
    cells = grid.row(row)
    words = [word for cell in cells for word in _words(cell, rules)]
    if any(label_key(cell.text) == rules.numbering for cell in cells):
        return True
    numbers = [word for word in words if word.isdigit()]
    marks = [word for word in words if word in {rules.numbering, *rules.levels}]
    others = len(words) - len(numbers) - len(marks)
    is_counted = numbers == [str(number + 1) for number in range(len(numbers))]
    return is_counted and others <= (1 if marks else 0) and (len(numbers) > 1 or (bool(marks) and not others))


def _named_above(grid: Grid, rules: Accounts, numbering: Sequence[int]) -> str:
    """Return the name of the first row where it slipped into the row of numbers above (栏次 合计)."""
    for row in numbering:
        for cell in grid.row(row):
            words = _words(cell, rules)
            if words[:1] == [rules.numbering] and len(words) > 1 and not words[1].isdigit():
                return "".join(words[1:])
    return ""
