"""The whole round of the guide: forms in, reminders, problems out, answers, a correction, the meeting, next year."""

from __future__ import annotations

import importlib.util
import sys

import docx
import openpyxl
import pytest
from command import run_command
from conftest import ROOT, write_self_form

from jixiao.builds.ledger import book
from jixiao.builds.ledger.resubmitted import compare_forms, resubmissions
from jixiao.core.errors import JixiaoError
from jixiao.reading.folder import load_frames
from jixiao.reading.submissions import version_of

spec = importlib.util.spec_from_file_location("whole_round", ROOT / "examples" / "whole_round.py")
whole_round = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = whole_round
spec.loader.exec_module(whole_round)


def test_a_whole_round(tmp_path, monkeypatch):
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    monkeypatch.delenv("JIXIAO_JOURNAL", raising=False)

    def run(*arguments):
        done = run_command(*arguments, cwd=tmp_path)
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout

    said = {step.name: step.said for step in whole_round.walk(tmp_path, run, setting=monkeypatch.setenv)}
    returned, corrected, silent = whole_round.UNITS
    assert "25 份评价" in said["province"]
    assert "共读取 11 个文件，11 份评价" in said["forms in"]
    assert f"示例省交通运输厅：未收1个（{whole_round.LATE}）" in said["reminders"]
    assert "已写出 2 个文件" in said["reminders"]
    assert {path.suffix for path in (tmp_path / "催报").iterdir()} == {".docx", ".xlsx"}

    issues = book.load_ledger().issues
    first, second = (issues[issues["year"] == year] for year in (2023, 2024))
    sent = first[first["owner"].isin(whole_round.UNITS)]
    counts = sent["owner"].value_counts()
    assert f"新登记 {len(first)} 个问题，其中 0 个以前年度出现过" in said["collect"]
    assert f"发出 3 份通知，共 {len(sent)} 个问题" in said["send"] and set(counts.index) == set(whole_round.UNITS)
    assert "发出 1 份清单" in said["proofs asked"] and "没有随附" in said["proofs in"]
    assert "已收到 1" in said["proofs"] and "只有名称 1" in said["proofs"]
    for unit in (returned, corrected):
        assert f"{unit}，通知 " in said["receive"] and f"读入 {counts[unit] - 1} 条答复" in said["receive"]
    assert silent not in said["receive"]

    assert "共读取 12 个文件，11 份评价" in said["corrected form"]
    assert "改动 3 格" in said["changes"] and "H29：“10”改为“8.66”" in said["changes"]
    assert "消除问题 1 个" in said["changes"] and "新出现问题 0 个" in said["changes"]
    assert "新登记 0 个问题" in said["settled"] and "1 个已不再有，已销号" in said["settled"]
    (done,) = sent[sent["issue_state"] == "done"].to_dict("records")
    assert (done["owner"], done["project"], done["code"]) == (corrected, whole_round.CORRECTED, "missed_but_full")

    assert "退回 1 个问题" in said["return"]
    (back,) = sent[sent["rounds"] == 1].to_dict("records")
    assert (back["owner"], back["return_reason"], back["due"]) == (returned, "没有附佐证", "2024-04-20")
    late = len(said["overdue"].split("2023-")) - 1 - said["overdue"].count("2023-T")
    assert late >= counts[silent] + 2 and all(
        one in said["overdue"] for one in sent.loc[sent["owner"] == silent, "issue_id"]
    )
    assert back["issue_id"] not in said["overdue"]
    assert "与操作日志一致" in said["check"]
    told = " ".join(paragraph.text for paragraph in docx.Document(str(tmp_path / "整改情况汇总.docx")).paragraphs)
    assert f"共登记问题 {len(first)} 个" in told and "已完成 1 个" in told
    assert f"被退回 1 个，逾期未反馈 {counts[silent] + 2} 个" in told

    linked = second[second["previous_id"] != ""]
    assert f"新登记 {len(second)} 个问题，其中 {len(linked)} 个以前年度出现过" in said["linked"]
    assert (linked["repeat_years"] == 2).all() and set(linked["previous_id"]) <= set(first["issue_id"])
    before = linked.merge(first, left_on="previous_id", right_on="issue_id", validate="m:1")
    assert (before["fault_x"] == before["fault_y"]).all() and (before["code_x"] == before["code_y"]).all()
    assert {returned, silent} <= set(before["owner_x"]), "who never answered has the same fault again"


@pytest.mark.parametrize(
    ("file", "version"),
    [
        ("2024/甲_自评表.xlsx", 1),
        ("2024/甲_自评表（更正）.xlsx", 2),
        ("2024/甲_自评表_第3次报送.xlsx", 3),
        ("2024/更正/甲.xlsx", 2),
        ("2024/法规修订项目.xlsx", 1),
        ("2024/更正登记制度建设.xlsx", 1),
    ],
)
def test_the_version_of_a_form_is_told_by_its_name(file, version):
    assert version_of(file) == version


def forms(folder, **scores):
    """Write one form per name; each says another number."""
    for name, score in scores.items():
        rows = [["", "产出指标", "数量指标", "通车里程", "≥100公里", "100公里", 90, score, ""]]
        write_self_form(folder / f"{name.replace('__', '（更正')}{'）' if '__' in name else ''}.xlsx", rows)
    return folder


def states(folder):
    frames, errors = load_frames(folder, keep_going=True)
    return dict(zip(frames.ingest["source_file"], frames.ingest["state"], strict=True)), frames, errors


def test_totals_count_the_latest_form_only_and_the_earlier_stays(tmp_path):
    known, frames, errors = states(forms(tmp_path, 甲=90, 甲__=80, 甲__3=70))
    assert errors == []
    assert known == {"甲.xlsx": "superseded", "甲（更正）.xlsx": "superseded", "甲（更正3）.xlsx": "read"}
    assert frames.indicators["reported_score"].dropna().tolist() == [10.0, 70.0]
    assert len(frames.projects) == 1 and (tmp_path / "甲.xlsx").exists()
    pairs = resubmissions(frames.ingest)
    assert pairs == [("甲.xlsx", "甲（更正3）.xlsx"), ("甲（更正）.xlsx", "甲（更正3）.xlsx")]
    found = compare_forms(tmp_path, *pairs[0])
    assert found.changes[["source_cell", "before", "after"]].values.tolist() == [["H8", "90", "70"]]
    assert not set(found.settled["finding_id"]) & set(found.new["finding_id"])


def test_two_forms_that_both_say_they_are_the_latest_are_a_conflict(tmp_path):
    forms(tmp_path, 甲=90, 甲__=80)
    (tmp_path / "更正").mkdir()
    forms(tmp_path / "更正", 甲=70)
    known, _, errors = states(tmp_path)
    assert set(known.values()) == {"conflict"} and len(errors) == 1
    with pytest.raises(JixiaoError, match="重复"):
        load_frames(tmp_path)


def test_two_forms_without_a_sign_stay_a_conflict(tmp_path):
    known, _, errors = states(forms(tmp_path, 甲=90, 乙=80))
    assert set(known.values()) == {"conflict"} and "重复" in str(errors[0])


def test_rows_that_were_put_in_are_told_as_such(tmp_path):
    forms(tmp_path, 甲=90)
    whole = openpyxl.load_workbook(tmp_path / "甲.xlsx")
    whole.active.insert_rows(8)
    for column, value in enumerate(["", "产出指标", "质量指标", "合格率", "≥95%", "96%", 0, 0, ""], 1):
        whole.active.cell(8, column).value = value
    whole.save(tmp_path / "甲（更正）.xlsx")
    found = compare_forms(tmp_path, "甲.xlsx", "甲（更正）.xlsx")
    assert set(found.changes["before"]) == {""} and "合格率" in found.changes["after"].tolist()


def test_a_form_saved_over_is_the_next_version_of_the_same(tmp_path, monkeypatch):
    from jixiao.builds.ledger.resubmitted import overwritten
    from jixiao.builds.run import build
    from jixiao.builds.verify import verify

    monkeypatch.setenv("JIXIAO_JOURNAL", str(tmp_path / "journal.jsonl"))
    (tmp_path / "forms").mkdir()
    forms(tmp_path / "forms", 甲=90)
    before = (tmp_path / "forms" / "甲.xlsx").read_bytes()
    build(tmp_path / "forms", tmp_path / "built")
    assert overwritten(tmp_path / "built") == []
    forms(tmp_path / "forms", 甲=70)
    build(tmp_path / "forms", tmp_path / "built")
    (found,) = overwritten(tmp_path / "built")
    assert found.later == "甲.xlsx"
    assert (tmp_path / "built" / found.earlier).read_bytes() == before, "the earlier form itself stays readable"
    assert found.changes[["source_cell", "before", "after"]].values.tolist() == [["H8", "90", "70"]]
    assert len(found.settled) + len(found.new) > 0
    assert not set(found.settled["finding_id"]) & set(found.new["finding_id"])
    said = run_command("resubmitted", "--place", str(tmp_path / "built")).stdout
    assert "已存为后一版（前一版见 " in said and "H8：“90”改为“70”" in said and found.earlier in said

    for other in range(4):  # whatever other forms come and whatever versions go, the earlier one stays
        forms(tmp_path / "forms", **{f"其他{other}（更正）": other})
        build(tmp_path / "forms", tmp_path / "built")
    assert [one.earlier for one in overwritten(tmp_path / "built")] == [found.earlier]
    kept = tmp_path / "built" / found.earlier
    assert not [one for one in verify(tmp_path / "built") if one.kind.startswith("original")]
    kept.write_bytes(before + b" ")
    assert [one.kind for one in verify(tmp_path / "built") if one.kind.startswith("original")] == ["original"]
    kept.unlink()
    (gone,) = (one for one in verify(tmp_path / "built") if one.kind.startswith("original"))
    assert str(gone) == "原表存底“甲.xlsx/0001”已不在"


def test_a_form_too_large_to_be_kept_is_compared_by_versions(tmp_path, monkeypatch):
    from jixiao.builds.ledger.resubmitted import overwritten
    from jixiao.builds.run import build

    monkeypatch.setenv("JIXIAO_JOURNAL", str(tmp_path / "journal.jsonl"))
    (tmp_path / "limits.yaml").write_text("kept_total_bytes: 100\n", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_LIMITS", str(tmp_path / "limits.yaml"))
    (tmp_path / "forms").mkdir()
    for score in (90, 70):
        forms(tmp_path / "forms", 甲=score)
        build(tmp_path / "forms", tmp_path / "built")
    (found,) = overwritten(tmp_path / "built")
    assert (tmp_path / "built" / "versions" / found.earlier).is_dir()
    assert found.changes[["source_cell", "before", "after"]].values.tolist() == [["H8 原表得分", "90", "70"]]
    assert "原表没有存底" in run_command("resubmitted", "--place", str(tmp_path / "built")).stdout
