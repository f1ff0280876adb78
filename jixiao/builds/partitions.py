"""Frames as parquet (分年存储): one file per frame and year, its row groups sorted by department, every page checked.

On the disk each frame also has ``row_order``, its place in the frame as it was written, and ``department`` where the
frame itself names none, so that a reader skips what belongs to others and still gets the rows in their order.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jixiao.core.errors import RequestError
from jixiao.core.files import checksum, flush
from jixiao.core.frames import EVALUATION_KEY, KEYS, Frames

ROWS = 32_768
"""Rows of a row group: the smallest piece that is read or skipped."""
UNDATED = "undated"
"""The file of rows that belong to no year, and of a frame without rows."""
ORDER = "row_order"
_ADDED, _CATEGORIES = b"jixiao.added", b"jixiao.categories"


class Writer:
    """Write frames part by part into a folder; only one part is held at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[Path, Any] = {}
        self._counts: dict[str, int] = {}

    def add(self, name: str, frame: pd.DataFrame, departments: pd.Series | None = None) -> None:
        """Add rows to a frame.

        Args:
            name: The frame.
            frame: Its rows; those of one evaluation come in one part.
            departments: The department of each row, where the frame has no such column.
        """
        import pyarrow as pa

        first = self._counts.get(name, 0)
        self._counts[name] = first + len(frame)
        added = {ORDER: pa.array(np.arange(first, first + len(frame)))}
        if departments is not None and "department" not in frame:
            added["department"] = pa.array(departments, pa.large_string())
        kinds = {column: kind for column, kind in frame.dtypes.items() if isinstance(kind, pd.CategoricalDtype)}
        table = pa.Table.from_pandas(frame.astype(dict.fromkeys(kinds, "str")), preserve_index=False)
        for column, values in added.items():
            table = table.append_column(column, values)
        marks = {
            _ADDED: json.dumps(list(added)).encode(),
            _CATEGORIES: json.dumps({column: list(kind.categories) for column, kind in kinds.items()}).encode(),
        }
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), **marks})
        for label, rows in _by_year(frame, departments):
            self._write(name, label, table if rows is None else table.take(pa.array(rows)))

    def _write(self, name: str, label: str, table: Any) -> None:
        import pyarrow.parquet as pq

        path = self._folder / name / f"{label}.parquet"
        if path not in self._writers:
            path.parent.mkdir(exist_ok=True)
            self._writers[path] = pq.ParquetWriter(
                path,
                table.schema,
                compression="zstd",
                write_page_checksum=True,
                use_dictionary=[column for column in table.column_names if column != ORDER],
                column_encoding={ORDER: "DELTA_BINARY_PACKED"},
            )
        self._writers[path].write_table(table.cast(self._writers[path].schema), row_group_size=ROWS)

    def __enter__(self) -> Writer:
        """Return the writer; leaving it early gives the files up."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Give up what is still open: a full disk would speak up a second time when the files are collected."""
        for writer in self._writers.values() if kind else ():
            with contextlib.suppress(OSError):
                writer.close()
            writer.is_open = False

    def close(self) -> dict[str, dict[str, Any]]:
        """End every file, put it on the disk and return what the manifest keeps of each."""
        for writer in self._writers.values():
            writer.close()
        kept = {}
        for path in sorted(self._writers):
            flush(path)
            kept[path.relative_to(self._folder).as_posix()] = {
                "sha256": checksum(path),
                "bytes": path.stat().st_size,
                "foot": _foot(path),
            }
        return kept


def departments_of(frames: Frames) -> dict[str, pd.Series]:
    """Return the department of every row of the frames that are keyed by evaluation or project and do not name it."""
    evaluations = frames.evaluations[[*EVALUATION_KEY, "department"]].drop_duplicates(EVALUATION_KEY)
    projects = frames.projects[[*KEYS["projects"], "department"]].drop_duplicates(KEYS["projects"])
    found = {}
    for name, frame in frames.items():
        if "project_id" not in frame or "department" in frame:
            continue
        own = frame[KEYS["projects"]].merge(projects, on=KEYS["projects"], how="left")["department"]
        if "evaluation" in frame:
            rows = frame[EVALUATION_KEY].merge(evaluations, on=EVALUATION_KEY, how="left")
            own = rows["department"].fillna(own)
        found[name] = own.fillna("").astype("str")
    return found


def _by_year(frame: pd.DataFrame, departments: pd.Series | None) -> Iterable[tuple[str, np.ndarray | None]]:
    """Yield the name of each file and the rows that go there, sorted by department; None for all rows as they are."""
    if frame.empty or "year" not in frame:
        return [(UNDATED, None)]
    years = frame["year"].to_numpy(dtype="float64", na_value=np.nan)
    named = frame.get("department", departments)
    codes = np.zeros(len(frame), np.int64) if named is None else pd.factorize(named, sort=True)[0]
    order = np.lexsort((codes, np.nan_to_num(years, nan=-1)))
    starts = [0, *(np.flatnonzero(np.diff(np.nan_to_num(years[order], nan=-1))) + 1), len(order)]
    parts = [order[start:stop] for start, stop in pairwise(starts)]
    return [(UNDATED if np.isnan(years[rows[0]]) else str(int(years[rows[0]])), rows) for rows in parts]


def _foot(path: Path) -> str:
    """Return the hash of the end of a parquet file, which says where everything stands and has no checksum itself."""
    with path.open("rb") as handle:
        size = handle.seek(0, 2)
        handle.seek(max(0, size - 8))
        tail = handle.read()
        length = struct.unpack("<I", tail[:4])[0] if len(tail) == 8 else 0
        handle.seek(max(0, size - 8 - length))
        return hashlib.sha256(handle.read()).hexdigest()


def read_parts(
    files: Sequence[tuple[Path, dict[str, Any]]],
    *,
    columns: Sequence[str] | None = None,
    departments: Sequence[str] = (),
    is_empty: bool = False,
) -> pd.DataFrame:
    """Read the files of one frame (读取一张数据表), only what is asked, in the order in which it was written.

    Args:
        files: Each with what the manifest keeps of it.
        columns: Only these columns; all when None.
        departments: Only rows of these departments, by their whole names; all when empty.
        is_empty: Only the columns and their types, without any row.

    Raises:
        RequestError: A file is missing or is not the one that was written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for path, kept in files:
        try:
            if path.stat().st_size != kept["bytes"] or _foot(path) != kept["foot"]:
                raise ValueError(path.name)
            schema = pq.read_schema(path)
            if is_empty:
                tables.append(schema.empty_table())
                break
            fields = schema.names
            wanted = None if columns is None else [name for name in fields if name in {*columns, ORDER}]
            chosen = [("department", "in", list(departments))] if departments and "department" in fields else None
            tables.append(pq.read_table(path, columns=wanted, filters=chosen, page_checksum_verification=True))
        except (OSError, ValueError, pa.ArrowException) as error:
            raise RequestError(
                f"构建结果“{path.parent.name}/{path.name}”缺失或已损坏，请重新运行 jixiao build"
            ) from error
    table = tables[0] if len(tables) == 1 else pa.concat_tables(tables)
    marks = {key: json.loads(value) for key, value in table.schema.metadata.items() if key in {_ADDED, _CATEGORIES}}
    order = table[ORDER].to_numpy()
    if len(order) > 1 and (np.diff(order) < 0).any():
        table = table.take(np.argsort(order, kind="stable"))
    extra = [name for name in marks[_ADDED] if name in table.column_names and name not in (columns or ())]
    frame = table.drop_columns(extra).to_pandas()
    for column, known in marks[_CATEGORIES].items():
        if column in frame:
            frame[column] = pd.Categorical(frame[column], categories=known, ordered=True)
    return frame if columns is None else frame[[name for name in columns if name in frame]]
