"""Starts the server of the dashboard (启动看板服务) in a private folder and waits for its end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import webbrowser
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from jixiao.core import processes
from jixiao.core.errors import RequestError
from jixiao.publish.server.doors import PAGES
from jixiao.publish.server.settings import Settings, check_settings, declared, is_loopback

# ``builds`` and ``figures`` are imported where they are used: the server process needs neither, nor pandas below them.
ACCESS_LOG = "dashboard_access.log"
LOGS_VARIABLE = "JIXIAO_LOGS"
"""Environment variable that names another folder than ``reports`` for what the server keeps."""


def logs_folder() -> Path:
    """Return where the server keeps things: the folder JIXIAO_LOGS, else ``reports``; it may not be writable."""
    from jixiao.core.files import workbench

    return Path(os.environ.get(LOGS_VARIABLE) or workbench() / "reports")


def log_path() -> Path:
    """Return the file that keeps what viewers are not shown, in :func:`logs_folder` when that can be written."""
    reports = logs_folder()
    return (reports if os.access(reports, os.W_OK) else Path(tempfile.gettempdir())) / "dashboard.log"


def run_dashboard(settings: Settings, *, open_browser: bool = False) -> int:
    """Serve the dashboard until Ctrl-C or SIGTERM (启动看板服务) and return the exit code.

    Args:
        settings: What to serve and to whom; ``place`` as for ``jixiao.load``, port 0 for any free one.
        open_browser: Open the page in the default browser.

    Raises:
        RequestError: The data, the host, the port, the certificate or a notebook cannot be used, or the server did
            not start.
    """
    from jixiao.core.files import find_notebook, find_place

    words, log = declared()["words"], log_path()
    certfile, keyfile = (path and str(Path(path).resolve()) for path in (settings.certfile, settings.keyfile))
    settings = replace(settings, place=str(find_place(settings.place)), certfile=certfile, keyfile=keyfile)
    notebooks = [find_notebook(page) for page in settings.notebooks]
    check_settings(settings)
    with suppress(ValueError):  # Only the main thread may.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="jixiao-") as made, log.open("ab") as record:
        private = Path(made)
        environment = _prepare(private, notebooks, settings) | {"JIXIAO_ACCESS_LOG": str(log.with_name(ACCESS_LOG))}
        server = subprocess.Popen(  # A session of its own: Ctrl-C reaches only us, and kernels end in order.
            [sys.executable, "-P", "-m", "jixiao.publish.server.app", str(private / "settings.json")],
            cwd=private / "empty",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=record,
            stderr=record,
            **processes.apart(),
        )
        try:
            while server.poll() is None and not (private / "ready").exists():
                time.sleep(0.05)
            if server.poll() is None:
                port = int((private / "ready").read_text(encoding="utf-8"))
                address = replace(settings, port=port).address
                print(words["address"].format(address=address), flush=True)
                if settings.pages and not processes.can_limit():
                    print(words["unlimited"], flush=True)
                if not (settings.is_encrypted or settings.proxies or is_loopback(settings.host)):
                    print(words["unencrypted"], flush=True)
                if open_browser:
                    webbrowser.open(address)
            if server.wait():
                raise RequestError(f"看板服务未能启动或意外结束，详细记录见 {log}")
        except KeyboardInterrupt:
            print(words["stopped"], flush=True)
        finally:  # The server ends its kernels; if it is killed, they notice by themselves.
            processes.ask_to_end(server)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
    return 0


def _prepare(private: Path, notebooks: list[Path], settings: Settings) -> dict[str, str]:
    """Lay out what the server needs in a folder of its own, and return its environment."""
    from jixiao.core.files import workbench
    from jixiao.show.figures import plotly_script

    jupyter = private / "jupyter"
    template = jupyter / "nbconvert" / "templates" / "jixiao"  # A "voila" folder here would hide the installed one.
    for name in ("served", "empty", "kernels", "visits", "boards", "runtime"):
        (private / name).mkdir()
    for notebook in notebooks:
        (private / "served" / notebook.name).write_text(_placed(notebook, settings.place), encoding="utf-8")
    shutil.copytree(PAGES / "voila" / "templates" / "jixiao", template)
    shutil.copy(plotly_script(), template / "static")
    limits = settings.limits
    told = {"memory": limits["kernel_memory_mb"], "seconds": limits["kernel_cpu_seconds"]}
    page = {name: text.format(**told) for name, text in declared()["page"].items()}
    words = json.dumps({"title": declared()["words"]["title"], **page}, ensure_ascii=False)
    (template / "words.html.j2").write_text(f"{{% set words = {words} %}}", encoding="utf-8")
    (private / "settings.json").write_text(settings.to_json(), encoding="utf-8")
    for name in ("served", "empty"):
        (private / name).chmod(0o500)
    return processes.own_environment(
        JIXIAO_HOME=str(workbench()),
        PYTHONSAFEPATH="1",
        JUPYTER_NO_CONFIG="1",
        JUPYTER_PATH=str(jupyter),
        JUPYTER_DATA_DIR=str(jupyter),
        JUPYTER_PREFER_ENV_PATH="1",
        JUPYTER_CONFIG_DIR=str(private),
        JUPYTER_RUNTIME_DIR=str(private / "runtime"),
        IPYTHONDIR=str(private / "ipython"),
        MPLCONFIGDIR=str(private / "matplotlib"),
    )


def _placed(notebook: Path, place: str) -> str:
    """Return a notebook that shows the data of a place: its parameter is set as papermill would."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            cell["source"] = f"{''.join(cell['source'])}\nplace = {place!r}"
    return json.dumps(content)
