"""Framework + frames -> indicator scores (得分), project totals (总分) and grades (等级), each explained.

Every row is matched to the rule that scores it; whole columns go through one function of ``formulas`` for each rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jixiao.core.exact import Rows, distinct, positions
from jixiao.core.frames import KEYS, Frames, refuse_other
from jixiao.core.vocabulary import reading_words
from jixiao.scoring import formulas
from jixiao.scoring.choice import choose_frameworks, list_rules, match_rules
from jixiao.scoring.explanation import explain
from jixiao.scoring.points import Door, score_columns
from jixiao.scoring.totals import make_totals, money_of

_STEPS = ("score", "low", "high", "rate_over", "rate_under", "case")


def score(frames: Frames, *, framework: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every indicator row (计分) and add up every evaluation (总分).

    Args:
        frames: From :func:`jixiao.load`.
        framework: Use this framework for the self-evaluations instead of the default one, for comparison.

    Returns:
        scores: the indicator rows with ``method``, ``completion_rate`` (fraction, uncapped; missing when there is
        none), ``score`` (points, 0 to weight; missing when no rule and no accepted judgement gives them),
        ``score_explanation`` and ``basis``; key year, project_id, evaluation, indicator_id.
        totals: one row per evaluation with ``total``, ``grade`` and what the form prints; ``total`` is missing when a
        counted row has no score.

    Raises:
        RequestError: No framework is valid for an evaluation.

    Example:
        >>> import jixiao
        >>> scores, totals = jixiao.score(jixiao.load("data/sample"))
        >>> bool((scores["score"] <= scores["weight"])[scores["score"].notna()].all())
        True
    """
    refuse_other(frames)
    evaluations = frames.evaluations.reset_index(drop=True)
    chosen = evaluations.assign(framework=choose_frameworks(evaluations, framework))
    place = positions(frames.indicators, evaluations)
    rows = frames.indicators[place >= 0].reset_index(drop=True)
    place = place[place >= 0]
    named = chosen[["project", "department", "unit", "framework"]].take(place).reset_index(drop=True)
    rows = pd.concat([rows, named], axis=1)
    number, ids = distinct(chosen["framework"])
    rules, starts = list_rules(ids)
    rule = match_rules(rows, number[place], rules, starts)
    columns = door_columns(rows, place, money_of(frames.budgets, chosen))
    steps = score_columns(columns, rule, rules, door=Door, steps=_STEPS)
    scored = rows.assign(**_scores(rows, steps, rule, rules))
    case = np.where(is_scored(rows), steps["case"], formulas.NOBODY)
    explained = explain(scored, columns, rule, rules, case)
    scored["score_explanation"] = explained.mask(rows["is_placeholder"], reading_words()["unused_row"])
    scored["score_difference"] = (scored["reported_score"] - scored["score"]).round(4)
    if scored.duplicated(KEYS["indicators"]).any():
        raise AssertionError("scoring repeated a key")
    return scored, make_totals(scored, place, frames, chosen)


def is_scored(rows: Rows) -> np.ndarray:
    """Say which rows can have points (可计分的行): those with a weight that are not left over from a template."""
    return ~rows["is_placeholder"].to_numpy(bool) & rows["weight"].notna().to_numpy()


def door_columns(rows: Rows, position: np.ndarray, funds: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return the columns of indicator rows as :class:`Door` takes them (入口的列).

    Args:
        rows: Rows of the frame ``indicators``.
        position: The number of the evaluation of each row.
        funds: The money by evaluation, from :func:`jixiao.scoring.totals.money_of`.
    """

    def among(column: str, words: tuple[str, ...]) -> np.ndarray:
        codes, texts = distinct(rows[column])
        return np.array([*(text in words for text in texts), False])[codes]

    inequality = (">", "<")
    return {
        **{
            name: rows[name].to_numpy("float64")
            for name in ("weight", "reported_score", "target_value", "actual_value")
        },
        **{name: rows[name].to_numpy("M8[us]") for name in ("target_date", "actual_date")},
        "is_comparable": rows["is_comparable"].to_numpy(bool),
        "word_met": rows["word_met"].to_numpy(np.int8, na_value=-1),
        "is_negative": among("direction", ("negative",)),
        "is_strict": among("target_relation", inequality) & ~among("actual_relation", inequality),
        "is_rate": among("actual_kind", ("rate",)),
        "actual_text": rows.get("actual_text"),
        "position": position,
        "funds": funds,
    }


def _scores(rows: pd.DataFrame, steps: dict[str, np.ndarray], rule: np.ndarray, rules: list[Any]) -> dict[str, Any]:
    """Return the columns of scores but their explanation."""
    counted = is_scored(rows)
    known = counted & (steps["score"] >= 0)
    by_person = counted & np.isin(steps["case"], [formulas.PERSON, formulas.UNDATED])
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(steps["rate_under"] > 0, steps["rate_over"] / steps["rate_under"], np.nan)

    def words(texts: list[str], codes: np.ndarray) -> pd.Series:
        return pd.Series(pd.array(texts, dtype="str").take(codes), index=rows.index)

    return {
        "method": words([one.method for one in rules], rule),
        "completion_rate": np.where(counted, rate, np.nan),
        "score": np.where(known, steps["score"] / formulas.POINT, np.nan),
        "score_low": np.where(counted, steps["low"] / formulas.POINT, np.nan),
        "score_high": np.where(counted, steps["high"] / formulas.POINT, np.nan),
        "decided_by": words(["nobody", "rule", "person"], np.where(by_person, 2, np.where(known, 1, 0))),
        "basis": words([one.basis.text for one in rules], rule),
        "basis_mark": words([one.basis.mark for one in rules], rule),
    }
