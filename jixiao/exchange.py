"""What other programs read from jixiao (对外格式): one form as a dictionary, findings as text, CSV or JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.frames import make_frames
from jixiao.sources import read_file
from jixiao.summary import select_rows
from jixiao.tables import make_table, show_findings, write_value
from jixiao.vocabulary import label, word

_MONEY = ("initial_budget", "annual_budget", "arrived", "executed")
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def read_as_dict(path: Path) -> dict[str, Any]:
    """Read one form file into the shape that other programs read (``jixiao read --json``).

    Returns:
        file, form, money_unit, projects (each with year, department, unit, project, evaluation, budgets, indicators,
        total_reported, grade_reported), skipped and guesses. Money is 万元 (``money_unit`` is what the form prints),
        rates are fractions, missing is ``None``.

    Raises:
        FormError: The file is none of the declared forms.

    Example:
        >>> from jixiao.store import find_place
        >>> first = sorted((find_place("sample") / "2023").glob("*自评表.xlsx"))[0]
        >>> read_as_dict(first)["form"]
        'self_evaluation'
    """
    reading = read_file(path)
    frames = make_frames([reading])
    projects = []
    if reading.form == "budget_list":
        for _, row in frames.projects.iterrows():
            identity = {**row, "evaluation": "budget_list"}
            projects.append(_project(frames, pd.Series(identity)))
    else:
        projects = [_project(frames, row) for _, row in frames.evaluations.iterrows()]
    place = ["source_sheet", "source_cell", "text", "reason"]
    renamed = {"source_sheet": "sheet", "source_cell": "cell"}
    return {
        "file": path.name,
        "form": reading.form,
        "money_unit": reading.money_unit,
        "projects": projects,
        "skipped": frames.skipped[place].rename(columns=renamed).to_dict("records"),
        "guesses": frames.guesses[place].rename(columns=renamed).to_dict("records"),
    }


def _project(frames: Any, row: pd.Series) -> dict[str, Any]:
    budgets = select_rows(frames.budgets, row)
    indicators = select_rows(frames.indicators, row)
    return {
        **{name: _plain(row[name]) for name in ("year", "department", "unit", "project", "evaluation")},
        "budgets": [
            {
                "fund": budget["fund"],
                **{name: _plain(budget[f"{name}_wan"]) for name in _MONEY},
                **{name: _plain(budget[name]) for name in ("execution_rate_reported", "weight", "reported_score")},
            }
            for budget in budgets.to_dict("records")
        ],
        "indicators": [_indicator(indicator) for indicator in indicators.to_dict("records")],
        "total_reported": _plain(row.get("total_reported")),
        "grade_reported": _plain(row.get("grade_reported")) or None,
    }


def _indicator(row: dict[str, Any]) -> dict[str, Any]:
    names = (
        "category",
        "subcategory",
        "indicator",
        "target_text",
        "target_relation",
        "target_value",
        "measure_unit",
        "actual_text",
        "actual_value",
        "weight",
        "reported_score",
        "deviation_reason",
    )
    shown = {name: _plain(row[name]) for name in names}
    for name in ("target", "actual"):
        if row[f"{name}_date"] is not pd.NaT:
            shown[f"{name}_value"] = f"{row[f'{name}_date']:%Y-%m-%d}"
    return {**shown, "source": {"sheet": row["source_sheet"], "cell": row["source_cell"]}}


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold; missing is None."""
    if value is None or value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value


def describe_file(reading: dict[str, Any]) -> str:
    """Say in Chinese what was read from one file, what was skipped and what was guessed (读取说明)."""
    indicators = sum(len(project["indicators"]) for project in reading["projects"])
    lines = [
        f"{label('source_file')}：{reading['file']}",
        f"  {label('form')}：{word('form', reading['form'])}；{label('money_unit')}：{reading['money_unit'] or '—'}；"
        f"{label('projects')}：{len(reading['projects'])}；{label('indicators_rows')}：{indicators}",
    ]
    for project in reading["projects"]:
        total = write_value("total_reported", project["total_reported"])
        lines.append(
            f"  {project['year']} {project['project']} {word('evaluation', project['evaluation'])} "
            f"{label('total_reported')}：{total} {project['grade_reported'] or ''}".rstrip()
        )
    for name in ("guesses", "skipped"):
        for item in reading[name]:
            lines.append(f"  {label(f'{name}_rows')}：{item['sheet']}!{item['cell']} “{item['text']}” {item['reason']}")
    return "\n".join(lines)


def write_findings(findings: pd.DataFrame, output: str) -> str:
    """Write findings as a readable list, CSV or JSON (问题导出).

    In CSV a text that a spreadsheet would run as a formula is prefixed with ``'``.
    """
    if output == "json":
        rows = [{name: _plain(value) for name, value in row.items()} for row in findings.to_dict("records")]
        return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
    shown = show_findings(findings).frame
    if output == "csv":
        if "suppression" in findings:
            shown = shown.assign(**{label("suppression"): findings["suppression"].to_numpy()})
        safe = shown.map(lambda text: f"'{text}" if text.startswith(_FORMULA_SIGNS) else text)
        return "\ufeff" + safe.to_csv(index=False)
    aside = findings["suppression"] if "suppression" in findings else [""] * len(findings)
    lines = []
    for number, (row, said) in enumerate(zip(shown.to_dict("records"), aside, strict=True), 1):
        head = "｜".join(
            row[label(name)]
            for name in ("severity", "title", "year", "project", "evaluation", "indicator")
            if row[label(name)]
        )
        lines += [
            f"{number}. {head}",
            f"   {row[label('message')]}",
            f"   {label('place')}：{row[label('place')]}",
            f"   {label('basis')}：{row[label('basis')]}",
            *([f"   {label('suppression')}：{said}"] if said else []),
        ]
    return "\n".join([*lines, ""])


def write_answers(answers: pd.DataFrame, findings: pd.DataFrame, output: str) -> str:
    """Write the answers of units beside their findings (单位答复导出), as a readable list, CSV or JSON."""
    known = findings[["finding_id", "title", "project", "indicator", "message"]]
    both = known.merge(answers, on="finding_id", validate="1:1")
    if output == "json":
        return json.dumps(both.to_dict("records"), ensure_ascii=False, indent=1) + "\n"
    shown = make_table(
        both, ["finding_id", "title", "project", "indicator", "message", "answer_status", "answer"]
    ).frame
    if output == "csv":
        safe = shown.map(lambda text: f"'{text}" if text.startswith(_FORMULA_SIGNS) else text)
        return "\ufeff" + safe.to_csv(index=False)
    lines = []
    for number, row in enumerate(both.to_dict("records"), 1):
        head = "｜".join(text for text in (row["title"], row["project"], row["indicator"]) if text)
        lines += [
            f"{number}. {head}",
            f"   {row['message']}",
            f"   {label('answer_status')}：{row['answer_status'] or '—'}",
            f"   {label('answer')}：{row['answer'] or '—'}",
        ]
    return "\n".join([*lines, ""])
