"""Odd forms as clerks send them (常见的特殊填法): what is read of each, and what is told about the rest."""

from __future__ import annotations

import pytest

from jixiao.core.errors import FormError
from jixiao.reading.files import Grid, Line
from jixiao.reading.forms.sources import recognise
from jixiao.reading.tidy.make_frames import make_frames

TITLE = "项目支出绩效自评表"
HEAD = f"""{TITLE}
（2023年度）
项目名称|农村公路养护|||主管部门|示例局|实施单位|示例中心
项目资金（万元）||年初预算数|全年预算数|全年执行数|分值|执行率|得分
|年度资金总额|100|100|90|10|90%|9"""
COLUMNS = "一级指标|二级指标|三级指标|年度指标值|实际完成值|分值|得分|偏差原因分析及改进措施"
ROWS = """产出指标|数量指标|养护里程|≥100公里|100公里|50|50|
|质量指标|合格率|≥90%|95%|20|20|
效益指标|社会效益指标|出行条件|改善|改善|20|20|"""
TOTAL = "总分|||||100|99|"
FORM = "\n".join([HEAD, COLUMNS, ROWS, TOTAL])
FUNDS = HEAD.split("\n")[3] + "\n" + HEAD.split("\n")[4]
READ = {
    "rows": [("养护里程", 50.0, 50.0), ("合格率", 20.0, 20.0), ("出行条件", 20.0, 20.0)],
    "money": {"total": (100.0, 90.0)},
    "total": [99.0],
    "skipped": [],
}
"""What is read of the form when nothing about it is odd."""

SCORING = """项目支出绩效评分表
（2023年度）
项目名称|农村公路
评价类型|部门评价
主管部门|示例局
"""
LIST = """示例局2024年度项目安排一览表
单位：万元
序号|项目名称|实施单位|预算安排数|到位资金|实际支出|到位率|执行率|备注
1|甲|中心一|100|100|90|100%|90%|
2|乙|中心二|50|50|50|100%|100%|
合计|||150|150|140|||"""
WHOLE = """部门整体支出绩效自评表
（2023年度）
部门名称|示例局
预算执行情况（万元）||年初预算数|全年预算数|全年执行数|分值|执行率|得分
|年度资金总额|100|100|90|10|90%|9
|基本支出|60|60|55|||
一级指标|二级指标|三级指标|指标值|完成值|分值|得分|未完成原因分析
产出指标|数量指标|甲|≥1项|1项|90|90|
总分|||||100|99|"""
PLAN = """项目支出绩效目标申报表
（2024年度）
项目名称|社区养老|主管部门|示例局
资金情况（万元）|年度资金总额：|640|
|其中：财政拨款|600|
年度目标|建成。||
一级指标|二级指标|三级指标|指标值
产出指标|数量指标|新建|≥16个
|质量指标|合格率|=100%"""
ACCOUNT = """支出决算表||||
公开03表||||
编制单位：示例局  2021年度  金额单位：万元||||
项目||本年支出合计|基本支出|项目支出
支出功能分类科目编码|科目名称|||
栏次||1|2|3
合计||100|40|60
201|一般公共服务支出|100|40|60
注：本表反映支出情况。||||"""
ACCOUNT_MERGES = [(3, 0, 3, 1), (3, 2, 4, 2), (3, 3, 4, 3), (3, 4, 4, 4), (5, 0, 5, 1), (6, 0, 6, 1)]


def page(text, sheet="自评表", merges=(), **more):
    """Return a grid: a line is a row, a bar stands between two cells, ¶ is a line break in a cell."""
    rows = [[cell.strip().replace("¶", "\n") for cell in line.split("|")] for line in text.split("\n")]
    width = max(map(len, rows))
    return Grid("a.xlsx", sheet, True, [row + [""] * (width - len(row)) for row in rows], list(merges), **more)


def told(*pages):
    """Return what is read of a file and what is said about the rest."""
    readings = recognise(list(pages), "a.xlsx")
    frames = make_frames(readings)
    rows = frames.indicators[frames.indicators["category"] != frames.indicators["indicator"]]
    return {
        "form": [reading.form for reading in readings],
        "family": [reading.family for reading in readings],
        "year": [reading.year for reading in readings],
        "unit": [reading.money_unit for reading in readings],
        "project": frames.projects["project"].tolist(),
        "department": frames.projects["department"].tolist(),
        "rows": list(zip(rows["indicator"], missing(rows["weight"]), missing(rows["reported_score"]), strict=True)),
        "values": list(zip(rows["target_text"], rows["actual_text"], strict=True)),
        "names": list(zip(rows["category"], rows["subcategory"], strict=True)),
        "headings": list(zip(frames.headings["heading"], frames.headings["heading_weight"], strict=True)),
        "money": {
            row["fund"]: tuple(missing([row["annual_budget_wan"], row["executed_wan"]]))
            for row in frames.budgets.to_dict("records")
        },
        "total": missing(frames.evaluations["total_reported"]),
        "grade": frames.evaluations["grade_reported"].tolist(),
        "plans": list(zip(frames.plans["indicator"], frames.plans["target_text"], strict=True)),
        "sums": list(zip(frames.list_totals["list_label"], frames.list_totals["annual_budget_wan"], strict=True)),
        "accounts": list(zip(frames.accounts["row_code"], frames.accounts["row_name"], strict=True))[::3],
        "values_of_accounts": missing(frames.accounts["value"]),
        "codes": sorted(set(frames.accounts["table_code"])),
        "skipped": frames.skipped["text"].tolist(),
        "guessed": frames.guesses["text"].tolist(),
    }


def missing(values):
    return [None if value != value else value for value in values]


def with_head(text):
    return "\n".join([text, COLUMNS, ROWS, TOTAL])


def with_rows(rows, total=TOTAL):
    return "\n".join([HEAD, COLUMNS, rows, total])


def with_column(old, new):
    return FORM.replace(COLUMNS, COLUMNS.replace(old, new))


def with_funds(funds):
    return FORM.replace(FUNDS, funds)


ONE = "产出指标|数量指标|养护里程|≥100公里|100公里|90|90|"
ONE_ROW = {"rows": [("养护里程", 90.0, 90.0)]}
MONEY = {"total": (100.0, 90.0)}

LIST_OF_TWO = """2023年度项目支出绩效自评情况汇总表
单位：万元
项目名称|实施单位|全年预算数|全年执行数|执行率|自评总分|一级指标|二级指标|三级指标|年度指标值|实际完成值|分值|得分
甲项目|中心一|100|90|90%|99|产出指标|数量指标|养护里程|≥100公里|100公里|50|50
||||||||合格率|≥90%|95%|40|40
乙项目|中心二|40|40|100%|100|产出指标|数量指标|建设座数|≥1座|1座|90|90"""
PAIRS = """年度资金总额|100|100|90|10|90%|9
|其中：按收入性质分||||按支出性质分||
|其中：一般公共预算：80  其他资金：20||||基本支出：60||"""

FORMS = {
    "nothing odd": (FORM, READ),
    # lists, labels with amounts in one cell, units beside their label
    "a list tells rate and total of each project": (
        LIST_OF_TWO,
        {"project": ["甲项目", "乙项目"], "total": [99.0, 100.0], "money": {"total": (40.0, 40.0)}, "skipped": []},
    ),
    "two amounts with their labels in one cell": (
        with_funds(FUNDS.replace("年度资金总额|100|100|90|10|90%|9", PAIRS)),
        {"money": {**MONEY, "fiscal": (80.0, None), "other": (20.0, None)}},
    ),
    "the unit of money in the cell beside its label": (
        FORM.replace("实施单位|示例中心", "金额单位|元")
        .replace("（万元）", "")
        .replace("|100|100|90|10", "|1000000|1000000|900000|10"),
        {"unit": ["元"], "money": MONEY},
    ),
    "a part of the money behind a dash": (
        with_funds(FUNDS + "\n|其中-财政拨款：|100|100|90|||"),
        {"money": {**MONEY, "fiscal": (100.0, 90.0)}},
    ),
    "a goal of twelve months is no month": (
        with_rows("产出指标|时效指标|完成时限|≤12月|12月|90|90|"),
        {"values": [("≤12月", "12月")], "guessed": ["12月"]},
    ),
    # rows that are no indicators
    "the header again between the rows": (with_rows(ROWS.replace("\n效益", f"\n{COLUMNS}\n效益")), READ),
    "a sum below each level": (with_rows(ROWS.replace("\n效益", "\n小计|||||70|70|\n效益")), READ),
    "a sum that names its level": (with_rows(ROWS.replace("\n效益", "\n产出指标小计|||||70|70|\n效益")), READ),
    "the total before the rows": ("\n".join([HEAD, COLUMNS, TOTAL, ROWS]), READ),
    "a total without its label": (with_rows(ROWS, "|||||100|99|"), READ | {"total": [None], "skipped": ["100", "99"]}),
    "a total of another name": (with_rows(ROWS, "自评总分|||||100|99|"), READ),
    "a total with its points": (with_rows(ROWS, "总 分（100分）：|||||100|99分|"), READ),
    "a remark between the rows": (
        with_rows(ROWS.replace("\n效益", "\n注：以下为效益|||||||\n\n效益")),
        READ | {"skipped": ["注：以下为效益"]},
    ),
    "no total, but who filled it in": (
        with_rows(ROWS, "填报人：某某|||||||"),
        READ | {"total": [None], "skipped": ["填报人：某某"]},
    ),
    "blank rows": (with_rows("\n" + ROWS.replace("\n", "\n\n")), READ),
    # levels, names and weights
    "a weight behind each level": (
        FORM.replace(COLUMNS, "一级指标|分值|二级指标|分值|三级指标|分值|年度指标值|实际完成值|得分").replace(
            ROWS, "产出指标|90|数量指标|90|养护里程|50|≥100公里|100公里|50\n||||合格率|40|≥90%|95%|40"
        ),
        {
            "rows": [("养护里程", 50.0, 50.0), ("合格率", 40.0, 40.0)],
            "headings": [("产出指标", 90.0), ("数量指标", 90.0)],
        },
    ),
    "no level 2": (
        FORM.replace(COLUMNS, COLUMNS.replace("二级指标|", "")).replace(ROWS, "产出指标|养护里程|≥1|1|90|90|"),
        ONE_ROW | {"names": [("产出指标", "")]},
    ),
    "level 1 over four lines": (
        with_rows("产¶出¶指¶标|" + ONE.split("|", 1)[1]),
        {"names": [("产出指标", "数量指标")]},
    ),
    "points in brackets without 分": (
        with_rows(ONE.replace("产出指标", "产出指标（90）")),
        {"names": [("产出指标", "数量指标")], "headings": [("产出指标", 90.0)]},
    ),
    "points in the name, the weight blank": (
        with_rows("产出指标|数量指标|养护里程（90分）|≥100公里|100公里||90|"),
        ONE_ROW,
    ),
    "numbers before the rows": (
        FORM.replace(COLUMNS, f"序号|{COLUMNS}").replace(ROWS, f"1|{ONE}").replace(TOTAL, f"|{TOTAL}"),
        ONE_ROW | {"skipped": []},
    ),
    "points that end in 分": (with_rows(ONE.replace("|90|90|", "|90分|９０ 分|")), ONE_ROW),
    "points in words": (
        with_rows(ONE.replace("|90|90|", "|90|九十|")),
        {"rows": [("养护里程", 90.0, None)], "guessed": ["九十"]},
    ),
    "no scores yet": (with_rows(ONE.replace("|90|90|", "|90||")), {"rows": [("养护里程", 90.0, None)]}),
    # columns
    "two columns of targets": (
        with_column("年度指标值", "年初指标值|年度指标值")
        .replace(TOTAL, "总分||||||100|99")
        .replace(ROWS, ONE.replace("|≥100公里", "|≥80公里|≥100公里")),
        {"values": [("≥100公里", "100公里")], "skipped": ["年初指标值", "≥80公里"], "guessed": ["年初指标值"]},
    ),
    "two columns of scores": (
        SCORING + "一级指标|二级指标|三级指标|分值|评分标准|自评得分|评价得分\n决策|立项|依据|9|好|9|8\n总分|||9||9|8",
        {"rows": [("依据", 9.0, 8.0)], "total": [8.0], "skipped": ["自评得分", "9", "9"]},
    ),
    "columns that nobody declared": (
        with_column("实际完成值|", "实际完成值|完成率|佐证材料|")
        .replace(TOTAL, "总分|||||||100|99")
        .replace(ROWS, ONE.replace("|100公里|", "|100公里|100%|照片|")),
        ONE_ROW | {"skipped": ["佐证材料", "照片", "100%"]},
    ),
    **{
        f"the column {name}": (with_column(old, name), READ)
        for old, name in [
            ("分值", "分值（分）"),
            ("分值", "标准分"),
            ("得分", "自评分"),
            ("得分", "实际得分"),
            ("年度指标值", "年度目标值"),
            ("年度指标值", "全年指标值"),
            ("实际完成值", "全年完成值"),
            ("实际完成值", "实际完成情况"),
            ("偏差原因分析及改进措施", "未完成原因和改进措施"),
        ]
    },
    # the head
    "label and value in one cell": (
        FORM.replace(HEAD.split("\n")[2], "项目名称：农村公路养护||主管部门：示例局|||实施单位：示例中心"),
        READ | {"project": ["农村公路养护"], "department": ["示例局"]},
    ),
    "label and value in one cell, a blank between": (
        FORM.replace(HEAD.split("\n")[2], "项目名称  农村公路养护||主管部门¶示例局"),
        READ | {"project": ["农村公路养护"], "department": ["示例局"]},
    ),
    "labels for a stamp": (
        FORM.replace("主管部门", "主管部门（盖章）").replace("实施单位", "实施单位（公章）"),
        READ | {"department": ["示例局"]},
    ),
    "a label with nothing beside it": (
        FORM.replace("主管部门|示例局|实施单位", "主管部门|实施单位"),
        READ | {"department": [""], "skipped": ["主管部门"]},
    ),
    "another title": (FORM.replace(TITLE, "2023年度预算项目绩效自评表").replace("（2023年度）", ""), READ),
    "the objectives beside their labels": (
        with_head(HEAD + "\n预期目标|完成养护\n实际完成情况|已完成"),
        READ,
    ),
    **{
        f"the year as {text}": (FORM.replace("（2023年度）", text), READ | {"year": [2023]})
        for text in ("2023年", "二〇二三年度", "二○二三年", "2023", "（ 2023 年 度 ）", "年度：2023", "评价年度|2023年")
    },
    "two years": (
        FORM.replace("（2023年度）", "（2023年度）\n（2022年度）"),
        READ | {"year": [2023], "guessed": ["（2022年度）"]},
    ),
    # money
    "thousands of yuan": (
        FORM.replace("万元", "千元").replace("|100|100|90|", "|1000|1000|900|"),
        READ | {"unit": ["千元"]},
    ),
    "the unit on a line of its own": (
        FORM.replace("（万元）", "")
        .replace("（2023年度）", "（2023年度）|||金额单位：人民币元")
        .replace("|100|100|90|", "|1000000|1000000|900000|"),
        READ | {"unit": ["元"]},
    ),
    "two money units": (
        FORM.replace("（2023年度）", "（2023年度）|||单位：万元").replace("项目资金（万元）", "项目资金\n单位：元"),
        READ | {"unit": ["万元"], "guessed": ["单位：元"]},
    ),
    "the unit in each cell": (
        FORM.replace("（万元）", "").replace("|100|100|90|", "|100万元|1000000元|90 万元|"),
        READ | {"guessed": []},
    ),
    "an adjusted budget": (with_funds(FUNDS.replace("全年预算数", "调整后预算数")), READ),
    "one budget column": (
        with_funds("项目资金（万元）||预算数|执行数|执行率\n|年度资金总额|100|90|90%"),
        READ,
    ),
    "a source listed twice": (
        with_funds(FUNDS + "\n|其他资金|60|60|60|||\n|其他资金|40|40|30|||"),
        {"money": MONEY | {"other": (60.0, 60.0), "其他资金（2）": (40.0, 30.0)}, "guessed": ["其他资金"]},
    ),
    "no money, an error and a negative amount": (
        with_funds(FUNDS.replace("|100|100|90|", "|—|#REF!|-90|")),
        {"money": {"total": (None, -90.0)}, "guessed": ["#REF!"]},
    ),
    "a sheet named like its cells": (FORM + "\n1|100|注", READ | {"skipped": ["1", "100", "注"]}),
    "the execution rate also as an indicator": (
        with_rows("预算执行率|预算执行率|预算执行率|100%|90%|10|9|\n" + ROWS),
        READ,
    ),
    # other forms
    "a list with another wording": (
        LIST.replace("实施单位", "项目单位").replace("预算安排数", "预算数").replace("实际支出", "执行数"),
        {"money": {"total": (50.0, 50.0)}, "sums": [("合计", 150.0)], "project": ["甲", "乙"]},
    ),
    "a list without spending": (
        "示例局2024年度项目安排一览表\n单位：万元\n序号|项目名称|实施单位|预算安排数\n1|甲|中心|100\n总计|||100",
        {"money": {"total": (100.0, None)}, "sums": [("总计", 100.0)], "skipped": []},
    ),
    "a list that names a project twice": (
        LIST.replace("|乙|中心二|", "|甲|中心一|"),
        {"money": {"total": (100.0, 90.0), "年度资金总额（2）": (50.0, 50.0)}, "guessed": ["甲"]},
    ),
    "a whole department of another label": (
        WHOLE.replace("部门名称", "部门（单位）名称").replace("得分|未完成", "自评得分|未完成"),
        {"form": ["whole_department"], "department": ["示例局"], "rows": [("甲", 90.0, 90.0)], "skipped": []},
    ),
    "a declaration of another title": (
        PLAN.replace("申报表", "批复表").replace("|指标值", "|目标值").replace("年度目标", "总体目标"),
        {"plans": [("新建", "≥16个"), ("合格率", "=100%")], "money": {"total": (640.0, None), "fiscal": (600.0, None)}},
    ),
    "a declaration with an amount behind its label": (
        PLAN.replace("年度资金总额：|640", "年度资金总额：640万元|"),
        {"money": {"total": (640.0, None), "fiscal": (600.0, None)}, "skipped": ["建成。"]},
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_an_odd_form(name):
    text, expected = FORMS[name]
    found = told(page(text, "Sheet1"))
    assert {key: found[key] for key in expected} == expected


MERGED = {
    "one weight and score for two rows": (
        [(6, 5, 7, 5), (6, 6, 7, 6)],
        {"rows": [("养护里程", 50.0, 50.0), ("合格率", None, None), ("出行条件", 20.0, 20.0)], "guessed": ["50", "50"]},
    ),
    "one target for two rows": (
        [(6, 3, 7, 3)],
        {"values": [("≥100公里", "100公里"), ("≥100公里", "95%"), ("改善", "改善")], "guessed": ["≥100公里", "95%"]},
    ),
    "one cell for target and actual": (
        [(6, 3, 6, 4)],
        {"values": [("≥100公里", ""), ("≥90%", "95%"), ("改善", "改善")], "guessed": ["≥100公里"]},
    ),
    "a label merged down over its column": (
        [(5, 7, 8, 7)],
        {"rows": READ["rows"], "skipped": []},
    ),
}


@pytest.mark.parametrize("name", MERGED)
def test_merged_cells_count_once(name):
    merges, expected = MERGED[name]
    grid = page(FORM, merges=merges)
    for top, left, bottom, right in merges:
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                grid.texts[row][column] = grid.texts[row][column] if (row, column) == (top, left) else ""
    found = told(grid)
    assert {key: found[key] for key in expected} == expected


def test_a_remark_that_is_merged_over_the_table_is_no_row():
    text = with_rows(ROWS.replace("\n效益", "\n以下为效益指标部分|||||||\n效益"))
    found = told(page(text, merges=[(8, 0, 8, 7)]))
    assert found["rows"] == READ["rows"] and found["skipped"] == ["以下为效益指标部分"]


def test_two_projects_beside_each_other():
    first, second = FORM.split("\n"), FORM.replace("农村公路养护", "桥梁改造").replace("|50|50|", "|50|40|").split("\n")
    found = told(
        page(
            "\n".join(f"{left}{'|' * (8 - left.count('|'))}|{right}" for left, right in zip(first, second, strict=True))
        )
    )
    assert found["project"] == ["农村公路养护", "桥梁改造"] and found["year"] == [2023, 2023]
    assert [row[2] for row in found["rows"]] == [50.0, 20.0, 20.0, 40.0, 20.0, 20.0]
    assert found["skipped"] == [] and found["guessed"] == []


def test_two_years_of_a_project_below_each_other():
    found = told(page(FORM + "\n\n" + FORM.replace("2023", "2022")))
    assert found["year"] == [2023, 2022] and found["rows"] == READ["rows"] * 2 and found["skipped"] == []


def test_sheets_that_are_copies_with_other_names():
    found = told(page(FORM, "Sheet1"), page(FORM.replace("农村公路养护", "桥梁改造"), "Sheet1 (2)"))
    assert found["project"] == ["农村公路养护", "桥梁改造"] and found["rows"] == READ["rows"] * 2


def test_a_cover_and_a_running_title():
    cover = page("示例局2023年度\n项目支出绩效自评材料\n填报日期：2024年3月", "封面")
    body = page("\n".join(FORM.split("\n")[1:]), margins=(Line(TITLE, "页眉"),))
    found = told(cover, body)
    assert found["rows"] == READ["rows"] and found["year"] == [2023]
    assert TITLE in found["skipped"] and "填报日期：2024年3月" in found["skipped"]


BLANK = with_rows("产出指标|数量指标|指标1：|||||\n||……|||||", "总分|||||100||")
BLANK = BLANK.replace("2023年度", "    年度").replace("农村公路养护", "").replace("|100|100|90|10|90%|9", "||||10||")


def test_a_template_beside_a_form_is_told_and_left_out():
    found = told(page(FORM, "填好的"), page(BLANK, "模板"))
    assert found["rows"] == READ["rows"] and found["skipped"] == [TITLE]


def test_a_header_that_lacks_a_column_ends_the_table_above():
    other = COLUMNS.replace("一级指标", "甲乙").replace("分值|得分", "得分|分值")
    found = told(page(with_rows(ROWS + "\n" + other + "\n" + ONE, "")))
    assert found["rows"][: len(READ["rows"])] == READ["rows"]
    assert "甲乙" in found["skipped"]


REFUSED = {
    "a template": (BLANK, "没有可读入的内容"),
    "a header and no row": (HEAD.replace(FUNDS, "") + COLUMNS, "没有可读入的内容"),
    "no year": (FORM.replace("（2023年度）", "填报日期：2024年3月1日"), "没有找到评价年度"),
    "a year of two digits": (FORM.replace("（2023年度）", "23年度"), "没有找到评价年度"),
    "a list of results": ("自评汇总表\n（2023年度）\n序号|项目名称|预算数|得分\n1|甲|10|95", "是自评情况汇总表"),
    "an account without a year": (ACCOUNT.replace("2021年度", ""), "没有写明年度"),
}


TOLERATED = {
    "no project": (FORM.replace("农村公路养护", ""), "没有找到项目名称"),
    "no department": (WHOLE.replace("部门名称|示例局", ""), "没有找到部门名称"),
    "a score table without scores": (
        SCORING + "一级指标|二级指标|三级指标|分值|评分标准\n决策|立项|依据|9|好",
        "“评价得分”",
    ),
    "a column of another name": (with_column("年度指标值", "预计"), "有不认识的“预计”"),
}
"""Refused whole once; what is understood is read now, and what is not is told."""


@pytest.mark.parametrize("name", TOLERATED)
def test_a_form_that_lacks_something_is_read_and_tells_it(name):
    found = told(page(TOLERATED[name][0]))
    assert found["rows"] or found["skipped"] or found["guesses"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_form_that_is_refused_says_why(name):
    text, sentence = REFUSED[name]
    with pytest.raises(FormError, match=sentence) as caught:
        told(page(text))
    assert str(caught.value).endswith("。") and "\n" not in str(caught.value)


NOTE = ["注：本表反映支出情况。"]
ACCOUNTS = {
    "nothing odd": (ACCOUNT, NOTE),
    "the number without a zero": (ACCOUNT.replace("公开03表", "决算公开3表"), NOTE),
    "no number, but its name": (ACCOUNT.replace("公开03表", ""), NOTE),
    "another label of the codes": (ACCOUNT.replace("支出功能分类科目编码", "科目编码"), NOTE),
    "the department of another label": (ACCOUNT.replace("编制单位", "部门"), NOTE),
    "a remark between the rows": (ACCOUNT.replace("\n201|", "\n注：以下为明细||||\n201|"), ["注：以下为明细", *NOTE]),
    "a number that belongs nowhere": (
        ACCOUNT.replace("项目||本年", "项目||本年").replace("公开03表|", "公开03表|7"),
        ["7", *NOTE],
    ),
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_an_account(name):
    text, skipped = ACCOUNTS[name]
    found = told(page(text, "支出", ACCOUNT_MERGES))
    assert found["codes"] == ["公开03"] and found["year"] == [2021]
    assert found["accounts"] == [("", "合计"), ("201", "一般公共服务支出")]
    assert found["values_of_accounts"] == [100.0, 40.0, 60.0] * 2 and found["skipped"] == skipped


def test_an_account_whose_tables_state_two_years_and_units():
    second = ACCOUNT.replace("2021年度", "2020年度").replace("万元", "元").replace("03表", "05表")
    found = told(page(ACCOUNT, "03", ACCOUNT_MERGES), page(second, "05", ACCOUNT_MERGES))
    assert found["codes"] == ["公开03", "公开05"] and found["unit"] == ["万元"]
    assert found["guessed"] == [second.split("\n")[2].split("|")[0]] * 2
