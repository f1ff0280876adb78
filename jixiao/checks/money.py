"""Checks of rates (比率): every printed rate against every denominator it could have, and spending beyond the money."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from jixiao.checks.evidence import CheckFunction, Evidence
from jixiao.checks.findings import Check, Outcome, check_words, count_true, problems
from jixiao.core.vocabulary import label, value_labels
from jixiao.core.writing import amount_text, percent_text

_DENOMINATORS = {
    "full_year": "annual_budget_wan",
    "arrived": "arrived_wan",
    "issued": "issued_wan",
    "initial": "initial_budget_wan",
}
_USUAL = ("full_year", "arrived", "issued")
_PERCENT = re.compile(r"(\d[\d,]*)(?:\.(\d+))?\s*[%％]")


def money_rows(evidence: Evidence) -> pd.DataFrame:
    """Return every row with money, its table numbered: the funds of the projects, then the totals of lists (资金行)."""

    def work() -> pd.DataFrame:
        totals = evidence.frames.list_totals
        totals = totals.assign(evaluation="budget_list", fund="total", project_id="", project=totals["list_label"])
        rows = pd.concat([evidence.frames.budgets, totals], ignore_index=True)
        for name in ("execution_rate_text", "arrival_rate_text"):
            rows[name] = rows[name].map(with_percent)
        place = rows["source_file"].str.cat(rows["source_sheet"], sep="\t")
        return rows.assign(table_number=pd.factorize(place)[0])

    return evidence.keep("money", work)


def with_percent(text: Any) -> Any:
    """Return a printed rate with its percent sign: 79.27 and 0.7927 both are 79.27%.

    Example:
        >>> with_percent("50"), with_percent("0.7927"), with_percent("79.27%"), with_percent("100%以上")
        ('50%', '79.27%', '79.27%', '100%以上')
    """
    found = re.fullmatch(r"\s*(\d+)(?:\.(\d+))?\s*", str(text))
    if not found:
        return text
    value, decimals = Decimal(found[0].strip()), len(found[2] or "")
    if value <= 2 and (decimals or value <= 1):
        return f"{value * 100:.{max(decimals - 2, 0)}f}%"
    return f"{value}%"


def named_money(evidence: Evidence, rows: pd.DataFrame) -> pd.DataFrame:
    """Add project and department to some rows of money."""
    if rows.empty:
        return rows.assign(**dict.fromkeys(("project", "department"), pd.Series(dtype="str")))
    named = evidence.frames.projects[["year", "project_id", "project", "department"]]
    named = named[named["project_id"].isin(rows["project_id"].unique())]
    both = rows[["year", "project_id"]].merge(named, how="left", validate="m:1")
    return rows.assign(
        **{
            column: rows[column].where(rows[column].notna(), both[column].to_numpy()).fillna("").astype("str")
            for column in ("project", "department")
        }
    )


def _fits(evidence: Evidence, text: str, over: str) -> tuple[pd.DataFrame, dict[str, np.ndarray], np.ndarray]:
    """Recompute each printed rate under every denominator.

    Returns:
        The rows with money, for each denominator whether it gives what is printed, half up to the printed decimals, and
        the smallest unit that is printed, missing where no rate is.
    """
    rows = money_rows(evidence)
    codes, texts = pd.factorize(rows[text].fillna(""))
    read = [_PERCENT.fullmatch(one) for one in texts]
    unit = np.array([10.0 ** -len(one[2] or "") if one else np.nan for one in read])[codes]
    shown = np.array([float(one[0].rstrip("%％ ").replace(",", "")) if one else np.nan for one in read])[codes]
    numerator = rows[over].to_numpy("float64")
    fits = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, column in _DENOMINATORS.items():
            base = rows[column].to_numpy("float64")
            exact = np.where(base > 0, numerator / np.where(base > 0, base, 1) * 100, np.nan)
            gap = (exact - shown) / unit
            fits[name] = (gap >= -0.5 - 1e-7) & (gap < 0.5 + 1e-7)
    return rows, fits, unit


def _definition(name: str) -> str:
    return value_labels()["execution_definition"].get(name) or check_words()[name]


def _arithmetic(numerator: pd.Series, denominator: pd.Series) -> list[str]:
    pairs = zip(numerator, denominator, strict=True)
    return [f"{amount_text(over)}÷{amount_text(under)}" for over, under in pairs]


def money_cell(column: str) -> str:
    """Return the column that holds the cell of a column of money.

    Example:
        >>> money_cell("executed_wan")
        'executed_cell'
    """
    return column.removesuffix("_wan") + "_cell"


def _expected(rows: pd.DataFrame) -> np.ndarray:
    """Return the official denominator of each row: form 1 and lists divide by the budget, form 2 by what arrived."""
    return np.where(rows["evaluation"].isin(["self", "budget_list"]), "full_year", "arrived")


def execution_rate(evidence: Evidence, check: Check) -> Outcome:
    """A printed execution rate against its numerator and every denominator it could have (执行率核对)."""
    rows, fits, unit = _fits(evidence, "execution_rate_text", "executed_wan")
    expected = _expected(rows)
    base = rows["annual_budget_wan"].where(expected == "full_year", rows["arrived_wan"])
    rate = rows["executed_wan"] / base.where(base > 0)
    asked = rate.notna().to_numpy() & ~np.isnan(unit)
    wrong = asked & ~np.any([fits[name] for name in _USUAL], axis=0)
    bad, rate, base, expected = named_money(evidence, rows[wrong]), rate[wrong], base[wrong], expected[wrong]
    printed = bad["execution_rate_text"].str.rstrip("%％ ").str.replace(",", "").astype("float64") / 100
    near = (printed - rate).abs() < unit[wrong] / 100
    note = check_words()["fits_other"].format(definition=_definition("initial"))
    found = problems(
        bad,
        cell="execution_rate_cell",
        printed=bad["execution_rate_text"],
        derived=rate.map(percent_text),
        severity=np.where(near, "rounding", check.severity),
        definition=[_definition(name) for name in expected],
        arithmetic=_arithmetic(bad["executed_wan"], base),
        note=np.where(fits["initial"][wrong], note, ""),
        difference_value=(printed - rate).round(6),
        indicator=label("execution_rate"),
    )
    return Outcome(found, count_true(asked))


def rate_definition(evidence: Evidence, check: Check) -> Outcome:
    """A printed execution rate that only another denominator than the official one explains (执行率口径)."""
    rows, fits, unit = _fits(evidence, "execution_rate_text", "executed_wan")
    expected = _expected(rows)
    base = rows["annual_budget_wan"].where(expected == "full_year", rows["arrived_wan"])
    rate = rows["executed_wan"] / base.where(base > 0)
    asked = rate.notna().to_numpy() & ~np.isnan(unit) & (rows["evaluation"] != "budget_list").to_numpy()
    right = np.where(expected == "full_year", fits["full_year"], fits["arrived"])
    wrong = asked & ~right & np.any([fits[name] for name in _USUAL], axis=0)
    bad = named_money(evidence, rows[wrong])
    names = [next(name for name in _USUAL if fits[name][at]) for at in np.flatnonzero(wrong)]
    under = [bad[_DENOMINATORS[name]].iloc[at] for at, name in enumerate(names)]
    found = problems(
        bad,
        cell="execution_rate_cell",
        printed=bad["execution_rate_text"],
        derived=rate[wrong].map(percent_text),
        definition=[_definition(name) for name in names],
        arithmetic=_arithmetic(bad["executed_wan"], pd.Series(under, index=bad.index)),
        other_definition=[_definition(name) for name in expected[wrong]],
        indicator=label("execution_rate"),
    )
    return Outcome(found, count_true(asked))


def denominator_conflict(evidence: Evidence, check: Check) -> Outcome:
    """Execution rates of one table that no single denominator explains (口径不一)."""
    rows, fits, _ = _fits(evidence, "execution_rate_text", "executed_wan")
    any_fits = np.any([fits[name] for name in _USUAL], axis=0)
    known = np.flatnonzero(any_fits)
    table = rows["table_number"].to_numpy()[known]
    size = np.bincount(table)
    shared = np.any([np.bincount(table, fits[name][known]) == size for name in _USUAL], axis=0)
    found = []
    for number in np.flatnonzero(~shared):  # only the tables in which denominators differ
        mine = known[table == number]
        usual = max(_USUAL, key=lambda name: np.count_nonzero(fits[name][mine]))
        other = named_money(evidence, rows.iloc[[mine[fits[usual][mine]][-1]]])["project"].iloc[0]
        # Without the usual denominator there is nothing to compare with.
        wrong = mine[~fits[usual][mine] & (rows[_DENOMINATORS[usual]].iloc[mine] > 0).to_numpy()]
        bad = named_money(evidence, rows.iloc[wrong])
        own = [next(name for name in _USUAL if fits[name][at]) for at in wrong]
        under = pd.Series([bad[_DENOMINATORS[name]].iloc[at] for at, name in enumerate(own)], index=bad.index)
        found.append(
            problems(
                bad,
                cell="execution_rate_cell",
                printed=bad["execution_rate_text"],
                derived=(bad["executed_wan"] / bad[_DENOMINATORS[usual]]).map(percent_text),
                definition=[_definition(name) for name in own],
                arithmetic=_arithmetic(bad["executed_wan"], under),
                other=other,
                other_definition=_definition(usual),
                indicator=label("execution_rate"),
            )
        )
    return Outcome(pd.concat(found, ignore_index=True) if found else rows.iloc[:0], count_true(size))


def arrival_rate(evidence: Evidence, check: Check) -> Outcome:
    """A printed arrival rate against arrived ÷ budget (到位率核对)."""
    rows, fits, unit = _fits(evidence, "arrival_rate_text", "arrived_wan")
    rate = rows["arrived_wan"] / rows["annual_budget_wan"].where(rows["annual_budget_wan"] > 0)
    asked = rate.notna().to_numpy() & ~np.isnan(unit)
    wrong = asked & ~fits["full_year"]
    bad = named_money(evidence, rows[wrong])
    found = problems(
        bad,
        cell="arrival_rate_cell",
        printed=bad["arrival_rate_text"],
        derived=rate[wrong].map(percent_text),
        arithmetic=_arithmetic(bad["arrived_wan"], bad["annual_budget_wan"]),
        indicator=label("arrival_rate"),
    )
    return Outcome(found, count_true(asked))


def _beyond(evidence: Evidence, column: str) -> Outcome:
    """Return the rows that spend more than a column of money holds."""
    rows = money_rows(evidence)
    limit = rows[column]
    asked = rows["executed_wan"].notna() & (limit > 0)
    wrong = named_money(evidence, rows[asked & (rows["executed_wan"] > limit + 1e-9)])
    found = problems(
        wrong,
        cell="executed_cell",
        printed=wrong["executed_wan"].map(amount_text),
        derived=wrong[column].map(amount_text),
        rate=(wrong["executed_wan"] / wrong[column]).map(percent_text),
        indicator=label("execution_rate"),
    )
    return Outcome(found, count_true(asked))


def rate_over_100(evidence: Evidence, check: Check) -> Outcome:
    """More spent than the budget of the year (超预算执行)."""
    return _beyond(evidence, "annual_budget_wan")


def spent_over_arrived(evidence: Evidence, check: Check) -> Outcome:
    """More spent than arrived (支出大于到位)."""
    return _beyond(evidence, "arrived_wan")


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (
        execution_rate,
        rate_definition,
        denominator_conflict,
        arrival_rate,
        rate_over_100,
        spent_over_arrived,
    )
}
"""The checks of this module by code."""
