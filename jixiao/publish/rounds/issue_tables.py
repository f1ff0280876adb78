"""What the ledger holds, as tables (整改台账一览): by state, by department, one by one, what came back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jixiao.builds.ledger import book, ledger_place
from jixiao.builds.ledger.collecting import candidates
from jixiao.builds.ledger.moves import ENDED, issue_words, ways
from jixiao.builds.run import evaluate
from jixiao.core.errors import RequestError
from jixiao.core.frames import typed
from jixiao.core.vocabulary import label
from jixiao.show.tables import Table, make_table

LISTED = [
    *("issue_id", "owner", "project", "indicator", "issue_text", "issue_state", "due", "open_days", "feedback"),
    *("issue_note", "previous_id"),
]
BRIEF = ["issue_id", "owner", "project", "issue_source", "issue_text", "issue_state", "due", "open_days", "previous_id"]
EXPORTED = [
    *(
        "issue_id",
        "year",
        "issue_source",
        "department",
        "owner",
        "project",
        "indicator",
        "issue_text",
        "cause",
        "demand",
    ),
    *("issue_state", "due", "notice", "feedback", "feedback_status", "evidence_files", "unit_advice", "bureau_advice"),
    *(
        "return_reason",
        "rounds",
        "raised_on",
        "sent_on",
        "answered_on",
        "closed_on",
        "close_reason",
        "issue_note",
        "open_days",
    ),
    *("previous_id", "repeat_years", "source_file", "source_sheet", "source_cell"),
]
_DAYS = (30, 60)
AGES = ("under_30", "to_60", "over_60", "closed")
"""How long an issue has been open (办理时长): the last is that of those that are done."""


def issues_of(place: str | Path = "") -> tuple[pd.DataFrame, bool]:
    """Return the issues of the ledger, or while it is empty what would be registered (整改问题).

    Args:
        place: A data place whose problems are shown while the ledger is empty; none when empty.

    Returns:
        The issues, columns ``ISSUES``, and whether they stand in the ledger.
    """
    ledger = book.load_ledger()
    if len(ledger.rows) or not str(place):
        return ledger.issues, True
    day = ledger_place.today().isoformat()
    rows = [
        {**row, "issue_id": "", "issue_state": "pending", "raised_on": day, "open_days": 0, "rounds": 0}
        for row in candidates(evaluate(place))
    ]
    return typed(rows, book.ISSUES), False


def written(issues: pd.DataFrame) -> pd.DataFrame:
    """Return issues with the words of their codes (整改问题，代码译为文字)."""
    sources = {name: one["name"] for name, one in issue_words()["sources"].items()}
    return issues.assign(
        issue_state=issues["issue_state"].map(ways().states).astype("str"),
        issue_source=issues["issue_source"].map(sources).fillna("").astype("str"),
    )


def select_issues(
    issues: pd.DataFrame,
    *,
    years: Sequence[int] = (),
    departments: Sequence[str] = (),
    owners: Sequence[str] = (),
    states: Sequence[str] = (),
) -> pd.DataFrame:
    """Choose issues (筛选整改问题); each of the arguments allows all when it is empty.

    Example:
        >>> len(select_issues(typed([], book.ISSUES), years=[2024]))
        0
    """
    chosen = pd.Series(True, index=issues.index)
    for column, wanted in (("department", departments), ("owner", owners)):
        if wanted:
            chosen &= issues[column].map(lambda name, parts=tuple(wanted): any(part in name for part in parts))
    if years:
        chosen &= issues["year"].isin(list(years))
    if states:
        chosen &= issues["issue_state"].isin(list(states))
    return issues[chosen]


def ledger_line(place: str | Path = "") -> str:
    """Say in one line how the ledger stands (台账现状).

    Example:
        >>> import os, tempfile
        >>> os.environ[ledger_place.SETTING] = str(Path(tempfile.mkdtemp()) / "ledger.jsonl")
        >>> ledger_line("sample").startswith("台账还没有登记问题")
        True
        >>> _ = os.environ.pop(ledger_place.SETTING)
    """
    issues, is_registered = issues_of(place)
    words = issue_words()["overview"]
    if not is_registered:
        return str(words["empty"].format(count=len(issues)))
    counts = issues["issue_state"].value_counts()
    listed = words["joint"].join(f"{name} {counts.get(state, 0)}" for state, name in ways().states.items())
    return str(words["line"].format(count=len(issues), listed=listed, repeated=int((issues["repeat_years"] > 1).sum())))


def show_issues(
    place: str | Path = "",
    *,
    year: int = 0,
    department: str = "",
    state: str = "",
    most: int = 500,
) -> Table:
    """Show the issues one by one (整改问题清单), those nearest to their date first.

    Args:
        place: As for :func:`issues_of`.
        year: Only this year; all when 0.
        department: Part of the name of a department.
        state: A state, by its name or its Chinese word.
        most: At most so many.

    Raises:
        RequestError: There is no such state.
    """
    issues, _ = issues_of(place)
    chosen = select_issues(
        issues,
        years=[year] if year else [],
        departments=[department] if department else [],
        states=[state_of(state)] if state else [],
    )
    ordered = chosen.assign(is_done=chosen["issue_state"].isin(ENDED), when=chosen["due"].replace("", "9999"))
    ordered = ordered.sort_values(["is_done", "when", "issue_id"], kind="stable")
    return make_table(written(ordered).head(most), LISTED)


def state_of(text: str) -> str:
    """Return a state by its name or its Chinese word (状态).

    Raises:
        RequestError: There is none of that name.

    Example:
        >>> state_of("逾期"), state_of("sent")
        ('overdue', 'sent')
    """
    states = ways().states
    found = next((name for name, said in states.items() if text in {name, said}), None)
    if found is None:
        raise RequestError(f"没有整改状态“{text}”，可选：{'、'.join(states.values())}")
    return found


def count_states(issues: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count issues by their states (按状态计数): one row per value of a column, a column per state, and the sum."""
    counts = issues.groupby([by, "issue_state"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(ways().states), fill_value=0)
    return counts.assign(sum=counts.sum(axis=1)).sort_values(["overdue", "sum"], ascending=False).reset_index()


def age_bands(issues: pd.DataFrame) -> pd.Series:
    """Return how long each issue has been open (办理时长): less than 30 days, 30 to 60, more; ``closed`` when done.

    Example:
        >>> rows = [{"issue_state": "sent", "open_days": days} for days in (29, 30, 60, 61)]
        >>> age_bands(typed([*rows, {"issue_state": "done", "open_days": 5}], book.ISSUES)).tolist()
        ['under_30', 'to_60', 'to_60', 'over_60', 'closed']
    """
    days = issues["open_days"].fillna(0)
    bands = np.select(
        [issues["issue_state"].isin(ENDED), days < _DAYS[0], days <= _DAYS[1]], ["closed", *AGES[:2]], AGES[2]
    )
    return pd.Series(bands, index=issues.index, dtype="str")


def show_departments(place: str | Path = "", *, year: int = 0) -> Table:
    """Show how many issues each department has in each state (各部门整改情况)."""
    issues, _ = issues_of(place)
    chosen = select_issues(issues, years=[year] if year else [])
    chosen = chosen.assign(department=chosen["department"].replace("", issue_words()["book"]["no_owner"]))
    counts = count_states(chosen, "department")
    columns = {label("department"): counts["department"]}
    columns |= {name: counts[state].astype("str") for state, name in ways().states.items()}
    columns[issue_words()["overview"]["sum"]] = counts["sum"].astype("str")
    return Table(pd.DataFrame(columns, dtype="str"))


def show_states(place: str | Path = "", *, year: int = 0) -> Table:
    """Show how many issues there are of each source and in each state, and how old the open ones are (整改进度)."""
    issues, _ = issues_of(place)
    chosen = select_issues(issues, years=[year] if year else [])
    words = issue_words()["overview"]
    rows: list[dict[str, Any]] = []
    for source, declared in issue_words()["sources"].items():
        mine = chosen[chosen["issue_source"] == source]
        if not len(mine):
            continue
        bands = age_bands(mine)
        counts = mine["issue_state"].value_counts()
        rows.append(
            {
                label("issue_source"): declared["name"],
                **{name: str(counts.get(state, 0)) for state, name in ways().states.items()},
                **{name: str(int((bands == band).sum())) for name, band in zip(words["ages"], AGES[:3], strict=True)},
            }
        )
    heads = [label("issue_source"), *ways().states.values(), *words["ages"]]
    return Table(pd.DataFrame(rows, columns=heads, dtype="str"))


def show_repeated(place: str | Path = "") -> Table:
    """Show the issues that came back from an earlier year (屡查屡犯)."""
    issues, _ = issues_of(place)
    rows = issues[issues["repeat_years"].fillna(0) > 1]
    columns = [
        "issue_id",
        "previous_id",
        "repeat_years",
        "department",
        "project",
        "indicator",
        "issue_text",
        "issue_state",
    ]
    return make_table(written(rows), columns)


def show_history(issue_id: str = "", *, most: int = 200) -> Table:
    """Show what happened to one issue, or the newest of all (办理经过)."""
    ledger = book.load_ledger()
    if issue_id:
        issue_id = ledger.find(issue_id)["issue_id"]
    return make_table(ledger.history(issue_id).tail(most), ["number", "when", "who", "move", "issue_id", "said"])
