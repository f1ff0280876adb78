"""Every check on its labelled cases: contradictions are found, look-alikes that are right stay silent."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
from conftest import TESTS

from jixiao.checks import CHECKS
from jixiao.checks.texts import load_claims

sys.path.insert(0, str(TESTS / "audit"))

import measure

CODES = sorted(path.stem for path in measure.LABELLED.glob("*.yaml"))


def test_every_check_has_labelled_cases():
    assert set(CODES) == set(CHECKS) | set(load_claims())


@pytest.mark.parametrize("code", CODES)
def test_labelled_cases(code):
    cases = measure.load_labelled(code)
    counts = Counter(case["is_problem"] for case in cases)
    assert counts[True] >= 5 and counts[False] >= 5, counts
    found = measure.found_names(code)
    assert found == {case["name"] for case in cases if case["is_problem"]}
