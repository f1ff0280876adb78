"""One page of an executed notebook (离线网页): it loads nothing from elsewhere and prints on A4."""

from __future__ import annotations

import copy
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from markupsafe import Markup

from jixiao.show.figures import figure_html, plotly_script
from jixiao.show.markup import asset, enclosed, fill

PAGES = Path(__file__).parent / "assets"
SCRIPT = "plotly.min.js"
FIGURE = "application/vnd.plotly.v1+json"


@cache
def _exporter() -> Any:
    """Return the one exporter of this process; to build it takes longer than a page."""
    from nbconvert import HTMLExporter, TemplateExporter
    from nbconvert.preprocessors import TagRemovePreprocessor

    class PageExporter(HTMLExporter):
        def from_notebook_node(self, *arguments: Any, **named: Any) -> Any:
            # The usual step after this one parses the page again, to give alternative texts to pictures it has not.
            return TemplateExporter.from_notebook_node(self, *arguments, **named)

    exporter = PageExporter(
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        optimistic_validation=True,
    )
    exporter.register_filter("highlight_code", lambda source, **_: escape(source))  # no code is shown
    hidden = {"hide_in_report", "only_checked"}
    exporter.register_preprocessor(TagRemovePreprocessor(remove_cell_tags=hidden), enabled=True)
    for address in ("mathjax_url", "require_js_url", "jupyter_widgets_base_url", "mermaid_js_url", "jquery_url"):
        if hasattr(exporter, address):
            setattr(exporter, address, "")
    return exporter


def export_page(notebook: Any, *, title: str, footer: str, script: str = "", remark: str = "") -> str:
    """Turn an executed notebook into one page that loads nothing from elsewhere (离线网页).

    Args:
        notebook: As papermill gives it; a figure in it is a plotly description, drawn here.
        title: The heading of the page and of every printed sheet.
        footer: The last line.
        script: The relative address of a shared plotly.js; without it the script stands in the page.
        remark: What a reader must know of the data, printed on every sheet.
    """
    shown, drawn = _with_figures(notebook)
    body, _ = _exporter().from_notebook_node(shown)
    return make_page(title, body, footer, script=script, is_drawn=bool(drawn), remark=remark)


def _with_figures(notebook: Any) -> tuple[Any, int]:
    """Return what a page shows, every figure as a fragment of it, and how many there are.

    Cells and figures are numbered anew, so that the same report gives the same page; a cell that shows nothing is not
    in it.
    """
    shown, number = copy.copy(notebook), 0
    shown.cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cell.outputs:
            continue
        made = copy.copy(cell)
        made.id = f"c{len(shown.cells) + 1}"
        shown.cells.append(made)
        for place, output in enumerate(cell.get("outputs", [])):
            if FIGURE in output.get("data", {}):
                number += 1
                fragment = figure_html(output.data[FIGURE], output.data.get("text/plain", ""), number)
                drawn = copy.copy(output)
                drawn.data = type(output.data)({"text/html": fragment})
                made.outputs = [*made.outputs[:place], drawn, *made.outputs[place + 1 :]]
    return shown, number


def make_page(title: str, body: str, footer: str, *, script: str = "", is_drawn: bool = False, remark: str = "") -> str:
    """Put a body, already escaped, into the page of a report (网页框架)."""
    return fill(
        PAGES,
        "page.html",
        title=title,
        style=asset(PAGES / "style.css"),
        head=Markup(css_text(f"{title}　{remark}".strip())),
        address=script,
        is_drawn=is_drawn,
        drawing=enclosed(plotly_script()) if is_drawn and not script else "",
        printing=asset(PAGES / "print.js"),
        body=Markup(body),
        remark=remark,
        footer=footer,
    )


def css_text(text: str) -> str:
    r"""Return a text as a string of a style sheet inside a page; no sign of it ends the string or the sheet.

    Example:
        >>> css_text('甲"乙</style>')
        '"甲\\22 乙\\3c \\2f style\\3e "'
    """
    plain = "".join(sign if sign.isalnum() or sign in "（）〔〕，。、　 " else f"\\{ord(sign):x} " for sign in text)
    return f'"{plain}"'
