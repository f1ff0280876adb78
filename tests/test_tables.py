"""Tables to explore and tables in official look: data are text, numbers sort as numbers, nothing is loaded."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import jixiao
from jixiao.analysis import summary
from jixiao.core.errors import RequestError
from jixiao.show import tables

ARTEFACTS = Path(__file__).parent / "artefacts"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
EVIL = "<img src=http://example.com/x onerror=window.ran=1></td><script>window.ran=1</script>"


@pytest.fixture(scope="module")
def results():
    return jixiao.evaluate("data/sample")


class Tags(HTMLParser):
    """Counts the elements of a page."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)


def test_an_explored_frame_keeps_numbers_and_labels(results):
    shown = tables.explore(results.totals, chosen=["project", "total", "execution_rate", "grade"]).frame
    assert list(shown) == ["项目名称", "规则总分（分）", "预算执行率（%）", "规则等级"]
    assert shown["规则总分（分）"].dtype == "float64" and shown["规则等级"].iloc[0] == "优"
    assert shown["预算执行率（%）"].tolist() == (results.totals["execution_rate"] * 100).round(2).tolist()


def test_too_many_rows_are_refused():
    with pytest.raises(RequestError, match="网页表格最多"):
        tables.explore(pd.DataFrame({"year": range(20_001)}))


def test_a_kernel_sends_the_script_once(results, monkeypatch):
    monkeypatch.setattr(tables.Explorer, "_is_sent", False)
    shown = tables.explore(results.totals, chosen=["project"])
    first, second = shown._repr_html_(), shown._repr_html_()
    assert len(first) > 500_000 > 50_000 > len(second)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
def test_in_a_browser_an_explored_table_sorts_searches_and_asks_for_nothing(tmp_path):
    from playwright.sync_api import sync_playwright

    frame = pd.DataFrame(
        {
            "project": [EVIL, *(f"项目{number}" for number in range(40))],
            "score": [9.5, 100.0, *range(39)],
            EVIL: ["x"] * 41,
        }
    )
    page_path = tmp_path / "a.html"
    page_path.write_text(tables.explorer_page(tables.explore(frame), EVIL), encoding="utf-8")
    asked = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1000, "height": 800}).new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.route(re.compile("^https?:"), lambda route: route.abort())
        page.goto(page_path.as_uri())
        page.wait_for_selector("text=第 1 至 25 行，共 41 行")
        page.locator("thead th", has_text="得分").first.click()
        page.locator("thead th", has_text="得分").first.click()
        page.wait_for_selector("tbody tr:first-child:has-text('100.0')")
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / "explore.png")
        page.locator("input[type=search]").fill("onerror")
        page.wait_for_selector("text=从 41 行中筛选")
        assert EVIL in page.locator("tbody tr").first.inner_text()
        assert page.evaluate("window.ran") is None and page.locator("tbody img").count() == 0
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_an_official_table_escapes_every_text(results):
    frame = pd.DataFrame({"甲": [EVIL, "合计"], EVIL: ["<b>1</b>", "2"], "组": [EVIL, "乙"]})
    text = tables.official(
        tables.Table(frame), title=EVIL, subtitle=EVIL, group="组", notes=[EVIL, "[x](javascript:alert(1)) **y**"]
    ).to_html()
    found = Tags(text).found
    assert not {"img", "script", "b"} & set(found), found
    assert "&lt;img src=http://example.com" in text
    assert not re.findall(r"(?:href|src)=[\"'](?:https?:|javascript)", text) and "@import" not in text


def test_the_scoring_table_is_grouped_and_adds_up(results):
    chosen = summary.choose_evaluation(results, 2023, "示例公交智能调度项目", "self")
    shown = tables.official_scores(results, chosen)
    text = shown.to_html()
    assert text.count("gt_group_heading_row") == 5  # four level-1 indicators and the sum
    assert shown.frame.iloc[-1].tolist() == ["合计", "合计", "", "", "100", "96.5", "98.39", "优"]
    assert "2023年度项目支出绩效评分表（单位自评）" in text and "财预〔2020〕10号" in text
