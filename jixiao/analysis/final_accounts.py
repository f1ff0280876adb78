"""Final accounts of departments (部门决算): structure, year on year, 三公经费, basic against project expenditure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from jixiao.analysis.choices import choices, signed, take_choice
from jixiao.core.exact import SCALE, sums_of, whole
from jixiao.core.results import Results
from jixiao.core.vocabulary import reading_words
from jixiao.reading.values.values import normalise

_ITEM = ["year", "department", "item"]
_CHANGES = ["before_wan", "year_change_wan", "year_change_rate"]


def _cells(results: Results, table: str) -> pd.DataFrame:
    """Return the value cells of one public table with comparable names and money in 万元."""
    rows = results.frames.accounts
    rows = rows[rows["table_code"] == table]
    units = results.frames.ingest.drop_duplicates("source_file").set_index("source_file")["money_unit"]
    factors = rows["source_file"].map(units).map(reading_words()["money_units"]).fillna(1).astype("float64")
    return rows.assign(
        item=pd.Series([normalise(name) for name in rows["row_name"]], index=rows.index, dtype="str"),
        column=pd.Series([normalise(name) for name in rows["column"]], index=rows.index, dtype="str"),
        amount_wan=rows["value"] * factors,
    )


def _against_before(frame: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Add the amount of the year before, the change and its rate, missing without a year before."""
    before = frame[[*key, "amount_wan"]].assign(year=frame["year"] + 1).rename(columns={"amount_wan": "before_wan"})
    frame = frame.merge(before, on=list(key), how="left", validate="1:1")
    known = frame["before_wan"].notna() & frame["amount_wan"].notna()
    change = (whole(frame["amount_wan"]) - whole(frame["before_wan"])) / SCALE
    frame["year_change_wan"] = pd.Series(change, index=frame.index).where(known)
    frame["year_change_rate"] = frame["year_change_wan"] / frame["before_wan"].where(frame["before_wan"] > 0)
    return frame


def account_structure(results: Results, *, side: str = "expenditure") -> pd.DataFrame:
    """Return what the income or the expenditure of each department is made of, against the year before (决算结构).

    Formula: ``share`` = amount ÷ Σ amounts of the side; ``year_change_rate`` = (amount − before) ÷ before.

    Args:
        results: From :func:`jixiao.evaluate`.
        side: ``income`` or ``expenditure`` of the table 公开01.

    Returns:
        Key year, department, item (name without its running number, which moves from year to year); largest first.
        Money in 万元, shares and rates as fractions. Items of nothing in both years are left out. ``before_wan`` and
        the changes are missing where the year before has no account; a new item has a missing rate.

    Limits: an item that was renamed leaves and enters.

    Basis: 公开01 收入支出决算总表.

    Example:
        >>> import jixiao
        >>> frame = account_structure(jixiao.evaluate("data/source"))
        >>> frame[["item", "amount_wan"]].values.tolist()[0], round(float(frame["share"].sum()), 9)
        (['资源勘探工业信息等支出', 4080.1], 1.0)
    """
    declared = choices("accounts")["structure"]
    rows = _cells(results, declared["table"])
    rows = rows[rows["side"] == declared["sides"][take_choice("side", side, declared["sides"])]]
    named = [re.fullmatch(declared["item"], name) for name in rows["item"]]
    rows = rows.assign(item=pd.Series([found[1] if found else "" for found in named], index=rows.index, dtype="str"))
    frame = sums_of(rows[rows["item"] != ""], _ITEM, ["amount_wan"])
    frame = _with_gone(frame)
    total = sums_of(frame, ["year", "department"], ["amount_wan"]).rename(columns={"amount_wan": "whole"})
    frame = _against_before(frame, _ITEM).merge(total, on=["year", "department"], validate="m:1")
    whole_amount = frame.pop("whole")
    frame.insert(4, "share", frame["amount_wan"] / whole_amount.where(whole_amount > 0))
    frame = frame[(frame[["amount_wan", "before_wan"]].fillna(0) != 0).any(axis=1)]
    order = ["year", "department", "amount_wan", "item"]
    return signed(frame.sort_values(order, ascending=[True, True, False, True], ignore_index=True), results)


def _with_gone(frame: pd.DataFrame) -> pd.DataFrame:
    """Add items that only the year before prints, with nothing, so that the changes are complete."""
    held = frame[["year", "department"]].drop_duplicates()
    gone = frame.assign(year=frame["year"] + 1)[_ITEM].merge(held, on=["year", "department"], validate="m:1")
    return (
        pd.concat([frame, gone.assign(amount_wan=0.0)]).drop_duplicates(_ITEM, keep="first").reset_index(drop=True)
        if len(gone)
        else frame
    )


def account_kinds(results: Results) -> pd.DataFrame:
    """Return basic and project expenditure of each department by class of function (基本支出与项目支出).

    Formula: ``project_share`` = project ÷ all expenditure of the row; ``other_wan`` = all − basic − project (上缴上级,
    经营, 对附属单位补助).

    Args:
        results: From :func:`jixiao.evaluate`.

    Returns:
        Key year, department, row_code (class of function 类), item its name; largest first. Money in 万元; a blank cell
        counts as nothing beside a printed total.

    Basis: 公开03 支出决算表.

    Example:
        >>> import jixiao
        >>> frame = account_kinds(jixiao.evaluate("data/source"))
        >>> frame[["item", "basic_wan", "project_wan"]].values.tolist()[0]
        ['资源勘探工业信息等支出', 896.46, 3183.64]
    """
    declared = choices("accounts")["kinds"]
    rows = _cells(results, declared["table"])
    rows = rows[rows["row_code"].str.fullmatch(declared["code"])]
    key = ["year", "department", "row_code", "item"]
    names = {"total": "amount_wan", "basic": "basic_wan", "project": "project_wan"}
    frame = sums_of(rows[rows["column"] == declared["total"]], key, ["amount_wan"])
    for part in ("basic", "project"):
        sums = sums_of(rows[rows["column"] == declared[part]], key, ["amount_wan"])
        sums = sums.rename(columns={"amount_wan": names[part]})
        frame = frame.merge(sums, on=key, how="left", validate="1:1")
        frame[names[part]] = frame[names[part]].fillna(0.0)
    rest = whole(frame["amount_wan"]) - whole(frame["basic_wan"]) - whole(frame["project_wan"])
    frame["other_wan"] = rest / SCALE
    frame["project_share"] = frame["project_wan"] / frame["amount_wan"].where(frame["amount_wan"] > 0)
    order = ["year", "department", "amount_wan", "row_code"]
    return signed(frame.sort_values(order, ascending=[True, True, False, True], ignore_index=True), results)


def three_public(results: Results) -> pd.DataFrame:
    """Return the 三公经费 of each department by kind: budget, final account, year before (“三公”经费).

    Formula: ``control_rate`` = final account ÷ budget of the start of the year (三公经费控制率).

    Args:
        results: From :func:`jixiao.evaluate`.

    Returns:
        Key year, department, public_item (abroad, car_purchase, car_running, reception). Money in 万元; a figure
        that is not printed is missing, a budget of nothing gives no rate.

    Basis: 公开07; 三公经费控制率 of 财预〔2013〕53号.

    Example:
        >>> import jixiao
        >>> frame = three_public(jixiao.evaluate("data/source"))
        >>> frame[["public_item", "initial_budget_wan", "amount_wan"]].values.tolist()[3]
        ['reception', 8.35, 2.81]
    """
    declared = choices("accounts")["three_public"]
    rows = _cells(results, declared["table"])
    named = {
        name: next((code for code, pattern in declared["items"].items() if re.fullmatch(pattern, name)), "")
        for name in rows["item"].unique()
    }
    rows = rows.assign(public_item=rows["item"].map(named).astype("str"))
    rows = rows[rows["public_item"] != ""]
    key = ["year", "department", "public_item"]
    frame = sums_of(rows[rows["column"] == declared["final"]], key, ["amount_wan"])
    budget = sums_of(rows[rows["column"] == declared["budget"]], key, ["amount_wan"])
    budget = budget.rename(columns={"amount_wan": "initial_budget_wan"})
    frame = budget.merge(frame, on=key, how="outer", validate="1:1")
    frame["control_rate"] = frame["amount_wan"] / frame["initial_budget_wan"].where(frame["initial_budget_wan"] > 0)
    frame = _against_before(frame, key)
    frame["public_item"] = pd.Categorical(frame["public_item"], list(declared["items"]), ordered=True)
    return signed(frame.sort_values(key, ignore_index=True), results)
