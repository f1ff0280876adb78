"""The layouts of a data place (版式清单): files with the same headers together, those that cannot be read first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jixiao.builds.manifest import place_of, read_manifest
from jixiao.core.errors import JixiaoError
from jixiao.core.files import find_place, form_names, list_forms
from jixiao.core.models import Model, Text, Texts, Words, checked_shipped
from jixiao.reading.files import Grid, read_grids
from jixiao.reading.forms.records import label_key
from jixiao.reading.forms.teaching import Lessons, ask, lessons_folder
from jixiao.reading.workers import read_files

MANIFEST = "manifest.json"
STATES = ("refused", "part", "read")
"""What became of a file, the worst first: nothing was read, a column was not, all was."""


class _Teaching(Model):
    """The whole of ``rules/teaching.yaml`` (示教用语)."""

    about: Text
    layout: Text
    file: Text
    group: Text
    states: Words
    none_unread: Text
    no_files: Text
    unread: Text
    cannot_open: Text
    heads: Texts
    contexts: Words
    unknown: Text
    sure: Text
    hows: Words
    form_title: Text
    cut: Text
    result_title: Text
    result: Text
    head: Text
    not_read: Text
    columns: Words
    name: Text
    default_name: Text
    save: Text
    saved: Text
    nothing: Text
    download: Text


def words() -> dict[str, Any]:
    """Return the words of the page (示教用语)."""
    return dict(checked_shipped("teaching.yaml", _Teaching))


@dataclass(frozen=True)
class Layout:
    """Files that print the same headers (同一版式): the state of the worst, and their paths."""

    state: str
    files: tuple[Path, ...]


def source_of(place: str | Path) -> Path:
    """Return the folder of the forms of a place; a built one says what it was built from."""
    folder = find_place(place)
    return place_of(folder, read_manifest(folder)) if (folder / MANIFEST).exists() else folder


def open_grids(path: Path) -> tuple[list[Grid], str]:
    """Return the tables of a file, or none and why it cannot be opened."""
    try:
        return read_grids(path, path.name), ""
    except JixiaoError as error:
        return [], str(error)


def states(paths: Sequence[Path]) -> list[str]:
    """Return what becomes of some files when they are read now (读取情况), each one of :data:`STATES`."""
    found = read_files([(path, f"{path.parent.name}/{path.name}") for path in paths])
    return [
        "refused" if isinstance(one, JixiaoError) else "part" if any(form.unread for form in one) else "read"
        for one in found
    ]


def find_layouts(place: str | Path, *, name: str = "") -> list[Layout]:
    """Return the layouts of a place (逐版式列出), the worst first, then those of most files.

    Args:
        place: ``source``, ``sample``, ``built`` or any folder of forms.
        name: Only files whose name holds this text; all when empty.

    Returns:
        The layouts with a file that was not read whole; when there is none, one with every file.

    Raises:
        RequestError: There is no such folder.
    """
    folder = source_of(place)
    files = [path for path, known in form_names(folder, list_forms(folder)).items() if name in known]
    became = dict(zip(files, states(files), strict=True))
    lessons = Lessons(lessons_folder())
    groups: dict[tuple[str, ...], list[Path]] = {}
    for path in (path for path in files if became[path] != "read"):
        grids, reason = open_grids(path)
        headers = {label_key(question.text) for question in ask(grids, lessons) if question.context != "labels"}
        if headers and not reason:
            groups.setdefault(tuple(sorted(headers)), []).append(path)
    if not groups:
        return [Layout("read", tuple(files))] if files else []
    found = [Layout(min((became[path] for path in mine), key=STATES.index), tuple(mine)) for mine in groups.values()]
    return sorted(found, key=lambda layout: (STATES.index(layout.state), -len(layout.files)))


def summary(place: str | Path, *, name: str = "") -> str:
    """Say how many layouts of a place are not read (未读版式数)."""
    unread = [layout for layout in find_layouts(place, name=name) if layout.state != "read"]
    if not unread:
        return str(words()["none_unread"])
    return str(words()["unread"].format(layouts=len(unread), files=sum(len(layout.files) for layout in unread)))
