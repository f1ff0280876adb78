"""Charts of who gave the points and of what proves them (评价者与佐证图)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jixiao.core.vocabulary import label, word
from jixiao.core.writing import percent_text
from jixiao.show.figure import BLUE, GREEN, GREY, ORANGE, RED, SKY, Figure, marked, numbers, on_colour, plain
from jixiao.show.figures.chosen_rows import (
    analysis_words,
    bars,
    counted,
    first_rows,
    fitting,
    keys_before,
    nothing,
    row_layout,
    row_names,
    upright,
    varying,
)

STATE_COLOURS = {"proven": GREEN, "too_few": ORANGE, "no_sample": SKY, "missed": RED, "no_value": GREY}


def plot_discretion(frame: pd.DataFrame) -> Figure:
    """Draw which share of the weight is decided by a rule, by a person, by nobody (得分由谁决定)."""
    words, keys = analysis_words(), keys_before(frame, "weight_sum")
    shown = frame[frame["weight_sum"] > 0]
    if shown.empty:
        return nothing(words["discretion"])
    shown, note = first_rows(shown.sort_values(["person_share", *keys], ascending=False, kind="stable"))
    names = row_names(shown, keys)
    data = []
    for who, colour in (("rule", BLUE), ("person", ORANGE), ("nobody", GREY)):
        share = shown[f"{who}_weight"] / shown["weight_sum"] * 100
        data.append(
            bars(
                share.round(2),
                names,
                name=word("decided_by", who),
                marker=marked(colour),
                insidetextfont=on_colour(colour),
                text=fitting(share, 100),
                textposition="inside",
                textangle=0,
                insidetextanchor="middle",
            )
        )
    layout = {**row_layout(words["discretion"], names, words["discretion_axis"]), "barmode": "stack"}
    layout["xaxis"] |= {"range": [0, 100]}
    return Figure(data, layout, alt=words["discretion_alt"].format(count=len(names)), frame=frame, note=note)


def plot_leniency(frame: pd.DataFrame) -> Figure:
    """Draw how much more lenient the self-evaluations of each group are, with the interval (宽严程度)."""
    words, keys = analysis_words(), keys_before(frame, "projects")
    shown, note = first_rows(frame[frame["mean_difference"].notna()])
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
    return Figure(data, layout, alt=words["leniency_alt"].format(count=len(names)), frame=frame, note=note)


def plot_evaluator_differences(frame: pd.DataFrame) -> Figure:
    """Draw the share of the points of each indicator in the self-evaluation against that in the other (自评与他评).

    Indicators with the same two shares are one mark, larger for more of them; above the line the self-evaluation is
    more lenient.
    """
    words = analysis_words()
    known = frame[frame["share_difference"].notna()]
    if known.empty:
        return nothing(words["pairs"])
    shares = pd.DataFrame(
        {
            side: (known[f"points_{side}"] / known[f"weight_{side}"] * 100).round(2).to_numpy()
            for side in ("self", "other")
        }
    ).assign(name=(known["project"] + " " + known["indicator"]).to_numpy())
    marks = shares.groupby(["other", "self"]).agg(count=("name", "size"), first=("name", "first")).reset_index()
    low = float(min(marks["other"].min(), marks["self"].min(), 60))
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": numbers(marks["other"]),
            "y": numbers(marks["self"]),
            "marker": {
                "size": np.clip(5 + 2.5 * np.sqrt(marks["count"]), 7, 40).round(1).tolist(),
                "color": BLUE,
                "opacity": 0.55,
                "line": {"width": 1, "color": "#1F2933"},
            },
            "customdata": [
                plain(name) + (words["pairs_more"].format(count=count) if count > 1 else "")
                for name, count in zip(marks["first"], marks["count"], strict=True)
            ],
            "hovertemplate": "%{customdata}<br>%{y:.2f}%／%{x:.2f}%<extra></extra>",
            "cliponaxis": False,
            "showlegend": False,
        }
    ]
    ends = {"x0": low, "y0": low, "x1": 100, "y1": 100}
    shape = {"type": "line", **ends, "line": {"color": "#1F2933", "dash": "dot", "width": 1}, "layer": "below"}
    layout = {
        "title": words["pairs"],
        "height": 480,
        "margin": {"l": 16, "r": 24, "t": 56, "b": 48},
        "shapes": [shape],
        "xaxis": {"title": {"text": words["pairs_other"]}, "range": [low - 2, 102]},
        "yaxis": {"title": {"text": words["pairs_self"]}, "range": [low - 2, 102]},
    }
    return Figure(data, layout, alt=words["pairs_alt"].format(count=len(known)), frame=frame)


def plot_satisfaction_states(frame: pd.DataFrame) -> Figure:
    """Draw how many satisfaction indicators are proven by a sample (满意度佐证情况), by year and evaluation."""
    words = analysis_words()
    if frame.empty:
        return nothing(words["satisfied"])
    named = frame.assign(name=row_names(frame, ["year", "evaluation"]))
    counts = named.pivot_table(
        index="name", columns="satisfaction_state", values="indicator_count", observed=False, sort=False
    )
    names, most = counts.index.tolist(), float(counts.sum(axis=1).max())
    data = [
        bars(
            counts[state],
            names,
            name=word("satisfaction_state", state),
            marker=marked(colour),
            text=fitting(counts[state], most),
            textposition="inside",
            textangle=0,
            insidetextanchor="middle",
            insidetextfont=on_colour(colour),
        )
        for state, colour in STATE_COLOURS.items()
        if counts[state].any()
    ]
    layout = {**row_layout(words["satisfied"], names, words["indicators"], height=32), "barmode": "stack"}
    layout |= {"showlegend": True}
    layout["xaxis"] |= counted(most)
    alt = words["satisfied_alt"].format(count=int(frame["indicator_count"].sum()))
    return Figure(data, layout, alt=alt, frame=frame)


def plot_satisfaction_samples(frame: pd.DataFrame) -> Figure:
    """Draw the measured satisfaction of each sample with its lower bound and its target (满意度与样本)."""
    words = analysis_words()
    known = frame[frame["bound_rate"].notna()]
    short = (known["target_rate"] - known["bound_rate"]).sort_values(ascending=False, kind="stable")
    shown, note = first_rows(known.loc[short.index])
    if shown.empty:
        return nothing(words["samples"], "no_samples")
    names = row_names(shown, [*varying(shown, ["year", "evaluation", "project"]), "indicator"])
    rate = shown["satisfaction_rate"] * 100
    reach = {
        "type": "data",
        "symmetric": False,
        "array": [0.0] * len(names),
        "arrayminus": numbers((rate - shown["bound_rate"] * 100).round(4)),
        "color": "#1F2933",
        "thickness": 1.2,
    }
    sizes = [
        f"{plain(name)}<br>{label('sample_size')} {size}，{label('bound_rate')} {percent_text(bound)}"
        for name, size, bound in zip(names, shown["sample_size"], shown["bound_rate"], strict=True)
    ]
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "y": list(range(len(names))),
            "x": numbers(values),
            "name": label(column),
            "marker": {"size": 10, "color": colour, "symbol": symbol, "line": {"width": 2, "color": colour}},
            "customdata": sizes,
            "hovertemplate": "%{customdata}<br>" + label(column) + " %{x:.2f}%<extra></extra>",
            **more,
        }
        for column, values, colour, symbol, more in (
            ("satisfaction_rate", rate, BLUE, "circle", {"error_x": reach}),
            ("target_rate", shown["target_rate"] * 100, RED, "line-ns-open", {}),
        )
    ]
    layout = row_layout(words["samples"], names, words["samples_axis"], length=26)
    return Figure(data, layout, alt=words["samples_alt"].format(count=len(names)), frame=frame, note=note)
