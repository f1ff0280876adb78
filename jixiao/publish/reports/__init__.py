"""Thousands of reports that can be filed as they are (报告): requests, batches, formats, pages.

A report is an executed notebook, its offline page and its documents in one folder, ``<year>/<department>/<project>/
<kind>/``; that of a department is in ``<year>/<department>/<kind>/``. See :func:`list_reports` and :func:`run_reports`.
"""

from __future__ import annotations

from jixiao.publish.reports.batch import (
    Manner,
    Outcome,
    count_failed,
    forget_missing,
    recall_asked,
    remember_asked,
    run_reports,
)
from jixiao.publish.reports.formats import FORMATS, choose_formats
from jixiao.publish.reports.notebooks import TIME_LIMIT, run_notebook
from jixiao.publish.reports.report_pages import export_page, make_page
from jixiao.publish.reports.requests import ReportRequest, kind_word, list_reports

__all__ = [
    "FORMATS",
    "TIME_LIMIT",
    "Manner",
    "Outcome",
    "ReportRequest",
    "choose_formats",
    "count_failed",
    "export_page",
    "forget_missing",
    "kind_word",
    "list_reports",
    "make_page",
    "recall_asked",
    "remember_asked",
    "run_notebook",
    "run_reports",
]
