"""The workbook of findings that goes to the units (问题清单工作簿), and the answers that come back in it (单位答复)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.core.errors import FormError, RequestError
from jixiao.core.files import write_safely
from jixiao.core.frames import SEVERITIES, typed
from jixiao.core.harmless import harmless
from jixiao.core.vocabulary import label, value_labels, vocabulary, word
from jixiao.reading.files import Grid, read_grids
from jixiao.reading.values.values import normalise
from jixiao.show.workbook import Styles

ANSWERS = {
    "finding_id": "str",
    "answer": "str",
    "answer_status": "str",
    "source_file": "str",
    "source_sheet": "str",
    "source_cell": "str",
}
"""The columns of answers (单位答复): one row is one finding of the workbook."""

_WIDTHS = {
    "number": 6,
    "severity": 8,
    "year": 7,
    "project": 24,
    "evaluation": 10,
    "indicator": 20,
    "title": 20,
    "place": 34,
    "printed": 16,
    "derived": 16,
    "message": 52,
    "basis": 36,
    "resolution": 30,
    "answer": 36,
    "answer_status": 18,
    "finding_id": 14,
}
_HEAD = 2
_LONGEST = 32_767
_ID = re.compile(r"[0-9a-f]{10}(?:-\d+)?")


def _words() -> dict[str, Any]:
    return dict(vocabulary()["findings_book"])


def write_workbook(findings: pd.DataFrame, path: Path, *, as_of: str) -> None:
    """Write findings as a workbook with a sheet per department (问题清单), each row with room for an answer.

    Args:
        findings: From :func:`jixiao.analysis.summary.list_findings`; a suppressed one says so in place of an answer.
        path: Where to write; an existing file stays until the new one is whole.
        as_of: When the data were read, as text.

    Raises:
        RequestError: A text is longer than a cell can hold.
    """
    write_safely(path, lambda target: _write(findings, target, as_of))


def _write(findings: pd.DataFrame, path: Path, as_of: str) -> None:
    import xlsxwriter

    words = _words()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_calc_mode("auto")
        formats = _formats(book)
        department = findings["department"].where(findings["department"] != "", words["no_department"])
        names = _sheet_names(department.drop_duplicates())
        summary = book.add_worksheet(words["summary"])
        for name, sheet in names.items():
            rows = findings[department == name].reset_index(drop=True)
            _write_department(book.add_worksheet(sheet), rows, name, formats, as_of)
        _write_summary(summary, findings.assign(department=department), names, formats, as_of)


def _formats(book: Any) -> dict[str, Any]:
    looks = Styles(book)
    cell = ("face", "wrapped", "framed", "thin")
    return {
        "title": looks.of("heading"),
        "note": looks.of("remark"),
        "head": looks.of(*cell, "bold", "shaded", "middle", "centred"),
        "text": looks.of(*cell),
        "answer": looks.of(*cell, "answered"),
        "number": looks.of(*cell, "centred"),
        **{name: looks.of(*cell, "bold", "centred", name) for name in SEVERITIES},
    }


def _sheet_names(departments: Iterable[str]) -> dict[str, str]:
    """Return a sheet name for each department: at most 31 signs, none that a workbook forbids, no two alike."""
    taken = {_words()["summary"].casefold()}
    names = {}
    for department in departments:
        plain = (
            _cut(re.sub(r"[\[\]:*?/\\\x00-\x1f\x85\u2028\u2029]", "_", harmless(department)).strip("'"), 31).rstrip("'")
            or "_"
        )
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{_cut(plain, 30 - len(str(number)))}_{number}"
        taken.add(name.casefold())
        names[department] = name
    return names


def _cut(text: str, most: int) -> str:
    """Return the start of a text; a workbook counts a sign beyond U+FFFF as two."""
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")


def _put(sheet: Any, row: int, column: int, text: str, style: Any) -> None:
    """Write one text as a text, whatever it starts with."""
    text = harmless(text)
    if len(text) > _LONGEST or sheet.write_string(row, column, text, style):
        raise RequestError(f"有一条问题的文字超过 {_LONGEST} 字，单元格放不下，请改用 --format json 导出")


def _write_department(sheet: Any, rows: pd.DataFrame, title: str, formats: dict[str, Any], as_of: str) -> None:
    words, columns = _words(), list(_WIDTHS)
    _put(sheet, 0, 0, f"{title} {words['title']}", formats["title"])
    note = words["note"].format(as_of=as_of, answer=label("answer"), status=label("answer_status"))
    _put(sheet, 1, 0, note, formats["note"])
    for column, name in enumerate(columns):
        sheet.set_column(column, column, _WIDTHS[name])  # none is hidden: what no one sees is not read back
        sheet.write_string(_HEAD, column, label(name), formats["head"])
    for number, row in enumerate(rows.to_dict("records"), 1):
        shown = {
            **{name: str(row.get(name, "")) for name in columns},
            "number": str(number),
            "severity": word("severity", row["severity"]),
            "evaluation": word("evaluation", row["evaluation"]),
            "place": f"{row['source_file']} {row['source_sheet']}!{row['source_cell']}",
            "basis": f"〔{word('basis_mark', row['basis_mark'])}〕{row['basis']}",
            "answer": row["suppression"],
            "answer_status": words["suppressed"] if row["suppression"] else "",
        }
        sheet.set_row(_HEAD + number, _height(shown))
        for column, name in enumerate(columns):
            style = {"severity": row["severity"], "number": "number", "year": "number"}.get(name, "text")
            style = "answer" if name in {"answer", "answer_status"} else style
            _put(sheet, _HEAD + number, column, shown[name], formats[style])
    last = _HEAD + max(len(rows), 1)
    status = columns.index("answer_status")
    choices = {"validate": "list", "source": words["answers"], "error_type": "warning"}
    sheet.data_validation(_HEAD + 1, status, last, status, choices)
    sheet.autofilter(_HEAD, 0, last, len(columns) - 1)
    sheet.freeze_panes(_HEAD + 1, columns.index("project"))
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEAD)


def _height(shown: dict[str, str]) -> float:
    """Return how high a row must be for its longest text (行高); a Chinese sign is two wide."""
    lines = [
        -(-sum(1 + (ord(sign) > 255) for sign in shown[name]) // (width - 1))
        for name, width in _WIDTHS.items()
        if name != "finding_id"
    ]
    return min(14.5 * max(1, *lines) + 4, 400)


def _write_summary(
    sheet: Any, findings: pd.DataFrame, names: dict[str, str], formats: dict[str, Any], as_of: str
) -> None:
    words, severities = _words(), list(value_labels()["severity"])
    head = [label("department"), *(word("severity", one) for one in severities), words["total"], words["suppressed"]]
    sheet.write_string(0, 0, words["title"], formats["title"])
    note = words["note"].format(as_of=as_of, answer=label("answer"), status=label("answer_status"))
    _put(sheet, 1, 0, note, formats["note"])
    for column, text in enumerate([*head, words["sheet"]]):
        sheet.write_string(_HEAD, column, text, formats["head"])
    open_ones = findings[findings["suppression"] == ""]
    parts = [(name, name) for name in names] + [(words["total"], "")]
    for line, (title, department) in enumerate(parts, _HEAD + 1):
        mine = open_ones[open_ones["department"] == department] if department else open_ones
        aside = findings[findings["suppression"] != ""]
        aside = aside[aside["department"] == department] if department else aside
        counts = [int((mine["severity"] == one).sum()) for one in severities]
        _put(sheet, line, 0, title, formats["text"])
        for column, count in enumerate([*counts, len(mine), len(aside)], 1):
            sheet.write_number(line, column, count, formats["number"])
        _put(sheet, line, len(head), names.get(department, ""), formats["text"])
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, len(head) - 1, 12)
    sheet.set_column(len(head), len(head), 34)
    sheet.freeze_panes(_HEAD + 1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)


def read_answers(path: Path, findings: pd.DataFrame | None = None) -> pd.DataFrame:
    """Read the answers that came back in a workbook of findings (读回单位答复).

    Args:
        path: The workbook that ``jixiao audit --format xlsx`` wrote, with its answers filled in.
        findings: When given, every finding of the workbook must be one of these.

    Returns:
        One row per finding of the workbook, answered or not, in its order; key finding_id.

    Raises:
        FormError: The file is no such workbook, is damaged, repeats a finding or names one that is not known.
    """
    rows: list[dict[str, str]] = []
    for grid in read_grids(path, path.name):
        rows += _answers_of(grid, path.name)
    if not rows:
        raise FormError(
            path.name,
            f"没有“{label('finding_id')}”“{label('answer')}”“{label('answer_status')}”三栏",
            "请使用 jixiao audit --format xlsx 导出的工作簿，不要增删列",
        )
    seen: dict[str, str] = {}
    for row in rows:
        place = f"{row['source_sheet']}!{row['source_cell']}"
        if row["finding_id"] in seen:
            raise FormError(
                path.name,
                f"问题编号“{row['finding_id']}”出现两次，另一处在{seen[row['finding_id']]}",
                "每个问题只应答复一次，请删除重复的行",
                place=place,
            )
        seen[row["finding_id"]] = place
    known = set() if findings is None else set(findings["finding_id"])
    foreign = [row for row in rows if findings is not None and row["finding_id"] not in known]
    if foreign:
        place = f"{foreign[0]['source_sheet']}!{foreign[0]['source_cell']}"
        raise FormError(
            path.name,
            f"有 {len(foreign)} 个问题编号不在当前的问题清单中，首个为“{foreign[0]['finding_id']}”",
            "请核对是不是另一批数据的清单，或原表已经更正",
            place=place,
        )
    return typed(rows, ANSWERS)


def _answers_of(grid: Grid, file: str) -> list[dict[str, str]]:
    """Return the answers of one sheet; a sheet without the three columns has none."""
    wanted = {normalise(label(name)): name for name in ("finding_id", "answer", "answer_status")}
    found: list[dict[str, str]] = []
    columns: dict[str, int] = {}
    for row in range(grid.height):
        texts = [grid.cell(row, column).text.strip() for column in range(grid.width)]
        named = {wanted[normalise(text)]: column for column, text in enumerate(texts) if normalise(text) in wanted}
        if len(named) == len(wanted):
            columns = named
            continue
        if not columns or not any(texts):
            continue
        place = grid.address(row, columns["finding_id"])
        finding_id = texts[columns["finding_id"]]
        if not _ID.fullmatch(finding_id):
            raise FormError(
                file,
                f"问题编号写作“{finding_id}”" if finding_id else "缺少问题编号",
                "问题编号由导出时写入，请勿修改；新增的行请删除",
                place=f"{grid.sheet}!{place}",
            )
        found.append(
            {
                **{name: texts[column] for name, column in columns.items()},
                "source_file": file,
                "source_sheet": grid.sheet,
                "source_cell": place,
            }
        )
    return found
