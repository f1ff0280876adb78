"""Tables of a report (文中表格): sums along rows and columns, blanks, reasons left out, values told in prose."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, Span, find_quantities, is_slip, judge, places, printed_span, written
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import TableRow, find_told, plain_name, points_of, table_rows

PARTS = "claim_parts"
SCORE = "claim_score"
REASON = "claim_reason"
SAME = "claim_same"
FULL = Decimal(100)
FEWEST_ROWS = 3
FEWEST_DIGITS = 3
SHORTEST = 3
REACH = 24


def find_table_values(document: Document) -> Iterator[Claim]:
    """Find sums of tables that fail, totals no filling of blanks gives, blank reasons, and values told otherwise."""
    rows = list(table_rows(document))
    yield from _sums(document)
    yield from _columns(document)
    yield from _rates_of_rows(document)
    yield from _shares_of_total(document)
    yield from _totals(rows)
    yield from _blank_reasons(rows)
    yield from _told_otherwise(document, rows)


def _plain_tables(document: Document) -> Iterator[list[Paragraph]]:
    table: list[Paragraph] = []
    for paragraph in [*document.paragraphs, Paragraph("", ())]:
        if paragraph.is_row and (not table or len(paragraph.cells) == len(table[0].cells)):
            table.append(paragraph)
            continue
        if len(table) > FEWEST_ROWS:
            yield table
        table = [paragraph] if paragraph.is_row else []


def _number(cell: str) -> Decimal | None:
    plain = re.sub(r"[\s,，]", "", cell)
    return Decimal(plain) if load_grammar().pattern("plain_number").fullmatch(plain) else None


def _sums(document: Document) -> Iterator[Claim]:
    """Add the cells of each row up to its column of sums, where most rows of the table hold (行内合计)."""
    grammar = load_grammar()
    for table in _plain_tables(document):
        head = [cell.strip() for cell in table[0].cells]
        sums = [at for at, cell in enumerate(head) if grammar.pattern("sum_column").match(cell)]
        if len(sums) != 1 or sums[0] < 2:
            continue
        judged = []
        for row in table[1:]:
            numbers = [_number(cell) for cell in row.cells]
            own = numbers[sums[0]]
            parts = [number for number in numbers[1 : sums[0]] if number is not None]
            if own is not None and len(parts) > 1:
                judged.append((row, own, parts))
        wrong = [one for one in judged if one[1] != sum(one[2], Decimal(0))]
        if not wrong or len(wrong) * 2 >= len(judged):
            continue
        for row, own, parts in wrong:
            yield _sum(PARTS, row, own, parts)


def _columns(document: Document) -> Iterator[Claim]:
    """Add the cells of each column down to the row of sums, where another column of the table holds (列内合计)."""
    grammar = load_grammar()
    for table in _plain_tables(document):
        last = table[-1]
        if not any(cell.strip() in grammar.words["row_total"] for cell in last.cells[:2]):
            continue
        judged = []
        for at in range(1, len(last.cells)):
            numbers = [_number(row.cells[at]) for row in table[1:-1]]
            own, parts = _number(last.cells[at]), [number for number in numbers if number is not None]
            is_mean = own is not None and parts and min(parts) <= own <= max(parts) and len(parts) > 1
            if own is not None and len(parts) == len(numbers) and not is_mean:
                judged.append((own, parts))
        wrong = [one for one in judged if one[0] != sum(one[1], Decimal(0))]
        if len(judged) > 1 and 0 < len(wrong) < len(judged):
            for own, parts in wrong:
                yield _sum(PARTS, last, own, parts)


def _shares_of_total(document: Document) -> Iterator[Claim]:
    """Compare the share in each row with its number over that of the row of sums, where most rows hold (占比列)."""
    grammar = load_grammar()
    for table in _plain_tables(document):
        last = table[-1]
        if not any(cell.strip() in grammar.words["row_total"] for cell in last.cells[:2]):
            continue
        shares = [at for at, cell in enumerate(table[0].cells) if grammar.find("share_column", cell)]
        numbers = [at for at in range(1, len(last.cells)) if at not in shares and _number(last.cells[at])]
        if len(shares) == 1 and shares[0] - 1 in numbers:
            numbers = [shares[0] - 1]  # a share stands beside its number
        for share in shares if len(shares) == 1 and len(numbers) == 1 else ():
            whole = _number(last.cells[numbers[0]]) or Decimal(0)
            judged = []
            for row in table[1:-1]:
                rate = grammar.pattern("cell_number").fullmatch(re.sub(r"\s", "", row.cells[share]))
                part = _number(row.cells[numbers[0]])
                if rate and rate["unit"] == "%" and part is not None and whole > 0:
                    derived = part / whole * FULL
                    held = judge(printed_span(rate["n"]), Span(derived, derived, derived), step=places(rate["n"]))
                    judged.append((row, rate["n"], part, derived, held != "fails"))
            wrong = [one for one in judged if not one[-1]]
            if len(wrong) * 2 < len(judged):
                for row, printed, part, derived, _ in wrong:
                    yield _share(row, printed, part, whole, derived)


def _share(row: Paragraph, printed: str, part: Decimal, whole: Decimal, derived: Decimal) -> Claim:
    shown = written(derived, places(printed) / 100)
    return claim_at(
        "claim_share",
        row,
        (0, len(row.text)),
        printed=f"{printed}%",
        derived=f"{shown}%",
        gap=Decimal(printed) - derived,
        verdict="fails",
        arithmetic=load_grammar().sentence(
            "share", part=written(part), whole=written(whole), derived=shown, printed=printed
        ),
    )


def _rates_of_rows(document: Document) -> Iterator[Claim]:
    """Compare the rate of each row with its planned and reached amounts, where most rows hold (行内比率)."""
    grammar = load_grammar()
    for table in _plain_tables(document):
        head = [cell.strip() for cell in table[0].cells]
        rates = [at for at, cell in enumerate(head) if grammar.find("rate_column", cell)]
        bases = [at for at, cell in enumerate(head) if grammar.find("base_column", cell) and at not in rates]
        tops = [
            at for at, cell in enumerate(head) if at and grammar.find("top_column", cell) and at not in [*rates, *bases]
        ]
        amounts = [at for at in tops if not grammar.find("points_of_row", head[at])]
        tops = amounts if len(tops) > 1 else tops
        if not len(rates) == len(bases) == len(tops) == 1:
            continue
        judged = []
        for row in table[1:]:
            rate = grammar.pattern("cell_number").fullmatch(re.sub(r"\s", "", row.cells[rates[0]]))
            base, top = _number(row.cells[bases[0]]), _number(row.cells[tops[0]])
            if rate and rate["unit"] == "%" and base and top is not None:
                derived = top / base * FULL
                step = places(rate["n"])
                held = judge(printed_span(rate["n"]), Span(derived, derived, derived), step=step) != "fails"
                judged.append((row, rate["n"], top, base, derived, held))
        wrong = [one for one in judged if not one[-1]]
        if not wrong or len(wrong) * 2 > len(judged):
            continue
        for row, printed, top, base, derived, _ in wrong:
            yield _share(row, printed, top, base, derived)


def _sum(kind: str, row: Paragraph, own: Decimal, parts: list[Decimal], unit: str = "") -> Claim:
    added = sum(parts, Decimal(0))
    return claim_at(
        kind,
        row,
        (0, len(row.text)),
        printed=written(own),
        derived=written(added),
        gap=own - added,
        verdict="holds" if own == added else "fails",
        arithmetic=load_grammar().sentence(
            "sum", parts="＋".join(map(written, parts)), derived=written(added), printed=written(own),
            difference=written(abs(own - added)), unit=unit,
        ),
    )  # fmt: skip


def _by_table(rows: list[TableRow]) -> Iterator[tuple[list[TableRow], TableRow | None]]:
    tables: dict[int, list[TableRow]] = defaultdict(list)
    for row in rows:
        tables[row.table].append(row)
    for table in tables.values():
        if table[-1].at - table[0].at == len(table) - 1:  # no line was lost between its rows
            yield [row for row in table if not row.is_total], next((row for row in table if row.is_total), None)


def _totals(rows: list[TableRow]) -> Iterator[Claim]:
    """Compare the points in the row of a total with the sum of the rows, or with what their blanks allow (合计得分)."""
    grammar = load_grammar()
    for body, total in _by_table(rows):
        printed = points_of(total.cells.get("given", "")) if total else None
        weights = [points_of(row.cells.get("weight", "")) for row in body]
        points = [points_of(row.cells.get("given", "")) for row in body]
        known = [point for point in points if point is not None]
        if total is None or printed is None or len(known) < FEWEST_ROWS:
            continue
        if len({row.names for row in body}) < len(body) or any(weight is None for weight in weights):
            continue
        if sum((weight for weight in weights if weight is not None), Decimal(0)) == 2 * FULL:
            continue  # rows of levels stand among those of indicators
        if len(known) == len(points):
            yield _sum(SCORE, total.paragraph, printed, known, grammar.words["points"])
            continue
        open_points = sum(
            (weight for weight, point in zip(weights, points, strict=True) if weight is not None and point is None),
            Decimal(0),
        )
        least, most = sum(known, Decimal(0)), sum(known, Decimal(0)) + open_points
        yield claim_at(
            SCORE,
            total.paragraph,
            (0, len(total.paragraph.text)),
            printed=written(printed),
            derived=written(most if printed > most else least),
            gap=printed - (most if printed > most else least),
            verdict="fails" if not least <= printed <= most else "open",
            arithmetic=grammar.sentence(
                "no_filling", known=written(least), count=len(points) - len(known), blank=written(open_points),
                least=written(least), most=written(most), printed=written(printed),
            ),
        )  # fmt: skip


def _blank_reasons(rows: list[TableRow]) -> Iterator[Claim]:
    """Find a row that lost points without a reason in a table that gives reasons for all others (扣分原因空缺)."""
    grammar = load_grammar()
    for body, _ in _by_table(rows):
        lost = []
        for row in body:
            weight, given = (points_of(row.cells.get(role, "")) for role in ("weight", "given"))
            if "reason" in row.cells and weight is not None and given is not None and given < weight:
                lost.append((row, weight, given))
        silent = [one for one in lost if not one[0].cells["reason"].strip()]
        if not silent or len(silent) * 3 > len(lost):
            continue
        for row, weight, given in silent:
            yield claim_at(
                REASON,
                row.paragraph,
                (0, len(row.paragraph.text)),
                printed=written(given),
                derived=written(weight),
                gap=given - weight,
                verdict="fails",
                arithmetic=grammar.sentence(
                    "row_without_reason", name=plain_name(row.names[-1]), weight=written(weight), given=written(given),
                    lost=written(weight - given), column=grammar.words["reason_column"],
                ),
            )  # fmt: skip


def _told_otherwise(document: Document, rows: list[TableRow]) -> Iterator[Claim]:
    """Find an actual of a table of which the prose tells a slip, and never the value itself (表中与正文)."""
    grammar = load_grammar()
    prose: dict[str, list[tuple[Paragraph, Quantity]]] = defaultdict(list)
    for paragraph in document.prose:
        for one in paragraph.quantities:
            prose[one.unit].append((paragraph, one))
    heads = {one.paragraph.line(0): one.name for one in find_told(document) if one.words and not one.is_row}
    for row in rows:
        name = plain_name(row.names[-1])
        found = find_quantities(row.cells.get("actual", "").strip())
        if row.is_total or len(found) != 1 or len(name) < SHORTEST:
            continue
        actual = found[0]
        places = prose.get(actual.unit, [])
        if any(one.value == actual.value for _, one in places) or not actual.unit:
            continue
        pairs = {name[at : at + 2] for at in range(len(name) - 1)} - set(grammar.words["common_pairs"])
        for paragraph, one in places:
            if len(one.number) < FEWEST_DIGITS or not is_slip(one.number, actual.number):
                continue
            around = paragraph.text[max(0, one.start - REACH) : one.end + 8] + heads.get(paragraph.line(0), "")
            if any(pair in around for pair in pairs):
                yield claim_at(
                    SAME,
                    row.paragraph,
                    (0, len(row.paragraph.text)),
                    printed=actual.printed,
                    derived=one.printed,
                    gap=actual.value - one.value,
                    verdict="fails",
                    arithmetic=grammar.sentence(
                        "prose_value", name=name, printed=actual.printed, other=one.printed,
                        line=paragraph.line(one.start),
                    ),
                    severity="question",
                )  # fmt: skip
                break
