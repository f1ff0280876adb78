"""Results as bytes (结果交接): what one process hands another that makes a report; Arrow and JSON, no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jixiao.core.frames import SCHEMAS, Frames
from jixiao.core.results import FRAMES, Results, results_frames

if TYPE_CHECKING:
    import pyarrow as pa

_BESIDE = [name for name in FRAMES if name not in SCHEMAS]


def pack_results(results: Results) -> bytes:
    """Return results as bytes (打包), from which :func:`unpack_results` gives equal results.

    Example:
        >>> import jixiao
        >>> results = jixiao.evaluate("sample")
        >>> unpack_results(pack_results(results)).totals.equals(results.totals)
        True
    """
    return _pack(results, _tables(results))


class Packer:
    """Results of which parts are packed many times (分份打包); every frame is made ready once."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._tables = {name: table.combine_chunks() for name, table in _tables(results).items()}

    def pack(self, rows: Mapping[str, np.ndarray]) -> bytes:
        """Return the results that hold these rows alone, in their order (按行打包); a frame not named is empty.

        Example:
            >>> import jixiao
            >>> packed = Packer(jixiao.evaluate("sample")).pack({"totals": np.array([1, 3])})
            >>> len(unpack_results(packed).totals), len(unpack_results(packed).scores)
            (2, 0)
        """
        none = np.array([], dtype=np.int64)
        return _pack(self._results, {name: table.take(rows.get(name, none)) for name, table in self._tables.items()})


def _tables(results: Results) -> dict[str, pa.Table]:
    import pyarrow as pa

    return {name: pa.Table.from_pandas(frame, nthreads=1) for name, frame in results_frames(results).items()}


def _pack(results: Results, tables: Mapping[str, pa.Table]) -> bytes:
    import pyarrow as pa

    parts = []
    for table in tables.values():
        with pa.BufferOutputStream() as sink:
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
            parts.append(sink.getvalue().to_pybytes())
    head = {
        "place": str(results.place),
        "as_of": results.as_of.isoformat(),
        "remark": results.remark,
        "sizes": [len(part) for part in parts],
    }
    return b"".join([json.dumps(head).encode(), b"\n", *parts])


def unpack_results(packed: bytes) -> Results:
    """Return the results that :func:`pack_results` packed (拆包); on one thread, so that it may follow a fork.

    Each of its frames is unpacked when it is first used.
    """
    start = packed.index(b"\n") + 1
    head = json.loads(packed[:start])
    parts: dict[str, memoryview] = {}
    for name, size in zip(FRAMES, head["sizes"], strict=True):
        parts[name] = memoryview(packed)[start : start + size]
        start += size
    return Results(
        Frames.deferred({name: partial(_read, parts[name]) for name in SCHEMAS}),
        **{name: _read(parts[name]) for name in _BESIDE},
        place=Path(head["place"]),
        as_of=datetime.fromisoformat(head["as_of"]),
        remark=head["remark"],
    )


def _read(part: memoryview) -> pd.DataFrame:
    import pyarrow as pa

    with pa.ipc.open_stream(pa.py_buffer(part)) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(use_threads=False)
    return frame
