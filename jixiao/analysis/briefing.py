"""What is said first about a year (要点): a few sentences by declared rules, each with where its rows are shown."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd

from jixiao.analysis.choices import choices
from jixiao.analysis.coverage import known_bodies
from jixiao.analysis.execution import project_money
from jixiao.analysis.years import department_changes, department_ranking
from jixiao.core.errors import RequestError, say_nearest
from jixiao.core.exact import SCALE, whole
from jixiao.core.frames import PROJECT_KINDS
from jixiao.core.models import Count, Model, Number, Text, Words, checked_shipped
from jixiao.core.results import Results
from jixiao.core.vocabulary import category_group, word
from jixiao.core.writing import grouped_text, percent_text, points_text

COLUMNS = ["year", "department", "topic", "key_point", "link"]
_WHOLE = ""
_GOOD = ("excellent", "good")
_POOR = ("fair", "poor")
_MONEY = ["annual_budget_wan", "executed_wan"]
_TOTALS = [
    *("year", "department", "project_id", "project", "evaluation"),
    *("total_reported", "reported_grade", "total"),
]


class _Briefing(Model):
    """The whole of ``rules/briefing.yaml`` (要点登记)."""

    basis: Text
    mark: Literal["F", "F2", "J"]
    execution_rate: Number
    good_share: Number
    common_share: Number
    named: Count
    few: Count
    fewest_peers: Count
    fewest_reports: Count
    fewest_questions: Count
    table_rows: Count
    chart_rows: Count
    show: dict[str, dict[str, Text]]
    sentences: Words
    paper: Words


def briefing() -> dict[str, Any]:
    """Return the declared lines and sentences of the statements (要点口径).

    Example:
        >>> briefing()["mark"]
        'J'
    """
    return dict(checked_shipped("briefing.yaml", _Briefing))


def brief_statements(results: Results, *, year: int = 0, department: str | None = None) -> pd.DataFrame:
    """Say in a few sentences what a year and each department look like (要点).

    What changed, who drags, what is unusual, what must be decided: each topic of ``rules/briefing.yaml`` gives at most
    one sentence for a year of all departments and for a year of each department; a topic without rows gives none.

    Args:
        results: From :func:`jixiao.evaluate`.
        year: Only this year; every year when 0.
        department: Only this department, "" only all of them together; every scope when None.

    Returns:
        One row per sentence, key year, department (empty for all together), topic: ``key_point`` is the sentence,
        ``link`` the address on the board of what it speaks of. Money is that of :func:`project_money`, totals are those
        printed; a change compares only departments that have money in both years.

    Raises:
        RequestError: The year or the department has no project; the sentence names what there is.

    Basis: the lines are this tool's own choice (``basis`` of the declarations).

    Example:
        >>> from jixiao import evaluate
        >>> rows = brief_statements(evaluate("data/sample"), year=2024, department="")
        >>> rows["key_point"].iloc[0][:26]
        '2024年全部部门4个项目，全年预算1,705万元，'
    """
    facts = _Facts(results)
    if year and year not in facts.years:
        raise RequestError(f"没有{year}年度的项目，可选：{'、'.join(str(one) for one in facts.years)}")
    if department and department not in facts.departments:
        raise RequestError(f"没有部门“{department}”；{say_nearest(department, facts.departments)}")
    rows = [
        {"year": each, "department": scope, "topic": topic, "key_point": said, "link": _link(topic, each, scope)}
        for each in ([year] if year else facts.years)
        for scope in facts.scopes(each)
        if department is None or scope == department
        for topic, said in _Scope(facts, each, scope).statements()
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"year": "int64"})


def brief_rows(results: Results, *, year: int, department: str = "") -> pd.DataFrame:
    """Return the money of one year by department, or by project of one department (要点附表).

    Args:
        results: From :func:`jixiao.evaluate`.
        year: The year.
        department: Only this department, its projects then being the rows; all departments when empty. Fewer
            departments than the declared ``few`` are told by their projects, too.

    Returns:
        One row per department or project with both budget and spending, key department or project, most unspent money
        first: ``annual_budget_wan``, ``executed_wan``, ``unspent_wan`` in 万元 and ``execution_rate``.

    Example:
        >>> from jixiao import evaluate
        >>> brief_rows(evaluate("data/sample"), year=2024).columns.tolist()[:3]
        ['project', 'annual_budget_wan', 'executed_wan']
    """
    money = _Facts(results).rows("money", year, department)
    return _money_by(money, is_one=bool(department)).reset_index(drop=True)


def _money_by(money: pd.DataFrame, *, is_one: bool) -> pd.DataFrame:
    """Add the money up by department, or by project where there is one department or there are few."""
    is_few = is_one or money["department"].nunique() < briefing()["few"]
    name = "project" if is_few else "department"
    rows = _by(money, name, *_MONEY)
    unspent = (rows["annual_budget_wan"] - rows["executed_wan"]).clip(lower=0)
    rows = rows.assign(unspent_wan=unspent, execution_rate=rows["executed_wan"] / rows["annual_budget_wan"])
    return rows.sort_values(["unspent_wan", name], ascending=[False, True], kind="stable")


def _link(topic: str, year: int, department: str) -> str:
    shown = dict(briefing()["show"][topic])
    if department and shown["page"] != "findings":
        shown["page"] = "department"
    named = {"department": department} if department else {}
    return "&".join(f"{name}={value}" for name, value in {**shown, "year": str(year), **named}.items())


class _Facts:
    """The frames that the sentences are worked out from, each made once for all years and departments."""

    def __init__(self, results: Results) -> None:
        frames = results.frames
        projects = frames.projects.loc[frames.projects["project_level"] == "project", ["year", "department"]]
        money = project_money(results)[["year", "department", "project", *_MONEY, "execution_rate"]]
        money = money[money["execution_rate"].notna()]
        money = money.assign(
            unspent=(money["annual_budget_wan"] - money["executed_wan"]).clip(lower=0),
            region=known_bodies(money["department"], results.organisations)["region"],
        )
        totals = results.totals.loc[results.totals["total_reported"].notna(), _TOTALS]
        findings = results.findings[["year", "department", "project_id", "title", "severity"]]
        self.projects, self.scores = projects, results.scores
        self.parts = {
            "projects": _parted(projects),
            "money": _parted(money),
            "totals": _parted(totals),
            "findings": _parted(findings.assign(severity=findings["severity"].astype("str"))),
        }
        self.empty = {"projects": projects.head(0), "money": money.head(0), "totals": totals.head(0)}
        self.empty["findings"] = findings.head(0)
        self.kinds = {
            int(year): next(kind for kind in PROJECT_KINDS if kind in set(rows["evaluation"]))
            for year, rows in totals.groupby("year")
        }
        rankings = [
            department_ranking(results, evaluation=kind).assign(evaluation=kind)
            for kind in sorted(set(self.kinds.values()))
        ]
        self.ranking = pd.concat(rankings, ignore_index=True) if rankings else pd.DataFrame()
        self.years = sorted({int(year) for year in projects["year"].dropna()})
        self.departments = sorted(set(projects["department"]) - {""})
        self._changes: dict[int, pd.DataFrame] = {}
        self._means: dict[tuple[int, str], pd.DataFrame] = {}

    def rows(self, name: str, year: int, department: str) -> pd.DataFrame:
        return self.parts[name].get((year, department), self.empty[name])

    def scopes(self, year: int) -> list[str]:
        here = self.projects.loc[self.projects["year"] == year, "department"]
        return [_WHOLE, *sorted(set(here) - {""})]

    def means(self, year: int, kind: str) -> pd.DataFrame:
        """Return the mean totals of the departments in a year and the year before, the largest fall first."""
        if (year, kind) not in self._means:
            means = {}
            for name, each in (("before", year - 1), ("after", year)):
                rows = self.rows("totals", each, _WHOLE)
                rows = rows[(rows["evaluation"] == kind) & (rows["department"] != "")]
                sums = _by(rows, "department", "total_reported").set_index("department")["total_reported"]
                means[name] = sums / rows.groupby("department").size()
            both = pd.DataFrame(means).dropna()
            both["change"] = both["after"].round(2) - both["before"].round(2)
            self._means[year, kind] = both.sort_index().sort_values("change", kind="stable")
        return self._means[year, kind]

    def changes(self, year: int) -> pd.DataFrame:
        """Return why the mean total of each department changed since the year before (变动归因)."""
        if year not in self._changes:
            kind = self.kinds.get(year, "self")
            grouped = self.scores.assign(category=self.scores["category"].map(category_group))
            self._changes[year] = department_changes(
                grouped, before=year - 1, after=year, evaluation=kind, by="category"
            )
        return self._changes[year]


class _Scope:
    """One year of one department, or of all together."""

    def __init__(self, facts: _Facts, year: int, department: str) -> None:
        self.facts, self.year, self.department = facts, year, department
        self.said, self.words = briefing(), briefing()["sentences"]

        self.money, self.totals, self.findings = (self._mine(name) for name in ("money", "totals", "findings"))
        self.kind = next((kind for kind in PROJECT_KINDS if kind in set(self.totals["evaluation"])), "")
        self.printed = self.totals[self.totals["evaluation"] == self.kind]

    def _mine(self, name: str, year: int = 0) -> pd.DataFrame:
        return self.facts.rows(name, year or self.year, self.department)

    def statements(self) -> Iterator[tuple[str, str]]:
        for topic in self.said["show"]:
            said = getattr(self, f"_{topic}")()
            if said:
                yield topic, said

    def _money(self) -> str:
        projects, known = len(self._mine("projects")), len(self.money)
        here = set(self.money["region"]) - {""}
        parts = {
            "year": self.year,
            "who": self.department or self.words["whole"],
            "regions": self.words["regions"].format(count=len(here)) if len(here) > 1 else "",
            "projects": projects,
        }
        if not known:
            return str(self.words["money_none"].format(**parts))
        budget, executed = _sum(self.money, "annual_budget_wan"), _sum(self.money, "executed_wan")
        return str(
            self.words["money"].format(
                **parts,
                printed=self.words["some_printed"].format(known=known) if known < projects else "",
                budget=self._amount(budget),
                executed=self._amount(executed),
                rate=percent_text(executed / budget),
                change=self._rate_change(),
            )
        )

    def _rate_change(self) -> str:
        """Say how the rate moved since the year before, over the departments that have money in both years."""
        before = self._mine("money", self.year - 1)
        both = set(before["department"]) & set(self.money["department"])
        if not both:
            return ""
        rates = []
        for rows in (before, self.money):
            same = rows[rows["department"].isin(both)]
            rates.append(_sum(same, "executed_wan") / _sum(same, "annual_budget_wan"))
        points = round(rates[1] * 100, 2) - round(rates[0] * 100, 2)
        if abs(points) < 0.005:
            said = self.words["level"]
        else:
            way = self.words["up" if points > 0 else "down"]
            said = self.words["change"].format(way=way, points=f"{abs(points):.2f}")
        every = self.money["department"].nunique()
        return said + (self.words["same_departments"].format(count=len(both)) if len(both) < every else "")

    def _under(self) -> str:
        rows = _money_by(self.money, is_one=bool(self.department))
        if rows.empty:
            return ""
        name = str(rows.columns[0])
        line = float(self.said["execution_rate"])
        units = self.words[f"{name}s"]
        under = rows[rows["execution_rate"] < line - 1e-12]
        if under.empty:
            lowest = rows.sort_values(["execution_rate", name]).iloc[0]
            if len(rows) == 1:
                return str(
                    self.words["under_one"].format(name=lowest[name], rate=percent_text(lowest["execution_rate"]))
                )
            named = self.words["lowest"].format(name=lowest[name], rate=percent_text(lowest["execution_rate"]))
            parts = {"count": len(rows), "units": units, "line": _line(line), "lowest": named}
            return str(self.words["under_none"].format(**parts))
        names = [
            self.words["each"].format(
                name=one[name], rate=percent_text(one["execution_rate"]), unspent=self._amount(one["unspent_wan"])
            )
            for _, one in under.head(self.said["named"]).iterrows()
        ]
        every, mine = _sum(rows, "unspent_wan"), _sum(under, "unspent_wan")
        share = self.words["share"].format(share=percent_text(mine / every)) if len(under) < len(rows) else ""
        more = self.words["more"] if len(under) > len(names) else ""
        parts = {"line": _line(line), "units": units, "count": len(under), "unspent": self._amount(mine)}
        return str(self.words["under"].format(**parts, share=share, named=self.words["join"].join(names) + more))

    def _grades(self) -> str:
        rows = self.printed
        if rows.empty:
            return ""
        rule = self._rule_gap(rows[rows["total"].notna()])
        if len(rows) == 1:
            only = rows.iloc[0]
            grade = word("reported_grade", only["reported_grade"])
            parts = {"kind": word("evaluation", self.kind), "project": only["project"], "grade": grade}
            return str(self.words["grade_one"].format(**parts, total=points_text(only["total_reported"]), rule=rule))
        good = int(rows["reported_grade"].isin(_GOOD).sum())
        share = good / len(rows)
        alike = share >= float(self.said["good_share"]) and len(rows) >= self.said["fewest_reports"]
        return str(
            self.words["grades"].format(
                kind=word("evaluation", self.kind),
                count=len(rows),
                mean=points_text(_sum(rows, "total_reported") / len(rows)),
                good=good,
                share=percent_text(share),
                alike=self.words["alike"] if alike else "",
                rule=rule,
            )
        )

    def _rule_gap(self, rows: pd.DataFrame) -> str:
        if rows.empty:
            return ""
        printed, derived = (_sum(rows, name) / len(rows) for name in ("total_reported", "total"))
        differs = (rows["total_reported"] - rows["total"]).abs()
        if differs.max() < 0.005:
            return str(self.words["rule_same"].format(known=len(rows)))
        if len(rows) == 1:
            return str(self.words["rule_one"].format(total=points_text(derived)))
        worst = rows.loc[differs.sort_values(ascending=False, kind="stable").index[0]]
        gap = Decimal(points_text(derived)) - Decimal(points_text(printed))
        way = "level_mean" if not gap else "higher" if gap > 0 else "lower"
        return str(
            self.words["rule"].format(
                known=len(rows),
                total=points_text(derived),
                gap=self.words[way].format(gap=points_text(abs(gap))),
                project=worst["project"],
                printed=points_text(worst["total_reported"]),
                derived=points_text(worst["total"]),
            )
        )

    def _moved(self) -> str:
        kind = self.facts.kinds.get(self.year)
        if not kind or self.year - 1 not in self.facts.years:
            return ""
        both = self.facts.means(self.year, kind)
        if self.department:
            both = both[both.index == self.department]
        if both.empty:
            return ""
        lowest = both.iloc[0]
        words = {"kind": word("evaluation", kind), "count": len(both), "name": str(lowest.name)}
        words |= {name: points_text(lowest[name]) for name in ("before", "after")}
        if self.department or len(both) == 1:
            if abs(lowest["change"]) < 0.005:
                return ""
            way = self.words["rose" if lowest["change"] > 0 else "fell"]
            most = self._most(str(lowest.name), lowest["change"])
            return _closed(self.words["moved_one"].format(**words, way=way, most=most))
        if lowest["change"] > -0.005:
            return str(self.words["moved_none"].format(**words))
        return _closed(self.words["moved"].format(**words, most=self._most(str(lowest.name), lowest["change"])))

    def _most(self, department: str, change: float) -> str:
        """Name the part that moved the mean most the way it moved, or say that no project is in both years."""
        rows = self.facts.changes(self.year)
        rows = rows[rows["department"] == department]
        if rows.empty:
            return str(self.words["other_projects"])
        rows = rows[np.sign(rows["contribution"]) == np.sign(change)]
        if rows.empty:
            return ""
        row = rows.sort_values("contribution", ascending=change < 0, kind="stable").iloc[0]
        part = self.words["came"] if row["part"] == "projects" else row["category"]
        return str(self.words["most"].format(part=part, points=f"{row['contribution']:+.2f}".replace("-", "−")))

    def _peers(self) -> str:
        ranking = self.facts.ranking
        if self.department or ranking.empty:
            return ""
        rows = ranking[(ranking["year"] == self.year) & (ranking["evaluation"] == self.facts.kinds.get(self.year))]
        rows = rows[rows["rank"].notna()]
        fewest = self.said["fewest_peers"]
        small = int((rows["peer_count"] < fewest).sum())
        if not small or len(rows) < self.said["few"]:
            return ""
        return str(self.words["peers"].format(count=len(rows), fewest=fewest, small=small))

    def _errors(self) -> str:
        counts = self.findings["severity"].value_counts()
        errors = self.findings[self.findings["severity"] == "error"]
        parts = {f"{name}s": int(counts.get(name, 0)) for name in ("warning", "question")}
        if not len(self.findings):
            return ""
        if errors.empty:
            return str(self.words["errors_none"].format(**parts))
        titles = errors["title"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
        parts |= {"errors": len(errors), "projects": errors["project_id"].nunique(), "most": int(titles.iloc[0])}
        return str(self.words["errors"].format(**parts, title=titles.index[0]))

    def _common(self) -> str:
        titles = self.findings.loc[self.findings["severity"] == "question", "title"]
        counts = titles.value_counts().sort_index().sort_values(ascending=False, kind="stable")
        if len(titles) < self.said["fewest_questions"] or len(counts) < 2:
            return ""
        share = counts.iloc[:2].sum() / len(titles)
        if share < float(self.said["common_share"]):
            return ""
        names, (first, second) = counts.index, counts.iloc[:2]
        parts = {"first": names[0], "second": names[1], "first_count": first, "second_count": second}
        return str(self.words["common"].format(**parts, share=percent_text(share)))

    def _decide(self) -> str:
        line = choices("execution_bands")["from"]["under"]
        slow = self.money[self.money["execution_rate"] < line]
        poor = self.printed["reported_grade"].isin(_POOR).sum()
        grades = self.totals.groupby("project_id")["reported_grade"].nunique()
        apart = int((grades > 1).sum())
        parts = []
        if len(slow):
            unspent = self._amount(_sum(slow, "unspent"))
            parts.append(self.words["far_under"].format(line=_line(line), count=len(slow), unspent=unspent))
        if poor:
            parts.append(self.words["poor"].format(kind=word("evaluation", self.kind), count=poor))
        if apart:
            parts.append(self.words["apart"].format(count=apart))
        return str(self.words["decide"].format(parts=self.words["parts"].join(parts))) if parts else ""

    def _amount(self, wan: float) -> str:
        """Write money in the unit that keeps it short."""
        if abs(wan) >= 10000:
            return grouped_text(round(wan / 10000, 2), most=2) + str(self.words["yi"])
        return grouped_text(round(wan, 2), most=2) + str(self.words["wan"])


def _sum(rows: pd.DataFrame, name: str) -> float:
    return float(whole(rows[name]).sum()) / SCALE


def _by(rows: pd.DataFrame, name: str, *columns: str) -> pd.DataFrame:
    """Add columns up within a name; sums are exact."""
    whole_numbers = pd.DataFrame({column: whole(rows[column]) for column in columns})
    sums = whole_numbers.groupby(rows[name].to_numpy(object), sort=True).sum() / SCALE
    return sums.rename_axis(name).reset_index()


def _parted(frame: pd.DataFrame) -> dict[tuple[int, str], pd.DataFrame]:
    """Return the rows of each year and department, and of each year under an empty name."""
    rows = frame[frame["year"].notna()]
    parts = {(int(year), str(name)): part for (year, name), part in rows.groupby(["year", "department"]) if name}
    return parts | {(int(year), _WHOLE): part for year, part in rows.groupby("year")}


def _line(rate: float) -> str:
    return f"{rate:.0%}"


def _closed(said: str) -> str:
    """Drop the comma before an empty part."""
    return said.replace("，。", "。")
