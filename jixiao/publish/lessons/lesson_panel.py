"""The panel that teaches a form (示教面板): the form as it looks, what each header is taken for, and what is read."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from jixiao.core.errors import JixiaoError
from jixiao.publish.lessons.layouts_unread import Layout, open_grids, states, words
from jixiao.reading.files import Grid
from jixiao.reading.forms.headers import View
from jixiao.reading.forms.records import Reading
from jixiao.reading.forms.sources import recognise
from jixiao.reading.forms.table_cells import bottom_edge, right_edge
from jixiao.reading.forms.teaching import (
    Lessons,
    Question,
    ask,
    choices,
    keep_lesson,
    lesson_text,
    lessons_folder,
)
from jixiao.show.markup import asset, element

STYLE = Path(__file__).parent / "assets" / "lesson.css"
MOST_ROWS, MOST_COLUMNS, MOST_READ = 60, 24, 12
"""How much of a form is drawn, and how many of its indicators are shown."""


class LessonPanel:
    """The panel over some layouts (示教面板); ``widget`` is what a notebook shows.

    Args:
        layouts: From :func:`jixiao.publish.lessons.find_layouts`, at least one.
    """

    def __init__(self, layouts: list[Layout]) -> None:
        texts = words()
        named = [(_group_name(layout), place) for place, layout in enumerate(layouts)]
        self.layouts, self.grids, self.questions = layouts, list[Grid](), list[Question]()
        self.fields: dict[tuple[str, str], widgets.Dropdown] = {}
        self.layout = widgets.Dropdown(description=texts["layout"], options=named)
        self.file = widgets.Dropdown(description=texts["file"])
        self.name = widgets.Text(description=texts["name"], value=_free_name(texts["default_name"]))
        self.save = widgets.Button(description=texts["save"], button_style="primary")
        self.form, self.message, self.result, self.told = (widgets.HTML() for _ in range(4))
        self.grid = _classed(widgets.Box(), "jixiao-headers")
        unread = [layout for layout in layouts if layout.state != "read"]
        count = {"layouts": len(unread), "files": sum(len(layout.files) for layout in unread)}
        state = texts["unread"].format(**count) if unread else texts["none_unread"]
        head = element("style", asset(STYLE)) + element("p", texts["about"]) + element("p", state, class_="now")
        parts = [
            widgets.HTML(head),
            _classed(widgets.Box([self.layout, self.file]), "jixiao-line"),
            widgets.HTML(element("h3", texts["form_title"])),
            self.form,
            self.grid,
            widgets.HTML(element("h3", texts["result_title"])),
            self.message,
            self.result,
            _classed(widgets.Box([self.name, self.save]), "jixiao-line"),
            self.told,
        ]
        self.widget = _classed(widgets.VBox(parts), "jixiao-lesson")
        self.layout.observe(self._choose_layout, "value")
        self.file.observe(self._open, "value")
        self._choose_layout()
        self.save.on_click(self._keep)

    def _choose_layout(self, _: Any = None) -> None:
        self.file.options = [(f"{path.parent.name}/{path.name}", path) for path in self._files]
        self.file.value = self._files[0]

    @property
    def _files(self) -> tuple[Path, ...]:
        return self.layouts[self.layout.value].files

    def _open(self, _: Any = None) -> None:
        """Show the chosen file with a field for each of its headers."""
        if self.file.value is None:
            return
        for old in self.grid.children:
            old.close()
        self.fields, self.grid.children, self.told.value = {}, (), ""
        self.grids, reason = open_grids(self.file.value)
        self.questions = ask(self.grids, Lessons(lessons_folder()))
        self.form.value = _draw(self.grids, self.questions)
        cells = [_classed(widgets.HTML(escape(text)), "head") for text in words()["heads"]]
        for question in self.questions:
            if (question.context, question.text) not in self.fields:
                cells += self._cells(question)
        self.grid.children = tuple(cells)
        self._redo(reason=reason)

    def _cells(self, question: Question) -> list[widgets.Widget]:
        texts = words()
        where = f"{texts['contexts'][question.context]} {question.cell}"
        header = element("b", " ".join(question.text.split())) + element("span", f" {where}", class_="soft")
        known = choices(question.context)
        name = question.name.removeprefix("2:")
        field = widgets.Dropdown(
            options=[(texts["unknown"], ""), *((text, key) for key, text in known.items())],
            value=name if name in known else "other" if name else "",
        )
        field.observe(self._redo, "value")
        self.fields[question.context, question.text] = field
        how = texts["hows"].get(question.how) if question.name else ""
        sure = texts["sure"].format(how=how, sure=f"{question.sure:.0%}") if how else texts["hows"]["none"]
        kind = "asked" if question.is_asked else "soft"
        return [widgets.HTML(header), field, widgets.HTML(element("span", sure, class_=kind))]

    def taught(self) -> dict[str, dict[str, str]]:
        """Return what was chosen otherwise than proposed (本次示教): context -> printed header -> meaning."""
        lesson: dict[str, dict[str, str]] = {}
        for question in self.questions:
            chosen = self.fields[question.context, question.text].value
            name = question.name.removeprefix("2:")
            known = choices(question.context)
            proposed = name if name in known else "other" if name else ""
            if chosen and (chosen != proposed or question.how == "taught"):
                lesson.setdefault(question.context, {})[question.text] = chosen
        return lesson

    def _redo(self, _: Any = None, *, reason: str = "") -> None:
        """Show what is read of the file with what is chosen now."""
        texts, path = words(), self.file.value
        self.result.value = ""
        if reason:
            self.message.value = element("p", texts["cannot_open"].format(reason=reason), class_="wrong")
            return
        lessons = Lessons(lessons_folder()).with_draft(self.taught())
        place = f"{path.absolute().parent.name}/{path.name}"
        try:
            readings = recognise(self.grids, path.name, place=place, taught=lessons)
        except JixiaoError as error:
            self.message.value = element("p", texts["not_read"].format(reason=error), class_="wrong")
            return
        rows = [record for reading in readings for record in reading.records]
        counts = {
            "indicators": sum(record.block == "indicators" for record in rows),
            "funds": sum(record.block == "funds" for record in rows),
            "skipped": sum(len(reading.skipped) for reading in readings),
        }
        self.message.value = element("p", texts["result"].format(**counts), class_="good")
        self.result.value = "".join(_draw_reading(reading) for reading in readings[:3])

    def _keep(self, _: Any = None) -> None:
        """Keep the lesson in the workbench and say how many files of the layout are read now."""
        texts, taught, name = words(), self.taught(), self.name.value.strip()
        try:
            if not taught:
                self.told.value = element("p", texts["nothing"], class_="note")
                return
            path = keep_lesson(name, taught)
        except JixiaoError as error:
            self.told.value = element("p", str(error), class_="wrong")
            return
        became = states(self._files)
        counts = {"count": len(became), "read": sum(state != "refused" for state in became)}
        content = b64encode(lesson_text(name, taught).encode()).decode("ascii")
        link = element("a", texts["download"], download=path.name, href=f"data:text/yaml;base64,{content}")
        shown = f"data/forms/{path.name}"
        self.told.value = element("p", texts["saved"].format(path=shown, **counts), class_="good saved") + link


def no_files() -> widgets.HTML:
    """Return what is shown of a place without any form (没有表格文件)."""
    return widgets.HTML(element("p", words()["no_files"]))


def _group_name(layout: Layout) -> str:
    texts = words()
    first = layout.files[0].name
    return str(texts["group"].format(state=texts["states"][layout.state], count=len(layout.files), file=first))


def _free_name(name: str) -> str:
    taken = {path.stem for path in lessons_folder().glob("*.yaml")}
    return next(one for number in range(1, len(taken) + 2) if (one := f"{name}{number}") not in taken)


def _draw(grids: list[Grid], questions: list[Question]) -> str:
    """Return a form as it looks: its merged cells as one, its headers marked; every text escaped."""
    marked = {
        (one.sheet, one.cell): "asked" if one.is_asked else "known" for one in questions if one.name or one.is_asked
    }
    parts = []
    for grid in grids:
        view = View(grid)
        rows = []
        for row in range(min(view.height, MOST_ROWS)):
            cells = [_draw_cell(view, row, column, marked) for column in range(min(view.width, MOST_COLUMNS))]
            rows.append(element("tr", *(cell for cell in cells if cell)))
        parts += [element("h4", grid.sheet), element("div", element("table", *rows), class_="jixiao-scroll")]
        if view.height > MOST_ROWS or view.width > MOST_COLUMNS:
            cut = words()["cut"].format(rows=MOST_ROWS, columns=MOST_COLUMNS)
            parts.append(element("p", cut, class_="soft"))
    return Markup("").join(parts)


def _draw_cell(view: View, row: int, column: int, marked: dict[tuple[str, str], str]) -> Markup | None:
    if view.corner(row, column) != (row, column):
        return None
    wide = min(right_edge(view, row, column), MOST_COLUMNS - 1) - column + 1
    high = min(bottom_edge(view, row, column), MOST_ROWS - 1) - row + 1
    kind = marked.get((view.grid.sheet, view.address(row, column)), "plain")
    return element("td", view.texts[row][column], colspan=wide, rowspan=high, class_=kind)


def _draw_reading(reading: Reading) -> Markup:
    texts = words()
    named = reading.head.get("project")
    project = next(iter(named.texts.values())) if named else ""
    columns = texts["columns"]
    rows = [element("tr", *(element("th", text) for text in columns.values()))]
    for record in [record for record in reading.records if record.block == "indicators"][:MOST_READ]:
        rows.append(element("tr", *(element("td", record.texts.get(name, "")) for name in columns)))
    title = texts["head"].format(year=reading.year or "", project=project)
    return element("h4", title) + element("div", element("table", *rows), class_="jixiao-scroll")


def _classed(widget: Any, name: str) -> Any:
    widget.add_class(name)
    return widget
