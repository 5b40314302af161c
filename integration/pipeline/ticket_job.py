"""The job: read one ticket as it is now, decide, store the decision, write the difference. Safe to run twice."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import structlog
from redis.exceptions import LockError, LockNotOwnedError

from adapters.contract import AuthorRole, Capability, Gone, Helpdesk, Permanent, Status, Throttled, Ticket, Unauthorised
from integration.complaints import zones
from integration.complaints.classifier import Classifier
from integration.complaints.reading import Level as Sureness
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.pipeline import deadline_job, goodwill
from integration.pipeline.context import Context
from integration.pipeline.corrections import read_corrected
from integration.pipeline.macro_shelf import macros_of, provisioned_macros
from integration.pipeline.suggestion import Suggestion, stored, suggest
from integration.pipeline.writing import annotation_of, contact_of, plain, settle, write
from integration.recovery.goodwill import Grant
from integration.recovery.macros import MacroRanker
from integration.recovery.plan import Standing, Surroundings, plan
from integration.recovery.playbook import Playbook
from integration.recovery.relationship import Outcome as Kept
from integration.recovery.relationship import PastComplaint
from integration.recovery.watch import State
from integration.settings import AccountSettings, Handling, Level
from integration.store.deadlines import Deadlines
from integration.store.store import Decision, Outcome, new_decision_id

log = structlog.get_logger()

LOCK_PAUSE = timedelta(seconds=2)


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
    goodwill.heed_tags(context, account, ticket)
    fingerprint = _fingerprint(ticket, account, brain, goodwill.standing(context, account_name, ticket_id))
    state = context.store.ticket_state(account_name, ticket_id)
    if state is not None and ticket.status in (Status.SOLVED, Status.CLOSED):
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
        decision = _decide(context, brain, account, helpdesk, ticket, fingerprint)
        context.store.add(decision)

    if not decision.annotation or account.level is not Level.ANNOTATE:
        outcome = Outcome.WITHHELD if decision.annotation else Outcome.SILENT
        context.store.finish(decision, outcome, version=ticket.version, contact=contact_of(ticket))
    else:
        standing = context.store.ticket_state(account_name, ticket_id)
        outcome = write(context.store, helpdesk, ticket, decision, standing.tags if standing else frozenset())
    if outcome is Outcome.WRITTEN:
        # The ticket is not as it was read any more; what its clock has to say comes with the next mark, unless an answer
        # of ours is what was read: whether that keeps the deadline must not wait.
        if not _ends_with_an_answer(ticket):
            return outcome
        ticket = zones.read(helpdesk.fetch(ticket_id))
    return deadline_job.look(context, account, ticket) or outcome


def _ends_with_an_answer(ticket: Ticket) -> bool:
    said = [message.author_role for message in ticket.messages if message.public]
    return bool(said) and said[-1] is AuthorRole.AGENT


def _decide(
    context: Context,
    brain: Brain,
    account: AccountSettings,
    helpdesk: Helpdesk,
    ticket: Ticket,
    fingerprint: str,
) -> Decision:
    """What to do about the ticket; where that sets a clock, it runs from here on."""
    handling = account.handling(ticket.brand)
    classifier = brain.classifier.with_thresholds(account.thresholds)
    reading = read_corrected(context.store, classifier, account.name, ticket)
    labels = reading.labels(Sureness.SHOW if account.level is Level.SUGGEST else Sureness.WRITE)
    past, contacts = _relationship(context, account, handling, ticket)
    around = Surroundings(
        calendar=handling.calendar,
        standing=_standing(context, account.name, ticket.id),
        past=past,
        contacts=contacts,
        macros=MacroRanker(handling.playbook, macros) if (macros := macros_of(context, account.name)) else None,
        provisioned=provisioned_macros(context, account.name, ticket.brand),
        tag_prefix=account.tag_prefix,
        notes_can_be_edited=Capability.EDIT_NOTE in helpdesk.capabilities,
        note_limit=helpdesk.note_limit,
    )
    planned = plan(new_decision_id(), ticket, reading, labels, handling.playbook, around)
    names = tuple(label.value for label in labels)
    grants = goodwill.grants_on(context, account.name, ticket.id, handling.playbook)
    if planned is not None and planned.is_new_clock:
        deadline_job.start(context, account, ticket, planned, names)
    return Decision(
        id=planned.annotation.decision_id if planned else new_decision_id(),
        account=account.name,
        ticket_id=ticket.id,
        fingerprint=fingerprint,
        anchor_message=reading.anchor,
        level=account.level,
        labels=names,
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
        panel=stored(_suggestion(ticket, reading, handling.playbook, around, context.now(), grants)),
        annotation=plain(planned.annotation) if planned else {},
        outcome=Outcome.PLANNED,
        created_at=context.now(),
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
    ticket: Ticket,
    reading: Reading,
    playbook: Playbook,
    around: Surroundings,
    now: datetime,
    grants: tuple[Grant, ...],
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
        grants=grants,
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


def _fingerprint(ticket: Ticket, account: AccountSettings, brain: Brain, granted: Iterable[str]) -> str:
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
        *granted,
    ):
        encoded = part.encode("utf-8", "replace")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()
