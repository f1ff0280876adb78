"""Write the small made-up data under data/sample: for tests, the README and a first run.

    python data/making/make_sample.py            rewrite data/sample (README.md is written by hand)
    python data/making/make_sample.py --check    list the files that differ from what would be made (exit 1)

Everything is invented; the content stands in sample_content.yaml.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from form_files import write_report, write_self_form, write_whole_report
from form_layouts import Indicator, SelfForm, WordTable, completion_grid, scoring_table
from make_source import differences, write_manifest

DATA = Path(__file__).resolve().parents[1]
SAMPLE = DATA / "sample"
CONTENT = Path(__file__).with_name("sample_content.yaml")
REPORT = Path(__file__).with_name("sample_report.yaml")
README = "README.md"
MADE_UP = "示例数据，纯属虚构"
YEARS = (2023, 2024)

Content = dict[str, Any]

OUTPUT, BENEFIT, SATISFACTION = "产出指标", "效益指标", "满意度指标"
LEVEL1 = {
    "数量指标": OUTPUT,
    "质量指标": OUTPUT,
    "时效指标": OUTPUT,
    "成本指标": OUTPUT,
    "社会效益指标": BENEFIT,
    "可持续影响指标": BENEFIT,
    "服务对象满意度指标": SATISFACTION,
}
LEVEL1_WEIGHTS = {OUTPUT: 50, BENEFIT: 30, SATISFACTION: 10}


def self_form(project: Content, year: int) -> SelfForm:
    """The made-up self-evaluation form of a project in a year."""
    budget, executed, rate, execution_score = project["money"][year]
    indicators = []
    for row in project["indicators"]:
        weight, target, actual, score, reason = row[year]
        level1 = LEVEL1[row["level2"]]
        indicators.append(
            Indicator(
                level1, LEVEL1_WEIGHTS[level1], row["level2"], None, row["name"], weight, score, target, actual, reason
            )
        )
    total = round(execution_score + sum(item.score or 0 for item in indicators), 2)
    return SelfForm(
        year=year,
        project=project["name"],
        department=project["department"],
        unit=project["unit"],
        funds=[[budget, budget, executed], [budget, budget, executed], [0, 0, 0], [None, None, None]],
        execution=Indicator("预算执行率", 10, None, None, "预算执行率", 10, execution_score),
        execution_rate=rate,
        goal=f"{MADE_UP}：完成年度任务",
        outcome=f"{MADE_UP}：任务已完成",
        indicators=indicators,
        total_weight=100,
        total_score=total,
        page_header=MADE_UP,
    )


def grade_of(score: float) -> str:
    """The grade (等级) of a total."""
    return next(name for name, lowest in (("优", 90), ("良", 80), ("中", 60), ("差", 0)) if score >= lowest)


def write_evaluation(path: Path, project: Content, year: int, rows: list[list[Any]]) -> None:
    """Write a made-up department evaluation (部门评价) as a Word file."""
    indicators = [
        Indicator(l1, w1, l2, w2, name, weight, score, target, actual, standard=standard)
        for l1, w1, l2, w2, name, weight, score, target, actual, standard in rows
    ]
    budget, executed, rate, _ = project["money"][year]
    total = round(sum(item.score or 0 for item in indicators), 2)
    grade = grade_of(total)
    pairs = {
        "项目名称": project["name"],
        "主管部门": project["department"],
        "实施单位": project["unit"],
        "评价年度": f"{year}年度",
        "评价类型": "部门评价",
        "指标数量": f"三级指标{len(rows)}个",
        "评价总分": f"{total:g}",
        "评价等级": grade,
    }
    header: list[Any] = ["项目资金（万元）", "预算资金", "实际到位资金", "实际支出资金", "资金到位率", "预算执行率"]
    funds: list[Any] = ["合计", f"{budget:g}", f"{budget:g}", f"{executed:g}", "100%", rate]
    boxes = " ".join(f"{name}{'☑' if name == grade else '□'}" for name in "优良中差")
    tables = [
        WordTable("基本情况", [list(pair) for pair in pairs.items()], [20, 80], (1,), header_rows=0),
        WordTable("项目资金", [header, funds], [20, 16, 16, 16, 16, 16]),
        scoring_table(indicators, (100, total), boxes, decimals=2),
        WordTable("指标完成情况", completion_grid(indicators), [38, 20, 42], (0, 2)),
    ]
    write_report(path, f"{project['name']}绩效评价报告（评分表与资金摘录）", tables, note=MADE_UP)


def write_whole(path: Path, report: Content, rows: list[list[Any]]) -> None:
    """Write the made-up report that has every section and kind of sentence; its scores stand in text and table."""
    indicators = [
        Indicator(l1, w1, l2, w2, name, weight, score, target, actual, standard=standard)
        for l1, w1, l2, w2, name, weight, score, target, actual, standard in rows
    ]
    total = round(sum(item.score or 0 for item in indicators), 2)
    boxes = " ".join(f"{name}{'☑' if name == grade_of(total) else '□'}" for name in "优良中差")
    table = scoring_table(indicators, (100, total), boxes, decimals=2)
    completion = WordTable("指标完成情况", completion_grid(indicators), [38, 20, 42], (0, 2))
    write_whole_report(path, report["title"], report["lines"], [table, completion])


def build(target: Path) -> None:
    """Write every made-up form and the manifest under ``target``."""
    content = yaml.safe_load(CONTENT.read_text(encoding="utf-8"))
    whole = yaml.safe_load(REPORT.read_text(encoding="utf-8"))
    evaluations = {(entry["project"], entry["year"]): entry["rows"] for entry in content["evaluations"]}
    entries = []
    for year in YEARS:
        for project in content["projects"]:
            entry = {"publisher": project["department"], "year": year, "facts": [MADE_UP]}
            file = f"{year}/{project['name']}_项目支出绩效自评表.xlsx"
            write_self_form(target / file, self_form(project, year))
            title = f"{project['name']}支出绩效自评表（{year}年度）"
            entries.append({**entry, "file": file, "title": title, "evaluation": "self"})
            rows = evaluations.get((project["name"], year))
            if rows:
                file = f"{year}/{project['name']}_部门评价报告.docx"
                if (project["name"], year) == (whole["project"], whole["year"]):
                    write_whole(target / file, whole, rows)
                else:
                    write_evaluation(target / file, project, year, rows)
                title = f"{project['name']}部门评价报告（{year}年度）"
                entries.append({**entry, "file": file, "title": title, "evaluation": "department"})
    write_manifest(target, entries)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare data/sample with what would be made")
    options = parser.parse_args(arguments)
    if not options.check:
        build(SAMPLE)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        changed = differences(Path(folder), SAMPLE, ignored=[README])
    print("\n".join(changed) or "data/sample is up to date")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
