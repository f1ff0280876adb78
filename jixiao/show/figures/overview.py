"""Charts of evaluations, money and findings (评价、资金与问题图)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jixiao.core.frames import GRADES
from jixiao.core.vocabulary import category_groups, label, word
from jixiao.core.writing import money_text, percent_text, points_text
from jixiao.show.figure import (
    BLUE,
    GREEN,
    GREY,
    LOW_TO_HIGH,
    ORANGE,
    RED,
    SKY,
    Figure,
    empty_figure,
    figure_words,
    marked,
    numbers,
    on_colour,
    plain,
    short_name,
    ticks,
)
from jixiao.show.figures.chosen_rows import counted, first_rows, fitting

GRADE_COLOURS = {"excellent": GREEN, "good": SKY, "fair": ORANGE, "poor": RED}
BARE = {"l": 16, "r": 24, "t": 48, "b": 48}
"""Margins of a chart without a legend."""
SEVERITY_COLOURS = {"error": RED, "warning": ORANGE, "rounding": GREY, "question": SKY}


def plot_indicator_scores(scores: pd.DataFrame) -> Figure:
    """Draw weight, printed points and points by rule of every indicator of one evaluation (各指标得分)."""
    words = figure_words()
    rows = scores[scores["is_counted"] & scores["weight"].notna()].iloc[::-1]
    if rows.empty:
        return empty_figure(words["indicator_scores"], words["no_points"])
    names = rows["indicator"].where(rows["indicator"] != "", rows["subcategory"]).tolist()
    positions = list(range(len(names)))
    hover = [plain(name) for name in names]
    bars = [("weight", "#DDE3E9", 0.78), ("reported_score", BLUE, 0.5)]
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "y": positions,
            "x": numbers(rows[column]),
            "name": label(column),
            "width": width,
            "marker": {"color": colour},
            "text": hover,
            "textposition": "none",
            "hovertemplate": "%{text}<br>" + label(column) + " %{x}<extra></extra>",
        }
        for column, colour, width in bars
    ]
    data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "y": positions,
            "x": numbers(rows["score"]),
            "name": label("score"),
            "marker": {"symbol": "line-ns-open", "size": 15, "color": RED, "line": {"width": 3, "color": RED}},
            "text": hover,
            "hovertemplate": "%{text}<br>" + label("score") + " %{x}<extra></extra>",
        }
    )
    layout = {
        "title": words["indicator_scores"],
        "barmode": "overlay",
        "height": 130 + 24 * len(names),
        "xaxis": {"title": {"text": words["points"]}, "rangemode": "tozero"},
        "yaxis": {**ticks(names, 20), "range": [-0.6, len(names) - 0.4]},
    }
    differ = int((rows["score_difference"].abs() > 0.005).sum())
    alt = words["indicator_scores_alt"].format(count=len(names), differ=differ)
    return Figure(data, layout, alt=alt, frame=rows)


def plot_funds(budgets: pd.DataFrame) -> Figure:
    """Draw the money of one evaluation by fund, from the first budget to what was spent (资金构成)."""
    words = figure_words()
    rows = budgets[budgets[["annual_budget_wan", "executed_wan"]].notna().any(axis=1)]
    if rows.empty:
        return empty_figure(words["funds"], words["no_money"])
    names = [word("fund", fund) for fund in rows["fund"]]
    colours = {"initial_budget_wan": GREY, "annual_budget_wan": SKY, "arrived_wan": GREEN, "executed_wan": BLUE}
    data = [
        {
            "type": "bar",
            "x": names,
            "y": numbers(rows[column]),
            "name": label(column),
            "marker": {"color": colour},
            "text": [money_text(value) for value in rows[column]],
            "textposition": "outside",
            "cliponaxis": False,
            "hovertemplate": "%{x}<br>" + label(column) + " %{y:,.4f}<extra></extra>",
        }
        for column, colour in colours.items()
        if rows[column].notna().any()
    ]
    layout = {
        "title": words["funds"],
        "barmode": "group",
        "xaxis": {"showgrid": False},
        "yaxis": {"title": {"text": words["wan"]}, "rangemode": "tozero"},
    }
    return Figure(data, layout, alt=words["funds_alt"].format(count=len(names)), frame=rows)


def plot_completion(scores: pd.DataFrame) -> Figure:
    """Draw the completion rate of every indicator that has one, against 100 % (完成率)."""
    words = figure_words()
    ratio = scores["method"] != "cost_band"
    rows = scores[scores["is_counted"] & scores["completion_rate"].notna() & ratio].iloc[::-1]
    if rows.empty:
        return empty_figure(words["completion"], words["no_rate"])
    names = rows["indicator"].where(rows["indicator"] != "", rows["subcategory"]).tolist()
    shown = rows["completion_rate"].clip(upper=2.0) * 100
    colours = [RED if rate < 1 else (ORANGE if rate > 1.3 else BLUE) for rate in rows["completion_rate"]]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "y": list(range(len(names))),
            "x": numbers(shown),
            "width": 0.6,
            "marker": {"color": colours},
            "text": [percent_text(rate) for rate in rows["completion_rate"]],
            "textposition": "outside",
            "constraintext": "none",
            "cliponaxis": False,
            "customdata": [plain(name) for name in names],
            "hovertemplate": "%{customdata}<br>%{text}<extra></extra>",
            "showlegend": False,
        }
    ]
    line = {
        "type": "line",
        "x0": 100,
        "x1": 100,
        "y0": -0.5,
        "y1": len(names) - 0.5,
        "line": {"color": "#1F2933", "dash": "dot"},
        "layer": "below",
    }
    layout = {
        "title": words["completion"],
        "height": 88 + 24 * len(names),
        "margin": BARE,
        "shapes": [line],
        "xaxis": {
            "title": {"text": words["completion_axis"]},
            "range": [0, 230],
            "tickvals": [0, 50, 100, 150, 200],
            "ticktext": ["0", "50", "100", "150", "≥200"],
        },
        "yaxis": {**ticks(names, 20), "range": [-0.6, len(names) - 0.4]},
    }
    return Figure(data, layout, alt=words["completion_alt"].format(count=len(names)), frame=rows)


def plot_comparison(rows: pd.DataFrame) -> Figure:
    """Draw the printed total and the total by rule of each evaluation of one project (各类评价对照)."""
    words = figure_words()
    names = [word("evaluation", kind) for kind in rows["evaluation"]]
    data = [
        {
            "type": "bar",
            "x": names,
            "y": numbers(rows[column]),
            "name": label(column),
            "marker": {"color": colour},
            "text": [points_text(value) for value in rows[column]],
            "textposition": "outside",
            "cliponaxis": False,
            "hovertemplate": "%{x}<br>" + label(column) + " %{y}<extra></extra>",
        }
        for column, colour in (("total_reported", BLUE), ("total", ORANGE))
    ]
    layout = {
        "title": words["comparison"],
        "barmode": "group",
        "height": 320,
        "xaxis": {"showgrid": False},
        "yaxis": {"title": {"text": words["points"]}, "range": [0, 112]},
    }
    return Figure(data, layout, alt=words["comparison_alt"].format(count=len(names)), frame=rows)


def plot_execution_rates(rows: pd.DataFrame) -> Figure:
    """Draw the execution rate of projects, lowest first, with their money in words (预算执行率)."""
    words = figure_words()
    known = rows[rows["execution_rate"].notna()].sort_values(["execution_rate", "project"])
    if known.empty:
        return empty_figure(words["execution"], words["no_money"])
    rows, note = first_rows(known)
    rows = rows.iloc[::-1]
    names = [f"{short_name(row.project, 16)}（{row.year}）" for row in rows.itertuples()]
    full = [f"{row.project}（{row.year}）" for row in rows.itertuples()]
    colours = [RED if rate < 0.6 else ORANGE if rate < 0.9 else BLUE for rate in rows["execution_rate"]]
    money = [f"{money_text(row.executed_wan)}／{money_text(row.annual_budget_wan)}" for row in rows.itertuples()]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "y": list(range(len(names))),
            "x": numbers(rows["execution_rate"] * 100),
            "width": 0.6,
            "marker": {"color": colours},
            "text": [percent_text(rate) for rate in rows["execution_rate"]],
            "textposition": "outside",
            "constraintext": "none",
            "cliponaxis": False,
            "showlegend": False,
            "customdata": [[plain(name), amount] for name, amount in zip(full, money, strict=True)],
            "hovertemplate": "%{customdata[0]}<br>%{text}　%{customdata[1]} " + words["wan"] + "<extra></extra>",
        }
    ]
    highest = max(100.0, float(rows["execution_rate"].max()) * 100)
    layout = {
        "title": words["execution"],
        "height": 88 + 26 * len(names),
        "margin": BARE,
        "xaxis": {"title": {"text": words["execution_axis"]}, "range": [0, highest * 1.15]},
        "yaxis": {**ticks(names, 24), "range": [-0.6, len(names) - 0.4]},
    }
    return Figure(data, layout, alt=words["execution_alt"].format(count=len(names)), frame=known, note=note)


def plot_grades(counts: pd.DataFrame) -> Figure:
    """Draw how many evaluations earned each grade, by department (等级分布)."""
    words = figure_words()
    if counts.empty:
        return empty_figure(words["grades"], words["no_points"])
    totals = counts.groupby(["department", "grade"], observed=False)["evaluations"].sum().unstack("grade")
    totals, note = first_rows(totals)
    names, most = totals.index.tolist(), float(totals.sum(axis=1).max())
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "y": list(range(len(names))),
            "x": totals[grade].astype(int).tolist(),
            "name": word("grade", grade),
            "marker": marked(GRADE_COLOURS[grade]),
            "insidetextfont": on_colour(GRADE_COLOURS[grade]),
            "text": fitting(totals[grade], most),
            "textposition": "inside",
            "textangle": 0,
            "insidetextanchor": "middle",
            "constraintext": "none",
            "customdata": [plain(name) for name in names],
            "hovertemplate": "%{customdata}<br>" + word("grade", grade) + " %{x}<extra></extra>",
        }
        for grade in GRADES
    ]
    layout = {
        "title": words["grades"],
        "barmode": "stack",
        "height": 130 + 34 * len(names),
        "xaxis": {"title": {"text": words["evaluations"]}, **counted(most)},
        "yaxis": {**ticks(names), "range": [-0.6, len(names) - 0.4]},
    }
    return Figure(data, layout, alt=words["grades_alt"].format(count=len(names)), frame=counts, note=note)


def plot_category_heat(rows: pd.DataFrame) -> Figure:
    """Draw the share of points earned per department and category as a heat map (得分率热力图)."""
    words = figure_words()
    if rows.empty:
        return empty_figure(words["heat"], words["no_points"])
    summed = rows.groupby(["department", "category"])[["reported_score", "weight"]].sum()
    share = (summed["reported_score"] / summed["weight"] * 100).unstack("category")
    order = [name for name in category_groups() if name in share] + [c for c in share if c not in category_groups()]
    share, note = first_rows(share[order])
    names = share.index.tolist()
    values = [[None if value != value else round(float(value), 2) for value in line] for line in share.to_numpy()]
    texts = [["" if value is None else f"{value:.1f}" for value in line] for line in values]
    data = [
        {
            "type": "heatmap",
            "z": values,
            "x": order,
            "y": list(range(len(names))),
            "text": texts,
            "texttemplate": "%{text}",
            "zmin": 50,
            "zmax": 100,
            "colorscale": LOW_TO_HIGH,
            "xgap": 2,
            "ygap": 2,
            "showscale": False,
            "customdata": [[plain(name)] * len(order) for name in names],
            "hovertemplate": "%{customdata}<br>%{x} %{z:.2f}%<extra></extra>",
            "hoverongaps": False,
        }
    ]
    layout = {
        "title": words["heat"],
        "height": 96 + 30 * len(names),
        "margin": BARE,
        "xaxis": {"side": "bottom"},
        "yaxis": {**ticks(names), "autorange": "reversed"},
    }
    return Figure(data, layout, alt=words["heat_alt"].format(count=len(names)), frame=rows, note=note)


def plot_findings(findings: pd.DataFrame) -> Figure:
    """Draw how many findings each check has, by severity (问题分布)."""
    words = figure_words()
    if findings.empty:
        return empty_figure(words["findings"], words["no_findings"])
    counts = findings.groupby(["title", "severity"]).size().unstack("severity", fill_value=0)
    counts = counts.loc[counts.sum(axis=1).sort_values().index]
    names, most = counts.index.tolist(), float(counts.sum(axis=1).max())
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "y": list(range(len(names))),
            "x": counts[severity].tolist(),
            "name": word("severity", severity),
            "marker": marked(colour),
            "insidetextfont": on_colour(colour),
            "text": fitting(counts[severity], most),
            "constraintext": "none",
            "textposition": "inside",
            "textangle": 0,
            "customdata": [plain(name) for name in names],
            "hovertemplate": "%{customdata}<br>" + word("severity", severity) + " %{x}<extra></extra>",
        }
        for severity, colour in SEVERITY_COLOURS.items()
        if severity in counts
    ]
    layout = {
        "title": words["findings"],
        "barmode": "stack",
        "height": 130 + 28 * len(names),
        "xaxis": {"title": {"text": words["count"]}, **counted(most)},
        "yaxis": {**ticks(names), "range": [-0.6, len(names) - 0.4]},
    }
    return Figure(data, layout, alt=words["findings_alt"].format(count=len(findings)), frame=findings)
