"""Check a built folder against its manifest (核验): files, sources, rules, declared files, code, reports, journal."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jixiao.builds import chain, journal
from jixiao.builds.ledger import archive, book, ledger_place
from jixiao.builds.manifest import (
    MANIFEST,
    VERSIONS,
    damaged_files,
    declared_hashes,
    leftovers,
    place_of,
    read_manifest,
    refuse_half_made,
    seal_of,
    source_hashes,
    version_of,
)
from jixiao.builds.originals import damaged_originals
from jixiao.builds.readings import FOLDER, is_whole_reading
from jixiao.builds.run import build
from jixiao.builds.store_words import store_words
from jixiao.builds.unchanged import INPUTS, read_inputs
from jixiao.builds.versions import (
    WRITER,
    is_being_written,
    is_whole,
    writer_of,
)
from jixiao.core.errors import RequestError
from jixiao.core.files import BESIDE, MISSING, RECORD, checksum, workbench
from jixiao.core.hashes import code_hash, hash_of, rule_hashes
from jixiao.core.kept import KeptError, is_as_written, read_strict


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the manifest or the journal says (不一致): its kind and what it is about."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        """Return it as a Chinese sentence."""
        return str(store_words()["verify"][self.kind].format(name=self.name))


def verify(folder: Path) -> list[Difference]:
    """Check everything a built folder was made from and holds (核验构建结果).

    Returns:
        What differs; nothing when everything is as it was written, and the journal holds.

    Raises:
        RequestError: There is no manifest, or it is none of this jixiao.

    Example:
        >>> import tempfile
        >>> from jixiao.builds.run import build
        >>> place = Path(tempfile.mkdtemp())
        >>> _ = build("sample", place)
        >>> {item.kind for item in verify(place)} & {"manifest", "file_changed", "source_changed", "rule_changed"}
        set()
    """
    refuse_half_made(folder)
    found = [*_unfinished(folder)]
    manifest = read_manifest(folder)
    found += _files(folder, manifest)
    found += [Difference("reading", path.name) for path in _readings(folder) if not is_whole_reading(path)]
    found += [*_inputs(folder)]
    place = place_of(folder, manifest)
    kept = damaged_originals(place, folder, manifest["sources"], is_due=_was_built(folder, manifest["version"]))
    found += [Difference(kind, name) for kind, name in kept]
    if place.is_dir():
        found += _compared("source", manifest["sources"], source_hashes(place))
        try:
            found += _compared("declared", manifest["declared"], declared_hashes(place))
        except RequestError as error:
            found.append(Difference("declared_unusable", str(error)))
    else:
        found.append(Difference("place_missing", manifest["place"]))
    if manifest["rules"] != hash_of(rules := rule_hashes()):
        found += _compared("rule", manifest["rule_files"], rules)
    if manifest["code"] != code_hash():
        found.append(Difference("code", manifest["jixiao"]))
    return [*found, *_logged(folder, manifest), *_ledger()]


def _was_built(folder: Path, version: str) -> bool:
    """Say whether a build made the version in force, by its list of inputs or by the journal; a sample has none."""
    if (folder / INPUTS).exists():
        return True
    return any(entry.get("what") == "build" and entry.get("version") == version for entry in journal.read_entries())


def reread(folder: Path) -> Iterator[Difference]:
    """Read every source again, without the cache, and compare what comes out with what is kept (重读核验).

    Yields:
        The files of frames that would be others today; ``reread_moved`` when that could not be told, because the
        sources, the rules or the program are others by now.

    Raises:
        RequestError: As for :func:`verify`.
    """
    manifest = read_manifest(folder)
    place = place_of(folder, manifest)
    with tempfile.TemporaryDirectory(prefix="jixiao-") as made:
        out = Path(made) / "built"
        build(place, out)
        fresh = read_manifest(out)
    same = ("jixiao", "code", "sources", "rules", "declared")
    if any(fresh[name] != manifest[name] for name in same):
        yield Difference("reread_moved")
        return
    sums = [{name: kept["sha256"] for name, kept in one["files"].items()} for one in (manifest, fresh)]
    for name in sorted({*sums[0], *sums[1]}):
        if sums[0].get(name) != sums[1].get(name):
            yield Difference("reread", name)


def _ledger() -> Iterator[Difference]:
    """Follow the chain of the ledger, look for its last state in the journal, and check the files it keeps."""
    if not ledger_place.ledger_path().exists():
        return
    broken = book.check()
    if broken is not None:
        torn = broken.reason == "unfinished"
        yield (
            Difference("ledger_unfinished", str(broken.number))
            if torn
            else Difference("ledger", book.broken_text(broken))
        )
    for path in sorted(archive.archive_folder().glob("*")):
        if path.is_file() and not BESIDE.fullmatch(path.name) and not path.name.startswith(checksum(path)[:16]):
            yield Difference("ledger_file", path.name)
    if broken is None:
        known = archive.kept_names(chain.read_entries(ledger_place.ledger_path()))
        there = {path.name for path in archive.archive_folder().glob("*")}
        yield from (Difference("ledger_file_missing", name) for name in sorted(known - there))


def _inputs(folder: Path) -> Iterator[Difference]:
    with suppress(FileNotFoundError):  # another build makes it anew
        try:
            read_inputs(folder)
        except FileNotFoundError:
            raise
        except (OSError, KeptError):
            yield Difference("reading", INPUTS)


def _readings(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / FOLDER).glob("*")) if not path.name.startswith(".")]


def _compared(what: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted({*before, *now}):
        if name not in now:
            yield Difference(f"{what}_missing", name)
        elif name not in before:
            yield Difference(f"{what}_new", name)
        elif before[name] != now[name]:
            yield Difference(f"{what}_changed", name)


def _files(folder: Path, manifest: dict[str, Any]) -> Iterator[Difference]:
    base = folder / VERSIONS / manifest["version"]
    if version_of(manifest) != manifest["version"] or seal_of(manifest) != manifest["seal"]:
        yield Difference("manifest")
    if datetime.fromisoformat(manifest["as_of"]) > datetime.now(UTC) + timedelta(days=1):
        yield Difference("future", manifest["as_of"])
    try:
        is_same = (base / MANIFEST).read_bytes() == (folder / MANIFEST).read_bytes()
    except OSError:
        is_same = False
    if not is_same:
        yield Difference("version_manifest", manifest["version"])
    for name in damaged_files(folder, manifest):
        yield Difference("file_changed" if (base / name).exists() else "file_missing", name)
    for path in sorted(base.rglob("*")):
        name = path.relative_to(base).as_posix()
        if not path.is_dir() and name not in {*manifest["files"], *manifest["declared"], MANIFEST}:
            yield Difference("file_extra", name)
    for path in sorted((folder / VERSIONS).iterdir()):
        if path.name != manifest["version"] and not path.name.startswith(".") and not _is_whole_apart(folder, path):
            yield Difference("old_version", path.name)


def _is_whole_apart(folder: Path, path: Path) -> bool:
    """Say whether a version that is not in force is whole and holds nothing else."""
    if not path.is_dir() or not is_whole(folder, path.name):
        return False
    kept = read_manifest(path)
    if not is_as_written(path / MANIFEST, kept):
        return False
    known = {*kept["files"], *kept["declared"], MANIFEST}
    return {one.relative_to(path).as_posix() for one in path.rglob("*") if not one.is_dir()} <= known


def _unfinished(folder: Path) -> Iterator[Difference]:
    """Name what a killed run left, or who writes at the moment."""
    writer = writer_of(folder)
    named = "，".join(str(value) for value in (writer or {}).values())
    if writer is not None and is_being_written(folder):
        yield Difference("writing", named)
        return
    for path in leftovers(folder):
        is_writer = path.name == WRITER
        yield Difference("interrupted", named) if is_writer else Difference("unfinished", path.name)


def _logged(folder: Path, manifest: dict[str, Any]) -> Iterator[Difference]:
    """Follow the journal, look for the version in force in it, and compare the reports with their last entry."""
    broken = journal.check()
    if broken is not None:
        yield Difference(f"journal_{broken.reason}", str(broken.number))
    is_logged = False
    reports = {"reports": ""} if (workbench() / "reports" / MISSING).exists() else {}  # of a first batch, killed
    for number, entry in enumerate(journal.read_entries(), 1):
        if broken is not None and number >= broken.number:
            break  # what stands behind a break was not written by us
        if entry.get("version") == manifest["version"] and entry.get("what") in {"build", "sample"}:
            is_logged |= entry["content"] == manifest["seal"]
        if entry.get("what") == "report":
            reports[str(entry.get("output"))] = str(entry.get("content"))
    if not is_logged:
        yield Difference("not_logged", manifest["version"])
    for output, content in reports.items():
        target = workbench() / output
        if os.path.isdir(target) and _is_ours(target.resolve()):  # noqa: PTH112 - whose name may be anything
            yield from _reports(target, output, content)


def _is_ours(target: Path) -> bool:
    """Say whether a folder can be one of reports: in the workbench or locked by a batch, and nothing above both."""
    home = workbench().resolve()
    is_inside = target.is_relative_to(home) or (target / ".lock").is_file()
    return is_inside and not home.is_relative_to(target)


def _reports(target: Path, output: str, content: str) -> Iterator[Difference]:
    """Compare a reports folder with the record of every report, with its entry, and with what its batch was to make.

    Args:
        target: The folder.
        output: Its name in the journal.
        content: The hash of its last entry; empty when it has none.
    """
    if is_being_written(target):
        yield Difference("writing", output)
        return
    for path in sorted(target.rglob(".*")):
        if BESIDE.fullmatch(path.name):
            yield Difference("unfinished", f"{output}/{path.relative_to(target).as_posix()}")
    hashes = journal.file_hashes(target)
    files: dict[str, dict[str, str]] = {}
    for name, digest in hashes.items():
        folder, _, file = name.rpartition("/")
        files.setdefault(folder, {})[file] = digest
    records = {folder: _read(target / folder / RECORD) for folder, found in files.items() if RECORD in found}
    changed = [folder for folder, record in records.items() if not _is_as_recorded(record, files[folder])]
    yield from (Difference("report_changed", f"{output}/{folder}") for folder in changed)
    if (target / MISSING).exists():
        wanted = _read(target / MISSING)
        missing = [str(folder) for folder, key in wanted.items() if records.get(folder, {}).get("key") != key]
        yield from (Difference("report_missing", f"{output}/{folder}") for folder in sorted(missing))
        yield Difference("batch_unfinished", output)
    elif content and not changed and hash_of(hashes) != content:
        yield Difference("report_changed", output)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = read_strict(path)
    except (OSError, KeptError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_as_recorded(record: dict[str, Any], found: Mapping[str, str]) -> bool:
    kept, files = record.get("hashes"), record.get("files")
    if not isinstance(kept, dict) or not isinstance(files, dict):
        return False
    recorded = {str(file): kept.get(name) for name, file in files.items()}
    return recorded == {file: digest for file, digest in found.items() if file != RECORD}
