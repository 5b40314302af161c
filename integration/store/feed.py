"""Decisions as they come, the newest first, page by page. Each page begins after a key, so it costs the same however
far back it lies and however much arrives meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from integration.store.models import OPEN, DeadlineRow, DecisionLabelRow, DecisionRow
from integration.store.store import Store

# More new decisions than this are told as "more than".
MOST_COUNTED = 99


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page begins: after (in the direction of reading) the line of this moment and id."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show; "" where everything. `label` may be "none": decisions that found nothing."""

    account: str = ""
    label: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class FeedLine:
    id: str
    account: str
    ticket_id: str
    kind: str
    level: str
    labels: tuple[str, ...]
    scores: Mapping[str, float]
    evidence: tuple[Mapping[str, Any], ...] = field(repr=False)
    silence: str | None
    outcome: str
    error: str | None
    at: datetime

    @property
    def key(self) -> Key:
        return Key(self.at, self.id)


@dataclass(frozen=True, slots=True)
class OpenDeadline:
    id: int
    account: str
    ticket_id: str
    decision_id: str
    complaint: str
    started_at: datetime
    due_at: datetime
    explanation: str
    state: str

    @property
    def key(self) -> Key:
        return Key(self.due_at, str(self.id))


class Feed:
    def __init__(self, store: Store) -> None:
        self._session = store.session

    def page(self, wanted: Filter, *, before: Key | None = None, limit: int = 50) -> list[FeedLine]:
        at, id_ = _columns(wanted)
        query = _filtered(select(id_), wanted)
        if before is not None:
            query = query.where(tuple_(at, id_) < (before.at, before.id))
        query = query.order_by(at.desc(), id_.desc()).limit(limit)
        d = DecisionRow
        with self._session() as session:
            # First the keys, from an index alone; then these few decisions.
            ids = session.scalars(query).all()
            rows = session.execute(
                select(
                    d.id,
                    d.account,
                    d.ticket_id,
                    d.kind,
                    d.level,
                    d.labels,
                    d.scores,
                    d.evidence,
                    d.silence,
                    d.outcome,
                    d.error,
                    d.created_at,
                )
                .where(d.id.in_(ids))
                .order_by(d.created_at.desc(), d.id.desc())
            )
            return [
                FeedLine(i, account, ticket, kind, level, tuple(labels), scores, tuple(evidence), silence, out, err, at)
                for i, account, ticket, kind, level, labels, scores, evidence, silence, out, err, at in rows
            ]

    def newer(self, wanted: Filter, than: Key) -> int:
        """How many decisions came after this one; at most MOST_COUNTED + 1."""
        at, id_ = _columns(wanted)
        query = _filtered(select(id_), wanted).where(tuple_(at, id_) > (than.at, than.id)).limit(MOST_COUNTED + 1)
        with self._session() as session:
            return session.scalar(select(func.count()).select_from(query.subquery())) or 0

    def deadlines(
        self, *, account: str = "", state: str = "", after: Key | None = None, limit: int = 50
    ) -> list[OpenDeadline]:
        """Clocks that run, and broken ones that nobody has answered yet; the earliest first."""
        d = DeadlineRow
        query = select(d).where(OPEN).order_by(d.due_at, d.id).limit(limit)
        if account:
            query = query.where(d.account == account)
        if state:
            query = query.where(d.state == state)
        if after is not None:
            query = query.where(tuple_(d.due_at, d.id) > (after.at, int(after.id)))
        with self._session() as session:
            return [
                OpenDeadline(
                    r.id,
                    r.account,
                    r.ticket_id,
                    r.decision_id,
                    r.complaint,
                    r.started_at,
                    r.due_at,
                    r.explanation,
                    r.state,
                )
                for r in session.scalars(query)
            ]


def _columns(wanted: Filter) -> tuple[ColumnElement[datetime], ColumnElement[str]]:
    if wanted.label:
        return DecisionLabelRow.created_at.expression, DecisionLabelRow.decision_id.expression
    return DecisionRow.created_at.expression, DecisionRow.id.expression


def _filtered(query: Select[Any], wanted: Filter) -> Select[Any]:
    table = DecisionLabelRow if wanted.label else DecisionRow
    if wanted.label:
        query = query.where(DecisionLabelRow.label == wanted.label)
    if wanted.account:
        query = query.where(table.account == wanted.account)
    if wanted.level:
        query = query.where(table.level == wanted.level)
    return query
