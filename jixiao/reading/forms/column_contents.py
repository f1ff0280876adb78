"""Columns named by what stands below them (栏内内容定栏目): levels, targets, results, reasons that headers leave open.

Each step looks at one kind of doubt, after the headers were given their meanings, and changes nothing that is sure.
"""

from __future__ import annotations

import re
from dataclasses import replace

from jixiao.reading.forms.assignment import NAMES, VALUES, Column, assign
from jixiao.reading.forms.below import are_alike, numbers_of
from jixiao.reading.forms.headers import View
from jixiao.reading.forms.meanings import header_words, pattern
from jixiao.reading.forms.paired import MARK, holds_pairs, pair_of
from jixiao.reading.forms.table_cells import Table, first_choice, is_amount, is_goal_row, own_cells
from jixiao.reading.values.values import normalise

_LONGEST_VALUE = 16
"""A longer text says more than a value."""
_LONGEST_LEVEL = 10
"""A longer text names more than a level."""


def assigned(view: View, table: Table) -> Table:
    """Return a table whose columns have their meanings, by their headers and by what stands below them."""
    context = "columns" if table.kind in {"indicators", "projects"} else "funds"
    rows = _content_rows(view, table, context)
    below = [[_cell_text(view, row, column) for row in rows] for column in table.columns]
    columns = [
        replace(column, name="", how="")
        if column.how == "content" and not before.how and _is_divided(view, rows, column)
        else column
        for before, column in zip(table.columns, _beside_pairs(list(table.columns), below, context), strict=True)
    ]
    if context == "columns":
        columns = _level_between(_levels_by_kind(_named_by_place(columns, below), below), below)
        columns = _goal_as_target(_standard_as_target(_level_beside_name(columns, below), below), below)
        columns = _remark_as_reason(_result_beside_goal(columns, below), below)
    return replace(table, columns=tuple(columns))


def _beside_pairs(columns: list[Column], below: list[list[str]], context: str) -> list[Column]:
    """Assign the columns; one whose header names two values has both where its cells hold both, and else none."""
    pairs = {
        place: pair
        for place, column in enumerate(columns)
        if context == "columns" and column.how != "taught" and (pair := pair_of(column.text)) is not None
    }
    if not pairs:
        return assign(columns, below, context)
    rest = [place for place in range(len(columns)) if place not in pairs]
    named = dict(zip(rest, assign([columns[p] for p in rest], [below[p] for p in rest], context), strict=True))
    taken = [column.name for column in named.values()] + [name for pair in pairs.values() for name in pair]
    for place, pair in pairs.items():
        is_sure = holds_pairs(below[place], pair) and all(taken.count(name) == 1 for name in pair)
        name, how = (MARK.join(pair), "parts") if is_sure else ("", "")
        named[place] = replace(columns[place], name=name, sure=1.0 if is_sure else 0.0, how=how)
    return [named[place] for place in range(len(columns))]


def _level_beside_name(columns: list[Column], below: list[list[str]]) -> list[Column]:
    """Take the left of two columns of names for a level where it groups the rows (绩效指标 | 指标名称)."""
    names = {column.name: place for place, column in enumerate(columns) if column.name in NAMES}
    left, right = names.get("level3"), names.get("name")
    if left is None or right is None or left > right or {"level1", "level2"} & names.keys():
        return columns
    words = [normalise(text) for text in below[left] if text.strip()]
    kinds = {
        name: sum(re.fullmatch(header_words()[listed], word) is not None for word in words)
        for name, listed in (("level1", "category_words"), ("level2", "subcategory_words"))
    }
    is_level = 2 * max(kinds.values()) >= len(words) or len(set(words)) < len(words) or len(words) < len(below[right])
    if not words or not is_level:
        return columns
    name = "level2" if kinds["level2"] > kinds["level1"] else "level1"
    result = list(columns)
    result[left] = replace(columns[left], name=name, how="content")
    return result


def _standard_as_target(columns: list[Column], below: list[list[str]]) -> list[Column]:
    """Take 绩效标准 for the target where a table has no other: what is to be reached, no rule of points."""
    place = next((place for place, column in enumerate(columns) if column.name == "standard"), None)
    if place is None or any(column.name in {"target", "target_adjusted"} for column in columns):
        return columns
    words = [text for text in below[place] if text.strip()]
    rules = [text for text in words if pattern("rule_of_points").search(normalise(text))]
    if not words or 3 * len(rules) > len(words):
        return columns
    result = list(columns)
    result[place] = replace(columns[place], name="target", sure=0.7, how="content")
    return result


def _goal_as_target(columns: list[Column], below: list[list[str]]) -> list[Column]:
    """Take 目标 for the target of its row beside results and points, where each result has one and most are numbers."""
    places = {name: place for place, column in enumerate(columns) for name in column.name.split(MARK)}
    if sum(column.name == "goal" for column in columns) > 1:
        return columns
    goal, actual, points = (places.get(name) for name in ("goal", "actual", "weight"))
    if goal is None or actual is None or points is None or {"target", "target_adjusted"} & places.keys():
        return columns
    words = [normalise(one) for one, result in zip(below[goal], below[actual], strict=True) if result.strip()]
    with_digits = [word for word in words if any(sign.isdigit() for sign in word) and len(word) <= _LONGEST_VALUE]
    if not words or not all(words) or 10 * len(with_digits) < 8 * len(words):
        return columns
    result = list(columns)
    result[goal] = replace(columns[goal], name="target", sure=0.7, how="parts")
    return result


def _result_beside_goal(columns: list[Column], below: list[list[str]]) -> list[Column]:
    """Take 目标 and 结果 for target and actual where nothing else is: both beside points and a score, of one look."""
    names = [column.name or first_choice(column) for column in columns]
    known = {column.name for column in columns}
    is_scored = {"weight", "reported_score"} <= known and not known & {"target", "target_adjusted", "actual"}
    if not is_scored or names.count("goal") != 1 or names.count("situation") != 1:
        return columns
    goal, result = names.index("goal"), names.index("situation")
    if not are_alike(below[goal], below[result]):
        return columns
    changed = list(columns)
    changed[goal] = replace(columns[goal], name="target", sure=0.7, how="content")
    changed[result] = replace(columns[result], name="actual", sure=0.7, how="content")
    return changed


def _remark_as_reason(columns: list[Column], below: list[list[str]]) -> list[Column]:
    """Take 说明 or 备注 for the reason where it says something of rows that lost points and of no other."""
    places = {column.name: place for place, column in enumerate(columns)}
    remark, weight, score = (places.get(name) for name in ("remark", "weight", "reported_score"))
    if remark is None or weight is None or score is None or "deviation_reason" in places:
        return columns
    pairs = zip(numbers_of(below[weight]), numbers_of(below[score]), below[remark], strict=True)
    rows = [(got < full, normalise(said)) for full, got, said in pairs if full is not None and got is not None]
    lost = sum(is_lost for is_lost, _ in rows)
    explained = [is_lost for is_lost, said in rows if said and not pattern("blank_cell").fullmatch(said)]
    is_reason = all(explained) and 0 < lost < len(rows) and (len(explained) == lost or 2 <= len(explained) >= lost / 2)
    if not is_reason or any(is_amount(text) for text in below[remark]):
        return columns
    result = list(columns)
    result[remark] = replace(columns[remark], name="deviation_reason", how="content")
    return result


def _levels_by_kind(columns: list[Column], below: list[list[str]]) -> list[Column]:
    """Take 指标类型 for the level where a table has no other and every word below is one of a level (产出数量)."""
    if any(column.name in {"level1", "level2"} for column in columns):
        return columns
    result = list(columns)
    natures = [place for place, column in enumerate(columns) if first_choice(column) == "nature"]
    if len(natures) == 2 and all(
        below[place] and all(re.fullmatch(header_words()[listed], normalise(text)) for text in below[place])
        for place, listed in zip(natures, ("category_words", "subcategory_words"), strict=True)
    ):  # 指标级次 | 指标类型: both levels of every row
        for place, name in zip(natures, ("level1", "level2"), strict=True):
            result[place] = replace(columns[place], name=name, how="content")
        return result
    for place, column in enumerate(columns):
        words = [normalise(text) for text in below[place] if text.strip()]
        if column.name not in {"", "nature", "direction", "goal"} or not words:
            continue
        if all(split_levels(word) for word in words) and any(map(_is_known_path, words)):
            result[place] = replace(column, name="level1", how="content")
            return result
        if not column.name:
            continue
        for name, listed in (("level1", "category_words"), ("level2", "subcategory_words")):
            others = "" if column.name != "goal" else header_words()["subcategory_words"]
            fitting = [word for word in words if re.fullmatch(header_words()[listed], word)]
            rest = [word for word in words if word not in fitting and not (others and re.fullmatch(others, word))]
            if fitting and not rest and 2 * len(fitting) > len(words):
                result[place] = replace(column, name=name, how="content")
                return result
    return result


def _level_between(columns: list[Column], below: list[list[str]]) -> list[Column]:
    """Take a column nobody knows between 一级指标 and the names for the level below it where most of its words are."""
    names = {column.name: place for place, column in enumerate(columns)}
    first, last = names.get("level1"), names.get("level3", names.get("name"))
    if first is None or last != first + 2 or "level2" in names or columns[first + 1].name:
        return columns
    words = [normalise(text) for text in below[first + 1] if text.strip()]
    known = [word for word in words if re.fullmatch(header_words()["subcategory_words"], word)]
    if 2 * len(known) < len(words) or not words or any(len(word) > _LONGEST_LEVEL or is_amount(word) for word in words):
        return columns
    result = list(columns)
    result[first + 1] = replace(columns[first + 1], name="level2", sure=0.7, how="content")
    return result


def _is_known_path(word: str) -> bool:
    """Say whether both levels of a cell are words of levels, which shows what the other cells beside it are."""
    levels = split_levels(word)
    return levels is not None and re.fullmatch(header_words()["subcategory_words"], levels[1]) is not None


def split_levels(text: str) -> tuple[str, str] | None:
    """Return category and subcategory of a cell that names both (产出指标/数量指标), nothing for any other text.

    Example:
        >>> split_levels("产出指标/数量指标"), split_levels("产出数量")
        (('产出指标', '数量指标'), None)
    """
    first, _, second = pattern("level_path").sub("\n", normalise(text), count=1).partition("\n")
    is_path = 0 < len(second) <= _LONGEST_LEVEL and re.fullmatch(header_words()["category_words"], first)
    return (first, second) if is_path else None


def _content_rows(view: View, table: Table, context: str) -> list[int]:
    """Return the rows of a table that hold its contents: up to its total, to an opinion, or to the end of its money."""
    ends = [re.compile(header_words()[name]) for name in ("totals", "closing_start")]
    rows: list[int] = []
    for row in range(table.bottom + 1, table.stop):
        cells = own_cells(view, row)
        if not cells:
            continue
        if context == "columns" and any(end.match(normalise(cells[0][2]).strip(":")) for end in ends):
            if rows:
                break
            continue  # a total that is printed before the rows
        if context == "columns" and (is_goal_row(cells) or _is_band(cells, table)):
            continue
        if context == "funds" and not any(is_amount(_cell_text(view, row, column)) for column in table.columns):
            if rows:
                break
            continue
        rows.append(row)
    return rows


def _is_band(cells: list[tuple[int, int, str]], table: Table) -> bool:
    """Say whether one cell over several columns is all a row holds (一、产出指标): no value of any of them."""
    ((left, right, _), *more) = cells
    return not more and sum(column.left <= right and left <= column.right for column in table.columns) > 1


def _is_divided(view: View, rows: list[int], column: Column) -> bool:
    """Say whether several cells of a row stand below a header: the first of them proves nothing of it."""
    return column.right > column.left and any(
        len({view.corner(row, at) for at in range(column.left, column.right + 1) if view.texts[row][at].strip()}) > 1
        for row in rows
    )


def _cell_text(view: View, row: int, column: Column) -> str:
    """Return the first text of a row under a header."""
    return next((text for text in view.texts[row][column.left : column.right + 1] if text.strip()), "")


def _named_by_place(columns: list[Column], below: list[list[str]]) -> list[Column]:
    """Name the column of the indicators where its header is not understood: it stands behind levels that only group.

    Without such a column the table has no names, and what its levels say is no indicator.
    """
    names = {column.name: place for place, column in enumerate(columns) if column.name in NAMES}
    deepest = next((name for name in ("level4", "level3", "name", "level2", "level1") if name in names), "")
    is_level = deepest in {"level1", "level2"}
    if not deepest or _grouping(below[names[deepest]]) < (0.5 if is_level else 1):
        return columns
    place = names[deepest]
    open_places = (p for p in range(place + 1, len(columns)) if not columns[p].name)
    behind = next((p for p in open_places if first_choice(columns[p]) in {"", *NAMES}), None)
    is_text = (
        behind is not None
        and _grouping(below[behind]) < 0.5
        and behind <= place + 2
        and any(text.strip() and not is_amount(text) for text in below[behind])
    )
    if not is_level and not is_text:
        return columns
    result = list(columns)
    if is_text and behind is not None and (is_level or first_choice(columns[behind])):
        result[behind] = replace(columns[behind], name="level3", sure=0.7, how="content")
        if not is_level:  # 指标 over words of levels, and what they group beside it
            level = "level1" if "level1" not in names else "level2"
            result[place] = replace(columns[place], name=level, how="content")
        return result
    return [replace(column, name="", how="") if column.name in {*NAMES, *VALUES} else column for column in columns]


def _grouping(cells: list[str]) -> float:
    """Return the share of the cells of a column that are words of levels: they group indicators and are none (产出)."""
    words = [normalise(text) for text in cells if text.strip()]
    grouping = re.compile(header_words()["subcategory_words"]), re.compile(header_words()["category_words"])
    return sum(any(one.fullmatch(word) for one in grouping) for word in words) / len(words) if words else 0.0
