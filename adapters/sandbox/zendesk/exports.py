"""Zendesk: incremental export and search."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.clock import parse_stamp
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import Ticket
from adapters.sandbox.zendesk import shapes
from adapters.sandbox.zendesk.blueprint import ApiError, account, admin_only, api, base_url, flag
from adapters.sandbox.zendesk.paging import paged
from adapters.sandbox.zendesk.tickets import sideloads

HIDDEN_SECONDS = 60
MAX_ROWS = 1000
SEARCH_ROWS = 1000


def _exportable() -> list[Ticket]:
    """What the export may show: nothing of the most recent minute, in order of change."""
    newest = account().clock.time() - HIDDEN_SECONDS
    scope = request.args.get("support_type_scope", "agent")
    rows = (
        t
        for t in account().desk.tickets.values()
        if t.changed_at <= newest and not (t.deleted and flag("exclude_deleted")) and scope in ("all", t.support_type)
    )
    return sorted(rows, key=lambda t: (t.changed_at, t.id))


def _start_time() -> int:
    start = request.args.get("start_time", type=int)
    if start is None:
        raise ApiError(400, {"error": "InvalidValue", "description": "start_time must be present and an integer"})
    if start > account().clock.time() - HIDDEN_SECONDS:
        description = "Too recent start_time. Use a start_time older than 60 seconds"
        raise ApiError(422, {"error": "InvalidValue", "description": description})
    return start


def _size() -> int:
    return max(1, min(request.args.get("per_page", MAX_ROWS, type=int) or MAX_ROWS, MAX_ROWS))


@api.get("/api/v2/incremental/tickets/cursor")
@admin_only
def export_by_cursor() -> ResponseReturnValue:
    """Start with `start_time`, go on with `cursor` until `end_of_stream`; the last cursor serves the next round."""
    cursor = request.args.get("cursor")
    after = _read_cursor(cursor) if cursor else (_start_time() - 1, 0)
    rows = [t for t in _exportable() if (t.changed_at, t.id) > after]
    some = rows[: _size()]
    if some:
        after = (some[-1].changed_at, some[-1].id)
    made = base64.b64encode(f"{after[0]}.0||{after[1]}|".encode()).decode()
    return jsonify(
        {
            "tickets": [shapes.ticket(t) for t in some],
            "after_url": f"{base_url()}/api/v2/incremental/tickets/cursor.json?cursor={made}&per_page={_size()}",
            "after_cursor": made,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": len(rows) <= len(some),
            **sideloads(some),
        }
    )


def _read_cursor(cursor: str) -> tuple[int, int]:
    try:
        moment, _, last, _ = base64.b64decode(cursor, validate=True).decode().split("|")
        return int(float(moment)), int(last)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise ApiError(400, {"error": "InvalidValue", "description": "Invalid cursor"}) from None


@api.get("/api/v2/incremental/tickets")
@admin_only
def export_by_time() -> ResponseReturnValue:
    rows = [t for t in _exportable() if t.changed_at >= _start_time()]
    some = rows[: _size()]
    end = some[-1].changed_at if some else _start_time()
    return jsonify(
        {
            "tickets": [shapes.ticket(t) for t in some],
            "count": len(some),
            "end_time": end,
            "next_page": f"{base_url()}/api/v2/incremental/tickets.json?start_time={end}",
            "end_of_stream": len(rows) <= len(some),
            **sideloads(some),
        }
    )


# -- search

_TERM = re.compile(r'(-?)(?:(\w+)([:<>]=?))?("[^"]*"|\S+)')


@api.get("/api/v2/search")
def search() -> ResponseReturnValue:
    """A small part of Zendesk's search language: `type:ticket`, field terms, quoted and bare words."""
    query = request.args.get("query", "")
    if not query.strip():
        raise ApiError(422, {"error": "invalid", "description": "Invalid search: the query is empty"})
    if (request.args.get("page", 1, type=int) or 1) > SEARCH_ROWS // 100:
        description = f"Invalid search: Requested response size was greater than Search Response Limits ({SEARCH_ROWS})"
        raise ApiError(422, {"error": "invalid", "description": description})
    return jsonify({**paged(_found(query), "results", _result), "facets": None})


@api.get("/api/v2/search/count")
def search_count() -> ResponseReturnValue:
    return jsonify({"count": len(_found(request.args.get("query", "")))})


@api.get("/api/v2/search/export")
def search_export() -> ResponseReturnValue:
    return jsonify({**paged(_found(request.args.get("query", "")), "results", _result), "facets": None})


def _result(row: Ticket) -> Record:
    return {**shapes.ticket(row), "result_type": "ticket"}


def _found(query: str) -> list[Ticket]:
    tests = [_test(*hit.groups()) for hit in _TERM.finditer(query)]
    rows = [t for t in account().desk.live() if all(test(t) for test in tests)]
    descending = request.args.get("sort_order", "desc").lower() != "asc"
    by = request.args.get("sort_by", "created_at")
    return sorted(rows, key=lambda t: (t.updated_at if by == "updated_at" else t.created_at, t.id), reverse=descending)


def _test(minus: str, name: str | None, operator: str | None, value: str) -> Callable[[Ticket], bool]:
    value = value.strip('"')
    positive = _positive(name, operator or ":", value)
    return (lambda t: not positive(t)) if minus else positive


def _positive(name: str | None, operator: str, value: str) -> Callable[[Ticket], bool]:
    people = account().desk.people
    word = value.lower()
    match name:
        case None:
            return lambda t: word in t.subject.lower() or any(word in c.text.lower() for c in t.comments)
        case "type":
            return lambda t: word in ("ticket", t.type or "")
        case "status" | "priority":
            order: list[Any] = ["low", "normal", "high", "urgent"]
            if name == "status":
                order = ["new", "open", "pending", "hold", "solved", "closed"]
            return lambda t: _ordered(order, getattr(t, name), operator, word)
        case "tags":
            return lambda t: word in t.tags
        case "subject":
            return lambda t: word in t.subject.lower()
        case "requester":
            return lambda t: word in (people[t.requester_id].email.lower(), str(t.requester_id), "*")
        case "created" | "updated":
            try:
                moment = parse_stamp(value)
            except ValueError:
                raise ApiError(
                    422, {"error": "invalid", "description": "Invalid search: a date is not valid"}
                ) from None
            return lambda t: _compare(t.created_at if name == "created" else t.updated_at, operator, moment)
        case _:
            return lambda t: False


def _ordered(order: list[Any], value: str | None, operator: str, word: str) -> bool:
    if operator == ":" or word not in order or value not in order:
        return operator == ":" and value == word
    return _compare(order.index(value), operator, order.index(word))


def _compare(left: Any, operator: str, right: Any) -> bool:
    return bool(
        {":": left == right, "<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}.get(
            operator, False
        )
    )
