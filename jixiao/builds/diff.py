"""What changed between two builds, and why (版本比较): scores, totals, grades and findings, each with its causes.

A cause is named only when the two manifests and the row itself point to it: a row whose texts are the same in both did
not change because of its file, and one whose texts differ did not change because of a scoring rule. Where several
inputs that can matter changed at once they are all listed, as what cannot be told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.builds.manifest import MANIFEST, VERSIONS, read_manifest
from jixiao.builds.readings import RULES_OF_READING as READING
from jixiao.builds.store_words import store_words
from jixiao.builds.versions import list_versions, read_frame
from jixiao.core.errors import RequestError
from jixiao.core.frames import EVALUATION_KEY, KEYS, typed
from jixiao.core.vocabulary import label, word
from jixiao.core.writing import number_text
from jixiao.reading.corrections import list_corrections

CHANGES = {
    "what": "str",
    "year": "Int64",
    "project": "str",
    "evaluation": "str",
    "indicator": "str",
    "before": "str",
    "after": "str",
    "causes": "object",
}
"""The columns of changes (变化): one row is a score, total, grade or finding; ``causes`` is a list of kind and name."""
_TEXTS = ["target_text", "actual_text", "weight", "reported_score", "indicator", "category", "subcategory"]
_PARSED = ["target_relation", "target_value", "actual_value", "measure_unit", "direction", "kind", "word_met"]
_MONEY = ["initial_budget_wan", "annual_budget_wan", "arrived_wan", "executed_wan"]
Cause = tuple[str, str]


@dataclass
class Build:
    """One version of a built folder (一次构建)."""

    folder: Path
    version: str
    manifest: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.manifest = read_manifest(self.folder / VERSIONS / self.version)

    def frame(self, name: str) -> pd.DataFrame:
        """Read one frame of this version."""
        return read_frame(self.folder, name, version=self.version)

    def corrections(self) -> dict[tuple[str, str, str], dict[str, str]]:
        """Return the corrections that were applied."""
        path = self.folder / VERSIONS / self.version / "corrections.yaml"
        return list_corrections(path) if path.exists() else {}


@dataclass
class Difference:
    """The difference of two builds (两次构建的差别): every change, and every input that changed.

    ``came`` and ``left`` are the evaluations that only one of the builds has, each with its total, grade and findings.
    """

    first: Build
    second: Build
    changes: pd.DataFrame
    inputs: list[Cause]
    came: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """Return the difference as Chinese sentences: what changed in all, then each change with its causes."""
        words = store_words()["diff"]
        names = {"first": self.first.version, "second": self.second.version}
        listed = "；".join(_listed(self.inputs)) or words["missing"]
        lines = [words["head"].format(**names, **self.count()), words["inputs"].format(listed=listed)]
        told, rows = set(), self.changes.to_dict("records")
        for kind, whole in (("came", self.came), ("left", self.left)):
            for one in whole:
                told.add(_key(one))
                lines += _about_whole(kind, one, [row for row in rows if _key(row) == _key(one)])
        for row in rows:
            if _key(row) in told:
                continue
            about = (row["year"], row["project"], word("evaluation", row["evaluation"]), row["indicator"])
            named = " ".join(str(part) for part in about if part)
            values = [word("grade", value) or words["missing"] for value in (row["before"], row["after"])]
            lines.append(f"{words['kinds'][row['what']]} {named}：{values[0]} → {values[1]}")
            lines.append(f"  {words['cause']}：{_reason(row['causes'])}")
        return lines if len(self.changes) else [*lines[1:], words["none"]]

    def count(self) -> dict[str, int]:
        """Count the changes by what changed."""
        return {what: int((self.changes["what"] == what).sum()) for what in ("score", "total", "grade", "finding")}


def find_build(name: str, folder: Path) -> Build:
    """Find a build (查找构建): a built folder, the start of the name of one of its versions, ``current``, ``previous``.

    Raises:
        RequestError: There is none, or several versions start like this.
    """
    if (Path(name) / MANIFEST).exists():
        return Build(Path(name), read_manifest(Path(name))["version"])
    versions = list_versions(folder)
    chosen = {"current": versions[:1], "previous": versions[1:2]}.get(
        name, [version for version in versions if version.startswith(name)]
    )
    if name == "previous" and len(versions) == 1:
        raise RequestError(f"“{folder.name}”中只有一次构建，还没有可比较的上一次；表格有变动后再运行 jixiao build")
    if len(chosen) != 1:
        raise RequestError(
            f"“{folder.name}”中没有唯一的构建版本“{name}”，现有版本（由新到旧）：{'、'.join(versions) or '无'}"
        )
    return Build(folder, chosen[0])


def compare(first: Build, second: Build) -> Difference:
    """Compare two builds (比较两次构建).

    Returns:
        Every score, total, grade and finding that is not the same, with its causes; no rows when nothing changed.

    Raises:
        RequestError: A file of a version is missing or is not the one that was written.
    """
    why = _Causes(first, second)
    scores = _changes(first, second, "scores", KEYS["indicators"], ["score"])
    rows = [
        _row("score", pair, pair["indicator"], pair["score_x"], pair["score_y"], why.score(pair))
        for pair in scores.to_dict("records")
    ]
    parts = _by_evaluation(rows)
    totals = _changes(first, second, "totals", EVALUATION_KEY, ["total", "grade"])
    for pair in totals.to_dict("records"):
        causes = why.total(pair, parts.get(_key(pair), []))
        for what, column in (("total", "total"), ("grade", "grade")):
            if _differs(pair, column):
                rows.append(_row(what, pair, "", pair[f"{column}_x"], pair[f"{column}_y"], causes))
    findings = _changes(first, second, "findings", ["finding_id"], ["message", "severity"])
    for pair in findings.to_dict("records"):
        causes = why.finding(pair, parts.get(_key(pair), []))
        rows.append(_row("finding", pair, pair["title"], pair["message_x"], pair["message_y"], causes))
    came, left = (_whole(totals, findings, side) for side in ("right_only", "left_only"))
    return Difference(first, second, typed(rows, CHANGES), why.inputs, came, left)


def _whole(totals: pd.DataFrame, findings: pd.DataFrame, side: str) -> list[dict[str, Any]]:
    """Return the evaluations that only one build has: their names, what they earned, how many findings they have."""
    end = "y" if side == "right_only" else "x"
    counts = Counter(_key(row) for row in findings[findings["side"] == side].to_dict("records"))
    return [
        {
            **{name: row[name] for name in ("year", "project", "evaluation")},
            "total": _text(row[f"total_reported_{end}"]) or _text(row[f"total_{end}"]),
            "grade": _text(row[f"reported_grade_{end}"]) or _text(row[f"grade_{end}"]),
            "findings": counts[_key(row)],
        }
        for row in totals[totals["side"] == side].to_dict("records")
    ]


def _about_whole(kind: str, one: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say in one line that an evaluation came or left, then why, then its scores and findings without comparing."""
    words, said = store_words()["diff"], dict(one)
    said["evaluation"] = word("evaluation", one["evaluation"])
    grade = word("grade", one["grade"]) if one["grade"] else ""
    said["earned"] = words["earned"].format(total=one["total"], grade=grade) if one["total"] else ""
    side = "after" if kind == "came" else "before"
    lines = [words[kind].format(**said)]
    causes = list(dict.fromkeys(cause for row in rows for cause in row["causes"] if cause[0] != "scores"))
    lines += [f"  {words['cause']}：{_reason(causes)}"] if causes else []
    for row in rows:
        if row["what"] in {"score", "finding"} and row[side]:
            lines.append(f"  {words['kinds'][row['what']]} {row['indicator']}：{row[side]}")
    return lines


def _key(pair: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(pair[name] for name in ("year", "project", "evaluation"))


def _by_evaluation(rows: Iterable[dict[str, Any]]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(_key(row), []).append(row)
    return found


def _changes(first: Build, second: Build, name: str, key: list[str], columns: list[str]) -> pd.DataFrame:
    """Return the rows whose columns differ, or which only one build has: the columns of both with _x and _y."""
    frames = [build.frame(name) for build in (first, second)]
    frames = [
        frame.astype({column: "str" for column in frame if frame[column].dtype == "category"}) for frame in frames
    ]
    shared = [column for column in frames[0] if column in frames[1]]
    both = frames[0][shared].merge(frames[1][shared], on=key, how="outer", indicator="side", validate="1:1")
    differs = both["side"] != "both"
    for column in columns:
        before, after = both[f"{column}_x"], both[f"{column}_y"]
        differs |= (before.ne(after) & ~(before.isna() & after.isna())).fillna(True)
    chosen = both[differs]
    for column in shared:  # what describes the row comes from the later build, else from the earlier one
        if column not in key:
            chosen = chosen.assign(
                **{column: chosen[f"{column}_y"].where(chosen["side"] != "left_only", chosen[f"{column}_x"])}
            )
    return chosen


def _row(
    what: str, pair: Mapping[str, Any], about: str, before: Any, after: Any, causes: list[Cause]
) -> dict[str, Any]:
    return {
        "what": what,
        **{name: pair[name] for name in ("year", "project", "evaluation")},
        "indicator": about,
        "before": _text(before),
        "after": _text(after),
        "causes": causes,
    }


def _text(value: Any) -> str:
    if value is None or value is pd.NA or value != value:
        return ""
    return number_text(value) if isinstance(value, float) else str(value)


def _written(cause: Cause) -> str:
    return str(store_words()["diff"]["input"][cause[0]].format(name=cause[1])).strip()


def _listed(causes: Iterable[Cause]) -> Iterator[str]:
    """Write causes kind by kind; of many of a kind the first are named and the rest are counted."""
    words = store_words()["diff"]
    for _, its in groupby(causes, key=lambda cause: cause[0]):
        named = [_written(cause) for cause in its]
        yield from named[: words["named"]]
        if len(named) > words["named"]:
            yield words["more"].format(count=len(named) - words["named"])


def _reason(causes: list[Cause]) -> str:
    """Write the causes of a change; several that cannot be told apart are said to be so."""
    told = [_written(cause) for cause in causes if cause[0] in {"text", "scores"}]
    inputs = list(_listed(cause for cause in causes if cause[0] not in {"text", "scores"}))
    if len(inputs) > 1:
        inputs = [store_words()["diff"]["one_of"].format(listed="、".join(inputs))]
    return "；".join([*(inputs or [_written(("unknown", ""))]), *told])


class _Causes:
    """The inputs that differ between two builds, and which of them can have changed a row."""

    def __init__(self, first: Build, second: Build) -> None:
        before, after = first.manifest, second.manifest
        self.sources = _unequal(before["sources"], after["sources"])
        self.rules = _unequal(before["rule_files"], after["rule_files"])
        self.corrections = _unequal(first.corrections(), second.corrections())
        self.aside = _unequal(*(_put_aside(build) for build in (first, second)))
        declared = _unequal(before["declared"], after["declared"])
        self.aliases: list[Cause] = [("alias", "")] if "aliases.yaml" in declared else []
        versions = f"{before['jixiao']} → {after['jixiao']}"
        self.code: list[Cause] = [("code", versions)] if before["code"] != after["code"] else []
        money = _changes(first, second, "budgets", KEYS["budgets"], _MONEY)
        self.money = {tuple(row) for row in money[EVALUATION_KEY].itertuples(index=False, name=None)}
        self.inputs: list[Cause] = [
            *self._named("source", self.sources),
            *self._named("correction", map(_place, self.corrections)),
            *self._named("rule", self.rules),
            *((("suppression", ""),) if "suppressions.yaml" in declared else ()),
            *self.aliases,
            *self.code,
        ]

    @staticmethod
    def _named(kind: str, names: Iterable[str]) -> list[Cause]:
        return [(kind, name) for name in names]

    def _rules(self, *names: str) -> list[Cause]:
        return self._named("rule", (name for name in self.rules if name.startswith(names)))

    def _read(self, pair: Mapping[str, Any]) -> list[Cause]:
        """Return what can have changed what was read for a row: its file, a correction in it, the rules of reading."""
        files = {pair["source_file_x"], pair["source_file_y"]}
        own = [
            *self._named("source", (name for name in self.sources if name in files)),
            *self._named("correction", (_place(place) for place in self.corrections if place[0] in files)),
            *self._rules(*READING),
            *self.code,
        ]
        return own or self._named("other", self.sources)

    def score(self, pair: Mapping[str, Any]) -> list[Cause]:
        """Say why a score changed: what the row prints, how it was read, the money, or the rule."""
        changed = [name for name in _TEXTS if _differs(pair, name)]
        if pair["side"] != "both":
            return self._read(pair)
        if changed:
            return [*self._read(pair), *self._named("text", (_change(pair, name) for name in changed))]
        if any(_differs(pair, name) for name in _PARSED):
            return [*self._rules(*READING), *self.code]
        money = self._read(pair) if tuple(pair[name] for name in EVALUATION_KEY) in self.money else []
        frameworks = [f"frameworks/{pair[f'framework_{side}']}.yaml" for side in "xy"]
        own = self._rules(*frameworks, *(["frameworks/"] if _differs(pair, "framework") else []), "methods.yaml")
        return list(dict.fromkeys([*money, *own, *self.code]))

    def total(self, pair: Mapping[str, Any], parts: list[dict[str, Any]]) -> list[Cause]:
        """Say why a total or a grade changed: its parts, or the grade bands."""
        if parts:
            named = "、".join(row["indicator"] for row in parts)
            return [*_inside(parts), ("scores", named)]
        if pair["side"] != "both":
            return self._read(pair)
        return [*self._rules(*(f"frameworks/{pair[f'framework_{side}']}.yaml" for side in "xy")), *self.code]

    def finding(self, pair: Mapping[str, Any], parts: list[dict[str, Any]]) -> list[Cause]:
        """Say why a finding appeared, went or reads otherwise."""
        if pair["finding_id"] in self.aside:
            return [("suppression", pair["finding_id"])]
        aliases = self.aliases if pair["code"] == "project_names" else []
        rules = self._rules("checks.yaml", "identities.yaml")
        return list(dict.fromkeys([*self._read(pair), *rules, *aliases, *_inside(parts)]))


def _put_aside(build: Build) -> dict[str, str]:
    rows = build.frame("suppressed")
    return dict(zip(rows["finding_id"], rows["reason"], strict=True))


def _inside(parts: list[dict[str, Any]]) -> list[Cause]:
    """Return the causes of the scores of an evaluation."""
    return list(dict.fromkeys(cause for row in parts for cause in row["causes"] if cause[0] != "text"))


def _differs(pair: Mapping[str, Any], name: str) -> bool:
    return _text(pair[f"{name}_x"]) != _text(pair[f"{name}_y"])


def _change(pair: Mapping[str, Any], name: str) -> str:
    return f"{label(name)} {_text(pair[f'{name}_x'])} → {_text(pair[f'{name}_y'])}"


def _unequal(first: Mapping[Any, Any], second: Mapping[Any, Any]) -> list[Any]:
    return sorted(name for name in {*first, *second} if first.get(name) != second.get(name))


def _place(place: tuple[str, str, str]) -> str:
    return f"{place[0]} {place[1]}!{place[2]}" if place[2] else place[0]
