"""Measure every check on its labelled cases (准确率): `python tests/audit/measure.py` prints recall and precision.

Each case of ``labelled/<code>.yaml`` is a form with one change, or an invented text, and says whether it holds the
problem that is looked for. Contradictions stand beside look-alikes that are right.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from conftest import case_forms, evaluate

from jixiao.checks.texts import claim_findings, find_claims, make_document
from jixiao.core.declared import load_yaml
from jixiao.reading.files import TextLine

LABELLED = Path(__file__).parent / "labelled"


class Measure(NamedTuple):
    """What one check did on its labelled cases: found problems, missed ones, false alarms, rightly silent."""

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
    """Read the labelled cases of one check, strictly."""
    content, mistakes = load_yaml(LABELLED / f"{code}.yaml")
    assert mistakes == []
    for case in content:
        if "text" in case:
            assert set(case) == {"name", "is_problem", "text"}, case.get("name")
            continue
        assert {"name", "is_problem", "input"} <= set(case) <= {"name", "is_problem", "input", "year"}, case.get("name")
        case.setdefault("year", 2023)
    assert len({case["name"] for case in content}) == len(content), f"{code}: repeated names"
    return content


def codes_of(text: str) -> set[str]:
    """Return the codes of the findings of one text."""
    lines = [TextLine(number, line) for number, line in enumerate(text.split("\n"), 1)]
    return set(claim_findings(find_claims([make_document("case.txt", lines)]))["code"])


@cache
def _findings_of_forms() -> set[tuple[str, int]]:
    """Audit every labelled form at once and return what was found: code of the check, number of its case."""
    forms = []
    for path in sorted(LABELLED.glob("*.yaml")):
        code = path.stem
        for number, case in enumerate(load_labelled(code)):
            for part, form in enumerate(case_forms(case) if "input" in case else []):
                form |= {"file": f"{code}/{number}/{part}", "department": f"{code}{number}局"}
                form["unit"] = f"{code}{number}"
                for row in form.get("list", []):
                    row["unit"] = row["unit"] and f"{code}{number}{row['unit'] if row['unit'] != '示例中心' else ''}"
                for row in form.get("account", []):
                    row.setdefault("compiling_unit", f"{code}{number}")
                forms.append(form)
    findings = evaluate(*forms).findings
    places = [(code, file.split("/")) for code, file in zip(findings["code"], findings["source_file"], strict=True)]
    return {(code, int(number)) for code, (labelled, number, _) in places if code == labelled}


def found_names(code: str) -> set[str]:
    """Return the names of the labelled cases in which a check finds something."""
    cases = load_labelled(code)
    if "text" in cases[0]:
        return {case["name"] for case in cases if code in codes_of(case["text"])}
    return {case["name"] for number, case in enumerate(cases) if (code, number) in _findings_of_forms()}


@cache
def measure() -> list[Measure]:
    """Measure every check that has labelled cases, by code."""
    rows = []
    for path in sorted(LABELLED.glob("*.yaml")):
        found = found_names(path.stem)
        cases = load_labelled(path.stem)
        hits = [(case["is_problem"], case["name"] in found) for case in cases]
        rows.append(
            Measure(
                path.stem,
                hits.count((True, True)),
                hits.count((True, False)),
                hits.count((False, True)),
                hits.count((False, False)),
            )
        )
    return rows


def main() -> None:
    """Print the measures as a table."""
    rows = measure()
    print(f"{'check':28}{'problems':>9}{'look-alikes':>12}{'recall':>9}{'precision':>11}")
    for row in rows:
        right = row.false_alarms + row.silent
        print(f"{row.code:28}{row.found + row.missed:9}{right:12}{row.recall:9.0%}{row.precision:11.0%}")


if __name__ == "__main__":
    main()
