"""Write made-up forms as files (示例表格): form 1 through ``forms``, scoring tables as workbooks of four sheets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.core.files import write_safely
from jixiao.core.frames import Frames
from jixiao.core.vocabulary import word
from jixiao.publish.forms import write_forms
from jixiao.sample.catalogue import declared
from jixiao.show.workbook import Styles

_WIDTHS = {
    "about": (16, 50),
    "funds": (20, 14, 14, 14, 12, 12),
    "scores": (14, 18, 8, 26, 8, 40, 10),
    "achieved": (26, 20, 30, 10),
}
_PORTION = 40
"""Projects written at a time: taking one form out of the frames costs as much as the frames are long."""


def write_papers(frames: Frames, folder: Path) -> int:
    """Write every form of frames into a folder per year (写出示例表格).

    Returns:
        The number of written files.
    """
    count = 0
    for portion in _portions(frames):
        year = int(portion.evaluations["year"].iloc[0])
        target = folder / str(year)
        target.mkdir(parents=True, exist_ok=True)
        if (portion.evaluations["evaluation"] == "self").any():
            count += len(write_forms(portion, target))
        reviews = portion.evaluations[portion.evaluations["evaluation"] != "self"]
        for head in reviews.to_dict("records"):
            _write_table(portion, head, folder / head["source_file"])
            count += 1
    return count


def _portions(frames: Frames) -> Iterator[Frames]:
    """Divide frames by years and projects into small ones."""
    parts: dict[str, dict[int, pd.DataFrame]] = {}
    named = frames.evaluations[["year", "project_id"]].drop_duplicates()
    number = named.groupby("year").cumcount() // _PORTION
    keys = named.assign(portion=number + 1_000_000 * (named["year"] - named["year"].min()))
    listed = ("evaluations", "budgets", "indicators", "headings")
    for name in listed:
        merged = getattr(frames, name).merge(keys, on=["year", "project_id"], validate="m:1")
        parts[name] = {int(at): part.drop(columns="portion") for at, part in merged.groupby("portion")}
    for at in parts["evaluations"]:
        found = {name: frame.iloc[:0] for name, frame in frames.items()}
        found |= {name: parts[name].get(at, found[name]) for name in listed}
        yield Frames(**found)


def _write_table(frames: Frames, head: dict[str, Any], path: Path) -> None:
    """Write one scoring table (评分表) as a workbook."""
    import xlsxwriter

    declaration = declared()["scoring_table"]
    sheets = declaration["sheets"]
    rows = {name: _rows(getattr(frames, name), head) for name in ("budgets", "indicators", "headings")}

    def paint(target: Path) -> None:
        with xlsxwriter.Workbook(str(target), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            styles = Styles(book)
            looks = {
                "title": styles.of("bold", "centred", font_size=14),
                "label": styles.of("bold", "framed", "centred", "wrapped"),
                "cell": styles.of("framed", "wrapped", "middle"),
                "rate": styles.of("framed", "rate"),
            }
            for key, lines in _sheets(head, rows, declaration).items():
                sheet = book.add_worksheet(sheets[key])
                for column, width in enumerate(_WIDTHS[key]):
                    sheet.set_column(column, column, width)
                title = declaration["about_title"] if key == "about" else sheets[key]
                sheet.merge_range(0, 0, 0, len(_WIDTHS[key]) - 1, title, looks["title"])
                for at, line in enumerate(lines, 1):
                    for column, value in enumerate(line):
                        is_label = (column == 0) if key == "about" else at == 1
                        sheet.write(at, column, value, looks["label" if is_label else "cell"])

    write_safely(path, paint)


def _sheets(
    head: dict[str, Any], rows: dict[str, list[dict[str, Any]]], declaration: dict[str, Any]
) -> dict[str, list[list[Any]]]:
    """Return the lines of every sheet below its title."""
    (fund,) = rows["budgets"]
    about = [
        *(head["project"], head["department"], head["unit"], declaration["year"].format(year=head["year"])),
        *(word("evaluation", head["evaluation"]), head["total_reported"], head["grade_reported"]),
    ]
    money = [fund["annual_budget_wan"], fund["arrived_wan"], fund["executed_wan"]]
    weights = {(row["parent"], row["heading"]): row["heading_weight"] for row in rows["headings"]}
    scores: list[list[Any]] = [declaration["scores"]]
    before = ("", "")
    for row in rows["indicators"]:
        first, second = row["category"], row["subcategory"]
        label = (
            declaration["heading"].format(name=first, weight=f"{weights['', first]:g}") if first != before[0] else ""
        )
        is_new = (first, second) != before
        before = (first, second)
        shown = [second, weights[first, second]] if is_new else ["", ""]
        scores.append([label, *shown, row["indicator"], row["weight"], row["scoring_standard"], row["reported_score"]])
    closing = declaration["closing"]
    scores.append([closing["total"], "", "", "", "", "", head["total_reported"]])
    scores.append([closing["grade"], head["grade_reported"]])
    achieved = [[row["indicator"], row["target_text"], row["actual_text"], ""] for row in rows["indicators"]]
    return {
        "about": [list(pair) for pair in zip(declaration["about"], about, strict=True)],
        "funds": [
            declaration["funds"],
            [declaration["fund"], *money, fund["arrival_rate_text"], fund["execution_rate_text"]],
        ],
        "scores": scores,
        "achieved": [declaration["achieved"], *achieved],
    }


def _rows(frame: pd.DataFrame, head: dict[str, Any]) -> list[dict[str, Any]]:
    mine = (frame["project_id"] == head["project_id"]) & (frame["evaluation"] == head["evaluation"])
    return frame[mine & (frame["year"] == head["year"])].to_dict("records")
