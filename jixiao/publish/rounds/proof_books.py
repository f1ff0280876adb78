"""Evidence lists that go out and come back (佐证清单往来): one workbook per unit, read with the care of answers.

Files that stand beside a list are kept by their checksums before anything is entered; a second receipt enters nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jixiao.builds.ledger import asked_proofs, book, ledger_place
from jixiao.builds.ledger.review_rules import review_words
from jixiao.core.errors import RequestError, brief, say_nearest
from jixiao.core.files import checksum, explained, safe_name
from jixiao.core.results import Results
from jixiao.core.vocabulary import word
from jixiao.publish.rounds.sent_books import Book, Returned, Row, write_book
from jixiao.publish.rounds.sorted_rows import Sorting, attached, receive_books, tell_files

_SAID = ("evidence_files", "proof_note")
_COLUMNS = ("proof_key", *_SAID)
_NEEDED = ("proof_key", "evidence_files")


@dataclass(frozen=True)
class List:
    """One list that went out (发出的清单): to whom, its number, its file, how many indicators."""

    owner: str
    request: str
    path: Path
    count: int


@dataclass
class Proofs:
    """What one file gave (收到的佐证): the indicators entered, and a sentence for everything that was not."""

    file: str
    owner: str = ""
    request: str = ""
    taken: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    kept: str = ""

    def __str__(self) -> str:
        """Return it as lines to read."""
        told = {"owner": self.owner or "—", "request": self.request or "—", "taken": len(self.taken)}
        head = review_words()["proof_said"]["head"].format(file=self.file, **told)
        return "\n".join([head, *(f"  {sentence}" for sentence in self.sentences)])


def send_lists(
    results: Results, out: Path, *, year: int, owners: Sequence[str] = (), again: bool = False, by: str = ""
) -> list[List]:
    """Write an evidence list for every unit and enter it into the ledger (发出佐证清单).

    Args:
        results: What was read and scored.
        out: The folder of the lists.
        year: Indicators of this year.
        owners: Only units whose names hold one of these texts; all when empty.
        again: Ask once more for what was asked and has not come whole, in place of what was never asked.
        by: Who sends.

    Returns:
        The lists; none when there is nothing to ask for.

    Raises:
        RequestError: No such unit, or the folder cannot be written.
    """
    with book.writing(by) as writer:
        known = asked_proofs.proofs_of(writer.ledger)
        chosen: dict[str, list[dict[str, Any]]] = {}
        for row in (one for one in asked_proofs.candidates(results) if one["year"] == year):
            before = known.get(row["proof_key"])
            is_open = before is not None and asked_proofs.state_of(before["files"]) != "came"
            if is_open if again else before is None:
                chosen.setdefault(row["owner"], []).append({**(before or {}), **row})
        for wanted in owners:
            if not any(wanted in owner for owner in chosen):
                known_owners = say_nearest(wanted, sorted(chosen))
                raise RequestError(f"{year}年度没有可以向“{brief(wanted)}”要的佐证，{known_owners}")
        sent: list[List] = []
        with explained(out):
            out.mkdir(parents=True, exist_ok=True)
        for owner in sorted(one for one in chosen if not owners or any(wanted in one for wanted in owners)):
            rows, request = chosen[owner], next_request(writer.ledger, year)
            look = proof_book(owner, request, rows, year)
            path = (
                out
                / f"{safe_name(review_words()['proof_book']['file'].format(owner=owner[:30], request=request))}.xlsx"
            )
            with explained(out):
                write_book(path, look, [_shown(number, row) for number, row in enumerate(rows, 1)])
            told = {"request": request, "file": path.name, "sha256": checksum(path)}
            events = [
                {
                    "what": asked_proofs.ASKED,
                    "about": row["proof_key"],
                    "said": {name: row[name] for name in asked_proofs.TOLD if name != "request"} | told,
                }
                for row in rows
            ]
            writer.write(events)
            sent.append(List(owner, request, path, len(rows)))
    return sent


def next_request(ledger: book.Ledger, year: int) -> str:
    """Return the number of the next list of a year (清单编号)."""
    known = {entry["said"].get("request") for entry in ledger.about(asked_proofs.ASKED)}
    number, pattern = 1, str(review_words()["proofs"]["request"])
    while pattern.format(year=year, number=number) in known:
        number += 1
    return pattern.format(year=year, number=number)


def proof_book(owner: str, request: str, rows: Sequence[Mapping[str, Any]], year: int) -> Book:
    """Return how a list looks (佐证清单的样式)."""
    words = review_words()["proof_book"]
    told = {
        "projects": len({row["project_id"] for row in rows}),
        "count": len(rows),
        "today": ledger_place.today().isoformat(),
    }
    return Book(
        sheet=words["sheet"],
        title=words["title"].format(owner=owner),
        head=words["head"].format(request=request, year=year, **told),
        note=words["note"],
        widths={name: words["widths"][name] for name in words["columns"]},
        answered=words["answered"],
    )


def _shown(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    known = asked_proofs.shown_proof({"files": [], "proof_note": "", **row})
    return {**known, "number": number, "evaluation": word("evaluation", row["evaluation"])}


def receive_lists(paths: Sequence[Path], *, by: str = "") -> list[Proofs]:
    """Read evidence lists and enter what came into the ledger (收取佐证清单).

    Args:
        paths: Workbooks that :func:`send_lists` wrote, filled in; the files they name stand beside them.
        by: Who receives.

    Returns:
        For each file what was entered, and why anything was not; no row keeps another from being read.

    Raises:
        RequestError: Another process writes the ledger, or it is broken.
    """
    words = review_words()["proof_said"]
    return receive_books(paths, Proofs, understand_list, columns=_COLUMNS, needed=_NEEDED, words=words, by=by)


def understand_list(returned: Returned, ledger: book.Ledger, came: Proofs, path: Path) -> list[dict[str, Any]]:
    """Work out what the rows of a list say (辨认佐证), and note a sentence for everything else.

    Args:
        returned: From :func:`read_book`.
        ledger: What it holds.
        came: Gets the sentences and what was taken.
        path: The list; the files that came along stand beside it.

    Returns:
        The events to write.
    """
    words = review_words()["proof_said"]
    known = asked_proofs.proofs_of(ledger)
    called = {key: f"{proof['project']} {proof['indicator']}" for key, proof in known.items()}
    sorting = Sorting(came.file, "proof_key", "evidence_files", _SAID, words, came.sentences, called)
    if not returned.rows:
        sorting.tell("no_columns")
        return []
    sent = _request(returned, ledger, known, came, sorting)
    mine = [row for row in returned.rows if _is_mine(row, known, sent, came, sorting)]
    chosen = sorting.once([row for row in mine if sorting.is_answer(row, _SAID)])
    sorting.tell_shared(chosen)
    events, again = [], 0
    for row in chosen:
        proof = known[row.texts["proof_key"]]
        files, note = attached(row.texts["evidence_files"], path.parent), row.texts.get("proof_note", "")
        files = [_known(one, proof["files"]) for one in files]
        tell_files(files, sorting.tell, place=row.cells["evidence_files"], id=proof["proof_key"])
        if (asked_proofs.joined(proof["files"], files), note) == (proof["files"], proof["proof_note"]):
            again += 1
            continue
        came.taken.append(proof["proof_key"])
        said = {"files": files, "proof_note": note, "file": came.kept}
        events.append({"what": asked_proofs.CAME, "about": proof["proof_key"], "said": said})
    if again:
        sorting.tell("same_again", count=again)
    sorting.tell_missing(returned, sent, mine, _SAID)
    sorting.tell_unseen(returned)
    return events


def _known(one: dict[str, str], before: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return a file that came earlier as it came, when a list names it once more, with its mark or without."""
    for known in before:
        if not one["sha256"] and known["sha256"] and one["name"] in _names(known):
            return dict(known)
    return one


def _names(known: Mapping[str, str]) -> tuple[str, str]:
    return known["name"], f"{known['name']}（{known['sha256'][:8]}）"


def _request(
    returned: Returned, ledger: book.Ledger, known: Mapping[str, Mapping[str, Any]], came: Proofs, sorting: Sorting
) -> dict[str, Mapping[str, Any]]:
    """Return the indicators of the list that a file answers, by their keys; none when it names no known one."""
    found = re.search(review_words()["proof_book"]["pattern"], returned.above)
    if not found:
        sorting.tell("no_request")
        return {}
    about = [entry["about"] for entry in ledger.about(asked_proofs.ASKED) if entry["said"]["request"] == found[1]]
    if not about:
        sorting.tell("strange_request", request=found[1])
        return {}
    came.request, came.owner = found[1], str(known[about[0]]["owner"])
    return {key: known[key] for key in about}


def _is_mine(
    row: Row,
    known: Mapping[str, Mapping[str, Any]],
    sent: Mapping[str, Mapping[str, Any]],
    came: Proofs,
    sorting: Sorting,
) -> bool:
    """Say whether a row belongs to an indicator of this list, and why not when it does not."""
    if not sorting.is_known(row, known, sent):
        return False
    proof = known[row.texts["proof_key"]]
    if not sent or proof["proof_key"] in sent:
        return True
    kind = "other_owner" if int(proof["year"]) == int(came.request[:4]) else "other_year"
    told = {"place": row.place, "id": proof["proof_key"], "request": came.request}
    sorting.tell(kind, **told, year=proof["year"], owner=proof["owner"])
    return False
