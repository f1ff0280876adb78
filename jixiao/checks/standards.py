"""Checks of points against their standards (得分与标准), of reasons and of magnitudes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from jixiao.checks.findings import (
    TOLERANCE,
    Check,
    CheckFunction,
    Evidence,
    check_words,
    counted_rows,
    gap_between,
    problems,
)
from jixiao.formulas import half_up
from jixiao.framework import methods
from jixiao.scoring import percent_text, points_text
from jixiao.vocabulary import label

_BY_PERSON = ["element_count", "judged", "judged_level", "met_or_judged", "on_time"]
"""Methods in which a person may give the figure."""


def _against_rule(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Return the rows whose printed points are not those of a rule that decides alone."""
    rows = evidence.scores
    rows = rows[(rows["decided_by"] == "rule") & ((rows["reported_score"] - rows["score"]).abs() > TOLERANCE)]
    given = check_words()["reason_given"]
    return rows.assign(
        explanation=rows["score_explanation"],
        lost=(rows["score"] - rows["reported_score"]).map(points_text),
        gained=(rows["reported_score"] - rows["score"]).map(points_text),
        reason=[given.format(reason=text) if text else "" for text in rows["deviation_reason"]],
    )


def _scored(rows: pd.DataFrame, **more: Any) -> pd.DataFrame:
    """Lay out rows whose points differ; where the direction was assumed it is a question at most."""
    severity = pd.Series(more.pop("severity", ""), index=rows.index, dtype="object")
    return problems(
        rows,
        severity=severity.mask(rows["is_direction_assumed"], "question"),
        cell="score_cell",
        printed=rows["reported_score"].map(points_text),
        derived=rows["score"].map(points_text),
        **gap_between(rows["reported_score"], rows["score"]),
        **more,
    )


def met_but_deducted(evidence: Evidence, check: Check) -> pd.DataFrame:
    """The target is met, yet points are missing (已达标却扣分)."""
    rows = _against_rule(evidence, check)
    return _scored(rows[(rows["score"] == rows["weight"]) & (rows["reported_score"] < rows["weight"])])


def missed_but_full(evidence: Evidence, check: Check) -> pd.DataFrame:
    """The target is missed, yet all points are given (未达标却得满分)."""
    rows = _against_rule(evidence, check)
    return _scored(rows[(rows["score"] < rows["weight"]) & (rows["reported_score"] == rows["weight"])])


def score_against_standard(evidence: Evidence, check: Check) -> pd.DataFrame:
    """The printed points are neither all nor those of the standard (得分与标准不符)."""
    rows = _against_rule(evidence, check)
    partly = (rows["score"] < rows["weight"]) & (rows["reported_score"] < rows["weight"])
    rows = rows[partly]
    is_rounding = [
        _is_rounding(printed, exact) for printed, exact in zip(rows["reported_score"], rows["score"], strict=True)
    ]
    return _scored(rows, severity=np.where(np.array(is_rounding, dtype=bool), "rounding", check.severity))


def _is_rounding(printed: float, exact: float) -> bool:
    """Say whether the printed points are the exact ones cut or rounded to the one or two decimals printed."""
    shown = Decimal(repr(printed))
    places = max(1, -int(shown.as_tuple().exponent))
    return places < 2 and abs(shown - Decimal(repr(exact))) < Decimal(1).scaleb(-places) and shown != half_up(shown, 0)


def standard_without_figures(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Points given although the standard asks for a calculation that nothing printed allows (无数据可算)."""
    rows = counted_rows(evidence)
    by_person = rows["method"].isin(_BY_PERSON)
    given = rows["reported_score"].notna() & rows["weight"].notna() & (rows["actual_text"] != "")
    rows = rows[(rows["decided_by"] == "nobody") & ~by_person & given]
    names = rows["method"].map(lambda name: methods()[name]["name"])
    return problems(
        rows,
        cell="score_cell",
        printed=rows["reported_score"].map(points_text),
        derived="",
        method=names,
        actual=rows["actual_text"],
    )


def judgement_refused(evidence: Evidence, check: Check) -> pd.DataFrame:
    """A person's figure that the rule does not allow (认定不在允许范围)."""
    rows = counted_rows(evidence)
    by_person = rows["method"].isin(_BY_PERSON)
    rows = rows[by_person & (rows["decided_by"] == "nobody") & rows["reported_score"].notna() & rows["weight"].notna()]
    bounds = zip(rows["score_low"], rows["score_high"], strict=True)
    allowed = [f"{points_text(low)}－{points_text(high)}" for low, high in bounds]
    return problems(
        rows,
        cell="score_cell",
        printed=rows["reported_score"].map(points_text),
        derived=allowed,
        explanation=rows["score_explanation"],
    )


def missing_reason(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Points lost without a word why, in a form that has a column for it (缺偏差原因)."""
    rows = counted_rows(evidence)
    lost = rows["weight"] - rows["reported_score"]
    bare = (rows["reason_cell"] != "") & (rows["deviation_reason"] == "") & (lost > TOLERANCE)
    rows = rows[bare]
    return problems(
        rows,
        cell="reason_cell",
        printed="",
        derived=label("deviation_reason"),
        target=rows["target_text"],
        actual=rows["actual_text"],
        lost=lost[bare].map(points_text),
    )


def magnitude(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Target and actual exactly a power of ten apart (量级核对)."""
    rows = evidence.scores
    rows = rows[rows["is_comparable"] & rows["target_kind"].isin(["count", "number", "money"])]
    rows = rows[(rows["target_value"] > 0) & (rows["actual_value"] > 0)]
    low = np.fmin(rows["target_value"], rows["actual_value"])
    high = np.fmax(rows["target_value"], rows["actual_value"])
    factor = (high / low).round(9)
    wrong = factor.isin([float(value) for value in check.thresholds["factors"]])
    rows = rows[wrong]
    return problems(
        rows,
        cell="actual_cell",
        printed=rows["actual_text"],
        derived=rows["target_text"],
        source_sheet=rows["achievement_sheet"],
        target=rows["target_text"],
        actual=rows["actual_text"],
        factor=factor[wrong].map(lambda value: f"{value:.0f}"),
    )


def over_completion(evidence: Evidence, check: Check) -> pd.DataFrame:
    """An actual far above its target (超额完成)."""
    rows = evidence.scores
    rows = rows[rows["is_comparable"] & (rows["direction"] == "positive") & (rows["target_value"] > 0)]
    rate = rows["actual_value"] / rows["target_value"]
    over = (rate - 1).round(9)
    explain, question = (float(check.thresholds[name]) for name in ("explain_from", "question_from"))
    wrong = (over >= question) | ((over >= explain) & (rows["reason_cell"] != "") & (rows["deviation_reason"] == ""))
    rows, rate, over = rows[wrong], rate[wrong], over[wrong]
    verdict = np.where(over >= question, check.verdicts["question"], check.verdicts["explain"])
    return problems(
        rows,
        cell="actual_cell",
        printed=rows["actual_text"],
        derived=rows["target_text"],
        source_sheet=rows["achievement_sheet"],
        target=rows["target_text"],
        actual=rows["actual_text"],
        rate=rate.map(percent_text),
        verdict=verdict,
    )


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (
        met_but_deducted,
        missed_but_full,
        score_against_standard,
        standard_without_figures,
        judgement_refused,
        missing_reason,
        magnitude,
        over_completion,
    )
}
"""The checks of this module by code."""
