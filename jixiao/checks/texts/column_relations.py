"""What the columns of a table are of one another (表内各列的关系): sums, differences, quotients, growth and ranks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, permutations

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Span, places, printed_span, written
from jixiao.checks.texts.prose import Document, Paragraph

PARTS, SIGN, GROWTH, PRICE = "claim_parts", "claim_sign", "claim_growth", "claim_price"
FEWEST_ROWS = 3
FEWEST_HELD = 2
MOST_COLUMNS = 10
MOST_ROWS = 60
SIGNIFICANT = 2
POWERS = tuple(Decimal(10) ** power for power in range(-4, 7))
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Cell:
    """One number of a table as printed."""

    number: str
    span: Span

    @property
    def value(self) -> Decimal:
        """Return the printed value."""
        return self.span.value


Column = list[Cell | None]


def plain_tables(document: Document) -> Iterator[list[Paragraph]]:
    """Yield the tables whose rows all have as many cells as their head (表格)."""
    table: list[Paragraph] = []
    for paragraph in [*document.paragraphs, Paragraph("", ())]:
        if paragraph.is_row and (not table or len(paragraph.cells) == len(table[0].cells)):
            table.append(paragraph)
            continue
        if len(table) > FEWEST_HELD:
            yield table
        table = [paragraph] if paragraph.is_row else []


def is_short_total(table: list[Paragraph], row: Paragraph) -> bool:
    """Say whether a row of sums ends a table with blank cells left out behind it."""
    is_total = any(cell.strip() in load_grammar().words["row_total"] for cell in row.cells[:2])
    return is_total and len(row.cells) < len(table[0].cells)


def cell_of(text: str) -> Cell | None:
    """Return the number of a cell, its unit or % left out; None when it holds anything else."""
    plain = re.sub(r"[\s,，]", "", text)
    match = load_grammar().pattern("cell_number").fullmatch(plain)
    return Cell(match["n"], printed_span(match["n"])) if match else None


def bare_head(cell: str) -> str:
    """Return the words of a head without brackets and white space."""
    return re.sub(r"\s|\([^()]*\)|（[^（）]*）", "", cell)


@dataclass(frozen=True)
class View:
    """A table read along its columns, or along its rows: names, numbers, and the line each number stands in."""

    heads: list[str]
    columns: list[Column]
    is_across: bool
    """Whether rows are read as columns."""
    totals: frozenset[int]
    """Which places of the columns are sums or means of the others."""
    where: Callable[[int, int], Paragraph]

    def usable(self) -> list[int]:
        """Return the columns that hold numbers; the first names the rows."""
        return [at for at, column in enumerate(self.columns) if at and sum(one is not None for one in column) > 1]


def _views(table: list[Paragraph]) -> Iterator[View]:
    grammar = load_grammar()
    totals = grammar.words["row_total"]
    cells = [[cell_of(cell) for cell in row.cells] for row in table]
    names = [bare_head(row.cells[0]) for row in table]
    heads = [bare_head(cell) for cell in table[0].cells]
    is_total = [any(cell.strip() in totals for cell in row.cells[:2]) for row in table]
    down = [[row[at] for row in cells[1:]] for at in range(len(heads))]
    ends = frozenset(at for at, total in enumerate(is_total[1:]) if total)
    yield View(heads, down, False, ends, lambda _, at: table[at + 1])
    across: list[Column] = [[None] * (len(heads) - 1), *(row[1:] for row in cells[1:])]
    ends = frozenset(at for at, head in enumerate(heads[1:]) if grammar.pattern("sum_column").match(head))
    yield View(names, across, True, ends, lambda own, _: table[own])


def find_column_relations(document: Document) -> Iterator[Claim]:
    """Find the one cell of a table that breaks what holds between its columns in all other rows (表内关系)."""
    for table in plain_tables(document):
        told: set[str] = set()
        for view in _views(table[:MOST_ROWS]):
            if len(view.usable()) > MOST_COLUMNS:
                continue
            for finder in (_triples, _ranks, _growths):
                for claim in finder(view):
                    if claim.quote not in told:
                        told.add(claim.quote)
                        yield claim


def _exact(span: Span | None, factor: Decimal) -> Span | None:
    return None if span is None else Span(span.value * factor, span.low * factor, span.high * factor)


def _fits(printed: Cell, derived: Span) -> bool:
    """Say whether a cell shows what was derived; ends that only touch do not."""
    half = places(printed.number) / 2
    value = printed.value
    return abs(derived.value - value) <= half or (derived.low < value + half and value - half < derived.high)


def _is_telling(*cells: Cell) -> bool:
    """Say whether cells are long enough that they do not fit one another by chance."""
    return all(len(cell.number.replace(".", "").lstrip("0")) >= SIGNIFICANT for cell in cells)


@dataclass(frozen=True)
class Judged:
    """One place of a column: what it shows, what follows from two others, and whether they agree."""

    at: int
    own: Cell
    one: Cell
    two: Cell
    derived: Span
    holds: bool


def _odd_one(view: View, judged: list[Judged], *, is_telling: Callable[[Judged], bool]) -> tuple[Judged, int] | None:
    """Return the only place that breaks what most others bear out, and how many do."""
    held = [one for one in judged if one.holds and is_telling(one)]
    wrong = [one for one in judged if not one.holds and one.at not in view.totals]
    if len({one.own.number for one in held}) < FEWEST_HELD or len(wrong) != 1 or len(held) * 2 <= len(judged):
        return None
    return wrong[0], len(held)


def _claim(view: View, kind: str, column: int, odd: Judged, sentence: str, *, unit: str = "", **parts: object) -> Claim:
    row = view.where(column, odd.at)
    shown = written(odd.derived.value, places(odd.own.number) / 100)
    return claim_at(
        kind,
        row,
        (0, len(row.text)),
        printed=odd.own.number + unit,
        derived=shown + unit,
        gap=odd.own.value - odd.derived.value,
        verdict="fails",
        arithmetic=load_grammar().sentence(
            sentence, name=view.heads[column], one=odd.one.number, two=odd.two.number, derived=shown,
            printed=odd.own.number, **parts,
        ),
    )  # fmt: skip


def _triples(view: View) -> Iterator[Claim]:
    """Judge each column against two others: their sum, their difference, their quotient, the growth between them."""
    grammar = load_grammar()
    usable = view.usable()
    for own in usable:
        if grammar.find("given_column", view.heads[own]):
            continue
        name = view.heads[own]
        is_rate = bool(grammar.find("rate_column", name))
        ways: list[Callable[[View, int, list[tuple[int, Cell, Cell, Cell]]], Claim | None]] = []
        if grammar.find("growth_column", name):
            ways = [_grown]
        elif grammar.find("quotient_column", name):
            ways = [_divided]
        elif not is_rate and not view.is_across:
            ways = [_summed, _left] if grammar.find("rest_column", name) else [_summed]
        for one, two in permutations([at for at in usable if at != own], 2):
            rows = list(zip(*(view.columns[at] for at in (own, one, two)), strict=True))
            full = [(at, c, a, b) for at, (c, a, b) in enumerate(rows) if c and a and b and b.value and a.value]
            if len(full) < FEWEST_ROWS:
                continue
            for way in ways:
                if way is _summed and one > two:
                    continue
                claim = way(view, own, full)
                if claim is not None:
                    yield claim


Full = list[tuple[int, Cell, Cell, Cell]]


def _divided(view: View, own: int, full: Full) -> Claim | None:
    for factor in POWERS:
        judged = []
        for at, c, a, b in full:
            derived = _exact(a.span.over(b.span), factor)
            if derived is not None:
                judged.append(Judged(at, c, a, b, derived, _fits(c, derived)))
        odd = _odd_one(view, judged, is_telling=lambda one: _is_telling(one.one, one.two))
        if odd:
            return _claim(view, PRICE, own, odd[0], "column_quotient", count=odd[1])
    return None


def _grown(view: View, own: int, full: Full) -> Claim | None:
    judged = []
    for at, c, a, b in full:
        derived = _exact((a.span - b.span).over(b.span), HUNDRED)
        if derived is not None:
            judged.append(Judged(at, c, b, a, derived, _fits(c, derived)))
    odd = _odd_one(view, judged, is_telling=lambda one: _is_telling(one.own))
    return _claim(view, GROWTH, own, odd[0], "column_growth", unit="%") if odd else None


def _summed(view: View, own: int, full: Full) -> Claim | None:
    return _added(view, own, [(at, c, a, b, a.span + b.span) for at, c, a, b in full], "＋")


def _left(view: View, own: int, full: Full) -> Claim | None:
    return _added(view, own, [(at, c, a, b, a.span - b.span) for at, c, a, b in full], "－")


def _added(view: View, own: int, full: list[tuple[int, Cell, Cell, Cell, Span]], sign: str) -> Claim | None:
    judged = [Judged(at, c, a, b, derived, derived.value == c.value or (_is_telling(c) and _fits(c, derived)))
              for at, c, a, b, derived in full]  # fmt: skip
    odd = _odd_one(view, judged, is_telling=lambda one: _is_telling(one.own))
    return _claim(view, PARTS, own, odd[0], "column_sum", sign=sign, count=odd[1]) if odd else None


def _ranks(view: View) -> Iterator[Claim]:
    """Compare a column of ranks with the one column that nearly gives it (名次列)."""
    grammar = load_grammar()
    for own in (at for at in view.usable() if grammar.find("rank_column", view.heads[at])):
        rows = {at: cell for at, cell in enumerate(view.columns[own])
                if cell and cell.number.isdecimal() and at not in view.totals}  # fmt: skip
        best: list[tuple[list[int], bool, int, dict[int, int]]] = []
        for other in view.usable():
            values = {at: cell.value for at in rows if (cell := view.columns[other][at]) is not None}
            if other == own or len(values) < max(len(rows), FEWEST_ROWS):
                continue
            for sign in (1, -1):
                ranks = {at: 1 + sum(sign * value > sign * mine for value in values.values())
                         for at, mine in values.items()}  # fmt: skip
                wrong = [at for at, cell in rows.items() if cell.value != ranks[at]]
                best.append((wrong, not grammar.find("given_column", view.heads[other]), other, ranks))
        if not best:
            continue
        wrong, _, other, ranks = min(best, key=lambda item: (len(item[0]), item[1]))
        value = view.columns[other][wrong[0]] if wrong else None
        if value is None or len(wrong) > 2 or len(rows) - len(wrong) < FEWEST_HELD:
            continue
        row, mine = view.where(own, wrong[0]), rows[wrong[0]]
        yield claim_at(
            SIGN,
            row,
            (0, len(row.text)),
            printed=mine.number,
            derived=str(ranks[wrong[0]]),
            gap=mine.value - ranks[wrong[0]],
            verdict="fails",
            arithmetic=grammar.sentence(
                "column_rank", name=view.heads[other], value=value.number, derived=ranks[wrong[0]], printed=mine.number
            ),
        )


def _growths(view: View) -> Iterator[Claim]:
    """Compare a column of growth with the column that grows from row to row, where most rows hold (增长率列)."""
    grammar = load_grammar()
    usable = view.usable()
    for own in (at for at in usable if grammar.find("growth_column", view.heads[at])):
        for other in (at for at in usable if at != own):
            judged = []
            for before, at in pairwise(range(len(view.columns[own]))):
                rate, last, now = view.columns[own][at], view.columns[other][before], view.columns[other][at]
                if rate is None or last is None or now is None or not last.value:
                    continue
                derived = _exact((now.span - last.span).over(last.span), HUNDRED)
                if derived is not None:
                    judged.append(Judged(at, rate, last, now, derived, _fits(rate, derived)))
            odd = _odd_one(view, judged, is_telling=lambda one: _is_telling(one.own))
            if odd:
                yield _claim(view, GROWTH, own, odd[0], "column_growth", unit="%")
