"""Checks of points and weights (分值与得分): sums at every level, copies of a table, totals, grades, claimed counts."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from jixiao.checks.evidence import CheckFunction, Evidence, category_sums, neighbours
from jixiao.checks.findings import TOLERANCE, Check, Outcome, check_words, count_true, gap_between, placed, problems
from jixiao.checks.thresholds import Lowest
from jixiao.core.exact import positions, sum_by
from jixiao.core.vocabulary import category_group, label, reading_words, word
from jixiao.core.writing import percent_text, points_text, points_texts
from jixiao.scoring.frameworks import load_framework


def score_range(evidence: Evidence, check: Check) -> Outcome:
    """Points below nothing or above the weight (得分超出分值)."""
    scores = evidence.scores
    points = scores["reported_score"].to_numpy("float64")
    left = scores["weight"].to_numpy("float64") - points
    wrong = scores.iloc[np.flatnonzero((points < 0) | (left < -1e-9))]
    rows = problems(
        wrong,
        cell="score_cell",
        printed=points_texts(wrong["reported_score"]).array,
        derived=points_texts(wrong["weight"]).array,
        **gap_between(wrong["reported_score"], wrong["weight"]),
    )
    return Outcome(rows, len(left) - count_true(np.isnan(left)))


def has_unread_columns(evidence: Evidence) -> np.ndarray:
    """Say of which evaluations a column was not understood (有未读的栏): nothing is concluded from what they lack.

    So it is with forms whose goals have a whole tree of indicators each: their rows add up to no total.
    """
    return evidence.keep("unread columns", lambda: _has_unread(evidence))


def _has_unread(evidence: Evidence) -> np.ndarray:
    place, reasons = ["source_file", "source_sheet"], reading_words()["reasons"]
    skipped, guesses = evidence.frames.skipped, evidence.frames.guesses
    unread = pd.concat(
        [
            skipped.loc[skipped["reason"].eq(reasons["not_understood"]), place],
            guesses.loc[guesses["reason"].eq(reasons["several_goals"]), place],
        ]
    ).drop_duplicates()
    if unread.empty:
        return np.zeros(len(evidence.totals), bool)
    return (
        evidence.totals[place].merge(unread, how="left", indicator=True, validate="m:1")["_merge"].eq("both").to_numpy()
    )


def score_missing(evidence: Evidence, check: Check) -> Outcome:
    """A counted row without points although a total is printed (缺得分)."""
    place = evidence.position("scores")
    total = np.append(evidence.totals["total_reported"].to_numpy("float64"), np.nan)[place]
    asked = evidence.counted & ~np.isnan(total) & ~np.append(has_unread_columns(evidence), False)[place]
    no_score, no_weight = evidence.scores["reported_score"].isna(), evidence.scores["weight"].isna()
    wrong = ((no_score | no_weight) & asked).to_numpy()
    bare, no_score, no_weight = evidence.scores[wrong], no_score[wrong], no_weight[wrong]
    words = check_words()
    missing = np.select([no_score & no_weight, no_weight], [words["weight_and_score"], words["weight"]], words["score"])
    rows = problems(
        bare,
        cell="source_cell",
        printed="",
        derived=missing,
        total=pd.Series(total[wrong], index=bare.index).map(points_text),
        indicator=bare["indicator"].where(bare["indicator"] != "", bare["subcategory"]),
    )
    return Outcome(rows, count_true(asked))


def _named(evidence: Evidence, rows: pd.DataFrame, frame: str) -> pd.DataFrame:
    """Add project and department to some rows of a frame."""
    place = evidence.position(frame)[rows.index]
    named = evidence.totals[["project", "department"]].iloc[place]
    return rows.assign(project=named["project"].to_numpy(), department=named["department"].to_numpy())


def _different(rows: pd.DataFrame, printed: str, derived: str, *, cell: str) -> Outcome:
    """Return the rows in which two columns of points differ."""
    gap = np.abs(rows[printed].to_numpy("float64") - rows[derived].to_numpy("float64"))
    wrong = rows.iloc[np.flatnonzero(gap > TOLERANCE)]
    found = problems(
        wrong,
        cell=cell,
        printed=points_texts(wrong[printed]).array,
        derived=points_texts(wrong[derived]).array,
        **gap_between(wrong[printed], wrong[derived]),
    )
    return Outcome(found, count_true(~np.isnan(gap)))


def heading_weights(evidence: Evidence, check: Check) -> Outcome:
    """Weights of the parts against the weight printed at their heading (分值层级核对)."""
    found = _different(evidence.frames.headings, "heading_weight", "parts_weight", cell="heading_cell")
    return Outcome(_named(evidence, found.rows, "headings"), found.checked)


def level_weights(evidence: Evidence, check: Check) -> Outcome:
    """Weights printed at the level-2 headings against their level-1 heading, in the same table (二级对一级)."""
    rows = evidence.frames.headings.assign(place=evidence.position("headings"))
    is_top = rows["heading_level"] == "category"
    tops = rows[is_top & rows["heading_weight"].notna()].drop_duplicates(["place", "table", "heading"])
    # A heading over nothing but placeholder rows (无) has no parts and prints no weight of its own.
    parts = rows[~is_top & (rows["heading_weight"] > 0)]
    under, top = ["place", "table", "parent"], ["place", "table", "heading"]
    sums = parts.groupby(under)["heading_weight"].agg(sum_of_parts="sum", given="size")
    both = tops.join(sums, on=top)
    complete = both["given"] == both["children"]
    both["sum_of_parts"] = both["sum_of_parts"].round(6).where(complete)
    found = _different(both, "heading_weight", "sum_of_parts", cell="heading_cell")
    wrong = _named(evidence, found.rows, "headings")
    if wrong.empty:
        return Outcome(wrong, found.checked)
    texts = parts.assign(parts=parts["heading"].str.cat(points_texts(parts["heading_weight"]).array))
    return Outcome(wrong.join(texts.groupby(under)["parts"].agg("、".join), on=top), found.checked)


def heading_scores(evidence: Evidence, check: Check) -> Outcome:
    """Points of the parts against the points printed at their heading (得分层级核对)."""
    found = _different(evidence.frames.headings, "heading_score", "parts_score", cell="heading_cell")
    return Outcome(_named(evidence, found.rows, "headings"), found.checked)


def copy_differs(evidence: Evidence, check: Check) -> Outcome:
    """A heading whose weight is another one in another table of the same document (各表一致)."""
    rows, place = evidence.frames.headings, evidence.position("headings")
    same = [place, *(evidence.recode("headings", column, category_group) for column in ("heading", "parent"))]
    same.append(evidence.recode("headings", "heading_level", str))
    usable = rows["heading_weight"].notna().to_numpy() & (place >= 0)
    first, second = neighbours(usable, same=same, then=np.arange(len(rows)))
    table, _ = evidence.distinct("headings", "table")
    pair = table[first] != table[second]
    found, other = rows.iloc[first[pair]], rows.iloc[second[pair]].set_axis(first[pair])
    wrong = (found["heading_weight"] - other["heading_weight"]).abs() > TOLERANCE
    found, other = found[wrong], other[wrong]
    laid = problems(
        found,
        cell="heading_cell",
        printed=found["heading_weight"].map(points_text),
        derived=other["heading_weight"].map(points_text),
        other=other["table"],
        other_cell=other["heading_cell"],
        **gap_between(found["heading_weight"], other["heading_weight"]),
    )
    return Outcome(_named(evidence, laid, "headings"), count_true(pair))


def total_weight(evidence: Evidence, check: Check) -> Outcome:
    """The sum of the weights against full score (分值合计)."""
    rows = evidence.totals
    full = evidence.look_up("totals", "framework", lambda name: float(load_framework(name).full_score), np.nan)
    gap = (rows["weight_sum"] - full).abs().mask(has_unread_columns(evidence))
    wrong = placed(rows[gap > TOLERANCE], "total_cell")
    full = pd.Series(full[(gap > TOLERANCE).to_numpy()], index=wrong.index)
    found = problems(
        wrong,
        cell="source_cell",
        printed=wrong["weight_sum"].map(points_text),
        derived=full.map(points_text),
        **gap_between(wrong["weight_sum"], full),
    )
    return Outcome(found, count_true(gap.notna()))


def _declared_weights(evidence: Evidence, rows: np.ndarray, *, project: bool) -> np.ndarray:
    """Return the level-1 weight that the framework of each row lays down, missing without one."""
    framework, ids = evidence.distinct("scores", "framework")
    category, names = evidence.distinct("scores", "category")
    laid = np.full((len(ids) + 1, len(names) + 1), np.nan)
    number = {text: code for code, text in enumerate(names)}
    for row, framework_id in enumerate(ids):
        declared = load_framework(framework_id)
        for level in declared.categories if bool(declared.applies_to) == project else ():
            for name in level.names:
                if level.weight and name in number:
                    laid[row, number[name]] = float(level.weight)
    return laid[framework[rows], category[rows]]


def _beside_weights(evidence: Evidence, first: np.ndarray, sums: np.ndarray, laid: np.ndarray) -> Outcome:
    """Return the level-1 names whose weights are not those laid down."""
    gap = np.abs(sums - laid)
    wrong = gap > TOLERANCE
    rows = evidence.scores.iloc[first[wrong]]
    printed, derived = (pd.Series(values[wrong], index=rows.index, dtype="float64") for values in (sums, laid))
    found = problems(
        rows,
        cell="source_cell",
        printed=printed.map(points_text),
        heading=rows["category"],
        derived=derived.map(points_text),
        indicator="",
        indicator_id="",
        **gap_between(printed, derived),
    )
    return Outcome(found, count_true(~np.isnan(gap)))


def profile_weights(evidence: Evidence, check: Check) -> Outcome:
    """Weights of the level-1 categories against the general weights laid down (规定权重)."""
    first, sums = category_sums(evidence)
    laid = _declared_weights(evidence, first, project=False)
    laid[_prints_weights(evidence)[evidence.position("scores")[first]]] = np.nan
    return _beside_weights(evidence, first, sums, laid)


def _prints_weights(evidence: Evidence) -> np.ndarray:
    """Say which evaluations print weights of their own for the levels (产出指标（40分）) that make up the full score.

    With the points of the execution rate or without: such a scheme is another one, not a wrong one.
    """
    size = len(evidence.totals)
    headings, budgets = evidence.frames.headings, evidence.frames.budgets
    printed = headings[headings["heading_level"].eq("category") & headings["heading_weight"].notna()]
    money = budgets[budgets["fund"].eq("total") & budgets["weight"].notna()]
    levels, execution = (
        np.nan_to_num(sum_by(positions(rows, evidence.totals), rows[column], size))
        for rows, column in ((printed, "heading_weight"), (money, "weight"))
    )
    full = evidence.look_up("totals", "framework", lambda name: float(load_framework(name).full_score), np.nan)
    own = printed.assign(place=positions(printed, evidence.totals))
    own = own[own["place"] >= 0]
    own["framework"] = evidence.totals["framework"].to_numpy()[own["place"]]
    laid = [
        (framework, name, float(level.weight))
        for framework in own["framework"].unique()
        for level in load_framework(str(framework)).categories
        if level.weight
        for name in level.names
    ]
    weights = pd.DataFrame(laid, columns=["framework", "heading", "laid"]).drop_duplicates(["framework", "heading"])
    both = own.merge(weights.astype({"laid": "float64"}), how="left", on=["framework", "heading"], validate="m:1")
    is_other = (both["laid"] - both["heading_weight"]).abs() > TOLERANCE
    is_own = np.isin(np.arange(size), both.loc[is_other, "place"])
    is_whole = (np.abs(levels - full) < TOLERANCE) | (np.abs(levels + execution - full) < TOLERANCE)
    return np.append(is_whole & is_own, False)


def framework_weights(evidence: Evidence, check: Check) -> Outcome:
    """Weights of levels and indicators against the table the project's own framework declares (本项目评分表权重)."""
    first, sums = category_sums(evidence)
    levels = _beside_weights(evidence, first, sums, _declared_weights(evidence, first, project=True))
    codes, ids = evidence.distinct("scores", "framework")
    names = evidence.scores["indicator"]
    laid = np.full(len(evidence.scores), np.nan)
    for number, framework_id in enumerate(ids):
        framework = load_framework(framework_id)
        named = {
            name: float(rule.weight)
            for rule in framework.rules
            for column, known in rule.match
            for name in known
            if framework.applies_to and column == "indicator" and rule.weight is not None
        }
        if named:
            mine = (codes == number) & evidence.counted
            laid[mine] = names[mine].map(named).astype("float64")
    gap = (evidence.scores["weight"] - laid).abs()
    wrong = (gap > TOLERANCE).to_numpy()
    rows = evidence.scores[wrong]
    derived = pd.Series(laid[wrong], index=rows.index)
    found = problems(
        rows,
        cell="weight_cell",
        printed=rows["weight"].map(points_text),
        heading=rows["indicator"],
        derived=derived.map(points_text),
        **gap_between(rows["weight"], derived),
    )
    both = pd.concat([levels.rows, found], ignore_index=True)
    declared = [load_framework(text).basis for text in both["framework"]]
    both = both.assign(basis=[one.text for one in declared], basis_mark=[one.mark for one in declared])
    return Outcome(both, levels.checked + count_true(gap.notna()))


def outcome_share(evidence: Evidence, check: Check) -> Outcome:
    """Share of output and outcome in a department or finance evaluation (产出效益权重).

    Nothing is said of a form that lists indicators without a level above them.
    """
    groups = set(reading_words()["outcome_groups"])
    outcome = evidence.flags("scores", "category", lambda name: category_group(name) in groups)
    place = np.where(evidence.counted, evidence.position("scores"), -1)
    weight = evidence.scores["weight"].to_numpy("float64")
    size = len(evidence.totals)
    nameless = np.where(evidence.flags("scores", "category", bool), -1, place)
    is_tree = np.isnan(sum_by(nameless, np.ones(len(nameless)), size))
    asked = is_tree & evidence.totals["evaluation"].isin(["department", "finance"]).to_numpy()
    part = sum_by(place, np.where(outcome | np.isnan(weight), weight, 0.0), size)
    whole = sum_by(place, weight, size)
    share = np.where(asked & (whole > 0), part / np.where(whole > 0, whole, 1), np.nan)
    lowest = check.drawn(Lowest).lowest
    wrong = np.round(share, 4) < lowest  # as the reader sees it, in hundredths of a per cent
    rows = placed(evidence.totals[wrong], "total_cell")
    printed = pd.Series(share[wrong], index=rows.index).map(percent_text)
    found = problems(rows, cell="source_cell", printed=printed, derived=percent_text(lowest))
    return Outcome(found, count_true(~np.isnan(share)))


def total_score(evidence: Evidence, check: Check) -> Outcome:
    """The printed total against the sum of the printed points (总分核对)."""
    read = evidence.totals[~has_unread_columns(evidence)]  # no sum is false for a column that was not read
    found = _different(read, "total_reported", "reported_sum", cell="source_cell")
    return Outcome(placed(found.rows, "total_cell"), found.checked)


def grade(evidence: Evidence, check: Check) -> Outcome:
    """The printed grade against the printed total (等级核对)."""
    rows = evidence.totals
    framework, ids = evidence.distinct("totals", "framework")
    written, wordings = evidence.distinct("totals", "grade_reported")
    named = np.array(
        [[load_framework(one).grade_named(text) if text else "" for text in wordings] for one in ids], dtype=object
    ).reshape(len(ids), len(wordings))
    meant = named[framework, written] if len(rows) else np.zeros(0, object)
    asked = (rows["grade_reported"] != "") & rows["reported_grade"].notna()
    wrong = asked & (meant != rows["reported_grade"].astype("object").to_numpy())
    bad = placed(rows[wrong], "grade_cell")
    found = problems(
        bad,
        cell="source_cell",
        printed=bad["grade_reported"],
        derived=[word("grade", value) for value in bad["reported_grade"]],
        severity=np.where(meant[wrong.to_numpy()] == "", "question", check.severity),  # a wording nobody declared
        total=bad["total_reported"].map(points_text),
    )
    return Outcome(found, count_true(asked))


def claimed_counts(evidence: Evidence, check: Check) -> Outcome:
    """Numbers of indicators that the text claims against the table (所称指标数)."""
    rows = evidence.totals
    place = evidence.position("scores")
    mine = evidence.counted & evidence.flags("scores", "row_level", lambda text: text == "indicator") & (place >= 0)
    size, checked, found = len(rows), 0, []
    for column in ("category", "subcategory", "indicator"):
        pattern = re.compile(reading_words()["claimed_count"].format(level=label(column)))
        claims = evidence.look_up("totals", "claimed_counts", _first_number(pattern), -1).astype(np.int64)
        rows_of = pd.Series(evidence.distinct("scores", column)[0][mine]).groupby(place[mine])
        counts = rows_of.size() if column == "indicator" else rows_of.nunique()
        have = counts.reindex(range(size), fill_value=0).to_numpy()
        asked = (claims >= 0) & (have > 0)
        wrong = asked & (claims != have)
        checked += count_true(asked)
        bad = placed(rows[wrong], "claimed_counts_cell")
        found.append(
            problems(
                bad,
                cell="source_cell",
                printed=[str(number) for number in claims[wrong]],
                derived=[str(number) for number in have[wrong]],
                heading=label(column),
                claim=[pattern.search(text)[0] for text in bad["claimed_counts"]],  # type: ignore[index]
                difference_value=(claims - have)[wrong].astype("float64"),
                indicator="",
            )
        )
    return Outcome(pd.concat(found, ignore_index=True), checked)


def _first_number(pattern: re.Pattern[str]) -> Any:
    def read(text: str) -> int:
        found = pattern.search(text)
        return int(found[1]) if found else -1

    return read


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (
        score_range,
        score_missing,
        heading_weights,
        level_weights,
        heading_scores,
        copy_differs,
        total_weight,
        profile_weights,
        framework_weights,
        outcome_share,
        total_score,
        grade,
        claimed_counts,
    )
}
"""The checks of this module by code."""
