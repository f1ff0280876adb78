"""Hashes of what results depend on (指纹): values, folders, the rules, the code, the whole program."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jixiao.core.declared import RULES
from jixiao.core.files import checksum

PACKAGE = RULES.parent
_NOT_SCORED = (
    *("boards.yaml", "consequences.yaml", "issues.yaml", "reports.yaml", "review.yaml", "sample.yaml"),
    *("scenarios.yaml", "server.yaml", "store.yaml"),
)
"""Rules on which no score, no finding and no frame of received data depends; the layouts of written forms neither."""


def hash_of(content: Any) -> str:
    """Return the SHA-256 of plain values, the same for the same values.

    Example:
        >>> hash_of({"a": 1, "b": 2}) == hash_of({"b": 2, "a": 1})
        True
    """
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def tree_hashes(folder: Path, paths: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of files by their names in a folder, in the order of the names (各文件指纹)."""
    return {path.relative_to(folder).as_posix(): checksum(path) for path in sorted(paths)}


def tree_hash(folder: Path) -> str:
    """Return one hash over every file of a folder (目录指纹), but what Python and Voila leave behind."""
    kept = [path for path in folder.rglob("*") if path.is_file() and not _ASIDE & {*path.relative_to(folder).parts}]
    return hash_of(tree_hashes(folder, kept))


_ASIDE = {"__pycache__", "voila"}


def rule_hashes() -> dict[str, str]:
    """Return the SHA-256 of every declared rule that a score, a finding or a frame of received data can depend on."""
    aside = {*(RULES / name for name in _NOT_SCORED), *(RULES / "layouts").glob("*")}
    return tree_hashes(RULES, {*RULES.rglob("*.yaml")} - aside)


def rules_hash() -> str:
    """Return one hash over :func:`rule_hashes`."""
    return hash_of(rule_hashes())


@cache
def code_hash() -> str:
    """Return one hash over every module of the package (程序指纹)."""
    return hash_of(tree_hashes(PACKAGE, PACKAGE.rglob("*.py")))


@cache
def libraries_hash() -> str:
    """Return one hash over the names and versions of what is installed beside pandas (程序库指纹), and of Python."""
    found = find_spec("pandas")
    folder = Path(found.origin).parents[1] if found and found.origin else Path()
    return hash_of([sys.version, sorted(path.name for path in folder.glob("*.dist-info"))])


@cache
def program_hash() -> str:
    """Return one hash over the whole package: its code, rules and templates (程序、规则和模板的指纹).

    Two machines of a cluster that give the same are running the same.
    """
    return tree_hash(PACKAGE)
