"""Made-up reports in other house styles are read whole: chapters, points, problems, suggestions, money, as they say."""

from __future__ import annotations

import docx
import pytest
import report_houses as houses
import report_styles as styles
import report_varieties as varieties
from hypothesis import given
from hypothesis import strategies as st

from jixiao.core.frames import SCHEMAS
from jixiao.reading.documents.identities import find_identity
from jixiao.reading.documents.justifications import clean_name, find_points
from jixiao.reading.documents.opinions import find_opinions
from jixiao.reading.documents.outlines import match_section
from jixiao.reading.documents.paragraphs import make_paragraphs
from jixiao.reading.documents.portions import divide, kind_of_title
from jixiao.reading.documents.prose_facts import choose, find_statements
from jixiao.reading.documents.sections import lay_out
from jixiao.reading.documents.stated_amounts import find_amounts
from jixiao.reading.documents.whole_reports import read_source
from jixiao.reading.files.flow_items import Flow, Item
from jixiao.reading.files.flows import read_flow
from jixiao.reading.files.text_flow import text_flow
from jixiao.reading.tidy.make_frames import make_frames

WRITTEN = [
    ("decimal", "docx"),
    ("decimal", "txt"),
    ("decimal", "narrow"),
    ("looks", "docx"),
    ("parts", "docx"),
    ("parts", "txt"),
    ("parts", "narrow"),
    ("usual", "docx"),
    ("usual", "txt"),
]


@pytest.fixture(scope="module", params=WRITTEN, ids="-".join)
def report(request, tmp_path_factory):
    name, kind = request.param
    style, content = styles.STYLES[name]
    path = tmp_path_factory.mktemp("reports") / f"report.{'docx' if kind == 'docx' else 'txt'}"
    parts = styles.compose(style, content)
    if kind == "docx":
        styles.write_document(parts, path, style)
    else:
        styles.write_text(parts, path, width=30 if kind == "narrow" else 0)
    return style, content, make_frames(read_source(path, name=path.name))


def test_every_chapter_is_found(report):
    style, _, frames = report
    tops = frames.section_map[frames.section_map["subsection"] == ""]
    assert styles.wanted_sections(style) <= set(tops["section"])


def test_who_evaluated_what(report):
    _, content, frames = report
    row = frames.evaluations.iloc[0]
    assert len(frames.evaluations) == 1
    assert (row["project"], row["year"], row["evaluation"]) == (content.project, content.year, content.evaluation)
    assert (row["department"], row["unit"]) == (content.department, content.unit)
    assert (row["total_reported"], row["grade_reported"]) == (float(content.total), content.grade)


def test_every_indicator_has_its_points_and_its_paragraph(report):
    _, content, frames = report
    wanted = {(row[2], float(row[3]), float(row[4])) for row in content.indicators}
    columns = ["indicator", "weight", "reported_score"]
    assert set(frames.indicators[columns].itertuples(index=False, name=None)) == wanted
    assert set(frames.indicator_paragraphs[columns].itertuples(index=False, name=None)) == wanted
    assert (frames.indicator_paragraphs["indicator_id"] != "").all()


def test_a_lost_point_has_its_reason(report):
    _, content, frames = report
    rows = {row["indicator"]: row for row in frames.indicator_paragraphs.to_dict("records")}
    for _, _, name, weight, score, _, loss in content.indicators:
        assert rows[name]["is_full"] == (weight == score)
        assert (loss in rows[name]["loss_reason"]) if weight != score else rows[name]["loss_reason"] == ""


def test_problems_and_suggestions_are_one_row_each(report):
    _, content, frames = report
    assert list(frames.problems["item_title"]) == [row[0] for row in content.problems]
    assert list(frames.advice["item_title"]) == [row[0] for row in content.advice]
    assert list(frames.advice["problem_number"]) == list(range(1, len(content.advice) + 1))
    for row, (_, text, cause) in zip(frames.problems.to_dict("records"), content.problems, strict=True):
        assert text in row["text"]
        assert cause.rstrip("。") in row["cause"] if cause else row["cause"] == ""


def test_money_in_whatever_unit(report):
    _, content, frames = report
    row = frames.budgets[frames.budgets["fund"] == "total"].iloc[0]
    assert row["annual_budget_wan"] == row["arrived_wan"] == float(content.planned)
    assert row["executed_wan"] == float(content.executed)


def test_how_it_was_evaluated(report):
    _, content, frames = report
    found = {row["work_item"]: row["stated_value"] for row in frames.evaluation_work.to_dict("records")}
    assert (found["expert_count"], found["site_count"], found["survey_sent"], found["survey_valid"]) == (
        5,
        12,
        400,
        386,
    )
    bases = frames.legal_bases.set_index("document_number")
    assert bases.loc[f"青政发〔{content.year - 1}〕12号", "issued_year"] == content.year - 1


def test_passages_are_word_for_word_and_keyed_by_line(report):
    style, content, frames = report
    texts = "".join(frames.passages["text"])
    for kind, body, _ in styles.compose(style, content):
        if kind == "text":
            assert body in texts.replace(" ", "") or body.replace(" ", "") in texts.replace(" ", "")
    assert not frames.passages.duplicated(["source_file", "line"]).any()
    assert (frames.passages["source_cell"] != "").all()


def test_every_row_names_its_file_and_line(report):
    _, _, frames = report
    for name, frame in frames.items():
        if "portion" in SCHEMAS[name]:
            assert (frame["source_file"] != "").all() and frame["line"].notna().all(), name


def laid(*texts):
    flow = Flow("a.txt", "text", [Item(text, number) for number, text in enumerate(texts, 1)])
    return lay_out(*divide(make_paragraphs(flow)[0]))


def test_a_list_that_counts_again_is_no_chapter():
    layout = laid(
        "某某项目绩效评价报告",
        "一、基本情况",
        "二、绩效评价工作开展情况",
        "（一）评价目的",
        "（二）评价原则",
        "1.基本原则",
        "（一）科学公正",
        "（二）公开透明",
        "2.评价方法",
        "三、评价结论",
    )
    headings = [entry.title for entry in layout.entries if entry.kind == "heading"]
    assert "科学公正" not in headings and "公开透明" not in headings and "评价方法" in headings


def test_a_chapter_numbered_otherwise_is_still_a_chapter():
    layout = laid(
        "某某项目绩效评价报告",
        "四、绩效评价指标分析",
        "五、存在的问题",
        "1.制度不健全",
        "6、有关建议",
        "七、其他需要说明的问题",
    )
    assert [found.section for found in layout.found if not found.part] == ["analysis", "lessons", "advice", "others"]


def test_a_report_inside_a_disclosure_has_its_own_chapters():
    layout = laid(
        "某某局2023年度部门决算",
        "第三部分 2023年度部门决算情况说明",
        "八、国有资产占用情况说明",
        "九、预算绩效情况说明",
        "（一）绩效管理工作开展情况",
        "某某项目支出绩效评价报告",
        "一、基本情况",
        "（一）项目概况",
        "二、评价结论",
        "第四部分 名词解释",
    )
    assert [portion.kind for portion in layout.portions] == ["account_disclosure", "evaluation_report"]
    assert layout.entries[-1].portion == 1 and layout.entries[-2].portion == 2


def test_page_heads_and_contents_are_dropped_and_listed():
    lines = [
        "目 录",
        "一、项目概况......1",
        "二、评价结论......3",
        "一、项目概况",
        "正文若干。",
        "甲项目评价报告",
        "— 2 —",
    ]
    lines += ["二、评价结论", "正文若干。", "甲项目评价报告", "— 3 —"]
    flow = text_flow("\n".join(lines), "a.txt")
    paragraphs, dropped = make_paragraphs(flow)
    assert [part.text for part in paragraphs] == ["一、项目概况", "正文若干。", "二、评价结论", "正文若干。"]
    assert sorted({one.reason for one in dropped}) == ["contents", "page_head", "page_number"]


def test_a_table_in_a_text_is_read_in_its_three_ways():
    tabs = text_flow("一级指标\t分值\t得分\n决策\t10\t9\n", "a.txt").grids[0].texts
    stacked = text_flow("甲\n\t一级指标\n\t分值\n\t得分\n\n\t决策\n\t10\n\t9\n\n\n乙\n", "a.txt").grids[0].texts
    spaced = text_flow("一级指标 分值 得分\n决策 10 9\n过程 20 18\n", "a.txt").grids[0].texts
    assert tabs == stacked == [["一级指标", "分值", "得分"], ["决策", "10", "9"]]
    assert spaced == [["一级指标", "分值", "得分"], ["决策", "10", "9"], ["过程", "20", "18"]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2023年安排预算500万元，2022年安排预算300万元。", {"planned": 500.0}),
        ("合同金额88万元，实际支出80万元。", {"executed": 80.0}),
        ("其中：中央资金60万元、省级资金40万元，共计到位100万元。", {"arrived": 100.0}),
    ],
)
def test_money_of_another_year_a_contract_or_a_part_is_not_the_projects(text, wanted):
    layout = laid("某某项目绩效评价报告", "一、基本情况", "（一）资金投入和使用情况", text, "二、评价结论", "无。")
    _, chosen = choose(find_statements(layout, layout.portions[0], year=2023))
    assert {name: float(one.value) for name, one in chosen.items()} == wanted


def test_a_contradiction_keeps_both_places():
    layout = laid(
        "某某项目绩效评价报告",
        "一、基本情况",
        "（一）资金投入和使用情况",
        "项目预算资金500万元，实际支出480万元。",
        "二、评价结论",
        "项目实际支出408万元，绩效评价得分为90分。",
    )
    statements, chosen = choose(find_statements(layout, layout.portions[0], year=2023))
    states = {(float(one.value), one.agreement) for one in statements if one.statement == "executed"}
    assert states == {(480.0, "chosen"), (408.0, "differs")} and float(chosen["total"].value) == 90


@pytest.mark.parametrize(
    ("head", "body", "wanted"),
    [
        ("预算执行率（5分）", "执行率达到100%得5分，否则按比例得分。本项得4.5分。", ("5", "4.5")),
        ("甲指标（满分3分，得分2分）", "核查了资料。", ("3", "2")),
        ("", "分值4分，未按期完成，不得分。", ("4", "0")),
    ],
)
def test_points_given_are_told_from_points_of_a_standard(head, body, wanted):
    weight, score, _ = find_points(head, body)
    assert (f"{weight}", f"{score}") == wanted


def test_nothing_is_read_where_a_section_says_none():
    layout = laid(
        "某某项目绩效评价报告", "一、基本情况", "二、评价结论", "三、存在的问题", "无", "四、有关建议", "无。"
    )
    portion = layout.portions[0]
    assert find_opinions(layout, portion, "lessons") == find_opinions(layout, portion, "advice") == []


def test_a_form_is_no_report(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("项目支出绩效自评表\n项目名称\t甲\n主管部门\t乙\n", encoding="utf-8")
    flow = read_flow(path, "a.txt")
    assert lay_out(*divide(make_paragraphs(flow)[0])).found == []


def test_small_words():
    assert kind_of_title("附件2：项目支出绩效评分表") == "scoring_table"
    assert match_section("绩效评价结论", "evaluation_report").section == "conclusion"
    assert clean_name("A12 “预算执行率”") == "预算执行率"
    assert [one.statement for one in find_amounts("每人补贴标准200元。")] == []
    layout = laid("甲市乙局丙项目财政绩效评价报告", "一、基本情况", "乙局实施丙项目。丙项目已完成。")
    assert find_identity(layout, layout.portions[0], [], "a.txt").evaluation == "finance"


def read_variety(seed, folder):
    """Write the report of a seed in one of three ways and read it."""
    variety, way = varieties.draw(seed), ("plain", "narrow", "word")[seed % 3]
    parts = varieties.compose(variety)
    path = folder / f"{seed}.{'docx' if way == 'word' else 'txt'}"
    if way == "word":
        styles.write_document(parts, path, styles.USUAL)
    else:
        styles.write_text(parts, path, width=30 if way == "narrow" else 0, indent="　　" if seed % 2 else "")
    return varieties.wanted(variety), varieties.read_back(make_frames(read_source(path, name=path.name)))


@given(seed=st.integers(0, 10**6))
def test_a_report_of_any_house_is_read_whole(seed, tmp_path_factory):
    wanted, got = read_variety(seed, tmp_path_factory.mktemp("varieties"))
    assert wanted["sections"] <= got["sections"]
    for name in ("who", "result", "money", "points", "problems", "advice"):
        assert got[name] == wanted[name], name
    assert got["told"] == wanted["points"]


def miss(seed, folder):
    """Return how much of the report of a house is missed: (found, wanted) by kind; numbers read wrong."""
    house = houses.draw(seed)
    path = houses.write(house, folder)
    wanted, got = houses.wanted(house), houses.read_back(make_frames(read_source(path, name=path.name)))
    pairs = {name: got[name] for name in ("indicators", "indicator_paragraphs")}
    read = {
        name: sum(pair[one] == points for one, points in wanted["points"].items() if one in pair)
        for name, pair in pairs.items()
    }
    wrong = [
        (name, one, pair[one])
        for name, pair in pairs.items()
        for one in pair
        if any(value == value and value not in (wanted["points"].get(one) or ()) for value in pair[one])
    ]
    wrong += [got["total"]] if got["total"] != wanted["total"] else []
    items = {name: sum(title in got[name] for title in wanted[name]) for name in ("problems", "advice")}
    return {
        **{name: (count, len(wanted["points"])) for name, count in read.items()},
        **{name: (count, len(wanted[name])) for name, count in items.items()},
        "sections": (len(wanted["sections"] & got["sections"]), len(wanted["sections"])),
        "wrong": wrong,
    }


@pytest.mark.parametrize("first", [0, 12, 24])
def test_reports_of_houses_nobody_has_seen(first, tmp_path):
    """Traits are mixed at random: what one house misses is weighed with the others, a wrong number never."""
    missed = [miss(seed, tmp_path) for seed in range(first, first + 12)]
    assert [one["wrong"] for one in missed if one["wrong"]] == []
    for name, least in (("sections", 0.95), ("indicators", 0.95), ("indicator_paragraphs", 0.95), ("problems", 0.9)):
        read, wanted = (sum(one[name][at] for one in missed) for at in (0, 1))
        assert read >= least * wanted, name


def test_report_whose_chapters_no_outline_knows_is_read_all_the_same(tmp_path):
    document = docx.Document()
    document.add_paragraph("某某市2023年度河道保洁项目绩效评价报告")
    for name in ("北段", "南段"):
        document.add_paragraph(f"◎ {name}走一遍")
        document.add_paragraph(
            "某某市水务局主管，2023年预算安排资金300万元，实际支出290万元，沿河群众反映水面清洁。" * 6
        )
    table = document.add_table(2, 2)
    for row, cells in enumerate((("河段", "长度"), ("北段", "3"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    document.add_paragraph("经评价，项目得分92分，等级为优。")
    path = tmp_path / "a.docx"
    document.save(path)
    frames = make_frames(read_source(path, name=path.name))
    assert frames.evaluations["year"].tolist() == [2023]
    assert frames.evaluations[["total_reported", "grade_reported"]].to_numpy().tolist() == [[92.0, "优"]]
    assert frames.evaluations["project"].str.endswith("河道保洁项目").all()
    assert frames.passages["text"].str.contains("经评价，项目得分92分").any()


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["摘要", "一、项目概况", "甲。", "二、评价结论", "乙。"], {"preface"}),
        (["前言", "甲。"], {"preface"}),
        (["评价摘要", "甲。"], set()),
    ],
)
def test_chapters_of_an_abstract_are_not_those_of_the_report(lines, wanted):
    layout = laid(
        "某某项目绩效评价报告",
        *lines,
        "一、项目基本情况",
        "甲。",
        "二、评价工作情况",
        "甲。",
        "三、评价结论",
        "甲。",
        "四、存在的问题",
        "无。",
    )
    tops = [found.section for found in layout.found if not found.part and found.section != "preface"]
    assert tops == ["basics", "work", "conclusion", "lessons"]
    assert {found.section for found in layout.found} & {"preface"} == wanted


def test_a_cover_names_project_unit_and_department():
    layout = laid(
        "甲市丙项目绩效评价报告",
        "项目名称：丙项目",
        "主管部门：甲市乙局",
        "项目单位：甲市丁中心",
        "一、项目概况",
        "丁中心实施该项目。",
        "二、评价结论",
        "三、建议",
    )
    found = find_identity(layout, layout.portions[0], [], "a.txt")
    assert (found.project, found.department, found.unit) == ("丙项目", "甲市乙局", "甲市丁中心")


def test_a_page_of_the_web_leaves_its_frame_outside(tmp_path):
    path = tmp_path / "a.html"
    lines = [
        "首页 > 预算公开",
        "发布日期：2024-01-02",
        "某某项目绩效评价报告",
        "一、项目概况",
        "甲。",
        "主办单位：某某厅",
    ]
    body = "".join(f"<p>{line}</p>" for line in lines)
    path.write_text(f"<!DOCTYPE html><html><body>{body}</body></html>", encoding="utf-8")
    paragraphs, dropped = make_paragraphs(read_flow(path, "a.html"))
    assert [part.text for part in paragraphs] == ["某某项目绩效评价报告", "一、项目概况", "甲。"]
    assert {one.reason for one in dropped} == {"web_line"}


def test_a_table_of_levels_is_no_scoring_table(tmp_path):
    path = tmp_path / "a.txt"
    rows = ["一级指标\t分值\t得分", "决策\t20\t18", "产出\t80\t75", "合计\t100\t93"]
    told = ["立项依据充分性（分值20分，得分18分）：有缺项，扣2分。", "改造数量（分值80分，得分75分）：少5处，扣5分。"]
    body = [
        "甲县路灯项目2023年度部门绩效评价报告",
        "一、项目概况",
        "由甲县城管局负责组织实施。" + "路灯改造。" * 40,
        "二、评价工作情况",
        "核查资料。",
    ]
    body += [
        "三、评价结论",
        "综合得分93分，评价等级为优。",
        *rows,
        "",
        "四、指标分析",
        "（一）决策情况分析",
        told[0],
        "（二）产出情况分析",
        told[1],
    ]
    path.write_text("\n".join(body), encoding="utf-8")
    frames = make_frames(read_source(path, name="a.txt"))
    assert list(frames.indicators["indicator"]) == ["立项依据充分性", "改造数量"]
    assert list(frames.indicators["reported_score"]) == [18.0, 75.0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2021至2023年累计安排资金900万元。其中，2023年度预算安排300万元，实际到位300万元。", [300, 300]),
        ("项目总投资900万元，2023年度预算安排300万元，到位280万元，县级资金少到位20万元。", [300, 280]),
        ("三年共安排900万元。2023年安排预算300万元，欠到位10万元，实际到位290万元。", [300, 290]),
    ],
)
def test_money_of_several_years_and_money_that_did_not_come_are_not_that_of_the_year(text, wanted):
    report = laid("某县2023年度河道保洁项目绩效评价报告", "一、基本情况", "（一）资金投入和使用情况", text)
    _, chosen = choose(find_statements(report, report.portions[0], year=2023))
    assert [float(chosen[name].value) for name in ("planned", "arrived")] == wanted


def test_a_title_printed_again_behind_an_abstract_is_no_chapter_and_bold_names_stand_below_numbers(tmp_path):
    document = docx.Document()
    lines = [
        ("*", "甲市2023年度河道保洁项目绩效评价报告"),
        ("*", "内容提要"),
        ("", "河道保洁项目由甲市水务局主管，评价得分92分。" * 3),
        ("*", "甲市2023年度河道保洁项目绩效评价报告"),
        ("*", "1、项目概要"),
        ("", "2023年度预算安排300万元，实际支出290万元。" * 4),
        ("*", "2、评价总结论"),
        ("", "经评价，项目综合得分92分，等级为优。" * 2),
        ("*", "3、得分及失分分析"),
        ("*", "（1）产出"),
        ("*", "保洁长度"),
        ("", "【评分】权重60分，得分55分。【说明】有一段没有保洁。"),
        ("*", "保洁合格率"),
        ("", "【评分】权重40分，得分37分。【说明】抽查合格率为92%。"),
        ("*", "4、查出的问题"),
        ("", "北段没有人管。" * 5),
    ]
    for mark, text in lines:
        document.add_paragraph().add_run(text).bold = bool(mark)
    path = tmp_path / "a.docx"
    document.save(path)
    found = houses.read_back(make_frames(read_source(path, name=path.name)))
    assert {"basics", "conclusion", "analysis", "lessons"} <= found["sections"]
    assert found["indicators"] == {"保洁长度": (60.0, 55.0), "保洁合格率": (40.0, 37.0)}
