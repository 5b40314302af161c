"""Asking for a gesture of goodwill from the panel. The page proves an installation and no person, so whoever asks counts as
the lowest role; above its limit somebody else has to say yes."""

from __future__ import annotations

from typing import Any

from redis.exceptions import RedisError
from werkzeug.exceptions import Conflict, ServiceUnavailable

from integration.pipeline.goodwill import ask, withdraw
from integration.pipeline.suggestion import OfferedGoodwill, restored
from integration.recovery.goodwill import Answer, Verdict
from integration.settings import AccountSettings, Level
from integration.web import throttle
from integration.web.sidebar.gate import guarded_blueprint, proven, working_context
from integration.web.sidebar.schemas import GoodwillAnswerSchema, GoodwillSchema

goodwill = guarded_blueprint("goodwill", "Gestures for the customer of a ticket.")


@goodwill.post("/goodwill")
@goodwill.arguments(GoodwillSchema)
@goodwill.response(200, GoodwillAnswerSchema)
@goodwill.alt_response(409, description="nothing is suggested on this ticket")
@proven(throttle.GOODWILL)
def gesture(body: dict[str, Any], account: AccountSettings, ticket_id: str) -> Verdict:
    """Give a gesture within the agent's limit, ask for one above it, or take one back."""
    context = working_context()
    if body["withdraw"] is not None:
        if withdraw(context, account.name, ticket_id, body["withdraw"]):
            return Verdict(Answer.ALLOWED, "withdrawn")
        return Verdict(Answer.REFUSED, "there is nothing to take back")
    offer = _offer(account, ticket_id)
    if offer is None:
        raise Conflict
    try:
        asked = ask(context, account, ticket_id, offer, body["gesture"], body["amount"], by=body["by"])
    except RedisError:
        raise ServiceUnavailable from None
    return asked.verdict


def _offer(account: AccountSettings, ticket_id: str) -> OfferedGoodwill | None:
    decision = working_context().store.standing_decision(account.name, ticket_id)
    if account.level is Level.SHADOW or decision is None:
        return None
    return restored(decision.panel).goodwill
