"""How a target and an actual go together (指标值与完成值的比较): one measure unit, dates, or what the words say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from jixiao.values import Grammar, Value, load_grammar, normalise, split_remark


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
        words decide (met, not met), -1 when they do not. Missing or unreadable values are not comparable.

    Example:
        >>> from jixiao.values import parse_value
        >>> compare_values(parse_value(">=4万人"), parse_value("46949人")).is_comparable
        True
        >>> compare_values(parse_value("每天"), parse_value("每天")).word_met
        1
    """
    grammar = load_grammar()
    said = normalise(actual.text)
    is_done = int(said in grammar.done or split_remark(said)[0] in grammar.done)
    if actual.kind == "word" and not target.is_quantity and target.end is None:
        return Comparison(actual, False, is_done)
    if target.kind in {"word", "frequency", "text"}:
        if actual.kind != "blank" and said == normalise(target.text):
            return Comparison(actual, False, 1)
        is_dated = actual.kind == "date" and any(said.endswith(word) for word in grammar.done)
        return Comparison(actual, False, 1 if is_dated and target.kind == "word" else -1)
    if target.end is not None:
        return Comparison(actual, actual.end is not None)
    if not target.is_quantity:
        return Comparison(actual, False)
    if actual.kind == "word":
        note = grammar.guess("word_for_number", word=actual.text)
        return Comparison(actual, False, is_done, (note,))
    if not actual.is_quantity:
        return Comparison(actual, False)
    return _compare_quantities(grammar, target, actual)


def _compare_quantities(grammar: Grammar, target: Value, actual: Value) -> Comparison:
    guesses: list[str] = []
    if actual.measure_unit != target.measure_unit:
        if target.kind == actual.kind == "duration":
            factor = grammar.durations[actual.measure_unit] / grammar.durations[target.measure_unit]
            actual = replace(actual, value=(actual.value or Decimal(0)) * factor, measure_unit=target.measure_unit)
        elif not actual.measure_unit or not target.measure_unit:
            unit = actual.measure_unit or target.measure_unit
            if unit == grammar.declared["money_unit"]:
                # A bare number is in the unit the other side is written in, before that became 万元; 48万 is 元.
                bare, money = (actual, target) if target.measure_unit else (target, actual)
                unit_factor = min(grammar.money.values()) if bare.factor > 1 else money.factor
                scale = unit_factor if bare is actual else 1 / unit_factor
                actual = replace(actual, value=(actual.value or Decimal(0)) * scale)
            if unit == "%":
                return Comparison(actual, False, guesses=(grammar.guess("percent_missing"),))
            guesses.append(grammar.guess("unit_missing", unit=unit))
        else:
            note = grammar.guess("unit_differs", target=target.measure_unit, actual=actual.measure_unit)
            return Comparison(actual, False, guesses=(note,))
    if actual.relation and actual.relation != "=":
        if target.relation and target.relation[0] != actual.relation[0]:
            return Comparison(actual, False, guesses=(grammar.guess("opposite_sign", relation=actual.relation),))
        guesses.append(grammar.guess("actual_sign", relation=actual.relation))
    return Comparison(actual, True, guesses=tuple(guesses))


def direction_of(target: Value, indicator: str) -> str:
    """Return positive (正向) or negative (反向): by the relation, then by declared words; empty when neither tells.

    Example:
        >>> from jixiao.values import parse_value
        >>> direction_of(parse_value("<=3次"), "事故次数")
        'negative'
    """
    if target.relation[:1] == ">":
        return "positive"
    if target.relation[:1] == "<" or target.end is not None:
        return "negative"
    declared = load_grammar().declared
    if any(word in indicator for word in declared["negative_words"]):
        # 投诉率降低幅度: the fall of something bad is good.
        return "positive" if any(word in indicator for word in declared["falling_words"]) else "negative"
    return "positive" if target.kind == "rate" and target.relation == "=" else ""
