"""Records (记录): one row of a form, all text, with the address of every cell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache

from jixiao.core.vocabulary import reading_words
from jixiao.reading.values.values import normalise


@dataclass(slots=True)
class Record:
    """One row of a block of a form, all text, with the address of every cell.

    ``table`` names the table the row belongs to; a table that is broken over a page keeps the name of its first part.
    ``units`` holds the money unit of a column whose header states its own.
    """

    block: str
    sheet: str
    row: int
    texts: dict[str, str]
    cells: dict[str, str]
    table: str = ""
    units: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.table = self.table or self.sheet


@dataclass
class Reading:
    """What was read of one form (一份表): its head, its records and every cell that went into no record.

    ``sureness`` is the share of the header cells that are known, less a fifth when the form prints no title.
    """

    file: str
    form: str
    evaluation: str = ""
    year: int | None = None
    money_unit: str = ""
    family: str = ""
    sureness: float = 1.0
    head: dict[str, Record] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    guesses: list[dict[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """The blocks of which a column was not understood: nothing may be concluded from what they lack."""
    refused: list[dict[str, str]] = field(default_factory=list)
    """The parts of the error of each file that was refused inside the same archive (压缩包中不能读取的文件)."""

    def content(self) -> list[object]:
        """Return everything the form says, without where it says it: equal content is the same form sent twice."""
        head = [(name, record.texts) for name, record in sorted(self.head.items())]
        return [self.form, self.year, head, [(record.block, record.texts) for record in self.records]]


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(reading_words()[name])


@lru_cache(maxsize=65_536)
def label_key(text: str) -> str:
    """Return a label as it is compared: half-width, without spaces, colon, number or the unit and points in brackets.

    Example:
        >>> label_key("全年 预算数（万元）"), label_key("其中：财政拨款"), label_key("得分（20分×执行率）")
        ('全年预算数', '财政拨款', '得分')
    """
    plain = _pattern("among").sub("", normalise(text)).strip(":;,。")
    plain = _pattern("label_number").sub("", plain)
    shorter = _pattern("label_tail").sub("", plain)
    while shorter and shorter != plain:
        plain, shorter = shorter, _pattern("label_tail").sub("", shorter)
    return _pattern("among").sub("", plain.strip(":;,。"))


def find_year(text: str) -> int | None:
    """Return the year that a text names (年度), if it names one."""
    plain = in_digits(text)
    found = next((found for pattern in reading_words()["year"] if (found := re.search(pattern, plain))), None)
    return int(found[1]) if found else None


def in_digits(text: str) -> str:
    """Return a text whose year is written in digits (二〇二三年 -> 2023年).

    Example:
        >>> in_digits("二〇二三年度"), in_digits("三年行动")
        ('2023年度', '三年行动')
    """
    digits = reading_words()["year_digits"]
    return _pattern("written_year").sub(lambda found: "".join(digits[sign] for sign in found[0]), text)


def find_money_unit(text: str) -> str:
    """Return the money unit that a text states (金额单位), empty when it states none."""
    found = _pattern("money_unit").search(text)
    return (found[1] or found[2]) if found else ""


def find_points(text: str) -> str:
    """Return the points that a label carries in brackets (分值), empty when it carries none.

    Example:
        >>> find_points("得分（20分×执行率）"), find_points("得分")
        ('20', '')
    """
    found = _pattern("label_points").search(normalise(text))
    return found[1] if found else ""
