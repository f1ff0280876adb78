"""What a report cites and how it was made (依据与评价工作): documents with number and year; dates, people, surveys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from jixiao.reading.documents.portions import Portion
from jixiao.reading.documents.sections import Layout
from jixiao.reading.documents.stated_amounts import split_sentences
from jixiao.reading.files.document_words import document_words

CITING = {"preface", "work", "basics", "goal_management", "self_work"}
"""Sections in which a law without a number is cited as a basis."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One document that a report cites (依据文件)."""

    title: str
    number: str
    year: int | None
    issuer: str
    quote: str
    line: int
    last_line: int
    page: int | None


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One fact about how the evaluation was done (评价工作情况)."""

    item: str
    text: str
    value: Decimal | None
    unit: str
    quote: str
    line: int
    last_line: int
    page: int | None


@cache
def _words(group: str) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(words) for name, words in document_words()[group].items()}


def find_citations(layout: Layout, portion: Portion) -> list[Citation]:
    """Return every document that a report cites with its number, and the laws among its bases, each once (引用文件)."""
    words = _words("bases")
    found: dict[tuple[str, str], Citation] = {}
    numbered: set[str] = set()
    for place in layout.of_portion(portion.number):
        entry = layout.entries[place]
        if entry.kind not in {"text", "heading"}:
            continue
        paragraph, text = entry.paragraph, entry.paragraph.text
        covered: list[tuple[int, int]] = []
        for hit in words["cited"].finditer(text):
            title, number = hit["title"].strip(), _plain_number(hit["number"] or "")
            covered.append(hit.span())
            if not number and not (layout.places[place].section in CITING and words["legal"].search(title)):
                continue
            key = (re.sub(r"\s", "", title), number)
            if key not in found:
                year = int(hit["year"]) if hit["year"] else None
                issuer = words["issuer"].match(title)
                named = issuer["issuer"] if issuer else _issuer_before(hit["before"] or "")
                found[key] = Citation(
                    title, number, year, named, hit[0].strip(), paragraph.line, paragraph.last_line, paragraph.page
                )
            numbered |= {number} - {""}
        for hit in words["alone"].finditer(text):
            number = _plain_number(hit["number"])
            if number in numbered or any(start <= hit.start() < end for start, end in covered):
                continue
            numbered.add(number)
            found["", number] = Citation(
                "", number, int(hit["year"]), "", hit[0], paragraph.line, paragraph.last_line, paragraph.page
            )
    titled = {title for title, number in found if number}
    return [one for (title, number), one in found.items() if number or title not in titled]


def _plain_number(text: str) -> str:
    """Return the number of a document as it is usually written: 财预〔2020〕10号.

    Example:
        >>> _plain_number("财预[2020] 10 号")
        '财预〔2020〕10号'
    """
    plain = re.sub(document_words()["identity"]["leading_verb"], "", re.sub(r"\s", "", text))
    plain = re.sub(r"[\[【（(［]((?:19|20)\d\d)[\]】）)］]", r"〔\1〕", plain)
    return _words("bases")["ordinal_sign"].sub("", plain)


def _issuer_before(before: str) -> str:
    found = re.search(document_words()["identity"]["known_issuer"], before)
    return found[0] if found else ""


def find_work(layout: Layout, portion: Portion) -> list[WorkItem]:
    """Return how an evaluation was done (评价过程): period, dates, people, sites, surveys sent and returned."""
    found: list[WorkItem] = []
    seen: set[tuple[str, str]] = set()
    for place in layout.of_portion(portion.number):
        entry, section = layout.entries[place], layout.places[place].section
        if entry.kind not in {"text", "title", "signature"} or not entry.paragraph.text:
            continue
        for item in _of_paragraph(layout, place, section):
            key = (item.item, item.text)
            if key not in seen:
                seen.add(key)
                found.append(item)
    return found


def _of_paragraph(layout: Layout, place: int, section: str) -> Iterator[WorkItem]:
    paragraph = layout.entries[place].paragraph
    for _, sentence in split_sentences(paragraph.text):
        plain = _words("bases")["gap"].sub("", sentence)
        for name, words in _words("work_items").items():
            if name in {"stage_date", "team", "satisfaction", "sample_share"} and section not in {
                "work",
                "analysis",
                "preface",
            }:
                continue
            if name == "stage_date" and section != "work":
                continue
            if name == "evaluator" and section not in {"", "preface", "work", "signature"}:
                continue
            for hit in words.finditer(plain):
                named = hit.groupdict()
                number = named.get("n") or named.get("m") or ""
                text = named.get("text") or hit[0]
                value = Decimal(number) if number else None
                unit = "%" if name in {"satisfaction", "sample_share"} else ""
                if name == "evaluator":
                    text = _words("bases")["before_evaluator"].split(text)[-1]
                yield WorkItem(
                    name,
                    text.strip(),
                    value / 100 if value is not None and unit else value,
                    unit,
                    sentence.strip()[:200],
                    paragraph.line,
                    paragraph.last_line,
                    paragraph.page,
                )
