"""What an analysis takes as given (分析口径): declared thresholds and groups, refused requests, where data are from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from jixiao.core.errors import RequestError, brief, say_nearest
from jixiao.core.files import place_name
from jixiao.core.models import Count, Integer, Model, Number, Pattern, Text, Texts, Words, checked_shipped
from jixiao.core.results import Results

_BEIJING = timezone(timedelta(hours=8))


class _Choice(Model):
    basis: Text
    mark: Literal["F", "F2", "J"]


class _Definition(_Choice):
    numerator: Text
    denominator: Text
    families: Texts


class _Bands(_Choice):
    bounds: dict[str, Number] = Field(alias="from")
    above: dict[str, Number] = {}


class _Kinds(_Choice):
    words: dict[str, Texts]


class _Smallest(_Choice):
    smallest: Count


class _Frontier(_Choice):
    most_units: Count
    units_per_measure: Count


class _Robustness(_Choice):
    swing: Number
    draws: Count
    seed: Integer


class _Leniency(_Choice):
    draws: Count
    seed: Integer
    most_exact: Count
    interval: Number


class _Lines(_Choice):
    points: tuple[Number, ...]
    width: Number


class _Quadrants(_Choice):
    execution_rate: Number
    points: Number


class _Outputs(_Choice):
    categories: Texts
    kinds: Texts


class _Satisfaction(_Choice):
    confidence: Number


class _Structure(Model):
    table: Text
    item: Pattern
    sides: dict[str, Text]


class _ThreePublic(Model):
    table: Text
    budget: Text
    final: Text
    items: dict[str, Pattern]


class _Accounts(_Choice):
    structure: _Structure
    kinds: dict[str, Text]
    three_public: _ThreePublic


class _Months(_Choice):
    pattern: Pattern


class _Choices(Model):
    """The whole of ``rules/analysis.yaml`` (分析口径)."""

    definitions: dict[str, _Definition]
    execution_bands: _Bands
    size_classes: _Bands
    department_kinds: _Kinds
    benchmark: _Smallest
    frontier: _Frontier
    robustness: _Robustness
    leniency: _Leniency
    lines: _Lines
    quadrants: _Quadrants
    outputs: _Outputs
    satisfaction: _Satisfaction
    accounts: _Accounts
    months: _Months
    sentences: Words
    figures: Words


def choices(name: str) -> dict[str, Any]:
    """Return one declared part of ``rules/analysis.yaml`` (分析口径), its numbers as floats.

    The columns of an analysis are floats: a missing one cannot be compared with a Decimal.

    Example:
        >>> choices("quadrants")["points"]
        90
    """
    return {key: _as_floats(value) for key, value in checked_shipped("analysis.yaml", _Choices)[name].items()}


def _as_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_floats(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_as_floats(part) for part in value]
    return float(value) if isinstance(value, Decimal) else value


def sentence(name: str, **parts: Any) -> str:
    """Return one sentence of an analysis (说明文字) with its parts filled in."""
    return str(choices("sentences")[name].format(**parts))


def take_columns(frame: pd.DataFrame, asked: str | Sequence[str], allowed: Iterable[str] | None = None) -> list[str]:
    """Return the asked columns as a list.

    Raises:
        RequestError: One of them is not there; the sentence lists what there is.
    """
    wanted = [asked] if isinstance(asked, str) else list(asked)
    known = [name for name in (frame.columns if allowed is None else allowed) if name in frame]
    wrong = [name for name in wanted if name not in known]
    if wrong:
        named, listed = "、".join(map(brief, wrong[:5])), "、".join(known)
        if len(listed) > 300:
            raise RequestError(f"没有“{named}”这一列，{say_nearest(wrong[0], known)}")
        raise RequestError(f"没有“{named}”这一列，可选：{listed}")
    return wanted


def take_choice(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return the value of an option.

    Raises:
        RequestError: It is none of the allowed ones.
    """
    known = list(allowed)
    if value not in known:
        raise RequestError(f"选项 {name} 不能是“{brief(value)}”，可选：{'、'.join(known)}")
    return value


def origin(results: Results) -> str:
    """Return where the data are from and when they were read (数据来源), for the corner of a figure.

    What a reader must know of the data, such as that they are made up, stands in place of the folder. A second line
    says that departments stand for those they took over.
    """
    shown = results.remark or place_name(results.place)
    told = sentence("source", place=shown, as_of=f"{results.as_of.astimezone(_BEIJING):%Y-%m-%d}")
    return f"{told}\n{sentence('merged')}" if results.merged else told


def signed(frame: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Return the frame with its origin in ``attrs["source"]``, which figures print in their corner.

    ``attrs["note"]`` says which departments stand for others; tables print it below.
    """
    frame.attrs |= {"source": origin(results), "note": "".join(results.merged)}
    return frame


def banded(values: pd.Series, name: str) -> pd.Series:
    """Return the declared class of each value (分档), lower bound included; missing or negative values have none.

    Example:
        >>> banded(pd.Series([99.9, 100.0, None]), "size_classes").tolist()
        ['tiny', 'small', nan]
    """
    lines = {key: float(bound) for key, bound in choices(name)["from"].items()}
    place = np.searchsorted(np.array(list(lines.values())), values.to_numpy("float64"), side="right") - 1
    codes = np.where(values.notna().to_numpy() & (place >= 0), place, -1)
    return pd.Series(pd.Categorical.from_codes(codes, list(lines), ordered=True), index=values.index)


def department_kinds(departments: pd.Series) -> pd.Series:
    """Return the declared kind of each department by the words of its name (部门类别); ``other`` when none fits.

    Example:
        >>> department_kinds(pd.Series(["示例市教育局", "示例集团"])).tolist()
        ['education', 'other']
    """
    words = choices("department_kinds")["words"]
    names = departments.drop_duplicates()
    kinds = {
        name: next((kind for kind, signs in words.items() if any(sign in name for sign in signs)), "other")
        for name in names
    }
    return departments.map(kinds).astype("str")
