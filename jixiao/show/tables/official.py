"""Tables in the look of an official print (正式表格): title, groups, totals and notes, by great-tables."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from jixiao.analysis.summary import select_rows, summarise_departments
from jixiao.core.harmless import harmless
from jixiao.core.results import Results
from jixiao.core.vocabulary import label, vocabulary, word
from jixiao.core.writing import points_text, value_text
from jixiao.scoring.frameworks import load_framework
from jixiao.show.figure import FONT
from jixiao.show.tables.lists import Table, make_table

_NUMBERS = ("weight", "reported_score", "score")


class OfficialTable(Table):
    """A table with a title, groups of rows, a sum and notes; shows as HTML in a notebook, prints as text."""

    def __init__(
        self, frame: pd.DataFrame, *, title: str, subtitle: str = "", group: str = "", notes: Sequence[str] = ()
    ) -> None:
        super().__init__(frame)
        self.title, self.subtitle, self.group, self.notes = title, subtitle, group, tuple(notes)

    def to_html(self) -> str:
        """Return the table with its own style; every text of the data is escaped and nothing is loaded."""
        from great_tables import GT, loc, style

        frame = self.frame.reset_index(drop=True).map(
            lambda value: harmless(value) if isinstance(value, str) else value
        )
        table = GT(frame, groupname_col=self.group or None, id="jixiao-official")
        table = table.tab_header(title=self.title, subtitle=self.subtitle or None)
        for note in self.notes:
            table = table.tab_source_note(escape(note))  # notes are read as markdown
        numbers = [name for name in frame if name != self.group and _is_number(frame[name])]
        table = table.cols_align("left").cols_align("right", columns=numbers) if numbers else table.cols_align("left")
        table = table.tab_style(style.text(weight="bold"), loc.column_labels())
        sums = [row for row, text in enumerate(frame.iloc[:, 0]) if text == _words()["total"]]
        if sums:
            table = table.tab_style(style.text(weight="bold"), loc.body(rows=sums))
        table = table.tab_options(
            table_font_names=[name.strip('"') for name in FONT.split(",")],
            table_width="100%",
            table_font_size="13px",
            heading_title_font_size="18px",
            heading_title_font_weight="bold",
            column_labels_background_color="#EEF2F6",
            row_group_background_color="#F7F9FA",
            row_group_font_weight="bold",
            table_body_hlines_color="#C9CED6",
            table_body_vlines_style="solid",
            table_body_vlines_color="#C9CED6",
        )
        return str(table.as_raw_html())

    def _repr_html_(self) -> str:
        return self.to_html()


def _words() -> dict[str, Any]:
    return dict(vocabulary()["official_tables"])


def _is_number(values: pd.Series) -> bool:
    """Say whether a column of written values holds numbers."""
    plain = values.str.replace(r"[,%\s—+-]", "", regex=True)
    known = plain[plain != ""]
    return bool(len(known)) and bool(known.str.fullmatch(r"\d+(\.\d+)?").all())


def official(
    table: Table, *, title: str, subtitle: str = "", group: str = "", notes: Sequence[str] = ()
) -> OfficialTable:
    """Return a table in the look of an official print (正式表格).

    Args:
        table: Any table of jixiao.
        title: What stands above it.
        subtitle: Such as the year and the unit.
        group: The header of the column whose equal values become headings of groups.
        notes: Lines below it, such as where the data are from.

    Example:
        >>> from jixiao.show.tables.lists import show_departments
        >>> import jixiao
        >>> shown = show_departments(jixiao.evaluate("data/sample"))
        >>> official(shown, title="部门汇总", group="年度").to_html().count("gt_group_heading_row")
        2
    """
    return OfficialTable(table.frame, title=title, subtitle=subtitle, group=group, notes=notes)


def official_scores(results: Results, chosen: pd.Series) -> OfficialTable:
    """Return the scoring table of one evaluation (评分表、自评表), by level-1 indicator, with the sum and the grade.

    Args:
        results: What there is.
        chosen: From :func:`jixiao.analysis.summary.choose_evaluation`.

    Example:
        >>> import jixiao
        >>> results = jixiao.evaluate("data/sample")
        >>> official_scores(results, results.totals.iloc[0]).frame.iloc[-1].tolist()[-3:]
        ['96.5', '98.39', '优']
    """
    words, rows = _words(), select_rows(results.scores, chosen)
    rows = rows[rows["is_counted"]]
    named = rows.assign(indicator=rows["indicator"].where(rows["indicator"] != "", rows["subcategory"]))
    shown = ["category", "indicator", "target_text", "actual_text", *_NUMBERS, "score_explanation"]
    frame = make_table(named, shown).frame
    last = dict.fromkeys(frame.columns, "")
    last[label("category")] = last[label("indicator")] = words["total"]
    for name, value in zip(_NUMBERS, ("weight_sum", "total_reported", "total"), strict=True):
        last[label(name)] = points_text(chosen[value])
    last[label("score_explanation")] = word("grade", chosen["grade"])
    frame = pd.concat([frame, pd.DataFrame([last])], ignore_index=True).astype("str")
    framework = load_framework(chosen["framework"])
    facts = [f"{label(name)}：{value_text(name, chosen[name]) or '—'}" for name in ("project", "unit", "department")]
    kind = word("evaluation", chosen["evaluation"])
    return OfficialTable(
        frame,
        title=words["scores"].format(year=chosen["year"], kind=kind),
        subtitle="　".join(facts),
        group=label("category"),
        notes=[words["framework"].format(name=framework.name, basis=framework.basis.text), *_origin(results)],
    )


def official_departments(results: Results, *, year: int) -> OfficialTable:
    """Return the summary of every department in a year (部门汇总表).

    Example:
        >>> import jixiao
        >>> official_departments(jixiao.evaluate("data/sample"), year=2023).frame["主管部门"].tolist()
        ['示例市交通局', '示例市教育局']
    """
    rows = summarise_departments(results)
    shown = ["department", "projects", "evaluations", "annual_budget_wan", "executed_wan", "execution_rate"]
    frame = make_table(rows[rows["year"] == year], [*shown, "total_reported", "findings"]).frame
    return OfficialTable(frame, title=_words()["departments"].format(year=year), notes=_origin(results))


def _origin(results: Results) -> list[str]:
    """Say when the data were read and what a reader must know of them."""
    read = _words()["as_of"].format(as_of=f"{results.as_of.astimezone():%Y-%m-%d %H:%M}")
    return [text for text in (read, results.remark) if text]
