"""What the passing of time does to a ticket: at risk, breached or kept, with tags, an internal note, and an alert."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from html import escape
from typing import Any

import structlog

from adapters.contract import Annotation, HelpdeskError, Permanent, Status, Ticket, Unauthorised
from integration.complaints.taxonomy import Complaint
from integration.pipeline.context import Context
from integration.pipeline.corrections import is_struck
from integration.pipeline.writing import plain, settle, write
from integration.recovery.clock_rules import ClockRuleSchema
from integration.recovery.deadlines import Deadline, due, words
from integration.recovery.plan import Plan
from integration.recovery.playbook import Playbook
from integration.recovery.watch import State, Watched, marks, watch
from integration.settings import AccountSettings, Handling, Level
from integration.store.deadlines import Deadlines, RunningDeadline
from integration.store.models import RUN_ON
from integration.store.store import Decision, Outcome, new_decision_id

log = structlog.get_logger()

_TOLD = (State.AT_RISK, State.BREACHED)
# A ticket that cannot be read or written is not asked for again at every tick.
_AFTER_FAILURE = timedelta(minutes=15)


def start(
    context: Context, account: AccountSettings, ticket: Ticket, planned: Plan, complaints: tuple[str, ...]
) -> None:
    """Start the clock of a plan; the same plan again starts nothing new."""
    _start(
        context,
        account,
        ticket,
        decision_id=planned.annotation.decision_id,
        complaint=planned.clock_of.value,
        complaints=complaints,
        started_at=planned.started_at,
        deadline=planned.deadline,
        updates=asdict(planned.updates) | {"kind": planned.updates.kind} if planned.updates else {},
    )


def remember(
    context: Context, account: AccountSettings, ticket: Ticket, planned: Plan, complaints: tuple[str, ...]
) -> None:
    """Put a plan's clock into the customer's history as it ended, without ever letting it run."""
    seen = _watched(context, account, ticket, planned.started_at, planned.deadline.due_at)
    state = seen.state if seen.state in (State.KEPT, State.BREACHED) else State.ENDED
    _start(
        context,
        account,
        ticket,
        decision_id=planned.annotation.decision_id,
        complaint=planned.clock_of.value,
        complaints=complaints,
        started_at=planned.started_at,
        deadline=planned.deadline,
        updates={},
        over=dataclasses.replace(
            seen, state=state, next_at=None, answered_at=seen.answered_at or planned.deadline.due_at
        ),
    )


def _start(
    context: Context,
    account: AccountSettings,
    ticket: Ticket,
    *,
    decision_id: str,
    complaint: str,
    complaints: tuple[str, ...],
    started_at: datetime,
    deadline: Deadline,
    updates: Mapping[str, Any],
    over: Watched | None = None,
) -> None:
    calendar = account.handling(ticket.brand).calendar
    Deadlines(context.store).start(
        account=account.name,
        ticket_id=ticket.id,
        decision_id=decision_id,
        complaint=complaint,
        complaints=complaints,
        requester_id=ticket.requester.id,
        company_id=ticket.requester.company_id,
        started_at=started_at,
        due_at=deadline.due_at,
        explanation=deadline.explanation,
        updates=updates,
        next_at=None if over else marks(started_at, deadline.due_at, calendar)[0][1],
        state=over.state if over else State.DUE,
        mark=over.mark if over else 0,
        answered_at=over.answered_at if over else None,
        called_before=_call_tag(account, ticket) in ticket.tags,
    )


def close(context: Context, account: str, ticket_id: str) -> None:
    """The ticket is gone: what ran on it is over, and the clock has no reason to come back unless the ticket does."""
    if Deadlines(context.store).close(account, ticket_id, state=State.GONE, at=context.now()):
        log.info("clock_closed", account=account, ticket=ticket_id, reason="the ticket is gone")


def put_off(context: Context, account: str, ticket_id: str) -> None:
    """This ticket could not be read or written: its clock comes back to it, but not every minute."""
    now = context.now()
    Deadlines(context.store).put_off(account, ticket_id, now=now, until=now + _AFTER_FAILURE)


def look(
    context: Context, account: AccountSettings, ticket: Ticket, *, refused: HelpdeskError | None = None
) -> Outcome | None:
    """See how the ticket's clock stands now and bring that onto the ticket. `ticket` is as it was just read.

    Returns the outcome of a write, None if there was nothing to write. Raises HelpdeskError; what the helpdesk refuses,
    or has just `refused`, is raised once the clock has been seen to: the alert does not wait for the ticket.
    """
    deadlines = Deadlines(context.store)
    # A ticket comes back from trash or spam with its clock; what is closed lets nobody write on it.
    clock = deadlines.newest(account.name, ticket.id, or_gone=ticket.status is not Status.CLOSED)
    if clock is None or clock.state == "replaced":
        return None
    handling = account.handling(ticket.brand)
    now = context.now()
    again = now + _AFTER_FAILURE
    called_before = clock.called_before and _call_tag(account, ticket) in ticket.tags
    seen = _watched(context, account, ticket, clock.started_at, clock.due_at, called_before=called_before)
    struck = context.store.feedback.set_aside(account.name, ticket.id)
    if seen.next_at is not None and is_struck(struck, clock.complaints, clock.started_at):
        # An agent has said that this is no complaint: nothing is due any more.
        seen = Watched(State.ENDED, seen.mark, None)
    outcome, over_at = None, seen.answered_at or _over(seen, now)
    to_tell = account.level is Level.ANNOTATE and (clock.untold or seen.state != clock.state)
    if to_tell and refused is None:
        try:
            outcome = _tell(context, account, handling, ticket, clock, seen, now)
        except (Permanent, Unauthorised) as error:
            refused = error
    untold = to_tell and refused is not None and over_at is None
    deadlines.passed(
        clock.id,
        state=seen.state,
        mark=seen.mark,
        next_at=min(seen.next_at or again, again) if untold else seen.next_at,
        answered_at=over_at,
        called_before=called_before,
        untold=untold,
    )
    if seen.mark != clock.mark or seen.state != clock.state:
        log.info("clock_passed", account=account.name, ticket=ticket.id, mark=seen.mark, state=str(seen.state))
    if seen.state in _TOLD and seen.state != clock.state and account.level is not Level.SHADOW:
        deadlines.alert(account.name, clock.id, seen.state, _alert(account.name, ticket, clock, handling, now), now)
    if seen.state is State.KEPT and clock.updates:
        _run_on(context, account, ticket, clock, seen)
    if refused is not None:
        raise refused
    return outcome


def _watched(
    context: Context,
    account: AccountSettings,
    ticket: Ticket,
    started_at: datetime,
    due_at: datetime,
    *,
    called_before: bool = False,
) -> Watched:
    calendar = account.handling(ticket.brand).calendar
    call_tags = () if called_before else (_call_tag(account, ticket),)
    return watch(started_at, due_at, calendar, ticket, context.now(), call_tags=call_tags)


def _call_tag(account: AccountSettings, ticket: Ticket) -> str:
    return account.tag_prefix + account.handling(ticket.brand).playbook.tags.called


def _over(seen: Watched, now: datetime) -> datetime | None:
    return now if seen.state is State.ENDED else None


def _tell(
    context: Context,
    account: AccountSettings,
    handling: Handling,
    ticket: Ticket,
    clock: RunningDeadline,
    seen: Watched,
    now: datetime,
) -> Outcome | None:
    """Write the state's tag, and a note for what an agent must know. Once, however often it is called."""
    fingerprint = f"clock:{clock.id}:{seen.state}"
    decision = context.store.unfinished(account.name, ticket.id)
    if decision is not None and decision.fingerprint != fingerprint:
        settle(context.store, context.helpdesks[account.name], ticket, decision)
        decision = None
    if decision is None:
        if context.store.is_finished(account.name, ticket.id, fingerprint):
            return None
        decision = context.store.refused(account.name, ticket.id, fingerprint)
    if decision is None:
        annotation = _annotation(account, handling, ticket, clock, seen, now)
        decision = Decision(
            id=annotation.decision_id,
            account=account.name,
            ticket_id=ticket.id,
            fingerprint=fingerprint,
            anchor_message=None,
            level=account.level,
            labels=(),
            scores={},
            evidence=(),
            silence=None,
            annotation=plain(annotation),
            outcome=Outcome.PLANNED,
            created_at=now,
            kind="clock",
        )
        context.store.add(decision)
    state = context.store.ticket_state(account.name, ticket.id)
    ours = state.tags if state else frozenset()
    return write(context.store, context.helpdesks[account.name], ticket, decision, ours)


def _annotation(
    account: AccountSettings,
    handling: Handling,
    ticket: Ticket,
    clock: RunningDeadline,
    seen: Watched,
    now: datetime,
) -> Annotation:
    states = {account.tag_prefix + tag for tag in handling.playbook.tags.states}
    add = {account.tag_prefix + tag for tag in _state_tags(handling.playbook, seen.state)}
    return Annotation(
        decision_id=new_decision_id(),
        add_tags=frozenset(add),
        remove_tags=frozenset(ticket.tags & states) - frozenset(add),
        note_html=f"<p>{escape(_words(clock, handling, seen, now))}</p>" if seen.state in _TOLD else None,
    )


def _state_tags(playbook: Playbook, state: State) -> list[str]:
    tags = playbook.tags
    return {
        State.DUE: [tags.due],
        State.AT_RISK: [tags.at_risk],
        State.BREACHED: [tags.breached],
        State.KEPT: [tags.kept],
        State.ENDED: [],
        State.GONE: [],
    }[state]


def _words(clock: RunningDeadline, handling: Handling, seen: Watched, now: datetime) -> str:
    remedy = handling.playbook.remedies[Complaint(clock.complaint)].first
    if seen.state is State.AT_RISK:
        return f"At risk: nobody has answered yet. Due {_due_words(clock, handling, now)}. {remedy.text}"
    return f"Breached: nobody answered in time ({_due_words(clock, handling, now)}). {remedy.text}"


def _due_words(clock: RunningDeadline, handling: Handling, now: datetime) -> str:
    return words(Deadline(clock.due_at.astimezone(handling.calendar.zone), clock.explanation), now)


def _alert(account: str, ticket: Ticket, clock: RunningDeadline, handling: Handling, now: datetime) -> str:
    """No word of the customer's: the ticket, what is due, and where to look."""
    where = f" {ticket.url}" if ticket.url else ""
    return (
        f"{account} ticket {ticket.id}: {Complaint(clock.complaint).words}, {_due_words(clock, handling, now)}.{where}"
    )


def _run_on(context: Context, account: AccountSettings, ticket: Ticket, clock: RunningDeadline, seen: Watched) -> None:
    """The customer has been answered, and is owed the next update by a date of its own."""
    rule = ClockRuleSchema().load(dict(clock.updates))
    assert seen.answered_at is not None
    _start(
        context,
        account,
        ticket,
        decision_id=f"{RUN_ON}{clock.id}",
        complaint=clock.complaint,
        complaints=clock.complaints,
        started_at=seen.answered_at,
        deadline=due(rule, seen.answered_at, account.handling(ticket.brand).calendar),
        updates=clock.updates,
    )
