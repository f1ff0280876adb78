"""Measure the making of reports: `python benchmarks/report.py [--reports 3] [--rounds 2] [--many 0] [--record]`.

The same reports of a made-up province, in one run, each round in every way, one after the other:

- typed: `papermill` and `jupyter nbconvert --to html` as a user types them, on the notebook with plotly figures
- typed, own figures: the same commands on the notebook of jixiao as it stands
- one process: the papermill and nbconvert libraries called in one process, with plotly figures
- jixiao, 1 or 2 workers: `jixiao report`, the executed notebook and its page, which is what the typed commands make
- jixiao, every format: with one worker, and the Word and Excel files as well
- no notebook: the same tables, figures and page computed and rendered in one process without any notebook; once more
  with the Word and Excel files. Each is the limit of the ways that make the same files.

CPU seconds are those of every process that a way started, counted by the system when it ended. `jixiao` is charged its
whole command, start included, and once more per report from the difference of two batches of different size, for a way
that starts once for thousands of reports. With `--many N` the memory of a worker is watched over N reports instead.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from record import record

import jixiao
from jixiao.analysis import summary
from jixiao.builds.handover import unpack_results
from jixiao.core.results import Results
from jixiao.publish import papers
from jixiao.publish.reports import list_reports
from jixiao.publish.reports.report_pages import make_page
from jixiao.publish.reports.shares import Shares
from jixiao.sample import Wanted, write_province
from jixiao.show import figures, tables

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
BIN = Path(sys.executable).parent
SUBREAPER = 36

ONE_PROCESS = """
import json, sys
import papermill, nbformat
from nbconvert import HTMLExporter
for parameters, source, target in json.load(open(sys.argv[1])):
    papermill.execute_notebook(source, target + ".ipynb", parameters, progress_bar=False)
    body, _ = HTMLExporter().from_notebook_node(nbformat.read(target + ".ipynb", as_version=4))
    open(target + ".html", "w").write(body)
"""


def tree_seconds(command: list[str]) -> tuple[float, float]:
    """Run a command and return the CPU and wall seconds of it and of every process it started."""
    before, begun = os.times(), time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.wait()
    wall = time.monotonic() - begun
    while True:  # what outlives the command comes to this process, which counts it
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    after = os.times()
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used, wall


def plotly_notebook(path: Path, target: Path) -> None:
    """Write a notebook whose figures are plotly's own objects, shown as plotly shows them in a notebook."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].source += "\nimport plotly.io\nplotly.io.renderers.default = 'notebook'  # plotly.js once"
    for cell in notebook.cells:
        if cell.source.startswith("figures.plot_"):
            cell.source += ".to_plotly().show()"
    nbformat.write(notebook, target)


def typed(source: Path, requests: list, out: Path) -> tuple[float, float]:
    """Run papermill and nbconvert on the command line for each report."""
    used, wall = 0.0, 0.0
    for number, request in enumerate(requests):
        target = out / f"{number}.ipynb"
        given = [item for name, value in request.parameters.items() for item in ("-p", name, str(value))]
        commands = [
            [str(BIN / "papermill"), str(source), str(target), *given],
            [str(BIN / "jupyter"), "nbconvert", "--to", "html", str(target)],
        ]
        for command in commands:
            cpu, seconds = tree_seconds(command)
            used, wall = used + cpu, wall + seconds
    return used, wall


def one_process(source: Path, requests: list, out: Path) -> tuple[float, float]:
    """Call the libraries in one process for all reports."""
    listed = [[request.parameters, str(source), str(out / str(number))] for number, request in enumerate(requests)]
    (out / "list.json").write_text(json.dumps(listed), encoding="utf-8")
    return tree_seconds([PYTHON, "-c", ONE_PROCESS, str(out / "list.json")])


def command(place: Path, out: Path, projects: list[str], workers: int, formats: list[str]) -> list[str]:
    """Return the command of jixiao for some projects."""
    chosen = [item for name in projects for item in ("--project", name)]
    asked = [item for name in formats for item in ("--format", name)]
    kinds = ["--kind", "self", "--year", "2023"]
    return [PYTHON, "-m", "jixiao", "report", "--place", str(place), "--out", str(out), *kinds, *chosen,
            "--workers", str(workers), *asked]  # fmt: skip


def without(results: Results, requests: list, out: Path, *, with_documents: bool) -> tuple[float, float]:
    """Compute and render the content of the reports with no notebook at all; what is loaded once is loaded before."""
    shares = Shares(results)
    _render(shares, requests[:1], out, with_documents)
    begun, cpu = time.monotonic(), time.process_time()
    _render(shares, requests, out, with_documents)
    return time.process_time() - cpu, time.monotonic() - begun


def _render(shares: Shares, requests: list, out: Path, with_documents: bool) -> None:
    for number, request in enumerate(requests):
        mine = unpack_results(shares.pack(shares.rows(request)))
        chosen = summary.choose_evaluation(mine, request.year, request.parameters["project"], request.kind)
        scores = summary.select_rows(mine.scores, chosen)
        budgets = summary.select_rows(mine.frames.budgets, chosen)
        findings = summary.select_rows(mine.findings, chosen)
        compared = summary.compare_evaluations(mine, chosen)
        guesses = summary.select_file(mine.frames.guesses, chosen)
        lost = tables.show_lost_points(scores)
        shown = [
            tables.show_facts(chosen)._repr_html_(),
            tables.show_funds(budgets)._repr_html_(),
            figures.plot_funds(budgets).to_html(),
            tables.show_indicators(scores)._repr_html_(),
            tables.show_bases(scores)._repr_html_(),
            figures.plot_indicator_scores(scores).to_html(),
            figures.plot_completion(scores).to_html(),
            repr(lost),
            lost._repr_html_(),
            tables.show_comparison(compared)._repr_html_(),
            figures.plot_comparison(compared).to_html(),
            tables.show_findings(findings)._repr_html_(),
            tables.show_guesses(guesses)._repr_html_(),
        ]
        page = make_page(request.title, "\n".join(shown), "", script="x.js", is_drawn=True)
        (out / f"{number}.html").write_text(page, encoding="utf-8")
        if with_documents:
            what = {"year": request.year, "project": request.parameters["project"], "evaluation": request.kind}
            papers.write_report(mine, out / f"{number}.docx", **what)
            papers.write_workbook(mine, out / f"{number}.xlsx", **what)


def size(folder: Path, *endings: str) -> int:
    """Return the bytes of some kinds of files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.suffix in endings)


def watch_memory(place: Path, out: Path, number: int) -> list[dict[str, Any]]:
    """Make many reports with one worker; say after how many what the largest process and all of them held."""
    process = subprocess.Popen(
        [PYTHON, "-m", "jixiao", "report", "--place", str(place), "--out", str(out), "--all", "--workers", "1",
         "--format", "html"], cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    seen: list[dict[str, Any]] = []
    while process.poll() is None:
        done = sum(1 for _ in out.rglob("report.json"))
        if done >= (len(seen) + 1) * max(1, number // 10):
            held = [_held(child) for child in _descendants(process.pid)]
            seen.append({"way": f"{done} reports", "worker_mb": max(held, default=0), "all_processes_mb": sum(held)})
            print(seen[-1], file=sys.stderr, flush=True)
        time.sleep(0.5)
    return seen


def _descendants(process: int) -> list[int]:
    found, waiting = [], [process]
    while waiting:
        parent = waiting.pop()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(stat.parent.name))
                    waiting.append(found[-1])
            except OSError:
                continue
    return found


def _held(process: int) -> int:
    """Return the memory of a process that no other shares in full, in MB (PSS)."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) // 1024


PAGE, EVERY = "page", "every format"
LIMITS = {PAGE: "no notebook", EVERY: "no notebook, every format"}
BASE = "typed"


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--many", type=int, default=0)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="jixiao-benchmark-") as folder:
        home = Path(folder)
        place = home / "province"
        large = 8 * given.reports
        write_province(Wanted(4, (2023,), max(large, given.many), 5), place)
        if given.many:
            rows = watch_memory(place, home / "many", given.many)
            record("report memory", f"{given.many:,} reports, one worker", rows, keep=given.record)
        else:
            rows = compare(home, place, given.reports, given.rounds)
            size = f"{given.reports} reports, {large} for jixiao and without a notebook, {given.rounds} rounds, medians"
            record("report", size, rows, keep=given.record)


def compare(home: Path, place: Path, few: int, rounds: int) -> list[dict[str, Any]]:
    """Make the same reports in every way, round by round, and return one row for each way."""
    results = jixiao.evaluate(place)
    requests = list_reports(results, place=str(place), kinds=["self"])[: 8 * few]
    names = [request.project for request in requests]
    notebook, plotly = ROOT / "notebooks" / "20_project_scores.ipynb", home / "plotly.ipynb"
    plotly_notebook(notebook, plotly)

    def ours(count: int, workers: int, formats: list[str]) -> Callable[[Path], tuple[float, float]]:
        return lambda out: tree_seconds(command(place, out, names[:count], workers, formats))

    def unbound(*, is_every: bool) -> Callable[[Path], tuple[float, float]]:
        return lambda out: without(results, requests, out, with_documents=is_every)

    every = len(names)
    ways: dict[str, tuple[int, str, Callable[[Path], tuple[float, float]]]] = {
        BASE: (few, PAGE, lambda out: typed(plotly, requests[:few], out)),
        "typed, own figures": (few, PAGE, lambda out: typed(notebook, requests[:few], out)),
        "one process": (few, PAGE, lambda out: one_process(plotly, requests[:few], out)),
        "jixiao, 1 worker": (every, PAGE, ours(every, 1, ["html"])),
        "jixiao, 2 workers": (every, PAGE, ours(every, 2, ["html"])),
        "jixiao, every format": (every, EVERY, ours(every, 1, [])),
        "few": (few, PAGE, ours(few, 1, ["html"])),
        "few, every format": (few, EVERY, ours(few, 1, [])),
        LIMITS[PAGE]: (every, PAGE, unbound(is_every=False)),
        LIMITS[EVERY]: (every, EVERY, unbound(is_every=True)),
    }
    used: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    sizes: dict[str, float] = {}
    for number in range(rounds):
        for name, (count, _, way) in ways.items():
            out = home / f"{number}-{name}"
            out.mkdir()
            cpu, wall = way(out)
            print(f"{name}: {cpu / count:.3f} CPU s a report", file=sys.stderr)
            used[name].append((cpu, wall))
            sizes[name] = size(out, ".html", ".ipynb") / count
            if (out / "index.html").exists():
                sizes[name] -= (out / "index.html").stat().st_size / count
            shutil.rmtree(out)
    middle = {name: statistics.median(cpu for cpu, _ in used[name]) / ways[name][0] for name in ways}
    for name, less in {"jixiao, 1 worker": "few", "jixiao, every format": "few, every format"}.items():
        more = [(whole - part) / (every - few) for (whole, _), (part, _) in zip(used[name], used[less], strict=True)]
        middle[f"{name}, one report more"] = statistics.median(more)
        ways[f"{name}, one report more"] = ways[name]
    return [
        {
            "way": name,
            "cpu_seconds_a_report": middle[name],
            "reports_a_minute": statistics.median(60 * ways[name][0] / wall for _, wall in used[name])
            if name in used
            else None,
            "kB_of_page_and_notebook": sizes[name] / 1000 if name in sizes else None,
            "typed_is": middle[BASE] / middle[name],
            "times_the_limit": middle[name] / middle[LIMITS[ways[name][1]]],
        }
        for name in middle
        if not name.startswith("few")
    ]


if __name__ == "__main__":
    main()
