"""What each report is made of (报告所依据的行): its rows of every frame, and one hash over them.

A report is handed these rows and nothing else, so the hash that decides whether it is still valid cannot miss a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from jixiao.builds.handover import Packer
from jixiao.core.results import REGISTERED, Results
from jixiao.publish.papers.unit_words import SUMMARY
from jixiao.publish.reports.requests import ReportRequest
from jixiao.reading.organisations import last_successors
from jixiao.reading.values.values import normalise

_BY_FILE = ("ingest", "skipped", "guesses")
"""Frames about files: a report sees the rows of the files that its other rows come from."""
_PARTS = ("scores", "totals", "findings", "suppressed", "register", "printed_means")
_BODIES = "organisations"
"""Who is which body: every report sees all of it."""
_EVERYTHING = "everything"


class Shares:
    """Results divided among reports (结果的划分); every frame is grouped and hashed once."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.frames = {**dict(results.frames.items()), **{name: getattr(results, name) for name in (*_PARTS, _BODIES)}}

    @cached_property
    def _groups(self) -> dict[tuple[str, str], dict[Any, np.ndarray]]:
        """Return the row numbers of each frame by project, by department and by file."""
        wanted = {"project_id": ["year", "project_id"], "department": ["year", "department"]}
        found = {}
        for name, frame in self.frames.items():
            if name == _BODIES:
                continue
            if name in _BY_FILE:
                found[name, "source_file"] = dict(frame.groupby("source_file", sort=False).indices)
                continue
            for column, keys in wanted.items():
                if set(keys) <= set(frame.columns):
                    found[name, column] = dict(frame.groupby(keys, sort=False).indices)
        return found

    @cached_property
    def _hashes(self) -> dict[str, np.ndarray]:
        """Return one number for each row of each frame."""
        return {name: _row_hashes(frame) for name, frame in self.frames.items()}

    @cached_property
    def _projects(self) -> dict[tuple[int, str], list[tuple[int, str]]]:
        """Return the projects of each department and year."""
        rows = self.frames["projects"][["year", "department", "project_id"]]
        found: dict[tuple[int, str], list[tuple[int, str]]] = {}
        for year, department, project in rows.itertuples(index=False):
            found.setdefault((int(year), department), []).append((int(year), project))
        return found

    @cached_property
    def _last(self) -> dict[str, str]:
        return last_successors(self.results.organisations)

    @cached_property
    def _bodies(self) -> dict[str, list[str]]:
        """Return the departments of the projects and the register by the body that answers for them now."""
        met: dict[str, list[str]] = {}
        for frame in (self.frames["projects"], self.frames["register"]):
            for name in frame["department"].unique():
                every = met.setdefault(self._last.get(normalise(name), name), [])
                every += [] if name in every else [name]
        return met

    def _answering(self, department: str) -> list[str]:
        """Return every department whose work the same body answers for now, so that its coverage is seen whole."""
        mine = self._bodies.get(self._last.get(normalise(department), department), [])
        return list(dict.fromkeys([department, *mine]))

    def rows(self, request: ReportRequest) -> dict[str, np.ndarray]:
        """Return the row numbers of each frame that a report sees (报告所依据的行号)."""
        if request.sees == _EVERYTHING:
            return {name: np.arange(len(frame)) for name, frame in self.frames.items()}
        departments = [(request.year, name) for name in self._answering(request.department)]
        if request.sees == "project":
            projects = [(request.year, request.parameters["project"])]
        else:
            projects = [project for each in departments for project in self._projects.get(each, [])]
        found, files = {}, []
        for name, frame in self.frames.items():
            if name in _BY_FILE:
                continue
            if name == _BODIES:
                found[name] = np.arange(len(frame))
                continue
            parts = [self._rows_of(name, "project_id", key) for key in projects]
            if request.sees == "department":
                parts += [self._rows_of(name, "department", each) for each in departments]
            elif name == "passages":
                parts.append(self._summary_rows((request.year, request.department), projects[0]))
            found[name] = _joined(parts)
            if name not in REGISTERED:
                files.append(frame["source_file"].to_numpy()[found[name]])
        for name in _BY_FILE:
            found[name] = _joined(self._rows_of(name, "source_file", file) for file in pd.unique(np.concatenate(files)))
        return found

    def _summary_rows(self, department: tuple[int, str], project: tuple[int, str]) -> np.ndarray:
        """Return the rows of the summaries that may say something of a project: those of its department or its file."""
        own = self._rows_of("evaluations", "project_id", project)
        files = set(self.frames["evaluations"]["source_file"].iloc[own])
        return _joined(
            rows
            for (year, name, file), rows in self._summaries.items()
            if year == project[0] and (name == department[1] or file in files)
        )

    @cached_property
    def _summaries(self) -> dict[tuple[int, str, str], np.ndarray]:
        """Return the rows of each department's summary of its self-evaluations, by year, department and file."""
        passages = self.frames["passages"]
        numbers = np.flatnonzero((passages["document_kind"] == SUMMARY).to_numpy())
        groups = passages.iloc[numbers].groupby(["year", "department", "source_file"], sort=False).indices
        return {key: numbers[places] for key, places in groups.items()}

    def _rows_of(self, name: str, column: str, key: Any) -> np.ndarray:
        return self._groups.get((name, column), {}).get(key, np.array([], dtype=np.int64))

    def pack(self, rows: dict[str, np.ndarray]) -> bytes:
        """Return the results that hold these rows alone, packed; what the checks passed is not in them."""
        return self._packer.pack(rows)

    @cached_property
    def _packer(self) -> Packer:
        return Packer(self.results)

    def digest(self, rows: dict[str, np.ndarray]) -> str:
        """Return one hash over these rows (内容哈希)."""
        digest = hashlib.sha256()
        for name in sorted(rows):
            digest.update(name.encode() + b"\0" + self._hashes[name][rows[name]].tobytes())
        return digest.hexdigest()

    def sources(self, rows: dict[str, np.ndarray]) -> dict[str, str]:
        """Return the checksums of the files these rows come from (原始文件校验值)."""
        files = self.frames["ingest"].iloc[rows["ingest"]]
        return dict(zip(files["source_file"], files["checksum"], strict=True))


def _row_hashes(frame: pd.DataFrame) -> np.ndarray:
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()


def _joined(parts: Iterable[np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate([np.array([], dtype=np.int64), *parts]))
