"""Double monitoring (双监控): execution against the time that is over, and what was attained, as lights."""

from __future__ import annotations

from calendar import isleap
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd

from jixiao.core.exact import SCALE, whole
from jixiao.publish.boards.board_rules import boards

LIGHTS = ["red", "yellow", "green", "unknown"]
_BEIJING = timezone(timedelta(hours=8))


def monitoring() -> dict[str, Any]:
    """Return the declared lines of the lights (亮灯界线), with their basis and its mark.

    Example:
        >>> monitoring()["mark"]
        'J'
    """
    return dict(boards()["monitoring"])


def elapsed_days(year: int, as_of: datetime) -> tuple[int, int]:
    """Return how many days of a year were over at a moment, and how many it has (年度已过天数), by Beijing time.

    The day itself counts as over; a year that has ended is over wholly, one to come not at all.

    Example:
        >>> summer = datetime(2024, 7, 1, tzinfo=timezone.utc)
        >>> elapsed_days(2024, summer), elapsed_days(2023, summer), elapsed_days(2025, summer)
        ((183, 366), (365, 365), (0, 365))
    """
    days = 365 + isleap(year)
    today = as_of.astimezone(_BEIJING).timetuple()  # without a date of that year: a calendar ends with 9999
    return (today.tm_yday if today.tm_year == year else days if today.tm_year > year else 0), days


def light(part: pd.Series, base: pd.Series, lines: dict[str, Any], *, over: pd.Series, days: pd.Series) -> pd.Series:
    """Return the light of each row: part ÷ base, divided by the share of the time that is over, against two lines.

    Args:
        part: Money spent, or points earned.
        base: Money of the year, or the weight of the points.
        lines: ``green`` and ``yellow``, as fractions; reached counts. Compared exactly.
        over: Days of the year that are over.
        days: Days of the year.

    Returns:
        green, yellow, red, or unknown where a figure is missing, the base is not above 0 or no day is over.

    Example:
        >>> ones = pd.Series([1, 1, 1])
        >>> spent, budget = pd.Series([90.0, 89.99, None]), pd.Series([100.0] * 3)
        >>> light(spent, budget, {"green": 0.9, "yellow": 0.7}, over=ones, days=ones).tolist()
        ['green', 'yellow', 'unknown']
    """
    known = (part.notna() & (base > 0) & (over > 0)).to_numpy(bool)
    above = whole(part).astype(object) * days.to_numpy(object) * SCALE
    below = whole(base).astype(object) * over.to_numpy(object)
    reached = {name: (above >= below * int(lines[name] * SCALE)).astype(bool) for name in ("green", "yellow")}
    codes = np.select([~known, reached["green"], reached["yellow"]], [3, 2, 1], 0)
    return pd.Series(pd.Categorical.from_codes(codes, LIGHTS), index=part.index)
