"""The panel of a what-if: driven by its fields in Python, and once in a real browser with the network cut."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import openpyxl
import pytest
from conftest import scored_place
from dashboard_server import WHAT_IF, Server

from jixiao.whatif import load_scenario
from jixiao.whatif.panel import ScenarioPanel

ROOT = Path(__file__).resolve().parent.parent
ARTEFACTS = ROOT / "tests" / "artefacts"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TRAFFIC = "示例公交智能调度项目"


@pytest.fixture(scope="module")
def results():
    return scored_place("data/sample")


@pytest.fixture
def panel(results):
    made = ScenarioPanel(results)
    made.project.value = project_of(results, TRAFFIC)
    made.evaluation.value = (2023, "self")
    return made


def project_of(results, name):
    return results.totals.set_index("project")["project_id"].loc[[name]].iloc[0]


def field(panel, indicator, name):
    scores = panel.base.scores
    mine = scores[(scores["project"] == TRAFFIC) & (scores["year"] == 2023) & (scores["indicator"] == indicator)]
    return panel.fields[mine["indicator_id"].iloc[0], name]


def test_nothing_is_changed_at_first(panel):
    assert panel.scenario().is_empty
    assert "总分 98.39 → 98.39，等级 优 → 优" in panel.message.value
    assert "<table" not in panel.result.value


def test_a_changed_actual_shows_at_once_what_changes_and_why(panel):
    field(panel, "调度准点率", "actual").value = "76%"
    assert "总分 98.39 → 96.5" in panel.message.value
    assert "完成值由“88%”改为“76%”；得分由13.89变为12（-1.89）" in panel.result.value
    assert "13.89 → 12" in field(panel, "调度准点率", "points").value
    field(panel, "调度准点率", "actual").value = "88%"
    assert panel.scenario().is_empty and "<table" not in panel.result.value


def test_weights_that_do_not_add_up_are_told_until_they_do(panel):
    field(panel, "调度准点率", "weight").value = 20
    assert "分值合计为105，应为100" in panel.message.value
    field(panel, "接入公交车辆数", "weight").value = 15
    assert "应为100" not in panel.message.value and "分值合计 100，等于满分" in panel.message.value


def test_profile_and_bands_reach_every_evaluation(panel):
    panel.profile.value = "caiyu_2021_101"
    panel.grades["excellent"].value = 95
    assert "等级 优 → 良" in panel.message.value
    changed = panel.comparison.changed
    assert set(changed["evaluation"]) == {"self", "department"} and len(changed) > 3


def test_bands_out_of_order_are_one_sentence_and_nothing_old_stays(panel):
    field(panel, "调度准点率", "actual").value = "76%"
    panel.grades["good"].value = 96
    assert "不能计算" in panel.message.value and "等级线应逐档降低" in panel.message.value
    assert panel.result.value == "" and panel.comparison is None
    panel.grades["good"].value = 80
    assert "总分 98.39 → 96.5" in panel.message.value


def test_changes_of_one_evaluation_stay_when_another_is_chosen(panel):
    field(panel, "调度准点率", "actual").value = "76%"
    panel.evaluation.value = (2024, "self")
    panel.fields["", "executed"].value = 1.0
    assert len(panel.scenario().changes) == 2
    panel.evaluation.value = (2023, "self")
    assert field(panel, "调度准点率", "actual").value == "76%"
    panel.reset_one.click()
    assert field(panel, "调度准点率", "actual").value == "88%"
    assert [change.is_money for change in panel.scenario().changes] == [True]
    panel.reset.click()
    assert panel.scenario().is_empty


def test_an_execution_rate_is_moved_by_money_only(panel):
    assert ("001", "actual") not in panel.fields
    panel.fields["", "executed"].value = 130.0  # of 260
    assert "总分 98.39 → 93.89" in panel.message.value


@pytest.mark.parametrize("kind", ["yaml", "html", "xlsx"])
def test_what_is_exported_is_the_scenario(panel, kind, tmp_path):
    field(panel, "调度准点率", "actual").value = "76%"
    panel.name.value = "甲/乙<b>"
    panel.kind.value = kind
    panel.save.click()
    link = panel.link.value
    assert f"download='甲_乙_b_.{kind}'" in link
    path = tmp_path / f"a.{kind}"
    path.write_bytes(base64.b64decode(link.split("base64,")[1].split("'")[0]))
    if kind == "yaml":
        assert load_scenario(path) == panel.scenario()
    elif kind == "xlsx":
        assert openpyxl.load_workbook(path).sheetnames == ["情景", "总分和等级", "各指标"]
    else:
        assert "情景分析：甲/乙&lt;b&gt;" in path.read_text(encoding="utf-8")


def test_names_from_data_are_text(results):
    from dataclasses import replace

    evil = "<img src=x onerror=alert(1)>"
    scores = results.scores.replace({"调度准点率": evil})
    totals = results.totals.replace({TRAFFIC: evil})
    indicators = results.frames.indicators.replace({"调度准点率": evil})
    evaluations = results.frames.evaluations.replace({TRAFFIC: evil})
    frames = results.frames.changed(indicators=indicators, evaluations=evaluations)
    panel = ScenarioPanel(replace(results, frames=frames, scores=scores, totals=totals))
    panel.project.value = project_of(results, TRAFFIC)
    panel.evaluation.value = (2023, "self")
    panel.fields["003", "actual"].value = f"76% {evil}"
    shown = [panel.message.value, panel.result.value, *(part.value for part in panel.grid.children if part.value)]
    assert not any("<img" in str(text) for text in shown if str(text) != f"76% {evil}")
    assert "&lt;img" in panel.result.value


@pytest.fixture
def served(tmp_path):
    """Serve the notebook as `jixiao dashboard` does."""
    server = Server(ROOT / "data" / "sample", logs=tmp_path, board="", pages={WHAT_IF: 1})
    yield server.url
    server.end()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
def test_in_a_browser_a_change_shows_its_effect_and_can_be_kept(served):
    from playwright.sync_api import sync_playwright

    outside, complaints = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1280, "height": 1000}, locale="zh-CN").new_page()

        def judge(route):
            own = route.request.url.startswith((served, "data:", "blob:"))
            if not own:
                outside.append(route.request.url)
            route.continue_() if own else route.abort()

        page.route("**/*", judge)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(served, wait_until="commit")
        page.wait_for_selector(".jixiao-scenario .now", timeout=90_000)
        page.get_by_label("项目", exact=True).select_option(label=TRAFFIC)
        page.wait_for_selector("text=总分 98.39 → 98.39")
        row = page.locator(".jixiao-fields input[type=text]")
        values = [box.input_value() for box in row.all()]
        actual = row.nth(values.index("88%"))
        actual.fill("76%")
        actual.press("Tab")
        page.wait_for_selector("text=总分 98.39 → 96.5")
        assert page.locator(".moved").inner_text() == "13.89 → 12"
        page.get_by_label("自评计分规则").select_option(index=1)
        page.wait_for_selector(".jixiao-scenario td:has-text('评分方法由“达标得满分，未达标按比例”改为')")
        page.wait_for_function("document.querySelector('.jixiao-plot.js-plotly-plot .main-svg')")
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / "what_if.png", full_page=True)
        page.get_by_role("button", name="导出", exact=True).click()
        with page.expect_download() as waiting:
            page.locator("a[download]").click()
        assert "caiyu_2021_101" in Path(waiting.value.path()).read_text(encoding="utf-8")
        page.get_by_role("button", name="全部还原").click()
        page.wait_for_selector("text=总分 98.39 → 98.39")
        browser.close()
    assert outside == []
    assert complaints == []
