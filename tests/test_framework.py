"""Frameworks load strictly, are chosen by year, and grade as the reader sees the total."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal

import pytest
from conftest import framework_text

from jixiao.core.errors import DeclarationError, RequestError
from jixiao.scoring import frameworks as module
from jixiao.scoring.frameworks import (
    EVALUATIONS,
    choose_framework,
    load_framework,
    load_framework_file,
    load_frameworks,
)

FACTS = {"project": "示例", "unit": "", "department": ""}
BASIS = {"text": "示例依据", "mark": "F"}


def load(tmp_path, name="caiyu_case", **changes):
    path = tmp_path / f"{name}.yaml"
    path.write_text(framework_text(id=name, **changes), encoding="utf-8")
    return load_framework_file(path)


def mistakes_of(tmp_path, **changes):
    with pytest.raises(DeclarationError) as caught:
        load(tmp_path, **changes)
    return caught.value.mistakes


def test_a_correct_file_loads_and_is_frozen(tmp_path):
    framework = load(tmp_path)
    assert (framework.full_score, framework.decimals, framework.effective_from) == (100, 2, 2020)
    with pytest.raises(FrozenInstanceError):
        framework.name = "其他"


@pytest.mark.parametrize("framework", load_frameworks(), ids=lambda framework: framework.id)
def test_shipped_frameworks_are_whole(framework):
    assert [band.start for band in framework.grades] == [90, 80, 60, 0]
    assert [band.id for band in framework.grades] == ["excellent", "good", "fair", "poor"]
    weights = [category.weight for category in framework.categories]
    assert None in weights or sum(weights) == (framework.full_score if framework.is_graded else 0)
    assert framework.full_score == 100
    for rule in framework.rules:
        assert rule.basis.text and rule.basis.mark in {"F", "F2", "J", "P"}
    stated = [rule.weight for rule in framework.rules if rule.match]
    if framework.id.startswith(("dangzheng", "ganzhengtong", "donghu")):
        assert sum(stated) == 100


def test_weights_that_do_not_add_up(tmp_path):
    for weight in ("99.99", "100.01"):
        notes = mistakes_of(
            tmp_path,
            categories=[
                {"id": "a", "names": ["甲"], "weight": 50},
                {"id": "b", "names": ["乙"], "weight": float(Decimal(weight) - 50)},
            ],
        )
        assert notes == [f"categories：各一级指标分值合计为 {weight}，应等于满分 100"]
    assert load(
        tmp_path,
        categories=[{"id": "a", "names": ["甲"], "weight": 33.3}, {"id": "b", "names": ["乙"], "weight": 66.7}],
    )


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ((90, 80, 60, 1), "留有空档"),
        ((80, 90, 60, 0), "互不重叠"),
        ((90, 90, 60, 0), "互不重叠"),
        ((101, 80, 60, 0), "满分"),
        ((90, 80, 60, -1), "满分"),
    ],
)
def test_grade_bands_without_gap_or_overlap(tmp_path, starts, said):
    bands = [{"id": str(number), "name": str(number), "from": start} for number, start in enumerate(starts)]
    assert any(said in note for note in mistakes_of(tmp_path, grades=bands))


def test_no_grade_band_at_all(tmp_path):
    assert any("grades" in note for note in mistakes_of(tmp_path, grades=[]))


def test_no_rule_at_all(tmp_path):
    assert any("rules" in note for note in mistakes_of(tmp_path, rules=[]))


def test_elements_add_up_to_the_weight(tmp_path):
    rule = {"method": "element_count", "weight": 2, "elements": [1, 0.5], "basis": BASIS}
    assert mistakes_of(tmp_path, rules=[rule]) == ["rules[1].elements：各要点合计为 1.5 分，应等于分值 2 分"]


def test_bands_of_a_rule_are_ordered(tmp_path):
    rule = {
        "method": "banded",
        "rate": "stated",
        "bands": [{"from": 0.8, "share": 0.8}, {"from": 0.9, "share": 1}],
        "basis": BASIS,
    }
    assert any("bands" in note for note in mistakes_of(tmp_path, rules=[rule]))


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"method": "banded", "rate": "stated"}, "bands"),
        ({"method": "proportional"}, "rate"),
        ({"method": "proportional", "rate": "x"}, "rate"),
        ({"method": "delay_deduction", "per_step": 0.5}, "limit"),
        ({"method": "cost_band", "band": 5}, "per_step"),
        ({"method": "judged_level"}, "met_from"),
        ({"method": "element_count"}, "elements"),
        ({"method": "judged", "line": 60}, "line"),
        ({"when": {"colour": ["红"]}, "method": "judged"}, "when.colour"),
    ],
)
def test_a_method_gets_its_parameters_and_no_others(tmp_path, rule, place):
    notes = mistakes_of(tmp_path, rules=[{**rule, "basis": BASIS}])
    assert len(notes) == 1 and notes[0].startswith(f"rules[1].{place}"), notes


def test_the_id_is_the_file_name(tmp_path):
    path = tmp_path / "caiyu_other.yaml"
    path.write_text(framework_text(), encoding="utf-8")
    with pytest.raises(DeclarationError, match="应与文件名一致"):
        load_framework_file(path)


def test_a_framework_that_is_no_default_says_for_what_it_is(tmp_path):
    assert any("applies_to" in note for note in mistakes_of(tmp_path, name="local_2021", default=False))


def test_the_newest_version_not_after_the_year_is_used(tmp_path, monkeypatch):
    versions = tuple(load(tmp_path, name=f"caiyu_{year}", effective_from=year) for year in (2023, 2021, 2020))
    monkeypatch.setattr(module, "load_frameworks", lambda: versions)
    for year, wanted in ((2020, 2020), (2021, 2021), (2022, 2021), (2023, 2023), (2030, 2023)):
        assert choose_framework("self", year, FACTS).effective_from == wanted
    with pytest.raises(RequestError):
        choose_framework("self", 2019, FACTS)


def test_a_folder_is_loaded_newest_first(tmp_path):
    for year in (2020, 2022, 2021):
        load(tmp_path, name=f"caiyu_{year}", effective_from=year)
    assert [framework.effective_from for framework in load_frameworks(tmp_path)] == [2022, 2021, 2020]


@pytest.mark.parametrize("kind", EVALUATIONS)
def test_every_kind_has_one_default(kind):
    defaults = [item.id for item in load_frameworks() if item.is_default and kind in item.evaluations]
    assert len(defaults) == 1


@pytest.mark.parametrize(
    ("total", "grade"),
    [
        ("100", "excellent"),
        ("90", "excellent"),
        ("89.995", "excellent"),
        ("89.994", "good"),
        ("80", "good"),
        ("79.995", "good"),
        ("79.99", "fair"),
        ("60", "fair"),
        ("59.995", "fair"),
        ("59.99", "poor"),
        ("0", "poor"),
    ],
)
def test_grades_are_given_after_rounding(total, grade):
    for framework in load_frameworks():
        assert framework.grade_of(Decimal(total)) == grade


def test_a_grade_is_known_by_its_printed_name():
    framework = load_framework("caiyu_2020_10")
    assert [framework.grade_named(name) for name in ("优", "良", "中", "差", "甲等", "")] == [
        "excellent",
        "good",
        "fair",
        "poor",
        "",
        "",
    ]
