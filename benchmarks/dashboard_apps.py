"""The same four charts, shown by each of the ways that ``benchmarks/dashboard.py`` compares with the pages of jixiao.

Run with the name of a way and a port; JIXIAO_BENCH names a file with the four figures of each choice, as our overview
page drew them. Every way holds them ready in memory and has one chooser: the year. None has to query or compute.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any


@cache
def figures() -> dict[str, list[dict[str, Any]]]:
    """Return the figures of each choice, the one shown first at the front; read once in each process."""
    return dict(json.loads(Path(os.environ["JIXIAO_BENCH"]).read_text(encoding="utf-8")))


def choices() -> list[str]:
    """Return what the chooser offers."""
    return list(figures())


def show_as_shipped() -> Any:
    """What one writes for Voila by its documents: a plotly figure in an output for each choice."""
    import ipywidgets as widgets
    import plotly.graph_objects as go
    from IPython.display import display

    chooser = widgets.Dropdown(options=choices(), description="年度")

    def draw(year: str) -> None:
        for figure in figures()[year]:
            display(go.Figure(figure))

    return widgets.VBox([chooser, widgets.interactive_output(draw, {"year": chooser})])


def run_dash(port: int) -> None:
    """Dash."""
    from dash import Dash, Input, Output, dcc, html

    first = choices()[0]
    app = Dash("bench", serve_locally=True)
    graphs = [dcc.Graph(id=f"chart{number}", figure=figure) for number, figure in enumerate(figures()[first])]
    app.layout = html.Div([dcc.RadioItems(choices(), first, id="year"), *graphs])
    changed = [Output(graph.id, "figure") for graph in graphs]
    app.callback(changed, Input("year", "value"), prevent_initial_call=True)(lambda year: figures()[year])
    app.run(port=port, debug=False)


def run_panel(port: int) -> None:
    """Panel."""
    import panel as pn

    pn.extension("plotly")

    def page() -> Any:
        chooser = pn.widgets.Select(options=choices())
        panes = [pn.pane.Plotly(figure) for figure in figures()[choices()[0]]]

        def draw(event: Any) -> None:
            for pane, figure in zip(panes, figures()[event.new], strict=True):
                pane.object = figure

        chooser.param.watch(draw, "value")
        return pn.Column(chooser, *panes)

    figures()
    pn.serve({"/": page}, address="127.0.0.1", port=port, websocket_origin=f"127.0.0.1:{port}", show=False)


def run_streamlit() -> None:
    """Streamlit, which runs this file again for each change."""
    import streamlit as st

    shared = st.cache_resource(figures)()
    choice = st.radio("年度", list(shared))
    for number, figure in enumerate(shared[choice]):
        st.plotly_chart(figure, key=f"chart{number}", theme=None)


if __name__ == "__main__":
    if os.environ.get("JIXIAO_BENCH_WAY") == "streamlit":
        run_streamlit()
    else:
        {"dash": run_dash, "panel": run_panel}[sys.argv[1]](int(sys.argv[2]))
