"""Last year's list of problems (上年台账), as it was kept elsewhere: a workbook with any of the usual headers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jixiao.builds.ledger.collecting import fault_key, plain_words
from jixiao.builds.ledger.moves import issue_words
from jixiao.core.errors import FormError, RequestError
from jixiao.core.hashes import hash_of
from jixiao.reading.values.values import normalise
from jixiao.reading.workers import Table, read_tables


def read_last_year(path: Path, year: int) -> list[dict[str, Any]]:
    """Read the problems of a list of another year (读取上年台账), each as an issue is raised.

    Args:
        path: A workbook or document with a table.
        year: The year of the list.

    Raises:
        RequestError: No year was given.
        FormError: No table has a column of problems, or the file cannot be read.
    """
    if not year:
        raise RequestError("请用 --of 写明上年台账的年度，如 --of 2023")
    found: list[dict[str, Any]] = []
    for table in read_tables(path, path.name):
        found += _rows(table, path.name, year)
    if not found:
        names = "、".join(issue_words()["last_year_columns"]["issue_text"])
        raise FormError(path.name, "没有读到问题", f"表中应有“项目名称”一栏和“{names}”中的一栏")
    return found


def _rows(table: Table, file: str, year: int) -> list[dict[str, Any]]:
    wanted = {normalise(text): name for name, texts in issue_words()["last_year_columns"].items() for text in texts}
    places: dict[str, int] = {}
    found = []
    for number, texts in enumerate(table.texts, 1):
        named: dict[str, int] = {}
        for column, text in enumerate(texts):
            if (name := wanted.get(normalise(text))) is not None:
                named.setdefault(name, column)
        if "issue_text" in named and len(named) > 1:
            places = named
            continue
        row = {name: texts[column].strip() for name, column in places.items() if column < len(texts)}
        if not row.get("issue_text"):
            continue
        about = row.get("project") or row.get("owner") or row.get("department") or ""
        found.append(
            {
                "year": year,
                "issue_source": "last_year",
                "department": row.get("department", ""),
                "owner": row.get("owner") or row.get("department") or issue_words()["book"]["no_owner"],
                "project_id": "",
                "project": row.get("project", ""),
                "indicator": row.get("indicator", ""),
                "issue_text": row["issue_text"],
                "cause": "",
                "demand": row.get("demand", ""),
                "code": "",
                "fault": fault_key(about, plain_words(row["issue_text"]), row.get("indicator", "")),
                "source_key": f"last_year:{hash_of([year, about, row['issue_text'], row.get('indicator', '')])[:16]}",
                "place": "",
                "source_file": file,
                "source_sheet": table.sheet,
                "source_cell": str(number),
            }
        )
    return found
