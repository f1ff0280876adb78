"""The files under data/source and data/sample are what the facts and the scripts make, cell by cell."""

import hashlib
import os
from collections import Counter
from pathlib import Path

import docx
import openpyxl
import pytest
import yaml

import make_sample
import make_source
from fact_check import check_documents

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
SOURCE = DATA / "source"

DOCUMENTS = Path(os.environ.get("JIXIAO_DOCUMENTS") or ROOT.parent / "shared" / "documents")
FACTS = make_source.load_facts()
CELLS = FACTS["form_cells"]


def facts_of(table: str) -> list[dict]:
    return [row for row in FACTS["indicators"] if row["table"] == table]


def word_rows(file: str, caption: str) -> list[list[str]]:
    """Rows of the Word table below a caption; a merged cell repeats its text."""
    body = list(docx.Document(str(SOURCE / file)).iter_inner_content())
    captions = [number for number, item in enumerate(body) if getattr(item, "text", None) == caption]
    assert len(captions) == 1
    return [[cell.text for cell in row.cells] for row in body[captions[0] + 1].rows]


def sheet_rows(file: str, sheet: str) -> list[list]:
    """Cell values of a worksheet; a merged cell keeps only its first value."""
    return [list(row) for row in openpyxl.load_workbook(SOURCE / file)[sheet].iter_rows(values_only=True)]


def between(rows: list[list], header: str, last: str) -> list[list]:
    """Rows below the one that contains the header and above the one that begins with the last label."""
    first = next(number for number, row in enumerate(rows) if header in row)
    end = next(number for number, row in enumerate(rows) if number > first and row[0] == last)
    return rows[first + 1 : end]


@pytest.mark.parametrize(("module", "folder"), [(make_source, "source"), (make_sample, "sample")])
def test_rebuilding_gives_the_committed_content(module, folder, tmp_path):
    module.build(tmp_path)
    assert make_source.differences(tmp_path, DATA / folder, ignored=[make_sample.README]) == []


@pytest.mark.parametrize("folder", ["source", "sample"])
def test_manifest_lists_every_file_with_its_checksum(folder):
    manifest = yaml.safe_load((DATA / folder / "manifest.yaml").read_text(encoding="utf-8"))
    files = {path.relative_to(DATA / folder).as_posix() for path in (DATA / folder).glob("*/*")}
    assert {entry["file"] for entry in manifest} == files
    for entry in manifest:
        content = (DATA / folder / entry["file"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["year"] == int(entry["file"][:4])
        assert entry["evaluation"] in {"self", "department", "finance", "budget_list", "final_account"}


def test_every_indicator_of_the_facts_is_in_a_file():
    found = 0
    for form in CELLS["self_forms"]:
        rows = sheet_rows(form["file"], "项目支出绩效自评表")
        indicators = between(rows, "三级指标", "总分")
        execution, *expected = facts_of(form["table"])
        assert [row[3] for row in indicators] == [row["l3"] for row in expected]
        assert [(row[6], row[7]) for row in indicators] == [(row["weight"], row["score"]) for row in expected]
        (funds,) = [row for row in rows if row[2] == "年度资金总额"]
        assert (funds[6], funds[7], funds[8]) == (execution["weight"], 1, execution["score"])
        found += len(indicators) + 1
    workbook = CELLS["department_workbook"]
    indicators = between(sheet_rows(workbook["file"], "项目支出绩效评分表"), "三级指标", "总分")
    expected = facts_of(workbook["table"])
    assert [(row[3], row[4], row[6]) for row in indicators] == [(r["l3"], r["weight"], r["score"]) for r in expected]
    found += len(indicators)
    for form in CELLS["reports"]:
        indicators = between(word_rows(form["file"], "项目支出绩效评分表"), "三级指标", "总分")
        expected = facts_of(form["table"])
        assert [row[3] for row in indicators] == [row["l3"] or "" for row in expected]
        for row, fact in zip(indicators, expected, strict=True):
            assert [float(cell) if cell else None for cell in (row[4], row[6])] == [fact["weight"], fact["score"]]
            assert row[0].startswith(fact["l1"]) and row[1] == (fact["l2"] or "")
        said = [row["l3"] or row["l2"] for row in expected if row["target_text"] or row["actual_text"]]
        completion = between([*word_rows(form["file"], "指标完成情况"), ["end"]], "三级指标", "end")
        assert [row[0] for row in completion] == said
        found += len(indicators)
        if form["overview_table"]:
            overview = between(word_rows(form["file"], "得分一览表"), "二级指标", "合计")
            assert [row[1] for row in overview] == [row["l2"] for row in facts_of(form["overview_table"])]
            found += len(overview)
    assert found == len(FACTS["indicators"]) == 139


def test_no_word_of_the_transcriber_stands_in_a_file():
    """The table of completion has the columns of a form and only rows of which the document prints something."""
    for form in [CELLS["department_workbook"], *CELLS["reports"]]:
        is_word = form["file"].endswith("docx")
        rows = word_rows(form["file"], "指标完成情况") if is_word else sheet_rows(form["file"], "指标完成情况")[1:]
        assert [cell for cell in rows[0] if cell] == ["三级指标", "指标值", "实际完成情况"]
        assert all(row[1] or row[2] for row in rows[1:])
        printed = [value for row in rows[1:] for value in row[1:] if value]
        wrong = ("自评表", "表1", "正文称", "无实测值", "＋", "+", "×", "；", "文字从略")
        assert not [value for value in printed if any(word in str(value) for word in wrong)]
    for form in CELLS["self_forms"]:
        assert not [row for row in sheet_rows(form["file"], "项目支出绩效自评表") if any("从略" in str(c) for c in row)]


def test_percentages_of_self_forms_are_numbers_and_relations_are_text():
    sheet = openpyxl.load_workbook(SOURCE / CELLS["self_forms"][0]["file"]).active
    cells = {row[3].value: row for row in sheet.iter_rows()}
    satisfaction = cells["服务对象满意度(%)"]
    assert (satisfaction[4].value, satisfaction[4].data_type) == (">=95%", "s")
    assert (satisfaction[5].value, satisfaction[5].number_format) == (0.9667, "0.00%")
    assert cells["减少网络分散重复建设率"][5].value == 0.95
    assert cells["成为南昌市政务网统一运维平台并持续运营"][5].value == "=100%"


def test_the_contradiction_of_printed_weights_stays():
    rows = sheet_rows(CELLS["department_workbook"]["file"], "评价指标体系")
    labels = {row[1]: row[3] for row in rows if row[1]}
    assert labels["社会效益\n(10分)"] == 12.5
    assert labels["可持续效益\n(10分)"] == 12.5
    assert any(row[0] == "效益\n(25分)" for row in rows)


def test_final_account_holds_every_figure():
    file = CELLS["final_account"]["file"]
    book = openpyxl.load_workbook(SOURCE / file)
    assert book.sheetnames == [f"公开{number:02}" for number in range(1, 11)]
    for sheet in book:
        expected = [row for row in FACTS["final_account"]["rows"] if row["table"] == sheet.title]
        values = [cell.value for row in sheet.iter_rows(min_row=4) for cell in row]
        numbers = Counter(value for value in values if isinstance(value, int | float))
        assert numbers == Counter(row["value"] for row in expected if row["value"] is not None), sheet.title
        assert values.count("-") == sum(row["value_text"] == "-" for row in expected)
    assert "南阳市大禹街道办事处" in book["公开06"]["A3"].value


def test_budget_list_holds_every_amount():
    file = CELLS["budget_list"]["file"]
    projects = between(sheet_rows(file, "项目安排一览表"), "项目名称", "合计")
    assert [row[1] for row in projects[:4]] == [
        row["project"] for row in FACTS["budgets"] if row["kind"] == "project" and row["doc"].startswith("003")
    ]
    assert sheet_rows(file, "项目安排一览表")[-1][3:9] == [10552.78, 10552.78, 10552.78, 6378.55, 1, 0.6044]
    children = between([*sheet_rows(file, "大数据发展专项资金子项目"), ["end"]], "项目名称", "end")
    expected = [row for row in FACTS["budgets"] if row["kind"] == "subproject"]
    assert len(children) == 30
    for row, fact in zip(children, expected, strict=True):
        assert row == [fact[key] for key in ("no", "project", "unit", "full_year_budget", "arrived", "executed")]


@pytest.mark.skipif(
    not DOCUMENTS.is_dir(),
    reason="the published texts are not here: set JIXIAO_DOCUMENTS to their folder",
)
def test_facts_agree_with_the_published_texts():
    report = check_documents(FACTS, DOCUMENTS)
    assert report.unconfirmed == []
    assert sum(report.checked.values()) == 1793
    assert len(set(report.known)) == 2
