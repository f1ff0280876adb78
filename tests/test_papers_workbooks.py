"""Scoring tables and self-evaluation forms as workbooks: the official table, the findings, the sources."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pytest
from conftest import ROOT, cell_value

from jixiao.analysis.summary import select_rows
from jixiao.builds.run import evaluate
from jixiao.core.frames import Frames
from jixiao.publish import papers
from jixiao.publish.forms import read_frames
from jixiao.sample import Wanted, write_province

HOSTILE = '=HYPERLINK("http://example.com","a")'


@pytest.fixture(scope="module")
def real():
    return evaluate(ROOT / "data" / "source")


@pytest.fixture(scope="module")
def books(real, tmp_path_factory):
    """The workbook of every real evaluation, of some made-up ones and of a whole department."""
    place = tmp_path_factory.mktemp("place")
    write_province(Wanted(departments=2, years=(2024,), projects=3, seed=3), place / "p")
    (place / "w" / "2023").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "forms" / "files" / "部门整体_档案馆.docx", place / "w" / "2023")
    done = []
    for results in (real, evaluate(place / "p"), evaluate(place / "w")):
        for _, chosen in results.totals.iterrows():
            path = papers.write_workbook(results, place / f"{len(done)}.xlsx", **named(chosen))
            done.append((path, results, chosen))
    return done


def named(chosen):
    return {"year": int(chosen["year"]), "project": chosen["project_id"], "evaluation": chosen["evaluation"]}


def test_a_self_evaluation_is_read_back_from_its_form(books):
    for path, results, chosen in books:
        if chosen["form"] != "self_evaluation":
            continue
        again = read_frames(path)
        head = again.evaluations[again.evaluations["form"] == "self_evaluation"].iloc[0]
        assert head["total_reported"] == chosen["total_reported"]
        rows, mine = again.indicators, select_rows(results.frames.indicators, chosen)
        for column in ("indicator", "target_text", "actual_text", "weight", "reported_score", "deviation_reason"):
            assert rows[column].tolist() == mine[column].tolist()


def test_a_scoring_table_says_what_the_frames_say(books):
    for path, results, chosen in books:
        if chosen["form"] == "self_evaluation":
            continue
        sheet = openpyxl.load_workbook(path, data_only=True)["项目支出绩效评分表"]
        scores = select_rows(results.scores, chosen)
        rows = scores[scores["is_counted"] | scores["is_placeholder"]]
        for at, row in enumerate(rows.itertuples(), 6):
            assert (sheet.cell(at, 3).value or "") == row.indicator
            for column, value in ((4, row.weight), (8, row.reported_score)):
                shown = sheet.cell(at, column).value
                wanted = None if value != value else pytest.approx(value, abs=1e-9)
                assert shown == wanted, (path.name, at, column)
        last = 6 + len(rows)
        assert sheet.cell(last, 1).value == "总分" and sheet.cell(last + 1, 1).value == "评价等级"
        printed = chosen["total_reported"]
        assert sheet.cell(last, 8).value == (None if printed != printed else pytest.approx(printed))
        starts = {area.coord: area for area in sheet.merged_cells.ranges}
        firsts = {area.min_row for area in starts.values() if area.min_col == area.max_col == 1}
        assert all(6 <= first < last for first in firsts)


def test_sums_are_formulas_with_their_results(books):
    for path, _, _ in books:
        formulas, results = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
        sheet, shown = formulas.worksheets[0], results.worksheets[0]
        found = [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        for cell in found:
            assert cell.value.startswith("=ROUND(")
            result = shown[cell.coordinate].value
            assert isinstance(result, int | float)
            if "SUM(" in cell.value:
                areas = cell.value[cell.value.index("SUM(") + 4 : cell.value.index(")")].split(",")
                cells = [c for area in areas for row in as_rows(shown[area]) for c in row]
                total = sum((Decimal(str(c.value)) for c in cells if c.value is not None), Decimal(0))
                assert float(total) == pytest.approx(result)
        assert not any(
            c.data_type == "f" for other in formulas.worksheets[1:] for row in other.iter_rows() for c in row
        )


def as_rows(found):
    return found if isinstance(found, tuple) else ((found,),)


def test_the_wrong_sum_of_a_form_is_not_mended(books):
    """Where the printed total is not what its parts give, the printed one stays, as a number."""
    wrong = [
        (path, chosen)
        for path, _, chosen in books
        if chosen["form"] == "scoring_table"
        and chosen["reported_sum"] == chosen["reported_sum"]
        and abs(chosen["reported_sum"] - chosen["total_reported"]) > 0.001
    ]
    for path, chosen in wrong:
        cells = [cell for row in openpyxl.load_workbook(path).worksheets[0].iter_rows() for cell in row]
        assert any(cell.data_type == "n" and cell.value == chosen["total_reported"] for cell in cells)


def test_every_finding_stands_in_the_workbook_of_the_opinion(books, tmp_path):
    for number, (path, results, chosen) in enumerate(books):
        assert openpyxl.load_workbook(path).sheetnames[1] == "数据来源", "no finding stands in a filed workbook"
        opinion = openpyxl.load_workbook(papers.write_review(results, tmp_path / f"{number}.xlsx", **named(chosen)))
        rows = [[cell.value or "" for cell in row] for row in opinion["复核问题"].iter_rows(min_row=2)]
        findings = select_rows(results.findings, chosen)
        scores = select_rows(results.scores, chosen)
        counted = [[cell.value for cell in row] for row in opinion["逐项复算"].iter_rows(min_row=2)]
        assert len(counted) == int(scores["is_counted"].sum())
        if findings.empty:
            assert rows[0][0] == "没有发现问题"
            continue
        places = findings[["source_file", "source_sheet", "source_cell"]].values.tolist()
        assert sorted(row[7:] for row in rows) == sorted(places)


def test_every_number_leads_to_the_cell_it_was_read_from(real, books):
    """The sheet of sources is opened against the files as received, without the package."""
    checked = 0
    for path, results, _ in books:
        if results is not real:
            continue
        for row in list(openpyxl.load_workbook(path)["数据来源"].iter_rows(min_row=2, values_only=True))[::5]:
            what, column, value, file, sheet, address = row
            if column in {"分值", "原表得分"}:
                received = cell_value(file, sheet, address)
                digits = "".join(sign for sign in str(received) if sign in "0123456789.")
                assert float(digits) == float(value), (what, column, address)
                checked += 1
    assert checked > 40


def test_a_hostile_text_stays_a_text(real, tmp_path):
    chosen = real.totals[real.totals["form"] == "scoring_table"].iloc[0]
    spoil = {"indicator": HOSTILE, "actual_text": HOSTILE, "deviation_reason": "<r>a</r>"}
    spoilt = replace(real, scores=real.scores.assign(**spoil), findings=real.findings.assign(message=HOSTILE))
    names = {"project": HOSTILE, "department": HOSTILE}
    frames = {name: frame.assign(**{k: names[k] for k in {*names} & {*frame}}) for name, frame in real.frames.items()}
    spoilt = replace(spoilt, frames=Frames(**frames), totals=real.totals.assign(**names))
    path = papers.write_workbook(spoilt, tmp_path / "a.xlsx", **named(chosen))
    cells = [c for s in openpyxl.load_workbook(path).worksheets for row in s.iter_rows() for c in row]
    found = [cell for cell in cells if cell.value and str(cell.value).startswith("=HYPER")]
    assert len(found) > 20 and found[0].row < 5 and {cell.data_type for cell in found} == {"s"}
    assert any("<r>a</r>" in str(cell.value) for cell in cells)
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "rels" in name and b"example.com" in archive.read(name)]


@pytest.mark.parametrize("form", ["self_evaluation", "scoring_table"])
def test_a_text_no_cell_can_hold_goes_whole_to_a_sheet_of_its_own(real, tmp_path, form):
    chosen = real.totals[real.totals["form"] == form].iloc[0]
    long = "".join(f"{number}、😀说明；" for number in range(9_000)).rstrip("；")
    frames = {
        name: frame.assign(deviation_reason=long) if name == "indicators" else frame
        for name, frame in real.frames.items()
    }
    changed = replace(real, frames=Frames(**frames), scores=real.scores.assign(deviation_reason=long))
    book = openpyxl.load_workbook(papers.write_workbook(changed, tmp_path / "a.xlsx", **named(chosen)))
    parts = [row[0] for row in book["长文本"].iter_rows(min_row=2, values_only=True)]
    assert long in "".join(parts)
    assert all(len(part.encode("utf-16-le")) // 2 <= 32_767 for part in parts)
    assert any("全文见“长文本”第2行" in str(c.value) for row in book.worksheets[0].iter_rows() for c in row)


def test_equal_results_give_equal_bytes(real, tmp_path):
    for _, chosen in real.totals.iterrows():
        first = papers.write_workbook(real, tmp_path / "a.xlsx", **named(chosen)).read_bytes()
        assert papers.write_workbook(real, tmp_path / "b.xlsx", **named(chosen)).read_bytes() == first
    assert papers.canonical(tmp_path / "a.xlsx") == papers.canonical(tmp_path / "b.xlsx")
    created = openpyxl.load_workbook(tmp_path / "a.xlsx").properties.created
    assert created == real.as_of.replace(tzinfo=None, microsecond=0)


def test_sheets_are_ready_to_print(books):
    for path, _, _ in books[:4]:
        for sheet in openpyxl.load_workbook(path).worksheets:
            assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == 9
            assert sheet.page_setup.fitToHeight == 0 and sheet.sheet_properties.pageSetUpPr.fitToPage
            assert sheet.print_title_rows
