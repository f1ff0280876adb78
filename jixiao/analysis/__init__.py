"""The analyst's questions (分析), one function each: frames in, one tidy frame out; each has a figure and a table.

Example:
    >>> from jixiao import analysis, evaluate
    >>> analysis.execution_rates(evaluate("data/sample"), by="year")["known_count"].tolist()
    [4, 4]
"""

from __future__ import annotations

from jixiao.analysis.benchmarks import benchmark_peers
from jixiao.analysis.briefing import brief_statements
from jixiao.analysis.choices import origin
from jixiao.analysis.coverage import coverage_rates, coverage_rows, follow_successors, one_region, printed_means
from jixiao.analysis.discretion import discretion_shares, evaluator_differences, leniency
from jixiao.analysis.execution import (
    budget_waterfall,
    execution_bands,
    execution_rates,
    month_progress,
    project_money,
)
from jixiao.analysis.factors import contribution_totals, score_changes, score_contributions
from jixiao.analysis.final_accounts import account_kinds, account_structure, three_public
from jixiao.analysis.frontier import efficiency_frontier, frontier_slacks
from jixiao.analysis.losses import density_jumps, lost_points, total_distribution
from jixiao.analysis.robustness import category_shares, rank_robustness
from jixiao.analysis.satisfaction import satisfaction_evidence, satisfaction_states
from jixiao.analysis.unit_costs import cost_per_output, same_outputs
from jixiao.analysis.years import (
    carry_overs,
    department_changes,
    department_ranking,
    execution_quadrants,
    largest_change,
    last_years,
    repeated_findings,
)

__all__ = [
    "account_kinds",
    "account_structure",
    "benchmark_peers",
    "brief_statements",
    "budget_waterfall",
    "carry_overs",
    "category_shares",
    "contribution_totals",
    "cost_per_output",
    "coverage_rates",
    "coverage_rows",
    "density_jumps",
    "department_changes",
    "department_ranking",
    "discretion_shares",
    "efficiency_frontier",
    "evaluator_differences",
    "execution_bands",
    "execution_quadrants",
    "execution_rates",
    "follow_successors",
    "frontier_slacks",
    "largest_change",
    "last_years",
    "leniency",
    "lost_points",
    "month_progress",
    "one_region",
    "origin",
    "printed_means",
    "project_money",
    "rank_robustness",
    "repeated_findings",
    "same_outputs",
    "satisfaction_evidence",
    "satisfaction_states",
    "score_changes",
    "score_contributions",
    "three_public",
    "total_distribution",
]
