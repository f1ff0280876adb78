"""The four published documents go in as they are: Word files, texts, PDF; what must be read is listed beside them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import ROOT

from jixiao.reading.documents.whole_reports import read_source
from jixiao.reading.tidy.make_frames import make_frames
from jixiao.reading.values.notation import normalise

DOCUMENTS = Path(os.environ.get("JIXIAO_DOCUMENTS") or ROOT.parent / "shared" / "documents")
KINDS = {"单位自评": "self", "部门评价": "department", "财政评价": "finance"}
FUNDS = {"planned": "annual_budget_wan", "arrived": "arrived_wan", "executed": "executed_wan"}

pytestmark = pytest.mark.skipif(
    not (DOCUMENTS / "expected.json").exists(), reason="the published documents are not here"
)


def expected():
    return json.loads((DOCUMENTS / "expected.json").read_text(encoding="utf-8"))["documents"]


def files_of(kind, folder):
    """The four files, each with its year folder in its name."""
    for entry in expected():
        path = DOCUMENTS / entry["txt" if kind == "txt" else "docx"]
        if kind == "pdf":
            path = folder / f"{path.stem}.pdf"
        yield path, f"{entry['folder_year']}/{path.name}"


@pytest.fixture(scope="module", params=["txt", "docx", "pdf"])
def frames(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pdf")
    if request.param == "pdf":
        program = shutil.which("soffice")
        if program is None:
            pytest.skip("LibreOffice is not here")
        files = [str(DOCUMENTS / entry["docx"]) for entry in expected()]
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *files]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    readings = [one for path, name in files_of(request.param, folder) for one in read_source(path, name=name)]
    return request.param, make_frames(readings)


def evaluations():
    for entry in expected():
        for one in (*entry.get("evaluations", ()), *entry.get("found_inside", ())):
            if "evaluation" in one:
                yield one


def plain(name):
    return normalise(name).replace("“", "").replace("”", "").removesuffix("项目")


def find(frame, one):
    """The row of a frame that belongs to an expected evaluation."""
    key = (plain(one["project"]), KINDS[one["evaluation"]])
    rows = [row for row in frame.to_dict("records") if (plain(row["project"]), row["evaluation"]) == key]
    assert len(rows) == 1, key
    return rows[0]


def test_six_evaluations_with_year_kind_names_total_and_grade(frames):
    _, read = frames
    wanted = list(evaluations())
    assert len(wanted) == len(read.evaluations) == 6
    for one in wanted:
        row = find(read.evaluations, one)
        assert (row["year"], row["department"], row["unit"]) == (one["year"], one["department"], one["unit"])
        assert row["total_reported"] == one["total"]["value"]
        if one["grade"]:
            assert row["grade_reported"] == one["grade"]["value"]


def test_money_as_printed(frames):
    _, read = frames
    ids = {(row["project_id"], row["evaluation"]): row for row in read.evaluations.to_dict("records")}
    totals = [row for row in read.budgets.to_dict("records") if row["fund"] == "total"]
    checked = 0
    for one in evaluations():
        evaluation = find(read.evaluations, one)
        row = next(
            row
            for row in totals
            if ids.get((row["project_id"], row["evaluation"])) is evaluation
            or (row["project_id"], row["evaluation"]) == (evaluation["project_id"], evaluation["evaluation"])
        )
        for fund in one["funds"]:
            factor = Decimal("0.0001") if fund["unit"] == "元" else 1
            assert row[FUNDS[fund["fund"]]] == float(Decimal(str(fund["value"])) * factor), (one["project"], fund)
            checked += 1
    assert checked == sum(len(one["funds"]) for one in evaluations())


def test_at_least_130_of_139_indicator_rows_with_their_points(frames):
    _, read = frames
    facts = json.loads((ROOT / "data" / "facts" / "indicators.json").read_text(encoding="utf-8"))
    projects = {
        (row["project_id"], row["evaluation"]): plain(row["project"]) for row in read.evaluations.to_dict("records")
    }
    found = {
        (
            projects[row["project_id"], row["evaluation"]],
            row["evaluation"],
            normalise(row["subcategory"]),
            normalise(row["indicator"]),
        ): (
            row["weight"],
            row["reported_score"],
        )
        for row in read.indicators.to_dict("records")
    }
    right = 0
    for fact in facts:
        key = (
            plain(fact["project"]),
            KINDS[fact["evaluation_kind"]],
            normalise(fact["l2"] or ""),
            normalise(fact["l3"] or ""),
        )
        points = found.get(key, ("", ""))
        right += all(
            (number is None and point != point) or number == point
            for number, point in zip((fact["weight"], fact["score"]), points, strict=True)
        )
    assert right >= 130
    assert len(read.indicators) == len(facts) == 139


def test_no_points_are_read_that_are_not_printed(frames):
    """Every point of a row stands in the facts of its evaluation: nothing is made up."""
    _, read = frames
    facts = json.loads((ROOT / "data" / "facts" / "indicators.json").read_text(encoding="utf-8"))
    projects = {
        (row["project_id"], row["evaluation"]): plain(row["project"]) for row in read.evaluations.to_dict("records")
    }
    printed = {}
    for fact in facts:
        printed.setdefault((plain(fact["project"]), KINDS[fact["evaluation_kind"]]), []).append(fact["score"])
    for row in read.indicators.to_dict("records"):
        if row["reported_score"] == row["reported_score"]:
            assert row["reported_score"] in printed[projects[row["project_id"], row["evaluation"]], row["evaluation"]]


def outlines():
    for number, entry in enumerate(expected()):
        for one in (*entry.get("evaluations", ()), *entry.get("found_inside", ())):
            for section in one.get("outline", one.get("sections", ())):
                yield number, section
        for section in entry.get("account_narrative", ()):
            yield number, section


def test_each_section_is_found(frames):
    _, read = frames
    names = [normalise(heading) for heading in read.section_map["heading"]]
    for _, section in outlines():
        printed = normalise(section.get("heading_printed", section["section"])).rstrip("。")
        assert any(name.rstrip("。") == printed for name in names), section


def test_each_section_of_a_text_has_the_right_lines(frames):
    kind, read = frames
    if kind != "txt":
        pytest.skip("the lines are those of the texts")
    files = [f"{entry['folder_year']}/{entry['txt']}" for entry in expected()]
    tops = read.section_map[read.section_map["subsection"] == ""]
    found = set(tops[["source_file", "line", "last_line"]].itertuples(index=False, name=None))
    for number, section in outlines():
        assert (files[number], *section["lines"]) in found, section


def test_95_percent_of_the_prose_is_in_passages(frames):
    kind, read = frames
    if kind != "txt":
        pytest.skip("counted in the texts")
    for entry in expected():
        lines = (DOCUMENTS / entry["txt"]).read_text(encoding="utf-8").split("\n")
        prose = "".join(line for line in lines if "\t" not in line)
        rows = read.passages[read.passages["source_file"].str.endswith(entry["txt"])]
        kept = "".join(
            row["ordinal"] + row["text"] if row["passage_kind"] == "heading" else row["text"]
            for row in rows.to_dict("records")
        )
        signs = len("".join(prose.split()))
        assert len("".join(kept.split())) >= 0.95 * signs, entry["txt"]


def test_the_ten_tables_of_the_account(frames):
    kind, read = frames
    if kind == "txt":
        pytest.skip("a text loses the cells of merged areas")
    facts = json.loads((ROOT / "data" / "facts" / "final_account.json").read_text(encoding="utf-8"))["rows"]
    assert read.accounts["table_code"].nunique() == 10
    assert len(read.accounts) >= len(facts) == 640


def test_the_summary_report(frames):
    _, read = frames
    wanted = next(entry["coverage"] for entry in expected() if "coverage" in entry)
    rows = read.statements.to_dict("records")

    def said(statement, value):
        return any(row["statement"] == statement and abs(row["stated_value"] - value) < 1e-9 for row in rows)

    assert said("planned", wanted["planned"]["value"]) and said("executed", wanted["executed"]["value"])
    assert said("balance", wanted["balance"]["value"])
    assert said("execution_rate", wanted["execution_rate_percent"]["value"] / 100)
    assert said("self_average", wanted["self_evaluation_average"]["value"])
    assert said("project_count", wanted["projects"]["value"])
    assert said("self_count", wanted["second_level_projects_self_evaluated"]["value"])
    listed = read.budgets[read.budgets["evaluation"] == "budget_list"]
    assert sorted(listed["annual_budget_wan"]) == sorted(float(one["planned"]) for one in wanted["project_list"])
    assert (read.evaluations["evaluation"] == "self").sum() == wanted["self_forms_published"]


def test_problems_and_suggestions_stand_in_their_lines(frames):
    kind, read = frames
    if kind != "txt":
        pytest.skip("the lines are those of the texts")
    for entry in expected():
        for one in (*entry.get("evaluations", ()), *entry.get("found_inside", ())):
            if "problems" not in one:
                continue
            rows = read.problems[read.problems["source_file"].str.endswith(entry["txt"])]
            inside = rows[(rows["line"] >= one["problems"][0]) & (rows["last_line"] <= one["problems"][1])]
            assert len(inside) > 0, entry["txt"]
