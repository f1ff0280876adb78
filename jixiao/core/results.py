"""Everything one data folder gives (全部结果), as every room above the checks takes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pandas as pd

from jixiao.core.frames import (
    FINDINGS,
    MEANS,
    ORGANISATIONS,
    PASSED,
    REGISTER,
    SCHEMAS,
    SUPPRESSED,
    SUPPRESSIONS,
    Frames,
    typed,
)
from jixiao.core.portrait import portrait_html, portrait_text, portrait_title

REGISTERED = {"organisations": ORGANISATIONS, "register": REGISTER, "printed_means": MEANS}
"""What people register beside the data, with its columns: bodies, projects that must be evaluated, printed means."""
AUDITED = {
    "findings": FINDINGS,
    "passed": PASSED,
    "suppressed": SUPPRESSED,
    "suppressions": SUPPRESSIONS,
    **REGISTERED,
}
"""What the audit gives and people registered, kept beside the frames, with its columns."""
FRAMES = (*SCHEMAS, "scores", "totals", *AUDITED)
"""The name of every frame that is kept."""


@dataclass(repr=False)
class Results:
    """Everything one data folder gives (全部结果): the frames, the scores, the totals and the findings.

    ``place`` is the folder that was read, ``as_of`` when it was read. ``passed`` counts where the checks looked,
    ``suppressed`` holds the findings a person put aside, ``suppressions`` the entries that put them aside.
    ``organisations``, ``register`` and ``printed_means`` are what people registered beside the data.
    ``remark`` is what a reader must know of data that were not received, such as made-up ones; ``merged`` says which
    departments stand for others that they took over, one sentence each.
    """

    frames: Frames
    scores: pd.DataFrame
    totals: pd.DataFrame
    findings: pd.DataFrame
    place: Path
    as_of: datetime
    passed: pd.DataFrame = field(default_factory=lambda: typed([], PASSED))
    suppressed: pd.DataFrame = field(default_factory=lambda: typed([], SUPPRESSED))
    suppressions: pd.DataFrame = field(default_factory=lambda: typed([], SUPPRESSIONS))
    organisations: pd.DataFrame = field(default_factory=lambda: typed([], ORGANISATIONS))
    register: pd.DataFrame = field(default_factory=lambda: typed([], REGISTER))
    printed_means: pd.DataFrame = field(default_factory=lambda: typed([], MEANS))
    remark: str = ""
    merged: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Say what there is: place and time, then each frame with its rows, its years and what one row is."""
        return portrait_text(self._used(), title=self._title(), what="results")

    def _repr_html_(self) -> str:
        return portrait_html(self._used(), title=self._title(), what="results")

    def _used(self) -> dict[str, pd.DataFrame | None]:
        own = {"scores": self.scores, "totals": self.totals, **{name: getattr(self, name) for name in AUDITED}}
        return {**{name: vars(self.frames).get(name) for name in SCHEMAS}, **own}

    def _title(self) -> str:
        counts = {"projects": self.totals["project_id"].nunique(), "evaluations": len(self.totals)}
        return portrait_title(self.place, self.as_of, {**counts, "findings": len(self.findings)})


def results_frames(results: Results) -> dict[str, pd.DataFrame]:
    """Return every frame of some results by its name (全部数据表), in the order of :data:`FRAMES`."""
    return {
        **dict(results.frames.items()),
        "scores": results.scores,
        "totals": results.totals,
        **{name: getattr(results, name) for name in AUDITED},
    }
