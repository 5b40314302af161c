"""The job of a backfill: like the live one, but it knows that the ticket may be old, or that nothing may be written.

What there is nothing left to do about becomes history: it counts when the customer is failed again, and in the shadow
report, and no clock, tag, note or alert comes of it. In a shadow run that holds for every ticket, and tickets that were
decided about already are left as they stand.
"""

from __future__ import annotations

import dataclasses
from functools import partial

from adapters.contract import Ticket
from integration.complaints import zones
from integration.pipeline.context import Context
from integration.pipeline.deciding import Brain, decide, fingerprint_of
from integration.pipeline.ticket_job import annotate_ticket, attend, working_context
from integration.settings import Level
from integration.store.backfills import Backfills
from integration.store.store import Outcome


def run(account: str, ticket_id: str) -> None:
    """What RQ calls. Raises what may pass (RQ repeats the job), swallows what a repetition cannot mend."""
    backfills = Backfills(working_context().store)
    working_context().store.after_fork()
    backfill = backfills.of(account)
    work = _in_shadow if backfill and backfill.shadow else partial(annotate_ticket, backfilled=True)
    ended = attend(account, ticket_id, work)
    if ended is not None:
        backfills.done(account, ticket_id, ended)


def _in_shadow(context: Context, brain: Brain, account: str, ticket_id: str) -> Outcome | None:
    if context.store.ticket_state(account, ticket_id) is not None:
        return None
    return foresee(context, brain, account, zones.read(context.helpdesks[account].fetch(ticket_id)))


def foresee(context: Context, brain: Brain, account_name: str, ticket: Ticket) -> Outcome | None:
    """Store what would be written on a ticket, and nothing else. None if that stands there already."""
    account = dataclasses.replace(context.account(account_name), level=Level.SHADOW)
    fingerprint = fingerprint_of(context, brain, account, ticket)
    if context.store.has_decided(account_name, ticket.id, fingerprint):
        return None
    decision, _ = decide(context, brain, account, ticket, fingerprint)
    outcome = Outcome.WITHHELD if decision.annotation else Outcome.SILENT
    context.store.add(dataclasses.replace(decision, outcome=outcome, finished_at=context.now()))
    return outcome
