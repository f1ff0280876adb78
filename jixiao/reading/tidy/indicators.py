"""The indicator rows and headings of one evaluation (指标与标题), from the records of its form."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jixiao.core.exact import exact_sum
from jixiao.core.vocabulary import category_group, reading_words
from jixiao.reading.forms.blocks import signs
from jixiao.reading.forms.records import Reading, Record
from jixiao.reading.tidy.rows import Rows, place_of, points_of
from jixiao.reading.values.comparisons import Comparison, compare_values, direction_of, kind_of, stated_direction
from jixiao.reading.values.values import Value, load_grammar, normalise, parse_value, reading_state, unit_in_name


class IndicatorRows:
    """The indicator rows and headings of one evaluation, table by table."""

    def __init__(self, rows: Rows, reading: Reading, identity: dict[str, Any]) -> None:
        self.rows, self.reading, self.identity = rows, reading, identity
        self.achieved: dict[str, list[Record]] = {}
        for record in reading.records:
            if record.block == "achievements":
                self.achieved.setdefault(normalise(record.texts["indicator"]), []).append(record)
        self.number = 0
        self.headings: dict[tuple[str, str, str, str], dict[str, Any]] = {}

    def add(self) -> None:
        """Add every row and every heading."""
        # Some forms print the execution rate once more among the indicators; it counts once.
        names = {normalise(record.texts.get("indicator", "")) for record in self.reading.records}
        for record in self.reading.records:
            is_total = record.block == "funds" and record.texts.get("fund") == "total"
            if is_total and "reported_score" in record.cells and reading_words()["execution"] not in names:
                self._add_execution(record)
        category = subcategory = table = ""
        for record in self.reading.records:
            if record.block not in {"indicators", "outline", "summary", "copy"}:
                continue
            if record.table != table:
                category = subcategory = ""
                table = record.table
            new_category, category_weight = split_heading(record.texts.get("category", ""))
            is_new = bool(new_category) and new_category != category
            category = new_category or category
            new_subcategory, label_weight = split_heading(record.texts.get("subcategory", ""))
            subcategory = new_subcategory or ("" if is_new and record.block != "summary" else subcategory)
            above = points_of(self.rows, self.reading, record, "category_weight")
            own = points_of(self.rows, self.reading, record, "subcategory_weight")
            self._add_heading(record, "category", category, above if above is not None else category_weight, "")
            if record.block == "summary":
                own = points_of(self.rows, self.reading, record, "weight")
            weight = own if own is not None else label_weight
            self._add_heading(record, "subcategory", subcategory, weight, category)
            if record.block not in {"outline", "copy"}:
                self._add_indicator(record, category, subcategory)
            if record.block != "summary":
                self._add_part(record, category, subcategory)
        self._finish()

    def _add_execution(self, record: Record) -> None:
        texts = {
            **record.texts,
            "indicator": reading_words()["execution"],
            "actual": record.texts.get("execution_rate", ""),
        }
        cells = {**record.cells, "indicator": record.cells["fund"], "actual": record.cells.get("execution_rate", "")}
        self._add_indicator(
            Record("indicators", record.sheet, record.row, texts, cells, record.table), texts["indicator"], ""
        )

    def _add_indicator(self, record: Record, category: str, subcategory: str) -> None:
        texts, reading = record.texts, self.reading
        name = plain_indicator(texts.get("indicator", ""))
        is_placeholder = self._is_placeholder(record)
        waiting = self.achieved.get(normalise(name or subcategory), []) if record.block == "indicators" else []
        source = waiting.pop(0) if waiting else record  # equal names are paired in the order of the form
        self.number += 1
        stated = _stated(texts)
        target_text, actual_text = source.texts.get("target", ""), source.texts.get("actual", "")
        target_cell = source.cells.get("target", "")
        if not target_text and "indicator" in record.cells and target_in_name(name):
            target_text, target_cell = target_in_name(name), ""  # it has no cell of its own
            said = reading_words()["reasons"]["target_in_name"].format(target=target_text)
            self.rows.guess(reading, record.sheet, record.cells["indicator"], record.texts["indicator"], (said,))
        read, guesses = read_pair(
            target_text,
            actual_text,
            year=reading.year,
            indicator=name,
            subcategory=subcategory,
            stated=stated,
            unit=texts.get("measure_unit", ""),
        )
        sign = signs().get(normalise(texts.get("target_relation", "")), "")
        if sign and not read["target_relation"]:  # a sign in a column of its own before a word (= 提高)
            read["target_relation"] = sign
        if stated_direction(stated) not in {"", read["direction"]}:
            guesses = (*guesses, reading_words()["reasons"]["direction_conflict"].format(stated=stated))
        self.rows.guess(reading, source.sheet, source.cells.get("actual", ""), actual_text or target_text, guesses)
        self.rows.add(
            "indicators",
            **self.identity,
            indicator_id=f"{self.number:03d}",
            row_level="indicator" if name else "subcategory",
            is_placeholder=is_placeholder,
            is_counted=record.block == "indicators" and not is_placeholder,
            category=category,
            subcategory=subcategory,
            indicator=name,
            **read,
            weight=points_of(self.rows, reading, record, "weight"),
            reported_score=points_of(self.rows, reading, record, "reported_score"),
            deviation_reason=texts.get("deviation_reason", ""),
            scoring_standard=texts.get("scoring_standard", ""),
            remark=source.texts.get("remark", ""),
            **place_of(reading, record, "indicator" if name else "subcategory"),
            target_cell=target_cell,
            actual_cell=source.cells.get("actual", ""),
            weight_cell=record.cells.get("weight", ""),
            score_cell=record.cells.get("reported_score", ""),
            reason_cell=record.cells.get("deviation_reason", ""),
            achievement_sheet=source.sheet,
        )

    def _is_placeholder(self, record: Record) -> bool:
        """Say whether a row prints 无 for an indicator, or is a line of the form that was left unused."""
        name = normalise(record.texts.get("indicator", ""))
        if name and _is_blank(name):
            return True
        values = (record.texts.get(column, "") for column in ("target", "actual", "weight", "reported_score"))
        is_unused = not any(normalise(value).strip(".…") for value in values)
        is_template = re.fullmatch(reading_words()["template_indicator"], name) is not None
        return self.reading.form == "self_evaluation" and is_unused and is_template

    def _add_heading(self, record: Record, level: str, name: str, weight: float | None, parent: str) -> None:
        key = (record.table, level, parent, name)
        if not name:
            return
        cells = (record.cells.get(f"{level}_weight", ""), record.cells.get(level, ""))
        cell = next((cell for cell in cells if cell), "")
        if key in self.headings:
            if self.headings[key]["heading_weight"] is None:
                self.headings[key] |= {"heading_weight": weight, "heading_cell": cell}
            return
        score = (
            points_of(self.rows, self.reading, record, "reported_score")
            if record.block == "summary" and level == "subcategory"
            else None
        )
        self.headings[key] = {
            "table": record.table,
            "heading_level": level,
            "heading": name,
            "parent": parent,
            "heading_weight": weight,
            "heading_score": score,
            "heading_cell": cell,
            "weights": [],
            "scores": [],
            "is_summary": record.block == "summary",
            **place_of(self.reading, record, level),
        }

    def _add_part(self, record: Record, category: str, subcategory: str) -> None:
        if self._is_placeholder(record):
            return
        weight = points_of(self.rows, self.reading, record, "weight")
        score = points_of(self.rows, self.reading, record, "reported_score")
        for level, parent, name in (("category", "", category), ("subcategory", category, subcategory)):
            heading = self.headings.get((record.table, level, parent, name))
            if heading is not None:
                heading["weights"].append(weight)
                heading["scores"].append(score)

    def _finish(self) -> None:
        """Sum the parts of every heading; a summary row gets the parts that the full table prints."""
        parts = {
            (category_group(heading["parent"]), heading["heading"]): heading
            for heading in self.headings.values()
            if heading["heading_level"] == "subcategory" and not heading["is_summary"]
        }
        for heading in self.headings.values():
            same = (category_group(heading["parent"]), heading["heading"])
            found = parts.get(same, heading) if heading["is_summary"] else heading
            heading |= {"parts_weight": exact_sum(found["weights"]), "parts_score": exact_sum(found["scores"])}
        for heading in self.headings.values():
            heading["children"] = sum(
                other["parent"] == heading["heading"] and other["table"] == heading["table"] and bool(other["weights"])
                for other in self.headings.values()
            )
            kept = {key: value for key, value in heading.items() if key not in {"weights", "scores", "is_summary"}}
            if kept["heading_weight"] is not None or kept["heading_score"] is not None:
                self.rows.add("headings", **self.identity, **kept)
        for record in (record for records in self.achieved.values() for record in records):
            self.rows.add(
                "skipped",
                source_file=self.reading.file,
                source_sheet=record.sheet,
                source_cell=record.cells["indicator"],
                text=record.texts["indicator"],
                reason=reading_words()["reasons"]["no_indicator"],
            )


@lru_cache(4096)
def _is_blank(name: str) -> bool:
    """Say whether a name is a sign for nothing (—, 无); asked twice of every row, and names repeat."""
    return parse_value(name).kind == "blank"


def read_pair(
    target_text: str,
    actual_text: str,
    *,
    year: int | None,
    indicator: str,
    subcategory: str = "",
    stated: str = "",
    unit: str = "",
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Read a target and an actual together (指标值与完成值).

    Args:
        target_text: The target as written.
        actual_text: The actual as written.
        year: The evaluated year.
        indicator: Its name, which may hold the unit and tell the direction.
        subcategory: The name above it, which may hold the unit where the indicator has no name.
        stated: What the form states of the direction or kind.
        unit: The measure unit that stands in a column of its own.

    Returns:
        The columns of the frame ``indicators`` that say what both are, how they go together and which way is better,
        and what was assumed.

    Example:
        >>> columns, guesses = read_pair("≥90%", "95%", year=2023, indicator="合格率")
        >>> columns["target_value"], columns["actual_value"], columns["is_comparable"], columns["direction"], guesses
        (0.9, 0.95, True, 'positive', ())
    """
    named = unit_in_name(indicator or subcategory)
    of_months = unit if unit.endswith(load_grammar().declared["month_sign"]) else ""  # a unit, no month of the year
    target = parse_value(target_text, year=year, wanted_unit=of_months, named_unit=named)
    actual = parse_value(
        with_unit(actual_text, unit), year=year, wanted_unit=target.measure_unit or of_months, named_unit=named
    )._replace(text=actual_text)
    direction = direction_of(target, indicator, stated=stated)
    compared, direction = _settle_direction(target, compare_values(target, actual), direction)
    columns = {
        **_target_columns(target),
        "measure_unit": _either_unit(unit, target.measure_unit),
        **_actual_columns(actual, compared),
        "direction": direction,
        "is_direction_assumed": reading_words()["reasons"]["direction_assumed"] in compared.guesses,
        "kind": kind_of(target, stated=stated),
    }
    return columns, (*target.guesses, *actual.guesses, *compared.guesses)


def add_plans(rows: Rows, reading: Reading, identity: dict[str, Any]) -> None:
    """Add the indicators of a declaration of targets (申报的绩效指标): one row is one target of one term."""
    category: dict[str, str] = {}
    subcategory: dict[str, str] = {}
    number = 0
    for record in reading.records:
        if record.block != "indicators":
            continue
        texts = record.texts
        term = texts.get("term", "")
        new = split_heading(texts.get("category", ""))[0]
        if new and new != category.get(term):
            category[term], subcategory[term] = new, ""
        subcategory[term] = split_heading(texts.get("subcategory", ""))[0] or subcategory.get(term, "")
        name = plain_indicator(texts.get("indicator", ""))
        if not name and not texts.get("target", ""):
            continue
        number += 1
        target = parse_value(texts.get("target", ""), year=reading.year, named_unit=unit_in_name(name))
        rows.guess(reading, record.sheet, record.cells.get("target", ""), target.text, target.guesses)
        unit = _either_unit(texts.get("measure_unit", ""), target.measure_unit)
        rows.add(
            "plans",
            year=identity["year"],
            project_id=identity["project_id"],
            indicator_id=f"{number:03d}",
            term=term,
            category=category.get(term, ""),
            subcategory=subcategory[term],
            indicator=name,
            **{**_target_columns(target), "measure_unit": unit},
            direction=direction_of(target, name, stated=_stated(texts)),
            weight=points_of(rows, reading, record, "weight"),
            remark=texts.get("remark", ""),
            **place_of(reading, record, "indicator"),
            target_cell=record.cells.get("target", ""),
        )


def _either_unit(printed: str, unit: str) -> str:
    """Return a measure unit as it is printed where that names two that are counted alike.

    Example:
        >>> _either_unit("台（套）", "台"), _either_unit("元", "万元"), _either_unit("个（含）", "个")
        ('台(套)', '万元', '个')
    """
    base, _, other = normalise(printed).rstrip(")").partition("(")
    is_either = bool(unit) and base == unit and {base, other} <= load_grammar().counts
    return f"{base}({other})" if is_either else unit


def _stated(texts: dict[str, str]) -> str:
    """Return what a form states about the direction or kind of an indicator (指标方向、指标性质)."""
    return texts.get("direction", "") or texts.get("target_relation", "")


def target_in_name(name: str) -> str:
    """Return the target that the name of an indicator itself states (指标名称中的指标值), empty where it states none.

    Example:
        >>> target_in_name("平台建设费用<=327.66万元"), target_in_name("满意度≥95%"), target_in_name("验收合格率")
        ('<=327.66万元', '≥95%', '')
    """
    found = (re.search(pattern, name) for pattern in reading_words()["name_targets"])
    return next((match[1] for match in found if match), "")


def with_unit(text: str, unit: str) -> str:
    """Return a written number with the measure unit that stands in a column of its own (度量单位).

    Example:
        >>> with_unit("60", "个"), with_unit("60个", "个"), with_unit("已完成", "个")
        ('60个', '60个', '已完成')
    """
    return f"{text}{unit}" if unit and text.strip()[-1:].isdigit() else text


def plain_indicator(text: str) -> str:
    """Return the name of an indicator without the running number and the weight that the form prints around it.

    Example:
        >>> plain_indicator("指标1：培训人数"), plain_indicator("培训人数（10分）"), plain_indicator("指标1：")
        ('培训人数', '培训人数', '指标1：')
    """
    words = reading_words()
    return re.sub(words["weighted_indicator"], "", re.sub(words["numbered_indicator"], "", text.strip())).strip()


def split_heading(label: str) -> tuple[str, float | None]:
    """Split a heading that carries its weight (数量指标（20分）) into name and points.

    Example:
        >>> split_heading("数量指标（20分）"), split_heading("社会效益")
        (('数量指标', 20.0), ('社会效益', None))
    """
    plain = normalise(label)
    found = re.fullmatch(reading_words()["heading"], plain)
    return (found[1], float(found[2])) if found else (plain, None)


def _settle_direction(target: Value, compared: Comparison, direction: str) -> tuple[Comparison, str]:
    """Settle which way is better when the target has no sign and no word tells (指标方向).

    Equal values need no direction. Counts are read as the more the better, which is noted; for money and durations
    either way is common, so a person is asked.
    """
    if direction or not compared.is_comparable or target.value == compared.actual.value:
        return compared, direction
    reasons = reading_words()["reasons"]
    if target.kind in {"money", "duration"} or not target.value:
        return replace(compared, is_comparable=False, guesses=(*compared.guesses, reasons["direction_asked"])), ""
    return replace(compared, guesses=(*compared.guesses, reasons["direction_assumed"])), "positive"


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _target_columns(target: Value) -> dict[str, Any]:
    return {
        "target_text": target.text,
        "target_kind": target.kind,
        "target_relation": target.relation,
        "target_value": _number(target.value),
        "target_low": _number(target.low),
        "target_high": _number(target.high),
        "target_date": target.end,
        "measure_unit": target.measure_unit,
        "target_state": reading_state(target),
    }


def _actual_columns(actual: Value, compared: Comparison) -> dict[str, Any]:
    return {
        "actual_text": actual.text,
        "actual_kind": actual.kind,
        "actual_relation": actual.relation,
        "actual_value": _number(compared.actual.value),
        "actual_date": actual.end,
        "actual_state": reading_state(actual, guesses=compared.guesses),
        "is_comparable": compared.is_comparable,
        "word_met": compared.word_met,
    }
