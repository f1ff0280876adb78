"""Layouts nobody declared are read as they are printed (未登记版式): 100 here, thousands in ``make soak``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from docx import Document
from layouts.generator import make_layout
from layouts.judging import Judgement
from layouts.writing import KINDS, write_layout
from typer.testing import CliRunner

from jixiao.cli.main import app
from jixiao.core.errors import AnotherKindError, FormError, JixiaoError, RequestError
from jixiao.reading.documents.whole_reports import read_source
from jixiao.reading.files import Grid, Line
from jixiao.reading.forms.assignment import Column, assign, candidates
from jixiao.reading.forms.meanings import meaning_of, title_kind
from jixiao.reading.forms.sources import read_file, recognise
from jixiao.reading.forms.teaching import keep_lesson
from jixiao.reading.tidy.make_frames import make_frames

SEEDS = range(100)


def judged(seeds, folder):
    found = Judgement()
    for seed in seeds:
        layout = make_layout(seed)
        found.judge(layout, write_layout(layout, folder / str(seed), KINDS[seed % len(KINDS)]))
    return found


@pytest.mark.parametrize("part", range(4))
def test_layouts_made_at_random_are_read_without_a_wrong_value(part, tmp_path):
    found = judged(SEEDS[part::4], tmp_path)
    assert found.counts["wrong"] == found.counts["invented"] == 0, found.lines
    assert found.counts["read"] >= 0.95 * found.counts["forms"], found.lines
    assert found.counts["right"] >= 0.98 * (found.counts["right"] + found.counts["missed"]), found.lines


@pytest.mark.parametrize(
    ("text", "context", "name"),
    [
        ("未完成原因及改进措施", "columns", "deviation_reason"),
        ("全年实际值", "columns", "actual"),
        ("自评分值", "columns", "reported_score"),
        ("参考分值", "columns", "weight"),
        ("计划完成值", "columns", "target"),
        ("年初设定指标值", "columns", "target"),
        ("具体指标", "columns", "name"),
        ("年初目标值（A", "columns", "target"),
        ("核查分数", "columns", "review_score"),
        ("执行数B)", "funds", "executed"),
        ("1—7月执行数", "funds", "month"),
        ("项目(专项)名称", "labels", "project"),
        ("项 目 实 施 单 位", "labels", "unit"),
        ("自评总分(分)", "labels", "total_claimed"),
    ],
)
def test_a_header_is_understood_by_its_parts(text, context, name):
    assert meaning_of(text, context).name == name


@pytest.mark.parametrize("text", ["示例河道清淤", "培训人数", "路面优良率", "已按期完成，效果良好。"])
def test_a_value_is_no_header(text):
    found = [meaning_of(text, context) for context in ("columns", "funds", "labels")]
    assert all(one is None or one.sure < 0.6 for one in found), found


def table(*rows):
    return [Grid("表.xlsx", "表", True, [list(row) for row in rows])]


def test_a_monitoring_form_is_named_and_never_read_as_another():
    grids = table(
        ["项目支出绩效运行监控表（2024年度）"],
        ["项目名称", "示例项目"],
        ["一级指标", "二级指标", "三级指标", "年度指标值", "1-7月执行情况", "全年预计完成情况", "完成目标可能性"],
        ["产出指标", "数量指标", "培训人数", "≥50人", "20人", "50人", "确定能"],
    )
    assert title_kind("项目支出绩效运行监控表") == "monitoring"
    with pytest.raises(AnotherKindError, match=r"绩效运行监控表.*jixiao issues add --source 监控"):
        recognise(grids, "表.xlsx")


def test_a_form_of_which_less_than_half_is_understood_is_a_question():
    grids = table(
        ["项目支出绩效自评表（2024年度）"],
        ["项目名称", "示例项目"],
        ["一级指标", "甲栏", "乙栏", "丙栏", "得分", "丁栏", "戊栏", "三级指标"],
        ["产出指标", "—", "甲", "乙", "10", "丙", "丁", "培训人数"],
    )
    with pytest.raises(FormError, match="只认识"):
        recognise(grids, "表.xlsx")


def test_a_column_that_is_not_understood_is_listed_and_its_block_named():
    grids = table(
        ["项目支出绩效自评表（2024年度）"],
        ["项目名称", "示例项目"],
        ["一级指标", "二级指标", "三级指标", "年度指标值", "全年实际值", "得分", "异形栏"],
        ["产出指标", "数量指标", "培训人数", "≥50人", "50人", "10", "某甲、某乙"],
        ["产出指标", "数量指标", "培训场次", "≥5场", "5场", "10", "某丙"],
    )
    (reading,) = recognise(grids, "表.xlsx")
    assert reading.unread == ["indicators"]
    assert {"异形栏", "某甲、某乙", "某丙"} <= {skipped["text"] for skipped in reading.skipped}
    assert [guess["text"] for guess in reading.guesses] == ["全年实际值"]


def test_a_taught_header_is_used_and_told_as_taught(tmp_path, monkeypatch):
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    grids = table(
        ["项目支出绩效自评表（2024年度）"],
        ["项目名称", "示例项目"],
        ["一级指标", "二级指标", "三级指标", "年度指标值", "甲乙栏", "得分"],
        ["产出指标", "数量指标", "培训人数", "≥50人", "51人", "10"],
    )
    assert "actual" not in recognise(grids, "表.xlsx")[0].records[0].texts
    keep_lesson("示例版式", {"columns": {"甲乙栏": "actual"}})
    (reading,) = recognise(grids, "表.xlsx")
    assert reading.records[0].texts["actual"] == "51人"
    assert [guess["reason"] for guess in reading.guesses] == ["按示教的版式读作“完成值”"]
    with pytest.raises(RequestError, match="不是可选的栏目"):
        keep_lesson("示例版式", {"columns": {"甲乙栏": "无此栏"}})


def read_one(*rows, title="项目支出绩效自评表（2024年度）"):
    (reading,) = recognise(table([title], ["项目名称", "示例项目"], *rows), "表.xlsx")
    return reading


def rows_of(reading, *names):
    return [tuple(record.texts.get(n, "") for n in names) for record in reading.records if record.block == "indicators"]


def money_of(reading):
    return next(
        record.texts for record in reading.records if record.block == "funds" and record.texts["fund"] == "total"
    )


def test_a_column_below_a_group_keeps_what_it_says_itself():
    reading = read_one(
        ["绩效指标", "目标情况", "", "得分情况", "", "备注"],
        ["", "目标值", "实现值", "满分", "自评", ""],
        ["一、产出指标", "", "", "50", "48", ""],
        ["1.培训场次", "≥6", "5", "30", "28", ""],
    )
    names = ("category", "target", "actual", "weight", "reported_score")
    assert rows_of(reading, *names) == [("产出指标", "≥6", "5", "30", "28")]


@pytest.mark.parametrize(
    ("headers", "initial", "annual"),
    [
        (["年度预算申请", "全年预算数", "全年执行数"], "12", "11"),
        (["年初预算数", "调整后预算数", "全年执行数"], "12", "11"),
        (["预算数", "预算数", "执行数"], None, None),
    ],
)
def test_of_two_columns_that_say_the_same_the_years_own_counts_or_both_are_asked(headers, initial, annual):
    money = money_of(
        read_one(
            ["资金情况（万元）", "", *headers],
            ["", "年度资金总额", "12", "11", "10"],
            ["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值"],
            ["产出指标", "数量指标", "培训场次", "≥6", "5"],
        )
    )
    assert (money.get("initial_budget"), money.get("annual_budget")) == (initial, annual)
    assert money["executed"] == "10"


def test_money_and_its_rate_in_pairs():
    money = money_of(
        read_one(
            ["项目预算（A）", "86", "项目支出（B）", "84.28"],
            ["预算执行率（B/A）", "98%", "", ""],
            ["一级指标", "二级指标", "三级指标", "目标值", "完成值", "得分"],
            ["产出", "数量", "培训场次", "≥6", "5", "10"],
        )
    )
    assert (money["annual_budget"], money["executed"], money["execution_rate"]) == ("86", "84.28", "98%")


def test_the_kind_of_an_indicator_is_its_level_where_there_is_no_other():
    reading = read_one(
        ["指标类型", "具体指标", "计划目标", "实际完成", "标准分", "自评分"],
        ["产出数量", "培训场次", "6场", "5场", "50", "48"],
        ["社会效益", "带动就业", "提升", "提升", "50", "50"],
    )
    assert rows_of(reading, "subcategory", "indicator") == [("产出数量", "培训场次"), ("社会效益", "带动就业")]


def test_the_levels_may_stand_from_right_to_left():
    reading = read_one(
        ["三级指标", "二级指标", "一级指标", "指标权重（%）", "目标值", "实际值", "自评得分"],
        ["培训场次", "数量指标", "产出指标", "50", "6场", "5场", "48"],
    )
    assert rows_of(reading, "category", "indicator", "weight") == [("产出指标", "培训场次", "50")]


def test_of_content_and_indicator_the_one_further_right_is_the_indicator():
    reading = read_one(
        ["目标类别", "绩效内容", "绩效指标", "目标值", "完成值", "分值", "得分"],
        ["产出", "数量", "培训场次", "6场", "5场", "50", "48"],
    )
    assert rows_of(reading, "category", "subcategory", "indicator") == [("产出", "数量", "培训场次")]


STACKED = """示例县2022年度项目支出绩效自评表
项目名称
示例步道
实施单位
示例县体育中心
年初
预算数
全年
预算数
全年
执行数
执行率
年度资金总额
80
80
76
95%
一级指标
二级指标
三级指标
年度
指标值
实际完成值
分值
得分
偏差原因
产出指标
数量指标
步道长度
≥5公里
5公里
40
40
器材数量
20件
18件
20
18
示例采购推迟，已调整
效益指标
社会效益
指标
健身氛围
提升
提升
30
28
满意度指标
服务对象满意度
居民满意度
≥90%
10
10
总分
100
96"""


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_table_of_one_cell_a_line_is_put_together_and_a_row_in_doubt_is_listed(tmp_path, gap):
    path = tmp_path / "form.txt"
    path.write_text(STACKED.replace("\n", gap), encoding="gb18030")
    (reading,) = read_file(path)
    names = ("category", "indicator", "target", "actual", "weight", "reported_score", "deviation_reason")
    assert rows_of(reading, *names) == [
        ("产出指标", "步道长度", "≥5公里", "5公里", "40", "40", ""),
        ("", "器材数量", "20件", "18件", "20", "18", "示例采购推迟，已调整"),
        ("效益指标", "健身氛围", "提升", "提升", "30", "28", ""),
    ]
    assert (money_of(reading)["annual_budget"], money_of(reading)["executed"]) == ("80", "76")
    listed = {skipped["text"] for skipped in reading.skipped}
    assert {"居民满意度", "≥90%"} <= listed  # target or actual is missing: neither is guessed
    assert any("每行一格" in guess["reason"] for guess in reading.guesses)


def test_a_project_named_after_monitoring_is_a_self_evaluation_all_the_same():
    assert title_kind("2020年度示例水质监测项目自评表") == "self_evaluation"
    assert title_kind("2024年绩效运行监控自评表") == "monitoring"


def test_trees_of_the_term_and_of_the_year_are_told_apart_and_money_in_words_is_read():
    reading = read_one(
        ["资金总额及构成", "资金总额：100万元，其中：财政拨款80万元", "", "", "", ""],
        ["长期绩效指标", "一级指标", "二级指标", "指标内容", "指标值", "备注"],
        ["", "产出指标", "数量指标", "培训场次", "≥20", ""],
        ["年度绩效指标", "一级指标", "二级指标", "指标内容", "指标值", "备注"],
        ["", "产出指标", "数量指标", "培训场次", "≥6", ""],
        ["填报人：示例甲", "", "负责人：示例乙", "", "填报日期：2024年1月5日", ""],
        title="项目支出绩效目标申报表（2024年度）",
    )
    assert rows_of(reading, "term", "indicator", "target") == [
        ("中期目标", "培训场次", "≥20"),
        ("年度目标", "培训场次", "≥6"),
    ]
    assert money_of(reading)["annual_budget"] == "100万元"


def test_a_total_beside_its_label_is_the_total_and_no_weight():
    reading = read_one(
        ["一级指标", "二级指标", "三级指标", "分值", "目标值", "完成值", "自评分"],
        ["产出", "数量", "培训场次", "100", "6场", "5场", "97.5"],
        ["自评总分", "97.5", "", "", "自评等级", "优", ""],
    )
    total = next(record.texts for record in reading.records if record.block == "total")
    assert (total["weight"], total["reported_score"]) == ("", "97.5")


def test_a_file_of_an_archive_that_cannot_be_read_is_named_as_refused(tmp_path):
    layout = make_layout(3)
    good = write_layout(layout, tmp_path, "xlsx")
    path = tmp_path / "2022" / "收到.zip"
    path.parent.mkdir(exist_ok=True)
    with ZipFile(path, "w") as archive:
        archive.write(good, "好.xlsx")
        archive.writestr("坏.xlsx", good.read_bytes()[:500])
    ended = CliRunner().invoke(app, ["read", str(path)])
    assert isinstance(ended.exception, JixiaoError)  # which the command line ends with code 2
    assert "坏.xlsx" in str(ended.exception) and "好.xlsx" in ended.stdout


def test_goals_with_a_whole_tree_each_are_told_and_add_up_to_nothing():
    tree = ["一级指标", "二级指标", "三级指标", "指标值", "完成值", "权重", "得分"]
    reading = read_one(
        ["年度绩效目标一", "", "示例：保洁", "", "", "", ""],
        tree,
        ["产出", "数量", "保洁面积", "≥8", "9", "60", "60"],
        ["效益", "社会效益", "洁净度", "较高", "较高", "40", "38"],
        ["年度绩效目标二", "", "示例：绿化", "", "", "", ""],
        tree,
        ["产出", "质量", "成活率", "≥95%", "93%", "100", "97"],
        ["自评总分", "97.6", "", "", "", "", ""],
    )
    assert [row[0] for row in rows_of(reading, "indicator")] == ["保洁面积", "洁净度", "成活率"]
    assert sum("各有一套指标" in guess["reason"] for guess in reading.guesses) == 1


def test_several_forms_in_a_document_are_read_each_for_itself(tmp_path):
    document = Document()
    for number in ("一", "二"):
        for line in (f"附件2-{number}", "项目支出绩效自评表", "（2023年度）"):
            document.add_paragraph(line)
        rows = [
            ["项目名称", f"示例项目{number}", "", "", "", "", ""],
            ["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分"],
            ["产出指标", "数量指标", "培训场次", "6场", "6场", "100", "98"],
        ]
        table = document.add_table(len(rows), len(rows[0]))
        for cells, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(cells.cells, texts, strict=True):
                cell.text = text
    path = tmp_path / "自评表.docx"
    document.save(str(path))
    names = [reading.head["project"].texts["project"] for reading in read_source(path)]
    assert names == ["示例项目一", "示例项目二"]


def test_the_other_half_of_a_table_of_money_gives_its_rows_no_rate_and_no_score(tmp_path):
    """In a form of a whole department 基本支出 | 612 stands below 执行数 and 执行率: a table of its own."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["部门整体支出绩效自评表"],
        ["（2023年度）"],
        ["部门名称", "", "示例县服务局"],
        ["年度预算（万元）", "", "", "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"],
        ["", "", "年度资金总额", 860, 905, 886.9, 10, "98%", 9.8],
        ["", "", "按收入性质分：", "", "", "按支出性质分：", "", "", ""],
        ["", "", "其中：一般公共预算", "", 905, "其中：基本支出", "", 612, ""],
        ["", "", "政府性基金拨款", "", 0, "项目支出", "", 293, ""],
        ["绩效指标", "一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分", "原因"],
        ["", "产出指标", "数量指标", "办件", "≥4000件", "4368件", 90, 90, ""],
    ):
        sheet.append(row)
    for area in ("A4:B8", "F6:I6", "F7:G7", "H7:I7", "F8:G8", "H8:I8", "C7:D7", "C8:D8", "A9:A10"):
        sheet.merge_cells(area)
    path = tmp_path / "部门整体.xlsx"
    book.save(path)
    frames = make_frames(read_source(path, name="2023/部门整体.xlsx"))
    rows = frames.budgets[frames.budgets["fund"] != "total"]
    assert rows["execution_rate_reported"].isna().all() and rows["reported_score"].isna().all()
    assert rows["executed_wan"].isna().all() and 905.0 in rows["annual_budget_wan"].tolist()
    (whole,) = frames.budgets[frames.budgets["fund"] == "total"].itertuples()
    assert (whole.executed_wan, whole.execution_rate_reported, whole.reported_score) == (886.9, 0.98, 9.8)


TARGETS, RESULTS = ["≥6场", "≥90%", "完成"], ["6场", "92%", "完成"]


def assigned_by_header(*columns):
    """Assign a table of a level, an indicator and more columns, each its header and its cells: header -> name."""
    named = {
        "一级指标": ["产出指标", "产出指标", "效益指标"],
        "三级指标": ["培训场次", "合格率", "知晓度"],
        **dict(columns),
    }
    headers = [
        Column(place, place, (0, place), text, choices=candidates(text, "columns")) for place, text in enumerate(named)
    ]
    return {column.text: column.name for column in assign(headers, list(named.values()), "columns")}


@pytest.mark.parametrize(
    ("strange", "cells"),
    [
        ("甲乙完成值", RESULTS),
        ("甲乙指标值", ["6场", "90%", "完成"]),
        ("甲乙得分", ["40", "30", "18"]),
        ("甲乙说明", ["无", "无", "无"]),
    ],
)
def test_a_header_with_a_word_nobody_knows_is_asked_where_another_column_may_be_meant(strange, cells):
    known = [("年度指标值", TARGETS), ("丙丁", RESULTS), ("戊己", ["40", "30", "20"]), ("庚辛", ["40", "30", "17"])]
    assert assigned_by_header(*known, (strange, cells))[strange] == ""


@pytest.mark.parametrize(
    ("name", "strange", "cells", "others"),
    [
        ("target", "甲乙指标值", TARGETS, [("实际完成值", RESULTS)]),
        ("reported_score", "甲乙得分", ["40", "30", "18"], [("年度指标值", TARGETS), ("分值", ["40", "30", "20"])]),
        ("weight", "甲乙分值", ["40", "30", "20"], [("年度指标值", TARGETS), ("得分", ["40", "30", "18"])]),
        ("actual", "甲乙完成值", RESULTS, [("年度指标值", TARGETS), ("得分", ["40", "30", "18"])]),
        ("target_relation", "甲乙", ["≥", "≥", "="], [("年度指标值", ["6场", "90%", "1"])]),
        ("level2", "甲乙二级指标", ["数量指标", "质量指标", "社会效益指标"], [("年度指标值", TARGETS)]),
    ],
)
def test_what_stands_below_a_strange_header_proves_what_its_known_words_say(name, strange, cells, others):
    assert assigned_by_header(*others, (strange, cells))[strange] == name


def test_a_column_of_points_nobody_names_is_no_weight_without_the_scores_beside_it():
    found = assigned_by_header(("年度指标值", TARGETS), ("实际完成值", RESULTS), ("50", ["10", "20", "20"]))
    assert found["50"] == ""  # it may be what was reached


def test_spent_is_proved_by_the_rate_of_the_budget_and_a_budget_by_neither():
    def money(*columns):
        headers = [Column(n, n, (0, n), text, choices=candidates(text, "funds")) for n, (text, _) in enumerate(columns)]
        return [column.name for column in assign(headers, [cells for _, cells in columns], "funds")]

    rate = ("执行率", ["90%", "90%"])
    assert money(("全年预算数", ["100", "60"]), ("甲乙支出数", ["90", "54"]), rate)[1] == "executed"
    assert money(("全年预算数", ["100", "60"]), ("甲乙支出数", ["80", "54"]), rate)[1] == ""
    assert money(("甲乙预算数", ["100", "60"]), ("全年执行数", ["90", "54"]), rate)[0] == ""


@pytest.mark.parametrize("seed", range(3))
def test_with_words_taken_away_no_column_gets_a_wrong_name(seed):
    """At most one in a thousand of the names given may be wrong where a fifth of the words is not known."""
    program = "import sys; sys.path[:0] = ['benchmarks']; import headers\n"
    program += f"headers.take_away(0.2, {seed}); named = headers.assigned(60)\n"
    program += "given = [(want, got) for want, got, sure in named if got]\n"
    program += "print(len(named), len(given), sum(not headers.same(*one) for one in given))"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    columns, given, wrong = map(int, done.stdout.split())
    assert given >= columns / 2 and wrong <= given / 1000


def test_a_list_of_projects_gives_its_sums_to_none_of_the_forms_behind_it():
    def form(name, budget):
        return Grid(
            "册.xlsx",
            name,
            True,
            [
                ["项目绩效自评表（2024年度）"],
                ["项目名称", name, "", "主管部门", "示例局", "", ""],
                ["预算执行（万元）", "", "年初预算", "全年预算", "全年执行", "执行率", "执行得分"],
                ["", "", budget, budget, budget, "100%", "10"],
                ["一级", "二级", "三级", "指标值", "完成值", "分值", "得分"],
                ["产出", "数量", "供养人数", "≥42人", "43人", "90", "90"],
            ],
        )

    listed = [
        ["示例局2024年度项目绩效自评汇总表"],
        ["序号", "项目名称", "实施单位", "年初预算（万元）", "全年预算（万元）", "执行数（万元）", "自评分"],
        ["1", "甲项目", "示例中心", "40", "40", "40", "100"],
        ["2", "乙项目", "示例中心", "60", "60", "60", "100"],
        ["合计", "", "", "100", "100", "100", ""],
    ]
    grids = [Grid("册.xlsx", "汇总表", True, listed), form("甲项目", "40"), form("乙项目", "60")]
    found = {
        one.head["project"].texts["project"]: money_of(one)["annual_budget"] for one in recognise(grids, "册.xlsx")
    }
    assert found == {"甲项目": "40", "乙项目": "60"}


def test_the_total_of_a_form_stays_with_it_where_another_form_begins_below():
    def form(name, total):
        return [
            ["2023年度专项资金绩效自评表"],
            ["专项资金名称", name, "", "承担单位", "示例站", ""],
            ["指标类型", "指标内容", "预期值", "实现值", "权重", "自评得分"],
            ["数量", "受理申请", "10份", "11份", "100", total],
            ["自评总分", "", "", "", "100", total],
        ]

    first, second = recognise(table(*form("甲", "97"), [""], [""], *form("乙", "99")), "表.xlsx")
    totals = [[r.texts["reported_score"] for r in one.records if r.block == "total"] for one in (first, second)]
    assert totals == [["97"], ["99"]] and "total_claimed" not in second.head


@pytest.mark.parametrize("order", [("合计", "总得分"), ("总得分", "合计")])
def test_of_two_totals_the_one_of_more_points_is_that_of_the_form(order):
    rows = {"合计": ["合计", "", "", "", "90", "88.5"], "总得分": ["总得分", "", "", "", "100", "98.2"]}
    reading = read_one(
        ["一级指标", "二级指标", "三级指标", "目标值", "分值", "得分"],
        ["产出", "数量", "培训场次", "6场", "90", "88.5"],
        *(rows[name] for name in order),
    )
    assert [r.texts["reported_score"] for r in reading.records if r.block == "total"] == ["98.2"]


@pytest.mark.parametrize("sign", ["/", "-", "→"])
def test_both_levels_in_one_cell_are_two_levels(sign):
    reading = read_one(
        ["序号", "甲乙", "指标名称", "目标值", "完成值", "分值", "得分"],
        ["1", f"产出指标{sign}数量指标", "培训场次", "6场", "6场", "60", "60"],
        ["2", f"效益指标{sign}社会效益指标", "知晓率", "90%", "95%", "40", "40"],
    )
    assert rows_of(reading, "category", "subcategory", "indicator") == [
        ("产出指标", "数量指标", "培训场次"),
        ("效益指标", "社会效益指标", "知晓率"),
    ]


def test_an_indicator_with_its_target_under_one_header_is_an_indicator():
    reading = read_one(
        ["指标类别", "绩效指标及目标", "完成情况", "分值", "自评得分"],
        ["数量", "新建亭子≥35个", "36个", "60", "60"],
        ["质量", "验收合格率100%", "100%", "40", "40"],
    )
    assert [row[0] for row in rows_of(reading, "indicator")] == ["新建亭子≥35个", "验收合格率100%"]


def test_the_unit_of_money_beside_its_label_is_no_name_and_a_seal_is_no_part_of_one():
    reading = read_one(
        ["年度：", "2024", "填报单位：", "示例馆（公章）", "金额单位：", "元"],
        ["一级指标", "二级指标", "三级指标", "目标值", "分值", "得分"],
        ["产出", "数量", "培训场次", "6场", "90", "88.5"],
    )
    assert (reading.money_unit, reading.head["unit"].texts["unit"]) == ("元", "示例馆")


def test_a_department_named_in_the_title_alone_is_taken_and_told():
    (reading,) = recognise(
        table(
            ["示例县水务局部门整体支出绩效自评打分表"],
            ["（2017年度）"],
            ["一级指标", "分值", "二级指标", "分值", "三级指标", "分值", "评分标准", "自评得分"],
            ["投入", "20", "目标设定", "20", "目标合理性", "20", "符合职责", "18"],
        ),
        "表.xlsx",
    )
    assert reading.head["department"].texts["department"] == "示例县水务局"
    assert any("按标题读取" in guess["reason"] for guess in reading.guesses)


def test_columns_kept_apart_by_spaces_are_read_and_told(tmp_path):
    path = tmp_path / "2022" / "自评.txt"
    path.parent.mkdir()
    lines = """                2022年度项目支出绩效自评表

主管部门：示例局        项目实施单位：示例站
项目名称：航空护林

资金（万元）   年初预算   调整预算   实际支出   执行率   分值   得分
总额           980        1020       999.6      98%      10     9.8

一级指标     二级指标         三级指标       年度指标值   全年完成值   分值   得分    偏差原因
产出指标     数量指标         租用架次       2架          2架          40     40      无
产出指标     质量指标         发现率         ≥95%         97%          50     50      无
合计                                                                   100    99.8
"""
    path.write_bytes(lines.encode("gb18030"))
    (reading,) = read_source(path)
    assert rows_of(reading, "indicator", "target", "weight") == [("租用架次", "2架", "40"), ("发现率", "≥95%", "50")]
    assert (money_of(reading)["initial_budget"], money_of(reading)["executed"]) == ("980", "999.6")
    assert any("空格对齐" in guess["reason"] for guess in reading.guesses)


def test_a_sign_in_the_number_format_is_part_of_the_value(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["项目支出绩效自评表（2024年度）"],
        ["项目名称", "示例项目"],
        ["一级指标", "二级指标", "三级指标", "目标值", "完成值", "分值", "得分"],
        ["产出", "数量", "培训场次", 6, 7, 90, 88.5],
    ):
        sheet.append(row)
    sheet["D4"].number_format, sheet["E4"].number_format = '"≥"0"场"', '0"场"'
    path = tmp_path / "表.xlsx"
    book.save(path)
    assert rows_of(read_source(path)[0], "target", "actual") == [("≥6场", "7场")]


def test_a_table_that_goes_on_below_a_line_that_says_so_is_one_table():
    first = [
        ["项目名称", "示例项目", "", "", "", ""],
        ["一级", "二级", "三级", "目标值", "分值", "得分"],
        ["产出", "数量", "培训场次", "6场", "60", "58"],
    ]
    second = [["效益", "社会效益", "知晓率", "90%", "40", "37.5"], ["总分", "", "", "", "100", "95.5"]]
    title, again = (Line("项目绩效自评表（2024年度）", "第1段"),), (Line("续附表2-3", "第2段"),)
    grids = [
        Grid("表.docx", "表1", False, first, above=title),
        Grid("表.docx", "续附表2-3", False, second, above=again),
    ]
    (reading,) = recognise(grids, "表.docx")
    assert [row[0] for row in rows_of(reading, "indicator")] == ["培训场次", "知晓率"]
    assert {record.table for record in reading.records} == {"表1"}
    assert [r.texts["reported_score"] for r in reading.records if r.block == "total"] == ["95.5"]


def test_of_two_numbers_beside_a_total_without_a_header_neither_is_taken():
    reading = read_one(
        ["一级", "二级", "三级", "目标值", "完成值"],
        ["产出", "数量", "培训场次", "6场", "6场"],
        ["自评总分", "", "", "100", "95.5"],
    )
    assert "total_claimed" not in reading.head
    assert not any(
        r.texts.get("reported_score") == "95.5" or r.texts.get("reported_score") == "100" for r in reading.records
    )


@pytest.mark.parametrize("columns", [["指标值", "完成值"], ["年度指标值", "实际完成值"]])
def test_every_label_of_a_line_gives_its_value_in_any_family(columns):
    reading = read_one(
        ["主管部门：示例局    实施单位：示例中心（盖章）"],
        ["一级指标", "二级指标", "三级指标", *columns, "分值", "得分"],
        ["产出", "数量", "培训场次", "6场", "6场", "100", "98"],
    )
    names = {name: reading.head[name].texts[name] for name in ("department", "unit")}
    assert names == {"department": "示例局", "unit": "示例中心"}


def test_a_table_drawn_with_signs_is_read(tmp_path):
    path = tmp_path / "2021" / "自评.txt"
    path.parent.mkdir()
    path.write_text(
        """安全项目绩效自评表
（2021年度）
项目名称：护学岗建设
┌────┬────┬──────┬────┬────┬──┬──┐
│一级指标│二级指标│三级指标    │指标值  │完成值  │分值│得分│
├────┼────┼──────┼────┼────┼──┼──┤
│产出    │数量    │演练场次    │≥12场  │12场    │60  │58  │
├────┼────┼──────┼────┼────┼──┼──┤
│效益    │社会    │知晓率      │≥90%   │95%     │40  │40  │
└────┴────┴──────┴────┴────┴──┴──┘
""",
        encoding="utf-8",
    )
    (reading,) = read_source(path)
    assert rows_of(reading, "category", "indicator", "weight") == [("产出", "演练场次", "60"), ("效益", "知晓率", "40")]
