"""Damages to the files of a place, drawn from a seed: each is done, looked at, and undone."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STRANGE: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        2**70,
        1e308,
        "",
        "x",
        "\x1b[31m",
        "../../etc/passwd",
        "/",
        "\x00",
        [],
        {},
        [[]],
        {"a": {}},
        "甲" * 3_000,
    ),
)


def files_of(place: Path, *besides: Path) -> list[Path]:
    """Return every file whose content counts: locks are empty, and a log of the server is none of them."""
    every = [path for path in place.rglob("*") if path.is_file() and path.name != ".lock"]
    return sorted([*every, *besides])


@contextmanager
def damaged(path: Path, draw: random.Random) -> Iterator[str]:
    """Do one damage to a file and say which; afterwards the file is as it was."""
    before = path.read_bytes()
    kind = draw.choice(
        ["bit", "bit", "cut", "empty", "gone", "more", "zeros", "noise", "swap", "folder", "value", "key", "line"]
    )
    content = bytearray(before)
    size = len(content)
    place = draw.randrange(size) if size else 0
    if kind == "bit" and size:
        content[place] ^= 1 << draw.randrange(8)
    elif kind == "cut":
        del content[place:]
    elif kind == "empty":
        content = bytearray()
    elif kind == "more":
        content += draw.choice([b"\n", b" ", b"\0", b"{}", b"\n{}\n", draw.randbytes(20)])
    elif kind in {"zeros", "noise"} and size:
        length = draw.randrange(1, min(size, 400) + 1)
        content[place : place + length] = bytes(length) if kind == "zeros" else draw.randbytes(length)
    elif kind == "swap" and size > 2:
        other = draw.randrange(size)
        content[place], content[other] = content[other], content[place]
    elif kind in {"value", "key"}:
        content = bytearray(_other_json(before, draw, kind))
    elif kind == "line" and b"\n" in before:
        lines = before.splitlines(True)
        number = draw.randrange(len(lines))
        content = bytearray(
            b"".join(draw.choice([[*lines[:number], *lines[number + 1 :]], [*lines[: number + 1], *lines[number:]]]))
        )
    try:
        if kind == "gone":
            path.unlink()
        elif kind == "folder":
            path.unlink()
            path.mkdir()
        else:
            path.write_bytes(content)
        yield kind if kind in {"gone", "folder"} or bytes(content) != before else "nothing"
    finally:
        if path.is_dir():
            shutil.rmtree(path)
        path.write_bytes(before)


def _other_json(before: bytes, draw: random.Random, kind: str) -> bytes:
    """Change one value, or take one key away, anywhere in a JSON text; the text stays JSON."""
    try:
        lines = before.splitlines()
        whole = json.loads(before) if not before.startswith(b"{") or len(lines) < 2 or lines[0] == b"{" else None
        number = draw.randrange(len(lines)) if whole is None else -1
        whole = json.loads(lines[number]) if whole is None else whole
    except (ValueError, IndexError):
        return before
    node = whole
    while isinstance(node, dict | list) and node:
        key = draw.choice(list(node)) if isinstance(node, dict) else draw.randrange(len(node))
        if not isinstance(node[key], dict | list) or not node[key] or draw.random() < 0.3:
            if kind == "value":
                node[key] = draw.choice(STRANGE)
            else:
                del node[key]
            break
        node = node[key]
    if number < 0:
        return json.dumps(whole, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
    lines[number] = json.dumps(whole, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return b"\n".join(lines) + b"\n"
