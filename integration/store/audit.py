"""Who did what, when. Written for every sign-in and every change that a person makes; never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from integration.store.models import AuditRow
from integration.store.store import Store

LONGEST_ACTOR = 120


@dataclass(frozen=True, slots=True)
class Deed:
    """`actor` is a person or program, `action` a word like "signed in"; `account` None where it concerned no account."""

    id: int
    at: datetime
    actor: str
    action: str
    account: str | None
    detail: str


class AuditLog:
    def __init__(self, store: Store) -> None:
        self._session = store.session

    def add(
        self, actor: str, action: str, *, account: str | None = None, detail: str = "", at: datetime | None = None
    ) -> None:
        """`detail` is for people to read: no secrets, no text of tickets."""
        with self._session.begin() as session:
            session.add(
                AuditRow(
                    at=at or datetime.now(UTC),
                    actor=actor[:LONGEST_ACTOR],
                    action=action,
                    account=account,
                    detail=detail,
                )
            )

    def newest(self, *, account: str | None = None, before: int | None = None, limit: int = 100) -> list[Deed]:
        """The newest first, those older than the deed `before` where that is given."""
        query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if account is not None:
            query = query.where(AuditRow.account == account)
        if before is not None:
            query = query.where(AuditRow.id < before)
        with self._session() as session:
            return [Deed(r.id, r.at, r.actor, r.action, r.account, r.detail) for r in session.scalars(query)]
