"""Zendesk: groups, brands, ticket fields, schedules, SLA policies and views."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.shelf import Record, Shelf
from adapters.sandbox.zendesk import seed, shapes
from adapters.sandbox.zendesk.blueprint import (
    account,
    admin_only,
    api,
    api_url,
    not_found,
    problem,
    record_invalid,
    wrapped,
)
from adapters.sandbox.zendesk.paging import chosen, paged
from adapters.sandbox.zendesk.tickets import ordered, shown, sideloads
from adapters.sandbox.zendesk.triggers import matches
from adapters.sandbox.zendesk.wishes import HolidayWish, OptionWish, PolicyWish, ScheduleWish, TicketFieldWish, ViewWish

FIELD_TYPES = frozenset(
    [
        "text",
        "textarea",
        "checkbox",
        "date",
        "integer",
        "decimal",
        "regexp",
        "partialcreditcard",
        "multiselect",
        "tagger",
        "lookup",
    ]
)


def found(shelf: Shelf, key: int | str) -> Record:
    row = shelf.get(key)
    if row is None:
        raise not_found()
    return row


# -- read-only settings


@api.get("/api/v2/groups")
def list_groups() -> ResponseReturnValue:
    return jsonify(paged(list(account().groups), "groups", shapes.setting("groups")))


@api.get("/api/v2/groups/<int:key>")
def show_group(key: int) -> ResponseReturnValue:
    return jsonify({"group": shapes.setting("groups")(found(account().groups, key))})


@api.get("/api/v2/brands")
def list_brands() -> ResponseReturnValue:
    return jsonify(paged(list(account().brands), "brands", shapes.setting("brands")))


@api.get("/api/v2/brands/<int:key>")
def show_brand(key: int) -> ResponseReturnValue:
    return jsonify({"brand": shapes.setting("brands")(found(account().brands, key))})


@api.get("/api/v2/organizations/<int:key>")
def show_organization(key: int) -> ResponseReturnValue:
    return jsonify({"organization": found(account().organizations, key)})


@api.get("/api/v2/custom_statuses")
def list_statuses() -> ResponseReturnValue:
    return jsonify({"custom_statuses": list(account().custom_statuses)})


# -- ticket fields


def field_shape(row: Record) -> Record:
    shaped = {"url": api_url(f"ticket_fields/{row['id']}.json"), **row}
    if "custom_field_options" in row:
        shaped["custom_field_options"] = [option_shape(row, option) for option in row["custom_field_options"]]
    return shaped


def option_shape(field: Record, option: Record) -> Record:
    return {"url": api_url(f"ticket_fields/{field['id']}/options/{option['id']}.json"), **option}


@api.get("/api/v2/ticket_fields")
def list_fields() -> ResponseReturnValue:
    return jsonify(paged(account().ticket_fields.by_position(), "ticket_fields", field_shape))


@api.get("/api/v2/ticket_fields/<int:key>")
def show_field(key: int) -> ResponseReturnValue:
    return jsonify({"ticket_field": field_shape(found(account().ticket_fields, key))})


@api.post("/api/v2/ticket_fields")
@admin_only
def create_field() -> ResponseReturnValue:
    wish, house = wrapped("ticket_field", TicketFieldWish), account()
    kind = wish.get("type")
    if kind not in FIELD_TYPES:
        raise record_invalid(problem("type", f"{kind} is not a valid field type"))
    if not wish.get("title"):
        raise record_invalid(problem("title", "cannot be blank", "BlankValue"))
    if kind in ("tagger", "multiselect") and not wish.get("custom_field_options"):
        raise record_invalid(problem("custom_field_options", "cannot be blank", "BlankValue"))
    row = seed.blank_field(kind, wish["title"], len(house.ticket_fields))
    _fill(row, wish)
    row = house.ticket_fields.add(row)
    return jsonify({"ticket_field": field_shape(row)}), 201, {"Location": api_url(f"ticket_fields/{row['id']}.json")}


@api.put("/api/v2/ticket_fields/<int:key>")
@admin_only
def update_field(key: int) -> ResponseReturnValue:
    """Options given here replace the field's options; those that bring an id keep it."""
    row = found(account().ticket_fields, key)
    _fill(row, wrapped("ticket_field", TicketFieldWish))
    account().ticket_fields.change(row, {})
    return jsonify({"ticket_field": field_shape(row)})


@api.delete("/api/v2/ticket_fields/<int:key>")
@admin_only
def delete_field(key: int) -> ResponseReturnValue:
    if not found(account().ticket_fields, key)["removable"]:
        raise record_invalid({"base": [{"description": "System fields cannot be deleted"}]})
    account().ticket_fields.remove(key)
    for ticket in account().desk.tickets.values():
        ticket.fields.pop(str(key), None)
    return "", 204


def _fill(row: Record, wish: Record) -> None:
    frozen = {"id", "type", "url", "removable", "created_at", "updated_at", "custom_field_options"}
    row.update({name: value for name, value in wish.items() if name in row and name not in frozen})
    for name in ("title", "description", "title_in_portal"):
        if name in wish:
            row[f"raw_{name}"] = wish[name]
    if "title" in wish and "title_in_portal" not in wish:
        row["title_in_portal"] = row["raw_title_in_portal"] = wish["title"]
    if "custom_field_options" not in wish:
        return
    old = {option["value"]: option["id"] for option in row.get("custom_field_options") or ()}
    made = []
    for position, option in enumerate(wish["custom_field_options"] or ()):
        name, value = str(option.get("name") or ""), str(option.get("value") or "")
        if not name or not value:
            raise record_invalid(problem("custom_field_options", "each needs a name and a value", "BlankValue"))
        one = seed.option(account(), name, value, position, bool(option.get("default")))
        one["id"] = old.get(value, one["id"])
        made.append(one)
    if len({option["value"] for option in made}) < len(made):
        raise record_invalid(problem("custom_field_options", "values must be unique", "DuplicateValue"))
    row["custom_field_options"] = made


@api.get("/api/v2/ticket_fields/<int:key>/options")
def list_options(key: int) -> ResponseReturnValue:
    field = found(account().ticket_fields, key)
    rows = field.get("custom_field_options") or []
    return jsonify(paged(rows, "custom_field_options", lambda row: option_shape(field, row)))


@api.post("/api/v2/ticket_fields/<int:key>/options")
@admin_only
def put_option(key: int) -> ResponseReturnValue:
    """Create an option (201), or change the one whose id comes along (200)."""
    field, wish = found(account().ticket_fields, key), wrapped("custom_field_option", OptionWish)
    options: list[Record] = field.setdefault("custom_field_options", [])
    known = next((option for option in options if option["id"] == wish.get("id")), None)
    name, value = str(wish.get("name") or ""), str(wish.get("value") or "")
    if not name or not value or any(o["value"] == value and o is not known for o in options):
        raise record_invalid(problem("custom_field_option", "needs a name and a value that is not taken"))
    if known is not None:
        known.update({"name": name, "raw_name": name, "value": value})
        return jsonify({"custom_field_option": option_shape(field, known)})
    made = seed.option(account(), name, value, len(options))
    options.append(made)
    return jsonify({"custom_field_option": option_shape(field, made)}), 201


@api.delete("/api/v2/ticket_fields/<int:key>/options/<int:option_id>")
@admin_only
def delete_option(key: int, option_id: int) -> ResponseReturnValue:
    field = found(account().ticket_fields, key)
    field["custom_field_options"] = [o for o in field.get("custom_field_options") or [] if o["id"] != option_id]
    return "", 204


# -- business hours


@api.get("/api/v2/business_hours/schedules")
@admin_only
def list_schedules() -> ResponseReturnValue:
    return jsonify({"schedules": list(account().schedules)})


@api.post("/api/v2/business_hours/schedules")
@admin_only
def create_schedule() -> ResponseReturnValue:
    wish = wrapped("schedule", ScheduleWish)
    if not wish.get("name") or not wish.get("time_zone"):
        raise record_invalid(problem("schedule", "needs a name and a time_zone", "BlankValue"))
    row = account().schedules.add(
        {"name": wish["name"], "time_zone": wish["time_zone"], "intervals": wish.get("intervals") or []}
    )
    return jsonify({"schedule": row}), 201


@api.get("/api/v2/business_hours/schedules/<int:key>")
def show_schedule(key: int) -> ResponseReturnValue:
    return jsonify({"schedule": found(account().schedules, key)})


@api.put("/api/v2/business_hours/schedules/<int:key>")
@admin_only
def update_schedule(key: int) -> ResponseReturnValue:
    wish = {k: v for k, v in wrapped("schedule", ScheduleWish).items() if k in ("name", "time_zone")}
    return jsonify({"schedule": account().schedules.change(found(account().schedules, key), wish)})


@api.delete("/api/v2/business_hours/schedules/<int:key>")
@admin_only
def delete_schedule(key: int) -> ResponseReturnValue:
    found(account().schedules, key)
    account().schedules.remove(key)
    return "", 204


@api.put("/api/v2/business_hours/schedules/<int:key>/workweek")
@admin_only
def update_workweek(key: int) -> ResponseReturnValue:
    row = found(account().schedules, key)
    row["intervals"] = wrapped("workweek", ScheduleWish).get("intervals") or []
    return jsonify({"workweek": {"intervals": row["intervals"]}})


@api.get("/api/v2/business_hours/schedules/<int:key>/holidays")
def list_holidays(key: int) -> ResponseReturnValue:
    found(account().schedules, key)
    first, last = request.args.get("start_date", ""), request.args.get("end_date", "9999")
    rows = [
        _holiday(h)
        for h in account().holidays
        if h["schedule_id"] == key and h["end_date"] >= first and h["start_date"] <= last
    ]
    return jsonify({"holidays": rows})


@api.post("/api/v2/business_hours/schedules/<int:key>/holidays")
@admin_only
def create_holiday(key: int) -> ResponseReturnValue:
    found(account().schedules, key)
    wish = wrapped("holiday", HolidayWish)
    if not all(wish.get(name) for name in ("name", "start_date", "end_date")):
        raise record_invalid(problem("holiday", "needs a name, a start_date and an end_date", "BlankValue"))
    row = {name: wish[name] for name in ("name", "start_date", "end_date")}
    return jsonify({"holiday": _holiday(account().holidays.add({**row, "schedule_id": key}))}), 201


@api.delete("/api/v2/business_hours/schedules/<int:key>/holidays/<int:holiday_id>")
@admin_only
def delete_holiday(key: int, holiday_id: int) -> ResponseReturnValue:
    found(account().holidays, holiday_id)
    account().holidays.remove(holiday_id)
    return "", 204


def _holiday(row: Record) -> Record:
    return {name: row[name] for name in ("id", "name", "start_date", "end_date")}


# -- SLA policies and views


@api.get("/api/v2/slas/policies")
@admin_only
def list_policies() -> ResponseReturnValue:
    rows = account().sla_policies.by_position()
    shape = shapes.setting("slas/policies")
    return jsonify(
        {"sla_policies": [shape(r) for r in rows], "count": len(rows), "next_page": None, "previous_page": None}
    )


@api.post("/api/v2/slas/policies")
@admin_only
def create_policy() -> ResponseReturnValue:
    wish, shelf = wrapped("sla_policy", PolicyWish), account().sla_policies
    if not wish.get("title") or not wish.get("filter"):
        raise record_invalid(problem("sla_policy", "needs a title and a filter", "BlankValue"))
    row = {"title": wish["title"], "description": wish.get("description") or "", "filter": wish["filter"]}
    metrics = wish.get("policy_metrics") or []
    made = shelf.add({**row, "position": wish.get("position") or len(shelf) + 1, "policy_metrics": metrics})
    _line_up(made)
    return jsonify({"sla_policy": shapes.setting("slas/policies")(made)}), 201


def _line_up(newest: Record | None = None) -> None:
    """Positions without gaps; one put at a place that is taken stands before the one that took it."""
    rows = sorted(account().sla_policies, key=lambda row: (row["position"], row is not newest))
    for position, row in enumerate(rows, 1):
        row["position"] = position


@api.get("/api/v2/slas/policies/<int:key>")
@admin_only
def show_policy(key: int) -> ResponseReturnValue:
    row = found(account().sla_policies, key)
    return jsonify({"sla_policy": shapes.setting("slas/policies")(row)})


@api.put("/api/v2/slas/policies/<int:key>")
@admin_only
def update_policy(key: int) -> ResponseReturnValue:
    row, names = found(account().sla_policies, key), ("title", "description", "filter", "policy_metrics", "position")
    account().sla_policies.change(row, {k: v for k, v in wrapped("sla_policy", PolicyWish).items() if k in names})
    return jsonify({"sla_policy": shapes.setting("slas/policies")(row)})


@api.delete("/api/v2/slas/policies/<int:key>")
@admin_only
def delete_policy(key: int) -> ResponseReturnValue:
    found(account().sla_policies, key)
    account().sla_policies.remove(key)
    _line_up()
    return "", 204


@api.get("/api/v2/views")
def list_views() -> ResponseReturnValue:
    return jsonify(paged(account().views.by_position(), "views", shapes.setting("views")))


@api.post("/api/v2/views")
def create_view() -> ResponseReturnValue:
    wish = wrapped("view", ViewWish)
    conditions = {"all": wish.get("all") or [], "any": wish.get("any") or []}
    if not wish.get("title") or not conditions["all"]:
        raise record_invalid(problem("view", "needs a title and at least one condition in all", "BlankValue"))
    row = _view(wish, conditions)
    return jsonify({"view": shapes.setting("views")(account().views.add(row))}), 201


@api.get("/api/v2/views/<int:key>")
def show_view(key: int) -> ResponseReturnValue:
    return jsonify({"view": shapes.setting("views")(found(account().views, key))})


@api.put("/api/v2/views/<int:key>")
def update_view(key: int) -> ResponseReturnValue:
    row, wish = found(account().views, key), wrapped("view", ViewWish)
    conditions = {name: wish.get(name, row["conditions"][name]) for name in ("all", "any")}
    account().views.change(row, {**_view({**row, **wish}, conditions), "position": row["position"]})
    return jsonify({"view": shapes.setting("views")(row)})


@api.delete("/api/v2/views/<int:key>")
def delete_view(key: int) -> ResponseReturnValue:
    found(account().views, key)
    account().views.remove(key)
    return "", 204


@api.get("/api/v2/views/<int:key>/tickets")
def view_tickets(key: int) -> ResponseReturnValue:
    """The tickets that meet the view's conditions as they are now."""
    row = found(account().views, key)
    rows = ordered(t for t in account().desk.live() if matches(row["conditions"], t, t.audits[-1], account()))
    return jsonify({**paged(rows, "tickets", shown), **sideloads(chosen(rows))})


def _view(wish: Record, conditions: dict[str, Any]) -> Record:
    return {
        "title": wish["title"],
        "raw_title": wish["title"],
        "description": wish.get("description"),
        "active": wish.get("active", True),
        "default": False,
        "position": wish.get("position") or len(account().views) + 1,
        "conditions": conditions,
        "execution": wish.get("output") or wish.get("execution") or {"columns": []},
        "restriction": wish.get("restriction"),
    }
