"""Checks of what proves an actual (佐证): satisfaction with its sample, values that are copied or no values at all."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from jixiao.checks.evidence import CheckFunction, Evidence
from jixiao.checks.findings import Check, Outcome, at_actual, check_words, count_true
from jixiao.checks.thresholds import Confidence
from jixiao.core.writing import percent_text
from jixiao.reading.values.notation import QUANTITIES, normalise

_TEXTS = ("actual_text", "remark", "deviation_reason", "scoring_standard")
_MOST = 100_000
"""No unit asks more people than this; a sample that would have to be larger is not named."""


class Sample(NamedTuple):
    """Whom a satisfaction was asked (满意度样本): the valid answers and how many of them are satisfied, 0 if unsaid."""

    size: int
    satisfied: int


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in check_words()["sample"].items()}  # type: ignore[attr-defined]


def find_sample(text: str) -> Sample:
    """Find the sample that a text names (样本): valid answers before returned ones, returned before issued ones.

    Returns:
        Size 0 when the text names no sample; ``satisfied`` is -1 when it names only the size.

    Example:
        >>> find_sample("发放问卷200份，回收180份，满意171份")
        Sample(size=180, satisfied=171)
        >>> find_sample("满意度96%")
        Sample(size=0, satisfied=-1)
    """
    said = normalise(text)
    patterns = _patterns()
    found = {name: [int(number) for number in patterns[name].findall(said)] for name in patterns}
    size = next((found[name][0] for name in ("valid", "returned", "asked", "issued") if found[name]), 0)
    satisfied = sum(found["satisfied"]) if found["satisfied"] else -1
    return Sample(size, satisfied if satisfied <= size else -1)


def lower_bound(satisfied: Any, size: Any, *, confidence: float = 0.95) -> np.ndarray:
    """Return the exact one-sided lower bound of a share (Clopper–Pearson 单侧置信下限).

    Args:
        satisfied: How many of the sample are satisfied.
        size: The valid answers.
        confidence: For example 0.95.

    Example:
        >>> float(lower_bound(20, 20).round(4)), float(lower_bound(0, 20))
        (0.8609, 0.0)
    """
    from scipy.special import betaincinv

    hits, tries = np.asarray(satisfied, dtype="float64"), np.asarray(size, dtype="float64")
    some = hits > 0
    bound = betaincinv(np.where(some, hits, 1), tries - np.where(some, hits, 1) + 1, 1 - confidence)
    return np.where(some, bound, 0.0)


def needed_sample(share: float, target: float, *, confidence: float = 0.95) -> int:
    """Return the smallest sample in which a share would prove a target (所需样本量), 0 when none is large enough.

    Example:
        >>> needed_sample(1.0, 0.9)
        29
    """
    sizes = np.arange(1, _MOST + 1)
    enough = lower_bound(np.floor(share * sizes + 1e-9), sizes, confidence=confidence) >= target
    return int(sizes[enough][0]) if enough.any() else 0


def about_satisfaction(evidence: Evidence) -> np.ndarray:
    """Return which score rows count and are about satisfaction by the words of their names (满意度指标)."""
    words = tuple(check_words()["satisfaction"])

    def work() -> np.ndarray:
        about = np.zeros(len(evidence.scores), dtype=bool)
        for column in ("indicator", "subcategory", "category"):
            about |= evidence.flags("scores", column, lambda text: any(word in text for word in words))
        return about & evidence.counted

    return evidence.keep("about_satisfaction", work)


def asked_satisfaction(evidence: Evidence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows with a measured satisfaction against a target, with size and satisfied of their sample."""
    return evidence.keep("asked_satisfaction", lambda: _asked_satisfaction(evidence))


def _asked_satisfaction(evidence: Evidence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = evidence.scores
    rate = evidence.flags("scores", "target_kind", lambda text: text == "rate")
    actual = rows["actual_value"].to_numpy("float64")
    # A sign says where the value lies, not what was measured.
    signed = evidence.flags("scores", "actual_relation", lambda text: text not in ("", "="))
    measured = about_satisfaction(evidence) & rate & rows["target_value"].notna().to_numpy() & ~signed
    sizes = np.zeros(len(rows), dtype=np.int64)
    satisfied = np.full(len(rows), -1)
    for column in _TEXTS:
        codes, texts = evidence.distinct("scores", column)
        found = np.array([*map(find_sample, texts), Sample(0, -1)], dtype=np.int64)[codes]
        size, hits = found[:, 0], found[:, 1]
        new = (sizes == 0) & (size > 0)
        sizes, satisfied = np.where(new, size, sizes), np.where(new, hits, satisfied)
    stated = np.isnan(actual)
    actual = np.where(stated, evidence.look_up("scores", "actual_text", _stated_rate, np.nan).astype("float64"), actual)
    satisfied = np.where((satisfied < 0) & (sizes > 0) & ~np.isnan(actual), np.rint(actual * sizes), satisfied)
    return measured & (~np.isnan(actual) | (satisfied >= 0)), sizes, satisfied.astype("float64")


def _stated_rate(text: str) -> float:
    """Return the rate that a text beside a sample states (20人，满意度100%)."""
    found = _patterns()["rate"].search(normalise(text))
    return float(found[1]) / 100 if found else np.nan


def satisfaction_bound(evidence: Evidence, check: Check) -> Outcome:
    """A satisfaction whose sample is too small to prove its target (满意度与样本)."""
    measured, sizes, satisfied = asked_satisfaction(evidence)
    target = evidence.scores["target_value"].to_numpy("float64")
    asked = np.flatnonzero(measured & (sizes > 0) & (satisfied >= 0))
    confidence = check.drawn(Confidence).confidence
    share = satisfied[asked] / sizes[asked]
    bound = lower_bound(satisfied[asked], sizes[asked], confidence=confidence) if len(asked) else share
    wrong = (share >= target[asked] - 1e-12) & (bound < target[asked])  # a share below its target is missed anyway
    at = asked[wrong]
    rows = evidence.scores.iloc[at]
    pairs = zip(share[wrong], target[at], strict=True)
    needed = [needed_sample(one, aim, confidence=confidence) for one, aim in pairs]
    found = at_actual(
        rows,
        derived=[percent_text(one) for one in bound[wrong]],
        size=[str(one) for one in sizes[at]],
        satisfied=[f"{one:.0f}" for one in satisfied[at]],
        rate=[percent_text(one) for one in share[wrong]],
        bound=[percent_text(one) for one in bound[wrong]],
        difference_value=(bound[wrong] - target[at]).round(6),
        verdict=[
            check.verdicts["needed"].format(count=count) if count else check.verdicts["never"] for count in needed
        ],
    )
    return Outcome(found, len(asked))


def satisfaction_sample(evidence: Evidence, check: Check) -> Outcome:
    """A measured satisfaction without a word of who was asked (满意度缺样本)."""
    measured, sizes, _ = asked_satisfaction(evidence)
    rows = evidence.scores[measured & (sizes == 0)]
    return Outcome(at_actual(rows), count_true(measured))


def _signed(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Return the counted rows with a quantity for an actual, and which of them repeat their target with its sign."""
    rows = evidence.scores
    quantity = evidence.counted & evidence.flags("scores", "actual_kind", QUANTITIES.__contains__)
    texts: dict[str, int] = {}
    codes = []
    for column in ("target_text", "actual_text"):
        number, distinct = evidence.distinct("scores", column)
        mine = [texts.setdefault(normalise(text), len(texts)) for text in distinct]
        codes.append(np.array([*mine, -1])[number])
    same = codes[0] == codes[1]
    sign = evidence.flags("scores", "target_relation", bool) & (rows["target_value"].notna().to_numpy())
    written = evidence.flags("scores", "actual_text", lambda text: not normalise(text)[:1].isdigit())
    return quantity, same & sign & written


def actual_copies_target(evidence: Evidence, check: Check) -> Outcome:
    """An actual that repeats its target, sign and all (完成值照抄指标值)."""
    quantity, copied = _signed(evidence)
    return Outcome(at_actual(evidence.scores[quantity & copied]), count_true(quantity))


def actual_with_sign(evidence: Evidence, check: Check) -> Outcome:
    """An actual that carries a sign: where it lies, not what was measured (完成值带关系符号)."""
    quantity, copied = _signed(evidence)
    sign = evidence.flags("scores", "actual_relation", lambda text: text not in ("", "="))
    rows = evidence.scores[quantity & sign & ~copied]
    return Outcome(at_actual(rows, relation=rows["actual_relation"]), count_true(quantity))


def word_for_number(evidence: Evidence, check: Check) -> Outcome:
    """已完成 where the target is a number, and points given for it (以文字代替数值)."""
    number = evidence.counted & evidence.flags("scores", "target_kind", QUANTITIES.__contains__)
    word = evidence.flags("scores", "actual_kind", lambda text: text == "word")
    ruled = evidence.flags("scores", "decided_by", lambda text: text == "rule")
    given = evidence.scores["reported_score"].to_numpy("float64") > 0
    return Outcome(at_actual(evidence.scores[number & word & ruled & given]), count_true(number))


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (satisfaction_bound, satisfaction_sample, actual_copies_target, actual_with_sign, word_for_number)
}
"""The checks of this module by code."""
