"""What a scenario changes and why (情景对比): totals and grades before and after, and what each indicator did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd

from jixiao.analysis.factors import EFFECTS, pair_contributions
from jixiao.analysis.losses import counted_rows
from jixiao.core.exact import SCALE, whole
from jixiao.core.frames import EVALUATION_KEY, KEYS
from jixiao.core.models import checked_words
from jixiao.core.results import Results
from jixiao.core.vocabulary import reading_words, word
from jixiao.core.writing import points_text
from jixiao.scoring.frameworks import load_framework, methods
from jixiao.whatif.application import Outcome, chosen_rows, describe_place, evaluate_scenario, has_key
from jixiao.whatif.declaration import TEXTS, Change, Scenario

_TOLD = ("method", "target_text", "actual_text", "reported_score", "score_explanation", "decided_by")
_MOST_REASONS = 5


class Scored(Protocol):
    """Anything that holds scores and totals: results, or the outcome of a scenario."""

    @property
    def scores(self) -> pd.DataFrame:
        """One row per indicator."""

    @property
    def totals(self) -> pd.DataFrame:
        """One row per evaluation."""


@dataclass(frozen=True)
class Comparison:
    """A scenario against what is (情景对比): see :func:`compare`."""

    base: Results
    outcome: Outcome
    totals: pd.DataFrame
    rows: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def changed(self) -> pd.DataFrame:
        """The totals that changed, or whose grade did (有变化的评价), the largest change first."""
        rows = self.totals[self.totals["is_changed"]]
        size = rows["change"].abs().fillna(np.inf)
        return rows.assign(size=size).sort_values("size", ascending=False, kind="stable").drop(columns="size")


def words() -> dict[str, Any]:
    """Return the words of the scenarios (情景用语)."""
    return checked_words("scenarios.yaml")


def compare(base: Results, scenario: Scenario) -> Comparison:
    """Compare a scenario with what is (情景对比): which totals and grades change, and why.

    Args:
        base: From :func:`jixiao.evaluate`.
        scenario: What is changed.

    Returns:
        totals: one row per evaluation, see :func:`compare_totals`; rows: one per indicator whose score or whose inputs
        changed, see :func:`compare_rows`; notes: sentences on weights that no longer add up, points a person must give
        again and changes without effect.

    Example:
        >>> import jixiao
        >>> from jixiao.whatif import make_scenario
        >>> base = jixiao.evaluate("data/sample")
        >>> found = compare(base, make_scenario({"name": "新口径", "profile": "caiyu_2021_101"}))
        >>> found.changed[["project", "total_before", "total_after", "change"]].values.tolist()[0]
        ['示例农村公路养护项目', 95.25, 89.5, -5.75]
    """
    outcome = evaluate_scenario(base, scenario)
    again = outcome.totals[outcome.touched]  # the others score as before
    sides = [replace(side, scores=side.scores[has_key(side.scores, again)]) for side in (base, outcome)]
    rows = compare_rows(*sides)
    totals = compare_totals(base, outcome, rows)
    moved = rows[rows["is_changed"]].reset_index(drop=True)
    return Comparison(base, outcome, totals, moved, tuple(_notes(outcome, totals, rows)))


def compare_rows(base: Scored, other: Scored) -> pd.DataFrame:
    """Return every counted indicator row before and after (各指标对比), with what it adds to the change of the total.

    Returns:
        Key year, project_id, evaluation, indicator_id; ``weight_before`` … ``points_after`` in points by the rule;
        ``weight_effect`` + ``completion_effect`` + ``turnover_effect`` = ``contribution`` exactly, as in
        :func:`jixiao.analysis.score_contributions`; a row without points on a side has missing effects.
        ``is_changed`` says whether the score, the weight, the target, the actual or the points a person gives differ,
        ``reason`` in words what and how.
    """
    key = KEYS["indicators"]
    old, new = (counted_rows(side.scores, "score") for side in (base, other))
    names = ["project", "department", "category", "subcategory", "indicator"]
    pairs = pair_contributions(old, new, key, told=names)
    for side, end in ((old, "before"), (new, "after")):
        told = side[[*key, *_TOLD]].rename(columns={name: f"{name}_{end}" for name in _TOLD})
        pairs = pairs.merge(told, on=key, how="left", validate="1:1")
    seen = ["target_text", "actual_text", "reported_score", "weight", "points"]
    pairs["is_changed"] = np.logical_or.reduce([_differs(pairs, name) for name in seen])
    pairs["indicator"] = pairs["indicator"].where(pairs["indicator"] != "", pairs["subcategory"])
    reasons = pd.Series("", index=pairs.index, dtype="object")
    for place, row in pairs[pairs["is_changed"]].to_dict("index").items():
        reasons[place] = words()["row"].format(changes=_changes(row), effect=_effect(row))
    pairs["reason"] = reasons.astype("str")
    return pairs.sort_values(key, ignore_index=True)


def _differs(pairs: pd.DataFrame, name: str) -> np.ndarray:
    before, after = pairs[f"{name}_before"], pairs[f"{name}_after"]
    return ((before != after) & ~(before.isna() & after.isna())).to_numpy(bool)


def _changes(row: dict[Any, Any]) -> str:
    """Say in words what differs in the inputs of one row."""
    told = []
    for name, column in (("weight", "weight"), ("target", "target_text"), ("actual", "actual_text")):
        told += _changed(row, name, column)
    if "person" in (row["decided_by_before"], row["decided_by_after"]):
        told += _changed(row, "score", "reported_score")
    before, after = row["method_before"], row["method_after"]
    if before != after:
        pair = {"before": methods()[before].name, "after": methods()[after].name}
        told.append(words()["changes"]["method"].format(**pair))
    if not told:
        told.append(row["score_explanation_after"].rstrip("。"))
    return str(words()["join"]).join(told)


def _changed(row: dict[Any, Any], name: str, column: str) -> list[str]:
    before, after = row[f"{column}_before"], row[f"{column}_after"]
    if before == after or (before != before and after != after):
        return []
    if not isinstance(before, str):
        before, after = points_text(before), points_text(after)
    return [words()["changes"][name].format(before=before, after=after)]


def _effect(row: dict[Any, Any]) -> str:
    """Say in words what became of the score of one row."""
    before, after = row["points_before"], row["points_after"]
    known = (before == before, after == after)
    kind = {(True, True): "moved", (True, False): "opened", (False, True): "settled", (False, False): "open"}[known]
    if kind == "moved" and before == after:
        kind = "same"
    return str(
        words()["effects"][kind].format(
            before=points_text(before),
            after=points_text(after),
            change=signed_points(row["contribution"]),
            explanation=row["score_explanation_after"],
        )
    )


def signed_points(points: float) -> str:
    """Write a change of points with its sign (增减分).

    Example:
        >>> signed_points(2.5), signed_points(-0.25), signed_points(0.0)
        ('+2.5', '-0.25', '0')
    """
    return f"+{points_text(points)}" if points > 0 else points_text(points)


def compare_totals(base: Scored, other: Scored, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return every evaluation before and after (总分和等级对比).

    Args:
        base: What is.
        other: What would be, with the same evaluations.
        rows: From :func:`compare_rows` of both, when it is at hand.

    Returns:
        Key year, project_id, evaluation; ``total_before``, ``total_after`` and the grades by the rule; ``change`` =
        total_after − total_before = ``weight_effect`` + ``completion_effect`` + ``turnover_effect`` exactly, missing
        when a total is; ``weight_sum_before`` and ``weight_sum_after`` in points; ``is_changed`` and ``reason`` in
        words: which indicators, by what, and how much each.
    """
    rows = compare_rows(base, other) if rows is None else rows
    told = ["total", "grade", "weight_sum", "framework"]
    pairs = base.totals[[*EVALUATION_KEY, "project", "department", *told]].merge(
        other.totals[[*EVALUATION_KEY, *told]], on=EVALUATION_KEY, suffixes=("_before", "_after"), validate="1:1"
    )
    sums = rows.assign(**{name: whole(rows[name]) for name in EFFECTS}).groupby(EVALUATION_KEY)[EFFECTS]
    effects = pairs[EVALUATION_KEY].merge(sums.sum().reset_index(), on=EVALUATION_KEY, how="left", validate="1:1")
    known = pairs["total_before"].notna() & pairs["total_after"].notna()
    for name in EFFECTS:
        pairs[name] = (effects[name].fillna(0).astype("float64") / SCALE).where(known)
    difference = whole(pairs["total_after"]) - whole(pairs["total_before"])
    pairs["change"] = pd.Series(difference / SCALE, index=pairs.index).where(known)
    grades = [pairs[f"grade_{end}"].astype("object") for end in ("before", "after")]
    regraded = (grades[0] != grades[1]) & ~(grades[0].isna() & grades[1].isna())
    pairs["is_changed"] = _differs(pairs, "total") | regraded.to_numpy(bool)
    pairs["reason"] = words()["nothing"]
    moved = rows[rows["is_changed"]]
    by_evaluation = dict(iter(moved.groupby(EVALUATION_KEY, sort=False)))
    reasons = pairs["reason"].astype("object")
    shown = pairs["is_changed"] | pd.MultiIndex.from_frame(pairs[EVALUATION_KEY]).isin(list(by_evaluation))
    bands = _bands(other)
    for place, row in pairs[shown].to_dict("index").items():
        key = tuple(row[name] for name in EVALUATION_KEY)
        reasons[place] = _reason(row, by_evaluation.get(key, moved.head(0)), bands) or words()["nothing"]
    pairs["reason"] = reasons.astype("str")
    return pairs


def _bands(other: Scored) -> str:
    """Write the grade bands of a scenario, or nothing when it keeps those of the framework."""
    scenario = getattr(other, "scenario", None)
    return grade_bands(scenario) if scenario is not None and scenario.grades else ""


def grade_bands(scenario: Scenario) -> str:
    """Write the grade bands of a scenario (等级线).

    Example:
        >>> from decimal import Decimal
        >>> grade_bands(Scenario("甲", grades=(("excellent", Decimal(95)), ("poor", Decimal(0)))))
        '优≥95、差≥0'
    """
    pairs = [(word("grade", grade), f"{start:f}") for grade, start in scenario.grades]
    return "、".join(words()["band"].format(grade=grade, start=start) for grade, start in pairs)


def _reason(row: dict[Any, Any], moved: pd.DataFrame, bands: str) -> str:
    """Say in words why the total or the grade of one evaluation is another."""
    texts, told = words(), []
    lost = moved[moved["points_after"].isna()]
    for one in lost.to_dict("records")[:_MOST_REASONS]:
        told.append(texts["open"].format(indicator=one["indicator"], effect=_effect(one)))
    known = moved[moved["contribution"].fillna(0) != 0]
    known = known.loc[known["contribution"].abs().sort_values(ascending=False, kind="stable").index]
    for one in known.to_dict("records")[:_MOST_REASONS]:
        change = signed_points(one["contribution"])
        told.append(texts["whole"].format(indicator=one["indicator"], change=change, changes=_changes(one)))
    rest = known.iloc[_MOST_REASONS:]
    if len(rest):
        change = signed_points(whole(rest["contribution"]).sum() / SCALE)
        told.append(texts["rest"].format(count=len(rest), change=change))
    grades = [word("grade", row[f"grade_{end}"]) for end in ("before", "after")]
    if grades[0] != grades[1] and all(grades):
        told += [texts["bands"].format(bands=bands)] if bands else []
        told.append(texts["grade"].format(before=grades[0], after=grades[1]))
    return str(texts["join"]).join(told)


def _notes(outcome: Outcome, totals: pd.DataFrame, rows: pd.DataFrame) -> Iterator[str]:
    """Yield what a reader must know beside the numbers."""
    texts = words()["notes"]
    moved = totals[_differs(totals, "weight_sum")]
    for row in moved.to_dict("records"):
        full = float(load_framework(row["framework_after"]).full_score)
        if row["weight_sum_after"] != full:
            yield texts["weights"].format(
                **_named(row), sum=points_text(row["weight_sum_after"]), full=points_text(full)
            )
    refused = rows[rows["points_before"].notna() & rows["points_after"].isna()]
    for row in refused[refused["decided_by_before"] == "person"].to_dict("records"):
        yield texts["judged"].format(**_named(row), indicator=row["indicator"])
    moved = rows[_differs(rows, "points")]
    for number, change in enumerate(outcome.scenario.changes, 1):
        place = describe_place(change)
        if _is_of_money(change):
            yield texts["money"].format(number=number, place=place)
        elif not _is_felt(outcome, change, moved):
            yield texts["no_effect"].format(number=number, place=place)


def _is_felt(outcome: Outcome, change: Change, moved: pd.DataFrame) -> bool:
    """Say whether any row that a change is for has other points."""
    key = EVALUATION_KEY if change.is_money else KEYS["indicators"]
    chosen = chosen_rows(outcome.frames, change)
    return bool(pd.MultiIndex.from_frame(moved[key]).isin(pd.MultiIndex.from_frame(chosen[key])).any())


def _named(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        "year": row["year"],
        "project": row["project"],
        "evaluation": word("evaluation", row["evaluation"]),
    }


def _is_of_money(change: Change) -> bool:
    """Say whether a change writes an actual for an execution rate, which is worked out from money."""
    texts = {name for name, _ in change.values}
    return dict(change.where).get("indicator") == reading_words()["execution"] and bool(texts & set(TEXTS))
