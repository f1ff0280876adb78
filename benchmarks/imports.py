"""How long the imports take (导入时间), by ``-X importtime``, as ratios to ``import pandas`` measured in the same run.

    python benchmarks/imports.py [--rounds 7] [--record]

Each import runs in fresh interpreters, in turns; the least time of the rounds counts, since other work only adds. The
time of an import is the sum over all modules that the statement imports beyond those of a bare interpreter. Beside it
stands which heavy libraries came along.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from record import record

BASELINE = "import pandas"
STATEMENTS = [
    BASELINE,
    "import jixiao",
    "from jixiao import load",
    "from jixiao import score",
    "import jixiao.show.tables",
    "import jixiao.show.figures",
    "import jixiao.analysis",
    "import jixiao.whatif",
    "import jixiao.cli.main",
    "import jixiao.whatif.panel",
]
HEAVY = {
    "pandas",
    "numpy",
    "pyarrow",
    "plotly",
    "matplotlib",
    "scipy",
    "dask",
    "distributed",
    "duckdb",
    "great_tables",
    "itables",
    "IPython",
    "ipywidgets",
    "anywidget",
    "papermill",
    "nbconvert",
    "voila",
    "openpyxl",
    "docx",
    "yaml",
}
LIMIT = 0.2
"""Seconds that ``import jixiao`` may take (issue 7)."""
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| (\s*)(\S+)")


def measure(statement: str) -> tuple[float, set[str]]:
    """Return the seconds of one import in a fresh interpreter, and the heavy libraries it brought."""
    code = f"import sys; known = set(sys.modules)\n{statement}\nprint(*(set(sys.modules) - known))"
    command = [sys.executable, "-X", "importtime", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    new = set(done.stdout.split())
    spent = {name: int(own) for own, _, name in _LINE.findall(done.stderr)}
    return sum(own for name, own in spent.items() if name in new) / 1e6, HEAVY & new


def main() -> int:
    """Print one line per import; the exit code is 1 when ``import jixiao`` takes longer than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    least = dict.fromkeys(STATEMENTS, float("inf"))
    brought: dict[str, set[str]] = {}
    for _ in range(options.rounds):
        for statement in STATEMENTS:
            seconds, brought[statement] = measure(statement)
            least[statement] = min(least[statement], seconds)
    print(f"{'statement':32} {'seconds':>8} {'÷ pandas':>9}  heavy libraries")
    for statement, seconds in least.items():
        ratio, libraries = seconds / least[BASELINE], " ".join(sorted(brought[statement])) or "none"
        print(f"{statement:32} {seconds:8.3f} {ratio:9.3f}  {libraries}")
    rows = [
        {"way": statement, "seconds": seconds, "ratio": seconds / least[BASELINE], "heavy": len(brought[statement])}
        for statement, seconds in least.items()
    ]
    record("imports", f"{len(rows)} statements, ratio to {BASELINE}", rows, keep=options.record)
    is_quick = least["import jixiao"] < LIMIT
    print(f"import jixiao: {'under' if is_quick else 'NOT under'} {LIMIT} s")
    return 0 if is_quick else 1


if __name__ == "__main__":
    raise SystemExit(main())
