"""Submissions (报送): what arrived in a data folder, and what became of each form.

The key of a form is its kind, its year, what it is about and the kind of evaluation. A form that arrived again with the
same content counts once; two forms that say different things are an error, unless the corrections name the one that was
replaced, or the name of one says that it is a later version (更正、第2次报送): the latest counts, the earlier stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from jixiao.core.errors import FormError, JixiaoError, KeyConflictError
from jixiao.core.models import Model, Pattern, checked_shipped
from jixiao.core.vocabulary import word
from jixiao.reading.corrections import apply_corrections
from jixiao.reading.files.limits import usual_years
from jixiao.reading.forms.records import Reading
from jixiao.reading.tidy.rows import head_of, identity_of

WITHOUT_PROJECT = frozenset({"budget_list", "final_account", "document"})
"""Forms that list many projects, or none."""


def submission_key(reading: Reading) -> tuple[str, ...]:
    """Return what a form is about (报送对象): form, year, project or department, kind of evaluation.

    A form about many projects, or none, is about what it says.
    """
    if reading.form in WITHOUT_PROJECT:
        return (reading.form, str(reading.year), repr(reading.content()), "")
    return (reading.form, str(reading.year), identity_of(reading), reading.evaluation)


class _Signs(Model):
    name: Pattern
    folder: Pattern


class _Versions(Model):
    """The file of signs by which a later version is known."""

    versions: _Signs
    examples: dict[str, Any]


@cache
def _signs() -> tuple[re.Pattern[str], re.Pattern[str]]:
    declared = checked_shipped("submissions.yaml", _Versions)["versions"]
    return re.compile(declared["name"]), re.compile(declared["folder"])


def version_of(file: str) -> int:
    """Return which version of a submission a file says it is (第几次报送), by its name or its folder; else the first.

    Example:
        >>> [version_of(name) for name in ("2024/甲_自评表.xlsx", "2024/甲_自评表（更正）.xlsx", "2024/重报3/甲.xlsx")]
        [1, 2, 3]
    """
    path, (name, folder) = PurePosixPath(file), _signs()
    found = [name.search(path.stem), *(folder.fullmatch(part) for part in path.parts[:-1])]
    numbers = [int(next((one for one in match.groups() if one), "2")) for match in found if match]
    return max(numbers, default=1)


@dataclass
class Submissions:
    """Every form that arrived: the readings that count and one line for each form or file (报送登记)."""

    kept: list[Reading] = field(default_factory=list)
    errors: list[JixiaoError] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def add(self, readings: Iterable[Reading], *, checksum: str) -> None:
        """Add the forms of one file; one of a year that none can be about is refused by itself."""
        usual = usual_years()
        for reading in readings:
            if reading.year is not None and reading.year not in usual:
                error = FormError(
                    reading.file,
                    f"评价年度“{reading.year}”不在{usual[0]}至{usual[-1]}年之间",
                    "请核对年度，改正后重新放入",
                )
                self.refuse(reading.file, error, checksum=checksum)
            else:
                self.kept.append(reading)
                self.lines.append({"reading": reading, "file": reading.file, "checksum": checksum, "state": "read"})
            for parts in reading.refused:
                self.refuse(parts["file"], FormError(**parts), checksum=checksum)

    def refuse(self, file: str, error: JixiaoError, *, checksum: str) -> None:
        """Add a file that could not be read."""
        self.errors.append(error)
        self.lines.append({"file": file, "checksum": checksum, "state": "refused", "note": str(error)})

    def correct(self, path: Path) -> None:
        """Apply the corrections: cells are replaced, a superseded form no longer counts.

        Raises:
            DeclarationError: The corrections are not well formed.
            CorrectionError: A correction does not match what the files print.
        """
        corrected, superseded = apply_corrections(self.kept, path)
        new = {id(old): reading for old, reading in zip(self.kept, corrected, strict=True)}
        self.kept = corrected
        for line in self.lines:
            if "reading" in line:
                line["reading"] = new.get(id(line["reading"]), line["reading"])
        self._drop((reading, "superseded", note) for reading, note in superseded)

    def sort(self) -> None:
        """Divide what arrived into what counts, what only repeats it, and what contradicts itself (重复报送)."""
        groups: dict[tuple[str, ...], list[Reading]] = {}
        dropped: list[tuple[Reading, str, str]] = []
        for reading in self.kept:
            groups.setdefault(submission_key(reading), []).append(reading)
        for first, *others in groups.values():
            different = [other for other in others if other.content() != first.content()]
            dropped += [(other, "repeated", first.file) for other in others if not different]
            later = _latest([first, *others]) if different else None
            if later is not None:
                for other in (first, *others):
                    if other is not later:
                        state = "repeated" if other.content() == later.content() else "superseded"
                        dropped.append((other, state, later.file))
            elif different:
                named = head_of(first, "project") or head_of(first, "department")
                error = KeyConflictError(
                    f"{first.year}年度“{named}”{word('evaluation', first.evaluation)}",
                    [(one.file, one.records[0].sheet) for one in (first, *different)],
                )
                self.errors.append(error)
                dropped += [(other, "conflict", str(error)) for other in (first, *others)]
        self._drop(dropped)

    def set_apart(self, error: KeyConflictError) -> None:
        """Set the forms apart whose rows contradict each other: two lists that name one project (行内重复)."""
        self.errors.append(error)
        self._drop((one, "conflict", str(error)) for one in self.kept if one.file in error.files)

    def _drop(self, dropped: Iterable[tuple[Reading, str, str]]) -> None:
        """Keep forms no longer, each with what became of it and why."""
        told = {id(reading): {"state": state, "note": note} for reading, state, note in dropped}
        self.kept = [reading for reading in self.kept if id(reading) not in told]
        for line in self.lines:
            line |= told.get(id(line.get("reading")), {})


def _latest(readings: list[Reading]) -> Reading | None:
    """Return the form that says it is a later version than all others; None when none does, or two say so."""
    last = max(version_of(one.file) for one in readings)
    top = [one for one in readings if version_of(one.file) == last]
    return top[0] if last > 1 and all(one.content() == top[0].content() for one in top) else None
