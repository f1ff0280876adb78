"""The ledger on the pages (看板上的整改): every problem with its state on the day, and who owes a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from jixiao.analysis.coverage import coverage_rows, known_bodies
from jixiao.builds.journal import shown_path
from jixiao.builds.ledger import book, ledger_place
from jixiao.builds.ledger.moves import issue_words, ways
from jixiao.core.errors import JixiaoError
from jixiao.core.frames import typed
from jixiao.core.results import Results
from jixiao.publish.boards.board_rules import boards
from jixiao.publish.rounds.issue_tables import age_bands
from jixiao.reading.organisations import last_successors
from jixiao.reading.values.values import normalise

STATES = ("overdue", "returned", "sent", "answered", "pending", "done", "withdrawn")
"""The states in the order in which a reader looks for them."""
ISSUES = [
    *("issue_id", "year", "department", "department_kind", "owner", "project_id", "project", "issue_source"),
    *("issue_state", "age_band", "due", "days_late", "open_days", "is_repeated"),
]
DEMANDS = [*ISSUES, "indicator", "issue_text", "demand", "feedback", "return_reason"]
COVERED = [
    *("year", "department", "department_kind", "unit", "project_id", "project", "coverage_state"),
    *("annual_budget_wan", "population"),
]


@dataclass(frozen=True)
class Problems:
    """What the ledger holds of a data place (本处数据的整改问题): its issues, the day of their states, or why none."""

    issues: pd.DataFrame
    day: date
    told: str


def no_problems() -> Problems:
    """Return that nothing is registered (台账为空), with the sentence that says what to do."""
    return Problems(typed([], book.ISSUES), ledger_place.today(), str(boards()["words"]["no_issues"]))


def problems_of(results: Results) -> Problems:
    """Return the issues of the data that pages show (看板所示数据的整改问题).

    Issues that were collected from another data place are not among them: the pages of made-up data must not show what
    a bureau really asked. Issues of no place (of last year's list, entered by hand, from reviews) are those of any
    place that was built or read at the bench; a made-up place, which has a remark, has none of them.

    A ledger that cannot be read is told in one sentence; the other pages are not harmed by it.
    """
    try:
        ledger = book.load_ledger()
    except JixiaoError as error:
        return Problems(typed([], book.ISSUES), ledger_place.today(), str(error))
    known = {shown_path(results.place), *([] if results.remark else [""])}
    mine = ledger.issues[ledger.issues["place"].isin(known)]
    if mine.empty:
        return no_problems()
    return Problems(mine, ledger.day, "")


def issue_rows(problems: Problems, results: Results) -> pd.DataFrame:
    """Return one row per issue (整改问题), the longest overdue first, then by state and date; columns ``DEMANDS``.

    ``days_late`` counts the days since the date of those overdue and is missing for the others.
    """
    rows = problems.issues
    last = last_successors(results.organisations)
    names = rows["department"].map(lambda name: last.get(normalise(name), name)).astype("str")
    due = pd.to_datetime(rows["due"].where(rows["issue_state"] == "overdue"), errors="coerce")
    rows = rows.assign(
        department=names,
        department_kind=known_bodies(names, results.organisations)["department_kind"],
        age_band=age_bands(rows),
        days_late=(pd.Timestamp(problems.day) - due).dt.days.astype("Int64"),
        is_repeated=(rows["repeat_years"].fillna(1) > 1).astype("int64"),
        order=rows["issue_state"].map({state: place for place, state in enumerate(STATES)}),
        when=rows["due"].replace("", "9999"),
    )
    return rows.sort_values(["order", "when", "issue_id"], kind="stable", ignore_index=True)[DEMANDS]


def covered_rows(results: Results) -> pd.DataFrame:
    """Return who has sent a self-evaluation and who has not (自评报送), columns ``COVERED``.

    Years in which nobody said what must be evaluated are left out: what came is then all there is.
    """
    rows = coverage_rows(results)
    rows = rows[rows["population"] != "received"].reset_index(drop=True)
    kinds = known_bodies(rows["department"], results.organisations)["department_kind"]
    return rows.assign(department_kind=kinds)[COVERED]


def state_words() -> dict[str, dict[str, str]]:
    """Return the words of states and sources (状态和来源), in the order in which the pages show them.

    Example:
        >>> list(state_words()["issue_state"].values())[:2]
        ['逾期', '被退回']
    """
    states, sources = ways().states, issue_words()["sources"]
    return {
        "issue_state": {name: states[name] for name in STATES},
        "issue_source": {name: one["name"] for name, one in sources.items()},
    }
