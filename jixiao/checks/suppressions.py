"""Findings that a person has looked at and put aside (登记不予处理), each with its reason, a role and an end date.

A suppressed finding leaves the list of findings and stays in a list of its own; a suppression that has ended or that
matches nothing is itself listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from jixiao.checks import CHECKS, SCHEMA, load_checks
from jixiao.core.declared import open_declaration, refuse
from jixiao.core.frames import typed

_PLACES = {"file": "source_file", "project": "project", "indicator": "indicator", "cell": "source_cell"}
SUPPRESSED = {**SCHEMA, "reason": "str", "who": "str", "expires": "str"}
"""The columns of suppressed findings (不予处理的问题): those of a finding, and why, by whom and until when."""

SUPPRESSIONS = {
    "code": "str",
    "title": "str",
    "source_file": "str",
    "project": "str",
    "indicator": "str",
    "source_cell": "str",
    "reason": "str",
    "who": "str",
    "expires": "str",
    "suppression_status": "str",
    "findings": "Int64",
}
"""The columns of the suppressions themselves (不予处理登记): one row is one entry of the file."""


@dataclass(frozen=True)
class Suppression:
    """One entry of ``data/suppressions.yaml`` (不予处理登记)."""

    code: str
    places: tuple[tuple[str, str], ...]
    reason: str
    who: str
    expires: date


def load_suppressions(path: Path) -> tuple[Suppression, ...]:
    """Load the suppressions (不予处理登记).

    Raises:
        DeclarationError: With every mistake of the file: an unknown check, no place, no reason, no role, no end date.

    Example:
        >>> from jixiao.builds import find_place
        >>> load_suppressions(find_place("source").parent / "suppressions.yaml")
        ()
    """
    whole, mistakes = open_declaration(path)
    loaded: list[Suppression] = []
    for part in whole.parts("suppressions"):
        code = part.text("code") or ""
        if code and code not in CHECKS:
            part.note("code", f"没有代码为“{code}”的核查规则，请按 README 的核查规则表填写")
        places = tuple((name, text) for name in _PLACES if (text := part.text(name, default="")))
        if not {"file", "project"} & {name for name, _ in places}:
            part.note("file", "file（来源文件）和 project（项目名称）至少应写一项")
        reason, who = part.text("reason") or "", part.text("who") or ""
        written = part.text("expires") or ""
        try:
            expires = date.fromisoformat(written)
        except ValueError:
            expires = date.min
            if written:
                part.note("expires", f"“{written}”不是日期，应写作 2026-12-31 的样子")
        part.close()
        entry = Suppression(code, places, reason, who, expires)
        if any((one.code, one.places) == (code, places) for one in loaded):
            part.note("code", "同一位置登记了两次，请只保留一条")
        loaded.append(entry)
    whole.close()
    refuse(path, mistakes)
    return tuple(loaded)


def suppress(
    findings: pd.DataFrame, suppressions: Sequence[Suppression], *, today: date
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Put aside the findings that are suppressed (不予处理).

    Args:
        findings: From :func:`jixiao.audit`.
        suppressions: From :func:`load_suppressions`.
        today: An entry works up to and including its end date.

    Returns:
        The findings that remain; the suppressed ones with reason, role and end date (columns ``SUPPRESSED``); every
        entry with its status, active, expired or unmatched, and how many findings it matches (``SUPPRESSIONS``).

    Example:
        >>> nothing = pd.DataFrame(columns=list(SCHEMA))
        >>> entry = Suppression("grade", (("project", "甲项目"),), "已函复", "评价科", date(2030, 1, 1))
        >>> suppress(nothing, [entry], today=date(2026, 1, 1))[2]["suppression_status"].tolist()
        ['unmatched']
    """
    by = np.full(len(findings), -1)
    listed = []
    titles = {code: check.title for code, check in load_checks().items()}
    for number, entry in enumerate(suppressions):
        match = (findings["code"] == entry.code).to_numpy(bool)
        for name, text in entry.places:
            match = match & (findings[_PLACES[name]] == text).to_numpy(bool)
        is_expired = entry.expires < today
        if not is_expired:
            by[match & (by < 0)] = number
        listed.append(
            {
                "code": entry.code,
                "title": titles.get(entry.code, ""),
                **{_PLACES[name]: text for name, text in entry.places},
                "reason": entry.reason,
                "who": entry.who,
                "expires": entry.expires.isoformat(),
                "suppression_status": "expired" if is_expired else "active" if match.any() else "unmatched",
                "findings": int(match.sum()),
            }
        )
    aside = [
        {**row, "reason": entry.reason, "who": entry.who, "expires": entry.expires.isoformat()}
        for row, entry in zip(
            findings[by >= 0].to_dict("records"), (suppressions[one] for one in by[by >= 0]), strict=True
        )
    ]
    kept = findings[by < 0].reset_index(drop=True)
    return kept, typed(aside, SUPPRESSED), typed(listed, SUPPRESSIONS)
