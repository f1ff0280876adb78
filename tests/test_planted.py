"""Invented reports: a clean one gives at most one finding, and nine planted faults of ten are found."""

import sys

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "audit"))

import planted


def test_clean_reports_are_clean_and_planted_faults_are_found():
    clean, sown, found = planted.measure()
    assert len(clean) >= 10 and len(sown) >= 15
    assert max(map(len, clean)) <= 1
    assert sum(found.values()) >= 0.9 * sum(sown.values()), {kind: f"{found[kind]}/{sown[kind]}" for kind in sown}
