"""Every figure of the package once, from some results: what the rendering tests draw and look at."""

from __future__ import annotations

import pandas as pd

from jixiao import analysis
from jixiao.analysis import summary
from jixiao.core.errors import RequestError
from jixiao.core.results import Results
from jixiao.show import figures
from jixiao.show.figures import Figure


def _largest(results: Results) -> pd.Series:
    """Return the evaluation with the most indicators: the fullest pictures."""
    return results.totals.sort_values("indicator_count").iloc[-1]


def _many(results: Results) -> pd.DataFrame:
    """Return the evaluations of the project and year that has most of them."""
    counts = results.totals.groupby(["year", "project_id"]).size()
    year, project = counts.idxmax()
    rows = summary.summarise_evaluations(results)
    return rows[(rows["year"] == year) & (rows["project_id"] == project)]


def gallery(results: Results, *, accounts: Results | None = None) -> dict[str, Figure]:
    """Draw every figure of some results; final accounts come from ``accounts`` where the results hold none."""
    accounts = results if accounts is None else accounts
    years = sorted(results.totals["year"].unique())
    last = years[-1]
    sides = {"before": {"year": years[0]}, "after": {"year": last}}
    scores, chosen = results.scores, _largest(results)
    mine, budgets = summary.select_rows(scores, chosen), summary.select_rows(results.frames.budgets, chosen)
    money = analysis.project_money(results)
    costs = analysis.cost_per_output(results)
    kinds = scores["evaluation"].value_counts()
    one_year = scores[(scores["year"] == last) & (scores["evaluation"] == kinds.index[0])]
    usable = costs[costs["unit_cost_wan"].notna()]
    alike = usable[usable["indicator"] == usable["indicator"].mode().iloc[0]].head(200) if len(usable) else usable
    flows = {"inputs": "executed_wan", "outputs": "actual_value"}
    jumps = analysis.density_jumps(results.totals, by="evaluation")
    evidence = analysis.satisfaction_evidence(results)
    structure = analysis.account_structure(accounts)
    made = {
        "plot_account_changes": figures.plot_account_changes(structure),
        "plot_account_kinds": figures.plot_account_kinds(analysis.account_kinds(accounts)),
        "plot_account_structure": figures.plot_account_structure(structure),
        "plot_benchmark": figures.plot_benchmark(
            analysis.benchmark_peers(money, value="execution_rate", peers=["year"], smallest=2), value="execution_rate"
        ),
        "plot_carry_overs": figures.plot_carry_overs(analysis.carry_overs(results)),
        "plot_category_heat": figures.plot_category_heat(summary.summarise_categories(results)),
        "plot_comparison": figures.plot_comparison(_many(results)),
        "plot_completion": figures.plot_completion(mine),
        "plot_density_jumps": figures.plot_density_jumps(analysis.density_jumps(results.totals, by="department")),
        "plot_department_ranking": figures.plot_department_ranking(analysis.department_ranking(results)),
        "plot_discretion": figures.plot_discretion(analysis.discretion_shares(scores)),
        "plot_evaluator_differences": figures.plot_evaluator_differences(analysis.evaluator_differences(scores)),
        "plot_execution_bands": figures.plot_execution_bands(analysis.execution_bands(results)),
        "plot_execution_groups": figures.plot_execution_groups(analysis.execution_rates(results, by="unit")),
        "plot_execution_groups years": figures.plot_execution_groups(analysis.execution_rates(results)),
        "plot_execution_rates": figures.plot_execution_rates(summary.summarise_execution(results)),
        "plot_findings": figures.plot_findings(results.findings),
        "plot_frontier": figures.plot_frontier(analysis.efficiency_frontier(alike, **flows)),
        "plot_frontier_slacks": figures.plot_frontier_slacks(analysis.frontier_slacks(alike, **flows)),
        "plot_funds": figures.plot_funds(budgets),
        "plot_grades": figures.plot_grades(summary.summarise_grades(results)),
        "plot_indicator_scores": figures.plot_indicator_scores(mine),
        "plot_leniency": figures.plot_leniency(analysis.leniency(scores)),
        "plot_lost_points": figures.plot_lost_points(analysis.lost_points(scores, by=["category", "indicator"])),
        "plot_project_money": figures.plot_project_money(money),
        "plot_quadrants": figures.plot_quadrants(analysis.execution_quadrants(results)),
        "plot_repeated_findings": figures.plot_repeated_findings(analysis.repeated_findings(results.findings)),
        "plot_robustness": figures.plot_robustness(
            analysis.rank_robustness(*analysis.category_shares(one_year, by="department"), draws=200)
        ),
        "plot_satisfaction_samples": figures.plot_satisfaction_samples(evidence),
        "plot_satisfaction_states": figures.plot_satisfaction_states(analysis.satisfaction_states(evidence)),
        "plot_three_public": figures.plot_three_public(analysis.three_public(accounts)),
        "plot_total_distribution": figures.plot_total_distribution(analysis.total_distribution(results.totals), jumps),
        "plot_unit_costs": figures.plot_unit_costs(costs),
        "plot_waterfall": figures.plot_waterfall(analysis.budget_waterfall(results)),
    }
    try:
        parts = analysis.contribution_totals(analysis.score_contributions(scores, **sides))
        made["plot_contributions"] = figures.plot_contributions(parts)
        made["plot_score_changes"] = figures.plot_score_changes(analysis.score_changes(scores, **sides))
    except RequestError:  # one year only
        made["plot_contributions"] = figures.plot_contributions(pd.DataFrame({"contribution": []}))
    return made
