"""What must be evaluated (应评项目登记): ``data/register/<year>`` as a workbook, a csv or a YAML file.

A file that cannot be used is named in one sentence and the others are read. What nobody registered is taken from the
budget list or from last year's self-evaluations, and every table says so.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from jixiao.core.errors import FormError, JixiaoError
from jixiao.core.files import refusal_of
from jixiao.core.frames import MEANS, REGISTER, typed
from jixiao.core.models import Model, Number, Text, load_model
from jixiao.reading.files import read_grids
from jixiao.reading.files.cells import Grid
from jixiao.reading.organisations import body_words
from jixiao.reading.tidy.rows import project_key
from jixiao.reading.values.values import normalise, parse_value

FOLDER = "register"
_KINDS = (".xlsx", ".xls", ".et", ".ods", ".csv", ".tsv", ".docx", ".yaml", ".yml")


class _Project(Model):
    project: Text
    department: Text = ""
    unit: Text = ""
    annual_budget_wan: Annotated[Number | None, Field()] = None
    executed_wan: Annotated[Number | None, Field()] = None


class _Mean(Model):
    department: Text
    mean: Number
    note: Text = ""


class _File(Model):
    projects: tuple[_Project, ...]
    printed_means: tuple[_Mean, ...] = ()


def load_register(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, list[JixiaoError]]:
    """Load the register of a data folder (应评项目登记).

    Args:
        folder: ``data/register``; no rows when it is not there.

    Returns:
        The projects (columns ``REGISTER``), the means that summary reports print (columns ``MEANS``), and one error for
        each file that cannot be used.

    Example:
        >>> rows, means, errors = load_register(Path("nowhere"))
        >>> len(rows), len(means), errors
        (0, 0, [])
    """
    rows: list[dict[str, Any]] = []
    means: list[dict[str, Any]] = []
    errors: list[JixiaoError] = []
    files = sorted(path for path in folder.glob("*") if not path.is_dir() and not path.name.startswith((".", "~")))
    by_year: dict[str, Path] = {}
    for path in files:
        try:
            if refused := refusal_of(path, folder=folder):
                raise refused
            _check_name(path, by_year)
            mine, told = _read_yaml(path) if path.suffix in {".yaml", ".yml"} else (_read_table(path), [])
            rows += _checked(mine, path)
            means += told
        except JixiaoError as error:
            errors.append(error)
    return typed(rows, REGISTER), typed(means, MEANS), errors


def _check_name(path: Path, by_year: dict[str, Path]) -> None:
    if not re.fullmatch(body_words()["wanted"]["years"], path.stem):
        raise FormError(path.name, "文件名不是年度", "应评项目登记的文件名应为四位年度，如 2021.xlsx")
    if path.suffix.lower() not in _KINDS:
        raise FormError(path.name, f"不能读取“{path.suffix}”文件", "请另存为 .xlsx、.csv 或 .yaml")
    first = by_year.setdefault(path.stem, path)
    if first is not path:
        raise FormError(path.name, f"{path.stem}年度已有“{first.name}”", "一个年度只能有一份应评项目登记，请合并为一份")


def _read_yaml(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    content = load_model(path, _File)
    rows = [
        {
            **{name: getattr(one, name) for name in ("project", "department", "unit")},
            **{name: _float(getattr(one, name)) for name in ("annual_budget_wan", "executed_wan")},
            "source_sheet": "projects",
            "source_cell": f"[{number}]",
        }
        for number, one in enumerate(content.projects, 1)
    ]
    year = int(path.stem)
    means = [
        {"year": year, "department": one.department, "printed_mean": float(one.mean), "remark": one.note}
        for one in content.printed_means
    ]
    return rows, means


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _read_table(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    is_found = False
    for grid in read_grids(path, path.name):
        found = _rows_of(grid, path.name)
        is_found |= found is not None
        rows += found or []
    if not is_found:
        raise FormError(
            path.name, "没有“项目名称”一栏", "请在表头写明 项目名称、主管部门、实施单位、全年预算数、全年执行数"
        )
    return rows


def _rows_of(grid: Grid, file: str) -> list[dict[str, Any]] | None:
    """Return the projects of one sheet, None when it has no column of projects."""
    said = body_words()["wanted"]
    known = {normalise(name): column for column, names in said["columns"].items() for name in names}
    columns: dict[str, int] = {}
    in_yuan: set[str] = set()
    rows: list[dict[str, Any]] = []
    for row in range(grid.height):
        texts = [text.strip() for text in grid.resolved[row]]
        plain = [normalise(re.sub(r"[（(].*$", "", text)) for text in texts]
        if not columns:
            named = {known[text]: column for column, text in reversed([*enumerate(plain)]) if text in known}
            if "project" in named and len(named) > 1:
                columns = named
                above = " ".join(" ".join(grid.resolved[line]) for line in range(row + 1))
                whole = re.search(said["yuan"], above) and said["wan"] not in above
                in_yuan = {
                    name
                    for name, at in named.items()
                    if name.endswith("_wan") and (whole or re.search(said["yuan"], texts[at]))
                }
            continue
        project = texts[columns["project"]]
        if not any(texts) or not project or re.match(said["totals"], normalise(project)):
            continue
        if any(re.match(said["totals"], text) for text in plain):
            continue
        place = f"{grid.sheet}!{grid.address(row, columns['project'])}"
        one: dict[str, Any] = {
            "project": project,
            "source_sheet": grid.sheet,
            "source_cell": grid.address(row, columns["project"]),
        }
        for name in ("department", "unit"):
            one[name] = texts[columns[name]] if name in columns else ""
        for name in ("annual_budget_wan", "executed_wan"):
            text = texts[columns[name]] if name in columns else ""
            one[name] = _money(
                text, file, f"{grid.sheet}!{grid.address(row, columns[name])}" if name in columns else place
            )
            if one[name] is not None and name in in_yuan:
                one[name] = one[name] / 10_000
        rows.append(one)
    return rows if columns else None


def _money(text: str, file: str, place: str) -> float | None:
    if text in {"", "-", "—", "/"}:
        return None
    value = parse_value(text)
    if value.kind not in {"number", "money", "count"} or value.value is None or value.relation not in {"", "="}:
        raise FormError(file, f"金额写作“{text[:20]}”", "金额应是一个数，请更正后重新运行", place=place)
    if value.value < 0:
        raise FormError(file, f"金额写作“{text[:20]}”，小于0", "请核对并更正", place=place)
    return float(value.value)


def _checked(rows: list[dict[str, Any]], path: Path) -> list[dict[str, Any]]:
    """Give each project its year and id; one that stands twice refuses the file."""
    if not rows:
        raise FormError(path.name, "没有列出任何项目", "请逐行列出应评项目；没有应评项目的年度不要放文件")
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        key = project_key("", row["project"]), normalise(row["department"])
        place = f"{row['source_sheet']}!{row['source_cell']}"
        if key in seen:
            raise FormError(
                path.name,
                f"“{row['project'][:30]}”列了两次，另一处在{seen[key]}",
                "一个项目只列一行，请删去一行",
                place=place,
            )
        seen[key] = place
        if any(sign in row["project"] for sign in "\r\n\t"):
            row["project"] = " ".join(row["project"].split())
        row |= {
            "year": int(path.stem),
            "project_id": project_key(row["unit"] or row["department"], row["project"]),
            "source_file": path.name,
        }
    return rows
