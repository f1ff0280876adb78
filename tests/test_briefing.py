"""The sentences that are said first: every number in them worked out again from the frames, row by row."""

from __future__ import annotations

import re
import shutil
from collections import Counter, defaultdict
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pdfplumber
import pytest

import jixiao
from jixiao.analysis.briefing import brief_rows, brief_statements, briefing
from jixiao.builds.run import evaluate
from jixiao.core.errors import RequestError
from jixiao.core.results import Results
from jixiao.publish.boards.board_rules import boards
from jixiao.publish.papers.brief import write_brief
from jixiao.sample import Wanted, write_province

ROOT = Path(__file__).resolve().parent.parent
KINDS = {"self": "单位自评", "department": "部门评价", "finance": "财政评价"}


@pytest.fixture(scope="module", params=["real", "sample", "province"])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    if request.param != "province":
        return evaluate(ROOT / "data" / {"real": "source"}.get(request.param, request.param))
    folder = tmp_path_factory.mktemp("province")
    write_province(Wanted(departments=8, years=(2021, 2022, 2023), projects=60, seed=11), folder / "data")
    return evaluate(folder / "data")


def half_up(value: Decimal | float, places: int = 2) -> Decimal:
    return Decimal(repr(value) if isinstance(value, float) else value).quantize(
        Decimal(1).scaleb(-places), ROUND_HALF_UP
    )


def amount(text: str) -> Decimal:
    """Return an amount of a sentence in 万元."""
    number, unit = re.fullmatch(r"([\d.,]+)(亿元|万元)", text).groups()
    return Decimal(number.replace(",", "")) * (10000 if unit == "亿元" else 1)


def near(text: str, wan: Decimal) -> bool:
    """Say whether an amount is what the sentence prints, to its last figure."""
    step = Decimal("0.01") * (10000 if text.endswith("亿元") else 1)
    return abs(amount(text) - wan) <= step / 2 + Decimal("1e-6")


def money_of(results: Results, year: int, department: str) -> dict[str, tuple[str, Decimal, Decimal]]:
    """Budget and spending of each project that prints both: by project its department, budget, spending."""
    order = ["self", "department", "finance", "budget_list"]
    named = {
        (row.year, row.project_id): row
        for row in results.frames.projects.itertuples()
        if row.project_level == "project"
    }
    best: dict[str, tuple[int, str, Decimal, Decimal]] = {}
    for row in results.frames.budgets.itertuples():
        owner = named.get((row.year, row.project_id))
        if row.fund != "total" or row.year != year or owner is None or department not in ("", owner.department):
            continue
        if pd.isna(row.executed_wan) or not row.annual_budget_wan > 0:
            continue
        rank = order.index(row.evaluation)
        if row.project_id not in best or rank < best[row.project_id][0]:
            amounts = Decimal(repr(row.annual_budget_wan)), Decimal(repr(row.executed_wan))
            best[row.project_id] = (rank, owner.department, *amounts)
    return {key: one[1:] for key, one in best.items()}


def spoken(results: Results, topic: str) -> list[tuple[int, str, str]]:
    rows = brief_statements(results)
    rows = rows[rows["topic"] == topic]
    return [(int(row.year), str(row.department), str(row.key_point)) for row in rows.itertuples()]


def test_money_is_that_of_the_forms(results: Results) -> None:
    for year, department, said in spoken(results, "money"):
        money = money_of(results, year, department)
        projects = [
            row
            for row in results.frames.projects.itertuples()
            if row.project_level == "project" and row.year == year and department in ("", row.department)
        ]
        if not money:
            assert f"{len(projects)}个项目都没有同时印有" in said
            continue
        found = re.search(
            r"(\d+)个项目(?:（(\d+)个印全金额，只计这些）)?，全年预算(\S+?元)，执行(\S+?元)，执行率([\d.]+)%", said
        )
        budget, executed = (sum(one[place] for one in money.values()) for place in (1, 2))
        assert int(found[1]) == len(projects) and int(found[2] or len(projects)) == len(money)
        assert near(found[3], budget) and near(found[4], executed)
        assert Decimal(found[5]) == half_up(executed / budget * 100)
        change = re.search(r"比上年(升高|降低)([\d.]+)个百分点", said)
        before = money_of(results, year - 1, department)
        both = {one[0] for one in before.values()} & {one[0] for one in money.values()}
        if not both:
            assert "比上年" not in said and "与上年" not in said
            continue
        rates = []
        for rows in (before, money):
            same = [one for one in rows.values() if one[0] in both]
            rates.append(half_up(sum(one[2] for one in same) / sum(one[1] for one in same) * 100))
        step = rates[1] - rates[0]
        assert (abs(step) if change else 0) == abs(step)
        if change:
            assert Decimal(change[2]) == abs(step) and (change[1] == "升高") == (step > 0)


def test_who_is_under_the_line(results: Results) -> None:
    line = Decimal(str(briefing()["execution_rate"]))
    for year, department, said in spoken(results, "under"):
        money = money_of(results, year, department)
        is_whole = not department and len({one[0] for one in money.values()}) >= briefing()["few"]
        names = {row.project_id: row.project for row in results.frames.projects.itertuples()}
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for identity, (owner, budget, executed) in money.items():
            group = sums[owner if is_whole else names[identity]]
            group[0] += budget
            group[1] += executed
        under = {name: one for name, one in sums.items() if one[1] / one[0] < line}
        found = re.search(r"有(\d+)个，未用(\S+?元)", said)
        assert bool(found) == bool(under)
        if not found:
            lowest = min(one[1] / one[0] for one in sums.values())
            assert f"{half_up(lowest * 100)}%" in said
            continue
        unspent = {name: max(one[0] - one[1], Decimal(0)) for name, one in under.items()}
        assert int(found[1]) == len(under) and near(found[2], sum(unspent.values()))
        share = re.search(r"占全部未用资金的([\d.]+)%", said)
        assert bool(share) == (len(under) < len(sums))
        if share:
            every = sum(max(one[0] - one[1], Decimal(0)) for one in sums.values())
            assert Decimal(share[1]) == half_up(sum(unspent.values()) / every * 100)
        most = sorted(unspent, key=lambda name: (-unspent[name], name))[: briefing()["named"]]
        for name in most:
            assert f"{name}（{half_up(under[name][1] / under[name][0] * 100)}%，未用" in said


def test_grades_and_the_distance_to_the_rules(results: Results) -> None:
    for year, department, said in spoken(results, "grades"):
        rows = [
            row
            for row in results.totals.itertuples()
            if row.year == year and department in ("", row.department) and row.total_reported == row.total_reported
        ]
        kind = next(kind for kind in KINDS if any(row.evaluation == kind for row in rows))
        rows = [row for row in rows if row.evaluation == kind]
        assert said.startswith(KINDS[kind])
        if len(rows) == 1:
            assert f"{rows[0].project}{Decimal(repr(rows[0].total_reported)).normalize():f}分" in said
            continue
        found = re.match(r"\D+(\d+)份印有总分，平均([\d.]+)分，优良(\d+)份（([\d.]+)%）", said)
        good = sum(row.total_reported >= 80 for row in rows)
        mean = sum(Decimal(repr(row.total_reported)) for row in rows) / len(rows)
        assert int(found[1]) == len(rows) and int(found[3]) == good
        assert Decimal(found[2]) == half_up(mean) and Decimal(found[4]) == half_up(Decimal(good) / len(rows) * 100)
        is_alike = good / len(rows) >= 0.95 and len(rows) >= 5
        assert ("分数分不出高低" in said) == is_alike
        known = [row for row in rows if row.total == row.total]
        rule = re.search(r"重算的(\d+)份，规则平均([\d.]+)分", said)
        if rule:
            assert int(rule[1]) == len(known)
            assert Decimal(rule[2]) == half_up(sum(Decimal(repr(row.total)) for row in known) / len(known))
            widest = max(abs(row.total - row.total_reported) for row in known)
            worst = re.search(r"相差最多的是(.+)（所印([\d.]+)分，规则([\d.]+)分）", said)
            assert abs(float(worst[2]) - float(worst[3])) == pytest.approx(widest, abs=0.011)
            assert worst[1] in {row.project for row in known}


def test_who_moved_and_by_what(results: Results) -> None:
    for year, department, said in spoken(results, "moved"):
        means: dict[int, dict[str, list[Decimal]]] = {year - 1: defaultdict(list), year: defaultdict(list)}
        kind = next(code for code, word in KINDS.items() if word in said)
        for row in results.totals.itertuples():
            if row.year in means and row.evaluation == kind and row.total_reported == row.total_reported:
                means[row.year][row.department].append(Decimal(repr(row.total_reported)))
        both = {
            name: tuple(sum(means[each][name]) / len(means[each][name]) for each in (year - 1, year))
            for name in set(means[year - 1]) & set(means[year]) - {""}
        }
        if "都没有下降" in said:
            assert all(half_up(after) >= half_up(before) for before, after in both.values())
            continue
        found = re.search(r"([\d.]+)分(?:降到|升到)([\d.]+)分", said)
        name = next(name for name in sorted(both, key=len, reverse=True) if name in said)
        assert department in ("", name)
        assert (Decimal(found[1]), Decimal(found[2])) == tuple(map(half_up, both[name]))
        if not department and len(both) > 1:
            assert half_up(both[name][1]) - half_up(both[name][0]) == min(
                half_up(after) - half_up(before) for before, after in both.values()
            )
        most = re.search(r"变动最大的是(\S+)（([+−])([\d.]+)分）", said)
        if most:
            assert (most[2] == "+") == (both[name][1] > both[name][0])
        ids = {
            each: {row.project_id for row in results.totals.itertuples() if row.year == each and row.department == name}
            for each in (year - 1, year)
        }
        assert ("不是相同的项目" in said) <= (not ids[year] & ids[year - 1])


def test_findings_are_counted(results: Results) -> None:
    for year, department, said in spoken(results, "errors"):
        mine = [row for row in results.findings.itertuples() if row.year == year and department in ("", row.department)]
        counts = Counter(row.severity for row in mine)
        assert f"警告{counts['warning']}个、疑问{counts['question']}个" in said
        errors = [row for row in mine if row.severity == "error"]
        if errors:
            title, most = re.search(r"最多的是“(.+)”（(\d+)个）", said).groups()
            titles = Counter(row.title for row in errors)
            assert titles[title] == int(most) == max(titles.values())
            assert f"错误{len(errors)}个，涉及{len({row.project_id for row in errors})}个项目" in said
        else:
            assert "没有发现错误" in said
    for year, department, said in spoken(results, "common"):
        titles = Counter(
            row.title
            for row in results.findings.itertuples()
            if row.year == year and department in ("", row.department) and row.severity == "question"
        )
        pairs = re.findall(r"“(.+?)”(\d+)个", said)
        assert [int(count) for _, count in pairs] == sorted(titles.values(), reverse=True)[:2]
        assert all(titles[title] == int(count) for title, count in pairs)
        assert f"占{half_up(Decimal(sum(int(count) for _, count in pairs)) / titles.total() * 100)}%" in said


def test_what_must_be_decided(results: Results) -> None:
    for year, department, said in spoken(results, "decide"):
        money = money_of(results, year, department)
        slow = [one for one in money.values() if one[2] / one[1] < Decimal("0.6")]
        found = re.search(r"执行率不足60%的项目(\d+)个（未用(\S+?元)）", said)
        assert bool(found) == bool(slow)
        if found:
            assert int(found[1]) == len(slow) and near(found[2], sum(one[1] - one[2] for one in slow))
        grades: dict[str, set[str]] = defaultdict(set)
        for row in results.totals.itertuples():
            if row.year == year and department in ("", row.department) and row.total_reported == row.total_reported:
                grades[row.project_id].add(row.reported_grade)
        apart = sum(len(each) > 1 for each in grades.values())
        assert (f"等级不一的项目{apart}个" in said) == bool(apart)


def test_every_sentence_leads_to_a_page_and_a_list_that_are_there(results: Results) -> None:
    declared = boards()
    lists = {one["id"] for one in declared["questions"] + declared["drills"]}
    rows = brief_statements(results)
    assert len(rows) and set(rows["topic"]) <= set(briefing()["show"]) and rows["key_point"].str.endswith("。").all()
    assert not rows["key_point"].str.contains(r"[{}]|nan|None|，。|，，|；；|，；").any()
    for row in rows.itertuples():
        asked = dict(part.split("=", 1) for part in row.link.split("&"))
        assert asked["page"] in declared["pages"] and asked.get("list", "slow") in lists
        assert asked["year"] == str(row.year) and asked.get("department", "") == row.department


def test_a_scope_that_is_not_there_is_refused_and_one_is_enough() -> None:
    sample = jixiao.evaluate("sample")
    one = brief_statements(sample, year=2024, department="示例市教育局")
    every = brief_statements(sample)
    chosen = every[(every["year"] == 2024) & (every["department"] == "示例市教育局")]
    pd.testing.assert_frame_equal(one, chosen.reset_index(drop=True))
    with pytest.raises(RequestError, match="没有2019年度的项目，可选：2023、2024"):
        brief_statements(sample, year=2019)
    with pytest.raises(RequestError, match="没有部门“示例市教育”"):
        brief_statements(sample, department="示例市教育")


# The brief of one page


def test_the_document_holds_each_sentence_and_the_table_on_one_page(results: Results, tmp_path: Path) -> None:
    from docx import Document

    year = max(brief_statements(results)["year"])
    department = next(name for name in brief_statements(results, year=year)["department"] if name)
    for scope in ("", department):
        path = tmp_path / "要点.docx"
        write_brief(results, path, year=year, department=scope)
        document = Document(str(path))
        text = "\n".join(paragraph.text for paragraph in document.paragraphs)
        said = brief_statements(results, year=year, department=scope)
        for row in said.itertuples():
            assert (row.key_point in text) == (row.topic in briefing()["paper"]["topics"])
        rows = brief_rows(results, year=year, department=scope)
        if len(rows):
            lines = [[cell.text for cell in row.cells] for row in document.tables[0].rows][1:]
            assert [line[0] for line in lines] == rows.iloc[:, 0].head(briefing()["table_rows"]).tolist()
            assert [line[3] for line in lines] == [f"{one:,.2f}" for one in rows["unspent_wan"].head(len(lines))]
    if shutil.which("soffice"):
        write_brief(results, tmp_path / "要点.pdf", year=year)
        with pdfplumber.open(tmp_path / "要点.pdf") as made:
            assert len(made.pages) == 1
            assert f"{year}年度预算绩效要点" in (made.pages[0].extract_text() or "").replace(" ", "")


def test_the_slides_have_a_native_chart_with_the_rates(results: Results, tmp_path: Path) -> None:
    from pptx import Presentation

    year = max(brief_statements(results)["year"])
    write_brief(results, tmp_path / "要点.pptx", year=year)
    slides = list(Presentation(str(tmp_path / "要点.pptx")).slides)
    first = "\n".join(shape.text_frame.text for shape in slides[0].shapes if shape.has_text_frame)
    for row in brief_statements(results, year=year, department="").itertuples():
        assert (row.key_point in first) == (row.topic in briefing()["paper"]["topics"])
    rows = brief_rows(results, year=year).sort_values("execution_rate", kind="stable").head(briefing()["chart_rows"])
    chart = next(shape.chart for shape in slides[1].shapes if shape.has_chart)
    assert list(chart.plots[0].categories) == rows.iloc[::-1, 0].tolist()
    assert list(chart.plots[0].series[0].values) == pytest.approx((rows["execution_rate"].iloc[::-1] * 100).round(2))
    under = int((brief_rows(results, year=year)["execution_rate"] < 0.8).sum())
    assert (f"{under}个低于80%" if under else "都不低于80%") in slides[1].shapes.title.text_frame.text
    table = next(shape.table for shape in slides[2].shapes if shape.has_table)
    assert table.cell(1, 0).text == brief_rows(results, year=year).iloc[0, 0]
    for slide in slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= 33.867 * 360000


def test_a_brief_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    sample = jixiao.evaluate("sample")
    (tmp_path / "要点.docx").write_bytes(b"old")
    with pytest.raises(RequestError, match="没有部门"):
        write_brief(sample, tmp_path / "要点.docx", year=2024, department="没有的局")
    assert (tmp_path / "要点.docx").read_bytes() == b"old"
    with pytest.raises(RequestError, match="只能写成"):
        write_brief(sample, tmp_path / "要点.txt", year=2024)


def test_hostile_names_stay_text_in_the_brief(tmp_path: Path) -> None:
    from docx import Document
    from pptx import Presentation

    evil = "=1+1\x1b[31m\u202e<b>&\x00{0}%s"
    sample = jixiao.evaluate("sample")

    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        names = [name for name in ("project", "department", "title") if name in frame]
        return frame.assign(**{name: evil + frame[name].astype("str") for name in names})

    frames = type(sample.frames)(**{name: spoil(frame) for name, frame in sample.frames.items()})
    spoiled = replace(
        sample, frames=frames, **{name: spoil(getattr(sample, name)) for name in ("scores", "totals", "findings")}
    )
    for name in ("一.docx", "一.pptx"):
        write_brief(spoiled, tmp_path / name, year=2024)
    text = "".join(paragraph.text for paragraph in Document(str(tmp_path / "一.docx")).paragraphs)
    assert "<b>&" in text and "\x1b" not in text and "\u202e" not in text
    assert len(Presentation(str(tmp_path / "一.pptx")).slides) == 3
