"""The journal (操作日志): who built, reported or exported what and when, each entry chained to the one before it.

The journal is a chain of entries (:mod:`jixiao.builds.chain`); what was cut off its end shows when the version in force
is not in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from jixiao.builds import chain
from jixiao.builds.manifest import MANIFEST, read_manifest
from jixiao.core.errors import RequestError
from jixiao.core.files import checksum, explained, workbench
from jixiao.core.hashes import hash_of
from jixiao.core.kept import Kept, KeptError, take_kept
from jixiao.core.processes import user_name

SETTING = "JIXIAO_JOURNAL"
"""The environment variable that names another journal than ``data/journal.jsonl``."""
ACTIONS = ("build", "report", "export", "form", "sample", "ledger")


class _Entry(Kept):
    """What one entry holds (一条日志)."""

    number: int
    when: Annotated[str, AfterValidator(lambda text: datetime.fromisoformat(text) and text)]
    who: str
    what: Literal["build", "report", "export", "form", "sample", "ledger"]
    output: str
    content: str
    version: str
    torn: str = ""
    before: str
    hash: str


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
    entry = {
        "when": datetime.now().astimezone().isoformat(timespec="seconds"),
        "who": user_name(),
        "what": what,
        "output": shown_path(output),
        "content": made,
        "version": version,
    }
    with explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=30):
            try:
                return chain.append(path, [entry])[0]
            except chain.DamagedEnd as error:
                raise RequestError(
                    "操作日志的最后一条已损坏，没有记入；请运行 jixiao verify 查看，并将日志文件移开保存后重试"
                ) from error


def begin() -> None:
    """Make an empty journal where there is none (开始日志), before what it is to vouch for is written first.

    Raises:
        RequestError: It cannot be made.
    """
    path = journal_path()
    with explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=True)


def content_hash(output: Path) -> str:
    """Return the hash of a file, or over every file of a folder (内容指纹); of a built folder that of its version."""
    if (output / MANIFEST).is_file():
        return str(read_manifest(output)["seal"])
    if output.is_file():
        return checksum(output)
    return hash_of(file_hashes(output))


def file_hashes(folder: Path) -> dict[str, str]:
    """Return the hash of every file of a folder by its name in it (各文件校验码), but logs and hidden ones."""
    names = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file() and path.suffix != ".log"}
    shown = {name.as_posix(): path for name, path in names.items() if not any(part[0] == "." for part in name.parts)}
    return {name: checksum(shown[name]) for name in sorted(shown)}


def read_entries() -> Iterator[dict[str, Any]]:
    """Yield the entries of the journal (日志内容), the oldest first; a line that is none comes as an empty dict."""
    return chain.read_entries(journal_path())


def mentions(version: str) -> bool:
    """Say whether a version stands in the journal (已记入), without reading every entry."""
    path = journal_path()
    return path.is_file() and version.encode() in path.read_bytes()


def check() -> chain.Break | None:
    """Follow the chain (核对日志) and return where it first breaks; ``unfinished``: a last line cut by a killed run."""
    return chain.check(journal_path(), _is_entry)


def _is_entry(entry: dict[str, Any]) -> bool:
    try:
        take_kept(_Entry, entry)
    except KeptError:
        return False
    return True


def shown_path(output: Path) -> str:
    """Return how the journal names a file or folder (日志中的路径): from the workbench, when it is in it."""
    whole = output.resolve()
    return whole.relative_to(workbench()).as_posix() if whole.is_relative_to(workbench()) else str(whole)
