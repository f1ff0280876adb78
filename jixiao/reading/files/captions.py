"""Name a table of a document by the lines above it (表名), and find the line that states its unit."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from jixiao.core.vocabulary import reading_words
from jixiao.reading.files.cells import Line
from jixiao.reading.values.values import normalise


def table_name(above: Sequence[Line], taken: Collection[str], number: int) -> str:
    """Return the name of a table: the last line above that names it, else 表n; no name is given twice.

    Args:
        above: The lines between the table before and this one.
        taken: The names already given in the file.
        number: The number of the table in the file, from 1.

    Example:
        >>> table_name([Line("评分表", "第1段"), Line("（2021年度）", "第2段")], [], 1)
        '评分表'
    """
    words = reading_words()
    title = str(words["table_number"]).format(number=number)
    for line in reversed(above):
        plain = normalise(line.text)
        if is_unit_line(plain) or re.fullmatch(words["year_line"], plain) or re.fullmatch(words["label_line"], plain):
            continue
        if len(plain) <= int(words["longest_name"]):
            title = line.text
        break
    return title if title not in taken else str(words["table_again"]).format(title=title, number=number)


def unit_note(above: Sequence[Line]) -> str:
    """Return the last line above a table that states its unit (单位：万元), empty when there is none."""
    return next((line.text for line in reversed(above) if is_unit_line(normalise(line.text))), "")


def is_unit_line(plain: str) -> bool:
    """Say whether a normalised line only states a unit."""
    return plain.lstrip("([").startswith(tuple(reading_words()["unit_lines"]))
