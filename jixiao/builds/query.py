"""Ask the frames of a place in SQL (查询): one line, answered by DuckDB, which can reach nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from jixiao.builds.manifest import MANIFEST
from jixiao.builds.run import evaluate
from jixiao.builds.versions import checked_files
from jixiao.core.errors import RequestError, brief, say_nearest
from jixiao.core.files import find_place
from jixiao.core.results import FRAMES, results_frames


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
        RequestError: There is no such place, or the query cannot be answered; the sentence says why.

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
        database.execute("set lock_configuration = true")
        try:
            answer = database.execute(sql, parameters or None)
            return answer.df()
        except duckdb.Error as error:
            raise _wrong(str(error) or type(error).__name__, sql, database) from error
        except (AttributeError, ValueError, TypeError, OverflowError, RuntimeError, MemoryError) as error:
            raise RequestError(
                f"查询不能执行：不是一个有结果的查询（{brief(type(error).__name__)}）；请写一个 select"
            ) from error


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
