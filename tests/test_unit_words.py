"""What a unit wrote stands in its report word for word, each paragraph with its line; what is missing is asked for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import docx
import pandas as pd
import pytest
from conftest import ROOT
from paper_reading import paragraphs_of, text_of

from jixiao.builds.run import evaluate
from jixiao.checks.texts import find_claims, read_document
from jixiao.core.errors import FormError
from jixiao.publish import papers
from jixiao.publish.papers.contents import find_evaluation
from jixiao.publish.papers.open_questions import open_questions, write_questions
from jixiao.publish.papers.unit_words import fill_outline, highest_number, outline_of
from jixiao.reading.supplements import keep_supplement, list_answers, read_supplement

SHARED = next((place / "shared" / "documents" for place in ROOT.parents if (place / "shared").is_dir()), ROOT / "none")
DOCUMENTS = Path(os.environ.get("JIXIAO_DOCUMENTS") or SHARED) / "docx"
ROAD = {"year": 2024, "project": "示例农村公路养护项目", "evaluation": "department"}


def passage(line, section, subsection, kind, text, level=None, ordinal=""):
    return {
        **{"line": line, "section": section, "subsection": subsection, "passage_kind": kind, "text": text},
        **{"level": level, "ordinal": ordinal, "source_file": "a.docx"},
    }


WRITTEN = pd.DataFrame(
    [
        passage(1, "preface", "", "text", "为了解情况，开展评价。"),
        passage(2, "basics", "", "heading", "基本情况", 1, "一、"),
        passage(3, "basics", "overview", "heading", "项目概况", 2, "（一）"),
        passage(4, "basics", "background", "heading", "项目背景", 3, "1."),
        passage(5, "basics", "background", "text", "路面破损。"),
        passage(6, "basics", "objective", "heading", "项目绩效目标", 2, "（二）"),
        passage(7, "basics", "objective_total", "heading", "总体目标", 3, "1."),
        passage(8, "basics", "objective_total", "text", "养护三百公里。具体如下表所示："),
        passage(9, "basics", "objective_total", "caption", "表 1 目标表"),
        passage(10, "basics", "objective_total", "table", "指标｜指标值\n养护里程｜≥300公里"),
        passage(11, "conclusion", "", "heading", "评价结论", 1, "三、"),
        passage(12, "conclusion", "", "text", "评价得分93分。"),
        passage(13, "conclusion", "", "caption", "表2 得分汇总表"),
        passage(14, "conclusion", "", "table", "决策｜综合得分\n15｜93"),
        passage(15, "lessons", "experience", "heading", "空的一节", 3, "1."),
        passage(16, "lessons", "problems", "heading", "存在的问题", 2, "（二）"),
        passage(17, "lessons", "problems", "text", "1.边沟清理不及时。"),
        passage(18, "annex", "", "text", "附件"),
    ]
)


def test_every_passage_goes_where_the_outline_wants_it():
    filled = fill_outline(WRITTEN, "report")
    assert list(filled) == list(outline_of("report"))
    texts = {name: [row["text"] for row in said] for name, said in filled.items() if said}
    assert texts["preface"] == ["为了解情况，开展评价。"]
    assert texts["overview"] == ["1.项目背景", "路面破损。"], "the heading that the paper prints itself is not repeated"
    assert texts["objectives"][:3] == ["1.总体目标", "养护三百公里。具体如下表所示：", "目标表"]
    assert texts["conclusion"] == ["评价得分93分。"], "a table of points is made from the frames"
    assert "experience" not in texts, "a heading below which nothing stands is left out"
    assert texts["problems"] == ["1.边沟清理不及时。"]
    assert not any("附件" in text for said in texts.values() for text in said)
    assert [row["line"] for row in filled["overview"]] == [4, 5]


def test_a_table_called_by_its_number_keeps_it():
    assert [row["look"] for row in fill_outline(WRITTEN, "report")["objectives"]][2] == "numbered_caption"
    called = WRITTEN.assign(text=WRITTEN["text"].str.replace("如下表所示", "见表1"))
    filled = fill_outline(called, "report")
    assert filled["objectives"][2]["text"] == "表 1 目标表" and highest_number(filled) == 1


def places(tmp_path) -> Path:
    """The four published documents in the folders of their years."""
    for year, start in (("2021", ("003", "004")), ("2022", ("000", "002"))):
        (tmp_path / year).mkdir()
        for path in sorted(DOCUMENTS.glob("*.docx")):
            if path.name.startswith(start):
                shutil.copy(path, tmp_path / year)
    return tmp_path


def named(chosen) -> dict:
    return {"year": int(chosen["year"]), "project": chosen["project_id"], "evaluation": chosen["evaluation"]}


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the published documents are not here: set JIXIAO_DOCUMENTS")
def test_the_reports_of_the_published_documents_are_their_own_words(tmp_path):
    place = places(tmp_path / "p") if (tmp_path / "p").mkdir() is None else None
    results = evaluate(place)
    assert len(results.totals) == 6
    claims = [find_claims([read_document(path, path.name)]) for path in sorted(place.rglob("*.docx"))]
    said = [row for found in claims for row in found[found["verdict"] == "fails"].itertuples()]
    known = {(row.code, row.quote) for row in said} | {(row.code, row.printed, row.derived) for row in said}
    for number, chosen in results.totals.iterrows():
        path = papers.write_report(results, tmp_path / f"{number}.docx", **named(chosen))
        text, told = text_of(path), papers.told_in(results, **named(chosen))
        assert text.count("（待填写") <= 3
        printed = set(paragraphs_of(path))
        source = results.frames.passages.set_index(["source_file", "line"])["text"]
        for row in told:
            line = source[row["file"], row["line"]]  # a heading bears its number, a caption that of the paper
            assert row["text"].endswith(line) or line.endswith(row["text"])
            if "｜" not in row["text"]:
                assert row["text"] in printed or any(line.endswith(row["text"]) for line in printed)
        if chosen["evaluation"] != "self":
            assert len(told) > 60
            own = [line for line in printed if line and not any(line in row["text"] for row in told)]
            assert sum(map(len, own)) < 0.55 * len(text), "most of a report is what its unit wrote"
        found = find_claims([read_document(path, path.name)])
        failing = found[found["verdict"] == "fails"]
        new = [
            row
            for row in failing.itertuples()
            if not {(row.code, row.quote), (row.code, row.printed, row.derived)} & known
        ]
        assert [(row.code, row.quote, row.arithmetic) for row in new] == []


@pytest.fixture()
def sample(tmp_path) -> Path:
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data")
    return tmp_path / "data"


def test_a_whole_report_needs_nothing_from_a_person(sample, tmp_path):
    results = evaluate(sample)
    path = papers.write_report(results, tmp_path / "a.docx", **ROAD)
    text = text_of(path)
    assert "（待填写" not in text
    received = docx.Document(str(next(sample.glob("2024/*公路*部门评价*.docx"))))
    written = [p.text for p in received.paragraphs if p.style.name == "Normal" and len(p.text) > 12]
    assert len(written) >= 28
    assert [line for line in written if line not in text] == []
    chosen = find_evaluation(results, **ROAD)
    assert open_questions(results, chosen) == [] or all(
        "原因" in row["text"] for row in open_questions(results, chosen)
    )


def test_the_answers_of_a_filled_form_stand_in_the_report(sample, tmp_path):
    asked = {"year": 2023, "project": "示例校园网络运维项目", "evaluation": "self"}
    results = evaluate(sample)
    chosen = find_evaluation(results, **asked)
    before = text_of(papers.write_report(results, tmp_path / "before.docx", **asked))
    count = write_questions(results, tmp_path / "asked.docx", chosen)
    document = docx.Document(str(tmp_path / "asked.docx"))
    rows = document.tables[-1].rows[1:]
    assert len(rows) == count > 5 and "（待填写" in before
    for number, row in enumerate(rows):
        row.cells[3].text = f"第{number}问由单位作答，没有数字。" if number else ""
    rows[0].cells[3].text = "设备老化，更换较慢。"
    document.save(str(tmp_path / "filled.docx"))
    given = read_supplement(tmp_path / "filled.docx")
    assert (given.project, given.year, given.evaluation) == (asked["project"], 2023, "self")
    for _ in range(2):  # an answer that comes again replaces the first
        kept = keep_supplement(sample, given, project_id=chosen["project_id"], department=chosen["department"])
    assert kept.name == "answers.yaml" and len(list_answers(sample)) == count
    again = evaluate(sample)
    after = text_of(papers.write_report(again, tmp_path / "after.docx", **asked))
    assert "（待填写" not in after and "设备老化，更换较慢" in after
    told = papers.told_in(again, **asked)
    assert {row["file"] for row in told} == {"answers.yaml"} and len(told) == count - given_reasons(given)
    assert open_questions(again, find_evaluation(again, **asked)) == []


def given_reasons(given) -> int:
    return sum(bool(entry["indicator"]) for entry in given.answers)


def test_a_file_that_is_no_form_of_questions_is_refused(tmp_path):
    form = next((ROOT / "data" / "sample").glob("2023/*自评表.xlsx"))
    with pytest.raises(FormError, match="不是补充情况表"):
        read_supplement(form)
    results = evaluate(ROOT / "data" / "sample")
    chosen = results.totals[results.totals["evaluation"] == "self"].iloc[0]
    write_questions(results, tmp_path / "asked.docx", chosen)
    document = docx.Document(str(tmp_path / "asked.docx"))
    document.tables[-1].rows[1].cells[1].text = "别的问题"
    document.save(str(tmp_path / "asked.docx"))
    with pytest.raises(FormError, match="“别的问题”不是所问的内容"):
        read_supplement(tmp_path / "asked.docx")
