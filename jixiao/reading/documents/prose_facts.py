"""What the prose states (文中陈述): money, points, grade, rates and counts, each with the line it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from jixiao.reading.documents.outlines import plain_heading
from jixiao.reading.documents.portions import Entry, Portion
from jixiao.reading.documents.sections import Layout
from jixiao.reading.documents.stated_amounts import Amount, as_plain, find_amounts, split_sentences, to_number, to_wan
from jixiao.reading.files.document_words import document_words

FUNDS = ("planned", "issued", "arrived", "executed", "balance")
"""Statements about money of the whole project, in the order in which money flows."""
POINTS, WAN, RATE, COUNT = "points", "wan", "rate", "count"


@dataclass(frozen=True, slots=True)
class Statement:
    """One value that a report states, where, and how it agrees with the others of its kind (陈述)."""

    statement: str
    value: Decimal | None
    value_text: str
    kind: str
    line: int
    last_line: int
    page: int | None
    quote: str
    fund: str = ""
    subject: str = ""
    stated_in: str = "text"
    rank: int = 0
    agreement: str = ""
    is_doubtful: bool = False
    """Whether it may be money of a part or of another year."""
    place: str = ""
    """Name of the table, for a value that stands in one."""


@cache
def _sentences() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(words) for name, words in document_words()["sentences"].items()}


def find_statements(layout: Layout, portion: Portion, *, year: int | None = None) -> list[Statement]:
    """Return every value that the prose and the small tables of a portion state, in the order of the text (文中数值).

    Args:
        layout: The file.
        portion: One evaluation or summary report of it.
        year: The year evaluated, when it is known.
    """
    found: list[Statement] = []
    for place in layout.of_portion(portion.number):
        entry, at = layout.entries[place], layout.places[place]
        if entry.kind == "table":
            found += _of_level_table(entry) if portion.kind == "evaluation_report" else []
            continue
        if entry.kind in {"title", "caption", "signature"}:
            continue
        if portion.kind == "account_disclosure" and at.section != "account_performance":
            continue  # the narrative of the account is read with its tables
        usual = {"funds_invested": "planned", "funds_used": "executed"}.get(at.part, "")
        if not entry.paragraph.text:
            continue
        subject = ""
        if portion.kind == "summary_report" and at.section in {"goal_completion", "goal_deviation"}:
            inner = [layout.entries[above].title for above in entry.path[1:]]
            subject = inner[0] if inner else ""
        found += _of_text(entry, at.section, at.part, usual, year, subject)
        if entry.kind == "heading":
            found += _of_heading(entry, at.section)
    return found


def _said(
    entry: Entry, statement: str, value: Decimal | None, text: str, kind: str, quote: str, **more: object
) -> Statement:
    paragraph = entry.paragraph
    return Statement(
        statement,
        value,
        text,
        kind,
        paragraph.line,
        paragraph.last_line,
        paragraph.page,
        quote.strip()[:200],
        **more,  # type: ignore[arg-type]
    )


def _of_text(entry: Entry, section: str, part: str, usual: str, year: int | None, subject: str) -> Iterator[Statement]:
    text = entry.paragraph.text
    weight = {"basics": 2, "conclusion": 1, "preface": 1, "analysis": 0, "goal_management": 2}.get(section, 0)
    weight += 2 if part.startswith("funds") else 0
    amounts = find_amounts(text, year=year, usual=usual)
    yield from _all_arrived(entry, amounts, weight)
    for amount in amounts:
        if amount.statement not in {*FUNDS, "carry_over"}:
            continue
        quote = next((one for start, one in split_sentences(text) if start <= amount.start < start + len(one)), text)
        statement = "planned" if amount.statement == "carry_over" else amount.statement
        yield _said(
            entry,
            statement,
            amount.value,
            amount.text,
            WAN,
            quote,
            fund=amount.fund,
            subject=subject or amount.subject,
            is_doubtful=amount.rank <= -2,
            rank=amount.rank + weight - (4 if section in {"analysis", "work"} and part in {"output", "benefit"} else 0),
        )
    for _, sentence in split_sentences(text):
        yield from _of_sentence(entry, sentence, section, weight, subject)


def _all_arrived(entry: Entry, amounts: Iterable[Amount], weight: int) -> Iterator[Statement]:
    """Take the money planned as arrived, or as spent, where the text says that all of it was: 均已到位, 全部支出."""
    listed = list(amounts)
    for start, sentence in split_sentences(entry.paragraph.text):
        mine = [one for one in listed if start <= one.start < start + len(sentence)]
        for statement, key in (("arrived", "all_arrived"), ("executed", "all_executed")):
            said = _sentences()[key].search(sentence)
            before = [one for one in listed if said and one.start < start + said.start()]
            whole = [one for one in before if one.statement in {"planned", "issued"} and one.fund == "total"]
            is_told = any(one.statement == statement and one.fund == "total" for one in (*mine, *before))
            if len(whole) == 1 and not is_told:
                one, rank = whole[0], min(whole[0].rank, 0) + weight
                yield _said(entry, statement, one.value, one.text, WAN, sentence, fund="total", rank=rank)


def _of_sentence(entry: Entry, sentence: str, section: str, weight: int, subject: str) -> Iterator[Statement]:
    words = _sentences()
    plain = re.sub(r"\s", "", sentence)
    for name, over, under in (("arrival_formula", "arrived", "planned"), ("execution_formula", "executed", "arrived")):
        hit = words[name].search(plain)
        if hit:
            for key, statement in (("a", over), ("b", under)):
                value = to_wan(hit[key], hit["unit"] or _wan()) if to_number(hit[key]) is not None else None
                if value is not None:
                    yield _said(
                        entry,
                        statement,
                        value,
                        hit[key],
                        WAN,
                        plain,
                        fund="total",
                        stated_in="formula",
                        rank=weight - 1,
                        subject="" if hit["unit"] else "?",
                    )
    for name in ("execution_rate", "arrival_rate"):
        for hit in words[name].finditer(plain):
            yield _said(entry, name, Decimal(hit["n"]) / 100, hit["n"] + "%", RATE, plain, subject=subject)
    yield from _of_points(entry, plain, section, subject)
    for name in ("project_count", "self_count", "department_count", "indicator_count"):
        for hit in words[name].finditer(plain):
            text = hit["n"] or hit.groupdict().get("m") or ""
            if text:
                yield _said(entry, name, Decimal(text), text, COUNT, plain, subject=subject)


def _of_points(entry: Entry, plain: str, section: str, subject: str) -> Iterator[Statement]:
    words = _sentences()
    is_told = section in {"conclusion", "preface", "self_conclusion", "basics", "others", "result_use"}
    is_said = section not in {"work", "advice"} and words["total_sure"].search(plain) is not None
    is_graded = not section and words["total"].search(plain) is not None and words["grade"].search(plain) is not None
    if is_told or is_said or is_graded:
        for hit in words["total"].finditer(plain):
            before = re.split(r"[，。；]", plain[: hit.start()])[-1] + plain[hit.start() : hit.start("n")]
            if words["not_total"].search(before) or Decimal(hit["n"]) > 120:
                continue
            rank = 3 if section == "conclusion" else 1 if is_told else 0
            rank -= 4 * bool(words["of_itself"].search(before))
            yield _said(entry, "total", Decimal(hit["n"]), hit["n"] + _points_sign(), POINTS, plain, rank=rank)
        for hit in words["total_behind_grade"].finditer(plain):
            yield _said(entry, "total", Decimal(hit["n"]), hit["n"] + _points_sign(), POINTS, plain, rank=2)
        for name in ("grade", "grade_behind"):
            for hit in words[name].finditer(plain):
                rank = (2 if section == "conclusion" else 1) + (name == "grade")
                rank -= 4 * bool(words["of_itself"].search(re.split(r"[，。；]", plain[: hit.start()])[-1]))
                yield _said(entry, "grade", None, hit["g"], "", plain, rank=rank)
    for hit in words["self_average"].finditer(plain):
        yield _said(entry, "self_average", Decimal(hit["n"]), hit["n"] + _points_sign(), POINTS, plain, subject=subject)
    for hit in words["level_score"].finditer(plain):
        yield _said(entry, "level_weight", Decimal(hit["w"]), hit["w"], POINTS, plain, subject=hit["level"])
        yield _said(entry, "level_score", Decimal(hit["n"]), hit["n"], POINTS, plain, subject=hit["level"])
    if section in {"work", "analysis", "conclusion"}:
        for hit in words["level_weight"].finditer(plain):
            yield _said(entry, "level_weight", Decimal(hit["n"]), hit["n"], POINTS, plain, subject=hit["level"])


def _wan() -> str:
    return str(document_words()["statement_units"]["wan"])


def _points_sign() -> str:
    return str(document_words()["points"])


def _of_heading(entry: Entry, section: str) -> Iterator[Statement]:
    """Read the points that a heading of the analysis carries: （一）项目决策情况（15分）."""
    if section != "analysis":
        return
    hit = _sentences()["level_head"].match(re.sub(r"\s", "", entry.title))
    if hit:
        name = plain_heading(hit["level"])
        yield _said(entry, "level_weight", Decimal(hit["n"]), hit["n"], POINTS, entry.title, subject=name)


def _of_level_table(entry: Entry) -> Iterator[Statement]:
    """Read a table that prints the points of a level: names with weights above, points below."""
    grid = entry.paragraph.grid
    if grid is None or not 2 <= grid.height <= 3 or grid.width < 3:
        return
    names = [re.sub(r"\s", "", text) for text in grid.texts[0]]
    points = [re.sub(r"\s", "", text) for text in grid.texts[-1]]
    if sum(bool(re.fullmatch(r"\d+(?:\.\d+)?", text)) for text in points) < len(points) - 1:
        return
    for name, text in zip(names, points, strict=False):
        value = to_number(text) if text else None
        if value is None or not name:
            continue
        head = _sentences()["level_head"].match(name)
        level = head["level"] if head else name
        is_total = bool(_sentences()["total_head"].fullmatch(level))
        common = {"stated_in": "table", "place": grid.sheet, "subject": "" if is_total else level}
        if head:
            yield _said(entry, "level_weight", Decimal(head["n"]), head["n"], POINTS, name, **common)
        yield _said(entry, "total_level" if is_total else "level_score", value, text, POINTS, name, rank=0, **common)


def choose(statements: Iterable[Statement]) -> tuple[list[Statement], dict[str, Statement]]:
    """Decide which of several statements of one thing counts, and say of the others whether they agree (取值).

    Returns:
        The statements with their agreement, and by name those chosen: the money of the whole project, total and grade.
    """
    listed = list(statements)
    chosen: dict[str, Statement] = {}
    for name in (*FUNDS, "total", "grade"):
        mine = [one for one in listed if _is_whole(one, name)]
        if not mine:
            continue
        counted: dict[object, int] = {}
        for one in mine:
            counted[_key(one)] = counted.get(_key(one), 0) + 1
        best = max(mine, key=lambda one: (one.rank + min(counted[_key(one)], 5), -one.line))
        if name in FUNDS and best.rank + min(counted[_key(best)], 5) < 1:
            continue
        first = next(one for one in mine if _key(one) == _key(best) and one.rank == best.rank)
        chosen[name] = first
    marked = []
    for one in listed:
        best_one = chosen.get(one.statement)
        if best_one is None or not _is_whole(one, one.statement):
            marked.append(one)
            continue
        state = "chosen" if one is best_one else "agrees" if _key(one) == _key(best_one) else "differs"
        if state == "differs" and one.is_doubtful:
            state = ""  # nobody compares money of a part or of another year
        marked.append(replace(one, agreement=state))
    return marked, chosen


def _is_whole(one: Statement, name: str) -> bool:
    return one.statement == name and one.subject in {"", "?"} and (name not in FUNDS or one.fund == "total")


def _key(one: Statement) -> object:
    return as_plain(one.value) if one.value is not None else one.value_text[:1]
