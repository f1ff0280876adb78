"""Many viewers at once: 50 on the static site and 10 on the dashboard, for two minutes; run by ``make soak``.

Prints the p95 of what viewers wait for and the memory of the server; fails on any error and on kernels left over.
JIXIAO_SOAK_SECONDS shortens it.
"""

from __future__ import annotations

import asyncio
import functools
import http.server
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashboard_server import ROOT, Server, Visitor, answer_of, message

from jixiao import store

SECONDS = int(os.environ.get("JIXIAO_SOAK_SECONDS", "120"))
VIEWERS_OF_SITE, VIEWERS = 50, 10


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values) + 0.5) - 1)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("soak") / "built"
    store.build(ROOT / "data" / "source", out)
    return out


def test_viewers_of_the_static_site(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jixiao", "dashboard", "--place", str(built), "--static", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "No such option" in done.stderr:
        pytest.skip("`jixiao dashboard` has no --static")
    assert done.returncode == 0, done.stderr
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    files = [path.relative_to(tmp_path / "site") for path in (tmp_path / "site").rglob("*") if path.is_file()]
    end = time.monotonic() + SECONDS

    def view(_: int) -> list[float]:
        taken = []
        while time.monotonic() < end:
            started = time.monotonic()
            for file in files:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{server.server_port}/{file.as_posix()}", timeout=60
                ) as got:
                    assert got.status == 200
                    got.read()
            taken.append(time.monotonic() - started)
            time.sleep(1)
        return taken

    with ThreadPoolExecutor(VIEWERS_OF_SITE) as threads:
        taken = [seconds for seen in threads.map(view, range(VIEWERS_OF_SITE)) for seconds in seen]
    server.shutdown()
    print(f"static site: {VIEWERS_OF_SITE} viewers, {len(taken)} visits, p95 {p95(taken):.2f} s with all files")


async def stay(visitor: Visitor, end: float, taken: list[float]) -> int:
    """Change the year again and again, as a viewer does, and count the changes."""
    socket = await visitor.connect()
    opened = {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}}
    await socket.write_message(json.dumps({**message("comm_open", opened), "metadata": {"version": "1.0.0"}}))
    asked = {"comm_id": "control", "data": {"method": "request_states"}}
    await socket.write_message(json.dumps(message("comm_msg", asked)))
    states = (await answer_of(socket, "comm_msg", 60))["data"]["states"]
    chooser = next(name for name, kept in states.items() if kept["state"].get("description") == "年度")
    count = 0
    while time.monotonic() < end:
        count += 1
        state = {"index": count % 2 + 1}
        change = {"comm_id": chooser, "data": {"method": "update", "state": state, "buffer_paths": []}}
        started = time.monotonic()
        await socket.write_message(json.dumps(message("comm_msg", change)))
        while "jixiao-about" not in str(
            (await answer_of(socket, "comm_msg", 60))["data"].get("state", {}).get("value")
        ):
            pass
        taken.append(time.monotonic() - started)
        await asyncio.sleep(1)
    socket.close()
    await asyncio.sleep(0.1)
    return count


def test_viewers_of_the_dashboard(built: Path, tmp_path: Path) -> None:
    server = Server(built, logs=tmp_path, pages={"50_dashboard": 2}, limits={"unclaimed": VIEWERS, "leave_seconds": 5})
    taken: list[float] = []
    try:
        visitors = [Visitor(server) for _ in range(VIEWERS)]
        started = time.monotonic()
        with ThreadPoolExecutor(VIEWERS) as threads:
            list(threads.map(lambda visitor: visitor.enter(), visitors))
        entered = time.monotonic() - started
        memory = [family_memory(server)]

        async def all_stay() -> list[int]:
            end = time.monotonic() + SECONDS
            return list(await asyncio.gather(*(stay(visitor, end, taken) for visitor in visitors)))

        counts: Any = asyncio.run(all_stay())
        memory.append(family_memory(server))
        print(
            f"dashboard: {VIEWERS} viewers in after {entered:.1f} s, {sum(counts)} changes, p95 {p95(taken):.2f} s, "
            f"{memory[0]:.0f} MB at first, {memory[1]:.0f} MB at the end"
        )
        assert min(counts) > 0
        assert memory[1] < 1.3 * memory[0] + 50
        deadline = time.monotonic() + 60
        while len(server.kernels()) > 2 and time.monotonic() < deadline:
            time.sleep(0.5)
        assert len(server.kernels()) <= 2  # the warm ones
        log = server.journal()
        assert "REFUSED" not in log and " 500 " not in log and "kernel_ended_died" not in log
    finally:
        server.end()


def family_memory(server: Server) -> float:
    """Return the memory of the server and its kernels in MB, what they share divided between them."""
    total = 0
    for process in server.family():
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 1e6
