"""Small frames for the tests of the analyses: money, indicators and totals without a form."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jixiao import analysis
from jixiao.core.frames import FINDINGS, SCHEMAS, Frames, typed
from jixiao.core.results import Results

WITHOUT_FRAME = {"category_shares", "largest_change", "last_years", "month_progress", "origin", "same_outputs",
                 "follow_successors", "one_region"}  # fmt: skip
"""Functions of the analyses that give no frame of their own, or more than one."""


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


def account_rows(table: str, year: int, rows: list[tuple[str, str, str, str, float | None]]) -> list[dict[str, Any]]:
    """Return the cells of one public table of 示例局: side, code, name of the row, column, value."""
    told = {"year": year, "department": "示例局", "table_code": table, "source_file": f"{year}/决算.xlsx"}
    names = ("side", "row_code", "row_name", "column", "value")
    return [{**told, **dict(zip(names, row, strict=True))} for row in rows]


def make_accounts(*, money_unit: str = "万元") -> Results:
    """Make the final accounts of two years, small enough to work out by hand."""
    structure = {
        2022: [("一、一般公共服务支出", 60.0), ("二、教育支出", 40.0), ("三、其他支出", 20.0)],
        2023: [("一、一般公共服务支出", 90.0), ("二、科学技术支出", 30.0), ("三、教育支出", 30.0)],
    }
    public = [
        ("一、“三公”经费支出", 20.0, 11.0),
        ("1.因公出国（境）费", 8.0, 0.0),
        ("2.公务用车购置及运行维护费", 7.0, 6.0),
        ("（1）公务用车购置费", None, 0.0),
        ("（2）公务用车运行维护费", 7.0, 6.0),
        ("3.公务接待费", 5.0, 5.0),
    ]
    rows = []
    for year, items in structure.items():
        whole = [*items, ("本年支出合计", sum(amount for _, amount in items))]
        rows += account_rows("公开01", year, [("支出", "", name, "决算数", amount) for name, amount in whole])
        rows += account_rows("公开01", year, [("收入", "", "一、财政拨款收入", "决算数", 100.0)])
        kinds = [("201", "一般公共服务支出", 90.0, 70.0, 15.0), ("20101", "人大事务", 90.0, 70.0, 15.0)]
        for code, name, *amounts in kinds:
            columns = ("本年支出合计", "基本支出", "项目支出")
            cells = zip(columns, amounts, strict=True)
            rows += account_rows("公开03", year, [("", code, name, column, amount) for column, amount in cells])
        for name, budget, final in public:
            cells = [("", "", name, "年初预算数", budget), ("", "", name, "决算数", final + year - 2022)]
            rows += account_rows("公开07", year, cells)
    results = make_results([])
    results.frames.accounts = typed(rows, SCHEMAS["accounts"])
    files = [
        {"source_file": name, "money_unit": money_unit, "state": "read"} for name in {r["source_file"] for r in rows}
    ]
    results.frames.ingest = typed(files, SCHEMAS["ingest"])
    return results


def every_analysis(results: Results) -> dict[str, pd.DataFrame]:
    """Call every analysis once on some results that hold the years 2023 and 2024."""
    scores, sides = results.scores, {"before": {"year": 2023}, "after": {"year": 2024}}
    contributions = analysis.score_contributions(scores, **sides)
    money_rows = analysis.project_money(results)
    costs = analysis.cost_per_output(results)
    shares = analysis.category_shares(scores[(scores["year"] == 2024) & (scores["evaluation"] == "self")])
    accounts, evidence = make_accounts(), analysis.satisfaction_evidence(results)
    coverage = analysis.coverage_rows(results)
    flows = {"inputs": "executed_wan", "outputs": "actual_value"}
    return {
        "account_kinds": analysis.account_kinds(accounts),
        "account_structure": analysis.account_structure(accounts),
        "brief_statements": analysis.brief_statements(results),
        "benchmark_peers": analysis.benchmark_peers(money_rows, value="execution_rate", peers=["year"], smallest=2),
        "budget_waterfall": analysis.budget_waterfall(results, by="year"),
        "carry_overs": analysis.carry_overs(results),
        "contribution_totals": analysis.contribution_totals(contributions),
        "cost_per_output": costs,
        "coverage_rates": analysis.coverage_rates(coverage, means=analysis.printed_means(results)),
        "coverage_rows": coverage,
        "printed_means": analysis.printed_means(results),
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
        "satisfaction_evidence": evidence,
        "satisfaction_states": analysis.satisfaction_states(evidence),
        "score_changes": analysis.score_changes(scores, **sides),
        "score_contributions": contributions,
        "three_public": analysis.three_public(accounts),
        "total_distribution": analysis.total_distribution(results.totals),
    }
