"""Every notation of the published forms, and that nothing is read without saying so."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from conftest import case_params
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jixiao.comparisons import compare_values, direction_of
from jixiao.values import normalise, parse_points, parse_value


@pytest.mark.parametrize(("stem", "case"), case_params(["values"]))
def test_notation(stem, case):
    value = parse_value(case["input"]["text"], year=case["year"], wanted_unit=case["input"].get("unit", ""))
    wanted = dict(case["output"])
    if "guesses" in wanted:
        assert len(value.guesses) == wanted.pop("guesses"), value.guesses
    for key, expected in wanted.items():
        found = getattr(value, key)
        assert (found.isoformat() if isinstance(found, date) else found) == expected, (key, value)
    assert value.text == case["input"]["text"]


@pytest.mark.parametrize(("stem", "case"), case_params(["comparisons"]))
def test_comparison(stem, case):
    target = parse_value(case["input"]["target"], year=case["year"])
    actual = parse_value(case["input"]["actual"], year=case["year"], wanted_unit=target.measure_unit)
    compared, wanted = compare_values(target, actual), case["output"]
    assert (compared.is_comparable, compared.word_met) == (wanted["is_comparable"], wanted["word_met"])
    if wanted["value"] is not None:
        assert compared.actual.value == wanted["value"]
    assert len({*actual.guesses, *compared.guesses}) == wanted["guesses"], (actual.guesses, compared.guesses)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=20))
@example("9月前9月前")
@example("=" * 20)
@example("1(%)%")
@example("²")
@example("①")
@example("٣")
@example("1" * 20)
def test_any_text_is_read_without_an_error(text):
    for year in (None, 2021):
        value = parse_value(text, year=year, wanted_unit="%")
        assert value.text == text
        assert value.value is None or value.value.is_finite()
        assert value.is_quantity == (value.value is not None)


NUMBERS = st.decimals(min_value=0, max_value=Decimal("999999.9999"), places=4, allow_nan=False)


@settings(max_examples=100, deadline=None)
@given(
    NUMBERS,
    st.sampled_from([("≥", ">="), ("≤", "<="), ("", ""), ("=", "="), (">", ">"), ("不低于", ">="), ("不超过", "<=")]),
    st.sampled_from(
        [
            ("元", "万元", "0.0001"),
            ("万元", "万元", "1"),
            ("亿元", "万元", "10000"),
            ("万人", "人", "10000"),
            ("个", "个", "1"),
            ("%", "%", "0.01"),
        ]
    ),
    st.booleans(),
)
def test_numbers_are_read_exactly(number, sign, unit, grouped):
    written = f"{number:,}" if grouped else f"{number}"
    value = parse_value(f"{sign[0]}{written}{unit[0]}")
    assert (value.relation, value.value, value.measure_unit) == (sign[1], number * Decimal(unit[2]), unit[1])
    assert value.guesses == ()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([">=225家", "<=56.42万元", "2022年2月至2022年4月", "9月前", "100.00(%)", "1,234.5元"]))
def test_full_width_and_half_width_mean_the_same(text):
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)
    plain, same = parse_value(text, year=2022), parse_value(wide, year=2022)
    assert (plain.kind, plain.relation, plain.value, plain.measure_unit, plain.start, plain.end) == (
        same.kind,
        same.relation,
        same.value,
        same.measure_unit,
        same.start,
        same.end,
    )
    assert normalise(wide) == normalise(text)


def test_a_date_without_a_year_needs_the_year():
    assert parse_value("9月前").kind == "text"
    assert parse_value("9月前", year=2023).end == date(2023, 8, 31)


@pytest.mark.parametrize(
    ("target", "indicator", "direction"),
    [
        ("≥5个", "", "positive"),
        (">5", "故障率", "positive"),
        ("≤5个", "", "negative"),
        ("小于3秒", "", "negative"),
        ("2022年5月31日前", "", "negative"),
        ("10%", "站点故障率", "negative"),
        ("100%", "合格率", ""),
        ("=1次", "测评", ""),
        ("显著提升", "", ""),
    ],
)
def test_direction(target, indicator, direction):
    assert direction_of(parse_value(target, year=2022), indicator) == direction


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("0.8+0.8+0.9", "2.5"),
        ("0.625×4", "2.5"),
        ("0.625*4", "2.5"),
        ("5项各得0.5分", "2.5"),
        ("１.25＋１.25", "2.5"),
        ("2.5", None),
        ("", None),
        ("符合规定", None),
        ("1+", None),
    ],
)
def test_points_written_as_a_sum(text, points):
    assert parse_points(text) == (None if points is None else Decimal(points))
