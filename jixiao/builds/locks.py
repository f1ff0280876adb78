"""One writer at a time (写入锁): a lock that says who holds it, and a note that stays when its holder was killed."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jixiao.core import processes
from jixiao.core.errors import RequestError, brief
from jixiao.core.files import explained
from jixiao.core.kept import KeptError, read_strict


@contextlib.contextmanager
def alone(lock: Path, note: Path, name: str, *, tidy: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Keep other writers out of something (独占写入).

    Args:
        lock: The file that is locked; its folder is made when it is not there.
        note: The file that says who writes.
        name: How a reader calls what is written.
        tidy: Is called once the lock is held, to clean up what a killed writer left.

    Raises:
        RequestError: Another writer is at work; the sentence says who, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    with explained(lock.parent):
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(lock, timeout=0.2)
        try:
            held.acquire()
        except Timeout as error:
            found = {"who": "?", "host": "?", "process": "?", "since": "?", **(writer_in(note) or {})}
            raise RequestError(
                f"“{name}”正由用户“{found['who']}”写入（主机{found['host']}，进程{found['process']}，"
                f"自{found['since']}起），请等它结束后再运行"
            ) from error
    try:
        with explained(lock.parent):
            tidy()
            since = datetime.now().astimezone().isoformat(timespec="seconds")
            who = {"who": processes.user_name(), "host": socket.gethostname(), "process": os.getpid(), "since": since}
            note.write_text(json.dumps(who, ensure_ascii=False), encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)
        held.release()


def writer_in(note: Path) -> dict[str, Any] | None:
    """Return who writes, or who was killed while writing (写入者): who, host, process, since; None when nobody."""
    try:
        found = read_strict(note, largest=10_000)
    except (OSError, KeptError):
        return {} if note.exists() else None
    return {str(name): brief(value) for name, value in found.items()} if isinstance(found, dict) else {}
