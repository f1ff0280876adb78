"""The one door to what not every system has (进程与系统): sessions, limits, signals, locks, pipes, forks.

Everything that only POSIX knows is asked for here and nowhere else, each with a substitute that works on Windows:
ordinary kernels instead of forked ones, a file lock instead of a shared one, a job with a time limit instead of a limit
of memory, TCP instead of sockets in a folder. A test runs the main job with all of it taken away.
"""

from __future__ import annotations

import atexit
import contextlib
import getpass
import hashlib
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio

IS_WINDOWS = sys.platform == "win32"
"""Whether this is Windows; asked here only."""


def can_fork() -> bool:
    """Say whether this system can fork kernels (派生内核); elsewhere ordinary ones are started.

    Example:
        >>> can_fork() in (True, False)
        True
    """
    return hasattr(os, "fork") and hasattr(socket, "AF_UNIX") and hasattr(os, "killpg") and not IS_WINDOWS


def user_name() -> str:
    """Return the name of the user of this process (操作人), as the system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else ""


def is_root() -> bool:
    """Say whether this process is the administrator of a POSIX system (root), for whom browsers need a switch."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def is_open_to_others(path: Path) -> bool:
    """Say whether other users may read a file (可被他人读取); Windows keeps a user's folder to the user by itself."""
    return not IS_WINDOWS and bool(path.stat().st_mode & 0o077)


def is_open_to_strangers(path: Path) -> bool:
    """Say whether others can read a file or its group change it (可被他人读取).

    What belongs to the system may be read by a group of servers; what belongs to a user by that user alone.
    """
    if IS_WINDOWS:
        return False
    found = path.stat()
    return bool(found.st_mode & (0o077 if found.st_uid == os.geteuid() and found.st_uid else 0o027))


_FOREIGN = (
    *("JUPYTER", "JPY_", "VOILA", "NBCONVERT", "PAPERMILL", "TRAITLETS", "IPYTHON", "IPY_", "MPL", "MATPLOTLIB"),
    *("PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONCASEOK", "PYDEVD", "LESSOPEN", "TORNADO"),
    "SSLKEYLOGFILE",  # would write the keys of encrypted connections into a file
)
"""How the variables begin by which a library underneath takes another password, another kernel or code to run."""


def own_environment(environment: Mapping[str, str] | None = None, /, **more: str) -> dict[str, str]:
    """Return an environment (环境变量) without what would tell the libraries underneath otherwise than we do.

    Args:
        environment: That of this process when None.
        more: What is told them instead.

    Example:
        >>> own_environment({"JUPYTER_TOKEN": "x", "JIXIAO_HOME": "y"}, IPYTHONDIR="z")
        {'JIXIAO_HOME': 'y', 'IPYTHONDIR': 'z'}
    """
    given = os.environ if environment is None else environment
    return {**{name: value for name, value in given.items() if not name.upper().startswith(_FOREIGN)}, **more}


def forget_foreign() -> None:
    """Take those variables out of the environment of this process, before any such library is imported."""
    for name in set(os.environ) - set(own_environment()):
        del os.environ[name]


def limit_memory(megabytes: int) -> None:
    """Limit the memory of this process (内存上限), where the system can; elsewhere its time limit has to do."""
    try:
        import resource
    except ImportError:
        return
    wanted, hard = megabytes * 1_000_000, resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def most_memory() -> int:
    """Return the most memory this process has held so far, in MB (内存峰值); 0 where the system does not tell.

    ``getrusage`` would tell that of the process it was forked from.

    Example:
        >>> most_memory() >= 0
        True
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    peak = status.partition("VmHWM:")[2].split()
    return int(peak[0]) // 1_000 if peak else 0


def can_limit() -> bool:
    """Say whether this system can limit a process that runs already (能否限制运行中的进程): Linux alone can.

    Example:
        >>> can_limit() in (True, False)
        True
    """
    try:
        import resource
    except ImportError:
        return False
    return hasattr(resource, "prlimit")


def limit_process(process: int, *, megabytes: int, seconds: int = 0) -> bool:
    """Limit what a process may still take (限制进程): the memory it writes to, and its time of the processor.

    Memory that cannot be had is a ``MemoryError`` there; at the end of its time the process ends.

    Args:
        process: Its number; what it starts later has the same limits.
        megabytes: Memory that may be written, without what is only mapped.
        seconds: Time of the processor since its start; 0 for any.

    Returns:
        Whether it is limited now: False where the system cannot, or the process has ended.
    """
    if not can_limit():
        return False
    import resource

    wanted_of = {resource.RLIMIT_DATA: megabytes * 1_000_000, **({resource.RLIMIT_CPU: seconds} if seconds else {})}
    try:
        for kind, wanted in wanted_of.items():
            hard = resource.prlimit(process, kind)[1]
            limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.prlimit(process, kind, (limit, limit))
    except (OSError, ValueError):
        return False
    return True


def apart(*, megabytes: int = 0) -> dict[str, Any]:
    """Return how ``subprocess.Popen`` starts a child apart from this one's console (单独的进程组), so a Ctrl-C is ours.

    Args:
        megabytes: A limit of its memory, where the system can; 0 for that of this process.

    Example:
        >>> len(apart()) == 1
        True
    """
    if IS_WINDOWS:
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    limited = {"preexec_fn": lambda: limit_memory(megabytes)} if megabytes else {}
    return {"start_new_session": True, **limited}


def run_apart(command: list[str], *, folder: Path, environment: dict[str, str], seconds: float, megabytes: int) -> bool:
    """Run a program in limited time and memory (限时运行), and say whether it ended in time; nothing of it is left.

    Args:
        command: The program with its arguments.
        folder: Where it works.
        environment: Its whole environment.
        seconds: How long it may take.
        megabytes: How much memory it may have, where the system can limit it.
    """
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        env=environment,
        **apart(megabytes=megabytes),
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    finally:
        end_tree(process)
    return True


def end_tree(process: subprocess.Popen[Any]) -> None:
    """End a child that was started apart, and everything it started (结束整组进程), at once."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        with contextlib.suppress(OSError):  # where there is none, at least the child itself is ended
            command = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(command, capture_output=True, timeout=10, check=False)
        process.kill()
    process.wait()


PACKAGE = Path(__file__).resolve().parents[2]
"""Where the package lies; a child takes it from the same place."""
Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


class Child(Generic[Asked, Answered]):
    """A child process that answers over its pipes (子进程), one request at a time, each in limited time.

    A child that is too slow, dies or answers with half a message is ended, and costs only what it was asked.

    Args:
        command: How it is started; the package and no file lying about is what it imports.
        send: Writes a request into its pipe.
        receive: Reads an answer from its pipe; EOFError when it is not whole.
        environment: Beside that of this process.
        is_apart: Whether it is started apart from the console and ended at once, with everything it started; else it
            is asked to end first, and has a second for what it started.
        stderr: As for ``subprocess.Popen``.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        send: Callable[[IO[bytes], Asked], None],
        receive: Callable[[IO[bytes]], Answered],
        environment: Mapping[str, str] | None = None,
        is_apart: bool = False,
        stderr: int | None = None,
    ) -> None:
        self._send, self._receive, self._is_apart = send, receive, is_apart
        paths = [str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])]
        safe = {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(paths)}
        self.is_late = False
        self.process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**own_environment(), **(environment or {}), **safe},
            **(apart() if is_apart else {}),
        )

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def ask(self, request: Asked, seconds: float) -> Answered | None:
        """Return the answer to one request; None when the child was too slow or ended, and then it is gone."""
        timer = threading.Timer(seconds, self._stop_late)
        timer.start()
        try:
            assert self.process.stdin is not None and self.process.stdout is not None
            self._send(self.process.stdin, request)
            return self._receive(self.process.stdout)
        except (OSError, EOFError, ValueError):
            self.end()
            return None
        finally:
            timer.cancel()

    def end(self) -> None:
        """End the process and close its pipes."""
        self._stop()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()

    def _stop_late(self) -> None:
        self.is_late = True
        self._stop()

    def _stop(self) -> None:
        if not self.is_alive:
            return
        if self._is_apart:
            end_tree(self.process)
            return
        self.process.terminate()
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Unanswered(Enum):
    """Why a child has not answered (没有回答的原因)."""

    NEVER_STARTED = "it did not say that it is ready"
    TOO_LATE = "it was stopped at the end of its time"
    ENDED = "it died, or what it said is no answer"


READY = b"ready"
"""The line a child of a pool writes once it has imported everything: what it is asked is timed from there."""


class ChildPool(Generic[Asked, Answered]):
    """The idle children of one kind (空闲子进程): each is kept for the next request and ends with this process.

    A child that was started under other settings, died or was late is ended and replaced. A fork of this process has
    children of its own.

    Args:
        start: Starts a child; its first line is ``ready``.
        settings: What the children depend on, and take over only when they are started.
        is_spent: Says of an answer whether its child is not to be asked again.
    """

    def __init__(
        self,
        start: Callable[[], Child[Asked, Answered]],
        settings: Callable[[], Hashable],
        *,
        is_spent: Callable[[Answered], bool] = lambda _: False,
    ) -> None:
        self._start, self._settings, self._is_spent = start, settings, is_spent
        self._kept: dict[int, queue.LifoQueue[tuple[Hashable, Child[Asked, Answered]]]] = {}

    def ask(self, request: Asked, seconds: float) -> Answered | Unanswered:
        """Return what an idle child answers, or one that is started for it; else why there is no answer."""
        settings = self._settings()
        child = self._take(settings)
        if child is None:
            return Unanswered.NEVER_STARTED
        try:
            answer = child.ask(request, seconds)
        except BaseException:  # given up in the middle: what comes next over its pipes answers nothing
            child.end()
            raise
        if answer is None:
            return Unanswered.TOO_LATE if child.is_late else Unanswered.ENDED
        if child.is_late or self._is_spent(answer):  # late: the answer came while it was being stopped
            child.end()
        else:
            self._idle().put((settings, child))
        return answer

    def idle(self) -> list[Child[Asked, Answered]]:
        """Return the children that wait now."""
        return [child for _, child in self._idle().queue]

    def close(self) -> None:
        """End the children that wait; the next request starts another."""
        self._end(os.getpid())

    def _idle(self) -> queue.LifoQueue[tuple[Hashable, Child[Asked, Answered]]]:
        process = os.getpid()
        if process not in self._kept:
            made: queue.LifoQueue[tuple[Hashable, Child[Asked, Answered]]] = queue.LifoQueue()
            if self._kept.setdefault(process, made) is made:  # one thread alone makes it
                atexit.register(self._end, process)
        return self._kept[process]

    def _end(self, process: int) -> None:
        while process == os.getpid() and not self._idle().empty():  # a fork leaves the children of its parent alone
            self._idle().get_nowait()[1].end()

    def _take(self, settings: Hashable) -> Child[Asked, Answered] | None:
        while True:
            try:
                started_under, child = self._idle().get_nowait()
            except queue.Empty:
                break
            if started_under == settings and child.is_alive:
                return child
            child.end()
        child = self._start()
        assert child.process.stdout is not None
        if child.process.stdout.readline(len(READY) + 2).strip() == READY:
            return child
        child.end()
        return None


def ask_to_end(process: subprocess.Popen[Any]) -> None:
    """Ask a child that was started apart to end in order (请求结束)."""
    if IS_WINDOWS and hasattr(signal, "CTRL_BREAK_EVENT"):
        with contextlib.suppress(OSError):
            process.send_signal(signal.CTRL_BREAK_EVENT)  # ``terminate`` would be ``kill`` there
            return
    process.terminate()


def on_end(loop: asyncio.AbstractEventLoop, act: Callable[[], object]) -> None:
    """Call a function inside the loop once this process is asked to end (收到结束请求时)."""
    names = ("SIGTERM", "SIGINT", "SIGBREAK")
    for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
        try:
            loop.add_signal_handler(number, act)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))


def is_alive(process: int) -> bool:
    """Say whether a process of this machine is alive (进程是否存在); where that cannot be asked, it may be.

    Example:
        >>> is_alive(os.getpid())
        True
    """
    if IS_WINDOWS:
        return _is_alive_there(process)
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _is_alive_there(process: int) -> bool:
    """Ask Windows for a process; ``os.kill`` would end it."""
    import ctypes

    system = getattr(ctypes, "windll", None)
    if system is None:
        return True
    handle = system.kernel32.OpenProcess(_MAY_WAIT, False, process)
    if not handle:
        return bool(system.kernel32.GetLastError() == _NOT_ALLOWED)
    still_runs = system.kernel32.WaitForSingleObject(handle, 0) == _NOT_ENDED
    system.kernel32.CloseHandle(handle)
    return bool(still_runs)


_MAY_WAIT, _NOT_ALLOWED, _NOT_ENDED = 0x100000, 5, 258
"""What Windows calls the right to wait for a process, a right that is refused, and a wait that is not over."""


def flush_folder(folder: Path) -> None:
    """Put the names in a folder on the disk (落盘), where a folder can be opened."""
    if IS_WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def kernel_lines(folder: Path | None = None) -> dict[str, str]:
    """Return how kernels are talked to (内核通信方式): over sockets, in a folder of their own, or TCP.

    Two kernels could meet on one port of TCP; in folders of their own they cannot.
    """
    if IS_WINDOWS:
        return {}
    return {"transport": "ipc", **({"ip": str(folder / "line")} if folder else {})}


_numbers = count(1)


@contextlib.contextmanager
def hold(path: Path) -> Iterator[IO[bytes]]:
    """Hold a file open beside other readers (共享占用), so that :func:`is_held` says so until the end of the block."""
    with path.open("rb") as handle:
        try:
            import fcntl
        except ImportError:
            from filelock import FileLock

            _marks(path).parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{_marks(path)}.{os.getpid()}.{next(_numbers)}.lock"):
                yield handle
            return
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield handle


def is_held(path: Path) -> bool:
    """Say whether some process of this machine holds a file (是否被占用)."""
    try:
        import fcntl
    except ImportError:
        return any(_is_locked(mark) for mark in _marks(path).parent.glob(f"{_marks(path).name}.*.lock"))
    with path.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _marks(path: Path) -> Path:
    """Return how the names of the locks of a file's readers begin."""
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / "jixiao-held" / name


def _is_locked(mark: Path) -> bool:
    from filelock import FileLock, Timeout

    try:
        with FileLock(mark, timeout=0):
            pass
    except Timeout:
        return True
    with contextlib.suppress(OSError):
        mark.unlink(missing_ok=True)
    return False


_LOOK_EVERY = 0.1
"""Seconds between two looks into a letterbox, where no pipe tells."""


class Letterbox:
    """A place for one short message to another process (信箱): a pipe with a name, or a file that appears."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pipe: int | None = None
        if hasattr(os, "mkfifo"):
            os.mkfifo(path, 0o600)
            self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)  # held open: what is written waits for its reader

    def put(self, message: bytes) -> None:
        """Put the message in; less than 4,096 bytes arrive whole."""
        if self._pipe is not None:
            os.write(self._pipe, message)
            return
        beside = self.path.with_name(f".{self.path.name}")
        beside.write_bytes(message)
        os.replace(beside, self.path)

    def close(self) -> None:
        """Remove the box."""
        if self._pipe is not None:
            os.close(self._pipe)
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def on_message(path: Path, act: Callable[[bytes], object]) -> None:
    """Call a function of this process's loop once, with the message that comes into a letterbox (来信时执行)."""
    import asyncio

    loop = asyncio.get_event_loop()
    if hasattr(os, "mkfifo"):
        pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

        def read() -> None:
            loop.remove_reader(pipe)
            message = os.read(pipe, 4_096)
            os.close(pipe)
            act(message)

        loop.add_reader(pipe, read)
        return

    def look() -> None:
        if path.is_file():
            act(path.read_bytes())
        elif path.parent.is_dir():
            loop.call_later(_LOOK_EVERY, look)

    loop.call_soon(look)
