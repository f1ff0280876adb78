"""What the lines of text around a table state (表外文字): money above it, the total and what was reached below it.

A line gives only what the tables leave open, and each value is told with its line.
"""

from __future__ import annotations

from collections.abc import Iterable

from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import Line
from jixiao.reading.forms.assignment import MONEY
from jixiao.reading.forms.meanings import meaning_of, parse_header, pattern
from jixiao.reading.forms.records import Reading, Record
from jixiao.reading.values.values import normalise

_SURE = 0.9
_LONGEST = 120
"""A longer line is prose, whose amounts may be of anything."""


def read_stated(reading: Reading, sheet: str, above: Iterable[Line], below: Iterable[Line]) -> None:
    """Read the money of the lines above a table and the total of those below it, where no table gives them.

    Args:
        reading: Gets the values, and the lines they come from as guesses.
        sheet: The table.
        above: The lines above it.
        below: The lines below the last table.
    """
    above, below = tuple(above), tuple(below)
    if not above and not below:
        return
    for line in above:
        if len(line.text) <= _LONGEST:
            _read_money(reading, sheet, line)
    has_total = "total_claimed" in reading.head or any(
        record.block == "total" and record.texts.get("reported_score") for record in reading.records
    )
    stated = [(line, found[1]) for line in below for found in pattern("stated_total").finditer(normalise(line.text))]
    if not has_total and len({value for _, value in stated}) == 1:
        line, value = stated[0]
        cells = {"total_claimed": line.address}
        reading.head["total_claimed"] = Record("head", sheet, 0, {"total_claimed": value}, cells)
        _tell(reading, sheet, line, "total_in_line")


def _read_money(reading: Reading, sheet: str, line: Line) -> None:
    total = next((one for one in reading.records if one.block == "funds" and one.texts["fund"] == "total"), None)
    pairs = [
        (found[1], found[2])
        for name in ("money_in_cell", "rate_in_line")
        for found in pattern(name).finditer(line.text)
    ]
    given: dict[str, tuple[str, str]] = {}
    for label, value in pairs:
        source, role = meaning_of(label, "sources"), meaning_of(label, "funds")
        is_rate = normalise(value).endswith("%")
        name = role.name if role is not None and role.sure >= _SURE else ""
        if source is not None and source.name == "total" and not name:
            name = "annual_budget"
        is_fitting = name == "execution_rate" if is_rate else name in MONEY
        if (
            not is_fitting
            or parse_header(label).among
            or name in given
            or (total is not None and total.texts.get(name))
        ):
            continue
        given[name] = (value.strip(), parse_header(label).unit)
    if not given.keys() & set(MONEY) and total is None:
        return
    if total is None:
        total = Record("funds", sheet, 0, {"fund": "total"}, {"fund": line.address})
        reading.records.append(total)
    for name, (value, unit) in given.items():
        total.texts[name], total.cells[name] = value, line.address
        total.units |= {name: unit} if unit else {}
    if given:
        _tell(reading, sheet, line, "money_in_line")


def _tell(reading: Reading, sheet: str, line: Line, reason: str) -> None:
    said = reading_words()["reasons"][reason]
    reading.guesses.append({"sheet": sheet, "cell": line.address, "text": line.text, "reason": said})
