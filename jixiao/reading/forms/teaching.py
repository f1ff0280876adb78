"""Teach a form (示教): what headers were proposed to mean, how surely, and what a person said they mean, kept and used.

A lesson is a family of the workbench in ``data/forms/<name>.yaml``: printed header -> meaning for each kind of table.
It is used for every form read from then on and can be copied to a colleague.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from jixiao.core.errors import DeclarationError, RequestError
from jixiao.core.files import explained, workbench, write_safely
from jixiao.core.models import Model, Text, load_model, one_of
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import Grid, read_grids
from jixiao.reading.forms.assignment import REPEATED
from jixiao.reading.forms.glued import label_in
from jixiao.reading.forms.headers import View
from jixiao.reading.forms.meanings import header_words, meaning_of, title_kind
from jixiao.reading.forms.records import label_key
from jixiao.reading.forms.regions import find_tables
from jixiao.reading.forms.table_cells import Table, is_amount, own_cells
from jixiao.reading.values.values import normalise

CONTEXTS = ("columns", "funds", "labels")
LONGEST = 24
"""A longer text is taken for no header that could be taught."""
_SEVERAL = 3


@dataclass(frozen=True)
class Question:
    """One header of a form (一个表头): where it stands, what it was taken for, how surely and by what.

    ``name`` is empty where nothing was understood; ``is_asked`` says that a person should say what it means.
    """

    sheet: str
    cell: str
    text: str
    context: str
    name: str
    sure: float
    how: str

    @property
    def is_asked(self) -> bool:
        """Whether the header is not understood."""
        return not self.name and self.context != "labels"


def questions(path: Path, *, folder: Path | None = None) -> list[Question]:
    """Return every header of a file with its proposed meaning and sureness (逐表头提问), those not understood first.

    Args:
        path: The file.
        folder: The folder of the lessons; that of the workbench when None.

    Raises:
        FormError: The file cannot be opened.
    """
    return ask(read_grids(path, path.name), Lessons(folder or lessons_folder()))


def ask(grids: list[Grid], lessons: Lessons) -> list[Question]:
    """Return every header and label of some grids as :func:`questions` does; without a table the likeliest header."""
    found: list[Question] = []
    for grid in grids:
        view = View(grid)
        tables = find_tables(view, 0, view.height, lessons)
        for table in tables:
            found += [_question(view, table, place) for place in range(len(table.columns))]
        row = _likely_header(view)
        if not any(table.kind in {"indicators", "projects"} for table in tables) and row is not None:
            asked = [_of_cell(view, row, left, text, "columns", lessons) for left, _, text in own_cells(view, row)]
            taken = {(question.sheet, question.cell) for question in found}
            found += [question for question in asked if (question.sheet, question.cell) not in taken]
        tops = [table.top for table in tables] + ([row] if row is not None else [])
        found += _labels(view, min(tops, default=0), lessons)
    return sorted(found, key=lambda question: (not question.is_asked, question.context == "labels", question.sure))


def _of_cell(view: View, row: int, column: int, text: str, context: str, lessons: Lessons) -> Question:
    said = lessons(text, context)
    meaning = meaning_of(text, context)
    sure = 1.0 if said else meaning.sure if meaning else 0.0
    is_known = bool(said) or sure >= float(header_words()["threshold"])
    name = (said or (meaning.name if meaning else "")) if is_known else ""
    how = "taught" if said else "parts" if name else ""
    name = "other" if name == "ignored" else name
    return Question(view.grid.sheet, view.address(row, column), text, context, name, sure if name else 0.0, how)


def _likely_header(view: View) -> int | None:
    """Return the row that is most like the header of a table nobody understands: short words, rows alike below it."""
    best: tuple[int, int] | None = None
    for row in range(view.height - 1):
        texts = [normalise(text) for _, _, text in own_cells(view, row)]
        below = own_cells(view, row + 1)
        is_words = all(len(text) <= LONGEST and not is_amount(text) for text in texts)
        if len(set(texts)) < max(_SEVERAL, len(texts)) or not is_words or len(below) < len(texts) - 1:
            continue
        known = sum(meaning_of(text, "columns") is not None for text in texts)
        score = len(texts) + 2 * known + sum(is_amount(text) for _, _, text in below)
        if best is None or score > best[0]:
            best = score, row
    return best[1] if best else None


def _labels(view: View, stop: int, lessons: Lessons) -> list[Question]:
    """Return the labels above a table, each of which stands before its value."""
    found = []
    for row in range(stop):
        cells = own_cells(view, row)
        for left, _, text in cells[:-1:2]:
            if len(normalise(text)) <= LONGEST and not title_kind(text) and not is_amount(text):
                question = _of_cell(view, row, left, text, "labels", lessons)
                found.append(question if question.name or not label_in(text)[0] else replace(question, name="other"))
    return found


def _question(view: View, table: Table, place: int) -> Question:
    column = table.columns[place]
    context = "funds" if table.kind in {"funds", "costs"} else "columns"
    return Question(
        view.grid.sheet, view.address(*column.at), column.text, context, column.name, column.sure, column.how
    )


def choices(context: str) -> dict[str, str]:
    """Return the meanings that may be chosen for a header (可选含义): name -> Chinese.

    Example:
        >>> choices("funds")["executed"]
        '执行数'
    """
    words = reading_words()["meanings"]
    names = dict.fromkeys(rule["is"] for rule in header_words()[context] if rule["is"] != "ignored")
    named = {name: words[name] for name in names if name in words and name not in REPEATED}
    return {**named, "other": reading_words()["meaning_other"]}


def lessons_folder() -> Path:
    """Return where the lessons of the workbench are kept (示教版式目录)."""
    return workbench() / "data" / "forms"


def keep_lesson(name: str, taught: Mapping[str, Mapping[str, str]], *, folder: Path | None = None) -> Path:
    """Keep what a person said the headers of a layout mean (保存示教).

    Args:
        name: The name of the layout, which is that of its file.
        taught: For ``columns``, ``funds`` and ``labels``: printed header -> meaning, one of :func:`choices`.
        folder: Where lessons are kept; that of the workbench when None.

    Raises:
        RequestError: The name cannot be a file's, or a meaning is none.
    """
    if not re.fullmatch(r"[\w-]{1,60}", name):
        raise RequestError(f"版式名称“{name}”不能作文件名，请只用文字、数字和短横")
    for context, named in taught.items():
        unknown = [meaning for meaning in named.values() if context not in CONTEXTS or meaning not in choices(context)]
        if unknown:
            raise RequestError(f"“{unknown[0]}”不是可选的栏目，可选：{'、'.join(choices('columns'))}")
    target = (folder or lessons_folder()) / f"{name}.yaml"
    content = lesson_text(name, taught)
    if target.exists() and target.read_text(encoding="utf-8") != content:
        raise RequestError(f"已有名为“{name}”的示教，内容不同；请换一个版式名称")
    with explained(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_safely(target, lambda path: path.write_text(content, encoding="utf-8"))
    return target


def lesson_text(name: str, taught: Mapping[str, Mapping[str, str]]) -> str:
    """Return a lesson as it is written (示教文件): one header a line, what it means behind it in Chinese.

    Example:
        >>> print(lesson_text("甲", {"columns": {"办理情况": "actual"}}))
        id: "甲"
        columns:
          "办理情况": actual  # 完成值
        <BLANKLINE>
    """
    lines = [f"id: {json.dumps(name, ensure_ascii=False)}"]
    for context, named in taught.items():
        pairs = [
            f"  {json.dumps(' '.join(text.split()), ensure_ascii=False)}: {meaning}  # {choices(context)[meaning]}"
            for text, meaning in named.items()
        ]
        lines += [f"{context}:", *pairs] if pairs else []
    return "\n".join([*lines, ""])


class Lesson(Model):
    """The file of one lesson (一份示教): printed header -> meaning, for indicators, money and labels."""

    id: Text
    columns: dict[str, Annotated[str, one_of(lambda: choices("columns"))]] = {}
    funds: dict[str, Annotated[str, one_of(lambda: choices("funds"))]] = {}
    labels: dict[str, Annotated[str, one_of(lambda: choices("labels"))]] = {}


@lru_cache(maxsize=64)
def _lesson(path: Path, changed: int) -> dict[str, dict[str, str]] | DeclarationError:
    try:
        lesson = load_model(path, Lesson)
    except DeclarationError as error:
        return error
    said = {"columns": lesson.columns, "funds": lesson.funds, "labels": lesson.labels}
    return {context: {label_key(text): name for text, name in named.items()} for context, named in said.items()}


class Lessons:
    """What the lessons of a folder say of a header (示教内容): its meaning in a context, or nothing.

    ``broken`` holds the error of every lesson that cannot be used: its file is wrong, or it contradicts one before it.
    Such a lesson is left out whole, and whoever reads says so.
    """

    def __init__(self, folder: Path) -> None:
        self.said: dict[str, dict[str, str]] = {context: {} for context in CONTEXTS}
        self.broken: list[DeclarationError] = []
        for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else []:
            lesson = _lesson(path, path.stat().st_mtime_ns if path.exists() else 0) if not path.is_dir() else {}
            if isinstance(lesson, DeclarationError):
                self.broken.append(lesson)
            elif contradicted := self._contradictions(path.name, lesson):
                self.broken.append(contradicted)
            else:
                for context, named in lesson.items():
                    self.said[context] |= named

    def _contradictions(self, file: str, lesson: Mapping[str, Mapping[str, str]]) -> DeclarationError | None:
        twice = [
            (f"{context}.{text}", name, self.said[context][text])
            for context, named in lesson.items()
            for text, name in named.items()
            if self.said[context].get(text, name) != name
        ]
        return (
            DeclarationError(
                file, [f"{at}：与另一份示教不同（{one}、{other}），请只留一种" for at, one, other in twice]
            )
            if twice
            else None
        )

    def with_draft(self, taught: Mapping[str, Mapping[str, str]]) -> Lessons:
        """Return these lessons with what is being taught in front of them (试用未保存的示教)."""
        whole = copy(self)
        whole.said = {
            context: {**named, **{label_key(text): name for text, name in taught.get(context, {}).items()}}
            for context, named in self.said.items()
        }
        return whole

    def __call__(self, text: str, context: str) -> str:
        """Return the taught meaning of a header."""
        named = self.said.get(context)
        return named.get(label_key(text), "") if named else ""
