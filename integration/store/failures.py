"""Work that could not be done, one by one: for the lists of a person, and for what replays it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from integration.store.models import FailureRow
from integration.store.store import Failure, Store


@dataclass(frozen=True, slots=True)
class FailureLine:
    """A failure as it stands on a list: without the payload's shape, which may be large."""

    id: int
    account: str
    ticket_id: str | None
    kind: str
    reason: str
    at: datetime


class Failures:
    """The failures of a store that nobody has dealt with yet."""

    def __init__(self, store: Store) -> None:
        self._session = store.session

    def get(self, failure_id: int) -> Failure | None:
        with self._session() as session:
            row = session.get(FailureRow, failure_id)
            return None if row is None or row.resolved_at is not None else _failure(row)

    def open(self, accounts: tuple[str, ...] = (), since: datetime | None = None) -> list[Failure]:
        """Every one, newest first; of all accounts where none is named."""
        with self._session() as session:
            query = select(FailureRow).where(FailureRow.resolved_at.is_(None))
            if accounts:
                query = query.where(FailureRow.account.in_(accounts))
            if since is not None:
                query = query.where(FailureRow.at >= since)
            return [_failure(row) for row in session.scalars(query.order_by(FailureRow.id.desc()))]

    def page(
        self, *, account: str = "", kind: str = "", before: int | None = None, limit: int = 50
    ) -> list[FailureLine]:
        """The newest first, those older than the failure `before` where that is given; "" stands for all."""
        row = FailureRow
        query = select(row.id, row.account, row.ticket_id, row.kind, row.reason, row.at).where(
            row.resolved_at.is_(None)
        )
        if account:
            query = query.where(row.account == account)
        if kind:
            query = query.where(row.kind == kind)
        if before is not None:
            query = query.where(row.id < before)
        with self._session() as session:
            return [FailureLine(*found) for found in session.execute(query.order_by(row.id.desc()).limit(limit))]

    def resolve(self, failure_id: int, at: datetime) -> None:
        with self._session.begin() as session:
            session.execute(update(FailureRow).where(FailureRow.id == failure_id).values(resolved_at=at))


def _failure(row: FailureRow) -> Failure:
    return Failure(row.id, row.account, row.ticket_id, row.kind, row.reason, row.shape, row.at)
