"""What the commands share (命令的共同部分): the option of a place, names of files as a reader knows them, choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jixiao.core.errors import JixiaoError, RequestError, brief, say_nearest

if TYPE_CHECKING:
    import pandas as pd

MOST_LISTED = 12
"""Values of an option that are listed whole; of more the nearest are named."""

Place = Annotated[str, typer.Option("--place", help="数据位置：source、sample、built 或任意目录")]


def shown(path: Path) -> str:
    """Return a path as a reader knows it: from where the command was typed."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def choose(option: str, value: str, allowed: Sequence[str], words: Mapping[str, str] | None = None) -> str:
    """Return a value of an option, which may be given by its Chinese word; refuse one that is none of those allowed.

    Example:
        >>> choose("--severity", "错误", ["error", "warning"], {"error": "错误"})
        'error'
    """
    words = words or {}
    found = next((name for name in allowed if value in {name, words.get(name)}), None)
    if found is None:
        named = [f"{name}（{words[name]}）" if name in words else name for name in allowed if name]
        listed = f"可选：{'、'.join(named)}" if len(named) <= MOST_LISTED else say_nearest(value, named)
        raise JixiaoError(f"{option} 不能是“{brief(value)}”，{listed}")
    return found


def tell_received(done: Iterable[Any]) -> None:
    """Print what each file gave; end with code 1 when anything in one of them was not read."""
    done = list(done)
    for one in done:
        print(one)
    if any(one.sentences for one in done):
        raise typer.Exit(1)


def check_names(
    frames: Sequence[pd.DataFrame], *, years: Sequence[int], departments: Sequence[str], projects: Sequence[str]
) -> None:
    """Refuse a year, or a part of the name of a department or project, that none of the frames has.

    Raises:
        RequestError: The first that is nowhere, with what there is.
    """
    for column, what, wanted in (
        ("year", "年度", years),
        ("department", "主管部门", departments),
        ("project", "项目", projects),
    ):
        known = sorted({str(name) for frame in frames for name in frame[column].dropna().unique()} - {""})
        for value in wanted:
            if not any(str(value) == name if column == "year" else str(value) in name for name in known):
                raise RequestError(f"没有{what}“{brief(value)}”，{say_nearest(value, known)}")
