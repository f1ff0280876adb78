"""Sentences that two reports share word for word (照搬的文字): facts of one project told as those of another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.prose import Document, Paragraph

KIND = "claim_foreign"
SHORTEST = 22
Place = tuple[Document, Paragraph, int]


def find_copied(documents: Sequence[Document]) -> Iterator[tuple[Document, Claim]]:
    """Find facts that two reports on different things tell in the same words; told once for each pair of reports.

    A sentence counts when it is rare by what it holds: an amount or a rate of its own. Sentences that cite a document
    or tell a rule stand in many reports and are left out.
    """
    grammar = load_grammar()
    places: dict[str, dict[str, Place]] = defaultdict(dict)
    for document in documents if len(documents) > 1 else ():
        for paragraph in document.prose:
            for match in re.finditer(r"[^。；]+", paragraph.text):
                text = grammar.pattern("name_ordinal").sub("", match[0])
                if len(text) < SHORTEST or grammar.find("in_many_reports", text):
                    continue
                own = [one for one in paragraph.between(match.start(), match.end()) if one.unit not in
                       grammar.words["moments"] and one.unit]  # fmt: skip
                if own:
                    places[text].setdefault(document.file, (document, paragraph, match.start()))
    found: dict[tuple[str, str], list[tuple[Place, Place]]] = defaultdict(list)
    for by_file in places.values():
        files = list(by_file)
        for at, one in enumerate(files):
            for other in files[at + 1 :]:
                if _are_of_two(by_file[one][0], by_file[other][0]):
                    found[one, other].append((by_file[one], by_file[other]))
    for pairs in found.values():
        (first, first_at, start), (document, paragraph, place) = pairs[0]
        end = paragraph.text.find("。", place)
        yield (
            document,
            claim_at(
                KIND,
                paragraph,
                (place, end if end > 0 else len(paragraph.text)),
                printed=str(len(pairs)),
                derived="",
                verdict="fails",
                arithmetic=grammar.sentence(
                    "copied", place=grammar.sentence("place", file=first.file, line=first_at.line(start)),
                    count=len(pairs), lines=grammar.words["between_lines"].join(
                        str(one[1].line(one[2])) for _, one in pairs[:6]
                    ),
                ),
                severity="question",
            ),
        )  # fmt: skip


def _are_of_two(one: Document, two: Document) -> bool:
    """Say whether two documents are of different projects: both have a title, and the titles differ in their core."""
    words = load_grammar().pattern("title_words")
    first, second = words.sub("", one.title), words.sub("", two.title)
    return bool(first and second and first not in second and second not in first)
