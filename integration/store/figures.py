"""What reports are made of: how an account stands now, what happened when, and the reports as they were worked out last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from integration.store.models import (
    COMPLAINED,
    OPEN,
    DeadlineRow,
    DecisionLabelRow,
    DecisionRow,
    FailureRow,
    FigureRow,
    TicketRow,
)
from integration.store.store import NO_LABEL, Outcome, Store


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account does. `outcomes` counts the decisions since the asked moment, `deadlines` open clocks by state."""

    last_decision: datetime | None
    last_write: datetime | None
    outcomes: Mapping[str, int]
    failures: int
    deadlines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figure:
    body: Mapping[str, Any]
    at: datetime
    seconds: float


class Figures:
    def __init__(self, store: Store) -> None:
        self._session = store.session

    def kept(self, account: str, name: str) -> Figure | None:
        with self._session() as session:
            row = session.get(FigureRow, (account, name))
            return None if row is None else Figure(row.body, row.at, row.seconds)

    def keep(self, account: str, name: str, figure: Figure) -> None:
        row = FigureRow(account=account, name=name, body=dict(figure.body), at=figure.at, seconds=figure.seconds)
        with self._session.begin() as session:
            session.merge(row)

    def standing(self, account: str, since: datetime) -> Standing:
        d = DecisionRow
        counts = select(d.outcome, func.count()).where(d.account == account, d.created_at >= since).group_by(d.outcome)
        clocks = (
            select(DeadlineRow.state, func.count())
            .where(OPEN, DeadlineRow.account == account)
            .group_by(DeadlineRow.state)
        )
        with self._session() as session:
            return Standing(
                last_decision=session.scalar(select(func.max(d.created_at)).where(d.account == account)),
                last_write=session.scalar(
                    select(func.max(d.finished_at)).where(d.account == account, d.outcome == Outcome.WRITTEN)
                ),
                outcomes={outcome: count for outcome, count in session.execute(counts)},
                failures=session.scalar(
                    select(func.count())
                    .select_from(FailureRow)
                    .where(FailureRow.account == account, FailureRow.resolved_at.is_(None))
                )
                or 0,
                deadlines={state: count for state, count in session.execute(clocks)},
            )

    def labelled(self, account: str, since: datetime) -> list[tuple[str, str, datetime]]:
        """(label, ticket, moment) of every label found, oldest first."""
        row = DecisionLabelRow
        query = select(row.label, row.ticket_id, row.created_at).where(
            row.account == account, row.label != NO_LABEL, row.created_at >= since
        )
        with self._session() as session:
            return [(label, ticket, at) for label, ticket, at in session.execute(query.order_by(row.created_at))]

    def contacts(self, account: str, since: datetime) -> list[tuple[str, datetime]]:
        """(customer, moment) for every ticket, by when its customer last wrote on it, oldest first."""
        row = TicketRow
        query = select(row.requester_id, row.contacted_at).where(
            row.account == account, row.requester_id.is_not(None), row.contacted_at >= since
        )
        with self._session() as session:
            return [(who, at) for who, at in session.execute(query.order_by(row.contacted_at)) if who and at]

    def complaints(self, account: str, since: datetime) -> list[tuple[str, datetime]]:
        """(customer, moment) for every clock that a complaint started, oldest first."""
        row = DeadlineRow
        query = select(row.requester_id, row.started_at).where(
            row.account == account,
            row.requester_id.is_not(None),
            row.started_at >= since,
            COMPLAINED,
        )
        with self._session() as session:
            return [(who, at) for who, at in session.execute(query.order_by(row.started_at)) if who]
