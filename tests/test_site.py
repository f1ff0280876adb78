"""The static site in a real browser: every page and chooser, its numbers those of the frames, no other host asked."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from dashboard_server import Server
from site_browser import ARGUMENTS, CHROMIUM, Watched, served
from site_ledger import registered
from site_numbers import Numbers

from jixiao.analysis.briefing import brief_statements
from jixiao.analysis.coverage import coverage_rows, follow_successors
from jixiao.builds.run import evaluate
from jixiao.core.results import Results
from jixiao.core.vocabulary import word
from jixiao.publish.boards.board_issues import Problems, problems_of
from jixiao.publish.boards.board_rules import boards
from jixiao.publish.boards.site import write_site
from jixiao.reading.organisations import last_successors
from jixiao.reading.values.values import normalise
from jixiao.sample import Wanted, write_province

ROOT = Path(__file__).resolve().parent.parent
PAGES = list(boards()["pages"])
Site = tuple[str, Results, Problems]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module", params=["real", "province"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "real":
        results = evaluate(ROOT / "data" / "source")
    else:
        write_province(Wanted(departments=8, years=(2021, 2022, 2023), projects=40, seed=5), folder / "data")
        results = evaluate(folder / "data")
    problems = registered(results, folder)
    write_site(results, folder / "site", problems=problems)
    with served(folder / "site") as address:
        yield address, follow_successors(results)[0], problems


@pytest.fixture
def watched(browser: Any, site: Site) -> Iterator[Watched]:
    page = Watched(browser, site[0])
    yield page
    page.close()


# Reading charts


def cut(name: str) -> str:
    """Shorten a name as the axis of a wide chart does."""
    return name if len(name) <= 18 else name[:17] + "…"


def lying(chart: Any) -> dict[tuple[str, str], float]:
    """The bars of a chart: name of the series and name of the row."""
    return {
        (trace["name"], chart["y"][place]): value
        for trace in chart["traces"]
        for place, value in zip(trace["y"], trace["x"], strict=True)
        if value is not None
    }


def standing(chart: Any) -> dict[tuple[str, str], float]:
    return {
        (trace["name"], chart["x"][place]): value
        for trace in chart["traces"]
        for place, value in zip(trace["x"], trace["y"], strict=True)
        if value is not None
    }


def fields(chart: Any) -> dict[tuple[str, str], float]:
    """The fields of a heat map: row and column."""
    (trace,) = chart["traces"]
    return {
        (chart["y"][at], name): value
        for at, line in enumerate(trace["z"])
        for name, value in zip(trace["x"], line, strict=True)
        if value is not None
    }


def same(shown: dict[Any, float], wanted: dict[Any, float], unit: float = 1) -> None:
    """The values agree to the last figure of a double; ``unit`` is what one unit of the axis stands for."""
    assert {key: value * unit for key, value in shown.items()} == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def money_unit(chart: Any) -> float:
    return {"亿元": 10000.0, "万元": 1.0}[chart["unit"]]


# What is chosen is what is shown


def choices_of(results: Results) -> list[tuple[int, str]]:
    kinds = [kind for kind in ("self", "department", "finance") if kind in set(results.totals["evaluation"])]
    *earlier, last = sorted({int(year) for year in results.frames.projects["year"]})
    return [*((year, "") for year in earlier), (last, ""), *((last, kind) for kind in kinds), (earlier[0], "self")]


def test_the_overview_holds_the_numbers_of_the_frames(watched: Watched, site: Site) -> None:
    results = site[1]
    for year, kind in choices_of(results):
        watched.open("overview", year=year, **({"evaluation": kind} if kind else {}))
        numbers = Numbers(results, year, kind)
        assert watched.cards() == numbers.cards()
        chart = watched.chart("money")
        sums = numbers.money_by("department")
        wanted = {("全年预算数", cut(name)): pair[0] for name, pair in sums.items()}
        wanted |= {("全年执行数", cut(name)): pair[1] for name, pair in sums.items()}
        if sums:
            same(lying(chart), wanted, money_unit(chart))
        else:
            assert chart is None
        grades = watched.chart("grades")
        same(standing(grades) if grades else {}, numbers.grades())
        bands = watched.chart("bands")
        same({name: count for (_, name), count in standing(bands).items()} if bands else {}, numbers.bands())
        kinds = watched.chart("kinds")
        same({name: value for (_, name), value in lying(kinds).items()} if kinds else {}, numbers.kind_rates())
        behind = watched.page.locator("[data-question='far_under']").get_attribute("data-count")
        assert behind == str(numbers.bands().get("不足60%", 0))
    assert watched.is_clean()


def test_the_departments_hold_the_numbers_of_the_frames(watched: Watched, site: Site) -> None:
    results = site[1]
    for year, kind in choices_of(results):
        watched.open("departments", year=year, **({"evaluation": kind} if kind else {}))
        numbers, before = Numbers(results, year, kind), Numbers(results, year - 1, kind)
        heat = watched.chart("heat")
        wanted = {(cut(name), group): share * 100 for (name, group), share in numbers.shares().items()}
        same(fields(heat) if heat else {}, wanted)
        if not kind:
            continue
        means = numbers.means("department")
        ranking = watched.chart("ranking")
        same({name: value for (_, name), value in lying(ranking).items()} if ranking else {}, rounded(means))
        spots = watched.chart("quadrant")
        money = numbers.money_by("department")
        wanted_spots = [
            (min(money[name][1] / money[name][0], 1.5) * 100, means[name]) for name in means if name in money
        ]
        shown_spots = (
            [spot for trace in spots["traces"] for spot in zip(trace["x"], trace["y"], strict=True)] if spots else []
        )
        assert sorted(map(list, shown_spots)) == [pytest.approx(spot) for spot in sorted(map(list, wanted_spots))]
        changes = {name: mean - last for name, mean in means.items() if (last := before.means("department").get(name))}
        change = watched.chart("change")
        same({name: value for (_, name), value in lying(change).items()} if change else {}, rounded(changes))
    assert watched.is_clean()


def rounded(points: dict[str, float]) -> dict[str, float]:
    """Means reach the page in ten-thousandths of a point."""
    return {cut(name): round(value, 4) for name, value in points.items()}


def test_one_department_holds_the_numbers_of_the_frames(watched: Watched, site: Site) -> None:
    results = site[1]
    names = sorted(set(results.frames.projects["department"]))
    watched.open("department")
    for name in names[:4]:
        watched.choose("department", name)
        numbers = Numbers(results, None, "", name)
        assert watched.cards() == numbers.cards()
        chart = watched.chart("money")
        sums = numbers.money_by("year")
        wanted = {("全年预算数", str(year)): pair[0] for year, pair in sums.items()}
        wanted |= {("全年执行数", str(year)): pair[1] for year, pair in sums.items()}
        same(standing(chart), wanted, money_unit(chart))
        repeated: dict[str, float] = {}
        for (_, title), count in (lying(chart) if (chart := watched.chart("repeated")) else {}).items():
            repeated[title] = repeated.get(title, 0) + count
        wanted_repeated = {cut(title): count for title, count in numbers.repeated().items()}
        assert set(repeated.items()) <= set(wanted_repeated.items()) and len(repeated) == min(15, len(wanted_repeated))
        fall = watched.chart("waterfall")
        if fall:
            levels = fall["traces"][0]["y"]
            steps = [(-1 if trace["name"] == "减少" else 1) * y for trace in fall["traces"][1:] for y in trace["y"]]
            assert sum(steps) == pytest.approx(levels[-1] - levels[0])
            known = numbers.money_of_three()
            assert [level * money_unit(fall) for level in levels] == pytest.approx(known)
        points = watched.chart("points")
        drawn = {
            (trace["name"], int(year)): value
            for trace in (points["traces"] if points else [])
            for year, value in zip(trace["x"], trace["y"], strict=True)
        }
        words = {"self": "单位自评", "department": "部门评价", "finance": "财政评价"}
        same(drawn, {(words[kind], year): mean for (kind, year), mean in numbers.means("evaluation", "year").items()})
        dots = watched.chart("projects")
        drawn_totals = sorted(value for trace in (dots["traces"] if dots else []) for value in trace["y"])
        known = pd.DataFrame(numbers.totals)
        if len(known):
            budgets = results.frames.budgets
            budgets = budgets[(budgets["fund"] == "total") & (budgets["annual_budget_wan"] > 0)]
            budgets = budgets[budgets["executed_wan"].notna()]
            both = known.merge(budgets[["year", "project_id", "evaluation"]], on=["year", "project_id", "evaluation"])
            assert drawn_totals == sorted(both["total_reported"].dropna())
    assert watched.is_clean()


def test_findings_hold_the_numbers_of_the_frames(watched: Watched, site: Site) -> None:
    results = site[1]
    watched.open("findings", year="all")
    years = [None, *sorted({int(year) for year in results.findings["year"].dropna()})]
    for year in years:
        watched.choose("year", str(year or "all"))
        numbers = Numbers(results, year)
        titles = lying(watched.chart("titles"))
        wanted = {
            (severity, cut(title)): count for (severity, title), count in numbers.counts("severity", "title").items()
        }
        assert set(titles.items()) <= set(wanted.items())
        assert len({name for _, name in titles}) == min(20, len({name for _, name in wanted}))
        departments = lying(watched.chart("departments"))
        same(departments, {(one, cut(name)): n for (one, name), n in numbers.counts("severity", "department").items()})
        assert sum(fields(watched.chart("kinds")).values()) == len(numbers.findings)
        per_year = standing(watched.chart("years"))
        same(per_year, Numbers(results).counts("severity", "year"))
        rows = watched.page.locator("[data-panel='listed'] tbody tr").count()
        assert rows == min(200, len(numbers.findings))
    severity = numbers.findings[0].severity
    watched.choose("severity", severity)
    assert watched.cards()["findings"] == f"{sum(row.severity == severity for row in numbers.findings)}个"
    title = numbers.findings[0].title
    watched.choose("title", title)
    wanted_count = sum(row.severity == severity and row.title == title for row in numbers.findings)
    assert watched.cards()["findings"] == f"{wanted_count}个"
    assert watched.is_clean()


def test_monitoring_holds_the_numbers_of_the_frames(watched: Watched, site: Site) -> None:
    results = site[1]
    for year, kind in choices_of(results):
        watched.open("monitoring", year=year, **({"evaluation": kind} if kind else {}))
        numbers = Numbers(results, year, kind)
        matrix = watched.chart("matrix")
        drawn: dict[str, float] = {}
        for (light, _), count in (fields(matrix) if matrix else {}).items():
            drawn[light] = drawn.get(light, 0) + count
        same(drawn, numbers.lights())
        red = watched.chart("red")
        unspent = {round(budget - spent, 6) for budget, spent in numbers.money().values()}
        for bar in lying(red).values() if red else []:
            assert round(bar * money_unit(red), 6) in unspent
        progress = watched.chart("progress")
        rates = {cut(name): spent / budget * 100 for name, (budget, spent) in numbers.money_by("department").items()}
        shown = (
            {name: value for (series, name), value in lying(progress).items() if series == "预算执行率"}
            if progress
            else {}
        )
        same(shown, rates)
    assert "没有按月的执行数" in watched.page.locator(".about").inner_text()
    assert watched.is_clean()


def test_the_ledger_holds_what_its_events_made(watched: Watched, site: Site) -> None:
    issues, last = site[2].issues, last_successors(site[1].organisations)
    issues = issues.assign(department=issues["department"].map(lambda name: last.get(normalise(name), name)))
    words = {"overdue": "逾期", "returned": "被退回", "sent": "已下达", "answered": "已反馈", "pending": "待下达"}
    words["done"] = "已完成"
    watched.open("overview")  # a page that wants what is loaded ahead
    watched.open("rectification")
    for year in ("all", str(issues["year"].max())):
        watched.choose("year", year)
        mine = issues if year == "all" else issues[issues["year"] == int(year)]
        states = mine["issue_state"].map(words)
        counts = states.value_counts().to_dict()
        cards = watched.cards()
        assert cards["issues"] == f"{len(mine):,}个" and cards["issues_overdue"] == f"{counts.get('逾期', 0)}个"
        assert cards["issues_open"] == f"{len(mine) - counts.get('已完成', 0):,}个"
        assert cards["issues_done"] == f"{counts.get('已完成', 0) / len(mine) * 100:.2f}%"
        departments = lying(watched.chart("departments"))
        named = mine["department"].where(mine["department"] != "", "未注明部门")
        same(departments, pd.Series(list(zip(states, named.map(cut), strict=True))).value_counts().to_dict())
        late = mine["issue_state"].isin(["overdue", "returned"])
        owners = lying(watched.chart("owners"))
        wanted = pd.Series(list(zip(states[late], mine["owner"][late].map(cut), strict=True))).value_counts().to_dict()
        assert set(owners.items()) <= set(wanted.items())
        assert len({name for _, name in owners}) == min(20, len({name for _, name in wanted}))
        drawn = standing(watched.chart("ages"))
        assert sum(count for (_, band), count in drawn.items() if band == "已办结") == counts.get("已完成", 0)
        young = (mine["issue_state"] != "done") & (mine["open_days"] < 30)
        assert sum(count for (_, band), count in drawn.items() if band == "不满30天") == young.sum()
        assert sum(standing(watched.chart("sources")).values()) == len(mine)
        first = watched.page.locator("[data-panel='listed'] tbody tr").first.inner_text()
        assert "逾期" in first and "45" in first
    watched.choose("issue_state", "returned")
    assert watched.cards()["issues"] == f"{counts['被退回']}个"
    assert watched.page.locator("[data-panel='listed'] tbody tr").count() == min(200, counts["被退回"])
    panel = watched.page.locator("[data-panel='departments']")
    panel.locator("summary").click()
    panel.locator("tbody button").first.click()
    dialog = watched.page.locator("dialog[open]")
    dialog.wait_for()
    shown = lying(watched.chart("departments"))
    assert dialog.locator("tbody tr").count() == max(shown.values())
    assert issues["issue_id"].str.fullmatch(dialog.locator("tbody tr td").first.inner_text()).any()
    watched.page.keyboard.press("Escape")
    assert "整改状态截至2024-05-15" in watched.page.locator(".about").inner_text()
    assert watched.is_clean()


def test_who_owes_a_form_is_shown_by_department(watched: Watched, site: Site) -> None:
    rows = coverage_rows(site[1])
    rows = rows[rows["population"] != "received"]
    words = {"received": "已收", "missing": "未收", "twice": "重复报送", "unasked": "不在应评范围"}
    for year in sorted({*site[1].frames.projects["year"]}):
        watched.open("departments", year=year)
        mine = rows[rows["year"] == year]
        chart = watched.chart("coverage")
        pairs = zip(mine["coverage_state"].map(words), mine["department"].map(cut), strict=True)
        same(lying(chart) if chart else {}, pd.Series(list(pairs), dtype="object").value_counts().to_dict())
        if not len(mine):
            assert "没有登记应评项目" in watched.page.locator("[data-panel='coverage']").inner_text()
    assert watched.is_clean()


def test_an_empty_ledger_says_what_to_do_and_a_broken_one_what_is_wrong(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = evaluate(ROOT / "data" / "sample")
    ledger = tmp_path / "ledger.jsonl"
    monkeypatch.setenv("JIXIAO_LEDGER", str(ledger))
    for content, said in (("", "jixiao issues collect"), ("spoiled\n", "第1条无法读取")):
        ledger.write_text(content, encoding="utf-8")
        write_site(results, tmp_path / "site", problems=problems_of(results))
        watched = Watched(browser, (tmp_path / "site" / "index.html").as_uri(), 390)
        watched.open("rectification")
        assert said in watched.page.locator(".panels .nothing").inner_text()
        assert watched.page.locator(".panels .panel").count() == 0
        watched.open("overview", year="2024")
        assert watched.cards() == Numbers(results, 2024).cards() and watched.fits() and watched.is_clean()
        watched.close()


def test_a_project_is_found_by_name_and_holds_its_numbers(watched: Watched, site: Site) -> None:
    results = site[1]
    totals = results.totals[results.totals["evaluation"].isin(["self", "department", "finance"])]
    counts = totals.groupby(["year", "project_id"]).size().sort_values(ascending=False)
    year, identity = counts.index[0]
    mine = totals[(totals["year"] == year) & (totals["project_id"] == identity)]
    kind = next(one for one in ("self", "department", "finance") if one in set(mine["evaluation"]))
    watched.open("overview")
    watched.page.get_by_role("searchbox").fill(mine["project"].iloc[0])
    watched.page.locator(f".results a[href*='{identity}']").first.wait_for()
    before = watched._shown()
    watched.page.locator(f".results a[href*='{identity}']").first.click()
    watched.settle(before)
    watched.choose("year", str(year))
    assert mine["project"].iloc[0] in watched.page.locator("dl.facts").inner_text()
    drawn = standing(watched.chart("evaluations"))
    words = {"self": "单位自评", "department": "部门评价", "finance": "财政评价"}
    wanted = {("原表总分", words[row.evaluation]): row.total_reported for row in mine.itertuples()}
    wanted |= {("规则总分", words[row.evaluation]): row.total for row in mine.itertuples()}
    same(drawn, {key: value for key, value in wanted.items() if value == value})
    scores = results.scores
    scores = scores[(scores["year"] == year) & (scores["project_id"] == identity) & (scores["evaluation"] == kind)]
    scores = scores[scores["is_counted"]]
    bars = watched.chart("indicators")["traces"]
    for trace, column in zip(bars, ("weight", "reported_score", "score"), strict=True):
        assert sorted(value for value in trace["x"] if value is not None) == pytest.approx(
            sorted(scores[column].dropna())
        )
    budgets = results.frames.budgets
    budgets = budgets[(budgets["year"] == year) & (budgets["project_id"] == identity) & (budgets["evaluation"] == kind)]
    spent = budgets.loc[budgets["fund"] == "total", "executed_wan"]
    funds = watched.chart("funds")
    if spent.notna().any():
        assert standing(funds)["全年执行数", "年度资金总额"] * money_unit(funds) == pytest.approx(spent.iloc[0])
    explained = watched.page.locator("[data-panel='indicators'] tbody").inner_text()
    assert scores["score_explanation"].iloc[0] in explained
    assert watched.is_clean()


def test_every_chooser_changes_the_address_and_the_line_that_says_what_is_shown(watched: Watched) -> None:
    for page in PAGES:
        if page == "project":
            continue
        watched.open(page)
        for name in boards()["pages"][page]["choosers"]:
            options = watched.page.locator(f"[data-choice='{name}'] option").evaluate_all(
                "all => all.filter(o => !o.disabled).map(o => [o.value, o.text])"
            )
            value, text = options[-1]
            chosen = watched.page.locator(f"[data-choice='{name}']").input_value()
            if value == chosen:
                value, text = options[0]
            if value == chosen:
                continue
            watched.choose(name, value)
            assert text in watched.page.locator(".about").inner_text()
        address = watched.page.url
        again = watched.cards() if page != "departments" else watched.chart("heat")
        watched.page.goto("about:blank")
        watched.page.goto(address, wait_until="commit")
        watched.settle(0)
        assert (watched.cards() if page != "departments" else watched.chart("heat")) == again
    assert watched.is_clean()


def test_the_server_shows_the_same_pages_and_leads_to_the_what_if_page(browser: Any, tmp_path: Path) -> None:
    server = Server(ROOT / "data" / "source", logs=tmp_path, pages={})
    watched = Watched(browser, server.url, 390)
    results, _ = follow_successors(evaluate(ROOT / "data" / "source"))
    identity = results.totals["project_id"].iloc[0]
    try:
        watched.page.goto(server.url, wait_until="commit")  # the page that says it is being made, then the board
        watched.page.wait_for_selector("#board[data-shown]", timeout=60_000)
        for year in (2022, 2021):
            watched.open("overview", year=year)
            numbers = Numbers(results, year)
            assert watched.cards() == numbers.cards() and watched.fits()
            same(standing(watched.chart("grades")), numbers.grades())
        asked = len(watched.asked)
        watched.choose("evaluation", "self")
        assert watched.cards() == Numbers(results, 2021, "self").cards()
        assert len(watched.asked) == asked and server.kernels() == []  # What was sent is not asked for again.
        watched.open("project", project=identity)
        link = watched.page.locator(".top a.button").get_attribute("href")
        assert link.startswith(f"/70_what_if?project={identity}&year=") and watched.fits()
        watched.picture("served_project")
        assert watched.is_clean()
        watched.close()
    finally:
        server.end()


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_pages_fit_every_width(browser: Any, site: Site, width: int) -> None:
    watched = Watched(browser, site[0], width)
    results = site[1]
    kind = "province" if results.remark else "real"
    identity = results.totals["project_id"].iloc[-1]
    for page in PAGES:
        watched.open(page, **({"project": identity} if page == "project" else {}))
        assert watched.fits()
        for plot in watched.page.locator(".jixiao-plot").all():
            assert plot.get_attribute("aria-label")
        watched.picture(f"{kind}_{page}")
    assert watched.is_clean()
    watched.close()


def test_keyboard_lists_and_files(watched: Watched, site: Site, tmp_path: Path) -> None:
    results = site[1]
    watched.open("overview", year="all")
    panel = watched.page.locator("[data-panel='money']")
    panel.locator("summary").focus()
    watched.page.keyboard.press("Enter")
    button = panel.locator("tbody button").first
    department = panel.locator("tbody td").first.inner_text()
    button.focus()
    watched.page.keyboard.press("Enter")
    dialog = watched.page.locator("dialog[open]")
    dialog.wait_for()
    numbers = Numbers(results, None, "", department)
    assert dialog.locator("tbody tr").count() == min(500, len(numbers.money()))
    watched.page.keyboard.press("Escape")
    assert watched.page.locator("dialog[open]").count() == 0
    with watched.page.expect_download() as got:
        panel.locator("[data-save='table']").click()
    path = tmp_path / "table.xlsx"
    got.value.save_as(path)
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    lines = list(book.worksheets[0].iter_rows(values_only=True))
    assert lines[0][:3] == ("主管部门", "全年预算数（万元）", "全年执行数（万元）")
    same(
        {line[0]: line[1] for line in lines[1:]},
        {name: pair[0] for name, pair in Numbers(results).money_by("department").items()},
    )
    assert "当前显示" in str(list(book.worksheets[1].iter_rows(values_only=True)))
    with watched.page.expect_download() as got:
        panel.locator("[data-save='picture']").click()
    got.value.save_as(tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes()[:4] == b"\x89PNG"
    chart = watched.page.locator("[data-panel='money'] .jixiao-plot")
    chart.scroll_into_view_if_needed()
    chart.locator(".bars .point path").first.click(force=True)
    dialog.wait_for()
    assert watched.is_clean()


def test_each_page_opens_with_sentences_that_lead_to_their_rows(watched: Watched, site: Site) -> None:
    results = site[1]
    said = brief_statements(results)
    for page in ("overview", "departments", "department", "findings"):
        topics = next(panel["topics"] for panel in boards()["pages"][page]["panels"] if panel["id"] == "statements")
        for year in sorted(set(said["year"])):
            department = said.loc[said["department"] != "", "department"].iloc[0] if page == "department" else ""
            watched.open(page, year=year, **({"department": department} if department else {}))
            mine = said[(said["year"] == year) & (said["department"] == department)]
            wanted = dict(zip(mine["topic"], mine["key_point"], strict=True))
            items = watched.page.locator(".statements li")
            shown = {item.get_attribute("data-topic"): item.inner_text() for item in items.all()}
            assert list(shown) == [topic for topic in topics if topic in wanted]
            for topic, text in shown.items():
                assert text.strip() == wanted[topic] + "看依据"
    year = int(said["year"].max())
    watched.open("overview", year=year)
    before = watched._shown()
    watched.page.locator("[data-topic='under'] a").click()
    watched.settle(before)
    dialog = watched.page.locator("dialog[open]")
    dialog.wait_for()
    assert "list=slow" in watched.page.url
    slow = {key: one for key, one in Numbers(results, year).money().items() if one[1] / one[0] < 0.8 - 1e-12}
    assert dialog.locator("tbody tr").count() == min(500, len(slow))
    if len(slow) > 1:
        rates = dialog.locator("td[data-label='预算执行率']")
        dialog.get_by_role("button", name="预算执行率").click()
        falling = [float(text.rstrip("%")) for text in rates.all_inner_texts()]
        dialog.get_by_role("button", name="预算执行率").press("Enter")
        rising = [float(text.rstrip("%")) for text in rates.all_inner_texts()]
        assert falling == sorted(falling, reverse=True) and rising == sorted(falling)
        assert dialog.locator("th[aria-sort='ascending']").inner_text().startswith("预算执行率")
    watched.page.keyboard.press("Escape")
    watched.page.wait_for_function("!location.hash.includes('list=')")
    assert watched.is_clean()


def test_the_league_of_departments_holds_the_numbers_of_the_frames(watched: Watched, site: tuple[str, Results]) -> None:
    results = site[1]
    years = sorted({int(year) for year in results.frames.projects["year"]})
    for year in years[-2:]:
        watched.open("departments", year=year)
        league = watched.page.locator("[data-panel='league']")
        heads = league.locator("thead th").all_inner_texts()
        lines = league.locator("tbody tr").evaluate_all(
            "all => all.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        shown = {line[0]: dict(zip(heads, line, strict=True)) for line in lines}
        numbers = Numbers(results, year)
        kind = next(
            kind for kind in ("self", "department", "finance") if any(r.evaluation == kind for r in numbers.totals)
        )
        means = Numbers(results, year, kind).means("department")
        money = numbers.money_by("department")
        errors = numbers.counts("severity", "department")
        gaps: dict[str, list[float]] = {}
        for row in numbers.totals:
            if row.evaluation == kind and row.total_reported == row.total_reported and row.total == row.total:
                gaps.setdefault(row.department, []).append(row.total_reported - row.total)
        assert set(means) - {""} <= set(shown) and set(money) - {""} <= set(shown)
        for name, line in shown.items():
            mean = f"{means[name]:,.2f}" if name in means else "—"
            assert near_text(line["平均总分"], mean)
            assert near_text(
                line["预算执行率"], f"{money[name][1] / money[name][0] * 100:,.2f}%" if name in money else "—"
            )
            assert line["错误数"] == str(int(errors.get(("错误", name), 0)))
            gap = f"{sum(gaps[name]) / len(gaps[name]):,.2f}" if name in gaps else "—"
            assert near_text(line["得分差"].replace("−", "-"), gap)
        values = [float(line["平均总分"]) for line in shown.values() if line["平均总分"] != "—"]
        assert values == sorted(values, reverse=True)
        inflated = watched.chart("inflated")
        drawn = {name: value for (_, name), value in lying(inflated).items()} if inflated else {}
        same(drawn, {cut(name): sum(each) / len(each) for name, each in gaps.items()})
    before = watched._shown()
    league.locator("tbody a").first.click()
    watched.settle(before)
    assert "page=department" in watched.page.url and f"year={years[-1]}" in watched.page.url
    assert watched.is_clean()


def near_text(shown: str, wanted: str) -> bool:
    """Say whether two written figures agree to one unit of their last place; a dash only with a dash."""
    if "—" in (shown, wanted):
        return shown == wanted
    return abs(float(shown.rstrip("%").replace(",", "")) - float(wanted.rstrip("%").replace(",", ""))) <= 0.0101


def test_cards_stand_against_the_year_before(watched: Watched, site: Site) -> None:
    results = site[1]
    *_, earlier, last = sorted({int(year) for year in results.frames.projects["year"]})
    watched.open("overview", year=last)
    changes = watched.page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.card')].map(card => [card.dataset.name,"
        " card.querySelector('.change')?.textContent ?? '']))"
    )
    now, old = (len(Numbers(results, year).projects) for year in (last, earlier))
    step = now - old
    wanted = f"▲ 比上年多{step}个" if step > 0 else f"▼ 比上年少{-step}个" if step else "与上年相同"
    assert changes["projects"] == wanted
    rates = []
    for year in (earlier, last):
        sums = [sum(part) for part in zip(*Numbers(results, year).money().values(), strict=True)]
        rates.append(round(sums[1] / sums[0] * 100, 2))
    step = round(rates[1] - rates[0], 2)
    way = "▲ 比上年多" if step > 0 else "▼ 比上年少"
    assert changes["execution_rate"] == (f"{way}{abs(step):.2f}百分点" if step else "与上年相同")
    watched.open("overview", year=earlier if earlier - 1 not in set(results.frames.projects["year"]) else "all")
    assert watched.page.locator(".card .change").count() == 0
    assert watched.is_clean()


def test_a_wrong_link_is_told_and_what_holds_nothing_cannot_be_chosen(watched: Watched, site: Site) -> None:
    results = site[1]
    watched.open("nothing", year=1999, department="没有这个部门")
    warning = watched.page.locator("p.unknown")
    assert all(name in warning.inner_text() for name in ("nothing", "1999"))
    for year in sorted({int(year) for year in results.frames.projects["year"]}):
        watched.open("overview", year=year)
        assert not warning.is_visible()
        options = watched.page.locator("[data-choice='evaluation'] option:not([value=''])").evaluate_all(
            "all => all.map(one => [one.value, one.disabled])"
        )
        held = set(results.totals.loc[results.totals["year"] == year, "evaluation"])
        assert {value for value, disabled in options if not disabled} == held & {value for value, _ in options}
    assert watched.is_clean()


def test_a_project_opens_with_its_score_and_its_years(watched: Watched, site: Site) -> None:
    results = site[1]
    totals = results.totals[results.totals["evaluation"] == "self"]
    counts = totals.groupby("project_id")["year"].nunique().sort_values(kind="stable")
    identity = counts.index[-1]
    mine = totals[totals["project_id"] == identity].sort_values("year", ascending=False)
    row = mine.iloc[0]
    watched.open("project", project=identity, year=int(row["year"]))
    shown = watched.page.locator("[data-panel='facts'] .card").all_inner_texts()
    assert f"{row['total_reported']:,.2f}" in shown[0] and word("reported_grade", row["reported_grade"]) in shown[0]
    assert ("—" if pd.isna(row["total"]) else f"{row['total']:,.2f}") in shown[1]
    years = watched.page.locator("[data-panel='facts'] tbody tr td:first-child").all_inner_texts()
    known = sorted({int(year) for year in results.totals.loc[results.totals["project_id"] == identity, "year"]})
    assert years == ([str(year) for year in known[::-1]] if len(known) > 1 else [])
    lost = watched.page.locator("[data-panel='indicators'] td[data-label='失分']").all_inner_texts()
    numbers = [float(text) for text in lost if text != "—"]
    assert numbers == sorted(numbers, reverse=True)
    assert watched.is_clean()


# Without a server, with hostile names, with damage


def test_opened_from_a_folder_with_hostile_names(browser: Any, tmp_path: Path) -> None:
    evil = "=1+1<img src=x onerror='window.harmed=1'><script>window.harmed=1</script>"
    results = evaluate(ROOT / "data" / "source")

    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        names = [name for name in ("project", "department", "indicator", "message", "title") if name in frame]
        return frame.assign(**{name: evil + frame[name].astype("str") for name in names})

    frames = type(results.frames)(**{name: spoil(frame) for name, frame in results.frames.items()})
    parts = {name: spoil(getattr(results, name)) for name in ("scores", "totals", "findings")}
    write_site(replace(results, frames=frames, **parts), tmp_path / "site", is_old=True)
    watched = Watched(browser, (tmp_path / "site" / "index.html").as_uri())
    for page in PAGES:
        watched.open(
            page, **({"project": results.totals["project_id"].iloc[0]} if page == "project" else {}), year="2021"
        )
        assert watched.page.evaluate("window.harmed") is None
        assert watched.page.locator("main img, main script").count() == 0
    assert "不是最新" in watched.page.locator(".warning").inner_text()
    watched.open("overview", year="2021")
    with watched.page.expect_download() as got:
        watched.page.locator("[data-panel='money'] [data-save='table']").click()
    got.value.save_as(tmp_path / "table.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "table.xlsx").worksheets[0]
    assert sheet["A2"].value.startswith(evil)
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert watched.is_clean()
    watched.close()


def test_a_missing_file_is_one_sentence_with_a_reference(browser: Any, tmp_path: Path) -> None:
    write_site(evaluate(ROOT / "data" / "sample"), tmp_path / "site")
    (tmp_path / "site" / "data" / "projects-2024.js").unlink()
    (tmp_path / "site" / "plotly.min.js").unlink()
    with served(tmp_path / "site") as address:
        watched = Watched(browser, address)
        watched.open("overview", year="2024")
        text = watched.page.locator("[data-panel='money']").inner_text()
        assert "编号 projects-2024" in text
        watched.open("overview", year="2023")
        text = watched.page.locator("[data-panel='money']").inner_text()
        assert "图未能画出（编号 overview-money）" in text
        assert watched.page.locator("[data-panel='money'] details").is_visible()
        assert "Error" not in watched.page.locator("main").inner_text()
        watched.close()
        (tmp_path / "site" / "data" / "pages.js").unlink()
        broken = Watched(browser, address)
        broken.page.goto(address)
        broken.page.locator("#failed").wait_for()
        assert "编号 pages" in broken.page.locator("#failed").inner_text()
        broken.close()


def test_an_open_page_of_an_older_site_asks_to_be_loaded_again(browser: Any, tmp_path: Path) -> None:
    results = evaluate(ROOT / "data" / "sample")
    write_site(results, tmp_path / "site")
    with served(tmp_path / "site") as address:
        watched = Watched(browser, address)
        watched.open("overview", year="2024")
        write_site(results, tmp_path / "site")
        watched.open("findings", year="2024")
        assert "已更新，请刷新" in watched.page.locator("[data-panel='listed']").inner_text()
        watched.close()
    assert not list(tmp_path.glob(".site*"))
