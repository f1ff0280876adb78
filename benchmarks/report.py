"""Measure the making of reports: `python benchmarks/report.py [--reports 6] [--rounds 2] [--many 0]`.

The same reports of a made-up province, in one run, each round in every way, one after the other:

- typed: `papermill` and `jupyter nbconvert --to html` as a user types them, on the notebook with plotly figures
- typed, own figures: the same commands on the notebook of jixiao as it stands
- one process: the papermill and nbconvert libraries called in one process, with plotly figures
- jixiao 1, jixiao 2: `jixiao report` with one and two workers, executed notebook and page
- documents: `jixiao report` with one worker in every format, where the documents are there
- no notebook: the tables, figures and the page computed and rendered in one process, without any notebook: the limit;
  once more with the documents

CPU seconds are those of every process that a way started, counted by the system when it ended. `jixiao` is charged its
whole command, start included, and once more per report from the difference of two batches of different size, for a way
that starts once for thousands of reports. With `--many N` the memory of a worker is watched over N reports.
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
from pathlib import Path

import nbformat

import jixiao
from jixiao import figures, summary, tables
from jixiao.province import Wanted, write_province
from jixiao.report import list_reports
from jixiao.report.formats import usual_formats
from jixiao.report.pages import make_page
from jixiao.report.shares import Shares
from jixiao.store import unpack_results

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


def without(results: jixiao.store.Results, requests: list, out: Path, *, with_documents: bool = False) -> None:
    """Compute and render the content of a report with no notebook at all."""
    shares = Shares(results)
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
            from jixiao import papers

            what = {"year": request.year, "project": request.parameters["project"], "evaluation": request.kind}
            papers.write_report(mine, out / f"{number}.docx", **what)
            papers.write_workbook(mine, out / f"{number}.xlsx", **what)


def size(folder: Path, *endings: str) -> int:
    """Return the bytes of some kinds of files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.suffix in endings)


def watch_memory(place: Path, out: Path, number: int) -> list[tuple[int, int, float]]:
    """Make many reports with one worker; return after how many what the worker and its server held, in MB."""
    process = subprocess.Popen(
        [PYTHON, "-m", "jixiao", "report", "--place", str(place), "--out", str(out), "--all", "--workers", "1",
         "--format", "html"], cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    seen, step = [], max(1, number // 10)
    while process.poll() is None:
        done = sum(1 for _ in out.rglob("report.json"))
        if done >= (len(seen) + 1) * step:
            held = [_held(child) for child in _descendants(process.pid)]
            seen.append((done, max(held, default=0), float(sum(held))))
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


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--many", type=int, default=0)
    given = parser.parse_args()
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="jixiao-benchmark-") as folder:
        home = Path(folder)
        place = home / "province"
        large = 8 * given.reports
        write_province(Wanted(4, (2023,), max(8, large, given.many), 5), place)
        results = jixiao.evaluate(place)
        requests = list_reports(results, place=str(place), kinds=["self"])[:large]
        names, few = [request.project for request in requests], requests[: given.reports]
        notebook = ROOT / "notebooks" / "20_project_scores.ipynb"
        plotly = home / "plotly.ipynb"
        plotly_notebook(notebook, plotly)
        rows: dict[str, list[tuple[float, float, float]]] = {}
        sizes: dict[str, float] = {}

        def note(name: str, cpu: float, wall: float, count: int) -> None:
            rows.setdefault(name, []).append((cpu / count, count * 60 / wall, count))

        for number in range(given.rounds):
            ways = {
                "typed": lambda out: typed(plotly, few, out),
                "typed, own figures": lambda out: typed(notebook, few, out),
                "one process": lambda out: one_process(plotly, few, out),
                "jixiao 1": lambda out: tree_seconds(command(place, out, names, 1, ["html"])),
                "jixiao 2": lambda out: tree_seconds(command(place, out, names, 2, ["html"])),
                "jixiao 1, few": lambda out: tree_seconds(command(place, out, names[: given.reports], 1, ["html"])),
            }
            if len(usual_formats()) > 1:
                ways["documents"] = lambda out: tree_seconds(command(place, out, names, 1, []))
            for name, way in ways.items():
                out = home / f"{number}-{name}"
                out.mkdir()
                cpu, wall = way(out)
                count = len(names) if name in {"jixiao 1", "jixiao 2", "documents"} else given.reports
                note(name, cpu, wall, count)
                sizes[name] = size(out, ".html", ".ipynb") / count
                if "jixiao" in name or name == "documents":
                    sizes[name] -= (out / "index.html").stat().st_size / count
                shutil.rmtree(out)
            for name, is_full in {"no notebook": False, "no notebook, doc.": True}.items():
                if is_full and "documents" not in ways:
                    continue
                out = home / f"{number}-{name}"
                out.mkdir()
                without(results, requests[:1], out, with_documents=is_full)  # what is loaded once is loaded
                begun, cpu = time.monotonic(), time.process_time()
                without(results, requests, out, with_documents=is_full)
                note(name, time.process_time() - cpu, time.monotonic() - begun, len(requests))
                sizes[name] = size(out, ".html") / len(requests)

        middle = {name: statistics.median(row[0] for row in found) for name, found in rows.items()}
        many, several = rows["jixiao 1"], rows["jixiao 1, few"]
        each = statistics.median(
            (more[0] * more[2] - less[0] * less[2]) / (more[2] - less[2])
            for more, less in zip(many, several, strict=True)
        )
        print(f"{given.reports} reports (jixiao and no notebook: {len(names)}), {given.rounds} rounds, medians")
        print(f"{'way':22}{'CPU s/report':>14}{'reports/min':>14}{'kB/report':>12}{'of typed':>12}{'of limit':>12}")
        for name, cpu in middle.items():
            rate = statistics.median(row[1] for row in rows[name])
            against = f"{middle['typed'] / cpu:>11.1f}x{cpu / middle['no notebook']:>11.1f}x"
            print(f"{name:22}{cpu:>14.3f}{rate:>14.1f}{sizes[name] / 1000:>12.0f}{against}")
        print(f"{'jixiao, one more':22}{each:>14.3f}{'':>26}{middle['typed'] / each:>11.1f}x"
              f"{each / middle['no notebook']:>11.1f}x")  # fmt: skip
        print(f"bytes of typed : bytes of jixiao = {sizes['typed'] / sizes['jixiao 1']:.0f}")
        if given.many:
            print("reports done, largest process MB, all processes MB (PSS)")
            for done, largest, whole in watch_memory(place, home / "many", given.many):
                print(f"{done:>8}{largest:>10}{whole:>10.0f}")


if __name__ == "__main__":
    main()
