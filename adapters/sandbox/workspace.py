"""The agents' workspace: a page that shows both helpdesks' tickets and follows every change as it happens.

The page acts through the control API; what is here only reads. Bodies of messages are cleaned once more on their way out,
and the page's policy runs no script but its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from adapters.sandbox import markup
from adapters.sandbox.clock import stamp
from adapters.sandbox.freshdesk.codes import priority_label as freshdesk_priorities
from adapters.sandbox.freshdesk.codes import status_label as freshdesk_statuses
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import CUSTOM, FRESHDESK, HELPDESKS, ZENDESK, Audit, Comment, Desk, Ticket
from adapters.sandbox.world import here

workspace = Blueprint("workspace", __name__)
PAGE_SIZE = 25
KEEP_ALIVE_SECONDS = 15.0
# A burst of changes becomes a few messages a second.
QUIET_SECONDS = 0.25
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self' http://127.0.0.1:* http://localhost:*; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
STATUS_LABELS = {
    ZENDESK: {
        s: "On hold" if s == "hold" else s.title() for s in ("new", "open", "pending", "hold", "solved", "closed")
    },
    FRESHDESK: freshdesk_statuses,
}
PRIORITY_LABELS = {
    ZENDESK: {p: p.title() for p in ("low", "normal", "high", "urgent")},
    FRESHDESK: freshdesk_priorities,
}
DONE = ("solved", "closed")
_LABELS = {
    "status": "Status",
    "priority": "Priority",
    "type": "Type",
    "subject": "Subject",
    "assignee_id": "Assignee",
    "group_id": "Group",
    "requester_id": "Requester",
    "external_id": "External id",
    "brand_id": "Brand",
    "due_at": "Due",
    "deleted": "Deleted",
    "spam": "Spam",
}


@workspace.get("/")
@workspace.get("/tickets/<helpdesk>/<int:ticket_id>")
def page(helpdesk: str = "", ticket_id: int = 0) -> ResponseReturnValue:
    """The page; which ticket it shows is read from its address by the page itself."""
    return render_template("workspace.html")


@workspace.after_request
def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@workspace.get("/workspace/setup")
def setup() -> ResponseReturnValue:
    """The agents one may work as."""
    desk = here().desks[ZENDESK]
    service = here().credentials.service_email
    agents = [{"name": p.name, "email": p.email} for p in desk.people.values() if p.is_staff and p.email != service]
    return jsonify({"agents": agents})


@workspace.get("/workspace/tickets")
def list_tickets() -> ResponseReturnValue:
    """Newest change first; `?helpdesk=`, `?state=` (open, done, all), `?q=` and `?page=`."""
    wanted, state = request.args.get("helpdesk", ""), request.args.get("state", "open")
    words = request.args.get("q", "").lower().split()
    page_number = max(1, request.args.get("page", 1, type=int) or 1)
    counts: dict[str, int] = dict.fromkeys(HELPDESKS, 0)
    rows: list[tuple[Desk, Ticket]] = []
    for name, desk in here().desks.items():
        for ticket in desk.tickets.values():
            if not _in_state(ticket, state) or not _matches(desk, ticket, words):
                continue
            counts[name] += 1
            if wanted in ("", name):
                rows.append((desk, ticket))
    rows.sort(key=lambda row: (row[1].updated_at, row[1].id), reverse=True)
    start = (page_number - 1) * PAGE_SIZE
    return jsonify(
        {
            "tickets": [_summary(desk, ticket) for desk, ticket in rows[start : start + PAGE_SIZE]],
            "total": len(rows),
            "page": page_number,
            "pages": max(1, -(-len(rows) // PAGE_SIZE)),
            "first": start + 1 if rows else 0,
            "counts": counts,
            "now": stamp(here().clock.now()),
        }
    )


@workspace.get("/workspace/tickets/<helpdesk>/<int:ticket_id>")
def show_ticket(helpdesk: str, ticket_id: int) -> ResponseReturnValue:
    desk = here().desks.get(helpdesk)
    ticket = desk.tickets.get(ticket_id) if desk else None
    if desk is None or ticket is None:
        return jsonify({"error": f"There is no ticket {ticket_id} on {helpdesk}."}), 404
    return jsonify(
        {
            **_summary(desk, ticket),
            "type": ticket.type,
            "group": here().accounts[helpdesk].group_name(ticket.group_id),
            "assignee": _name(desk, ticket.assignee_id),
            "fields": _fields(ticket),
            "statuses": [{"value": v, "label": label} for v, label in STATUS_LABELS[helpdesk].items()],
            "timeline": _timeline(desk, ticket),
            "now": stamp(here().clock.now()),
        }
    )


@workspace.get("/workspace/events")
def events() -> ResponseReturnValue:
    """Server-sent events: a number that moves whenever anything changed."""
    world = here()

    def stream() -> Iterator[str]:
        seen = -1
        while not world.closed:
            version = world.wait_for_change(seen, KEEP_ALIVE_SECONDS)
            yield f"data: {version}\n\n" if version != seen else ": still here\n\n"
            seen = version
            time.sleep(QUIET_SECONDS)

    return Response(stream_with_context(stream()), mimetype="text/event-stream")


events.unlocked = True  # type: ignore[attr-defined]


def _in_state(ticket: Ticket, state: str) -> bool:
    if state == "all":
        return True
    if ticket.deleted or ticket.spam:
        return False
    return (ticket.status in DONE) == (state == "done")


def _matches(desk: Desk, ticket: Ticket, words: list[str]) -> bool:
    """Every word stands somewhere in the ticket: its number, subject, people, tags or messages."""
    if not words:
        return True
    who = desk.people[ticket.requester_id]
    head = f"#{ticket.id} {ticket.subject} {who.name} {who.email} {' '.join(ticket.tags)}".lower()
    return all(word in head or any(word in c.text.lower() for c in ticket.comments) for word in words)


def _summary(desk: Desk, ticket: Ticket) -> Record:
    who = desk.people[ticket.requester_id]
    last = ticket.comments[-1]
    return {
        "helpdesk": ticket.helpdesk,
        "id": ticket.id,
        "subject": ticket.subject,
        "snippet": " ".join(last.text.split())[:160],
        "snippet_by": "note" if not last.public else ("agent" if desk.people[last.author_id].is_staff else "customer"),
        "status": "deleted" if ticket.deleted else "spam" if ticket.spam else ticket.status,
        "status_label": "Deleted"
        if ticket.deleted
        else "Spam"
        if ticket.spam
        else STATUS_LABELS[ticket.helpdesk][ticket.status],
        "priority": ticket.priority,
        "priority_label": PRIORITY_LABELS[ticket.helpdesk].get(ticket.priority or "", ""),
        "tags": list(ticket.tags),
        "requester": {"name": who.name, "email": who.email},
        "channel": ticket.channel.value,
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "messages": len(ticket.comments),
    }


def _fields(ticket: Ticket) -> list[Record]:
    account = here().accounts[ticket.helpdesk]
    return [
        {"label": account.field_label(key), "value": _text(account.field_value(key, ticket.fields.get(key)))}
        for key in account.field_keys()
    ]


def _timeline(desk: Desk, ticket: Ticket) -> list[Record]:
    """Messages and what changed between them, oldest first."""
    # What changed reads best after the message that came with it.
    entries = [(c.created_at, c.audit_id, 0, _message(desk, c)) for c in ticket.comments]
    for audit in ticket.audits:
        changes = _changes(desk, ticket, audit)
        if changes:
            entries.append((audit.created_at, audit.id, 1, _event(desk, audit, changes)))
    return [entry[-1] for entry in sorted(entries, key=lambda e: e[:3])]


def _message(desk: Desk, comment: Comment) -> Record:
    author = desk.people[comment.author_id]
    return {
        "kind": "message",
        "id": comment.id,
        "author": author.name,
        "role": author.role.value,
        "public": comment.public,
        "channel": comment.channel.value,
        "html": markup.clean(comment.html),
        "at": stamp(comment.created_at),
        "edited_at": stamp(comment.updated_at) if comment.edited_by else None,
    }


def _event(desk: Desk, audit: Audit, changes: list[Record]) -> Record:
    author = desk.people[audit.author_id]
    rules = sorted({c.rule.title for c in audit.changes if c.rule})
    return {
        "kind": "event",
        "id": audit.id,
        "author": author.name,
        "role": author.role.value,
        "channel": audit.channel.value,
        "rules": rules,
        "changes": changes,
        "at": stamp(audit.created_at),
    }


def _changes(desk: Desk, ticket: Ticket, audit: Audit) -> list[Record]:
    found: list[Record] = []
    for name in dict.fromkeys(change.field for change in audit.changes):
        change = audit.changed(name)
        if change is None or change.old == change.new:
            continue
        if name == "tags":
            added = [t for t in change.new if t not in change.old]
            removed = [t for t in change.old if t not in change.new]
            if added or removed:
                found.append({"field": "Tags", "added": added, "removed": removed})
        else:
            old, new = (_shown(desk, ticket.helpdesk, name, value) for value in (change.old, change.new))
            found.append({"field": _label(ticket.helpdesk, name), "old": old, "new": new})
    return found


def _label(helpdesk: str, name: str) -> str:
    if name.startswith(CUSTOM):
        return here().accounts[helpdesk].field_label(name.removeprefix(CUSTOM))
    return _LABELS.get(name, name)


def _shown(desk: Desk, helpdesk: str, name: str, value: Any) -> str | None:
    account = here().accounts[helpdesk]
    match name:
        case "status":
            return STATUS_LABELS[helpdesk].get(value)
        case "priority":
            return PRIORITY_LABELS[helpdesk].get(value)
        case "assignee_id" | "requester_id":
            return _name(desk, value)
        case "group_id":
            return account.group_name(value)
    if name.startswith(CUSTOM):
        value = account.field_value(name.removeprefix(CUSTOM), value)
    return _text(value)


def _name(desk: Desk, person_id: int | None) -> str | None:
    person = desk.people.get(person_id) if person_id else None
    return person.name if person else None


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return {True: "Yes", False: "No"}.get(value, str(value)) if isinstance(value, bool) else str(value)
