"""Paragraphs out of lines (段落): lines broken by a page or a column are put together, each sign keeps its line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, find_quantities
from jixiao.reading.files import TextLine

LONGEST_REACH = 1200
LONGEST_NUMBER = 6
LONGEST_CAPTION = 8
NARROWEST, WIDEST = 18, 60
"""How wide the lines of a text are that was broken at a column, in full-width signs."""
CELL_EDGE = "｜"
_PAGE = re.compile(r"\s*[—–\-－]\s*\d{1,4}\s*[—–\-－]\s*")
_SIGNS = str.maketrans(
    {
        **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in "，：；！？"},
        **dict.fromkeys("〔［【[", "〔"),
        **dict.fromkeys("〕］】]", "〕"),
        ";": "；",
        ":": "：",
        "!": "！",
        "?": "？",
        "〈": "<",
        "〉": ">",
        "＂": "“",
    }
)
_THOUSANDS = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_BOOKMARK = re.compile(r"\[bookmark:[^\]]*\]")


@dataclass(frozen=True)
class Paragraph:
    """One paragraph or one row of a table: its text without white space and the line of each sign."""

    text: str
    lines: tuple[int, ...]
    is_row: bool = False
    cells: tuple[str, ...] = ()

    def line(self, position: int) -> int:
        """Return the line of a position."""
        return self.lines[min(max(position, 0), len(self.lines) - 1)] if self.lines else 0

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Return every number with its unit, in order."""
        return find_quantities(self.text)

    @cached_property
    def depths(self) -> list[int]:
        """Return how many brackets stand open at each sign."""
        found, depth = [], 0
        for sign in self.text:
            depth += sign == "("
            found.append(depth)
            depth = max(0, depth - (sign == ")"))
        return found

    @cached_property
    def _starts(self) -> list[int]:
        return [quantity.start for quantity in self.quantities]

    def between(self, start: int, end: int) -> list[Quantity]:
        """Return the quantities that start in a stretch of the text."""
        return self.quantities[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def at(self, position: int) -> Quantity | None:
        """Return the quantity that starts at a position."""
        return next(iter(self.between(position, position + 1)), None)

    def sentence(self, position: int) -> tuple[int, int]:
        """Return where the sentence around a position starts and ends, at most ``LONGEST_REACH`` signs away."""
        first, last = max(0, position - LONGEST_REACH), min(len(self.text), position + LONGEST_REACH)
        start = max(first - 1, *(self.text.rfind(sign, first, position) for sign in "。！？")) + 1
        ends = [end for end in (self.text.find(sign, position, last) for sign in "。！？") if end >= 0]
        return start, min(ends, default=last)


@dataclass(frozen=True)
class Document:
    """One text (文稿): its file and its paragraphs, in order."""

    file: str
    paragraphs: list[Paragraph]
    title: str = ""
    year: int | None = None
    prose: list[Paragraph] = field(default_factory=list)
    odd_numbers: list[tuple[int, str]] = field(default_factory=list)
    """Numbers of documents with other brackets than those of the standard, each with its line."""


def make_document(file: str, lines: Sequence[TextLine]) -> Document:
    """Put the lines of a text together (整理段落).

    Example:
        >>> texts = ["全年支出 3,724.34 万元，", "", "占 50%。"]
        >>> document = make_document("a.txt", [TextLine(number, text) for number, text in enumerate(texts, 1)])
        >>> document.prose[0].text, document.prose[0].line(14)
        ('全年支出3724.34万元，占50%。', 3)
    """
    kept = _without_page_heads([line for line in lines if line.text.strip()])
    width = _column(kept)
    paragraphs: list[Paragraph] = []
    pending: list[TextLine] = []
    for line in kept:
        if _is_row(line.text, width):
            paragraphs += [_join(pending)] if pending else []
            pending = []
            cells = tuple(cell.strip() for cell in re.split(r"\t" if "\t" in line.text else r"\s+", line.text.rstrip()))
            paragraphs.append(_join([line], cells))
            continue
        if pending and not _continues(pending[-1].text, line.text, width):
            paragraphs.append(_join(pending))
            pending = []
        pending.append(line)
    paragraphs += [_join(pending)] if pending else []
    prose = [paragraph for paragraph in paragraphs if not paragraph.is_row and paragraph.text]
    odd = load_grammar().pattern("odd_number")
    odd_numbers = [(line.number, match[0]) for line in kept for match in odd.finditer(line.text)]
    title = _title(prose)
    return Document(file, paragraphs, title, _year(prose, title), prose, odd_numbers)


def _title(prose: list[Paragraph]) -> str:
    titles = (load_grammar().pattern("title").match(part.text) for part in prose[:12])
    return next((match[0] for match in titles if match), "")


def _year(prose: list[Paragraph], title: str) -> int | None:
    counted: Counter[str] = Counter()
    named = load_grammar().pattern("year").findall(title)
    if len(named) == 1:
        return int(named[0])
    for part in prose:
        counted.update(match["year"] for match in load_grammar().pattern("year_of_text").finditer(part.text))
    return int(counted.most_common(1)[0][0]) if counted else None


def _without_page_heads(lines: list[TextLine]) -> list[TextLine]:
    """Leave out page numbers and the running head above them."""
    pages = {number for number, line in enumerate(lines) if _PAGE.fullmatch(line.text)}
    heads = Counter(lines[number - 1].text.strip() for number in pages if number)
    running = {text for text, count in heads.items() if count > 1}
    return [line for number, line in enumerate(lines) if number not in pages and line.text.strip() not in running]


def _width(text: str) -> float:
    return sum(1.0 if ord(sign) > 255 else 0.5 for sign in text.strip())


def _column(lines: list[TextLine]) -> float:
    """Return the width at which a text was broken into lines, or 0 when its paragraphs are whole."""
    widths = sorted(_width(line.text) for line in lines if "\t" not in line.text)
    if len(widths) < 8:
        return 0
    edge = widths[int(len(widths) * 0.8)]
    near = sum(edge - 3 <= width <= edge + 2 for width in widths)
    return edge if NARROWEST <= edge < WIDEST and near >= len(widths) * 0.4 else 0


def _is_row(text: str, width: float) -> bool:
    if "\t" in text:
        return True
    short = not width or _width(text) < width - 4
    tokens = text.split()
    plain = not re.search(r"[。，；：,;:]", text)
    return short and plain and len(tokens) > 1 and bool(re.fullmatch(r"\d+(?:\.\d+)?%?", tokens[-1]))


def _continues(before: str, after: str, width: float) -> bool:
    grammar = load_grammar()
    before, after = before.strip(), after.strip()
    if before[-1] in "，、,（(《“":
        return not (grammar.find("strong_heading", after) and before[-1] in "，、,")
    if before[-1] in "。！？；：!?;:" or grammar.find("enumerator", after) or grammar.find("report_day", after):
        return False
    if width and _width(before) >= width - 3:
        return True
    if grammar.find("enumerator", before) and grammar.find("ends_with_points", before):
        return False
    is_heading = grammar.find("enumerator", before) and not re.search(r"[。，；,;]", before) and len(before) < 80
    return not width and not is_heading and len(before) >= 15


def _join(lines: list[TextLine], cells: tuple[str, ...] = ()) -> Paragraph:
    signs: list[str] = []
    numbers: list[int] = []
    for line in lines:
        text = _BOOKMARK.sub("", line.text).translate(_SIGNS)
        text = re.sub(r"\s*\t\s*", CELL_EDGE, text.strip()) if cells else text
        text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text).replace(",", "，")
        signs += text + " "
        numbers += [line.number] * (len(text) + 1)
    kept = [
        position
        for position, sign in enumerate(signs)
        if not sign.isspace() or (0 < position < len(signs) - 1 and _stays(signs, position))
    ]
    text = "".join(" " if signs[position].isspace() else signs[position] for position in kept)
    return Paragraph(text, tuple(numbers[position] for position in kept), bool(cells), cells)


def _stays(signs: list[str], position: int) -> bool:
    """Keep one space between two Latin words or numbers, and behind the number of a heading."""
    before, after = signs[position - 1], signs[position + 1]
    if (
        position <= LONGEST_NUMBER
        and before.isdigit()
        and all(sign.isdigit() or sign == "." for sign in signs[:position])
    ):
        return not after.isdigit()
    if before.isdigit() and after.isdigit() and position <= LONGEST_CAPTION:
        return bool(load_grammar().pattern("caption_number").fullmatch("".join(signs[:position])))  # 表1 2022年度支出
    return before.isascii() and before.isalnum() and after.isascii() and after.isalnum()
