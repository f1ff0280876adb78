"""Writing official forms: what is written is read back equal, prints well, and is easy to fill in."""

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from decimal import Decimal

import docx
import openpyxl
import pandas as pd
import pytest
from command import run_command
from conftest import SOURCE, evaluate, make_reading, write_self_form
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jixiao.builds.run import load
from jixiao.core.declared import RULES
from jixiao.core.errors import DeclarationError, FormError, ProofError, RequestError
from jixiao.core.files import find_place
from jixiao.publish import forms
from jixiao.publish.forms import read_back
from jixiao.publish.forms.layouts import load_layout
from jixiao.publish.forms.slots import rate_formula, rate_slot, sum_formula
from jixiao.reading.folder import load_frames
from jixiao.reading.forms.records import Record
from jixiao.reading.forms.sources import read_file
from jixiao.reading.tidy.make_frames import make_frames

SELF = SOURCE / "2021" / "党政信息网络建设_项目支出绩效自评表.xlsx"
SHIPPED = sorted(folder for place in ("sample", "source") for folder in find_place(place).rglob("*自评表.xlsx"))
ENDINGS = [".xlsx", ".docx"]
FRAMES = ["projects", "evaluations", "budgets", "indicators", "headings"]
SIGNS = "=+-@☑□\"'<>&\\/{}_x[]#１％（）：，、。≥≤±%0159abR甲乙丙𠮷é \n\t"


def comparable(frame):
    """A frame without the columns that say where something stood."""
    places = [name for name in frame if name.startswith("source_") or name.endswith("_cell")]
    return frame.drop(columns=[*places, *{"table", "achievement_sheet"} & set(frame)]).reset_index(drop=True)


def assert_equal(ours, theirs):
    for name in FRAMES:
        pd.testing.assert_frame_equal(comparable(getattr(ours, name)), comparable(getattr(theirs, name)), obj=name)


def reading_of(form):
    reading = make_reading({"form": "self_evaluation", "evaluation": "self", **form})
    for part in ("expected", "achieved"):
        text = form.get(part, "")
        reading.head[f"objective_{part}"] = Record("objective", "表", 1, {"objective": text}, {"objective": "A1"})
    return reading


def written(frames, folder, ending):
    (item,) = forms.write_forms(frames, folder / f"表{ending}")
    return item


texts = st.text(SIGNS, min_size=1, max_size=30).map(str.strip)
names = texts.filter(bool)
# A number alone under the money block is read as one more source of money, so an objective starts with a word.
objectives = st.just("") | texts.map(lambda text: f"任务{text}")
points = st.none() | st.sampled_from(["0", "10", "2.5", "0.1"]) | st.decimals(0, 100, places=2).map(str)
amounts = st.sampled_from(["0", "108.83", "0.000001", "99999999999.99"]) | st.decimals(0, 10**9, places=6).map(str)
rates = st.sampled_from(["", "100%", "86.18%", "86.180%", "0%", "100.00%", "约80%", "１００％", "0.5%", "123.45678%"])
values = st.sampled_from(["≥50个", "95%", "＜＝56.42万元", "9月前", "50", "0", "", "-", "不适用", "部分达成", "007"])
labels = st.sampled_from(["", "产出指标", "产出指标（50分）", "效益指标", "满意度指标(12.5分)"])
sublabels = st.sampled_from(["", "数量指标", "数量指标（20分）", "质量指标", "可持续影响指标"])
indicators = st.fixed_dictionaries(
    {
        "category": labels,
        "subcategory": sublabels,
        "indicator": names | st.sampled_from(["预算执行率", "=SUM(A1)", "<r>甲</r>", "长" * 300]),
        "target": values | texts,
        "actual": values | texts,
        "weight": points,
        "reported_score": points,
        "deviation_reason": texts | st.just(""),
    }
)


def money(fund):
    """One row of funds; a source of another name is only a source when it has a budget."""
    return st.fixed_dictionaries(
        {
            "fund": st.just(fund),
            "initial_budget": st.none() | amounts,
            "annual_budget": amounts if fund == "中央补助" else st.none() | amounts,
            "executed": st.none() | amounts,
            "execution_rate": rates,
            "weight": points if fund == "total" else st.none() | points,
            "reported_score": points if fund == "total" else st.none(),
        }
    )


SOURCES = ["total", "fiscal", "carry_over", "other", "中央补助"]
funds = st.lists(st.sampled_from(SOURCES), unique=True, max_size=5).flatmap(
    lambda chosen: st.tuples(*[money(fund) for fund in chosen]).map(list)
)
filled = st.fixed_dictionaries(
    {
        "year": st.integers(2000, 2099),
        "project": names,
        "department": names | st.just(""),
        "unit": names | st.just(""),
        "money_unit": st.sampled_from(["万元", "元", "亿元"]),
        "expected": objectives | st.just("任务" * 2000),
        "achieved": objectives,
        "funds": funds,
        "indicators": st.lists(indicators, min_size=1, max_size=12),
        "total": st.fixed_dictionaries({"reported_score": points}),
        "grade": st.sampled_from([None, {"grade": "良"}, {"grade": "优"}]),
    }
)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@pytest.mark.parametrize("ending", ENDINGS)
def test_any_frame_written_is_read_back_equal(ending, tmp_path_factory):
    @FEW
    @given(filled)
    def prove(form):
        frames = make_frames([reading_of({key: value for key, value in form.items() if value is not None})])
        folder = tmp_path_factory.mktemp("forms")
        item = written(frames, folder, ending)
        again = forms.read_frames(item.path)
        assert_equal(frames, again)
        assert set(again.skipped["text"]) <= {"主管部门", "实施单位"}  # a label without a value

    prove()


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_objective_that_ends_in_a_number_is_no_source_of_money(ending, tmp_path):
    row = {"category": "产出指标", "subcategory": "数量指标", "indicator": "甲", "target": "5个", "actual": "5个"}
    head = {"year": 2024, "project": "甲", "unit": "乙", "department": "丙", "expected": "任务≤5", "achieved": ""}
    frames = make_frames([reading_of({**head, "indicators": [row]})])
    again = forms.read_frames(written(frames, tmp_path, ending).path)
    assert_equal(frames, again)
    assert again.budgets.empty


def test_a_form_that_would_not_be_read_back_is_not_kept(tmp_path, monkeypatch):
    """Better no file than one that says less: here the reader loses the rows of the table."""
    row = {"category": "产出指标", "subcategory": "数量指标", "indicator": "合计", "target": "5个", "actual": "5个"}
    reading = reading_of({"year": 2024, "project": "甲", "unit": "乙", "department": "", "indicators": [row]})
    frames = make_frames([reading])
    (kept,) = forms.write_forms(frames, tmp_path / "读得回.xlsx")
    assert make_frames(read_file(kept.path)).indicators["indicator"].tolist() == ["合计"]
    kept.path.unlink()
    out = tmp_path / "a.xlsx"
    out.write_text("旧")

    def lose_rows(path, **named):
        return [replace(one, records=[r for r in one.records if r.block != "indicators"]) for one in read_file(path)]

    monkeypatch.setattr(read_back, "read_file", lose_rows)
    with pytest.raises(ProofError, match=r"指标行应有1行，读回0行|不能按自评表读回"):
        forms.write_forms(frames, out)
    assert out.read_text() == "旧" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_shipped_form_comes_back_equal(path, ending, tmp_path):
    frames = forms.read_frames(path)
    item = written(frames, tmp_path, ending)
    assert_equal(frames, forms.read_frames(item.path))
    assert item.notes == ()


def shown(book_path, **options):
    return openpyxl.load_workbook(book_path, **options).active


def cell_of(sheet, label, column):
    (row,) = [cell.row for line in sheet.iter_rows() for cell in line if cell.value == label]
    return sheet.cell(row, column)


@pytest.fixture
def workbook(tmp_path):
    return written(forms.read_frames(SELF), tmp_path, ".xlsx").path


def test_the_workbook_has_its_merges_and_its_page(workbook):
    sheet = shown(workbook)
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A1:I1", "A2:I2", "C3:I3", "A5:B9", "B11:E11", "F11:I11", "A12:A31", "B13:B28", "A32:F32"} <= merged
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$12:$12" and sheet["B12"].value == "一级指标"
    assert sheet.print_options.horizontalCentered and sheet.page_margins.left <= 0.6
    assert sheet.row_dimensions[11].height > sheet.row_dimensions[3].height


def test_sums_are_formulas_with_their_results(workbook):
    formulas, results = shown(workbook), shown(workbook, data_only=True)
    assert formulas["H32"].value == "=ROUND(SUM(I6,H13:H31),0)" and results["H32"].value == 95
    assert formulas["G32"].value == "=ROUND(SUM(G6,G13:G31),0)" and results["G32"].value == 100
    assert formulas["H6"].value == "=ROUND(F6/E6,2)" and (results["H6"].value, results["H6"].number_format) == (1, "0%")
    # 93.92 + 14.91 is the printed total; a total its parts do not give stays the number that was received.
    assert formulas["E6"].value == "=ROUND(SUM(E7:E9),2)" and results["E6"].value == 108.83
    assert sum_formula(["E7:E9"], [Decimal("1"), None], Decimal("1")) == "=ROUND(SUM(E7:E9),0)"
    assert sum_formula(["E7:E9"], [Decimal("1"), Decimal("2")], Decimal("4")) == ""
    assert sum_formula(["E7:E9"], [None, None], Decimal("0")) == "" == sum_formula(["E7"], [Decimal(0)], None)
    assert rate_formula(("F6", "E6"), (Decimal(1), Decimal(3)), "33.33%") == "=ROUND(F6/E6,4)"
    assert rate_formula(("F6", "E6"), (Decimal(1), Decimal(3)), "33.34%") == ""
    assert rate_formula(("F6", "E6"), (Decimal(1), Decimal(0)), "0%") == ""
    assert rate_slot(0, 0, "１００％").number is None


def test_no_text_of_a_user_becomes_a_formula_a_link_or_markup(tmp_path):
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "https://example.org", "<r><t>甲</t></r>", "{=1}", "_x0041_"]
    row = {"category": "产出指标", "subcategory": "数量指标", "weight": "1", "reported_score": "1"}
    rows = [{**row, "indicator": text, "target": text, "actual": text, "deviation_reason": text} for text in evil]
    reading = reading_of({"year": 2024, "project": "=甲", "unit": "@乙", "department": "+丙", "indicators": rows})
    path = written(make_frames([reading]), tmp_path, ".xlsx").path
    sheet = shown(path)
    assert [sheet.cell(9 + number, 4).value for number in range(len(evil))] == evil
    kinds = {cell.coordinate: cell.value for line in sheet.iter_rows() for cell in line if cell.data_type == "f"}
    assert set(kinds) == {"G17"} and not list(sheet._hyperlinks)
    assert sheet["C3"].value == "=甲" and sheet["C3"].data_type == "s"


def one_row(**changes):
    row = {
        "category": "产出指标",
        "subcategory": "数量指标",
        "indicator": "甲",
        "target": "1个",
        "actual": "1个",
    } | changes
    return {"year": 2024, "project": "某项目", "unit": "乙", "department": "", "indicators": [row]}


def test_a_text_too_long_for_a_cell_is_refused_never_cut(tmp_path):
    frames = make_frames([reading_of(one_row(deviation_reason="长" * 32_768))])
    with pytest.raises(FormError, match=r"单元格 I9.*32768个字符.*32767.*docx"):
        forms.write_forms(frames, tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []
    assert_equal(frames, forms.read_frames(written(frames, tmp_path, ".docx").path))
    surrogates = make_frames([reading_of(one_row(deviation_reason="𠮷" * 16_384))])
    with pytest.raises(FormError, match="32768个字符"):
        forms.write_forms(surrogates, tmp_path / "a.xlsx")
    longest = make_frames([reading_of(one_row(deviation_reason="长" * 32_767))])
    item = written(longest, tmp_path, ".xlsx")
    assert_equal(longest, forms.read_frames(item.path))
    assert ["第9行" in note for note in item.notes] == [True]


@pytest.mark.parametrize("ending", ENDINGS)
def test_control_characters_are_taken_out_and_named(ending, tmp_path):
    frames = make_frames([reading_of(one_row(indicator="甲\x07乙\x00", deviation_reason="一\r\n二\x0b三"))])
    item = written(frames, tmp_path, ending)
    again = forms.read_frames(item.path).indicators.iloc[0]
    assert (again["indicator"], again["deviation_reason"]) == ("甲乙", "一\n二三")
    assert [note[:4] for note in item.notes] == ["“三级指", "“偏差原"]


def test_what_the_form_has_no_place_for_is_named(tmp_path):
    form = one_row()
    form["funds"] = [{"fund": "total", "annual_budget": "5", "executed": "5", "arrived": "4"}]
    item = written(make_frames([reading_of({**form, "money_unit": ""})]), tmp_path, ".xlsx")
    assert item.notes == ("原表没有写明金额单位，写出的表也未写明", "自评表没有“实际到位资金”一栏，1处内容未写入")
    assert forms.read_frames(item.path).evaluations["money_unit"].tolist() == [""]


def test_missing_stays_blank_and_zero_stays_zero(tmp_path):
    write_self_form(tmp_path / "in.xlsx", funds=["", "", "年度资金总额", "", 0, 0, 10, "", ""], percent=[])
    path = written(forms.read_frames(tmp_path / "in.xlsx"), tmp_path, ".xlsx").path
    line = cell_of(shown(path), "年度资金总额", 1).row
    assert [shown(path).cell(line, column).value for column in range(4, 10)] == [None, 0, 0, 10, None, None]


@pytest.fixture
def template(tmp_path):
    return forms.write_template(tmp_path / "空表.xlsx", year=2024).path


def test_the_empty_form_offers_choices_and_checks_what_is_typed(template):
    sheet = shown(template)
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    kinds = {area: rule for rules_area, rule in rules.items() for area in rules_area.split()}
    assert kinds["B13"].type == "list" and kinds["B13"].formula1 == '"产出指标,效益指标,满意度指标"'
    assert "服务对象满意度指标" in kinds["C13"].formula1 and "部分达成" in kinds["F13"].formula1
    assert (kinds["D7"].type, kinds["D7"].operator, kinds["D7"].formula1) == ("decimal", "greaterThanOrEqual", "0")
    assert (kinds["H13"].type, kinds["H13"].formula1, kinds["H13"].formula2) == ("decimal", "0", "G13")
    assert (kinds["I6"].formula1, kinds["I6"].formula2) == ("0", "G6")
    for cell in ("C3", "C4", "G4", "D7", "B11", "F11", "D13", "E13", "G13", "I13"):
        assert re.search(r"[\u4e00-\u9fff]", kinds[cell].prompt), cell
    assert sheet.protection.sheet and not sheet.protection.password
    locked = {cell.coordinate for line in sheet.iter_rows() for cell in line if cell.protection.locked}
    assert {"A3", "A5", "D6", "H6", "G7", "A12", "B12"} <= locked
    assert not locked & {"C3", "C4", "G4", "D7", "G6", "I6", "B11", "F11", *(f"{column}13" for column in "BCDEFGHI")}


def test_the_empty_form_says_when_the_weights_are_not_the_full_score(template, tmp_path):
    sheet = shown(template)
    total = cell_of(sheet, "总分", 7)
    assert total.value.startswith("=ROUND(SUM(G6,G13:G") and "分值合计应为100分" in total.offset(0, 2).value
    (rules,) = [area.rules for area in sheet.conditional_formatting]
    assert rules[0].formula == [f"$G${total.row}<>100"]
    assert shown(template, data_only=True)[total.coordinate].value == 10


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_form_reads_as_an_empty_form(ending, tmp_path):
    path = forms.write_template(tmp_path / f"空表{ending}", year=2024).path
    with pytest.raises(FormError, match="没有找到项目名称"):
        forms.read_frames(path)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice works the formulas out")
def test_a_filled_template_is_read_with_every_value(tmp_path, template):
    book = openpyxl.load_workbook(template)
    sheet = book.active
    filled_in = {"C3": "某项目", "C4": "某局", "G4": "某中心", "D7": 5, "E7": 5, "F7": 4, "I6": 8, "B11": "任务"}
    filled_in |= {"D13": "通车里程", "E13": "≥100公里", "F13": "100公里", "G13": 90, "H13": 90}
    for address, value in filled_in.items():
        assert not sheet[address].protection.locked, address
        sheet[address] = value
    book.save(tmp_path / "filled.xlsx")
    subprocess.run(
        [
            *("soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to"),
            *("xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "out"), str(tmp_path / "filled.xlsx")),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    frames = forms.read_frames(tmp_path / "out" / "filled.xlsx")
    total = frames.budgets.set_index("fund").loc["total"]
    assert (total["annual_budget_wan"], total["executed_wan"], total["execution_rate_reported"]) == (5, 4, 0.8)
    used = frames.indicators[~frames.indicators["is_placeholder"]]
    assert used["indicator"].tolist() == ["预算执行率", "通车里程"] and used["reported_score"].tolist() == [8, 90]
    assert frames.evaluations["total_reported"].tolist() == [98]


def test_the_empty_document_has_fields_and_is_protected(tmp_path):
    path = forms.write_template(tmp_path / "空表.docx").path
    with zipfile.ZipFile(path) as archive:
        body, settings_part = (archive.read(f"word/{name}.xml").decode() for name in ("document", "settings"))
    assert 'w:edit="forms"' in settings_part and "w:hash" not in settings_part
    assert body.count("<w:sdt>") > 100 and 'w:value="可持续影响指标"' in body
    (table,) = docx.Document(str(path)).tables
    assert table.cell(2, 0).text == "项目名称"


def test_several_evaluations_need_a_choice_or_a_folder(tmp_path):
    frames = load("sample")
    with pytest.raises(RequestError, match=r"有8份自评表.*--project"):
        forms.write_forms(frames, tmp_path / "a.xlsx")
    (one,) = forms.write_forms(frames, tmp_path / "a.docx", project="公交", year=2023)
    assert one.path.name == "a.docx"
    many = forms.write_forms(frames, tmp_path / "新目录")
    assert len({item.path.name for item in many}) == 8 and all(item.path.suffix == ".xlsx" for item in many)
    again = load_frames(tmp_path / "新目录")[0]
    assert len(again.evaluations) == 8
    with pytest.raises(RequestError, match="没有符合条件的项目支出绩效自评表，现有：示例"):
        forms.write_forms(frames, tmp_path / "a.xlsx", project="没有")


@pytest.mark.parametrize("project", ["../../外", "CON", "a:b*c?", "长" * 300, "甲\x00乙", "尾. "])
def test_names_of_files_are_safe_and_different(project, tmp_path):
    forms_read = [reading_of({**one_row(), "project": project, "unit": unit}) for unit in ("一", "二")]
    items = forms.write_forms(make_frames(forms_read), tmp_path / "out")
    names_made = [item.path.name for item in items]
    assert len({name.casefold() for name in names_made}) == 2 == len(list((tmp_path / "out").iterdir()))
    for name in names_made:
        assert len(name.encode()) <= 200 and not re.search(r'[\\/:*?"<>|\x00-\x1f]', name)


def test_a_project_of_another_kind_of_form_is_refused(tmp_path):
    frames = evaluate({"form": "scoring_table", "evaluation": "department", "year": 2024, "project": "甲", "unit": "乙",
                       "indicators": []}).frames  # fmt: skip
    with pytest.raises(RequestError, match="没有读到项目支出绩效自评表"):
        forms.write_forms(frames, tmp_path / "a.xlsx")


def test_a_layout_with_mistakes_names_them_all(tmp_path):
    text = (RULES / "layouts" / "self_evaluation.yaml").read_text(encoding="utf-8")
    path = tmp_path / "self_evaluation.yaml"
    path.write_text(
        text.replace("  department: 主管部门\n", "").replace("widths: [6, ", "widths: [").replace("remark]", "remrak]"),
        encoding="utf-8",
    )
    with pytest.raises(DeclarationError) as caught:
        load_layout(path)
    assert len(caught.value.mistakes) == 3
    assert "remrak" in str(caught.value) and "labels.department" in str(caught.value)


def test_the_command_writes_and_refuses_in_one_sentence(tmp_path):
    done = run_command("form", SELF, "--out", tmp_path / "a.xlsx")
    assert done.returncode == 0 and "已写出" in done.stdout and (tmp_path / "a.xlsx").exists()
    done = run_command("form", "sample", "--project", "公交", "--out", tmp_path / "每份一个")
    assert done.returncode == 0 and done.stdout.count("已写出") == 2
    wrong = [
        ([SELF, "--out", tmp_path / "a.pdf"], "应为 .xlsx 或 .docx"),
        ([SELF], "请用 --out"),
        (["--out", tmp_path / "a.xlsx"], "只要空表时用 --empty"),
        ([tmp_path / "a.xlsx", "--out", tmp_path / "a.xlsx"], "就是原表"),
        ([tmp_path / "no.xlsx", "--out", tmp_path / "b.xlsx"], "文件不存在"),
        (["--empty", "--year", "24", "--out", tmp_path / "b.xlsx"], "四位数"),
    ]
    for arguments, sentence in wrong:
        done = run_command("form", *arguments)
        assert done.returncode == 2 and sentence in done.stderr and done.stderr.count("\n") == 1, arguments
    assert not (tmp_path / "b.xlsx").exists()
