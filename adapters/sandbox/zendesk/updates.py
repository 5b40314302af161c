"""Zendesk: writing tickets. One PUT carries everything: comment, tags, fields, priority, metadata."""

from __future__ import annotations

import re
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
    invalid_attribute,
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
    wish = wrapped("ticket")
    _refuse_closed(ticket)
    check_stamp(ticket, wish)
    house = account()
    audit = house.desk.edit(
        ticket,
        actor(),
        Channel.API,
        values(ticket, wish),
        comment(ticket, wish),
        metadata=_metadata(wish),
        macro_ids=_macro_ids(wish),
    )
    return jsonify({"ticket": shapes.ticket(ticket), "audit": shapes.audit(audit)})


@api.post("/api/v2/tickets")
def create_ticket() -> ResponseReturnValue:
    """Open a ticket; `Idempotency-Key` makes a repeat within two hours answer with the first one's ticket."""
    wish, house = wrapped("ticket"), account()
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
        "zendesk", 0, str(wish.get("subject") or ""), requester.id, actor().id, Channel.API, house.clock.now(),
        house.clock.now(), 0,
    )  # fmt: skip
    ticket = house.desk.create(
        str(wish.get("subject") or ""),
        _new_comment(blank, said, default_public=True),
        requester,
        requester if wish.get("requester") or wish.get("requester_id") else actor(),
        Channel.API,
        values(blank, {k: v for k, v in wish.items() if k not in ("subject", "requester_id")}),
        metadata=_metadata(wish),
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
    wish, house = wrapped("ticket"), account()
    results = []
    for ticket_id in ids_argument():
        ticket = house.desk.tickets.get(ticket_id)
        if ticket is None or ticket.deleted or ticket.status == "closed":
            results.append({"id": ticket_id, "action": "update", "success": False, "error": "TicketNotFound"})
            continue
        spend_ticket_update(ticket_id)
        one = dict(wish)
        if "additional_tags" in wish or "remove_tags" in wish:
            gone = set(tag_list(wish.get("remove_tags") or []))
            one["tags"] = [t for t in ticket.tags if t not in gone] + tag_list(wish.get("additional_tags") or [])
        house.desk.edit(ticket, actor(), Channel.API, values(ticket, one), comment(ticket, one), _metadata(one))
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
    wish = payload()
    _refuse_closed(ticket)
    check_stamp(ticket, wish)
    given = tag_list(wish["tags"] if "tags" in wish else request.args.get("tags", "").split(","))
    account().desk.edit(ticket, actor(), Channel.API, values(ticket, {"tags": combine(ticket.tags, given)}))
    return jsonify({"tags": ticket.tags})


# -- reading a wish


def check_stamp(ticket: Ticket, wish: Record) -> None:
    """409 if `safe_update` is there (with whatever value) and the stamp is not the ticket's. Raises ApiError."""
    if "safe_update" not in wish:
        return
    try:
        given = parse_stamp(str(wish.get("updated_stamp") or ""))
    except ValueError:
        raise record_invalid(problem("updated_stamp", "is required by safe_update and must be a time")) from None
    if given.replace(microsecond=0) != ticket.updated_at.replace(microsecond=0):
        raise ApiError(409, {"error": "UpdateConflict", "description": CONFLICT})


def _refuse_closed(ticket: Ticket) -> None:
    if ticket.status == "closed":
        raise record_invalid({"status": [{"description": "Status: closed prevents ticket update"}]})


def tag_list(given: Any) -> list[str]:
    """Tags as Zendesk keeps them: lower case, split at spaces, each once."""
    parts = [given] if isinstance(given, str) else list(given) if isinstance(given, (list, tuple)) else []
    words = (word for part in parts for word in re.split(r"[\s,]+", str(part).lower()))
    return list(dict.fromkeys(word for word in words if word))


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
    for name in ("assignee_id", "group_id", "brand_id", "requester_id"):
        if name in wish:
            if wish[name] is not None and not str(wish[name]).isdigit():
                raise invalid_attribute(f"You passed an invalid value for the {name} attribute. Must be an integer")
            found[name] = None if wish[name] is None else int(wish[name])
    if found.get("group_id") and house.groups.get(found["group_id"]) is None:
        wrong.update(problem("group", "is invalid"))
    assignee = house.desk.people.get(found.get("assignee_id") or 0)
    if found.get("assignee_id") and (assignee is None or not assignee.is_staff):
        wrong.update(problem("assignee", "is invalid"))
    for name in ("subject", "external_id"):
        if name in wish:
            found[name] = None if wish[name] is None else str(wish[name])
    custom, more_wrong = _custom(wish)
    wrong.update(more_wrong)
    if wrong:
        raise record_invalid(wrong)
    if "tags" in wish or custom:
        tags = tag_list(wish["tags"] or []) if "tags" in wish else list(ticket.tags)
        found["tags"], custom = house.settled_tags(ticket, tags, custom)
    found.update({CUSTOM + key: value for key, value in custom.items()})
    if found.get("assignee_id") and ticket.status == "new" and "status" not in found:
        found["status"] = "open"
    return found


def _custom(wish: Record) -> tuple[dict[str, Any], dict[str, list[Record]]]:
    """The custom fields of a wish, checked against their types; fields that do not exist are ignored."""
    given = wish.get("custom_fields", wish.get("fields")) or []
    if isinstance(given, dict):
        given = [{"id": key, "value": value} for key, value in given.items()]
    found: dict[str, Any] = {}
    wrong: dict[str, list[Record]] = {}
    for entry in given:
        if not isinstance(entry, dict) or not str(entry.get("id", "")).isdigit():
            raise invalid_attribute("You passed an invalid value for the custom_fields attribute. Each needs an id")
        field = account().field(entry["id"])
        if field is None or not field["removable"]:
            continue
        value = entry.get("value")
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
    if isinstance(said, str):
        said = {"body": said}
    return _new_comment(ticket, said, default_public=ticket.description.public)


def _new_comment(ticket: Ticket, said: Record, *, default_public: bool) -> NewComment:
    rich, plain = said.get("html_body"), said.get("body", said.get("value"))
    body = rich if rich else plain
    if not isinstance(body, str) or not body.strip():
        raise record_invalid(problem("comment", "cannot be blank", "BlankValue"))
    public = said.get("public", default_public)
    if not isinstance(public, bool):
        public = str(public).lower() == "true"
    body = markup.truncate(body, BODY_LIMIT)
    if ticket.id:
        body = render_comment(body, account().lookup(ticket, actor()), is_html=bool(rich))
    author = said.get("author_id")
    author_id = int(author) if author and int(author) in account().desk.people else None
    html = markup.clean(body if rich else markup.to_html(body))
    return NewComment(html=html, text=markup.to_text(html) if rich else body, public=public, author_id=author_id)


def _requester(wish: Record) -> Person:
    desk = account().desk
    if wish.get("requester_id"):
        known = desk.people.get(int(wish["requester_id"]))
        if known is None:
            raise record_invalid(problem("requester", "is invalid"))
        return known
    given = wish.get("requester") or {}
    if given.get("email"):
        return desk.person(str(given["email"]), str(given.get("name") or ""))
    return actor()


def _metadata(wish: Record) -> Record:
    given = wish.get("metadata")
    return dict(given) if isinstance(given, dict) else {}


def _macro_ids(wish: Record) -> tuple[int, ...]:
    given = wish.get("macro_ids") or ([wish["macro_id"]] if wish.get("macro_id") else [])
    return tuple(int(value) for value in given if str(value).isdigit())


def _job(job: Record) -> Record:
    return {"id": job["id"], "job_type": "Bulk Update Ticket", "url": api_url(f"job_statuses/{job['id']}.json"), **job}
