"""Charts of points and evaluators (得分与评价者图)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jixiao.core.vocabulary import label, word
from jixiao.core.writing import percent_text, points_text
from jixiao.show.figure import BLUE, GREEN, GREY, LEGEND, ORANGE, RED, SKY, Figure, marked, numbers, plain
from jixiao.show.figures.chosen_rows import (
    analysis_words,
    bars,
    clipped,
    counted,
    first_rows,
    keys_before,
    nothing,
    row_layout,
    row_names,
    varying,
)

_MOST_FACTORS = 20


def plot_lost_points(frame: pd.DataFrame) -> Figure:
    """Draw how many points each group of indicators lost, most first (失分构成), with the loss rate."""
    words, keys = analysis_words(), keys_before(frame, "indicator_count")
    shown, note = first_rows(frame[frame["lost"] > 0])
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
    layout["xaxis"] |= {"range": [0, float(shown["lost"].max()) * 1.6], "tickformat": ",~f"}
    return Figure(data, layout, alt=words["lost_alt"].format(count=len(names)), frame=frame, note=note)


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
        "legend": {**LEGEND, "itemsizing": "constant"},
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
        "xaxis": {
            "title": {"text": clipped(words["rate_axis"], shown["execution_rate"], most)},
            "range": _around(shown["execution_rate"].clip(upper=most) * 100, rate_line * 100),
        },
        "yaxis": {"title": {"text": words["distribution_axis"]}, "range": _around(shown["points"], points_line)},
    }
    alt = words["quadrants_alt"].format(count=len(shown), rate=percent_text(rate_line), points=points_text(points_line))
    return Figure(data, layout, alt=alt, frame=frame)


def _around(values: pd.Series, line: float) -> list[float]:
    """Return the range of an axis that holds all values and a cut line with some room on both sides."""
    low, high = min(float(values.min()), line), max(float(values.max()), line)
    room = max((high - low) * 0.06, 1.0)
    return [low - room, high + room]


def plot_density_jumps(frame: pd.DataFrame) -> Figure:
    """Draw how many totals stand just below and just above each grade line, least likely first (等级线两侧)."""
    words = analysis_words()
    keys = [*keys_before(frame, "grade_line"), "grade_line"]
    near = frame[(frame["below_count"] > 0) | (frame["above_count"] > 0)]
    shown, note = first_rows(near.sort_values(["p_value", "grade_line"], ascending=[True, False], kind="stable"))
    if shown.empty:
        return nothing(words["jumps"])
    names = [words["jump_row"].format(name=name) for name in row_names(shown, keys)]
    ratios = [
        words["jump_ratio"].format(ratio=f"{value:.1f}") if value == value else "" for value in shown["jump_ratio"]
    ]
    data = [
        bars(shown["above_count"], names, name=label("above_count"), marker=marked(BLUE)),
        bars(shown["below_count"], names, name=label("below_count"), marker=marked(ORANGE)),
    ]
    data[0] |= {"text": ratios, "textposition": "outside", "cliponaxis": False}
    most = float(shown[["above_count", "below_count"]].max(axis=None))
    layout = {**row_layout(words["jumps"], names, words["jumps_axis"], height=34), "barmode": "group"}
    layout["xaxis"] |= {**counted(most), "range": [0, most * 1.25]}
    return Figure(data, layout, alt=words["jumps_alt"].format(count=len(names)), frame=frame, note=note)


def plot_score_changes(frame: pd.DataFrame) -> Figure:
    """Draw each score before and after (得分前后对照), largest change first."""
    words = analysis_words()
    known = frame[frame["change"].notna()]
    order = known["change"].abs().sort_values(ascending=False, kind="stable").index
    shown, note = first_rows(known.loc[order])
    if shown.empty:
        return nothing(words["changes"])
    keys = [name for name in ("year", "evaluation", "project") if name in shown]
    names = row_names(shown, varying(shown, keys))
    places = list(range(len(names)))
    x = [part for pair in zip(shown["points_before"], shown["points_after"], strict=True) for part in (*pair, None)]
    y = [part for place in places for part in (place, place, None)]
    line = {"color": GREY, "width": 3}
    data: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip", "showlegend": False}
    ]
    for column, colour, symbol in (("points_before", ORANGE, "diamond"), ("points_after", BLUE, "circle")):
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "y": places,
                "x": numbers(shown[column]),
                "name": label(column),
                "marker": {"size": 10, "color": colour, "symbol": symbol, "line": {"width": 1, "color": "#1F2933"}},
                "customdata": [
                    f"{plain(name)}（{points_text(round(change, 4))}）"
                    for name, change in zip(names, shown["change"], strict=True)
                ],
                "hovertemplate": "%{customdata}<br>" + label(column) + " %{x}<extra></extra>",
            }
        )
    layout = row_layout(words["changes"], names, words["distribution_axis"], length=22)
    return Figure(data, layout, alt=words["changes_alt"].format(count=len(names)), frame=frame, note=note)
