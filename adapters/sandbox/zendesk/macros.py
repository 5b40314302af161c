"""Zendesk: macros and what applying one would do. Applying changes nothing; the result is for a PUT or an agent."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox import markup
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import CUSTOM, Role, Ticket
from adapters.sandbox.zendesk import shapes
from adapters.sandbox.zendesk.blueprint import (
    account,
    actor,
    api,
    flag,
    not_found,
    problem,
    record_invalid,
    ticket_or_404,
    wrapped,
)
from adapters.sandbox.zendesk.paging import paged
from adapters.sandbox.zendesk.placeholders import render_comment
from adapters.sandbox.zendesk.settings import found
from adapters.sandbox.zendesk.triggers import action_problem, target
from adapters.sandbox.zendesk.wishes import MacroWish

_shape = shapes.setting("macros")
_FIELDS = frozenset(
    [
        "subject",
        "status",
        "priority",
        "type",
        "group_id",
        "assignee_id",
        "brand_id",
        "current_tags",
        "set_tags",
        "remove_tags",
        "comment_value",
        "comment_value_html",
        "comment_mode_is_public",
        "follower",
        "cc",
        "side_conversation",
    ]
)


def _listed() -> list[Record]:
    """Macros by the list's own filters; admins see everybody's, agents the shared ones and their own."""
    rows = account().macros.by_position()
    if actor().role is not Role.ADMIN or flag("only_viewable"):
        rows = [r for r in rows if _access(r) != "personal" or r["restriction"].get("id") == actor().id]
    if "active" in request.args:
        rows = [r for r in rows if r["active"] == flag("active")]
    if access := request.args.get("access"):
        rows = [r for r in rows if _access(r) == access]
    if category := request.args.get("category"):
        rows = [r for r in rows if r["title"].startswith(f"{category}::")]
    if group := request.args.get("group_id", type=int):
        rows = [r for r in rows if group in _group_ids(r)]
    return rows


def _access(row: Record) -> str:
    return "personal" if (row["restriction"] or {}).get("type") == "User" else "shared"


def _group_ids(row: Record) -> list[int]:
    restriction = row["restriction"] or {}
    return list(restriction.get("ids") or [restriction.get("id")]) if restriction.get("type") == "Group" else []


@api.get("/api/v2/macros")
def list_macros() -> ResponseReturnValue:
    return jsonify(paged(_listed(), "macros", _shape))


@api.get("/api/v2/macros/active")
def list_active() -> ResponseReturnValue:
    return jsonify(paged([r for r in _listed() if r["active"]], "macros", _shape))


@api.get("/api/v2/macros/search")
def search_macros() -> ResponseReturnValue:
    words = request.args.get("query", "").lower().split()
    return jsonify(paged([r for r in _listed() if all(w in r["title"].lower() for w in words)], "macros", _shape))


@api.get("/api/v2/macros/categories")
def list_categories() -> ResponseReturnValue:
    names = {r["title"].split("::")[0] for r in account().macros if "::" in r["title"]}
    return jsonify({"categories": sorted(names)})


@api.get("/api/v2/macros/<int:key>")
def show_macro(key: int) -> ResponseReturnValue:
    return jsonify({"macro": _shape(found(account().macros, key))})


@api.post("/api/v2/macros")
def create_macro() -> ResponseReturnValue:
    wish = wrapped("macro", MacroWish)
    _check(wish, {})
    shelf = account().macros
    row = {
        "title": wish["title"],
        "raw_title": wish["title"],
        "description": wish.get("description"),
        "active": bool(wish.get("active", True)),
        "default": False,
        "position": wish.get("position") or len(shelf) + 1,
        "actions": wish["actions"],
        "restriction": wish.get("restriction"),
    }
    return jsonify({"macro": _shape(shelf.add(row))}), 201


@api.put("/api/v2/macros/<int:key>")
def update_macro(key: int) -> ResponseReturnValue:
    row, wish = found(account().macros, key), wrapped("macro", MacroWish)
    _check(wish, row)
    names = ("title", "description", "active", "position", "actions", "restriction")
    changed = {name: wish[name] for name in names if name in wish}
    account().macros.change(row, {**changed, "raw_title": changed.get("title", row["title"])})
    return jsonify({"macro": _shape(row)})


@api.delete("/api/v2/macros/<int:key>")
def delete_macro(key: int) -> ResponseReturnValue:
    found(account().macros, key)
    account().macros.remove(key)
    return "", 204


def _check(wish: Record, row: Record) -> None:
    whole = {**row, **wish}
    if not whole.get("title"):
        raise record_invalid(problem("title", "cannot be blank", "BlankValue"))
    if not whole.get("actions"):
        raise record_invalid(problem("actions", "must have at least one action", "BlankValue"))
    for action in whole["actions"]:
        if wrong := action_problem(action["field"], action["value"], _FIELDS):
            raise record_invalid(problem("actions", wrong))


# -- applying


@api.get("/api/v2/macros/<int:key>/apply")
def apply_macro(key: int) -> ResponseReturnValue:
    """Only what the macro would change, its text with the placeholders still in it."""
    return jsonify({"result": {"ticket": _changes(found(account().macros, key), None)}})


@api.get("/api/v2/tickets/<int:ticket_id>/macros/<int:key>/apply")
def apply_to_ticket(ticket_id: int, key: int) -> ResponseReturnValue:
    """The whole ticket as it would become, its text rendered for this ticket."""
    ticket = ticket_or_404(ticket_id)
    macro = account().macros.get(key)
    if macro is None:
        raise not_found()
    return jsonify({"result": {"ticket": {**shapes.ticket(ticket), **_changes(macro, ticket)}}})


def _changes(macro: Record, ticket: Ticket | None) -> Record:
    result: Record = {}
    fields: list[Record] = []
    text: str | None = None
    is_html, public = False, True
    blank_tags = list(ticket.tags) if ticket else []
    for action in macro["actions"]:
        name, value = action["field"], action["value"]
        if name in ("comment_value", "comment_value_html"):
            text = str(value[-1] if isinstance(value, list) else value)
            is_html = name.endswith("html")
        elif name == "comment_mode_is_public":
            public = str(value).lower() == "true"
        elif name.startswith(CUSTOM):
            fields.append({"id": int(name.removeprefix(CUSTOM)), "value": value})
        else:
            result.update(_field(name, value, ticket, blank_tags))
    if fields:
        result["fields"] = fields
    if text is not None:
        result["comment"] = _comment(text, is_html, public, ticket)
    return result


def _field(name: str, value: Any, ticket: Ticket | None, tags: list[str]) -> Record:
    if name in ("current_tags", "set_tags", "remove_tags"):
        words = value.split() if isinstance(value, str) else list(value)
        if ticket is None:
            return {"tags": words} if name != "remove_tags" else {}
        wanted = target(name, value, ticket)
        return {"tags": wanted[1] if wanted else tags}
    if name.endswith("_id"):
        return {name: int(value) if str(value).isdecimal() else value}
    return {name: value}


def _comment(text: str, is_html: bool, public: bool, ticket: Ticket | None) -> Record:
    if ticket is not None:
        text = render_comment(text, account().lookup(ticket, actor()), is_html)
    html = markup.clean(text) if is_html else markup.to_html(text)
    plain = markup.to_text(html) if is_html else text
    return {"body": plain, "html_body": html, "public": public, "scoped_body": [["channel:all", text]]}
