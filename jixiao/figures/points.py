"""Charts of points and evaluators (得分与评价者图)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jixiao.figures.rows import (
    MOST,
    analysis_words,
    bars,
    clipped,
    counted,
    keys_before,
    nothing,
    row_layout,
    row_names,
    upright,
)
from jixiao.scoring import percent_text, points_text
from jixiao.theme import BLUE, GREEN, GREY, ORANGE, RED, SKY, Figure, marked, numbers, on_colour, plain
from jixiao.vocabulary import label, word

_MOST_FACTORS = 20


def plot_lost_points(frame: pd.DataFrame) -> Figure:
    """Draw how many points each group of indicators lost, most first (失分构成), with the loss rate."""
    words, keys = analysis_words(), keys_before(frame, "indicator_count")
    shown = frame[frame["lost"] > 0].head(MOST)
    if shown.empty:
        return nothing(words["lost"])
    names = row_names(shown, keys)
    texts = [
        f"{points_text(lost)}（{label('loss_rate')}{percent_text(rate)}）"
        for lost, rate in zip(shown["lost"], shown["loss_rate"], strict=True)
    ]
    data = [
        bars(
            shown["lost"],
            names,
            name=label("lost"),
            marker=marked(BLUE),
            width=0.6,
            text=texts,
            textposition="outside",
            cliponaxis=False,
            showlegend=False,
        )
    ]
    layout = row_layout(words["lost"], names, words["lost_axis"], has_legend=False)
    layout["xaxis"] |= {"range": [0, float(shown["lost"].max()) * 1.35], "tickformat": ",~f"}
    return Figure(data, layout, alt=words["lost_alt"].format(count=len(names)), frame=frame)


def plot_total_distribution(frame: pd.DataFrame, jumps: pd.DataFrame | None = None) -> Figure:
    """Draw how many evaluations have each total (总分分布); ``jumps`` adds the grade lines and their counts."""
    words = analysis_words()
    shown = frame[frame["points_from"].notna()]
    if shown.empty:
        return nothing(words["distribution"])
    width = float(shown["points_to"].iloc[0] - shown["points_from"].iloc[0])
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "x": numbers(shown["points_from"] + width / 2),
            "y": numbers(shown["evaluations"]),
            "width": width * 0.94,
            "marker": marked(BLUE),
            "customdata": [
                f"[{low:g}, {high:g})" for low, high in zip(shown["points_from"], shown["points_to"], strict=True)
            ],
            "hovertemplate": "%{customdata} %{y}<extra></extra>",
            "showlegend": False,
        }
    ]
    low, high = float(shown["points_from"].min()), float(shown["points_to"].max())
    most = float(shown["evaluations"].max())
    lines: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    rows = jumps.groupby("grade_line")[["above_count", "below_count"]].sum() if jumps is not None else pd.DataFrame()
    for line, counts in rows.iterrows():
        if not low <= float(str(line)) <= high:
            continue
        dash = {"color": RED, "dash": "dash", "width": 1.5}
        lines.append({"type": "line", "x0": line, "x1": line, "y0": 0, "y1": 1, "yref": "paper", "line": dash})
        text = words["line"].format(line=line, above=int(counts["above_count"]), below=int(counts["below_count"]))
        note = {"text": text, "x": line, "y": 1.0, "yref": "paper", "xanchor": "center", "yanchor": "bottom"}
        notes.append({**note, "showarrow": False, "font": {"size": 12}, "yshift": 4 + 16 * (len(notes) % 2)})
    layout = {
        "title": words["distribution"],
        "height": 380,
        "bargap": 0,
        "shapes": lines,
        "annotations": notes,
        "xaxis": {"title": {"text": words["distribution_axis"]}, "range": [low - width / 2, high + width / 2]},
        "yaxis": {"title": {"text": words["evaluations"]}, "range": [0, most * 1.08], **counted(most)},
    }
    count = int(shown["evaluations"].sum())
    return Figure(data, layout, alt=words["distribution_alt"].format(count=count, width=f"{width:g}"), frame=frame)


def plot_contributions(frame: pd.DataFrame) -> Figure:
    """Draw what each indicator contributes to a change of score (得分变动的因素), largest first, by kind of effect.

    Takes the rows of one score or department of :func:`jixiao.analysis.score_contributions`,
    :func:`jixiao.analysis.contribution_totals` or :func:`jixiao.analysis.department_changes`. Beyond the largest ones
    the rest is one row, so that the bars still add up to the whole change.
    """
    words = analysis_words()
    effects = ["weight_effect", "completion_effect", "turnover_effect"]
    moved = (frame[[*effects, "contribution"]].fillna(0) != 0).any(axis=1)
    shown = frame[frame["contribution"].notna() & moved]
    if shown.empty:
        return nothing(words["contributions"])
    keys = [name for name in ("category", "subcategory", "indicator") if name in frame]
    named = shown[[*effects, "contribution"]].fillna(dict.fromkeys(effects, 0.0))
    named["name"] = [name.split(" ")[-1] for name in row_names(shown, keys)]
    came = shown["part"] == "projects" if "part" in shown else pd.Series(False, index=shown.index)
    named.loc[came, "name"] = word("part", "projects")
    named["projects"] = named["contribution"].where(came, 0.0)
    order = named["contribution"].abs().sort_values(ascending=False, kind="stable").index
    named = named.loc[order]
    columns = [*effects, "projects"]
    top, rest = named.head(_MOST_FACTORS), named.iloc[_MOST_FACTORS:]
    if len(rest):
        line = {**rest[columns].sum().to_dict(), "name": words["rest"].format(count=len(rest))}
        top = pd.concat([top, pd.DataFrame([line])])
    names = top["name"].tolist()
    colours = {"weight_effect": ORANGE, "completion_effect": BLUE, "turnover_effect": GREEN, "projects": GREY}
    data = [
        bars(
            top[column].round(4),
            names,
            name=word("part", "projects") if column == "projects" else label(column),
            marker=marked(colour),
        )
        for column, colour in colours.items()
        if (top[column] != 0).any()
    ]
    change = points_text(round(float(shown["contribution"].sum()), 4))
    layout = {
        **row_layout(words["contributions"], names, words["contributions_axis"]),
        "barmode": "relative",
        "showlegend": True,
    }
    layout["xaxis"] |= {"zeroline": True, "zerolinewidth": 2}
    alt = words["contributions_alt"].format(count=len(shown), change=change)
    return Figure(data, layout, alt=alt, frame=frame)


def plot_discretion(frame: pd.DataFrame) -> Figure:
    """Draw which share of the weight is decided by a rule, by a person, by nobody (得分由谁决定)."""
    words, keys = analysis_words(), keys_before(frame, "weight_sum")
    shown = frame[frame["weight_sum"] > 0]
    if shown.empty:
        return nothing(words["discretion"])
    shown = shown.sort_values(["person_share", *keys], ascending=False, kind="stable").head(MOST)
    names = row_names(shown, keys)
    data = []
    for who, colour in (("rule", BLUE), ("person", ORANGE), ("nobody", GREY)):
        share = shown[f"{who}_weight"] / shown["weight_sum"] * 100
        texts = [f"{value:.0f}" if value >= 4 else "" for value in share]
        data.append(
            bars(
                share.round(2),
                names,
                name=word("decided_by", who),
                marker=marked(colour),
                insidetextfont=on_colour(colour),
                text=texts,
                textposition="inside",
                textangle=0,
                insidetextanchor="middle",
            )
        )
    layout = {**row_layout(words["discretion"], names, words["discretion_axis"]), "barmode": "stack"}
    layout["xaxis"] |= {"range": [0, 100]}
    return Figure(data, layout, alt=words["discretion_alt"].format(count=len(names)), frame=frame)


def plot_leniency(frame: pd.DataFrame) -> Figure:
    """Draw how much more lenient the self-evaluations of each group are, with the interval (宽严程度)."""
    words, keys = analysis_words(), keys_before(frame, "projects")
    shown = frame[frame["mean_difference"].notna()].head(MOST)
    if shown.empty:
        return nothing(words["leniency"])
    names = row_names(shown, keys)
    middle = shown["mean_difference"] * 100
    reach = {
        "type": "data",
        "symmetric": False,
        "array": [value or 0 for value in numbers(shown["difference_high"] * 100 - middle)],
        "arrayminus": [value or 0 for value in numbers(middle - shown["difference_low"] * 100)],
        "color": "#1F2933",
        "thickness": 1.2,
    }
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "y": list(range(len(names))),
            "x": numbers(middle.round(4)),
            "error_x": reach,
            "marker": {"size": 9, "color": BLUE},
            "customdata": [f"{plain(name)}（{count}）" for name, count in zip(names, shown["projects"], strict=True)],
            "hovertemplate": "%{customdata}<br>%{x:.2f}<extra></extra>",
            "showlegend": False,
        }
    ]
    layout = row_layout(words["leniency"], names, words["leniency_axis"], has_legend=False)
    layout["shapes"] = [upright(0, rows=len(names), dash="solid")]
    return Figure(data, layout, alt=words["leniency_alt"].format(count=len(names)), frame=frame)


def plot_quadrants(frame: pd.DataFrame, *, rate_line: float = 0.9, points_line: float = 90) -> Figure:
    """Draw each evaluation by execution rate and total, with the cut lines (执行率与总分)."""
    words, most = analysis_words(), 1.5
    shown = frame[frame["quadrant"] != "unknown"]
    if shown.empty:
        return nothing(words["quadrants"])
    marks = {
        "both_high": (BLUE, "circle"),
        "only_execution": (ORANGE, "square"),
        "only_points": (RED, "diamond"),
        "both_low": (SKY, "x"),
    }
    size = 9 if len(shown) < 300 else 5
    data = []
    for quadrant, (colour, symbol) in marks.items():
        rows = shown[shown["quadrant"] == quadrant]
        line = {"width": 0.5, "color": "#1F2933"}
        data.append(
            {
                "type": "scatter" if len(shown) < 3000 else "scattergl",
                "mode": "markers",
                "x": numbers((rows["execution_rate"].clip(upper=most) * 100).round(4)),
                "y": numbers(rows["points"]),
                "name": f"{word('quadrant', quadrant)}（{len(rows)}）",
                "marker": {"color": colour, "symbol": symbol, "size": size, "opacity": 0.75, "line": line},
                "customdata": [plain(f"{row.project}（{row.year}）") for row in rows.itertuples()],
                "hovertemplate": "%{customdata}<br>%{x:.2f}%　%{y}<extra></extra>",
            }
        )
    dash = {"color": "#1F2933", "dash": "dash", "width": 1}
    layout = {
        "title": words["quadrants"],
        "height": 480,
        "shapes": [
            {
                "type": "line",
                "x0": rate_line * 100,
                "x1": rate_line * 100,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": dash,
            },
            {"type": "line", "y0": points_line, "y1": points_line, "x0": 0, "x1": 1, "xref": "paper", "line": dash},
        ],
        "xaxis": {"title": {"text": clipped(words["rate_axis"], shown["execution_rate"], most)}},
        "yaxis": {"title": {"text": words["distribution_axis"]}},
    }
    alt = words["quadrants_alt"].format(count=len(shown), rate=percent_text(rate_line), points=points_text(points_line))
    return Figure(data, layout, alt=alt, frame=frame)
