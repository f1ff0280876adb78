"""The prepared tables of the pages (看板数据): what a filter chooses from, worked out once.

Every figure that needs a rule is worked out here; what is left to a page is choosing rows, counting and adding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from jixiao import analysis
from jixiao.analysis.choices import choices
from jixiao.analysis.coverage import known_bodies
from jixiao.analysis.execution import execution_band
from jixiao.analysis.summary import choose_money
from jixiao.analysis.years import QUADRANTS
from jixiao.core.exact import sums_of
from jixiao.core.frames import EVALUATION_KEY, PROJECT_KINDS
from jixiao.core.results import Results
from jixiao.core.vocabulary import category_group
from jixiao.publish.boards.board_issues import COVERED, DEMANDS, ISSUES, Problems, covered_rows, issue_rows
from jixiao.publish.boards.monitoring import elapsed_days, light, monitoring

KINDS = list(PROJECT_KINDS)
_MONEY = ["initial_budget_wan", "annual_budget_wan", "arrived_wan", "executed_wan"]
_PROJECT = ["year", "project_id"]
_INDICATORS = [
    *("indicator_id", "category", "indicator", "target_text", "actual_text", "weight", "reported_score", "score"),
    *("decided_by", "score_explanation", "basis", "deviation_reason"),
]
Tables = dict[str, pd.DataFrame]


def departments_of(results: Results) -> list[str]:
    """Return every department with a project or a finding (全部部门), by name; its place in the list is its number."""
    return sorted({*results.frames.projects["department"], *results.findings["department"]} - {""})


def years_of(results: Results) -> list[int]:
    """Return every year that has a project or a finding (全部年度)."""
    every = pd.concat([results.frames.projects["year"], results.findings["year"]])
    return sorted({int(year) for year in every.dropna()})


def prepare(
    results: Results, links: Mapping[tuple[int, str, str], str] | None = None, *, problems: Problems | None = None
) -> Iterator[tuple[str, Tables]]:
    """Yield the chunks of the pages one after the other (看板数据分块): a name of letters and digits, and its tables.

    Args:
        results: From :func:`jixiao.evaluate`.
        links: Address of the report of an evaluation by year, project and kind, where there is one.
        problems: What the ledger holds of these data; nothing when None.

    Yields:
        ``base`` holds what compares all departments over all years, ``projects-<year>`` the projects, the counts of
        findings and the sentences that open the pages, ``findings-<year>`` one row per finding without its words,
        ``details-<year>-<number>`` the words of those of one department, ``repeated-<number>`` what came back in it,
        ``project-<year>-<number>`` its projects with funds, indicators and evaluations, ``names`` the names to search,
        ``coverage-<year>`` who has sent a form, ``issues`` the ledger without its words, ``demands-<year>-<number>``
        with them, of one department. Year 0 holds what has no year of the pages, number 999 what is of no department
        of theirs.

    Example:
        >>> from jixiao import evaluate
        >>> [name for name, _ in prepare(evaluate("data/sample"))][:3]
        ['base', 'names', 'projects-2023']
    """
    numbers = {name: number for number, name in enumerate(departments_of(results))}
    projects, found = project_rows(results), _findings(results)
    yield "base", {"ranking": _ranking(results), "rates": _rates(results), "points": _points(results)}
    yield "names", {"names": _names(results)}
    statements = analysis.brief_statements(results)
    counts = found.groupby(_COUNTED, sort=True, dropna=False).size().rename("findings").reset_index()
    for year in [0, *years_of(results)]:
        mine, counted = projects[projects["year"] == year], counts[counts["year"] == year]
        if len(mine) or len(counted):
            told = statements[statements["year"] == year]
            yield f"projects-{year}", {"projects": mine, "counts": counted, "statements": told}
            yield f"findings-{year}", {"findings": found.loc[found["year"] == year, _LISTED]}
    repeated = analysis.repeated_findings(results.findings)
    repeated = repeated[(repeated["year_count"] > 1) & (repeated["department"] != "")]
    for name, rows in repeated.groupby("department"):
        yield f"repeated-{numbers[str(name)]:03d}", {"repeated": rows[COLUMNS["repeated"]]}
    for (year, name), rows in found.groupby(["year", "department"]):
        yield f"details-{year}-{numbers.get(str(name), 999):03d}", {"details": rows[_DETAILED]}
    for year, rows in covered_rows(results).groupby("year"):
        yield f"coverage-{int(year)}", {"coverage": rows}
    if problems is not None and len(problems.issues):
        yield from _ledger(issue_rows(problems, results), numbers, years_of(results))
    yield from _by_department(results, projects, numbers, links or {})


def _ledger(rows: pd.DataFrame, numbers: Mapping[str, int], years: list[int]) -> Iterator[tuple[str, Tables]]:
    yield "issues", {"issues": rows[ISSUES]}
    year = rows["year"].where(rows["year"].isin(years), 0)
    number = rows["department"].map(numbers).fillna(999).astype("int64")
    for (one, other), mine in rows.groupby([year, number]):
        yield f"demands-{int(one)}-{int(other):03d}", {"demands": mine}


_RANKED = ["year", "department", "department_kind", "size_class", "evaluation"]
_COUNTED = ["year", "department", "department_kind", "evaluation", "title", "severity"]
_LISTED = ["year", "department", "department_kind", "project_id", "project", "evaluation", "title", "severity"]
_DETAILED = [*_LISTED, "indicator", "message", "resolution", "basis", "place"]


PROJECTS = [
    *("year", "project_id", "evaluation", "project", "department", "department_kind", *_MONEY, "unspent_wan"),
    *(
        "total_reported",
        "reported_grade",
        "total",
        "grade",
        "score_difference",
        "execution_band",
        "quadrant",
        "findings",
        "errors",
    ),
    *("reported_sum", "weight_sum", "elapsed_rate", "execution_light", "attainment_light"),
    *("is_top", "is_known", "is_apart", "has_errors", "is_red"),
]
_RATED = ["department_kind", "annual_budget_wan", "executed_wan", "execution_rate", "rate_change"]
_VERDICT = ["total_reported", "reported_grade", "total", "grade", "findings", "errors"]
COLUMNS = {
    "projects": PROJECTS,
    "counts": [*_COUNTED, "findings"],
    "statements": ["year", "department", "topic", "key_point", "link"],
    "findings": _LISTED,
    "details": _DETAILED,
    "ranking": [*_RANKED, "evaluations", "mean_points", "rank", "peer_count", "rank_change", "mean_change"],
    "rates": ["year", "department", *_RATED],
    "points": ["year", "department", "evaluation", "category", "department_kind", "reported_sum", "weight_sum"],
    "repeated": ["department", "project_id", "project", "title", "year_count", "findings"],
    "names": [*_PROJECT, "project", "department"],
    "facts": [*_PROJECT, "project", "department", "unit", "place"],
    "verdicts": [*EVALUATION_KEY, "department", *_VERDICT, "undecided_count", "report"],
    "funds": [*EVALUATION_KEY, "department", "fund", *_MONEY],
    "indicators": [*EVALUATION_KEY, "department", *_INDICATORS],
    "issues": ISSUES,
    "demands": DEMANDS,
    "coverage": COVERED,
}
"""Every prepared table with its columns (看板数据表)."""


def project_rows(results: Results) -> pd.DataFrame:
    """Return one row per project and year for all its forms together, and one per evaluation (项目与评价).

    Key year, project_id, evaluation; evaluation is empty in the first kind of row, whose money is that of the form that
    speaks for the project. ``is_known`` says that both budget and spending are printed; ``unspent_wan`` is their
    difference, ``reported_sum`` of ``weight_sum`` the points for 产出, 效益 and 满意度. ``score_difference`` is the
    printed total minus that of the rules. ``is_apart`` says that the
    evaluations of the project do not agree on its grade. Numbers are missing where the forms print none.
    """
    frames, totals = results.frames, results.totals
    named = frames.projects[[*_PROJECT, "project", "department", "unit", "project_level"]]
    whole = named[named["project_level"] == "project"].drop(columns="project_level")
    money = choose_money(frames.budgets)[[*_PROJECT, *_MONEY]]
    merged = whole.merge(money, on=_PROJECT, how="left", validate="1:1").assign(evaluation="", is_top=1)
    own = frames.budgets.loc[frames.budgets["fund"] == "total", [*EVALUATION_KEY, *_MONEY]]
    columns = [*EVALUATION_KEY, "project", "department", "unit", "total_reported", "reported_grade", "total", "grade"]
    columns.append("score_difference")
    each = totals[columns].merge(own, on=EVALUATION_KEY, how="left", validate="1:1")
    tops = pd.MultiIndex.from_frame(whole[_PROJECT])
    each["is_top"] = pd.MultiIndex.from_frame(each[_PROJECT]).isin(tops).astype("int64")
    earned = _attained(results)
    each = each.merge(earned, on=EVALUATION_KEY, how="left", validate="1:1")
    merged = merged.merge(_preferred(earned), on=_PROJECT, how="left", validate="1:1")
    rows = pd.concat([merged, each], ignore_index=True)
    rows["department_kind"] = _kinds(rows, results)
    rows["is_known"] = (rows["executed_wan"].notna() & (rows["annual_budget_wan"] > 0)).astype("int64")
    rows["unspent_wan"] = (rows["annual_budget_wan"] - rows["executed_wan"]).round(4).where(rows["is_known"] == 1)
    rows["execution_band"] = execution_band(rows["executed_wan"], rows["annual_budget_wan"]).astype("str")
    rows["quadrant"] = _quadrant(rows)
    rows = _counted_findings(rows, results.findings)
    kinds = totals.assign(grade=totals["reported_grade"].astype("object")).groupby(_PROJECT)["grade"].nunique()
    apart = kinds.reindex(pd.MultiIndex.from_frame(rows[_PROJECT])).fillna(0).to_numpy()
    rows["is_apart"] = (apart > 1).astype("int64")
    return _lights(rows, results).sort_values([*_PROJECT, "evaluation"], ignore_index=True)[PROJECTS]


def _kinds(rows: pd.DataFrame, results: Results) -> pd.Series:
    """Return the categories of the departments of some rows: as registered, else by their names."""
    return known_bodies(rows["department"], results.organisations)["department_kind"]


def _attained(results: Results) -> pd.DataFrame:
    scores = _counted_points(results)
    scores = scores[scores["category"].isin(monitoring()["groups"])]
    sums = sums_of(scores, EVALUATION_KEY, ["reported_score", "weight"])
    return sums.rename(columns={"reported_score": "reported_sum", "weight": "weight_sum"})[
        [*EVALUATION_KEY, "reported_sum", "weight_sum"]
    ]


def _counted_points(results: Results) -> pd.DataFrame:
    scores = results.scores[results.scores["is_counted"]]
    scores = scores[scores["reported_score"].notna() & (scores["weight"] > 0)]
    return scores.assign(category=scores["category"].map(category_group))


def _preferred(rows: pd.DataFrame) -> pd.DataFrame:
    """Return for each project the row of the first kind of evaluation it has."""
    order = rows["evaluation"].map({kind: place for place, kind in enumerate(KINDS)}).fillna(len(KINDS))
    ranked = rows.assign(place=order).sort_values("place", kind="stable").drop_duplicates(_PROJECT)
    return ranked.drop(columns=["place", "evaluation"])


def _quadrant(rows: pd.DataFrame) -> pd.Series:
    """Return the quadrant of each evaluation by 全年执行数÷全年预算数 and its printed total."""
    lines = choices("quadrants")
    known = (rows["is_known"] == 1) & rows["total_reported"].notna()
    spent = rows["executed_wan"] >= rows["annual_budget_wan"] * float(lines["execution_rate"]) - 1e-9
    scored = rows["total_reported"] >= float(lines["points"])
    names = np.select([~known, spent & scored, spent, scored], ["unknown", *QUADRANTS[:3]], "both_low")
    return pd.Series(names, index=rows.index)


def _counted_findings(rows: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    marked = findings[[*EVALUATION_KEY, "severity"]].assign(is_error=findings["severity"].astype("str") == "error")
    for keys, chosen in ((_PROJECT, rows["evaluation"] == ""), (EVALUATION_KEY, rows["evaluation"] != "")):
        sums = marked.groupby(keys)["is_error"].agg(["size", "sum"])
        place = pd.MultiIndex.from_frame(rows.loc[chosen, keys])
        for name, column in (("findings", "size"), ("errors", "sum")):
            rows.loc[chosen, name] = sums[column].reindex(place).fillna(0).to_numpy()
    rows["has_errors"] = (rows["errors"] > 0).astype("int64")
    return rows


def _lights(rows: pd.DataFrame, results: Results) -> pd.DataFrame:
    declared = monitoring()
    time = {year: elapsed_days(int(year), results.as_of) for year in rows["year"].unique()}
    over, days = (rows["year"].map({year: part[place] for year, part in time.items()}) for place in (0, 1))
    rows["elapsed_rate"] = (over / days).astype("float64")
    spent, budget = rows["executed_wan"], rows["annual_budget_wan"]
    rows["execution_light"] = light(spent, budget, declared["execution"], over=over, days=days).astype("str")
    ones = pd.Series(1, index=rows.index)
    points = rows["reported_sum"], rows["weight_sum"]
    rows["attainment_light"] = light(*points, declared["attainment"], over=ones, days=ones).astype("str")
    rows["is_red"] = ((rows["execution_light"] == "red") | (rows["attainment_light"] == "red")).astype("int64")
    return rows


def _ranking(results: Results) -> pd.DataFrame:
    parts = [
        analysis.department_ranking(results, evaluation=kind).assign(evaluation=kind)
        for kind in KINDS
        if (results.totals["evaluation"] == kind).any()
    ]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS["ranking"]})
    rows = pd.concat(parts, ignore_index=True).astype({"size_class": "object"})
    key = ["year", "department", "evaluation"]
    before = rows[[*key, "mean_points"]].assign(year=rows["year"] + 1)  # also where the department changed its peers
    rows = rows.merge(before, on=key, how="left", suffixes=("", "_before"), validate="1:1")
    rows["mean_change"] = rows["mean_points"] - rows["mean_points_before"]
    return rows[COLUMNS["ranking"]]


def _rates(results: Results) -> pd.DataFrame:
    key = ["year", "department"]
    money = analysis.project_money(results)
    known = money[money["execution_rate"].notna()]
    rows = sums_of(known, key, ["annual_budget_wan", "executed_wan"])
    rows["execution_rate"] = rows["executed_wan"] / rows["annual_budget_wan"]
    before = rows[[*key, "execution_rate"]].assign(year=rows["year"] + 1)
    rows = rows.merge(before, on=key, how="left", suffixes=("", "_before"), validate="1:1")
    rows["rate_change"] = rows["execution_rate"] - rows["execution_rate_before"]
    rows["department_kind"] = _kinds(rows, results)
    return rows[COLUMNS["rates"]]


def _points(results: Results) -> pd.DataFrame:
    key = ["year", "department", "evaluation", "category"]
    sums = sums_of(_counted_points(results), key, ["reported_score", "weight"])
    sums = sums.rename(columns={"reported_score": "reported_sum", "weight": "weight_sum"})
    sums["department_kind"] = _kinds(sums, results)
    return sums[COLUMNS["points"]]


def _names(results: Results) -> pd.DataFrame:
    projects = results.frames.projects
    rows = projects.loc[projects["project_level"] == "project", COLUMNS["names"]]
    return rows.sort_values(["project", "year"], ignore_index=True)


def _findings(results: Results) -> pd.DataFrame:
    rows = results.findings
    places = zip(rows["source_file"], rows["source_sheet"], rows["source_cell"], strict=True)
    return rows.assign(
        year=rows["year"].fillna(0).astype("int64"),
        severity=rows["severity"].astype("str"),
        department_kind=_kinds(rows, results) if len(rows) else "",
        place=[f"{file} {sheet}!{cell}" for file, sheet, cell in places],
    )


def _by_department(
    results: Results, rows: pd.DataFrame, numbers: dict[str, int], links: Mapping[tuple[int, str, str], str]
) -> Iterator[tuple[str, Tables]]:
    """Yield the projects of each department and year with everything a project page shows."""
    frames, totals = results.frames, results.totals
    projects = frames.projects[frames.projects["project_level"] == "project"]
    places = zip(projects["source_file"], projects["source_sheet"], projects["source_cell"], strict=True)
    facts = projects[[*_PROJECT, "project", "department", "unit"]].assign(
        place=[f"{file} {sheet}!{cell}" for file, sheet, cell in places]
    )
    owner = facts[[*_PROJECT, "department"]]
    verdicts = rows.loc[rows["evaluation"] != "", [*EVALUATION_KEY, *_VERDICT]]
    verdicts = verdicts.merge(totals[[*EVALUATION_KEY, "undecided_count"]], on=EVALUATION_KEY, validate="1:1")
    keys = zip(verdicts["year"], verdicts["project_id"], verdicts["evaluation"], strict=True)
    verdicts["report"] = [links.get((int(year), project, kind), "") for year, project, kind in keys]
    funds = frames.budgets.loc[~frames.budgets["fund"].str.startswith("term_"), [*EVALUATION_KEY, "fund", *_MONEY]]
    scores = results.scores[results.scores["is_counted"]]
    indicators = scores[[*EVALUATION_KEY, *_INDICATORS]].assign(
        indicator=scores["indicator"].where(scores["indicator"] != "", scores["subcategory"])
    )
    parts: dict[str, dict[tuple[int, str], pd.DataFrame]] = {"facts": dict(list(_split(facts)))}
    for name, frame in (("verdicts", verdicts), ("funds", funds), ("indicators", indicators)):
        whole = frame.merge(owner, on=_PROJECT, how="inner", validate="m:1")
        parts[name] = dict(list(_split(whole)))
        parts[name][0, ""] = whole.head(0)
    for (year, department), mine in parts["facts"].items():
        others = {name: parts[name].get((year, department), parts[name][0, ""]) for name in parts if name != "facts"}
        yield f"project-{year}-{numbers.get(department, 999):03d}", {"facts": mine, **others}


def _split(frame: pd.DataFrame) -> Iterator[tuple[tuple[int, str], pd.DataFrame]]:
    for (year, department), rows in frame.groupby(["year", "department"]):
        yield (int(year), str(department)), rows
