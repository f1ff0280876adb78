"""Every check: a clean case that yields nothing and a wrong case that yields exactly what it should."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
import yaml
from conftest import CASES, base_form, case_forms, case_params, evaluate, load_cases

from jixiao.checks import CHECKS, audit, load_checks, run_checks
from jixiao.core.declared import RULES
from jixiao.core.errors import DeclarationError
from jixiao.core.frames import FINDINGS
from jixiao.reading.tidy.make_frames import make_frames
from jixiao.scoring import score

STEMS = sorted(path.stem for path in CASES.glob("check_*.yaml"))


@pytest.fixture(scope="module")
def found():
    """Findings of all cases, audited together: one file and one project per case."""
    forms = []
    for stem in STEMS:
        for number, case in enumerate(load_cases(stem)):
            for form in case_forms(case):
                form |= {"file": f"{stem}_{case['name']}", "unit": f"{stem}{number}", "department": f"{stem}{number}"}
                for row in form.get("list", []):
                    row["unit"] = row["unit"] and f"{stem}{number}{row['unit']}"
                forms.append(form)
    return evaluate(*forms).findings


@pytest.mark.parametrize(("stem", "case"), case_params(STEMS))
def test_check(stem, case, found):
    code = stem.removeprefix("check_")
    expected = [{"code": code, **finding} for finding in case["output"]]
    found = found[found["source_file"] == f"{stem}_{case['name']}"]
    columns = {"cell": "source_cell"}
    shown = [
        {key: row[columns.get(key, key)] for key in ("code", "cell", "printed", "derived", "severity")}
        for row in found.to_dict("records")
    ]
    wanted = [{key: value for key, value in finding.items() if key != "says"} for finding in expected]
    assert sorted(shown, key=str) == sorted(wanted, key=str)
    for finding in expected:
        if "says" in finding:
            assert finding["says"] in " ".join(found["message"])


def test_every_check_has_a_clean_and_a_wrong_case():
    assert {stem.removeprefix("check_") for stem in STEMS} == set(load_checks()) == set(CHECKS)
    for stem in STEMS:
        code = stem.removeprefix("check_")
        hits = [any(finding.get("code", code) == code for finding in case["output"]) for case in load_cases(stem)]
        assert any(hits) and not all(hits), stem


@pytest.mark.parametrize("name", ["self", "department"])
def test_a_form_in_which_nothing_is_wrong_gives_no_finding(name):
    result = evaluate(base_form(name))
    assert result.findings.empty
    assert list(result.findings.columns) == list(FINDINGS)
    assert result.totals["total"].tolist() == [100.0]


def test_a_folder_without_any_evaluation_can_be_audited():
    assert evaluate(base_form("list")).findings.empty


def test_a_form_without_any_rate_can_be_audited():
    form = base_form("self")
    form["funds"] = []
    assert set(evaluate(form).findings["code"]) == {"total_score", "total_weight"}


def test_no_form_at_all_can_be_scored_and_audited():
    frames = make_frames([])
    assert audit(frames, *score(frames)).empty


def test_worst_findings_come_first_and_every_sentence_is_complete(published):
    found = published.findings
    rank = {"error": 0, "warning": 1, "rounding": 2, "question": 3}
    assert found["severity"].map(rank).is_monotonic_increasing
    for column in (
        "message",
        "title",
        "resolution",
        "basis",
        "source_file",
        "source_sheet",
        "source_cell",
        "department",
    ):
        assert (found[column].str.len() > 0).all(), found[found[column] == ""][["code", "message"]]
    assert not found["message"].str.contains(r"nan|None|<NA>|\{|\}").any()
    assert found["basis_mark"].isin(["F", "F2", "J", "P", "L"]).all()
    assert not (
        found["basis_mark"].eq("J")
        & found["code"].isin(["met_but_deducted", "missed_but_full"])
        & found["severity"].eq("error")
    ).any()


def test_findings_do_not_depend_on_the_order_of_the_rows(published):
    first, frames = published.findings, dataclasses.replace(published.frames)
    for name, frame in frames.items():
        if name in {"indicators", "budgets", "evaluations", "projects"}:
            setattr(frames, name, frame.sample(frac=1, random_state=7).reset_index(drop=True))
    second = run_checks(frames, *score(frames))[0]
    key = ["code", "source_file", "source_sheet", "source_cell"]
    shown = [*key, "severity", "printed", "derived", "difference", "basis"]
    pd.testing.assert_frame_equal(
        first.sort_values(key).reset_index(drop=True)[shown], second.sort_values(key).reset_index(drop=True)[shown]
    )


def test_audit_does_not_change_what_it_is_given(published):
    frames, scores, totals, _ = published
    before = {name: frame.copy(deep=True) for name, frame in frames.items()}
    copies = scores.copy(deep=True), totals.copy(deep=True)
    audit(frames, scores, totals)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, before[name])
    pd.testing.assert_frame_equal(scores, copies[0])
    pd.testing.assert_frame_equal(totals, copies[1])


def test_a_wrong_check_file_reports_every_mistake(tmp_path):
    content = yaml.safe_load((RULES / "checks.yaml").read_text(encoding="utf-8"))
    content["checks"]["grade"]["severity"] = "fatal"
    content["checks"]["grade"]["mesage"] = content["checks"]["grade"].pop("message")
    content["checks"]["total_score"]["basis"] = {"text": "", "mark": "F"}
    content["checks"]["no_such_check"] = content["checks"]["list_sum"]
    path = tmp_path / "checks.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_checks(path)
    text = str(caught.value)
    for place in (
        "checks.grade.severity",
        "checks.grade.mesage",
        "checks.grade.message",
        "checks.total_score.basis.text",
        "checks.no_such_check",
    ):
        assert place in text
    assert text.startswith("规则文件 checks.yaml 有 5 处错误")


def test_a_check_that_is_implemented_but_not_declared_is_a_mistake(tmp_path):
    content = yaml.safe_load((RULES / "checks.yaml").read_text(encoding="utf-8"))
    del content["checks"]["grade"]
    path = tmp_path / "checks.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(DeclarationError):
        load_checks(path)


def test_a_reading_of_this_project_is_at_most_a_question(tmp_path, published):
    content = yaml.safe_load((RULES / "checks.yaml").read_text(encoding="utf-8"))
    content["checks"]["magnitude"]["severity"] = "error"
    path = tmp_path / "checks.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(DeclarationError, match=r"checks\.magnitude：.*只能是 question"):
        load_checks(path)
    findings = published[3]
    assert set(findings.loc[findings["basis_mark"] == "J", "severity"]) == {"question"}
