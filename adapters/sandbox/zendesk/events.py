"""Zendesk's outgoing webhooks: event envelopes, signatures, and the rules of delivery."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from adapters.sandbox.clock import stamp
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import CUSTOM, ZENDESK, Audit, Channel, Ticket
from adapters.sandbox.webhooks import Abandon, Attempt, Delivery

if TYPE_CHECKING:
    from adapters.sandbox.zendesk.account import ZendeskAccount

ACCOUNT_ID = 22_129_848
CONDITIONAL = "conditional_ticket_events"
EVENT_PREFIX = "zen:event-type:"
# What "Test webhook" signs with before a webhook exists; it is printed in the public documentation.
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
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


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """base64(HMAC-SHA256(secret as it is written, timestamp + body)) (platform page: Zendesk, 1.3)."""
    mac = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


class Post:
    """How Zendesk delivers: 12 s, signed, retried only on 409, time-outs and short Retry-After; a circuit breaker."""

    helpdesk = ZENDESK
    timeout = 12.0
    retry_factor = 1.0
    _FIRST_WAIT = 5.0
    _WINDOW = 300.0
    _PAUSE = 5.0

    def __init__(self, account: ZendeskAccount) -> None:
        self._account = account
        self._results: dict[str, deque[tuple[float, bool]]] = {}
        self._broken_until: dict[str, float] = {}

    def delivery(self, webhook: Record, body: bytes, event: str, ticket_id: int | None) -> Delivery:
        now = self._account.clock.now()
        return Delivery(
            id=str(secrets.randbelow(9_000_000_000) + 1_000_000_000),
            platform=self,
            webhook_id=str(webhook["id"]),
            ticket_id=ticket_id,
            event=event,
            method=webhook["http_method"],
            url=webhook["endpoint"],
            body=body,
            created_at=now,
            due=self._account.clock.time(),
        )

    def headers(self, delivery: Delivery) -> dict[str, str]:
        webhook = self._account.webhooks.get(delivery.webhook_id)
        secret = webhook["signing_secret"] if webhook else TEST_SECRET
        # The receiver compares with its own watch: real time, whatever the sandbox's clock says.
        timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {
            "User-Agent": "Zendesk Webhook",
            "Content-Type": _content_type(webhook),
            "Accept-Encoding": "identity",
            "x-zendesk-account-id": str(ACCOUNT_ID),
            "x-zendesk-webhook-id": delivery.webhook_id,
            "x-zendesk-webhook-invocation-id": delivery.id,
            "x-zendesk-webhook-signature": signature(secret, timestamp, delivery.body),
            "x-zendesk-webhook-signature-timestamp": timestamp,
        }
        return {**headers, **_authentication(webhook)}

    def admit(self, delivery: Delivery) -> Abandon | None:
        webhook = self._account.webhooks.get(delivery.webhook_id)
        if webhook is None or webhook["status"] != "active":
            return Abandon("cancelled")
        if self._account.clock.time() < self._broken_until.get(delivery.webhook_id, 0.0):
            return Abandon("circuit broken")
        return None

    def retry_in(self, delivery: Delivery) -> float | None:
        last = delivery.attempts[-1]
        alike = sum(1 for a in delivery.attempts if (a.status, a.error) == (last.status, last.error))
        if last.error == "timeout":
            return self._FIRST_WAIT if alike <= 5 else None
        if last.status == 409:
            return self._FIRST_WAIT if alike <= 3 else None
        if last.status in (429, 503) and last.retry_after is not None and last.retry_after < 60:
            return last.retry_after if alike <= 5 else None
        return None

    def note(self, delivery: Delivery, attempt: Attempt) -> None:
        """Trip the breaker at 70 % errors of at least 100 requests, or over 1,000 errors, within five minutes."""
        now = self._account.clock.time()
        results = self._results.setdefault(delivery.webhook_id, deque())
        results.append((now, attempt.succeeded))
        while results and results[0][0] < now - self._WINDOW:
            results.popleft()
        errors = sum(1 for _, ok in results if not ok)
        if errors > 1000 or (len(results) >= 100 and errors >= 0.7 * len(results)):
            self._broken_until[delivery.webhook_id] = now + self._PAUSE
            results.clear()


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


def _content_type(webhook: Record | None) -> str:
    return {
        "json": "application/json; charset=utf-8",
        "xml": "application/xml; charset=utf-8",
        "form_encoded": "application/x-www-form-urlencoded; charset=utf-8",
    }[webhook["request_format"] if webhook else "json"]


def _authentication(webhook: Record | None) -> dict[str, str]:
    """The endpoint's own authentication, which comes on top of the signature."""
    wanted = (webhook or {}).get("authentication") or {}
    data = wanted.get("data") or {}
    match wanted.get("type"):
        case "bearer_token":
            return {"Authorization": f"Bearer {data.get('token', '')}"}
        case "basic_auth":
            pair = f"{data.get('username', '')}:{data.get('password', '')}"
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        case "api_key":
            return {str(data.get("name", "X-API-Key")): str(data.get("value", ""))}
    return {}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _upper(value: Any) -> str | None:
    return None if value is None else str(value).upper()
