"""Teaching a form: in Python, from the command line, and once in a real browser with the network cut."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import openpyxl
import pytest
from test_reader import ARGUMENTS, CHROMIUM, Seen, free_port, running

from jixiao.builds.run import build
from jixiao.core.errors import DeclarationError, RequestError
from jixiao.publish.lessons import find_layouts, open_panel, summary
from jixiao.publish.lessons.lesson_panel import LessonPanel
from jixiao.reading.forms.sources import read_file
from jixiao.reading.forms.teaching import Lessons, choices, keep_lesson, lessons_folder, questions

ROOT = Path(__file__).resolve().parent.parent
ARTEFACTS = ROOT / "tests" / "artefacts"
EVIL = "<img src=x onerror=alert(1)>"
HEADERS = ["壹类", "贰类", "考什么", "想做到多少", "做到了多少", "满几分", "拿几分"]
MEANINGS = ["level1", "level2", "level3", "target", "actual", "weight", "reported_score"]


def write_form(path: Path, project: str) -> Path:
    """Write a form whose headers nobody knows."""
    book = openpyxl.Workbook()
    sheet = book.active
    rows = [
        ["项目支出绩效自评表（2024年度）"],
        ["项目名称", project],
        HEADERS,
        ["产出指标", "数量指标", f"培训人数{EVIL}", "≥50人", "51人", 60, 60],
        ["产出指标", "质量指标", "培训合格率", "≥90%", "95%", 40, 40],
    ]
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("A1:G1")
    sheet.merge_cells("B2:G2")
    sheet.merge_cells("A4:A5")
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    source = tmp_path / "data" / "source"
    for number in (1, 2):
        write_form(source / "2024" / f"{number}.xlsx", f"示例培训项目{number}")
    shutil.copytree(ROOT / "data" / "sample" / "2024", source / "2024", dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def panel(bench):
    return LessonPanel(find_layouts("source"))


def teach(panel):
    for header, meaning in zip(HEADERS, MEANINGS, strict=True):
        panel.fields["columns", header].value = meaning


def test_files_of_one_layout_are_one_line_and_the_unread_come_first(bench):
    layouts = find_layouts("source")
    assert [path.name for path in layouts[0].files] == ["1.xlsx", "2.xlsx"] and layouts[0].state == "refused"
    assert summary("source").startswith("未读的版式")


def test_a_header_that_nobody_knows_is_asked(bench):
    asked = questions(bench / "data" / "source" / "2024" / "1.xlsx")
    assert {question.text for question in asked if question.is_asked} <= set(HEADERS)
    assert len([question for question in asked if question.context == "columns"]) == len(HEADERS)
    assert [q.name for q in asked if q.text == "项目名称"] == ["project"]


def test_what_is_chosen_is_read_at_once_and_kept_for_the_other_files(bench, panel):
    assert "还不能读取" in panel.message.value
    teach(panel)
    assert "读出2项指标" in panel.message.value and "51人" in panel.result.value
    assert "<img" not in panel.form.value + panel.result.value and "&lt;img" in panel.form.value
    assert not lessons_folder().exists()
    panel.save.click()
    assert "2份中，2份现在能读出" in panel.told.value
    kept = (lessons_folder() / "示教版式1.yaml").read_text(encoding="utf-8")
    assert '"做到了多少": actual  # 完成值' in kept
    (reading,) = read_file(bench / "data" / "source" / "2024" / "2.xlsx")
    assert [record.texts["actual"] for record in reading.records] == ["51人", "95%"]
    assert "按示教的版式读作“完成值”" in {guess["reason"] for guess in reading.guesses}
    _, errors = build("source", bench / "data" / "built")
    assert not errors


def test_a_label_can_be_taught(bench):
    book = openpyxl.load_workbook(bench / "data" / "source" / "2024" / "1.xlsx")
    book.active["A2"] = "干的啥"
    path = bench / "甲.xlsx"
    book.save(path)
    lesson = {"columns": dict(zip(HEADERS, MEANINGS, strict=True)), "labels": {"干的啥": "project"}}
    assert "干的啥" in {question.text for question in questions(path) if question.context == "labels"}
    keep_lesson("甲", lesson)
    (reading,) = read_file(path)
    assert reading.head["project"].texts["project"] == "示例培训项目1"
    assert "按示教的版式读作“项目名称”" in {guess["reason"] for guess in reading.guesses}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id: 甲\ncolumns:\n  做到了多少: 乱写\n", "columns.做到了多少：“乱写”不在可选项内"),
        ("id: 甲\ncolums: {}\n", "colums：不认识的项"),
        ("columns: {}\n", "id：缺少该项"),
        ("- 甲\n", "甲.yaml"),
        ("id: !!python/object/apply:os.system [ls]\n", "甲.yaml"),
        ("id: [\n", "甲.yaml"),
        ("", "甲.yaml"),
    ],
)
def test_a_wrong_lesson_is_named_left_out_whole_and_stops_nothing(bench, content, said):
    lessons_folder().mkdir(parents=True)
    (lessons_folder() / "甲.yaml").write_text(content, encoding="utf-8")
    (broken,) = Lessons(lessons_folder()).broken
    assert said in str(broken) and "甲.yaml" in str(broken)
    results, errors = build("source", bench / "data" / "built")
    assert len(results.totals) > 0 and [error for error in errors if isinstance(error, DeclarationError)]


def test_a_lesson_that_contradicts_another_is_left_out(bench):
    keep_lesson("甲", {"columns": {"做到了多少": "actual"}})
    keep_lesson("乙", {"columns": {"做到了多少": "target"}})
    lessons = Lessons(lessons_folder())
    assert "columns.做到了多少：与另一份示教不同" in str(lessons.broken[0])


def test_a_name_that_is_taken_or_no_name_keeps_what_is_stored(bench, panel):
    keep_lesson("示教版式9", {"columns": {"别的": "actual"}})
    before = (lessons_folder() / "示教版式9.yaml").read_bytes()
    panel.save.click()
    assert "没有改动" in panel.told.value
    teach(panel)
    for name, said in (("示教版式9", "已有名为"), ("../甲", "不能作文件名")):
        panel.name.value = name
        panel.save.click()
        assert said in panel.told.value
    assert (lessons_folder() / "示教版式9.yaml").read_bytes() == before
    with pytest.raises(RequestError, match="没有名称含"):
        open_panel("source", name="没有的")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
def test_in_a_browser_a_layout_is_taught_in_under_ten_clicks(bench, tmp_path):
    from playwright.sync_api import sync_playwright

    text = (ROOT / "notebooks" / "12_teach_a_form.ipynb").read_text(encoding="utf-8")
    stem = bench / "notebooks" / "12_teach_a_form.ipynb"
    stem.write_text(text.replace('\\"sample\\"', '\\"source\\"', 1), encoding="utf-8")
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-m", "voila", str(stem), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with running(command, f"{address}voila/static/none", tmp_path, tmp_path / "voila.log"):
            seen = Seen(browser, address)
            page = seen.page
            seen.wait("document.querySelector('.jixiao-headers select') !== null")
            ARTEFACTS.mkdir(exist_ok=True)
            acts = 0
            for header, meaning in zip(HEADERS, MEANINGS, strict=True):
                places = page.locator(".jixiao-headers b").all_inner_texts()
                field = page.locator(".jixiao-headers select").nth(places.index(header))
                wanted = choices("columns")[meaning]
                if field.evaluate("box => box.selectedOptions[0].innerText") != wanted:
                    field.select_option(label=wanted)
                    acts += 1
            page.wait_for_selector(".jixiao-lesson p.good:has-text('读出2项指标')")
            page.get_by_role("button", name="保存示教").click()
            page.wait_for_selector(".jixiao-lesson p.saved")
            assert acts + 1 < 10 and "2份现在能读出" in page.locator("p.saved").inner_text()
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=ARTEFACTS / f"teach_{width}.png", full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), width
            assert seen.is_clean()
        browser.close()
    (reading,) = read_file(bench / "data" / "source" / "2024" / "2.xlsx")
    assert len(reading.records) == 2
