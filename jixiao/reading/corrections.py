"""Apply known errors in received files (更正清单) to their records; the files stay as they are.

An entry replaces or clears one cell (``action: replace`` or ``clear``), or says that a file was replaced by a later one
(``action: supersede``). One that no longer matches what the files print is an error.
"""

from __future__ import annotations

from pathlib import Path

from jixiao.core.declared import Declaration, open_declaration, refuse
from jixiao.core.errors import CorrectionError
from jixiao.reading.forms.records import Reading

ACTIONS = ("replace", "clear", "supersede")


def apply_corrections(readings: list[Reading], path: Path) -> list[tuple[Reading, str]]:
    """Apply the known errors in received files (更正清单) to the records; the files stay as they are.

    Returns:
        The readings that a later file supersedes, each with the name of that file.

    Raises:
        DeclarationError: The file is not well formed.
        CorrectionError: A correction does not match what the file prints.
    """
    cells, superseded = _load(path)
    used = set()
    for reading in readings:
        for record in [*reading.records, *reading.head.values()]:
            for column, cell in record.cells.items():
                place = (reading.file, record.sheet, cell)
                if place in cells and record.texts.get(column) == cells[place]["printed"]:
                    record.texts[column] = cells[place]["corrected"]
                    used.add(place)  # rows below a merged cell repeat it, so the correction stays wanted
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
    return [(reading, replaced[reading.file]) for reading in readings if reading.file in replaced]


def list_corrections(path: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    """Return the applied corrections of cells (更正登记) by file, sheet and cell; superseded files by file alone.

    Raises:
        DeclarationError: The file is not well formed.
    """
    cells, superseded = _load(path)
    return {**cells, **{(entry["file"], "", ""): entry for entry in superseded}}


def _load(path: Path) -> tuple[dict[tuple[str, str, str], dict[str, str]], list[dict[str, str]]]:
    """Load the applied entries: the corrected cells by place, and the superseded files."""
    whole, mistakes = open_declaration(path)
    cells: dict[tuple[str, str, str], dict[str, str]] = {}
    superseded: list[dict[str, str]] = []
    for part in whole.parts("corrections"):
        entry, action, status = _entry(part)
        if action == "supersede":
            superseded += [entry] if status == "applied" else []
            continue
        place = (entry["file"], entry["sheet"], entry["cell"])
        if place in cells:
            whole.note("corrections", f"{entry['file']}（{entry['sheet']}!{entry['cell']}）列了两次，请只保留一条")
        if status == "applied":
            cells[place] = entry
    whole.close()
    refuse(path, mistakes)
    return cells, superseded


def _entry(part: Declaration) -> tuple[dict[str, str], str, str]:
    action = part.text("action", default="replace", choices=ACTIONS)
    keys = ["file", "reason", "evidence"]
    keys += ["by"] if action == "supersede" else ["sheet", "cell", "printed"]
    keys += ["corrected"] if action == "replace" else []
    entry = {key: part.text(key) for key in keys}
    entry.setdefault("corrected", "")
    status = part.text("status", choices=("applied", "proposed"))
    part.close()
    return entry, action, status
