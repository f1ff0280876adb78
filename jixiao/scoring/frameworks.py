"""Frameworks (指标体系), indicator rules (评分标准) and grade bands (等级), valid from a year.

One YAML file in ``rules/frameworks/`` is one framework. Loading is strict: every mistake of a file is reported at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jixiao.core.declared import RULES, Declaration, load_shipped, open_declaration, refuse
from jixiao.core.errors import RequestError
from jixiao.core.exact import half_up
from jixiao.core.frames import PROJECT_KINDS
from jixiao.core.vocabulary import word
from jixiao.scoring import formulas

EVALUATIONS = (*PROJECT_KINDS, "whole")
MARKS = ("F", "F2", "J", "P", "L")
_MATCHES = ("kind", "relation", "indicator", "subcategory", "category", "target_kind")


@dataclass(frozen=True)
class Basis:
    """The official document and article (依据) behind a rule, and how far it can be relied on.

    ``mark`` is F (official text), F2 (second-hand), J (reading of this project), P (standard printed in the file) or,
    for checks, L (a file against itself).
    """

    text: str
    mark: str


@dataclass(frozen=True)
class GradeBand:
    """A grade (等级) and the lowest total that earns it; the lower bound is included."""

    id: str
    name: str
    start: Decimal


@dataclass(frozen=True)
class Category:
    """A level-1 category (一级指标), its other names and the weight the framework expects, if it expects one."""

    id: str
    names: tuple[str, ...]
    weight: Decimal | None


@dataclass(frozen=True)
class IndicatorRule:
    """How one indicator, or a kind of indicators, is scored (评分标准).

    ``match`` says which rows it is for; an empty match is for all. ``parameters`` are what the method needs, already as
    the integers of :mod:`jixiao.scoring.formulas`; ``shown`` the same for the explanation.
    """

    match: tuple[tuple[str, tuple[str, ...]], ...]
    method: str
    parameters: dict[str, Any]
    shown: dict[str, Any]
    basis: Basis
    weight: Decimal | None = None


@dataclass(frozen=True)
class Framework:
    """One indicator framework (指标体系) for some evaluations, valid from ``effective_from``."""

    id: str
    name: str
    evaluations: tuple[str, ...]
    effective_from: int
    is_default: bool
    applies_to: tuple[tuple[str, tuple[str, ...]], ...]
    basis: Basis
    full_score: Decimal
    decimals: int
    execution_definition: str
    grades: tuple[GradeBand, ...]
    grades_basis: Basis
    categories: tuple[Category, ...]
    rules: tuple[IndicatorRule, ...]

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
        return next((band.id for band in self.grades if name in (band.name, *_grade_names().get(band.id, ()))), "")


@cache
def _grade_names() -> dict[str, list[str]]:
    """Return other wordings of the grades: places differ (RULES section 2)."""
    return dict(load_shipped("methods.yaml")["grade_names"])


@cache
def methods() -> dict[str, dict[str, Any]]:
    """Return the declared scoring methods (评分方法): name, parameters, explanations."""
    return dict(load_shipped("methods.yaml")["methods"])


@cache
def rates() -> dict[str, dict[str, str]]:
    """Return the declared rates (比率): name, numerator and denominator."""
    return dict(load_shipped("methods.yaml")["rates"])


def load_framework_file(path: Path) -> Framework:
    """Load one framework file (指标体系文件).

    Raises:
        DeclarationError: With every mistake: unknown or repeated keys, overlapping or missing grade bands, weights that
            do not add up, an unknown method, a method without its parameters, an empty basis.
    """
    whole, mistakes = open_declaration(path)
    full_score = whole.number("full_score", default=Decimal(100))
    rounding = whole.part("rounding")
    decimals = int(rounding.number("decimals", default=Decimal(2)))
    rounding.text("mode", default="half_up", choices=("half_up",))
    rounding.close()
    framework = Framework(
        id=whole.text("id") or "",
        name=whole.text("name") or "",
        evaluations=_evaluations(whole),
        effective_from=int(whole.number("effective_from") or 0),
        is_default=whole.flag("default", default=False),
        applies_to=_match(whole.part("applies_to"), ("project", "unit", "department", "year")),
        basis=_basis(whole, "basis"),
        full_score=full_score,
        decimals=decimals,
        execution_definition=whole.text("execution_definition", choices=("full_year", "arrived", "adjusted")) or "",
        grades=_grades(whole, full_score),
        grades_basis=_basis(whole, "grades_basis"),
        categories=_categories(whole, full_score),
        rules=tuple(_rule(part) for part in whole.parts("rules", required=True)),
    )
    if not framework.rules:
        whole.note("rules", "至少应有一条评分规则")
    whole.close()
    if framework.id and framework.id != path.stem:
        whole.note("id", f"应与文件名一致（{path.stem}），实际为 {framework.id}")
    if not framework.is_default and not framework.applies_to and not framework.id.startswith("caiyu_"):
        whole.note("applies_to", "不是默认指标体系时必须写明适用的项目、单位或年度")
    refuse(path, mistakes)
    return framework


def _evaluations(whole: Declaration) -> tuple[str, ...]:
    chosen = whole.texts("evaluations")
    if not chosen:
        whole.note("evaluations", f"缺少该项，可选：{'、'.join(EVALUATIONS)}")
    for name in chosen:
        if name not in EVALUATIONS:
            whole.note("evaluations", f"“{name}”不在可选项内，可选：{'、'.join(EVALUATIONS)}")
    return chosen


def _basis(part: Declaration, key: str) -> Basis:
    basis = part.part(key, required=True)
    found = Basis(basis.text("text") or "", basis.text("mark", choices=MARKS) or "")
    basis.close()
    return found


def _match(part: Declaration, allowed: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for key in part.keys():
        if key not in allowed:
            part.note(key, f"不认识的项，可选：{'、'.join(allowed)}")
            continue
        found.append((key, part.texts(key)))
    return tuple(found)


def _grades(whole: Declaration, full_score: Decimal) -> tuple[GradeBand, ...]:
    bands: list[GradeBand] = []
    for part in whole.parts("grades", required=True):
        band = GradeBand(part.text("id") or "", part.text("name") or "", part.number("from") or Decimal(0))
        if bands and band.start >= bands[-1].start:
            part.note("from", f"等级应从高到低排列且互不重叠：{band.start} 不低于上一档的 {bands[-1].start}")
        if not 0 <= band.start <= full_score:
            part.note("from", f"应在 0 至满分 {full_score} 之间，实际为 {band.start}")
        part.close()
        bands.append(band)
    if not bands:
        whole.note("grades", "至少应有一档")
    if bands and bands[-1].start != 0:
        whole.note("grades", f"最低一档应从 0 分开始，实际从 {bands[-1].start} 分开始，留有空档")
    return tuple(bands)


def _categories(whole: Declaration, full_score: Decimal) -> tuple[Category, ...]:
    found = []
    for part in whole.parts("categories"):
        weight = part.number("weight", default=Decimal(-1))
        found.append(Category(part.text("id") or "", part.texts("names"), weight if weight >= 0 else None))
        part.close()
    weights = [category.weight for category in found if category.weight is not None]
    if weights and len(weights) == len(found) and sum(weights) != full_score:
        whole.note("categories", f"各一级指标分值合计为 {sum(weights)}，应等于满分 {full_score}")
    return tuple(found)


def _rule(part: Declaration) -> IndicatorRule:
    match = _match(part.part("when"), _MATCHES)
    method = part.text("method", choices=tuple(methods())) or ""
    declared = methods().get(method, {}).get("parameters") or {}
    parameters: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    for name, kind in declared.items():
        _parameter(part, name, kind, parameters, shown)
    weight = part.number("weight", default=Decimal(-1))
    rule = IndicatorRule(match, method, parameters, shown, _basis(part, "basis"), weight if weight >= 0 else None)
    if method == "element_count" and rule.weight is not None and sum(parameters["elements"]) != rule.weight:
        part.note("elements", f"各要点合计为 {sum(parameters['elements'])} 分，应等于分值 {rule.weight} 分")
    part.close()
    return rule


def _parameter(part: Declaration, name: str, kind: str, parameters: dict[str, Any], shown: dict[str, Any]) -> None:
    """Read one parameter of a method and turn it into the integers of the formulas."""
    if kind == "elements":
        points = part.numbers(name)
        parameters[name] = points
        shown |= {"count": len(points), "points": "＋".join(f"{point.normalize():f}" for point in points)}
    elif kind == "bands":
        bands: list[tuple[Decimal, Decimal]] = []
        for item in part.parts(name, required=True):
            bands.append((item.number("from") or Decimal(0), item.number("share") or Decimal(0)))
            item.close()
        if bands != sorted(bands, reverse=True) or len({start for start, _ in bands}) != len(bands):
            part.note(name, "各档应从高到低排列且互不重叠")
        parameters[name] = [(int(start * 1000), int(rate * 1000)) for start, rate in sorted(bands)]
    elif kind == "rate":
        parameters[name] = part.text(name, choices=tuple(rates()))
        shown["rate_name"] = rates().get(parameters[name] or "", {}).get("name", "")
    else:
        number = part.number(name)
        shown[name] = "" if number is None else f"{number.normalize():f}"
        parameters[name] = 0 if number is None else formulas.hundredths(number) if kind == "points" else int(number)


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
    kind, project = word("evaluation", evaluation), facts.get("project", "")
    raise RequestError(f"{year}年度没有适用于“{project}”的{kind}指标体系，请在 rules/frameworks 中补充")
