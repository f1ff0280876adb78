"""Apply known errors in received files (更正清单) to their records; the files stay as they are."""

from __future__ import annotations

from pathlib import Path

from jixiao.declared import open_declaration, refuse
from jixiao.errors import CorrectionError
from jixiao.records import Reading


def apply_corrections(readings: list[Reading], path: Path) -> None:
    """Apply the known errors in received files (更正清单) to the records; the files stay as they are.

    Raises:
        DeclarationError: The file is not well formed.
        CorrectionError: A correction does not match what the file prints.
    """
    whole, mistakes = open_declaration(path)
    wanted: dict[tuple[str, str, str], dict[str, str]] = {}
    for part in whole.parts("corrections"):
        entry = {key: part.text(key) for key in ("file", "sheet", "cell", "printed", "corrected", "reason", "evidence")}
        status = part.text("status", choices=("applied", "proposed"))
        part.close()
        place = (entry["file"], entry["sheet"], entry["cell"])
        if place in wanted:
            whole.note("corrections", f"{entry['file']}（{entry['sheet']}!{entry['cell']}）列了两次，请只保留一条")
        if status == "applied":
            wanted[place] = entry
    whole.close()
    refuse(path, mistakes)
    used = set()
    for reading in readings:
        for record in [*reading.records, *reading.head.values()]:
            for column, cell in record.cells.items():
                place = (reading.file, record.sheet, cell)
                if place in wanted and record.texts.get(column) == wanted[place]["printed"]:
                    record.texts[column] = wanted[place]["corrected"]
                    used.add(place)  # rows below a merged cell repeat it, so the correction stays wanted
    unused = [entry for place, entry in wanted.items() if place not in used]
    if unused:
        raise CorrectionError(
            f"{entry['file']}（{entry['sheet']}!{entry['cell']}）处没有“{entry['printed']}”" for entry in unused
        )
