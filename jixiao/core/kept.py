"""What the program keeps for itself (自存文件), read as strictly as it was written: JSON that anybody may have changed.

Such a file lies beside the data and comes along with them, so it is believed no more than a form: its size is limited,
a key that stands twice, half a sign or a number that is none is refused, and a model says what belongs into it.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from jixiao.core.files import open_file, settings_folder
from jixiao.core.processes import is_open_to_others

LARGEST_KEPT = 200_000_000
"""Bytes of a file of ours; a manifest of a hundred thousand forms needs a tenth."""


class Kept(BaseModel):
    """What one file of ours holds: exact kinds, no other keys (自存文件的内容)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class KeptError(ValueError):
    """A file of ours that is not as it was written (自存文件已损坏)."""


K = TypeVar("K", bound=BaseModel)


def load_strict(text: str | bytes) -> Any:
    """Return what a JSON text holds (严格解析); only what could have been written is read.

    Raises:
        KeptError: It is none, a key stands twice, or a value could not be written again.

    Example:
        >>> load_strict('{"a": [1]}')
        {'a': [1]}
        >>> [load_fails(text) for text in ('{"a": 1, "a": 2}', "NaN", "1e999", '"\\\\ud800"', "[" * 9_000, "x")]
        [True, True, True, True, True, True]
    """
    try:
        plain = text.decode("utf-8") if isinstance(text, bytes) else text
        found = json.loads(plain, object_pairs_hook=_once)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError, MemoryError) as error:
        raise KeptError(str(error)[:200]) from error
    return found


def load_fails(text: str | bytes) -> bool:
    """Say whether a text is refused by :func:`load_strict`."""
    try:
        load_strict(text)
    except KeptError:
        return True
    return False


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise KeptError(f"{key[:60]!r} stands twice")
        found[key] = value
    return found


def read_strict(path: Path, *, largest: int = LARGEST_KEPT) -> Any:
    """Return what a JSON file of ours holds (读取自存文件).

    Raises:
        KeptError: It is not as it was written.
        OSError: It cannot be opened, or is no ordinary file.
    """
    with open_file(path) as file:
        if os.fstat(file.fileno()).st_size > largest:
            raise KeptError("too large")
        content = file.read(largest + 1)
    if len(content) > largest:
        raise KeptError("too large")
    return load_strict(content)


def is_as_written(path: Path, content: Any) -> bool:
    """Say whether a JSON file holds its content in the very bytes that we write (逐字节相同)."""
    return path.read_bytes() == written_json(content).encode()


def written_json(content: Any) -> str:
    """Return how a JSON file of ours is written (写法)."""
    return json.dumps(content, ensure_ascii=False, indent=1)


def take_kept(model: type[K], content: Any) -> K:
    """Return a value as a model (取出自存内容).

    Raises:
        KeptError: It does not fit.
    """
    try:
        return model.model_validate(content)
    except (ValidationError, RecursionError) as error:
        raise KeptError(type(error).__name__) from error


def read_kept(path: Path, model: type[K]) -> K:
    """Return a file of ours as a model (按模型读取自存文件).

    Raises:
        KeptError: It is not as it was written.
        OSError: It cannot be opened, or is no ordinary file.
    """
    return take_kept(model, read_strict(path))


SECRET, _LENGTH = "readings_key", 32
"""The file of the secret in the user's settings folder, and its bytes."""


def signer(name: str) -> hmac.HMAC:
    """Return what signs a file that only saves work (签名): one that another user or machine wrote is made anew.

    Args:
        name: Of the file, so that none stands for another.
    """
    return hmac.new(_secret(), name.encode() + b"\n", hashlib.sha256)


@cache
def _secret() -> bytes:
    """Return what this user signs with; where it cannot be kept, every process has one of its own."""
    path = settings_folder() / SECRET
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(_LENGTH))
        with open_file(path) as file:
            found = file.read(_LENGTH)
        if len(found) == _LENGTH and not is_open_to_others(path):
            return found
    return secrets.token_bytes(_LENGTH)
