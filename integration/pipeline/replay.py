"""Doing failed work again, and rehearsing what today's configuration would make of a ticket without writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from adapters.contract import HelpdeskError, Ignored, Unreadable
from integration.complaints import zones
from integration.pipeline.context import Context
from integration.pipeline.deciding import Brain, decide, fingerprint_of
from integration.pipeline.payload_shape import hook_of
from integration.pipeline.ticket_job import BACKFILL
from integration.store.backfills import Backfills
from integration.store.failures import Failures
from integration.store.store import Failure


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would be decided about a ticket now, at the account's present level. Nothing of it is stored."""

    account: str
    ticket_id: str
    level: str
    labels: tuple[str, ...]
    scores: Mapping[str, float]
    silence: str | None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    priority: str | None = None
    group: str | None = None
    due_at: datetime | None = None
    note: bool = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """`done`: the failure is taken care of (its ticket is in the queue again, or there is nothing to do any more)."""

    done: bool
    words: str


def rehearse(context: Context, brain: Brain, account_name: str, ticket_id: str) -> Rehearsal:
    """Read the ticket as it is now and decide. Raises HelpdeskError."""
    account = context.account(account_name)
    ticket = zones.read(context.helpdesks[account_name].fetch(ticket_id))
    decision, planned = decide(context, brain, account, ticket, fingerprint_of(context, brain, account, ticket))
    if planned is None:
        return Rehearsal(account_name, ticket_id, account.level, decision.labels, decision.scores, decision.silence)
    annotation = planned.annotation
    return Rehearsal(
        account_name,
        ticket_id,
        account.level,
        decision.labels,
        decision.scores,
        decision.silence,
        add_tags=tuple(sorted(annotation.add_tags - ticket.tags)),
        remove_tags=tuple(sorted(annotation.remove_tags & ticket.tags)),
        priority=annotation.priority,
        group=annotation.group,
        due_at=annotation.due_at,
        note=annotation.note_html is not None,
    )


def ticket_of(context: Context, failure: Failure) -> str | Ignored:
    """The ticket that a failure is about, by its webhook as today's adapter reads it where need be. Raises Unreadable."""
    if failure.ticket_id is not None:
        return failure.ticket_id
    hook = hook_of(failure.shape)
    if hook is None:
        raise Unreadable("its payload was not JSON, and nothing more of it was kept")
    hint = context.helpdesks[failure.account].read_hook(hook)
    return hint if isinstance(hint, Ignored) else hint.ticket_id


def replay(context: Context, failure: Failure) -> Replayed:
    """Put a failure's work into the queue again. Raises RedisError."""
    if failure.account not in context.settings.accounts:
        return Replayed(False, f"the account {failure.account} is not configured any more")
    try:
        ticket = ticket_of(context, failure)
    except Unreadable as error:
        return Replayed(False, f"still unreadable: {error}")
    except HelpdeskError as error:
        return Replayed(False, str(error))
    if isinstance(ticket, Ignored):
        words = f"nothing to do: {ticket.reason}"
    elif failure.kind == BACKFILL:
        # As an old ticket: read by the live queue, it would be late at once.
        if not Backfills(context.store).reopen(failure.account, ticket):
            return Replayed(False, f"ticket {ticket} is of a backfill that is over; begin that one anew")
        words = f"ticket {ticket} is open again: `makeright backfill {failure.account}` goes on with it"
    elif failure.shape.get("add") or failure.shape.get("remove"):
        shape = failure.shape
        context.queue.offer_tags(failure.account, ticket, add=shape.get("add", ()), remove=shape.get("remove", ()))
        words = f"the tags for ticket {ticket} are in the queue again"
    else:
        context.queue.offer(failure.account, ticket)
        words = f"ticket {ticket} is in the queue again"
    # What fails once more is a failure of its own.
    Failures(context.store).resolve(failure.id, context.now())
    return Replayed(True, words)
