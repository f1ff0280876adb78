"""Official documents as they are cited (引用的文件): known numbers, documents replaced, brackets, two names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from jixiao.checks.texts.foreign import sounds_alike
from jixiao.checks.texts.found import Claim, question_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.prose import Document, Paragraph

KIND = "claim_document"
WRITING = "claim_writing"
NAME = "claim_name"
SHORTEST_OFFICE = 3
LONG_OFFICE = 5


def find_official_names(document: Document) -> Iterator[Claim]:
    """Compare cited documents with the declared list, and their numbers with the way numbers are written."""
    yield from _known(document)
    yield from _brackets(document)
    yield from _offices(document)
    yield from _unclosed(document)
    yield from _departments(document)


def _departments(document: Document) -> Iterator[Claim]:
    """Find the name of a department that no department bears and that differs by a sign from one (部门名称错字)."""
    grammar = load_grammar()
    offices = grammar.words["offices"]
    told: set[str] = set()
    for paragraph in document.paragraphs:
        for office in offices:
            for match in _near_office(paragraph.text, office):
                name = match[0]
                if name in told or any(known in name or name in known for known in offices if known != office):
                    continue
                told.add(name)
                yield question_at(NAME, paragraph, match.span(), name, office, "not_an_office")


def _near_office(text: str, office: str) -> Iterator[re.Match[str]]:
    """Yield what differs from the name of a department by one sign: any in a long name, one alike in a short."""
    grammar, half = load_grammar(), len(office) // 2
    if office[:half] not in text and office[half:] not in text:
        return
    for at in range(len(office) - 1):
        if len(office) < LONG_OFFICE and not load_grammar().words["regions"]:
            continue
        pattern = f"{re.escape(office[:at])}(?P<sign>.){re.escape(office[at + 1 :])}"
        for match in re.finditer(pattern, text):
            before = text[match.start() - 1 : match.start()]
            is_whole = at > 0 or len(office) >= LONG_OFFICE
            if (
                match["sign"] == office[at]
                or grammar.find("not_han", match["sign"])
                or before not in grammar.words["regions"]
                or not is_whole
            ):
                continue
            if len(office) >= LONG_OFFICE or sounds_alike(match["sign"], office[at]):
                yield match


def _known(document: Document) -> Iterator[Claim]:
    """A document of the declared list has its number, and is cited as long as it is in force."""
    grammar = load_grammar()
    known = grammar.words["official_documents"]
    told = set()
    for paragraph in document.prose:
        for match in grammar.pattern("cited").finditer(paragraph.text):
            title = grammar.pattern("title_dressing").sub("", match["title"])
            number = f"{match['issuer']}〔{match['year']}〕{int(match['serial'])}{grammar.words['serial']}"
            of_title = [one for one in known if one["title"] == title]
            if of_title and all(one["number"] != number for one in of_title) and (title, number) not in told:
                told.add((title, number))
                right = of_title[-1]["number"]
                yield question_at(KIND, paragraph, match.span(), number, right, "known_number", title=title)
        for one in known:
            until = one.get("until")
            if not until or document.year is None or document.year < until or one["number"] in told:
                continue
            at = paragraph.text.find(one["number"])
            if at >= 0:
                told.add(one["number"])
                place = (max(0, at - 24), at + len(one["number"]))
                yield question_at(KIND, paragraph, place, one["number"], one["successor"], "replaced", year=str(until))


def _brackets(document: Document) -> Iterator[Claim]:
    """Numbers of documents bear the year in tortoise-shell brackets; told once for a text (文号括号)."""
    if document.odd_numbers:
        line, text = document.odd_numbers[0]
        where = next((one for one in document.paragraphs if line in one.lines), document.paragraphs[0])
        core = re.split(r"\W", text)[0]
        start = max(0, where.text.find(core))
        yield question_at(
            WRITING,
            where,
            (start, start + len(text)),
            text,
            "",
            "odd_brackets",
            count=str(len(document.odd_numbers)),
        )


def _offices(document: Document) -> Iterator[Claim]:
    """One office called 办公厅 here and 办公室 there."""
    grammar = load_grammar()
    seen: dict[str, dict[str, tuple[Paragraph, tuple[int, int]]]] = defaultdict(dict)
    for paragraph in document.paragraphs:
        for match in grammar.pattern("office").finditer(paragraph.text):
            name = match["of"][-SHORTEST_OFFICE:]
            if len(name) == SHORTEST_OFFICE:
                seen[name].setdefault(match["kind"], (paragraph, match.span()))
    for name, kinds in seen.items():
        if len(kinds) > 1:
            (first, (where, at)), (second, (paragraph, place)) = list(kinds.items())[:2]
            yield question_at(
                NAME, paragraph, place, name + second, name + first, "two_offices", line=str(where.line(at[0]))
            )


def _unclosed(document: Document) -> Iterator[Claim]:
    """A bracket opened before the number of a document and not closed behind it (括号不全)."""
    for paragraph in document.prose:
        match = load_grammar().find("unclosed", paragraph.text)
        if match:
            yield question_at(WRITING, paragraph, match.span(), match[0], "", "unclosed")
            return
