"""The table beside a chart of an analysis (分析表)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from jixiao.core.vocabulary import columns, label, word
from jixiao.core.writing import grouped_text, value_text
from jixiao.scoring.frameworks import methods
from jixiao.show.tables.lists import Table

_KEYS = {"project_id", "indicator_id"}


def show_analysis(
    frame: pd.DataFrame, *, chosen: Sequence[str] = (), most: int | None = None, notes: Sequence[str] = ()
) -> Table:
    """Show the frame of any analysis with Chinese labels and units (分析结果表).

    Args:
        frame: From any function of :mod:`jixiao.analysis`.
        chosen: These columns only, in this order; by default all but the keys that nobody reads.
        most: The first rows only.
        notes: Sentences below the table; those of :func:`jixiao.analysis.follow_successors` stand there by themselves
            where the table names departments.

    Example:
        >>> from jixiao import analysis, evaluate
        >>> rates = analysis.execution_rates(evaluate("data/sample"), by="year")
        >>> show_analysis(rates, chosen=["year", "base_wan", "median_rate"])
        年度 | 执行率分母（万元） | 执行率中位数（%）
        2023 | 1,680 | 97.00%
        2024 | 1,705 | 99.75%
    """
    names = list(chosen) or [name for name in frame.columns if name not in _KEYS]
    rows = frame if most is None else frame.head(most)
    kinds = {name: columns()[name]["type"] for name in names}
    written = {
        label(name, measured=kinds[name] in {"money", "rate", "points"}): [
            _written(name, kinds[name], value) for value in rows[name]
        ]
        for name in names
    }
    note = "".join(notes) or (frame.attrs.get("note", "") if "department" in names else "")
    return Table(pd.DataFrame(written, dtype="str"), note=note)


def code_word(name: str, value: Any) -> str:
    """Return a coded value of any analysis in words (代码译名); methods have theirs in their own rules.

    Example:
        >>> code_word("method", "judged"), code_word("stage", "arrived_wan")
        ('酌情评分', '实际到位')
    """
    return methods()[value].name if name == "method" and value in methods() else word(name, value)


def _written(name: str, kind: str, value: Any) -> str:
    is_known = value is not None and value is not pd.NA and value == value
    if is_known and kind == "number":
        return grouped_text(value)
    if is_known and kind == "integer":
        return str(int(value))
    return code_word(name, value) if name == "method" else value_text(name, value)
