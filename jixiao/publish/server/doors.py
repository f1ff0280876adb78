"""The pages the server shows by itself (登录页、已满页 …) and the headers of every answer.

These pages need no script, no font and no other file: they are shown before anybody may see anything else.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from markupsafe import Markup

from jixiao.publish.server.settings import declared
from jixiao.show.markup import asset, fill

PAGES = Path(__file__).parent / "assets"
SECONDS_TO_RETRY = 4
_SCRIPT_TYPES = {"", "text/javascript", "module", "application/javascript"}


def door(kind: str, **numbers: int) -> str:
    """Return one page without a form: ``full``, ``own_full``, ``waiting``, ``refused`` or ``failed``."""
    doors = declared()["doors"]
    text = doors[kind]["text"].format(**numbers)
    comes_back = kind in {"full", "own_full", "waiting"}
    return _page("door.html", doors[kind]["heading"], text=text, comes_back=comes_back, home=doors["home"])


def login_door(xsrf: str, onward: str, *, problem: str = "", seconds: int = 0) -> str:
    """Return the login page (登录页).

    Args:
        xsrf: The hidden field against forged forms, as HTML.
        onward: The path to go to after the login.
        problem: ``wrong``, ``locked``, ``busy`` or nothing.
        seconds: How long to wait when locked.
    """
    words = declared()["doors"]["login"]
    told = words[problem].format(seconds=seconds) if problem else ""
    return _page("login.html", words["heading"], words=words, told=told, xsrf=Markup(xsrf), onward=onward)


def _page(template: str, heading: str, **parts: Any) -> str:
    title = declared()["words"]["title"]
    return fill(PAGES, template, title=title, heading=heading, style=asset(PAGES / "door.css"), **parts)


def headers(*, is_encrypted: bool, scripts: tuple[str, ...] | None = None) -> dict[str, str]:
    """Return the headers of every answer; ``scripts`` are the hashes of the inline scripts a page may run, if any.

    Charts and widgets need inline styles and pictures as data, widgets also modules as ``blob:``; nothing needs another
    host, inline scripts other than those of the template, or ``eval``.
    """
    allowed = ["'none'"] if scripts is None else ["'self'", *(["blob:"] if scripts else []), *scripts]
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(allowed),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    written = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Server": "jixiao",
    }
    return written | ({"Strict-Transport-Security": "max-age=31536000"} if is_encrypted else {})


class _Scripts(HTMLParser):
    """Collects the inline scripts of a page; a block of data is none."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._open = tag == "script" and "src" not in named and (named.get("type") or "") in _SCRIPT_TYPES
        if self._open:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._open = False


def script_hashes(page: str) -> tuple[str, ...]:
    """Return the hash of each inline script of a page, as a Content-Security-Policy names it.

    Example:
        >>> script_hashes('<script>1</script><script type="application/json">2</script><script src="a.js"></script>')
        ("'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='",)
    """
    scripts = _Scripts()
    scripts.feed(page)
    digests = (b64encode(sha256(text.encode("utf-8")).digest()).decode() for text in scripts.found)
    return tuple(dict.fromkeys(f"'sha256-{digest}'" for digest in digests))
