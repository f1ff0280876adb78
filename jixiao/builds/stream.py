"""Score a province part by part (分片计分): from parquet to totals and grades, a batch of rows at a time.

Only the columns that the rules ask for are read, texts as numbers of a dictionary; no explanation is written. Scores
are those of :func:`jixiao.score`, from the same functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from jixiao.builds.versions import parquet_files
from jixiao.core.errors import RequestError
from jixiao.core.exact import Coded, coded, distinct, positions
from jixiao.core.frames import EVALUATION_KEY, GRADES, SCHEMAS
from jixiao.scoring import door_columns, is_scored
from jixiao.scoring.choice import choose_frameworks, columns_asked, list_rules, match_rules
from jixiao.scoring.frameworks import IndicatorRule, load_framework
from jixiao.scoring.points import Door, score_columns
from jixiao.scoring.totals import Sums, grade_codes, money_of

BATCH = 1 << 18
"""Rows of indicators that are held at a time."""
_INDICATORS = (
    *EVALUATION_KEY,
    *("weight", "reported_score", "target_value", "actual_value", "target_date", "actual_date"),
    *("is_comparable", "is_placeholder", "is_counted", "word_met"),
    *("direction", "target_relation", "actual_relation", "actual_kind"),
)
BUDGETS = [*EVALUATION_KEY, "fund", "executed_wan", "annual_budget_wan", "arrived_wan"]
EVALUATIONS = [*EVALUATION_KEY, "project", "unit", "department"]
"""The columns of the other two frames that are read."""


class Part(NamedTuple):
    """One part of a province (分片): the parquet files of whole evaluations; rows of other evaluations are passed over.

    Rows of one evaluation that lie together, as in a built place, are looked up once.
    """

    evaluations: Path
    budgets: Path
    indicators: Path


def built_parts(folder: Path, *, years: Sequence[int] = ()) -> list[Part]:
    """Return the parts of a built place (构建结果的分片), one for each year.

    Args:
        folder: A built folder.
        years: Only these; all when empty.

    Example:
        >>> import tempfile
        >>> from jixiao.builds.run import build
        >>> place = Path(tempfile.mkdtemp())
        >>> results, _ = build("sample", place)
        >>> found = score_parts(built_parts(place)).merge(results.totals, on=EVALUATION_KEY)
        >>> bool((found["total_x"].eq(found["total_y"]) | found["total_x"].isna()).all())
        True
    """
    files = {name: parquet_files(folder, name) for name in Part._fields}

    def of(name: str, label: str) -> Path:
        return next((path for path in files[name] if path.stem == label), files[name][0])  # of others: no row fits

    labels = sorted(path.stem for path in files["evaluations"])
    wanted = [label for label in labels if not years or label in map(str, years)]
    return [Part(*(of(name, label) for name in Part._fields)) for label in wanted]


def score_parts(parts: Iterable[Part], *, threads: int = 1) -> pd.DataFrame:
    """Score parts of a province, each from its files (分片计分).

    Args:
        parts: No evaluation is in two of them.
        threads: How many parts are worked on side by side.

    Returns:
        One row per evaluation: its key, ``framework``, ``total`` (points; missing when a counted row has no score) and
        ``grade``; equal to those of :func:`jixiao.score`.

    Raises:
        RequestError: No framework is valid for an evaluation, or there is no part.
    """
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(score_part, parts))
    if not found:
        raise RequestError("没有可以计分的数据：请检查年度和数据位置")
    return pd.concat(found, ignore_index=True)


def score_part(part: Part) -> pd.DataFrame:
    """Score one part (计一个分片的分); see :func:`score_parts`."""
    evaluations = read_columns(part.evaluations, EVALUATIONS)
    totals = evaluations[EVALUATION_KEY].assign(framework=choose_frameworks(evaluations))
    keys = {name: coded(totals[name]) for name in EVALUATION_KEY}
    number, ids = distinct(totals["framework"])
    rules, starts = list_rules(ids)
    funds = money_of(read_rows(part.budgets, BUDGETS), keys)
    sums, weights = Sums(len(totals)), Sums(len(totals))
    for rows in read_batches(part.indicators, columns_needed(rules)):
        place = positions(rows, keys)
        rule = match_rules(rows, number[place], rules, starts)
        given = score_columns(door_columns(rows, place, funds), rule, rules, door=Door)["score"]
        counted = rows["is_counted"].to_numpy(bool) & (place >= 0)
        sums.add(np.where(is_scored(rows), given, -1)[counted], place[counted])
        weights.add(_hundredths(rows["weight"].to_numpy("float64"))[counted], place[counted])
    points = sums.totals()
    total = np.where(points >= 0, points / 100, np.nan)
    codes = np.full(len(total), -1, np.int8)
    for one, framework_id in enumerate(ids):
        mine = np.flatnonzero(number == one)
        is_whole = weights.totals()[mine] == int(load_framework(framework_id).full_score * 100)
        codes[mine] = grade_codes(np.where(is_whole, total[mine], np.nan), framework_id)
    return totals.assign(total=total, grade=pd.Categorical.from_codes(codes, categories=GRADES, ordered=True)).astype(
        {name: SCHEMAS["evaluations"][name] for name in EVALUATION_KEY}
    )


def _hundredths(weights: np.ndarray) -> np.ndarray:
    """Return weights in hundredths, -1 where there is none."""
    scaled: np.ndarray = np.where(np.isnan(weights), -1, np.round(weights * 100)).astype(np.int64)
    return scaled


def columns_needed(rules: Sequence[IndicatorRule]) -> list[str]:
    """Return the columns of ``indicators`` that some rules need (需要读取的列)."""
    texts = ["actual_text"] if any(rule.parameters.get("elements") for rule in rules) else []
    return list(dict.fromkeys([*_INDICATORS, *columns_asked(rules), *texts]))


def read_columns(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read some columns of a parquet file whole (读取部分列)."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        return file.read(columns).to_pandas(ignore_metadata=True)


def read_rows(path: Path, columns: list[str]) -> dict[str, Any]:
    """Read some columns of a parquet file whole (读取部分列); texts come as numbers."""
    with _opened(path, columns) as file:
        table = file.read(columns, use_threads=False).combine_chunks().unify_dictionaries()
        return {name: _column(values.combine_chunks()) for name, values in zip(columns, table.columns, strict=True)}


def read_batches(path: Path, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield some columns of a parquet file batch by batch (逐批读取部分列); texts come as numbers.

    Raises:
        OSError: The file is damaged.
    """
    with _opened(path, columns) as file:
        for batch in file.iter_batches(BATCH, columns=columns, use_threads=False):
            yield dict(zip(batch.schema.names, map(_column, batch.columns), strict=True))
            del batch  # its memory serves the next one


def _opened(path: Path, columns: list[str]) -> Any:
    """Open a parquet file so that its texts are read as numbers of a dictionary."""
    import pyarrow.parquet as pq

    texts = [field.name for field in pq.read_schema(path) if field.name in columns and "string" in str(field.type)]
    return pq.ParquetFile(path, read_dictionary=texts, page_checksum_verification=True)


def _column(values: Any) -> Any:
    """Return a column of a batch without copying what need not be copied."""
    import pyarrow as pa

    if not pa.types.is_dictionary(values.type):
        return pd.Series(values.to_numpy(zero_copy_only=False), copy=False)
    codes = values.indices.fill_null(-1) if values.null_count else values.indices
    return Coded(codes.to_numpy(), values.dictionary.to_pandas())
