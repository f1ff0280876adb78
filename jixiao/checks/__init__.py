"""Run every declared check (核查规则) over the frames and the scores.

What a check is called, what it says and where it draws the line is declared in ``rules/checks.yaml``; what it looks for
is the function of the same name in one of the modules of this folder. A finding (问题) points at one cell and does its
arithmetic in its message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BeforeValidator, field_validator

from jixiao.checks import accounts, funds, history, magnitude, money, plausible, proof, quality, standards, sums
from jixiao.checks.causes import LOOKED, Cause, one_per_cause, with_ids
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
    causes: dict[str, Cause] = {}
    words: dict[str, Any] = {}

    @field_validator("causes")
    @classmethod
    def _of_known_checks(cls, declared: dict[str, Cause]) -> dict[str, Cause]:
        notes = Notes()
        for code, cause in declared.items():
            for check in {*cause.checks, *cause.totals} - CHECKS.keys():
                notes.note(f"{code}.checks", f"没有代码为“{check}”的核查规则")
        notes.refuse()
        return declared

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


@cache
def load_causes(path: Path = RULES / "checks.yaml") -> dict[str, Cause]:
    """Load what makes several findings one fault (同一原因) by code.

    Raises:
        DeclarationError: With every mistake of the file.

    Example:
        >>> "total_weight" in load_causes()["weights"].checks
        True
    """
    return load_model(path, _Checks).causes


def audit(
    frames: Frames, scores: pd.DataFrame, totals: pd.DataFrame, *, aliases: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Run every check (核查) over the frames and the scores.

    Args:
        aliases: The declared name of a project by each of its other names
            (:func:`jixiao.checks.set_aside.load_aliases`).

    Returns:
        findings: one row is one fault, worst first; ``severity`` is error, warning, rounding or question. What a fault
        shows in beside its first cell stands in ``places``. An empty frame means that nothing was found.

    Example:
        >>> import jixiao
        >>> frames = jixiao.load("data/sample")
        >>> findings = jixiao.audit(frames, *jixiao.score(frames))
        >>> set(findings["severity"]) <= {"error", "warning", "rounding", "question"}
        True
    """
    return one_finding_a_fault(run_checks(frames, scores, totals, aliases=aliases)[0])


def run_checks(
    frames: Frames, scores: pd.DataFrame, totals: pd.DataFrame, *, aliases: Mapping[str, str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run every check and count at how many places it looked (核查与计数), so that no finding means checked.

    Returns:
        findings: one row is one cell at which a check found something, worst first; cells of one fault share their
            ``finding_id``, and :func:`one_finding_a_fault` makes one finding of them.
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
    return with_ids(_ordered([found, looks[LAST][0]]), evidence, load_causes()), typed(counted, PASSED)


def one_finding_a_fault(places: pd.DataFrame) -> pd.DataFrame:
    """Make one finding of the places of each fault (一处毛病，一条问题), as declared under ``causes``.

    Args:
        places: From :func:`run_checks`; those a person put aside may have been taken out.

    Example:
        >>> import jixiao
        >>> frames = jixiao.load("data/sample")
        >>> places = run_checks(frames, *jixiao.score(frames))[0]
        >>> one_finding_a_fault(places)["finding_id"].is_unique
        True
    """
    return one_per_cause(places, load_causes())


_ORDER = ["year", "project_id", "evaluation", "indicator_id", "code", "source_sheet", "source_cell", "message"]
_ORDER += ["source_file", "indicator", "printed", "derived"]


def _ordered(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return findings worst first."""
    whole = pd.concat([part for part in parts if len(part)] or [typed([], LOOKED)], ignore_index=True)
    rank = whole["severity"].map({severity: number for number, severity in enumerate(SEVERITIES)})
    return whole.assign(rank=rank).sort_values(["rank", *_ORDER], kind="stable", ignore_index=True).drop(columns="rank")


def _write(check: Check, rows: pd.DataFrame) -> pd.DataFrame:
    """Turn the rows of one check into findings."""
    if rows.empty:
        return typed([], LOOKED)
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
        "place_count": 1,
        "places": "",
        "level": _level(rows),
        "fact": _fact(rows, check),
    }
    whole = pd.DataFrame(found, index=rows.index)
    if check.basis_elsewhere:
        other = whole["evaluation"] != "self"
        whole.loc[other, ["basis", "basis_mark"]] = [check.basis_elsewhere.text, check.basis_elsewhere.mark]
    texts = [column for column, kind in LOOKED.items() if kind == "str"]
    return whole.fillna(dict.fromkeys(texts, "")).astype(LOOKED)


def _level(rows: pd.DataFrame) -> Any:
    """Return the level-1 heading a row stands under, empty for what stands under none."""
    if "heading_level" in rows:
        return rows["heading"].where((rows["heading_level"] == "category") | (rows["parent"] == ""), rows["parent"])
    return rows.get("category", "")


def _fact(rows: pd.DataFrame, check: Check) -> Any:
    """Return what a finding is about beside its indicator, as its check declares."""
    fact: Any = ""
    for column in check.about:
        fact = fact + rows[column].fillna("").astype("str") + "|"
    return fact


ROOMS = (sums, standards, money, funds, magnitude, plausible, proof, quality, history, accounts)
CHECKS: dict[str, CheckFunction] = {code: check for room in ROOMS for code, check in room.CHECKS.items()}
"""Every check by its code."""
LAST = "repeated_finding"
