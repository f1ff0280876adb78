"""Prices times quantities, what a lower price saves, years of return, rates of nothing (单价与数量、回收期、零除零)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, question_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Quantity, Span, is_slip, judge, places, printed_span, step_of, written
from jixiao.checks.texts.prose import Document, Paragraph

PRICE, SLIP, SAME, SHARE = "claim_price", "claim_slip", "claim_same", "claim_share"
NEAR = Decimal("0.5")
TENTH = Decimal("0.1")
TEN_THOUSAND = Decimal(10000)
SHORTEST_NAME = 4


def find_products(document: Document) -> Iterator[Claim]:
    """Find products, savings and years of return that their factors refute, and rates of nothing (乘积、零除零)."""
    for paragraph in document.prose:
        yield from _priced(paragraph)
        yield from _cheaper(paragraph)
        yield from _returned(paragraph)
        yield from _of_nothing(paragraph)
        yield from _of_other_unit(paragraph)
    yield from _about(document)


def _priced(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 每场补贴1.2万元，240场共288万元 and 18个，每个12万元，共216万元 with the product."""
    grammar = load_grammar()
    for name in ("price_number_sum", "number_price_sum"):
        for match in grammar.pattern(name).finditer(paragraph.text):
            price, number, whole = (paragraph.at(match.start(one)) for one in ("p", "q", "n"))
            if price is None or number is None or whole is None or not price.unit == whole.unit == grammar.money_unit:
                continue
            if any(one.is_vague or not one.value for one in (price, number, whole)):
                continue
            product = Span(number.value, number.value, number.value) * price.span
            if judge(whole.span, product, step=step_of(whole)) != "fails":
                continue
            if abs(product.value - whole.value) <= NEAR * whole.value or _is_shifted(product.value, whole.value):
                yield question_at(PRICE, paragraph, match.span(), whole.printed, written(product.value), "product",
                                one=number.printed, two=price.printed, unit=whole.unit)  # fmt: skip


def _is_shifted(one: Decimal, two: Decimal) -> bool:
    return bool(one and two) and max(one, two) / min(one, two) == TEN_THOUSAND


def _cheaper(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 单价由650元降到500元，按30000套计算，核减450万元 with the product."""
    grammar = load_grammar()
    for match in grammar.pattern("cheaper").finditer(paragraph.text):
        one, two, number, gap = (paragraph.at(match.start(name)) for name in ("n1", "n2", "q", "n"))
        if one is None or two is None or number is None or gap is None or not one.unit == two.unit == gap.unit:
            continue
        derived = abs(one.value - two.value) * number.value
        if abs(derived - gap.value) > step_of(gap) and abs(derived - gap.value) <= NEAR * max(gap.value, derived):
            yield question_at(PRICE, paragraph, match.span(), gap.printed, written(derived), "cheaper", one=one.printed,
                            two=two.printed, number=number.printed, unit=gap.unit)  # fmt: skip


def _returned(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 每年节约495万元；按支出7985.04万元计算，静态回收期16.13年 with the quotient."""
    grammar = load_grammar()
    for match in grammar.pattern("years_of_return").finditer(paragraph.text):
        amounts = [one for one in paragraph.between(0, match.start()) if one.unit == grammar.money_unit and one.value]
        printed = match["n"]
        pairs = [(one, two) for one in amounts for two in amounts if one.value > two.value]
        years = [(ratio, one, two) for one, two in pairs if (ratio := one.span.over(two.span)) is not None]
        if any(judge(printed_span(printed), ratio, step=places(printed)) != "fails" for ratio, _, _ in years):
            continue
        near = [item for item in years if is_slip(written(item[0].value, places(printed)), printed)
                or sorted(written(item[0].value, places(printed))) == sorted(printed)
                or abs(item[0].value - Decimal(printed)) <= TENTH * item[0].value]  # fmt: skip
        if near:
            ratio, one, two = near[0]
            said = match[0][match.start("n") - match.start() :]
            yield question_at(PRICE, paragraph, match.span(), said, written(ratio.value, places(printed)),
                            "multiple", one=written(one.value), two=written(two.value))  # fmt: skip


def _of_nothing(paragraph: Paragraph) -> Iterator[Claim]:
    """Find 计划0场、实际0场，完成率100% (零除零)."""
    grammar = load_grammar()
    for match in grammar.pattern("rate_of_nothing").finditer(paragraph.text):
        yield question_at(SHARE, paragraph, match.span(), f"{match['n']}%", "", "rate_of_nothing")


def _of_other_unit(paragraph: Paragraph) -> Iterator[Claim]:
    """Find 平均每公里40元，低于42万元: two numbers that are compared lie ten thousand times apart."""
    grammar = load_grammar()
    for match in grammar.pattern("compared").finditer(paragraph.text):
        one, two = paragraph.at(match.start("n1")), paragraph.at(match.start("n2"))
        if (
            one is None
            or two is None
            or not one.unit == two.unit == grammar.money_unit
            or not one.value
            or not two.value
        ):
            continue
        ratio = max(one.value, two.value) / min(one.value, two.value)
        if TEN_THOUSAND / 2 <= ratio <= TEN_THOUSAND * 2:
            yield question_at(SLIP, paragraph, match.span(), one.printed, two.printed, "unit_apart")


def _about(document: Document) -> Iterator[Claim]:
    """Compare 约3000公里列养农村公路 with 列养农村公路2600公里 told elsewhere (约数与确数)."""
    grammar = load_grammar()
    exact: dict[tuple[str, str], list[tuple[Paragraph, Quantity]]] = {}
    for paragraph in document.prose:
        for one in paragraph.quantities:
            if not one.is_vague and one.unit and len(one.label) >= SHORTEST_NAME:
                exact.setdefault((one.label[-SHORTEST_NAME:], one.unit), []).append((paragraph, one))
    for paragraph in document.prose:
        for one in paragraph.quantities:
            if not one.is_vague or not one.unit or one.unit in grammar.words["not_amount"]:
                continue
            behind = grammar.pattern("clause_edge").split(paragraph.text[one.end : one.end + SHORTEST_NAME * 4])[0]
            behind = grammar.pattern("numerals").split(behind)[0]
            known = exact.get((behind[-SHORTEST_NAME:], one.unit), []) if len(behind) >= SHORTEST_NAME else []
            values = {two.value for _, two in known if two.label.endswith(behind)}
            if len(values) == 1 and abs(one.value - next(iter(values))) > TENTH * one.value:
                where, two = known[0]
                yield question_at(
                    SAME,
                    paragraph,
                    (one.start, one.end + len(behind)),
                    one.printed,
                    two.printed,
                    "about",
                    name=behind,
                    line=str(where.line(two.start)),
                )
