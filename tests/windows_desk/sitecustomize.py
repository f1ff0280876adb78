"""What the modules of jixiao see of the system when this folder is on PYTHONPATH: a Windows without anything of POSIX.

Only what jixiao's own modules import is changed; the libraries below it know the machine they run on. A module that
names what Windows lacks fails here as it would fail there: with an ImportError or an AttributeError.
"""

import builtins
import os
import signal
import socket
import sys
import types

_LACKING = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "posix", "crypt"}
_NAMES = {
    os: {
        *(
            "fork",
            "forkpty",
            "getuid",
            "geteuid",
            "getgid",
            "getegid",
            "getgroups",
            "setsid",
            "killpg",
            "getpgid",
            "getpgrp",
        ),
        *(
            "getsid",
            "mkfifo",
            "mknod",
            "nice",
            "chown",
            "fchown",
            "fchmod",
            "lchown",
            "statvfs",
            "sysconf",
            "getloadavg",
        ),
        *("WNOHANG", "waitid", "wait", "wait3", "wait4", "uname", "ttyname", "register_at_fork", "sched_getaffinity"),
        *("sched_setaffinity", "O_NONBLOCK", "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "pread", "pwrite", "sendfile"),
        *(
            "setuid",
            "setgid",
            "chroot",
            "pipe2",
            "posix_fadvise",
            "posix_fallocate",
            "setpriority",
            "getpriority",
            "sync",
        ),
    },
    signal: {
        *("SIGKILL", "SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGQUIT", "SIGPIPE", "SIGSTOP", "SIGCONT"),
        *("alarm", "setitimer", "pthread_sigmask", "sigwait", "pause"),
    },
    socket: {"AF_UNIX", "socketpair_unix", "send_fds", "recv_fds", "SCM_RIGHTS", "MSG_DONTWAIT", "SO_REUSEPORT"},
    sys: set(),
}
_SAID = {os: {"name": "nt"}, sys: {"platform": "win32"}}


def _no_link(*_, **__):
    raise OSError(1314, "A required privilege is not held by the client")


def _seen(module):
    """Return a module as jixiao sees it."""
    seen = types.ModuleType(module.__name__)

    def missing(name):
        if name in _NAMES[module]:
            raise AttributeError(f"module '{module.__name__}' has no attribute '{name}' on Windows")
        return getattr(module, name)

    seen.__getattr__ = missing
    seen.__dict__.update(_SAID.get(module, {}))
    return seen


_VIEWS = {module.__name__: _seen(module) for module in _NAMES}
_import = builtins.__import__


def _import_as_there(name, globals=None, locals=None, fromlist=(), level=0):
    asking = (globals or {}).get("__name__") or ""
    spec = (globals or {}).get("__spec__")
    asking = spec.name if asking == "__main__" and spec is not None else asking
    if asking.split(".")[0] == "jixiao" and level == 0:
        if name in _LACKING:
            raise ImportError(f"No module named '{name}' on Windows")
        if name in _VIEWS:
            return _VIEWS[name]
    return _import(name, globals, locals, fromlist, level)


builtins.__import__ = _import_as_there

# A link needs a right there that an ordinary user does not have, and no file name holds any of these signs.
import pathlib  # noqa: E402

pathlib.Path.symlink_to = _no_link
_audited = {"open", "os.mkdir", "os.rename"}


def _look(event, arguments):
    if event not in _audited:
        return
    for path in arguments[:2] if event == "os.rename" else arguments[:1]:
        if not isinstance(path, str) or not path.startswith(os.environ.get("JIXIAO_WATCHED", "\0")):
            continue
        mode = arguments[1] if event == "open" else "w"
        for part in path.removeprefix(os.environ["JIXIAO_WATCHED"]).split("/") if "r" not in str(mode) else ():
            if set(part) & set('\\:*?"<>|') or (part != part.rstrip(" .") and part not in {".", ".."}):
                raise OSError(22, "Invalid argument on Windows", path)
        if len(path) >= 260:
            raise OSError(206, "The filename or extension is too long on Windows", path)


if os.environ.get("JIXIAO_WATCHED"):
    sys.addaudithook(_look)
