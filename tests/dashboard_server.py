"""One running dashboard server for the tests, and the plainest ways of talking to it."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import psutil
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

ROOT = Path(__file__).resolve().parent.parent
SOURCE = """
from jixiao.publish.server import Settings, run_dashboard
raise SystemExit(run_dashboard(Settings({place!r}, port=0, **{options!r}).limited(**{limits!r})))
"""
WHAT_IF = "70_what_if"
"""The page that has a kernel for each viewer."""
QUICK = {"leave_seconds": 2, "refill_seconds": 0}


class Server:
    """One running dashboard server; ``limits`` change those of rules/server.yaml, ``options`` are settings."""

    def __init__(self, place: Path, *, logs: Path | None = None, limits: dict[str, int] | None = None, **options: Any):
        code = SOURCE.format(place=str(place), options=options, limits={**QUICK, **(limits or {})})
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **({"JIXIAO_LOGS": str(logs)} if logs else {})},
        )
        assert self.process.stdout is not None
        self.told = self.process.stdout.readline()
        self.url = self.told.split("：", 1)[1].split("\u3000")[0].strip()
        self.port = int(self.url.rstrip("/").rpartition(":")[2])
        self.logs = logs

    def family(self) -> list[psutil.Process]:
        """Return every process below the one that was started: the server and its kernels."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def kernels(self) -> list[psutil.Process]:
        """Return the kernels, warm ones included."""
        found = []
        for process in self.family():
            try:
                if "ipykernel_launcher" in process.cmdline():
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def journal(self) -> str:
        """Return the access log."""
        assert self.logs is not None
        return (self.logs / "dashboard_access.log").read_text(encoding="utf-8")

    def end(self) -> str:
        """End the server and return what it said since it started."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return str(self.process.communicate(timeout=40)[0])


def fetch(url: str, data: bytes | None = None, **headers: str) -> tuple[int, str]:
    """Return the status and the text of an answer, an error included."""
    try:
        request = urllib.request.Request(url, data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status), answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return int(error.code), error.read().decode("utf-8", "replace")


class Visitor:
    """One browser without a screen: keeps its cookies, knows the kernel of its page."""

    def __init__(self, server: Server) -> None:
        self.server, self.cookies, self.kernel_id = server, dict[str, str](), ""

    def ask(self, path: str, data: dict[str, str] | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
        """Send one request and return status, headers and text; a redirection is not followed."""
        secure = self.server.url.startswith("https")
        made: Any = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        extra = {"context": ssl._create_unverified_context()} if secure else {}
        connection = made("127.0.0.1", self.server.port, timeout=60, **extra)
        sent = {"Cookie": self.cookie(), **headers}
        if data is None:
            connection.request("GET", path, headers=sent)
        else:
            body = urllib.parse.urlencode({"_xsrf": self.cookies.get("_xsrf", ""), **data})
            form = "application/x-www-form-urlencoded"
            connection.request("POST", path, body, {"Content-Type": form, **sent})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for name, value in answer.getheaders():
            if name == "Set-Cookie":
                key, _, kept = value.split(";")[0].partition("=")
                self.cookies[key] = kept
        connection.close()
        return answer.status, dict(answer.getheaders()), text

    def cookie(self) -> str:
        """Return the cookies as a header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def enter(self, path: str = f"/{WHAT_IF}", tries: int = 60) -> str:
        """Open a page with a kernel, through pages that ask to wait, and return it."""
        for _ in range(tries):
            status, _, text = self.ask(path)
            if status == 200:
                self.kernel_id = re.search(r'"kernelId": "([0-9a-f-]{36})"', text)[1]  # type: ignore[index]
                return text
            assert status == 503, text
            time.sleep(0.5)
        raise AssertionError("never let in")

    async def connect(self, kernel_id: str = "", *, protocol: str = "", **headers: str) -> Any:
        """Connect to a kernel, by default the own one."""
        scheme = "wss" if self.server.url.startswith("https") else "ws"
        path = f"/api/kernels/{kernel_id or self.kernel_id}/channels?session_id={uuid.uuid4().hex}"
        request = HTTPRequest(
            f"{scheme}://127.0.0.1:{self.server.port}{path}",
            headers={"Cookie": self.cookie(), "Origin": self.server.url.rstrip("/"), **headers},
            validate_cert=False,
        )
        inbox: asyncio.Queue[Any] = asyncio.Queue()  # What nobody has read yet keeps no ping of the server waiting.
        asked = {"subprotocols": [protocol]} if protocol else {}
        socket: Any = await websocket_connect(request, on_message_callback=inbox.put_nowait, **asked)
        socket.read_message = inbox.get
        return socket


def message(kind: str, content: dict[str, Any], channel: str = "shell") -> dict[str, Any]:
    """Return one message as a browser would send it."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "s", "username": "", "version": "5.3"}
    return {"channel": channel, "header": header, "parent_header": {}, "metadata": {}, "content": content}


async def answer_of(socket: Any, kind: str, seconds: float = 20) -> dict[str, Any]:
    """Return the content of the next message of one kind."""

    async def wait() -> dict[str, Any]:
        while True:
            text = await socket.read_message()
            assert text is not None, "the connection ended"
            read = json.loads(text) if isinstance(text, str) else {"header": {"msg_type": ""}}
            if read["header"]["msg_type"] == kind:
                return dict(read["content"])

    return await asyncio.wait_for(wait(), seconds)
