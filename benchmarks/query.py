"""Measure a dashboard's query (看板查询): `python benchmarks/query.py [--projects 10000] [--place DIR] [--record]`.

One department in one year is asked for, in a built place of five years: of its evaluations how many have each grade and
what their totals add up to, and of its scored indicators the same by category. Ways that keep a table in memory load it
once; the others go to the files each time. The limit is the same question to the one table of the answer, held in
memory as columns of numbers. Every way runs in a process of its own, gives the same answer, and is asked nine times, of
which the best counts; seconds are of the processor. Needs the extra ``bench``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

import jixiao
from jixiao.builds.versions import parquet_files, read_frame
from jixiao.sample import Wanted, write_province

sys.path.insert(0, str(Path(__file__).parent))
from record import best, peak_mb, record

YEARS = (2020, 2021, 2022, 2023, 2024)


class Question(NamedTuple):
    """A frame, the column that groups its rows, and the points that are added up."""

    frame: str
    group: str
    points: str

    @property
    def columns(self) -> list[str]:
        """What has to be read."""
        return ["year", "department", self.group, self.points]


QUESTIONS = {
    "projects": Question("totals", "grade", "total"),
    "indicators": Question("scores", "category", "score"),
}
Answer = dict[str, tuple[int, int]]
"""How many rows, and their points in hundredths."""


class Asked(NamedTuple):
    """What is asked, of which place."""

    place: Path
    question: Question
    year: int
    department: str

    @property
    def files(self) -> list[str]:
        """The files of the frame."""
        return [str(path) for path in parquet_files(self.place, self.question.frame)]

    @property
    def sql(self) -> str:
        """The question in SQL, with the table left open."""
        _, group, points = self.question
        return (
            f'SELECT "{group}"::VARCHAR AS part, count(*) AS rows, sum({points}) AS points FROM {{}} '
            f"WHERE year = $year AND department = $department AND {points} IS NOT NULL GROUP BY part"
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the question in SQL."""
        return {"year": self.year, "department": self.department}


def answer(parts: Any, rows: Any, points: Any) -> Answer:
    """Return an answer that can be compared."""
    return {
        str(part): (int(count), round(float(total) * 100))
        for part, count, total in zip(parts, rows, points, strict=True)
    }


def grouped(rows: pd.DataFrame, asked: Asked) -> Answer:
    """Group rows of a frame that are the right ones already."""
    found = rows.groupby(asked.question.group, observed=True)[asked.question.points].agg(["count", "sum"])
    found = found[found["count"] > 0]
    return answer(found.index, found["count"], found["sum"])


def filtered(frame: pd.DataFrame, asked: Asked) -> Answer:
    """Filter a frame and group it."""
    return grouped(frame[(frame["year"] == asked.year) & (frame["department"] == asked.department)], asked)


def read_pruned(_: Any, asked: Asked) -> Answer:
    """Let the store read what is asked."""
    columns, frame = asked.question.columns, asked.question.frame
    which = {"years": [asked.year], "departments": [asked.department]}
    return grouped(read_frame(asked.place, frame, columns=columns, **which), asked)


def query(_: Any, asked: Asked) -> Answer:
    """Ask in one line of SQL."""
    sql = asked.sql.format(asked.question.frame)
    found = jixiao.query(sql, place=str(asked.place), parameters=asked.parameters)
    return answer(found["part"], found["rows"], found["points"])


def with_duckdb(connection: Any, asked: Asked) -> Answer:
    """Ask duckdb over the files."""
    found = connection.execute(asked.sql.format(f"read_parquet({asked.files})"), asked.parameters).fetchall()
    return answer(*zip(*found, strict=True))


def with_polars(_: Any, asked: Asked) -> Answer:
    """Ask polars over the files."""
    import polars as pl

    _, group, points = asked.question
    found = (
        pl.scan_parquet(asked.files)
        .filter((pl.col("year") == asked.year) & (pl.col("department") == asked.department))
        .filter(pl.col(points).is_not_null()).group_by(group).agg(pl.len(), pl.col(points).sum()).collect()
    )  # fmt: skip
    return answer(*(found[name] for name in (group, "len", points)))


def load_pandas(asked: Asked) -> pd.DataFrame:
    """Read everything, as most people do."""
    return pd.concat([pd.read_parquet(path) for path in asked.files], ignore_index=True)


def load_table(asked: Asked) -> pd.DataFrame:
    """Hold the columns of the table with numbers for its few texts."""
    frame = read_frame(asked.place, asked.question.frame, columns=asked.question.columns)
    return frame.astype({"year": "int16", "department": "category", asked.question.group: "category"})


def load_nothing(_: Asked) -> None:
    """Go to the files at every question."""


def load_duckdb(_: Asked) -> Any:
    """Open duckdb."""
    import duckdb

    return duckdb.connect()


WAYS: dict[str, tuple[Callable[[Asked], Any], Callable[[Any, Asked], Answer]]] = {
    "limit: table in memory, coded": (load_table, filtered),
    "jixiao.builds.versions.read_frame": (load_nothing, read_pruned),
    "jixiao.query": (load_nothing, query),
    "duckdb on the files": (load_duckdb, with_duckdb),
    "polars on the files": (load_nothing, with_polars),
    "pandas, everything read": (load_pandas, filtered),
}


def run_child(way: str, asked: Asked) -> None:
    """Run one way in this process and print what it took and gave."""
    load, ask = WAYS[way]
    held, _, load_cpu = best(lambda: load(asked), 1)
    found, wall, cpu = best(lambda: ask(held, asked), 9)
    told = {"load_cpu": load_cpu, "ms": wall * 1e3, "cpu_ms": cpu * 1e3, "memory_mb": peak_mb()}
    print(json.dumps({"told": told, "answer": dict(sorted(found.items()))}))


def measure(place: Path) -> list[dict[str, Any]]:
    """Run every way for every question and compare the answers."""
    totals = read_frame(place, "totals", columns=["year", "department"])
    year = int(totals["year"].max())
    department = str(totals["department"].value_counts().index[0])
    measured = []
    for question in QUESTIONS:
        answers, first = [], 0.0
        for way in WAYS:
            command = [sys.executable, __file__, "--child", way, "--question", question, "--place", str(place)]
            command += ["--year", str(year), "--department", department]
            done = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            first = first or done["told"]["cpu_ms"]
            line = {"way": f"{question}: {way}", **done["told"], "ratio": done["told"]["cpu_ms"] / first}
            measured.append(line)
            answers.append(done["answer"])
            print(
                f"{line['way']:45}{line['load_cpu']:8.2f} s load{line['ms']:9.1f} ms{line['cpu_ms']:9.1f} ms CPU"
                f"{line['ratio']:8.2f}{line['memory_mb']:7} MB",
                flush=True,
            )
        assert all(one == answers[0] for one in answers), answers
    return measured


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--projects", type=int, default=10_000, help="in each of five years")
    parser.add_argument("--place", type=Path, help="a built place to ask instead of a new made-up one")
    parser.add_argument("--record", action="store_true")
    for name in ("--child", "--question", "--department"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    parser.add_argument("--year", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        question = QUESTIONS[options.question]
        return run_child(options.child, Asked(options.place, question, options.year, options.department))
    with tempfile.TemporaryDirectory() as name:
        place = options.place or Path(name) / "province"
        if not options.place:
            write_province(Wanted(departments=60, years=YEARS, projects=options.projects), place)
        counts = {frame: len(read_frame(place, frame, columns=["year"])) for frame in ("projects", "scores")}
        measured = measure(place)
    size = f"{counts['projects']:,} projects over the years, {counts['scores']:,} indicators, one department and year"
    record("query", size, measured, keep=options.record)


if __name__ == "__main__":
    main()
