"""Experience, problems and suggestions (经验、问题、建议): one item each, with the cause of a problem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from jixiao.reading.documents.paragraphs import Paragraph
from jixiao.reading.documents.portions import Portion
from jixiao.reading.documents.sections import Layout
from jixiao.reading.documents.stated_amounts import split_sentences
from jixiao.reading.files.document_words import document_words

LONGEST_TITLE = 40
"""Signs of the longest title of an item that a table lists."""
SHORT_TITLE = 16
"""Signs of a first sentence that is a title though a comma parts it: 馆校共建，课程进校园。"""
LONGEST_CLAUSE = 24
"""Signs of a first sentence from which its first clause alone is the title of an item."""
SURE_ENOUGH = 0.2
"""Share of the signs of the shorter text that two texts must have in common to be about one thing."""


@dataclass(slots=True)
class Opinion:
    """One experience, problem or suggestion as the report words it."""

    title: str
    text: str
    line: int
    last_line: int
    page: int | None
    cause: str = ""

    @property
    def whole(self) -> str:
        """Title and text together."""
        return self.title + self.text


@cache
def _words() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(words) for name, words in document_words()["opinions"].items()}


def find_opinions(layout: Layout, portion: Portion, section: str, part: str = "") -> list[Opinion]:
    """Return the items of one section (逐条意见): problems, experience or suggestions.

    Args:
        layout: The file.
        portion: The report.
        section: lessons or advice; of a summary report goal_deviation.
        part: experience, problems, deviation_causes or improvements.

    Returns:
        One item per numbered heading, numbered paragraph or 一是, 二是; none where the section says 无.
    """
    places = [place for place in layout.under(portion.number, section, part) if not _answers(layout, place, section)]
    groups: list[tuple[int | None, list[int]]] = []
    for place in places:
        entry = layout.entries[place]
        if entry.kind == "heading":
            groups.append((place, []))
        elif entry.kind == "text":
            if not groups:
                groups.append((None, []))
            groups[-1][1].append(place)
    found: list[Opinion] = []
    for number, (heading, texts) in enumerate(groups):
        is_head = heading is not None and _is_section_head(layout, heading, section, part)
        following = groups[number + 1][0] if number + 1 < len(groups) else None
        has_children = (
            heading is not None
            and following is not None
            and heading in layout.entries[following].path
            and following != heading
        )
        found += _of_group(layout, heading, texts, is_head or has_children)
    if section == "advice":
        found = _in_order([*found, *_of_answers(layout, portion)])
    found = _with_tabled(found, _of_tables(layout, portion, section, part))
    for one in found:
        if not one.cause and part in {"problems", "deviation_causes"}:
            one.cause = _cause(one.text)
    return found


def _answers(layout: Layout, place: int, section: str) -> bool:
    """Say whether a paragraph below a problem is the suggestion that answers it: 建议：……"""
    entry = layout.entries[place]
    return section == "lessons" and entry.kind == "text" and bool(_words()["answer"].match(entry.paragraph.body))


def _of_answers(layout: Layout, portion: Portion) -> list[Opinion]:
    """Read the suggestions that stand below the problems they answer."""
    found: list[Opinion] = []
    for place in layout.under(portion.number, "lessons"):
        if _answers(layout, place, "lessons"):
            body = layout.entries[place].paragraph
            text = _words()["answer"].sub("", body.body)
            found.append(_from_text(text, body.line, body.last_line, body.page))
    return found


def _in_order(items: Iterable[Opinion]) -> list[Opinion]:
    return sorted(items, key=lambda one: one.line)


def _of_tables(layout: Layout, portion: Portion, section: str, part: str) -> list[Opinion]:
    """Read the tables that list problems or suggestions: one item a row (问题清单、建议清单)."""
    kind = {"problems": "problem", "deviation_causes": "problem", "improvements": "advice"}.get(part, "")
    kind = kind or ("advice" if section == "advice" else "")
    if not kind:
        return []
    sections = (section,) if section == "goal_deviation" else ("lessons", "advice")
    found: list[Opinion] = []
    for place in [at for name in sections for at in layout.under(portion.number, name)]:
        paragraph = layout.entries[place].paragraph
        if paragraph.grid is not None and paragraph.grid.height > 1:
            found += _of_table(paragraph, kind)
    return found


def _of_table(paragraph: Paragraph, kind: str) -> list[Opinion]:
    words, grid = _tabled(), paragraph.grid
    assert grid is not None
    head = ["".join(grid.cell(0, column).text.split()) for column in range(grid.width)]
    other = "advice" if kind == "problem" else "problem"
    named = next((at for at, text in enumerate(head) if words[kind].fullmatch(text)), None)
    if named is None:
        return []
    causes = [at for at, text in enumerate(head) if words["cause"].fullmatch(text) and at != named]
    aside = {named, *causes} | {
        at for at, text in enumerate(head) if words["number"].fullmatch(text) or words[other].fullmatch(text)
    }
    if kind == "advice":
        aside |= set(range(named))  # what stands before is what the suggestion answers
    found: list[Opinion] = []
    for row in range(1, grid.height):
        text = grid.cell(row, named).text.strip()
        if not text:
            continue
        rest = "；".join(
            one for at in range(grid.width) if at not in aside and (one := grid.cell(row, at).text.strip())
        )
        title, own = (text.rstrip("。；"), "") if rest or len(text) <= LONGEST_TITLE else _first_sentence(text)
        line = paragraph.line + row
        cause = "；".join(one for at in causes if (one := grid.cell(row, at).text.strip()))
        found.append(Opinion(title, own + rest, line, line, paragraph.page, cause))
    return found


@cache
def _tabled() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(words) for name, words in document_words()["tabled"].items()}


def _with_tabled(told: list[Opinion], tabled: list[Opinion]) -> list[Opinion]:
    """Put the items of a table to those of the prose: a table of as many or fewer only repeats them."""
    if not tabled:
        return told
    told = [one for one in told if not _tabled()["see"].search(one.whole)]
    return told if len(told) >= len(tabled) else tabled


def _is_section_head(layout: Layout, place: int, section: str, part: str) -> bool:
    """Say whether a heading opens the section or its part, and is no item of it."""
    return any(
        found.heading == place and found.section == section and (not part or found.part in {part, ""})
        for found in layout.found
    )


def _of_group(layout: Layout, heading: int | None, texts: list[int], is_group: bool) -> list[Opinion]:
    entries = layout.entries
    title = entries[heading].title if heading is not None else ""
    bodies = [entries[place].paragraph for place in texts]
    if len(bodies) == 1 and _words()["nothing"].fullmatch(re.sub(r"\s", "", bodies[0].text)):
        return []
    marked = _marked(layout, texts)
    numbered = [place for place in texts if place in marked or _is_item(layout, place, heading)]
    is_group = is_group or bool(title and len(texts) > 0 and _words()["addressee"].search(title))
    if heading is not None and not is_group and not (numbered and _words()["group"].search(title)):
        if _words()["cause_only"].match(title):
            return []
        first = entries[heading].paragraph
        own = next(
            (
                number
                for number, place in enumerate(texts)
                if _is_next(entries[heading].paragraph, entries[place].paragraph)
            ),
            len(texts),
        )
        last = bodies[own - 1].last_line if own else first.last_line
        one = Opinion(title, "".join(body.text for body in bodies[:own]), first.line, last, first.page)
        return [
            one,
            *(
                _of_numbered(layout, texts[own:], [place for place in texts[own:] if entries[place].paragraph.ordinal])
                if own < len(texts)
                else []
            ),
        ]
    if numbered:
        return _of_numbered(layout, texts, numbered)
    texts = [
        place
        for place in texts
        if not (_is_opening(entries[place].paragraph.text, len(texts)) or _is_group_line(entries[place].paragraph.text))
    ]
    if not texts:
        return []
    found: list[Opinion] = []
    headed = {
        place: _first_sentence(entries[place].paragraph.text)
        for place in texts
        if not _words()["aspect"].match(entries[place].paragraph.text)
    }
    is_headed = all(
        title and rest and ("，" not in title or len(title) <= SHORT_TITLE) for title, rest in headed.values()
    )
    lines = [entries[place].paragraph.text for place in texts]
    are_titled = len(lines) % 2 == 0 and all(
        _is_title(title) and len(text) > 2 * len(title) for title, text in zip(lines[::2], lines[1::2], strict=True)
    )
    for number, place in enumerate(texts):
        body = entries[place].paragraph
        parts = _counted_parts(body.text)
        if found and (place not in headed or _is_bare_title(found[-1]) or (are_titled and number % 2)):
            _name_late(found[-1])
            found[-1].text += body.text
            found[-1].last_line = body.last_line
        elif len(parts) > 1:
            found += [_from_text(part, body.line, body.last_line, body.page) for part in parts]
        elif is_headed and not entries[place].lead:
            found.append(Opinion(*headed[place], body.line, body.last_line, body.page))
        elif found and not _starts_anew(layout, place):
            found[-1].text += body.text
            found[-1].last_line = body.last_line
        else:
            found.append(
                Opinion(
                    entries[place].lead,
                    _after_lead(body.text, entries[place].lead),
                    body.line,
                    body.last_line,
                    body.page,
                )
            )
    return found


def _is_next(first: Paragraph, second: Paragraph) -> bool:
    """Say whether a paragraph counts on where a heading stopped."""
    one, two = first.ordinal, second.ordinal
    return one is not None and two is not None and two.rank == one.rank and two.value > one.value


def _marked(layout: Layout, texts: Sequence[int]) -> set[int]:
    """Return the paragraphs that begin with one and the same sign (▲, ◇, 【】), whatever it is: the items of a list."""
    signs: dict[str, set[int]] = {}
    for place in texts:
        text = layout.entries[place].paragraph.text
        bullet = _words()["bullet"].match(text)
        sign = bullet[0].strip() if bullet else text[:1] if _words()["framed"].match(text) else ""
        if sign and layout.entries[place].paragraph.ordinal is None and not _words()["aspect"].match(text):
            signs.setdefault(sign, set()).add(place)
    best = max(signs.values(), key=len, default=set())
    return best if len(best) > 1 or (best and best == set(texts)) else set()


def _is_group_line(text: str) -> bool:
    """Say whether a line only says to whom the suggestions below it are made: 对市财政局："""
    return text.endswith(("：", ":")) and bool(_words()["addressee"].match(text))


def _is_bare_title(one: Opinion) -> bool:
    """Say whether an item is a short line without an end so far: its title, the text comes below."""
    whole = one.whole
    return bool(whole) and len(whole) <= LONGEST_TITLE and not re.search("[。；！？：:]", whole)


def _is_title(text: str) -> bool:
    """Say whether a paragraph is one short sentence, as a title above a longer paragraph is."""
    return re.fullmatch(f"[^。；！？：:，,]{{2,{SHORT_TITLE}}}。?", text) is not None


def _is_item(layout: Layout, place: int, heading: int | None) -> bool:
    entry = layout.entries[place]
    if _words()["counted"].match(entry.paragraph.text) or _words()["announced"].search(entry.paragraph.text):
        return True
    found = entry.paragraph.ordinal
    if found is None:
        return False
    above = layout.entries[heading].rank if heading is not None else 0.0
    return found.scheme in {"chinese", "bracketed", "number", "decimal", "half", "labelled"} or (
        found.scheme in {"small", "circled"} and above < 4
    )


def _is_opening(text: str, count: int) -> bool:
    """Say whether a paragraph only announces the items below it."""
    return count > 1 and text.endswith(("：", ":")) and len(text) < 120


def _starts_anew(layout: Layout, place: int) -> bool:
    return bool(layout.entries[place].lead)


def _of_numbered(layout: Layout, texts: list[int], numbered: list[int]) -> list[Opinion]:
    """Read numbered paragraphs: each begins an item, what follows without a number goes with it."""
    entries = layout.entries
    ordinals = [entries[place].paragraph.ordinal for place in numbered]
    top = min((ordinal.rank for ordinal in ordinals if ordinal), default=0.0)
    found: list[Opinion] = []
    for place in texts:
        body = entries[place].paragraph
        is_new = place in numbered and (body.ordinal is None or body.ordinal.rank <= top)
        parts = _counted_parts(body.body) if is_new else []
        if (parts and _words()["announced"].search(body.body)) or (len(parts) > 1 and not _opens_item(body.body)):
            found += [_from_text(part, body.line, body.last_line, body.page) for part in parts]
        elif is_new:
            lead = entries[place].lead
            is_plain = bool(lead) and not (_words()["bullet"].match(body.body) or _words()["framed"].match(body.body))
            is_plain = is_plain and not _words()["counted"].match(body.body)
            title, text = (lead, _after_lead(body.body, lead)) if is_plain else _first_sentence(body.body)
            found.append(Opinion(title, text, body.line, body.last_line, body.page))
        elif _is_group_line(body.text):
            continue
        elif found and len(parts := _inner_parts(body.text)) > 1:
            _name_late(found[-1])
            found[-1].text += parts[0]
            found[-1].last_line = body.line
            found += [_from_text(part, body.line, body.last_line, body.page) for part in parts[1:]]
        elif found and not _words()["cause_only"].match(body.body):
            _name_late(found[-1])
            found[-1].text += body.text
            found[-1].last_line = body.last_line
        elif found:
            found[-1].cause += body.text
            found[-1].last_line = body.last_line
    return found


def _opens_item(text: str) -> bool:
    """Say whether a paragraph is one item that counts its reasons, and does not begin by counting."""
    return not _words()["counted"].match(text)


def _after_lead(text: str, lead: str) -> str:
    place = text.find(lead) if lead else -1
    return text[place + len(lead) :].lstrip("。：:.，, ") if place >= 0 else text


def _first_sentence(text: str) -> tuple[str, str]:
    """Return the first sentence as a title when it is short, and the rest."""
    plain = _words()["bullet"].sub("", _words()["counted"].sub("", text))
    parted = _words()["framed"].match(plain) or _words()["dashed"].match(plain)
    if parted:
        return parted["title"].strip(), parted["rest"]
    found = re.match(r"([^。；！？：:]{2,50})[。；：:]", plain)
    clause = re.match("([^。；！？：:，,]{4,24})[，,]", plain)
    is_long = found is None or found.end() == len(plain) or len(found[1]) > LONGEST_CLAUSE
    if clause and is_long and not _words()["opening"].match(clause[1]):
        return clause[1], plain[clause.end() :]
    if found and found.end() < len(plain):
        return found[1], plain[found.end() :]
    return "", plain


def _counted_parts(text: str) -> list[str]:
    """Divide a paragraph that counts 一是, 二是."""
    marks = list(_words()["counted_inside"].finditer(text))
    if len(marks) < 2:
        announced = _words()["announced"].search(text)
        return [text[announced.start("first") :]] if announced else [text]
    edges = [mark.start() for mark in marks] + [len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def _name_late(one: Opinion) -> None:
    """Make the one short sentence of an item its title, now that more follows below it."""
    plain = _words()["counted"].sub("", one.text)
    plain = _words()["bullet"].sub("", plain)
    if not one.title and re.fullmatch("[^。；！？：:]{2,50}。?", plain):
        one.title, one.text = plain.rstrip("。"), ""


def _inner_parts(text: str) -> list[str]:
    """Divide a paragraph that goes on counting where the one above stopped: its first part goes with the one above."""
    marks = [mark.start() for mark in _words()["counted_inside"].finditer(text) if mark.start()]
    edges = [0, *marks, len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def _from_text(text: str, line: int, last_line: int, page: int | None) -> Opinion:
    title, rest = _first_sentence(text)
    return Opinion(title.rstrip("；;"), rest or text, line, last_line, page)


def _cause(text: str) -> str:
    return "".join(sentence for _, sentence in split_sentences(text) if _words()["cause"].search(sentence)).strip()


def signs_of(text: str) -> frozenset[str]:
    """Return the pairs of signs by which texts are compared, those apart that stand in every report.

    Example:
        >>> sorted(signs_of("项目制度不健全"))
        ['不健', '健全', '制度', '度不']
    """
    plain = _words()["no_sign"].sub(" ", _words()["common"].sub(" ", text))
    return frozenset(word[at : at + 2] for word in plain.split() for at in range(len(word) - 1))


def likeness(first: str, second: str) -> float:
    """Return the share of the pairs of signs of the shorter text that the other has too (相似度).

    Example:
        >>> likeness("制度不健全", "管理制度不健全，缺少办法"), likeness("甲乙丙", "丁戊己")
        (1.0, 0.0)
    """
    one, two = signs_of(first), signs_of(second)
    return len(one & two) / max(1, min(len(one), len(two))) if one and two else 0.0


def best_match(text: str, others: Sequence[str]) -> tuple[int | None, float]:
    """Return which of some texts is about the same thing, and how sure that is; None when none is."""
    scored = [(likeness(text, other), -number) for number, other in enumerate(others)]
    best = max(scored, default=(0.0, 0))
    return (-best[1], round(best[0], 2)) if best[0] >= SURE_ENOUGH else (None, 0.0)


def match_advice(problems: Sequence[Opinion], advice: Sequence[Opinion]) -> list[int | None]:
    """Return for each suggestion the position of the problem that it answers (建议对应的问题)."""
    found: list[int | None] = []
    for number, one in enumerate(advice):
        place, sureness = best_match(one.whole, [problem.whole for problem in problems])
        if len(problems) == len(advice) and (place is None or sureness < 0.4):
            place = number
        found.append(place)
    return found


def joined_names(names: Iterable[str]) -> str:
    """Return several names as one text."""
    return "、".join(dict.fromkeys(name for name in names if name))
