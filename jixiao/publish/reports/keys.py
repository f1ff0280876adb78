"""The content key of a report (内容键): equal keys, equal reports. It decides what is still valid."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version
from typing import Any

import jixiao
from jixiao.core.files import workbench
from jixiao.core.hashes import hash_of, program_hash, tree_hash
from jixiao.publish.reports.requests import ReportRequest

_LIBRARIES = ("docxtpl", "matplotlib", "nbclient", "nbconvert", "numpy", "pandas", "papermill", "plotly", "xlsxwriter")


def template_hash() -> str:
    """Return one hash over the templates a unit edits for itself, ``templates/`` beside ``data/``; empty without."""
    folder = workbench() / "templates"
    return tree_hash(folder) if folder.is_dir() else ""


@cache
def versions() -> dict[str, str]:
    """Return the versions that a report depends on (版本)."""
    return {
        "jixiao": jixiao.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def content_key(request: ReportRequest, *, rows: str, notebook: str, remark: str, templates: str) -> str:
    """Return the content key of one report (内容键).

    Args:
        request: What is asked for; the place it is read from does not count.
        rows: The hash of the rows it is made of.
        notebook: The text of its notebook.
        remark: What is printed on every page.
        templates: From :func:`template_hash`.
    """
    asked: dict[str, Any] = {**vars(request), "parameters": {**request.parameters, "place": ""}}
    whole = [asked, rows, notebook, remark, templates, program_hash(), versions()]
    return hash_of(whole)
