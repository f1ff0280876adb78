"""The content key of a report (内容键): equal keys, equal reports. It decides what is still valid."""

from __future__ import annotations

import hashlib
import json
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jixiao
from jixiao.builds import workbench
from jixiao.publish.reports.requests import ReportRequest

_LIBRARIES = ("docxtpl", "matplotlib", "nbclient", "nbconvert", "numpy", "pandas", "papermill", "plotly", "xlsxwriter")
_ASIDE = ("__pycache__", "voila")


@cache
def code_hash() -> str:
    """Return one hash over the package: its code, rules and templates (程序、规则和模板的哈希).

    Two machines of a cluster that give the same are running the same.
    """
    return _tree_hash(Path(jixiao.__file__).parent)


def template_hash() -> str:
    """Return one hash over the templates a unit edits for itself, ``templates/`` beside ``data/``; empty without."""
    folder = workbench() / "templates"
    return _tree_hash(folder) if folder.is_dir() else ""


def _tree_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not set(_ASIDE) & set(path.relative_to(folder).parts):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


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
    whole = [asked, rows, notebook, remark, templates, code_hash(), versions()]
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
