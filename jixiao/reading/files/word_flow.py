"""The flow of a Word document (Word 文稿流): paragraphs with style, numbering and looks, tables in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from jixiao.reading.files.archives import Archive
from jixiao.reading.files.cells import Grid
from jixiao.reading.files.document_words import document_words
from jixiao.reading.files.flow_items import Dropped, Flow, Item
from jixiao.reading.files.limits import Limits
from jixiao.reading.files.word_documents import _is_unseen, _opened, read_document
from jixiao.reading.files.word_runs import Words

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_P, _TABLE, _ROW, _TEXT, _RUN = f"{_W}p", f"{_W}tbl", f"{_W}tr", f"{_W}t", f"{_W}r"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WRAPPERS = {f"{_W}{name}" for name in ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo")}
_SIZE = 10.5
"""Points of a text whose size is stated nowhere."""


@dataclass(frozen=True)
class _Looks:
    """What a style or a paragraph says of its looks; None where it says nothing."""

    level: int | None = None
    is_contents: bool = False
    size: float | None = None
    is_bold: bool | None = None
    is_centred: bool | None = None
    list_id: str = ""
    list_level: int = 0


def word_flow(archive: Archive, name: str, limits: Limits) -> Flow:
    """Read a document from beginning to end (读取整份 Word 文稿).

    Args:
        archive: The file, its directory inspected.
        name: How the file is named to the reader.
        limits: The limits in force.

    Returns:
        One item per paragraph that holds text and one per table; heads and feet of pages are listed as dropped.
    """
    root, words = _opened(archive)
    body = root.find(f"{_W}body")
    if body is None:
        return Flow(name, "docx", [])
    reader = _Reader(archive, words, [grid for grid in read_document(archive, name, limits) if grid.texts])
    reader.number(root)
    reader.walk(body)
    running = _margins(archive, words)
    dropped = [Dropped(text, 0, None, "page_head") for text in running]
    return Flow(name, "docx", reader.items, dropped + reader.dropped, running)


class _Reader:
    """The state of one walk: the styles, the counters of the lists, the grids still to be placed."""

    def __init__(self, archive: Archive, words: Words, grids: list[Grid]) -> None:
        self.items: list[Item] = []
        self.dropped: list[Dropped] = []
        self._grids = iter(grids)
        self._words = words
        self._lines: dict[Any, int] = {}
        self._styles, self._base = _styles(archive)
        self._lists = _lists(archive)
        self._counts: dict[tuple[str, int], int] = {}

    def number(self, root: Any) -> None:
        """Number the lines as the audit of texts does: every row of a table and every paragraph outside of tables."""
        in_rows = {paragraph for row in root.iter(_ROW) for paragraph in row.iter(_P)}
        count = 0
        for part in root.iter(_ROW, _P):
            if (part.tag == _ROW and not _is_unseen(part)) or (part.tag == _P and part not in in_rows):
                count += 1
                self._lines[part] = count

    def walk(self, parent: Any) -> None:
        """Take up the paragraphs and tables of the body or of a text box, in their order."""
        for node in parent:
            if node.tag == _P:
                self._paragraph(node)
            elif node.tag == _TABLE:
                self._table(node)
            elif node.tag in _WRAPPERS:
                self.walk(node)

    def _table(self, node: Any) -> None:
        rows = [row for row in node.iter(_ROW) if row in self._lines]
        inner = sum(1 for _ in node.iter(_TABLE)) - 1
        for grid in [next(self._grids, None) for _ in range(inner + 1)]:
            if grid is not None:
                line = self._lines.get(rows[0], 0) if rows else 0
                self.items.append(Item("", line, line + max(len(rows) - 1, 0), grid=grid))

    def _paragraph(self, node: Any) -> None:
        text = self._words.seen(node).text
        looks = self._looks(node)
        if text.strip():
            lead, is_bold, size = self._runs(node, looks)
            mark = self._mark(looks)
            line = self._lines.get(node, 0)
            self.items.append(
                Item(
                    mark + text.strip().replace("\n", " "),
                    line,
                    style=looks.level or 0,
                    size=size,
                    is_bold=is_bold,
                    is_centred=bool(looks.is_centred),
                    lead=mark + lead if lead else "",
                    is_contents=looks.is_contents,
                )
            )
        for box in _boxes(node):
            self.walk(box)

    def _looks(self, node: Any) -> _Looks:
        """Return what a paragraph and the styles behind it say, the nearest word counting."""
        properties = node.find(f"{_W}pPr")
        style = properties.find(f"{_W}pStyle") if properties is not None else None
        base = self._styles.get(style.get(f"{_W}val", ""), self._base) if style is not None else self._base
        return _merged(base, _stated(properties))

    def _runs(self, node: Any, looks: _Looks) -> tuple[str, bool, float]:
        """Return the bold beginning of a paragraph, whether all of it is bold, and its size."""
        bold = plain = 0
        lead = ""
        sizes: dict[float, int] = {}
        for run in node.iter(_RUN):
            text = "".join(part.text or "" for part in run.iter(_TEXT))
            if not text.strip():
                lead += text if lead and not plain else ""
                continue
            stated = _stated(None, run.find(f"{_W}rPr"))
            is_bold = looks.is_bold if stated.is_bold is None else stated.is_bold
            size = stated.size or looks.size or _SIZE
            sizes[size] = sizes.get(size, 0) + len(text)
            if is_bold:
                bold += len(text)
                lead += text if not plain else ""
            else:
                plain += len(text)
        size = max(sizes, key=lambda key: sizes[key]) if sizes else _SIZE
        return (lead.strip() if plain else ""), bold > plain, size

    def _mark(self, looks: _Looks) -> str:
        """Return the number that Word writes before a paragraph of a list; bullets are none."""
        levels = self._lists.get(looks.list_id)
        if not levels:
            return ""
        kind, pattern, start = levels.get(looks.list_level, ("bullet", "", 1))
        key = (looks.list_id, looks.list_level)
        self._counts[key] = self._counts.get(key, start - 1) + 1
        for other in [found for found in self._counts if found[0] == looks.list_id and found[1] > looks.list_level]:
            del self._counts[other]
        if kind in {"bullet", "none"}:
            return ""

        def shown(found: re.Match[str]) -> str:
            level = int(found[1]) - 1
            kind, _, start = levels.get(level, ("decimal", "", 1))
            return _written(self._counts.get((looks.list_id, level), start), kind)

        return re.sub(r"%(\d)", shown, pattern)


@cache
def _word_names() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return how Word calls the styles of headings and of the lines of a table of contents."""
    named = document_words()["styles"]
    return re.compile(named["heading"], re.IGNORECASE), re.compile(named["contents"], re.IGNORECASE)


def chinese_ordinal(number: int) -> str:
    """Return a number from 1 to 99 as Chinese headings count (序号).

    Example:
        >>> [chinese_ordinal(number) for number in (3, 10, 12, 21)]
        ['三', '十', '十二', '二十一']
    """
    signs = document_words()["numerals"]
    ten, one = divmod(number, 10)
    if not 0 < number < 100:
        return str(number)
    return (signs[ten] if ten > 1 else "") + (signs[10] if ten else "") + (signs[one] if one else "")


def _written(number: int, kind: str) -> str:
    if kind.startswith(("chinese", "ideograph", "japanese", "taiwanese")) and kind != "ideographEnclosedCircle":
        return chinese_ordinal(number)
    if kind in {"decimalEnclosedCircle", "decimalEnclosedCircleChinese", "ideographEnclosedCircle"}:
        return chr(0x2460 + number - 1) if number <= 20 else str(number)
    return str(number)


def _stated(properties: Any, run: Any = None) -> _Looks:
    """Return what the properties of a paragraph or of a run say themselves."""
    level = centred = None
    list_id, list_level = "", 0
    if properties is not None:
        outline = properties.find(f"{_W}outlineLvl")
        if outline is not None and outline.get(f"{_W}val", "9").isdecimal():
            number = int(outline.get(f"{_W}val", "9"))
            level = number + 1 if number < 9 else 0
        side = properties.find(f"{_W}jc")
        centred = side.get(f"{_W}val") == "center" if side is not None else None
        numbered = properties.find(f"{_W}numPr")
        if numbered is not None:
            named, deep = numbered.find(f"{_W}numId"), numbered.find(f"{_W}ilvl")
            list_id = named.get(f"{_W}val", "") if named is not None else ""
            list_level = int(deep.get(f"{_W}val", "0")) if deep is not None else 0
        run = properties.find(f"{_W}rPr") if run is None else run
    bold = size = None
    if run is not None:
        mark, points = run.find(f"{_W}b"), run.find(f"{_W}sz")
        bold = mark.get(f"{_W}val", "1") not in {"0", "false", "off"} if mark is not None else None
        text = points.get(f"{_W}val", "") if points is not None else ""
        size = int(text) / 2 if text.isdecimal() else None
    return _Looks(level, False, size, bold, centred, list_id, list_level)


def _merged(base: _Looks, own: _Looks) -> _Looks:
    return _Looks(
        base.level if own.level is None else own.level,
        base.is_contents or own.is_contents,
        own.size or base.size,
        base.is_bold if own.is_bold is None else own.is_bold,
        base.is_centred if own.is_centred is None else own.is_centred,
        own.list_id or base.list_id,
        own.list_level if own.list_id else base.list_level,
    )


def _styles(archive: Archive) -> tuple[dict[str, _Looks], _Looks]:
    """Return the looks of every paragraph style, those it is based on included, and those of plain text."""
    if "word/styles.xml" not in archive.names:
        return {}, _Looks()
    root = archive.tree("word/styles.xml")
    defaults = root.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr")
    base = _stated(None, defaults)
    nodes = {node.get(f"{_W}styleId", ""): node for node in root.iter(f"{_W}style")}
    found: dict[str, _Looks] = {}
    headings, contents = _word_names()

    def looks(style: str, depth: int = 0) -> _Looks:
        if style in found or style not in nodes or depth > 20:
            return found.get(style, base)
        node = nodes[style]
        above = node.find(f"{_W}basedOn")
        parent = looks(above.get(f"{_W}val", ""), depth + 1) if above is not None else base
        own = _stated(node.find(f"{_W}pPr"), node.find(f"{_W}rPr"))
        title = node.find(f"{_W}name").get(f"{_W}val", "") if node.find(f"{_W}name") is not None else ""
        if heading := headings.match(title):
            own = _Looks(int(heading[1]), False, own.size, own.is_bold, own.is_centred, own.list_id, own.list_level)
        merged = _merged(parent, own)
        if contents.match(title):
            merged = _Looks(0, True, merged.size, merged.is_bold, merged.is_centred)
        found[style] = merged
        return merged

    for style in nodes:
        looks(style)
    plain = next((key for key, node in nodes.items() if node.get(f"{_W}default") == "1"), "")
    return found, found.get(plain, base)


def _lists(archive: Archive) -> dict[str, dict[int, tuple[str, str, int]]]:
    """Return the levels of every list: kind of number, pattern and start."""
    if "word/numbering.xml" not in archive.names:
        return {}
    root = archive.tree("word/numbering.xml")
    kinds: dict[str, dict[int, tuple[str, str, int]]] = {}
    for node in root.iter(f"{_W}abstractNum"):
        levels = {}
        for level in node.iter(f"{_W}lvl"):
            kind, pattern, start = (level.find(f"{_W}{name}") for name in ("numFmt", "lvlText", "start"))
            levels[int(level.get(f"{_W}ilvl", "0"))] = (
                kind.get(f"{_W}val", "decimal") if kind is not None else "decimal",
                pattern.get(f"{_W}val", "") if pattern is not None else "",
                int(start.get(f"{_W}val", "1")) if start is not None else 1,
            )
        kinds[node.get(f"{_W}abstractNumId", "")] = levels
    found = {}
    for node in root.iter(f"{_W}num"):
        link = node.find(f"{_W}abstractNumId")
        if link is not None:
            found[node.get(f"{_W}numId", "")] = kinds.get(link.get(f"{_W}val", ""), {})
    return found


def _margins(archive: Archive, words: Words) -> list[str]:
    """Return the distinct texts of the heads and feet of pages."""
    texts: dict[str, None] = {}
    for part in sorted(archive.names):
        if re.fullmatch(r"word/(?:header|footer)\d*\.xml", part):
            for node in archive.tree(part).iter(_P):
                text = words.seen(node).text.strip()
                if text:
                    texts[text] = None
    return list(texts)


def _boxes(paragraph: Any) -> Iterator[Any]:
    """Yield the text boxes that hang on a paragraph, each once."""
    for box in paragraph.iter(f"{_W}txbxContent"):
        above = list(box.iterancestors(f"{_W}txbxContent", _FALLBACK, _P))
        if above and above[0] is paragraph:
            yield box
