"""The page of findings: escaped, without a network, filtered by its own small script in a real browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import SOURCE, base_form, evaluate

from jixiao.store import Results
from jixiao.summary import list_findings
from jixiao.webpage import make_page, write_page


def results_of(result):
    return Results(*result, SOURCE, datetime(2026, 6, 1, tzinfo=UTC))


def test_every_text_from_data_is_escaped():
    form = base_form("department")
    form |= {"project": "<script>alert(1)</script>", "grade": {"grade": "<b>良'\""}}
    results = results_of(evaluate(form))
    page = make_page(results, list_findings(results))
    assert "<script>alert" not in page and "<b>良" not in page and "&lt;script&gt;alert(1)" in page
    assert page.count("<script>") == 1


def test_the_page_asks_for_nothing_from_outside(published):
    results = results_of(published)
    page = make_page(results, list_findings(results))
    assert not re.search(r"(?:src|href)\s*=|url\(|https?://|@import", page)
    assert page.count("<article ") == len(published.findings)


def test_a_page_without_findings_says_so():
    results = results_of(evaluate(base_form("self")))
    assert "没有发现问题" in make_page(results, list_findings(results))


def test_the_filters_work_and_printing_keeps_what_is_shown(tmp_path, published):
    playwright = pytest.importorskip("playwright.sync_api")
    browsers = [path for path in (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser")) if path.exists()]
    path = tmp_path / "问题.html"
    write_page(results_of(published), path)
    with playwright.sync_playwright() as player:
        options = {"executable_path": str(browsers[0])} if browsers else {}
        browser = player.chromium.launch(args=["--no-sandbox"], **options)
        try:
            page = browser.new_page()
            problems = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.goto(path.as_uri())
            errors = int((published.findings["severity"] == "error").sum())
            page.select_option("select[name=severity]", "error")
            assert page.locator("article:visible").count() == errors
            assert f"显示 {errors} 个" in page.locator("#shown").inner_text()
            page.fill("input[name=search]", "出口带宽")
            shown = page.locator("article:visible").all_inner_texts()
            assert shown and all("出口带宽" in text for text in shown)
            page.emulate_media(media="print")
            assert not page.locator("#filters").is_visible()
            assert problems == []
        finally:
            browser.close()
