"""Apply known errors in received files (更正清单) to their records; the files stay as they are.

An entry replaces or clears one cell (``action: replace`` or ``clear``), or says that a file was replaced by a later one
(``action: supersede``). One that no longer matches what the files print is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import field_validator, model_validator

from jixiao.core.errors import CorrectionError
from jixiao.core.models import Model, Notes, Text, load_model
from jixiao.reading.forms.records import Reading, Record


class Correction(Model):
    """One entry of ``data/corrections.yaml`` (一条更正); which keys it needs depends on its action."""

    action: Literal["replace", "clear", "supersede"] = "replace"
    file: Text
    reason: Text
    evidence: Text
    status: Literal["applied", "proposed"]
    sheet: Text = ""
    cell: Text = ""
    printed: Text = ""
    corrected: Text = ""
    by: Text = ""

    @model_validator(mode="after")
    def _keys_of_its_action(self) -> Correction:
        place = () if self.action == "supersede" else ("sheet", "cell", "printed")
        needed = {"replace": (*place, "corrected"), "clear": place, "supersede": ("by",)}[self.action]
        notes = Notes()
        for key in needed:
            if not getattr(self, key):
                notes.note(key, "缺少该项，应为文字")
        for key in ("sheet", "cell", "printed", "corrected", "by"):
            if key not in needed and getattr(self, key):
                notes.note(key, "不认识的项，请检查拼写或删除")
        notes.refuse()
        return self

    @property
    def place(self) -> tuple[str, str, str]:
        """The cell: file, sheet and address."""
        return self.file, self.sheet, self.cell


class Corrections(Model):
    """The file of corrections (更正清单)."""

    corrections: tuple[Correction, ...] = ()

    @field_validator("corrections")
    @classmethod
    def _no_cell_twice(cls, entries: tuple[Correction, ...]) -> tuple[Correction, ...]:
        applied: set[tuple[str, str, str]] = set()
        notes = Notes()
        for entry in entries:
            if entry.action == "supersede":
                continue
            if entry.place in applied:
                notes.note("", f"{entry.file}（{entry.sheet}!{entry.cell}）列了两次，请只保留一条")
            if entry.status == "applied":
                applied.add(entry.place)
        notes.refuse()
        return entries


def apply_corrections(readings: list[Reading], path: Path) -> tuple[list[Reading], list[tuple[Reading, str]]]:
    """Apply the known errors in received files (更正清单); the files and what was read of them stay as they are.

    Returns:
        The readings in their order, those with a corrected cell as new ones; and those that a later file supersedes,
        each with the name of that file.

    Raises:
        DeclarationError: The file is not well formed.
        CorrectionError: A correction does not match what the file prints.
    """
    cells, superseded = _load(path)
    used: set[tuple[str, str, str]] = set()

    def correct(file: str, record: Record) -> Record:
        wanted = {
            column: place
            for column, cell in record.cells.items()
            if (place := (file, record.sheet, cell)) in cells and record.texts.get(column) == cells[place]["printed"]
        }
        used.update(wanted.values())  # rows below a merged cell repeat it, so the correction stays wanted
        texts = {column: cells[place]["corrected"] for column, place in wanted.items()}
        return replace(record, texts={**record.texts, **texts}) if texts else record

    named = {place[0] for place in cells}
    corrected = [_corrected(reading, correct) if reading.file in named else reading for reading in readings]
    files = {reading.file for reading in readings}
    unused = [entry for place, entry in cells.items() if place not in used]
    lost = [name for entry in superseded for name in (entry["file"], entry["by"]) if name not in files]
    if unused or lost:
        raise CorrectionError(
            [
                *(f"{entry['file']}（{entry['sheet']}!{entry['cell']}）处没有“{entry['printed']}”" for entry in unused),
                *(f"没有文件“{name}”" for name in lost),
            ]
        )
    replaced = {entry["file"]: entry["by"] for entry in superseded}
    return corrected, [(reading, replaced[reading.file]) for reading in corrected if reading.file in replaced]


def _corrected(reading: Reading, correct: Callable[[str, Record], Record]) -> Reading:
    records = [correct(reading.file, record) for record in reading.records]
    head = {name: correct(reading.file, record) for name, record in reading.head.items()}
    pairs = zip([*records, *head.values()], [*reading.records, *reading.head.values()], strict=True)
    return reading if all(new is old for new, old in pairs) else replace(reading, records=records, head=head)


def list_corrections(path: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    """Return the applied corrections of cells (更正登记) by file, sheet and cell; superseded files by file alone.

    Raises:
        DeclarationError: The file is not well formed.
    """
    cells, superseded = _load(path)
    return {**cells, **{(entry["file"], "", ""): entry for entry in superseded}}


def _load(path: Path) -> tuple[dict[tuple[str, str, str], dict[str, str]], list[dict[str, str]]]:
    """Load the applied entries: the corrected cells by place, and the superseded files."""
    applied = [entry for entry in load_model(path, Corrections).corrections if entry.status == "applied"]
    plain = [entry.model_dump(exclude={"action", "status"}) for entry in applied]
    cells = {one.place: entry for one, entry in zip(applied, plain, strict=True) if one.action != "supersede"}
    return cells, [entry for one, entry in zip(applied, plain, strict=True) if one.action == "supersede"]
