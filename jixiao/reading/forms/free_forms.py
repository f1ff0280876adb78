"""Read the forms of a file whose layout is not declared (未登记版式): divide its grids, read each, name what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from jixiao.core.errors import AnotherKindError, EmptyFormError, FormError, NoTableError
from jixiao.core.vocabulary import reading_words, value_labels
from jixiao.reading.files import Grid
from jixiao.reading.forms.assignment import FOREIGN, MONEY, NAMES
from jixiao.reading.forms.blocks import ticked
from jixiao.reading.forms.divisions import stand_apart
from jixiao.reading.forms.form_parts import Found, Part, no_lesson
from jixiao.reading.forms.glued import LABEL_SURE, glued_labels, label_in
from jixiao.reading.forms.headers import View
from jixiao.reading.forms.meanings import header_words, meaning_of, parse_header, pattern, title_kind
from jixiao.reading.forms.naming import (
    is_office,
    kind_of_titles,
    name_in_title,
    office_in_title,
    settle_year,
    without_code,
    year_of_line,
)
from jixiao.reading.forms.pieces import unit_beside
from jixiao.reading.forms.records import Reading, Record, find_money_unit
from jixiao.reading.forms.regions import find_tables
from jixiao.reading.forms.stated_lines import read_stated
from jixiao.reading.forms.table_cells import OF_EXECUTION, Table, Taught, own_cells
from jixiao.reading.forms.turned_money import read_turned
from jixiao.reading.forms.understanding import (
    left_over,
    mark_terms,
    read_goals,
    read_labels,
    read_late_totals,
    read_rows,
    table_name,
)
from jixiao.reading.values.values import normalise

_MAIN = ("indicators", "projects")
_POINTS = re.compile(r"\d{1,3}(?:\.\d+)?")
_OF_EXECUTION = (f"{OF_EXECUTION}weight", f"{OF_EXECUTION}reported_score")
_WHOLE_TREE = 80
"""Points from which the indicators of one table are a whole tree."""


@dataclass
class _Form:
    """The parts of the grids that make one form."""

    parts: list[Part] = field(default_factory=list)


def understand(grids: list[Grid], name: str, *, taught: Taught = no_lesson, place: str = "") -> list[Reading]:
    """Read every form of the grids of a file by the meanings of its headers (按词义读取).

    Args:
        grids: The grids of the file.
        name: How the file is named in the provenance columns.
        taught: What a taught family says of a header.
        place: The path of the file, whose folder may state the year.

    Raises:
        FormError: No form was understood; the sentence says what is in the way.
    """
    readings: list[Reading] = []
    refused: list[FormError] = []
    views = [part for grid in grids for part in stand_apart(View(grid))]
    forms = divide(views, taught)
    titles_before: list[str] = []
    unread: list[Part] = []
    for form in forms:
        titles = _titles(form) or titles_before
        titles_before = titles if any(title_kind(title) for title in titles) else titles_before
        if not any(part.tables for part in form.parts):
            unread += form.parts
            continue
        try:
            found = _read(
                form,
                name,
                titles if any(map(title_kind, titles)) else [*titles, *titles_before],
                place or name,
                taught,
            )
        except FormError as error:
            refused.append(error)
            unread += form.parts
            continue
        readings += found
    if not readings:
        raise refused[0] if refused else _question(views, name)
    for part in unread:
        nothing_read = replace(part, used=set(), reasons=dict.fromkeys(part.view.filled, "no_form"))
        readings[0].skipped += list(left_over(nothing_read, readings[0]))
    margins = [(grid.sheet, line) for grid in grids for line in grid.margins]
    readings[0].skipped += [
        {"sheet": sheet, "cell": line.address, "text": line.text, "reason": reading_words()["reasons"]["margin"]}
        for sheet, line in margins
    ]
    return readings


def _question(views: list[View], name: str) -> FormError:
    """Return what stands in the way of a file in which no table was found: the row that comes closest to a header."""
    best: tuple[int, View, list[str]] | None = None
    for view in views:
        for row in range(view.height):
            texts = [text for _, _, text in own_cells(view, row)]
            known = {meaning.name for text in texts if (meaning := meaning_of(text, "columns")) and meaning.sure >= 0.9}
            if len(known) >= 3 and known & {*NAMES} and (best is None or len(known) > best[0]):
                best = (len(known), view, [text for text in texts if meaning_of(text, "columns") is None])
    if best is None:
        return NoTableError(name, "没有找到可识别的表头", "请检查表头文字是否完整")
    return _unknown_columns(name, best[0], best[2], best[1].grid.sheet)


def _unknown_columns(name: str, known: int, unknown: list[str], sheet: str) -> FormError:
    listed = "”“".join(normalise(text) for text in unknown)
    return FormError(
        name,
        f"表头只认识{known}栏，不认识“{listed}”",
        "请用 jixiao read --ask 列出问题，或在 12_teach_a_form 中示教一次",
        place=sheet,
    )


def divide(views: list[View], taught: Taught = no_lesson) -> list[_Form]:
    """Divide grids into forms: each names its project once; a table without one belongs to the form before (划分)."""
    forms: list[_Form] = []
    waiting: list[Part] = []
    last: tuple[View, Table] | None = None
    for view in views:
        tables = find_tables(view, 0, view.height, taught)
        if last is not None and not tables and _goes_on(view, last[0]):
            tables = [_continued(last[1], view.height)]
        last = (view, tables[-1]) if tables else None
        starts = _starts(view, tables)
        if len(starts) < 2:
            part = Part(view, 0, view.height, tables)
            if _begins_form(part, bool(starts), forms):
                forms.append(_Form([*waiting, part]))
                waiting = []
            elif forms:
                forms[-1].parts.append(part)
            else:
                waiting.append(part)
            continue
        bounds = [0, *(_begin(view, tables, row) for row in starts[1:]), view.height]
        for start, stop in pairwise(bounds):
            mine = [table for table in tables if start <= table.top < stop]
            forms.append(_Form([*waiting, Part(view, start, stop, [_cut(table, stop) for table in mine])]))
            waiting = []
    if waiting:
        forms.append(_Form(waiting))
    return forms


def _goes_on(view: View, before: View) -> bool:
    """Say whether a grid without a header is the rest of the table before it (续表)."""
    words = [line.text for line in view.grid.above]
    is_next = view.grid.is_continued or any(pattern("continued").match(normalise(text)) for text in words)
    return is_next and view.width == before.width and not any(title_kind(text) for text in words)


def _continued(table: Table, height: int) -> Table:
    """Return the rest of a table on another grid, below the header it has there no more."""
    columns = tuple(
        replace(column, at=(-1, column.left), how="exact" if column.name else "") for column in table.columns
    )
    return Table(table.kind, -1, -1, height, columns)


def _begins_form(part: Part, is_named: bool, forms: list[_Form]) -> bool:
    """Say whether a grid begins a form: it names a project after one that has rows, or is a second main table."""
    has_main = any(table.kind in _MAIN for table in part.tables)
    if not forms:
        return bool(part.tables)
    if is_named:
        return _has_rows(forms[-1]) or _is_named(forms[-1]) or any(map(_is_list, forms[-1].parts))
    adds = {column.name for table in part.tables for column in table.columns} & {"weight", "reported_score"}
    return has_main and bool(adds) and _has_rows(forms[-1]) and part.view.grid.is_sheet


def _is_list(part: Part) -> bool:
    """Say whether the money of a part stands in a list of projects: its sums are of none of the forms behind it."""
    for table in (table for table in part.tables if table.kind == "funds"):
        cells = own_cells(part.view, table.top)
        found = (meaning_of(text, "columns") for _, _, text in cells)
        if any(one is not None and one.name == "project" and one.sure >= LABEL_SURE for one in found):
            return True
    return False


def _is_named(form: _Form) -> bool:
    return any(_starts(part.view, part.tables) for part in form.parts)


def _cut(table: Table, stop: int) -> Table:
    return Table(table.kind, table.top, table.bottom, min(table.stop, stop), table.columns)


def _has_rows(form: _Form) -> bool:
    return any(table.kind in _MAIN for part in form.parts for table in part.tables)


def _starts(view: View, tables: list[Table]) -> list[int]:
    """Return the rows that name a project, where each begins a form: a table of indicators follows before the next."""
    headers = {row for table in tables for row in range(table.top, table.bottom + 1)}
    rows = []
    for row, column in view.filled:
        if row in headers or row in rows:
            continue
        text = view.texts[row][column]
        name, _ = label_in(text)
        if name == "project" or (
            name == "" and ":" in text.replace("：", ":") and any(n == "project" for _, n, _ in glued_labels(text))
        ):
            rows.append(row)
    mains = [table.top for table in tables if table.kind in _MAIN]
    starts: list[int] = []
    for number, row in enumerate(rows):
        stop = rows[number + 1] if number + 1 < len(rows) else view.height
        if any(row < top < stop for top in mains):
            starts.append(row)
    return starts or rows[:1]


def _begin(view: View, tables: list[Table], row: int) -> int:
    """Return where a form begins: at its title or the line of its office, a few rows above its project."""
    first = row
    for above in range(row - 1, max(row - 6, -1), -1):
        cells = own_cells(view, above)
        if any(table.top <= above < table.bottom + 1 for table in tables) or len(cells) > 3:
            break
        texts = [text for _, _, text in cells]
        if texts and any(re.fullmatch(header_words()[name], normalise(texts[0])) for name in ("totals", "grades")):
            break  # the end of the form above
        if any(
            title_kind(text) or is_office(text) or find_money_unit(normalise(text)) or year_of_line(text)
            for text in texts
        ) or (cells and label_in(texts[0])[0] not in {"", "total_claimed", "grade", "ignored"}):
            first = above
        elif cells:
            break
    return first


def _titles(form: _Form) -> list[str]:
    """Return the lines above the first table or label of a form: lines of text, then rows of one or two cells."""
    part = form.parts[0]
    view, lines = part.view, []
    if part.start == 0:
        lines += [line.text for line in view.grid.above]
        lines += [view.grid.sheet]
    first = min((table.top for table in part.tables), default=part.stop)
    for row in range(part.start, min(first, part.start + 12)):
        cells = own_cells(view, row)
        if any(label_in(text)[0] not in {"", "ignored"} for _, _, text in cells):
            if cells and title_kind(cells[0][2]):
                lines.append(cells[0][2])
            break
        if len(cells) <= 3:
            lines += [text for _, _, text in cells if title_kind(text) or not glued_labels(text)]
    return [line.strip() for line in lines if line.strip()]


def _read(form: _Form, name: str, titles: list[str], place: str, taught: Taught) -> list[Reading]:
    tables = [table for part in form.parts for table in part.tables]
    kind = _kind(name, titles, tables, listed=_lists_projects(form, titles))
    _must_be_understood(name, form, tables)
    reading = Reading(name, kind, family="understood")
    found = Found(reading, titles=titles, taught=taught)
    reading.year = _year_of(titles)
    of_table = ""
    for part in form.parts:
        read_turned(part, found)
        for table in part.tables:
            count = len(reading.records)
            read_rows(part, table, found)
            for record in reading.records[count:]:
                record.table = of_table if table.top < 0 else record.table
            of_table = of_table if table.top < 0 else table_name(part, table) if table.kind in _MAIN else of_table
    mark_terms(form.parts, reading)
    for part in form.parts:
        read_late_totals(part, found)
        read_goals(part, found)
        read_labels(part, found)
        _read_lines(part, found)
    for part in form.parts:
        grid, is_last = part.view.grid, part.stop == part.view.height
        read_stated(reading, part.sheet, grid.above if part.start == 0 else (), grid.below if is_last else ())
    if kind == "":
        raise FormError(name, "没有找到可识别的表头", "请检查表头文字是否完整")
    if not any(_holds_values(record) for record in reading.records):
        raise EmptyFormError(
            name, "表头下没有可读入的内容", "请填写后再放入；空白模板不必放入数据目录", place=form.parts[0].sheet
        )
    _settle(reading, found, form, titles, place)
    columns = [column for table in tables for column in table.columns]
    known = sum(bool(column.name) for column in columns)
    reading.sureness = round(known / max(1, len(columns)) * (1 if any(map(title_kind, titles)) else 0.8), 2)
    for part in form.parts:
        reading.guesses += part.told
        reading.skipped += list(left_over(part, reading))
    reading.unread = _unread(tables)
    projects = next((t for t in tables if t.kind == "projects"), None)
    if projects is not None:
        return _by_project(reading, form, projects)
    _set_copies_apart(reading)
    _tell_several_goals(form, reading)
    return [reading]


def _set_copies_apart(reading: Reading) -> None:
    """Set a table apart that repeats the rows of the first, or says how they were achieved (重复的表、完成情况)."""
    tables: dict[str, list[Record]] = {}
    for record in reading.records:
        if record.block == "indicators" and "term" not in record.texts:
            tables.setdefault(record.table, []).append(record)
    first, *others = tables.values() if tables else [[]]
    names = {normalise(record.texts.get("indicator", "")) for record in first}
    for records in others:
        same = sum(normalise(record.texts.get("indicator", "")) in names for record in records)
        if same < 0.8 * len(records):
            continue
        told = {name for record in records for name in record.texts}
        block = "copy" if told & {"weight", "reported_score"} else "achievements"
        for record in reading.records:
            if record.table == records[0].table and record.block in {"indicators", "total"}:
                record.block = block if record.block == "indicators" else "copy_total"


def _tell_several_goals(form: _Form, reading: Reading) -> None:
    """Tell that several goals have a tree of indicators each, all worth the full score (各目标各一套指标).

    The points of all rows then add up to twice the full score or more, which is no mistake of the form.
    """
    points: dict[str, float] = {}
    for record in reading.records:
        if record.block == "indicators":
            weight = record.texts.get("weight", "").strip()
            points[record.table] = points.get(record.table, 0) + (float(weight) if _POINTS.fullmatch(weight) else 0)
    whole = [name for name, sum_of in points.items() if sum_of >= _WHOLE_TREE]
    if len(whole) < 2:
        return
    part = next(part for part in form.parts if part.tables)
    table = part.tables[-1]
    reading.guesses.append(
        {
            "sheet": part.sheet,
            "cell": part.view.address(*table.columns[0].at),
            "text": table.columns[0].text,
            "reason": reading_words()["reasons"]["several_goals"],
        }
    )


def _unread(tables: list[Table]) -> list[str]:
    """Return the blocks of which a column was not understood: nothing may be concluded from what they lack."""
    blocks = []
    for table in tables:
        block = "indicators" if table.kind in _MAIN else "funds"
        if block not in blocks and any(not column.name for column in table.columns):
            blocks.append(block)
    return blocks


def _kind(name: str, titles: list[str], tables: list[Table], *, listed: bool) -> str:
    """Return which form the titles and columns make it; a form of another kind is named and refused."""
    kind = kind_of_titles(titles)
    names = {column.name for table in tables for column in table.columns}
    foreign = names & set(FOREIGN)
    others = header_words()["kinds"]
    if (
        kind in others
        or len(foreign) > 1
        or (foreign and not names & {"reported_score", "actual", "weight"} and kind != "self_evaluation")
    ):
        called = others.get(kind, others["monitoring"])
        if called == others["monitoring"]:
            raise AnotherKindError(
                name,
                f"是{called}，这一种表还不能读取",
                "它不会当作其他表读入；其中的偏差、完不成的目标用 jixiao issues add --source 监控 登记",
            )
        raise AnotherKindError(
            name, f"是{called}，这一种表还不能读取", "它不会当作其他表读入；自评表、目标表请另存后放入"
        )
    has_result = bool(names & {"actual", "reported_score"})
    if listed and not any(table.kind in _MAIN for table in tables):
        raise AnotherKindError(
            name, f"是{others['summary']}，这一种表还不能读取", "一行一个项目、没有指标；请放入各项目的自评表"
        )
    if not any(table.kind in _MAIN for table in tables):
        return kind
    if kind == "target_declaration" and has_result:
        return "self_evaluation"
    if (
        kind in {"self_evaluation", "whole_department"}
        and not has_result
        and "target" in names
        and not names & {"weight"}
    ):
        return "target_declaration" if not any(pattern("self_evaluation").search(title) for title in titles) else kind
    if kind == "review":
        kind = ""
    if kind == "scoring_table" and any(pattern("of_whole").search(normalise(title)) for title in titles):
        scores = [column for table in tables for column in table.columns if column.name == "reported_score"]
        is_own = any("self" in parse_header(column.text).tags for column in scores)
        kind = "whole_department" if is_own else kind
    if kind:
        return kind
    return "self_evaluation" if has_result else "target_declaration" if "target" in names else ""


def _lists_projects(form: _Form, titles: list[str]) -> bool:
    """Say whether the money of a form stands in a list, a row to a project, with its score (自评情况汇总表)."""
    for part in form.parts:
        for table in (table for table in part.tables if table.kind == "funds"):
            cells = own_cells(part.view, table.top)
            names = {
                found.name for _, _, text in cells if (found := meaning_of(text, "columns")) and found.sure >= 0.75
            }
            is_scored = bool(names & {"reported_score", "review_score"}) or kind_of_titles(titles) == "self_evaluation"
            if "project" in names and is_scored:
                return True
    return False


def _must_be_understood(name: str, form: _Form, tables: list[Table]) -> None:
    """Ask rather than read a form of which less than half of the header cells are understood."""
    columns = [column for table in tables for column in table.columns]
    known = sum(bool(column.name) for column in columns)
    if columns and known < float(header_words()["least_understood"]) * len(columns):
        raise _unknown_columns(name, known, [column.text for column in columns if not column.name], form.parts[0].sheet)


def _read_lines(part: Part, found: Found) -> None:
    """Read title, unit and labels of the lines above a table and of the rows that are no table."""
    view, reading = part.view, found.reading
    if part.start == 0:
        reading.money_unit = reading.money_unit or find_money_unit(normalise(view.grid.note))
        for line in view.grid.above:
            reading.money_unit = reading.money_unit or _unit_of_line(line.text)
            for _label, meaning, value in glued_labels(line.text):
                if meaning not in {"ignored"} and value and meaning not in reading.head:
                    reading.head[meaning] = Record("head", part.sheet, 0, {meaning: value}, {meaning: line.address})
    first = min((table.top for table in part.tables), default=part.stop)
    for row, column in view.filled:
        at = (row, column)
        if not part.start <= row < part.stop:
            continue
        text = view.texts[row][column]
        plain = normalise(text)
        unit, unit_at = unit_beside(view, row, column)
        if unit_at is not None and at not in part.used:
            reading.money_unit = reading.money_unit or unit
            part.used |= {at, unit_at}
            part.reasons.pop(at, None)
            part.reasons.pop(unit_at, None)
            continue
        if len(plain) <= 60:
            reading.money_unit = reading.money_unit or _unit_of_line(text)
        if at in part.used or at in part.reasons or row > first or len(own_cells(view, row)) > 3:
            continue
        if title_kind(text) or year_of_line(text) is not None or _unit_of_line(text) or plain == normalise(part.sheet):
            part.used.add(at)


def _unit_of_line(text: str) -> str:
    """Return the money unit that a line or a header of money states; a unit of measure in a value is none."""
    plain = normalise(text)
    if len(plain) > 60:
        return ""
    is_line, is_money = (pattern(name).search(plain) is not None for name in ("unit_line", "unit_header"))
    return find_money_unit(plain) if is_line or is_money else ""


def _holds_values(record: Record) -> bool:
    """Say whether a row holds more than names: a template has none that does (空白模板)."""
    named = {"category", "subcategory", "indicator", "fund", "weight"}
    return record.block in {"indicators", "funds"} and any(
        text.strip(" -—－–/") for name, text in record.texts.items() if name not in named
    )


def _settle(reading: Reading, found: Found, form: _Form, titles: list[str], place: str) -> None:
    """Settle kind of evaluation, year and names; what is not printed where it belongs is told."""
    head, part = reading.head, form.parts[0]
    sheet = part.sheet
    reasons = reading_words()["reasons"]

    def tell(text: str, reason: str, cell: str = "") -> None:
        reading.guesses.append({"sheet": sheet, "cell": cell, "text": text, "reason": reasons[reason]})

    reading.evaluation = {"self_evaluation": "self", "whole_department": "whole", "target_declaration": "plan"}.get(
        reading.form, ""
    )
    if not reading.evaluation and "evaluation" in head:
        names = {label: code for code, label in value_labels()["evaluation"].items()}
        reading.evaluation = names.get(normalise(head["evaluation"].texts["evaluation"]), "")
    if not reading.evaluation:
        lines = "".join(titles)
        is_department, is_finance = (
            pattern(f"{kind}_evaluation").search(lines) is not None for kind in ("department", "finance")
        )
        reading.evaluation = "department" if is_department else "finance" if is_finance else "self"
        tell(titles[0] if titles else "", "kind_assumed")
    if "year" in head:
        stated = re.search(r"20\d\d", normalise(head["year"].texts["year"]))
        reading.year = int(stated[0]) if stated else reading.year
    settle_year(reading, place, sheet)
    is_whole = reading.form == "whole_department" or (
        reading.form == "target_declaration" and any(pattern("of_whole").search(normalise(title)) for title in titles)
    )
    if "unit_name" in head:
        record = head.pop("unit_name")
        name = "department" if is_whole and "department" not in head else "unit"
        if name not in head:
            head[name] = Record(
                record.block,
                record.sheet,
                record.row,
                {name: record.texts["unit_name"]},
                {name: record.cells["unit_name"]},
            )
    if "unit" not in head and "department" not in head:
        _office_of_lines(form, titles, head, tell)
    if "grade" in head:
        record = head.pop("grade")
        head["grade_claimed"] = Record(
            record.block,
            record.sheet,
            record.row,
            {"grade_claimed": ticked(record.texts["grade"])},
            {"grade_claimed": record.cells["grade"]},
        )
    if (
        not (is_whole and "department" in head)
        and reading.form != "whole_department"
        and "project" not in head
        and not any(t.kind == "projects" for p in form.parts for t in p.tables)
    ):
        named = next((found_name for title in titles if title_kind(title) and (found_name := name_in_title(title))), "")
        first = next((row for row in range(part.start, part.stop) if own_cells(part.view, row)), 0)
        cell = part.view.address(first, 0)
        head["project"] = Record("head", sheet, first + 1, {"project": named}, {"project": cell})
        tell(named, "name_of_title" if named else "name_missing", cell)
    if reading.form == "whole_department" and "department" not in head and "unit" in head:
        record = head["unit"]
        head["department"] = Record(
            record.block,
            record.sheet,
            record.row,
            {"department": record.texts["unit"]},
            {"department": record.cells["unit"]},
        )
    if reading.form == "whole_department" and "department" not in head:
        named = next((office for title in titles if (office := office_in_title(title))), "")
        if named:
            cell = part.view.address(part.start, 0)
            head["department"] = Record("head", sheet, part.start + 1, {"department": named}, {"department": cell})
            tell(named, "office_of_title", cell)
    if reading.form == "whole_department" and "department" not in head:
        raise FormError(reading.file, "没有找到部门名称", "请在“部门名称”右侧填写部门名称", place=sheet)


def _year_of(titles: list[str]) -> int | None:
    """Return the year that the titles name, those that name a form and short lines first."""
    ordered = sorted(titles, key=lambda title: not (title_kind(title) or len(normalise(title)) <= 12))
    return next((year for title in ordered if (year := year_of_line(title)) is not None), None)


def _office_of_lines(form: _Form, titles: list[str], head: dict[str, Record], tell: object) -> None:
    """Take a line that names an office and nothing else for the unit."""
    part = form.parts[0]
    lines = [
        (text, view_row)
        for view_row in range(0, part.stop)
        for _, _, text in own_cells(part.view, view_row)[:1]
        if view_row < min((t.top for t in part.tables), default=part.stop)
    ]
    lines = [(text, row) for text, row in lines if is_office(text)]
    near = [(text, row) for text, row in lines if row >= part.start] or lines
    if near:
        text, row = near[0]
        cell = part.view.address(row, 0)
        head["unit"] = Record("head", part.sheet, row + 1, {"unit": without_code(text)}, {"unit": cell})
        part.used.add((row, 0))
        tell(text, "office_line", cell)  # type: ignore[operator]


def _by_project(reading: Reading, form: _Form, table: Table) -> list[Reading]:
    """Divide a table that lists the indicators of several projects into a reading for each (一表多项目)."""
    view = next(part.view for part in form.parts if table in part.tables)
    column = table.named("project")
    assert column is not None
    groups: dict[str, list[Record]] = {}
    rows: dict[str, int] = {}
    current = ""
    for record in reading.records:
        if record.block != "indicators":
            continue
        current = view.texts[record.row - 1][column.left].strip() or current
        groups.setdefault(current, []).append(record)
        rows.setdefault(current, record.row - 1)
    grouping = re.compile(header_words()["category_words"])
    if all(grouping.fullmatch(normalise(project)) for project in groups):
        return [reading]
    reasons = reading_words()["reasons"]
    reading.skipped += [
        {"sheet": record.sheet, "cell": cell, "text": record.texts.get(name, ""), "reason": reasons["another_value"]}
        for record in reading.records
        if record.block == "funds"
        for name, cell in record.cells.items()
    ]
    found: list[Reading] = []
    taken: set[str] = set()
    for number, (project, records) in enumerate(groups.items()):
        row = rows[project]
        head = {name: record for name, record in reading.head.items() if name != "total_claimed"}
        named = {"project": project}
        for name, source in (("unit", "unit_name"), ("department", "department")):
            other = table.named(source)
            text = view.texts[row][other.left].strip() if other is not None else ""
            if text and other is not None:
                named[name] = text
        for name, text in named.items():
            place = column if name == "project" else table.named("unit_name" if name == "unit" else "department")
            assert place is not None
            head[name] = Record("head", records[0].sheet, row + 1, {name: text}, {name: view.address(row, place.left)})
        told = {}
        for name in (*MONEY, "execution_rate", "total_claimed", "grade", *_OF_EXECUTION):
            other = table.named(name)
            text = view.texts[row][other.left].strip() if other is not None else ""
            if other is not None and text:
                told[name] = (text, view.address(row, other.left))
        grade = told.pop("grade", None)
        if grade is not None:
            texts, cells = {"grade_claimed": ticked(grade[0])}, {"grade_claimed": grade[1]}
            head["grade_claimed"] = Record("head", records[0].sheet, row + 1, texts, cells)
        total = told.pop("total_claimed", None)
        if total is not None:
            cells = {"total_claimed": total[1]}
            head["total_claimed"] = Record("head", records[0].sheet, row + 1, {"total_claimed": total[0]}, cells)
        budget = []
        if told:
            plain = {name.removeprefix(OF_EXECUTION): found for name, found in told.items()}
            texts = {"fund": "total", **{name: text for name, (text, _) in plain.items()}}
            cells = {name: cell for name, (_, cell) in plain.items()}
            first = next(iter(cells.values()))
            units = {
                name: unit for name in told if (other := table.named(name)) and (unit := parse_header(other.text).unit)
            }
            budget = [Record("funds", records[0].sheet, row + 1, texts, {"fund": first, **cells}, units=units)]
        taken |= {*(cell for record in head.values() for cell in record.cells.values()), *(c for _, c in told.values())}
        found.append(
            Reading(
                reading.file,
                reading.form,
                reading.evaluation,
                reading.year,
                reading.money_unit,
                reading.family,
                reading.sureness,
                head,
                [*budget, *records],
                reading.skipped if number == 0 else [],
                reading.guesses if number == 0 else [],
            )
        )
        found[-1].unread = reading.unread
    shared = {reading_words()["reasons"]["shared_once"], reasons["no_column"], reasons["known_column"]}
    found[0].skipped = [one for one in reading.skipped if not (one["cell"] in taken and one["reason"] in shared)]
    found[0].guesses = [one for one in reading.guesses if not (one["cell"] in taken and one["reason"] in shared)]
    return found
