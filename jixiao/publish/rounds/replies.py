"""Answers that come back (整改反馈): read from the units' workbooks, kept with the files they came in.

Every file is copied beside the ledger before anything is entered, so that a killed run loses nothing: what was not
entered is entered when the same file is received again, and what was is not entered twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jixiao.builds.journal import shown_path
from jixiao.builds.ledger import book
from jixiao.builds.ledger.archive import keep_file
from jixiao.builds.ledger.moves import issue_words, ways
from jixiao.core.errors import JixiaoError, nearest
from jixiao.core.files import checksum
from jixiao.publish.rounds.sent_books import Returned, Row, read_book

_COLUMNS = ("issue_id", "project", "issue_text", "feedback", "feedback_status", "evidence_files", "unit_advice")
_NEEDED = ("issue_id", "feedback")
_ANSWER = ("feedback", "feedback_status", "evidence_files", "unit_advice")
_DIVIDER = re.compile(r"[;；、\n]+")


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
    done = []
    for path in paths:
        came = Received(path.name)
        done.append(came)
        if not path.is_file():
            came.sentences.append(issue_words()["replies"]["absent"].format(file=path.name))
            continue
        came.kept = shown_path(keep_file(path))
        try:
            returned = read_book(path, _COLUMNS, _NEEDED)
        except JixiaoError as error:
            came.sentences.append(str(error))
            continue
        with book.writing(by) as writer:
            events = understand(returned, writer.ledger, came, path)
            writer.write(events)
    return done


def understand(
    returned: Returned, ledger: book.Ledger, came: Received, path: Path | None = None
) -> list[dict[str, Any]]:
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
    known = [row for row in returned.rows if _is_known(row, ledger, came, sent)]
    answered = [row for row in known if _is_answer(row, came)]
    chosen = _once(answered, came)
    _shared(chosen, came)
    events, again = [], 0
    for row in chosen:
        issue = ledger.rows[row.texts["issue_id"]]
        said = {name: row.texts.get(name, "") for name in _ANSWER}
        files = _evidence(row, path, came)
        shown = _DIVIDER.sub(issue_words()["joint"], said["evidence_files"]) if not files else _files_text(files)
        said |= {"evidence_files": shown}
        if all(said[name] == (issue.get(name) or "") for name in _ANSWER):
            again += 1
            continue
        if issue["issue_state"] not in ways().moves["answer"].start:
            state = ways().states[issue["issue_state"]]
            came.sentences.append(
                words["not_open"].format(file=came.file, place=row.place, id=issue["issue_id"], state=state)
            )
            continue
        came.taken.append(issue["issue_id"])
        whole = {**said, "file": came.kept, "files": files}
        events.append({"what": "answer", "about": issue["issue_id"], "said": whole})
    if again:
        came.sentences.append(words["same_again"].format(file=came.file, count=again))
    _missing(returned, sent, known, came)
    _unseen(returned, came)
    return events


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


def _is_known(row: Row, ledger: book.Ledger, came: Received, sent: Mapping[str, Mapping[str, Any]]) -> bool:
    """Say whether a row belongs to an issue of this notice, and why not when it is not."""
    words = issue_words()["replies"]
    issue_id = row.texts.get("issue_id", "")
    told = {"file": came.file, "place": row.place, "id": issue_id, "notice": came.notice}
    if "issue_id" in row.shared:
        came.sentences.append(words["merged_id"].format(**told))
        return False
    if not issue_id:
        if any(row.texts.get(name) for name in _ANSWER):
            came.sentences.append(words["no_id"].format(**told))
        return False
    if issue_id not in ledger.rows:
        near = [one for one in nearest(issue_id, sent or ledger.rows, 1) if _is_near(issue_id, one)]
        kind = "changed_id" if near else "strange_id"
        came.sentences.append(words[kind].format(**told, near=near[0] if near else ""))
        return False
    issue = ledger.rows[issue_id]
    if sent and issue_id not in sent:
        is_year = int(issue["year"]) != int(came.notice[:4])
        kind = "other_year" if is_year else "other_owner"
        came.sentences.append(words[kind].format(**told, year=issue["year"], owner=issue["owner"]))
        return False
    return True


def _is_near(written: str, known: str) -> bool:
    """Say whether a written id can be a known one that was changed: most signs stand where they stood."""
    from difflib import SequenceMatcher

    return SequenceMatcher(None, written, known).ratio() >= 0.75


def _is_answer(row: Row, came: Received) -> bool:
    words = issue_words()["replies"]
    told = {"file": came.file, "place": row.cells["feedback"], "id": row.texts["issue_id"]}
    if row.formulas.get("feedback") == "uncalculated":
        came.sentences.append(words["formula_blank"].format(**told))
        return False
    if not row.texts["feedback"]:
        return False
    if row.formulas.get("feedback"):
        came.sentences.append(words["formula"].format(**told, text=row.texts["feedback"][:60]))
    return True


def _once(rows: Sequence[Row], came: Received) -> list[Row]:
    """Return one row for each issue; two different answers to one are both left."""
    words = issue_words()["replies"]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.texts["issue_id"], []).append(row)
    chosen = []
    for issue_id, mine in groups.items():
        first, *others = mine
        different = [row for row in others if _said(row) != _said(first)]
        told = {"file": came.file, "id": issue_id}
        if different:
            came.sentences.append(words["twice_other"].format(**told, place=different[0].place, other=first.place))
            continue
        chosen.append(first)
        if others:
            came.sentences.append(words["twice_same"].format(**told, place=others[0].place))
    return chosen


def _said(row: Row) -> tuple[str, ...]:
    return tuple(row.texts.get(name, "") for name in _ANSWER)


def _shared(rows: Sequence[Row], came: Received) -> None:
    """Say which issues are answered by one merged cell."""
    shared = [row for row in rows if "feedback" in row.shared]
    for text in dict.fromkeys(row.texts["feedback"] for row in shared):
        mine = [row for row in shared if row.texts["feedback"] == text]
        ids = "、".join(row.texts["issue_id"] for row in mine)
        place = mine[0].cells["feedback"]
        came.sentences.append(issue_words()["replies"]["merged"].format(file=came.file, place=place, ids=ids))


def _evidence(row: Row, path: Path | None, came: Received) -> list[dict[str, str]]:
    """Return the files that a row names, each with its hash when it came along; it is kept then."""
    found = []
    for name in (part.strip() for part in _DIVIDER.split(row.texts.get("evidence_files", "")) if part.strip()):
        plain = re.sub(r"（[0-9a-f]{8}）$", "", name)
        beside = path.parent / plain if path is not None and plain == Path(plain).name else None
        if beside is not None and beside.is_file():
            found.append({"name": plain, "sha256": checksum(beside), "kept": shown_path(keep_file(beside))})
            continue
        found.append({"name": name, "sha256": ""})
        place = row.cells["evidence_files"]
        told = {"file": came.file, "place": place, "id": row.texts["issue_id"], "name": name}
        came.sentences.append(issue_words()["replies"]["no_file"].format(**told))
    return found


def _files_text(files: Iterable[Mapping[str, str]]) -> str:
    """Return evidence as it is shown: names, with the beginning of the hash of what came along."""
    return issue_words()["joint"].join(
        f"{one['name']}（{one['sha256'][:8]}）" if one["sha256"] else one["name"] for one in files
    )


def _missing(returned: Returned, sent: Mapping[str, Mapping[str, Any]], known: Sequence[Row], came: Received) -> None:
    words = issue_words()["replies"]
    there = {row.texts["issue_id"] for row in known}
    for kind, ids in (
        ("missing", [one for one in sent if one not in {row.texts.get("issue_id") for row in returned.rows}]),
        ("empty", [row.texts["issue_id"] for row in known if not row.texts["feedback"] and not row.formulas]),
    ):
        left = [one for one in dict.fromkeys(ids) if kind == "missing" or one in there]
        if left:
            listed = "、".join(left[:5]) + ("…" if len(left) > 5 else "")
            came.sentences.append(words[kind].format(file=came.file, count=len(left), ids=listed))


def _unseen(returned: Returned, came: Received) -> None:
    """Say once for each kind what in the file was not read: pictures, hidden rows, notes."""
    kinds: dict[str, list[str]] = {}
    for place, reason in returned.remarks:
        kinds.setdefault(reason, []).append(place)
    told = {row.cells[name] for row in returned.rows for name in row.formulas}
    for reason, places in kinds.items():
        left = [place for place in places if place not in told]
        if left:
            listed = "、".join(left[:3]) + ("…" if len(left) > 3 else "")
            came.sentences.append(
                issue_words()["replies"]["unseen"].format(file=came.file, places=listed, reason=reason)
            )
