"""Frames as a workbook (数据工作簿): Chinese labels, real numbers, and texts that no spreadsheet runs as a formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jixiao.core.errors import RequestError
from jixiao.core.files import write_safely
from jixiao.core.harmless import harmless
from jixiao.core.vocabulary import columns, label, word
from jixiao.scoring.frameworks import methods

_FORMATS = {
    "points": "0.00##",
    "money": "#,##0.00##",
    "rate": "0.00%",
    "integer": "0",
    "number": "0.####",
    "date": "yyyy-mm-dd",
}
FACE, GREY = "Microsoft YaHei", "#52606D"
STYLES: dict[str, dict[str, Any]] = {
    "face": {"font_name": FACE, "font_size": 10, "valign": "top"},
    "heading": {"font_name": FACE, "font_size": 15, "bold": True},
    "remark": {"font_name": FACE, "font_size": 9, "font_color": GREY},
    "bold": {"bold": True},
    "soft": {"font_color": GREY},
    "wrapped": {"text_wrap": True},
    "framed": {"border": 1},
    "thin": {"border_color": "#C9CED6"},
    "shaded": {"bg_color": "#E8EDF3"},
    "answered": {"bg_color": "#FFF9E5"},
    "locked": {"bg_color": "#F2F2F2"},
    "alarm": {"font_color": "#C00000", "bg_color": "#FDE9E7"},
    "error": {"font_color": "#D55E00"},
    "warning": {"font_color": "#B36B00"},
    "rounding": {"font_color": GREY},
    "question": {"font_color": "#0072B2"},
    "centred": {"align": "center"},
    "left": {"align": "left"},
    "top": {"valign": "top"},
    "middle": {"valign": "vcenter"},
    **{kind: {"num_format": code} for kind, code in _FORMATS.items()},
}
"""The pieces of every style of every workbook that is written (单元格样式)."""
_LONGEST, _MOST_ROWS = 32_767, 1_048_575
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": 0}


class Styles:
    """The formats of one workbook (单元格样式), each put together from pieces and made once.

    Args:
        book: The workbook.
        base: Properties of every format, such as the font of a form.
    """

    def __init__(self, book: Any, **base: Any) -> None:
        self._book, self._base = book, base
        self._made: dict[tuple[Any, ...], Any] = {}

    def of(self, *pieces: str, **more: Any) -> Any:
        """Return the format of some pieces of :data:`STYLES`, later ones in front, and of further properties."""
        key = (pieces, *sorted(more.items()))
        if key not in self._made:
            whole = dict(self._base)
            for piece in pieces:
                whole |= STYLES[piece]
            self._made[key] = self._book.add_format({**whole, **more})
        return self._made[key]


def write_sheets(path: Path, sheets: Mapping[str, pd.DataFrame], *, notes: Sequence[str] = ()) -> None:
    """Write frames as sheets of one workbook (导出数据).

    Args:
        path: An .xlsx file; an existing one stays until the new one is whole.
        sheets: Frame by name of its sheet; columns are labelled by the vocabulary, coded values written in words,
            numbers stay numbers and a missing one is an empty cell.
        notes: Lines above each table, such as its title and where the data are from.

    Raises:
        RequestError: The file is no .xlsx, a frame has more rows than a sheet, or a text is longer than a cell.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_sheets(folder / "a.xlsx", {"得分": pd.DataFrame({"indicator": ["=1+1"], "score": [9.5]})})
        >>> [path.name for path in folder.iterdir()]
        ['a.xlsx']
    """
    if path.suffix.lower() != ".xlsx":
        raise RequestError(f"数据只能写成 .xlsx 文件，实际为“{path.name}”，请换一个文件名")
    for name, frame in sheets.items():
        if len(frame) + len(notes) > _MOST_ROWS:
            raise RequestError(f"“{name}”有 {len(frame)} 行，一张工作表最多 {_MOST_ROWS} 行，请先筛选再导出")
    write_safely(path, lambda target: _write(target, sheets, notes))


def _write(path: Path, sheets: Mapping[str, pd.DataFrame], notes: Sequence[str]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        looks = Styles(book, **STYLES["face"])
        styles = {kind: looks.of(kind) for kind in _FORMATS}
        styles |= {"text": looks.of("wrapped"), "note": looks.of("soft")}
        styles["head"] = looks.of("bold", "shaded", "framed", "wrapped")
        for name, frame in sheets.items():
            _write_sheet(book.add_worksheet(name), frame, notes, styles)


def _write_sheet(sheet: Any, frame: pd.DataFrame, notes: Sequence[str], styles: Mapping[str, Any]) -> None:
    for row, note in enumerate(notes):
        _put(sheet, row, 0, note, styles["note"])
    head = len(notes)
    for column, name in enumerate(frame.columns):
        kind = columns()[name]["type"] if name in columns() else ""
        heading = label(name, measured=kind in {"money", "points"}) if kind else str(name)
        _put(sheet, head, column, heading, styles["head"])
        values = _values(str(name), frame[name])
        style = styles[kind if kind in _FORMATS else "text"]
        for row, value in enumerate(values, head + 1):
            if isinstance(value, str) and value:
                _put(sheet, row, column, value, styles["text"])
            elif hasattr(value, "year"):
                sheet.write_datetime(row, column, value, style)
            elif isinstance(value, float):
                sheet.write_number(row, column, value, style)
        widest = max((_width(value) for value in [heading, *values[:500]]), default=8)
        sheet.set_column(column, column, min(max(widest + 2, 8), 48))
    if len(frame.columns):
        sheet.autofilter(head, 0, head + max(len(frame), 1), len(frame.columns) - 1)
    sheet.freeze_panes(head + 1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head)


def _put(sheet: Any, row: int, column: int, text: str, style: Any) -> None:
    """Write one text as a text, whatever it starts with."""
    text = harmless(text)
    if len(text) > _LONGEST or sheet.write_string(row, column, text, style):
        raise RequestError(f"有一段文字超过 {_LONGEST} 字，单元格放不下，请先删去该栏再导出")


def _values(name: str, values: pd.Series) -> list[Any]:
    """Return a column as texts and numbers; missing and endless numbers are None."""
    if pd.api.types.is_bool_dtype(values):
        return [word(name, value) for value in values]
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy("float64", na_value=np.nan)
        return [float(number) if np.isfinite(number) else None for number in numbers]
    if pd.api.types.is_datetime64_any_dtype(values):
        return [None if value is pd.NaT else value.to_pydatetime() for value in values]
    named = {code: entry.name for code, entry in methods().items()} if name == "method" else {}
    return [named.get(value) or word(name, value) for value in values.astype("object")]


def _width(value: Any) -> int:
    """Return how wide a value is in a cell; a Chinese sign is two wide."""
    return sum(1 + (ord(sign) > 255) for sign in str(value)) if isinstance(value, str) else 10
