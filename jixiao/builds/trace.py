"""Where a number comes from (溯源): file, cell, text, correction, value, rule, arithmetic, basis and findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.builds.manifest import MANIFEST, VERSIONS, declared_files, read_manifest
from jixiao.builds.store_words import store_words
from jixiao.core.errors import RequestError, brief, nearest
from jixiao.core.frames import EVALUATION_KEY
from jixiao.core.hashes import rule_hashes
from jixiao.core.results import Results
from jixiao.core.vocabulary import label, word
from jixiao.core.writing import number_text, percent_text, points_text
from jixiao.reading.corrections import list_corrections
from jixiao.scoring.frameworks import Framework, IndicatorRule, load_framework, methods, rates

_CELLS = {
    "target_text": ("target_cell", "source_sheet"),
    "actual_text": ("actual_cell", "achievement_sheet"),
    "weight": ("weight_cell", "source_sheet"),
    "reported_score": ("score_cell", "source_sheet"),
    "deviation_reason": ("reason_cell", "source_sheet"),
}
"""What an indicator row prints: the column, the column of its cell and that of its sheet."""
_MONEY = ("initial_budget", "annual_budget", "arrived", "issued", "executed")


@dataclass(frozen=True)
class Link:
    """One step of a chain (一环): what it is, what it says, and where that stands."""

    step: str
    text: str
    place: str = ""


@dataclass
class Chain:
    """How one number came about (一条溯源): what it is, its value and every step down to the cell."""

    title: str
    value: str
    links: list[Link] = field(default_factory=list)

    def add(self, step: str, text: str, place: str = "") -> None:
        """Add a step; ``step`` is a key of the words for tracing, or a label already."""
        self.links.append(Link(_words().get(step, step), text, place))

    def as_dict(self) -> dict[str, Any]:
        """Return the chain as plain values."""
        return asdict(self)

    def as_text(self) -> str:
        """Return the chain as lines to read."""
        lines = [f"{self.title}：{self.value}"]
        for link in self.links:
            place = f"  [{link.place}]" if link.place else ""
            lines.append(f"  {link.step}：{link.text}{place}")
        return "\n".join(lines)


def _words() -> dict[str, str]:
    return dict(store_words()["trace"])


def trace(
    results: Results, folder: Path, project: str, about: str = "", *, year: int | None = None, evaluation: str = ""
) -> list[Chain]:
    """Follow a score, a total, an amount or a finding back to the cells it comes from (溯源).

    Args:
        results: What :func:`jixiao.builds.run.evaluate` gave of ``folder``.
        folder: The folder that was read; of a built one the version is named too.
        project: Part of the name of a project.
        about: Part of the name of an indicator or its number, the label of an amount such as 全年执行数, or the code,
            title or number of a finding; the total when empty.
        year: Only this year.
        evaluation: Only self, department or finance.

    Returns:
        One chain per number: one for a score, a total or an amount, one for each finding of a code.

    Raises:
        RequestError: Nothing fits, or several do; the sentence lists them.

    Example:
        >>> from jixiao.builds.run import evaluate
        >>> from jixiao.core.files import find_place
        >>> results = evaluate("sample")
        >>> first = results.totals.iloc[0]
        >>> (chain,) = trace(results, find_place("sample"), first["project"], year=first["year"],
        ...                  evaluation=first["evaluation"])
        >>> len(chain.links) > 5
        True
    """
    known = _Known(results, folder)
    found = results.findings[_fits(results.findings, project, year, evaluation)]
    found = found[(found[["code", "title", "finding_id"]] == about).any(axis=1)]
    if about and not found.empty:
        return [known.finding(row) for row in found.to_dict("records")]
    chosen = results.totals[_fits(results.totals, project, year, evaluation)].to_dict("records")
    if len(chosen) != 1:
        named = [f"{row['year']} {row['project']} {word('evaluation', row['evaluation'])}" for row in chosen]
        raise RequestError(_ask("PROJECT", project, named, results.totals["project"]))
    if not about:
        return [known.total(chosen[0])]
    for name in _MONEY:
        if about == label(f"{name}_wan"):
            return [known.money(chosen[0], name)]
    rows = results.scores[_same(results.scores, chosen[0]) & ~results.scores["is_placeholder"]]
    fits = rows["indicator"] == about
    fits = fits if fits.any() else (rows["indicator_id"] == about)
    fits = fits if fits.any() else rows["indicator"].str.contains(about, regex=False)
    if fits.sum() != 1:
        named = [f"{row.indicator_id} {row.indicator}" for row in rows[fits].itertuples()]
        raise RequestError(_ask("INDICATOR", about, named, rows["indicator"]))
    return [known.score(rows[fits].iloc[0].to_dict())]


def _fits(frame: pd.DataFrame, project: str, year: int | None, evaluation: str) -> pd.Series:
    fits = frame["project"] == project
    fits = fits if fits.any() else frame["project"].str.contains(project, regex=False)
    fits &= frame["year"].eq(year).fillna(False) if year else True
    return fits & ((frame["evaluation"] == evaluation) if evaluation else True)


def _same(frame: pd.DataFrame, chosen: dict[str, Any]) -> pd.Series:
    return (frame[EVALUATION_KEY] == [chosen[name] for name in EVALUATION_KEY]).all(axis=1)


def _ask(what: str, wanted: str, named: list[str], known: Iterable[str]) -> str:
    """Say that nothing or too much fits, and list what there is."""
    words = store_words()["choice"]
    listed = "；".join(map(brief, list(dict.fromkeys(named))[:5] or nearest(wanted, known)))
    return str(words["several" if named else "none"]).format(what=words[what], wanted=brief(wanted), listed=listed)


class _Known:
    """What is known about a place: the files, the corrections, the rules in force when it was scored."""

    def __init__(self, results: Results, folder: Path) -> None:
        self.results = results
        self.files = dict(zip(results.frames.ingest["source_file"], results.frames.ingest["checksum"], strict=True))
        self.now = self.rules = rule_hashes()
        self.version = ""
        path = declared_files(folder).get("corrections")
        if (folder / MANIFEST).exists():
            manifest = read_manifest(folder)
            self.rules, self.version = manifest["rule_files"], manifest["version"]
            kept = folder / VERSIONS / self.version / "corrections.yaml"
            path = kept if kept.exists() else None
        self.corrections = list_corrections(path) if path else {}

    def _start(self, row: dict[str, Any], name: str, value: str) -> Chain:
        head = (row["year"], row["project"], word("evaluation", row["evaluation"]), name)
        chain = Chain(" ".join(str(part) for part in head if part), value)
        chain.add("file", row["source_file"])
        chain.add("checksum", self.files.get(row["source_file"], ""))
        return chain

    def _cell(self, chain: Chain, step: str, text: str, file: str, sheet: str, cell: str) -> None:
        """Add a cell as it was written, its correction, and what had to be assumed to read it."""
        entry = self.corrections.get((file, sheet, cell))
        chain.add(step, entry["printed"] if entry else text, f"{sheet}!{cell}" if cell else "")
        if entry:
            words = {name: entry[name] for name in ("printed", "corrected", "reason", "evidence")}
            chain.add("correction", _words()["corrected"].format(**words))
        guesses = self.results.frames.guesses
        at = (guesses["source_file"] == file) & (guesses["source_sheet"] == sheet) & (guesses["source_cell"] == cell)
        for reason in guesses.loc[at, "reason"] if cell else ():
            chain.add("guess", reason, f"{sheet}!{cell}")

    def _end(self, chain: Chain, findings: pd.DataFrame) -> Chain:
        for row in findings.to_dict("records"):
            text = f"{row['finding_id']} {row['title']}：{row['message']}"
            chain.add("finding", text, f"{row['source_sheet']}!{row['source_cell']}")
        chain.add("as_of", f"{self.results.as_of.astimezone():%Y-%m-%d %H:%M:%S}")
        if self.version:
            chain.add("version", self.version)
        return chain

    def _rule_file(self, chain: Chain, name: str) -> None:
        chain.add("rule_file", name, self.rules.get(name, ""))
        if self.rules.get(name) != self.now.get(name):
            chain.add("rule_file", _words()["rule_changed"], self.now.get(name, ""))

    def score(self, row: dict[str, Any]) -> Chain:
        """Follow the score of one indicator."""
        chain = self._start(row, row["indicator"], points_text(row["score"]))
        for name, (cell, sheet) in _CELLS.items():
            text = points_text(row[name]) if name in {"weight", "reported_score"} else row[name]
            if row[cell]:
                self._cell(chain, label(name), text, row["source_file"], row[sheet], row[cell])
        for name in ("target", "actual"):
            chain.add("parsed", _value(row, name))
        framework = load_framework(row["framework"])
        rule = _rule_of(row, framework)
        rate = rates().get(rule.parameters.get("rate", "")) if rule else None
        money = [name for name in _MONEY if rate and f"{name}_wan" in {rate.numerator, rate.denominator}]
        if money:
            self._money(chain, row, money)
        self._framework(chain, framework)
        chain.add("method", methods()[row["method"]].name)
        for name, value in (rule.shown if rule else {}).items():
            chain.add("parameter", f"{name} = {value}")
        if row["completion_rate"] == row["completion_rate"]:
            chain.add(label("completion_rate"), percent_text(row["completion_rate"]))
        chain.add("range", f"{points_text(row['score_low'])}–{points_text(row['score_high'])}")
        chain.add("decided_by", word("decided_by", row["decided_by"]))
        chain.add("arithmetic", row["score_explanation"])
        chain.add("basis", row["basis"], word("basis_mark", row["basis_mark"]))
        own = self.results.findings
        return self._end(chain, own[_same(own, row) & (own["indicator_id"] == row["indicator_id"])])

    def _framework(self, chain: Chain, framework: Framework) -> None:
        chain.add("framework", framework.name)
        self._rule_file(chain, f"frameworks/{framework.id}.yaml")

    def _money(self, chain: Chain, row: dict[str, Any], names: Iterable[str]) -> None:
        budgets = self.results.frames.budgets
        for fund in budgets[_same(budgets, row) & (budgets["fund"] == "total")].to_dict("records"):
            for name in names:
                amount = fund[f"{name}_wan"]
                text = number_text(amount)
                cell = fund[f"{name}_cell"]
                self._cell(
                    chain, label(f"{name}_wan", measured=True), text, fund["source_file"], fund["source_sheet"], cell
                )

    def money(self, row: dict[str, Any], name: str) -> Chain:
        """Follow an amount of money of an evaluation."""
        chain = self._start(row, label(f"{name}_wan", measured=True), "")
        self._money(chain, row, [name])
        chain.value = next((link.text for link in chain.links if link.step.startswith(label(f"{name}_wan"))), "")
        chain.add(label("money_unit"), row["money_unit"])
        own = self.results.findings
        cells = {link.place.rpartition("!")[2] for link in chain.links if "!" in link.place}
        return self._end(chain, own[_same(own, row) & own["source_cell"].isin(cells)])

    def total(self, row: dict[str, Any]) -> Chain:
        """Follow the total of an evaluation, and its grade."""
        value = f"{points_text(row['total'])} {word('grade', row['grade'])}".strip()
        chain = self._start(row, label("total"), value)
        rows = self.results.scores[_same(self.results.scores, row)].to_dict("records")
        counted = [part for part in rows if part["is_counted"]]
        for part in counted:
            text = f"{points_text(part['score'])} / {points_text(part['weight'])}"
            cell = f"{part['source_sheet']}!{part['source_cell']}"
            chain.add(f"{part['indicator_id']} {part['indicator'] or part['subcategory']}", text, cell)
        terms = " + ".join(points_text(part["score"]) for part in counted)
        chain.add("sum", f"{terms} = {points_text(row['total'])}")
        if row["total_cell"] or row["total_reported"] == row["total_reported"]:
            sheet, _, cell = row["total_cell"].rpartition("!")
            text = points_text(row["total_reported"])
            self._cell(chain, label("total_reported"), text, row["source_file"], sheet, cell)
        framework = load_framework(row["framework"])
        self._framework(chain, framework)
        chain.add("bands", "；".join(f"{band.name} ≥ {band.start}" for band in framework.grades))
        chain.add("basis", framework.grades_basis.text, word("basis_mark", framework.grades_basis.mark))
        own = self.results.findings
        return self._end(chain, own[_same(own, row) & (own["indicator_id"] == "")])

    def finding(self, row: dict[str, Any]) -> Chain:
        """Follow a finding: its cell, what is printed, what follows and by which check."""
        chain = self._start(row, row["title"], word("severity", row["severity"]))
        place = row["source_file"], row["source_sheet"], row["source_cell"]
        self._cell(chain, label("printed"), row["printed"], *place)
        chain.add(label("derived"), row["derived"])
        chain.add("arithmetic", row["message"])
        chain.add("check", row["code"])
        self._rule_file(chain, "checks.yaml")
        chain.add("basis", row["basis"], word("basis_mark", row["basis_mark"]))
        chain.add(label("resolution"), row["resolution"])
        return self._end(chain, self.results.findings.iloc[:0])


def _value(row: dict[str, Any], name: str) -> str:
    """Say as what a target or an actual was read."""
    parts = [label(f"{name}_text"), word(f"{name}_state", row[f"{name}_state"]), row[f"{name}_relation"]]
    value, day = row[f"{name}_value"], row[f"{name}_date"]
    parts += [number_text(value)]
    parts += [f"{day:%Y-%m-%d}"] if day is not pd.NaT else []
    return " ".join(str(part) for part in parts if part)


def _rule_of(row: dict[str, Any], framework: Framework) -> IndicatorRule | None:
    """Return the rule that scored a row: the first of its framework that fits it."""
    columns = {"relation": "target_relation"}
    return next(
        (
            rule
            for rule in framework.rules
            if all(row[columns.get(key, key)] in names for key, names in rule.match) and rule.method == row["method"]
        ),
        None,
    )
