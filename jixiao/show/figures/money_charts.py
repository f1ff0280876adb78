"""Charts of the execution of the budget (预算执行图)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jixiao.core.vocabulary import label, word
from jixiao.core.writing import money_text, percent_text
from jixiao.show.figure import (
    BLUE,
    GREEN,
    GREY,
    LEGEND,
    LOW_TO_HIGH,
    ORANGE,
    RED,
    SKY,
    Figure,
    marked,
    money_scale,
    numbers,
    on_colour,
    plain,
    ticks,
)
from jixiao.show.figures.chosen_rows import (
    analysis_words,
    bars,
    clipped,
    counted,
    first_rows,
    fitting,
    heat,
    keys_before,
    nothing,
    row_layout,
    row_names,
    upright,
)

BANDS = {"far_under": RED, "under": ORANGE, "nearly": SKY, "in_band": BLUE, "over": GREEN, "unknown": GREY}
_MOST_RATE = 1.5


def plot_execution_groups(frame: pd.DataFrame) -> Figure:
    """Draw the execution rate of groups (分组预算执行率): money-weighted bars with the plain mean as a mark.

    With the year as one of two keys it is a field of groups × years.
    """
    words, keys = analysis_words(), keys_before(frame, "known_count")
    shown = frame[frame["execution_rate"].notna()]
    definition = word("execution_definition", frame["execution_definition"].iloc[0]) if len(frame) else ""
    name = "、".join(label(key) for key in keys if key != "year")
    title = words["execution_groups"].format(group=name, definition=definition)
    if shown.empty:
        return nothing(title)
    alt = words["execution_groups_alt"].format(count=len(shown))
    if "year" in keys and len(keys) > 1 and shown["year"].nunique() > 1:
        return _rates_by_year(frame, shown, [key for key in keys if key != "year"], title, alt)
    shown, note = first_rows(shown.sort_values(["execution_rate", *keys]))
    names = row_names(shown, keys)
    weighted, mean = (shown[column].clip(upper=_MOST_RATE) * 100 for column in ("execution_rate", "mean_rate"))
    data = [
        bars(
            weighted,
            names,
            name=label("execution_rate"),
            marker=marked(BLUE),
            width=0.6,
            text=[percent_text(rate) for rate in shown["execution_rate"]],
            textposition="inside",
            insidetextanchor="start",
            textangle=0,
        ),
        {
            "type": "scatter",
            "mode": "markers",
            "y": list(range(len(names))),
            "x": numbers(mean),
            "name": label("mean_rate"),
            "marker": {"symbol": "diamond", "size": 9, "color": ORANGE, "line": {"width": 1, "color": "#1F2933"}},
            "customdata": [plain(text) for text in names],
            "hovertemplate": "%{customdata}<br>" + label("mean_rate") + " %{x:.2f}<extra></extra>",
        },
    ]
    layout = row_layout(
        title, names, clipped(words["execution_axis"], shown[["execution_rate", "mean_rate"]].max(axis=1), _MOST_RATE)
    )
    layout["xaxis"] |= {"range": [0, max(105.0, float(max(weighted.max(), mean.max())) * 1.05)]}
    layout["shapes"] = [upright(100, rows=len(names))]
    return Figure(data, layout, alt=alt, frame=frame, note=note)


def _rates_by_year(frame: pd.DataFrame, shown: pd.DataFrame, keys: list[str], title: str, alt: str) -> Figure:
    table = shown.assign(name=row_names(shown, keys)).pivot_table(index="name", columns="year", values="execution_rate")
    table, note = first_rows(table.loc[table.mean(axis=1).sort_values(kind="stable").index] * 100)
    texts = [["" if value != value else f"{value:.1f}" for value in row] for row in table.to_numpy()]
    data = [heat(table, texts, scale=LOW_TO_HIGH, low=50, high=110, unit="%")]
    layout = row_layout(title, list(table.index), analysis_words()["years"], height=26, has_legend=False)
    layout["xaxis"] |= {"type": "category", "showgrid": False}
    return Figure(data, layout, alt=alt, frame=frame, note=note)


def plot_execution_bands(frame: pd.DataFrame) -> Figure:
    """Draw how many projects of a group stand in each band of the execution rate (执行率分档)."""
    words, keys = analysis_words(), keys_before(frame, "execution_band")
    if frame.empty:
        return nothing(words["bands"])
    names_of = frame.assign(name=row_names(frame, keys))
    counts = names_of.pivot_table(index="name", columns="execution_band", values="projects", observed=False, sort=False)
    low = counts[["far_under", "under"]].sum(axis=1) / counts.sum(axis=1)
    counts, note = first_rows(counts.loc[low.sort_values(ascending=False, kind="stable").index])
    names, most = counts.index.tolist(), float(counts.sum(axis=1).max())
    data = [
        bars(
            counts[band],
            names,
            name=word("execution_band", band),
            marker=marked(colour),
            text=fitting(counts[band], most),
            textposition="inside",
            textangle=0,
            insidetextanchor="middle",
            insidetextfont=on_colour(colour),
        )
        for band, colour in BANDS.items()
        if counts[band].any()
    ]
    layout = {**row_layout(words["bands"], names, words["projects"]), "barmode": "stack"}
    layout["xaxis"] |= counted(most)
    return Figure(data, layout, alt=words["bands_alt"].format(count=len(names)), frame=frame, note=note)


def plot_waterfall(frame: pd.DataFrame) -> Figure:
    """Draw the way of the money from stage to stage (资金瀑布); several groups are added up."""
    words = analysis_words()
    shown = frame[frame["amount_wan"].notna()]
    if shown.empty:
        return nothing(words["waterfall"])
    sums = shown.groupby("stage", observed=True)[["amount_wan", "known_count"]].sum()
    unknown = int(frame.groupby("stage", observed=True)["unknown_count"].sum().iloc[0])
    projects = int(sums["known_count"].iloc[0])
    factor, unit = money_scale(sums["amount_wan"])
    amounts = (sums["amount_wan"] / factor).round(6)
    steps = amounts.diff()
    names: list[str] = []
    levels: list[float] = []
    data: list[dict[str, Any]] = []
    for number, (stage, amount) in enumerate(amounts.items()):
        if number:
            names.append(words["step"])
            levels.append(float(steps.loc[stage]))
        names.append(word("stage", stage))
        levels.append(float(amount))
    places = list(range(len(names)))
    wholes = [place for place in places if place % 2 == 0]
    data.append(
        {
            "type": "bar",
            "x": wholes,
            "y": [levels[place] for place in wholes],
            "marker": marked(BLUE),
            "text": [money_text(levels[place]) for place in wholes],
            "name": label("amount_wan"),
        }
    )
    for name, colour, keeps in ((words["less"], ORANGE, -1), (words["more"], GREEN, 1)):
        mine = [place for place in places if place % 2 and (levels[place] >= 0) == (keeps > 0)]
        if mine:
            data.append(
                {
                    "type": "bar",
                    "x": mine,
                    "base": [min(levels[place - 1], levels[place + 1]) for place in mine],
                    "y": [abs(levels[place]) for place in mine],
                    "marker": marked(colour),
                    "text": [_signed(levels[place]) for place in mine],
                    "name": name,
                }
            )
    for trace in data:
        trace |= {
            "width": 0.7,
            "textposition": "outside",
            "cliponaxis": False,
            "hovertemplate": "%{text} " + unit + "<extra></extra>",
        }
    lines = {**ticks(names), "showgrid": False}
    left = words["waterfall_left"].format(projects=projects, unknown=unknown)
    layout = {
        "title": words["waterfall"] + left,
        "height": 400,
        "bargap": 0.25,
        "barmode": "overlay",
        "xaxis": lines,
        "yaxis": {"title": {"text": unit}, "range": [0, float(amounts.max()) * 1.12], "tickformat": ",~f"},
    }
    return Figure(data, layout, alt=words["waterfall_alt"].format(count=projects), frame=frame)


def _signed(amount: float) -> str:
    """Write a step with its sign; one that two decimals would hide has four."""
    return f"{amount:+,.2f}" if amount == 0 or abs(amount) >= 0.005 else f"{amount:+,.4f}"


def plot_carry_overs(frame: pd.DataFrame) -> Figure:
    """Draw money left at the end of a year beside the money reported as carried over (结余与结转), largest first."""
    words, keys = analysis_words(), keys_before(frame, "annual_budget_wan")
    shown, note = first_rows(frame[frame["unspent_wan"].notna()].sort_values(["unspent_wan", *keys], ascending=False))
    if shown.empty:
        return nothing(words["carried"])
    names = row_names(shown, keys)
    factor, unit = money_scale(shown[["unspent_wan", "carried_wan"]].stack())
    data = [
        bars((shown[column] / factor).round(6), names, name=label(column), marker=marked(colour))
        for column, colour in (("unspent_wan", BLUE), ("carried_wan", ORANGE))
    ]
    layout = {**row_layout(words["carried"], names, unit, height=30, length=22), "barmode": "group"}
    layout["xaxis"] |= {"tickformat": ",~f"}
    return Figure(data, layout, alt=words["carried_alt"].format(count=len(names)), frame=frame, note=note)


def plot_project_money(frame: pd.DataFrame) -> Figure:
    """Draw each project by its money and its execution rate (资金与执行率), the money on a scale of tens."""
    words = analysis_words()
    shown = frame[frame["execution_rate"].notna() & (frame["base_wan"] > 0)]
    if shown.empty:
        return nothing(words["money"])
    data = []
    for (band, colour), symbol in zip(
        BANDS.items(), ("x", "diamond", "circle", "square", "star", "cross"), strict=True
    ):
        rows = shown[shown["execution_band"] == band]
        if len(rows):
            money = zip(rows["executed_wan"], rows["base_wan"], strict=True)
            data.append(
                {
                    "type": "scatter" if len(shown) < 3000 else "scattergl",
                    "mode": "markers",
                    "x": numbers(rows["base_wan"]),
                    "y": numbers((rows["execution_rate"].clip(upper=_MOST_RATE) * 100).round(4)),
                    "name": f"{word('execution_band', band)}（{len(rows):,}）",
                    "marker": {
                        "color": colour,
                        "symbol": symbol,
                        "size": 9 if len(shown) < 300 else 5,
                        "opacity": 0.75,
                    },
                    "customdata": [plain(f"{row.project}（{row.year}）") for row in rows.itertuples()],
                    "text": [f"{money_text(spent)}／{money_text(base)} {words['wan']}" for spent, base in money],
                    "hovertemplate": "%{customdata}<br>%{text}<extra></extra>",
                }
            )
    layout = {
        "title": words["money"],
        "height": 480,
        "legend": {**LEGEND, "itemsizing": "constant"},
        "xaxis": {
            "type": "log",
            "title": {"text": words["money_axis"].format(name=label("base_wan"))},
            "tickvals": [10**power for power in range(-2, 10)],
            "ticktext": words["money_ticks"],
        },
        "yaxis": {"title": {"text": clipped(words["execution_axis"], shown["execution_rate"], _MOST_RATE)}},
    }
    return Figure(data, layout, alt=words["money_alt"].format(count=len(shown)), frame=frame)
