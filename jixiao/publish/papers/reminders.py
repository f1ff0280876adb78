"""What a department still owes (自评催报清单): one Word document and one workbook for each department and year."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.analysis.coverage import COVERAGE, coverage_rates, coverage_rows
from jixiao.core.errors import RequestError, say_nearest
from jixiao.core.files import safe_name, write_safely
from jixiao.core.frames import typed
from jixiao.core.results import Results
from jixiao.core.vocabulary import word
from jixiao.publish.papers.filled_templates import fill_template
from jixiao.publish.papers.wording import clean, written
from jixiao.reading.organisations import body_words
from jixiao.show.workbook import write_sheets

_TEMPLATE = Path(__file__).parent / "assets" / "reminder.docx"
_OWED = ("missing", "twice", "unasked")
_SHEET = ["project", "unit", "annual_budget_wan", "coverage_state", "note"]


def list_owed(results: Results, *, year: int | None = None, department: str = "") -> pd.DataFrame:
    """Return what is still owed (尚欠的自评): missing, sent twice, or not asked for.

    Args:
        results: From :func:`jixiao.evaluate`.
        year: This year only; the last one of which a population is known when None.
        department: Part of the name of the departments; all when empty.

    Returns:
        The rows of :func:`jixiao.analysis.coverage.coverage_rows` that are not just received; ``note`` says what to do.

    Raises:
        RequestError: Nothing is known of that year, or no department has that name.

    Example:
        >>> import jixiao
        >>> list_owed(jixiao.evaluate("data/source"), year=2021)["project"].tolist()
        ['南昌市大数据发展专项资金', '南昌市政府网站集约化平台运行维护费项目']
    """
    rows = _chosen(coverage_rows(results), year, department)
    said = body_words()["words"]["remind"]
    owed = rows[rows["coverage_state"].isin(_OWED)]
    return owed.assign(note=[said[f"ask_{state}"] for state in owed["coverage_state"]]).reset_index(drop=True)


def asked_basis(results: Results, *, year: int | None = None, department: str = "") -> str:
    """Say from where it is known what must be evaluated (应评范围依据).

    Args:
        results: From :func:`jixiao.evaluate`.
        year: As for :func:`list_owed`.
        department: As for :func:`list_owed`.

    Example:
        >>> import jixiao
        >>> asked_basis(jixiao.evaluate("data/source"), year=2022)
        '2022年度应评范围：没有应评项目登记，按上年自评的项目'
    """
    rows, said = _chosen(coverage_rows(results), year, department), body_words()["words"]
    population = said["population"][str(rows["population"].iloc[0])]
    return str(said["remind"]["asked"].format(year=rows["year"].iloc[0], population=population))


def _chosen(rows: pd.DataFrame, year: int | None, department: str) -> pd.DataFrame:
    known = rows["year"].dropna().unique().tolist()
    if not known:
        raise RequestError("没有应评项目：请把应评项目登记放入 data/register/<年度>.xlsx，或放入项目预算安排一览表")
    wanted = max(known) if year is None else year
    if wanted not in known:
        raise RequestError(f"{wanted}年度没有应评项目，也没有收到自评；{say_nearest(wanted, known)}")
    rows = rows[rows["year"] == wanted]
    mine = rows[rows["department"].str.contains(department, regex=False)]
    if mine.empty:
        raise RequestError(
            f"{wanted}年度没有部门“{department}”的应评项目；{say_nearest(department, rows['department'])}"
        )
    return mine


def write_reminders(results: Results, folder: Path, *, year: int | None = None, department: str = "") -> list[Path]:
    """Write one list for each department that owes something (写出催报清单), as .docx and as .xlsx.

    Args:
        results: From :func:`jixiao.evaluate`.
        folder: Where.
        year: As for :func:`list_owed`.
        department: As for :func:`list_owed`.

    Returns:
        The written files; none where nothing is owed.

    Raises:
        RequestError: As from :func:`list_owed`.

    Basis: 财预〔2020〕10号第八条.

    Example:
        >>> import tempfile, jixiao
        >>> made = write_reminders(jixiao.evaluate("data/source"), Path(tempfile.mkdtemp()), year=2021)
        >>> [path.suffix for path in made]
        ['.docx', '.xlsx']
    """
    owed = list_owed(results, year=year, department=department)
    every = _chosen(coverage_rows(results), year, department)
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    said = body_words()["words"]["remind"]
    for name, rows in owed.groupby("department", sort=True):
        whole = every[every["department"] == name]
        content = _content(str(name), rows, whole, results.remark)
        stem = folder / safe_name(said["file"].format(year=content["year"], department=name))
        paper, book = stem.with_name(f"{stem.name}.docx"), stem.with_name(f"{stem.name}.xlsx")
        data = fill_template(_TEMPLATE, content, {}, as_of=results.as_of)
        write_safely(paper, partial(_write, data))
        write_sheets(book, {said["sheet"]: typed(rows.to_dict("records"), COVERAGE)[_SHEET]}, notes=[content["title"]])
        made += [paper, book]
    return made


def _write(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def _content(department: str, rows: pd.DataFrame, whole: pd.DataFrame, remark: str) -> dict[str, Any]:
    said = body_words()["words"]
    (rates,) = coverage_rates(whole).to_dict("records")
    named = {"department": clean(department), "year": str(int(rates["year"]))}
    return {
        **named,
        "title": said["remind"]["title"].format(**named),
        "remark": clean(remark),
        "basis": said["remind"]["basis"],
        "population": said["population"][str(whole["population"].iloc[0])],
        "counts": {name: str(int(rates[name])) for name in ("projects", "received", "missing")},
        "money": {"annual_budget": written("annual_budget_wan", rates["annual_budget_wan"])},
        "rates": {
            "count": written("execution_rate", rates["coverage_rate"]),
            "money": written("execution_rate", rates["coverage_money_rate"]),
        },
        "owed": [
            {
                "number": str(number),
                **{name: clean(row[name]) for name in ("project", "unit")},
                "annual_budget": written("annual_budget_wan", row["annual_budget_wan"]),
                "state": word("coverage_state", row["coverage_state"]),
                "asked": row["note"],
            }
            for number, row in enumerate(rows.to_dict("records"), 1)
        ],
    }
