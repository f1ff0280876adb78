"""Small frames for the tests of the analyses: money, indicators and totals without a form."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jixiao import analysis
from jixiao.checks import SCHEMA as FINDINGS
from jixiao.schemas import SCHEMAS, Frames, typed
from jixiao.store import Results


def money(project: str, annual: float | None, *, executed: float | None, **more: Any) -> dict[str, Any]:
    """Return one row of money; ``initial``, ``arrived``, ``fund``, ``year``, ``department``, ``family`` when wanted."""
    return {
        "project": project,
        "project_id": project,
        "year": more.get("year", 2023),
        "department": more.get("department", "示例局"),
        "evaluation": more.get("evaluation", "self"),
        "fund": more.get("fund", "total"),
        "family": more.get("family", "national"),
        "initial_budget_wan": more.get("initial"),
        "annual_budget_wan": annual,
        "arrived_wan": more.get("arrived"),
        "executed_wan": executed,
    }


def make_results(rows: list[dict[str, Any]], **frames: pd.DataFrame) -> Results:
    """Make results from rows of money and, where given, from ready scores, totals and findings."""
    rows = [{**row, "source_file": f"{row['project']}.xlsx"} for row in rows]
    named = {(row["year"], row["project_id"]): {**row, "project_level": "project"} for row in rows}
    parts = {name: typed([], schema) for name, schema in SCHEMAS.items()}
    parts["projects"] = typed(list(named.values()), SCHEMAS["projects"])
    parts["budgets"] = typed(rows, SCHEMAS["budgets"])
    parts["ingest"] = typed(rows, SCHEMAS["ingest"])
    scores = frames.get("scores", scores_of())
    totals = frames.get("totals", total())
    findings = frames.get("findings", pd.DataFrame(columns=list(FINDINGS)))
    return Results(Frames(**parts), scores, totals, findings, Path("/example/data"), datetime(2024, 3, 1, tzinfo=UTC))


def indicator(name: str, weight: float, points: float | None, **more: Any) -> dict[str, Any]:
    """Return one scored row of project P1, a self-evaluation of 2023 by 示例局, unless said otherwise."""
    row = {
        "year": 2023,
        "project_id": "P1",
        "project": more.get("project_id", "P1"),
        "department": "示例局",
        "unit": "",
        "evaluation": "self",
        "framework": "caiyu_2020_10",
        "is_counted": True,
        "category": "产出指标",
        "subcategory": "数量指标",
        "indicator": name,
        "weight": weight,
        "reported_score": np.nan if points is None else points,
        "score": np.nan if points is None else points,
        "decided_by": "rule",
        "kind": "quantitative",
        "method": "proportional_to_target",
        "direction": "positive",
        "target_kind": "count",
        "measure_unit": "个",
        "actual_value": np.nan,
    }
    return {**row, **more}


def scores_of(*rows: dict[str, Any]) -> pd.DataFrame:
    """Make a frame of scored rows; they are numbered in the order given."""
    frame = pd.DataFrame(list(rows) or [indicator("", 0, None)]).astype(
        {"weight": "float64", "reported_score": "float64"}
    )
    frame = frame.assign(indicator_id=[str(number) for number in range(1, len(frame) + 1)])
    return frame if rows else frame.iloc[:0]


def total(*totals: float | None, **more: Any) -> pd.DataFrame:
    """Make a frame of totals, one project each."""
    names = [f"P{number}" for number in range(len(totals))]
    frame = pd.DataFrame({"project_id": names, "total_reported": pd.array(totals, dtype="Float64")})
    frame["total_reported"] = frame["total_reported"].to_numpy("float64", na_value=np.nan)
    facts = {"year": 2023, "department": "示例局", "evaluation": "self", "execution_definition": "full_year"}
    return frame.assign(project=frame["project_id"], total=frame["total_reported"], **{**facts, **more})


def every_analysis(results: Results) -> dict[str, pd.DataFrame]:
    """Call every analysis once on some results that hold the years 2023 and 2024."""
    scores, sides = results.scores, {"before": {"year": 2023}, "after": {"year": 2024}}
    contributions = analysis.score_contributions(scores, **sides)
    money_rows = analysis.project_money(results)
    costs = analysis.cost_per_output(results)
    shares = analysis.category_shares(scores[(scores["year"] == 2024) & (scores["evaluation"] == "self")])
    flows = {"inputs": "executed_wan", "outputs": "actual_value"}
    return {
        "benchmark_peers": analysis.benchmark_peers(money_rows, value="execution_rate", peers=["year"], smallest=2),
        "budget_waterfall": analysis.budget_waterfall(results, by="year"),
        "carry_overs": analysis.carry_overs(results),
        "contribution_totals": analysis.contribution_totals(contributions),
        "cost_per_output": costs,
        "density_jumps": analysis.density_jumps(results.totals, by="evaluation"),
        "department_changes": analysis.department_changes(scores, before=2023, after=2024),
        "department_ranking": analysis.department_ranking(results),
        "discretion_shares": analysis.discretion_shares(scores),
        "efficiency_frontier": analysis.efficiency_frontier(costs[costs["year"] == 2024], **flows),
        "evaluator_differences": analysis.evaluator_differences(scores),
        "execution_bands": analysis.execution_bands(results),
        "execution_quadrants": analysis.execution_quadrants(results),
        "execution_rates": analysis.execution_rates(results),
        "frontier_slacks": analysis.frontier_slacks(costs[costs["year"] == 2024], **flows),
        "leniency": analysis.leniency(scores),
        "lost_points": analysis.lost_points(scores),
        "project_money": money_rows,
        "rank_robustness": analysis.rank_robustness(*shares),
        "repeated_findings": analysis.repeated_findings(results.findings),
        "score_changes": analysis.score_changes(scores, **sides),
        "score_contributions": contributions,
        "total_distribution": analysis.total_distribution(results.totals),
    }
