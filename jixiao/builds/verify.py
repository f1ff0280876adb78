"""Check a built folder against its manifest (核验): files, sources, rules, declared files, code, reports, journal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jixiao.builds import journal
from jixiao.builds.manifest import (
    MANIFEST,
    VERSIONS,
    damaged_files,
    declared_hashes,
    leftovers,
    place_of,
    read_manifest,
    source_hashes,
    version_of,
)
from jixiao.builds.store_words import store_words
from jixiao.builds.versions import (
    WRITER,
    is_being_written,
    is_whole,
    list_versions,
    writer_of,
)
from jixiao.core.files import BESIDE, MISSING, RECORD, workbench
from jixiao.core.hashes import code_hash, hash_of, rule_hashes

EXPECTED = {"aliases.yaml", "answers.yaml", "corrections.yaml", "suppressions.yaml", MANIFEST}


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
    found = [*_unfinished(folder)]
    manifest = read_manifest(folder)
    found += _files(folder, manifest)
    place = place_of(folder, manifest)
    if place.is_dir():
        found += _compared("source", manifest["sources"], source_hashes(place))
        found += _compared("declared", manifest["declared"], declared_hashes(place))
    else:
        found.append(Difference("place_missing", manifest["place"]))
    if manifest["rules"] != hash_of(rules := rule_hashes()):
        found += _compared("rule", manifest["rule_files"], rules)
    if manifest["code"] != code_hash():
        found.append(Difference("code", manifest["jixiao"]))
    return [*found, *_logged(folder, manifest)]


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
    if version_of(manifest) != manifest["version"]:
        yield Difference("manifest")
    for name in damaged_files(folder, manifest):
        yield Difference("file_changed" if (base / name).exists() else "file_missing", name)
    for path in sorted(base.rglob("*")):
        name = path.relative_to(base).as_posix()
        if path.is_file() and name not in {*manifest["files"], *EXPECTED}:
            yield Difference("file_extra", name)
    for version in list_versions(folder)[1:]:
        if not is_whole(folder, version):
            yield Difference("old_version", version)


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
    for entry in journal.read_entries():
        is_logged |= entry.get("version") == manifest["version"] and entry.get("what") in {"build", "sample"}
        if entry.get("what") == "report":
            reports[str(entry.get("output"))] = str(entry.get("content"))
    if not is_logged:
        yield Difference("not_logged", manifest["version"])
    for output, content in reports.items():
        if (target := workbench() / output).is_dir():
            yield from _reports(target, output, content)


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
        missing = [folder for folder, key in wanted.items() if records.get(folder, {}).get("key") != key]
        yield from (Difference("report_missing", f"{output}/{folder}") for folder in sorted(missing))
        yield Difference("batch_unfinished", output)
    elif content and not changed and hash_of(hashes) != content:
        yield Difference("report_changed", output)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_as_recorded(record: dict[str, Any], found: Mapping[str, str]) -> bool:
    kept = record.get("hashes", {})
    recorded = {file: kept.get(name) for name, file in record.get("files", {}).items()}
    return recorded == {file: digest for file, digest in found.items() if file != RECORD}
