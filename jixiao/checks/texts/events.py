"""Days that follow one another (时间先后): what began, how long it may last, when it was done."""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import segments

KIND = "claim_date"
FEWEST_STEPS = 3
EDGE = 12
YEAR_END = 11
LONGEST_WORK = 200


def find_events(document: Document) -> Iterator[Claim]:
    """Find periods that end before they start, steps out of order, durations exceeded, two days of one event."""
    for paragraph in document.prose:
        yield from _periods(paragraph)
        yield from _steps(paragraph)
        yield from _durations(paragraph)
    yield from _two_days(document)
    yield from _report_day(document)


def _date(year: str | None, month: str | None, day: str | None, *, default: int = 1) -> date | None:
    try:
        return date(int(year or 0), int(month or 0), int(day or default))
    except (ValueError, calendar.IllegalMonthError):
        return None


def _claim(
    paragraph: Paragraph, place: tuple[int, int], sentence: str, verdict: str, severity: str, **parts: str
) -> Claim:
    return claim_at(
        KIND,
        paragraph,
        place,
        printed=paragraph.text[place[0] : place[1]][:40],
        derived="",
        verdict=verdict,
        arithmetic=load_grammar().sentence(sentence, **parts),
        severity=severity,
    )


def _periods(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare the ends of a period told with words between them: 自…开始，至…结束."""
    for match in load_grammar().pattern("period_in_words").finditer(paragraph.text):
        first = _date(match["year1"], match["month1"], match["day1"])
        last = _date(match["year2"] or match["year1"], match["month2"], match["day2"], default=28)
        if first and last and match["year2"]:
            is_held = first <= last
            yield _claim(paragraph, match.span(), "period" if is_held else "period_back",
                         "holds" if is_held else "fails", "", printed=match[0])  # fmt: skip


def _steps(paragraph: Paragraph) -> Iterator[Claim]:
    """Days of one sentence that each end a step stand in their order (各步日期先后)."""
    grammar = load_grammar()
    by_sentence: dict[int, list[re.Match[str]]] = defaultdict(list)
    for match in grammar.pattern("step_day").finditer(paragraph.text):
        by_sentence[paragraph.sentence(match.start())[0]].append(match)
    for steps in by_sentence.values():
        year = steps[0]["year"]
        days = []
        for step in steps:
            year = step["year"] or year
            days.append(_date(year, step["month"], step["day"]))
        is_work = len(steps) == 2 and steps[0]["what"] in grammar.words["begins"]
        if (len(steps) < FEWEST_STEPS and not is_work) or any(day is None for day in days):
            continue
        known = [day for day in days if day is not None]
        falls = [at for at, (one, two) in enumerate(pairwise(known)) if two < one]
        place = (steps[0].start(), steps[-1].end())
        if not falls:
            yield _claim(paragraph, place, "period", "holds", "")
        elif len(falls) == 1:
            one, two = steps[falls[0]], steps[falls[0] + 1]
            yield _claim(paragraph, (one.start(), two.end()), "steps_back", "fails", "question", one=one[0], two=two[0])


def _durations(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare a period of days from its beginning with the day on which the work is said to be done in time."""
    grammar = load_grammar()
    for match in grammar.pattern("duration").finditer(paragraph.text):
        first = _date(match["year1"], match["month1"], match["day1"])
        last = _date(match["year2"] or match["year1"], match["month2"], match["day2"])
        if first is None or last is None:
            continue
        due = first + timedelta(days=int(match["n"]))
        around = paragraph.text[match.start() : match.end() + 16]
        late = last > due
        if late and not grammar.find("in_time", around):
            continue
        yield _claim(paragraph, match.span(), "duration", "fails" if late else "holds", "question",
                     start=first.isoformat(), days=match["n"], due=due.isoformat(), done=last.isoformat())  # fmt: skip


def _two_days(document: Document) -> Iterator[Claim]:
    """Compare the day of an event that a project has once, wherever it is told (同一事项两个日期)."""
    grammar = load_grammar()
    found: dict[tuple[int, str], list[tuple[Paragraph, tuple[int, int], date]]] = defaultdict(list)
    for segment, paragraph in zip(segments(document), document.paragraphs, strict=True):
        for match in () if paragraph.is_row else grammar.pattern("event_day").finditer(paragraph.text):
            day = _date(match["year"], match["month"], match["day"])
            start = max(paragraph.text.rfind(sign, 0, match.start()) for sign in "。；") + 1
            if day and not grammar.find("one_of_many", paragraph.text[start : match.end()]):
                event = next(name for name, words in grammar.words["events"].items() if match["event"] in words)
                found[segment, event].append((paragraph, match.span(), day))
    for (_, event), places in found.items():
        days = list(dict.fromkeys(day for _, _, day in places))
        if len(days) != 2 or len(places) > 4:
            continue
        first = next(place for place in places if place[2] == days[0])
        second = next(place for place in places if place[2] == days[1])
        if first[0] is second[0]:
            continue
        yield _claim(second[0], second[1], "two_days", "fails", "question", event=event, day=days[1].isoformat(),
                     other=days[0].isoformat(), line=str(first[0].line(first[1][0])))  # fmt: skip


def _report_day(document: Document) -> Iterator[Claim]:
    """A report is dated behind the work it tells of, and behind the year it evaluates (报告日期)."""
    grammar, prose = load_grammar(), document.prose
    if len(set(segments(document))) > 1 or not prose:
        return
    dated = [one for one in [*prose[:EDGE], *prose[-EDGE:]] if grammar.pattern("report_day").match(one.text)]
    if not dated:
        return
    paragraph = dated[0]
    match = grammar.pattern("report_day").match(paragraph.text)
    assert match is not None
    last = _date(match["year"], match["month"], match["day"], default=28)
    if last is None:
        return
    place = (0, len(paragraph.text))
    if document.year is not None and last.year <= document.year and last.month < YEAR_END:
        yield _claim(paragraph, place, "report_in_year", "fails", "question", printed=match[0], year=str(document.year))
    for other in prose:
        year = None
        for step in grammar.pattern("work_day").finditer(other.text):
            year = step["year"] or year
            day = _date(year, step["month"], step["day"]) if year else None
            if day and day > last and (day - last).days < LONGEST_WORK:
                yield _claim(paragraph, place, "report_before_work", "fails", "question", printed=match[0],
                             line=str(other.line(step.start())), other=day.isoformat())  # fmt: skip
                return
