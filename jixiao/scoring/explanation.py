"""The arithmetic of every score as a sentence (计分说明), with the very numbers that were used.

A sentence is the template of its method and branch; each number is written once for all rows that share it, and the
sentences of one branch are put together as columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from jixiao.core.vocabulary import reading_words
from jixiao.core.writing import each_text, fill_in, percent_texts, points_texts, written_texts
from jixiao.scoring import formulas
from jixiao.scoring.frameworks import IndicatorRule, methods, rates
from jixiao.scoring.points import Columns, Door


class _Words:
    """What can be named in a template (模板用词), as columns of some rows that one rule scored."""

    def __init__(self, scored: pd.DataFrame, columns: Columns, rule: IndicatorRule, at: np.ndarray) -> None:
        self.scored, self.columns, self.rule, self.at = scored, columns, rule, at
        self.rate = rates().get(rule.parameters.get("rate", ""))

    def column(self, name: str) -> pd.Series:
        """Return a column of the scored rows."""
        return self.scored[name].take(self.at).reset_index(drop=True)

    def find(self, name: str) -> str | pd.Series:
        """Return a word: a text that is the same in all rows, or a column of texts."""
        if name in self.rule.shown:
            return str(self.rule.shown[name])
        if name in _POINTS:
            return points_texts(self.column(_POINTS[name]))
        if name in _TEXTS:
            return self.column(_TEXTS[name])
        return _OTHERS[name](self)

    def quantity(self, name: str) -> pd.Series:
        """Write a column of quantities, money by evaluation among them; a column that is none is empty."""
        funds = self.columns["funds"]
        if name in funds:
            return written_texts(funds[name][self.columns["position"][self.at]])
        return written_texts(self.column(name) if name in self.scored else np.full(len(self.at), np.nan))

    def with_unit(self, side: str) -> str | pd.Series:
        """Write numerator or denominator of the rate with its unit."""
        rate = self.rate
        if side == "denominator" and not (rate and rate.denominator):
            return "100%"
        written = self.quantity(getattr(rate, side) if rate else "")
        if rate is None or rate.numerator != "actual_value":
            return written + reading_words()["money"]
        unit = self.column("measure_unit")
        return written + unit.where(unit != "%", "")

    def loss(self) -> pd.Series:
        """Say how many points are lost, or nothing when none are."""
        weight, score = (self.column(name).to_numpy("float64") for name in ("weight", "score"))
        before, _, after = str(reading_words()["loss"]).partition("{points}")
        said = before + points_texts(weight - score) + after
        return said.where(score < weight, "")


_POINTS = {"weight": "weight", "score": "score", "low": "score_low", "high": "score_high", "reported": "reported_score"}
_TEXTS = {"target": "target_text", "actual": "actual_text", "unit": "measure_unit"}
_OTHERS: dict[str, Callable[[_Words], str | pd.Series]] = {
    "loss": lambda words: words.loss(),
    "plan": lambda words: words.quantity("target_value") + words.column("measure_unit"),
    "cost": lambda words: words.quantity("actual_value") + words.column("measure_unit"),
    "rate": lambda words: percent_texts(words.column("completion_rate")),
    "months": lambda words: each_text(Door(words.columns, words.at, words.rule)["months_late"], str),
    "over": lambda words: words.with_unit("numerator"),
    "under": lambda words: words.with_unit("denominator"),
}


def explain(
    scored: pd.DataFrame, columns: Columns, rule: np.ndarray, rules: Sequence[IndicatorRule], case: np.ndarray
) -> pd.Series:
    """Write the arithmetic of each row as a sentence (计分说明).

    Args:
        scored: The scored rows.
        columns: The columns they were scored from, as :class:`jixiao.scoring.points.Door` takes them.
        rule: The number of the rule of each row, and ``rules``, the rules by number.
        case: The branch of the formula each row went through.
    """
    group = rule.astype(np.int64) * len(formulas.CASES) + case
    order = np.argsort(group, kind="stable")
    ends = np.flatnonzero(np.diff(group[order])) + 1
    written = [
        _sentences(scored, columns, rules[int(rule[at[0]])], formulas.CASES[int(case[at[0]])], at)
        for at in np.split(order, ends)
        if len(at)
    ]
    if not written:
        return pd.Series(dtype="str")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return pd.concat(written, ignore_index=True).take(place).set_axis(scored.index)


def _sentences(scored: pd.DataFrame, columns: Columns, rule: IndicatorRule, case: str, at: np.ndarray) -> pd.Series:
    """Fill in the template of one method and branch for some rows, column by column."""
    templates = methods()[rule.method].explain
    words = _Words(scored, columns, rule, at)
    return fill_in(templates.get(case, templates["nobody"]), words.find, len(at))
