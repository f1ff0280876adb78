"""How a target and an actual go together (指标值与完成值的比较): one measure unit, dates, parts, or what words say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from jixiao.reading.values.notation import Grammar, Value, load_grammar, normalise, split_remark


@dataclass(frozen=True)
class Comparison:
    """How a target and an actual go together: the actual in the target's unit, or what the words say."""

    actual: Value
    is_comparable: bool
    word_met: int = -1
    guesses: tuple[str, ...] = ()


def compare_values(target: Value, actual: Value) -> Comparison:
    """Bring an actual into the measure unit of its target, or let the words decide.

    Returns:
        ``is_comparable`` is True when both are quantities of one unit or both are dates; ``word_met`` is 1 or 0 when
        words, a range or the parts of several values decide (met, not met), -1 when they do not. Missing or unreadable
        values are not comparable.

    Example:
        >>> from jixiao.reading.values.values import parse_value
        >>> compare_values(parse_value(">=4万人"), parse_value("46949人")).is_comparable
        True
        >>> compare_values(parse_value("每天"), parse_value("每天")).word_met
        1
        >>> compare_values(parse_value("3-5天"), parse_value("6天")).word_met
        0
    """
    grammar = load_grammar()
    said = normalise(actual.text)
    is_done = int(said in grammar.done or split_remark(said)[0] in grammar.done)
    if target.kind == "several":
        return _compare_several(grammar, target, actual, is_done)
    is_number = target.is_quantity or target.is_range
    if actual.kind == "word" and not is_number and target.end is None:
        return Comparison(actual, False, is_done)
    if not is_number and target.kind in {"word", "frequency", "text"}:
        if actual.kind != "blank" and (said == normalise(target.text) or _same_period(grammar, target, actual)):
            return Comparison(actual, False, 1)
        is_dated = actual.kind == "date" and any(said.endswith(word) for word in grammar.done)
        return Comparison(actual, False, 1 if is_dated and target.kind == "word" else -1)
    if target.end is not None:
        return _compare_dates(grammar, actual, said)
    if not is_number:
        return Comparison(actual, False)
    if actual.kind == "word":
        note = grammar.guess("word_for_number", word=actual.text)
        return Comparison(actual, False, is_done, (note,))
    if target.is_range:
        return _compare_range(grammar, target, actual)
    if not actual.is_quantity:
        names = {"several": "several_differ"} | ({actual.kind: "actual_range"} if actual.is_range else {})
        return Comparison(
            actual, False, guesses=tuple(grammar.guess(names[name]) for name in [actual.kind] if name in names)
        )
    return _compare_quantities(grammar, target, actual)


def _same_period(grammar: Grammar, target: Value, actual: Value) -> bool:
    """Say whether both only say how often, in other words: 每天 and 每日."""
    periods = [grammar.frequencies.get(normalise(value.text), "") for value in (target, actual)]
    return periods[0] == periods[1] != ""


def _compare_dates(grammar: Grammar, actual: Value, said: str) -> Comparison:
    if actual.end is not None:
        notes = (grammar.guess("actual_sign", relation=actual.relation),) if actual.relation else ()
        return Comparison(actual, True, guesses=notes)
    words = grammar.declared
    if said not in words["on_time"] and said not in words["late"]:
        return Comparison(actual, False)
    note = grammar.guess("word_for_date", word=actual.text)
    return Comparison(actual, False, int(said in words["on_time"]), (note,))


def _compare_quantities(grammar: Grammar, target: Value, actual: Value) -> Comparison:
    brought, guesses = _in_unit_of(grammar, target, actual)
    if brought is None:
        return Comparison(actual, False, guesses=guesses)
    if actual.relation and actual.relation != "=":
        if target.relation and target.relation[0] != actual.relation[0]:
            return Comparison(brought, False, guesses=(grammar.guess("opposite_sign", relation=actual.relation),))
        guesses = (*guesses, grammar.guess("actual_sign", relation=actual.relation))
    return Comparison(brought, True, guesses=guesses)


def _in_unit_of(grammar: Grammar, target: Value, actual: Value) -> tuple[Value | None, tuple[str, ...]]:
    """Return the actual in the target's unit and what that assumes; None when the units do not go together."""
    mine, its = actual.measure_unit, target.measure_unit
    if mine == its:
        return actual, ()
    sizes = next((sizes for sizes in grammar.dimensions if mine in sizes and its in sizes), None)
    if sizes:
        return _scaled(actual, sizes[mine] / sizes[its], its), ()
    if not mine or not its:
        return _with_missing_unit(grammar, target, actual)
    year = "/" + grammar.declared["year_sign"]
    if mine.removesuffix(year) == its.removesuffix(year):
        return actual._replace(measure_unit=its), (grammar.guess("year_assumed"),)
    short, long = sorted((mine, its), key=len)
    if short in grammar.counts and long.startswith(short) and long not in grammar.units and "/" not in long:
        return actual._replace(measure_unit=its), (grammar.guess("unit_longer", target=its, actual=mine),)
    return None, (grammar.guess("unit_differs", target=its, actual=mine),)


def _with_missing_unit(grammar: Grammar, target: Value, actual: Value) -> tuple[Value | None, tuple[str, ...]]:
    """Read a number without a unit in the unit of the other side."""
    unit = actual.measure_unit or target.measure_unit
    if unit == "%":
        return _with_missing_percent(grammar, target, actual)
    if unit == grammar.declared["money_unit"]:
        # A bare number is in the unit the other side is written in, before that became 万元; 48万 is 元.
        bare, money = (actual, target) if target.measure_unit else (target, actual)
        factor = min(grammar.money.values()) if bare.factor > 1 else money.factor
        actual = _scaled(actual, factor if bare is actual else 1 / factor, target.measure_unit)
    return actual._replace(measure_unit=target.measure_unit), (grammar.guess("unit_missing", unit=unit),)


def _with_missing_percent(grammar: Grammar, target: Value, actual: Value) -> tuple[Value | None, tuple[str, ...]]:
    """Read 0.95 or 95 against 90% where only one of the two readings lies near the target; else refuse."""
    wanted = target.value if target.value is not None else target.high
    readings = [Decimal(1), Decimal(1) / 100 if target.measure_unit else Decimal(100)]
    near = [
        factor
        for factor in readings
        if actual.value is not None and wanted is not None and wanted < 3 * factor * actual.value < 9 * wanted
    ]
    if len(near) != 1:
        return None, (grammar.guess("percent_missing"),)
    return _scaled(actual, near[0], target.measure_unit), (grammar.guess("percent_assumed"),)


def _scaled(value: Value, factor: Decimal, unit: str) -> Value:
    def times(number: Decimal | None) -> Decimal | None:
        return None if number is None else number * factor

    return value._replace(value=times(value.value), low=times(value.low), high=times(value.high), measure_unit=unit)


def _compare_range(grammar: Grammar, target: Value, actual: Value) -> Comparison:
    """Inside the range is met; outside it a person decides how many points are lost."""
    if not actual.is_quantity and not actual.is_range:
        return Comparison(actual, False)
    brought, guesses = _in_unit_of(grammar, target, actual)
    if brought is None:
        return Comparison(actual, False, guesses=guesses)
    if actual.relation not in {"", "=", "range"}:
        return Comparison(brought, False, guesses=(*guesses, grammar.guess("actual_sign", relation=actual.relation)))
    low, high = (brought.value, brought.value) if brought.is_quantity else (brought.low, brought.high)
    if None in (low, high, target.low, target.high):
        return Comparison(brought, False, guesses=guesses)
    is_above = low > target.low or (low == target.low and target.ends[0] == "[")  # type: ignore[operator]
    is_below = high < target.high or (high == target.high and target.ends[1] == "]")  # type: ignore[operator]
    if brought.is_range:
        is_inside = (is_above and is_below) or (low, high) == (target.low, target.high)
        return Comparison(brought, False, 1 if is_inside else -1, (*guesses, grammar.guess("actual_range")))
    if is_above and is_below:
        return Comparison(brought, False, 1, guesses)
    return Comparison(brought, False, 0, (*guesses, grammar.guess("outside_range")))


def _compare_several(grammar: Grammar, target: Value, actual: Value, is_done: int) -> Comparison:
    """Compare part by part: all met is met, one clearly missed is missed, else a person is asked."""
    if actual.kind == "word":
        return Comparison(actual, False, is_done, (grammar.guess("word_for_number", word=actual.text),))
    if actual.kind == "blank":
        return Comparison(actual, False)
    pairs = _pairs(target.parts, actual.parts)
    if not pairs:
        return Comparison(actual, False, guesses=(grammar.guess("several_differ"),))
    compared = [(part, compare_values(part, other)) for part, other in pairs]
    met = [_is_met(part, result) for part, result in compared]
    word = 1 if min(met) == 1 else 0 if 0 in met else -1
    named = "; ".join(f"{part.text} ← {other.text}" for part, other in pairs)
    more = (guess for _, result in compared for guess in result.guesses)
    return Comparison(actual, False, word, (grammar.guess("several", parts=named), *more))


def _pairs(targets: Sequence[Value], actuals: Sequence[Value]) -> list[tuple[Value, Value]]:
    """Pair the parts of a target with those of an actual: by unit, by label, by order; empty when it is not clear."""
    if len(targets) != len(actuals):
        return []
    for key in (lambda part: (part.measure_unit, part.end is not None), lambda part: part.label):
        named = {key(part): part for part in actuals}
        if len(named) == len(actuals) and {key(part) for part in targets} == named.keys():
            return [(part, named[key(part)]) for part in targets]
    pairs = list(zip(targets, actuals, strict=True))
    is_clear = all(
        part.kind == other.kind and (part.label == other.label or not part.label or not other.label)
        for part, other in pairs
    )
    return pairs if is_clear else []


def _is_met(target: Value, compared: Comparison) -> int:
    """Say whether one part is met (1), clearly missed (0), or for a person to say (-1)."""
    if compared.word_met >= 0 or not compared.is_comparable:
        return compared.word_met
    actual = compared.actual
    if target.end is not None and actual.end is not None:
        return int(actual.end <= target.end)
    wanted, done = target.value, actual.value
    if wanted is None or done is None or wanted == done:
        return (
            -1
            if wanted is None or done is None
            else int(target.relation not in {">", "<"} or actual.relation == target.relation)
        )
    if target.relation[:1] in {">", "<"}:
        return int((done > wanted) == (target.relation[0] == ">"))
    return 0 if target.relation == "=" and done < wanted else -1


def direction_of(target: Value, indicator: str, *, stated: str = "") -> str:
    """Return positive (正向) or negative (反向): by the relation, by what the form states, then by declared words.

    Args:
        target: The target as read.
        indicator: The name of the indicator.
        stated: What a column of the form says: 正向, 反向; anything else says nothing.

    Returns:
        An empty text when nothing tells.

    Example:
        >>> from jixiao.reading.values.values import parse_value
        >>> direction_of(parse_value("<=3次"), "事故次数"), direction_of(parse_value("3次"), "检查", stated="反向")
        ('negative', 'negative')
    """
    if target.relation[:1] == ">":
        return "positive"
    if target.relation[:1] == "<" or target.end is not None:
        return "negative"
    told = stated_direction(stated) or _direction_in_name(indicator)
    if told == "positive" and target.kind == "blank" and not stated:
        return ""
    return told or ("positive" if target.kind == "rate" and target.relation == "=" else "")


@lru_cache(maxsize=4096)
def _direction_in_name(indicator: str) -> str:
    """Return the direction that the declared words find in the name of an indicator."""
    declared = load_grammar().declared
    if any(word in indicator for word in declared["negative_words"]):
        # 投诉率降低幅度: the fall of something bad is good.
        return "positive" if any(word in indicator for word in declared["falling_words"]) else "negative"
    return "positive" if indicator.endswith(tuple(declared["positive_words"])) else ""


@cache
def stated_direction(stated: str) -> str:
    """Return the direction that a column of the form states (指标性质): positive, negative or an empty text."""
    directions = load_grammar().declared["stated_directions"]
    return next((name for name, words in directions.items() if normalise(stated) in words), "")


def kind_of(target: Value, *, stated: str = "") -> str:
    """Return quantitative (定量) or qualitative (定性): as a column of the form states it, else by the target.

    Example:
        >>> from jixiao.reading.values.values import parse_value
        >>> kind_of(parse_value("≥95%")), kind_of(parse_value("显著提升")), kind_of(parse_value("1"), stated="定性")
        ('quantitative', 'qualitative', 'qualitative')
    """
    kinds = load_grammar().declared["stated_kinds"]
    told = next((name for name, words in kinds.items() if normalise(stated) in words), "")
    is_number = target.is_quantity or target.is_range or target.end is not None
    return told or ("quantitative" if is_number or target.kind in {"frequency", "several"} else "qualitative")
