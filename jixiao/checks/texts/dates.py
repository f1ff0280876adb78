"""Dates, years and numbers of documents (日期、年度、文号)."""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at, question_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.prose import Document, Paragraph

ALIKE_FROM = 0.6
SHORTEST_TITLE = 6
MONTHS, LONGEST_WRAPPED = 12, 8
LONGEST_HEAD = 40


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
                years = (
                    {document.year} if match["annual"] else {document.year, document.year + 1}
                )  # or that of the work
                is_same = int(match["year"]) in years
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


def find_report_years(document: Document) -> Iterator[Claim]:
    """Find a day of the cover that is not that of the end, and advice for a year that has passed (封面日期)."""
    grammar = load_grammar()
    days = [(paragraph, match) for paragraph in document.prose
            if (match := grammar.pattern("report_day").match(paragraph.text))]  # fmt: skip
    if len(days) > 1:
        first, last = days[0][1], days[-1][1]
        if (first["year"], int(first["month"])) != (last["year"], int(last["month"])):
            yield question_at("claim_date", days[-1][0], (0, len(days[-1][0].text)), last[0], first[0], "report_days")
    is_advice = False
    for paragraph in document.prose:
        if len(paragraph.text) < LONGEST_HEAD and grammar.find("any_chapter", paragraph.text):
            is_advice = grammar.find("advice_heading", paragraph.text) is not None
        for match in grammar.pattern("planned_year").finditer(paragraph.text) if is_advice and document.year else ():
            if int(match["year"]) < (document.year or 0):
                yield question_at("claim_year", paragraph, match.span(), match["year"], str(document.year), "past_plan")


def _day(year: int, month: int, day: int) -> date | None:
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(max(year, 1), month)[1]):
        return None
    return date(max(year, 1), month, day)


def _period(paragraph: Paragraph, match: re.Match[str]) -> Iterator[Claim]:
    """Compare the two ends of a period; the second year is the first when it is not printed."""
    grammar = load_grammar()
    first = (int(match["year1"]), int(match["month1"]), int(match["day1"] or 1))
    last = (int(match["year2"] or match["year1"]), int(match["month2"]), int(match["day2"] or 31))
    wrapped = last[1] + MONTHS - first[1]
    if not match["year2"] and last < first and last[1] != first[1] and wrapped <= LONGEST_WRAPPED:
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


@dataclass(frozen=True)
class Cited:
    """A document as cited: its title without dressing, its number, its title as printed and where."""

    key: str
    core: str
    number: str
    title: str
    document: Document
    paragraph: Paragraph
    place: tuple[int, int]


def find_documents(documents: Sequence[Document]) -> Iterator[tuple[Document, Claim]]:
    """Find documents cited with two numbers, and numbers given to two documents (文号), in and between texts."""
    by_title: dict[str, list[Cited]] = defaultdict(list)
    by_number: dict[str, list[Cited]] = defaultdict(list)
    for document in documents:
        for cited in _cited(document):
            by_title[cited.key].append(cited)
            by_number[cited.number].append(cited)
    for items in by_title.values():
        yield from _numbers_of(items)
    for items in by_number.values():
        yield from _titles_of(items)


def _numbers_of(items: list[Cited]) -> Iterator[tuple[Document, Claim]]:
    """Compare the numbers given to one document; a wrong one is told once."""
    first, *others = items
    told = set()
    for item in others:
        is_same = item.number == first.number
        if item.number in told:
            continue
        told |= set() if is_same else {item.number}
        yield (
            item.document,
            claim_at(
                "claim_document",
                item.paragraph,
                item.place,
                printed=item.number,
                derived=first.number,
                verdict="holds" if is_same else "fails",
                arithmetic=load_grammar().sentence(
                    "document_holds" if is_same else "document",
                    title=item.core,
                    one=item.number,
                    two=first.number,
                    place=_place(first),
                ),
            ),
        )


def _titles_of(items: list[Cited]) -> Iterator[tuple[Document, Claim]]:
    """Compare the titles given to one number: two that are alike, but not one inside the other."""
    first, *others = items
    for item in others:
        is_same = item.core in first.core or first.core in item.core
        if is_same or _alike(first.core, item.core) < ALIKE_FROM:
            continue
        yield (
            item.document,
            claim_at(
                "claim_document",
                item.paragraph,
                item.place,
                printed=item.title,
                derived=first.title,
                verdict="fails",
                arithmetic=load_grammar().sentence(
                    "number_twice", number=item.number, one=item.title, two=first.title, place=_place(first)
                ),
                severity="question",
            ),
        )
        break


def _place(item: Cited) -> str:
    return load_grammar().sentence("place", file=item.document.file, line=item.paragraph.line(item.place[0]))


def _cited(document: Document) -> Iterator[Cited]:
    grammar = load_grammar()
    for paragraph in document.prose:
        for match in grammar.pattern("cited").finditer(paragraph.text):
            core = grammar.pattern("title_dressing").sub("", match["title"])
            if len(core) < SHORTEST_TITLE:
                continue
            number = f"{match['issuer']}〔{match['year']}〕{int(match['serial'])}{grammar.words['serial']}"
            key = f"{match['issuer']} {core}" if grammar.find("bare_title", core) else core
            yield Cited(key, core, number, match["title"], document, paragraph, match.span())


def _alike(one: str, two: str) -> float:
    """Return which share of the pairs of signs two titles have in common."""
    pairs = [{text[at : at + 2] for at in range(len(text) - 1)} for text in (one, two)]
    return len(pairs[0] & pairs[1]) / max(1, len(pairs[0] | pairs[1]))
