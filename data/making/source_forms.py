"""Compose the forms of the four published documents from the transcribed facts."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from form_files import new_sheet, new_workbook, paint_grid, write_line, write_report, write_self_form
from form_layouts import (
    LEFT,
    UP,
    Figure,
    Grid,
    Indicator,
    SelfForm,
    Value,
    WordTable,
    completion_grid,
    merge_repeats,
    percent,
    points,
    scoring_grid,
    scoring_table,
)

Facts = dict[str, Any]

EVALUATION_NAMES = {"department": "部门评价", "finance": "财政评价", "self": "单位自评"}


def indicator_rows(facts: Facts, table: str) -> list[Facts]:
    """Rows of one table of indicators, in printed order."""
    rows = [row for row in facts["indicators"] if row["table"] == table]
    if not rows:
        raise KeyError(table)
    return rows


def project_budget(facts: Facts, doc: str, project: str) -> Facts:
    """The one budget row of a project in a document."""
    (row,) = [row for row in facts["budgets"] if row["doc"] == doc and row["project"] == project]
    return row


def score_totals(facts: Facts, table: str) -> Facts:
    """The totals and the grade printed with one scoring table."""
    (row,) = [row for row in facts["extras"]["score_totals"] if row["table"] == table]
    return row


def to_indicator(row: Facts, reason: str | None = None) -> Indicator:
    """Turn a fact into cells: what the document prints of the indicator, and nothing else."""
    return Indicator(
        row["l1"],
        row["l1_weight"],
        row["l2"],
        row["l2_weight"],
        row["l3"],
        row["weight"],
        row["score"],
        row["target_text"],
        row["actual_text"],
        reason,
        row["rule_text"],
    )


def make_self_form(target: Path, form: Facts, facts: Facts) -> None:
    """Write one self-evaluation form (单位自评)."""
    rows = indicator_rows(facts, form["table"])
    (execution,) = [row for row in rows if row["rule_kind"] == "execution_rate"]
    budget = project_budget(facts, form["doc"], form["budget_project"])
    totals = score_totals(facts, form["table"].removeprefix("项目支出绩效"))
    columns = ("年初预算数", "全年预算数", "全年执行数")
    amounts = {item["name"]: item["value"] for item in budget["other_amounts"]}
    parts = [[amounts[f"{name} {column}"] for column in columns] for name in ("当年财政拨款", "上年结转资金")]
    total = [budget["initial_budget"], budget["full_year_budget"], budget["executed"]]
    indicators = [to_indicator(row, form["reasons"].get(row["l3"])) for row in rows if row is not execution]
    write_self_form(
        target / form["file"],
        SelfForm(
            year=execution["year"],
            project=execution["project"],
            department=execution["department"],
            unit=execution["unit"],
            funds=[total, *parts, [None, None, None]],
            execution=to_indicator(execution),
            execution_rate=budget["rates_printed"]["执行率"],
            goal=None,  # a sentence of the unit, which is not ours to copy
            outcome=form["outcome"],
            indicators=indicators,
            total_weight=totals["total_weight"],
            total_score=totals["total_score"],
        ),
    )


def basic_rows(project: Facts, evaluation: str, counts: str | None, totals: Facts) -> Grid:
    """Key and value rows of the sheet or table 基本情况; the number of indicators only where it is claimed."""
    pairs: list[tuple[str, Value]] = [
        ("项目名称", project["project"]),
        ("主管部门", project["department"]),
        ("实施单位", project["unit"]),
        ("评价年度", f"{project['year']}年度"),
        ("评价类型", EVALUATION_NAMES[evaluation]),
        ("指标数量", counts),
        ("评价总分", totals["total_score"]),
        ("评价等级", totals["grade"]),
    ]
    return [[key, value] for key, value in pairs if value is not None]


def make_department_workbook(target: Path, form: Facts, facts: Facts) -> None:
    """Write the scoring workbook of a department evaluation (部门评价)."""
    rows = indicator_rows(facts, form["table"])
    indicators = [to_indicator(row) for row in rows]
    budget = project_budget(facts, form["doc"], form["budget_project"])
    amounts = {item["name"]: item["value"] for item in budget["other_amounts"]}
    totals = score_totals(facts, form["totals_table"])
    header = form["funds_header"]
    funds = [
        "合计",
        *[Figure(amounts[name], "0.00") for name in form["funds_amounts"]],
        *[percent(budget["rates_printed"][name]) for name in header[4:]],
    ]
    system: Grid = [["一级指标", "二级指标", "三级指标", "分值权重", "评分标准"]]
    for row, item in zip(rows, indicators, strict=True):
        labels = [form["system_labels"][row["l1"]], form["system_labels"][row["l2"]]]
        system.append([*labels, item.name, None if row["placeholder"] else item.weight, item.standard])
    scoring = scoring_grid(indicators, "{name}\n({weight}分)")
    scoring += [
        ["总分", *[LEFT] * 5, totals["total_score"]],
        ["评价等级", form["grades"], *[LEFT] * 5],
        [UP, form["grade_note"], *[LEFT] * 5],
    ]
    basics = basic_rows(rows[0], "department", None, totals)
    sheets: list[tuple[str, str, list[float], Grid, int, tuple[int, ...]]] = [
        ("基本情况", f"{rows[0]['project']}基本情况", [18, 60], basics, 0, (1,)),
        ("项目资金", "项目资金", [18] * 6, [header, funds], 1, ()),
        (
            "评价指标体系",
            "评价指标体系",
            [12, 16, 24, 10, 70],
            [*merge_repeats(system, (0, 1), 1), ["总分", *[LEFT] * 2, None, None]],
            1,
            (2, 4),
        ),
        ("项目支出绩效评分表", "项目支出绩效评分表", [12, 16, 8, 24, 8, 66, 10], scoring, 1, (3, 5)),
        ("指标完成情况", "指标完成情况", [28, 18, 44], completion_grid(indicators), 1, (0, 2)),
    ]
    with new_workbook(target / form["file"]) as book:
        for name, title, widths, grid, header_rows, left_columns in sheets:
            sheet = new_sheet(book, name, widths)
            write_line(book, sheet, 0, title, len(widths) - 1, title=True)
            paint_grid(book, sheet, 1, grid, widths, header_rows, left_columns)


def make_report(target: Path, form: Facts, facts: Facts) -> None:
    """Write the tables of an evaluation report (部门评价, 财政评价) as a Word file."""
    rows = indicator_rows(facts, form["table"])
    indicators = [to_indicator(row) for row in rows]
    totals = score_totals(facts, form["totals_table"])
    budget = project_budget(facts, form["doc"], rows[0]["project"])
    basics = basic_rows(rows[0], form["evaluation"], form["claimed_counts"], totals)
    rates = ["资金到位率", "预算执行率"]
    funds: Grid = [
        ["项目资金（万元）", "预算资金", "实际到位资金", "实际支出资金", *rates],
        [
            "合计",
            *[str(budget[key]) for key in ("full_year_budget", "arrived", "executed")],
            *[budget["rates_printed"][rate] for rate in rates],
        ],
    ]
    tables = [
        WordTable("基本情况", basics, [20, 80], (1,), header_rows=0),
        WordTable("项目资金", funds, [20, 16, 16, 16, 16, 16]),
        scoring_table(
            indicators,
            (totals["total_weight"], totals["total_score"]),
            form["grades"],
            form["grade_note"],
            form["score_decimals"],
        ),
    ]
    if form["overview_table"]:
        overview: Grid = [["一级指标", "二级指标", "权重", "得分"]]
        for row in indicator_rows(facts, form["overview_table"]):
            overview.append([row["l1"], row["l2"], points(row["weight"]), points(row["score"])])
        overview = [
            *merge_repeats(overview, (0,), 1),
            ["合计", LEFT, points(totals["total_weight"]), points(totals["total_score"])],
        ]
        tables.append(WordTable("得分一览表", overview, [30, 40, 15, 15]))
    tables.append(WordTable("指标完成情况", completion_grid(indicators), [38, 20, 42], (0, 2)))
    write_report(target / form["file"], f"{rows[0]['project']}绩效评价报告（评分表与资金摘录）", tables)


def make_budget_list(target: Path, form: Facts, facts: Facts) -> None:
    """Write the list of a department's projects (项目安排一览表) and of the fund's sub-projects."""
    rows = [row for row in facts["budgets"] if row["doc"] == form["doc"]]
    (total,) = [row for row in rows if row["project"] == form["total"]]
    projects = [row for row in rows if row["kind"] == "project"]
    (subtotal,) = [row for row in rows if row["project"] == form["subtotal"]]
    header = [
        "序号",
        "项目名称",
        "实施单位",
        "预算安排数",
        "到位资金",
        "实际下达资金",
        "实际支出",
        "到位率",
        "执行率",
        "备注",
    ]
    grid: Grid = [list(header)]
    for number, row in enumerate(projects, start=1):
        grid.append([number, row["project"], row["unit"], *listed_figures(row, form)])
    grid.append(["小计", LEFT, subtotal["unit"], *listed_figures(subtotal, form)])
    grid.append(["合计", LEFT, None, *listed_figures(total, form)])
    children: Grid = [["序号", "项目名称", "实施单位", "预算安排数", "到位资金", "实际支出"]]
    for row in rows:
        if row["kind"] == "subproject" and row["parent"] == form["parent"]:
            children.append(
                [row["no"], row["project"], row["unit"], row["full_year_budget"], row["arrived"], row["executed"]]
            )
    sheets: list[tuple[str, str, list[float], Grid]] = [
        ("项目安排一览表", form["title"], [6, 34, 30, 12, 12, 14, 12, 10, 10, 26], grid),
        ("大数据发展专项资金子项目", f"{form['parent']}子项目情况表", [6, 60, 34, 14, 14, 14], children),
    ]
    with new_workbook(target / form["file"]) as book:
        for name, title, widths, cells in sheets:
            sheet = new_sheet(book, name, widths)
            last = len(widths) - 1
            write_line(book, sheet, 0, title, last, title=True)
            write_line(book, sheet, 1, f"({form['year']}年度)", last)
            write_line(book, sheet, 2, f"主管部门：{total['department']}", last, align="left")
            write_line(book, sheet, 3, form["money_unit"], last, align="right")
            paint_grid(book, sheet, 4, cells, widths, 1, left_columns=(1, 2))


def listed_figures(row: Facts, form: Facts) -> list[Value]:
    """Amounts, rates and the local name of the execution rate (执行率) that the list of projects prints."""
    elsewhere = form["printed_in_other_forms"].get(row["project"], [])
    amounts = [None if key in elsewhere else row[key] for key in ("full_year_budget", "arrived", "issued", "executed")]
    rates = {name: percent(text) for name, text in row["rates_printed"].items() if name not in elsewhere}
    rate_name = form["rate_names"].get(row["project"])
    return [*amounts, rates.get("资金到位率"), rates.get(rate_name), rate_name]


def make_final_account(target: Path, form: Facts, facts: Facts) -> None:
    """Write the ten public tables of the departmental final account (部门决算公开表)."""
    account = facts["final_account"]
    with new_workbook(target / form["file"]) as book:
        for spec in form["sheets"]:
            rows = [row for row in account["rows"] if row["table"] == spec["sheet"]]
            sheet = new_sheet(book, spec["sheet"], spec["widths"], pages_tall=1)
            last = len(spec["widths"]) - 1
            write_line(book, sheet, 0, spec["title"], last, title=True)
            write_line(book, sheet, 1, f"{spec['sheet']}表", last, align="right")
            compiler = account["compiling_unit_printed"][spec["sheet"]]
            write_line(
                book, sheet, 2, f"编制单位：{compiler}　{account['year']}年度　{spec['money_unit']}", last, align="left"
            )
            grid = [*spec["header"], *account_body(spec, rows)]
            names = [column for column, width in enumerate(spec["widths"]) if width >= 30]
            below = paint_grid(book, sheet, 3, grid, spec["widths"], len(spec["header"]), names)
            for offset, note in enumerate(spec["notes"]):
                write_line(book, sheet, below + offset, note, last, align="left")


def account_body(spec: Facts, rows: list[Facts]) -> Grid:
    """Rows below the header of one public table, in its printed layout."""
    if spec["rows"] == "two_sided":
        return [
            left + right
            for left, right in zip(
                numbered_side(rows, spec["left_numbers"], spec["left_columns"]),
                numbered_side(rows, spec["right_numbers"], spec["right_columns"]),
                strict=True,
            )
        ]
    if spec["rows"] == "numbered":
        last = max(row["row_no"] for row in rows)
        return numbered_side(rows, [1, last], spec["columns"])
    if spec["rows"] == "economic":
        lines = groupby(rows, key=lambda row: row["line"])
        return [
            economic_side(cells, "人员经费") + economic_side(cells, "公用经费")
            for cells in (list(group) for _, group in lines)
        ]
    columns = [cell for cell in spec["header"][-1][4:] if cell]
    body: Grid = []
    for _, group in groupby(rows, key=lambda row: row["line"]):
        cells = list(group)
        values = {row["column_no"]: printed_figure(row) for row in cells}
        body.append([cells[0]["row_code"], LEFT, LEFT, cells[0]["row_name"], *[values[column] for column in columns]])
    return body or [[None, LEFT, LEFT, "合计", *[None] * len(columns)]]


def numbered_side(rows: Iterable[Facts], numbers: list[int], columns: list[str]) -> Grid:
    """Name, row number (行次) and figures of one side; a number without facts is an empty printed row."""
    by_number: dict[int, list[Facts]] = {}
    for row in rows:
        by_number.setdefault(row["row_no"], []).append(row)
    side: Grid = []
    for number in range(numbers[0], numbers[1] + 1):
        cells = by_number.get(number, [])
        values = {row["column_no"]: printed_figure(row) for row in cells}
        side.append([cells[0]["row_name"] if cells else None, str(number), *[values.get(column) for column in columns]])
    return side


def economic_side(cells: list[Facts], side: str) -> list[Value]:
    """Code, name and amount of one side of 公开06; empty where the printed line has none."""
    for row in cells:
        if row["side"] == side:
            return [row["row_code"], row["row_name"], printed_figure(row)]
    return [None, None, None]


def printed_figure(row: Facts) -> Value:
    """A figure of the final account as its cell: a number where one is printed, else the printed sign."""
    if row["value"] is None:
        return row["value_text"] or None
    return Figure(row["value"], "#,##0.00" if "." in row["value_text"] else "0")
