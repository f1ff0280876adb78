"""Answers that come back (整改反馈): read from the units' workbooks, kept with the files they came in.

Every file is copied beside the ledger before anything is entered, so that a killed run loses nothing: what was not
entered is entered when the same file is received again, and what was is not entered twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jixiao.builds.ledger import book
from jixiao.builds.ledger.archive import files_text
from jixiao.builds.ledger.moves import issue_words, ways
from jixiao.publish.rounds.sent_books import Returned, Row
from jixiao.publish.rounds.sorted_rows import Sorting, attached, receive_books, tell_files

_COLUMNS = ("issue_id", "project", "issue_text", "feedback", "feedback_status", "evidence_files", "unit_advice")
_NEEDED = ("issue_id", "feedback")
_ANSWER = ("feedback", "feedback_status", "evidence_files", "unit_advice")


@dataclass
class Received:
    """What one file gave (收到的反馈): how many answers were entered, and a sentence for everything that was not."""

    file: str
    owner: str = ""
    notice: str = ""
    taken: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    kept: str = ""

    def __str__(self) -> str:
        """Return it as lines to read."""
        words = issue_words()["replies"]
        head = words["head"].format(
            file=self.file, owner=self.owner or "—", notice=self.notice or "—", taken=len(self.taken)
        )
        return "\n".join([head, *(f"  {sentence}" for sentence in self.sentences)])


def receive(paths: Sequence[Path], *, by: str = "") -> list[Received]:
    """Read answers and enter them into the ledger (收取反馈).

    Args:
        paths: Workbooks that :func:`jixiao.publish.rounds.notices.send_notices` wrote, filled in by the units.
        by: Who receives.

    Returns:
        For each file what was entered, and why anything was not; no row keeps another from being read.

    Raises:
        RequestError: Another process writes the ledger, or it is broken.
    """
    words = issue_words()["replies"]
    return receive_books(paths, Received, understand, columns=_COLUMNS, needed=_NEEDED, words=words, by=by)


def understand(returned: Returned, ledger: book.Ledger, came: Received, path: Path) -> list[dict[str, Any]]:
    """Work out what the rows of a file answer (辨认反馈), and note a sentence for everything else.

    Args:
        returned: From :func:`read_book`.
        ledger: What it holds.
        came: Gets the sentences and what was taken.
        path: The file; evidence is looked for beside it.

    Returns:
        The events to write.
    """
    words = issue_words()["replies"]
    if not returned.rows:
        came.sentences.append(words["no_columns"].format(file=came.file))
        return []
    sent = _notice(returned, ledger, came)
    sorting = Sorting(came.file, "issue_id", "feedback", _ANSWER, words, came.sentences)
    known = [row for row in returned.rows if _is_known(row, ledger, came, sent, sorting)]
    chosen = sorting.once([row for row in known if sorting.is_answer(row, ["feedback"])])
    sorting.tell_shared(chosen)
    joint = issue_words()["joint"]
    events, again, changed = [], 0, list[str]()
    for row in chosen:
        issue = ledger.rows[row.texts["issue_id"]]
        said = {name: row.texts.get(name, "") for name in _ANSWER}
        files = attached(said["evidence_files"], path.parent)
        tell_files(files, sorting.tell, place=row.cells.get("evidence_files", ""), id=issue["issue_id"])
        said |= {"evidence_files": files_text(files, joint)}
        if all(said[name] == (issue.get(name) or "") for name in _ANSWER):
            if issue["base"] == "returned":
                sorting.tell("same_returned", place=row.place, id=issue["issue_id"], reason=issue["return_reason"])
            else:
                again += 1
            continue
        if issue["issue_state"] not in ways().moves["answer"].start:
            sorting.tell("not_open", place=row.place, id=issue["issue_id"], state=ways().states[issue["issue_state"]])
            continue
        if issue["issue_state"] == "answered":
            changed.append(issue["issue_id"])
        if not _is_declared(said["feedback_status"]):
            listed, place = "、".join(issue_words()["feedback_statuses"]), row.cells["feedback_status"]
            sorting.tell(
                "strange_status", place=place, id=issue["issue_id"], status=said["feedback_status"], listed=listed
            )
        came.taken.append(issue["issue_id"])
        whole = {**said, "file": came.kept, "files": files}
        events.append({"what": "answer", "about": issue["issue_id"], "said": whole})
    if again:
        sorting.tell("same_again", count=again)
    if changed:
        sorting.tell("changed", count=len(changed), ids=sorting.listed(changed))
    sorting.tell_missing(returned, sent, known, ["feedback"])
    sorting.tell_unseen(returned)
    return events


def _is_declared(status: str) -> bool:
    """Say whether a state of rectification is none or one of those offered, alone or with what is added to it."""
    offered = [re.split(r"[(（]", one)[0] for one in issue_words()["feedback_statuses"]]
    return not status or any(re.fullmatch(rf"{re.escape(one)}(?:[^\w].*)?", status, re.DOTALL) for one in offered)


def _notice(returned: Returned, ledger: book.Ledger, came: Received) -> dict[str, dict[str, Any]]:
    """Return the issues of the notice that a file answers, by their ids; none when it names no known one."""
    words = issue_words()
    found = re.search(words["book"]["notice_pattern"], returned.above)
    if not found:
        came.sentences.append(words["replies"]["no_notice"].format(file=came.file))
        return {}
    notice = found[1]
    about = [entry["about"] for entry in ledger.entries if entry["said"].get("notice") == notice and entry["about"]]
    if not about:
        came.sentences.append(words["replies"]["strange_notice"].format(file=came.file, notice=notice))
        return {}
    came.notice = notice
    sent = {issue_id: ledger.rows[issue_id] for issue_id in about}
    came.owner = str(next(iter(sent.values()))["owner"])
    return sent


def _is_known(
    row: Row, ledger: book.Ledger, came: Received, sent: Mapping[str, Mapping[str, Any]], sorting: Sorting
) -> bool:
    """Say whether a row belongs to an issue of this notice, and why not when it is not."""
    if not sorting.is_known(row, ledger.rows, sent):
        return False
    issue = ledger.rows[row.texts["issue_id"]]
    if not sent or issue["issue_id"] in sent:
        return True
    kind = "other_owner" if int(issue["year"]) == int(came.notice[:4]) else "other_year"
    told = {"place": row.place, "id": issue["issue_id"], "notice": came.notice}
    sorting.tell(kind, **told, year=issue["year"], owner=issue["owner"])
    return False
