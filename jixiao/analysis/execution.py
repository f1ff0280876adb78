"""Execution of the budget (预算执行) by any grouping, by one of its three definitions, never mixed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jixiao.analysis.choices import banded, choices, sentence, signed, take_choice, take_columns
from jixiao.analysis.coverage import known_bodies
from jixiao.analysis.summary import choose_money
from jixiao.core.exact import SCALE, sums_of, whole
from jixiao.core.frames import MONEY_KINDS
from jixiao.core.results import Results

GROUPINGS = ["year", "department", "region", "department_kind", "unit", "project_id", "project", "fund", "size_class"]
"""What money may be grouped by; fund takes the rows of the sources, all others the whole money of a project."""
STAGES = ["initial_budget_wan", "annual_budget_wan", "arrived_wan", "executed_wan"]


def project_money(results: Results, *, definition: str = "full_year", by_fund: bool = False) -> pd.DataFrame:
    """Return the money of every project and year with its execution rate by one definition (项目资金).

    A project that comes in several forms counts once; subprojects are in their parents. A fund row belongs to the form
    that speaks for the whole money.

    Args:
        results: From :func:`jixiao.evaluate`.
        definition: ``full_year`` 全年执行数 ÷ 全年预算数, ``arrived`` 实际支出 ÷ 实际到位, ``adjusted`` 预算执行数 ÷
            调整后预算数, the last only from forms that print an adjusted budget.
        by_fund: One row per source of money (资金来源) instead of one row per project.

    Returns:
        Key year, project_id (and fund). ``base_wan`` is the denominator in 万元, ``execution_rate`` a fraction that may
        be above 1. Both are missing when the form prints no such figure; a base of zero or below gives no rate.
        ``size_class`` is the declared class of the full-year budget; ``region`` and ``department_kind`` are those
        registered in data/organisations.yaml, else by the words of the name.

    Basis: 财预〔2020〕10号 forms 1 and 2 (full_year, arrived); the form of 四川 (adjusted, second-hand).

    Example:
        >>> import jixiao
        >>> money = project_money(jixiao.evaluate("data/sample"))
        >>> money.loc[money["project"] == "示例农村公路养护项目", "execution_rate"].round(4).tolist()
        [0.825, 0.99]
    """
    declared = choices("definitions")[take_choice("definition", definition, choices("definitions"))]
    budgets, base = results.frames.budgets, declared["denominator"]
    if declared["families"]:
        ingest = results.frames.ingest
        files = ingest.loc[ingest["family"].isin(declared["families"]), "source_file"]
        budgets = budgets[budgets["source_file"].isin(files)]
    chosen = choose_money(budgets, base=base)
    sizes = chosen.set_index(["year", "project_id"])["annual_budget_wan"]
    if by_fund:
        sources = budgets[(budgets["fund"] != "total") & ~budgets["fund"].str.startswith("term_")]
        keys = chosen[["year", "project_id", "evaluation"]]
        chosen = sources.merge(keys, on=["year", "project_id", "evaluation"], validate="m:1")
    projects = results.frames.projects
    named = projects.loc[
        projects["project_level"] == "project", ["year", "project_id", "project", "department", "unit"]
    ]
    money = chosen[["year", "project_id", "evaluation", "fund", *STAGES]]
    if by_fund:
        rows = named.merge(money, on=["year", "project_id"], how="inner", validate="1:m")
    else:
        rows = named.merge(money, on=["year", "project_id"], how="left", validate="1:1")
    rows["execution_definition"] = definition
    rows["base_wan"] = rows[base]
    rows["execution_rate"] = rows["executed_wan"] / rows["base_wan"].where(rows["base_wan"] > 0)
    whole_budget = sizes.reindex(pd.MultiIndex.from_frame(rows[["year", "project_id"]]))
    rows["size_class"] = banded(pd.Series(whole_budget.to_numpy(), index=rows.index), "size_classes")
    rows = rows.assign(**known_bodies(rows["department"], results.organisations))
    rows["execution_band"] = execution_band(rows["executed_wan"], rows["base_wan"])
    return signed(rows.sort_values(["year", "department", "project", "fund"], ignore_index=True), results)


def execution_band(executed: pd.Series, base: pd.Series) -> pd.Series:
    """Return the declared band of each execution rate (执行率分档), compared exactly.

    Lower bounds are included, exactly 100 % is still within the budget. A rate that is not known has the band
    ``unknown``.

    Example:
        >>> execution_band(pd.Series([81.0, 80.99, 90.0, 90.01, None]), pd.Series([90.0] * 5)).tolist()
        ['in_band', 'nearly', 'in_band', 'over', 'unknown']
    """
    declared = choices("execution_bands")
    known = (executed.notna() & (base > 0)).to_numpy(bool)
    above, below = whole(executed).astype(object), whole(base).astype(object)
    band = np.full(len(executed), -1)
    names = [*declared["from"], *declared["above"], "unknown"]
    for number, bound in enumerate(declared["from"].values()):
        band[above * SCALE >= below * int(bound * SCALE)] = number
    for number, bound in enumerate(declared["above"].values(), len(declared["from"])):
        band[above * SCALE > below * int(bound * SCALE)] = number
    band[~known] = len(names) - 1
    return pd.Series(pd.Categorical.from_codes(band, names, ordered=True), index=executed.index)


def _grouped_money(results: Results, by: str | Sequence[str], definition: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the money and the columns it is grouped by; a project is always named beside its key."""
    asked = [by] if isinstance(by, str) else list(by)
    rows = project_money(results, definition=definition, by_fund="fund" in asked)
    columns = take_columns(rows, asked, GROUPINGS)
    if "project" in columns and "project_id" not in columns:
        columns.insert(columns.index("project"), "project_id")
    return rows, columns


def execution_rates(
    results: Results, *, by: str | Sequence[str] = ("year", "department"), definition: str = "full_year"
) -> pd.DataFrame:
    """Return the execution rate of every group (分组预算执行率), money-weighted and plain.

    Formula: ``execution_rate`` = Σ executed ÷ Σ base over the projects that print both; ``mean_rate`` and
    ``median_rate`` are the mean and the median of the rates of these projects; ``over_share`` is the share of them
    above 100 %.

    Args:
        results: From :func:`jixiao.evaluate`.
        by: One or more of ``GROUPINGS``.
        definition: See :func:`project_money`; one call never mixes two.

    Returns:
        Key ``by``. Rates are fractions, money is 万元. ``known_count`` projects enter the rates, ``unknown_count`` do
        not, because a figure is missing or the base is not above zero; a group without any known has missing rates.

    Limits: the weighted rate is that of the largest projects; the plain mean counts a small project as much as a
    large one. They answer different questions, so both are given.

    Basis: 财预〔2020〕10号 forms 1 and 2; the grouping is our own.

    Example:
        >>> import jixiao
        >>> rates = execution_rates(jixiao.evaluate("data/sample"), by="year")
        >>> rates[["execution_rate", "median_rate"]].round(3).values.tolist()
        [[0.939, 0.97], [0.995, 0.998]]
    """
    rows, columns = _grouped_money(results, by, definition)
    known = rows["execution_rate"].notna()
    money = rows.assign(
        base_wan=rows["base_wan"].where(known),
        executed_wan=rows["executed_wan"].where(known),
        is_over=(rows["execution_band"] == "over"),
    )
    sums = sums_of(money, columns, ["base_wan", "executed_wan"]).set_index(columns)
    grouped = money.groupby(columns, observed=True, dropna=False)
    rates = grouped["execution_rate"]
    counts = pd.DataFrame(
        {
            "known_count": rates.count(),
            "unknown_count": grouped.size() - rates.count(),
            "mean_rate": rates.mean(),
            "median_rate": rates.median(),
            "over_count": grouped["is_over"].sum(),
        }
    )
    joined = sums.join(counts).reset_index()
    joined["execution_rate"] = joined["executed_wan"] / joined["base_wan"]
    joined["over_share"] = joined["over_count"] / joined["known_count"].where(joined["known_count"] > 0)
    joined["execution_definition"] = definition
    order = [*columns, "execution_definition", "known_count", "unknown_count", "base_wan", "executed_wan"]
    shares = ["execution_rate", "mean_rate", "median_rate", "over_count", "over_share"]
    return signed(joined[[*order, *shares]], results)


def execution_bands(
    results: Results, *, by: str | Sequence[str] = "department", definition: str = "full_year"
) -> pd.DataFrame:
    """Return how many projects of a group stand in each band of the execution rate (执行率分档).

    Args:
        results: From :func:`jixiao.evaluate`.
        by: One or more of ``GROUPINGS``.
        definition: See :func:`project_money`.

    Returns:
        Key ``by``, execution_band; bands without a project are there with 0. ``share`` is the share of the projects
        whose rate is known; the band ``unknown`` has a count and no share.

    Basis: below 90 % must be explained by the form of 四川 (second-hand); the other bounds are our own
    (``rules/analysis.yaml``). 财预〔2020〕10号 art.26 names no number.

    Example:
        >>> import jixiao
        >>> bands = execution_bands(jixiao.evaluate("data/sample"), by="year")
        >>> bands.loc[bands["execution_band"] == "nearly", "projects"].tolist()
        [1, 0]
    """
    rows, columns = _grouped_money(results, by, definition)
    counts = pd.crosstab([rows[name].astype("object") for name in columns], rows["execution_band"], dropna=False)
    long = counts.stack().rename("projects").reset_index()
    known = long["projects"].where(long["execution_band"] != "unknown")
    totals = known.groupby([long[name] for name in columns]).transform("sum")
    long["share"] = known / totals.where(totals > 0)
    names = rows["execution_band"].cat.categories
    long["execution_band"] = pd.Categorical(long["execution_band"], names, ordered=True)
    return signed(long.sort_values([*columns, "execution_band"], ignore_index=True), results)


def budget_waterfall(
    results: Results, *, by: str | Sequence[str] = (), stages: Sequence[str] = tuple(STAGES)
) -> pd.DataFrame:
    """Return the way of the money from the first budget to what was spent (资金瀑布).

    Only projects that print every stage enter, so that all stages speak of the same projects; a figure missing in the
    form that speaks for a project is taken from its next form that prints it.

    Args:
        results: From :func:`jixiao.evaluate`.
        by: None or more of ``GROUPINGS`` but fund.
        stages: Which stages, in order; leave one out when few forms print it.

    Returns:
        Key ``by``, stage. ``amount_wan`` is the sum in 万元, ``change_wan`` what it differs from the stage before
        (missing for the first), so the changes add up to last minus first exactly. ``known_count`` projects enter,
        ``unknown_count`` are left out. Without any project with all stages the amounts are missing.

    Limits: an increase between stages is not in itself a fault, nor is a decrease; a budget may be adjusted lawfully.

    Example:
        >>> import jixiao
        >>> results, stages = jixiao.evaluate("data/sample"), ["annual_budget_wan", "executed_wan"]
        >>> frame = budget_waterfall(results, by="year", stages=stages)
        >>> frame[["year", "stage", "amount_wan", "change_wan"]].values.tolist()[1]
        [2023, 'executed_wan', 1578.3, -101.7]
    """
    rows = project_money(results)
    columns = take_columns(rows, by, [name for name in GROUPINGS if name != "fund"])
    chosen = take_columns(rows, stages, STAGES)
    budgets = results.frames.budgets
    whole_rows = budgets[budgets["fund"] == "total"]
    key = ["year", "project_id"]
    rank = whole_rows["evaluation"].map({kind: number for number, kind in enumerate(MONEY_KINDS)})
    ordered = whole_rows.assign(rank=rank).dropna(subset="rank").sort_values("rank", kind="stable")
    spare = ordered.groupby(key)[STAGES].first()
    other = spare.reindex(pd.MultiIndex.from_frame(rows[key]))
    for name in STAGES:
        rows[name] = rows[name].fillna(pd.Series(other[name].to_numpy(), index=rows.index))
    complete = rows[chosen].notna().all(axis=1)
    kept = rows.assign(**{name: rows[name].where(complete) for name in chosen})
    sums = sums_of(kept, columns, chosen)
    kept["is_known"] = complete
    counted = kept.groupby(columns, observed=True, dropna=False)["is_known"] if columns else None
    sums["known_count"] = counted.sum().to_numpy() if counted is not None else int(complete.sum())
    total = counted.size().to_numpy() if counted is not None else len(kept)
    sums["unknown_count"] = total - sums["known_count"]
    long = sums.melt([*columns, "known_count", "unknown_count"], var_name="stage", value_name="amount_wan")
    long["stage"] = pd.Categorical(long["stage"], chosen, ordered=True)
    long = long.sort_values([*columns, "stage"], ignore_index=True)
    scaled = pd.Series(whole(long["amount_wan"])).where(long["amount_wan"].notna())
    steps = scaled.groupby([long[name] for name in columns]).diff() if columns else scaled.diff()
    long["change_wan"] = steps / SCALE
    order = [*columns, "stage", "amount_wan", "change_wan", "known_count", "unknown_count"]
    return signed(long[order], results)


def month_progress(results: Results) -> str:
    """Say what the forms give of the progress by month (分月执行进度), as a sentence.

    None of the forms that are read prints money by month, so there is no frame and no figure of it: the sentence says
    on how many forms that rests, and how many cells that were not read name a month beside execution.

    Example:
        >>> import jixiao
        >>> month_progress(jixiao.evaluate("data/sample"))[:14]
        '已读入11份表格、34行资金'
    """
    frames = results.frames
    pattern = choices("months")["pattern"]
    named = int(frames.skipped["text"].str.contains(pattern, regex=True).sum())
    told = sentence("no_months", forms=int((frames.ingest["state"] == "read").sum()), rows=len(frames.budgets))
    return told + (sentence("months_named", count=named) if named else "")
