"""One function per chart (图): frame in, figure out.

A figure is a plain plotly description, so no plotting library is imported to make one: the first ``plotly`` figure
object costs seconds (FINDINGS). :meth:`Figure.to_plotly` gives the full object to whoever wants to go on with it.
"""

from __future__ import annotations

from jixiao.figures.comparisons import (
    plot_benchmark,
    plot_department_ranking,
    plot_frontier,
    plot_repeated_findings,
    plot_robustness,
    plot_unit_costs,
)
from jixiao.figures.execution import plot_carry_overs, plot_execution_bands, plot_execution_groups, plot_waterfall
from jixiao.figures.overview import (
    plot_category_heat,
    plot_comparison,
    plot_completion,
    plot_execution_rates,
    plot_findings,
    plot_funds,
    plot_grades,
    plot_indicator_scores,
)
from jixiao.figures.points import (
    plot_contributions,
    plot_discretion,
    plot_leniency,
    plot_lost_points,
    plot_quadrants,
    plot_total_distribution,
)
from jixiao.theme import Figure, plotly_script, write_images

__all__ = [
    "Figure",
    "plot_benchmark",
    "plot_carry_overs",
    "plot_category_heat",
    "plot_comparison",
    "plot_completion",
    "plot_contributions",
    "plot_department_ranking",
    "plot_discretion",
    "plot_execution_bands",
    "plot_execution_groups",
    "plot_execution_rates",
    "plot_findings",
    "plot_frontier",
    "plot_funds",
    "plot_grades",
    "plot_indicator_scores",
    "plot_leniency",
    "plot_lost_points",
    "plot_quadrants",
    "plot_repeated_findings",
    "plot_robustness",
    "plot_total_distribution",
    "plot_unit_costs",
    "plot_waterfall",
    "plotly_script",
    "write_images",
]
