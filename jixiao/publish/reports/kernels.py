"""Kernels forked from a process that has already imported everything (派生内核); papermill and nbclient stay untouched.

:func:`start` forks a server while the process still has one thread. The server does nothing but wait: for each request
over a unix socket it forks a child, and the child reads the request, becomes an ordinary ipykernel and ends with its
report. :class:`ForkedKernel` is the ``jupyter_client`` provisioner that asks for such a child; it is named by the entry
point ``jixiao-forked`` and chosen by an environment variable, so that the executed notebook names no special kernel.

What a report may see goes along with the request: ``jixiao.evaluate(place)`` in the kernel gives exactly these results.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import queue
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets.config import Config

from jixiao.builds.handover import unpack_results
from jixiao.builds.run import hand_over

NAME = "jixiao-forked"
CHOICE = "JUPYTER_DEFAULT_PROVISIONER_NAME"
"""The environment variable by which jupyter_client takes another provisioner."""

_OF_KERNELS = (
    "bdb",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.utils.wildcard",
    "pandas.core.methods.to_dict",
    "tornado.platform.asyncio",
)
"""Modules that a kernel would import for itself, each time."""

_address: Path | None = None
_handed: tuple[str, bytes] = ("", b"")


def start(*, private: tuple[int, ...] = ()) -> None:
    """Fork the server; call it with everything imported and before there is a second thread.

    Args:
        private: File descriptors of this process that no kernel may hold.
    """
    global _address
    address = Path(tempfile.mkdtemp(prefix="jixiao-")) / "kernels"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    listener.listen(8)
    ours, theirs = os.pipe()
    _kernel_class()
    gc.collect()
    gc.freeze()  # what is there now is not looked at again, so its memory stays shared
    if os.fork() == 0:
        try:
            for number in (theirs, *private):
                os.close(number)
            _serve(listener, ours, address)
        finally:
            os._exit(1)
    os.close(ours)  # `theirs` stays open as long as this process lives; its end is the end of the server
    listener.close()
    _address = address
    # Found by its entry point too; a tree that is run without being installed has none.
    entry = EntryPoint(NAME, f"{__name__}:{ForkedKernel.__name__}", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.instance().provisioners[NAME] = entry
    os.environ[CHOICE] = NAME


def _serve(listener: socket.socket, life: int, address: Path) -> None:
    """Fork a child for each connection until the process that started the server is gone."""
    os.setsid()
    while True:
        ready = select.select([listener.fileno(), life], [], [], 0.5)[0]
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if life in ready:
            address.unlink(missing_ok=True)
            address.parent.rmdir()
            os.killpg(0, signal.SIGKILL)
        if listener.fileno() not in ready:
            continue
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            os.close(life)
            _become_kernel(connection)
        connection.close()


def _become_kernel(connection: socket.socket) -> None:
    """Read one request and be its kernel; the connection stays open until this process ends, however it ends."""
    status = 1
    try:
        with connection.makefile("rb") as stream:
            request = json.loads(stream.readline())
            handed = stream.read(request["size"])
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        sys.argv = ["ipykernel_launcher", "-f", request["connection_file"]]
        if handed:
            hand_over(request["place"], unpack_results(handed))
        import numpy

        numpy.random.seed()  # else every report would draw the same numbers
        config = Config({"HistoryManager": {"enabled": False}})
        app = _kernel_class().instance(
            connection_file=request["connection_file"],
            parent_handle=os.getppid(),
            capture_fd_output=False,
            config=config,
        )
        app.initialize([])
        connection.sendall(str(os.getpid()).encode() + b"\n")  # it listens, so nobody has to try again
        app.start()
        status = 0
    finally:
        os._exit(status)


@cache
def _kernel_class() -> Any:
    """Return the kernel of a report: an ordinary one that reads no settings of a user and cannot be debugged."""
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]  # to import it takes longer than the kernel
    for name in _OF_KERNELS:
        import_module(name)
    from ipykernel.kernelapp import IPKernelApp

    class ReportKernel(IPKernelApp):
        def parse_command_line(self, argv: Any = None) -> None: ...

        def load_config_file(self, *_: Any, **__: Any) -> None: ...

        def init_pdb(self) -> None: ...

        def init_extensions(self) -> None: ...

        def init_code(self) -> None: ...

    return ReportKernel


class _Process:
    """A forked kernel as far as a provisioner wants a ``subprocess.Popen``; it is no child of this process."""

    stdin = stdout = stderr = None

    def __init__(self, request: dict[str, Any]) -> None:
        self.returncode: int | None = None
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(_address))
        place, handed = _handed
        self._line.sendall(json.dumps({**request, "place": place, "size": len(handed)}).encode() + b"\n" + handed)
        with self._line.makefile("rb") as stream:
            answer = stream.readline()
        if not answer:
            raise RuntimeError("the kernel ended before it began")
        self.pid = int(answer)

    def poll(self) -> int | None:
        """Return None while the kernel runs: its end closes the connection."""
        if self.returncode is None:
            with contextlib.suppress(BlockingIOError):
                if not self._line.recv(1, socket.MSG_DONTWAIT):
                    self.returncode = 1
                    self._line.close()
        return self.returncode

    def wait(self) -> int | None:
        """Return how it ended; the provisioner has polled until it did."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal; a kernel that has ended gets none, its number may be another's by now."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class ForkedKernel(LocalProvisioner):
    """The provisioner: everything as for a kernel on this machine, except how the process comes to be."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Ask the server for a kernel; ``cmd`` is what would have been started."""
        assert self.parent is not None
        request = {
            "connection_file": self.parent.connection_file,
            "env": dict(kwargs.get("env") or os.environ),
            "cwd": str(kwargs.get("cwd") or Path.cwd()),
        }
        self.process: Any = _Process(request)
        self.pid = self.process.pid
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the end in small steps: it has been told to end."""
        while self.process and self.process.poll() is None:
            await asyncio.sleep(0.005)
        self.process = None
        return 0


class ForkedKernelClient(AsyncKernelClient):
    """The client of such a kernel. The usual one waits at the beginning until nothing has come for 0.2 s."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its outputs arrive."""
        deadline = time.monotonic() + (timeout or float("inf"))
        while True:
            self.kernel_info()
            with contextlib.suppress(queue.Empty):
                self._handle_kernel_info_reply(await self.get_shell_msg(timeout=1))
                await self.get_iopub_msg(timeout=0.2)
                return
            if not await self.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the kernel does not answer")


def client_settings() -> dict[str, str]:
    """Return by which client the kernels of this process are talked to."""
    is_forked = os.environ.get(CHOICE) == NAME
    return {"client_class": f"{__name__}.{ForkedKernelClient.__name__}"} if is_forked else {}


@contextlib.contextmanager
def handing(place: str, packed: bytes) -> Iterator[None]:
    """Give the kernels started inside this block their results under the name of a place (随内核交付数据)."""
    global _handed
    _handed = (place, packed)
    try:
        yield
    finally:
        _handed = ("", b"")
