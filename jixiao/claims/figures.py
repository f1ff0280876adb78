"""What the text of a final account says against its ten tables (决算说明与公开表)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from jixiao.claims.found import Claim, claim_at
from jixiao.claims.grammar import load_grammar
from jixiao.claims.quantities import judge, places, printed_span, step_of, written
from jixiao.claims.text import Document

ROW_NUMBERED = ("1", "4", "7", "10")
"""The tables whose rows carry a number (行次) before the amount."""


@dataclass(frozen=True)
class Figure:
    """One amount of a table: its table, row, value as printed and where it stands."""

    table: str
    row: str
    number: str
    place: str


def find_figures(document: Document, accounts: pd.DataFrame | None = None) -> Iterator[Claim]:
    """Compare the figures that the text names with the tables of the account (正文与附表).

    Args:
        document: The text; tables printed in it count when no accounts are given.
        accounts: The frame ``accounts`` of the same department and year.
    """
    grammar = load_grammar()
    figures = _of_frame(accounts) if accounts is not None and len(accounts) else _of_text(document)
    if not figures:
        return
    for declared in grammar.figures:
        pattern = grammar.compile(declared["text"])
        table, row = declared["table"], grammar.compile(declared["row"])
        known = [figure for figure in figures if figure.table == table and row.search(figure.row)]
        if len({figure.number for figure in known}) != 1:
            continue
        figure = known[0]
        for paragraph in document.prose:
            match = pattern.search(paragraph.text)
            if not match:
                continue
            quantity = next((one for one in paragraph.quantities if one.start == match.start("n")), None)
            if quantity is None:
                continue
            table_span = printed_span(figure.number)
            step = max(step_of(quantity), places(figure.number))
            verdict = judge(quantity.span, table_span, step=step)
            gap = quantity.value - table_span.value
            yield claim_at(
                "claim_account",
                paragraph,
                match.span(),
                printed=quantity.printed,
                derived=written(Decimal(figure.number)),
                gap=gap,
                verdict=verdict,
                arithmetic=grammar.sentence(
                    "account",
                    printed=quantity.printed,
                    place=figure.place,
                    row=figure.row,
                    derived=figure.number,
                    difference=written(abs(gap)),
                ),
            )
            break


def _of_frame(accounts: pd.DataFrame) -> list[Figure]:
    """Take the first column of every row of the account tables."""
    numbers = accounts[accounts["value_text"].str.replace(",", "").str.fullmatch(r"-?\d+(?:\.\d+)?")]
    first = numbers.drop_duplicates(["table_code", "side", "row_code", "row_no", "row_name"])
    return [
        Figure(
            row["table_code"],
            row["row_name"],
            row["value_text"].replace(",", ""),
            f"{row['source_file']} {row['source_sheet']}!{row['source_cell']}",
        )
        for row in first.to_dict("records")
    ]


def _of_text(document: Document) -> list[Figure]:
    """Read the tables that stand in the text: after a table's code, each name with the first amount behind it."""
    grammar = load_grammar()
    found: list[Figure] = []
    code = number = ""
    for paragraph in document.paragraphs:
        marked = grammar.find("table_code", paragraph.text)
        if marked and len(paragraph.text) < 80:
            number = str(int(marked["number"]))
            code = marked["code"]
        if grammar.find("end_of_tables", paragraph.text) and not paragraph.is_row:
            code = ""
        if not code or not paragraph.is_row:
            continue
        name, numbers = "", []
        for cell in [*paragraph.cells, "□"]:
            plain = cell.replace(",", "")
            if grammar.pattern("plain_number").fullmatch(plain):
                numbers.append(plain)
                continue
            if not cell.strip("-—"):
                continue
            at = 1 if number in ROW_NUMBERED else 0
            if name and len(numbers) > at:
                place = grammar.sentence("place", file=document.file, line=paragraph.line(0))
                found.append(Figure(code, name, numbers[at], place))
            name, numbers = cell, []
    return found
