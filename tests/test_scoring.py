"""Methods and frameworks by their examples; totals, grades and what scoring must never do."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
from conftest import (
    CASES,
    as_decimal,
    base_form,
    case_params,
    evaluate,
    load_cases,
    make_reading,
    one_row_form,
    score_forms,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from jixiao.core.errors import RequestError
from jixiao.core.exact import exact_sum
from jixiao.core.frames import EVALUATION_KEY, KEYS
from jixiao.core.vocabulary import word
from jixiao.core.writing import percent_text, points_text
from jixiao.reading.tidy.make_frames import make_frames
from jixiao.scoring import formulas, score
from jixiao.scoring.frameworks import choose_framework, load_framework, load_frameworks, methods

METHODS = sorted(path.stem for path in CASES.glob("method_*.yaml"))
FRAMEWORKS = ["caiyu_2020_10", "caiyu_2021_101"]


SCORED: dict[tuple[str, str], pd.DataFrame] = {}
"""Rows of all cases that share a rule, scored together; by method and parameters."""


def scored_cases(cases, framework):
    """Score the one indicator of every case as a project of its own; one row per case, by its name."""
    forms = [{**one_row_form(case["input"], case["year"]), "project": case["name"]} for case in cases]
    return score_forms(*forms, framework=framework)[0].set_index("project")


@pytest.mark.parametrize(("stem", "case"), case_params(METHODS))
def test_method(stem, case, use_rule):
    method, wanted = stem.removeprefix("method_"), case["output"]
    parameters = case["input"].get("parameters", {})
    if (stem, str(parameters)) not in SCORED:
        use_rule(method, **parameters)
        alike = [other for other in load_cases(stem) if other["input"].get("parameters", {}) == parameters]
        SCORED[stem, str(parameters)] = scored_cases(alike, "caiyu_case")
    row = SCORED[stem, str(parameters)].loc[case["name"]]
    assert as_decimal(row["score"]) == wanted["score"], row["score_explanation"]
    assert row["decided_by"] == wanted["decided_by"]
    assert row["method"] == method
    assert wanted.get("says", "") in row["score_explanation"]
    if "completion_rate" in wanted:
        rate = wanted["completion_rate"]
        assert (
            pd.isna(row["completion_rate"])
            if rate is None
            else row["completion_rate"] == pytest.approx(float(rate), abs=1e-12)
        )


def test_every_method_has_cases():
    assert {stem.removeprefix("method_") for stem in METHODS} == set(methods()) == set(formulas.METHODS)


@pytest.mark.parametrize(("framework", "case"), case_params(FRAMEWORKS))
def test_framework(framework, case):
    given, wanted = case["input"], case["output"]
    if "total" in given:
        assert word("grade", load_framework(framework).grade_of(Decimal(given["total"]))) == wanted["grade"]
        return
    if (framework, "") not in SCORED:
        scored = [other for other in load_cases(framework) if "total" not in other["input"]]
        SCORED[framework, ""] = scored_cases(scored, framework)
    row = SCORED[framework, ""].loc[case["name"]]
    assert as_decimal(row["score"]) == wanted["score"], row["score_explanation"]
    assert row["method"] == wanted.get("method", row["method"])
    if "finding" in wanted:
        found = evaluate(one_row_form(given, case["year"]), framework=framework).findings
        assert wanted["finding"] in set(found["code"])


def test_totals_are_graded_as_they_are_printed():
    form = base_form("self")
    for total, grade in (
        ("89.994", "good"),
        ("89.995", "excellent"),
        ("79.99", "fair"),
        ("60", "fair"),
        ("59.99", "poor"),
    ):
        form["total"]["reported_score"] = total
        assert score_forms(form)[1]["reported_grade"].tolist() == [grade]


def test_grades_sort_by_rank():
    grades = score_forms(base_form("self"))[1]["grade"]
    assert grades.cat.ordered
    assert list(grades.cat.categories) == ["excellent", "good", "fair", "poor"]


@pytest.mark.parametrize(("missing", "grade"), [("10", "excellent"), ("20", "good"), ("40", "fair"), ("40.01", "poor")])
def test_a_total_exactly_on_a_threshold(missing, grade):
    """Points of 0.01 are summed exactly: 60.00, 80.00 and 90.00 earn the better grade."""
    form = base_form("department")
    for row in form["indicators"]:
        row["reported_score"] = row["weight"]
    rows = [
        {**form["indicators"][0], "indicator": f"要点{number}", "weight": "0.1", "reported_score": "0.1"}
        for number in range(1000)
    ]
    lost = int(Decimal(missing) * 100)
    for row in rows[: lost // 10]:
        row["reported_score"] = "0"
    rows[-1]["reported_score"] = str(Decimal("0.1") - Decimal(lost % 10) / 100)
    form["indicators"] = rows
    total = score_forms(form)[1].iloc[0]
    assert as_decimal(total["total"]) == 100 - Decimal(missing)
    assert total["grade"] == grade


def test_a_missing_score_never_adds_up_to_a_total():
    form = base_form("self")
    form["indicators"][5]["actual"] = "显著提升"
    row = score_forms(form)[1].iloc[0]
    assert pd.isna(row["total"]) and pd.isna(row["grade"])
    assert row["undecided_count"] == 1
    assert row["reported_sum"] == 100


def test_an_evaluation_without_any_score_has_no_total():
    form = base_form("department")
    for row in form["indicators"]:
        row["reported_score"] = row["weight"] = ""
    row = score_forms(form)[1].iloc[0]
    for column in ("total", "reported_sum", "weight_sum"):
        assert pd.isna(row[column]), column
    assert exact_sum([]) is None and exact_sum([None, 1.0]) is None


def test_a_line_of_the_form_that_was_left_unused_says_so():
    form = base_form("self")
    empty = dict.fromkeys(form["indicators"][0], "")
    form["indicators"].append(form["indicators"][0] | empty | {"category": "产出指标", "indicator": "指标2："})
    scores, totals = score_forms(form)
    assert scores["score_explanation"].iloc[-1] == "表样中没有填写的行，不计分。"
    assert totals["total"].notna().all()


def test_a_score_of_zero_counts():
    form = base_form("department")
    form["indicators"][0]["reported_score"] = "0"
    assert score_forms(form)[1]["total"].tolist() == [85.0]


def test_three_evaluations_of_one_project_stay_side_by_side():
    finance = {**base_form("department"), "evaluation": "finance"}
    result = evaluate(base_form("self"), base_form("department"), finance)
    assert result.totals["evaluation"].tolist() == ["self", "department", "finance"]
    assert result.totals["project_id"].nunique() == 1
    assert len(result.frames.projects) == 1


def test_the_execution_rate_is_defined_by_the_kind_of_evaluation():
    self_form, department = base_form("self"), base_form("department")
    self_form["funds"][0] |= {"executed": "60", "arrived": "80"}
    department["funds"][0] |= {"executed": "60", "arrived": "80"}
    totals = score_forms(self_form, department)[1]
    assert totals["execution_definition"].tolist() == ["full_year", "arrived"]
    assert totals["execution_rate"].tolist() == [0.6, 0.75]


def test_no_budget_gives_no_rate():
    form = base_form("self")
    form["funds"][0] |= {"annual_budget": "0", "executed": "0"}
    scores, totals = score_forms(form)
    assert pd.isna(totals["execution_rate"].iloc[0])
    assert pd.isna(scores["score"].iloc[0])


def test_the_framework_is_chosen_by_kind_year_and_project():
    facts = {"project": "示例", "unit": "", "department": ""}
    assert choose_framework("self", 2021, facts).id == "caiyu_2020_10"
    assert choose_framework("finance", 2024, facts).id == "caiyu_2020_10_form2"
    assert choose_framework("department", 2021, {**facts, "project": "党政信息网络建设项目"}).id == "dangzheng_2021"
    assert (
        choose_framework("department", 2022, {**facts, "project": "党政信息网络建设项目"}).id == "caiyu_2020_10_form2"
    )
    assert choose_framework("self", 2019, facts).id == "own_points"  # kept as it is printed, nothing is scored
    with pytest.raises(RequestError, match="1980年度没有适用"):
        choose_framework("self", 1980, facts)
    with pytest.raises(RequestError, match="没有名为“无此体系”"):
        load_framework("无此体系")


def test_another_framework_may_be_asked_for_comparison():
    form = base_form("self")
    form["indicators"][0]["actual"] = "80公里"
    assert score_forms(form)[0]["score"].tolist()[1] == 16.0
    assert score_forms(form, framework="caiyu_2021_101")[0]["score"].tolist()[1] == 10.0
    with pytest.raises(RequestError):
        score_forms(form, framework="nothing")


def test_keys_are_unique_and_no_row_is_lost(published):
    frames, scores, totals, _ = published
    assert len(scores) == len(frames.indicators) and len(totals) == len(frames.evaluations)
    assert not scores.duplicated(KEYS["indicators"]).any() and not totals.duplicated(EVALUATION_KEY).any()
    for column in ("method", "score_explanation", "basis", "basis_mark", "decided_by"):
        assert (scores[column].str.len() > 0).all()
    assert not scores["score_explanation"].str.contains(r"nan|None|<NA>|\{").any()


def test_scoring_does_not_change_what_it_is_given(published):
    frames = published.frames
    before = {name: frame.copy(deep=True) for name, frame in frames.items()}
    score(frames)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, before[name])


ROWS = st.lists(
    st.tuples(
        st.integers(1, 10000).map(lambda cents: Decimal(cents) / 100),
        st.integers(1, 10**7).map(lambda units: Decimal(units) / 1000),
        st.integers(0, 2 * 10**7).map(lambda units: Decimal(units) / 1000),
        st.sampled_from(["≥", "≤"]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=15, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_scores_equal_decimal_arithmetic_in_any_order(rows, random):
    """The whole way, from written texts to points, against exact arithmetic."""
    form = base_form("self")
    form["funds"] = []
    form["indicators"] = [
        {
            "category": "产出指标",
            "subcategory": "数量指标",
            "indicator": f"指标{number}",
            "target": f"{sign}{target}个",
            "actual": f"{actual}个",
            "weight": weight,
            "reported_score": "",
            "deviation_reason": "",
        }
        for number, (weight, target, actual, sign) in enumerate(rows)
    ]
    frames = make_frames([make_reading(form)])
    scores, totals = score(frames)
    wanted = []
    for weight, target, actual, sign in rows:
        met = actual >= target if sign == "≥" else actual <= target
        rate = Decimal(1) if met else (actual / target if sign == "≥" else target / actual)
        wanted.append((weight * rate).quantize(Decimal("0.01"), ROUND_HALF_UP))
    found = [as_decimal(value) for value in scores["score"]]
    assert found == wanted
    assert all(0 <= got <= weight for got, (weight, *_) in zip(found, rows, strict=True))
    assert as_decimal(totals["total"].iloc[0]) == sum(wanted)
    order = list(range(len(rows)))
    random.shuffle(order)
    frames.indicators = frames.indicators.iloc[order].reset_index(drop=True)
    mixed, mixed_totals = score(frames)
    columns = ["indicator_id", "score", "completion_rate", "score_explanation"]
    pd.testing.assert_frame_equal(
        mixed[columns].sort_values("indicator_id").reset_index(drop=True), scores[columns].reset_index(drop=True)
    )
    assert mixed_totals["total"].tolist() == totals["total"].tolist()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10000), st.integers(0, 20000))
def test_grades_never_fall_when_the_total_rises(first, second):
    rank = {"excellent": 3, "good": 2, "fair": 1, "poor": 0}
    for framework in load_frameworks():
        low, high = sorted((Decimal(first) / 100, Decimal(second) / 200))
        assert rank[framework.grade_of(low)] <= rank[framework.grade_of(high)]


@pytest.mark.parametrize(
    ("points", "shown"), [(14.25, "14.25"), (10.0, "10"), (0.0, "0"), (100.0, "100"), (12.345, "12.35"), (None, "—")]
)
def test_points_are_written_as_readers_expect(points, shown):
    assert points_text(points) == shown


@pytest.mark.parametrize(
    ("rate", "shown"), [(0.968464, "96.85%"), (1.0, "100.00%"), (0.0, "0.00%"), (1.005, "100.50%"), (float("nan"), "—")]
)
def test_rates_are_written_half_up(rate, shown):
    assert percent_text(rate) == shown
