"""Load what the forms of the corpus say: the invented content, and facts of the published documents."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from source_forms import indicator_rows, project_budget, score_totals, to_indicator

Facts = dict[str, Any]
HERE = Path(__file__).parent
FACTS = HERE.parents[1] / "data" / "facts"
NAMES = ("category", "subcategory", "indicator", "target", "actual", "weight", "score", "reason")
GOAL = "（文字从略，见公开文件）"
"""What the corpus prints where a unit wrote its goals in words."""


def read_yaml(name: str) -> Any:
    """Read one file of the content."""
    return yaml.safe_load((HERE / "content" / name).read_text(encoding="utf-8"))


def load_facts() -> Facts:
    """Read the transcribed facts of the published documents."""
    names = ("budgets", "extras", "final_account", "form_cells", "indicators")
    return {name: json.loads((FACTS / f"{name}.json").read_text(encoding="utf-8")) for name in names}


def load_projects() -> Facts:
    """Return every content by name; indicators become rows with names, and totals are checked."""
    facts = load_facts()
    projects = {name: _invented(name, content) for name, content in read_yaml("projects.yaml").items()}
    for name, table, project in (
        ("facts_network", "项目支出绩效自评表（党政信息网络建设）", "党政信息网络建设项目"),
        ("facts_website", "项目支出绩效自评表（中国南昌政务门户网运行维护费）", "中国南昌政务门户网运行维护费项目"),
    ):
        projects[name] = _published_self(facts, table, project)
    projects["facts_ganzhengtong"] = _published_scoring(facts)
    return projects


def _invented(name: str, content: Facts) -> Facts:
    rows = []
    for row in content.get("indicators", []):
        more = row[8] if len(row) > 8 else {}
        named = dict(zip(NAMES, row, strict=False)) | {"reason": row[7] if len(row) > 7 else ""}
        if isinstance(named["actual"], dict):
            named["actual"] = named["actual"]["date"]
        rows.append({"leftover": "", "is_known": True} | named | more)
    content["indicators"] = rows
    if "total_score" in content:
        own = content["funds"]["total"].get("score", 0)
        scores = sum((Decimal(str(row["score"])) for row in rows), Decimal(str(own)))
        assert scores == Decimal(str(content["total_score"])), (name, scores)
        weights = sum((Decimal(str(row["weight"])) for row in rows), Decimal(0))
        assert weights + content["funds"]["total"].get("weight", 0) == content["total_weight"], name
    return content


def _row(fact: Facts, facts: Facts, reason: str | None) -> Facts:
    item = to_indicator(fact, reason)
    return {
        "category": item.level1,
        "subcategory": item.level2,
        "indicator": item.name or "",
        "target": item.target or "",
        "actual": item.actual or "",
        "weight": item.weight,
        "score": item.score,
        "reason": reason or "",
        "remark": "",
        "standard": item.standard or "",
        "leftover": "",
        "is_known": False,
    }


def _published_self(facts: Facts, table: str, project: str) -> Facts:
    """Return a published self-evaluation as content; its values stay as printed."""
    (form,) = [form for form in facts["form_cells"]["self_forms"] if form["table"] == table]
    rows = indicator_rows(facts, table)
    (execution,) = [row for row in rows if row["rule_kind"] == "execution_rate"]
    budget = project_budget(facts, form["doc"], project)
    totals = score_totals(facts, table.removeprefix("项目支出绩效"))
    amounts = {item["name"]: item["value"] for item in budget["other_amounts"]}
    keys = {"initial": "年初预算数", "annual": "全年预算数", "executed": "全年执行数"}
    total = {"initial": budget["initial_budget"], "annual": budget["full_year_budget"], "executed": budget["executed"]}
    total |= {"weight": execution["weight"], "rate": budget["rates_printed"]["执行率"], "score": execution["score"]}
    parts = {"fiscal": "当年财政拨款", "carry_over": "上年结转资金"}
    funds = {fund: {key: amounts[f"{name} {column}"] for key, column in keys.items()} for fund, name in parts.items()}
    return {
        "year": execution["year"],
        "project": execution["project"],
        "department": execution["department"],
        "unit": execution["unit"],
        "goal": GOAL,
        "outcome": GOAL,
        "habits": ["published_facts"],
        "funds": {"total": total} | funds | {"other": {}},
        "indicators": [_row(row, facts, form["reasons"].get(row["l3"])) for row in rows if row is not execution],
        "total_weight": totals["total_weight"],
        "total_score": totals["total_score"],
    }


def _published_scoring(facts: Facts) -> Facts:
    """Return the published scoring table of 39 rows as content."""
    table = "附件：项目支出绩效评分表"
    rows = indicator_rows(facts, table)
    totals = score_totals(facts, "附件评分表")
    budget = project_budget(facts, rows[0]["doc"], rows[0]["project"])
    total = {"annual": budget["full_year_budget"], "arrived": budget["arrived"], "executed": budget["executed"]}
    total |= {"arrival": budget["rates_printed"]["资金到位率"], "rate": budget["rates_printed"]["预算执行率"]}
    return {
        "year": rows[0]["year"],
        "project": rows[0]["project"],
        "department": rows[0]["department"],
        "unit": rows[0]["unit"],
        "evaluation": "department",
        "habits": ["published_facts"],
        "funds": {"total": total},
        "indicators": [_row(row, facts, None) for row in rows],
        "total_weight": totals["total_weight"],
        "total_score": totals["total_score"],
        "grade": totals["grade"],
    }
