"""Corrected forms (更正重报): which form replaced which, what changed cell by cell, what became of the findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pandas as pd

from jixiao.builds.handed_in import evaluate_forms
from jixiao.core.frames import typed
from jixiao.reading.files import column_letters
from jixiao.reading.workers import Table, read_tables

CHANGES = {"source_sheet": "str", "source_cell": "str", "before": "str", "after": "str"}
"""The columns of changes (逐格改动): one row is one cell; a new one has nothing before, a lost one nothing after."""


@dataclass(frozen=True)
class Resubmission:
    """One corrected form (一次更正): the earlier and the later file, the changed cells, the findings of both.

    ``settled`` are findings of the earlier that the later no longer has, ``new`` those only the later has, ``left``
    those of both; columns as of findings.
    """

    earlier: str
    later: str
    changes: pd.DataFrame
    settled: pd.DataFrame
    new: pd.DataFrame
    left: pd.DataFrame


def resubmissions(ingest: pd.DataFrame) -> list[tuple[str, str]]:
    """Return every earlier file with the one that replaced it (更正重报), as the build registered them."""
    files = set(ingest["source_file"])
    rows = ingest[(ingest["state"] == "superseded") & ingest["note"].isin(files)]
    return list(dict.fromkeys(zip(rows["source_file"], rows["note"], strict=True)))


def compare_forms(folder: Path, earlier: str, later: str) -> Resubmission:
    """Compare a form with its correction (对照更正).

    Args:
        folder: The data folder.
        earlier: The file that was replaced, by its name in the folder.
        later: The file that replaced it.

    Raises:
        JixiaoError: A file cannot be read any more.
    """
    tables = [read_tables(folder / name, name) for name in (earlier, later)]
    findings = []
    for name in (earlier, later):
        results, errors = evaluate_forms([folder / name])
        if errors:
            raise errors[0]
        findings.append(results.findings)
    before, after = findings
    ids = [set(found["finding_id"]) for found in findings]
    return Resubmission(
        earlier,
        later,
        typed(list(_changes(*tables)), CHANGES),
        before[~before["finding_id"].isin(ids[1])].reset_index(drop=True),
        after[~after["finding_id"].isin(ids[0])].reset_index(drop=True),
        after[after["finding_id"].isin(ids[0])].reset_index(drop=True),
    )


def _changes(before: list[Table], after: list[Table]) -> Iterator[dict[str, str]]:
    """Yield the cells that differ, sheet by sheet; a sheet is found by its name, else by its place."""
    named = {table.sheet: table for table in after}
    for place, table in enumerate(before):
        other = named.pop(table.sheet, None) or (after[place] if len(before) == len(after) else None)
        yield from _cells(table, other or Table(table.sheet, [], [], []))
    for table in named.values():
        if len(before) != len(after):
            yield from _cells(Table(table.sheet, [], [], []), table)


def _cells(before: Table, after: Table) -> Iterator[dict[str, str]]:
    rows = [[tuple(text.strip() for text in line) for line in table.texts] for table in (before, after)]
    for kind, top, bottom, other_top, other_bottom in SequenceMatcher(
        a=rows[0], b=rows[1], autojunk=False
    ).get_opcodes():
        if kind == "equal":
            continue
        for step in range(max(bottom - top, other_bottom - other_top)):
            old = rows[0][top + step] if top + step < bottom else ()
            new = rows[1][other_top + step] if other_top + step < other_bottom else ()
            line = other_top + step if new else top + step
            for column in range(max(len(old), len(new))):
                said = [texts[column] if column < len(texts) else "" for texts in (old, new)]
                if said[0] != said[1]:
                    cell = f"{column_letters(column)}{line + 1}"
                    sheet = after.sheet if new else before.sheet
                    yield {"source_sheet": sheet, "source_cell": cell, "before": said[0], "after": said[1]}
