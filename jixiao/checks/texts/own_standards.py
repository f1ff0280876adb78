"""Points against the standard that the report itself prints (得分与评分标准): so many for each, in proportion."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import written
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import Told, find_told, plain_name

KIND = "claim_reason"
HUNDRED = Decimal(100)
CENT = Decimal("0.011")
SHORTEST = 2
SIGN = 3


def find_own_standards(document: Document) -> Iterator[Claim]:
    """Find points that the printed standard does not give, standards of another indicator, rules told in two ways."""
    printed = _printed(document)
    told = [one for one in find_told(document)
            if one.words and not one.is_row and one.weight is not None and one.given is not None]  # fmt: skip
    for one in told:
        text = "".join(paragraph.text[start:] for paragraph, start in one.words)
        standards = printed.get(one.name, [])
        yield from _each(one, text, standards)
        yield from _in_proportion(one, text, standards)
    for paragraph in document.prose:
        yield from _counted(paragraph)
        yield from _skeletons(paragraph)
    yield from _of_another(document)


def _printed(document: Document) -> dict[str, list[str]]:
    """Return the standards of tables by the name of their indicator."""
    found: dict[str, list[str]] = defaultdict(list)
    for names, standard, _ in _rows(document):
        found[plain_name(names)].append(standard)
    return found


def _rows(document: Document) -> Iterator[tuple[str, str, Paragraph]]:
    """Yield the name, the standard and the paragraph of each row of a table with a column of standards."""
    grammar = load_grammar()
    name = standard = -1
    for paragraph in document.paragraphs:
        plain = [re.sub(r"\s", "", cell) for cell in paragraph.cells] if paragraph.is_row else []
        names = [at for at, cell in enumerate(plain) if cell in grammar.words["told_columns"]["name"]]
        rules = [at for at, cell in enumerate(plain) if cell in grammar.words["standard_columns"]]
        if names and rules:
            name, standard = names[-1], rules[-1]
        elif paragraph.is_row and 0 <= max(name, standard) < len(plain) and plain[name] and plain[standard]:
            yield plain[name], _signs(plain[standard]), paragraph
        elif not paragraph.is_row:
            name = standard = -1 if len(paragraph.text) > HUNDRED else name


def _signs(text: str) -> str:
    return text.translate(str.maketrans("（）％", "()%"))


def _claim(one: Told, sentence: str, derived: str, **parts: str) -> Claim:
    assert one.weight is not None and one.given is not None
    return claim_at(
        KIND,
        one.paragraph,
        one.place,
        printed=written(one.given),
        derived=derived,
        verdict="fails",
        arithmetic=load_grammar().sentence(
            sentence, name=one.name, weight=written(one.weight), given=written(one.given), derived=derived, **parts
        ),
        severity="question",
    )


def _each(one: Told, text: str, standards: list[str]) -> Iterator[Claim]:
    """Compare 每有1个分馆没有按期建成扣0.5分…2个分馆 with the points lost; the rule of prose with the table's."""
    grammar = load_grammar()
    assert one.weight is not None and one.given is not None
    own = list(grammar.pattern("off_for_each").finditer(text))
    printed = [match for standard in standards for match in grammar.pattern("off_for_each").finditer(standard)]
    if len(own) == len(printed) == 1 and Decimal(own[0]["n"]) != Decimal(printed[0]["n"]):
        yield _claim(one, "rule_twice", printed[0]["n"], said=own[0][0], rule=printed[0][0])
        return
    rules = own or printed
    lost = one.weight - one.given
    if len(rules) != 1 or not lost or one.given == 0:
        return
    rule = rules[0]
    outside = text.replace(own[0][0], "") if own else text
    numerals = grammar.pattern("one_numeral").pattern
    counts = {Decimal(match["n"]) for match in re.finditer(rf"(?P<n>\d+(?:\.\d+)?){rule['unit']}", outside)}
    counts |= {Decimal(number) for match in re.finditer(rf"(?P<n>{numerals}){rule['unit']}", outside)
               if (number := grammar.number(match["n"]))}  # fmt: skip
    taken = {Decimal(match["n"]) for match in grammar.pattern("deducted").finditer(outside)}
    each = Decimal(rule["n"])
    step = Decimal(rule["step"] or 1)
    if not counts or any(abs(count / step * each - lost) < CENT for count in counts):
        return
    if lost % each == 0 and lost / each * step in counts:
        return
    if taken - {lost} or rule["unit"] in grammar.words["points_units"]:
        return  # other deductions stand beside it
    count = min(counts, key=lambda number: abs(number / step * each - lost))
    derived = max(Decimal(0), one.weight - count / step * each)
    yield _claim(one, "standard_each", written(derived), rule=rule[0], count=written(count), unit=rule["unit"])


def _in_proportion(one: Told, text: str, standards: list[str]) -> Iterator[Claim]:
    """Compare 达到30人得满分，未达到的按比例得分…平均28人 with the points given; and 完成率×5分."""
    grammar = load_grammar()
    assert one.weight is not None and one.given is not None
    rule = next((match for words in [text, *standards] if (match := grammar.find("full_or_share", words))), None)
    if rule is not None:
        goal, unit = Decimal(rule["n"]), rule["unit"]
        outside = text.replace(rule[0], "")
        reached = [Decimal(match["n"]) for match in re.finditer(rf"(?P<n>\d+(?:\.\d+)?){re.escape(unit)}", outside)]
        short = [value for value in reached if value < goal]
        if one.given == one.weight and short and len(short) == len(reached):
            share = written((one.weight * short[-1] / goal).quantize(Decimal("0.01")))
            yield _claim(one, "standard_share", share, rule=rule[0], count=written(short[-1]), unit=unit)
        return
    rule = next((match for words in [text, *standards] if (match := grammar.find("rate_times_points", words))), None)
    if rule is None or Decimal(rule["n"]) != one.weight:
        return
    rates = [
        Decimal(match["n"])
        for match in grammar.compile(rule["name"][-SIGN:] + grammar.worded("rate_behind_name")).finditer(text)
    ]
    if len(set(rates)) == 1 and abs(one.weight * min(rates[0], HUNDRED) / HUNDRED - one.given) >= CENT:
        share = written((one.weight * min(rates[0], HUNDRED) / HUNDRED).quantize(Decimal("0.01")))
        yield _claim(one, "standard_share", share, rule=rule[0], count=written(rates[0]), unit="%")


def _counted(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 每缺1份扣0.3分，共缺5份，扣1.5分 with the product."""
    grammar = load_grammar()
    for match in grammar.pattern("each_and_count").finditer(paragraph.text):
        derived = Decimal(match["each"]) * Decimal(match["count"]) / Decimal(match["step"] or 1)
        if derived == Decimal(match["n"]) or derived == Decimal(match["n"]) * 2:
            continue
        yield claim_at(
            KIND,
            paragraph,
            match.span(),
            printed=match["n"],
            derived=written(derived),
            gap=Decimal(match["n"]) - derived,
            verdict="fails",
            arithmetic=grammar.sentence(
                "each_and_count", each=match["each"], count=match["count"], derived=written(derived), printed=match["n"]
            ),
            severity="question",
        )


def _skeletons(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare a formula in words with the one in numbers behind it: (计划-实际)÷计划=(8400-7985.04)÷8400."""
    grammar = load_grammar()
    for match in grammar.pattern("formula_twice").finditer(paragraph.text):
        words, numbers = (_operators(match[name]) for name in ("words", "numbers"))
        if words and numbers and words != numbers:
            yield claim_at(
                KIND,
                paragraph,
                match.span(),
                printed=match["words"],
                derived=match["numbers"],
                verdict="fails",
                arithmetic=grammar.sentence("formula_twice", words=match["words"], numbers=match["numbers"]),
                severity="question",
            )


def _operators(formula: str) -> str:
    plain = re.sub(r"[×*]\s*100%?$", "", formula)
    return "".join({"*": "×", "/": "÷"}.get(sign, sign) for sign in re.sub(r"[^-+×*÷/]", "", plain))


def _of_another(document: Document) -> Iterator[Claim]:
    """Find a standard that names the rate of another indicator of its table and no word of its own (标准张冠李戴)."""
    grammar = load_grammar()
    rows = list(_rows(document))
    names = [plain_name(name) for name, _, _ in rows]
    for at, (name, standard, paragraph) in enumerate(rows):
        match = grammar.pattern("rate_of_standard").match(standard)
        if not match or _shares(match["name"], name):
            continue
        others = [other for number, other in enumerate(names) if number != at and other.endswith(match["name"][-SIGN:])]
        if others and not any(pair in standard for pair in _pairs(name)):
            yield claim_at(
                KIND,
                paragraph,
                (0, len(paragraph.text)),
                printed=match["name"],
                derived=name,
                verdict="fails",
                arithmetic=grammar.sentence("standard_of_other", name=name, said=match["name"], other=others[0]),
                severity="question",
            )


def _pairs(name: str) -> set[str]:
    return {name[at : at + SHORTEST] for at in range(len(name) - 1)} - set(load_grammar().words["common_pairs"])


def _shares(one: str, two: str) -> bool:
    return bool(_pairs(one) & _pairs(two))
