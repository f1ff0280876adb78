"""Received files (收文存档): kept beside the ledger as they came, by their checksums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jixiao.builds.ledger import ledger_place
from jixiao.core.files import checksum, explained, safe_name, write_safely


def archive_folder() -> Path:
    """Return where received files are kept (收文存档): beside the ledger, by their checksum."""
    return ledger_place.ledger_path().parent / "received"


def keep_file(path: Path) -> Path:
    """Copy a received file into the archive (存档), once, and return the copy.

    Raises:
        RequestError: The folder cannot be written.
    """
    folder = archive_folder()
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{checksum(path)[:16]}_{safe_name(path.stem)}{path.suffix}"
        if not (target.is_file() and checksum(target) == checksum(path)):
            content = path.read_bytes()
            write_safely(target, lambda beside: beside.write_bytes(content))
    return target


def kept_names(entries: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the names of the copies that events of the ledger speak of (台账所记的存档).

    Example:
        >>> kept_names([{"said": {"file": "data/received/ab_a.xlsx", "files": [{"name": "b.pdf", "sha256": ""}]}}])
        {'ab_a.xlsx'}
    """
    said = [entry["said"] for entry in entries if entry]
    paths = [Path(str(one.get("file") or "")) for one in said]
    paths += [Path(str(file.get("kept") or "")) for one in said for file in one.get("files") or []]
    return {path.name for path in paths if path.parent.name == archive_folder().name}


def files_text(files: Iterable[Mapping[str, str]], joint: str) -> str:
    """Return files as they are shown: names, with the beginning of the hash of what came along.

    Example:
        >>> files_text([{"name": "a.pdf", "sha256": "0123456789"}, {"name": "b.pdf", "sha256": ""}], "；")
        'a.pdf（01234567）；b.pdf'
    """
    return joint.join(f"{one['name']}（{one['sha256'][:8]}）" if one["sha256"] else one["name"] for one in files)
