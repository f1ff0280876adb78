"""Rates and shares by the words they bear (比率与占比): 合格316批次，合格率98.75%; 市级占70%; 提高1.6个百分点."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, Span, fits, judge, places, printed_span, total, written
from jixiao.checks.texts.prose import Document, Paragraph

KIND = "claim_share"
HUNDRED = Decimal(100)
MOST_RATE = Decimal(200)
LONGEST_TAIL = 14
FEWEST_SHARES = 3
Seen = list[tuple[Paragraph, Quantity]]


def find_named_rates(document: Document) -> Iterator[Claim]:
    """Find rates named after their numerator, shares named after their part, and differences in percentage points."""
    amounts: dict[str, list[Quantity]] = {}
    seen: Seen = []
    for paragraph in document.paragraphs:
        for one in paragraph.quantities:
            amounts.setdefault(one.unit, []).append(one)
            if not paragraph.is_row:
                seen.append((paragraph, one))
    for paragraph in document.prose:
        yield from _rates(paragraph, amounts)
        yield from _shares(paragraph, seen)
        yield from _respective(paragraph)
        yield from _of_unnamed(paragraph, amounts)
        yield from _percentage_points(paragraph)
        yield from _points_more(paragraph)
        yield from _listed_shares(paragraph)


def _claim(
    paragraph: Paragraph,
    place: tuple[int, int],
    printed: str,
    part: Span,
    whole: Span,
    verdict: str,
    severity: str = "",
) -> Claim:
    grammar = load_grammar()
    derived = part.value / whole.value * HUNDRED
    shown = written(derived, places(printed) / (1 if verdict == "holds" else 100))
    return claim_at(
        KIND,
        paragraph,
        place,
        printed=f"{printed}%",
        derived=f"{shown}%",
        gap=Decimal(printed) - derived,
        verdict=verdict,
        arithmetic=grammar.sentence(
            "share", part=written(part.value), whole=written(whole.value), derived=shown, printed=printed
        ),
        severity=severity,
    )


def _tail(paragraph: Paragraph, one: Quantity) -> str:
    """Return the words behind an amount, up to the next sign or number."""
    return re.split(r"[，。；：、()\d]", paragraph.text[one.end : one.end + LONGEST_TAIL])[0]


def _is_behind(word: str, tail: str) -> bool:
    """Say whether a word stands behind an amount and is not denied there: 5个项目未按期完工."""
    before, found, _ = tail.partition(word)
    return bool(found) and not load_grammar().has("negated", before)


def _family(one: Quantity) -> str:
    """Return the unit of an amount; sheets and households that were asked count as people."""
    grammar = load_grammar()
    return str(grammar.words["respondents"][0]) if one.unit in grammar.words["respondents"] else one.unit


def _rates(paragraph: Paragraph, amounts: dict[str, list[Quantity]]) -> Iterator[Claim]:
    """Check a rate whose numerator bears its name, when no amount of the text makes it right."""
    grammar = load_grammar()
    text = paragraph.text
    for match in grammar.pattern("rate_any").finditer(text):
        start, _ = paragraph.sentence(match.start())
        before = text[max(start, match.start() - 8) : match.start()]
        if grammar.pattern("bound").match(text, match.end()) or grammar.has("no_rate_of_amounts", before + match[0]):
            continue
        clause = max(start, text.rfind("；", start, match.start()))
        own = [one for one in paragraph.between(clause, match.start()) if one.unit not in grammar.words["not_amount"]]
        if any(fits(match["n"], one.span, two.span) for one in own for two in own
               if one is not two and one.unit == two.unit and two.value > 0):  # fmt: skip
            continue
        stem = grammar.pattern("rate_stem").sub("", match["name"])[-2:]
        role = next((one for one in grammar.words["rates"] if match["name"].endswith(one["name"])), None)
        words = [*(role["part"] if role else ()), stem]
        inside = [one for one in paragraph.between(start, match.start()) if one.unit not in grammar.words["not_amount"]]
        inside = [one for one in inside if one.unit != grammar.words["points"] or one.unit in stem]
        parts = [
            one
            for one in inside
            if not one.is_vague and any(word in one.label or _is_behind(word, _tail(paragraph, one)) for word in words)
            and (stem in one.label or not grammar.has("change", one.label))
            and not grammar.has("negated", one.label)
        ]  # fmt: skip
        if not parts or len({one.value for one in parts}) > 2:
            continue
        if Decimal(match["n"]) == HUNDRED and grammar.find("all_of_them", text[parts[-1].end : match.start()]):
            continue  # 新建2座、改造5座全部完成，完成率100%
        if match["name"] == match["name"][-len(stem) - 1 :] and any(
            grammar.has("negated", one.label) for one in inside
        ):
            continue  # 已完成4项、未完成1项，完成率60%: a split is told, the rate may be that of the work or the money
        part = parts[-1]
        printed = match["n"]
        if len(parts) > 1 and grammar.has("answers", "".join(one.label for one in parts)):
            continue  # several classes of answers count as satisfied
        near = [one for one in inside if _family(one) == _family(part) and one is not part and one not in parts]
        near += [one for one in parts if one is not part and one.unit == part.unit and one.value > part.value]
        in_paragraph = [one for one in paragraph.between(0, start) if one.unit == part.unit]
        far = [one for one in amounts.get(part.unit, ()) if role and any(word in one.label for word in role["whole"])]
        wholes = near or [one for one in in_paragraph if one.value >= part.value] or far
        wholes = [one for one in wholes if one.value > 0]
        if not wholes or Decimal(printed) > MOST_RATE:
            continue
        tops = [one for one in inside if _family(one) == _family(part)]
        is_local = role and (near or in_paragraph)
        every = [*paragraph.between(0, match.start()), *far] if is_local else [*amounts.get(part.unit, ()), *inside]
        if any(fits(printed, top.span, one.span) for top in tops for one in every if one.value and one is not top):
            continue
        bearing = [one for one in amounts.get(part.unit, ())
                   if one.value > part.value and _shares_name(one.label, part.label)]  # fmt: skip
        if any(fits(printed, part.span, one.span) for one in bearing):
            continue
        if any(grammar.find("of_which", text[one.end : part.start]) for one in parts if one is not part):
            continue  # 到位1309.5万元，到位率97%，其中县级到位364.5万元，到位率90%: a part has a base of its own
        named = [one for one in near if role and any(word in one.label for word in role["whole"])]
        whole = next((one for one in reversed(named or wholes) if named or one.value >= part.value), None)
        span = whole.span if whole else total(tops)
        if span.value <= part.value and not named:
            continue
        severity = "" if near or in_paragraph else "question"
        start = whole.start if whole and whole in near else part.start
        yield _claim(paragraph, (min(part.start, start), match.end()), printed, part.span, span, "fails", severity)


def _shares_name(one: str, two: str) -> bool:
    """Say whether two labels begin with one name: 县级资金, 县级资金到位."""
    opening = load_grammar().pattern("opens_with_parts")
    one, two = opening.sub("", one), opening.sub("", two)
    return len(one) > 1 and len(two) > 1 and one[:2] == two[:2]


def _shares(paragraph: Paragraph, seen: Seen) -> Iterator[Claim]:
    """Check a share whose part is named before it and told elsewhere: 电动船占比66.67%, 市级占70%."""
    grammar = load_grammar()
    for match in grammar.pattern("share_of_name").finditer(paragraph.text):
        name, printed = match["name"], match["n"]
        if grammar.has("no_share_of_amounts", name) or grammar.pattern("bound").match(paragraph.text, match.end()):
            continue
        named = [(other, one) for other, one in seen if one.unit not in grammar.words["not_amount"]
                 and name in one.label and not grammar.has("change", one.label)]  # fmt: skip
        own = [place for place in named if place[0] is paragraph]
        named = own or named
        if len({(one.unit, one.value) for _, one in named}) != 1:
            continue
        where, part = named[-1]
        pool = [one for other, one in seen if one.unit == part.unit and other in (where, paragraph) and one.value]
        first, last = where.sentence(part.start)
        siblings = [one for one in where.between(first, last) if one.unit == part.unit]
        alike = [one for one in siblings if one.value >= part.value and one is not part]
        wanted = (match["whole"] or "").strip(grammar.words["of"]).removeprefix(grammar.words["share_word"])
        core = wanted[-2:]
        wholes = [one for one in pool if core and core in one.label and one is not part and one.value >= part.value]
        wholes = wholes or ([] if core else alike)
        if not wholes:
            continue
        spans = [one.span for one in pool] + [total(siblings[at:]) for at in range(len(siblings))]
        if any(fits(printed, part.span, span) for span in spans if span.value):
            yield _claim(paragraph, match.span(), printed, part.span, wholes[0].span, "holds")
            continue
        most = max(siblings, key=lambda one: one.value)
        rest = total([one for one in siblings if one is not most])
        base = wholes[0].span if core or most.value == rest.value else total(siblings)
        yield _claim(paragraph, match.span(), printed, part.span, base, "fails")


def _respective(paragraph: Paragraph) -> Iterator[Claim]:
    """Check shares told one after the other behind their parts: A2500万元，B680万元，分别占总投资的67.93%、18.48%."""
    for match in load_grammar().pattern("respective").finditer(paragraph.text):
        shares = re.findall(r"\d+(?:\.\d+)?", match["list"])
        start = paragraph.sentence(match.start())[0]
        before = list(paragraph.between(start, match.start()))
        before = [one for one in before if before and one.unit == before[-1].unit]
        if len(before) < len(shares):
            continue
        parts = before[-len(shares) :]
        wholes = [one.span for one in before[: -len(shares)]] + [total(parts)]
        for part, printed in zip(parts, shares, strict=True):
            held = [whole for whole in wholes if fits(printed, part.span, whole)]
            verdict = "holds" if held else "fails"
            yield _claim(paragraph, (part.start, match.end()), printed, part.span, (held or wholes)[0], verdict)


def _of_unnamed(paragraph: Paragraph, amounts: dict[str, list[Quantity]]) -> Iterator[Claim]:
    """Ask about a share of something that no number of the text gives: 抽查23家，占全部设施的35%."""
    grammar = load_grammar()
    for match in grammar.pattern("share_of_unnamed").finditer(paragraph.text):
        part = paragraph.at(match.start("part"))
        if part is None or part.is_vague or part.unit in ("", grammar.money_unit, *grammar.words["not_amount"]):
            continue
        others = [one for one in amounts.get(part.unit, []) if one.value > 0 and one is not part]
        noun = match["whole"][-2:]
        named = [one for one in others if one.value != part.value and one.value * 20 >= part.value]
        is_known = any(noun in text.label for text in named) or len({one.value for one in named}) > 1
        if not is_known or any(fits(match["n"], part.span, one.span) for one in others):
            continue
        yield claim_at(
            KIND,
            paragraph,
            match.span(),
            printed=f"{match['n']}%",
            derived="",
            verdict="fails",
            arithmetic=grammar.sentence("unnamed_share", part=part.printed, printed=match["n"]),
            severity="question",
        )


def _percentage_points(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare a difference in percentage points with its two rates: 93.4%，比上年的91.8%提高1.6个百分点."""
    grammar = load_grammar()
    for name in ("points_than", "points_from", "points_than_points"):
        for match in grammar.pattern(name).finditer(paragraph.text):
            now, before = printed_span(match["now"]), printed_span(match["before"])
            change = now - before if match["way"] in grammar.words["up"] else before - now
            verdict = judge(printed_span(match["n"]), change, step=places(match["n"]))
            shown = written(change.value)
            yield claim_at(
                "claim_growth",
                paragraph,
                match.span(),
                printed=f"{match['n']}",
                derived=shown,
                gap=Decimal(match["n"]) - change.value,
                verdict=verdict,
                arithmetic=grammar.sentence(
                    "percentage_points", now=match["now"], before=match["before"], derived=shown, way=match["way"],
                    printed=match["n"],
                ),
            )  # fmt: skip


def _points_more(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 达到41.2%，较2022年的38.7%提高2.5个百分点，较2021年的… with the rate that begins the sentence."""
    grammar = load_grammar()
    for match in grammar.pattern("points_more").finditer(paragraph.text):
        start = paragraph.sentence(match.start())[0]
        bases = {found.start("before") for found in grammar.pattern("points_more").finditer(paragraph.text, start)}
        rates = [one for one in paragraph.between(start, match.start()) if one.unit == "%" and one.start not in bases]
        if not rates:
            continue
        before, step = printed_span(match["before"]), places(match["n"])
        is_up = match["way"] in [*grammar.words["up"], *grammar.words["higher"]]
        changes = [one.span - before if is_up else before - one.span for one in rates]
        verdicts = [judge(printed_span(match["n"]), change, step=step) for change in changes]
        if all("." not in number for number in (match["n"], match["before"], *(one.number for one in rates))):
            verdicts = ["fails" if verdict == "rounding" else verdict for verdict in verdicts]  # 94%, 95%: 1个百分点
        at = next((at for at, verdict in enumerate(verdicts) if verdict != "fails"), len(rates) - 1)
        shown = written(changes[at].value)
        yield claim_at(
            "claim_growth",
            paragraph,
            match.span(),
            printed=match["n"],
            derived=shown,
            gap=Decimal(match["n"]) - changes[at].value,
            verdict=verdicts[at],
            arithmetic=grammar.sentence(
                "percentage_points", now=rates[at].number, before=match["before"], derived=shown, way=match["way"],
                printed=match["n"],
            ),
        )  # fmt: skip


def _listed_shares(paragraph: Paragraph) -> Iterator[Claim]:
    """Weights listed one after the other add up to 100 % (权重分别为)."""
    grammar = load_grammar()
    for match in grammar.pattern("listed_shares").finditer(paragraph.text):
        parts = re.findall(r"\d+(?:\.\d+)?", match["list"])
        if len(parts) < FEWEST_SHARES:
            continue
        spans = [printed_span(part, is_count=True) for part in parts]
        added = sum(spans[1:], spans[0])
        is_held = added.low <= HUNDRED <= added.high
        yield claim_at(
            "claim_parts",
            paragraph,
            match.span(),
            printed=written(HUNDRED),
            derived=written(added.value),
            gap=HUNDRED - added.value,
            verdict="holds" if is_held else "fails",
            arithmetic=grammar.sentence(
                "shares_sum", parts="＋".join(parts), derived=written(added.value),
                difference=written(abs(HUNDRED - added.value)),
            ),
        )  # fmt: skip
