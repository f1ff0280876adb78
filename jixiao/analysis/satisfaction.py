"""What proves a satisfaction (满意度佐证): the sample that was asked, and whether it is large enough for the target."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jixiao.analysis.choices import choices, signed
from jixiao.checks.evidence import Evidence
from jixiao.checks.proof import about_satisfaction, asked_satisfaction, lower_bound, needed_sample
from jixiao.core.results import Results

STATES = ["proven", "too_few", "no_sample", "missed", "no_value"]


def satisfaction_evidence(results: Results) -> pd.DataFrame:
    """Return every satisfaction indicator with its sample and what the sample proves (满意度佐证).

    Formula: ``satisfaction_rate`` = satisfied ÷ sample where the form names both, else the rate it states;
    ``bound_rate`` is the exact one-sided lower bound (Clopper–Pearson) of that share at the declared confidence;
    ``needed_count`` the smallest sample in which the same share would prove the target.

    Args:
        results: From :func:`jixiao.evaluate`.

    Returns:
        Key year, project_id, evaluation, indicator_id; those that prove least first. Rates are fractions.
        ``sample_size`` and ``satisfied_count`` are missing when no sample is named, the bound with them.
        ``satisfaction_state`` is no_value (no measured rate: a word, or the target copied), missed (below its target),
        no_sample (nobody says who was asked), too_few (the bound lies below the target) or proven. ``needed_count`` is
        missing where no sample of up to 100,000 would do.

    Limits: the bound takes the sample for a random one; who was asked, and how, is not in the forms.

    Basis: 满意度 is a level-1 group of 财预〔2020〕10号; confidence and states are our own.

    Example:
        >>> import jixiao
        >>> frame = satisfaction_evidence(jixiao.evaluate("data/sample"))
        >>> int((frame["satisfaction_state"] == "no_sample").sum())
        10
    """
    confidence = float(choices("satisfaction")["confidence"])
    evidence = Evidence(results.frames, results.scores, results.totals)
    about = about_satisfaction(evidence)
    measured, sizes, satisfied = (values[about] for values in asked_satisfaction(evidence))
    rows = results.scores[about].reset_index(drop=True)
    target, stated = rows["target_value"].to_numpy("float64"), rows["actual_value"].to_numpy("float64")
    has_sample = measured & (sizes > 0) & (satisfied >= 0)
    share = np.where(has_sample, satisfied / np.where(has_sample, sizes, 1), stated)
    share = np.where(measured, share, np.nan)
    bound = np.full(len(rows), np.nan)
    bound[has_sample] = lower_bound(satisfied[has_sample], sizes[has_sample], confidence=confidence)
    tests = [~measured, share < target - 1e-12, ~has_sample, bound < target]
    states = np.select(tests, ["no_value", "missed", "no_sample", "too_few"], "proven")
    told = ["year", "project_id", "project", "department", "evaluation", "indicator_id", "indicator"]
    frame = rows[told].assign(
        target_rate=np.where(measured, target, np.nan),
        satisfaction_rate=share,
        sample_size=pd.Series(sizes).where(has_sample).astype("Int64"),
        satisfied_count=pd.Series(satisfied).where(has_sample).astype("Int64"),
        bound_rate=bound,
        needed_count=_needed(share, target, states == "too_few", confidence),
        satisfaction_state=pd.Categorical(states, STATES, ordered=True),
    )
    order = ["satisfaction_state", "year", "department", "project", "evaluation", "indicator_id"]
    ascending = [False, *[True] * (len(order) - 1)]
    return signed(frame.sort_values(order, ascending=ascending, ignore_index=True), results)


def _needed(share: np.ndarray, target: np.ndarray, wanted: np.ndarray, confidence: float) -> pd.Series:
    """Return the sample that would prove each target; each distinct pair is worked out once."""
    pairs = set(zip(share[wanted].tolist(), target[wanted].tolist(), strict=True))
    found = {pair: needed_sample(*pair, confidence=confidence) or None for pair in pairs}
    counts = [
        found[pair] if is_wanted else None
        for pair, is_wanted in zip(zip(share.tolist(), target.tolist(), strict=True), wanted, strict=True)
    ]
    return pd.Series(counts, dtype="Int64")


def satisfaction_states(frame: pd.DataFrame) -> pd.DataFrame:
    """Count the satisfaction indicators by what they prove (满意度佐证情况), by year and evaluation.

    Args:
        frame: From :func:`satisfaction_evidence`.

    Returns:
        Key year, evaluation, satisfaction_state; ``indicator_count`` of it, 0 where there is none, and ``share`` of the
        satisfaction indicators of the year and evaluation.

    Example:
        >>> import jixiao
        >>> counts = satisfaction_states(satisfaction_evidence(jixiao.evaluate("data/sample")))
        >>> int(counts["indicator_count"].sum())
        10
    """
    key = ["year", "evaluation"]
    counts = frame.groupby([*key, "satisfaction_state"], observed=False).size().rename("indicator_count").reset_index()
    whole = counts.groupby(key)["indicator_count"].transform("sum")
    counts = counts[whole > 0].reset_index(drop=True)
    counts["share"] = counts["indicator_count"] / whole[whole > 0].reset_index(drop=True)
    counts.attrs = dict(frame.attrs)
    return counts
