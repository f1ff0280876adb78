"""A unit's own workbook with its findings as comments (批注本): everything else stays as the unit made it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.checks.causes import list_places
from jixiao.core.errors import RequestError
from jixiao.core.files import write_safely
from jixiao.core.vocabulary import screen_words, word

_BOOK = "xl/workbook.xml"
_WIDTH, _LINE, _PER_LINE, _TALLEST = 320, 18, 22, 600
"""Size of a comment in pixels: its width, the height of a line, signs in a line, the height it may have."""


@dataclass(frozen=True)
class Marked:
    """What became of the findings of a workbook (批注结果).

    ``cells`` have a comment, ``unplaced`` findings stand at the top of a sheet because they belong to no cell of it,
    ``lost`` names what the copy cannot hold.
    """

    cells: int
    unplaced: int
    lost: tuple[str, ...]


def is_workbook(path: Path) -> bool:
    """Say whether a file is an .xlsx workbook by its content (是否工作簿), whatever its name."""
    try:
        with zipfile.ZipFile(path) as packed:
            return _BOOK in {name.replace("\\", "/") for name in packed.namelist()}
    except (OSError, zipfile.BadZipFile):
        return False


def mark_workbook(path: Path, findings: pd.DataFrame, out: Path) -> Marked:
    """Write a copy of a workbook in which each cell with findings carries them as a comment (在原表上批注).

    Args:
        path: The workbook as received; it is not changed.
        findings: Those of this file, worst first; ``source_sheet`` and ``source_cell`` say where.
        out: Where to write; an existing file stays until the new one is whole.

    Raises:
        RequestError: ``out`` is the workbook itself, or the workbook cannot be copied.
    """
    from openpyxl import load_workbook
    from openpyxl.comments import Comment

    if out.exists() and out.samefile(path):
        raise RequestError(f"“{out}”就是原表，不能覆盖；请把 --mark 写成另一个文件")
    words = screen_words("check")
    try:
        book = load_workbook(path, rich_text=True)
    except Exception as error:  # whatever it does not understand of a file that was read by others
        raise RequestError(f"“{path.name}”不能写成批注本（{type(error).__name__}），请另存为 .xlsx 后再试") from error
    placed: dict[tuple[str, str], list[str]] = {}
    unplaced = 0
    for row in (place for finding in findings.to_dict("records") for place in list_places(finding)):
        sheet = row["source_sheet"] if row["source_sheet"] in book.sheetnames else book.sheetnames[0]
        cell = _anchor(book[sheet], row["source_cell"]) if sheet == row["source_sheet"] else ""
        unplaced += not cell
        text = words["comment"].format(**{**row, "severity": word("severity", row["severity"])})
        placed.setdefault((sheet, cell or _anchor(book[sheet], "A1")), []).append(text)
    for (sheet, address), texts in placed.items():
        cell = book[sheet][address]
        before = [cell.comment.text] if cell.comment else []
        text = "\n\n".join([*before, *texts])
        lines = sum(len(line) // _PER_LINE + 1 for line in text.splitlines())
        cell.comment = Comment(text, words["author"], width=_WIDTH, height=min(_TALLEST, _LINE * lines + 12))
    write_safely(out, book.save)
    return Marked(len(placed), unplaced, _lost(path, words["things"]))


def _anchor(sheet: Any, address: str) -> str:
    """Return the cell that can carry a comment for an address: the first of its merged range; empty when none fits."""
    from openpyxl.utils.exceptions import CellCoordinatesException

    try:
        cell = sheet[address]
    except (CellCoordinatesException, ValueError, KeyError):
        return ""
    if not hasattr(cell, "coordinate"):
        return ""
    for merged in sheet.merged_cells.ranges:
        if cell.coordinate in merged:
            return str(merged.start_cell.coordinate)
    return str(cell.coordinate)


def _lost(path: Path, things: dict[str, str]) -> tuple[str, ...]:
    """Return what the copy cannot hold, such as shapes, controls and embedded files."""
    with zipfile.ZipFile(path) as packed:
        names: Iterable[str] = [name.replace("\\", "/") for name in packed.namelist()]
    found = [word for part, word in things.items() if any(f"xl/{part}" in name and "vml" not in name for name in names)]
    return tuple(found)
