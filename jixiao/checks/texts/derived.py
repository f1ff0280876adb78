"""Numbers that follow from others told elsewhere (由他处推得的数): growth, multiples, interest, gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, pairwise

from jixiao.checks.texts.found import Claim, question_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.known_amounts import Known, KnownAmounts, is_near, pairs_of
from jixiao.checks.texts.measures import Quantity, Span, fits, is_slip, judge, places, printed_span, step_of, written
from jixiao.checks.texts.prose import Document, Paragraph

GROWTH, PRICE, PARTS, SHARE = "claim_growth", "claim_price", "claim_parts", "claim_share"
HUNDRED = Decimal(100)
NEAR = Decimal("0.4")
NEAR_POINTS = Decimal("0.5")
FEWEST_DIGITS = 3
LONG = 2
MOST_PARTS = 10
FAREST_HEAD = 12
MOST_POINTS = Decimal(3)


def find_derived(document: Document) -> Iterator[Claim]:
    """Find numbers that what the report tells elsewhere refutes, by the words that say how they follow (推算不符)."""
    known = KnownAmounts(document)
    for paragraph in document.prose:
        yield from _changes(paragraph, known)
        yield from _rates_of_columns(paragraph, known)
        yield from _averages(paragraph, known)
        yield from _mean_changes(paragraph)
        yield from _multiples(paragraph, known)
        yield from _interests(paragraph, known)
        yield from _by_month(paragraph)
        yield from _rests(paragraph, known)
        yield from _part_rate_rest(paragraph, known)
        yield from _gaps(paragraph, known)
        yield from _all_done(paragraph, known)
        yield from _of_other_unit(paragraph)
        yield from _sums_of_like(paragraph, known)


def _changes(paragraph: Paragraph, known: KnownAmounts) -> Iterator[Claim]:
    """Compare 增加810万元，增长8.31% with two amounts of the report that lie as far apart."""
    grammar = load_grammar()
    for match in grammar.pattern("change_and_rate").finditer(paragraph.text):
        change = paragraph.at(match.start("n"))
        if change is None or change.is_vague or not change.value or change.unit in grammar.words["not_amount"]:
            continue
        rate, spans = match["rate"], known.spans.get(change.unit, [])
        is_up = match["sign"] in grammar.words["up"]
        values = known.values.get(change.unit, set())
        start = paragraph.sentence(match.start())[0]
        here = {one.value for one in known.by_unit[change.unit] if _is_here(one, paragraph, start, match.start())}
        exact = [
            value for value in here if value > 0 and (value + change.value if is_up else value - change.value) in here
        ]
        if any(fits(rate, change.span, span) for span in spans if span.value > 0) and (
            len(exact) != 1 or abs(change.value / exact[0] * HUNDRED - Decimal(rate)) <= places(rate)
        ):
            continue
        said = pairs_of(paragraph.text[start : match.start()])
        earlier = [one - change.value if is_up else one + change.value for one in here]
        if any(fits(rate, change.span, Span(value, value, value)) for value in earlier if value > 0):
            continue
        sign = 1 if is_up else -1
        bases = [one for one in known.by_unit[change.unit]
                 if one.value > 0 and one.value != change.value and one.value + sign * change.value in values
                 and (_is_here(one, paragraph, start, match.start())
                      or (len(change.number) > LONG and said & pairs_of(one.words)))]  # fmt: skip
        if not bases:
            continue
        base = bases[0]
        derived = change.value / base.value * HUNDRED
        shown = written(derived, places(rate) / 100)
        yield question_at(GROWTH, paragraph, match.span(), f"{rate}%", f"{shown}%", "growth_of_base",
                        change=written(change.value), before=written(base.value), way=match["way"])  # fmt: skip


def _is_here(one: Known, paragraph: Paragraph, start: int, end: int) -> bool:
    return one.paragraph is paragraph and start <= one.at < end


def _rates_of_columns(paragraph: Paragraph, known: KnownAmounts) -> Iterator[Claim]:
    """Compare 2022年…成本增长8.33% with the column of costs of a table by years."""
    grammar = load_grammar()
    by_year = known.by_year
    for match in grammar.pattern("any_growth").finditer(paragraph.text) if by_year else ():
        start = paragraph.sentence(match.start())[0]
        before = paragraph.text[start : match.end()]
        told = grammar.pattern("whole_year").findall(before)
        if any(one.end == match.start() and one.unit not in grammar.words["not_amount"]
               for one in paragraph.between(start, match.start())):  # fmt: skip
            continue  # 比2022年的1.25亿元增长12%: its base stands beside it
        place = {number: before.rfind(grammar.pattern("head_dressing").sub("", column[0].head))
                 for number, (column, _) in enumerate(by_year)}  # fmt: skip
        last = max(place.values())
        nearest = [by_year[number] for number, at in place.items() if at == last and at >= 0]
        between = grammar.pattern("grown_between").sub("", before[last:])
        if (
            not told
            or len(nearest) != 1
            or len(between) > FAREST_HEAD
            or grammar.find("over_years", before[before.rfind(told[-1]) + 4 :])
        ):
            continue
        rate, is_up, years = match["rate"], match["way"] in grammar.words["up"], nearest[0][1]
        now, base = years.get(told[-1]), years.get(str(int(told[-1]) - 1))
        if now is None or base is None or not base.value:
            continue
        change = now.span - base.span if is_up else base.span - now.span
        if fits(rate, change, base.span) or _fits_any(rate, nearest[0][0], is_up=is_up):
            continue
        shown = written(change.value / base.value * HUNDRED, places(rate) / 100)
        yield question_at(GROWTH, paragraph, match.span(), f"{rate}%", f"{shown}%", "growth_of_base",
                        change=written(change.value), before=written(base.value), way=match["way"])  # fmt: skip


def _fits_any(rate: str, column: list[Known], *, is_up: bool) -> bool:
    return any(fits(rate, two.span - one.span if is_up else one.span - two.span, one.span)
               for one, two in pairwise(column) if one.value)  # fmt: skip


def _averages(paragraph: Paragraph, known: KnownAmounts) -> Iterator[Claim]:
    """Compare 户均贴息6万元 with the amount and the number that bear its words, in one row or one sentence."""
    grammar = load_grammar()
    for match in grammar.pattern("per_one").finditer(paragraph.text):
        one = paragraph.at(match.start("n"))
        around = paragraph.text[max(0, match.start() - 6) : match.end()]
        if one is None or one.is_vague or not one.value or grammar.find("no_average", around):
            continue
        word = match["per"] or match["head"]
        units = set(grammar.words["per_units"].get(word, [grammar.same_unit(word)]))
        start = paragraph.sentence(match.start())[0]
        said = paragraph.text[start : match.start()]
        core = grammar.pattern("average_dressing").sub("", match["label"])
        noun = word if word in grammar.words["named_pieces"] else ""
        if core in grammar.words["common_runs"]:
            continue  # 亩均支出: of which amount it is, no word says
        years = set(grammar.pattern("whole_year").findall(said))
        tops = [
            top
            for top in known.by_unit.get(one.unit, ())
            if top.value > one.value
            and len(core) >= LONG
            and core in top.words
            and not (years and top.head and not any(year in top.row for year in years))
        ]
        tops += [top for top in known.by_unit.get(one.unit, ()) if _is_here(top, paragraph, start, match.start("n"))
                 and top.value > one.value and not core.strip(noun)]  # fmt: skip
        bottoms = [count for unit in units for count in known.by_unit.get(unit, ()) if count.value]
        named = grammar.find("by_name", said)
        if named:
            counts = [count for count in bottoms if named["name"] in count.words[-FEWEST_DIGITS * LONG :]]
            bottoms = counts or bottoms
            tops = (
                tops
                or [
                    top
                    for top in known.by_unit.get(one.unit, ())
                    if counts
                    and not top.head
                    and top.value > one.value
                    and len(core) > LONG
                    and top.words.endswith(core[-LONG:])
                    and _is_often(top, known)
                ]
                or [
                    top
                    for top in known.by_unit.get(one.unit, ())
                    if counts and _is_here(top, paragraph, start, match.start("n")) and top.value > one.value
                ]
            )
        pairs = [
            (top, count)
            for top in tops
            for count in bottoms
            if (top.paragraph is count.paragraph and bool(top.head) == bool(count.head))
            or (noun and noun in count.words[-FEWEST_DIGITS * LONG :])
            or pairs_of(count.words[-FEWEST_DIGITS * LONG :]) & (pairs_of(noun or said) | pairs_of(top.words))
        ]
        in_row = [(top, count) for top, count in pairs if years and top.head and count.head]
        in_prose = [(top, count) for top, count in pairs if not top.head]
        pairs = in_row or in_prose or pairs  # the row of the year that the sentence names
        found = {top.value / count.value: (top, count) for top, count in pairs}
        near = [value for value in found if is_near(written(one.value), value, most_off=NEAR)]
        if not near or any(_is_quotient(one, top.span, count.span) for top, count in pairs):
            continue
        if any(_is_quotient(one, top.span, count.span) for top in known.by_unit[one.unit] for count in bottoms
               if top.paragraph is count.paragraph and not in_row and not (in_prose and top.head)):  # fmt: skip
            continue
        value = min(near, key=lambda item: abs(item - one.value))
        top, count = found[value]
        yield question_at(PRICE, paragraph, match.span(), one.printed, written(value, step_of(one) / 10), "per_one",
                        whole=written(top.value), count=written(count.value), unit=one.unit)  # fmt: skip


def _is_often(one: Known, known: KnownAmounts) -> bool:
    """Say whether a report tells an amount more than once."""
    return sum(other.value == one.value for other in known.by_unit[one.unit]) > 1


def _is_quotient(one: Quantity, top: Span, count: Span) -> bool:
    ratio = top.over(count)
    return ratio is not None and judge(one.span, ratio, step=step_of(one)) != "fails"


def _mean_changes(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 由96分调整为91分、由94.5分调整为88.5分，平均下调5.5分 with the mean of the changes."""
    grammar = load_grammar()
    for match in grammar.pattern("mean_change").finditer(paragraph.text):
        start = paragraph.sentence(match.start())[0]
        changes = [
            abs(Decimal(one["n2"]) - Decimal(one["n1"]))
            for one in grammar.pattern("adjusted_to").finditer(paragraph.text, start, match.start())
        ]
        if len(changes) < LONG:
            continue
        derived = sum(changes, Decimal(0)) / len(changes)
        if abs(derived - Decimal(match["n"])) * 2 > places(match["n"]):
            yield question_at(PARTS, paragraph, (start, match.end()), match["n"], written(derived), "mean",
                            parts="＋".join(map(written, changes)), count=str(len(changes)), unit="")  # fmt: skip


def _multiples(paragraph: Paragraph, known: KnownAmounts) -> Iterator[Claim]:
    """Compare 净收入1460万元，为年应付利息的2.07倍 with the amounts that bear that name."""
    grammar = load_grammar()
    for match in grammar.pattern("multiple_of").finditer(paragraph.text):
        start = paragraph.sentence(match.start())[0]
        before = [one for one in paragraph.between(start, match.start()) if one.unit not in grammar.words["not_amount"]]
        if not before or before[-1].is_vague:
            continue
        one, printed = before[-1], match["n"]
        spans = [span for span in known.spans.get(one.unit, []) if span.value > 0 and span.value != one.value]
        if any(_is_multiple(printed, top.span, span) for top in before if top.unit == one.unit for span in spans):
            continue
        words = pairs_of(match["name"])
        named = [base for base in known.by_unit[one.unit] if base.value > 0 and base.value != one.value
                 and len(words & pairs_of(base.words)) * 2 > len(words)]  # fmt: skip
        near = [base for base in named if is_near(printed, one.value / base.value, most_off=NEAR)]
        if near:
            base = min(near, key=lambda item: abs(one.value / item.value - Decimal(printed)))
            shown = written(one.value / base.value, places(printed) / 100)
            yield question_at(PRICE, paragraph, (one.start, match.end()), _printed(paragraph, match), shown, "multiple",
                            one=written(one.value), two=written(base.value))  # fmt: skip


def _printed(paragraph: Paragraph, match: re.Match[str]) -> str:
    """Return a number as it is printed, its unit included."""
    return paragraph.text[match.start("n") : match.end()]


def _is_multiple(printed: str, one: Span, two: Span) -> bool:
    ratio = one.over(two)
    return ratio is not None and judge(printed_span(printed), ratio, step=places(printed)) != "fails"


def _interests(paragraph: Paragraph, known: KnownAmounts) -> Iterator[Claim]:
    """Compare 专项债券14000万元，年利率3.2%，每年应付利息448万元 with the product."""
    grammar = load_grammar()
    for match in grammar.pattern("rate_of_interest").finditer(paragraph.text):
        first = max(paragraph.text.rfind(sign, 0, match.start()) for sign in "。；") + 1
        ends = [end for sign in "。；" if (end := paragraph.text.find(sign, match.end())) >= 0]
        before = [one for one in paragraph.between(first, match.start()) if one.unit == grammar.money_unit]
        after = [one for one in paragraph.between(match.end(), min(ends, default=len(paragraph.text)))
                 if one.unit == grammar.money_unit and grammar.find("interest_word", one.label)]  # fmt: skip
        if not before or not after or before[-1].is_vague or after[0].is_vague:
            continue
        sum_, own = before[-1], after[0]
        factor = Decimal(match["n"]) / (HUNDRED if match["sign"] == "%" else HUNDRED * 10)
        bases = [*(one.span for one in before), *known.spans.get(own.unit, [])]
        if any(judge(own.span, _times(span, factor), step=step_of(own)) != "fails" for span in bases):
            continue
        product = sum_.value * factor
        if is_near(written(own.value), product, most_off=NEAR, number=written(product)):
            yield question_at(PRICE, paragraph, (sum_.start, own.end), own.printed, written(product), "product",
                            one=sum_.printed, two=match["n"] + match["sign"], unit=own.unit)  # fmt: skip


def _times(span: Span, factor: Decimal) -> Span:
    return Span(span.value * factor, span.low * factor, span.high * factor)


def _by_month(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 人均年人工费5.76万元，折合每月4800元."""
    grammar = load_grammar()
    for match in grammar.pattern("comes_to").finditer(paragraph.text):
        one = paragraph.at(match.start("n"))
        start = paragraph.sentence(match.start())[0]
        before = [other for other in paragraph.between(start, match.start()) if one and other.unit == one.unit]
        if one is None or one.is_vague or not before or before[-1].is_vague:
            continue
        factor = Decimal(grammar.words["parts_of_year"][match["by"]])
        if not grammar.find("of_a_year", before[-1].label):
            continue
        derived = _times(before[-1].span, 1 / factor)
        slack = abs(one.value - derived.value) <= one.value / HUNDRED
        if slack or judge(one.span, derived, step=step_of(one)) != "fails":
            continue
        if is_near(written(one.value), derived.value, most_off=NEAR_POINTS):
            yield question_at(
                PRICE,
                paragraph,
                (before[-1].start, one.end),
                one.printed,
                written(derived.value),
                "per_one",
                whole=written(before[-1].value),
                count=written(factor),
                unit=one.unit,
            )


def _rests(paragraph: Paragraph, known: KnownAmounts) -> Iterator[Claim]:
    """Find 已使用21280万元，尚余1210万元 that is a slip of what an amount of the report leaves."""
    grammar = load_grammar()
    for rest in paragraph.quantities:
        if rest.is_vague or not grammar.find("rest_word", rest.label) or len(rest.number) < FEWEST_DIGITS:
            continue
        start = paragraph.sentence(rest.start)[0]
        parts = [one for one in paragraph.between(start, rest.start) if one.unit == rest.unit and not one.is_vague]
        values = known.values.get(rest.unit, set())
        if not parts or any(rest.value + one.value in values for one in parts):
            continue
        parts += [one for one in paragraph.between(0, start) if one.unit == rest.unit]
        if any(rest.value + one.value in values or one.value - rest.value in values for one in parts):
            continue
        scale = rest.value / Decimal(rest.number)
        for part in parts:
            for whole in sorted(values):
                left = written((whole - part.value) / scale)
                if whole > part.value and is_slip(rest.number, left) and len(left) >= FEWEST_DIGITS:
                    yield question_at(
                        PARTS, paragraph, (part.start - len(part.label), rest.end), written(rest.value),
                        written(whole - part.value), "rest", whole=written(whole), spent=written(part.value),
                        unit=rest.unit, difference=written(abs(whole - part.value - rest.value)),
                    )  # fmt: skip
                    return


def _part_rate_rest(paragraph: Paragraph, known: KnownAmounts) -> Iterator[Claim]:
    """Compare 完成39.9公里，完成率95%，少2.1公里 with a whole that two of the three agree on."""
    grammar = load_grammar()
    for match in grammar.pattern("rate_and_rest").finditer(paragraph.text):
        part, rest = paragraph.at(match.start("n1")), paragraph.at(match.start("n2"))
        if part is None or rest is None or part.unit != rest.unit or part.is_vague or rest.is_vague:
            continue
        values = known.values.get(part.unit, set())
        if part.value + rest.value in values or not rest.value:
            continue
        left = Decimal(match["rate"])
        for whole in sorted(values):
            span = Span(whole, whole, whole)
            by_part = whole > part.value and fits(match["rate"], part.span, span)
            by_rest = whole > rest.value and fits(match["rate"], span - rest.span, span)
            if by_part and is_near(written(rest.value), whole - part.value, most_off=NEAR):
                odd, derived, other = rest, whole - part.value, part
            elif by_rest and is_near(written(part.value), whole - rest.value, most_off=NEAR) and left:
                odd, derived, other = part, whole - rest.value, rest
            else:
                continue
            yield question_at(
                PARTS, paragraph, match.span(), written(odd.value), written(derived), "rest", whole=written(whole),
                spent=written(other.value), unit=odd.unit, difference=written(abs(derived - odd.value)),
            )  # fmt: skip
            break


def _gaps(paragraph: Paragraph, known: KnownAmounts) -> Iterator[Claim]:
    """Find 收入比预测少250万元 that is a slip of what two amounts of one sentence, told under these words, leave."""
    grammar = load_grammar()
    for match in grammar.pattern("less_than_named").finditer(paragraph.text):
        gap = paragraph.at(match.start("n"))
        if gap is None or gap.is_vague or gap.unit in grammar.words["not_amount"]:
            continue
        said = pairs_of(match["name"])
        subject = pairs_of(match["of"])
        found: list[tuple[Known, Known]] = []
        for one, two in known.neighbours.get(gap.unit, ()):
            words = pairs_of(one.words) | pairs_of(two.words)
            if said & words and (not subject or subject & words or gap.unit == grammar.words["points"]):
                found.append((one, two))
        gaps = {abs(one.value - two.value): (one, two) for one, two in found}
        scale = gap.value / Decimal(gap.number) if Decimal(gap.number) else Decimal(1)
        if not gaps or gap.value in gaps:
            continue
        for derived, (one, two) in gaps.items():
            if len(gap.number.replace(".", "")) > LONG and is_slip(gap.number, written(derived / scale)):
                yield question_at(GROWTH, paragraph, match.span(), written(gap.value), written(derived), "higher_by",
                                one=written(one.value), two=written(two.value), unit=gap.unit,
                                way=match["way"])  # fmt: skip
                break


def _all_done(paragraph: Paragraph, known: KnownAmounts) -> Iterator[Claim]:
    """Find 实际完成302个，完成率100% whose number is told nowhere else, and a slip of it is."""
    grammar = load_grammar()
    for match in grammar.pattern("done_in_full").finditer(paragraph.text):
        one = paragraph.at(match.start("n"))
        start = paragraph.sentence(match.start())[0]
        if one is None or one.is_vague or any(other.unit == one.unit for other in paragraph.between(start, one.start)):
            continue
        others = [other for other in known.by_unit.get(one.unit, ()) if other.paragraph is not paragraph]
        slips = [other for other in others if is_slip(other.number, one.number)]
        if len(one.number) >= FEWEST_DIGITS and slips and all(other.value != one.value for other in others):
            rate = written(one.value / slips[0].value * HUNDRED, Decimal("0.01"))
            yield question_at(SHARE, paragraph, match.span(), "100%", f"{rate}%", "done_in_full", one=one.printed,
                            two=slips[0].number, line=str(slips[0].paragraph.line(slips[0].at)))  # fmt: skip


def _of_other_unit(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 设置岗位1260个，其中脱贫人口486人，占37.14% with the quotient of the two."""
    grammar = load_grammar()
    for match in grammar.pattern("share_of_other_unit").finditer(paragraph.text):
        whole, part = paragraph.at(match.start("w")), paragraph.at(match.start("p"))
        if whole is None or part is None or whole.unit == part.unit or not {whole.unit, part.unit} <= grammar.counts:
            continue
        if part.value >= whole.value or fits(match["n"], part.span, whole.span):
            continue
        derived = part.value / whole.value * HUNDRED
        if abs(derived - Decimal(match["n"])) <= MOST_POINTS:
            shown = written(derived, places(match["n"]) / 100)
            yield question_at(SHARE, paragraph, match.span(), f"{match['n']}%", f"{shown}%", "share_of_counts",
                            one=part.printed, two=whole.printed)  # fmt: skip


def _sums_of_like(paragraph: Paragraph, known: KnownAmounts) -> Iterator[Claim]:
    """Compare 两期债券合计每年应付利息704.2万元 with as many amounts before it that bear the same name."""
    grammar = load_grammar()
    for match in grammar.pattern("sum_of_like").finditer(paragraph.text):
        whole = paragraph.at(match.start("n"))
        count = grammar.number(match["count"])
        if whole is None or whole.is_vague or not count or count < 2 or whole.unit in grammar.words["not_amount"]:
            continue
        before = [one for one in paragraph.between(0, match.start()) if one.unit == whole.unit][-MOST_PARTS:]
        parts = _bearing(before, match["label"], count) or _listed(match["names"], known, whole, count)
        if not parts or any(
            abs(sum((one.value for one in chosen), Decimal(0)) - whole.value) < step_of(whole)
            for chosen in combinations(before, count)
        ):
            continue
        added = parts[0]
        for one in parts[1:]:
            added = added + one
        if judge(whole.span, added, step=step_of(whole)) == "fails":
            yield question_at(
                PARTS, paragraph, match.span(), written(whole.value), written(added.value), "sum",
                parts="＋".join(written(one.value) for one in parts), unit=whole.unit,
                difference=written(abs(whole.value - added.value)),
            )  # fmt: skip


def _bearing(before: list[Quantity], label: str, count: int) -> list[Span]:
    """Return as many different amounts as are counted whose words end as those of the sum do."""
    core = label[-2:]
    found = [one for one in before if len(core) == LONG and one.label.endswith(core) and not one.is_vague]
    return [one.span for one in found] if len(found) == count else []


def _listed(names: str, known: KnownAmounts, whole: Quantity, count: int) -> list[Span]:
    """Return the amounts of the rows of a table that are named before the sum: 人工费与机械费两项合计."""
    found = [known.named(name, whole.unit) for name in load_grammar().pattern("between_names").split(names) if name]
    if len(found) != count or any(len({one.value for one in same}) != 1 for same in found):
        return []
    return [same[0].span for same in found]
