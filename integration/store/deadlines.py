"""The clocks that run, and the words about them that go to the team."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from integration.store.models import COMPLAINED, OPEN, AlertRow, DeadlineRow, TicketRow
from integration.store.store import Store


@dataclass(frozen=True, slots=True)
class RunningDeadline:
    """`mark` is the last one passed, `state` the last one seen, and told on the ticket unless that is `untold`; `updates`
    the rule that runs on after it."""

    id: int
    account: str
    ticket_id: str
    complaint: str
    complaints: tuple[str, ...]
    started_at: datetime
    due_at: datetime
    explanation: str
    state: str
    mark: int
    updates: Mapping[str, Any]
    called_before: bool
    untold: bool


@dataclass(frozen=True, slots=True)
class PastDeadline:
    complaints: tuple[str, ...]
    started_at: datetime
    state: str
    same_requester: bool


@dataclass(frozen=True, slots=True)
class Alert:
    id: int
    account: str
    kind: str
    text: str


class Deadlines:
    """Deadline rows and alerts of a store."""

    def __init__(self, store: Store) -> None:
        self._session = store.session

    def start(
        self,
        *,
        account: str,
        ticket_id: str,
        decision_id: str,
        complaint: str,
        complaints: Sequence[str],
        requester_id: str | None,
        company_id: str | None,
        started_at: datetime,
        due_at: datetime,
        explanation: str,
        updates: Mapping[str, Any],
        next_at: datetime | None,
        state: str = "due",
        mark: int = 0,
        answered_at: datetime | None = None,
        called_before: bool = False,
    ) -> None:
        """A new clock on a ticket; one that still runs there makes way for it. One that is open or was kept
        does not start again, whichever decision asks for it.

        One without `next_at` is over already (an old ticket's): it counts in the customer's history and never runs.
        """
        with self._session.begin() as session:
            same = session.scalars(
                select(DeadlineRow).where(
                    DeadlineRow.account == account,
                    DeadlineRow.ticket_id == ticket_id,
                    DeadlineRow.complaint == complaint,
                    DeadlineRow.started_at == started_at,
                )
            ).all()
            if any(next_at is None or (row.due_at == due_at and _holds(row)) for row in same):
                return
            running = session.scalars(
                select(DeadlineRow).where(
                    DeadlineRow.account == account, DeadlineRow.ticket_id == ticket_id, DeadlineRow.next_at.is_not(None)
                )
            ).all()
            for row in running:
                if row.decision_id == decision_id:
                    return
                row.next_at, row.state = None, "replaced"
            session.add(
                DeadlineRow(
                    account=account,
                    ticket_id=ticket_id,
                    decision_id=decision_id,
                    complaint=complaint,
                    complaints=list(complaints),
                    requester_id=requester_id,
                    company_id=company_id,
                    started_at=started_at,
                    due_at=due_at,
                    explanation=explanation,
                    updates=dict(updates),
                    state=state,
                    mark=mark,
                    next_at=next_at,
                    answered_at=answered_at,
                    called_before=called_before,
                )
            )

    def newest(self, account: str, ticket_id: str, *, or_gone: bool = False) -> RunningDeadline | None:
        """The ticket's newest clock, if it is still open: running, or breached and not answered yet.

        `or_gone`: the ticket lives, so that a clock which went with it is open again.
        """
        with self._session() as session:
            row = session.scalars(
                select(DeadlineRow)
                .where(DeadlineRow.account == account, DeadlineRow.ticket_id == ticket_id)
                .order_by(DeadlineRow.id.desc())
                .limit(1)
            ).first()
            if row is None or (row.answered_at is not None and not (or_gone and row.state == "gone")):
                return None
            return _running(row)

    def passed(
        self,
        deadline_id: int,
        *,
        state: str,
        mark: int,
        next_at: datetime | None,
        answered_at: datetime | None,
        called_before: bool,
        untold: bool = False,
    ) -> None:
        with self._session.begin() as session:
            session.execute(
                update(DeadlineRow)
                .where(DeadlineRow.id == deadline_id)
                .values(
                    state=state,
                    mark=mark,
                    next_at=next_at,
                    answered_at=answered_at,
                    called_before=called_before,
                    untold=untold,
                )
            )

    def close(self, account: str, ticket_id: str, *, state: str, at: datetime) -> int:
        """End what is open on a ticket that cannot be written on any more: what was broken already stays so. Returns how
        many clocks there were."""
        with self._session.begin() as session:
            found = session.scalars(
                select(DeadlineRow).where(OPEN, DeadlineRow.account == account, DeadlineRow.ticket_id == ticket_id)
            ).all()
            for row in found:
                row.next_at, row.answered_at = None, at
                if row.state != "breached":
                    row.state = state
            return len(found)

    def put_off(self, account: str, ticket_id: str, *, now: datetime, until: datetime) -> None:
        """Have what is due on a ticket looked at later."""
        with self._session.begin() as session:
            session.execute(
                update(DeadlineRow)
                .where(DeadlineRow.account == account, DeadlineRow.ticket_id == ticket_id, DeadlineRow.next_at <= now)
                .values(next_at=until)
            )

    def to_look_at(self, now: datetime, accounts: Iterable[str], limit: int = 1000) -> list[tuple[str, str]]:
        """(account, ticket) of these accounts' clocks that reached their next mark, the earliest first."""
        with self._session() as session:
            rows = session.execute(
                select(DeadlineRow.account, DeadlineRow.ticket_id)
                .where(DeadlineRow.next_at <= now, DeadlineRow.account.in_(tuple(accounts)))
                .order_by(DeadlineRow.next_at)
                .limit(limit)
            )
            return [(account, ticket_id) for account, ticket_id in rows]

    def past(
        self, account: str, requester_id: str, company_id: str | None, *, since: datetime, but: str
    ) -> list[PastDeadline]:
        """Clocks that a complaint of this customer, or their company, started on other tickets than `but`."""
        who = DeadlineRow.requester_id == requester_id
        if company_id:
            who = who | (DeadlineRow.company_id == company_id)
        with self._session() as session:
            rows = session.scalars(
                select(DeadlineRow).where(
                    DeadlineRow.account == account,
                    DeadlineRow.ticket_id != but,
                    DeadlineRow.started_at >= since,
                    COMPLAINED,
                    who,
                )
            )
            return [
                PastDeadline(tuple(r.complaints), r.started_at, r.state, r.requester_id == requester_id) for r in rows
            ]

    def contacts(self, account: str, requester_id: str, *, since: datetime, but: str) -> list[datetime]:
        """When this customer last wrote on each of their other tickets."""
        with self._session() as session:
            rows = session.scalars(
                select(TicketRow.contacted_at).where(
                    TicketRow.account == account,
                    TicketRow.requester_id == requester_id,
                    TicketRow.ticket_id != but,
                    TicketRow.contacted_at >= since,
                )
            )
            return [at for at in rows if at is not None]

    def alert(self, account: str, deadline_id: int, kind: str, text: str, at: datetime) -> bool:
        """Put an alert into the outbox; False if there was one of this kind for this deadline."""
        try:
            with self._session.begin() as session:
                session.add(AlertRow(account=account, deadline_id=deadline_id, kind=kind, text=text, at=at))
        except IntegrityError:
            return False
        return True

    def waiting_alerts(self) -> list[Alert]:
        with self._session() as session:
            rows = session.scalars(select(AlertRow).where(AlertRow.sent_at.is_(None)).order_by(AlertRow.id))
            return [Alert(row.id, row.account, row.kind, row.text) for row in rows]

    def alert_sent(self, alert_id: int, at: datetime) -> None:
        with self._session.begin() as session:
            session.execute(update(AlertRow).where(AlertRow.id == alert_id).values(sent_at=at))


def _holds(row: DeadlineRow) -> bool:
    return row.state == "kept" or (row.answered_at is None and row.state != "replaced")


def _running(row: DeadlineRow) -> RunningDeadline:
    return RunningDeadline(
        id=row.id,
        account=row.account,
        ticket_id=row.ticket_id,
        complaint=row.complaint,
        complaints=tuple(row.complaints),
        started_at=row.started_at,
        due_at=row.due_at,
        explanation=row.explanation,
        state=row.state,
        mark=row.mark,
        updates=row.updates,
        called_before=row.called_before,
        untold=row.untold,
    )
