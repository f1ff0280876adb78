"""Run a command of jixiao inside the process of the tests, as ``python -m jixiao`` does it: a start costs a second."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from jixiao.cli.main import main

ROOT = Path(__file__).parents[1]


def run_command(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Return what a command printed and its exit code; a traceback is an error of the test."""
    written = ["jixiao", *map(str, arguments)]
    with mock.patch.object(sys, "argv", written), contextlib.chdir(cwd):
        code, said, complained = captured(main)
    assert "Traceback" not in complained, complained
    return subprocess.CompletedProcess(written, code, said, complained)


def captured(job: Callable[[], object], encoding: str = "utf-8") -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of a job that ends as a program does."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2)]
    code = 0
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        try:
            job()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        except BaseException:
            code = 1
            traceback.print_exc()
    said = [stream.buffer.getvalue().decode(encoding, "replace").replace(os.linesep, "\n") for stream in streams]
    return code, said[0], said[1]
