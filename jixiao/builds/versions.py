"""Versions of a built folder (构建版本): written beside each other, switched by replacing one file, pruned when unused.

A version is written part by part (:func:`write_parts`) and read whole or in parts (:func:`read_built`).
``versions/<version>/`` holds the files of one build and its manifest; the manifest in the built folder itself is a copy
of the one in force, so a reader that has read it sees one whole version, whatever is written meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

import jixiao
from jixiao.builds.locks import alone, writer_in
from jixiao.builds.manifest import (
    FORMAT,
    MANIFEST,
    VERSIONS,
    damaged_files,
    declared_files,
    declared_hashes,
    leftovers,
    place_of,
    read_manifest,
    seal_of,
    source_hashes,
    version_of,
)
from jixiao.builds.partitions import Writer, departments_of, read_parts
from jixiao.core import processes
from jixiao.core.errors import RequestError
from jixiao.core.files import checksum, explained, flush, write_safely
from jixiao.core.frames import PASSED, SCHEMAS, SEVERITIES, Frames
from jixiao.core.hashes import code_hash, hash_of, rule_hashes
from jixiao.core.kept import written_json
from jixiao.core.results import FRAMES, Results, results_frames

LOCK = ".lock"
WRITER = ".writer.json"
"""Who writes at the moment; one that stays when nobody holds the lock was left by a killed run."""
UNFINISHED = ".new"
KEPT = 3
"""How many versions stay, the one in force included."""


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Keep other writers out of a built folder (写入锁) and clean up what a killed one left behind.

    Raises:
        RequestError: Another writer is at work; the sentence says who, or the folder cannot be written.
    """
    with alone(folder / LOCK, folder / WRITER, folder.name, tidy=lambda: _clean(folder)):
        yield
        _prune(folder)


def _clean(folder: Path) -> None:
    for path in leftovers(folder):
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def writer_of(folder: Path) -> dict[str, Any] | None:
    """Return who writes, or who was killed while writing (写入者): who, host, process, since; None when nobody."""
    return writer_in(folder / WRITER)


def is_being_written(folder: Path) -> bool:
    """Say whether some process holds the lock of a built folder."""
    from filelock import FileLock, Timeout

    if not (folder / LOCK).exists():
        return False
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that cannot be written has no writer
        return False


@contextlib.contextmanager
def new_version(folder: Path) -> Iterator[Path]:
    """Give a folder for a version that is being written; what is not switched to is removed."""
    beside = folder / VERSIONS / f"{UNFINISHED}.{os.getpid()}"
    with explained(folder):
        beside.mkdir(parents=True)
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def switch(folder: Path, beside: Path, manifest: dict[str, Any]) -> str:
    """Make a version that is wholly written the one in force (切换版本), and return its name.

    A version is named by its content, so a build that gives what is there already changes nothing.
    """
    version = version_of(manifest)
    if is_whole(folder, version):
        text = (folder / VERSIONS / version / MANIFEST).read_text(encoding="utf-8")
    else:
        whole = {"version": version, **manifest}
        text = written_json({**whole, "seal": seal_of(whole)})
        (beside / MANIFEST).write_text(text, encoding="utf-8")
        for path in [*beside.rglob("*"), beside]:
            flush(path)
        target = folder / VERSIONS / version
        if target.exists():  # damaged
            os.replace(target, target.with_name(f".damaged.{os.getpid()}"))
        os.replace(beside, target)
        flush(target.parent)
    write_safely(folder / MANIFEST, lambda path: path.write_text(text, encoding="utf-8"))
    return version


def is_whole(folder: Path, version: str) -> bool:
    """Say whether a version is there with every file as it was written."""
    try:
        manifest = read_manifest(folder / VERSIONS / version)
    except RequestError:
        return False
    is_sealed = manifest["version"] == version == version_of(manifest) and manifest["seal"] == seal_of(manifest)
    return is_sealed and not damaged_files(folder, manifest)


def list_versions(folder: Path) -> list[str]:
    """List the versions of a built folder (版本列表): the one in force, then the others, the newest first."""
    found = {}
    for path in (folder / VERSIONS).glob(f"[!.]*/{MANIFEST}"):
        with contextlib.suppress(RequestError, OSError):
            found[path.parent.name] = (read_manifest(path.parent)["as_of"], path.stat().st_mtime_ns)
    others = sorted(found, key=lambda name: found[name], reverse=True)
    current = read_manifest(folder)["version"] if (folder / MANIFEST).exists() else ""
    return sorted(others, key=lambda name: name != current)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[dict[str, Any]]:
    """Hold the version in force while it is read (读取期间保留), so that no writer prunes it.

    Yields:
        The manifest of that version.
    """
    for _ in range(5):
        manifest = read_manifest(folder)
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(processes.hold(folder / VERSIONS / manifest["version"] / MANIFEST))
            except OSError:
                continue  # it was pruned between the two lines
            yield manifest
            return
    raise RequestError(f"构建结果“{folder.name}”缺失或已损坏，请重新运行 jixiao build")


def _prune(folder: Path) -> None:
    """Remove the oldest versions beyond ``KEPT`` that nobody reads."""
    with contextlib.suppress(OSError, RequestError):
        for version in list_versions(folder)[KEPT:]:
            path = folder / VERSIONS / version
            if not processes.is_held(path / MANIFEST):
                gone = path.with_name(f".old.{os.getpid()}.{version}")
                os.replace(path, gone)
                shutil.rmtree(gone, ignore_errors=True)


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
        return write_version(parts, out, remark=remark)


def write_version(parts: Iterable[Results], out: Path, *, remark: str = "") -> str:
    """Write results as :func:`write_parts` does, into a folder that :func:`writing` keeps for this process."""
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
        >>> from jixiao.builds.run import build
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
