"""Claims found in texts: the labelled sentences, the places, what is not a claim, and any text at all."""

import json
from decimal import Decimal

import docx
import pandas as pd
import pytest
from conftest import ROOT, load_frames
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from jixiao.checks.texts import SCHEMA, claim_findings, count_verdicts, find_claims, make_document, read_document
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.measures import find_quantities
from jixiao.cli.main import app
from jixiao.core.errors import FormError
from jixiao.core.frames import FINDINGS
from jixiao.reading.files import TextLine, read_lines


def lines_of(text):
    return [TextLine(number, line) for number, line in enumerate(text.split("\n"), 1)]


def claims_of(text, **more):
    return find_claims([make_document("文稿.txt", lines_of(text))], **more)


def only(claims, code):
    return claims[claims["code"] == code].to_dict("records")


@pytest.mark.parametrize(
    ("text", "code", "verdict", "derived", "difference"),
    [
        ("会议386次，其中国家级18次，省级216次，市级152次。", "claim_parts", "holds", "386", 0),
        ("采购501.33万元，其中货物42.26万元、服务459.08万元。", "claim_parts", "rounding", "501.34", -0.01),
        ("资源4613个，其中甲3095个，乙1568个。", "claim_parts", "fails", "4663", -50),
        ("共有学校120所，其中小学60所，中学20所。", "claim_parts", "open", "80", 40),
        ("执行率=（59.27/61.2）*100%=96.84%。", "claim_formula", "rounding", "96.8464%", -0.006405),
        ("得分0.8+0.8+0.9=2.5分。", "claim_formula", "holds", "2.5", 0),
        ("支出10.00万元，较上年增加2.00万元，增长20%。", "claim_growth", "fails", "25%", -5),
    ],
)
def test_a_claim_says_what_follows_and_whether_it_holds(text, code, verdict, derived, difference):
    (row,) = only(claims_of(text), code)
    assert (row["verdict"], row["derived"], row["difference"]) == (verdict, derived, difference)
    assert row["line"] == 1 and row["quote"] in "".join(text.translate(str.maketrans("（）", "()")))


def test_rounding_follows_from_the_printed_decimals_not_from_a_tolerance():
    """The same gap of 0.1 is an error between numbers with two decimals and rounding between numbers with one."""
    assert (
        only(claims_of("合计30.00万元，其中甲10.00万元，乙10.00万元，丙10.10万元。"), "claim_parts")[0]["verdict"]
        == "fails"
    )
    assert (
        only(claims_of("合计30.0万元，其中甲10.0万元，乙10.0万元，丙10.1万元。"), "claim_parts")[0]["verdict"]
        == "rounding"
    )


def test_a_line_broken_by_the_page_is_read_as_one_sentence():
    text = "会议共386次，其中国家级18次，\n\n省级216次，\n— 3 —\n市级162次。\n其他工作正常开展。"
    (row,) = only(claims_of(text), "claim_parts")
    assert (row["line"], row["derived"]) == (1, "396")


def test_the_running_head_of_a_page_is_left_out():
    text = "办公大厅评价报告\n— 1 —\n全年会议共386次，其中国家级18次，\n办公大厅评价报告\n— 2 —\n省级216次，市级162次。"
    (row,) = only(claims_of(text), "claim_parts")
    assert (row["line"], row["derived"]) == (3, "396")


def test_a_text_broken_at_a_column_keeps_the_line_of_each_claim():
    filler = ["本中心按照工作方案组织开展各项具体工作并取得了较好成效，达到预期"] * 10
    text = "\n".join(
        [
            *filler,
            "效果。全年共保障各类视频会议三百多场，其中直播会议的共计386次，",
            "其中国家级18次，省级216次，市级162次。",
        ]
    )
    (row,) = only(claims_of(text), "claim_parts")
    assert row["line"] == 11 and row["derived"] == "396"


def test_the_place_of_a_finding_is_its_line():
    text = "一、概况\n会议386次，其中国家级18次，省级216次，市级162次。"
    findings = claim_findings(claims_of(text))
    assert list(findings.columns) == list(FINDINGS)
    (row,) = findings.to_dict("records")
    assert (row["source_file"], row["source_sheet"], row["source_cell"]) == ("文稿.txt", "", "第2行")
    assert (row["code"], row["basis_mark"], row["severity"]) == ("claim_parts", "L", "error")
    assert "18＋216＋162＝396" in row["message"] and row["resolution"]


def test_the_frame_has_its_columns_also_when_empty():
    claims = claims_of("")
    assert list(claims.columns) == list(SCHEMA) and len(claims) == 0
    assert count_verdicts(claims) == {"fails": 0, "rounding": 0, "open": 0, "holds": 0}
    assert len(claim_findings(claims)) == 0


@pytest.mark.parametrize(
    ("text", "value", "unit", "label"),
    [
        ("参会总人数达2.16万人次", 21600, "人次", "参会总人数达"),
        ("资金1088346.32元", Decimal("108.834632"), "万元", "资金"),
        ("投资137.9亿元", 1379000, "万元", "投资"),
        ("满意度为98%", 98, "%", "满意度为"),
        ("支出３７２４．３４万元", Decimal("3724.34"), "万元", "支出"),
    ],
)
def test_quantities(text, value, unit, label):
    document = make_document("a", lines_of(text))
    (quantity,) = find_quantities(document.prose[0].text)
    assert (quantity.value, quantity.unit, quantity.label) == (value, unit, label)


def test_documents_are_compared_between_texts():
    texts = [
        "依据《南湖市绩效管理办法》（湖财〔2020〕44号）。",
        "首段。\n依据《南湖市绩效管理办法》（湖财〔2021〕44号）。",
    ]
    documents = [make_document(f"{number}.txt", lines_of(text)) for number, text in enumerate(texts)]
    failing = find_claims(documents).query("verdict == 'fails'").to_dict("records")
    assert [(row["source_file"], row["line"], row["code"]) for row in failing] == [("1.txt", 2, "claim_document")]
    assert "0.txt 第1行" in failing[0]["arithmetic"]


def test_the_account_of_the_department_decides_what_the_text_may_say():
    frames, errors = load_frames(ROOT / "data" / "source")
    assert errors == []
    text = "本年收入合计3724.34万元。\n年初结转和结余0万元。\n单位价值50万元以上通用设备0台（套）。\n三公预算。"
    rows = only(claims_of(text, accounts=frames.accounts), "claim_account")
    assert [(row["line"], row["verdict"], row["derived"]) for row in rows] == [
        (1, "holds", "3724.34"),
        (2, "fails", "620.66"),
        (3, "fails", "5"),
    ]
    assert "部门决算公开表.xlsx" in rows[1]["arithmetic"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "报告.txt"
    path.write_bytes("第一行\r\n会议386次，其中甲200次，乙196次。".encode(encoding))
    (row,) = only(find_claims([read_document(path, path.name)]), "claim_parts")
    assert (row["source_file"], row["line"], row["derived"]) == ("报告.txt", 2, "396")


def test_the_paragraphs_and_rows_of_a_word_file(tmp_path):
    document = docx.Document()
    document.add_paragraph("一、概况")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "甲", "5"
    document.add_paragraph("会议386次，其中甲200次，乙196次。")
    document.save(tmp_path / "报告.docx")
    assert [line.text for line in read_lines(tmp_path / "报告.docx", "报告.docx")][:2] == ["一、概况", "甲\t5"]
    (row,) = only(find_claims([read_document(tmp_path / "报告.docx", "报告.docx")]), "claim_parts")
    assert row["line"] == 3


def word_file(path, xml):
    import zipfile

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", xml)
    return path


def pdf_file(path, text):
    """Write the smallest PDF with one line of text."""
    stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET" if text else ""
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(body)
    body += f"xref\n0 6\n0000000000 65535 f \n{table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF"
    path.write_bytes(body.encode("ascii"))
    return path


def test_the_text_of_a_pdf(tmp_path):
    path = pdf_file(tmp_path / "a.pdf", "0.625*4=2.4")
    (row,) = only(find_claims([read_document(path, path.name)]), "claim_formula")
    assert (row["line"], row["verdict"], row["derived"]) == (1, "fails", "2.5")


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda folder: folder / "缺.txt", "文件不存在"),
        (lambda folder: folder, "文件不存在"),
        (lambda folder: word_file(folder / "a.docx", "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"), "DTD"),
        (lambda folder: word_file(folder / "a.docx", "<x"), "可能已损坏"),
        (lambda folder: (folder / "a.docx", (folder / "a.docx").write_bytes(b"PK\x03\x04 damaged"))[0], "可能已损坏"),
        (lambda folder: (folder / "a.pdf", (folder / "a.pdf").write_bytes(b"%PDF-1.7 damaged"))[0], "可能已损坏"),
        (lambda folder: pdf_file(folder / "a.pdf", ""), "扫描件"),
        (lambda folder: (folder / "a.txt", (folder / "a.txt").write_bytes(b"\xff" * 9))[0], "编码"),
        (lambda folder: (folder / "a.wps", (folder / "a.wps").write_bytes(b"x"))[0], "不能读取"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, make, found):
    path = make(tmp_path)
    with pytest.raises(FormError, match=found):
        read_lines(path, path.name)


def test_a_long_text_without_any_full_stop_is_read():
    for unit in ("其中甲5个，", "较上年增加5万元，增长3%，", "((1+", "占权重5分，", "“甲”、", "由1到2，"):
        assert isinstance(claims_of(unit * 2000), pd.DataFrame)


WORDS = [
    *"，。；：（）()“”《》、=+-*/×÷%元个次人年月日由到至得分占共",
    *["其中", "合计", "总计", "分别为", "较上年", "增加", "减少", "增长", "下降", "率为", "完成预算的", "年初预算数为"],
    *[
        "决算数为",
        "一是",
        "二是",
        "分为",
        "个方面",
        "以下三个方面：",
        "万元",
        "2022年",
        "2月30日",
        "未得分",
        "等级为优",
    ],
    *[
        "〔2020〕1号",
        "编制单位：",
        "公开01表",
        "三级指标",
        "（一）",
        "1.",
        "\n",
        "\t",
        "0",
        "0.00",
        "12.5",
        "100",
        "9" * 11,
    ],
]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=60).map("".join)))
def test_any_text_gives_claims_and_never_an_error(text):
    claims = claims_of(text)
    assert set(claims["verdict"]) <= {"holds", "rounding", "fails", "open"}
    assert claim_findings(claims)["place_count"].sum() == (claims["verdict"] == "fails").sum()


@given(st.lists(st.integers(0, 5000), min_size=3, max_size=8))
def test_parts_that_add_up_always_hold(parts):
    text = f"共{sum(parts)}次，其中" + "，".join(
        f"第{word}类{part}次" for word, part in zip("甲乙丙丁戊己庚辛", parts, strict=False)
    )
    (row,) = only(claims_of(text + "。"), "claim_parts")
    assert row["verdict"] == "holds"


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_a_rate_rounded_to_two_decimals_always_holds(part, whole):
    rate = (Decimal(part) / whole * 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    (row,) = only(claims_of(f"比率=({part}/{whole})*100%={rate}%。"), "claim_formula")
    assert row["verdict"] == "holds"


def test_numbers_written_in_chinese():
    grammar = load_grammar()
    assert [grammar.number(word) for word in ("三", "十", "十二", "二十五", "两", "百", "")] == [
        3,
        10,
        12,
        25,
        2,
        None,
        None,
    ]


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "报告.txt"
    path.write_text("会议386次，其中甲200次，乙196次。\n得分0.8+0.8+0.9=2.5分。", encoding="utf-8")
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["audit", *map(str, arguments)])


def test_the_command_lists_what_fails_and_counts_the_rest(report):
    told = run("--text", report)
    assert told.exit_code == 0
    assert "200＋196＝396" in told.output and "0.8+0.8" not in told.output
    assert "陈述数 2：不符 1，尾差 0，无法判定 0，相符 1" in told.output
    assert "0.8+0.8+0.9" in run("--text", "--all", report).output


def test_the_command_names_every_text_it_read(report, tmp_path):
    other = tmp_path / "二" / "报告.txt"
    other.parent.mkdir()
    other.write_text("没有数字。", encoding="utf-8")
    told = run("--text", report, other).output
    assert f"来源文件：{report}" in told and f"来源文件：{other}" in told and "陈述数 0" in told


def test_the_command_takes_the_account_tables(report):
    report.write_text("年初结转和结余0万元。", encoding="utf-8")
    account = ROOT / "data" / "source" / "2021" / "部门决算公开表.xlsx"
    assert "620.66" in run("--text", report, "--account", account).output


def test_the_command_exports(report):
    (row,) = json.loads(run("--text", report, "--format", "json").output)
    assert (row["code"], row["source_cell"]) == ("claim_parts", "第1行")
    rows = json.loads(run("--text", "--all", report, "--format", "json").output)
    assert [row["verdict"] for row in rows] == ["fails", "holds"]
    csv = run("--text", "--all", report, "--format", "csv").output
    assert "分项之和与总数不符" in csv and "相符" in csv
    assert "第1行" in run("--text", report, "--format", "csv").output


def test_the_command_ends_with_a_code_on_request(report):
    assert run("--text", report, "--fail-on", "error").exit_code == 1
    report.write_text("会议386次。", encoding="utf-8")
    assert run("--text", report, "--fail-on", "error").exit_code == 0


def test_what_cannot_be_read_does_not_stop_what_can(report, tmp_path):
    told = run("--text", report, tmp_path / "缺.txt")
    assert "200＋196＝396" in told.output and "缺.txt" in str(told.exception)


@pytest.mark.parametrize("arguments", [["--text"], ["--all"], ["报告.txt"]])
def test_the_command_says_how_it_is_used(arguments):
    assert "--text" in str(run(*arguments).exception)


def test_a_fact_that_two_reports_tell_in_the_same_words_is_asked_about_once():
    shared = "全年铺设管网186公里，安装水表9200块，受益群众3.6万人，群众反映良好。"
    texts = {
        "甲.txt": f"石岭县2022年饮水工程绩效评价报告\n一、概况\n{shared}",
        "乙.txt": f"石岭县2022年公厕改造绩效评价报告\n一、概况\n{shared}\n满分100分的项目每年评价一次。",
        "丙.txt": "石岭县2022年图书馆开放绩效评价报告\n一、概况\n全年开放312天，接待读者46.8万人次，读者反映良好。",
    }
    documents = [make_document(name, lines_of(text)) for name, text in texts.items()]
    rows = [row for row in only(find_claims(documents), "claim_foreign") if row["verdict"] == "fails"]
    assert [(row["source_file"], row["line"]) for row in rows] == [("乙.txt", 3)]
    assert "甲.txt" in rows[0]["arithmetic"]


def test_two_copies_of_one_report_are_not_told_as_copied():
    text = "石岭县2022年饮水工程绩效评价报告\n一、概况\n铺设管网186公里，安装水表9200块，受益群众3.6万人，反映良好。"
    documents = [make_document(name, lines_of(text)) for name in ("甲.txt", "乙.txt")]
    assert [row for row in only(find_claims(documents), "claim_foreign") if row["verdict"] == "fails"] == []
