"""Draw a figure as a picture for print (打印用图): the same description, painted by matplotlib without a browser."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import unescape
from io import BytesIO
from typing import Any

import numpy as np

from jixiao.show.figure import FONT_FILE, GREY, Figure, figure_words

_PIXELS_PER_INCH = 96
_DOTS_PER_INCH = 150
_HATCHES = {"": "", "/": "///", "\\": "\\\\\\", "x": "xxx", ".": "..."}
_SIZE, _SMALL = 9, 7
_CLOSER = 0.8
"""A page leaves less room than a screen."""
_ROUND = 56
"""Points above and below a chart, for its titles."""
_COLOURS = 96
"""A chart has few colours; a picture with a palette takes a third of the room."""


@dataclass(frozen=True)
class Picture:
    """A picture for print (图片): PNG, its size in centimetres and what it shows in words."""

    png: bytes
    width_cm: float
    height_cm: float
    alt: str


@dataclass(frozen=True)
class Undrawn:
    """What stands where a chart could not be drawn (未能画出的图): a sentence, and its numbers as rows under a head."""

    sentence: str
    rows: tuple[tuple[str, ...], ...]


def try_print(figure: Figure) -> Picture | Undrawn:
    """Paint a figure, or give what stands in its place (画图或代之以表): a chart never costs the report.

    Args:
        figure: As for :func:`print_figure`.

    Example:
        >>> from jixiao.show.figure import empty_figure
        >>> type(try_print(empty_figure("title", "nothing"))).__name__
        'Picture'
    """
    try:
        return print_figure(figure)
    except Exception as error:  # whatever a library of pictures or fonts raises on some machine
        told = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        return Undrawn(figure_words()["undrawn"].format(alt=figure.alt, reason=told), chart_rows(figure))


def chart_rows(figure: Figure) -> tuple[tuple[str, ...], ...]:
    """Return the numbers that a figure of bars and marks draws as rows of texts, the first one their heads (图中数据).

    Example:
        >>> import pandas as pd
        >>> bar = {"type": "bar", "orientation": "h", "y": [0, 1], "x": [2.0, None], "name": "score"}
        >>> layout = {"yaxis": {"tickvals": [0, 1], "ticktext": ["甲", "乙"]}}
        >>> bar |= {"text": ["2分", ""], "textposition": "outside"}
        >>> chart_rows(Figure([bar], layout, alt="", frame=pd.DataFrame()))
        (('', 'score'), ('甲', '2分'), ('乙', ''))
    """
    axis = figure.layout["yaxis"] if any(trace.get("orientation") == "h" for trace in figure.data) else {}
    axis = axis if axis.get("ticktext") else figure.layout["xaxis"]
    names = dict(zip(axis.get("tickvals", []), map(unescape, axis.get("ticktext", [])), strict=False))
    written: dict[Any, dict[int, str]] = {place: {} for place in names}
    for number, trace in enumerate(figure.data):
        is_sideways = trace.get("orientation") == "h" or trace["type"] == "scatter"
        along, across = trace.get("x", []), trace.get("y", [])  # a trace of another kind has none
        places, lengths = (across, along) if is_sideways else (along, across)
        is_written = trace.get("textposition") in {"inside", "outside"}  # else the texts are for the mouse
        texts = (trace.get("text") if is_written else None) or [""] * len(places)
        for place, length, text in zip(places, lengths, texts, strict=False):
            shown = "" if length is None else unescape(str(text)) or f"{length:g}"
            written.setdefault(place, {})[number] = shown
    heads = ("", *(unescape(trace.get("name") or "") for trace in figure.data))
    columns = range(len(figure.data))
    rows = (
        (names.get(place, str(place)), *(values.get(at, "") for at in columns)) for place, values in written.items()
    )
    return heads, *rows


def print_figure(figure: Figure, *, width_cm: float = 15.6, most_cm: float = 19.0) -> Picture:
    """Paint a figure of bars and marks as a picture (画成图片), without its title: a document has its caption.

    Args:
        figure: Any figure of bars and marks; other traces are not drawn for print.
        width_cm: Its width on the page.
        most_cm: The greatest height; a taller figure is drawn closer.

    Raises:
        ValueError: The figure has a trace this cannot draw.

    Example:
        >>> from jixiao.show.figure import empty_figure
        >>> print_figure(empty_figure("title", "nothing")).png[:4]
        b'\\x89PNG'
    """
    _forget_settings()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet
    from PIL import Image

    layout = figure.layout
    names = layout["yaxis"].get("ticktext", [])
    least_cm = (len(names) * 1.6 * _SIZE + _ROUND) / 72 * 2.54  # a line for each name, however few
    height_cm = min(max((layout["height"] - 40) * _CLOSER / _PIXELS_PER_INCH * 2.54, least_cm), most_cm)
    sheet = Sheet(figsize=(width_cm / 2.54, height_cm / 2.54), dpi=_DOTS_PER_INCH)
    canvas = FigureCanvasAgg(sheet)
    axes = sheet.add_subplot()
    axes.set_axisbelow(True)
    _draw(axes, figure)
    _set_axes(axes, layout, is_sideways=any(trace.get("orientation") == "h" for trace in figure.data))
    for note in layout.get("annotations", []):
        if note.get("xref") == "paper" and note.get("name") != "source":
            axes.text(note["x"], note["y"], note["text"], transform=axes.transAxes, **_font(), ha="center")
    has_legend = _add_legend(axes, [trace.get("name") for trace in figure.data])
    _set_margins(axes, [unescape(name) for name in names], has_legend=has_legend)
    with warnings.catch_warnings():  # a sign the font lacks, such as an emoji in a name, is drawn as a box
        warnings.simplefilter("ignore", UserWarning)
        canvas.draw()
    stream = BytesIO()
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3])
    drawn.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE).save(stream, "png", dpi=(_DOTS_PER_INCH,) * 2)
    return Picture(stream.getvalue(), width_cm, height_cm, figure.alt)


@cache
def _forget_settings() -> None:
    """Take no setting from a matplotlibrc that lies in some folder: one of them hands every text to another program."""
    import matplotlib

    matplotlib.rcdefaults()


def _add_legend(axes: Any, order: list[str | None]) -> bool:
    """Add the legend above the chart, in the order of the traces, when there is more than one."""
    named = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    names = [name for name in order if name is not None and name in named]
    if len(names) < 2:
        return False
    style = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 4, "frameon": False, "prop": _chinese_font()}
    for text in axes.legend([named[name] for name in names], names, **style).get_texts():
        text.set_parse_math(False)
    return True


def _set_margins(axes: Any, names: list[str], *, has_legend: bool) -> None:
    """Leave room for names and titles; worked out from the texts, which costs less than drawing everything twice."""
    width, height = axes.figure.get_size_inches()
    longest = max((sum(1.0 if ord(sign) > 0x2E7F else 0.62 for sign in name) for name in names), default=4)
    left = (longest + (2 if axes.get_ylabel() else 0)) * _SIZE + 8
    below, above, right = (40 if axes.get_xlabel() else 24), (24 if has_legend else 8), 30
    across, up = 72 * width, 72 * height
    axes.set_position((left / across, below / up, 1 - (left + right) / across, 1 - (below + above) / up))


@cache
def _chinese_font() -> Any:
    """Return the font that comes with the program, by its path: what is installed is not asked."""
    from matplotlib.font_manager import FontProperties, fontManager

    fontManager.addfont(FONT_FILE)  # the numbers along an axis take a font by its name only
    return FontProperties(family=FontProperties(fname=FONT_FILE).get_name(), fname=FONT_FILE, size=_SIZE)


def _font() -> dict[str, Any]:
    """Return what every text is drawn with; a dollar sign of a name stays a dollar sign."""
    return {"font": _chinese_font(), "parse_math": False, "color": "#1F2933"}


def _draw(axes: Any, figure: Figure) -> None:
    """Draw the traces: bars side by side, stacked or on top of each other, and marks."""
    mode = figure.layout.get("barmode", "group")
    bars = [trace for trace in figure.data if trace["type"] == "bar"]
    ends: dict[Any, float] = {}
    if bars and bars[0].get("orientation") != "h" and isinstance(bars[0]["x"][0], str):
        count = len(bars[0]["x"])
        _write_names(axes, range(count), bars[0]["x"], is_sideways=False)
        room = max(0.6, 1.2 - 0.2 * count)
        axes.set_xlim(-room, count - 1 + room)
    for trace in figure.data:
        if trace["type"] == "bar":
            _draw_bars(axes, trace, bars, mode, ends)
        elif trace["type"] == "scatter" and trace["mode"] == "markers":
            style = {"linestyle": "", "marker": "|", "markersize": 9, "markeredgewidth": 2}
            axes.plot(_known(trace["x"]), trace["y"], color=trace["marker"]["color"], label=trace["name"], **style)
        else:
            raise ValueError(f"cannot draw {trace['type']}")
    for shape in figure.layout.get("shapes", []):
        axes.axvline(shape["x0"], color=shape["line"]["color"], linestyle=":", linewidth=1, zorder=0.5)


def _known(values: list[Any]) -> list[float]:
    return [float("nan") if value is None else float(value) for value in values]


def _draw_bars(axes: Any, trace: dict[str, Any], bars: list[dict[str, Any]], mode: str, ends: dict[Any, float]) -> None:
    is_sideways = trace.get("orientation") == "h"
    places, lengths = (trace["y"], trace["x"]) if is_sideways else (trace["x"], trace["y"])
    numbered = [at if isinstance(at, int | float) else number for number, at in enumerate(places)]
    width = trace.get("width", 0.8)
    if mode == "group" and len(bars) > 1:
        width = min(0.8 / len(bars), 0.24)  # few bars are not blown up
        number = next(number for number, other in enumerate(bars) if other is trace)
        numbered = [at + (number - (len(bars) - 1) / 2) * width for at in numbered]
    starts = [ends.get(at, 0.0) if mode == "stack" else 0.0 for at in numbered]
    marker = trace["marker"]
    hatch = _HATCHES[marker.get("pattern", {}).get("shape", "")]
    draw = axes.barh if is_sideways else axes.bar
    look = {"color": marker["color"], "hatch": hatch, "edgecolor": "#FFFFFF80" if hatch else "none", "linewidth": 0}
    at_start = {"left" if is_sideways else "bottom": starts}
    name = trace.get("name") if trace.get("showlegend", True) else None
    draw(numbered, _known(lengths), width, label=name or "_", **at_start, **look)  # type: ignore[arg-type]
    is_outside = trace.get("textposition") == "outside"
    colour = None if is_outside else trace.get("insidetextfont", {}).get("color", "#1F2933")
    texts = trace.get("text", []) if trace.get("textposition") in {"inside", "outside"} else []
    for at, start, length, text in zip(numbered, starts, _known(lengths), texts, strict=False):
        ends[at] = start + (0.0 if length != length else length)
        if text and length == length:
            _write(
                axes,
                text,
                at,
                start + (length if is_outside else length / 2),
                is_sideways,
                colour and (colour, marker["color"]),
            )


def _write(axes: Any, text: str, at: float, end: float, is_sideways: bool, inside: Any) -> None:
    """Write a number beside the end of its bar, or into it: in a colour, on the colour of the bar."""
    is_outside = inside is None
    look = {} if is_outside else {"color": inside[0], "bbox": {"facecolor": inside[1], "edgecolor": "none", "pad": 1}}
    gap = 3 if is_outside else 0
    along = {"xy": (end, at), "xytext": (gap, 0), "va": "center", "ha": "left" if is_outside else "center"}
    upright = {"xy": (at, end), "xytext": (0, gap), "ha": "center", "va": "bottom" if is_outside else "center"}
    place = along if is_sideways else {**upright, "fontsize": _SMALL}  # bars side by side leave little room
    axes.annotate(unescape(text), textcoords="offset points", **place, **(_font() | look))  # type: ignore[arg-type]


def _set_axes(axes: Any, layout: dict[str, Any], *, is_sideways: bool) -> None:
    """Set titles, ticks, ranges and lines as the description says."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        said = layout[f"{name}axis"]
        limit = axes.set_xlim if name == "x" else axes.set_ylim
        is_of_names = is_sideways == (name == "y")
        if said.get("visible") is False:
            axes.set_axis_off()
        if said.get("title", {}).get("text"):
            (axes.set_xlabel if name == "x" else axes.set_ylabel)(said["title"]["text"], **_font())
        if is_of_names:
            axis.set_ticks([])
            _write_names(axes, said.get("tickvals", []), said.get("ticktext", []), is_sideways=is_sideways)
        elif "tickvals" in said:
            axis.set_ticks(said["tickvals"], said["ticktext"])
        if "range" in said:
            limit(*said["range"])
        elif not is_of_names:
            low, high = axes.get_xlim() if name == "x" else axes.get_ylim()
            limit(low, high * 1.06)
        if not is_of_names and "tickvals" not in said:
            _set_numbers(axis, is_whole=said.get("tickformat") == "d")
        if not is_of_names:
            axis.grid(color=said["gridcolor"], linewidth=0.8)
            axis.set_tick_params(length=0, labelfontfamily=_chinese_font().get_family(), labelsize=_SIZE)


def _set_numbers(axis: Any, *, is_whole: bool) -> None:
    """Write few round numbers along an axis, in full: a power of ten in a corner is read by nobody."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=is_whole))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _write_names(axes: Any, places: Iterable[float], names: Iterable[str], *, is_sideways: bool) -> None:
    """Write the names of the bars; plain texts cost a third of what ticks cost."""
    along, beside = ("va", "center"), ("ha", "right")
    if not is_sideways:
        along, beside = ("ha", "center"), ("va", "top")
    transform = axes.get_yaxis_transform() if is_sideways else axes.get_xaxis_transform()
    for place, name in zip(places, names, strict=True):
        at = (-0.008, place) if is_sideways else (place, -0.02)
        axes.text(*at, unescape(name), transform=transform, **dict([along, beside]), **_font())
