"""Tables inside a grid (表区): where a header stands, what its columns mean, and where its rows end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from jixiao.reading.files import Position
from jixiao.reading.forms.assignment import FOREIGN, MONEY, NAMES, VALUES, Column, candidates, is_exact
from jixiao.reading.forms.column_contents import assigned
from jixiao.reading.forms.glued import glued_labels
from jixiao.reading.forms.headers import View
from jixiao.reading.forms.meanings import header_words, meaning_of, parse_header, pattern
from jixiao.reading.forms.table_cells import (
    OF_EXECUTION,
    Table,
    Taught,
    bottom_edge,
    first_choice,
    is_amount,
    own_cells,
)
from jixiao.reading.values.values import normalise

_COLON = re.compile(r"[:：]")
_POINTS = frozenset({"weight", "reported_score"})
_MONEY = frozenset({*MONEY, "execution_rate", "month", "amount"})
_OWN_SURE = 0.9
_FOREIGN_REST = 0.5
"""A cell of which more than this share is no known word is a value, not the header of a group."""
_LOOK_AHEAD = 3
"""How many rows below a header tell whether a column is filled at all."""


def _nothing(text: str, context: str) -> str:
    return ""


def find_tables(view: View, start: int, stop: int, taught: Taught = _nothing) -> list[Table]:
    """Return the tables between two rows of a grid, from top to bottom (逐表识别)."""
    found: list[Table] = []
    row = start
    while row < stop:
        is_inside = (
            bool(found) and found[-1].kind in {"indicators", "projects"} and _is_below_level(view, row, found[-1])
        )
        table = None if is_inside else _table_at(view, row, stop, taught)
        if table is None:
            row += 1
            continue
        found.append(table)
        row = table.bottom + 1
    return [
        assigned(view, replace(table, stop=min(table.stop, found[number + 1].top if number + 1 < len(found) else stop)))
        for number, table in enumerate(found)
    ]


def _is_below_level(view: View, row: int, table: Table) -> bool:
    """Say whether a level that began in a row above reaches down to a row: it is a row of the table, no new header.

    A row that prints declared headers is one all the same.
    """
    cells = own_cells(view, row)
    if 2 * sum(is_exact(text) for _, _, text in cells) > len(cells):
        return False
    levels = [column for column in table.columns if first_choice(column) in {"level1", "level2", "project"}]
    words = [re.compile(header_words()[name]) for name in ("category_words", "subcategory_words")]
    return any(
        table.bottom < view.corner(row, column.left)[0] < row
        or any(word.fullmatch(normalise(view.texts[row][column.left])) for word in words)
        for column in levels
    )


def _named_below(view: View, row: int, columns: list[Column]) -> list[Column]:
    """Name a column of money by the label that stands before its first amount (资金执行情况: 执行数 | 304)."""
    taken = {first_choice(column) for column in columns}
    result = list(columns)
    for place, column in enumerate(columns):
        if column.choices or column.right == column.left or row >= view.height:
            continue
        texts = [view.texts[row][at].strip() for at in range(column.left, column.right + 1)]
        found = meaning_of(texts[0], "funds") if is_amount(texts[-1]) and not is_amount(texts[0]) else None
        if found is not None and found.name in MONEY and found.name not in taken and found.sure >= _OWN_SURE:
            result[place] = replace(column, choices=((found.name, found.sure),), how="content")
            taken.add(found.name)
    return result


def _table_at(view: View, row: int, stop: int, taught: Taught) -> Table | None:
    cells = own_cells(view, row)
    if len(cells) < 2 or any(_is_filled_label(text) for _, _, text in cells):
        return None
    for context in ("columns", "funds"):
        kind = _kind_of(view, row, cells, context, taught)
        if kind:
            return _open(view, row, stop, kind, context, taught)
    return None


def _is_filled_label(text: str) -> bool:
    """Say whether a cell holds a label with its value (主管部门：示例局), which no header does."""
    return _COLON.search(text) is not None and any(value for _, _, value in glued_labels(text))


def _meaning(text: str, context: str, taught: Taught) -> tuple[str, float]:
    name = taught(text, context)
    if name:
        return name, 1.0
    if pattern("states").search(text):
        return "", 0.0  # a cell that says something behind a colon heads no column
    found = meaning_of(text, context)
    return (found.name, found.sure) if found else ("", 0.0)


_SURE_MONEY = 0.9
"""How sure the one column of money must be that makes a table with points one of money."""


def _kind_of(view: View, row: int, cells: list[tuple[int, int, str]], context: str, taught: Taught) -> str:
    """Return what kind of table a row of cells opens, empty when it is no header."""
    threshold = float(header_words()["threshold"])
    below = {left: text for left, _, text in own_cells(view, row + 1)} if row + 1 < view.height else {}
    if any(is_amount(text) for text in below.values()):
        below = {}
    meanings: list[str] = []
    surest: dict[str, float] = {}
    counted = amounts = direct = 0
    is_coded = context == "columns" and _has_project_code(text for _, _, text in cells)
    for left, right, text in cells:
        name, sure = ("project", 1.0) if is_coded and _is_bare_project(text) else _meaning(text, context, taught)
        direct += bool(name and sure >= threshold)
        is_wide = right > left and parse_header(text).rest <= _FOREIGN_REST
        under = [t for at, t in below.items() if left <= at <= right] if is_wide else []
        if (not name or sure < threshold) and len(under) > 1:
            name, sure = next(
                ((n, s) for t in under for n, s in [_meaning(text + t, context, taught)] if s >= threshold), ("", 0.0)
            )
        is_side = not meanings and bottom_edge(view, row, left) > row + 1
        if is_amount(text):
            amounts += 1
        if name and sure >= threshold:
            meanings.append(name)
            surest[name] = max(sure, surest.get(name, 0.0))
        elif not is_side:
            counted += 1
    distinct = set(meanings) if direct else set()
    if context == "columns":
        if amounts > 1 or counted > len(meanings):
            return ""
        has_name = distinct & {*NAMES}
        values = distinct & {
            *VALUES,
            *FOREIGN,
            "standard",
            "half_target",
            "target_relation",
            "goal",
            "scoring_standard",
        }
        levels = distinct & {"level1", "level2", "level3"}
        if "project" in distinct and (levels or (has_name and values)) and len(distinct) >= 4:
            return "projects"
        is_header = has_name and values - {"goal"} and len(distinct) >= 3
        is_header = is_header or (len(levels) >= 2 and values)
        is_header = is_header or (has_name and distinct & {"target", "actual"} and not counted and not amounts)
        return "indicators" if is_header else ""
    money = distinct & {*MONEY, "execution_rate", "month"}
    if amounts or not money or not any(_is_certain(text, taught) for _, _, text in cells):
        return ""
    with_points = distinct & {
        "weight",
        "reported_score",
        "execution_rate",
        "arrival_rate",
        "source",
        "last",
        "adjustment",
    }
    is_lone = len(money | with_points - {"weight", "reported_score"}) == 1  # points alone may stand beside anything
    if is_lone and max(surest[name] for name in money) < _SURE_MONEY:
        return ""
    if distinct & set(MONEY) and len(money | with_points) >= 2:
        return "funds"
    if "amount" in distinct and distinct & {"item", "last", "source"}:
        return "costs"
    return ""


def _is_certain(text: str, taught: Taught) -> bool:
    """Say whether every word of a header of money is known: one nobody knows may make a target of a budget."""
    found = meaning_of(text, "funds")
    return bool(taught(text, "funds")) or (found is not None and found.name in _MONEY and found.rest == 0)


def _headers(view: View, row: int, context: str, taught: Taught) -> tuple[int, list[tuple[int, int, str, Position]]]:
    """Return the last row of a header and its cells: first and last column, text, position."""
    top = [(left, right, text, (row, left)) for left, right, text in own_cells(view, row)]
    if row + 1 >= view.height:
        return row, top
    below = own_cells(view, row + 1)
    if not below or any(is_amount(text) for _, _, text in below):
        return row, top
    merged_down = any(bottom_edge(view, row, left) == row + 1 for left, _, _, _ in top)
    starts = {left for left, right, _, _ in top if bottom_edge(view, row, left) > row}
    threshold = float(header_words()["threshold"])
    composed: list[tuple[int, int, str, Position]] = []
    understood = 0
    for left, right, text in below:
        over = next((cell for cell in reversed(top) if cell[0] <= left), None)
        over = over if over is not None and (right <= over[1] or not view.corner_of) else None
        name, sure = _meaning(text, context, taught)
        whole, whole_sure = _meaning(over[2] + text, context, taught) if over is not None else ("", 0.0)
        understood += max(sure, whole_sure) >= threshold or text.strip() in header_words()["sub_headers"]
        is_group = over is not None and sum(over[0] <= at <= _reach(view, over, top) for at, _, _ in below) > 1
        if is_group and name in _POINTS and sure >= _OWN_SURE and whole in _POINTS:
            whole = name  # 满分 below 得分情况 stays what it says: the group names both its columns
        joined = _composed(over, text, name, sure, whole if whole != name or whole_sure > sure else "", whole_sure)
        share = _share_of_money(over[2], text) if over is not None and context == "funds" else ""
        understood += bool(share) and max(sure, whole_sure) < threshold
        composed.append((left, right, share or joined, (row + 1, left)))
    groups = [cell for cell in top if sum(cell[0] <= left <= cell[1] for left, _, _ in below) > 1]
    undivided = [cell for cell in top if bottom_edge(view, row, cell[0]) > row and cell not in groups]
    if groups and len(undivided) >= 3 and len(undivided) + len(groups) == len(top):
        understood = len(below)  # every cell of the first row is merged down or divided: both rows are the header
    is_second = (merged_down and groups) or (not view.corner_of and _is_split(view, row, below, top))
    if not is_second or understood < len(below):
        return row, top
    covered = {left for left, _, _, _ in composed}
    kept = [cell for cell in top if cell[0] in starts or not any(cell[0] <= left <= cell[1] for left in covered)]
    return row + 1, sorted([*kept, *composed])


def _share_of_money(over: str, text: str) -> str:
    """Return the header of a source below an amount (预算数 over 小计 and 财政拨款); empty for any other."""
    role, source = meaning_of(over, "funds"), meaning_of(text, "sources")
    if role is None or role.name not in MONEY or role.sure < _OWN_SURE:
        return ""
    is_sum = re.fullmatch(header_words()["subtotals"], normalise(text)) is not None
    if is_sum or (source is not None and source.name == "total"):
        return over
    return f"{over}{header_words()['patterns']['among_sign']}{text}" if source is not None else ""


def _reach(view: View, over: tuple[int, int, str, Position], top: list[tuple[int, int, str, Position]]) -> int:
    """Return the last column that a cell of a header stands over: where nothing is merged, up to the next one."""
    if view.corner_of:
        return over[1]
    return min((left - 1 for left, _, _, _ in top if left > over[0]), default=view.width - 1)


def _is_split(
    view: View, row: int, below: list[tuple[int, int, str]], top: list[tuple[int, int, str, Position]]
) -> bool:
    """Say whether the labels of a row divide those above where no cells are merged: they fill the gaps between them."""
    tops = {left for left, _, _, _ in top}
    under = [left for left, _, _ in below]
    return (
        any(left not in tops for left in under)
        and len(under) < len(tops) + 3
        and all(left in tops or left - 1 in {*tops, *under} for left in under)
    )


def _composed(
    over: tuple[int, int, str, Position] | None, text: str, name: str, sure: float, whole: str, whole_sure: float
) -> str:
    """Return the text of a header that stands below another: both together where that says more."""
    if over is None or name in {"target_relation", "measure_unit", "direction", "nature"}:
        return text
    return over[2] + text if whole and whole_sure >= sure - 0.2 else text


def _has_project_code(headers: Iterable[str]) -> bool:
    """Say whether a header has a column of the codes of projects: 项目 beside it is what they are called."""
    return any(pattern("project_code").search(parse_header(text).core) for text in headers)


def _is_bare_project(text: str) -> bool:
    return pattern("bare_project").fullmatch(normalise(text)) is not None


def _numbers_columns(view: View, row: int) -> bool:
    """Say whether a row below a header numbers its columns (甲, 乙, 1, 2, 3=1+2): it is of the header, no values."""
    words = [normalise(text) for _, _, text in own_cells(view, row)] if row < view.height else []
    numbers = [int(found[0]) for word in words if (found := re.search(r"\d+", word)) and word[0].isascii()]
    is_run = len(numbers) >= 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] <= 2
    is_named = len(numbers) < len(words) or any("=" in word for word in words) or numbers[:1] == [1]
    return len(words) >= 3 and all(map(pattern("numbering_row").fullmatch, words)) and is_run and is_named


def _open(view: View, row: int, stop: int, kind: str, context: str, taught: Taught) -> Table:
    bottom, cells = _headers(view, row, context, taught)
    bottom += _numbers_columns(view, bottom + 1)
    columns: list[Column] = []
    is_coded = kind == "projects" and _has_project_code(text for _, _, text, _ in cells)
    for left, right, text, at in cells:
        said = taught(text, context)
        choices = ((said, 1.0),) if said else candidates(text, context)
        choices = (("project", 1.0),) if is_coded and not said and _is_bare_project(text) else choices
        is_own = bool(choices) and choices[0][0] in {*NAMES, *VALUES}
        if kind == "projects" and (not is_own or (choices[0][0] in _POINTS and _of_project(text))):
            choices = _of_project(text) or choices
        if kind == "costs":
            choices = tuple(("annual_budget" if name == "amount" else name, sure) for name, sure in choices[:1])
        columns.append(Column(left, right, at, text, how="taught" if said else "", choices=choices))
    if kind == "projects" and "reported_score" not in map(first_choice, columns):
        columns = [  # the only score of a list is that of its rows
            replace(one, choices=candidates(one.text, context)) if first_choice(one) == "total_claimed" else one
            for one in columns
        ]
    last = _last_row(view, bottom + 1, stop)
    if context == "funds":
        columns = _before_adjustment(_parts_of_spending(_named_below(view, bottom + 1, columns)))
        columns = _money_columns(columns, view, bottom + 1)
    if context == "columns":
        columns = _without_side(view, bottom, columns)
        columns = _points_by_place(columns)
        columns = _second_half(columns)
    return Table(kind, row, bottom, last, tuple(columns))


def _of_project(text: str) -> tuple[tuple[str, float], ...]:
    """Return what a column of a list says of a whole project: money, its rate, or the total of its score."""
    money = tuple(one for one in candidates(text, "funds") if one[0] in {*MONEY, "execution_rate"})
    total = meaning_of(text, "labels")
    is_total = total is not None and total.name in {"total_claimed", "grade"} and total.sure >= _OWN_SURE
    of_money = meaning_of(text, "funds")
    if of_money is not None and of_money.name in _POINTS and parse_header(text).tags & {"spend", "budget"}:
        return ((f"{OF_EXECUTION}{of_money.name}", of_money.sure),)
    return ((total.name, total.sure),) if is_total and total is not None else money


def _parts_of_spending(columns: list[Column]) -> list[Column]:
    """Take 项目支出 beside 基本支出 for a part of what was spent, not for all of it."""
    if not any(pattern("basic_spending").search(normalise(column.text)) for column in columns):
        return columns
    return [
        replace(column, choices=(("part", 1.0),))
        if pattern("part_of_spending").fullmatch(parse_header(column.text).core)
        else column
        for column in columns
    ]


def _before_adjustment(columns: list[Column]) -> list[Column]:
    """Take the only budget for that of the start of the year where what it was changed by follows (批复数 | 调整数)."""
    names = [first_choice(column) for column in columns]
    budgets = [place for place, name in enumerate(names) if name == "annual_budget"]
    if "initial_budget" in names or len(budgets) != 1 or "adjustment" not in names[budgets[0] + 1 :]:
        return columns
    place = budgets[0]
    if "adjust" in parse_header(columns[place].text).tags or columns[place].how == "taught":
        return columns
    result = list(columns)
    result[place] = replace(columns[place], choices=(("initial_budget", columns[place].choices[0][1]),))
    return result


def _money_columns(columns: list[Column], view: View, row: int) -> list[Column]:
    """Leave out what stands left of the first column of money: it names the block or the rows."""
    money = {*MONEY, "execution_rate", "amount", "last", "month"}
    first = next((p for p, c in enumerate(columns) if first_choice(c) in money), 0)
    if row < view.height and first_choice(columns[first]) not in {"amount", "last", "month"}:
        words = view.texts[row][columns[first].left : columns[first].right + 1]
        others = [first_choice(one) for one in columns[first + 1 :]]
        if meaning_of(words[0], "sources") is not None and set(MONEY) & {*others} and not any(map(is_amount, words)):
            first += 1  # 预算资金 over the names of its sources, which are no amounts
    named = [c for c in columns[:first] if c.choices and c.choices[0][0] in {"source", "item"}]
    return [*named[-1:], *columns[first:]]


def _last_row(view: View, start: int, stop: int) -> int:
    return min(stop, view.height, start + 400)


def _without_side(view: View, bottom: int, columns: list[Column]) -> list[Column]:
    """Leave out the label at the side of a table (绩效指标 beside 一级指标), which is merged down or stands alone."""
    level = next(
        (column for column in columns if column.choices and column.choices[0][0] in {"level1", "level2", "level3"}),
        None,
    )
    if level is None:
        named = next((place for place, column in enumerate(columns) if first_choice(column) in NAMES), 0)
        beside = next((p for p, c in enumerate(columns) if p > named and first_choice(c) in NAMES), 0)
        if beside and _is_empty_below(view, bottom, columns[named]):
            named = beside  # 绩效指标 at the side, 指标名称 over the rows
        return [
            column
            for place, column in enumerate(columns)
            if place >= named or not _is_empty_below(view, bottom, column)
        ]
    before = [column for column in columns if column.left < level.left and not _is_empty_below(view, bottom, column)]
    if {*map(first_choice, before)} & {*VALUES} and {*map(first_choice, before)} & {*NAMES}:
        return columns  # the levels stand behind what they group
    return [column for column in columns if column.left >= level.left or _is_project(column)]


def _is_empty_below(view: View, bottom: int, column: Column) -> bool:
    """Say whether nothing stands below a header but its own cell, as below a label at the side of a table."""
    if bottom_edge(view, *column.at) > bottom + 1:
        return True
    rows = range(bottom + 1, min(bottom + 1 + _LOOK_AHEAD, view.height))
    return not any(
        view.texts[row][column.left].strip() and view.corner(row, column.left) != view.corner(*column.at)
        for row in rows
    ) and bool(rows)


def _is_project(column: Column) -> bool:
    names = {"project", "unit_name", "department", "annual_budget", "total_claimed", "other"}
    found = first_choice(column) in names or first_choice(column).startswith(OF_EXECUTION)
    funds = candidates(column.text, "funds")
    return found or bool(funds and funds[0][0] in {*MONEY, "amount", "execution_rate"})


def _points_by_place(columns: list[Column]) -> list[Column]:
    """Tell the points of a level from those of a row: they stand right behind their level (分值 behind every level)."""
    levels = [column.choices[0][0] if column.choices else "" for column in columns]
    points = [place for place, name in enumerate(levels) if name == "weight"]
    deepest = max((place for place, name in enumerate(levels) if name in {*NAMES}), default=-1)
    result = list(columns)
    for place in points:
        before = levels[place - 1] if place else ""
        name = {"level1": "category_weight", "level2": "subcategory_weight"}.get(before, "")
        if name and place - 1 < deepest:
            result[place] = replace(columns[place], choices=((name, columns[place].choices[0][1]),))
    return result


def _second_half(columns: list[Column]) -> list[Column]:
    """Mark the columns of a right half that repeats the labels of the left one (中期 | 年度)."""
    first: dict[str, int] = {}
    for place, column in enumerate(columns):
        name = column.choices[0][0] if column.choices else ""
        if name in {"level2", "level3", "name"} and name in first:
            half = columns[place:]
            names = [other.choices[0][0] for other in half if other.choices]
            if "target" in names and "target" in first:
                return [
                    *columns[:place],
                    *(replace(one, choices=tuple((f"2:{n}", s) for n, s in one.choices)) for one in half),
                ]
        first.setdefault(name, place)
    return columns


def understood_share(tables: list[Table]) -> float:
    """Return the share of the header cells that are understood (表头理解率)."""
    columns = [column for table in tables for column in table.columns if parse_header(column.text).core]
    return sum(bool(column.name) for column in columns) / len(columns) if columns else 0.0
