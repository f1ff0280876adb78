"""Score and audit beside each other (并行计分与核查): whole projects in pieces, on worker processes or a cluster.

A piece holds all years and evaluations of its projects, those under a declared other name included. Checks of
indicators, weights and points look at one project at a time and run where its rows are scored; checks that compare
projects, lists or accounts run once over everything, and so does the last check. The results are those of one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from jixiao.checks import (
    LAST,
    Evidence,
    conclude,
    gather,
    history,
    load_checks,
    look,
    magnitude,
    proof,
    quality,
    standards,
    sums,
)
from jixiao.core.errors import RequestError
from jixiao.core.frames import SCHEMAS, Frames, typed
from jixiao.scoring import score

BY_PROJECT = frozenset(
    code
    for room in (sums, standards, magnitude, proof, quality, history)
    for code in room.CHECKS
    if code not in {LAST, "project_names"}
)
"""The checks that look at one project at a time."""
PIECES = 4
"""Pieces for each worker, so that none waits long for the last one."""

Evaluated = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]
"""Scores, totals, findings, and what the checks counted."""


def evaluate_frames(
    frames: Frames, *, framework: str = "", aliases: Mapping[str, str] | None = None, client: Any = None
) -> Evaluated:
    """Score and audit frames (计分与核查), here or on a cluster.

    Args:
        frames: From :func:`jixiao.load`.
        framework: The framework of the self-evaluations instead of the default one.
        aliases: The declared name of a project by each of its other names.
        client: A ``distributed.Client`` whose workers do the work; this process when None.

    Returns:
        Scores and totals as from :func:`jixiao.score`, findings and counts as from
        :func:`jixiao.checks.run_checks`; the same whoever works.

    Example:
        >>> import jixiao
        >>> scores, totals, findings, passed = evaluate_frames(jixiao.load("data/sample"))
        >>> len(totals), bool((passed["checked"] >= passed["passed"]).all())
        (10, True)
    """
    codes = [code for code in load_checks() if code != LAST]
    if client is None:
        scores, totals = score(frames, framework=framework)
        evidence = gather(frames, scores, totals, aliases)
        return scores, totals, *conclude(evidence, look(evidence, codes))
    places, pieces = cut(frames, aliases or {}, PIECES * len(client.scheduler_info(n_workers=-1)["workers"]))
    try:
        done = client.gather(client.map(work, pieces, framework=framework, aliases=dict(aliases or {}), pure=False))
    except ImportError as error:
        raise RequestError(
            f"集群的工作进程缺少“{error.name}”，请在各台机器上安装同一版本的 jixiao 后重新运行"
        ) from error
    added = _restored([one[0] for one in done], [place["indicators"] for place in places])
    scores = pd.concat([frames.indicators.reset_index(drop=True), added], axis=1)
    totals = _restored([one[1] for one in done], [place["evaluations"] for place in places])
    evidence = gather(frames, scores, totals, aliases)
    together = look(evidence, [code for code in codes if code not in BY_PROJECT])
    for code in BY_PROJECT:
        parts = [one[2][code] for one in done]
        rows = pd.concat([part[0] for part in parts], ignore_index=True)
        together[code] = rows, sum(part[1] for part in parts)
    return scores, totals, *conclude(evidence, {code: together[code] for code in codes})


def cut(frames: Frames, aliases: Mapping[str, str], count: int) -> tuple[list[dict[str, np.ndarray]], list[Frames]]:
    """Cut frames into pieces of whole projects (按项目分片).

    Returns:
        For each piece, the places of its rows in each frame, and the piece; frames without projects are empty in it.
    """
    nothing = typed([], SCHEMAS["evaluations"])
    evidence = Evidence(frames, nothing, nothing, aliases)
    keyed = [name for name, schema in SCHEMAS.items() if "project_id" in schema]
    number = {name: np.maximum(evidence.project(name), 0) for name in keyed}
    size = max(int(numbers.max(initial=0)) + 1 for numbers in number.values())
    count = max(min(count, size), 1)
    places, pieces = [], []
    for piece in range(count):
        low, high = size * piece // count, size * (piece + 1) // count
        place = {name: np.flatnonzero((numbers >= low) & (numbers < high)) for name, numbers in number.items()}
        parts = {
            name: frame.take(place[name]).reset_index(drop=True) if name in place else typed([], SCHEMAS[name])
            for name, frame in frames.items()
        }
        places.append(place)
        pieces.append(Frames(**parts))
    return places, pieces


def work(piece: Frames, *, framework: str, aliases: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame, Any]:
    """Score one piece and run the checks of projects over it (处理一个分片).

    Returns:
        What scoring adds to the indicators, the totals, and by check its findings and where it looked.
    """
    scores, totals = score(piece, framework=framework)
    looks = look(gather(piece, scores, totals, aliases), BY_PROJECT)
    return scores.drop(columns=list(SCHEMAS["indicators"])), totals, looks


def _restored(parts: list[pd.DataFrame], places: list[np.ndarray]) -> pd.DataFrame:
    """Join what pieces gave, in the order of the rows they were cut from."""
    order = np.argsort(np.concatenate(places), kind="stable")
    return pd.concat(parts, ignore_index=True).take(order).reset_index(drop=True)
