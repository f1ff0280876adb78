"""Tables of a PDF without rules (无框线表格): columns and rows by where the words stand; all of it is a guess."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from jixiao.reading.files.cells import Box

Char = dict[str, Any]

GAP = 0.9
"""Width of a gap between two cells, in heights of the text; words of one cell stand closer."""
FEWEST_COLUMNS, FEWEST_ROWS = 3, 3
WRAPPED = 1.3
"""How much wider the gap between two rows is than that between the lines of one cell."""


class Segment(NamedTuple):
    """Some words of one line that stand together."""

    left: float
    right: float
    chars: list[Char]


class Spread(NamedTuple):
    """A table that was found by the places of its words."""

    box: Box
    cells: list[Box]
    chars: list[Char]
    columns: list[float]


def find_spread(chars: Sequence[Char], rules: Sequence[float] = ()) -> Spread | None:
    """Find the one table that the words of a page or of a frame make (按位置找表).

    Args:
        chars: The signs of the page, or of a frame without rules between its columns.
        rules: Heights of the rules that part its rows, when there are some.

    Returns:
        The table with its cells, or None when the words stand in fewer than three columns.
    """
    chars = [char for char in chars if char["text"].strip()]
    if not chars:
        return None
    size = median(char["size"] for char in chars)
    lines = _lines(chars, size)
    wide = [number for number, line in enumerate(lines) if len(line) >= FEWEST_COLUMNS]
    if len(wide) < FEWEST_ROWS:
        return None
    lines = lines if rules else lines[_start(lines, wide, size) : wide[-1] + 1]
    bands = _bands(lines)
    if len(bands) < FEWEST_COLUMNS:
        return None
    tops = [min(char["top"] for part in line for char in part.chars) for line in lines]
    bottoms = [max(char["bottom"] for part in line for char in part.chars) for line in lines]
    edges = _row_edges(tops, bottoms, lines, len(bands), rules)
    columns = [
        bands[0][0] - 1,
        *((first[1] + second[0]) / 2 for first, second in pairwise(bands)),
        bands[-1][1] + 1,
    ]
    held = [char for line in lines for part in line for char in part.chars]
    return Spread((columns[0], edges[0], columns[-1], edges[-1]), _cells(lines, bands, columns, edges), held, columns)


def _lines(chars: Sequence[Char], size: float) -> list[list[Segment]]:
    """Return the lines of some signs from top to bottom, each parted where a gap is wide."""
    lines: list[list[Char]] = []
    for char in sorted(chars, key=lambda char: (char["top"] + char["bottom"]) / 2):
        middle = (char["top"] + char["bottom"]) / 2
        last = lines[-1] if lines else None
        if last is not None and abs(middle - (last[0]["top"] + last[0]["bottom"]) / 2) < size * 0.45:
            last.append(char)
        else:
            lines.append([char])
    parted = []
    for line in lines:
        line.sort(key=lambda char: char["x0"])
        segments: list[Segment] = []
        for char in line:
            if segments and char["x0"] - segments[-1].right <= GAP * size:
                segments[-1].chars.append(char)
                segments[-1] = segments[-1]._replace(right=max(segments[-1].right, char["x1"]))
            else:
                segments.append(Segment(char["x0"], char["x1"], [char]))
        parted.append(segments)
    return parted


def _start(lines: Sequence[list[Segment]], wide: Sequence[int], size: float) -> int:
    """Return the first line of the table: pairs of label and value above its first wide line belong to it."""
    start = wide[0]
    while start > 0 and len(lines[start - 1]) >= 2:
        above, below = lines[start - 1], lines[start]
        if below[0].chars[0]["top"] - above[0].chars[0]["bottom"] > 3 * size:
            break
        start -= 1
    return start


def _bands(lines: Sequence[list[Segment]]) -> list[tuple[float, float]]:
    """Return the columns as stretches from left to right: those of the fullest lines, widened by the others."""
    bands: list[tuple[float, float]] = []
    for line in sorted(lines, key=len, reverse=True):
        for part in line:
            over = [number for number, band in enumerate(bands) if part.left < band[1] and part.right > band[0]]
            if len(over) == 1:
                left, right = bands[over[0]]
                bands[over[0]] = (min(left, part.left), max(right, part.right))
            elif not over and len(line) >= FEWEST_COLUMNS:
                bands.append((part.left, part.right))
        bands.sort()
    return bands


def _row_edges(
    tops: Sequence[float],
    bottoms: Sequence[float],
    lines: Sequence[list[Segment]],
    columns: int,
    rules: Sequence[float],
) -> list[float]:
    """Return the edges of the rows: the rules, else the gaps between lines that are wider than inside a cell."""
    first, last = min(tops) - 1, max(bottoms) + 1
    inner = [rule for rule in rules if first < rule < last]
    if len(inner) >= FEWEST_ROWS - 1:
        return [min(first, rules[0]), *inner, max(last, rules[-1])]
    gaps = [tops[number + 1] - bottoms[number] for number in range(len(tops) - 1)]
    few = [gap for gap, line in zip(gaps, lines[1:], strict=True) if len(line) * 2 <= columns]
    full = [gap for gap, line in zip(gaps, lines[1:], strict=True) if len(line) * 2 > columns]
    tight = min(few, default=0.0)
    is_wrapped = bool(few and full) and median(full) > max(tight, 0.5) * WRAPPED
    edges = [first]
    for number, gap in enumerate(gaps):
        if not is_wrapped or gap > max(tight, 0.5) * WRAPPED:
            edges.append((bottoms[number] + tops[number + 1]) / 2)
    return [*edges, last]


def _cells(
    lines: Iterable[list[Segment]],
    bands: Sequence[tuple[float, float]],
    columns: Sequence[float],
    edges: Sequence[float],
) -> list[Box]:
    """Return a cell for every place of the table; words over several columns make one cell of them."""
    height, width = len(edges) - 1, len(bands)
    spans: dict[tuple[int, int], int] = {}
    for line in lines:
        for part in line:
            middle = (part.chars[0]["top"] + part.chars[0]["bottom"]) / 2
            row = next((number for number in range(height) if middle < edges[number + 1]), height - 1)
            over = [number for number, band in enumerate(bands) if part.left < band[1] and part.right > band[0]]
            if len(over) > 1:
                spans[row, over[0]] = max(spans.get((row, over[0]), 0), over[-1])
    cells = []
    for row in range(height):
        column = 0
        while column < width:
            last = spans.get((row, column), column)
            cells.append((columns[column], edges[row], columns[last + 1], edges[row + 1]))
            column = last + 1
    return cells
