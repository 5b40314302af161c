"""Freshdesk: filtering tickets with its query language, `"status:2 AND (tag:'late' OR priority:>3)"`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from adapters.sandbox.freshdesk import shapes
from adapters.sandbox.freshdesk.blueprint import account, api, invalid, wrong
from adapters.sandbox.freshdesk.codes import priority_number, status_number
from adapters.sandbox.store import Ticket

Test = Callable[[Ticket], bool]
PAGE_SIZE, LAST_PAGE, MAX_QUERY = 30, 10, 512
_TOKEN = re.compile(r"\s*(\(|\)|AND\b|OR\b|(?P<name>\w+):(?P<operator>[<>]?)(?P<value>'[^']*'|[^\s()']+))")
_DATES = ("created_at", "updated_at", "due_by", "fr_due_by")


@api.get("/api/v2/search/tickets")
def search_tickets() -> ResponseReturnValue:
    """Thirty a page, ten pages at most. Raises ApiError 400 for a query that cannot be read."""
    query = request.args.get("query", "")
    page = request.args.get("page", 1, type=int) or 1
    if not 1 <= page <= LAST_PAGE:
        raise invalid(wrong("page", f"It should be a Positive Integer less than or equal to {LAST_PAGE}"))
    if len(query) > MAX_QUERY or len(query) < 2 or query[0] != '"' or query[-1] != '"':
        raise invalid(wrong("query", "Query should be a string enclosed in double quotes, of at most 512 characters"))
    test = _Parser(query[1:-1]).parse()
    rows = sorted((t for t in account().desk.live() if test(t)), key=lambda t: (t.created_at, t.id), reverse=True)
    some = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return jsonify({"total": len(rows), "results": [shapes.ticket(t) for t in some]})


class _Parser:
    """OR binds weaker than AND; brackets group."""

    def __init__(self, text: str) -> None:
        self._tokens: list[re.Match[str]] = []
        at = 0
        while text[at:].strip():
            hit = _TOKEN.match(text, at)
            if hit is None:
                raise self._unreadable()
            self._tokens.append(hit)
            at = hit.end()

    def parse(self) -> Test:
        test = self._either()
        if self._tokens:
            raise self._unreadable()
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("OR"):
            tests.append(self._both())
        return lambda t: any(test(t) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("AND"):
            tests.append(self._one())
        return lambda t: all(test(t) for test in tests)

    def _one(self) -> Test:
        if self._take("("):
            test = self._either()
            if not self._take(")"):
                raise self._unreadable()
            return test
        if not self._tokens or self._tokens[0]["name"] is None:
            raise self._unreadable()
        hit = self._tokens.pop(0)
        return _term(hit["name"], hit["operator"], hit["value"])

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0][1] == word:
            self._tokens.pop(0)
            return True
        return False

    @staticmethod
    def _unreadable() -> Exception:
        return invalid(wrong("query", "Given query is invalid"))


def _term(name: str, operator: str, value: str) -> Test:
    is_text = value.startswith("'")
    value = value.strip("'")
    if name in _DATES:
        return _on_date(name, operator, value)
    known = {"agent_id", "group_id", "priority", "status", "tag", "type"} | set(account().custom_fields())
    if name not in known:
        raise invalid(wrong(name, "Unexpected/invalid field in request", "invalid_field"))
    if name == "tag":
        return lambda t: value in t.tags

    def actual(row: Ticket) -> Any:
        fields: dict[str, Any] = {
            "agent_id": row.assignee_id,
            "group_id": row.group_id,
            "priority": priority_number[row.priority or "low"],
            "status": status_number[row.status],
            "type": row.type,
        }
        return fields[name] if name in fields else row.fields.get(name)

    if value == "null" and not is_text:
        return lambda t: actual(t) is None
    if operator:
        return lambda t: _inclusive(actual(t), operator, value)
    return lambda t: str(actual(t)).lower() == value.lower()


def _inclusive(have: Any, operator: str, value: str) -> bool:
    try:
        return float(have) >= float(value) if operator == ">" else float(have) <= float(value)
    except (TypeError, ValueError):
        return False


def _on_date(name: str, operator: str, value: str) -> Test:
    try:
        day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise invalid(wrong(name, "It should be in the 'YYYY-MM-DD' format")) from None

    def moment(row: Ticket) -> datetime:
        if name in ("created_at", "updated_at"):
            return row.created_at if name == "created_at" else row.updated_at
        return account().due(row)[0 if name == "fr_due_by" else 1]

    if operator == ">":
        return lambda t: moment(t) >= day
    if operator == "<":
        return lambda t: moment(t) < day + timedelta(days=1)
    return lambda t: day <= moment(t) < day + timedelta(days=1)
