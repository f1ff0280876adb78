"""The rounds after the findings (整改与复核往来): notices out, answers in, reviews, evidence, the meeting's summary."""

from __future__ import annotations

from jixiao.publish.rounds.issue_tables import (
    ledger_line,
    show_departments,
    show_history,
    show_issues,
    show_repeated,
    show_states,
)

__all__ = [
    "ledger_line",
    "show_departments",
    "show_history",
    "show_issues",
    "show_repeated",
    "show_states",
]
