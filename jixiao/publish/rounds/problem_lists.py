"""Problems that people bring (登记外来问题): a list kept elsewhere with any of the usual headers, or one by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jixiao.builds.ledger.collecting import fault_key, plain_words
from jixiao.builds.ledger.moves import issue_words
from jixiao.core.errors import FormError, RequestError, say_nearest
from jixiao.core.hashes import hash_of
from jixiao.reading.values.values import normalise
from jixiao.reading.workers import Table, read_tables

if TYPE_CHECKING:
    import pandas as pd


def read_problems(path: Path, year: int, source: str = "last_year") -> list[dict[str, Any]]:
    """Read the problems of a list (读取问题清单), each as an issue is raised.

    Args:
        path: A workbook or document with a table.
        year: The year of the list.
        source: Whom they come from: ``last_year`` for last year's ledger, ``monitoring`` for what monitoring found.

    Raises:
        RequestError: No year was given.
        FormError: No table has a column of problems, or the file cannot be read.
    """
    if not year:
        raise RequestError("请写明清单的年度：上年台账用 --of 2023，其他清单用 --year 2024")
    found: list[dict[str, Any]] = []
    for table in read_tables(path, path.name):
        found += _rows(table, path.name, year, source)
    if not found:
        names = "、".join(issue_words()["last_year_columns"]["issue_text"])
        raise FormError(path.name, "没有读到问题", f"表中应有“项目名称”一栏和“{names}”中的一栏")
    return found


def problem_by_hand(
    *, year: int, source: str, text: str, owner: str, department: str = "", project: str = "", **more: str
) -> dict[str, Any]:
    """Return a problem that somebody typed (手工登记的问题), as an issue is raised; typed again it is the same.

    Args:
        year: Its year.
        source: Whom it comes from, a name of ``sources`` in ``rules/issues.yaml``.
        text: The problem.
        owner: The unit that must answer.
        department: Its department.
        project: The project it is about.
        more: ``indicator``, ``demand``, ``project_id``.

    Example:
        >>> told = {"year": 2024, "source": "monitoring", "text": "7月底执行率20%", "owner": "甲中心"}
        >>> problem_by_hand(**told)["source_key"] == problem_by_hand(**told, demand="加快")["source_key"]
        True
    """
    indicator, about = more.get("indicator", ""), project or owner
    return {
        "year": year,
        "issue_source": source,
        "department": department,
        "owner": owner,
        "project_id": more.get("project_id", ""),
        "project": project,
        "indicator": indicator,
        "issue_text": text,
        "cause": "",
        "demand": more.get("demand", ""),
        "code": "",
        "fault": fault_key(about, plain_words(text), indicator),
        "source_key": f"{source}:{hash_of([year, about, text, indicator])[:16]}",
        "place": "",
        "source_file": "",
        "source_sheet": "",
        "source_cell": "",
    }


def known_owners(found: list[dict[str, Any]], projects: pd.DataFrame | None) -> tuple[list[dict[str, Any]], list[str]]:
    """Put problems under the departments of the data (对上数据中的单位), and say what the data do not know.

    Args:
        found: From :func:`read_problems` or :func:`problem_by_hand`.
        projects: The projects of the data, columns ``PROJECTS``; None when there are no data yet.

    Returns:
        The problems, those without a department under that of their unit, or under the unit that is one itself; and a
        sentence for each year and unit that the data do not have. Such a problem is entered all the same.
    """
    if projects is None or projects.empty:
        return found, []
    departments = set(projects["department"]) - {""}
    units = {row["unit"]: row["department"] for row in projects[["unit", "department"]].to_dict("records")}
    placed = [
        {**one, "department": one["owner"] if one["owner"] in departments else units.get(one["owner"], "")}
        if not one["department"]
        else one
        for one in found
    ]
    said, notes = issue_words()["by_hand"], []
    years = sorted({int(year) for year in projects["year"].dropna()})
    for year in sorted({int(one["year"]) for one in found} - {*years}):
        notes.append(said["no_year"].format(year=year, nearest=say_nearest(year, years)))
    known = sorted({*departments, *units} - {""})
    for owner in dict.fromkeys(one["owner"] for one in placed if not one["department"]):
        if owner not in known:
            notes.append(said["no_unit"].format(owner=owner, nearest=say_nearest(owner, known)))
    return placed, notes


def _rows(table: Table, file: str, year: int, source: str) -> list[dict[str, Any]]:
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
        made = problem_by_hand(
            year=year,
            source=source,
            text=row["issue_text"],
            owner=row.get("owner") or row.get("department") or issue_words()["book"]["no_owner"],
            **{name: row.get(name, "") for name in ("department", "project", "indicator", "demand")},
        )
        found.append({**made, "source_file": file, "source_sheet": table.sheet, "source_cell": str(number)})
    return found
