"""The job: put an agent's answer onto the ticket as tags, where the sidebar's host cannot do it itself."""

from __future__ import annotations

import structlog

from adapters.contract import Annotation, Gone, Permanent, Unauthorised
from integration.pipeline.context import Context
from integration.pipeline.queue import LOCK_PAUSE
from integration.pipeline.ticket_job import working_context
from integration.store.store import new_decision_id

log = structlog.get_logger()


def run(account: str, ticket_id: str, add: list[str], remove: list[str]) -> None:
    """What RQ calls; safe to run twice. Raises what may pass, so that RQ repeats it."""
    context = working_context()
    context.store.after_fork()
    if account not in context.settings.accounts:
        return
    with context.queue.alone_with(account, ticket_id) as alone:
        if alone:
            _tag(context, account, ticket_id, add, remove)
            return
    context.queue.offer_tags(account, ticket_id, add=add, remove=remove, pause=LOCK_PAUSE)


def _tag(context: Context, account: str, ticket_id: str, add: list[str], remove: list[str]) -> None:
    helpdesk = context.helpdesks[account]
    tags = Annotation(new_decision_id(), add_tags=frozenset(add), remove_tags=frozenset(remove))
    try:
        helpdesk.annotate(helpdesk.fetch(ticket_id), tags, look_first=False)
    except Gone:
        log.info("ticket_gone", account=account, ticket=ticket_id)
    except (Permanent, Unauthorised) as error:
        wanted = {"add": add, "remove": remove}
        context.store.keep_failure(account, "feedback", str(error), ticket_id=ticket_id, shape=wanted)
        log.error("feedback_not_tagged", account=account, ticket=ticket_id, error=str(error))
