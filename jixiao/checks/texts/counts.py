"""Counts of listed things (个数与列举): three aspects followed by 一是, 二是; four classes (A, B, C, D)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import TableRow, ordinal_style, points_of, table_rows

KIND = "claim_count"
LONGEST_ITEM = 40
FEWEST_ROWS, LAST_LEVEL = 5, 3
SPOKEN = "spoken"


def find_counts(document: Document) -> Iterator[Claim]:
    """Find claimed counts beside the list they count (所称个数)."""
    for number, paragraph in enumerate(document.prose):
        yield from _in_brackets(paragraph)
        yield from _behind_colon(paragraph)
        yield from _in_front(paragraph)
        yield from _quoted(paragraph)
        yield from _numbered(paragraph, document.prose[number + 1 : number + 60])
        yield from _advice(paragraph, document.prose[number + 1 : number + 60])
        yield from _order(paragraph)
        yield from _ordinal_parts(paragraph)
        yield from _kinds(paragraph)
        yield from _of_amounts(paragraph)
    yield from _of_problems(document)
    yield from _of_rows(document)


def _advice(paragraph: Paragraph, following: list[Paragraph]) -> Iterator[Claim]:
    """Compare 提出5条建议 with the headings below it of the first one's kind (建议条数)."""
    grammar = load_grammar()
    match = grammar.find("advice_of_n", paragraph.text)
    claimed = grammar.number(match["number"]) if match else None
    if match is None or not claimed or not following or grammar.find("ordinal_word", paragraph.text[match.end() :]):
        return
    style, counted = ordinal_style(following[0].text), 0
    for below in following if style else ():
        own = ordinal_style(below.text)
        if own == style and grammar.number_of(below.text) == counted + 1:
            counted += 1
        elif own == style or (grammar.find("any_chapter", below.text) and own != style):
            break
    if counted > 1:
        yield count_claim(paragraph, match.span(), claimed, (counted, counted))


def count_claim(
    paragraph: Paragraph, place: tuple[int, int], claimed: int, counted: tuple[int, int], *, is_open: bool = False
) -> Claim:
    """Compare a number told with what was counted, from fewest to most (所称个数)."""
    low, high = counted
    nearest = min(max(claimed, low), high)
    verdict = "holds" if nearest == claimed else "open" if is_open else "fails"
    return claim_at(
        KIND,
        paragraph,
        place,
        printed=str(claimed),
        derived=str(nearest),
        gap=Decimal(claimed - nearest),
        verdict=verdict,
        arithmetic=load_grammar().sentence("count", printed=claimed, derived=nearest, gap=abs(claimed - nearest)),
    )


def _items(text: str) -> tuple[list[str], tuple[int, int]]:
    """Split a list; words like "and" may also stand inside an item, so the count is a range."""
    grammar = load_grammar()
    plain = _without_brackets(text)
    items = [item for item in plain.split("、") if item]
    joined = [len(grammar.pattern("and").findall(item)) for item in items]
    return items, (len(items), len(items) + sum(joined))


def _without_brackets(text: str) -> str:
    for _ in range(3):
        text = re.sub(r"\([^()]{0,80}\)|“[^“”]{0,80}”|《[^《》]{0,80}》|<[^<>]{0,80}>", "□", text)
    return text


def _is_list(items: list[str]) -> bool:
    grammar = load_grammar()
    if len(items) < 2 or any(len(item) > LONGEST_ITEM for item in items):
        return False
    if all(len(item) < 2 for item in items) or any(item in grammar.words["places"] for item in items):
        return False
    return not grammar.find("list_goes_on", items[-1])


def _in_brackets(paragraph: Paragraph) -> Iterator[Claim]:
    for match in load_grammar().pattern("count_brackets").finditer(paragraph.text):
        claimed = load_grammar().number(match["number"])
        items, counted = _items(match["list"])
        if claimed and _is_list(items) and not re.search(r"[。；：，\d]", match["list"]):
            is_open = bool(load_grammar().find("some_of_list", match["list"])) or claimed > 3 * counted[1]
            yield count_claim(paragraph, match.span(), claimed, counted, is_open=is_open)


def _behind_colon(paragraph: Paragraph) -> Iterator[Claim]:
    for match in load_grammar().pattern("count_colon").finditer(paragraph.text):
        claimed = load_grammar().number(match["number"])
        items, counted = _items(match["list"])
        if claimed and _is_list(items) and not re.search(r"\d|□[^、]*。", match["list"]):
            yield count_claim(paragraph, match.span(), claimed, counted)


def _in_front(paragraph: Paragraph) -> Iterator[Claim]:
    """Check a list that its count follows: 分为产出数量、产出质量、产出时效三个方面."""
    grammar = load_grammar()
    for match in grammar.pattern("list_count").finditer(paragraph.text):
        claimed = grammar.number(match["number"])
        verb = grammar.find("list_verb", match["list"])
        items, counted = _items(match["list"][verb.end() :] if verb else match["list"])
        if claimed and _is_list(items):
            yield count_claim(paragraph, match.span(), claimed, counted, is_open=verb is None)


def _quoted(paragraph: Paragraph) -> Iterator[Claim]:
    """Check names in quotation marks that their count follows: “甲”、“乙”等2个项目."""
    grammar = load_grammar()
    for match in grammar.pattern("quoted_count").finditer(paragraph.text):
        claimed = grammar.number(match["number"])
        counted = match["list"].count("“") + match["list"].count("《")
        if claimed and counted > 1:
            yield count_claim(paragraph, match.span(), claimed, (counted, counted), is_open=counted < claimed)


def _numbered(paragraph: Paragraph, following: list[Paragraph]) -> Iterator[Claim]:
    """Check a count that announces a numbered list in the same paragraph or below."""
    grammar = load_grammar()
    text = paragraph.text
    heads = list(grammar.pattern("announced_head").finditer(text)) if len(text) < LONGEST_ITEM and following else []
    heads = heads if heads and following[0].text.startswith(tuple(grammar.words["first_words"])) else []
    for match in [*grammar.pattern("announced").finditer(text), *heads]:
        claimed = grammar.number(match["number"])
        if not claimed or claimed < 2:
            continue
        inside = grammar.pattern("ordinal_word").findall(text[match.end() - 1 :])
        counted = _longest_run([grammar.number(word) for word in inside])
        if counted < 2 and match.end() >= len(text) - 1:
            below = grammar.pattern("ordinal_word").findall(following[0].text) if following else []
            counted = _longest_run([grammar.number(word) for word in below])
            counted = counted if counted > 1 else _run_below(following)
        if counted >= 2:
            yield count_claim(paragraph, match.span(), claimed, (counted, counted))


def _ordinal_parts(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 分7个标段 with the highest of 一标段, 二标段… that the same paragraph gives amounts of."""
    grammar = load_grammar()
    for match in grammar.pattern("in_sections").finditer(paragraph.text):
        claimed = grammar.number(match["number"])
        after = paragraph.text[match.end() :]
        found = re.finditer(rf"(?P<number>{grammar.pattern('numerals').pattern}){match['noun']}(?=\d)", after)
        numbers = [grammar.number(one["number"]) for one in found]
        run = _longest_run(numbers)
        if claimed and run > 1 and run == len(numbers):
            yield count_claim(paragraph, match.span(), claimed, (run, run))


def _kinds(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 5类126台，其中影像类6台、检验类28台… with the kinds that have numbers."""
    grammar = load_grammar()
    for match in grammar.pattern("kinds").finditer(paragraph.text):
        claimed = grammar.number(match["number"])
        start, end = match.end(), paragraph.sentence(match.end())[1]
        named = [one for one in paragraph.between(start, end) if one.label.endswith(match["noun"])]
        if claimed and len(named) > 1 and len({one.unit for one in named}) == 1:
            yield count_claim(paragraph, match.span(), claimed, (len(named), len(named)))


def _of_amounts(paragraph: Paragraph) -> Iterator[Claim]:
    """Compare 重点项目4个，分别是甲420万元、乙310万元… with the items that have an amount each."""
    grammar = load_grammar()
    for match in grammar.pattern("count_of_amounts").finditer(paragraph.text):
        claimed = grammar.number(match["number"])
        items = []
        for item in grammar.pattern("between_items").split(match["list"]):
            found = grammar.pattern("item_of_amount").match(item)
            if not found:
                break
            items.append(found)
            if "，" in item:
                break
        if claimed and len(items) > 1 and claimed <= 3 * len(items):
            yield count_claim(paragraph, match.span("number"), claimed, (len(items), len(items)))


def _of_problems(document: Document) -> Iterator[Claim]:
    """Compare 上述三个问题 with the problems that the chapter before lists."""
    grammar = load_grammar()
    style, listed, inside = "", 0, False
    for paragraph in document.prose:
        text = paragraph.text
        is_short = len(text) < LONGEST_ITEM
        if is_short and grammar.find("problem_heading", grammar.pattern("name_ordinal").sub("", text)):
            style, listed, inside = "", 0, True
            continue
        claimed_at = grammar.find("problems_told", text)
        claimed = grammar.number(claimed_at["number"]) if claimed_at else None
        if claimed_at and claimed and listed > 1 and not inside:
            yield count_claim(paragraph, claimed_at.span(), claimed, (listed, listed))
        if inside and is_short and grammar.find("advice_heading", text):
            inside = False
            continue
        shape = ordinal_style(text)
        spoken = grammar.pattern("ordinal_start").match(text) if inside and (style in {"", SPOKEN}) else None
        if spoken and not shape and grammar.number(spoken["number"]) == listed + 1:
            found = [grammar.number(word) for word in grammar.pattern("ordinal_word").findall(text)]
            style, listed = SPOKEN, listed + max(1, sum(number is not None for number in found))
            continue
        if inside and not listed and not shape:
            words = grammar.pattern("ordinal_word").findall(text)
            run = _longest_run([grammar.number(word) for word in words])
            listed = run if run > 1 and run == len(words) else 0
            continue
        if inside and shape:
            style = style or shape
            listed += shape == style


def _of_rows(document: Document) -> Iterator[Claim]:
    """Compare 三级指标14个 with the rows of the one table that lists the points of 三级指标 and ends in a sum."""
    grammar = load_grammar()
    tables: dict[int, list[TableRow]] = {}
    for row in table_rows(document):
        table = tables.setdefault(row.table, [])
        if not table or not table[-1].is_total:  # what stands behind the row of sums is another table
            table.append(row)
    bodies = []
    for table in tables.values():
        body = [row for row in table if not row.is_total]
        weights = [points_of(row.cells.get("weight", "")) for row in body]
        if len(body) < len(table) and len(body) >= FEWEST_ROWS and len(body[0].names) == 1:
            known = [weight for weight in weights if weight is not None]
            if len(known) == len(weights) and sum(known) == grammar.words["full_score"] and _is_last(document, table):
                bodies.append(len(body))
    for paragraph in document.prose if len(bodies) == 1 else ():
        for match in grammar.pattern("claimed_level").finditer(paragraph.text):
            claimed = grammar.number(match["before"] or match["after"] or "")
            if claimed and grammar.number(match["level"]) == LAST_LEVEL:
                yield count_claim(paragraph, match.span(), claimed, (bodies[0], bodies[0]))


def _is_last(document: Document, table: list[TableRow]) -> bool:
    """Say whether the head above a table calls its names 三级指标."""
    head = document.paragraphs[table[0].at - 1]
    return head.is_row and any(load_grammar().find("last_level", cell) for cell in head.cells)


def _longest_run(numbers: list[int | None]) -> int:
    """Return how far the first numbering counts: 1, 2, 3, 1 is 3."""
    run = 0
    for number in numbers:
        if number != run + 1:
            break
        run += 1
    return run


def _run_below(following: list[Paragraph]) -> int:
    grammar = load_grammar()
    style, run = "", 0
    for paragraph in following:
        ordinal = grammar.pattern("ordinal").match(paragraph.text) or grammar.pattern("ordinal_start").match(
            paragraph.text
        )
        if not ordinal:
            if run == 0:
                break
            continue
        here = re.sub(ordinal["number"], "", ordinal[0], count=1)
        if run and here != style:
            if grammar.number(ordinal["number"]) == 1:
                continue
            break
        if grammar.number(ordinal["number"]) != run + 1:
            break
        style, run = here, run + 1
    if run == 0 and following:
        prefix = following[0].text[:4]
        run = next((n for n, one in enumerate(following) if not one.text.startswith(prefix)), len(following))
        run = run if len(prefix) == 4 and run > 1 else 0
    return run


def _order(paragraph: Paragraph) -> Iterator[Claim]:
    """Check that 一是, 二是, 三是 follow each other."""
    grammar = load_grammar()
    words = list(grammar.pattern("ordinal_word").finditer(paragraph.text))
    numbers = [grammar.number(match["number"]) for match in words]
    for position in range(1, len(numbers)):
        before, here = numbers[position - 1], numbers[position]
        if before is None or here is None or here == before + 1 or (here == 1 and before > 1):
            continue
        listed = "、".join(match["number"] for match in words)
        place = (words[position - 1].start(), words[position].end() + 6)
        yield claim_at(
            "claim_order",
            paragraph,
            place,
            printed=words[position]["number"],
            derived=str(before + 1),
            gap=Decimal(here - before - 1),
            verdict="fails",
            arithmetic=grammar.sentence("order", listed=listed, derived=before + 1, printed=words[position]["number"]),
        )
        return
    if len(numbers) > 1 and numbers[0] == 1:
        listed = "、".join(match["number"] for match in words)
        yield claim_at(
            "claim_order",
            paragraph,
            (words[0].start(), words[0].end() + 6),
            printed=listed,
            derived=listed,
            gap=Decimal(0),
            verdict="holds",
            arithmetic=grammar.sentence("order_holds", listed=listed),
        )
