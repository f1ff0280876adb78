"""Paragraphs out of a flow (段落): broken lines joined; heads and feet of pages, bookmarks and contents put aside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from jixiao.reading.documents.ordinals import Ordinal, find_ordinal
from jixiao.reading.documents.whole_tables import join_tables
from jixiao.reading.files.cells import Grid
from jixiao.reading.files.document_words import document_words
from jixiao.reading.files.flow_items import Dropped, Flow, Item

NARROWEST, WIDEST = 18, 60
"""How wide the lines of a text are that was broken at a column, in full-width signs."""
FULL_LINES = 0.15
"""Share of full lines from which the longest line of a text shows the width at which it was broken."""
CLOSING = "，。；：、！？）”》〕%％"
"""Signs with which no paragraph begins."""
LONG_ENOUGH = 25
"""Signs from which a paragraph without an end may have been torn apart by the edge of a page."""


@dataclass(slots=True)
class Paragraph:
    """One paragraph, heading or table of a document, word for word, with the lines it stands in and its looks."""

    text: str
    line: int
    last_line: int
    page: int | None = None
    style: int = 0
    size: float = 0.0
    is_bold: bool = False
    is_centred: bool = False
    lead: str = ""
    grid: Grid | None = None
    ordinal: Ordinal | None = None

    @property
    def body(self) -> str:
        """The text without its number; of a heading in a frame (【】) what stands inside."""
        if self.ordinal is None:
            return self.text
        body = self.text[self.ordinal.length :].strip()
        return body[:-1].strip() if self.ordinal.scheme == "framed" else body


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return one declared pattern of documents, compiled once."""
    return re.compile(document_words()["patterns"][name])


def make_paragraphs(flow: Flow) -> tuple[list[Paragraph], list[Dropped]]:
    """Put the items of a flow together (整理段落).

    Returns:
        The paragraphs and tables in order, and what was dropped on the way.

    Example:
        >>> flow = Flow("a.txt", "text", [Item("一、概况", 1), Item("由甲中心实施，", 2), Item("已完成。", 3)])
        >>> [(part.line, part.last_line, part.text) for part in make_paragraphs(flow)[0]]
        [(1, 1, '一、概况'), (2, 3, '由甲中心实施，已完成。')]
    """
    dropped = list(flow.dropped)
    items = _without_margins(_without_bookmarks(flow.items, dropped), dropped, flow)
    items = _without_contents(items, dropped)
    width = _column(items) if flow.kind == "text" else 0.0
    body_size = _body_size(items)
    has_starts = sum(bool(item.is_start) for item in items) >= 3
    paragraphs: list[Paragraph] = []
    before: Item | None = None
    for item in _with_whole_tables(items) if flow.kind == "pdf" else items:
        is_line = item.grid is None and before is not None and before.grid is None and bool(paragraphs)
        if is_line and before and _goes_on(paragraphs[-1], before, item, width, body_size, has_starts):
            last = paragraphs[-1]
            last.text = _joined(last.text, item.text)
            last.last_line = item.last_line
            before = item
            continue
        paragraphs.append(
            Paragraph(
                _closed_up(item.text),
                item.line,
                item.last_line,
                item.page,
                item.style,
                item.size,
                item.is_bold,
                item.is_centred,
                _closed_up(item.lead),
                item.grid,
            )
        )
        before = item
    for paragraph in paragraphs:
        paragraph.ordinal = find_ordinal(paragraph.text) if paragraph.grid is None else None
    return paragraphs, dropped


def _with_whole_tables(items: Sequence[Item]) -> list[Item]:
    """Put the parts together into which pages tore a table."""
    kept: list[Item] = []
    parts: list[Grid] = []
    for item in items:
        if item.grid is not None and item.grid.is_continued and kept and kept[-1].grid is not None:
            parts.append(item.grid)
            kept[-1] = replace(kept[-1], grid=join_tables(parts), last_line=item.last_line)
        else:
            parts = [item.grid] if item.grid is not None else []
            kept.append(item)
    return kept


def _closed_up(text: str) -> str:
    """Take the spaces out that a page puts between Chinese signs and figures; one between words of a title stays."""
    found = find_ordinal(text)  # the space behind a number without a sign is what makes it one
    head = text[: found.length] if found and found.scheme in {"bare", "decimal", "labelled"} else ""
    return re.sub(r"\s+", " ", head + pattern("odd_space").sub("", text[len(head) :])).strip()


def _joined(before: str, after: str) -> str:
    gap = " " if re.search(r"[A-Za-z]$", before) and re.match(r"[A-Za-z]", after) else ""
    return _closed_up(before + gap + after)


def _without_bookmarks(items: Sequence[Item], dropped: list[Dropped]) -> list[Item]:
    mark = pattern("bookmark")
    for item in items:
        if item.grid is None and "[" in item.text and (found := mark.findall(item.text)):
            dropped += [Dropped(text, item.line, item.page, "bookmark") for text in found]
            item.text = mark.sub("", item.text).strip()
    return [item for item in items if item.grid is not None or item.text]


def _without_margins(items: list[Item], dropped: list[Dropped], flow: Flow) -> list[Item]:
    """Leave out page numbers written between the lines and the running head beside them."""
    if flow.kind == "html":
        chrome = pattern("web_line")
        own = [item.grid is None and bool(chrome.match(item.text.strip())) for item in items]
        dropped += [
            Dropped(item.text, item.line, item.page, "web_line")
            for item, is_web in zip(items, own, strict=True)
            if is_web
        ]
        return [item for item, is_web in zip(items, own, strict=True) if not is_web]
    if flow.kind != "text":
        return items
    number = pattern("page_number")
    pages = {place for place, item in enumerate(items) if item.grid is None and number.fullmatch(item.text.strip())}
    heads: Counter[str] = Counter()
    for place in pages:
        for beside in (place - 1, place + 1):
            if 0 <= beside < len(items) and items[beside].grid is None:
                heads[items[beside].text.strip()] += 1
    running = {text for text, times in heads.items() if times > 1 and len(text) < 60 and not text.endswith("。")}
    kept = []
    for place, item in enumerate(items):
        if place in pages or (item.grid is None and item.text.strip() in running):
            dropped.append(Dropped(item.text, item.line, item.page, "page_number" if place in pages else "page_head"))
        else:
            kept.append(item)
    if running and not flow.running:
        flow.running = tuple(sorted(running))
    return kept


def _without_contents(items: list[Item], dropped: list[Dropped]) -> list[Item]:
    """Leave out the table of contents: what the file declares as such, and what stands below the word 目录."""
    plain = [re.sub(r"\s", "", item.text) for item in items]
    drop = {place for place, item in enumerate(items) if item.is_contents}
    drop |= {place for place, text in enumerate(plain) if pattern("contents_line").search(text)}
    start = next((place for place, text in enumerate(plain[:80]) if pattern("contents").fullmatch(text)), None)
    if start is not None:
        drop.add(start)
        first = start + 1
        while first < len(items) and first in drop:
            first += 1
        keys = [_contents_key(text) for text in plain]
        again = next((place for place in range(first + 1, len(items)) if keys[place] == keys[first]), None)
        if again is not None and all(len(text) < 70 for text in plain[first:again]):
            drop |= set(range(first, again))
        else:
            place = first
            while place < len(items) and plain[place] and keys[place] in keys[place + 1 :]:
                drop.add(place)
                place += 1
    dropped += [Dropped(items[place].text, items[place].line, items[place].page, "contents") for place in sorted(drop)]
    return [item for place, item in enumerate(items) if place not in drop]


def _contents_key(text: str) -> str:
    return re.sub(r"[.…·—\-\d]+$", "", text.lstrip("-•·")).strip(".。 ")


def _body_size(items: Sequence[Item]) -> float:
    sizes: Counter[float] = Counter()
    for item in items:
        sizes[item.size] += len(item.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _width(text: str) -> float:
    return sum(1.0 if ord(sign) > 255 else 0.5 for sign in text.strip())


def _column(items: Sequence[Item]) -> float:
    """Return the width at which a text was broken into lines, or 0 when its paragraphs are whole."""
    widths = sorted(_width(item.text) + 2 * bool(item.is_start) for item in items if item.grid is None)
    if len(widths) < 8:
        return 0
    widest = widths[-1]
    full = sum(width >= widest - 3 for width in widths)
    if NARROWEST <= widest < WIDEST and full >= max(6, FULL_LINES * len(widths)):
        return widest  # no line is longer: the page's width cut them
    edge = widths[int(len(widths) * 0.8)]
    near = sum(edge - 3 <= width <= edge + 2 for width in widths)
    return edge if NARROWEST <= edge < WIDEST and near >= len(widths) * 0.4 else 0


def _goes_on(whole: Paragraph, before: Item, after: Item, width: float, body_size: float, has_starts: bool) -> bool:
    """Say whether a line goes on with the paragraph before it."""
    first, second = before.text.strip(), after.text.strip()
    if after.style or before.style or pattern("date_line").fullmatch(whole.text.strip()):
        return False
    if _is_unclosed(whole.text) and not (after.is_start and before.is_open is False):
        return True
    if after.size and before.size and abs(after.size - before.size) > 0.6:
        return False
    if before.is_open is not None and _is_set_apart(whole, before, after, body_size):
        return False
    if before.is_open is False and find_ordinal(second) and not find_ordinal(first):
        return False
    if before.is_open is not None:  # a page shows where lines begin and end
        if after.is_start and has_starts and not _is_torn_title(whole, before, after, body_size):
            return False
        if before.is_bold != after.is_bold and (before.is_bold and len(whole.text) < 45):
            return False
        if _is_torn_title(whole, before, after, body_size):
            return True
        if first[-1] in "。！？；：" and (not before.is_open or bool(find_ordinal(second))):
            return False
        if has_starts:
            return not (after.is_bold and not before.is_bold) and (
                before.is_open or not (_is_short_heading(whole.text) or first[-1] in "。！？；：")
            )
        return bool(before.is_open) and not (find_ordinal(second) and first[-1] in "。！？；：")
    if first[-1] in "=＝/÷" or second[0] in CLOSING:
        return True
    if first[-1] in "，、,（(《“":
        return not (first[-1] in "，," and _is_short_heading(second))
    if pattern("title_end").search(re.sub(r"\s", "", first)) and len(whole.text) <= 70:
        return False
    if width and (has_starts or first[-1] not in "！？!?"):
        reached = _width(first) + 2 * bool(before.is_start)
        begins = find_ordinal(second) or pattern("list_start").match(second) or pattern("counted").match(second)
        if has_starts and after.is_start:
            return False
        if reached >= width - (3 if has_starts else 0.5) and not (begins and first[-1] in "。；：:;"):
            return not pattern("caption").match(second) and not pattern("date_line").fullmatch(second)
    if first[-1] in "。！？；：!?;:" or find_ordinal(second) or pattern("list_start").match(second):
        return False
    if pattern("caption").match(second) or pattern("date_line").fullmatch(second):
        return False
    if width:
        return _width(first) >= width - 3
    if _is_short_heading(first):
        return False
    if after.is_bold or before.is_bold or after.is_centred:
        return False
    return len(whole.text) >= LONG_ENOUGH and len(second) >= 2 and not pattern("title_end").search(second)


def _is_set_apart(whole: Paragraph, before: Item, after: Item, body_size: float) -> bool:
    """Say whether a line of a page's title or cover is whole, and the line below it another one."""
    if bool(pattern("labelled_line").match(after.text)) and (
        after.is_centred or before.is_centred or not before.is_open
    ):
        return not find_ordinal(after.text) and len(whole.text) < 80
    is_large = before.is_bold or before.is_centred or before.size > body_size * 1.08
    ends = pattern("title_end").search(re.sub(r"\s", "", before.text)) is not None
    return (ends and is_large and len(whole.text) <= 80) or (
        before.is_centred and after.is_centred and not before.is_open
    )


def _is_torn_title(whole: Paragraph, before: Item, after: Item, body_size: float) -> bool:
    """Say whether two lines of large signs are one title or heading."""
    return (
        (before.size > body_size * 1.08 or (before.is_bold and len(whole.text) > 12))
        and before.is_bold == after.is_bold
        and before.size == after.size
        and bool(before.is_open)
        and not find_ordinal(after.text)
        and len(whole.text) < 60
    )


def _is_unclosed(text: str) -> bool:
    """Say whether a title or a quotation is still open at the end of a line."""
    tail = text[-160:]
    return tail.rfind("《") > tail.rfind("》") or tail.rfind("“") > tail.rfind("”")


def _is_short_heading(text: str) -> bool:
    found = find_ordinal(text)
    if not found or re.search(r"[。；]", text):
        return False
    return (len(text) < 45 and "，" not in text) or (len(text) < 110 and bool(pattern("ends_in_points").search(text)))
