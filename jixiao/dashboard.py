"""The dashboard (看板): choosers, big numbers and charts over results held in memory.

The charts are drawn by one small widget that hands plotly.js a figure as JSON; FINDINGS says why. All words shown here
are in ``rules/dashboard.yaml``; the parts of the page are in ``pages``, the server in ``server``.
"""

from __future__ import annotations

import json
import os
import secrets
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets

from jixiao import figures
from jixiao.declared import load_shipped
from jixiao.errors import JixiaoError
from jixiao.scoring import percent_text
from jixiao.server import PLACE_VARIABLE, log_path, on_visit
from jixiao.store import MANIFEST, Results, evaluate, find_place, is_stale, workbench
from jixiao.summary import (
    key_numbers,
    select_results,
    summarise_categories,
    summarise_execution,
    summarise_grades,
)
from jixiao.tables import Table, make_table, show_execution, show_findings, write_value
from jixiao.vocabulary import value_labels

PAGES = Path(__file__).parent / "pages"
MOST_ROWS, MOST_BARS = 200, 40
_BEIJING = timezone(timedelta(hours=8))


def _words() -> dict[str, Any]:
    return dict(load_shipped("dashboard.yaml"))


class ChartWidget(anywidget.AnyWidget):
    """One chart with the table behind it; redraws in place when ``figure`` changes.

    Uses the plotly.js of the page. A page without one (JupyterLab) asks the kernel for it, once.
    """

    _esm = (PAGES / "chart.js").read_text(encoding="utf-8")
    _css = (PAGES / "dashboard.css").read_text(encoding="utf-8")
    figure = traitlets.Unicode().tag(sync=True)
    table = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        super().__init__(words={name: _words()[name] for name in ("chart_failed", "table_behind", "plotly")})
        self.on_msg(self._answer)

    def _answer(self, _: Any, content: dict[str, Any], __: Any) -> None:
        if content.get("kind") == "plotly":
            self.send({"kind": "plotly"}, [figures.plotly_script().read_bytes()])

    def show(self, figure: figures.Figure, table: Table, note: str = "") -> None:
        """Show a figure, the table behind it and a note below it."""
        drawn = {**figure.to_dict(), "alt": figure.alt}
        with self.hold_sync():
            self.figure = json.dumps(drawn, ensure_ascii=False, allow_nan=False)
            self.table = "" if table.frame.empty else _table_html(table)
            self.note = note


def _numbers_html(numbers: dict[str, float]) -> str:
    words, cards = _words(), []
    numbers["is_large"] = numbers["annual_budget"] >= words["yi_from"]  # One unit for both sums of money.
    for name, entry in words["numbers"].items():
        value, unit = numbers[name], entry.get("unit", words["money_units"]["yi" if numbers["is_large"] else "wan"])
        if value != value:
            written, unit = words["missing"], ""
        elif "unit" not in entry:
            written = f"{value / (10_000 if numbers['is_large'] else 1):,.2f}"
        else:
            written = percent_text(value).removesuffix("%") if unit == "%" else f"{value:,}"
        note = entry["note"].format(exact=write_value("executed_wan", value), **numbers)
        cards.append(
            f"<div class='jixiao-number {name}' data-name='{name}'><dt>{escape(entry['label'])}</dt><dd>"
            f"<span class='value'>{escape(written)}</span><span class='unit'>{escape(unit)}</span>"
            f"<div class='below'>{escape(note) if numbers[entry['unless_zero']] else ''}</div></dd></div>"
        )
    return f"<dl class='jixiao-numbers' aria-live='polite'>{''.join(cards)}</dl>"


def _table_html(table: Table) -> str:
    count = len(table.frame)
    shown = Table(table.frame.head(MOST_ROWS), narrow=table.narrow)._repr_html_()
    cut = _words()["table_cut"].format(shown=MOST_ROWS, count=count) if count > MOST_ROWS else ""
    return _paragraph("note", cut) + shown


def _paragraph(kind: str, text: str) -> str:
    return f"<p class='jixiao-{kind}'>{escape(text)}</p>" if text else ""


class Dashboard:
    """The choosers and what they choose (看板); ``widget`` is what a notebook shows.

    The results stay in memory and are only filtered; a warning, such as that they are old, stands above the numbers.
    """

    def __init__(self, results: Results, *, warning: str = "") -> None:
        self.results = results
        self.warning = warning
        words, projects, kinds = _words(), results.frames.projects, set(results.totals["evaluation"])
        departments = {*projects["department"], *results.findings["department"]}
        options: dict[str, list[tuple[str, Any]]] = {
            "year": [(words["year_option"].format(year=year), int(year)) for year in sorted(set(projects["year"]))],
            "department": [(name, name) for name in sorted(departments) if name],
            "evaluation": [(text, kind) for kind, text in value_labels()["evaluation"].items() if kind in kinds],
        }
        self.choosers = {
            name: widgets.Dropdown(options=[(words["all"][name], ""), *choices], description=words["choosers"][name])
            for name, choices in options.items()
        }
        self.charts = {name: ChartWidget() for name in ("execution", "grades", "heat", "findings")}
        self.numbers, self.findings, self.about = widgets.HTML(), widgets.HTML(), widgets.HTML()
        choosers, self.grid = widgets.Box(list(self.choosers.values())), widgets.Box(list(self.charts.values()))
        self.widget = widgets.VBox([choosers, self.numbers, self.grid, self.findings, self.about])
        for part, style in ((choosers, "choosers"), (self.grid, "charts"), (self.widget, "dashboard")):
            part.add_class(f"jixiao-{style}")
        for chooser in self.choosers.values():
            chooser.observe(self._change, names="value")
        self._change()

    def choose(self, asked: dict[str, str]) -> None:
        """Choose what a link asked for; what there is not is left as it is."""
        for name, chooser in self.choosers.items():
            named = (value for _, value in chooser.options if str(value) == asked.get(name))
            chooser.value = next(named, chooser.value)

    def _change(self, _: Any = None) -> None:
        _, failure = _guarded(self._redraw)
        if failure:  # Nothing of an earlier choice may stay beside the new one.
            self.numbers.value, self.findings.value, self.about.value = failure, "", ""
        self.grid.layout.display = "none" if failure else None

    def _redraw(self) -> None:
        words = _words()
        labels = {name: chooser.label for name, chooser in self.choosers.items()}
        chosen = {name: None if chooser.value == "" else chooser.value for name, chooser in self.choosers.items()}
        part = select_results(self.results, **chosen)
        nothing = words["nothing"].format(**labels) if part.frames.projects.empty else words["no_evaluations"]
        hint = nothing if part.totals.empty else ""
        self.numbers.value = (
            _paragraph("warning", self.results.remark)
            + _paragraph("warning", self.warning)
            + _paragraph("nothing", hint)
            + _numbers_html(key_numbers(part))
        )
        self._draw_charts(part)
        note = words["findings_note" if len(part.findings) else "no_findings"]
        listed = _table_html(show_findings(part.findings)) if len(part.findings) else ""
        self.findings.value = (
            f"<section class='jixiao-findings'><h2>{escape(words['findings_title'])}</h2>{_paragraph('note', note)}"
            f"<div class='jixiao-scroll'>{listed}</div></section>"
        )
        home, place, as_of = workbench(), self.results.place, self.results.as_of.astimezone(_BEIJING)
        shown = place.relative_to(home) if place.is_relative_to(home) else place
        limit = words["by_evaluation"].format(**labels) if self.choosers["evaluation"].value else ""
        about = words["about"].format(place=shown, as_of=f"{as_of:%Y-%m-%d %H:%M}")
        lines = [words["chosen"].format(**labels) + limit, about, words["excluded"]]
        told = "".join(_paragraph("line", line) for line in lines)
        self.about.value = f"<footer class='jixiao-about'>{told}</footer>"

    def _draw_charts(self, part: Results) -> None:
        words, money = _words(), summarise_execution(part)
        known = money[money["execution_rate"].notna()].sort_values(["execution_rate", "project"])
        cut = words["chart_cut"].format(shown=MOST_BARS, count=len(known)) if len(known) > MOST_BARS else ""
        self.charts["execution"].show(figures.plot_execution_rates(known.head(MOST_BARS)), show_execution(part), cut)
        grades = summarise_grades(part)
        earned = make_table(grades[grades["evaluations"] > 0], ["year", "department", "grade", "evaluations"])
        self.charts["grades"].show(figures.plot_grades(grades), earned)
        categories = summarise_categories(part)
        named = categories.rename(columns={"reported_score": "reported_sum", "weight": "weight_sum"})
        shares = {words["points_earned"]: [percent_text(rate) for rate in categories["completion_rate"]]}
        points = make_table(named, ["year", "department", "category", "reported_sum", "weight_sum"], shares)
        self.charts["heat"].show(figures.plot_category_heat(categories), points)
        counted = part.findings.groupby(["severity", "title"], sort=False).size().reset_index(name="findings")
        counts = make_table(counted, ["severity", "title", "findings"])
        self.charts["findings"].show(figures.plot_findings(part.findings), counts)


def show_dashboard(place: str | Path = "built") -> widgets.Widget:
    """Return the dashboard of a data place (显示看板), or one sentence saying why there is none.

    Args:
        place: As for ``jixiao.load``; under :func:`jixiao.server.run_dashboard` the place given there is shown instead.

    Example:
        >>> type(show_dashboard("sample")).__name__
        'VBox'
    """

    def make() -> widgets.Widget:
        folder = find_place(os.environ.get(PLACE_VARIABLE) or place)
        is_old = (folder / MANIFEST).exists() and is_stale(folder)
        made = Dashboard(evaluate(folder), warning=_words()["stale"] if is_old else "")
        on_visit(made.choose)
        return made.widget

    made, failure = _guarded(make)
    return widgets.HTML(failure) if failure else made


def _guarded(action: Callable[[], Any]) -> tuple[Any, str]:
    """Return what an action gives, and the sentence to show when it failed, with the code its record has in the log."""
    try:
        return action(), ""
    except Exception as error:
        code, log, words = secrets.token_hex(3).upper(), log_path(), _words()
        with log.open("a", encoding="utf-8") as handle:
            handle.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {code}\n{traceback.format_exc()}\n")
        known = isinstance(error, JixiaoError)
        reason = str(error) if known else words["failed_reason"].format(log=f"{log.parent.name}/{log.name}")
        return None, _paragraph("failure", words["failed"].format(code=code, reason=reason))
