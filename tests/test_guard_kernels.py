"""The kernel of a page has a limit of memory and of the processor's time: reached, the page says so, others go on."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest
from conftest import scored_place
from dashboard_server import ROOT, WHAT_IF, Server, Visitor, answer_of, message

from jixiao.builds.run import build
from jixiao.core import processes
from jixiao.core.processes import can_limit, limit_process
from jixiao.publish.server.settings import declared
from jixiao.whatif import panel as panels
from jixiao.whatif.panel import ScenarioPanel

pytestmark = pytest.mark.skipif(not can_limit(), reason="this system limits no process that runs")

THREADS = "from threading import *; import time\nwhile True: Thread(target=time.sleep, args=(99,), daemon=True).start()"
EATERS = {
    "one text": "x = 'a' * 2_000_000_000",
    "many lists": "x = []\nwhile True: x.append([0] * 1_000_000)",
    "a table": "import numpy; x = numpy.ones(600_000_000)",
    "many threads": THREADS,
    "what it starts": "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'x = b\"a\" * 2_000_000_000'])",
}


@pytest.mark.parametrize("eater", EATERS)
def test_memory_ends_at_the_limit(eater):
    code = f"input()\n{EATERS[eater]}"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert limit_process(child.pid, megabytes=500, seconds=60)
        _, said = child.communicate("\n", timeout=60)
        assert child.returncode and ("MemoryError" in said or "can't start new thread" in said), said
    finally:
        processes.end_tree(child)


@pytest.mark.parametrize("code", ["while True: pass", "while True:\n    try: 1 / 0\n    except BaseException: pass"])
def test_the_time_of_the_processor_ends_at_the_limit(code):
    child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    try:
        assert limit_process(child.pid, megabytes=500, seconds=1)
        assert child.wait(60) < 0
    finally:
        processes.end_tree(child)


def test_where_nothing_can_be_limited_it_is_said(monkeypatch, capsys):
    assert not limit_process(2**22 + 1, megabytes=500, seconds=1)
    monkeypatch.setitem(sys.modules, "resource", None)
    assert not can_limit() and not limit_process(1, megabytes=500, seconds=1)
    assert "不能限制" in declared()["words"]["unlimited"]


def test_a_panel_without_memory_says_so_and_goes_on(monkeypatch):
    panel = ScenarioPanel(scored_place("data/sample"))
    before = panel.message.value

    def eat(*_: Any, **__: Any) -> Any:
        raise MemoryError

    for name in ("compare", "show_totals"):
        with monkeypatch.context() as patch:
            patch.setattr(panels, name, eat)
            panel.grades["excellent"].value = 99
            assert "所需内存超过本页的上限" in panel.message.value and panel.result.value == ""
        panel.reset.click()
        assert panel.message.value == before
    with monkeypatch.context() as patch:
        patch.setattr(panels, "write_comparison", eat)
        panel.save.click()
        assert "所需内存超过本页的上限" in panel.link.value


async def change_on(socket: Any, kernel: psutil.Process, most: int) -> int:
    """Change the profile again and again until the kernel answers no more; return how often it did."""
    opened = {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}}
    await socket.write_message(json.dumps({**message("comm_open", opened), "metadata": {"version": "1.0.0"}}))
    asked = {"comm_id": "control", "data": {"method": "request_states"}}
    await socket.write_message(json.dumps(message("comm_msg", asked)))
    states = (await answer_of(socket, "comm_msg", 60))["data"]["states"]
    chooser = next(
        number
        for number, state in states.items()
        if state["state"].get("description") == panels.words()["panel"]["profile"]
    )
    for turn in range(most):
        state = {"index": 1 - turn % 2}
        change = {"comm_id": chooser, "data": {"method": "update", "state": state, "buffer_paths": []}}
        await socket.write_message(json.dumps(message("comm_msg", change)))
        said = ""
        while "总分" not in said:
            try:
                said = str((await answer_of(socket, "comm_msg", 1))["data"].get("state", {}).get("value"))
            except TimeoutError:
                if not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE:
                    return turn
    return most


def test_one_page_at_its_limit_ends_and_says_so_and_others_go_on(tmp_path):
    build(ROOT / "data" / "sample", tmp_path / "built")
    logs = tmp_path / "logs"
    logs.mkdir()
    limits = {"kernel_cpu_seconds": 9_999, "leave_seconds": 30}
    server = Server(tmp_path / "built", logs=logs, pages={WHAT_IF: 0}, board="", limits=limits)
    try:
        eager, idle, stranger = Visitor(server), Visitor(server), Visitor(server)
        page = eager.enter()
        told = json.loads(re.search(r'"limited": ("[^"]*")', page)[1])
        assert "每页的内存上限（3000 MB）或处理器时间上限（9999 秒）" in told and "其他人的页面不受影响" in told
        idle.enter()
        kernel, other = (process_of(server, visitor) for visitor in (eager, idle))
        import resource

        assert resource.prlimit(kernel.pid, resource.RLIMIT_DATA) == (3_000_000_000, 3_000_000_000)
        assert resource.prlimit(other.pid, resource.RLIMIT_CPU) == (9_999, 9_999)
        stranger.ask("/")

        async def both() -> int:
            sockets = [await visitor.connect() for visitor in (eager, idle)]
            used = int(sum(kernel.cpu_times()[:2])) + 2
            assert limit_process(kernel.pid, megabytes=3_000, seconds=used)
            done = await change_on(sockets[0], kernel, 500)
            assert await change_on(sockets[1], other, 2) == 2  # the other page goes on
            return done

        assert asyncio.run(both()) < 500
        deadline = time.monotonic() + 30
        while eager.ask(f"/api/kernels/{eager.kernel_id}")[0] == 200 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert eager.ask(f"/api/kernels/{eager.kernel_id}")[0] == 410
        assert stranger.ask(f"/api/kernels/{eager.kernel_id}")[0] == 404  # told to nobody else
        assert other.is_running() and "kernel_ended_died" in server.journal()
    finally:
        server.end()


def process_of(server: Server, visitor: Visitor) -> psutil.Process:
    return next(one for one in server.kernels() if visitor.kernel_id in " ".join(one.cmdline()))
