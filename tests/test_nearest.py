"""A wrong year, project, department or column is answered with the nearest names, briefly, however many there are."""

from __future__ import annotations

import pytest

import jixiao
from jixiao.analysis import execution_rates, summary
from jixiao.builds.trace import trace
from jixiao.core.errors import MOST_NAMED, RequestError, nearest


@pytest.fixture(scope="module")
def province(small_province):
    return jixiao.evaluate(small_province)


def test_the_nearest_come_first_and_are_at_most_five(province):
    names = province.frames.projects["project"].drop_duplicates()
    for wanted in names.sample(10, random_state=1):
        slip = wanted[:2] + wanted[3:]  # one sign is missing
        assert wanted in nearest(slip, names) and len(nearest(slip, names)) == MOST_NAMED
    assert nearest(1999, [2021, 2024, 2023]) == ["2021", "2023", "2024"]


def requests(results, place):
    """Every kind of wrong request, by its name."""
    one = results.totals.iloc[0]
    long = "没有这个" * 300
    return {
        "year": lambda: summary.choose_evaluation(results, 1999, one["project"], "self"),
        "project": lambda: summary.choose_evaluation(results, int(one["year"]), long, "self"),
        "kind": lambda: summary.choose_evaluation(results, int(one["year"]), one["project"], long),
        "department": lambda: summary.choose_department(results, int(one["year"]), long),
        "department year": lambda: summary.choose_department(results, 1999, one["department"]),
        "whole project": lambda: summary.choose_project(results, long),
        "trace": lambda: trace(results, place, long),
        "grouping": lambda: execution_rates(results, by="departments"),
        "column": lambda: jixiao.query("select executed from budgets", place=str(place)),
        "table": lambda: jixiao.query("select * from project", place=str(place)),
        "sentence": lambda: jixiao.query(f"select '{long}' frm totals", place=str(place)),
    }


WRONG = ["year", "project", "kind", "department", "department year", "whole project"]
WRONG += ["trace", "grouping", "column", "table", "sentence"]


@pytest.mark.parametrize("name", WRONG)
def test_the_answer_is_short_on_a_whole_province(name, province, small_province):
    with pytest.raises(RequestError) as said:
        requests(province, small_province)[name]()
    assert len(str(said.value)) <= 600 and ("最接近的" in str(said.value) or name in {"grouping", "sentence"})


def test_a_wrong_column_of_a_query_names_the_nearest_of_its_tables(small_province):
    with pytest.raises(RequestError, match="表 budgets 没有列“executed”；最接近的：executed_wan"):
        jixiao.query("select executed from budgets", place=str(small_province))
    with pytest.raises(RequestError, match="没有表“project”；最接近的：projects"):
        jixiao.query("select * from project", place=str(small_province))
