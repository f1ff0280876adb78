"""Texts without signs that nobody sees and that change what a terminal, a page or a workbook does (无害文字)."""

from __future__ import annotations

import json
import re
from typing import Any, TextIO

_HARMFUL = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control signs but the tab and the ends of lines
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # which turn the direction of what stands behind them
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f"  # no signs at all, or hidden notes
)
_ANY = re.compile(f"[{_HARMFUL}]")
_ANY_ON_SCREEN = re.compile(f"[{_HARMFUL}\r]")


def is_harmless(text: str) -> bool:
    """Say whether a text holds none of those signs.

    Example:
        >>> is_harmless("甲" + chr(10) + "乙"), is_harmless("甲" + chr(27) + "[31m")
        (True, False)
    """
    return not _ANY.search(text)


def harmless(text: str) -> str:
    """Return a text without those signs (去除控制字符).

    Example:
        >>> harmless("甲" + chr(27) + "[31m乙" + chr(0x202E))
        '甲[31m乙'
    """
    return _ANY.sub("", text)


def json_text(content: Any, **how: Any) -> str:
    """Return something as JSON without those signs (写成 JSON), as everything that goes to others is written.

    Args:
        content: What ``json.dumps`` takes; no letter becomes a code.
        how: As for ``json.dumps``.

    Example:
        >>> json_text({"甲": "乙" + chr(0x202E) + chr(0xD800)})
        '{"甲": "乙"}'
    """
    return harmless(json.dumps(content, ensure_ascii=False, **how))


class Screen:
    """A stream for people (屏幕输出): whatever is written to it arrives without such signs, whoever wrote it."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text; a return of the carriage, which would write over the line, becomes an end of it."""
        self.stream.write(_ANY_ON_SCREEN.sub("", text))
        return len(text)

    def __getattr__(self, name: str) -> object:
        """Be the stream in everything else."""
        return getattr(self.stream, name)
