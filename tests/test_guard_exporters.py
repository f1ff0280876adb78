"""Whatever stands in the data, everything that is written opens, says no sign that nobody sees, and runs nothing."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pandas as pd
import pytest
import yaml
from lxml import etree, html

from jixiao.analysis.summary import list_findings
from jixiao.builds.ledger.book import ISSUES
from jixiao.builds.run import evaluate
from jixiao.core.errors import JixiaoError
from jixiao.core.frames import typed
from jixiao.core.harmless import is_harmless
from jixiao.core.results import Results
from jixiao.publish import papers
from jixiao.publish.boards.site import write_site
from jixiao.publish.findings import answers, exchange, webpage
from jixiao.publish.forms import write_forms
from jixiao.publish.papers import meeting_summary
from jixiao.publish.papers.open_questions import write_questions
from jixiao.publish.papers.reminders import write_reminders
from jixiao.publish.reports.index import make_index
from jixiao.publish.reports.report_pages import make_page
from jixiao.publish.rounds import sent_books
from jixiao.reading.files import read_grids
from jixiao.show import figures
from jixiao.show.figure import figure_html
from jixiao.show.tables.lists import show_findings
from jixiao.show.workbook import write_sheets
from jixiao.whatif import compare, make_scenario
from jixiao.whatif.export import write_comparison

# fmt: off
EVIL = [
    *("\x1b[31m", "\x00", "\x07", "\x08", "\x0b", "\x7f", "\x9b31m", "\r", "\u202e", "\u2066", "\u200f", "\ufffe"),
    *("\uffff", "\ud800", "\udfff", "\U000e0041", "\ufeff", "\u2028", "\u0085", "_x001B_", "_x0000_", "\n", "\t"),
    *("=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", '=HYPERLINK("http://evil")', "{=1}", "\t=1", "'=1", "\n=1"),
    *("<script>alert(7)</script>", "</script><b id=evil>", "<img src=x onerror=alert(7)>", '"><svg onload=alert(7)>'),
    *("' onmouseover='alert(7)", "]]><evil/>", "<!--", "-->", "&amp;&lt;&#0;", "<r><t>x</t></r>", "javascript:alert()"),
    *("{{ 7 * 7 }}", "{% for a in b %}", "{#", "%s %d {} {0}", "${7*7}", "$x^2$", "[a](javascript:alert(7))", "|`*_~"),
    *("\\", "..\\..\\evil", "../../evil", "C:evil", "con", "null: [", "- a: *b", "!!python/object:os.system", "%YAML"),
    *("长" * 33_000, "x" * 40_000, "0" * 400, "1e999", "nan", "\U0001f4a3", "e\u0301", "ﷺ" * 40),
]
NAMES = {
    "project", "department", "unit", "parent", "indicator", "objective", "objective_achieved", "target_text", "owner",
    "actual_text", "deviation_reason", "scoring_standard", "remark", "measure_unit", "message", "printed", "derived",
    "text", "heading", "quote", "cause", "item_title", "evaluator", "document_title", "note", "source_sheet", "reason",
    "score_explanation", "loss_reason", "subcategory", "issue_text", "demand", "answer", "feedback", "evidence_files",
    "unit_advice", "bureau_advice", "return_reason", "suppression", "title", "resolution",
}
# fmt: on


@pytest.fixture(scope="module")
def sample() -> Results:
    return evaluate("sample")


def poisoned(frame: pd.DataFrame, evil: str, where: str) -> pd.DataFrame:
    """Return a frame with a hostile text in every name and every text, equal names alike."""
    columns = [name for name in frame.columns if name in NAMES]
    evil = evil.encode("utf-8", "ignore").decode()  # half a sign cannot stand in a frame
    return frame.assign(**{name: frame[name].map(lambda text: mixed(text, evil, where)) for name in columns})


def mixed(text: Any, evil: str, where: str) -> Any:
    if not isinstance(text, str) or not text:
        return text
    return {"before": evil + text, "after": text + evil, "inside": text[:1] + evil + text[1:], "alone": evil}[where]


def hostile(results: Results, evil: str, where: str) -> Results:
    frames = replace(results.frames, **{name: poisoned(frame, evil, where) for name, frame in results.frames.items()})
    changed = {name: poisoned(getattr(results, name), evil, where) for name in ("scores", "totals", "findings")}
    return replace(results, frames=frames, remark=mixed("虚构", evil, where), **changed)


def exporters(results: Results, folder: Path, evil: str, where: str) -> dict[str, Callable[[], object]]:
    """Return everything that writes something from data, by name."""
    found, whole = list_findings(results), evil.encode("utf-8", "ignore").decode()  # no half sign in a frame
    first = results.totals.iloc[0]
    named = {"year": int(first["year"]), "project": first["project_id"], "evaluation": first["evaluation"]}
    said = found[["finding_id"]].assign(answer=mixed("已整改", whole, where), answer_status="agreed")
    issue = {name: mixed("甲", whole, where) if name in NAMES else "1" for name in ISSUES}
    numbers = {name: 1 for name, kind in ISSUES.items() if kind != "str"}
    issues = typed([{**issue, **numbers, "issue_state": "open", "feedback_status": ""}], ISSUES)
    book = sent_books.Book(
        sheet="表", title=mixed("甲", evil, where), head=evil, note=evil, widths={"project": 9, "answer": 9}
    )

    def compared() -> Any:
        return compare(
            results,
            make_scenario({"name": mixed("甲", whole, where), "note": evil or "乙", "profile": "caiyu_2021_101"}),
        )

    def text(name: str, content: str) -> None:
        (folder / name).write_text(content, encoding="utf-8", newline="")

    return {
        "findings.xlsx": lambda: answers.write_workbook(found, folder / "findings.xlsx", as_of=evil),
        "sheets.xlsx": lambda: write_sheets(folder / "sheets.xlsx", {"甲": found[["message"]]}, notes=[evil]),
        "book.xlsx": lambda: sent_books.write_book(folder / "book.xlsx", book, [{"project": evil, "answer": evil}]),
        "scoring.xlsx": lambda: papers.write_workbook(results, folder / "scoring.xlsx", **named),
        "review.xlsx": lambda: papers.write_review(results, folder / "review.xlsx", **named),
        "forms": lambda: write_forms(results.frames, folder / "forms", year=2023),
        "scenario.xlsx": lambda: write_comparison(compared(), folder / "scenario.xlsx"),
        "scenario.html": lambda: write_comparison(compared(), folder / "scenario.html"),
        "scenario.yaml": lambda: write_comparison(compared(), folder / "scenario.yaml"),
        "findings.csv": lambda: text("findings.csv", exchange.write_findings(found, "csv")),
        "findings.json": lambda: text("findings.json", exchange.write_findings(found, "json")),
        "findings.txt": lambda: text("findings.txt", exchange.write_findings(found, "text")),
        "answers.csv": lambda: text("answers.csv", exchange.write_answers(said, found, "csv")),
        "answers.json": lambda: text("answers.json", exchange.write_answers(said, found, "json")),
        "rows.csv": lambda: text("rows.csv", exchange.write_rows(show_findings(found).frame, "csv")),
        "rows.json": lambda: text("rows.json", exchange.write_rows(show_findings(found).frame, "json")),
        "page.html": lambda: webpage.write_page(results, folder / "page.html"),
        "index.html": lambda: text("index.html", make_index([index_row(evil, where)], results)),
        "report.html": lambda: text("report.html", make_page(mixed("甲", evil, where), "", evil, remark=evil)),
        "figure.html": lambda: text("figure.html", drawn(results, evil)),
        "report.docx": lambda: papers.write_report(results, folder / "report.docx", **named),
        "letter.docx": lambda: papers.write_review(results, folder / "letter.docx", **named),
        "summary.docx": lambda: papers.write_department(
            results, folder / "summary.docx", year=int(first["year"]), department=first["department"]
        ),
        "questions.docx": lambda: write_questions(results, folder / "questions.docx", first),
        "reminders": lambda: write_reminders(results, folder / "reminders"),
        "meeting.docx": lambda: meeting_summary._write(folder / "meeting.docx", issues, 2023, "2024-01-01"),
        "site": lambda: write_site(results, folder / "site"),
    }


def index_row(evil: str, where: str) -> dict[str, Any]:
    text = mixed("甲", evil, where)
    return {"folder": "a", "files": {}, "error": text, "cells": [[text, text]] * 11}


def drawn(results: Results, evil: str) -> str:
    return figure_html(figures.plot_execution_rates(results.totals.assign(execution_rate=0.5)).to_dict(), evil)


def read_back(path: Path) -> None:
    """Open one written file as those do who get it; it fails if it does not open or does anything."""
    kind = path.suffix
    if kind in (".xlsx", ".docx"):
        with zipfile.ZipFile(path) as archive:
            for part in (name for name in archive.namelist() if name.endswith((".xml", ".rels"))):
                read = etree.fromstring(archive.read(part))
                assert is_harmless("".join(read.itertext()).replace("\r", "")), (path.name, part)
                assert all(is_harmless(value) for node in read.iter(etree.Element) for value in node.attrib.values())
                assert "evil" not in "".join(
                    node.get("Target", "")
                    for node in read.iter("{*}Relationship")
                    if node.get("TargetMode") == "External"
                )
    if kind == ".xlsx":
        for sheet in openpyxl.load_workbook(path):
            for row in sheet.iter_rows():
                for cell in row:
                    assert len(str(cell.value or "")) <= 32_767
                    assert cell.data_type != "f" or not re.search("HYPERLINK|cmd|1\\+1|SUM\\(1", str(cell.value)), cell
        read_grids(path, path.name)
    elif kind == ".docx":
        body = docx.Document(str(path)).element.body
        assert not [one for one in body.iter("{*}instrText") if "evil" in (one.text or "")]
        assert "49" not in [one.text for one in body.iter("{*}t")]
    elif kind == ".html":
        text = path.read_text(encoding="utf-8")
        shown = re.sub("<script.*?</script>", "", text, flags=re.DOTALL)  # that of plotly names such signs
        assert is_harmless(shown), path.name
        page = html.document_fromstring(text)
        assert not page.xpath("//*[@id='evil']") and not page.xpath("//evil")
        for node in page.iter(etree.Element):
            assert not any(name.startswith("on") and "alert" in value for name, value in node.attrib.items()), node
            assert not node.get("href", "").strip().lower().startswith("javascript:")
            assert node.tag != "script" or not (node.text or "").strip().startswith("alert(7)")
    elif kind == ".csv":
        text = path.read_text(encoding="utf-8-sig")
        assert is_harmless(text)
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) == 1
        assert not any(field.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for field in row)
    elif kind == ".json":
        assert json.loads(path.read_text(encoding="utf-8")) is not None
    elif kind == ".yaml":
        yaml.safe_load(path.read_text(encoding="utf-8"))
    elif kind == ".js" and "plotly" not in path.name:  # which names such signs
        text = path.read_text(encoding="utf-8")
        assert is_harmless(text)
    elif kind == ".txt":
        path.read_text(encoding="utf-8")


SENTENCE = re.compile("[。；，：“”\u4e00-\u9fff]")


def written(results: Results, folder: Path, evil: str, where: str) -> dict[str, str]:
    """Write everything, read everything back, and return which were refused with one sentence."""
    folder.mkdir()
    refused = {}
    for name, write in exporters(results, folder, evil, where).items():
        try:
            write()
        except JixiaoError as error:
            refused[name] = str(error)
            assert SENTENCE.search(str(error)) and len(str(error)) < 3_000, name
        except Exception as error:
            raise AssertionError(f"{name}: {type(error).__name__}: {error}") from error
    for path in sorted(folder.rglob("*")):
        assert path.resolve().is_relative_to(folder.resolve())
        if path.is_file():
            read_back(path)
    return refused


def test_everything_is_written_and_opens(sample, tmp_path):
    assert written(sample, tmp_path / "plain", "", "after").keys() <= {"reminders"}
    assert {path.suffix for path in tmp_path.rglob("*.*")} >= {
        ".xlsx",
        ".docx",
        ".html",
        ".csv",
        ".json",
        ".yaml",
        ".js",
    }


@pytest.mark.parametrize("turn", range(6))
def test_hostile_texts_in_everything_that_is_written(sample, tmp_path, turn):
    """Each turn mixes a share of the hostile texts; together all of them, in four places."""
    draw = random.Random(turn)
    mine = [one for number, one in enumerate(EVIL) if number % 6 == turn]
    evil = "".join(one for one in draw.sample(mine, len(mine)) if len(one) < 1_000)
    where = ["before", "after", "inside", "alone"][turn % 4]
    refused = written(hostile(sample, evil, where), tmp_path / where, evil, where)
    assert refused.keys() <= {"reminders", "forms"}, refused


def test_texts_too_long_for_a_cell(sample, tmp_path):
    evil = EVIL[-8]
    assert len(evil) > 32_767
    refused = written(hostile(sample, evil, "after"), tmp_path / "out", evil, "after")
    assert all(name.endswith(".xlsx") or name in ("forms", "reminders") for name in refused), refused
