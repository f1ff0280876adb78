"""jixiao 绩效: the open workbench for Chinese budget performance evaluation (预算绩效评价).

Example:
    >>> import jixiao
    >>> frames = jixiao.load("data/sample")
    >>> scores, totals = jixiao.score(frames)
    >>> findings = jixiao.audit(frames, scores, totals)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "audit": "checks",
    "evaluate": "store",
    "load": "store",
    "query": "queries",
    "score": "scoring",
    "tell": "errors",
}
"""Public name -> the module that holds it; nothing is imported before it is used."""

ROOMS = ("analysis", "figures", "scenarios", "summary", "tables")
"""Rooms that ``jixiao.<name>`` opens when it is first asked for them."""

__all__ = ["audit", "evaluate", "load", "query", "score", "tell"]


def __getattr__(name: str) -> Any:
    if name in ROOMS:
        return import_module(f"jixiao.{name}")
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'jixiao' has no attribute {name!r}")
    return getattr(import_module(f"jixiao.{home}"), name)
