"""Read the tables of a web page (网页表格): business systems save such pages under the name of a workbook."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jixiao.core.errors import FormError
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files.captions import table_name, unit_note
from jixiao.reading.files.cells import Area, Grid, Line, check_size
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.rich_strings import part_remarks
from jixiao.reading.files.signs import raised, shown_signs, symbol_font, tick_box
from jixiao.reading.files.unseen import hide

_START = re.compile(r"<(?:!doctype\s+html|html|table|head|body|meta)\b", re.IGNORECASE)
_HIDDEN = {"script", "style", "head", "title", "template", "rt", "rp", "noscript"}
_STRUCK = {"s", "del", "strike"}
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all", re.IGNORECASE)
_THROUGH = re.compile(r"text-decoration[\w-]*\s*:[^;}]*line-through", re.IGNORECASE)
_RAISED = re.compile(r"vertical-align\s*:\s*super", re.IGNORECASE)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SAVED = re.compile(rb"^(?:MIME-Version:|From: |Subject: |Date: |Snapshot-)", re.IGNORECASE)
_BLOCKS = {"p", "div", "br", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "table", "body", "center", "caption"}


def is_hypertext(text: str) -> bool:
    """Say whether a text is a web page.

    Example:
        >>> is_hypertext("<html><body>"), is_hypertext("a,b")
        (True, False)
    """
    return bool(_START.search(text[:2000]))


def unwrapped(content: bytes) -> bytes:
    """Return the page of a web archive (.mht); any other content as it is.

    Example:
        >>> unwrapped(b"<html>")
        b'<html>'
    """
    if not _SAVED.match(content.lstrip()[:200]):
        return content
    message = email.message_from_bytes(content.lstrip())
    for part in message.walk():
        if part.get_content_type() == "text/html":
            page = part.get_payload(decode=True)
            if isinstance(page, bytes):
                return page
    return content


@dataclass
class _Looks:
    """What the style sheet of a page hides, strikes out or raises, by the name of a class."""

    unseen: set[str] = field(default_factory=set)
    struck: set[str] = field(default_factory=set)
    raised: set[str] = field(default_factory=set)

    def of(self, node: Any) -> str:
        """Say how an element looks: unseen, struck, raised, or an empty text."""
        style = node.get("style") or ""
        classes = set((node.get("class") or "").split())
        if node.get("hidden") is not None or classes & self.unseen or _UNSEEN.search(style):
            return "unseen"
        if node.tag in _STRUCK or classes & self.struck or _THROUGH.search(style):
            return "struck"
        return "raised" if node.tag == "sup" or classes & self.raised or _RAISED.search(style) else ""


def _looks(root: Any) -> _Looks:
    looks = _Looks()
    for node in root.iter("style"):
        for names, body in _RULE.findall(re.sub(r"<!--|-->|/\*.*?\*/", "", node.text or "", flags=re.DOTALL)):
            classes = {name for part in names.split(",") if (name := part.strip().rpartition(".")[2]) and "." in part}
            for pattern, group in ((_UNSEEN, looks.unseen), (_THROUGH, looks.struck), (_RAISED, looks.raised)):
                if pattern.search(body):
                    group |= classes
    return looks


def read_hypertext(text: str, name: str, limits: Limits) -> list[Grid]:
    """Read every table of a web page (读取网页中的表格); a table inside a cell comes after the table that holds it.

    Args:
        text: The decoded page.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: There is no table, or a table is too large.
    """
    from lxml import html

    parser = html.HTMLParser(no_network=True, huge_tree=False)
    root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), parser=parser)
    looks = _looks(root)
    grids: list[Grid] = []
    lines: list[Line] = []
    names: set[str] = set()
    numbers = 0
    for found in _pieces(root, looks):
        if isinstance(found, str):
            if found.strip():
                numbers += 1
                lines.append(Line(found.strip(), str(reading_words()["paragraph"]).format(number=numbers)))
            continue
        is_inner = next(found.iterancestors("table"), None) is not None
        above = () if is_inner else tuple(lines)
        title = table_name(above, names, len(grids) + 1)
        names.add(title)
        grid = _grid(found, name, title, limits, looks)
        grid.above, grid.note = above, unit_note(above)
        grid.is_continued = bool(grids) and not lines and not is_inner
        grids.append(grid)
        lines = lines if is_inner else []
    if not grids:
        raise FormError(name, "网页中没有表格", "请另存为 .xlsx 后再放入")
    grids[-1].below = tuple(lines)
    return grids


def _pieces(node: Any, looks: _Looks) -> Iterator[Any]:
    """Yield lines of text and tables in their order; the text of a table belongs to it."""
    text = ""
    for piece in _walk(node, looks, []):
        if isinstance(piece, str) and piece != "\n":
            text += piece
            continue
        yield re.sub(r"\s+", " ", text)
        text = ""
        if not isinstance(piece, str):
            yield piece
            yield from (inner for inner in piece.iterdescendants("table") if not _is_within_unseen(inner, looks))
    yield re.sub(r"\s+", " ", text)


def _is_within_unseen(node: Any, looks: _Looks) -> bool:
    return any(looks.of(above) == "unseen" for above in [node, *node.iterancestors()])


def _walk(node: Any, looks: _Looks, left: list[tuple[str, str]], so_far: Sequence[str] = ()) -> Iterator[Any]:
    """Yield the texts of an element as a reader sees them, and its tables; ``left`` takes what was left out."""
    if not isinstance(node.tag, str) or node.tag in _HIDDEN:
        return
    look = looks.of(node)
    if look in {"unseen", "struck"}:
        said = " ".join("".join(node.itertext()).split())
        left += [("hidden_part" if look == "unseen" else "struck_part", said)] if said else []
        return
    if node.tag == "table":
        yield node
        return
    if node.tag in _FIELDS:
        yield _field(node)
        return
    if node.tag in _BLOCKS:
        yield "\n"
    small: list[str] = []
    for piece in _inside(node, looks, left):
        if look == "raised" and isinstance(piece, str):
            small.append(piece)
        else:
            yield piece
    if small:
        joined, mark = raised("".join(so_far), "".join(small))
        left += [("note_mark", mark)] if mark else []
        yield joined
    if node.tag in _BLOCKS:
        yield "\n"


def _inside(node: Any, looks: _Looks, left: list[tuple[str, str]]) -> Iterator[Any]:
    """Yield the texts between the tags of an element."""
    parts = [shown_signs(node.text or "", _font(node))]
    yield parts[0]
    for child in node:
        for piece in _walk(child, looks, left, parts):
            if isinstance(piece, str):
                parts.append(piece)
            yield piece
        parts.append(shown_signs(child.tail or "", _font(node)))
        yield parts[-1]


def _font(node: Any) -> str:
    """Return the symbol font of an element, empty for any other."""
    style = node.get("style") or ""
    found = re.search(r"font-family\s*:\s*['\"]?([\w ]+)", style)
    return symbol_font((node.get("face") if node.tag == "font" else None) or (found[1] if found else "") or "")


_FIELDS = {"input", "select", "textarea"}


def _field(node: Any) -> str:
    """Return what a field of a page shows: its value, the chosen entry, a tick box."""
    if node.tag == "textarea":
        return str(node.text or "")
    if node.tag == "select":
        options = list(node.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None] or options[:1]
        return "".join(str(option.text or "").strip() for option in chosen)
    kind = (node.get("type") or "text").lower()
    if kind in {"checkbox", "radio"}:
        return tick_box(node.get("checked") is not None)
    return "" if kind in {"hidden", "button", "submit", "image", "password", "file"} else str(node.get("value") or "")


def _grid(table: Any, name: str, title: str, limits: Limits, looks: _Looks) -> Grid:
    """Lay one table on a grid: colspan and rowspan push the cells after them aside."""
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    filled: dict[tuple[int, int], str] = {}
    merges: list[Area] = []
    told: list[tuple[int, int, str, list[tuple[str, str]]]] = []
    hidden: dict[int, str] = {}
    for number, row in enumerate(rows):
        column = 0
        if looks.of(row) == "unseen" or looks.of(row.getparent()) == "unseen":
            hidden[number] = "hidden_row"
        for cell in row.iterchildren("td", "th"):
            if number not in hidden and looks.of(cell) == "unseen":
                said = " ".join("".join(cell.itertext()).split())
                told.append((number, column, said, [("hidden_part", said)] if said else []))
                continue
            while (number, column) in filled:
                column += 1
            down, right = (min(_span(cell, side), limits.cells) for side in ("rowspan", "colspan"))
            down = min(down, len(rows) - number)
            check_size(1, len(filled) + down * right, [], name=name, sheet=title, limit=limits.cells)
            for covered in range(number, number + down):
                filled.update(((covered, place), "") for place in range(column, column + right))
            filled[number, column], left = _cell_text(cell, looks)
            if left:
                told.append((number, column, filled[number, column], left))
            if down > 1 or right > 1:
                merges.append((number, column, number + down - 1, column + right - 1))
            column += right
    width = max((column for _, column in filled), default=-1) + 1
    check_size(len(rows), width, merges, name=name, sheet=title, limit=limits.cells)
    texts = [[filled.get((row, column), "") for column in range(width)] for row in range(len(rows))]
    grid = Grid(name, title, False, texts, merges)
    remarks = [one for row, at, text, left in told for one in part_remarks(grid.address(row, at), text, left)]
    remarks += hide(texts, merges, grid.address, rows=hidden)
    grid.remarks = tuple(remarks)
    return grid


def _span(cell: Any, side: str) -> int:
    value = cell.get(side, "1").strip()
    return max(1, int(value)) if re.fullmatch(r"\d{1,9}", value) else 1


def _cell_text(cell: Any, looks: _Looks) -> tuple[str, list[tuple[str, str]]]:
    left: list[tuple[str, str]] = []
    if looks.of(cell) == "struck":
        said = " ".join("".join(cell.itertext()).split())
        return "", [("struck_part", said)] if said else []
    text = "".join(piece for piece in _inside(cell, looks, left) if isinstance(piece, str))
    if not text.strip() and not left and next(cell.iter("img"), None) is not None:
        left.append(("picture", ""))
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line), left
