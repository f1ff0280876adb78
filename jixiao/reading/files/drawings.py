"""What lies beside or over the cells of an .xlsx sheet (批注、文本框、图片、页眉页脚): told, and not read."""

from __future__ import annotations

import html
import re

from jixiao.reading.files.archives import Archive
from jixiao.reading.files.cells import Line, Remark, column_letters, remark

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/"
_HEAD = re.compile(rb"<(?:\w+:)?(?:odd|first)(?:Header|Footer)>([^<]+)<")
_HEAD_CODE = re.compile(r'&"[^"]*"|&K[0-9A-F]{6}|&\d+|&[A-Za-z]')


def beside_the_cells(archive: Archive, part: str, content: bytes) -> list[Remark]:
    """Return what lies beside or over the cells of a sheet: comments, text boxes and pictures; none of it is read."""
    if b"<drawing" not in content and b"<legacyDrawing" not in content and b":drawing" not in content:
        return []
    remarks = []
    for target in archive.related(part).values():
        if target.lower() not in archive.lowered:
            continue
        found = archive.find(target)
        if "/comments" in target.lower() and target.endswith(".xml"):
            for node in archive.tree(found).iter(f"{_S}comment"):
                said = "".join(text.text or "" for text in node.iter(f"{_S}t")).strip()
                remarks += [remark("comment", node.get("ref", ""), said)] if said else []
        elif "/drawings/drawing" in target.lower():
            for anchor in archive.tree(found):
                start = anchor.find(f"{_DRAWN}spreadsheetDrawing}}from")
                place = (
                    f"{column_letters(int(start[0].text or 0))}{int(start[2].text or 0) + 1}"
                    if start is not None and len(start) > 2
                    else ""
                )
                said = "".join(text.text or "" for text in anchor.iter(f"{_DRAWN}main}}t")).strip()
                if said:
                    remarks.append(remark("text_box", place, said))
                elif next(anchor.iter(f"{_DRAWN}spreadsheetDrawing}}pic"), None) is not None:
                    remarks.append(remark("linked_picture", place, "", is_grave=True))
    return remarks


def printed_margins(content: bytes) -> tuple[Line, ...]:
    """Return the head and foot of the printed pages, without the codes of their layout."""
    if b"Header>" not in content and b"Footer>" not in content:
        return ()
    lines = []
    for found in _HEAD.findall(content):
        said = _HEAD_CODE.sub(" ", html.unescape(found.decode("utf-8", "replace"))).strip()
        if re.search(r"[^\W\d_]{2}", said):
            lines.append(Line(" ".join(said.split()), ""))
    return tuple(lines)
