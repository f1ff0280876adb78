"""Lay out the scoring tables, the project lists and the final accounts of the corpus as pages."""

from typing import Any

from form_pages import Page, amount_text, money, value_cell

from form_layouts import LEFT, UP, Figure, Grid, Indicator, completion_grid, percent, scoring_grid
from source_forms import account_body

Facts = dict[str, Any]
KINDS = {"department": "部门评价", "finance": "财政评价"}
LIST_COLUMNS = {
    "number": "序号",
    "project": "项目名称",
    "unit": "实施单位",
    "annual": "预算安排数",
    "arrived": "到位资金",
    "executed": "实际支出",
    "arrival": "到位率",
    "rate": "执行率",
    "remark": "备注",
}


def scoring_pages(content: Facts, options: Facts) -> list[Page]:
    """Return the tables of an evaluation: 基本情况, 项目资金, 评分表, 指标完成情况."""
    items = [_item(row) for row in content["indicators"]]
    basics: Grid = [
        ["项目名称", content["project"]],
        ["主管部门", content["department"]],
        ["实施单位", content["unit"]],
        ["评价年度", f"{content['year']}年度"],
        ["评价类型", KINDS[content["evaluation"]]],
        ["评价总分", content["total_score"]],
        ["评价等级", content["grade"]],
    ]
    total, unit = content["funds"]["total"], options.get("money_unit", "万元")
    header = [f"项目资金（{unit}）", "预算资金", "实际到位资金", "实际支出资金", "资金到位率", "预算执行率"]
    amounts = [money(total[key], options) for key in ("annual", "arrived", "executed")]
    funds: Grid = [header, ["合计", *amounts, total["arrival"], total["rate"]]]
    pattern = "{name}\n（{weight}分）" if options.get("weight_in_label") else "{name}"
    scoring = scoring_grid(items, pattern)
    if not options.get("level2_weights", True):
        scoring = [[cell for number, cell in enumerate(row) if number != 2] for row in scoring]
    width = len(scoring[0])
    scoring.append(["总分", *[None] * (width - 2), content["total_score"]])
    grades = "　".join(f"{grade}{'☑' if grade == content['grade'] else '□'}" for grade in ("优", "良", "中", "差"))
    scoring.append(["评价等次", grades, *[LEFT] * (width - 2)])
    bands = "分为优（90-100分）、良（80-90分）、中（60-80分）、差（60分以下）四个等次"
    scoring.append([UP, bands, *[LEFT] * (width - 2)])
    widths = [12.0, 14.0, 7.0, 24.0, 7.0, 60.0, 10.0] if width == 7 else [12.0, 14.0, 24.0, 7.0, 60.0, 10.0]
    return [
        Page(f"{content['project']}绩效评价报告", [], [], [20.0, 80.0]),
        Page("基本情况", [], basics, [20.0, 80.0]),
        Page("项目资金", [], funds, [20.0] * 6),
        Page("项目支出绩效评分表", [], scoring, widths),
        Page("指标完成情况", [], completion_grid(items), [30.0, 20.0, 50.0, 20.0]),
    ]


def _item(row: Facts) -> Indicator:
    texts = [value_cell(row[key], {}) for key in ("target", "actual")]
    target, actual = (str(text) if text else None for text in texts)
    standard = row.get("standard") or None
    names = (row["category"], row.get("category_weight"), row["subcategory"], row.get("subcategory_weight"))
    return Indicator(*names, row["indicator"], row["weight"], row["score"], target, actual, None, standard)


def with_level_weights(content: Facts) -> Facts:
    """Add the weights of level 1 and 2 to every row: the sums of their rows."""
    rows = [dict(row) for row in content["indicators"]]
    for row in rows:
        same = [other for other in rows if other["category"] == row["category"]]
        below = [other for other in same if other["subcategory"] == row["subcategory"]]
        row["category_weight"] = sum(other["weight"] or 0 for other in same)
        row["subcategory_weight"] = sum(other["weight"] or 0 for other in below)
    return content | {"indicators": rows}


def list_page(content: Facts, options: Facts) -> Page:
    """Return the list of a department's projects (项目安排一览表)."""
    grid: Grid = [list(LIST_COLUMNS.values())]
    for row in content["rows"]:
        cells: list[Any] = []
        for key in LIST_COLUMNS:
            value = row.get(key)
            if key == "number" and options.get("codes_as_numbers"):
                value = Figure(float(row["number"]), "000")
            elif key in ("annual", "arrived", "executed"):
                value = money(value, options)
            elif key in ("arrival", "rate"):
                value = percent(value) if options.get("rates_as_numbers") else value
            cells.append(value)
        grid.append(cells)
    sums = [money(content["total"][key], options) for key in ("annual", "arrived", "executed")]
    grid.append(["合计", LEFT, None, *sums, content["total"]["arrival"], content["total"]["rate"], None])
    lines = [(f"（{content['year']}年度）", "center"), (f"主管部门：{content['department']}", "left")]
    lines.append((f"单位：{options.get('money_unit', '万元')}", "right"))
    title = f"{content['department']}{content['year']}年度项目安排一览表"
    return Page(title, lines, grid, [8.0, 26.0, 26.0, 14.0, 14.0, 14.0, 10.0, 10.0, 14.0])


def account_pages(facts: Facts, tables: list[str]) -> list[tuple[str, Page]]:
    """Return public tables of the final account (部门决算公开表) from the transcribed facts."""
    account, found = facts["final_account"], []
    for spec in facts["form_cells"]["final_account"]["sheets"]:
        if spec["sheet"] not in tables:
            continue
        rows = [row for row in account["rows"] if row["table"] == spec["sheet"]]
        compiler = account["compiling_unit_printed"][spec["sheet"]]
        lines = [(f"{spec['sheet']}表", "right")]
        lines.append((f"编制单位：{compiler}　{account['year']}年度　{spec['money_unit']}", "left"))
        grid = [*spec["header"], *account_body(spec, rows)]
        page = Page(spec["title"], lines, grid, spec["widths"], len(spec["header"]) - 1, spec["notes"])
        found.append((spec["sheet"], page))
    return found


def account_figures(facts: Facts, tables: list[str]) -> list[list[str]]:
    """Return every printed figure of the tables: table, code, name, number of the column (where printed), figure."""
    sheets = facts["form_cells"]["final_account"]["sheets"]
    numbered = {spec["sheet"]: {cell for cell in spec["header"][-1] if cell} for spec in sheets}
    return [
        [
            row["table"],
            row["row_code"] or "",
            row["row_name"],
            row["column_no"] if row["column_no"] in numbered[row["table"]] else "",
            amount_text(row["value"], ""),
        ]
        for row in facts["final_account"]["rows"]
        if row["table"] in tables and row["value"] is not None
    ]
