"""Who is in a made-up province (示例部门与项目): departments, units, and projects that run over some of the years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jixiao.reading.tidy.rows import project_key
from jixiao.sample.catalogue import Catalogue, declared, load_catalogue
from jixiao.scoring.frameworks import load_framework

FRAMEWORK = "caiyu_2020_10"


@dataclass(frozen=True)
class Population:
    """The departments and projects of a made-up province (示例省).

    ``departments``: one row each, with its habits. ``projects``: one row each in the order of their names, with first
    and last year. ``slots``: the indicators of every project, in the order of its form, with their weights in points;
    those of project ``n`` are rows ``starts[n]`` to ``starts[n + 1]``.
    """

    seed: int
    years: tuple[int, ...]
    catalogue: Catalogue
    departments: pd.DataFrame
    projects: pd.DataFrame
    slots: pd.DataFrame
    starts: np.ndarray

    def alive(self, year: int) -> np.ndarray:
        """Return the numbers of the projects of a year, in the order of their names."""
        running = (self.projects["first"] <= year) & (self.projects["last"] >= year)
        return np.flatnonzero(running.to_numpy())


def most_departments() -> int:
    """Return how many departments can be named (示例部门上限)."""
    words = declared()["words"]
    cities = len(words["stems"])
    return len(declared()["fields"]) * (1 + cities + cities * len(words["branches"]))


def populate(*, departments: int, years: tuple[int, ...], projects: int, seed: int) -> Population:
    """Make the departments and projects of a province (编造示例部门与项目).

    Args:
        departments: Their number; each has at least one project in every year.
        years: The evaluated years.
        projects: Number of projects in every year; some end and as many new ones start.
        seed: The same seed gives the same province.
    """
    rng = np.random.default_rng([seed, 1])
    catalogue = load_catalogue()
    offices = _departments(departments, rng)
    made = _projects(offices, catalogue, years, projects, rng)
    slots, starts = _slots(made, catalogue, rng)
    return Population(seed, years, catalogue, offices, made, slots, starts)


def draw(declaration: Any, rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw numbers between the two declared ones, each as likely as the other."""
    low, high = (float(value) for value in declaration)
    return rng.uniform(low, high, size)


def _places() -> list[str]:
    words = declared()["words"]
    cities = [stem + words["city"] for stem in words["stems"]]
    counties = [stem + branch + words["county"] for stem in words["stems"] for branch in words["branches"]]
    return [words["province"], *cities, *counties]


def _departments(count: int, rng: np.random.Generator) -> pd.DataFrame:
    sample = declared()
    words, assumed, fields, places = sample["words"], sample["assumed"], sample["fields"], _places()
    number = np.arange(count)
    field, place = number % len(fields), [places[at] for at in number // len(fields)]
    names = [
        words["department"].get(where, words["department"]["other"]).format(place=where, name=fields[which]["name"])
        for where, which in zip(place, field, strict=True)
    ]
    spread = float(assumed["department_size"])
    sizes = np.array([float(fields[which]["size"]) for which in field]) * rng.lognormal(0, spread, count)
    habits = assumed["habits"]
    signs = np.array([float(share) for share in habits["signs"]])
    return pd.DataFrame(
        {
            "department": pd.Series(names, dtype="str"),
            "place": pd.Series(place, dtype="str"),
            "field": field,
            "size": sizes,
            "carelessness": rng.lognormal(0, float(assumed["diligence"]), count),
            "sign": rng.choice(len(signs), count, p=signs / signs.sum()),
            "is_coarse": rng.random(count) < float(habits["one_decimal"]),
            "has_headings": rng.random(count) < float(habits["headings"]),
            "has_grade": rng.random(count) < float(habits["grade"]),
        }
    )


def _projects(
    offices: pd.DataFrame, catalogue: Catalogue, years: tuple[int, ...], count: int, rng: np.random.Generator
) -> pd.DataFrame:
    assumed = declared()["assumed"]
    sizes = offices["size"].to_numpy()
    more = rng.choice(len(offices), count - len(offices), p=sizes / sizes.sum())
    home = np.concatenate([np.arange(len(offices)), more])
    # A place is held by one project after another: where one ends, a new one of the same department starts.
    ends = rng.random((count, len(years))) < float(assumed["ending"])
    ends[:, -1] = True
    place, last = np.nonzero(ends)
    is_first = np.concatenate([[True], place[1:] != place[:-1]])
    first = np.where(is_first, 0, np.concatenate([[0], last[:-1] + 1]))
    year = np.array(years)
    department = home[place]
    topic = _topics(offices, catalogue, department, rng)
    size = len(place)
    budget, drift = assumed["budget"], assumed["budget_drift"]
    wan = rng.lognormal(np.log(float(budget["median"])), float(budget["spread"]), size)
    made = pd.DataFrame(
        {
            "department": department,
            "topic": topic,
            "first": year[first],
            "last": year[last],
            "budget": np.maximum(wan, float(budget["smallest"])),
            "drift": rng.normal(float(drift["mean"]), float(drift["spread"]), size),
            "carelessness": rng.lognormal(0, float(assumed["diligence"]), size),
            "other_share": _share(assumed["other_funds"], rng, size),
            "rise": draw(assumed["targets_rise"], rng, size),
            "is_unusual": rng.random(size) < float(assumed["unusual_weights"]),
        }
    )
    named = _named(made, offices, catalogue)
    return named.sort_values("project", kind="stable").reset_index(drop=True)


def _share(declaration: dict[str, Any], rng: np.random.Generator, size: int) -> np.ndarray:
    has = rng.random(size) < float(declaration["share"])
    return np.where(has, draw(declaration["of"], rng, size), 0.0)


def _topics(
    offices: pd.DataFrame, catalogue: Catalogue, department: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    fields = np.array(catalogue.fields)
    first = np.searchsorted(fields, np.arange(fields.max() + 1))
    count = np.bincount(fields)
    field = offices["field"].to_numpy()[department]
    return first[field] + (rng.random(len(department)) * count[field]).astype(np.int64)


def _named(made: pd.DataFrame, offices: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Name the projects and their units; no name and no key comes twice."""
    sample = declared()
    words, fields = sample["words"], sample["fields"]
    serial = (made.groupby(["department", "topic"]).cumcount() + 1).to_numpy()
    per_office = np.bincount(made["department"], minlength=len(offices))
    within = made.groupby("department").cumcount().to_numpy()
    kinds = np.minimum(per_office // 12, len(words["unit_kinds"]))
    names, units, keys = [], [], []
    taken: set[str] = set()
    place, field, office = (offices[column].tolist() for column in ("place", "field", "department"))
    for department, topic, number, order in zip(made["department"], made["topic"], serial, within, strict=True):
        which = order % (kinds[department] + 1)
        unit = office[department]
        if which:
            name, kind = fields[field[department]]["name"], words["unit_kinds"][which - 1]
            unit = words["unit"].format(place=place[department], name=name, kind=kind)
        known = {"place": place[department], "topic": catalogue.topics[topic]["name"]}
        while True:
            text = words["project" if number == 1 else "later_project"].format(**known, number=number)
            key = project_key(unit, text)
            if key not in taken:
                break
            number += len(made)  # two names can share a key of eight digits
        taken.add(key)
        names.append(text)
        units.append(unit)
        keys.append(key)
    texts = {"project": names, "unit": units, "project_id": keys}
    return made.assign(**{column: pd.Series(values, dtype="str") for column, values in texts.items()})


def _slots(made: pd.DataFrame, catalogue: Catalogue, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Choose the indicators of every project and give them whole points that add up level by level."""
    sample = declared()
    observed, assumed = sample["observed"], sample["assumed"]
    subcategory = [pattern.subcategory for pattern in catalogue.patterns]
    parts = []
    for topic, mine in made.groupby("topic").indices.items():
        start, end = catalogue.starts[int(topic)], catalogue.starts[int(topic) + 1]
        for name in sample["levels"]:
            listed = np.flatnonzero(np.array(subcategory[start:end]) == name) + start
            low, high = observed["rows"].get(name, (0, 0))
            wanted = rng.integers(low, high + 1, len(mine))
            wanted = wanted + (rng.random(len(mine)) < float(assumed["extra_rows"].get(name, 0)))
            order = rng.random((len(mine), len(listed))).argsort(axis=1).argsort(axis=1)
            project, chosen = np.nonzero(order < wanted[:, None])
            parts.append((mine[project], listed[chosen]))
    project, pattern = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((pattern, project))
    project, pattern = project[order], pattern[order]
    codes, names = catalogue.codes("category")
    level = codes[pattern].astype(np.int64)
    weights = {name: int(part.weight or 0) for part in load_framework(FRAMEWORK).categories for name in part.names}
    points = np.array([weights[name] for name in names])
    shifted = points + np.select([np.arange(len(names)) == 0, np.arange(len(names)) == 1], [10, -10], 0)
    whole = np.where(made["is_unusual"].to_numpy()[project], shifted[level], points[level])
    group = project * len(names) + level
    slots = pd.DataFrame({"project": project, "pattern": pattern, "weight": _divide(whole, group, rng)})
    slots["base"] = rng.random(len(slots))
    return slots, np.searchsorted(project, np.arange(len(made) + 1))


def _divide(whole: np.ndarray, group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Divide the points of each group over its rows into whole points, at least one each; groups stand together."""
    first = np.concatenate([[True], group[1:] != group[:-1]])
    number = np.cumsum(first) - 1
    count = np.bincount(number)
    raw = rng.uniform(0.4, 1.6, len(group))
    shares = raw / np.bincount(number, raw)[number] * (whole - count[number])
    points = np.floor(shares).astype(np.int64) + 1
    left = (whole[first] - np.bincount(number, points)).astype(np.int64)
    order = np.lexsort((-(shares % 1), number))
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - np.flatnonzero(first)[number]
    return points + (rank < left[number])
