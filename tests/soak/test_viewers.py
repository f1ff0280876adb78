"""Many viewers at once: 200 on the static site, 20 on the board and 20 on the what-if page, for two minutes each.

Run by ``make soak``.

Keeps the p95 of what viewers wait for and the memory of the server; fails on any error and on kernels left over.
JIXIAO_SOAK_SECONDS shortens it, JIXIAO_SOAK_VIEWERS takes other numbers of viewers, such as ``10,3``.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashboard_server import ROOT, WHAT_IF, Server, Visitor, answer_of, message
from figures import keep
from site_browser import served

from jixiao.builds.run import build

SECONDS = int(os.environ.get("JIXIAO_SOAK_SECONDS", "120"))
VIEWERS_OF_SITE, VIEWERS = (int(count) for count in os.environ.get("JIXIAO_SOAK_VIEWERS", "200,20").split(","))


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values) + 0.5) - 1)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("soak") / "built"
    build(ROOT / "data" / "source", out)
    return out


def test_viewers_of_the_static_site(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jixiao", "dashboard", "--place", str(built), "--static", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    files = [path.relative_to(tmp_path / "site") for path in (tmp_path / "site").rglob("*") if path.is_file()]
    end = time.monotonic() + SECONDS

    def view(_: int) -> list[float]:
        taken = []
        while time.monotonic() < end:
            started = time.monotonic()
            for file in files:
                with urllib.request.urlopen(f"{home}/{file.as_posix()}", timeout=60) as got:
                    assert got.status == 200
                    got.read()
            taken.append(time.monotonic() - started)
            time.sleep(1)
        return taken

    with served(tmp_path / "site") as address, ThreadPoolExecutor(VIEWERS_OF_SITE) as threads:
        home = address.rpartition("/")[0]
        taken = [seconds for seen in threads.map(view, range(VIEWERS_OF_SITE)) for seconds in seen]
    told = {"viewers": VIEWERS_OF_SITE, "seconds": SECONDS, "visits": len(taken)}
    keep("看板：静态网页", {**told, "p95 of all files (s)": round(p95(taken), 2)})


async def stay(visitor: Visitor, end: float, taken: list[float]) -> int:
    """Change the rules again and again, as a viewer does, and count the changes."""
    socket = await visitor.connect()
    opened = {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}}
    await socket.write_message(json.dumps({**message("comm_open", opened), "metadata": {"version": "1.0.0"}}))
    asked = {"comm_id": "control", "data": {"method": "request_states"}}
    await socket.write_message(json.dumps(message("comm_msg", asked)))
    states = (await answer_of(socket, "comm_msg", 60))["data"]["states"]
    chooser = next(name for name, kept in states.items() if kept["state"].get("description") == "自评计分规则")
    count = 0
    while time.monotonic() < end:
        count += 1
        state = {"index": count % 2}
        change = {"comm_id": chooser, "data": {"method": "update", "state": state, "buffer_paths": []}}
        started = time.monotonic()
        await socket.write_message(json.dumps(message("comm_msg", change)))
        while "份总分变动" not in str((await answer_of(socket, "comm_msg", 60))["data"].get("state", {}).get("value")):
            pass
        taken.append(time.monotonic() - started)
        with suppress(TimeoutError):  # what else the change brought is read, or the connection stands still behind it
            await asyncio.wait_for(read_on(socket), 1)
    socket.close()
    await asyncio.sleep(0.1)
    return count


async def read_on(socket: Any) -> None:
    """Read whatever comes, until the connection ends."""
    while await socket.read_message() is not None:
        pass


def test_viewers_of_the_board(built: Path, tmp_path: Path) -> None:
    server = Server(built, logs=tmp_path, pages={})
    try:
        deadline = time.monotonic() + 60
        while "kernel_ended_board" not in server.journal() and time.monotonic() < deadline:
            time.sleep(0.2)
        memory, end = [family_memory(server)], time.monotonic() + SECONDS

        def view(_: int) -> list[float]:
            taken, visitor = [], Visitor(server)
            while time.monotonic() < end:
                started = time.monotonic()
                page = visitor.ask("/")
                files = re.findall(r'(?:src|href)="(/boards/[^"]+)"', page[2])
                answers = [page, *(visitor.ask(file) for file in files)]
                assert len(files) >= 4 and {status for status, _, _ in answers} == {200}
                taken.append(time.monotonic() - started)
                time.sleep(1)
            return taken

        with ThreadPoolExecutor(VIEWERS) as threads:
            taken = [seconds for seen in threads.map(view, range(VIEWERS)) for seconds in seen]
        memory.append(family_memory(server))
        told = {"viewers": VIEWERS, "seconds": SECONDS, "visits": len(taken)}
        assert memory[1] < 1.3 * memory[0] + 50
        assert server.kernels() == []
        assert "REFUSED" not in server.journal() and " 500 " not in server.journal()
        keep("看板：服务", {**told, "p95, empty cache (s)": round(p95(taken), 2), **held(memory)})
    finally:
        server.end()


def test_viewers_of_the_what_if_page(built: Path, tmp_path: Path) -> None:
    limits = {"unclaimed": VIEWERS, "leave_seconds": 5, "unseen_seconds": 600}
    server = Server(built, logs=tmp_path, board="", pages={WHAT_IF: 2}, limits=limits)
    taken: list[float] = []
    try:
        visitors = [Visitor(server) for _ in range(VIEWERS)]
        started = time.monotonic()
        with ThreadPoolExecutor(VIEWERS) as threads:
            list(threads.map(lambda visitor: visitor.enter(tries=600), visitors))
        entered = time.monotonic() - started
        memory = [family_memory(server)]

        async def all_stay() -> list[int]:
            end = time.monotonic() + SECONDS
            return list(await asyncio.gather(*(stay(visitor, end, taken) for visitor in visitors)))

        counts: Any = asyncio.run(all_stay())
        memory.append(family_memory(server))
        told = {"viewers": VIEWERS, "seconds": SECONDS, "all in after (s)": round(entered, 1), "changes": sum(counts)}
        assert min(counts) > 0
        assert memory[1] < 1.3 * memory[0] + 50
        deadline = time.monotonic() + 60
        while len(server.kernels()) > 2 and time.monotonic() < deadline:
            time.sleep(0.5)
        assert len(server.kernels()) <= 2  # the warm ones
        log = server.journal()
        assert "REFUSED" not in log and " 500 " not in log and "kernel_ended_died" not in log
        keep("看板：情景模拟", {**told, "p95 of a change (s)": round(p95(taken), 2), **held(memory)})
    finally:
        server.end()


def held(memory: list[float]) -> dict[str, int]:
    return {"at first (MB)": round(memory[0]), "at the end (MB)": round(memory[1])}


def family_memory(server: Server) -> float:
    """Return the memory of the server and its kernels in MB, what they share divided between them."""
    total = 0
    for process in server.family():
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 1e6
