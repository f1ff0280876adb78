"""What the summary of a department says (部门自评总报告的内容)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pandas as pd

from jixiao.analysis.coverage import choose_coverage, coverage_rates, coverage_rows, printed_means
from jixiao.analysis.summary import (
    key_numbers,
    select_rows,
    summarise_categories,
    summarise_evaluations,
    summarise_execution,
)
from jixiao.core.exact import exact_sum, half_up
from jixiao.core.frames import EVALUATION_KEY, GRADES, PROJECT_KINDS
from jixiao.core.results import Results
from jixiao.core.vocabulary import word
from jixiao.publish.papers.contents import Row, indicator_row, reason_of, written_reasons
from jixiao.publish.papers.unit_words import fill_outline, highest_number, summary_passages, told
from jixiao.publish.papers.wording import clean, paper_words, written
from jixiao.reading.organisations import body_words, last_successors
from jixiao.reading.values.values import normalise

_STOPS = "。；;.： "
KINDS = ("self", "department", "finance", "whole")


def department_content(results: Results, *, year: int, department: str, covered: pd.DataFrame | None = None) -> Row:
    """Return what the template of a department's summary may name (总报告内容).

    Args:
        results: The part of the results that belongs to the department and year.
        year: The evaluated year.
        department: The department.
        covered: From :func:`department_coverage` over all results; worked out from this part when None.

    Example:
        >>> import jixiao
        >>> from jixiao.analysis.summary import choose_department
        >>> results = choose_department(jixiao.evaluate("data/sample"), 2023, "示例市教育局")
        >>> department_content(results, year=2023, department="示例市教育局")["counts"]["projects"]
        '2'
    """
    words = paper_words()
    most, numbers = words["most"], key_numbers(results)
    covered = department_coverage(results, year=year, department=department) if covered is None else covered
    evaluations = summarise_evaluations(results)
    own = evaluations[evaluations["evaluation"] == "self"]
    kinds = evaluations["evaluation"].value_counts()
    base = own if len(own) else evaluations  # a summary of self-evaluations; without any, of what came
    is_own = results.scores["evaluation"].isin(base["evaluation"].unique())
    counted = results.scores[results.scores["is_counted"] & is_own]
    missed = _missed(results, counted)
    said = fill_outline(summary_passages(results.frames.passages, year=year, department=department), "department")
    names = {"department": clean(department), "year": str(year)}
    is_all_self = set(kinds.index) <= {"self", "whole"} or any(said.values())
    has_money = numbers["annual_budget"] == numbers["annual_budget"]
    rows = _projects(results, evaluations)
    counts = {
        "projects": numbers["projects"],
        **{kind: int(kinds.get(kind, 0)) for kind in PROJECT_KINDS},
        "indicators": len(counted),
        "targeted": int((counted["target_text"] != "").sum()),
        "graded": int(base["reported_grade"].notna().sum()),
        "known": numbers["projects"] - numbers["unknown"],
        "missed_shown": min(len(missed), most["missed"]),
        "projects_shown": min(len(rows), most["projects"]),
    }
    is_single = numbers["projects"] <= 1 and not any(said.values())
    shown = most["single"] if is_single else most["missed"]
    maybe = {
        "unknown": numbers["unknown"],
        "missed": len(missed),
        "missed_left": len(missed) - shown,
        "projects_left": len(rows) - most["projects"],
    }
    return {
        **names,
        "title": words["titles"]["summary" if is_all_self else "results"].format(**names),
        "remark": clean(results.remark),
        "grades": _grades(base),
        "mean": _mean(evaluations),
        "coverage": _coverage(results, covered),
        "answered": _answered(results, department),
        "money": {
            "annual_budget": written("annual_budget_wan", numbers["annual_budget"]),
            "executed": written("executed_wan", numbers["executed"]),
            "execution_rate": written("execution_rate", numbers["execution_rate"]),
        }
        if has_money
        else {},
        "shares": _shares(counted, results),
        "said": said,
        "told": told(said, "department"),
        "sign": {"lines": _signature(results, year, department)},
        "is_single": is_single,
        "kinds": [
            {"name": word("evaluation", kind), "count": str(int(kinds[kind]))} for kind in KINDS if kinds.get(kind, 0)
        ],
        "missed": missed[:shown],
        "unreasoned": any(not row["reason"] for row in missed),
        "opinions": _opinions(results),
        "has_indicators": len(counted) > 0,
        "projects": rows[: most["projects"]],
        "own": str(len(own)) if len(own) else "",
        "counts": {name: str(int(count)) for name, count in counts.items()}
        | {name: str(int(count)) if count > 0 else "" for name, count in maybe.items()}
        | {"first_table": highest_number(said)},
    }


def department_coverage(results: Results, *, year: int, department: str) -> pd.DataFrame:
    """Return the coverage of a department that its summary states (部门的自评情况): see :func:`coverage_rows`.

    Last year's projects stand in for no register here, since a report sees the rows of its year alone.
    """
    rows = coverage_rows(results, is_last_year=False)
    return choose_coverage(rows, year=year, department=department, organisations=results.organisations)


def _coverage(results: Results, covered: pd.DataFrame) -> Row:
    """Return the population of the self-evaluations, what came of it and the means; nothing where nothing is known."""
    rates = coverage_rates(covered, means=printed_means(results)).to_dict("records")
    if not rates or not rates[0]["projects"]:
        return {}
    (row,) = rates
    missing = covered.loc[covered["coverage_state"] == "missing", "project"].map(clean).tolist()
    most = paper_words()["most"]["missing"]
    mean, printed = row["mean_points"], row["printed_mean"]
    differs = mean == mean and printed == printed and abs(mean - printed) >= 0.005
    return {
        "population": body_words()["words"]["population"][row["population"]],
        **{name: str(int(row[name])) for name in ("projects", "received")},
        **{name: str(int(row[name])) if row[name] else "" for name in ("missing", "unasked", "twice")},
        "annual_budget": written("annual_budget_wan", row["annual_budget_wan"]),
        "executed": written("executed_wan", row["executed_wan"]),
        "execution_rate": written("execution_rate", row["execution_rate"]),
        "count_rate": written("execution_rate", row["coverage_rate"]),
        "money_rate": written("execution_rate", row["coverage_money_rate"]),
        "names": "、".join(missing[:most]) + ("…" if len(missing) > most else ""),
        "printed_mean": written("total", printed) if printed == printed else "",
        "mean_gap": written("total", abs(mean - printed)) if differs else "",
    }


def _answered(results: Results, department: str) -> str:
    """Say which body answers for a department that is no more, empty for one that answers for itself."""
    to = last_successors(results.organisations).get(normalise(department), department)
    names = {"department": clean(department), "to": clean(to)}
    return "" if to == department else str(body_words()["words"]["answered"].format(**names))


def _grades(base: pd.DataFrame) -> list[Row]:
    counted = base["reported_grade"].astype("object").value_counts()
    return [
        {"name": word("grade", grade), "count": str(int(counted[grade]))} for grade in GRADES if counted.get(grade, 0)
    ]


def _mean(evaluations: pd.DataFrame) -> str:
    """Return the mean of the totals of the self-evaluations, worked out exactly."""
    totals = evaluations.loc[evaluations["evaluation"] == "self", "total_reported"].dropna().tolist()
    total = exact_sum(totals)
    return "" if total is None else written("total", half_up(Decimal(str(total)) / len(totals)))


def _shares(counted: pd.DataFrame, results: Results) -> list[Row]:
    rows = summarise_categories(replace(results, scores=counted))
    return [
        {
            "name": clean(row["category"]),
            "weight": written("weight", row["weight"]),
            "score": written("reported_score", row["reported_score"]),
            "share": written("completion_rate", row["completion_rate"]),
        }
        for row in rows.to_dict("records")
    ]


def _missed(results: Results, counted: pd.DataFrame) -> list[Row]:
    """Return the indicators that missed their target or lost points, most points first."""
    rows: list[Row] = []
    for _, mine in counted.groupby(list(EVALUATION_KEY), sort=False):
        reasons = written_reasons(results, mine.iloc[0])
        rows += [
            indicator_row({**row, "deviation_reason": reason_of(row, reasons)})
            | {"project": clean(row["project"]), "evaluation": word("evaluation", row["evaluation"])}
            for row in mine.to_dict("records")
        ]
    return sorted((row for row in rows if row["lost"] or row["is_missed"]), key=lambda row: -row["lost_points"])


def _opinions(results: Results) -> list[Row]:
    """Return the titles of the problems and suggestions of each evaluation report (问题和建议)."""
    joint, found = paper_words()["listed"], []
    for key, problems in results.frames.problems.groupby(list(EVALUATION_KEY), sort=False):
        advice = select_rows(results.frames.advice, problems.iloc[0])
        texts = {
            name: joint.join(clean(title).rstrip(_STOPS) for title in rows["item_title"] if clean(title))
            for name, rows in (("problems", problems), ("advice", advice))
        }
        if texts["problems"] and key[-1] in KINDS:
            found.append(
                {"evaluation": word("evaluation", key[-1]), "project": clean(problems.iloc[0]["project_id"]), **texts}
            )
    return found


def _signature(results: Results, year: int, department: str) -> list[str]:
    """Return who signed the department's own summary, and when."""
    passages = summary_passages(results.frames.passages, year=year, department=department)
    signed = passages.loc[passages["passage_kind"] == "signature", "text"].map(clean)
    return [text for text in signed if text]


def _projects(results: Results, evaluations: pd.DataFrame) -> list[Row]:
    """Return every project with its evaluations; one without any is listed with its money alone."""
    money = summarise_execution(results)
    others = money[~money["project_id"].isin(evaluations["project_id"])].drop(columns="evaluation")
    every = pd.concat([evaluations, others], ignore_index=True) if len(others) else evaluations
    return [
        {
            "number": str(number),
            **{name: clean(row[name]) for name in ("project", "unit")},
            "evaluation": word("evaluation", row["evaluation"]),
            "annual_budget": written("annual_budget_wan", row["annual_budget_wan"]),
            "executed": written("executed_wan", row["executed_wan"]),
            "rate": written("execution_rate", row["execution_rate"]),
            "total": written("total_reported", row["total_reported"]),
            "grade": clean(row["grade_reported"]) or word("reported_grade", row["reported_grade"]),
        }
        for number, row in enumerate(every.to_dict("records"), 1)
    ]
