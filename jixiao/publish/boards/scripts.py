"""The scripts of the pages (看板脚本), one text for whatever starts them, and the part of a page that loads them."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from string import Template

from jixiao.core.declared import load_shipped

PAGES = Path(__file__).resolve().parent / "assets"
MARK = "jixiao-site.json"
"""The file by which a folder of pages is known."""
_PARTS = ["engine", "wording", "workbook", "drawing", "panels", "board"]


def script(last: str) -> str:
    """Return the scripts as one text; ``last`` is what starts them: ``site`` or ``widget``.

    Example:
        >>> script("widget").rstrip().endswith("export default { render };")
        True
    """
    return "\n".join((PAGES / f"{name}.js").read_text(encoding="utf-8") for name in [*_PARTS, last])


def page_body(folder: Path, here: str = "") -> str:
    """Return the HTML that shows the pages of a folder (页面主体); it runs no script of its own.

    Args:
        folder: Written by ``write_site``.
        here: The address of the folder as a page names it, with its last stroke; empty when the page lies in it.
    """
    words, mark = load_shipped("boards.yaml"), json.loads((folder / MARK).read_text(encoding="utf-8"))
    parts = {
        "here": here,
        "way": "served" if here else "",
        "stamp": mark["stamp"],
        "plotly": (folder / "plotly.min.js").stat().st_size,
        "first": "\n".join(
            f'<link rel="preload" as="script" href="{here}data/{name}.js?{mark["stamp"]}">' for name in mark["first"]
        ),
        "title": escape(words["title"]),
        "failed": escape(words["words"]["load_failed"].format(code="pages")),
        **{name: escape(words["words"][name]) for name in ("loading", "noscript")},
    }
    return Template((PAGES / "body.html").read_text(encoding="utf-8")).substitute(parts)
