"""Layouts of the printed forms as grids of cells.

A grid is a list of rows of equal length. ``LEFT`` in a cell means "merged with the cell to the left", ``UP``
"merged with the cell above".
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

LEFT = "←"
UP = "↑"


class Figure(NamedTuple):
    """A number with the number format that a clerk would give its cell."""

    value: float
    number_format: str


Value = str | int | float | Figure | None
Grid = list[list[Value]]


class Indicator(NamedTuple):
    """One indicator (三级指标) of a form or a scoring table; a missing cell is None."""

    level1: str
    level1_weight: float | None
    level2: str | None
    level2_weight: float | None
    name: str | None
    weight: float | None
    score: float | None
    target: str | None = None
    actual: str | None = None
    reason: str | None = None
    standard: str | None = None


class SelfForm(NamedTuple):
    """A self-evaluation form (项目支出绩效自评表); ``funds`` has four rows of three amounts in 万元."""

    year: int
    project: str
    department: str
    unit: str
    funds: Grid
    execution: Indicator
    execution_rate: str
    goal: str | None
    outcome: str | None
    indicators: list[Indicator]
    total_weight: float
    total_score: float
    page_header: str = ""


class WordTable(NamedTuple):
    """A captioned table of a Word report; ``widths`` are shares of the page width."""

    caption: str
    grid: Grid
    widths: list[float]
    left_columns: tuple[int, ...] = ()
    header_rows: int = 1


def percent(text: str | None) -> Value:
    """Give a bare percentage as a number with a percent format, any other text unchanged."""
    if text is None or not text.endswith("%"):
        return text
    digits = text[:-1]
    if not digits.replace(".", "", 1).isdigit():
        return text
    decimals = len(digits.partition(".")[2])
    return Figure(float(Decimal(digits) / 100), "0%" if decimals == 0 else f"0.{'0' * decimals}%")


def points(value: float | None, decimals: int | None = None) -> str | None:
    """Print points as text, with a fixed number of decimals or as short as possible."""
    if value is None:
        return None
    return f"{value:g}" if decimals is None else f"{value:.{decimals}f}"


def level_label(name: str, weight: float | None, pattern: str) -> str:
    """Print the label of a level with its weight, e.g. 产出指标 over (50分)."""
    return name if weight is None else pattern.format(name=name, weight=points(weight))


def merge_repeats(grid: Grid, columns: Sequence[int], first_row: int) -> Grid:
    """Replace repeated labels below each other by ``UP``, column by column, within the label to the left."""
    merged = [list(row) for row in grid]
    for row in range(first_row + 1, len(grid)):
        for column in columns:
            if grid[row][column] is None or grid[row][column] != grid[row - 1][column]:
                break
            merged[row][column] = UP
    return merged


def self_form_grid(form: SelfForm) -> Grid:
    """Lay out a self-evaluation form from the row of its project name on (nine columns)."""
    names = ["年度资金总额", "其中：当年财政拨款", "上年结转资金", "其他资金"]
    head: Grid = [
        ["项目名称", LEFT, form.project, *[LEFT] * 6],
        ["主管部门", LEFT, form.department, LEFT, LEFT, "实施单位", form.unit, LEFT, LEFT],
        ["项目资金\n(万元)", LEFT, None, "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"],
        [UP, UP, names[0], *form.funds[0], form.execution.weight, percent(form.execution_rate), form.execution.score],
        *[[UP, UP, name, *amounts, "—", None, "—"] for name, amounts in zip(names[1:], form.funds[1:], strict=True)],
        ["年度总体目标", "预期目标", LEFT, LEFT, LEFT, "实际完成情况", LEFT, LEFT, LEFT],
        [UP, form.goal, LEFT, LEFT, LEFT, form.outcome, LEFT, LEFT, LEFT],
    ]
    body: Grid = [
        [
            "绩效指标",
            "一级指标",
            "二级指标",
            "三级指标",
            "年度指标值",
            "实际完成值",
            "分值",
            "得分",
            "偏差原因分析及改进措施",
        ]
    ]
    for item in form.indicators:
        label1 = level_label(item.level1, item.level1_weight, "{name}\n({weight}分)")
        label2 = level_label(item.level2 or "", item.level2_weight, "{name}\n({weight}分)")
        body.append(
            [
                UP,
                label1,
                label2,
                item.name,
                percent(item.target),
                percent(item.actual),
                item.weight,
                item.score,
                item.reason,
            ]
        )
    return [*head, *merge_repeats(body, (1, 2), 1), ["总分", *[LEFT] * 5, form.total_weight, form.total_score, None]]


def scoring_grid(indicators: Sequence[Indicator], label_pattern: str) -> Grid:
    """Lay out the scoring table (项目支出绩效评分表) without its last rows; numbers stay numbers."""
    grid: Grid = [["一级指标", "二级指标", "分值", "三级指标", "分值", "评分标准", "评价得分"]]
    for item in indicators:
        label = level_label(item.level1, item.level1_weight, label_pattern)
        grid.append([label, item.level2, item.level2_weight, item.name, item.weight, item.standard, item.score])
    merged = merge_repeats(grid, (0, 1), 1)
    for row in merged:  # the weight of level 2 belongs to its label
        if row[1] == UP:
            row[2] = UP
    return merged


def scoring_table(
    indicators: Sequence[Indicator],
    total: tuple[float | None, float],
    grades: str,
    grade_note: str | None = None,
    decimals: int | None = None,
) -> WordTable:
    """Lay out the scoring table of a Word report, with total, grade and, where printed, the grade bands."""
    grid = scoring_grid(indicators, "{name}（{weight}分）")
    for row, item in zip(grid[1:], indicators, strict=True):
        row[2] = UP if row[2] == UP else points(item.level2_weight)
        row[4], row[6] = points(item.weight), points(item.score, decimals)
    grid.append(["总分", None, points(total[0]), None, points(total[0]), None, points(total[1], decimals)])
    grid.append(["评价等次", grades, *[LEFT] * 5])
    if grade_note:
        grid.append([UP, grade_note, *[LEFT] * 5])
    return WordTable("项目支出绩效评分表", grid, [14, 13, 6, 23, 6, 30, 8], (3, 5))


def completion_grid(indicators: Sequence[Indicator]) -> Grid:
    """Lay out the targets and actual values that are printed (指标完成情况); an indicator without any has no row."""
    printed = [item for item in indicators if item.target or item.actual]
    rows: Grid = [[item.name or item.level2, item.target, item.actual] for item in printed]
    return [["三级指标", "指标值", "实际完成情况"], *rows]


def merged_extent(grid: Grid, row: int, column: int) -> tuple[int, int]:
    """How many rows down and columns right the cell is merged."""
    right = column + 1
    while right < len(grid[row]) and grid[row][right] == LEFT:
        right += 1
    down = row + 1
    while down < len(grid) and grid[down][column] == UP:
        down += 1
    return down - row - 1, right - column - 1
