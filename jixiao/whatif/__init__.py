"""What-if (情景): change weights, targets, actuals, rules or grade bands, and see which totals change and why."""

from __future__ import annotations

from typing import Any

from jixiao.whatif.application import Outcome, apply, evaluate_scenario
from jixiao.whatif.comparison import Comparison, compare, compare_rows, compare_totals
from jixiao.whatif.declaration import (
    Change,
    Scenario,
    find_scenario,
    load_scenario,
    make_scenario,
    profiles,
    write_scenario,
)
from jixiao.whatif.export import (
    comparison_page,
    describe_scenario,
    show_rows,
    show_totals,
    summary_line,
    write_comparison,
)

__all__ = [
    "Change",
    "Comparison",
    "Outcome",
    "Scenario",
    "apply",
    "compare",
    "compare_rows",
    "compare_totals",
    "comparison_page",
    "describe_scenario",
    "evaluate_scenario",
    "find_scenario",
    "load_scenario",
    "make_scenario",
    "open_panel",
    "profiles",
    "show_rows",
    "show_totals",
    "summary_line",
    "write_comparison",
    "write_scenario",
]


def open_panel(results: Any, *, year: int = 0, department: str = "") -> Any:
    """Return the panel that changes things live (情景模拟面板) for a notebook to show; only this imports widgets.

    Args:
        results: From :func:`jixiao.evaluate`.
        year: Only the evaluations of this year; all when 0.
        department: Only those of this department; all when empty.

    Example:
        >>> import jixiao
        >>> type(open_panel(jixiao.evaluate("data/sample"))).__name__
        'VBox'
    """
    from jixiao.publish.server import on_visit
    from jixiao.whatif.panel import ScenarioPanel

    panel = ScenarioPanel(results, year=year, department=department)
    on_visit(panel.choose)
    return panel.widget
