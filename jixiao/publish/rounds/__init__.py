"""The rounds after the findings (整改与复核往来): notices out, answers in, reviews, evidence, the meeting's summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jixiao.publish.rounds.issue_tables import (
    ledger_line,
    show_departments,
    show_history,
    show_issues,
    show_repeated,
    show_states,
)


def open_review(place: str | Path, **chosen: Any) -> Any:
    """Return the panel of a reviewer (复核面板) for a notebook to show; see :func:`review_panel.open_review`.

    Example:
        >>> type(open_review("sample", year=2024)).__name__
        'VBox'
    """
    from jixiao.publish.rounds import review_panel

    return review_panel.open_review(place, **chosen)


__all__ = [
    "ledger_line",
    "open_review",
    "show_departments",
    "show_history",
    "show_issues",
    "show_repeated",
    "show_states",
]
