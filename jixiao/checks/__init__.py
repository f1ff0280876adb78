"""Run every declared check (核查规则) over the frames and the scores.

What a check is called, what it says and where it draws the line is declared in ``rules/checks.yaml``; what it looks for
is the function of the same name in one of the modules of this folder. A finding (问题) points at one cell and does its
arithmetic in its message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.checks import accounts, funds, history, magnitude, money, points, proof, quality, standards
from jixiao.checks.evidence import CheckFunction, Evidence
from jixiao.checks.findings import PASSED, SCHEMA, SEVERITIES, Check
from jixiao.declared import RULES, open_declaration, refuse
from jixiao.framework import MARKS
from jixiao.schemas import Frames, typed


@cache
def load_checks(path: Path = RULES / "checks.yaml") -> dict[str, Check]:
    """Load the declared checks (核查规则) by code.

    Raises:
        DeclarationError: With every mistake of the file, a check without a function included.

    Example:
        >>> load_checks()["grade"].title
        '等级与总分不符'
    """
    whole, mistakes = open_declaration(path)
    checks = whole.part("checks", required=True)
    loaded = {}
    for code in checks.keys():
        part = checks.part(code)
        of_rule = part.text("basis_of", default="own", choices=("own", "rule")) == "rule"
        basis = part.part("basis", required=not of_rule)
        loaded[code] = Check(
            code,
            part.text("title") or "",
            part.text("severity", choices=SEVERITIES) or "",
            "" if of_rule else basis.text("text") or "",
            "" if of_rule else basis.text("mark", choices=MARKS) or "",
            part.text("message") or "",
            part.text("resolution") or "",
            part.mapping("thresholds"),
            part.mapping("verdicts"),
        )
        basis.close()
        part.close()
        if code not in CHECKS:
            checks.note(code, "没有同名的核查函数，请在 checks 中补充或删除该项")
        if loaded[code].basis_mark == "J" and loaded[code].severity != "question":
            checks.note(code, "依据只是本工具口径（J）的，严重程度只能是 question")
    for code in CHECKS.keys() - loaded.keys():
        checks.note(code, "核查函数没有对应的声明，请在 checks.yaml 中补充")
    whole.mapping("words")
    whole.close()
    refuse(path, mistakes)
    return loaded


def audit(
    frames: Frames, scores: pd.DataFrame, totals: pd.DataFrame, *, aliases: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Run every check (核查) over the frames and the scores.

    Args:
        aliases: The declared name of a project by each of its other names, from :func:`jixiao.aliases.load_aliases`.

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
    evidence = Evidence(frames, scores, totals, aliases or {})
    checks = load_checks()
    rows: list[dict[str, Any]] = []
    counts: dict[str, dict[str, Any]] = {}
    # The last check compares what all others found.
    for code in sorted(checks, key=lambda code: code == LAST):
        if code == LAST:
            evidence = replace(evidence, findings=_ordered(rows))
        rows_found, checked = CHECKS[code](evidence, checks[code])
        found = _write(checks[code], rows_found)
        rows += found
        counts[code] = {
            "code": code,
            "title": checks[code].title,
            "checked": checked,
            "findings": len(found),
            "passed": max(checked - len(found), 0),
        }
    return _ordered(rows), typed([counts[code] for code in checks], PASSED)


def _ordered(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return findings worst first, each with an id that stays while its check and its cell stay (问题编号)."""
    rank = {severity: number for number, severity in enumerate(SEVERITIES)}
    rows = sorted(
        rows,
        key=lambda row: (
            rank[row["severity"]],
            row["year"],
            row["project_id"],
            row["evaluation"],
            row["indicator_id"],
            row["code"],
            row["source_sheet"],
            row["source_cell"],
            row["message"],
        ),
    )
    seen: dict[str, int] = {}
    for row in rows:
        place = "|".join(str(row[name]) for name in ("code", "source_file", "source_sheet", "source_cell", "indicator"))
        finding_id = hashlib.sha256(place.encode()).hexdigest()[:10]
        seen[finding_id] = seen.get(finding_id, 0) + 1
        row["finding_id"] = finding_id if seen[finding_id] == 1 else f"{finding_id}-{seen[finding_id]}"
    return typed(rows, SCHEMA)


def _write(check: Check, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn the rows of one check into findings."""
    found = []
    for row in rows.to_dict("records"):
        own_basis = not check.basis
        mark = row["basis_mark"] if own_basis else check.basis_mark
        severity = row.get("severity") or check.severity
        if mark == "J":
            severity = "question"
        elif own_basis and mark == "F2" and severity == "error":
            severity = "warning"
        found.append(
            {
                **{column: row.get(column, "") for column in SCHEMA},
                "code": check.code,
                "title": check.title,
                "severity": severity,
                "difference": row.get("difference_value"),
                "message": check.message.format(**{**row, "printed": row["printed"], "derived": row["derived"]}),
                "resolution": check.resolution,
                "basis": row["basis"] if own_basis else check.basis,
                "basis_mark": mark,
            }
        )
    return found


ROOMS = (points, standards, money, funds, magnitude, proof, quality, history, accounts)
CHECKS: dict[str, CheckFunction] = {code: check for room in ROOMS for code, check in room.CHECKS.items()}
"""Every check by its code."""
LAST = "repeated_finding"

__all__ = ["CHECKS", "PASSED", "SCHEMA", "SEVERITIES", "Check", "Evidence", "audit", "load_checks", "run_checks"]
