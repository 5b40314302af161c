"""`POST /hooks/<account>`: prove the sender, reduce the call to a hint, put the ticket in the queue, answer.

The answers are those tabled in docs/architecture.md; what they bring about on each platform's side is in its README.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from adapters.contract import HookRequest, Ignored, Refused, Unreadable
from integration.pipeline.context import Context
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
        if isinstance(hint, Ignored):
            return {"status": "ignored", "reason": hint.reason}, 200
        offer = context.queue.offer(account, hint.ticket_id, delivery_id=hint.delivery_id)
    except Refused as error:
        log.warning("hook_refused", account=account, reason=str(error))
        return {"error": "the sender could not be verified"}, 401
    except Unreadable as error:
        _keep(context, account, hook, str(error))
        return {"error": "the payload could not be read", "reason": str(error)}, helpdesk.unreadable_status
    except RedisError as error:
        log.error("queue_away", account=account, error=type(error).__name__)
        return {"error": "the queue cannot be reached"}, 503, {"Retry-After": RETRY_AFTER_SECONDS}
    if offer is Offer.ENQUEUED:
        return {"status": "accepted"}, 202
    return {"status": "ignored", "reason": _REASONS[offer]}, 200


def _keep(context: Context, account: str, hook: HookRequest, reason: str) -> None:
    """For ops: what the payload looked like, not what it said."""
    log.warning("hook_unreadable", account=account, reason=reason)
    try:
        context.store.keep_failure(account, "hook", reason, shape=_shape(hook))
    except SQLAlchemyError as error:
        log.error("hook_not_kept", account=account, error=type(error).__name__)


def _shape(hook: HookRequest) -> Mapping[str, Any]:
    return {
        "content_type": hook.content_type[:100],
        "bytes": len(hook.body),
        "blake2b": hashlib.blake2b(hook.body, digest_size=16).hexdigest(),
    }
