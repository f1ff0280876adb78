"""The page of what is promised: two pages, and every test and guard it names is there."""

from __future__ import annotations

import re

from conftest import ROOT

PAGE = ROOT / "docs" / "security.md"
SIGNS_OF_TWO_PAGES = 3_600


def test_every_test_and_guard_of_the_page_exists():
    text = PAGE.read_text(encoding="utf-8")
    rows = [row.split("|")[1:-1] for row in text.splitlines() if row.startswith("|") and "---" not in row][1:]
    assert len(rows) >= 15 and all(len(row) == 4 and all(cell.strip() for cell in row) for row in rows)
    for attack, guards, tests, _ in rows:
        named = re.findall(r"`(tests/[\w/.]+)`", tests)
        assert named, attack
        assert [name for name in named if not (ROOT / name).exists()] == [], attack
        for name in re.findall(r"`([\w/.]+\.py)`", guards):
            assert (ROOT / "jixiao" / name).is_file() or (ROOT / name).is_file(), (attack, name)
        for name in re.findall(r"`([\w/]+/)`", guards):
            assert (ROOT / "jixiao" / name).is_dir(), (attack, name)


def test_every_campaign_and_guard_test_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    tests = {path.name for path in (ROOT / "tests").glob("test_guard_*.py")}
    assert [name for name in sorted(tests) if name not in text] == []


def test_the_page_is_two_pages():
    text = re.sub(r"[\s|`-]", "", PAGE.read_text(encoding="utf-8"))
    assert len(text) < SIGNS_OF_TWO_PAGES, len(text)
