"""Totals and findings of the sample data, as text; `make golden` rewrites them."""

import os
from pathlib import Path

import pytest

import jixiao
from jixiao.publish.findings.exchange import write_findings
from jixiao.show.tables import show_evaluations

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["totals", "findings"])
def test_sample_results_are_the_golden_ones(name):
    results = jixiao.evaluate("sample")
    text = f"{show_evaluations(results)}\n" if name == "totals" else write_findings(results.findings, "table")
    path = GOLDEN / f"sample_{name}.txt"
    if os.environ.get("JIXIAO_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
