"""The money of made-up projects (示例资金): budgets that drift, executed as the published forms execute theirs.

Money is kept in whole hundredths of 万元, rates in hundredths of a per cent, so that nothing is lost to floats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from jixiao.sample.catalogue import declared
from jixiao.sample.population import Population, draw
from jixiao.scoring.formulas import share

FUNDS = ("total", "fiscal", "carry_over", "other")


@dataclass
class Money:
    """The money of some projects in a year (示例资金), one column for each fund, in hundredths of 万元."""

    initial: np.ndarray
    annual: np.ndarray
    executed: np.ndarray
    arrived: np.ndarray
    shown_rate: np.ndarray
    planted: dict[str, np.ndarray]
    """Which forms slip: code of the check -> true or false."""

    def take(self, places: np.ndarray) -> Money:
        """Return the money of some of these projects."""
        return Money(
            initial=self.initial[places],
            annual=self.annual[places],
            executed=self.executed[places],
            arrived=self.arrived[places],
            shown_rate=self.shown_rate[places],
            planted={code: hit[places] for code, hit in self.planted.items()},
        )


def slip_share(code: str) -> float:
    """Return how often a slip (差错) is planted where it can be: as declared, observed ones scaled down."""
    sample = declared()
    found = sample["observed"]["slips"].get(code)
    if found:
        return float(found[0] / found[1]) * float(sample["assumed"]["slip_scale"])
    return float(sample["assumed"]["slips"][code])


def make_money(population: Population) -> Iterator[Money]:
    """Make the money of every project year after year (编造资金): what is carried over is what was left (结转).

    Yields:
        The money of each year, for all projects whether they run in it or not.
    """
    size = len(population.projects)
    left = np.zeros(size, np.int64)
    for year in population.years:
        rng = np.random.default_rng([population.seed, 3, year])
        money, left = _year(population, year, left, rng)
        yield money


def _year(population: Population, year: int, left: np.ndarray, rng: np.random.Generator) -> tuple[Money, np.ndarray]:
    """Return the money of a year and what was left of it."""
    sample, every = declared(), population.projects
    observed, assumed, size = sample["observed"], sample["assumed"], len(every)
    age = np.maximum(year - every["first"].to_numpy(), 0)
    noise = rng.normal(0, float(assumed["budget_drift"]["noise"]), size)
    wan = every["budget"].to_numpy() * np.exp(every["drift"].to_numpy() * age + noise)
    coarse = np.where(wan > 500, 1000, np.where(wan > 50, 100, 10))  # budgets are round numbers
    initial = np.maximum(np.rint(wan * 100 / coarse), 1).astype(np.int64) * coarse
    is_adjusted = rng.random(size) < float(assumed["adjusted"])
    factor = draw(assumed["adjustment"], rng, size)
    annual = np.where(is_adjusted, np.maximum(np.rint(initial * factor), 100), initial).astype(np.int64)
    rates = np.array([float(rate) for rate in observed["execution_rates"]])
    rate = rates[rng.integers(0, len(rates), size)]
    # What is not spent in full lies around the published rate, so that a province does not show five rates only.
    rate = np.where(rate < 1, np.clip(rate + rng.normal(0, 0.04, size), 0.05, 0.999), 1.0)
    careless = carelessness(population, np.arange(size))
    is_over = _hit("rate_over_100", careless, rng)
    rate = np.where(is_over, rng.uniform(1.005, 1.12, size), rate)
    executed = np.rint(annual * rate).astype(np.int64)
    is_over &= executed > annual
    full = rng.random(size) < float(assumed["arrived"])
    arrived = np.where(full, annual, np.rint(executed + (annual - executed) * rng.random(size))).astype(np.int64)
    arrived = np.maximum(arrived, executed)
    most = draw(assumed["carry_over"]["of"], rng, size)
    is_carried = rng.random(size) < float(assumed["carry_over"]["share"])
    # A project that starts with the published years may have money from before them; later it has what was left.
    before = np.where((age == 0) & (year == population.years[0]), annual, left)
    carried = np.where(is_carried, np.minimum(before, np.rint(np.minimum(annual, initial) * most)), 0).astype(np.int64)
    other = every["other_share"].to_numpy()
    budgeted = _split(annual, carried, other)
    shown = share(10_000, executed, annual)
    slip = share(10_000, executed, np.maximum(initial, 1))
    wrong = _hit("execution_rate", careless, rng) & (slip != shown)
    moved = _hit("funds_sum", careless, rng) & ~is_over
    budgeted[:, 1] += np.where(moved, np.maximum(np.rint(annual * 0.05), 10), 0).astype(np.int64)
    planted = {"rate_over_100": is_over, "execution_rate": wrong, "funds_sum": moved}
    spent = np.rint(carried * np.minimum(executed / annual, 1)).astype(np.int64)
    money = Money(
        initial=_split(initial, carried, other),
        annual=budgeted,
        executed=_split(executed, spent, other),
        arrived=arrived,
        shown_rate=np.where(wrong, slip, shown),
        planted=planted,
    )
    return money, np.maximum(annual - executed, 0)


def carelessness(population: Population, chosen: np.ndarray) -> np.ndarray:
    """Return how careless the project and its department are, 1 being usual (差错倾向)."""
    mine = population.projects.iloc[chosen]
    office = population.departments["carelessness"].to_numpy()[mine["department"].to_numpy()]
    return np.asarray(office * mine["carelessness"].to_numpy())


def _hit(code: str, careless: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.random(len(careless)) < slip_share(code) * careless)


def _split(whole: np.ndarray, carried: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Split amounts into what is granted, carried over and from elsewhere; the parts add up exactly."""
    elsewhere = np.rint((whole - carried) * other).astype(np.int64)
    return np.column_stack([whole, whole - carried - elsewhere, carried, elsewhere])
