"""What a sentence says of two numbers (比较用词): 未超过, 低于, 达到; and how long it says a period or a delay is."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from jixiao.checks.findings import check_words
from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.justified import GOAL_SIGNS, stated_goals
from jixiao.checks.texts.measures import judge, step_of, written
from jixiao.checks.texts.near_pairs import family
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import segments

HUNDRED = Decimal(100)
DAYS_OF_MONTH = Decimal("30.44")
MONTHS_OF_YEAR = 12
MOST_DELAYS = 2
GOAL_REACH = 12


def find_compared(document: Document) -> Iterator[Claim]:
    """Find comparisons that their own numbers refute, terms that differ from their days, delays that no days give."""
    for paragraph in document.prose:
        yield from _words(paragraph)
        yield from _terms(paragraph)
        yield from _over_all(paragraph)
        yield from _higher_by(paragraph)
    yield from _delays(document)
    yield from _goals(document)


def _words(paragraph: Paragraph) -> Iterator[Claim]:
    grammar = load_grammar()
    matches = [
        match for name in ("compared", "compared_behind") for match in grammar.pattern(name).finditer(paragraph.text)
    ]
    for match in matches:
        one, two = paragraph.at(match.start("n1")), paragraph.at(match.start("n2"))
        if one is None or two is None or one.unit != two.unit or not one.unit:
            continue
        is_limit = match["word"] in grammar.words["limits"]
        if paragraph.text[two.start - 1] == grammar.words["of"] or (
            one.value == two.value and match["word"].startswith(tuple(grammar.words["negated"]))
        ):
            continue  # 达到的3项，未达到的3项
        if grammar.pattern("bound").match(paragraph.text, two.end) and not is_limit:
            continue
        start = max(paragraph.text.rfind(sign, 0, one.start) for sign in "。；") + 1
        around = paragraph.text[start : match.end() + 8]
        is_goal = grammar.find("goal_behind", paragraph.text[two.end : two.end + GOAL_REACH])
        if (
            (grammar.has("change", one.label) and not is_goal)
            or grammar.find("rule_sentence", around)
            or grammar.find("if_so", around)
        ):
            continue
        relation = next(name for name, words in grammar.words["comparisons"].items() if match["word"] in words)
        held = {
            "less": one.value < two.value,
            "most": one.value <= two.value,
            "more": one.value > two.value,
            "least": one.value >= two.value,
        }[relation]
        yield claim_at(
            "claim_sign",
            paragraph,
            match.span(),
            printed=match["word"],
            derived=written(one.value - two.value),
            gap=one.value - two.value,
            verdict="holds" if held else "fails",
            arithmetic=grammar.sentence("compared", one=one.printed, two=two.printed, word=match["word"]),
        )


def _higher_by(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 161.25元比目标160元高1.25元 with the two numbers."""
    grammar = load_grammar()
    for match in grammar.pattern("higher_by").finditer(paragraph.text):
        one, two, gap = (paragraph.at(match.start(name)) for name in ("n1", "n2", "n"))
        if one is None or two is None or gap is None or not one.unit == two.unit == gap.unit or not gap.unit:
            continue
        derived = one.span - two.span if one.value >= two.value else two.span - one.span
        yield claim_at(
            "claim_growth",
            paragraph,
            match.span(),
            printed=gap.printed,
            derived=written(derived.value),
            gap=gap.value - derived.value,
            verdict=judge(gap.span, derived, step=step_of(gap)),
            arithmetic=grammar.sentence(
                "higher_by", one=one.printed, two=two.printed, derived=written(derived.value), unit=gap.unit,
                way=match["way"], printed=written(gap.value),
            ),
        )  # fmt: skip


def _goals(document: Document) -> Iterator[Claim]:
    """Compare 户均增收2650元，低于目标 with the goal that the report tells under the same words."""
    grammar = load_grammar()
    goals = stated_goals(document)
    yield from _off_goal(document)
    for paragraph in document.prose:
        for match in grammar.pattern("against_goal").finditer(paragraph.text):
            known = goals.get((match["label"][-GOAL_SIGNS:], match["unit"]), set())
            if len(known) != 1:
                continue
            goal, value = next(iter(known)), Decimal(match["n"])
            is_below = match["word"] in grammar.words["comparisons"]["less"]
            held = value < goal if is_below else value >= goal
            yield claim_at(
                "claim_sign",
                paragraph,
                match.span(),
                printed=match["n"],
                derived=written(goal),
                gap=value - goal,
                verdict="holds" if held else "fails",
                arithmetic=grammar.sentence(
                    "against_goal", label=match["label"], printed=match["n"] + match["unit"],
                    goal=written(goal) + match["unit"], word=match["word"],
                ),
            )  # fmt: skip


def _off_goal(document: Document) -> Iterator[Claim]:
    """Compare 1.08万人次，比目标少0.12万人次 with the goals that the report tells in that unit."""
    grammar = load_grammar()
    goals: dict[str, set[Decimal]] = {}
    told: dict[str, set[Decimal]] = {}
    for paragraph in document.paragraphs:
        for number in paragraph.quantities:
            told.setdefault(family(number), set()).add(number.value)
            before = paragraph.text[max(0, number.start - GOAL_REACH) : number.start]
            if grammar.find("a_goal", before) or grammar.pattern("bound").match(paragraph.text, number.end):
                goals.setdefault(family(number), set()).add(number.value)
    yield from _beside_goal(document, told)
    for paragraph in document.prose:
        for match in grammar.pattern("off_goal").finditer(paragraph.text):
            one, gap = paragraph.at(match.start("n1")), paragraph.at(match.start("n"))
            if one is None or gap is None or not goals.get(family(one)):
                continue
            if gap.unit != one.unit and not (match["points"] and one.unit == "%"):
                continue
            is_less = match["way"] in grammar.words["less_than"]
            derived = one.value + gap.value if is_less else one.value - gap.value
            if derived in goals[family(one)] or one.is_vague or derived in told.get(family(one), ()):
                continue
            yield claim_at(
                "claim_growth",
                paragraph,
                match.span(),
                printed=gap.printed,
                derived=written(derived),
                verdict="fails",
                arithmetic=grammar.sentence(
                    "off_goal",
                    one=one.printed,
                    sign="＋" if is_less else "－",
                    gap=gap.printed,
                    derived=written(derived),
                ),
                severity="question",
            )


def _beside_goal(document: Document, told: dict[str, set[Decimal]]) -> Iterator[Claim]:
    """Compare 没有达到95%的目标，差1个百分点 and 90.55%，高于目标值0.55个百分点 with the rates told."""
    grammar = load_grammar()
    rates = told.get("%", set())
    for paragraph in document.prose:
        for name in ("short_of_goal", "from_goal"):
            for match in grammar.pattern(name).finditer(paragraph.text):
                one, gap = Decimal(match["n1"]), Decimal(match["n"])
                is_less = name == "short_of_goal" or match["way"] in grammar.words["comparisons"]["less"]
                derived = one - gap if name == "short_of_goal" else one + gap if is_less else one - gap
                if derived in rates or not rates - {one}:
                    continue
                yield claim_at(
                    "claim_growth",
                    paragraph,
                    match.span(),
                    printed=match["n"],
                    derived=written(derived),
                    verdict="fails",
                    arithmetic=grammar.sentence(
                        "beside_goal", one=match["n1"], gap=match["n"], derived=written(derived)
                    ),
                    severity="question",
                )


def _over_all(paragraph: Paragraph) -> Iterator[Claim]:
    """Find a rate of part and whole above 100 % that prose tells (部分占全体的比率)."""
    grammar, words = load_grammar(), check_words()
    for match in grammar.pattern("rate_any").finditer(paragraph.text):
        if Decimal(match["n"]) > HUNDRED and match["name"].endswith(tuple(words["never_over"])):
            yield claim_at(
                "claim_reason",
                paragraph,
                match.span(),
                printed=f"{match['n']}%",
                derived="100%",
                verdict="fails",
                arithmetic=grammar.sentence("prose_over", name=match["name"], printed=f"{match['n']}%"),
                severity="error",
            )


def _day(year: str, month: str, day: str | None, *, is_last: bool) -> date | None:
    try:
        last = calendar.monthrange(int(year), int(month))[1]
        return date(int(year), int(month), int(day or (last if is_last else 1)))
    except (ValueError, calendar.IllegalMonthError):
        return None


def _terms(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 2020年7月1日至2023年6月30日，共3年 with the days between."""
    grammar = load_grammar()
    for match in (one for name in ("term", "term_first") for one in grammar.pattern(name).finditer(paragraph.text)):
        first = _day(match["year1"], match["month1"], match["day1"], is_last=False)
        last = _day(match["year2"] or match["year1"], match["month2"], match["day2"], is_last=True)
        told = grammar.number(match["n"])
        if first is None or last is None or told is None or last < first:
            continue
        days = Decimal((last - first).days)
        unit = match["unit"]
        size = {"year": DAYS_OF_MONTH * MONTHS_OF_YEAR, "month": DAYS_OF_MONTH, "day": Decimal(1)}[
            next(name for name, words in grammar.words["time_units"].items() if unit in words)
        ]
        slack = size * Decimal("0.12") + 2 if size > 1 else Decimal(1)
        is_held = told * size - slack <= days + 1 and days <= told * size + slack
        if size > 1 and not is_held:  # whole months counted at both ends
            is_held = size == DAYS_OF_MONTH and abs(days / size - told) < 1
        yield claim_at(
            "claim_date",
            paragraph,
            match.span(),
            printed=f"{match['n']}{unit}",
            derived=written(days / size, Decimal("0.1")),
            verdict="holds" if is_held else "fails",
            arithmetic=grammar.sentence(
                "term", printed=f"{match['n']}{unit}", derived=written((days + 1) / size, Decimal("0.1")), unit=unit
            ),
            severity="question",
        )


def _delays(document: Document) -> Iterator[Claim]:
    """Compare 推迟49天 with the days planned and reached that the same report tells."""
    grammar = load_grammar()
    days: dict[int, set[int]] = {}
    numbers = segments(document)
    for number, paragraph in zip(numbers, document.paragraphs, strict=True):
        for match in () if paragraph.is_row else grammar.pattern("planned_day").finditer(paragraph.text):
            due = _day(match["y1"], match["m1"], match["d1"], is_last=True)
            done = _day(match["y2"] or match["y1"], match["m2"], match["d2"], is_last=False)
            if due and done and match["d1"] and match["d2"]:
                days.setdefault(number, set()).add((done - due).days)
    for number, paragraph in zip(numbers, document.paragraphs, strict=True):
        known = days.get(number, set())
        for match in () if paragraph.is_row or not 0 < len(known) <= MOST_DELAYS else _told_delays(paragraph):
            told = int(match["n"])
            if any(abs(abs(gap) - told) <= 1 for gap in known):
                continue
            gap = min((abs(one) for one in known), key=lambda one: abs(one - told))
            yield claim_at(
                "claim_date",
                paragraph,
                match.span(),
                printed=match[0],
                derived=str(timedelta(days=gap).days),
                verdict="fails",
                arithmetic=grammar.sentence("delay", printed=match[0], derived=gap),
                severity="question",
                margin=8,
            )


def _told_delays(paragraph: Paragraph) -> Iterator[re.Match[str]]:
    yield from load_grammar().pattern("delay").finditer(paragraph.text)
