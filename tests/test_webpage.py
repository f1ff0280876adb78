"""The page of findings and the index of reports: escaped, without a network, and their scripts in a real browser."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import SOURCE, base_form, evaluate

from jixiao.analysis.summary import list_findings
from jixiao.core.results import Results
from jixiao.publish.findings.webpage import make_page, write_page
from jixiao.publish.reports import list_reports
from jixiao.publish.reports import make_page as make_report_page
from jixiao.publish.reports.index import write_index
from jixiao.publish.reports.report_pages import SCRIPT
from jixiao.show.figures import plot_indicator_scores, plotly_script


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


@pytest.fixture(scope="module")
def page():
    """A page of a real browser; an error of a script fails the test that made it."""
    playwright = pytest.importorskip("playwright.sync_api")
    browsers = [path for path in (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser")) if path.exists()]
    with playwright.sync_playwright() as player:
        options = {"executable_path": str(browsers[0])} if browsers else {}
        browser = player.chromium.launch(args=["--no-sandbox"], **options)
        try:
            page = browser.new_page(viewport={"width": 1600, "height": 900})
            page.on("pageerror", lambda error: pytest.fail(str(error)))
            yield page
        finally:
            browser.close()


def test_the_filters_work_and_printing_keeps_what_is_shown(page, tmp_path, published):
    path = tmp_path / "问题.html"
    write_page(results_of(published), path)
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
    page.emulate_media(media="screen")


@pytest.fixture
def reports(tmp_path, published):
    """Return a reports folder with a page for each evaluation, as far as an index and a browser can tell."""
    results = results_of(published)
    (tmp_path / SCRIPT).symlink_to(plotly_script())
    chart = plot_indicator_scores(results.scores.head(40)).to_html()
    for request in list_reports(results, place="source", kinds=["self", "department", "finance"]):
        folder, name = tmp_path / request.folder, f"{request.name}.html"
        folder.mkdir(parents=True)
        text = make_report_page(request.title, chart, "", script="../../../../" + SCRIPT, is_drawn=True)
        (folder / name).write_text(text, encoding="utf-8")
        size = (folder / name).stat().st_size
        record = {"key": "k", "is_single": False, "files": {"html": name}, "sizes": {"html": size}, "hashes": {}}
        (folder / "report.json").write_text(json.dumps(record), encoding="utf-8")
    write_index(results, tmp_path, {})
    return tmp_path


def test_the_index_is_sorted_by_its_heads_and_leads_to_the_reports(page, reports, published):
    page.goto((reports / "index.html").as_uri())
    head = page.locator("#reports th", has_text="原表总分").first
    place = page.locator("#reports th").all_inner_texts().index(head.inner_text())
    orders = []
    for direction in ("ascending", "descending"):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == direction
        orders.append(page.locator(f"#reports tbody td:nth-child({place + 1})").all_inner_texts())
    numbers = [[float(text) for text in order if text] for order in orders]
    assert numbers[0] == sorted(published.totals["total_reported"]) and numbers[1] == numbers[0][::-1]
    assert all(order == sorted(order, key=lambda text: text == "") for order in orders)  # what is missing stands last
    links = page.locator("#reports tbody a")
    assert links.count() == len(published.totals)
    project = links.first.locator("xpath=ancestor::tr/td[3]").inner_text()
    links.first.click()
    assert project in page.locator("h1").first.inner_text()


def test_a_chart_is_printed_as_wide_as_the_sheet_and_no_taller(page, reports):
    path = next(reports.rglob("*单位自评*.html"))
    page.goto(path.as_uri())
    size = "(({ width, height }) => [width, height])(document.querySelector('.main-svg').getBoundingClientRect())"
    width, height = page.evaluate(size)
    assert width > 1100 and height > 700
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    printed = page.evaluate(size)
    assert printed[0] == pytest.approx(1016, abs=2) and printed[1] <= 642
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(size) == [width, height]
