"""Checks of the final accounts (部门决算): sums inside each table, and between the tables.

The identities are declared in ``rules/identities.yaml``. Figures are rounded to 0.01, so a difference of at most 0.01
for each addend that is not zero is rounding (尾差), not an error.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pandas as pd

from jixiao.checks.evidence import CheckFunction, Evidence
from jixiao.checks.findings import Check, Outcome, problems
from jixiao.core.models import Model, Number, Pattern, Text, Texts, checked_shipped
from jixiao.core.writing import money_text
from jixiao.reading.values.values import normalise

_KEY = ["source_file", "year", "department"]


class _Term(Model):
    """A table and which of its cells (项)."""

    table: Text
    row: Pattern | None = None
    code: Pattern | None = None
    side: Text | None = None
    column: Text | None = None


class _Row(Model):
    table: Text
    total: Text
    parts: Texts


class _Sum(Model):
    name: Text | None = None
    whole: _Term
    parts: tuple[_Term, ...]


class _Years(Model):
    name: Text
    opening: _Term
    closing: _Term


class _Identities(Model):
    """The whole of ``rules/identities.yaml`` (勾稽关系)."""

    rounding: Number
    levels: Texts
    totals_by_side: Texts
    rows: tuple[_Row, ...]
    codes: tuple[_Sum, ...]
    sums: tuple[_Sum, ...]
    years: tuple[_Years, ...]


def _identities() -> dict[str, Any]:
    return dict(checked_shipped("identities.yaml", _Identities))


def _tables(evidence: Evidence) -> pd.DataFrame:
    """Return the accounts with comparable names, as rows that a finding can take."""
    return evidence.keep("accounts", lambda: _comparable(evidence.frames.accounts))


def _comparable(rows: pd.DataFrame) -> pd.DataFrame:
    title = rows["table_code"] + rows["table"]
    return rows.assign(
        heading=pd.Series([normalise(name) for name in rows["row_name"]], index=rows.index, dtype="str"),
        column=pd.Series([normalise(name) for name in rows["column"]], index=rows.index, dtype="str"),
        table=title,
        project=title,
        project_id="",
        evaluation="final_account",
        indicator=rows["row_name"],
        indicator_id="",
    )


def _against(wholes: pd.DataFrame, check: Check) -> Outcome:
    """Return the rows whose ``value`` is not the sum of their parts; rounding and errors apart.

    ``wholes`` has value, derived_value (sum of the parts) and addends (parts that are not zero).
    """
    gap = (wholes["value"] - wholes["derived_value"]).round(4)
    wrong = wholes[gap.abs() > 1e-6]
    gap = gap[wrong.index]
    allowed = float(_identities()["rounding"]) * wrong["addends"].astype("float64")
    severity = ["rounding" if near else "error" for near in gap.abs() <= allowed + 1e-9]
    found = problems(
        wrong,
        cell="source_cell",
        printed=wrong["value"].map(money_text),
        derived=wrong["derived_value"].map(money_text),
        difference=gap.abs().map(money_text),
        difference_value=gap,
        severity=severity,
        verdict=[check.verdicts[name] for name in severity],
    )
    return Outcome(found, int((wholes["value"].notna() & wholes["derived_value"].notna()).sum()))


def _summed(parts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Sum the parts; blank cells are no addends, and a sum over nothing but blanks is missing."""
    grouped = parts.assign(is_addend=parts["value"].fillna(0) != 0).groupby(by)
    return pd.DataFrame(
        {
            "derived_value": grouped["value"].sum(min_count=1).round(4),
            "addends": grouped["is_addend"].sum(),
            "count": grouped.size(),
        }
    ).reset_index()


def account_unit(evidence: Evidence, check: Check) -> Outcome:
    """One compiling unit on all tables of a file (编制单位一致)."""
    rows = _tables(evidence)
    rows = rows[rows["compiling_unit"] != ""]
    wrong = rows[rows["compiling_unit"] != rows["department"]].drop_duplicates(["source_file", "table_code"])
    found = problems(
        wrong,
        cell="unit_cell",
        printed=wrong["compiling_unit"],
        derived=wrong["department"],
        indicator="",
    )
    return Outcome(found, len(rows.drop_duplicates(["source_file", "table_code"])))


def account_levels(evidence: Evidence, check: Check) -> Outcome:
    """合计 = Σ类, 类 = Σ款, 款 = Σ项 in every column of a table with classification codes (科目层级核对)."""
    rows = _tables(evidence)
    rows = rows[rows["table_code"].isin(_identities()["levels"]) & rows["value"].notna()]
    where = [*_KEY, "table_code", "column", "column_no"]  # two columns may bear one name
    coded = rows[rows["row_code"] != ""]
    parents = coded.assign(above=coded["row_code"].map(_parent))
    parts = _summed(parents, [*where, "above"])
    # The row without a code is the total of all codes, except in a table with a total for each side.
    named = rows.assign(above=rows["row_code"].where(rows["row_code"] != "", "0"))
    single = ~named["table_code"].isin(_identities()["totals_by_side"]) | (named["row_code"] != "")
    both = named[single].merge(parts, on=[*where, "above"], validate="1:1")
    both["count"] = both["count"].astype("Int64")
    return _against(both, check)


def _parent(code: str) -> str:
    """Return the code above a classification code: 项 7 digits, 款 5, 类 3; 0 is the total."""
    return {7: code[:5], 5: code[:3]}.get(len(code), "0")


def account_rows(evidence: Evidence, check: Check) -> Outcome:
    """In every row of a table the total column is the sum of its parts (同行各栏核对)."""
    rows = _tables(evidence)
    where = [*_KEY, "table_code", "source_row"]
    found = []
    for identity in _identities()["rows"]:
        table = rows[rows["table_code"] == identity["table"]]
        parts = _summed(table[table["column"].isin(identity["parts"])], where)
        wholes = table[table["column"] == identity["total"]]
        found.append(wholes.merge(parts, on=where, validate="1:1"))
    both = pd.concat(found, ignore_index=True)
    return _against(both, check)


def account_codes(evidence: Evidence, check: Check) -> Outcome:
    """支出决算表 = the tables of its sources, code by code and column by column (分来源核对)."""
    rows = _tables(evidence)
    where = [*_KEY, "row_code"]
    found = []
    for identity in _identities()["codes"]:
        parts = pd.concat([_pick(rows, term) for term in identity["parts"]])
        both = _pick(rows, identity["whole"]).merge(_summed(parts, where), on=where, how="left", validate="1:1")
        both[["derived_value", "addends"]] = both[["derived_value", "addends"]].fillna(0)
        # A file without the first of the parts cannot be compared.
        first = rows.loc[rows["table_code"] == identity["parts"][0]["table"], "source_file"]
        both = both[both["source_file"].isin(first)]
        found.append(both.assign(others="、".join(term["table"] for term in identity["parts"])))
    return _against(pd.concat(found, ignore_index=True), check)


def opening_balance(evidence: Evidence, check: Check) -> Outcome:
    """The opening balance of a year is the closing balance of the year before (年初＝上年年末)."""
    rows = _tables(evidence)
    found = []
    for identity in _identities()["years"]:
        opening, closing = (_pick(rows, identity[name]) for name in ("opening", "closing"))
        closing = closing.assign(year=closing["year"] + 1)
        sums = _summed(closing, _KEY).rename(columns={"source_file": "other"})
        sums = sums.drop_duplicates(["year", "department"])  # the tables of a year come in one file
        found.append(opening.merge(sums, on=["year", "department"], validate="m:1").assign(name=identity["name"]))
    return _against(pd.concat(found, ignore_index=True), check)


def account_sums(evidence: Evidence, check: Check) -> Outcome:
    """The declared identities between single figures (表内表间勾稽)."""
    rows = _tables(evidence)
    found = []
    for identity in _identities()["sums"]:
        parts = pd.concat([_pick(rows, term) for term in identity["parts"]])
        both = _pick(rows, identity["whole"]).merge(_summed(parts, _KEY), on=_KEY, validate="m:1")
        found.append(both.assign(name=identity["name"]))
    both = pd.concat(found, ignore_index=True)
    return _against(both, check)


def _pick(rows: pd.DataFrame, term: dict[str, str]) -> pd.DataFrame:
    """Return the cells that a term of an identity names."""
    chosen = rows["table_code"].eq(term["table"]) & rows["value"].notna()
    matches: dict[str, Callable[[str], pd.Series]] = {
        "side": lambda text: rows["side"].eq(text),
        "column": lambda text: rows["column"].eq(text),
        "row": lambda text: rows["heading"].str.fullmatch(text),
        "code": lambda text: rows["row_code"].str.fullmatch(text),
    }
    for name, match in matches.items():
        if name in term:
            chosen &= match(str(term[name])).astype("bool")
    return rows[chosen]


def _where_accounts(check: CheckFunction) -> CheckFunction:
    """Let a check look only where there are accounts: most places have none, and its merges cost as much without."""

    @wraps(check)
    def looking(evidence: Evidence, declared: Check) -> Outcome:
        rows = evidence.frames.accounts
        return check(evidence, declared) if len(rows) else Outcome(rows, 0)

    return looking


CHECKS: dict[str, CheckFunction] = {
    check.__name__: _where_accounts(check)
    for check in (account_unit, account_levels, account_rows, account_codes, account_sums, opening_balance)
}
"""The checks of this module by code."""
