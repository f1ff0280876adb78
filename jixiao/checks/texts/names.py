"""Names that do not belong to the text (别的项目、别的单位)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.prose import Document

OWN_FROM = 3
SHARED_SIGNS = 4


def find_names(document: Document) -> Iterator[Claim]:
    """Find sentences of a template that still name another project, and tables compiled by another unit."""
    yield from _projects(document)
    yield from _units(document)


def _core(name: str) -> str:
    grammar = load_grammar()
    for word in grammar.words["generic"]:
        name = name.replace(word, "")
    return name.strip("“”《》")


def _projects(document: Document) -> Iterator[Claim]:
    """A sentence every such report has names a project of which the rest of the text knows nothing."""
    grammar = load_grammar()
    counted: Counter[str] = Counter()
    for paragraph in document.prose:
        counted.update(match[0] for match in grammar.pattern("project").finditer(paragraph.text))
    title = grammar.pattern("title_words").sub("", document.title)
    own = [_core(title)] if title else []
    own += [_core(name) for name, count in counted.items() if count >= OWN_FROM]
    own = [name for name in own if len(name) >= SHARED_SIGNS]
    if not own:
        return
    for paragraph in document.prose:
        stated = grammar.find("evaluated_object", paragraph.text) if title else None
        for match in [*grammar.pattern("slot").finditer(paragraph.text), *([stated] if stated else [])]:
            name = _core(match["name"])
            if len(name) < SHARED_SIGNS or grammar.has("any_project", match["name"]):
                continue
            enough = min(SHARED_SIGNS if match is not stated else SHARED_SIGNS - 1, len(name))
            is_own = any(_shared(name, other) >= enough for other in own)
            yield claim_at(
                "claim_foreign",
                paragraph,
                match.span(),
                printed=match["name"],
                derived=document.title or own[0],
                verdict="holds" if is_own else "fails",
                arithmetic=grammar.sentence(
                    "own_project" if is_own else "other_project", printed=match["name"], own=document.title or own[0]
                ),
            )


def _shared(one: str, two: str) -> int:
    """Return the length of the longest run of signs that two names share."""
    longest = 0
    for size in range(len(one), 0, -1):
        if any(one[at : at + size] in two for at in range(len(one) - size + 1)):
            longest = size
            break
    return longest


def _units(document: Document) -> Iterator[Claim]:
    """Every table of one account is compiled by the same unit."""
    grammar = load_grammar()
    named = [
        (paragraph, match)
        for paragraph in document.paragraphs
        for match in [grammar.find("compiled_by", paragraph.text)]
        if match
    ]
    counted = Counter(match["unit"] for _, match in named)
    if len(named) < 3:
        return
    usual, count = counted.most_common(1)[0]
    for paragraph, match in named:
        is_own = match["unit"] == usual or count * 2 <= len(named)
        yield claim_at(
            "claim_foreign",
            paragraph,
            match.span(),
            printed=match["unit"],
            derived=usual,
            verdict="holds" if is_own else "fails",
            arithmetic=grammar.sentence("own_unit" if is_own else "other_unit", printed=match["unit"], own=usual),
        )
