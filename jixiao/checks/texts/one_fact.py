"""Numbers of one thing that differ by a slip (同一事实的笔误), and numbers that follow from two others of a text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, is_slip, judge, step_of, total, written
from jixiao.checks.texts.near_pairs import Amounts, Differences, family, state_of
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import segments

SLIP = "claim_slip"
PARTS = "claim_parts"
SAME = "claim_same"
REACH = 22
BEHIND = 8
SHARED_WORDS = 3
FEWEST_DIGITS = 3
MANY_DIGITS = 4
FEWEST_ANSWERS = 3
TOO_LARGE = 12
FEWEST_AMOUNTS = 5
MOST_PLACES = 400
Place = tuple[Paragraph, Quantity]


def find_one_fact(document: Document) -> Iterator[Claim]:
    """Find slips of the pen between two places, remainders, adjusted budgets, and parts of a checked sample."""
    amounts = Amounts(document)
    yield from _slips(document)
    yield from _too_large(document)
    for paragraph in document.prose:
        yield from _remainders(paragraph, amounts)
        yield from _adjusted(paragraph)
        yield from _answers(paragraph, amounts)
    yield from _of_sample(document)


def _digits(one: Quantity) -> int:
    return len(one.number.replace(".", "").strip("0"))


def _context(place: Place) -> set[str]:
    """Return the runs of three signs around a number, those that every report has left out."""
    paragraph, one = place
    start = max(0, one.start - REACH, paragraph.sentence(one.start)[0] - 2 * BEHIND)
    grammar = load_grammar()
    runs = []
    for text in (paragraph.text[start : one.start], paragraph.text[one.end : one.end + BEHIND]):
        runs += grammar.pattern("not_han").split(text)
    found = {run[at : at + SHARED_WORDS] for run in runs for at in range(len(run) - SHARED_WORDS + 1)}
    return {word for word in found if not any(common in word for common in grammar.words["common_runs"])}


def _slips(document: Document) -> Iterator[Claim]:
    """Find a number told once that is a slip of another one told of the same thing elsewhere (前后差一位)."""
    grammar = load_grammar()
    found: dict[tuple[int, str, int], dict[Decimal, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for segment, paragraph in zip(segments(document), document.paragraphs, strict=True):
        for one in () if paragraph.is_row else paragraph.quantities:
            is_rate = one.unit == "%"
            if one.unit in grammar.words["never_slips"] and not is_rate:
                continue
            if one.is_vague or _digits(one) < (MANY_DIGITS if is_rate else FEWEST_DIGITS):
                continue
            found[segment, family(one), len(one.number)][one.value].append((paragraph, one))
    for (_, unit, _), by_value in found.items():
        if len(by_value) > MOST_PLACES:
            continue
        for one_value, two_value in combinations(by_value, 2):
            first, second = sorted((by_value[one_value], by_value[two_value]), key=len, reverse=True)
            if len(second) == 1 and is_slip(first[0][1].number, second[0][1].number):
                yield from _slip(first, second[0], is_rate=unit == "%")


def _slip(usual: list[Place], single: Place, *, is_rate: bool) -> Iterator[Claim]:
    paragraph, one = single
    numbers = usual[0][1].number, one.number
    is_turned = sorted(numbers[0]) == sorted(numbers[1])
    if not is_turned and (_digits(one) < MANY_DIGITS or is_rate):
        return
    grammar = load_grammar()
    mine = _context(single)
    for other in usual:
        if other[0] is paragraph or _is_other_time(single, other):
            continue
        shared = mine & _context(other)
        label = other[1].label
        same_label = any(label[at : at + SHARED_WORDS] in one.label for at in range(len(label) - SHARED_WORDS + 1))
        if (is_turned and (shared or same_label)) or (len(shared) > 1 and same_label):
            yield claim_at(
                SLIP,
                paragraph,
                (one.start - len(one.label), one.end),
                printed=one.printed,
                derived=other[1].printed,
                gap=one.value - other[1].value,
                verdict="fails",
                arithmetic=grammar.sentence(
                    "one_digit", printed=one.printed, other=other[1].printed, line=other[0].line(other[1].start)
                ),
            )
            return


def _is_other_time(one: Place, two: Place) -> bool:
    """Say whether two numbers are told of two years, stages or kinds: planned and reached, before and after."""
    grammar = load_grammar()
    words = []
    for paragraph, number in (one, two):
        start = max(paragraph.text.rfind(sign, 0, number.start) for sign in "。；，") + 1
        words.append(paragraph.text[start : number.start])
    years = [set(grammar.pattern("year").findall(text)) for text in words]
    if years[0] and years[1] and years[0] != years[1]:
        return True
    stages = [{name for name, signs in grammar.words["times"].items() if any(sign in text for sign in signs)}
              for text in words]  # fmt: skip
    return stages[0] != stages[1]


def _too_large(document: Document) -> Iterator[Claim]:
    """Find money printed in 万元 that dwarfs every other amount of its report (金额单位)."""
    grammar = load_grammar()
    places = [(paragraph, one) for paragraph in document.prose for one in paragraph.quantities
              if one.unit == grammar.money_unit and one.value]  # fmt: skip
    if len(places) < FEWEST_AMOUNTS:
        return
    paragraph, one = max(places, key=lambda place: place[1].value)
    others = [other.value for _, other in places if other.value != one.value]
    if not others or not one.printed.endswith(grammar.money_unit) or "." in one.number:
        return
    if one.value > TOO_LARGE * max(others) and one.value >= TOO_LARGE * 1000:
        yield claim_at(
            SLIP,
            paragraph,
            (one.start - len(one.label), one.end),
            printed=one.printed,
            derived=written(max(others)),
            verdict="fails",
            arithmetic=grammar.sentence("too_large", printed=one.printed, derived=written(max(others))),
        )


def _remainders(paragraph: Paragraph, amounts: Amounts) -> Iterator[Claim]:
    """Find a gap or a rest that is a slip of what two amounts of the text differ by: 到位810万元，缺口207万元."""
    grammar = load_grammar()
    for rest in paragraph.quantities:
        if rest.is_vague or not grammar.find("rest_or_gap", rest.label) or _digits(rest) < 2:
            continue
        every = amounts.differences.get(family(rest)) or Differences([])
        own = [one for one in paragraph.between(paragraph.sentence(rest.start)[0], rest.start) if one.unit == rest.unit]
        if len(own) == 2 and own[0].value > own[1].value and grammar.find("owed", own[0].label):
            yield from _rest_of_two(paragraph, own[0], own[1], rest)
            continue
        if every.hold(rest.span, step_of(rest)):
            continue
        slips = list(_slips_of(written(rest.value)))
        mine = [one for one in paragraph.between(0, rest.start) if one.unit == rest.unit and not one.is_vague]
        for part in reversed(mine):
            wholes = (one for slip in slips for one in every.wholes(part.value, slip))
            near = every.first(
                one for one in wholes if one.value > part.value and _is_slip_of(rest, one.value - part.value)
            )
            if near is not None:
                derived = near.value - part.value
                yield claim_at(
                    PARTS,
                    paragraph,
                    (part.start, rest.end),
                    printed=rest.printed,
                    derived=written(derived),
                    gap=rest.value - derived,
                    verdict="fails",
                    arithmetic=grammar.sentence(
                        "rest", whole=written(near.value), spent=written(part.value), derived=written(derived),
                        printed=written(rest.value), unit=rest.unit, difference=written(abs(rest.value - derived)),
                    ),
                    severity="question",
                )  # fmt: skip
                break


def _rest_of_two(paragraph: Paragraph, whole: Quantity, part: Quantity, rest: Quantity) -> Iterator[Claim]:
    """Compare 应配套1550万元，实际到位1240万元，缺口310万元."""
    derived = whole.span - part.span
    yield claim_at(
        PARTS,
        paragraph,
        (whole.start - len(whole.label), rest.end),
        printed=rest.printed,
        derived=written(derived.value),
        gap=rest.value - derived.value,
        verdict=judge(rest.span, derived, step=step_of(rest)),
        arithmetic=load_grammar().sentence(
            "rest", whole=written(whole.value), spent=written(part.value), derived=written(derived.value),
            printed=written(rest.value), unit=rest.unit, difference=written(abs(rest.value - derived.value)),
        ),
    )  # fmt: skip


def _slips_of(printed: str) -> Iterator[Decimal]:
    """Return every number that is a slip of a printed one: another digit, or two digits that have changed places."""
    at = [place for place, sign in enumerate(printed) if sign.isdigit()]
    for place in at:
        for digit in "0123456789".replace(printed[place], ""):
            yield Decimal(f"{printed[:place]}{digit}{printed[place + 1 :]}")
    for one, two in combinations(at, 2):
        if printed[one] != printed[two]:
            turned = list(printed)
            turned[one], turned[two] = turned[two], turned[one]
            yield Decimal("".join(turned))


def _is_slip_of(one: Quantity, value: Decimal) -> bool:
    printed, derived = written(one.value), written(value)
    return is_slip(printed, derived) and len(printed.replace(".", "")) >= FEWEST_DIGITS


def _adjusted(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 年初预算A，追加B，全年预算C: the third is the first with the second added or taken off."""
    grammar = load_grammar()
    for match in grammar.pattern("adjusted").finditer(paragraph.text):
        first, change, last = (paragraph.at(match.start(name)) for name in ("n1", "n2", "n3"))
        if first is None or change is None or last is None or not first.unit == change.unit == last.unit:
            continue
        if any(one.is_vague for one in (first, change, last)):
            continue
        is_up = match["way"] in grammar.words["up"] or match["way"] in grammar.words["added"]
        derived = first.span + change.span if is_up else first.span - change.span
        verdict = judge(last.span, derived, step=step_of(last))
        yield claim_at(
            PARTS,
            paragraph,
            match.span(),
            printed=last.printed,
            derived=written(derived.value),
            gap=last.value - derived.value,
            verdict=verdict,
            arithmetic=grammar.sentence(
                "adjusted", first=written(first.value), sign="＋" if is_up else "－", change=written(change.value),
                derived=written(derived.value), printed=written(last.value), unit=last.unit,
            ),
        )  # fmt: skip


def _answers(paragraph: Paragraph, amounts: Amounts) -> Iterator[Claim]:
    """Add the classes of answers in a sentence up to the valid sheets that the paragraph or the text tells."""
    grammar = load_grammar()
    done = set()
    for one in paragraph.quantities:
        if one.unit not in grammar.words["respondents"] or not grammar.find("not_content", one.label):
            continue
        start, end = paragraph.sentence(one.start)
        if start in done:
            continue
        done.add(start)
        classes = [number for number in paragraph.between(start, end)
                   if number.unit == one.unit and grammar.find("answer_class", number.label)]  # fmt: skip
        if len(classes) < FEWEST_ANSWERS or any(number.is_vague for number in classes):
            continue
        first = next((n for n in paragraph.between(start, end) if n.unit == one.unit), None)
        if first is not None and not grammar.find("answer_class", first.label):
            continue  # its own whole stands in the sentence
        wholes = [number for place, number in amounts.places[family(one)] if grammar.find("valid_sheets", number.label)]
        added = total(classes)
        if not wholes or any(number.value == added.value for number in wholes):
            continue
        whole = wholes[-1]
        if not Decimal("0.7") <= added.value / whole.value <= Decimal("1.3"):
            continue
        yield claim_at(
            PARTS,
            paragraph,
            (classes[0].start - len(classes[0].label), classes[-1].end),
            printed=whole.printed,
            derived=written(added.value),
            gap=whole.value - added.value,
            verdict="fails",
            arithmetic=grammar.sentence(
                "sum", parts="＋".join(written(number.value) for number in classes), derived=written(added.value),
                printed=written(whole.value), difference=written(abs(whole.value - added.value)), unit=one.unit,
            ),
        )  # fmt: skip


def _of_sample(document: Document) -> Iterator[Claim]:
    """Compare what is told twice of one sample: 抽查215个…合格193个, and 215个中，22个不合格 (同一样本)."""
    grammar = load_grammar()
    told: dict[tuple[int, str, Decimal], list[tuple[Paragraph, Quantity, str, str]]] = defaultdict(list)
    for segment, paragraph in zip(segments(document), document.paragraphs, strict=True):
        for whole in () if paragraph.is_row else paragraph.quantities:
            if not grammar.find("sampled", paragraph.text[max(0, whole.start - REACH) : whole.start]):
                continue
            end = paragraph.sentence(whole.start)[1]
            inside = [one for one in paragraph.between(whole.end, end) if one.unit == whole.unit and not one.is_vague]
            if not inside or inside[0].value >= whole.value or whole.is_vague or not whole.unit:
                continue
            for part in inside[:2]:
                start = max(paragraph.text.rfind(sign, 0, part.start) for sign in "，。；、：") + 1
                behind = re.split(r"[，。；：、()\d]", paragraph.text[part.end : part.end + 16])[0]
                words = paragraph.text[start : part.start] + behind
                told[segment, whole.unit, whole.value].append((paragraph, part, words, behind))
    _loose(document, told)
    for (_, unit, size), places in told.items():
        for (one_at, one, one_words, _), (two_at, two, two_words, _) in combinations(places, 2):
            if one_at is two_at:
                continue
            kind, good = state_of(one_words)
            other_kind, other_good = state_of(two_words)
            if not kind or kind != other_kind:
                continue
            derived = one.value if good == other_good else size - one.value
            if derived == two.value:
                continue
            yield claim_at(
                SAME,
                two_at,
                (two.start - len(two.label), two.end),
                printed=two.printed,
                derived=written(derived),
                gap=two.value - derived,
                verdict="fails",
                arithmetic=grammar.sentence(
                    "of_sample", size=f"{written(size)}{unit}", printed=two.printed,
                    derived=f"{written(derived)}{unit}",
                    line=one_at.line(one.start),
                ),
                severity="question",
            )  # fmt: skip


def _loose(
    document: Document, told: dict[tuple[int, str, Decimal], list[tuple[Paragraph, Quantity, str, str]]]
) -> None:
    """Add to the one sample of a unit what is said of its pieces without naming its size: 7份水样不合格."""
    grammar = load_grammar()
    sizes: dict[tuple[int, str], list[tuple[int, str, Decimal]]] = defaultdict(list)
    for key in told:
        sizes[key[:2]].append(key)
    for segment, paragraph in zip(segments(document), document.paragraphs, strict=True):
        for part in () if paragraph.is_row else paragraph.quantities:
            own = sizes.get((segment, part.unit), [])
            behind = re.split(r"[，。；：、()\d]", paragraph.text[part.end : part.end + 12])[0]
            kind, is_right = state_of(behind)
            if len(own) != 1 or not kind or is_right or part.is_vague or part.label:
                continue
            first = told[own[0]][0]
            noun = grammar.pattern("not_han").sub("", behind)[:2]
            start = max(0, first[1].start - REACH - BEHIND)
            if noun and noun in first[0].text[start : first[1].start] and part.value < own[0][2]:
                told[own[0]].append((paragraph, part, behind, behind))
