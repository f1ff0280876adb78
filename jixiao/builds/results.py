"""Everything one data folder gives (全部结果): read it, score it, audit it, keep it as a version, read it back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

import jixiao
from jixiao.builds.hands import check_workers
from jixiao.builds.manifest import (
    FORMAT,
    MANIFEST,
    code_hash,
    declared_files,
    declared_hashes,
    hash_of,
    place_of,
    read_manifest,
    rule_hashes,
    source_hashes,
)
from jixiao.builds.partitions import Writer, departments_of, read_parts
from jixiao.builds.readings import FOLDER, Readings
from jixiao.builds.spread import evaluate_frames
from jixiao.builds.versions import VERSIONS, held, new_version, switch, writing
from jixiao.checks import PASSED, SEVERITIES
from jixiao.checks import SCHEMA as FINDINGS
from jixiao.checks.aliases import load_aliases
from jixiao.checks.suppressions import SUPPRESSED, SUPPRESSIONS, load_suppressions, suppress
from jixiao.core.errors import JixiaoError, RequestError
from jixiao.core.files import explained, find_place, workbench
from jixiao.core.frames import SCHEMAS, Frames, typed
from jixiao.reading.folder import load_frames
from jixiao.reading.forms.sources import checksum


@dataclass
class Results:
    """Everything one data folder gives (全部结果): the frames, the scores, the totals and the findings.

    ``place`` is the folder that was read, ``as_of`` when it was read. ``passed`` counts where the checks looked,
    ``suppressed`` holds the findings a person put aside, ``suppressions`` the entries that put them aside.
    ``remark`` is what a reader must know of data that were not received, such as made-up ones.
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
    remark: str = ""


def load(place: str | Path = "source") -> Frames:
    """Read a data folder into frames (读取数据); each frame of a built folder is read when it is first used.

    Args:
        place: ``data/source``, ``data/sample``, ``data/built`` or any folder of forms.

    Raises:
        ReadingErrors: Some forms could not be read; each has its sentence.
        RequestError: There is no such folder.

    Example:
        >>> import jixiao
        >>> sorted(jixiao.load("data/sample").projects["year"].unique().tolist())
        [2023, 2024]
    """
    if str(place) in _HANDED:
        return _HANDED[str(place)].frames
    folder = find_place(place)
    if (folder / MANIFEST).exists():
        version = read_manifest(folder)["version"]
        return Frames.deferred({name: partial(read_frame, folder, name, version=version) for name in SCHEMAS})
    return load_frames(folder)[0]


_HANDED: dict[str, Results] = {}


def hand_over(place: str, results: Results) -> None:
    """Let :func:`load` and :func:`evaluate` of a place give these results in this process (交付结果); nothing is read.

    A kernel that makes one report is handed what the report may see; it needs neither the files nor the time to read.
    """
    _HANDED[place] = results


def evaluate_files(
    place: str | Path = "source", *, framework: str = "", frames: Sequence[str] | None = None
) -> tuple[Results, list[JixiaoError]]:
    """Evaluate what can be read (能读的先算), and return the errors of the files that cannot.

    Args:
        place: As for :func:`load`.
        framework: As for :func:`evaluate`.
        frames: Of a built folder only these frames are read, as by :func:`read_built`; any other is evaluated whole.
    """
    folder = find_place(place)
    if (folder / MANIFEST).exists() and frames is not None and not framework:
        return read_built(folder, frames=frames), []
    if (folder / MANIFEST).exists():
        return evaluate(folder, framework=framework), []
    every, errors = load_frames(folder, keep_going=True)
    return _results(every, folder, framework), errors


def evaluate(place: str | Path = "source", *, framework: str = "") -> Results:
    """Read, score and audit a data folder in one call (一步得到全部结果); a built folder is only read.

    Args:
        place: As for :func:`load`.
        framework: Score the self-evaluations by this framework instead of the default, for comparison.

    Example:
        >>> import jixiao
        >>> bool(jixiao.evaluate("data/sample").totals["total_reported"].notna().any())
        True
    """
    if str(place) in _HANDED and not framework:
        return _HANDED[str(place)]
    folder = find_place(place)
    if (folder / MANIFEST).exists() and not framework:
        return read_built(folder)
    frames = load(folder)
    return _results(frames, folder, framework)


def _results(frames: Frames, folder: Path, framework: str = "", client: Any = None) -> Results:
    declared = declared_files(folder)
    aliases = load_aliases(declared["aliases"]) if "aliases" in declared else {}
    entries = load_suppressions(declared["suppressions"]) if "suppressions" in declared else ()
    scores, totals, found, passed = evaluate_frames(frames, framework=framework, aliases=aliases, client=client)
    findings, suppressed, suppressions = suppress(found, entries, today=date.today())
    return Results(frames, scores, totals, findings, folder, datetime.now(UTC), passed, suppressed, suppressions)


def build(
    place: str | Path = "source", out: Path | None = None, *, client: Any = None
) -> tuple[Results, list[JixiaoError]]:
    """Read, score and audit a data folder and keep the result as a version (构建); unchanged files are not read again.

    Args:
        place: As for :func:`load`; it is read on this machine.
        out: The folder that keeps the result, ``data/built`` when None.
        client: A ``distributed.Client`` whose workers score and audit; this process when None.

    Returns:
        The results and the errors of the files that could not be read; the other files are in the results.

    Raises:
        RequestError: Another process is writing there, the folder cannot be written, a source changed meanwhile, or
            the workers hold another version or other rules.
    """
    folder = find_place(place)
    target = out or workbench() / "data" / "built"
    if client is not None:
        check_workers(client)
    with writing(target):
        declared = declared_hashes(folder)
        frames, errors = load_frames(folder, keep_going=True, read=Readings(target / FOLDER))
        results = _results(frames, folder, client=client)
        if declared_hashes(folder) != declared:
            raise RequestError("读取期间更正、别名或不予处理登记有改动，没有保存；请重新运行 jixiao build")
        _write([results], target)
    return results, errors


def write_built(results: Results, out: Path) -> None:
    """Write every frame as parquet and make it the version in force."""
    write_parts([results], out)


def write_parts(parts: Iterable[Results], out: Path, *, remark: str = "") -> str:
    """Write results that come part by part, such as year by year, as one version; only one part is held at a time.

    Args:
        parts: At least one; no evaluation is in two of them.
        out: The folder; the version in force stays until the new one is whole, also while it is being read.
        remark: What a reader must know of the data; kept in the manifest.

    Returns:
        The name of the version, which is a hash of its content: the same inputs give the same name and bytes.

    Raises:
        RequestError: Another process is writing there, or the folder cannot be written.
    """
    with writing(out):
        return _write(parts, out, remark)


def _write(parts: Iterable[Results], out: Path, remark: str = "") -> str:
    with new_version(out) as beside:
        files, last = _write_frames(parts, out, beside)
        sources, rules = source_hashes(last.place), rule_hashes()
        _refuse_changed(last.frames.ingest, sources)
        manifest = {
            "format": FORMAT,
            "jixiao": jixiao.__version__,
            "code": code_hash(),
            "as_of": last.as_of.isoformat(timespec="seconds"),
            "place": os.path.relpath(last.place, out),
            **({"remark": remark} if remark else {}),
            "sources": sources,
            "rules": hash_of(rules),
            "rule_files": rules,
            "declared": declared_hashes(last.place),
            "files": files,
        }
        with explained(out):
            for path in declared_files(last.place).values():
                (beside / path.name).write_bytes(path.read_bytes())
            return switch(out, beside, manifest)


def _write_frames(parts: Iterable[Results], out: Path, beside: Path) -> tuple[dict[str, dict[str, Any]], Results]:
    """Write the frames of every part into a new version; return what the manifest keeps of each file, and the last."""
    audited: dict[str, list[pd.DataFrame]] = {"findings": [], "passed": []}
    last: Results | None = None
    with Writer(beside) as writer:
        for last in parts:
            departments = departments_of(last.frames)
            with explained(out):
                for name, frame in results_frames(last).items():
                    if name in audited:
                        audited[name].append(frame)
                    else:
                        writer.add(name, frame, departments.get(name))
        if last is None:
            raise ValueError("nothing to write")
        with explained(out):
            writer.add("findings", _worst_first(audited["findings"]))
            writer.add("passed", _sum_passed(audited["passed"]))
            return writer.close(), last


def _refuse_changed(ingest: pd.DataFrame, sources: Mapping[str, str]) -> None:
    """Refuse to keep what was read from a file that is another one by now."""
    read = dict(zip(ingest["source_file"], ingest["checksum"], strict=True))
    changed = [name for name, found in sources.items() if read.get(name, found) not in {found, ""}]
    if changed:
        raise RequestError(f"读取期间原始文件“{changed[0]}”有改动，没有保存；请重新运行 jixiao build")


def _worst_first(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join the findings of several parts in the order in which the audit lists them."""
    if len(parts) == 1:
        return parts[0]
    every = pd.concat(parts, ignore_index=True)
    rank = every["severity"].map({severity: number for number, severity in enumerate(SEVERITIES)})
    order = ["rank", "year", "project_id", "evaluation", "indicator_id", "code", "source_sheet", "source_cell"]
    return every.assign(rank=rank).sort_values(order, kind="stable", ignore_index=True).drop(columns="rank")


def _sum_passed(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Add up what several parts counted, check by check, in the order of the checks."""
    every = pd.concat(parts, ignore_index=True)
    named = [name for name, kind in PASSED.items() if kind == "str"]
    return every.groupby(named, sort=False, as_index=False).sum().astype(PASSED)[list(PASSED)]


def results_frames(results: Results) -> dict[str, pd.DataFrame]:
    """Return every frame of some results by its name (全部数据表), in the order of :data:`FRAMES`."""
    return {
        **dict(results.frames.items()),
        "scores": results.scores,
        "totals": results.totals,
        **{name: getattr(results, name) for name in _KEPT},
    }


_KEPT = {"findings": FINDINGS, "passed": PASSED, "suppressed": SUPPRESSED, "suppressions": SUPPRESSIONS}
"""What the audit gives, kept beside the frames, with its columns."""
FRAMES = (*SCHEMAS, "scores", "totals", *_KEPT)
"""The name of every frame that is kept."""


def read_built(
    folder: Path,
    *,
    years: Sequence[int] = (),
    departments: Sequence[str] = (),
    frames: Sequence[str] | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
) -> Results:
    """Read what ``jixiao build`` kept (读取构建结果), and of it only what is asked.

    Args:
        folder: A built folder.
        years: Only rows of these years; all when empty. Rows that belong to no year are read always.
        departments: Only rows of these departments, by their whole names; all when empty.
        frames: Only these frames, scores, totals and findings among them; the others come without rows. All when None.
        columns: For some frames only these columns.

    Raises:
        RequestError: A file is missing or is not the one that was written.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp())
        >>> _ = build("sample", place)
        >>> read_built(place, years=[2024], frames=["totals"]).totals["year"].unique().tolist()
        [2024]
    """
    with held(folder) as manifest:
        found = {
            name: _read(
                folder,
                manifest,
                name,
                years,
                columns=(columns or {}).get(name),
                departments=departments,
                is_empty=frames is not None and name not in frames,
            )
            for name in FRAMES
        }
    return Results(
        Frames(**{name: found.pop(name) for name in SCHEMAS}),
        place=place_of(folder, manifest),
        as_of=datetime.fromisoformat(manifest["as_of"]),
        remark=manifest.get("remark", ""),
        **found,
    )


def read_frame(
    folder: Path,
    name: str,
    *,
    years: Sequence[int] = (),
    departments: Sequence[str] = (),
    columns: Sequence[str] | None = None,
    version: str = "",
) -> pd.DataFrame:
    """Read one frame of a built folder (读取一张表), as :func:`read_built`; ``version`` names one that is not in force.

    Raises:
        RequestError: There is no such frame or version, or a file is not the one that was written.
    """
    with held(folder) as current:
        manifest = read_manifest(folder / VERSIONS / version) if version else current
        return _read(folder, manifest, name, years, columns=columns, departments=departments)


def parquet_files(folder: Path, frame: str, *, years: Sequence[int] = ()) -> list[Path]:
    """Return the parquet files of a frame of the version in force (供查询的文件), one per year, for ad-hoc SQL.

    Besides the columns of the frame they have ``row_order``, and ``department`` also where the frame has none.
    """
    return [path for path, _ in _files(folder, read_manifest(folder), frame, years)]


def checked_files(folder: Path, frames: Sequence[str] = FRAMES) -> dict[str, list[Path]]:
    """Return the parquet files of some frames of the version in force, each compared with the manifest first.

    Raises:
        RequestError: A file is missing or is not the one that was written.
    """
    manifest = read_manifest(folder)
    files: dict[str, list[Path]] = {}
    for frame in frames:
        for path, kept in _files(folder, manifest, frame, ()):
            if not path.exists() or checksum(path) != kept["sha256"]:
                raise RequestError(f"构建结果“{frame}/{path.name}”缺失或已损坏，请重新运行 jixiao build")
            files.setdefault(frame, []).append(path)
    return files


def _files(
    folder: Path, manifest: Mapping[str, Any], frame: str, years: Sequence[int]
) -> list[tuple[Path, dict[str, Any]]]:
    """Return the files of a frame, each with what the manifest keeps of it; those of other years left out."""
    base = folder / VERSIONS / manifest["version"]
    named = {
        Path(name).stem: (base / name, kept) for name, kept in manifest["files"].items() if name.startswith(f"{frame}/")
    }
    if not named:
        raise RequestError(f"构建结果中没有数据表“{frame}”，可选：{'、'.join(FRAMES)}")
    wanted = {str(year) for year in years}
    return [found for label, found in named.items() if not wanted or label in wanted or not label.isdecimal()]


def _read(
    folder: Path, manifest: Mapping[str, Any], frame: str, years: Sequence[int], *, is_empty: bool = False, **more: Any
) -> pd.DataFrame:
    files = _files(folder, manifest, frame, years)
    return read_parts(files or _files(folder, manifest, frame, ())[:1], is_empty=is_empty or not files, **more)
