"""The page of findings (问题清单网页): one file that filters and prints without a network; every text is escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

import jixiao
from jixiao.analysis.summary import list_findings
from jixiao.core.files import write_safely
from jixiao.core.results import Results
from jixiao.core.vocabulary import label, value_labels, vocabulary, word
from jixiao.show.markup import asset, fill
from jixiao.show.tables import show_passed, show_suppressions

PAGES = Path(__file__).parent / "assets"
_FILTERS = ("severity", "year", "department", "project", "title")


def _words() -> dict[str, str]:
    return dict(vocabulary()["findings_page"])


def write_page(results: Results, path: Path, *, findings: pd.DataFrame | None = None) -> None:
    """Write findings as one page (问题清单网页) that needs no network.

    Args:
        results: What was found, where the checks looked and what was put aside.
        path: Where to write.
        findings: Show only these, from :func:`jixiao.analysis.summary.list_findings`; all of them when missing.
    """
    text = make_page(results, list_findings(results) if findings is None else findings)
    write_safely(path, lambda target: target.write_text(text, encoding="utf-8"))


def make_page(results: Results, findings: pd.DataFrame) -> str:
    """Return the page as text."""
    words, rows = _words(), findings.to_dict("records")
    severities = list(value_labels()["severity"])
    as_of = f"{results.as_of.astimezone():%Y-%m-%d %H:%M}"
    shown = show_suppressions(results.suppressions)._repr_html_() if len(results.suppressions) else ""
    return fill(
        PAGES,
        "page.html",
        words=words,
        about=words["as_of"].format(as_of=as_of, version=jixiao.__version__),
        counts=[(one, sum(row["severity"] == one and not row["suppression"] for row in rows)) for one in severities],
        filters=[(name, severities if name == "severity" else _known(rows, name)) for name in _FILTERS],
        findings=[{**row, "named": _named(row), "basis_text": basis_text(row)} for row in rows],
        marks=_FILTERS,
        passed=Markup(show_passed(results.passed)._repr_html_()),
        suppressions=Markup(shown),
        style=asset(PAGES / "style.css"),
        script=asset(PAGES / "filter.js"),
        label=label,
        word=word,
    )


def _known(rows: list[dict[Any, Any]], name: str) -> list[str]:
    return sorted({str(row[name]) for row in rows} - {""})


def _named(row: dict[Any, Any]) -> str:
    """Return what a finding is about: year, project, evaluation and indicator."""
    named = [str(row["year"]), row["project"], word("evaluation", row["evaluation"]), row["indicator"]]
    return "　".join(text for text in named if text)


def basis_text(row: dict[Any, Any]) -> str:
    """Write a basis with how far it can be relied on (依据及其性质).

    Example:
        >>> basis_text({"basis": "某办法第一条", "basis_mark": "F"})
        '〔官方条文〕某办法第一条'
    """
    return f"〔{word('basis_mark', row['basis_mark'])}〕{row['basis']}"
