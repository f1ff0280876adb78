"""What one file may cost before it is refused (读取上限): shipped with safe values, changed by ``JIXIAO_LIMITS``."""

from __future__ import annotations

import os
from datetime import date
from functools import cache
from pathlib import Path

from jixiao.core.declared import RULES, load_shipped
from jixiao.core.files import LIMITS
from jixiao.core.models import Count, Model, Positive, load_model


class Limits(Model):
    """The limits of a file, a template of a user, a query and a text; ``rules/limits.yaml`` says what each means."""

    file_bytes: Count
    entries: Count
    unpacked_bytes: Count
    expansion_ratio: Count
    ratio_from_bytes: Count
    tree_bytes: Count
    cells: Count
    digits: Count
    first_year: Count
    years_ahead: Count
    pages: Count
    nesting: Count
    seconds: Positive
    office_seconds: Positive
    memory_mb: Count
    office_memory_mb: Count
    workers: Count
    template_seconds: Positive
    template_memory_mb: Count
    kept_bytes: Count
    kept_total_bytes: Count
    query_seconds: Positive
    query_memory_mb: Count
    query_cells: Count
    text_numbers: Count


def load_limits() -> Limits:
    """Return the limits in force (读取上限): the shipped ones, those of the user's own file in front.

    Raises:
        DeclarationError: The file of the user has an unknown key or a value that is no positive number.

    Example:
        >>> load_limits().pages
        300
    """
    return _load(os.environ.get(LIMITS, ""))


def usual_years() -> range:
    """Return the years that a form can be about (可能的评价年度): none long past, none long to come.

    Example:
        >>> 2024 in usual_years(), 9999 in usual_years(), 1024 in usual_years()
        (True, False, False)
    """
    limits = load_limits()
    return range(limits.first_year, date.today().year + limits.years_ahead + 1)


@cache
def _load(changed: str) -> Limits:
    path = Path(changed) if changed else RULES / "limits.yaml"
    return load_model(path, Limits, under=load_shipped("limits.yaml"))
