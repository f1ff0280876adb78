"""Passwords of the dashboard (口令): kept as Argon2 hashes in a file of their owner, and patience with wrong ones."""

from __future__ import annotations

import ipaddress
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from getpass import getpass
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from jixiao.core.errors import RequestError
from jixiao.core.processes import is_open_to_others
from jixiao.publish.server.settings import declared

KINDS = ("password", "token")
FILE_VARIABLE = "JIXIAO_PASSWORD_FILE"
_HASHER = PasswordHasher()


def password_file() -> Path:
    """Return the file of the hashes: the one named by JIXIAO_PASSWORD_FILE, else one in the owner's settings folder."""
    from jixiao.core.files import settings_folder

    return Path(os.environ.get(FILE_VARIABLE) or settings_folder() / "dashboard_password")


def write_secret(kind: str, secret: str, path: Path) -> None:
    """Keep the hash of a password or token (保存口令摘要), beside the other kind, readable by the owner alone.

    Raises:
        RequestError: The file that is there cannot be used.
    """
    from jixiao.core.files import write_safely

    kept = {**_read(path), kind: _HASHER.hash(secret)}

    def write(beside: Path) -> None:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(f"{name} {kept[name]}\n" for name in KINDS if name in kept)

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_safely(path, write)


def keep_secret(kind: str) -> str:
    """Ask for a password twice, or make a token, keep the hash and return what to tell (设置口令).

    Raises:
        RequestError: The password is short or was typed in two ways; nothing was kept.
    """
    words, shortest, path = declared()["words"], declared()["password"]["shortest"], password_file()
    secret = secrets.token_urlsafe(32) if kind == "token" else getpass(words["password_ask"])
    if len(secret) < shortest:
        raise RequestError(f"口令太短，至少 {shortest} 个字符，没有保存")
    if kind == "password" and getpass(words["password_again"]) != secret:
        raise RequestError("两次输入的口令不同，没有保存，请重新设置")
    write_secret(kind, secret, path)
    told = str(words["password_written"].format(path=path))
    return told if kind == "password" else f"{told}\n{words['token_shown'].format(token=secret)}"


def read_hashes(path: Path) -> tuple[str, ...]:
    """Return the hashes of a file, none when there is no file.

    Raises:
        RequestError: Others may read the file, or it holds something else.
    """
    return tuple(_read(path).values())


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    if is_open_to_others(path):
        raise RequestError(f"口令文件“{path}”可被其他用户读取，请先执行 chmod 600 “{path}”，并重新设置口令")
    kept = dict(line.split(" ", 1) for line in path.read_text(encoding="utf-8").splitlines() if " " in line)
    if not kept or not set(kept) <= set(KINDS) or not all(text.startswith("$argon2") for text in kept.values()):
        raise RequestError(f"口令文件“{path}”内容不对，请删除后用 jixiao dashboard --set-password 重新设置")
    return kept


def is_known(secret: str, hashes: Iterable[str]) -> bool:
    """Say whether a secret belongs to one of the hashes; takes a while and memory, on purpose.

    Example:
        >>> is_known("wrong", ())
        False
    """
    for known in hashes:
        try:
            return _HASHER.verify(known, secret)
        except (VerificationError, InvalidHashError):
            continue
    return False


class Attempts:
    """Wrong passwords by address (登录失败次数): some are free, then each doubles the wait, up to a longest one.

    Addresses are kept in memory only, and only so many of them; the oldest is forgotten first.
    """

    def __init__(self, rule: Mapping[str, int], clock: Callable[[], float] = time.monotonic) -> None:
        self._rule, self._clock = rule, clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return for how many seconds more an address has to wait, 0 when it may try."""
        return max(0.0, self._wrong.get(_whose(address), (0, 0.0))[1] - self._clock())

    def failed(self, address: str) -> None:
        """Note one wrong password."""
        key = _whose(address)
        count = self._wrong.pop(key, (0, 0.0))[0] + 1
        over = count - self._rule["free"]
        wait = min(self._rule["first_seconds"] * 2 ** min(over - 1, 30), self._rule["longest_seconds"])
        self._wrong[key] = (count, self._clock() + wait if over > 0 else 0.0)
        while len(self._wrong) > self._rule["remembered"]:
            self._wrong.popitem(last=False)

    def passed(self, address: str) -> None:
        """Forget the wrong passwords of an address that gave the right one."""
        self._wrong.pop(_whose(address), None)


def _whose(address: str) -> str:
    """Return whom an address counts for: one IPv4 address, or the /64 network that one IPv6 subscriber has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
