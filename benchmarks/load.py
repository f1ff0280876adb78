"""How quick ``jixiao.load()`` is on a built place (读取速度), as ratios to reading everything in the same run.

    python -m jixiao sample --departments 60 --years 2020:2024 --projects 20000 --out DIR     # 100,000 projects
    python benchmarks/load.py DIR

Each way runs in a fresh interpreter. Memory is the peak of the process; frames is what the frames of the way hold. The
last lines say what categoricals would save: texts are Arrow columns already.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

BASELINE = "everything: store.read_built(place)"
WAYS = {
    BASELINE: "from jixiao import store; used = [f for _, f in store.read_built(Path(place)).frames.items()]",
    "open: jixiao.load(place)": "import jixiao; f = jixiao.load(place); used = []",
    "load(place).projects": "import jixiao; f = jixiao.load(place); used = [f.projects]",
    "load(place).budgets": "import jixiao; f = jixiao.load(place); used = [f.projects, f.budgets]",
    "load(place).indicators": "import jixiao; f = jixiao.load(place); used = [f.indicators]",
    "load(place), every frame": "import jixiao; f = jixiao.load(place); used = [x for _, x in f.items()]",
}
CODE = """
import json, resource, sys, time
from pathlib import Path
import pandas, pyarrow.parquet, jixiao.builds
place = sys.argv[1]
wall, cpu = time.perf_counter(), time.process_time()
{way}
told = {{"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}}
told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
told["frames"] = sum(frame.memory_usage(deep=True).sum() for frame in used) / 2**20
told["rows"] = sum(len(frame) for frame in used)
print(json.dumps(told))
"""
SAVED = """
import json, sys, jixiao, pandas as pd
told = {}
frames = jixiao.load(sys.argv[1])
for name in ("projects", "evaluations", "budgets", "indicators"):
    frame = getattr(frames, name)
    few = [column for column in frame if frame[column].dtype == "str" and frame[column].nunique() < len(frame) / 20]
    now = frame.memory_usage(deep=True).sum() / 2**20
    then = frame.astype(dict.fromkeys(few, "category")).memory_usage(deep=True).sum() / 2**20
    kinds = {str(frame[c].dtype.storage) for c in frame if frame[c].dtype == "str"}
    told[name] = [now, then, len(few), sorted(kinds)]
print(json.dumps(told))
"""


def run(code: str, place: str) -> dict[str, object]:
    """Run one way in a fresh interpreter and return what it printed."""
    done = subprocess.run([sys.executable, "-c", code, place], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print one line per way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    least: dict[str, dict[str, float]] = {}
    for _ in range(asked.rounds):
        for name, way in WAYS.items():
            told: dict[str, float] = run(CODE.format(way=way), asked.place)  # type: ignore[assignment]
            least[name] = told if name not in least or told["cpu"] < least[name]["cpu"] else least[name]
    whole = least[BASELINE]["cpu"]
    print(f"{'way':38} {'wall s':>8} {'CPU s':>8} {'CPU ÷ all':>10} {'rows':>10} {'frames MB':>10} {'peak MB':>8}")
    for name, told in least.items():
        ratio = told["cpu"] / whole
        print(
            f"{name:38} {told['wall']:8.2f} {told['cpu']:8.2f} {ratio:10.3f} {told['rows']:10,.0f} "
            f"{told['frames']:10.0f} {told['peak']:8.0f}"
        )
    for name, (now, then, count, kinds) in run(SAVED, asked.place).items():  # type: ignore[misc]
        print(f"{name}: texts are {'/'.join(kinds)}, {now:.0f} MB; {count} of them as categoricals: {then:.0f} MB")


if __name__ == "__main__":
    main()
