"""The corpus of forms as they arrive: every file under tests/forms/files is read exactly as its expectation says."""

import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from typing import Any
from unicodedata import normalize

import pandas as pd
import pytest
import yaml
from conftest import TESTS

from jixiao.reading.forms.sources import read_file
from jixiao.reading.tidy.make_frames import make_frames

CORPUS = TESTS / "forms" / "files"
EXPECTATIONS = sorted(CORPUS.glob("*.yaml"))
FORMATS = {".xlsx", ".xls", ".ods", ".docx", ".csv", ".tsv", ".pdf", ".doc", ".wps", ".et"}
FAMILIES = {"national", "hubei", "sichuan", "yunnan", "anhui", "shanghai"}
FORMS = {
    "self_evaluation",
    "target_declaration",
    "scoring_table",
    "whole_department",
    "budget_list",
    "final_account",
}
HABITS = yaml.safe_load((TESTS / "forms" / "content" / "habits.yaml").read_text(encoding="utf-8"))
MONEY = ("initial_budget", "annual_budget", "arrived", "executed")
NUMBERS = {"target_value", "actual_value", "weight", "reported_score"}
TERM = "中期目标"
DATES = {"target_date", "actual_date"}


def expectation(path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def plain(value: Any) -> str:
    """Return a text without white space: where a line breaks is no part of what a form says."""
    return re.sub(r"\s+", "", str(value))


def number(value: Any) -> str | None:
    """Return a number of a frame or of an expectation as decimal text; missing is None."""
    if value is None or value is pd.NA or value != value:
        return None
    return f"{Decimal(str(value)).normalize():f}"


def read_all(path) -> list[Any]:
    """Return what the reader found in a file: one reading per form."""
    found = read_file(path)
    return found if isinstance(found, list) else [found]


class Found:
    """What the reader made of one file."""

    def __init__(self, path) -> None:
        self.readings = read_all(path)
        self.frames = make_frames(self.readings)

    def of_form(self, form: dict[str, Any], name: str) -> pd.DataFrame:
        """Return the rows of a frame that belong to one expected form."""
        evaluations = self.frames.evaluations
        mine = evaluations[evaluations["year"].eq(form["year"]) & evaluations["evaluation"].eq(form["evaluation"])]
        for key, value in form["head"].items():
            mine = mine[mine[key].map(plain) == plain(value)]
        frame = getattr(self.frames, name)
        if name == "evaluations":
            return mine
        key = ["year", "project_id", "evaluation"]
        return frame.merge(mine[key].drop_duplicates(), on=key, how="inner", validate="many_to_one")

    def records(self, form: dict[str, Any], block: str) -> list[dict[str, str]]:
        """Return the texts of the records of one block of a form."""
        return [
            {key: plain(text) for key, text in record.texts.items()}
            for reading in self.readings
            if reading.form == form["form"] and reading.year == form["year"]
            for record in reading.records
            if record.block == block
        ]


def compare(what: str, expected: Any, found: Any) -> list[str]:
    return [] if expected == found else [f"{what}: expected {expected!r}, found {found!r}"]


def compare_budgets(form: dict[str, Any], found: Found) -> list[str]:
    rows = found.of_form(form, "budgets").to_dict("records")
    wrong = compare("funds", [row["fund"] for row in form["budgets"]], [row["fund"] for row in rows])
    by_fund = {row["fund"]: row for row in rows}
    for row in form["budgets"]:
        other = by_fund.get(row["fund"], {})
        for key in set(row) & set(MONEY):
            wrong += compare(f"{row['fund']}.{key}", number(row[key]), number(other.get(f"{key}_wan")))
        for key in set(row) & {"weight", "reported_score"}:
            wrong += compare(f"{row['fund']}.{key}", number(row[key]), number(other.get(key)))
        if "execution_rate_text" in row:
            text = plain(other.get("execution_rate_text", ""))
            wrong += compare(f"{row['fund']}.execution_rate_text", plain(row["execution_rate_text"]), text)
    return wrong


def compare_indicators(form: dict[str, Any], found: Found) -> list[str]:
    frame = found.of_form(form, "indicators")
    names = {plain(row["indicator"]) for row in form["indicators"]}
    # The execution rate of the funds is a row of its own; the budgets say what it holds.
    from_funds = frame["category"].eq(frame["indicator"]) & ~frame["indicator"].map(plain).isin(names)
    is_scored = any(row["fund"] == "total" and row.get("reported_score") is not None for row in form["budgets"])
    is_evaluated = form["form"] in {"self_evaluation", "whole_department"}
    wrong = compare("rows of the execution rate", int(is_scored and is_evaluated), int(from_funds.sum()))
    frame = frame[~from_funds]
    if "placeholders" in form:
        wrong += compare("placeholders", form["placeholders"], int(frame["is_placeholder"].sum()))
        frame = frame[~frame["is_placeholder"]]
    return wrong + compare_rows(form["indicators"], frame.to_dict("records"))


def compare_rows(expected: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[str]:
    """Compare indicators one by one; what the expectation does not know is not compared."""
    names = [plain(row["indicator"]) for row in rows]
    wrong = compare("indicators", [plain(row["indicator"]) for row in expected], names)
    for row, other in zip(expected, rows, strict=False):
        for key, value in row.items():
            if key in NUMBERS:
                pair = (number(value), number(other[key]))
            elif key in DATES:
                pair = (value, "" if pd.isna(other[key]) else f"{other[key]:%Y-%m-%d}")
            elif key == "target_text":  # where sign, number and unit stand apart, the sign may come in either width
                has_cell = bool(value or other["target_cell"])  # one that stands in the name has no cell of its own
                pair = (plain(normalize("NFKC", value)), plain(normalize("NFKC", other[key])) if has_cell else "")
            else:
                pair = (plain(value), plain(other[key]))
            wrong += compare(f"{row['indicator']}.{key}", *pair)
    return wrong


def compare_plan(form: dict[str, Any], found: Found) -> list[str]:
    """Compare a declaration of targets: its project, its money, and the targets of the year and of the whole term."""
    projects = found.frames.projects
    head = [{key: plain(row[key]) for key in form["head"]} for row in projects.to_dict("records")]
    wrong = compare("head", [{key: plain(text) for key, text in form["head"].items()}], head)
    budgets = found.frames.budgets[found.frames.budgets["evaluation"] == "plan"].to_dict("records")
    expected = {row["fund"]: number(row["annual_budget"]) for row in form["budgets"]}
    wrong += compare("budgets", expected, {row["fund"]: number(row["annual_budget_wan"]) for row in budgets})
    plans = found.frames.plans
    is_term = plans["term"].eq(TERM)
    term = [[plain(text) for text in row] for row in plans.loc[is_term, ["indicator", "target_text"]].to_numpy()]
    wrong += compare(TERM, [[plain(text) for text in row] for row in form.get("term_indicators", [])], term)
    return wrong + compare_rows(form["indicators"], plans[~is_term].to_dict("records"))


def compare_evaluation(form: dict[str, Any], found: Found) -> list[str]:
    rows = found.of_form(form, "evaluations").to_dict("records")
    if len(rows) != 1:
        return [f"{form['head']}: expected one evaluation, found {len(rows)}"]
    wrong = compare("form", form["form"], rows[0]["form"])
    wrong += compare("money_unit", form["money_unit"], rows[0]["money_unit"])
    wrong += compare("total_reported", number(form["total_reported"]), number(rows[0]["total_reported"]))
    wrong += compare("grade_reported", form["grade_reported"], rows[0]["grade_reported"])
    wrong += compare_budgets(form, found) + compare_indicators(form, found)
    for task, other in zip(form.get("tasks", []), found.records(form, "tasks"), strict=False):
        wrong += compare(
            "task", {key: plain(text) for key, text in task.items()}, {key: other.get(key) for key in task}
        )
    wrong += compare("tasks", len(form.get("tasks", [])), len(found.records(form, "tasks")))
    return wrong


def compare_list(form: dict[str, Any], found: Found) -> list[str]:
    numbers = [row.get("number") for row in found.records(form, "list")]
    wrong = compare("numbers", [row["number"] for row in form["list"]], numbers)
    frame = found.frames.budgets.merge(
        found.frames.projects[["year", "project_id", "project", "unit", "department"]],
        on=["year", "project_id"],
        validate="many_to_one",
    )
    pairs = [("list", form["list"], frame), ("list_totals", form["list_totals"], found.frames.list_totals)]
    for name, expected, rows in pairs:
        wrong += compare(f"rows of {name}", len(expected), len(rows))
        for row, other in zip(expected, rows.to_dict("records"), strict=False):
            wrong += compare(f"{name}.department", form["head"]["department"], other["department"])
            for key in set(row) - {"number"}:
                if key in MONEY:
                    pair = (number(row[key]), number(other[f"{key}_wan"]))
                else:
                    pair = (plain(row[key]), plain(other[key]))
                wrong += compare(f"{name}.{key}", *pair)
    return wrong


def compare_accounts(form: dict[str, Any], found: Found) -> list[str]:
    rows = found.frames.accounts
    rows = rows[rows["value"].notna()]
    keys = ["table_code", "row_code", "row_name", "column_no"]
    read = Counter((*(plain(row[key]) for key in keys), number(row["value"])) for row in rows.to_dict("records"))
    expected = Counter((*(plain(text) for text in row[:4]), number(row[4])) for row in form["accounts"])
    wrong = [f"not read: {row} ({count})" for row, count in (expected - read).items()]
    return wrong + [f"not in the form: {row} ({count})" for row, count in (read - expected).items()]


def compare_form(form: dict[str, Any], found: Found) -> list[str]:
    if form["form"] == "budget_list":
        return compare_list(form, found)
    if form["form"] == "target_declaration":
        return compare_plan(form, found)
    return compare_accounts(form, found) if form["form"] == "final_account" else compare_evaluation(form, found)


@pytest.mark.parametrize("path", EXPECTATIONS, ids=[path.stem for path in EXPECTATIONS])
def test_a_file_is_read_as_it_says(path):
    expected = expectation(path)
    found = Found(path.with_suffix(""))
    told = [
        (reading.form, reading.year, getattr(reading, "family", "") or "national")
        for reading in sorted(found.readings, key=lambda reading: (reading.form, reading.year or 0))
    ]
    forms = sorted((form["form"], form["year"], form["family"]) for form in expected["forms"])
    wrong = compare("forms", forms, told)
    for form in expected["forms"]:
        wrong += compare_form(form, found)
    for name in ("skipped", "guesses"):
        texts = {plain(text) for text in getattr(found.frames, name)["text"]}
        wrong += [f"{name}: {text!r} is not told" for text in expected[name] if plain(text) not in texts]
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_format_family_form_and_habit_occurs():
    found = [expectation(path) for path in EXPECTATIONS]
    forms = [form for expected in found for form in expected["forms"]]
    assert {path.with_suffix("").suffix for path in EXPECTATIONS} == FORMATS
    assert {form["family"] for form in forms} == FAMILIES
    assert {form["form"] for form in forms} == FORMS
    assert {habit for expected in found for habit in expected["habits"]} == set(HABITS)
    heads = [path.read_bytes()[:3] for path in CORPUS.glob("*.csv")]
    assert b"\xef\xbb\xbf" in heads and len(EXPECTATIONS) >= 48


def test_the_corpus_is_what_its_content_says():
    made = [sys.executable, str(TESTS / "forms" / "make_forms.py"), "--check"]
    done = subprocess.run(made, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
