"""Checks of points and weights (分值与得分): sums at every level, totals, grades, claimed counts."""

from __future__ import annotations

import re

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
from jixiao.framework import load_framework
from jixiao.schemas import EVALUATION_KEY, exact_sum
from jixiao.scoring import percent_text, points_text
from jixiao.vocabulary import category_group, label, reading_words, word


def score_range(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Points below nothing or above the weight (得分超出分值)."""
    scores = evidence.scores
    wrong = scores[(scores["reported_score"] < 0) | (scores["reported_score"] > scores["weight"] + 1e-9)]
    return problems(
        wrong,
        cell="score_cell",
        printed=wrong["reported_score"].map(points_text),
        derived=wrong["weight"].map(points_text),
        **gap_between(wrong["reported_score"], wrong["weight"]),
    )


def score_missing(evidence: Evidence, check: Check) -> pd.DataFrame:
    """A counted row without points although a total is printed (缺得分)."""
    rows = counted_rows(evidence).merge(
        evidence.totals[[*EVALUATION_KEY, "total_reported"]], on=EVALUATION_KEY, validate="m:1"
    )
    no_score, no_weight = rows["reported_score"].isna(), rows["weight"].isna()
    bare = rows[(no_score | no_weight) & rows["total_reported"].notna()]
    words = check_words()
    kinds = [no_score[bare.index] & no_weight[bare.index], no_weight[bare.index]]
    missing = np.select(kinds, [words["weight_and_score"], words["weight"]], words["score"])
    return problems(
        bare,
        cell="source_cell",
        printed="",
        derived=missing,
        total=bare["total_reported"].map(points_text),
        indicator=bare["indicator"].where(bare["indicator"] != "", bare["subcategory"]),
    )


def _headings(evidence: Evidence) -> pd.DataFrame:
    named = evidence.frames.evaluations[[*EVALUATION_KEY, "project", "department"]]
    return evidence.frames.headings.merge(named, on=EVALUATION_KEY, validate="m:1")


def _different(rows: pd.DataFrame, printed: str, derived: str, *, cell: str) -> pd.DataFrame:
    """Return the rows in which two columns of points differ."""
    wrong = rows[(rows[printed] - rows[derived]).abs() > TOLERANCE]
    return problems(
        wrong,
        cell=cell,
        printed=wrong[printed].map(points_text),
        derived=wrong[derived].map(points_text),
        **gap_between(wrong[printed], wrong[derived]),
    )


def heading_weights(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Weights of the parts against the weight printed at their heading (分值层级核对)."""
    return _different(_headings(evidence), "heading_weight", "parts_weight", cell="heading_cell")


def level_weights(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Weights printed at the level-2 headings against their level-1 heading, in the same table (二级对一级)."""
    rows = _headings(evidence)
    key = [*EVALUATION_KEY, "table"]
    parents = rows[(rows["heading_level"] == "category") & rows["heading_weight"].notna()]
    # A heading over nothing but placeholder rows (无) has no parts and prints no weight of its own.
    parts = rows[(rows["heading_level"] == "subcategory") & (rows["heading_weight"] > 0)].copy()
    parts["written"] = [f"{row.heading}{points_text(row.heading_weight)}" for row in parts.itertuples()]
    summed = (
        parts.groupby([*key, "parent"], sort=False)
        .agg(sum_of_parts=("heading_weight", exact_sum), parts=("written", "、".join), given=("heading", "size"))
        .reset_index()
    )
    both = parents.merge(summed, left_on=[*key, "heading"], right_on=[*key, "parent"], validate="1:1")
    both["sum_of_parts"] = both["sum_of_parts"].astype("float64")
    complete = both["given"] == both["children"]
    return _different(both[complete], "heading_weight", "sum_of_parts", cell="heading_cell")


def heading_scores(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Points of the parts against the points printed at their heading (得分层级核对)."""
    return _different(_headings(evidence), "heading_score", "parts_score", cell="heading_cell")


def _total_rows(evidence: Evidence, cell: str) -> pd.DataFrame:
    """Return the totals with sheet and cell of a place that is written as sheet!cell."""
    rows = evidence.totals
    places = [
        (sheet, address) if sheet else (other_sheet, other_cell)
        for (sheet, _, address), other_sheet, other_cell in zip(
            (text.rpartition("!") for text in rows[cell]), rows["source_sheet"], rows["source_cell"], strict=True
        )
    ]
    return rows.assign(source_sheet=[sheet for sheet, _ in places], source_cell=[address for _, address in places])


def total_weight(evidence: Evidence, check: Check) -> pd.DataFrame:
    """The sum of the weights against full score (分值合计)."""
    rows = _total_rows(evidence, "total_cell")
    full = rows["framework"].map(lambda name: float(load_framework(name).full_score)).astype("float64")
    wrong = rows[(rows["weight_sum"] - full).abs() > TOLERANCE]
    full = full[wrong.index]
    return problems(
        wrong,
        cell="source_cell",
        printed=wrong["weight_sum"].map(points_text),
        derived=full.map(points_text),
        **gap_between(wrong["weight_sum"], full),
    )


def profile_weights(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Weights of the level-1 categories of a self-evaluation against the weights laid down (规定权重)."""
    rows = counted_rows(evidence)
    rows = rows[rows["evaluation"] == "self"]
    expected: dict[tuple[str, str], float] = {}
    for framework_id in rows["framework"].unique():
        for category in load_framework(framework_id).categories:
            expected |= {(framework_id, name): float(category.weight) for name in category.names if category.weight}
    if rows.empty:
        return rows.assign(printed="", derived="")
    first = {
        column: (column, "first") for column in ("project", "department", "source_file", "source_sheet", "source_cell")
    }
    summed = (
        rows.groupby([*EVALUATION_KEY, "framework", "category"], sort=False)
        .agg(weight=("weight", exact_sum), **first)
        .reset_index()
    )
    summed["weight"] = summed["weight"].astype("float64")
    keys = zip(summed["framework"], summed["category"], strict=True)
    summed["expected"] = pd.Series([expected.get(key) for key in keys], index=summed.index, dtype="float64")
    wrong = summed[(summed["weight"] - summed["expected"]).abs() > TOLERANCE]
    return problems(
        wrong,
        cell="source_cell",
        printed=wrong["weight"].map(points_text),
        heading=wrong["category"],
        derived=wrong["expected"].map(points_text),
        **gap_between(wrong["weight"], wrong["expected"]),
    )


def outcome_share(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Share of output and outcome in a department or finance evaluation (产出效益权重)."""
    rows = counted_rows(evidence)
    rows = rows[rows["evaluation"] != "self"].assign(group=rows["category"].map(category_group))
    outcome = rows["group"].isin(reading_words()["outcome_groups"])
    weights = rows[["weight"]].where(outcome, other=0.0)
    sums = rows.assign(part=weights["weight"]).groupby(EVALUATION_KEY)[["part", "weight"]].agg(exact_sum)
    totals = _total_rows(evidence, "total_cell").merge(sums.reset_index(), on=EVALUATION_KEY, validate="1:1")
    share = (totals["part"] / totals["weight"]).astype("float64")
    lowest = float(check.thresholds["lowest"])
    wrong = totals[share.round(4) < lowest]  # as the reader sees it, in hundredths of a per cent
    return problems(
        wrong, cell="source_cell", printed=share[wrong.index].map(percent_text), derived=percent_text(lowest)
    )


def total_score(evidence: Evidence, check: Check) -> pd.DataFrame:
    """The printed total against the sum of the printed points (总分核对)."""
    return _different(_total_rows(evidence, "total_cell"), "total_reported", "reported_sum", cell="source_cell")


def grade(evidence: Evidence, check: Check) -> pd.DataFrame:
    """The printed grade against the printed total (等级核对)."""
    rows = _total_rows(evidence, "grade_cell")
    rows = rows[(rows["grade_reported"] != "") & rows["reported_grade"].notna()]
    named = [load_framework(row.framework).grade_named(row.grade_reported) for row in rows.itertuples()]
    found = pd.Series(named, index=rows.index, dtype="str")
    wrong = rows[found != rows["reported_grade"].astype("str")]
    return problems(
        wrong,
        cell="source_cell",
        printed=wrong["grade_reported"],
        derived=[word("grade", value) for value in wrong["reported_grade"]],
        severity=np.where(found[wrong.index] == "", "question", check.severity),  # a wording nobody declared
        total=wrong["total_reported"].map(points_text),
    )


def claimed_counts(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Numbers of indicators that the text claims against the table (所称指标数)."""
    rows = _total_rows(evidence, "claimed_counts_cell")
    table = evidence.scores[evidence.scores["row_level"] == "indicator"]
    table = table[table["is_counted"]]
    grouped = table.groupby(EVALUATION_KEY)
    counts = pd.DataFrame(
        {
            "category": grouped["category"].nunique(),
            "subcategory": grouped["subcategory"].nunique(),
            "indicator": grouped.size(),
        }
    )
    found = []
    for row in rows[rows["claimed_counts"] != ""].to_dict("records"):
        have = counts.loc[tuple(row[key] for key in EVALUATION_KEY)]
        for column in counts.columns:
            claim = re.search(reading_words()["claimed_count"].format(level=label(column)), row["claimed_counts"])
            if claim and int(claim[1]) != have[column]:
                found.append(
                    {
                        **row,
                        "printed": claim[1],
                        "derived": str(have[column]),
                        "claim": claim[0],
                        "difference_value": float(int(claim[1]) - have[column]),
                        "indicator": "",
                    }
                )
    return pd.DataFrame(found)


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (
        score_range,
        score_missing,
        heading_weights,
        level_weights,
        heading_scores,
        total_weight,
        profile_weights,
        outcome_share,
        total_score,
        grade,
        claimed_counts,
    )
}
"""The checks of this module by code."""
