"""Measure every kind of claim on its labelled texts (准确率): ``python tests/audit/measure_texts.py`` prints a table.

Each case of ``labelled/claim_<kind>.yaml`` is an invented text and says whether it holds the problem. Contradictions
stand beside look-alikes that are right.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from jixiao.claims import claim_findings, find_claims, make_document
from jixiao.declared import load_yaml
from jixiao.grids import TextLine

LABELLED = Path(__file__).parent / "labelled"


class Measure(NamedTuple):
    """What one kind of claim did on its cases: found problems, missed ones, false alarms, rightly silent."""

    code: str
    found: int
    missed: int
    false_alarms: int
    silent: int

    @property
    def recall(self) -> float:
        """Found problems ÷ all problems (查全率)."""
        return self.found / (self.found + self.missed) if self.found + self.missed else float("nan")

    @property
    def precision(self) -> float:
        """Found problems ÷ all findings (查准率)."""
        return self.found / (self.found + self.false_alarms) if self.found + self.false_alarms else float("nan")


def load_labelled(code: str) -> list[dict[str, Any]]:
    """Read the labelled texts of one kind, strictly."""
    content, mistakes = load_yaml(LABELLED / f"{code}.yaml")
    assert mistakes == []
    for case in content:
        assert set(case) == {"name", "is_problem", "text"}, case.get("name")
    assert len({case["name"] for case in content}) == len(content), f"{code}: repeated names"
    return content


def codes_of(text: str) -> set[str]:
    """Return the codes of the findings of one text."""
    lines = [TextLine(number, line) for number, line in enumerate(text.split("\n"), 1)]
    return set(claim_findings(find_claims([make_document("case.txt", lines)]))["code"])


def found_names(code: str) -> set[str]:
    """Return the names of the labelled cases in which a kind of claim is found to fail."""
    return {case["name"] for case in load_labelled(code) if code in codes_of(case["text"])}


def measure() -> list[Measure]:
    """Measure every kind of claim that has labelled cases, by code."""
    rows = []
    for path in sorted(LABELLED.glob("claim_*.yaml")):
        found = found_names(path.stem)
        hits = [(case["is_problem"], case["name"] in found) for case in load_labelled(path.stem)]
        counts = [hits.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))]
        rows.append(Measure(path.stem, *counts))
    return rows


def main() -> None:
    """Print the measures as a table."""
    print(f"{'check':28}{'problems':>9}{'look-alikes':>12}{'recall':>9}{'precision':>11}")
    for row in measure():
        right = row.false_alarms + row.silent
        print(f"{row.code:28}{row.found + row.missed:9}{right:12}{row.recall:9.0%}{row.precision:11.0%}")


if __name__ == "__main__":
    main()
