"""Teach a form (示教): what headers were proposed to mean, how surely, and what a person said they mean, kept and used.

A lesson is a family of the workbench in ``data/forms/<name>.yaml``: printed header -> meaning for each kind of table.
It is used for every form read from then on and can be copied to a colleague.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jixiao.core.declared import load_yaml, refuse
from jixiao.core.errors import RequestError
from jixiao.core.files import workbench
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import read_grids
from jixiao.reading.forms.assignment import REPEATED
from jixiao.reading.forms.headers import View
from jixiao.reading.forms.meanings import header_words
from jixiao.reading.forms.records import label_key
from jixiao.reading.forms.regions import Table, find_tables

CONTEXTS = ("columns", "funds")


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
        return not self.name


def questions(path: Path, *, folder: Path | None = None) -> list[Question]:
    """Return every header of a file with its proposed meaning and sureness (逐表头提问), those not understood first.

    Args:
        path: The file.
        folder: The folder of the lessons; that of the workbench when None.

    Raises:
        FormError: The file cannot be opened.
    """
    found = []
    for grid in read_grids(path, path.name):
        view = View(grid)
        for table in find_tables(view, 0, view.height, Lessons(folder or lessons_folder())):
            found += [_question(view, table, place) for place in range(len(table.columns))]
    return sorted(found, key=lambda question: (not question.is_asked, question.sure))


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
    names = dict.fromkeys(rule["is"] for rule in header_words()[context])
    named = {name: words[name] for name in names if name in words and name not in REPEATED}
    return {**named, "other": reading_words()["meaning_other"]}


def lessons_folder() -> Path:
    """Return where the lessons of the workbench are kept (示教版式目录)."""
    return workbench() / "data" / "forms"


def keep_lesson(name: str, taught: Mapping[str, Mapping[str, str]], *, folder: Path | None = None) -> Path:
    """Keep what a person said the headers of a layout mean (保存示教).

    Args:
        name: The name of the layout, which is that of its file.
        taught: For ``columns`` and ``funds``: printed header -> meaning, one of :func:`choices`.
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
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"id: {name}"]
    for context, named in taught.items():
        pairs = [f"  {json.dumps(text, ensure_ascii=False)}: {meaning}" for text, meaning in named.items()]
        lines += [f"{context}:", *pairs] if pairs else []
    target.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return target


@lru_cache(maxsize=64)
def _lesson(path: Path, changed: int) -> dict[str, dict[str, str]]:
    content, mistakes = load_yaml(path)
    refuse(path, mistakes)
    return {
        context: {label_key(str(text)): str(name) for text, name in (content.get(context) or {}).items()}
        for context in CONTEXTS
    }


class Lessons:
    """What the lessons of a folder say of a header (示教内容): its meaning in a context, or nothing."""

    def __init__(self, folder: Path) -> None:
        self.said: dict[str, dict[str, str]] = {context: {} for context in CONTEXTS}
        for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else []:
            for context, named in _lesson(path, path.stat().st_mtime_ns).items():
                self.said[context] |= named

    def __call__(self, text: str, context: str) -> str:
        """Return the taught meaning of a header."""
        named = self.said.get(context)
        return named.get(label_key(text), "") if named else ""
