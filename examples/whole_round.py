"""A whole round on the made-up province (一整轮): forms in, reminders, problems out, answers, a correction, next year.

Run it with an empty folder: ``python examples/whole_round.py 目录``. Every step is a command of docs/guide.md; what the
units do in between (fill a workbook in, correct a form) is done here as they would.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl

import jixiao
from jixiao.core.vocabulary import label

PROVINCE = ("--departments", "4", "--years", "2023:2024", "--projects", "12", "--seed", "7", "--forms")
UNITS = ("示例省水利厅", "示例省教育厅", "示例省卫生健康厅")
"""Who gets a notice: the first is returned, the second corrects a form, the third never answers."""
LATE = "示例省候车设施改造项目"
"""The form that has not come."""
CORRECTED = "示例省困难学生资助项目"
SEVERITIES = [part for name in ("error", "warning", "question") for part in ("--severity", name)]
Run = Callable[..., str]


@dataclass(frozen=True)
class Step:
    """One step: what it is called, and what its command printed."""

    name: str
    said: str


def walk(folder: Path, run: Run, *, setting: Callable[[str, str], None]) -> Iterator[Step]:
    """Go the whole round in a folder.

    Args:
        folder: Empty; it becomes the workbench.
        run: Runs ``jixiao`` with arguments in the folder and returns what it printed.
        setting: Sets an environment variable; the day of each step is one.
    """
    source, out = folder / "data" / "source", folder / "整改通知"
    (source / "2023").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    setting("JIXIAO_TODAY", "2024-03-01")
    yield Step("province", run("sample", "--out", folder / "示例省", *PROVINCE))
    forms = folder / "示例省" / "forms"
    for path in sorted((forms / "2023").glob("*.xlsx")):
        if LATE not in path.name:  # one department has not sent a form
            shutil.copy(path, source / "2023")
    register(folder / "示例省", folder / "data" / "register")
    yield Step("forms in", run("build"))
    yield Step("reminders", run("remind", "--year", "2023", "--out", folder / "催报"))
    yield Step("collect", run("issues", "collect", "--year", "2023", *SEVERITIES))
    named = [part for unit in UNITS for part in ("--unit", unit)]
    yield Step("send", run("issues", "send", "--year", "2023", "--due", "2024-03-31", "--out", out, *named))
    yield Step("proofs asked", run("evidence", "send", "--year", "2023", "--out", folder / "佐证清单", *named[:2]))

    setting("JIXIAO_TODAY", "2024-03-20")
    yield Step("proofs in", run("evidence", "receive", attach(folder / "佐证清单", UNITS[0])))
    yield Step("proofs", run("evidence", "list"))
    answered = [fill(out, unit) for unit in UNITS[:2]]
    yield Step("receive", run("issues", "receive", *answered))
    correct(source / "2023")
    yield Step("corrected form", run("build"))
    yield Step("changes", run("resubmitted"))
    yield Step("settled", run("issues", "collect", "--year", "2023", *SEVERITIES))
    back = ids_in(answered[0])[0]
    yield Step(
        "return", run("issues", "return", back, "--reason", "没有附佐证", "--due", "2024-04-20", "--by", "评价科")
    )

    setting("JIXIAO_TODAY", "2024-04-08")
    yield Step("overdue", run("issues", "list", "--state", "逾期"))
    yield Step("meeting", run("issues", "summary", "--year", "2023", "--out", folder / "整改情况汇总.docx"))
    yield Step("check", run("issues", "check"))

    setting("JIXIAO_TODAY", "2025-03-01")
    shutil.copytree(forms / "2024", source / "2024")
    yield Step("next year", run("build"))
    yield Step("linked", run("issues", "collect", "--year", "2024", *SEVERITIES))
    yield Step("list", run("issues", "list", "--year", "2024"))


def register(province: Path, folder: Path) -> None:
    """Write the projects that must be evaluated, as the bureau does: every project of the year, sent or not."""
    frames = jixiao.evaluate(province).frames
    names = ["project", "department", "unit"]
    mine = frames.projects[frames.projects["year"] == 2023].drop_duplicates("project_id")[["project_id", *names]]
    of_self = (frames.budgets["year"] == 2023) & (frames.budgets["fund"] == "total")
    money = frames.budgets[of_self & (frames.budgets["evaluation"] == "self")][["project_id", "annual_budget_wan"]]
    rows = mine.merge(money, on="project_id", validate="1:1")
    folder.mkdir()
    shown = rows[[*names, "annual_budget_wan"]].rename(columns=label)
    shown.to_csv(folder / "2023.csv", index=False, encoding="utf-8-sig")


def fill(out: Path, unit: str) -> Path:
    """Fill a notice in, as the unit does: every problem but the last is answered."""
    (path,) = out.glob(f"{unit}*.xlsx")
    whole = openpyxl.load_workbook(path)
    sheet = whole.active
    heads = {sheet.cell(4, column).value: column for column in range(1, sheet.max_column + 1)}
    for row in range(5, sheet.max_row):
        sheet.cell(row, heads["整改反馈内容"]).value = "已核对并按要求整改"
        sheet.cell(row, heads["整改情况"]).value = "已整改"
    target = path.with_name(f"回_{path.name}")
    whole.save(target)
    return target


def attach(out: Path, unit: str) -> Path:
    """Fill a list of proofs in, as the unit does: one file comes along, another is only named."""
    (path,) = out.glob(f"{unit}*.xlsx")
    whole = openpyxl.load_workbook(path)
    sheet = whole.active
    heads = {sheet.cell(4, column).value: column for column in range(1, sheet.max_column + 1)}
    (out / "验收单.txt").write_text("验收合格", encoding="utf-8")
    for row, name in ((5, "验收单.txt"), (6, "合同.pdf")):
        sheet.cell(row, heads["佐证材料"]).value = name
    target = path.with_name(f"回_{path.name}")
    whole.save(target)
    return target


def ids_in(path: Path) -> list[str]:
    """Return the ids of the problems of a notice, in its order."""
    sheet = openpyxl.load_workbook(path).active
    return [str(sheet.cell(row, sheet.max_column).value) for row in range(5, sheet.max_row + 1)]


def correct(folder: Path) -> None:
    """Send the form of a unit once more, corrected: full points for a target that was missed are taken back."""
    (path,) = folder.glob(f"{CORRECTED}*自评表.xlsx")
    whole = openpyxl.load_workbook(path, data_only=True)  # openpyxl keeps no results of formulas, as Excel does
    sheet = whole.active
    sheet["H29"] = 8.66
    sheet["I29"] = "问卷回收时部分学生已毕业，下年度提前发放"
    sheet["H30"] = 92.14
    whole.save(path.with_name(f"{path.stem}（更正）.xlsx"))


def main() -> None:
    """Go the round in the folder that is named and print what every step says."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)

    def run(*arguments: object) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "jixiao", *map(str, arguments)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return f"$ jixiao {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}"

    os.environ["JIXIAO_HOME"] = str(folder)
    for step in walk(folder, run, setting=os.environ.__setitem__):
        print(step.said)


if __name__ == "__main__":
    main()
