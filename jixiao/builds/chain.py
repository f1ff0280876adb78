"""Chained lines (链式记录): a file that only grows, each line tied to the one before it by its hash.

One entry is one line of JSON. Its ``hash`` covers the entry and the hash of the entry before, so a changed, missing or
inserted line breaks the chain. The journal and the ledger are such files; each is appended to under a lock of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jixiao.core.files import flush, open_file
from jixiao.core.hashes import hash_of
from jixiao.core.kept import KeptError, load_strict

START = "0" * 64
"""The hash before the first entry."""
LONGEST = 1_000_000
"""Bytes of one line."""


class DamagedEnd(Exception):
    """The last line of a chain is no entry, so that nothing can be tied to it."""


@dataclass(frozen=True)
class Break:
    """Where a chain breaks (断链处): the number of the first bad line, from 1, and why."""

    number: int
    reason: str


def append(path: Path, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Append entries to a chain in one piece and put them on the disk (续链); the caller holds the lock.

    Args:
        path: The file; it is made when it is not there.
        entries: Plain values; number, before and hash are added.

    Returns:
        The entries as they stand. ``torn`` of the first holds what a killed run left of a line.

    Raises:
        DamagedEnd: The last line is no entry; nothing was written.
        ValueError: An entry is longer than a line may be.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "chain.jsonl"
        >>> [entry["number"] for entry in append(path, [{"what": "a"}, {"what": "b"}])]
        [1, 2]
        >>> check(path) is None
        True
    """
    with path.open("ab+") as handle:
        last, torn, whole_size = _end(handle)
        number, before = (last["number"], last["hash"]) if last else (0, START)
        chained: list[dict[str, Any]] = []
        for entry in entries:
            number += 1
            torn_part = {"torn": torn} if torn and not chained else {}
            whole = {"number": number, **entry, **torn_part, "before": before}
            whole["hash"] = before = hash_of(whole)
            chained.append(whole)
        lines = [_line_of(entry) for entry in chained]
        if any(len(line) >= LONGEST for line in lines):
            raise ValueError("an entry is too long")
        handle.truncate(whole_size)
        handle.seek(0, 2)
        handle.write(b"".join(lines))
        handle.flush()
        os.fsync(handle.fileno())
    flush(path.parent)
    return chained


def _end(handle: Any) -> tuple[dict[str, Any] | None, str, int]:
    """Return the last whole entry, the part of a line that a killed run left behind it, and where that begins."""
    size = handle.seek(0, 2)
    start = max(0, size - LONGEST)
    handle.seek(start)
    whole, _, torn = handle.read().rpartition(b"\n")
    last = None
    if whole:
        try:
            found = load_strict(whole.rpartition(b"\n")[2])
            last = {"number": int(found["number"]), "hash": str(found["hash"])}
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise DamagedEnd from error
    return last, torn.decode("utf-8", "replace"), size - len(torn)


def read_entries(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of a chain (链中各条), the oldest first; a line that is none comes as an empty dict."""
    if not path.exists():
        return
    if not path.is_file():  # a folder or a pipe in its place is a chain that cannot be read
        yield {}
        return
    with open_file(path) as handle:
        while line := handle.readline(LONGEST):
            try:
                found = load_strict(line)
            except KeptError:
                found = None
            yield found if isinstance(found, dict) and _line_of(found) == line else {}


def _line_of(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"


def check(path: Path, is_known: Callable[[dict[str, Any]], bool] = lambda entry: True) -> Break | None:
    """Follow a chain (核对链条) and return where it first breaks; ``unfinished``: a last line cut by a killed run.

    Args:
        path: The file.
        is_known: Says whether an entry holds only what such an entry may hold.
    """
    before = START
    for number, entry in enumerate(read_entries(path), 1):
        reason = _fault(entry, number, before, is_known)
        if reason == "unreadable" and _is_torn(path, number):
            reason = "unfinished"
        if reason:
            return Break(number, reason)
        before = entry["hash"]
    return None


def hashes(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the hash of each entry (各条指纹), the last of which stands for the whole chain."""
    return [str(entry.get("hash", "")) for entry in entries]


def _fault(entry: dict[str, Any], number: int, before: str, is_known: Callable[[dict[str, Any]], bool]) -> str:
    if not entry:
        return "unreadable"
    if not is_known(entry) or entry.get("number") != number:
        return "number"
    if entry.get("before") != before:
        return "chain"
    return "" if entry.get("hash") == hash_of({name: entry[name] for name in entry if name != "hash"}) else "content"


def _is_torn(path: Path, number: int) -> bool:
    whole, last = 0, b"\n"
    if not path.is_file():
        return False
    with open_file(path) as handle:
        while line := handle.readline(LONGEST):
            whole, last = whole + line.endswith(b"\n"), line
    return not last.endswith(b"\n") and whole == number - 1
