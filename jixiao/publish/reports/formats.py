"""The formats of a report (报告格式): each writes one file of a report from what the report is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

from jixiao.core.errors import RequestError
from jixiao.core.results import Results
from jixiao.publish.reports.notebooks import report_words
from jixiao.publish.reports.report_pages import SCRIPT, export_page
from jixiao.publish.reports.requests import ReportRequest
from jixiao.reading.files import convert, load_limits


@dataclass(frozen=True)
class Content:
    """What a format may use: the request, its rows, the executed notebook and the words around it."""

    request: ReportRequest
    results: Results
    notebook: Any
    footer: str
    is_single: bool


def _write_page(content: Content, target: Path) -> None:
    depth = content.request.folder.count("/") + 1
    html = export_page(
        content.notebook,
        title=content.request.title,
        footer=content.footer,
        script="" if content.is_single else "../" * depth + SCRIPT,
        remark=content.results.remark,
    )
    target.write_text(html, encoding="utf-8")


def _write_document(content: Content, target: Path) -> None:
    from jixiao.publish import papers

    asked = content.request
    if asked.each == "evaluation":
        papers.write_report(
            content.results, target, year=asked.year, project=asked.parameters["project"], evaluation=asked.kind
        )
    else:
        papers.write_department(content.results, target, year=asked.year, department=asked.department)


def _write_workbook(content: Content, target: Path) -> None:
    from jixiao.publish import papers

    asked = content.request
    papers.write_workbook(
        content.results, target, year=asked.year, project=asked.parameters["project"], evaluation=asked.kind
    )


def _write_review(content: Content, target: Path) -> None:
    from jixiao.publish import papers

    asked = content.request
    papers.write_review(
        content.results, target, year=asked.year, project=asked.parameters["project"], evaluation=asked.kind
    )


def told_in(content: Content) -> list[dict[str, Any]]:
    """Return where each paragraph that the unit wrote itself was read (文字来源), for the record of the report."""
    from jixiao.publish import papers

    asked = content.request
    if asked.each != "evaluation":
        return papers.told_in_summary(content.results, year=asked.year, department=asked.department)
    return papers.told_in(content.results, year=asked.year, project=asked.parameters["project"], evaluation=asked.kind)


def _write_print(content: Content, target: Path) -> None:
    made = convert(target.with_suffix(".docx").read_bytes(), "docx", "pdf", target.name, load_limits())
    target.write_bytes(made)


FORMATS: dict[str, Callable[[Content, Path], None]] = {
    "html": _write_page,
    "docx": _write_document,
    "xlsx": _write_workbook,
    "review": _write_review,
    "review_list": _write_review,
    "pdf": _write_print,
}
"""Every format beside the executed notebook, in the order of writing: a later one may need an earlier."""
NOTEBOOK = "ipynb"
"""The executed notebook: the record of a report, always there."""
_OF_EVALUATIONS = {"xlsx", "review", "review_list"}


def file_name(name: str, output: str) -> str:
    """Return the file of a report in one format (报告文件名): an opinion has a name that says so.

    Example:
        >>> file_name("甲", "docx"), file_name("甲", "review")
        ('甲.docx', '甲_复核意见.docx')
    """
    return name + str(report_words()["endings"].get(output, f".{output}"))


def usual_formats() -> tuple[str, ...]:
    """Return what is made when nothing is asked for: every format that needs no other program."""
    return ("html", "docx", "xlsx", "review", "review_list") if find_spec("jixiao.publish.papers") else ("html",)


def choose_formats(wanted: Iterable[str], *, is_pdf: bool = False) -> tuple[str, ...]:
    """Return the formats to be made (选定格式), the executed notebook first.

    Raises:
        RequestError: There is no such format, or what it needs is missing on this machine.

    Example:
        >>> choose_formats(["html"])
        ('ipynb', 'html')
    """
    every = (NOTEBOOK, *FORMATS)
    asked = {NOTEBOOK, *(list(wanted) or usual_formats()), *(["pdf"] if is_pdf else [])}
    unknown = sorted(asked - set(every))
    if unknown:
        raise RequestError(f"没有报告格式“{'、'.join(unknown)}”，可选：{'、'.join(every)}")
    if "pdf" in asked:
        asked.add("docx")
        if which("soffice") is None and which("libreoffice") is None:
            raise RequestError("生成 PDF 要用 LibreOffice，本机没有安装；请安装，或去掉 --pdf")
    return tuple(name for name in every if name in asked)


def formats_of(request: ReportRequest, formats: Iterable[str]) -> tuple[str, ...]:
    """Return those formats that this kind of report has: the workbook belongs to an evaluation."""
    return tuple(name for name in formats if request.each == "evaluation" or name not in _OF_EVALUATIONS)
