"""The peers that ``benchmarks/score.py`` compares scoring with: the same rules written for other libraries.

They are written for the rules of one framework alone, as somebody without the package would write them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.core.frames import EVALUATION_KEY
from jixiao.scoring.frameworks import load_framework

FRAMEWORK = "caiyu_2020_10"
MET_FROM = next(
    rule.parameters["met_from"] for rule in load_framework(FRAMEWORK).rules if rule.method == "judged_level"
)


def decimal_rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Take a frame row by row and make its numbers decimals, as most people do."""
    for row in frame.itertuples(index=False):
        exact = {name: Decimal(str(getattr(row, name))) for name in ("weight", "reported", "target", "actual")}
        reported = None if exact["reported"] < 0 else exact["reported"]
        yield {**row._asdict(), **exact, "reported": reported}


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
    grades = connection.sql(f"SELECT evaluation, {SQL_GRADE} AS grade FROM scored GROUP BY evaluation")
    return connection, grades.to_arrow_table()


_KIND_SQL = """
CASE WHEN indicator = '预算执行率' THEN 1 WHEN target_kind IN ('date', 'period') THEN 2
 WHEN target_relation = 'range' OR target_kind = 'several' THEN 3 WHEN kind = 'quantitative' THEN 4
 WHEN kind = 'qualitative' THEN 5 ELSE 0 END"""


def parquet_duckdb(folder: Path, threads: int) -> pd.DataFrame:
    """From parquet to grades with duckdb: the same rules over the same columns."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
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


def parquet_polars(folder: Path, threads: int) -> pd.DataFrame:
    """From parquet to grades with polars, streaming: the same rules over the same columns."""
    import polars as pl

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
