"""What every chart of rows (横条图) shares: names of rows, their layout, how many are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from jixiao.analysis.choices import choices
from jixiao.show.figure import Figure, empty_figure, numbers, plain, ticks
from jixiao.show.tables.analyses import code_word

MOST = 60
"""More rows than this are not drawn; the frame of the figure holds them all."""
_NARROW = 400
"""Pixels of a narrow page that are left for bars."""
_UNNAMED = {"project_id", "indicator_id", "repeat", "execution_definition"}


def analysis_words() -> dict[str, str]:
    """Return the words of the charts of the analyses (图中用语)."""
    return choices("figures")


def first_rows(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the rows that are drawn, and the note that says so where they are not all."""
    words = analysis_words()["first_rows"]
    return frame.head(MOST), words.format(shown=MOST, count=f"{len(frame):,}") if len(frame) > MOST else ""


def varying(frame: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Return the last key and those before it that differ between rows; the others need not be named."""
    return [name for name in keys if name == keys[-1] or frame[name].nunique() > 1]


def keys_before(frame: pd.DataFrame, column: str) -> list[str]:
    """Return the columns that stand before a column and name a row."""
    names = list(frame.columns[: list(frame.columns).index(column)])
    return [name for name in names if name not in _UNNAMED]


def row_names(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return the name of each row from its key, coded values in words."""
    parts = [[code_word(name, value) for value in frame[name]] for name in columns]
    return [" ".join(filter(None, texts)) or "—" for texts in zip(*parts, strict=True)] if parts else ["—"] * len(frame)


def row_layout(
    title: str, names: list[str], axis: str, *, height: int = 24, length: int = 18, has_legend: bool = True
) -> dict[str, Any]:
    """Return the layout of a chart with one row per name, the first on top."""
    lines = ticks(names, length)
    top = 80 if has_legend else 48
    return {
        "title": title,
        "height": 60 + top + height * max(len(names), 2),
        "margin": {"l": 16, "r": 24, "t": top, "b": 48},
        "xaxis": {"title": {"text": axis}},
        "yaxis": {**lines, "range": [len(names) - 0.4, -0.6]},
    }


def bars(values: pd.Series, names: list[str], *, name: str, marker: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return one set of horizontal bars; the hover shows the whole name of the row."""
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(names))),
        "x": numbers(values),
        "name": name,
        "marker": marker,
        "customdata": [plain(text) for text in names],
        "hovertemplate": "%{customdata}<br>" + name + " %{x}<extra></extra>",
        "constraintext": "none",
        "textfont": {"size": 12},
        **more,
    }


def fitting(values: pd.Series, most: float) -> list[str]:
    """Return the numbers written inside the parts of a stacked bar, empty where a part is too narrow for its number."""
    shares = values.fillna(0) / (most or 1)
    return [
        text if share * _NARROW > 8 * len(text) + 4 else ""
        for text, share in zip((f"{value:,.0f}" for value in values.fillna(0)), shares, strict=True)
    ]


def counted(most: float) -> dict[str, Any]:
    """Return what an axis of counts needs: whole numbers only."""
    return {"tickformat": ",d", "rangemode": "tozero", **({"dtick": 1} if most <= 10 else {})}


def clipped(axis: str, values: pd.Series, most: float) -> str:
    """Return the title of an axis, saying so where values beyond its end were drawn at the end."""
    return axis + (analysis_words()["clipped"].format(most=round(most * 100)) if (values > most).any() else "")


def upright(x: float, *, rows: int, dash: str = "dot") -> dict[str, Any]:
    """Return an upright line through all rows."""
    line = {"color": "#1F2933", "dash": dash, "width": 1}
    return {"type": "line", "x0": x, "x1": x, "y0": -0.6, "y1": rows - 0.4, "line": line, "layer": "below"}


def nothing(title: str, reason: str = "no_rows") -> Figure:
    """Return the figure of a frame without rows that could be drawn, with the sentence why."""
    return empty_figure(title, analysis_words()[reason])


def heat(
    table: pd.DataFrame, texts: list[list[str]], *, scale: list[list[Any]], low: float, high: float, unit: str
) -> dict[str, Any]:
    """Return a heat map of rows × years with the number in every field; missing fields stay empty."""
    names = [str(name) for name in table.index]
    return {
        "type": "heatmap",
        "z": [numbers(row) for _, row in table.astype("float64").iterrows()],
        "x": [str(name) for name in table.columns],
        "y": list(range(len(names))),
        "text": texts,
        "texttemplate": "%{text}",
        "textfont": {"size": 12},
        "zmin": low,
        "zmax": high,
        "colorscale": scale,
        "xgap": 2,
        "ygap": 1,
        "showscale": False,
        "customdata": [[plain(name)] * table.shape[1] for name in names],
        "hovertemplate": "%{customdata}<br>%{x} %{text}" + unit + "<extra></extra>",
        "hoverongaps": False,
    }
