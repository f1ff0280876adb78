"""Dates, years and numbers of documents (日期、年度、文号)."""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from jixiao.claims.found import Claim, claim_at
from jixiao.claims.grammar import load_grammar
from jixiao.claims.text import Document, Paragraph


def find_dates(document: Document) -> Iterator[Claim]:
    """Find dates that do not exist, periods that end before they start, notices of another year."""
    grammar = load_grammar()
    for paragraph in document.prose:
        for match in grammar.pattern("date").finditer(paragraph.text):
            is_real = _day(int(match["year"] or 2000), int(match["month"]), int(match["day"])) is not None
            yield claim_at(
                "claim_date",
                paragraph,
                match.span(),
                printed=match[0],
                derived="",
                verdict="holds" if is_real else "fails",
                arithmetic=grammar.sentence("date_real" if is_real else "date_unreal", printed=match[0]),
            )
        for match in grammar.pattern("period").finditer(paragraph.text):
            yield from _period(paragraph, match)
        if document.year:
            for match in grammar.pattern("notice_of_year").finditer(paragraph.text):
                is_same = int(match["year"]) == document.year
                yield claim_at(
                    "claim_year",
                    paragraph,
                    match.span(),
                    printed=match["year"],
                    derived=str(document.year),
                    gap=Decimal(int(match["year"]) - document.year),
                    verdict="holds" if is_same else "fails",
                    arithmetic=grammar.sentence("year", printed=match["year"], derived=document.year),
                )


def _day(year: int, month: int, day: int) -> date | None:
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(max(year, 1), month)[1]):
        return None
    return date(max(year, 1), month, day)


def _period(paragraph: Paragraph, match: re.Match[str]) -> Iterator[Claim]:
    """Compare the two ends of a period; the second year is the first when it is not printed."""
    grammar = load_grammar()
    first = (int(match["year1"]), int(match["month1"]), int(match["day1"] or 1))
    last = (int(match["year2"] or match["year1"]), int(match["month2"]), int(match["day2"] or 31))
    if not match["year2"] and last < first and last[1] != first[1]:
        return  # 2021年11月至2月 may well end in the next year
    is_held = first <= last
    yield claim_at(
        "claim_date",
        paragraph,
        match.span(),
        printed=match[0],
        derived="",
        verdict="holds" if is_held else "fails",
        arithmetic=grammar.sentence("period" if is_held else "period_back", printed=match[0]),
    )


Cited = tuple[str, str, str, Document, Paragraph, tuple[int, int]]


def find_documents(documents: Sequence[Document]) -> Iterator[tuple[Document, Claim]]:
    """Find documents cited with two numbers, and numbers given to two documents (文号), in and between texts."""
    grammar = load_grammar()
    cited = [item for document in documents for item in _cited(document)]
    by_title: dict[str, list[Cited]] = defaultdict(list)
    by_number: dict[str, list[Cited]] = defaultdict(list)
    for item in cited:
        by_title[item[0]].append(item)
        by_number[item[1]].append(item)
    for title, items in by_title.items():
        yield from _differing(items, 1, "document", title)
    for number, items in by_number.items():
        first = items[0]
        for item in items[1:]:
            one, two = sorted((first[0], item[0]), key=len)
            one, two = (text.split()[-1] for text in (one, two))
            if one == two or one in two or two in one:
                continue
            if _alike(one, two) >= 0.6:
                yield (
                    item[3],
                    claim_at(
                        "claim_document",
                        item[4],
                        item[5],
                        printed=item[2],
                        derived=first[2],
                        verdict="fails",
                        arithmetic=grammar.sentence(
                            "number_twice", number=number, one=item[2], two=first[2], place=_place(first)
                        ),
                        severity="question",
                    ),
                )
                break


def _differing(items: list[Cited], part: int, sentence: str, title: str) -> Iterator[tuple[Document, Claim]]:
    first = items[0]
    is_told = False
    for item in items[1:]:
        is_same = item[part] == first[part]
        if is_told and not is_same:
            continue
        is_told = is_told or not is_same
        yield (
            item[3],
            claim_at(
                "claim_document",
                item[4],
                item[5],
                printed=item[part],
                derived=first[part],
                verdict="holds" if is_same else "fails",
                arithmetic=load_grammar().sentence(
                    sentence if not is_same else "document_holds",
                    title=title,
                    one=item[part],
                    two=first[part],
                    place=_place(first),
                ),
            ),
        )


def _place(item: Cited) -> str:
    return load_grammar().sentence("place", file=item[3].file, line=item[4].line(item[5][0]))


def _cited(document: Document) -> Iterator[Cited]:
    grammar = load_grammar()
    for paragraph in document.prose:
        for match in grammar.pattern("cited").finditer(paragraph.text):
            title = grammar.pattern("title_dressing").sub("", match["title"])
            year = grammar.number(match["year"])
            if len(title) >= 6 and year:
                number = f"{match['issuer']}〔{match['year']}〕{int(match['serial'])}{grammar.words['serial']}"
                is_bare = bool(grammar.find("bare_title", title))
                key = f"{match['issuer']} {title}" if is_bare else title
                yield key, number, match["title"], document, paragraph, match.span()


def _alike(one: str, two: str) -> float:
    """Return which share of the pairs of signs two titles have in common."""
    pairs = [{text[at : at + 2] for at in range(len(text) - 1)} for text in (one, two)]
    return len(pairs[0] & pairs[1]) / max(1, len(pairs[0] | pairs[1]))
