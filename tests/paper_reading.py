"""Read a written report back, without the package: its paragraphs, fields, tables and every number in it."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import pandas as pd
from docx.oxml.ns import qn

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def numbers_of(text: str) -> set[Decimal]:
    """Every number printed in a text."""
    return {Decimal(found.replace(",", "").rstrip(".")) for found in NUMBER.findall(text)}


def paragraphs_of(path: Path) -> list[str]:
    """Every paragraph in order, those of tables included, fields with what they show."""
    body = docx.Document(str(path)).element.body
    return ["".join(part.text or "" for part in node.iter(qn("w:t"))) for node in body.iter(qn("w:p"))]


def text_of(path: Path) -> str:
    return "\n".join(paragraphs_of(path))


def grid_of(table: Any) -> list[list[str]]:
    """The cells of a table; a merged cell shows its text in every row."""
    rows: list[list[str]] = []
    for row in table._tbl.findall(qn("w:tr")):
        texts = []
        for column, cell in enumerate(row.findall(qn("w:tc"))):
            merge = cell.find(qn("w:tcPr")).find(qn("w:vMerge"))
            if merge is not None and merge.get(qn("w:val")) == "continue":
                texts.append(rows[-1][column])
            else:
                texts.append("\n".join(text.text for text in docx.table._Cell(cell, table).paragraphs))
        rows.append(texts)
    return rows


def printed(value: float) -> set[Decimal]:
    """A number of a frame as it may be printed: itself, in per cent, with two or four decimals."""
    if value != value:
        return set()
    exact = Decimal(repr(float(value)))
    return {exact.normalize(), round_up(exact, 2), round_up(exact, 4), round_up(exact * 100, 2)}


def round_up(value: Decimal, places: int) -> Decimal:
    """Half up, as a reader expects."""
    return value.quantize(Decimal(1).scaleb(-places), rounding="ROUND_HALF_UP")


def known_numbers(frames: list[pd.DataFrame]) -> set[Decimal]:
    """Every number that stands in some frames: as a number, or inside a text."""
    known: set[Decimal] = set()
    for frame in frames:
        for column in frame.columns:
            if pd.api.types.is_numeric_dtype(frame[column]) and frame[column].dtype != bool:
                for value in frame[column].dropna():
                    known |= printed(float(value))
            else:
                known |= numbers_of("\n".join(frame[column].dropna().astype(str)))
    return known


def exact(values: pd.Series) -> Decimal:
    """The exact sum of points."""
    return sum((Decimal(repr(float(value))) for value in values), Decimal(0))
