"""The main job on a desk with Windows: without anything of POSIX, with names and paths that are valid there."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PACKAGE, ROOT

DESK = Path(__file__).with_name("windows_desk")
POSIX_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "posix"}
POSIX_NAMES = {
    *("fork", "getuid", "geteuid", "setsid", "killpg", "mkfifo", "WNOHANG", "O_NONBLOCK", "SIGKILL", "AF_UNIX"),
    *("preexec_fn", "start_new_session", "add_signal_handler", "statvfs", "fchmod", "uname", "add_reader"),
}
FORKING = PACKAGE / "publish" / "reports" / "kernels.py"
"""The server that forks kernels; it is only asked where ``processes.can_fork`` says yes."""


def run(code, *arguments, folder, watched=""):
    """Run a program as on Windows and return what it printed."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(DESK), str(ROOT)]),
        "JIXIAO_HOME": str(folder),
        "JIXIAO_WATCHED": str(watched),
    }
    done = subprocess.run(
        [sys.executable, *code, *map(str, arguments)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_what_only_posix_has_stands_behind_one_door():
    found = []
    for path in PACKAGE.rglob("*.py"):
        if path in {PACKAGE / "core" / "processes.py", FORKING}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names if alias.name in POSIX_MODULES]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module] if node.module in POSIX_MODULES else []
            elif isinstance(node, ast.Attribute):
                names = [node.attr] if node.attr in POSIX_NAMES else []
            elif isinstance(node, ast.keyword):
                names = [node.arg] if node.arg in POSIX_NAMES else []
            elif isinstance(node, ast.Constant):
                names = [node.value] if node.value in ("win32", "ipc", "nt") else []
            found += [f"{path.relative_to(PACKAGE)}:{node.lineno}: {name}" for name in names]
    assert found == []


def test_the_desk_lacks_what_windows_lacks(tmp_path):
    """The test can fail: what a module of jixiao names of POSIX is an error there."""
    said = run(
        ["-c"],
        "import jixiao.core.processes as door; scope = {'__name__': 'jixiao.made_up'}\n"
        "for code in ('import fcntl', 'import os; os.fork', 'import signal; signal.SIGKILL',"
        " 'from os import getuid'):\n"
        "    try:\n"
        "        exec(code, dict(scope))\n"
        "    except (ImportError, AttributeError):\n"
        "        print('refused')\n"
        "print(door.IS_WINDOWS, door.can_fork(), door.is_root(), door.kernel_lines())",
        folder=tmp_path,
    )
    assert said.split("\n")[:5] == ["refused"] * 4 + ["True False False {}"]


def test_the_main_job_is_done_without_posix(tmp_path):
    """Read, build, audit, report, verify, trace and the static pages of the sample; every name is valid on Windows."""
    place = tmp_path / "data" / "source"
    shutil.copytree(ROOT / "data" / "sample" / "2024", place / "2024")
    command = ["-m", "jixiao"]
    forms = sorted(place.rglob("*.xlsx"))
    said = run(command, "read", *forms, folder=tmp_path, watched=tmp_path)
    assert "示例农村公路养护项目" in said
    said = run(command, "build", folder=tmp_path, watched=tmp_path)
    assert "构建结果" in said
    said = run(command, "audit", "--format", "json", folder=tmp_path, watched=tmp_path)
    assert json.loads(said)
    said = run(command, "report", "--all", "--workers", "2", folder=tmp_path, watched=tmp_path)
    assert "0 份失败" in said and "新生成 0 份" not in said
    documents = list((tmp_path / "reports").rglob("*.docx"))
    assert len(documents) >= 4 and any(path.with_suffix(".html").is_file() for path in documents)
    assert "一致" in run(command, "verify", folder=tmp_path)
    assert "514.8" in run(command, "trace", "农村公路", "预算执行率", "--evaluation", "self", folder=tmp_path)
    run(command, "dashboard", "--static", tmp_path / "site", folder=tmp_path, watched=tmp_path)
    assert (tmp_path / "site" / "index.html").is_file()


def test_a_version_that_is_read_is_not_pruned_there(tmp_path):
    said = run(
        ["-c"],
        "from pathlib import Path\n"
        "from jixiao.core.processes import hold, is_held\n"
        "path = Path('a.json'); path.write_text('{}')\n"
        "print(is_held(path))\n"
        "with hold(path), hold(path):\n"
        "    print(is_held(path))\n"
        "print(is_held(path))",
        folder=tmp_path,
    )
    assert said.split() == ["False", "True", "False"]


def test_a_job_that_takes_too_long_is_ended_there(tmp_path):
    said = run(
        ["-c"],
        "import sys, os; from pathlib import Path\n"
        "from jixiao.core.processes import run_apart\n"
        "limits = dict(folder=Path(), environment=dict(os.environ), megabytes=500)\n"
        "print(run_apart([sys.executable, '-c', ''], seconds=60, **limits))\n"
        "print(run_apart([sys.executable, '-c', 'import time; time.sleep(600)'], seconds=1, **limits))",
        folder=tmp_path,
    )
    assert said.split() == ["True", "False"]


@pytest.mark.parametrize("desk", [True, False], ids=["without pipes", "with pipes"])
def test_a_message_reaches_a_kernel_on_both_systems(tmp_path, desk):
    code = (
        "import asyncio; from pathlib import Path\n"
        "from jixiao.core.processes import Letterbox, on_message\n"
        "async def main():\n"
        "    box, come = Letterbox(Path('box')), asyncio.Event()\n"
        "    on_message(Path('box'), lambda text: (print(text.decode()), come.set()))\n"
        "    await asyncio.sleep(0)\n"
        "    box.put(b'hello')\n"
        "    await asyncio.wait_for(come.wait(), 60)\n"
        "    box.close()\n"
        "asyncio.run(main())\n"
        "print(Path('box').exists())"
    )
    if desk:
        said = run(["-c"], code, folder=tmp_path)
    else:
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        said = done.stdout
    assert said.split() == ["hello", "False"]
