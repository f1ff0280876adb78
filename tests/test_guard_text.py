"""Signs that nobody sees, numbers that are none and queries that are none: cleaned once, or one sentence."""

from __future__ import annotations

import io
import random
import zipfile

import openpyxl
import pytest
from lxml import etree

from jixiao.analysis.summary import list_findings
from jixiao.builds.query import query
from jixiao.builds.run import evaluate
from jixiao.core.errors import DeclarationError, RequestError
from jixiao.core.harmless import Screen, harmless, is_harmless
from jixiao.publish.findings.answers import write_workbook
from jixiao.publish.findings.exchange import write_findings
from jixiao.reading.files import read_grids
from jixiao.show.workbook import write_sheets
from jixiao.whatif import load_scenario
from jixiao.whatif.declaration import MOST_CHANGES, make_scenario

HOSTILE = [
    "\x1b[31m",
    "\x00",
    "\x07",
    "\x0b",
    "\x7f",
    "\x9b31m",
    "\u202e",
    "\u2066",
    "\ufffe",
    "\uffff",
    "\ud800",
    "\U000e0041",
    "\r",
]


@pytest.mark.parametrize("sign", [sign for sign in HOSTILE if sign not in "\r\ud800"])
def test_what_is_written_can_be_opened(tmp_path, sign):
    findings = list_findings(evaluate("sample")).head(3)
    evil = {name: findings[name] + f"甲{sign}]]><b>" for name in ("department", "project", "message")}
    findings = findings.assign(**evil)
    write_workbook(findings, tmp_path / "a.xlsx", as_of=f"{sign}")
    write_sheets(tmp_path / "b.xlsx", {"甲": findings[["department", "message"]]}, notes=[sign])
    for path in tmp_path.glob("*.xlsx"):
        with zipfile.ZipFile(path) as archive:
            for part in (name for name in archive.namelist() if name.endswith((".xml", ".rels"))):
                etree.fromstring(archive.read(part))
        openpyxl.load_workbook(path)
    written = write_findings(findings, "csv")
    assert is_harmless(written.removeprefix("\ufeff")) and written.encode()


def test_a_screen_gets_no_such_sign():
    stream = io.StringIO()
    print(*HOSTILE, "甲\n乙", file=Screen(stream))
    assert is_harmless(stream.getvalue()) and "\r" not in stream.getvalue() and "甲\n乙" in stream.getvalue()


def test_a_cell_is_cleaned_once_and_says_so(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["项目", "甲\u202e乙", "_x001B_[31m丙"])
    book.save(tmp_path / "a.xlsx")
    grid = read_grids(tmp_path / "a.xlsx", "a.xlsx")[0]
    assert grid.texts[0][1] == "甲乙" and all(map(is_harmless, grid.texts[0]))
    assert "B1" in [remark.address for remark in grid.remarks if remark.is_guess]
    assert harmless("甲\t乙\n") == "甲\t乙\n"


NONE = [
    "!!float nan",
    "!!float .nan",
    "!!float inf",
    "!!float -.inf",
    "!!float 1e999999",
    "!!float 1e-999999",
    "9" * 4_000,
    "-1",
    ".nan",
    ".inf",
]


@pytest.mark.parametrize("value", NONE, ids=range(len(NONE)))
def test_numbers_that_are_none_are_mistakes(tmp_path, value):
    path = tmp_path / "a.yaml"
    path.write_text(f"name: 甲\nchanges:\n  - {{year: 2023, weight: {value}}}\n", encoding="utf-8")
    with pytest.raises(DeclarationError):
        load_scenario(path)


def test_many_changes_cost_no_more_than_their_number(tmp_path):
    path = tmp_path / "a.yaml"
    lines = [f"  - {{indicator: 指标{number}, weight: 1}}" for number in range(MOST_CHANGES + 1)]
    path.write_text("name: 甲\nchanges:\n" + "\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DeclarationError, match="最多"):
        load_scenario(path)
    path.write_text("name: 甲\nchanges:\n" + "\n".join(lines[:-1]) + "\n", encoding="utf-8")
    assert len(load_scenario(path).changes) == MOST_CHANGES
    path.write_text("name: 甲\nchanges:\n" + "\n".join([lines[0]] * 2) + "\n", encoding="utf-8")
    with pytest.raises(DeclarationError, match="改了两次"):
        load_scenario(path)


def test_any_text_of_sql_is_an_answer_or_one_sentence(monkeypatch):
    results = evaluate("sample")
    monkeypatch.setattr("jixiao.builds.query.evaluate", lambda folder: results)
    draw, parts = (
        random.Random(21),
        [
            "select",
            "*",
            "from",
            "totals",
            "(",
            ")",
            "'",
            '"',
            ";",
            "--",
            "/*",
            "\x00",
            "\ud800",
            "1e999",
            "$x",
            "?",
            "with",
            "create table a as",
            "",
            "nan",
        ],
    )
    texts = [
        "",
        " ",
        ";",
        "--",
        "/* */",
        "select 1; select 2",
        "pragma version",
        "begin",
        "copy totals to 'x'",
        "attach 'x'",
        "set threads=1",
    ]
    for text in [*texts, *(" ".join(draw.choices(parts, k=draw.randrange(1, 9))) for _ in range(60))]:
        try:
            query(text, place="sample")
        except RequestError as error:
            assert "\n" not in str(error)[:-1]


@pytest.mark.parametrize("field", ["name", "profile"])
def test_half_a_sign_in_a_declaration_is_a_mistake(field):
    with pytest.raises(RequestError, match=field):
        make_scenario({"name": "甲", "profile": "caiyu_2021_101", field: "甲\ud800"})
