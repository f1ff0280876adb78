"""Keep what benchmarks measured, and write the table: `python benchmarks/record.py` rewrites docs/benchmarks.md.

Every benchmark takes ``--record`` and then appends one line of JSON to docs/benchmarks.jsonl: its name, the day, the
machine and its figures. The table shows the newest line of each benchmark.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
LINES = DOCS / "benchmarks.jsonl"


def machine() -> str:
    """Name the machine: processor, cores, memory, Python."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"


def peak_mb() -> int:
    """Return the largest memory this process ever held, in MB; the one of its parent does not count."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def best(work: Callable[[], Any], times: int = 3) -> tuple[Any, float, float]:
    """Return what a run gives, its shortest wall time and its shortest time of the processor."""
    walls, cpus = [], []
    for _ in range(times):
        start, cpu = time.perf_counter(), time.process_time()
        found = work()
        walls.append(time.perf_counter() - start)
        cpus.append(time.process_time() - cpu)
    return found, min(walls), min(cpus)


def record(benchmark: str, size: str, rows: list[dict[str, Any]], *, keep: bool) -> None:
    """Print one line that can be compared over time, and append it when asked.

    Args:
        benchmark: Its name.
        size: What was measured, such as ``25,000,000 rows``.
        rows: One for each way: ``way``, and numbers by unit such as ``seconds``, ``ratio``, ``memory_mb``.
    """
    rounded = [{key: round(one, 4) if isinstance(one, float) else one for key, one in row.items()} for row in rows]
    line = {"benchmark": benchmark, "date": f"{date.today()}", "machine": machine(), "size": size, "rows": rounded}
    text = json.dumps(line, ensure_ascii=False)
    print(text)
    if keep:
        with LINES.open("a", encoding="utf-8") as handle:
            handle.write(text + "\n")


def write_table() -> None:
    """Write docs/benchmarks.md from the newest line of each benchmark."""
    newest = {}
    for text in LINES.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        newest[line["benchmark"]] = line
    parts = [
        "# Benchmarks\n",
        "Written by `benchmarks/record.py` from `docs/benchmarks.jsonl`. Machines are noisy: read the ratios.\n",
    ]
    for name, line in sorted(newest.items()):
        columns = list(dict.fromkeys(key for row in line["rows"] for key in row))
        parts.append(f"## {name}\n\n{line['size']}; {line['date']}; {line['machine']}\n")
        parts.append("| " + " | ".join(columns).replace("_", " ") + " |")
        parts.append("|" + "---|" * len(columns))
        parts += ["| " + " | ".join(_shown(row.get(key)) for key in columns) + " |" for row in line["rows"]]
        parts.append("")
    (DOCS / "benchmarks.md").write_text("\n".join(parts), encoding="utf-8")


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float) and value < 100:
        return f"{value:,.3g}"
    return f"{value:,.0f}" if isinstance(value, float | int) else str(value)


if __name__ == "__main__":
    write_table()
