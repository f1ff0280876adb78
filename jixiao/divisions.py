"""Divide the grids of a file into forms (划分): several on a sheet or beside each other, one over several tables."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

from jixiao.families import load_families
from jixiao.grids import Grid
from jixiao.headers import Headers, View, known_label
from jixiao.heads import find_title, split_label
from jixiao.pieces import Piece, next_cell
from jixiao.values import normalise

_TITLE_ABOVE = 6
"""How many rows above its project name a form may begin."""


def within(piece: Piece, headers: Headers) -> Headers:
    """Return the header rows that stand inside a piece."""
    return {
        family: {row: header for row, header in rows.items() if piece.start <= row < piece.stop}
        for family, rows in headers.items()
    }


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


def has_subject(pieces: list[Piece]) -> bool:
    """Say whether a form names what it is about."""
    return any(key in _subject_labels() for piece in pieces for keys in piece.view.keys for key in keys)


def _subjects(view: View, headers: Headers) -> list[tuple[int, str]]:
    """Return the rows that name a project, each with its name."""
    labels = _subject_labels()
    openings = {label[0] for label in labels}
    rows = {row for found in headers.values() for row in found}
    found = []
    for row, keys in enumerate(view.keys):
        if row in rows:
            continue
        if labels.isdisjoint(keys):
            glued = [split_label(text) for text in dict.fromkeys(view.texts[row]) if text[:1] in openings]
            found += [(row, normalise(value)) for key, value in glued if key in labels and value]
            continue
        column = next(column for column, key in enumerate(keys) if key in labels)
        at = next_cell(view, row, column, labels=labels)
        if view.corner(row, column) == (row, column) and at is not None:
            found.append((row, normalise(view.texts[at[0]][at[1]])))
    return found


def stand_apart(grid: Grid) -> list[Grid]:
    """Part a sheet on which two forms stand beside each other (并排的两份表): each half with its own addresses.

    They do when one row prints the label of the project twice. What stands above that row is part of both.
    """
    labels = _subject_labels()
    for row, texts in enumerate(grid.texts):
        named = [column for column, text in enumerate(texts) if text and known_label(text) in labels]
        if len(named) < 2:
            continue
        bounds = [0, *named[1:], grid.width]
        return [
            replace(
                grid,
                texts=[
                    line if above < row else [text if left <= at < right else "" for at, text in enumerate(line)]
                    for above, line in enumerate(grid.texts)
                ],
                margins=grid.margins if left == 0 else (),
            )
            for left, right in pairwise(bounds)
        ]
    return [grid]


def split_forms(views: list[View], headers: list[Headers]) -> list[list[Piece]]:
    """Divide the grids of a file into forms: a new project name starts a new one; other tables join the form before.

    A table of another form that names no project (一览表) stands for itself.
    """
    forms: list[list[Piece]] = []
    waiting: list[Piece] = []
    subject = ""
    for view, found in zip(views, headers, strict=True):
        named = _subjects(view, found)
        starts = [row for row, name in named if name]
        kept: list[int] = []
        for row, name in named:
            is_closed = (
                forms and _is_complete(forms[-1], views, headers) if not kept else _is_closed(view, kept[-1], row)
            )
            is_again = name == subject and not (_has_main(view, found, row) and is_closed)
            if name and not is_again:
                kept.append(row)
            subject = name or subject
        if not kept:
            piece = Piece(view, 0, view.height)
            if forms and _joins(forms[-1], found, views, headers):
                forms[-1].append(piece)
            elif found and forms and not starts:
                forms.append([piece])
            else:
                waiting.append(piece)
            continue
        bounds = [_first_row(view, found, row) for row in kept]
        if forms and bounds[0] > 0 and any(row < bounds[0] for rows in found.values() for row in rows):
            forms[-1].append(Piece(view, 0, bounds[0]))
        else:
            bounds[0] = 0
        for start, stop in pairwise([*bounds, view.height]):
            forms.append([*waiting, Piece(view, start, stop)])
            waiting = []
    if waiting:
        forms.append(waiting) if not forms else forms[-1].extend(waiting)
    return forms


def _joins(form: list[Piece], found: Headers, views: list[View], headers: list[Headers]) -> bool:
    """Say whether a table without a project name belongs to the form before: headers of the same form, or none."""
    if not found:
        return True
    ours = {family for piece in form for family in headers[views.index(piece.view)]}
    return not ours or bool(ours & set(found))


def _has_main(view: View, found: Headers, start: int = 0) -> bool:
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


def _is_complete(form: list[Piece], views: list[View], headers: list[Headers]) -> bool:
    return any(_has_main(piece.view, within(piece, headers[views.index(piece.view)])) for piece in form)


def _first_row(view: View, found: Headers, row: int) -> int:
    """Return where a form begins: at its title, a few rows above the name of its project."""
    for above in range(row - 1, max(row - 1 - _TITLE_ABOVE, -1), -1):
        if any(above in rows for rows in found.values()):
            break
        if any(find_title(text)[0] for text in view.texts[above] if text):
            return above
    return row
