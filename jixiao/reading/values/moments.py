"""Days, months and periods (日期与期间): ``9月底前``, ``2022年2月至2022年4月``, ``上半年``; earlier is better.

What may be a date or a number (2023.12, 220228, 1/2/2022) is refused, not guessed.
"""

from __future__ import annotations

import calendar
import re
from datetime import MAXYEAR, MINYEAR, date, timedelta
from functools import lru_cache
from typing import NamedTuple

from jixiao.reading.values.notation import Grammar, Value, alternatives, load_grammar

_YEAR = r"(?:19|20)[0-9]{2}"
_DOTTED = re.compile(
    rf"(?<![0-9])({_YEAR})([.\-/])(0?[1-9]|1[0-2])\2(0?[1-9]|[12][0-9]|3[01])(?![0-9.])(?:(?:0?0:00(?::00)?)(?![0-9:]))?"
)
_DOTTED_MONTH = re.compile(rf"({_YEAR})[.\-/](1[0-2]|0?[1-9])")
_UNCLEAR = re.compile(
    rf"{_YEAR}[.\-/](?:0?[1-9]|1[0-2])(?:[\-~]{_YEAR}[.\-/](?:0?[1-9]|1[0-2]))?|[0-9]{{1,2}}[/.\-][0-9]{{1,2}}[/.\-]{_YEAR}"
    rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|(?P<short>[0-9]{{2}})(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    rf"|{_YEAR}-{_YEAR}"
)
_NEAR_YEARS = 5
"""Six digits are refused as a date when their year is at most so far from the evaluated one."""


class _Span(NamedTuple):
    """First and last day of a written moment; a month end is a day, and 前 after it includes it."""

    first: date
    last: date
    is_month: bool
    is_whole: bool


class _Patterns(NamedTuple):
    moment: re.Pattern[str]
    months: re.Pattern[str]
    until: re.Pattern[str]
    limit: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    marks = load_grammar().declared
    year, month, until = marks["year_sign"], marks["month_sign"], alternatives(marks["until"])
    of_year = rf"(?:(?P<year>{_YEAR}){year}(?:{marks['degree']})?)?"
    days = alternatives(marks["day_signs"])
    ends, year_ends = alternatives(marks["month_ends"]), alternatives([*marks["year_ends"], *marks["month_ends"]])
    thirds, quarters = alternatives(marks["thirds"]), alternatives(marks["quarters"])
    leads, limits = alternatives(marks["moment_leads"]), alternatives([*marks["before"], *marks["within"]])
    halves, whole = alternatives(marks["halves"]), alternatives(marks["year_words"])
    share, degree = marks["share"], marks["degree"]
    moment = (
        rf"{of_year}(?:"
        rf"(?P<month>[0-9]{{1,2}}){month}{share}?(?:(?P<day>[0-9]{{1,2}})(?:{days})|(?P<third>{thirds})|(?P<end>{ends}))?"
        rf"|{marks['first']}?(?P<quarter>{quarters}){marks['quarter_sign']}{degree}?(?P<quarter_end>{ends})?"
        rf"|(?P<half>{halves})|(?P<year_end>{year_ends})|(?P<whole>{whole})|)"
    )
    unnamed = re.sub(r"[?]P<[a-z_]+>", "?:", moment)
    return _Patterns(
        re.compile(moment),
        re.compile(rf"{of_year}(?P<first>[0-9]{{1,2}})(?:{until})(?P<last>[0-9]{{1,2}}){month}{share}?"),
        re.compile(until),
        re.compile(
            rf"(?P<label>[^0-9]*?)(?P<lead>(?:{leads})?)(?P<when>{unnamed})(?P<word>{limits}|)(?P<rest>[^0-9]*)"
        ),
    )


def read_moment(plain: str, text: str, *, year: int | None) -> Value | None:
    """Read a day, a month, a deadline or a period; None when the text is none of them.

    Args:
        plain: The normalised text.
        text: The text as written, kept in the value.
        year: The evaluated year, for what prints no year.

    Example:
        >>> read_moment("9月底前", "9月底前", year=2021).end
        datetime.date(2021, 9, 30)
        >>> read_moment("第三季度", "第三季度", year=2021).start
        datetime.date(2021, 7, 1)
    """
    grammar = load_grammar()
    found = _patterns().limit.fullmatch(plain)
    if found:
        value = _limited(grammar, found, text, year)
        if value:
            return value
    return _period(plain, text, year)


def read_dotted(plain: str, text: str, *, year: int) -> Value | None:
    """Read a date without 年 and 月 whose year stands first; what may also be a number stays text and says so.

    Example:
        >>> read_dotted("2021.12.31前", "2021.12.31前", year=2021).end
        datetime.date(2021, 12, 31)
        >>> read_dotted("2023.12", "2023.12", year=2023).kind
        'text'
    """
    value = _dotted(plain, text, year)
    if value:
        return value
    found = _UNCLEAR.fullmatch(plain)
    if not found or (found["short"] and abs(int(found["short"]) - year % 100) > _NEAR_YEARS):
        return None
    return Value(text, "text", guesses=(load_grammar().guess("ambiguous_date", text=plain),))


def _limited(grammar: Grammar, found: re.Match[str], text: str, year: int | None) -> Value | None:
    """Read one moment with what stands around it: 截至…, 前, 内, 完成."""
    marks = grammar.declared
    span = _span(found["when"], year)
    rest = found["rest"]
    if span is None or rest.startswith(tuple(marks["until"])):
        return None
    if found["label"] and (not found["lead"] or grammar.is_unclear(found["label"])):
        return None
    is_told = not found["label"] and (not rest or rest in grammar.done)
    if not is_told and not (found["word"] or rest.startswith(tuple(marks["finished"]))):
        return None
    notes = () if is_told else (grammar.guess("clause", part=f"{found['when']}{found['word']}"),)
    if found["word"] in marks["before"]:
        if span.is_whole:
            return None  # before the first half of the year, or by its end?
        end = span.first - timedelta(days=1) if span.is_month else span.last
        return Value(text, "date", "<=", end=end, guesses=notes)
    if found["word"] or found["lead"] in marks["no_later"]:
        return Value(text, "date", "<=", end=span.last, guesses=notes)
    kind = "period" if (span.last - span.first).days > 31 else "date"
    return Value(text, kind, start=span.first, end=span.last, guesses=notes)


def _period(plain: str, text: str, year: int | None) -> Value | None:
    marks = load_grammar().declared
    months = _patterns().months.fullmatch(plain)
    if months:
        of_year = int(months["year"]) if months["year"] else year
        first, last = _month(of_year, int(months["first"])), _month(of_year, int(months["last"]))
        return _between(text, first, last)
    for mark in _patterns().until.finditer(plain):
        before, after = plain[: mark.start()], plain[mark.end() :]
        if re.fullmatch(_YEAR, before) and after.endswith(marks["year_sign"]):
            before += marks["year_sign"]
        first = _span(before, year)
        last = _span(after, first.first.year) if first else None
        if first and last:
            return _between(text, first, last)
    return None


def _between(text: str, first: _Span | None, last: _Span | None) -> Value | None:
    if first is None or last is None or last.last < first.first:
        return None
    return Value(text, "period", start=first.first, end=last.last)


def _dotted(plain: str, text: str, year: int) -> Value | None:
    """Read dates whose year stands first and whose three numbers leave no doubt: 2021.12.31; with 前 two do."""
    grammar = load_grammar()
    marks = grammar.declared
    spelt = _DOTTED.sub(rf"\1{marks['year_sign']}\3{marks['month_sign']}\4{marks['day_sign']}", plain)
    month = _DOTTED_MONTH.match(plain)
    if spelt == plain and month and plain[month.end() :].startswith((*marks["before"], *marks["month_ends"])):
        spelt = f"{month[1]}{marks['year_sign']}{month[2]}{marks['month_sign']}{plain[month.end() :]}"
    if spelt == plain:
        return None
    value = read_moment(spelt, text, year=year)
    return value and value._replace(guesses=(*value.guesses, grammar.guess("written_date", date=spelt)))


def _span(written: str, year: int | None) -> _Span | None:
    """Return first and last day of a written moment, or None."""
    found = _patterns().moment.fullmatch(written) if written else None
    if not found:
        return None
    of_year = int(found["year"]) if found["year"] else year
    if of_year is None or not MINYEAR <= of_year <= MAXYEAR:
        return None
    marks = load_grammar().declared
    if found["month"]:
        month = _month(of_year, int(found["month"]))
        if month is None or found["end"]:
            return month and _Span(month.last, month.last, False, False)
        if found["day"]:
            return _days(month, int(found["day"]), int(found["day"]))
        return _days(month, *marks["thirds"][found["third"]]) if found["third"] else month
    if found["quarter"]:
        number = marks["quarters"].index(found["quarter"]) % 4
        span = _months(of_year, 3 * number + 1, 3 * number + 3)
        return _Span(span.last, span.last, False, False) if found["quarter_end"] else span._replace(is_month=True)
    if found["half"]:
        return _months(of_year, *marks["halves"][found["half"]])
    if found["year_end"]:
        if not found["year"] and found["year_end"] in marks["month_ends"]:
            return None
        return _Span(date(of_year, 12, 31), date(of_year, 12, 31), False, False)
    return _months(of_year, 1, 12) if found["whole"] or found["year"] else None


def _month(year: int | None, month: int) -> _Span | None:
    if year is None or not 1 <= month <= 12:
        return None
    return _Span(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), True, False)


def _months(year: int, first: int, last: int) -> _Span:
    return _Span(date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]), False, True)


def _days(month: _Span, first: int, last: int) -> _Span | None:
    """Return days of a month; the last third ends with the month, a day beyond it is no date."""
    if not 1 <= first <= month.last.day:
        return None
    if first == last:
        day = month.first.replace(day=first)
        return _Span(day, day, False, False)
    return _Span(month.first.replace(day=first), month.first.replace(day=min(last, month.last.day)), False, False)
