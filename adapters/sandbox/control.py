"""The control API: be the customer or an agent, break things, move the clock, and see what came of it.

No authentication; the server listens on loopback only.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate

from adapters.sandbox import markup
from adapters.sandbox.clock import parse_stamp, stamp
from adapters.sandbox.connect import MODES, connect
from adapters.sandbox.faults import Fault
from adapters.sandbox.limits import FRESHDESK_PLANS, UNMETERED, ZENDESK_PLANS
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import FRESHDESK, HELPDESKS, ZENDESK, Channel, Desk, NewComment, Person, Ticket
from adapters.sandbox.webhooks import Disturbance
from adapters.sandbox.world import here
from adapters.sandbox.zendesk.updates import tag_list

control = Blueprint("control", __name__, url_prefix="/control")
DEFAULT_AGENT = "dana@acme.example"
STATUSES = {
    ZENDESK: ("new", "open", "pending", "hold", "solved", "closed"),
    FRESHDESK: ("open", "pending", "solved", "closed", "waiting_on_customer", "waiting_on_third_party"),
}
REOPENED_BY_CUSTOMER = ("pending", "hold", "solved", "waiting_on_customer", "waiting_on_third_party")


class _Strict(Schema):
    """Nulls count as absent; unknown keys are errors, since a misspelt wish would silently do nothing."""

    @pre_load
    def drop_nulls(self, data: Any, **_: Any) -> Any:
        return {k: v for k, v in data.items() if v is not None} if isinstance(data, dict) else data


class PersonSchema(_Strict):
    name = fields.String(load_default="")
    email = fields.Email(required=True)


class TicketSchema(_Strict):
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


class ReplySchema(_Strict):
    text = fields.String()
    html = fields.String()
    by = fields.String(load_default="customer", data_key="as", validate=validate.OneOf(("customer", "agent", "note")))
    agent = fields.String(load_default=DEFAULT_AGENT)


class TagsSchema(_Strict):
    add = fields.List(fields.String(), load_default=list)
    remove = fields.List(fields.String(), load_default=list)
    agent = fields.String(load_default=DEFAULT_AGENT)


class StatusSchema(_Strict):
    status = fields.String(required=True)
    agent = fields.String(load_default=DEFAULT_AGENT)


class FaultSchema(_Strict):
    helpdesk = fields.String(validate=validate.OneOf(HELPDESKS))
    method = fields.String()
    path = fields.String(load_default="")
    status = fields.Integer(validate=validate.Range(100, 599))
    drop = fields.Boolean(load_default=False)
    hang = fields.Float(load_default=0.0, validate=validate.Range(0))
    latency = fields.Float(load_default=0.0, validate=validate.Range(0))
    apply = fields.Boolean(load_default=False)
    body = fields.Raw()
    headers = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    times = fields.Integer(load_default=1, validate=validate.Range(0))


class WebhooksSchema(_Strict):
    duplicates = fields.Integer(load_default=0, validate=validate.Range(0, 100))
    reorder = fields.Float(load_default=0.0, validate=validate.Range(0))
    drop_probability = fields.Float(load_default=0.0, validate=validate.Range(0, 1))
    seed = fields.Integer(load_default=0)
    latency = fields.Float(load_default=0.0, validate=validate.Range(0))
    retry_factor = fields.Float(validate=validate.Range(0))


class PlanSchema(_Strict):
    zendesk = fields.String(validate=validate.OneOf((UNMETERED, *ZENDESK_PLANS)))
    freshdesk = fields.String(validate=validate.OneOf((UNMETERED, *FRESHDESK_PLANS)))
    cascading_rules = fields.Boolean()


class ClockSchema(_Strict):
    advance = fields.Float(required=True)


class ConnectSchema(_Strict):
    class Meta:
        unknown = EXCLUDE

    helpdesk = fields.String(required=True, validate=validate.OneOf(HELPDESKS))
    url = fields.Url(required=True, require_tld=False, schemes={"http", "https"})
    mode = fields.String()
    name = fields.String()
    secret = fields.String()
    header = fields.String()
    auth = fields.Dict()
    guard_tag = fields.String()
    body = fields.String()


def _load(schema: type[Schema]) -> Record:
    wish: Record = schema().load(request.get_json(silent=True) or {})
    return wish


@control.errorhandler(ValidationError)
def _refuse(error: ValidationError) -> ResponseReturnValue:
    return jsonify({"error": "invalid", "details": error.messages}), 422


def _desk(helpdesk: str) -> Desk:
    if helpdesk not in here().desks:
        raise ValidationError({"helpdesk": [f"{helpdesk} is not one of {', '.join(HELPDESKS)}"]})
    return here().desks[helpdesk]


def _ticket(helpdesk: str, ticket_id: int) -> Ticket:
    ticket = _desk(helpdesk).tickets.get(ticket_id)
    if ticket is None:
        raise ValidationError({"id": [f"{helpdesk} has no ticket {ticket_id}"]})
    return ticket


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


# -- people at work


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
    desk = _desk(wish["helpdesk"])
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
    wish, ticket = _load(ReplySchema), _ticket(helpdesk, ticket_id)
    desk = _desk(helpdesk)
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
    wish, ticket = _load(TagsSchema), _ticket(helpdesk, ticket_id)
    desk = _desk(helpdesk)
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
    wish, ticket = _load(StatusSchema), _ticket(helpdesk, ticket_id)
    desk, status = _desk(helpdesk), wish["status"]
    if status in ("deleted", "spam"):
        values: Record = {status: True}
    elif status in STATUSES[helpdesk]:
        values = {"status": status, "deleted": False, "spam": False}
    else:
        raise ValidationError({"status": [f"{status} is not one of {', '.join(STATUSES[helpdesk])}, deleted, spam"]})
    desk.edit(ticket, _agent(desk, wish["agent"]), Channel.WEB, values)
    return jsonify({"status": ticket.status, "deleted": ticket.deleted, "spam": ticket.spam})


# -- the weather


@control.post("/reset")
def reset() -> ResponseReturnValue:
    here().reset()
    return jsonify({"reset": True})


@control.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Misbehave on the next matching API calls. `times` 0 means until deleted; `apply` acts first, then misbehaves."""
    wish = _load(FaultSchema)
    body = wish.get("body")
    try:
        path = re.compile(wish["path"])
    except re.error as error:
        raise ValidationError({"path": [f"not a regular expression: {error}"]}) from None
    if body is not None and not isinstance(body, str):
        body = jsonify(body).get_data(as_text=True)
        wish["headers"].setdefault("Content-Type", "application/json")
    fault = Fault(
        helpdesk=wish.get("helpdesk"),
        method=wish["method"].upper() if wish.get("method") else None,
        path=path,
        status=wish.get("status"),
        drop=wish["drop"],
        hang=wish["hang"],
        latency=wish["latency"],
        apply=wish["apply"],
        body=body,
        headers=wish["headers"],
        times=wish["times"] or None,
    )
    here().faults.add(fault)
    return jsonify({"faults": here().faults.listing()}), 201


@control.get("/faults")
def list_faults() -> ResponseReturnValue:
    return jsonify({"faults": here().faults.listing()})


@control.delete("/faults")
def clear_faults() -> ResponseReturnValue:
    here().faults.clear()
    return jsonify({"faults": []})


@control.post("/webhooks")
def disturb_webhooks() -> ResponseReturnValue:
    """How unreliable deliveries are from now on; what is left out goes back to harmless."""
    wish = _load(WebhooksSchema)
    here().sender.disturb(Disturbance(**wish))
    return jsonify(wish)


@control.get("/webhooks")
def list_deliveries() -> ResponseReturnValue:
    """Deliveries, oldest first; `?helpdesk=`, `?ticket=` and `?outcome=` narrow them down."""
    rows = [d.report() for d in list(here().sender.deliveries)]
    for name, key in (("helpdesk", "helpdesk"), ("ticket", "ticket_id"), ("outcome", "outcome")):
        if name in request.args:
            rows = [r for r in rows if str(r[key]) == request.args[name]]
    return jsonify({"deliveries": rows})


@control.get("/webhooks/idle")
def wait_until_idle() -> ResponseReturnValue:
    """Wait until no delivery is pending, `?timeout=` seconds at most (default 10)."""
    return jsonify({"idle": here().sender.idle(request.args.get("timeout", 10.0, type=float))})


wait_until_idle.unlocked = True  # type: ignore[attr-defined]


@control.post("/plan")
def set_plan() -> ResponseReturnValue:
    """The rate limits in force, by helpdesk; and whether Freshdesk runs all matching creation rules."""
    wish = _load(PlanSchema)
    world = here()
    for helpdesk in HELPDESKS:
        if wish.get(helpdesk):
            world.plans[helpdesk] = wish[helpdesk]
    world.freshdesk.post.metered = world.plans[FRESHDESK] != UNMETERED
    if "cascading_rules" in wish:
        world.freshdesk.cascading = wish["cascading_rules"]
    world.meter.clear()
    return jsonify({**world.plans, "cascading_rules": world.freshdesk.cascading})


@control.route("/clock", methods=["GET", "POST"])
def clock() -> ResponseReturnValue:
    """Move the sandbox's own time forward: limits, tokens, exports and retries follow it."""
    if request.method == "POST":
        here().clock.advance(_load(ClockSchema)["advance"])
    return jsonify({"now": stamp(here().clock.now()), "offset": here().clock.offset})


@control.post("/connect")
def connect_receiver() -> ResponseReturnValue:
    wish = _load(ConnectSchema)
    modes = MODES[wish["helpdesk"]]
    mode = wish.get("mode") or modes[0]
    if mode not in modes:
        raise ValidationError({"mode": [f"{mode} is not one of {', '.join(modes)}"]})
    return jsonify(connect(here(), wish["helpdesk"], wish["url"], mode, wish)), 201


# -- what came of it


@control.get("/tickets")
def list_everything() -> ResponseReturnValue:
    """Everything about every ticket; `?helpdesk=` for one side."""
    wanted = request.args.get("helpdesk")
    desks = [d for name, d in here().desks.items() if wanted in (None, name)]
    return jsonify({"tickets": [_report(desk, t) for desk in desks for t in desk.tickets.values()]})


@control.get("/tickets/<helpdesk>/<int:ticket_id>")
def show_everything(helpdesk: str, ticket_id: int) -> ResponseReturnValue:
    return jsonify({"ticket": _report(_desk(helpdesk), _ticket(helpdesk, ticket_id))})


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
    people = desk.people
    return {
        "helpdesk": row.helpdesk,
        "id": row.id,
        "subject": row.subject,
        "status": row.status,
        "priority": row.priority,
        "type": row.type,
        "tags": list(row.tags),
        "fields": {_field_name(row.helpdesk, key): value for key, value in row.fields.items()},
        "group": _group(row),
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


def _field_name(helpdesk: str, key: str) -> str:
    field = here().zendesk.field(key) if helpdesk == ZENDESK else None
    return str(field["title"]) if field else key


def _group(row: Ticket) -> str | None:
    shelf = here().zendesk.groups if row.helpdesk == ZENDESK else here().freshdesk.groups
    group = shelf.get(row.group_id) if row.group_id else None
    return str(group["name"]) if group else None
