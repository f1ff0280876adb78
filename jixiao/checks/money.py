"""Checks of money and rates (资金与比率): printed rates against every denominator, sums of funds and lists."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd

from jixiao.checks.findings import Check, CheckFunction, Evidence, check_words, gap_between, problems
from jixiao.schemas import EVALUATION_KEY
from jixiao.scoring import percent_text
from jixiao.vocabulary import label, value_labels


def _budget_rows(evidence: Evidence) -> pd.DataFrame:
    """Return every row with a printed rate: the projects and the totals of lists."""
    named = evidence.frames.projects[["year", "project_id", "project", "department"]]
    rows = evidence.frames.budgets.merge(named, on=["year", "project_id"], validate="m:1")
    totals = evidence.frames.list_totals.assign(evaluation="budget_list", fund="total", project_id="")
    totals["project"] = totals["list_label"]
    return pd.concat([rows, totals], ignore_index=True).astype({"project_id": "str"})


_DENOMINATORS = {"full_year": "annual_budget_wan", "arrived": "arrived_wan", "issued": "issued_wan"}


_PERCENT = r"\d[\d,]*(?:\.\d+)?\s*[%％]"


def _percent_number(texts: pd.Series) -> pd.Series:
    return texts.str.rstrip("%％ ").str.replace(",", "").astype("float64")


def _fits(printed: str, value: Any) -> bool:
    """Say whether a printed rate is this value, rounded half up to the decimals that are printed."""
    shown = Decimal(printed.rstrip("%％ ").replace(",", ""))
    exact = Decimal(repr(float(value))) * 100
    return shown == exact.quantize(shown, rounding=ROUND_HALF_UP)


def _rates(rows: pd.DataFrame, text: str) -> pd.DataFrame:
    """Recompute each printed rate under every denominator; ``fits`` names those that give what is printed."""
    rows = rows[rows[text].str.fullmatch(_PERCENT)].reset_index(drop=True)
    fits: list[list[str]] = []
    for row in rows.to_dict("records"):
        known = {
            name: row[column] for name, column in _DENOMINATORS.items() if row[column] == row[column] and row[column]
        }
        rates = {
            name: row["executed_wan"] / base
            for name, base in known.items()
            if row["executed_wan"] == row["executed_wan"]
        }
        fits.append([name for name, rate in rates.items() if _fits(row[text], rate)])
    return rows.assign(fits=pd.Series(fits, index=rows.index, dtype="object"))


def _definition(name: str) -> str:
    return value_labels()["execution_definition"].get(name) or check_words()[name]


def _arithmetic(numerator: pd.Series, denominator: pd.Series) -> list[str]:
    pairs = zip(numerator, denominator, strict=True)
    return [f"{_amount(over)}÷{_amount(under)}" for over, under in pairs]


def _amount(value: Any) -> str:
    return f"{Decimal(repr(float(value))).normalize():f}" if value == value else "—"


def execution_rate(evidence: Evidence, check: Check) -> pd.DataFrame:
    """A printed execution rate against its numerator and every denominator it could have (执行率核对)."""
    rows = _rates(_budget_rows(evidence), "execution_rate_text")
    expected = rows["evaluation"].map({"self": "full_year", "budget_list": "full_year"}).fillna("arrived")
    base = rows["annual_budget_wan"].where(expected == "full_year", rows["arrived_wan"])
    rate = rows["executed_wan"] / base.where(base > 0)
    wrong = ~rows["fits"].map(bool).astype("bool") & rate.notna()
    rows, rate, base, expected = rows[wrong], rate[wrong], base[wrong], expected[wrong]
    printed = rows["execution_rate_reported"].astype("float64")
    printed = printed.where(printed.notna(), _percent_number(rows["execution_rate_text"]) / 100)
    digits = rows["execution_rate_text"].str.extract(r"\.(\d+)")[0].fillna("").str.len()
    unit = 10.0 ** -(digits + 2)
    near = (printed - rate).abs() < unit
    return problems(
        rows,
        cell="execution_rate_cell",
        printed=rows["execution_rate_text"],
        derived=rate.map(percent_text),
        severity=np.where(near, "rounding", check.severity),
        definition=expected.map(_definition),
        arithmetic=_arithmetic(rows["executed_wan"], base),
        difference_value=(printed - rate).round(6),
        indicator=label("execution_rate"),
    )


def denominator_conflict(evidence: Evidence, check: Check) -> pd.DataFrame:
    """Execution rates of one table that no single denominator explains (口径不一)."""
    rows = _rates(_budget_rows(evidence), "execution_rate_text")
    rows = rows[rows["fits"].map(bool).astype("bool")]
    found = []
    for _, table in rows.groupby(["source_file", "source_sheet"], sort=False):
        shared = set.intersection(*(set(fits) for fits in table["fits"]))
        if shared:
            continue
        usual = table["fits"].explode().mode().iloc[0]
        other = table[[usual in fits for fits in table["fits"]]].iloc[-1]
        for row in table.to_dict("records"):
            # Without the usual denominator there is nothing to compare with.
            if usual not in row["fits"] and row[_DENOMINATORS[usual]] > 0:
                name = row["fits"][0]
                rate = row["executed_wan"] / row[_DENOMINATORS[usual]]
                found.append(
                    {
                        **row,
                        "source_cell": row["execution_rate_cell"],
                        "printed": row["execution_rate_text"],
                        "derived": percent_text(rate),
                        "definition": _definition(name),
                        "arithmetic": f"{_amount(row['executed_wan'])}÷{_amount(row[_DENOMINATORS[name]])}",
                        "other": other["project"],
                        "other_definition": _definition(usual),
                        "indicator": label("execution_rate"),
                    }
                )
    return pd.DataFrame(found)


def arrival_rate(evidence: Evidence, check: Check) -> pd.DataFrame:
    """A printed arrival rate against arrived ÷ budget (到位率核对)."""
    rows = _budget_rows(evidence)
    rows = rows[rows["arrival_rate_text"].fillna("").str.fullmatch(_PERCENT)]
    rate = rows["arrived_wan"] / rows["annual_budget_wan"].where(rows["annual_budget_wan"] > 0)
    fits = [value != value or _fits(text, value) for text, value in zip(rows["arrival_rate_text"], rate, strict=True)]
    wrong = rows[~np.array(fits, dtype=bool)]
    rate = rate[wrong.index]
    return problems(
        wrong,
        cell="arrival_rate_cell",
        printed=wrong["arrival_rate_text"],
        derived=rate.map(percent_text),
        arithmetic=_arithmetic(wrong["arrived_wan"], wrong["annual_budget_wan"]),
        indicator=label("arrival_rate"),
    )


def rate_over_100(evidence: Evidence, check: Check) -> pd.DataFrame:
    """More spent than the budget of the year (超预算执行)."""
    rows = _budget_rows(evidence)
    wrong = rows[(rows["executed_wan"] > rows["annual_budget_wan"] + 1e-9) & (rows["annual_budget_wan"] > 0)]
    rate = wrong["executed_wan"] / wrong["annual_budget_wan"].where(wrong["annual_budget_wan"] > 0)
    return problems(
        wrong,
        cell="source_cell",
        printed=wrong["executed_wan"].map(_amount),
        derived=wrong["annual_budget_wan"].map(_amount),
        rate=rate.map(percent_text),
        indicator=label("execution_rate"),
    )


def funds_sum(evidence: Evidence, check: Check) -> pd.DataFrame:
    """The parts of the funds against their total, column by column (资金来源核对)."""
    rows = _budget_rows(evidence)
    found = []
    # A source of another name may be part of a declared one, so its form is left to a person.
    other = rows[~rows["fund"].isin([*value_labels()["fund"]])]
    rows = rows[~rows["source_file"].isin(other["source_file"])]
    for column in ("initial_budget_wan", "annual_budget_wan", "executed_wan"):
        parts = rows[rows["fund"] != "total"].groupby(EVALUATION_KEY)[column].sum(min_count=1).rename("parts")
        both = rows[rows["fund"] == "total"].merge(parts.reset_index(), on=EVALUATION_KEY, validate="m:1")
        wrong = both[(both[column] - both["parts"]).abs() > 0.015]
        found.append(
            problems(
                wrong,
                cell="source_cell",
                printed=wrong[column].map(_amount),
                column=label(column),
                derived=wrong["parts"].map(_amount),
                **gap_between(wrong[column], wrong["parts"]),
            )
        )
    return pd.concat(found, ignore_index=True)


def list_sum(evidence: Evidence, check: Check) -> pd.DataFrame:
    """小计 and 合计 of a budget list against its rows (一览表合计核对)."""
    rows = evidence.frames.list_totals
    rows = rows.assign(project_id="", evaluation="budget_list")
    tolerance = 0.005 * (rows["parts_count"].astype("float64") + 1)
    wrong = rows[(rows["annual_budget_wan"] - rows["parts_budget_wan"]).abs() > tolerance]
    return problems(
        wrong,
        cell="source_cell",
        printed=wrong["annual_budget_wan"].map(_amount),
        derived=wrong["parts_budget_wan"].map(_amount),
        heading=wrong["list_label"],
        count=wrong["parts_count"],
        **gap_between(wrong["annual_budget_wan"], wrong["parts_budget_wan"]),
    )


CHECKS: dict[str, CheckFunction] = {
    check.__name__: check
    for check in (execution_rate, denominator_conflict, arrival_rate, rate_over_100, funds_sum, list_sum)
}
"""The checks of this module by code."""
