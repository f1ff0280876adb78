"""Final accounts, satisfaction and queries against figures worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from analysis_factories import indicator, make_accounts, make_results, scores_of

import jixiao
from jixiao import analysis
from jixiao.builds.run import build
from jixiao.core.errors import RequestError
from jixiao.show import figures

ACCOUNTS = ["account_structure", "account_kinds", "three_public"]


def test_structure_and_change_of_expenditure_against_the_year_before():
    frame = analysis.account_structure(make_accounts())
    rows = frame[frame["year"] == 2023].set_index("item")
    # 150 in all: 90, 30, 30; 其他支出 is gone and stays with nothing, 科学技术支出 is new and has no rate.
    assert rows["amount_wan"].to_dict() == {
        "一般公共服务支出": 90.0, "教育支出": 30.0, "科学技术支出": 30.0, "其他支出": 0.0
    }  # fmt: skip
    assert rows["share"].round(4).tolist() == [0.6, 0.2, 0.2, 0.0]
    assert rows.loc["一般公共服务支出", ["year_change_wan", "year_change_rate"]].tolist() == [30.0, 0.5]
    assert rows.loc["教育支出", ["year_change_wan", "year_change_rate"]].tolist() == [-10.0, -0.25]
    assert rows.loc["其他支出", ["year_change_wan", "year_change_rate"]].tolist() == [-20.0, -1.0]
    assert rows.loc["科学技术支出", ["before_wan", "year_change_wan", "year_change_rate"]].isna().all()
    assert frame.loc[frame["year"] == 2022, "year_change_wan"].isna().all()


def test_income_is_the_other_side():
    frame = analysis.account_structure(make_accounts(), side="income")
    assert frame[["item", "share"]].values.tolist() == [["财政拨款收入", 1.0]] * 2
    with pytest.raises(RequestError, match="income"):
        analysis.account_structure(make_accounts(), side="profit")


def test_basic_and_project_expenditure_by_class_only():
    frame = analysis.account_kinds(make_accounts())
    money = ["row_code", "amount_wan", "basic_wan", "project_wan", "other_wan"]
    assert frame.loc[frame["year"] == 2023, money].values.tolist() == [["201", 90.0, 70.0, 15.0, 5.0]]
    assert frame["project_share"].round(6).tolist() == [round(15 / 90, 6)] * 2


def test_three_public_against_budget_and_year_before():
    frame = analysis.three_public(make_accounts())
    rows = frame[frame["year"] == 2023].set_index("public_item")
    assert rows["amount_wan"].to_dict() == {"abroad": 1.0, "car_purchase": 1.0, "car_running": 7.0, "reception": 6.0}
    assert rows["control_rate"].round(4).to_dict() == pytest.approx(
        {"abroad": 0.125, "car_purchase": float("nan"), "car_running": 1.0, "reception": 1.2}, nan_ok=True
    )
    assert rows["year_change_wan"].tolist() == [1.0] * 4
    assert pd.isna(rows.loc["abroad", "year_change_rate"]) and rows.loc["reception", "year_change_rate"] == 0.2


def test_accounts_in_yuan_become_wan():
    frame = analysis.account_structure(make_accounts(money_unit="元"))
    assert frame["amount_wan"].max() == 0.009


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_place_without_accounts_gives_an_empty_frame_and_a_sentence(name):
    frame = getattr(analysis, name)(make_results([]))
    assert frame.empty
    draw = {"account_kinds": figures.plot_account_kinds, "three_public": figures.plot_three_public}
    assert "没有读入部门决算公开表" in draw.get(name, figures.plot_account_structure)(frame).alt


def test_the_bars_of_a_change_show_amount_and_rate():
    figure = figures.plot_account_changes(analysis.account_structure(make_accounts()))
    assert figure.data[0]["text"] == ["+30.00（50.00%）", "-20.00（-100.00%）", "-10.00（-25.00%）"]
    assert figures.plot_account_changes(pd.DataFrame({"year_change_wan": []})).alt.endswith(
        "没有上年的部门决算可以比较"
    )


def asked(name, target, actual, text, **more):
    texts = dict.fromkeys(("actual_relation", "deviation_reason", "remark", "scoring_standard"), "")
    return indicator(
        name, 10, 10, category="满意度指标", target_kind="rate", target_value=target, actual_value=actual,
        **{**texts, "actual_text": text, **more},
    )  # fmt: skip


def test_what_a_sample_proves():
    results = make_results(
        [],
        scores=scores_of(
            asked("甲满意度", 0.9, 0.95, "95%", remark="回收问卷1000份，满意950份"),  # bound 0.937
            asked("乙满意度", 0.9, 1.0, "20人，满意度100%"),  # 0.05 ** (1 / 20) = 0.861; 29 would do: 0.9 ** 29 < 0.05
            asked("丙满意度", 0.9, 0.95, "95%"),
            asked("丁满意度", 0.9, 0.85, "85%"),
            asked("戊满意度", 0.9, 0.9, "≥90%", actual_relation=">="),
            indicator("公路里程", 10, 10),
        ),
    )
    frame = analysis.satisfaction_evidence(results).set_index("indicator")
    states = {"甲": "proven", "乙": "too_few", "丙": "no_sample", "丁": "missed", "戊": "no_value"}
    assert frame["satisfaction_state"].to_dict() == {f"{name}满意度": state for name, state in states.items()}
    assert frame.loc["乙满意度", "bound_rate"] == pytest.approx(0.05 ** (1 / 20))
    assert frame.loc["乙满意度", ["sample_size", "satisfied_count", "needed_count"]].tolist() == [20, 20, 29]
    assert frame.loc["丙满意度", ["sample_size", "bound_rate"]].isna().all()
    assert frame.index[0] == "戊满意度" and pd.isna(frame["satisfaction_rate"].iloc[0])
    counts = analysis.satisfaction_states(frame.reset_index())
    assert counts["indicator_count"].tolist() == [1] * 5 and counts["share"].tolist() == [0.2] * 5


def test_months_are_never_invented():
    told = analysis.month_progress(jixiao.evaluate("data/sample"))
    assert "没有分月数" in told and "未读入的单元格" not in told
    results = make_results([])
    results.frames.skipped = pd.DataFrame({"text": ["1-7月支出进度60%", "单位：万元"]})
    assert "有1处提到月份进度" in analysis.month_progress(results)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    build("sample", folder)
    return folder


def test_a_query_answers_the_same_from_parquet_and_from_forms(built):
    sql = "select year, evaluation, count(*) as n from totals where total_reported > ? group by all order by all"
    answers = [jixiao.query(sql, place=place, parameters=[95]) for place in (str(built), "sample")]
    pd.testing.assert_frame_equal(*answers)
    totals = jixiao.evaluate(built).totals
    assert answers[0]["n"].sum() == (totals["total_reported"] > 95).sum()
    with pytest.raises(RequestError, match=r"没有表“README\.md”；最接近的"):
        jixiao.query("select * from 'README.md'", place="sample")
    named = jixiao.query("select project from projects where year = $year", place=str(built), parameters={"year": 2023})
    assert len(named) == 4


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{file}')",
        "select * from '{file}'",
        "copy totals to '{file}2'",
        "attach '{file}.db'",
        "set enable_external_access = true",
        "install httpfs",
        "selekt",
    ],
)
def test_a_query_reaches_nothing_else_and_says_why(sql, built, tmp_path):
    file = tmp_path / "secret.csv"
    file.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(RequestError, match=r"查询不能执行：.*可查询的表：.*totals"):
        jixiao.query(sql.format(file=file), place=str(built))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.csv"]


def test_a_damaged_file_is_not_queried(tmp_path):
    build("sample", tmp_path)
    path = next(tmp_path.rglob("totals/*.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(RequestError, match="损坏"):
        jixiao.query("select 1", place=str(tmp_path))
