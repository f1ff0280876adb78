"""Where the ledger stands, and on which day it is looked at (台账位置、当日); nothing heavy is imported here."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path

from jixiao.core.errors import RequestError
from jixiao.core.files import workbench

SETTING = "JIXIAO_LEDGER"
"""The environment variable that names another ledger than ``data/ledger.jsonl``."""
TODAY = "JIXIAO_TODAY"
"""The environment variable that names another day than today (2024-10-08), for demonstrations and tests."""


def ledger_path() -> Path:
    """Return where the ledger stands (台账位置)."""
    return Path(os.environ.get(SETTING) or workbench() / "data" / "ledger.jsonl")


def today() -> date:
    """Return the day on which something is done (当日).

    Raises:
        RequestError: The setting names no day.
    """
    return parse_day(os.environ[TODAY]) if os.environ.get(TODAY) else datetime.now().astimezone().date()


def parse_day(text: str) -> date:
    """Read a day as it is typed (日期).

    Raises:
        RequestError: It is none.

    Example:
        >>> parse_day("2024-09-30").isoformat()
        '2024-09-30'
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise RequestError(f"“{text}”不是日期，应写作 2024-09-30 的样子") from None


def ledger_stamp() -> tuple[int, ...]:
    """Return what changes when the ledger or the day does (台账与当日的变化): states follow the calendar, too.

    Example:
        >>> ledger_stamp() == ledger_stamp()
        True
    """
    try:
        state = ledger_path().stat()
    except OSError:
        return (0, 0, today().toordinal())
    return (state.st_size, state.st_mtime_ns, today().toordinal())
