"""Cost per unit of output (单位产出成本), against last year and against peers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jixiao.analysis.choices import choices, signed
from jixiao.analysis.coverage import known_bodies
from jixiao.analysis.execution import project_money
from jixiao.core.errors import RequestError
from jixiao.core.results import Results
from jixiao.core.vocabulary import category_group

_SAME = ["indicator", "measure_unit"]


def cost_per_output(results: Results, *, evaluation: str = "self") -> pd.DataFrame:
    """Return what one unit of each countable output cost (成本效益), against last year and against peers.

    Formula: ``unit_cost_wan`` = money spent on the project in the year ÷ actual output. ``unit_cost_change_rate`` =
    unit cost ÷ unit cost of the same indicator of the same project in the year before − 1. ``peer_rate`` = unit cost ÷
    median unit cost of the other projects of the year and region that count the same indicator in the same measure
    unit.

    Args:
        results: From :func:`jixiao.evaluate`.
        evaluation: Whose indicators are read: self, department or finance.

    Returns:
        Key year, project_id, indicator_id; one row per countable output (declared kinds and level-1 groups). Money in
        万元. Without money spent, without output or with an output of zero there is no unit cost; the row stays.
        ``output_count`` says how many outputs the same money paid for; ``peer_count`` how many other projects compare.
        Without last year or peers the comparison is missing.

    Limits: the whole money of a project is divided by each of its outputs, so with ``output_count`` above 1 the unit
    costs do not add up and compare only with projects of the same make-up. Equal words do not promise equal quality.
    Only the same words with the same measure unit are compared.

    Basis: 成本效益分析 is a method of 财预〔2020〕10号 art.17.

    Example:
        >>> import jixiao
        >>> frame = cost_per_output(jixiao.evaluate("data/sample"))
        >>> chosen = frame[(frame["indicator"] == "资助学生人数") & (frame["year"] == 2024)]
        >>> chosen[["executed_wan", "actual_value", "unit_cost_wan"]].round(4).values.tolist()
        [[815.9, 4150.0, 0.1966]]
    """
    declared = choices("outputs")
    rows = results.scores
    rows = rows[rows["is_counted"] & (rows["evaluation"] == evaluation) & rows["target_kind"].isin(declared["kinds"])]
    groups = {name: category_group(name) for name in rows["category"].unique()}
    rows = rows[rows["category"].map(groups).isin(declared["categories"])]
    money = project_money(results)[["year", "project_id", "executed_wan"]]
    told = ["year", "project_id", "project", "department", "indicator_id", *_SAME, "actual_value"]
    rows = rows[told].merge(money, on=["year", "project_id"], how="inner", validate="m:1")
    rows["unit_cost_wan"] = rows["executed_wan"] / rows["actual_value"].where(rows["actual_value"] > 0)
    rows["output_count"] = rows.groupby(["year", "project_id"])["indicator_id"].transform("size")
    once = ~rows.duplicated(["year", "project_id", *_SAME], keep=False)
    before = rows.loc[once, ["year", "project_id", *_SAME, "unit_cost_wan"]]
    before = before.assign(year=before["year"] + 1).rename(columns={"unit_cost_wan": "unit_cost_before_wan"})
    rows = rows.merge(before, on=["year", "project_id", *_SAME], how="left", validate="m:1")
    base = rows["unit_cost_before_wan"]
    rows["unit_cost_change_rate"] = rows["unit_cost_wan"] / base.where(base > 0) - 1
    rows = rows.assign(region=known_bodies(rows["department"], results.organisations)["region"])
    rows = rows.merge(_peers(rows), on=["year", "project_id", "region", *_SAME], how="left", validate="m:1")
    rows["peer_count"] = rows["peer_count"].fillna(0).astype("Int64")
    base = rows["peer_median_wan"]
    rows["peer_rate"] = rows["unit_cost_wan"] / base.where(base > 0)
    return signed(rows.sort_values(["year", "department", "project", "indicator_id"], ignore_index=True), results)


def _peers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return, for each project and output, the median unit cost of the other projects of its year and region.

    The others of a sorted group are the group without one place, so their median stands at a known place.
    """
    group, own = ["year", "region", *_SAME], ["year", "project_id", "region", *_SAME]
    costs = rows.groupby(own)["unit_cost_wan"].median().dropna().reset_index()
    costs = costs.sort_values([*group, "unit_cost_wan"], ignore_index=True)
    grouped = costs.groupby(group)["unit_cost_wan"]
    others = (grouped.transform("size") - 1).to_numpy()
    place = grouped.cumcount().to_numpy()
    start = np.arange(len(costs)) - place
    values, last = costs["unit_cost_wan"].to_numpy(), max(len(costs) - 1, 0)
    low, high = (others - 1) // 2, others // 2
    median = sum(values[np.minimum(start + middle + (middle >= place), last)] for middle in (low, high)) / 2
    costs = costs.assign(peer_count=others, peer_median_wan=median)[others > 0]
    return costs.drop(columns="unit_cost_wan")


def same_outputs(costs: pd.DataFrame, *, indicator: str = "", year: int = 0) -> pd.DataFrame:
    """Return the rows of one output in one year and one region, so that like is compared with like (同一产出).

    Args:
        costs: From :func:`cost_per_output`.
        indicator: Name of the output; empty takes the one that most projects count, with its measure unit; of several
            regions the one with most projects is taken.
        year: The year; 0 takes the last that has such a row.

    Returns:
        Rows of ``costs`` with a unit cost, one per project, in their order.

    Raises:
        RequestError: No project counts such an output.

    Example:
        >>> import jixiao
        >>> rows = same_outputs(cost_per_output(jixiao.evaluate("data/sample")), indicator="资助学生人数")
        >>> rows[["year", "project"]].values.tolist()
        [[2024, '示例助学金发放项目']]
    """
    rows = costs[costs["unit_cost_wan"].notna() & ~costs.duplicated(["year", "project_id", *_SAME])]
    if indicator:
        rows = rows[rows["indicator"] == indicator]
    if year or len(rows):
        rows = rows[rows["year"] == (year or rows["year"].max())]
    if rows.empty:
        raise RequestError(f"没有可比较的产出指标“{indicator or '（未指定）'}”，请检查指标名称和年度")
    like = ["region", *_SAME]
    most = rows.groupby(like).size().sort_values(ascending=False, kind="stable").index[0]
    return rows[(rows[like] == list(most)).all(axis=1)].reset_index(drop=True)
