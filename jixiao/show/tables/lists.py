"""The tables of evaluations, money and findings (展示表)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import pandas as pd

from jixiao.analysis.summary import summarise_departments, summarise_evaluations, summarise_execution
from jixiao.core.frames import EVALUATION_KEY
from jixiao.core.results import Results
from jixiao.core.vocabulary import columns, label, reading_words, word
from jixiao.core.writing import points_text, value_text
from jixiao.scoring.frameworks import load_framework, methods
from jixiao.show.markup import PIECES, fill

_NUMBER = re.compile(r"[-－]?[\d,]+(?:\.\d+)?%?|—|")


def _kind(column: pd.Series) -> str:
    """Say how a column is set: numbers to the right, names to the left, long texts with room to wrap."""
    if column.ne("").any() and all(_NUMBER.fullmatch(text) for text in column.unique()):
        return "number"
    return "words" if column.str.len().max() > 12 else "short"


class Table:
    """A labelled table ready to be read: Chinese headers, numbers as texts.

    In a notebook it shows as HTML with every text escaped; as text it prints one row per line, which the checked cells
    compare. ``note`` stands below it.
    """

    def __init__(self, frame: pd.DataFrame, *, narrow: bool = False, note: str = "") -> None:
        self.frame = frame
        self.narrow = narrow
        self.note = note

    def _repr_html_(self) -> str:
        kinds = [_kind(self.frame[name]) for name in self.frame]
        return fill(
            PIECES,
            "table.html",
            style="jixiao narrow" if self.narrow else "jixiao",
            names=list(self.frame),
            kinds=kinds,
            rows=self.frame.itertuples(index=False, name=None),
            nothing=label("nothing"),
            note=self.note,
        )

    def __repr__(self) -> str:
        lines = [" | ".join(self.frame.columns)]
        lines += [" | ".join(values) for values in self.frame.itertuples(index=False, name=None)]
        return "\n".join([*lines, *([self.note] if self.note else [])])


def with_names(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of which those without a project's name show the name of their file (未写项目名称的表)."""
    if "project" not in frame or "source_file" not in frame or not frame["project"].eq("").any():
        return frame
    names = [reading_words()["nameless_project"].format(file=PurePath(str(file)).name) for file in frame["source_file"]]
    return frame.assign(project=frame["project"].where(frame["project"].ne(""), pd.Series(names, frame.index)))


def make_table(frame: pd.DataFrame, chosen: list[str], extra: Mapping[str, list[str]] | None = None) -> Table:
    """Make a table of the chosen columns; ``extra`` adds ready columns under their own headers at the end."""
    frame = with_names(frame)
    written = {
        label(column, measured=columns()[column]["type"] == "money"): [
            value_text(column, value) for value in frame[column]
        ]
        for column in chosen
    }
    return Table(pd.DataFrame({**written, **(extra or {})}, dtype="str"))


def _place(frame: pd.DataFrame, cell: str = "source_cell") -> dict[str, list[str]]:
    """Return where each row stands: file, sheet and cell (来源)."""
    parts = zip(frame["source_file"], frame["source_sheet"], frame[cell], strict=True)
    return {label("place"): [f"{file} {sheet}!{address}" for file, sheet, address in parts]}


def _basis(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Return the basis with how far it can be relied on (依据及其性质)."""
    parts = zip(frame["basis"], frame["basis_mark"], strict=True)
    return {label("basis"): [f"〔{word('basis_mark', mark)}〕{text}" for text, mark in parts]}


def show_evaluations(results: Results, *, chosen: pd.DataFrame | None = None) -> Table:
    """Show every evaluation with total, grade, execution rate and findings (评价一览).

    ``chosen`` shows some, in the order of its rows, which have year, project_id and evaluation.
    """
    rows = summarise_evaluations(results)
    if chosen is not None:
        rows = chosen[EVALUATION_KEY].merge(rows, on=EVALUATION_KEY, how="left", validate="1:1")
    return make_table(
        rows,
        [
            "year",
            "department",
            "project",
            "evaluation",
            "total_reported",
            "reported_grade",
            "total",
            "grade",
            "execution_rate",
            "undecided_count",
            "findings",
            "errors",
        ],
    )


def show_facts(chosen: pd.Series) -> Table:
    """Show what one evaluation is about, as two columns (项目概况)."""
    framework = load_framework(chosen["framework"])
    rows = [
        (label(name), value_text(name, chosen[name]) or "—")
        for name in (
            "project",
            "department",
            "unit",
            "year",
            "evaluation",
            "total_reported",
            "grade_reported",
            "total",
            "grade",
            "execution_rate",
            "execution_definition",
            "indicator_count",
            "undecided_count",
        )
    ]
    if chosen["total"] != chosen["total"]:
        low, high = points_text(chosen["total_low"]), points_text(chosen["total_high"])
        rows.append((label("total_range"), f"{low}－{high}" if low != high else low))
    rows += [
        (label("framework"), framework.name),
        (label("basis"), f"〔{word('basis_mark', framework.basis.mark)}〕{framework.basis.text}"),
        (label("source_file"), chosen["source_file"]),
        (label("total_cell"), chosen["total_cell"]),
    ]
    return Table(pd.DataFrame(rows, columns=[label("item"), label("content")], dtype="str"), narrow=True)


def show_funds(budgets: pd.DataFrame) -> Table:
    """Show the funds of one evaluation (项目资金); columns without any figure are left out."""
    money = [
        name
        for name in ("initial_budget_wan", "annual_budget_wan", "arrived_wan", "issued_wan", "executed_wan")
        if budgets[name].notna().any()
    ]
    rates = [name for name in ("arrival_rate_text", "execution_rate_text") if (budgets[name] != "").any()]
    return make_table(budgets, ["fund", *money, *rates], _place(budgets))


def _basis_numbers(scores: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Number the bases of some rows in the order in which they appear."""
    pairs = dict.fromkeys(zip(scores["basis_mark"], scores["basis"], strict=True))
    return {pair: number for number, pair in enumerate(pairs, 1)}


def show_indicators(scores: pd.DataFrame) -> Table:
    """Show the indicator rows of one evaluation with the points of the form and of the rule, explained (指标得分).

    The basis is a number in :func:`show_bases`; the place names the cell of every number of the row.
    """
    named = scores.assign(indicator=scores["indicator"].where(scores["indicator"] != "", scores["subcategory"]))
    numbers = _basis_numbers(scores)
    pairs = zip(scores["basis_mark"], scores["basis"], strict=True)
    return make_table(
        named,
        [
            "category",
            "subcategory",
            "indicator",
            "target_text",
            "actual_text",
            "weight",
            "reported_score",
            "score",
            "score_difference",
            "score_explanation",
        ],
        {
            label("basis"): [f"〔{numbers[pair]}〕" for pair in pairs],
            label("place"): _cells(scores),
        },
    )


def _cells(scores: pd.DataFrame) -> list[str]:
    """Name the cells of each indicator row, sheet by sheet, one line each."""
    cells = reading_words()["cells"]
    texts = [name for column in cells if (name := column.replace("_cell", "_text")) in scores]
    held = {name: scores[name].tolist() for name in ("source_sheet", "achievement_sheet", *cells, *texts)}
    return [_cells_of(dict(zip(held, row, strict=True))) for row in zip(*held.values(), strict=True)]


def _cells_of(row: dict[Any, Any]) -> str:
    lines: dict[str, list[str]] = {}
    for column, name in reading_words()["cells"].items():
        sheet = row["source_sheet"] if column in {"weight_cell", "score_cell"} else row["achievement_sheet"]
        if row[column] and row.get(column.replace("_cell", "_text"), "x"):
            lines.setdefault(sheet, []).append(f"{name}{row[column]}")
    return "\n".join(f"{sheet}：{'、'.join(cells)}" for sheet, cells in lines.items())


def show_bases(scores: pd.DataFrame) -> Table:
    """Show the bases that :func:`show_indicators` numbers (计分依据), with how far each can be relied on."""
    counts = scores.groupby(["basis_mark", "basis"]).size()
    rows = [
        (f"〔{number}〕", word("basis_mark", mark), text, str(counts[mark, text]))
        for (mark, text), number in _basis_numbers(scores).items()
    ]
    names = [label(name) for name in ("number", "basis_mark", "basis", "indicator_count")]
    return Table(pd.DataFrame(rows, columns=names, dtype="str"), narrow=True)


def show_lost_points(scores: pd.DataFrame) -> Table:
    """Show where points were lost or differ from the rule (失分与差异)."""
    lost = scores["reported_score"] < scores["weight"]
    differs = scores["score_difference"].abs() > 0.005
    rows = scores[scores["is_counted"] & (lost | differs)]
    return make_table(
        rows,
        ["indicator", "weight", "reported_score", "score", "score_difference", "deviation_reason", "score_explanation"],
        _place(rows, "score_cell"),
    )


def show_comparison(rows: pd.DataFrame) -> Table:
    """Show self, department and finance evaluation of one project side by side (各类评价对照)."""
    return make_table(
        rows,
        [
            "evaluation",
            "total_reported",
            "reported_grade",
            "total",
            "grade",
            "execution_rate",
            "person_weight",
            "findings",
            "source_file",
        ],
    )


def show_scores_side_by_side(rows: pd.DataFrame) -> Table:
    """Show the printed totals of the evaluations of each project and year side by side (各类评价得分对照)."""
    totals = ["total_self", "total_department", "total_finance", "difference"]
    return make_table(rows, ["year", "department", "project", *totals])


def show_findings(findings: pd.DataFrame) -> Table:
    """Show findings, worst first (问题清单)."""
    return make_table(
        findings,
        ["severity", "title", "year", "project", "evaluation", "indicator", "message", "resolution"],
        {**_basis(findings), **_place(findings)},
    )


def show_passed(passed: pd.DataFrame) -> Table:
    """Show at how many places each check looked and how many passed (核查计数)."""
    return make_table(passed, ["code", "title", "checked", "passed", "findings"])


def show_suppressed(suppressed: pd.DataFrame) -> Table:
    """Show the findings that a person put aside (不予处理的问题), with reason, role and end date."""
    shown = ["severity", "title", "year", "project", "indicator", "message", "reason", "who", "expires"]
    return make_table(suppressed, shown, _place(suppressed))


def show_suppressions(suppressions: pd.DataFrame) -> Table:
    """Show the entries that put findings aside (不予处理登记): which are active, which ended or match nothing."""
    shown = ["suppression_status", "title", "source_file", "project", "indicator", "source_cell"]
    return make_table(suppressions, [*shown, "reason", "who", "expires", "findings"])


def show_execution(results: Results) -> Table:
    """Show money and execution rate of every project (预算执行情况), lowest rate first."""
    rows = summarise_execution(results).sort_values(["execution_rate", "project"], na_position="last")
    return make_table(
        rows,
        ["year", "department", "unit", "project", "annual_budget_wan", "executed_wan", "execution_rate"],
        _place(rows),
    )


def show_departments(results: Results) -> Table:
    """Show every department and year with its sums (部门汇总)."""
    return make_table(
        summarise_departments(results),
        [
            "year",
            "department",
            "projects",
            "evaluations",
            "annual_budget_wan",
            "executed_wan",
            "execution_rate",
            "findings",
            "errors",
        ],
    )


def show_sources(results: Results, *, most: int | None = None) -> Table:
    """Show every form that arrived, how surely it was recognised and how many rows it gave (表格识别情况).

    ``most`` shows the first forms only.
    """
    columns = ("source_file", "source_sheet", "form", "family", "year", "evaluation", "sureness")
    counts = ("record_count", "indicator_count", "skipped_count", "guess_count", "state", "note")
    ingest = results.frames.ingest
    return make_table(ingest if most is None else ingest.head(most), [*columns, *counts])


def show_guesses(frame: pd.DataFrame) -> Table:
    """Show cells that were read with an assumption or skipped, each with its place and reason (推断与未读)."""
    return make_table(frame, ["text", "reason"], _place(frame))


def show_methods(scores: pd.DataFrame) -> Table:
    """Show which methods scored how many rows (评分方法使用情况)."""
    counts = scores[scores["is_counted"]].groupby(["method", "decided_by"]).size().reset_index(name="indicator_count")
    names: Callable[[str], str] = lambda name: methods()[name].name  # noqa: E731
    return make_table(counts.assign(method=counts["method"].map(names)), ["method", "decided_by", "indicator_count"])
