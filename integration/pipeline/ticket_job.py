"""The job: read one ticket as it is now, decide, store the decision, write the difference. Safe to run twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import structlog

from adapters.contract import Annotation, AuthorRole, Gone, Permanent, Status, Throttled, Ticket, Unauthorised
from integration.complaints import zones
from integration.pipeline import deadline_job, goodwill
from integration.pipeline.context import Context, with_made_fields
from integration.pipeline.deciding import Brain, decide, fingerprint_of
from integration.pipeline.metrics import annotated, count
from integration.pipeline.queue import LOCK_PAUSE, QUEUE_NAME
from integration.pipeline.writing import annotation_of, contact_of, settle, write
from integration.settings import AccountSettings, Level
from integration.store.store import Decision, Outcome

log = structlog.get_logger()

# The kind of a failure that is not to be tried again as a live ticket.
BACKFILL = "backfill"
_SOLVED = (Status.SOLVED, Status.CLOSED)


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
    with context.queue.alone_with(account, ticket_id) as alone:
        if alone:
            return _attend(context, account, ticket_id, work)
    # The mark is this job's own; left standing, it would hold back the reading that is put off.
    context.queue.taken_up(account, ticket_id)
    context.queue.offer_later(account, ticket_id, LOCK_PAUSE)
    return None


def _attend(
    context: Context, account: str, ticket_id: str, work: Callable[[Context, Brain, str, str], Outcome | None]
) -> str | None:
    try:
        context.queue.taken_up(account, ticket_id)
        context = with_made_fields(context, account)
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
        deadline_job.put_off(context, account, ticket_id)
        log.error("ticket_failed", account=account, ticket=ticket_id, error=str(error))
        return "failed"
    except Exception:
        # RQ repeats this job; the clock is not to add another at every tick.
        context.queue.broken_off(account, ticket_id)
        deadline_job.put_off(context, account, ticket_id)
        raise


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
    goodwill.heed_tags(context, account, ticket)
    fingerprint = fingerprint_of(context, brain, account, ticket)
    state = context.store.ticket_state(account_name, ticket_id)
    if state is not None and ticket.status in _SOLVED:
        context.store.saw_closed(account_name, ticket_id, state.tags & ticket.tags)
    if state is not None and state.fingerprint == fingerprint:
        if state.version != ticket.version:
            context.store.saw_again(account_name, ticket_id, ticket.version)
        return deadline_job.look(context, account, ticket)

    decision = context.store.unfinished(account_name, ticket_id)
    if decision is not None and decision.fingerprint != fingerprint:
        settle(context.store, helpdesk, ticket, decision)
        decision = None
    # What the helpdesk refused is tried again as it was decided: each pass would add another decision otherwise.
    decision = decision or context.store.refused(account_name, ticket_id, fingerprint)
    if decision is None:
        decision, planned = decide(context, brain, account, ticket, fingerprint)
        if planned is not None and planned.is_new_clock:
            past = backfilled and _is_past(context, ticket, planned.annotation)
            (deadline_job.remember if past else deadline_job.start)(context, account, ticket, planned, decision.labels)
        context.store.add(decision)

    try:
        outcome = _carried_out(context, account, ticket, decision, backfilled=backfilled)
    except (Permanent, Unauthorised) as error:
        # The clock runs whatever the ticket takes, and the team hears of it.
        deadline_job.look(context, account, ticket, refused=error)
        raise
    _count(context, account, ticket, decision, outcome)
    if outcome is Outcome.PAST:
        return outcome
    if outcome is Outcome.WRITTEN:
        # The ticket is not as it was read any more; what its clock has to say comes with the next mark, unless an answer
        # of ours is what was read: whether that keeps the deadline must not wait.
        if not _ends_with_an_answer(ticket):
            return outcome
        ticket = zones.read(helpdesk.fetch(ticket_id))
    return deadline_job.look(context, account, ticket) or outcome


def _carried_out(
    context: Context, account: AccountSettings, ticket: Ticket, decision: Decision, *, backfilled: bool
) -> Outcome:
    annotation = annotation_of(decision.annotation)
    if annotation is None:
        outcome = Outcome.SILENT
    elif backfilled and decision.attempts == 0 and _is_past(context, ticket, annotation):
        outcome = Outcome.PAST
    elif account.level is not Level.ANNOTATE:
        outcome = Outcome.WITHHELD
    else:
        standing = context.store.ticket_state(account.name, ticket.id)
        helpdesk = context.helpdesks[account.name]
        return write(context.store, helpdesk, ticket, decision, standing.tags if standing else frozenset())
    context.store.finish(decision, outcome, version=ticket.version, contact=contact_of(ticket))
    return outcome


def _ends_with_an_answer(ticket: Ticket) -> bool:
    said = [message.author_role for message in ticket.messages if message.public]
    return bool(said) and said[-1] is AuthorRole.AGENT


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
