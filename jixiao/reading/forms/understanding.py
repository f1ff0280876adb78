"""Forms understood (理解读取): tables, labels and lines of a file become readings, without a declared layout.

Every assignment that is no exact declared header is told with its cell; a column, a label or a row that is not
understood is listed, and nothing is made of its absence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import Position
from jixiao.reading.forms.assignment import MONEY, NAMES, REPEATED, Column, is_exact
from jixiao.reading.forms.blocks import compose_target, signs
from jixiao.reading.forms.column_contents import split_levels
from jixiao.reading.forms.form_money import (
    beside,
    is_money_label,
    of_year,
    read_funds,
    read_money_pair,
    read_prose_money,
)
from jixiao.reading.forms.form_parts import SECOND, Found, Part, cells_under, meaning_names, skip_row, words_pattern
from jixiao.reading.forms.glued import LABEL_SURE, glued_labels, label_in, states_total, without_stamp
from jixiao.reading.forms.meanings import header_words, meaning_of, parse_header, pattern, title_kind
from jixiao.reading.forms.paired import MARK, split_pair
from jixiao.reading.forms.records import Reading, Record, find_money_unit, label_key
from jixiao.reading.forms.table_cells import OF_EXECUTION, Table, bottom_edge, is_amount, is_goal_row, own_cells
from jixiao.reading.values.values import normalise

TEXTS = (
    "deviation_reason",
    "scoring_standard",
    "remark",
    "explanation",
    "measure_unit",
    "target_relation",
    "direction",
)
SUMMED = ("weight", "reported_score", "category_weight", "subcategory_weight", *MONEY)
OF_PROJECT = frozenset(
    {"project", "unit_name", "department", "execution_rate", "total_claimed", "grade", *MONEY}
    | {f"{OF_EXECUTION}weight", f"{OF_EXECUTION}reported_score"}
)
"""What a list of projects says of each project as a whole."""
_COLON = re.compile(r"[:：]")


# ---- rows of indicators ---------------------------------------------------------------------------------------------


def read_rows(part: Part, table: Table, found: Found) -> None:
    """Read the rows of one table into records."""
    table = of_year(table, found.reading.year)
    for column in table.columns:
        part.used.add(column.at)
        if column.name and column.how not in {"exact", ""} and column.name not in {"other", "remark"}:
            _tell_column(part, column)
        elif column.name in (*MONEY, "execution_rate") and len(table.columns) < 3:
            part.tell(column.at, "column_by_parts", name=meaning_names()[column.name])  # so short a header is told
        elif not column.name:
            part.used.discard(column.at)
            part.skip(column.at, "not_understood")
    if table.kind in {"indicators", "projects"}:
        _read_indicators(part, table, found)
    elif table.kind in {"funds", "costs"}:
        read_funds(part, table, found)


def mark_terms(parts: list[Part], reading: Reading) -> None:
    """Mark the rows of trees below each other, one of the whole term and one of the year (长期、年度绩效指标)."""
    sides = {
        table_name(part, table): _side_of(part, table)
        for part in parts
        for table in part.tables
        if table.kind == "indicators"
    }
    if "term" not in sides.values() or set(sides.values()) == {"term"}:
        return
    names = reading_words()["terms"]
    for record in reading.records:
        if record.block == "indicators" and "term" not in record.texts and record.table in sides:
            record.texts = {"term": names[0 if sides[record.table] == "term" else 1], **record.texts}


def _side_of(part: Part, table: Table) -> str:
    """Return whether the label beside a table, or the line above it, names the whole term or the year."""
    if table.top < 0:
        return ""
    view, first = part.view, min(column.left for column in table.columns)
    beside_it = [view.texts[table.top][place] for place in range(first - 1, -1, -1) if view.texts[table.top][place]]
    above = [text for _, _, text in own_cells(view, table.top - 1)] if table.top > part.start else []
    for text in [*beside_it[:1], *(above if len(above) == 1 else [])]:
        for side in ("term", "year"):
            if pattern(f"{side}_side").search(normalise(text)):
                return side
    return ""


def _tell_column(part: Part, column: Column) -> None:
    name = column.name.removeprefix(SECOND)
    if MARK in name:
        first, second = (meaning_names()[one] for one in name.split(MARK))
        part.tell(column.at, "column_of_two", first=first, second=second)
        return
    word = meaning_names().get(name, "")
    if word and word != label_key(column.text):
        reason = {"taught": "taught_column", "content": "column_by_content"}.get(column.how, "column_by_parts")
        part.tell(column.at, reason, name=word)


def _read_indicators(part: Part, table: Table, found: Found) -> None:
    view, columns = part.view, [column for column in table.columns if column.name]
    headers = {column.at for column in table.columns}
    levels = _levels(table)
    deepest = table.named(levels["indicator"]) or table.named(SECOND + levels["indicator"])
    if deepest is not None and levels["indicator"] in {"level1", "level2", "level4"}:
        part.tell(deepest.at, "column_by_parts", name=meaning_names()["name"])
    if deepest is None:
        return
    named = [column for column in columns if column.name.removeprefix(SECOND) in NAMES]
    first = min((column.left for column in named), default=0)
    last_name = max((column.right for column in named), default=0)
    seen_rows = False
    is_closed = False
    tree = ["", ""]
    for row in range(table.bottom + 1, table.stop):
        cells = own_cells(view, row)
        if not cells:
            continue
        if _is_again(part, row, table, cells):
            continue
        kind = _closing_kind(part, row, cells, first, last_name)
        if kind == "grade":
            continue
        if kind and (seen_rows or kind == "total"):
            if not is_closed:
                _read_total(part, row, table, kind, cells, found)
                is_closed |= kind == "total" and seen_rows
            elif kind == "total":
                _read_later_total(part, row, table, cells, found)
            continue
        if is_closed:
            continue
        if _is_of_head(part, row, cells) or (is_goal_row(cells) and len(cells) <= 4):
            continue
        if _is_across(part, row, table, cells, named):
            skip_row(part, row, cells, "across")
            continue
        texts, places = _row_texts(part, row, columns, headers)
        record = _indicator(part, table, row, texts, places, levels, tree)
        if record is None:
            if any(texts.values()):
                skip_row(part, row, cells, "no_name")
            continue
        seen_rows = True
        found.reading.records.extend(record)


def _is_of_head(part: Part, row: int, cells: list[tuple[int, int, str]]) -> bool:
    """Say whether a row below a header is one of the head: a title, or labels with their values."""
    labels = [text for _, _, text in cells if label_in(text)[0] in {"project", "department", "unit", "year"}]
    if labels or (len(cells) == 1 and title_kind(cells[0][2]) != "" and len(cells[0][2]) > 4):
        return True
    return len(cells) == 1 and _COLON.search(cells[0][2]) is not None and states_total(cells[0][2])


def table_name(part: Part, table: Table) -> str:
    """Return the name of a table: that of its sheet for the first one there."""
    tops = [one.top for one in part.tables if one.kind in {"indicators", "projects"}]
    return part.sheet if table.top == min(tops) else f"{part.sheet}:{table.top + 1}"


def _levels(table: Table) -> dict[str, str]:
    """Return which column gives category, subcategory and indicator (层级): column of the frame -> meaning."""
    names = {name.removeprefix(SECOND) for name in table.names}
    deepest = next((name for name in ("level4", "level3", "name", "level2", "level1") if name in names), "")
    third, named = table.named("level3"), table.named("name")
    if (
        third is not None
        and named is not None
        and (deepest, third.left < named.left) == ("level3", True)
        and "indicator" not in parse_header(third.text).tags
    ):
        deepest = "name"  # 绩效内容 | 绩效指标: what stands further right is the indicator
    levels = {"indicator": deepest}
    if deepest == "name" and third is not None and "level2" not in names:
        levels["subcategory"] = "level3"
    if "level1" in names and deepest != "level1":
        levels["category"] = "level1"
    if "level2" in names and deepest != "level2":
        levels["subcategory"] = "level2"
    return levels


def _is_again(part: Part, row: int, table: Table, cells: list[tuple[int, int, str]]) -> bool:
    """Say whether a row repeats the header, as on a new page."""
    printed = {column.left: normalise(column.text) for column in table.columns}
    same = sum(printed.get(left) == normalise(text) for left, _, text in cells)
    if same >= 2 and same >= 0.7 * len(cells):
        part.used.update((row, left) for left, _, _ in cells)
        return True
    return False


def _closing_kind(part: Part, row: int, cells: list[tuple[int, int, str]], first: int, last: int) -> str:
    """Return what a row below the indicators closes: total, subtotal, grade; empty for any other row."""
    left, _right, text = cells[0]
    plain = normalise(text).strip(":;。.")
    if left > last:
        return ""
    others = [cell for cell in cells[1:] if cell[0] <= last and not is_amount(cell[2])]
    if not others and words_pattern("totals").fullmatch(plain):
        return "total"
    if words_pattern("subtotals").search(plain):
        return "subtotal"
    if words_pattern("grades").fullmatch(plain):
        return "grade"
    for _, _, below in cells[1:]:
        if words_pattern("subtotals").search(normalise(below)) and len(normalise(below)) <= 8:
            return "subtotal"
    return ""


def _read_total(part: Part, row: int, table: Table, kind: str, cells: list[tuple[int, int, str]], found: Found) -> None:
    label = (row, cells[0][0])
    part.used.add(label)
    texts = {"list_label": cells[0][2].strip()}
    places = {"list_label": part.view.address(*label)}
    points = [column for column in table.columns if column.name in {"weight", "reported_score"}]
    of_points = [column for column in table.columns if not column.name and dict(column.choices).get("weight")]
    numbers = [  # what stands below points that could not be read is no score
        (row, left)
        for left, _, text in cells[1:]
        if is_amount(text) and not any(column.left <= left <= column.right for column in of_points)
    ]
    first = min((column.left for column in points), default=part.view.width if len(numbers) == 1 else 0)
    for column in points:
        under = [at for at in cells_under(part, row, column) if at[0] == row and at != label and at[1] >= column.left]
        if under and is_amount(part.text(under[0])):
            texts[column.name], places[column.name] = part.text(under[0]), part.view.address(*under[0])
            part.used.add(under[0])
    is_beside = len(cells) > 1 and is_amount(cells[1][2]) and cells[1][0] < first
    alone = numbers if len(numbers) == 1 and numbers[0][1] and not texts.get("weight") else []
    value = (numbers[:1] if is_beside and kind == "total" else []) or (
        alone if kind == "total" or table.named("weight") is None else []
    )
    if value and "reported_score" not in texts:
        texts["reported_score"], places["reported_score"] = part.text(value[0]), part.view.address(*value[0])
        part.used.add(value[0])
        part.tell(value[0], "total_beside")
    texts.setdefault("weight", "")
    name = table_name(part, table)
    found.reading.records.append(Record(kind, part.sheet, row + 1, texts, places, table=name))


def _read_later_total(part: Part, row: int, table: Table, cells: list[tuple[int, int, str]], found: Found) -> None:
    """Read a second total below the first (合计, 执行率得分, 总得分): the one of more points is that of the form."""
    records = found.reading.records
    first = next(one for one in reversed(records) if one.block == "total")
    _read_total(part, row, table, "total", cells, found)
    points = [_points_of(one.texts.get("weight", "")) for one in (first, records[-1])]
    if points[1] is None or points[0] is None:
        part.used -= {(row, left) for left, _, _ in cells}
        records.pop()
        return
    (first if points[1] > points[0] else records[-1]).block = "subtotal"


def read_late_totals(part: Part, found: Found) -> None:
    """Read the total of a form that stands below its money, under the points of the indicators above both."""
    for row in part.late_totals:
        above = [table for table in part.tables if table.kind == "indicators" and table.top < row]
        cells = own_cells(part.view, row)
        if above and not any(one.block == "total" for one in found.reading.records):
            _read_total(part, row, above[-1], "total", cells, found)


def _points_of(text: str) -> float | None:
    plain = normalise(text)
    return float(plain[:-1] if not plain[-1:].isdigit() else plain) if pattern("points_cell").fullmatch(plain) else None


def _is_across(part: Part, row: int, table: Table, cells: list[tuple[int, int, str]], named: list[Column]) -> bool:
    """Say whether a row is an opinion, a stamp or a note: one cell over names and values, or a label that says so."""
    values = [column for column in table.columns if column.name and column not in named]
    if len(cells) == 1 and len(named) == 1 and _names_level(cells[0][2]):
        return False  # 一、产出指标（50分） over the whole table is the level of the rows below it
    for left, right, _text in cells:
        covers_name = any(column.left <= right and left <= column.right for column in named)
        covered = [column for column in values if column.left <= right and left <= column.right]
        if covers_name and covered and (len(covered) > 1 or right - left > 0):
            return True
    first = normalise(cells[0][2])
    if words_pattern("closing_start").search(first) and all(_COLON.search(text) for _, _, text in cells):
        return True
    is_closing = words_pattern("closing").search(first) is not None and len(first) <= 30
    wide = {
        left for left, right, _ in cells if sum(column.left <= right and left <= column.right for column in values) > 1
    }  # what stands under several headers is no value of one of them
    filled = [
        column
        for column in values
        if column.name in {"target", "actual", "weight", "reported_score"}
        and (under := [at for at in cells_under(part, row, column) if at[0] < row or at[1] not in wide])
        and (column.name in {"target", "actual"} or is_amount(part.text(under[0])))
    ]
    if len(cells) == 1 and not filled and _level_by_name(cells[0][2], []) is not None:
        return False
    if len(cells) == 1 and not filled and (is_closing or cells[0][1] - cells[0][0] > 0 or len(first) > 20):
        return True
    return (
        is_closing
        and len(cells) <= 3
        and len([column for column in filled if column.name != "target"]) == 0
        and (words_pattern("closing_start").search(first) is not None or not filled)
    )


def _row_texts(
    part: Part, row: int, columns: list[Column], headers: set[Position]
) -> tuple[dict[str, str], dict[str, list[Position]]]:
    """Return the texts of a row by meaning, and the cells they come from."""
    texts: dict[str, str] = {}
    places: dict[str, list[Position]] = {}
    shared: dict[Position, str] = {}
    for column in columns:
        under = [at for at in cells_under(part, row, column) if at not in headers]
        name = column.name
        plain = name.removeprefix(SECOND)
        if MARK in plain:
            first, second = plain.split(MARK)
            at = under[0] if len(under) == 1 and (under[0][0] == row or under[0] not in part.used) else None
            halves = split_pair(part.text(at), (first, second)) if at is not None else None
            if at is not None and halves is not None:
                texts |= {first: halves[0], second: halves[1]}
                places |= {first: [at], second: [at]}
            continue
        if plain in REPEATED:
            for at in under:
                part.skip(at, "known_column")
            continue
        kept = [
            at
            for at in under
            if at[0] == row or plain in {*NAMES, "target", "actual", *TEXTS, "project"} or at not in part.used
        ]
        if plain in SUMMED:
            late = [at for at in under if at[0] < row and at in part.used]
            for at in late:
                part.tell(at, "shared_once")
            kept = [at for at in under if at not in late]
        elif plain in {"target", "actual"}:
            for at in under:
                if at[0] < row and at in part.used:
                    part.tell(at, "shared_again")
        if plain not in NAMES:
            for at in [at for at in kept if at in shared]:
                part.tell(at, "shared_once")
            kept = [at for at in kept if at not in shared]
        for at in kept:
            shared[at] = plain
        texts[name], places[name] = _joined(part, kept, plain)
    return texts, places


def _joined(part: Part, cells: list[Position], name: str) -> tuple[str, list[Position]]:
    """Return the text of the cells under one header, and those cells: sign, value and unit make one text."""
    words = [part.text(at) for at in cells]
    if len(words) < 2:
        return (words[0] if words else ""), cells
    if name in {"target", "actual"}:
        part.tell(cells[0], "joined")
        return "".join(words), cells
    if name in NAMES:
        named = [place for place, word in enumerate(words) if not re.fullmatch(r"\d{1,3}[.、]?", normalise(word))]
        last = named[-1] if named else len(words) - 1
        return words[last], [cells[last], *(at for place, at in enumerate(cells) if place != last)]
    part.tell(cells[0], "first_of_several")
    return words[0], cells[:1]


def _indicator(
    part: Part,
    table: Table,
    row: int,
    texts: dict[str, str],
    places: dict[str, list[Position]],
    levels: dict[str, str],
    tree: list[str],
) -> list[Record] | None:
    halves = any(name.startswith(SECOND) for name in texts)
    records = []
    for half in ("", SECOND) if halves else ("",):
        record = _one_indicator(part, table, row, texts, places, levels, tree, half)
        if record is not None:
            if halves:
                record.texts = {"term": reading_words()["terms"][1 if half else 0], **record.texts}
            records.append(record)
    return records or None


def _one_indicator(
    part: Part,
    table: Table,
    row: int,
    texts: dict[str, str],
    places: dict[str, list[Position]],
    levels: dict[str, str],
    tree: list[str],
    half: str,
) -> Record | None:
    def taken(name: str) -> tuple[str, list[Position]]:
        key = f"{half}{name}" if f"{half}{name}" in texts else name
        return texts.get(key, ""), places.get(key, [])

    values = [name for name in ("target", "target_adjusted", "actual", "weight", "reported_score") if taken(name)[0]]
    name, at = taken(levels["indicator"])
    if not name and levels["indicator"] == "level4":
        name, at = taken("level3")
    if not name and "subcategory" in levels and taken("level2")[0] and len(values) > 1:
        at = []
    elif not name:
        return None
    if set(levels) == {"indicator"}:
        step = _level_by_name(name, values, tree[0])
        if step is not None:
            tree[step:] = [pattern("number").sub("", normalise(name)), *[""] * (1 - step)]
            part.used.update(at)
            return None
    elif not values and not _has_values_column(table):
        pass
    elif not values and not half:
        return _unused_row(part, table, row, name, at, texts, places, levels)
    record: dict[str, str] = {}
    cells: dict[str, str] = {}

    def put(column: str, text: str, where: list[Position]) -> None:
        record[column] = text
        if where:
            cells[column] = part.view.address(*where[0])
            part.used.update(where)

    for column in ("category", "subcategory"):
        if column in levels:
            put(column, *taken(levels[column]))
            both = split_levels(record[column]) if column == "category" and "subcategory" not in levels else None
            if both is not None:
                record["category"], record["subcategory"] = both
                cells["subcategory"] = cells["category"]
        elif set(levels) == {"indicator"}:
            record[column] = tree[0 if column == "category" else 1]
    put("indicator", name, at)
    if set(levels) == {"indicator"} and not tree[0]:
        groups = [place for place in at[1:] if not is_amount(part.text(place))]  # one header over group and name
        for column, place in zip(("category", "subcategory"), groups, strict=False):
            put(column, part.text(place), [place])
    present = {key.removeprefix(half) if half else key for key in texts}
    for column in (
        "target",
        "actual",
        "weight",
        "reported_score",
        *TEXTS,
        "category_weight",
        "subcategory_weight",
        "completion",
        "nature",
    ):
        if column in present or column in texts:
            put(column, *taken(column))
    adjusted, where = taken("target_adjusted")
    if adjusted and not re.fullmatch(r"[-—/]*", normalise(adjusted)):
        put("target", adjusted, where)
    direction = normalise(record.get("direction", ""))
    if direction in signs():
        record.pop("direction")
        put("target_relation", taken("direction")[0], taken("direction")[1])
    nature = record.pop("nature", "")
    if nature:
        _settle_nature(record, cells, nature, taken("nature")[1], part)
    for key, listed in places.items():
        if key in {"standard", "goal", "situation"}:
            for position in listed:
                part.skip(position, "known_column")
        elif key in OF_PROJECT:
            part.used.update(listed)
    _clean_unit(part, record, taken("measure_unit")[1])
    if record.get("target_relation") or record.get("measure_unit"):
        record["target"] = _composed_target(record)
    return Record("indicators", part.sheet, row + 1, record, cells, table=table_name(part, table))


def _composed_target(texts: dict[str, str]) -> str:
    """Return the target with the sign and the unit that stand in columns of their own."""
    record = Record("indicators", "", 0, dict(texts), {})
    compose_target(record)
    return record.texts.get("target", "")


def _settle_nature(record: dict[str, str], cells: dict[str, str], nature: str, at: list[Position], part: Part) -> None:
    """Take 指标性质 for what it holds: a sign is the relation of the target, a word its direction or kind."""
    plain = normalise(nature)
    name = "direction" if record.get("target_relation") and plain not in signs() else "target_relation"
    if not record.get(name):
        record[name] = nature
        if at:
            cells[name] = part.view.address(*at[0])
            part.used.update(at)


def _clean_unit(part: Part, record: dict[str, str], at: list[Position]) -> None:
    unit = normalise(record.get("measure_unit", ""))
    if unit and not unit[0].isalpha() and unit[0] not in "%‰°":
        record["measure_unit"] = ""
        if at:
            part.tell(at[0], "odd_unit")


def _has_values_column(table: Table) -> bool:
    return bool(table.names & {"target", "actual", "weight", "reported_score"})


def _is_below(name: str, above: str) -> bool:
    """Say whether a name that may be of either level is one below another: 成本 below 产出, 满意度 below 满意度指标."""
    ours, theirs = (pattern("level_mark").sub("", text) for text in (name, above))
    within = header_words()["below"]
    return ours in theirs or theirs in ours or any(one in theirs and other in ours for one, other in within.items())


def _names_level(text: str) -> bool:
    """Say whether a text is a word of a level and nothing else."""
    plain = normalise(text)
    return any(words_pattern(listed).fullmatch(plain) for listed in ("category_words", "subcategory_words"))


def _level_by_name(name: str, values: list[str], above: str = "") -> int | None:
    """Return the level (0 or 1) that a row in a single column of names names; nothing for an indicator."""
    plain = normalise(name)
    is_valueless = not [value for value in values if value in {"target", "actual"}]
    if not is_valueless:
        return None
    if above and words_pattern("subcategory_words").fullmatch(plain) and _is_below(plain, normalise(above)):
        return 1
    if words_pattern("category_words").fullmatch(plain) or pattern("first_level").match(plain):
        return 0
    if words_pattern("subcategory_words").fullmatch(plain) or pattern("second_level").match(plain):
        return 1
    return None


def _unused_row(
    part: Part,
    table: Table,
    row: int,
    name: str,
    at: list[Position],
    texts: dict[str, str],
    places: dict[str, list[Position]],
    levels: dict[str, str],
) -> Record | None:
    """Keep a row with a name and no value as the printed form has it, unless it is a label of something else."""
    plain = normalise(name)
    labels = meaning_of(name, "labels")
    if (labels is not None and labels.sure >= LABEL_SURE) or words_pattern("closing").search(plain):
        return None
    record, cells = {}, {}
    for column, source in levels.items():
        record[column] = texts.get(source, "")
        if places.get(source):
            cells[column] = part.view.address(*places[source][0])
    if "category" in levels and not record.get("category") and not record.get("subcategory") and not at:
        return None
    for column in ("target", "actual", "weight", "reported_score", "deviation_reason"):
        if column in texts:
            record[column] = texts[column]
    for listed in places.values():
        part.used.update(listed)
    return Record("indicators", part.sheet, row + 1, record, cells, table=table_name(part, table))


# ---- labels, goals and lines ----------------------------------------------------------------------------------------


def read_labels(part: Part, found: Found) -> None:
    """Read what labels say beside, below or within their cells (项目名称, 主管部门, 预算数 …)."""
    view = part.view
    for row, column in view.filled:
        at = (row, column)
        if not part.start <= row < part.stop or at in part.used or at in part.reasons:
            continue
        text = view.texts[row][column]
        said = found.taught(text, "labels")
        name = {"other": "ignored"}.get(said, said) or label_in(text)[0]
        if said and name != "ignored":
            part.tell(at, "taught_column", name=meaning_names()[said])
        if name:
            _read_label(part, found, at, name, text)
            continue
        if read_money_pair(part, found, at, text) or read_prose_money(part, found, at):
            continue
        if _COLON.search(text):
            for label, meaning, value in glued_labels(text):
                following = beside(view, row, column) if not value and text.rstrip().endswith((":", "：")) else None
                is_last = following is not None and text.rstrip(" :：\n").endswith(label.rstrip(" :："))
                if is_last and meaning != "ignored" and following is not None and following not in part.used:
                    part.used |= {at, following}
                    _keep(found, part, meaning, label, part.text(following), following, rank=-1)
                    continue
                part.used.add(at) if meaning != "ignored" else part.skip(at, "ignored")
                if meaning != "ignored" and value and not find_money_unit(f"({value})"):
                    _keep(found, part, meaning, label, value, at, rank=-1)


def _read_label(part: Part, found: Found, at: Position, name: str, text: str) -> None:
    view = part.view
    value = beside(view, *at)
    if name == "total_claimed" and (value is None or not is_amount(part.text(value))):
        value = _below(part, at)
    elif name == "total_claimed" and value is not None and _goes_on(part, value):
        part.skip(value, "no_column")  # 总分 | 100 | 95.68: which of them was reached a header says, not the label
        return
    is_conclusion = name == "ignored" and "conclusion" in parse_header(text).tags
    if is_conclusion and value is not None and value not in part.used and _is_grade(part.text(value)):
        part.used |= {at, value}
        _keep(found, part, "grade", text, part.text(value), value, rank=-1)
        return
    if name == "ignored":
        part.skip(at, "ignored")
        if value is not None and value not in part.used and not read_prose_money(part, found, value):
            part.skip(value, "ignored")
        return
    part.used.add(at)
    if value is None or value in part.used:
        return
    written = part.text(value)
    if name in {"total_claimed"} and not is_amount(written):
        part.used.discard(at)
        return
    if _keep(found, part, name, text, written, value, rank=0):
        part.used.add(value)


def _is_grade(text: str) -> bool:
    return pattern("grade_word").fullmatch(normalise(text)) is not None


def _goes_on(part: Part, at: Position) -> bool:
    """Say whether another amount stands next to one in its row."""
    view = part.view
    right = (view.corner(at[0], place) for place in range(at[1] + 1, view.width))
    beyond = next((place for place in right if place != at and part.text(place)), None)
    return beyond is not None and is_amount(part.text(beyond))


def _below(part: Part, at: Position) -> Position | None:
    view = part.view
    row = bottom_edge(view, *at) + 1
    if row >= part.stop:
        return None
    below = view.corner(row, at[1])
    return below if is_amount(part.text(below)) else None


def _keep(found: Found, part: Part, name: str, label: str, value: str, at: Position, *, rank: int) -> bool:
    """Keep a value of the head; of several for one name the one with the closest label counts."""
    parsed = parse_header(label)
    if name == "unit":
        ranks = [pattern(rank_name).search(parsed.core) is not None for rank_name in ("first_rank", "second_rank")]
        rank += 3 if ranks[0] else 2 if ranks[1] else 1
    if name == "department" and pattern("late_department").search(parsed.core):
        rank -= 2
    if name == "project" and pattern("late_project").search(parsed.core):
        rank -= 1
    if name != "total_claimed":
        value = without_stamp(value)
    head = found.reading.head
    if name in head and found.rank.get(name, 0) >= rank:
        if normalise(next(iter(head[name].texts.values()))) == normalise(value):
            return True
        part.skip(at, "another_value")
        return False
    found.rank[name] = rank
    head[name] = Record("head", part.sheet, at[0] + 1, {name: value}, {name: part.view.address(*at)})
    if not is_exact_label(label, name):
        part.tell(at, "label_by_parts", label=normalise(label).strip(":"), name=meaning_names().get(name, name))
    return True


@cache
def _declared_labels() -> frozenset[tuple[str, str]]:
    from jixiao.reading.forms.families import load_families

    return frozenset((label, column) for family in load_families() for label, column in family.head.items())


def is_exact_label(label: str, name: str) -> bool:
    """Say whether a label is printed as it is declared."""
    return (label_key(label), name) in _declared_labels()


def _is_goal(text: str) -> bool:
    meaning = meaning_of(text, "goals")
    return meaning is not None and meaning.sure >= LABEL_SURE


def read_goals(part: Part, found: Found) -> None:
    """Read the goals in words: beside their label, or below it where two stand side by side (绩效目标)."""
    view = part.view
    for row in range(part.start, part.stop):
        cells = [
            (left, right, text, meaning.name)
            for left, right, text in own_cells(view, row)
            if (row, left) not in part.used
            and not words_pattern("form_ending").search(normalise(text))
            and not re.search(r"[:：]\s*\S", text)
            and (meaning := meaning_of(text, "goals")) is not None
            and meaning.sure >= LABEL_SURE
        ]
        if not cells:
            continue
        several = len(cells) > 1
        taken = [cell for cell in cells if not (several and bottom_edge(view, row, cell[0]) > row)]
        for left, _, _, name in taken:
            value: Position | None = beside(view, row, left)
            is_next_goal = (
                value is None or _is_goal(part.text(value)) or any(value == (row, at) for at, _, _, _ in cells)
            )
            if is_next_goal or (len(taken) > 1 and _stands_below(part, row, left)):
                value = view.corner(row + 1, left) if row + 1 < part.stop else None
            part.used.add((row, left))
            if value is None or value in part.used or not part.text(value) or _is_label(part.text(value)):
                continue
            record = Record(
                "objective",
                part.sheet,
                value[0] + 1,
                {"objective": part.text(value)},
                {"objective": view.address(*value)},
            )
            kept = found.reading.head.setdefault(f"objective_{name}", record)
            if kept.texts == record.texts:
                part.used.add(value)
            else:
                part.skip(value, "another_value")
        for left, _, _, _ in cells:
            part.used.add((row, left))


def _is_label(text: str) -> bool:
    return bool(label_in(text)[0]) or is_money_label(text)


def _stands_below(part: Part, row: int, left: int) -> bool:
    """Say whether a goal stands below its label: text of as many columns, under the label and no label itself."""
    view = part.view
    if row + 1 >= part.stop:
        return False
    below, text = view.corner(row + 1, left), view.texts[row + 1][left].strip()
    is_header = any(table.top <= row + 1 <= table.bottom for table in part.tables)
    return below == (row + 1, left) and bool(text) and not is_header and not _is_goal(text)


def left_over(part: Part, reading: Reading) -> Iterator[dict[str, str]]:
    """Yield every cell of a part that went into no record and is no label, with the reason."""
    reasons = reading_words()["reasons"]
    note = re.compile(reading_words()["note_line"])
    kept = {
        cell
        for record in [*reading.records, *reading.head.values()]
        if record.sheet == part.sheet
        for cell in record.cells.values()
    }
    kept |= {guess["cell"] for guess in part.told}
    headers = {column.at for table in part.tables for column in table.columns}
    unnamed = {column.at for table in part.tables for column in table.columns if not column.name}
    for row, column in part.view.filled:
        at = (row, column)
        if not part.start <= row < part.stop:
            continue
        text, cell = part.view.texts[row][column], part.view.address(row, column)
        is_unit = re.fullmatch(reading_words()["unit_value"], normalise(text)) is not None
        if (
            at in part.used
            and not (at in unnamed and at in part.reasons)
            and (cell in kept or at in headers or is_unit or is_known_label(text))
        ):
            continue
        key = part.reasons.get(at) or ("remark" if note.match(normalise(text)) else "no_column")
        yield {"sheet": part.sheet, "cell": cell, "text": text, "reason": reasons[key]}


def is_known_label(text: str) -> bool:
    """Say whether a text is a label, a title, a line of the year or the unit, and nothing that is filled in."""
    if is_amount(text) or len(normalise(text)) < 2:
        return False
    contexts = ("labels", "goals", "sources")
    found = [meaning for context in contexts if (meaning := meaning_of(text, context)) is not None]
    is_year = re.fullmatch(reading_words()["year_line"], normalise(text)) is not None
    is_line = (
        (bool(title_kind(text)) and len(normalise(text)) > 4)
        or is_year
        or bool(find_money_unit(normalise(text)))
        or is_exact(text)
    )
    is_total = any(words_pattern(name).search(normalise(text)) for name in ("totals", "subtotals", "grades"))
    is_total |= re.fullmatch(reading_words()["unit_label"], normalise(text)) is not None
    return any(meaning.sure >= LABEL_SURE for meaning in found) or is_line or is_total or bool(glued_labels(text))
