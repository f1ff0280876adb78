"""Read forms into records (表格 -> 记录): every cell as text, with its file, sheet and row.

A form is recognised by the headers that ``rules/forms/*.yaml`` declares, never by position. What stands in a
recognised form and in no record is listed as skipped; nothing is dropped silently.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jixiao.accounts import read_accounts
from jixiao.declared import RULES, load_yaml, refuse
from jixiao.errors import FormError, JixiaoError
from jixiao.grids import Cell, Grid, read_grids
from jixiao.records import Reading, Record, find_money_unit, find_year, label_key
from jixiao.values import normalise, parse_value
from jixiao.vocabulary import reading_words, value_labels

NOTES = (".md", ".yaml", ".yml")
"""Files of a data folder that are about the forms and are none themselves."""


_TICK = re.compile(r"[☑✓√■]")


Headers = dict[int, tuple[dict[str, Any], dict[int, str]]]
"""The header rows of a grid: row -> the declared block and grid column -> declared column."""


@cache
def form_rules() -> dict[str, dict[str, Any]]:
    """Return every declared form (表种) by id."""
    rules = {}
    for path in sorted((RULES / "forms").glob("*.yaml")):
        content, mistakes = load_yaml(path)
        refuse(path, mistakes)
        if "form" not in content and content["evaluation"] not in {"plan", "whole"}:
            rules[content["id"]] = content
    return rules


def list_forms(folder: Path) -> list[Path]:
    """Return the form files of a data folder (数据目录) in a stable order, year folders first.

    Raises:
        JixiaoError: The folder does not exist.
    """
    if not folder.is_dir():
        raise JixiaoError(f"数据目录“{folder}”不存在，请检查路径，或把收到的表格放入 data/source/<年度>/")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix.lower() not in NOTES and not path.name.startswith(("~$", "."))
    )


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, as manifest.yaml keeps it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_file(path: Path, *, name: str = "") -> Reading:
    """Read one form file.

    Args:
        path: The file.
        name: How the file is named in the provenance columns; its own name when empty.

    Returns:
        The reading: one file, one form; each record is one row, all text.

    Raises:
        FormError: The file cannot be opened, or is none of the declared forms.
    """
    name = name or path.name
    grids = read_grids(path, name)
    for rules in form_rules().values():
        reader = read_accounts if rules.get("tables") else _read_blocks
        found = reader(grids, rules, name)
        if found:
            return found
    known = "、".join(title for rules in form_rules().values() for title in rules["titles"][:1])
    raise FormError(name, "没有找到可识别的表头", f"应为下列表之一：{known}；请检查表头文字是否完整")


def _read_blocks(grids: list[Grid], rules: dict[str, Any], name: str) -> Reading | None:
    reading = Reading(name, rules["id"], evaluation=rules["evaluation"])
    used: dict[str, set[tuple[int, int]]] = {grid.sheet: set() for grid in grids}
    is_titled = False
    headers = {grid.sheet: _headers(grid, rules) for grid in grids}
    found = {grid.sheet: list(_walk(grid, headers[grid.sheet], used[grid.sheet])) for grid in grids}
    reading.records = [record for records in found.values() for record in records]
    for grid in sorted(grids, key=lambda grid: not found[grid.sheet]):  # a sheet of instructions has no say first
        is_titled |= _read_titles(grid, rules, headers[grid.sheet], reading, used[grid.sheet])
        _read_head(grid, rules, headers[grid.sheet], reading, used[grid.sheet])
    main = {"self_evaluation": "indicators", "scoring_table": "indicators", "budget_list": "list"}[rules["id"]]
    if not is_titled or not any(record.block == main for record in reading.records):
        return None
    sheets = dict.fromkeys(record.sheet for record in reading.records if record.block == "indicators")
    if rules["id"] == "self_evaluation" and len(sheets) > 1:
        raise FormError(name, f"一个文件内有{len(sheets)}份自评表（{'、'.join(sheets)}）", "请每份另存为一个文件")
    _finish_head(reading, rules)
    for grid in grids:
        for cell in grid.corners():
            if (cell.row, cell.column) not in used[grid.sheet]:
                reading.skipped.append(
                    {
                        "sheet": grid.sheet,
                        "cell": grid.address(cell.row, cell.column),
                        "text": cell.text,
                        "reason": reading_words()["reasons"]["no_column"],
                    }
                )
    return reading


def _read_titles(
    grid: Grid, rules: dict[str, Any], headers: Headers, reading: Reading, used: set[tuple[int, int]]
) -> bool:
    """Look for the title, the year and the money unit among the cells and the name of the table."""
    is_titled = any(title in normalise(grid.sheet) for title in rules["titles"])
    unit_lines = tuple(reading_words()["unit_lines"])
    first, last_of_money = _first_headers(grid, headers)
    reading.money_unit = reading.money_unit or find_money_unit(normalise(grid.note))
    for cell in grid.corners():
        plain = normalise(cell.text)
        if len(plain) > 60:
            continue
        titled = any(title in plain for title in rules["titles"])
        if any(note in plain for note in rules.get("notes") or []):
            used.add((cell.row, cell.column))
        year = find_year(plain) if titled or re.fullmatch(reading_words()["year_line"], plain) else None
        for column, pattern in (rules.get("head_patterns") or {}).items():
            found = re.search(pattern, plain)
            if found:
                place = {column: grid.address(cell.row, cell.column)}
                reading.head[column] = Record("head", grid.sheet, cell.row + 1, {column: found[1]}, place)
        if titled or (year and cell.row <= first):
            used.add((cell.row, cell.column))
            if year and reading.year is None and cell.row <= first:
                reading.year = year
        if cell.row < last_of_money or plain.startswith(unit_lines):
            reading.money_unit = reading.money_unit or find_money_unit(plain)
        if normalise(grid.sheet) in plain or plain in normalise(grid.sheet) or plain.startswith(unit_lines):
            used.add((cell.row, cell.column))
        is_titled |= titled
    return is_titled


def _headers(grid: Grid, rules: dict[str, Any]) -> Headers:
    """Return every header row of a grid: the block it starts and the column each of its cells names."""
    found: Headers = {}
    for row in range(grid.height):
        for block in rules["blocks"]:
            mapped = _map_header(grid, row, block)
            if mapped:
                found[row] = (block, mapped)
                break
    return found


def _first_headers(grid: Grid, headers: Headers) -> tuple[int, int]:
    """Return the first header row, where the title ends, and the row from which no cell can state the money unit."""
    money = [row + (block["name"] == "list") for row, (block, _) in headers.items() if block["name"] != "funds"]
    return min(headers, default=grid.height), min(money, default=grid.height if headers else 0)


def _read_head(
    grid: Grid, rules: dict[str, Any], headers: Headers, reading: Reading, used: set[tuple[int, int]]
) -> None:
    labels = {label_key(alias): column for column, aliases in rules["head"].items() for alias in aliases}
    objectives = {label_key(alias): part for part, aliases in rules["objective"].items() for alias in aliases}
    ignored = {label_key(alias) for alias in rules["ignored"]}
    for cell in list(grid.corners()):
        key = label_key(cell.text)
        if (cell.row, cell.column) in used:
            continue
        if key in labels and labels[key] not in reading.head and cell.row not in headers:
            value = _next(grid, cell, set(labels))
            if value is not None and value.text.strip():
                reading.head[labels[key]] = _one(grid, "head", labels[key], value)
                used |= {(cell.row, cell.column), (value.row, value.column)}
        elif key.partition(":")[0] in labels and ":" in key:
            label = key.partition(":")[0]
            text = re.split("[:：]", cell.text, maxsplit=1)[1].strip()
            place = {labels[label]: grid.address(cell.row, cell.column)}
            reading.head.setdefault(
                labels[label], Record("head", grid.sheet, cell.row + 1, {labels[label]: text}, place)
            )
            used.add((cell.row, cell.column))
        elif key in objectives and cell.row + 1 < grid.height:
            value = grid.cell(cell.row + 1, cell.column)
            reading.head[f"objective_{objectives[key]}"] = _one(grid, "objective", "objective", value)
            used |= {(cell.row, cell.column), (value.row, value.column)}
        elif key in ignored:
            used.add((cell.row, cell.column))


def _one(grid: Grid, block: str, column: str, cell: Cell) -> Record:
    return Record(
        block, grid.sheet, cell.row + 1, {column: cell.text.strip()}, {column: grid.address(cell.row, cell.column)}
    )


def _next(grid: Grid, cell: Cell, labels: set[str]) -> Cell | None:
    """Return the next cell to the right that has text; the blank one when another label comes first."""
    others = [grid.cell(cell.row, column) for column in range(cell.column + 1, grid.width)]
    others = [other for other in others if (other.row, other.column) != (cell.row, cell.column)]
    written = next((other for other in others if other.text.strip()), None)
    return written if written and label_key(written.text) not in labels else others[0] if others else None


def _map_header(grid: Grid, row: int, block: dict[str, Any]) -> dict[int, str]:
    """Return grid column -> declared column when the row is the header of the block, else nothing."""
    aliases: dict[str, list[str]] = {}
    for column, names in block["columns"].items():
        for alias in names:
            aliases.setdefault(label_key(alias), []).append(column)
    after = block.get("after") or {}
    mapped: dict[int, str] = {}
    previous = ""
    for cell in grid.row(row):
        chosen = ""
        for column in aliases.get(label_key(cell.text), []):
            fits = column not in mapped.values() and (column not in after or after[column] == previous)
            if fits:
                chosen = column
                break
        if chosen:
            mapped[cell.column] = chosen
            previous = chosen
    found = set(mapped.values())
    fits = set(block["needs"]) <= found and not found & set(block.get("without") or [])
    return mapped if fits else {}


def _walk(grid: Grid, headers: Headers, used: set[tuple[int, int]]) -> Iterator[Record]:
    """Walk the rows of a grid: a header starts a block, its rows become records, its total ends it."""
    block: dict[str, Any] | None = None
    header: dict[int, str] = {}
    is_closed = False
    for row in range(grid.height):
        if row in headers:
            block, header = headers[row]
            is_closed = False
            used |= {(cell.row, cell.column) for cell in grid.row(row) if _is_header_cell(cell, header, block)}
            continue
        record = _read_row(grid, row, block, header, used, is_closed=is_closed) if block else None
        if record is not None:
            yield record
            # Below the total of a table only its grade belongs to it; a list goes on after each 小计.
            is_closed |= record.block == "total" and block is not None and block["name"] != "list"
            block = None if record.block == "grade" else block


def _is_header_cell(cell: Cell, header: dict[int, str], block: dict[str, Any]) -> bool:
    """Say whether a cell of a header row is known: a mapped header, or the label that states the money unit."""
    return cell.column in header or bool(block.get("label") and find_money_unit(normalise(cell.text)))


def _read_row(
    grid: Grid, row: int, block: dict[str, Any], header: dict[int, str], used: set[tuple[int, int]], *, is_closed: bool
) -> Record | None:
    cells = {column: grid.cell(row, position) for position, column in header.items()}
    name = block["name"]
    if block.get("label"):
        return _fund_row(grid, row, block, header, cells, used)
    if not any(cell.text.strip() for cell in grid.row(row)):
        return None
    closing = {label_key(alias): kind for kind, aliases in (block.get("closing") or {}).items() for alias in aliases}
    labels = [cell for cell in grid.row(row) if label_key(cell.text) in closing and cell.row == row]
    if labels:
        return _closing_row(grid, row, closing[label_key(labels[0].text)], labels[0], cells, used)
    if is_closed or not any(cell.row == row and cell.text.strip() for cell in cells.values()):
        return None
    texts = {column: cell.text.strip() for column, cell in cells.items()}
    return _record(grid, name, row, cells, texts, used)


def _fund_row(
    grid: Grid,
    row: int,
    block: dict[str, Any],
    header: dict[int, str],
    cells: dict[str, Cell],
    used: set[tuple[int, int]],
) -> Record | None:
    """Read one row of funds; a source that is not declared keeps the name it is given."""
    label = grid.cell(row, min(header) - 1)
    rows = {label_key(alias): fund for fund, aliases in block["rows"].items() for alias in aliases}
    known = rows.get(label_key(label.text))
    money = [cells[column] for column in ("annual_budget", "executed") if column in cells]
    is_money = any(cell.row == row and parse_value(cell.text).kind in {"number", "money"} for cell in money)
    if known is None and not (label.text.strip() and label.row == row and is_money):
        return None
    cells[block["label"]] = label
    texts = {column: cell.text.strip() for column, cell in cells.items()}
    texts[block["label"]] = known or label_key(label.text)
    return _record(grid, block["name"], row, cells, texts, used)


def _closing_row(
    grid: Grid, row: int, kind: str, label: Cell, cells: dict[str, Cell], used: set[tuple[int, int]]
) -> Record:
    """Read the row of the total or of the grade."""
    if kind == "grade":
        value = _next(grid, label, set())
        text = value.text.strip() if value is not None else ""
        used.add((label.row, label.column))
        return _record(grid, kind, row, {"grade": value or label}, {"grade": ticked(text)}, used)
    used.add((label.row, label.column))
    names = {"list_label": label, **{column: cell for column, cell in cells.items() if cell.column != label.column}}
    return _record(grid, kind, row, names, {column: cell.text.strip() for column, cell in names.items()}, used)


def ticked(text: str) -> str:
    """Return the ticked one of several boxes, whether the tick stands before or after its word.

    Example:
        >>> ticked("优☑ 良□ 中□ 差□"), ticked("☑优 □良"), ticked("良")
        ('优', '优', '良')
    """
    plain = normalise(text)
    if not _TICK.search(plain):
        return plain if "□" not in plain else ""
    words = re.findall(r"[^☑✓√■□]+", plain)
    boxes = re.findall(r"[☑✓√■□]", plain)
    marked = [word for word, box in zip(words, boxes, strict=False) if _TICK.match(box)]
    return marked[0] if len(marked) == 1 else ""


def _record(
    grid: Grid, block: str, row: int, cells: dict[str, Cell], texts: dict[str, str], used: set[tuple[int, int]]
) -> Record:
    used |= {(cell.row, cell.column) for cell in cells.values()}
    addresses = {column: grid.address(cell.row, cell.column) for column, cell in cells.items()}
    return Record(block, grid.sheet, row + 1, texts, addresses)


def _finish_head(reading: Reading, rules: dict[str, Any]) -> None:
    """Take the year and the kind of evaluation from the head when the title does not tell."""
    if "year" in reading.head:
        found = re.search(r"\d{4}", reading.head["year"].texts["year"])
        reading.year = int(found[0]) if found else reading.year
    if not reading.evaluation and "evaluation" in reading.head:
        names = {name: code for code, name in value_labels()["evaluation"].items()}
        reading.evaluation = names.get(reading.head["evaluation"].texts["evaluation"], "")
    if reading.year is None:
        raise FormError(reading.file, "没有找到评价年度", "请在标题下写明，如“（2021年度）”")
    if not reading.evaluation:
        raise FormError(reading.file, "没有写明评价类型", "请在“评价类型”处填写单位自评、部门评价或财政评价")
    if rules["id"] != "budget_list" and "project" not in reading.head:
        raise FormError(reading.file, "没有找到项目名称", "请在“项目名称”右侧填写项目名称")
