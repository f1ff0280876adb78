"""Measure building (构建) from forms: `python benchmarks/build.py [--files 2000] [--record]`.

Writes filled self-evaluation forms (.xlsx), then runs ``jixiao build`` over them as a user does: for the first time,
with nothing changed, with one form changed, and for the first time with two workers. The limit is reading the cells
alone with calamine; the peers read the cells and nothing else, on a sample, extrapolated. Seconds are of the processor,
child processes included; memory is that of the largest process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from read import write_files
from record import record

PEERS = {"calamine": "limit: calamine, cells only", "openpyxl": "openpyxl, cells only",
         "pandas_openpyxl": "pandas over openpyxl, cells only"}  # fmt: skip
SAMPLE = 300


def run(command: list[str]) -> tuple[str, dict[str, float]]:
    """Run a command; return what it printed, and its seconds and memory with those of its own children."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        process = subprocess.Popen(command, stdout=printed)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        printed.seek(0)
        text = printed.read()
    cpu = used.ru_utime + used.ru_stime
    return text, {"seconds": time.perf_counter() - start, "cpu": cpu, "memory_mb": used.ru_maxrss // 1024}


def build(forms: Path, out: Path, *options: str) -> dict[str, float]:
    """Run ``jixiao build`` and check that every form became an evaluation."""
    text, used = run([sys.executable, "-m", "jixiao", "build", "--place", str(forms), "--out", str(out), *options])
    count = len(list(forms.iterdir()))
    assert f"{count} 份评价" in text, text[-300:]
    return used


def measure(folder: Path, count: int) -> Iterator[dict[str, Any]]:
    """Run every way over the forms, which are written first."""
    forms, some = folder / "forms", folder / "some"
    forms.mkdir()
    some.mkdir()
    write_files(forms, count)
    for path in sorted(forms.iterdir())[:SAMPLE]:
        (some / path.name).symlink_to(path)
    for way, title in PEERS.items():
        reader = [sys.executable, str(Path(__file__).with_name("read.py")), "--way", way]
        told = json.loads(run([*reader, "--keep", str(forms if way == "calamine" else some)])[0])
        yield {"way": title, "cpu": told["seconds"] * count / told["files"], "memory_mb": round(told["peak"])}
    yield {"way": "jixiao build", **build(forms, folder / "built")}
    yield {"way": "jixiao build, nothing changed", **build(forms, folder / "built")}
    changed = folder / "changed"
    changed.mkdir()
    write_files(changed, 1, seed=2)
    os.replace(changed / "00000.xlsx", forms / "00000.xlsx")
    yield {"way": "jixiao build, one form changed", **build(forms, folder / "built")}
    yield {"way": "jixiao build, 2 workers", **build(forms, folder / "spread", "--workers", "2")}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    measured: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        for line in measure(Path(name), options.files):
            limit = measured[0]["cpu"] if measured else line["cpu"]
            files = options.files / line["cpu"]
            measured.append({"files_per_cpu_second": files, **line, "ratio": line["cpu"] / limit})
            print(
                f"{line['way']:40}{files:10,.0f} files/CPU s{line['cpu']:9.2f} CPU s{line['cpu'] / limit:8.2f}"
                f"{line['memory_mb']:7} MB",
                flush=True,
            )
    record("build", f"{options.files:,} forms; peers on {SAMPLE} of them", measured, keep=options.record)


if __name__ == "__main__":
    main()
