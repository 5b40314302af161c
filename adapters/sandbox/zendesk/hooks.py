"""Zendesk: the webhooks API."""

from __future__ import annotations

import json
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.clock import stamp
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import ZENDESK
from adapters.sandbox.webhooks import Delivery
from adapters.sandbox.world import here
from adapters.sandbox.zendesk.blueprint import ApiError, account, actor, admin_only, api, payload, wrapped
from adapters.sandbox.zendesk.events import CONDITIONAL, EVENT_PREFIX
from adapters.sandbox.zendesk.paging import by_cursor, paged
from adapters.sandbox.zendesk.post import new_secret
from adapters.sandbox.zendesk.settings import found
from adapters.sandbox.zendesk.wishes import HookTestWish, WebhookWish

REQUIRED = ("name", "endpoint", "http_method", "request_format", "status")
_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE"))
_FORMATS = frozenset(("json", "xml", "form_encoded"))
TRIAL_WEBHOOKS = 10


def _shape(row: Record) -> Record:
    shown = {k: v for k, v in row.items() if k not in ("signing_secret", "authentication")}
    wanted = row.get("authentication")
    if wanted:
        # The credential itself is never shown again.
        shown["authentication"] = {"type": wanted.get("type"), "add_position": wanted.get("add_position", "header")}
    return shown


def _refuse(title: str, code: str = "InvalidWebhook", status: int = 400) -> ApiError:
    return ApiError(status, {"errors": [{"code": code, "title": title}]})


def _check(whole: Record) -> None:
    missing = [name for name in REQUIRED if not whole.get(name)]
    if missing:
        raise _refuse(f"{', '.join(missing)} must be present")
    if whole["http_method"] not in _METHODS or whole["request_format"] not in _FORMATS:
        raise _refuse("http_method or request_format is not valid")
    if whole["status"] not in ("active", "inactive"):
        raise _refuse("status must be active or inactive")
    if not str(whole["endpoint"]).startswith(("http://", "https://")):
        raise _refuse("endpoint must be an http or https address")
    if whole.get("custom_headers") and not str(whole["endpoint"]).startswith("https://"):
        raise _refuse("custom headers need an https endpoint")
    topics = whole.get("subscriptions") or []
    events = [topic for topic in topics if str(topic).startswith(EVENT_PREFIX)]
    if any(topic != CONDITIONAL and topic not in events for topic in topics):
        raise _refuse("a subscription is not known")
    if events and CONDITIONAL in topics:
        raise _refuse("a webhook subscribes to events or is connected to triggers, not both")
    if events and (whole["http_method"] != "POST" or whole["request_format"] != "json"):
        raise _refuse("a webhook that subscribes to events must use POST and json")


def webhook_row(wish: Record, author_id: int) -> Record:
    """A webhook as the account keeps it; its signing secret is made here and cannot be chosen."""
    return {
        "name": wish["name"],
        "description": wish.get("description"),
        "endpoint": wish["endpoint"],
        "http_method": wish["http_method"],
        "request_format": wish["request_format"],
        "status": wish["status"],
        "subscriptions": list(wish.get("subscriptions") or []),
        "authentication": wish.get("authentication"),
        "custom_headers": wish.get("custom_headers"),
        "external_source": None,
        "signing_secret": new_secret(),
        "created_by": str(author_id),
        "updated_by": str(author_id),
    }


@api.get("/api/v2/webhooks")
@admin_only
def list_webhooks() -> ResponseReturnValue:
    rows = list(account().webhooks)
    if part := request.args.get("filter[name_contains]"):
        rows = [r for r in rows if part in r["name"]]
    if status := request.args.get("filter[status]"):
        rows = [r for r in rows if r["status"] == status]
    return jsonify(by_cursor(rows, "webhooks", _shape))


@api.post("/api/v2/webhooks")
@admin_only
def create_webhook() -> ResponseReturnValue:
    wish, shelf = wrapped("webhook", WebhookWish), account().webhooks
    _check(wish)
    if here().plans[ZENDESK] == "trial" and len(shelf) >= TRIAL_WEBHOOKS:
        raise _refuse("A trial account can have ten webhooks", "WebhookLimitReached", 403)
    return jsonify({"webhook": _shape(shelf.add(webhook_row(wish, actor().id)))}), 201


@api.get("/api/v2/webhooks/<key>")
@admin_only
def show_webhook(key: str) -> ResponseReturnValue:
    return jsonify({"webhook": _shape(found(account().webhooks, key))})


@api.put("/api/v2/webhooks/<key>")
@admin_only
def replace_webhook(key: str) -> ResponseReturnValue:
    """204 and no body, as documented; whoever reads one is wrong."""
    row, wish = found(account().webhooks, key), wrapped("webhook", WebhookWish)
    _update(row, {**dict.fromkeys(REQUIRED), "subscriptions": row["subscriptions"], **wish})
    return "", 204


@api.patch("/api/v2/webhooks/<key>")
@admin_only
def change_webhook(key: str) -> ResponseReturnValue:
    row, wish = found(account().webhooks, key), wrapped("webhook", WebhookWish)
    _update(row, {**row, **wish})
    return "", 204


def _update(row: Record, whole: Record) -> None:
    _check(whole)
    by_events = any(topic != CONDITIONAL for topic in row["subscriptions"])
    if whole.get("subscriptions") and any(t != CONDITIONAL for t in whole["subscriptions"]) != by_events:
        raise _refuse("the mode of a webhook cannot be changed")
    fresh = webhook_row(whole, actor().id)
    for name in ("signing_secret", "external_source", "created_by"):
        fresh.pop(name)
    account().webhooks.change(row, fresh)


@api.delete("/api/v2/webhooks/<key>")
@admin_only
def delete_webhook(key: str) -> ResponseReturnValue:
    found(account().webhooks, key)
    for trigger in account().triggers:
        for action in trigger["actions"]:
            value = action.get("value")
            if action.get("field") == "notification_webhook" and key in (value if isinstance(value, list) else [value]):
                raise _refuse("The webhook is connected to a trigger; disconnect it first", "WebhookConnected")
    account().webhooks.remove(key)
    return "", 204


@api.get("/api/v2/webhooks/<key>/signing_secret")
@admin_only
def show_secret(key: str) -> ResponseReturnValue:
    return jsonify(
        {"signing_secret": {"algorithm": "SHA256", "secret": found(account().webhooks, key)["signing_secret"]}}
    )


@api.post("/api/v2/webhooks/<key>/signing_secret")
@admin_only
def rotate_secret(key: str) -> ResponseReturnValue:
    """A new secret; the old one is dead from this moment on."""
    row = found(account().webhooks, key)
    row["signing_secret"] = new_secret()
    return jsonify({"signing_secret": {"algorithm": "SHA256", "secret": row["signing_secret"]}}), 201


@api.post("/api/v2/webhooks/test")
@admin_only
def test_webhook() -> ResponseReturnValue:
    """Send one call now. Without `webhook_id` it is signed with the public test secret."""
    with here().lock:
        delivery = _test_delivery()
    attempt = here().sender.call(delivery)
    if attempt.status is None:
        return jsonify({"errors": [{"code": "RequestFailed", "title": f"The request failed: {attempt.error}"}]}), 400
    answer = {"status": attempt.status, "headers": [], "payload": attempt.body}
    return jsonify({"response": answer})


test_webhook.unlocked = True  # type: ignore[attr-defined]


def _test_delivery() -> Delivery:
    house = account()
    key = request.args.get("webhook_id")
    row = found(house.webhooks, key) if key else None
    wish = payload(HookTestWish).get("request") or {}
    row = {
        **(row or {"id": "", "http_method": "POST"}),
        **{k: wish[k] for k in ("endpoint", "http_method") if k in wish},
    }
    if not str(row.get("endpoint") or "").startswith(("http://", "https://")) or row["http_method"] not in _METHODS:
        raise _refuse("request needs an http or https endpoint and a method that exists")
    body: Any = wish.get("payload", "")
    text = body if isinstance(body, str) else json.dumps(body)
    return house.post.delivery(row, text.encode(), "test", None)


# -- the activity log


@api.get("/api/v2/webhooks/<key>/invocations")
@admin_only
def list_invocations(key: str) -> ResponseReturnValue:
    found(account().webhooks, key)
    rows = [d for d in here().sender.deliveries if d.webhook_id == key]
    return jsonify(paged(rows, "invocations", _invocation, key=lambda d: d.id))


@api.get("/api/v2/webhooks/<key>/invocations/<invocation>/attempts")
@admin_only
def list_attempts(key: str, invocation: str) -> ResponseReturnValue:
    delivery = next((d for d in here().sender.deliveries if d.id == invocation and d.webhook_id == key), None)
    attempts = delivery.attempts if delivery else []
    rows = [
        {
            "id": f"{invocation}-{at}",
            "invocation_id": invocation,
            "status": _outcome(a.status, a.error),
            "status_code": a.status or 504,
            "completed_at": stamp(a.at),
        }
        for at, a in enumerate(attempts, 1)
    ]
    return jsonify({"attempts": rows})


def _invocation(row: Delivery) -> Record:
    last = row.attempts[-1] if row.attempts else None
    return {
        "id": row.id,
        "status": _outcome(last.status, last.error) if last else (row.outcome or "accepted"),
        "status_code": last.status if last else None,
        "latest_completed_at": stamp(last.at) if last else None,
    }


def _outcome(status: int | None, error: str | None) -> str:
    if status is None:
        return "timeout" if error == "timeout" else "failed"
    if status < 300:
        return "success"
    return "client error" if status < 500 else "server error"
