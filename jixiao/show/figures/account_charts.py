"""Charts of the final accounts (部门决算图)."""

from __future__ import annotations

import pandas as pd

from jixiao.core.vocabulary import label
from jixiao.core.writing import money_text, percent_text
from jixiao.show.figure import BLUE, GREY, ORANGE, SKY, Figure, marked, money_scale
from jixiao.show.figures.chosen_rows import analysis_words, bars, first_rows, nothing, row_layout, row_names, varying


def _names(frame: pd.DataFrame, last: str) -> list[str]:
    return row_names(frame, varying(frame, ["year", "department", last]))


def plot_account_structure(frame: pd.DataFrame) -> Figure:
    """Draw what the income or the expenditure of the last year is made of (决算结构), largest first, with shares."""
    words = analysis_words()
    known = frame[frame["amount_wan"] > 0]
    known = known[known["year"] == known["year"].max()].sort_values("amount_wan", ascending=False, kind="stable")
    shown, note = first_rows(known)
    if shown.empty:
        return nothing(words["structure"], "no_accounts")
    factor, unit = money_scale(shown["amount_wan"])
    names, amounts = _names(shown, "item"), (shown["amount_wan"] / factor).round(6)
    texts = [
        f"{money_text(amount)}（{percent_text(share)}）" for amount, share in zip(amounts, shown["share"], strict=True)
    ]
    outside = {"text": texts, "textposition": "outside", "cliponaxis": False, "showlegend": False, "width": 0.6}
    data = [bars(amounts, names, name=label("amount_wan"), marker=marked(BLUE), **outside)]
    title = words["structure_of"].format(title=words["structure"], year=shown["year"].iloc[0])
    layout = row_layout(title, names, unit, has_legend=False)
    layout["xaxis"] |= {"range": [0, float(amounts.max()) * 1.5], "tickformat": ",~f"}
    return Figure(data, layout, alt=words["structure_alt"].format(count=len(names)), frame=frame, note=note)


def plot_account_changes(frame: pd.DataFrame) -> Figure:
    """Draw by how much each item changed against the year before (决算比上年增减), largest change first."""
    words = analysis_words()
    known = frame[frame["year_change_wan"].notna() & (frame["year_change_wan"] != 0)]
    order = known["year_change_wan"].abs().sort_values(ascending=False, kind="stable").index
    shown, note = first_rows(known.loc[order])
    if shown.empty:
        return nothing(words["yearly"], "no_year_before")
    factor, unit = money_scale(shown["year_change_wan"])
    names, change = _names(shown, "item"), (shown["year_change_wan"] / factor).round(6)
    rates = [f"（{percent_text(rate)}）" if rate == rate else "" for rate in shown["year_change_rate"]]
    texts = [f"{amount:+,.2f}{rate}" for amount, rate in zip(change, rates, strict=True)]
    outside = {"text": texts, "textposition": "outside", "cliponaxis": False, "width": 0.6}
    data = [
        bars(change.where(chosen), names, name=words[name], marker=marked(colour), **outside)
        for name, colour, chosen in (("more", BLUE, change > 0), ("less", ORANGE, change < 0))
        if chosen.any()
    ]
    layout = {**row_layout(words["yearly"], names, unit), "barmode": "overlay", "showlegend": True}
    low, high = min(float(change.min()), 0.0), max(float(change.max()), 0.0)
    room = (high - low) * 0.4
    layout["xaxis"] |= {
        "range": [low - room if low < 0 else 0, high + room if high > 0 else 0],
        "tickformat": ",~f",
        "zeroline": True,
        "zerolinewidth": 2,
    }
    return Figure(data, layout, alt=words["yearly_alt"].format(count=len(names)), frame=frame, note=note)


def plot_account_kinds(frame: pd.DataFrame) -> Figure:
    """Draw basic beside project expenditure by class of function (基本支出与项目支出)."""
    words = analysis_words()
    shown, note = first_rows(frame[frame["amount_wan"] > 0])
    if shown.empty:
        return nothing(words["kinds"], "no_accounts")
    factor, unit = money_scale(shown["amount_wan"])
    names = _names(shown, "item")
    data = [
        bars((shown[column] / factor).round(6), names, name=label(column), marker=marked(colour))
        for column, colour in (("basic_wan", BLUE), ("project_wan", ORANGE), ("other_wan", GREY))
        if (shown[column] != 0).any()
    ]
    layout = {**row_layout(words["kinds"], names, unit), "barmode": "stack", "showlegend": True}
    layout["xaxis"] |= {"tickformat": ",~f"}
    return Figure(data, layout, alt=words["kinds_alt"].format(count=len(names)), frame=frame, note=note)


def plot_three_public(frame: pd.DataFrame) -> Figure:
    """Draw budget, final account and year before of each kind of 三公经费 (“三公”经费)."""
    words = analysis_words()
    money = {"before_wan": SKY, "initial_budget_wan": ORANGE, "amount_wan": BLUE}
    names_of = {"amount_wan": words["final"]}
    shown, note = first_rows(frame[frame[list(money)].notna().any(axis=1)])
    if shown.empty:
        return nothing(words["public"], "no_accounts")
    factor, unit = money_scale(shown[list(money)].stack())
    names = _names(shown, "public_item")
    data = [
        bars(
            (shown[column] / factor).round(6),
            names,
            name=names_of.get(column, label(column)),
            marker=marked(colour),
            text=[money_text(value) for value in shown[column] / factor],
            textposition="outside",
            cliponaxis=False,
        )
        for column, colour in money.items()
        if shown[column].notna().any()
    ]
    layout = {**row_layout(words["public"], names, unit, height=22 * (len(data) + 1)), "barmode": "group"}
    layout |= {"showlegend": True}
    most = float(shown[list(money)].max(axis=None)) / factor
    layout["xaxis"] |= {"range": [0, (most or 1) * 1.15], "tickformat": ",~f"}
    return Figure(data, layout, alt=words["public_alt"].format(count=len(names)), frame=frame, note=note)
