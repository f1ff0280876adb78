"""A page of what-if at the limit of its memory and its time in a real browser: it says so, the other goes on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psutil
import pytest

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from dashboard_server import ROOT, WHAT_IF, Server  # noqa: E402
from figures import keep  # noqa: E402
from site_browser import CHROMIUM  # noqa: E402

from jixiao.builds.run import build  # noqa: E402
from jixiao.core.processes import can_limit, limit_process  # noqa: E402

pytestmark = pytest.mark.skipif(CHROMIUM is None or not can_limit(), reason="no Chromium, or a system without limits")
CHOOSER = "自评计分规则"


def kernel_of(server: Server, page) -> psutil.Process:
    config = json.loads(page.locator("#jupyter-config-data").text_content())
    return next(one for one in server.kernels() if config["kernelId"] in " ".join(one.cmdline()))


def kept_by(kernel: psutil.Process) -> int:
    """Return what a kernel may write to now, in MB."""
    status = Path(f"/proc/{kernel.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmData:")[2].split()[0]) // 1_000


def change(page, index: int) -> None:
    page.get_by_label(CHOOSER).select_option(index=index)


def test_the_page_says_that_its_limit_is_reached(tmp_path):
    from playwright.sync_api import sync_playwright

    build(ROOT / "data" / "sample", tmp_path / "built")
    logs = tmp_path / "logs"
    logs.mkdir()
    server = Server(
        tmp_path / "built", logs=logs, pages={WHAT_IF: 0}, board="", limits={"leave_seconds": 60, "unclaimed": 4}
    )
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            pages = []
            for _ in range(2):
                page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN").new_page()
                page.goto(f"{server.url.rstrip('/')}/{WHAT_IF}", wait_until="commit")
                page.wait_for_selector(".jixiao-scenario .now", timeout=60_000)
                pages.append(page)
            eager, idle = pages
            kernel = kernel_of(server, eager)
            assert kernel.pid != kernel_of(server, idle).pid
            assert not eager.locator("#jixiao-banner").is_visible()
            assert limit_process(kernel.pid, megabytes=kept_by(kernel) + 2)
            change(eager, 1)
            folder = TESTS / "artefacts"
            folder.mkdir(exist_ok=True)
            for turn in range(60):
                if eager.get_by_text("上限").first.is_visible():
                    break
                change(eager, turn % 2)
                eager.wait_for_timeout(1_000)
            eager.screenshot(path=folder / "kernel_memory.png", full_page=True)
            assert eager.get_by_text("上限").first.is_visible(), kernel.status()
            eager.screenshot(path=folder / "kernel_memory.png", full_page=True)
            if kernel.is_running():
                used = int(sum(kernel.cpu_times()[:2])) + 1
                assert limit_process(kernel.pid, megabytes=3_000, seconds=used)
                for turn in range(60):
                    change(eager, turn % 2)
                    eager.wait_for_timeout(200)
                    if not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE:
                        break
            banner = eager.locator("#jixiao-banner")
            banner.wait_for(state="visible", timeout=60_000)
            assert "内存上限" in banner.text_content() and "其他人的页面不受影响" in banner.text_content()
            eager.screenshot(path=folder / "kernel_banner.png", full_page=True)
            change(idle, 1)
            idle.wait_for_selector(".jixiao-scenario td:has-text('评分方法')", timeout=60_000)
            assert not idle.locator("#jixiao-banner").is_visible()
            browser.close()
    finally:
        server.end()
    keep("情景模拟的上限：在浏览器中", {"pages": 2, "at its limit: says so, with a banner": 1, "other page goes on": 1})
