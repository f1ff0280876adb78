"""Charts as pictures (图片导出): plotly descriptions drawn by one headless Chromium, without a network.

kaleido would drive the same browser through a package of its own; here the browser draws a page that holds the charts
and plotly.js, and hands the pictures back in the text of the page.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from markupsafe import Markup

from jixiao.core.errors import RequestError
from jixiao.core.harmless import json_text
from jixiao.core.processes import is_root
from jixiao.show.markup import PIECES, asset, enclosed, fill

KINDS = ("png", "svg")
BROWSER_VARIABLE = "JIXIAO_CHROMIUM"
"""Environment variable that names the browser, when it is not on the path under a usual name."""
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--virtual-time-budget=600000",
    "--dump-dom",
)
_TIME_LIMIT = 180
"""Seconds for a batch, before the browser is ended."""


def draw_pictures(
    figures: Sequence[dict[str, Any]], script: Path, font: tuple[str, Path], *, kind: str, width: int, scale: float
) -> list[bytes]:
    """Draw plotly descriptions as pictures, all with one start of the browser.

    Args:
        figures: Each with ``data`` and ``layout``; the layout says the height in pixels.
        script: The plotly.js to draw with.
        font: The family that the charts ask for first, and the file that is drawn for it, whatever is installed.
        kind: ``png`` or ``svg``.
        width: In pixels.
        scale: How many pixels of a png stand for one.

    Raises:
        RequestError: There is no Chromium, or it drew nothing.

    Example:
        >>> draw_pictures([], Path("plotly.min.js"), ("A", Path("a.otf")), kind="svg", width=900, scale=1)
        []
    """
    if not figures:
        return []
    size = {"format": kind, "width": width, "scale": scale if kind == "png" else 1}
    charts = [
        {
            "figure": {"data": one["data"], "layout": one["layout"]},
            "options": {**size, "height": one["layout"]["height"]},
        }
        for one in figures
    ]
    with tempfile.TemporaryDirectory(prefix="jixiao-") as made:
        folder = Path(made)
        (folder / "page.html").write_text(_page(charts, script, *font), encoding="utf-8")
        pictures = list(_read(_run(_browser(), folder)))
    if len(pictures) != len(figures):
        raise RequestError(
            f"浏览器应画出 {len(figures)} 张图，实际只有 {len(pictures)} 张，请重试；仍不行请改用网页导出"
        )
    return pictures


def _page(charts: list[dict[str, Any]], script: Path, family: str, font: Path) -> str:
    text = json_text(charts, allow_nan=False).replace("<", "\\u003c")
    return fill(
        PIECES,
        "pictures.html",
        family=family,
        font=b64encode(font.read_bytes()).decode(),
        library=enclosed(script),
        charts=Markup(text),
        painting=asset(PIECES / "pictures.js"),
    )


def _browser() -> str:
    """Return the browser of this machine."""
    named = os.environ.get(BROWSER_VARIABLE, "")
    found = next(filter(None, map(shutil.which, [named] if named else _NAMES)), None)
    if found is None:
        raise RequestError(
            "没有找到 Chromium 浏览器，不能导出图片；请安装 chromium（或 Chrome、Edge），或用环境变量 "
            f"{BROWSER_VARIABLE} 指明它的位置；也可以在网页中用图右上角的相机按钮保存图片"
        )
    return found


def _run(browser: str, folder: Path) -> str:
    """Let the browser draw the page and return the page as it then is."""
    arguments = [*_ARGUMENTS, f"--user-data-dir={folder / 'profile'}"]
    if is_root():
        arguments.append("--no-sandbox")  # Chromium does not start as root otherwise.
    command = [browser, *arguments, (folder / "page.html").as_uri()]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIME_LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RequestError(f"浏览器“{browser}”没有画出图来（{type(error).__name__}），请检查它能否启动") from error
    return done.stdout.decode("utf-8", "replace")


def _read(page: str) -> Iterator[bytes]:
    """Yield the pictures that stand in the page as data addresses."""
    _, _, told = page.rpartition('<div id="pictures"')
    for address in re.findall(r"<i>data:image/([^<]*)</i>", told):
        head, _, body = address.partition(",")
        text = body.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        yield b64decode(text) if head.endswith("base64") else unquote_to_bytes(text)


__all__ = ["BROWSER_VARIABLE", "KINDS", "draw_pictures"]
