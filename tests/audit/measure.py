"""Recall and precision of each check on the labelled cases (标注样例): run ``python tests/audit/measure.py``.

A labelled file is ``labelled/<code>.yaml``: a list of name, kind (text or form), is_problem and the case itself. Only
texts are measured here; a case counts as found when the check of that code makes a finding.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from jixiao.claims import claim_findings, find_claims, make_document
from jixiao.declared import load_yaml
from jixiao.lines import Line

LABELLED = Path(__file__).parent / "labelled"


class Measure(NamedTuple):
    """What a check found among its labelled cases."""

    code: str
    problems: int
    look_alikes: int
    found: int
    false_alarms: int

    @property
    def recall(self) -> float:
        return self.found / self.problems if self.problems else 1.0

    @property
    def precision(self) -> float:
        told = self.found + self.false_alarms
        return self.found / told if told else 1.0


def load_labelled(path: Path) -> list[dict[str, Any]]:
    content, mistakes = load_yaml(path)
    assert mistakes == []
    return content


def codes_of_text(case: dict[str, Any]) -> set[str]:
    """Return the codes of the findings of one text."""
    lines = [Line(number, text) for number, text in enumerate(case["text"].split("\n"), 1)]
    return set(claim_findings(find_claims([make_document("case.txt", lines)]))["code"])


def measure(code: str, cases: list[dict[str, Any]], find: Callable[[dict[str, Any]], set[str]]) -> Measure:
    told = [(case["is_problem"], code in find(case)) for case in cases]
    return Measure(
        code,
        sum(is_problem for is_problem, _ in told),
        sum(not is_problem for is_problem, _ in told),
        sum(is_problem and is_told for is_problem, is_told in told),
        sum(is_told and not is_problem for is_problem, is_told in told),
    )


def measure_texts() -> list[Measure]:
    """Measure every labelled file whose cases are texts."""
    files = {path.stem: load_labelled(path) for path in sorted(LABELLED.glob("*.yaml"))}
    return [
        measure(code, cases, codes_of_text)
        for code, cases in files.items()
        if all(case.get("kind") == "text" for case in cases)
    ]


if __name__ == "__main__":
    for row in measure_texts():
        print(f"{row.code:20} {row.problems:3} {row.look_alikes:3} {row.recall:6.0%} {row.precision:6.0%}")
