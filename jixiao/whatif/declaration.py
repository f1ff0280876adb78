"""One what-if (情景): what is changed, declared in YAML and read as strictly as a rule file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, model_validator

from jixiao.core.declared import write_yaml
from jixiao.core.errors import RequestError
from jixiao.core.files import workbench, write_safely
from jixiao.core.frames import GRADES
from jixiao.core.harmless import harmless
from jixiao.core.models import Anything, Model, Notes, Number, Text, Written, load_model, model_of, refuse_value, take
from jixiao.core.vocabulary import value_labels
from jixiao.scoring.frameworks import EVALUATIONS, load_frameworks

WHERE = ("year", "department", "project", "evaluation")
MOST_CHANGES = 2_000
"""Changes of one scenario; each is looked for in every row."""
ROWS = ("category", "subcategory", "indicator", "indicator_id")
POINTS, TEXTS, MONEY = ("weight", "score"), ("target", "actual"), ("annual_budget", "arrived", "executed")


@dataclass(frozen=True)
class Change:
    """One change (改动): which rows, and what is written there instead.

    ``where`` names the evaluations by year, department, project (name or id) and evaluation, and their indicators by
    category, subcategory, indicator and indicator_id; what is not named is any. ``values`` are weight and score (the
    points a person gives, 认定得分) in points, target and actual as a form would write them, or, of a whole evaluation,
    annual_budget, arrived and executed in 万元.
    """

    where: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str | Decimal], ...]

    @classmethod
    def of(cls, **given: Any) -> Change:
        """Return a change from plain values, checked as in a file.

        Raises:
            RequestError: With every mistake.

        Example:
            >>> Change.of(year=2023, indicator="合格率", weight=12.5).values
            (('weight', Decimal('12.5')),)
        """
        plain = {name: value.item() if hasattr(value, "item") else value for name, value in given.items()}
        plain = {name: Decimal(repr(value)) if isinstance(value, float) else value for name, value in plain.items()}
        change, mistakes = take(_Change, plain)
        if change is None:
            raise RequestError("；".join(mistakes))
        return change.change()

    @property
    def is_money(self) -> bool:
        """Say whether the change is one of money, which belongs to a whole evaluation."""
        return any(name in MONEY for name, _ in self.values)


@dataclass(frozen=True)
class Scenario:
    """A what-if (情景): changes of weights, targets, actuals and money, another rule profile, other grade bands.

    ``profile`` is the framework that scores the self-evaluations instead of the default one, empty for none; ``grades``
    the lowest total of every grade, best first, empty for those of the framework.

    Example:
        >>> Scenario("执行率占20分", changes=(Change.of(indicator="预算执行率", weight=20),)).is_empty
        False
    """

    name: str
    note: str = ""
    profile: str = ""
    grades: tuple[tuple[str, Decimal], ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is changed."""
        return not (self.profile or self.grades or self.changes)


def profiles() -> dict[str, str]:
    """Return the frameworks a scenario can score self-evaluations by (可换用的指标体系), with their names.

    Example:
        >>> list(profiles())
        ['caiyu_2021_101', 'caiyu_2020_10']
    """
    return {one.id: one.name for one in load_frameworks() if "self" in one.evaluations and one.id.startswith("caiyu_")}


def find_scenario(name: str | Path) -> Scenario:
    """Load a scenario by its file, or by its name in ``data/scenarios`` (按名称读取情景).

    Raises:
        RequestError: There is no such file.
        DeclarationError: As for :func:`load_scenario`.

    Example:
        >>> find_scenario("profile_2021_101").profile
        'caiyu_2021_101'
    """
    folder = workbench() / "data" / "scenarios"
    for path in (Path(name), folder / name, folder / f"{name}.yaml"):
        if path.is_file():
            return load_scenario(path)
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    raise RequestError(
        f"没有情景文件“{name}”，请写明 .yaml 文件的位置，或用 data/scenarios 中已有的：{'、'.join(known) or '无'}"
    )


def load_scenario(path: Path) -> Scenario:
    """Load one scenario (读取情景文件).

    Raises:
        DeclarationError: With every mistake of the file: unknown or repeated keys, an unknown profile or grade, bands
            out of order, a change without a place or a value, points or money that cannot be, the same change twice.
    """
    return load_model(Path(path), _Scenario, seen={}).scenario()


def _in_points(number: Decimal) -> Decimal:
    return _within(number, Decimal(10_000), places=2)


def _in_money(number: Decimal) -> Decimal:
    return _within(number, Decimal(10) ** 10, places=4)


def _within(number: Decimal, largest: Decimal, *, places: int) -> Decimal:
    if not 0 <= number <= largest:
        refuse_value(f"应在 0 至 {largest} 之间，实际为 {number}")
    if number != round(number, places):
        refuse_value(f"最多 {places} 位小数，实际为 {number}")
    return number


def _year(text: str) -> str:
    return text if text.strip().isascii() and text.strip().isdigit() else refuse_value(f"应为四位年度，实际为“{text}”")


def _code(text: str) -> str:
    """Return the code of an evaluation kind that may be written in words."""
    codes = {word: code for code, word in value_labels()["evaluation"].items() if code in EVALUATIONS}
    code = codes.get(text.strip(), text.strip())
    if code not in EVALUATIONS:
        refuse_value(f"“{text}”不在可选项内，可选：{'、'.join((*EVALUATIONS, *codes))}")
    return code


def _profile(name: str) -> str:
    if name and name not in profiles():
        refuse_value(f"“{name}”不是可换用的自评指标体系，可选：{'、'.join(profiles())}")
    return name


_Points = Annotated[Number, AfterValidator(_in_points)]
_Money = Annotated[Number, AfterValidator(_in_money)]


class _Change(Model):
    """One change as a file declares it."""

    year: Annotated[Written, AfterValidator(_year)] = ""
    department: Written = ""
    project: Written = ""
    evaluation: Annotated[Written, AfterValidator(_code)] = ""
    category: Written = ""
    subcategory: Written = ""
    indicator: Written = ""
    indicator_id: Written = ""
    weight: _Points | None = None
    score: _Points | None = None
    target: Written = ""
    actual: Written = ""
    annual_budget: _Money | None = None
    arrived: _Money | None = None
    executed: _Money | None = None

    @model_validator(mode="after")
    def _says_where_and_what(self, info: ValidationInfo) -> Self:
        notes, change = Notes(), self.change()
        where, given = {name for name, _ in change.where}, {name for name, _ in change.values}
        if not given:
            notes.note("", f"没有写明改什么，可选：{'、'.join((*POINTS, *TEXTS, *MONEY))}")
        if not where:
            notes.note("", f"没有写明改哪里，可选：{'、'.join((*WHERE, *ROWS))}")
        money = "、".join(sorted(given & set(MONEY)))
        if money and (given - set(MONEY) or where & set(ROWS)):
            notes.note(money, "资金属于整份评价，不能与指标的改动写在同一条，请分成两条")
        seen: dict[Any, set[str]] = (info.context or {}).get("seen", {})
        before = seen.setdefault(change.where, set())
        if both := given & before:
            notes.note("、".join(sorted(both)), "同一处改了两次，请只保留一条")
        before |= given
        notes.refuse()
        return self

    def change(self) -> Change:
        """Return the change that is declared."""
        texts = {name: getattr(self, name).strip() for name in (*WHERE, *ROWS, *TEXTS)}
        numbers = {name: getattr(self, name) for name in (*POINTS, *MONEY)}
        values = [(name, texts.get(name) or numbers.get(name)) for name in (*POINTS, *TEXTS, *MONEY)]
        return Change(
            tuple((name, texts[name]) for name in (*WHERE, *ROWS) if texts[name]),
            tuple((name, value) for name, value in values if value is not None),
        )


Bands = tuple[tuple[str, Decimal], ...]


def _bands(declared: Any) -> Bands:
    """Take grade bands (等级线): all grades or none, best first, the last from 0."""
    if declared == {}:
        return ()
    found = model_of(dict.fromkeys(GRADES, (Number, ...)), Model).model_validate(declared)
    bands, notes = tuple((grade, getattr(found, grade)) for grade in GRADES), Notes()
    for number, (grade, start) in enumerate(bands):
        if number and start >= (before := bands[number - 1][1]):
            notes.note(grade, f"等级线应逐档降低，{start} 不低于上一档的 {before}")
        if not 0 <= start <= 100:
            notes.note(grade, f"等级线应在 0 至 100 之间，实际为 {start}")
    if bands[-1][1] != 0:
        notes.note(GRADES[-1], f"最低一档应从 0 分开始，实际为 {bands[-1][1]}")
    notes.refuse()
    return bands


class _Scenario(Model):
    """A scenario as a file declares it."""

    name: Text
    note: Anything = ""
    profile: Annotated[Anything, AfterValidator(_profile)] = ""
    grades: Annotated[Bands, BeforeValidator(_bands)] = ()
    changes: tuple[_Change, ...] = ()

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        notes = Notes()
        if len(self.changes) > MOST_CHANGES:
            notes.note("changes", f"有 {len(self.changes)} 条，最多 {MOST_CHANGES} 条，请分成几个情景")
            notes.refuse()
        if self.scenario().is_empty:
            notes.note("changes", "没有任何改动：profile、grades、changes 至少应写一项")
            notes.refuse()
        return self

    def scenario(self) -> Scenario:
        """Return the scenario that is declared."""
        changes = tuple(one.change() for one in self.changes)
        return Scenario(self.name, harmless(self.note), self.profile, self.grades, changes)


def make_scenario(content: Mapping[str, Any]) -> Scenario:
    """Return a scenario from plain values as a file would hold them, checked in the same way.

    Raises:
        RequestError: With every mistake.

    Example:
        >>> make_scenario({"name": "新口径", "profile": "caiyu_2021_101"}).profile
        'caiyu_2021_101'
    """
    declared, mistakes = take(_Scenario, content, seen={})
    if declared is None:
        raise RequestError("；".join(mistakes))
    return declared.scenario()


def scenario_content(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as a file holds it; what is not changed is left out."""
    changes: list[dict[str, Any]] = [{**dict(change.where), **dict(change.values)} for change in scenario.changes]
    for change in changes:
        if "year" in change:
            change["year"] = int(change["year"])
    whole = {
        "name": scenario.name,
        "note": scenario.note,
        "profile": scenario.profile,
        "grades": dict(scenario.grades),
        "changes": changes,
    }
    return {name: value for name, value in whole.items() if value}


def write_scenario(scenario: Scenario, path: Path) -> None:
    """Write a scenario (保存情景文件) so that :func:`load_scenario` gives the same back.

    Raises:
        RequestError: It would not be read back, such as one without a name or without any change.
    """
    content = scenario_content(scenario)
    make_scenario(content)
    write_safely(path, lambda target: target.write_text(write_yaml(content), encoding="utf-8"))
