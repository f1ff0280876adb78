"""The server process (看板服务进程): Voila's rendering behind a door of our own.

Started by the launcher in a private folder as ``python -m jixiao.publish.server.app settings.json``. Only what is
listed in ``init_handlers`` exists; Voila's own handlers are not used.
"""

# ruff: noqa: E402 - one import must be prevented before the others

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

# jsonschema checks addresses by a grammar whose compiling takes over half of this start; nothing here has one to check.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from jupyter_core.utils import ensure_async
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate
from tornado.iostream import IOStream
from tornado.web import Application
from traitlets.config import Config
from voila.app import Voila
from voila.notebook_renderer import NotebookRenderer
from voila.utils import get_page_config, get_voila_labextensions_path

from jixiao.core import processes
from jixiao.publish.server.access_log import COUNTS, Scrubbed, log_refusal, log_request, note, open_journal
from jixiao.publish.server.handlers import (
    BoardFiles,
    Channels,
    ChannelsHandler,
    ExtensionFiles,
    KernelHandler,
    LoginHandler,
    LogoutHandler,
    NothingHandler,
    PageHandler,
    StaticFiles,
    TemplateFiles,
)
from jixiao.publish.server.pool import Pool
from jixiao.publish.server.settings import Settings, encryption, is_loopback
from jixiao.publish.server.visitors import Visitors
from jixiao.publish.server.visits import BOARDS_ADDRESS

EXTENSIONS = ["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget"]
READY = "ready"
"""File in the private folder that holds the port once the server listens."""
BOARD_FILE = r"(?:board\.css|board\.js|plotly\.min\.js|data/[a-z]+(?:-\d{1,4}){0,2}\.js)"
_UNVOUCHED = ("X-Real-Ip", "X-Scheme", "Forwarded")
_KERNEL = r"(?P<kernel_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


class _Vouched(HTTPMessageDelegate):
    """Takes out of a request what a browser can write there and a proxy may pass on as it came."""

    def __init__(self, delegate: HTTPMessageDelegate) -> None:
        self._delegate = delegate

    def headers_received(self, start_line: Any, headers: Any) -> Any:
        """Pass the headers on; a proxy says for whom it asks in X-Forwarded-For and X-Forwarded-Proto alone."""
        for name in _UNVOUCHED:
            headers.pop(name, None)
        return self._delegate.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Any:
        """Pass a part of the body on."""
        return self._delegate.data_received(chunk)

    def finish(self) -> None:
        """Pass the end on."""
        self._delegate.finish()

    def on_connection_close(self) -> None:
        """Pass the end of the connection on."""
        self._delegate.on_connection_close()


class _Server(HTTPServer):
    """Answers the proxies that may connect, and nobody else where such are named."""

    allowed: frozenset[str] = frozenset()

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        """Begin one request."""
        return _Vouched(super().start_request(server_conn, request_conn))

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        """Begin to talk to one connection, or end it."""
        if self.allowed and address[0] not in self.allowed:
            log_refusal(address[0], "not_the_proxy")
            return stream.close()
        super().handle_stream(stream, address)


class DashboardServer(Voila):
    """Voila without its handlers: pages come from the pool, everything else is refused."""

    private: Path
    wanted: Settings
    pool: Pool

    def make_renderer(self, page: str) -> NotebookRenderer:
        """Return what renders one notebook of the served folder."""
        shared = {"base_url": self.base_url, "voila_configuration": self.voila_configuration}
        return NotebookRenderer(
            **shared,
            traitlet_config=self.config,
            notebook_path=f"{page}.ipynb",
            template_paths=self.template_paths,
            config_manager=self.config_manager,
            contents_manager=self.contents_manager,
            kernel_spec_manager=self.kernel_spec_manager,
            page_config=get_page_config(settings=self.app.settings, log=self.log, **shared),
            mathjax_config=None,
            mathjax_url=None,
        )

    def init_settings(self) -> dict[str, Any]:
        """Return the settings of the application."""
        wanted = self.wanted
        own = {wanted.host.lower(), "localhost", *(name.lower() for name in wanted.names)}
        is_open = not is_loopback(wanted.host) or bool(wanted.proxies)
        return {
            **super().init_settings(),
            "identity_provider": Visitors(hashes=wanted.hashes, parent=self, log=self.log),
            "login_url": "/login",
            "kernel_websocket_connection_class": Channels,
            "ws_ping_interval": wanted.limits["ping_seconds"] * 1_000,
            "ws_ping_timeout": wanted.limits["silent_seconds"] * 1_000,
            "websocket_max_message_size": wanted.limits["message_bytes"],
            "xsrf_cookie_kwargs": {"samesite": "Strict", "secure": wanted.is_encrypted},
            "default_handler_class": NothingHandler,
            "log_function": log_request,
            "pool": self.pool,
            "extensions": EXTENSIONS,
            "is_open": is_open,
            "host_names": own | ({socket.gethostname().lower(), socket.getfqdn().lower()} if is_open else set()),
        }

    def init_handlers(self) -> list[Any]:
        """Return everything the server answers."""
        folders = {"path": get_voila_labextensions_path()}
        return [
            (r"/", PageHandler),
            (r"/login", LoginHandler),
            (r"/logout", LogoutHandler),
            (rf"/api/kernels/{_KERNEL}", KernelHandler),
            (rf"/api/kernels/{_KERNEL}/channels", ChannelsHandler),
            (rf"{BOARDS_ADDRESS}({BOARD_FILE})", BoardFiles),
            (r"/voila/templates/(.*)", TemplateFiles),
            (r"/voila/static/(.*)", StaticFiles, {"paths": self.static_paths}),
            (r"/voila/labextensions/(.*)", ExtensionFiles, folders),
            (r"/([A-Za-z0-9_]+)", PageHandler),
        ]

    def start(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        asyncio.run(self.serve())

    async def serve(self) -> None:
        """Listen, warm kernels, and end every kernel at the end."""
        self.connection_dir = str(self.private / "kernels")
        self.pool = Pool(self, self.wanted, self.private)
        self.app = Application(**self.init_settings())
        self.app.add_handlers(".*$", self.init_handlers())
        limits, proxies = self.wanted.limits, list(self.wanted.proxies)
        server = _Server(
            self.app,
            ssl_options=encryption(self.wanted),
            xheaders=bool(proxies),
            trusted_downstream=proxies,
            max_header_size=16_384,
            max_body_size=limits["request_bytes"],
            max_buffer_size=max(limits["request_bytes"], 2 * limits["message_bytes"]) + 65_536,
            idle_connection_timeout=60,
            body_timeout=20,
        )
        server.allowed = frozenset(proxies)
        family = socket.AF_INET6 if ":" in self.wanted.host else socket.AF_INET
        listening = socket.create_server((self.wanted.host, self.wanted.port), family=family, backlog=256)
        listening.setblocking(False)
        server.add_socket(listening)
        await self.pool.open()
        over = asyncio.Event()
        processes.on_end(asyncio.get_running_loop(), over.set)
        (self.private / f".{READY}").write_text(str(listening.getsockname()[1]), encoding="utf-8")
        (self.private / f".{READY}").rename(self.private / READY)
        note("started")
        launcher = os.getppid()
        while not over.is_set() and os.getppid() == launcher:  # A launcher that was killed cannot end its server.
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 2)
        server.stop()
        await self.pool.close()
        await ensure_async(self.kernel_manager.shutdown_all(now=True))
        note("ended", **{name.replace(" ", "_"): count for name, count in sorted(COUNTS.items())})


def configuration(private: Path) -> Config:
    """Return what Voila and the kernels are told; nothing on the machine may tell them otherwise."""
    return Config(
        {
            "Voila": {"root_dir": str(private / "served"), "config_file_paths": [], "log_level": logging.WARNING},
            "VoilaConfiguration": {
                "template": "jixiao",
                "theme": "light",
                "allow_template_override": "NO",
                "allow_theme_override": "NO",
                "strip_sources": True,
                "show_tracebacks": False,
                "file_allowlist": [],
                "extension_allowlist": EXTENSIONS,
            },
            "VoilaExporter": {"language_code": "zh"},
            "KernelManager": {**processes.kernel_lines(), "autorestart": False},
            "MappingKernelManager": {"buffer_offline_messages": False},
        }
    )


def main(file: Path) -> None:
    """Run the server with the settings of a file in its private folder."""
    private = file.parent
    wanted = Settings.from_json(file.read_text(encoding="utf-8"))
    file.unlink()  # It holds the hashes.
    os.chdir(private / "empty")
    open_journal(Path(os.environ["JIXIAO_ACCESS_LOG"]))
    server = DashboardServer(config=configuration(private))
    server.private, server.wanted = private, wanted
    server.initialize([])
    server.update_config(configuration(private))
    handler = logging.StreamHandler()
    handler.addFilter(lambda record: "is not trusted" not in record.getMessage())  # No notebook here is signed.
    handler.setFormatter(Scrubbed("%(asctime)s %(name)s %(levelname)s %(message)s"))
    for name in ("", server.log.name, "tornado", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = ([handler], True) if not name else ([], True)
        logger.setLevel(logging.WARNING)
    server.start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
