"""A whole report becomes readings (整份报告的读取): its evaluations, forms and passages.

:func:`read_source` is the door for every file of a data folder. A document with the chapters of a report is read as
one; any other file holds forms alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache, partial
from pathlib import Path, PurePath

from jixiao.core.errors import FormError
from jixiao.core.vocabulary import value_labels
from jixiao.reading.documents.identities import Identity, find_identity, plain_project
from jixiao.reading.documents.justifications import Justification, clean_name, find_justifications
from jixiao.reading.documents.paragraphs import make_paragraphs, pattern
from jixiao.reading.documents.passages import Part, document_reading
from jixiao.reading.documents.portions import Portion, divide, kind_of_title
from jixiao.reading.documents.prose_facts import FUNDS, Statement, choose, find_statements
from jixiao.reading.documents.sections import REPORTS, Layout, lay_out
from jixiao.reading.documents.stated_amounts import as_plain, to_number
from jixiao.reading.documents.told_points import Table, find_told, fitness
from jixiao.reading.documents.whole_tables import settle_rows, with_head
from jixiao.reading.files.cells import Grid, Line
from jixiao.reading.files.document_words import document_words
from jixiao.reading.files.flow_items import Flow
from jixiao.reading.files.flows import DOCUMENT_NAMES, read_flow
from jixiao.reading.forms.meanings import parse_header
from jixiao.reading.forms.naming import settle_year
from jixiao.reading.forms.records import Reading, Record
from jixiao.reading.forms.sources import read_file, recognise, recognise_declared
from jixiao.reading.forms.teaching import Lessons, lessons_folder

LEAST_CHAPTERS = 3
"""Different sections from which a document is a report; a form with a title and remarks has none."""
LEAST_PROSE = 200
"""Signs of running text from which a document is a report."""
TITLE_LINES = 12
"""Paragraphs at the beginning of a document among which its title stands."""
LONGEST_LINE = 58
"""Signs of a head line that the reader of forms takes up."""
MOST_MISSING = 0.6
"""Share of the indicators told in the prose that a table must have to be their scoring table; one by level has less."""
FEW_TOLD = 3
"""Indicators with points in the prose from which a level without points is no row."""
LISTED = "budget_list"
"""The form of a table that lists projects with their money."""
MONEY_COLUMNS = {"planned": "annual_budget", "arrived": "arrived", "issued": "issued", "executed": "executed"}


def read_source(path: Path, *, name: str = "") -> list[Reading]:
    """Read one file of a data folder: a whole report, or forms (读取一个文件).

    Args:
        path: The file.
        name: How the file is named in the provenance columns; its own name when empty.

    Returns:
        The readings: one per form or evaluation, and for a report one more that holds its passages and statements.

    Raises:
        FormError: The file cannot be opened, or holds neither a report nor one of the declared forms.
    """
    name = name or path.name
    if PurePath(name).suffix.lower() not in DOCUMENT_NAMES:
        return read_file(path, name=name)
    try:
        flow = read_flow(path, name)
    except FormError:
        return read_file(path, name=name)
    layout, dropped = _laid(flow)
    if not is_report(layout):
        place = f"{path.absolute().parent.name}/{name}"
        is_docx = flow.kind == "docx" and flow.grids
        try:
            return recognise(flow.grids, name, place=place) if is_docx else read_file(path, name=name)
        except FormError:
            if not _is_titled_report(layout):
                raise
    flow.dropped = dropped
    return report_readings(flow, layout)


def _laid(flow: Flow) -> tuple[Layout, list]:  # type: ignore[type-arg]
    paragraphs, dropped = make_paragraphs(flow)
    return lay_out(*divide(paragraphs)), dropped


def is_report(layout: Layout) -> bool:
    """Say whether a document is a report: chapters of an outline, and prose below them (是否整份报告)."""
    sections = {
        (found.portion, found.section) for found in layout.found if not found.part and found.section != "preface"
    }
    most = max((sum(number == portion.number for number, _ in sections) for portion in layout.portions), default=0)
    prose = sum(len(entry.paragraph.text) for entry in layout.entries if entry.kind == "text")
    return most >= LEAST_CHAPTERS and prose >= LEAST_PROSE


def _is_titled_report(layout: Layout) -> bool:
    """Say whether a document calls itself an evaluation report and runs on in prose, whatever its chapters look like.

    It is then read as one; the portion becomes a report though no outline knows its chapters.
    """
    first = layout.portions[0] if layout.portions else None
    heads = [entry for entry in layout.entries[:TITLE_LINES] if entry.paragraph.grid is None]
    titled = any(kind_of_title(entry.paragraph.text) == "evaluation_report" for entry in heads)
    prose = sum(len(entry.paragraph.text) for entry in layout.entries if entry.kind == "text")
    if first is None or not titled or prose < 2 * LEAST_PROSE:
        return False
    if first.kind == "other":
        first.kind = "evaluation_report"
    return any(portion.kind in REPORTS for portion in layout.portions)


def report_readings(flow: Flow, layout: Layout) -> list[Reading]:
    """Return every reading of a report (整份报告的全部读取结果): the forms inside it, its evaluations, its passages."""
    parts: list[Part] = []
    readings: list[Reading] = []
    titles: set[str] = set()
    for portion in layout.portions:
        head = next((text for text in flow.running if kind_of_title(text) == portion.kind), "") if not parts else ""
        part = Part(portion, _unique(portion.title or head or _first_words(layout, portion), titles))
        parts.append(part)
        if portion.kind in REPORTS:
            part.identity = find_identity(layout, portion, flow.running, flow.name)
        if portion.kind in REPORTS:
            year = part.identity.year if part.identity else None
            statements = find_statements(layout, portion, year=year)
            part.statements, part.chosen = choose(statements)
    for part in parts:
        if part.portion.kind in {"self_evaluation_form", "account_disclosure", "summary_report", "other"}:
            grids = _grids_of(layout, part.portion)
            if part.portion.kind == "account_disclosure":
                grids = [with_head(grid) for grid in grids]
            part.readings = _forms(grids, flow.name, part.identity)
            _name_department(part)
            readings += part.readings
    for part in parts:
        if part.portion.kind == "evaluation_report" and part.identity is not None:
            _fill_from_siblings(part.identity, readings)
            part.readings = [_evaluation(layout, part, parts, flow)]
            readings += part.readings
    _inherit(parts)
    readings = [reading for reading in readings if reading.records]
    for reading in readings:
        settle_year(reading, reading.file, reading.records[0].sheet)
    return [*_distinct(readings), document_reading(flow, layout, parts)]


@cache
def _declared() -> dict[str, object]:
    return dict(document_words())


def _unique(title: str, taken: set[str]) -> str:
    name, number = title, 1
    while name in taken:
        number += 1
        name = f"{title}（{number}）"
    taken.add(name)
    return name


def _first_words(layout: Layout, portion: Portion) -> str:
    first = next((layout.entries[place] for place in layout.of_portion(portion.number)), None)
    return first.paragraph.text[:30] if first else ""


def _grids_of(layout: Layout, portion: Portion) -> list[Grid]:
    return [
        grid
        for place in layout.of_portion(portion.number)
        if (grid := layout.entries[place].paragraph.grid) is not None
    ]


def _forms(grids: Sequence[Grid], name: str, identity: Identity | None, head: Iterable[Line] = ()) -> list[Reading]:
    """Read the forms among some grids; none is no error inside a report."""
    if not grids:
        return []
    lines = tuple(head)
    if identity and identity.year and not lines:
        year = str(_declared()["year_head"]).format(year=identity.year)
        lines = (Line(year, ""),)
    first = replace(grids[0], above=(*lines, *grids[0].above))
    beside = _self_scores_beside(grids) if identity and identity.evaluation in {"department", "finance"} else {}
    taught = Lessons(lessons_folder()).with_draft({"columns": beside}) if beside else None
    # what a report holds beside its forms is no form; a declared one knows no scores beside its own
    ways = ([] if taught else [recognise_declared]) + [partial(recognise, taught=taught)]
    for way in ways:
        try:
            found = way([first, *grids[1:]], name)
        except FormError:
            continue
        settle_rows(found, grids)
        return found
    return []


def _self_scores_beside(grids: Sequence[Grid]) -> dict[str, str]:
    """Return the headers of scores the unit gave itself where a table prints those of the evaluator beside them."""
    found: dict[str, str] = {}
    for grid in grids:
        for row in grid.texts[:HEADER_ROWS]:
            scores = [
                (text, tags) for text in row if "score" in (tags := parse_header(text).tags) and "rate" not in tags
            ]
            own = [text for text, tags in scores if "self" in tags]
            if own and any("self" not in tags and tags & _EVALUATORS for _, tags in scores):
                found |= dict.fromkeys(own, "other")
    return found


HEADER_ROWS = 3
"""Rows of a table among which its header stands."""
_EVALUATORS = frozenset({"department", "charge", "review", "scoring"})


def _name_department(part: Part) -> None:
    """Give the lists of a department's summary the department that the summary is of."""
    identity = part.identity
    for reading in part.readings if identity is not None and identity.department else []:
        if reading.form == LISTED and "department" not in reading.head:
            assert identity is not None
            place = {"department": _address(identity.line, None)}
            reading.head["department"] = Record(
                "head", part.name, identity.line, {"department": identity.department}, place
            )


def _fill_from_siblings(identity: Identity, readings: Iterable[Reading]) -> None:
    """Take department and unit from the form of the same project in the same file, where the report has none itself."""
    for reading in readings:
        project = reading.head.get("project")
        if project is None or plain_project(project.texts["project"]) != plain_project(identity.project):
            continue
        for role in ("department", "unit"):
            named = reading.head.get(role)
            if named is None or not named.texts[role].strip():
                continue
            text = named.texts[role].strip()
            if getattr(identity, role) != text:
                setattr(identity, role, text)
                identity.guesses = (*identity.guesses, (text, "unit_of_sibling"))


def _evaluation(layout: Layout, part: Part, parts: Sequence[Part], flow: Flow) -> Reading:
    """Return the reading of one evaluation report: its scoring table, else the points in its prose."""
    portion, identity = part.portion, part.identity
    assert identity is not None
    inner = [other.portion for other in parts if other.portion.parent == portion.number]
    tables = [grid for one in inner if one.kind == "scoring_table" for grid in _grids_of(layout, one)]
    tables += _grids_of(layout, portion)
    head = _head_lines(part)
    found = [one for one in _forms(tables, flow.name, identity, head) if one.form == "scoring_table"]
    _leave_points_out(found, tables)
    names = {
        clean_name(record.texts.get("indicator", "")): to_number(record.texts.get("weight", ""))
        for one in found
        for record in one.records
        if record.block == "indicators" and record.texts.get("indicator")
    }
    part.justifications = _justifications(layout, portion, names, found, part)
    told = sum(one.score is not None and bool(one.indicator) for one in part.justifications)
    printed = max((_count_rows(one) for one in found), default=0)
    if printed < MOST_MISSING * told or not printed:
        grid, lines = _prose_grid(part, flow, found)
        if grid is not None:
            found = [one for one in _forms([grid, *tables], flow.name, identity, head) if one.form == "scoring_table"]
            for one in found:
                _place_in_prose(one, grid.sheet, lines)
                one.guesses.append(_guess(part, "", "prose_points"))
    reading = max(found, key=lambda one: len(one.records), default=None)
    if reading is None:
        reading = Reading(flow.name, "scoring_table", family="national")
    _complete(layout, part, reading)
    return reading


def _leave_points_out(readings: Sequence[Reading], tables: Sequence[Grid]) -> None:
    """Take the rows out of the money of a project that stand in a table of points: its 100 is no amount."""
    words = [re.compile(document_words()["tabled"][name]) for name in ("weight", "score")]
    scored = {
        grid.sheet
        for grid in tables
        if grid.height and all(any(one.fullmatch("".join(text.split())) for text in grid.texts[0]) for one in words)
    }
    for reading in readings:
        reading.records = [one for one in reading.records if one.block != "funds" or one.sheet not in scored]


def _justifications(
    layout: Layout, portion: Portion, names: dict[str, Decimal | None], found: Sequence[Reading], part: Part
) -> list[Justification]:
    """Return what the prose says of each indicator: by its usual sentences, or by what adds up if that fits better."""
    got = {
        clean_name(record.texts.get("indicator", "")): to_number(record.texts.get("reported_score", ""))
        for one in found
        for record in one.records
        if record.block == "indicators" and record.texts.get("indicator")
    }
    total = part.chosen.get("total")
    table = Table(names, got, total.value if total is not None else None)
    usual = find_justifications(layout, portion, names)
    told = find_told(layout, portion, table)
    return told if fitness(told, table) > fitness(usual, table) else usual


def _count_rows(reading: Reading) -> int:
    return sum(record.block == "indicators" and bool(record.texts.get("reported_score")) for record in reading.records)


def _head_lines(part: Part) -> list[Line]:
    """Write what the prose says of the evaluation as the lines that the reader of forms takes for a head."""
    identity, labels = part.identity, _declared()["head_labels"]
    assert identity is not None and isinstance(labels, dict)
    values = {
        "project": identity.project,
        "department": identity.department,
        "unit": identity.unit,
        "evaluation": value_labels()["evaluation"].get(identity.evaluation, ""),
    }
    places = dict.fromkeys(values, _address(identity.line, None))
    for name, chosen in (("total", "total"), ("grade", "grade")):
        one = part.chosen.get(chosen)
        if one is not None:
            values[name] = as_plain(one.value) if one.value is not None else one.value_text
            places[name] = _address(one.line, one.page)
    lines = [Line(str(_declared()["scoring_title"]), "")]
    if identity.year:
        lines.append(Line(str(_declared()["year_head"]).format(year=identity.year), ""))
    for name, value in values.items():
        if value:
            text = str(_declared()["head_line"]).format(label=labels[name], value=value)
            lines.append(Line(text, places[name]))
    return lines


def _address(line: int, page: int | None) -> str:
    words = document_words()
    return str(words["page_line"]).format(page=page, line=line) if page else str(words["line"]).format(line=line)


def _prose_grid(part: Part, flow: Flow, found: Sequence[Reading]) -> tuple[Grid | None, list[tuple[int, int | None]]]:
    """Lay the points that stand in the prose on a grid, so that they go the way of a scoring table."""
    told = sum(one.score is not None and not one.is_level for one in part.justifications)
    rows = [
        one
        for one in part.justifications
        if one.score is not None or (one.is_level and one.subcategory and (one.weight is not None or told < FEW_TOLD))
    ]
    if not any(one.score is not None for one in rows):
        return None, []
    levels = _levels_of_table(found, rows)
    columns = [str(name) for name in _declared()["prose_columns"]]  # type: ignore[attr-defined]
    texts = [columns]
    lines: list[tuple[int, int | None]] = [(0, None)]
    for one in rows:
        subcategory = levels.get(one.subcategory, one.subcategory)
        weight = as_plain(one.weight) if one.weight is not None else ""
        score = as_plain(one.score) if one.score is not None else ""
        texts.append([one.category or subcategory or one.indicator, subcategory, one.indicator, weight, score])
        lines.append((one.line, one.page))
    return Grid(flow.name, part.name, False, texts), lines


def _levels_of_table(found: Sequence[Reading], rows: Sequence[Justification]) -> dict[str, str]:
    """Return the names that a table gives to the levels of the prose: as many, in one order, with the same points."""
    printed: list[tuple[str, Decimal | None]] = []
    for one in found:
        for record in one.records:
            if record.block == "summary" and record.texts.get("subcategory"):
                text = record.texts.get("weight", "")
                printed.append(
                    (record.texts["subcategory"], Decimal(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else None)
                )
    summed: dict[str, Decimal] = {}
    for row in rows:
        summed[row.subcategory] = summed.get(row.subcategory, Decimal(0)) + (row.weight or Decimal(0))
    if len(printed) != len(summed) or any(
        weight != other for (_, weight), other in zip(printed, summed.values(), strict=True)
    ):
        return {}
    return {name: label for name, (label, _) in zip(summed, printed, strict=True)}


def _place_in_prose(reading: Reading, sheet: str, lines: Sequence[tuple[int, int | None]]) -> None:
    """Give the rows that were laid on a grid the lines in which they stand."""
    for record in reading.records:
        if record.sheet == sheet and 0 < record.row <= len(lines):
            line, page = lines[record.row - 1]
            record.row = line
            record.cells = dict.fromkeys(record.cells, _address(line, page))
    reading.skipped = [one for one in reading.skipped if one["sheet"] != sheet]
    reading.guesses = [one for one in reading.guesses if one["sheet"] != sheet]


def _guess(part: Part, text: str, reason: str, cell: str = "") -> dict[str, str]:
    reasons = _declared()["reasons"]
    assert isinstance(reasons, dict)
    return {"sheet": part.name, "cell": cell, "text": text, "reason": str(reasons[reason])}


def _complete(layout: Layout, part: Part, reading: Reading) -> None:
    """Add to the reading of an evaluation what only the prose says: head, money, total, grade, objective."""
    identity = part.identity
    assert identity is not None
    reading.year = reading.year or identity.year
    reading.evaluation = reading.evaluation or identity.evaluation
    values = {"project": identity.project, "department": identity.department, "unit": identity.unit}
    is_named = any(values[name] or name in reading.head for name in ("project", "department"))
    for name, value in values.items():
        if (value or (name == "project" and not is_named)) and name not in reading.head:
            address = _address(identity.line, None)
            reading.head[name] = Record("head", part.name, identity.line, {name: value}, {name: address})
    for name, column in (("total", "total_claimed"), ("grade", "grade_claimed")):
        one = part.chosen.get(name)
        if one is not None and column not in reading.head:
            text = as_plain(one.value) if one.value is not None else one.value_text
            place = {column: _address(one.line, one.page)}
            reading.head[column] = Record("head", part.name, one.line, {column: text}, place)
    _add_objective(layout, part, reading)
    _leave_other_money(part, reading)
    if not any(record.block == "funds" for record in reading.records):
        _add_money(part, reading)
    else:
        _add_columns(part, reading)
    if not reading.records:
        place = {"project": _address(identity.line, None)}
        reading.records.append(Record("subject", part.name, identity.line, {"project": identity.project}, place))
    reading.guesses += [_guess(part, text, reason) for text, reason in identity.guesses]


def _add_objective(layout: Layout, part: Part, reading: Reading) -> None:
    number = part.portion.number
    for name in ("objective_total", "objective", "objective_stage"):
        places = [place for place in layout.under(number, "basics", name) if layout.entries[place].kind == "text"]
        if places and "objective_expected" not in reading.head:
            first = layout.entries[places[0]].paragraph
            text = "".join(layout.entries[place].paragraph.text for place in places)
            cell = _address(first.line, first.page)
            reading.head["objective_expected"] = Record(
                "objective", part.name, first.line, {"objective": text}, {"objective": cell}
            )


def _add_money(part: Part, reading: Reading) -> None:
    """Add the money of the whole project as the prose states it."""
    chosen = {name: part.chosen[name] for name in FUNDS if name in part.chosen and name in MONEY_COLUMNS}
    if not chosen:
        return
    texts, cells, units = {"fund": "total"}, {}, {}
    for name, one in chosen.items():
        column = MONEY_COLUMNS[name]
        texts[column], cells[column] = one.value_text, _address(one.line, one.page)
        if one.stated_in == "formula":
            units[column] = str(document_words()["statement_units"]["wan"])
            reading.guesses.append(_guess(part, one.value_text, "formula_money", cells[column]))
    if "planned" not in chosen and "issued" in chosen:
        texts["annual_budget"], cells["annual_budget"] = texts["issued"], cells["issued"]
        reading.guesses.append(_guess(part, texts["issued"], "issued_budget", cells["issued"]))
    first = min(chosen.values(), key=lambda one: one.line)
    cells["fund"] = _address(first.line, first.page)
    for name in ("arrival_rate", "execution_rate"):
        rate = _rate(part, name)
        if rate is not None:
            texts[name], cells[name] = rate.value_text, _address(rate.line, rate.page)
    reading.records.append(Record("funds", part.name, first.line, texts, cells, units=units))
    differing = [one for one in part.statements if one.statement in chosen and one.agreement == "differs"]
    reading.guesses += [_guess(part, one.value_text, "other_money", _address(one.line, one.page)) for one in differing]


def _add_columns(part: Part, reading: Reading) -> None:
    """Add to the total of a table of money what only the prose states, where both agree on what both state."""
    total = _total_money(reading)
    if total is None:
        return
    agreed = [
        name
        for name, column in MONEY_COLUMNS.items()
        if name in part.chosen and _is_same_money(total.texts.get(column, ""), part.chosen[name].value)
    ]
    for name, column in MONEY_COLUMNS.items():
        one = part.chosen.get(name)
        if agreed and one is not None and not total.texts.get(column, "").strip() and one.stated_in != "formula":
            total.texts[column], total.cells[column] = one.value_text, _address(one.line, one.page)


def _total_money(reading: Reading) -> Record | None:
    return next((one for one in reading.records if one.block == "funds" and one.texts.get("fund") == "total"), None)


def _leave_other_money(part: Part, reading: Reading) -> None:
    """Take out a table of one amount a row, which is no table of the budget where the prose states another budget."""
    total = _total_money(reading)
    planned = part.chosen.get("planned")
    if total is None or planned is None:
        return
    printed = [column for column in MONEY_COLUMNS.values() if total.texts.get(column, "").strip()]
    if printed == ["annual_budget"] and not _is_same_money(total.texts["annual_budget"], planned.value):
        text, cell = total.texts["annual_budget"], total.cells.get("annual_budget", "")
        reading.records = [one for one in reading.records if one.block != "funds"]
        reading.guesses.append({**_guess(part, text, "other_money", cell), "sheet": total.sheet})


def _is_same_money(text: str, value: Decimal | None) -> bool:
    """Say whether a cell holds an amount, in 万元 or 元."""
    plain = pattern("money_dress").sub("", text)
    if value is None or not re.fullmatch(r"\d+(?:\.\d+)?", plain):
        return False
    return Decimal(plain) in {value, value * 10000}


def _rate(part: Part, name: str) -> Statement | None:
    return next((one for one in part.statements if one.statement == name and not one.subject), None)


def _inherit(parts: Sequence[Part]) -> None:
    """Give forms the identity of what was read in them, and scoring tables that of their report."""
    by_number = {part.portion.number: part for part in parts}
    for part in parts:
        if part.identity is None and part.readings:
            reading = part.readings[0]
            part.identity = Identity(reading.year, reading.evaluation)
            for name in ("project", "unit", "department"):
                if name in reading.head:
                    setattr(part.identity, name, reading.head[name].texts[name])
        elif part.identity is None and part.portion.parent in by_number:
            part.identity = by_number[part.portion.parent].identity
        elif part.identity is not None and part.portion.kind == "evaluation_report" and part.readings:
            part.identity.year, part.identity.evaluation = part.readings[0].year, part.readings[0].evaluation


def _distinct(readings: Sequence[Reading]) -> list[Reading]:
    """Leave out a form that the file repeats word for word."""
    kept: list[Reading] = []
    for reading in readings:
        if not any(reading.content() == other.content() for other in kept):
            kept.append(reading)
    return kept
