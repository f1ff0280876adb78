"""Records (记录): one row of a form, all text, with the address of every cell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jixiao.values import normalise
from jixiao.vocabulary import reading_words


@dataclass(frozen=True)
class Record:
    """One row of a block of a form, all text, with the address of every cell."""

    block: str
    sheet: str
    row: int
    texts: dict[str, str]
    cells: dict[str, str]


@dataclass
class Reading:
    """What one file holds: the form, its head, its records and every cell that went into no record."""

    file: str
    form: str
    evaluation: str = ""
    year: int | None = None
    money_unit: str = ""
    head: dict[str, Record] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)


def label_key(text: str) -> str:
    """Return a label as it is compared: half-width, no spaces, no colon, no leading 其中."""
    return re.sub(reading_words()["among"], "", normalise(text)).strip(":;,。")


def find_year(text: str) -> int | None:
    """Return the year that a text names (年度), if it names one."""
    found = re.search(reading_words()["year"], text)
    return int(found[1]) if found else None


def find_money_unit(text: str) -> str:
    """Return the money unit that a text states (金额单位), empty when it states none."""
    found = re.search(reading_words()["money_unit"], text)
    return (found[1] or found[2]) if found else ""
