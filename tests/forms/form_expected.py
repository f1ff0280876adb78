"""Say what must be read from a form of the corpus, from its content and the habits of its file.

Nothing here knows the reader: numbers are worked out from the content with a small table of signs and units.
"""

import re
import unicodedata
from decimal import Decimal
from typing import Any

from form_pages import (
    amount_text,
    fund_columns,
    indicator_columns,
    target_parts,
    value_cell,
    written_target,
)

Facts = dict[str, Any]
SIGNS = {"≥": ">=", "≤": "<=", "=": "=", "＝": "=", "﹦": "=", ">=": ">=", "<=": "<=", ">": ">", "<": "<"}
FACTORS = {"%": "0.01", "元": "0.0001", "万元": "1", "亿元": "10000"}
BASE = {"%": "%", "元": "万元", "万元": "万元", "亿元": "万元"}
FUND_KEYS = {"initial": "initial_budget", "annual": "annual_budget", "arrived": "arrived", "executed": "executed"}


def number_text(value: Any) -> str:
    """Write a number without exponent and without zeros at its end."""
    return f"{Decimal(str(value)).normalize():f}"


def meaning(row: Facts) -> Facts:
    """Return what the target and the actual mean, as far as the content knows."""
    known: Facts = {}
    sign, number, unit = target_parts(row["target"])
    if "means" in row:
        relation, value, base = row["means"]
        known |= {"target_relation": relation, "target_value": number_text(value), "measure_unit": base}
    elif isinstance(row["target"], list) and sign in (SIGNS | {"": ""}) and number:
        factor = Decimal(FACTORS.get(unit, "1"))
        value = number_text(Decimal(number) * factor)
        known |= {"target_relation": SIGNS.get(sign, ""), "target_value": value, "measure_unit": BASE.get(unit, unit)}
        done = re.fullmatch(r"([\d.]+)(\D+)", str(row["actual"] or ""))
        if done and done[2] == unit:
            known["actual_value"] = number_text(Decimal(done[1]) * factor)
    known |= {key: str(row[key]) for key in ("actual_value", "target_date", "actual_date") if key in row}
    return known


def expected_indicators(content: Facts, columns: Facts, options: Facts) -> list[Facts]:
    """Return the indicator rows in the order of the form; a column that is not printed is missing."""
    found = []
    for row in content["indicators"]:
        known = meaning(row) if row["is_known"] else {}
        if "actual" not in columns:
            known = {key: value for key, value in known.items() if not key.startswith("actual")}
        texts = {"target_text": written_target(row["target"], options)}
        texts["actual_text"] = str(value_cell(row["actual"], {}) or "") if "actual" in columns else ""
        found.append(
            {
                "category": unicodedata.normalize("NFKC", row["category"]),
                "subcategory": unicodedata.normalize("NFKC", row["subcategory"]),
                "indicator": row["indicator"],
                **texts,
                **known,
                **({"direction": DIRECTIONS[row["direction"]]} if "direction" in columns else {}),
                "weight": _points(row["weight"], "weight" in columns),
                "reported_score": _points(row["score"], "score" in columns),
                "deviation_reason": row["reason"] if "reason" in columns else "",
                **({"scoring_standard": row["standard"]} if "standard" in columns and row.get("standard") else {}),
            }
        )
    return found


DIRECTIONS = {"正向": "positive", "反向": "negative"}


def _points(value: Any, is_printed: bool) -> str | None:
    return number_text(value) if is_printed and value is not None else None


def expected_budgets(content: Facts, layout: Facts, options: Facts) -> list[Facts]:
    """Return the rows of funds in 万元."""
    columns = fund_columns(layout, options)
    found = []
    for fund, values in content["funds"].items():
        if fund not in layout["rows"]:
            continue
        amounts = {
            name: amount_text(values[key], "") if key in columns and values.get(key) is not None else None
            for key, name in FUND_KEYS.items()
        }
        is_total = fund == "total"
        in_label = "fund_weight" in layout and is_total
        found.append(
            {
                "fund": fund,
                **amounts,
                "execution_rate_text": (values.get("rate") or "") if "rate" in columns else "",
                "weight": _points(values.get("weight"), is_total and ("weight" in columns or in_label)),
                "reported_score": _points(values.get("score"), is_total and "score" in columns),
            }
        )
    return found


def expected_self(layout: Facts, content: Facts, options: Facts) -> Facts:
    """Return what must be read from a self-evaluation, or from the form of a whole department."""
    is_whole = layout["form"] == "whole_department"
    where = options.get("unit_in", "label")
    head = {"department": content["department"]}
    head = head if is_whole else {"project": content["project"], **head, "unit": content["unit"]}
    columns = indicator_columns(layout, options)
    has_grade = bool(options.get("grade") and content.get("grade"))
    found: Facts = {
        "form": layout["form"],
        "family": layout["family"],
        "year": content["year"],
        "evaluation": "whole" if is_whole else "self",
        "head": head,
        "money_unit": options.get("money_unit", "万元") if where not in ("none", "cell") else "",
        "budgets": expected_budgets(content, layout, options) if content.get("funds") else [],
        "indicators": expected_indicators(content, columns, options),
        "placeholders": sum(bool(row["leftover"]) for row in content["indicators"]),
        "total_reported": number_text(content["total_score"]),
        "grade_reported": content["grade"] if has_grade else "",
    }
    if is_whole:
        found["tasks"] = [{key: str(task[key]) for key in task} for task in content["tasks"]]
    return found


def expected_declaration(content: Facts, options: Facts) -> Facts:
    """Return what must be read from a declaration of targets; the half of the whole term stays apart."""
    annual = {"category": "", "subcategory": "", "indicator": "", "target": ""}
    money = dict(content["annual"])
    if options.get("halves"):
        money |= {f"term_{fund}": value for fund, value in content["whole"].items()}
    rows = [
        {key: text for key, text in row.items() if key not in {"actual_text", "reported_score", "deviation_reason"}}
        for row in expected_indicators(content, annual, options)
    ]
    found: Facts = {
        "form": "target_declaration",
        "family": "national",
        "year": content["year"],
        "evaluation": "plan",
        "head": {key: content[key] for key in ("project", "department", "unit")},
        "budgets": [{"fund": fund, "annual_budget": number_text(value)} for fund, value in money.items()],
        "indicators": rows,
    }
    if options.get("halves"):
        found["term_indicators"] = [
            [row["indicator"], "".join(target_parts(row["term_target"]))] for row in content["indicators"]
        ]
    return found


def expected_scoring(content: Facts) -> Facts:
    """Return what must be read from the tables of an evaluation."""
    columns = dict.fromkeys(("target", "actual", "weight", "score", "standard"), "")
    total = content["funds"]["total"]
    amounts = {name: amount_text(total[key], "") for key, name in FUND_KEYS.items() if key in total}
    return {
        "form": "scoring_table",
        "family": "national",
        "year": content["year"],
        "evaluation": content["evaluation"],
        "head": {key: content[key] for key in ("project", "department", "unit")},
        "money_unit": "万元",
        "budgets": [{"fund": "total", **amounts, "execution_rate_text": total["rate"]}],
        "indicators": expected_indicators(content, columns, {}),
        "total_reported": number_text(content["total_score"]),
        "grade_reported": content["grade"],
    }


def expected_list(content: Facts) -> Facts:
    """Return what must be read from a list of projects."""
    keys = {"annual": "annual_budget", "arrived": "arrived", "executed": "executed"}
    rows = [
        {"number": row["number"], "project": row["project"], "unit": row["unit"]}
        | {name: number_text(row[key]) for key, name in keys.items()}
        | {"execution_rate_text": row["rate"]}
        for row in content["rows"]
    ]
    total = {name: number_text(content["total"][key]) for key, name in keys.items()}
    return {
        "form": "budget_list",
        "family": "national",
        "year": content["year"],
        "evaluation": "budget_list",
        "head": {"department": content["department"]},
        "list": rows,
        "list_totals": [{"list_label": "合计", **total, "execution_rate_text": content["total"]["rate"]}],
    }
