"""Which reports there are (报告清单), what each is called and where it goes: checked whole before anything runs."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jixiao.analysis.summary import summarise_departments
from jixiao.core.errors import RequestError, brief, say_nearest
from jixiao.core.files import safe_name, signs_for, workbench
from jixiao.core.results import Results
from jixiao.core.vocabulary import value_labels, word
from jixiao.publish.reports.notebooks import check_parameters, notebook_text, report_sets, report_words

SUMMARY = "summary"
"""The kind of a report on a department; every other kind is a kind of evaluation."""
_NAMES, _BESIDES = 3, 40
"""Names that stand one below the other in the path of a report, and its other signs: year, kind, ending, slashes."""


@dataclass(frozen=True)
class ReportRequest:
    """One report to be made (一份报告): which notebook, with which parameters, in which folder under which name.

    ``each`` is evaluation or department, ``kind`` the kind of evaluation or ``summary``; ``project`` is empty for a
    department. ``folder`` is relative to the reports folder and holds this report alone; ``sees`` says which rows the
    report is made of: project, department or everything.
    """

    notebook: str
    each: str
    kind: str
    year: int
    department: str
    project: str
    title: str
    folder: str
    name: str
    sees: str
    parameters: dict[str, Any] = field(hash=False)

    @property
    def key(self) -> tuple[int, str, str, str]:
        """What tells the report from others: year, department, project id and kind."""
        return self.year, self.department, str(self.parameters.get("project", "")), self.kind


def list_reports(
    results: Results,
    *,
    place: str,
    years: Iterable[int] = (),
    projects: Iterable[str] = (),
    departments: Iterable[str] = (),
    kinds: Iterable[str] = (),
    out: Path | None = None,
) -> list[ReportRequest]:
    """List the reports that the report sets declare (报告清单): per evaluation, and per department and year.

    Args:
        results: What there is.
        place: The data place each notebook reads.
        years: Only these years; all when empty.
        projects: Only project reports whose project name contains one of these; all when empty.
        departments: Only these departments (part of the name is enough); all when empty.
        kinds: Only these kinds, such as self, department, finance, or summary for the departments; their Chinese words
            do as well. All when empty.
        out: The reports folder; the deeper it lies, the shorter are the names in it. ``reports`` when None.

    Raises:
        RequestError: A year, project, department or kind that nothing fits, a combination that nothing fits, or a
            parameter that the notebook of a set does not have.
    """
    for declared in report_sets():
        names = {"place", "year", *(["project", "evaluation"] if declared["each"] == "evaluation" else ["department"])}
        check_parameters(declared["notebook"], notebook_text(declared["notebook"]), names)
    every = list(all_reports(results, place, out))
    wanted_kinds = [_kind_code(kind) for kind in kinds]
    wanted: dict[str, list[Any]] = {
        "years": list(years),
        "projects": list(projects),
        "departments": list(departments),
        "kinds": wanted_kinds,
    }
    tests: dict[str, Callable[[ReportRequest, Any], bool]] = {
        "years": lambda request, year: request.year == year,
        "projects": lambda request, part: bool(request.project) and part in request.project,
        "departments": lambda request, part: part in request.department,
        "kinds": lambda request, kind: request.kind == kind,
    }
    for name, values in wanted.items():
        for value in values:
            if not any(tests[name](request, value) for request in every):
                what, known = report_words()["filters"][name], _known(name, every)
                raise RequestError(f"没有符合条件的报告：{what}“{brief(value)}”不存在，{say_nearest(value, known)}")
    chosen = [
        request
        for request in every
        if all(not values or any(tests[name](request, value) for value in values) for name, values in wanted.items())
    ]
    if not chosen:
        raise RequestError("没有符合条件的项目或部门，请检查年度、项目、部门和类别，或先运行 jixiao build")
    return chosen


def _known(name: str, every: list[ReportRequest]) -> list[str]:
    """Return what can be asked for."""
    return {
        "years": sorted({str(request.year) for request in every}),
        "projects": sorted({request.project for request in every} - {""}),
        "departments": sorted({request.department for request in every} - {""}),
        "kinds": sorted({kind_word(request.kind) for request in every}),
    }[name]


def kind_word(kind: str) -> str:
    """Return the word of a kind of report (报告类别).

    Example:
        >>> kind_word("self"), kind_word("summary")
        ('单位自评', '部门汇总')
    """
    return str(report_words()["summary"]) if kind == SUMMARY else word("evaluation", kind)


def _kind_code(kind: str) -> str:
    codes = {label: code for code, label in value_labels()["evaluation"].items()} | {kind_word(SUMMARY): SUMMARY}
    return codes.get(kind, kind)


def all_reports(results: Results, place: str, out: Path | None = None) -> Iterator[ReportRequest]:
    """Yield every report there is. Names are given over all of them, so that a choice does not change a name."""
    signs = signs_for(out or workbench() / "reports", names=_NAMES, besides=_BESIDES)
    nobody = report_words()["no_department"]
    totals = results.totals.sort_values(["year", "department", "project", "evaluation"])
    evaluations = list(totals[["year", "department", "project_id", "project", "evaluation"]].itertuples(index=False))
    counted = summarise_departments(results)
    counted = counted[counted["projects"] > 0]  # a department without a project has nothing to report
    summaries = list(counted[["year", "department"]].itertuples(index=False))
    departments = name_apart(
        {row.department: row.department or nobody for row in [*evaluations, *summaries]}, signs=signs
    )
    of_department: dict[tuple[int, str], dict[str, str]] = {}
    for row in evaluations:
        of_department.setdefault((row.year, row.department), {})[row.project_id] = row.project
    summary = kind_word(SUMMARY)
    folders = {key: name_apart(named, taken={summary}, signs=signs) for key, named in of_department.items()}
    for declared in report_sets():
        for row in evaluations if declared["each"] == "evaluation" else summaries:
            year, department = int(row.year), row.department
            kind = row.evaluation if declared["each"] == "evaluation" else SUMMARY
            project = row.project if declared["each"] == "evaluation" else ""
            facts = {"year": year, "department": department or nobody, "project": project, "kind": kind_word(kind)}
            parts = [str(year), departments[department]]
            given = {"place": place, "year": year}
            if declared["each"] == "evaluation":
                parts.append(folders[year, department][row.project_id])
                given |= {"project": row.project_id, "evaluation": kind}
            else:
                given |= {"department": department}
            yield ReportRequest(
                declared["notebook"],
                declared["each"],
                kind,
                year,
                department,
                project,
                declared["title"].format(**facts),
                "/".join([*parts, safe_name(kind_word(kind))]),
                safe_name(declared["name"].format(**facts), signs),
                declared["sees"],
                given,
            )


def name_apart(named: Mapping[Any, str], *, taken: Iterable[str] = (), signs: int = 40) -> dict[Any, str]:
    """Return for each thing a safe name that no other has on any file system (各不相同的安全文件名).

    Names that fall together after cleaning, cutting, or on a file system that does not tell capitals apart, each get
    the first signs of a hash of their thing, so a name never depends on the order.

    Example:
        >>> name_apart({1: "甲/乙", 2: "丙"}), sorted(map(len, name_apart({1: "a", 2: "A"}).values()))
        ({1: '甲_乙', 2: '丙'}, [8, 8])
    """
    plain = {thing: safe_name(name, signs) for thing, name in named.items()}
    counts: dict[str, int] = dict.fromkeys(map(_folded, taken), 1)
    for name in plain.values():
        counts[_folded(name)] = counts.get(_folded(name), 0) + 1
    apart = {}
    for thing, name in plain.items():
        digest = hashlib.sha256(repr(thing).encode("utf-8", "surrogatepass")).hexdigest()[:6]
        apart[thing] = name if counts[_folded(name)] == 1 else f"{safe_name(name, signs - 7)}_{digest}"
    return apart


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
