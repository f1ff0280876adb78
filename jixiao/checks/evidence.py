"""What the checks look at (佐证): the frames, the scores and the totals, with their rows numbered once.

A text is tested once for each distinct text, and rows that belong together (one evaluation, one project over the years,
one indicator in two evaluations) find each other by number, so that a check costs little more than reading its columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jixiao.checks.findings import Check, Outcome, check_words
from jixiao.core.exact import sum_by
from jixiao.core.frames import EVALUATION_KEY, PROJECT_KINDS, Frames
from jixiao.reading.values.values import normalise

_RANK = {kind: number for number, kind in enumerate(PROJECT_KINDS)}


@dataclass(frozen=True)
class Evidence:
    """The frames, the scores and the totals (佐证), with what several checks work out from them kept.

    ``aliases`` gives the declared name of a project by each of its other names; ``findings`` holds what the checks
    before this one found, for the one check that compares findings.
    """

    frames: Frames
    scores: pd.DataFrame
    totals: pd.DataFrame
    aliases: Mapping[str, str] = field(default_factory=dict)
    findings: pd.DataFrame | None = None
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def keep(self, key: Any, work: Callable[[], Any]) -> Any:
        """Work something out once."""
        if key not in self._kept:
            self._kept[key] = work()
        return self._kept[key]

    def frame(self, name: str) -> pd.DataFrame:
        """Return a frame by name, the scores and the totals among them."""
        return getattr(self if name in {"scores", "totals"} else self.frames, name)

    def distinct(self, frame: str, column: str) -> tuple[np.ndarray, list[Any]]:
        """Return the number of each row's text and the distinct texts (不同取值)."""

        def work() -> tuple[np.ndarray, list[Any]]:
            codes, texts = pd.factorize(self.frame(frame)[column])
            return codes, list(texts)

        return self.keep(("distinct", frame, column), work)

    def flags(self, frame: str, column: str, test: Callable[[str], Any]) -> np.ndarray:
        """Return which rows hold a text that passes a test; each distinct text is tested once."""
        return np.array(self.look_up(frame, column, lambda text: bool(test(text)), False), dtype=bool)

    def look_up(self, frame: str, column: str, find: Callable[[str], Any], missing: Any) -> np.ndarray:
        """Return for each row what its text gives; each distinct text is read once."""
        codes, texts = self.distinct(frame, column)
        found = np.array([*(find(text) for text in texts), missing])
        return found[codes]

    def recode(self, frame: str, column: str, read: Callable[[str], str]) -> np.ndarray:
        """Number the rows by what their texts mean, so that texts that mean the same share a number."""
        codes, texts = self.distinct(frame, column)
        same: dict[str, int] = {}
        return np.array([*(same.setdefault(read(text), len(same)) for text in texts), -1])[codes]

    @property
    def counted(self) -> np.ndarray:
        """Which score rows count towards a total (计分行)."""
        return self.scores["is_counted"].to_numpy(bool)

    def position(self, frame: str) -> np.ndarray:
        """Return the row of the totals each row of a frame belongs to, -1 when there is none (所属评价)."""

        def work() -> np.ndarray:
            totals = pd.MultiIndex.from_frame(self.totals[EVALUATION_KEY].astype({"year": "int64"}))
            return totals.get_indexer(
                pd.MultiIndex.from_frame(self.frame(frame)[EVALUATION_KEY].astype({"year": "int64"}))
            )

        return self.keep(("position", frame), work)

    def project(self, frame: str) -> np.ndarray:
        """Return the number of each row's project over the years and under its declared names, -1 without one."""

        def work() -> np.ndarray:
            ids, numbers = self._projects()
            found = ids.get_indexer(self.frame(frame)["project_id"])
            return np.where(found >= 0, numbers[found], -1)

        return self.keep(("project", frame), work)

    def first_project(self) -> np.ndarray:
        """Return for each project number the row of the projects that names it first."""

        def work() -> np.ndarray:
            number = self.project("projects")
            first = np.full(int(number.max(initial=-1)) + 1, -1)
            late = np.argsort(-self.frames.projects["year"].to_numpy(np.int64), kind="stable")
            first[number[late]] = late
            return first

        return self.keep("first_project", work)

    def _projects(self) -> tuple[pd.Index, np.ndarray]:
        """Return the project ids and the number of each; declared names of one project share a number."""

        def work() -> tuple[pd.Index, np.ndarray]:
            listed = self.frames.projects[["year", "project_id", "project"]].sort_values(["year", "project_id"])
            named = listed.drop_duplicates("project_id")
            declared = [self.aliases.get(normalise(name), "") for name in named["project"]] if self.aliases else []
            who = named["project_id"].to_numpy(object)
            if declared:
                who = np.array([alias or one for alias, one in zip(declared, who, strict=True)], dtype=object)
            return pd.Index(named["project_id"]), pd.factorize(who)[0]

        return self.keep("projects", work)

    def cores(self) -> tuple[np.ndarray, list[str]]:
        """Return the number of the core of each project's name, and the cores (名称主干)."""

        def work() -> tuple[np.ndarray, list[str]]:
            codes, names = self.distinct("projects", "project")
            cores, texts = pd.factorize(np.array([name_core(name) for name in names], dtype=object))
            return cores[codes] if names else codes, list(texts)

        return self.keep("cores", work)

    def name(self) -> np.ndarray:
        """Return the number of each score row's indicator name as it is compared, -1 for rows that do not count."""

        def work() -> np.ndarray:
            codes, texts = self.distinct("scores", "indicator")
            names = pd.factorize(np.array([normalise(text) for text in texts], dtype=object))[0] if texts else codes
            blank = np.array([not normalise(text) for text in texts], dtype=bool)
            return np.where(self.counted & ~blank[codes], names[codes], -1) if texts else codes

        return self.keep("name", work)

    def previous(self) -> np.ndarray:
        """Return the row of the same project, evaluation and indicator a year before, -1 without one (上年同一指标)."""

        def work() -> np.ndarray:
            keys, usable = self._keys(by_year=True)
            return _match(keys, usable, 1)[0]

        return self.keep("previous", work)

    def twin(self) -> np.ndarray:
        """Return the row of the same project, year and indicator in the evaluation before it (另一评价的同一指标).

        A finance evaluation is set beside the department's, else beside the self-evaluation.
        """

        def work() -> np.ndarray:
            keys, usable = self._keys(by_year=False)
            before, self_evaluation = _match(keys, usable, 1, 2)
            finance = usable & (keys % 4 == _RANK["finance"])
            return np.where(finance & (before < 0), self_evaluation, before)

        return self.keep("twin", work)

    def _keys(self, *, by_year: bool) -> tuple[np.ndarray, np.ndarray]:
        project, name = self.project("scores").astype(np.int64), self.name().astype(np.int64)
        year = self.scores["year"].to_numpy(np.int64)
        kind = self.look_up("scores", "evaluation", lambda text: _RANK.get(text, -1), -1).astype(np.int64)
        usable = (project >= 0) & (name >= 0) & (kind >= 0)
        both = project * (name.max(initial=0) + 1) + name
        keys = (both * 4 + kind) * 10_000 + year if by_year else (both * 10_000 + year) * 4 + kind
        return keys, usable


def gather(
    frames: Frames, scores: pd.DataFrame, totals: pd.DataFrame, aliases: Mapping[str, str] | None = None
) -> Evidence:
    """Take up the evidence in the order of the documents (按文件顺序), so that the order of the rows never matters."""
    ordered = Frames(**{name: _in_order(frame) for name, frame in frames.items()})
    return Evidence(ordered, _in_order(scores), _in_order(totals), aliases or {})


_ORDER = ["source_file", *EVALUATION_KEY, "indicator_id", "source_row", "source_sheet", "source_cell", "heading_level"]


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame by file, evaluation and place; itself when it stands in that order."""
    ranks = [pd.factorize(frame[column], sort=True)[0] for column in _ORDER if column in frame]
    order = np.lexsort(ranks[::-1]) if ranks else np.arange(len(frame))
    return frame if (order[1:] > order[:-1]).all() else frame.take(order).reset_index(drop=True)


def name_core(name: str) -> str:
    """Return what is left of a project's name without years, quotes and words that many names carry (名称主干).

    Example:
        >>> name_core("“赣政通”南昌分厅建设项目") == name_core("“赣政通”南昌分厅项目")
        True
        >>> name_core("智慧平台一期项目") == name_core("智慧平台二期项目")
        False
    """
    words = check_words()
    core = re.sub(words["name_noise"], "", normalise(name))
    while core != (shorter := re.sub(words["name_ends"], "", core)):
        core = shorter
    return core


def _match(keys: np.ndarray, usable: np.ndarray, *steps: int) -> list[np.ndarray]:
    """Return for each step the row whose key is so much less than a row's own, -1 without one or when keys repeat."""
    rows = np.flatnonzero(usable)
    rows = rows[~pd.Series(keys[rows]).duplicated(keep=False).to_numpy()]
    known, matches = pd.Index(keys[rows]), []
    for step in steps:
        place = known.get_indexer(pd.Index(keys[rows] - step))
        found = np.full(len(keys), -1)
        found[rows[place >= 0]] = rows[place[place >= 0]]
        matches.append(found)
    return matches


def neighbours(usable: np.ndarray, *, same: Sequence[np.ndarray], then: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of rows that follow each other in their group (同组相邻两行).

    Args:
        usable: Which rows take part.
        same: What the rows of one group share, as numbers.
        then: How the rows of a group are ordered.

    Example:
        >>> first, second = neighbours(np.ones(4, bool), same=[np.array([1, 2, 1, 1])], then=np.array([0, 0, 2, 1]))
        >>> first.tolist(), second.tolist()
        ([0, 3], [3, 2])
    """
    rows = np.flatnonzero(usable)
    order = rows[np.lexsort((then[rows], *(numbers[rows] for numbers in reversed(same))))]
    first, second = order[:-1], order[1:]
    pair = np.all([numbers[first] == numbers[second] for numbers in same], axis=0)
    return first[pair], second[pair]


def category_numbers(evidence: Evidence) -> np.ndarray:
    """Return the number of each counted row's evaluation and level-1 name (评价与一级指标), -1 for any other row."""

    def work() -> np.ndarray:
        codes, place = evidence.distinct("scores", "category")[0], evidence.position("scores")
        usable = evidence.counted & (place >= 0)
        numbers = np.full(len(place), -1)
        numbers[usable] = (
            pd.DataFrame({"place": place[usable], "name": codes[usable]}).groupby(["place", "name"]).ngroup()
        )
        return numbers

    return evidence.keep("category", work)


def category_sums(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of every level-1 name of every evaluation, and the sum of the weights under it."""
    numbers = category_numbers(evidence)
    known = np.flatnonzero(numbers >= 0)
    first = known[np.unique(numbers[known], return_index=True)[1]]
    return first, sum_by(numbers, evidence.scores["weight"], len(first))


CheckFunction = Callable[[Evidence, Check], Outcome]
"""A check: it looks at the evidence as it is declared, and gives its outcome."""
