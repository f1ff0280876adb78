"""Points along the tree of headings and along the rows of tables (得分的层级核对): sums, deductions, rates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from jixiao.checks.findings import check_words
from jixiao.checks.texts.counts import count_claim
from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import Span, judge, places, printed_span, written
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import (
    TableRow,
    Told,
    find_told,
    ordinal_style,
    plain_name,
    points_of,
    segments,
    table_rows,
)

SCORE = "claim_score"
REASON = "claim_reason"
FULL = Decimal(100)
NEAR_FULL = (Decimal(80), Decimal(130))
FEWEST_LEVELS = 3
FEWEST_ROWS = 4
WRONG_WAY = 4


@dataclass
class Node:
    """One heading with points and those below it (标题及其下级)."""

    told: Told
    style: str
    below: list[Node] = field(default_factory=list)
    has_gap: bool = False
    """Whether a heading without points stands among those below it."""


def find_points(document: Document) -> Iterator[Claim]:
    """Compare points with the sums below them, with what is said to be deducted, and with the rates told of them."""
    told = find_told(document)
    heads = [one for one in told if one.at >= 0 and not one.is_row and one.weight is not None and one.place[0] == 0]
    heads += [one for one in told if one.words and not one.is_row and one.place[0] != 0]
    top = _tree(document, sorted(heads, key=lambda one: one.at))
    if not _has_three_levels(document):
        for node in _all(top):
            yield from _sums(node)
            yield from _told_of(node, told)
        yield from _whole(top, told)
    rows = list(table_rows(document))
    yield from _deducted(told)
    yield from _of_rows(rows)
    yield from _levels_of_tables(rows)
    yield from _rates_of_points(document, told)
    yield from _counted(document, rows)
    yield from _rows_in_prose(document, rows)


def _has_three_levels(document: Document) -> bool:
    """Say whether the headings are those of three levels that ``scores`` adds up."""
    pattern = load_grammar().pattern("points_heading")
    return sum(bool((match := pattern.match(one.text)) and match["three"]) for one in document.prose) >= FEWEST_ROWS


def _tree(document: Document, heads: list[Told]) -> list[Node]:
    """Put headings below one another by the kinds of their ordinals."""
    grammar = load_grammar()
    by_place = {one.at: one for one in heads}
    top: list[Node] = []
    stack: list[Node] = []
    for at, paragraph in enumerate(document.paragraphs):
        told = by_place.get(at)
        if told is None:
            if not paragraph.is_row and grammar.find("chapter", paragraph.text) and len(paragraph.text) < 40:
                stack = []
            elif stack and not paragraph.is_row and len(paragraph.text) < 40 and ordinal_style(paragraph.text):
                same = next(
                    (node for node in stack if node.below and node.below[0].style == ordinal_style(paragraph.text)),
                    None,
                )
                if same:
                    same.has_gap = True
            continue
        node = Node(told, ordinal_style(paragraph.text))
        while stack and node.style in {one.style for one in stack}:
            stack.pop()
        if stack and stack[-1].told.segment == told.segment:
            stack[-1].below.append(node)
        else:
            stack = []
            top.append(node)
        stack.append(node)
    return top


def _all(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _all(node.below)


def _sums(node: Node) -> Iterator[Claim]:
    """Compare the weight and the points of a heading with the sums of those below it."""
    if len(node.below) < 2 or not node.style or node.has_gap:
        return
    below = sum((one.told.weight for one in node.below if one.told.weight is not None), Decimal(0))
    if node.told.place[0] and node.told.weight is not None and below > 2 * node.told.weight:
        return  # an indicator told in the words of its paragraph is no level above those that follow
    for role in ("weight", "given"):
        own = getattr(node.told, role)
        parts = [getattr(one.told, role) for one in node.below]
        if own is None or any(part is None for part in parts):
            continue
        yield _sum(node.told.paragraph, node.told.place, own, parts, role)


def _sum(paragraph: Paragraph, place: tuple[int, int], own: Decimal, parts: list[Decimal], role: str) -> Claim:
    added = sum(parts, Decimal(0))
    grammar = load_grammar()
    return claim_at(
        SCORE,
        paragraph,
        place,
        printed=written(own),
        derived=written(added),
        gap=own - added,
        verdict="holds" if own == added else "fails",
        arithmetic=grammar.sentence(
            "sum" if len(parts) > 1 else "one_part",
            parts="＋".join(map(written, parts)),
            derived=written(added),
            printed=written(own),
            difference=written(abs(own - added)),
            unit=grammar.words["points"],
        ),
    )


def _given(node: Node) -> Decimal | None:
    """Return the points of a heading: its own, else the sum of those below it."""
    if node.told.given is not None:
        return node.told.given
    parts = [_given(one) for one in node.below]
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(parts) and not node.has_gap else None


def _told_of(node: Node, told: list[Told]) -> Iterator[Claim]:
    """Compare the points that prose or a table tells of a level with the sum of those below its heading."""
    parts = [_given(one) for one in node.below]
    if node.told.given is not None or len(parts) < 2 or node.has_gap:
        return
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or sum((one.told.weight or 0 for one in node.below), Decimal(0)) != node.told.weight:
        return
    for one in told:
        if one.segment == node.told.segment and one.name == node.told.name and one.given is not None:
            yield _sum(one.paragraph, one.place, one.given, known, "given")


def _whole(top: list[Node], told: list[Told]) -> Iterator[Claim]:
    """Compare the weights of the highest headings with the full score, and their points with the total told."""
    name = load_grammar().words["total_name"]
    by_report: dict[tuple[int, str], list[Node]] = defaultdict(list)
    for node in top:
        by_report[node.told.segment, node.style].append(node)
    for nodes in by_report.values():
        names = {node.told.name for node in nodes}
        weights = [node.told.weight for node in nodes if node.told.weight is not None]
        added = sum(weights, Decimal(0))
        if len(nodes) < FEWEST_LEVELS or len(names) < len(nodes) or not NEAR_FULL[0] <= added <= NEAR_FULL[1]:
            continue
        last = nodes[-1].told
        yield _sum(last.paragraph, last.place, FULL, weights, "weight")
        given = [_given(node) for node in nodes]
        known = [points for points in given if points is not None]
        if added != FULL or len(known) < len(given):
            continue
        for one in told:
            if one.name == name and one.segment == nodes[0].told.segment and one.given is not None:
                yield _sum(one.paragraph, one.place, one.given, known, "given")


def _deducted(told: list[Told]) -> Iterator[Claim]:
    """Compare the points lost with the points said to be deducted: 扣2分。该指标（8分）得6分."""
    grammar = load_grammar()
    for one in told:
        if one.is_row or not one.words or one.weight is None or one.given is None or one.given > one.weight:
            continue
        lost = one.weight - one.given
        taken: list[Decimal] = []
        first: tuple[Paragraph, tuple[int, int]] | None = None
        seen = set()
        for paragraph, begin in one.words:
            if id(paragraph) in seen:
                continue
            seen.add(id(paragraph))
            for match in grammar.pattern("deducted").finditer(paragraph.text, begin):
                start = max(paragraph.text.rfind(sign, 0, match.start()) for sign in "，。；｜") + 1
                around = paragraph.text[start : match.end() + 4]
                if grammar.find("rule_sentence", around) or grammar.find("deduction_rule", around):
                    continue
                taken.append(Decimal(match["n"]))
                first = first or (paragraph, match.span())
        if first is None:
            continue
        is_held = sum(taken, Decimal(0)) == lost or lost in taken
        yield _taken(first[0], first[1], one.name, one.weight, one.given, taken, is_held=is_held)


def _taken(
    paragraph: Paragraph,
    place: tuple[int, int],
    name: str,
    weight: Decimal,
    given: Decimal,
    taken: list[Decimal],
    *,
    is_held: bool,
) -> Claim:
    added, lost = sum(taken, Decimal(0)), weight - given
    return claim_at(
        REASON,
        paragraph,
        place,
        printed=written(added),
        derived=written(lost),
        gap=added - lost,
        verdict="holds" if is_held else "fails",
        arithmetic=load_grammar().sentence(
            "deducted", name=name, weight=written(weight), given=written(given), lost=written(lost),
            taken="＋".join(map(written, taken)),
        ),
        margin=10,
    )  # fmt: skip


def _of_rows(rows: list[TableRow]) -> Iterator[Claim]:
    """Compare target and actual of a row: a miss with all points, a rate above what it can be (未达标、超出100%)."""
    grammar = load_grammar()
    for row in rows:
        name = next((one for one in reversed(row.names) if one), "")
        yield from _reason_cell(row, name)
        yield from _wrong_way(row, name)
        if row.is_total or "actual" not in row.cells:
            continue
        actual = grammar.pattern("cell_number").fullmatch(_plain(row.cells["actual"]))
        if not actual:
            continue
        value = Decimal(actual["n"])
        plain = _plain(name)
        bounded = any(word in plain for word in check_words()["never_over"])
        free = any(word in plain for word in check_words()["may_be_over"])
        if actual["unit"] == "%" and bounded and not free and value > FULL:
            yield _row_claim(row, name, "rate_impossible", actual[0], "100%", "error")
        target = grammar.pattern("cell_target").fullmatch(_plain(row.cells.get("target", "")))
        weight, given = (points_of(row.cells.get(role, "")) for role in ("weight", "given"))
        if not target or weight is None or given is None or target["unit"] != actual["unit"]:
            continue
        goal, sign = Decimal(target["n"]), target["sign"] or target["after"] or ""
        is_most = sign in grammar.words["at_most"]
        is_least = sign in grammar.words["at_least"] or (not sign and not grammar.find("limit", name))
        missed = (is_most and value > goal) or (is_least and value < goal)
        if missed and given == weight:
            yield _row_claim(row, name, "row_missed", actual[0], target[0], "")


def _wrong_way(row: TableRow, name: str) -> Iterator[Claim]:
    """Find a target that bounds a rate from the side it should not be: 下降率≤15%, 事故率≥2% (指标方向)."""
    grammar = load_grammar()
    target = grammar.pattern("cell_target").fullmatch(_plain(row.cells.get("target", "")))
    if row.is_total or not target or target["unit"] != "%":
        return
    sign, end = target["sign"] or target["after"] or "", plain_name(_plain(name))[-WRONG_WAY:]
    if (sign in grammar.words["at_most"] and grammar.find("good_rate", end)) or (
        sign in grammar.words["at_least"] and grammar.find("bad_rate", end)
    ):
        yield _row_claim(row, name, "wrong_way", target[0], "", "question")


def _reason_cell(row: TableRow, name: str) -> Iterator[Claim]:
    """Compare the points lost in a row with those its reason says are deducted."""
    grammar = load_grammar()
    weight, given = (points_of(row.cells.get(role, "")) for role in ("weight", "given"))
    text = _plain(row.cells.get("reason", ""))
    if row.is_total or weight is None or given is None or grammar.find("deduction_rule", text):
        return
    taken = [Decimal(match["n"]) for match in grammar.pattern("deducted").finditer(text)]
    if taken and not grammar.find("rule_sentence", text):
        is_held = sum(taken, Decimal(0)) == weight - given or weight - given in taken
        place = (0, len(row.paragraph.text))
        yield _taken(row.paragraph, place, plain_name(name), weight, given, taken, is_held=is_held)


def _plain(text: str) -> str:
    """Return the text of a cell as patterns read it."""
    table = str.maketrans("０１２３４５６７８９％．＞＜＝（）", "0123456789%.><=()")
    return re.sub(r"\s|,", "", text.translate(table))


def _row_claim(row: TableRow, name: str, sentence: str, printed: str, derived: str, severity: str) -> Claim:
    return claim_at(
        REASON,
        row.paragraph,
        (0, len(row.paragraph.text)),
        printed=printed,
        derived=derived,
        verdict="fails",
        arithmetic=load_grammar().sentence(
            sentence, name=plain_name(name), actual=printed, target=derived, given=row.cells.get("given", "").strip()
        ),
        severity=severity,
    )


def _bears_points(row: TableRow) -> bool:
    """Say whether a row is one indicator; a dash below its level 1 stands where an indicator has no levels."""
    nothing = load_grammar().words["no_indicator"]
    if row.names[-1] not in nothing:
        return True
    has_points = points_of(row.cells.get("weight", "")) is not None
    return bool(row.names[-1]) and row.names[0] not in nothing and has_points


def _joined(tables: list[list[TableRow]]) -> list[list[TableRow]]:
    """Join tables whose head a page repeats, with the levels above; leave out those with lines lost between rows."""
    joined: list[tuple[list[TableRow], bool]] = []
    for table in tables:
        is_whole = table[-1].at - table[0].at == len(table) - 1
        if joined and not table[0].names[0] and not joined[-1][0][-1].is_total:
            above, was_whole = joined.pop()
            for row in table:
                last = above[-1].names
                same = len(last) == len(row.names) and not row.is_total
                names = tuple(own or other for own, other in zip(row.names, last, strict=True)) if same else row.names
                above = [*above, replace(row, names=names)]
            joined.append((above, was_whole and is_whole))
        else:
            joined.append((table, is_whole))
    return [table for table, is_whole in joined if is_whole]


def _levels_of_tables(rows: list[TableRow]) -> Iterator[Claim]:
    """Add up the weights of a table: below each level that names its points, and down to the total (表中分值合计)."""
    grammar = load_grammar()
    by_table: dict[int, list[TableRow]] = defaultdict(list)
    for row in rows:
        by_table[row.table].append(row)
    told: set[tuple[str, tuple[Decimal, ...]]] = set()
    for table in _joined(list(by_table.values())):
        body = [row for row in table if not row.is_total and _bears_points(row)]
        weights = [points_of(row.cells.get("weight", "")) for row in body]
        if len(body) < FEWEST_ROWS or any(weight is None for weight in weights):
            continue
        total = next((row for row in table if row.is_total), None)
        printed = points_of(total.cells.get("weight", "")) if total else None
        known = [weight for weight in weights if weight is not None]
        is_doubled = sum(known, Decimal(0)) == 2 * (printed or Decimal(0))  # rows of levels stand among the indicators
        if total and printed is not None and not is_doubled and len({row.names for row in body}) == len(body):
            yield _sum(total.paragraph, (0, len(total.paragraph.text)), printed, known, "weight")
        by_level: dict[tuple[int, str], list[tuple[TableRow, Decimal]]] = defaultdict(list)
        for row, weight in zip(body, known, strict=True):
            for number, name in enumerate(row.names[:-1]):
                by_level[number, name].append((row, weight))
        found: list[tuple[Decimal, Claim]] = []
        for (_, name), members in by_level.items():
            level = grammar.pattern("told_cell").fullmatch(_plain(name))
            parts = [weight for _, weight in members]
            if level and (name, tuple(parts)) not in told:  # copies of one table say it once
                told.add((name, tuple(parts)))
                first, own = members[0][0], Decimal(level["n"])
                place = (0, len(first.paragraph.text))
                found.append((own - sum(parts, Decimal(0)), _sum(first.paragraph, place, own, parts, "weight")))
        is_broken = sum(gap > 0 for gap, _ in found) > 1  # several levels fall short where rows are lost
        yield from (claim for gap, claim in found if not (is_broken and gap > 0))


def _rows_in_prose(document: Document, rows: list[TableRow]) -> Iterator[Claim]:
    """Compare a rate that prose tells of an indicator with the actual in its row (正文与表中完成值)."""
    grammar = load_grammar()
    known: dict[tuple[int, str], set[tuple[Decimal, str, int]]] = defaultdict(set)
    numbers = segments(document)
    for row in rows:
        name = plain_name(_plain(next((one for one in reversed(row.names) if one), "")))
        actual = grammar.pattern("cell_number").fullmatch(_plain(row.cells.get("actual", "")))
        if actual and actual["unit"] == "%" and len(name) > FEWEST_ROWS - 1:
            known[numbers[row.at], name].add((Decimal(actual["n"]), actual["n"], row.paragraph.line(0)))
    is_goal = False
    for number, paragraph in zip(numbers, document.paragraphs, strict=True):
        if not paragraph.is_row and grammar.find("ordinal", paragraph.text):
            is_goal = grammar.find("goal_heading", paragraph.text) is not None
        skipped = paragraph.is_row or not known or is_goal
        for match in () if skipped else grammar.pattern("rate_any").finditer(paragraph.text):
            around = paragraph.text[max(0, match.start() - 10) : match.end()]
            own = next(
                (values for (part, name), values in known.items() if part == number and match["name"].endswith(name)),
                set(),
            )
            if len(own) != 1 or grammar.has("no_rate_of_amounts", around) or grammar.has("other_scope", around):
                continue
            value, written_value, line = next(iter(own))
            rough, fine = sorted((match["n"], written_value), key=lambda number: -places(number))
            same = judge(printed_span(rough), Span(Decimal(fine), Decimal(fine), Decimal(fine)), step=places(rough))
            gap = Decimal(match["n"]) - value
            yield claim_at(
                "claim_same",
                paragraph,
                match.span(),
                printed=f"{match['n']}%",
                derived=f"{written_value}%",
                gap=gap,
                verdict="fails" if same == "fails" else "holds",
                arithmetic=grammar.sentence(
                    "same", name=match["name"], printed=f"{match['n']}%", other=f"{written_value}%", line=line,
                    difference=written(abs(gap)),
                ),
            )  # fmt: skip


def _counted(document: Document, rows: list[TableRow]) -> Iterator[Claim]:
    """Compare 三级指标14个 with the names that the columns of a table of three levels hold (所称指标数)."""
    grammar = load_grammar()
    tables: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for row in rows:
        if not row.is_total and len(row.names) == FEWEST_LEVELS:
            tables[row.table].append(row.names)
    counts: dict[int, set[int]] = defaultdict(set)
    for names in tables.values():
        if len(names) < FEWEST_ROWS or any(one[-1] in grammar.words["no_indicator"] for one in names):
            continue
        for level in range(1, FEWEST_LEVELS + 1):
            named = {one[:level] for one in names if one[level - 1] not in grammar.words["no_indicator"]}
            counts[level].add(len(named))
            counts[level].add(len({one for one in named if len(one) == 1 or one[-1] != one[-2]}))  # 产出数量｜产出数量
    if not counts or _has_three_levels(document):
        return
    for paragraph in document.prose:
        for match in grammar.pattern("claimed_level").finditer(paragraph.text):
            claimed = grammar.number(match["before"] or match["after"] or "")
            known = counts.get(grammar.number(match["level"]) or 0)
            if claimed is None or not known or len(known) > 1:
                continue
            counted = next(iter(known))
            yield count_claim(paragraph, match.span(), claimed, (counted, counted))


def _rates_of_points(document: Document, told: list[Told]) -> Iterator[Claim]:
    """Compare 得分率 with the points and the weight it is made of, in tables and in prose."""
    grammar = load_grammar()
    for row in table_rows(document):
        rate = grammar.pattern("cell_number").fullmatch(_plain(row.cells.get("rate", "")))
        weight, given = (points_of(row.cells.get(role, "")) for role in ("weight", "given"))
        if rate and rate["unit"] == "%" and weight and given is not None:
            yield _rate_claim(row.paragraph, (0, len(row.paragraph.text)), rate["n"], given, weight)
    weights: dict[tuple[int, str], set[Decimal]] = defaultdict(set)
    for one in told:
        if one.weight is not None:
            weights[one.segment, one.name].add(one.weight)
    full = {(one.segment, one.name): (one.given, one.weight) for one in told if one.weight and one.given is not None}
    for number, paragraph in zip(segments(document), document.paragraphs, strict=True):
        start = -1 if paragraph.is_row else paragraph.text.find(grammar.words["rate_of_points"])
        for found in () if start < 0 else grammar.pattern("level_rate").finditer(paragraph.text, start):
            level = full.get((number, plain_name(found["name"])))
            if level and level[0] is not None and level[1]:
                yield _rate_claim(paragraph, found.span(), found["n"], level[0], level[1])
    for one in told:
        if one.is_row or one.given is None or one.place[0] == 0:
            continue
        match = grammar.pattern("rate_of_points").match(one.paragraph.text, one.place[1])
        known = weights.get((one.segment, one.name), set())
        if match and len(known) == 1:
            yield _rate_claim(one.paragraph, (one.place[0], match.end()), match["n"], one.given, next(iter(known)))


def _rate_claim(paragraph: Paragraph, place: tuple[int, int], printed: str, given: Decimal, weight: Decimal) -> Claim:
    derived, step = given / weight * FULL, places(printed)
    verdict = judge(printed_span(printed), Span(derived, derived, derived), step=step)
    shown = written(derived, step if verdict == "holds" else step / 100)
    return claim_at(
        "claim_share",
        paragraph,
        place,
        printed=f"{printed}%",
        derived=f"{shown}%",
        gap=Decimal(printed) - derived,
        verdict=verdict,
        arithmetic=load_grammar().sentence(
            "share", part=written(given), whole=written(weight), derived=shown, printed=printed
        ),
    )
