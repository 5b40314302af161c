"""Zendesk: reading tickets, their comments and their history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.store import Comment, Ticket
from adapters.sandbox.zendesk import shapes
from adapters.sandbox.zendesk.blueprint import account, actor, api, ids_argument, not_found, ticket_or_404
from adapters.sandbox.zendesk.paging import chosen, paged

_SORTS = {
    "updated_at": lambda t: (t.updated_at, t.id),
    "created_at": lambda t: (t.created_at, t.id),
    "id": lambda t: (t.id,),
    "status": lambda t: (t.status, t.id),
    "priority": lambda t: (t.priority or "", t.id),
    "subject": lambda t: (t.subject, t.id),
}


def included() -> set[str]:
    return {part.strip() for part in request.args.get("include", "").split(",") if part.strip()}


def sideloads(tickets: Iterable[Ticket], authors: Iterable[int] = ()) -> dict[str, Any]:
    """The records that `include=` asks for besides the tickets themselves."""
    wanted, house = included(), account()
    rows = list(tickets)
    extra: dict[str, Any] = {}
    if "users" in wanted:
        ids = {i for t in rows for i in (t.requester_id, t.submitter_id, t.assignee_id) if i} | set(authors)
        extra["users"] = [shapes.user(house.desk.people[i]) for i in sorted(ids) if i in house.desk.people]
    if "groups" in wanted:
        ids = {t.group_id for t in rows if t.group_id}
        extra["groups"] = [shapes.setting("groups")(g) for g in house.groups if g["id"] in ids]
    if "organizations" in wanted:
        extra["organizations"] = []
    return extra


def shown(row: Ticket) -> dict[str, Any]:
    """A ticket with what `include=` adds to its own object. Lists carry `slas`; Show Ticket does not."""
    body = shapes.ticket(row)
    if "comment_count" in included():
        body["comment_count"] = len(row.comments)
    if "slas" in included() and request.view_args is not None and "ticket_id" not in request.view_args:
        body["slas"] = {"policy_metrics": []}
    return body


def ordered(rows: Iterable[Ticket]) -> list[Ticket]:
    """By `sort=-updated_at` or `sort_by` and `sort_order`, else by id."""
    sort = request.args.get("sort", "")
    by = sort.lstrip("-") or request.args.get("sort_by", "id")
    descending = sort.startswith("-") or request.args.get("sort_order", "").lower() == "desc"
    return sorted(rows, key=_SORTS.get(by, _SORTS["id"]), reverse=descending)


@api.get("/api/v2/tickets")
def list_tickets() -> ResponseReturnValue:
    rows = ordered(account().desk.live())
    return jsonify({**paged(rows, "tickets", shown), **sideloads(chosen(rows))})


@api.get("/api/v2/tickets/count")
def count_tickets() -> ResponseReturnValue:
    return jsonify({"count": {"value": len(list(account().desk.live())), "refreshed_at": None}})


@api.get("/api/v2/tickets/show_many")
def show_many() -> ResponseReturnValue:
    tickets = account().desk.tickets
    rows = [tickets[i] for i in ids_argument() if i in tickets and not tickets[i].deleted]
    body = {"tickets": [shown(t) for t in rows], "count": len(rows), "next_page": None, "previous_page": None}
    return jsonify({**body, **sideloads(rows)})


@api.get("/api/v2/tickets/<int:ticket_id>")
def show_ticket(ticket_id: int) -> ResponseReturnValue:
    ticket = ticket_or_404(ticket_id)
    return jsonify({"ticket": shown(ticket), **sideloads([ticket])})


@api.get("/api/v2/tickets/<int:ticket_id>/comments")
def list_comments(ticket_id: int) -> ResponseReturnValue:
    """Oldest first unless `sort=-created_at` or `sort_order=desc`."""
    ticket = ticket_or_404(ticket_id)
    rows = list(ticket.comments)
    if request.args.get("sort", "").startswith("-") or request.args.get("sort_order", "").lower() == "desc":
        rows.reverse()
    metadata = {row.id: row.metadata for row in ticket.audits}

    def shape(row: Comment) -> dict[str, Any]:
        return shapes.comment(row, metadata.get(row.audit_id))

    return jsonify({**paged(rows, "comments", shape), **sideloads([], {c.author_id for c in chosen(rows)})})


@api.get("/api/v2/tickets/<int:ticket_id>/audits")
def list_audits(ticket_id: int) -> ResponseReturnValue:
    rows = list(ticket_or_404(ticket_id).audits)
    if request.args.get("sort_order", "").lower() == "desc" or request.args.get("sort", "").startswith("-"):
        rows.reverse()
    kinds = request.args.getlist("filter_events[]")

    def shape(row: Any) -> dict[str, Any]:
        body = shapes.audit(row)
        if kinds:
            body["events"] = [event for event in body["events"] if event["type"] in kinds]
        return body

    return jsonify({**paged(rows, "audits", shape), **sideloads([], {a.author_id for a in chosen(rows)})})


@api.get("/api/v2/tickets/<int:ticket_id>/metrics")
def show_metrics(ticket_id: int) -> ResponseReturnValue:
    ticket = ticket_or_404(ticket_id)
    replies = [c for c in ticket.comments[1:] if c.public and account().desk.people[c.author_id].is_staff]
    minutes = int((replies[0].created_at - ticket.created_at).total_seconds() // 60) if replies else None
    return jsonify(
        {
            "ticket_metric": {
                "id": ticket.id,
                "ticket_id": ticket.id,
                "replies": len(replies),
                "reopens": 0,
                "reply_time_in_minutes": {"calendar": minutes, "business": minutes},
            }
        }
    )


@api.get("/api/v2/tags")
def list_tags() -> ResponseReturnValue:
    counts: dict[str, int] = {}
    for ticket in account().desk.live():
        for tag in ticket.tags:
            counts[tag] = counts.get(tag, 0) + 1
    rows = [{"name": name, "count": count} for name, count in sorted(counts.items(), key=lambda i: (-i[1], i[0]))]
    return jsonify(paged(rows, "tags", dict, key=lambda row: row["name"]))


@api.get("/api/v2/users/me")
def me() -> ResponseReturnValue:
    return jsonify({"user": shapes.user(actor())})


@api.get("/api/v2/users")
def list_users() -> ResponseReturnValue:
    return jsonify(paged(sorted(account().desk.people.values(), key=lambda p: p.id), "users", shapes.user))


@api.get("/api/v2/users/show_many")
def show_users() -> ResponseReturnValue:
    people = account().desk.people
    rows = [people[i] for i in ids_argument() if i in people]
    return jsonify(
        {"users": [shapes.user(p) for p in rows], "count": len(rows), "next_page": None, "previous_page": None}
    )


@api.get("/api/v2/users/<int:user_id>")
def show_user(user_id: int) -> ResponseReturnValue:
    person = account().desk.people.get(user_id)
    if person is None:
        raise not_found()
    return jsonify({"user": shapes.user(person)})
