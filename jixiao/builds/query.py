"""Ask the frames of a place in SQL (查询): one line, answered by DuckDB, which can reach nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from threading import Timer
from typing import Any

import pandas as pd

from jixiao.builds.manifest import MANIFEST
from jixiao.builds.run import evaluate
from jixiao.builds.versions import checked_files
from jixiao.core.errors import RequestError, brief, say_nearest
from jixiao.core.files import find_place
from jixiao.core.results import FRAMES, results_frames
from jixiao.reading.files.limits import load_limits


def query(sql: str, *, place: str = "built", parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pd.DataFrame:
    """Answer one SQL query over the frames of a place (查询).

    The frames are tables by their names: projects, evaluations, budgets, indicators, scores, totals, findings …, with
    the columns of the vocabulary. Of a built place the parquet files are read, only the columns and rows asked for;
    any other place is evaluated first. DuckDB runs without access to any other file, to the network or to extensions,
    and its settings are locked.

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
    import duckdb

    folder = find_place(place)
    with duckdb.connect(":memory:") as database:
        database.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
        database.execute("set python_enable_replacements = false; set temp_directory = ''")
        if (folder / MANIFEST).exists():
            asked = [frame for frame in FRAMES if frame in sql.lower()]  # the others need not be checked and opened
            _open_built(database, checked_files(folder, asked or FRAMES))
        else:
            frames = results_frames(evaluate(folder))
            database.execute("set enable_external_access = false")
            for name, frame in frames.items():
                database.register(name, frame)
        limits = load_limits()
        database.execute(f"set memory_limit = '{limits.query_memory_mb}MB'")
        database.execute("set lock_configuration = true")
        timer = Timer(limits.query_seconds, database.interrupt)
        timer.start()
        try:
            return _fetched(database.execute(sql, parameters or None), limits.query_cells)
        except duckdb.InterruptException as error:
            raise RequestError(
                f"查询超过{limits.query_seconds:g}秒，已停止；请缩小范围，或避免表与表的全部组合"
            ) from error
        except (duckdb.OutOfMemoryException, MemoryError) as error:
            raise RequestError(f"查询所需内存超过{limits.query_memory_mb}MB，已停止；请缩小范围或先汇总") from error
        except duckdb.Error as error:
            raise _wrong(str(error) or type(error).__name__, sql, database) from error
        except (AttributeError, ValueError, TypeError, OverflowError, RuntimeError) as error:
            raise RequestError(
                f"查询不能执行：不是一个有结果的查询（{brief(type(error).__name__)}）；请写一个 select"
            ) from error
        finally:
            timer.cancel()


def _fetched(answer: Any, most: int) -> pd.DataFrame:
    """Return an answer as a frame, unless it has more cells than anybody reads; it is fetched piece by piece.

    Raises:
        RequestError: It has more.
    """
    pieces, cells = [], 0
    while True:
        piece = answer.fetch_df_chunk(_CHUNK)
        cells += piece.size
        if cells > most:
            raise RequestError(f"查询结果超过{most}格，没有取出；请加条件、汇总，或加 limit 只取一部分")
        pieces.append(piece)
        if piece.empty:
            break
    whole = [piece for piece in pieces if not piece.empty] or pieces[:1]
    return whole[0] if len(whole) == 1 else pd.concat(whole, ignore_index=True)


_CHUNK = 32
"""Vectors of 2,048 rows that are fetched at once."""


def _wrong(said: str, sql: str, database: Any) -> RequestError:
    """Say in a few words why a query cannot be answered; a wrong table or column with the nearest that there are."""
    reason = brief(said.strip().splitlines()[0])
    table = re.search(r"Table with name (\S+) does not exist", said)
    if table:
        return RequestError(f"查询不能执行：没有表“{brief(table[1])}”；{say_nearest(table[1], FRAMES)}")
    column = re.search(r"[Cc]olumn \"?(?:\w+\.)?(\w+)\"? not found|have a column named \"(\w+)\"", said)
    used = [name for name in FRAMES if re.search(rf"\b{name}\b", sql.lower())]
    if column and used:
        names = "select column_name from duckdb_columns() where table_name in ?"
        known = [name for (name,) in database.execute(names, [used]).fetchall()]
        wanted = column[1] or column[2]
        return RequestError(
            f"查询不能执行：表 {'、'.join(used[:5])} 没有列“{brief(wanted)}”；{say_nearest(wanted, known)}"
        )
    return RequestError(f"查询不能执行：{reason}。可查询的表：{'、'.join(sorted(FRAMES))}")


def _open_built(database: Any, files: Mapping[str, Sequence[Any]]) -> None:
    """Make a view of the files of each frame, then close everything else."""
    import duckdb

    paths = [str(path) for several in files.values() for path in several]
    database.execute("set allowed_paths = ?", [paths])
    database.execute("set enable_external_access = false")
    for name, several in files.items():
        parts = database.read_parquet([str(path) for path in several])
        parts.select(duckdb.StarExpression(exclude=["row_order"])).create_view(name)
