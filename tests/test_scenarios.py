"""What-ifs: declared strictly, scored by the one engine, explained so that every change adds up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from conftest import scored_place
from hypothesis import given, settings
from hypothesis import strategies as st

from jixiao.core.declared import load_yaml, write_yaml
from jixiao.core.errors import DeclarationError, RequestError
from jixiao.core.frames import EVALUATION_KEY, KEYS
from jixiao.scoring import score
from jixiao.whatif import (
    Change,
    Scenario,
    apply,
    compare,
    compare_rows,
    compare_totals,
    comparison_page,
    evaluate_scenario,
    find_scenario,
    load_scenario,
    make_scenario,
    write_comparison,
    write_scenario,
)

BANDS = {"excellent": 95, "good": 85, "fair": 60, "poor": 0}


@pytest.fixture(scope="module")
def sample():
    return scored_place("data/sample")


@pytest.fixture(scope="module")
def source():
    return scored_place("data/source")


def one(found, project, year, evaluation="self"):
    rows = found.totals
    fits = (rows["project"] == project) & (rows["year"] == year) & (rows["evaluation"] == evaluation)
    assert fits.sum() == 1
    return rows[fits].iloc[0]


# Declared


def test_a_file_with_many_mistakes_tells_them_all_at_once(tmp_path):
    path = tmp_path / "情景.yaml"
    path.write_text(
        """
name: 甲
profil: caiyu_2021_101
grades: {excellent: 90, good: 95, fair: 60, poor: 10}
changes:
  - {project: 甲项目, indicator: 合格率, weight: -1}
  - {project: 甲项目, weight: 10.555}
  - {weight: 10}
  - {project: 甲项目, indicator: 合格率}
  - {project: 甲项目, indicator: 合格率, executed: 10}
  - {project: 甲项目, evaluation: 自评, target: true}
  - {project: 甲项目, year: 去年, actual: 95%}
  - {project: 乙项目, actual: 95%}
  - {project: 乙项目, actual: 96%}
""",
        encoding="utf-8",
    )
    with pytest.raises(DeclarationError) as caught:
        load_scenario(path)
    told = "\n".join(caught.value.mistakes)
    for part in (
        "profil：不认识的项",
        "grades.good：等级线应逐档降低",
        "grades.poor：最低一档应从 0 分开始",
        "changes[1].weight：应在 0 至 10000 之间",
        "changes[2].weight：最多 2 位小数",
        "changes[3]：没有写明改哪里",
        "changes[4]：没有写明改什么",
        "changes[5].executed：资金属于整份评价",
        "changes[6].evaluation：“自评”不在可选项内",
        "changes[6].target：应为文字或数字",
        "changes[7].year：应为四位年度",
        "changes[9].actual：同一处改了两次",
    ):
        assert part in told, part
    assert "情景.yaml" in str(caught.value)


def test_a_scenario_without_any_change_is_refused(tmp_path):
    with pytest.raises(RequestError, match="没有任何改动"):
        make_scenario({"name": "空"})
    with pytest.raises(RequestError, match="没有任何改动"):
        write_scenario(Scenario("空"), tmp_path / "空.yaml")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_scenario_is_named_with_what_there_is():
    with pytest.raises(RequestError, match=r"没有情景文件“nix”.*profile_2021_101"):
        find_scenario("nix")


names = st.text(min_size=1, max_size=12).map(str.strip).filter(bool)
points = st.decimals(0, 100, places=2, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(
    name=names,
    note=st.one_of(st.just(""), names),
    profile=st.sampled_from(["", "caiyu_2020_10", "caiyu_2021_101"]),
    grades=st.sampled_from([{}, BANDS]),
    changes=st.lists(
        st.tuples(
            st.fixed_dictionaries({"project": names}, optional={"year": st.integers(2000, 2100), "indicator": names}),
            st.fixed_dictionaries({"weight": points}, optional={"target": names, "actual": names, "score": points}),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda pair: pair[0]["project"],
    ),
)
def test_what_is_written_is_read_back_the_same(tmp_path_factory, name, note, profile, grades, changes):
    scenario = make_scenario(
        {
            "name": name,
            **({"note": note} if note else {}),
            **({"profile": profile} if profile else {}),
            **({"grades": grades} if grades else {}),
            "changes": [{**where, **values} for where, values in changes],
        }
    )
    path = tmp_path_factory.mktemp("scenario") / "s.yaml"
    write_scenario(scenario, path)
    assert load_scenario(path) == scenario


@given(st.dictionaries(names, st.one_of(names, st.integers(), st.booleans(), st.none(), points), min_size=1))
def test_yaml_keeps_every_text_a_text(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    path.write_text(write_yaml(content), encoding="utf-8")
    assert load_yaml(path) == (content, [])


# Applied


@pytest.mark.parametrize("place", ["sample", "source"])
def test_writing_what_stands_there_already_changes_nothing(place, request):
    base = request.getfixturevalue(place)
    changes = []
    for row in base.scores[base.scores["is_counted"]].iloc[::6].to_dict("records"):
        where = {name: row[name] for name in KEYS["indicators"]}
        where["project"] = where.pop("project_id")
        values = {name: row[f"{name}_text"] for name in ("target", "actual") if row[f"{name}_text"]}
        if row["weight"] == row["weight"]:
            values["weight"] = Decimal(str(row["weight"]))
        changes += [Change.of(**where, **values)] if values else []
    assert len(changes) > 10
    other = apply(base.frames, Scenario("原样", changes=tuple(changes)))
    pd.testing.assert_frame_equal(other.indicators, base.frames.indicators)
    pd.testing.assert_frame_equal(other.budgets, base.frames.budgets)


def test_nothing_is_edited_in_place(sample):
    kept = [frame.copy() for frame in (sample.frames.indicators, sample.frames.budgets, sample.scores, sample.totals)]
    changes = (Change.of(year=2023, weight=1, target="≥1", actual="2", score=1), Change.of(year=2023, executed=1))
    compare(sample, Scenario("全改", profile="caiyu_2021_101", grades=tuple(BANDS.items()), changes=changes))
    for before, now in zip(
        kept, (sample.frames.indicators, sample.frames.budgets, sample.scores, sample.totals), strict=True
    ):
        pd.testing.assert_frame_equal(before, now)


def test_changes_that_fit_nothing_are_all_named(sample):
    changes = (
        Change.of(project="没有的项目", weight=1),
        Change.of(indicator="调度准点率", weight=1),
        Change.of(year=1999, executed=1),
    )
    with pytest.raises(RequestError) as caught:
        apply(sample.frames, Scenario("错", changes=changes))
    assert "2 条改动" in str(caught.value)
    assert "第1条（项目名称：没有的项目）" in str(caught.value) and "第3条（年度：1999）" in str(caught.value)


def test_only_what_is_touched_is_scored_again_and_the_whole_is_as_if_all_were(sample):
    scenario = make_scenario(
        {
            "name": "甲",
            "profile": "caiyu_2021_101",
            "changes": [
                {"indicator": "调度准点率", "actual": "91%"},
                {"department": "示例市教育局", "evaluation": "部门评价", "executed": 60},
            ],
        }
    )
    outcome = evaluate_scenario(sample, scenario)
    scores, totals = score(apply(sample.frames, scenario), framework="caiyu_2021_101")
    pd.testing.assert_frame_equal(outcome.scores, scores)
    pd.testing.assert_frame_equal(outcome.totals, totals)
    assert not outcome.touched.all()


# Worked examples


def test_a_lower_actual_costs_its_share_of_the_weight(sample):
    # 15 points, target ≥95 %, done 88 %: 15 × 88 ÷ 95 = 13.89; done 76 %: 15 × 76 ÷ 95 = 12.00.
    where = {"year": 2023, "project": "示例公交智能调度项目", "indicator": "调度准点率"}
    found = compare(sample, Scenario("降", changes=(Change.of(**where, actual="76%"),)))
    row = found.rows.iloc[0]
    assert (row["points_before"], row["points_after"], row["contribution"]) == (13.89, 12.0, -1.89)
    assert (row["weight_effect"], row["completion_effect"]) == (0.0, -1.89)
    assert row["reason"] == "完成值由“88%”改为“76%”；得分由13.89变为12（-1.89）"
    total = one(found, "示例公交智能调度项目", 2023)
    assert (total["total_before"], total["total_after"], total["change"]) == (98.39, 96.5, -1.89)
    assert total["reason"] == "“调度准点率”-1.89（完成值由“88%”改为“76%”）"
    assert len(found.changed) == 1 and found.notes == ()


def test_a_bare_number_is_read_in_the_unit_of_the_target(sample):
    where = {"year": 2023, "project": "示例公交智能调度项目", "indicator": "调度准点率"}
    totals = [
        one(compare(sample, Scenario("降", changes=(Change.of(**where, actual=text),))), where["project"], 2023)
        for text in ("76%", 76)
    ]
    assert totals[0]["total_after"] == totals[1]["total_after"] == 96.5


def test_money_moves_the_execution_rate(sample):
    # 预算执行率 10 points: 0.95 → 9.5; half the money spent → 5.
    where = {"year": 2023, "project": "示例公交智能调度项目", "evaluation": "self"}
    budget = sample.frames.budgets.query("year == 2023 and fund == 'total'")
    mine = budget[budget["project_id"] == one(compare(sample, Scenario("无")), where["project"], 2023)["project_id"]]
    found = compare(
        sample, Scenario("半", changes=(Change.of(**where, executed=mine["annual_budget_wan"].iloc[0] / 2),))
    )
    assert one(found, where["project"], 2023)["change"] == -4.5
    assert "预算执行率＝" in found.rows["reason"].iloc[0] and "50.00%" in found.rows["reason"].iloc[0]


def test_weights_that_no_longer_add_up_are_told(sample):
    where = {"year": 2023, "project": "示例公交智能调度项目", "indicator": "调度准点率"}
    found = compare(sample, Scenario("加", changes=(Change.of(**where, weight=20),)))
    assert found.notes == ("2023年度示例公交智能调度项目（单位自评）分值合计为105，应为100，请调整其他指标的分值",)
    row = found.rows.iloc[0]  # the same share of 5 more points: 18.53 − 13.89, all of it from the weight but rounding
    assert row["contribution"] == pytest.approx(4.64) and row["weight_effect"] == pytest.approx(4.63, abs=0.02)


def test_points_a_person_gave_must_be_given_again(source):
    judged = source.scores[
        (source.scores["decided_by"] == "person")
        & (source.scores["reported_score"] == source.scores["weight"])
        & source.scores["is_counted"]
    ]
    known = source.totals[source.totals["total"].notna()]
    row = judged.merge(known[EVALUATION_KEY], on=EVALUATION_KEY).iloc[0]
    where = {"year": row["year"], "project": row["project"], "evaluation": row["evaluation"]}
    where["indicator_id"] = row["indicator_id"]
    found = compare(source, Scenario("减", changes=(Change.of(**where, weight=row["weight"] / 2),)))
    total = one(found, row["project"], row["year"], row["evaluation"])
    assert np.isnan(total["total_after"]) and np.isnan(total["change"]) and total["is_changed"]
    assert any("由人认定" in note and "认定得分" in note for note in found.notes)
    half = row["weight"] / 2
    settled = compare(source, Scenario("减", changes=(Change.of(**where, weight=half, score=half),)))
    assert one(settled, row["project"], row["year"], row["evaluation"])["change"] == -half


def test_grade_bands_regrade_without_touching_a_score(sample):
    found = compare(sample, make_scenario({"name": "严", "grades": BANDS}))
    assert found.rows.empty and (found.totals["change"].fillna(0) == 0).all()
    for row in found.totals.to_dict("records"):
        wanted = next(grade for grade, start in BANDS.items() if row["total_after"] >= start)
        if pd.isna(row["grade_before"]):  # a part of the points earns no grade
            assert pd.isna(row["grade_after"]) and "等级线改为" not in row["reason"]
            continue
        assert row["grade_after"] == wanted
        assert ("等级线改为优≥95" in row["reason"]) == (row["grade_before"] != row["grade_after"])
    assert {"excellent", "good"} == set(found.changed["grade_before"]) | set(found.changed["grade_after"])


def test_a_band_counts_its_lower_bound(sample):
    total = sample.totals["total"].iloc[0]
    bands = {"excellent": Decimal(str(total)), "good": 50, "fair": 40, "poor": 0}
    found = compare(sample, make_scenario({"name": "线", "grades": bands}))
    assert found.totals["grade_after"].iloc[0] == "excellent"


def test_the_two_profiles_are_the_frameworks_themselves(source):
    found = compare(source, make_scenario({"name": "新", "profile": "caiyu_2021_101"}))
    _, totals = score(source.frames, framework="caiyu_2021_101")
    pd.testing.assert_series_equal(found.outcome.totals["total"], totals["total"])
    assert {"pass_line", "banded"} <= set(found.outcome.scores["method"])
    assert len(found.changed) and (found.changed["evaluation"] == "self").all()


def test_an_actual_for_a_rate_of_money_and_a_change_without_effect_are_told(sample):
    where = {"year": 2023, "project": "示例公交智能调度项目"}
    changes = (
        Change.of(**where, indicator="预算执行率", actual="50%"),
        Change.of(**where, indicator="接入公交车辆数", actual="300辆"),
    )
    notes = compare(sample, Scenario("无", changes=changes)).notes
    assert "改“完成值”不起作用" in notes[0] and "第1条" in notes[0]
    assert notes[1].startswith("第2条改动") and notes[1].endswith("没有改变任何得分")


@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_contributions_add_up_to_every_change_exactly(sample, data):
    rows = sample.scores[sample.scores["is_counted"]]
    changes = []
    for number in data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=6, unique=True)):
        row = rows.iloc[number]
        where = {"year": row["year"], "project": row["project"], "evaluation": row["evaluation"]}
        value = data.draw(
            st.one_of(
                st.fixed_dictionaries({"weight": st.decimals(0, 40, places=2)}),
                st.fixed_dictionaries({"actual": st.integers(0, 500)}),
            )
        )
        changes.append(Change.of(**where, indicator_id=row["indicator_id"], **value))
    profile = data.draw(st.sampled_from(["", "caiyu_2021_101"]))
    scenario = Scenario("任意", profile=profile, changes=tuple(changes))
    outcome = evaluate_scenario(sample, scenario)
    parts, totals = compare_rows(sample, outcome), compare_totals(sample, outcome)
    for row in totals.to_dict("records"):
        mine = parts[(parts[EVALUATION_KEY] == [row[name] for name in EVALUATION_KEY]).all(axis=1)]
        if row["change"] == row["change"]:
            exact = sum(Decimal(str(value)) for value in mine["contribution"])
            assert exact == Decimal(str(row["total_after"])) - Decimal(str(row["total_before"]))
            effects = [Decimal(str(row[name])) for name in ("weight_effect", "completion_effect", "turnover_effect")]
            assert sum(effects) == exact == Decimal(str(row["change"]))


# Kept


@pytest.fixture
def hostile(sample):
    """A scenario and data whose names would run if anyone let them."""
    name = "=cmd|'/c calc'!A0<script>alert(1)</script>"
    frames = sample.frames
    project = "示例公交智能调度项目"
    renamed = {
        part: getattr(frames, part).replace({project: name, "调度准点率": "<img src=x onerror=alert(2)>"})
        for part in ("projects", "evaluations", "indicators")
    }
    other = frames.changed(**renamed)
    scores, totals = score(other)
    base = replace(sample, frames=other, scores=scores, totals=totals)
    change = Change.of(indicator="<img src=x onerror=alert(2)>", actual="=1+1 <b>70%</b>")
    return compare(base, Scenario(name, note="</style><script>alert(3)</script>", changes=(change,)))


def test_the_page_escapes_what_comes_from_data_and_loads_nothing(hostile):
    page = comparison_page(hostile)
    body = page[page.index("<body>") :]
    assert "<script>alert" not in page and "<img src=x" not in body and "<b>70%</b>" not in body
    assert "&lt;script&gt;alert(3)" in body
    assert "src=" not in page[: page.index("<body>")].replace("plotly", "")[:200]


def test_the_workbook_holds_texts_and_numbers_but_no_formula(hostile, tmp_path):
    path = tmp_path / "情景.xlsx"
    write_comparison(hostile, path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["情景", "总分和等级", "各指标"]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    totals = book["总分和等级"]
    head = next(line for line in totals.iter_rows(values_only=True) if line[0] == "年度")
    assert head[4:7] == ("原总分（分）", "情景总分（分）", "得分变动（分）")


def test_a_scenario_is_kept_by_the_ending_of_its_file(sample, tmp_path):
    found = compare(sample, find_scenario("profile_2021_101"))
    for ending in ("yaml", "html", "xlsx"):
        write_comparison(found, tmp_path / f"a.{ending}")
    assert load_scenario(tmp_path / "a.yaml") == found.outcome.scenario
    with pytest.raises(RequestError, match=r"\.yaml、\.html 或 \.xlsx"):
        write_comparison(found, tmp_path / "a.docx")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".html", ".xlsx", ".yaml"]


def test_the_shipped_scenarios_can_be_read():
    folder = Path(__file__).parents[1] / "data" / "scenarios"
    assert [load_scenario(path).is_empty for path in sorted(folder.glob("*.yaml"))] == [False]
