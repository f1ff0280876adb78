"""Over the years (多年): findings that come back, money that stays over, departments that rise or fall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jixiao.analysis.benchmarks import benchmark_peers
from jixiao.analysis.choices import banded, choices, signed, take_choice, take_columns
from jixiao.analysis.coverage import known_bodies
from jixiao.analysis.execution import project_money
from jixiao.analysis.factors import EFFECTS, NAMES, STEP, score_changes, score_contributions
from jixiao.analysis.losses import POINTS, TOTALS
from jixiao.core.errors import RequestError, brief, say_nearest
from jixiao.core.exact import SCALE, apportion, sums_of, whole
from jixiao.core.frames import PROJECT_KINDS
from jixiao.core.results import Results
from jixiao.core.vocabulary import word

QUADRANTS = ["both_high", "only_execution", "only_points", "both_low", "unknown"]


def last_years(scores: pd.DataFrame, *, evaluation: str = "self") -> tuple[int, int]:
    """Return the last two years that have evaluations of one kind (最近两个年度), for comparisons.

    Args:
        scores: From :func:`jixiao.score`.
        evaluation: Which kind of evaluation: self, department or finance.

    Raises:
        RequestError: There are not two such years.

    Example:
        >>> import jixiao
        >>> last_years(jixiao.evaluate("data/sample").scores)
        (2023, 2024)
    """
    years = sorted(scores.loc[scores["evaluation"] == evaluation, "year"].unique().tolist())
    if len(years) < 2:
        known = "、".join(str(year) for year in years)
        raise RequestError(f"比较需要两个年度的{word('evaluation', evaluation)}，现有年度：{known or '无'}")
    return int(years[-2]), int(years[-1])


def execution_quadrants(
    results: Results, *, total: str = "total_reported", rate_line: float | None = None, points_line: float | None = None
) -> pd.DataFrame:
    """Put each evaluation into a quadrant by its execution rate and its total (执行率与得分象限).

    Args:
        results: From :func:`jixiao.evaluate`.
        total: ``total_reported`` as printed, or ``total`` by the rules.
        rate_line: Cut line of the execution rate, as a fraction; reached counts as high; declared by default.
        points_line: Cut line of the total, in points, likewise.

    Returns:
        Key year, project_id, evaluation; the rate follows the definition named in ``execution_definition``.
        ``quadrant`` is both_high, only_execution (spent, low score), only_points (high score, little spent), both_low,
        or unknown where a figure is missing.

    Limits: only_points is worth a question first: how were the targets reached without the money?

    Basis: 双监控 of goals and of execution (中发〔2018〕34号); the cut lines are our own.

    Example:
        >>> import jixiao
        >>> execution_quadrants(jixiao.evaluate("data/sample"))["quadrant"].value_counts()["only_points"]
        np.int64(1)
    """
    take_choice("total", total, TOTALS)
    declared = choices("quadrants")
    rate = float(declared["execution_rate"] if rate_line is None else rate_line)
    points = float(declared["points"] if points_line is None else points_line)
    key = ["year", "project_id", "project", "department", "evaluation", "execution_definition", "execution_rate"]
    rows = results.totals[[*key, "annual_budget_wan", total]].rename(columns={total: "points"})
    rows = rows[results.totals["evaluation"].isin(PROJECT_KINDS)]
    known = rows["execution_rate"].notna() & rows["points"].notna()
    # Rates are quotients of money to four decimals, so a rate that equals the line may miss it by a rounding.
    spent = rows["execution_rate"] >= rate - 1e-12
    scored = whole(rows["points"]) >= round(points * SCALE)
    names = np.select([~known, spent & scored, spent, scored], ["unknown", *QUADRANTS[:3]], "both_low")
    rows = rows.assign(quadrant=pd.Categorical(names, QUADRANTS, ordered=True))
    return signed(rows.sort_values(["year", "department", "project", "evaluation"], ignore_index=True), results)


def repeated_findings(
    findings: pd.DataFrame, *, by: str | Sequence[str] = ("department", "project_id", "project")
) -> pd.DataFrame:
    """Return which findings come back in several years (屡查屡犯).

    Args:
        findings: From :func:`jixiao.audit`.
        by: Whose findings are followed: department, unit, project_id, project.

    Returns:
        Key code, ``by``; most years first. ``year_count`` years with this finding, ``longest_run`` of them one after
        the other, ``first_year`` and ``last_year``, ``findings`` in all, ``projects`` concerned. Findings of one year
        only are there with ``year_count`` 1; findings without a year cannot be followed and are left out.

    Limits: a year without forms counts as a year without findings and ends a run. The same code may have another cause.

    Example:
        >>> import jixiao
        >>> frame = repeated_findings(jixiao.evaluate("data/sample").findings, by="department")
        >>> bool((frame["year_count"] >= frame["longest_run"]).all())
        True
    """
    columns = take_columns(findings, by, ["department", "unit", "project_id", "project"])
    rows = findings[findings["year"].notna()]
    key = ["code", "title", *columns]
    years = rows[[*key, "year"]].drop_duplicates().sort_values([*key, "year"])
    years["year"] = years["year"].astype("int64")
    years["run"] = years["year"] - years.groupby(key).cumcount()  # equal within years that follow one another
    runs = years.groupby([*key, "run"]).size().groupby(key).max()
    grouped = years.groupby(key)["year"]
    frame = pd.DataFrame(
        {
            "year_count": grouped.size(),
            "longest_run": runs,
            "first_year": grouped.min(),
            "last_year": grouped.max(),
            "findings": rows.groupby(key).size(),
            "projects": rows.groupby(key)["project_id"].nunique(),
        }
    ).reset_index()
    order = ["year_count", "longest_run", "findings", "code", *columns]
    return frame.sort_values(order, ascending=[False] * 3 + [True] * (len(order) - 3), ignore_index=True)


def carry_overs(results: Results, *, by: str | Sequence[str] = ("project_id", "project")) -> pd.DataFrame:
    """Set what was left at the end of a year against what the next year reports as carried over (结余与结转).

    Formula: ``unspent_wan`` = full-year budget − spent; ``unspent_rate`` = unspent ÷ full-year budget (结转结余率);
    ``carried_wan`` = budget of the fund 上年结转资金 in the year after; ``carried_difference_wan`` = carried − unspent.

    Args:
        results: From :func:`jixiao.evaluate`.
        by: One or more of department, unit, project_id, project; the year is always part of the key.

    Returns:
        Key year, ``by``. Money in 万元, summed exactly over the projects with known figures; ``carried_wan`` is missing
        where the next year prints no such row, ``unspent_wan`` where budget or spending is missing. The difference is
        summed over the projects that have both, so it need not be the difference of the two sums; negative where less
        was carried than was left (the rest was taken back or is not reported).

    Limits: money may lawfully be taken back at the end of a year; the forms do not say so.

    Basis: 结转结余率 of 财预〔2013〕53号, here per project with the full-year budget below the line.

    Example:
        >>> import jixiao
        >>> frame = carry_overs(jixiao.evaluate("data/sample"))
        >>> frame.loc[frame["project"] == "示例农村公路养护项目", "unspent_wan"].tolist()
        [87.5, 5.2]
    """
    rows = project_money(results)
    columns = ["year", *(name for name in take_columns(rows, by, ["department", "unit", "project_id", "project"]))]
    known = rows["annual_budget_wan"].notna() & rows["executed_wan"].notna()
    left = (whole(rows["annual_budget_wan"]) - whole(rows["executed_wan"])) / SCALE
    rows = rows.assign(
        annual_budget_wan=rows["annual_budget_wan"].where(known), unspent_wan=pd.Series(left, rows.index).where(known)
    )
    funds = project_money(results, by_fund=True)
    carried = funds.loc[funds["fund"] == "carry_over", ["year", "project_id", "annual_budget_wan"]]
    carried = carried.assign(year=carried["year"] - 1).rename(columns={"annual_budget_wan": "carried_wan"})
    rows = rows.merge(carried, on=["year", "project_id"], how="left", validate="1:1")
    both = rows["carried_wan"].notna() & rows["unspent_wan"].notna()
    gap = (whole(rows["carried_wan"]) - whole(rows["unspent_wan"])) / SCALE
    rows["carried_difference_wan"] = pd.Series(gap, index=rows.index).where(both)
    amounts = ["annual_budget_wan", "unspent_wan", "carried_wan", "carried_difference_wan"]
    sums = sums_of(rows, columns, amounts)
    base = sums["annual_budget_wan"]
    sums.insert(len(columns) + 2, "unspent_rate", sums["unspent_wan"] / base.where(base > 0))
    return signed(sums, results)


def department_ranking(
    results: Results,
    *,
    evaluation: str = "self",
    total: str = "total_reported",
    like: Sequence[str] = ("region", "department_kind", "size_class"),
) -> pd.DataFrame:
    """Rank departments among their like, year by year (部门排名，同类可比).

    Formula: ``mean_points`` = mean of the totals of the department's evaluations of one kind; ``rank`` among the
    departments of the same year and the same ``like``; ``rank_change`` = rank before − rank, positive for better,
    only where the department stood in the same group the year before.

    Args:
        results: From :func:`jixiao.evaluate`.
        evaluation: Which kind of evaluation: self, department or finance.
        total: ``total_reported`` as printed, or ``total`` by the rules.
        like: What makes departments comparable: region and department_kind (as registered in data/organisations.yaml,
            else by the words of the name) and size_class (of the sum of the full-year budgets); none ranks all.

    Returns:
        Key year, department. Departments without a known total stay without a place; ``unknown_count`` evaluations have
        no total. ``peer_count``, ``percentile``, ``best_gap`` and ``robust_z`` are those of :func:`benchmark_peers`.

    Limits: a mean of few evaluations moves easily; ``evaluations`` says how few. Self-evaluations lie close together,
    so that places differ by hundredths of a point.

    Example:
        >>> import jixiao
        >>> frame = department_ranking(jixiao.evaluate("data/sample"), like=[])
        >>> frame[["year", "department", "mean_points", "rank"]].values.tolist()[0]
        [2023, '示例市交通局', 95.875, 2]
    """
    take_choice("total", total, TOTALS)
    rows = results.totals[results.totals["evaluation"] == evaluation]
    key = ["year", "department"]
    grouped = rows.groupby(key)[total]
    frame = pd.DataFrame(
        {"evaluations": grouped.count(), "unknown_count": grouped.size() - grouped.count()}
    ).reset_index()
    sums = sums_of(rows, key, [total]).rename(columns={total: "mean_points"})
    frame = frame.merge(sums, on=key, validate="1:1")
    frame["mean_points"] = frame["mean_points"] / frame["evaluations"].where(frame["evaluations"] > 0)
    money = sums_of(project_money(results), key, ["annual_budget_wan"])
    frame = frame.merge(money, on=key, how="left", validate="1:1")
    frame["size_class"] = banded(frame["annual_budget_wan"], "size_classes")
    frame = frame.assign(**known_bodies(frame["department"], results.organisations))
    groups = take_columns(frame, list(like), ["region", "department_kind", "size_class"])
    frame = benchmark_peers(frame, value="mean_points", peers=["year", *groups])
    rank = frame.groupby(["year", *groups], observed=True, dropna=False)["mean_points"].rank("min", ascending=False)
    frame["rank"] = rank.astype("Int64")
    before = frame[[*key, *groups, "rank", "mean_points"]].assign(year=frame["year"] + 1)
    before = before.rename(columns={"rank": "rank_before", "mean_points": "mean_before"})
    frame = frame.merge(before, on=[*key, *groups], how="left", validate="1:1")
    frame["rank_change"] = frame.pop("rank_before") - frame["rank"]
    frame["mean_change"] = frame["mean_points"] - frame.pop("mean_before")
    return signed(frame.sort_values(key, ignore_index=True), results)


def department_changes(
    scores: pd.DataFrame,
    *,
    before: int,
    after: int,
    evaluation: str = "self",
    by: str | Sequence[str] = tuple(NAMES),
    points: str = "reported_score",
) -> pd.DataFrame:
    """Explain the change of each department's mean score by indicators (部门得分变动归因).

    Formula: with M the projects evaluated in both years, mean after − mean before = mean change over M + [(mean after −
    mean after of M) − (mean before − mean before of M)]. The first part is split by :func:`score_contributions`,
    divided by the number of M; the second is ``projects_effect``: projects that came or went. Quotients are rounded to
    four decimals so that all rows of a department add up to its change exactly.

    Args:
        scores: From :func:`jixiao.score`.
        before: The base year.
        after: The year compared with it.
        evaluation: Which kind of evaluation.
        by: Level of the explanation: one or more of category, subcategory, indicator.
        points: ``reported_score`` as printed, or ``score`` by the rule.

    Returns:
        Key department, ``by``: weight_effect, completion_effect, turnover_effect and ``contribution`` in points,
        largest first within a department; its row ``projects_effect`` has the names of ``by`` empty and ``part``
        "projects". A project with an indicator without points cannot be split and enters neither year;
        ``unknown_count`` counts them. Departments without a project known in both years are left out.

    Limits: as for :func:`score_contributions`.

    Example:
        >>> import jixiao
        >>> frame = department_changes(jixiao.evaluate("data/sample").scores, before=2023, after=2024, by="category")
        >>> frame.groupby("department")["contribution"].sum().round(3).to_dict()
        {'示例市交通局': 1.575, '示例市教育局': 1.025}
    """
    take_choice("points", points, POINTS)
    if before == after:
        raise RequestError(f"比较的两个年度应不同，实际都是 {before}")
    columns = take_columns(scores, by, NAMES)
    sides: dict[str, Any] = {"before": {"year": before}, "after": {"year": after}}
    rows = scores[scores["evaluation"] == evaluation]
    changes = score_changes(rows, **sides, points=points)
    parts = score_contributions(rows, **sides, points=points)
    found = []
    for department, group in changes.groupby("department"):
        both = group["change"].notna()
        unknown = group["points_before"].isna() & (group["presence"] != "entered")
        unknown |= group["points_after"].isna() & (group["presence"] != "left")
        matched = int(both.sum())
        if not matched:
            continue
        mine = parts[parts["project_id"].isin(group.loc[both, "project_id"])]
        group = group[~unknown]
        sums = sums_of(mine, columns, [*EFFECTS, "contribution"])
        table = _shared(sums, matched)
        mean = [_mean(group[name]) for name in ("points_before", "points_after")]
        effect = round((mean[1] - mean[0]) * (SCALE // STEP)) * STEP - int(whole(table["contribution"]).sum())
        came = pd.DataFrame([{**dict.fromkeys(columns, ""), "contribution": effect / SCALE, "part": "projects"}])
        size = table["contribution"].abs()
        table = table.assign(size=size).sort_values(["size", *columns], ascending=[False, *[True] * len(columns)])
        table = pd.concat([table.drop(columns="size").assign(part="indicators"), came])
        found.append(table.assign(department=department, projects=matched, unknown_count=int(unknown.sum())))
    names = ["department", *columns, "part", *EFFECTS, "contribution", "projects", "unknown_count"]
    return pd.concat(found, ignore_index=True)[names] if found else pd.DataFrame(columns=names)


def largest_change(changes: pd.DataFrame, department: str = "") -> pd.DataFrame:
    """Return the rows of one department of :func:`department_changes` (变动最大的部门).

    Args:
        changes: From :func:`department_changes`.
        department: Its name; empty takes the one whose mean changed most.

    Raises:
        RequestError: The department has no project known in both years; the sentence lists those that have.

    Example:
        >>> import jixiao
        >>> changes = department_changes(jixiao.evaluate("data/sample").scores, before=2023, after=2024)
        >>> largest_change(changes)["department"].unique().tolist()
        ['示例市交通局']
    """
    sums = changes.groupby("department")["contribution"].sum().abs().sort_values(ascending=False, kind="stable")
    chosen = department or (sums.index[0] if len(sums) else "")
    if chosen not in sums.index:
        raise RequestError(f"没有部门“{brief(department)}”两个年度都可比的项目；{say_nearest(department, sums.index)}")
    return changes[changes["department"] == chosen].reset_index(drop=True)


def _mean(points: pd.Series) -> float:
    known = points.dropna()
    return float(whole(known).sum()) / SCALE / len(known)


def _shared(sums: pd.DataFrame, matched: int) -> pd.DataFrame:
    """Divide the sums by the number of projects; the effects of a row add up to it, the rows to their whole."""
    goal, weight, turnover = (
        apportion(whole(sums[name]), matched * STEP) * STEP
        for name in ("contribution", "weight_effect", "turnover_effect")
    )
    shares = {
        "weight_effect": weight,
        "completion_effect": goal - weight - turnover,
        "turnover_effect": turnover,
        "contribution": goal,
    }
    return sums.assign(**{name: amount / SCALE for name, amount in shares.items()})
