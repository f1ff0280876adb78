"""The one look of every chart (图的样式): colours that survive printing and colour blindness, fonts, the Figure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from jixiao.core.errors import RequestError
from jixiao.core.files import write_safely
from jixiao.core.harmless import json_text
from jixiao.core.vocabulary import value_labels
from jixiao.show.markup import PIECES, fill
from jixiao.show.pictures import KINDS, draw_pictures
from jixiao.show.workbook import write_sheets

BLUE, ORANGE, GREEN, RED, SKY, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#B8BEC6"
PALE = "#E3E6EA"
FONT = (
    '"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC","WenQuanYi Micro Hei","SimHei",sans-serif'
)
FAMILY = FONT.split(",")[0].strip('"')
FONT_FILE = Path(__file__).with_name("assets") / "JixiaoSansSC-Regular.otf"
"""The font of every painted chart (图片用的字体), which comes with the program; made by data/making/make_font.py."""
LOW_TO_HIGH = [[0, "#C8510B"], [0.5, "#F7E7C6"], [1, "#9CC7E6"]]
"""A scale for numbers that stand on their colour; its ends differ in grey print."""
PATTERNS = {BLUE: "", ORANGE: "/", GREEN: "\\", RED: "x", SKY: "", GREY: ".", PALE: "-"}
"""Hatching under each colour: in grey print several of them look alike."""

LEGEND = {
    "orientation": "h",
    "yanchor": "bottom",
    "y": 1.0,
    "xanchor": "left",
    "x": 0,
    "traceorder": "normal",
    "title": {"text": ""},
}
WIDTH = 900
"""Width of a chart as a picture, in pixels."""
CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "sendDataToCloud"],
}


class Figure:
    """A chart as a plotly description, with an alternative text and the frame it draws.

    ``note`` says what a reader must know of the picture alone, such as that it shows the first rows only; it stands
    above the source in the lower right corner.
    """

    def __init__(
        self, data: list[dict[str, Any]], layout: dict[str, Any], *, alt: str, frame: pd.DataFrame, note: str = ""
    ) -> None:
        self.data = data
        self.layout = themed(layout)
        self.alt = alt
        self.frame = frame
        self.note = note
        lines = [line for line in (note, *frame.attrs.get("source", "").split("\n")) if line]
        if lines:
            self.layout = _with_note(self.layout, lines)

    def signed(self, source: str) -> Figure:
        """Return the figure with where the data are from in its lower right corner (数据来源与日期)."""
        frame = self.frame.copy()
        frame.attrs["source"] = source
        return Figure(self.data, self.layout, alt=self.alt, frame=frame, note=self.note)

    def to_dict(self) -> dict[str, Any]:
        """Return the plotly description."""
        return {"data": self.data, "layout": self.layout, "config": CONFIG}

    def to_plotly(self) -> Any:
        """Return a ``plotly.graph_objects.Figure``; imports plotly."""
        import plotly.graph_objects as go

        return go.Figure({"data": self.data, "layout": self.layout})

    def to_html(self) -> str:
        """Return a self-made fragment that draws with the plotly.js of the page; loads nothing."""
        return figure_html(self.to_dict(), self.alt)

    def write_image(self, path: str | Path, *, width: int = WIDTH, scale: float = 2) -> None:
        """Write the chart as a picture (导出图片), .png or .svg by the ending of the path; see :func:`write_images`."""
        write_images([(self, Path(path))], width=width, scale=scale)

    def write_data(self, path: str | Path) -> None:
        """Write the frame behind the chart as an .xlsx file (导出数据): labelled, with title, source and numbers.

        Raises:
            RequestError: The file is no .xlsx, or the frame does not fit into a sheet.
        """
        words, title = figure_words(), self.layout.get("title", {}).get("text", "")
        notes = [text for text in (title, self.alt, self.frame.attrs.get("source", "")) if text]
        write_sheets(Path(path), {words["data"]: self.frame}, notes=notes)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {"application/vnd.plotly.v1+json": self.to_dict(), "text/plain": self.alt}


_numbers = count(1)


def figure_html(description: dict[str, Any], alt: str, number: int | None = None) -> str:
    """Return a plotly description as a fragment that draws with the plotly.js of the page (图的网页片段).

    Args:
        description: ``data``, ``layout`` with its height, and ``config``.
        alt: What a reader who does not see the chart is told.
        number: Tells the figures of one page apart; the next free one when it is None.
    """
    name = f"jixiao-figure-{next(_numbers) if number is None else number}"
    text = json_text(description, allow_nan=False).replace("<", "\\u003c")
    height = description["layout"]["height"]
    return fill(PIECES, "figure.html", name=name, alt=alt, height=height, text=Markup(text))


def write_images(pictures: Sequence[tuple[Figure, Path]], *, width: int = WIDTH, scale: float = 2) -> None:
    """Write many charts as pictures with one start of the browser (批量导出图片), without a network.

    Args:
        pictures: Each chart with its path, which ends in .png or .svg.
        width: In pixels; the height is that of the chart.
        scale: How many pixels of a png stand for one; 2 is sharp in print.

    Raises:
        RequestError: A path ends otherwise, or no Chromium is installed; nothing is written then.
    """
    kinds = [path.suffix.lower().removeprefix(".") for _, path in pictures]
    wrong = [path.name for (_, path), kind in zip(pictures, kinds, strict=True) if kind not in KINDS]
    if wrong:
        raise RequestError(f"图片只能写成 .png 或 .svg 文件，实际为“{'、'.join(wrong)}”，请换一个文件名")
    for kind in dict.fromkeys(kinds):
        mine = [picture for picture, its in zip(pictures, kinds, strict=True) if its == kind]
        drawn = [figure.to_dict() for figure, _ in mine]
        ready = draw_pictures(drawn, plotly_script(), (FAMILY, FONT_FILE), kind=kind, width=width, scale=scale)
        for (_, path), content in zip(mine, ready, strict=True):
            write_safely(path, lambda target, content=content: target.write_bytes(content))  # type: ignore[misc]


def plotly_script() -> Path:
    """Return the plotly.js that the installed plotly package carries; a page serves or embeds it itself."""
    from importlib.util import find_spec

    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"


def themed(layout: dict[str, Any]) -> dict[str, Any]:
    """Lay the one theme of jixiao under a layout."""
    axis = {"gridcolor": "#E5E8EC", "zerolinecolor": "#9AA3AD", "automargin": True, "title": {"standoff": 8}}
    themed = {
        "font": {"family": FONT, "size": 13, "color": "#1F2933"},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "height": 360,
        "separators": ".,",
        "margin": {"l": 16, "r": 24, "t": 80, "b": 48},
        "legend": LEGEND,
        "hoverlabel": {"font": {"family": FONT}},
        **layout,
    }
    for name in ("xaxis", "yaxis"):
        own = themed.get(name, {})
        title = {**axis["title"], **own.get("title", {})}  # type: ignore[dict-item]
        themed[name] = {**axis, **own, "title": title}
    if "title" in themed:
        place = {"x": 0.01, "xref": "container", "xanchor": "left", "y": 1, "yref": "container", "yanchor": "top"}
        text = themed["title"]["text"] if isinstance(themed["title"], dict) else themed["title"]
        themed["title"] = {"text": text, "font": {"size": 15}, "pad": {"t": 8}, **place}
    return themed


def _with_note(layout: dict[str, Any], lines: list[str]) -> dict[str, Any]:
    """Add lines below the chart; a note that is already there is replaced."""
    before = next((note for note in layout.get("annotations", []) if note.get("name") == "source"), None)
    others = [note for note in layout.get("annotations", []) if note is not before]
    room = _LINE * (len(lines) - (before["text"].count("<br>") + 1 if before else 0))
    margin = {**layout["margin"], "b": layout["margin"]["b"] + room}
    note = {
        "name": "source",
        "text": "<br>".join(plain(line) for line in lines),
        "align": "right",
        "xref": "paper",
        "yref": "paper",
        "x": 1,
        "y": 0,
        "xanchor": "right",
        "yanchor": "bottom",
        "yshift": -margin["b"] + 2,
        "showarrow": False,
        "font": {"size": 11, "color": "#5B6672"},
    }
    return {**layout, "margin": margin, "height": layout["height"] + room, "annotations": [*others, note]}


_LINE = 22
"""Height of a line below a chart, in pixels."""


def money_scale(wan: pd.Series) -> tuple[float, str]:
    """Return by what to divide money in 万元 for an axis, and the unit it then has: 万元, or 亿元 from 10,000 万元 on.

    Example:
        >>> money_scale(pd.Series([300.0])), money_scale(pd.Series([25000.0, None]))
        ((1.0, '万元'), (10000.0, '亿元'))
    """
    words = figure_words()
    return (1e4, words["yi"]) if wan.abs().max() >= 1e4 else (1.0, words["wan"])


def marked(colour: str) -> dict[str, Any]:
    """Return a marker in one colour with the hatching that tells it apart in grey print."""
    hatch = {"shape": PATTERNS[colour], "bgcolor": colour, "fgcolor": "rgba(255,255,255,0.6)", "size": 7}
    return {"color": colour, "pattern": {**hatch, "fillmode": "replace", "solidity": 0.15}}


def on_colour(colour: str) -> dict[str, Any]:
    """Return the font of a number that stands on a colour (图中数字)."""
    return {"color": "white" if colour in {BLUE, GREEN, RED} else "#1F2933", "size": 12}


def short_name(name: str, length: int = 18) -> str:
    """Shorten a name that is too long for an axis in its middle: names of one kind often differ at their ends.

    Example:
        >>> short_name("示例市农村公路养护项目（二期）", 10)
        '示例市农村…（二期）'
    """
    kept = length - 1 - (length - 1) // 2
    return name if len(name) <= length else name[:kept] + "…" + name[-(length - 1 - kept) :]


def plain(text: str) -> str:
    """Escape a text from data: plotly reads a little HTML in texts."""
    return escape(text, quote=False)


def ticks(names: list[str], length: int = 18) -> dict[str, Any]:
    """Give rows positions of their own, so that equal short names do not fall together."""
    return {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "zeroline": False,
        "ticktext": [plain(short_name(n, length)) for n in names],
    }


def numbers(values: pd.Series) -> list[float | None]:
    """Return a column as numbers that JSON can hold; missing is None."""
    return [None if value != value else float(value) for value in values.astype("float64")]


def empty_figure(title: str, reason: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    note = {
        "text": reason,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "showarrow": False,
        "font": {"size": 15, "color": "#6B7682"},
    }
    hidden = {"visible": False}
    layout = {"title": title, "annotations": [note], "xaxis": hidden, "yaxis": hidden, "height": 200}
    return Figure([], layout, alt=f"{title}：{reason}", frame=pd.DataFrame())


def figure_words() -> dict[str, str]:
    """Return the words of the charts (图中用语)."""
    return value_labels()["figure"]
