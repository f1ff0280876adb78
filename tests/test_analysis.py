"""The analyses of execution, lost points, distributions and changes against figures worked out by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from analysis_factories import WITHOUT_FRAME, indicator, make_results, money, scores_of, total
from hypothesis import given, settings
from hypothesis import strategies as st

import jixiao
from jixiao import analysis
from jixiao.analysis.attention import look_first
from jixiao.analysis.choices import choices
from jixiao.core.declared import load_shipped
from jixiao.core.errors import RequestError
from jixiao.core.exact import apportion, sums_of, whole
from jixiao.core.results import Results
from jixiao.core.vocabulary import columns, value_labels


@pytest.fixture(scope="module")
def sample():
    return jixiao.evaluate("data/sample")


@pytest.fixture(scope="module")
def small():
    """Three projects of one department: 90 of 100, 110 of 100, 10 of 200, and one without its spending."""
    return make_results(
        [
            money("甲", 100, executed=90, initial=80, arrived=95),
            money("乙", 100, executed=110, initial=100, arrived=100),
            money("丙", 200, executed=10, initial=200),
            money("丁", 50, executed=None, initial=50),
        ]
    )


# Execution


def test_the_weighted_rate_and_the_plain_mean_are_different_things(small):
    (row,) = analysis.execution_rates(small, by="department").to_dict("records")
    # Σ executed 90 + 110 + 10 = 210 of Σ base 400; mean (0.9 + 1.1 + 0.05) ÷ 3; one of three above 100 %.
    assert row["execution_rate"] == 210 / 400
    assert row["mean_rate"] == pytest.approx((0.9 + 1.1 + 0.05) / 3)
    assert row["median_rate"] == 0.9
    assert (row["known_count"], row["unknown_count"], row["over_count"]) == (3, 1, 1)
    assert row["over_share"] == 1 / 3 and row["base_wan"] == 400


def test_the_definitions_are_never_mixed(small):
    arrived = analysis.execution_rates(small, by="department", definition="arrived").iloc[0]
    # Only 甲 and 乙 print what arrived: (90 + 110) ÷ (95 + 100).
    assert arrived["execution_rate"] == 200 / 195 and arrived["known_count"] == 2
    adjusted = analysis.execution_rates(small, by="department", definition="adjusted").iloc[0]
    assert adjusted["known_count"] == 0 and np.isnan(adjusted["execution_rate"])
    with pytest.raises(RequestError, match="full_year"):
        analysis.execution_rates(small, definition="initial")
    with pytest.raises(RequestError, match="可选"):
        analysis.execution_rates(small, by="colour")


def test_a_form_with_an_adjusted_budget_has_the_adjusted_rate():
    results = make_results([money("甲", 100, executed=90, family="sichuan"), money("乙", 100, executed=10)])
    rates = analysis.execution_rates(results, by="project", definition="adjusted").set_index("project")
    assert rates.loc["甲", "execution_rate"] == 0.9 and np.isnan(rates.loc["乙", "execution_rate"])


@pytest.mark.parametrize(
    ("executed", "base", "band"),
    [
        ("0.27", "0.30", "in_band"),  # 0.27 ÷ 0.3 is 0.9 exactly, in floats it is above
        ("63", "70", "in_band"),
        ("62.9999", "70", "nearly"),
        ("8", "10", "nearly"),
        ("7.9999", "10", "under"),
        ("6", "10", "under"),
        ("5.9999", "10", "far_under"),
        ("0", "10", "far_under"),
        ("10", "10", "in_band"),
        ("10.0001", "10", "over"),
        (None, "10", "unknown"),
        ("10", "0", "unknown"),
        ("10", None, "unknown"),
    ],
)
def test_bands_are_compared_exactly_at_below_and_above_their_bounds(executed, base, band):
    values = [None if text is None else float(Decimal(text)) for text in (executed, base)]
    results = make_results([money("甲", values[1], executed=values[0])])
    bands = analysis.execution_bands(results).set_index("execution_band")["projects"]
    assert bands[bands > 0].to_dict() == {band: 1}


def test_the_shares_of_the_bands_leave_out_what_is_unknown(small):
    bands = analysis.execution_bands(small).set_index("execution_band")
    assert bands["projects"].to_dict() == {
        "far_under": 1,
        "under": 0,
        "nearly": 0,
        "in_band": 1,
        "over": 1,
        "unknown": 1,
    }
    assert bands["share"].sum() == pytest.approx(1) and np.isnan(bands.loc["unknown", "share"])


def test_the_waterfall_speaks_of_the_same_projects_at_every_stage(small):
    frame = analysis.budget_waterfall(small).set_index("stage")
    # 甲 and 乙 print all four: 80 + 100, 100 + 100, 95 + 100, 90 + 110.
    assert frame["amount_wan"].tolist() == [180, 200, 195, 200]
    assert frame["change_wan"].tolist()[1:] == [20, -5, 5] and np.isnan(frame["change_wan"].iloc[0])
    assert frame["known_count"].tolist() == [2] * 4 and frame["unknown_count"].tolist() == [2] * 4
    three = analysis.budget_waterfall(small, stages=["initial_budget_wan", "annual_budget_wan", "executed_wan"])
    assert three["amount_wan"].tolist() == [380, 400, 210]


def test_a_waterfall_without_complete_projects_is_missing_not_zero():
    frame = analysis.budget_waterfall(make_results([money("甲", 100, executed=90)]))
    assert frame["amount_wan"].isna().all() and frame["unknown_count"].tolist() == [1] * 4


def test_funds_are_grouped_without_the_whole():
    results = make_results([money("甲", 100, executed=90), money("甲", 60, executed=60, fund="fiscal")])
    rates = analysis.execution_rates(results, by="fund")
    assert rates["fund"].tolist() == ["fiscal"] and rates["base_wan"].tolist() == [60]


def test_the_execution_of_the_sample_agrees_with_the_summary(sample):
    rates = analysis.execution_rates(sample)
    from jixiao.analysis.summary import summarise_departments

    expected = summarise_departments(sample)
    assert rates["execution_rate"].tolist() == pytest.approx(expected["execution_rate"].tolist())


# Lost points


def test_lost_points_are_exact_and_missing_points_are_not_zero():
    scores = scores_of(
        indicator("a", 10, 9.9),
        indicator("b", 0.3, 0.1),  # 0.3 − 0.1 is 0.2 exactly, in floats it is not
        indicator("c", 20, None),
        indicator("d", 5, 5, category="满意度指标"),
    )
    frame = analysis.lost_points(scores).set_index("category")
    assert frame.loc["产出", "lost"] == 0.3 and frame.loc["产出", "weight_sum"] == 10.3
    assert frame.loc["产出", ["indicator_count", "losing_count", "unknown_count"]].tolist() == [2, 2, 1]
    assert frame.loc["满意度", "lost"] == 0 and frame["share"].tolist() == [1, 0]
    only = analysis.lost_points(scores_of(indicator("c", 20, None)))
    assert np.isnan(only["lost"].iloc[0]) and only["unknown_count"].tolist() == [1]


def test_losses_by_any_level_add_up_to_the_same_whole(sample):
    wholes = {
        round(float(analysis.lost_points(sample.scores, by=by)["lost"].sum()), 6)
        for by in ("category", "subcategory", "indicator", "kind", "method", "year", ["department", "year"])
    }
    assert len(wholes) == 1


# Distribution


def test_the_distribution_has_no_gap_and_counts_what_is_missing():
    frame = analysis.total_distribution(total(89.99, 90, 92.5, 100, None))
    assert frame["points_from"].dropna().tolist() == list(range(89, 101))
    counts = frame.set_index("points_from")["evaluations"]
    assert [counts[89], counts[90], counts[91], counts[92], counts[100]] == [1, 1, 0, 1, 1]
    assert np.isnan(frame["points_from"].iloc[-1]) and frame["evaluations"].iloc[-1] == 1
    assert frame["share"].sum() == pytest.approx(1)


def test_an_empty_distribution_is_no_error():
    assert analysis.total_distribution(total())["evaluations"].tolist() == [0]
    assert analysis.density_jumps(total(None))["p_value"].isna().all()


def test_the_jump_counts_each_side_of_the_line():
    jumps = analysis.density_jumps(total(88.99, 89, 89.99, 90, 90.5, 90.99, 90.01, 91, None)).set_index("grade_line")
    row = jumps.loc[90]
    # [89, 90): 89, 89.99; [90, 91): 90, 90.5, 90.99, 90.01; eight totals are known.
    assert (row["below_count"], row["above_count"], row["known_count"]) == (2, 4, 8)
    assert row["jump_ratio"] == 2 and row["above_share"] == 0.5
    # P(at least 4 of 6) = (15 + 6 + 1) ÷ 64
    assert row["p_value"] == pytest.approx(22 / 64)
    assert np.isnan(jumps.loc[60, "p_value"]) and np.isnan(jumps.loc[60, "jump_ratio"])


@settings(max_examples=30, deadline=None)
@given(above=st.integers(0, 60), below=st.integers(0, 60))
def test_the_probability_is_the_exact_binomial_one(above, below):
    row = analysis.density_jumps(total(*[90.5] * above, *[89.5] * below, 10)).set_index("grade_line").loc[90]
    count = above + below
    exact = Fraction(sum(comb(count, k) for k in range(above, count + 1)), 2**count)
    assert np.isnan(row["p_value"]) if count == 0 else row["p_value"] == pytest.approx(float(exact), rel=1e-9)


# Contributions


SIDES = {"before": {"year": 2023}, "after": {"year": 2024}}


def test_weight_and_completion_are_told_apart_without_residual():
    scores = scores_of(indicator("a", 10, 8, year=2023), indicator("a", 20, 18, year=2024))
    # p0 = 0.8, p1 = 0.9: weight (20 − 10) × 0.85 = 8.5, completion 15 × 0.1 = 1.5, together 10 = 18 − 8.
    (row,) = analysis.score_contributions(scores, **SIDES).to_dict("records")
    assert (row["weight_effect"], row["completion_effect"], row["contribution"]) == (8.5, 1.5, 10)
    # 连环替代, weight first: 10 × 0.8 = 8 and 20 × 0.1 = 2; completion first: 10 × 0.9 = 9 and 10 × 0.1 = 1.
    for order, expected in (("weight_first", (8, 2)), ("completion_first", (9, 1))):
        (row,) = analysis.score_contributions(scores, **SIDES, order=order).to_dict("records")
        assert (row["weight_effect"], row["completion_effect"]) == expected


def test_indicators_enter_and_leave_whole():
    scores = scores_of(
        indicator("a", 10, 8, year=2023), indicator("old", 5, 4, year=2023), indicator("void", 0, 0, year=2023)
    )
    after = scores_of(
        indicator("a", 10, 9, year=2024), indicator("new", 5, 5, year=2024), indicator("void", 2, 1, year=2024)
    )
    frame = analysis.score_contributions(pd.concat([scores, after]), **SIDES).set_index("indicator")
    assert frame["presence"].to_dict() == {"a": "kept", "old": "left", "new": "entered", "void": "entered"}
    assert frame["turnover_effect"].to_dict() == {"a": 0, "old": -4, "new": 5, "void": 1}
    (change,) = analysis.score_changes(pd.concat([scores, after]), **SIDES).to_dict("records")
    assert change["change"] == 3 and change["turnover_effect"] == 2 and change["completion_effect"] == 1


def test_missing_points_make_a_missing_change_not_a_loss():
    scores = scores_of(indicator("a", 10, 8, year=2023), indicator("a", 10, None, year=2024))
    row = analysis.score_contributions(scores, **SIDES).iloc[0]
    assert row[["weight_effect", "completion_effect", "turnover_effect", "contribution"]].isna().all()
    change = analysis.score_changes(scores, **SIDES).iloc[0]
    assert change["points_before"] == 8 and np.isnan(change["change"]) and np.isnan(change["completion_effect"])


def test_repeated_names_are_paired_in_the_order_of_the_form():
    rows = [("a", 10, 8, 2023), ("a", 10, 2, 2023), ("a", 10, 9, 2024), ("a", 10, 1, 2024)]
    scores = scores_of(*(indicator(name, weight, points, year=year) for name, weight, points, year in rows))
    frame = analysis.score_contributions(scores.iloc[[3, 1, 0, 2]], **SIDES)
    assert frame["contribution"].tolist() == [1, -1]


def test_wrong_sides_are_refused(sample):
    with pytest.raises(RequestError, match="相同的列"):
        analysis.score_contributions(sample.scores, before={"year": 2023}, after={"evaluation": "self"})
    with pytest.raises(RequestError, match="没有"):
        analysis.score_contributions(sample.scores, before={"year": 1999}, after={"year": 2024})


def test_two_evaluations_of_one_year_can_be_compared(sample):
    sides = {"before": {"evaluation": "self"}, "after": {"evaluation": "department"}}
    changes = analysis.score_changes(sample.scores, **sides).set_index(["year", "project"])
    # As printed on the forms: 95.94 − 97.90 and 93.94 − 94.90.
    assert changes.loc[(2023, "示例校园网络运维项目"), "change"] == -1.96
    assert changes.loc[(2024, "示例农村公路养护项目"), "change"] == -0.96


HUNDREDTHS = st.integers(0, 3000)
INDICATORS = st.lists(st.tuples(st.sampled_from("abcdef"), HUNDREDTHS, st.integers(0, 3000)), min_size=1, max_size=8)


def form_of(rows, year):
    return [indicator(name, weight / 100, min(points, weight) / 100, year=year) for name, weight, points in rows]


@settings(max_examples=50, deadline=None)
@given(before=INDICATORS, after=INDICATORS, order=st.sampled_from(["average", "weight_first", "completion_first"]))
def test_contributions_always_sum_to_the_change_exactly(before, after, order):
    scores = scores_of(*form_of(before, 2023), *form_of(after, 2024))
    frame = analysis.score_contributions(scores, **SIDES, order=order)
    told = {
        name: sum(Decimal(str(value)) for value in frame[name])
        for name in ("weight_effect", "completion_effect", "turnover_effect", "contribution")
    }
    change = [
        sum((Decimal(min(points, weight)) for _, weight, points in rows), Decimal(0)) / 100 for rows in (after, before)
    ]
    assert told["contribution"] == change[0] - change[1]
    assert told["weight_effect"] + told["completion_effect"] + told["turnover_effect"] == told["contribution"]
    for row in frame.itertuples():
        w0, s0, w1, s1 = (
            Fraction(str(value)) if value == value else None
            for value in (row.weight_before, row.points_before, row.weight_after, row.points_after)
        )
        if row.presence == "kept":  # the same in fractions, written otherwise: Shapley's mean over both orders
            first, last = (w1 - w0) * s0 / w0, (w1 - w0) * s1 / w1
            expected = {"average": (first + last) / 2, "weight_first": first, "completion_first": last}[order]
            assert abs(Fraction(str(row.weight_effect)) - expected) <= Fraction(1, 20000)


@settings(max_examples=10, deadline=None)
@given(before=INDICATORS, after=INDICATORS, seed=st.integers(0, 99))
def test_the_order_of_rows_never_matters(before, after, seed):
    scores = scores_of(*form_of(before, 2023), *form_of(after, 2024))
    mixed = scores.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(
        analysis.score_contributions(scores, **SIDES), analysis.score_contributions(mixed, **SIDES)
    )
    pd.testing.assert_frame_equal(analysis.lost_points(scores), analysis.lost_points(mixed))
    pd.testing.assert_frame_equal(
        analysis.department_changes(scores, before=2023, after=2024),
        analysis.department_changes(mixed, before=2023, after=2024),
    )


@settings(max_examples=15, deadline=None)
@given(forms=st.lists(st.tuples(INDICATORS, INDICATORS), min_size=1, max_size=4), gone=INDICATORS, came=INDICATORS)
def test_the_change_of_a_department_is_explained_to_the_last_digit(forms, gone, came):
    rows, means = [], {2023: [], 2024: []}
    projects = [*((f"P{number}", *sides) for number, sides in enumerate(forms)), ("old", gone, []), ("new", [], came)]
    for project, *sides in projects:
        for year, side in zip((2023, 2024), sides, strict=True):
            rows += [{**row, "project_id": project} for row in form_of(side, year)]
            if side:
                means[year].append(sum(Fraction(min(points, weight), 100) for _, weight, points in side))
    frame = analysis.department_changes(scores_of(*rows), before=2023, after=2024)
    change = sum(means[2024]) / len(means[2024]) - sum(means[2023]) / len(means[2023])
    assert abs(sum(Fraction(str(value)) for value in frame["contribution"]) - change) <= Fraction(51, 10**6)
    parts = frame[frame["part"] == "indicators"]
    effects = ["weight_effect", "completion_effect", "turnover_effect"]
    assert (parts[effects].sum(axis=1) - parts["contribution"]).abs().max() < 1e-9


def test_a_project_that_cannot_be_split_enters_neither_year():
    rows = [
        {**indicator("a", 10, 8, year=2023), "project_id": "P1"},
        {**indicator("a", 10, 9, year=2024), "project_id": "P1"},
        {**indicator("a", 10, None, year=2023), "project_id": "P2"},
        {**indicator("a", 10, 2, year=2024), "project_id": "P2"},
    ]
    frame = analysis.department_changes(scores_of(*rows), before=2023, after=2024)
    assert frame["contribution"].tolist() == [1, 0] and frame["unknown_count"].unique().tolist() == [1]


@settings(max_examples=200)
@given(amounts=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=30), parts=st.integers(1, 40))
def test_apportioned_quotients_add_up(amounts, parts):
    shares = apportion(np.array(amounts), parts)
    assert int(shares.sum()) == (2 * sum(amounts) + parts) // (2 * parts)
    assert all(abs(Fraction(whole, parts) - int(share)) < 1 for whole, share in zip(amounts, shares, strict=True))


def test_exact_sums_keep_what_is_missing_apart():
    rows = pd.DataFrame({"unit": list("aab"), "score": [0.1, None, None]})
    assert sums_of(rows, ["unit"], ["score"])["score"].fillna(-1).tolist() == [0.1, -1]
    assert sums_of(rows, [], ["score"])["score"].tolist() == [0.1]


# The declared choices and the vocabulary


def test_declared_bounds_rise_and_every_code_has_a_word():
    for name, column in (("execution_bands", "execution_band"), ("size_classes", "size_class")):
        declared = choices(name)
        bounds = list(declared["from"].values())
        assert bounds == sorted(bounds) and bounds[0] == 0
        codes = {*declared["from"], *declared.get("above", {})}
        assert codes | ({"unknown"} if column == "execution_band" else set()) == set(value_labels()[column])
    assert {*choices("department_kinds")["words"], "other"} == set(value_labels()["department_kind"])


def test_every_choice_names_its_basis_and_none_passes_for_official():
    for name, part in load_shipped("analysis.yaml").items():
        if name in {"sentences", "figures"}:
            continue
        for entry in part.values() if name == "definitions" else [part]:
            assert entry["basis"] and entry["mark"] in {"F", "F2", "J"}, name


def test_no_word_stands_for_two_kinds():
    words = [word for group in choices("department_kinds")["words"].values() for word in group]
    assert [word for word, count in Counter(words).items() if count > 1] == []


def test_every_column_of_every_analysis_is_in_the_vocabulary(sample):
    from analysis_factories import every_analysis

    frames = every_analysis(sample)
    assert set(frames) == set(analysis.__all__) - WITHOUT_FRAME
    for name, frame in frames.items():
        assert set(frame.columns) <= set(columns()), name


@pytest.mark.parametrize("frame", ["budgets", "evaluations"])
def test_every_analysis_bears_values_that_nobody_printed(frame):
    from analysis_factories import every_analysis

    frames = jixiao.load("data/sample")
    rows = getattr(frames, frame).copy()
    for column in rows.columns[rows.dtypes == "float64"]:
        rows[column] = np.nan
    given = replace(frames, **{frame: rows})
    scores, totals = jixiao.score(given)
    findings = jixiao.audit(given, scores, totals)
    results = Results(given, scores, totals, findings, Path("/example/data"), datetime(2024, 3, 1, tzinfo=UTC))
    assert all(isinstance(found, pd.DataFrame) for found in every_analysis(results).values())
    assert len(look_first(results)) <= 10


def test_money_is_exact_to_one_fen():
    rows = pd.DataFrame({"unit": ["甲", "甲"], "amount_wan": [12.545677, 0.000001]})
    assert sums_of(rows.head(1), ["unit"], ["amount_wan"])["amount_wan"].tolist() == [12.545677]
    assert sums_of(rows, [], ["amount_wan"])["amount_wan"].tolist() == [12.545678]
    assert whole(rows["amount_wan"]).tolist() == [12_545_677, 1]


@pytest.mark.parametrize(
    ("executed", "base", "band"),
    [(89.9992, 100.0, "nearly"), (0.899992, 1.0, "nearly"), (0.9, 1.0, "in_band"), (1.000001, 1.0, "over")],
)
def test_a_rate_just_below_its_band_stays_below(executed, base, band):
    assert analysis.execution.execution_band(pd.Series([executed]), pd.Series([base])).tolist() == [band]
