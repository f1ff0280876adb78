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
LONGEST_HEADING_NAME = 20
MOST_BLANK = 3
NEAREST = 3
FULL = Decimal(100)
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
    at: int = -1
    """Which paragraph of the document it is, counted from 0."""


@dataclass(frozen=True)
class TableRow:
    """One row of a table under a head that names its columns (评分表的一行)."""

    at: int
    table: int
    paragraph: Paragraph
    names: tuple[str, ...]
    """Its levels and its indicator, from left to right, as they stand; a blank level repeats the one above."""
    cells: dict[str, str]
    """The other cells by their role: weight, given, target, actual, reason, rate."""
    is_total: bool


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
            if len(text) < LONGEST_NAME and grammar.find("part_heading", text):
                is_late = False  # chapters are counted from one again in every part
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


def ordinal_style(text: str) -> str:
    """Return the kind of ordinal a heading begins with, "" for none (序号样式).

    Example:
        >>> ordinal_style("（一）概况".translate(str.maketrans("（）", "()"))), ordinal_style("4.2 A决策")
        ('(N)', '9.9 A')
    """
    match = load_grammar().pattern("name_ordinal").match(text)
    letters = re.sub(r"[A-Z]", "A", match[0] if match else "")
    return load_grammar().pattern("numerals").sub(lambda one: "9" if one[0].isascii() else "N", letters).strip()


def find_told(document: Document) -> list[Told]:
    """Find every place that tells weights or points, in order (所列分值与得分)."""
    numbers = segments(document)
    found = [*_headings(document, numbers), *_rows(document, numbers), *_across(document, numbers)]
    return [*found, *_in_prose(document, numbers), *_named_in_prose(document, numbers, found)]


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
                yield from _named_inside(paragraph, numbers[at], at)
                yield from _in_body(paragraphs, numbers[at], at)
            continue
        words: list[tuple[Paragraph, int]] = []
        if len(paragraph.text) - match.end() >= 6:
            words.append((paragraph, match.end()))
        for below in paragraphs[at + 1 : at + 1 + LONGEST_BLOCK]:
            is_next = grammar.pattern("told_heading").match(below.text) or (
                grammar.pattern("told_tail").match(below.text)
                or (grammar.pattern("told_inside").match(below.text) and grammar.find("ordinal", below.text))
            )
            if below.is_row or is_next or _is_heading(below.text):
                break
            if len(below.text) < LONGEST_NAME and below.text[-1] not in SENTENCE_ENDS:
                break  # a heading that Word numbers has no ordinal in its text
            words.append((below, 0))
        below_heading = at + 1 + len(words)
        weight = Decimal(match["n"])
        given = Decimal(match["got"]) if match["got"] else None
        for below, start in words if given is None else []:
            for found in grammar.pattern("points_given").finditer(below.text, start):
                given = Decimal(found["n"])
            if given is not None:
                break  # points told further on belong to the level above
        place = (0, match.end())
        yield Told(numbers[at], plain_name(match["name"]), weight, given, paragraph, place, tuple(words), at=at)


def _is_heading(text: str) -> bool:
    return len(text) < LONGEST_NAME and bool(load_grammar().find("ordinal", text)) and text[-1] not in "。；："


def _in_body(paragraphs: list[Paragraph], segment: int, at: int) -> Iterator[Told]:
    """Read a heading without points whose paragraph begins with them: 满分3分，评价得分2分。…"""
    grammar, paragraph = load_grammar(), paragraphs[at]
    if not 0 < at < len(paragraphs) or not grammar.pattern("body_of_points").match(paragraph.text):
        return
    head = paragraphs[at - 1]
    match = grammar.pattern("body_of_points").match(paragraph.text)
    if match and not head.is_row and _is_heading(head.text) and len(head.text) <= LONGEST_HEADING_NAME:
        yield Told(
            segment, plain_name(head.text), Decimal(match["n"]), Decimal(match["given"]), paragraph, match.span("n"),
            ((paragraph, match.end()),), at=at,
        )  # fmt: skip


def _named_inside(paragraph: Paragraph, segment: int, at: int) -> Iterator[Told]:
    """Read a paragraph that names its indicator first and its points behind: 名称：……分值3分，得2分."""
    grammar = load_grammar()
    if len(grammar.pattern("a_weight").findall(paragraph.text)) > 1:
        return  # several indicators in one paragraph
    match = next((found for name in ("told_tail", "told_inside", "named_given_full")
                  if (found := grammar.pattern(name).match(paragraph.text))), None)  # fmt: skip
    if match:
        yield Told(
            segment,
            plain_name(match["name"]),
            Decimal(match["n"]),
            Decimal(match["given"]),
            paragraph,
            match.span("n"),
            ((paragraph, match.end("name")),),
            at=at,
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
    if "name" not in found and "level" in found:
        found["name"] = found["level"]  # a table of levels alone
    return found if "name" in found and ("weight" in found or "given" in found) else None


def table_rows(document: Document) -> Iterator[TableRow]:
    """Read the rows of tables under a head that names its columns (评分表各行)."""
    grammar = load_grammar()
    levels = grammar.words["told_columns"]["name"] + grammar.words["told_columns"]["level"]
    head: dict[str, int] | None = None
    names: list[int] = []
    size = table = 0
    above: list[str] = []
    for at, paragraph in enumerate(document.paragraphs):
        if not paragraph.is_row:
            head = None if len(paragraph.text) > LONGEST_NAME else head
            continue
        cells = paragraph.cells
        found = _columns(cells)
        if found:
            head, size, table, above = found, len(cells), table + 1, []
            names = [number for number, cell in enumerate(cells) if re.sub(r"\s", "", cell) in levels]
            names = names or [found["name"]]
            continue
        if head is None or not size - MOST_BLANK <= len(cells) <= size:
            continue
        is_short = len(cells) < size
        cells += ("",) * (size - len(cells))  # blank cells at the end of a row are not printed
        own = [cells[number].strip() for number in names]
        is_total = any(cell.strip() in grammar.words["row_total"] for cell in cells)
        if not is_total and not grammar.find("is_name", own[-1] or next((name for name in own if name), "")):
            continue  # a broken row, whose cells have moved
        if not is_total:
            own = above = _filled(own, above)
        others = {role: cells[number] for role, number in head.items() if role not in {"name", "level"}}
        if is_total and is_short:  # merged cells have moved its numbers
            points = [cell for cell in paragraph.cells if points_of(cell) is not None]
            roles = [role for role in ("weight", "given") if role in head]
            others = dict(zip(roles, points, strict=True)) if len(points) == len(roles) else {}
        yield TableRow(at, table, paragraph, tuple(own), others, is_total)


def _filled(own: list[str], above: list[str]) -> list[str]:
    """Fill blank levels with those above, but not the level of a benefit with one of outputs."""
    grammar = load_grammar()
    filled = [name or (above[number] if number < len(above) else "") for number, name in enumerate(own[:-1])]
    for number in range(len(filled) - 1):
        inner_is_benefit = grammar.has("benefit_words", filled[number + 1])
        if not own[number] and inner_is_benefit and not grammar.has("benefit_words", filled[number]):
            filled[number] = ""
    return [*filled, own[-1]]


def _rows(document: Document, numbers: list[int]) -> Iterator[Told]:
    """Read the rows of tables under a head that names its columns; level cells may carry their own points."""
    grammar = load_grammar()
    for at, paragraph in enumerate(document.paragraphs):
        for number, cell in enumerate(paragraph.cells if paragraph.is_row else ()):
            level = grammar.pattern("told_cell").fullmatch(re.sub(r"\s", "", cell))
            if level:
                yield Told(numbers[at], plain_name(level["name"]), Decimal(level["n"]), None, paragraph,
                           _cell_place(paragraph, number), is_row=True, at=at)  # fmt: skip
    for row in table_rows(document):
        name = next((one for one in reversed(row.names) if one), "")
        weight, given = (points_of(row.cells.get(role, "")) for role in ("weight", "given"))
        if (not name and not row.is_total) or (weight is None and given is None):
            continue
        place = (0, len(row.paragraph.text))
        if row.is_total:
            total = grammar.words["total_name"]
            yield Told(numbers[row.at], total, None, given, row.paragraph, place, is_row=True, at=row.at)
            continue
        words = tuple(
            (row.paragraph, max(0, row.paragraph.text.rfind(_plain_cell(row.cells[role]))))
            for role in ("reason", "actual")
            if row.cells.get(role, "").strip()
        )
        yield Told(numbers[row.at], plain_name(name), weight, given, row.paragraph, place, words, True, row.at)


def _plain_cell(cell: str) -> str:
    """Return how a cell begins in the text of its paragraph, where signs are half-width and spaces are left out."""
    return load_grammar().pattern("not_han").split(cell.strip())[0] or cell.strip()[:1]


def _cell_place(paragraph: Paragraph, number: int) -> tuple[int, int]:
    """Return where a cell stands in the text of its row."""
    parts = paragraph.text.split("｜")
    if len(parts) != len(paragraph.cells):
        return 0, len(paragraph.text)
    start = sum(len(part) + 1 for part in parts[:number])
    return start, start + len(parts[number])


def points_of(cell: str) -> Decimal | None:
    """Return the points of a cell, None when it holds anything else.

    Example:
        >>> points_of("12.5分"), points_of("—")
        (Decimal('12.5'), None)
    """
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
        values = [points_of(cell) for cell in row.cells]
        if sum(map(bool, heads)) >= 2 and all(value is not None for value in values):
            for number, match in enumerate(heads):
                if match:
                    yield Told(numbers[at], plain_name(match["name"]), Decimal(match["n"]), values[number], row,
                               _cell_place(row, number), is_row=True)  # fmt: skip


def _in_prose(document: Document, numbers: list[int]) -> Iterator[Told]:
    """Read levels named in prose with their weight or their points: 产出指标权重30分, 过程类得分18分; and the total."""
    grammar = load_grammar()
    for at, paragraph in enumerate(document.paragraphs):
        if paragraph.is_row or grammar.pattern("told_heading").match(paragraph.text):
            continue
        for match in grammar.pattern("told_weight").finditer(paragraph.text):
            start = paragraph.sentence(match.start())[0]
            if start > 1 and grammar.find("opens_with_parts", paragraph.text[start:]):
                start = paragraph.sentence(start - 2)[0]
            before = paragraph.text[start : match.start()]
            points = Decimal(match["n"])
            is_given = grammar.find("points_context", before) and not grammar.find("weight_context", before + match[0])
            weight, given = (None, points) if is_given else (points, None)
            yield Told(numbers[at], plain_name(match["name"]), weight, given, paragraph, match.span(), at=at)
        for match in grammar.pattern("told_score").finditer(paragraph.text):
            weight = Decimal(match["full"]) if match["full"] else None
            given = Decimal(match["n"])
            yield Told(numbers[at], plain_name(match["name"]), weight, given, paragraph, match.span(), at=at)
        for match in grammar.pattern("told_total").finditer(paragraph.text):
            if grammar.has("other_scope", paragraph.text[max(0, match.start() - 10) : match.start()]):
                continue
            given = Decimal(match["n"])
            heads = (
                grammar.pattern("told_heading").match(one.text) for one in document.paragraphs[max(0, at - 3) : at]
            )
            if any(head and Decimal(head["n"]) >= given for head in heads) and given < FULL / 2:
                continue  # the points of the indicator above it
            start = paragraph.sentence(match.start())[0]
            if given == FULL and grammar.find("sets_points", paragraph.text[start : match.start()]):
                continue  # 设计20项指标，总分100分
            is_other = grammar.find("of_itself", match[0]) and not grammar.find("of_itself", document.title)
            total = grammar.words["own_total_name" if is_other else "total_name"]
            yield Told(numbers[at], total, None, given, paragraph, match.span(), at=at)


def _named_in_prose(document: Document, numbers: list[int], found: list[Told]) -> Iterator[Told]:
    """Read in prose the points of names that headings and tables tell: 政策设计得分22分（满分25分）."""
    grammar = load_grammar()
    known = {told.name for told in found if 2 < len(told.name) < LONGEST_HEADING_NAME}
    if not known:
        return
    one_of = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    pattern = re.compile(grammar.pattern("told_named").pattern.replace("NAMED", one_of))
    for at, paragraph in enumerate(document.paragraphs):
        if paragraph.is_row or grammar.pattern("told_heading").match(paragraph.text):
            continue
        for match in pattern.finditer(paragraph.text):
            full = match["full"] or match["full2"]
            yield Told(numbers[at], match["name"], Decimal(full) if full else None, Decimal(match["n"]), paragraph,
                       match.span(), at=at)  # fmt: skip
