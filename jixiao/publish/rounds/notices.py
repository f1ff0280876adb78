"""Notices of rectification (整改通知): one workbook per unit with its problems and columns to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jixiao.builds.ledger import book, ledger_place
from jixiao.builds.ledger.moves import issue_words
from jixiao.core.errors import RequestError, brief, say_nearest
from jixiao.core.files import checksum, explained, safe_name
from jixiao.publish.rounds.sent_books import Book, write_book


@dataclass(frozen=True)
class Notice:
    """One notice that went out (发出的通知): to whom, its number, its file, how many problems."""

    owner: str
    notice: str
    path: Path
    count: int


def send_notices(
    out: Path, *, due: str, year: int, owners: Sequence[str] = (), again: bool = False, by: str = ""
) -> list[Notice]:
    """Write a notice for every unit with problems and enter it into the ledger (下达整改通知).

    Args:
        out: The folder of the notices.
        due: Until when a unit is to answer; with ``again`` it may be empty, then the date stays.
        year: Problems of this year.
        owners: Only units whose names hold one of these texts; all when empty.
        again: Write once more what was sent and is not answered, in place of what is new.
        by: Who sends.

    Returns:
        The notices; none when there is nothing to send.

    Raises:
        RequestError: No such unit, no date, a date that is over, or the folder cannot be written.
    """
    day = ledger_place.today()
    if due and ledger_place.parse_day(due) < day:
        raise RequestError(f"整改期限 {due} 早于今天 {day.isoformat()}，请改为今天或以后的日期")
    if not due and not again:
        raise RequestError("请用 --due 写明整改期限，如 --due 2024-09-30")
    with book.writing(by) as writer:
        chosen = _chosen(writer.ledger, year, owners, again=again)
        sent: list[Notice] = []
        with explained(out):
            out.mkdir(parents=True, exist_ok=True)
        for owner, rows in chosen.items():
            notice = book.next_notice(writer.ledger, year)
            path = out / f"{_file_name(owner, notice)}.xlsx"
            with explained(out):
                write_book(path, notice_book(owner, notice, rows, due, year, day), _shown(rows, due))
            said = {"notice": notice, "due": due, "file": path.name, "sha256": checksum(path)}
            what = "again" if again else "send"
            writer.write([{"what": what, "about": row["issue_id"], "said": said} for row in rows])
            sent.append(Notice(owner, notice, path, len(rows)))
    return sent


def _chosen(ledger: book.Ledger, year: int, owners: Sequence[str], *, again: bool) -> dict[str, list[dict[str, Any]]]:
    states = {"sent", "returned", "overdue"} if again else {"pending"}
    rows = [row for row in ledger.rows.values() if row["issue_state"] in states and int(row["year"]) == year]
    known = sorted({row["owner"] for row in rows})
    for wanted in owners:
        if not any(wanted in owner for owner in known):
            raise RequestError(f"{year}年度没有可以下达给“{brief(wanted)}”的问题，{say_nearest(wanted, known)}")
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda one: (one["owner"], one["project"], one["issue_id"])):
        if not owners or any(wanted in row["owner"] for wanted in owners):
            found.setdefault(row["owner"], []).append(row)
    return found


def _file_name(owner: str, notice: str) -> str:
    return safe_name(str(issue_words()["book"]["file"]).format(owner=owner[:30], notice=notice))


def notice_book(owner: str, notice: str, rows: Sequence[dict[str, Any]], due: str, year: int, day: date) -> Book:
    """Return how a notice looks (整改通知的样式)."""
    words = issue_words()["book"]
    dates = sorted({due or row["due"] for row in rows})
    head = words["head"].format(
        notice=notice, year=year, count=len(rows), due=dates[0] if dates else "", today=day.isoformat()
    )
    return Book(
        sheet=words["sheet"],
        title=words["title"].format(owner=owner),
        head=head,
        note=words["note"],
        widths={name: words["widths"][name] for name in words["columns"]},
        answered=words["answered"],
        choices={"feedback_status": issue_words()["feedback_statuses"]},
    )


def _shown(rows: Sequence[dict[str, Any]], due: str) -> list[dict[str, Any]]:
    shown = []
    for number, row in enumerate(rows, 1):
        kept = {name: row.get(name) or "" for name in issue_words()["book"]["columns"]}
        is_open = row["issue_state"] == "returned"
        answered = {name: kept[name] if is_open else "" for name in issue_words()["book"]["answered"]}
        shown.append({**kept, **answered, "number": number, "due": due or row["due"]})
    return shown
