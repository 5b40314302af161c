"""Connecting a receiver in one go: the webhook with its triggers or rules, guarded against loops as the platforms advise."""

from __future__ import annotations

from typing import Any

from adapters.sandbox.freshdesk.account import CREATION, UPDATES
from adapters.sandbox.freshdesk.automations import rule_row as freshdesk_rule
from adapters.sandbox.freshdesk.rules import AGENT_OR_REQUESTER, REQUESTER, WEBHOOK
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import FRESHDESK, ZENDESK, Channel
from adapters.sandbox.world import Sandbox
from adapters.sandbox.zendesk.events import CONDITIONAL, EVENT_PREFIX
from adapters.sandbox.zendesk.hooks import webhook_row
from adapters.sandbox.zendesk.rules import trigger_row
from adapters.sandbox.zendesk.triggers import VIA_IDS

MODES = {ZENDESK: ("trigger", "events"), FRESHDESK: ("simple", "advanced", "form")}
EVENTS = ("created", "comment_added", "status_changed")
SECRET_HEADER = "X-Webhook-Secret"
_TRIGGER_BODY = '{"ticket_id":"{{ticket.id}}","updated_at":"{{ticket.updated_at_with_timestamp}}"}'
_ADVANCED_BODY = (
    '{"v":"1","ticket_id":"{{ticket.id}}","event":"{{triggered_event}}",'
    '"modified_on":"{{ticket.modified_on}}","performer_email":"{{event_performer.email}}"}'
)
_FIELDS = {
    "ticket_id": "{{ticket.id}}",
    "ticket_subject": "{{ticket.subject}}",
    "ticket_description": "{{ticket.description}}",
    "ticket_status": "{{ticket.status}}",
    "ticket_priority": "{{ticket.priority}}",
    "ticket_tags": "{{ticket.tags}}",
    "ticket_contact_name": "{{ticket.requester.name}}",
    "ticket_contact_email": "{{ticket.requester.email}}",
    "ticket_latest_public_comment": "{{ticket.latest_public_comment}}",
    "triggered_event": "{{triggered_event}}",
    "performer_email": "{{event_performer.email}}",
}


def connect(world: Sandbox, helpdesk: str, url: str, mode: str, wish: Record) -> Record:
    """Set up the hooks of one helpdesk to `url`; says what was made, for Zendesk with its signing secret.

    `wish` may hold `guard_tag` (Zendesk: created tickets that carry it are left alone), `auth` (Zendesk: a webhook's
    `authentication`; Freshdesk: username and password), `secret` and `header` (Freshdesk).
    """
    if helpdesk == ZENDESK:
        return _zendesk(world, url, mode, wish)
    return _freshdesk(world, url, mode, wish)


def _zendesk(world: Sandbox, url: str, mode: str, wish: Record) -> Record:
    account = world.zendesk
    topics = [f"{EVENT_PREFIX}ticket.{name}" for name in EVENTS] if mode == "events" else [CONDITIONAL]
    given: Record = {
        "name": wish.get("name") or "Makeright",
        "endpoint": url,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": topics,
        "authentication": wish.get("auth"),
    }
    webhook = account.webhooks.add(webhook_row(given, account.service.id))
    answer: Record = {"webhook_id": webhook["id"], "signing_secret": webhook["signing_secret"], "trigger_ids": []}
    if mode == "events":
        return answer
    # The guard on creation is a tag: "not by API" would also drop what customers' own systems open by API.
    guard = {"field": "current_tags", "operator": "not_includes", "value": wish.get("guard_tag") or "makeright_seen"}
    not_by_api = {"field": "current_via_id", "operator": "is_not", "value": str(VIA_IDS[Channel.API])}
    action = {"field": "notification_webhook", "value": [webhook["id"], wish.get("body") or _TRIGGER_BODY]}
    for title, conditions in (
        ("Makeright: ticket created", [{"field": "update_type", "value": "Create"}, guard]),
        ("Makeright: ticket changed", [{"field": "update_type", "value": "Change"}, not_by_api]),
    ):
        trigger = {"title": title, "conditions": {"all": conditions, "any": []}, "actions": [action]}
        row = account.triggers.add(trigger_row(trigger, position=len(account.triggers) + 1))
        answer["trigger_ids"].append(row["id"])
    return answer


def _freshdesk(world: Sandbox, url: str, mode: str, wish: Record) -> Record:
    account = world.freshdesk
    content: dict[str, Any] = {
        "simple": {"content_layout": "simple", "content_type": "JSON", "content": _FIELDS},
        "advanced": {
            "content_layout": "advanced",
            "content_type": "JSON",
            "content": wish.get("body") or _ADVANCED_BODY,
        },
        "form": {"content_layout": "simple", "content_type": "FORM", "content": _FIELDS},
    }[mode]
    action: Record = {"field_name": WEBHOOK, "request_type": "POST", "url": url, "content": content}
    if wish.get("secret"):
        action["custom_headers"] = {wish.get("header") or SECRET_HEADER: wish["secret"]}
    if wish.get("auth"):
        action["auth_header"] = wish["auth"]
    mail = {"resource_type": "ticket", "field_name": "source", "value": [1]}
    # There is no "always": a pair of opposites stands in for it.
    always = {
        "name": "condition_set_1",
        "match_type": "any",
        "properties": [{**mail, "operator": "in"}, {**mail, "operator": "not_in"}],
    }
    made: Record = {}
    rules: tuple[tuple[int, str, Record], ...] = (
        (CREATION, "Makeright: ticket created", {"conditions": [always]}),
        (
            UPDATES,
            "Makeright: customer replied",
            {"performer": {"type": REQUESTER}, "events": [{"field_name": "reply_sent", "value": "--"}]},
        ),
        (
            UPDATES,
            "Makeright: status changed",
            {"performer": {"type": AGENT_OR_REQUESTER}, "events": [{"field_name": "status", "from": "--", "to": "--"}]},
        ),
    )
    for kind, name, more in rules:
        shelf = account.automations[kind]
        row = shelf.add(freshdesk_rule({"name": name, "actions": [action], **more}, len(shelf) + 1, account.admin.id))
        made.setdefault("rule_ids", []).append(row["id"])
    return made
