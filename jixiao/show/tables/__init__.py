"""One function per display table (展示表): frame in, labelled table out.

Columns are translated and numbers are written here, at the last step. Every text from data is escaped.
"""

from __future__ import annotations

from jixiao.show.tables.analyses import show_analysis
from jixiao.show.tables.explorer import Explorer, explore, explorer_page
from jixiao.show.tables.lists import (
    Table,
    make_table,
    show_bases,
    show_comparison,
    show_departments,
    show_evaluations,
    show_execution,
    show_facts,
    show_findings,
    show_funds,
    show_guesses,
    show_indicators,
    show_lost_points,
    show_methods,
    show_passed,
    show_scores_side_by_side,
    show_sources,
    show_suppressed,
    show_suppressions,
    with_names,
)
from jixiao.show.tables.official import OfficialTable, official, official_departments, official_scores

__all__ = [
    "Explorer",
    "OfficialTable",
    "Table",
    "explore",
    "explorer_page",
    "make_table",
    "official",
    "official_departments",
    "official_scores",
    "show_analysis",
    "show_bases",
    "show_comparison",
    "show_departments",
    "show_evaluations",
    "show_execution",
    "show_facts",
    "show_findings",
    "show_funds",
    "show_guesses",
    "show_indicators",
    "show_lost_points",
    "show_methods",
    "show_passed",
    "show_scores_side_by_side",
    "show_sources",
    "show_suppressed",
    "show_suppressions",
    "with_names",
]
