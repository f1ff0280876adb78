"""The journal (操作日志): who built, reported or exported what and when, each entry chained to the one before it.

One entry is one line of JSON. Its ``hash`` covers the entry and the hash of the entry before, so a changed, missing or
inserted line breaks the chain; what was cut off the end shows when the version in force is not in the journal.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jixiao.builds.manifest import MANIFEST, read_manifest
from jixiao.core.errors import RequestError
from jixiao.core.files import checksum, explained, flush, workbench
from jixiao.core.hashes import hash_of
from jixiao.core.processes import user_name

SETTING = "JIXIAO_JOURNAL"
"""The environment variable that names another journal than ``data/journal.jsonl``."""
ACTIONS = ("build", "report", "export", "form", "sample")
START = "0" * 64
"""The hash before the first entry."""
_LONGEST = 1_000_000
_NAMES = frozenset({"number", "when", "who", "what", "output", "content", "version", "torn", "before", "hash"})


@dataclass(frozen=True)
class Break:
    """Where the chain breaks (断链处): the number of the first bad line, from 1, and why."""

    number: int
    reason: str


def journal_path() -> Path:
    """Return where the journal stands (日志位置)."""
    return Path(os.environ.get(SETTING) or workbench() / "data" / "journal.jsonl")


def record(what: str, output: Path, *, version: str = "", content: str = "") -> dict[str, Any]:
    """Append one entry (记入日志): what was made, its hash, by whom and when.

    Args:
        what: One of ``ACTIONS``.
        output: The file or folder that was written.
        version: The version of the built folder it was made from, when there is one.
        content: The hash of the output; worked out when empty.

    Returns:
        The entry. ``torn`` holds what a killed run left of a line; nothing else of the file changes.

    Raises:
        RequestError: The journal cannot be written.

    Example:
        >>> import tempfile
        >>> os.environ[SETTING] = str(Path(tempfile.mkdtemp()) / "journal.jsonl")
        >>> [record("export", Path(name), content="0")["number"] for name in ("a.csv", "b.csv")]
        [1, 2]
        >>> check() is None
        True
        >>> _ = os.environ.pop(SETTING)
    """
    from filelock import FileLock

    if what not in ACTIONS:
        raise ValueError(what)
    path = journal_path()
    made = content or content_hash(output)
    with explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=30), path.open("ab+") as handle:
            last, torn = _end(handle)
            entry = {
                "number": last["number"] + 1 if last else 1,
                "when": datetime.now().astimezone().isoformat(timespec="seconds"),
                "who": user_name(),
                "what": what,
                "output": _shown(output),
                "content": made,
                "version": version,
                **({"torn": torn} if torn else {}),
                "before": last["hash"] if last else START,
            }
            entry["hash"] = hash_of(entry)
            handle.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
            handle.flush()
            os.fsync(handle.fileno())
        flush(path.parent)
    return entry


def content_hash(output: Path) -> str:
    """Return the hash of a file, or over every file of a folder (内容指纹); of a built folder that of its version."""
    if (output / MANIFEST).is_file():
        return hash_of(read_manifest(output)["files"])
    if output.is_file():
        return checksum(output)
    return hash_of(file_hashes(output))


def file_hashes(folder: Path) -> dict[str, str]:
    """Return the hash of every file of a folder by its name in it (各文件校验码), but logs and hidden ones."""
    names = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file() and path.suffix != ".log"}
    shown = {name.as_posix(): path for name, path in names.items() if not any(part[0] == "." for part in name.parts)}
    return {name: checksum(shown[name]) for name in sorted(shown)}


def _end(handle: Any) -> tuple[dict[str, Any] | None, str]:
    """Return the last whole entry, and cut off the part of a line that a killed run left behind."""
    size = handle.seek(0, 2)
    start = max(0, size - _LONGEST)
    handle.seek(start)
    whole, _, torn = handle.read().rpartition(b"\n")
    if torn:
        handle.truncate(size - len(torn))
        handle.seek(0, 2)
    if not whole:
        return None, torn.decode("utf-8", "replace")
    try:
        last = json.loads(whole.rpartition(b"\n")[2])
        return {"number": int(last["number"]), "hash": str(last["hash"])}, torn.decode("utf-8", "replace")
    except (ValueError, KeyError, TypeError) as error:
        raise RequestError(
            "操作日志的最后一条已损坏，没有记入；请运行 jixiao verify 查看，并将日志文件移开保存后重试"
        ) from error


def read_entries() -> Iterator[dict[str, Any]]:
    """Yield the entries of the journal (日志内容), the oldest first; a line that is none comes as an empty dict."""
    path = journal_path()
    if not path.exists():
        return
    with path.open("rb") as handle:
        for line in handle:
            try:
                found = json.loads(line) if len(line) < _LONGEST else None
            except ValueError:
                found = None
            yield found if isinstance(found, dict) and line.endswith(b"\n") else {}


def mentions(version: str) -> bool:
    """Say whether a version stands in the journal (已记入), without reading every entry."""
    path = journal_path()
    return path.is_file() and version.encode() in path.read_bytes()


def check() -> Break | None:
    """Follow the chain (核对日志) and return where it first breaks; ``unfinished``: a last line cut by a killed run."""
    before, number = START, 0
    for number, entry in enumerate(read_entries(), 1):
        reason = _fault(entry, number, before)
        if reason:
            return Break(number, reason)
        before = entry["hash"]
    return None


def _fault(entry: dict[str, Any], number: int, before: str) -> str:
    if not entry:
        return "unfinished" if _is_torn(number) else "unreadable"
    if not {*entry} <= _NAMES or entry.get("number") != number:
        return "number"
    if entry.get("before") != before:
        return "chain"
    return "" if entry.get("hash") == hash_of({name: entry[name] for name in entry if name != "hash"}) else "content"


def _is_torn(number: int) -> bool:
    content = journal_path().read_bytes()
    return not content.endswith(b"\n") and content.count(b"\n") == number - 1


def _shown(output: Path) -> str:
    whole = output.resolve()
    return whole.relative_to(workbench()).as_posix() if whole.is_relative_to(workbench()) else str(whole)
