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
NEAREST_ITEM = 3


def find_absent(document: Document) -> Iterator[Claim]:
    """Find annexes and tables that are referred to and not there, and headings numbered twice or not at all."""
    yield from _references(document)
    yield from _annexes(document)
    yield from _repeated_heads(document)
    yield from _numbering(document)
    yield from _items(document)
    yield from _decimals(document)


def _references(document: Document) -> Iterator[Claim]:
    grammar = load_grammar()
    short = [one.text for one in document.paragraphs if not one.is_row and len(one.text) < 90]
    heads = [*short, *(re.sub(r"\s", "", text) for text in short)]
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


def _annexes(document: Document) -> Iterator[Claim]:
    """Find annexes of the list at the end of a report that do not follow, although others of the list do (附件目录)."""
    grammar = load_grammar()
    paragraphs, annex = document.prose, grammar.words["annex"]
    for at, paragraph in enumerate(paragraphs):
        match = grammar.find("annex_list", paragraph.text)
        if not match:
            continue
        listed = [(1, match["title"], paragraph)]
        for below in paragraphs[at + 1 : at + 12]:
            item = grammar.pattern("annex_item").match(below.text)
            if not item or int(item["number"]) != len(listed) + 1:
                break
            listed.append((int(item["number"]), item["title"], below))
        rest = [one.text for one in paragraphs[at + len(listed) :] if len(one.text) < 90]
        heads = {
            number
            for number, title, _ in listed
            if any(re.match(rf"{annex}{number}(?!\d)|{re.escape(title[:12])}", text) for text in rest)
        }
        if len(listed) < 2 or not heads:
            continue  # annexes that are files of their own
        for number, title, where in listed:
            yield claim_at(
                "claim_absent",
                where,
                (0, len(where.text)),
                printed=title[:LONGEST_TITLE],
                derived="",
                verdict="holds" if number in heads else "fails",
                arithmetic=grammar.sentence(
                    "absent_there" if number in heads else "absent", printed=title[:LONGEST_TITLE]
                ),
            )


def _repeated_heads(document: Document) -> Iterator[Claim]:
    """Find annexes listed one below the other of which some follow as headings and others do not (附件目录)."""
    grammar = load_grammar()
    runs: list[list[tuple[int, re.Match[str], Paragraph]]] = [[]]
    for at, paragraph in enumerate(document.prose):
        match = grammar.pattern("annex_heading").match(paragraph.text)
        is_next = not runs[-1] or (
            match is not None
            and runs[-1][-1][0] == at - 1
            and (grammar.number(match["number"]) or 0) > (grammar.number(runs[-1][-1][1]["number"]) or 0)
        )
        if match and is_next:
            runs[-1].append((at, match, paragraph))
        elif match:
            runs.append([(at, match, paragraph)])
    listed = runs[0]
    later = {grammar.number(match["number"]) for run in runs[1:] for _, match, _ in run}
    later |= {
        grammar.number(match["number"])
        for paragraph in document.prose
        if (match := grammar.pattern("annex_alone").match(paragraph.text))
    }
    if (listed and listed[-1][1]["number"] == listed[0][1]["number"]) or len(listed) < 2:
        return
    if grammar.number(listed[-1][1]["number"]) == 1:  # the first annex follows its list at once
        later.add(1)
        listed = listed[:-1]
    numbers = [grammar.number(match["number"]) for _, match, _ in listed]
    if len(listed) < 2 or numbers != sorted(set(numbers), key=lambda number: number or 0) or not later & set(numbers):
        return
    for number, (_, match, paragraph) in zip(numbers, listed, strict=True):
        yield claim_at(
            "claim_absent",
            paragraph,
            (0, len(paragraph.text)),
            printed=match["title"][:LONGEST_TITLE],
            derived="",
            verdict="holds" if number in later else "fails",
            arithmetic=grammar.sentence(
                "absent_there" if number in later else "absent", printed=match["title"][:LONGEST_TITLE]
            ),
        )


def _items(document: Document) -> Iterator[Claim]:
    """Follow 1. 2. 3. and （一）… that begin sentences: a number left out or told twice among them (序号)."""
    grammar = load_grammar()
    last: dict[str, tuple[int, int]] = {}
    for at, paragraph in enumerate(document.prose):
        text = paragraph.text
        if grammar.find("chapter", text) and len(text) <= LONGEST_HEADING:
            last = {}
            continue
        match = grammar.pattern("numbered_item").match(text)
        if not match:
            continue
        style = "digits" if match["digits"] else "section"
        number = grammar.number(match["digits"] or match["section"])
        if number is None:
            continue
        if style == "section":
            last.pop("digits", None)
            if len(text) <= LONGEST_HEADING and text[-1] not in "。；，":
                last.pop("section", None)  # a heading, which is followed elsewhere
                continue
        before = last.get(style)
        last[style] = number, at
        if before is None or number == 1 or at - before[1] > NEAREST_ITEM:
            continue
        if number == before[0] + 1:
            yield _order(paragraph, match, before[0], number, "holds")
        elif number in {before[0], before[0] + 2} and before[0] >= 1:
            yield _order(paragraph, match, before[0], number, "fails")


def _decimals(document: Document) -> Iterator[Claim]:
    """Follow 6.1, 6.2, 6.3 within each chapter (小数编号)."""
    grammar = load_grammar()
    last: dict[str, int] = {}
    for paragraph in document.prose:
        match = grammar.pattern("decimal_heading").match(paragraph.text)
        if not match:
            continue
        number, chapter = int(match["number"]), match["chapter"]
        before = last.get(chapter)
        last[chapter] = number
        if before is not None and number != 1:
            verdict = "holds" if number == before + 1 else "fails"
            if verdict == "holds" or number in {before, before + 2}:
                yield _order(paragraph, match, before, number, verdict)


def _numbering(document: Document) -> Iterator[Claim]:
    """Follow 一、二、三 and （一）（二）（三）; a number may start again at one, and every other follows the last."""
    grammar = load_grammar()
    last: dict[str, tuple[int, Paragraph]] = {}
    for paragraph in document.prose:
        match = grammar.pattern("numbered_heading").match(paragraph.text)
        if not match:
            continue
        is_plain = len(paragraph.text) <= LONGEST_HEADING and paragraph.text[-1] not in "。；，"
        is_plain |= bool(grammar.pattern("short_head").match(paragraph.text))
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
        (0, min(len(paragraph.text), LONGEST_TITLE)),
        printed=match[0],
        derived=str(before + 1),
        gap=Decimal(number - before - 1),
        verdict=verdict,
        arithmetic=grammar.sentence(
            "numbering_holds" if verdict == "holds" else "numbering", before=before, printed=number, derived=before + 1
        ),
    )
