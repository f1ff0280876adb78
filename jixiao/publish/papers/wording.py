"""The words of the written reports (报告用语) and how a value is written in them."""

from __future__ import annotations

import re
from typing import Any

from jixiao.core.declared import load_shipped
from jixiao.core.writing import value_text

MERGED = "\ufdd0"
"""Says that a cell of a table continues the one above it; no text of a file holds this sign."""

TABLE, NEXT_CELL, NEXT_ROW = "\ufdd1", "\ufdd2", "\ufdd3"
"""Begin a table of a unit's own text, and divide its cells and rows; no text of a file holds these signs."""

_LINES = re.compile(r"\r\n?|\v|\f|\u2028|\u2029")
_UNWRITABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_ENDING_ZEROS = re.compile(r"(?:\.0+|(?<=\.\d)0+)%$")
"""The zeros behind a rate: an official writes 100% and 93.5%."""
_SIGNS = str.maketrans({"≧": "≥", "≦": "≤"})


def paper_words() -> dict[str, Any]:
    """Return the declared words of reports and workbooks.

    Example:
        >>> paper_words()["dash"]
        '—'
    """
    return dict(load_shipped("layouts/papers.yaml"))


def clean(text: Any) -> str:
    """Return a text that a document can hold: without control signs, its line breaks as one sign; missing is empty.

    Example:
        >>> clean(" a\\r\\nb\\x00 "), clean(None)
        ('a\\nb', '')
    """
    if not isinstance(text, str):
        return ""
    return _UNWRITABLE.sub("", _LINES.sub("\n", text)).strip()


def shown_target(text: Any) -> str:
    """Return a target with its relation as it is printed (指标值).

    Example:
        >>> shown_target(">=95%"), shown_target("每天")
        ('≥95%', '每天')
    """
    return clean(text).replace(">=", "≥").replace("<=", "≤").translate(_SIGNS)


def written(column: str, value: Any) -> str:
    """Return a number, rate or code as a reader sees it; missing is an empty text, never a nan.

    Example:
        >>> written("score", 7.0), written("execution_rate", None), written("execution_rate", 0.9)
        ('7', '', '90%')
    """
    text = value_text(column, value)
    return "" if text == paper_words()["dash"] else _ENDING_ZEROS.sub("%", text)
