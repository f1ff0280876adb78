"""The panel of a what-if (情景模拟): fields for all that a scenario can change, and at once what that does and why."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from jixiao.analysis.summary import select_results, select_rows
from jixiao.core.errors import JixiaoError, RequestError
from jixiao.core.files import safe_name
from jixiao.core.frames import EVALUATION_KEY, GRADES
from jixiao.core.results import Results
from jixiao.core.vocabulary import label, reading_words, word
from jixiao.core.writing import points_text
from jixiao.scoring.frameworks import load_framework
from jixiao.show.markup import asset, element
from jixiao.whatif.comparison import Comparison, compare, words
from jixiao.whatif.declaration import MONEY, Scenario, make_scenario, profiles
from jixiao.whatif.export import MOST_ROWS, show_rows, show_totals, summary_line, write_comparison

STYLE = Path(__file__).parent / "assets" / "scenario.css"
_TYPES = {"yaml": "text/yaml", "html": "text/html", "xlsx": "application/vnd.ms-excel"}
_Key = tuple[int, str, str]


class ScenarioPanel:
    """The panel over some results (情景模拟面板); ``widget`` is what a notebook shows.

    Every field starts at what the form says; what is set otherwise is the scenario. Changes of one evaluation stay
    when another one is chosen. The results are only read.

    Args:
        results: From :func:`jixiao.evaluate`.
        year: Only the evaluations of this year; all when 0.
        department: Only those of this department; all when empty.

    Raises:
        RequestError: There is no such evaluation.

    Example:
        >>> import jixiao
        >>> panel = ScenarioPanel(jixiao.evaluate("data/sample"), year=2023)
        >>> panel.profile.value = "caiyu_2021_101"
        >>> panel.comparison.changed["project"].tolist()[:1]
        ['示例农村公路养护项目']
    """

    def __init__(self, results: Results, *, year: int = 0, department: str = "") -> None:
        self.base = select_results(results, year=year or None, department=department or None)
        texts, totals = words()["panel"], self.base.totals
        if totals.empty:
            raise RequestError(texts["no_rows"])
        self.comparison: Comparison | None = None
        self._changes: dict[tuple[_Key, str], dict[str, Any]] = {}
        self._is_setting = False
        self.fields: dict[tuple[str, str], Any] = {}
        named = totals[["project", "project_id"]].drop_duplicates("project_id")
        self.project = _dropdown(texts["project"], list(named.itertuples(index=False, name=None)))
        self.evaluation = _dropdown(texts["evaluation"], [])
        same = [(texts["same_profile"], ""), *((name, key) for key, name in profiles().items())]
        self.profile = _dropdown(texts["profile"], same)
        bands = load_framework(totals["framework"].iloc[0]).grades
        self._bands = {band.id: float(band.start) for band in bands}
        self.grades = {
            grade: widgets.BoundedFloatText(value=self._bands[grade], min=0, max=100, step=1, description=name)
            for grade in GRADES[:-1]
            if (name := word("grade", grade))
        }
        self.name = widgets.Text(description=texts["name"], placeholder=texts["unnamed"], continuous_update=False)
        self.note = widgets.Text(description=texts["note"], continuous_update=False)
        self.reset, self.reset_one = (widgets.Button(description=texts[name]) for name in ("reset", "reset_one"))
        self.kind = _dropdown(texts["kind"], [(text, kind) for kind, text in texts["kinds"].items()])
        self.save = widgets.Button(description=texts["save"], button_style="primary")
        self.link, self.message, self.result = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.money, self.grid = widgets.Box(), widgets.Box()
        self.widget = self._lay_out(texts)
        self._choose_project()
        self.project.observe(self._choose_project, "value")
        self.evaluation.observe(self._show_evaluation, "value")
        for field in (self.profile, self.name, self.note, *self.grades.values()):
            field.observe(self._redo, "value")
        self.reset.on_click(self._reset)
        self.reset_one.on_click(lambda _: self._forget(self._key))
        self.save.on_click(self._export)

    def _lay_out(self, texts: dict[str, Any]) -> widgets.Widget:
        def line(*parts: widgets.Widget) -> widgets.Box:
            return _classed(widgets.Box(list(parts)), "jixiao-line")

        style = element("style", asset(STYLE))
        grades = line(widgets.HTML(element("span", texts["grades"], class_="soft")), *self.grades.values())
        parts = [
            widgets.HTML(style + element("p", texts["about"], class_="soft")),
            line(self.project, self.evaluation),
            line(self.profile),
            grades,
            _classed(self.money, "jixiao-line"),
            _classed(self.grid, "jixiao-fields"),
            line(self.reset_one, self.reset),
            self.message,
            self.result,
            line(self.name, self.note),
            line(self.kind, self.save, self.link),
        ]
        return _classed(widgets.VBox(parts), "jixiao-scenario")

    def choose(self, asked: dict[str, str]) -> None:
        """Choose the evaluation a link asked for (按链接选择); what there is not is left as it is."""
        if asked.get("project") in {identity for _, identity in self.project.options}:
            self.project.value = asked["project"]
            named = (value for _, value in self.evaluation.options if _is_asked(value, asked))
            self.evaluation.value = next(named, self.evaluation.value)

    @property
    def _key(self) -> _Key:
        year, evaluation = self.evaluation.value
        return year, self.project.value, evaluation

    def _choose_project(self, _: Any = None) -> None:
        mine = self.base.totals[self.base.totals["project_id"] == self.project.value]
        pairs = list(mine[["year", "evaluation"]].itertuples(index=False, name=None))
        options = [(f"{year} {word('evaluation', kind)}", (int(year), kind)) for year, kind in pairs]
        with _Setting(self):
            self.evaluation.options = options
            self.evaluation.value = options[0][1]
        self._show_evaluation()

    def _show_evaluation(self, _: Any = None) -> None:
        """Make the fields of the chosen evaluation, each at what it was last set to."""
        if self._is_setting:
            return
        key, texts = self._key, words()["panel"]
        chosen = pd.Series(dict(zip(EVALUATION_KEY, key, strict=True)))
        for old in (*self.money.children, *self.grid.children):
            old.close()
        self.fields = {}
        budget = select_rows(self.base.frames.budgets, chosen)
        for row in budget[budget["fund"] == "total"].to_dict("records"):
            for name in MONEY:
                if row[f"{name}_wan"] == row[f"{name}_wan"]:
                    described = label(f"{name}_wan")
                    field = widgets.BoundedFloatText(min=0, max=1e10, step=1, description=described)
                    self._add(("", name), field, row[f"{name}_wan"])
        title = widgets.HTML(element("span", texts["money"], class_="soft"))
        self.money.children = (title, *self.fields.values()) if self.fields else ()
        cells = [_classed(widgets.HTML(escape(text)), "head") for text in texts["head"]]
        for row in select_rows(self.base.scores, chosen).to_dict("records"):
            if row["is_counted"] and row["weight"] == row["weight"]:
                cells += self._cells(row)
        self.grid.children = tuple(cells)
        self._redo()

    def _cells(self, row: dict[Any, Any]) -> list[widgets.Widget]:
        """Make the fields of one indicator."""
        number, is_money = row["indicator_id"], row["indicator"] == reading_words()["execution"]
        most = max(30.0, 2 * row["weight"])
        weight = widgets.FloatSlider(min=0, max=most, step=0.5, continuous_update=False, readout_format=".2f")
        cells = [widgets.HTML(escape(row["indicator"] or row["subcategory"]))]
        cells.append(self._add((number, "weight"), weight, row["weight"]))
        for name in ("target", "actual"):
            if is_money:
                cells.append(widgets.HTML(element("span", words()["panel"]["by_money"], class_="soft")))
            else:
                text = widgets.Text(continuous_update=False)
                cells.append(self._add((number, name), text, row[f"{name}_text"]))
        if row["decided_by"] == "rule":
            cells.append(widgets.HTML())
        else:
            given = widgets.BoundedFloatText(min=0, max=1000, step=0.5)
            known = row["reported_score"] == row["reported_score"]
            cells.append(self._add((number, "score"), given, row["reported_score"] if known else 0.0))
        self.fields[number, "points"] = shown = widgets.HTML()
        return [*cells, shown]

    def _add(self, place: tuple[str, str], field: Any, printed: Any) -> Any:
        """Put a field at what it was last set to, else at what the form says, and listen to it."""
        field.value = self._changes.get((self._key, place[0]), {}).get(place[1], printed)
        field.observe(lambda change: self._set(place, change["new"], printed), "value")
        self.fields[place] = field
        return field

    def _set(self, place: tuple[str, str], value: Any, printed: Any) -> None:
        number, name = place
        changed = self._changes.setdefault((self._key, number), {})
        changed.pop(name, None)
        if value != printed:
            changed[name] = value
        if not changed:
            del self._changes[self._key, number]
        self._redo()

    def _reset(self, _: Any = None) -> None:
        with _Setting(self):
            self.profile.value = ""
            for grade, field in self.grades.items():
                field.value = self._bands[grade]
        self._changes = {}
        self._show_evaluation()

    def _forget(self, key: _Key) -> None:
        """Take back the changes of one evaluation."""
        self._changes = {place: values for place, values in self._changes.items() if place[0] != key}
        self._show_evaluation()

    def scenario(self) -> Scenario:
        """Return what is set as a scenario (当前情景).

        Raises:
            RequestError: What is set cannot be, such as grade bands out of order or an empty target.
        """
        indicators = self.base.scores.set_index([*EVALUATION_KEY, "indicator_id"])["indicator"]
        names = self.base.totals.set_index("project_id")["project"]
        repeated = names.groupby(level=0).first().duplicated(keep=False)
        changes = []
        for (key, number), values in self._changes.items():
            year, project, evaluation = key
            known = project if repeated[project] else names.loc[[project]].iloc[0]
            where: dict[str, Any] = {"year": year, "project": known, "evaluation": evaluation}
            if number:
                named = indicators.loc[(*key, number)]
                where |= {"indicator": named, "indicator_id": number} if named else {"indicator_id": number}
            changes.append({**where, **{name: _plain(value) for name, value in values.items()}})
        content: dict[str, Any] = {"name": self.name.value.strip() or words()["panel"]["unnamed"]}
        content |= {"note": self.note.value} if self.note.value.strip() else {}
        content |= {"profile": self.profile.value} if self.profile.value else {}
        starts = {grade: field.value for grade, field in self.grades.items()}
        if any(starts[grade] != self._bands[grade] for grade in starts):
            content["grades"] = {**{grade: _plain(start) for grade, start in starts.items()}, GRADES[-1]: 0}
        content |= {"changes": changes} if changes else {}
        is_empty = not {"profile", "grades", "changes"} & set(content)
        return Scenario(content["name"]) if is_empty else make_scenario(content)

    def _redo(self, _: Any = None) -> None:
        """Work out the scenario and show what it does; a scenario that cannot be is told in one sentence."""
        if self._is_setting:
            return
        self.link.value = ""
        try:
            self.comparison = compare(self.base, self.scenario())
        except (
            JixiaoError,
            ArithmeticError,
            ValueError,
            MemoryError,
        ) as error:  # what a browser sends may be no number
            self._refuse(error)
            return
        try:
            self._show()
        except MemoryError as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        """Say why nothing is shown; nothing of an earlier scenario may stay beside the new one."""
        self.comparison = None
        self.message.value = _paragraph("wrong", words()["panel"]["wrong"].format(reason=_reason(error)))
        self.result.value = ""

    def _show(self) -> None:
        found, texts, report = self.comparison, words()["panel"], words()["report"]
        if found is None:
            return
        mine = select_rows(found.totals, pd.Series(dict(zip(EVALUATION_KEY, self._key, strict=True)))).iloc[0]
        ends = {end: points_text(mine[f"total_{end}"]) for end in ("before", "after")}
        grades = {f"grade_{end}": word("grade", mine[f"grade_{end}"]) or "—" for end in ("before", "after")}
        full = float(load_framework(mine["framework_after"]).full_score)
        sums = [mine[f"weight_sum_{end}"] for end in ("before", "after")]
        kind = "weights" if sums[1] == full else "weights_wrong"
        told = texts[kind].format(sum=points_text(sums[1]), full=points_text(full))
        is_noted = kind == "weights_wrong" and sums[0] != sums[1]  # then the notes say so
        self.message.value = (
            _paragraph("now", texts["now"].format(**ends, **grades))
            + _paragraph("good" if kind == "weights" else "wrong", "" if is_noted else told)
            + "".join(_paragraph("note", note) for note in found.notes)
        )
        scores = select_rows(found.outcome.scores, mine).set_index("indicator_id")["score"]
        before = select_rows(self.base.scores, mine).set_index("indicator_id")["score"]
        for (number, name), field in self.fields.items():
            if name == "points":
                field.value = _moved(before[number], scores[number], texts["score"])
        tables = [(report["totals"], show_totals, found.changed), (report["rows"], show_rows, found.rows)]
        parts = [_paragraph("soft", summary_line(found))]
        for title, show, rows in tables:
            if len(rows):
                parts += [element("h3", title), element("div", Markup(_table(show, found)), class_="jixiao-scroll")]
                cut = report["more"].format(shown=MOST_ROWS, count=len(rows)) if len(rows) > MOST_ROWS else ""
                parts.append(_paragraph("soft", cut))
        self.result.value = "".join(parts)

    def _export(self, _: Any = None) -> None:
        """Offer the scenario as a file to keep; nothing is written on the server."""
        texts, kind = words()["panel"], self.kind.value
        try:
            if self.comparison is None:
                self.scenario()
                return
            with TemporaryDirectory() as folder:
                path = Path(folder) / f"{safe_name(self.comparison.outcome.scenario.name)}.{kind}"
                write_comparison(self.comparison, path)
                content = b64encode(path.read_bytes()).decode("ascii")
        except (JixiaoError, MemoryError) as error:
            self.link.value = _paragraph("wrong", texts["wrong"].format(reason=_reason(error)))
            return
        address = f"data:{_TYPES[kind]};base64,{content}"
        self.link.value = element("a", f"{texts['ready']} {path.name}", download=path.name, href=address)


def _reason(error: Exception) -> str:
    """Say why something cannot be worked out: in the sentence of an error of ours, else in one for all."""
    if isinstance(error, JixiaoError):
        return str(error)
    return str(words()["panel"]["no_memory" if isinstance(error, MemoryError) else "no_number"])


class _Setting:
    """While fields are set together, nothing is worked out."""

    def __init__(self, panel: ScenarioPanel) -> None:
        self.panel = panel

    def __enter__(self) -> None:
        self.panel._is_setting = True

    def __exit__(self, *_: Any) -> None:
        self.panel._is_setting = False


def _is_asked(evaluation: tuple[int, str], asked: dict[str, str]) -> bool:
    year, kind = evaluation
    return asked.get("year") in {None, str(year)} and asked.get("evaluation") in {None, kind}


def _dropdown(description: str, options: list[tuple[str, Any]]) -> widgets.Dropdown:
    return widgets.Dropdown(description=description, options=options)


def _classed(widget: Any, name: str) -> Any:
    widget.add_class(name)
    return widget


def _plain(value: Any) -> Any:
    """Return a number as YAML would hold it: a whole one without its point."""
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else Decimal(repr(value))


def _moved(before: float, after: float, template: str) -> str:
    texts = [points_text(value) for value in (before, after)]
    if texts[0] == texts[1]:
        return escape(texts[0])
    return element("span", template.format(before=texts[0], after=texts[1]), class_="moved")


def _paragraph(kind: str, text: str) -> str:
    return element("p", text, class_=kind) if text else ""


def _table(show: Callable[..., Any], found: Comparison) -> str:
    return str(show(found, most=MOST_ROWS)._repr_html_())


__all__ = ["ScenarioPanel"]
