"""Run every declared check (核查规则) over the frames and the scores.

What a check is called, what it says and where it draws the line is declared in ``rules/checks.yaml``; what it looks for
is the function of the same name in one of the modules of this folder. A finding (问题) points at one cell and does its
arithmetic in its message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BeforeValidator, field_validator

from jixiao.checks import accounts, funds, history, magnitude, money, plausible, proof, quality, standards, sums
from jixiao.checks.evidence import CheckFunction, Evidence, gather
from jixiao.checks.findings import Check, coded
from jixiao.core.declared import RULES
from jixiao.core.frames import FINDINGS, PASSED, SEVERITIES, Frames, refuse_other, typed
from jixiao.core.models import Model, Notes, load_model, refuse_value
from jixiao.core.writing import fill_in


def _with_function(code: str) -> str:
    """Return the code of a check when a function bears it; for the keys of the declaration."""
    if code not in CHECKS:
        refuse_value("没有同名的核查函数，请在 checks 中补充或删除该项")
    return code


class _Checks(Model):
    """The file of the checks."""

    checks: Annotated[dict[Annotated[str, AfterValidator(_with_function)], Check], BeforeValidator(coded)]
    words: dict[str, Any] = {}

    @field_validator("checks")
    @classmethod
    def _each_has_its_function(cls, declared: dict[str, Check]) -> dict[str, Check]:
        notes = Notes()
        for code in CHECKS.keys() - declared.keys():
            notes.note(code, "核查函数没有对应的声明，请在 checks.yaml 中补充")
        notes.refuse()
        return declared


@cache
def load_checks(path: Path = RULES / "checks.yaml") -> dict[str, Check]:
    """Load the declared checks (核查规则) by code.

    Raises:
        DeclarationError: With every mistake of the file, a check without a function included.

    Example:
        >>> load_checks()["grade"].title
        '等级与总分不符'
    """
    return load_model(path, _Checks).checks


def audit(
    frames: Frames, scores: pd.DataFrame, totals: pd.DataFrame, *, aliases: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Run every check (核查) over the frames and the scores.

    Args:
        aliases: The declared name of a project by each of its other names
            (:func:`jixiao.checks.set_aside.load_aliases`).

    Returns:
        findings: one row is one problem at one cell, worst first; ``severity`` is error, warning, rounding or question.
        An empty frame means that nothing was found.

    Example:
        >>> import jixiao
        >>> frames = jixiao.load("data/sample")
        >>> findings = jixiao.audit(frames, *jixiao.score(frames))
        >>> set(findings["severity"]) <= {"error", "warning", "rounding", "question"}
        True
    """
    return run_checks(frames, scores, totals, aliases=aliases)[0]


def run_checks(
    frames: Frames, scores: pd.DataFrame, totals: pd.DataFrame, *, aliases: Mapping[str, str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run every check and count at how many places it looked (核查与计数), so that no finding means checked.

    Returns:
        findings: as from :func:`audit`.
        passed: one row per check, in the order of ``rules/checks.yaml``: places checked, findings, places passed.

    Example:
        >>> import jixiao
        >>> frames = jixiao.load("data/sample")
        >>> findings, passed = run_checks(frames, *jixiao.score(frames))
        >>> bool((passed["checked"] >= passed["passed"]).all())
        True
    """
    refuse_other(frames)
    evidence = gather(frames, scores, totals, aliases)
    return conclude(evidence, look(evidence, [code for code in load_checks() if code != LAST]))


Looks = dict[str, tuple[pd.DataFrame, int]]
"""By check: its findings, not yet in order, and at how many places it looked."""


def look(evidence: Evidence, codes: Iterable[str]) -> Looks:
    """Run some checks (运行部分核查规则)."""
    looks = {}
    for code in codes:
        check = load_checks()[code]
        rows, checked = CHECKS[code](evidence, check)
        looks[code] = _write(check, rows), checked
    return looks


def conclude(evidence: Evidence, looks: Looks) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run the last check, which compares what all others found, and put everything in order (汇总核查结果).

    Args:
        evidence: What the checks looked at; the last check needs its projects.
        looks: From :func:`look`, every other check.
    """
    found = _ordered([rows for rows, _ in looks.values()])
    looks = {**looks, **look(replace(evidence, findings=found), [LAST])}
    counted = [
        {
            "code": code,
            "title": check.title,
            "checked": looks[code][1],
            "findings": len(looks[code][0]),
            "passed": max(looks[code][1] - len(looks[code][0]), 0),
        }
        for code, check in load_checks().items()
    ]
    return _numbered(_ordered([found, looks[LAST][0]])), typed(counted, PASSED)


_ORDER = ["year", "project_id", "evaluation", "indicator_id", "code", "source_sheet", "source_cell", "message"]
_ORDER += ["source_file", "indicator", "printed", "derived"]


def _ordered(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return findings worst first."""
    whole = pd.concat([part for part in parts if len(part)] or [typed([], FINDINGS)], ignore_index=True)
    rank = whole["severity"].map({severity: number for number, severity in enumerate(SEVERITIES)})
    return whole.assign(rank=rank).sort_values(["rank", *_ORDER], kind="stable", ignore_index=True).drop(columns="rank")


def _numbered(findings: pd.DataFrame) -> pd.DataFrame:
    """Give each finding an id that stays while its check and its cell stay (问题编号)."""
    place = findings["code"]
    for column in ("source_file", "source_sheet", "source_cell", "indicator"):
        place = place + "|" + findings[column]
    ids = pd.Series([hashlib.sha256(text.encode()).hexdigest()[:10] for text in place], dtype="str")
    again = ids.groupby(ids).cumcount()
    repeated = ids.where(again == 0, ids + "-" + (again + 1).astype("str"))
    return findings.assign(finding_id=repeated)


def _write(check: Check, rows: pd.DataFrame) -> pd.DataFrame:
    """Turn the rows of one check into findings."""
    if rows.empty:
        return typed([], FINDINGS)
    rows = rows.reset_index(drop=True)
    found = {column: rows.get(column, "") for column in FINDINGS}
    severity, mark = rows.get("severity"), rows["basis_mark"] if not check.basis else check.basis_mark
    severity = (
        check.severity if severity is None else np.where(pd.Series(severity).fillna("") == "", check.severity, severity)
    )
    if not check.basis:
        severity = np.where((mark == "F2") & (severity == "error"), "warning", severity)
    found |= {
        "code": check.code,
        "title": check.title,
        "severity": np.where(mark == "J", "question", severity),
        "difference": rows.get("difference_value", np.nan),
        "message": fill_in(check.message, lambda name: rows[name], len(rows)),
        "resolution": check.resolution,
        "basis": rows["basis"] if not check.basis else check.basis,
        "basis_mark": mark,
        "finding_id": "",
    }
    whole = pd.DataFrame(found, index=rows.index)
    texts = [column for column, kind in FINDINGS.items() if kind == "str"]
    return whole.fillna(dict.fromkeys(texts, "")).astype(FINDINGS)


ROOMS = (sums, standards, money, funds, magnitude, plausible, proof, quality, history, accounts)
CHECKS: dict[str, CheckFunction] = {code: check for room in ROOMS for code, check in room.CHECKS.items()}
"""Every check by its code."""
LAST = "repeated_finding"
