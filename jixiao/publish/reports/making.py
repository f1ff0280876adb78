"""Make one report (生成一份报告) beside its place and move it there whole: a reader sees all of it or nothing."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, StringConstraints

from jixiao.builds.handover import unpack_results
from jixiao.core.errors import RequestError, say_refused
from jixiao.core.files import RECORD, checksum
from jixiao.core.harmless import json_text
from jixiao.core.kept import read_strict, take_kept
from jixiao.core.results import Results
from jixiao.publish.reports.formats import FORMATS, NOTEBOOK, Content, file_name, told_in
from jixiao.publish.reports.kernels import handing
from jixiao.publish.reports.keys import versions
from jixiao.publish.reports.notebooks import report_words, run_notebook
from jixiao.publish.reports.requests import ReportRequest

MAKING = ".making"
"""Reports are made in this folder of the reports folder, on the same file system."""


@dataclass(frozen=True)
class Task:
    """One report with everything it is made of; it can be sent to another process or machine (报告任务).

    ``packed`` are its rows, as :func:`jixiao.builds.handover.unpack_results` takes them.
    """

    request: ReportRequest
    key: str
    rows: str
    packed: bytes
    notebook: str
    formats: tuple[str, ...]
    is_single: bool
    out: str
    time_limit: float
    sources: dict[str, str]


class DiskFullError(RequestError):
    """No report can be written any more (磁盘已满); the batch stops and can be resumed."""


def as_of_text(results: Results) -> str:
    """Return when the data were read, and what must be known of them (数据读取时间)."""
    return "；".join(filter(None, (f"{results.as_of.astimezone():%Y-%m-%d %H:%M}", results.remark)))


def make_report(task: Task) -> dict[str, Any]:
    """Make every file of one report and move its folder into its place (生成报告并整体移入).

    Returns:
        What the record of the report says.

    Raises:
        RequestError: The notebook did not run to its end, or a file could not be written.
        DiskFullError: There is no room left.
    """
    out = Path(task.out)
    beside = out / MAKING / uuid4().hex
    try:
        beside.mkdir(parents=True)
        record = _make(task, beside)
        place = out / task.request.folder
        place.parent.mkdir(parents=True, exist_ok=True)
        _move(beside, place)
        return record
    except ConnectionError:
        raise  # not the disk but the server of the kernels
    except OSError as error:
        name = f"“{task.request.title}”"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(f"{name}没有写完：磁盘已满；请腾出空间，再用 jixiao report --resume 接着做") from error
        raise RequestError(f"{name}无法写入 {out}：{say_refused(error)}，请检查权限") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _make(task: Task, folder: Path) -> dict[str, Any]:
    asked, results = task.request, unpack_results(task.packed)
    about: dict[str, Any] = {
        "key": task.key,
        "rows": task.rows,
        "sources": task.sources,
        "versions": versions(),
        "as_of": results.as_of.isoformat(timespec="seconds"),
    }
    with handing(asked.parameters["place"], task.packed):
        notebook = run_notebook(
            asked.notebook,
            asked.parameters,
            folder / f"{asked.name}.{NOTEBOOK}",
            text=task.notebook,
            time_limit=task.time_limit,
            metadata=about,
        )
    footer = report_words()["made"].format(
        version=about["versions"]["jixiao"], as_of=as_of_text(results), key=task.key[:12]
    )
    content = Content(asked, results, notebook, footer, task.is_single)
    files = {name: file_name(asked.name, name) for name in task.formats}
    for name, file in files.items():
        if name != NOTEBOOK:
            FORMATS[name](content, folder / file)
    record = {
        **about,
        "title": asked.title,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "is_single": task.is_single,
        "told": told_in(content) if "docx" in files else [],
        "files": files,
        "sizes": {name: (folder / file).stat().st_size for name, file in files.items()},
        "hashes": {name: checksum(folder / file) for name, file in files.items()},
    }
    (folder / RECORD).write_text(json_text(record, indent=1), encoding="utf-8")
    for path in folder.iterdir():  # what a reader finds is on the disk
        with path.open("rb+") as handle:
            os.fsync(handle.fileno())
    return record


def _move(beside: Path, place: Path) -> None:
    """Put a whole folder into its place; what stood there goes away only then. Another maker may do the same."""
    for _ in range(5):
        before = beside.with_name(f"{beside.name}.before")
        with suppress(FileNotFoundError):
            place.rename(before)
        try:
            beside.rename(place)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        finally:
            shutil.rmtree(before, ignore_errors=True)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))


def read_record(folder: Path) -> dict[str, Any] | None:
    """Return the record of a report that stands whole in its place (已有报告的记录), else None."""
    try:
        record: dict[str, Any] = read_strict(folder / RECORD, largest=10_000_000)
        take_kept(_Record, record)
        whole = all((folder / record["files"][name]).stat().st_size == size for name, size in record["sizes"].items())
    except (OSError, ValueError, KeyError):
        return None
    return record if whole else None


class _Record(BaseModel):
    """What the record of a report must hold to be believed; its files lie beside it."""

    model_config = ConfigDict(strict=True)

    key: str
    is_single: bool
    files: dict[str, Annotated[str, StringConstraints(pattern=r"^[^/\\\\]+$")]]
    sizes: dict[str, int]
    hashes: dict[str, str]


def is_valid(record: dict[str, Any] | None, key: str, formats: Iterable[str], is_single: bool) -> bool:
    """Say whether a report in its place is the one that would be made (报告仍然有效)."""
    if record is None or record["key"] != key or record["is_single"] != is_single:
        return False
    return set(formats) <= set(record["files"])
