"""Run one notebook with parameters (运行笔记本): papermill executes it in a kernel of its own, within a time limit."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jixiao.core.errors import RequestError, say_refused
from jixiao.core.files import find_notebook, workbench
from jixiao.core.models import Model, Text, Words, checked_shipped
from jixiao.core.processes import kernel_lines
from jixiao.publish.reports.kernels import client_settings

TIME_LIMIT = 300
"""Seconds a report may take before it is given up."""


class _Set(Model):
    """A set of reports: which notebook runs for each of what, which rows it sees, how its page is named."""

    notebook: Text
    each: Literal["evaluation", "department"]
    sees: Literal["project", "department", "everything"]
    name: Text
    title: Text


class _Reports(Model):
    """The whole of ``rules/reports.yaml`` (报告清单和用语)."""

    reports: tuple[_Set, ...]
    words: Words


def report_sets() -> list[dict[str, Any]]:
    """Return the declared sets of reports (报告清单)."""
    return list(checked_shipped("reports.yaml", _Reports)["reports"])


@cache
def report_words() -> dict[str, Any]:
    """Return the words of the reports (报告用语)."""
    return dict(checked_shipped("reports.yaml", _Reports)["words"])


def notebook_text(notebook: str) -> str:
    """Return a notebook of this program as it stands in ``notebooks/`` (笔记本原文).

    Raises:
        RequestError: As :func:`jixiao.core.files.find_notebook`, or it cannot be read.
    """
    try:
        return find_notebook(notebook).read_text(encoding="utf-8")
    except OSError as error:
        raise RequestError(f"笔记本“{notebook}”无法读取：{say_refused(error)}") from error


@cache
def notebook_parameters(text: str) -> frozenset[str]:
    """Return the names of the parameters that a notebook declares (笔记本的参数)."""
    return frozenset(papermill().inspect_notebook(_node(text)))


@cache
def papermill() -> Any:
    """Import papermill, but not the grammars of addresses that jsonschema would build in two seconds and never use."""
    name = "rfc3987_syntax"
    is_known = name in sys.modules
    sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    try:
        import papermill
    finally:
        if not is_known:
            del sys.modules[name]
    return papermill


def check_parameters(notebook: str, text: str, names: set[str]) -> None:
    """Refuse parameters a notebook does not have: papermill would make the report of its defaults instead.

    Raises:
        RequestError: A name is not declared in the notebook.
    """
    unknown = names - notebook_parameters(text)
    if unknown:
        raise RequestError(
            report_words()["unknown_parameter"].format(notebook=notebook, names="、".join(sorted(unknown)))
        )


def run_notebook(
    notebook: str,
    parameters: dict[str, Any],
    target: Path | str | None = None,
    *,
    text: str = "",
    time_limit: float = TIME_LIMIT,
    metadata: dict[str, Any] | None = None,
) -> Any:
    """Execute one notebook with parameters (运行笔记本) and return the executed copy.

    Args:
        notebook: Its name in ``notebooks/``.
        parameters: By name; one the notebook does not have is an error.
        target: Keep the executed copy here; a cell that failed is marked in it.
        text: The notebook as it was read before, by another process for one.
        time_limit: Seconds for all cells together.
        metadata: What the executed copy says of itself under ``jixiao``.

    Raises:
        RequestError: An unknown parameter, a cell that failed or took too long, or a kernel that died; the sentence
            names the cell.
    """
    runner = papermill()
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    words = report_words()
    text = text or notebook_text(notebook)
    check_parameters(notebook, text, set(parameters))
    node = _node(text)
    if metadata:
        node.metadata["jixiao"] = metadata
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    deadline = time.monotonic() + time_limit
    running = {"cell": 0}

    def left(cell: Any) -> float:
        running["cell"] += 1
        return max(1.0, deadline - time.monotonic())

    lines = tempfile.mkdtemp(prefix="jixiao-")
    target = None if target is None else str(target).replace("{", "{{").replace("}", "}}")  # no pattern of papermill's
    try:
        return runner.execute_notebook(
            node,
            target,
            parameters=parameters,
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            cwd=str(workbench()),
            timeout_func=left,
            start_timeout=120,
            shutdown_kernel="immediate",
            store_widget_state=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            config=Config({"KernelManager": {**kernel_lines(Path(lines)), **client_settings()}}),
        )
    except PapermillExecutionError as error:
        message = words["cell_failed"].format(
            notebook=notebook, cell=error.exec_count, message=f"{error.ename}：{error.evalue}"
        )
        raise RequestError(message) from error
    except CellTimeoutError as error:
        message = words["cell_late"].format(notebook=notebook, cell=running["cell"], seconds=f"{time_limit:g}")
        raise RequestError(message) from error
    except DeadKernelError as error:
        raise RequestError(words["kernel_died"].format(notebook=notebook, cell=running["cell"])) from error
    except (RuntimeError, TimeoutError) as error:
        message = f"{type(error).__name__} {error}".strip().splitlines()[0]
        raise RequestError(words["kernel_failed"].format(notebook=notebook, message=message)) from error
    finally:
        shutil.rmtree(lines, ignore_errors=True)


def _node(text: str) -> Any:
    import nbformat

    return nbformat.from_dict(json.loads(text))
