"""Kill a piece of work at any one of its steps, in a process of its own (任一步被杀)."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

from jixiao.builds import chain, journal


def killed(moment: int, act: Callable[[], Any], more: Mapping[tuple[Any, str], Callable[..., Any]] | None = None):
    """Act in a process of its own that is killed at the given step; return whether it was.

    Args:
        moment: The step, counted from 1: what is written, put in its place, chained or noted in the journal.
        act: The work.
        more: What else counts as a step, by its owner and name, and what is done instead of it.
    """
    process = os.fork()
    if process:
        return os.WIFSIGNALED(os.waitpid(process, 0)[1])
    done = 0

    def step(work):
        def wrapped(*arguments, **named):
            nonlocal done
            done += 1
            if done == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*arguments, **named)

        return wrapped

    try:
        for (owner, name), work in (more or {}).items():
            setattr(owner, name, step(work))
        os.fsync, os.replace = step(os.fsync), step(os.replace)
        chain.append, journal.record = step(chain.append), step(journal.record)
        chain.json.dumps = step(json.dumps)
        act()
    finally:
        os._exit(0)
