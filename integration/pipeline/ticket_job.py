"""The job: read one ticket as it is now, decide, store the decision, write the difference. Safe to run twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import structlog
from redis.exceptions import LockError, LockNotOwnedError

from adapters.contract import Annotation, Capability, Gone, Permanent, Status, Throttled, Ticket, Unauthorised
from integration.complaints import zones
from integration.complaints.classifier import Classifier
from integration.complaints.reading import Level as Sureness
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.pipeline import deadline_job
from integration.pipeline.context import Context
from integration.pipeline.macro_shelf import macros_of
from integration.pipeline.metrics import annotated, count
from integration.pipeline.queue import QUEUE_NAME
from integration.pipeline.suggestion import Suggestion, stored, suggest
from integration.pipeline.writing import annotation_of, contact_of, plain, settle, write
from integration.recovery.macros import MacroRanker
from integration.recovery.plan import Plan, Standing, Surroundings, plan
from integration.recovery.playbook import Playbook
from integration.recovery.relationship import Outcome as Kept
from integration.recovery.relationship import PastComplaint
from integration.recovery.watch import State
from integration.settings import AccountSettings, Handling, Level
from integration.store.deadlines import Deadlines
from integration.store.store import Decision, Outcome, new_decision_id

log = structlog.get_logger()

# The kind of a failure that is not to be tried again as a live ticket.
BACKFILL = "backfill"
LOCK_PAUSE = timedelta(seconds=2)
_SOLVED = (Status.SOLVED, Status.CLOSED)


@dataclass(frozen=True, slots=True)
class Brain:
    """What stays loaded in a worker between jobs."""

    classifier: Classifier


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
    attend(account, ticket_id, annotate_ticket)


def attend(account: str, ticket_id: str, work: Callable[[Context, Brain, str, str], Outcome | None]) -> str | None:
    """Do `work` on a ticket while nobody else does. Returns how that ended, None if the ticket comes again later."""
    context = _Worker.context
    context.store.after_fork()
    if account not in context.settings.accounts:
        log.warning("account_unknown", account=account, ticket=ticket_id)
        return "unknown"
    lock = context.queue.lock(account, ticket_id)
    if not lock.acquire():
        context.queue.offer_later(account, ticket_id, LOCK_PAUSE)
        return None
    try:
        context.queue.taken_up(account, ticket_id)
        outcome = work(context, _Worker.brain, account, ticket_id)
        context.store.resolve_failures(account, ticket_id)
        log.info("ticket_done", account=account, ticket=ticket_id, outcome=outcome)
        return outcome or "known"
    except Throttled as error:
        # Those who wait for the same window come back spread over the one after it.
        pause = timedelta(seconds=error.retry_after * (1 + random.random()))
        context.queue.offer_later(account, ticket_id, pause)
        log.info("ticket_throttled", account=account, ticket=ticket_id, seconds=round(pause.total_seconds(), 1))
        return None
    except Gone:
        deadline_job.close(context, account, ticket_id)
        log.info("ticket_gone", account=account, ticket=ticket_id)
        return "gone"
    except (Permanent, Unauthorised) as error:
        kind = "ticket" if context.queue.name == QUEUE_NAME else BACKFILL
        context.store.keep_failure(account, kind, str(error), ticket_id=ticket_id)
        log.error("ticket_failed", account=account, ticket=ticket_id, error=str(error))
        return "failed"
    finally:
        try:
            lock.release()
        except (LockError, LockNotOwnedError):
            log.warning("lock_outlived", account=account, ticket=ticket_id)


def annotate_ticket(
    context: Context, brain: Brain, account_name: str, ticket_id: str, *, backfilled: bool = False
) -> Outcome | None:
    """Read, decide, store, write. Returns the outcome, or None if this text was finished before.

    `backfilled`: the ticket may be an old one; what there is nothing left to do about is stored as history only.
    Raises HelpdeskError; a decision stored before the error is taken up again by the next run.
    """
    account = context.account(account_name)
    helpdesk = context.helpdesks[account_name]
    ticket = zones.read(helpdesk.fetch(ticket_id))
    fingerprint = fingerprint_of(ticket, account, brain)
    state = context.store.ticket_state(account_name, ticket_id)
    if state is not None and ticket.status in _SOLVED:
        context.store.saw_closed(account_name, ticket_id, state.tags & ticket.tags)
    if state is not None and state.fingerprint == fingerprint:
        if state.version != ticket.version:
            context.store.saw_again(account_name, ticket_id, ticket.version)
        return deadline_job.look(context, account, ticket)

    decision = context.store.unfinished(account_name, ticket_id)
    if decision is not None and decision.fingerprint != fingerprint:
        settle(context.store, helpdesk, ticket, decision, state.tags if state else frozenset())
        decision = None
    if decision is None:
        decision, planned = decide(context, brain, account, ticket, fingerprint)
        if planned is not None and planned.is_new_clock:
            past = backfilled and _is_past(context, ticket, planned.annotation)
            (deadline_job.remember if past else deadline_job.start)(context, account, ticket, planned, decision.labels)
        context.store.add(decision)

    annotation = annotation_of(decision.annotation)
    if annotation is None:
        outcome = Outcome.SILENT
    elif backfilled and decision.attempts == 0 and _is_past(context, ticket, annotation):
        outcome = Outcome.PAST
    elif account.level is not Level.ANNOTATE:
        outcome = Outcome.WITHHELD
    else:
        standing = context.store.ticket_state(account_name, ticket_id)
        outcome = write(context.store, helpdesk, ticket, decision, standing.tags if standing else frozenset())
        _count(context, account, ticket, decision, outcome)
        if outcome is Outcome.WRITTEN:
            # The ticket is not as it was read any more; what its clock has to say comes with the next mark.
            return outcome
        return deadline_job.look(context, account, ticket) or outcome
    context.store.finish(decision, outcome, version=ticket.version, contact=contact_of(ticket))
    _count(context, account, ticket, decision, outcome)
    return outcome if outcome is Outcome.PAST else deadline_job.look(context, account, ticket) or outcome


def _count(context: Context, account: AccountSettings, ticket: Ticket, decision: Decision, outcome: Outcome) -> None:
    log.info("decided", account=account.name, ticket=ticket.id, decision=decision.id, outcome=outcome)
    for label in decision.labels or ("none",):
        count(context.redis, "makeright_decisions", account.name, label, account.level, outcome)
    said_at = next((message.at for message in ticket.messages if message.id == decision.anchor_message), None)
    if outcome is Outcome.WRITTEN and said_at is not None and context.queue.name == QUEUE_NAME:
        annotated(context.redis, account.name, (context.now() - said_at).total_seconds())


def _is_past(context: Context, ticket: Ticket, annotation: Annotation) -> bool:
    """Nothing can be put right any more: the ticket is solved, or its deadline was over before we came."""
    return ticket.status in _SOLVED or (annotation.due_at is not None and annotation.due_at <= context.now())


def decide(
    context: Context, brain: Brain, account: AccountSettings, ticket: Ticket, fingerprint: str
) -> tuple[Decision, Plan | None]:
    """What to do about the ticket, and the plan behind it. Nothing is stored or written by this."""
    handling = account.handling(ticket.brand)
    reading = brain.classifier.with_thresholds(account.thresholds).read_ticket(ticket)
    shown = reading.labels(Sureness.SHOW)
    labels = shown if account.level is Level.SUGGEST else reading.labels(Sureness.WRITE)
    planned, panel = None, Suggestion((), _anchor_at(ticket, reading))
    if shown:
        # What is known of the customer and which macros there are costs queries: only for what is to be shown.
        around = _surroundings(context, account, handling, ticket)
        planned = plan(new_decision_id(), ticket, reading, labels, handling.playbook, around)
        panel = _suggestion(ticket, reading, handling.playbook, around, context.now())
    decision = Decision(
        id=planned.annotation.decision_id if planned else new_decision_id(),
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
        panel=stored(panel),
        annotation=plain(planned.annotation) if planned else {},
        outcome=Outcome.PLANNED,
        created_at=context.now(),
        requester_id=ticket.requester.id or None,
        text=_anchor_text(ticket, reading) if account.privacy.keep_text else None,
    )
    return decision, planned


def _anchor_at(ticket: Ticket, reading: Reading) -> datetime | None:
    return next((message.at for message in ticket.messages if message.id == reading.anchor), None)


def _anchor_text(ticket: Ticket, reading: Reading) -> str | None:
    return next((message.text for message in ticket.messages if message.id == reading.anchor), None)


def _surroundings(context: Context, account: AccountSettings, handling: Handling, ticket: Ticket) -> Surroundings:
    helpdesk = context.helpdesks[account.name]
    past, contacts = _relationship(context, account, handling, ticket)
    return Surroundings(
        calendar=handling.calendar,
        standing=_standing(context, account.name, ticket.id),
        past=past,
        contacts=contacts,
        macros=MacroRanker(handling.playbook, macros) if (macros := macros_of(context, account.name)) else None,
        tag_prefix=account.tag_prefix,
        notes_can_be_edited=Capability.EDIT_NOTE in helpdesk.capabilities,
        note_limit=helpdesk.note_limit,
    )


def _relationship(
    context: Context, account: AccountSettings, handling: Handling, ticket: Ticket
) -> tuple[tuple[PastComplaint, ...], tuple[datetime, ...]]:
    """What we know of this customer from other tickets."""
    rules, deadlines, who = handling.playbook.relationship, Deadlines(context.store), ticket.requester
    since = context.now() - max(rules.repeat_within, rules.repeat_contact_within)
    outcomes = {State.KEPT.value: Kept.KEPT, State.BREACHED.value: Kept.BROKEN}
    past = [
        PastComplaint(one.started_at, Complaint(name), outcomes.get(one.state, Kept.NONE), not one.same_requester)
        for one in deadlines.past(account.name, who.id, who.company_id, since=since, but=ticket.id)
        for name in one.complaints
    ]
    return tuple(past), tuple(deadlines.contacts(account.name, who.id, since=since, but=ticket.id))


def _suggestion(
    ticket: Ticket, reading: Reading, playbook: Playbook, around: Surroundings, now: datetime
) -> Suggestion:
    """What agents are shown: also labels that are not sure enough to be written."""
    shown = reading.labels(Sureness.SHOW)
    planned = plan(new_decision_id(), ticket, reading, shown, playbook, around)
    return suggest(
        ticket,
        reading,
        planned,
        playbook,
        around.calendar,
        now,
        labels=shown,
        tag_prefix=around.tag_prefix,
    )


def _standing(context: Context, account: str, ticket_id: str) -> Standing:
    state = context.store.ticket_state(account, ticket_id)
    if state is None:
        return Standing()
    written = [
        d
        for d in context.store.decisions(account, ticket_id)
        if d.kind == "reading" and d.outcome in (Outcome.WRITTEN, Outcome.UNCHANGED)
    ]
    annotations = [annotation for d in written if (annotation := annotation_of(d.annotation)) is not None]
    return Standing(
        tags=state.tags,
        note_id=state.note_id,
        labels=frozenset(Complaint(label) for label in written[0].labels) if written else frozenset(),
        due_at=next((a.due_at for a in annotations if a.due_at), None),
        priority=next((a.priority for a in annotations if a.priority), None),
        group=next((a.group for a in annotations if a.group), None),
    )


def fingerprint_of(ticket: Ticket, account: AccountSettings, brain: Brain) -> str:
    """Stands for everything a decision depends on: if it is unchanged, so is the decision."""
    digest = blake2b(digest_size=20)
    for part in (
        brain.classifier.version,
        account.handling(ticket.brand).playbook.digest,
        account.level,
        account.tag_prefix,
        repr(sorted(account.thresholds.items())),
        ticket.subject,
        *(f"{message.id} {message.author_role} {message.text}" for message in ticket.messages if message.public),
    ):
        encoded = part.encode("utf-8", "replace")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()
