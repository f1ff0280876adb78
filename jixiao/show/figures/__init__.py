"""One function per chart (图): frame in, figure out.

A figure is a plain plotly description, so no plotting library is imported to make one: the first ``plotly`` figure
object costs seconds (FINDINGS). :meth:`Figure.to_plotly` gives the full object to whoever wants to go on with it.
"""

from __future__ import annotations

from jixiao.show.figure import Figure, figure_html, plotly_script, write_images
from jixiao.show.figures.account_charts import (
    plot_account_changes,
    plot_account_kinds,
    plot_account_structure,
    plot_three_public,
)
from jixiao.show.figures.evaluators import (
    plot_discretion,
    plot_evaluator_differences,
    plot_leniency,
    plot_satisfaction_samples,
    plot_satisfaction_states,
)
from jixiao.show.figures.money_charts import (
    BANDS,
    plot_carry_overs,
    plot_execution_bands,
    plot_execution_groups,
    plot_project_money,
    plot_waterfall,
)
from jixiao.show.figures.overview import (
    GRADE_COLOURS,
    SEVERITY_COLOURS,
    plot_category_heat,
    plot_comparison,
    plot_completion,
    plot_execution_rates,
    plot_findings,
    plot_funds,
    plot_grades,
    plot_indicator_scores,
)
from jixiao.show.figures.peer_charts import (
    plot_benchmark,
    plot_department_ranking,
    plot_frontier,
    plot_frontier_slacks,
    plot_repeated_findings,
    plot_robustness,
    plot_unit_costs,
)
from jixiao.show.figures.point_charts import (
    plot_contributions,
    plot_density_jumps,
    plot_lost_points,
    plot_quadrants,
    plot_score_changes,
    plot_total_distribution,
)
from jixiao.show.figures.prints import Picture, Undrawn, print_figure, try_print

__all__ = [
    "BANDS",
    "GRADE_COLOURS",
    "SEVERITY_COLOURS",
    "Figure",
    "Picture",
    "Undrawn",
    "figure_html",
    "plot_account_changes",
    "plot_account_kinds",
    "plot_account_structure",
    "plot_benchmark",
    "plot_carry_overs",
    "plot_category_heat",
    "plot_comparison",
    "plot_completion",
    "plot_contributions",
    "plot_density_jumps",
    "plot_department_ranking",
    "plot_discretion",
    "plot_evaluator_differences",
    "plot_execution_bands",
    "plot_execution_groups",
    "plot_execution_rates",
    "plot_findings",
    "plot_frontier",
    "plot_frontier_slacks",
    "plot_funds",
    "plot_grades",
    "plot_indicator_scores",
    "plot_leniency",
    "plot_lost_points",
    "plot_project_money",
    "plot_quadrants",
    "plot_repeated_findings",
    "plot_robustness",
    "plot_satisfaction_samples",
    "plot_satisfaction_states",
    "plot_score_changes",
    "plot_three_public",
    "plot_total_distribution",
    "plot_unit_costs",
    "plot_waterfall",
    "plotly_script",
    "print_figure",
    "try_print",
    "write_images",
]
