"""How far an account's backfill has come: what it has listed, and what became of each ticket. Survives every kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from integration.store.models import BackfillRow, BackfillTicketRow
from integration.store.store import Store


@dataclass(frozen=True, slots=True)
class Backfill:
    """`listed`: every ticket since `since` is known; `cursor` is where the listing goes on until then."""

    account: str
    since: datetime
    shadow: bool
    cursor: str | None
    listed: bool
    started_at: datetime
    finished_at: datetime | None


class Unfinished(Exception):
    """Another backfill of this account has not come to its end."""

    def __init__(self, running: Backfill) -> None:
        self.running = running
        super().__init__(f"a backfill of {running.account} since {running.since.isoformat()} is not finished")


class Backfills:
    """The backfills of a store; one per account at a time."""

    def __init__(self, store: Store) -> None:
        self._session = store.session

    def of(self, account: str) -> Backfill | None:
        with self._session() as session:
            row = session.get(BackfillRow, account)
            return None if row is None else _backfill(row)

    def begin(self, account: str, since: datetime, *, shadow: bool, now: datetime, anew: bool = False) -> Backfill:
        """Take up this backfill where it was left, or begin it. `anew` gives up one that is not finished.

        Raises Unfinished where another one is not, and `anew` is not said.
        """
        known = self.of(account)
        if known is not None and known.finished_at is None and not anew:
            if (known.since, known.shadow) != (since, shadow):
                raise Unfinished(known)
            return known
        with self._session.begin() as session:
            session.execute(delete(BackfillTicketRow).where(BackfillTicketRow.account == account))
            session.merge(
                BackfillRow(
                    account=account,
                    since=since,
                    shadow=shadow,
                    cursor=None,
                    listed=False,
                    started_at=now,
                    finished_at=None,
                )
            )
        return Backfill(account, since, shadow, None, False, now, None)

    def list_page(self, account: str, ticket_ids: Sequence[str], *, cursor: str, complete: bool) -> list[str]:
        """Keep a page of the listing together with the place behind it. Returns the tickets that were new."""
        with self._session.begin() as session:
            known = set(
                session.scalars(
                    select(BackfillTicketRow.ticket_id).where(
                        BackfillTicketRow.account == account, BackfillTicketRow.ticket_id.in_(ticket_ids)
                    )
                )
            )
            new = [ticket_id for ticket_id in dict.fromkeys(ticket_ids) if ticket_id not in known]
            session.add_all(BackfillTicketRow(account=account, ticket_id=ticket_id) for ticket_id in new)
            session.execute(
                update(BackfillRow).where(BackfillRow.account == account).values(cursor=cursor, listed=complete)
            )
            return new

    def open(self, account: str, limit: int) -> list[str]:
        """Tickets that have not been seen through."""
        with self._session() as session:
            return list(
                session.scalars(
                    select(BackfillTicketRow.ticket_id)
                    .where(BackfillTicketRow.account == account, BackfillTicketRow.outcome.is_(None))
                    .limit(limit)
                )
            )

    def done(self, account: str, ticket_id: str, outcome: str) -> None:
        with self._session.begin() as session:
            session.execute(
                update(BackfillTicketRow)
                .where(BackfillTicketRow.account == account, BackfillTicketRow.ticket_id == ticket_id)
                .values(outcome=outcome)
            )

    def reopen(self, account: str, ticket_id: str) -> bool:
        """Have a ticket read again when the backfill goes on; False if it is none of the backfill's."""
        with self._session.begin() as session:
            row = session.get(BackfillTicketRow, (account, ticket_id))
            if row is None:
                return False
            row.outcome = None
            session.execute(update(BackfillRow).where(BackfillRow.account == account).values(finished_at=None))
            return True

    def outcomes(self, account: str) -> Counter[str | None]:
        """How many tickets ended in which way; under None, those that are still open."""
        with self._session() as session:
            rows = session.execute(
                select(BackfillTicketRow.outcome, func.count())
                .where(BackfillTicketRow.account == account)
                .group_by(BackfillTicketRow.outcome)
            )
            return Counter({outcome: count for outcome, count in rows})

    def finish(self, account: str, at: datetime) -> None:
        with self._session.begin() as session:
            session.execute(update(BackfillRow).where(BackfillRow.account == account).values(finished_at=at))


def _backfill(row: BackfillRow) -> Backfill:
    return Backfill(row.account, row.since, row.shadow, row.cursor, row.listed, row.started_at, row.finished_at)
