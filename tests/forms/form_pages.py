"""Lay out the forms of the corpus as pages: what a clerk sees, from content and habits (options).

A page knows nothing of files; ``form_writing`` puts it into a workbook, a document or a text file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from form_layouts import LEFT, UP, Figure, Grid, Value, merge_repeats, percent

Facts = dict[str, Any]
DATE_FORMAT = 'yyyy"年"m"月"d"日"'
WIDE = {"indicator": 24, "target": 16, "actual": 16, "reason": 26, "subcategory": 13, "category": 11}
FULL = str.maketrans("0123456789%()<>=:", "０１２３４５６７８９％（）＜＞＝：")
TRADITIONAL = str.maketrans(
    "项绩评总体预际况资数执产财拨转级单门标效结实质时满务对会续响当额万导称进为",
    "項績評總體預際況資數執產財撥轉級單門標效結實質時滿務對會續響當額萬導稱進為",
)


@dataclass
class Page:
    """One form as printed: lines above, a grid with borders, lines below."""

    title: str
    lines: list[tuple[str, str]]
    grid: Grid
    widths: list[float]
    header: int = 0
    """The row of the grid that holds the header of the indicators."""
    notes: list[str] = field(default_factory=list)


def amount_text(value: float | str, unit: str) -> str:
    """Write an amount given in 万元 in its printed unit, without an exponent."""
    number = Decimal(str(value)) * (10000 if unit == "元" else 1)
    text = f"{number.normalize():f}"
    return text


def money(value: Any, options: Facts) -> Value:
    """Return the cell of an amount; the content is in 万元."""
    if value is None or isinstance(value, str):
        return value
    unit = options.get("money_unit", "万元")
    text = amount_text(value, unit)
    if options.get("unit_in") == "cell":
        return f"{text}{unit}"
    if options.get("thousands"):
        return Figure(float(text), "#,##0.00")
    return float(text) if "." in text else int(text)


def target_parts(target: Any) -> tuple[str, str, str]:
    """Return sign, number or words, and unit of a target as printed."""
    if isinstance(target, list):
        return tuple(str(part) for part in target)  # type: ignore[return-value]
    return "", str(target or ""), ""


def target_text(target: Any) -> str:
    """Return the target in one piece; 定性 in the column of the sign is no part of it."""
    sign, number, unit = target_parts(target)
    return ("" if sign == "定性" else sign) + number + unit


def widen(text: str) -> str:
    """Write the signs of a text full-width."""
    return text.replace("≥", "＞＝").replace("≤", "＜＝").translate(FULL)


def written_target(target: Any, options: Facts) -> str:
    """Return a target as the clerk of this file writes it."""
    text = target_text(target)
    return widen(text) if options.get("fullwidth") else text


def value_cell(value: Any, options: Facts) -> Value:
    """Return the cell of a target or an actual: text, a date or a percentage stored as a number."""
    if isinstance(value, date):
        if options.get("dates_as_serials"):
            return Figure((value - date(1899, 12, 30)).days, DATE_FORMAT)
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, int | float):
        return value
    text = str(value or "")
    return percent(text) if options.get("rates_as_numbers") else text


class Labels:
    """The printed labels under the habits of one file."""

    def __init__(self, options: Facts) -> None:
        self.options = options

    def __call__(self, text: str) -> str:
        if self.options.get("traditional"):
            text = text.translate(TRADITIONAL)
        if self.options.get("spaced") and re.fullmatch(r"[^\d（(]{4}", text):
            text = " ".join(text) if text.startswith("项") else f"{text[:2]}\n{text[2:]}"
        if self.options.get("fullwidth"):
            text = text.replace("（", "(").replace("）", ")").replace("：", ":")
        return text


def head_rows(layout: Facts, content: Facts, label: Labels, width: int) -> Grid:
    """Return the rows of names above the funds."""
    rows: Grid = []
    for pairs in layout["head"]:
        if len(pairs) == 1:
            name, key = pairs[0]
            rows.append([label(name), LEFT, content[key], *[LEFT] * (width - 3)])
            continue
        half = (width - 2) // 2 + 1
        (left, left_key), (right, right_key) = pairs
        row: list[Value] = [label(left), LEFT, content[left_key], *[LEFT] * (half - 3), label(right)]
        row += [content[right_key], *[LEFT] * (width - len(row) - 1)]
        rows.append(row)
    for name, boxes in layout.get("boxes", []):
        rows.append([label(name), LEFT, boxes, *[LEFT] * (width - 3)])
    return rows


def fund_rows(layout: Facts, content: Facts, options: Facts, label: Labels, width: int) -> Grid:
    """Return the block of funds: a label that spans it, a header, and one row per source."""
    unit, where = options.get("money_unit", "万元"), options.get("unit_in", "label")
    columns = fund_columns(layout, options)
    side = label(layout["fund_label"]) + (f"\n（{unit}）" if where == "label" else "")
    side += f"\n{layout['fund_weight']}" if "fund_weight" in layout else ""
    names = [
        label(layout["funds"][column]) + (f"（{unit}）" if where == "column" and column in AMOUNTS else "")
        for column in columns
    ]
    rows: Grid = [[side, LEFT, None, *names]]
    for fund, values in content["funds"].items():
        if fund not in layout["rows"]:
            continue
        cells: list[Value] = []
        for column in columns:
            value = values.get(column)
            if column in AMOUNTS:
                cells.append(money(value, options))
            elif column == "rate":
                cells.append(percent(value) if options.get("rates_as_numbers") else value)
            elif column in ("weight", "score") and fund != "total":
                cells.append(layout["part"])
            else:
                cells.append(value)
        rows.append([UP, LEFT, label(layout["rows"][fund]), *cells])
    return [row + [LEFT] * (width - len(row)) for row in rows]


AMOUNTS = ("initial", "annual", "executed")


def fund_columns(layout: Facts, options: Facts) -> list[str]:
    """Return the columns of the funds; a file may print one, two or three budget figures."""
    dropped = {1: ("initial", "executed"), 2: ("initial",), 3: ()}[options.get("fund_columns", 3)]
    return [column for column in layout["funds"] if column not in dropped]


def indicator_columns(layout: Facts, options: Facts) -> dict[str, str]:
    """Return the columns of the indicators under the habits of one file."""
    columns = dict(layout["columns"])
    if options.get("target_columns") == 2 and "unit" not in columns:
        columns = _insert(columns, "target", {"unit": "计量单位"}, after=True)
    if options.get("no_weights"):
        columns.pop("weight", None)
    if options.get("weight_first"):
        weight = columns.pop("weight")
        columns = _insert(columns, "target", {"weight": weight}, after=False)
    return columns


def _insert(columns: dict[str, str], beside: str, new: dict[str, str], *, after: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, name in columns.items():
        found |= {key: name} | new if key == beside and after else new | {key: name} if key == beside else {key: name}
    return found


def level_names(content: Facts, options: Facts, label: Labels) -> list[tuple[str, str]]:
    """Return level 1 and level 2 of every row as printed, with their weights where the file prints them there."""
    rows = content["indicators"]
    how = options.get("weight_in_label")
    sums: dict[tuple[str, ...], Decimal] = {}
    for row in rows:
        for key in ((row["category"],), (row["category"], row["subcategory"])):
            sums[key] = sums.get(key, Decimal(0)) + Decimal(str(row["weight"]))
    pattern = "{}（{}分）" if how != "brackets" else "{}\n({}分)"
    found = []
    for row in rows:
        first, second = label(row["category"]), label(row["subcategory"])
        if how:
            first = pattern.format(first, f"{sums[row['category'],].normalize():f}")
        if how == "both" or how == "brackets":
            second = pattern.format(second, f"{sums[row['category'], row['subcategory']].normalize():f}")
        found.append((first, second))
    return found


def indicator_rows(layout: Facts, content: Facts, options: Facts, label: Labels, width: int) -> tuple[Grid, int]:
    """Return the header and the rows of the indicators; the second value is the number of header rows."""
    columns = indicator_columns(layout, options)
    side = bool(layout["side"])
    header: list[Value] = [label(name) for name in columns.values()]
    top: list[Value] = []
    for column in columns:
        group = layout.get("group", {})
        inside = column in ("subcategory", "indicator", "target", "unit")
        top.append(label(group[column]) if column in group else LEFT if inside else label(columns[column]))
    rows: Grid = []
    if "group" in layout:
        header = [UP if above == name else name for above, name in zip(top, header, strict=True)]
        rows.append(top)
    rows.append(header)
    heads = len(rows)
    names = level_names(content, options, label)
    count, previous = 0, ("", "")
    for row, level in zip(content["indicators"], names, strict=True):
        count, previous = (count + 1 if level == previous else 1), level
        rows.append([_indicator_cell(row, level, column, count, columns, options) for column in columns])
        if row["leftover"]:
            rows.append([*level, row["leftover"], *[None] * (len(columns) - 3)])
    how = options.get("levels", "merged")
    shift = merge_repeats(rows, (0, 1), heads)
    if how == "merged":
        rows = shift
    elif how == "blank":
        rows = [[None if cell == UP and number >= heads else cell for cell in row] for number, row in enumerate(shift)]
    if side:
        rows = [[label(layout["side"]) if number == 0 else UP, *row] for number, row in enumerate(rows)]
    return [row + [LEFT] * (width - len(row)) for row in rows], heads


def _indicator_cell(
    row: Facts, level: tuple[str, str], column: str, count: int, columns: dict[str, str], options: Facts
) -> Value:
    sign, number, unit = target_parts(row["target"])
    if column == "category":
        return level[0]
    if column == "subcategory":
        return level[1]
    if column == "indicator":
        return f"指标{count}：{row['indicator']}" if options.get("prefix") else str(row["indicator"])
    if column == "sign":
        return sign
    if column == "unit":
        return unit
    if column == "target":
        if "sign" in columns:
            return number
        text = (sign + number) if "unit" in columns else target_text(row["target"])
        return value_cell(widen(text) if options.get("fullwidth") else text, options)
    if column == "actual":
        return value_cell(row["actual"], options)
    return row.get(column)


def self_page(layout: Facts, content: Facts, options: Facts) -> Page:
    """Lay out a self-evaluation form of any family, or that of a whole department."""
    label = Labels(options)
    columns = indicator_columns(layout, options)
    side = 1 if layout["side"] else 0
    width = max(len(columns) + side, len(fund_columns(layout, options)) + 3)
    grid = head_rows(layout, content, label, width)
    for name, text in options.get("extra_head", []):
        grid.append([name, LEFT, text, *[LEFT] * (width - 3)])
    if "tasks" in layout:
        grid += task_rows(layout, content, options, width)
    if content.get("funds"):
        grid += fund_rows(layout, content, options, label, width)
    if layout["goals"]:
        name, expected, achieved = layout["goals"]
        half = (width - 1) // 2
        rest = width - 2 - half
        grid.append([label(name), label(expected), *[LEFT] * (half - 1), label(achieved), *[LEFT] * rest])
        grid.append([UP, content["goal"], *[LEFT] * (half - 1), content["outcome"], *[LEFT] * rest])
    header = len(grid)
    rows, _ = indicator_rows(layout, content, options, label, width)
    grid += rows
    grid.append(total_row(layout, content, columns, label, width))
    if content.get("grade") and options.get("grade"):
        grades = options.get("grades", ["优", "良", "中", "差"])
        boxes = "　".join(f"{grade}{'☑' if grade == content['grade'] else '□'}" for grade in grades)
        shown = boxes if options["grade"] == "boxes" else content["grade"]
        grid.append([label("评价等级"), *[LEFT] * side, shown, *[LEFT] * (width - 2 - side)])
    for name, text in layout.get("after", []):
        grid.append([name, *[LEFT] * side, text, *[LEFT] * (width - 2 - side)])
    unit = options.get("money_unit", "万元")
    title = label(layout["title"])
    title += f"（单位：{unit}）" if options.get("unit_in") == "title" else ""
    lines = [] if options.get("year_in_title") else [(f"（{content['year']}年度）", "center")]
    title = f"{content['year']}年度{title}" if options.get("year_in_title") else title
    if options.get("unit_in") == "line":
        lines.append((f"金额单位：{unit}", "right"))
    widths = [7.0] * side + [float(WIDE.get(column, 10)) for column in columns]
    widths += [10.0] * (width - len(widths))
    return Page(title, lines, grid, widths, header, options.get("notes", []))


def total_row(layout: Facts, content: Facts, columns: dict[str, str], label: Labels, width: int) -> list[Value]:
    """Return the row of the total, its figures under 分值 and 得分."""
    row: list[Value] = [label(layout["total"])]
    keys = ([""] if layout["side"] else []) + list(columns)
    for key in keys[1:]:
        if key == "weight":
            row.append(content["total_weight"])
        elif key == "score":
            row.append(content["total_score"])
        else:
            row.append(None if any(not isinstance(cell, str) for cell in row) else LEFT)
    return row + [LEFT] * (width - len(row))


def task_rows(layout: Facts, content: Facts, options: Facts, width: int) -> Grid:
    """Return the block of the main tasks of a department (年度主要任务)."""
    names = layout["tasks"]
    rows: Grid = []
    keys = ("task", "content", "annual_budget", "executed", "completion")
    for number, task in enumerate([names, *content["tasks"]]):
        cells: list[Value] = [names["side"] if number == 0 else UP]
        for key in keys:
            cell = money(task[key], options) if number and key in ("annual_budget", "executed") else task[key]
            cells += [cell, LEFT] if key in ("task", "content") else [cell]
        rows.append(cells + [LEFT] * (width - len(cells)))
    return rows


def declaration_page(content: Facts, options: Facts) -> Page:
    """Lay out a declaration of targets (绩效目标申报表): one column of goals, or the whole term beside the year."""
    label = Labels(options)
    if not options.get("halves"):
        grid: Grid = [
            [label("项目名称"), LEFT, content["project"], LEFT, LEFT],
            [label("主管部门及代码"), LEFT, content["department"], label("实施单位"), content["unit"]],
            [label("项目属性"), LEFT, content["attribute"], label("项目期"), content["term"]],
        ]
        for number, (name, key) in enumerate(DECLARED_FUNDS):
            side = "资金情况\n（万元）" if number == 0 else UP
            grid.append([side, LEFT, name.replace("{}", "年度"), money(content["annual"][key], options), LEFT])
        grid.append([label("年度目标"), LEFT, content["goal"], LEFT, LEFT])
        rows: Grid = [["一级指标", "二级指标", "三级指标", "指标值"]]
        rows += [
            [r["category"], r["subcategory"], r["indicator"], target_text(r["target"])] for r in content["indicators"]
        ]
        rows = merge_repeats(rows, (0, 1), 1)
        header = len(grid)
        grid += [["绩效指标" if number == 0 else UP, *row] for number, row in enumerate(rows)]
        return Page(
            "项目支出绩效目标申报表", [(f"（{content['year']}年度）", "center")], grid, [8, 12, 26, 34, 26], header
        )
    grid = [
        [label("项目名称"), LEFT, content["project"], *[LEFT] * 5],
        [label("主管部门及代码"), LEFT, content["department"], LEFT, label("实施单位"), content["unit"], LEFT, LEFT],
        [label("项目属性"), LEFT, content["attribute"], LEFT, label("项目期"), content["term"], LEFT, LEFT],
    ]
    for number, (name, key) in enumerate(DECLARED_FUNDS):
        cells = [name.replace("{}", "中期"), LEFT, money(content["whole"][key], options)]
        cells += [name.replace("{}", "年度"), LEFT, money(content["annual"][key], options)]
        grid.append(["项目资金\n（万元）" if number == 0 else UP, LEFT, *cells])
    grid.append(["总体目标", "中期目标（2023年—2025年）", LEFT, LEFT, LEFT, "年度目标", LEFT, LEFT])
    grid.append([UP, content["term_goal"], LEFT, LEFT, LEFT, content["goal"], LEFT, LEFT])
    rows = [["一级指标", "二级指标", "三级指标", "指标值", "二级指标", "三级指标", "指标值"]]
    for row in content["indicators"]:
        half = [row["subcategory"], row["indicator"]]
        rows.append([row["category"], *half, target_text(row["term_target"]), *half, target_text(row["target"])])
    merged = merge_repeats(rows, (0, 1), 1)
    again = merge_repeats([[row[0], row[4]] for row in rows], (0, 1), 1)
    header = len(grid)
    for number, (row, right) in enumerate(zip(merged, again, strict=True)):
        grid.append(["绩效指标" if number == 0 else UP, *row[:4], right[1], *row[5:]])
    lines = [(f"（{content['year']}年度）", "center")]
    return Page("项目支出绩效目标申报表", lines, grid, [8, 10, 12, 20, 14, 12, 20, 14], header)


DECLARED_FUNDS = (("{}资金总额：", "total"), ("其中：财政拨款", "fiscal"), ("其他资金", "other"))


def plain_page(title: str, lines: Sequence[tuple[str, str]], grid: Grid, widths: Sequence[float], **more: Any) -> Page:
    """Return a page from a grid that is laid out already."""
    return Page(title, list(lines), grid, list(widths), **more)
