"""Records become tidy, typed, keyed frames; known errors are corrected, missing is not zero."""

from __future__ import annotations

import copy
import shutil

import openpyxl
import pandas as pd
import pytest
from conftest import TESTS, base_form, make_reading, write_self_form

import jixiao
from jixiao.core.errors import CorrectionError, DeclarationError, FormError, KeyConflictError, ReadingErrors
from jixiao.core.exact import exact_sum
from jixiao.core.frames import KEYS, SCHEMAS
from jixiao.core.vocabulary import columns
from jixiao.reading.folder import load_frames
from jixiao.reading.submissions import submission_key
from jixiao.reading.tidy.indicators import split_heading
from jixiao.reading.tidy.make_frames import make_frames, project_key


def frames_of(**changes):
    return make_frames([make_reading({**base_form("self"), **changes})])


def test_frames_have_exactly_the_declared_columns_and_types(published):
    for frames in (published.frames, make_frames([]), frames_of()):
        for name, frame in frames.items():
            assert {column: str(kind) for column, kind in frame.dtypes.items()} == SCHEMAS[name], name


def test_missing_text_is_empty_and_missing_numbers_are_missing(published):
    published = published.frames
    for name, frame in published.items():
        for column, kind in SCHEMAS[name].items():
            if kind == "str":
                assert frame[column].notna().all(), (name, column)
                assert not frame[column].isin(["nan", "None", "<NA>"]).any(), (name, column)


def test_keys_are_unique(published):
    published = published.frames
    for name, key in KEYS.items():
        assert not getattr(published, name).duplicated(key).any()


def test_every_row_knows_its_cell(published):
    published = published.frames
    for name in ("projects", "evaluations", "indicators", "budgets", "accounts", "list_totals"):
        frame = getattr(published, name)
        for column in ("source_file", "source_sheet", "source_cell"):
            assert (frame[column] != "").all(), (name, column)
        assert (frame["source_row"] > 0).all()


def test_points_are_points_money_is_wan_and_rates_are_fractions(published):
    published = published.frames
    budgets, indicators = published.budgets, published.indicators
    assert columns()["annual_budget_wan"]["type"] == "money"
    row = budgets[(budgets["evaluation"] == "self") & (budgets["annual_budget_wan"] == 40.36)].iloc[0]
    assert row["execution_rate_reported"] == 1.0
    hall = budgets[budgets["execution_rate_text"] == "96.84%"].iloc[0]
    assert hall["execution_rate_reported"] == 0.9684
    department = budgets[(budgets["evaluation"] == "department") & (budgets["year"] == 2021)].iloc[0]
    assert department["executed_wan"] == 108.834632  # 1088346.32 元
    assert set(indicators.loc[indicators["target_kind"] == "rate", "target_value"]) <= {0.8, 0.9, 0.95, 0.1, 1.0}


@pytest.mark.parametrize(("unit", "wan"), [("元", 0.01), ("万元", 100.0), ("亿元", 1000000.0)])
def test_the_money_unit_of_the_form_is_converted_once(unit, wan):
    assert frames_of(money_unit=unit).budgets["annual_budget_wan"].tolist() == [wan]


def test_money_with_its_own_unit_keeps_it():
    form = base_form("self")
    form["money_unit"] = "元"
    form["funds"][0]["annual_budget"] = "100万元"
    budgets = make_frames([make_reading(form)]).budgets
    assert (budgets["annual_budget_wan"].tolist(), budgets["executed_wan"].tolist()) == ([100.0], [0.01])


def test_what_is_no_money_or_points_is_missing_and_said_so():
    form = base_form("self")
    form["funds"][0]["annual_budget"] = "见附件"
    form["indicators"][0]["reported_score"] = "满分"
    frames = make_frames([make_reading(form)])
    assert frames.budgets["annual_budget_wan"].isna().all()
    assert pd.isna(frames.indicators["reported_score"].iloc[1])
    assert set(frames.guesses["text"]) == {"见附件", "满分"}
    assert set(frames.guesses["source_cell"]) == {"total.annual_budget", "通车里程.reported_score"}


def test_a_cell_that_several_rows_need_is_read_once(tmp_path):
    """The points of the execution rate stand in the funds and are those of its indicator; a category sums its parts."""
    path = tmp_path / "2023" / "自评表.xlsx"
    path.parent.mkdir()
    funds = ["", "", "年度资金总额", 100, 100, 100, "见细则", 1, "满分"]
    rows = [
        ["", "产出指标", "数量指标", "通车里程", "≥100公里", "100公里", "若干", "十余", ""],
        ["", "", "质量指标", "合格率", "≥90%", "95%", 40, 40, ""],
    ]
    write_self_form(path, rows, funds=funds)
    frames, _ = load_frames(tmp_path)
    assert sorted(zip(frames.guesses["source_cell"], frames.guesses["text"], strict=True)) == [
        ("G6", "见细则"),
        ("G8", "若干"),
        ("H8", "十余"),
        ("I6", "满分"),
    ]
    assert frames.ingest["guess_count"].tolist() == [4]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("10", 10.0),
        ("10分", 10.0),
        ("１０", 10.0),
        ("0", 0.0),
        ("—", None),
        ("", None),
        ("12.5", 12.5),
        ("1e1", None),
        ("NaN", None),
        ("1_0", None),
        ("inf", None),
    ],
)
def test_points_are_read_strictly(text, points):
    form = base_form("self")
    form["indicators"][0]["reported_score"] = text
    value = make_frames([make_reading(form)]).indicators["reported_score"].iloc[1]
    assert pd.isna(value) if points is None else value == points


def test_a_blank_is_not_zero():
    for blank in ("", "—", "-", "无", "/"):
        form = base_form("self")
        form["funds"][0]["executed"] = blank
        assert make_frames([make_reading(form)]).budgets["executed_wan"].isna().all(), blank
    assert exact_sum([None, None]) is None and exact_sum([0.0, 0.0]) == 0.0
    assert exact_sum([0.1] * 3) == 0.3


@pytest.mark.parametrize(
    ("label", "name", "points"),
    [
        ("数量指标（20分）", "数量指标", 20.0),
        ("数量指标(20分)", "数量指标", 20.0),
        ("产出\n（35分）", "产出", 35.0),
        ("社会效益（12.5分）", "社会效益", 12.5),
        ("社会效益", "社会效益", None),
        ("", "", None),
        ("效益 30分", "效益", 30.0),
        ("扣分", "扣分", None),
    ],
)
def test_label_cells_with_weight(label, name, points):
    assert split_heading(label) == (name, points)


def test_headings_sum_their_parts():
    form = base_form("self")
    for row in form["indicators"][:4]:
        row["category"] = "产出指标（50分）"
    headings = make_frames([make_reading(form)]).headings
    row = headings[headings["heading"] == "产出指标"].iloc[0]
    assert (row["heading_weight"], row["parts_weight"], row["parts_score"]) == (50.0, 50.0, 50.0)
    form["indicators"][0]["weight"] = ""
    headings = make_frames([make_reading(form)]).headings
    assert headings["parts_weight"].isna().all()


def test_placeholder_rows_are_kept_but_not_counted():
    form = base_form("department")
    form["indicators"].append(
        {"category": "效益", "subcategory": "生态效益", "indicator": "无", "weight": "0", "reported_score": ""}
    )
    rows = make_frames([make_reading(form)]).indicators
    assert rows[["is_placeholder", "is_counted"]].iloc[-1].tolist() == [True, False]
    assert rows["is_counted"].sum() == 6


def test_achievements_join_their_indicator_or_are_said_to_be_lost():
    form = base_form("department")
    form["achievements"].append({"indicator": "没有的指标", "target": "1", "actual": "1"})
    frames = make_frames([make_reading(form)])
    row = frames.indicators[frames.indicators["indicator"] == "实际完成率"].iloc[0]
    assert (row["target_text"], row["actual_value"], row["achievement_sheet"]) == ("≥100公里", 100.0, "achievements")
    assert frames.skipped["text"].tolist() == ["没有的指标"]


def two_forms(tmp_path, **second):
    """Return a source folder in which one project was sent in twice."""
    folder = tmp_path / "data" / "source"
    (folder / "2023").mkdir(parents=True)
    write_self_form(folder / "2023" / "a.xlsx")
    write_self_form(folder / "2023" / "b.xlsx", **second)
    write_self_form(folder / "2023" / "c.xlsx", project="另一项目")
    return folder


OTHER = {"funds": ["", "", "年度资金总额", 100, 100, 90, 10, 0.9, 9]}


def test_two_forms_of_one_project_that_differ_are_a_conflict(tmp_path):
    folder = two_forms(tmp_path, **OTHER)
    with pytest.raises(KeyConflictError) as caught:
        load_frames(folder)
    text = str(caught.value)
    assert "a.xlsx" in text and "b.xlsx" in text and "示例项目" in text
    frames, errors = load_frames(folder, keep_going=True)
    assert [type(error) for error in errors] == [KeyConflictError]
    assert frames.projects["project"].tolist() == ["另一项目"]
    assert frames.ingest["state"].tolist() == ["conflict", "conflict", "read"]


def test_a_form_that_arrives_twice_with_the_same_content_counts_once(tmp_path):
    frames, errors = load_frames(two_forms(tmp_path))
    assert errors == [] and frames.projects["project"].tolist() == ["示例项目", "另一项目"]
    assert frames.ingest[["state", "note"]].values.tolist() == [["read", ""], ["repeated", "2023/a.xlsx"], ["read", ""]]


def supersede(**changes):
    entry = {"file": "2023/a.xlsx", "action": "supersede", "by": "2023/b.xlsx", "reason": "更正后重报",
             "evidence": "来函", "status": "applied", **changes}  # fmt: skip
    return "corrections:\n  - " + "\n    ".join(f"{key}: '{value}'" for key, value in entry.items()) + "\n"


def test_the_later_file_counts_when_the_corrections_say_so(tmp_path):
    folder = two_forms(tmp_path, **OTHER)
    (folder.parent / "corrections.yaml").write_text(supersede(), encoding="utf-8")
    frames, errors = load_frames(folder)
    assert errors == [] and frames.budgets["executed_wan"].tolist() == [90.0, 100.0]
    assert frames.ingest["state"].tolist() == ["superseded", "read", "read"]


@pytest.mark.parametrize("wrong", [{"file": "2023/x.xlsx"}, {"by": "2023/x.xlsx"}])
def test_a_superseded_file_that_is_not_there_is_an_error(tmp_path, wrong):
    folder = two_forms(tmp_path, **OTHER)
    (folder.parent / "corrections.yaml").write_text(supersede(**wrong), encoding="utf-8")
    with pytest.raises(CorrectionError, match=r"x\.xlsx"):
        load_frames(folder)


def test_a_proposed_replacement_changes_nothing(tmp_path):
    folder = two_forms(tmp_path, **OTHER)
    (folder.parent / "corrections.yaml").write_text(supersede(status="proposed"), encoding="utf-8")
    with pytest.raises(KeyConflictError):
        load_frames(folder)


def test_other_years_kinds_and_units_are_no_conflict():
    forms = [
        base_form("self"),
        {**base_form("self"), "year": 2022},
        {**base_form("self"), "unit": "另一中心"},
        base_form("department"),
    ]
    frames = make_frames([make_reading(form) for form in forms])
    assert len(frames.evaluations) == 4 and len(frames.projects) == 3


def test_project_keys():
    first = project_key("甲中心", "党政信息网络建设")
    assert first == project_key(" 甲 中心", "“党政信息网络建设”项目") == project_key("甲中心", "党政信息网络建设项目")
    assert first != project_key("乙中心", "党政信息网络建设") and first != project_key("甲中心", "党政信息网络建设二期")
    assert len(first) == 17 and first.startswith("P")


def test_a_bad_file_is_reported_and_the_others_are_read(tmp_path):
    (tmp_path / "2023").mkdir()
    write_self_form(tmp_path / "2023" / "good.xlsx")
    (tmp_path / "2023" / "empty.xlsx").write_bytes(b"")
    (tmp_path / "2023" / "text.docx").write_bytes(b"text")
    openpyxl.Workbook().save(tmp_path / "2023" / "blank.xlsx")
    with pytest.raises(ReadingErrors) as caught:
        load_frames(tmp_path)
    assert len(caught.value.errors) == 3
    frames, errors = load_frames(tmp_path, keep_going=True)
    assert len(frames.evaluations) == 1
    assert [type(error) for error in errors] == [FormError] * 3
    assert all("2023" in str(error) for error in errors)


def test_a_file_of_another_kind_is_reported_not_passed_over(tmp_path):
    (tmp_path / "2023").mkdir()
    write_self_form(tmp_path / "2023" / "good.xlsx")
    (tmp_path / "2023" / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    with pytest.raises(ReadingErrors, match=r"old\.xls"):
        load_frames(tmp_path)


@pytest.fixture
def received(tmp_path):
    """Return a source folder with one form, and the place of its corrections."""
    folder = tmp_path / "data" / "source" / "2023"
    folder.mkdir(parents=True)
    write_self_form(folder / "a.xlsx")
    return folder.parent, tmp_path / "data" / "corrections.yaml"


def correction(**changes):
    entry = {
        "file": "2023/a.xlsx",
        "sheet": "项目支出绩效自评表",
        "cell": "F8",
        "printed": "100公里",
        "corrected": "99公里",
        "reason": "漏填",
        "evidence": "验收报告",
        "status": "applied",
        **changes,
    }
    return "corrections:\n  - " + "\n    ".join(f"{key}: '{value}'" for key, value in entry.items()) + "\n"


def test_a_correction_is_applied_and_the_file_stays(received):
    folder, path = received
    before = (folder / "2023" / "a.xlsx").read_bytes()
    path.write_text(correction(), encoding="utf-8")
    frames, _ = load_frames(folder)
    assert frames.indicators["actual_value"].tolist()[1] == 99.0
    assert (folder / "2023" / "a.xlsx").read_bytes() == before


def test_a_correction_of_a_merged_cell_reaches_every_row_that_repeats_it(received):
    folder, path = received
    row = ["", "产出指标", "数量指标", "通车里程", "≥100公里", "100公里", 45, 45, ""]
    write_self_form(
        folder / "2023" / "a.xlsx", [row, ["", "", "", "桥梁", "≥2座", "2座", 45, 45, ""]], merge=["B8:B9", "C8:C9"]
    )
    path.write_text(correction(cell="B8", printed="产出指标", corrected="效益指标"), encoding="utf-8")
    assert load_frames(folder)[0].indicators["category"].tolist()[1:] == ["效益指标"] * 2


def test_a_proposed_correction_is_not_applied(received):
    folder, path = received
    path.write_text(correction(status="proposed"), encoding="utf-8")
    assert load_frames(folder)[0].indicators["actual_value"].tolist()[1] == 100.0


@pytest.mark.parametrize(
    "wrong", [{"printed": "101公里"}, {"cell": "F9"}, {"sheet": "第二页"}, {"file": "2023/b.xlsx"}]
)
def test_a_correction_that_no_longer_fits_is_an_error(received, wrong):
    folder, path = received
    path.write_text(correction(**wrong), encoding="utf-8")
    with pytest.raises(CorrectionError, match="请核对"):
        load_frames(folder)


@pytest.mark.parametrize("wrong", [{"status": "done"}, {"reason": ""}, {"evidence": " "}, {"extra": "1"}])
def test_a_correction_without_reason_or_evidence_is_refused(received, wrong):
    folder, path = received
    path.write_text(correction(**wrong), encoding="utf-8")
    with pytest.raises(DeclarationError, match=next(iter(wrong))):
        load_frames(folder)


def test_a_cell_can_be_cleared(received):
    folder, path = received
    text = correction(action="clear")
    path.write_text("\n".join(line for line in text.split("\n") if "corrected" not in line), encoding="utf-8")
    assert load_frames(folder)[0].indicators["actual_kind"].tolist()[1] == "blank"


def test_the_same_correction_twice_is_an_error(received):
    folder, path = received
    path.write_text(correction() + correction(corrected="98公里").removeprefix("corrections:\n"), encoding="utf-8")
    with pytest.raises((DeclarationError, CorrectionError)):
        load_frames(folder)


def test_sample_data_is_not_corrected(received, tmp_path):
    folder, path = received
    path.write_text(correction(), encoding="utf-8")
    shutil.copytree(folder, tmp_path / "data" / "sample")
    assert load_frames(tmp_path / "data" / "sample")[0].indicators["actual_value"].tolist()[1] == 100.0


def corpus_place(tmp_path, *names):
    folder = tmp_path / "source" / "2024"
    folder.mkdir(parents=True)
    for name in names:
        shutil.copy(TESTS / "forms" / "files" / name, folder)
    return folder.parent


def test_a_list_that_arrives_twice_in_other_words_is_set_apart_and_named(tmp_path):
    place = corpus_place(tmp_path, "一览表_民政局.tsv", "一览表_民政局.xlsx", "全国_公路养护.csv")
    frames, (error,) = load_frames(place, keep_going=True)
    assert frames.projects["project"].tolist() == ["农村公路养护工程"]
    assert "“居家养老补贴”" in str(error) or "“敬老院消防改造”" in str(error) or "“流浪救助”" in str(error)
    assert "action: supersede" in str(error)


def test_a_project_listed_twice_and_the_money_of_a_whole_term_are_audited(tmp_path):
    place = corpus_place(tmp_path, "目标申报表_养老设施_中期与年度.docx")
    lines = (TESTS / "forms" / "files" / "一览表_民政局.tsv").read_text(encoding="utf-8-sig").splitlines()
    again = next(line for line in lines if "流浪救助" in line)
    (place / "2024" / "两次.tsv").write_text("\n".join([*lines, again]), encoding="utf-8-sig")
    findings = jixiao.evaluate(place).findings
    assert "funds_sum" not in set(findings["code"])


def test_forms_without_a_name_are_one_only_when_they_print_the_same():
    nameless = {**base_form("self"), "project": ""}
    changed = copy.deepcopy(nameless)
    changed["indicators"][0]["weight"] = "7"
    one, same, other = (make_reading(form) for form in (nameless, nameless, changed))
    assert submission_key(one) == submission_key(same) != submission_key(other)
    frames = make_frames([one, other])
    assert frames.projects["project"].tolist() == ["", ""] and frames.projects["project_id"].nunique() == 2
