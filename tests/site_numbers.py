"""What the charts of the site must show, worked out again from the results, row by row, without the prepared tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from typing import Any

from jixiao.analysis.choices import choices
from jixiao.core.results import Results
from jixiao.core.vocabulary import category_group, word

ORDER = ["self", "department", "finance", "budget_list"]
Money = tuple[float, float]


def exact(value: float) -> Fraction:
    """Return a printed number exactly."""
    return Fraction(repr(float(value)))


class Numbers:
    """The numbers of one choice; ``year`` None stands for all, the other choices for all when empty."""

    def __init__(self, results: Results, year: int | None = None, evaluation: str = "", department: str = "") -> None:
        self.results, self.year, self.evaluation, self.department = results, year, evaluation, department
        self.projects = {
            (row.year, row.project_id): row
            for row in results.frames.projects.itertuples()
            if row.project_level == "project" and self._fits(row)
        }
        self.totals = [row for row in results.totals.itertuples() if self._fits(row) and self._kind(row)]
        self.findings = [row for row in results.findings.itertuples() if self._fits(row) and self._kind(row)]
        if evaluation:
            mine = {(row.year, row.project_id) for row in self.totals}
            self.projects = {key: row for key, row in self.projects.items() if key in mine}

    def _fits(self, row: Any) -> bool:
        return (self.year is None or row.year == self.year) and self.department in ("", row.department)

    def _kind(self, row: Any) -> bool:
        return self.evaluation in ("", row.evaluation)

    def money(self) -> dict[Any, Money]:
        """Budget and spending of each project that prints both."""
        chosen: dict[Any, tuple[int, float, float]] = {}
        for row in self.results.frames.budgets.itertuples():
            key = (row.year, row.project_id)
            if row.fund != "total" or key not in self.projects or not self._kind(row):
                continue
            if row.executed_wan == row.executed_wan and row.annual_budget_wan > 0:
                rank = ORDER.index(row.evaluation)
                if key not in chosen or rank < chosen[key][0]:
                    chosen[key] = (rank, row.annual_budget_wan, row.executed_wan)
        return {key: (budget, spent) for key, (_, budget, spent) in chosen.items()}

    def money_by(self, column: str) -> dict[Any, Money]:
        """Sums of budget and spending by a column of the projects."""
        sums: dict[Any, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
        for key, (budget, spent) in self.money().items():
            part = sums[getattr(self.projects[key], column)]
            part[0] += exact(budget)
            part[1] += exact(spent)
        return {name: (float(part[0]), float(part[1])) for name, part in sums.items()}

    def money_of_three(self) -> list[float]:
        """Initial budget, annual budget and spending of the projects that print all three."""
        chosen: dict[Any, tuple[int, tuple[float, ...]]] = {}
        projects = self.money()
        for row in self.results.frames.budgets.itertuples():
            key, amounts = (row.year, row.project_id), (row.initial_budget_wan, row.annual_budget_wan, row.executed_wan)
            if row.fund == "total" and key in projects and row.annual_budget_wan > 0 and amounts[2] == amounts[2]:
                rank = ORDER.index(row.evaluation)
                if key not in chosen or rank < chosen[key][0]:
                    chosen[key] = (rank, amounts)
        known = [amounts for _, amounts in chosen.values() if amounts[0] == amounts[0]]
        return [float(sum(exact(amounts[place]) for amounts in known)) for place in range(3)]

    def kind_rates(self) -> dict[str, float]:
        """Execution rates by kind of department, in percent."""
        signs, sums = choices("department_kinds")["words"], defaultdict(lambda: [0.0, 0.0])
        for name, pair in self.money_by("department").items():
            kind = next((one for one, words in signs.items() if any(text in name for text in words)), "other")
            for place in (0, 1):
                sums[word("department_kind", kind)][place] += pair[place]
        return {kind: spent / budget * 100 for kind, (budget, spent) in sums.items()}

    def repeated(self) -> dict[str, int]:
        """Projects by the title of what was found in them in more than one year."""
        years = defaultdict(set)
        for row in self.findings:
            if row.project_id:
                years[row.project_id, row.title].add(row.year)
        return dict(Counter(title for (_, title), seen in years.items() if len(seen) > 1))

    def cards(self) -> dict[str, str]:
        """The big numbers as a reader sees them."""
        sums = [sum(exact(pair[place]) for pair in self.money().values()) for place in (0, 1)]

        def written(wan: Fraction) -> str:
            return f"{float(wan) / 10000:,.2f}亿元" if wan >= 10000 else f"{float(wan):,.2f}万元"

        grades = [row.reported_grade for row in self.totals if row.reported_grade == row.reported_grade]
        good = sum(grade in ("excellent", "good") for grade in grades)
        return {
            "projects": f"{len({identity for _, identity in self.projects}):,}个",
            "annual_budget_wan": written(sums[0]) if self.money() else "—",
            "executed_wan": written(sums[1]) if self.money() else "—",
            "execution_rate": f"{float(sums[1] / sums[0]) * 100:.2f}%" if self.money() else "—",
            "evaluations": f"{len(self.totals):,}份",
            "good_share": f"{good / len(grades) * 100:.2f}%" if grades else "—",
            "findings": f"{len(self.findings):,}个",
            "errors": f"{sum(row.severity == 'error' for row in self.findings):,}个",
        }

    def grades(self) -> dict[tuple[str, str], int]:
        """Evaluations by kind and grade."""
        named = [(word("evaluation", row.evaluation), row.reported_grade) for row in self.totals]
        return dict(Counter((kind, word("reported_grade", grade)) for kind, grade in named if grade == grade))

    def bands(self) -> dict[str, int]:
        """Projects by band of the execution rate."""
        lines = [(Fraction(6, 10), "far_under"), (Fraction(8, 10), "under"), (Fraction(9, 10), "nearly")]
        counts: Counter[str] = Counter()
        money = self.money()
        for key in self.projects:
            if key not in money:
                counts["unknown"] += 1
                continue
            rate = exact(money[key][1]) / exact(money[key][0])
            name = next((band for line, band in lines if rate < line), "over" if rate > 1 else "in_band")
            counts[name] += 1
        return {word("execution_band", name): count for name, count in counts.items()}

    def means(self, *columns: str) -> dict[Any, float]:
        """Mean of the printed totals by columns of the evaluations."""
        points: dict[Any, list[Fraction]] = defaultdict(list)
        for row in self.totals:
            if row.total_reported == row.total_reported:
                key = tuple(getattr(row, name) for name in columns)
                points[key if len(key) > 1 else key[0]].append(exact(row.total_reported))
        return {key: float(sum(values) / len(values)) for key, values in points.items()}

    def shares(self) -> dict[tuple[str, str], float]:
        """Share of the points earned, by department and level-1 group."""
        sums: dict[Any, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
        for row in self.results.scores.itertuples():
            known = row.is_counted and row.reported_score == row.reported_score and row.weight > 0
            if known and self._fits(row) and self._kind(row):
                part = sums[row.department, category_group(row.category)]
                part[0] += exact(row.reported_score)
                part[1] += exact(row.weight)
        return {key: float(earned / weight) for key, (earned, weight) in sums.items()}

    def counts(self, *columns: str) -> dict[Any, int]:
        """Findings by columns, in words."""
        return dict(Counter(tuple(word(name, getattr(row, name)) for name in columns) for row in self.findings))

    def lights(self) -> dict[str, int]:
        """Projects by light of execution in years that are over."""
        counts: Counter[str] = Counter()
        money = self.money()
        for key in self.projects:
            rate = exact(money[key][1]) / exact(money[key][0]) if key in money else None
            lit = "unknown" if rate is None else "green" if rate >= Fraction(9, 10) else None
            counts[lit or ("yellow" if rate is not None and rate >= Fraction(7, 10) else "red")] += 1
        return {word("execution_light", name): count for name, count in counts.items()}
