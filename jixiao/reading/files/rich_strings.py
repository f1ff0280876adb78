"""The texts of an .xlsx workbook run by run (富文本): struck-out words, raised figures, signs of symbol fonts."""

from __future__ import annotations

import re
from typing import Any

from jixiao.reading.files.cells import Remark, remark
from jixiao.reading.files.signs import raised, shown_signs
from jixiao.reading.files.workbook_styles import font_of, is_struck

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ODD = (b"strike", b"superscript", b"_x", b"ymbol", b"ingding", b"ebding")
"""What a part holds when some of its texts are not what they seem: properties of runs, codes, private signs."""
_PRIVATE = re.compile(rb"\xef[\x80-\x83]")
_CODED = (b"&#xF0", b"&#xf0", b"&#61")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def is_odd(content: bytes) -> bool:
    """Say whether a part holds texts whose runs must be looked at one by one."""
    if any(map(content.__contains__, _ODD)) or _PRIVATE.search(content):
        return True
    return b"&#" in content and any(map(content.__contains__, _CODED))


def run_text(item: Any, font: str = "", *, is_struck_cell: bool = False) -> tuple[str, list[tuple[str, str]]]:
    """Return the text of a string item as a reader sees it, and what of it was left out.

    Args:
        item: The element ``si`` or ``is``; readings of characters (rPh) are no text of it.
        font: The symbol font of the cell, for runs without one of their own.
        is_struck_cell: Whether the cell is struck out: so are its runs without properties of their own.

    Returns:
        The text, and pairs of a kind of remark and the words it is about.
    """
    runs = [(node, node.find(f"{_S}rPr")) for node in item if node.tag in {f"{_S}r", f"{_S}t"}]
    text, left = "", []
    for node, properties in runs:
        if node.tag == f"{_S}t":
            words, described = node.text or "", b""
        else:
            words = "".join(part.text or "" for part in node.findall(f"{_S}t"))
            described = b"" if properties is None else _described(properties)
        words = unescaped(words)
        is_bare = is_struck_cell and properties is None and node.tag == f"{_S}r"
        if is_bare or is_struck(described):
            left += [("struck_part", words.strip())] if words.strip() else []
            continue
        words = shown_signs(words, font_of(described) or font)
        if b"superscript" in described:
            words, mark = raised(text, words)
            left += [("note_mark", mark)] if mark else []
        text += words
    return text, left


def is_rich(item: Any) -> bool:
    """Say whether a string item has runs."""
    return item.find(f"{_S}r") is not None


def _described(properties: Any) -> bytes:
    from lxml import etree

    return bytes(etree.tostring(properties, encoding="utf-8"))


def unescaped(text: str) -> str:
    """Return a text with the signs that a workbook writes by their code; control characters fall out.

    Example:
        >>> unescaped("a_x000D_b_x0007_"), unescaped("a_x005F_x0041_")
        ('ab', 'a_x0041_')
    """
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return _CONTROL.sub("", text.replace("\r", ""))


def part_remarks(address: str, whole: str, left: list[tuple[str, str]]) -> list[Remark]:
    """Return the remarks about words that were left out of a cell."""
    return [remark(kind, address, words if kind != "note_mark" else whole, part=words) for kind, words in left]
