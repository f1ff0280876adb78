"""Measure every check on its labelled cases (准确率): `python tests/audit/measure.py` prints recall and precision.

Each case of ``labelled/<code>.yaml`` is a form with one change and says whether it holds the problem the check looks
for. Contradictions stand beside look-alikes that are right.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from conftest import case_forms, evaluate

from jixiao.declared import load_yaml

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
        assert {"name", "is_problem", "input"} <= set(case) <= {"name", "is_problem", "input", "year"}, case.get("name")
        case.setdefault("year", 2023)
    assert len({case["name"] for case in content}) == len(content), f"{code}: repeated names"
    return content


def found_names(code: str) -> set[str]:
    """Return the names of the labelled cases in which a check finds something; all are audited together."""
    forms = []
    for number, case in enumerate(load_labelled(code)):
        for part, form in enumerate(case_forms(case)):
            form |= {"file": f"{number}.{part}", "department": f"{code}{number}局"}
            form["unit"] = f"{code}{number}"
            for row in form.get("list", []):
                row["unit"] = row["unit"] and f"{code}{number}{row['unit'] if row['unit'] != '示例中心' else ''}"
            for row in form.get("account", []):
                row.setdefault("compiling_unit", f"{code}{number}")
            forms.append(form)
    findings = evaluate(*forms).findings
    files = findings.loc[findings["code"] == code, "source_file"]
    cases = load_labelled(code)
    return {cases[int(file.partition(".")[0])]["name"] for file in files}


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
