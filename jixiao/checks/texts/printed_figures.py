"""What the text of a final account says against its ten tables (决算说明与公开表)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import judge, places, printed_span, step_of, written
from jixiao.checks.texts.prose import Document, Paragraph

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
        for paragraph, match in _matches(document, pattern, once=not declared.get("at_most")):
            quantity = paragraph.at(match.start("n"))
            if quantity is None:
                continue
            table_span = printed_span(figure.number)
            step = max(step_of(quantity), places(figure.number))
            verdict = judge(quantity.span, table_span, step=step)
            gap = quantity.value - table_span.value
            if declared.get("at_most"):
                verdict = "holds" if verdict == "fails" and gap < 0 else verdict
            yield claim_at(
                "claim_account",
                paragraph,
                match.span(),
                printed=quantity.printed,
                derived=written(Decimal(figure.number)),
                gap=gap,
                verdict=verdict,
                arithmetic=grammar.sentence(
                    "account_most" if declared.get("at_most") and verdict == "fails" else "account",
                    printed=quantity.printed,
                    place=figure.place,
                    row=figure.row,
                    derived=figure.number,
                    difference=written(abs(gap)),
                ),
                severity="question" if declared.get("at_most") else "",
            )
    yield from _subjects(document, figures)


def _matches(document: Document, pattern: re.Pattern[str], *, once: bool) -> list[tuple[Paragraph, re.Match[str]]]:
    found = [(part, match) for part in document.prose for match in [pattern.search(part.text)] if match]
    return found[:1] if once else found


def _subjects(document: Document, figures: list[Figure]) -> Iterator[Claim]:
    """Check that the explained subjects (名词解释) are those of the tables."""
    grammar = load_grammar()
    known = {figure.row for figure in figures if figure.table in grammar.words["subject_tables"]}
    for paragraph in document.prose if known else []:
        for match in grammar.pattern("subject").finditer(paragraph.text):
            name = match["name"]
            is_known = any(name in row or row in name for row in known if len(row) > 3)
            yield claim_at(
                "claim_account",
                paragraph,
                match.span(),
                printed=name,
                derived="",
                verdict="holds" if is_known else "fails",
                arithmetic=grammar.sentence("subject_holds" if is_known else "subject", name=name),
                severity="question",
            )


def find_openings(document: Document) -> Iterator[Claim]:
    """Compare the opening balance with the closing balance of the year before that the text implies (年初结转)."""
    grammar = load_grammar()
    closings = _matches(document, grammar.pattern("closing"), once=True)
    for paragraph, match in _matches(document, grammar.pattern("opening"), once=True) if closings else []:
        closing = closings[0][1]
        change = printed_span(closing["change"])
        before = printed_span(closing["n"])
        before = before + change if closing["sign"] == grammar.words["less"] else before - change
        printed = printed_span(match["n"])
        yield claim_at(
            "claim_account",
            paragraph,
            match.span(),
            printed=match["n"],
            derived=written(before.value),
            gap=printed.value - before.value,
            verdict=judge(printed, before, step=places(match["n"]) if printed.value else places(closing["change"])),
            arithmetic=grammar.sentence(
                "opening",
                before=written(before.value),
                printed=match["n"],
                difference=written(abs(printed.value - before.value)),
            ),
            severity="question",
        )


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
