"""A ledger of some results in every state, for the pages that show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jixiao.builds.ledger import book, collecting, ledger_place
from jixiao.core.results import Results
from jixiao.publish.boards.board_issues import Problems, problems_of

MOVES = ((), ("send",), ("send", "answer"), ("send", "answer", "return"), ("send", "answer", "close"), ("late",))
"""What happened to the issues, in turn."""
SAID = {
    "send": {"due": "2024-06-30", "notice": "2024-T01"},
    "late": {"due": "2024-03-31", "notice": "2024-T02"},
    "answer": {"feedback": "已整改"},
    "return": {"reason": "没有附佐证"},
    "close": {},
}


def registered(results: Results, folder: Path) -> Problems:
    """Register every finding of some results in a ledger of their own and let the units answer some of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ledger_place.SETTING, str(folder / "ledger.jsonl"))
        patch.setenv("JIXIAO_JOURNAL", str(folder / "journal.jsonl"))
        patch.setenv(ledger_place.TODAY, "2024-03-01")
        found = collecting.candidates(results, severities=["error", "warning", "question"])
        with book.writing("评价科") as writer:
            late, early = found[: len(found) // 2], found[len(found) // 2 :]
            for day, part in (("2024-03-01", early), ("2024-05-10", late)):
                patch.setenv(ledger_place.TODAY, day)
                writer.write(collecting.collect(writer.ledger, part).events)
            patch.setenv(ledger_place.TODAY, "2024-05-10")
            moves = [
                {"what": "send" if what == "late" else what, "about": issue, "said": SAID[what]}
                for number, issue in enumerate(writer.ledger.rows)
                for what in MOVES[number % len(MOVES)]
            ]
            writer.write(moves)
        patch.setenv(ledger_place.TODAY, "2024-05-15")
        return problems_of(results)
