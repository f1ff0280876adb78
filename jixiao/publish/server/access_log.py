"""The access log (访问日志): what was asked and what was refused, without personal data.

A line says when, from which network (the last part of the address is left out), which kind of page, how it ended and
how long it took; never a query, a name, a cookie or a kernel. The technical log passes through :class:`Scrubbed`.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections import Counter
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

ACCESS = logging.getLogger("jixiao.access")
COUNTS: Counter[str] = Counter()
"""How often each kind of thing happened since the server started; told in the log when it ends."""
LARGEST, KEPT = 5_000_000, 3
_ADDRESS = re.compile(r"(?<![\w.])(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}(?![\w.])")
_LONG_ADDRESS = re.compile(r"(?<![\w:])(?:(?:[\da-fA-F]{1,4}:){3,7}:?[\da-fA-F]{0,4}|[\da-fA-F:]*::[\da-fA-F:]+)")
_QUERY = re.compile(r"\?[^\s'\"<>)]+")
_KERNEL = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def masked(address: str) -> str:
    """Return an address without the part that names one machine.

    Example:
        >>> masked("10.21.3.47"), masked("2001:db8:1:2::5"), masked("no address")
        ('10.21.3.x', '2001:db8:1::x', '-')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "-"
    if parsed.version == 4:
        return f"{address.rpartition('.')[0]}.x"
    groups = parsed.exploded.split(":")[:3]
    return ":".join(f"{int(group, 16):x}" for group in groups) + "::x"


def scrubbed(text: str) -> str:
    """Return a text of the technical log without addresses, queries and kernels.

    Example:
        >>> scrubbed("GET /page?department=x (10.1.2.3) 0f0f0f0f-1111-2222-3333-444444444444")
        'GET /page?… (10.1.2.x) *'
    """
    for pattern, kept in ((_QUERY, "?…"), (_KERNEL, "*"), (_ADDRESS, r"\1.x"), (_LONG_ADDRESS, "…:x")):
        text = pattern.sub(kept, text)
    return text


class Scrubbed(logging.Formatter):
    """Formats a record of the technical log and leaves personal data out of it, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line or lines of one record."""
        return scrubbed(super().format(record))


def open_journal(path: Path) -> None:
    """Write the access log to a file that is changed for a new one when it is large."""
    handler = RotatingFileHandler(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
    ACCESS.addHandler(handler)
    ACCESS.setLevel(logging.INFO)
    ACCESS.propagate = False


def note(event: str, **numbers: int) -> None:
    """Write and count one event of the server itself."""
    COUNTS[event] += 1
    told = "".join(f" {name}={number}" for name, number in numbers.items())
    ACCESS.info("%s count=%d%s", event, COUNTS[event], told)


def log_request(handler: Any) -> None:
    """Write the line of one answered request; tornado calls it."""
    route = getattr(handler, "route", "other")
    COUNTS[f"{route} {handler.get_status()}"] += 1
    milliseconds = round(1000 * handler.request.request_time())
    method = handler.request.method if handler.request.method in {"GET", "HEAD", "POST"} else "OTHER"
    address, status = masked(handler.request.remote_ip), handler.get_status()
    ACCESS.info("%s %s %s %d %dms", address, method, route, status, milliseconds)


def log_refusal(address: str, reason: str) -> None:
    """Write the line of something that was refused, and count it."""
    COUNTS[f"refused {reason}"] += 1
    ACCESS.info("%s REFUSED %s", masked(address), reason)
