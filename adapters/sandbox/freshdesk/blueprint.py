"""The door of the Freshdesk API: who is calling, what may they do, how often; and how its errors look."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar, cast
from urllib.parse import urlencode

from flask import Blueprint, g, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError
from werkzeug.wrappers import Response

from adapters.sandbox.freshdesk.account import FreshdeskAccount
from adapters.sandbox.limits import FRESHDESK_PLANS, UNMETERED, Limit, Reading
from adapters.sandbox.shelf import Record, Shelf
from adapters.sandbox.store import FRESHDESK, Person, Role, Ticket
from adapters.sandbox.world import here

api = Blueprint("freshdesk", __name__, url_prefix="/freshdesk")
P = ParamSpec("P")
T = TypeVar("T")
MAX_SIZE = 100


class ApiError(Exception):
    """An answer other than success; `body` None is an empty one."""

    def __init__(self, status: int, body: Record | None, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


def not_found() -> ApiError:
    """404 without a body."""
    return ApiError(404, None)


def wrong(field: str, message: str, code: str = "invalid_value") -> Record:
    """One entry of a validation answer's errors."""
    return {"field": field, "message": message, "code": code}


def invalid(*errors: Record) -> ApiError:
    return ApiError(400, {"description": "Validation failed", "errors": list(errors)})


def unexpected(field: str) -> Record:
    return wrong(field, "Unexpected/invalid field in request", "invalid_field")


def missing(field: str) -> Record:
    return wrong(field, "It should be a/an String", "missing_field")


def account() -> FreshdeskAccount:
    return here().freshdesk


def actor() -> Person:
    return cast(Person, g.actor)


def base_url() -> str:
    """The address this API was called by, without a trailing slash."""
    return cast(str, request.environ.get("sandbox.base", request.host_url.rstrip("/") + "/freshdesk"))


def api_url(path: str) -> str:
    return f"{base_url()}/api/v2/{path}"


def payload(schema: type[Schema]) -> Record:
    """The JSON object of the request, read by `schema`. Raises ApiError 400 or 415."""
    if request.mimetype not in ("application/json", ""):
        message = "Content-Type header is set to an unsupported type"
        raise ApiError(415, {"code": "invalid_content_type", "message": message})
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise ApiError(400, {"code": "invalid_json", "message": "Request body has invalid json format"})
    try:
        wish: Record = schema().load(body)
    except ValidationError as error:
        raise invalid(*(_unfit(name, told) for name, told in error.messages_dict.items())) from None
    return wish


def _unfit(field: str, told: object) -> Record:
    """What marshmallow found wrong with a field, in Freshdesk's words; deeper findings count for the field itself."""
    if told == ["Unknown field."]:
        return unexpected(field)
    message = told[0] if isinstance(told, list) else "It should be of the documented structure"
    return wrong(field, str(message), "datatype_mismatch")


def admin_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if actor().role is not Role.ADMIN:
            raise ApiError(403, {"code": "access_denied", "message": "You are not authorized to perform this action."})
        return view(*args, **kwargs)

    return guarded


def ticket_or_404(ticket_id: int) -> Ticket:
    ticket = account().desk.tickets.get(ticket_id)
    if ticket is None:
        raise not_found()
    return ticket


def writable(ticket_id: int) -> Ticket:
    """A ticket that may be changed; spam and trash answer 405 (platform page: Freshdesk, 2.3)."""
    ticket = ticket_or_404(ticket_id)
    if ticket.spam or ticket.deleted:
        message = f"{request.method} method is not allowed. It should be one of these method(s): GET"
        raise ApiError(405, {"message": message}, {"Allow": "GET"})
    return ticket


def found(shelf: Shelf, key: int) -> Record:
    row = shelf.get(key)
    if row is None:
        raise not_found()
    return row


@api.errorhandler(ApiError)
def _answer(error: ApiError) -> ResponseReturnValue:
    if error.body is None:
        return "", error.status, error.headers
    return jsonify(error.body), error.status, error.headers


# -- who


@api.before_request
def _enter() -> None:
    g.cost, g.readings = _cost(), []
    _meter()
    header = request.headers.get("Authorization", "")
    kind, _, value = header.partition(" ")
    try:
        key = base64.b64decode(value, validate=True).decode().partition(":")[0] if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        key = ""
    known = account().credentials
    if key == known.freshdesk_admin_key:
        g.actor = account().admin
    elif key == known.freshdesk_agent_key:
        g.actor = account().service
    else:
        raise ApiError(
            401, {"code": "invalid_credentials", "message": "You have to be logged in to perform this action."}
        )


# -- how often


def _cost() -> int:
    """One credit, and more for what is embedded: one each on a ticket, two each on a list."""
    parts = len([p for p in request.args.get("include", "").split(",") if p.strip()])
    return 1 + parts * (2 if request.path.rstrip("/").endswith("/tickets") else 1)


def _meter() -> None:
    name = here().plans[FRESHDESK]
    if name == UNMETERED:
        return
    plan, path = FRESHDESK_PLANS[name], request.path.removeprefix("/freshdesk/api/v2/").rstrip("/")
    limits = [Limit("freshdesk", plan.total)]
    sub = None
    if path == "tickets":
        sub = ("list", plan.tickets_list) if request.method == "GET" else ("create", plan.ticket_create)
    elif path == "contacts" and request.method == "GET":
        sub = ("contacts", plan.contacts_list)
    elif path.startswith("tickets/") and path.count("/") == 1 and request.method == "PUT":
        sub = ("update", plan.ticket_update)
    if sub and sub[1] is not None:
        limits.append(Limit(f"freshdesk-{sub[0]}", sub[1]))
    for limit in limits:
        reading = here().meter.take(limit, cost=g.cost if limit.name == "freshdesk" else 1)
        g.readings.append(reading)
        if not reading.allowed:
            raise ApiError(
                429,
                {"message": "You have exceeded the limit of requests per minute"},
                {"Retry-After": str(reading.resets_in)},
            )


@api.after_request
def _tell_limits(response: Response) -> Response:
    readings: list[Reading] = getattr(g, "readings", [])
    response.headers["X-Freshdesk-Api-Version"] = "latest=v2; requested=v2"
    if readings:
        # Decimals, as seen on real accounts; a sub-limit is not shown.
        response.headers["X-Ratelimit-Total"] = f"{float(readings[0].limit.calls)}"
        response.headers["X-Ratelimit-Remaining"] = f"{float(readings[0].remaining)}"
        response.headers["X-Ratelimit-Used-CurrentRequest"] = str(g.cost)
    return response


# -- lists


def listing(rows: Sequence[T], shape: Callable[[T], Record], last_page: int | None = None) -> Response:
    """A bare JSON array; the next page's address in `Link`, unless this is the last. Raises ApiError 400."""
    page, size = _positive("page", 1), _positive("per_page", 30)
    if size > MAX_SIZE:
        raise invalid(wrong("per_page", f"It should be a Positive Integer less than or equal to {MAX_SIZE}"))
    if last_page is not None and page > last_page:
        raise invalid(
            wrong(
                "page",
                f"You cannot access tickets beyond the {last_page}th page. Please provide a smaller page number.",
            )
        )
    start = (page - 1) * size
    response = make_response(jsonify([shape(row) for row in rows[start : start + size]]))
    if start + size < len(rows):
        args = urlencode({**request.args.to_dict(), "page": page + 1, "per_page": size})
        response.headers["Link"] = f'<{base_url()}{request.path.removeprefix("/freshdesk")}?{args}>; rel="next"'
    return response


def _positive(name: str, default: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise invalid(wrong(name, "It should be a Positive Integer", "datatype_mismatch"))
    return int(text)
