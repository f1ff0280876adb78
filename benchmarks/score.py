"""Measure scoring (计分): `python benchmarks/score.py [--rows 25000000] [--record]`.

Rows of a made-up province, repeated with other ids and actuals until there are enough. First in memory, from columns of
scaled integers to the points of every row and the grade of every evaluation: a loop over Decimal objects (on a sample,
extrapolated), pandas with floats as most people write it, polars and duckdb with exact integers, ours, ours on a dask
cluster, and the limit, reading every column once. Then from parquet to grades, each way in a process of its own, beside
only decoding the columns. Exact ways must agree on every row; for floats the differences are counted. Shared machines
are noisy: the best of three runs counts. Needs the extra ``bench``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jixiao.builds.stream import BATCH, BUDGETS, EVALUATIONS, Part, columns_needed, read_batches, score_parts
from jixiao.core.exact import distinct, positions
from jixiao.core.frames import EVALUATION_KEY
from jixiao.sample import Wanted, make_province
from jixiao.scoring import door_columns
from jixiao.scoring.choice import list_rules, match_rules
from jixiao.scoring.frameworks import load_framework
from jixiao.scoring.points import Door, Scaled, score_columns
from jixiao.scoring.totals import Sums, grade_codes, money_of

sys.path.insert(0, str(Path(__file__).parent))
from record import best, peak_mb, record
from score_peers import (
    FRAMEWORK,
    decimal_loop,
    decimal_rows,
    pandas_floats,
    parquet_duckdb,
    parquet_polars,
    with_duckdb,
    with_polars,
)

RULES, STARTS = list_rules([FRAMEWORK])
COLUMNS = [*columns_needed(RULES), "indicator_id"]
INPUTS = {
    "weight": np.int32, "reported": np.int32, "target": np.int64, "actual": np.int64, "word": np.int8, "sign": np.int8,
    "strict": bool, "comparable": bool, "months_late": np.int8, "has_dates": bool,
}  # fmt: skip
KINDS = {"rate_times_weight": 1, "on_time": 2, "met_or_judged": 3, "inverse_ratio": 4, "proportional_to_target": 4,
         "judged_level": 5, "no_rule": 0}  # fmt: skip
KIND = np.array([KINDS[rule.method] for rule in RULES], np.int8)
SAMPLE = 200_000
CHUNKS = 8
ENVIRONMENT = dict(os.environ)
"""As this process found it: dask changes how memory is given back, for every process that is started later."""


# The data


def make_base(rows: int) -> dict[str, pd.DataFrame]:
    """Return the self-evaluations of a made-up province of about as many rows."""
    frames, _ = make_province(Wanted(departments=60, years=(2024,), projects=max(rows // 18, 60)))
    chosen = {}
    for name in ("evaluations", "budgets", "indicators"):
        frame = getattr(frames, name)
        chosen[name] = frame[frame["evaluation"] == "self"].reset_index(drop=True)
    chosen["indicators"] = chosen["indicators"][COLUMNS]
    return chosen


def make_part(base: dict[str, pd.DataFrame], number: int) -> dict[str, pd.DataFrame]:
    """Return the province once more: other projects, other actuals."""
    made = {}
    for name, frame in base.items():
        made[name] = frame.assign(project_id=f"{number:02x}" + frame["project_id"])
    rows = made["indicators"]
    factor = 0.9 + 0.2 * ((number * 7 + np.arange(len(rows)) * 13) % 101) / 100
    made["indicators"] = rows.assign(actual_value=(rows["actual_value"] * factor).round(3))
    return made


def write_parts(base: dict[str, pd.DataFrame], count: int, folder: Path) -> list[Part]:
    """Write the parts as parquet."""
    parts = []
    for number in range(count):
        paths = {name: folder / f"{name}_{number:03d}.parquet" for name in base}
        for name, frame in make_part(base, number).items():
            frame.to_parquet(paths[name], index=False, compression="zstd", row_group_size=1 << 18)
        parts.append(Part(**paths))
    return parts


def scaled_columns(part: Part) -> tuple[dict[str, np.ndarray], int]:
    """Return the columns of a part as the integers of the formulas; an execution rate is target and actual."""
    evaluations = pd.read_parquet(part.evaluations)
    funds = money_of(pd.read_parquet(part.budgets), evaluations)
    held: dict[str, list[np.ndarray]] = {name: [] for name in (*INPUTS, "rule", "evaluation")}
    for rows in read_batches(part.indicators, columns_needed(RULES)):
        place = positions(rows, evaluations)
        rule = match_rules(rows, np.zeros(len(place), np.int64), RULES, STARTS)
        door = Door(door_columns(rows, place, funds), slice(None), RULES[int(np.flatnonzero(KIND == 1)[0])])
        is_rate = KIND[rule] == 1
        for name in INPUTS:
            values = door[name]
            if name in ("target", "actual"):
                values = np.where(is_rate, door["denominator" if name == "target" else "numerator"], values)
            held[name].append(values.astype(INPUTS[name]))
        held["rule"].append(rule.astype(np.int8))
        held["evaluation"].append(place.astype(np.int32))
    return {name: np.concatenate(values) for name, values in held.items()}, len(evaluations)


def load_columns(parts: list[Part], rows: int) -> tuple[dict[str, np.ndarray], int]:
    """Return the columns of all parts in memory, and how many evaluations they are of."""
    whole: dict[str, np.ndarray] = {}
    start = first = 0
    for part in parts:
        columns, size = scaled_columns(part)
        columns["evaluation"] += first
        for name, values in columns.items():
            whole.setdefault(name, np.empty(rows, values.dtype))[start : start + len(values)] = values
        start, first = start + len(columns["rule"]), first + size
    return {name: values[:start] for name, values in whole.items()}, first


# The ways, in memory


def ours(columns: dict[str, np.ndarray], size: int, threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Score with the package: points of every row, grade of every evaluation."""
    inputs = {**columns, "numerator": columns["actual"], "denominator": columns["target"]}
    points = score_columns(inputs, columns["rule"], RULES, door=Scaled, threads=threads)["score"]
    sums = Sums(size)
    sums.add(points, columns["evaluation"])
    totals = sums.totals()
    return points, grade_codes(np.where(totals >= 0, totals / 100, np.nan), FRAMEWORK)


def on_dask(client: Any, chunks: list[Any]) -> np.ndarray:
    """Score chunks of whole evaluations that workers hold, each where it lies."""
    return np.concatenate(client.gather(client.map(lambda chunk: ours(*chunk)[1], chunks, pure=False)))


def read_once(columns: dict[str, np.ndarray]) -> None:
    """Touch every value of the needed columns once."""
    for values in columns.values():
        values.view(np.uint8 if values.dtype == bool else values.dtype).max()


# From parquet, each in a process of its own


def parts_of(folder: Path) -> list[Part]:
    """Return the parts that were written into a folder."""
    return [Part(*paths) for paths in zip(*(sorted(folder.glob(f"{name}_*")) for name in Part._fields), strict=True)]


def parquet_ours(folder: Path, threads: int) -> pd.DataFrame:
    """From parquet to grades with the package."""
    return score_parts(parts_of(folder), threads=threads)


def parquet_decode(folder: Path, threads: int) -> None:
    """Only decode the columns that the package needs."""
    import pyarrow.parquet as pq

    needed = {"evaluations": EVALUATIONS, "budgets": BUDGETS, "indicators": columns_needed(RULES)}
    for part in parts_of(folder):
        for name, columns in needed.items():
            path = getattr(part, name)
            texts = [field.name for field in pq.read_schema(path) if "string" in str(field.type)]
            with pq.ParquetFile(path, read_dictionary=texts, page_checksum_verification=True) as file:
                for _ in file.iter_batches(BATCH, columns=columns, use_threads=False):
                    pass


FROM_PARQUET = {"decode": parquet_decode, "ours": parquet_ours, "duckdb": parquet_duckdb, "polars": parquet_polars}


def run_child(way: str, folder: Path, threads: int) -> None:
    """Run one way from parquet, and print its seconds and its memory; its result goes beside the data."""
    FROM_PARQUET[way](folder / "first", threads)  # imports and caches are not what is compared
    start, cpu = time.perf_counter(), time.process_time()
    found = FROM_PARQUET[way](folder, threads)
    taken = time.perf_counter() - start, time.process_time() - cpu
    if found is not None:
        if way == "ours":
            total = (found["total"] * 100).round().fillna(-1).astype("int64")
            found = found.assign(total=total, grade=found["grade"].cat.codes)
        found = found[[*EVALUATION_KEY, "total", "grade"]].sort_values(EVALUATION_KEY, ignore_index=True)
        found.astype({"year": "int64", "total": "int64", "grade": "int8"}).to_parquet(folder / f"result_{way}.parquet")
    print(json.dumps({"seconds": taken[0], "cpu": taken[1], "memory_mb": peak_mb()}))


# The run


def in_memory(columns: dict[str, np.ndarray], size: int, folder: Path, threads: int) -> Iterator[dict[str, Any]]:
    """Run every way in memory and check it against ours."""
    import duckdb
    import polars as pl
    import pyarrow as pa

    rows = len(columns["rule"])
    (points, grades), wall, cpu = best(lambda: ours(columns, size))
    yield {"way": "ours, one thread", "seconds": wall, "cpu": cpu}
    if threads > 1:
        (again, _), wall, cpu = best(lambda: ours(columns, size, threads))
        assert (again == points).all()
        yield {"way": f"ours, {threads} threads", "seconds": wall, "cpu": cpu}
    _, wall, cpu = best(lambda: read_once(columns))
    yield {"way": "limit: every column read once", "seconds": wall, "cpu": cpu}
    plain = {name: values for name, values in columns.items() if name != "rule"} | {"kind": KIND[columns["rule"]]}
    table = pl.DataFrame(plain)
    (found, totals), wall, cpu = best(lambda: with_polars(table))
    assert (found.to_numpy() == points).all(), "polars differs"
    assert (totals.sort("evaluation")["grade"].to_numpy() == grades).all(), "polars differs"
    yield {"way": "polars", "seconds": wall, "cpu": cpu}
    del found, totals
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {threads}")
        connection.register("rows", pa.table(plain))
        (_, graded), wall, cpu = best(lambda: with_duckdb(connection))
        assert (connection.execute("SELECT score FROM scored").fetchnumpy()["score"] == points).all(), "duckdb differs"
    assert (graded.sort_by("evaluation")["grade"].to_numpy() == grades).all(), "duckdb differs"
    yield {"way": "duckdb", "seconds": wall, "cpu": cpu}
    frame = pd.DataFrame(plain)
    for name, factor in {"weight": 100.0, "reported": 100.0, "target": 1e6, "actual": 1e6}.items():
        frame[name] /= factor
    frame["reported"] = frame["reported"].where(frame["reported"] >= 0)
    (score, grade), wall, cpu = best(lambda: pandas_floats(frame), 1)
    names = grade.cat.rename_categories({"poor": 3, "fair": 2, "good": 1, "excellent": 0})
    wrong = {
        "rows_wrong": int((score.fillna(-0.01).to_numpy() != points / 100).sum()),
        "grades_wrong": int((names.astype("float64").fillna(-1).to_numpy() != grades).sum()),
    }
    yield {"way": "pandas, floats", "seconds": wall, "cpu": cpu, **wrong}
    yield from decimals(plain, points, rows)
    yield from with_dask(columns, size, grades, folder)


def decimals(plain: dict[str, np.ndarray], points: np.ndarray, rows: int) -> Iterator[dict[str, Any]]:
    """Run the loop over Decimal objects on a sample, and extrapolate."""
    count = min(SAMPLE, rows)
    names = list(plain)
    lists = {name: plain[name][:count].tolist() for name in names}
    for name, factor in {"weight": 100, "reported": 100, "target": 1, "actual": 1}.items():
        lists[name] = [None if value < 0 and name == "reported" else Decimal(value) / factor for value in lists[name]]
    objects = [dict(zip(names, values, strict=True)) for values in zip(*lists.values(), strict=True)]
    lines = [(band.start, number) for number, band in enumerate(load_framework(FRAMEWORK).grades)]
    (scores, _), wall, cpu = best(lambda: decimal_loop(objects, lines), 2)
    assert [-1 if score is None else int(score * 100) for score in scores] == points[:count].tolist(), "Decimal differs"
    whole = rows / count
    frame = pd.DataFrame({name: plain[name][:count] for name in names})
    for name, factor in {"weight": 100, "reported": 100, "target": 1, "actual": 1}.items():
        frame[name] = frame[name] / factor
    _, loop_wall, loop_cpu = best(lambda: decimal_loop(decimal_rows(frame), lines), 1)
    looped = f"({count:,} rows, extrapolated)"
    made = {"way": f"loop over a frame, Decimal made row by row {looped}", "seconds": loop_wall, "cpu": loop_cpu}
    ready = {"way": f"loop over Decimal {looped}", "seconds": wall, "cpu": cpu}
    for line in (made, ready):
        yield {**line, "seconds": line["seconds"] * whole, "cpu": line["cpu"] * whole}


def with_dask(columns: dict[str, np.ndarray], size: int, grades: np.ndarray, folder: Path) -> Iterator[dict[str, Any]]:
    """Run ours on two worker processes that hold the columns in chunks of whole evaluations."""
    from distributed import Client, LocalCluster

    evaluation = columns["evaluation"]
    edges = np.searchsorted(evaluation, np.linspace(0, size, CHUNKS + 1).astype(np.int64))
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        first = int(evaluation[start])
        chunk = {name: values[start:end] for name, values in columns.items()}
        chunk["evaluation"] = chunk["evaluation"] - first
        np.savez(folder / f"chunk_{number}.npz", size=int(evaluation[end - 1]) - first + 1, **chunk)

    def hold(path: str) -> tuple[dict[str, np.ndarray], int]:
        with np.load(path) as file:
            return {name: file[name] for name in file.files if name != "size"}, int(file["size"])

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        client.run(lambda: __import__("sys").path.insert(0, str(Path(__file__).parent)))
        chunks = client.map(hold, [str(folder / f"chunk_{number}.npz") for number in range(CHUNKS)])
        client.gather(client.map(lambda chunk: chunk[1], chunks))
        found, wall, _ = best(lambda: on_dask(client, chunks))
    assert (found == grades).all(), "dask differs"
    yield {"way": "ours on dask, 2 workers", "seconds": wall}


def from_parquet(folder: Path, threads: int, times: int) -> Iterator[dict[str, Any]]:
    """Run every way from parquet in a process of its own, in turns, and compare what they give."""
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in FROM_PARQUET}
    for _, way in itertools.product(range(times), FROM_PARQUET):
        command = [sys.executable, __file__, "--child", way, "--folder", str(folder), "--threads", str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
        runs[way].append(json.loads(done.stdout.splitlines()[-1]))
    for way, known in runs.items():
        yield {"way": f"from parquet: {way}", **min(known, key=lambda run: run["cpu"])}
    results = {way: pd.read_parquet(folder / f"result_{way}.parquet") for way in FROM_PARQUET if way != "decode"}
    for way in ("duckdb", "polars"):
        pd.testing.assert_frame_equal(results["ours"], results[way], check_dtype=False)


def compared(lines: Iterator[dict[str, Any]], rows: int) -> Iterator[dict[str, Any]]:
    """Set every way against the first by its time of the processor, one on other processes by its wall time."""
    first: dict[str, Any] = {}
    for line in lines:
        first = first or line
        by = "cpu" if "cpu" in line else "seconds"
        shown = {"way": line["way"], "rows_per_second": rows / line[by], **line, "ratio": line[by] / first[by]}
        print(
            f"{line['way']:75}{line['seconds']:9.2f} s{line.get('cpu', 0):9.2f} cpu{shown['ratio']:9.2f}"
            f"{line.get('memory_mb', ''):>7}",
            flush=True,
        )
        yield shown


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=25_000_000)
    parser.add_argument("--part-rows", type=int, default=500_000)
    parser.add_argument("--threads", type=int, default=1, help="of ours and of duckdb; polars takes what there is")
    parser.add_argument("--times", type=int, default=2, help="runs from parquet, of which the best counts")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return run_child(options.child, options.folder, options.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = make_base(min(options.part_rows, options.rows))
        each = len(base["indicators"])
        count = -(-options.rows // each)
        parts = write_parts(base, count, folder)
        (folder / "first").mkdir()
        for path in parts[0]:
            (folder / "first" / path.name).symlink_to(path)
        columns, size = load_columns(parts, count * each)
        rows = len(columns["rule"])
        names, _ = distinct(pd.Series(KIND[columns["rule"][:each]]))
        print(f"{rows:,} rows of {size:,} evaluations in {count} parts; kinds {np.bincount(names).tolist()}")
        measured = list(compared(in_memory(columns, size, folder, options.threads), rows))
        del columns
        measured += compared(from_parquet(folder, options.threads, options.times), rows)
    record("score", f"{rows:,} rows", measured, keep=options.record)


if __name__ == "__main__":
    main()
