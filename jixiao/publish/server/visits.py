"""How a kernel learns what the server wants of it (访问), so that nothing is asked over the network.

A warm kernel learns by a pipe of its own that a visitor came.

The server opens the pipe of a kernel before the kernel starts, and writes the query of the address into it when the
page is given away. The notebook calls :func:`on_visit`; in JupyterLab, papermill and nbconvert there is no pipe and
nothing happens.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

VARIABLE = "JIXIAO_VISIT"
BOARDS_VARIABLE = "JIXIAO_BOARDS"
"""Environment variable that names where a notebook run for everybody puts the files of its page."""
BOARDS_ADDRESS = "/boards/"
"""Where browsers find these files."""
LONGEST = 2_000
"""Signs of a query that are passed on; one write of less than 4,096 bytes arrives whole."""


class Announcement:
    """The server's end of one pipe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path, 0o600)
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)  # Held open: what is written waits for its reader.

    def announce(self, query: str) -> None:
        """Tell the kernel that its visitor came, with the query of the address."""
        asked = dict(parse_qsl(query[:LONGEST], max_num_fields=20)) if query.count("&") < 20 else {}
        text = json.dumps(asked, ensure_ascii=False).encode()
        os.write(self._pipe, (text if len(text) < 4_000 else b"{}") + b"\n")

    def close(self) -> None:
        """Remove the pipe."""
        os.close(self._pipe)
        self.path.unlink(missing_ok=True)


def on_visit(act: Callable[[dict[str, str]], None]) -> None:
    """Call a function once, when the visitor of this kernel has come, with the query of the address (到访时执行).

    The notebook goes on at once and the page is prepared without the visitor; the function then changes the widgets.

    Example:
        >>> on_visit(print)  # not under the server: nothing happens
    """
    name = os.environ.pop(VARIABLE, "")  # One visitor, one call.
    if not name:
        return
    pipe = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    loop = asyncio.get_event_loop()

    def read() -> None:
        loop.remove_reader(pipe)
        text = os.read(pipe, 4_096)
        os.close(pipe)
        act(json.loads(text))

    loop.add_reader(pipe, read)
