"""Bodies and coverage: who is which department, what must be evaluated, what came, and what is still owed."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from command import run_command
from conftest import base_form, evaluate
from paper_reading import text_of

import jixiao
from jixiao import papers
from jixiao.analysis.coverage import (
    choose_coverage,
    coverage_rates,
    coverage_rows,
    follow_successors,
    one_region,
    printed_means,
    propose_bodies,
)
from jixiao.analysis.final_accounts import account_structure
from jixiao.core.errors import DeclarationError, RequestError
from jixiao.core.frames import MEANS, ORGANISATIONS, REGISTER, SCHEMAS, typed
from jixiao.core.results import Results
from jixiao.publish.papers.reminders import list_owed, write_reminders
from jixiao.publish.reports.requests import list_reports
from jixiao.publish.reports.shares import Shares
from jixiao.reading.organisations import last_successors, load_organisations, region_of
from jixiao.reading.register import load_register

OLD, NEW = "南昌市大数据发展管理局（原）", "南昌市政务服务数据管理局"


@pytest.fixture(scope="module")
def source() -> Results:
    return jixiao.evaluate("data/source")


def made(*forms, **frames) -> Results:
    result = evaluate(*forms)
    return Results(result.frames, result.scores, result.totals, result.findings, Path(), datetime.now(), **frames)


def test_the_documents_with_a_register_of_the_four_projects(source):
    rates = coverage_rates(coverage_rows(source), means=printed_means(source))
    row = rates[rates["year"] == 2021]
    assert row["department"].tolist() == [NEW]
    (row,) = row.to_dict("records")
    assert (row["projects"], row["received"], row["missing"], row["unasked"]) == (4, 2, 2, 0)
    assert (row["annual_budget_wan"], row["executed_wan"]) == (10552.78, 6378.55)
    assert round(row["execution_rate"], 4) == 0.6044 and round(row["coverage_money_rate"], 4) == 0.0141
    assert row["coverage_rate"] == 0.5 and row["population"] == "register"
    assert (row["mean_points"], row["printed_mean"]) == (94.85, 94.61)


def test_without_a_register_the_budget_list_stands_in_and_says_so(source):
    bare = dataclasses.replace(source, register=typed([], REGISTER))
    rows = coverage_rows(bare)
    rows = rows[rows["year"] == 2021]
    assert set(rows["population"]) == {"budget_list"}
    assert coverage_rates(rows)["annual_budget_wan"].tolist() == [10552.78]


def test_one_department_over_the_years_follows_its_successor(source):
    followed, notes = follow_successors(source)
    mine = followed.frames.projects[followed.frames.projects["department"] == NEW]
    assert sorted(mine["year"].unique()) == [2021, 2022]
    assert OLD not in set(followed.frames.projects["department"]) | set(followed.frames.accounts["department"])
    assert len(notes) == 1 and OLD in notes[0] and NEW in notes[0]
    assert OLD in set(source.frames.projects["department"])  # what was read stays as it was received


def test_a_ranking_never_mixes_regions(source, sample_results):
    followed, _ = follow_successors(source)
    kept, notes = one_region(followed)
    assert (
        kept.totals["department"].map(region_of).nunique() == 1 < followed.totals["department"].map(region_of).nunique()
    )
    left = set(followed.totals["department"].map(region_of)) - set(kept.totals["department"].map(region_of))
    assert len(notes) == 1 and all(region in notes[0] for region in left) and notes[0] in kept.merged
    other, _ = one_region(followed, "宜春市")
    assert set(other.scores["department"]) == set(other.frames.projects["department"]) == {"宜春市大数据发展管理局"}
    with pytest.raises(RequestError, match="没有地区“九江市”的部门"):
        one_region(followed, "九江市")
    assert one_region(sample_results) == (sample_results, [])


def test_the_accounts_of_a_renamed_department_are_compared_over_the_years(source):
    """A department that was renamed has the year before beside it; what two bodies merged printed is added up."""
    mine = source.frames.accounts
    (year,) = mine["year"].unique()
    name = mine["department"].iloc[0]
    before = mine.assign(year=year - 1, department="旧局", value=mine["value"] / 2)
    entries = typed([{"organisation": "旧局", "successor": name}, {"organisation": name}], ORGANISATIONS)
    both = dataclasses.replace(
        source, frames=source.frames.changed(accounts=pd.concat([before, mine])), organisations=entries
    )
    plain = account_structure(both)
    assert plain["before_wan"].isna().all()
    followed, notes = follow_successors(both)
    found = account_structure(followed)
    found = found[found["year"] == year]
    assert "旧局" in notes[0] and (found["before_wan"] * 2 - found["amount_wan"]).abs().max() < 0.011


def test_the_summary_states_population_and_rates_and_counts_self_evaluations(source, tmp_path):
    path = tmp_path / "a.docx"
    papers.write_department(source, path, year=2021, department=NEW)
    text = text_of(path)
    for said in (
        "应评项目4个（按应评项目登记）",
        "10,552.78万元",
        "6,378.55万元",
        "60.44%",
        "已收到单位自评2个",
        "1.41%",
    ):
        assert said in text, said
    assert "有总分的单位自评共2份" in text and "平均值为94.85分，自评总报告所列平均分为94.61分，相差0.24分" in text
    papers.write_department(source, path, year=2021, department=OLD)
    assert "已由南昌市政务服务数据管理局承接" in text_of(path) and "没有扣分" not in text_of(path)


def test_no_summary_is_of_nothing(source, tmp_path):
    for request in list_reports(source, place="source"):
        if request.department and not request.project:
            path = tmp_path / "a.docx"
            papers.write_department(source, path, year=request.year, department=request.department)
            assert "项目0个" not in text_of(path)


def test_a_report_sees_what_its_successors_sent_and_is_made_again_when_the_register_changes(source):
    shares = Shares(source)
    (request,) = [one for one in list_reports(source, place="source") if one.department == OLD and not one.project]
    rows = shares.rows(request)
    seen = source.totals.iloc[rows["totals"]]
    assert set(seen["department"]) == {NEW}
    changed = Shares(dataclasses.replace(source, register=source.register.assign(executed_wan=1.0)))
    assert shares.digest(rows) != changed.digest(changed.rows(request))


def test_missing_unasked_and_twice():
    first, second = base_form("self"), base_form("self") | {"project": "没有登记的项目"}
    names = ("示例公路项目", "没有报送的项目")
    register = typed(
        [
            {
                "year": 2023,
                "project": name,
                "project_id": f"R{name}",
                "department": "示例局",
                "annual_budget_wan": 100.0,
            }
            for name in names
        ],
        REGISTER,
    )
    results = made(first, second, register=register)
    assert coverage_rows(results).set_index("project")["coverage_state"].to_dict() == {
        "示例公路项目": "received",
        "没有报送的项目": "missing",
        "没有登记的项目": "unasked",
    }
    spent = coverage_rows(results).set_index("project")["executed_wan"]
    assert spent["示例公路项目"] == results.totals["executed_wan"].iloc[0], "what is not registered is that of the form"
    assert pd.isna(spent["没有报送的项目"])
    line = {"year": 2023, "evaluation": "self", "project": "示例公路项目"}
    lines = typed(
        [
            line | {"source_file": "2023/一份.xlsx", "state": "read"},
            line | {"source_file": "2023/又一份.xlsx", "state": "repeated"},
        ],
        SCHEMAS["ingest"],
    )
    twice = dataclasses.replace(results, frames=results.frames.changed(ingest=lines))
    rates = coverage_rates(coverage_rows(twice)).to_dict("records")[0]
    assert (rates["projects"], rates["received"], rates["missing"], rates["twice"], rates["unasked"]) == (2, 1, 1, 1, 1)
    owed = list_owed(twice)
    assert owed["coverage_state"].value_counts().to_dict() == {"missing": 1, "twice": 1, "unasked": 1}
    assert owed["note"].str.len().min() > 0


def test_one_reminder_for_each_department_that_owes(source, tmp_path):
    files = write_reminders(source, tmp_path, year=2021)
    assert [path.suffix for path in files] == [".docx", ".xlsx"]
    assert "尚未报送2个" in text_of(files[0]) and "请报送项目支出绩效自评表" in text_of(files[0])
    sheet = openpyxl.load_workbook(files[1]).active
    assert [row[0].value for row in sheet.iter_rows(min_row=3)] == [
        "南昌市大数据发展专项资金",
        "南昌市政府网站集约化平台运行维护费项目",
    ]
    with pytest.raises(RequestError, match="2019年度没有应评项目"):
        list_owed(source, year=2019)
    with pytest.raises(RequestError, match="没有部门“没有的局”"):
        list_owed(source, year=2021, department="没有的局")


def test_a_proposal_says_on_which_word_it_rests(source):
    text = propose_bodies(dataclasses.replace(source, organisations=typed([], ORGANISATIONS)))
    assert f"also: [{OLD}]" in text and "类别据“大数据”一词" in text and "region: 南昌市东湖区" in text
    assert "是否更名或合并？" in text
    assert "都已登记，没有要新提出的" in propose_bodies(source)
    assert propose_bodies(source).endswith("organisations: []\n")  # what is registered is not proposed again


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("宜春市大数据发展管理局", "宜春市"),
        ("南昌市东湖区教育局", "南昌市东湖区"),
        ("江西省财政厅", "江西省"),
        ("示例中心", ""),
    ],
)
def test_the_region_of_a_name(name, region):
    assert region_of(name) == region


ENTRIES = """organisations:
  - {name: 甲局, also: [甲局（原）], successor: 乙局, until: 2021}
  - {name: 乙局, former: [乙办], from: 2022}
"""


def written(folder: Path, text: str, name: str = "organisations.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_name_leads_to_the_body_that_answers_now(tmp_path):
    last = last_successors(load_organisations(written(tmp_path, ENTRIES)))
    assert set(last.values()) == {"乙局"} and len(last) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRIES + "  - {name: 甲局}\n", "“甲局”登记了两次"),
        (ENTRIES + "  - {name: 丙局, successor: 丁局}\n", "“丁局”没有登记"),
        (ENTRIES + "  - {name: 丙局, parent: 戊局}\n", "“戊局”没有登记"),
        (ENTRIES + "  - {name: 丙局, successor: 己局}\n  - {name: 己局, successor: 丙局}\n", "绕回了自己"),
        (ENTRIES + "  - {name: 丙局, category: 天文}\n", "“天文”不在可选项内"),
        (ENTRIES + "  - {name: 丙局, from: 2023, until: 2021}\n", "早于 from"),
        (ENTRIES + "  - {name: 丙局, from: 去年}\n", "不是年度"),
        (ENTRIES + "  - {name: 丙局, sucessor: 乙局}\n", "sucessor：不认识的项"),
        ("organisations: 甲局\n", "organisations：应为列表"),
    ],
)
def test_a_wrong_register_of_bodies_is_one_sentence_a_mistake(tmp_path, text, said):
    with pytest.raises(DeclarationError, match=said) as caught:
        load_organisations(written(tmp_path, text))
    assert len(caught.value.mistakes) == 1 or "绕回" in said


def book(path: Path, rows: list[list[object]]) -> Path:
    whole = openpyxl.Workbook()
    for row in rows:
        whole.active.append(row)
    whole.save(path)
    return path


HEAD = ["序号", "项目名称", "主管部门", "实施单位", "全年预算数", "全年执行数"]


def test_a_workbook_and_a_csv_are_read_with_their_sums_left_out(tmp_path):
    rows = [
        ["应评项目（单位：万元）"],
        HEAD,
        [1, "甲项目", "甲局", "甲中心", 100, 80.5],
        [2, "乙项目", "甲局", "", "1,200.00", ""],
    ]
    book(tmp_path / "2022.xlsx", [*rows, ["", "合计", "", "", 1300, 80.5]])
    written(tmp_path, "项目名称,部门,预算数（元）\n丙项目,乙局,25000\n", "2023.csv")
    register, means, errors = load_register(tmp_path)
    assert errors == [] and means.empty
    assert register["project"].tolist() == ["甲项目", "乙项目", "丙项目"]
    assert register["annual_budget_wan"].tolist() == [100, 1200, 2.5]
    assert register["year"].tolist() == [2022, 2022, 2023]


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("名单.xlsx", [HEAD], "文件名不是年度"),
        ("2022.xlsx", [["名称", "金额"], ["甲", 1]], "没有“项目名称”一栏"),
        ("2022.xlsx", [HEAD], "没有列出任何项目"),
        ("2022.xlsx", [HEAD, [1, "甲项目", "甲局", "", "约一百", ""]], "金额写作“约一百”"),
        ("2022.xlsx", [HEAD, [1, "甲项目", "甲局", "", -5, ""]], "小于0"),
        ("2022.xlsx", [HEAD, [1, "甲项目", "甲局", "", 5, ""], [2, "“甲”项目", "甲局", "", 5, ""]], "列了两次"),
    ],
)
def test_a_wrong_register_of_projects_is_one_sentence_and_the_others_are_read(tmp_path, name, rows, said):
    book(tmp_path / name, rows)
    book(tmp_path / "2021.xlsx", [HEAD, [1, "好项目", "甲局", "", 5, 4]])
    register, _, errors = load_register(tmp_path)
    assert register["project"].tolist() == ["好项目"]
    assert len(errors) == 1 and said in str(errors[0]) and "\n" not in str(errors[0])


def test_two_registers_of_one_year_and_other_files_are_refused(tmp_path):
    book(tmp_path / "2021.xlsx", [HEAD, [1, "好项目", "甲局", "", 5, 4]])
    written(tmp_path, "项目名称,部门\n甲,乙\n", "2021.csv")
    written(tmp_path, "x", "2022.png")
    (tmp_path / "2023.yaml").write_bytes(b"projects: [{project: 1}]")
    (tmp_path / "2024.xlsx").write_bytes(b"no workbook")
    _, _, errors = load_register(tmp_path)
    said = " ".join(str(error) for error in errors)
    assert len(errors) == 4
    assert "2021年度已有" in said and "不能读取“.png”文件" in said and "2023.yaml" in said and "2024.xlsx" in said


def test_a_printed_mean_is_taken_from_the_sentence_of_a_summary_report():
    results = made(base_form("self"))
    said = {"year": 2023, "department": "示例局", "statement": "self_average", "stated_value": 96.5}
    frames = dataclasses.replace(
        results.frames, statements=typed([said, {**said, "statement": "total"}], SCHEMAS["statements"])
    )
    means = printed_means(dataclasses.replace(results, frames=frames))
    assert means[["year", "department", "printed_mean"]].to_numpy().tolist() == [[2023, "示例局", 96.5]]


def test_a_printed_mean_of_a_summary_report_is_taken_by_its_department():
    told = typed([{"year": 2023, "department": "示例局", "printed_mean": 95.0}], MEANS)
    results = made(base_form("self"), printed_means=told)
    rates = coverage_rates(coverage_rows(results), means=printed_means(results))
    assert rates["printed_mean"].tolist() == [95.0] and rates["mean_points"].tolist() == [100.0]
    assert (
        len(
            choose_coverage(coverage_rows(results), year=2023, department="示例局", organisations=results.organisations)
        )
        == 1
    )


def test_a_build_keeps_the_registers(tmp_path, monkeypatch):
    source = tmp_path / "data" / "source" / "2023"
    source.mkdir(parents=True)
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    first = next((Path(__file__).parents[1] / "data" / "sample" / "2023").glob("*公交*自评表.xlsx"))
    (source / first.name).write_bytes(first.read_bytes())
    written(tmp_path / "data", "organisations:\n  - {name: 示例市交通局}\n")
    (tmp_path / "data" / "register").mkdir()
    book(tmp_path / "data" / "register" / "2023.xlsx", [HEAD, [1, "未报项目", "示例市交通局", "", 5, 4]])
    book(tmp_path / "data" / "register" / "坏.xlsx", [HEAD])
    from jixiao.builds.run import build

    results, errors = build("source")
    assert [str(error) for error in errors if "坏.xlsx" in str(error)]
    kept = jixiao.evaluate("built")
    assert kept.register["project"].tolist() == ["未报项目"] and len(kept.organisations) == 1
    assert set(coverage_rows(kept)["coverage_state"]) == {"missing", "unasked"}
    assert len(results.register) == 1


def test_last_years_self_evaluations_stand_in_under_their_own_names(source):
    owed = list_owed(source, year=2022)
    assert owed["population"].unique().tolist() == ["last_year"]
    assert sorted(owed["project"]) == ["中国南昌政务门户网运行维护费", "党政信息网络建设"], (
        "no name of a department's evaluation"
    )


def test_a_register_that_changed_after_the_build_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    (tmp_path / "data" / "source" / "2024").mkdir(parents=True)
    form = next(Path("data/sample/2024").glob("*农村公路*自评表.xlsx"))
    (tmp_path / "data" / "source" / "2024" / form.name).write_bytes(form.read_bytes())
    assert run_command("build").returncode == 0
    ask = ("remind", "--year", "2024", "--out", tmp_path / "催")
    said = run_command(*ask).stdout
    assert "没有要催报的" in said and "2024年度应评范围：没有应评项目登记" in said, "says what it rests on"
    register = tmp_path / "data" / "register" / "2024.csv"
    register.parent.mkdir()
    register.write_text("项目名称,主管部门\n示例农村公路养护项目,甲局\n没有报的项目,甲局\n", encoding="utf-8")
    said = run_command(*ask).stdout
    assert "未收1个（没有报的项目）" in said and "2024年度应评范围：按应评项目登记" in said
    register.write_text("项目名称,主管部门\n", encoding="utf-8")
    refused = run_command(*ask)
    assert refused.returncode and "没有列出任何项目" in refused.stderr and "没有要催报的" not in refused.stdout
    register.write_text("项目名称,主管部门\n示例农村公路养护项目,甲局\n", encoding="utf-8")
    (tmp_path / "data" / "source" / "2024" / form.name).unlink()
    said = run_command(*ask).stdout
    assert "请先运行 jixiao build 再催报" in said and "没有要催报的" in said
