"""Walk the rows of a form (逐行读取): a header starts a block, its rows become records, its total ends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import Position
from jixiao.reading.forms.glued import money_pairs
from jixiao.reading.forms.headers import LEAST_HEADER, SECOND, Header, View, header_labels
from jixiao.reading.forms.meanings import meaning_of, parse_header, pattern
from jixiao.reading.forms.pieces import VALUES, Piece, is_nameless, is_note, next_cell, share_cells, summing_column
from jixiao.reading.forms.records import Record, find_money_unit, find_points, label_key
from jixiao.reading.values.values import load_grammar, normalise, parse_value

_TICK = re.compile(r"[☑✓√■]")
_BOXES = "☑✓√■□"
_UNIT_SIGNS = "%‰°"


@dataclass
class _State:
    """What the rows above have opened: the header that is in force, and whether its total was seen."""

    header: Header | None = None
    is_closed: bool = False
    is_broken: bool = False
    has_rows: bool = False
    table: str = ""
    width: int = 0


def walk(pieces: list[Piece], head: frozenset[str]) -> Iterator[Record]:
    """Yield the records of one form, in the order of its rows; a row with a label of the head (项目名称) is none."""
    state = _State()
    for piece in pieces:
        grid = piece.view.grid
        goes_on = grid.is_continued and state.header is not None and piece.view.width == state.width
        if not goes_on:
            state = _State(table=piece.sheet, width=piece.view.width)
        for row in range(piece.start, piece.stop):
            if row in piece.headers:
                header = piece.headers[row]
                # A header that only comes back on the next page leaves the table open.
                is_again = state.header is not None and state.header.block is header.block and not state.is_closed
                if not (is_again and goes_on):
                    state.table = piece.sheet
                state.header, state.is_closed, state.is_broken, state.has_rows = header, False, False, False
                piece.used.update(header.labels)
                piece.used.update(_labels_beside(piece.view, row, header))
                for column, key in header_labels(piece.view, row).items():
                    if key in header.block.columns and column not in header.columns:
                        piece.guess(row, column, "another_column")
                continue
            if state.is_broken:
                piece.broken.add(row)
            if state.header is None:
                continue
            if piece.view.labelled[row]:
                closing, keys = state.header.block.closing, piece.view.keys[row]
                if _is_other_header(piece, row, state) or any(key in head and key not in closing for key in keys):
                    continue
            record = _read_row(piece, row, state)
            if record is None:
                continue
            record.table = state.table
            yield record
            # Below the total of a table only its grade belongs to it; a list goes on after each 小计. A total that is
            # printed before the rows closes nothing.
            state.has_rows |= record.block == state.header.block.name
            state.is_closed |= record.block == "total" and state.header.block.name != "list" and state.has_rows
            if record.block == "grade":
                state.header = None


def _is_other_header(piece: Piece, row: int, state: _State) -> bool:
    """Account for a row of header labels that starts no block: the same header again, or one that lacks a column.

    What stands below a header that cannot be read is not read by the header above it.
    """
    view, header = piece.view, state.header
    if header is None or len(set(view.keys[row])) < LEAST_HEADER:
        return False
    named = header_labels(view, row)
    if len(named) < LEAST_HEADER:
        return False
    if _is_same_header(view, row, header):
        piece.used.update(view.corner(row, column) for column in named)
    else:
        state.header, state.is_broken = None, True
        piece.broken.add(row)
    return True


def _is_same_header(view: View, row: int, header: Header) -> bool:
    """Say whether every label of a row stands where the header above has it, and nothing else stands there."""
    columns = header.block.columns
    agreeing = 0
    for column in range(view.width):
        corner, name = view.corner(row, column), header.columns.get(column, "").removeprefix(SECOND)
        if corner[0] != row or not view.texts[row][column].strip() or (corner[1] != column and not name):
            continue
        key = view.keys[row][column]
        if name not in columns.get(key, ()) if name else key in columns:
            return False
        agreeing += bool(name)
    return agreeing > 1


def _labels_beside(view: View, row: int, header: Header) -> Iterator[Position]:
    """Yield the cells left of a header of funds: they name the block and its money unit."""
    if header.block.label:
        for column in range(min(header.columns)):
            text = view.texts[row][column]
            if view.keys[row][column] or find_money_unit(normalise(text)):
                yield view.corner(row, column)


def _read_row(piece: Piece, row: int, state: _State) -> Record | None:
    view, header = piece.view, state.header
    assert header is not None
    texts = view.texts[row]
    if not any(texts):
        return None
    block = header.block
    if block.label:
        return _fund_row(piece, row, header)
    if block.closing and view.labelled[row]:
        for column, key in enumerate(view.keys[row]):
            if key in block.closing and view.corner(row, column) == (row, column):
                return _closing_row(piece, row, header, block.closing[key], column)
    if state.is_closed:
        return None
    summing = summing_column(view, row, header) if block.closing else None
    if summing is not None:
        return _closing_row(piece, row, header, "subtotal", summing)
    corner_of = view.corner_of
    own = [
        column
        for column in header.columns
        if texts[column] and corner_of.get((row, column), (row, 0))[0] == row and not texts[column].isspace()
    ]
    if not own or is_nameless(piece, row, header, own) or is_note(piece, row, header, own):
        return None
    return _indicator_row(piece, row, header)


def _indicator_row(piece: Piece, row: int, header: Header) -> Record:
    record = _record(piece, row, header.block.name, header.columns, header)
    unit = record.texts.get("measure_unit", "")
    sign = normalise(unit)[:1]
    if sign and not sign.isalpha() and sign not in _UNIT_SIGNS:
        # A number in the column of units would be put behind the target, and make another number of it.
        record.texts["measure_unit"] = ""
        piece.guess(row, next(at for at, name in header.columns.items() if name == "measure_unit"), "odd_unit")
    if "target_relation" in record.texts or "measure_unit" in record.texts:
        compose_target(record)
    if not record.texts.get("weight") and "indicator" in record.texts:
        points = find_points(record.texts["indicator"])
        if points:
            record.texts["weight"], record.cells["weight"] = points, record.cells["indicator"]
    return record


def _fund_row(piece: Piece, row: int, header: Header) -> Record | None:
    """Read one row of funds; a source that is not declared keeps the name it is given."""
    view, block = piece.view, header.block
    column = min(header.columns) - 1
    if column < 0:
        return None
    label = view.corner(row, column)
    text = view.texts[row][column].strip()
    known = block.rows.get(view.keys[row][column]) or ("total" if text and _is_total_of_money(text) else None)
    if known is None and (money_pairs(text) or pattern("grouping").fullmatch(normalise(text))):
        return None
    if known is None:
        own = label[0] == row
        is_money = any(
            name in {"annual_budget", "executed"}
            and view.corner(row, place)[0] == row
            and _is_amount(view.texts[row][place])
            for place, name in header.columns.items()
        )
        if not is_money or (own and not text):
            return None
        # Without a label of its own the only row of money is the total.
        known = label_key(text) or text if own else "total"
    record = _record(piece, row, block.name, header.columns, header)
    record.texts |= {name: "" for name, cell in record.cells.items() if cell == view.address(row, column)}
    record.texts[block.label] = known
    record.cells[block.label] = view.address(row, column)
    piece.used.add(label)
    if known == "total" and "weight" not in record.texts:
        _carry_points(piece, row, header, record)
    return record


@lru_cache(maxsize=4_096)
def _is_total_of_money(text: str) -> bool:
    """Say whether a source names all the money of a form (总额), where it is none of the parts of another (其中)."""
    found = meaning_of(text, "sources")
    return found is not None and found.name == "total" and found.sure >= 1 and not parse_header(text).among


def _is_amount(text: str) -> bool:
    """Say whether a cell holds an amount and no words beside it, such as an objective (任务≤5) does."""
    value = parse_value(text)
    return value.kind in {"number", "money"} and not value.label


def _carry_points(piece: Piece, row: int, header: Header, record: Record) -> None:
    """Take the points of the execution rate from a label that carries them: 得分（20分×执行率）."""
    if "reported_score" in header.points:
        record.texts["weight"], record.cells["weight"] = header.points["reported_score"]
        return
    for column in range(min(header.columns)):
        points = find_points(piece.view.texts[row][column])
        if points and "reported_score" in record.texts:
            record.texts["weight"], record.cells["weight"] = points, piece.view.address(row, column)


def _closing_row(piece: Piece, row: int, header: Header, kind: str, column: int) -> Record:
    """Read the row of the total or of the grade."""
    view = piece.view
    label = view.corner(row, column)
    piece.used.add(label)
    if kind == "grade":
        at = next_cell(view, row, column)
        text = view.texts[at[0]][at[1]].strip() if at else ""
        piece.used.add(at or label)
        cell = view.address(*(at or label))
        return Record(kind, piece.sheet, row + 1, {"grade": ticked(text)}, {"grade": cell})
    columns = {place: name for place, name in header.columns.items() if view.corner(row, place)[1] != label[1]}
    record = _record(piece, row, kind, columns, header)
    record.texts = {"list_label": view.texts[row][column].strip(), **record.texts}
    record.cells = {"list_label": view.address(row, column), **record.cells}
    if kind == "total" and not record.texts.get("reported_score"):
        _take_total_beside(piece, row, column, header, record)
    return record


def _take_total_beside(piece: Piece, row: int, column: int, header: Header, record: Record) -> None:
    """Take the total that stands beside its label, left of the points (自评总分 | 97.5)."""
    at = next_cell(piece.view, row, column)
    points = [place for place, name in header.columns.items() if name in {"weight", "reported_score"}]
    if at is None or not points or at[1] >= min(points) or not _is_amount(piece.view.texts[at[0]][at[1]]):
        return
    record.texts["reported_score"] = piece.view.texts[at[0]][at[1]].strip()
    record.cells["reported_score"] = piece.view.address(*at)
    piece.used.add(at)
    piece.guess(*at, "total_beside")


def _record(piece: Piece, row: int, block: str, columns: dict[int, str], header: Header) -> Record:
    view = piece.view
    corner_of, values, address = view.corner_of, view.texts[row], view.grid.address
    corners = {name: corner_of.get((row, column), (row, column)) for column, name in columns.items()}
    texts = {name: values[column].strip() for column, name in columns.items()}
    cells = {name: address(*corner) for name, corner in corners.items()}
    if corner_of:
        moved = [name for column, name in columns.items() if corners[name] != (row, column)]
        for name in moved:
            if corners[name] in header.labels:
                texts[name] = ""  # a label that is merged down over the rows below it is no value of theirs
        if not VALUES.isdisjoint(moved):
            share_cells(piece, row, texts, corners)
    piece.used.update(corners.values())
    return Record(block, piece.sheet, row + 1, texts, cells, units=header.units)


def split_halves(record: Record) -> list[Record]:
    """Split a row that prints two halves side by side (中期目标、年度目标) into a record for each half."""
    second = {name.removeprefix(SECOND) for name in record.texts if name.startswith(SECOND)}
    if not second:
        return [record]
    halves = []
    for prefix, term in zip(("", SECOND), reading_words()["terms"], strict=True):
        names = [name for name in record.texts if not name.startswith(SECOND)]
        chosen = {name: f"{prefix}{name}" if prefix and name in second else name for name in names}
        halves.append(
            Record(
                record.block,
                record.sheet,
                record.row,
                {"term": term, **{name: record.texts[source] for name, source in chosen.items()}},
                {name: record.cells[source] for name, source in chosen.items()},
                record.table,
                record.units,
            )
        )
    return halves


@cache
def signs() -> dict[str, str]:
    """Return the words and signs that state a relation (符号), each with its sign."""
    return dict(load_grammar().prefixes)


def compose_target(record: Record) -> None:
    """Put a target together that is printed in two or three columns: sign, value and measure unit.

    A word in the column of signs that is none (定量, 正向) stays where it is.
    """
    texts = record.texts
    sign = texts.get("target_relation", "")
    unit = texts.get("measure_unit", "")
    value = texts.get("target", "")
    if not value:
        return
    if normalise(sign) in signs() and not normalise(value).startswith(tuple(signs())):
        value = f"{sign}{value}"
    if unit and value[-1:].isdigit():
        value = f"{value}{unit}"
    texts["target"] = value


def ticked(text: str) -> str:
    """Return the ticked one of several boxes, whether the tick stands before or after its word.

    Example:
        >>> ticked("优☑ 良□ 中□ 差□"), ticked("☑优 □良"), ticked("良")
        ('优', '优', '良')
    """
    plain = normalise(text)
    if not _TICK.search(plain):
        return plain if "□" not in plain else ""
    words = re.findall(rf"[^{_BOXES}]+", plain)
    boxes = re.findall(rf"[{_BOXES}]", plain)
    marked = [word for word, box in zip(words, boxes, strict=False) if _TICK.match(box)]
    return marked[0] if len(marked) == 1 else ""


def is_template(name: str) -> bool:
    """Say whether an indicator name is a line of the printed form that was left unused (指标1：, ……)."""
    return re.fullmatch(reading_words()["template_indicator"], normalise(name)) is not None
