"""One what-if (情景): what is changed, declared in YAML and read as strictly as a rule file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from jixiao.core.declared import Declaration, open_declaration, refuse, write_yaml
from jixiao.core.errors import RequestError
from jixiao.core.files import workbench, write_safely
from jixiao.core.frames import GRADES
from jixiao.core.vocabulary import value_labels
from jixiao.scoring.frameworks import EVALUATIONS, load_frameworks

WHERE = ("year", "department", "project", "evaluation")
ROWS = ("category", "subcategory", "indicator", "indicator_id")
POINTS, TEXTS, MONEY = ("weight", "score"), ("target", "actual"), ("annual_budget", "arrived", "executed")
_LARGEST = {"points": Decimal(10_000), "money": Decimal(10) ** 10}


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
        mistakes: list[str] = []
        plain = {name: value.item() if hasattr(value, "item") else value for name, value in given.items()}
        plain = {name: Decimal(repr(value)) if isinstance(value, float) else value for name, value in plain.items()}
        change = _change(Declaration(plain, mistakes))
        if mistakes:
            raise RequestError("；".join(mistakes))
        return change

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
    whole, mistakes = open_declaration(Path(path))
    scenario = _scenario(whole)
    refuse(Path(path), mistakes)
    return scenario


def _scenario(whole: Declaration) -> Scenario:
    """Take a scenario out of a declaration, noting every mistake."""
    name = whole.text("name") or ""
    note = whole.text("note", default="")
    profile = whole.text("profile", default="")
    if profile and profile not in profiles():
        whole.note("profile", f"“{profile}”不是可换用的自评指标体系，可选：{'、'.join(profiles())}")
    grades = take_grades(whole.part("grades"))
    changes: list[Change] = []
    for part in whole.parts("changes"):
        change = _change(part)
        for other in changes:
            both = {key for key, _ in change.values} & {key for key, _ in other.values}
            if other.where == change.where and both:
                part.note("、".join(sorted(both)), "同一处改了两次，请只保留一条")
        changes.append(change)
    if not (profile or grades or changes):
        whole.note("changes", "没有任何改动：profile、grades、changes 至少应写一项")
    whole.close()
    return Scenario(name, note, profile, grades, tuple(changes))


def take_grades(part: Declaration) -> tuple[tuple[str, Decimal], ...]:
    """Take grade bands (等级线) out of a declaration; all grades or none, best first, the last from 0.

    Example:
        >>> mistakes = []
        >>> bands = {"excellent": 90, "good": 95, "fair": 60, "poor": 0}
        >>> take_grades(Declaration(bands, mistakes))[1], mistakes
        (('good', Decimal('95')), ['good：等级线应逐档降低，95 不低于上一档的 90'])
    """
    if not part.keys():
        return ()
    bands: list[tuple[str, Decimal]] = []
    for grade in GRADES:
        start = part.number(grade)
        if start is None:
            continue
        if bands and start >= bands[-1][1]:
            part.note(grade, f"等级线应逐档降低，{start} 不低于上一档的 {bands[-1][1]}")
        if not 0 <= start <= 100:
            part.note(grade, f"等级线应在 0 至 100 之间，实际为 {start}")
        bands.append((grade, start))
    if bands and bands[-1][0] == GRADES[-1] and bands[-1][1] != 0:
        part.note(GRADES[-1], f"最低一档应从 0 分开始，实际为 {bands[-1][1]}")
    part.close()
    return tuple(bands)


def _change(part: Declaration) -> Change:
    where = [(name, text) for name in (*WHERE, *ROWS) if (text := part.written(name).strip())]
    where = [(name, _code(part, text) if name == "evaluation" else text) for name, text in where]
    year = dict(where).get("year", "0")
    if not (year.isascii() and year.isdigit()):
        part.note("year", f"应为四位年度，实际为“{year}”")
    values: list[tuple[str, str | Decimal]] = []
    for name in POINTS:
        values += _amount(part, name, "points", 2)
    values += [(name, text) for name in TEXTS if (text := part.written(name).strip())]
    for name in MONEY:
        values += _amount(part, name, "money", 4)
    given = {name for name, _ in values}
    if not values and not given & set(part.keys()):
        part.note("", f"没有写明改什么，可选：{'、'.join((*POINTS, *TEXTS, *MONEY))}")
    if not where:
        part.note("", f"没有写明改哪里，可选：{'、'.join((*WHERE, *ROWS))}")
    if given & set(MONEY) and (given - set(MONEY) or {name for name, _ in where} & set(ROWS)):
        part.note("、".join(sorted(given & set(MONEY))), "资金属于整份评价，不能与指标的改动写在同一条，请分成两条")
    part.close()
    return Change(tuple(where), tuple(values))


def _code(part: Declaration, text: str) -> str:
    """Return the code of an evaluation kind that may be written in words."""
    codes = {word: code for code, word in value_labels()["evaluation"].items() if code in EVALUATIONS}
    code = codes.get(text, text)
    if code not in EVALUATIONS:
        part.note("evaluation", f"“{text}”不在可选项内，可选：{'、'.join((*EVALUATIONS, *codes))}")
    return code


def _amount(part: Declaration, name: str, kind: str, places: int) -> Iterable[tuple[str, Decimal]]:
    number = part.number(name, default=Decimal(-1))
    if name not in part.keys():
        return []
    if not 0 <= number <= _LARGEST[kind]:
        part.note(name, f"应在 0 至 {_LARGEST[kind]} 之间，实际为 {number}")
        return []
    if number != round(number, places):
        part.note(name, f"最多 {places} 位小数，实际为 {number}")
    return [(name, number)]


def make_scenario(content: Mapping[str, Any]) -> Scenario:
    """Return a scenario from plain values as a file would hold them, checked in the same way.

    Raises:
        RequestError: With every mistake.

    Example:
        >>> make_scenario({"name": "新口径", "profile": "caiyu_2021_101"}).profile
        'caiyu_2021_101'
    """
    mistakes: list[str] = []
    scenario = _scenario(Declaration(content, mistakes))
    if mistakes:
        raise RequestError("；".join(mistakes))
    return scenario


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
