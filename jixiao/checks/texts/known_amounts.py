"""Every amount of a report with its unit and the words that name it, those of its tables included (全文数量)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from jixiao.checks.texts.grammar import Grammar, load_grammar
from jixiao.checks.texts.measures import Quantity, Span, find_quantities, is_slip, printed_span
from jixiao.checks.texts.prose import Document, Paragraph

REACH = 24
SHORTEST_HEAD = 2
UNIT_LINE = 40


@dataclass(frozen=True)
class Known:
    """One amount of a report."""

    number: str
    unit: str
    span: Span
    words: str
    """The words of its sentence before it; of a cell, the name of its row and the head of its column."""
    paragraph: Paragraph
    at: int
    """Where it starts in its paragraph; of a cell, its column."""
    row: str = ""
    head: str = ""

    @property
    def value(self) -> Decimal:
        """Return the value in the unit without its scale."""
        return self.span.value


class KnownAmounts:
    """The amounts of a report by their unit."""

    def __init__(self, document: Document) -> None:
        self.by_unit: dict[str, list[Known]] = defaultdict(list)
        self.columns: list[list[Known]] = []
        for paragraph in document.prose:
            for one in paragraph.quantities:
                start = max(paragraph.sentence(one.start)[0], one.start - REACH)
                words = paragraph.text[start : one.start]
                self.by_unit[one.unit].append(Known(one.number, one.unit, one.span, words, paragraph, one.start))
        for column in columns_of(document):
            self.columns.append(column)
            for known in column:
                self.by_unit[known.unit].append(known)

    @cached_property
    def spans(self) -> dict[str, list[Span]]:
        """Return the amounts that differ, by unit."""
        return {unit: list({one.value: one.span for one in found}.values()) for unit, found in self.by_unit.items()}

    @cached_property
    def values(self) -> dict[str, set[Decimal]]:
        """Return the values by unit."""
        return {unit: {one.value for one in found} for unit, found in self.by_unit.items()}

    @cached_property
    def by_year(self) -> list[tuple[list[Known], dict[str, Known]]]:
        """Return the columns of tables whose rows are years, each with its cells by the year."""
        grammar, found = load_grammar(), []
        for column in self.columns:
            years = {year[1]: one for one in column if (year := grammar.pattern("year_of_row").match(one.row))}
            if years and len(column[0].head) >= SHORTEST_HEAD:
                found.append((column, years))
        return found

    @cached_property
    def neighbours(self) -> dict[str, list[tuple[Known, Known]]]:
        """Return the amounts that follow one another in a sentence, points also in a paragraph, by unit."""
        points = load_grammar().words["points"]
        found: dict[str, list[tuple[Known, Known]]] = {}
        for unit, amounts in self.by_unit.items():
            for one, two in pairwise(amounts):
                if one.paragraph is two.paragraph and not one.head and two.at >= one.at:
                    first, last = one.paragraph.sentence(one.at)
                    if first <= two.at < last or unit == points:
                        found.setdefault(unit, []).append((one, two))
        return found

    def named(self, words: str, unit: str) -> list[Known]:
        """Return the amounts of a unit whose words end with the name, or whose row or column bears it."""
        return [one for one in self.by_unit.get(unit, ())
                if one.row == words or one.head == words or one.words.endswith(words)]  # fmt: skip


def pairs_of(words: str) -> set[str]:
    """Return the pairs of signs of some words, those that every report has left out."""
    grammar = load_grammar()
    runs = grammar.pattern("not_han").split(words)
    return {run[at : at + 2] for run in runs for at in range(len(run) - 1)} - set(grammar.words["common_pairs"])


def is_near(printed: str, derived: Decimal, *, most_off: Decimal, number: str = "") -> bool:
    """Say whether a printed number is off by no more than a part of it, or by a digit (相近或笔误)."""
    value = Decimal(printed)
    if not derived:
        return False
    return abs(value - derived) <= most_off * abs(derived) or (bool(number) and is_slip(printed, number))


def columns_of(document: Document) -> Iterator[list[Known]]:
    """Yield the columns of the tables whose head tells a unit, or whose cells do."""
    grammar = load_grammar()
    table: list[Paragraph] = []
    unit = ""
    for paragraph in [*document.paragraphs, Paragraph("", ())]:
        if paragraph.is_row and (not table or len(paragraph.cells) == len(table[0].cells)):
            table.append(paragraph)
            continue
        if len(table) > 1:
            yield from _of_table(grammar, table, unit)
        table = [paragraph] if paragraph.is_row else []
        if not paragraph.is_row:
            told = grammar.find("unit_line", paragraph.text) if len(paragraph.text) < UNIT_LINE else None
            unit = told["unit"] if told else ""


def _of_table(grammar: Grammar, table: list[Paragraph], unit: str) -> Iterator[list[Known]]:
    for at, head in enumerate(table[0].cells):
        told = grammar.find("head_unit", head.translate(_BRACKETS))
        name = grammar.pattern("head_bracket").sub("", head.translate(_BRACKETS)).strip()
        counted = grammar.find("unit_in_head", name)
        of_head = told["unit"] if told else counted["unit"] if counted else unit
        column = []
        for row in table[1:]:
            known = _cell(grammar, row, at, name, of_head)
            if known is not None:
                column.append(known)
        if at and column:
            yield column


_BRACKETS = str.maketrans("（）", "()")


def _cell(grammar: Grammar, row: Paragraph, at: int, head: str, of_head: str) -> Known | None:
    text = row.cells[at].strip().replace(",", "").replace("，", "")
    if not text or not text[0].isdigit():
        return None
    written = text + of_head if grammar.pattern("plain_number").fullmatch(text) else text
    found: list[Quantity] = find_quantities(written)
    if len(found) != 1 or found[0].start or found[0].end != len(written):
        if not grammar.pattern("plain_number").fullmatch(text):
            return None
        return Known(text, "", printed_span(text), row.cells[0] + head, row, at, row.cells[0].strip(), head)
    one = found[0]
    return Known(one.number, one.unit, one.span, row.cells[0] + head, row, at, row.cells[0].strip(), head)
