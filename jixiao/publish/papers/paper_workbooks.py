"""Write the workbook of one evaluation (评价工作簿): the official table, the findings, where each number is from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jixiao.analysis.summary import select_rows
from jixiao.core.frames import EVALUATION_KEY
from jixiao.core.harmless import harmless
from jixiao.core.results import Results
from jixiao.core.vocabulary import label, word
from jixiao.publish.forms import (
    BOOK_OPTIONS,
    LINE_POINTS,
    MAX_HEIGHT,
    MAX_TEXT,
    LaidOut,
    lay_out,
    load_layout,
    paint_sheet,
    pick_evaluation,
    text_length,
    text_lines,
    write_text,
)
from jixiao.publish.papers.contents import evaluation_content
from jixiao.publish.papers.review_opinion import review_sheets
from jixiao.publish.papers.scoring_table import lay_out_scores
from jixiao.publish.papers.wording import clean, paper_words, written
from jixiao.show.workbook import Styles

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

_CHUNK = 32_000
_SOURCE_WIDTHS = (28, 17, 32, 36, 18, 13)
_A4 = 9
_SOURCES = {
    "evaluations": ("total_reported", "grade_reported"),
    "budgets": (
        *("initial_budget_wan", "annual_budget_wan", "arrived_wan", "issued_wan", "executed_wan"),
        *("execution_rate_text", "arrival_rate_text"),
    ),
    "indicators": ("target_text", "actual_text", "weight", "reported_score", "deviation_reason"),
}
_CELLS = {"reported_score": "score_cell", "deviation_reason": "reason_cell"}
_ENDINGS = re.compile(r"_(wan|text|reported)$")


def write_book(results: Results, chosen: pd.Series, path: Path) -> None:
    """Write the workbook of one evaluation (写出工作簿).

    Args:
        results: What was read, scored and audited.
        chosen: One row of the totals.
        path: The file, ending in .xlsx.
    """
    words = paper_words()["workbook"]
    long_texts = _LongTexts(words)
    form = _official_form(results, chosen)
    form.slots = [replace(slot, text=long_texts.fit(slot.text)) for slot in form.slots]
    with _new_book(results, chosen, path, font=form.layout.page.font) as book:
        paint_sheet(form, book)
        sources = [[long_texts.fit(text) for text in row] for row in _sources(results, chosen)]
        _add_list(book, form, words["sources"], words["source_columns"], sources, _SOURCE_WIDTHS)
        said = [[long_texts.fit(text) for text in row] for row in _told(results, chosen)]
        if said:
            _add_list(book, form, words["told"], words["told_columns"], said, tuple(words["told_widths"]))
        if long_texts.rows:
            _add_list(book, form, words["long_texts"], [words["long_texts"]], long_texts.rows, (120,))


@contextmanager
def _new_book(results: Results, chosen: pd.Series, path: Path, *, font: str) -> Iterator[Any]:
    """Open the workbook of one evaluation, dated as its data, and close it whole."""
    import xlsxwriter

    date = results.as_of.replace(tzinfo=None, microsecond=0)
    with xlsxwriter.Workbook(str(path), {**BOOK_OPTIONS, "in_memory": True}) as book:
        book.formats[0].set_font_name(font)
        book.set_properties({"title": harmless(clean(chosen["project"]))[:255], "author": "jixiao", "created": date})
        yield book


def _official_form(results: Results, chosen: pd.Series) -> LaidOut:
    """Return form 1 for a self-evaluation that came as one, else the scoring table."""
    layout = load_layout()
    if chosen["form"] == layout.id:
        return lay_out(pick_evaluation(results.frames, {name: chosen[name] for name in EVALUATION_KEY}, layout))
    return lay_out_scores(chosen, select_rows(results.scores, chosen))


class _LongTexts:
    """Texts that no cell can hold: their beginning stays, the whole goes to a sheet of its own."""

    def __init__(self, words: dict[str, Any]) -> None:
        self._words = words
        self.rows: list[list[str]] = []

    def fit(self, text: str) -> str:
        """Return a text that fits a cell; a longer one is kept whole elsewhere and says where."""
        if text_length(text) <= MAX_TEXT:
            return text
        first = len(self.rows) + 2
        parts = [text[at : at + _CHUNK // 2] for at in range(0, len(text), _CHUNK // 2)]
        self.rows += [[part] for part in parts]
        return parts[0] + str(self._words["full_text"]).format(sheet=self._words["long_texts"], row=first)


def write_review_sheets(results: Results, chosen: pd.Series, path: Path) -> None:
    """Write the lists of an opinion (写出复核意见工作簿): what was found, and every indicator counted again.

    Args:
        results: What was read, scored and audited.
        chosen: One row of the totals.
        path: The file, ending in .xlsx.
    """
    words = paper_words()["workbook"]
    long_texts = _LongTexts(words)
    layout = load_layout()
    with _new_book(results, chosen, path, font=layout.page.font) as book:
        for name, columns, rows, widths in review_sheets(results, chosen):
            fitted = [[long_texts.fit(text) for text in row] for row in rows]
            _add_list(book, LaidOut(layout), name, columns, fitted, widths)
        if long_texts.rows:
            _add_list(book, LaidOut(layout), words["long_texts"], [words["long_texts"]], long_texts.rows, (120,))


def _told(results: Results, chosen: pd.Series) -> Iterator[list[str]]:
    """Yield where each paragraph that the unit wrote was read: its place in the report, file and line."""
    for row in evaluation_content(results, chosen)["told"]:
        yield [row["place"], row["text"], row["file"], str(row["line"])]


def _sources(results: Results, chosen: pd.Series) -> Iterator[list[str]]:
    """Yield where each number and text of the evaluation was read: file, sheet and cell."""
    for name, columns in _SOURCES.items():
        for row in select_rows(getattr(results.frames, name), chosen).to_dict("records"):
            what = word("fund", row["fund"]) if name == "budgets" else row.get("indicator") or row.get("subcategory")
            for column in columns:
                cell = row[_CELLS.get(column, f"{_ENDINGS.sub('', column)}_cell")]
                value = clean(written(column, row[column]))
                if cell and value:
                    named = label(column, measured=column.endswith("_wan"))
                    yield [clean(what), named, value, *_place(row, column, cell)]


def _place(row: dict[Any, Any], column: str, cell: str) -> list[str]:
    """Return file, sheet and cell; some cells name their sheet themselves, what was done may stand on another."""
    sheet = row["achievement_sheet"] if column in {"target_text", "actual_text"} else row["source_sheet"]
    named, _, address = cell.rpartition("!")
    return [clean(row["source_file"]), clean(named or sheet), clean(address)]


def _add_list(
    book: Workbook, form: LaidOut, name: str, columns: list[str], rows: Iterable[list[str]], widths: tuple[int, ...]
) -> None:
    """Add a sheet with one list: header kept in sight and on every page, filter, texts wrapped."""
    page = form.layout.page
    looks = Styles(book, font_name=page.font, font_size=float(page.text_size))
    head, text = looks.of("framed", "bold", "centred", "middle", "wrapped"), looks.of("framed", "top", "wrapped")
    sheet = book.add_worksheet(name)
    for column, (title, width) in enumerate(zip(columns, widths, strict=True)):
        sheet.set_column(column, column, width)
        write_text(sheet, (0, column), title, head)
    last = 0
    for last, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            write_text(sheet, (last, column), value, text)
        lines = max(text_lines(value, width) for value, width in zip(row, widths, strict=False))
        sheet.set_row(last, min(LINE_POINTS * lines + 4, MAX_HEIGHT))
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.set_footer(f"&C{form.layout.page.footer}")
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:M{last + 1}"})
