"""Worker processes (工作进程): each makes one report after the other; one that dies costs nothing but its time.

A worker is this module run as a program. Tasks and answers go over its pipes as JSON, the rows of a task as Arrow. It
forks the server of its kernels first, while it has one thread, and ends when its pipe does.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from jixiao.core import processes
from jixiao.core.errors import JixiaoError, RequestError
from jixiao.core.processes import Child
from jixiao.publish.reports import kernels
from jixiao.publish.reports.making import DiskFullError, Task, make_report
from jixiao.publish.reports.notebooks import papermill, report_words
from jixiao.publish.reports.requests import ReportRequest

GRACE = 90
"""Seconds a worker has beyond the time limit of a report, to write its files."""
TRIES = 2
ORDINARY = "JIXIAO_ORDINARY_KERNELS"
"""Set this to start an ordinary kernel for each report, as on systems that cannot fork."""
Answer = dict[str, Any] | JixiaoError


def _send(stream: IO[bytes], head: dict[str, Any], body: bytes = b"") -> None:
    stream.write(json.dumps({**head, "size": len(body)}).encode() + b"\n" + body)
    stream.flush()


def _receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    head = json.loads(line)
    size = head.pop("size")
    if len(body := stream.read(size)) < size:
        raise EOFError
    return head, body


def send_task(stream: IO[bytes], task: Task) -> None:
    """Write a task (发出任务): JSON, and its rows as Arrow."""
    _send(stream, {**vars(task), "request": vars(task.request), "packed": None}, task.packed)


def read_task(stream: IO[bytes]) -> Task:
    """Return the task that was written (读取任务); EOFError when it is not whole."""
    head, rows = _receive(stream)
    given = {"request": ReportRequest(**head["request"]), "packed": rows}
    return Task(**{**head, **given, "formats": tuple(head["formats"])})


def send_answer(stream: IO[bytes], answer: Answer) -> None:
    """Write what became of a task (回复): JSON."""
    kind = next((number for number, kind in enumerate(_ERRORS) if isinstance(answer, kind)), None)
    _send(stream, {"record": answer} if kind is None else {"error": kind, "message": str(answer)})


def read_answer(stream: IO[bytes]) -> Answer:
    """Return the answer that was written (读取回复); EOFError when it is not whole."""
    head, _ = _receive(stream)
    return head["record"] if "record" in head else _ERRORS[head["error"]](head["message"])


def packed(send: Callable[[IO[bytes], Any], None], what: Any) -> bytes:
    """Return as bytes what is otherwise written to a pipe (打包)."""
    whole = BytesIO()
    send(whole, what)
    return whole.getvalue()


_ERRORS: tuple[type[JixiaoError], ...] = (DiskFullError, RequestError)


class Worker(Child[Task, Answer]):
    """One worker process; started when it is made. Its kernels end with it, and a Ctrl-C is for the batch."""

    def __init__(self) -> None:
        super().__init__(
            [sys.executable, "-c", "from jixiao.publish.reports.report_workers import main; main()"],
            send=send_task,
            receive=read_answer,
            environment=dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
            is_apart=True,
        )


class Pool:
    """The workers of this process (工作进程池): started when first needed, replaced when they die."""

    def __init__(self) -> None:
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        self._all: list[Worker] = []
        self._is_closed = False

    def make(self, task: Task) -> Answer:
        """Make one report in a worker; a report over which two of them died is given up."""
        for _ in range(TRIES):
            if self._is_closed:
                break
            try:
                worker = self._idle.get_nowait()
            except queue.Empty:
                worker = Worker()
                self._all.append(worker)
            answer = worker.ask(task, task.time_limit + GRACE)
            if answer is not None:
                self._idle.put(worker)
                return answer
        return RequestError(report_words()["worker_died"])

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        self._is_closed = True
        for worker in self._all:
            worker.end()


def make_here(tasks: Iterable[Task], workers: int) -> Iterator[tuple[Task, Answer]]:
    """Make reports on this machine (本机批量生成) and yield each with what became of it, as they come.

    Args:
        tasks: Taken as they are needed, so that few are held at a time.
        workers: Number of worker processes.
    """
    pool, waiting, tasks = Pool(), dict[Future[Answer], Task](), iter(tasks)
    with ThreadPoolExecutor(workers, thread_name_prefix="report") as threads:
        try:
            for task in tasks:
                waiting[threads.submit(pool.make, task)] = task
                if len(waiting) > workers:
                    yield from _ready(waiting)
            while waiting:
                yield from _ready(waiting)
        finally:
            for future in waiting:
                future.cancel()
            pool.close()


def _ready(waiting: dict[Future[Answer], Task]) -> Iterator[tuple[Task, Answer]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        yield waiting.pop(future), future.result()


def serve(tasks: IO[bytes], answers: IO[bytes]) -> None:
    """Answer tasks until there are no more (工作进程主循环). The end of the pipe ends a report half made, too."""
    given: queue.Queue[Task] = queue.Queue()

    def listen() -> None:
        try:
            while True:
                given.put(read_task(tasks))
        finally:
            os._exit(0)  # whatever ended it: a worker that nobody talks to must not stay

    threading.Thread(target=listen, daemon=True).start()
    while True:
        task = given.get()
        try:
            answer: Answer = make_report(task)
        except DiskFullError as error:
            answer = DiskFullError(str(error))
        except JixiaoError as error:
            answer = RequestError(str(error))
        except ConnectionError:
            os._exit(1)  # the server of the kernels is gone, and only a new process can fork another
        except Exception as error:
            message = f"{type(error).__name__}：{error}".splitlines()[0]
            answer = RequestError(report_words()["report_failed"].format(title=task.request.title, message=message))
        send_answer(answers, answer)


def main() -> None:
    """Run as a worker: tasks and answers go over channels of their own, so that no library writes between them."""
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if processes.can_fork() and not os.environ.get(ORDINARY):
        _import_everything()
        kernels.start(private=(tasks.fileno(), answers.fileno()))
    serve(tasks, answers)


def _import_everything() -> None:
    """Import and load what every report needs, once, so that no kernel does it again."""
    papermill()
    import nbconvert  # noqa: F401

    import jixiao
    from jixiao.builds.handover import pack_results, unpack_results
    from jixiao.checks import load_checks
    from jixiao.core.declared import load_shipped
    from jixiao.core.frames import SCHEMAS, Frames, typed
    from jixiao.core.results import Results
    from jixiao.core.vocabulary import category_groups, columns, value_labels
    from jixiao.reading.values.notation import normalise
    from jixiao.scoring.frameworks import load_frameworks, methods

    for room in jixiao.ROOMS:
        getattr(jixiao, room)
    for load in (category_groups, columns, load_checks, load_frameworks, methods, value_labels):
        load()
    for name in ("analysis.yaml", "reading.yaml"):
        load_shipped(name)
    normalise("≥")
    nothing = {name: typed([], schema) for name, schema in SCHEMAS.items()}
    none = typed([], {})
    packed = pack_results(Results(Frames(**nothing), none, none, none, Path(), datetime.now()))
    dict(unpack_results(packed).frames.items())
