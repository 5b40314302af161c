"""Freshdesk: agents, groups, ticket fields, canned responses, opening hours, SLA policies, scenarios."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox import markup
from adapters.sandbox.freshdesk import seed, shapes
from adapters.sandbox.freshdesk.blueprint import (
    account,
    actor,
    admin_only,
    api,
    found,
    invalid,
    listing,
    missing,
    not_found,
    payload,
    wrong,
)
from adapters.sandbox.freshdesk.codes import SUBDOMAIN
from adapters.sandbox.freshdesk.wishes import FieldWish, FolderWish, PolicyWish, ResponseWish
from adapters.sandbox.shelf import Record

_FIELD_TYPES = frozenset(
    [
        "custom_dropdown",
        "custom_checkbox",
        "custom_text",
        "custom_paragraph",
        "custom_number",
        "custom_date",
        "custom_decimal",
        "nested_field",
    ]
)

# -- people


@api.get("/api/v2/agents/me")
def me() -> ResponseReturnValue:
    return jsonify(shapes.agent(actor()))


@api.get("/api/v2/agents")
@admin_only
def list_agents() -> ResponseReturnValue:
    return listing([p for p in account().desk.people.values() if p.is_staff], shapes.agent)


@api.get("/api/v2/agents/<int:key>")
@admin_only
def show_agent(key: int) -> ResponseReturnValue:
    person = account().desk.people.get(key)
    if person is None or not person.is_staff:
        raise not_found()
    return jsonify(shapes.agent(person))


@api.get("/api/v2/contacts")
def list_contacts() -> ResponseReturnValue:
    wanted = request.args.get("email", "").lower()
    people = [p for p in account().desk.people.values() if not p.is_staff]
    return listing([p for p in people if wanted in ("", p.email.lower())], shapes.contact)


@api.get("/api/v2/contacts/<int:key>")
def show_contact(key: int) -> ResponseReturnValue:
    person = account().desk.people.get(key)
    if person is None or person.is_staff:
        raise not_found()
    return jsonify(shapes.contact(person))


@api.get("/api/v2/groups")
@admin_only
def list_groups() -> ResponseReturnValue:
    return listing(list(account().groups), dict)


@api.get("/api/v2/groups/<int:key>")
@admin_only
def show_group(key: int) -> ResponseReturnValue:
    return jsonify(found(account().groups, key))


@api.get("/api/v2/roles")
@admin_only
def list_roles() -> ResponseReturnValue:
    rows = [
        {"id": 1, "name": "Account Administrator", "description": "", "default": True, "agent_type": 1},
        {"id": 2, "name": "Agent", "description": "", "default": True, "agent_type": 1},
    ]
    return jsonify(rows)


@api.get("/api/v2/account")
@admin_only
def show_account() -> ResponseReturnValue:
    return jsonify(
        {
            "account_id": 1,
            "account_name": "Acme",
            "account_domain": f"{SUBDOMAIN}.freshdesk.com",
            "tier_type": "Paid",
            "data_center": "US",
            "timezone": "Eastern Time (US & Canada)",
            "hipaa_compliant": False,
        }
    )


# -- ticket fields


@api.get("/api/v2/ticket_fields")
def list_fields() -> ResponseReturnValue:
    """Every field with its choices: status as {number: [labels]}, others as {label: id} or a list."""
    kind = request.args.get("type")
    rows = [r for r in account().ticket_fields.by_position() if kind in (None, r["type"])]
    return jsonify(rows)


@api.get("/api/v2/admin/ticket_fields")
@admin_only
def list_admin_fields() -> ResponseReturnValue:
    return jsonify([_admin_field(r) for r in account().ticket_fields.by_position()])


@api.get("/api/v2/admin/ticket_fields/<int:key>")
@admin_only
def show_admin_field(key: int) -> ResponseReturnValue:
    return jsonify(_admin_field(found(account().ticket_fields, key)))


@api.post("/api/v2/admin/ticket_fields")
@admin_only
def create_field() -> ResponseReturnValue:
    wish, shelf = payload(FieldWish), account().ticket_fields
    lacking = [missing(name) for name in ("label", "label_for_customers", "type") if not wish.get(name)]
    if lacking:
        raise invalid(*lacking)
    if wish["type"] not in _FIELD_TYPES:
        raise invalid(wrong("type", f"It should be one of these values: '{','.join(sorted(_FIELD_TYPES))}'"))
    if any(row["label"] == wish["label"] for row in shelf):
        raise invalid(wrong("label", "It should be a unique value", "duplicate_value"))
    if wish["type"] == "custom_dropdown" and not wish.get("choices"):
        raise invalid(missing("choices"))
    row = seed.blank_field(seed.api_name(wish["label"]), wish["label"], wish["type"], len(shelf) + 1, False)
    row.update({k: v for k, v in wish.items() if k not in ("choices", "dependent_fields", "section_mappings")})
    if wish["type"] == "custom_dropdown":
        row["choices"] = [_choice_value(choice) for choice in wish["choices"]]
    return jsonify(_admin_field(shelf.add(row))), 201


@api.put("/api/v2/admin/ticket_fields/<int:key>")
@admin_only
def update_field(key: int) -> ResponseReturnValue:
    """New choices are added, those marked `deleted` go, those with an id are renamed."""
    row, wish = found(account().ticket_fields, key), payload(FieldWish)
    changed: Record = {
        k: v for k, v in wish.items() if k not in ("choices", "type", "dependent_fields", "section_mappings")
    }
    if "choices" in wish:
        choices = {_choice_id(row, at): value for at, value in enumerate(row.get("choices") or [])}
        for choice in wish["choices"] or []:
            if choice.get("deleted"):
                choices.pop(choice.get("id"), None)
            else:
                choices[choice.get("id", object())] = _choice_value(choice)
        changed["choices"] = list(choices.values())
    return jsonify(_admin_field(account().ticket_fields.change(row, changed)))


@api.delete("/api/v2/admin/ticket_fields/<int:key>")
@admin_only
def delete_field(key: int) -> ResponseReturnValue:
    """The field goes, and with it what tickets hold in it."""
    row = found(account().ticket_fields, key)
    if row["default"]:
        raise invalid(wrong("id", "Default fields cannot be deleted"))
    account().ticket_fields.remove(key)
    for ticket in account().desk.tickets.values():
        ticket.fields.pop(row["name"], None)
    return "", 204


def _choice_value(choice: Record) -> str:
    if not choice.get("value"):
        raise invalid(missing("choices"))
    return str(choice["value"])


def _choice_id(row: Record, at: int) -> int:
    return int(row["id"]) * 100 + at


def _admin_field(row: Record) -> Record:
    """The administration's view of a field: a drop-down's choices with ids and positions."""
    shown = dict(row)
    if row["type"] == "custom_dropdown":
        shown["choices"] = [
            {
                "id": _choice_id(row, at),
                "position": at + 1,
                "value": value,
                "parent_choice_id": row["id"],
                "choices": [],
            }
            for at, value in enumerate(row["choices"])
        ]
    return shown


# -- canned responses


def _folder(row: Record) -> Record:
    count = sum(1 for r in account().canned_responses if r["folder_id"] == row["id"])
    return {**row, "responses_count": count}


def _in_folder(key: int) -> list[Record]:
    return [r for r in account().canned_responses if r["folder_id"] == key]


@api.get("/api/v2/canned_response_folders")
@admin_only
def list_folders() -> ResponseReturnValue:
    return jsonify([_folder(r) for r in account().folders])


@api.post("/api/v2/canned_response_folders")
@admin_only
def create_folder() -> ResponseReturnValue:
    wish = payload(FolderWish)
    if not wish.get("name"):
        raise invalid(missing("name"))
    row = account().folders.add({"name": wish["name"], "personal": False})
    return jsonify({"id": row["id"], "name": row["name"]}), 201


@api.get("/api/v2/canned_response_folders/<int:key>")
@admin_only
def show_folder(key: int) -> ResponseReturnValue:
    row = found(account().folders, key)
    titles = [{"id": r["id"], "title": r["title"]} for r in _in_folder(key)]
    return jsonify({**_folder(row), "canned_responses": titles})


@api.get("/api/v2/canned_response_folders/<int:key>/responses")
@admin_only
def list_responses(key: int) -> ResponseReturnValue:
    found(account().folders, key)
    return listing(_in_folder(key), dict)


@api.get("/api/v2/canned_responses/<int:key>")
@admin_only
def show_response(key: int) -> ResponseReturnValue:
    return jsonify(found(account().canned_responses, key))


@api.post("/api/v2/canned_responses")
@admin_only
def create_response() -> ResponseReturnValue:
    wish = payload(ResponseWish)
    lacking = [missing(n) for n in ("title", "content_html", "folder_id", "visibility") if wish.get(n) is None]
    if lacking:
        raise invalid(*lacking)
    row = account().canned_responses.add(_response(wish, {}))
    return jsonify(row), 201


@api.put("/api/v2/canned_responses/<int:key>")
@admin_only
def update_response(key: int) -> ResponseReturnValue:
    row, wish = found(account().canned_responses, key), payload(ResponseWish)
    return jsonify(account().canned_responses.change(row, _response({**row, **wish}, row)))


def _response(wish: Record, row: Record) -> Record:
    if account().folders.get(wish["folder_id"]) is None:
        raise invalid(wrong("folder_id", "There is no folder matching the given folder_id"))
    if wish["visibility"] not in (0, 1, 2):
        raise invalid(wrong("visibility", "It should be one of these values: '0,1,2'"))
    content: Any = wish["content_html"]
    if content != row.get("content_html"):
        content = f"<div>{markup.clean(str(content))}</div>"
    return {
        "title": str(wish["title"]),
        "folder_id": wish["folder_id"],
        "content": markup.to_text(content),
        "content_html": content,
        "attachments": [],
        "group_ids": list(wish.get("group_ids") or []),
        "visibility": wish["visibility"],
    }


# -- clocks, policies, scenarios, jobs


@api.get("/api/v2/business_hours")
@admin_only
def list_hours() -> ResponseReturnValue:
    return listing(list(account().business_hours), dict)


@api.get("/api/v2/business_hours/<int:key>")
@admin_only
def show_hours(key: int) -> ResponseReturnValue:
    return jsonify(found(account().business_hours, key))


@api.get("/api/v2/sla_policies")
@admin_only
def list_policies() -> ResponseReturnValue:
    return listing(account().sla_policies.by_position(), dict)


@api.post("/api/v2/sla_policies")
@admin_only
def create_policy() -> ResponseReturnValue:
    wish = payload(PolicyWish)
    lacking = [missing(name) for name in ("name", "sla_target", "applicable_to") if not wish.get(name)]
    if lacking:
        raise invalid(*lacking)
    blank = {"description": "", "active": True, "is_default": False, "escalation": {}}
    row = account().sla_policies.add({**blank, "position": len(account().sla_policies) + 1, **wish})
    return jsonify(row), 201


@api.put("/api/v2/sla_policies/<int:key>")
@admin_only
def update_policy(key: int) -> ResponseReturnValue:
    row, wish = found(account().sla_policies, key), payload(PolicyWish)
    return jsonify(account().sla_policies.change(row, wish))


@api.get("/api/v2/scenario_automations")
def list_scenarios() -> ResponseReturnValue:
    return listing(list(account().scenarios), dict)


@api.get("/api/v2/jobs/<int:key>")
def show_job(key: int) -> ResponseReturnValue:
    return jsonify(found(account().jobs, key))
