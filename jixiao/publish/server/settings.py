"""What the server of the dashboard (看板服务) was told to do, checked before anything starts.

Limits and words are declared in ``rules/server.yaml``. The launcher hands the checked settings to the server in a file
of its private folder, so that nothing secret ever stands on a command line.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from jixiao.core.errors import RequestError
from jixiao.core.models import Anything, Count, Model, Natural, Text, checked_shipped, keyed
from jixiao.core.processes import forget_foreign, is_open_to_strangers

_LIMITS = (
    *("viewers", "starting", "pages_of_one", "sockets_of_page", "unclaimed", "login_hours"),
    *("message_bytes", "messages_in_10_seconds", "request_bytes"),
    *("ping_seconds", "silent_seconds", "prepare_seconds", "failed_seconds", "unseen_seconds"),
    *("kernel_memory_mb", "kernel_cpu_seconds"),
    *("leave_seconds", "idle_seconds", "warm_seconds", "refill_seconds"),
)


class _Door(Model):
    heading: Text
    text: Text


class _Login(_Door):
    label: Text
    button: Text
    wrong: Text
    locked: Text
    busy: Text


class _Doors(Model):
    login: _Login
    full: _Door
    own_full: _Door
    waiting: _Door
    refused: _Door
    failed: _Door
    home: Text
    broken: Text


class _Lockout(Model):
    free: Count
    first_seconds: Count
    longest_seconds: Count
    remembered: Count


class _Password(Model):
    shortest: Count


class _Words(Model):
    title: Text
    address: Text
    stopped: Text
    unlimited: Text
    unencrypted: Text
    password_ask: Text
    password_again: Text
    password_written: Text
    token_shown: Text


class _Frame(Model):
    loading: Text
    slow: Text
    lost: Text
    limited: Text
    failed: Text
    noscript: Text
    not_found: Text
    home: Text


class _Server(Model):
    board: Anything
    pages: dict[str, Natural]
    kernel: Text
    limits: Annotated[dict[str, int], keyed(_LIMITS, Count)]
    lockout: _Lockout
    password: _Password
    words: _Words
    doors: _Doors
    page: _Frame


def declared() -> dict[str, Any]:
    """Return ``rules/server.yaml``, checked.

    Raises:
        DeclarationError: With every mistake of the file.
    """
    return dict(checked_shipped("server.yaml", _Server))


@dataclass(frozen=True)
class Settings:
    """The settings of one server (服务设置).

    ``hashes`` are Argon2 hashes of the password and the token, empty when nobody has to log in; ``proxies`` are the
    addresses of the reverse proxies that may connect and whose X- headers are believed, empty when anyone may connect;
    ``names`` are the host names, beside addresses and this machine's own, by which browsers may ask; ``board`` is the
    notebook run once for everybody, if any; ``pages`` are those run for each viewer, with the kernels kept warm.
    """

    place: str
    host: str = "127.0.0.1"
    port: int = 8866
    hashes: tuple[str, ...] = ()
    certfile: str = ""
    keyfile: str = ""
    proxies: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    limits: dict[str, int] = field(default_factory=lambda: dict(declared()["limits"]))
    pages: dict[str, int] = field(default_factory=lambda: dict(declared()["pages"]))
    board: str = field(default_factory=lambda: str(declared()["board"]))

    @property
    def notebooks(self) -> list[str]:
        """The notebooks that are served; the first is the start page."""
        return [*([self.board] if self.board else []), *self.pages]

    @property
    def is_encrypted(self) -> bool:
        """Whether the server itself speaks TLS."""
        return bool(self.certfile)

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(self.host, self.host)
        host = f"[{shown}]" if ":" in shown else shown
        return f"http{'s' if self.is_encrypted else ''}://{host}:{self.port}/"

    def limited(self, *, warm: int | None = None, **limits: int | None) -> Settings:
        """Return the settings with other limits, and another number of warm kernels for the first page that has any."""
        pages = {page: size if warm is None else warm for page, size in list(self.pages.items())[:1]}
        changed = {name: limit for name, limit in limits.items() if limit is not None}
        return replace(self, limits={**self.limits, **changed}, pages={**self.pages, **pages})

    def to_json(self) -> str:
        """Return the settings as text for the server."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Return the settings written by :meth:`to_json`.

        Example:
            >>> settings = Settings("built", proxies=("127.0.0.1",))
            >>> Settings.from_json(settings.to_json()) == settings
            True
        """
        content: dict[str, Any] = json.loads(text)
        content |= {key: tuple(value) for key, value in content.items() if isinstance(value, list)}
        return cls(**content)


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine only (本机地址).

    Example:
        >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("example.org")
        (True, True, False, False)
    """
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def check_settings(settings: Settings) -> None:
    """Refuse settings under which the server would be open to others or could not start.

    Raises:
        RequestError: One sentence saying what to do instead.
    """
    if not is_loopback(settings.host) and not settings.hashes and not settings.proxies:
        raise RequestError(
            f"“{settings.host}”不是本机地址：对外提供看板必须先设口令"
            "（jixiao dashboard --set-password 或 --new-token），或者声明由反向代理负责登录（--behind-proxy 代理地址）"
        )
    for address in settings.proxies:
        with suppress(ValueError):
            ipaddress.ip_address(address)
            continue
        raise RequestError(f"--behind-proxy 须写反向代理的 IP 地址，“{address}”不是 IP 地址")
    if bool(settings.certfile) != bool(settings.keyfile):
        raise RequestError("加密连接须同时给出 --certfile（证书）和 --keyfile（私钥）")
    if settings.certfile:
        encryption(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except (OSError, OverflowError) as error:
        raise RequestError(
            f"端口 {settings.port} 已被占用或不可用（地址 {settings.host}），"
            "请用 --port 换一个端口，或先结束占用它的程序"
        ) from error


def encryption(settings: Settings) -> ssl.SSLContext | None:
    """Return what encrypts the connections (TLS 1.2 or newer), None when the server speaks plainly.

    Raises:
        RequestError: The certificate or the key cannot be read or do not belong together.
    """
    if not settings.is_encrypted:
        return None
    forget_foreign()  # whoever made this process: no file gets the keys of the connections
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for path in (settings.certfile, settings.keyfile):
        if not Path(path).is_file():
            raise RequestError(f"没有找到证书或私钥文件“{path}”，请检查 --certfile、--keyfile")
    try:
        context.load_cert_chain(settings.certfile, settings.keyfile, password=_no_pass_phrase)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise RequestError(
            f"证书“{settings.certfile}”与私钥“{settings.keyfile}”不能使用，须为配套的 PEM 文件，私钥不带口令"
        ) from error
    for path in (settings.keyfile, settings.certfile):
        if is_open_to_strangers(Path(path)) and (path == settings.keyfile or _holds_key(Path(path))):
            raise RequestError(f"私钥文件“{path}”可被其他用户读取，请先执行 chmod 600 “{path}”，再启动看板")
    return context


def _no_pass_phrase() -> str:
    """Stand for the pass phrase of an encrypted key: a server that waits for one on a terminal never starts."""
    raise ValueError("the key is encrypted")


def _holds_key(path: Path) -> bool:
    """Say whether a certificate file holds a private key beside its certificates (证书文件中的私钥)."""
    return b"PRIVATE KEY-----" in path.read_bytes()
