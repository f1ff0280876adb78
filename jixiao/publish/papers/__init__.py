"""Reports and tables that can be filed as they are (可归档的报告和表格): Word by templates, Excel by official forms.

The texts of the reports stand in Word templates (``assets/``), which a unit can copy and edit. What the unit wrote
stands where the outline wants it, word for word; numbers are bound from the frames. Equal results give equal bytes.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.analysis.summary import choose_department, summarise_execution
from jixiao.core.declared import RULES
from jixiao.core.errors import RequestError
from jixiao.core.files import write_safely
from jixiao.core.results import Results
from jixiao.publish.papers.contents import evaluation_content, find_evaluation
from jixiao.publish.papers.departments import department_content, department_coverage
from jixiao.publish.papers.filled_templates import canonical, fill_template
from jixiao.publish.papers.foreign_templates import fill_foreign
from jixiao.publish.papers.paper_workbooks import write_book, write_review_sheets
from jixiao.publish.papers.review_opinion import review_content
from jixiao.publish.papers.wording import paper_words
from jixiao.show.figure import Figure
from jixiao.show.figures import Picture, Undrawn, plot_execution_rates, try_print
from jixiao.show.figures.point_charts import plot_lost_points

TEMPLATES = Path(__file__).parent / "assets"
SUMMARY, SINGLE, REVIEW = "department", "single", "review"
_MOST_BARS, _LEAST_BARS = 12, 3
"""A chart of fewer bars says no more than the table beside it; one of more fills the page."""


def write_report(
    results: Results, target: Path, *, year: int, project: str, evaluation: str, template: Path | None = None
) -> Path:
    """Write the report of one evaluation as a Word document (写出评价报告).

    A self-evaluation (单位自评, 部门整体自评) gets a self-evaluation report, a department or finance evaluation the
    report of form 3. What the unit wrote stands there word for word; what nobody wrote is marked （待填写：…）.

    Args:
        results: What was read, scored and audited.
        target: The file, ending in .docx.
        year: The evaluated year.
        project: Name or id of the project.
        evaluation: The kind of evaluation: self, department, finance or whole.
        template: A template of your own instead of the shipped one.

    Returns:
        The written file.

    Raises:
        RequestError: There is no such evaluation, or the template cannot be filled.

    Basis: 财预〔2020〕10号附3; the page GB/T 9704—2012.

    Example:
        >>> import tempfile, jixiao
        >>> results = jixiao.evaluate("data/sample")
        >>> first = results.totals.iloc[0]
        >>> target = Path(tempfile.mkdtemp()) / "a.docx"
        >>> write_report(results, target, year=2023, project=first.project_id, evaluation="self").stat().st_size > 9000
        True
    """
    chosen = find_evaluation(results, year=year, project=project, evaluation=evaluation)
    content = evaluation_content(results, chosen)
    shipped = TEMPLATES / f"{paper_words()['templates'][chosen['evaluation']]}.docx"
    data = _filled(template, shipped, content, {"lost": _lost_picture(content)}, results.as_of)
    write_safely(target, lambda path: path.write_bytes(data))
    return target


def told_in(results: Results, *, year: int, project: str, evaluation: str) -> list[dict[str, Any]]:
    """List where each paragraph of a report that the unit wrote itself was read (文字来源).

    Returns:
        One entry per paragraph: ``place`` in the report, ``text``, ``file`` and ``line``.

    Raises:
        RequestError: There is no such evaluation.
    """
    chosen = find_evaluation(results, year=year, project=project, evaluation=evaluation)
    return list(evaluation_content(results, chosen)["told"])


def told_in_summary(results: Results, *, year: int, department: str) -> list[dict[str, Any]]:
    """List where each paragraph of a department's summary that the department wrote itself was read (文字来源)."""
    mine = choose_department(results, year, department)
    return list(department_content(mine, year=year, department=department)["told"])


def write_review(results: Results, target: Path, *, year: int, project: str, evaluation: str) -> Path:
    """Write what the audit found of one evaluation as a letter to its unit (写出复核意见), apart from the report.

    Args:
        results: What was read, scored and audited.
        target: The file, ending in .docx for the letter or in .xlsx for its lists.
        year: The evaluated year.
        project: Name or id of the project.
        evaluation: The kind of evaluation.

    Raises:
        RequestError: There is no such evaluation.

    Example:
        >>> import tempfile, jixiao
        >>> results = jixiao.evaluate("data/sample")
        >>> first = results.totals.iloc[0]
        >>> target = Path(tempfile.mkdtemp()) / "a.docx"
        >>> write_review(results, target, year=2023, project=first.project_id, evaluation="self").name
        'a.docx'
    """
    chosen = find_evaluation(results, year=year, project=project, evaluation=evaluation)
    if target.suffix == ".xlsx":
        write_safely(target, lambda path: write_review_sheets(results, chosen, path))
        return target
    data = fill_template(TEMPLATES / f"{REVIEW}.docx", review_content(results, chosen), {}, as_of=results.as_of)
    write_safely(target, lambda path: path.write_bytes(data))
    return target


def write_department(
    results: Results, target: Path, *, year: int, department: str, template: Path | None = None
) -> Path:
    """Write the summary of a department's self-evaluations as a Word document (写出部门自评总报告).

    Args:
        results: What was read, scored and audited.
        target: The file, ending in .docx.
        year: The evaluated year.
        department: The department, as its forms name it.
        template: A template of your own instead of the shipped one.

    Raises:
        RequestError: The department has nothing in that year, or the template cannot be filled.

    Example:
        >>> import tempfile, jixiao
        >>> target = Path(tempfile.mkdtemp()) / "a.docx"
        >>> written = write_department(jixiao.evaluate("data/sample"), target, year=2023, department="示例市教育局")
        >>> written.name
        'a.docx'
    """
    mine = choose_department(results, year, department)
    covered = department_coverage(results, year=year, department=department)
    content = department_content(mine, year=year, department=department, covered=covered)
    money = summarise_execution(mine)
    known = money[money["execution_rate"].notna()].sort_values(["execution_rate", "project"], kind="stable")
    content["counts"]["not_drawn"] = "1" if len(known) > _MOST_BARS else ""
    drawn = _picture(plot_execution_rates(known.head(_MOST_BARS))) if len(known) >= _LEAST_BARS else None
    shipped = SINGLE if content["is_single"] else SUMMARY
    pictures = {"execution": drawn}
    data = _filled(template, TEMPLATES / f"{shipped}.docx", content, pictures, results.as_of)
    write_safely(target, lambda path: path.write_bytes(data))
    return target


def write_workbook(results: Results, target: Path, *, year: int, project: str, evaluation: str) -> Path:
    """Write the workbook of one evaluation (写出自评表或评分表): the official table and where everything was read.

    A self-evaluation that came as form 1 gets form 1, every other evaluation the scoring table in the tree of form 2.

    Args:
        results: What was read, scored and audited.
        target: The file, ending in .xlsx.
        year: The evaluated year.
        project: Name or id of the project.
        evaluation: The kind of evaluation.

    Raises:
        RequestError: There is no such evaluation.

    Basis: 财预〔2020〕10号附1、附2.

    Example:
        >>> import tempfile, jixiao
        >>> results = jixiao.evaluate("data/sample")
        >>> first = results.totals.iloc[0]
        >>> target = Path(tempfile.mkdtemp()) / "a.xlsx"
        >>> write_workbook(results, target, year=2023, project=first.project_id, evaluation="self").name
        'a.xlsx'
    """
    chosen = find_evaluation(results, year=year, project=project, evaluation=evaluation)
    write_safely(target, lambda path: write_book(results, chosen, path))
    return target


def _filled(
    own: Path | None, shipped: Path, content: dict[str, Any], pictures: dict[str, Any], as_of: datetime
) -> bytes:
    """Fill the shipped template here, one of a user within limits."""
    fill = fill_foreign if own else fill_template
    return fill(own or shipped, content, pictures, as_of=as_of)


def _picture(figure: Figure) -> Picture | Undrawn | None:
    """Draw a figure that has something to draw."""
    return try_print(figure) if figure.data else None


def _lost_picture(content: dict[str, Any]) -> Picture | Undrawn | None:
    """Draw where points were lost, most first; a few of them are told by the text as well."""
    lost = content["lost"][:_MOST_BARS]
    if len(lost) < _LEAST_BARS:
        return None
    frame = pd.DataFrame(
        {
            "indicator": [row["name"] for row in lost],
            "indicator_count": 1,
            "lost": [row["lost_points"] for row in lost],
            "loss_rate": [row["lost_points"] / row["full"] for row in lost],
        }
    )
    return _picture(plot_lost_points(frame))


def copy_template(kind: str, target: Path) -> Path:
    """Copy a shipped template to edit in Word (复制模板): report, self_evaluation or department.

    Raises:
        RequestError: There is no such template.

    Example:
        >>> import tempfile
        >>> copy_template("report", Path(tempfile.mkdtemp()) / "own.docx").name
        'own.docx'
    """
    source = TEMPLATES / f"{kind}.docx"
    names = sorted(path.stem for path in TEMPLATES.glob("*.docx"))
    if kind not in names:
        raise RequestError(f"没有模板“{kind}”，现有：{'、'.join(names)}")
    write_safely(target, lambda path: path.write_bytes(source.read_bytes()))
    return target


def papers_hash(*templates: Path) -> str:
    """Return one hash over everything but the data that a report depends on (模板和用语的校验值).

    Args:
        templates: Templates of your own that are used instead of shipped ones.
    """
    digest = hashlib.sha256()
    for path in [*sorted(TEMPLATES.glob("*.docx")), *sorted((RULES / "layouts").glob("*.yaml")), *templates]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


__all__ = [
    "TEMPLATES",
    "canonical",
    "copy_template",
    "papers_hash",
    "told_in",
    "told_in_summary",
    "write_department",
    "write_report",
    "write_review",
    "write_workbook",
]
