"""The head of a form (表头信息): its title, year, money unit, and the labels whose value stands beside them."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from jixiao.core.vocabulary import reading_words, value_labels
from jixiao.reading.files import Position
from jixiao.reading.forms.blocks import ticked
from jixiao.reading.forms.families import Family, load_families
from jixiao.reading.forms.glued import glued_labels
from jixiao.reading.forms.headers import known_label
from jixiao.reading.forms.pieces import Piece, is_unit_label, next_cell, unit_beside
from jixiao.reading.forms.records import Reading, Record, find_money_unit, find_year, in_digits
from jixiao.reading.values.values import normalise

LONGEST_TITLE = 60
MONEY = "fund_"
"""Begins the name of a head value that is an amount of money."""
BEFORE_MONEY = ("funds", "tasks")
"""Blocks whose header may stand above the cell that states the money unit."""


@cache
def _titles() -> tuple[tuple[str, str], ...]:
    """Every title with its form, the longest first, so that the closest one is found."""
    pairs = {(normalise(title), family.form) for family in load_families() for title in family.titles}
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair)))


@lru_cache(maxsize=16_384)
def find_title(text: str) -> tuple[str, str]:
    """Return the title that stands in a line or cell and its form, empty when there is none.

    Example:
        >>> find_title("2023年度项目支出绩效自评表"), find_title("项目名称")
        (('项目支出绩效自评表', 'self_evaluation'), ('', ''))
    """
    plain = normalise(text)
    if len(plain) > LONGEST_TITLE:
        return ("", "")
    return next(((title, form) for title, form in _titles() if title in plain), ("", ""))


def find_titles(pieces: list[Piece]) -> dict[str, str]:
    """Return title -> form for every title above the first header, in the lines above or in the names of the tables."""
    found: dict[str, str] = {}
    for piece in pieces:
        view = piece.view
        first = min((row for rows in piece.found.values() for row in rows), default=piece.stop)
        texts = [piece.sheet, *(line.text for line in view.grid.above if piece.start == 0)]
        texts += [text for row in range(piece.start, first) for text in dict.fromkeys(view.texts[row]) if text]
        found |= dict(find_title(text) for text in texts if len(text) <= LONGEST_TITLE)
    found.pop("", None)
    return found


def read_head(pieces: list[Piece], family: Family, reading: Reading) -> None:
    """Read title, year, money unit and labels; a table that holds no records has no say first."""
    filled = {id(piece): any(record.sheet == piece.sheet for record in reading.records) for piece in pieces}
    for piece in sorted(pieces, key=lambda piece: not filled[id(piece)]):
        _read_titles(piece, family, reading)
        _read_labels(piece, family, reading)
        _read_lines(piece, family, reading)


def _read_titles(piece: Piece, family: Family, reading: Reading) -> None:
    view = piece.view
    first = min(piece.headers, default=piece.stop)
    money = [
        row + (header.block.name == "list")
        for row, header in piece.headers.items()
        if header.block.name not in BEFORE_MONEY
    ]
    last_of_money = min(money, default=piece.stop if piece.headers else piece.start)
    sheet, money_sign = normalise(piece.sheet), str(reading_words()["yuan"])
    columns = {at for header in piece.headers.values() for at in header.labels}  # these may state units of their own
    for row, column in view.filled:
        if not piece.start <= row < piece.stop:
            continue
        at, text = (row, column), view.texts[row][column]
        is_used = at in piece.used
        if is_used and row >= last_of_money:
            continue
        unit, unit_at = unit_beside(view, row, column) if not is_used and is_unit_label(text) else ("", None)
        if unit_at is not None:
            reading.money_unit = reading.money_unit or unit
            piece.used |= {at, unit_at}
            continue
        if (is_used and money_sign not in text) or len(text) > LONGEST_TITLE:
            continue
        plain, unit, is_unit_line, is_titled, year = _stated(text)
        if row < last_of_money or is_unit_line:
            reading.money_unit = reading.money_unit or unit
            if unit and unit != reading.money_unit and at not in columns:
                piece.guess(row, column, "another_unit")
        if is_used:
            continue
        if year is None and row <= first:
            year = _bare_year(piece, row, plain)
        for name, pattern in family.head_patterns.items():
            found = pattern.search(plain)
            if found:
                place = {name: view.address(*at)}
                reading.head[name] = Record("head", piece.sheet, row + 1, {name: found[1]}, place)
        if year and row <= first:
            reading.year = reading.year or year
            if year != reading.year:
                piece.guess(row, column, "another_year")
        is_note = any(note in plain for note in family.notes)
        is_name = plain == sheet or (sheet in plain and at == view.filled[0])
        if is_titled or is_note or is_unit_line or (year and row <= first) or is_name:
            piece.used.add(at)


@lru_cache(maxsize=16_384)
def _stated(text: str) -> tuple[str, str, bool, bool, int | None]:
    """Return what a text of the head states: itself, its money unit, whether it is a unit line or a title, its year."""
    plain = normalise(text)
    unit, is_titled = find_money_unit(plain), bool(find_title(text)[0])
    is_unit_line = bool(unit) and plain.startswith(tuple(reading_words()["unit_lines"]))
    return plain, unit, is_unit_line, is_titled, find_year(plain) if is_titled or _is_year_line(plain) else None


def _bare_year(piece: Piece, row: int, plain: str) -> int | None:
    """Return a year that is printed as a number alone in its row."""
    found = re.fullmatch(reading_words()["bare_year"], plain)
    is_alone = found and len({text for text in piece.view.texts[row] if text.strip()}) == 1
    return int(found[1]) if found and is_alone else None


@lru_cache(maxsize=4_096)
def _is_year_line(plain: str) -> bool:
    return re.fullmatch(reading_words()["year_line"], in_digits(plain)) is not None


def _read_labels(piece: Piece, family: Family, reading: Reading) -> None:
    view = piece.view
    labels = frozenset(family.head)
    for row, column in view.filled:
        at = (row, column)
        if not piece.start <= row < piece.stop or at in piece.used:
            continue
        key = view.keys[row][column]
        name = family.head.get(key) if row not in piece.headers else None
        if name and (name not in reading.head or _is_second_half(reading, name, row)):
            value = next_cell(view, row, column, labels=labels)
            if value is not None and view.texts[value[0]][value[1]].strip():
                _keep(reading, name, _one(piece, "head", name, value))
                piece.used |= {at, value}
        elif name and _same_value(piece, row, column, labels, reading.head[name]):
            continue
        elif key in family.objectives and row + 1 < piece.stop:
            beside = next_cell(view, row, column, labels=frozenset(family.objectives))
            is_beside = (
                beside
                and view.texts[beside[0]][beside[1]].strip()
                and view.keys[beside[0]][beside[1]] not in family.objectives
            )
            value = beside if beside and is_beside else view.corner(row + 1, column)
            piece.used.add(at)
            if view.keys[value[0]][value[1]]:
                continue  # another label: nothing was filled in
            record = _one(piece, "objective", "objective", value)
            first = reading.head.setdefault(f"objective_{family.objectives[key]}", record)
            if first.texts == record.texts:
                piece.used.add(value)
        elif key in family.ignored:
            piece.used.add(at)
        else:
            _read_glued(piece, at, family, reading)


def _is_second_half(reading: Reading, name: str, row: int) -> bool:
    """Say whether a label of money stands a second time in its row: the whole term stands left, the year right."""
    return name.startswith(MONEY) and name in reading.head and reading.head[name].row == row + 1


def _keep(reading: Reading, name: str, record: Record) -> None:
    """Keep a value of the head; money that stands left of money of the same name is that of the whole term (中期)."""
    left = reading.head.get(name)
    if left is not None and name.startswith(MONEY):
        term = name.replace(MONEY, f"{MONEY}term_")
        texts, cells = {term: left.texts[name]}, {term: left.cells[name]}
        reading.head[term] = Record(left.block, left.sheet, left.row, texts, cells)
    reading.head[name] = record


def _same_value(piece: Piece, row: int, column: int, labels: frozenset[str], known: Record) -> bool:
    """Account for a label that is printed a second time with the same value."""
    value = next_cell(piece.view, row, column, labels=labels)
    text = piece.view.texts[value[0]][value[1]] if value else ""
    if value and normalise(text) == normalise(next(iter(known.texts.values()))):
        piece.used |= {(row, column), value}
        return True
    return False


def _read_glued(piece: Piece, at: Position, family: Family, reading: Reading) -> None:
    """Read the labels that stand in one cell with their values: 项目名称：示例项目."""
    text = piece.view.texts[at[0]][at[1]]
    pairs = _glued(text, family)
    for number, (name, value) in enumerate(pairs, 1):
        beside = _beside_last(piece, at, family) if not value and number == len(pairs) else None
        value = piece.view.texts[beside[0]][beside[1]].strip() if beside else value
        place = {name: piece.view.address(*(beside or at))}
        record = Record("head", piece.sheet, at[0] + 1, {name: value}, place)
        piece.used |= {beside} if beside else set()
        if name not in reading.head or _is_second_half(reading, name, at[0]):
            _keep(reading, name, record)
        if normalise(reading.head[name].texts[name]) == normalise(value):
            piece.used.add(at)


def _beside_last(piece: Piece, at: Position, family: Family) -> Position | None:
    """Return the next cell where the last label of a cell has no value in it (主管部门： | 示例局)."""
    view = piece.view
    beside = next_cell(view, *at, labels=frozenset(family.head))
    if beside is None or not view.texts[at[0]][at[1]].rstrip().endswith((":", "：")) or beside in piece.used:
        return None
    text = view.texts[beside[0]][beside[1]]
    return beside if text.strip() and not view.keys[beside[0]][beside[1]] and not re.search("[:：]", text) else None


@lru_cache(maxsize=16_384)
def split_label(text: str) -> tuple[str, str]:
    """Split a cell that holds a label and its value (项目名称：示例项目); both are empty when it does not.

    Example:
        >>> split_label("项目名称：示例项目"), split_label("项目名称 示例项目"), split_label("项 目 名 称")
        (('项目名称', '示例项目'), ('项目名称', '示例项目'), ('', ''))
    """
    if len(re.findall("[:：]", text)) > 1:  # two labels in one cell: a value ends where the next one begins
        for label, meaning, value in glued_labels(text):
            key = known_label(label)
            if key and meaning != "ignored":
                return key, value
    for pattern in (r"\s*([^:：]{1,20})[:：](.*)", r"\s*(\S{2,20})\s+(\S.*)"):
        found = re.fullmatch(pattern, text, re.S)
        key = known_label(found[1]) if found else ""
        if found and key:
            return key, found[2].strip()
    return "", ""


def _glued(text: str, family: Family) -> list[tuple[str, str]]:
    """Return what the labels of one cell or line name, with their values; several stand side by side as well."""
    pairs = [split_label(text)]
    if len(re.findall("[:：]", text)) > 1:
        several = [(known_label(label), value) for label, name, value in glued_labels(text) if name != "ignored"]
        pairs = [(key, value) for key, value in several if key] or pairs
    return [(family.head[key], value) for key, value in pairs if key in family.head]


def _read_lines(piece: Piece, family: Family, reading: Reading) -> None:
    """Read the lines of text above a table of a document."""
    grid = piece.view.grid
    if piece.start:
        return
    if not reading.money_unit:
        reading.money_unit = find_money_unit(normalise(grid.note))
    unit_lines = tuple(reading_words()["unit_lines"])
    for line in reversed(grid.above):
        plain = normalise(line.text)
        if len(plain) > LONGEST_TITLE:
            continue
        if plain.startswith(unit_lines):
            reading.money_unit = reading.money_unit or find_money_unit(plain)
        if reading.year is None and (find_title(line.text)[0] or _is_year_line(plain)):
            reading.year = find_year(plain)
        for name, value in _glued(line.text, family):
            if value and name not in reading.head:
                reading.head[name] = Record("head", grid.sheet, 0, {name: value}, {name: line.address})


def _one(piece: Piece, block: str, column: str, at: Position) -> Record:
    view = piece.view
    text = view.texts[at[0]][at[1]].strip()
    return Record(block, piece.sheet, at[0] + 1, {column: text}, {column: view.address(*at)})


def settle_head(reading: Reading, family: Family) -> None:
    """Take the year and the kind of evaluation from the head when the title does not tell."""
    if "year" in reading.head:
        found = re.search(r"\d{4}", reading.head["year"].texts["year"])
        reading.year = int(found[0]) if found else reading.year
    if not reading.evaluation and "evaluation" in reading.head:
        names = {name: code for code, name in value_labels()["evaluation"].items()}
        reading.evaluation = names.get(ticked(reading.head["evaluation"].texts["evaluation"]), "")
    reading.money_unit = reading.money_unit or family.money_unit
