"""What one file may cost before it is refused (读取上限): shipped with safe values, changed by ``JIXIAO_LIMITS``."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from jixiao.core.declared import RULES, Declaration, open_declaration, refuse

SETTING = "JIXIAO_LIMITS"
"""The environment variable that names a YAML file with other values."""


@dataclass(frozen=True)
class Limits:
    """The limits of one file; ``rules/limits.yaml`` says what each of them means."""

    file_bytes: int
    entries: int
    unpacked_bytes: int
    expansion_ratio: int
    ratio_from_bytes: int
    tree_bytes: int
    cells: int
    digits: int
    pages: int
    nesting: int
    seconds: float
    office_seconds: float
    memory_mb: int
    office_memory_mb: int
    workers: int


def load_limits() -> Limits:
    """Return the limits in force (读取上限): the shipped ones, those of the user's own file in front.

    Raises:
        DeclarationError: The file of the user has an unknown key or a value that is no positive number.

    Example:
        >>> load_limits().pages
        300
    """
    return _load(os.environ.get(SETTING, ""))


@cache
def _load(changed: str) -> Limits:
    shipped = RULES / "limits.yaml"
    declared, mistakes = open_declaration(shipped)
    values = _take(declared, {})
    refuse(shipped, mistakes)
    if changed:
        declared, mistakes = open_declaration(Path(changed))
        values = _take(declared, values)
        refuse(Path(changed), mistakes)
    return Limits(**values)  # type: ignore[arg-type]


def _take(declared: Declaration, defaults: dict[str, float]) -> dict[str, float]:
    values: dict[str, float] = {}
    for item in fields(Limits):
        number = declared.number(item.name, default=defaults.get(item.name))
        if number is None:
            continue
        if number <= 0 or (item.type == "int" and number != int(number)):
            declared.note(item.name, f"应为大于0的{'整数' if item.type == 'int' else '数字'}，实际为 {number}")
            continue
        values[item.name] = int(number) if item.type == "int" else float(number)
    declared.close()
    return values
