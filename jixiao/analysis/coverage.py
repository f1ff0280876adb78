"""Who has sent what (自评率): self-evaluations against the projects that must be evaluated, by number and by money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from jixiao.analysis.choices import choices, department_kinds, take_columns
from jixiao.analysis.summary import choose_money
from jixiao.core.errors import RequestError, say_nearest
from jixiao.core.exact import exact_sum
from jixiao.core.frames import MEANS, Frames, typed
from jixiao.core.results import Results
from jixiao.reading.organisations import body_words, last_successors, propose_organisations, region_of
from jixiao.reading.tidy.rows import project_key
from jixiao.reading.values.values import normalise

COVERAGE = {
    "year": "Int64",
    "department": "str",
    "unit": "str",
    "project_id": "str",
    "project": "str",
    "population": "str",
    "coverage_state": "str",
    "form_count": "Int64",
    "annual_budget_wan": "float64",
    "executed_wan": "float64",
    "total_reported": "float64",
    "source_file": "str",
    "note": "str",
}
"""The columns of coverage (自评情况): one row is a project that must be evaluated or that was sent without being asked
for; key year, project_id."""


def follow_successors(results: Results) -> tuple[Results, list[str]]:
    """Put every department under the body that answers for it now (按承接单位), so that years can be set side by side.

    Args:
        results: From :func:`jixiao.evaluate`.

    Returns:
        The results with the names of the last successors, and a sentence for each body that took over others; both
        unchanged without an entry that applies. Figures and tables of such results say so in a note.

    Example:
        >>> import jixiao
        >>> followed, notes = follow_successors(jixiao.evaluate("data/source"))
        >>> sorted(followed.frames.projects["department"].unique())
        ['南昌市东湖区政务服务数据管理局', '南昌市政务服务数据管理局', '宜春市大数据发展管理局']
    """
    last = last_successors(results.organisations)
    if not last:
        return results, []
    met: dict[str, set[str]] = {}

    def renamed(frame: pd.DataFrame) -> pd.DataFrame:
        if "department" not in frame or frame.empty:
            return frame
        names = {name: last.get(normalise(name), name) for name in frame["department"].unique()}
        for name, to in names.items():
            if name and to != name:
                met.setdefault(to, set()).add(name)
        return frame.assign(department=frame["department"].map(names).astype("str"))

    parts = {name: renamed(frame) for name, frame in results.frames.items()}
    scores, totals, findings = (renamed(frame) for frame in (results.scores, results.totals, results.findings))
    said = body_words()["words"]["follows"]
    notes = [said.format(names="、".join(sorted(names)), to=to) for to, names in sorted(met.items())]
    merged = tuple(dict.fromkeys((*results.merged, *notes)))
    followed = replace(results, frames=Frames(**parts), scores=scores, totals=totals, findings=findings, merged=merged)
    return followed, list(merged)


def one_region(results: Results, region: str = "") -> tuple[Results, list[str]]:
    """Keep the departments of one region (只看一个地区), so that a ranking never mixes regions (不跨地区排名).

    Args:
        results: From :func:`jixiao.evaluate`, or of :func:`follow_successors`.
        region: As registered, else as the names of departments begin; that with the most departments when empty.

    Returns:
        The results with the departments of the region alone in every frame that names departments, and a sentence that
        says which regions were left out; unchanged and without one where there is only one region.

    Raises:
        RequestError: No department is of this region; those there are are named.

    Example:
        >>> import jixiao
        >>> kept, notes = one_region(jixiao.evaluate("data/sample"))
        >>> kept.totals["department"].nunique(), notes
        (2, [])
    """
    every = results.totals["department"].drop_duplicates()
    found = known_bodies(every, results.organisations)["region"]
    counts = found.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    if region and region not in counts.index:
        raise RequestError(f"没有地区“{region}”的部门，{say_nearest(region, [one for one in counts.index if one])}")
    if len(counts) < 2:
        return results, []
    chosen = region or str(counts.index[0])
    names = set(every[found == chosen])
    words = body_words()["words"]
    others = "、".join(str(one) or words["no_region"] for one in counts.index if one != chosen)
    note = words["one_region"].format(region=chosen or words["no_region"], count=len(names), others=others)

    def kept(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["department"].isin(names)].reset_index(drop=True) if "department" in frame else frame

    parts = {name: kept(frame) for name, frame in results.frames.items()}
    made = {name: kept(getattr(results, name)) for name in ("scores", "totals", "findings")}
    return replace(results, frames=Frames(**parts), merged=(*results.merged, note), **made), [note]


def propose_bodies(results: Results) -> str:
    """Propose entries of ``data/organisations.yaml`` for the departments that are not registered (提出单位登记)."""
    names = {*results.frames.projects["department"], *results.frames.accounts["department"]}
    return propose_organisations(names, results.organisations, choices("department_kinds")["words"])


def coverage_rows(results: Results, *, is_last_year: bool = True) -> pd.DataFrame:
    """Set the self-evaluations that came against the projects that must be evaluated (自评情况).

    The projects are those of ``data/register/<year>``; of a year without such a file those of the budget list, else
    those self-evaluated the year before, else what came; ``population`` says which. Departments go by their last
    successors. Money is that of the register, else of the forms.

    Args:
        results: From :func:`jixiao.evaluate`.
        is_last_year: Whether the projects of last year's self-evaluations may stand in for a register.

    Returns:
        Columns ``COVERAGE``, key year, project_id. ``coverage_state``: received, missing, twice (several forms of one
        project), unasked (not among those that must be evaluated).

    Basis: 财预〔2020〕10号第八条: self-evaluation covers every project.

    Example:
        >>> import jixiao
        >>> rows = coverage_rows(jixiao.evaluate("data/source"))
        >>> rows[rows["year"] == 2021]["coverage_state"].value_counts().to_dict()
        {'received': 2, 'missing': 2}
    """
    last = last_successors(results.organisations)
    sent = results.totals[results.totals["evaluation"] == "self"]
    years = {*results.frames.projects["year"].dropna(), *results.register["year"].dropna()}
    rows: list[dict[str, Any]] = []
    for year in sorted(int(one) for one in years):
        wanted, population = _population(results, year, is_last_year)
        mine = sent[sent["year"] == year].to_dict("records")
        rows += _of_year(wanted, mine, population, _form_counts(results, year))
    frame = typed(rows, COVERAGE)
    names = {name: last.get(normalise(name), name) for name in frame["department"].unique()}
    frame = frame.assign(department=frame["department"].map(names).astype("str"))
    return frame.sort_values(["year", "department", "project"], ignore_index=True)


def _population(results: Results, year: int, is_last_year: bool) -> tuple[pd.DataFrame, str]:
    """Return the projects that must be evaluated in a year, and where they are from."""
    money = choose_money(results.frames.budgets)[["year", "project_id", "annual_budget_wan", "executed_wan"]]
    mine = results.register[results.register["year"] == year]
    if len(mine):
        return mine, "register"
    projects = results.frames.projects
    projects = projects[projects["project_level"] == "project"]
    named = projects.merge(money, on=["year", "project_id"], how="left", validate="1:1")
    budgets = results.frames.budgets
    listed = budgets[(budgets["evaluation"] == "budget_list") & (budgets["year"] == year)]
    mine = named[(named["year"] == year) & named["project_id"].isin(listed["project_id"])]
    if len(mine):
        return mine, "budget_list"
    before = results.totals[(results.totals["evaluation"] == "self") & (results.totals["year"] == year - 1)]
    mine = named[(named["year"] == year - 1) & named["project_id"].isin(before["project_id"])]
    own = ["project_id", "department", "unit", "project"]  # as the self-evaluation names them, not another evaluation
    mine = mine.drop(columns=own[1:]).merge(before[own], on="project_id", validate="1:1")
    if len(mine) and is_last_year:  # the money of another year is not this year's
        now = named[named["year"] == year].set_index("project_id")[["annual_budget_wan", "executed_wan"]]
        return mine.drop(columns=list(now)).join(now, on="project_id").assign(year=year), "last_year"
    now = results.totals[(results.totals["evaluation"] == "self") & (results.totals["year"] == year)]
    return named[(named["year"] == year) & named["project_id"].isin(now["project_id"])], "received"


def _form_counts(results: Results, year: int) -> dict[str, int]:
    """Return how many files brought a self-evaluation of each project, by its plain name."""
    lines = results.frames.ingest
    lines = lines[(lines["year"] == year) & (lines["evaluation"] == "self")]
    lines = lines[lines["state"].isin(["read", "repeated", "conflict"]) & (lines["project"] != "")]
    plain = lines["project"].map(lambda name: project_key("", name))
    return lines.groupby(plain)["source_file"].nunique().astype(int).to_dict() if len(lines) else {}


def _of_year(
    wanted: pd.DataFrame, sent: Sequence[dict[str, Any]], population: str, counts: dict[str, int]
) -> list[dict[str, Any]]:
    by_id = {one["project_id"]: one for one in sent}
    by_name: dict[str, list[dict[str, Any]]] = {}
    for one in sent:
        by_name.setdefault(project_key("", one["project"]), []).append(one)
    used, rows = set(), []
    for row in wanted.to_dict("records"):
        plain = project_key("", row["project"])
        alike = by_name.get(plain, [])
        found = by_id.get(row["project_id"]) or (alike[0] if len(alike) == 1 else None)
        count = counts.get(plain, 0)
        state = "twice" if count > 1 else "received" if found else "missing"
        used.add(found["project_id"] if found else "")
        rows.append(
            {
                **{name: row[name] for name in ("year", "department", "unit", "project_id", "project")},
                **{name: _known(row[name], found, name) for name in ("annual_budget_wan", "executed_wan")},
                "population": population,
                "coverage_state": state,
                "form_count": count or int(found is not None),
                "total_reported": found["total_reported"] if found else None,
                "source_file": found["source_file"] if found else "",
            }
        )
    for one in sent:
        if one["project_id"] not in used:
            named = {name: one[name] for name in ("year", "department", "unit", "project_id", "project")}
            rows.append(
                {
                    **named,
                    "annual_budget_wan": one["annual_budget_wan"],
                    "executed_wan": one["executed_wan"],
                    "population": population,
                    "coverage_state": "unasked",
                    "form_count": counts.get(project_key("", one["project"]), 1),
                    "total_reported": one["total_reported"],
                    "source_file": one["source_file"],
                }
            )
    return rows


def _known(value: Any, found: dict[str, Any] | None, name: str) -> Any:
    """Return the money that is registered, else that of the form."""
    return found[name] if found and pd.isna(value) else value


def coverage_rates(
    rows: pd.DataFrame, *, by: str | Sequence[str] = ("year", "department"), means: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Sum the coverage up (自评率), by number and by money.

    Formula: by number = projects with a self-evaluation ÷ projects that must be evaluated; by money = their full-year
    budgets ÷ those of all. Projects nobody asked for count in neither.

    Args:
        rows: From :func:`coverage_rows`.
        by: year, department, or both.
        means: From :func:`printed_means`: the mean a summary report prints is set beside that of the forms.

    Returns:
        Key ``by``. ``projects``, money in 万元 (exact sums, missing where no project prints any), ``execution_rate``,
        ``received``, ``missing``, ``unasked``, ``twice``, the two rates, ``mean_points`` of the self-evaluations that
        came, ``printed_mean``, and ``population``.

    Example:
        >>> import jixiao
        >>> results = jixiao.evaluate("data/source")
        >>> rates = coverage_rates(coverage_rows(results))
        >>> rates.loc[rates["projects"] == 4, ["annual_budget_wan", "executed_wan", "received"]].values.tolist()
        [[10552.78, 6378.55, 2]]
    """
    key = take_columns(rows, by, ["year", "department"])
    lines = []
    for names, group in rows.groupby(key, sort=True):
        asked = group[group["coverage_state"] != "unasked"]
        came = asked[asked["coverage_state"].isin(["received", "twice"])]
        budget, executed = (_sum(asked[name]) for name in ("annual_budget_wan", "executed_wan"))
        known = asked["executed_wan"].notna() & asked["annual_budget_wan"].notna()
        base = _sum(asked.loc[known, "annual_budget_wan"])
        spent = _sum(asked.loc[known, "executed_wan"])
        points = came["total_reported"].dropna().tolist()
        sum_of_points = exact_sum(points)
        money_of_came = _sum(came["annual_budget_wan"]) or 0.0
        lines.append(
            {
                **dict(zip(key, names, strict=True)),
                "projects": len(asked),
                "annual_budget_wan": budget,
                "executed_wan": executed,
                "execution_rate": spent / base if base and spent is not None else None,
                "received": len(came),
                "missing": int((asked["coverage_state"] == "missing").sum()),
                "twice": int((asked["coverage_state"] == "twice").sum()),
                "unasked": int((group["coverage_state"] == "unasked").sum()),
                "coverage_rate": len(came) / len(asked) if len(asked) else None,
                "coverage_money_rate": money_of_came / budget if budget else None,
                "mean_points": float(sum_of_points) / len(points) if sum_of_points is not None and points else None,
                "population": "、".join(sorted(group["population"].unique())),
            }
        )
    schema = {
        **{name: COVERAGE[name] for name in key},
        **dict.fromkeys(["projects", "received", "missing", "twice", "unasked"], "Int64"),
        **dict.fromkeys(["annual_budget_wan", "executed_wan", "execution_rate", "coverage_rate"], "float64"),
        **dict.fromkeys(["coverage_money_rate", "mean_points"], "float64"),
        "population": "str",
    }
    order = [*key, "projects", "annual_budget_wan", "executed_wan", "execution_rate", "received", "missing", "twice"]
    frame = typed(lines, schema)[
        [*order, "unasked", "coverage_rate", "coverage_money_rate", "mean_points", "population"]
    ]
    if means is None or key != ["year", "department"]:
        return frame
    told = means[["year", "department", "printed_mean"]].drop_duplicates(["year", "department"])
    return frame.merge(told, on=["year", "department"], how="left", validate="1:1")


def printed_means(results: Results) -> pd.DataFrame:
    """Return the mean of the self-evaluations that summary reports print (自评平均分), read or registered.

    Returns:
        Columns ``MEANS``, key year, department; departments go by their last successors, a registered mean goes before.
    """
    last = last_successors(results.organisations)
    told = results.frames.statements
    told = told[told["statement"] == "self_average"] if "statement" in told else told.iloc[:0]
    rows = results.printed_means.to_dict("records") + [
        {
            "year": one["year"],
            "department": one["department"],
            "printed_mean": one["stated_value"],
            "remark": one["source_file"],
        }
        for one in told.to_dict("records")
    ]
    for row in rows:
        row["department"] = last.get(normalise(row["department"]), row["department"])
    return typed(rows, MEANS).drop_duplicates(["year", "department"], ignore_index=True)


def choose_coverage(rows: pd.DataFrame, *, year: int, department: str, organisations: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one department and year (选定部门的自评情况), by any of its names.

    No rows where nothing must be evaluated and nothing came.
    """
    name = last_successors(organisations).get(normalise(department), department)
    return rows[(rows["year"] == year) & (rows["department"] == name)].reset_index(drop=True)


def _sum(values: pd.Series) -> float | None:
    total = exact_sum(values.dropna().tolist())
    return None if total is None else float(total)


def known_bodies(departments: pd.Series, organisations: pd.DataFrame) -> dict[str, pd.Series]:
    """Return category and region of departments (类别和地区): as registered, else by the words of their names.

    Example:
        >>> from jixiao.core.frames import ORGANISATIONS
        >>> rows = typed([{"organisation": "甲局", "department_kind": "health", "region": "甲市"}], ORGANISATIONS)
        >>> {name: values.tolist() for name, values in known_bodies(pd.Series(["甲局", "乙市教育局"]), rows).items()}
        {'department_kind': ['health', 'education'], 'region': ['甲市', '乙市']}
    """
    declared: dict[str, dict[str, str]] = {"department_kind": {}, "region": {}}
    for row in organisations.to_dict("records"):
        names = [row["organisation"], *row["also_names"].split("、"), *row["former_names"].split("、")]
        for column, known in declared.items():
            known |= {normalise(name): row[column] for name in names if name and row[column]}
    names = departments.drop_duplicates()
    by_words = {"department_kind": department_kinds(names), "region": names.map(region_of)}
    found = {
        column: {name: known.get(normalise(name), other) for name, other in zip(names, by_words[column], strict=True)}
        for column, known in declared.items()
    }
    return {column: departments.map(known).astype("str") for column, known in found.items()}
