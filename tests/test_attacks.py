"""Attacks on the dashboard, tried for real: all are refused and logged, and normal use goes on afterwards."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from dashboard_server import ROOT, WHAT_IF, Server, Visitor, answer_of, fetch, message
from tornado.websocket import WebSocketClosedError

from jixiao.builds.run import build
from jixiao.publish.server import Settings
from jixiao.publish.server.messages import VERSION_1

LIMITS = {"unseen_seconds": 3, "unclaimed": 2, "sockets_of_page": 4, "messages_in_10_seconds": 200}
LIMITS |= {"ping_seconds": 1, "silent_seconds": 3}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    out, logs = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("logs")
    build(ROOT / "data" / "source", out)
    running = Server(out, logs=logs, limits=LIMITS, pages={WHAT_IF: 1})
    yield running
    running.end()


class Connected:
    """A visitor with an open page, who therefore keeps the kernel; one for all attacks."""

    def __init__(self, server: Server) -> None:
        self.visitor = Visitor(server)
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()  # Answers the server's pings meanwhile.
        self.visitor.enter()
        self.socket = self.run(self.visitor.connect())
        self.since = time.monotonic()

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, 60), self.loop).result()

    async def is_served(self) -> bool:
        """Do what a page does: ask for its widgets, change a chooser, see what that changes; and show the board."""
        self.socket.write_message(json.dumps(message("comm_info_request", {"target_name": "jupyter.widget"})))
        comms = (await answer_of(self.socket, "comm_info_reply"))["comms"]
        opened = {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}}
        self.socket.write_message(json.dumps({**message("comm_open", opened), "metadata": {"version": "1.0.0"}}))
        asked = {"comm_id": "control", "data": {"method": "request_states"}}
        self.socket.write_message(json.dumps(message("comm_msg", asked)))
        states = (await answer_of(self.socket, "comm_msg"))["data"]["states"]
        chooser = next(name for name, kept in states.items() if kept["state"].get("description") == "自评计分规则")
        index = 1 - states[chooser]["state"]["index"]  # 0 and 1 by turns
        change = {"comm_id": chooser, "data": {"method": "update", "state": {"index": index}, "buffer_paths": []}}
        self.socket.write_message(json.dumps(message("comm_msg", change)))
        while True:
            state = (await answer_of(self.socket, "comm_msg"))["data"].get("state", {})
            if "份总分变动" in str(state.get("value")):
                board = await asyncio.to_thread(self.visitor.ask, "/boards/data/pages.js")
                while board[0] == 404:  # at first the board is still being made; the caller gives up after a minute
                    await asyncio.sleep(0.2)
                    board = await asyncio.to_thread(self.visitor.ask, "/boards/data/pages.js")
                return len(comms) > 10 and board[0] == 200 and "jixiaoChunk" in board[2]


@pytest.fixture(scope="module")
def victim(server: Server) -> Iterator[Connected]:
    connected = Connected(server)
    yield connected

    async def leave() -> None:
        connected.socket.close()
        await asyncio.sleep(0.1)

    connected.run(leave())
    connected.loop.call_soon_threadsafe(connected.loop.stop)


@pytest.fixture(autouse=True)
def normal_use_goes_on(victim: Connected) -> Iterator[None]:
    yield
    assert victim.run(victim.is_served())


def version_1(sent: dict[str, Any], **forged: Any) -> bytes:
    """Write a message in the newer protocol, header and offsets as an attacker likes."""
    channel = forged.get("channel", sent["channel"]).encode()
    names = ("header", "parent_header", "metadata", "content")
    parts = [channel, *(json.dumps(sent[name]).encode() for name in names)]
    if "header" in forged:
        parts[1] = forged["header"]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    numbers = [len(offsets), *offsets]
    return b"".join(number.to_bytes(8, "little") for number in numbers) + b"".join(parts)


def test_no_message_runs_code(server: Server, victim: Connected, tmp_path: Path) -> None:
    marker = tmp_path / "harmed"
    code = {"code": f"open({str(marker)!r}, 'w').close()", "silent": False, "user_expressions": {}}
    run = message("execute_request", code)
    doubled = json.dumps(run["header"])[:-1].encode() + b', "msg_type": "comm_msg"}'
    hidden = b'{"msg_type": "comm_msg", ' + json.dumps(run["header"])[1:].encode()
    legacy: list[bytes | str] = [
        json.dumps(run),
        json.dumps({**run, "channel": "control"}),
        json.dumps(message("input_reply", {"value": code["code"]}, "stdin")),
        json.dumps(message("debug_request", {"command": "evaluate", "arguments": {"expression": code["code"]}})),
        json.dumps(message("inspect_request", {"code": "x", "cursor_pos": 1, "detail_level": 1})),
        json.dumps(message("shutdown_request", {"restart": True}, "control")),
        json.dumps(message("comm_open", {"comm_id": "a", "target_name": "jupyter.widget", "data": {"state": code}})),
        json.dumps(message("comm_msg", {"comm_id": "control", "data": {"method": "backbone", "code": code["code"]}})),
        json.dumps({"header": [], "content": {}}),
        "[" * 5_000,
        "null",
        b"\xff" * 64,
    ]
    newer = [
        version_1(run),
        version_1(run, header=doubled),
        version_1(run, header=hidden),
        b"\xff" * 8,
        (2**40).to_bytes(8, "little") * 9,
        version_1(run)[:-3],
    ]

    async def attack(protocol: str, frames: list[Any]) -> None:
        opened = await victim.visitor.connect(protocol=protocol)
        for frame in frames:
            await opened.write_message(frame, binary=isinstance(frame, bytes))
        opened.close()
        while await opened.read_message() is not None:
            pass

    victim.run(attack("", legacy))
    victim.run(attack(VERSION_1, newer))
    assert victim.run(victim.is_served())  # whatever was passed on is worked off by now
    assert not marker.exists()
    log = server.journal()
    refused = ("execute_request", "input_reply", "debug_request", "inspect_request", "shutdown_request")
    for reason in (*refused, "comm_target", "comm_method", "malformed"):
        assert f"REFUSED message_{reason}" in log, reason
    assert log.count("REFUSED message_execute_request") >= 3


def test_no_source_and_no_traceback_reaches_a_page(server: Server, victim: Connected) -> None:
    early = Visitor(server)
    early.ask("/login")

    async def listen(visitor: Visitor, provoke: bool) -> set[str]:
        seen, opened = set(), await visitor.connect()
        if provoke:
            for sent in ({"comm_id": "c", "target_name": "jupyter.widget.control", "data": {}}, {"comm_id": []}):
                opened.write_message(
                    json.dumps(message("comm_open", {"target_name": "jupyter.widget.control", **sent}))
                )
        while True:
            try:
                text = await asyncio.wait_for(opened.read_message(), 3)
            except TimeoutError:
                opened.close()
                return seen
            assert "Traceback" not in str(text) and "open_panel" not in str(text)
            seen.add(json.loads(text)["header"]["msg_type"])

    early.enter()  # cold: its notebook may still be running
    for seen in (victim.run(listen(early, False)), victim.run(listen(victim.visitor, True))):
        assert not seen & {"execute_input", "execute_result", "error", "stream", "display_data"}


def test_the_kernel_of_another_visitor_does_not_exist(server: Server, victim: Connected) -> None:
    thief, kernel = Visitor(server), victim.visitor.kernel_id
    thief.ask("/login")  # gives a name
    assert thief.cookies
    for path in (f"/api/kernels/{kernel}", f"/api/kernels/{kernel}/channels"):
        assert thief.ask(path)[0] in {403, 404}
    forged = Visitor(server)
    forged.cookies = {name: value.replace(value[-6:], "000000") for name, value in victim.visitor.cookies.items()}

    async def steal() -> None:
        for visitor in (thief, forged, Visitor(server)):
            with pytest.raises(Exception, match="404"):
                await visitor.connect(kernel)

    victim.run(steal())
    assert server.journal().count("REFUSED other_kernel") >= 3
    assert kernel not in server.journal()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_nothing_but_the_page_exists(server: Server, method: str) -> None:
    import http.client

    kernels = "/api/kernels/00000000-0000-4000-8000-000000000000"
    for path in [
        "/api/contents", "/api/contents/50_dashboard.ipynb", "/voila/api/contents/", "/voila/files/50_dashboard.ipynb",
        "/files/50_dashboard.ipynb", "/50_dashboard.ipynb", "/notebooks/50_dashboard.ipynb", "/api/sessions",
        "/api/terminals", "/terminals/1", "/terminals/websocket/1", "/api/kernels", "/api/kernelspecs", "/api/config/x",
        "/api/shutdown", "/api/status", "/api/me", "/lab", "/tree", "/nbconvert/html/50_dashboard.ipynb", "/metrics",
        "/voila/query/00000000-0000-4000-8000-000000000000", "/voila/render/50_dashboard.ipynb", "/voila/tree",
        "/voila/api/shutdown/00000000-0000-4000-8000-000000000000", kernels, f"{kernels}/restart", f"{kernels}/execute",
        "/voila/templates/lab/static/voila.js", "/voila/templates/x", "/voila/labextensions/jupyterlab-plotly/x.js",
        "/settings", "/10_source_check", "/boards/", "/boards/data/", "/boards/jixiao-site.json", "/boards/index.html",
        "/boards/data/x-1-2-3.js", "/boards/data/A.js", "/boards/data/none.js", "/data/built/totals.parquet",
        "/static/x", "/.git/config",
    ]:  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request(method, path, b"" if method != "GET" else None)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        assert answer.status in {403, 404, 405}, path
        assert (
            "show_boards" not in text and "open_panel" not in text and "Traceback" not in text and "//cdn" not in text
        )
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "ornado" not in answer.headers["Server"]
        connection.close()
    assert "REFUSED nothing_404" in server.journal()


def test_no_path_leaves_the_folders(server: Server) -> None:
    starts = (
        "/voila/static/",
        "/voila/templates/jixiao/static/",
        "/voila/labextensions/anywidget/",
        "/",
        "/boards/data/",
    )
    climbs = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "....//", "%252e%252e%252f", "..%c0%af", "./../")
    for start in starts:
        for climb in climbs:
            for target in ("etc/passwd", "settings.json", "served/50_dashboard.ipynb", "proc/self/environ"):
                answer = raw(server, f"GET {start}{climb * 8}{target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                assert answer.split(b" ")[1][:1] == b"4", (start, climb, target)
                assert b"root:" not in answer and b"hashes" not in answer and b"show_boards" not in answer
    absolute = b"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    for strange in (absolute, b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET /\0 X\r\n\r\n"):
        assert b" 200 " not in raw(server, strange)[:20]
    assert "REFUSED path" in server.journal()


def raw(server: Server, sent: bytes) -> bytes:
    """Send bytes as they are and return the beginning of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        try:
            connection.sendall(sent)
            return connection.recv(65_536)
        except ConnectionError:
            return b""


def test_other_sites_are_refused(server: Server, victim: Connected) -> None:
    async def connect(**headers: str) -> None:
        with pytest.raises(Exception, match="403"):
            await victim.visitor.connect(**headers)

    for origin in (
        "http://evil.example",
        "null",
        "",
        f"http://127.0.0.1.evil.example:{server.port}",
        "http://127.0.0.1",
    ):
        victim.run(connect(Origin=origin))
    assert fetch(server.url, Host="evil.example")[0] == 403
    assert fetch(server.url, Host="127.0.0.1.evil.example")[0] == 403
    for site in ("cross-site", "same-site"):
        assert fetch(f"{server.url}boards/data/pages.js", **{"Sec-Fetch-Site": site})[0] == 403
    for wanted in ("iframe", "image", "script", "empty", "object"):
        assert fetch(server.url, **{"Sec-Fetch-Dest": wanted, "Sec-Fetch-Site": "cross-site"})[0] == 403
    log = server.journal()
    assert log.count("REFUSED other_origin") >= 5
    assert log.count("REFUSED embedded") >= 7
    assert log.count("REFUSED page_403") >= 2


def test_what_is_too_large_or_too_much_ends_the_connection(server: Server, victim: Connected) -> None:
    async def send(frames: list[str]) -> None:
        opened = await victim.visitor.connect()
        try:
            for frame in frames:
                await opened.write_message(frame)
        except WebSocketClosedError:
            pass
        while await opened.read_message() is not None:
            pass
        assert opened.close_code is not None

    large = message("comm_msg", {"comm_id": "x", "data": {"method": "update", "state": {"value": "x" * 300_000}}})
    victim.run(send([json.dumps(large)]))
    victim.run(send([json.dumps(message("execute_request", {"code": "1"}))] * 30))
    victim.run(send([json.dumps(message("comm_info_request", {}))] * 300))
    heads = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 1_000) for number in range(40))
    assert b" 200 " not in raw(server, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + heads + b"\r\n")[:20]
    body = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10000000\r\n\r\n"
    assert b" 200 " not in raw(server, body + b"x" * 100_000)[:20]
    log = server.journal()
    assert "REFUSED message_too_large" in log
    assert "REFUSED too_many_messages" in log
    assert log.count("REFUSED message_execute_request") >= 20


def test_200_connections_at_once(server: Server, victim: Connected) -> None:
    async def sockets() -> list[Any]:
        kernel = "00000000-0000-4000-8000-000000000000"
        tries = [Visitor(server).connect(kernel) for _ in range(200)]
        own = [victim.visitor.connect() for _ in range(200)]
        return await asyncio.gather(*tries, *own, return_exceptions=True)

    async def close(connections: list[Any]) -> None:
        for connection in connections:
            connection.close()
        await asyncio.sleep(0.1)

    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    with ThreadPoolExecutor(40) as threads:
        boards = list(threads.map(lambda _: fetch(server.url)[0], range(200)))
        pages = list(threads.map(lambda _: fetch(server.url + WHAT_IF)[0], range(200)))
    assert set(boards) == {200}  # They cost no kernel.
    assert set(pages) <= {200, 503}
    assert pages.count(200) <= LIMITS["unclaimed"] * 3  # A few kernels, not two hundred.
    outcomes = victim.run(sockets())
    opened = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(opened) < LIMITS["sockets_of_page"]
    assert victim.run(victim.is_served())
    for connection in idle:
        connection.close()
    victim.run(close(opened))
    late = Visitor(server)
    assert "jixiao-skeleton" in late.enter()  # A visitor who comes now is let in.
    assert len(server.kernels()) <= 1 + 1 + LIMITS["unclaimed"] + 3
    log = server.journal()
    assert "REFUSED too_many_sockets" in log
    assert "page_waiting" in log


def test_a_viewer_who_does_nothing_stays_connected(victim: Connected) -> None:
    limits = Settings("sample").limits
    assert limits["silent_seconds"] > 2 * limits["ping_seconds"]  # else the first ping would be the end of every page
    time.sleep(max(0, victim.since + 2 * LIMITS["silent_seconds"] - time.monotonic()))
    assert victim.run(victim.is_served())


def test_the_logs_hold_no_personal_data(server: Server, victim: Connected) -> None:
    secret = "zhangsan-13800000000"
    fetch(f"{server.url}nothing/{secret}?name={secret}", **{"User-Agent": secret, "Referer": f"http://x/{secret}"})
    fetch(f"{server.url}?{'&' * 30}name={secret}", Cookie=f"username={secret}", Host=f"{secret}.example")
    assert server.logs is not None
    for path in filter(Path.is_file, server.logs.rglob("*")):
        text = path.read_text(encoding="utf-8")
        assert secret not in text, path
        assert "127.0.0.1" not in text, path
        for value in victim.visitor.cookies.values():
            assert value not in text
