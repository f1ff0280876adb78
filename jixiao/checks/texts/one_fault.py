"""One fault of a text is told once (一处毛病，一条问题): points that are wrong show in every sum above them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from jixiao.checks.texts.grammar import load_grammar

Row = dict[str, Any]


def join_points(rows: list[Row]) -> list[Row]:
    """Join the failing claims on points of one text that differ by the same amount (同一差额).

    Args:
        rows: Claims in the order of the text, each with ``code``, ``line``, ``verdict``, ``difference``.

    Returns:
        The claims; of those that fail by one amount the most particular speaks for the sums that follow from it, and
        names their lines.

    Example:
        >>> one = {"code": "claim_points", "source_file": "a", "line": 9, "verdict": "fails", "difference": 1.0,
        ...        "arithmetic": "x", "printed": "5"}
        >>> two = {**one, "code": "claim_score", "line": 2}
        >>> [(row["line"], row["arithmetic"]) for row in join_points([two, one])]
        [(9, 'x；同一差额另见第2行')]
    """
    grammar = load_grammar()
    order: list[str] = grammar.words["points_kinds"]
    groups: dict[tuple[str, float], list[Row]] = defaultdict(list)
    for row in rows:
        gap = row["difference"]
        if row["verdict"] == "fails" and row["code"] in order and gap is not None and gap == gap and gap:
            groups[row["source_file"], abs(round(gap, 4))].append(row)
    gone: set[int] = set()
    made: dict[int, Row] = {}
    for group in groups.values():
        first, *others = sorted(group, key=lambda row: order.index(row["code"]))
        rest = [row for row in others if row["code"] != order[0]]  # two points told otherwise are two faults
        if not rest or first["code"] == order[-1]:
            continue
        gone |= {id(row) for row in rest}
        lines = [grammar.sentence("line", line=row["line"]) for row in rest if row["line"] != first["line"]]
        also = grammar.sentence("also_shows", places=grammar.words["between_lines"].join(dict.fromkeys(lines)))
        made[id(first)] = {**first, "arithmetic": first["arithmetic"] + (also if lines else "")}
    return [made.get(id(row), row) for row in rows if id(row) not in gone]
