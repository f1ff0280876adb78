"""Results as bytes (结果交接): what one process hands another that makes a report; Arrow and JSON, no code."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pandas as pd

from jixiao.schemas import SCHEMAS, Frames
from jixiao.store.results import FRAMES, Results, results_frames

_BESIDE = [name for name in FRAMES if name not in SCHEMAS]


def pack_results(results: Results) -> bytes:
    """Return results as bytes (打包), from which :func:`unpack_results` gives equal results.

    Example:
        >>> import jixiao
        >>> results = jixiao.evaluate("sample")
        >>> unpack_results(pack_results(results)).totals.equals(results.totals)
        True
    """
    import pyarrow as pa

    parts = []
    for frame in results_frames(results).values():
        table = pa.Table.from_pandas(frame, nthreads=1)
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
    """Return the results that :func:`pack_results` packed (拆包); on one thread, so that it may follow a fork."""
    start = packed.index(b"\n") + 1
    head = json.loads(packed[:start])
    frames: dict[str, pd.DataFrame] = {}
    for name, size in zip(FRAMES, head["sizes"], strict=True):
        frames[name] = _read(memoryview(packed)[start : start + size])
        start += size
    return Results(
        Frames(**{name: frames[name] for name in SCHEMAS}),
        **{name: frames[name] for name in _BESIDE},
        place=Path(head["place"]),
        as_of=datetime.fromisoformat(head["as_of"]),
        remark=head["remark"],
    )


def _read(part: memoryview) -> pd.DataFrame:
    import pyarrow as pa

    with pa.ipc.open_stream(pa.py_buffer(part)) as reader:
        frame: pd.DataFrame = reader.read_all().to_pandas(use_threads=False)
    return frame
