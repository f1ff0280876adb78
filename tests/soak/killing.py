"""Run jixiao in a process that is killed at a random moment, again and again, from one that has imported everything.

``Zygote`` starts one interpreter, imports the package there and forks for each command, so that a kill falls into the
work and not into the start of Python.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROGRAM = """
import json, os, sys
import jixiao.cli.main, jixiao.checks, jixiao.builds, jixiao.show.tables
import jixiao.publish.findings.exchange, jixiao.publish.reports
import pyarrow.parquet, rich.progress, rich.table
for line in sys.stdin:
    arguments = json.loads(line)
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1), os.dup2(quiet, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.argv = ["jixiao", *arguments]
        code = 0
        try:
            jixiao.cli.main.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            code = 99
        os._exit(code)
    print(child, flush=True)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


def children_of(process: int) -> list[int]:
    """Return the processes that a process has started and that run."""
    return [number for number, (state, parent) in _processes() if parent == process and state != "Z"]


def _processes() -> Iterator[tuple[int, tuple[str, int]]]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            yield int(stat.parent.name), (state, int(parent))


def wait_for_end(processes: list[int]) -> None:
    """Wait until some processes have ended; they follow the one that started them."""
    deadline = time.monotonic() + 60
    while any(state != "Z" for number, (state, _) in _processes() if number in processes):
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Zygote:
    """An interpreter that has imported jixiao and forks for each command."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=home,
            env={**os.environ, "JIXIAO_HOME": str(home), "PYTHONSAFEPATH": "1"},
        )

    def run(self, *arguments: str, kill_after: float | None = None, once: Callable[[], bool] = lambda: True) -> int:
        """Run one command, killed some seconds after ``once`` is true; return its code, -9 when it was killed.

        ``took`` and ``tail`` are then its seconds from the start and from ``once`` on. The processes that a killed
        command has started have ended as well.
        """
        begun = time.monotonic()
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        child = int(self._process.stdout.readline())
        while not once() and not select.select([self._process.stdout], [], [], 0.002)[0]:
            pass
        aimed = time.monotonic()
        left: list[int] = []
        if kill_after is not None and not select.select([self._process.stdout], [], [], kill_after)[0]:
            left = children_of(child)
            with contextlib.suppress(ProcessLookupError):  # it ended in this very moment
                os.kill(child, signal.SIGKILL)
        code = int(self._process.stdout.readline())
        ended = time.monotonic()
        self.took, self.tail = ended - begun, ended - aimed
        wait_for_end(left)
        return code

    def end(self) -> None:
        """End the interpreter."""
        self._process.stdin.close()
        self._process.wait(20)
