"""Charts that set units beside each other and over the years (比较图)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from jixiao.core.vocabulary import columns, label
from jixiao.core.writing import percent_text, points_text
from jixiao.show.figure import BLUE, GREEN, GREY, LOW_TO_HIGH, ORANGE, RED, SKY, Figure, marked, numbers, plain
from jixiao.show.figures.chosen_rows import (
    analysis_words,
    bars,
    clipped,
    counted,
    first_rows,
    heat,
    keys_before,
    nothing,
    row_layout,
    row_names,
    upright,
    varying,
)


def plot_benchmark(frame: pd.DataFrame, *, value: str, names: Sequence[str] = ("project",)) -> Figure:
    """Draw each unit with the median and the best of its peers, widest gap first (标杆对比)."""
    words = analysis_words()
    title = words["benchmark"].format(measure=label(value, measured=True))
    known = frame[frame[value].notna()].sort_values(["best_gap", *names], ascending=False, kind="stable")
    shown, note = first_rows(known)
    if shown.empty:
        return nothing(title)
    rows = row_names(shown, names)
    factor = 100 if columns()[value]["type"] == "rate" else 1
    marks = [
        (value, label(value), BLUE, "circle"),
        ("median_value", label("median_value"), ORANGE, "line-ns-open"),
        ("best_value", label("best_value"), GREEN, "star-open"),
    ]
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "y": list(range(len(rows))),
            "x": numbers((shown[column] * factor).round(6)),
            "name": name,
            "marker": {
                "size": 15 if symbol == "star-open" else 10,
                "color": colour,
                "symbol": symbol,
                "line": {"width": 1.5, "color": colour},
            },
            "customdata": [plain(text) for text in rows],
            "hovertemplate": "%{customdata}<br>" + name + " %{x}<extra></extra>",
        }
        for column, name, colour, symbol in marks
    ]
    layout = row_layout(title, rows, label(value, measured=True))
    return Figure(data, layout, alt=words["benchmark_alt"].format(count=len(rows)), frame=frame, note=note)


def plot_frontier(frame: pd.DataFrame, *, name: str = "project") -> Figure:
    """Draw the efficiency of each unit, lowest first; those on the frontier are hatched (投入产出效率)."""
    words = analysis_words()
    shown, note = first_rows(frame[frame["efficiency"].notna()].sort_values(["efficiency", name], kind="stable"))
    if shown.empty:
        return nothing(words["frontier"])
    rows = row_names(shown, [name])
    best = shown["efficiency"] == 1
    texts = [f"{value:.3f}" for value in shown["efficiency"]]
    data = [
        bars(
            shown["efficiency"].where(best == is_best).round(4),
            rows,
            name=words["on_frontier" if is_best else "off_frontier"],
            marker=marked(colour),
            width=0.6,
            text=texts,
            textposition="outside",
            cliponaxis=False,
        )
        for is_best, colour in ((False, BLUE), (True, GREEN))
    ]
    layout = row_layout(words["frontier"], rows, words["frontier_axis"])
    layout["xaxis"] |= {"range": [0, 1.1]}
    layout["barmode"] = "overlay"
    layout["shapes"] = [upright(1, rows=len(rows))]
    on_line = int((frame["efficiency"] == 1).sum())
    count = int(frame["efficiency"].notna().sum())
    return Figure(data, layout, alt=words["frontier_alt"].format(count=count, best=on_line), frame=frame, note=note)


def plot_frontier_slacks(frame: pd.DataFrame, *, name: str = "project") -> Figure:
    """Draw what each unit could save or add to stand with its peers (可改进的余地), in % of what it has, most first."""
    words = analysis_words()
    amount = frame["amount"].where(frame["amount"] > 0)
    parts = {part: (frame[part] / amount * 100).round(4) for part in ("radial_cut", "slack")}
    rates = frame.assign(**parts, all=parts["radial_cut"] + parts["slack"])
    known = rates[rates["all"] > 0].sort_values(["all", name], ascending=[False, True], kind="stable")
    shown, note = first_rows(known)
    if shown.empty:
        return nothing(words["slacks"])
    measures = [label(measure) for measure in shown["measure"]]
    rows = [f"{row} {measure}" for row, measure in zip(row_names(shown, [name]), measures, strict=True)]
    data = [
        bars(shown[part], rows, name=label(part), marker=marked(colour))
        for part, colour in (("radial_cut", BLUE), ("slack", ORANGE))
        if (shown[part] > 0).any()
    ]
    layout = {**row_layout(words["slacks"], rows, words["slacks_axis"], length=26), "barmode": "stack"}
    layout["showlegend"] = True
    return Figure(data, layout, alt=words["slacks_alt"].format(count=len(rows)), frame=frame, note=note)


def plot_unit_costs(frame: pd.DataFrame) -> Figure:
    """Draw the unit cost of outputs against last year and against peers, furthest from 100 % first (单位产出成本)."""
    words, most = analysis_words(), 2.0
    both = frame.assign(before=frame["unit_cost_change_rate"] + 1)
    shown = both[both[["before", "peer_rate"]].notna().any(axis=1)]
    if shown.empty:
        return nothing(words["costs"])
    far = (shown[["before", "peer_rate"]] - 1).abs().max(axis=1)
    shown, note = first_rows(shown.loc[far.sort_values(ascending=False, kind="stable").index])
    rows = row_names(shown, varying(shown, ["year", "indicator", "project"]))
    data = []
    for column, name, colour, symbol in (
        ("before", words["costs_before_axis"], BLUE, "circle"),
        ("peer_rate", words["costs_axis"], ORANGE, "diamond"),
    ):
        if shown[column].notna().any():
            rates = [percent_text(value) for value in shown[column]]
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "y": list(range(len(rows))),
                    "x": numbers((shown[column].clip(upper=most) * 100).round(4)),
                    "name": name,
                    "marker": {"size": 10, "color": colour, "symbol": symbol, "line": {"width": 1, "color": "#1F2933"}},
                    "text": [f"{plain(row)}<br>{rate}" for row, rate in zip(rows, rates, strict=True)],
                    "hovertemplate": "%{text}<extra></extra>",
                }
            )
    layout = row_layout(
        words["costs"],
        rows,
        clipped(words["costs_rate_axis"], shown[["before", "peer_rate"]].max(axis=1), most),
        length=26,
    )
    layout["shapes"], layout["showlegend"] = [upright(100, rows=len(rows))], True
    return Figure(data, layout, alt=words["costs_alt"].format(count=len(rows)), frame=frame, note=note)


def plot_robustness(frame: pd.DataFrame, *, swing: float = 0.1) -> Figure:
    """Draw the place of each unit with the places it takes when the weights move (名次范围)."""
    words = analysis_words()
    title = words["robustness"].format(swing=percent_text(swing))
    shown, note = first_rows(frame[frame["rank"].notna()])
    if shown.empty:
        return nothing(title)
    rows = row_names(shown, keys_before(frame, "points"))
    places = list(range(len(rows)))
    spans = []
    for low, high, name, colour, width in (
        ("rank_best", "rank_worst", words["all_ranks"], GREY, 6),
        ("rank_low", "rank_high", words["most_ranks"], SKY, 10),
    ):
        x: list[float | None] = []
        y: list[float | None] = []
        for place, start, end in zip(places, shown[low], shown[high], strict=True):
            x += [float(start) - 0.15, float(end) + 0.15, None]
            y += [place, place, None]
        line = {"color": colour, "width": width}
        spans.append(
            {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": line, "hoverinfo": "skip"}
        )
    texts = [
        f"{plain(row)}<br>{points_text(round(score, 4))}　{label('first_share')} {percent_text(first)}"
        for row, score, first in zip(rows, shown["points"], shown["first_share"], strict=True)
    ]
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": numbers(shown["rank"]),
        "y": places,
        "name": label("rank"),
        "marker": {"size": 9, "color": RED, "line": {"width": 1, "color": "white"}},
        "text": texts,
        "hovertemplate": "%{text}<extra></extra>",
    }
    layout = row_layout(title, rows, words["robustness_axis"])
    most = float(shown["rank_worst"].max())
    layout["xaxis"] |= {**counted(most), "range": [0.5, most + 0.5]}
    return Figure([*spans, dots], layout, alt=words["robustness_alt"].format(count=len(rows)), frame=frame, note=note)


def plot_repeated_findings(frame: pd.DataFrame) -> Figure:
    """Draw which checks find something in the same place year after year (连年出现的问题)."""
    words = analysis_words()
    shown = frame[frame["year_count"] > 1]
    if shown.empty:
        return nothing(words["repeated"])
    counts = shown.groupby(["title", "year_count"]).size().unstack("year_count", fill_value=0)
    counts, note = first_rows(counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index])
    names = counts.index.tolist()
    colours = [SKY, ORANGE, BLUE, RED, GREEN]
    data = [
        bars(
            counts[years],
            names,
            name=words["years_in_all"].format(years=years),
            marker=marked(colours[number % len(colours)]),
        )
        for number, years in enumerate(counts.columns)
    ]
    layout = {**row_layout(words["repeated"], names, words["repeated_axis"]), "barmode": "stack"}
    layout["xaxis"] |= counted(float(counts.sum(axis=1).max()))
    return Figure(data, layout, alt=words["repeated_alt"].format(count=len(shown)), frame=frame, note=note)


def plot_department_ranking(frame: pd.DataFrame) -> Figure:
    """Draw the mean total of each department over the years, with its place among its like (部门平均分逐年变化)."""
    words = analysis_words()
    shown = frame[frame["mean_points"].notna()]
    if shown.empty:
        return nothing(words["ranking"])
    table = shown.pivot(index="department", columns="year", values="mean_points")
    table, note = first_rows(table.loc[table.mean(axis=1).sort_values(ascending=False, kind="stable").index])
    order = table.index
    ranks = shown.pivot(index="department", columns="year", values="rank").loc[order]
    peers = shown.pivot(index="department", columns="year", values="peer_count").loc[order]
    texts = [
        [
            "" if points != points else words["rank"].format(points=f"{points:.2f}", rank=rank, peers=count)
            for points, rank, count in zip(*lines, strict=True)
        ]
        for lines in zip(table.to_numpy(), ranks.to_numpy(), peers.to_numpy(), strict=True)
    ]
    data = [heat(table, texts, scale=LOW_TO_HIGH, low=80, high=100, unit="")]
    layout = row_layout(words["ranking"], list(table.index), words["years"], height=26, has_legend=False)
    layout["xaxis"] |= {"type": "category", "showgrid": False}
    alt = words["ranking_alt"].format(departments=len(table), years=table.shape[1])
    return Figure(data, layout, alt=alt, frame=frame, note=note)
