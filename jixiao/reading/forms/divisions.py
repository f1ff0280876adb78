"""Divide the grids of a file into forms (划分): several on a sheet or beside each other, one over several tables."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

from jixiao.reading.forms.families import load_families
from jixiao.reading.forms.headers import Headers, View, find_headers
from jixiao.reading.forms.heads import find_title, split_label
from jixiao.reading.forms.pieces import Piece, next_cell
from jixiao.reading.values.values import normalise

_TITLE_ABOVE = 6
"""How many rows above its project name a form may begin."""


def _piece(view: View, start: int, stop: int, headers: Headers) -> Piece:
    """Return some rows of a grid with the header rows that stand in them."""
    found = {
        family: {row: header for row, header in rows.items() if start <= row < stop} for family, rows in headers.items()
    }
    return Piece(view, start, stop, found)


@cache
def _subject_labels() -> frozenset[str]:
    """Return the labels that name what a form is about: 项目名称, 部门名称, but not 主管部门."""
    projects = {label for family in load_families() if family.subject == "project" for label in family.head}
    named = [
        (label, family.subject)
        for family in load_families()
        for label, column in family.head.items()
        if column == family.subject
    ]
    return frozenset(label for label, subject in named if subject == "project" or label not in projects)


@cache
def _subject_openings() -> frozenset[str]:
    return frozenset(label[0] for label in _subject_labels())


def has_subject(pieces: list[Piece]) -> bool:
    """Say whether a form names what it is about."""
    return any(key in _subject_labels() for piece in pieces for keys in piece.view.keys for key in keys)


def _subjects(view: View, headers: Headers) -> list[tuple[int, str]]:
    """Return the rows that name a project, each with its name."""
    labels, openings = _subject_labels(), _subject_openings()
    rows = {row for found in headers.values() for row in found}
    found: dict[int, str] = {}
    for row, column in view.filled:
        text = view.texts[row][column]
        if text[0] not in openings or row in found or row in rows:
            continue
        if view.keys[row][column] in labels:
            at = next_cell(view, row, column, labels=labels)
            if at is not None:
                found[row] = normalise(view.texts[at[0]][at[1]])
            continue
        key, value = split_label(text)
        if key in labels and value:
            found[row] = normalise(value)
    return list(found.items())


def stand_apart(view: View) -> list[View]:
    """Part a sheet on which two forms stand beside each other (并排的两份表): each half with its own addresses.

    They do when one row prints the label of the project twice. What stands above that row is part of both.
    """
    labels, grid = _subject_labels(), view.grid
    for row, keys in enumerate(view.keys):
        if not view.labelled[row]:
            continue
        named = [column for column, key in enumerate(keys) if key in labels and view.corner(row, column)[1] == column]
        if len(named) < 2 or len({keys[column] for column in named}) > 1:
            continue  # 单位名称 beside 项目名称 are two columns of a list
        return [
            View(replace(grid, texts=_between(grid.texts, row, left, right), margins=() if left else grid.margins))
            for left, right in pairwise([0, *named[1:], view.width])
        ]
    return [view]


def _between(texts: list[list[str]], start: int, left: int, right: int) -> list[list[str]]:
    """Return the texts of a grid with everything blank, from a row on, that does not stand between two columns."""
    return [
        line if row < start else [text if left <= column < right else "" for column, text in enumerate(line)]
        for row, line in enumerate(texts)
    ]


def split_forms(views: list[View]) -> list[list[Piece]]:
    """Divide the grids of a file into forms: a new project name starts a new one; other tables join the form before.

    A table of another form that names no project (一览表) stands for itself.
    """
    forms: list[list[Piece]] = []
    waiting: list[Piece] = []
    subject = ""
    for view in views:
        found = find_headers(view)
        named = _subjects(view, found)
        starts = [row for row, name in named if name]
        kept: list[int] = []
        for row, name in named:
            is_closed = forms and _is_complete(forms[-1]) if not kept else _is_closed(view, kept[-1], row)
            is_again = name == subject and not (_has_main(found, row) and is_closed)
            if name and not is_again:
                kept.append(row)
            subject = name or subject
        if not kept:
            piece = _piece(view, 0, view.height, found)
            if forms and _joins(forms[-1], found):
                forms[-1].append(piece)
            elif found and forms and not starts:
                forms.append([piece])
            else:
                waiting.append(piece)
            continue
        bounds = [_first_row(view, found, row) for row in kept]
        if forms and bounds[0] > 0 and any(row < bounds[0] for rows in found.values() for row in rows):
            forms[-1].append(_piece(view, 0, bounds[0], found))
        else:
            bounds[0] = 0
        for start, stop in pairwise([*bounds, view.height]):
            forms.append([*waiting, _piece(view, start, stop, found)])
            waiting = []
    if waiting:
        forms.append(waiting) if not forms else forms[-1].extend(waiting)
    return forms


def _joins(form: list[Piece], found: Headers) -> bool:
    """Say whether a table without a project name belongs to the form before: headers of the same form, or none."""
    if not found:
        return True
    ours = {family for piece in form for family in piece.found}
    return not ours or bool(ours & set(found))


def _has_main(found: Headers, start: int = 0) -> bool:
    """Say whether a main table begins in a row or below it."""
    mains = {family.id: family.main for family in load_families()}
    return any(
        header.block.name == mains[family] and row >= start
        for family, rows in found.items()
        for row, header in rows.items()
    )


def _is_closed(view: View, start: int, stop: int) -> bool:
    """Say whether the total of a table stands between two rows."""
    return any(key in _closing_labels() for keys in view.keys[start:stop] for key in keys)


@cache
def _closing_labels() -> frozenset[str]:
    return frozenset(
        label
        for family in load_families()
        for block in family.blocks
        for label, kind in block.closing.items()
        if kind == "total"
    )


def _is_complete(form: list[Piece]) -> bool:
    return any(_has_main(piece.found) for piece in form)


def _first_row(view: View, found: Headers, row: int) -> int:
    """Return where a form begins: at its title, a few rows above the name of its project."""
    for above in range(row - 1, max(row - 1 - _TITLE_ABOVE, -1), -1):
        if any(above in rows for rows in found.values()):
            break
        if any(find_title(text)[0] for text in view.texts[above] if text):
            return above
    return row
