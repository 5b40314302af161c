"""Zendesk: triggers and their categories."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.shelf import Record
from adapters.sandbox.zendesk import shapes
from adapters.sandbox.zendesk.blueprint import (
    ApiError,
    account,
    admin_only,
    api,
    flag,
    not_found,
    problem,
    record_invalid,
    wrapped,
)
from adapters.sandbox.zendesk.paging import paged
from adapters.sandbox.zendesk.settings import found
from adapters.sandbox.zendesk.triggers import ACTION_FIELDS, CONDITION_FIELDS, action_problem, name_problem
from adapters.sandbox.zendesk.wishes import CategoryWish, TriggerWish

_shape = shapes.setting("triggers")
MAX_BYTES = 65_000


@api.get("/api/v2/triggers")
@admin_only
def list_triggers() -> ResponseReturnValue:
    rows = account().triggers.by_position()
    if "active" in request.args:
        rows = [r for r in rows if r["active"] == flag("active")]
    if category := request.args.get("category_id"):
        rows = [r for r in rows if r["category_id"] == category]
    return jsonify(paged(rows, "triggers", _shape))


@api.get("/api/v2/triggers/active")
@admin_only
def list_active_triggers() -> ResponseReturnValue:
    return jsonify(paged([r for r in account().triggers.by_position() if r["active"]], "triggers", _shape))


@api.get("/api/v2/triggers/search")
@admin_only
def search_triggers() -> ResponseReturnValue:
    words = request.args.get("query", "").lower().split()
    rows = [r for r in account().triggers.by_position() if all(w in r["title"].lower() for w in words)]
    return jsonify(paged(rows, "triggers", _shape))


@api.get("/api/v2/triggers/<int:key>")
@admin_only
def show_trigger(key: int) -> ResponseReturnValue:
    return jsonify({"trigger": _shape(found(account().triggers, key))})


@api.post("/api/v2/triggers")
@admin_only
def create_trigger() -> ResponseReturnValue:
    wish, shelf = wrapped("trigger", TriggerWish), account().triggers
    check(wish)
    row = shelf.add(trigger_row(wish, position=wish.get("position") or len(shelf) + 1))
    return jsonify({"trigger": _shape(row)}), 201


@api.put("/api/v2/triggers/<int:key>")
@admin_only
def update_trigger(key: int) -> ResponseReturnValue:
    row, wish = found(account().triggers, key), wrapped("trigger", TriggerWish)
    whole = {**row, **wish}
    check(whole)
    account().triggers.change(row, trigger_row(whole, position=whole["position"]))
    return jsonify({"trigger": _shape(row)})


@api.delete("/api/v2/triggers/<int:key>")
@admin_only
def delete_trigger(key: int) -> ResponseReturnValue:
    found(account().triggers, key)
    account().triggers.remove(key)
    return "", 204


def trigger_row(wish: Record, position: int) -> Record:
    """A trigger as the account keeps it. Without a category it joins the first one."""
    conditions = wish.get("conditions") or {}
    first = next(iter(account().trigger_categories), None)
    return {
        "title": wish["title"],
        "raw_title": wish["title"],
        "description": wish.get("description"),
        "active": bool(wish.get("active", True)),
        "default": False,
        "position": position,
        "conditions": {name: [_condition(c) for c in conditions.get(name) or []] for name in ("all", "any")},
        "actions": wish["actions"],
        "category_id": str(wish.get("category_id") or (first["id"] if first else "")),
    }


def _condition(given: Record) -> Record:
    return {"field": given["field"], "operator": given.get("operator") or "is", "value": given.get("value")}


def check(wish: Record) -> None:
    """Refuse what Zendesk refuses: no title, no condition, no action, unknown fields, too large. Raises ApiError 422."""
    if not wish.get("title"):
        raise record_invalid(problem("title", "cannot be blank", "BlankValue"))
    conditions = wish.get("conditions") or {}
    listed = [*(conditions.get("all") or []), *(conditions.get("any") or [])]
    if not listed:
        raise record_invalid(problem("base", "You must select at least one condition", "InvalidConditions"))
    for condition in listed:
        if wrong := name_problem(condition["field"], CONDITION_FIELDS):
            raise record_invalid(problem("conditions", wrong))
    if not wish.get("actions"):
        raise record_invalid(problem("base", "You must select at least one action", "InvalidActions"))
    for action in wish["actions"]:
        name, value = action["field"], action["value"]
        if wrong := action_problem(name, value, ACTION_FIELDS):
            raise record_invalid(problem("actions", wrong))
        if name == "notification_webhook":
            key = value[0] if isinstance(value, list) and value else value
            if account().webhooks.get(str(key)) is None:
                raise record_invalid(problem("actions", "the webhook does not exist"))
    if len(str(wish)) > MAX_BYTES:
        raise record_invalid(problem("base", "the rule is larger than 65 kB", "TooLarge"))
    category = wish.get("category_id")
    if category and account().trigger_categories.get(category) is None:
        raise record_invalid(problem("category_id", "is not valid"))


# -- categories


def _category(row: Record) -> Record:
    return {name: row[name] for name in ("id", "name", "position", "created_at", "updated_at")}


@api.get("/api/v2/trigger_categories")
@admin_only
def list_trigger_categories() -> ResponseReturnValue:
    return jsonify(paged(account().trigger_categories.by_position(), "trigger_categories", _category))


@api.post("/api/v2/trigger_categories")
@admin_only
def create_trigger_category() -> ResponseReturnValue:
    wish, shelf = wrapped("trigger_category", CategoryWish), account().trigger_categories
    if not wish.get("name"):
        raise ApiError(400, {"errors": [{"code": "InvalidTriggerCategory", "title": "Name cannot be blank"}]})
    row = shelf.add({"name": wish["name"], "position": wish.get("position", len(shelf))})
    return jsonify({"trigger_category": _category(row)}), 201


@api.get("/api/v2/trigger_categories/<key>")
@admin_only
def show_trigger_category(key: str) -> ResponseReturnValue:
    return jsonify({"trigger_category": _category(found(account().trigger_categories, key))})


@api.patch("/api/v2/trigger_categories/<key>")
@admin_only
def update_trigger_category(key: str) -> ResponseReturnValue:
    row, wish = found(account().trigger_categories, key), wrapped("trigger_category", CategoryWish)
    account().trigger_categories.change(row, {k: v for k, v in wish.items() if k in ("name", "position")})
    return jsonify({"trigger_category": _category(row)})


@api.delete("/api/v2/trigger_categories/<key>")
@admin_only
def delete_trigger_category(key: str) -> ResponseReturnValue:
    if not account().trigger_categories.remove(key):
        raise not_found()
    return "", 204
