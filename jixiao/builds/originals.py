"""Received forms as they came (原表存底): kept in the built folder, so that one saved over by another stays readable.

``originals/<name as received>/<number>_<beginning of its SHA-256><ending>``: the bytes of every file a build met under
that name, in their order. Nothing here is removed by a program; a file, and all of them together, have an upper size
(``rules/limits.yaml``), beyond which nothing more is kept.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from jixiao.core.files import LARGEST_FILE, checksum, explained, form_names, list_forms, sized_checksum
from jixiao.reading.files import load_limits

FOLDER = "originals"
_KEPT = re.compile(r"([0-9]{4})_([0-9a-f]{16})(\.[^.]*)?")


def keep_originals(place: Path, out: Path) -> None:
    """Copy every form of a data folder that is not kept yet (原表存底); the caller holds the lock of ``out``.

    Args:
        place: The data folder.
        out: The built folder.

    Raises:
        RequestError: The folder cannot be written.
    """
    limits, kept = load_limits(), out / FOLDER
    room = limits.kept_total_bytes - sum(size for _, size in _sizes(kept))
    with explained(out):
        kept.mkdir(parents=True, exist_ok=True)  # also when every form is too large: a build leaves the folder
        for path, name in form_names(place, list_forms(place)).items():
            size = path.stat().st_size
            if size > limits.kept_bytes:
                continue
            before = copies(out, name)
            if before and before[-1].stat().st_size == size and _mark(before[-1]) == checksum(path)[:16]:
                continue
            if size > room:
                continue
            content = path.read_bytes()
            beside = kept / f".{os.getpid()}.new"
            number = int(before[-1].name[:4]) + 1 if before else 1
            target = kept / name / f"{number:04d}_{hashlib.sha256(content).hexdigest()[:16]}{path.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content)
            os.replace(beside, target)
            room -= size


def copies(out: Path, name: str) -> list[Path]:
    """Return what was kept under the name of a form (某表的存底), the oldest first."""
    folder = out / FOLDER / name
    return sorted(path for path in folder.glob("[0-9]*") if _KEPT.fullmatch(path.name)) if folder.is_dir() else []


def replaced(out: Path, sources: Mapping[str, str]) -> Iterator[tuple[str, Path, Path]]:
    """Yield every form that was saved over by another (同名覆盖的原表), with the copies of the one before and of it.

    Args:
        out: The built folder.
        sources: The SHA-256 of each form that counts now, by its name.
    """
    for name, now in sources.items():
        kept = copies(out, name)
        earlier = [path for path in kept if _mark(path) != now[:16]]
        if earlier and _mark(kept[-1]) == now[:16]:
            yield name, earlier[-1], kept[-1]


def damaged_originals(
    place: Path, out: Path, sources: Mapping[str, str], *, is_due: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the kept forms (存底核验): ``original`` or ``original_missing``, and which.

    Args:
        place: The data folder.
        out: The built folder; one that no build wrote copies into is as it should be.
        sources: As for :func:`replaced`; each must have a copy, if its size allows one.
        is_due: Whether a build made the version in force, so that the folder cannot be missing.
    """
    kept, numbers, whole = out / FOLDER, dict[str, set[int]](), 0
    if not kept.is_dir():
        if is_due:
            yield "original_missing", FOLDER
        return
    for path, size in _sizes(kept):
        shown, found, whole = path.relative_to(kept), _KEPT.fullmatch(path.name), whole + size
        if not found or not sized_checksum(path, largest=LARGEST_FILE).startswith(found[2]):
            yield "original", shown.as_posix()
        if found:
            numbers.setdefault(shown.parent.as_posix(), set()).add(int(found[1]))
    for name, have in numbers.items():
        yield from (("original_missing", f"{name}/{number:04d}") for number in sorted({*range(1, max(have))} - have))
    limits = load_limits()
    for name, known in sources.items():
        size = (place / name).stat().st_size if (place / name).is_file() else limits.kept_bytes + 1
        is_due = name in numbers or (size <= limits.kept_bytes and whole + size <= limits.kept_total_bytes)
        if is_due and known[:16] not in map(_mark, copies(out, name)):
            yield "original_missing", name


def _mark(path: Path) -> str:
    found = _KEPT.fullmatch(path.name)
    return found[2] if found else ""


def _sizes(kept: Path) -> Iterator[tuple[Path, int]]:
    for path in sorted(kept.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path, path.stat().st_size
