"""Show the same charts of the same data with jixiao and with what people use, in one run, in a real Chromium.

    python benchmarks/dashboard.py [--projects 1000] [--rounds 5] [--viewers 1,2,4,8] [--record]

The charts are the four of our overview page. The others are handed them ready, as our page drew them for each year, and
only send and draw them; ours chooses and sums the rows in the browser, and draws cards, questions and tables besides.

Prints for each way, interleaved: seconds to the first chart and to all four, seconds from a change to four redrawn
charts, bytes sent for a page and for a change, memory per viewer, and the viewers at which the slowest twentieth of the
changes takes twice as long as for one viewer. The browser runs on the same machine: read ratios. Ways that are not
installed are named and left out; install them beside the locked dependencies, for example

    python -m venv /tmp/bench && /tmp/bench/bin/pip install "dash>=4" "panel>=1.9" "streamlit>=1.60"
    ls -d $PWD/.venv/lib/python3*/site-packages > $(ls -d /tmp/bench/lib/python3*/site-packages)/jixiao.pth
    /tmp/bench/bin/python benchmarks/dashboard.py
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
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
from pathlib import Path
from typing import Any

import psutil
import voila
from record import record

BENCHMARKS = Path(__file__).resolve().parent
ROOT, SITE = BENCHMARKS.parent, "site"
PYTHON = str(Path(voila.__file__).parents[4] / "bin" / "python")
"""The Python beside whose packages Voila's templates lie; that of an environment laid over it has none."""
BASELINE = "dash"
WAYS = {
    "ours": "jixiao dashboard",
    "static": "jixiao dashboard --static",
    "voila": "Voila 原样（Output＋go.Figure）",
    "dash": "Dash",
    "panel": "Panel",
    "streamlit": "Streamlit",
}
PANELS = ["money", "grades", "bands", "kinds"]
"""The charts of our overview page."""
FIGURES = """panels => panels.map(panel => {
  const { data, layout } = document.querySelector(`[data-panel="${panel}"] .jixiao-plot`);
  return JSON.parse(JSON.stringify({ data, layout }, (key, value) => (key === "ink" ? undefined : value)));
})"""
SUMS = """
() => {
  const found = [];
  const look = (root) => root.querySelectorAll("*").forEach((part) => {
    if (part.classList.contains("js-plotly-plot") && part.data && part.querySelector(".main-svg")) found.push(part);
    if (part.shadowRoot) look(part.shadowRoot);
  });
  look(document);
  const values = (part) => part.data.flatMap((trace) => [...(trace.x ?? []), ...(trace.y ?? [])]);
  const number = (value) => (typeof value === "number" && Number.isFinite(value) ? value : 0);
  return found.map((part) => values(part).reduce((total, value) => total + number(value), 0)).sort((a, b) => a - b);
}
"""


def sums_of(figures: list[dict[str, Any]]) -> list[float]:
    """Return what the numbers of each chart add up to, by size, as the page of a way is asked for it."""
    values = [[*trace.get("x", []), *trace.get("y", [])] for figure in figures for trace in [merged(figure)]]
    return sorted(sum(value for value in some if isinstance(value, int | float)) for some in values)


def merged(figure: dict[str, Any]) -> dict[str, list[Any]]:
    """Return all x and y of a figure."""
    return {axis: [value for trace in figure["data"] for value in trace.get(axis, [])] for axis in ("x", "y")}


def is_same(shown: list[float], wanted: list[float]) -> bool:
    """Say whether a page shows the charts that are wanted."""
    return len(shown) == len(wanted) and all(
        abs(one - other) <= 1e-6 * max(1, abs(other)) for one, other in zip(shown, wanted, strict=True)
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def notebook(folder: Path) -> Path:
    """Write the notebook of Voila as shipped."""
    source = (
        f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r})\nimport dashboard_apps\ndashboard_apps.show_as_shipped()"
    )
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path = folder / "bench.ipynb"
    whole = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


class Way:
    """One way of showing the charts, started."""

    def __init__(self, name: str, built: Path, folder: Path) -> None:
        self.name, port, folder = name, free_port(), folder / name
        folder.mkdir()
        environment = {**os.environ, "JIXIAO_BENCH_WAY": name, "PYTHONIOENCODING": "utf-8"}
        script = [sys.executable, str(BENCHMARKS / "dashboard_apps.py")]
        if name == "ours":
            environment |= {"JIXIAO_LOGS": str(folder)}
            command = [PYTHON, "-m", "jixiao", "dashboard", "--place", str(built), "--port", str(port)]
        elif name == "static":
            command = [
                sys.executable,
                "-m",
                "http.server",
                str(port),
                "--bind",
                "127.0.0.1",
                "-d",
                str(folder.parent / SITE),
            ]
        elif name == "voila":
            command = [PYTHON, "-m", "voila", str(notebook(folder)), f"--port={port}", "--no-browser"]
        elif name == "streamlit":
            options = ["--server.headless=true", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false"]
            options += ["--server.fileWatcherType=none", f"--server.port={port}"]
            command = [sys.executable, "-m", "streamlit", "run", *options, script[1]]
        else:
            command = [*script, name, str(port)]
        self.url = f"http://127.0.0.1:{port}/"
        self.record = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT if name == "ours" else folder,
            stdout=self.record,
            stderr=self.record,
            start_new_session=True,
        )
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                asked = "voila/static/voila.js" if name == "voila" else ""  # A page of Voila would take a kernel.
                urllib.request.urlopen(self.url + asked, timeout=120).read()
                break
            time.sleep(0.2)
        time.sleep(3)

    def memory(self) -> float:
        """Return the memory of the processes in MB, what they share divided between them."""
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        total = 0
        for process in family:
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss
        return total / 1e6

    def end(self) -> None:
        """End all its processes."""
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
            own = "[data-choice='year']" if self.name in {"ours", "static"} else "select"
            self.page.locator(own).first.select_option(label=choice)

    def change(self, choice: str, wanted: list[float]) -> float:
        """Return the seconds from a change to the redrawn charts."""
        started = time.monotonic()
        self.choose(choice)
        self._wait(lambda sums: is_same(sums, wanted))
        return time.monotonic() - started

    def close(self) -> None:
        self.page.context.close()


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values) + 0.5) - 1)]


def measure(ways: dict[str, Way], browser: Any, rounds: int, sums: dict[str, list[float]]) -> dict[str, Any]:
    """Open each page and change it, way after way, round after round."""
    seen: dict[str, dict[str, list[float]]] = {name: {} for name in ways}
    first, second, third = list(sums)[:3]
    for _ in range(rounds):
        for name, way in ways.items():
            try:
                viewer = Viewer(browser, way)
            except TimeoutError:
                print(f"{WAYS[name]}：90 秒内没有画出图，未计入", flush=True)
                continue
            changes = [viewer.change(year, sums[year]) for year in (second, third, first, second, third)]
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
            time.sleep(3 if name == "voila" else 0)
    return seen


def crowd(way: Way, browser: Any, sizes: list[int], sums: dict[str, list[float]]) -> Iterator[tuple[int, float, float]]:
    """Yield for each number of viewers the p95 of a change, all changing at once, and the memory of the way."""
    years, viewers = list(sums)[1:3], list[Viewer]()
    for size in sizes:
        try:
            while len(viewers) < size:
                viewers.append(Viewer(browser, way))
        except TimeoutError:
            print(f"{WAYS[way.name]}：第 {len(viewers) + 1} 人 90 秒内没有看到图", flush=True)
            break
        taken: list[float] = []
        for number in range(6):
            year = years[number % 2]
            started = time.monotonic()
            for viewer in viewers:
                viewer.choose(year)
            waiting = list(viewers)
            while waiting and time.monotonic() - started < 60:
                for viewer in list(waiting):
                    if is_same(viewer.page.evaluate(SUMS), sums[year]):
                        waiting.remove(viewer)
                        taken.append(time.monotonic() - started)
        yield size, p95(taken), way.memory()
    for viewer in viewers:
        viewer.close()


def draw_figures(browser: Any, way: Way) -> dict[str, Any]:
    """Return the charts of our overview page for three years, as it drew them."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(way.url)
    page.wait_for_selector("#board[data-shown]")
    drawn = {}
    for label in page.locator("[data-choice='year'] option").all_inner_texts()[1:4]:
        page.locator("[data-choice='year']").select_option(label=label)
        page.wait_for_timeout(2_000)
        drawn[label] = page.evaluate(FIGURES, PANELS)
    page.context.close()
    return drawn


def main() -> None:
    """Make the data, start every way, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=1_000, help="projects a year of the made-up province")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--viewers", default="1,2,4,8")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--record", action="store_true", help="append the result to docs/benchmarks.jsonl")
    chosen = parser.parse_args()
    missing = [name for name in ("dash", "panel", "streamlit") if importlib.util.find_spec(name) is None]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # What was started is ended.
    names = [name for name in chosen.ways.split(",") if name not in missing]
    if missing:
        print(f"未安装，未比较：{'、'.join(missing)}；安装方法见本文件开头")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        wanted = ["--departments", "60", "--years", "2020:2024", "--projects", str(chosen.projects)]
        command, place = [PYTHON, "-m", "jixiao"], str(folder / "built")
        for part in (
            ["sample", *wanted, "--out", place],
            ["dashboard", "--place", place, "--static", str(folder / SITE)],
        ):
            subprocess.run([*command, *part], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        os.environ["JIXIAO_BENCH"] = str(folder / "figures.json")
        rows = run(names, folder, chosen.rounds, [int(size) for size in chosen.viewers.split(",") if size])
    record("dashboard", f"{5 * chosen.projects:,} projects of 60 departments", rows, keep=chosen.record)


def run(names: list[str], folder: Path, rounds: int, sizes: list[int]) -> list[dict[str, Any]]:
    """Start every way, measure, and return one row for each."""
    from playwright.sync_api import sync_playwright

    ways = {"static": Way("static", folder / "built", folder)}
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            figures = draw_figures(browser, ways["static"])
            (folder / "figures.json").write_text(json.dumps(figures, ensure_ascii=False), encoding="utf-8")
            sums = {choice: sums_of(drawn) for choice, drawn in figures.items()}
            assert len({tuple(some) for some in sums.values()}) == len(sums) == 3
            ways = {name: ways.get(name) or Way(name, folder / "built", folder) for name in names} | ways
            rows = report(measure({name: ways[name] for name in names}, browser, rounds, sums))
            for row in rows:
                name = next(name for name, shown in WAYS.items() if shown == row["way"])
                before, alone = ways[name].memory(), 0.0
                for size, slow, memory in crowd(ways[name], browser, sizes, sums):
                    alone = alone or slow
                    row |= {f"p95_of_{size}": round(slow, 2), "mb_per_viewer": round((memory - before) / size, 1)}
                    if slow > 2 * alone:
                        row.setdefault("doubled_at", size)
                print(row, flush=True)
            browser.close()
    finally:
        for way in ways.values():
            way.end()
    return rows


def report(seen: dict[str, dict[str, list[float]]]) -> list[dict[str, Any]]:
    """Return the medians of each way, and their ratios to the baseline."""
    middle = {name: {key: statistics.median(values) for key, values in row.items()} for name, row in seen.items()}
    base = middle.get(BASELINE) or next(iter(middle.values()))
    return [
        {
            "way": WAYS[name],
            **{key: round(value, 3) for key, value in row.items()},
            **{f"{key}_ratio": round(row[key] / base[key], 2) for key in ("first", "whole", "change")},
        }
        for name, row in middle.items()
        if row
    ]


if __name__ == "__main__":
    main()
