"""The index page of the reports folder (报告目录): every report with its total, grade, findings and files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

import jixiao
from jixiao.analysis.summary import summarise_departments, summarise_evaluations
from jixiao.core.files import write_safely
from jixiao.core.harmless import json_text
from jixiao.core.results import Results
from jixiao.core.vocabulary import label
from jixiao.core.writing import value_text
from jixiao.publish.reports.making import as_of_text, read_record
from jixiao.publish.reports.notebooks import report_words
from jixiao.publish.reports.report_pages import PAGES, css_text
from jixiao.publish.reports.requests import SUMMARY, all_reports, kind_word
from jixiao.show.markup import asset, fill

NUMBERS = ("total_reported", "total", "execution_rate", "findings", "errors")
GRADED = ("reported_grade", "grade")
COLUMNS = ("total_reported", "reported_grade", "total", "grade", "execution_rate", "findings", "errors")


def write_index(results: Results, out: Path, errors: Mapping[tuple[int, str, str, str], str]) -> None:
    """Write the index page of a reports folder (写出报告目录).

    Args:
        results: All there is; a report that was not made has a row without files.
        out: The reports folder.
        errors: Why some reports could not be made, by the key of their request.
    """
    facts = _facts(results)
    rows = []
    for request in all_reports(results, "", out):
        record = read_record(out / request.folder)
        error = errors.get(request.key, "")
        shown = facts.get(request.key, {})
        rows.append(
            {
                "folder": request.folder,
                "files": {} if error or record is None else record["files"],
                "error": error,
                "cells": [
                    [request.year, str(request.year)],
                    [request.department, request.department or report_words()["no_department"]],
                    [request.project, request.project],
                    [request.kind, kind_word(request.kind)],
                    *(_cell(name, shown.get(name)) for name in COLUMNS),
                ],
            }
        )
    text = make_index(rows, results)
    write_safely(out / "index.html", lambda target: target.write_text(text, encoding="utf-8"))


def _facts(results: Results) -> dict[tuple[int, str, str, str], dict[str, Any]]:
    """Return what the index says of each report, by the key of its request."""
    evaluations = summarise_evaluations(results)
    found = {
        (row["year"], row["department"], row["project_id"], row["evaluation"]): row
        for row in evaluations.to_dict("records")
    }
    for row in summarise_departments(results).to_dict("records"):
        found[row["year"], row["department"], "", SUMMARY] = {**row, "total_reported": None}
    return found


def _cell(name: str, value: Any) -> list[Any]:
    """Return what a cell is sorted by and what it shows."""
    if value is None or pd.isna(value):
        return [None, ""]
    if name in NUMBERS:
        return [float(value), value_text(name, value)]
    return [str(value), value_text(name, value)]


def make_index(rows: list[dict[str, Any]], results: Results) -> str:
    """Return the page as text; its script builds the table from texts alone, so nothing in them is run."""
    words = report_words()
    heads = [label("year"), label("department"), label("project"), words["kind"], *map(label, COLUMNS)]
    numeric = [0, *(4 + number for number, name in enumerate(COLUMNS) if name in NUMBERS)]
    order = ["excellent", "good", "fair", "poor"]
    content = {
        "rows": rows,
        "heads": heads,
        "numeric": numeric,
        "grades": {"columns": [4 + COLUMNS.index(name) for name in GRADED], "order": order},
        "formats": words["formats"],
        "words": words["index_page"],
    }
    data = json_text(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    made = sum(bool(row["files"]) for row in rows)
    about = words["as_of"].format(as_of=as_of_text(results), count=made, all=len(rows))
    return fill(
        PAGES,
        "index.html",
        title=words["index"],
        about=about,
        head=Markup(css_text(words["index"])),
        style=asset(PAGES / "index.css"),
        script=asset(PAGES / "index.js"),
        data=Markup(data),
        needs_script=words["index_page"]["needs_script"],
        footer=words["made_by"].format(version=jixiao.__version__),
    )
