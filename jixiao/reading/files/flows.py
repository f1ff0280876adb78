"""Any document as a flow (整份文稿): Word, PDF with text, plain text, web page, OpenDocument text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

from jixiao.core.errors import FormError
from jixiao.reading.files import _guarded, hypertext, open_styles, open_texts
from jixiao.reading.files.archives import Archive
from jixiao.reading.files.delimited import decode
from jixiao.reading.files.flow_items import Dropped, Flow, Item
from jixiao.reading.files.hypertext import is_hypertext, read_hypertext
from jixiao.reading.files.kinds import kind_of
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.office import convert
from jixiao.reading.files.page_flow import page_flow
from jixiao.reading.files.text_flow import text_flow
from jixiao.reading.files.word_flow import word_flow

DOCUMENT_NAMES = {".docx", ".doc", ".wps", ".rtf", ".pdf", ".txt", ".html", ".htm", ".odt"}
"""Extensions under which a whole report may arrive; workbooks and separated values hold forms alone."""


def read_flow(path: Path, name: str) -> Flow:
    """Read a document from beginning to end (读取整份文稿).

    Args:
        path: A .docx, .doc, .wps, .rtf, .odt, .pdf, .txt or .html file.
        name: How the file is named to the reader.

    Returns:
        Its lines and tables in the order in which they are read.

    Raises:
        FormError: The file cannot be read, or is no document.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.txt"
        >>> _ = path.write_text("first\\n\\nthird", encoding="utf-8")
        >>> [(item.line, item.text) for item in read_flow(path, "a.txt").items]
        [(1, 'first'), (3, 'third')]
    """
    return _guarded(path, name, _read)


def _read(content: bytes, name: str, limits: Limits) -> Flow:
    kind = kind_of(content, name)
    if kind == "pdf":
        return page_flow(content, name, limits)
    if kind in {"doc", "rtf"}:
        return word_flow(Archive(convert(content, kind, "docx", name, limits), name, limits), name, limits)
    if kind == "packed":
        archive = Archive(content, name, limits)
        if archive.kind == "docx":
            return word_flow(archive, name, limits)
        if archive.kind == "odt":
            return _open_flow(archive, name, limits)
        raise FormError(name, "不是文字报告", "整份报告请用 .docx、.pdf、.odt、.html 或 .txt")
    text = decode(content)
    if text is None or kind == "xls":
        raise FormError(name, "不是文字，或编码无法识别", "请另存为 UTF-8 编码的 .txt、.docx 或有文字层的 .pdf")
    if is_hypertext(text):
        return _web_flow(text, name, limits)
    if PurePath(name).suffix.lower() not in DOCUMENT_NAMES:
        raise FormError(name, "不是文字报告", "整份报告请用 .docx、.pdf、.odt、.html 或 .txt")
    return text_flow(text, name)


def _web_flow(text: str, name: str, limits: Limits) -> Flow:
    """Read a web page: h1 to h6 are headings, a table stands where it stands."""
    from lxml import html

    parser = html.HTMLParser(no_network=True, huge_tree=False)
    root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), parser=parser)
    grids = iter(read_hypertext(text, name, limits) if root.find(".//table") is not None else [])
    items: list[Item] = []
    line = 0
    text_so_far, level, is_bold = "", 0, False
    for piece in _web_pieces(root):
        if isinstance(piece, tuple):
            tag, is_open = piece
            if tag[0] == "h":
                level = int(tag[1]) if is_open else level
            else:
                is_bold = is_bold or is_open
            continue
        if isinstance(piece, str) and piece != "\n":
            text_so_far += piece
            continue
        plain = re.sub(r"\s+", " ", text_so_far).strip()
        if plain:
            line += 1
            items.append(Item(plain, line, style=level, is_bold=is_bold and len(plain) < 60))
            text_so_far, level, is_bold = "", 0, False
        if not isinstance(piece, str):
            for grid in [next(grids, None) for _ in range(1 + sum(1 for _ in piece.iterdescendants("table")))]:
                if grid is None:
                    continue
                items.append(Item("", line + 1, line + max(1, grid.height), grid=grid))
                line += max(1, grid.height)
    return Flow(name, "html", items)


def _web_pieces(node: Any) -> Iterator[Any]:
    """Yield texts, line ends, the ends of headings and of bold text, and tables, in their order."""
    if not isinstance(node.tag, str) or node.tag in hypertext._HIDDEN:
        return
    if node.tag == "table":
        yield "\n"
        yield node
        return
    is_block = node.tag in hypertext._BLOCKS
    mark = node.tag if re.fullmatch(r"h[1-6]", node.tag) else "b" if node.tag in {"b", "strong"} else ""
    if is_block:
        yield "\n"
    if mark:
        yield (mark, True)
    yield node.text or ""
    for child in node:
        yield from _web_pieces(child)
        yield child.tail or ""
    if is_block:
        yield "\n"
    if node.getparent() is None:
        yield "\n"


def _open_flow(archive: Archive, name: str, limits: Limits) -> Flow:
    """Read an OpenDocument text: text:h are headings with their level, tables stand where they stand."""
    text, table, office = open_styles.TEXT, open_styles.TABLE, open_styles.OFFICE
    root, words, _ = open_texts._opened(archive, name)
    grids = iter(open_texts.read_open_text(archive, name, limits))
    skipped = {*open_texts._LEFT_OUT, f"{text}table-of-content"}
    items: list[Item] = []
    line = 0

    def walk(parent: Any) -> None:
        nonlocal line
        for node in parent:
            if node.tag in open_texts._PARAGRAPHS:
                line += 1
                shown = " ".join(words.seen(node)[0].split())
                if shown:
                    level = int(node.get(f"{text}outline-level", "1")) if node.tag == f"{text}h" else 0
                    items.append(Item(shown, line, style=level))
            elif node.tag == f"{table}table":
                rows = sum(1 for _ in node.iter(f"{table}table-row"))
                for _ in node.iter(f"{table}table"):
                    grid = next(grids, None)
                    if grid is not None:
                        items.append(Item("", line + 1, line + max(1, rows), grid=grid))
                line += rows
            elif isinstance(node.tag, str) and node.tag not in skipped:
                walk(node)

    body = root.find(f"{office}body/{office}text")
    if body is not None:
        walk(body)
    heads: dict[str, None] = {}
    for node in archive.tree("styles.xml").iter() if "styles.xml" in archive.names else ():
        if isinstance(node.tag, str) and node.tag.endswith(("}header", "}footer")):
            said = (words.seen(part)[0].strip() for part in node.iter(f"{text}p"))
            heads.update((head, None) for head in said if head)
    dropped = [Dropped(head, 0, None, "page_head") for head in heads]
    return Flow(name, "odt", items, dropped, tuple(heads))
