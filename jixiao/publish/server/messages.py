"""What a visitor may send to the kernel of a page (消息): changes of widgets, nothing that runs code.

A message is read here, judged, and written anew for the kernel, so that what was judged is what the kernel gets.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from jixiao.core.kept import load_strict

VERSION_1 = "v1.kernel.websocket.jupyter.org"
PARTS = ("header", "parent_header", "metadata", "content")
MOST_BUFFERS = 16
CONTROL = "jupyter.widget.control"
METHODS = {"update", "custom", "request_state", "request_states"}
ALLOWED = {"comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request"}


def read_message(raw: bytes | str, protocol: str | None) -> tuple[str, dict[str, Any]]:
    """Return the channel and the message of one frame.

    Raises:
        ValueError: The frame is not a message.

    Example:
        >>> read_message('{"channel": "shell", "header": {"msg_type": "comm_msg"}, "content": {}}', None)[0]
        'shell'
    """
    try:
        channel, parts, buffers = _divide(raw, protocol)
    except (UnicodeDecodeError, RecursionError, KeyError, IndexError, TypeError) as error:
        raise ValueError("malformed") from error
    if not isinstance(channel, str) or not all(isinstance(part, dict) for part in parts.values()):
        raise ValueError("malformed")
    return channel, {**parts, "buffers": buffers}


def _divide(raw: bytes | str, protocol: str | None) -> tuple[Any, dict[str, Any], list[bytes]]:
    if protocol != VERSION_1:
        if isinstance(raw, bytes):
            count = int.from_bytes(raw[:4], "big")
            if not 1 <= count <= MOST_BUFFERS:
                raise ValueError("malformed")
            offsets = [int.from_bytes(raw[4 * place : 4 * place + 4], "big") for place in range(1, count + 1)]
            pieces = _cut(raw, [*offsets, len(raw)])
            text, buffers = pieces[0].decode("utf-8"), pieces[1:]
        else:
            text, buffers = raw, []
        whole = load_strict(text)  # what cannot be written again would not reach the kernel
        return whole.get("channel", "shell"), {name: whole.get(name) or {} for name in PARTS}, buffers
    if not isinstance(raw, bytes):
        raise ValueError("malformed")
    count = int.from_bytes(raw[:8], "little")
    if not len(PARTS) + 2 <= count <= len(PARTS) + 2 + MOST_BUFFERS:
        raise ValueError("malformed")
    pieces = _cut(raw, [int.from_bytes(raw[8 * place : 8 * place + 8], "little") for place in range(1, count + 1)])
    parts = {name: load_strict(piece) for name, piece in zip(PARTS, pieces[1:5], strict=True)}
    return pieces[0].decode("utf-8"), parts, pieces[5:]


def _cut(raw: bytes, offsets: list[int]) -> list[bytes]:
    if offsets != sorted(offsets) or offsets[-1] > len(raw):
        raise ValueError("malformed")
    return [raw[start:end] for start, end in pairwise(offsets)]


def refusal(channel: str, message: dict[str, Any]) -> str:
    """Return why a visitor may not send a message, empty when it may.

    Example:
        >>> refusal("shell", {"header": {"msg_type": "execute_request"}, "content": {"code": "1"}})
        'execute_request'
        >>> refusal("shell", {"header": {"msg_type": "comm_msg"}, "content": {"data": {"method": "update"}}})
        ''
    """
    kind, content = message["header"].get("msg_type"), message["content"]
    if kind not in ALLOWED:
        known = isinstance(kind, str) and kind.isidentifier() and len(kind) < 40
        return kind if known else "unknown_type"  # The log is no place for what a visitor writes.
    if channel != "shell" and not (channel == "control" and kind == "kernel_info_request"):
        return "channel"
    if kind == "comm_open" and content.get("target_name") != CONTROL:
        return "comm_target"
    data = content.get("data")
    if kind == "comm_msg" and not (isinstance(data, dict) and data.get("method") in METHODS):
        return "comm_method"
    return ""
