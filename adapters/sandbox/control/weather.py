"""The control API: faults, unreliable webhooks, plans, the clock, receivers."""

from __future__ import annotations

import re

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError, fields, validate

from adapters.sandbox.clock import stamp
from adapters.sandbox.control.blueprint import Wish, control, load
from adapters.sandbox.control.connect import MODES, connect
from adapters.sandbox.faults import Fault
from adapters.sandbox.limits import FRESHDESK_PLANS, UNMETERED, ZENDESK_PLANS
from adapters.sandbox.store import FRESHDESK, HELPDESKS
from adapters.sandbox.webhooks import Disturbance
from adapters.sandbox.world import here


class FaultSchema(Wish):
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


class WebhooksSchema(Wish):
    duplicates = fields.Integer(load_default=0, validate=validate.Range(0, 100))
    reorder = fields.Float(load_default=0.0, validate=validate.Range(0))
    drop_probability = fields.Float(load_default=0.0, validate=validate.Range(0, 1))
    seed = fields.Integer(load_default=0)
    latency = fields.Float(load_default=0.0, validate=validate.Range(0))
    retry_factor = fields.Float(validate=validate.Range(0))


class PlanSchema(Wish):
    zendesk = fields.String(validate=validate.OneOf((UNMETERED, *ZENDESK_PLANS)))
    freshdesk = fields.String(validate=validate.OneOf((UNMETERED, *FRESHDESK_PLANS)))
    cascading_rules = fields.Boolean()


class ClockSchema(Wish):
    advance = fields.Float(required=True)


class ConnectSchema(Wish):
    helpdesk = fields.String(required=True, validate=validate.OneOf(HELPDESKS))
    url = fields.Url(required=True, require_tld=False, schemes={"http", "https"})
    mode = fields.String()
    name = fields.String()
    secret = fields.String()
    header = fields.String()
    auth = fields.Dict()
    guard_tag = fields.String()
    body = fields.String()


@control.post("/reset")
def reset() -> ResponseReturnValue:
    here().reset()
    return jsonify({"reset": True})


@control.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Misbehave on the next matching API calls. `times` 0 means until deleted; `apply` acts first, then misbehaves."""
    wish = load(FaultSchema)
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
    wish = load(WebhooksSchema)
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
    wish = load(PlanSchema)
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
        here().clock.advance(load(ClockSchema)["advance"])
    return jsonify({"now": stamp(here().clock.now()), "offset": here().clock.offset})


@control.post("/connect")
def connect_receiver() -> ResponseReturnValue:
    wish = load(ConnectSchema)
    modes = MODES[wish["helpdesk"]]
    mode = wish.get("mode") or modes[0]
    if mode not in modes:
        raise ValidationError({"mode": [f"{mode} is not one of {', '.join(modes)}"]})
    return jsonify(connect(here(), wish["helpdesk"], wish["url"], mode, wish)), 201
