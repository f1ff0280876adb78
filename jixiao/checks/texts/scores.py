"""Scores named in a text (正文得分): headings with points, points given below them, totals and grades."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from jixiao.checks.texts.counts import count_claim
from jixiao.checks.texts.found import Claim, claim_at, points_claim
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import written
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import plain_name

KIND = "claim_score"
FEWEST_HEADINGS = 4
LONGEST_CAPTION = 30


@dataclass
class Heading:
    """One heading with points (标题分值) and what stands below it."""

    paragraph: Paragraph
    level: int
    name: str
    points: Decimal
    children: list[Heading] = field(default_factory=list)
    given: Decimal | None = None
    given_at: tuple[Paragraph, int, int] | None = None


def find_scores(document: Document) -> Iterator[Claim]:
    """Find points in headings and text, totals and grades (得分、总分、等级)."""
    headings = _headings(document)
    leaves = [heading for heading in headings if heading.level == 3]
    if len(leaves) >= FEWEST_HEADINGS:
        for heading in headings:
            if heading.children:
                yield _sum_of_points(heading)
        for leaf in leaves:
            yield from _given(leaf)
        yield from _claimed_numbers(document, headings)
        yield from _levels(document, headings)
    yield from _totals(document, leaves)
    yield from _flat_tables(document)
    yield from _row_tables(document)
    for paragraph in document.prose:
        yield from _grade(paragraph)
        yield from _not_given(paragraph)


def _headings(document: Document) -> list[Heading]:
    """Read headings of three levels, （一）…（15分）, 1.…（5分）, （1）…（2分）, and the points given below each."""
    grammar = load_grammar()
    found: list[Heading] = []
    open_at: dict[int, Heading] = {}
    for paragraph in document.prose:
        match = grammar.pattern("points_heading").match(paragraph.text)
        if match:
            level = 1 if match["one"] else 2 if match["two"] else 3
            heading = Heading(paragraph, level, match["name"], Decimal(match["n"]))
            parent = open_at.get(level - 1)
            if parent is not None:
                parent.children.append(heading)
            open_at = {**{key: value for key, value in open_at.items() if key < level}, level: heading}
            found.append(heading)
            if not match["body"]:
                continue
        if grammar.find("chapter", paragraph.text):
            open_at = {}
        leaf = open_at.get(3)
        if leaf is not None:
            for given in grammar.pattern("points_given").finditer(paragraph.text):
                leaf.given, leaf.given_at = Decimal(given["n"]), (paragraph, given.start(), given.end())
    return found


def _sum_of_points(heading: Heading) -> Claim:
    added = sum((child.points for child in heading.children), Decimal(0))
    parts = "＋".join(written(child.points) for child in heading.children)
    place = (0, len(heading.paragraph.text))
    return points_claim(KIND, heading.paragraph, place, heading.points, added, "sum", parts=parts)


def _given(leaf: Heading) -> Iterator[Claim]:
    if leaf.given is None or leaf.given_at is None:
        return
    paragraph, start, end = leaf.given_at
    yield claim_at(
        KIND,
        paragraph,
        (start, end),
        printed=written(leaf.given),
        derived=written(leaf.points),
        gap=leaf.given - leaf.points,
        verdict="holds" if leaf.given <= leaf.points else "fails",
        arithmetic=load_grammar().sentence(
            "within", name=leaf.name, printed=written(leaf.given), derived=written(leaf.points)
        ),
    )


def _claimed_numbers(document: Document, headings: list[Heading]) -> Iterator[Claim]:
    """Compare 25个三级指标 with the headings of that level that carry points."""
    grammar = load_grammar()
    for paragraph in document.prose:
        for match in grammar.pattern("claimed_level").finditer(paragraph.text):
            level = grammar.number(match["level"])
            claimed = grammar.number(match["before"] or match["after"] or "")
            counted = sum(heading.level == level for heading in headings)
            if claimed is None or not counted or level == 1:
                continue
            yield count_claim(paragraph, match.span(), claimed, (counted, counted))


def _totals(document: Document, leaves: list[Heading]) -> Iterator[Claim]:
    """Compare the total named in the text with the points given one by one."""
    grammar = load_grammar()
    if len(leaves) < FEWEST_HEADINGS or any(leaf.given is None for leaf in leaves):
        return
    added = sum((leaf.given for leaf in leaves if leaf.given is not None), Decimal(0))
    for paragraph in document.prose:
        match = grammar.find("total_named", paragraph.text)
        if match:
            yield points_claim(
                KIND, paragraph, match.span(), Decimal(match["n"]), added, "given", count=str(len(leaves))
            )


def _levels(document: Document, headings: list[Heading]) -> Iterator[Claim]:
    """Compare the points named for a level, 过程指标得分17分, with the points given one by one below its heading."""
    grammar = load_grammar()
    sums: dict[str, tuple[Decimal, int]] = {}
    for heading in headings:
        leaves = [leaf for child in heading.children for leaf in child.children]
        if heading.level == 1 and leaves and all(leaf.given is not None for leaf in leaves):
            name = plain_name(heading.name)
            if name in sums:
                return  # two reports in one text
            sums[name] = sum((leaf.given for leaf in leaves if leaf.given is not None), Decimal(0)), len(leaves)
    for paragraph in document.prose:
        for match in grammar.pattern("told_score").finditer(paragraph.text):
            known = sums.get(plain_name(match["name"]))
            if known:
                yield points_claim(
                    KIND, paragraph, match.span(), Decimal(match["n"]), known[0], "given", count=str(known[1])
                )


def _flat_tables(document: Document) -> Iterator[Claim]:
    """Check small tables that came out one cell per line: heads, the last one 综合得分, then as many numbers."""
    grammar = load_grammar()
    cells: list[tuple[str, Paragraph]] = []
    for paragraph in document.paragraphs:
        found = [cell for cell in paragraph.cells if cell] if paragraph.is_row else [paragraph.text]
        cells += [(cell, paragraph) for cell in found if cell]
    for position, (cell, _) in enumerate(cells):
        if cell not in grammar.words["flat_total"]:
            continue
        numbers: list[tuple[Decimal, Paragraph]] = []
        for text, paragraph in cells[position + 1 : position + 12]:
            if not grammar.pattern("plain_number").fullmatch(text):
                break
            numbers.append((Decimal(text), paragraph))
        if len(numbers) < 3:
            continue
        parts, (printed, paragraph) = numbers[:-1], numbers[-1]
        added = sum((number for number, _ in parts), Decimal(0))
        yield points_claim(
            KIND,
            paragraph,
            (0, len(paragraph.text)),
            printed,
            added,
            "sum",
            parts="＋".join(written(number) for number, _ in parts),
        )


def _row_tables(document: Document) -> Iterator[Claim]:
    """Check tables with one row per line whose last column holds points, down to the row 合计 or 总分."""
    grammar = load_grammar()
    column: list[Decimal] | None = None
    above: list[tuple[str, ...]] = []
    for paragraph in document.paragraphs:
        text = paragraph.text
        if grammar.find("points_head", text):
            column, above = column or [], above if column else []
            continue
        if column is None or not paragraph.is_row:
            is_prose = not paragraph.is_row and len(text) > LONGEST_CAPTION
            if column and (is_prose or re.search(r"\d$", text)):  # or a row that was not recognised as one
                column = None
            continue
        cells = [cell for cell in paragraph.cells if cell]
        numbers = [Decimal(cell) for cell in cells if grammar.pattern("plain_number").fullmatch(cell)]
        if cells and cells[0] in grammar.words["row_total"] and numbers:
            if len(column) >= FEWEST_HEADINGS and not _is_of_other_column(paragraph.cells, above):
                yield points_claim(
                    KIND,
                    paragraph,
                    (0, len(text)),
                    numbers[-1],
                    sum(column, Decimal(0)),
                    "sum",
                    parts="＋".join(map(written, column)),
                )
            column = None
        elif cells and cells[-1] not in grammar.words["no_points"] and numbers and len(cells) > 1:
            column.append(numbers[-1])
            above.append(paragraph.cells)


def _is_of_other_column(row: tuple[str, ...], above: list[tuple[str, ...]]) -> bool:
    """Say whether the last number of a row of sums adds up a column that is not the last one, blanks behind it."""
    grammar = load_grammar()
    at = max((number for number, cell in enumerate(row) if cell), default=0)
    if all(at == len(cells) - 1 for cells in above):
        return False
    numbers = [cells[at] if at < len(cells) else "" for cells in above]
    plain = grammar.pattern("plain_number")
    known = [Decimal(number) for number in numbers if plain.fullmatch(number)]
    return len(known) == len(numbers) and plain.fullmatch(row[at]) is not None and sum(known) == Decimal(row[at])


def _grade(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare a grade with the score it stands beside."""
    grammar = load_grammar()
    far = grammar.pattern("total_and_grade").finditer(paragraph.text)
    for match in [*grammar.pattern("score_and_grade").finditer(paragraph.text), *far]:
        score = Decimal(match["n"])
        named = match["grade"]
        due = next(word for bound, word in grammar.words["bands"] if score >= bound)
        held = grammar.words["grade_words"].get(named)
        if held is None or score > 100:
            continue
        yield claim_at(
            "claim_grade",
            paragraph,
            match.span(),
            printed=named,
            derived=due,
            verdict="holds" if held == due else "fails",
            arithmetic=grammar.sentence("grade", score=match["n"], derived=due, printed=named),
        )


def _not_given(paragraph: Paragraph) -> Iterator[Claim]:
    """Find points given where the text says none were."""
    grammar = load_grammar()
    match = grammar.find("no_points_but", paragraph.text)
    if match and Decimal(match["n"]) > 0:
        yield claim_at(
            KIND,
            paragraph,
            match.span(),
            printed=match["n"],
            derived="0",
            gap=Decimal(match["n"]),
            verdict="fails",
            arithmetic=grammar.sentence("no_points_but", printed=match["n"]),
            severity="question",
        )
