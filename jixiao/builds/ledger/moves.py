"""What may happen to an issue (整改状态): the declared states and the ways between them."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from jixiao.core.declared import RULES
from jixiao.core.errors import RequestError
from jixiao.core.models import (
    Anything,
    Count,
    Model,
    Notes,
    Number,
    Pattern,
    Text,
    Texts,
    Words,
    checked_shipped,
    load_model,
)

KEEP = "keep"
"""In place of a state: the state stays as it is."""
DONE, WITHDRAWN = "done", "withdrawn"
ENDED = (DONE, WITHDRAWN)
"""The states in which nobody has to do anything more (已了结)."""


class Move(Model):
    """One way between states (一步)."""

    name: Text
    start: Annotated[Texts, Field(alias="from")]
    to: Text
    needs: Texts = ()


class Lapse(Model):
    """The way that the calendar moves an issue along (逾期)."""

    start: Annotated[Texts, Field(alias="from")]
    to: Text


class Ways(Model):
    """Every state and every way (状态与转移)."""

    states: dict[str, Text]
    moves: dict[str, Move]
    lapse: Lapse

    @model_validator(mode="after")
    def _states_are_known(self) -> Self:
        notes = Notes()
        named = {f"moves.{name}": (*move.start, move.to) for name, move in self.moves.items()}
        for place, states in {**named, "lapse": (*self.lapse.start, self.lapse.to)}.items():
            for state in states:
                if state not in self.states and state != KEEP:
                    notes.note(place, f"没有状态“{state}”，请在 states 中登记或改正")
        notes.refuse()
        return self

    def after(self, move: str, state: str) -> str:
        """Return the state after a move (转移后的状态).

        Args:
            move: The name of the move.
            state: The state before it; empty for an issue that is not there yet.

        Raises:
            RequestError: No declared way leads on.

        Example:
            >>> ways().after("send", "pending"), ways().after("again", "overdue")
            ('sent', 'overdue')
        """
        way = self.moves[move]
        if state not in way.start and (state or way.start):
            known = "、".join(self.states[one] for one in way.start) or "—"
            raise RequestError(
                f"现为“{self.states.get(state, '—')}”，不能“{way.name}”；“{way.name}”只能从以下状态进行：{known}"
            )
        return state if way.to == KEEP else way.to

    def lapsed(self, state: str, due: str, day: date) -> str:
        """Return the state on a day (当日状态): past its date an issue is overdue.

        Example:
            >>> [ways().lapsed("sent", "2024-09-30", date(2024, month, 1)) for month in (9, 10)]
            ['sent', 'overdue']
        """
        return self.lapse.to if state in self.lapse.start and due and day.isoformat() > due else state


class _Source(Model):
    """Whom an issue comes from (来源), and the kinds of evaluation whose findings it takes."""

    name: Text
    evaluation: Texts


class _Book(Model):
    """A notice to a unit (整改通知)."""

    file: Text
    title: Text
    head: Text
    note: Text
    notice_pattern: Pattern
    no_owner: Text
    columns: Texts
    answered: Texts
    widths: dict[str, Count]
    sheet: Text
    required: Text


class _Meeting(Model):
    """The summary for a meeting (会议摘要)."""

    font: Text
    heading_font: Text
    title: Text
    every_year: Anything
    year: Text
    date: Text
    state: Text
    repeated: Text
    none: Text
    none_asked: Text
    sections: Words
    columns: dict[str, Texts]
    widths: dict[str, Number]
    dispute: Text
    most: Count
    more: Text


class _Issues(Ways):
    """The whole of ``rules/issues.yaml`` (台账口径和用语)."""

    name: Text
    sources: dict[str, _Source]
    needed: Words
    broken: Words
    feedback_statuses: Texts
    raised_severities: Texts
    id: Text
    notice: Text
    vanished: Text
    gone: Text
    gone_about: Words
    aside: Text
    joint: Text
    last_year_columns: dict[str, Texts]
    book: _Book
    by_hand: Words
    replies: Words
    overview: Words
    meeting: _Meeting


@cache
def ways() -> Ways:
    """Return the declared states and ways (状态与转移)."""
    return load_model(RULES / "issues.yaml", _Issues)


def issue_words() -> dict[str, Any]:
    """Return the words of the ledger (台账用语)."""
    return dict(checked_shipped("issues.yaml", _Issues))
