"""jixiao 绩效: the open workbench for Chinese budget performance evaluation (预算绩效评价).

Example:
    >>> import jixiao
    >>> frames = jixiao.load("data/sample")
    >>> scores, totals = jixiao.score(frames)
    >>> findings = jixiao.audit(frames, scores, totals)
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "audit": "checks",
    "evaluate": "builds.run",
    "load": "builds.run",
    "query": "builds.query",
    "score": "scoring",
    "tell": "core.errors",
}
"""Public name -> the module that holds it; nothing is imported before it is used."""

ROOMS = {
    "analysis": "analysis",
    "figures": "show.figures",
    "lessons": "publish.lessons",
    "papers": "publish.papers",
    "rounds": "publish.rounds",
    "scenarios": "whatif",
    "summary": "analysis.summary",
    "tables": "show.tables",
}
"""Public room -> where it stands; ``jixiao.figures`` and ``import jixiao.figures`` open it when it is first used."""

__all__ = ["audit", "evaluate", "load", "query", "score", "tell"]


def __getattr__(name: str) -> Any:
    if name in ROOMS:
        return import_module(f"jixiao.{ROOMS[name]}")
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'jixiao' has no attribute {name!r}")
    return getattr(import_module(f"jixiao.{home}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *ROOMS, "__version__"])


class _Rooms:
    """Opens the public rooms by their public names: ``import jixiao.figures`` is the module ``jixiao.show.figures``."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        room = name.removeprefix("jixiao.")
        is_other = room != name and ROOMS.get(room, room) != room
        return ModuleSpec(name, _Room(f"jixiao.{ROOMS[room]}")) if is_other else None  # type: ignore[arg-type]


class _Room:
    """Hands out one module that stands elsewhere, and leaves it as it is."""

    def __init__(self, home: str) -> None:
        self.home = home

    def create_module(self, spec: ModuleSpec) -> Any:
        module = import_module(self.home)
        self.own = module.__spec__
        return module

    def exec_module(self, module: Any) -> None:
        module.__spec__ = self.own


sys.meta_path.append(_Rooms())  # type: ignore[arg-type]
