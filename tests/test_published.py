"""The published documents of 2021 and 2022 run through the core: every printed figure, every known contradiction."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal

import pandas as pd
import pytest
from conftest import ROOT, SOURCE, as_decimal, cell_value

from jixiao.core.declared import load_yaml
from jixiao.core.vocabulary import reading_words
from jixiao.reading.values.values import normalise

FACTS = ROOT / "data" / "facts"
KINDS = {"单位自评": "self", "部门评价": "department", "财政评价": "finance"}
BUILDING, PORTAL = "党政信息网络建设", "中国南昌政务门户网运行维护费"
SELF_BUILDING = "2021/党政信息网络建设_项目支出绩效自评表.xlsx"
SELF_PORTAL = "2021/中国南昌政务门户网运行维护费_项目支出绩效自评表.xlsx"
DEPARTMENT = "2021/党政信息网络建设_部门评价评分表.xlsx"
HALL = "2021/办公大厅运行维护费_财政评价报告.docx"
FORM, TABLE = "项目支出绩效自评表", "项目支出绩效评分表"


def load_facts(name):
    return json.loads((FACTS / f"{name}.json").read_text(encoding="utf-8"))


def match_key(project, evaluation, subcategory, indicator):
    """Return what a row is recognised by: project, evaluation and names, as they are compared."""
    return project, evaluation, normalise(subcategory or ""), normalise(indicator or "")


def test_all_139_rows_are_there_with_their_printed_points(published):
    facts = load_facts("indicators")
    wanted = {
        match_key(fact["project"], KINDS[fact["evaluation_kind"]], fact["l2"], fact["l3"]): (
            fact["weight"],
            fact["score"],
        )
        for fact in facts
    }
    rows = published[1].to_dict("records")
    found = {
        match_key(row["project"], row["evaluation"], row["subcategory"], row["indicator"]): (
            as_decimal(row["weight"]),
            as_decimal(row["reported_score"]),
        )
        for row in rows
    }
    assert len(facts) == len(wanted) == len(rows) == len(found) == 139
    assert found == {
        key: tuple(None if number is None else Decimal(str(number)) for number in numbers)
        for key, numbers in wanted.items()
    }


def test_targets_and_actuals_are_those_of_the_facts(published):
    rows = {
        match_key(row["project"], row["evaluation"], row["subcategory"], row["indicator"]): row
        for row in published[1].to_dict("records")
    }
    checked = 0
    for fact in load_facts("indicators"):
        row = rows[match_key(fact["project"], KINDS[fact["evaluation_kind"]], fact["l2"], fact["l3"])]
        if fact["l3"] == "预算执行率" and fact["evaluation_kind"] == "单位自评":
            continue
        for column, key in (("target_text", "target_text"), ("actual_text", "actual_text")):
            if fact[key]:
                assert normalise(row[column]) == normalise(fact[key])
                checked += 1
            elif row[column]:  # a target that stands in the name of its indicator, and in no cell of its own
                assert (
                    key == "target_text" and not row["target_cell"] and normalise(row[column]) in normalise(fact["l3"])
                )
    assert checked == 127


@pytest.mark.parametrize(
    ("project", "evaluation", "total", "grade"),
    [
        ("“赣政通”南昌分厅建设项目", "department", 93.5, "优"),
        ("电子政务外网及智慧办公平台运维工作经费", "department", 100.0, "优"),
        (BUILDING, "self", 95.0, ""),
        (PORTAL, "self", 94.7, ""),
        ("党政信息网络建设项目", "department", 95.0, "优"),
        ("办公大厅运行维护费项目", "finance", 87.5, "良"),
    ],
)
def test_reported_totals(published, project, evaluation, total, grade):
    totals = published[2]
    row = totals[(totals["project"] == project) & (totals["evaluation"] == evaluation)].iloc[0]
    assert len(totals) == 6
    assert (row["total_reported"], row["grade_reported"]) == (total, grade)


def test_forms_of_one_project_meet_under_one_id(published):
    totals = published[2]
    assert totals[totals["project"].str.startswith(BUILDING)]["project_id"].nunique() == 1


def test_each_row_with_a_printed_standard_agrees_or_has_a_finding(published):
    _, scores, _, findings = published
    printed = [fact for fact in load_facts("indicators") if fact["rule_printed"] and not fact["placeholder"]]
    assert len(printed) == 57
    key = ["project_id", "evaluation", "indicator_id"]
    found = set(findings[key].itertuples(index=False, name=None))
    rows = {
        match_key(row["project"], row["evaluation"], row["subcategory"], row["indicator"]): row
        for row in scores.to_dict("records")
    }
    agreed, unsaid = 0, []
    for fact in printed:
        row = rows[match_key(fact["project"], KINDS[fact["evaluation_kind"]], fact["l2"], fact["l3"])]
        assert row["basis_mark"] == "P", fact["l3"]
        if row["score"] == fact["score"]:
            agreed += 1
        elif pd.isna(row["score"]) and not fact["actual_text"]:
            unsaid.append(fact["l3"])  # its table prints no completion
        else:
            assert tuple(row[name] for name in key) in found, (fact["l3"], row["score"], fact["score"])
    assert agreed == 51
    assert unsaid == ["政务网联网单位数量", "出现事故次数", "工作完成及时率", "持续推进后续工作开展"]


REQUIRED = [
    ("met_but_deducted", SELF_PORTAL, FORM, "H25", "12.7", "15"),  # 好评率 85 % against >= 80 %
    ("score_against_standard", SELF_BUILDING, FORM, "H29", "13", "14.25"),  # 95 % of 100 %: 15 x 0.95
    ("copied_deduction", DEPARTMENT, TABLE, "G19", "10.5", "13"),  # 2 points off 12.5, as off 15 in the self-evaluation
    ("magnitude", SELF_BUILDING, FORM, "F15", "7000兆", ">=70000兆"),
    ("indicator_differs", DEPARTMENT, TABLE, "G14", "7", "4"),  # 7 of 10 here, 4 of 4 in the self-evaluation
    ("level_weights", DEPARTMENT, "评价指标体系", "A18", "25", "20"),  # 10 + 10 under 25
    ("missed_but_full", HALL, TABLE, "第9行第7列", "2", "1.94"),  # 59.27 ÷ 61.2 = 96.84 %
]


@pytest.mark.parametrize(("code", "file", "sheet", "cell", "printed", "derived"), REQUIRED)
def test_required_finding(published, code, file, sheet, cell, printed, derived):
    findings = published[3]
    place = ["code", "source_file", "source_sheet", "source_cell"]
    row = findings[(findings[place] == [code, file, sheet, cell]).all(axis=1)]
    assert len(row) == 1, findings[findings["code"] == code][place]
    row = row.iloc[0]
    assert (row["printed"], row["derived"]) == (printed, derived)
    assert shows(cell_value(file, sheet, cell), printed)


def shows(value, printed):
    """Say whether a cell, opened without the package, holds what a finding says is printed."""
    text = normalise(str(value))
    numbers = [Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", text.replace(",", ""))]
    if re.fullmatch(r"[\d.,]+%?", printed):
        return Decimal(printed.rstrip("%").replace(",", "")) in numbers
    return normalise(printed) in text


def test_every_finding_points_at_a_cell_that_prints_it(published):
    findings = published[3]
    for row in findings.to_dict("records"):
        value = cell_value(row["source_file"], row["source_sheet"], row["source_cell"])
        if row["printed"]:
            assert shows(value, row["printed"]), (row["code"], value, row["printed"])
    assert len(findings) >= len(REQUIRED)


def test_no_finding_comes_twice(published):
    key = ["code", "source_file", "source_sheet", "source_cell", "message"]
    assert not published[3].duplicated(key).any()


def test_the_bandwidth_finding_does_not_decide(published):
    findings = published[3]
    row = findings[(findings["code"] == "magnitude") & (findings["source_file"] == SELF_BUILDING)].iloc[0]
    assert (row["severity"], row["basis_mark"]) == ("question", "J")


def test_all_640_final_account_values_are_in_accounts(published):
    facts = load_facts("final_account")["rows"]
    accounts = published[0].accounts

    names = ("row_code", "row_no", "row_name", "column")
    found = Counter(
        (row["table_code"], *(normalise(row[name]) for name in names), row["value_text"].replace(",", ""))
        for row in accounts.to_dict("records")
    )
    wanted = Counter(
        (fact["table"], *(normalise(str(fact[name] or "")) for name in names), value_text(fact)) for fact in facts
    )
    assert len(facts) == 640
    assert wanted - found == Counter()


def value_text(fact):
    """Return the value of a fact as the form file holds it."""
    return fact["value_text"] or "" if fact["value"] is None else f"{Decimal(str(fact['value'])).normalize():f}"


def test_accounts_keep_missing_apart_from_zero(published):
    accounts = published[0].accounts
    assert accounts.loc[accounts["value_text"] == "-", "value"].isna().all()
    assert (accounts.loc[accounts["value_text"] == "0", "value"] == 0).all()
    assert (accounts["value_text"] == "0").any()
    assert (accounts["table_code"].nunique(), set(accounts["year"])) == (10, {2021})
    assert "南阳市大禹街道办事处" in set(accounts["compiling_unit"])


def test_budgets_are_those_of_the_facts(published):
    budgets = published[0].budgets.merge(
        published[0].projects[["year", "project_id", "project"]], on=["year", "project_id"]
    )
    listed = budgets[budgets["evaluation"] == "budget_list"].set_index("project")
    facts = [
        fact
        for fact in load_facts("budgets")
        if fact["doc"].startswith("003") and fact["kind"] in ("project", "subproject")
    ]
    assert len(facts) >= 34
    for fact in facts:
        name = normalise(fact["project"]).removesuffix("项目")  # the self-evaluation form prints no 项目
        row = listed.loc[next(other for other in listed.index if normalise(other).removesuffix("项目") == name)]
        for column, name in (("annual_budget_wan", "full_year_budget"), ("executed_wan", "executed")):
            missing = pd.isna(row[column]) and fact[name] is None
            assert missing or row[column] == fact[name], (fact["project"], column)


def test_nothing_but_notes_is_skipped_and_every_file_of_the_manifest_is_read(published):
    frames = published[0]
    is_remark = frames.skipped["reason"].eq(reading_words()["reasons"]["known_column"])
    assert set(frames.skipped.loc[is_remark, "source_cell"]) == {"J6", "J7", "J8", "J9"}, "备注 of the budget list"
    skipped = frames.skipped[~is_remark]
    assert skipped["text"].str.match(r"注：|说明：|2\. ").all(), "only the notes below the tables of the account"
    assert set(skipped["source_file"]) == {"2021/部门决算公开表.xlsx"}
    assert set(frames.ingest["state"]) == {"read"} and set(frames.ingest["sureness"]) == {1.0}
    manifest, _ = load_yaml(SOURCE / "manifest.yaml")
    read = (
        set(frames.evaluations["source_file"])
        | set(frames.accounts["source_file"])
        | set(frames.list_totals["source_file"])
    )
    assert read == {entry["file"] for entry in manifest}


def test_every_guess_names_its_cell(published):
    guesses = published[0].guesses
    assert (guesses["reason"].str.len() > 0).all()
    for row in guesses[guesses["source_cell"] != ""].to_dict("records"):
        assert normalise(row["text"]) in normalise(
            str(cell_value(row["source_file"], row["source_sheet"], row["source_cell"]))
        )
