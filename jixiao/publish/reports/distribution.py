"""The same batch on a dask.distributed cluster (集群批量生成); jixiao has no scheduler of its own.

Each report is a task keyed by its content. A cluster worker keeps worker processes of its own and writes into the
shared folder; when it dies, the scheduler gives its tasks to another.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from jixiao.builds.cluster import reach
from jixiao.core.errors import RequestError
from jixiao.core.hashes import program_hash
from jixiao.publish.reports.making import MAKING, Task
from jixiao.publish.reports.notebooks import report_words
from jixiao.publish.reports.report_workers import Answer, Pool, packed, read_answer, read_task, send_answer, send_task

AHEAD = 2
"""Tasks handed out for each thread of the cluster before the first is taken back."""


def make_there(tasks: Iterable[Task], address: str, out: Path) -> Iterator[tuple[Task, Answer]]:
    """Make reports on a cluster (集群批量生成) and yield each with what became of it, as they come.

    Args:
        tasks: Taken as they are needed.
        address: Where the scheduler listens.
        out: The reports folder, which every machine of the cluster sees under this name.

    Raises:
        RequestError: The cluster cannot be reached, a machine does not see the folder or runs another jixiao.
    """
    from distributed import as_completed

    with reach(address) as client:
        _check(client, out)
        threads = sum(client.nthreads().values())
        waiting: dict[str, Task] = {}
        running = as_completed(loop=client.loop)
        tasks = iter(tasks)
        try:
            for task in tasks:
                key = f"report-{task.key}"
                waiting[key] = task
                running.add(client.submit(_make_one, packed(send_task, task), key=key, pure=True, retries=1))
                if len(waiting) >= AHEAD * threads:
                    yield _taken(running, waiting)
            while waiting:
                yield _taken(running, waiting)
        finally:
            client.cancel([*running.futures], force=True)


def _taken(running: Any, waiting: dict[str, Task]) -> tuple[Task, Answer]:
    future = next(running)
    task = waiting.pop(future.key)
    try:
        answer: Answer = read_answer(BytesIO(future.result()))
    except Exception as error:  # the scheduler gave the task up
        message = report_words()["report_failed"]
        answer = RequestError(message.format(title=task.request.title, message=type(error).__name__))
    future.release()
    return task, answer


def _check(client: Any, out: Path) -> None:
    """Let every machine look for a file in the shared folder and say what it runs, before anything is made."""
    sign = out / MAKING / uuid4().hex
    sign.parent.mkdir(parents=True, exist_ok=True)
    sign.touch()
    try:
        seen = client.run(_look, str(sign))
    finally:
        sign.unlink()
    for worker, (is_seen, code) in seen.items():
        if not is_seen:
            raise RequestError(
                f"集群工作进程 {worker} 看不到报告目录 {out}；请把 --out 指向各台机器以同一路径挂载的共享目录"
            )
        if code != program_hash():
            raise RequestError(f"集群工作进程 {worker} 上的 jixiao 与本机不同；请在各台机器上安装同一版本后重新运行")


def _look(sign: str) -> tuple[bool, str]:
    return Path(sign).exists(), program_hash()


@cache
def _pool() -> Pool:
    """Return the worker processes of this cluster worker; as many as it has threads, ended with it."""
    pool = Pool()
    atexit.register(pool.close)
    return pool


_starting = threading.Lock()


def _make_one(given: bytes) -> bytes:
    """Make one report from a task as bytes; bytes go back, so that no side has to unpickle what the other made."""
    with _starting:
        pool = _pool()
    return packed(send_answer, pool.make(read_task(BytesIO(given))))
