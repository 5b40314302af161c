"""Questions to and notes for the database. One method per thing the pipeline, the web and ops need to know."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ColumnElement, Engine, ExceptionContext, create_engine, event, func, select, update
from sqlalchemy.orm import sessionmaker

from integration.store.feedback import FeedbackTable, shown_labels
from integration.store.models import CursorRow, DecisionLabelRow, DecisionRow, FailureRow, TicketRow

MIGRATIONS = Path(__file__).parent / "migrations"
# What `decision_label` says of a reading that found nothing.
NO_LABEL = "none"


class Outcome(StrEnum):
    """What became of a decision. `PLANNED` means: stored, and perhaps already under way to the helpdesk."""

    PLANNED = "planned"
    WRITTEN = "written"
    UNCHANGED = "unchanged"
    WITHHELD = "withheld"  # the account's level does not let us write
    SILENT = "silent"
    PAST = "past"  # found by a backfill when there was nothing left to be done about it
    FAILED = "failed"
    DROPPED = "dropped"  # not to be found on the ticket, which changed first


# The ticket is as the decision wants it.
_REACHED = (Outcome.WRITTEN, Outcome.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Decision:
    id: str
    account: str
    ticket_id: str
    fingerprint: str
    anchor_message: str | None
    level: str
    labels: tuple[str, ...]
    scores: Mapping[str, float]
    evidence: tuple[Mapping[str, Any], ...] = field(repr=False)
    silence: str | None
    annotation: Mapping[str, Any] = field(repr=False)
    outcome: Outcome
    created_at: datetime
    attempts: int = 0
    note_id: str | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None
    finished_at: datetime | None = None
    panel: Mapping[str, Any] = field(default_factory=dict, repr=False)
    kind: str = "reading"
    requester_id: str | None = None
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """Who wrote on a ticket, by the platform's ids, and when last."""

    requester_id: str
    company_id: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class TicketState:
    fingerprint: str
    version: str
    decision_id: str | None
    note_id: str | None
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Failure:
    id: int
    account: str
    ticket_id: str | None
    kind: str
    reason: str
    shape: Mapping[str, Any]
    at: datetime


def new_decision_id() -> str:
    """Short enough to stand in a note, long enough never to meet again."""
    return secrets.token_hex(8)


class Store:
    """The database. Safe to use from several threads and, after `after_fork`, from a forked child."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.session = sessionmaker(self.engine, expire_on_commit=False)
        self.feedback = FeedbackTable(self.session)

    def migrate(self) -> None:
        """Bring the schema up to date; does nothing if it is. Several processes may call this at once."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_lock(0x6D616B65)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            if self.engine.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_unlock(0x6D616B65)))

    def migrated(self) -> bool:
        """Whether the schema is the one this program was written for."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
        return present == ScriptDirectory.from_config(config).get_current_head()

    def after_fork(self) -> None:
        """Forget the parent's connections without closing them under it."""
        self.engine.dispose(close=False)

    def close(self) -> None:
        self.engine.dispose()

    # -- decisions ------------------------------------------------------------------------------------------------

    def ticket_state(self, account: str, ticket_id: str) -> TicketState | None:
        with self.session() as session:
            row = session.get(TicketRow, (account, ticket_id))
            if row is None:
                return None
            return TicketState(row.fingerprint, row.version, row.decision_id, row.note_id, frozenset(row.tags))

    def seen_versions(self, account: str, ticket_ids: list[str]) -> dict[str, str]:
        """The version each of these tickets had when we last finished with it."""
        with self.session() as session:
            rows = session.execute(
                select(TicketRow.ticket_id, TicketRow.version).where(
                    TicketRow.account == account, TicketRow.ticket_id.in_(ticket_ids)
                )
            )
            return {ticket_id: version for ticket_id, version in rows}

    def unfinished(self, account: str, ticket_id: str) -> Decision | None:
        """The newest decision about this ticket that was stored but whose end we never saw."""
        return next(iter(self._newest(account, ticket_id, DecisionRow.outcome == Outcome.PLANNED)), None)

    def is_finished(self, account: str, ticket_id: str, fingerprint: str) -> bool:
        """Whether a decision of this fingerprint has reached the ticket."""
        with self.session() as session:
            found = session.scalar(
                select(DecisionRow.id)
                .where(
                    DecisionRow.account == account,
                    DecisionRow.ticket_id == ticket_id,
                    DecisionRow.fingerprint == fingerprint,
                    DecisionRow.outcome.in_(_REACHED),
                )
                .limit(1)
            )
            return found is not None

    def refused(self, account: str, ticket_id: str, fingerprint: str) -> Decision | None:
        """The newest decision about this ticket, if it has this fingerprint and the helpdesk refused it."""
        for newest in self._newest(account, ticket_id, DecisionRow.outcome != Outcome.DROPPED):
            if newest.outcome is Outcome.FAILED and newest.fingerprint == fingerprint:
                return newest
        return None

    def has_decided(self, account: str, ticket_id: str, fingerprint: str) -> bool:
        """Whether a decision of this fingerprint is stored, whatever became of it."""
        with self.session() as session:
            found = session.scalar(
                select(DecisionRow.id)
                .where(
                    DecisionRow.account == account,
                    DecisionRow.ticket_id == ticket_id,
                    DecisionRow.fingerprint == fingerprint,
                )
                .limit(1)
            )
            return found is not None

    def add(self, decision: Decision) -> None:
        with self.session.begin() as session:
            session.add(
                DecisionRow(
                    id=decision.id,
                    account=decision.account,
                    ticket_id=decision.ticket_id,
                    fingerprint=decision.fingerprint,
                    anchor_message=decision.anchor_message,
                    level=decision.level,
                    labels=list(decision.labels),
                    scores=dict(decision.scores),
                    evidence=[dict(item) for item in decision.evidence],
                    silence=decision.silence,
                    annotation=dict(decision.annotation),
                    panel=dict(decision.panel),
                    outcome=decision.outcome,
                    kind=decision.kind,
                    requester_id=decision.requester_id,
                    text=decision.text,
                    attempts=decision.attempts,
                    created_at=decision.created_at,
                    finished_at=decision.finished_at,
                )
            )
            if decision.kind == "reading":
                session.add_all(
                    DecisionLabelRow(
                        decision_id=decision.id,
                        label=label,
                        account=decision.account,
                        ticket_id=decision.ticket_id,
                        level=decision.level,
                        created_at=decision.created_at,
                    )
                    for label in shown_labels(decision.labels, decision.panel) or (NO_LABEL,)
                )

    def decision(self, decision_id: str) -> Decision | None:
        with self.session() as session:
            row = session.get(DecisionRow, decision_id)
            return None if row is None else decision_of(row)

    def drop(self, decision_id: str) -> None:
        """A decision that was never sent and that the ticket has overtaken."""
        with self.session.begin() as session:
            session.execute(
                update(DecisionRow)
                .where(DecisionRow.id == decision_id)
                .values(outcome=Outcome.DROPPED, finished_at=datetime.now(UTC))
            )

    def begin_attempt(self, decision_id: str) -> None:
        """Written down before the helpdesk is called, so that a crash leaves a trace of it. The end is open from here on."""
        with self.session.begin() as session:
            session.execute(
                update(DecisionRow)
                .where(DecisionRow.id == decision_id)
                .values(attempts=DecisionRow.attempts + 1, outcome=Outcome.PLANNED)
            )

    def take_back_attempt(self, decision_id: str) -> None:
        """It was refused as a whole: nothing came of it."""
        with self.session.begin() as session:
            session.execute(
                update(DecisionRow).where(DecisionRow.id == decision_id).values(attempts=DecisionRow.attempts - 1)
            )

    def finish(
        self,
        decision: Decision,
        outcome: Outcome,
        *,
        version: str,
        note_id: str | None = None,
        tags: frozenset[str] | None = None,
        warnings: tuple[str, ...] = (),
        error: str | None = None,
        contact: Contact | None = None,
    ) -> None:
        """Close a decision and, unless it failed, remember the ticket as read in this state.

        `note_id`, `tags` (ours on the ticket now) and `contact` are kept as they were where None is given. A decision of
        the clock, and one that is dropped, say nothing about what was read. A note that stands on the ticket is not kept here as well.
        """
        now = datetime.now(UTC)
        values: dict[str, Any] = {
            "outcome": outcome,
            "note_id": note_id,
            "warnings": list(warnings),
            "error": error,
            "finished_at": now,
        }
        if outcome in (*_REACHED, Outcome.PAST) and decision.annotation:
            values["annotation"] = {**decision.annotation, "note_html": None}
        with self.session.begin() as session:
            session.execute(update(DecisionRow).where(DecisionRow.id == decision.id).values(**values))
            if outcome is Outcome.FAILED:
                return
            row = session.get(TicketRow, (decision.account, decision.ticket_id))
            if row is None:
                row = TicketRow(
                    account=decision.account, ticket_id=decision.ticket_id, fingerprint="", tags=[], note_id=None
                )
                session.add(row)
            if decision.kind == "reading" and outcome is not Outcome.DROPPED:
                row.fingerprint, row.decision_id = decision.fingerprint, decision.id
            row.version, row.read_at = version, now
            if contact is not None:
                row.requester_id, row.company_id, row.contacted_at = (
                    contact.requester_id,
                    contact.company_id,
                    contact.at,
                )
            if note_id is not None and decision.kind == "reading":
                row.note_id = note_id
            if tags is not None:
                row.tags = sorted(tags)

    def saw_again(self, account: str, ticket_id: str, version: str) -> None:
        """The ticket changed, but nothing that we read: remember its version so that the sweep passes it by."""
        with self.session.begin() as session:
            session.execute(
                update(TicketRow)
                .where(TicketRow.account == account, TicketRow.ticket_id == ticket_id)
                .values(version=version, read_at=datetime.now(UTC))
            )

    def saw_closed(self, account: str, ticket_id: str, tags: frozenset[str]) -> None:
        """The ticket is solved, with these of our tags on it. Only the first time counts."""
        with self.session.begin() as session:
            session.execute(
                update(TicketRow)
                .where(TicketRow.account == account, TicketRow.ticket_id == ticket_id, TicketRow.closed_at.is_(None))
                .values(closed_at=datetime.now(UTC), closed_with=sorted(tags))
            )

    def standing_decision(self, account: str, ticket_id: str) -> Decision | None:
        """The newest decision about this ticket that was not overtaken before it was sent: what an agent is shown."""
        found = self._newest(account, ticket_id, DecisionRow.outcome != Outcome.DROPPED, DecisionRow.kind == "reading")
        return next(iter(found), None)

    def decisions(self, account: str, ticket_id: str | None = None, limit: int = 100) -> list[Decision]:
        """The newest decisions first, of an account or of one ticket."""
        with self.session() as session:
            query = select(DecisionRow).where(DecisionRow.account == account)
            if ticket_id is not None:
                query = query.where(DecisionRow.ticket_id == ticket_id)
            rows = session.scalars(query.order_by(DecisionRow.created_at.desc()).limit(limit))
            return [decision_of(row) for row in rows]

    def on_ticket(self, account: str, ticket_id: str, limit: int = 100) -> list[Decision]:
        """The decisions of a reading that reached this ticket, the newest first."""
        reached = DecisionRow.outcome.in_(_REACHED)
        return self._newest(account, ticket_id, DecisionRow.kind == "reading", reached, limit=limit)

    def _newest(self, account: str, ticket_id: str, *which: ColumnElement[bool], limit: int = 1) -> list[Decision]:
        """The decisions about this ticket that are so, the newest first."""
        with self.session() as session:
            rows = session.scalars(
                select(DecisionRow)
                .where(DecisionRow.account == account, DecisionRow.ticket_id == ticket_id, *which)
                .order_by(DecisionRow.created_at.desc())
                .limit(limit)
            )
            return [decision_of(row) for row in rows]

    def outcomes(self, account: str) -> dict[str, int]:
        """How many decisions of an account ended in which way."""
        with self.session() as session:
            rows = session.execute(
                select(DecisionRow.outcome, func.count())
                .where(DecisionRow.account == account)
                .group_by(DecisionRow.outcome)
            )
            return {outcome: count for outcome, count in rows}

    # -- the sweep ------------------------------------------------------------------------------------------------

    def cursor(self, account: str) -> tuple[str, datetime] | None:
        with self.session() as session:
            row = session.get(CursorRow, account)
            return None if row is None else (row.cursor, row.swept_at)

    def keep_cursor(self, account: str, cursor: str) -> None:
        with self.session.begin() as session:
            session.merge(CursorRow(account=account, cursor=cursor, swept_at=datetime.now(UTC)))

    # -- failures -------------------------------------------------------------------------------------------------

    def keep_failure(
        self,
        account: str,
        kind: str,
        reason: str,
        *,
        ticket_id: str | None = None,
        shape: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep what went wrong. A ticket that fails again in the same way stays one failure, with its newest time."""
        now = datetime.now(UTC)
        with self.session.begin() as session:
            if ticket_id is not None and not shape:
                again = (
                    update(FailureRow)
                    .where(
                        FailureRow.account == account,
                        FailureRow.ticket_id == ticket_id,
                        FailureRow.kind == kind,
                        FailureRow.reason == reason,
                        FailureRow.resolved_at.is_(None),
                    )
                    .values(at=now)
                )
                done: Any = session.execute(again)
                if done.rowcount:
                    return
            session.add(
                FailureRow(
                    account=account,
                    ticket_id=ticket_id,
                    kind=kind,
                    reason=reason,
                    shape=dict(shape or {}),
                    at=now,
                )
            )

    def open_failures(self, account: str | None = None, limit: int = 500) -> list[Failure]:
        with self.session() as session:
            query = select(FailureRow).where(FailureRow.resolved_at.is_(None))
            if account is not None:
                query = query.where(FailureRow.account == account)
            rows = session.scalars(query.order_by(FailureRow.at.desc()).limit(limit))
            return [Failure(r.id, r.account, r.ticket_id, r.kind, r.reason, r.shape, r.at) for r in rows]

    def resolve_failures(self, account: str, ticket_id: str) -> None:
        """The ticket went through after all. What failed with a shape of its own (an agent's tags) did not go with it."""
        with self.session.begin() as session:
            rows = session.scalars(
                select(FailureRow).where(
                    FailureRow.account == account,
                    FailureRow.ticket_id == ticket_id,
                    FailureRow.resolved_at.is_(None),
                )
            )
            for row in rows:
                if not row.shape:
                    row.resolved_at = datetime.now(UTC)


def decision_of(row: DecisionRow) -> Decision:
    return Decision(
        id=row.id,
        account=row.account,
        ticket_id=row.ticket_id,
        fingerprint=row.fingerprint,
        anchor_message=row.anchor_message,
        level=row.level,
        labels=tuple(row.labels),
        scores=row.scores,
        evidence=tuple(row.evidence),
        silence=row.silence,
        annotation=row.annotation,
        outcome=Outcome(row.outcome),
        created_at=row.created_at,
        attempts=row.attempts,
        note_id=row.note_id,
        warnings=tuple(row.warnings),
        error=row.error,
        finished_at=row.finished_at,
        panel=row.panel,
        kind=row.kind,
        requester_id=row.requester_id,
        text=row.text,
    )


def _engine(url: str) -> Engine:
    """The values of a statement are customers' words, too: an error's text goes to logs and to Redis without them."""
    if not url.startswith("sqlite"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
        event.listen(engine, "handle_error", _without_detail)
        return engine
    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _without_detail(context: ExceptionContext) -> None:
    """PostgreSQL adds a DETAIL line that can quote the whole row."""
    own, shown = context.original_exception, context.sqlalchemy_exception
    brief = str(own).partition("\n")[0]
    if shown is not None:
        shown.args = tuple(str(part).replace(str(own), brief) for part in shown.args)
    own.args = (brief,)
