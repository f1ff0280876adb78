"""A batch of reports (成批生成报告): what is still valid stays, the rest is made, and every failure is listed.

Whether a report is done is written in the report's own folder alone, so there is nothing an interrupted run could
leave wrong: the next run looks at the folders and makes what is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TextIO

import numpy as np
from filelock import FileLock, Timeout
from pydantic import Field

from jixiao.core.errors import JixiaoError, RequestError, say_refused
from jixiao.core.files import MISSING, write_safely
from jixiao.core.harmless import harmless, json_text
from jixiao.core.kept import Kept, KeptError, read_kept
from jixiao.core.results import Results
from jixiao.publish.reports.distribution import make_there
from jixiao.publish.reports.formats import choose_formats, formats_of
from jixiao.publish.reports.index import write_index
from jixiao.publish.reports.keys import content_key, template_hash
from jixiao.publish.reports.making import MAKING, DiskFullError, Task, is_valid, read_record
from jixiao.publish.reports.notebooks import TIME_LIMIT, notebook_text, report_words
from jixiao.publish.reports.report_pages import SCRIPT
from jixiao.publish.reports.report_workers import make_here
from jixiao.publish.reports.requests import ReportRequest
from jixiao.publish.reports.shares import Shares
from jixiao.show.figures import plotly_script

LOG = "report.log"
ASKED = ".asked.json"


class _Asked(Kept):
    """What a batch was asked for; where it was made is typed anew, a file beside the reports names no machine."""

    years: list[int] | None
    projects: list[str] | None
    departments: list[str] | None
    kinds: list[str] | None
    formats: list[str] | None
    place: str
    workers: Annotated[int, Field(ge=0, le=1_000)]
    single_file: bool
    pdf: bool
    seconds: Annotated[float, Field(ge=1, le=1_000_000, allow_inf_nan=False)]


@dataclass(frozen=True)
class Outcome:
    """What became of one report: its folder, or the sentence why there is none. ``is_kept``: it was still valid."""

    request: ReportRequest
    folder: Path | None
    error: str = ""
    is_kept: bool = False


@dataclass(frozen=True)
class Manner:
    """How reports are made (生成方式): see :func:`run_reports`."""

    formats: tuple[str, ...] = ()
    is_single: bool = False
    workers: int = 1
    cluster: str = ""
    time_limit: float = TIME_LIMIT


def run_reports(
    requests: list[ReportRequest],
    results: Results,
    out: Path,
    *,
    manner: Manner | None = None,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Make reports (生成报告); a failed one is in the outcomes and the others finish.

    Args:
        requests: From :func:`list_reports`.
        results: What the requests were listed from.
        out: The reports folder; each report goes whole to its own folder in it.
        manner: The formats, all that this machine can make when there are none; whether a page holds plotly.js itself;
            the number of worker processes, or the address of a cluster; seconds for one report.
        tell: Called after each report, for a progress bar.

    What is to be made stands in ``MISSING`` from before the first until :func:`forget_missing`, so that whatever ends
    the batch, ``jixiao verify`` can say what is left.

    Raises:
        RequestError: The folder cannot be written, or another batch is writing it.
        DiskFullError: There is no room left; what is done is kept.
    """
    manner = manner or Manner()
    out = out.resolve()
    outcomes: list[Outcome] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        with FileLock(out / ".lock", timeout=0), (out / LOG).open("a", encoding="utf-8") as log:
            shutil.rmtree(out / MAKING, ignore_errors=True)
            _share_script(out)
            states = report_words()["states"]
            _note(log, states["begun"].format(count=len(requests)))
            try:
                for outcome in _outcomes(requests, results, out, manner):
                    outcomes.append(outcome)
                    if not outcome.is_kept:
                        state = states["failed"] if outcome.error else states["made"]
                        _note(log, state, outcome.request.title, outcome.error)
                    tell(outcome)
            finally:
                kept, failed = sum(one.is_kept for one in outcomes), count_failed(outcomes)
                _note(log, states["ended"].format(made=len(outcomes) - kept - failed, kept=kept, failed=failed))
                write_index(results, out, {one.request.key: one.error for one in outcomes if one.error})
                shutil.rmtree(out / MAKING, ignore_errors=True)
    except Timeout as error:
        raise RequestError(f"另一批报告正在写入 {out}，请等它结束后再运行") from error
    except OSError as error:
        raise RequestError(f"报告目录 {out} 无法写入：{say_refused(error)}，请检查磁盘空间和权限") from error
    return outcomes


def _outcomes(requests: list[ReportRequest], results: Results, out: Path, manner: Manner) -> Iterator[Outcome]:
    kept, missing = _divide(requests, results, out, manner)
    yield from kept
    if not missing:
        return
    _keep(out / MISSING, {request.folder: key for *_, request, key, _, _ in (task.args for task in missing)})
    tasks = (task() for task in missing)
    if manner.cluster:
        made = make_there(tasks, manner.cluster, out)
    else:
        made = make_here(tasks, max(1, min(manner.workers, len(missing))))
    for task, answer in made:
        if isinstance(answer, DiskFullError):
            raise answer
        folder = out / task.request.folder
        error = str(answer) if isinstance(answer, JixiaoError) else _absent(task, folder)
        yield Outcome(task.request, None if error else folder, error)


def _absent(task: Task, folder: Path) -> str:
    """Say that a report is not there, whatever the process says that was to make it; nothing when it is."""
    if is_valid(read_record(folder), task.key, task.formats, task.is_single):
        return ""
    return report_words()["report_absent"].format(title=task.request.title, folder=task.request.folder)


def _divide(
    requests: list[ReportRequest], results: Results, out: Path, manner: Manner
) -> tuple[list[Outcome], list[partial[Task]]]:
    """Return the reports that are still valid, and for each of the others what makes its task."""
    shares, templates = Shares(results), template_hash()
    texts = {name: notebook_text(name) for name in {request.notebook for request in requests}}
    kept: list[Outcome] = []
    missing: list[partial[Task]] = []
    for request in requests:
        rows = shares.rows(request)
        digest = shares.digest(rows)
        text = texts[request.notebook]
        key = content_key(request, rows=digest, notebook=text, remark=results.remark, templates=templates)
        folder = out / request.folder
        record = read_record(folder)
        wanted = formats_of(request, manner.formats or choose_formats(()))
        if is_valid(record, key, wanted, manner.is_single):
            kept.append(Outcome(request, folder, is_kept=True))
            continue
        if record is not None:  # what was there before stays there, renewed
            wanted = formats_of(request, choose_formats({*wanted, *record["files"]}))
        missing.append(partial(_task, shares, rows, manner, str(out), request, key, text, wanted))
    return kept, missing


def _task(
    shares: Shares,
    rows: dict[str, np.ndarray],
    manner: Manner,
    out: str,
    request: ReportRequest,
    key: str,
    text: str,
    formats: tuple[str, ...],
) -> Task:
    """Return a report with all that it is made of; there are thousands of reports and only few tasks at a time."""
    return Task(
        request,
        key,
        shares.digest(rows),
        shares.pack(rows),
        text,
        formats,
        manner.is_single,
        out,
        manner.time_limit,
        shares.sources(rows),
    )


def _share_script(out: Path) -> None:
    """Keep plotly.js once beside the reports."""
    content = plotly_script().read_bytes()
    path = out / SCRIPT
    if not path.exists() or path.read_bytes() != content:
        write_safely(path, lambda target: target.write_bytes(content))


def _note(log: TextIO, *parts: str) -> None:
    """Write one line of the log: when, what became of a report, its title, and why."""
    written = [
        datetime.now().astimezone().isoformat(timespec="seconds"),
        *(harmless(" ".join(part.split())) for part in parts),
    ]
    log.write("\t".join(part for part in written if part) + "\n")
    log.flush()


def remember_asked(out: Path, asked: dict[str, Any]) -> None:
    """Keep what a batch was asked for (记住本批选项), so that it can be resumed as it was typed."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        _keep(out / ASKED, asked)
    except OSError as error:
        raise RequestError(f"报告目录 {out} 无法写入：{say_refused(error)}，请检查磁盘空间和权限") from error


def _keep(path: Path, what: dict[str, Any]) -> None:
    text = json_text(what, indent=1)
    write_safely(path, lambda target: target.write_text(text, encoding="utf-8"))


def forget_missing(out: Path) -> None:
    """Say that a batch is whole and in the journal (本批已完成并记入日志)."""
    (out / MISSING).unlink(missing_ok=True)


def recall_asked(out: Path) -> dict[str, Any]:
    """Return what the last batch of a folder was asked for (上一批的选项).

    Raises:
        RequestError: There was none.
    """
    try:
        return read_kept(out / ASKED, _Asked).model_dump()
    except (OSError, KeptError) as error:
        raise RequestError(f"{out} 中没有可以接着做的一批报告，请先运行 jixiao report --all") from error


def count_failed(outcomes: Iterable[Outcome]) -> int:
    """Return how many reports failed (失败份数)."""
    return sum(bool(outcome.error) for outcome in outcomes)
