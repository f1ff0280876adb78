"""Ways of writing that other makers of reports use, each as one made-up report: codes, deductions, tables."""

from __future__ import annotations

import shutil

import pytest
from conftest import ROOT
from test_documents import laid

from jixiao.builds.run import build
from jixiao.reading.documents.justifications import find_points
from jixiao.reading.documents.prose_facts import choose, find_statements
from jixiao.reading.documents.whole_reports import read_source
from jixiao.reading.tidy.make_frames import make_frames

TITLE = "云溪县路灯改造项目2023年度财政绩效评价报告"
BASICS = "云溪县城市管理局负责组织实施。" + "更换老旧路灯。" * 40
CHAPTERS = ["一、项目概况", "二、评价工作情况", "三、评价结论", "四、绩效分析", "五、存在的问题", "六、改进建议"]


def read(folder, *, chapters=CHAPTERS, basics=BASICS, conclusion="综合得分93分，评价等级为优。", **bodies):
    """Read a report written as a text; `analysis`, `problems` and `advice` are lists of lines."""
    told = [[basics], ["核查资料。"], [conclusion], bodies.get("analysis", ["无。"])]
    told += [bodies.get("problems", ["无。"]), bodies.get("advice", ["无。"])]
    lines = [TITLE]
    for chapter, body in zip(chapters, told, strict=True):
        lines += [chapter, *body]
    path = folder / "a.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return make_frames(read_source(path, name="a.txt"))


def points(frame):
    return {row.indicator: (row.weight, row.reported_score) for row in frame.itertuples()}


@pytest.mark.parametrize(
    "analysis",
    [
        [
            "A1 项目立项（8分）",
            "A101 立项依据充分性（3分）。依据充分。评价得3分。",
            "A102 程序规范性（5分）。缺批复，扣1分。评价得4分。",
        ],
        ["决策指标（8分）", "立项依据充分性：分值3分。依据充分，不扣分。", "程序规范性：分值5分。缺少批复（扣1分）。"],
        ["【立项依据充分性】权重3，得分3。依据充分。", "【程序规范性】权重5，得分4。缺少批复，扣1分。"],
        ["1.决策指标。立项依据充分性，指标值充分，分值3分，自评得3分；程序规范性，指标值规范，分值5分，自评得4分。"],
        ["立项依据充分性（得分/分值：3/3）。依据充分。", "程序规范性（得分/分值：4/5）。缺少批复，扣1分。"],
        [
            "（一）决策指标",
            "1.立项依据充分性",
            "【分值】3分",
            "【得分】3分",
            "2.程序规范性",
            "【分值】5分",
            "【得分】4分",
            "【说明】缺少批复。",
        ],
        ["具体指标\t满分\t评分\t评分理由", "立项依据充分性\t3\t3\t依据充分", "程序规范性\t5\t4\t缺少批复，扣1分"],
    ],
    ids=["coded", "deducted", "bare", "together", "fraction", "labelled", "tabled"],
)
def test_points_are_read_in_whatever_way_they_are_told(tmp_path, analysis):
    frames = read(tmp_path, analysis=analysis)
    wanted = {"立项依据充分性": (3.0, 3.0), "程序规范性": (5.0, 4.0)}
    assert points(frames.indicators) == points(frames.indicator_paragraphs) == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("分值5分。缺少批复（扣1分），公示不足（扣0.5分）。", "3.5"),
        ("分值5分。程序规范，不扣分。", "5"),
        ("分值5分。每缺一项扣1分，扣完为止。", "None"),
        ("分值5分。评分标准：缺少批复扣1分。", "None"),
        ("分值5分。缺少批复，扣8分。", "None"),
    ],
)
def test_a_deduction_is_told_from_the_rule_of_one(body, wanted):
    assert f"{find_points('', body)[1]}" == wanted


def test_problems_and_suggestions_stand_in_tables(tmp_path):
    frames = read(
        tmp_path,
        problems=["问题清单见下表。", "序号\t存在问题\t问题表现\t原因分析", "1\t监管不到位\t未按季检查\t人员不足"],
        advice=["序号\t改进建议\t责任单位", "1\t落实按季检查\t城管局", "2\t补充监管人员\t编办"],
    )
    problem = frames.problems.iloc[0]
    assert (problem["item_title"], problem["text"], problem["cause"]) == ("监管不到位", "未按季检查", "人员不足")
    assert len(frames.problems) == 1 and list(frames.advice["item_title"]) == ["落实按季检查", "补充监管人员"]


def test_chapters_may_ask(tmp_path):
    asked = [
        "一、评价了什么？",
        "二、怎么评价的？",
        "三、评价结果怎么样？",
        "四、指标得分情况",
        "五、发现了哪些问题？",
        "六、下一步怎么改进？",
    ]
    frames = read(
        tmp_path, chapters=asked, problems=["主要有两个问题：一是监管不到位。未按季检查。二是进度滞后。晚了两个月。"]
    )
    tops = frames.section_map[frames.section_map["subsection"] == ""]["section"]
    assert list(tops) == ["basics", "work", "conclusion", "analysis", "lessons", "advice"]
    assert list(frames.problems["item_title"]) == ["监管不到位", "进度滞后"]


def test_paragraphs_that_begin_with_a_short_sentence_are_one_item_each(tmp_path):
    frames = read(tmp_path, problems=["监管不到位。未按季检查。", "进度滞后。晚了两个月，影响通行。"])
    assert list(frames.problems["item_title"]) == ["监管不到位", "进度滞后"]
    frames = read(tmp_path, problems=["监管不到位，未按季检查。", "其中南区最为明显。"])
    assert len(frames.problems) == 1


def test_points_of_a_review_count_before_those_of_the_unit_itself(tmp_path):
    frames = read(tmp_path, conclusion="单位自评得分98分，自评等级为优。经复核，该项目综合得分为88.5分，绩效等级为良。")
    row = frames.evaluations.iloc[0]
    assert (row["total_reported"], row["grade_reported"]) == (88.5, "良")


@pytest.mark.parametrize(
    ("told", "arrived"),
    [
        ("项目预算120万元，均已到位。", "120"),
        ("项目预算120万元，其中省级80万元、县级40万元。资金分两次下达，全部到位。", "120"),
        ("2023年下达资金120万元，资金到位率100%。当年全部支出，其中维修80万元。", "120"),
        ("项目预算120万元，实际到位100万元，其余未全部到位。", "100"),
    ],
)
def test_money_that_all_arrived_is_that_planned(told, arrived):
    layout = laid("某某项目绩效评价报告", "一、基本情况", "（一）资金情况", told, "二、评价结论", "无。")
    _, chosen = choose(find_statements(layout, layout.portions[0], year=2023))
    assert f"{chosen['arrived'].value:f}" == arrived


def test_bullets_are_no_words(tmp_path):
    frames = read(tmp_path, problems=["● 监管不到位。未按季检查。", "● 进度滞后。晚了两个月。"])
    assert list(frames.problems["item_title"]) == ["监管不到位", "进度滞后"]


def test_a_total_may_stand_behind_its_grade(tmp_path):
    row = read(tmp_path, conclusion="政策评价等次：良（82.4分）。").evaluations.iloc[0]
    assert (row["total_reported"], row["grade_reported"]) == (82.4, "良")


def test_an_organisation_in_short_gets_the_place_of_the_report(tmp_path):
    frames = read(tmp_path, basics="县城市管理局为项目主管部门，由县路灯管理所负责日常维护。" + "更换老旧路灯。" * 40)
    row = frames.evaluations.iloc[0]
    assert (row["department"], row["unit"]) == ("云溪县城市管理局", "云溪县路灯管理所")


def test_a_report_that_names_neither_year_nor_project_is_read_by_its_folder_or_refused(tmp_path):
    """The template of our own reports has every chapter and states nothing."""
    template = ROOT / "jixiao" / "publish" / "papers" / "assets" / "report.docx"
    shutil.copy(template, tmp_path / "报告.docx")
    results, errors = build(tmp_path, tmp_path.parent / "one")
    assert "没有找到评价年度" in str(errors[0]) and results.totals.empty
    (tmp_path / "报告.docx").unlink()
    (tmp_path / "2023").mkdir()
    shutil.copy(template, tmp_path / "2023" / "报告.docx")
    results, errors = build(tmp_path, tmp_path.parent / "two")
    assert errors == [] and results.totals["year"].tolist() == [2023]
