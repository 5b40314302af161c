"""How a running deadline stands: which marks it has passed, and whether it was kept. Pure; the clock asks every minute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from adapters.contract import AuthorRole, Status, Ticket
from integration.recovery.calendars import BusinessCalendar

# Percent of the business time between start and due time; at the third-last the deadline is at risk.
MARKS = (50, 75, 99, 100)
AT_RISK = 75


class State(StrEnum):
    """`ENDED`: the ticket was solved without a word to the customer, so there is nothing left to keep or break.
    `GONE`: the ticket was deleted, merged away or closed, so that nothing can be written there any more."""

    DUE = "due"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    KEPT = "kept"
    ENDED = "ended"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Watched:
    """`mark` is the last one passed (0 before the first); `next_at` when to look again, None once it is over.

    `answered_at` is the first answer of a person after the start. A breached deadline is over when it is answered.
    """

    state: State
    mark: int
    next_at: datetime | None
    answered_at: datetime | None = None


def marks(started_at: datetime, due_at: datetime, calendar: BusinessCalendar) -> Sequence[tuple[int, datetime]]:
    """When each mark is reached, in business time; the last is the due time itself."""
    whole = calendar.open_time(started_at, due_at)
    return [(mark, due_at if mark == 100 else calendar.add(started_at, whole * (mark / 100))) for mark in MARKS]


def watch(
    started_at: datetime,
    due_at: datetime,
    calendar: BusinessCalendar,
    ticket: Ticket,
    now: datetime,
    *,
    call_tags: Iterable[str] = (),
) -> Watched:
    """How the deadline stands at `now`. An answer is a public message of a person; automatic ones do not count.

    A logged call is one of `call_tags` on the ticket: it carries no time, so it counts as made at the ticket's update.
    A tag tells of one call: whoever asks leaves out those that were there before `started_at`.
    """
    answered_at = _answered(ticket, started_at, frozenset(call_tags))
    passed = [(mark, at) for mark, at in marks(started_at, due_at, calendar) if _utc(at) <= _utc(now)]
    mark = passed[-1][0] if passed else 0
    if answered_at is not None and _utc(answered_at) <= _utc(due_at):
        return Watched(State.KEPT, mark, None, answered_at)
    if mark == 100:
        over = answered_at is not None or ticket.status in (Status.SOLVED, Status.CLOSED)
        # Nothing more is due: an answer, whenever it comes, brings the ticket back by itself.
        return Watched(State.BREACHED, mark, None, answered_at if over else None)
    if ticket.status in (Status.SOLVED, Status.CLOSED):
        return Watched(State.ENDED, mark, None)
    following = next(at for _, at in marks(started_at, due_at, calendar) if _utc(at) > _utc(now))
    return Watched(State.AT_RISK if mark >= AT_RISK else State.DUE, mark, following)


def _answered(ticket: Ticket, started_at: datetime, call_tags: frozenset[str]) -> datetime | None:
    answers = [
        message.at
        for message in ticket.messages
        if message.public and message.author_role is AuthorRole.AGENT and _utc(message.at) > _utc(started_at)
    ]
    if ticket.tags & call_tags:
        answers.append(ticket.updated_at)
    return min(answers, key=_utc, default=None)


def _utc(moment: datetime) -> datetime:
    # Two moments of one zone compare by wall clock, which an hour that occurs twice would mislead.
    return moment.astimezone(UTC)
