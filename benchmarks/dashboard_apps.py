"""The same four charts of the same results, shown by each of the ways that ``benchmarks/dashboard.py`` compares.

Run with the name of a way and a port; JIXIAO_BENCH names the built data. Every way holds the results in memory, draws
the figures with the functions of jixiao on each change, and has one chooser: the year.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

ALL = "全部年度"


@cache
def results() -> Any:
    """Return the results, read once in each process."""
    from jixiao import store

    return store.evaluate(os.environ["JIXIAO_BENCH"])


def choices() -> list[str]:
    """Return what the chooser offers."""
    return [ALL, *(str(year) for year in sorted({int(year) for year in results().frames.projects["year"]}))]


def charts(choice: str) -> list[dict[str, Any]]:
    """Return the four figures of one choice."""
    from jixiao import figures, summary

    part = summary.select_results(results(), year=None if choice == ALL else int(choice))
    money = summary.summarise_execution(part)
    known = money[money["execution_rate"].notna()].sort_values(["execution_rate", "project"])
    drawn = [
        figures.plot_execution_rates(known.head(40)),
        figures.plot_grades(summary.summarise_grades(part)),
        figures.plot_category_heat(summary.summarise_categories(part)),
        figures.plot_findings(part.findings),
    ]
    return [
        json.loads(json.dumps({"data": figure.to_dict()["data"], "layout": figure.to_dict()["layout"]}))
        for figure in drawn
    ]


def show_ours() -> Any:
    """Our chart widget, updated in place."""
    import ipywidgets as widgets

    from jixiao.dashboard import ChartWidget

    shown, chooser = [ChartWidget() for _ in range(4)], widgets.Dropdown(options=choices(), description="年度")

    def draw(_: Any = None) -> None:
        for widget, figure in zip(shown, charts(chooser.value), strict=True):
            widget.figure = json.dumps({**figure, "config": {"responsive": True}, "alt": ""}, ensure_ascii=False)

    chooser.observe(draw, names="value")
    draw()
    return widgets.VBox([chooser, *shown])


def show_as_shipped() -> Any:
    """What one writes for Voila by its documents: a plotly figure in an output for each choice."""
    import ipywidgets as widgets
    import plotly.graph_objects as go
    from IPython.display import display

    chooser = widgets.Dropdown(options=choices(), description="年度")

    def draw(year: str) -> None:
        for figure in charts(year):
            display(go.Figure(figure))

    return widgets.VBox([chooser, widgets.interactive_output(draw, {"year": chooser})])


def write_static(folder: Path, plotly: Path) -> None:
    """One page with the figures of every choice; plotly.js beside it."""
    (folder / "plotly.min.js").write_bytes(plotly.read_bytes())
    figures = json.dumps({choice: charts(choice) for choice in choices()}, ensure_ascii=False).replace("<", "\\u003c")
    options = "".join(f"<option>{choice}</option>" for choice in choices())
    (folder / "index.html").write_text(
        "<!DOCTYPE html><meta charset=utf-8><script src=plotly.min.js></script>"
        f"<label>年度<select>{options}</select></label>"
        "<div></div><div></div><div></div><div></div>"
        f"<script>const all = {figures}; const select = document.querySelector('select');"
        "const draw = () => document.querySelectorAll('body > div').forEach((div, n) => {"
        "const f = all[select.value][n]; Plotly.react(div, f.data, f.layout); });"
        "select.onchange = draw; draw();</script>",
        encoding="utf-8",
    )


def run_dash(port: int) -> None:
    """Dash."""
    from dash import Dash, Input, Output, dcc, html

    app = Dash("bench", serve_locally=True)
    app.layout = html.Div(
        [
            dcc.RadioItems(choices(), ALL, id="year"),
            *(dcc.Graph(id=f"chart{n}", figure=f) for n, f in enumerate(charts(ALL))),
        ]
    )
    app.callback([Output(f"chart{n}", "figure") for n in range(4)], Input("year", "value"), prevent_initial_call=True)(
        charts
    )
    app.run(port=port, debug=False)


def run_panel(port: int) -> None:
    """Panel."""
    import panel as pn

    pn.extension("plotly")

    def page() -> Any:
        chooser = pn.widgets.Select(options=choices())
        panes = [pn.pane.Plotly(figure) for figure in charts(ALL)]

        def draw(event: Any) -> None:
            for pane, figure in zip(panes, charts(event.new), strict=True):
                pane.object = figure

        chooser.param.watch(draw, "value")
        return pn.Column(chooser, *panes)

    results()
    pn.serve({"/": page}, address="127.0.0.1", port=port, websocket_origin=f"127.0.0.1:{port}", show=False)


def run_streamlit() -> None:
    """Streamlit, which runs this file again for each change."""
    import streamlit as st

    shared = st.cache_resource(results)
    shared()
    choice = st.radio("年度", choices())
    for number, figure in enumerate(charts(choice)):
        st.plotly_chart(figure, key=f"chart{number}", theme=None)


if __name__ == "__main__":
    if os.environ.get("JIXIAO_BENCH_WAY") == "streamlit":
        run_streamlit()
    else:
        {"dash": run_dash, "panel": run_panel}[sys.argv[1]](int(sys.argv[2]))
