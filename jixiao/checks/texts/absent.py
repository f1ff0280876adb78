"""What a text announces and does not hold (缺失): annexes and tables it refers to, numbers of headings left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.prose import Document, Paragraph

LONGEST_HEADING = 45
LONGEST_TITLE = 40


def find_absent(document: Document) -> Iterator[Claim]:
    """Find annexes and tables that are referred to and not there, and headings numbered twice or not at all."""
    yield from _references(document)
    yield from _numbering(document)


def _references(document: Document) -> Iterator[Claim]:
    grammar = load_grammar()
    heads = [re.sub(r"\s", "", one.text) for one in document.paragraphs if not one.is_row and len(one.text) < 90]
    told = set()
    for paragraph in document.prose:
        for match in grammar.pattern("reference").finditer(paragraph.text):
            what = match["what"]
            number = match["number"]
            title = match["title"]
            key = f"{what or ''}{number or ''}{title or ''}"
            if key in told:
                continue
            told.add(key)
            if title:
                shown = title
                is_there = any(title in head and len(head) <= len(title) + 14 and "《" not in head for head in heads)
            else:
                number = str(grammar.number(number) or number)
                shown = f"{what}{number}"
                starts = [what + number, *(what + word for word, value in grammar.words["digits"].items()
                                           if str(value) == number)]  # fmt: skip
                is_there = any(
                    head.startswith(tuple(starts)) and not head[len(what + number) :][:1].isdigit() for head in heads
                )
                is_there = is_there or any(f"({start}" in head for start in starts for head in heads)
                is_there = is_there or (
                    number == "1" and any(re.match(rf"{what}[：:]?$|{what}[：:]", h) for h in heads)
                )
            yield claim_at(
                "claim_absent",
                paragraph,
                match.span(),
                printed=shown,
                derived="",
                verdict="holds" if is_there else "fails",
                arithmetic=grammar.sentence("absent_there" if is_there else "absent", printed=shown),
            )


def _numbering(document: Document) -> Iterator[Claim]:
    """Follow 一、二、三 and （一）（二）（三）; a number may start again at one, and every other follows the last."""
    grammar = load_grammar()
    last: dict[str, tuple[int, Paragraph]] = {}
    for paragraph in document.prose:
        match = grammar.pattern("numbered_heading").match(paragraph.text)
        if not match:
            continue
        is_plain = len(paragraph.text) <= LONGEST_HEADING and paragraph.text[-1] not in "。；，"
        style = "section" if match["section"] else "chapter"
        number = grammar.number(match["section"] or match["chapter"])
        if number is None:
            continue
        before = last.get(style)
        if not is_plain and number != 1 and (before is None or number != before[0] + 1):
            continue  # a sentence that is numbered, unless it begins a list or takes its place in it
        if style == "chapter":
            last.pop("section", None)
        last[style] = number, paragraph
        if before is None or number == before[0] + 1 or number == 1:
            if before is not None and number != 1:
                yield _order(paragraph, match, before[0], number, "holds")
            continue
        if number < before[0] and style == "chapter":
            continue
        yield _order(paragraph, match, before[0], number, "fails")


def _order(paragraph: Paragraph, match: re.Match[str], before: int, number: int, verdict: str) -> Claim:
    grammar = load_grammar()
    return claim_at(
        "claim_order",
        paragraph,
        (0, len(paragraph.text)),
        printed=match[0],
        derived=str(before + 1),
        gap=Decimal(number - before - 1),
        verdict=verdict,
        arithmetic=grammar.sentence(
            "numbering_holds" if verdict == "holds" else "numbering", before=before, printed=number, derived=before + 1
        ),
    )
