"""Levels with their points told one after the other in prose (文中逐级列出的得分), against the total beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, points_claim
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import written
from jixiao.checks.texts.prose import Document, Paragraph

KIND = "claim_score"
FEWEST = 3
FULL = Decimal(100)


def find_level_lists(document: Document) -> Iterator[Claim]:
    """Add up 决策14.2分（满分15分）、过程22.2分（满分25分）… and compare with the total the paragraph tells."""
    yield from _listed_points(document)
    for at, paragraph in enumerate(document.prose):
        items = listed_levels(paragraph)
        if len(items) < FEWEST:
            continue
        for match, name, weight, given in items:
            if given > weight:
                yield points_claim(KIND, paragraph, match.span(), given, weight, "within", name=name)
        weights = [weight for _, _, weight, _ in items]
        points = [given for _, _, _, given in items]
        place = (items[0][0].start(), items[-1][0].end())
        added = sum(weights, Decimal(0))
        if added != FULL:
            if abs(added - FULL) <= FULL / 5:
                yield points_claim(KIND, paragraph, place, FULL, added, "sum", parts="＋".join(map(written, weights)))
            continue
        nearest = [document.prose[at - 1], paragraph] if at else [paragraph]
        for other in nearest:
            total = load_grammar().find("any_total", other.text)
            if total:
                yield points_claim(
                    KIND, other, total.span(), Decimal(total["n"]), sum(points, Decimal(0)), "sum",
                    parts="＋".join(map(written, points)),
                )  # fmt: skip


def _listed_points(document: Document) -> Iterator[Claim]:
    """Add up 四个一级指标分别得13.5分、19.2分、27分和22分 and compare with the one total that the report tells."""
    grammar = load_grammar()
    told = [match for paragraph in document.prose for match in grammar.pattern("told_total").finditer(paragraph.text)]
    totals = {Decimal(match["n"]) for match in told if Decimal(match["n"]) != FULL}
    for paragraph in document.prose if len(totals) == 1 else ():
        total = next(iter(totals))
        for match in grammar.pattern("listed_points").finditer(paragraph.text):
            points = [Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", match["list"])]
            added = sum(points, Decimal(0))
            if added != FULL and abs(added - total) <= FULL / 5:
                yield points_claim(
                    KIND, paragraph, match.span(), total, added, "sum", parts="＋".join(map(written, points))
                )


def listed_levels(paragraph: Paragraph) -> list[tuple[re.Match[str], str, Decimal, Decimal]]:
    """Return the levels a paragraph lists with the weight and the points of each (逐级所列)."""
    grammar = load_grammar()
    found = []
    for name in ("listed_level", "listed_level_full_behind"):
        for match in grammar.pattern(name).finditer(paragraph.text):
            found.append((match, match["name"], Decimal(match["w"]), Decimal(match["g"])))
        if len(found) >= FEWEST:
            return found
        found = []
    return found
