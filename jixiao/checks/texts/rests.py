"""What is left, taken off or on the edge (余数、扣分、最值): rests beside a rate, deductions and their sum, means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.column_relations import is_short_total
from jixiao.checks.texts.found import Claim, claim_at, points_claim
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Span, fits, judge, step_of, total, written
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import ordinal_style, plain_name, points_of, table_rows

SCORE, SHARE, PARTS, SIGN = "claim_score", "claim_share", "claim_parts", "claim_sign"
HUNDRED = Decimal(100)
FEWEST = 2
FEWEST_ROWS = 3
LONGEST_HEADING = 16


def find_rests(document: Document) -> Iterator[Claim]:
    """Find rests, deductions, means and extremes that the numbers beside them refute (余数、扣分、平均、最值)."""
    for paragraph in document.prose:
        yield from _beside_rates(paragraph)
        yield from _others(paragraph)
        yield from _given(paragraph)
        yield from _taken(paragraph)
        yield from _means(paragraph)
    yield from _levels(document)
    yield from _sections(document)
    yield from _extremes(document)


def _beside_rates(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 到位364.5万元，到位率90%，欠拨40.5万元: the part over part and rest is the rate."""
    grammar = load_grammar()
    for match in grammar.pattern("rate_and_rest").finditer(paragraph.text):
        part, rest = paragraph.at(match.start("n1")), paragraph.at(match.start("n2"))
        if part is None or rest is None or part.unit != rest.unit or part.is_vague or rest.is_vague:
            continue
        whole = part.span + rest.span
        if not whole.value or not rest.value:
            continue
        derived = written(part.value / whole.value * HUNDRED, Decimal("0.01"))
        yield claim_at(
            SHARE,
            paragraph,
            match.span(),
            printed=f"{match['rate']}%",
            derived=f"{derived}%",
            gap=Decimal(match["rate"]) - Decimal(derived),
            verdict="holds" if fits(match["rate"], part.span, whole) else "fails",
            arithmetic=grammar.sentence(
                "share_with_rest", part=written(part.value), rest=written(rest.value), derived=derived,
                printed=match["rate"],
            ),
        )  # fmt: skip


def _others(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 90个项目中63个有责任人，其余27个没有: what is left is the whole without the part."""
    grammar = load_grammar()
    for match in grammar.pattern("all_others").finditer(paragraph.text):
        whole, part, rest = (paragraph.at(match.start(name)) for name in ("n1", "n2", "n3"))
        if whole is None or part is None or rest is None or not whole.unit == part.unit == rest.unit:
            continue
        inside = [one for one in paragraph.between(part.end, rest.start) if one.unit == part.unit]
        if inside or any(one.is_vague for one in (whole, part, rest)):
            continue
        derived = whole.span - part.span
        yield claim_at(
            PARTS,
            paragraph,
            match.span(),
            printed=rest.printed,
            derived=written(derived.value),
            gap=rest.value - derived.value,
            verdict=judge(rest.span, derived, step=step_of(rest)),
            arithmetic=grammar.sentence(
                "rest", whole=written(whole.value), spent=written(part.value), derived=written(derived.value),
                printed=written(rest.value), unit=rest.unit, difference=written(abs(rest.value - derived.value)),
            ),
        )  # fmt: skip


def _given(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 满分8分，扣1.5分，得6.5分, in any order."""
    grammar = load_grammar()
    for name in ("full_lost_given", "given_full_lost"):
        for match in grammar.pattern(name).finditer(paragraph.text):
            lost = Decimal(match["lost"] or 0)
            yield points_claim(
                SCORE, paragraph, match.span(), Decimal(match["given"]), Decimal(match["full"]) - lost, "deductions",
                weight=match["full"], parts=written(lost),
            )  # fmt: skip


def _taken(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 扣8分：…扣5分；…扣2分；…扣1分 with the sum of what is told behind it."""
    grammar = load_grammar()
    for match in grammar.pattern("taken_in_parts").finditer(paragraph.text):
        end = paragraph.sentence(match.end())[1]
        words = paragraph.text[match.start() : end]
        lost = [Decimal(one["n"]) for one in grammar.pattern("deducted").finditer(paragraph.text, match.end(), end)]
        if len(lost) < FEWEST or grammar.find("deduction_rule", words) or grammar.find("rule_sentence", words):
            continue
        yield points_claim(
            SCORE, paragraph, (match.start(), end), Decimal(match["n"]), sum(lost, Decimal(0)), "sum",
            parts="＋".join(map(written, lost)),
        )  # fmt: skip


def _means(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 分别为7.6元、7.9元和7.3元，平均7.6元 with the mean of the numbers listed."""
    grammar = load_grammar()
    for match in grammar.pattern("mean_of_list").finditer(paragraph.text):
        mean = paragraph.at(match.start("n"))
        listed = paragraph.between(match.start("list"), match.end("list"))
        if mean is None or len(listed) < FEWEST or any(one.unit != mean.unit or one.is_vague for one in listed):
            continue
        added, count = total(listed), Decimal(len(listed))
        derived = Span(added.value / count, added.low / count, added.high / count)
        shown = written(derived.value, step_of(mean) / 100)
        yield claim_at(
            PARTS,
            paragraph,
            match.span(),
            printed=mean.printed,
            derived=shown,
            gap=mean.value - derived.value,
            verdict=_within(mean.value, derived.value, step_of(mean)),
            arithmetic=grammar.sentence(
                "mean", parts="＋".join(written(one.value) for one in listed), count=len(listed), derived=shown,
                unit=mean.unit, printed=written(mean.value),
            ),
            severity="question",
        )  # fmt: skip


def _within(printed: Decimal, derived: Decimal, step: Decimal) -> str:
    """Judge a mean: the roundings of what is listed even out, so that it is off by less than one step."""
    off = abs(printed - derived)
    return "holds" if off * 2 <= step else "rounding" if off < step else "fails"


def _levels(document: Document) -> Iterator[Claim]:
    """Compare the points in a heading 满分20分 得18.5分 with those of the headings below it, whose weights add up."""
    grammar = load_grammar()
    heads = []
    for paragraph in document.prose:
        match = grammar.pattern("heading_of_points").match(paragraph.text)
        if match:
            heads.append((ordinal_style(paragraph.text), paragraph, match))
    for at, (style, paragraph, match) in enumerate(heads):
        below: list[tuple[str, Decimal, Decimal]] = []
        for other, _, one in heads[at + 1 :]:
            if other == style or (below and other != below[0][0]):
                break
            below.append((other, Decimal(one["full"]), Decimal(one["given"])))
        if len(below) < FEWEST or sum(one[1] for one in below) != Decimal(match["full"]):
            continue
        yield points_claim(
            SCORE, paragraph, match.span(), Decimal(match["given"]), sum((one[2] for one in below), Decimal(0)), "sum",
            parts="＋".join(written(one[2]) for one in below),
        )  # fmt: skip


def _sections(document: Document) -> Iterator[Claim]:
    """Compare the points told in the items below a heading 产出 with those of the row of that name of a table."""
    grammar = load_grammar()
    rows: dict[str, set[tuple[Decimal, Decimal, Paragraph]]] = {}
    for row in table_rows(document):
        weight, given = (points_of(row.cells.get(role, "")) for role in ("weight", "given"))
        if weight is not None and given is not None and not row.is_total:
            rows.setdefault(plain_name(row.names[-1]), set()).add((weight, given, row.paragraph))
    section: tuple[str, Paragraph] | None = None
    items: list[tuple[Decimal, Decimal]] = []
    for paragraph in [*document.prose, Paragraph("", ())]:
        name = plain_name(paragraph.text) if len(paragraph.text) <= LONGEST_HEADING else ""
        is_head = not paragraph.text or bool(ordinal_style(paragraph.text) and name in rows)
        if is_head or grammar.find("any_chapter", paragraph.text):
            known = rows.get(section[0], set()) if section else set()
            full = sum((one[0] for one in items), Decimal(0))
            if section and len(items) >= FEWEST and len(known) == 1 and full == next(iter(known))[0]:
                yield points_claim(
                    SCORE, section[1], (0, len(section[1].text)), next(iter(known))[1],
                    sum((one[1] for one in items), Decimal(0)), "sum",
                    parts="＋".join(written(one[1]) for one in items),
                )  # fmt: skip
            section, items = ((name, paragraph) if is_head and paragraph.text else None), []
            continue
        for pattern in ("full_lost_given", "given_full_lost"):
            match = grammar.find(pattern, paragraph.text)
            if match and section:
                items.append((Decimal(match["full"]), Decimal(match["given"])))
                break


def _extremes(document: Document) -> Iterator[Claim]:
    """Compare 单位成本最高的是西区，最低的是东区 with the column of that name of the table above (最高、最低)."""
    grammar = load_grammar()
    table: list[Paragraph] = []
    for paragraph in document.paragraphs:
        if paragraph.is_row and table and is_short_total(table, paragraph):
            continue
        if paragraph.is_row:
            table = [*table, paragraph] if table and len(table[0].cells) == len(paragraph.cells) else [paragraph]
            continue
        for match in grammar.pattern("two_extremes").finditer(paragraph.text) if len(table) > FEWEST_ROWS else ():
            columns = [at for at, cell in enumerate(table[0].cells) if at and _plain(cell) == match["head"]]
            if len(columns) == 1:
                yield from _extreme(paragraph, match, table[1:], columns[0])


def _plain(cell: str) -> str:
    return re.sub(r"\s|\([^()]*\)|（[^（）]*）", "", cell)


def _extreme(paragraph: Paragraph, match: re.Match[str], rows: list[Paragraph], column: int) -> Iterator[Claim]:
    grammar = load_grammar()
    body = [row for row in rows if not any(cell.strip() in grammar.words["row_total"] for cell in row.cells[:2])]
    values: dict[str, Decimal] = {}
    for row in body:
        cell = row.cells[column].strip().rstrip("%")
        if grammar.pattern("plain_number").fullmatch(cell):
            values[_plain(row.cells[0])] = Decimal(cell)
    if len(values) < len(body) or len(values) < FEWEST_ROWS:
        return
    for way, name in ((match["way1"], match["name1"]), (match["way2"], match["name2"])):
        edge = (max if way in grammar.words["most_words"] else min)(values, key=lambda one: values[one])
        if name in values:
            yield claim_at(
                SIGN,
                paragraph,
                match.span(),
                printed=name,
                derived=edge,
                gap=values[name] - values[edge],
                verdict="holds" if values[name] == values[edge] else "fails",
                arithmetic=grammar.sentence("extreme", way=way, name=edge, derived=written(values[edge]), printed=name),
            )
