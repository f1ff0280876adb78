"""Notebooks as a reader sees them, in a real browser: plain Voila, and JupyterLab as `jixiao notebooks` opens it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from site_browser import ARGUMENTS, CHROMIUM

from jixiao.publish.desk import desk_command, trust_own

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
NOTEBOOKS = ROOT / "notebooks"
SHOWN = ["00_start", "60_execution_rates", "70_what_if"]
ALL = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
PATIENCE = 180_000
"""Milliseconds after which a page is given up that has not shown what is waited for, however busy the machine is."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: list[str], address: str, folder: Path, log: Path) -> Iterator[None]:
    """Run a server until the block ends; it is up when it answers anything."""
    environment = {**os.environ, "HOME": str(folder), "PYTHONSAFEPATH": "1", "JUPYTER_TOKEN": ""}
    with log.open("wb") as said:
        process = subprocess.Popen(command, cwd=NOTEBOOKS, env=environment, stdout=said, stderr=said)
        try:
            while True:
                assert process.poll() is None, log.read_text(encoding="utf-8")
                try:
                    with urllib.request.urlopen(address, timeout=60):
                        break
                except urllib.error.HTTPError:
                    break
                except OSError:
                    time.sleep(0.2)
            yield
        finally:
            process.terminate()
            process.wait()


class Seen:
    """One page of a browser: what it asked of other hosts, what it complained of."""

    def __init__(self, browser: Any, address: str) -> None:
        self.page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="zh-CN")
        self.outside: list[str] = []
        self.complaints: list[str] = []
        own = address.split("/lab")[0].rstrip("/")

        def judge(route: Any) -> None:
            url = route.request.url
            if url.startswith((own, "data:", "blob:")):
                route.continue_()
            else:
                self.outside.append(url)
                route.abort()

        self.page.route("**/*", judge)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", lambda answer: answer.status >= 500 and self.complaints.append(answer.url))
        self.page.goto(address, wait_until="commit", timeout=PATIENCE)

    def wait(self, script: str, frame: Any = None) -> None:
        """Wait until a condition holds; say what was seen when it never does."""
        from playwright.sync_api import Error

        try:
            (frame or self.page).wait_for_function(script, timeout=PATIENCE)
        except Error as error:
            text = (frame or self.page).evaluate("document.body.innerText.slice(0, 800)")
            raise AssertionError(f"{script}\n{self.complaints}\n{self.outside}\n{text}") from error

    def is_clean(self) -> bool:
        assert (self.outside, self.complaints) == ([], [])
        return True


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def look_at(browser: Any, stem: str, folder: Path) -> None:
    """Open one notebook under plain Voila and judge it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-m", "voila", f"{stem}.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    with running(command, f"{address}voila/static/none", folder, folder / "voila.log"):
        seen = Seen(browser, address)
        seen.wait("document.body?.dataset.charts !== undefined")
        charts = int(seen.page.evaluate("Number(document.body.dataset.charts)"))
        assert seen.page.locator(".jixiao-plot .main-svg").count() >= charts
        text = seen.page.evaluate("document.body.innerText")
        assert " | " not in text and "import jixiao" not in text and "Traceback" not in text, text[:500]
        assert seen.page.locator(".jixiao-broken").count() == 0, text[:500]
        if stem == "70_what_if":
            seen.wait("document.querySelector('.jixiao-scenario') !== null")
        assert seen.is_clean()
        seen.page.close()


@pytest.mark.parametrize("stem", ALL if os.environ.get("JIXIAO_EXAMPLES") == "soak" else SHOWN)
def test_a_notebook_runs_under_plain_voila(stem: str, browser: Any, tmp_path: Path) -> None:
    look_at(browser, stem, tmp_path)


def test_jupyterlab_speaks_chinese_and_opens_the_start_page_as_a_reader_sees_it(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "workspaces").mkdir()
    assert trust_own(NOTEBOOKS) == len(ALL)
    port = free_port()
    more = [f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    address = f"http://127.0.0.1:{port}/lab/workspaces/jixiao"
    with running(desk_command(NOTEBOOKS, tmp_path / "workspaces", *more), address, tmp_path, tmp_path / "lab.log"):
        seen = Seen(browser, address)
        seen.wait("document.querySelector('.jp-MenuBar-label, .lm-MenuBar-itemLabel')?.innerText === '文件'")
        seen.wait("document.querySelector('iframe') !== null")
        shown = seen.page.locator("iframe").first.element_handle().content_frame()
        seen.wait("document.body?.dataset.charts !== undefined", shown)
        text = shown.evaluate("document.body.innerText")
        assert text.index("想知道什么，打开哪一本") < text.index("手上的数据") and "import jixiao" not in text
        assert shown.locator("a[href='60_execution_rates.ipynb']").count() == 1
        assert seen.page.locator(".jp-Dialog").count() == 0 and "Jupyter news" not in seen.page.inner_text("body")
        assert seen.is_clean()
        seen.page.close()
