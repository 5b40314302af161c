"""Zendesk's ticket events, in the envelopes that go to the webhooks which subscribe to them."""

from __future__ import annotations

import json
import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from adapters.sandbox.clock import stamp
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import CUSTOM, Audit, Channel, Ticket
from adapters.sandbox.zendesk.account import ZendeskAccount
from adapters.sandbox.zendesk.post import ACCOUNT_ID

CONDITIONAL = "conditional_ticket_events"
EVENT_PREFIX = "zen:event-type:"
_VIA = {Channel.WEB: "web_form", Channel.EMAIL: "mail", Channel.API: "web_service", Channel.RULE: "rule"}
_CHANGE_EVENTS = {
    "status": "status_changed",
    "priority": "priority_changed",
    "type": "type_changed",
    "subject": "subject_changed",
    "assignee_id": "agent_assignment_changed",
    "group_id": "group_assignment_changed",
    "brand_id": "brand_changed",
    "requester_id": "requester_changed",
    "external_id": "external_id_changed",
    "due_at": "task_due_at_changed",
}


class Announcer:
    """Sends the ticket events of every audit to the webhooks that subscribe to them."""

    def __init__(self, account: ZendeskAccount) -> None:
        self._account = account

    def __call__(self, ticket: Ticket, audit: Audit) -> None:
        listening = [w for w in self._account.webhooks if any(s.startswith(EVENT_PREFIX) for s in w["subscriptions"])]
        if not listening:
            return
        happened = list(_events(ticket, audit, self._account))
        sequence = uuid.uuid4().hex
        for position, (name, event) in enumerate(happened, 1):
            kind = f"{EVENT_PREFIX}ticket.{name}"
            event = {**event, "meta": {"sequence": {"id": sequence, "position": position}}}
            body = json.dumps(self._envelope(kind, ticket, audit, event), ensure_ascii=False).encode()
            for webhook in listening:
                if kind in webhook["subscriptions"]:
                    self._account.sender.send(self._account.post.delivery(webhook, body, kind, ticket.id))

    def _envelope(self, kind: str, ticket: Ticket, audit: Audit, event: Record) -> Record:
        moment = datetime.fromtimestamp(self._account.clock.time(), UTC)
        return {
            "type": kind,
            "account_id": ACCOUNT_ID,
            "id": str(uuid.uuid4()),
            "time": moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}{secrets.randbelow(1000):03d}Z",
            "zendesk_event_version": "2022-11-06",
            "subject": f"zen:ticket:{ticket.id}",
            "detail": self._detail(ticket, audit),
            "event": event,
        }

    def _detail(self, ticket: Ticket, audit: Audit) -> Record:
        """Ids are strings and enumerations upper-case here, unlike in the REST API (platform page: Zendesk, 1.4)."""
        return {
            "actor_id": str(audit.author_id),
            "assignee_id": _text(ticket.assignee_id),
            "brand_id": _text(ticket.brand_id),
            "created_at": stamp(ticket.created_at),
            "custom_status": _text(self._account.custom_status_id(ticket.status)),
            "description": ticket.description.text,
            "external_id": ticket.external_id,
            "form_id": None,
            "group_id": _text(ticket.group_id),
            "id": str(ticket.id),
            "is_public": ticket.description.public,
            "organization_id": None,
            "priority": _upper(ticket.priority),
            "requester_id": str(ticket.requester_id),
            "status": "DELETED" if ticket.deleted else _upper(ticket.status),
            "subject": ticket.subject,
            "submitter_id": str(ticket.submitter_id),
            "tags": list(ticket.tags),
            "type": _upper(ticket.type),
            "updated_at": stamp(ticket.updated_at),
            "via": {"channel": _VIA[ticket.channel]},
        }


def _events(ticket: Ticket, audit: Audit, account: ZendeskAccount) -> list[tuple[str, Record]]:
    if audit.created:
        return [("created", {})]
    found: list[tuple[str, Record]] = []
    if audit.comment is not None:
        author = account.desk.people[audit.comment.author_id]
        comment = {
            "id": str(audit.comment.id),
            "body": audit.comment.text,
            "is_public": audit.comment.public,
            "author": {"id": str(author.id), "is_staff": author.is_staff, "name": author.name},
        }
        found.append(("comment_added", {"comment": comment}))
    for name in dict.fromkeys(change.field for change in audit.changes):
        change = audit.changed(name)
        if change is None or change.old == change.new:
            continue
        if name == "tags":
            added = [tag for tag in change.new if tag not in change.old]
            removed = [tag for tag in change.old if tag not in change.new]
            found.append(("tags_changed", {"tags_added": added, "tags_removed": removed}))
        elif name == "deleted":
            found.append(("soft_deleted" if change.new else "undeleted", {}))
        elif name.startswith(CUSTOM):
            field = account.field(name.removeprefix(CUSTOM)) or {}
            detail = {"id": _text(field.get("id")), "title": field.get("title"), "type": field.get("type")}
            found.append(("custom_field_changed", {"field": detail, "current": change.new, "previous": change.old}))
        elif name in _CHANGE_EVENTS:
            shown = _upper if name in ("status", "priority", "type") else _text
            found.append((_CHANGE_EVENTS[name], {"current": shown(change.new), "previous": shown(change.old)}))
        if name == "status":
            old, new = (_text(account.custom_status_id(status)) for status in (change.old, change.new))
            found.append(("custom_status_changed", {"current": new, "previous": old}))
    return found


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _upper(value: Any) -> str | None:
    return None if value is None else str(value).upper()
