"""The job: read one ticket as it is now, decide, store the decision, write the difference. Safe to run twice."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from redis.exceptions import LockError, LockNotOwnedError

from adapters.contract import (
    Annotation,
    Capability,
    Gone,
    Helpdesk,
    Permanent,
    Priority,
    Status,
    Throttled,
    Ticket,
    Unauthorised,
)
from integration.complaints import zones
from integration.complaints.classifier import Classifier
from integration.complaints.reading import Level as Sureness
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.pipeline.context import Context
from integration.pipeline.suggestion import Suggestion, stored, suggest
from integration.recovery.calendars import ALWAYS, BusinessCalendar
from integration.recovery.plan import Standing, Surroundings, plan
from integration.recovery.playbook import Playbook
from integration.settings import AccountSettings, Level
from integration.store.store import Decision, Outcome, new_decision_id

log = structlog.get_logger()

LOCK_PAUSE = timedelta(seconds=2)
# For an account that names no business hours: every hour is one.
ALWAYS_OPEN = BusinessCalendar("always open", ZoneInfo("UTC"), ALWAYS)


@dataclass(frozen=True, slots=True)
class Brain:
    """What stays loaded in a worker between jobs."""

    classifier: Classifier
    playbook: Playbook


class _Worker:
    """The process's own context and brain, set once before jobs run and inherited by each job's fork."""

    context: Context
    brain: Brain


def prepare(context: Context, brain: Brain) -> None:
    _Worker.context, _Worker.brain = context, brain


def working_context() -> Context:
    """The context of the worker that this job runs in."""
    return _Worker.context


def run(account: str, ticket_id: str) -> None:
    """What RQ calls. Raises what may pass (RQ repeats the job), swallows what a repetition cannot mend."""
    context = _Worker.context
    context.store.after_fork()
    if account not in context.settings.accounts:
        log.warning("account_unknown", account=account, ticket=ticket_id)
        return
    lock = context.queue.lock(account, ticket_id)
    if not lock.acquire():
        context.queue.offer_later(account, ticket_id, LOCK_PAUSE)
        return
    try:
        context.queue.taken_up(account, ticket_id)
        outcome = annotate_ticket(context, _Worker.brain, account, ticket_id)
        context.store.resolve_failures(account, ticket_id)
        log.info("ticket_done", account=account, ticket=ticket_id, outcome=outcome)
    except Throttled as error:
        # Those who wait for the same window come back spread over the one after it.
        pause = timedelta(seconds=error.retry_after * (1 + random.random()))
        context.queue.offer_later(account, ticket_id, pause)
        log.info("ticket_throttled", account=account, ticket=ticket_id, seconds=round(pause.total_seconds(), 1))
    except Gone:
        log.info("ticket_gone", account=account, ticket=ticket_id)
    except (Permanent, Unauthorised) as error:
        context.store.keep_failure(account, "ticket", str(error), ticket_id=ticket_id)
        log.error("ticket_failed", account=account, ticket=ticket_id, error=str(error))
    finally:
        try:
            lock.release()
        except (LockError, LockNotOwnedError):
            log.warning("lock_outlived", account=account, ticket=ticket_id)


def annotate_ticket(context: Context, brain: Brain, account_name: str, ticket_id: str) -> Outcome | None:
    """Read, decide, store, write. Returns the outcome, or None if this text was finished before.

    Raises HelpdeskError; a decision stored before the error is taken up again by the next run.
    """
    account = context.account(account_name)
    helpdesk = context.helpdesks[account_name]
    ticket = zones.read(helpdesk.fetch(ticket_id))
    fingerprint = _fingerprint(ticket, account, brain)
    state = context.store.ticket_state(account_name, ticket_id)
    if state is not None and ticket.status in (Status.SOLVED, Status.CLOSED):
        context.store.saw_closed(account_name, ticket_id, state.tags & ticket.tags)
    if state is not None and state.fingerprint == fingerprint:
        if state.version != ticket.version:
            context.store.saw_again(account_name, ticket_id, ticket.version)
        return None

    decision = context.store.unfinished(account_name, ticket_id)
    if decision is not None and decision.fingerprint != fingerprint:
        _settle(context, helpdesk, ticket, decision)
        decision = None
    standing = _standing(context, account_name, ticket_id)
    if decision is None:
        decision, annotation = _decide(ticket, account, brain, standing, fingerprint, helpdesk)
        context.store.add(decision)
    else:
        annotation = _annotation(decision.annotation)

    if annotation is None:
        return _finish(context, decision, Outcome.SILENT, ticket.version)
    if account.level is not Level.ANNOTATE:
        return _finish(context, decision, Outcome.WITHHELD, ticket.version)
    return _write(context, helpdesk, ticket, decision, annotation, standing)


def _settle(context: Context, helpdesk: Helpdesk, ticket: Ticket, decision: Decision) -> None:
    """An earlier decision was left open and the ticket has changed since. If it may have been sent, see it through,
    so that it is known what stands on the ticket; otherwise it is dropped for the one that comes now."""
    annotation = _annotation(decision.annotation)
    if decision.attempts == 0 or annotation is None:
        context.store.drop(decision.id)
    else:
        standing = _standing(context, decision.account, decision.ticket_id)
        _write(context, helpdesk, ticket, decision, annotation, standing)


def _write(
    context: Context,
    helpdesk: Helpdesk,
    ticket: Ticket,
    decision: Decision,
    annotation: Annotation,
    standing: Standing,
) -> Outcome:
    context.store.begin_attempt(decision.id)
    try:
        receipt = helpdesk.annotate(ticket, annotation, look_first=decision.attempts > 0)
    except (Permanent, Unauthorised, Gone) as error:
        context.store.finish(decision, Outcome.FAILED, version=ticket.version, error=str(error))
        raise
    outcome = Outcome.WRITTEN if receipt.written else Outcome.UNCHANGED
    context.store.finish(
        decision,
        outcome,
        version=receipt.version or ticket.version,
        note_id=receipt.note_id,
        tags=(standing.tags - annotation.remove_tags) | annotation.add_tags,
        warnings=receipt.warnings,
    )
    return outcome


def _decide(
    ticket: Ticket,
    account: AccountSettings,
    brain: Brain,
    standing: Standing,
    fingerprint: str,
    helpdesk: Helpdesk,
) -> tuple[Decision, Annotation | None]:
    reading = brain.classifier.with_thresholds(account.thresholds).read_ticket(ticket)
    labels = reading.labels(Sureness.SHOW if account.level is Level.SUGGEST else Sureness.WRITE)
    around = Surroundings(
        calendar=ALWAYS_OPEN,
        standing=standing,
        tag_prefix=account.tag_prefix,
        notes_can_be_edited=Capability.EDIT_NOTE in helpdesk.capabilities,
        note_limit=helpdesk.note_limit,
    )
    planned = plan(new_decision_id(), ticket, reading, labels, brain.playbook, around)
    annotation = planned.annotation if planned else None
    decision = Decision(
        id=annotation.decision_id if annotation else new_decision_id(),
        account=account.name,
        ticket_id=ticket.id,
        fingerprint=fingerprint,
        anchor_message=reading.anchor,
        level=account.level,
        labels=tuple(label.value for label in labels),
        scores={complaint.value: round(score, 4) for complaint, score in reading.scores.items()},
        evidence=tuple(
            {
                "label": item.complaint.value,
                "start": item.start,
                "end": item.end,
                "text": item.text,
                "message": item.message_id,
            }
            for item in reading.evidence
        ),
        silence=None if labels else reading.reason or "not sure enough",
        panel=stored(_suggestion(ticket, reading, brain.playbook, around)),
        annotation=_plain(annotation) if annotation else {},
        outcome=Outcome.PLANNED,
        created_at=datetime.now(UTC),
    )
    return decision, annotation


def _suggestion(ticket: Ticket, reading: Reading, playbook: Playbook, around: Surroundings) -> Suggestion:
    """What agents are shown: also labels that are not sure enough to be written."""
    shown = reading.labels(Sureness.SHOW)
    planned = plan(new_decision_id(), ticket, reading, shown, playbook, around)
    return suggest(
        ticket,
        reading,
        planned,
        playbook,
        around.calendar,
        datetime.now(UTC),
        labels=shown,
        tag_prefix=around.tag_prefix,
    )


def _standing(context: Context, account: str, ticket_id: str) -> Standing:
    state = context.store.ticket_state(account, ticket_id)
    if state is None:
        return Standing()
    written = [
        d for d in context.store.decisions(account, ticket_id) if d.outcome in (Outcome.WRITTEN, Outcome.UNCHANGED)
    ]
    annotations = [annotation for d in written if (annotation := _annotation(d.annotation)) is not None]
    return Standing(
        tags=state.tags,
        note_id=state.note_id,
        labels=frozenset(Complaint(label) for label in written[0].labels) if written else frozenset(),
        due_at=next((a.due_at for a in annotations if a.due_at), None),
        priority=next((a.priority for a in annotations if a.priority), None),
        group=next((a.group for a in annotations if a.group), None),
    )


def _finish(context: Context, decision: Decision, outcome: Outcome, version: str) -> Outcome:
    context.store.finish(decision, outcome, version=version)
    return outcome


def _fingerprint(ticket: Ticket, account: AccountSettings, brain: Brain) -> str:
    """Stands for everything a decision depends on: if it is unchanged, so is the decision."""
    digest = blake2b(digest_size=20)
    for part in (
        brain.classifier.version,
        brain.playbook.digest,
        account.level,
        account.tag_prefix,
        repr(sorted(account.thresholds.items())),
        ticket.subject,
        *(f"{message.id} {message.author_role} {message.text}" for message in ticket.messages if message.public),
    ):
        encoded = part.encode("utf-8", "replace")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def _plain(annotation: Annotation) -> dict[str, Any]:
    data = dataclasses.asdict(annotation)
    for key in ("add_tags", "remove_tags"):
        data[key] = sorted(data[key])
    data["due_at"] = annotation.due_at.isoformat() if annotation.due_at else None
    data["macros"] = list(annotation.macros)
    return data


def _annotation(data: Mapping[str, Any]) -> Annotation | None:
    if not data:
        return None
    return Annotation(
        **{
            **data,
            "add_tags": frozenset(data["add_tags"]),
            "remove_tags": frozenset(data["remove_tags"]),
            "priority": Priority(data["priority"]) if data["priority"] else None,
            "due_at": datetime.fromisoformat(data["due_at"]) if data["due_at"] else None,
            "macros": tuple(data["macros"]),
        }
    )
