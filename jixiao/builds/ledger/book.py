"""The ledger itself (台账): one chained file of events, and the frame of issues that follows from them.

An event says when, who, what and about which issue; an issue is what its events make of it. The file is only appended
to, by one process at a time, and each writing is entered into the journal, so that neither a line nor the whole file
can be rewritten unnoticed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import pandas as pd

from jixiao.builds import chain, journal
from jixiao.builds.ledger.ledger_place import TODAY, ledger_path, today
from jixiao.builds.ledger.moves import issue_words, ways
from jixiao.builds.locks import alone
from jixiao.core.errors import RequestError, say_nearest
from jixiao.core.files import explained
from jixiao.core.frames import typed
from jixiao.core.hashes import hash_of
from jixiao.core.processes import user_name

ISSUES = {
    "issue_id": "str",
    "year": "Int64",
    "issue_source": "str",
    "department": "str",
    "owner": "str",
    "project_id": "str",
    "project": "str",
    "indicator": "str",
    "issue_text": "str",
    "cause": "str",
    "demand": "str",
    "issue_state": "str",
    "due": "str",
    "notice": "str",
    "feedback": "str",
    "feedback_status": "str",
    "evidence_files": "str",
    "unit_advice": "str",
    "bureau_advice": "str",
    "return_reason": "str",
    "rounds": "Int64",
    "raised_on": "str",
    "sent_on": "str",
    "answered_on": "str",
    "closed_on": "str",
    "close_reason": "str",
    "issue_note": "str",
    "open_days": "Int64",
    "previous_id": "str",
    "repeat_years": "Int64",
    "code": "str",
    "fault": "str",
    "source_key": "str",
    "place": "str",
    "source_file": "str",
    "source_sheet": "str",
    "source_cell": "str",
}
"""The columns of issues (整改): one row is one problem that somebody must answer; key issue_id."""

HISTORY = {"number": "Int64", "when": "str", "who": "str", "move": "str", "issue_id": "str", "said": "str"}
"""The columns of the history (办理经过): one row is one event."""

_RAISED = (
    *("year", "issue_source", "department", "owner", "project_id", "project", "indicator", "issue_text", "cause"),
    *("demand", "previous_id", "repeat_years", "code", "fault", "source_key", "place", "thing", "alike_count"),
    *("source_file", "source_sheet", "source_cell"),
)
_TOLD = {
    "send": ("due", "notice"),
    "again": ("due", "notice"),
    "answer": ("feedback", "feedback_status", "evidence_files", "unit_advice"),
    "return": ("due",),
    "advise": ("bureau_advice",),
    "reopen": ("due",),
}
"""What an event of each kind says of its issue, beside its reason."""
_REASONS = {
    "return": "return_reason",
    "close": "close_reason",
    "settle": "close_reason",
    "withdraw": "close_reason",
    "gone": "issue_note",
}
_DATES = {
    "send": "sent_on",
    "answer": "answered_on",
    "close": "closed_on",
    "settle": "closed_on",
    "withdraw": "closed_on",
}
_NAMES = frozenset({"number", "when", "who", "what", "about", "said", "torn", "before", "hash"})


@dataclass(frozen=True)
class Ledger:
    """What the ledger holds on a day (台账现状): its events and what follows from them."""

    entries: tuple[Mapping[str, Any], ...]
    day: date

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Every issue by its id, as its events made it."""
        return fold(self.entries, self.day)

    @cached_property
    def issues(self) -> pd.DataFrame:
        """The issues (整改), the oldest first; columns ``ISSUES``."""
        return typed(list(self.rows.values()), ISSUES)

    def about(self, what: str) -> Iterator[Mapping[str, Any]]:
        """Yield the events of one kind, the oldest first."""
        return (entry for entry in self.entries if entry["what"] == what)

    def history(self, issue_id: str = "") -> pd.DataFrame:
        """Return what happened to one issue, or to all (办理经过); columns ``HISTORY``."""
        rows = [
            {
                "number": entry["number"],
                "when": entry["when"],
                "who": entry["who"],
                "move": ways().moves[entry["what"]].name,
                "issue_id": entry["about"],
                "said": issue_words()["joint"].join(
                    str(entry["said"][name])
                    for name in ("due", "notice", "feedback", "feedback_status", "reason", "bureau_advice")
                    if entry["said"].get(name)
                ),
            }
            for entry in self.entries
            if entry["what"] in ways().moves and (not issue_id or entry["about"] == issue_id)
        ]
        return typed(rows, HISTORY)

    def find(self, issue_id: str) -> dict[str, Any]:
        """Return one issue by its id, or by a beginning that no other id has (编号的前几位).

        Raises:
            RequestError: There is none, or several; the nearest are named.
        """
        if issue_id in self.rows:
            return self.rows[issue_id]
        begun = [one for one in self.rows if issue_id and one.startswith(issue_id)]
        found = [one for one in begun if one.startswith(f"{issue_id}-")] or begun  # a whole number before a longer one
        if len(found) > 1:
            raise RequestError(f"以“{issue_id}”开头的整改编号有{len(found)}个（{'、'.join(found[:3])}等），请写全")
        if not found:
            raise RequestError(f"台账中没有整改编号“{issue_id}”，{say_nearest(issue_id, self.rows)}")
        return self.rows[found[0]]


def fold(entries: Sequence[Mapping[str, Any]], day: date) -> dict[str, dict[str, Any]]:
    """Work out what the events made of every issue (由经过得出现状).

    Args:
        entries: Events in their order; those about no issue are passed over.
        day: The day on which the states are wanted.

    Raises:
        RequestError: An event goes a way that is not declared.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        what, said, when = entry["what"], entry["said"], str(entry["when"])[:10]
        if what not in ways().moves:
            continue
        issue = found.get(entry["about"])
        if issue is None:
            issue = {"issue_id": entry["about"], "base": "", "rounds": 0, "raised_on": when, "due": ""}
            issue |= {name: said.get(name) for name in _RAISED}
        shown = ways().lapsed(issue["base"], issue["due"], date.fromisoformat(when))
        try:
            after = ways().after(what, shown)
        except RequestError as error:
            if not entry["number"]:  # it is about to be written
                raise RequestError(f"“{entry['about']}”{error}；没有记入台账") from error
            raise RequestError(f"台账第{entry['number']}条（{entry['about']}）：{error}") from error
        issue["base"] = issue["base"] if after == shown else after
        issue |= {name: said[name] for name in _TOLD.get(what, ()) if said.get(name)}
        if what == "answer":  # what a later answer leaves out is no longer said
            issue |= {name: said.get(name, "") for name in _TOLD[what]}
        if said.get("reason") and what in _REASONS:
            issue[_REASONS[what]] = said["reason"]
        if what in _DATES:
            issue[_DATES[what]] = when
        issue["rounds"] += what == "return"
        if what == "reopen":
            issue |= {"closed_on": "", "close_reason": ""}
        found[entry["about"]] = issue
    for issue in found.values():
        issue["issue_state"] = ways().lapsed(issue["base"], issue["due"], day)
        ended = date.fromisoformat(issue["closed_on"]) if issue.get("closed_on") else day
        issue["open_days"] = (ended - date.fromisoformat(issue["raised_on"])).days
    return found


def load_ledger(day: date | None = None) -> Ledger:
    """Read the ledger (读取台账), after its chain was followed.

    Args:
        day: The day on which the states are wanted; today when None.

    Raises:
        RequestError: A line was changed, is missing or was put in.
    """
    broken = check()
    if broken is not None and broken.reason != "unfinished":
        raise RequestError(broken_text(broken))
    return Ledger(tuple(entry for entry in chain.read_entries(ledger_path()) if entry), day or today())


def check() -> chain.Break | None:
    """Follow the chain of the ledger, and look for its last state in the journal (核对台账).

    Returns:
        Where it first breaks; ``journal`` when the journal knows a state that the ledger does not hold, ``no_journal``
        when it knows none of a ledger that holds something: a line cut from the end would not show.
    """
    broken = chain.check(ledger_path(), lambda entry: {*entry} <= _NAMES)
    if broken is not None:
        return broken
    entries = [*chain.read_entries(ledger_path())]
    known, shown = chain.hashes(entries), journal.shown_path(ledger_path())
    told = [
        entry.get("content")
        for entry in journal.read_entries()
        if entry.get("what") == "ledger" and (entry.get("output") == shown or entry.get("content") in known)
    ]
    if told and told[-1] not in known:
        return chain.Break(len(known), "journal")
    # a first writing that was killed before the journal has one time and one name, and the journal was there before it
    is_first = journal.journal_path().exists() and len({(one.get("when"), one.get("who")) for one in entries}) == 1
    return chain.Break(len(known), "no_journal") if entries and not told and not is_first else None


def broken_text(broken: chain.Break) -> str:
    """Say where the ledger breaks (台账断链), in one sentence."""
    sentence = str(issue_words()["broken"][broken.reason])
    shown = journal.shown_path(journal.journal_path())
    return sentence.format(number=broken.number, name=ledger_path().name, journal=shown)


class Writer:
    """Appends events to the ledger while no other process can (记入台账)."""

    def __init__(self, ledger: Ledger, by: str) -> None:
        self.ledger, self.by = ledger, by or user_name()

    def write(self, events: Sequence[Mapping[str, Any]]) -> Ledger:
        """Append events that all go declared ways, or none of them (记入).

        Args:
            events: ``what``, ``about`` (the issue or whatever it is about) and ``said``, plain values by name.

        Returns:
            The ledger with them.

        Raises:
            RequestError: One goes a way that is not declared or lacks what it needs, or the file cannot be written.
        """
        if not events:
            return self.ledger
        now = datetime.now().astimezone()
        stamp = now.isoformat(timespec="seconds")
        if os.environ.get(TODAY):
            stamp = f"{today().isoformat()}{stamp[10:]}"
        lines: list[dict[str, Any]] = [{"when": stamp, "who": self.by, **event} for event in events]
        for line in lines:
            self._needs(line)
        numbered: list[Mapping[str, Any]] = [{"number": 0, **line} for line in lines]
        fold([*self.ledger.entries, *numbered], self.ledger.day)  # refuses a way that is not declared
        path = ledger_path()
        if not self.ledger.entries:
            journal.begin()
        with explained(path.parent):
            try:
                made = chain.append(path, lines)
            except chain.DamagedEnd as error:
                raise RequestError(broken_text(chain.Break(len(self.ledger.entries) + 1, "unreadable"))) from error
            except ValueError as error:
                raise RequestError("有一条内容超过 1MB，没有记入台账；请把附件单独存放，只写文件名") from error
        journal.record("ledger", path, content=made[-1]["hash"])
        self.ledger = Ledger((*self.ledger.entries, *made), self.ledger.day)
        return self.ledger

    def _needs(self, line: Mapping[str, Any]) -> None:
        if line["what"] not in ways().moves:
            return
        move = ways().moves[line["what"]]
        for name in move.needs:
            if not str(line["said"].get(name) or "").strip():
                raise RequestError(f"“{move.name}”要写明{issue_words()['needed'].get(name, name)}，没有记入台账")


@contextmanager
def writing(by: str = "", day: date | None = None) -> Iterator[Writer]:
    """Hold the ledger for writing (占用台账); two people at once exclude each other.

    Args:
        by: Who does it; the user of this system when empty.
        day: The day on which it is done; today when None.

    Raises:
        RequestError: Another process holds it; the sentence says who. Or its chain is broken.
    """
    path = ledger_path()
    lock, note = path.with_name(f".{path.name}.lock"), path.with_name(f".{path.name}.writer.json")
    with alone(lock, note, str(issue_words()["name"])):
        yield Writer(load_ledger(day), by)


def new_ids(ledger: Ledger, raised: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return an id for each new issue (整改编号): its year, its number in the year, four signs of its content."""
    counts: dict[int, int] = {}
    for row in ledger.rows.values():
        year = int(row["year"])
        counts[year] = max(counts.get(year, 0), int(str(row["issue_id"]).split("-")[1]))
    ids = []
    for new in raised:
        year = int(new["year"])
        counts[year] = counts.get(year, 0) + 1
        mark = hash_of([new["source_key"], counts[year]])[:4]
        ids.append(str(issue_words()["id"]).format(year=year, number=counts[year], mark=mark))
    return ids


def next_notice(ledger: Ledger, year: int) -> str:
    """Return the number of the next notice of a year (通知编号)."""
    pattern = str(issue_words()["notice"])
    known = {str(row.get("notice") or "") for row in ledger.rows.values()}
    known |= {str(entry["said"].get("notice", "")) for entry in ledger.entries}
    number = 1
    while pattern.format(year=year, number=number) in known:
        number += 1
    return pattern.format(year=year, number=number)
