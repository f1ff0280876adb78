"""Weights and points told in several places (多处所列分值、得分): each is one fact, whoever tells it where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import written
from jixiao.checks.texts.prose import Document
from jixiao.checks.texts.told_places import Told, find_told

KIND = "claim_points"


def find_told_twice(document: Document) -> Iterator[Claim]:
    """Compare the weight and the points of one name wherever a report tells them (分值、得分前后核对)."""
    grammar = load_grammar()
    by_name: dict[tuple[int, str], list[Told]] = defaultdict(list)
    for told in find_told(document):
        by_name[told.segment, told.name].append(told)
    happy = grammar.words["satisfaction_level"]
    for (segment, name), places in by_name.items():
        for role in ("weight", "given"):
            known = [(told, value) for told in places if (value := getattr(told, role)) is not None]
            if len(known) < 2 or not name:
                continue
            if _is_list(known) or (name == grammar.words["total_name"] and _are_of_several(known)):
                continue
            extra = {told.weight if role == "weight" else told.given for told in by_name.get((segment, happy), [])}
            yield from _compare(name, role, known, extra if name == grammar.words["benefit_level"] else set())


def _is_list(known: list[tuple[Told, Decimal]]) -> bool:
    """Say whether one name stands for several indicators: two rows, or two headings, with different words."""
    rows = [value for told, value in known if told.is_row and told.words]
    heads = [value for told, value in known if not told.is_row and told.words]
    return (len(set(rows)) > 1 and len(rows) > 2) or len(set(heads)) > 1


def _are_of_several(known: list[tuple[Told, Decimal]]) -> bool:
    """Say whether the totals of tables are those of several objects: three tables with three totals."""
    rows = [value for told, value in known if told.is_row]
    return len(rows) > 2 and len(set(rows)) == len(rows)


def _compare(name: str, role: str, known: list[tuple[Told, Decimal]], extra: set[Decimal | None]) -> Iterator[Claim]:
    values = [value for _, value in known]
    usual = max(dict.fromkeys(values), key=values.count)
    first = next(told for told, value in known if value == usual)
    if len(set(values)) == 1:
        told, value = known[-1]
        yield _claim(told, name, role, value, first, usual, "holds")
        return
    seen = set()
    for told, value in known:
        if value == usual or value in seen:
            continue
        seen.add(value)
        is_merged = abs(value - usual) in extra
        yield _claim(told, name, role, value, first, usual, "fails", severity="question" if is_merged else "")


def _claim(
    told: Told, name: str, role: str, value: Decimal, first: Told, usual: Decimal, verdict: str, *, severity: str = ""
) -> Claim:
    grammar = load_grammar()
    return claim_at(
        KIND,
        told.paragraph,
        told.place,
        printed=written(value),
        derived=written(usual),
        gap=value - usual,
        verdict=verdict,
        arithmetic=grammar.sentence(
            f"told_{role}",
            name=name,
            printed=written(value),
            other=written(usual),
            line=first.paragraph.line(first.place[0]),
            difference=written(abs(value - usual)),
        ),
        severity=severity,
    )
