"""The sections of each portion (章节): every heading matched to the official outline, every paragraph put under one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from jixiao.reading.documents.likely_sections import first_words, likely_section, weigh_heading
from jixiao.reading.documents.outlines import BELOW, CERTAIN, Match, match_part, match_section
from jixiao.reading.documents.paragraphs import pattern
from jixiao.reading.documents.portions import ABSTRACT_RANK, Entry, Portion

REPORTS = ("evaluation_report", "summary_report", "account_disclosure")
"""Kinds of documents that have an outline."""
LEAST_SECTIONS = 2
"""Different sections of an outline from which a portion without a title is a document of that kind."""
LONGEST_PART_NAME = 16
"""Signs of the longest beginning of a paragraph that names a part of its section."""
LAST_LINES = 8
"""Entries at the end of a portion among which its signature stands."""


@dataclass(slots=True)
class Place:
    """Where one entry stands in the outline: section, part of it, and how sure that is."""

    section: str = ""
    part: str = ""
    sureness: float = 0.0


@dataclass(slots=True)
class Found:
    """One section of the outline that a portion has: its heading and the entries under it (章节)."""

    portion: int
    section: str
    part: str
    sureness: float
    heading: int
    """Position of its heading; of a preface without one, of its first entry."""
    first: int
    last: int
    """Positions of its first and last entry."""
    others: tuple[str, ...] = ()


@dataclass(slots=True)
class Layout:
    """The portions of a file with their sections (文件结构)."""

    entries: list[Entry]
    portions: list[Portion]
    places: list[Place]
    found: list[Found] = field(default_factory=list)

    def of_portion(self, number: int) -> list[int]:
        """Return the positions of the entries of one portion, those inside it apart."""
        return [place for place, entry in enumerate(self.entries) if entry.portion == number]

    def under(self, portion: int, section: str, part: str = "") -> list[int]:
        """Return the positions of the entries of a portion that stand in a section, or in one part of it."""
        return [
            place
            for place, (entry, at) in enumerate(zip(self.entries, self.places, strict=True))
            if entry.portion == portion and at.section == section and (not part or at.part == part)
        ]


def lay_out(entries: list[Entry], portions: list[Portion]) -> Layout:
    """Match the headings of every portion to its outline (章节对应)."""
    layout = Layout(entries, portions, [Place() for _ in entries])
    for portion in portions:
        own = layout.of_portion(portion.number)
        _sign(entries, own)
        _settle_kind(entries, own, portion)
        if portion.kind in REPORTS:
            _match(layout, own, portion)
    return layout


def _sign(entries: Sequence[Entry], own: Sequence[int]) -> None:
    """Mark the signature and date that end a report."""
    texts = [place for place in own if entries[place].kind in {"text", "signature"}]
    for number, place in enumerate(texts):
        text = entries[place].paragraph.text
        is_near = number >= len(texts) - LAST_LINES or number < 6
        dated = pattern("date_line").search(text)
        if not (is_near and dated and len(text) < 45 and not re.search("[。；，]", text)):
            continue
        entries[place].kind = "signature"
        for before in range(number - 1, max(-1, number - 4), -1):
            above = entries[texts[before]].paragraph
            if len(above.text) > 40 or re.search("[。；：，]", above.text) or above.ordinal:
                break
            if not pattern("signer").search(above.text):
                break
            entries[texts[before]].kind = "signature"


def _tops(entries: Sequence[Entry], own: Sequence[int]) -> list[int]:
    return [place for place in own if entries[place].kind == "heading" and entries[place].level == 1]


def _below(entries: Sequence[Entry], own: Sequence[int], heading: int) -> list[int]:
    """Return the headings one level below a heading."""
    return [
        place
        for place in own
        if entries[place].kind == "heading"
        and len(entries[place].path) >= 2
        and entries[place].path[-2] == heading
        and entries[place].path[-1] == place
    ]


def _settle_kind(entries: Sequence[Entry], own: Sequence[int], portion: Portion) -> None:
    """Decide what a portion is whose title does not say so, or says it of two kinds."""
    if portion.kind in {"self_evaluation_form", "scoring_table", "account_disclosure"}:
        return
    counted = {}
    for kind in REPORTS:
        matches = [match_section(entries[place].title, kind) for place in own if entries[place].kind == "heading"]
        counted[kind] = len({match.section for match in matches if match and match.sureness > BELOW})
    tops = {
        kind: len(
            {match.section for place in _tops(entries, own) if (match := match_section(entries[place].title, kind))}
        )
        for kind in REPORTS
    }
    if portion.kind == "other":
        best = max(REPORTS, key=lambda kind: (tops[kind], counted[kind]))
        if counted[best] >= LEAST_SECTIONS + 1 and (best != "account_disclosure" or tops[best] > 3):
            portion.kind = best
    elif portion.kind == "summary_report" and tops["evaluation_report"] > tops["summary_report"] + 1:
        portion.kind = "evaluation_report"


def _match(layout: Layout, own: list[int], portion: Portion) -> None:
    entries, kind = layout.entries, portion.kind
    chosen: dict[int, Match] = {}
    waiting = list(_tops(entries, own))
    while waiting:
        place = waiting.pop(0)
        match = match_section(entries[place].title, kind)
        below = _below(entries, own, place)
        inner = [
            one for one in below if (found := match_section(entries[one].title, kind)) and found.sureness == CERTAIN
        ]
        is_wrapper = len({_section(entries, one, kind) for one in inner}) > 1
        if kind == "evaluation_report" and not is_wrapper and (match is None or match.sureness == BELOW):
            match = _likely(layout, own, place, match)
        elif kind == "evaluation_report" and match is not None and match.section == "advice" and not match.others:
            match = _combined(entries[place].title) or match
        if match and not (match.sureness == BELOW and is_wrapper):
            chosen[place] = match
            if match.others or kind == "account_disclosure" or match.section in {"lessons", "account_notes"}:
                waiting += below if kind == "account_disclosure" else []
            continue
        waiting += below
    for place, match in chosen.items():
        _add(layout, own, portion, place, match)
    _add_preface(layout, own, portion, chosen)
    for place in own:
        layout.places[place] = _place_of(layout, place, kind, chosen)
    _add_parts(layout, own, portion, chosen)
    layout.found.sort(key=lambda found: (found.portion, found.first, bool(found.part)))


def _likely(layout: Layout, own: Sequence[int], place: int, match: Match | None) -> Match | None:
    """Return the section of a chapter whose heading the outline does not know, by its words and contents."""
    entries = layout.entries
    if entries[place].level != 1 or entries[place].rank <= ABSTRACT_RANK:
        return match
    numbered = [entries[one].paragraph.ordinal is not None for one in _tops(entries, own)]
    if entries[place].paragraph.ordinal is None and sum(numbered) > len(numbered) / 2:
        return match
    if both := _combined(entries[place].title):
        return both
    texts = [
        entries[one].paragraph.text
        for one in own
        if one > place and entries[one].path[:1] == (place,) and entries[one].kind in {"text", "heading"}
    ]
    sure = [
        other.section
        for one in _tops(entries, own)
        if one != place
        and (other := match_section(entries[one].title, "evaluation_report"))
        and other.sureness == CERTAIN
    ]
    section, sureness = likely_section(entries[place].title, texts, sure)
    titles = [entries[place].title, *(entries[one].title for one in _below(entries, own, place))]
    is_both = any((found := match_part(title, "evaluation_report", "lessons")) and found[1] == "experience"
                  for title in titles)  # fmt: skip
    part = "problems" if section == "lessons" and not is_both else ""
    return Match(section, part, sureness) if section else match


def _combined(title: str) -> Match | None:
    """Return the match of a chapter that names problems and then suggestions in words the outline does not know."""
    weights = dict(weigh_heading(title))
    first = first_words(title, "lessons"), first_words(title, "advice")
    if {"lessons", "advice"} <= set(weights) and first[0] < first[1]:
        return Match("lessons", "problems", BELOW, ("advice",))
    return None


def _section(entries: Sequence[Entry], place: int, kind: str) -> str:
    match = match_section(entries[place].title, kind)
    return match.section if match else ""


def _extent(layout: Layout, own: Sequence[int], portion: Portion, heading: int) -> tuple[int, int]:
    """Return the first and last entry under a heading; of a disclosure with everything that stands inside."""
    entries = layout.entries
    level = entries[heading].level
    last = heading
    for place in own:
        if place <= heading:
            continue
        entry = entries[place]
        if (entry.kind == "heading" and entry.level <= level) or entry.kind == "signature":
            if portion.kind == "account_disclosure" and entry.kind == "heading":
                return heading, place - 1
            break
        last = place
    if portion.kind == "account_disclosure":
        last = max(last, _end_of_inner(layout, portion, last))
    return heading, last


def _end_of_inner(layout: Layout, portion: Portion, last: int) -> int:
    """Return where the portions end that follow an entry and stand inside a portion."""
    inside = {portion.number}
    for other in layout.portions:
        if other.parent in inside:
            inside.add(other.number)
    end = last
    for place in range(last + 1, len(layout.entries)):
        number = layout.entries[place].portion
        if number not in inside or number == portion.number:
            break
        end = place
    return end


def _add(layout: Layout, own: Sequence[int], portion: Portion, place: int, match: Match) -> None:
    first, last = _extent(layout, own, portion, place)
    layout.found.append(Found(portion.number, match.section, "", match.sureness, place, first, last, match.others))


def _add_preface(layout: Layout, own: Sequence[int], portion: Portion, chosen: dict[int, Match]) -> None:
    """Take what stands before the first heading for the preface; a heading 前言 has already done so."""
    if portion.kind != "evaluation_report" or any(match.section == "preface" for match in chosen.values()):
        return
    start = min(_tops(layout.entries, own), default=None)
    texts = [place for place in own if layout.entries[place].kind == "text" and (start is None or place < start)]
    if texts and start is not None and sum(len(layout.entries[place].paragraph.text) for place in texts) > 40:
        layout.found.append(Found(portion.number, "preface", "", BELOW, texts[0], texts[0], texts[-1]))
        for place in texts:
            layout.places[place] = Place("preface", "", BELOW)


def _place_of(layout: Layout, place: int, kind: str, chosen: dict[int, Match]) -> Place:
    """Put one entry under the section of its chapter, and under the part that the nearest heading names."""
    entry = layout.entries[place]
    if entry.kind in {"title", "signature"}:
        return Place("signature" if entry.kind == "signature" else "", "", CERTAIN)
    top = next((at for at in entry.path if at in chosen), None)
    if top is None:
        return layout.places[place]
    match = chosen[top]
    section, part, sureness = match.section, match.part, match.sureness
    for at in entry.path[entry.path.index(top) + 1 :]:
        section, part, sureness = _refine(layout.entries[at].title, kind, section, part, sureness, match)
        if at in chosen:
            section, part, sureness = chosen[at].section, "", chosen[at].sureness
    if entry.lead and not part and section in {"basics", "work"}:
        named = match_part(entry.lead, kind, section) if len(entry.lead) <= LONGEST_PART_NAME else None
        part = named[1] if named else part
    if not part and match.section == "lessons":
        found = match_part(layout.entries[top].title, kind, "lessons")
        is_one = found and not (_names(layout, top, "experience") and _names(layout, top, "problems"))
        part = found[1] if found and is_one and section == "lessons" else part
    return Place(section, part, sureness)


def _names(layout: Layout, place: int, part: str) -> bool:
    from jixiao.reading.documents.outlines import load_outline

    words = {
        name: words
        for section in load_outline("evaluation_report")
        if section.name == "lessons"
        for name, words in section.parts
    }
    return bool(words[part].search(layout.entries[place].title))


def _refine(title: str, kind: str, section: str, part: str, sureness: float, match: Match) -> tuple[str, str, float]:
    """Return where a heading below a chapter leads: to a part of its section, or to another section it names too."""
    inner = match_section(title, kind)
    elsewhere = {"lessons", "advice"} if kind == "evaluation_report" else set()
    is_other = inner is not None and inner.sureness == CERTAIN and inner.section != section
    if inner and is_other and (inner.section in match.others or {section, inner.section} <= elsewhere):
        return inner.section, "", sureness
    if inner and inner.sureness == BELOW and inner.section != section and inner.section in match.others:
        return inner.section, inner.part, sureness
    found = match_part(title, kind, section)
    if found and not (section in {"lessons", "analysis"} and part):
        return section, found[1], sureness
    return section, part, sureness


def _add_parts(layout: Layout, own: Sequence[int], portion: Portion, chosen: dict[int, Match]) -> None:
    """List the parts below each section: the headings that name one, and sections named together with another."""
    for place in own:
        entry = layout.entries[place]
        if entry.kind != "heading" or place in chosen:
            continue
        here = layout.places[place]
        above = layout.places[entry.path[-2]] if len(entry.path) > 1 else Place()
        if here.section and (here.section, here.part) != (above.section, above.part):
            first, last = _extent(layout, own, portion, place)
            is_section = here.section != above.section
            before = next((one for one in reversed(layout.found) if not one.part), None)
            if is_section and before and _goes_with(layout, before, place, here, portion):
                before.last = last
            else:
                found = Found(
                    portion.number, here.section, "" if is_section else here.part, here.sureness, place, first, last
                )
                layout.found.append(found)
            if is_section and here.part:
                layout.found.append(Found(portion.number, here.section, here.part, here.sureness, place, first, last))


def _goes_with(layout: Layout, before: Found, place: int, here: Place, portion: Portion) -> bool:
    """Say whether a heading belongs to the section that its sibling above opened inside a chapter of another one."""
    entries = layout.entries
    if before.portion != portion.number or before.section != here.section or before.part:
        return False
    return entries[before.heading].path[:-1] == entries[place].path[:-1] and before.heading != place
