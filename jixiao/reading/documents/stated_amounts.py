"""Amounts in prose (文中金额): what each sum of money in a sentence is, by the words before it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from jixiao.reading.files.document_words import document_words

NEAR = 26
"""Signs before an amount within which the word stands that says what it is."""


@dataclass(frozen=True, slots=True)
class Amount:
    """One sum of money: what the sentence says it is, of what, and where it stands in the text.

    ``statement`` is planned, issued, arrived, executed, balance or empty; ``fund`` total, fiscal, carry_over or other;
    ``rank`` says how sure it is that the whole project is meant, more is surer.
    """

    statement: str
    fund: str
    subject: str
    text: str
    value: Decimal
    start: int
    end: int
    rank: int


@cache
def _words() -> dict[str, re.Pattern[str]]:
    money = document_words()["money"]
    return {name: re.compile(words) for name, words in money.items() if isinstance(words, str)}


@cache
def _sources() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(words) for name, words in document_words()["money"]["sources"].items()}


@cache
def _amount() -> re.Pattern[str]:
    return re.compile(document_words()["amount"])


def split_sentences(text: str, ends: str = "。；！？") -> list[tuple[int, str]]:
    """Return the sentences of a paragraph with the place where each begins; ``ends`` are the signs that end one.

    Example:
        >>> split_sentences("甲。乙；丙")
        [(0, '甲。'), (2, '乙；'), (4, '丙')]
    """
    return [(found.start(), found[0]) for found in re.finditer(f"[^{ends}]+[{ends}]?", text)]


def to_number(text: str) -> Decimal | None:
    """Return a printed number without its thousands signs; None when it is none."""
    try:
        return Decimal(re.sub("[,，]", "", text))
    except InvalidOperation:
        return None


def to_wan(number: str, unit: str) -> Decimal | None:
    """Return money in 万元 (换算为万元).

    Example:
        >>> to_wan("1,088,346.32", "元"), to_wan("1.2", "亿元")
        (Decimal('108.834632'), Decimal('12000.0'))
    """
    value = to_number(number)
    return None if value is None else value * Decimal(document_words()["money_units"][unit])


def find_amounts(text: str, *, year: int | None = None, usual: str = "") -> list[Amount]:
    """Return every amount of a paragraph with what it is (识别金额).

    Args:
        text: The paragraph.
        year: The year evaluated; an amount of another year is not that of the project.
        usual: What an amount is that no word explains: that of the heading above, planned or executed.

    Example:
        >>> [(one.statement, one.fund, f"{one.value:f}") for one in find_amounts(
        ...     "项目预算资金120万元（含上年结余20万元），实际到位120万元，实际支出98.5万元。")][:3]
        [('planned', 'total', '120'), ('carry_over', 'carry_over', '20'), ('arrived', 'total', '120')]
    """
    found: list[Amount] = []
    is_several = False
    for start, sentence in split_sentences(text):
        found += _of_sentence(sentence, start, year, usual, is_several=is_several)
        is_several = _words()["several_years"].search(sentence) is not None
    return found


def _of_sentence(sentence: str, offset: int, year: int | None, usual: str, *, is_several: bool) -> list[Amount]:
    """Read one sentence; ``is_several`` says whether the one before told the money of several years together."""
    words, found = _words(), []
    before = ""
    last_end = 0
    in_parts = False
    for hit in _amount().finditer(sentence):
        left = sentence[last_end : hit.start()]
        value = to_wan(hit["n"], hit["unit"])
        if value is None:
            continue
        statement, is_direct = _statement(left, sentence[hit.end() : hit.end() + 10])
        in_parts = in_parts and not re.search("[。；]", left)
        goes_on = in_parts and (not is_direct or not words["leaves_parts"].search(left))
        is_part = bool(words["part"].search(_last_clauses(left))) or goes_on
        years = words["other_year"].findall(left)
        if is_part and is_several and str(year) in years:
            is_part = False  # of several years together that of the one evaluated
        if is_part and not is_direct:
            in_parts = True
        if not statement and last_end and len(left) < 30:
            statement, is_part = before, True
        if statement == "skipped":
            last_end, before = hit.end(), ""
            continue
        if not statement:
            statement = usual if not last_end else ""
        rank = 2 * bool(words["whole"].search(left)) - 3 * is_part - (1 if not is_direct else 0)
        is_several = words["several_years"].search(left) is not None
        if year and ((years and str(year) not in years) or is_several):
            rank -= 4
        if re.search(r"[（(][^）)]*$", left) or words["initial"].search(_last_clauses(left)):
            rank -= 2
        fund = _fund(left, statement, is_part)
        subject = _subject(left) if is_part else ""
        found.append(
            Amount(
                statement,
                fund,
                subject,
                hit[0],
                value.normalize() if value else value,
                offset + hit.start(),
                offset + hit.end(),
                rank,
            )
        )
        before, last_end = statement, hit.end()
    return found


def _statement(left: str, right: str) -> tuple[str, bool]:
    """Return what the nearest word before an amount says, and whether there is one."""
    best: tuple[int, int, str] | None = None
    behind = _words()["behind"]
    tail = re.sub(r"[（(][^（）()]*[)）]", "", left)[-NEAR * 2 :]
    for name in ("executed", "arrived", "issued", "balance", "carry_over", "planned", "skipped"):
        for hit in _words()[name].finditer(tail):
            end = hit.end() + (0 if name == "skipped" else len(behind.match(tail, hit.end())[0]))  # type: ignore[index]
            if len(tail) - end > NEAR:
                continue
            key = (end, -hit.start(), name)
            if best is None or key[:2] > best[:2]:
                best = key
    if best is not None:
        return best[2], True
    after = re.match(r"[^，。；]{0,4}?(?:" + _words()["arrived"].pattern + ")", right)
    return ("arrived", True) if after else ("", False)


def _last_clauses(left: str) -> str:
    return "，".join(re.split("[，,]", left)[-2:])


def _fund(left: str, statement: str, is_part: bool) -> str:
    if statement == "carry_over":
        return "carry_over"
    if not is_part:
        return "total"
    return next((name for name, words in _sources().items() if words.search(left[-NEAR:])), "")


def _subject(left: str) -> str:
    """Return what a part of the money is for: the words right before the amount."""
    return _words()["before_part"].split(left)[-1].strip()[-30:]


def as_plain(value: Any) -> str:
    """Return a number as it is written: no exponent, no zeros behind.

    Example:
        >>> as_plain(Decimal("1.5E+2")), as_plain(Decimal("6.10"))
        ('150', '6.1')
    """
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
