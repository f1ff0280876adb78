"""The analyses that compare units, evaluators and years, against figures worked out by hand and by other ways."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from analysis_factories import indicator, make_results, money, scores_of, total
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation, percentileofscore

from jixiao import analysis
from jixiao.core.errors import RequestError

# Peers


def test_the_distance_to_the_best_and_the_robust_z_by_hand():
    rows = pd.DataFrame({"unit": list("abcde"), "total": [70.0, 80, 85, 90, 95], "kind": "x"})
    frame = analysis.benchmark_peers(rows, value="total", peers="kind")
    # Median 85, deviations 15 5 0 5 10, their median 5: z of 95 is 10 ÷ (1.4826 × 5).
    assert frame["best_gap"].tolist() == [25, 15, 10, 5, 0]
    assert frame["robust_z"].tolist() == pytest.approx([-15 / 7.413, -5 / 7.413, 0, 5 / 7.413, 10 / 7.413])
    assert frame["percentile"].tolist() == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])


def test_where_less_is_better_the_least_is_the_best():
    rows = pd.DataFrame({"cost": [1.0, 2, 3, 4, 5]})
    frame = analysis.benchmark_peers(rows, value="cost", better="low")
    assert frame["best_gap"].tolist() == [0, 1, 2, 3, 4] and frame["best_value"].tolist() == [1] * 5
    assert frame["percentile"].iloc[0] == 0.9 and frame["robust_z"].iloc[0] > 0


def test_few_peers_have_a_best_but_no_percentile_and_missing_stays_missing():
    rows = pd.DataFrame({"total": [70.0, None, 80], "kind": ["x", "x", "y"]})
    frame = analysis.benchmark_peers(rows, value="total", peers="kind")
    assert frame["percentile"].isna().all() and frame["peer_count"].tolist() == [1, 1, 1]
    assert frame["best_gap"].fillna(-1).tolist() == [0, -1, 0]


def test_equal_values_give_no_z():
    frame = analysis.benchmark_peers(pd.DataFrame({"total": [90.0] * 6}), value="total")
    assert frame["robust_z"].isna().all() and frame["percentile"].tolist() == [0.5] * 6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=5, max_size=30))
def test_percentile_and_z_agree_with_scipy(values):
    rows = pd.DataFrame({"total": np.array(values, dtype="float64")})
    frame = analysis.benchmark_peers(rows, value="total")
    expected = [percentileofscore(values, value, kind="mean") / 100 for value in values]
    assert frame["percentile"].tolist() == pytest.approx(expected)
    spread = median_abs_deviation(values) * 1.4826
    if spread:
        assert frame["robust_z"].tolist() == pytest.approx(((np.array(values) - np.median(values)) / spread).tolist())


# Frontier

# Five units, two inputs, one output of 1 each. Per unit of output: A (2, 4), B (4, 2), C (4, 4), D (2, 5), E (6, 2).
# The frontier goes from A to B, upright above A and level right of B. C meets it at 0.75 × (4, 4) = (3, 3), halfway
# between A and B. D lies straight above A: θ = 1 only on the upright part, with a slack of 1 in the second input.
# E lies level with B: θ = 1 with a slack of 2 in the first input.
UNITS = pd.DataFrame({"unit": list("ABCDE"), "staff": [2.0, 4, 4, 2, 6], "money": [4.0, 2, 4, 5, 2], "done": [1.0] * 5})
FLOWS = {"inputs": ["staff", "money"], "outputs": "done", "name": "unit"}


def test_the_frontier_of_five_units_by_hand():
    frame = analysis.efficiency_frontier(UNITS, **FLOWS).set_index("unit")
    assert frame["efficiency"].to_dict() == pytest.approx({"A": 1, "B": 1, "C": 0.75, "D": 1, "E": 1})
    assert frame.loc["C", "peers"] == "A×0.50、B×0.50"
    assert "75.00%" in frame.loc["C", "explanation"] and "A、B" in frame.loc["C", "explanation"]
    slacks = analysis.frontier_slacks(UNITS, **FLOWS).set_index(["unit", "measure"])
    assert slacks.loc[("D", "money"), "slack"] == pytest.approx(1)
    assert slacks.loc[("E", "staff"), "slack"] == pytest.approx(2)
    assert slacks.loc[("C", "staff"), ["goal", "radial_cut", "slack"]].tolist() == pytest.approx([3, 1, 0])


def test_returns_to_scale_by_hand():
    # One input, one output: A 2→1, B 3→3, C 6→4, D 6→2. Best ratio 1 (B): CCR 1/2, 1, 2/3, 1/3.
    # BCC frontier A–B–C: D makes 2, between A (2→1) and B (3→3) at 2.5 of input: 2.5 ÷ 6.
    rows = pd.DataFrame({"unit": list("ABCD"), "x": [2.0, 3, 6, 6], "y": [1.0, 3, 4, 2]})
    flows = {"inputs": "x", "outputs": "y", "name": "unit"}
    constant = analysis.efficiency_frontier(rows, **flows)["efficiency"].tolist()
    variable = analysis.efficiency_frontier(rows, **flows, returns="variable")["efficiency"].tolist()
    assert constant == pytest.approx([1 / 2, 1, 2 / 3, 1 / 3])
    assert variable == pytest.approx([1, 1, 1, 2.5 / 6])


NUMBER = st.integers(1, 50).map(float)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=2, max_size=8))
def test_one_input_and_one_output_agree_with_the_best_ratio(pairs):
    rows = pd.DataFrame(pairs, columns=["x", "y"]).assign(unit=[f"u{n}" for n in range(len(pairs))])
    found = analysis.efficiency_frontier(rows, inputs="x", outputs="y", name="unit")["efficiency"]
    ratio = rows["y"] / rows["x"]
    assert found.tolist() == pytest.approx((ratio / ratio.max()).tolist(), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=2, max_size=6))
def test_two_inputs_agree_with_a_search_over_pairs_of_units(triples):
    """With two inputs and one output the best mixture needs at most two units."""
    rows = pd.DataFrame(triples, columns=["a", "b", "y"]).assign(unit=[f"u{n}" for n in range(len(triples))])
    found = analysis.efficiency_frontier(rows, inputs=["a", "b"], outputs="y", name="unit")["efficiency"]
    per = rows[["a", "b"]].to_numpy() / rows[["y"]].to_numpy()
    for unit, mine in enumerate(per):
        best = min(
            max(end[0] / mine[0], end[1] / mine[1]) for end in per
        )  # a single unit; then pairs at the point where both inputs shrink alike
        for one, other in permutations(per, 2):
            slope = (other[0] - one[0]) / mine[0] - (other[1] - one[1]) / mine[1]
            if abs(slope) > 1e-12:
                share = (one[1] / mine[1] - one[0] / mine[0]) / slope
                if 0 <= share <= 1:
                    best = min(best, (one[0] + share * (other[0] - one[0])) / mine[0])
        assert found.iloc[unit] == pytest.approx(best, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=2, max_size=6),
    st.sampled_from([1e-4, 0.37, 1e4]),
    st.sampled_from(["constant", "variable"]),
    st.randoms(),
)
def test_neither_units_of_measure_nor_the_order_of_rows_change_the_efficiency(triples, factor, returns, random):
    rows = pd.DataFrame(triples, columns=["a", "b", "y"]).assign(unit=[f"u{n}" for n in range(len(triples))])
    flows = {"inputs": ["a", "b"], "outputs": "y", "name": "unit", "returns": returns}
    found = analysis.efficiency_frontier(rows, **flows).set_index("unit")["efficiency"]
    order = list(range(len(rows)))
    random.shuffle(order)
    scaled = rows.assign(a=rows["a"] * factor, y=rows["y"] / factor).iloc[order]
    again = analysis.efficiency_frontier(scaled, **flows).set_index("unit")["efficiency"]
    assert again[found.index].tolist() == pytest.approx(found.tolist(), abs=1e-6)
    assert found.between(0, 1).all() and (found == 1).any()


def test_units_that_cannot_be_compared_are_listed_with_their_reason():
    rows = pd.DataFrame({"unit": list("ABCDE"), "x": [2.0, 0, np.nan, 4, 3], "y": [1.0, 1, 1, -1, np.nan]})
    frame = analysis.efficiency_frontier(rows, inputs="x", outputs="y", name="unit")
    assert frame["efficiency"].fillna(-1).tolist() == [1, -1, -1, -1, -1]
    assert ["投入" in text for text in frame["explanation"]][1:] == [True, True, False, False]
    assert all("产出" in text for text in frame["explanation"][3:])
    alone = analysis.efficiency_frontier(rows.iloc[1:3], inputs="x", outputs="y", name="unit")
    assert alone["efficiency"].isna().all()


def test_few_units_are_said_to_be_few():
    few = analysis.efficiency_frontier(UNITS, **FLOWS)["explanation"]
    assert few.str.contains("偏少（5个，宜不少于9个）").all()
    many = pd.concat([UNITS.assign(unit=UNITS["unit"] + str(n)) for n in range(2)], ignore_index=True)
    assert not analysis.efficiency_frontier(many, **FLOWS)["explanation"].str.contains("偏少").any()


def test_requests_that_make_no_sense_are_refused():
    with pytest.raises(RequestError, match="投入"):
        analysis.efficiency_frontier(UNITS, inputs=[], outputs="done", name="unit")
    with pytest.raises(RequestError, match="没有"):
        analysis.efficiency_frontier(UNITS, inputs="x", outputs="done", name="unit")
    many = pd.DataFrame({"unit": "u", "x": np.ones(1001), "y": 1.0})
    with pytest.raises(RequestError, match="1000"):
        analysis.efficiency_frontier(many, inputs="x", outputs="y", name="unit")


# Unit costs


def test_unit_costs_against_last_year_and_peers_by_hand():
    rows = [
        {**indicator("里程", 20, 20, year=year, actual_value=actual, measure_unit=unit), "project_id": project}
        for project, year, actual, unit in [
            ("甲", 2023, 10, "公里"),
            ("甲", 2024, 20, "公里"),
            ("乙", 2024, 10, "公里"),
            ("丙", 2024, 40, "公里"),
            ("丁", 2024, 5, "个"),
            ("戊", 2024, 0, "公里"),
            ("己", 2024, np.nan, "公里"),
        ]
    ]
    funds = [money("甲", 100, executed=50)] + [money(name, 100, executed=80, year=2024) for name in "甲乙丙丁戊己"]
    frame = analysis.cost_per_output(make_results(funds, scores=scores_of(*rows))).set_index(["year", "project_id"])
    cost = frame["unit_cost_wan"]
    assert [cost[2023, "甲"], cost[2024, "甲"], cost[2024, "乙"], cost[2024, "丙"]] == [5, 4, 8, 2]
    assert np.isnan(cost[2024, "戊"]) and np.isnan(cost[2024, "己"]) and len(frame) == 7
    assert frame.loc[(2024, "甲"), "unit_cost_change_rate"] == pytest.approx(-0.2)
    # Peers of 甲 are 乙 8 and 丙 2: median 5. Those of 乙 are 甲 4 and 丙 2: median 3. 丁 counts in another unit.
    assert frame.loc[(2024, "甲"), ["peer_count", "peer_median_wan", "peer_rate"]].tolist() == [2, 5, 0.8]
    assert frame.loc[(2024, "乙"), "peer_median_wan"] == 3
    assert frame.loc[(2024, "丁"), "peer_count"] == 0 and np.isnan(frame.loc[(2024, "丁"), "peer_rate"])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=9))
def test_the_median_of_the_others_agrees_with_numpy(outputs):
    names = [f"P{number}" for number in range(len(outputs))]
    rows = [
        {**indicator("里程", 20, 20, actual_value=float(actual)), "project_id": name}
        for name, actual in zip(names, outputs, strict=True)
    ]
    frame = analysis.cost_per_output(
        make_results([money(name, 100, executed=60) for name in names], scores=scores_of(*rows))
    ).set_index("project_id")
    costs = [60 / actual for actual in outputs]
    for number, name in enumerate(names):
        others = costs[:number] + costs[number + 1 :]
        expected = float(np.median(others)) if others else np.nan
        assert frame.loc[name, "peer_median_wan"] == pytest.approx(expected, nan_ok=True)


# Robustness


def test_two_weights_by_hand():
    # 甲 0.9 × 50 + 0.80 × 40 = 77, 乙 0.8 × 50 + 0.92 × 40 = 76.8. The gap is 5 u − 4.8 v with u, v in {0.9, 1, 1.1}:
    # 甲 stays in front unless v exceeds u by a step: (0.9, 1), (0.9, 1.1), (1, 1.1) are three of nine.
    shares = pd.DataFrame({"产出": [0.9, 0.8, 0.1], "效益": [0.8, 0.92, 0.1]}, index=["甲", "乙", "丙"])
    frame = analysis.rank_robustness(shares, {"产出": 50, "效益": 40}).set_index("index")
    assert frame["rank"].to_dict() == {"甲": 1, "乙": 2, "丙": 3}
    assert frame.loc["甲", "points"] == pytest.approx(77) and frame["is_exact"].all()
    assert frame["swap_share"].to_dict() == pytest.approx({"甲": 3 / 9, "乙": 3 / 9, "丙": 0})
    assert frame["first_share"].to_dict() == pytest.approx({"甲": 6 / 9, "乙": 3 / 9, "丙": 0})
    assert frame["swap_count"].to_dict() == {"甲": 1, "乙": 1, "丙": 0}
    assert frame["rank_worst"].to_dict() == {"甲": 2, "乙": 2, "丙": 3}


def test_equal_units_share_the_better_place_and_a_gap_in_the_data_is_no_zero():
    shares = pd.DataFrame({"产出": [0.9, 0.9, 0.5, np.nan], "效益": [0.8, 0.8, 0.9, 1]}, index=list("abcd"))
    frame = analysis.rank_robustness(shares, {"产出": 60, "效益": 40}).set_index("index")
    assert frame["rank"].tolist()[:3] == [1, 1, 3] and pd.isna(frame.loc["d", "rank"])
    assert frame.loc["d", ["points", "first_share", "swap_count"]].isna().all()


SHARES = st.lists(st.tuples(*[st.integers(0, 100)] * 3), min_size=2, max_size=7)


@settings(max_examples=40, deadline=None)
@given(SHARES)
def test_places_agree_with_a_slow_count_of_all_combinations(rows):
    weights = [50, 30, 20]
    shares = pd.DataFrame(rows, columns=list("abc")) / 100
    frame = analysis.rank_robustness(shares, dict(zip("abc", weights, strict=True))).set_index("index").sort_index()
    places = {unit: [] for unit in range(len(rows))}
    for factors in product((9, 10, 11), repeat=3):  # whole numbers: exact
        totals = [
            sum(share * weight * factor for share, weight, factor in zip(row, weights, factors, strict=True))
            for row in rows
        ]
        for unit, points in enumerate(totals):
            places[unit].append(1 + sum(other > points for other in totals))
    assert frame["rank_best"].tolist() == [min(met) for met in places.values()]
    assert frame["rank_worst"].tolist() == [max(met) for met in places.values()]
    assert frame["first_share"].tolist() == pytest.approx([met.count(1) / 27 for met in places.values()])
    for unit, row in enumerate(rows):  # the corners of the box decide whether an order can turn
        can_turn = 0
        for other in rows:
            gaps = [
                sum((a - b) * w * f for a, b, w, f in zip(row, other, weights, factors, strict=True))
                for factors in product((9, 11), repeat=3)
            ]
            can_turn += min(gaps) < 0 < max(gaps)
        assert frame["swap_count"].iloc[unit] == can_turn


def test_many_weights_are_drawn_and_equal_seeds_give_equal_results():
    shares = pd.DataFrame(np.random.default_rng(3).uniform(0.7, 1, (20, 9)), columns=list("abcdefghi"))
    weights = dict.fromkeys("abcdefghi", 10)
    first, again = (analysis.rank_robustness(shares, weights, draws=300) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    other = analysis.rank_robustness(shares, weights, draws=300, seed=2)
    assert not first["is_exact"].any() and not first["swap_share"].equals(other["swap_share"])
    assert (first["rank_best"] <= first["rank_low"]).all() and (first["rank_low"] <= first["rank_high"]).all()
    assert first["first_share"].sum() == pytest.approx(1)
    with pytest.raises(RequestError, match="幅度"):
        analysis.rank_robustness(shares, weights, swing=1.5)


def test_the_weights_of_the_forms_are_found_again():
    rows = [
        {**indicator(name, weight, points, category=category), "project_id": project}
        for project in ("甲", "乙")
        for name, weight, points, category in [
            ("a", 50, 40, "产出指标"),
            ("b", 30, 30, "效益指标"),
            ("c", 12, None, "满意度指标"),
            ("d", 8, 8, "满意度指标"),  # what is known of a group does not stand for the whole group
        ]
    ]
    shares, weights = analysis.category_shares(scores_of(*rows), by="project_id")
    assert weights.to_dict() == {"产出": 50, "效益": 30, "满意度": 20}
    assert shares["产出"].tolist() == [0.8, 0.8] and shares["满意度"].isna().all()


# Evaluators


def test_who_decided_the_points_by_hand():
    rows = [
        indicator("a", 0.1, 0.1),
        indicator("b", 0.2, 0, decided_by="person"),
        indicator("c", 0.7, None, decided_by="nobody"),
    ]
    (row,) = analysis.discretion_shares(scores_of(*rows), by="evaluation").to_dict("records")
    assert (row["rule_weight"], row["person_weight"], row["nobody_weight"], row["weight_sum"]) == (0.1, 0.2, 0.7, 1)
    assert (row["person_share"], row["nobody_share"]) == (0.2, 0.7)


def pair(project, own, other, *, department="示例局", weight=10.0):
    facts = {"project_id": project, "department": department}
    return [indicator("a", 10, own, **facts), indicator("a", weight, other, evaluation="department", **facts)]


def test_leniency_is_the_mean_over_projects_with_all_resamples_counted():
    # Differences 0.2 and 0.4: resamples of two are 0.2, 0.3, 0.3, 0.4, so the interval runs from 0.2 to 0.4.
    scores = scores_of(*pair("甲", 10, 8), *pair("乙", 10, 12, weight=20), *pair("丙", 9, 9, department="另一局"))
    differences = analysis.evaluator_differences(scores).set_index("project_id")
    assert differences["share_difference"].round(12).to_dict() == {"甲": 0.2, "乙": 0.4, "丙": 0}
    assert differences.loc["甲", "points_difference"] == 2 and np.isnan(differences.loc["乙", "points_difference"])
    frame = analysis.leniency(scores).set_index("department")
    row = frame.loc["示例局"]
    assert (row["mean_difference"], row["difference_low"], row["difference_high"]) == pytest.approx((0.3, 0.2, 0.4))
    assert row["is_exact"] and np.isnan(frame.loc["另一局", "difference_low"])


def test_random_resamples_come_close_to_all_of_them():
    scores = scores_of(*(row for n, other in enumerate([5, 6, 8, 9, 10]) for row in pair(f"P{n}", 10, other)))
    exact = analysis.leniency(scores).iloc[0]
    drawn = analysis.leniency(scores, most_exact=1, draws=20000).iloc[0]
    assert exact["is_exact"] and not drawn["is_exact"]
    for name in ("difference_low", "difference_high"):
        assert drawn[name] == pytest.approx(exact[name], abs=0.03)


def test_a_missing_partner_or_missing_points_are_no_difference():
    scores = scores_of(*pair("甲", 10, None), indicator("b", 5, 5, project_id="甲"))
    assert analysis.evaluator_differences(scores)["share_difference"].isna().tolist() == [True]
    row = analysis.leniency(scores).iloc[0]
    assert row["unknown_count"] == 1 and row["projects"] == 0 and np.isnan(row["mean_difference"])


# Years


def test_quadrants_at_below_and_above_the_lines():
    totals = total(90, 89.99, 90, 89.99, None, annual_budget_wan=100.0)
    totals["execution_rate"] = [0.9, 0.9, 0.8999, 0.8999, 1.0]
    frame = analysis.execution_quadrants(make_results([], totals=totals)).set_index("project_id")
    assert frame["quadrant"].tolist() == ["both_high", "only_execution", "only_points", "both_low", "unknown"]
    totals["execution_rate"] = [0.27 / 0.3, 0.9, 0.9, 0.9, None]
    again = analysis.execution_quadrants(make_results([], totals=totals))
    assert again["quadrant"].tolist()[0] == "both_high" and again["quadrant"].tolist()[-1] == "unknown"


def test_findings_are_followed_over_the_years():
    rows = [("x", year, "P1") for year in (2020, 2021, 2021, 2023)] + [("y", 2021, "P1"), ("x", 2022, "P2")]
    findings = pd.DataFrame(rows, columns=["code", "year", "project_id"]).assign(
        title="题", department="示例局", unit="", project="某项目"
    )
    frame = analysis.repeated_findings(findings, by="project_id").set_index(["code", "project_id"])
    row = frame.loc[("x", "P1")]
    assert row[["year_count", "longest_run", "first_year", "last_year", "findings"]].tolist() == [3, 2, 2020, 2023, 4]
    whole = analysis.repeated_findings(findings, by="department").set_index("code").loc["x"]
    assert (whole["year_count"], whole["longest_run"], whole["projects"]) == (4, 4, 2)


def test_money_left_meets_money_carried_over():
    rows = [
        money("甲", 100, executed=87.5),
        money("甲", 50, executed=50, year=2024),
        money("甲", 12.4, executed=12.4, year=2024, fund="carry_over"),
        money("乙", 80, executed=None),
    ]
    frame = analysis.carry_overs(make_results(rows)).set_index(["year", "project"])
    # 100 − 87.5 = 12.5 were left, 12.4 are reported a year later.
    assert frame.loc[(2023, "甲"), "unspent_wan"] == 12.5 and frame.loc[(2023, "甲"), "unspent_rate"] == 0.125
    assert frame.loc[(2023, "甲"), "carried_difference_wan"] == -0.1
    assert frame.loc[(2023, "乙"), ["unspent_wan", "unspent_rate", "carried_wan"]].isna().all()
    assert np.isnan(frame.loc[(2024, "甲"), "carried_difference_wan"])


def test_departments_are_ranked_among_their_like_and_followed():
    facts = [("甲教育局", 2023, 90), ("乙教育局", 2023, 80), ("丙交通局", 2023, 70)]
    facts += [("甲教育局", 2024, 85), ("乙教育局", 2024, 88), ("乙教育局", 2024, None), ("丙交通局", 2024, 75)]
    totals = total(*(points for *_, points in facts))
    totals = totals.assign(department=[name for name, *_ in facts], year=[year for _, year, _ in facts])
    funds = [money(name, 10, executed=9, department=name, year=year) for name, year in {fact[:2] for fact in facts}]
    frame = analysis.department_ranking(make_results(funds, totals=totals)).set_index(["year", "department"])
    assert frame.loc[2023, "rank"].to_dict() == {"甲教育局": 1, "乙教育局": 2, "丙交通局": 1}
    assert frame.loc[(2024, "乙教育局"), ["rank", "rank_change", "mean_change", "unknown_count"]].tolist() == [
        1,
        1,
        8,
        1,
    ]
    assert frame.loc[(2024, "甲教育局"), ["rank", "rank_change", "mean_change"]].tolist() == [2, -1, -5]
    assert frame.loc[2023, "rank_change"].isna().all()
    everyone = analysis.department_ranking(make_results(funds, totals=totals), like=[]).set_index(
        ["year", "department"]
    )
    assert everyone.loc[(2023, "丙交通局"), "rank"] == 3
