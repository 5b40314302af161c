"""Freshdesk's placeholders, as they fill the body of a webhook."""

from __future__ import annotations

import json
import re

from adapters.sandbox.clock import stamp
from adapters.sandbox.freshdesk.account import FreshdeskAccount
from adapters.sandbox.freshdesk.codes import (
    SOURCES,
    SUBDOMAIN,
    priority_label,
    priority_number,
    status_label,
    status_number,
)
from adapters.sandbox.store import CUSTOM, Audit, Comment, Person, Ticket

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def values(account: FreshdeskAccount, ticket: Ticket, audit: Audit) -> dict[str, str]:
    """Every placeholder with its value; what a ticket lacks is an empty string."""
    people = account.desk.people
    performer, requester = people[audit.author_id], people[ticket.requester_id]
    agent = people.get(ticket.assignee_id or 0)
    first_due, due = account.due(ticket)
    address = f"https://{SUBDOMAIN}.freshdesk.com/a/tickets/{ticket.id}"
    found = {
        "triggered_event": triggered_event(ticket, audit),
        "helpdesk_name": "Acme",
        "ticket.id": str(ticket.id),
        "ticket.subject": ticket.subject,
        "ticket.description": f"<div>{ticket.description.html}</div>",
        "ticket.description_html": f"<div>{ticket.description.html}</div>",
        "ticket.description_text": ticket.description.text,
        "ticket.url": address,
        "ticket.portal_url": f"https://{SUBDOMAIN}.freshdesk.com/support/tickets/{ticket.id}",
        "ticket.public_url": f"https://{SUBDOMAIN}.freshdesk.com/public/tickets/{ticket.id:032x}",
        # Recorded deliveries carry names here although the reference calls them numbers.
        "ticket.status": status_label[ticket.status],
        "ticket.priority": priority_label[ticket.priority or "low"],
        "ticket.source": str(account.source(ticket)),
        "ticket.source_name": SOURCES.get(account.source(ticket), ""),
        "ticket.ticket_type": ticket.type or "",
        "ticket.tags": ", ".join(ticket.tags),
        "ticket.created_on": stamp(ticket.created_at) or "",
        "ticket.modified_on": stamp(ticket.updated_at) or "",
        "ticket.due_by_time": stamp(due) or "",
        "ticket.fr_due_by_time": stamp(first_due) or "",
        "ticket.group.name": account.group_name(ticket.group_id) or "",
        "ticket.group_id": str(ticket.group_id or ""),
        "ticket.latest_public_comment": _latest(account, ticket, public=True),
        "ticket.latest_private_comment": _latest(account, ticket, public=False),
        "ticket.portal_name": "Acme",
    }
    for prefix, who in (("ticket.requester", requester), ("ticket.agent", agent), ("event_performer", performer)):
        found.update(_person(prefix, who))
    for name in account.custom_fields():
        value = ticket.fields.get(name)
        found[f"ticket.{name}"] = "" if value is None else str(value)
    return found


def triggered_event(ticket: Ticket, audit: Audit) -> str:
    """Not JSON, and only the first of several changes (platform page: Freshdesk, 1.3)."""
    if audit.created:
        return "{ticket_action:created}"
    for change in audit.changes:
        if change.field == "status":
            return _moved("status", status_number[change.old], status_number[change.new])
        if change.field == "priority":
            return _moved("priority", priority_number[change.old], priority_number[change.new])
    if audit.comment is not None:
        if audit.comment.kind == "note":
            return "{note_type:%s}" % ("public" if audit.comment.public else "private")
        return "{reply_sent:sent}"
    for change in audit.changes:
        return _moved(change.field.removeprefix(CUSTOM), change.old or "--", change.new or "--")
    return "{ticket_action:updated}"


def render(template: str, found: dict[str, str], *, as_json: bool) -> str:
    """Fill a template; inside JSON the values are escaped as a JSON string needs it."""

    def value(hit: re.Match[str]) -> str:
        text = found.get(hit[1], "")
        return json.dumps(text, ensure_ascii=False)[1:-1] if as_json else text

    return _PLACEHOLDER.sub(value, template)


def _moved(field: str, old: object, new: object) -> str:
    return f"{{{field}:{{from:{old},to:{new}}}}}"


def _person(prefix: str, who: Person | None) -> dict[str, str]:
    first, _, last = (who.name if who else "").partition(" ")
    return {
        f"{prefix}.id": str(who.id) if who else "",
        f"{prefix}.name": who.name if who else "",
        f"{prefix}.firstname": first,
        f"{prefix}.lastname": last,
        f"{prefix}.email": who.email if who else "",
        f"{prefix}.phone": "",
    }


def _latest(account: FreshdeskAccount, ticket: Ticket, *, public: bool) -> str:
    """The newest comment of that kind, its author's name before it."""
    rows: list[Comment] = [c for c in ticket.comments[1:] if c.public is public]
    if not rows:
        return ""
    return f"{account.desk.people[rows[-1].author_id].name} : <div>{rows[-1].html}</div>"
