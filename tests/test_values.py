"""Every notation of the published forms, and that nothing is read without saying so."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from conftest import case_params, make_reading, one_row_form
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jixiao.reading.tidy.make_frames import make_frames
from jixiao.reading.values.comparisons import compare_values, direction_of, kind_of, stated_direction
from jixiao.reading.values.notation import load_grammar
from jixiao.reading.values.values import normalise, parse_points, parse_value, reading_state, unit_in_name


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
@example("0000年1月")
@example("9999年12月")
@example("2021年12月" * 30)
@example("①②³½")
@example("±")
@example("10±")
@example("3-5-7")
@example("每1")
@example("1年")
@example("百分之")
@example("第季度")
@example("一" * 30)
@example("1,2;3、4\n5")
@example("(((1)))")
def test_any_text_is_read_without_an_error(text):
    for year in (None, 2021):
        value = parse_value(text, year=year, wanted_unit="%")
        assert value.text == text
        assert value.value is None or value.value.is_finite()
        assert value.is_quantity == (value.value is not None)
        assert value.is_range == (value.low is not None) == (value.high is not None)
        assert not value.is_range or value.low <= value.high
        assert (value.kind == "several") == (len(value.parts) > 1)
        assert reading_state(value) in {"parsed", "asked", "text", "blank"}
        compared = compare_values(value, value)
        assert compared.word_met in {-1, 0, 1} and not (compared.is_comparable and compared.word_met >= 0)


SIGNS = (
    "≥≤=<>0123456789.,，；;、。%‰~-—±()（） \n"
    "个次人天年月日万亿元前后底末内以上下不少于超过达到至每第一二三十百半季度约共"
)


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet=SIGNS, max_size=14), st.text(alphabet=SIGNS, max_size=14))
def test_any_text_of_signs_and_units_is_read_and_compared_without_an_error(target, actual):
    wanted = parse_value(target, year=2022)
    found = parse_value(actual, year=2022, wanted_unit=wanted.measure_unit, named_unit="%")
    assert (wanted.text, found.text) == (target, actual)
    compared = compare_values(wanted, found)
    assert compared.word_met in {-1, 0, 1}
    assert not compared.is_comparable or (wanted.is_quantity and found.is_quantity) or (wanted.end and found.end)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
@example("e ́")
@example("e\u200b\u0301")
@example("項 目")
@example("− ̸")
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


def test_a_traditional_character_never_maps_to_another_one():
    pairs = load_grammar().declared["traditional"]
    assert all(len(pair) == 2 and pair[0] != pair[1] for pair in pairs)
    assert len({pair[0] for pair in pairs}) == len(pairs)
    assert not {pair[0] for pair in pairs} & {pair[1] for pair in pairs}
    assert normalise("項目績效達標") == "项目绩效达标"


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


RELATIONS = [
    (normalise(word), sign)
    for sign, words in load_grammar().declared["relations"].items()
    for word in words
    if sign != "=" or len(word) == 1
]


@settings(max_examples=300, deadline=None)
@given(
    NUMBERS,
    st.sampled_from(RELATIONS),
    st.sampled_from(["个", "家", "人次", "公里", "M", "元/人", "次/年", "%", "亿元", "小时", "百分点"]),
    st.booleans(),
    st.sampled_from(["", " ", "　"]),
)
def test_every_sign_and_unit_in_every_width_is_read_exactly(number, sign, unit, is_wide, gap):
    written = f"{sign[0]}{gap}{number:f}{gap}{unit}"
    if is_wide:
        written = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in written)
    times = {"%": "0.01", "亿元": "10000", "元/人": "0.0001"}.get(unit, "1")
    value = parse_value(written, year=2022)
    assert (value.relation, value.value, value.guesses) == (sign[1], number * Decimal(times), ())
    assert value.text == written


@settings(max_examples=200, deadline=None)
@given(
    NUMBERS,
    NUMBERS,
    st.sampled_from(["-", "~", "至", "到", "—", "～", "－"]),
    st.sampled_from(["天", "%", "个", "万元"]),
)
def test_a_range_keeps_both_bounds_and_tells_inside_from_outside(first, second, until, unit):
    low, high = sorted((first, second))
    value = parse_value(f"{low:f}{until}{high:f}{unit}", year=2022)
    if low == high:
        assert value.kind == "text"
        return
    times = Decimal("0.01") if unit == "%" else 1
    assert (value.low, value.high, value.value) == (low * times, high * times, None)
    for number, met in ((low, 1), (high, 1), ((low + high) / 2, 1), (high + 1, 0)):
        assert compare_values(value, parse_value(f"{number:f}{unit}")).word_met == met


DAYS = st.dates(date(2000, 1, 1), date(2029, 12, 31))


@settings(max_examples=200, deadline=None)
@given(DAYS, DAYS)
def test_dates_are_read_exactly_and_earlier_is_better(planned, done):
    target = parse_value(f"{planned.year}年{planned.month}月{planned.day}日前", year=2022)
    actual = parse_value(f"{done.year}年{done.month}月{done.day}日", year=2022)
    assert (target.end, actual.end, direction_of(target, "")) == (planned, done, "negative")
    both = parse_value(f"≥5个；{planned.year}年{planned.month}月{planned.day}日前", year=2022)
    given_both = parse_value(f"6个；{done.year}年{done.month}月{done.day}日", year=2022)
    assert compare_values(both, given_both).word_met == int(done <= planned)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 99999), st.integers(1, 100), st.integers(1, 99999), st.integers(1, 100))
def test_several_values_are_met_only_when_each_is(wanted, rate, done, given_rate):
    target = parse_value(f"数量≥{wanted}个，合格率≥{rate}%")
    actual = parse_value(f"{done}个，{given_rate}%")
    compared = compare_values(target, actual)
    assert (target.kind, actual.kind, compared.is_comparable) == ("several", "several", False)
    assert compared.word_met == int(done >= wanted and given_rate >= rate)
    assert compared.guesses


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("满意度（%）", "%"),
        ("满意度(％)", "%"),
        ("培训人数（人次）", "人次"),
        ("投资额(单位：万元)", "万元"),
        ("投资额（万元）", "万元"),
        ("道路（一期）", ""),
        ("满意度", ""),
        ("（%）", ""),
        ("检查次数（次/年）", "次/年"),
        ("", ""),
    ],
)
def test_the_unit_in_the_name_of_an_indicator(name, unit):
    assert unit_in_name(name) == unit


@pytest.mark.parametrize(
    ("text", "unit", "kind", "number", "guesses"),
    [
        ("≥95", "%", "rate", "0.95", 1),
        ("95以上", "%", "rate", "0.95", 1),
        ("95%", "%", "rate", "0.95", 0),
        ("0.95", "%", "number", "0.95", 0),
        ("1", "%", "number", "1", 0),
        ("0", "%", "rate", "0", 1),
        ("300", "人次", "count", "300", 1),
        ("300人", "人次", "count", "300", 0),
        ("1.5万", "人次", "number", "15000", 0),
        ("≤50", "万元", "money", "50", 1),
        ("2", "次/年", "frequency", "2", 1),
        ("95", "", "number", "95", 0),
    ],
)
def test_a_bare_number_takes_the_unit_of_its_indicator(text, unit, kind, number, guesses):
    value = parse_value(text, named_unit=unit)
    assert (value.kind, value.value, len(value.guesses)) == (kind, Decimal(number), guesses)


def test_target_and_actual_take_the_unit_of_the_name_alike():
    target, actual = (parse_value(text, named_unit=unit_in_name("满意度（%）")) for text in ("≥95", "96.5"))
    compared = compare_values(target, actual)
    assert (compared.is_comparable, target.value, compared.actual.value) == (True, Decimal("0.95"), Decimal("0.965"))
    assert parse_value("90-95", named_unit="%").low == Decimal("0.9")
    assert parse_value("9-15").kind == "text"  # without a unit it may be a date


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("≥50个", "parsed"),
        ("2021年11月", "parsed"),
        ("3-5天", "parsed"),
        ("已完成", "parsed"),
        ("每天", "parsed"),
        ("约50个", "asked"),
        ("≥50个，合格率≥95%", "asked"),
        ("3号楼第2层", "asked"),
        ("2023.12", "asked"),
        ("≥%", "asked"),
        ("显著提升", "text"),
        ("及时", "text"),
        ("—", "blank"),
        ("", "blank"),
        ("指标1：", "blank"),
        ("……", "blank"),
        ("0", "parsed"),
    ],
)
def test_how_far_a_value_was_read(text, state):
    assert reading_state(parse_value(text, year=2021)) == state


def test_what_was_assumed_in_comparing_is_asked():
    assert reading_state(parse_value("5"), guesses=("按同一单位读取",)) == "asked"


def test_without_a_year_a_number_that_looks_like_a_date_is_a_number():
    assert parse_value("2023.12").value == Decimal("2023.12")
    assert parse_value("220228").value == Decimal(220228)
    assert parse_value("2023.12", year=2023).kind == "text"


@pytest.mark.parametrize(
    ("target", "stated", "direction", "kind"),
    [
        ("3次", "反向", "negative", "quantitative"),
        ("3次", "逆向指标", "negative", "quantitative"),
        ("3次", "正向", "positive", "quantitative"),
        ("3次", "定性", "", "qualitative"),
        ("有效", "定量", "", "quantitative"),
        ("3次", "预期性", "", "quantitative"),
        ("≥3次", "反向", "positive", "quantitative"),
        ("3-5次", "", "", "quantitative"),
        ("≥3次，≥5%", "", "", "quantitative"),
        ("每天", "", "", "quantitative"),
        ("显著提升", "", "", "qualitative"),
    ],
)
def test_what_a_column_of_the_form_states(target, stated, direction, kind):
    value = parse_value(target, year=2022)
    assert direction_of(value, "检查", stated=stated) == direction
    assert kind_of(value, stated=stated) == kind
    assert stated_direction("反 向") == "negative"


def test_words_in_the_name_tell_the_direction():
    target = parse_value("5%")
    assert direction_of(target, "设备故障率") == "negative"
    assert direction_of(target, "设备故障率下降幅度") == "positive"
    assert direction_of(target, "群众满意度") == "positive"
    assert direction_of(target, "满意度调查次数") == ""


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
        ("100%", "合格率", "positive"),
        ("100%", "占比", ""),
        ("", "合格率", ""),
        ("3-5天", "办理时间", ""),
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


def indicator_of(**given):
    """Return the indicator row of a form with one indicator, and the reasons of its guesses."""
    form = one_row_form({"weight": 10, **given}, 2022)
    form["indicators"][0]["direction"] = given.get("direction", "")
    frames = make_frames([make_reading(form)])
    return frames.indicators.iloc[-1], frames.guesses["reason"].tolist()


def test_the_frame_holds_bounds_and_how_far_each_value_was_read():
    row, reasons = indicator_of(indicator="办理时间", target="3-5天", actual="显著缩短")
    assert (row["target_relation"], row["target_low"], row["target_high"]) == ("range", 3.0, 5.0)
    assert (row["target_state"], row["actual_state"], row["kind"]) == ("parsed", "text", "quantitative")
    assert row["target_value"] != row["target_value"] and reasons == []


def test_the_frame_reads_bare_numbers_in_the_unit_of_the_name_and_says_so():
    row, reasons = indicator_of(indicator="群众满意度（%）", target="≥95", actual="96.5")
    assert (row["target_value"], row["actual_value"], row["measure_unit"], row["is_comparable"]) == (
        0.95,
        0.965,
        "%",
        True,
    )
    assert (row["target_state"], row["actual_state"], len(reasons)) == ("asked", "asked", 2)


def test_a_stated_direction_is_used_and_a_contradiction_is_reported():
    row, reasons = indicator_of(target="3次", actual="5次", direction="反向")
    assert (row["direction"], row["is_direction_assumed"], reasons) == ("negative", False, [])
    row, reasons = indicator_of(target="≥3次", actual="5次", direction="反向")
    assert row["direction"] == "positive" and len(reasons) == 1 and "反向" in reasons[0]
    row, reasons = indicator_of(target="3次", actual="5次", direction="定性")
    assert (row["kind"], row["is_direction_assumed"]) == ("qualitative", True)
