"""One claim found in a text (一条陈述) and how it is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import written
from jixiao.checks.texts.prose import Document, Paragraph

LONGEST_QUOTE = 90
LONGEST_LEAD = 24


@dataclass(frozen=True)
class Claim:
    """A statement that can be checked, what was printed, what follows and whether it holds."""

    kind: str
    line: int
    quote: str
    printed: str
    derived: str
    difference: float | None
    verdict: str
    arithmetic: str
    severity: str = ""


Finder = Callable[[Document], Iterator[Claim]]


def quote_of(paragraph: Paragraph, start: int, end: int) -> str:
    """Return the words of a claim, shortened in the middle when long (摘录)."""
    start = max(0, start)
    reach = max(0, start - LONGEST_LEAD - 1)
    begin = max(paragraph.text.rfind(sign, reach, start) for sign in "，；。：、！？")
    begin = -1 if begin < 0 and reach == 0 else begin
    start = begin + 1 if start - begin <= LONGEST_LEAD and begin >= reach - 1 else start
    text = paragraph.text[start : max(start, end)].strip("，；。")
    half = LONGEST_QUOTE // 2
    return text if len(text) <= LONGEST_QUOTE else f"{text[:half]}…{text[-half:]}"


def points_claim(
    kind: str,
    paragraph: Paragraph,
    place: tuple[int, int],
    printed: Decimal,
    derived: Decimal,
    sentence: str,
    **parts: str,
) -> Claim:
    """Make a claim of points that must equal what follows (分值、得分陈述)."""
    return claim_at(
        kind,
        paragraph,
        place,
        printed=written(printed),
        derived=written(derived),
        gap=printed - derived,
        verdict="holds" if printed == derived else "fails",
        arithmetic=load_grammar().sentence(
            sentence,
            printed=written(printed),
            derived=written(derived),
            difference=written(abs(printed - derived)),
            unit=load_grammar().words["points"],
            **parts,
        ),
    )


def question_at(
    kind: str, paragraph: Paragraph, place: tuple[int, int], printed: str, derived: str, sentence: str, **parts: str
) -> Claim:
    """Make a question of what is printed at a place and what follows from elsewhere, in a declared sentence."""
    arithmetic = load_grammar().sentence(sentence, printed=printed, derived=derived, **parts)
    return claim_at(
        kind,
        paragraph,
        place,
        printed=printed,
        derived=derived,
        verdict="fails",
        arithmetic=arithmetic,
        severity="question",
    )


def claim_at(
    kind: str,
    paragraph: Paragraph,
    place: tuple[int, int],
    *,
    printed: str,
    derived: str,
    gap: Decimal | None = None,
    verdict: str,
    arithmetic: str,
    severity: str = "",
    margin: int = 0,
) -> Claim:
    """Make a claim from the place of its words in a paragraph; the quote may show a margin around them."""
    start, end = place
    return Claim(
        kind,
        paragraph.line(start),
        quote_of(paragraph, start - margin, end + margin),
        printed,
        derived,
        None if gap is None else float(written(gap)),
        verdict,
        arithmetic,
        severity,
    )
