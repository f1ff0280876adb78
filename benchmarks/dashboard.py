"""Show the same charts of the same data with jixiao and with what people use, in one run, in a real Chromium.

    python benchmarks/dashboard.py [--projects 1000] [--rounds 5] [--viewers 1,2,4,8]

Prints for each way, interleaved: seconds to the first chart and to all four, seconds from a change to the redrawn
chart, bytes sent for a page and for a change, memory per viewer, and the viewers at which the slowest twentieth of the
changes takes twice as long as for one viewer. The browser runs on the same machine: read ratios. Ways that are not
installed are named and left out; install them beside the locked dependencies, for example

    python -m venv --system-site-packages /tmp/bench
    /tmp/bench/bin/pip install "dash>=4" "panel>=1.9" "streamlit>=1.60"
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dashboard_apps as apps
import psutil
import voila

BENCHMARKS = Path(__file__).resolve().parent
PYTHON = str(Path(voila.__file__).parents[4] / "bin" / "python")
"""The Python beside whose packages Voila's templates lie; that of an environment laid over it has none."""
BASELINE, WARM = "dash", 2
WAYS = {
    "ours_warm": "jixiao（预备内核）",
    "ours_cold": "jixiao（无预备内核）",
    "voila": "Voila 原样（Output＋go.Figure）",
    "static": "静态 plotly 网页（仅四图，不是静态站）",
    "dash": "Dash",
    "panel": "Panel",
    "streamlit": "Streamlit",
}
SUMS = """
() => {
  const found = [];
  const look = (root) => root.querySelectorAll("*").forEach((part) => {
    if (part.classList.contains("js-plotly-plot") && part.data && part.querySelector(".main-svg")) found.push(part);
    if (part.shadowRoot) look(part.shadowRoot);
  });
  look(document);
  const number = (value) => Number.isFinite(Number(value)) ? Number(value) : 0;
  const values = (part) => part.data.flatMap((trace) => Array.from(trace.x ?? []));
  return found.map((part) => values(part).reduce((total, value) => total + number(value), 0));
}
"""


def expected(choice: str) -> float:
    """Return what the bars of the first chart add up to."""
    return sum(value for trace in apps.charts(choice)[0]["data"] for value in trace.get("x", []))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def notebook(folder: Path, call: str, name: str) -> Path:
    """Write a notebook of one cell."""
    source = f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r})\nimport dashboard_apps\ndashboard_apps.{call}()"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    path.write_text(
        json.dumps({"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )
    return path


class Way:
    """One way of showing the charts, started."""

    def __init__(self, name: str, built: Path, folder: Path) -> None:
        self.name, port = name, free_port()
        environment = {**os.environ, "JIXIAO_BENCH": str(built), "JIXIAO_BENCH_WAY": name, "PYTHONIOENCODING": "utf-8"}
        script = [sys.executable, str(BENCHMARKS / "dashboard_apps.py")]
        if name.startswith("ours"):
            notebook(folder / "notebooks", "show_ours", "50_bench")
            (folder / "data").mkdir(exist_ok=True)
            environment |= {"JIXIAO_HOME": str(folder), "JIXIAO_LOGS": str(folder)}
            warm = WARM if name == "ours_warm" else 0
            settings = f"Settings({str(built)!r}, port={port}, pages={{'50_bench': {warm}}}).limited(leave_seconds=2)"
            command = [PYTHON, "-c", f"from jixiao.server import *; run_dashboard({settings})"]
        elif name == "voila":
            path = notebook(folder / "voila", "show_as_shipped", "bench")
            command = [PYTHON, "-m", "voila", str(path), f"--port={port}", "--no-browser"]
        elif name == "static":
            from jixiao.figures import plotly_script

            (folder / "static").mkdir(exist_ok=True)
            apps.write_static(folder / "static", plotly_script())
            command = [
                sys.executable,
                "-m",
                "http.server",
                str(port),
                "--bind",
                "127.0.0.1",
                "-d",
                str(folder / "static"),
            ]
        elif name == "streamlit":
            options = [
                "--server.headless=true",
                "--server.address=127.0.0.1",
                "--browser.gatherUsageStats=false",
                "--server.fileWatcherType=none",
            ]
            command = [sys.executable, "-m", "streamlit", "run", *options, f"--server.port={port}", script[1]]
        else:
            command = [*script, name, str(port)]
        self.url = f"http://127.0.0.1:{port}/"
        self.record = (folder / f"{name}.log").open("wb")
        self.process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=self.record, stderr=self.record, start_new_session=True
        )
        self.folder, deadline = folder, time.monotonic() + 120
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                asked = "voila/static/voila.js" if name.startswith("ours") else ""
                urllib.request.urlopen(self.url + asked, timeout=60).read()
                break
            time.sleep(0.2)
        self.settle()

    def settle(self) -> None:
        """Wait until what a visitor left behind is over and the kernels are warm again."""
        time.sleep(4 if self.name.startswith(("ours", "voila")) else 0)
        log, deadline = self.folder / "dashboard_access.log", time.monotonic() + 60
        while self.name == "ours_warm" and time.monotonic() < deadline:
            text = log.read_text(encoding="utf-8")
            if text.count("page_ready") - text.count("GET page 200") >= WARM:
                break
            time.sleep(0.2)

    def memory(self) -> float:
        """Return the memory of the processes in MB, what they share divided between them."""
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        total = 0
        for process in family:
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
        return total / 1e6

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.record.close()


class Viewer:
    """One browser tab with an empty cache."""

    def __init__(self, browser: Any, way: Way) -> None:
        self.page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        self.name, self.outside, self.sent = way.name, 0, 0
        self.page.route("**/*", lambda route: self._judge(route, way.url))
        wire = self.page.context.new_cdp_session(self.page)
        wire.send("Network.enable")
        wire.on("Network.dataReceived", lambda event: self._count(event["dataLength"]))
        wire.on("Network.webSocketFrameReceived", lambda event: self._count_frame(event["response"]))
        started = time.monotonic()
        self.page.goto(way.url, wait_until="commit")
        self._wait(lambda sums: len(sums) > 0)
        self.first = time.monotonic() - started
        self._wait(lambda sums: len(sums) >= 4)
        self.whole = time.monotonic() - started
        self.page.wait_for_timeout(1_000)
        self.page_bytes, self.sent = self.sent, 0

    def _judge(self, route: Any, own: str) -> None:
        if route.request.url.startswith((own, "blob:", "data:")):
            return route.continue_()
        self.outside += 1
        route.abort()

    def _count(self, length: int) -> None:
        self.sent += length

    def _count_frame(self, frame: dict[str, Any]) -> None:
        length = len(frame["payloadData"])
        self.sent += length * 3 // 4 if frame["opcode"] == 2 else length  # Binary frames are told in base64.

    def _wait(self, is_there: Any, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not is_there(self.page.evaluate(SUMS)):
            if time.monotonic() > deadline:
                raise TimeoutError(self.name)
            self.page.wait_for_timeout(10)

    def choose(self, choice: str) -> None:
        """Choose a year as a person does."""
        if self.name in {"dash", "streamlit"}:
            self.page.get_by_text(choice, exact=True).first.click()
        else:
            self.page.locator("select").first.select_option(label=choice)

    def change(self, choice: str, wanted: float) -> float:
        """Return the seconds from a change to the redrawn first chart."""
        started = time.monotonic()
        self.choose(choice)
        self._wait(lambda sums: any(abs(total - wanted) < 1e-6 for total in sums))
        return time.monotonic() - started

    def close(self) -> None:
        self.page.context.close()


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values) + 0.5) - 1)]


def measure(
    ways: dict[str, Way], browser: Any, rounds: int, sums: dict[str, float]
) -> dict[str, dict[str, list[float]]]:
    """Open each page and change it, way after way, round after round."""
    seen: dict[str, dict[str, list[float]]] = {name: {} for name in ways}
    years = [choice for choice in sums if choice != apps.ALL]
    for _ in range(rounds):
        for name, way in ways.items():
            viewer = Viewer(browser, way)
            changes = [viewer.change(year, sums[year]) for year in (*years[:2], apps.ALL, *years[:2])]
            viewer.page.wait_for_timeout(500)
            row = {
                "first": viewer.first, "whole": viewer.whole, "change": statistics.median(changes),
                "page_mb": viewer.page_bytes / 1e6, "change_kb": viewer.sent / len(changes) / 1e3,
                "outside": viewer.outside,
            }  # fmt: skip
            for key, value in row.items():
                seen[name].setdefault(key, []).append(value)
            told = " ".join(f"{key}={value:.2f}" for key, value in row.items())
            print(f"{name}: {told}", file=sys.stderr, flush=True)
            viewer.close()
            way.settle()
    return seen


def crowd(way: Way, browser: Any, sizes: list[int], sums: dict[str, float]) -> Iterator[tuple[int, float, float]]:
    """Yield for each number of viewers the p95 of a change, all changing at once, and the memory of the way."""
    years, viewers = [choice for choice in sums if choice != apps.ALL], list[Viewer]()
    for size in sizes:
        while len(viewers) < size:
            viewers.append(Viewer(browser, way))
        taken: list[float] = []
        for number in range(6):
            year = years[number % 2]
            started = time.monotonic()
            for viewer in viewers:
                viewer.choose(year)
            waiting = list(viewers)
            while waiting and time.monotonic() - started < 60:
                for viewer in list(waiting):
                    if any(abs(total - sums[year]) < 1e-6 for total in viewer.page.evaluate(SUMS)):
                        waiting.remove(viewer)
                        taken.append(time.monotonic() - started)
        yield size, p95(taken), way.memory()
    for viewer in viewers:
        viewer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=1_000, help="projects a year of the made-up province")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--viewers", default="1,2,4,8")
    parser.add_argument("--ways", default=",".join(WAYS))
    chosen = parser.parse_args()
    sizes = [int(size) for size in chosen.viewers.split(",") if size]
    missing = [name for name in ("dash", "panel", "streamlit") if importlib.util.find_spec(name) is None]
    names = [name for name in chosen.ways.split(",") if name not in missing]
    if missing:
        print(f"未安装，未比较：{'、'.join(missing)}；安装方法见本文件开头")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        wanted = ["--departments", "60", "--years", "2020:2024", "--projects", str(chosen.projects)]
        command = [sys.executable, "-m", "jixiao"]
        subprocess.run(
            [*command, "sample", *wanted, "--out", str(folder / "built")], check=True, stdout=subprocess.DEVNULL
        )
        os.environ["JIXIAO_BENCH"] = str(folder / "built")
        sums = {choice: expected(choice) for choice in apps.choices()[:3]}
        assert len(set(sums.values())) == len(sums)
        run(names, folder, sums, chosen.rounds, sizes)


def run(names: list[str], folder: Path, sums: dict[str, float], rounds: int, sizes: list[int]) -> None:
    """Start every way, measure, print."""
    from playwright.sync_api import sync_playwright

    ways: dict[str, Way] = {}
    try:
        for name in names:
            (folder / name).mkdir(exist_ok=True)
            ways[name] = Way(name, folder / "built", folder / name)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            report(measure(ways, browser, rounds, sums))
            for name, way in ways.items():
                if name == "ours_cold" or not sizes:
                    continue
                before, told, alone, grown = way.memory(), [], 0.0, 0.0
                for size, slow, memory in crowd(way, browser, sizes, sums):
                    grown = memory - before
                    alone = alone or slow
                    told.append(f"{size}人 p95 {slow:.2f}s{'（超过一人时两倍）' if slow > 2 * alone else ''}")
                each = grown / sizes[-1]
                print(f"{WAYS[name]:<28}每人内存 {each:>6.0f} MB（{sizes[-1]}人）；" + "，".join(told), flush=True)
            browser.close()
    finally:
        for way in ways.values():
            way.end()


def report(seen: dict[str, dict[str, list[float]]]) -> None:
    """Print the medians, and their ratios to the baseline."""
    middle = {name: {key: statistics.median(values) for key, values in row.items()} for name, row in seen.items()}
    base = middle.get(BASELINE) or next(iter(middle.values()))
    print(
        f"{'方式':<28}{'首图s':>8}{'四图s':>8}{'重画s':>8}{'首图×':>8}{'重画×':>8}{'页MB':>8}{'改KB':>8}{'外部请求':>8}"
    )
    for name, row in middle.items():
        ratios = f"{row['first'] / base['first']:>9.2f}{row['change'] / base['change']:>9.2f}"
        sent = f"{row['page_mb']:>8.1f}{row['change_kb']:>9.0f}{row['outside']:>9.0f}"
        print(
            f"{WAYS[name]:<28}{row['first']:>9.2f}{row['whole']:>9.2f}{row['change']:>9.2f}{ratios}{sent}", flush=True
        )
    line = {
        name: {key: round(value / base[key], 3) for key, value in row.items() if base[key]}
        for name, row in middle.items()
    }
    machine = f"{platform.machine()} Python {platform.python_version()}"
    print(
        json.dumps(
            {
                "benchmark": "dashboard",
                "date": f"{date.today()}",
                "machine": machine,
                "baseline": BASELINE,
                "ratios": line,
            }
        )
    )


if __name__ == "__main__":
    main()
