"""How Zendesk words tickets, comments, audits and people in JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.sandbox.clock import stamp
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import CUSTOM, Audit, Channel, Comment, FieldChange, Person, Role, Rule, Ticket
from adapters.sandbox.zendesk.blueprint import account, api_url

_CHANNELS = {Channel.WEB: "web", Channel.EMAIL: "email", Channel.API: "api", Channel.RULE: "rule"}
_ROLES = {Role.CUSTOMER: "end-user", Role.AGENT: "agent", Role.ADMIN: "admin"}
_SYSTEM = {"client": "", "ip_address": "127.0.0.1", "location": "", "latitude": None, "longitude": None}


def via(channel: Channel, rule: Rule | None = None) -> Record:
    if rule is not None:
        source: Record = {"from": {"id": rule.id, "title": rule.title, "deleted": False}, "to": {}, "rel": "trigger"}
        return {"channel": "rule", "source": source}
    return {"channel": _CHANNELS[channel], "source": {"from": {}, "to": {}, "rel": None}}


def ticket(row: Ticket) -> Record:
    house = account()
    custom = [{"id": f["id"], "value": row.fields.get(str(f["id"]))} for f in house.custom_fields()]
    return {
        "url": api_url(f"tickets/{row.id}.json"),
        "id": row.id,
        "external_id": row.external_id,
        "via": via(row.channel),
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "generated_timestamp": row.changed_at,
        "type": row.type,
        "subject": row.subject,
        "raw_subject": row.subject,
        "description": row.description.text,
        "priority": row.priority,
        "status": "deleted" if row.deleted else row.status,
        "recipient": None,
        "requester_id": row.requester_id,
        "submitter_id": row.submitter_id,
        "assignee_id": row.assignee_id,
        "organization_id": None,
        "group_id": row.group_id,
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": any(comment.public for comment in row.comments),
        "due_at": stamp(row.due_at),
        "tags": list(row.tags),
        "custom_fields": custom,
        "satisfaction_rating": None,
        "sharing_agreement_ids": [],
        "custom_status_id": house.custom_status_id(row.status),
        "encoded_id": f"{row.id:06d}",
        "fields": custom,
        "followup_ids": [],
        "brand_id": row.brand_id or next((b["id"] for b in house.brands if b["default"]), None),
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
        "support_type": row.support_type,
    }


def comment(row: Comment, metadata: Record | None = None) -> Record:
    return {
        "id": row.id,
        "type": "Comment",
        "author_id": row.author_id,
        "body": row.text,
        "html_body": f'<div class="zd-comment" dir="auto">{row.html}</div>',
        "plain_body": row.text,
        "public": row.public,
        "attachments": [],
        "audit_id": row.audit_id,
        "via": via(row.channel),
        "created_at": stamp(row.created_at),
        "metadata": {"system": _SYSTEM, "custom": metadata or {}},
    }


def audit(row: Audit) -> Record:
    """One update. Event ids follow the audit's own id, so they stay the same from call to call."""
    events: list[Record] = []
    if row.comment is not None:
        said = comment(row.comment, row.metadata)
        kept = ("type", "author_id", "body", "html_body", "plain_body", "public", "attachments", "audit_id")
        events.append({"id": row.comment.id, **{name: said[name] for name in kept}})
    if row.created:
        events += _first_values(row)
    for name in dict.fromkeys(change.field for change in row.changes):
        change = row.changed(name)
        if change is not None and change.old != change.new:
            events.append(_change(change, row.channel))
    for macro_id in row.macro_ids:
        macro = account().macros.get(macro_id)
        title = macro["title"] if macro else ""
        events.append(
            {
                "type": "AgentMacroReference",
                "macro_id": str(macro_id),
                "macro_title": title,
                "macro_deleted": macro is None,
            }
        )
    for webhook_id, rule in row.notified:
        events.append({"type": "WebhookEvent", "webhook": {"id": webhook_id}, "via": via(row.channel, rule)})
    for at, event in enumerate(events, 1):
        event.setdefault("id", row.id + at)
    return {
        "id": row.id,
        "ticket_id": row.ticket_id,
        "created_at": stamp(row.created_at),
        "author_id": row.author_id,
        "metadata": {"system": _SYSTEM, "custom": row.metadata},
        "events": events,
        "via": via(row.channel),
    }


def _first_values(row: Audit) -> list[Record]:
    """A ticket's first audit lists what it was made with; later values are found by undoing what came after."""
    ticket = account().desk.tickets[row.ticket_id]
    values: Record = {
        "subject": ticket.subject,
        "requester_id": str(ticket.requester_id),
        "status": ticket.status,
        "priority": ticket.priority,
        "type": ticket.type,
        "tags": ticket.tags,
    }
    for later in reversed(ticket.audits):
        for change in reversed(later.changes):
            if change.field in values:
                values[change.field] = change.old
    return [{"type": "Create", "field_name": name, "value": value} for name, value in values.items()]


def _change(change: FieldChange, channel: Channel) -> Record:
    shown = change.field.removeprefix(CUSTOM)
    return {
        "type": "Change",
        "field_name": shown,
        "value": _value(change.new),
        "previous_value": _value(change.old),
        "via": via(channel, change.rule),
    }


def _value(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, list)) else str(value)


def user(row: Person) -> Record:
    if row.id == 0:
        return {"id": None, "name": row.name, "email": "invalid@example.com", "role": "end-user", "active": False}
    return {
        "id": row.id,
        "url": api_url(f"users/{row.id}.json"),
        "name": row.name,
        "email": row.email,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "time_zone": "Eastern Time (US & Canada)",
        "iana_time_zone": "America/New_York",
        "phone": None,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": _ROLES[row.role],
        "verified": True,
        "external_id": None,
        "tags": [],
        "alias": "",
        "active": True,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": False,
        "signature": None,
        "details": "",
        "notes": "",
        "role_type": None,
        "custom_role_id": None,
        "moderator": row.is_staff,
        "ticket_restriction": None if row.is_staff else "requested",
        "only_private_comments": False,
        "restricted_agent": row.role is Role.AGENT,
        "suspended": False,
        "default_group_id": None,
        "report_csv": row.role is Role.ADMIN,
        "user_fields": {},
    }


def setting(plural: str) -> Callable[[Record], Record]:
    """A shape for records kept as JSON: the record with its address under `plural`."""
    return lambda row: {"url": api_url(f"{plural}/{row['id']}.json"), **row}
