"""What the commands share (命令的共同部分): the option of a place, names of files as a reader knows them, choices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jixiao.errors import JixiaoError

Place = Annotated[str, typer.Option("--place", help="数据位置：source、sample、built 或任意目录")]


def shown(path: Path) -> str:
    """Return a path as a reader knows it: from where the command was typed."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def choose(option: str, value: str, allowed: list[str]) -> None:
    """Refuse a value of an option that is none of those allowed."""
    if value not in allowed:
        named = "、".join(name for name in allowed if name)
        raise JixiaoError(f"{option} 不能是“{value}”，可选：{named}")
