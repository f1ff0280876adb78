"""Targets, actuals and points of the indicators of made-up projects (示例指标值、完成值与得分), slips included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jixiao.sample.budgets import Money, carelessness, slip_share
from jixiao.sample.catalogue import KINDS, NUMBERS, PARTLY, PLAIN, SAID, declared
from jixiao.sample.population import Population, draw
from jixiao.scoring import formulas

COUNT, DURATION, RATE, MONEY, DATE, WORDS, OFTEN = range(len(KINDS))
_DAY = np.timedelta64(1, "D")


def make_rows(
    population: Population, chosen: np.ndarray, year: int, money: Money, rng: np.random.Generator
) -> pd.DataFrame:
    """Make the indicator rows of the self-evaluations of a year, before anything is written (编造指标行).

    Returns:
        One row per indicator: ``form`` (place of its project in ``chosen``), ``pattern``, ``way`` (how the actual is
        written), ``target`` and ``actual`` (whole numbers, days for dates), ``weight``, ``rule`` and ``points`` in
        hundredths (-1 when nothing is printed), ``reason`` (-1 for none), ``slip`` (code of the check that is meant to
        find it), ``honest`` (the actual before a slip).
    """
    count = np.diff(population.starts)[chosen]
    form = np.repeat(np.arange(len(chosen)), count)
    within = np.arange(len(form)) - np.repeat(np.cumsum(count) - count, count)
    slots = population.slots.iloc[population.starts[chosen][form] + within]
    rows = pd.DataFrame({"form": form, "pattern": slots["pattern"].to_numpy()})
    rows["weight"] = slots["weight"].to_numpy() * formulas.POINT
    _pattern_columns(rows, population)
    _shift_weights(rows, carelessness(population, chosen), rng)
    rows["target"] = _targets(population, chosen, year, money, rows, slots["base"].to_numpy())
    careless = carelessness(population, chosen)[form]
    _attain(rows, careless, year, rng)
    rows["honest"] = rows["actual"]
    _magnitude(rows, careless, rng)
    _mark(rows, careless, rng)
    coarse = population.departments["is_coarse"].to_numpy()[population.projects["department"].to_numpy()[chosen]][form]
    is_cut = coarse & (rows["slip"] == "").to_numpy() & (rows["points"] < rows["weight"]).to_numpy()
    rows["points"] = np.where(is_cut, rows["points"] // 10 * 10, rows["points"])
    return rows


def _pattern_columns(rows: pd.DataFrame, population: Population) -> None:
    patterns = population.catalogue.patterns
    kind = np.array([KINDS.index(pattern.kind) for pattern in patterns], np.int8)
    less = np.array([pattern.relation == "<=" for pattern in patterns])
    rows["kind"], rows["is_less"] = kind[rows["pattern"]], less[rows["pattern"]]


def _shift_weights(rows: pd.DataFrame, careless: np.ndarray, rng: np.random.Generator) -> None:
    """Let the weights of some forms not add up: one row has a point or more too many or too few."""
    slips = rng.random(len(careless)) < slip_share("total_weight") * careless
    first = ~rows["form"].duplicated().to_numpy() & slips[rows["form"]]
    more = rng.integers(1, 6, len(rows)) * rng.choice([-1, 1], len(rows)) * formulas.POINT
    weight = rows["weight"].to_numpy()
    rows["weight"] = np.where(first, np.where(weight + more > 0, weight + more, weight + abs(more)), weight)
    rows["is_shifted"] = first


def _targets(
    population: Population, chosen: np.ndarray, year: int, money: Money, rows: pd.DataFrame, base: np.ndarray
) -> np.ndarray:
    """Return the target of every row: the project's own, higher from year to year where more is better."""
    patterns = population.catalogue.patterns
    low, high = (np.array([getattr(pattern, end) for pattern in patterns]) for end in ("low", "high"))
    number, form, kind = rows["pattern"].to_numpy(), rows["form"].to_numpy(), rows["kind"].to_numpy()
    mine = population.projects.iloc[chosen]
    age = (year - mine["first"].to_numpy())[form]
    lowest = np.maximum(low[number], 1e-9)
    amount = lowest * (np.maximum(high[number], lowest) / lowest) ** base
    amount = amount * np.where(rows["is_less"], 1.0, (1 + mine["rise"].to_numpy()[form]) ** age)
    step = np.where(amount >= 1000, 100, np.where(amount >= 100, 10, 1))
    whole = np.maximum(np.rint(amount / step), 1) * step
    most = max((len(pattern.choices) for pattern in patterns), default=1)
    choices = np.array([[*pattern.choices, *[0] * (most - len(pattern.choices))] for pattern in patterns])
    sizes = np.array([max(len(pattern.choices), 1) for pattern in patterns])
    rates = choices[number, (base * sizes[number]).astype(np.int64)]
    budget = money.annual[:, 0][form]
    costs = np.maximum(np.rint(budget * low[number] / 10), 1) * 10
    # Deadlines lie at the end of a month from June to December; a project keeps its own.
    month = 6 + (base * 7).astype(np.int64)
    ends = (np.datetime64(f"{year}-01", "M") + month).astype("datetime64[D]") - _DAY
    found = np.select([kind == RATE, kind == MONEY, kind == DATE], [rates, costs, ends.astype(np.int64)], whole)
    return np.where(kind >= WORDS, 0, found).astype(np.int64)


def _attain(rows: pd.DataFrame, careless: np.ndarray, year: int, rng: np.random.Generator) -> None:
    """Draw what was attained as the published forms attain it (完成情况); careless projects miss more often."""
    sample, size = declared(), len(rows)
    observed, assumed = sample["observed"], sample["assumed"]
    kind, less, target = (rows[column].to_numpy() for column in ("kind", "is_less", "target"))
    negative = {**observed["negative"], "over": observed["negative"]["over"] + assumed["negative_over"]}
    attained = np.where(less, _fall(negative, careless, rng), _fall(observed["positive"], careless, rng))
    # positive: short, exact, near, far; negative: over, exact, under, zero
    more = [draw(assumed[name], rng, size) for name in ("short", "near", "far")]
    few = [draw(assumed[name], rng, size) for name in ("over", "under")]
    up = np.choose(attained, [more[0], np.ones(size), more[1], more[2]])
    down = np.choose(attained, [few[0], np.ones(size), few[1], np.zeros(size)])
    down = np.where((kind != COUNT) & (kind != RATE) & (attained == 3), few[1], down)  # no cost and no time is none
    actual = np.rint(target * np.where(less, down, up)).astype(np.int64)
    missed = attained == 0
    actual = np.where(missed & ~less, np.minimum(actual, target - 1), actual)
    actual = np.where(missed & less, np.maximum(actual, target + 1), actual)
    actual = np.where(~missed & less, np.minimum(actual, target), actual)
    actual = np.where((kind == RATE) & ~less & (target > 400), np.minimum(actual, 1000), actual)
    least = np.where((kind == MONEY) | (kind == DURATION) | (~less & ~missed), 1, 0)
    actual = np.maximum(actual, least)
    late = rng.random(size) < np.clip(float(assumed["late"]) * careless, 0, 0.6)
    days = np.where(late, rng.integers(1, 70, size), -rng.integers(0, 45, size))
    actual = np.where(kind == DATE, target + days, actual)
    levels = [float(assumed["words"][name]) for name in ("met", "partly", "missed")]
    level = np.searchsorted(np.cumsum(levels)[:-1], rng.random(size))
    way = np.where((kind == WORDS) & (level > 0), PARTLY - 1 + level, PLAIN)
    said, of = (float(number) for number in observed["cost_in_words"])
    way = np.where((kind == MONEY) & (actual <= target) & (rng.random(size) < said / of), SAID, way)
    rows["way"], rows["actual"] = way, np.where(kind >= WORDS, 0, actual)


def _fall(counts: dict[str, Any], careless: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one of the counted outcomes for every row; the first of them is missing the target."""
    shares = np.array([float(count) for count in counts.values()])
    shares = shares / shares.sum()
    missed = np.clip(shares[0] * careless, 0, 0.8)
    others = np.cumsum(shares[1:] / shares[1:].sum())
    hit = 1 + np.searchsorted(others[:-1], rng.random(len(careless)), side="right")
    return np.where(rng.random(len(careless)) < missed, 0, hit)


def _magnitude(rows: pd.DataFrame, careless: np.ndarray, rng: np.random.Generator) -> None:
    """Write some actuals a power of ten away from their target (整数量级差错)."""
    target = rows["target"].to_numpy()
    fits = (rows["kind"] == COUNT).to_numpy() & (rows["way"] == PLAIN).to_numpy()
    fits &= rng.random(len(rows)) < slip_share("magnitude") * careless
    power = rng.choice([10, 100], len(rows), p=[0.8, 0.2])
    is_down = (rng.random(len(rows)) < 0.6) & (target % power == 0)
    slipped = np.where(is_down, target // power, target * power)
    rows["actual"] = np.where(fits, slipped, rows["actual"])
    rows["slip"] = np.where(fits, "magnitude", "")


def rule_points(rows: pd.DataFrame, actual: str) -> np.ndarray:
    """Return the points the rule gives (规则得分) in hundredths; -1 where a person judges."""
    kind = rows["kind"].to_numpy()
    is_number = np.isin(kind, [KINDS.index(name) for name in NUMBERS]) & (rows["way"] == PLAIN).to_numpy()
    zero = np.zeros(len(rows), np.int64)
    inputs = {
        "weight": rows["weight"].to_numpy(),
        "target": rows["target"].to_numpy(),
        "actual": rows[actual].to_numpy(),
        "sign": np.where(rows["is_less"], -1, 1),
        "strict": zero > 0,
        "comparable": is_number,
        "word": np.where((kind == OFTEN) | (rows["way"] == SAID), 1, -1),
        "has_dates": kind == DATE,
        "months_late": np.where(rows[actual] > rows["target"], 1, 0),
    }
    return np.asarray(formulas.proportional_to_target(inputs, {}, formulas.COLUMNS)["score"])


def _mark(rows: pd.DataFrame, careless: np.ndarray, rng: np.random.Generator) -> None:
    """Give the points as a unit gives them: by the rule or by judgement, with slips and reasons (自评得分)."""
    size, assumed = len(rows), declared()["assumed"]
    weight, kind, way = (rows[column].to_numpy() for column in ("weight", "kind", "way"))
    rule = rule_points(rows, "actual")
    rows["rule"] = rule
    late = (kind == DATE) & (rule < 0)
    met_words = (kind == WORDS) & (way == PLAIN)
    judged = np.select(
        [late, way == PARTLY, way == PARTLY + 1], [rng.uniform(0.5, 0.9, size), rng.uniform(0.6, 0.8, size), 0.4], 1.0
    )
    points = np.where(rule >= 0, rule, np.where(met_words, weight, _half(weight * judged)))
    points = np.where(rows["slip"] == "magnitude", weight, points)
    slip = rows["slip"].to_numpy().astype("<U24")
    given = np.where(rng.random(size) < float(assumed["reason_given_anyway"]), 1, 0)
    by_rule = rule >= 0
    lower = _half(weight * rng.uniform(0.55, 0.9, size))
    less = _half(rule - np.maximum(50, weight * 0.15))
    over = np.maximum(rows["actual"] - rows["target"], 0) / np.maximum(rows["target"], 1)
    other = np.maximum(weight * (1 - over), 0)  # what places give by another formula is no slip
    is_other = rows["is_less"].to_numpy() & ((np.abs(less - other) <= 5) | (less <= 5))
    plans = {
        "met_but_deducted": (by_rule & (rule == weight) & (weight >= 200), lower),
        "missed_but_full": (by_rule & (rule < weight), weight),
        "score_against_standard": (by_rule & (rule < weight) & (rule >= 150) & ~is_other, less),
        "judgement_refused": (met_words & (weight >= 200), _half(weight * 0.6)),
        "score_range": (points == weight, weight + 50),
        "score_missing": (points == weight, np.full(size, -1)),
        "missing_reason": (points < weight, points),
    }
    for code, (fits, wrong) in plans.items():
        hit = fits & (slip == "") & (rng.random(size) < np.minimum(slip_share(code) * careless, 0.9))
        slip[hit] = code
        points = np.where(hit, wrong, points)
    reasons = len(declared()["words"]["reasons"])
    lost = (points >= 0) & (points < weight)
    is_said = lost & (slip != "missing_reason") & ((slip != "met_but_deducted") | (given == 1))
    rows["reason"] = np.where(is_said, rng.integers(0, reasons, size), -1)
    rows["slip"], rows["points"] = slip, points.astype(np.int64)


def _half(points: np.ndarray) -> np.ndarray:
    """Return points cut to halves, as people give them, in hundredths."""
    return np.maximum(np.floor(points / 50), 0).astype(np.int64) * 50
