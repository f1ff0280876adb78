"""Checks of points against their standards (得分与标准): rules, judgements, reasons."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from jixiao.checks.evidence import CheckFunction, Evidence
from jixiao.checks.findings import TOLERANCE, Check, Outcome, check_words, count_true, gap_between, placed, problems
from jixiao.checks.thresholds import Share, Shortest
from jixiao.core.exact import half_up, sum_by
from jixiao.core.vocabulary import label, reading_words, word
from jixiao.core.writing import percent_text, points_text
from jixiao.reading.values.values import normalise
from jixiao.scoring.frameworks import methods

HALF_TENTH = 0.051
"""How far points printed with one decimal may lie from those worked out."""
_BY_PERSON = ["element_count", "judged", "judged_level", "met_or_judged", "on_time"]
"""Methods in which a person may give the figure."""


def _ruled(evidence: Evidence) -> np.ndarray:
    """Return the rows that a rule decides alone and that print points."""
    ruled = evidence.flags("scores", "decided_by", lambda text: text == "rule")
    return ruled & evidence.scores["reported_score"].notna().to_numpy() & evidence.scores["score"].notna().to_numpy()


def _columns(evidence: Evidence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    names = ("weight", "reported_score", "score")
    weight, reported, score = (evidence.scores[name].to_numpy("float64") for name in names)
    return weight, reported, score


def _scored(evidence: Evidence, wrong: np.ndarray, **more: Any) -> pd.DataFrame:
    """Lay out rows whose points differ; where the direction was assumed it is a question at most."""
    rows = evidence.scores[wrong]
    given = check_words()["reason_given"]
    severity = pd.Series(more.pop("severity", ""), index=rows.index, dtype="object")
    return problems(
        rows,
        severity=severity.mask(rows["is_direction_assumed"], "question"),
        cell="score_cell",
        printed=rows["reported_score"].map(points_text),
        derived=rows["score"].map(points_text),
        explanation=rows["score_explanation"],
        lost=(rows["score"] - rows["reported_score"]).map(points_text),
        gained=(rows["reported_score"] - rows["score"]).map(points_text),
        reason=[given.format(reason=text) if text else "" for text in rows["deviation_reason"]],
        **gap_between(rows["reported_score"], rows["score"]),
        **more,
    )


def _other_formula(evidence: Evidence) -> np.ndarray:
    """Say which rows follow another declared formula for targets that must not be exceeded (反向指标的另一公式).

    Places take points × target ÷ actual, points × (1 − excess ÷ target), or nothing at all; a form never says which.
    The formula that most rows of an evaluation follow is the one it uses; rows that fit no other than that stand.
    """
    scores = evidence.scores
    weight, reported, score = _columns(evidence)
    target, actual = (scores[name].to_numpy("float64") for name in ("target_value", "actual_value"))
    asked = _ruled(evidence) & evidence.flags("scores", "method", lambda text: text == "inverse_ratio")
    asked &= (score < weight) & (target > 0) & (actual > target)
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = np.clip(weight * (1 - (actual - target) / target), 0, None)
    given = [score, excess, np.zeros(len(score))]
    followed = [asked & (np.abs(reported - points) <= HALF_TENTH) for points in given]
    place, size = evidence.position("scores"), len(evidence.totals)
    counts = np.stack([np.bincount(place[fits & (place >= 0)], minlength=size) for fits in followed])
    best = counts.argmax(axis=0)[np.where(place >= 0, place, 0)] if size else np.zeros(len(place), dtype=int)
    return (best == 1) & followed[1] | (best == 2) & followed[2]


def met_but_deducted(evidence: Evidence, check: Check) -> Outcome:
    """The target is met, yet points are missing (已达标却扣分)."""
    weight, reported, score = _columns(evidence)
    asked = _ruled(evidence) & (score == weight)
    return Outcome(_scored(evidence, asked & (reported < weight - TOLERANCE)), count_true(asked))


def missed_but_full(evidence: Evidence, check: Check) -> Outcome:
    """The target is missed, yet all points are given (未达标却得满分)."""
    weight, reported, score = _columns(evidence)
    asked = _ruled(evidence) & (score < weight)
    wrong = asked & (reported == weight) & (reported - score > TOLERANCE)
    return Outcome(_scored(evidence, wrong), count_true(asked))


def score_against_standard(evidence: Evidence, check: Check) -> Outcome:
    """The printed points are neither all nor those of the standard (得分与标准不符)."""
    weight, reported, score = _columns(evidence)
    asked = _ruled(evidence) & (score < weight) & (reported < weight)
    wrong = asked & (np.abs(reported - score) > TOLERANCE) & ~_other_formula(evidence)
    is_rounding = [_is_rounding(*pair) for pair in zip(reported[wrong], score[wrong], strict=True)]
    severity = np.where(np.array(is_rounding, dtype=bool), "rounding", check.severity)
    return Outcome(_scored(evidence, wrong, severity=severity), count_true(asked))


def _is_rounding(printed: float, exact: float) -> bool:
    """Say whether the printed points are the exact ones cut or rounded to the one or two decimals printed."""
    shown = Decimal(repr(float(printed)))
    places = max(1, -int(shown.as_tuple().exponent))
    near = abs(shown - Decimal(repr(float(exact)))) < Decimal(1).scaleb(-places)
    return places < 2 and near and shown != half_up(shown, 0)


def _by_person(evidence: Evidence) -> np.ndarray:
    return evidence.flags("scores", "method", lambda text: text in _BY_PERSON)


def _undecided(evidence: Evidence) -> np.ndarray:
    printed = evidence.scores["reported_score"].notna() & evidence.scores["weight"].notna()
    return printed.to_numpy() & evidence.flags("scores", "decided_by", lambda text: text == "nobody")


def standard_without_figures(evidence: Evidence, check: Check) -> Outcome:
    """Points given although the standard asks for a calculation that nothing printed allows (无数据可算)."""
    asked = evidence.counted & ~_by_person(evidence) & evidence.scores["reported_score"].notna().to_numpy()
    said = evidence.flags("scores", "actual_text", bool) | evidence.flags("scores", "actual_cell", bool)
    has_rule = ~evidence.flags("scores", "method", lambda text: text == "unruled")  # without one nothing is asked
    is_of_nothing = evidence.totals["annual_budget_wan"].eq(0).to_numpy()[evidence.position("scores")]  # 0 ÷ 0 is none
    is_rate = evidence.flags("scores", "indicator", lambda text: text == reading_words()["execution"])
    has_figure = is_rate & evidence.scores["actual_value"].notna().to_numpy() & ~is_of_nothing  # the printed rate
    rows = evidence.scores[asked & _undecided(evidence) & said & has_rule & ~has_figure]
    found = problems(
        rows,
        cell="score_cell",
        printed=rows["reported_score"].map(points_text),
        derived="",
        method=rows["method"].map(lambda name: methods()[name].name),
        actual=rows["actual_text"].where(rows["actual_text"] != "", word("target_state", "blank")),
    )
    return Outcome(found, count_true(asked))


def judgement_refused(evidence: Evidence, check: Check) -> Outcome:
    """A person's figure that the rule does not allow (认定不在允许范围)."""
    asked = evidence.counted & _by_person(evidence) & evidence.scores["reported_score"].notna().to_numpy()
    rows = evidence.scores[asked & _undecided(evidence)]
    bounds = zip(rows["score_low"], rows["score_high"], strict=True)
    found = problems(
        rows,
        cell="score_cell",
        printed=rows["reported_score"].map(points_text),
        derived=[f"{points_text(low)}－{points_text(high)}" for low, high in bounds],
        explanation=rows["score_explanation"],
    )
    return Outcome(found, count_true(asked))


def _lost(evidence: Evidence) -> np.ndarray:
    """Return the points each counted row lost, missing when it does not say."""
    lost = (evidence.scores["weight"] - evidence.scores["reported_score"]).to_numpy("float64")
    return np.where(evidence.counted, lost, np.nan)


def missing_reason(evidence: Evidence, check: Check) -> Outcome:
    """Points lost without a word why, in a form that has a column for it (缺偏差原因)."""
    lost = _lost(evidence)
    asked = (lost > TOLERANCE) & evidence.flags("scores", "reason_cell", bool)
    wrong = asked & evidence.flags("scores", "deviation_reason", lambda text: not text)
    rows = evidence.scores[wrong]
    found = problems(
        rows,
        cell="reason_cell",
        printed="",
        derived=label("deviation_reason"),
        target=rows["target_text"],
        actual=rows["actual_text"],
        lost=[points_text(points) for points in lost[wrong]],
    )
    return Outcome(found, count_true(asked))


def reason_of_another(evidence: Evidence, check: Check) -> Outcome:
    """Points lost for a reason that names another indicator of the project, and not its own (以他项原因扣分)."""
    rows = evidence.scores
    lost = _lost(evidence) > TOLERANCE
    shortest = check.drawn(Shortest).shortest
    project = evidence.project("scores").astype(np.int64) * 10_000 + rows["year"].to_numpy(np.int64)
    found, checked = [], 0
    names, texts = evidence.distinct("scores", "indicator")
    plain = [normalise(text) for text in texts]
    for column in ("deviation_reason", "remark"):
        reason, reasons = evidence.distinct("scores", column)
        said = [normalise(text) for text in reasons]
        asked = np.flatnonzero(lost & evidence.flags("scores", column, lambda text: len(normalise(text)) >= shortest))
        checked += len(asked)
        if not len(asked):
            continue
        mine = np.flatnonzero(np.isin(project, project[asked]) & (evidence.name() >= 0))
        pairs = pd.DataFrame({"at": asked, "project": project[asked], "reason": reason[asked], "own": names[asked]})
        others = pd.DataFrame({"project": project[mine], "name": names[mine]}).drop_duplicates()
        pairs = pairs.merge(others, on="project", validate="m:m")
        tried = pairs[["reason", "name", "own"]].drop_duplicates()  # each reason is searched once for each name
        named = [
            plain[name] != plain[own]
            and len(plain[name]) >= shortest
            and plain[name] in said[text]
            and plain[own] not in said[text]
            and plain[name] not in plain[own]
            for text, name, own in tried.itertuples(index=False)
        ]
        hits = pairs.merge(tried[named], on=["reason", "name", "own"], validate="m:1")
        hits = hits.assign(length=[len(texts[name]) for name in hits["name"]]).sort_values(["at", "length"])
        hits = hits.drop_duplicates("at", keep="last")
        bad = rows.iloc[hits["at"].to_numpy()]
        found.append(
            problems(
                bad,
                cell="score_cell",
                printed=bad["reported_score"].map(points_text),
                derived=bad["weight"].map(points_text),
                lost=(bad["weight"] - bad["reported_score"]).map(points_text),
                column=label(column),
                reason=bad[column],
                other=[texts[name] for name in hits["name"]],
                **gap_between(bad["reported_score"], bad["weight"]),
            )
        )
    return Outcome(pd.concat(found, ignore_index=True) if found else rows.iloc[:0], checked)


def discretionary_share(evidence: Evidence, check: Check) -> Outcome:
    """The share of the points that no rule determines (酌情分值占比)."""
    place = np.where(evidence.counted, evidence.position("scores"), -1)
    free = evidence.flags("scores", "decided_by", lambda text: text != "rule")
    weight = evidence.scores["weight"].to_numpy("float64")
    size = len(evidence.totals)
    parts = sum_by(place, np.where(free | np.isnan(weight), weight, 0.0), size)
    whole = sum_by(place, weight, size)
    share = np.where(whole > 0, parts / np.where(whole > 0, whole, 1), np.nan)
    wrong = np.round(share, 4) >= check.drawn(Share).share
    rows = placed(evidence.totals[wrong], "total_cell")
    found = problems(
        rows,
        cell="source_cell",
        printed=[points_text(points) if points == points else "" for points in rows["total_reported"]],
        derived=[points_text(points) for points in parts[wrong]],
        whole=[points_text(points) for points in whole[wrong]],
        rate=[percent_text(one) for one in share[wrong]],
        count=np.bincount(place[(place >= 0) & free], minlength=size)[wrong] if size else [],
    )
    return Outcome(found, count_true(~np.isnan(share)))


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (
        met_but_deducted,
        missed_but_full,
        score_against_standard,
        standard_without_figures,
        judgement_refused,
        missing_reason,
        reason_of_another,
        discretionary_share,
    )
}
"""The checks of this module by code."""
