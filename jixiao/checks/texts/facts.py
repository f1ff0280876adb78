"""The same fact given two values in one text (同一事项两个数), and what was left of a template (模板残留)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, written
from jixiao.checks.texts.prose import Document, Paragraph

KIND = "claim_same"
Place = tuple[Paragraph, Quantity]


def find_facts(document: Document) -> Iterator[Claim]:
    """Find facts that the text states more than once (前后两处).

    Two sentences tell of the same thing when they share at least one fact and at least three names of facts in a row;
    names that can only have one value, such as 全年办件量, are compared wherever they stand in the same year.
    """
    sentences = list(_sentences(document))
    seen: set[tuple[int, int]] = set()
    by_name: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, facts in enumerate(sentences):
        for key in facts:
            by_name[key].append(number)
    shared: dict[tuple[int, int], list[tuple[str, str]]] = defaultdict(list)
    for key, numbers in by_name.items():
        for pair in combinations(numbers[:12], 2):
            shared[pair].append(key)
    for (one, two), keys in sorted(shared.items()):
        equal = [key for key in keys if sentences[one][key][1].value == sentences[two][key][1].value]
        if len(keys) >= 3 and len(equal) >= 2 and len(keys) - len(equal) <= len(keys) // 2:
            seen.add((one, two))
            for key in keys:
                yield _claim(sentences[one][key], sentences[two][key], key[0])
    yield from _only_one(document, sentences, seen)
    yield from _in_one_sentence(document)


def _sentences(document: Document) -> Iterator[dict[tuple[str, str], Place]]:
    """Yield the facts of each sentence by name and unit."""
    for paragraph in document.prose:
        facts: dict[tuple[str, str], Place] = {}
        end = -1
        for quantity in paragraph.quantities:
            if quantity.start > end:
                if facts:
                    yield facts
                facts = {}
                end = paragraph.sentence(quantity.start)[1]
            name = _name(quantity)
            if name:
                facts.setdefault((name, quantity.unit), (paragraph, quantity))
        if facts:
            yield facts


def _name(quantity: Quantity) -> str:
    grammar = load_grammar()
    if (
        quantity.is_vague
        or quantity.unit in [*grammar.words["not_summed"], *grammar.words["not_facts"]]
        or grammar.has("not_fact", quantity.label)
    ):
        return ""
    name = grammar.pattern("fact_verb").sub("", quantity.label)
    name = grammar.pattern("fact_head").sub("", name)
    return name if len(name) >= 3 else ""


def _claim(first: Place, second: Place, name: str, *, severity: str = "") -> Claim:
    grammar = load_grammar()
    paragraph, here = second
    before = first[1]
    gap = here.value - before.value
    return claim_at(
        KIND,
        paragraph,
        (here.start - len(here.label), here.end),
        printed=here.printed,
        derived=before.printed,
        gap=gap,
        verdict="fails" if gap else "holds",
        arithmetic=grammar.sentence(
            "same",
            name=name,
            printed=here.printed,
            other=before.printed,
            line=first[0].line(before.start),
            difference=written(abs(gap)),
        ),
        severity=severity,
    )


def _only_one(
    document: Document, sentences: list[dict[tuple[str, str], Place]], seen: set[tuple[int, int]]
) -> Iterator[Claim]:
    """Compare facts that can have only one value in a year, wherever they stand."""
    grammar = load_grammar()
    places: dict[tuple[str, str, str], list[tuple[int, Place]]] = defaultdict(list)
    for number, facts in enumerate(sentences):
        for paragraph, quantity in facts.values():
            for name, words in grammar.words["only_one"].items():
                if quantity.label.endswith(tuple(words)) or grammar.pattern("fact_verb").sub(
                    "", quantity.label
                ).endswith(tuple(words)):
                    around = paragraph.text[max(0, quantity.start - 40) : quantity.start]
                    years = grammar.pattern("year").findall(around)
                    year = years[-1] if years else str(document.year or "")
                    places[name, quantity.unit, year].append((number, (paragraph, quantity)))
    for (name, _, _), found in places.items():
        first_number, first = found[0]
        for number, place in found[1:]:
            if (first_number, number) not in seen:
                yield _claim(first, place, name, severity="question")


def _in_one_sentence(document: Document) -> Iterator[Claim]:
    """Compare a rate of one name given twice in one sentence: 群众满意度90%…群众满意度为93%."""
    grammar = load_grammar()
    for paragraph in document.prose:
        found: dict[tuple[int, str], Place] = {}
        for match in grammar.pattern("named_rate").finditer(paragraph.text):
            start, end = paragraph.sentence(match.start())
            quantity = paragraph.at(match.start("n"))
            clause = paragraph.text[max(start, match.start() - 12) : min(end, match.end() + 4)]
            if quantity is None or quantity.is_vague or grammar.has("not_actual", clause):
                continue
            name = match["name"][-5:]
            before = found.get((start, name))
            if before:
                yield _claim(before, (paragraph, quantity), name)
            found[start, name] = (paragraph, quantity)


def find_residues(document: Document) -> Iterator[Claim]:
    """Find what was left of a template (模板残留); one claim for each kind, with every line it stands on."""
    grammar = load_grammar()
    for name, written_pattern in grammar.residues.items():
        pattern: re.Pattern[str] = grammar.compile(written_pattern)
        found = [(paragraph, match) for paragraph in document.paragraphs for match in pattern.finditer(paragraph.text)]
        if not found:
            continue
        lines = sorted({paragraph.line(match.start()) for paragraph, match in found})
        paragraph, match = found[0]
        yield claim_at(
            "claim_residue",
            paragraph,
            match.span(),
            margin=12,
            printed=match[0],
            derived="",
            verdict="fails",
            arithmetic=grammar.sentence(
                "residue",
                printed=match[0],
                count=len(found),
                lines="、".join(map(str, lines[:12])),
                name=name,
            ),
        )
