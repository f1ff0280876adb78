"""Corrected forms (更正重报): which form replaced which, what changed cell by cell, what became of the findings.

A correction that came under a name of its own stands beside the form it replaces. One that was saved over it is known
by the copies that builds keep of what they met under each name; where there is none (a file too large to be kept, a
folder built before there were copies) the earlier is what the newest version before holds of it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pandas as pd

from jixiao.builds.diff import Build
from jixiao.builds.handed_in import evaluate_forms
from jixiao.builds.manifest import read_manifest
from jixiao.builds.originals import replaced
from jixiao.builds.versions import list_versions
from jixiao.core.errors import JixiaoError
from jixiao.core.frames import typed
from jixiao.core.vocabulary import label
from jixiao.core.writing import value_text
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
    return _compared((earlier, folder / earlier), (later, folder / later))


def _compared(*sides: tuple[str, Path]) -> Resubmission:
    """Compare two workbooks, each with its name (逐格对照)."""
    earlier, later = (name for name, _ in sides)
    tables = [read_tables(path, path.name) for _, path in sides]
    findings = []
    for _, path in sides:
        results, errors = evaluate_forms([path])
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


_VALUES = {
    "evaluations": {
        **{"objective": "source_cell", "objective_achieved": "source_cell"},
        **{"total_reported": "total_cell", "grade_reported": "grade_cell"},
    },
    "budgets": {
        **{f"{name}_wan": f"{name}_cell" for name in ("initial_budget", "annual_budget", "arrived", "executed")},
        "execution_rate_text": "execution_rate_cell",
    },
    "indicators": {
        **{"indicator": "source_cell", "target_text": "target_cell", "actual_text": "actual_cell"},
        **{"weight": "weight_cell", "reported_score": "score_cell", "deviation_reason": "reason_cell"},
    },
}
"""What a form says, by frame: each column with the one that names its cell."""
_SAME = {
    "evaluations": ["source_sheet"],
    "budgets": ["source_sheet", "evaluation", "fund"],
    "indicators": ["source_sheet", "evaluation", "category", "subcategory", "indicator"],
}
"""By what a row of a form is found again in its correction; equal ones go by their order."""


def overwritten(folder: Path) -> list[Resubmission]:
    """Return every form of a built folder that was saved over by another (同名覆盖的更正).

    The earlier one is the copy that was kept of it; ``earlier`` is its path below the built folder. Where none was kept
    it is what the newest version before holds of the file: ``earlier`` names that version, and what neither version
    took from the file is not compared.

    Args:
        folder: A built folder.

    Raises:
        RequestError: The folder is none, or a kept version is damaged.
    """
    found = []
    for name, *copies in replaced(folder, read_manifest(folder)["sources"]):
        with tempfile.TemporaryDirectory(prefix="jixiao-") as made, suppress(JixiaoError):
            sides = []
            for side, copy in enumerate(copies):  # a form is read under the name it came by
                path = Path(made) / str(side) / Path(name).name
                path.parent.mkdir()
                sides.append(Path(shutil.copyfile(copy, path)))
            found.append(_compared((copies[0].relative_to(folder).as_posix(), sides[0]), (name, sides[1])))
    known = {one.later for one in found}
    return sorted([*found, *_by_versions(folder, known)], key=lambda one: one.later)


def _by_versions(folder: Path, known: set[str]) -> list[Resubmission]:
    """Return the forms without a copy that are other ones than in a version before, those known left out."""
    current, *before = [Build(folder, version) for version in list_versions(folder)]
    sources = current.manifest["sources"]
    found, named = [], {*known}
    for build in before:
        kept = build.manifest["sources"]
        changed = {name for name in sources if kept.get(name, sources[name]) != sources[name]} - named
        if not changed:
            continue
        sides = [{name: _of_files(one, name, changed) for name in (*_VALUES, "findings")} for one in (build, current)]
        found += [_overwritten(name, build.version, *sides) for name in sorted(changed)]
        named |= changed
    return found


def _of_files(build: Build, frame: str, files: set[str]) -> pd.DataFrame:
    rows = build.frame(frame)
    return rows[rows["source_file"].isin(files)]


def _overwritten(
    file: str, version: str, before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame]
) -> Resubmission:
    sides = [{name: rows[rows["source_file"] == file] for name, rows in side.items()} for side in (before, after)]
    changes = [row for frame in _VALUES for row in _values(frame, *(side[frame] for side in sides))]
    was, now = (side["findings"] for side in sides)
    return Resubmission(
        version,
        file,
        typed(changes, CHANGES),
        was[~was["finding_id"].isin(now["finding_id"])].reset_index(drop=True),
        now[~now["finding_id"].isin(was["finding_id"])].reset_index(drop=True),
        now[now["finding_id"].isin(was["finding_id"])].reset_index(drop=True),
    )


def _values(frame: str, before: pd.DataFrame, after: pd.DataFrame) -> Iterator[dict[str, str]]:
    """Yield the values of the rows of one form that differ."""
    sides = []
    for rows in (before, after):
        place = rows.groupby(_SAME[frame], dropna=False).cumcount().astype(str)
        keys = zip(*(rows[name].astype("str") for name in _SAME[frame]), place, strict=True)
        sides.append(dict(zip(keys, rows.to_dict("records"), strict=True)))
    for key in dict.fromkeys([*sides[0], *sides[1]]):
        old, new = (side.get(key, {}) for side in sides)
        for name, cell in _VALUES[frame].items():
            said = [value_text(name, one[name]) if name in one else "" for one in (old, new)]
            if said[0] != said[1]:
                where = new or old
                address = where[cell] or where["source_cell"]
                yield {
                    "source_sheet": where["source_sheet"],
                    "source_cell": f"{address} {label(name)}",
                    "before": said[0],
                    "after": said[1],
                }


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
