"""Frameworks (指标体系), indicator rules (评分标准) and grade bands (等级), valid from a year.

One YAML file in ``rules/frameworks/`` is one framework. Loading is strict: every mistake of a file is reported at once.
"""

from __future__ import annotations

import math
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from jixiao.core.declared import RULES
from jixiao.core.errors import RequestError
from jixiao.core.exact import half_up
from jixiao.core.frames import PROJECT_KINDS
from jixiao.core.models import (
    Anything,
    Flag,
    Integer,
    Model,
    Notes,
    Number,
    Text,
    Texts,
    load_model,
    model_of,
    one_of,
    refuse_value,
)
from jixiao.core.vocabulary import word
from jixiao.scoring import formulas

EVALUATIONS = (*PROJECT_KINDS, "whole")
_MATCHES = ("kind", "relation", "indicator", "subcategory", "category", "target_kind")


class Basis(Model):
    """The official document and article (依据) behind a rule, and how far it can be relied on.

    ``mark`` is F (official text), F2 (second-hand), J (reading of this project), P (standard printed in the file) or,
    for checks, L (a file against itself).
    """

    text: Text
    mark: Literal["F", "F2", "J", "P", "L"]


class GradeBand(Model):
    """A grade (等级) and the lowest total that earns it; the lower bound is included."""

    id: Text
    name: Text
    start: Number = Field(alias="from")


class Category(Model):
    """A level-1 category (一级指标), its other names and the weight the framework expects, if it expects one."""

    id: Text
    names: Texts = ()
    weight: Number | None = None


class Rate(Model):
    """A rate (比率): how it is called, and the columns that are divided; without a denominator it is as stated."""

    name: Text
    over: Text
    under: Text
    numerator: Text
    denominator: Anything


class Method(Model):
    """A scoring method (评分方法): how it is called, what its rules must declare, and what it says in each case."""

    name: Text
    basis: Anything = ""
    parameters: dict[str, Literal["points", "percent", "whole", "elements", "bands", "rate"]] = {}
    explain: dict[Annotated[str, one_of(lambda: formulas.CASES)], Text]

    @field_validator("explain")
    @classmethod
    def _says_when_nobody_decided(cls, said: dict[str, str]) -> dict[str, str]:
        return said if "nobody" in said else refuse_value("应写明 nobody：没有人认定时的说明")


class _Methods(Model):
    rates: dict[str, Rate]
    grade_names: dict[str, Texts]
    methods: dict[str, Method]


@cache
def _declared() -> _Methods:
    return load_model(RULES / "methods.yaml", _Methods)


def methods() -> dict[str, Method]:
    """Return the declared scoring methods (评分方法)."""
    return _declared().methods


def rates() -> dict[str, Rate]:
    """Return the declared rates (比率)."""
    return _declared().rates


Named = tuple[tuple[str, tuple[str, ...]], ...]
"""Columns and the texts of each that fit; what is not named is any."""


def _naming(*columns: str) -> BeforeValidator:
    """Return the test that a mapping names texts of some columns."""
    model = model_of(dict.fromkeys(columns, (Texts, ())), Model)

    def check(declared: Any) -> Named:
        named = model.model_validate(declared or {})
        return tuple((column, getattr(named, column)) for column in columns if column in named.model_fields_set)

    return BeforeValidator(check)


class _Band(Model):
    start: Number = Field(alias="from")
    share: Number


def _falling(bands: tuple[_Band, ...]) -> tuple[_Band, ...]:
    starts = [band.start for band in bands]
    if starts != sorted(set(starts), reverse=True):
        refuse_value("各档应从高到低排列且互不重叠")
    return bands


class IndicatorRule(Model):
    """How one indicator, or a kind of indicators, is scored (评分标准).

    ``match`` says which rows it is for; an empty match is for all. ``parameters`` are what the method needs, already as
    the integers of :mod:`jixiao.scoring.formulas`; ``shown`` the same for the explanation. What a method needs are
    further fields of the rules of that method (:func:`_rules_by_method`).
    """

    match: Annotated[Named, _naming(*_MATCHES)] = Field(default=(), alias="when")
    method: Annotated[str, one_of(methods)]
    weight: Number | None = None
    basis: Basis

    @cached_property
    def _taken(self) -> tuple[dict[str, Any], dict[str, Any]]:
        parameters: dict[str, Any] = {}
        shown: dict[str, Any] = {}
        for name, kind in methods()[self.method].parameters.items():
            value = getattr(self, name)
            if kind == "elements":
                parameters[name] = value
                shown |= {"count": len(value), "points": "＋".join(f"{point.normalize():f}" for point in value)}
            elif kind == "bands":
                parameters[name] = [(int(band.start * 1000), int(band.share * 1000)) for band in reversed(value)]
            elif kind == "rate":
                parameters[name], shown["rate_name"] = value, rates()[value].name
            else:
                parameters[name] = formulas.hundredths(value) if kind == "points" else int(value)
                shown[name] = f"{value.normalize():f}"
        return parameters, shown

    @property
    def parameters(self) -> dict[str, Any]:
        """What the method needs, as the integers of the formulas."""
        return self._taken[0]

    @property
    def shown(self) -> dict[str, Any]:
        """What the explanation says of it."""
        return self._taken[1]


def _whole_weight(points: tuple[Decimal, ...], info: ValidationInfo) -> tuple[Decimal, ...]:
    weight = info.data.get("weight")
    if weight is not None and sum(points) != weight:
        refuse_value(f"各要点合计为 {sum(points)} 分，应等于分值 {weight} 分")
    return points


@cache
def _rules_by_method() -> dict[str, type[IndicatorRule]]:
    """Return the model of the rules of each method: those of all, and its parameters."""
    kinds: dict[str, Any] = {
        "elements": Annotated[tuple[Number, ...], AfterValidator(_whole_weight)],
        "bands": Annotated[tuple[_Band, ...], AfterValidator(_falling)],
        "rate": Annotated[str, one_of(rates)],
    }
    return {
        name: model_of(
            {one: (kinds.get(kind, Number), ...) for one, kind in method.parameters.items()},
            IndicatorRule,
        )
        for name, method in methods().items()
    }


def _rule(declared: Any) -> IndicatorRule:
    """Take one rule by the model of its method."""
    method = declared.get("method") if isinstance(declared, dict) else None
    model = _rules_by_method().get(method, IndicatorRule) if isinstance(method, str) else IndicatorRule
    return model.model_validate(declared)


class _Rounding(Model):
    decimals: Integer = 2
    mode: Literal["half_up"] = "half_up"


def _kinds(chosen: tuple[str, ...]) -> tuple[str, ...]:
    notes = Notes()
    if not chosen:
        notes.note("", f"缺少该项，可选：{'、'.join(EVALUATIONS)}")
    for name in chosen:
        if name not in EVALUATIONS:
            notes.note("", f"“{name}”不在可选项内，可选：{'、'.join(EVALUATIONS)}")
    notes.refuse()
    return chosen


class Framework(Model):
    """One indicator framework (指标体系) for some evaluations, valid from ``effective_from``."""

    id: Text
    name: Text
    evaluations: Annotated[Texts, AfterValidator(_kinds)]
    effective_from: Integer
    is_default: Flag = Field(False, alias="default")
    is_graded: Flag = Field(True, alias="graded")
    """Whether totals earn a grade; they do not where no framework is declared for a year."""
    applies_to: Annotated[Named, _naming("project", "unit", "department", "year")] = Field((), validate_default=True)
    basis: Basis
    full_score: Number = Decimal(100)
    rounding: _Rounding = _Rounding()
    execution_definition: Literal["full_year", "arrived", "adjusted"]
    grades: tuple[GradeBand, ...]
    grades_basis: Basis
    categories: tuple[Category, ...] = ()
    rules: tuple[Annotated[IndicatorRule, BeforeValidator(_rule)], ...]

    @field_validator("id")
    @classmethod
    def _named_as_its_file(cls, framework_id: str, info: ValidationInfo) -> str:
        stem = (info.context or {}).get("stem", framework_id)
        if framework_id != stem:
            refuse_value(f"应与文件名一致（{stem}），实际为 {framework_id}")
        return framework_id

    @field_validator("applies_to")
    @classmethod
    def _is_for_something(cls, named: Named, info: ValidationInfo) -> Named:
        is_chosen = info.data.get("is_default") or named or not info.data.get("is_graded", True)
        if not is_chosen and not info.data.get("id", "caiyu_").startswith("caiyu_"):
            refuse_value("不是默认指标体系时必须写明适用的项目、单位或年度")
        return named

    @field_validator("grades")
    @classmethod
    def _cover_every_total(cls, bands: tuple[GradeBand, ...], info: ValidationInfo) -> tuple[GradeBand, ...]:
        notes, full_score = Notes(), info.data.get("full_score", Decimal(100))
        for number, band in enumerate(bands):
            if number and band.start >= (before := bands[number - 1].start):
                notes.note(
                    f"[{number + 1}].from", f"等级应从高到低排列且互不重叠：{band.start} 不低于上一档的 {before}"
                )
            if not 0 <= band.start <= full_score:
                notes.note(f"[{number + 1}].from", f"应在 0 至满分 {full_score} 之间，实际为 {band.start}")
        if not bands:
            notes.note("", "至少应有一档")
        elif bands[-1].start != 0:
            notes.note("", f"最低一档应从 0 分开始，实际从 {bands[-1].start} 分开始，留有空档")
        notes.refuse()
        return bands

    @field_validator("categories")
    @classmethod
    def _add_up(cls, categories: tuple[Category, ...], info: ValidationInfo) -> tuple[Category, ...]:
        weights, full_score = [one.weight for one in categories], info.data.get("full_score")
        known = [weight for weight in weights if weight is not None]
        if known and len(known) == len(weights) and full_score is not None and sum(known) != full_score:
            refuse_value(f"各一级指标分值合计为 {sum(known)}，应等于满分 {full_score}")
        return categories

    @field_validator("rules")
    @classmethod
    def _some_rule(cls, rules: tuple[IndicatorRule, ...]) -> tuple[IndicatorRule, ...]:
        return rules or refuse_value("至少应有一条评分规则")

    @property
    def decimals(self) -> int:
        """The decimals that points are printed with."""
        return self.rounding.decimals

    def grade_of(self, total: Decimal) -> str:
        """Return the id of the grade of a total (等级), graded as the reader sees it: rounded half up first.

        Example:
            >>> load_framework("caiyu_2020_10").grade_of(Decimal("89.995"))
            'excellent'
        """
        rounded = int(half_up(total, self.decimals).scaleb(self.decimals))
        return self.grades[formulas.grade_number(rounded, self.lines, formulas.ROW)].id

    @property
    def lines(self) -> tuple[int, ...]:
        """The lowest totals that earn each grade but the last, in units of the last decimal that is printed."""
        return tuple(math.ceil(band.start.scaleb(self.decimals)) for band in self.grades[:-1])

    def grade_named(self, name: str) -> str:
        """Return the id of a grade by its printed name, empty when this framework has no such grade."""
        others = _declared().grade_names
        return next((band.id for band in self.grades if name in (band.name, *others.get(band.id, ()))), "")


def load_framework_file(path: Path) -> Framework:
    """Load one framework file (指标体系文件).

    Raises:
        DeclarationError: With every mistake: unknown or repeated keys, overlapping or missing grade bands, weights that
            do not add up, an unknown method, a method without its parameters, an empty basis.
    """
    return load_model(path, Framework, stem=path.stem)


@cache
def load_frameworks(folder: Path = RULES / "frameworks") -> tuple[Framework, ...]:
    """Load every framework of a folder (全部指标体系), newest first.

    Raises:
        DeclarationError: A file has mistakes, or two files carry the same id.
    """
    loaded = [load_framework_file(path) for path in sorted(folder.glob("*.yaml"))]
    return tuple(sorted(loaded, key=lambda framework: (-framework.effective_from, framework.id)))


def load_framework(framework_id: str) -> Framework:
    """Load one framework by its id.

    Raises:
        RequestError: There is no such framework.

    Example:
        >>> load_framework("caiyu_2020_10").full_score
        Decimal('100')
    """
    for framework in load_frameworks():
        if framework.id == framework_id:
            return framework
    known = "、".join(framework.id for framework in load_frameworks())
    raise RequestError(f"没有名为“{framework_id}”的指标体系，可选：{known}")


def choose_framework(evaluation: str, year: int, facts: dict[str, str]) -> Framework:
    """Choose the framework of one evaluation: one declared for this project, else the default of its kind.

    Args:
        evaluation: self, department, finance or whole.
        year: The evaluated year; a framework is valid from its ``effective_from``.
        facts: project, unit and department as received.

    Raises:
        RequestError: No framework is valid for this kind and year.
    """
    known = {**facts, "year": str(year)}
    fitting = [
        framework
        for framework in load_frameworks()
        if evaluation in framework.evaluations and framework.effective_from <= year
    ]
    for framework in fitting:
        if framework.applies_to and all(known.get(key, "") in names for key, names in framework.applies_to):
            return framework
    for framework in fitting:
        if framework.is_default:
            return framework
    for framework in fitting:  # no framework of this year: the printed points are kept, nothing is scored
        if not framework.is_graded:
            return framework
    kind, project = word("evaluation", evaluation), facts.get("project", "")
    raise RequestError(f"{year}年度没有适用于“{project}”的{kind}指标体系，请在 rules/frameworks 中补充")
