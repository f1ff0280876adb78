"""One body for blocks and for single rows, exact against fractions, never outside the weight."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jixiao.core.exact import half_up
from jixiao.scoring import formulas
from jixiao.scoring.formulas import COLUMNS, LIMIT, METHODS, ROW, hundredths, share

RULE = {
    "line": 60,
    "bands": [(600, 500), (800, 700), (1000, 1000)],
    "per_step": 50,
    "limit": 3,
    "band": 5,
    "met_from": 80,
    "elements": (),
    "rate": "",
}
SIZE = st.one_of(st.integers(0, 200), st.integers(0, LIMIT))
ROWS = st.fixed_dictionaries(
    {
        "weight": st.integers(0, 10000),
        "reported": st.integers(-1, 10100),
        "target": SIZE,
        "actual": SIZE,
        "one": st.sampled_from([1, 100, 10**6]),
        "comparable": st.booleans(),
        "sign": st.sampled_from([-1, 1]),
        "strict": st.booleans(),
        "word": st.sampled_from([-1, -1, -1, 0, 1]),
        "numerator": SIZE,
        "denominator": SIZE,
        "months_late": st.integers(-3, 8),
        "has_dates": st.booleans(),
        "is_reachable": st.booleans(),
    }
)


def plain_row(**changes):
    """Return the inputs of one ordinary row: 100 wanted, 80 done, 10 points."""
    row = {
        "weight": 1000,
        "reported": -1,
        "target": 100,
        "actual": 80,
        "one": 1,
        "comparable": True,
        "sign": 1,
        "strict": False,
        "word": -1,
        "numerator": 80,
        "denominator": 100,
        "months_late": 0,
        "has_dates": False,
        "is_reachable": True,
    }
    return {**row, **changes}


@pytest.mark.parametrize("name", sorted(METHODS))
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=20))
def test_block_and_row_agree_and_scores_stay_inside_the_weight(name, rows):
    method = METHODS[name]
    block = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    steps = method(block, RULE, COLUMNS)
    for number, row in enumerate(rows):
        single = method(row, RULE, ROW)
        assert single.keys() == steps.keys() == {"score", "low", "high", "rate_over", "rate_under", "case"}
        for key, value in single.items():
            assert int(np.asarray(steps[key])[number]) == int(value), (key, row)
        assert single["score"] == -1 or 0 <= single["score"] <= row["weight"], row
        assert 0 <= single["low"] <= single["high"] <= row["weight"], row
        assert formulas.CASES[single["case"]]
        if single["score"] == -1:
            assert formulas.CASES[single["case"]] in ("nobody", "refused")


@pytest.mark.parametrize("name", sorted(METHODS))
@settings(max_examples=25, deadline=None)
@given(rows=st.lists(ROWS, min_size=2, max_size=10), random=st.randoms(use_true_random=False))
def test_row_order_never_matters(name, rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    block = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    mixed = {key: values[order] for key, values in block.items()}
    assert (METHODS[name](mixed, RULE, COLUMNS)["score"] == METHODS[name](block, RULE, COLUMNS)["score"][order]).all()


POSITIVE = [
    "all_or_nothing",
    "full_or_proportional",
    "pass_line",
    "proportional_to_target",
    "satisfaction",
    "shortfall_deduction",
]


@pytest.mark.parametrize("name", POSITIVE)
@settings(max_examples=60, deadline=None)
@given(weight=st.integers(0, 10000), target=st.integers(1, LIMIT), done=st.tuples(SIZE, SIZE), strict=st.booleans())
def test_more_completed_never_scores_less(name, weight, target, done, strict):
    less, more = (
        METHODS[name](plain_row(weight=weight, target=target, actual=actual, strict=strict), RULE, ROW)["score"]
        for actual in sorted(done)
    )
    assert less <= more


@pytest.mark.parametrize("name", ["inverse_ratio", "all_or_nothing", "pass_line"])
@settings(max_examples=60, deadline=None)
@given(weight=st.integers(0, 10000), target=st.integers(1, LIMIT), done=st.tuples(SIZE, SIZE))
def test_less_used_never_scores_less_when_less_is_better(name, weight, target, done):
    more, less = (
        METHODS[name](plain_row(weight=weight, target=target, actual=actual, sign=-1), RULE, ROW)["score"]
        for actual in sorted(done)
    )
    assert less <= more


@pytest.mark.parametrize("name", ["proportional", "rate_times_weight", "banded"])
@settings(max_examples=60, deadline=None)
@given(weight=st.integers(0, 10000), under=st.integers(1, LIMIT), over=st.tuples(SIZE, SIZE))
def test_a_higher_rate_never_scores_less(name, weight, under, over):
    less, more = (
        METHODS[name](plain_row(weight=weight, numerator=value, denominator=under), RULE, ROW)["score"]
        for value in sorted(over)
    )
    assert less <= more


@settings(max_examples=60, deadline=None)
@given(weight=st.integers(0, 10000), late=st.tuples(st.integers(-3, 9), st.integers(-3, 9)))
def test_later_never_scores_more(weight, late):
    early, later = (
        METHODS["delay_deduction"](plain_row(weight=weight, months_late=value, has_dates=True), RULE, ROW)["score"]
        for value in sorted(late)
    )
    assert early >= later


def exact(weight, rate):
    """Return hundredths of points of weight x rate, half up, in exact fractions."""
    return int(Fraction(weight) * rate + Fraction(1, 2))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10000), st.integers(1, LIMIT), SIZE)
def test_proportions_are_exact(weight, target, actual):
    got = METHODS["proportional_to_target"](plain_row(weight=weight, target=target, actual=actual), RULE, ROW)["score"]
    assert got == exact(weight, min(Fraction(1), Fraction(actual, target)))
    got = METHODS["proportional"](plain_row(weight=weight, numerator=actual, denominator=target), RULE, ROW)["score"]
    assert got == exact(weight, min(Fraction(1), Fraction(actual, target)))
    rate = min(Fraction(1), Fraction(actual, target))
    got = METHODS["pass_line"](plain_row(weight=weight, target=target, actual=actual), RULE, ROW)["score"]
    assert got == exact(weight, max(Fraction(0), (rate - Fraction(6, 10)) / Fraction(4, 10)))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 5000), st.integers(0, 10**6), st.integers(1, 10**6))
def test_cost_band_is_exact(weight, cost, plan):
    got = METHODS["cost_band"](plain_row(weight=weight, target=plan, actual=cost), {"band": 5, "per_step": 10}, ROW)[
        "score"
    ]
    outside = max(Fraction(0), abs(Fraction(plan - cost, plan)) - Fraction(5, 100))
    assert got == max(0, weight - 10 * int(outside * 100))


@pytest.mark.parametrize(
    ("points", "over", "under", "wanted"),
    [
        (100, 101, 200, 51),  # 0.505 -> 0.51
        (250, 402, 1000, 101),  # 1.005 -> 1.01
        (1500, 95, 100, 1425),
        (1250, 95, 100, 1188),  # 11.875 -> 11.88
        (1000, 0, 7, 0),
        (1000, 7, 7, 1000),
        (0, 1, 3, 0),
        (1, 1, 2, 1),
        (10000, LIMIT, LIMIT, 10000),
    ],
)
def test_values_at_the_half_are_rounded_up(points, over, under, wanted):
    assert share(points, over, under) == wanted
    assert share(np.array([points]), np.array([over]), np.array([under])).tolist() == [wanted]


@pytest.mark.parametrize("under", [1, 2, 8, 200])
def test_every_half_is_rounded_up(under):
    """Every x.xx5 that a rate with this denominator can give."""
    for points in range(0, 1000, 7):
        for over in range(under + 1):
            wanted = half_up(Decimal(points) / 100 * over / under)
            assert share(points, over, under) == int(wanted * 100)


@pytest.mark.parametrize(
    "name", ["proportional_to_target", "inverse_ratio", "full_or_proportional", "satisfaction", "pass_line"]
)
@pytest.mark.parametrize("sign", [-1, 1])
def test_target_zero_is_met_or_left_to_a_person(name, sign):
    met = METHODS[name](plain_row(target=0, actual=0, sign=sign), RULE, ROW)
    assert (met["score"], met["rate_under"]) == (1000, 0)
    missed = METHODS[name](plain_row(target=0, actual=5, sign=-1), RULE, ROW)
    assert (missed["score"], formulas.CASES[missed["case"]]) == (-1, "nobody")


def test_a_negative_actual_is_left_to_a_person():
    assert METHODS["proportional_to_target"](plain_row(actual=-5), RULE, ROW)["score"] == -1


def test_the_largest_numbers_do_not_overflow():
    row = plain_row(weight=10000, target=LIMIT, actual=LIMIT - 1, numerator=LIMIT - 1, denominator=LIMIT)
    for name, method in METHODS.items():
        block = {key: np.array([value]) for key, value in row.items()}
        assert int(np.asarray(method(block, RULE, COLUMNS)["score"])[0]) == method(row, RULE, ROW)["score"], name


@pytest.mark.parametrize(
    ("points", "wanted"), [("89.994", "89.99"), ("89.995", "90.00"), ("0.005", "0.01"), ("12.75", "12.75")]
)
def test_half_up(points, wanted):
    assert str(half_up(Decimal(points))) == wanted


@pytest.mark.parametrize(("points", "wanted"), [("12.5", 1250), ("0", 0), ("0.625", 62), ("100", 10000)])
def test_hundredths(points, wanted):
    assert hundredths(Decimal(points)) == wanted
