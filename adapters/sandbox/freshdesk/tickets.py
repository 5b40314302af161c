"""Freshdesk: listing, showing, creating and changing tickets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import jsonify, make_response, request
from flask.typing import ResponseReturnValue

from adapters.sandbox import markup
from adapters.sandbox.clock import parse_stamp
from adapters.sandbox.freshdesk import shapes
from adapters.sandbox.freshdesk.blueprint import (
    account,
    actor,
    api,
    api_url,
    invalid,
    listing,
    missing,
    payload,
    ticket_or_404,
    unexpected,
    writable,
    wrong,
)
from adapters.sandbox.freshdesk.codes import OUTBOUND, SOURCES, TYPES, priority_word, status_word
from adapters.sandbox.freshdesk.wishes import BulkUpdateWish, NewTicketWish, TicketWish
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import CUSTOM, Channel, NewComment, Person, Ticket

LAST_PAGE = 300
LISTED_DAYS = 30
TAG_LENGTH = 32
_SORTS: dict[str, Any] = {
    "created_at": lambda t: (t.created_at, t.id),
    "updated_at": lambda t: (t.updated_at, t.id),
    "due_by": lambda t: (account().due(t)[1], t.id),
    "status": lambda t: (t.status, t.id),
}
_IDENTIFIERS = ("requester_id", "email", "phone", "twitter_id", "facebook_id", "unique_external_id")
# Types of custom fields, with the Python types their values may have and what Freshdesk calls those.
_VALUE_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "custom_text": ((str,), "String"),
    "custom_paragraph": ((str,), "String"),
    "custom_checkbox": ((bool,), "Boolean"),
    "custom_number": ((int,), "Integer"),
    "custom_decimal": ((int, float), "Number"),
    "custom_date": ((str,), "Date"),
    "custom_dropdown": ((str,), "String"),
    "nested_field": ((str,), "String"),
}


def _included(*known: str) -> list[str]:
    parts = [part.strip() for part in request.args.get("include", "").split(",") if part.strip()]
    if any(part not in known for part in parts):
        raise invalid(wrong("include", f"It should be one of these values: '{','.join(known)}'"))
    return parts


# -- reading


@api.get("/api/v2/tickets")
def list_tickets() -> ResponseReturnValue:
    """Newest first; without `updated_since` only what was created in the last thirty days; no spam, no trash."""
    known = frozenset(
        [
            "filter",
            "requester_id",
            "email",
            "unique_external_id",
            "company_id",
            "updated_since",
            "order_by",
            "order_type",
            "include",
            "page",
            "per_page",
        ]
    )
    strangers = [unexpected(name) for name in request.args if name not in known]
    if strangers:
        raise invalid(*strangers)
    parts = _included("requester", "stats", "description", "company")
    rows = [t for t in account().desk.tickets.values() if _listed(t)]
    by = request.args.get("order_by", "created_at")
    order = request.args.get("order_type", "desc")
    if by not in _SORTS or order not in ("asc", "desc"):
        name = "order_by" if by not in _SORTS else "order_type"
        raise invalid(wrong(name, f"It should be one of these values: '{','.join(_SORTS)}'"))
    rows.sort(key=_SORTS[by], reverse=order == "desc")

    def shape(row: Ticket) -> Record:
        extra: Record = {}
        if "description" in parts:
            extra.update(shapes.description(row))
        return {**shapes.ticket(row), **extra, **_embedded(row, parts)}

    return listing(rows, shape, LAST_PAGE)


def _listed(row: Ticket) -> bool:
    wanted = request.args.get("filter")
    if wanted == "spam":
        return row.spam and not row.deleted
    if wanted == "deleted":
        return row.deleted
    if row.spam or row.deleted:
        return False
    if wanted == "new_and_my_open" and not (row.status == "open" and row.assignee_id in (None, actor().id)):
        return False
    if wanted == "watching":
        return False
    since = request.args.get("updated_since")
    if since is not None:
        try:
            if row.updated_at < parse_stamp(since):
                return False
        except ValueError:
            raise invalid(
                wrong("updated_since", "It should be in the 'combined date and time ISO8601' format", "invalid_date")
            ) from None
    elif row.created_at < account().clock.now() - timedelta(days=LISTED_DAYS):
        return False
    requester = account().desk.people[row.requester_id]
    if (email := request.args.get("email")) and requester.email.lower() != email.lower():
        return False
    return str(row.requester_id) == request.args.get("requester_id", str(row.requester_id))


@api.get("/api/v2/tickets/<int:ticket_id>")
def show_ticket(ticket_id: int) -> ResponseReturnValue:
    """One ticket; `include=conversations` brings the ten oldest and no more."""
    ticket = ticket_or_404(ticket_id)
    parts = _included("conversations", "requester", "company", "stats", "sla_policy")
    body = {**shapes.whole_ticket(ticket), **_embedded(ticket, parts)}
    if "conversations" in parts:
        body["conversations"] = [shapes.conversation(c) for c in ticket.comments[1:11]]
    return jsonify(body)


def _embedded(row: Ticket, parts: list[str]) -> Record:
    extra: Record = {}
    if "requester" in parts:
        extra["requester"] = shapes.requester(row)
    if "company" in parts:
        extra["company"] = {}
    if "stats" in parts:
        extra["stats"] = shapes.stats(row)
    return extra


# -- writing


@api.post("/api/v2/tickets")
def create_ticket() -> ResponseReturnValue:
    wish = payload(NewTicketWish)
    if not any(wish.get(name) for name in _IDENTIFIERS):
        raise invalid(missing("requester_id"))
    values = _values(wish)
    for name in ("status", "priority"):
        values.setdefault(name, {"status": "open", "priority": "low"}[name])
    requester = _requester(wish)
    body = markup.clean(wish.get("description") or "Not given.")
    ticket = account().desk.create(
        wish.get("subject") or "",
        NewComment(html=body, text=markup.to_text(body), kind="reply"),
        requester,
        requester,
        Channel.API,
        {k: v for k, v in values.items() if k not in ("subject", "requester_id")},
    )
    response = make_response(jsonify(shapes.whole_ticket(ticket)), 201)
    response.headers["Location"] = api_url(f"tickets/{ticket.id}")
    return response


@api.put("/api/v2/tickets/<int:ticket_id>")
def update_ticket(ticket_id: int) -> ResponseReturnValue:
    """Change what is sent. `due_by` and `fr_due_by` are taken and recalculated away by the SLA engine."""
    ticket = writable(ticket_id)
    wish = payload(TicketWish)
    if not wish:
        raise invalid(wrong("request", "Request body cannot be blank", "missing_field"))
    if account().source(ticket) == OUTBOUND and ({"subject", "description"} & set(wish)):
        raise invalid(wrong("subject", "It cannot be updated for an outbound ticket", "incompatible_field"))
    values = _values(wish)
    if any(wish.get(name) for name in _IDENTIFIERS):
        values["requester_id"] = _requester(wish).id
    if "description" in wish:
        first = ticket.description
        body = markup.clean(wish["description"] or "")
        account().desk.rewrite(first, actor(), body, markup.to_text(body))
    account().desk.edit(ticket, actor(), Channel.API, values)
    return jsonify(shapes.whole_ticket(ticket))


@api.delete("/api/v2/tickets/<int:ticket_id>")
def delete_ticket(ticket_id: int) -> ResponseReturnValue:
    account().desk.edit(writable(ticket_id), actor(), Channel.API, {"deleted": True})
    return "", 204


@api.put("/api/v2/tickets/<int:ticket_id>/restore")
def restore_ticket(ticket_id: int) -> ResponseReturnValue:
    ticket = ticket_or_404(ticket_id)
    account().desk.edit(ticket, actor(), Channel.API, {"deleted": False})
    return "", 204


@api.post("/api/v2/tickets/bulk_update")
def bulk_update() -> ResponseReturnValue:
    wish = payload(BulkUpdateWish)["bulk_action"]
    values = _values(wish["properties"])
    for ticket_id in wish["ids"]:
        ticket = account().desk.tickets.get(ticket_id)
        if ticket is not None and not ticket.deleted and not ticket.spam:
            account().desk.edit(ticket, actor(), Channel.API, values)
    job = account().jobs.add({"status": "completed", "data": []})
    return jsonify({"job_id": str(job["id"]), "href": api_url(f"jobs/{job['id']}")}), 202


def _requester(wish: Record) -> Person:
    desk = account().desk
    if wish.get("requester_id"):
        known = desk.people.get(wish["requester_id"])
        if known is None:
            raise invalid(wrong("requester_id", "There is no contact matching the given requester_id"))
        return known
    if wish.get("email"):
        if "@" not in wish["email"]:
            raise invalid(wrong("email", "It should be in the 'valid email address' format"))
        return desk.person(wish["email"], wish.get("name") or "")
    token = str(
        wish.get("phone") or wish.get("twitter_id") or wish.get("facebook_id") or wish.get("unique_external_id")
    )
    return desk.person(f"{token}@contact.invalid", str(wish.get("name") or token))


def _values(wish: Record) -> dict[str, Any]:
    """What a wish sets, by the store's names. Raises ApiError 400 naming every field that is wrong."""
    found: dict[str, Any] = {}
    errors: list[Record] = []
    for name, words in (("status", status_word), ("priority", priority_word)):
        if name in wish:
            if wish[name] in words:
                found[name] = words[wish[name]]
            else:
                errors.append(_not_among(name, words))
    if "type" in wish:
        if wish["type"] is None or wish["type"] in _types():
            found["type"] = wish["type"]
        else:
            errors.append(_not_among("type", _types()))
    if "source" in wish:
        if wish["source"] in SOURCES:
            found["source"] = wish["source"]
        else:
            errors.append(_not_among("source", SOURCES))
    if "subject" in wish:
        found["subject"] = wish["subject"] or ""
    if "group_id" in wish:
        if wish["group_id"] is None or account().groups.get(wish["group_id"]):
            found["group_id"] = wish["group_id"]
        else:
            errors.append(wrong("group_id", "There is no group matching the given group_id"))
    if "responder_id" in wish:
        agent = account().desk.people.get(wish["responder_id"] or 0)
        if wish["responder_id"] is None or (agent is not None and agent.is_staff):
            found["assignee_id"] = wish["responder_id"]
        else:
            errors.append(wrong("responder_id", "There is no agent matching the given responder_id"))
    if "tags" in wish:
        tags = wish["tags"] or []
        errors += _tag_errors(tags)
        found["tags"] = [] if errors else list(dict.fromkeys(tags))
    if "custom_fields" in wish:
        custom = wish["custom_fields"] or {}
        errors += _custom_errors(custom)
        found.update({CUSTOM + name: value for name, value in custom.items()})
    for name in ("due_by", "fr_due_by"):
        if wish.get(name):
            try:
                parse_stamp(wish[name])
            except ValueError:
                errors.append(
                    wrong(name, "It should be in the 'combined date and time ISO8601' format", "invalid_date")
                )
    if errors:
        raise invalid(*errors)
    return found


def _types() -> list[str]:
    field = account().ticket_fields.find(name="ticket_type")
    return list(field["choices"]) if field else list(TYPES)


def _not_among(name: str, allowed: Iterable[object]) -> Record:
    return wrong(name, f"It should be one of these values: '{','.join(str(value) for value in allowed)}'")


def _tag_errors(tags: list[Any]) -> list[Record]:
    if not all(isinstance(tag, str) for tag in tags):
        return [wrong("tags", "It should contain elements of type String only", "datatype_mismatch")]
    if any(len(tag) > TAG_LENGTH for tag in tags):
        return [wrong("tags", f"It should only contain elements that have maximum of {TAG_LENGTH} characters")]
    if any("," in tag for tag in tags):
        return [wrong("tags", "It should not contain comma separated values")]
    return []


def _custom_errors(given: dict[str, Any]) -> list[Record]:
    fields, errors = account().custom_fields(), []
    for name, value in given.items():
        field = fields.get(name)
        if field is None:
            errors.append(unexpected(name))
            continue
        if value is None:
            continue
        types, called = _VALUE_TYPES.get(field["type"], ((str,), "String"))
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            message = f"Value set is of type {type(value).__name__.title()}. It should be a/an {called}"
            errors.append(wrong(name, message, "datatype_mismatch"))
        elif field["type"] == "custom_dropdown" and value not in field.get("choices", []):
            errors.append(_not_among(name, field.get("choices", [])))
    return errors
