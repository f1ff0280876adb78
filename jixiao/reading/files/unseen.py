"""Take out of a table what no one sees (看不见的内容): hidden rows and columns, each named with its first cell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from jixiao.reading.files.cells import Area, Remark, remark

BETWEEN = " | "
"""What stands between the texts of the cells of one hidden row in its remark."""


def hide(
    texts: list[list[str]],
    merges: Sequence[Area],
    address: Callable[[int, int], str],
    *,
    rows: Mapping[int, str],
    columns: Collection[int] = (),
) -> list[Remark]:
    """Blank the cells of hidden rows and columns (隐藏的行列); a merge that reaches into sight stays.

    Args:
        texts: The texts of the table, changed in place.
        merges: The merged areas.
        address: Gives the address of a position.
        rows: The hidden rows, each with the kind of remark that says why.
        columns: The hidden columns.

    Returns:
        One remark for each hidden row or column that held text.

    Example:
        >>> texts = [["a", "b"], ["c", "d"]]
        >>> hide(texts, [], lambda row, column: f"{row},{column}", rows={1: "hidden_row"})[0].text, texts
        ('c | d', [['a', 'b'], ['', '']])
    """
    if not rows and not columns:
        return []
    seen = set()
    for top, left, bottom, right in merges:
        is_row = any(row not in rows for row in range(top, min(bottom, len(texts)) + 1))
        is_column = any(column not in columns for column in range(left, right + 1))
        if is_row and is_column:
            seen.add((top, left))
    remarks = []
    for row in sorted(rows):
        if row >= len(texts):
            continue
        held = [place for place, text in enumerate(texts[row]) if text.strip() and (row, place) not in seen]
        if held:
            remarks.append(remark(rows[row], address(row, held[0]), BETWEEN.join(texts[row][place] for place in held)))
        for place in held:
            texts[row][place] = ""
    for column in sorted(columns):
        above = [
            row
            for row, cells in enumerate(texts)
            if column < len(cells) and cells[column].strip() and (row, column) not in seen
        ]
        if above:
            said = BETWEEN.join(texts[row][column] for row in above)
            remarks.append(remark("hidden_column", address(above[0], column), said))
        for row in above:
            texts[row][column] = ""
    return remarks
