"""English column names <-> Chinese labels and measure units (词汇表): the only translator.

Frames carry English names up to ``summary``; ``tables`` and ``figures`` translate at the last step.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@cache
def _checked(name: str, model: str) -> dict[str, Any]:
    """Return a file of words once its model has found nothing wrong (核对用语); the models are made only now."""
    from jixiao.core import word_models
    from jixiao.core.models import checked_shipped

    return dict(checked_shipped(name, getattr(word_models, model)))


def vocabulary() -> dict[str, Any]:
    """Return everything the vocabulary declares (词汇表); do not change it.

    Example:
        >>> vocabulary()["columns"]["executed_wan"]["label"]
        '全年执行数'
    """
    return _checked("vocabulary.yaml", "Vocabulary")


@cache
def columns() -> dict[str, dict[str, str]]:
    """Return every known column: its label, type and meaning, keyed by English name."""
    return dict(vocabulary()["columns"])


@cache
def value_labels() -> dict[str, dict[str, str]]:
    """Return the Chinese words of coded values, keyed by column."""
    return dict(vocabulary()["values"])


@cache
def _category_group() -> dict[str, str]:
    groups = vocabulary()["category_groups"]
    return {name: group for group, names in groups.items() for name in names}


def category_groups() -> list[str]:
    """Return the comparable level-1 groups (一级指标归并), in the order of the official frame."""
    return list(vocabulary()["category_groups"])


def category_group(name: str) -> str:
    """Return the comparable group of a level-1 name as printed; an unknown name is its own group.

    Example:
        >>> category_group("项目产出"), category_group("创新")
        ('产出', '创新')
    """
    return _category_group().get(name, name)


def label(column: str, *, measured: bool = False) -> str:
    """Return the Chinese label of a column, with its measure unit when ``measured``.

    Raises:
        KeyError: The column is not in ``rules/vocabulary.yaml``.

    Example:
        >>> label("executed_wan", measured=True)
        '全年执行数（万元）'
    """
    entry = columns()[column]
    return entry["label"] + (vocabulary()["suffixes"].get(entry["type"], "") if measured else "")


def word(column: str, value: Any) -> str:
    """Return the Chinese word of one coded value; an uncoded value comes back as text.

    Example:
        >>> word("grade", "excellent"), word("grade", None)
        ('优', '')
    """
    import pandas as pd

    if value is None or value is pd.NA or value != value:
        return ""
    return value_labels().get(column, {}).get(str(value), str(value))


def words(column: str, values: pd.Series) -> pd.Series:
    """Translate a column of coded values; missing stays an empty text."""
    return values.astype("object").map(lambda value: word(column, value)).astype("str")


def screen_words(part: str) -> dict[str, Any]:
    """Return the words of one screen (屏幕用语).

    Example:
        >>> screen_words("stages")["read"]
        '读取文件'
    """
    return dict(_checked("screen.yaml", "Screen")[part])


@cache
def reading_words() -> dict[str, Any]:
    """Return the words by which forms are recognised (识别用词) and by which places are written; do not change them."""
    declared = _checked("reading.yaml", "Reading")
    return {
        name: rule["pattern"] if isinstance(rule, dict) and "pattern" in rule else rule
        for name, rule in declared.items()
    }
