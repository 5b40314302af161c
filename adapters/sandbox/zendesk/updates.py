"""Zendesk: writing tickets. One PUT carries everything: comment, tags, fields, priority, metadata."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox import markup
from adapters.sandbox.clock import parse_stamp
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import CUSTOM, Channel, NewComment, Person, Ticket
from adapters.sandbox.zendesk import shapes
from adapters.sandbox.zendesk.blueprint import (
    ApiError,
    account,
    actor,
    api,
    api_url,
    ids_argument,
    not_found,
    payload,
    problem,
    record_invalid,
    spend_ticket_update,
    ticket_or_404,
    wrapped,
)
from adapters.sandbox.zendesk.placeholders import render_comment
from adapters.sandbox.zendesk.triggers import PRIORITY_ORDER, STATUS_ORDER, TYPES
from adapters.sandbox.zendesk.wishes import TagsWish, TicketWish, tag_list

BODY_LIMIT = 64 * 1024
IDEMPOTENCY_SECONDS = 2 * 3600
MAX_COMMENTS = 5000
CONFLICT = (
    "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again."
)


@api.put("/api/v2/tickets/<int:ticket_id>")
def update_ticket(ticket_id: int) -> ResponseReturnValue:
    ticket = ticket_or_404(ticket_id)
    spend_ticket_update(ticket_id)
    wish = wrapped("ticket", TicketWish)
    _refuse_closed(ticket)
    check_stamp(ticket, wish)
    house = account()
    audit = house.desk.edit(
        ticket,
        actor(),
        Channel.API,
        values(ticket, wish),
        comment(ticket, wish),
        metadata=wish.get("metadata"),
        macro_ids=_macro_ids(wish),
    )
    return jsonify({"ticket": shapes.ticket(ticket), "audit": shapes.audit(audit)})


@api.post("/api/v2/tickets")
def create_ticket() -> ResponseReturnValue:
    """Open a ticket; `Idempotency-Key` makes a repeat within two hours answer with the first one's ticket."""
    wish, house = wrapped("ticket", TicketWish), account()
    key, now = request.headers.get("Idempotency-Key"), house.clock.time()
    kept = house.idempotent.get(key or "")
    if key and kept and now - kept[0] < IDEMPOTENCY_SECONDS:
        if kept[1] != wish:
            description = "The request parameters differ from those first sent with this Idempotency-Key"
            raise ApiError(400, {"error": "IdempotentRequestError", "description": description})
        return jsonify(kept[2]), 201, {"x-idempotency-lookup": "hit"}
    said = wish.get("comment") or ({"body": wish["description"]} if wish.get("description") else None)
    if not said:
        raise record_invalid(problem("description", "cannot be blank", "BlankValue"))
    requester = _requester(wish)
    blank = Ticket(
        "zendesk", 0, wish.get("subject") or "", requester.id, actor().id, Channel.API, house.clock.now(),
        house.clock.now(), 0,
    )  # fmt: skip
    ticket = house.desk.create(
        wish.get("subject") or "",
        _new_comment(blank, said, default_public=True),
        requester,
        requester if wish.get("requester") or wish.get("requester_id") else actor(),
        Channel.API,
        values(blank, {k: v for k, v in wish.items() if k not in ("subject", "requester_id")}),
        metadata=wish.get("metadata"),
    )
    body = {"ticket": shapes.ticket(ticket), "audit": shapes.audit(ticket.audits[0])}
    headers = {"Location": api_url(f"tickets/{ticket.id}.json")}
    if key:
        house.idempotent[key] = (now, wish, body)
        headers["x-idempotency-lookup"] = "miss"
    return jsonify(body), 201, headers


@api.delete("/api/v2/tickets/<int:ticket_id>")
def delete_ticket(ticket_id: int) -> ResponseReturnValue:
    account().desk.edit(ticket_or_404(ticket_id), actor(), Channel.API, {"deleted": True})
    return "", 204


@api.put("/api/v2/tickets/update_many")
def update_many() -> ResponseReturnValue:
    """Bulk edit: the same `ticket` for all `ids`, here also with `additional_tags` and `remove_tags`."""
    wish, house = wrapped("ticket", TicketWish), account()
    results = []
    for ticket_id in ids_argument():
        ticket = house.desk.tickets.get(ticket_id)
        if ticket is None or ticket.deleted or ticket.status == "closed":
            results.append({"id": ticket_id, "action": "update", "success": False, "error": "TicketNotFound"})
            continue
        spend_ticket_update(ticket_id)
        one = dict(wish)
        if "additional_tags" in wish or "remove_tags" in wish:
            gone = set(wish.get("remove_tags") or [])
            one["tags"] = [t for t in ticket.tags if t not in gone] + (wish.get("additional_tags") or [])
        house.desk.edit(ticket, actor(), Channel.API, values(ticket, one), comment(ticket, one), one.get("metadata"))
        results.append({"id": ticket_id, "action": "update", "success": True, "status": "Updated"})
    job = house.job_statuses.add(
        {
            "status": "completed",
            "total": len(results),
            "progress": len(results),
            "message": "Completed",
            "results": results,
        }
    )
    return jsonify({"job_status": _job(job)})


@api.get("/api/v2/job_statuses/<job_id>")
def show_job(job_id: str) -> ResponseReturnValue:
    job = account().job_statuses.get(job_id)
    if job is None:
        raise not_found()
    return jsonify({"job_status": _job(job)})


# -- tags by themselves


@api.get("/api/v2/tickets/<int:ticket_id>/tags")
def show_tags(ticket_id: int) -> ResponseReturnValue:
    return jsonify({"tags": ticket_or_404(ticket_id).tags})


@api.post("/api/v2/tickets/<int:ticket_id>/tags")
def set_tags(ticket_id: int) -> ResponseReturnValue:
    return _edit_tags(ticket_id, lambda have, given: given), 201


@api.put("/api/v2/tickets/<int:ticket_id>/tags")
def add_tags(ticket_id: int) -> ResponseReturnValue:
    return _edit_tags(ticket_id, lambda have, given: have + given)


@api.delete("/api/v2/tickets/<int:ticket_id>/tags")
def remove_tags(ticket_id: int) -> ResponseReturnValue:
    return _edit_tags(ticket_id, lambda have, given: [tag for tag in have if tag not in given])


def _edit_tags(ticket_id: int, combine: Callable[[list[str], list[str]], list[str]]) -> Response:
    ticket = ticket_or_404(ticket_id)
    spend_ticket_update(ticket_id)
    wish = payload(TagsWish)
    _refuse_closed(ticket)
    check_stamp(ticket, wish)
    given = wish["tags"] or [] if "tags" in wish else tag_list(request.args.get("tags", ""))
    account().desk.edit(ticket, actor(), Channel.API, values(ticket, {"tags": combine(ticket.tags, given)}))
    return jsonify({"tags": ticket.tags})


# -- reading a wish


def check_stamp(ticket: Ticket, wish: Record) -> None:
    """409 if `safe_update` is there (with whatever value) and the stamp is not the ticket's. Raises ApiError."""
    if "safe_update" not in wish:
        return
    try:
        given = parse_stamp(wish.get("updated_stamp") or "")
    except ValueError:
        raise record_invalid(problem("updated_stamp", "is required by safe_update and must be a time")) from None
    if given.replace(microsecond=0) != ticket.updated_at.replace(microsecond=0):
        raise ApiError(409, {"error": "UpdateConflict", "description": CONFLICT})


def _refuse_closed(ticket: Ticket) -> None:
    if ticket.status == "closed":
        raise record_invalid({"status": [{"description": "Status: closed prevents ticket update"}]})


def values(ticket: Ticket, wish: Record) -> dict[str, Any]:
    """The fields that a wish sets, by the store's names. Unknown keys are ignored. Raises ApiError 422."""
    house, wrong = account(), {}
    found: dict[str, Any] = {}
    for name, allowed in (("status", STATUS_ORDER), ("priority", PRIORITY_ORDER), ("type", TYPES)):
        if name in wish:
            value = wish[name] or None
            if value is not None and value not in allowed:
                wrong.update(problem(name, f"{value} is not a valid value"))
            elif value is not None or name != "status":
                found[name] = value
    names = ("assignee_id", "group_id", "brand_id", "requester_id", "subject", "external_id")
    found.update({name: wish[name] for name in names if name in wish})
    if found.get("group_id") and house.groups.get(found["group_id"]) is None:
        wrong.update(problem("group", "is invalid"))
    assignee = house.desk.people.get(found.get("assignee_id") or 0)
    if found.get("assignee_id") and (assignee is None or not assignee.is_staff):
        wrong.update(problem("assignee", "is invalid"))
    if "subject" in found:
        found["subject"] = found["subject"] or ""
    if found.get("requester_id", ticket.requester_id) not in house.desk.people:
        wrong.update(problem("requester", "is invalid"))
    custom, more_wrong = _custom(wish)
    wrong.update(more_wrong)
    if wrong:
        raise record_invalid(wrong)
    if "tags" in wish or custom:
        tags = wish["tags"] or [] if "tags" in wish else list(ticket.tags)
        found["tags"], custom = house.settled_tags(ticket, tags, custom)
    found.update({CUSTOM + key: value for key, value in custom.items()})
    if found.get("assignee_id") and ticket.status == "new" and "status" not in found:
        found["status"] = "open"
    return found


def _custom(wish: Record) -> tuple[dict[str, Any], dict[str, list[Record]]]:
    """The custom fields of a wish, checked against their types; fields that do not exist are ignored."""
    found: dict[str, Any] = {}
    wrong: dict[str, list[Record]] = {}
    for entry in wish.get("custom_fields") or wish.get("more_fields") or []:
        field = account().field(entry["id"])
        if field is None or not field["removable"]:
            continue
        value = entry["value"]
        options = {option["value"] for option in field.get("custom_field_options") or ()}
        given_options = value if isinstance(value, list) else [value]
        if field["type"] in ("tagger", "multiselect") and value and not set(given_options) <= options:
            wrong.update(problem(f"custom_field_{field['id']}", "is not one of the field's options"))
        found[str(field["id"])] = value if value != "" else None
    return found, wrong


def comment(ticket: Ticket, wish: Record) -> NewComment | None:
    """The comment of a wish, or None. Left out, `public` is what the ticket was created with."""
    said = wish.get("comment")
    if not said:
        return None
    if len(ticket.comments) >= MAX_COMMENTS:
        raise record_invalid(
            problem("comment", f"A ticket can have at most {MAX_COMMENTS} comments", "TooManyComments")
        )
    return _new_comment(ticket, said, default_public=ticket.description.public)


def _new_comment(ticket: Ticket, said: Record, *, default_public: bool) -> NewComment:
    rich = said.get("html_body")
    body = rich or said.get("body") or ""
    if not body.strip():
        raise record_invalid(problem("comment", "cannot be blank", "BlankValue"))
    body = markup.truncate(body, BODY_LIMIT)
    if ticket.id:
        body = render_comment(body, account().lookup(ticket, actor()), is_html=bool(rich))
    author_id = said["author_id"] if said.get("author_id") in account().desk.people else None
    public = said.get("public", default_public)
    html = markup.clean(body if rich else markup.to_html(body))
    return NewComment(html=html, text=markup.to_text(html) if rich else body, public=public, author_id=author_id)


def _requester(wish: Record) -> Person:
    desk = account().desk
    if wish.get("requester_id"):
        known = desk.people.get(wish["requester_id"])
        if known is None:
            raise record_invalid(problem("requester", "is invalid"))
        return known
    given = wish.get("requester") or {}
    if given.get("email"):
        return desk.person(given["email"], given.get("name") or "")
    return actor()


def _macro_ids(wish: Record) -> tuple[int, ...]:
    return tuple(wish.get("macro_ids") or ([wish["macro_id"]] if wish.get("macro_id") else []))


def _job(job: Record) -> Record:
    return {"id": job["id"], "job_type": "Bulk Update Ticket", "url": api_url(f"job_statuses/{job['id']}.json"), **job}
