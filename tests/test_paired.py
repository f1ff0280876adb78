"""Two values in one cell, numbered columns, years in headers, tabs behind values: read as they are meant, or asked."""

from __future__ import annotations

import pytest

from jixiao.reading.files import Grid
from jixiao.reading.forms.naming import name_in_title
from jixiao.reading.forms.sources import read_file, recognise
from jixiao.reading.tidy.make_frames import make_frames

HEAD = "{year}年度项目支出绩效自评表\n项目名称|{project}|||主管部门|示例局"
NAMES = ["清淤长度", "验收合格率", "居民满意度"]
TARGETS, ACTUALS = ["≥45公里", "4月底前", "90%"], ["41公里", "5月10日", "87.3%"]
WEIGHTS, SCORES = ["50", "40", "10"], ["45.5", "40", "9.7"]


def grid(text):
    rows = [line.split("|") for line in text.split("\n")]
    width = max(map(len, rows))
    return Grid("a.xlsx", "表", True, [row + [""] * (width - len(row)) for row in rows])


def read(headers, columns, year=2022, project="河道综合管养", below=""):
    lines = ["|".join(cells) for cells in zip(*columns, strict=True)]
    text = "\n".join([HEAD.format(year=year, project=project), headers, *([below] if below else []), *lines])
    readings = recognise([grid(text)], "a.xlsx")
    frames = make_frames(readings)
    rows = frames.indicators[frames.indicators["category"] != frames.indicators["indicator"]]
    return readings[0], rows


def values(rows):
    return {
        name: rows[name].tolist() for name in ("indicator", "target_text", "actual_text", "weight", "reported_score")
    }


ALL = {
    "indicator": NAMES,
    "target_text": TARGETS,
    "actual_text": ACTUALS,
    "weight": [50.0, 40.0, 10.0],
    "reported_score": [45.5, 40.0, 9.7],
}
LEVELS = ["产出数量", "产出质量", "满意度"]


@pytest.mark.parametrize("mark", ["/", "／", " / "])
@pytest.mark.parametrize(
    "header", ["目标值/实际值", "计划值／完成值", "实际值/目标值", "目标值与实际值", "年度指标值、实际完成值"]
)
def test_a_column_of_targets_and_results_is_divided(header, mark):
    is_turned = header.startswith("实际")
    both = [f"{b}{mark}{a}" if is_turned else f"{a}{mark}{b}" for a, b in zip(TARGETS, ACTUALS, strict=True)]
    reading, rows = read(f"指标类型|指标名称|{header}|分值|得分", [LEVELS, NAMES, both, WEIGHTS, SCORES])
    assert values(rows) == ALL
    assert any(header == guess["text"] for guess in reading.guesses)


@pytest.mark.parametrize(("header", "is_turned"), [("得分/满分", True), ("分值／得分", False), ("自评得分/权重", True)])
def test_a_column_of_score_and_points_is_divided(header, is_turned):
    both = [f"{b}/{a}" if is_turned else f"{a}/{b}" for a, b in zip(WEIGHTS, SCORES, strict=True)]
    _, rows = read(f"指标类型|指标名称|目标值|实际值|{header}", [LEVELS, NAMES, TARGETS, ACTUALS, both])
    assert values(rows) == ALL


@pytest.mark.parametrize("odd", ["500元/亩", "2021/12/31", "完成", "12/30/5"])
def test_a_cell_that_cannot_be_divided_leaves_its_column_unread(odd):
    both = [f"{a}/{b}" for a, b in zip(TARGETS, ACTUALS, strict=True)]
    both[1] = odd
    reading, rows = read("指标类型|指标名称|目标值/实际值|分值|得分", [LEVELS, NAMES, both, WEIGHTS, SCORES])
    assert not any(rows["target_text"].tolist() + rows["actual_text"].tolist())
    assert {*both, "目标值/实际值"} <= {one["text"] for one in reading.skipped}


def test_a_score_above_its_points_leaves_the_column_unread():
    both = ["45.5/50", "40/30", "9.7/10"]
    _, rows = read("指标类型|指标名称|目标值|实际值|得分/满分", [LEVELS, NAMES, TARGETS, ACTUALS, both])
    assert rows["weight"].isna().all() and rows["reported_score"].isna().all()


@pytest.mark.parametrize("below", ["甲|乙|1|2|3|4", "栏次|1|2|3|4|5", "1|2|3|4|5|6", "A|B|1|2|3|4=3÷2", "①|②|③|④|⑤|⑥"])
def test_a_row_that_numbers_the_columns_is_no_indicator(below):
    headers = "指标类型|指标名称|目标值|实际值|分值|得分"
    _, rows = read(headers, [LEVELS, NAMES, TARGETS, ACTUALS, WEIGHTS, SCORES], below=below)
    assert values(rows) == ALL


@pytest.mark.parametrize("year", [2019, 2022, 2024])
@pytest.mark.parametrize("words", [("实际", "目标", "实际"), ("实绩", "计划", "实绩"), ("完成值", "目标值", "完成值")])
def test_years_in_headers_tell_the_result_of_the_year(year, words):
    headers = f"指标类型|指标名称|{year - 1}年{words[0]}|{year}年{words[1]}|{year}年{words[2]}|分值|得分"
    old = ["40公里", "5月1日", "80%"]
    _, rows = read(headers, [LEVELS, NAMES, old, TARGETS, ACTUALS, WEIGHTS, SCORES], year=year)
    assert values(rows) == ALL


def test_a_result_of_the_year_before_alone_is_no_result():
    headers = "指标类型|指标名称|2021年实际|2022年目标|分值|得分"
    _, rows = read(headers, [LEVELS, NAMES, ACTUALS, TARGETS, WEIGHTS, SCORES])
    assert rows["target_text"].tolist() == TARGETS and not any(rows["actual_text"].tolist())


def test_levels_may_stand_behind_what_they_group():
    headers = "考核内容|目标值|实际值|分值|得分|二级指标|一级指标"
    _, rows = read(
        headers, [NAMES, TARGETS, ACTUALS, WEIGHTS, SCORES, ["数量", "质量", "满意度"], ["产出", "产出", "满意度"]]
    )
    assert values(rows) == ALL and rows["category"].tolist() == ["产出", "产出", "满意度"]


def test_a_title_that_names_an_office_names_no_project():
    assert name_in_title("示例区河道管养中心预算项目绩效自评报告") == ""
    assert name_in_title("示例救助专项资金项目绩效自评报告") == "示例救助专项资金项目"


@pytest.mark.parametrize("mark", [",", ";"])
@pytest.mark.parametrize("guard", ["{}\t", "\t{}", '"{}\t"'])
def test_tabs_beside_the_values_of_a_csv_separate_nothing(tmp_path, mark, guard):
    rows = zip(LEVELS, NAMES, TARGETS, ACTUALS, WEIGHTS, SCORES, strict=True)
    lines = [mark.join(guard.format(cell) for cell in row) for row in rows]
    headers = ["指标类型", "指标名称", "目标值", "实际值", "分值", "得分"]
    path = tmp_path / "2022" / "表.csv"
    path.parent.mkdir()
    path.write_text("\n".join(["2022年度项目支出绩效自评表", mark.join(headers), *lines]), encoding="utf-8")
    frames = make_frames(read_file(path))
    assert values(frames.indicators) == ALL


EXPORT = "预算单位编码,预算单位,项目{code},项目,预算金额（元）,指标级次,指标类型,指标,{goal},完成,权重,评分,总评分"


@pytest.mark.parametrize("goal", ["目标", "考核目标", "目标值"])
@pytest.mark.parametrize(("code", "counts"), [("编号", (2, 1)), ("代码", (1, 2)), ("编码", (1, 1))])
def test_a_list_with_codes_of_projects_is_divided_by_project(tmp_path, code, counts, goal):
    lines = [EXPORT.format(code=code, goal=goal)]
    for number, (project, count) in enumerate(zip(["林道养护", "种质资源"], counts, strict=True)):
        for row in range(count):
            lines.append(
                f"212008,示例林场,21200826000{number},{project},{number + 1}0000.00,产出指标,数量指标,"
                f"{project}{row},{10 + row}项,{11 + row}项,{100 // count},{90 // count},9{number}"
            )
    path = tmp_path / "2026" / "导出.csv"
    path.parent.mkdir()
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    frames = make_frames(read_file(path))
    assert frames.projects["project"].tolist() == ["林道养护", "种质资源"]
    assert frames.evaluations["total_reported"].tolist() == [90.0, 91.0]
    assert frames.budgets["annual_budget_wan"].tolist() == [1.0, 2.0]
    rows = frames.indicators
    assert rows["indicator"].tolist() == [f"林道养护{n}" for n in range(counts[0])] + [
        f"种质资源{n}" for n in range(counts[1])
    ]
    assert rows["target_text"].tolist() == [f"{10 + n}项" for count in counts for n in range(count)]
    assert rows["actual_text"].tolist() == [f"{11 + n}项" for count in counts for n in range(count)]
    assert set(rows["category"]) == {"产出指标"} and set(rows["subcategory"]) == {"数量指标"}


@pytest.mark.parametrize("goals", [["全面完成", "有序推进", "不断改善"], ["≥45公里", "", "90%"]])
def test_goals_in_words_or_of_some_rows_are_no_targets(goals):
    _, rows = read("指标类型|指标名称|目标|实际值|分值|得分", [LEVELS, NAMES, goals, ACTUALS, WEIGHTS, SCORES])
    assert not any(rows["target_text"])
