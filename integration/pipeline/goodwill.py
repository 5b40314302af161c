"""Gestures of goodwill at work: asked for by an agent, allowed within the limit, else answered by somebody who may.

Nobody's role is believed because a browser says so: whoever asks through the sidebar counts as the lowest role. An
approver is an operator of this installation (console, command line), or a person whom the helpdesk itself names as the
one who set the tag and whom the configuration lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import structlog
from redis.exceptions import RedisError

from adapters.contract import Capability, Tagging, Ticket
from integration.complaints.taxonomy import Complaint
from integration.pipeline.context import Context
from integration.pipeline.suggestion import OfferedGoodwill
from integration.recovery.goodwill import (
    Answer,
    Grant,
    State,
    Verdict,
    answered_by_tags,
    asking_role,
    decide,
    highest_role,
)
from integration.recovery.playbook import Playbook
from integration.settings import AccountSettings
from integration.store.goodwill import APPROVED, PENDING, WITHDRAWN, AskedGesture, Goodwill

log = structlog.get_logger()

LOCK_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking, and what is kept of it (None where it was refused)."""

    verdict: Verdict
    kept: AskedGesture | None = None


def ask(
    context: Context,
    account: AccountSettings,
    ticket_id: str,
    offer: OfferedGoodwill,
    gesture: str,
    amount: Decimal,
    *,
    by: str = "",
) -> Asked:
    """An agent wants to give this to the ticket's customer. Approved at once within the agent's limit, kept for an answer
    above it. `by` is a hint. Raises RedisError: two who ask at once must not both get the whole limit."""
    playbook, complaint = account.handling(offer.brand).playbook, Complaint(offer.complaint)
    table, now = Goodwill(context.store), context.now()
    with _one_at_a_time(context, account.name):
        requester = table.requester_of(account.name, ticket_id)
        given = table.of_customer(account.name, ticket_id, requester)
        for one in given:
            if (one.ticket_id, one.gesture) == (ticket_id, gesture) and one.state in (PENDING, APPROVED):
                return Asked(Verdict(Answer.REFUSED, f"{gesture} is {one.state} on this ticket already"))
        role = asking_role(playbook, complaint, repeat=offer.repeat)
        verdict = decide(
            playbook, complaint, gesture, amount, role, now=now, earlier=map(_grant, given), repeat=offer.repeat
        )
        if verdict.answer is Answer.REFUSED:
            return Asked(verdict)
        allowed = verdict.answer is Answer.ALLOWED
        kept = table.add(
            AskedGesture(
                account=account.name,
                ticket_id=ticket_id,
                requester_id=requester,
                complaint=complaint.value,
                gesture=gesture,
                amount=amount.quantize(Decimal("0.01")),
                currency=playbook.goodwill.currency,
                state=APPROVED if allowed else PENDING,
                asked_at=now,
                brand=offer.brand,
                again=offer.repeat,
                approver=verdict.approver,
                asked_by=by,
                answered_at=now if allowed else None,
                answered_by=role if allowed else None,
                via="limit" if allowed else None,
            )
        )
    if allowed:
        _draft_anew(context, kept)
    return Asked(verdict, kept)


def withdraw(context: Context, account: str, ticket_id: str, request_id: int) -> bool:
    """Take back what was asked for on this ticket; False if there is nothing to take back."""
    table = Goodwill(context.store)
    one = table.get(request_id)
    if one is None or (one.account, one.ticket_id) != (account, ticket_id):
        return False
    done = table.answer(
        request_id, WITHDRAWN, by="the agent", via="panel", at=context.now(), only_from=(PENDING, APPROVED)
    )
    if done:
        _draft_anew(context, one)
    return done


def answer(context: Context, request_id: int, *, approve: bool, by: str, via: str, role: str | None = None) -> Verdict:
    """Approve or decline what was asked for. `by` is the person, `via` the way ("console", "cli", "tag"); `role` bounds
    what they may approve, None stands for the playbook's highest. Refused where it is answered already, or more than may
    be given by now. Raises RedisError."""
    table = Goodwill(context.store)
    one = table.get(request_id)
    if one is None or one.account not in context.settings.accounts:
        return Verdict(Answer.REFUSED, f"there is no request {request_id}")
    if one.state != PENDING:
        who = f" by {one.answered_by}" if one.answered_by else ""
        return Verdict(Answer.REFUSED, f"request {request_id} is {one.state} already{who}")
    playbook, complaint = context.account(one.account).handling(one.brand).playbook, Complaint(one.complaint)
    role = role or highest_role(playbook, complaint, repeat=one.again)
    with _one_at_a_time(context, one.account):
        verdict = Verdict(Answer.ALLOWED, "declined")
        if approve:
            given = table.of_customer(one.account, one.ticket_id, one.requester_id)
            verdict = decide(
                playbook,
                complaint,
                one.gesture,
                one.amount,
                role,
                now=context.now(),
                earlier=[_grant(other) for other in given if other.id != one.id],
                repeat=one.again,
            )
            if verdict.answer is not Answer.ALLOWED:
                return verdict
        state = State.APPROVED if approve else State.DECLINED
        if not table.answer(request_id, state, by=by, via=via, at=context.now()):
            return Verdict(Answer.REFUSED, f"request {request_id} was answered by somebody else in the meantime")
    log.info("goodwill_answered", account=one.account, ticket=one.ticket_id, request=request_id, state=state, via=via)
    _draft_anew(context, one)
    return verdict


def heed_tags(context: Context, account: AccountSettings, ticket: Ticket) -> None:
    """Answer what waits on this ticket by the tag that an approver has put there.

    The tag counts only if the helpdesk tells that a listed person set it after the request was made. Where it tells
    nothing, it counts if the account lets unnamed tags count, and once. Raises HelpdeskError, RedisError.
    """
    asked = Goodwill(context.store).of_ticket(account.name, ticket.id)
    waiting = [one for one in asked if one.state == PENDING]
    if not waiting:
        return
    playbook = account.handling(ticket.brand).playbook
    said = answered_by_tags(ticket.tags, playbook.tags, account.tag_prefix)
    if said is None:
        return
    name = playbook.tags.goodwill_approved if said is State.APPROVED else playbook.tags.goodwill_declined
    helpdesk = context.helpdesks[account.name]
    if Capability.TAG_HISTORY in helpdesk.capabilities:
        tagging = helpdesk.who_tagged(ticket.id, account.tag_prefix + name)
        role = _role_of(account, playbook, tagging)
        if tagging is None or role is None:
            log.warning("goodwill_tag_passed_over", account=account.name, ticket=ticket.id, tag=name)
            return
        # Helpdesks tell times to the second.
        waiting = [one for one in waiting if one.asked_at.replace(microsecond=0) <= tagging.at]
        by = tagging.email or tagging.person_id
    elif account.goodwill.unnamed_tags:
        if any(one.via == "tag" and one.state == said for one in asked):
            return
        role, by = None, "whoever set the tag"
    else:
        log.warning("goodwill_tag_unnamed", account=account.name, ticket=ticket.id, tag=name)
        return
    for one in waiting:
        verdict = answer(context, one.id, approve=said is State.APPROVED, by=by, via="tag", role=role)
        if verdict.answer is not Answer.ALLOWED:
            log.warning("goodwill_tag_refused", account=account.name, ticket=ticket.id, reason=verdict.reason)


def grants_on(context: Context, account: str, ticket_id: str, playbook: Playbook) -> tuple[Grant, ...]:
    """What was granted on this ticket and is still on the playbook's menu."""
    asked = Goodwill(context.store).of_ticket(account, ticket_id)
    return tuple(_grant(one) for one in asked if one.state == APPROVED and one.gesture in playbook.goodwill.gestures)


def standing(context: Context, account: str, ticket_id: str) -> list[str]:
    """Stands for all that drafts of this ticket may mention: another list, another draft."""
    asked = Goodwill(context.store).of_ticket(account, ticket_id)
    return [f"goodwill {one.id}" for one in asked if one.state == APPROVED]


def spent(context: Context, account: str | None, since: datetime, until: datetime) -> Mapping[tuple[str, str], Decimal]:
    """What was approved in this time, by complaint and currency; complaints without any are left out."""
    return Goodwill(context.store).spent([account] if account else None, since, until)


def _role_of(account: AccountSettings, playbook: Playbook, tagging: Tagging | None) -> str | None:
    """The highest role that lists whoever set the tag; None for those who are not listed, and for customers."""
    if tagging is None or not tagging.is_staff:
        return None
    known = {tagging.person_id, tagging.email.casefold()} - {""}
    listed = [role for role in playbook.goodwill.limits if known & account.goodwill.approvers.get(role, frozenset())]
    return listed[-1] if listed else None


def _grant(one: AskedGesture) -> Grant:
    return Grant(one.answered_at or one.asked_at, Complaint(one.complaint), one.gesture, one.amount, State(one.state))


def _draft_anew(context: Context, one: AskedGesture) -> None:
    """What is granted belongs into the draft: the ticket is read again."""
    try:
        context.queue.offer(one.account, one.ticket_id)
    except RedisError as error:
        # The sweep, or the customer's next message, brings it.
        log.error("queue_away", account=one.account, error=type(error).__name__)


@contextmanager
def _one_at_a_time(context: Context, account: str) -> Iterator[None]:
    with context.redis.lock(f"makeright:goodwill:{account}", timeout=LOCK_SECONDS, blocking_timeout=5):
        yield
