"""How Freshdesk words tickets, conversations and people in JSON."""

from __future__ import annotations

from datetime import datetime

from adapters.sandbox.clock import stamp
from adapters.sandbox.freshdesk.blueprint import account
from adapters.sandbox.freshdesk.codes import SUBDOMAIN, priority_number, status_number
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import Comment, Person, Ticket

_DONE = ("solved", "closed")
_SUPPORT = f"support@{SUBDOMAIN}.freshdesk.com"


def ticket(row: Ticket) -> Record:
    """A ticket as lists carry it: no description, no attachments."""
    house = account()
    first_due, due = house.due(row)
    now = house.clock.now()
    answered = row.status in ("solved", "closed")
    return {
        "cc_emails": [],
        "fwd_emails": [],
        "reply_cc_emails": [],
        "ticket_cc_emails": [],
        "fr_escalated": not _first_response(row) and not answered and first_due < now,
        "spam": row.spam,
        "email_config_id": None,
        "group_id": row.group_id,
        "priority": priority_number[row.priority or "low"],
        "requester_id": row.requester_id,
        "responder_id": row.assignee_id,
        "source": house.source(row),
        "company_id": None,
        "status": status_number[row.status],
        "subject": row.subject,
        "association_type": None,
        "support_email": None,
        "to_emails": None,
        "product_id": None,
        "id": row.id,
        "type": row.type,
        "due_by": stamp(due),
        "fr_due_by": stamp(first_due),
        "is_escalated": not answered and due < now,
        "custom_fields": {name: row.fields.get(name) for name in house.custom_fields()},
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "associated_tickets_count": None,
        "tags": list(row.tags),
        "nr_due_by": None,
        "nr_escalated": False,
        "internal_agent_id": None,
        "internal_group_id": None,
        **({"deleted": True} if row.deleted else {}),
    }


def description(row: Ticket) -> Record:
    return {"description": f"<div>{row.description.html}</div>", "description_text": row.description.text}


def whole_ticket(row: Ticket) -> Record:
    """A ticket as it is shown by itself."""
    return {
        **ticket(row),
        **description(row),
        "structured_description": None,
        "source_additional_info": None,
        "attachments": [],
    }


def requester(row: Ticket) -> Record:
    who = account().desk.people[row.requester_id]
    return {"id": who.id, "name": who.name, "email": who.email, "mobile": None, "phone": None}


def stats(row: Ticket) -> Record:
    people = account().desk.people
    said = [c for c in row.comments[1:] if c.kind == "reply"]
    by_staff = [c.created_at for c in said if people[c.author_id].is_staff]
    by_customer = [c.created_at for c in said if not people[c.author_id].is_staff]
    moved = _last(row, tuple(status_number)) or row.created_at
    return {
        "agent_responded_at": stamp(by_staff[-1] if by_staff else None),
        "requester_responded_at": stamp(by_customer[-1] if by_customer else None),
        "first_responded_at": stamp(by_staff[0] if by_staff else None),
        "status_updated_at": stamp(moved),
        "reopened_at": stamp(_reopened(row)),
        "resolved_at": stamp(_last(row, _DONE) if row.status in _DONE else None),
        "closed_at": stamp(_last(row, ("closed",)) if row.status == "closed" else None),
        "pending_since": stamp(moved if row.status == "pending" else None),
    }


def _last(row: Ticket, statuses: tuple[str, ...]) -> datetime | None:
    """When the ticket last moved into one of these statuses."""
    for audit in reversed(row.audits):
        change = audit.changed("status")
        if change is not None and change.new in statuses:
            return audit.created_at
    return None


def _reopened(row: Ticket) -> datetime | None:
    """When the ticket last came back from resolved or closed."""
    for audit in reversed(row.audits):
        change = audit.changed("status")
        if change is not None and change.old in _DONE and change.new not in _DONE:
            return audit.created_at
    return None


def _first_response(row: Ticket) -> bool:
    people = account().desk.people
    return any(c.kind == "reply" and people[c.author_id].is_staff for c in row.comments[1:])


def conversation(row: Comment) -> Record:
    is_note = row.kind == "note"
    staff = account().desk.people[row.author_id].is_staff
    requester_email = account().desk.people[account().desk.tickets[row.ticket_id].requester_id].email
    mailed = not is_note and staff
    return {
        "body": f"<div>{row.html}</div>",
        "body_text": row.text,
        "id": row.id,
        "incoming": row.incoming,
        "private": not row.public,
        "user_id": row.author_id,
        "support_email": _SUPPORT if mailed else None,
        "source": 2 if is_note else 0,
        "category": 2 if is_note else (3 if staff else 1),
        "to_emails": [requester_email] if mailed else ([] if is_note else [_SUPPORT]),
        "from_email": f"Acme <{_SUPPORT}>" if mailed else None,
        "cc_emails": [],
        "bcc_emails": [] if mailed else None,
        "email_failure_count": None,
        "outgoing_failures": None,
        "thread_id": None,
        "thread_message_id": None,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "last_edited_at": stamp(row.updated_at) if row.edited_by else None,
        "last_edited_user_id": row.edited_by,
        "attachments": [],
        "automation_id": None,
        "automation_type_id": None,
        "auto_response": False,
        "ticket_id": row.ticket_id,
        "source_additional_info": None,
    }


def agent(row: Person) -> Record:
    return {
        "available": True,
        "occasional": False,
        "id": row.id,
        "ticket_scope": 1,
        "signature": None,
        "group_ids": [],
        "role_ids": [1 if row.role == "admin" else 2],
        "skill_ids": [],
        "available_since": None,
        "type": "support_agent",
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "last_active_at": None,
        "contact": {
            "active": True,
            "email": row.email,
            "job_title": None,
            "language": "en",
            "last_login_at": None,
            "mobile": None,
            "name": row.name,
            "phone": None,
            "time_zone": "Eastern Time (US & Canada)",
            "created_at": stamp(row.created_at),
            "updated_at": stamp(row.updated_at),
        },
    }


def contact(row: Person) -> Record:
    return {
        "active": True,
        "address": None,
        "company_id": None,
        "description": None,
        "email": row.email,
        "id": row.id,
        "job_title": None,
        "language": "en",
        "mobile": None,
        "name": row.name,
        "phone": None,
        "time_zone": "Eastern Time (US & Canada)",
        "twitter_id": None,
        "custom_fields": {},
        "tags": [],
        "other_emails": [],
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
    }
