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
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jixiao.framework import load_framework
from jixiao.grouping import distinct, positions
from jixiao.parts import Part, columns_needed, read_batches, score_parts
from jixiao.province import Wanted, make_province
from jixiao.schemas import EVALUATION_KEY
from jixiao.scoring import (
    Door,
    Scaled,
    Sums,
    door_columns,
    grade_codes,
    list_rules,
    match_rules,
    money_of,
    score_columns,
)

sys.path.insert(0, str(Path(__file__).parent))
from record import peak_mb, record

FRAMEWORK = "caiyu_2020_10"
RULES, STARTS = list_rules([FRAMEWORK])
COLUMNS = [*columns_needed(RULES), "indicator_id"]
INPUTS = {
    "weight": np.int32, "reported": np.int32, "target": np.int64, "actual": np.int64, "word": np.int8, "sign": np.int8,
    "strict": bool, "comparable": bool, "months_late": np.int8, "has_dates": bool,
}  # fmt: skip
KINDS = {"rate_times_weight": 1, "on_time": 2, "met_or_judged": 3, "inverse_ratio": 4, "proportional_to_target": 4,
         "judged_level": 5, "no_rule": 0}  # fmt: skip
KIND = np.array([KINDS[rule.method] for rule in RULES], np.int8)
MET_FROM = next(rule.parameters["met_from"] for rule in RULES if rule.method == "judged_level")
SAMPLE = 200_000
CHUNKS = 8


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


def decimal_loop(
    rows: Iterable[dict[str, Any]], lines: list[tuple[Decimal, int]]
) -> tuple[list[Decimal | None], dict[int, int]]:
    """Score row by row with Decimal objects, as an auditor would write it down."""
    cent, hundred, scores, totals = Decimal("0.01"), Decimal(100), [], {}
    for row in rows:
        weight, reported, target, actual = row["weight"], row["reported"], row["target"], row["actual"]
        kind, score = row["kind"], None
        if kind == 1:
            if target > 0:
                score = (weight * min(actual / target, Decimal(1))).quantize(cent, ROUND_HALF_UP)
        elif kind == 5:
            line = (weight * MET_FROM / hundred).quantize(cent, "ROUND_CEILING")
            low = line if row["word"] == 1 else Decimal(0)
            high = max(line - cent, Decimal(0)) if row["word"] == 0 else weight
            if reported is not None and low <= reported <= high:
                score = reported
        elif kind:
            if row["word"] >= 0:
                met = row["word"] == 1
            elif row["has_dates"]:
                met = row["months_late"] <= 0
            elif not row["comparable"]:
                met = False
            elif row["sign"] > 0:
                met = actual > target if row["strict"] else actual >= target
            else:
                met = actual < target if row["strict"] else actual <= target
            if met:
                score = weight
            elif kind == 4:
                over, under = (actual, target) if row["sign"] > 0 else (target, actual)
                if row["comparable"] and under > 0 and over >= 0 and target > 0:
                    score = (weight * min(over / under, Decimal(1))).quantize(cent, ROUND_HALF_UP)
            else:
                missed = row["has_dates"] and row["months_late"] > 0 if kind == 2 else row["word"] == 0
                if reported is not None and (reported < weight if missed else reported <= weight):
                    score = reported
        scores.append(score)
        known = totals.get(row["evaluation"], Decimal(0))
        totals[row["evaluation"]] = None if known is None or score is None else known + score
    grades = {
        number: -1 if total is None else next(grade for line, grade in lines if total >= line)
        for number, total in totals.items()
    }
    return scores, grades


def pandas_floats(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Score with pandas and floats, kind by kind, as most people write it."""
    scores = []
    for kind, rows in frame.groupby("kind"):
        weight, reported, word = rows["weight"], rows["reported"], rows["word"]
        if kind == 1:
            score = (weight * (rows["actual"] / rows["target"]).clip(upper=1)).round(2).where(rows["target"] > 0)
        elif kind == 5:
            low, high = weight * MET_FROM / 100 * (word == 1), weight.where(word != 0, weight * MET_FROM / 100 - 0.01)
            score = reported.where((reported >= low) & (reported <= high))
        else:
            more = rows["sign"] > 0
            diff = (rows["actual"] - rows["target"]).where(more, rows["target"] - rows["actual"])
            met = ((diff > 0) | ((diff == 0) & ~rows["strict"])) & rows["comparable"]
            met = (met | (rows["has_dates"] & (rows["months_late"] <= 0))).where(word < 0, word == 1)
            if kind == 4:
                rate = (rows["actual"] / rows["target"]).where(more, rows["target"] / rows["actual"]).clip(upper=1)
                part = (weight * rate).round(2).where(rows["comparable"] & (rows["target"] > 0))
            else:
                late = rows["has_dates"] & (rows["months_late"] > 0) if kind == 2 else word == 0
                part = reported.where((reported < weight) | ((reported <= weight) & ~late))
            score = weight.where(met, part)
        scores.append(score)
    score = pd.concat(scores).sort_index()
    grouped = score.groupby(frame["evaluation"])
    total = grouped.sum().where(grouped.count() == grouped.size())
    return score, pd.cut(
        total.round(2), [-1, 60, 80, 90, 1000], right=False, labels=["poor", "fair", "good", "excellent"]
    )


def polars_score() -> Any:
    """Return the points of a row as one expression of polars, exact in integers."""
    import polars as pl

    wide = {name: pl.col(name).cast(pl.Int64) for name in ("weight", "reported", "target", "actual")}
    weight, reported, target, actual = wide.values()
    word, more, strict = pl.col("word"), pl.col("sign") > 0, pl.col("strict")
    comparable, dated = pl.col("comparable"), pl.col("has_dates")
    late = dated & (pl.col("months_late") > 0)

    def share(over: Any, under: Any) -> Any:
        return (2 * weight * pl.min_horizontal(over, under) + under) // (2 * pl.max_horizontal(under, 1))

    up = pl.when(strict).then(actual > target).otherwise(actual >= target)
    down = pl.when(strict).then(actual < target).otherwise(actual <= target)
    numbers = comparable & pl.when(more).then(up).otherwise(down)
    met = pl.when(word >= 0).then(word == 1).otherwise(numbers | (dated & ~late))
    over, under = (pl.when(more).then(one).otherwise(two) for one, two in ((actual, target), (target, actual)))
    ready = comparable & (under > 0) & (over >= 0) & (target > 0)
    line = (weight * MET_FROM + 99) // 100
    low = pl.when(word == 1).then(line).otherwise(0)
    high = pl.when(word == 0).then(pl.max_horizontal(line - 1, 0)).otherwise(weight)
    below = [pl.when(missed).then(reported < weight).otherwise(reported <= weight) for missed in (late, word == 0)]
    given, kind, none = reported >= 0, pl.col("kind"), pl.lit(-1, pl.Int64)
    return (
        pl.when(kind == 1).then(pl.when(target > 0).then(share(actual, target)).otherwise(none))
        .when(kind == 5).then(pl.when(given & (reported >= low) & (reported <= high)).then(reported).otherwise(none))
        .when(kind == 0).then(none)
        .when(met).then(weight)
        .when(kind == 4).then(pl.when(ready).then(share(over, under)).otherwise(none))
        .when(given & pl.when(kind == 2).then(below[0]).otherwise(below[1])).then(reported)
        .otherwise(none)
    )  # fmt: skip


def polars_grade(total: Any) -> Any:
    """Return the grade of a total in hundredths, -1 when it is missing."""
    import polars as pl

    lines = load_framework(FRAMEWORK).lines
    place = sum((total < line).cast(pl.Int8) for line in lines)
    return pl.when(total >= 0).then(place).otherwise(pl.lit(-1, pl.Int8))


def with_polars(frame: Any) -> tuple[Any, Any]:
    """Score with polars in memory."""
    import polars as pl

    scored = frame.lazy().select("evaluation", score=polars_score().cast(pl.Int32)).collect()
    totals = (
        scored.lazy().group_by("evaluation")
        .agg(total=pl.col("score").cast(pl.Int64).sum(), least=pl.col("score").min())
        .with_columns(total=pl.when(pl.col("least") < 0).then(-1).otherwise(pl.col("total")))
        .select("evaluation", grade=polars_grade(pl.col("total"))).collect()
    )  # fmt: skip
    return scored["score"], totals


SQL_SCORE = f"""
CASE kind
 WHEN 1 THEN CASE WHEN target > 0 THEN (2 * weight::BIGINT * least(actual, target) + target) // (2 * target) ELSE -1 END
 WHEN 5 THEN CASE WHEN reported >= CASE word WHEN 1 THEN (weight::BIGINT * {MET_FROM} + 99) // 100 ELSE 0 END
   AND reported <= CASE word WHEN 0 THEN greatest((weight::BIGINT * {MET_FROM} + 99) // 100 - 1, 0) ELSE weight END
   THEN reported ELSE -1 END
 WHEN 0 THEN -1
 ELSE CASE
  WHEN CASE WHEN word >= 0 THEN word = 1 ELSE (comparable AND CASE WHEN sign > 0
      THEN CASE WHEN strict THEN actual > target ELSE actual >= target END
      ELSE CASE WHEN strict THEN actual < target ELSE actual <= target END END) OR (has_dates AND months_late <= 0) END
   THEN weight
  WHEN kind = 4 THEN CASE
    WHEN NOT comparable OR target <= 0 OR actual < 0 THEN -1
    WHEN sign > 0 THEN (2 * weight::BIGINT * least(actual, target) + target) // (2 * greatest(target, 1))
    WHEN actual > 0 THEN (2 * weight::BIGINT * least(target, actual) + actual) // (2 * greatest(actual, 1))
    ELSE -1 END
  WHEN reported < 0 THEN -1
  WHEN CASE WHEN CASE kind WHEN 2 THEN has_dates AND months_late > 0 ELSE word = 0 END
     THEN reported < weight ELSE reported <= weight END THEN reported
  ELSE -1 END
END"""
SQL_GRADE = (
    "CASE WHEN min(score) < 0 THEN -1 ELSE "
    + " + ".join(f"(sum(score)::BIGINT < {line})::TINYINT" for line in load_framework(FRAMEWORK).lines)
    + " END"
)


def with_duckdb(connection: Any) -> tuple[Any, Any]:
    """Score with duckdb in memory; the points are kept in a table, as ours keeps them in an array."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE scored AS SELECT evaluation, ({SQL_SCORE})::INTEGER AS score FROM rows"
    )
    grades = connection.execute(
        f"SELECT evaluation, {SQL_GRADE} AS grade FROM scored GROUP BY evaluation"
    ).to_arrow_table()
    return connection, grades


def read_once(columns: dict[str, np.ndarray]) -> None:
    """Touch every value of the needed columns once."""
    for values in columns.values():
        values.view(np.uint8 if values.dtype == bool else values.dtype).max()


# From parquet, each in a process of its own


def parquet_ours(parts: list[Part], threads: int) -> pd.DataFrame:
    """From parquet to grades with the package."""
    return score_parts(parts, threads=threads)


def parquet_decode(parts: list[Part], threads: int) -> None:
    """Only decode the columns that the package needs."""
    import pyarrow.parquet as pq

    columns = columns_needed(RULES)
    for part in parts:
        texts = [name for name in columns if "string" in str(pq.read_schema(part.indicators).field(name).type)]
        for _ in pq.ParquetFile(part.indicators, read_dictionary=texts).iter_batches(1 << 18, columns=columns):
            pass


_KIND_SQL = """
CASE WHEN indicator = '预算执行率' THEN 1 WHEN target_kind IN ('date', 'period') THEN 2
 WHEN target_relation = 'range' OR target_kind = 'several' THEN 3 WHEN kind = 'quantitative' THEN 4
 WHEN kind = 'qualitative' THEN 5 ELSE 0 END"""


def parquet_duckdb(parts: list[Part], threads: int) -> pd.DataFrame:
    """From parquet to grades with duckdb: the same rules over the same columns."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    folder = parts[0].indicators.parent
    key = ", ".join(EVALUATION_KEY)

    def scale(first: str, second: str) -> str:
        big = f"greatest(abs(coalesce({first}, 0)), abs(coalesce({second}, 0)))"
        return f"CASE WHEN {big} < 1e3 THEN 1e9 WHEN {big} < 1e6 THEN 1e6 WHEN {big} < 1e9 THEN 1e3 ELSE 1 END"

    sql = f"""
    WITH money AS (SELECT {key}, annual_budget_wan AS under_wan, executed_wan AS over_wan
                   FROM '{folder}/budgets_*.parquet' WHERE fund = 'total'),
    read AS (SELECT i.*, {_KIND_SQL} AS kind_of, under_wan, over_wan FROM '{folder}/indicators_*.parquet' i
             LEFT JOIN money USING ({key}) WHERE is_counted),
    pairs AS (SELECT *, CASE kind_of WHEN 1 THEN under_wan ELSE target_value END AS t,
              CASE kind_of WHEN 1 THEN over_wan ELSE actual_value END AS a FROM read),
    factors AS MATERIALIZED (SELECT *, {scale("t", "a")} AS factor FROM pairs),
    known AS (SELECT *, t IS NOT NULL AND a IS NOT NULL AND greatest(abs(t), abs(a)) * factor < 1e12 AS is_known,
              target_date IS NOT NULL AND actual_date IS NOT NULL AS has_dates FROM factors),
    rows AS MATERIALIZED (SELECT {key}, kind_of AS kind,
      greatest(floor(weight * 100 + 0.5 + 1e-9), 0)::INTEGER AS weight,
      coalesce(floor(reported_score * 100 + 0.5 + 1e-9), -1)::INTEGER AS reported,
      CASE WHEN is_known THEN round_even(t * factor, 0)::BIGINT ELSE 0 END AS target,
      CASE WHEN is_known THEN round_even(a * factor, 0)::BIGINT ELSE 0 END AS actual,
      coalesce(word_met, -1) AS word, CASE WHEN direction = 'negative' THEN -1 ELSE 1 END AS sign,
      target_relation IN ('>', '<') AND actual_relation NOT IN ('>', '<') AS strict,
      is_known AND is_comparable AND target_date IS NULL AS comparable, has_dates,
      CASE WHEN has_dates AND actual_date > target_date THEN (year(actual_date) - year(target_date)) * 12
        + month(actual_date) - month(target_date)
        + (day(actual_date) > day(target_date) AND target_date::DATE <> last_day(target_date))::INT ELSE 0 END
        AS months_late, is_placeholder OR isnan(weight) OR weight IS NULL AS is_left FROM known),
    scored AS (SELECT {key}, CASE WHEN is_left THEN -1 ELSE {SQL_SCORE} END AS score FROM rows)
    SELECT {key}, CASE WHEN min(score) < 0 THEN -1 ELSE sum(score)::BIGINT END AS total, {SQL_GRADE} AS grade
    FROM scored GROUP BY {key}"""
    return connection.sql(sql).to_arrow_table().to_pandas()


def parquet_polars(parts: list[Part], threads: int) -> pd.DataFrame:
    """From parquet to grades with polars, streaming: the same rules over the same columns."""
    import polars as pl

    folder = parts[0].indicators.parent
    money = (
        pl.scan_parquet(folder / "budgets_*.parquet").filter(pl.col("fund") == "total")
        .select(*EVALUATION_KEY, under="annual_budget_wan", over="executed_wan")
    )  # fmt: skip
    kind = (
        pl.when(pl.col("indicator") == "预算执行率").then(1)
        .when(pl.col("target_kind").is_in(["date", "period"])).then(2)
        .when((pl.col("target_relation") == "range") | (pl.col("target_kind") == "several")).then(3)
        .when(pl.col("kind") == "quantitative").then(4).when(pl.col("kind") == "qualitative").then(5).otherwise(0)
    )  # fmt: skip
    t, a = (
        pl.when(pl.col("k") == 1).then(pl.col(one)).otherwise(pl.col(two))
        for one, two in (("under", "target_value"), ("over", "actual_value"))
    )
    big = pl.max_horizontal(pl.col("t").abs(), pl.col("a").abs()).fill_null(0)
    factor = pl.when(big < 1e3).then(1e9).when(big < 1e6).then(1e6).when(big < 1e9).then(1e3).otherwise(1.0)
    known = pl.col("t").is_not_null() & pl.col("a").is_not_null() & (big * pl.col("factor") < 1e12)
    planned, done = pl.col("target_date"), pl.col("actual_date")
    months = (done.dt.year() - planned.dt.year()) * 12 + done.dt.month() - planned.dt.month()
    months = months + ((done.dt.day() > planned.dt.day()) & (planned.dt.date() != planned.dt.month_end().dt.date()))
    ends = [">", "<"]
    rows = (
        pl.scan_parquet(folder / "indicators_*.parquet").filter("is_counted")
        .join(money, on=EVALUATION_KEY, how="left")
        .with_columns(k=kind).with_columns(t=t, a=a).with_columns(factor=factor)
        .select(
            *EVALUATION_KEY, kind="k",
            left=pl.col("is_placeholder") | pl.col("weight").is_null(),
            weight=(pl.col("weight") * 100 + 0.5 + 1e-9).floor().cast(pl.Int64).clip(0),
            reported=(pl.col("reported_score") * 100 + 0.5 + 1e-9).floor().cast(pl.Int64).fill_null(-1),
            target=pl.when(known).then((pl.col("t") * pl.col("factor")).round()).otherwise(0).cast(pl.Int64),
            actual=pl.when(known).then((pl.col("a") * pl.col("factor")).round()).otherwise(0).cast(pl.Int64),
            word=pl.col("word_met").fill_null(-1),
            sign=pl.when(pl.col("direction") == "negative").then(-1).otherwise(1),
            strict=pl.col("target_relation").is_in(ends) & ~pl.col("actual_relation").is_in(ends),
            comparable=known & pl.col("is_comparable") & planned.is_null(),
            has_dates=planned.is_not_null() & done.is_not_null(),
            months_late=pl.when(done > planned).then(months).otherwise(0).fill_null(0),
        )
        .select(*EVALUATION_KEY, score=pl.when("left").then(-1).otherwise(polars_score()))
        .group_by(EVALUATION_KEY).agg(total=pl.col("score").sum(), least=pl.col("score").min())
        .with_columns(total=pl.when(pl.col("least") < 0).then(-1).otherwise(pl.col("total")))
        .select(*EVALUATION_KEY, "total", grade=polars_grade(pl.col("total")))
    )  # fmt: skip
    return rows.collect(engine="streaming").to_pandas()


FROM_PARQUET = {"decode": parquet_decode, "ours": parquet_ours, "duckdb": parquet_duckdb, "polars": parquet_polars}


def run_child(way: str, folder: Path, count: int, threads: int) -> None:
    """Run one way from parquet, and print its seconds and its memory; its result goes beside the data."""
    parts = [
        Part(*(folder / f"{name}_{at:03d}.parquet" for name in ("evaluations", "budgets", "indicators")))
        for at in range(count)
    ]
    FROM_PARQUET[way](parts[:1], threads)  # imports and caches are not what is compared
    start, cpu = time.perf_counter(), time.process_time()
    found = FROM_PARQUET[way](parts, threads)
    taken = time.perf_counter() - start, time.process_time() - cpu
    if found is not None:
        if way == "ours":
            total = (found["total"] * 100).round().fillna(-1).astype("int64")
            found = found.assign(total=total, grade=found["grade"].cat.codes)
        found = found[[*EVALUATION_KEY, "total", "grade"]].sort_values(EVALUATION_KEY, ignore_index=True)
        found.astype({"year": "int64", "total": "int64", "grade": "int8"}).to_parquet(folder / f"result_{way}.parquet")
    print(json.dumps({"seconds": taken[0], "cpu": taken[1], "memory_mb": peak_mb()}))


# The run


def best(work: Callable[[], Any], times: int = 3) -> tuple[Any, float, float]:
    """Return what a run gives, its shortest wall time and its shortest time of the processor."""
    walls, cpus = [], []
    for _ in range(times):
        start, cpu = time.perf_counter(), time.process_time()
        found = work()
        walls.append(time.perf_counter() - start)
        cpus.append(time.process_time() - cpu)
    return found, min(walls), min(cpus)


def in_memory(columns: dict[str, np.ndarray], size: int, folder: Path, threads: int) -> Iterator[dict[str, Any]]:
    """Run every way in memory and check it against ours."""
    rows = len(columns["rule"])
    (points, grades), wall, cpu = best(lambda: ours(columns, size))
    yield {"way": "ours, one thread", "seconds": wall, "cpu": cpu, "ratio": 1.0}
    own = wall
    if threads > 1:
        (again, _), wall, cpu = best(lambda: ours(columns, size, threads))
        assert (again == points).all()
        yield {"way": f"ours, {threads} threads", "seconds": wall, "cpu": cpu, "ratio": wall / own}
    _, wall, cpu = best(lambda: read_once(columns))
    yield {"way": "limit: every column read once", "seconds": wall, "cpu": cpu, "ratio": wall / own}

    import duckdb
    import polars as pl
    import pyarrow as pa

    plain = {name: values for name, values in columns.items() if name != "rule"} | {"kind": KIND[columns["rule"]]}
    table = pl.DataFrame(plain)
    (found, totals), wall, cpu = best(lambda: with_polars(table))
    assert (found.to_numpy() == points).all(), "polars differs"
    assert (totals.sort("evaluation")["grade"].to_numpy() == grades).all(), "polars differs"
    yield {"way": "polars", "seconds": wall, "cpu": cpu, "ratio": wall / own}
    del found, totals
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    connection.register("rows", pa.table(plain))
    (_, graded), wall, cpu = best(lambda: with_duckdb(connection))
    assert (connection.execute("SELECT score FROM scored").fetchnumpy()["score"] == points).all(), "duckdb differs"
    assert (graded.sort_by("evaluation")["grade"].to_numpy() == grades).all(), "duckdb differs"
    yield {"way": "duckdb", "seconds": wall, "cpu": cpu, "ratio": wall / own}
    connection.close()
    floats = {"weight": 100.0, "reported": 100.0, "target": 1e6, "actual": 1e6}
    frame = pd.DataFrame({name: plain[name] / floats[name] if name in floats else plain[name] for name in plain})
    frame["reported"] = frame["reported"].where(frame["reported"] >= 0)
    (score, grade), wall, cpu = best(lambda: pandas_floats(frame), 1)
    wrong = int((score.fillna(-0.01).to_numpy() != points / 100).sum())
    names = grade.cat.rename_categories({"poor": 3, "fair": 2, "good": 1, "excellent": 0})
    wrong_grades = int((names.astype("float64").fillna(-1).to_numpy() != grades).sum())
    yield {
        "way": "pandas, floats",
        "seconds": wall,
        "cpu": cpu,
        "ratio": wall / own,
        "rows_wrong": wrong,
        "grades_wrong": wrong_grades,
    }
    yield from decimals(plain, points, rows, own)
    yield from with_dask(columns, size, grades, folder, own)


def decimal_rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Take a frame row by row and make its numbers decimals, as most people do."""
    for row in frame.itertuples(index=False):
        exact = {name: Decimal(str(getattr(row, name))) for name in ("weight", "reported", "target", "actual")}
        reported = None if exact["reported"] < 0 else exact["reported"]
        yield {**row._asdict(), **exact, "reported": reported}


def decimals(plain: dict[str, np.ndarray], points: np.ndarray, rows: int, own: float) -> Iterator[dict[str, Any]]:
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
    yield {
        "way": f"loop over a frame, Decimal made row by row ({count:,} rows, extrapolated)",
        "seconds": loop_wall * whole,
        "cpu": loop_cpu * whole,
        "ratio": loop_wall * whole / own,
    }
    yield {
        "way": f"loop over Decimal ({count:,} rows, extrapolated)",
        "seconds": wall * whole,
        "cpu": cpu * whole,
        "ratio": wall * whole / own,
    }


def with_dask(
    columns: dict[str, np.ndarray], size: int, grades: np.ndarray, folder: Path, own: float
) -> Iterator[dict[str, Any]]:
    """Run ours on two worker processes that hold the columns in chunks of whole evaluations."""
    from distributed import Client, LocalCluster

    evaluation = columns["evaluation"]
    edges = np.searchsorted(evaluation, np.linspace(0, size, CHUNKS + 1).astype(np.int64))
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        first = int(evaluation[start])
        chunk = {
            name: values[start:end] - (first if name == "evaluation" else 0)
            for name, values in columns.items()
            if values.dtype != bool
        }
        chunk |= {name: values[start:end] for name, values in columns.items() if values.dtype == bool}
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
    yield {"way": "ours on dask, 2 workers", "seconds": wall, "ratio": wall / own}


def from_parquet(folder: Path, count: int, threads: int, times: int = 1) -> Iterator[dict[str, Any]]:
    """Run every way from parquet in a process of its own and compare what they give."""
    first: dict[str, float] = {}
    for way in FROM_PARQUET:
        runs = []
        for _ in range(times):
            command = [
                sys.executable,
                __file__,
                "--child",
                way,
                "--folder",
                str(folder),
                "--parts",
                str(count),
                "--threads",
                str(threads),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            runs.append(json.loads(done.stdout.splitlines()[-1]))
        least = min(runs, key=lambda run: run["seconds"])
        first = first or least
        yield {"way": f"from parquet: {way}", **least, "ratio": least["seconds"] / first["seconds"]}
    results = {way: pd.read_parquet(folder / f"result_{way}.parquet") for way in FROM_PARQUET if way != "decode"}
    for way in ("duckdb", "polars"):
        pd.testing.assert_frame_equal(results["ours"], results[way], check_dtype=False)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=25_000_000)
    parser.add_argument("--part-rows", type=int, default=500_000)
    parser.add_argument("--threads", type=int, default=1, help="of ours and of duckdb; polars takes what there is")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--child")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--parts", type=int)
    options = parser.parse_args()
    if options.child:
        return run_child(options.child, options.folder, options.parts, options.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = make_base(min(options.part_rows, options.rows))
        each = len(base["indicators"])
        count = -(-options.rows // each)
        parts = write_parts(base, count, folder)
        columns, size = load_columns(parts, count * each)
        rows = len(columns["rule"])
        names, _ = distinct(pd.Series(KIND[columns["rule"][:each]]))
        print(f"{rows:,} rows of {size:,} evaluations in {count} parts; kinds {np.bincount(names).tolist()}")
        measured = []
        for line in in_memory(columns, size, folder, options.threads):
            measured.append({"rows_per_second": rows / line["seconds"], **line})
            print(
                f"{line['way']:45}{line['seconds']:9.2f} s{line.get('cpu', 0):9.2f} cpu{line['ratio']:9.2f}", flush=True
            )
        del columns
        for line in from_parquet(folder, count, options.threads):
            measured.append({"rows_per_second": rows / line["seconds"], **line})
            print(
                f"{line['way']:45}{line['seconds']:9.2f} s{line['cpu']:9.2f} cpu{line['ratio']:9.2f}"
                f"{line['memory_mb']:7} MB",
                flush=True,
            )
    rounded = [
        {key: round(value, 3) if isinstance(value, float) else value for key, value in line.items()}
        for line in measured
    ]
    record("score", f"{rows:,} rows", rounded, keep=options.record)


if __name__ == "__main__":
    main()
