"""What belongs to another unit, object or year (不属于本单位、本项目、本年度的内容), and names that sound alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import find_told

NAME = "claim_name"
FOREIGN = "claim_foreign"
YEAR = "claim_year"
REASON = "claim_reason"
SAME_SOUND = 14
"""How far two signs of one sound lie apart at most in the national code, whose common signs stand by their sound."""
COMMON_SIGNS = range(0xB0, 0xD8)
LONGEST, SHORTEST = 9, 3
SHORTEST_ONCE = 5
FIRST_PARAGRAPHS = 25
YEAR_END = 11
CORE = 5


def find_foreign(document: Document) -> Iterator[Claim]:
    """Find names that sound alike, sentences on another unit or object, and evidence of another year."""
    yield from _alike(document)
    yield from _other_unit(document)
    yield from _other_period(document)
    yield from _worked_too_early(document)
    yield from _old_evidence(document)
    yield from _own_year(document)


def _own_year(document: Document) -> Iterator[Claim]:
    """The project of the title bears one year wherever it is named with one (项目年度)."""
    grammar = load_grammar()
    own = grammar.find("own_project_year", document.title)
    if own is None:
        return
    core = own["core"][:CORE]
    for paragraph in document.paragraphs:
        at = paragraph.text.find(core)
        match = None
        while at >= 0 and match is None:
            match = grammar.find("year_right_before", paragraph.text[:at])
            at = paragraph.text.find(core, at + 1) if match is None or match["year"] == own["year"] else at
            match = None if match is not None and match["year"] == own["year"] else match
        if match is None:
            continue
        yield claim_at(
            YEAR,
            paragraph,
            (match.start(), match.end() + len(core)),
            printed=match["year"],
            derived=own["year"],
            verdict="fails",
            arithmetic=grammar.sentence("own_year", printed=match[0] + core, derived=own["year"]),
            severity="question",
            margin=4,
        )
        return


def _place(sign: str) -> int:
    """Return the place of a sign in the national code (GB 2312), -1 for one that is not common."""
    try:
        code = sign.encode("gb2312")
    except UnicodeEncodeError:
        return -1
    return (code[0] - 0xA1) * 94 + code[1] - 0xA1 if len(code) == 2 and code[0] in COMMON_SIGNS else -1


def sounds_alike(one: str, two: str) -> bool:
    """Say whether two signs are likely to share their sound, as a slip of the keyboard gives them (同音).

    Example:
        >>> sounds_alike("理", "里"), sounds_alike("东", "西")
        (True, False)
    """
    first, second = _place(one), _place(two)
    return first >= 0 and second >= 0 and one != two and abs(first - second) <= SAME_SOUND


def _alike(document: Document) -> Iterator[Claim]:
    """Find a name told once that sounds like one told oftener and differs from it by one sign (同音错字)."""
    grammar = load_grammar()
    places: dict[str, tuple[Paragraph, int]] = {}
    counted: Counter[str] = Counter()
    whole: set[str] = set()
    for paragraph in document.paragraphs:
        for match in grammar.pattern("name_end").finditer(paragraph.text):
            before = grammar.pattern("not_han").split(paragraph.text[max(0, match.start() - LONGEST) : match.start()])[
                -1
            ]
            if 1 < len(before) < LONGEST:
                whole.add(before + match[0])
            for size in range(1, len(before) + 1):
                name = before[-size:] + match[0]
                if len(name) >= SHORTEST:
                    counted[name] += 1
                    places.setdefault(name, (paragraph, match.end() - len(name)))
    masked: dict[tuple[int, str], list[str]] = defaultdict(list)
    for name in counted:
        for at in range(len(name) - 1):
            masked[at, name[:at] + "□" + name[at + 1 :]].append(name)
    told: list[str] = []
    pairs = []
    for (at, _), names in masked.items():
        for one in names if len(names) > 1 else ():
            for other in names:
                is_long = (
                    len(other) >= SHORTEST_ONCE or {one, other} <= whole or (other in whole and counted[other] > 3)
                )
                if not is_long or one[at] in grammar.words["no_slips"] or other[at] in grammar.words["no_slips"]:
                    continue
                often = counted[other] > 1 or one > other
                if counted[one] == 1 and often and sounds_alike(one[at], other[at]):
                    pairs.append((one, other))
    for one, other in sorted(pairs, key=lambda pair: (-len(pair[0]), pair)):
        if any(one in long or long in one for long in told):
            continue
        told.append(one)
        paragraph, start = places[one]
        yield claim_at(
            NAME,
            paragraph,
            (start, start + len(one)),
            printed=one,
            derived=other,
            verdict="fails",
            arithmetic=grammar.sentence(
                "sounds_alike", printed=one, derived=other, line=places[other][0].line(places[other][1])
            ),
            margin=6,
        )


def _other_unit(document: Document) -> Iterator[Claim]:
    """A report on a whole department tells the tasks and staff of that department (部门名称)."""
    grammar = load_grammar()
    own = grammar.find("unit_of_title", document.title or "")
    if own is None:
        return
    for paragraph in document.prose[:FIRST_PARAGRAPHS]:
        match = grammar.find("unit_described", paragraph.text)
        if not match:
            continue
        name, title = match["unit"], own["unit"]
        is_own = name in title or title in name or name[-SHORTEST:] == title[-SHORTEST:]
        yield claim_at(
            FOREIGN,
            paragraph,
            match.span(),
            printed=name,
            derived=title,
            verdict="holds" if is_own else "fails",
            arithmetic=grammar.sentence("own_unit" if is_own else "not_own_unit", printed=name, own=title),
        )


def _other_period(document: Document) -> Iterator[Claim]:
    """The period that is evaluated holds the year of the report (评价期间)."""
    grammar = load_grammar()
    if document.year is None:
        return
    for paragraph in document.prose:
        match = grammar.find("evaluated_period", paragraph.text)
        if not match:
            continue
        first, last = int(match["year1"]), int(match["year2"] or match["year1"])
        is_held = first <= document.year <= last
        yield claim_at(
            YEAR,
            paragraph,
            match.span(),
            printed=match["year1"],
            derived=str(document.year),
            verdict="holds" if is_held else "fails",
            arithmetic=grammar.sentence("evaluated_period", printed=match[0], derived=document.year),
        )


def _worked_too_early(document: Document) -> Iterator[Claim]:
    """The work of an evaluation begins when the evaluated year has ended (评价工作的时间)."""
    grammar = load_grammar()
    for paragraph in document.prose[:FIRST_PARAGRAPHS] if document.year else ():
        match = grammar.find("worked_in", paragraph.text)
        if match and int(match["year"]) == document.year and int(match["m2"]) < YEAR_END:
            yield claim_at(
                YEAR,
                paragraph,
                match.span(),
                printed=match["year"],
                derived=str(document.year),
                verdict="fails",
                arithmetic=grammar.sentence("worked_in", year=document.year, printed=match[0][:20]),
                severity="question",
            )


def _old_evidence(document: Document) -> Iterator[Claim]:
    """Full points for what was done in another year than the one evaluated (其他年度的佐证)."""
    grammar = load_grammar()
    if document.year is None:
        return
    for one in find_told(document):
        if one.is_row or not one.words or one.given is None or one.given != one.weight:
            continue
        text = "".join(paragraph.text[start:] for paragraph, start in one.words)
        years = {int(year) for year in grammar.pattern("year").findall(text)}
        match = grammar.find("old_fact", text)
        if not match or not years or max(years) >= document.year or grammar.find("old_but_right", text):
            continue
        paragraph, start = one.words[0]
        yield claim_at(
            REASON,
            paragraph,
            (start, len(paragraph.text)),
            printed=match["year"],
            derived=str(document.year),
            verdict="fails",
            arithmetic=grammar.sentence(
                "old_evidence", name=one.name, given=f"{one.given:f}", said=match[0], year=document.year
            ),
            severity="question",
        )
