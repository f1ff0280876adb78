"""Findings put aside: strictly loaded, applied until their end date, listed when they ended or match nothing."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from conftest import base_form, evaluate

from jixiao.checks import run_checks
from jixiao.checks.set_aside import load_aliases, load_suppressions, suppress
from jixiao.core.errors import DeclarationError
from jixiao.core.frames import SUPPRESSED, SUPPRESSIONS

TODAY = date(2026, 6, 1)


def written(tmp_path, text, name="suppressions"):
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def entry(expires="2026-12-31", **places):
    lines = [f"    {key}: {value}" for key, value in {"project": "示例公路项目", **places}.items()]
    return "\n".join(
        ["  - code: grade", *lines, "    reason: 已函复", "    who: 绩效评价科", f"    expires: {expires}", ""]
    )


@pytest.fixture
def findings():
    form = base_form("department")
    form["grade"] = {"grade": "良"}
    return evaluate(form).findings


def test_a_suppressed_finding_leaves_the_list_and_stays_in_its_own(tmp_path, findings):
    entries = load_suppressions(written(tmp_path, f"suppressions:\n{entry()}"))
    kept, aside, listed = suppress(findings, entries, today=TODAY)
    assert findings["code"].tolist() == ["grade"] and kept.empty
    assert list(aside.columns) == list(SUPPRESSED) and list(listed.columns) == list(SUPPRESSIONS)
    row = aside.iloc[0]
    assert (row["code"], row["reason"], row["who"], row["expires"]) == ("grade", "已函复", "绩效评价科", "2026-12-31")
    assert listed[["suppression_status", "findings"]].to_numpy().tolist() == [["active", 1]]


@pytest.mark.parametrize(
    ("expires", "status", "left"),
    [("2026-06-01", "active", 0), ("2026-05-31", "expired", 1), ("2026-06-02", "active", 0)],
)
def test_an_entry_works_up_to_and_including_its_last_day(tmp_path, findings, expires, status, left):
    entries = load_suppressions(written(tmp_path, f"suppressions:\n{entry(expires)}"))
    kept, _, listed = suppress(findings, entries, today=TODAY)
    assert (listed["suppression_status"].tolist(), len(kept)) == ([status], left)


@pytest.mark.parametrize(
    "place", [{"cell": "Z9"}, {"indicator": "出行条件"}, {"project": "另一项目"}, {"file": "a.xlsx"}]
)
def test_an_entry_that_matches_nothing_is_listed(tmp_path, findings, place):
    entries = load_suppressions(written(tmp_path, f"suppressions:\n{entry(**place)}"))
    kept, aside, listed = suppress(findings, entries, today=TODAY)
    assert len(kept) == 1 and aside.empty and listed["suppression_status"].tolist() == ["unmatched"]


def test_without_entries_nothing_changes(findings):
    kept, aside, listed = suppress(findings, (), today=TODAY)
    pd.testing.assert_frame_equal(kept, findings)
    assert aside.empty and listed.empty


def test_every_mistake_of_the_file_is_said_at_once(tmp_path):
    text = "suppressions:\n  - code: no_such\n    cell: F3\n    who: 科室\n    expires: 明年\n    resaon: x\n"
    with pytest.raises(DeclarationError) as caught:
        load_suppressions(written(tmp_path, text))
    said = str(caught.value)
    for part in ("没有代码为“no_such”", "至少应写一项", "reason：缺少该项", "“明年”不是日期", "resaon：不认识的项"):
        assert part in said


def test_the_same_place_twice_is_a_mistake(tmp_path):
    with pytest.raises(DeclarationError, match="登记了两次"):
        load_suppressions(written(tmp_path, f"suppressions:\n{entry()}{entry('2027-01-01')}"))


ALIASES = """aliases:
  - {project: 城区道路照明建设项目, also: [城区道路照明项目], reason: 立项批复为同一项目}
"""


def test_declared_aliases_are_one_project_over_the_years(tmp_path):
    first, second = base_form("self"), base_form("self")
    first |= {"year": 2022, "project": "城区道路照明项目"}
    second |= {"year": 2023, "project": "城区道路照明建设项目"}
    for form, length in ((first, "≥100公里"), (second, "≥1000公里")):
        form["indicators"][0] |= {"target": length, "actual": length.lstrip("≥")}
    result = evaluate(first, second)
    assert set(result.findings["code"]) == {"project_names"}
    aliases = load_aliases(written(tmp_path, ALIASES, "aliases"))
    found = run_checks(result.frames, result.scores, result.totals, aliases=aliases)[0]
    assert set(found["code"]) == {"magnitude_years"} and len(found) == 2


def test_a_name_of_two_projects_is_a_mistake(tmp_path):
    text = ALIASES + "  - {project: 另一项目, also: [城区道路照明项目], reason: 误填}\n"
    with pytest.raises(DeclarationError, match="已登记为另一个项目的名称"):
        load_aliases(written(tmp_path, text, "aliases"))
