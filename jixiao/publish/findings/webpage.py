"""The page of findings (问题清单网页): one file that filters and prints without a network; every text is escaped."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

import jixiao
from jixiao.analysis.summary import list_findings
from jixiao.core.declared import load_shipped
from jixiao.core.files import write_safely
from jixiao.core.results import Results
from jixiao.core.vocabulary import label, value_labels, word
from jixiao.show.tables import show_passed, show_suppressions

PAGES = Path(__file__).parent / "assets"
_FILTERS = ("severity", "year", "department", "project", "title")


def _words() -> dict[str, str]:
    return dict(load_shipped("vocabulary.yaml")["findings_page"])


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
    words = _words()
    rows = findings.to_dict("records")
    counts = [(one, sum(row["severity"] == one and not row["suppression"] for row in rows)) for one in _severities()]
    more = [f"<h2>{escape(words['passed'])}</h2><p class='about'>{escape(words['passed_note'])}</p>"]
    more.append(show_passed(results.passed)._repr_html_())
    if len(results.suppressions):
        more.append(f"<h2>{escape(words['suppressions'])}</h2>{show_suppressions(results.suppressions)._repr_html_()}")
    as_of = f"{results.as_of.astimezone():%Y-%m-%d %H:%M}"
    parts = {
        "title": escape(words["title"]),
        "about": escape(words["as_of"].format(as_of=as_of, version=jixiao.__version__)),
        "counts": "".join(
            f"<li class='{one}'><b>{count}</b>{escape(word('severity', one))}</li>" for one, count in counts
        ),
        "filters": _filters(rows, words),
        "shown": escape(words["shown"]),
        "findings": "\n".join(_article(row) for row in rows) or f"<p>{escape(words['none'])}</p>",
        "more": "\n".join(more),
        "style": (PAGES / "style.css").read_text(encoding="utf-8"),
        "script": (PAGES / "filter.js").read_text(encoding="utf-8"),
    }
    return Template((PAGES / "page.html").read_text(encoding="utf-8")).substitute(parts)


def _severities() -> list[str]:
    return list(value_labels()["severity"])


def _filters(rows: list[dict[Any, Any]], words: dict[str, str]) -> str:
    """Return the fields by which the page is filtered."""
    fields = [f"<label>{escape(words['search'])}<input name='search' type='search'></label>"]
    for name in _FILTERS:
        values = _severities() if name == "severity" else sorted({str(row[name]) for row in rows} - {""})
        options = "".join(
            f"<option value='{escape(value, quote=True)}'>{escape(word(name, value))}</option>" for value in values
        )
        choice = f"<option value=''>{escape(words['all'])}</option>{options}"
        fields.append(f"<label>{escape(label(name))}<select name='{name}'>{choice}</select></label>")
    fields.append(f"<button type='button' id='print'>{escape(words['print'])}</button>")
    return "".join(fields)


def basis_text(row: dict[Any, Any]) -> str:
    """Write a basis with how far it can be relied on (依据及其性质).

    Example:
        >>> basis_text({"basis": "某办法第一条", "basis_mark": "F"})
        '〔官方条文〕某办法第一条'
    """
    return f"〔{word('basis_mark', row['basis_mark'])}〕{row['basis']}"


def _article(row: dict[Any, Any]) -> str:
    """Write one finding."""
    data = " ".join(f"data-{name}='{escape(str(row[name]), quote=True)}'" for name in _FILTERS)
    named = [str(row["year"]), row["project"], word("evaluation", row["evaluation"]), row["indicator"]]
    lines = [
        f"<h3><span class='severity'>{escape(word('severity', row['severity']))}</span>{escape(row['title'])}</h3>",
        f"<p class='where'>{escape('　'.join(text for text in named if text))}</p>",
        f"<p>{escape(row['message'])}</p>",
        f"<p class='where'>{label('place')}：{escape(row['source_file'])} {escape(row['source_sheet'])}!"
        f"{escape(row['source_cell'])}</p>",
        f"<p>{label('resolution')}：{escape(row['resolution'])}</p>",
        f"<p class='basis'>{label('basis')}：{escape(basis_text(row))}</p>",
    ]
    if row["suppression"]:
        lines.append(f"<p>{label('suppression')}：{escape(row['suppression'])}</p>")
    aside = " aside" if row["suppression"] else ""
    return f"<article class='{row['severity']}{aside}' id='f{row['finding_id']}' {data}>{''.join(lines)}</article>"
