"""One fault, one finding: what belongs together, what keeps its id, and that nothing true is lost."""

from __future__ import annotations

import copy

import openpyxl
import pandas as pd
import pytest
from conftest import base_form, evaluate
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.cell_range import CellRange

import jixiao
from jixiao.checks import CHECKS, load_causes, load_checks, one_finding_a_fault
from jixiao.checks.causes import LOOKED, with_ids
from jixiao.checks.evidence import gather
from jixiao.core.files import find_place
from jixiao.core.frames import FINDINGS


def wrong_form(number=0, **cells):
    """Return a form in which one indicator has other cells."""
    form = base_form("self")
    form["indicators"][number] |= cells
    return form


def ids_of(places: pd.DataFrame) -> dict[str, str]:
    return dict(zip(places["code"] + "|" + places["indicator"], places["finding_id"], strict=True))


def test_every_check_is_of_one_cause_at_most():
    named = [check for cause in load_causes().values() for check in cause.checks if not cause.severity]
    assert len(named) == len(set(named)) and set(named) <= set(CHECKS)
    assert all(set(cause.totals) <= set(cause.checks) for cause in load_causes().values())


def test_a_wrong_weight_is_one_finding_with_its_places():
    form = wrong_form(weight="12", reported_score="12")
    places = evaluate(form).findings
    assert {"profile_weights", "total_weight"} <= set(places["code"])
    findings = one_finding_a_fault(places)
    mine = findings[findings["code"].isin(load_causes()["weights"].checks)]
    assert len(mine) == 1
    assert mine["place_count"].tolist() == [int(places["code"].isin(load_causes()["weights"].checks).sum())]


def test_two_wrong_weights_stay_two_findings_and_the_total_goes_to_the_first_when_they_explain_it():
    form = wrong_form(weight="22")
    form["indicators"][4] |= {"weight": "20"}  # 产出 2 too many, 效益 5 too many, the total 7
    findings = one_finding_a_fault(evaluate(form).findings)
    mine = findings[findings["code"].isin(load_causes()["weights"].checks)]
    assert len(mine) == 2 and sorted(mine["place_count"]) == [1, 2]


def test_a_total_that_no_level_explains_stays_a_fault_of_its_own():
    form = wrong_form(weight="22")
    form["total"]["weight"] = "100"
    places = evaluate(form).findings
    total = places[places["code"] == "total_weight"].assign(difference=9.0, finding_id="")
    assert len(total) == 1
    frame = pd.concat([places[places["code"] == "profile_weights"], total]).assign(level="", fact="")
    frame.loc[frame["code"] == "profile_weights", "level"] = "产出"
    result = evaluate(form)
    made = with_ids(
        frame[list(LOOKED)].reset_index(drop=True), gather(result.frames, result.scores, result.totals), load_causes()
    )
    assert made["finding_id"].nunique() == 2


def test_nothing_that_was_found_is_lost(published):
    places = published.findings
    findings = one_finding_a_fault(places)
    assert findings["finding_id"].is_unique and set(findings["finding_id"]) == set(places["finding_id"])
    assert findings["place_count"].sum() == len(places)
    assert list(findings.columns) == list(FINDINGS)
    said = dict(zip(findings["finding_id"], findings["places"], strict=True))
    for row in places.to_dict("records"):
        text = said[row["finding_id"]]
        assert not text or (f"{row['source_sheet']}!{row['source_cell']}" in text and row["message"] in text)
    worst = places.groupby("finding_id")["severity"].agg(lambda rows: min(rows, key=_rank))
    assert worst[findings["finding_id"]].tolist() == findings["severity"].tolist()
    assert findings["severity"].map(_rank).is_monotonic_increasing


def _rank(severity: str) -> int:
    return ["error", "warning", "rounding", "question"].index(severity)


def test_the_published_documents_give_about_half_as_many_findings_as_places(published):
    findings = one_finding_a_fault(published.findings)
    assert len(findings) <= 0.6 * len(published.findings)
    weights = findings[findings["code"] == "copy_differs"]
    assert weights["place_count"].tolist() == [5]
    for said in ("评价指标体系!B19", "评价指标体系!B21", "评价指标体系!A18"):
        assert said in weights["places"].iloc[0]


def test_self_evaluation_articles_are_not_cited_for_the_evaluation_of_a_department(published):
    found = published.findings
    others = found[~found["evaluation"].isin(["self", ""]) & found["code"].isin(load_checks())]
    own = [code for code, check in load_checks().items() if check.basis_elsewhere]
    cited = others[others["code"].isin(own)]
    assert len(cited) and not cited["basis"].str.contains("第十一条|第十三条|第十六条").any()


def test_a_check_on_any_evaluation_has_a_basis_beside_the_articles_on_self_evaluations():
    about_own = {"profile_weights"}  # looks at self-evaluations alone
    for code, check in load_checks().items():
        if any(article in check.basis for article in ("第八条", "第十一条", "第十三条", "第十六条")):
            assert check.basis_elsewhere or code in about_own, code


@settings(max_examples=8)
@given(
    file=st.sampled_from(["2023/甲.xlsx", "2023/乙_修改稿.xlsx"]),
    order=st.permutations(range(7)),
    score=st.sampled_from(["1", "2", "19"]),
    others=st.booleans(),
)
def test_an_id_survives_another_file_a_moved_row_and_a_new_version(file, order, score, others):
    first = ids_of(evaluate(wrong_form(reported_score="3", deviation_reason="道路未通")).findings)
    form = wrong_form(reported_score=score, deviation_reason="道路未通") | {"file": file}
    if others:
        form["indicators"][5]["reported_score"] = "4"
    form["indicators"] = [form["indicators"][number] for number in order]
    second = ids_of(evaluate(form).findings)
    assert "met_but_deducted|通车里程" in first
    assert {key: second[key] for key in first} == first


def test_an_id_survives_a_column_put_before_the_table_of_a_workbook(tmp_path):
    source = find_place("sample") / "2023" / "示例校园网络运维项目_项目支出绩效自评表.xlsx"
    folder = tmp_path / "2023"
    folder.mkdir()
    book = openpyxl.load_workbook(source)
    merged = [str(one) for one in book.active.merged_cells.ranges]
    for one in merged:
        book.active.unmerge_cells(one)
    book.active.insert_cols(1)
    for one in merged:
        book.active.merge_cells(_right(one))
    book.save(folder / "新的文件名_项目支出绩效自评表.xlsx")
    places = [jixiao.evaluate(source.parent.parent).findings, jixiao.evaluate(tmp_path).findings]
    first, second = (
        rows[rows["project"].eq("示例校园网络运维项目") & rows["evaluation"].eq("self") & rows["year"].eq(2023)]
        for rows in places
    )
    own = first[~first["code"].isin(["indicator_differs", "copied_deduction", "grades_differ"])]
    moved = own.merge(second, on="finding_id", validate="1:1", how="left")
    assert len(own) and moved["code_y"].notna().all()
    assert (moved["source_cell_x"] != moved["source_cell_y"]).all()


def _right(area: str) -> str:
    moved = CellRange(area)
    moved.shift(col_shift=1)
    return moved.coord


def test_of_two_indicators_with_one_name_the_second_keeps_its_id_when_the_first_is_mended():
    form = base_form("self")
    form["indicators"][1]["indicator"] = form["indicators"][0]["indicator"]
    form["indicators"][1] |= {"target": "≥100公里", "actual": "100公里"}
    for row in form["indicators"][:2]:
        row["reported_score"] = "1"
    both = evaluate(form).findings
    points = load_causes()["indicator_points"].checks
    ids = both[both["code"].isin(points)].sort_values("indicator_id")["finding_id"].tolist()
    assert len(set(ids)) == 2
    mended = copy.deepcopy(form)
    mended["indicators"][0]["reported_score"] = "20"
    rest = evaluate(mended).findings
    assert rest[rest["code"].isin(points)]["finding_id"].tolist() == [ids[1]]


@pytest.mark.parametrize("place", ["data/source", "data/sample"])
def test_ids_do_not_depend_on_the_order_of_the_rows(place):
    frames = jixiao.load(place)
    scores, totals = jixiao.score(frames)
    first = jixiao.audit(frames, scores, totals)
    mixed = frames.changed(
        **{
            name: frame.sample(frac=1, random_state=3)
            for name, frame in frames.items()
            if name in {"indicators", "headings", "accounts"}
        }
    )
    second = jixiao.audit(mixed, *jixiao.score(mixed))
    pd.testing.assert_frame_equal(
        first.sort_values("finding_id", ignore_index=True), second.sort_values("finding_id", ignore_index=True)
    )
