"""Read 1,000 self-evaluation forms (.xlsx) with jixiao and with the libraries people use, in one run.

    python benchmarks/read.py [--files 1000] [--keep DIR]

Prints for each way the files per CPU second, its time as a multiple of calamine's, and its peak memory; each way runs
in a process of its own. The forms are written first, each with other names, targets, values and points.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

BASELINE = "calamine"
ROWS = 25


def write_files(folder: Path, count: int, seed: int = 1) -> None:
    """Write the forms: the official layout, every indicator another text and number."""
    import xlsxwriter

    rng = random.Random(seed)
    categories = [
        ("产出指标", "数量指标"),
        ("产出指标", "质量指标"),
        ("效益指标", "社会效益指标"),
        ("满意度指标", "服务对象满意度指标"),
    ]
    for number in range(count):
        with xlsxwriter.Workbook(str(folder / f"{number:05d}.xlsx"), {"strings_to_formulas": False}) as book:
            percent, border = book.add_format({"num_format": "0.00%", "border": 1}), book.add_format({"border": 1})
            sheet = book.add_worksheet("自评表")
            sheet.merge_range("A1:I1", "项目支出绩效自评表", border)
            sheet.merge_range("A2:I2", "（2023年度）", border)
            sheet.write_row("A3", ["项目名称", f"示例项目{number}", "", "", "", "", "", "", ""], border)
            sheet.write_row(
                "A4", ["主管部门", f"示例局{number % 60}", "", "", "", "实施单位", f"示例中心{number}", "", ""], border
            )
            header = ["项目资金（万元）", "", "", "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"]
            sheet.write_row("A5", header, border)
            budget = rng.randint(100, 90_000) / 100
            executed = round(budget * rng.uniform(0.6, 1), 2)
            sheet.write_row("A6", ["", "", "年度资金总额", budget, budget, executed, 10], border)
            sheet.write_number("H6", executed / budget, percent)
            sheet.write_number("I6", round(10 * executed / budget, 2), border)
            sheet.write_row("A7", ["", "", "其中：当年财政拨款", budget, budget, executed, "—", "", "—"], border)
            sheet.merge_range("A8:A9", "年度总体目标", border)
            sheet.merge_range("B8:E8", "预期目标", border)
            sheet.merge_range("F8:I8", "实际完成情况", border)
            sheet.merge_range("B9:E9", f"完成第{number}号任务。", border)
            sheet.merge_range("F9:I9", f"第{number}号任务已完成。", border)
            sheet.write_row(
                "A10",
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
                ],
                border,
            )
            for row in range(ROWS):
                level_1, level_2 = categories[row * len(categories) // ROWS]
                target, name = rng.randint(10, 9_999), f"第{rng.randint(1, 10**6)}项服务人数"
                actual = rng.randint(target // 2, target * 2)
                points = round(min(1.0, actual / target) * 3.6, 2)
                cells = ["", level_1, level_2, name, f"≥{target}人", f"{actual}人", 3.6, points, ""]
                sheet.write_row(10 + row, 0, cells, border)
            sheet.write_row(10 + ROWS, 0, ["总分", "", "", "", "", "", 100, round(rng.uniform(60, 100), 2), ""], border)


def with_calamine(files: list[Path]) -> None:
    from python_calamine import CalamineWorkbook

    for path in files:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def with_pandas_calamine(files: list[Path]) -> None:
    import pandas as pd

    for path in files:
        pd.read_excel(path, engine="calamine", header=None, sheet_name=None)


def with_openpyxl_read_only(files: list[Path]) -> None:
    import openpyxl

    for path in files:
        for sheet in openpyxl.load_workbook(path, read_only=True, data_only=True):
            list(sheet.iter_rows(values_only=True))


def with_openpyxl(files: list[Path]) -> None:
    import openpyxl

    for path in files:
        for sheet in openpyxl.load_workbook(path, data_only=True):
            list(sheet.iter_rows(values_only=True))


def with_pandas_openpyxl(files: list[Path]) -> None:
    import pandas as pd

    for path in files:
        pd.read_excel(path, engine="openpyxl", header=None, sheet_name=None)


def with_grids(files: list[Path]) -> None:
    from jixiao.reading.files import read_grids

    for path in files:
        read_grids(path, path.name)


def with_jixiao(files: list[Path]) -> None:
    from jixiao.reading.forms.sources import read_file

    for path in files:
        (reading,) = read_file(path)
        assert sum(record.block == "indicators" for record in reading.records) == ROWS


def with_frames(files: list[Path]) -> None:
    from jixiao.reading.forms.sources import read_file
    from jixiao.reading.tidy.make_frames import make_frames

    make_frames([reading for path in files for reading in read_file(path)])


WAYS: dict[str, tuple[str, Callable[[list[Path]], None]]] = {
    "calamine": ("calamine，只解析单元格", with_calamine),
    "grids": ("jixiao 网格：先检查压缩包，再解析，含合并与百分比", with_grids),
    "jixiao": ("jixiao 网格＋识别为记录", with_jixiao),
    "frames": ("jixiao 网格＋识别＋数值＋数据表", with_frames),
    "pandas_calamine": ("pandas（calamine），无合并", with_pandas_calamine),
    "openpyxl_read_only": ("openpyxl 只读，无合并", with_openpyxl_read_only),
    "pandas_openpyxl": ("pandas（openpyxl），无合并", with_pandas_openpyxl),
    "openpyxl": ("openpyxl", with_openpyxl),
}


def measure(way: str, folder: Path) -> None:
    """Run one way in this process and print its CPU time and peak memory."""
    files = sorted(folder.glob("*.xlsx"))
    read = WAYS[way][1]
    read(files[:5])  # imports and caches are not what is compared
    start = time.process_time()
    read(files)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak": peak, "files": len(files)}))


def report(results: dict[str, dict[str, float]]) -> Iterable[str]:
    """Lines of the table, and of what the recogniser costs."""
    base = results[BASELINE]["seconds"]
    yield f"{'方式':<40}{'份/CPU秒':>10}{'×calamine':>12}{'峰值内存MB':>12}"
    for way, result in results.items():
        rate = result["files"] / result["seconds"]
        yield f"{WAYS[way][0]:<40}{rate:>10,.0f}{result['seconds'] / base:>12.2f}{result['peak']:>12.0f}"
    recognise = results["jixiao"]["seconds"] - results["grids"]["seconds"]
    each = recognise / results["jixiao"]["files"] * 1000
    yield f"识别器（记录－网格）＝{recognise / base:.2f} × calamine；每份{each:.2f}毫秒"
    line = {way: round(result["seconds"] / base, 3) for way, result in results.items()}
    machine = f"{platform.machine()} Python {platform.python_version()}"
    yield json.dumps({"benchmark": "read", "date": f"{date.today()}", "machine": machine, "ratios": line})


PAGES = 60
"""Pages of the whole report that is read."""


def write_report(path: Path) -> None:
    """Write a made-up evaluation report of some sixty pages as a Word document."""
    import docx

    document = docx.Document()
    document.add_paragraph("示例县公共服务提升项目2023年度绩效评价报告")
    body = "经核查，项目单位按照批复的方案组织实施，资料齐全，资金使用符合规定，验收手续完整，受益群众反映良好。" * 8
    for number, chapter in enumerate(("基本情况", "绩效评价工作开展情况", "综合评价情况及评价结论"), 1):
        document.add_paragraph(f"{'一二三'[number - 1]}、{chapter}")
        for part in range(1, 25):
            document.add_paragraph(f"{part}.第{part}项")
            document.add_paragraph(
                f"项目预算资金{part * 100}万元，实际到位{part * 100}万元，实际支出{part * 90}万元。" + body
            )
    document.add_paragraph("四、绩效评价指标分析")
    for part in range(1, 101):
        document.add_paragraph(f"{part}.第{part}项服务完成率（1分）")
        document.add_paragraph(f"{body}根据评分标准，该指标得{'0.5' if part % 7 == 0 else '1'}分。")
    document.add_paragraph("五、存在的问题")
    for part in range(1, 11):
        document.add_paragraph(f"{part}.第{part}个方面有待加强")
        document.add_paragraph(body)
    document.save(str(path))


def report_seconds(folder: Path) -> Iterable[str]:
    """Lines that tell what a whole report costs: as a Word document, and as PDF where LibreOffice is installed."""
    from jixiao.reading.documents.whole_reports import read_source

    path = folder / "report.docx"
    write_report(path)
    files = [path]
    program = shutil.which("soffice")
    if program:
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(path)]
        subprocess.run(command, check=True, capture_output=True)
        files.append(folder / "report.pdf")
    for file in files:
        read_source(file)  # imports and caches are not what is measured
        start = time.process_time()
        readings = read_source(file)
        seconds = time.process_time() - start
        passages = sum(record.block == "passages" for record in readings[-1].records)
        yield f"整份报告（约{PAGES}页，{passages}段）{file.suffix}：{seconds:.2f} CPU秒"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--keep", type=Path, help="folder of the forms; made and removed when not given")
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.way:
        measure(chosen.way, chosen.keep)
        return
    with tempfile.TemporaryDirectory() as made:
        folder = chosen.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        write_files(folder, chosen.files)
        results = {}
        for way in WAYS:
            command = [sys.executable, __file__, "--way", way, "--keep", str(folder)]
            results[way] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print("\n".join(report(results)))
        print("\n".join(report_seconds(folder)))


if __name__ == "__main__":
    main()
