"""Checks across years and evaluations (跨年与各类评价): names, grades, points and reasons that repeat or disagree."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jixiao.checks.evidence import CheckFunction, Evidence, neighbours
from jixiao.checks.findings import TOLERANCE, Check, Outcome, check_words, count_true, gap_between, placed, problems
from jixiao.checks.thresholds import Share, Shortest
from jixiao.core.frames import EVALUATION_KEY, EVALUATION_KINDS, PROJECT_KINDS
from jixiao.core.vocabulary import word
from jixiao.core.writing import percent_text, points_text
from jixiao.reading.values.values import normalise

_TOTALS = {kind: f"total_{kind}" for kind in PROJECT_KINDS}


def project_names(evidence: Evidence, check: Check) -> Outcome:
    """Projects whose names differ only in words that many names carry (同一项目异名)."""
    rows, (core, cores) = evidence.frames.projects, evidence.cores()
    number = evidence.project("projects")
    unit, units = evidence.distinct("projects", "unit")
    long = (np.array([*map(len, cores), 0]) >= check.drawn(Shortest).shortest)[core]
    bare = unit == (units.index("") if "" in units else -2)
    first = evidence.first_project()
    count = len(first)
    asked = long & (first[number] == np.arange(len(rows)))
    both = pd.factorize(core.astype(np.int64) * (len(units) + 1) + unit)[0]
    same = _smallest(both, number, asked & ~bare, count)
    # A list prints some projects without a unit; such a one may be any project of that name.
    any_one = _smallest(core, number, asked, count)
    named = _smallest(core, number, asked & ~bare, count)
    other = np.where(~bare, same, np.where(any_one != number, any_one, named))
    other = np.where(asked & (other < count) & (other != number), other, -1)
    wrong = np.flatnonzero(other >= 0)
    parent, project = rows["parent"].take(wrong), rows["project"].take(first[other[wrong]])
    wrong = wrong[parent.to_numpy(object) != project.to_numpy(object)]
    bad, beside = rows.iloc[wrong].assign(evaluation=""), rows.iloc[first[other[wrong]]]
    found = problems(
        bad,
        cell="source_cell",
        printed=bad["project"],
        derived=beside["project"].to_numpy(),
        other=beside["source_file"].to_numpy(),
    )
    return Outcome(found, count_true(asked))


def _smallest(codes: np.ndarray, numbers: np.ndarray, mask: np.ndarray, none: int) -> np.ndarray:
    """Return for each row the smallest number of its group among the rows of a mask, ``none`` without one."""
    least = np.full(codes.max(initial=-1) + 1, none)
    np.minimum.at(least, codes[mask], numbers[mask])
    return least[codes]


def compare_scores(totals: pd.DataFrame) -> pd.DataFrame:
    """Set the evaluations of one project and year side by side (各类评价得分对照).

    Returns:
        One row per project and year with more than one evaluation: the printed totals ``total_self``,
        ``total_department`` and ``total_finance`` (missing where there is none) and ``difference``, the largest minus
        the smallest; key year, project_id.

    Example:
        >>> import jixiao
        >>> _, totals = jixiao.score(jixiao.load("data/sample"))
        >>> sorted(compare_scores(totals)["difference"].round(2).tolist())
        [0.96, 1.96]
    """
    known = totals[totals["total_reported"].notna()]
    wide = known.pivot_table(index=["year", "project_id"], columns="evaluation", values="total_reported", sort=True)
    wide = wide.reindex(columns=list(_TOTALS)).rename(columns=_TOTALS)
    wide = wide[wide.notna().sum(axis=1) > 1]
    named = known.drop_duplicates(["year", "project_id"]).set_index(["year", "project_id"])[["project", "department"]]
    wide = wide.assign(difference=(wide.max(axis=1) - wide.min(axis=1)).round(4))
    return named.join(wide, how="inner").reset_index().rename_axis(columns=None)


def grades_differ(evidence: Evidence, check: Check) -> Outcome:
    """Evaluations of one project and year whose totals fall into different grades (各类评价等级不同)."""
    rows = evidence.totals
    project = evidence.project("totals")
    rank = evidence.look_up("totals", "evaluation", EVALUATION_KINDS.index, 0)
    known = rows["reported_grade"].notna().to_numpy() & (project >= 0)
    first, second = neighbours(known, same=[project, rows["year"].to_numpy(np.int64)], then=rank)
    codes = pd.Categorical(rows["reported_grade"]).codes
    wrong = codes[first] != codes[second]
    bad, other = placed(rows.iloc[second[wrong]], "total_cell"), rows.iloc[first[wrong]]
    there = pd.Series(other["total_reported"].to_numpy("float64"), index=bad.index)
    found = problems(
        bad,
        cell="source_cell",
        printed=bad["total_reported"].map(points_text),
        derived=there.map(points_text),
        own=[word("evaluation", one) for one in bad["evaluation"]],
        other=[word("evaluation", one) for one in other["evaluation"]],
        grade=[word("grade", one) for one in bad["reported_grade"]],
        other_grade=[word("grade", one) for one in other["reported_grade"]],
        **gap_between(bad["total_reported"], there),
    )
    return Outcome(found, len(first))


def _lost(evidence: Evidence) -> np.ndarray:
    return (evidence.scores["weight"] - evidence.scores["reported_score"]).to_numpy("float64")


def _beside(evidence: Evidence, wrong: np.ndarray, other: np.ndarray, **more: object) -> pd.DataFrame:
    """Lay out rows beside the same indicator of another evaluation or year."""
    rows, beside = evidence.scores[wrong], evidence.scores.iloc[other[wrong]]
    lost, said = _lost(evidence), check_words()["other_year"]
    return problems(
        rows,
        cell="score_cell",
        printed=rows["reported_score"].map(points_text),
        derived=beside["reported_score"].map(points_text).to_numpy(),
        weight_text=rows["weight"].map(points_text),
        other_weight=beside["weight"].map(points_text).to_numpy(),
        actual=rows["actual_text"].replace("", check_words()["no_text"]),
        other_actual=beside["actual_text"].replace("", check_words()["no_text"]).to_numpy(),
        reason=rows["deviation_reason"],
        own=[word("evaluation", one) for one in rows["evaluation"]],
        other=[
            said.format(year=year, kind=word("evaluation", kind))
            for year, kind in zip(beside["year"], beside["evaluation"], strict=True)
        ],
        lost=[points_text(one) for one in lost[wrong]],
        **more,
    )


def indicator_differs(evidence: Evidence, check: Check) -> Outcome:
    """One indicator with other values or points in another evaluation of the same year (同一指标评价不一)."""
    rows, twin = evidence.scores, evidence.twin()
    weight, points = (rows[name].to_numpy("float64") for name in ("weight", "reported_score"))
    share = np.where(weight > 0, points / np.where(weight > 0, weight, 1), np.nan)
    actual = rows["actual_value"].to_numpy("float64")
    kind, _ = evidence.distinct("scores", "actual_kind")
    asked = (twin >= 0) & ~np.isnan(share) & ~np.isnan(share[twin] if len(rows) else share)
    if not len(rows):
        return Outcome(rows, 0)
    both = asked & (kind == kind[twin]) & ~np.isnan(actual) & ~np.isnan(actual[twin])
    values = both & (np.abs(actual - actual[twin]) > 1e-9)
    shares = asked & (np.abs(share - share[twin]).round(9) >= check.drawn(Share).share)
    wrong = values | shares
    verdict = np.where(values[wrong], check.verdicts["values"], check.verdicts["points"])
    laid = _beside(
        evidence,
        wrong,
        twin,
        rate=[percent_text(one) for one in share[wrong]],
        other_rate=[percent_text(one) for one in share[twin[wrong]]],
        verdict=verdict,
    )
    return Outcome(laid, count_true(asked))


def _same_text(evidence: Evidence, other: np.ndarray, shortest: int) -> np.ndarray:
    """Return the rows whose reason is long enough and word for word that of another row."""
    reason, _ = evidence.distinct("scores", "deviation_reason")
    long = evidence.flags("scores", "deviation_reason", lambda text: len(normalise(text)) >= shortest)
    return (other >= 0) & long & (reason == reason[other]) if len(reason) else long


def copied_deduction(evidence: Evidence, check: Check) -> Outcome:
    """The same deduction under another weight, or again a year later for the same reason (照搬扣分)."""
    rows, twin, before = evidence.scores, evidence.twin(), evidence.previous()
    lost, weight = _lost(evidence), rows["weight"].to_numpy("float64")
    if not len(rows):
        return Outcome(rows, 0)
    found, checked = [], 0
    for other, name in ((twin, "twin"), (before, "before")):
        asked = evidence.counted & (other >= 0) & (lost > TOLERANCE) & (lost[other] > TOLERANCE)
        same = asked & (np.abs(lost - lost[other]) < 1e-9)
        if name == "twin":
            wrong = same & (np.abs(weight - weight[other]) > TOLERANCE)
        else:
            wrong = same & _same_text(evidence, other, check.drawn(Shortest).shortest)
        checked += count_true(asked)
        found.append(_beside(evidence, wrong, other, verdict=check.verdicts[name]))
    both = pd.concat(found, ignore_index=True)
    return Outcome(both.drop_duplicates([*EVALUATION_KEY, "indicator_id"]), checked)


def repeated_reason(evidence: Evidence, check: Check) -> Outcome:
    """A reason and its improvement word for word as the year before (原因与上年雷同)."""
    before, lost = evidence.previous(), _lost(evidence)
    same = _same_text(evidence, before, check.drawn(Shortest).shortest)
    copied = (lost > TOLERANCE) & (np.abs(lost - lost[before]) < 1e-9) if len(lost) else same
    laid = _beside(evidence, same & ~copied, before)
    laid = laid.assign(source_cell=laid["reason_cell"], printed=laid["reason"])
    said = evidence.flags("scores", "deviation_reason", bool)
    return Outcome(laid, count_true((before >= 0) & said))


def repeated_finding(evidence: Evidence, check: Check) -> Outcome:
    """An error or warning that the same project already had a year before (问题连年重复)."""
    found = evidence.findings
    if found is None or found.empty:
        return Outcome(evidence.scores.iloc[:0], 0)
    found = found[found["severity"].isin(["error", "warning"]) & (found["project_id"] != "")]
    key = ["code", "project_id", "evaluation", "indicator"]
    last = found[[*key, "year", "source_file", "printed"]].drop_duplicates([*key, "year"])
    last = last.assign(year=last["year"] + 1).rename(columns={"source_file": "other", "printed": "last"})
    both = found.merge(last, on=[*key, "year"], validate="m:1").drop_duplicates([*key, "year"])
    both = both.assign(severity=check.severity, name=both["title"])
    laid = problems(both, cell="source_cell", printed=both["printed"], derived=both["last"])
    projects = evidence.frames.projects
    before = pd.MultiIndex.from_arrays([projects["year"] + 1, projects["project_id"]])
    return Outcome(laid, count_true(pd.MultiIndex.from_frame(found[["year", "project_id"]]).isin(before)))


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (
        project_names,
        grades_differ,
        indicator_differs,
        copied_deduction,
        repeated_reason,
        repeated_finding,
    )
}
"""The checks of this module by code; the last one looks at what all others found."""
