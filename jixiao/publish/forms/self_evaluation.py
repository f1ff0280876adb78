"""Lay out form 1 (项目支出绩效自评表) from the frames, or empty for a unit to fill in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from jixiao.core.vocabulary import reading_words
from jixiao.publish.forms.layouts import Layout, load_layout
from jixiao.publish.forms.selection import Evaluation, number_of
from jixiao.publish.forms.slots import (
    LaidOut,
    Rule,
    Slot,
    number_slot,
    plain,
    rate_formula,
    rate_slot,
    sum_formula,
    text_lines,
)
from jixiao.reading.files import column_letters
from jixiao.reading.values.values import normalise

MONEY = {"initial_budget": 3, "annual_budget": 4, "executed": 5}
"""The column of each kind of money; the indicators use the same columns for other things."""
WEIGHT, RATE, SCORE = 6, 7, 8
INDICATOR_COLUMNS = ("category", "subcategory", "indicator", "target", "actual", "weight", "reported_score")
LAST = 8
_LINES_OF_AN_OBJECTIVE = 3
_LINES_OF_A_ROW = 28
"""Lines that a row of a workbook can show; a longer objective goes over several rows."""


def lay_out(evaluation: Evaluation) -> LaidOut:
    """Lay out one self-evaluation (单位自评) as form 1, every number as it was received.

    Args:
        evaluation: The evaluation with its rows.

    Returns:
        The form; a sum or a rate is a formula only where the received number is what its parts give.

    Basis: 财预〔2020〕10号附1.
    """
    form = LaidOut(load_layout())
    _add_title(form, form.layout.year_line.format(year=evaluation.year))
    _add_names(form, evaluation.head)
    execution, others = _split_execution(evaluation)
    if evaluation.budgets or evaluation.head["money_unit"]:
        _add_funds(form, evaluation, is_scored=execution is not None or _is_scored(evaluation, others))
    _add_objectives(form, evaluation.head["objective"], evaluation.head["objective_achieved"])
    _add_indicators(form, evaluation, others, is_execution_apart=execution is not None)
    return form


def lay_out_empty(year: int | None = None) -> LaidOut:
    """Lay out an empty form 1 (空表) with ready lines, choices, checks and hints.

    Args:
        year: The evaluated year; left to be filled in when None.
    """
    form = LaidOut(load_layout(), is_template=True)
    given = form.layout.template
    _add_title(form, form.layout.year_line.format(year=year) if year else given.year_blank)
    if year is None:
        form.slots[-1] = replace(form.slots[-1], is_open=True, rule=_hint(form.layout, "year"))
    _add_names(form, {})
    _add_empty_funds(form)
    _add_objectives(form, "", "")
    _add_empty_indicators(form)
    return form


def _add_title(form: LaidOut, year_line: str) -> None:
    form.add(Slot(0, 0, form.layout.title, columns=LAST + 1, role="title"))
    form.add(Slot(1, 0, year_line, columns=LAST + 1, role="line"))


def _label(form: LaidOut, row: int, column: int, key: str, *, columns: int = 1, rows: int = 1) -> None:
    form.add(Slot(row, column, form.layout.labels[key], rows=rows, columns=columns, role="label"))


def _add_names(form: LaidOut, head: dict[str, Any]) -> None:
    """Add project, department and unit."""
    for row, key, column, columns in ((2, "project", 0, 7), (3, "department", 0, 3), (3, "unit", 5, 3)):
        _label(form, row, column, key, columns=1 if key == "unit" else 2)
        first = column + (1 if key == "unit" else 2)
        _entry(form, Slot(row, first, head.get(key, ""), columns=columns), key)


def _entry(form: LaidOut, slot: Slot, hint: str = "", rule: Rule | None = None) -> Slot:
    """Add a cell to be filled in: in an empty form it is open and has its hint."""
    if not form.is_template:
        return form.add(slot)
    return form.add(replace(slot, is_open=True, rule=rule or _hint(form.layout, hint)))


def _hint(layout: Layout, key: str) -> Rule:
    return Rule("any", layout.template.hints[key])


def _add_funds_header(form: LaidOut, top: int, rows: int, unit: str, *, with_weight: bool, with_score: bool) -> None:
    labels = form.layout.labels
    shown = labels["funds"] + (labels["money_unit"].format(unit=unit) if unit else "")
    form.add(Slot(top, 0, shown, rows=rows + 1, columns=2, role="label"))
    form.add(Slot(top, 2, role="label"))
    for key, column in MONEY.items():
        _label(form, top, column, key)
    if with_weight:
        _label(form, top, WEIGHT, "weight")
    first, columns = _rate_place(with_weight=with_weight, with_score=with_score)
    _label(form, top, first, "execution_rate", columns=columns)
    if with_score:
        _label(form, top, SCORE, "reported_score")


def _rate_place(*, with_weight: bool, with_score: bool) -> tuple[int, int]:
    """Return first column and width of the rate: it takes the room of points the form does not have."""
    first = RATE if with_weight else WEIGHT
    return first, (SCORE if with_score else SCORE + 1) - first


def _add_funds(form: LaidOut, evaluation: Evaluation, *, is_scored: bool) -> None:
    """Add the money (项目资金) in the unit of the form; a total is a formula where its parts add up."""
    top, rows, unit = form.height, evaluation.budgets, evaluation.head["money_unit"]
    with_weight = is_scored or any(number_of(row["weight"]) is not None for row in rows)
    _add_funds_header(form, top, len(rows), unit, with_weight=with_weight, with_score=is_scored)
    money = [{key: _money(row[f"{key}_wan"], unit) for key in MONEY} for row in rows]
    for number, row in enumerate(rows):
        at, fund = top + 1 + number, row["fund"]
        is_total = fund == "total"
        form.add(Slot(at, 2, form.layout.funds.get(fund, fund), role="label"))
        for key, column in MONEY.items():
            parts = [other for other in range(len(rows)) if rows[other]["fund"] != "total"]
            letter = column_letters(column)
            formula = (
                sum_formula(
                    _areas(letter, [top + 1 + part for part in parts]),
                    [money[part][key] for part in parts],
                    money[number][key],
                )
                if is_total
                else ""
            )
            form.add(number_slot(at, column, money[number][key], formula=formula))
        cells = (f"{column_letters(MONEY['executed'])}{at + 1}", f"{column_letters(MONEY['annual_budget'])}{at + 1}")
        values = (money[number]["executed"], money[number]["annual_budget"])
        first, columns = _rate_place(with_weight=with_weight, with_score=is_scored)
        text = row["execution_rate_text"]
        form.add(rate_slot(at, first, text, formula=rate_formula(cells, values, text), columns=columns))
        if with_weight:
            form.add(_points(form, at, WEIGHT, row["weight"], is_total=is_total))
        if is_scored:
            form.add(_points(form, at, SCORE, row["reported_score"], is_total=is_total))


def _points(form: LaidOut, row: int, column: int, value: Any, *, is_total: bool) -> Slot:
    number = number_of(value)
    if number is None and not is_total:
        return Slot(row, column, form.layout.no_points)
    return number_slot(row, column, number)


def _money(wan: Any, unit: str) -> Decimal | None:
    """Return money in the unit of the form."""
    number = number_of(wan)
    return None if number is None else number / Decimal(str(reading_words()["money_units"].get(unit, 1)))


def _areas(letter: str, rows: list[int]) -> list[str]:
    """Return the addresses of some cells of a column, neighbours joined.

    Example:
        >>> _areas("E", [5, 6, 7, 9])
        ['E6:E8', 'E10']
    """
    areas: list[list[int]] = []
    for row in rows:
        if areas and areas[-1][1] == row - 1:
            areas[-1][1] = row
        else:
            areas.append([row, row])
    return [f"{letter}{a + 1}" if a == b else f"{letter}{a + 1}:{letter}{b + 1}" for a, b in areas]


def _split_execution(evaluation: Evaluation) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Part the row of the execution rate, which the money block holds, from the other indicators."""
    rows, name = evaluation.indicators, reading_words()["execution"]
    total = next((row for row in evaluation.budgets if row["fund"] == "total"), None)
    first, others = (rows[0], rows[1:]) if rows else (None, [])
    if total is None or first is None or any(normalise(row["indicator"]) == name for row in others):
        return None, rows
    said = (first["category"], first["subcategory"], first["indicator"], first["target_text"], first["actual_text"])
    reason = first["deviation_reason"]
    is_same = said == (name, "", name, "", total["execution_rate_text"]) and not reason
    for column in ("weight", "reported_score"):
        is_same = is_same and number_of(first[column]) == number_of(total[column])
    return (first, others) if is_same else (None, rows)


def _is_scored(evaluation: Evaluation, rows: list[dict[str, Any]]) -> bool:
    """Say whether the money block has points although the indicators print the execution rate once more."""
    is_named = any(normalise(row["indicator"]) == reading_words()["execution"] for row in rows)
    has_points = any(number_of(row["reported_score"]) is not None for row in evaluation.budgets)
    return is_named and has_points


def _add_objectives(form: LaidOut, expected: str, achieved: str) -> None:
    """Add the objective (绩效目标) and what became of it, side by side."""
    top, texts = form.height, {"objective": (1, expected), "objective_achieved": (5, achieved)}
    widths = {key: float(sum(form.layout.widths[column : column + 4])) for key, (column, _) in texts.items()}
    lines = max(text_lines(text, widths[key]) for key, (_, text) in texts.items())
    rows = 1 + lines // _LINES_OF_A_ROW
    _label(form, top, 0, "objective_block", rows=rows + 1)
    for key, (column, text) in texts.items():
        _label(form, top, column, key, columns=4)
        slot = Slot(top + 1, column, text, rows=rows, columns=4, is_left=True, lines=_LINES_OF_AN_OBJECTIVE)
        _entry(form, slot, key)


def _add_header(form: LaidOut, rows: int) -> int:
    form.header_row = top = form.height
    _label(form, top, 0, "indicator_block", rows=rows + 1)
    for column, key in enumerate((*INDICATOR_COLUMNS, "deviation_reason"), 1):
        _label(form, top, column, key)
    return top + 1


def _add_indicators(
    form: LaidOut, evaluation: Evaluation, rows: list[dict[str, Any]], *, is_execution_apart: bool
) -> None:
    """Add the indicators, their sum and the grade where one is given."""
    head = evaluation.head
    fund_row = next((slot.row for slot in form.slots if slot.text == form.layout.funds["total"]), None)
    top = _add_header(form, len(rows))
    _add_levels(form, top, evaluation, rows)
    for at, row in enumerate(rows, top):
        form.add(Slot(at, 3, row["indicator"], is_left=True))
        form.add(Slot(at, 4, row["target_text"]))
        form.add(Slot(at, 5, row["actual_text"]))
        form.add(number_slot(at, 6, number_of(row["weight"])))
        form.add(number_slot(at, 7, number_of(row["reported_score"])))
        form.add(Slot(at, 8, row["deviation_reason"], is_left=True))
    bottom = top + len(rows)
    form.add(Slot(bottom, 0, form.layout.labels["total"], columns=6, role="label"))
    total = next((row for row in evaluation.budgets if row["fund"] == "total"), {}) if is_execution_apart else {}
    for column, of_funds, key, printed in (
        (6, WEIGHT, "weight", None),
        (7, SCORE, "reported_score", number_of(head["total_reported"])),
    ):
        parts = [number_of(row[key]) for row in rows]
        areas = _areas(column_letters(column), list(range(top, bottom)))
        if is_execution_apart and fund_row is not None:
            parts = [number_of(total[key]), *parts]
            areas = [f"{column_letters(of_funds)}{fund_row + 1}", *areas]
        # The frames keep no printed sum of the weights: it is worked out where every weight is there.
        known = [part for part in parts if part is not None]
        is_whole = len(known) == sum(bool(row["is_counted"]) for row in rows) + is_execution_apart
        number = (sum(known, Decimal(0)) if known and is_whole else None) if key == "weight" else printed
        form.add(number_slot(bottom, column, number, formula=sum_formula(areas, parts, number)))
    form.add(Slot(bottom, 8))
    if head["grade_reported"]:
        form.add(Slot(bottom + 1, 0, form.layout.labels["grade"], columns=6, role="label"))
        form.add(Slot(bottom + 1, 6, head["grade_reported"], columns=3))


def _add_levels(form: LaidOut, top: int, evaluation: Evaluation, rows: list[dict[str, Any]]) -> None:
    """Add level 1 and level 2 with the weights printed at them, merged over the rows below them.

    A row that holds nothing but its levels keeps their names in itself: merged, it would be no row at all.
    """
    weights = {
        (row["heading_level"], row["parent"], row["heading"]): row["heading_weight"] for row in evaluation.headings
    }

    def shown(level: str, parent: str, name: str) -> str:
        weight = number_of(weights.get((level, parent, name)))
        return name if weight is None else form.layout.labels["heading"].format(name=name, weight=plain(weight))

    bare = [_is_bare(row) for row in rows]
    alone = [is_bare and not row["subcategory"] for row, is_bare in zip(rows, bare, strict=True)]
    starts = _starts([row["category"] for row in rows], alone)
    _add_runs(form, top, 1, starts, lambda at: shown("category", "", rows[at]["category"]))
    names = [row["subcategory"] for row in rows]
    second = [
        start or other for start, other in zip(starts, _starts(names, bare), strict=True)
    ]  # level 2 never crosses a level 1
    _add_runs(form, top, 2, second, lambda at: shown("subcategory", rows[at]["category"], names[at]))


def _is_bare(row: dict[str, Any]) -> bool:
    texts = (row["indicator"], row["target_text"], row["actual_text"], row["deviation_reason"])
    return not any(texts) and number_of(row["weight"]) is None and number_of(row["reported_score"]) is None


def _starts(names: list[str], alone: list[bool]) -> list[bool]:
    """Say for each row whether a new merged label starts there."""
    return [at == 0 or names[at] != names[at - 1] or alone[at] for at in range(len(names))]


def _add_runs(form: LaidOut, top: int, column: int, starts: list[bool], text: Callable[[int], str]) -> None:
    first = [at for at, is_start in enumerate(starts) if is_start]
    for at, end in zip(first, [*first[1:], len(starts)], strict=True):
        form.add(Slot(top + at, column, text(at), rows=end - at))


def _add_empty_funds(form: LaidOut) -> None:
    """Add the money block of an empty form: the total and the rate work themselves out."""
    layout, given = form.layout, form.layout.template
    top, funds = form.height, list(form.layout.funds.items())
    _add_funds_header(form, top, len(funds), given.money_unit, with_weight=True, with_score=True)
    money = Rule("at_least_zero", given.hints["money"], given.refusals["money"])
    for at, (fund, name) in enumerate(funds, top + 1):
        form.add(Slot(at, 2, name, role="label"))
        for column in MONEY.values():
            letter = column_letters(column)
            area = f"{letter}{top + 3}:{letter}{top + 1 + len(funds)}"
            if fund == "total":
                form.add(Slot(at, column, formula=f'=IF(COUNT({area})=0,"",SUM({area}))', rule=_hint(layout, "sum")))
            else:
                _entry(form, Slot(at, column), rule=money)
        budget, executed = f"E{at + 1}", f"F{at + 1}"
        rate = f'=IF(N({budget})=0,"",IF(COUNT({executed})=0,"",ROUND({executed}/{budget},4)))'
        form.add(Slot(at, RATE, formula=rate, number_format="0.00%", rule=_hint(layout, "rate")))
        if fund != "total":
            form.add(Slot(at, WEIGHT, layout.no_points))
            form.add(Slot(at, SCORE, layout.no_points))
            continue
        weight = number_slot(at, WEIGHT, given.execution_weight)
        _entry(form, weight, rule=_weight_rule(layout))
        limit = Rule("between", given.hints["execution_score"], given.refusals["score"], limit=weight.address)
        _entry(form, Slot(at, SCORE), rule=limit)


def _weight_rule(layout: Layout) -> Rule:
    given = layout.template
    return Rule("between", given.hints["weight"], given.refusals["weight"], limit=plain(given.total_weight))


def _add_empty_indicators(form: LaidOut) -> None:
    """Add the ready lines of an empty form and the sum, which says when the weights are not the full score."""
    given = form.layout.template
    fund_row = next(slot.row for slot in form.slots if slot.text == form.layout.funds["total"]) + 1
    top = _add_header(form, len(given.lines))
    for at, names in enumerate(given.lines, top):
        for column, key, name in ((1, "category", names[0]), (2, "subcategory", names[1])):
            choices = given.categories if key == "category" else given.subcategories
            _entry(form, Slot(at, column, name), rule=Rule("list", given.hints[key], given.refusals["name"], choices))
        _entry(form, Slot(at, 3, is_left=True), "indicator")
        _entry(form, Slot(at, 4), "target")
        _entry(form, Slot(at, 5), rule=Rule("list", given.hints["actual"], None, given.levels))
        weight = _entry(form, Slot(at, 6), rule=_weight_rule(form.layout))
        limit = Rule("between", given.hints["score"], given.refusals["score"], limit=weight.address)
        _entry(form, Slot(at, 7), rule=limit)
        _entry(form, Slot(at, 8, is_left=True), "deviation_reason")
    bottom = top + len(given.lines)
    form.add(Slot(bottom, 0, form.layout.labels["total"], columns=6, role="label"))
    weights = f"{column_letters(WEIGHT)}{fund_row},{column_letters(6)}{top + 1}:{column_letters(6)}{bottom}"
    scores = f"{column_letters(SCORE)}{fund_row},{column_letters(7)}{top + 1}:{column_letters(7)}{bottom}"
    weight = form.add(
        replace(
            number_slot(bottom, 6, given.execution_weight, formula=f"=ROUND(SUM({weights}),4)"),
            rule=_hint(form.layout, "weight"),
        )
    )
    form.add(Slot(bottom, 7, formula=f'=IF(COUNT({scores})=0,"",ROUND(SUM({scores}),4))'))
    warning = given.weights_differ.format(weight=plain(given.total_weight))
    differs = f"{weight.address}<>{plain(given.total_weight)}"
    form.add(Slot(bottom, 8, warning, role="check", formula=f'=IF({differs},"{warning}","")'))
    form.alarm = (f"{weight.address}:{column_letters(8)}{bottom + 1}", differs)
