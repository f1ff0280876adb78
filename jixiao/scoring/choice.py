"""Which framework (指标体系) an evaluation goes by, and which of its rules (评分标准) an indicator row goes by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jixiao.core.errors import RequestError
from jixiao.core.exact import Coded, Rows, coded
from jixiao.scoring.frameworks import (
    Basis,
    Framework,
    IndicatorRule,
    choose_framework,
    load_framework,
    load_frameworks,
    methods,
)

_COLUMNS = {"relation": "target_relation"}
_FACTS = ("project", "unit", "department")


def choose_frameworks(evaluations: pd.DataFrame, framework: str = "") -> pd.Series:
    """Return the framework id of every evaluation (选定指标体系).

    Args:
        evaluations: The frame ``evaluations``.
        framework: The framework of the self-evaluations instead of the default one.

    Raises:
        RequestError: No framework is valid for an evaluation, or the one that is asked for is not for all of them.
    """
    asked = _self_framework(framework).id if framework and (evaluations["evaluation"] == "self").any() else ""
    facts = evaluations[["evaluation", "year"]]
    for column in _FACTS:  # a name that no framework asks for makes no difference
        known = {name for one in load_frameworks() for key, names in one.applies_to if key == column for name in names}
        is_known = evaluations[column].isin(known)
        if is_known.any():
            facts = facts.assign(**{column: evaluations[column].where(is_known, "")})
    group = facts.groupby(list(facts.columns), sort=False).ngroup().to_numpy()
    first = np.unique(group, return_index=True)[1]
    chosen = []
    for row in facts.iloc[first].itertuples(index=False):
        if asked and row.evaluation == "self":
            chosen.append(asked)
        else:
            named = {column: str(getattr(row, column, "")) for column in _FACTS}
            chosen.append(choose_framework(str(row.evaluation), int(row.year), named).id)
    return pd.Series(pd.array(chosen, dtype="str").take(group), index=evaluations.index)


def _self_framework(framework_id: str) -> Framework:
    framework = load_framework(framework_id)
    if "self" not in framework.evaluations or not framework.id.startswith("caiyu_"):
        raise RequestError(f"指标体系“{framework_id}”不是通用的自评指标体系，请换用 caiyu_2020_10 或 caiyu_2021_101")
    return framework


def no_rule() -> IndicatorRule:
    """Return the rule of a row that the standards of its project do not name."""
    return IndicatorRule(method="no_rule", basis=Basis(text=methods()["no_rule"].basis, mark="J"))


def list_rules(framework_ids: Sequence[str]) -> tuple[list[IndicatorRule], np.ndarray]:
    """Return the rules of some frameworks in one list, first the one for rows without a rule, and where each begins."""
    rules, starts = [no_rule()], []
    for framework_id in framework_ids:
        starts.append(len(rules))
        rules += load_framework(framework_id).rules
    return rules, np.array(starts, np.int64)


def match_rules(rows: Rows, framework: np.ndarray, rules: Sequence[IndicatorRule], starts: np.ndarray) -> np.ndarray:
    """Return for each row the number of the first rule of its framework that fits it, 0 when none does.

    Args:
        rows: The columns that rules ask for; each distinct text is compared once.
        framework: The number of the framework of each row.
        rules: From :func:`list_rules`, with ``starts``.
    """
    found = np.zeros(len(framework), np.int16)
    owner = np.searchsorted(starts, np.arange(1, len(rules)), side="right") - 1
    asked: dict[str, Coded] = {}
    for start in range(1, len(rules), 64):  # a bit for each rule: which of them a row fits, the lowest one counts
        some = rules[start : start + 64]
        small = np.min_scalar_type((1 << len(some)) - 1)
        owned = [0] * len(starts)
        for bit, number in enumerate(owner[start - 1 : start + 63]):
            owned[number] |= 1 << bit
        fits = np.array(owned, small)[framework]
        for key in dict.fromkeys(key for rule in some for key, _ in rule.match):
            codes, texts = asked[key] = asked.get(key) or coded(rows[_COLUMNS.get(key, key)])
            free = sum(1 << bit for bit, rule in enumerate(some) if key not in dict(rule.match))
            named: dict[str, int] = {}
            for bit, rule in enumerate(some):
                for name in dict(rule.match).get(key, ()):
                    named[name] = named.get(name, free) | 1 << bit
            fitting = np.array([*(named.get(text, free) for text in texts), free], small)  # the last: no text
            fits &= fitting[codes]
        lowest = start + np.bitwise_count((fits & -fits) - small.type(1)).astype(np.int16)
        found = np.where((found == 0) & (fits != 0), lowest, found)
    return found


def columns_asked(rules: Sequence[IndicatorRule]) -> list[str]:
    """Return the columns by which some rules choose their rows."""
    return list(dict.fromkeys(_COLUMNS.get(key, key) for rule in rules for key, _ in rule.match))
