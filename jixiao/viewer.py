"""The pages for a reader (看板): as a folder of static files, and as a widget under Voila and in JupyterLab.

The kernel of a reader only hands out what was prepared once; with the variable ``JIXIAO_BOARDS`` naming a folder of
prepared pages it needs neither the data nor pandas.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anywidget

from jixiao.boards.scripts import MARK, PAGES, script

if TYPE_CHECKING:
    from jixiao.store import Results

PREPARED_VARIABLE = "JIXIAO_BOARDS"
"""Environment variable by which a server tells its kernels where the prepared pages are."""
PLACE_VARIABLE = "JIXIAO_PLACE"
_CHUNK = re.compile(r"[a-z]+(-\d{1,4}){0,2}")


class BoardWidget(anywidget.AnyWidget):
    """All pages in one widget (看板部件); it asks for chunks by name and gets nothing else of the folder."""

    _esm = script("widget")
    _css = (PAGES / "board.css").read_text(encoding="utf-8")

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.on_msg(self._answer)

    def _answer(self, _: Any, content: dict[str, Any], __: Any) -> None:
        name = str(content.get("name"))
        path = self._folder / ("plotly.min.js" if name == "plotly" else f"data/{name}.js")
        if not (name == "plotly" or _CHUNK.fullmatch(name)) or not path.is_file():
            self.send({"name": name})
            return
        text = path.read_text(encoding="utf-8")
        self.send({"name": name}, [(text if name == "plotly" else unwrapped(text)).encode()])


def unwrapped(text: str) -> str:
    """Return the JSON inside one chunk file (分块内容).

    Example:
        >>> unwrapped('jixiaoChunk("names","ab",{"names":1})\\n')
        '{"names":1}'
    """
    return text[text.index(",", text.index(",") + 1) + 1 : text.rindex(")")]


def show_boards(place: str | Path = "built") -> BoardWidget:
    """Return the pages of a data place as a widget (显示看板).

    Args:
        place: As for ``jixiao.load``; under a server the place given there is shown instead.

    Example:
        >>> type(show_boards("sample")).__name__
        'BoardWidget'
    """
    prepared = os.environ.get(PREPARED_VARIABLE)
    return BoardWidget(Path(prepared) if prepared else keep_pages(os.environ.get(PLACE_VARIABLE) or place))


def publish(place: str | Path, folder: Path) -> tuple[int, Results]:
    """Write the pages of a data place as static files (发布静态看板), with links to the reports that are there.

    Returns:
        The bytes written, and what was published.

    Raises:
        RequestError: There are no such data, or the folder cannot take the pages.
    """
    from jixiao.boards.site import write_site
    from jixiao.store import evaluate

    results = evaluate(place)
    links = report_links(results, folder.absolute())
    return write_site(results, folder, is_old=_is_old(place), links=links), results


def keep_pages(place: str | Path) -> Path:
    """Return a folder with the pages of a data place (预备看板), made again only when the data are others.

    Those of a built place are kept in ``reports/.boards``; others last as long as this process.
    """
    from jixiao.boards.site import write_site
    from jixiao.store import MANIFEST, evaluate, find_place, workbench

    data, kept = find_place(place), workbench() / "reports" / ".boards"
    is_built, is_old = (data / MANIFEST).exists(), _is_old(place)
    if not is_built or not os.access(kept.parent, os.W_OK):
        folder = Path(tempfile.mkdtemp(prefix="jixiao-boards-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        write_site(evaluate(data), folder / "pages", is_old=is_old)
        return folder / "pages"
    told = f"{data} {(data / MANIFEST).read_text(encoding='utf-8')} {is_old} {script('widget')}"
    key = hashlib.sha256(told.encode()).hexdigest()
    mark = kept / MARK
    if not mark.is_file() or json.loads(mark.read_text(encoding="utf-8"))["key"] != key:
        write_site(evaluate(data), kept, is_old=is_old, key=key)
    return kept


def report_links(results: Results, folder: Path) -> dict[tuple[int, str, str], str]:
    """Return the address, from a folder, of each evaluation's report that is in ``reports`` (报告地址)."""
    from jixiao.report import list_reports
    from jixiao.store import workbench

    reports, links = workbench() / "reports", {}
    if results.totals.empty or not reports.is_dir():
        return {}
    for request in list_reports(results, place=""):
        page = reports / request.folder / f"{request.name}.html"
        if request.each == "evaluation" and page.is_file():
            key = (request.year, str(request.parameters["project"]), str(request.parameters["evaluation"]))
            links[key] = quote(Path(os.path.relpath(page, folder)).as_posix())
    return links


def _is_old(place: str | Path) -> bool:
    from jixiao.store import MANIFEST, find_place, is_stale

    folder = find_place(place)
    return (folder / MANIFEST).exists() and is_stale(folder)
