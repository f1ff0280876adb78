"""Ask the frames of a place in SQL (查询): one line, answered by DuckDB in a process of its own, within limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, MINYEAR
from typing import Any

import pandas as pd

from jixiao.builds.manifest import MANIFEST
from jixiao.builds.query_child import CHILDREN, Question, read_table_bytes
from jixiao.builds.run import evaluate
from jixiao.builds.versions import checked_files
from jixiao.core.errors import RequestError, brief
from jixiao.core.files import find_place
from jixiao.core.processes import Unanswered
from jixiao.core.results import FRAMES, results_frames
from jixiao.reading.files.limits import load_limits


def query(sql: str, *, place: str = "built", parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pd.DataFrame:
    """Answer one SQL query over the frames of a place (查询).

    The frames are tables by their names: projects, evaluations, budgets, indicators, scores, totals, findings …, with
    the columns of the vocabulary. Of a built place the parquet files are read, only the columns and rows asked for;
    any other place is evaluated first. DuckDB runs in a process of its own, without access to any other file, to the
    network or to extensions, and its settings are locked; whatever a query asks for, it costs that process alone.

    Args:
        sql: One query in the dialect of DuckDB; values from outside go through ``parameters``, never into the text.
        place: As for :func:`jixiao.evaluate`.
        parameters: For ``?`` a sequence, for ``$name`` a mapping.

    Returns:
        One row per row of the answer. Sums of DECIMAL come as float64.

    Raises:
        RequestError: There is no such place, or the query cannot be answered or takes more time, memory or cells
            than ``query_seconds`` and its neighbours of ``rules/limits.yaml`` allow; the sentence says why.

    Example:
        >>> import jixiao
        >>> rows = jixiao.query("select year, count(*) as evaluations from totals group by year", place="data/sample")
        >>> sorted(rows["evaluations"].tolist())
        [5, 5]
    """
    folder, limits = find_place(place), load_limits()
    asked = [frame for frame in FRAMES if frame in sql.lower()] or list(FRAMES)  # the others need not be opened
    files: dict[str, list[str]] = {}
    tables: dict[str, Any] = {}
    if (folder / MANIFEST).exists():
        checked = checked_files(folder, asked)
        files = {name: [str(path.absolute()) for path in several] for name, several in checked.items()}
    else:
        frames = results_frames(evaluate(folder))
        tables = {name: _table(frames[name]) for name in asked}
    answer = CHILDREN.ask(
        Question(sql, list(FRAMES), files, tables, _one_row(parameters), isinstance(parameters, Mapping)),
        limits.query_seconds,
    )
    if answer is Unanswered.TOO_LATE:
        raise RequestError(f"查询超过{limits.query_seconds:g}秒，已停止；请缩小范围，或避免表与表的全部组合")
    if isinstance(answer, Unanswered):
        raise RequestError(f"查询进程意外结束，可能所需内存超过{limits.query_memory_mb}MB，已停止；请缩小范围或先汇总")
    error, data, _ = answer
    if error:
        raise RequestError(error)
    return _frame(data)


def _table(frame: pd.DataFrame) -> Any:
    """Return a frame as Arrow, its columns of the kinds they have in a built place."""
    import pyarrow as pa

    kinds = [column for column, kind in frame.dtypes.items() if isinstance(kind, pd.CategoricalDtype)]
    return pa.Table.from_pandas(frame.astype(dict.fromkeys(kinds, "str")), preserve_index=False)


def _one_row(parameters: Sequence[Any] | Mapping[str, Any]) -> Any:
    """Return parameters as a table of one row; None when there are none.

    Raises:
        RequestError: One is of a kind that no column has.
    """
    import pyarrow as pa

    named = parameters if isinstance(parameters, Mapping) else dict(enumerate(parameters))
    columns = {}
    for name, value in named.items():
        try:
            columns[str(name)] = pa.array([value])
        except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
            raise RequestError(
                f"查询的参数“{brief(str(name))}”不能使用（{brief(type(value).__name__)}）；请给数、文字、日期或它们的列表"
            ) from error
    return pa.table(columns) if columns else None


def _frame(data: bytes) -> pd.DataFrame:
    """Return an answer as a frame, as DuckDB makes it from what it reads.

    Raises:
        RequestError: It holds a moment that a frame cannot hold or nobody can print.
    """
    import duckdb

    try:
        with duckdb.connect(":memory:") as database:
            frame = database.from_arrow(read_table_bytes(data)).df()
    except (duckdb.Error, ArithmeticError, ValueError, NotImplementedError) as error:
        raise _beyond() from error
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        is_dated = pd.api.types.is_datetime64_any_dtype(column)
        if is_dated and not column.dropna().dt.year.between(MINYEAR, MAXYEAR).all():
            raise _beyond()
    return frame


def _beyond() -> RequestError:
    return RequestError(
        f"查询结果中有不能表示的值，如无穷或公元{MINYEAR}年至{MAXYEAR}年以外的日期；"
        "请加条件，或用 cast(… as varchar) 取作文字"
    )
