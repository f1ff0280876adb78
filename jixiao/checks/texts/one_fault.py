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


def join_lines(rows: list[Row]) -> list[Row]:
    """Join failing claims that say the same wrong figure in several lines of one text, for a list that is read.

    Args:
        rows: Claims in the order of the text, each with ``code``, ``line``, ``verdict``, ``printed``, ``derived``.

    Returns:
        The claims; the first of those that are the same names the lines of the others.

    Example:
        >>> one = {"code": "claim_parts", "source_file": "a", "line": 1, "verdict": "fails", "printed": "386",
        ...        "derived": "396", "arithmetic": "x"}
        >>> [row["arithmetic"] for row in join_lines([one, {**one, "line": 9}])]
        ['x；同一数字另见第9行']
    """
    grammar = load_grammar()
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for number, row in enumerate(rows):
        is_figure = row["verdict"] == "fails" and row["printed"] and row["derived"]
        same = (row["source_file"], row["code"], row["printed"], row["derived"]) if is_figure else (number,)
        groups[same].append(row)
    joined = []
    for first, *others in groups.values():
        lines = [grammar.sentence("line", line=row["line"]) for row in others]
        also = grammar.sentence("also_said", places=grammar.words["between_lines"].join(dict.fromkeys(lines)))
        joined.append({**first, "arithmetic": first["arithmetic"] + (also if lines else "")})
    return joined


def join_places(rows: list[Row]) -> list[Row]:
    """Join the findings of one text that say the same wrong figure in several lines (同一数字多处写错).

    Args:
        rows: Findings in the order of the text, each with ``code``, ``printed``, ``derived``, ``title``, ``message``,
            ``source_file`` and ``source_cell``.

    Returns:
        One finding per figure, at its first line; ``place_count`` says how many lines, ``places`` lists each as
        :func:`jixiao.checks.causes.list_places` reads it, and the message names the other lines. What has no printed or
        no derived figure is not joined.

    Example:
        >>> one = {"code": "claim_parts", "printed": "386", "derived": "396", "title": "不符", "message": "差10",
        ...        "source_file": "a", "source_cell": "第1行", "place_count": 1, "places": ""}
        >>> (told,) = join_places([one, {**one, "source_cell": "第9行"}])
        >>> told["message"], told["place_count"], len(told["places"].splitlines())
        ('差10；同一数字另见第9行', 2, 2)
    """
    grammar = load_grammar()
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for number, row in enumerate(rows):
        is_figure = row["printed"] and row["derived"]
        same = (row["source_file"], row["code"], row["printed"], row["derived"]) if is_figure else (number,)
        groups[same].append(row)
    joined = []
    for first, *others in groups.values():
        cells = list(dict.fromkeys(row["source_cell"] for row in others if row["source_cell"] != first["source_cell"]))
        if not cells:
            joined += [first, *others]
            continue
        listed = [
            f"{one['source_file']}｜!{one['source_cell']}｜{one['title']}：{one['message']}" for one in (first, *others)
        ]
        also = grammar.sentence("also_said", places=grammar.words["between_lines"].join(cells))
        told = {"message": first["message"] + also, "place_count": len(listed), "places": "\n".join(listed)}
        joined.append({**first, **told})
    return joined
