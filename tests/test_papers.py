"""Reports as Word documents: layout, numbers, hostile texts, templates."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import docx
import pandas as pd
import pytest
import yaml
from conftest import ROOT
from docx.oxml.ns import qn
from docx.shared import Pt
from paper_reading import exact, grid_of, known_numbers, numbers_of, paragraphs_of, round_up, text_of

import make_papers
from jixiao.analysis.summary import choose_department, select_rows
from jixiao.builds.run import evaluate
from jixiao.checks.texts import find_claims, read_document
from jixiao.core.errors import RequestError
from jixiao.core.frames import Frames
from jixiao.core.results import Results
from jixiao.publish import papers
from jixiao.publish.papers.review_opinion import ranked_findings
from jixiao.sample import Wanted, write_province

DATA = ROOT / "data"
TYPED = {Decimal(1), Decimal(2)}  # the templates print 附件1 and 附件2, nothing else
DATES = {Decimal(1), Decimal(12), Decimal(31)}  # the evaluated period is the whole year
NEVER = ("由系统", "系统按", "规则得分", "复核", "允许0", "少给", "多给", "从略", "本次评价的年度")
"""What nobody writes into a report that is filed."""
HOSTILE = "{{7*7}}{% raw %}{_{x}_}<w:p/>&amp;=1+1$\\alpha$“'\"\x07\ufdd0😀\n第二行" + "长" * 200


@pytest.fixture(scope="module")
def real() -> Results:
    return evaluate(DATA / "source")


@pytest.fixture(scope="module")
def province(tmp_path_factory) -> Results:
    place = tmp_path_factory.mktemp("province") / "p"
    write_province(Wanted(departments=2, years=(2024,), projects=3, seed=3), place)
    return evaluate(place)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Results:
    place = tmp_path_factory.mktemp("whole") / "2023"
    place.mkdir()
    shutil.copy(ROOT / "tests" / "forms" / "files" / "部门整体_档案馆.xlsx", place)
    return evaluate(place.parent)


@pytest.fixture(scope="module")
def written(real, province, whole, tmp_path_factory) -> list[tuple[Path, Results, pd.Series]]:
    """Every real evaluation, those of a small province, and one of a whole department."""
    out, done = tmp_path_factory.mktemp("reports"), []
    for results in (real, province, whole):
        for number, chosen in results.totals.iterrows():
            path = out / f"{len(done)}_{number}.docx"
            papers.write_report(results, path, **named(chosen))
            done.append((path, results, chosen))
    assert {chosen["evaluation"] for _, _, chosen in done} == {"self", "department", "finance", "whole"}
    return done


@pytest.fixture(scope="module")
def summaries(real, province, tmp_path_factory) -> list[tuple[Path, Results]]:
    out, done = tmp_path_factory.mktemp("summaries"), []
    for results in (real, province):
        for year, name in results.frames.projects[["year", "department"]].drop_duplicates().itertuples(index=False):
            path = out / f"{len(done)}.docx"
            papers.write_department(results, path, year=year, department=name)
            done.append((path, choose_department(results, year, name)))
    return done


def named(chosen: pd.Series) -> dict:
    return {"year": int(chosen["year"]), "project": chosen["project_id"], "evaluation": chosen["evaluation"]}


def rows_of(results: Results, chosen: pd.Series) -> pd.DataFrame:
    scores = select_rows(results.scores, chosen)
    return scores[scores["is_counted"]]


def allowed(results: Results, chosen: pd.Series) -> set[Decimal]:
    """Every number a report may print, worked out from the frames alone."""
    frames = [select_rows(frame, chosen) for frame in (results.scores, results.findings)]
    frames += [select_rows(getattr(results.frames, name), chosen) for name in ("evaluations", "budgets")]
    found = known_numbers([*frames, pd.DataFrame([chosen]).convert_dtypes()]) | TYPED
    counted = rows_of(results, chosen)
    for keys in (["category"], ["category", "subcategory"], ["evaluation"]):
        for _, group in counted.groupby(keys):
            weight, points = exact(group["weight"]), exact(group["reported_score"])
            found |= {weight, points} if group["reported_score"].notna().all() else {weight}
            if weight and points == points:
                found.add(round_up(points / weight * 100, 2))
    found |= {exact(pd.Series([row.weight, -row.reported_score])) for row in counted.itertuples()}
    found |= {Decimal(line) for line in (60, 80, 90, 100)}  # the bands of the grades and the full score
    found |= {Decimal(number) for number in range(1, max(len(counted), len(frames[1])) + 1)}  # counts and numbering
    for text in {results.remark, *(rule.name + rule.basis.text for rule in framework_texts(chosen))}:
        found |= numbers_of(text)
    return found | {Decimal(0)} | DATES


def framework_texts(chosen):
    from jixiao.scoring.frameworks import load_framework

    return [load_framework(chosen["framework"])]


def test_the_shipped_templates_are_what_their_texts_give():
    assert make_papers.differing() == []


def test_no_number_is_typed_in_a_template():
    texts = yaml.safe_load(make_papers.TEXTS.read_text(encoding="utf-8"))

    def lines(part):
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            for value in part.values():
                yield from lines(value)
        elif isinstance(part, list):
            for value in part:
                yield from lines(value)

    written = [line for part in ("blocks", "papers") for line in lines(texts[part])]
    assert set().union(*(numbers_of(line) for line in written)) == TYPED


def test_the_page_is_that_of_an_official_document(written):
    document = docx.Document(str(written[0][0]))
    upright, turned = document.sections
    margins = [upright.top_margin, upright.bottom_margin, upright.left_margin, upright.right_margin]
    assert [round(margin.mm) for margin in margins] == [37, 35, 28, 26]
    assert (round(upright.page_width.mm), round(upright.page_height.mm)) == (210, 297)
    assert (round(turned.page_width.mm), round(turned.page_height.mm)) == (297, 210)
    assert upright.even_page_footer._element.xpath("string(.//w:fldSimple/@w:instr)").strip() == "PAGE"
    assert document.settings.odd_and_even_pages_header_footer
    body = document.styles["Normal"]
    assert body.font.size == Pt(16) and 28 <= body.paragraph_format.line_spacing.pt <= 30
    assert body.element.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) == "200"
    looks = {
        name: document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Title", "Heading 1", "Heading 2", "Heading 3", "Normal", "Caption")
    }
    assert list(looks.values()) == ["方正小标宋简体", "黑体", "楷体", "仿宋", "仿宋", "黑体"]
    assert document.styles["Title"].font.size == Pt(22)


def test_headings_are_numbered_as_official_documents_are(written):
    document = docx.Document(str(next(path for path, _, chosen in written if chosen["evaluation"] == "finance")))
    levels = list(document.part.numbering_part.element.iter(qn("w:lvl")))
    numbered = [tuple(level.find(qn(name)).get(qn("w:val")) for name in ("w:numFmt", "w:lvlText")) for level in levels]
    assert numbered == [
        ("chineseCountingThousand", "%1、"),
        ("chineseCountingThousand", "（%2）"),
        ("decimal", "%3."),
        ("decimal", "%4."),  # items stand right below the second level: no level is left out
    ]
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == [  # 财预〔2020〕10号附3
        "基本情况",
        "绩效评价工作开展情况",
        "综合评价情况及评价结论",
        "绩效评价指标分析",
        "主要经验及做法、存在的问题及原因分析",
        "有关建议",
        "其他需要说明的问题",
    ]


def test_the_summary_of_a_department_has_its_six_sections(summaries):
    found = 0
    for path, mine in summaries:
        document = docx.Document(str(path))
        headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
        if len(mine.frames.projects) == 1:
            assert headings == [] and not document.tables, "a department of one project takes one page"
            assert len(text_of(path)) < 600
            continue
        found += 1
        assert headings == [
            "项目绩效目标管理情况",
            "自评工作组织开展情况",
            "综合评价结论",
            "绩效目标完成情况总体分析",
            "偏离绩效目标的原因和改进措施",
            "自评结果应用和公开情况",
        ]
    assert found


def test_captions_are_numbered_referred_to_and_kept_with_what_they_name(written, summaries):
    for path in [*(entry[0] for entry in written), *(entry[0] for entry in summaries)]:
        document = docx.Document(str(path))
        body = document.element.body
        shown = {}
        for word in ("表", "图"):
            fields = [f for f in body.iter(qn("w:fldSimple")) if f.get(qn("w:instr")).split()[:2] == ["SEQ", word]]
            numbers = [next(field.iter(qn("w:t"))).text for field in fields]
            assert numbers == [str(number) for number in range(1, len(fields) + 1)], path.name
            for field, number in zip(fields, numbers, strict=True):
                shown[next(field.itersiblings(qn("w:bookmarkStart"), preceding=True)).get(qn("w:name"))] = (
                    f"{word}{number}"
                )
        for field in body.iter(qn("w:fldSimple")):
            words = field.get(qn("w:instr")).split()
            if words[0] == "REF":
                assert next(field.iter(qn("w:t"))).text == shown[words[1]]
        for table in document.tables:
            before = docx.text.paragraph.Paragraph(table._tbl.getprevious(), document)
            assert before.style.name == "caption" or before.style.name == "Caption"
            assert before.style.element.pPr.find(qn("w:keepNext")) is not None
            head, *rows = table._tbl.findall(qn("w:tr"))
            assert head.trPr.find(qn("w:tblHeader")) is not None
            assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in [head, *rows])
            assert sum(int(c.get(qn("w:w"))) for c in table._tbl.tblGrid.findall(qn("w:gridCol"))) <= 13800
        pictures = list(body.iter(qn("wp:docPr")))
        assert len(pictures) == sum(name.startswith("picture") for name in shown)
        for picture in pictures:
            assert picture.get("descr")
            paragraph = next(picture.iterancestors(qn("w:p")))
            assert paragraph.pPr.pStyle.val == "Picture"
            assert paragraph.getnext().pPr.pStyle.val == "PictureCaption"


def test_every_number_of_a_report_stands_in_the_frames(written):
    for path, results, chosen in written:
        numbers = numbers_of(text_of(path))
        assert numbers - allowed(results, chosen) == set(), path.name
        assert len(numbers) > 12


def test_a_wrong_number_would_be_found(written, tmp_path):
    path, results, chosen = written[0]
    document = docx.Document(str(path))
    paragraph = next(p for p in document.paragraphs if "94.7" in p.text)
    run = next(run for run in paragraph.runs if "94.7" in run.text)
    run.text = run.text.replace("94.7", "94.71")
    document.save(str(tmp_path / "wrong.docx"))
    assert numbers_of(text_of(tmp_path / "wrong.docx")) - allowed(results, chosen) == {Decimal("94.71")}


def test_the_scoring_table_and_the_paragraphs_say_what_the_frames_say(written):
    for path, results, chosen in written:
        document = docx.Document(str(path))
        counted = rows_of(results, chosen)
        table = next(grid for grid in map(grid_of, document.tables) if grid[0][2] == "三级指标")
        weight, points, reason = (table[0].index(name) for name in ("分值", "得分", "扣分原因"))
        assert len(table) == len(counted) + 2
        items = [p.text for p in document.paragraphs if p.style.name == "条目"][: len(counted)]
        for cells, item, row in zip(table[1:], items, counted.itertuples(), strict=False):
            assert cells[:2] == [row.category, row.subcategory]
            name = row.indicator or row.subcategory or row.category
            assert cells[2] == name and item.startswith(name)
            for cell, value in ((cells[weight], row.weight), (cells[points], row.reported_score)):
                assert (Decimal(cell) if cell != "—" else None) == (None if value != value else Decimal(repr(value)))
            if row.weight == row.weight:
                assert item.startswith(f"{name}（{cells[weight]}分）")
            if row.reported_score == row.reported_score:
                assert f"得{cells[points]}分" in item
            lost = row.weight - row.reported_score
            assert bool(cells[reason]) == (lost > 0) == ("扣" in item.removeprefix(name))
            if lost > 0 and row.deviation_reason:
                assert cells[reason] == row.deviation_reason and f"扣分原因：{row.deviation_reason}" in item


def test_a_report_is_no_audit_and_speaks_as_its_trade_does(written, summaries):
    for path in [*(entry[0] for entry in written), *(entry[0] for entry in summaries)]:
        text = text_of(path)
        assert [word for word in NEVER if word in text] == [], path.name
        assert text.count("（待填写") <= 3, path.name
        assert not re.search(r"[“][^”]*[“]", text), "a quotation inside a quotation"
        rates = [Decimal(rate) for rate in re.findall(r"完成率为([\d.]+)%", text)]
        assert all(rate < 100 for rate in rates), path.name
    for path, results, chosen in written:
        items = [p.text for p in docx.Document(str(path)).paragraphs if p.style.name == "条目"]
        for row in rows_of(results, chosen).itertuples():
            name = row.indicator or row.subcategory or row.category
            if row.direction == "negative" or "满意" in f"{row.subcategory}{row.indicator}":
                assert not [item for item in items if item.startswith(f"{name}（") and "完成率为" in item]


def test_every_missed_target_stands_among_the_deviations(written):
    seen = 0
    for path, results, chosen in written:
        if chosen["evaluation"] not in {"self", "whole"}:
            continue
        paragraphs = docx.Document(str(path)).paragraphs
        heading = [p.text for p in paragraphs].index("偏离绩效目标的原因和改进措施")
        told = "\n".join(p.text for p in paragraphs[heading + 1 :])
        missed = [
            row
            for row in rows_of(results, chosen).itertuples()
            if row.reported_score < row.weight or (row.completion_rate < 1 and row.method != "cost_band")
        ]
        for row in missed:
            assert (row.indicator or row.subcategory or row.category) in told, path.name
        seen += len(missed)
        points = [Decimal(found) for found in re.findall(r"（扣([\d.]+)分）", told)]
        assert points == sorted(points, reverse=True)
    assert seen > 5


def test_levels_of_the_scoring_table_are_merged(written):
    path = written[0][0]
    table = docx.Document(str(path)).tables[2]
    first = [row.findall(qn("w:tc"))[0] for row in table._tbl.findall(qn("w:tr"))[1:-1]]
    merges = [cell.tcPr.find(qn("w:vMerge")) for cell in first]
    values = ["" if merge is None else merge.get(qn("w:val")) for merge in merges]
    assert values == ["", "restart", *["continue"] * 11, "restart", "continue", ""]


def test_the_conclusion_is_bound(written):
    for path, _, chosen in written:
        if chosen["total_reported"] == chosen["total_reported"]:
            assert f"总分为{Decimal(repr(chosen['total_reported'])).normalize():f}分" in text_of(path)


def test_the_opinion_is_a_letter_that_holds_every_finding(written, tmp_path):
    """What the audit found goes to the unit in a document of its own, most points first."""
    for number, (_, results, chosen) in enumerate(written):
        path = papers.write_review(results, tmp_path / f"{number}.docx", **named(chosen))
        text, document = text_of(path), docx.Document(str(path))
        assert f"{chosen['unit'] or chosen['department']}：" in text and "复核意见" in text
        findings = select_rows(results.findings, chosen)
        if findings.empty:
            assert "没有发现需要核实的问题" in text
            continue
        table = next(grid for grid in map(grid_of, document.tables) if "处理意见" in grid[0])
        places = {f"{r.source_file}，{r.source_sheet}，{r.source_cell}" for r in findings.itertuples()}
        assert {row[-1] for row in table[1:]} == places and len(table) == len(findings) + 1
        errors, warnings = (int((findings["severity"] == name).sum()) for name in ("error", "warning"))
        counts = zip(("错误", "警告", "疑问及其他"), (errors, warnings, len(findings) - errors - warnings), strict=True)
        told = "、".join(f"{name}{count}个" for name, count in counts if count)
        assert f"共提出问题{len(findings)}个，其中{told}，" in text
        recount = next(grid for grid in map(grid_of, document.tables) if "复算得分" in grid[0])
        assert len(recount) == len(rows_of(results, chosen)) + 1
        ranked = ranked_findings(results, chosen)
        assert ranked["stake"].tolist() == sorted(ranked["stake"], reverse=True)


def test_our_own_texts_contradict_themselves_nowhere(written, summaries):
    """The finders of ``jixiao audit --text`` read every report; they find many claims and no contradiction."""
    holding = 0
    for path in [*(entry[0] for entry in written), *(entry[0] for entry in summaries)]:
        claims = find_claims([read_document(path, path.name)])
        untold = claims["code"].eq("claim_reason") & claims["severity"].eq("question")  # of a unit that told no rate
        failing = claims[(claims["verdict"] == "fails") & ~untold]
        assert failing[["code", "quote", "arithmetic"]].values.tolist() == [], path.name
        holding += int((claims["verdict"] == "holds").sum())
    assert holding > 100


def test_nothing_missing_is_printed_as_such(written, summaries):
    for path in [*(entry[0] for entry in written), *(entry[0] for entry in summaries)]:
        text = text_of(path)
        for wrong in ("nan", "None", "<NA>", "NaT", "{{", "{%", "。。", "\ufdd0", "，，"):
            assert wrong not in text, (path.name, wrong)


def test_open_places_are_marked(written):
    for path, _, _ in written:
        runs = [run for p in docx.Document(str(path)).paragraphs for run in p.runs if "（待填写" in run.text]
        assert len(runs) <= 3
        assert all(run.font.highlight_color is not None for run in runs)


def test_the_summary_counts_what_is_there(summaries):
    for path, mine in summaries:
        text = text_of(path)
        top = mine.frames.projects[mine.frames.projects["project_level"] == "project"]
        kinds = mine.totals["evaluation"].value_counts()
        assert f"共有项目{len(top)}个" in text or re.search(r"应评项目[1-9]\d*个（", text), path.name
        if "应评项目" not in text:
            assert len(top) == 1
        if len(top) == 1:
            assert top["project"].iloc[0] in text
            continue
        received = "、".join(
            f"{name}{kinds[kind]}份"
            for kind, name in (("self", "单位自评"), ("department", "部门评价"), ("finance", "财政评价"))
            if kind in kinds
        )
        assert (f"收到{received}，" if received else "没有收到以本部门名义报送的评价") in text
        table = grid_of(docx.Document(str(path)).tables[-1])
        assert {row[1] for row in table[1:]} == set(top["project"]) | set(mine.totals["project"])
        graded = [row for row in table[1:] if row[7] != "—"]
        assert len(graded) == int(mine.totals["total_reported"].notna().sum())


def hostile(results: Results) -> Results:
    """The results with a hostile text in every name and word a person typed."""

    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        names = ("project", "unit", "department", "indicator", "category", "objective", "actual_text", "message")
        more = ("deviation_reason", "scoring_standard", "score_explanation", "source_sheet", "title", "resolution")
        return frame.assign(**{name: HOSTILE for name in (*names, *more) if name in frame})

    frames = Frames(**{name: spoil(frame) for name, frame in results.frames.items()})
    parts = {name: spoil(getattr(results, name)) for name in ("scores", "totals", "findings")}
    return replace(results, frames=frames, remark=HOSTILE, **parts)


@pytest.fixture(scope="module")
def spoiled(real) -> Results:
    return hostile(real)


def test_hostile_texts_stay_texts(spoiled, tmp_path):
    chosen = spoiled.totals.iloc[0]
    path = papers.write_report(spoiled, tmp_path / "a.docx", **named(chosen))
    text = text_of(path)
    shown = HOSTILE.replace("\x07", "").replace("\ufdd0", "")
    first, second = shown.split("\n")
    assert text.count(first) > 20 and second in text and "49" not in numbers_text(text.replace(first, ""))
    papers.write_review(spoiled, tmp_path / "c.docx", **named(chosen))
    assert first in text_of(tmp_path / "c.docx")
    papers.write_department(spoiled, tmp_path / "b.docx", year=int(chosen["year"]), department=HOSTILE)
    assert first in text_of(tmp_path / "b.docx")


def numbers_text(text: str) -> set[str]:
    return {str(number) for number in numbers_of(text)}


def test_equal_results_give_equal_bytes(real, tmp_path):
    chosen = real.totals.iloc[0]
    first = papers.write_report(real, tmp_path / "a.docx", **named(chosen)).read_bytes()
    later = replace(real, place=tmp_path)
    assert papers.write_report(later, tmp_path / "b.docx", **named(chosen)).read_bytes() == first
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    created = docx.Document(str(tmp_path / "a.docx")).core_properties.created
    assert created.replace(tzinfo=None) == real.as_of.replace(tzinfo=None, microsecond=0)


def test_a_unit_edits_its_own_template(real, tmp_path):
    """What Word does to a template when it is edited: signs broken over runs, fields saved the other way."""
    own = papers.copy_template("self_evaluation", tmp_path / "own.docx")
    document = docx.Document(str(own))
    first = next(p for p in document.paragraphs if p.style.name == "Heading 1")
    added = first.insert_paragraph_before("")
    for part in ("本单位：{", "{ un", "it }", "}。（待填写：文号）"):
        added.add_run(part)
    for kind in ("begin", "separate", "end"):
        char = docx.oxml.parse_xml(f'<w:fldChar xmlns:w="{first._p.nsmap["w"]}" w:fldCharType="{kind}"/>')
        added.add_run()._r.append(char)
        if kind == "begin":
            code = docx.oxml.parse_xml(f'<w:instrText xmlns:w="{first._p.nsmap["w"]}"> REF scores \\h </w:instrText>')
            added.add_run()._r.append(code)
        if kind == "separate":
            added.add_run("表9")
    document.save(str(own))
    chosen = real.totals.iloc[0]
    path = papers.write_report(real, tmp_path / "a.docx", template=own, **named(chosen))
    assert f"本单位：{chosen['unit']}。（待填写：文号）" in text_of(path)
    assert any(
        line.endswith("（待填写：文号） REF scores \\h 表3") or line.endswith("表3") for line in paragraphs_of(path)
    )
    assert "表9" not in text_of(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ nothing }}", "nothing"),
        ("{{ project.__class__.__mro__ }}", "不能填写"),
        ("{{ project | nofilter }}", "标记写错"),
        ("{% if unit %}", "标记写错"),
        ("{% for item in lost %}", "标记写错"),
    ],
)
def test_a_wrong_template_is_told_in_one_sentence(real, tmp_path, text, said):
    own = papers.copy_template("self_evaluation", tmp_path / "own.docx")
    document = docx.Document(str(own))
    document.paragraphs[0].insert_paragraph_before(text)
    document.save(str(own))
    target = tmp_path / "a.docx"
    target.write_text("kept")
    with pytest.raises(RequestError, match=said):
        papers.write_report(real, target, template=own, **named(real.totals.iloc[0]))
    assert target.read_text() == "kept"


def test_no_template_wrong_kind_and_missing_evaluation(real, tmp_path):
    chosen = named(real.totals.iloc[0])
    (tmp_path / "text.docx").write_text("no document")
    with pytest.raises(RequestError, match=r"不是 \.docx"):
        papers.write_report(real, tmp_path / "a.docx", template=tmp_path / "text.docx", **chosen)
    with pytest.raises(RequestError, match="没有模板文件"):
        papers.write_report(real, tmp_path / "a.docx", template=tmp_path / "none.docx", **chosen)
    with pytest.raises(
        RequestError, match="现有：department、questions、reminder、report、review、self_evaluation、single"
    ):
        papers.copy_template("other", tmp_path / "a.docx")
    with pytest.raises(RequestError, match="应恰有1份"):
        papers.write_report(real, tmp_path / "a.docx", **{**chosen, "evaluation": "finance"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.docx"]


def test_the_hash_knows_a_template_of_ones_own(tmp_path):
    own = papers.copy_template("report", tmp_path / "own.docx")
    before = papers.papers_hash(own)
    own.write_bytes(own.read_bytes() + b" ")
    assert papers.papers_hash(own) != before
    assert papers.papers_hash() == papers.papers_hash()


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice prints the document")
def test_libreoffice_prints_the_report(written, tmp_path):
    path = next(path for path, _, chosen in written if chosen["evaluation"] == "finance")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    shown = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / f"{path.stem}.pdf"), "-"], capture_output=True, text=True
    )
    plain = "".join(shown.stdout.split())
    for text in ("一、基本情况", "（二）项目绩效目标", "四、绩效评价指标分析", "1.立项依据充分性", "—1—", "见表3"):
        assert text in plain, text


def test_a_table_of_the_unit_keeps_its_levels_together_and_its_numbers_whole():
    from jixiao.publish.papers.filled_templates import _column_widths, _merges

    rows = [["一级", "项目", "预算数"], ["产出", "甲", "10072.59"], ["", "乙", "3"], ["合计", "", "10075.59"]]
    begins, goes_on = ('<w:vMerge w:val="restart"/>', '<w:vMerge w:val="continue"/>')
    assert [row[0] for row in _merges(rows)] == ["", begins, goes_on, ""]
    widths = _column_widths([["名称", "数", "说明"], ["甲", "10072.59", "很长的说明" * 40]])
    assert widths[1] >= 8 * 105 + 240 and sum(widths) == 8845


def test_a_heading_of_the_unit_stands_once(tmp_path):
    from jixiao.publish.papers.unit_words import fill_outline

    names = ("section", "subsection", "passage_kind", "level", "ordinal", "text")
    rows = [
        ("work", "", "heading", 1, "二、", "绩效评价工作开展情况"),
        ("work", "purpose", "heading", 2, "（一）", "绩效评价目的、对象和范围"),
        ("work", "purpose", "heading", 3, "1.", "绩效评价目的"),
        ("work", "purpose", "text", 3, "", "检查资金使用情况。"),
        ("work", "scope", "heading", 3, "2.", "评价对象"),
        ("work", "scope", "text", 3, "", "全部资金。"),
    ]
    passages = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows])
    passages = passages.assign(source_file="a.docx", line=range(1, len(rows) + 1))
    said = [row["text"] for row in fill_outline(passages, "report")["purpose"]]
    assert said == ["1.绩效评价目的", "检查资金使用情况。", "2.评价对象", "全部资金。"]
