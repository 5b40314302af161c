"""The control API: customers and agents at work."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError, fields, validate

from adapters.sandbox import markup
from adapters.sandbox.clock import parse_stamp
from adapters.sandbox.control.blueprint import Wish, control, desk_or_refuse, load, ticket_or_refuse
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import FRESHDESK, HELPDESKS, ZENDESK, Channel, Desk, NewComment, Person, Ticket
from adapters.sandbox.world import here
from adapters.sandbox.zendesk.wishes import tag_list

DEFAULT_AGENT = "dana@acme.example"
STATUSES = {
    ZENDESK: ("new", "open", "pending", "hold", "solved", "closed"),
    FRESHDESK: ("open", "pending", "solved", "closed", "waiting_on_customer", "waiting_on_third_party"),
}
REOPENED_BY_CUSTOMER = ("pending", "hold", "solved", "waiting_on_customer", "waiting_on_third_party")


class PersonSchema(Wish):
    name = fields.String(load_default="")
    email = fields.String(required=True, validate=validate.Regexp(r"^[^\s@]+@[^\s@]+$", error="not an e-mail address"))


class TicketSchema(Wish):
    helpdesk = fields.String(required=True, validate=validate.OneOf(HELPDESKS))
    subject = fields.String(load_default="")
    text = fields.String()
    html = fields.String()
    requester = fields.Nested(PersonSchema, load_default={"name": "Robin Doe", "email": "robin@customer.example"})
    tags = fields.List(fields.String(), load_default=list)
    priority = fields.String(validate=validate.OneOf(("low", "normal", "high", "urgent")))
    created_at = fields.String()
    channel = fields.String(load_default="email", validate=validate.OneOf(("email", "web")))
    support_type = fields.String(load_default="agent", validate=validate.OneOf(("agent", "ai_agent")))
    quiet = fields.Boolean(load_default=False)


class ReplySchema(Wish):
    text = fields.String()
    html = fields.String()
    by = fields.String(load_default="customer", data_key="as", validate=validate.OneOf(("customer", "agent", "note")))
    agent = fields.String(load_default=DEFAULT_AGENT)


class TagsSchema(Wish):
    add = fields.List(fields.String(), load_default=list)
    remove = fields.List(fields.String(), load_default=list)
    agent = fields.String(load_default=DEFAULT_AGENT)


class StatusSchema(Wish):
    status = fields.String(required=True)
    agent = fields.String(load_default=DEFAULT_AGENT)


def _agent(desk: Desk, email: str) -> Person:
    person = desk.by_email(email)
    if person is None or not person.is_staff:
        raise ValidationError({"agent": [f"{email} is no agent here"]})
    return person


def _words(wish: Record) -> tuple[str, str]:
    """(HTML, text) of what somebody wrote. One of `text` and `html` is needed."""
    if wish.get("html"):
        html = markup.clean(wish["html"])
        return html, wish.get("text") or markup.to_text(html)
    if not wish.get("text"):
        raise ValidationError({"text": ["text or html is needed"]})
    return markup.to_html(wish["text"]), wish["text"]


@control.post("/tickets")
def create_tickets() -> ResponseReturnValue:
    """One ticket, or many under "tickets"; as the customer, so that triggers and rules run."""
    body = request.get_json(silent=True) or {}
    many = body.get("tickets") if isinstance(body, dict) else None
    loaded: list[Record] = TicketSchema(many=True).load(many if many is not None else [body])
    made = [_create(wish) for wish in loaded]
    if many is not None:
        return jsonify({"ids": [t.id for t in made]}), 201
    return jsonify({"id": made[0].id, "helpdesk": made[0].helpdesk}), 201


def _create(wish: Record) -> Ticket:
    desk = desk_or_refuse(wish["helpdesk"])
    html, text = _words(wish)
    requester = desk.person(wish["requester"]["email"], wish["requester"].get("name") or "")
    values: Record = {"tags": tag_list(wish["tags"]) if wish["helpdesk"] == ZENDESK else wish["tags"]}
    default = None if wish["helpdesk"] == ZENDESK else "low"
    values["priority"] = wish.get("priority") or default
    try:
        at = parse_stamp(wish["created_at"]).replace(microsecond=0) if wish.get("created_at") else None
    except ValueError:
        raise ValidationError({"created_at": ["not an ISO 8601 time"]}) from None
    values["support_type"] = wish["support_type"]
    return desk.create(
        wish["subject"] or text.splitlines()[0][:80],
        NewComment(html=html, text=text, kind="reply"),
        requester,
        requester,
        Channel(wish["channel"]),
        values,
        at=at,
        quiet=wish["quiet"],
    )


@control.post("/tickets/<helpdesk>/<int:ticket_id>/reply")
def reply(helpdesk: str, ticket_id: int) -> ResponseReturnValue:
    """`as`: "customer", "agent" (a public reply) or "note" (an agent's internal note)."""
    wish, ticket = load(ReplySchema), ticket_or_refuse(helpdesk, ticket_id)
    desk = desk_or_refuse(helpdesk)
    html, text = _words(wish)
    values: Record = {}
    if wish["by"] == "customer":
        author = desk.people[ticket.requester_id]
        if ticket.status == "closed" and helpdesk == ZENDESK:
            raise ValidationError({"id": ["a closed ticket takes no reply"]})
        if ticket.status in (*REOPENED_BY_CUSTOMER, "closed"):
            values["status"] = "open"
    else:
        author = _agent(desk, wish["agent"])
        if ticket.status == "new":
            values["status"] = "open"
        if ticket.assignee_id is None:
            values["assignee_id"] = author.id
    comment = NewComment(html=html, text=text, public=wish["by"] != "note")
    channel = Channel.EMAIL if wish["by"] == "customer" else Channel.WEB
    audit = desk.edit(ticket, author, channel, values, comment)
    return jsonify({"comment_id": audit.comment.id if audit.comment else None}), 201


@control.post("/tickets/<helpdesk>/<int:ticket_id>/tags")
def change_tags(helpdesk: str, ticket_id: int) -> ResponseReturnValue:
    """An agent adds and removes tags."""
    wish, ticket = load(TagsSchema), ticket_or_refuse(helpdesk, ticket_id)
    desk = desk_or_refuse(helpdesk)
    clean = tag_list if helpdesk == ZENDESK else list
    gone = set(clean(wish["remove"]))
    tags = [t for t in ticket.tags if t not in gone]
    tags += [t for t in clean(wish["add"]) if t not in tags]
    values: Record = {"tags": tags}
    if helpdesk == ZENDESK:
        values["tags"], custom = here().zendesk.settled_tags(ticket, tags, {})
        values.update({f"custom_fields_{key}": value for key, value in custom.items()})
    desk.edit(ticket, _agent(desk, wish["agent"]), Channel.WEB, values)
    return jsonify({"tags": ticket.tags})


@control.post("/tickets/<helpdesk>/<int:ticket_id>/status")
def change_status(helpdesk: str, ticket_id: int) -> ResponseReturnValue:
    """An agent sets the status; "deleted" and "spam" put the ticket there."""
    wish, ticket = load(StatusSchema), ticket_or_refuse(helpdesk, ticket_id)
    desk, status = desk_or_refuse(helpdesk), wish["status"]
    if status in ("deleted", "spam"):
        values: Record = {status: True}
    elif status in STATUSES[helpdesk]:
        values = {"status": status, "deleted": False, "spam": False}
    else:
        raise ValidationError({"status": [f"{status} is not one of {', '.join(STATUSES[helpdesk])}, deleted, spam"]})
    desk.edit(ticket, _agent(desk, wish["agent"]), Channel.WEB, values)
    return jsonify({"status": ticket.status, "deleted": ticket.deleted, "spam": ticket.spam})
