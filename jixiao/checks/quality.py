"""Checks of the indicators themselves (指标质量): whether a target can be measured and an indicator tells a result.

All of these are readings of this project: each is a question to the unit, never an error.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from jixiao.checks.evidence import CheckFunction, Evidence, category_numbers, category_sums
from jixiao.checks.findings import Check, Outcome, at_actual, check_words, count_true, problems
from jixiao.checks.thresholds import Level, Shortest
from jixiao.core.exact import sum_by
from jixiao.core.vocabulary import category_group
from jixiao.core.writing import amount_text, percent_text, points_text
from jixiao.reading.values.values import normalise


def _at_target(rows: pd.DataFrame, **more: object) -> pd.DataFrame:
    """Lay out rows at the cell of their target; one that stands in the name of its indicator is there."""
    is_apart = rows["target_cell"] != ""
    return at_actual(rows, **more).assign(
        source_sheet=rows["achievement_sheet"].where(is_apart, rows["source_sheet"]),
        source_cell=rows["target_cell"].where(is_apart, rows["source_cell"]),
        printed=rows["target_text"],
    )


def _words(name: str) -> tuple[str, ...]:
    return tuple(check_words()[name])


def _has_target(evidence: Evidence) -> np.ndarray:
    return evidence.counted & evidence.flags("scores", "target_kind", lambda text: text != "blank")


def target_not_measurable(evidence: Evidence, check: Check) -> Outcome:
    """A target of nothing but words of degree (指标值不可衡量)."""
    vague = _words("vague")

    def is_vague(text: str) -> bool:
        plain = normalise(text)
        return not re.search(r"\d", plain) and any(word in plain for word in vague)

    asked = _has_target(evidence)
    words = evidence.flags("scores", "target_kind", lambda text: text in {"word", "text"})
    rows = evidence.scores[asked & words & evidence.flags("scores", "target_text", is_vague)]
    return Outcome(_at_target(rows, derived=""), count_true(asked))


def target_repeats_name(evidence: Evidence, check: Check) -> Outcome:
    """A target that only repeats the name of its indicator, or stands in it (指标值与名称重复)."""
    shortest = check.drawn(Shortest).shortest
    target, targets = evidence.distinct("scores", "target_text")
    name, names = evidence.distinct("scores", "indicator")
    plain = [normalise(text) for text in targets]
    called = [normalise(text) for text in names]
    asked = _has_target(evidence) & evidence.flags("scores", "target_text", lambda t: len(normalise(t)) >= shortest)
    asked &= evidence.flags("scores", "indicator", lambda text: len(normalise(text)) >= shortest)
    asked &= evidence.flags("scores", "target_cell", bool)  # a target that was read out of the name repeats nothing
    pairs = target[asked].astype(np.int64) * (len(names) + 1) + name[asked]
    tried, back = np.unique(pairs, return_inverse=True)  # each pair of texts is compared once
    same = [
        plain[pair // (len(names) + 1)] in called[pair % (len(names) + 1)]
        or called[pair % (len(names) + 1)] in plain[pair // (len(names) + 1)]
        for pair in tried
    ]
    wrong = np.flatnonzero(asked)[np.array(same, dtype=bool)[back]] if len(tried) else np.zeros(0, int)
    rows = evidence.scores.iloc[wrong]
    return Outcome(_at_target(rows, derived=rows["indicator"]), count_true(asked))


def several_targets(evidence: Evidence, check: Check) -> Outcome:
    """Several targets in one cell (一格多个指标值)."""
    parts = re.compile(check_words()["target_separator"])
    period = re.compile(check_words()["target_period"])

    def count(text: str) -> int:
        plain = re.sub(r"\([^()]*\)", "", normalise(text))
        plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", plain)
        return sum(bool(re.search(r"\d", part)) and not period.search(part) for part in parts.split(plain))

    asked = _has_target(evidence) & evidence.flags("scores", "target_kind", lambda text: text not in {"date", "period"})
    wrong = asked & evidence.flags("scores", "target_text", lambda text: count(text) > 1)
    rows = evidence.scores[wrong]
    return Outcome(_at_target(rows, derived=[str(count(text)) for text in rows["target_text"]]), count_true(asked))


def _is_self(evidence: Evidence, frame: str) -> np.ndarray:
    """Self-evaluations only: the tree of form 2 is weighted by its evaluator."""
    return evidence.flags(frame, "evaluation", lambda text: text == "self")


def one_carries_level(evidence: Evidence, check: Check) -> Outcome:
    """One indicator that carries nearly all points of a level (单个指标权重过于集中)."""
    weight, level = evidence.scores["weight"].to_numpy("float64"), category_numbers(evidence)
    _, sums = category_sums(evidence)
    whole = np.where((level >= 0) & _is_self(evidence, "scores"), np.append(sums, np.nan)[level], np.nan)
    asked = whole >= check.drawn(Level).start
    wrong = asked & (weight >= check.drawn(Level).share * whole)
    rows = evidence.scores[wrong]
    found = problems(
        rows,
        cell="weight_cell",
        printed=rows["weight"].map(points_text),
        derived=[points_text(points) for points in whole[wrong]],
        heading=rows["category"],
        rate=[percent_text(one) for one in weight[wrong] / whole[wrong]],
    )
    return Outcome(found, count_true(asked))


def missing_kind(evidence: Evidence, check: Check) -> Outcome:
    """Points for output but none for quality, or none for satisfaction (缺质量或满意度指标)."""
    place = np.where(evidence.counted & _is_self(evidence, "scores"), evidence.position("scores"), -1)
    size, words = len(evidence.totals), check_words()
    weight = np.nan_to_num(evidence.scores["weight"].to_numpy("float64"))
    group = {name: category_group(words[name]) for name in ("output", "satisfied")}
    output = evidence.flags("scores", "category", lambda text: category_group(text) == group["output"])
    quality = evidence.flags("scores", "subcategory", lambda text: words["quality"] in text)
    quality |= evidence.flags("scores", "indicator", lambda text: words["quality"] in text)
    happy = np.zeros(len(evidence.scores), dtype=bool)
    for column in ("category", "subcategory", "indicator"):
        happy |= evidence.flags("scores", column, lambda text: words["satisfied"] in text)
    points = {
        name: sum_by(place, np.where(mask, weight, 0.0), size)
        for name, mask in (("output", output), ("quality", output & quality), ("satisfied", happy))
    }
    asked = points["output"] > 0
    found = []
    for name in ("quality", "satisfied"):
        rows = evidence.totals[asked & (points[name] == 0)]
        written = [points_text(one) for one in points["output"][rows.index]]
        found.append(
            problems(
                rows, cell="source_cell", printed="", derived=words[name], output=written, verdict=check.verdicts[name]
            )
        )
    return Outcome(pd.concat(found, ignore_index=True), 2 * count_true(asked))


def cost_equals_budget(evidence: Evidence, check: Check) -> Outcome:
    """A cost indicator whose target is the budget itself (成本指标等于预算数)."""
    cost = check_words()["cost"]
    about = np.zeros(len(evidence.scores), dtype=bool)
    for column in ("category", "subcategory"):
        about |= evidence.flags("scores", column, lambda text: cost in text)
    money = evidence.flags("scores", "target_kind", lambda text: text == "money")
    budget = np.append(evidence.totals["annual_budget_wan"].to_numpy("float64"), np.nan)[evidence.position("scores")]
    target = evidence.scores["target_value"].to_numpy("float64")
    asked = evidence.counted & about & money & ~np.isnan(target) & ~np.isnan(budget)
    wrong = asked & (np.abs(target - budget) < 0.005)
    rows = evidence.scores[wrong]
    return Outcome(_at_target(rows, derived=[amount_text(one) for one in budget[wrong]]), count_true(asked))


def process_as_result(evidence: Evidence, check: Check) -> Outcome:
    """A process counted as a result (过程当作效益)."""
    process, outcome = _words("process"), category_group(check_words()["outcome"])
    asked = evidence.counted & evidence.flags("scores", "category", lambda text: category_group(text) == outcome)
    asked &= evidence.flags("scores", "indicator", bool)
    wrong = asked & evidence.flags("scores", "indicator", lambda text: any(word in text for word in process))
    rows = evidence.scores[wrong]
    named = [next(word for word in process if word in text) for text in rows["indicator"]]
    found = problems(rows, cell="source_cell", printed=rows["indicator"], derived="", named=named)
    return Outcome(found, count_true(asked))


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (
        target_not_measurable,
        target_repeats_name,
        several_targets,
        one_carries_level,
        missing_kind,
        cost_equals_budget,
        process_as_result,
    )
}
"""The checks of this module by code."""
