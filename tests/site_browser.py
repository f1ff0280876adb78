"""A static site in a real Chromium for the tests: served on 127.0.0.1, everything else blocked and counted."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ARTEFACTS = Path(__file__).resolve().parent / "artefacts"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
READ = """panel => {
  const plot = document.querySelector(`[data-panel="${panel}"] .jixiao-plot`);
  if (!plot || !plot.data) return null;
  const names = axis => axis?.ticktext?.map(text => text.replaceAll("<br>", ""));
  return {
    traces: plot.data.map(({name, x, y, z, base, text}) => ({name, x, y, z, base, text})),
    x: names(plot.layout.xaxis), y: names(plot.layout.yaxis),
    unit: plot.layout.xaxis?.title?.text || plot.layout.annotations?.[0]?.text || "",
  };
}"""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder and yield its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts, directory=str(folder))

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html"
    finally:
        server.shutdown()
        server.server_close()


class Watched:
    """One page with its requests and complaints."""

    def __init__(self, browser: Any, address: str, width: int = 1280) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
        self.page = self.context.new_page()
        self.address, self.width = address, width
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.asked: list[str] = []
        own = address.rpartition("/")[0]

        def judge(route: Any) -> None:
            url = route.request.url
            self.asked.append(url)
            if url.startswith((own, "data:", "blob:")):
                route.continue_()
            else:
                self.outside.append(url)
                route.abort()

        self.page.route("**/*", judge)
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", lambda answer: answer.status >= 400 and self.complaints.append(answer.url))

    def open(self, page: str, **choice: Any) -> float:
        """Open one page and return the seconds until its panels are there."""
        started = time.monotonic()
        before = self._shown()
        self.page.goto(f"{self.address}#{urlencode({'page': page, **choice})}", wait_until="commit")
        self.settle(before)
        return time.monotonic() - started

    def settle(self, before: int) -> None:
        """Wait until the page has been shown once more than before."""
        deadline = time.monotonic() + 60
        while not (self._shown() > before and self.page.locator(".panels .waiting").count() == 0):
            assert time.monotonic() < deadline, (self.page.url, self.complaints)
            time.sleep(0.02)

    def _shown(self) -> int:
        if self.page.url == "about:blank":
            return 0
        return int(self.page.evaluate("Number(document.getElementById('board')?.dataset.shown ?? 0)"))

    def choose(self, name: str, value: str) -> float:
        """Choose an option by its code and return the seconds until everything is redrawn."""
        before, started = self._shown(), time.monotonic()
        chooser = self.page.locator(f"[data-choice='{name}']")
        if chooser.input_value() == value:
            return 0.0
        chooser.select_option(value=value)
        self.settle(before)
        return time.monotonic() - started

    def chart(self, panel: str) -> Any:
        """Return what a chart holds, None when it says that there is nothing."""
        return self.page.evaluate(READ, panel)

    def cards(self) -> dict[str, str]:
        """Return the big numbers as they are written."""
        return dict(
            self.page.evaluate(
                "Object.fromEntries([...document.querySelectorAll('.card')].map(card => [card.dataset.name,"
                " card.querySelector('.value').textContent + card.querySelector('.unit').textContent]))"
            )
        )

    def fits(self) -> bool:
        """Say whether nothing is wider than the window, outside what scrolls by itself."""
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.width
        wide = self.page.evaluate(
            "[...document.querySelectorAll('.panel, .card, select, .main-svg, h1, h2, h3, .note')].filter(part =>"
            " !part.closest('.scroll') && (part.getBoundingClientRect().right > window.innerWidth + 1"
            " || part.getBoundingClientRect().left < -1)).map(part => part.className || part.tagName)"
        )
        assert wide == []
        return True

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"site_{name}_{self.width}.png", full_page=True)

    def is_clean(self) -> bool:
        """Say whether nothing was asked of another host and nothing was complained of."""
        assert self.outside == []
        assert self.complaints == [], self.complaints
        return True

    def close(self) -> None:
        self.context.close()
