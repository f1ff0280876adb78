"""Workbooks that go out and come back (往来工作簿): a table with some columns to fill in, and how it is read again.

What was written is found again by its headers, wherever rows were moved; a merged cell, a formula or a hidden row is
told, and never keeps the other rows from being read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jixiao.core.errors import RequestError
from jixiao.core.files import write_safely
from jixiao.core.harmless import harmless
from jixiao.core.vocabulary import label
from jixiao.reading.files import column_letters
from jixiao.reading.values.values import normalise
from jixiao.reading.workers import Table, read_tables
from jixiao.show.workbook import Styles

_LONGEST = 32_767
_HEAD = 3
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True)
class Book:
    """One workbook that goes out (发出的工作簿): what stands above its table, and its columns.

    ``widths`` gives each column and its width in order, ``answered`` those to fill in, ``choices`` what is offered.
    """

    sheet: str
    title: str
    head: str
    note: str
    widths: Mapping[str, int]
    answered: Sequence[str] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    required: Sequence[str] = ()
    numbers: Sequence[str] = ()


@dataclass(frozen=True)
class Row:
    """One row that came back (读回的一行): its texts by column, and what is odd about some of them.

    ``shared`` names the columns whose cell is merged with one of a row above, ``formulas`` those that hold a formula:
    ``formula`` when its value is shown, ``uncalculated`` when it has none.
    """

    place: str
    texts: Mapping[str, str]
    cells: Mapping[str, str]
    shared: frozenset[str] = frozenset()
    formulas: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Returned:
    """What one file holds (读回的工作簿): its rows, the text above them, what was not read in it."""

    file: str
    rows: tuple[Row, ...]
    above: str
    remarks: tuple[tuple[str, str], ...]
    """Sheet!cell and why it was not read: hidden rows, pictures."""


def write_book(path: Path, book: Book, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a workbook to fill in (写出工作簿); an existing file stays until the new one is whole.

    Raises:
        RequestError: A text is longer than a cell can hold.
    """
    write_safely(path, lambda target: _write(target, book, rows))


def _write(path: Path, book: Book, rows: Sequence[Mapping[str, Any]]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), _OPTIONS) as made:
        looks = Styles(made)
        cell = ("face", "wrapped", "framed", "thin")
        text, answer = looks.of(*cell), looks.of(*cell, "answered")
        head, asked = (looks.of(*cell, "bold", piece, "middle", "centred") for piece in ("shaded", "answered"))
        number, number_asked = looks.of(*cell, "points"), looks.of(*cell, "answered", "points")
        sheet = made.add_worksheet(book.sheet)
        for line, (said, look) in enumerate(((book.title, "heading"), (book.head, "remark"), (book.note, "remark"))):
            _put(sheet, line, 0, said, looks.of(look))
        for column, (name, width) in enumerate(book.widths.items()):
            sheet.set_column(column, column, width)  # none is hidden: what no one sees is not read back
            _put(sheet, _HEAD, column, label(name), asked if name in book.answered else head)
        for line, row in enumerate(rows, _HEAD + 1):
            sheet.set_row(line, _height(row, book.widths))
            for column, name in enumerate(book.widths):
                is_asked, value = name in book.answered, row.get(name, "")
                if name in book.numbers and isinstance(value, int | float) and value == value:
                    sheet.write_number(line, column, value, number_asked if is_asked else number)
                else:
                    _put(
                        sheet,
                        line,
                        column,
                        "" if value is None or value != value else str(value),
                        answer if is_asked else text,
                    )
        last = _HEAD + max(len(rows), 1)
        for name, choices in book.choices.items():
            column = list(book.widths).index(name)
            rule = {"validate": "list", "source": list(choices), "error_type": "warning"}
            sheet.data_validation(_HEAD + 1, column, last, column, rule)
        sheet.freeze_panes(_HEAD + 1, min(2, len(book.widths) - 1))
        sheet.set_landscape()
        sheet.set_paper(8 if sum(book.widths.values()) > 150 else 9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEAD)


def _put(sheet: Any, row: int, column: int, text: str, style: Any) -> None:
    """Write one text as a text, whatever it starts with."""
    text = harmless(text)
    if len(text) > _LONGEST or sheet.write_string(row, column, text, style):
        raise RequestError(f"有一段文字超过 {_LONGEST} 字，单元格放不下，请先缩短再写出")


def _height(row: Mapping[str, Any], widths: Mapping[str, int]) -> float:
    """Return how high a row must be for its longest text (行高); a Chinese sign is two wide."""
    lines = [
        sum(
            max(1, -(-sum(1 + (ord(sign) > 255) for sign in part) // max(width - 2, 1)))
            for part in str(row.get(name, "") or "").split("\n")
        )
        for name, width in widths.items()
    ]
    return float(min(14.5 * max(1, *lines) + 6, 400))


def read_book(path: Path, columns: Sequence[str], needed: Sequence[str]) -> Returned:
    """Read what came back in a workbook (读回工作簿).

    Args:
        path: The file.
        columns: The columns that are looked for, by their labels.
        needed: Those without which a row of headers is none.

    Returns:
        Its rows, those of every sheet; none when no sheet has the headers.

    Raises:
        JixiaoError: The file cannot be read at all.
    """
    rows: list[Row] = []
    above: list[str] = []
    remarks: list[tuple[str, str]] = []
    for table in read_tables(path, path.name):
        above += table.above  # a notice that was saved as a document has its head there
        rows += _rows_of(table, columns, needed, above)
        remarks += [(f"{table.sheet}!{address}".rstrip("!"), reason) for address, _, reason in table.remarks]
    return Returned(path.name, tuple(rows), "\n".join(above), tuple(remarks))


def _rows_of(table: Table, columns: Sequence[str], needed: Sequence[str], above: list[str]) -> list[Row]:
    wanted = {_key(label(name)): name for name in columns}
    corners = {
        (row, column): (top, left)
        for top, left, bottom, right in table.merges
        for row in range(top, min(bottom, len(table.texts) - 1) + 1)
        for column in range(left, right + 1)
    }
    formulas = {
        address: "formula" if text and reason == _formula_reason("formula") else "uncalculated"
        for address, text, reason in table.remarks
        if reason in {_formula_reason("formula"), _formula_reason("uncalculated")}
    }
    found: list[Row] = []
    places: dict[str, int] = {}
    for number, texts in enumerate(table.texts):
        named = {wanted[_key(text)]: column for column, text in enumerate(texts) if _key(text) in wanted}
        if set(needed) <= set(named):
            places = named
            continue
        if not places:
            above.append(" ".join(text for text in texts if text.strip()))
            continue
        row = _row(table, number, places, corners, formulas)
        if any(row.texts.values()) or row.formulas:
            found.append(row)
    return found


def _row(
    table: Table,
    number: int,
    places: Mapping[str, int],
    corners: Mapping[tuple[int, int], tuple[int, int]],
    formulas: Mapping[str, str],
) -> Row:
    texts, cells, shared, odd = {}, {}, set(), {}
    for name, column in places.items():
        top, left = corners.get((number, column), (number, column))
        line = table.texts[top]
        texts[name] = line[left].strip() if left < len(line) else ""
        cells[name] = f"{table.sheet}!{column_letters(column)}{number + 1}"
        if top != number:
            shared.add(name)
        address = f"{column_letters(left)}{top + 1}"
        if address in formulas:
            odd[name] = formulas[address]
    place = cells.get("issue_id") or next(iter(cells.values()))
    return Row(place, texts, cells, frozenset(shared), odd)


def _key(text: str) -> str:
    """Return a header as it is compared: without spaces, marks and what stands in brackets behind it."""
    plain = normalise(text).replace(" ", "")
    return plain.partition("(")[0].rstrip("*：:")


def _formula_reason(kind: str) -> str:
    from jixiao.reading.files.cells import remark

    return remark(kind, "", "").reason
