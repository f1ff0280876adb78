"""Run notebooks with parameters and export each as one offline HTML page (报告).

papermill executes a notebook in a kernel of its own; the page is made by nbconvert and holds everything it needs.
A report is written beside its place and moved there whole; one that fails is listed and the others finish.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import jixiao
from jixiao.declared import load_shipped
from jixiao.errors import JixiaoError, RequestError
from jixiao.figures import plotly_script
from jixiao.store import Results, safe_name, workbench, write_safely
from jixiao.summary import summarise_departments
from jixiao.vocabulary import word

PAGES = Path(__file__).parent / "pages" / "report"
SCRIPT = "plotly.min.js"
TIME_LIMIT = 300
"""Seconds a cell may take before its report is given up."""


@dataclass(frozen=True)
class ReportRequest:
    """One report to be made (一份报告): which notebook, with which parameters, under which name."""

    notebook: str
    each: str
    year: int
    title: str
    name: str
    parameters: dict[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Outcome:
    """What became of one report: the page, or the sentence why there is none."""

    request: ReportRequest
    page: Path | None
    error: str = ""


@cache
def _declared() -> dict[str, Any]:
    return dict(load_shipped("reports.yaml"))


def list_reports(
    results: Results,
    *,
    place: str,
    years: Iterable[int] = (),
    projects: Iterable[str] = (),
    departments: Iterable[str] = (),
) -> list[ReportRequest]:
    """List the reports that the report sets declare (报告清单): per evaluation, and per department and year.

    Args:
        results: What there is.
        place: The data place each notebook reads.
        years: Only these years; all when empty.
        projects: Only project reports whose project name contains one of these; all when empty.
        departments: Only these departments (part of the name is enough); all when empty.

    Raises:
        RequestError: Nothing fits.
    """
    wanted_years, wanted_projects, wanted_departments = set(years), list(projects), list(departments)
    requests: list[ReportRequest] = []
    for declared in _declared()["reports"]:
        for parameters, facts in _parameter_sets(results, declared["each"]):
            fits = not wanted_years or parameters["year"] in wanted_years
            fits &= not wanted_departments or any(part in facts["department"] for part in wanted_departments)
            if wanted_projects:
                fits &= "project" in facts and any(part in facts["project"] for part in wanted_projects)
            if fits:
                name = safe_name(declared["name"].format(**facts))
                requests.append(
                    ReportRequest(
                        declared["notebook"],
                        declared["each"],
                        parameters["year"],
                        declared["title"].format(**facts),
                        name,
                        {"place": place, **parameters},
                    )
                )
    if not requests:
        raise RequestError("没有符合条件的项目或部门，请检查年度、项目和部门名称，或先运行 jixiao build")
    return list(_unique(requests))


def _parameter_sets(results: Results, each: str) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Yield the parameters of a notebook and the facts that name its page."""
    if each == "evaluation":
        for row in results.totals.sort_values(["year", "department", "project", "evaluation"]).itertuples():
            yield (
                {"year": int(row.year), "project": row.project_id, "evaluation": row.evaluation},
                {
                    "year": str(row.year),
                    "project": row.project,
                    "department": row.department,
                    "evaluation": word("evaluation", row.evaluation),
                },
            )
    else:
        for row in summarise_departments(results).itertuples():
            yield (
                {"year": int(row.year), "department": row.department},
                {"year": str(row.year), "department": row.department or _declared()["words"]["no_department"]},
            )


def _unique(requests: list[ReportRequest]) -> Iterator[ReportRequest]:
    """Give requests whose names fell together names of their own."""
    taken: dict[tuple[int, str], int] = {}
    for request in requests:
        key = (request.year, request.name)
        taken[key] = taken.get(key, 0) + 1
        number = taken[key]
        yield request if number == 1 else ReportRequest(**{**vars(request), "name": f"{request.name}_{number}"})


def run_reports(
    requests: list[ReportRequest],
    out: Path,
    *,
    as_of: str,
    shared_script: bool = False,
    is_all: bool = False,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Make reports one after the other (生成报告); a failed one is in the outcomes and the others finish.

    Args:
        requests: From :func:`list_reports`.
        out: The reports folder; each report goes to ``<out>/<year>/``.
        as_of: When the data were read, for the foot of each page.
        shared_script: Keep plotly.js once beside the pages instead of inside each page.
        is_all: These are all the reports there are, so the index forgets any other.
        tell: Called after each report, for a progress bar.
    """
    out.mkdir(parents=True, exist_ok=True)
    if shared_script:
        write_safely(out / SCRIPT, lambda target: target.write_bytes(plotly_script().read_bytes()))
    outcomes = []
    for request in requests:
        try:
            outcome = Outcome(request, _run(request, out, as_of, shared_script))
        except JixiaoError as error:
            outcome = Outcome(request, None, str(error))
        outcomes.append(outcome)
        tell(outcome)
    index = _index(_remember(outcomes, out, is_all), as_of)
    write_safely(out / "index.html", lambda target: target.write_text(index, encoding="utf-8"))
    return outcomes


def _run(request: ReportRequest, out: Path, as_of: str, shared_script: bool) -> Path:
    folder = out / str(request.year)
    folder.mkdir(parents=True, exist_ok=True)
    record, page = folder / f"{request.name}.ipynb", folder / f"{request.name}.html"
    made: dict[str, Any] = {}
    write_safely(
        record, lambda target: made.update(notebook=run_notebook(request.notebook, request.parameters, target))
    )
    footer = _declared()["words"]["made"].format(version=jixiao.__version__, as_of=as_of)
    html = export_page(
        made["notebook"], title=request.title, footer=footer, script="../" + SCRIPT if shared_script else ""
    )
    write_safely(page, lambda target: target.write_text(html, encoding="utf-8"))
    return page


def run_notebook(notebook: str, parameters: dict[str, Any], target: Path) -> Any:
    """Execute one notebook with parameters (运行笔记本) and keep the executed copy.

    Raises:
        RequestError: A parameter the notebook does not have, or a cell that failed; the sentence names the cell.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    words = _declared()["words"]
    path = workbench() / "notebooks" / f"{notebook}.ipynb"
    unknown = set(parameters) - set(papermill.inspect_notebook(str(path)))
    if unknown:
        raise RequestError(words["unknown_parameter"].format(notebook=notebook, names="、".join(sorted(unknown))))
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    try:
        return papermill.execute_notebook(
            str(path),
            str(target),
            parameters=parameters,
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            cwd=str(workbench()),
            execution_timeout=TIME_LIMIT,
            start_timeout=120,
            config=Config({"KernelManager": {"transport": "ipc"}}),
        )
    except PapermillExecutionError as error:
        message = words["cell_failed"].format(notebook=notebook, cell=error.cell_index, message=error.evalue)
        raise RequestError(message) from error
    except (RuntimeError, TimeoutError) as error:
        raise RequestError(words["kernel_failed"].format(notebook=notebook, message=type(error).__name__)) from error


@cache
def _exporter() -> Any:
    from nbconvert import HTMLExporter
    from nbconvert.preprocessors import TagRemovePreprocessor

    exporter = HTMLExporter(
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    exporter.register_preprocessor(TagRemovePreprocessor(remove_cell_tags={"hide_in_report"}), enabled=True)
    for address in ("mathjax_url", "require_js_url", "jupyter_widgets_base_url", "mermaid_js_url", "jquery_url"):
        if hasattr(exporter, address):
            setattr(exporter, address, "")
    return exporter


def export_page(notebook: Any, *, title: str, footer: str, script: str = "") -> str:
    """Turn an executed notebook into one page that loads nothing from elsewhere (离线网页).

    ``script`` is the relative address of a shared plotly.js; without it the script stands in the page.
    """
    body, _ = _exporter().from_notebook_node(notebook)
    return _page(title, body, footer, script=script, is_drawn="jixiao-figure" in body)


def _page(title: str, body: str, footer: str, *, script: str = "", is_drawn: bool) -> str:
    if not is_drawn:
        tag = ""
    elif script:
        tag = f'<script src="{escape(script)}"></script>'
    else:
        tag = "<script>" + plotly_script().read_text(encoding="utf-8").replace("</script", "<\\/script") + "</script>"
    return Template((PAGES / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(title),
        style=(PAGES / "style.css").read_text(encoding="utf-8"),
        script=tag,
        body=body,
        footer=escape(footer),
    )


def _remember(outcomes: list[Outcome], out: Path, is_all: bool) -> list[dict[str, Any]]:
    """Keep what every page in the folder is, so that making some reports again does not forget the others."""
    path = out / "index.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() and not is_all else []
    known = {entry["page"]: entry for entry in before}
    for outcome in outcomes:
        request = outcome.request
        page = f"{request.year}/{request.name}.html"
        known[page] = {
            "page": page,
            "year": request.year,
            "each": request.each,
            "title": request.title,
            "error": outcome.error,
        }
    kept = [entry for entry in known.values() if entry["error"] or (out / entry["page"]).exists()]
    kept.sort(key=lambda entry: (entry["year"], entry["each"], entry["title"]))
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    write_safely(path, lambda target: target.write_text(text, encoding="utf-8"))
    return kept


def _index(entries: list[dict[str, Any]], as_of: str) -> str:
    """Write the index page of the folder (报告目录)."""
    words = _declared()["words"]
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in words["columns"])
    rows = []
    for entry in entries:
        if entry["error"]:
            links = f"<td colspan='2'>{escape(words['failed'].format(message=entry['error']))}</td>"
        else:
            targets = (entry["page"], entry["page"].removesuffix(".html") + ".ipynb")
            links = "".join(
                f"<td><a href='{escape(target, quote=True)}'>{words['open']}</a></td>" for target in targets
            )
        kind = words["each"][entry["each"]]
        rows.append(f"<tr><td>{entry['year']}</td><td>{kind}</td><td>{escape(entry['title'])}</td>{links}</tr>")
    body = (
        f"<p>{words['as_of'].format(as_of=as_of, count=len(entries))}</p>"
        f"<table class='jixiao'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
    footer = words["made"].format(version=jixiao.__version__, as_of=as_of)
    return _page(words["index"], body, footer, is_drawn=False)
