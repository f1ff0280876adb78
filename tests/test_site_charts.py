"""Every kind of chart of the static site, pointed at and clicked in a real browser: it says what it shows and opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from site_browser import ARGUMENTS, CHROMIUM, Watched, served
from site_ledger import registered

from jixiao.builds.run import evaluate
from jixiao.publish.boards.board_rules import boards
from jixiao.publish.boards.scripts import SCRIPTS, script
from jixiao.publish.boards.site import write_site
from jixiao.sample import Wanted, write_province

PAGES = boards()["pages"]
WITHOUT_LIST = {"funds", "verdicts", "indicators"}
"""Tables whose rows are parts of one project, so that nothing lies behind them."""
FIRST_POINT = """panel => {
  const plot = document.querySelector(`[data-panel="${panel}"] .jixiao-plot`);
  if (!plot || !plot.data) return null;
  const {xaxis, yaxis} = plot._fullLayout;
  const at = (axis, value) =>
    axis._offset + (axis.type === "category" ? axis.l2p(axis._categories.indexOf(value)) : axis.d2p(value));
  const place = (x, y) => {
    const down = at(yaxis, y);
    window.scrollBy({top: plot.getBoundingClientRect().top + down - window.innerHeight / 2, behavior: "instant"});
    const {left, top} = plot.getBoundingClientRect();
    return [left + at(xaxis, x), top + down];
  };
  for (const trace of plot.data) {
    if (trace.type === "heatmap") {
      for (const [row, line] of trace.z.entries()) {
        const column = line.findIndex(value => value !== null);
        if (column >= 0) return place(trace.x[column], trace.y[row]);
      }
    }
    for (const [row, value] of (trace.y ?? []).entries()) {
      const across = trace.x[row];
      if (value === null || across === null) continue;
      if (trace.type !== "bar") return place(across, value);
      if (trace.orientation === "h" && Math.abs(xaxis.d2p(across) - xaxis.d2p(0)) > 12) return place(across / 2, value);
      const base = trace.base?.[row] ?? 0;
      if (trace.orientation !== "h" && Math.abs(yaxis.d2p(value) - yaxis.d2p(0)) > 12)
        return place(across, base + value / 2);
    }
  }
  return null;
}"""
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watched, str]]:
    playwright = pytest.importorskip("playwright.sync_api")
    folder = tmp_path_factory.mktemp("charts")
    write_province(Wanted(departments=8, years=(2021, 2022, 2023), projects=40, seed=5), folder / "data")
    results = evaluate(folder / "data")
    write_site(results, folder / "site", problems=registered(results, folder))
    with served(folder / "site") as address, playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield Watched(browser, address), str(results.totals["project_id"].iloc[0])
        browser.close()


@pytest.mark.parametrize("page", list(PAGES))
def test_every_chart_says_what_is_pointed_at_and_opens_what_is_behind(watched: tuple[Watched, str], page: str) -> None:
    shown, project = watched
    seen = set()
    for panel in PAGES[page]["panels"]:
        if "chart" not in panel:
            continue
        shown.open(page, **({"project": project} if page == "project" else {}))
        point = shown.page.evaluate(FIRST_POINT, panel["id"])
        if point is None:
            continue
        told = shown.page.locator(f"[data-panel='{panel['id']}'] .hoverlayer .hovertext")
        shown.page.mouse.move(point[0] - 3, point[1])
        shown.page.mouse.move(*point, steps=3)
        told.first.wait_for()
        assert re.search(r"\d", told.first.text_content()), panel["id"]
        before = shown.page.url
        shown.page.mouse.click(*point)
        if panel["query"]["table"] not in WITHOUT_LIST and panel["query"]["by"]:
            shown.page.wait_for_function(
                "before => document.querySelector('dialog[open] tbody tr') || location.href !== before", arg=before
            )
        assert shown.is_clean(), panel["id"]
        seen.add(panel["chart"]["kind"])
        shown.page.goto("about:blank")
    wanted = {panel["chart"]["kind"] for panel in PAGES[page]["panels"] if "chart" in panel}
    assert seen == wanted


def test_lines_that_part_dots_stand_above_the_grid(watched: tuple[Watched, str]) -> None:
    shown, _ = watched
    shown.open("departments", year="2023")
    layers = (
        "panel => document.querySelector(`[data-panel='${panel}'] .jixiao-plot`).layout.shapes.map(one => one.layer)"
    )
    assert shown.page.evaluate(layers, "quadrant") == ["between", "between"]


@pytest.mark.parametrize("last", ["site", "widget"])
def test_modules_share_one_scope_without_a_clash(last: str) -> None:
    text = script(last)
    names = re.findall(r"^(?:async )?(?:function|const|let) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names)) > 50
    left = re.findall(r"^(?:import|export) .*$", text, re.MULTILINE)
    assert left == (["export default { render };"] if last == "widget" else [])


def test_every_module_is_used() -> None:
    used = script("site") + script("widget")
    for path in sorted(Path(SCRIPTS).glob("*.js")):
        assert path.read_text(encoding="utf-8").splitlines()[0] in used, path.name
