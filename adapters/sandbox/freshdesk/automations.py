"""Freshdesk: the automation rules API."""

from __future__ import annotations

from flask import jsonify
from flask.typing import ResponseReturnValue

from adapters.sandbox.freshdesk.account import HOURLY, UPDATES
from adapters.sandbox.freshdesk.blueprint import (
    account,
    actor,
    admin_only,
    api,
    found,
    invalid,
    missing,
    not_found,
    payload,
    wrong,
)
from adapters.sandbox.freshdesk.codes import priority_word, status_word
from adapters.sandbox.freshdesk.rules import WEBHOOK
from adapters.sandbox.freshdesk.wishes import RuleWish
from adapters.sandbox.shelf import Record, Shelf


def _rules(kind: int) -> Shelf:
    shelf = account().automations.get(kind)
    if shelf is None:
        raise not_found()
    return shelf


def rule_row(wish: Record, position: int, author_id: int) -> Record:
    """A rule as the account keeps it."""
    return {
        "name": wish["name"],
        "description": wish.get("description"),
        "position": position,
        "active": bool(wish.get("active", True)),
        "performer": wish.get("performer"),
        "events": wish.get("events") or [],
        "conditions": wish.get("conditions") or [],
        "operator": wish.get("operator"),
        "actions": wish["actions"],
        "outdated": False,
        "last_updated_by": author_id,
        "affected_tickets_count": None,
        "summary": {},
    }


def _check(kind: int, whole: Record) -> None:
    lacking = [missing(name) for name in ("name", "actions") if not whole.get(name)]
    if kind != UPDATES and not whole.get("conditions"):
        lacking.append(missing("conditions"))
    if kind == UPDATES:
        lacking += [missing(name) for name in ("performer", "events") if not whole.get(name)]
    if lacking:
        raise invalid(*lacking)
    for action in whole["actions"]:
        _check_action(kind, action)


def _check_action(kind: int, action: Record) -> None:
    name, value = action["field_name"], action.get("value")
    if name == WEBHOOK:
        if kind == HOURLY:
            raise invalid(wrong("actions", "Hourly rules cannot trigger webhooks"))
        if not str(action.get("url") or "").startswith(("http://", "https://")):
            raise invalid(wrong("url", "It should be in the 'valid URL' format"))
    codes = {"priority": priority_word, "status": status_word}.get(name)
    if codes is not None and str(value) not in {str(code) for code in codes}:
        raise invalid(wrong(name, f"It should be one of these values: '{','.join(str(code) for code in codes)}'"))
    if name in ("group_id", "responder_id") and not str(value).isdecimal():
        raise invalid(wrong(name, "It should be a/an Integer", "datatype_mismatch"))


def _meta(shelf: Shelf) -> Record:
    return {"total_active_count": sum(1 for r in shelf if r["active"]), "total_count": len(shelf)}


@api.get("/api/v2/automations/<int:kind>/rules")
@admin_only
def list_rules(kind: int) -> ResponseReturnValue:
    rows = _rules(kind).by_position()
    shown = [{**row, "automation_type_id": kind} for row in rows]
    return jsonify({"rules": shown, "meta": {"count": len(rows), "cascading_rules": account().cascading}})


@api.post("/api/v2/automations/<int:kind>/rules")
@admin_only
def create_rule(kind: int) -> ResponseReturnValue:
    shelf, wish = _rules(kind), payload(RuleWish)
    _check(kind, wish)
    row = shelf.add(rule_row(wish, wish.get("position") or len(shelf) + 1, actor().id))
    return jsonify({**row, "meta": _meta(shelf)}), 201


@api.get("/api/v2/automations/<int:kind>/rules/<int:key>")
@admin_only
def show_rule(kind: int, key: int) -> ResponseReturnValue:
    return jsonify({**found(_rules(kind), key), "automation_type_id": kind})


@api.put("/api/v2/automations/<int:kind>/rules/<int:key>")
@admin_only
def update_rule(kind: int, key: int) -> ResponseReturnValue:
    shelf, wish = _rules(kind), payload(RuleWish)
    row = found(shelf, key)
    whole = {**row, **wish}
    _check(kind, whole)
    shelf.change(row, rule_row(whole, whole["position"], actor().id))
    return jsonify({**row, "meta": _meta(shelf)})


@api.delete("/api/v2/automations/<int:kind>/rules/<int:key>")
@admin_only
def delete_rule(kind: int, key: int) -> ResponseReturnValue:
    found(_rules(kind), key)
    _rules(kind).remove(key)
    return "", 204
