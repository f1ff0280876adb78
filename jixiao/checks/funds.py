"""Checks of funds (资金): parts and totals, lists and subprojects, budgets that move, money that appears twice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from jixiao.checks.evidence import CheckFunction, Evidence, neighbours
from jixiao.checks.findings import Check, Outcome, count_true, gap_between, problems
from jixiao.checks.money import money_cell, money_rows, named_money
from jixiao.checks.thresholds import Digits, KnownShare, Share
from jixiao.core.exact import sum_by
from jixiao.core.frames import EVALUATION_KINDS
from jixiao.core.vocabulary import label, value_labels, word
from jixiao.core.writing import amount_text, percent_text

_COLUMNS = ("annual_budget_wan", "executed_wan")


def _group(evidence: Evidence) -> np.ndarray:
    """Return the number of the evaluation each row of the budgets belongs to, lists among them."""

    def work() -> np.ndarray:
        kind, _ = evidence.distinct("budgets", "evaluation")
        who, _ = evidence.distinct("budgets", "project_id")
        year = evidence.frames.budgets["year"].to_numpy(np.int64)
        return pd.factorize((who.astype(np.int64) * 10_000 + year) * 16 + kind)[0]

    return evidence.keep("fund_group", work)


def _is_total(evidence: Evidence) -> np.ndarray:
    return evidence.flags("budgets", "fund", lambda text: text == "total")


def funds_sum(evidence: Evidence, check: Check) -> Outcome:
    """The parts of the funds against their total, column by column (资金来源核对)."""
    rows, is_term = evidence.frames.budgets, evidence.flags("budgets", "fund", lambda text: text.startswith("term_"))
    is_total = evidence.flags("budgets", "fund", lambda text: text in {"total", "term_total"})
    # A source of another name may be part of a declared one, so its form is left to a person.
    file, files = evidence.distinct("budgets", "source_file")
    odd = evidence.flags("budgets", "fund", lambda text: text not in value_labels()["fund"])
    left = np.bincount(file, odd, len(files))[file] > 0 if len(rows) else odd
    group = _group(evidence) * 2 + is_term
    size, checked, found = int(group.max(initial=-1)) + 1, 0, []
    for column in ("initial_budget_wan", *_COLUMNS):
        values = rows[column].to_numpy("float64")
        parts = sum_by(np.where(is_total | left, -1, group), values, size, missing="left_out")[group]
        asked = is_total & ~np.isnan(parts) & ~np.isnan(values)
        wrong = asked & (np.abs(values - parts) > 0.015)
        checked += count_true(asked)
        bad = named_money(evidence, money_rows(evidence).iloc[np.flatnonzero(wrong)])
        sums = pd.Series(parts[wrong], index=bad.index)
        found.append(
            problems(
                bad,
                cell=money_cell(column),
                printed=bad[column].map(amount_text),
                column=label(column),
                derived=sums.map(amount_text),
                **gap_between(bad[column], sums),
            )
        )
    return Outcome(pd.concat(found, ignore_index=True), checked)


def list_sum(evidence: Evidence, check: Check) -> Outcome:
    """小计 and 合计 of a budget list against its rows (一览表合计核对)."""
    rows = evidence.frames.list_totals
    rows = rows.assign(project_id="", evaluation="budget_list", project=rows["list_label"], column="")
    parts = {"annual_budget_wan": rows["parts_budget_wan"]}
    budgets = evidence.frames.budgets
    listed = budgets[evidence.flags("budgets", "evaluation", lambda text: text == "budget_list")]
    grouped = listed.groupby(["source_file", "source_sheet"])
    where = pd.MultiIndex.from_frame(rows[["source_file", "source_sheet"]])
    listed_rows = grouped.size().reindex(where).to_numpy()
    complete = rows["parts_count"].to_numpy("float64", na_value=np.nan) == listed_rows
    for column in ("arrived_wan", "issued_wan", "executed_wan"):
        is_known = complete & (grouped[column].count().reindex(where).to_numpy() == listed_rows)
        sums = grouped[column].sum().round(6).reindex(where).to_numpy("float64")
        parts[column] = pd.Series(np.where(is_known, sums, np.nan), index=rows.index)
    tolerance = 0.005 * (rows["parts_count"].astype("float64") + 1)
    checked, found = 0, []
    for column, sums in parts.items():
        gap = (rows[column] - sums).abs()
        checked += count_true(gap.notna())
        wrong = rows[gap > tolerance]
        found.append(
            problems(
                wrong.assign(column=label(column)),
                cell=money_cell(column),
                printed=wrong[column].map(amount_text),
                derived=sums[wrong.index].map(amount_text),
                heading=wrong["list_label"],
                count=wrong["parts_count"],
                **gap_between(wrong[column], sums[wrong.index]),
            )
        )
    return Outcome(pd.concat(found, ignore_index=True), checked)


def subproject_sum(evidence: Evidence, check: Check) -> Outcome:
    """The subprojects of a list against the project they belong to (子项目与上级项目)."""
    projects = evidence.frames.projects
    is_sub = (projects["project_level"] == "subproject").to_numpy()
    if not is_sub.any():
        return Outcome(projects.head(0), 0)
    rows = money_rows(evidence)
    listed = rows[(rows["evaluation"] == "budget_list") & (rows["project_id"] != "")]
    money = listed.groupby(["year", "project_id"], as_index=False)[list(_COLUMNS)].sum(min_count=1)
    children = projects.loc[is_sub, ["year", "project_id", "parent", "department"]]
    children = children.merge(money, on=["year", "project_id"], how="left", validate="1:1")
    key = ["year", "parent", "department"]
    grouped = children.groupby(key)
    parents = projects.loc[~is_sub].rename(columns={"parent": "above"}).assign(parent=projects["project"])
    parents = parents.drop_duplicates(key)[[*key, "project_id"]]
    parents = parents.merge(grouped.size().rename("count").reset_index(), on=key, validate="1:1")
    place = listed[listed["fund"] == "total"].reset_index()
    place = place.merge(parents, on=["year", "project_id"], validate="1:1", suffixes=("", "_parent"))
    place = place.assign(department=place["department_parent"])
    found, checked = [], 0
    for column in _COLUMNS:
        sums = grouped[column].agg(["sum", "count"]).rename(columns={"sum": "parts", "count": "known"}).reset_index()
        both = place.merge(sums, on=key, validate="1:1")
        both["parts"] = both["parts"].round(6)
        gap = both[column] - both["parts"]
        room = 0.005 * (both["known"] + 1)
        over = gap < -room
        whole = (both["known"] == both["count"]) & (gap.abs() > room)
        share = check.drawn(KnownShare).known_share
        part = (both["known"] < both["count"]) & (both["known"] >= share * both["count"]) & (gap > room)
        checked += count_true(gap.notna() & (both["known"] > 0))
        wrong = both[over | whole | part]
        severity = np.where((over | whole)[wrong.index], check.severity, "question")
        named = named_money(evidence, wrong)
        found.append(
            problems(
                named,
                cell=money_cell(column),
                printed=wrong[column].map(amount_text),
                derived=wrong["parts"].map(amount_text),
                severity=severity,
                column=label(column),
                verdict=[
                    check.verdicts["part" if kind == "question" else "whole"].format(missing=count - known)
                    for kind, count, known in zip(severity, wrong["count"], wrong["known"], strict=True)
                ],
                **gap_between(wrong[column], wrong["parts"]),
            )
        )
    return Outcome(pd.concat(found, ignore_index=True), checked)


def budget_lowered(evidence: Evidence, check: Check) -> Outcome:
    """A budget of the year lowered to exactly what was spent (预算调减至执行数)."""
    rows = money_rows(evidence)
    first, budget, spent = (rows[name] for name in ("initial_budget_wan", "annual_budget_wan", "executed_wan"))
    asked = first.notna() & budget.notna() & spent.notna() & (rows["fund"] == "total")
    wrong = named_money(evidence, rows[asked & (budget == spent) & (budget < first - 1e-9) & (budget > 0)])
    found = problems(
        wrong,
        cell="annual_budget_cell",
        printed=wrong["annual_budget_wan"].map(amount_text),
        derived=wrong["initial_budget_wan"].map(amount_text),
        rate=(wrong["executed_wan"] / wrong["initial_budget_wan"]).map(percent_text),
        indicator=label("execution_rate"),
        **gap_between(wrong["annual_budget_wan"], wrong["initial_budget_wan"]),
    )
    return Outcome(found, count_true(asked))


def budget_adjusted(evidence: Evidence, check: Check) -> Outcome:
    """A budget of the year far from the one at its start (全年预算大幅调整)."""
    rows = money_rows(evidence)
    first, budget, spent = (rows[name] for name in ("initial_budget_wan", "annual_budget_wan", "executed_wan"))
    asked = (first > 0) & budget.notna() & (rows["fund"] == "total")
    share = ((budget - first).abs() / first.where(first > 0)).round(9)
    lowered = (budget == spent) & (budget < first)
    wrong = asked & (share >= check.drawn(Share).share) & ~lowered
    bad = named_money(evidence, rows[wrong])
    found = problems(
        bad,
        cell="annual_budget_cell",
        printed=bad["annual_budget_wan"].map(amount_text),
        derived=bad["initial_budget_wan"].map(amount_text),
        rate=share[wrong].map(percent_text),
        **gap_between(bad["annual_budget_wan"], bad["initial_budget_wan"]),
    )
    return Outcome(found, count_true(asked))


def carry_over_source(evidence: Evidence, check: Check) -> Outcome:
    """Money carried over that the year before did not leave (结转来源)."""
    rows = evidence.frames.budgets
    year, project = rows["year"].astype("int64"), evidence.project("budgets")
    is_self = evidence.flags("budgets", "evaluation", lambda text: text == "self")
    is_carried = evidence.flags("budgets", "fund", lambda text: text == "carry_over")
    left = (rows["annual_budget_wan"] - rows["executed_wan"]).round(6)
    carried = rows["annual_budget_wan"].fillna(rows["initial_budget_wan"])
    money = pd.DataFrame({"project": project, "year": year, "left": left, "row": np.arange(len(rows))})
    last = money[_is_total(evidence) & is_self & left.notna()].drop_duplicates(["project", "year"])
    asked = money[is_carried & is_self & (carried > 0)].drop(columns="left")
    both = asked.merge(
        last.assign(year=last["year"] + 1), on=["project", "year"], suffixes=("", "_last"), validate="m:1"
    )
    wrong = both[carried.to_numpy()[both["row"]] > both["left"] + 0.015]
    before = rows.iloc[wrong["row_last"]]
    bad = named_money(evidence, money_rows(evidence).iloc[wrong["row"]])
    printed = pd.Series(carried.to_numpy()[wrong["row"]], index=bad.index)
    derived = pd.Series(wrong["left"].to_numpy(), index=bad.index)
    found = problems(
        bad.assign(
            carried_cell=bad["annual_budget_cell"].where(bad["annual_budget_wan"].notna(), bad["initial_budget_cell"])
        ),
        cell="carried_cell",
        printed=printed.map(amount_text),
        derived=derived.map(amount_text),
        arithmetic=[
            f"{amount_text(budget)}－{amount_text(spent)}"
            for budget, spent in before[["annual_budget_wan", "executed_wan"]].itertuples(index=False)
        ],
        other=before["source_file"].to_list(),
        **gap_between(printed, derived),
    )
    return Outcome(found, len(both))


def _pairs(evidence: Evidence, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of total rows of one project and year in two evaluations that both print a column."""

    def work() -> tuple[np.ndarray, np.ndarray]:
        rows = evidence.frames.budgets
        usable = _is_total(evidence) & rows[column].notna().to_numpy() & (evidence.project("budgets") >= 0)
        kind = evidence.look_up("budgets", "evaluation", EVALUATION_KINDS.index, 0)
        return neighbours(usable, same=[evidence.project("budgets"), rows["year"].to_numpy(np.int64)], then=kind)

    return evidence.keep(("pairs", column), work)


def _is_factor(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Say which pairs are ten thousand apart, within one in a hundred."""
    low, high = np.fmin(first, second), np.fmax(first, second)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(low > 0, high / low, np.nan)
    return np.abs(ratio / 10_000 - 1) <= 0.01


def _beside(evidence: Evidence, at: np.ndarray, other: np.ndarray, column: str) -> pd.DataFrame:
    """Lay out rows of money beside those of another evaluation."""
    bad = named_money(evidence, money_rows(evidence).iloc[at])
    beside = evidence.frames.budgets.iloc[other]
    there = pd.Series(beside[column].to_numpy("float64"), index=bad.index)
    return problems(
        bad,
        cell=money_cell(column),
        printed=bad[column].map(amount_text),
        derived=there.map(amount_text),
        column=label(column),
        other=[f"{word('evaluation', row.evaluation)}（{row.source_file}）" for row in beside.itertuples()],
        **gap_between(bad[column], there),
    )


def money_copies(evidence: Evidence, check: Check) -> Outcome:
    """The same money of one project and year printed differently in two documents (各表金额一致)."""
    found, checked = [], 0
    for column in _COLUMNS:
        first, second = _pairs(evidence, column)
        values = evidence.frames.budgets[column].to_numpy("float64")
        one, two = values[first], values[second]
        checked += len(first)
        near = (np.abs(one - two) > 1e-9) & ~_is_factor(one, two)
        wrong = np.flatnonzero(near)
        wrong = wrong[[not _is_rounded(one[at], two[at]) for at in wrong]]
        found.append(_beside(evidence, first[wrong], second[wrong], column))
    return Outcome(pd.concat(found, ignore_index=True), checked)


def _is_rounded(first: float, second: float) -> bool:
    """Say whether one amount is the other one, rounded to at least two decimals (尾差)."""
    one, two = (Decimal(repr(float(value))) for value in (first, second))
    places = max(2, min(-int(value.as_tuple().exponent) for value in (one, two)))
    step = Decimal(1).scaleb(-places)
    return one.quantize(step, rounding=ROUND_HALF_UP) == two.quantize(step, rounding=ROUND_HALF_UP)


def unit_slip(evidence: Evidence, check: Check) -> Outcome:
    """Amounts ten thousand times apart: 元 written for 万元 (金额单位)."""
    rows = evidence.frames.budgets
    found, checked = [], 0
    for column in _COLUMNS:
        first, second = _pairs(evidence, column)
        values = rows[column].to_numpy("float64")
        wrong = _is_factor(values[first], values[second])
        checked += len(first)
        if not wrong.any():
            continue
        laid = _beside(evidence, first[wrong], second[wrong], column)
        found.append(laid.assign(severity=check.severity))
    budget = rows["annual_budget_wan"].to_numpy("float64")
    for column in ("initial_budget_wan", "arrived_wan", "executed_wan"):
        values = rows[column].to_numpy("float64")
        wrong = np.flatnonzero(_is_factor(values, budget))
        checked += count_true(~np.isnan(values) & ~np.isnan(budget))
        if not len(wrong):
            continue
        bad = named_money(evidence, money_rows(evidence).iloc[wrong])
        found.append(
            problems(
                bad,
                cell=money_cell(column),
                printed=bad[column].map(amount_text),
                derived=bad["annual_budget_wan"].map(amount_text),
                severity="question",
                column=label(column),
                other=label("annual_budget_wan"),
                **gap_between(bad[column], bad["annual_budget_wan"]),
            )
        )
    return Outcome(pd.concat(found, ignore_index=True) if found else rows.iloc[:0], checked)


def double_counting(evidence: Evidence, check: Check) -> Outcome:
    """The same uneven amount under two projects of one unit, or under one name in two units (重复列支)."""
    rows = evidence.frames.budgets
    total = _is_total(evidence)
    found, checked = [], 0
    for column in _COLUMNS:
        amounts = np.rint(np.nan_to_num(rows[column].to_numpy("float64")) * 10_000).astype(np.int64)
        uneven = total & _is_uneven(amounts, check.drawn(Digits).digits)
        checked += count_true(uneven)
        twice = np.flatnonzero(uneven)
        twice = twice[pd.Series(amounts[twice]).duplicated(keep=False).to_numpy()]
        for first, second in _of_one_place(evidence, twice, amounts[twice]):
            laid = _beside(evidence, first, second, column)
            names, texts = evidence.distinct("projects", "project")
            other = names[evidence.first_project()[evidence.project("budgets")[second]]]
            found.append(laid.assign(other=[texts[number] for number in other], difference_value=np.nan))
    both = pd.concat(found, ignore_index=True).drop_duplicates(["source_file", "source_cell"]) if found else rows[:0]
    return Outcome(both, checked)


def _is_uneven(amounts: np.ndarray, digits: int) -> np.ndarray:
    """Say which whole amounts have at least so many digits before the zeros at their end (非整数金额)."""
    whole = np.floor(np.log10(np.maximum(amounts, 1))).astype(np.int64) + 1
    return (whole >= digits) & (amounts % 10 ** np.maximum(whole - digits + 1, 0) != 0)


def _of_one_place(evidence: Evidence, rows: np.ndarray, amounts: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs of rows with one amount and year in one department: of one unit, of one name (同一单位或同名)."""
    year = evidence.frames.budgets["year"].to_numpy(np.int64)[rows]
    project = evidence.project("budgets")[rows]
    listed = evidence.first_project()[project]
    department = evidence.distinct("projects", "department")[0][listed]
    parent, name = (evidence.distinct("projects", column) for column in ("parent", "project"))
    number = {text: code for code, text in enumerate(name[1])}
    above = np.array([*(number.get(text, -1) for text in parent[1]), -1])[parent[0]][listed]
    own, unit = name[0][listed], evidence.distinct("projects", "unit")[0][listed]
    bare = evidence.flags("projects", "unit", lambda text: not text)[listed]
    for codes, usable in ((unit, ~bare), (evidence.cores()[0][listed], np.ones(len(rows), dtype=bool))):
        first, second = neighbours(usable, same=[amounts, year, department, codes], then=project)
        is_pair = project[first] != project[second]
        is_pair &= (above[first] != own[second]) & (above[second] != own[first])  # a project and its part are one
        if is_pair.any():
            yield rows[first[is_pair]], rows[second[is_pair]]


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (
        funds_sum,
        list_sum,
        subproject_sum,
        budget_lowered,
        budget_adjusted,
        carry_over_source,
        money_copies,
        unit_slip,
        double_counting,
    )
}
"""The checks of this module by code."""
