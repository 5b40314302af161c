"""The control API: what came of it all."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.clock import stamp
from adapters.sandbox.control.blueprint import control, desk_or_refuse, ticket_or_refuse
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import HELPDESKS, Desk, Ticket
from adapters.sandbox.world import here


@control.get("/tickets")
def list_everything() -> ResponseReturnValue:
    """Everything about every ticket; `?helpdesk=` for one side."""
    wanted = request.args.get("helpdesk")
    desks = [d for name, d in here().desks.items() if wanted in (None, name)]
    return jsonify({"tickets": [_report(desk, t) for desk in desks for t in desk.tickets.values()]})


@control.get("/tickets/<helpdesk>/<int:ticket_id>")
def show_everything(helpdesk: str, ticket_id: int) -> ResponseReturnValue:
    return jsonify({"ticket": _report(desk_or_refuse(helpdesk), ticket_or_refuse(helpdesk, ticket_id))})


@control.get("/stats")
def stats() -> ResponseReturnValue:
    world = here()
    return jsonify(
        {
            helpdesk: {
                **world.stats.report(helpdesk),
                "webhooks": world.sender.report(helpdesk),
                "public_replies": len(world.desks[helpdesk].public_replies_by_api),
                "tickets": len(world.desks[helpdesk].tickets),
            }
            for helpdesk in HELPDESKS
        }
    )


def _report(desk: Desk, row: Ticket) -> Record:
    people, account = desk.people, here().accounts[row.helpdesk]
    return {
        "helpdesk": row.helpdesk,
        "id": row.id,
        "subject": row.subject,
        "status": row.status,
        "priority": row.priority,
        "type": row.type,
        "tags": list(row.tags),
        "fields": {account.field_label(key): value for key, value in row.fields.items()},
        "group": account.group_name(row.group_id),
        "assignee": people[row.assignee_id].name if row.assignee_id in people else None,
        "requester": {
            "id": row.requester_id,
            "name": people[row.requester_id].name,
            "email": people[row.requester_id].email,
        },
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "deleted": row.deleted,
        "spam": row.spam,
        "comments": [
            {
                "id": c.id,
                "author": people[c.author_id].name,
                "author_email": people[c.author_id].email,
                "role": people[c.author_id].role.value,
                "public": c.public,
                "kind": c.kind,
                "channel": c.channel.value,
                "html": c.html,
                "text": c.text,
                "created_at": stamp(c.created_at),
                "updated_at": stamp(c.updated_at),
            }
            for c in row.comments
        ],
        "notes": [c.text for c in row.comments if not c.public],
        "audits": [
            {
                "id": a.id,
                "author": people[a.author_id].name,
                "channel": a.channel.value,
                "created": a.created,
                "created_at": stamp(a.created_at),
                "changes": [
                    {"field": c.field, "old": c.old, "new": c.new, "rule": c.rule.title if c.rule else None}
                    for c in a.changes
                ],
                "comment_id": a.comment.id if a.comment else None,
                "metadata": a.metadata,
                "macro_ids": list(a.macro_ids),
            }
            for a in row.audits
        ],
    }
