"""Versions of a built folder (构建版本): written beside each other, switched by replacing one file, pruned when unused.

``versions/<version>/`` holds the files of one build and its manifest; the manifest in the built folder itself is a copy
of the one in force, so a reader that has read it sees one whole version, whatever is written meanwhile.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import shutil
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jixiao.builds.manifest import MANIFEST, read_manifest, version_of
from jixiao.core.errors import RequestError
from jixiao.core.files import explained, flush, write_safely

VERSIONS = "versions"
LOCK = ".lock"
WRITER = ".writer.json"
"""Who writes at the moment; one that stays when nobody holds the lock was left by a killed run."""
UNFINISHED = ".new"
KEPT = 3
"""How many versions stay, the one in force included."""


def user_name() -> str:
    """Return the name of the user of this process (操作人), as the system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else ""


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Keep other writers out of a built folder (写入锁) and clean up what a killed one left behind.

    Raises:
        RequestError: Another writer is at work; the sentence says who, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=0.2)
        try:
            lock.acquire()
        except Timeout as error:
            found = {"who": "?", "host": "?", "process": "?", "since": "?", **(writer_of(folder) or {})}
            raise RequestError(
                f"“{folder.name}”正由用户“{found['who']}”写入（主机{found['host']}，进程{found['process']}，"
                f"自{found['since']}起），请等它结束后再运行"
            ) from error
    try:
        with explained(folder):
            for path in leftovers(folder):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            since = datetime.now().astimezone().isoformat(timespec="seconds")
            who = {"who": user_name(), "host": socket.gethostname(), "process": os.getpid(), "since": since}
            (folder / WRITER).write_text(json.dumps(who, ensure_ascii=False), encoding="utf-8")
        yield
        _prune(folder)
    finally:
        with contextlib.suppress(OSError):
            (folder / WRITER).unlink(missing_ok=True)
        lock.release()


def writer_of(folder: Path) -> dict[str, Any] | None:
    """Return who writes, or who was killed while writing (写入者): who, host, process, since; None when nobody."""
    try:
        found = json.loads((folder / WRITER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {} if (folder / WRITER).exists() else None
    return found if isinstance(found, dict) else {}


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


def leftovers(folder: Path) -> list[Path]:
    """List what killed runs left unfinished in a built folder (未完成的写入)."""
    return sorted(path for pattern in (f"{VERSIONS}/.*", ".*.json", "readings/.*") for path in folder.glob(pattern))


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
        text = json.dumps({"version": version, **manifest}, ensure_ascii=False, indent=1)
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
    return manifest["version"] == version == version_of(manifest) and not damaged_files(folder, manifest)


def damaged_files(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """List the files of a version that are missing or are not what was written (损坏的文件)."""
    from jixiao.reading.forms.sources import checksum

    base = folder / VERSIONS / manifest["version"]
    known = {**{name: kept["sha256"] for name, kept in manifest["files"].items()}, **manifest["declared"]}
    return [name for name, kept in known.items() if not (base / name).is_file() or checksum(base / name) != kept]


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
    try:
        import fcntl
    except ImportError:  # there an open file keeps its folder from being removed
        yield read_manifest(folder)
        return
    for _ in range(5):
        manifest = read_manifest(folder)
        try:
            handle = (folder / VERSIONS / manifest["version"] / MANIFEST).open("rb")
        except OSError:
            continue  # it was pruned between the two lines
        with handle:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield manifest
            return
    raise RequestError(f"构建结果“{folder.name}”缺失或已损坏，请重新运行 jixiao build")


def _prune(folder: Path) -> None:
    """Remove the oldest versions beyond ``KEPT`` that nobody reads."""
    with contextlib.suppress(OSError, RequestError):
        for version in list_versions(folder)[KEPT:]:
            path = folder / VERSIONS / version
            if not _is_read(path / MANIFEST):
                gone = path.with_name(f".old.{os.getpid()}.{version}")
                os.replace(path, gone)
                shutil.rmtree(gone, ignore_errors=True)


def _is_read(path: Path) -> bool:
    try:
        import fcntl
    except ImportError:
        return False
    with path.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
