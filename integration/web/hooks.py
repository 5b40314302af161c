"""`POST /hooks/<account>`: prove the sender, reduce the call to a hint, put the ticket in the queue, answer.

The answers are those tabled in docs/architecture.md; what they bring about on each platform's side is in its README.
"""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from adapters.contract import HookRequest, Ignored, Refused, Unreadable
from integration.pipeline import hook_watch, webhook_log
from integration.pipeline.context import Context
from integration.pipeline.metrics import count
from integration.pipeline.payload_shape import shape_of
from integration.pipeline.queue import Offer

log = structlog.get_logger()
hooks = Blueprint("hooks", __name__)

LARGEST_BODY = 1024 * 1024
# Under 60, or Zendesk does not try again (platform page: Zendesk 1.6).
RETRY_AFTER_SECONDS = "30"
_REASONS = {
    Offer.WAITING: "this ticket is waiting to be read already",
    Offer.DUPLICATE: "this delivery was received before",
}


@hooks.post("/hooks/<account>")
def receive(account: str) -> ResponseReturnValue:
    context: Context = current_app.config["CONTEXT"]
    helpdesk = context.helpdesks.get(account)
    if helpdesk is None:
        return {"error": "there is no such account"}, 404
    hook = HookRequest(
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=False),
        content_type=request.content_type or "",
        received_at=datetime.now(UTC),
    )
    try:
        helpdesk.verify(hook)
        context.queue.heard(account, hook.received_at)
        hint = helpdesk.read_hook(hook)
        hook_watch.saw(context.redis, account, hook.received_at)
        if isinstance(hint, Ignored):
            count(context.redis, "makeright_webhooks", account, "nothing to do")
            return {"status": "ignored", "reason": hint.reason}, 200
        offer = context.queue.offer(account, hint.ticket_id, delivery_id=hint.delivery_id)
        answer = _REASONS.get(offer, "accepted")
        count(context.redis, "makeright_webhooks", account, offer.value)
        webhook_log.record(context.redis, account, ticket_id=hint.ticket_id, event=hint.event, answer=answer)
    except Refused as error:
        log.warning("hook_refused", account=account, reason=str(error))
        hook_watch.refused(context.redis, account, hook.received_at, str(error))
        count(context.redis, "makeright_webhooks_refused", account, str(error))
        return {"error": "the sender could not be verified"}, 401
    except Unreadable as error:
        _keep(context, account, hook, str(error))
        count(context.redis, "makeright_webhooks", account, "unreadable")
        return {"error": "the payload could not be read", "reason": str(error)}, helpdesk.unreadable_status
    except RedisError as error:
        log.error("queue_away", account=account, error=type(error).__name__)
        return {"error": "the queue cannot be reached"}, 503, {"Retry-After": RETRY_AFTER_SECONDS}
    if offer is Offer.ENQUEUED:
        return {"status": "accepted"}, 202
    return {"status": "ignored", "reason": answer}, 200


def _keep(context: Context, account: str, hook: HookRequest, reason: str) -> None:
    """For ops: what the payload looked like, not what it said."""
    log.warning("hook_unreadable", account=account, reason=reason)
    try:
        context.store.keep_failure(account, "hook", reason, shape=shape_of(hook))
    except SQLAlchemyError as error:
        log.error("hook_not_kept", account=account, error=type(error).__name__)
