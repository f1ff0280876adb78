"""Regroup scores and findings by project, department, category and year (汇总); columns stay English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from jixiao.core.errors import RequestError, brief, say_nearest
from jixiao.core.exact import distinct, positions, rows_of_each
from jixiao.core.frames import EVALUATION_KEY, GRADES, MONEY_KINDS, Frames
from jixiao.core.results import Results
from jixiao.core.vocabulary import category_group, category_groups, value_labels, word
from jixiao.reading.tidy.make_frames import project_key


def summarise_evaluations(results: Results) -> pd.DataFrame:
    """Return one row per evaluation with its totals and the number of findings (评价汇总).

    Key year, project_id, evaluation. ``findings`` counts all, ``errors`` those of severity error.
    """
    place = positions(results.findings, results.totals)
    is_error = (results.findings["severity"] == "error").to_numpy()
    counts = {
        name: pd.Series(np.bincount(place[mask], minlength=len(results.totals)), results.totals.index, dtype="Int64")
        for name, mask in {"findings": place >= 0, "errors": (place >= 0) & is_error}.items()
    }
    rows = results.totals.assign(**counts)
    return rows.sort_values(["year", "department", "project", "evaluation"], ignore_index=True)


def summarise_execution(results: Results) -> pd.DataFrame:
    """Return one row per project and year with its money and its execution rate (预算执行).

    A project that comes in several forms counts once, with the figures of its self-evaluation first, then department,
    finance, budget list. ``execution_rate`` is always 全年执行数 ÷ 全年预算数 here, so that projects can be compared;
    missing or zero budget gives no rate. Subprojects are left out, their parent holds their money.
    """
    chosen = choose_money(results.frames.budgets)
    projects = results.frames.projects[results.frames.projects["project_level"] == "project"]
    places = ["source_file", "source_sheet", "source_cell"]
    named = projects[["year", "project_id", "project", "department", "unit", *places]]
    columns = [
        "year",
        "project_id",
        "evaluation",
        "initial_budget_wan",
        "annual_budget_wan",
        "arrived_wan",
        "executed_wan",
        *places,
    ]
    rows = named.merge(
        chosen[columns], on=["year", "project_id"], how="left", validate="1:1", suffixes=("_project", "")
    )
    for place in places:  # a project without money is still traced to where it is named
        rows[place] = rows[place].where(rows[place].notna(), rows.pop(f"{place}_project")).astype("str")
    base = rows["annual_budget_wan"].where(rows["annual_budget_wan"] > 0)
    rows["execution_rate"] = rows["executed_wan"] / base
    return rows.sort_values(["year", "department", "project"], ignore_index=True)


def choose_money(budgets: pd.DataFrame, *, base: str = "annual_budget_wan") -> pd.DataFrame:
    """Return, for each project and year, the one row of its whole money that speaks for it (采用的资金数).

    Args:
        budgets: The frame ``budgets``.
        base: The denominator that is wanted; a form that prints it with the money spent goes before one that does not.
            Then come self-evaluation, department, finance, budget list, in this order.

    Example:
        >>> import jixiao
        >>> rows = choose_money(jixiao.load("data/sample").budgets, base="arrived_wan")
        >>> rows.loc[rows["arrived_wan"].notna(), "evaluation"].unique().tolist()
        ['department']
    """
    rows = budgets[budgets["fund"] == "total"]
    rank = rows["evaluation"].map({name: number for number, name in enumerate(MONEY_KINDS)}).astype("float64")
    # A form that does not print its money must not hide one that does.
    known = rows[base].notna() & rows["executed_wan"].notna()
    chosen = rows.assign(rank=rank.where(known, rank + len(MONEY_KINDS))).sort_values("rank", kind="stable")
    return chosen.drop_duplicates(["year", "project_id"]).drop(columns="rank")


def summarise_departments(results: Results) -> pd.DataFrame:
    """Return one row per department and year (部门汇总): projects, money, money-weighted execution rate, findings.

    Key year, department. Money sums are missing when no project of the department prints any.
    """
    money = summarise_execution(results)
    known = money[money["execution_rate"].notna()]
    sums = known.groupby(["year", "department"])[["annual_budget_wan", "executed_wan"]].sum(min_count=1)
    counts = money.groupby(["year", "department"]).agg(projects=("project_id", "nunique"))
    evaluations = summarise_evaluations(results)
    grouped = evaluations.groupby(["year", "department"])
    scored = grouped.agg(evaluations=("project_id", "size"), total_reported=("total_reported", "mean"))
    found = (
        results.findings[results.findings["department"] != ""]
        .assign(is_error=results.findings["severity"] == "error")
        .groupby(["year", "department"])
        .agg(findings=("code", "size"), errors=("is_error", "sum"))
    )
    rows = counts.join([sums, scored, found], how="outer").reset_index()
    rows["execution_rate"] = rows["executed_wan"] / rows["annual_budget_wan"].where(rows["annual_budget_wan"] > 0)
    for column in ("projects", "evaluations", "findings", "errors"):
        rows[column] = rows[column].fillna(0).astype("Int64")
    return rows


def summarise_grades(results: Results) -> pd.DataFrame:
    """Return how many evaluations of a department earned each grade by their printed total (等级分布).

    Key year, department, grade; grades nobody earned are there with 0.
    """
    rows = results.totals[results.totals["reported_grade"].notna()]
    grade = pd.Categorical(rows["reported_grade"].astype("str"), categories=GRADES, ordered=True)
    counted = rows.assign(grade=grade).groupby(["year", "department", "grade"], observed=False).size()
    counts = counted.rename("evaluations").reset_index()
    present = rows[["year", "department"]].drop_duplicates()
    return counts.merge(present, on=["year", "department"], validate="m:1")


def summarise_categories(results: Results) -> pd.DataFrame:
    """Return the share of the points earned per department and comparable category (得分率).

    Key year, department, category. ``completion_rate`` is the sum of printed points ÷ the sum of their weights, over
    the rows that print both; a category without such rows is absent.
    """
    rows = results.scores[["year", "department", "category", "reported_score", "weight", "is_counted"]]
    rows = rows[rows["is_counted"] & rows["reported_score"].notna() & (rows["weight"] > 0)]
    codes, names = distinct(rows["category"])
    rows = rows.assign(category=pd.array([category_group(name) for name in names], dtype="str").take(codes))
    sums = rows.groupby(["year", "department", "category"])[["reported_score", "weight"]].sum().reset_index()
    sums["completion_rate"] = sums["reported_score"] / sums["weight"]
    order = {name: number for number, name in enumerate(category_groups())}
    return sums.sort_values(
        ["year", "department", "category"],
        key=lambda column: column.map(order) if column.name == "category" else column,
        ignore_index=True,
    )


def choose_evaluation(results: Results, year: int, project: str, evaluation: str) -> pd.Series:
    """Return the totals of one evaluation by year, project (name or id) and kind (选定一份评价).

    Raises:
        RequestError: There is none, or several projects carry that name; the sentence lists what there is.
    """
    rows = results.totals
    kind = {label: code for code, label in value_labels()["evaluation"].items()}.get(evaluation, evaluation)
    plain = project_key("", project)
    same = (rows["project_id"] == project) | (rows["project"] == project)
    codes, names = distinct(rows["project"])
    alike = np.array([*(project_key("", name) == plain for name in names), False])[codes]
    found = rows[(rows["year"] == year) & (same | alike) & (rows["evaluation"] == kind)]
    if len(found) != 1:
        raise RequestError(
            f"{year}年度“{brief(project)}”的{brief(word('evaluation', kind))}有{len(found)}份，应恰有1份；"
            + (
                f"请用项目编号选定：{'、'.join(map(brief, found['project_id'].head(5)))}"
                if len(found)
                else _near_evaluations(rows, year, same | alike, project)
            )
        )
    return found.iloc[0]


def _near_evaluations(rows: pd.DataFrame, year: int, is_named: pd.Series, project: str) -> str:
    """Say what is nearest to an evaluation that is not there: the others of its project, else the nearest projects."""
    mine = rows[is_named]
    if len(mine):
        names = [f"{row.year} {word('evaluation', row.evaluation)}" for row in mine.itertuples()]
        return say_nearest(str(year), names)
    of_year = rows[rows["year"] == year]
    return say_nearest(project, of_year["project"]) if len(of_year) else say_nearest(year, rows["year"])


def select_rows(frame: pd.DataFrame, chosen: pd.Series) -> pd.DataFrame:
    """Return the rows of a frame that belong to one evaluation (选定评价的行), in the order of the form."""
    mask = pd.Series(True, index=frame.index)
    for column in EVALUATION_KEY:
        mask &= frame[column] == chosen[column]
    return frame[mask]


def list_rows(results: Results) -> Iterator[tuple[pd.Series, pd.DataFrame]]:
    """Yield every evaluation with its scored rows (逐份评价), in the order of the totals.

    Example:
        >>> import jixiao
        >>> results = jixiao.evaluate("data/sample")
        >>> sum(len(rows) for _, rows in list_rows(results)) == len(results.scores)
        True
    """
    for (_, chosen), at in zip(results.totals.iterrows(), rows_of_each(results.scores, results.totals), strict=True):
        yield chosen, results.scores.take(at)


def compare_evaluations(results: Results, chosen: pd.Series) -> pd.DataFrame:
    """Return every evaluation of one project in one year side by side (同一项目的各类评价)."""
    rows = summarise_evaluations(results)
    return rows[(rows["year"] == chosen["year"]) & (rows["project_id"] == chosen["project_id"])]


def choose_department(results: Results, year: int, department: str) -> Results:
    """Return the results of one department and year (选定部门和年度).

    Raises:
        RequestError: The department has neither a project nor a finding in that year; the sentence lists what there is.
    """
    chosen = select_results(results, year=year, department=department)
    if chosen.frames.projects.empty and chosen.findings.empty:
        projects = results.frames.projects
        known = projects.loc[projects["year"] == year, "department"]
        said = say_nearest(department, known) if len(known) else say_nearest(year, projects["year"])
        raise RequestError(f"{year}年度没有部门“{brief(department)}”的项目；{said}")
    return chosen


def choose_project(results: Results, project: str) -> Results:
    """Return the results of one project over all years and evaluations (选定项目), by its name or id.

    Raises:
        RequestError: No project has that name or id; the sentence lists some that there are.

    Example:
        >>> import jixiao
        >>> choose_project(jixiao.evaluate("data/sample"), "示例农村公路养护项目").totals["year"].tolist()
        [2023, 2024, 2024]
    """
    rows = results.frames.projects
    names = rows[["project_id", "project"]].drop_duplicates()
    plain = project_key("", project)
    alike = names["project"].map(lambda name: project_key("", name)) == plain
    ids = names.loc[(names["project_id"] == project) | alike, "project_id"].unique()
    if not len(ids):
        raise RequestError(f"没有项目“{brief(project)}”；{say_nearest(project, names['project'])}")

    def keep(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["project_id"].isin(ids)] if "project_id" in frame else frame

    parts = {name: keep(frame) for name, frame in results.frames.items()}
    scores, totals, findings = (keep(frame) for frame in (results.scores, results.totals, results.findings))
    return replace(results, frames=Frames(**parts), scores=scores, totals=totals, findings=findings)


def select_results(
    results: Results, *, year: int | None = None, department: str | None = None, evaluation: str | None = None
) -> Results:
    """Return the part of the results that belongs to a year, a department and an evaluation kind (筛选).

    Nothing chosen leaves everything in. An evaluation kind keeps the projects that have such an evaluation, and of them
    only what that evaluation says.
    """
    chosen = {"year": year, "department": department, "evaluation": evaluation}

    def match(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
        for column in columns:
            if chosen[column] is not None and column in frame:
                frame = frame[frame[column] == chosen[column]]
        return frame

    projects = match(results.frames.projects, "year", "department")
    if evaluation is not None:
        projects = projects[_keys(projects).isin(_keys(match(results.frames.evaluations, "evaluation")))]
    keys = _keys(projects)

    def keep(frame: pd.DataFrame) -> pd.DataFrame:
        if not {"year", "project_id"} <= set(frame.columns):
            return match(frame, "evaluation")
        is_mine = _keys(frame).isin(keys)
        if "department" in frame:  # what a department wrote about all its projects
            is_mine |= (frame["project_id"] == "") & frame.index.isin(match(frame, "year", "department").index)
        return match(frame[is_mine], "evaluation")

    parts = {name: keep(frame) for name, frame in results.frames.items()}
    scores, totals = keep(results.scores), keep(results.totals)
    findings = match(results.findings, "year", "department", "evaluation")
    return replace(results, frames=Frames(**parts), scores=scores, totals=totals, findings=findings)


def _keys(frame: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([frame["year"].astype("int64"), frame["project_id"].astype("object")])


def select_findings(
    findings: pd.DataFrame,
    *,
    codes: Sequence[str] = (),
    severities: Sequence[str] = (),
    years: Sequence[int] = (),
    departments: Sequence[str] = (),
    projects: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the findings that fit (筛选问题): by code, severity, year, part of a department's or project's name.

    Example:
        >>> frame = pd.DataFrame({"code": ["grade", "list_sum"], "project": ["甲项目", "乙项目"]})
        >>> select_findings(frame, projects=["甲"])["code"].tolist()
        ['grade']
    """
    for column, wanted in (("code", codes), ("severity", severities), ("year", years)):
        if wanted:
            findings = findings[findings[column].isin(list(wanted))]
    for column, parts in (("department", departments), ("project", projects)):
        if parts:
            found = [any(part in name for part in parts) for name in findings[column]]
            findings = findings[np.array(found, dtype=bool)]
    return findings.reset_index(drop=True)


def list_findings(results: Results) -> pd.DataFrame:
    """Return the findings and behind them the suppressed ones, which say so in ``suppression`` (全部问题)."""
    aside = results.suppressed
    said = aside["reason"].str.cat([aside["who"], aside["expires"]], sep=" / ")
    both = [results.findings.assign(suppression=""), aside.assign(suppression=said)]
    columns = [*results.findings.columns, "suppression"]
    return pd.concat([part[columns] for part in both if len(part)] or both[:1], ignore_index=True)


def key_numbers(results: Results) -> dict[str, float]:
    """Return the big numbers (关键数字) of some results.

    Money in 万元, summed over the projects that print both budget and execution; rates as fractions; missing is NaN.
    """
    projects = results.frames.projects
    top = projects[projects["project_level"] == "project"]
    money = summarise_execution(results)
    known = money[money["execution_rate"].notna()]
    budget, executed = (float(known[name].sum(min_count=1)) for name in ("annual_budget_wan", "executed_wan"))
    graded = results.totals["reported_grade"].dropna().astype("str")
    good = int(graded.isin(["excellent", "good"]).sum())
    return {
        "projects": top["project_id"].nunique(),
        "subprojects": int((projects["project_level"] == "subproject").sum()),
        "annual_budget": budget,
        "executed": executed,
        "execution_rate": executed / budget if budget > 0 else float("nan"),
        "unknown": len(top) - len(known),
        "evaluations": len(results.totals),
        "evaluated": results.totals["project_id"].nunique(),
        "graded": len(graded),
        "good": good,
        "good_share": good / len(graded) if len(graded) else float("nan"),
        "findings": len(results.findings),
        "errors": int((results.findings["severity"] == "error").sum()),
    }


def select_file(frame: pd.DataFrame, chosen: pd.Series) -> pd.DataFrame:
    """Return the rows of a frame that come from the file of one evaluation (同一来源文件的行)."""
    return frame[frame["source_file"] == chosen["source_file"]]
