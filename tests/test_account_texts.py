"""Account tables whose merged areas were lost on the way (text of a page) read like the tables they were."""

from __future__ import annotations

import random

import pytest

from jixiao.reading.files import Grid
from jixiao.reading.forms.account_tables import read_accounts

NAMES = ["教育支出", "科学技术支出", "卫生健康支出", "农林水支出", "住房保障支出", "其他支出"]
MEASURES = ["本年支出合计", "基本支出", "项目支出", "上缴上级支出", "经营支出", "对附属单位补助支出"]


def by_code(chance: random.Random) -> tuple[list[list[str]], list[tuple[int, int, int, int]], list[list[str]]]:
    """Return a table by functional codes: its texts, its merged areas, and what stands in it without them."""
    measures = MEASURES[: chance.randrange(2, 7)]
    rows = [(str(chance.randrange(201, 230)) + chance.choice(["", "01", "0102"]), name) for name in NAMES]
    amounts = [[f"{chance.randrange(1, 10**7) / 100:,.2f}" for _ in measures] for _ in [0, *rows]]
    blank, numbers = [""] * len(measures), [str(place + 1) for place in range(len(measures))]
    head = [
        ["支出决算表", "", "", "", *blank],
        ["公开03表", "", "", "", *blank],
        ["编制单位：某县数据局 2021年度", "", "", "", *blank],
        ["项目", "", "", "", *measures],
        ["支出功能分类科目编码", "", "", "科目名称", *blank],
        ["类", "款", "项", "栏次", *numbers],
        ["", "", "", "合计", *amounts[0]],
    ]
    body = [[code, "", "", name, *line] for (code, name), line in zip(rows, amounts[1:], strict=True)]
    areas = [(3, 0, 3, 3), (4, 0, 4, 2), *((3, 4 + place, 4, 4 + place) for place in range(len(measures)))]
    areas += [(6 + row, 0, 6 + row, 2) for row in range(len(body) + 1)]

    lost = [row[:3] + row[4:] for row in (*head[:5], *body)]
    for row, (_, name) in zip(lost[5:], rows, strict=True):
        row[2] = name
    lost[4][1] = "科目名称"
    marks, total = [
        (["类", "款", "项", *numbers], ["", "", "栏次合计", *amounts[0]]),
        (["类 款 项", "栏次", "", *numbers], ["", "", "合计", *amounts[0]]),
        (["类 款 项", "栏次 合计", "", *numbers], ["", "", "", *amounts[0]]),
    ][chance.randrange(3)]
    more = [["", "", "", *numbers]] if chance.random() < 0.5 else []
    lost[5:5] = [marks, *more, total] if chance.random() < 0.7 else [*more, marks, total]
    if chance.random() < 0.5:
        lost = [[*row, ""] for row in lost]  # a tab at the end of every line
    return head + body, areas, lost


def two_sides(chance: random.Random) -> tuple[list[list[str]], list[tuple[int, int, int, int]], list[list[str]]]:
    """Return a table of two halves under a heading each."""
    sides = chance.choice([("收入", "支出"), ("人员经费", "公用经费")])
    head = [
        ["收入支出决算总表", *[""] * 5],
        ["公开01表", "", "", "2021年度", "", ""],
        [sides[0], "", "", sides[1], "", ""],
        ["项目", "行次", "决算数", "项目", "行次", "决算数"],
    ]
    body = [
        [left, str(row), f"{row * 3}.10", right, str(row + 40), f"{row * 7}.25"]
        for row, (left, right) in enumerate(zip(NAMES, reversed(NAMES), strict=True), 1)
    ]
    lost = [list(row) for row in head + body]
    slipped = chance.randrange(1, 4)
    lost[2] = [sides[0], *[""] * 5]
    lost[2][slipped] = sides[1]  # the second heading slips to the left
    if chance.random() < 0.5:
        lost[2][5] = "金额单位：万元"
    return head + body, [(2, 0, 2, 2), (2, 3, 2, 5)], lost


def values(texts: list[list[str]], areas: list[tuple[int, int, int, int]]) -> list[tuple[str, ...]]:
    reading = read_accounts([Grid("a", "表1", False, texts, areas)], "a")
    assert reading is not None
    keys = ("side", "column", "column_no", "row_code", "row_name", "row_no", "value_text")
    return sorted(tuple(record.texts[key] for key in keys) for record in reading.records)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("make", [by_code, two_sides])
def test_lost_areas_change_no_value(make, seed):
    texts, areas, lost = make(random.Random(seed))
    assert values(lost, []) == values(texts, areas)


def test_headers_that_run_together_are_two():
    texts = [
        ["“三公”经费支出决算表", "", "", "2021年度"],
        ["公开07表", "", "", ""],
        ["项目 行次", "栏次", "年初预算数 1", "决算数 2"],
        ["一、“三公”经费支出", "1", "26.95", "2.81"],
    ]
    side, column, number, _, name, row, value = values(texts, [])[0]
    assert (side, column, number, name, row, value) == ("", "决算数", "2", "一、“三公”经费支出", "1", "2.81")
