"""The tables. Decisions are kept before they are sent; Redis may forget, this does not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Double, Index, String, Text, TypeDecorator, and_, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class AwareDateTime(TypeDecorator[datetime]):
    """UTC in the database, aware in Python; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone was to be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: AwareDateTime, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


class DecisionRow(Base):
    """What was decided about a ticket, from which text (as a fingerprint), and what became of it.

    `panel` is what the sidebar shows of it, worked out beforehand so that an agent never waits. `text` is the customer's
    whole message, kept only where the account says so; otherwise only the sentences in `evidence` are.
    """

    __tablename__ = "decision"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    account: Mapped[str] = mapped_column(String(40))
    ticket_id: Mapped[str] = mapped_column(String(32))
    fingerprint: Mapped[str] = mapped_column(String(64))
    anchor_message: Mapped[str | None] = mapped_column(String(64))
    level: Mapped[str] = mapped_column(String(10))
    labels: Mapped[list[Any]]
    scores: Mapped[dict[str, Any]]
    evidence: Mapped[list[Any]]
    silence: Mapped[str | None] = mapped_column(Text)
    annotation: Mapped[dict[str, Any]]
    panel: Mapped[dict[str, Any]] = mapped_column(default=dict)
    outcome: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int] = mapped_column(default=0)
    note_id: Mapped[str | None] = mapped_column(String(64))
    warnings: Mapped[list[Any]] = mapped_column(default=list)
    error: Mapped[str | None] = mapped_column(Text)
    # "reading" of the customer's words, or "clock": what the passing of time did to the ticket.
    kind: Mapped[str] = mapped_column(String(10), default="reading", server_default="reading")
    requester_id: Mapped[str | None] = mapped_column(String(64))
    text: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("decision_of_ticket", "account", "ticket_id", "created_at"),
        Index("decision_by_time", "account", "created_at", "id", "level", "outcome"),
        Index("decision_feed", "created_at", "id", "level"),
        Index("decision_finished", "account", "outcome", "finished_at"),
        Index("decision_of_requester", "account", "requester_id"),
    )


class DecisionLabelRow(Base):
    """What a reading found, a row per label that may be shown ("none" where there is none): small beside the decision,
    so that a label can be looked for and counted without opening every decision."""

    __tablename__ = "decision_label"

    decision_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    label: Mapped[str] = mapped_column(String(20), primary_key=True)
    account: Mapped[str] = mapped_column(String(40))
    ticket_id: Mapped[str] = mapped_column(String(32))
    level: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("decision_label_feed", "label", "created_at", "decision_id", "level"),
        Index("decision_label_by_time", "account", "label", "created_at", "decision_id", "level"),
    )


class TicketRow(Base):
    """Where we stand with a ticket: what was read last, and what we put on it.

    `closed_at` is when we first saw it solved, `closed_with` which of our tags it carried then.
    """

    __tablename__ = "ticket"

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(64))
    decision_id: Mapped[str | None] = mapped_column(String(20))
    note_id: Mapped[str | None] = mapped_column(String(64))
    tags: Mapped[list[Any]] = mapped_column(default=list)
    read_at: Mapped[datetime]
    requester_id: Mapped[str | None] = mapped_column(String(64))
    company_id: Mapped[str | None] = mapped_column(String(64))
    contacted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_with: Mapped[list[Any] | None]

    __table_args__ = (Index("ticket_of_requester", "account", "requester_id"),)


# What a clock's `decision_id` begins with where no decision started it: it runs on from the clock it names.
RUN_ON = "next-"
# Running, or broken and not answered yet. As text: with bound values SQLite would not use the index on it.
OPEN = text("answered_at IS NULL AND state <> 'replaced'")


class DeadlineRow(Base):
    """A clock that runs, or ran, on a ticket. `next_at` is when it has to be looked at again; None once it is over.

    `called_before`: the tag of a logged call has been on the ticket since before this clock, so that it is no answer.
    `untold`: the helpdesk refused to have `state` written on the ticket.
    """

    __tablename__ = "deadline"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    account: Mapped[str] = mapped_column(String(40))
    ticket_id: Mapped[str] = mapped_column(String(32))
    decision_id: Mapped[str] = mapped_column(String(20))
    complaint: Mapped[str] = mapped_column(String(20))
    complaints: Mapped[list[Any]]
    requester_id: Mapped[str | None] = mapped_column(String(64))
    company_id: Mapped[str | None] = mapped_column(String(64))
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    explanation: Mapped[str] = mapped_column(Text)
    updates: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(10))
    mark: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    called_before: Mapped[bool] = mapped_column(default=False)
    untold: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("deadline_next", "next_at"),
        Index("deadline_of_ticket", "account", "ticket_id"),
        Index("deadline_of_requester", "account", "requester_id", "started_at"),
        Index("deadline_open", "due_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("deadline_open_of_account", "account", "due_at", "id", "state", sqlite_where=OPEN, postgresql_where=OPEN),
    )


# One clock for each time that a customer complained: not those that made way, nor the updates owed after an answer.
COMPLAINED = and_(DeadlineRow.state != "replaced", DeadlineRow.decision_id.not_like(f"{RUN_ON}%"))


class AlertRow(Base):
    """Word to the team, at most one per deadline and kind. `sent_at` is None while it waits (quiet hours, an outage)."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    account: Mapped[str] = mapped_column(String(40))
    deadline_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__ = (Index("alert_once", "deadline_id", "kind", unique=True), Index("alert_waiting", "sent_at"))


class FeedbackRow(Base):
    """What came back from an agent about one decision. Nothing here says which agent, and no text is kept."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    account: Mapped[str] = mapped_column(String(40))
    ticket_id: Mapped[str] = mapped_column(String(32))
    decision_id: Mapped[str | None] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(16))
    label: Mapped[str | None] = mapped_column(String(32))
    verdict: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(32))
    variant: Mapped[str | None] = mapped_column(String(16))
    macro_id: Mapped[str | None] = mapped_column(String(64))
    distance: Mapped[float | None] = mapped_column(Double)
    at: Mapped[datetime]

    __table_args__ = (
        Index("feedback_by_time", "account", "at"),
        Index("feedback_of_ticket", "account", "ticket_id"),
        Index("feedback_of_decision", "decision_id"),
    )


class GoodwillRow(Base):
    """A gesture that was asked for on a ticket, and what became of it. Money is kept in hundredths of `currency`.

    `asked_by` is whoever the asking page says it was: a hint. `answered_by` is known to the one who wrote it down.
    """

    __tablename__ = "goodwill"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    account: Mapped[str] = mapped_column(String(40))
    ticket_id: Mapped[str] = mapped_column(String(32))
    requester_id: Mapped[str | None] = mapped_column(String(64))
    brand: Mapped[str | None] = mapped_column(String(64))
    complaint: Mapped[str] = mapped_column(String(20))
    # Whether the customer was failed like this before, which changes the limits.
    again: Mapped[bool] = mapped_column(default=False)
    gesture: Mapped[str] = mapped_column(String(64))
    hundredths: Mapped[int]
    currency: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10))
    approver: Mapped[str | None] = mapped_column(String(40))
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(120), default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(String(120))
    via: Mapped[str | None] = mapped_column(String(10))

    __table_args__ = (
        Index("goodwill_of_ticket", "account", "ticket_id"),
        Index("goodwill_of_requester", "account", "requester_id"),
        Index("goodwill_by_state", "account", "state", "answered_at"),
    )


class CursorRow(Base):
    """How far the sweep has read an account's changes."""

    __tablename__ = "cursor"

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    cursor: Mapped[str] = mapped_column(Text)
    swept_at: Mapped[datetime]


class FailureRow(Base):
    """Work that could not be done, for a person to look at: a job that gave up, or a payload nobody could read."""

    __tablename__ = "failure"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    account: Mapped[str] = mapped_column(String(40))
    ticket_id: Mapped[str | None] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    shape: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]

    __table_args__ = (Index("failure_open", "account", "resolved_at"),)


class AuditRow(Base):
    """Who did what, when: sign-ins and every change that a person made. `detail` is for people, without secrets."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(40))
    account: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("audit_by_time", "at"),)


class ProvisionedRow(Base):
    """A thing in an account's helpdesk that we made (`created`) or changed; `before` is how it was where we changed it."""

    __tablename__ = "provisioned"

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    platform_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(String(120), default="")
    url: Mapped[str] = mapped_column(Text, default="")
    created: Mapped[bool]
    before: Mapped[dict[str, Any] | None]
    made_at: Mapped[datetime]


class JudgementRow(Base):
    """Whether a label of a decision is right, according to an operator. Nobody's text is kept."""

    __tablename__ = "judgement"

    decision_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    label: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[str] = mapped_column(String(40))
    right: Mapped[bool]
    judge: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    __table_args__ = (Index("judgement_of_account", "account", "at"),)


class BackfillRow(Base):
    """An account's backfill: from when on, how far its listing came (`cursor`, `listed` at its end), when it ended."""

    __tablename__ = "backfill"

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    since: Mapped[datetime]
    shadow: Mapped[bool]
    cursor: Mapped[str | None] = mapped_column(Text)
    listed: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class BackfillTicketRow(Base):
    """A ticket that a backfill has listed. `outcome` is None until it has been seen through."""

    __tablename__ = "backfill_ticket"

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    outcome: Mapped[str | None] = mapped_column(String(12))

    __table_args__ = (Index("backfill_open", "account", "outcome"),)


class SessionRow(Base):
    """Somebody signed in to the console. `id` is a hash: who reads the database cannot take the session over."""

    __tablename__ = "console_session"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(10))
    signed_in_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class FigureRow(Base):
    """A report as it was worked out last; `seconds` is how long that took."""

    __tablename__ = "figure"

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    seconds: Mapped[float] = mapped_column(Double)
