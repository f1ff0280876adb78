"""How a kernel learns what the server wants of it (访问), so that nothing is asked over the network.

A warm kernel learns by a pipe of its own that a visitor came.

The server opens the pipe of a kernel before the kernel starts, and writes the query of the address into it when the
page is given away. The notebook calls :func:`on_visit`; in JupyterLab, papermill and nbconvert there is no pipe and
nothing happens.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

from jixiao.core.processes import Letterbox, on_message

VARIABLE = "JIXIAO_VISIT"
BOARDS_VARIABLE = "JIXIAO_BOARDS"
"""Environment variable that names where a notebook run for everybody puts the files of its page."""
BOARDS_ADDRESS = "/boards/"
"""Where browsers find these files."""
LONGEST = 2_000
"""Signs of a query that are passed on; one write of less than 4,096 bytes arrives whole."""


class Announcement(Letterbox):
    """The server's end of one letterbox."""

    def announce(self, query: str) -> None:
        """Tell the kernel that its visitor came, with the query of the address."""
        asked = dict(parse_qsl(query[:LONGEST], max_num_fields=20)) if query.count("&") < 20 else {}
        text = json.dumps(asked, ensure_ascii=False).encode()
        self.put((text if len(text) < 4_000 else b"{}") + b"\n")


def on_visit(act: Callable[[dict[str, str]], None]) -> None:
    """Call a function once, when the visitor of this kernel has come, with the query of the address (到访时执行).

    The notebook goes on at once and the page is prepared without the visitor; the function then changes the widgets.

    Example:
        >>> on_visit(print)  # not under the server: nothing happens
    """
    name = os.environ.pop(VARIABLE, "")  # One visitor, one call.
    if not name:
        return
    on_message(Path(name), lambda text: act(json.loads(text)))
