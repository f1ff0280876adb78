"""The ingest report (读取报告): one row for each form or file that arrived, and what became of it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jixiao.core.frames import EVALUATION_KEY, SCHEMAS, Frames, typed
from jixiao.reading.forms.records import Reading
from jixiao.reading.submissions import Submissions, submission_key
from jixiao.reading.tidy.rows import head_of

STATES = ("parsed", "asked", "text")
"""How far a written value was read: as a value, only with an assumption, or not at all."""


def ingest_report(arrived: Submissions, frames: Frames) -> pd.DataFrame:
    """Report what arrived and how well it was read (读取报告).

    Args:
        arrived: The submissions of a data folder.
        frames: What was made of those that count.

    Returns:
        One row per form found, or per file without one: ``state`` is read, repeated, superseded, conflict or refused;
        ``sureness`` is the share of its header cells that are known; ``parsed_count``, ``asked_count`` and
        ``text_count`` say how its targets and actuals were read, blank ones apart.
    """
    guesses = frames.guesses.groupby(["source_file", "source_sheet"]).size()
    states = _count_states(frames)
    return typed([_line(line, guesses, states) for line in arrived.lines], SCHEMAS["ingest"])


def _count_states(frames: Frames) -> dict[tuple[str, str, str], dict[str, int]]:
    """Count how the values of each evaluation were read: year, project, evaluation -> state -> number."""
    plans = frames.plans.assign(evaluation="plan", actual_state="")
    rows = pd.concat([frame[[*EVALUATION_KEY, "target_state", "actual_state"]] for frame in (frames.indicators, plans)])
    long = rows.melt(EVALUATION_KEY, value_name="value_state")
    counts = long.groupby([*EVALUATION_KEY, "value_state"]).size()
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for (year, project_id, evaluation, state), number in counts.items():
        found.setdefault((str(year), project_id, evaluation), {})[state] = int(number)
    return found


def _line(
    line: dict[str, Any], guesses: pd.Series, states: dict[tuple[str, str, str], dict[str, int]]
) -> dict[str, Any]:
    known = {"source_file": line["file"], "checksum": line["checksum"], "state": line["state"]}
    known["note"] = line.get("note", "")
    reading: Reading | None = line.get("reading")
    if reading is None:
        return known
    sheets = list(dict.fromkeys(record.sheet for record in reading.records))
    _, year, about, evaluation = submission_key(reading)
    read = states.get((year, about, evaluation), {}) if line["state"] == "read" else {}
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
        "guess_count": sum(int(guesses.get((reading.file, sheet), 0)) for sheet in sheets),
        **{f"{state}_count": read.get(state, 0) for state in STATES},
    }


def value_shares(ingest: pd.DataFrame) -> dict[str, float]:
    """Return the share of written values that were parsed, asked and left as text (数值读取率).

    Returns:
        ``values``: how many targets and actuals are not blank; ``parsed``, ``asked`` and ``text``: fractions of them,
        missing when there are none.

    Example:
        >>> value_shares(pd.DataFrame({"parsed_count": [3], "asked_count": [1], "text_count": [0]}))["parsed"]
        0.75
    """
    counts = {state: int(ingest[f"{state}_count"].sum()) for state in STATES}
    values = sum(counts.values())
    return {"values": values, **{state: count / values if values else float("nan") for state, count in counts.items()}}
