"""Indicators as a text tells them (文中所列指标): headings with their text, rows of tables, levels in prose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.prose import Document, Paragraph

LONGEST_BLOCK = 12
LONGEST_NAME = 60
SENTENCE_ENDS = frozenset("。；：！？，、;:!?,.)”")


@dataclass(frozen=True)
class Told:
    """One place where a text tells the weight or the points of an indicator or a level (一处所列)."""

    segment: int
    name: str
    weight: Decimal | None
    given: Decimal | None
    paragraph: Paragraph
    place: tuple[int, int]
    words: tuple[tuple[Paragraph, int], ...] = ()
    """The paragraphs that justify the points, each with where its words start; none where only points are told."""
    is_row: bool = False


def segments(document: Document) -> list[int]:
    """Return for each paragraph the number of the report or form it stands in (所属部分)."""
    grammar, number = load_grammar(), 0
    numbers: list[int] = []
    is_late = False
    heads = Counter(one.text for one in document.paragraphs if not one.is_row and len(one.text) < LONGEST_NAME)
    for paragraph in document.paragraphs:
        text = paragraph.text
        if paragraph.is_row:
            starts = bool(grammar.find("form_start", text))
        else:
            starts = (
                bool(grammar.find("segment_title", text)) and heads[text] < 3
            )  # a running head of pages is no title
            starts |= is_late and len(text) < LONGEST_NAME and bool(grammar.find("first_chapter", text))
        is_late = (starts and paragraph.is_row) or (
            not starts
            and (
                is_late
                or (not paragraph.is_row and len(text) < LONGEST_NAME and bool(grammar.find("later_chapter", text)))
            )
        )
        number += starts
        numbers.append(number)
    return numbers


def plain_name(name: str) -> str:
    """Return a name as it is compared: without ordinals, brackets, signs and words such as 指标, 情况.

    Example:
        >>> plain_name("（四）项目效益情况"), plain_name("1.产出数量指标")
        ('效益', '产出数量')
    """
    grammar = load_grammar()
    name = grammar.pattern("name_ordinal").sub("", name.translate(str.maketrans("（）", "()")))
    name = re.sub(r"[\s“”《》、，.·:：()\"'\-—]", "", re.sub(r"\([^()]*\)$", "", name))
    core = grammar.pattern("name_dressing").sub("", name)
    core = core or name
    return str(grammar.words["same_levels"].get(core, core))


def find_told(document: Document) -> list[Told]:
    """Find every place that tells weights or points, in order (所列分值与得分)."""
    numbers = segments(document)
    return [
        *_headings(document, numbers),
        *_rows(document, numbers),
        *_across(document, numbers),
        *_in_prose(document, numbers),
    ]


def _headings(document: Document, numbers: list[int]) -> Iterator[Told]:
    """Read headings with points, and the paragraphs below each up to the next heading."""
    grammar = load_grammar()
    paragraphs = document.paragraphs
    below_heading = 0
    for at, paragraph in enumerate(paragraphs):
        if paragraph.is_row:
            continue
        match = grammar.pattern("told_heading").match(paragraph.text)
        if match is None:
            if at >= below_heading:
                yield from _named_inside(paragraph, numbers[at])
            continue
        words: list[tuple[Paragraph, int]] = []
        if len(paragraph.text) - match.end() >= 6:
            words.append((paragraph, match.end()))
        for below in paragraphs[at + 1 : at + 1 + LONGEST_BLOCK]:
            if below.is_row or grammar.pattern("told_heading").match(below.text) or _is_heading(below.text):
                break
            if len(below.text) < LONGEST_NAME and below.text[-1] not in SENTENCE_ENDS:
                break  # a heading that Word numbers has no ordinal in its text
            words.append((below, 0))
        below_heading = at + 1 + len(words)
        weight = Decimal(match["n"])
        given = None
        for below, start in words:
            for found in grammar.pattern("points_given").finditer(below.text, start):
                given = Decimal(found["n"])
            if given is not None:
                break  # points told further on belong to the level above
        yield Told(numbers[at], plain_name(match["name"]), weight, given, paragraph, (0, match.end()), tuple(words))


def _is_heading(text: str) -> bool:
    return len(text) < LONGEST_NAME and bool(load_grammar().find("ordinal", text)) and text[-1] not in "。；："


def _named_inside(paragraph: Paragraph, segment: int) -> Iterator[Told]:
    """Read a paragraph that names its indicator first and its points behind: 名称：……分值3分，得2分."""
    grammar = load_grammar()
    match = grammar.pattern("told_inside").match(paragraph.text)
    if match:
        yield Told(
            segment,
            plain_name(match["name"]),
            Decimal(match["n"]),
            Decimal(match["given"]),
            paragraph,
            match.span("n"),
            ((paragraph, match.end("name")),),
        )


def _columns(cells: tuple[str, ...]) -> dict[str, int] | None:
    """Return the columns of a head: the last name, weight, points, target, actual, reason; None when it is no head."""
    grammar = load_grammar()
    found: dict[str, int] = {}
    for number, cell in enumerate(cells):
        plain = re.sub(r"\s|\([^()]*\)|（[^（）]*）", "", cell)
        for role, words in grammar.words["told_columns"].items():
            if plain in words:
                if role == "weight" and "weight" in found and "given" in found:
                    continue
                found[role] = number
                break
    return found if "name" in found and ("weight" in found or "given" in found) else None


def _rows(document: Document, numbers: list[int]) -> Iterator[Told]:
    """Read the rows of tables under a head that names its columns; level cells may carry their own points."""
    grammar = load_grammar()
    head: dict[str, int] | None = None
    names: list[int] = []
    size = 0
    for at, paragraph in enumerate(document.paragraphs):
        if not paragraph.is_row:
            head = None if len(paragraph.text) > LONGEST_NAME else head
            continue
        cells = paragraph.cells
        found = _columns(cells)
        if found:
            head, size = found, len(cells)
            levels = grammar.words["told_columns"]["name"] + grammar.words["told_columns"]["level"]
            names = [number for number, cell in enumerate(cells) if re.sub(r"\s", "", cell) in levels]
            continue
        for number, cell in enumerate(cells):
            level = grammar.pattern("told_cell").fullmatch(re.sub(r"\s", "", cell))
            if level:
                yield Told(numbers[at], plain_name(level["name"]), Decimal(level["n"]), None, paragraph,
                           _cell_place(paragraph, number), is_row=True)  # fmt: skip
        if head is None or len(cells) != size:
            continue
        name = next((cells[number] for number in reversed(names) if cells[number].strip()), "")
        if not name or not cells[head["name"]].strip():
            name = name or ""
        weight, given = (_number(cells[head[role]]) if role in head else None for role in ("weight", "given"))
        if not name or (weight is None and given is None) or name.strip() in grammar.words["row_total"]:
            continue
        words = tuple(
            (paragraph, _cell_place(paragraph, head[role])[0]) for role in ("reason", "actual") if role in head
        )
        yield Told(
            numbers[at], plain_name(name), weight, given, paragraph, (0, len(paragraph.text)), words, is_row=True
        )


def _cell_place(paragraph: Paragraph, number: int) -> tuple[int, int]:
    """Return where a cell stands in the text of its row."""
    parts = paragraph.text.split("｜")
    if len(parts) != len(paragraph.cells):
        return 0, len(paragraph.text)
    start = sum(len(part) + 1 for part in parts[:number])
    return start, start + len(parts[number])


def _number(cell: str) -> Decimal | None:
    plain = cell.strip().removesuffix(load_grammar().words["points"])
    return Decimal(plain) if re.fullmatch(r"\d{1,3}(?:\.\d{1,3})?", plain) else None


def _across(document: Document, numbers: list[int]) -> Iterator[Told]:
    """Read small tables whose head names levels with their points and whose next row holds the points given."""
    grammar = load_grammar()
    rows = document.paragraphs
    for at, (head, row) in enumerate(pairwise(rows)):
        if not (head.is_row and row.is_row) or len(head.cells) != len(row.cells):
            continue
        heads = [grammar.pattern("told_cell").fullmatch(re.sub(r"\s", "", cell)) for cell in head.cells]
        values = [_number(cell) for cell in row.cells]
        if sum(map(bool, heads)) >= 2 and all(value is not None for value in values):
            for number, match in enumerate(heads):
                if match:
                    yield Told(numbers[at], plain_name(match["name"]), Decimal(match["n"]), values[number], row,
                               _cell_place(row, number), is_row=True)  # fmt: skip


def _in_prose(document: Document, numbers: list[int]) -> Iterator[Told]:
    """Read levels named in prose with their weight or their points: 产出指标权重30分, 过程类得分18分."""
    grammar = load_grammar()
    for at, paragraph in enumerate(document.paragraphs):
        if paragraph.is_row:
            continue
        for match in grammar.pattern("told_weight").finditer(paragraph.text):
            if not grammar.pattern("told_heading").match(paragraph.text):
                yield Told(numbers[at], plain_name(match["name"]), Decimal(match["n"]), None, paragraph, match.span())
        for match in grammar.pattern("told_score").finditer(paragraph.text):
            weight = Decimal(match["full"]) if match["full"] else None
            yield Told(numbers[at], plain_name(match["name"]), weight, Decimal(match["n"]), paragraph, match.span())
