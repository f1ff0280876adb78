"""Points against the words that justify them (得分与理由): shortfalls with full points, losses without a reason."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import written
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import Told, find_told, segments

KIND = "claim_reason"
SHORTEST_REASON = 15
SHORTEST_CORE = 5
SAME_EVIDENCE = 3
FEWEST_ASKED = 30
LONGEST_HEAD = 30
MOST_NAMES = 5
GOAL_SIGNS = 4
NEAR_POINTS = Decimal("0.051")


def find_reasons(document: Document) -> Iterator[Claim]:
    """Compare the points of each indicator with the words below its heading, and with the problems named (得分理由)."""
    told = [one for one in find_told(document) if one.words and one.weight is not None and one.given is not None]
    goals = stated_goals(document)
    for one in told:
        yield from _of_one(one, goals)
    yield from _problems(document, told)
    yield from _same_evidence(told)
    yield from _told_problems(document, told)
    yield from _rates_untold(told)
    yield from _whole(document)


def _sentences(one: Told) -> Iterator[tuple[Paragraph, int, int]]:
    """Yield the sentences that justify the points; those that only tell the rule are left out."""
    grammar = load_grammar()
    for paragraph, begin in one.words:
        start = begin
        for match in re.finditer(r"[^。；！？]+[。；！？]?", paragraph.text[begin:]):
            start = begin + match.start()
            if not grammar.find("rule_sentence", match[0]) and not grammar.find("rule_told", match[0]):
                yield paragraph, start, begin + match.end()


def stated_goals(document: Document) -> dict[tuple[str, str], set[Decimal]]:
    """Return the goals a report states, by the end of their label and their unit (文中目标): 培训合格率不低于90%."""
    goals: dict[tuple[str, str], set[Decimal]] = {}
    for paragraph in document.prose:
        for match in load_grammar().pattern("stated_goal").finditer(paragraph.text):
            goals.setdefault((match["label"][-GOAL_SIGNS:], match["unit"]), set()).add(Decimal(match["n"]))
    return goals


def _of_one(one: Told, goals: dict[tuple[str, str], set[Decimal]]) -> Iterator[Claim]:
    assert one.weight is not None and one.given is not None
    grammar = load_grammar()
    is_full = one.given == one.weight
    if one.given > one.weight:
        if not one.is_row and grammar.find("points_heading", one.paragraph.text):
            return  # told by the headings themselves
        yield _claim(one, one.paragraph, one.place, "reason_over", "error")
        return
    sentences = list(_sentences(one))
    if not sentences:
        return
    shortfalls = list(_shortfalls(one, sentences, goals))
    if is_full:
        if shortfalls:
            yield shortfalls[0]
            return
        if not one.is_row:
            yield from _unmeasured(one, sentences)
        for paragraph, start, end in sentences:
            for match in grammar.pattern("shortfall").finditer(paragraph.text, start, end):
                around = paragraph.text[max(start, match.start() - 8) : match.start()]
                before = around + paragraph.text[match.end() : match.end() + 6]
                if grammar.find("only_if", paragraph.text[match.end() : match.end() + 3]):
                    continue  # 不符合的扣1分
                if not grammar.find("no_shortfall", before):
                    yield _claim(one, paragraph, (start, end), "reason_full", "", said=match[0])
                    return
    else:
        text = "".join(paragraph.text[start:end] for paragraph, start, end in sentences)
        plain = grammar.pattern("points_words").sub("", grammar.pattern("nothing_found").sub("", text))
        if (
            len(text) >= SHORTEST_REASON
            and not one.is_row
            and not shortfalls
            and not _by_rate(one, text)
            and not grammar.find("any_reason", plain)
            and grammar.find("all_well", plain)
        ):
            yield _claim(one, one.paragraph, one.place, "reason_none", "")
        else:
            yield _claim(one, one.paragraph, one.place, "reason_given", "", verdict="holds")


def _by_rate(one: Told, text: str) -> bool:
    """Say whether the points are the weight times a rate that the words tell (按比例得分)."""
    assert one.weight is not None and one.given is not None
    rates = [Decimal(rate) for rate in re.findall(r"(\d{1,3}(?:\.\d+)?)%", text)]
    is_short = any(rate < 100 for rate in rates) and not load_grammar().find("target_met", text)  # 实际完成95%左右
    return is_short or any(abs(one.weight * rate / 100 - one.given) < NEAR_POINTS for rate in rates)


def _claim(
    one: Told,
    paragraph: Paragraph,
    place: tuple[int, int],
    sentence: str,
    severity: str,
    *,
    verdict: str = "fails",
    **parts: str,
) -> Claim:
    assert one.weight is not None and one.given is not None
    return claim_at(
        KIND,
        paragraph,
        place,
        printed=written(one.given),
        derived=written(one.weight),
        gap=one.given - one.weight,
        verdict=verdict,
        arithmetic=load_grammar().sentence(
            sentence,
            name=one.name,
            weight=written(one.weight),
            given=written(one.given),
            lost=written(one.weight - one.given),
            **parts,
        ),
        severity=severity,
    )


def _shortfalls(
    one: Told, sentences: list[tuple[Paragraph, int, int]], goals: dict[tuple[str, str], set[Decimal]]
) -> Iterator[Claim]:
    """Find a planned amount or day and a smaller amount or a later day that was reached, in one sentence."""
    grammar = load_grammar()
    is_limit = grammar.find("limit", one.name) is not None
    for paragraph, start, end in sentences:
        text = paragraph.text[start:end]
        day = grammar.find("planned_day", text)
        if day:
            due, done = _day(day, "1"), _day(day, "2")
            if due and done and done > due:
                yield _claim(
                    one, paragraph, (start, end), "reason_late", "", due=due.isoformat(), done=done.isoformat()
                )
        for match in grammar.pattern("planned_actual").finditer(text):
            plan, actual = Decimal(match["n1"]), Decimal(match["n2"])
            if match["unit1"] != match["unit2"] or is_limit or grammar.find("limit", match[0]):
                continue
            if actual < plan:
                yield _claim(one, paragraph, (start, end), "reason_short", "", target=match["n1"] + match["unit1"],
                             actual=match["n2"] + match["unit2"])  # fmt: skip
        for match in grammar.pattern("rate_worked_out").finditer(text):
            if Decimal(match["n"]) < 100 and not is_limit and not grammar.find("target_met", text):
                yield _claim(one, paragraph, (start, end), "reason_rate", "question", actual=match["n"] + "%")
        for match in grammar.pattern("rate_reached").finditer(text):
            target = grammar.find("target_percent", text[: match.start()])
            is_opinion = grammar.find("opinion_rate", match[0])
            full = 0 if is_opinion or grammar.find("target_met", text) else 100
            known = goals.get((one.name[-GOAL_SIGNS:], "%"), set())
            goal = Decimal(target["n"]) if target else next(iter(known)) if len(known) == 1 else Decimal(full)
            if Decimal(match["n"]) < goal and not is_limit:
                yield _claim(one, paragraph, (start, end), "reason_rate", "", actual=match["n"] + "%")


def _unmeasured(one: Told, sentences: list[tuple[Paragraph, int, int]]) -> Iterator[Claim]:
    """Full points for what was not measured: a satisfaction told as a bound, years of use that have not passed yet."""
    grammar = load_grammar()
    text = "".join(paragraph.text[start:end] for paragraph, start, end in sentences)
    paragraph, start, end = sentences[-1]
    asked = grammar.find("asked", text)
    if asked and grammar.find("satisfaction_bound_of", one.name) and int(asked["n"]) < FEWEST_ASKED:
        yield _claim(one, paragraph, (start, end), "few_asked", "question", said=asked[0], asked=asked["n"])
        return
    for name in ("satisfaction_bound", "years_to_come"):
        found = grammar.find(name, text)
        if found and grammar.find(f"{name}_of", one.name) and not grammar.find("sample", text):
            yield _claim(one, paragraph, (start, end), name, "question", said=found[0])
            return


def _day(match: re.Match[str], which: str) -> date | None:
    """Return a day; a month without day ends with its last one when it is due, starts with its first when done."""
    year, month, day = match[f"y{which}"] or match["y1"], match[f"m{which}"], match[f"d{which}"]
    try:
        last = calendar.monthrange(int(year), int(month))[1] if which == "1" else 1
        return date(int(year), int(month), int(day or last))
    except (ValueError, calendar.IllegalMonthError):
        return None


def _problems(document: Document, told: list[Told]) -> Iterator[Claim]:
    """Compare full points with what the same report names as a problem of that very kind (问题与满分)."""
    grammar = load_grammar()
    numbers = segments(document)
    inside = False
    listed: list[tuple[int, Paragraph]] = []
    for number, paragraph in zip(numbers, document.paragraphs, strict=True):
        if paragraph.is_row:
            continue
        if grammar.find("problem_heading", paragraph.text) and len(paragraph.text) < 40:
            inside = True
            continue
        if inside and grammar.find("after_problems", paragraph.text) and len(paragraph.text) < 40:
            inside = False
        if inside:
            listed.append((number, paragraph))
    for name, rule in grammar.words["problem_kinds"].items():
        full = [one for one in told if one.given == one.weight and any(word in one.name for word in rule["indicators"])]
        lost = {
            one.segment
            for one in told
            if one.given is not None and one.weight is not None and one.given < one.weight
            and any(word in one.name for word in rule["indicators"])
        }  # fmt: skip
        pattern = grammar.compile(rule["problem"])
        for number, paragraph in listed:
            match = pattern.search(paragraph.text)
            mine = [one for one in full if one.segment == number]
            if match and mine and number not in lost:
                start, end = paragraph.sentence(match.start())
                yield _claim(
                    mine[0], paragraph, (start, end), "reason_problem", "", said=match[0], kind=name,
                    line=str(mine[0].paragraph.line(mine[0].place[0])),
                )  # fmt: skip
                break


def _problem_paragraphs(document: Document) -> Iterator[tuple[int, Paragraph]]:
    """Yield the paragraphs of the chapters of problems, each with its report."""
    grammar, inside = load_grammar(), False
    for number, paragraph in zip(segments(document), document.paragraphs, strict=True):
        if paragraph.is_row:
            continue
        if len(paragraph.text) < 40 and grammar.find("problem_heading", paragraph.text):
            inside = True
        elif inside and len(paragraph.text) < 40 and grammar.find("after_problems", paragraph.text):
            inside = False
        elif inside:
            yield number, paragraph


def _told_problems(document: Document, told: list[Told]) -> Iterator[Claim]:
    """Compare the heads of problems with indicators of full points that bear the same word (问题与同名指标)."""
    grammar = load_grammar()
    common = set(grammar.words["common_pairs"])
    heads = [
        (segment, one, re.split(r"[。，；：]", grammar.pattern("name_ordinal").sub("", one.text))[0])
        for segment, one in _problem_paragraphs(document)
        if grammar.find("ordinal", one.text)
    ]
    for segment, paragraph, head in heads:
        if len(head) > LONGEST_HEAD or not (grammar.find("shortfall", head) or grammar.find("not_reached", head)):
            continue
        pairs = {head[at : at + 2] for at in range(len(head) - 1)} - common
        own = [one for one in told if one.segment == segment and not one.is_row and one.weight]
        named = {one.name: one for one in own if any(pair in one.name for pair in pairs)}
        if len(named) != 1:
            continue
        one = next(iter(named.values()))
        if one.given == one.weight and one.given:
            yield _claim(one, paragraph, (0, len(head) + 4), "reason_problem", "question", said=head,
                         line=str(one.paragraph.line(one.place[0])))  # fmt: skip


def _rates_untold(told: list[Told]) -> Iterator[Claim]:
    """Find indicators called a rate that earn all points while no rate is told; once for a report (比率没有写出)."""
    grammar = load_grammar()
    by_report: dict[int, list[Told]] = {}
    for one in told:
        if one.is_row or one.given != one.weight or not grammar.find("is_rate", one.name):
            continue
        text = "".join(paragraph.text[start:] for paragraph, start in one.words)
        units = [
            number.unit for paragraph, start in one.words for number in paragraph.quantities if number.start >= start
        ]
        if any(units.count(unit) > 1 for unit in units if unit not in ("", grammar.words["points"])):
            continue  # the reader can work it out
        if len(text) > SHORTEST_REASON and "%" not in text and not grammar.find("all_of_them", text):
            by_report.setdefault(one.segment, []).append(one)
    for found in by_report.values():
        one = found[0]
        names = grammar.words["between"].join(other.name for other in found[:MOST_NAMES])
        yield _claim(one, one.paragraph, one.place, "rates_untold", "question", names=names, count=str(len(found)))


def _same_evidence(told: list[Told]) -> Iterator[Claim]:
    """Find one piece of evidence that earns points under three names or more (同一佐证重复计分)."""
    seen: set[tuple[int, str]] = set()
    for one in told:
        if one.is_row or len(one.name) < SHORTEST_CORE or (one.segment, one.name) in seen:
            continue
        same = {other.name: other for other in told if other.segment == one.segment and not other.is_row
                and one.name in other.name}  # fmt: skip
        seen.add((one.segment, one.name))
        if len(same) >= SAME_EVIDENCE and all(other.given == other.weight for other in same.values()):
            points = sum((other.given for other in same.values() if other.given is not None), Decimal(0))
            yield _claim(one, one.paragraph, one.place, "same_evidence", "question", count=str(len(same)),
                         points=written(points))  # fmt: skip


def _whole(document: Document) -> Iterator[Claim]:
    """Full marks although problems are listed; a report that is no self-evaluation and calls itself one (自评)."""
    grammar = load_grammar()
    numbers = segments(document)
    full: dict[int, tuple[Paragraph, tuple[int, int]]] = {}
    inside = False
    for number, paragraph in zip(numbers, document.paragraphs, strict=True):
        text = paragraph.text
        if paragraph.is_row:
            continue
        match = grammar.find("full_total", text)
        if match and number not in full:
            full[number] = paragraph, match.span()
        kind = grammar.find("self_grade", text)
        if kind and grammar.find("not_self", document.title) and not grammar.find("several_kinds", text):
            yield _claim_whole(paragraph, kind.span(), "self_grade", said=kind[0], title=document.title[-20:])
        if len(text) < 40 and grammar.find("problem_heading", text):
            inside = True
            continue
        if inside:
            inside = False
            if number in full and not grammar.find("no_problem", text):
                where, place = full[number]
                yield _claim_whole(where, place, "full_but_problems", said=text[:24], line=str(paragraph.line(0)))


def _claim_whole(paragraph: Paragraph, place: tuple[int, int], sentence: str, **parts: str) -> Claim:
    return claim_at(
        KIND,
        paragraph,
        place,
        printed=paragraph.text[place[0] : place[1]],
        derived="",
        verdict="fails",
        arithmetic=load_grammar().sentence(sentence, **parts),
        severity="question",
    )
