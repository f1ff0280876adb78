"""The dashboard in a real browser: its numbers are those of the frames, and nothing leaves the host.

Each server listens on 127.0.0.1 only; each page blocks and counts every request to anywhere else.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dashboard_server import Server

from jixiao import dashboard, store
from jixiao.dashboard import Dashboard, key_numbers, select_results
from jixiao.store import Results

ROOT = Path(__file__).resolve().parent.parent
ARTEFACTS = ROOT / "tests" / "artefacts"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = [390, 1280, 1920]
DRAWN = "document.querySelectorAll('.jixiao-plot[data-drawn]').length"
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")


# Helpers


class Watched:
    """A page with its requests and complaints."""

    def __init__(self, browser: Any, server: Server, width: int, *, refuse: str = "") -> None:
        self.page = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN").new_page()
        self.outside: list[str] = []
        self.complaints: list[str] = []
        own = server.url

        def judge(route: Any) -> None:
            url = route.request.url
            if not url.startswith(own):
                self.outside.append(url)
            if not url.startswith(own) or (refuse and refuse in url):
                route.abort()
            else:
                route.continue_()

        self.page.route("**/*", judge)
        self.page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("websocket", lambda ws: self.outside.append(ws.url) if f"//{own[7:]}" not in ws.url else None)
        self.page.on("response", lambda answer: answer.status >= 400 and self.complaints.append(answer.url))
        started = time.monotonic()
        self.page.goto(server.url, wait_until="commit")
        self.page.wait_for_selector(".jixiao-plot[data-drawn], .jixiao-failure", timeout=60_000)
        self.first_chart = time.monotonic() - started

    def wait_for_charts(self) -> None:
        self.page.wait_for_function(f"{DRAWN} === 4", timeout=20_000)

    def choose(self, label: str, option: str) -> float:
        """Choose an option and return the seconds until the page shows it."""
        started = time.monotonic()
        self.page.get_by_label(label, exact=True).select_option(label=option)
        chosen = "、".join(self.page.locator(".jixiao-choosers option:checked").all_inner_texts())
        self.page.locator(".jixiao-about", has_text=f"当前显示：{chosen}。").wait_for()
        taken = time.monotonic() - started
        self.page.wait_for_timeout(300)  # plotly.js ends drawing.
        return taken

    def numbers(self) -> dict[str, str]:
        return dict(
            self.page.evaluate(
                "Object.fromEntries([...document.querySelectorAll('.jixiao-number')].map(card => [card.dataset.name,"
                " card.querySelector('.value').textContent + card.querySelector('.unit').textContent]))"
            )
        )

    def chart(self, number: int) -> list[dict[str, Any]]:
        return list(
            self.page.evaluate(
                "number => document.querySelectorAll('.jixiao-plot')[number].data.map("
                "({name, x, y, z, text, customdata}) => ({name, x, y, z, text, customdata}))",
                number,
            )
        )

    def names(self, number: int) -> list[str]:
        return list(
            self.page.evaluate(
                "number => document.querySelectorAll('.jixiao-plot')[number].layout.yaxis.ticktext ?? []", number
            )
        )

    def picture(self, name: str) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"dashboard_{name}.png", full_page=True)

    def is_clean(self) -> bool:
        assert self.outside == []
        assert self.complaints == []
        return True

    def close(self) -> None:
        self.page.context.close()


def expected(results: Results, year: int | None, department: str, evaluation: str) -> dict[str, str]:
    """Work out the big numbers again, row by row and without the summary functions."""
    projects = {
        (row.year, row.project_id): row
        for row in results.frames.projects.itertuples()
        if (year is None or row.year == year) and department in ("", row.department)
    }
    kinds = {(row.year, row.project_id) for row in results.totals.itertuples() if row.evaluation == evaluation}
    if evaluation:
        projects = {key: row for key, row in projects.items() if key in kinds}
    top = {key for key, row in projects.items() if row.project_level == "project"}
    money: dict[Any, tuple[int, float, float]] = {}
    order = ["self", "department", "finance", "budget_list"]
    for row in results.frames.budgets.itertuples():
        key = (row.year, row.project_id)
        if key not in top or row.fund != "total" or evaluation not in ("", row.evaluation):
            continue
        if row.annual_budget_wan != row.annual_budget_wan or row.executed_wan != row.executed_wan:
            continue
        rank = order.index(row.evaluation)
        if key not in money or rank < money[key][0]:
            money[key] = (rank, row.annual_budget_wan, row.executed_wan)
    budget, executed = (sum(entry[place] for entry in money.values()) for place in (1, 2))
    grades = [
        row.reported_grade
        for row in results.totals.itertuples()
        if (row.year, row.project_id) in projects and evaluation in ("", row.evaluation)
    ]
    found = [
        row.severity
        for row in results.findings.itertuples()
        if (year is None or row.year == year)
        and department in ("", row.department)
        and evaluation in ("", row.evaluation)
    ]
    scale, unit = (10_000, "亿元") if budget >= 10_000 else (1, "万元")
    good = sum(grade in ("excellent", "good") for grade in grades)
    return {
        "projects": f"{len({identity for _, identity in top})}个",
        "annual_budget": f"{budget / scale:,.2f}{unit}" if money else "—",
        "executed": f"{executed / scale:,.2f}{unit}" if money else "—",
        "execution_rate": f"{executed / budget * 100:.2f}%" if money else "—",
        "evaluations": f"{len(grades)}份",
        "good_share": f"{good / len(grades) * 100:.2f}%" if grades else "—",
        "findings": f"{len(found)}个",
        "errors": f"{found.count('error')}个",
    }


# Fixtures


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    out = tmp_path_factory.mktemp("dashboard") / "built"
    results, errors = store.build(ROOT / "data" / "source", out)
    assert errors == []
    return out, results


@pytest.fixture(scope="module")
def server(built: tuple[Path, Results]) -> Iterator[Server]:
    running = Server(built[0])
    yield running
    running.end()


@pytest.fixture(scope="module")
def results() -> Results:
    return store.evaluate(ROOT / "data" / "source")


@pytest.fixture
def opened(browser: Any, server: Server) -> Iterator[Callable[..., Watched]]:
    pages: list[Watched] = []

    def open_page(width: int = 1280, **options: Any) -> Watched:
        pages.append(Watched(browser, server, width, **options))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


# What is chosen is what is shown


@needs_browser
def test_each_chooser_changes_numbers_and_charts(opened: Callable[..., Watched], built: tuple[Path, Results]) -> None:
    results = built[1]
    watched = opened()
    watched.wait_for_charts()
    assert watched.numbers() == expected(results, None, "", "")
    assert watched.first_chart < 40
    choices = [
        ("年度", "2021年度", (2021, "", "")),
        ("主管部门", "南昌市政务服务数据管理局", (2021, "南昌市政务服务数据管理局", "")),
        ("评价类型", "单位自评", (2021, "南昌市政务服务数据管理局", "self")),
        ("评价类型", "部门评价", (2021, "南昌市政务服务数据管理局", "department")),
        ("年度", "2022年度", (2022, "南昌市政务服务数据管理局", "department")),
        ("主管部门", "全部部门", (2022, "", "department")),
        ("评价类型", "全部类型", (2022, "", "")),
        ("年度", "全部年度", (None, "", "")),
    ]
    taken = []
    for label, option, chosen in choices:
        taken.append(watched.choose(label, option))
        assert watched.numbers() == expected(results, *chosen), option
    assert max(taken) < 5
    print(f"first chart {watched.first_chart:.2f} s, redrawn {sorted(taken)[len(taken) // 2]:.2f} s")
    assert watched.is_clean()


@needs_browser
@pytest.mark.parametrize("evaluation", ["全部类型", "单位自评"])
def test_charts_hold_the_values_of_the_frames(
    opened: Callable[..., Watched], built: tuple[Path, Results], evaluation: str
) -> None:
    kind = {"全部类型": "", "单位自评": "self"}[evaluation]
    frames, totals, findings = built[1].frames, built[1].totals, built[1].findings
    watched = opened()
    watched.wait_for_charts()
    watched.choose("评价类型", evaluation)

    budgets = frames.budgets[frames.budgets["fund"] == "total"]
    tops = frames.projects.loc[frames.projects["project_level"] == "project", "project_id"]
    budgets = budgets[budgets["project_id"].isin(tops) & (budgets["annual_budget_wan"] > 0)]
    if kind:
        budgets = budgets[budgets["evaluation"] == kind]
        totals = totals[totals["evaluation"] == kind]
        findings = findings[findings["evaluation"] == kind]
    budgets = budgets[budgets["executed_wan"].notna()]
    rates = {}
    for rank in ("budget_list", "finance", "department", "self"):  # The last one wins.
        rows = budgets[budgets["evaluation"] == rank]
        rates |= dict(zip(rows["project_id"], rows["executed_wan"] / rows["annual_budget_wan"] * 100, strict=True))
    (bars,) = watched.chart(0)
    assert sorted(bars["x"]) == pytest.approx(sorted(rates.values()))

    drawn = {trace["name"]: sum(trace["x"]) for trace in watched.chart(1)}
    counted = totals["reported_grade"].value_counts().to_dict()
    grades = {"excellent": "优", "good": "良", "fair": "中", "poor": "差"}
    assert drawn == {word: counted.get(code, 0) for code, word in grades.items()}

    (heat,) = watched.chart(2)
    scores = built[1].scores
    scores = scores[scores["is_counted"] & scores["reported_score"].notna() & (scores["weight"] > 0)]
    scores = scores[scores["evaluation"] == kind] if kind else scores
    effects = scores[scores["category"].str.contains("满意度")]
    effects = effects.groupby("department")[["reported_score", "weight"]].sum()
    column = heat["x"].index("满意度")
    shown = [line[column] for line in heat["z"] if line[column] is not None]
    assert shown == pytest.approx((effects["reported_score"] / effects["weight"] * 100).tolist(), abs=0.005)

    severities = {"错误": "error", "警告": "warning", "尾差": "rounding", "疑问": "question"}
    drawn = {severities[trace["name"]]: sum(trace["x"]) for trace in watched.chart(3)}
    assert drawn == findings["severity"].astype("str").value_counts().to_dict()
    rows = watched.page.locator(".jixiao-findings tbody tr").count()
    assert rows == len(findings)
    assert watched.is_clean()


@needs_browser
def test_a_choice_without_data_says_so(opened: Callable[..., Watched], built: tuple[Path, Results]) -> None:
    watched = opened()
    watched.wait_for_charts()
    watched.choose("主管部门", "宜春市大数据发展管理局")
    watched.choose("年度", "2021年度")
    assert watched.numbers() == expected(built[1], 2021, "宜春市大数据发展管理局", "")
    assert "没有数据" in watched.page.locator(".jixiao-nothing").inner_text()
    assert [len(watched.chart(number)) for number in range(4)] == [0, 0, 0, 0]
    watched.picture("1280_no_data")
    watched.choose("年度", "全部年度")
    watched.choose("主管部门", "南昌市大数据发展管理局（原）")
    assert "没有评价表" in watched.page.locator(".jixiao-nothing").inner_text()
    assert len(watched.chart(0)[0]["x"]) == 2
    assert watched.is_clean()


# The page


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
def test_page_fits_the_width(opened: Callable[..., Watched], width: int) -> None:
    watched = opened(width)
    watched.wait_for_charts()
    watched.page.wait_for_timeout(300)
    watched.picture(str(width))
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= width
    for box in watched.page.evaluate(
        "[...document.querySelectorAll('.jixiao-plot .main-svg, .jixiao-number, select')].map(part => {"
        " const box = part.getBoundingClientRect(); return [box.left, box.right]; })"
    ):
        assert box[0] >= 0
        assert box[1] <= width + 1
    for plot in watched.page.locator(".jixiao-plot").all():
        assert re.search("[一-鿿]", plot.get_attribute("aria-label") or "")
    watched.page.locator(".jixiao-chart summary").first.click()
    assert watched.page.locator(".jixiao-chart table").first.is_visible()
    assert "show_dashboard" not in watched.page.content()
    assert watched.is_clean()


@needs_browser
def test_a_page_without_plotly_gets_it_from_the_kernel(opened: Callable[..., Watched]) -> None:
    watched = opened(refuse="plotly.min.js")
    watched.wait_for_charts()
    assert watched.page.evaluate("typeof window.Plotly") == "object"
    assert watched.outside == []


@needs_browser
def test_hostile_names_old_data_and_damage(browser: Any, built: tuple[Path, Results], tmp_path: Path) -> None:
    evil = "<img src=x onerror='window.harmed=1'><script>window.harmed=1</script>"
    results = built[1]

    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        names = {
            name: evil + frame[name].astype("str")
            for name in ("project", "department", "category", "message")
            if name in frame
        }
        return frame.assign(**names)

    frames = type(results.frames)(**{name: spoil(frame) for name, frame in results.frames.items()})
    spoiled = replace(
        results,
        frames=frames,
        scores=spoil(results.scores),
        totals=spoil(results.totals),
        findings=spoil(results.findings),
    )
    out = tmp_path / "built"
    store.write_built(spoiled, out)
    manifest = json.loads((out / store.MANIFEST).read_text(encoding="utf-8"))
    (out / store.MANIFEST).write_text(json.dumps({**manifest, "rules": "other"}), encoding="utf-8")
    server = Server(out)
    try:
        watched = Watched(browser, server, 1280)
        watched.wait_for_charts()
        watched.page.locator("summary").first.click()
        watched.choose("年度", "2021年度")
        assert watched.page.evaluate("window.harmed") is None
        assert watched.page.locator(".jixiao-dashboard img").count() == 0
        assert "不是最新" in watched.page.locator(".jixiao-warning").inner_text()
        assert watched.is_clean()
        watched.close()

        store.parquet_files(out, "totals")[0].write_bytes(b"damaged")
        broken = Watched(browser, server, 390)
        text = broken.page.locator("body").inner_text()
        assert re.search(r"看板未能显示（编号 [0-9A-F]{6}）：.*totals/\d+\.parquet", text)
        assert "Traceback" not in broken.page.content()
        broken.picture("390_failed")
        assert broken.is_clean()
        broken.close()
    finally:
        server.end()


# Choosing, without a browser


@pytest.mark.parametrize("year", ["", 2021, 2022])
@pytest.mark.parametrize("evaluation", ["", "self", "department", "finance"])
def test_numbers_of_every_choice(results: Results, year: int | str, evaluation: str) -> None:
    for department in ["", *sorted(set(results.frames.projects["department"]))]:
        part = select_results(
            results, year=int(year) if year else None, department=department or None, evaluation=evaluation or None
        )
        numbers = key_numbers(part)
        wanted = expected(results, int(year) if year else None, department, evaluation)
        assert f"{numbers['projects']}个" == wanted["projects"]
        assert f"{numbers['evaluations']}份" == wanted["evaluations"]
        assert f"{numbers['findings']}个" == wanted["findings"]
        assert f"{numbers['errors']}个" == wanted["errors"]
        rate = numbers["execution_rate"]
        assert (f"{rate * 100:.2f}%" if rate == rate else "—") == wanted["execution_rate"]


def test_choosing_nothing_keeps_everything(results: Results) -> None:
    part = select_results(results)
    for name, frame in results.frames.items():
        pd.testing.assert_frame_equal(getattr(part.frames, name), frame)
    assert len(part.findings) == len(results.findings)


def test_a_failed_change_leaves_nothing_of_the_choice_before(
    results: Results, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = Dashboard(results)
    assert shown.findings.value
    monkeypatch.setattr(dashboard, "log_path", lambda: tmp_path / "log")
    monkeypatch.setattr(dashboard, "key_numbers", lambda _: 1 / 0)
    shown.choosers["year"].value = 2021
    assert "编号" in shown.numbers.value
    assert "ZeroDivisionError" not in shown.numbers.value
    assert shown.findings.value == ""
    assert shown.grid.layout.display == "none"
    assert "ZeroDivisionError" in (tmp_path / "log").read_text(encoding="utf-8")
    monkeypatch.undo()
    shown.choosers["year"].value = 2022
    assert shown.findings.value
    assert shown.grid.layout.display is None


def test_long_tables_and_charts_are_cut_and_say_so(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "MOST_ROWS", 3)
    monkeypatch.setattr(dashboard, "MOST_BARS", 2)
    shown = Dashboard(results)
    assert "仅列前 3 行" in shown.findings.value
    assert shown.findings.value.count("<tr>") == 4
    assert "只画执行率最低的 2 个项目，共 7 个" in shown.charts["execution"].note
    bars = json.loads(shown.charts["execution"].figure)["data"][0]["x"]
    assert bars == sorted(bars, reverse=True)
    assert len(bars) == 2
