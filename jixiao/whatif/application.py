"""Apply a scenario (情景) to frames and score what it touches by the one scoring engine; nothing is edited in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from jixiao.core.errors import RequestError
from jixiao.core.frames import EVALUATION_KEY, KEYS, Frames
from jixiao.core.results import Results
from jixiao.core.vocabulary import category_group, label
from jixiao.reading.tidy.indicators import read_pair
from jixiao.reading.values.notation import load_grammar
from jixiao.scoring import score
from jixiao.scoring.frameworks import GradeBand, load_framework
from jixiao.scoring.totals import is_whole
from jixiao.whatif.declaration import MONEY, ROWS, TEXTS, Change, Scenario

_COLUMNS = {"score": "reported_score", **{name: f"{name}_wan" for name in MONEY}}


@dataclass(frozen=True)
class Outcome:
    """What a scenario gives (情景结果): the changed frames, and every evaluation scored with the changes.

    ``touched`` says of each row of ``totals`` whether it was scored again.
    """

    scenario: Scenario
    frames: Frames
    scores: pd.DataFrame
    totals: pd.DataFrame
    touched: np.ndarray


def apply(frames: Frames, scenario: Scenario) -> Frames:
    """Return the frames with the changes of a scenario (代入情景); the given frames stay as they are.

    A changed target or actual is read again by the grammar that reads forms, so that ``≥90%`` or ``95`` mean what they
    would mean in a form. A changed ``score`` is the points a person gives (认定得分).

    Raises:
        RequestError: A change fits no row; the sentence lists all such changes.

    Example:
        >>> import jixiao
        >>> from jixiao.whatif import Change, Scenario
        >>> frames = jixiao.load("data/sample")
        >>> other = apply(frames, Scenario("甲", changes=(Change.of(indicator="乘客满意度", weight=20),)))
        >>> [one.indicators.query("indicator == '乘客满意度'")["weight"].tolist() for one in (frames, other)]
        [[10.0, 10.0], [20.0, 20.0]]
    """
    indicators, budgets = frames.indicators.copy(), frames.budgets.copy()
    unmatched = []
    for number, change in enumerate(scenario.changes, 1):
        rows = _chosen(frames, change, budgets if change.is_money else indicators)
        if not rows.any():
            unmatched.append((number, describe_place(change)))
        elif change.is_money:
            _write(budgets, rows, change)
        else:
            _write(indicators, rows, change)
            if {name for name, _ in change.values} & set(TEXTS):
                _read_again(indicators, rows, dict(change.values))
    if unmatched:
        raise RequestError(
            f"情景“{scenario.name}”有 {len(unmatched)} 条改动在数据中找不到对应的行："
            + "；".join(f"第{number}条（{place}）" for number, place in unmatched)
            + "；请核对年度、项目、评价类型和指标名称"
        )
    return frames.changed(indicators=indicators, budgets=budgets)


def describe_place(change: Change) -> str:
    """Say where a change is made (改动位置).

    Example:
        >>> describe_place(Change.of(year=2023, indicator="合格率", weight=10))
        '年度：2023，三级指标：合格率'
    """
    return "，".join(f"{label(name)}：{text}" for name, text in change.where)


def _chosen(frames: Frames, change: Change, rows: pd.DataFrame) -> np.ndarray:
    """Say which rows a change is for."""
    where = dict(change.where)
    evaluations = frames.evaluations
    fits = pd.Series(True, index=evaluations.index)
    if "year" in where:
        fits &= evaluations["year"] == int(where["year"])
    if "project" in where:
        fits &= (evaluations["project"] == where["project"]) | (evaluations["project_id"] == where["project"])
    for name in ("department", "evaluation"):
        if name in where:
            fits &= evaluations[name] == where[name]
    found = has_key(rows, evaluations[fits])
    if change.is_money:
        return found & (rows["fund"] == "total").to_numpy(bool)
    found &= rows["is_counted"].to_numpy(bool)
    for name in ROWS:
        if name in where:
            same = rows[name] == where[name]
            if name == "category":  # 产出指标 is meant by 产出 as well
                same |= rows[name].map(category_group) == where[name]
            found &= same.to_numpy(bool)
    return found


def chosen_rows(frames: Frames, change: Change) -> pd.DataFrame:
    """Return the rows that a change is for: of the frame ``budgets`` for money, else of ``indicators``."""
    rows = frames.budgets if change.is_money else frames.indicators
    return rows[_chosen(frames, change, rows)]


def has_key(rows: pd.DataFrame, chosen: pd.DataFrame) -> np.ndarray:
    """Say which rows belong to one of the chosen evaluations."""
    found = np.array(rows["project_id"].isin(chosen["project_id"]), dtype=bool)  # most rows are another project's
    keys = [pd.MultiIndex.from_frame(frame[EVALUATION_KEY]) for frame in (rows[found], chosen)]
    found[found] = keys[0].isin(keys[1])
    return found


def _write(frame: pd.DataFrame, rows: np.ndarray, change: Change) -> None:
    for name, value in change.values:
        if name not in TEXTS:
            frame.loc[rows, _COLUMNS.get(name, name)] = float(value)


def _read_again(indicators: pd.DataFrame, rows: np.ndarray, values: Mapping[str, Any]) -> None:
    """Read the targets and actuals of some rows again, as if the form held the new texts."""
    directions = {name: words[0] for name, words in load_grammar().declared["stated_directions"].items()}
    read = []
    for row in indicators[rows].to_dict("records"):
        stated = "" if row["is_direction_assumed"] else directions.get(row["direction"], "")
        texts = [str(values.get(name, row[f"{name}_text"])) for name in TEXTS]
        facts = {"year": int(row["year"]), "indicator": row["indicator"], "subcategory": row["subcategory"]}
        columns, _ = read_pair(*texts, stated=stated, **facts)
        by_target, _ = read_pair(row["target_text"], "", **facts)
        if "target" not in values or by_target["kind"] != row["kind"]:  # the form stated the kind
            columns["kind"] = row["kind"]
        read.append(columns)
    fresh = pd.DataFrame(read, index=indicators.index[rows])
    for name in fresh:
        indicators.loc[rows, name] = fresh[name].astype(indicators[name].dtype)


def evaluate_scenario(base: Results, scenario: Scenario) -> Outcome:
    """Score a scenario (情景计分): what it touches is scored again, the rest is as it was.

    Args:
        base: From :func:`jixiao.evaluate`.
        scenario: What is changed.

    Raises:
        RequestError: As for :func:`apply`, or the profile cannot be used.

    Example:
        >>> import jixiao
        >>> from jixiao.whatif import make_scenario
        >>> base = jixiao.evaluate("data/sample")
        >>> outcome = evaluate_scenario(base, make_scenario({"name": "新口径", "profile": "caiyu_2021_101"}))
        >>> len(outcome.totals) == len(base.totals), bool((outcome.scores["method"] == "pass_line").any())
        (True, True)
    """
    frames = apply(base.frames, scenario)
    touched = _touched(base, frames, scenario)
    keys = base.totals[touched]
    scores, totals = base.scores, base.totals
    if touched.any():
        part = frames.changed(
            **{
                name: frame[has_key(frame, keys)]
                for name, frame in (
                    ("evaluations", frames.evaluations),
                    ("indicators", frames.indicators),
                    ("budgets", frames.budgets),
                )
            }
        )
        new_scores, new_totals = score(part, framework=scenario.profile)
        scores = _spliced(scores, new_scores, has_key(scores, keys), KEYS["indicators"])
        totals = _spliced(totals, new_totals, touched, EVALUATION_KEY)
    return Outcome(scenario, frames, scores, _graded(totals, scenario) if scenario.grades else totals, touched)


def _touched(base: Results, frames: Frames, scenario: Scenario) -> np.ndarray:
    """Say which evaluations must be scored again."""
    found = (base.totals["evaluation"] == "self").to_numpy(bool) & bool(scenario.profile)
    for change in scenario.changes:
        found |= has_key(base.totals, chosen_rows(frames, change))
    return found


def _spliced(base: pd.DataFrame, new: pd.DataFrame, rows: np.ndarray, key: list[str]) -> pd.DataFrame:
    """Put freshly scored rows where they stood."""
    places = base.loc[rows, key].assign(place=base.index[rows])
    moved = new.merge(places, on=key, validate="1:1").set_index("place")
    if len(moved) != rows.sum():
        raise AssertionError("scoring a scenario lost a row")
    kept = base[~rows]
    return pd.concat([kept, moved[base.columns].rename_axis(None)]).sort_index() if len(kept) else moved[base.columns]


def _graded(totals: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Grade every total by the bands of the scenario, rounded and compared as its framework says."""
    graded = totals.copy()
    names = {framework: _with_bands(framework, scenario) for framework in totals["framework"].unique()}
    whole = totals["total"].where(is_whole(totals["weight_sum"], totals["framework"]))
    for column, points in (("grade", whole), ("reported_grade", totals["total_reported"])):
        found = [
            None if value != value else names[framework].grade_of(Decimal(repr(value)))
            for framework, value in zip(totals["framework"], points, strict=True)
        ]
        graded[column] = pd.Categorical(found, categories=totals[column].cat.categories, ordered=True)
    return graded


def _with_bands(framework_id: str, scenario: Scenario) -> Any:
    framework = load_framework(framework_id)
    printed = {band.id: band.name for band in framework.grades}
    bands = tuple(
        GradeBand.model_validate({"id": grade, "name": printed.get(grade, grade), "from": Decimal(start)})
        for grade, start in scenario.grades
    )
    return framework.model_copy(update={"grades": bands})
