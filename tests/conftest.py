"""Small factories for the tests: forms held in memory, frameworks written to a folder, cases read from YAML."""

from __future__ import annotations

import copy
import json
import os
import re
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import openpyxl
import pandas as pd
import pytest

from jixiao.builds import journal, run
from jixiao.builds.ledger import ledger_place
from jixiao.checks import run_checks
from jixiao.core.declared import load_yaml
from jixiao.core.files import find_place
from jixiao.core.frames import FINDINGS, PASSED, Frames, typed
from jixiao.core.results import Results
from jixiao.reading.folder import load_frames
from jixiao.reading.forms.records import Reading, Record
from jixiao.reading.tidy.make_frames import make_frames
from jixiao.sample import Wanted, write_province
from jixiao.scoring import frameworks as framework_module
from jixiao.scoring import score
from jixiao.scoring.frameworks import Framework, load_framework_file

# The same examples in every run, so that a red run says something about the change; `make soak` draws new ones.
hypothesis.settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
hypothesis.settings.register_profile("soak", derandomize=False, print_blob=True, deadline=None)
hypothesis.settings.load_profile(os.environ.get("JIXIAO_EXAMPLES", "fixed"))

# What tests do is no entry in the journal of the person who runs them.
_JOURNAL = tempfile.TemporaryDirectory(prefix="jixiao_journal_")
os.environ.setdefault("JIXIAO_JOURNAL", str(Path(_JOURNAL.name) / "journal.jsonl"))
os.environ.setdefault("JIXIAO_LOGS", _JOURNAL.name)

TESTS = Path(__file__).parent
ROOT = TESTS.parent


class _SampleOnce(dict[str, Results]):
    """What is handed over: to the examples of docstrings the sample, evaluated once for all of them."""

    def __contains__(self, place: object) -> bool:
        is_example = os.environ.get("PYTEST_CURRENT_TEST", "").startswith("jixiao/")
        if place != "data/sample" or not is_example:
            return super().__contains__(place)
        if not super().__contains__(place):
            folder = ROOT / "data" / "sample"
            self["data/sample"] = run.evaluate_folder(load_frames(folder)[0], folder)
        return True


run._HANDED = _SampleOnce()


def pytest_addoption(parser):
    """Let a run list the tests that cost most: ``--cpu 20``."""
    parser.addoption(
        "--cpu", type=int, default=0, help="list so many tests by their CPU seconds, ended children included"
    )


def _cpu_seconds() -> float:
    return sum(os.times()[:4])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Note when the processor began with a test."""
    item.stash[_BEGAN] = _cpu_seconds()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Say in the report of a test what it cost, its fixtures included."""
    item.user_properties.append(("cpu", _cpu_seconds() - item.stash.get(_BEGAN, _cpu_seconds())))


def pytest_terminal_summary(terminalreporter, config):
    """List the tests that cost most, when that was asked for."""
    reports = [report for found in terminalreporter.stats.values() for report in found if hasattr(report, "when")]
    spent = {
        report.nodeid: seconds
        for report in reports
        for name, seconds in getattr(report, "user_properties", ())
        if name == "cpu"
    }
    dearest = sorted(spent.items(), key=lambda one: -one[1])[: config.getoption("--cpu")]
    for name, seconds in dearest:
        terminalreporter.write_line(f"{seconds:8.2f} CPU s  {name}")
    if dearest:
        terminalreporter.write_line(f"{sum(spent.values()):8.2f} CPU s  {len(spent)} tests")


_BEGAN = pytest.StashKey[float]()
PACKAGE = ROOT / "jixiao"
SOURCE = ROOT / "data" / "source"
CASES = TESTS / "cases"


class Result(NamedTuple):
    """What comes out when forms go through the whole core."""

    frames: Frames
    scores: pd.DataFrame
    totals: pd.DataFrame
    findings: pd.DataFrame


@pytest.fixture(scope="session")
def small_province(tmp_path_factory) -> Path:
    """Return a made-up place of six departments, three years and seventy projects."""
    out = tmp_path_factory.mktemp("province") / "example"
    write_province(Wanted(departments=6, years=(2022, 2023, 2024), projects=70, seed=1), out)
    return out


def load_cases(stem: str) -> list[dict[str, Any]]:
    """Read one file of cases, as strictly as a rule file."""
    content, mistakes = load_yaml(CASES / f"{stem}.yaml")
    assert mistakes == []
    for case in content:
        assert set(case) == {"name", "year", "input", "output"}, case.get("name")
    names = [case["name"] for case in content]
    assert len(set(names)) == len(names), f"{stem}: repeated names"
    return content


def case_params(stems: Iterable[str]) -> list[Any]:
    """Return (stem, case) parameters, each with a readable id."""
    return [pytest.param(stem, case, id=f"{stem}-{case['name']}") for stem in stems for case in load_cases(stem)]


def text_of(value: Any) -> str:
    """Return a cell as a form holds it: text."""
    return "" if value is None else str(value)


def record_of(block: str, sheet: str, row: int, texts: dict[str, Any], name: str) -> Record:
    """Make one record; a cell is addressed as <name of the row>.<column>."""
    return Record(
        block,
        sheet,
        row,
        {key: text_of(value) for key, value in texts.items()},
        {key: f"{name}.{key}" for key in texts},
    )


ACCOUNT = {
    "compiling_unit": "示例局",
    "unit_cell": "A3",
    **dict.fromkeys(["table", "side", "row_code", "row_no", "column_no"], ""),
}
"""What a cell of a final account says when a case does not say otherwise."""


def make_reading(form: dict[str, Any]) -> Reading:
    """Turn a compact form (see cases/base.yaml) into what ``sources`` would have read from a file."""
    name = form.get("file", f"{form['year']}/{form.get('project', form['form'])}_{form['evaluation']}.xlsx")
    reading = Reading(name, form["form"], form["evaluation"], form["year"], form.get("money_unit", "万元"))
    for column in ("project", "department", "unit", "claimed_counts", "total_claimed", "grade_claimed", "parent"):
        if column in form:
            reading.head[column] = record_of("head", "表", 1, {column: form[column]}, "head")
    row = 1
    rows_of: dict[str, int] = {}  # the cells of one row of a final account share its number
    for block in (
        "funds",
        "outline",
        "indicators",
        "summary",
        "achievements",
        "list",
        "subtotal",
        "total",
        "grade",
        "account",
    ):
        rows = form.get(block) or []
        for texts in rows if isinstance(rows, list) else [rows]:
            row += 1
            texts = dict(texts)
            label = texts.pop("row", "") or texts.get("indicator") or texts.get("subcategory") or texts.get("project")
            label = label or texts.get("list_label")
            label = label or texts.get("fund") or block
            if block == "account":
                texts = {**ACCOUNT, **texts}
            sheet = "表" if block in {"funds", "indicators", "list", "subtotal", "total", "grade"} else block
            place = (
                rows_of.setdefault(text_of([texts[key] for key in ("table_code", "row_name")]), row)
                if (block == "account")
                else row
            )
            reading.records.append(record_of(block, sheet, place, texts, text_of(label)))
    return reading


def evaluate(*forms: dict[str, Any], framework: str = "") -> Result:
    """Take forms through frames, scores, totals and findings."""
    frames = make_frames([make_reading(form) for form in forms])
    scores, totals = score(frames, framework=framework)
    return Result(frames, scores, totals, run_checks(frames, scores, totals)[0])


def score_forms(*forms: dict[str, Any], framework: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take forms through frames to scores and totals."""
    return score(make_frames([make_reading(form) for form in forms]), framework=framework)


@pytest.fixture
def no_checks(monkeypatch):
    """Leave the checks out of a build: they cost most of a small one and have tests of their own."""
    nothing = typed([], FINDINGS), typed([], PASSED)
    monkeypatch.setattr("jixiao.builds.run.evaluate_frames", lambda frames, *_, **__: (*score(frames), *nothing))


@pytest.fixture(scope="session")
def sample_results() -> Results:
    """Return everything data/sample gives; shared by all tests, so nobody changes it."""
    return run.evaluate("data/sample")


@pytest.fixture
def ledger_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with an empty ledger and a journal of its own."""
    monkeypatch.setenv(ledger_place.SETTING, str(tmp_path / "ledger.jsonl"))
    monkeypatch.setenv(journal.SETTING, str(tmp_path / "journal.jsonl"))
    return tmp_path


@pytest.fixture(scope="session")
def published() -> Result:
    """Return what the published documents give; shared by all tests, so nobody changes it."""
    frames, errors = load_frames(SOURCE)
    assert errors == []
    scores, totals = score(frames)
    return Result(frames, scores, totals, run_checks(frames, scores, totals)[0])


def scored_place(place: str) -> Results:
    """Return what a place gives, scored but not audited."""
    folder = find_place(place)
    frames = load_frames(folder)[0]
    return Results(frames, *score(frames), typed([], FINDINGS), folder, datetime.now(UTC))


def base_form(name: str) -> dict[str, Any]:
    """Return one of the forms of cases/base.yaml in which nothing is wrong."""
    content, mistakes = load_yaml(CASES / "base.yaml")
    assert mistakes == []
    return copy.deepcopy(content[name])


def changed_form(change: dict[str, Any], year: int) -> dict[str, Any]:
    """Return a base form with the changes of one case: ``rows`` by name, ``drop``, ``add`` and whole parts."""
    change = dict(change)
    form = base_form(change.pop("base"))
    form["year"] = year
    named = ("funds", "indicators", "outline", "summary", "achievements", "list", "total", "subtotal", "account")
    for name, cells in change.pop("rows", {}).items():
        rows = [row for block in named for row in _listed(form.get(block)) if name in _names(row)]
        assert rows, f"no row {name}"
        for row in rows:
            row.update({key: value for key, value in cells.items() if key in row or key in cells.get("also", [])})
            row.update({key: value for key, value in cells.items() if row is rows[0] and key != "also"})
    for name in change.pop("drop", []):
        for block in named:
            if isinstance(form.get(block), list):
                form[block] = [row for row in form[block] if name not in _names(row)]
    for block, rows in change.pop("add", {}).items():
        form[block] = [*form.get(block, []), *rows]
    for key, value in change.items():
        form[key] = {**form[key], **value} if isinstance(form.get(key), dict) and isinstance(value, dict) else value
    return form


def case_forms(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the forms of one case: one, or with ``forms`` several that each say their year when it is another."""
    given = copy.deepcopy(case["input"])
    several = given.get("forms", [given])
    forms = [
        changed_form({key: value for key, value in one.items() if key != "year"}, one.get("year", case["year"]))
        for one in several
    ]
    for form in forms if len(forms) > 1 else []:
        for row in form.get("account", []):  # the accounts of two years belong together by the unit that compiled them
            row.setdefault("compiling_unit", case["name"])
    return forms


def _listed(rows: Any) -> list[dict[str, Any]]:
    return rows if isinstance(rows, list) else [rows] if rows else []


def _names(row: dict[str, Any]) -> set[str]:
    return {text_of(row.get(key)) for key in ("indicator", "fund", "project", "row", "list_label")} | (
        {text_of(row.get("subcategory"))} if "indicator" not in row else set()
    )


def one_row_form(given: dict[str, Any], year: int) -> dict[str, Any]:
    """Return a self-evaluation with one indicator, and with funds when money is given."""
    money = {key: given.get(key) for key in ("annual_budget", "arrived", "executed")}
    funds = {"fund": "total", **money, "execution_rate": given.get("execution_rate")}
    if given.get("is_execution"):
        funds |= {"weight": given["weight"], "reported_score": given.get("reported")}
    row = {
        "category": given.get("category", "产出指标"),
        "subcategory": given.get("subcategory", "数量指标"),
        "indicator": given.get("indicator", "示例指标"),
        "target": given.get("target"),
        "actual": given.get("actual"),
        "weight": given["weight"],
        "reported_score": given.get("reported"),
        "deviation_reason": "",
    }
    return {
        "form": "self_evaluation",
        "evaluation": "self",
        "year": year,
        "project": "示例项目",
        "unit": "示例中心",
        "department": "示例局",
        "funds": [funds],
        "indicators": [] if given.get("is_execution") else [row],
    }


def framework_text(**changes: Any) -> str:
    """Return a correct framework file with some keys changed; a key set to None is left out."""
    whole: dict[str, Any] = {
        "id": "caiyu_case",
        "name": "示例指标体系",
        "evaluations": ["self"],
        "default": True,
        "effective_from": 2020,
        "basis": {"text": "示例依据", "mark": "F"},
        "full_score": 100,
        "execution_definition": "full_year",
        "grades_basis": {"text": "示例依据", "mark": "F"},
        "grades": [
            {"id": "excellent", "name": "优", "from": 90},
            {"id": "good", "name": "良", "from": 80},
            {"id": "fair", "name": "中", "from": 60},
            {"id": "poor", "name": "差", "from": 0},
        ],
        "categories": [{"id": "output", "names": ["产出指标"], "weight": 100}],
        "rules": [{"method": "proportional_to_target", "basis": {"text": "示例依据", "mark": "F"}}],
    }
    whole.update(changes)
    kept = {key: value for key, value in whole.items() if value is not None}
    lines = []
    for key, value in kept.items():
        text = json.dumps(value, ensure_ascii=False, default=lambda number: float(number))
        lines.append(f"{key}: {text}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def use_rule(tmp_path, monkeypatch):
    """Score self-evaluations by one rule only: method and parameters."""

    def use(method: str, **parameters: Any) -> Framework:
        rule = {"method": method, "basis": {"text": "示例评分标准", "mark": "P"}, **parameters}
        path = tmp_path / "caiyu_case.yaml"
        path.write_text(framework_text(rules=[rule]), encoding="utf-8")
        loaded = load_framework_file(path)
        monkeypatch.setattr(framework_module, "load_frameworks", lambda: (loaded,))
        return loaded

    return use


def as_decimal(value: Any) -> Decimal | None:
    """Return a number of a frame exactly as it is shown; missing is None."""
    return None if value is None or value is pd.NA or value != value else Decimal(repr(float(value)))


def write_self_form(path: Path, rows: list[list[Any]] | None = None, **head: Any) -> openpyxl.Workbook:
    """Write a small self-evaluation workbook as people fill it in; returns the workbook after saving."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "项目支出绩效自评表"
    funds = head.get("funds", ["", "", "年度资金总额", 100, 100, 100, 10, 1, 10])
    content = [
        [head.get("title", "项目支出绩效自评表")],
        [head.get("year", "（2023年度）")],
        ["项目名称", head.get("project", "示例项目")],
        ["主管部门", "示例局", "", "", "", "实施单位", head.get("unit", "示例中心")],
        ["项目资金（万元）", "", "", "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"],
        funds,
        [
            "绩效指标",
            "一级指标",
            "二级指标",
            "三级指标",
            "年度指标值",
            "实际完成值",
            "分值",
            "得分",
            "偏差原因分析及改进措施",
        ],
        *(rows if rows is not None else [["", "产出指标", "数量指标", "通车里程", "≥100公里", "100公里", 90, 90, ""]]),
        ["总分", "", "", "", "", "", 100, 100, ""],
    ]
    for line in content:
        sheet.append(line)
    for row, column in head.get("percent", [(6, 8)]):
        sheet.cell(row, column).number_format = "0%"
    for area in head.get("merge", []):
        sheet.merge_cells(area)
    book.save(path)
    return book


def cell_value(file: str, sheet: str, address: str) -> Any:
    """Open one cell of a published file without the package: openpyxl for workbooks, python-docx for documents."""
    path = SOURCE / file
    if path.suffix == ".xlsx":
        cell = openpyxl.load_workbook(path)[sheet][address]
        return f"{round(cell.value * 100, 4):g}%" if "%" in cell.number_format and cell.data_type == "n" else cell.value
    import docx

    row, column = (int(number) for number in re.fullmatch(r"第(\d+)行第(\d+)列", address).groups())
    caption = ""
    for item in docx.Document(str(path)).iter_inner_content():
        if hasattr(item, "rows"):
            if caption == sheet:
                return item.rows[row - 1].cells[column - 1].text
        elif item.text.strip():
            caption = item.text.strip()
    raise AssertionError(f"{file} has no table {sheet}")
