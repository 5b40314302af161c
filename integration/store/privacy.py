"""What is kept about people: shown to them, forgotten on demand, and pruned when its time is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, delete, select
from sqlalchemy.orm import Session

from integration.store.models import (
    AlertRow,
    Base,
    DeadlineRow,
    DecisionLabelRow,
    DecisionRow,
    FailureRow,
    FeedbackRow,
    GoodwillRow,
    JudgementRow,
    TicketRow,
)
from integration.store.store import Outcome, Store

# Rows that hang on another row instead of naming a ticket: their table, column, and the table they hang on.
_HANGING = {"alert": ("deadline_id", "deadline"), "judgement": ("decision_id", "decision")}
_BATCH = 500


class Privacy:
    """Every table that names an account and a ticket is covered, whoever added it."""

    def __init__(self, store: Store) -> None:
        self._session = store.session

    def tickets_of(self, account: str, requester_id: str) -> list[str]:
        """The tickets of a requester, by the helpdesk's own id, as far as anything is stored about them."""
        with self._session() as session:
            found: set[str] = set()
            for table in _tables("requester_id"):
                columns = table.c
                query = select(columns.ticket_id).where(
                    columns.account == account, columns.requester_id == requester_id
                )
                found.update(session.scalars(query))
        return sorted(found)

    def stored_about(self, account: str, requester_id: str) -> dict[str, Any]:
        """Everything as JSON: the rows of each table by its name."""
        tickets = self.tickets_of(account, requester_id)
        with self._session() as session:
            rows = {
                table.name: [
                    {name: _plain(value) for name, value in row._mapping.items()}
                    for query in _of(table, account, tickets)
                    for row in session.execute(query)
                ]
                for table in _covered()
            }
        return {"account": account, "requester_id": requester_id, "tickets": tickets, "stored": rows}

    def forget_requester(self, account: str, requester_id: str) -> Counter[str]:
        """Delete every row about a requester's tickets. Returns how many, by table."""
        return self._forget(account, self.tickets_of(account, requester_id))

    def forget_ticket(self, account: str, ticket_id: str) -> Counter[str]:
        return self._forget(account, [ticket_id])

    def prune(self, account: str, before: datetime) -> int:
        """Delete what is older than `before`, except what is still under way. Returns how many rows that were."""
        kept: dict[Any, tuple[Any, Any]] = {
            DecisionRow: (DecisionRow.created_at, DecisionRow.outcome != Outcome.PLANNED),
            DecisionLabelRow: (DecisionLabelRow.created_at, DecisionLabelRow.decision_id.is_not(None)),
            DeadlineRow: (DeadlineRow.started_at, DeadlineRow.next_at.is_(None)),
            TicketRow: (TicketRow.read_at, TicketRow.ticket_id.is_not(None)),
            FeedbackRow: (FeedbackRow.at, FeedbackRow.id.is_not(None)),
            GoodwillRow: (GoodwillRow.asked_at, GoodwillRow.id.is_not(None)),
            FailureRow: (FailureRow.at, FailureRow.id.is_not(None)),
            AlertRow: (AlertRow.at, AlertRow.sent_at.is_not(None)),
            JudgementRow: (JudgementRow.at, JudgementRow.decision_id.is_not(None)),
        }
        gone = 0
        for row, (at, over) in kept.items():
            with self._session.begin() as session:
                done: Any = session.execute(delete(row).where(row.account == account, at < before, over))
                gone += done.rowcount
        return gone

    def _forget(self, account: str, tickets: list[str]) -> Counter[str]:
        counts: Counter[str] = Counter()
        with self._session.begin() as session:
            # Those that hang on others first, while it is known on which.
            for table in sorted(_covered(), key=lambda one: one.name not in _HANGING):
                counts[table.name] += sum(_delete(session, table, account, some) for some in _batches(tickets))
        return +counts


def _tables(column: str) -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if {"account", "ticket_id", column} <= set(table.c.keys())]


def _covered() -> list[Table]:
    return [*_tables("account"), *(Base.metadata.tables[name] for name in _HANGING)]


def _of(table: Table, account: str, tickets: list[str]) -> Iterator[Select[Any]]:
    for some in _batches(tickets):
        yield select(table).where(table.c.account == account, _about(table, account, some))


def _about(table: Table, account: str, tickets: list[str]) -> Any:
    if table.name not in _HANGING:
        return table.c.ticket_id.in_(tickets)
    column, hook = _HANGING[table.name]
    other = Base.metadata.tables[hook]
    return table.c[column].in_(select(other.c.id).where(other.c.account == account, other.c.ticket_id.in_(tickets)))


def _delete(session: Session, table: Table, account: str, tickets: list[str]) -> int:
    done: Any = session.execute(delete(table).where(table.c.account == account, _about(table, account, tickets)))
    return int(done.rowcount)


def _batches(tickets: list[str]) -> Iterable[list[str]]:
    return (tickets[at : at + _BATCH] for at in range(0, len(tickets), _BATCH))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
