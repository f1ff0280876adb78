"""Submissions (报送): what arrived in a data folder, and what became of each form.

The key of a form is its kind, its year, what it is about and the kind of evaluation. A form that arrived again with the
same content counts once; two forms that say different things are an error, unless the corrections name the one that was
replaced.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jixiao.core.errors import FormError, JixiaoError, KeyConflictError
from jixiao.core.vocabulary import word
from jixiao.reading.corrections import apply_corrections
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


@dataclass
class Submissions:
    """Every form that arrived: the readings that count and one line for each form or file (报送登记)."""

    kept: list[Reading] = field(default_factory=list)
    errors: list[JixiaoError] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def add(self, readings: Iterable[Reading], *, checksum: str) -> None:
        """Add the forms of one file."""
        for reading in readings:
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
        for reading, note in superseded:
            self._drop(reading, "superseded", note)

    def sort(self) -> None:
        """Divide what arrived into what counts, what only repeats it, and what contradicts itself (重复报送)."""
        groups: dict[tuple[str, ...], list[Reading]] = {}
        for reading in self.kept:
            groups.setdefault(submission_key(reading), []).append(reading)
        for first, *others in groups.values():
            different = [other for other in others if other.content() != first.content()]
            for other in others if not different else ():
                self._drop(other, "repeated", first.file)
            if different:
                named = head_of(first, "project") or head_of(first, "department")
                error = KeyConflictError(
                    f"{first.year}年度“{named}”{word('evaluation', first.evaluation)}",
                    [(one.file, one.records[0].sheet) for one in (first, *different)],
                )
                self.errors.append(error)
                for other in (first, *others):
                    self._drop(other, "conflict", str(error))

    def set_apart(self, error: KeyConflictError) -> None:
        """Set the forms apart whose rows contradict each other: two lists that name one project (行内重复)."""
        self.errors.append(error)
        for reading in [one for one in self.kept if one.file in error.files]:
            self._drop(reading, "conflict", str(error))

    def _drop(self, reading: Reading, state: str, note: str) -> None:
        self.kept = [other for other in self.kept if other is not reading]
        line = next(line for line in self.lines if line.get("reading") is reading)
        line |= {"state": state, "note": note}
