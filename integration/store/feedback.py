"""What agents answered to what they were shown, and the funnel that it adds up to. Never per agent, never their text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from integration.store.models import DecisionRow, FailureRow, FeedbackRow, TicketRow


class Kind(StrEnum):
    SHOWN = "shown"  # a panel fetched the suggestion
    ACCEPTED = "accepted"  # the draft was put into the composer
    EDITED = "edited"  # the reply was sent; `distance` says how far it had moved from the draft
    DISMISSED = "dismissed"
    LABEL_CORRECTED = "label_corrected"
    MACRO_APPLIED = "macro_applied"
    THUMBS_UP = "thumbs_up"
    THUMBS_DOWN = "thumbs_down"


class Verdict(StrEnum):
    """An agent's word on one label. `WITHDRAWN` takes the earlier word back."""

    WRONG = "wrong"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One answer. `distance` is 0.0 for a draft sent as it was and 1.0 for one of which nothing was kept."""

    account: str
    ticket_id: str
    kind: Kind
    at: datetime
    decision_id: str | None = None
    label: str | None = None
    verdict: Verdict | None = None
    reason: str | None = None
    variant: str | None = None
    macro_id: str | None = None
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class FunnelLine:
    """How many tickets got how far. `label` is None for the account as a whole.

    `received` and `read` are known for the whole account only. `missed` counts tickets on which an agent added the label. `unchanged` counts closed tickets whose label nobody
    corrected and, where we write tags, whose tag was still there; `silences` says why nothing was suggested.
    """

    label: str | None
    received: int
    read: int
    suggested: int
    shown: int
    accepted: int
    closed: int
    unchanged: int
    corrected: int
    missed: int
    silences: dict[str, int]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a ticket's message reports according to an agent. `labels` is the whole set, not the difference."""

    ticket_id: str
    anchor_message: str
    labels: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class SetAside:
    """When an agent said that a label is wrong, and which message had been read by then."""

    at: datetime
    anchor_message: str | None


class FeedbackTable:
    def __init__(self, session: sessionmaker[Session]) -> None:
        self._session = session

    def add(self, feedback: Feedback) -> None:
        with self._session.begin() as session:
            session.add(_row(feedback))

    def shown(self, account: str, ticket_id: str, decision_id: str, at: datetime) -> None:
        """A panel fetched this decision; only the first time is written down."""
        with self._session.begin() as session:
            known = session.scalar(
                select(FeedbackRow.id)
                .where(FeedbackRow.decision_id == decision_id, FeedbackRow.kind == Kind.SHOWN)
                .limit(1)
            )
            if known is None:
                session.add(_row(Feedback(account, ticket_id, Kind.SHOWN, at, decision_id=decision_id)))

    def of_ticket(self, account: str, ticket_id: str) -> list[Feedback]:
        """Oldest first."""
        with self._session() as session:
            rows = session.scalars(
                select(FeedbackRow)
                .where(FeedbackRow.account == account, FeedbackRow.ticket_id == ticket_id)
                .order_by(FeedbackRow.id)
            )
            return [_feedback(row) for row in rows]

    def corrections(self, account: str, since: datetime | None = None) -> list[Correction]:
        """Every decision whose labels an agent corrected, with the labels that are right, oldest first."""
        with self._session() as session:
            query = (
                select(FeedbackRow, DecisionRow)
                .join(DecisionRow, DecisionRow.id == FeedbackRow.decision_id)
                .where(FeedbackRow.account == account, FeedbackRow.kind == Kind.LABEL_CORRECTED)
                .order_by(FeedbackRow.id)
            )
            if since is not None:
                query = query.where(FeedbackRow.at >= since)
            found: dict[str, tuple[DecisionRow, list[FeedbackRow]]] = {}
            for word, decision in session.execute(query):
                found.setdefault(decision.id, (decision, []))[1].append(word)
        return [
            Correction(decision.ticket_id, decision.anchor_message, labels, words[-1].at)
            for decision, words in found.values()
            if decision.anchor_message is not None
            and (labels := corrected_labels(shown_labels(decision.labels, decision.panel), map(_feedback, words)))
            != tuple(sorted(shown_labels(decision.labels, decision.panel)))
        ]

    def set_aside(self, account: str, ticket_id: str) -> dict[str, SetAside]:
        """By label, where the last word of an agent on this ticket is that it is wrong."""
        with self._session() as session:
            rows = session.execute(
                select(FeedbackRow, DecisionRow.anchor_message)
                .outerjoin(DecisionRow, DecisionRow.id == FeedbackRow.decision_id)
                .where(
                    FeedbackRow.account == account,
                    FeedbackRow.ticket_id == ticket_id,
                    FeedbackRow.kind == Kind.LABEL_CORRECTED,
                )
                .order_by(FeedbackRow.id)
            ).all()
        last = {word.label: (word, anchor) for word, anchor in rows if word.label}
        return {
            label: SetAside(word.at, anchor) for label, (word, anchor) in last.items() if word.verdict == Verdict.WRONG
        }

    def funnel(self, account: str, labels: Iterable[str], since: datetime | None = None) -> list[FunnelLine]:
        """The account as a whole, then each label. One ticket counts once, by its newest decision."""
        with self._session() as session:
            # Of a decision only what counts here: the whole panel of every one would take minutes in a large store.
            panel = DecisionRow.panel
            query = select(
                DecisionRow.ticket_id,
                DecisionRow.labels,
                DecisionRow.silence,
                DecisionRow.outcome,
                panel["labels"],
                panel["label_tags"],
            ).where(DecisionRow.account == account, DecisionRow.outcome != "dropped", DecisionRow.kind == "reading")
            words = select(FeedbackRow).where(FeedbackRow.account == account)
            lost = select(func.distinct(FailureRow.ticket_id)).where(
                FailureRow.account == account, FailureRow.resolved_at.is_(None), FailureRow.ticket_id.is_not(None)
            )
            if since is not None:
                query, words = query.where(DecisionRow.created_at >= since), words.where(FeedbackRow.at >= since)
                lost = lost.where(FailureRow.at >= since)
            newest = {
                ticket_id: _Decided(shown_labels(labels, {"labels": shown}), silence, outcome, tags or {})
                for ticket_id, labels, silence, outcome, shown, tags in session.execute(
                    query.order_by(DecisionRow.created_at)
                )
            }
            by_ticket: dict[str, list[Feedback]] = {}
            for row in session.scalars(words.order_by(FeedbackRow.id)):
                by_ticket.setdefault(row.ticket_id, []).append(_feedback(row))
            closed = {
                row.ticket_id: frozenset(row.closed_with or ())
                for row in session.scalars(
                    select(TicketRow).where(TicketRow.account == account, TicketRow.closed_at.is_not(None))
                )
            }
            unread = set(session.scalars(lost)) - set(newest)
        tickets = [
            _Course(row, by_ticket.get(ticket_id, []), closed.get(ticket_id)) for ticket_id, row in newest.items()
        ]
        whole = _line(None, tickets, received=len(newest) + len(unread))
        return [whole, *(_line(label, tickets) for label in labels)]


@dataclass(frozen=True, slots=True)
class _Decided:
    labels: tuple[str, ...]
    silence: str | None
    outcome: str
    label_tags: Mapping[str, str]


class _Course:
    """One ticket's way through the funnel."""

    def __init__(self, row: _Decided, words: list[Feedback], closed_with: frozenset[str] | None) -> None:
        self.labels = row.labels
        self.silence = row.silence
        kinds = {word.kind for word in words}
        self.shown = Kind.SHOWN in kinds
        self.accepted = bool(kinds & {Kind.ACCEPTED, Kind.MACRO_APPLIED})
        self.wrong = frozenset(self.labels) - frozenset(corrected_labels(self.labels, words))
        self.missed = frozenset(corrected_labels(self.labels, words)) - frozenset(self.labels)
        self.closed = closed_with is not None
        written = row.outcome in ("written", "unchanged")
        tags = row.label_tags
        gone = {label for label in self.labels if written and tags.get(label) not in (closed_with or ())}
        self.changed = self.wrong | gone if self.closed else frozenset()


def _line(label: str | None, every: list[_Course], received: int = 0) -> FunnelLine:
    tickets = every if label is None else [one for one in every if label in one.labels]

    def corrected(one: _Course) -> bool:
        return bool(one.wrong | one.missed) if label is None else label in one.wrong

    suggested = [one for one in tickets if one.labels]
    closed = [one for one in suggested if one.closed]
    return FunnelLine(
        label=label,
        received=received or len(tickets),
        read=len(tickets),
        suggested=len(suggested),
        shown=sum(one.shown for one in suggested),
        accepted=sum(one.accepted for one in suggested),
        closed=len(closed),
        unchanged=sum(not one.changed if label is None else label not in one.changed for one in closed),
        corrected=sum(corrected(one) for one in tickets),
        missed=sum(bool(one.missed) if label is None else label in one.missed for one in every),
        silences=dict(Counter(_reason(one.silence) for one in tickets if not one.labels).most_common()),
    )


def corrected_labels(labels: Iterable[str], words: Iterable[Feedback]) -> tuple[str, ...]:
    """The labels after what agents said about them, in the order in which they said it; sorted."""
    original = frozenset(labels)
    result = set(original)
    for word in words:
        if word.kind is not Kind.LABEL_CORRECTED or word.label is None:
            continue
        wanted = {Verdict.WRONG: False, Verdict.MISSING: True}.get(word.verdict or Verdict.WITHDRAWN)
        if wanted is None:
            wanted = word.label in original
        (result.add if wanted else result.discard)(word.label)
    return tuple(sorted(result))


def _reason(silence: str | None) -> str:
    """Without the number or language it ends with, so that reasons add up."""
    return (silence or "not sure enough").split(" (")[0].rstrip(" .0123456789")


def shown_labels(labels: Iterable[str], panel: Mapping[str, Any]) -> tuple[str, ...]:
    """What an agent may see of a decision: also labels that were not sure enough to be written."""
    return tuple(str(label) for label in panel.get("labels") or labels)


def _row(feedback: Feedback) -> FeedbackRow:
    return FeedbackRow(
        account=feedback.account,
        ticket_id=feedback.ticket_id,
        decision_id=feedback.decision_id,
        kind=feedback.kind,
        label=feedback.label,
        verdict=feedback.verdict,
        reason=feedback.reason,
        variant=feedback.variant,
        macro_id=feedback.macro_id,
        distance=feedback.distance,
        at=feedback.at,
    )


def _feedback(row: FeedbackRow) -> Feedback:
    return Feedback(
        account=row.account,
        ticket_id=row.ticket_id,
        kind=Kind(row.kind),
        at=row.at,
        decision_id=row.decision_id,
        label=row.label,
        verdict=Verdict(row.verdict) if row.verdict else None,
        reason=row.reason,
        variant=row.variant,
        macro_id=row.macro_id,
        distance=row.distance,
    )
