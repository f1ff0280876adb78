"""Answer SQL in a child process (查询进程): whatever a query asks for, it takes the time and memory of this one alone.

The child is this module run as a program. What it is asked is JSON and tables of Arrow; what it answers is a line of
JSON, a sentence or the size of a table, and the table. It imports DuckDB and Arrow and nothing else that is heavy.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from jixiao.core.errors import JixiaoError, RequestError, brief, say_nearest
from jixiao.core.files import LIMITS
from jixiao.core.processes import READY, Child, ChildPool, limit_memory, limit_process, most_memory
from jixiao.reading.files.limits import load_limits

if TYPE_CHECKING:
    import pyarrow as pa

COMMAND = (sys.executable, "-m", "jixiao.builds.query_child")
BESIDE_MB = 1000
"""What the process may hold beside what DuckDB holds: itself, and its answer."""


@dataclass(frozen=True)
class Question:
    """One query and what it may read (查询请求): files of frames, or the frames themselves, and its parameters.

    ``known`` are the names of all tables that there can be; a wrong name is answered with the nearest of them.
    """

    sql: str
    known: Sequence[str]
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    parameters: pa.Table | None = None
    is_named: bool = False


Answer = tuple[str, bytes, bool]
"""A sentence, or nothing and the bytes of a table; and whether its process holds too much to be asked again."""
SPENT_MB = 500
"""A process that ever held more keeps its memory reserved, and the next query would have the less."""


def _start() -> Child[Question, Answer]:
    return Child(COMMAND, send=_send, receive=_receive, is_apart=True, stderr=subprocess.DEVNULL)


CHILDREN = ChildPool(_start, lambda: os.environ.get(LIMITS, ""), is_spent=lambda answer: answer[2])
"""The querying processes of this one; each keeps the limits it was started with."""


def table_bytes(table: pa.Table) -> bytes:
    """Return a table as one piece of bytes (表的字节)."""
    import pyarrow as pa

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def read_table_bytes(data: bytes) -> pa.Table:
    """Return the table that was made bytes (由字节得表)."""
    import pyarrow as pa

    return pa.ipc.open_stream(pa.py_buffer(data)).read_all()


def _send(pipe: IO[bytes], asked: Question) -> None:
    tables = {name: table_bytes(table) for name, table in asked.tables.items()}
    given = table_bytes(asked.parameters) if asked.parameters is not None else b""
    head = {
        "sql": asked.sql,
        "known": list(asked.known),
        "files": {name: list(paths) for name, paths in asked.files.items()},
        "tables": {name: len(data) for name, data in tables.items()},
        "parameters": len(given),
        "is_named": asked.is_named,
    }
    data = json.dumps(head).encode()
    pipe.write(len(data).to_bytes(8, "big") + data)
    for table in (*tables.values(), given):
        pipe.write(table)
    pipe.flush()


def _read_question(pipe: IO[bytes]) -> Question | None:
    size = pipe.read(8)
    if len(size) < 8:
        return None
    head = json.loads(pipe.read(int.from_bytes(size, "big")))
    tables = {name: read_table_bytes(pipe.read(size)) for name, size in head.pop("tables").items()}
    given = head.pop("parameters")
    return Question(**head, tables=tables, parameters=read_table_bytes(pipe.read(given)) if given else None)


_LONGEST_HEAD = 10_000


def _receive(pipe: IO[bytes]) -> Answer:
    head = json.loads(pipe.readline(_LONGEST_HEAD))
    if not isinstance(head, dict) or not isinstance(head.get("size", 0), int):
        raise ValueError(head)
    error, size = str(head.get("error", "")), head.get("size", 0)
    limits = load_limits()
    if not 0 <= size <= (limits.query_memory_mb + BESIDE_MB) * 1_000_000:
        raise ValueError(size)
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return error, data, bool(head.get("is_spent"))


def answer(asked: Question) -> bytes:
    """Answer one query (回答查询) in DuckDB, which can reach nothing but what belongs to it.

    Raises:
        RequestError: It cannot be answered, or takes too much; the sentence says why.
    """
    import duckdb
    import pyarrow as pa

    limits = load_limits()
    with duckdb.connect(":memory:") as database:
        _shut(database, asked)
        database.execute(f"set memory_limit = '{limits.query_memory_mb}MB'")
        database.execute("set lock_configuration = true")
        try:
            return _fetched(database.sql(asked.sql, params=_parameters(asked)), limits.query_cells)
        except (duckdb.OutOfMemoryException, MemoryError) as error:
            raise _too_large() from error
        except (duckdb.Error, pa.ArrowException, OSError) as error:  # what is wrong in a row comes while it is fetched
            said = str(error) or type(error).__name__
            if "bad_alloc" in said or "Out of Memory" in said:
                raise _too_large() from error
            raise _wrong(said, asked, database) from error
        except (AttributeError, ValueError, TypeError, OverflowError, RuntimeError) as error:
            raise RequestError("查询不能执行：不是一个有结果的查询；请写一个 select") from error


class TooLargeError(RequestError):
    """A query needs more memory than it may have (所需内存过大)."""


def _too_large() -> TooLargeError:
    return TooLargeError(f"查询所需内存超过{load_limits().query_memory_mb}MB，已停止；请缩小范围或先汇总")


def _shut(database: Any, asked: Question) -> None:
    """Make a view of the files of each frame, or of the frame, then close everything else."""
    import duckdb

    database.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
    database.execute("set python_enable_replacements = false; set temp_directory = ''")
    database.execute("set allowed_paths = ?", [[path for several in asked.files.values() for path in several]])
    database.execute("set enable_external_access = false")
    for name, several in asked.files.items():
        parts = database.read_parquet(list(several))
        parts.select(duckdb.StarExpression(exclude=["row_order"])).create_view(name)
    for name, table in asked.tables.items():
        database.register(name, table)


def _parameters(asked: Question) -> Any:
    if asked.parameters is None:
        return None
    values = {name: column[0].as_py() for name, column in zip(asked.parameters.column_names, asked.parameters.columns,
                                                              strict=True)}  # fmt: skip
    return values if asked.is_named else list(values.values())


def _fetched(found: Any, most: int) -> bytes:
    """Return an answer as bytes, unless it has more cells than anybody reads; it is fetched piece by piece.

    Raises:
        RequestError: It has more.
    """
    import pyarrow as pa

    reader, cells, sink = found.to_arrow_reader(_CHUNK), 0, io.BytesIO()
    with pa.ipc.new_stream(sink, reader.schema) as writer:
        for batch in reader:
            cells += batch.num_rows * batch.num_columns
            if cells > most:
                raise RequestError(f"查询结果超过{most}格，没有取出；请加条件、汇总，或加 limit 只取一部分")
            writer.write_batch(batch)
    return sink.getvalue()


_CHUNK = 65_536
"""Rows that are fetched at once."""


def _wrong(said: str, asked: Question, database: Any) -> RequestError:
    """Say in a few words why a query cannot be answered; a wrong table or column with the nearest that there are."""
    reason = brief(said.strip().splitlines()[0])
    table = re.search(r"Table with name (\S+) does not exist", said)
    if table:
        return RequestError(f"查询不能执行：没有表“{brief(table[1])}”；{say_nearest(table[1], asked.known)}")
    column = re.search(r"[Cc]olumn \"?(?:\w+\.)?(\w+)\"? not found|have a column named \"(\w+)\"", said)
    used = [name for name in asked.known if re.search(rf"\b{name}\b", asked.sql.lower())]
    if column and used:
        names = "select column_name from duckdb_columns() where table_name in ?"
        known = [name for (name,) in database.execute(names, [used]).fetchall()]
        wanted = column[1] or column[2]
        return RequestError(
            f"查询不能执行：表 {'、'.join(used[:5])} 没有列“{brief(wanted)}”；{say_nearest(wanted, known)}"
        )
    return RequestError(f"查询不能执行：{reason}。可查询的表：{'、'.join(sorted(asked.known))}")


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer queries until there are no more (查询进程)."""
    import duckdb  # noqa: F401  before it is asked for: it takes its time
    import pyarrow.parquet  # noqa: F401

    answers.write(READY + b"\n")
    answers.flush()
    while (asked := _read_question(questions)) is not None:
        try:
            data = answer(asked)
            head: dict[str, Any] = {"size": len(data)}
        except JixiaoError as error:
            is_spent = isinstance(error, TooLargeError)
            head, data = {"error": str(error)[: _LONGEST_HEAD // 20], "is_spent": is_spent}, b""
        head["is_spent"] = head.get("is_spent", False) or most_memory() > SPENT_MB
        answers.write(json.dumps(head).encode() + b"\n")
        answers.write(data)
        answers.flush()


def main() -> None:
    """Run as a querying process: answers go out on a channel of their own, so that no library writes between them."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    most = load_limits().query_memory_mb + BESIDE_MB
    if not limit_process(os.getpid(), megabytes=most):
        limit_memory(most)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
