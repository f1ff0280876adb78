"""Forms as places print them that nobody declared: money turned or divided, levels across, reviews, lines outside."""

from __future__ import annotations

import pytest

from jixiao.reading.files import Grid, Line
from jixiao.reading.forms.sources import read_file, recognise
from jixiao.reading.tidy.make_frames import make_frames

HEAD = "示例市项目绩效自评表\n（2023年度）\n项目名称|河道综合管养|||主管部门|示例局"
COLUMNS = "一级指标|二级指标|三级指标|预期指标值|实际值|分值|得分"
ROWS = """产出|数量|清淤长度|≥45公里|41公里|40|36
产出|质量|验收合格率|≥90%|95%|40|40
满意度|公众|居民满意度|≥90%|92%|20|20"""
NAMES = ["清淤长度", "验收合格率", "居民满意度"]


def grid(*blocks, merges=(), above=(), below=()):
    rows = [line.split("|") for line in "\n".join(blocks).split("\n")]
    width = max(map(len, rows))
    lines = {
        "above": tuple(Line(text, "第1段") for text in above),
        "below": tuple(Line(text, "第9段") for text in below),
    }
    return Grid("a.xlsx", "表", True, [row + [""] * (width - len(row)) for row in rows], list(merges), **lines)


def read(*blocks, **more):
    readings = recognise([grid(*blocks, **more)], "a.xlsx")
    frames = make_frames(readings)
    rows = frames.indicators[frames.indicators["category"] != frames.indicators["indicator"]]
    return readings, frames, rows


def money(frames, *names):
    kept = frames.budgets[["fund", *(f"{name}_wan" for name in names)]]
    return {row[0]: tuple(row[1:]) for row in kept.itertuples(index=False)}


def told(readings):
    return {one["text"] for reading in readings for one in [*reading.guesses, *reading.skipped]}


TURNED = """资金情况（万元）||资金总额|财政拨款|其他资金|分值|执行率|得分
|全年预算数|500|400|100|10|96%|9.6
|全年执行数|480|384|96|||"""


def test_money_with_a_row_to_a_kind_of_amount_is_read_by_its_sources():
    readings, frames, rows = read(HEAD, TURNED, COLUMNS, ROWS)
    assert money(frames, "annual_budget", "executed") == {
        "total": (500.0, 480.0),
        "fiscal": (400.0, 384.0),
        "other": (100.0, 96.0),
    }
    total = frames.budgets[frames.budgets["fund"] == "total"].iloc[0]
    assert (total["execution_rate_reported"], total["weight"], total["reported_score"]) == (0.96, 10.0, 9.6)
    assert rows["indicator"].tolist() == NAMES and "500" in told(readings)


def test_parts_of_what_was_spent_are_no_sources_of_a_turned_table():
    parts = TURNED.replace("财政拨款", "基本支出").replace("其他资金", "其他")
    readings, frames, _ = read(HEAD, parts, COLUMNS, ROWS)
    assert money(frames, "annual_budget", "executed") == {"total": (500.0, 480.0)}
    assert {"400", "100", "384", "96"} <= told(readings)


@pytest.mark.parametrize(
    ("sum_of", "found"), [("500", {"total": (500.0,), "省级补助": (400.0,), "fiscal": (100.0,)}), ("510", {})]
)
def test_sources_over_one_row_of_amounts_are_read_where_their_sum_proves_it(sum_of, found):
    across = f"资金情况|年度金额合计|省级补助|财政拨款\n|{sum_of}|400|100"
    readings, frames, _ = read(HEAD, across, COLUMNS, ROWS, merges=[(3, 0, 4, 0)])
    assert money(frames, "annual_budget") == found
    assert "400" in told(readings)


DIVIDED = """任务完成情况|任务名称|完成情况|预算数（万元）||执行数（万元）||执行率
|||{sum}|{share}|{sum}|{share}|
|推介活动|34场|520|500|494|480|95%
|金额合计||520|500|494|480|95%"""


@pytest.mark.parametrize("sum_of", ["总额", "小计", "合计"])
@pytest.mark.parametrize("share", ["其中：财政拨款", "财政拨款"])
def test_amounts_that_are_divided_by_source_below_their_header_give_total_and_source(sum_of, share):
    merges = [(3, 0, 6, 0), (3, 1, 4, 1), (3, 2, 4, 2), (3, 3, 3, 4), (3, 5, 3, 6), (3, 7, 4, 7), (6, 1, 6, 2)]
    _, frames, _ = read(HEAD, DIVIDED.format(sum=sum_of, share=share), COLUMNS, ROWS, merges=merges)
    found = money(frames, "annual_budget", "executed")
    assert found["total"] == (520.0, 494.0) and found["fiscal"] == (500.0, 480.0)


def test_money_of_the_whole_term_is_not_that_of_the_year():
    term = """资金金额（万元）|实施周期金额|1350|年度金额|450
|其中：财政拨款|1200|其中：财政拨款|400
|其他资金|150|其他资金|50"""
    readings, frames, _ = read(HEAD, term, COLUMNS, ROWS, merges=[(3, 0, 5, 0)])
    assert money(frames, "annual_budget") == {"total": (450.0,), "fiscal": (400.0,), "other": (50.0,)}
    assert {"1350", "1200", "150"} <= told(readings)


FUNDS = "资金情况|年初批复数|调剂后数|支出数|执行率"


@pytest.mark.parametrize(
    ("rows", "fund"),
    [
        ("小计|66|60|57|95%", "total"),
        ("收入合计|66|60|60|100%\n支出合计|66|60|57|95%", "total"),
        ("小计|66|60|57|95%\n合计|66|60|57|95%", "total"),
    ],
)
def test_the_only_sum_of_the_money_is_its_total(rows, fund):
    _, frames, _ = read(HEAD, FUNDS, rows, COLUMNS, ROWS)
    assert money(frames, "initial_budget", "annual_budget", "executed")[fund] == (66.0, 60.0, 57.0)


@pytest.mark.parametrize("rows", ["财政拨款小计|66|60|57|95%", "上年结转|90|90|90|100%\n小计|66|60|57|95%"])
def test_a_sum_of_some_sources_is_no_total(rows):
    _, frames, _ = read(HEAD, FUNDS, rows, COLUMNS, ROWS)
    assert "total" not in set(frames.budgets["fund"])


def test_a_budget_before_its_adjustment_is_that_of_the_start_of_the_year():
    _, frames, _ = read(HEAD, "资金来源|预算批复数|预算调整数|决算数|执行率\n合计|60|-3|57|100%", COLUMNS, ROWS)
    total = frames.budgets.iloc[0]
    assert total["initial_budget_wan"] == 60.0 and total["executed_wan"] == 57.0
    assert total[["annual_budget_wan"]].isna().all()


def test_the_total_below_the_money_is_the_total_of_the_form():
    below = "资金使用情况|年初预算|全年预算|实际支出|执行率|权重|得分\n|66|60|57|95%|10|9.5\n总分|||||100|95.5"
    _, frames, rows = read(HEAD, COLUMNS, ROWS, below, merges=[(7, 0, 8, 0)])
    assert frames.evaluations["total_reported"].tolist() == [95.5]
    assert frames.budgets["weight"].tolist() == [10.0] and len(rows) == 3


def test_points_of_the_execution_beside_their_labels_are_read():
    pairs = "年初预算|66|调整后预算|60|执行数|57\n执行率|95%|执行率分值|10|执行率得分|9.5\n自评结论|良"
    _, frames, _ = read(HEAD, pairs, COLUMNS, ROWS)
    total = frames.budgets.iloc[0]
    assert (total["weight"], total["reported_score"], total["execution_rate_reported"]) == (10.0, 9.5, 0.95)
    assert frames.evaluations["grade_reported"].tolist() == ["良"]


BANDS = """序号|三级指标|目标值|分值|单位自评||财政复核||
||||完成值|得分|完成值|得分|核减理由
一、产出指标（80分）|||||||
1|清淤长度|≥45公里|40|41公里|36|40公里|35|现场抽查
2|验收合格率|≥90%|40|95%|40|95%|40|
二、满意度指标（20分）|||||||
3|居民满意度|≥90%|20|92%|20|92%|20|"""


def test_levels_across_a_table_and_a_review_beside_the_units_own_result():
    top = [(3, column, 4, column) for column in range(4)]
    merges = [*top, (3, 4, 3, 5), (3, 6, 3, 8), (5, 0, 5, 8), (8, 0, 8, 8)]
    readings, _, rows = read(HEAD, BANDS, merges=merges)
    assert rows["indicator"].tolist() == NAMES
    assert rows["category"].tolist() == ["产出指标", "产出指标", "满意度指标"]
    assert rows["actual_text"].tolist() == ["41公里", "95%", "92%"]
    assert rows["reported_score"].tolist() == [36.0, 40.0, 20.0]
    assert {"40公里", "35"} <= told(readings)


@pytest.mark.parametrize(
    ("remarks", "reasons"),
    [
        (["河道施工受阻", "", ""], ["河道施工受阻", "", ""]),
        (["", "按季验收", ""], ["", "", ""]),
        (["河道施工受阻", "按季验收", ""], ["", "", ""]),
        (["12", "", ""], ["", "", ""]),
    ],
)
def test_a_remark_is_a_reason_only_where_it_stands_at_lost_points_alone(remarks, reasons):
    lines = [f"{line}|{remark}" for line, remark in zip(ROWS.split("\n"), remarks, strict=True)]
    _, _, rows = read(HEAD, f"{COLUMNS}|说明", "\n".join(lines))
    assert rows["deviation_reason"].tolist() == reasons


def test_ticked_kinds_of_reasons_are_no_reason():
    headers = """一级指标|二级指标|三级指标|预期指标值|实际值|分值|得分|偏差原因分析||
|||||||经费保障|人员保障|原因说明"""
    lines = [f"{line}|{more}" for line, more in zip(ROWS.split("\n"), ["√||河道施工受阻", "||", "||"], strict=True)]
    merges = [*((3, column, 4, column) for column in range(7)), (3, 7, 3, 9)]
    _, _, rows = read(HEAD, headers, "\n".join(lines), merges=merges)
    assert rows["deviation_reason"].tolist() == ["河道施工受阻", "", ""]


def test_lines_around_a_table_give_the_money_and_the_total_that_it_leaves_open():
    above = ["预算安排：720万元　　实际支出：684万元　　支出率：95%"]
    below = ["四、自评结论", "预算执行率得分9.5分，指标得分89分，本项目自评总分98.5分。"]
    readings, frames, _ = read(HEAD, COLUMNS, ROWS, above=above, below=below)
    assert money(frames, "annual_budget", "executed") == {"total": (720.0, 684.0)}
    assert frames.evaluations["total_reported"].tolist() == [98.5]
    assert {*above, below[1]} <= told(readings)
    note = ["注：自评得分90分（含）以上为优，自评总分80分为良。"]
    assert read(HEAD, COLUMNS, ROWS, below=note)[1].evaluations["total_reported"].isna().all()
    _, frames, _ = read(HEAD, COLUMNS, ROWS, "总分|||||100|96", above=above, below=below)
    assert frames.evaluations["total_reported"].tolist() == [96.0]


LIST = """示例局2023年度项目支出绩效自评表
序号|项目名称|全年预算数|全年执行数|执行率|执行率得分（10分）|一级指标|二级指标|三级指标|年度指标值|实际完成值|分值|得分|自评总分|自评等级
1|河道管养|360|342|95%|9.5|产出指标|数量指标|清淤长度|≥45公里|45公里|90|90|99.5|优
2|管网普查|80|80|100%|10|产出指标|数量指标|普查长度|≥26公里|20公里|90|69|79|良"""


def test_a_list_of_projects_says_points_of_execution_and_grade_of_each():
    _, frames, _ = read(LIST)
    assert frames.projects["project"].tolist() == ["河道管养", "管网普查"]
    assert frames.budgets["reported_score"].tolist() == [9.5, 10.0]
    assert frames.evaluations["grade_reported"].tolist() == ["优", "良"]
    assert frames.evaluations["total_reported"].tolist() == [99.5, 79.0]


def test_levels_in_one_cell_and_targets_called_goals():
    lines = """产出—数量|清淤长度|45公里|41公里|40|36
产出—质量|验收合格率|90%|95%|40|40
满意度—公众|居民满意度|90%|92%|20|20"""
    _, _, rows = read(HEAD, "指标类别|指标内容|目标|结果|分值|得分", lines)
    assert list(zip(rows["category"], rows["subcategory"], strict=True)) == [
        ("产出", "数量"),
        ("产出", "质量"),
        ("满意度", "公众"),
    ]
    assert rows["target_text"].tolist() == ["45公里", "90%", "90%"]
    assert rows["actual_text"].tolist() == ["41公里", "95%", "92%"]


def test_a_unit_of_two_names_keeps_both():
    lines = "产出|数量|购置设备|24|21|40|36|台（套）\n产出|质量|验收合格率|90|95|60|60|%"
    _, _, rows = read(HEAD, f"{COLUMNS}|计量单位", lines)
    assert rows["measure_unit"].tolist() == ["台(套)", "%"] and rows["is_comparable"].all()


LISTED = """示例局项目支出绩效自评表
自评年度：2023
项目名称：食品抽检
主管部门：示例局
{rows}
总分：95.5"""
ITEM = """指标{0}
一级指标：{1}
二级指标：{2}
三级指标：{3}
年度指标值：{4}
实际完成值：{5}
分值：{6}
得分：{7}
偏差原因：{8}"""
ITEMS = [
    ("产出指标", "数量指标", "抽检批次", "≥5200批次", "5316批次", "60", "60", ""),
    ("产出指标", "质量指标", "复检一致率", "≥98%", "97%", "20", "17", "复检不一致"),
    ("满意度指标", "满意度指标", "公众满意度", "≥86%", "88.4%", "20", "18.5", ""),
]


@pytest.mark.parametrize("blank", ["", "\n"])
def test_a_text_that_lists_its_indicators_label_by_label(tmp_path, blank):
    rows = f"\n{blank}".join(ITEM.format(number, *item) for number, item in enumerate(ITEMS, 1))
    path = tmp_path / "a.txt"
    path.write_text(LISTED.format(rows=rows), encoding="utf-8")
    frames = make_frames(read_file(path))
    kept = frames.indicators[["category", "subcategory", "indicator", "target_text", "actual_text"]]
    assert list(kept.itertuples(index=False, name=None)) == [item[:5] for item in ITEMS]
    assert frames.indicators["reported_score"].tolist() == [60.0, 17.0, 18.5]
    assert frames.indicators["deviation_reason"].tolist() == ["", "复检不一致", ""]
    assert frames.evaluations["total_reported"].tolist() == [95.5]
    assert frames.indicators["actual_cell"].tolist()[0] == "第10行", "a value leads to its own line"


@pytest.mark.parametrize(
    "corner", ["预算执行情况（单位：万元）", "资金情况(金额单位:元)", "项目资金（单位：人民币万元）"]
)
def test_the_unit_of_money_in_the_corner_of_a_table_names_no_unit_of_the_project(corner):
    rows = f"{corner}|年初预算|全年预算|全年支出|执行率|得分\n资金合计|120|126|121.59|96.5%|9.65"
    _, frames, _ = read(HEAD, rows, COLUMNS, ROWS)
    scale = 1 if "万元" in corner else 10_000
    assert money(frames, "initial_budget", "annual_budget", "executed") == {
        "total": (120 / scale, 126 / scale, 121.59 / scale)
    }
