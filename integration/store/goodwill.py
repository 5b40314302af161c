"""Gestures of goodwill as they were asked for and answered: who, when, by which way, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from integration.store.models import GoodwillRow, TicketRow
from integration.store.store import Store

PENDING, APPROVED, DECLINED, WITHDRAWN = "pending", "approved", "declined", "withdrawn"
# How an answer came: within the agent's own limit, by a tag on the ticket, in the console, on the command line.
VIA = ("limit", "tag", "console", "cli", "panel")


@dataclass(frozen=True, slots=True)
class AskedGesture:
    """`amount` is in `currency`, with two decimals. `approver` is the lowest role that may say yes, None where the asking
    role might itself. `asked_by` is a hint of the asking page's; `via` is one of VIA once it is answered."""

    account: str
    ticket_id: str
    requester_id: str | None
    complaint: str
    gesture: str
    amount: Decimal
    currency: str
    state: str
    asked_at: datetime
    id: int = 0
    brand: str | None = None
    again: bool = False
    approver: str | None = None
    asked_by: str = field(default="", repr=False)
    answered_at: datetime | None = None
    answered_by: str | None = field(default=None, repr=False)
    via: str | None = None


class Goodwill:
    """The gestures in a store. Whether one may be given is decided elsewhere (recovery/goodwill.py)."""

    def __init__(self, store: Store) -> None:
        self._session = store.session

    def add(self, asked: AskedGesture) -> AskedGesture:
        """Keep it; returns it with its id."""
        with self._session.begin() as session:
            row = GoodwillRow(
                account=asked.account,
                ticket_id=asked.ticket_id,
                requester_id=asked.requester_id,
                brand=asked.brand,
                complaint=asked.complaint,
                again=asked.again,
                gesture=asked.gesture,
                hundredths=int(asked.amount * 100),
                currency=asked.currency,
                state=asked.state,
                approver=asked.approver,
                asked_at=asked.asked_at,
                asked_by=asked.asked_by[:120],
                answered_at=asked.answered_at,
                answered_by=asked.answered_by,
                via=asked.via,
            )
            session.add(row)
            session.flush()
            return _asked(row)

    def get(self, request_id: int) -> AskedGesture | None:
        with self._session() as session:
            row = session.get(GoodwillRow, request_id)
            return None if row is None else _asked(row)

    def of_ticket(self, account: str, ticket_id: str) -> list[AskedGesture]:
        """Oldest first."""
        return self._all(GoodwillRow.account == account, GoodwillRow.ticket_id == ticket_id)

    def of_customer(self, account: str, ticket_id: str, requester_id: str | None) -> list[AskedGesture]:
        """On all of their tickets, and on this one in any case."""
        who: ColumnElement[bool] = GoodwillRow.ticket_id == ticket_id
        if requester_id:
            who = or_(who, GoodwillRow.requester_id == requester_id)
        return self._all(GoodwillRow.account == account, who)

    def listed(self, account: str | None = None, states: Iterable[str] = (PENDING,)) -> list[AskedGesture]:
        """Of one account or all, oldest first."""
        chosen = [GoodwillRow.state.in_(list(states))]
        return self._all(*chosen, *([GoodwillRow.account == account] if account else []))

    def waiting(
        self, accounts: Iterable[str], *, after: int = 0, limit: int = 50
    ) -> list[tuple[AskedGesture, str | None]]:
        """What waits for an answer, the oldest first, behind the request `after`; with the ticket's decision."""
        query = (
            select(GoodwillRow, TicketRow.decision_id)
            .outerjoin(
                TicketRow,
                and_(TicketRow.account == GoodwillRow.account, TicketRow.ticket_id == GoodwillRow.ticket_id),
            )
            .where(GoodwillRow.account.in_(list(accounts)), GoodwillRow.state == PENDING, GoodwillRow.id > after)
            .order_by(GoodwillRow.id)
            .limit(limit)
        )
        with self._session() as session:
            return [(_asked(row), decision_id) for row, decision_id in session.execute(query)]

    def spent(
        self, accounts: Iterable[str] | None, since: datetime, until: datetime
    ) -> Mapping[tuple[str, str], Decimal]:
        """What was approved from `since` until just before `until`, by complaint and currency, where there was any; of
        every account there ever was where `accounts` is None."""
        row = GoodwillRow
        query = select(row.complaint, row.currency, func.sum(row.hundredths)).where(
            row.state == APPROVED, row.answered_at >= since, row.answered_at < until
        )
        if accounts is not None:
            query = query.where(row.account.in_(list(accounts)))
        with self._session() as session:
            return {
                (complaint, currency): (Decimal(int(hundredths)) / 100).quantize(Decimal("0.01"))
                for complaint, currency, hundredths in session.execute(query.group_by(row.complaint, row.currency))
            }

    def answer(
        self,
        request_id: int,
        state: str,
        *,
        by: str,
        via: str,
        at: datetime,
        only_from: Iterable[str] = (PENDING,),
    ) -> bool:
        """Write an answer down; False if the request did not stand in one of `only_from` any more."""
        with self._session.begin() as session:
            done = session.execute(
                update(GoodwillRow)
                .where(GoodwillRow.id == request_id, GoodwillRow.state.in_(list(only_from)))
                .values(state=state, answered_by=by[:120], answered_at=at, via=via)
                .returning(GoodwillRow.id)
            )
            return done.scalar() is not None

    def requester_of(self, account: str, ticket_id: str) -> str | None:
        """The customer of a ticket that we have read."""
        with self._session() as session:
            return session.scalar(
                select(TicketRow.requester_id).where(TicketRow.account == account, TicketRow.ticket_id == ticket_id)
            )

    def _all(self, *where: ColumnElement[bool]) -> list[AskedGesture]:
        with self._session() as session:
            return [_asked(row) for row in session.scalars(select(GoodwillRow).where(*where).order_by(GoodwillRow.id))]


def _asked(row: GoodwillRow) -> AskedGesture:
    return AskedGesture(
        account=row.account,
        ticket_id=row.ticket_id,
        requester_id=row.requester_id,
        complaint=row.complaint,
        gesture=row.gesture,
        amount=(Decimal(row.hundredths) / 100).quantize(Decimal("0.01")),
        currency=row.currency,
        state=row.state,
        asked_at=row.asked_at,
        id=row.id,
        brand=row.brand,
        again=row.again,
        approver=row.approver,
        asked_by=row.asked_by,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        via=row.via,
    )
