"""Fill a template of a user in a child process (自备模板): it may loop, grow or break, and costs only itself.

The child is this module run as a program. What it is asked is JSON; what it answers is a line of JSON and the
bytes of a document, so that nothing a template does can become an object here.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from jixiao.core.errors import JixiaoError, RequestError, brief
from jixiao.core.files import LIMITS, open_file, plain_name, workbench
from jixiao.core.processes import READY, Child, ChildPool, Unanswered, limit_memory
from jixiao.reading.files.limits import load_limits
from jixiao.show.figures import Picture, Undrawn

COMMAND = (sys.executable, "-m", "jixiao.publish.papers.foreign_templates")


def fill_foreign(
    template: Path, content: Mapping[str, Any], pictures: Mapping[str, Picture | Undrawn | None], *, as_of: datetime
) -> bytes:
    """Fill a template of a user (填写自备模板) as :func:`fill_template` does, within limits of time and memory.

    The limits are ``template_seconds`` and ``template_memory_mb`` of ``rules/limits.yaml``; neither the template nor
    the document may be larger than ``file_bytes``.

    Raises:
        RequestError: The template is missing, too large, no document, cannot be filled, or took too much.
    """
    limits, name = load_limits(), plain_name(template.name)
    data = _read(template, name, limits.file_bytes)
    asked = {"name": name, "data": data, "content": content, "pictures": pictures, "as_of": as_of}
    answer = CHILDREN.ask(asked, limits.template_seconds)
    if answer is Unanswered.TOO_LATE:
        raise RequestError(
            f"模板“{name}”不能填写：填写超过{limits.template_seconds:g}秒，已停止；请减少模板中的循环和计算"
        )
    if isinstance(answer, Unanswered):
        raise RequestError(
            f"模板“{name}”不能填写：填写进程意外结束，可能所需内存超过{limits.template_memory_mb}MB；"
            "请减少模板中的循环和重复内容"
        )
    error, document = answer
    if error:
        raise RequestError(error)
    return document


def _read(template: Path, name: str, most: int) -> bytes:
    if not template.is_file():
        raise RequestError(f"没有模板文件“{plain_name(str(template))}”，请检查路径")
    try:
        with open_file(template) as file:
            data = file.read(most + 1)
    except OSError as error:
        raise RequestError(f"模板“{name}”不能读取，请检查是否为普通文件、有没有读取权限") from error
    if len(data) > most:
        raise RequestError(f"模板“{name}”超过{most / 1_000_000:g}MB，请删去其中的图片后再用")
    return data


def _start() -> Child[dict[str, Any], tuple[str, bytes]]:
    return Child(COMMAND, send=_send, receive=_receive, is_apart=True, stderr=subprocess.DEVNULL)


def _send(pipe: IO[bytes], request: dict[str, Any]) -> None:
    data = json.dumps(_packed(request), ensure_ascii=False).encode("utf-8", "replace")
    pipe.write(len(data).to_bytes(8, "big") + data)
    pipe.flush()


def _packed(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request as JSON can hold it: bytes as letters, a picture or what stands for it by its fields."""
    pictures = {place: asdict(picture) if picture else None for place, picture in request["pictures"].items()}
    for fields in pictures.values():
        if fields and "png" in fields:
            fields["png"] = base64.b64encode(fields["png"]).decode()
    data = base64.b64encode(request["data"]).decode()
    return {**request, "data": data, "pictures": pictures, "as_of": request["as_of"].isoformat()}


def _unpacked(asked: dict[str, Any]) -> dict[str, Any]:
    pictures: dict[str, Picture | Undrawn | None] = dict.fromkeys(asked["pictures"])
    for place, fields in asked["pictures"].items():
        if fields and "png" in fields:
            pictures[place] = Picture(**{**fields, "png": base64.b64decode(fields["png"])})
        elif fields:
            pictures[place] = Undrawn(fields["sentence"], tuple(map(tuple, fields["rows"])))
    data = base64.b64decode(asked["data"])
    return {**asked, "data": data, "pictures": pictures, "as_of": datetime.fromisoformat(asked["as_of"])}


def _receive(pipe: IO[bytes]) -> tuple[str, bytes]:
    """Read an answer: a sentence, or the size of a document and the document."""
    head = json.loads(pipe.readline(_LONGEST_HEAD))
    if not isinstance(head, dict) or not isinstance(head.get("size", 0), int):
        raise ValueError(head)
    error, size = str(head.get("error", "")), head.get("size", 0)
    if not 0 <= size <= load_limits().file_bytes:
        raise ValueError(size)
    document = pipe.read(size)
    if len(document) < size:
        raise EOFError
    return error, document


_LONGEST_HEAD = 10_000
CHILDREN = ChildPool(_start, lambda: (os.environ.get(LIMITS, ""), str(workbench())))
"""The filling processes of this one; each keeps the limits and the workbench it was started with."""


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Fill templates until there are no more (填写进程)."""
    from jixiao.publish.papers import filled_templates  # noqa: F401  before it is asked for: it takes its time

    answers.write(READY + b"\n")
    answers.flush()
    while size := requests.read(8):
        asked = _unpacked(json.loads(requests.read(int.from_bytes(size, "big"))))
        try:
            document = _filled(asked)
            head: dict[str, Any] = {"size": len(document)}
        except JixiaoError as error:
            head, document = {"error": str(error)[: _LONGEST_HEAD // 20]}, b""
        answers.write(json.dumps(head).encode() + b"\n" + document)
        answers.flush()


def _filled(asked: dict[str, Any]) -> bytes:
    """Return the document; a template may fail in any way that its signs can.

    Raises:
        JixiaoError: It cannot be filled.
    """
    from jixiao.publish.papers.filled_templates import fill_data

    name, limits = asked.pop("name"), load_limits()
    try:
        document = fill_data(asked["data"], name, asked["content"], asked["pictures"], as_of=asked["as_of"])
    except JixiaoError:
        raise
    except MemoryError as error:
        raise RequestError(
            f"模板“{name}”不能填写：填写所需内存超过{limits.template_memory_mb}MB；请减少模板中的循环和重复内容"
        ) from error
    except Exception as error:
        raise RequestError(
            f"模板“{name}”不能填写：其中的标记不能计算（{brief(type(error).__name__)}）；请对照自带的模板改正"
        ) from error
    if len(document) > limits.file_bytes:
        raise RequestError(f"模板“{name}”不能填写：写出的文档超过{limits.file_bytes / 1_000_000:g}MB；请减少重复内容")
    return document


def main() -> None:
    """Run as a filling process: answers go out on a channel of their own, so that no library writes between them."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limits = load_limits()
    limit_memory(limits.template_memory_mb)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
