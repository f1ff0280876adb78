"""The pages for a reader (看板): as a folder of static files, under the server, and as a widget in JupyterLab.

Under the server the notebook runs once for everybody: its kernel makes the pages and ends, the server hands them out.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anywidget

from jixiao.core.errors import JixiaoError
from jixiao.core.files import link_folder
from jixiao.publish.boards.board_rules import boards
from jixiao.publish.boards.scripts import MARK, PAGES, page_body, script
from jixiao.publish.server import BOARDS_ADDRESS, BOARDS_VARIABLE, log_path, logs_folder
from jixiao.show.markup import element

if TYPE_CHECKING:
    from jixiao.core.results import Results

MOST_KEPT = 4
"""Folders of prepared pages that are kept, the newest; another build or place takes one."""
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


class BoardPage:
    """What a notebook shows under the server (看板页): HTML that loads the prepared pages."""

    def __init__(self, html: str) -> None:
        self.html = html

    def _repr_html_(self) -> str:
        return self.html


def show_boards(place: str | Path = "built") -> BoardWidget | BoardPage:
    """Return the pages of a data place (显示看板), or one sentence saying why there are none.

    Args:
        place: As for ``jixiao.load``.

    Example:
        >>> type(show_boards("sample")).__name__
        'BoardWidget'
    """
    served = os.environ.get(BOARDS_VARIABLE)
    try:
        folder = keep_pages(place, Path(served) if served else None)
        return BoardPage(page_body(folder, BOARDS_ADDRESS)) if served else BoardWidget(folder)
    except Exception as error:  # Nobody who looks on can do anything with a traceback.
        return BoardPage(_told(error))


def _told(error: Exception) -> str:
    """Return the sentence to show for an error, with the code under which the log has it."""
    code, log, words = secrets.token_hex(3).upper(), log_path(), boards()["words"]
    with log.open("a", encoding="utf-8") as handle:
        handle.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {code}\n{traceback.format_exc()}\n")
    known = isinstance(error, JixiaoError)
    reason = str(error) if known else words["failed_reason"].format(log=f"{log.parent.name}/{log.name}")
    return element("p", words["failed"].format(code=code, reason=reason), class_="jixiao-failure", role="alert")


def publish(place: str | Path, folder: Path) -> tuple[int, Results]:
    """Write the pages of a data place as static files (发布静态看板), with links to the reports that are there.

    Returns:
        The bytes written, and what was published.

    Raises:
        RequestError: There are no such data, or the folder cannot take the pages.
    """
    from jixiao.builds.run import evaluate
    from jixiao.publish.boards.board_issues import problems_of
    from jixiao.publish.boards.site import write_site

    results = evaluate(place)
    links = report_links(results, folder.absolute())
    size = write_site(results, folder, is_old=_is_old(place), links=links, problems=problems_of(results))
    return size, results


def keep_pages(place: str | Path, served: Path | None = None) -> Path:
    """Return a folder with the pages of a data place (预备看板), made only when there is none of these data yet.

    Those of a built place are kept in ``.boards`` beside the logs, a folder for each state of the data.

    Args:
        place: As for ``jixiao.load``.
        served: Where a server looks for the pages: they are made there, or it becomes a link to those that are kept.
    """
    from jixiao.builds.ledger import ledger_place
    from jixiao.builds.manifest import MANIFEST
    from jixiao.builds.run import evaluate
    from jixiao.core.files import checksum, find_place
    from jixiao.publish.boards.board_issues import problems_of
    from jixiao.publish.boards.site import write_site

    def write(target: Path) -> None:
        results = evaluate(data)
        write_site(results, target, is_old=is_old, problems=problems_of(results))

    data, is_old, beside = find_place(place), _is_old(place), logs_folder()
    if not (data / MANIFEST).exists() or not os.access(beside, os.W_OK):
        folder = served
        if folder is None:
            made = tempfile.mkdtemp(prefix="jixiao-boards-")
            atexit.register(shutil.rmtree, made, ignore_errors=True)
            folder = Path(made) / "pages"
        write(folder)
        return folder
    ledger = ledger_place.ledger_path()  # its states follow the calendar, too
    problems = f"{checksum(ledger)} {ledger_place.today()}" if ledger.is_file() else ""
    shown = f"{boards()} {script('site')} {problems}"
    told = f"{data} {(data / MANIFEST).read_text(encoding='utf-8')} {is_old} {shown}"
    kept = beside / ".boards"
    folder = kept / hashlib.sha256(told.encode()).hexdigest()[:16]
    if not (folder / MARK).is_file():
        write(folder)
    os.utime(folder)
    for old in sorted(kept.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[MOST_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    if served:
        link_folder(served, folder)
    return folder


def report_links(results: Results, folder: Path) -> dict[tuple[int, str, str], str]:
    """Return the address, from a folder, of each evaluation's report that is in ``reports`` (报告地址)."""
    from jixiao.core.files import workbench
    from jixiao.publish.reports import list_reports

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
    from jixiao.builds.manifest import MANIFEST, is_stale
    from jixiao.core.files import find_place

    folder = find_place(place)
    return (folder / MANIFEST).exists() and is_stale(folder)
