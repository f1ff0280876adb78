"""The ingest report (读取报告): one row for each form or file that arrived, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from jixiao.records import Reading
from jixiao.rows import head_of
from jixiao.schemas import SCHEMAS, Frames, typed
from jixiao.submissions import Submissions


def ingest_report(arrived: Submissions, frames: Frames) -> pd.DataFrame:
    """Report what arrived and how well it was read (读取报告).

    Args:
        arrived: The submissions of a data folder.
        frames: What was made of those that count.

    Returns:
        One row per form found, or per file without one: ``state`` is read, repeated, superseded, conflict or refused;
        ``sureness`` is the share of its header cells that are known; the counts are rows, cells and guesses.
    """
    guesses = frames.guesses.groupby(["source_file", "source_sheet"]).size()
    return typed([_line(line, guesses) for line in arrived.lines], SCHEMAS["ingest"])


def _line(line: dict[str, Any], guesses: pd.Series) -> dict[str, Any]:
    known = {"source_file": line["file"], "checksum": line["checksum"], "state": line["state"]}
    known["note"] = line.get("note", "")
    reading: Reading | None = line.get("reading")
    if reading is None:
        return known
    sheets = list(dict.fromkeys(record.sheet for record in reading.records))
    return {
        **known,
        "source_sheet": sheets[0],
        "form": reading.form,
        "family": reading.family,
        "year": reading.year,
        "evaluation": reading.evaluation,
        "project": head_of(reading, "project"),
        "department": head_of(reading, "department"),
        "money_unit": reading.money_unit,
        "sureness": reading.sureness,
        "record_count": len(reading.records),
        "indicator_count": sum(record.block == "indicators" for record in reading.records),
        "skipped_count": len(reading.skipped),
        "guess_count": sum(_guesses(reading, sheets, guesses)),
    }


def _guesses(reading: Reading, sheets: list[str], guesses: pd.Series) -> Iterator[int]:
    for sheet in sheets:
        yield int(guesses.get((reading.file, sheet), 0))
