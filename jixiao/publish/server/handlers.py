"""What the server answers (请求处理): the pages, the connection of a page to its kernel, files of the libraries, login.

There is nothing else: no contents, no terminals, no sessions, no list of kernels. Everything that is refused is logged.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import time
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado import web
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketProtocol13
from voila.static_file_handler import MultiStaticFileHandler, TemplateStaticFileHandler

from jixiao.publish.server.access_log import log_refusal, note
from jixiao.publish.server.doors import SECONDS_TO_RETRY, door, headers, login_door
from jixiao.publish.server.messages import read_message, refusal
from jixiao.publish.server.pool import Pool, Visit

MOST_REFUSALS = 20
HIDDEN = {"execute_input", "execute_result", "display_data", "error", "stream"}
"""Messages of a kernel that no page needs, its outputs being in the page: they hold sources and tracebacks."""
TOO_BIG, POLICY, SWITCHING = 1009, 1008, 101
_SAFE_PATH = re.compile(r"(?!.*\.\.)[\w@+.,/-]+", re.ASCII)


class Guarded:
    """What all answers have in common: strict headers, the host they are asked by, errors as a page of ours."""

    route = "other"
    settings: dict[str, Any]
    request: Any

    @property
    def pool(self) -> Pool:
        """The kernels."""
        return self.settings["pool"]  # type: ignore[no-any-return]

    def refuse(self, reason: str) -> None:
        """Log that something was refused."""
        log_refusal(self.request.remote_ip, reason)

    def set_default_headers(self) -> None:
        """Set the strict headers."""
        for name, value in headers(is_encrypted=self.is_encrypted).items():
            self.set_header(name, value)  # type: ignore[attr-defined]

    @property
    def is_encrypted(self) -> bool:
        """Whether the browser speaks TLS: with this server, or with the proxy before it."""
        return bool(self.request.protocol == "https")

    def check_host(self) -> bool:
        """Say whether the browser asked for this server by a name it has; another name is another site's trick."""
        host = re.sub(r":\d+$", "", self.request.host.lower()).strip("[]")
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return host in self.settings["host_names"]
        return address.is_loopback or self.settings["is_open"]

    def write_error(self, status_code: int, **_: Any) -> None:
        """Write an error as a page in Chinese, without what caused it."""
        if status_code in {400, 403, 404, 405, 413, 429}:
            self.refuse(f"{self.route}_{status_code}")
        self.set_header("Content-Type", "text/html; charset=utf-8")  # type: ignore[attr-defined]
        self.finish(door("refused" if status_code < 500 else "failed"))  # type: ignore[attr-defined]


class GuardedHandler(Guarded, JupyterHandler):
    """A handler that knows its visitor."""

    def set_cookie(self, name: str, value: str | bytes, *args: Any, **options: Any) -> None:
        """Set a cookie; one that was given over TLS is never sent without it."""
        super().set_cookie(name, value, *args, **{**options, **({"secure": True} if self.is_encrypted else {})})

    def write_door(self, status: int, page: str, *, retry: bool = False) -> None:
        """Answer with a page of the server's own."""
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        if retry:
            self.set_header("Retry-After", str(SECONDS_TO_RETRY))
            self.set_header("Refresh", str(SECONDS_TO_RETRY))
        self.finish(page)


class NothingHandler(GuardedHandler):
    """Answers everything that does not exist, whoever asks and however."""

    route = "nothing"

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse before anything else is looked at."""
        raise web.HTTPError(404)


class PageHandler(GuardedHandler):
    """Gives a page and its kernel to a visitor."""

    route = "page"

    async def get(self, name: str = "") -> None:
        """Write the page as far as it is ready, and the rest as it comes."""
        settings = self.pool.settings
        page = name or settings.notebooks[0]
        if page not in settings.notebooks:
            raise web.HTTPError(404)
        site, wanted = (self.request.headers.get(f"Sec-Fetch-{name}", "") for name in ("Site", "Dest"))
        if wanted not in {"", "document"} or (site == "cross-site" and not wanted):
            self.refuse("embedded")  # A picture or frame of another site would cost a kernel.
            raise web.HTTPError(403)
        limits = self.pool.limits
        if page == settings.board:
            visit: Visit | str = self.pool.board or "waiting"
        else:
            visit = await self.pool.take(page, self.current_user.username, self.request.remote_ip, self.request.query)
        if isinstance(visit, str):
            note(f"page_{visit}")
            told = door(visit, viewers=limits["viewers"], pages=limits["pages_of_one"])
            return self.write_door(503, told, retry=True)
        for header, value in headers(is_encrypted=self.is_encrypted, scripts=self.pool.scripts[page]).items():
            self.set_header(header, value)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        try:
            async for piece in visit.read():
                self.write(piece)
                await self.flush()
        except StreamClosedError:
            if page != settings.board:
                self.pool.end(visit, "left")


class BoardFiles(GuardedHandler):
    """Gives the files of the board to who may see the pages, and to no other site."""

    route = "board"

    async def get(self, name: str) -> None:
        """Write one file; its address changes with its content, so browsers keep it."""
        if self.request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            self.refuse("embedded")
            raise web.HTTPError(403)
        try:
            content = await asyncio.to_thread((self.pool.board_files / name).read_bytes)
        except OSError as error:
            raise web.HTTPError(404) from error
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.set_header("Cache-Control", "private, max-age=31536000, immutable" if self.request.query else "no-store")
        self.finish(content)


class LoginHandler(GuardedHandler):
    """The login page and what it sends."""

    route = "login"

    @allow_unauthenticated
    def get(self) -> None:
        """Show the form, or go on when there is nothing to log in to."""
        if self.current_user:
            return self.redirect(self._onward())
        self._show()

    @allow_unauthenticated
    async def post(self) -> None:
        """Check the password; wrong ones cost time."""
        visitors: Any = self.identity_provider
        secret, address = self.get_body_argument("password", "")[:200], self.request.remote_ip
        problem, seconds = await visitors.check(secret, address)
        if problem:
            self.refuse(f"login_{problem}")
            return self._show(problem=problem, seconds=seconds)
        visitors.set_login_cookie(self, visitors.log_in())
        note("login")
        self.redirect(self._onward())

    def _onward(self) -> str:
        wanted = self.get_argument("next", "/")
        is_ours = re.fullmatch(r"/(?:[A-Za-z0-9_][A-Za-z0-9_-]*)?(?:\?[^\s\\]*)?", wanted)
        return wanted if is_ours else "/"

    def _show(self, *, problem: str = "", seconds: int = 0) -> None:
        if seconds:
            self.set_header("Retry-After", str(seconds))
        page = login_door(self.xsrf_form_html(), self._onward(), problem=problem, seconds=seconds)
        self.write_door({"": 200, "wrong": 401}.get(problem, 429), page)


class LogoutHandler(GuardedHandler):
    """Ends a login; asked for by a form, so that no other site can do it."""

    route = "logout"

    async def post(self) -> None:
        """End the login and the pages of the visitor."""
        visitors: Any = self.identity_provider
        for visit in list(self.pool.visits.values()):
            if visit.owner == self.current_user.username:
                self.pool.end(visit, "logout")
        visitors.log_out(self.current_user)
        visitors.clear_login_cookie(self)
        self.redirect("/login")


class KernelHandler(GuardedHandler):
    """Says that the kernel of a page lives, to the visitor it was given to."""

    route = "kernel"

    async def get(self, kernel_id: str) -> None:
        """Write the model of the kernel; one that ended by itself is said to be gone, to whom it was given."""
        if kernel_id not in self.pool.visits and self.pool.died.get(kernel_id) == self.current_user.username:
            raise web.HTTPError(410)
        own_visit(self, kernel_id)
        self.set_header("Cache-Control", "no-store")
        self.finish(self.kernel_manager.kernel_model(kernel_id))


def own_visit(handler: Any, kernel_id: str) -> Visit:
    """Return the visit of a kernel; one of somebody else does not exist."""
    visit = handler.pool.visits.get(kernel_id)
    if visit is None or handler.current_user is None or visit.owner != handler.current_user.username:
        if visit is not None:
            handler.refuse("other_kernel")
        raise web.HTTPError(404)
    return visit  # type: ignore[no-any-return]


class _SizedProtocol(WebSocketProtocol13):
    """Tells its handler when a message was too large; the connection ends."""

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        if code == TOO_BIG:
            self.handler.refuse("message_too_large")  # type: ignore[attr-defined]
        super().close(code, reason)


class Channels(ZMQChannelsWebsocketConnection):
    """Between the connection of a page and its kernel: judges each message and writes it anew."""

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message on to the kernel, or refuse it."""
        if not self.channels:
            return
        handler: Any = self.websocket_handler
        try:
            channel, message = read_message(incoming_msg, self.subprotocol)
            reason = refusal(channel, message)
        except ValueError:
            reason = "malformed"
        if reason:
            return handler.refuse_message(reason)
        if handler.visit is not None:
            handler.visit.moment = time.monotonic()
        self.session.send(self.channels[channel], message)

    def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
        """Pass a message on to the page, unless it shows code or where it failed."""
        header = msg_list["header"] if isinstance(msg_list, dict) else json.loads(bytes(msg_list[0]))
        if header["msg_type"] not in HIDDEN:
            super()._on_zmq_reply(stream, msg_list)


class ChannelsHandler(Guarded, KernelWebsocketHandler):
    """The connection of a page to its kernel."""

    route = "channels"
    visit: Visit | None = None
    _refused = 0
    _window, _count = 0.0, 0

    def set_default_headers(self) -> None:
        """No headers: this becomes a connection."""

    def check_origin(self, origin: str | None = None) -> bool:
        """Say whether the page that connects is ours; what does not say where it is from is not."""
        given = origin or self.get_origin()
        return bool(given) and re.sub(r"^https?://", "", str(given).lower()) == self.request.host.lower()

    async def pre_get(self) -> None:
        """Refuse other pages, other visitors' kernels and too many connections before the kernel hears of them."""
        if not self.check_origin():
            self.refuse("other_origin")
            raise web.HTTPError(403)
        visit = own_visit(self, self.kernel_id)
        if visit.sockets >= self.pool.limits["sockets_of_page"]:
            self.refuse("too_many_sockets")
            raise web.HTTPError(429)
        visit.sockets += 1  # Before anything is waited for: many may come at once.
        self.visit = visit
        await super().pre_get()

    def get_websocket_protocol(self) -> Any:
        """Return the protocol that tells when a message is too large."""
        usual: Any = super().get_websocket_protocol()
        return _SizedProtocol(self, False, usual.params) if usual else None

    async def open(self, kernel_id: str) -> None:  # type: ignore[override]
        """Begin."""
        if self.visit is None or kernel_id not in self.pool.visits:
            return self.close(POLICY)
        self.visit.was_seen, self.visit.moment = True, time.monotonic()
        await super().open(kernel_id)

    def on_message(self, ws_message: Any) -> None:
        """Count a message and pass it on."""
        now = time.monotonic()
        if now - self._window > 10:
            self._window, self._count = now, 0
        self._count += 1
        over = self._count - self.pool.limits["messages_in_10_seconds"]
        if over == 1:
            self.refuse("too_many_messages")
            self.close(POLICY)
        elif over < 1:
            super().on_message(ws_message)

    def refuse_message(self, reason: str) -> None:
        """Log a refused message; one who keeps sending such is sent away."""
        self._refused += 1
        self.refuse(f"message_{reason}")
        if self._refused >= MOST_REFUSALS:
            self.close(POLICY)

    def on_close(self) -> None:
        """Note that the visitor left; the kernel ends soon unless the page comes back."""
        self._leave()
        if getattr(self, "connection", None):
            super().on_close()

    def on_finish(self) -> None:
        """Note that a connection did not come about."""
        if self.get_status() != SWITCHING:
            self._leave()

    def _leave(self) -> None:
        if self.visit is not None:
            self.visit.sockets -= 1
            self.visit.moment = time.monotonic()
            self.visit = None


class _Public(Guarded):
    """Files of the libraries, the same for everybody and without data."""

    route = "file"

    async def prepare(self) -> None:
        """Refuse paths that could leave the folders, and hosts that are not ours."""
        if not self.check_host():
            raise web.HTTPError(403)
        if not _SAFE_PATH.fullmatch(self.request.path):
            self.refuse("path")
            raise web.HTTPError(404)

    def set_extra_headers(self, path: str) -> None:
        """Let the browser keep the files for a day."""
        self.set_header("Cache-Control", "private, max-age=86400")  # type: ignore[attr-defined]


class TemplateFiles(_Public, TemplateStaticFileHandler):
    """Files of the template of the pages."""

    async def prepare(self) -> None:
        """Refuse other templates."""
        await super().prepare()
        if not self.request.path.startswith("/voila/templates/jixiao/static/"):
            raise web.HTTPError(404)


class StaticFiles(_Public, MultiStaticFileHandler):
    """Files of Voila."""


class ExtensionFiles(_Public, FileFindHandler):
    """Files of the few front-end extensions the pages use."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse other extensions."""
        await super().prepare()
        names = self.settings["extensions"]
        if not any(self.request.path.startswith(f"/voila/labextensions/{name}/") for name in names):
            raise web.HTTPError(404)
