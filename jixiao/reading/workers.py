"""Read many files in child processes (并行读取): a file that hangs, crashes or eats memory costs only itself.

A child is this module run as a program. Requests and answers are JSON lines over its pipes; it reads with
:func:`jixiao.reading.documents.whole_reports.read_source` under a limit of memory. Children are started when first
needed and end with their parent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, TextIO, Union, get_args, get_origin, get_type_hints

from jixiao.core.errors import FormError, JixiaoError, StoppedError
from jixiao.core.files import HOME, LIMITS, workbench
from jixiao.core.processes import READY, Child, ChildPool, Unanswered, limit_memory
from jixiao.reading.files import load_limits, read_grids
from jixiao.reading.files.uncalculated import blank_uncalculated
from jixiao.reading.forms.records import Reading

COMMAND = (sys.executable, "-m", "jixiao.reading.workers")
AHEAD = 4
"""Files handed out per child before the first of them was taken back."""


def read_files(
    paths: Sequence[tuple[Path, str]], *, workers: int | None = None
) -> Iterator[list[Reading] | JixiaoError]:
    """Read many files beside each other (批量读取), each within the limits of ``rules/limits.yaml``.

    Args:
        paths: The files, each with the name it has in the provenance columns.
        workers: Number of reading processes; that of the limits when None.

    Returns:
        For each file, in the order given, its readings or the error that explains why there are none.

    Example:
        >>> next(read_files([(Path("missing.xlsx"), "missing.xlsx")]))
        FormError('文件“missing.xlsx”：文件不存在；请检查文件名和路径。')
    """
    number = max(1, workers or (load_limits().workers if _are_many(paths) else 1))
    waiting: deque[Future[list[Reading] | JixiaoError]] = deque()
    with ThreadPoolExecutor(number, thread_name_prefix="intake") as pool:
        try:
            for path, name in paths:
                waiting.append(pool.submit(_read_one, path, name))
                if len(waiting) >= number * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


@dataclass(frozen=True)
class Table:
    """One table of a file as texts (文字表格): what a reader of it needs, and nothing of what a form needs.

    ``texts`` holds the text of a merged area at its corner; ``merges`` lists the areas as top, left, bottom, right,
    ``remarks`` what was not read, or by an assumption: address, text, reason; ``above`` the lines of a document that
    stand before the table.
    """

    sheet: str
    texts: list[list[str]]
    merges: list[list[int]]
    remarks: list[list[str]]
    above: list[str] = field(default_factory=list)


def read_tables(path: Path, name: str) -> list[Table]:
    """Read the tables of one file as texts (读取文字表格), within the limits, in a process of its own.

    An uncalculated formula is a blank cell with a remark; the other cells are read.

    Raises:
        JixiaoError: The file cannot be read.
    """
    answer = _answer(path, name, is_tables=True)
    if isinstance(answer, JixiaoError):
        raise answer
    return [Table(**table) for table in answer["tables"]]


_LIGHT = frozenset({".csv", ".ods", ".xls", ".xlsm", ".xlsx"})
_HEAVY = 10
"""A file of another kind takes as long as so many workbooks."""
MANY = 40
"""Files that take longer to read than one more process takes to start."""


def _are_many(paths: Sequence[tuple[Path, str]]) -> bool:
    """Say whether more than one process pays for some files."""
    kinds = [path.suffix.lower() in _LIGHT for path, _ in paths[:MANY]]
    return sum(1 if is_light else _HEAVY for is_light in kinds) >= MANY


def _start() -> Child[dict[str, str], Any]:
    return Child(COMMAND, send=_send, receive=_receive, stderr=subprocess.DEVNULL)


def _send(pipe: IO[bytes], request: dict[str, str]) -> None:
    pipe.write(json.dumps(request).encode() + b"\n")
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    line = pipe.readline()
    if not line.strip():
        raise EOFError
    return json.loads(line)


CHILDREN = ChildPool(_start, lambda: os.environ.get(LIMITS, ""))
"""The reading processes of this one; each keeps the limits it was started with."""


def _read_one(path: Path, name: str) -> list[Reading] | JixiaoError:
    answer = _answer(path, name)
    if isinstance(answer, JixiaoError):
        return answer
    return [reading_from_json(item) for item in answer["readings"]]


def _answer(path: Path, name: str, *, is_tables: bool = False) -> dict[str, Any] | JixiaoError:
    limits = load_limits()
    asked = {"path": str(path.absolute()), "name": name, "home": str(workbench())}
    answer = CHILDREN.ask({**asked, **({"what": "tables"} if is_tables else {})}, limits.seconds)
    if answer is Unanswered.NEVER_STARTED:
        return JixiaoError("读取进程无法启动，请检查安装和 JIXIAO_LIMITS 中的内存上限")
    if answer is Unanswered.TOO_LATE:
        return StoppedError(name, f"读取超过{limits.seconds:g}秒，已停止", "请拆分文件或另存为 .xlsx 后再放入")
    if answer is Unanswered.ENDED:
        return StoppedError(
            name, f"读取进程意外结束，可能所需内存超过{limits.memory_mb}MB", "请拆分文件或另存为 .xlsx 后再放入"
        )
    if "form_error" in answer:
        return FormError(**answer["form_error"])
    if "error" in answer:
        return JixiaoError(answer["error"])
    return dict(answer)


def reading_to_json(reading: Reading) -> dict[str, Any]:
    """Return a reading as plain values that JSON knows (读取结果编码); whatever fields it has.

    Example:
        >>> reading_from_json(reading_to_json(Reading("a.xlsx", "budget_list"))) == Reading("a.xlsx", "budget_list")
        True
    """
    return dict(_plain(reading))


def reading_from_json(content: dict[str, Any]) -> Reading:
    """Return the reading that :func:`reading_to_json` wrote (读取结果解码)."""
    made: Reading = _made(Reading, content)
    return made


def _plain(value: Any) -> Any:
    kind: Any = type(value)
    if kind is str or value is None or isinstance(value, str | int | float):
        return value
    if kind is dict:  # most values are texts: asked here, the others need no call
        return {key: item if type(item) is str else _plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [item if type(item) is str else _plain(item) for item in value]
    names = _names(kind)
    if names is None:
        return str(value)  # decimals and dates come back by their type
    return {name: item if type(item := getattr(value, name)) is str else _plain(item) for name in names}


@cache
def _names(kind: Any) -> tuple[str, ...] | None:
    """Return the fields of a dataclass, None for any other type."""
    return tuple(item.name for item in fields(kind)) if is_dataclass(kind) else None


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _made(kind: Any, value: Any) -> Any:
    """Return a value of a declared type from what JSON made of it."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        made: Any = kind
        hints = _hints(made)
        return made(**{key: _made(hints[key], item) for key, item in value.items()})
    if origin is dict:
        return value if inner[1] is str else {key: _made(inner[1], item) for key, item in value.items()}
    if origin is list:
        return value if inner[0] is str else [_made(inner[0], item) for item in value]
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is ... else list(inner)
        return tuple(_made(one, item) for one, item in zip(kinds, value, strict=True))
    if value is None or kind is Any:
        return value
    if origin is Union or origin is type(int | None):
        return _made(next(one for one in inner if one is not type(None)), value)
    if kind in (str, int, bool, float) or not isinstance(value, str):
        return value
    return kind.fromisoformat(value) if hasattr(kind, "fromisoformat") else kind(value)


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests until there are no more (读取进程): one JSON line each."""
    from jixiao.reading.documents import whole_reports  # noqa: F401  before it is asked for: it takes its time
    from jixiao.reading.forms.families import load_families

    load_families()
    print(READY.decode(), file=answers, flush=True)
    for line in requests:
        request = json.loads(line)
        os.environ[HOME] = request["home"]  # where the taught layouts are
        try:
            answer: dict[str, Any] = _tables(request) if request.get("what") == "tables" else _readings(request)
        except FormError as error:
            answer = {"form_error": error.parts}
        except JixiaoError as error:
            answer = {"error": str(error)}
        except MemoryError:
            answer = {"form_error": FormError(request["name"], "读取所需内存超过上限", "请拆分后再放入").parts}
        except Exception as error:
            answer = {
                "error": str(
                    JixiaoError(
                        f"文件“{request['name']}”：读取时出现内部错误（{type(error).__name__}）；请保留该文件并反馈。"
                    )
                )
            }
        print(json.dumps(answer), file=answers, flush=True)


def _readings(request: dict[str, str]) -> dict[str, Any]:
    from jixiao.reading.documents.whole_reports import read_source

    readings = read_source(Path(request["path"]), name=request["name"])
    return {"readings": [reading_to_json(reading) for reading in readings]}


def _tables(request: dict[str, str]) -> dict[str, Any]:
    with blank_uncalculated():
        grids = read_grids(Path(request["path"]), request["name"])
    return {
        "tables": [
            {
                "sheet": grid.sheet,
                "texts": grid.texts,
                "above": [line.text for line in grid.above],
                "merges": [list(area) for area in grid.merges],
                "remarks": [[one.address, one.text, one.reason] for one in grid.remarks],
            }
            for grid in grids
        ]
    }


def main() -> None:
    """Run as a reading process: answers go out on a channel of their own, so that no library writes between them."""
    import signal

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the converter too, if one runs
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    limit_memory(load_limits().memory_mb)  # the converter of old formats has its own limit
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
