"""The door of the Zendesk API: who is calling, what may they do, how often; and how its errors look."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError
from werkzeug.wrappers import Response

from adapters.sandbox.limits import (
    UNMETERED,
    ZENDESK_AUDITS,
    ZENDESK_DEEP_PAGES,
    ZENDESK_PER_TICKET,
    ZENDESK_PLANS,
    ZENDESK_SEARCH_EXPORT,
    Limit,
    Reading,
)
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import ZENDESK, Person, Role, Ticket
from adapters.sandbox.world import here
from adapters.sandbox.zendesk.account import ZendeskAccount

api = Blueprint("zendesk", __name__, url_prefix="/zendesk")
P = ParamSpec("P")

# Which resource scopes open a path; everything else needs the global `read` or `write`.
_RESOURCES = frozenset(["tickets", "users", "organizations", "triggers", "webhooks", "automations", "targets"])
_BROAD = frozenset(("read", "write", "impersonate"))
_NARROW = _RESOURCES | {"hc", "apps", "auditlogs"}


class ApiError(Exception):
    """An answer other than success, with its body as Zendesk words it."""

    def __init__(self, status: int, body: Record | str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


def not_found() -> ApiError:
    return ApiError(404, {"error": "RecordNotFound", "description": "Not found"})


def invalid_attribute(message: str) -> ApiError:
    """400 with the object form of `error`."""
    return ApiError(400, {"error": {"title": "Invalid attribute", "message": message}})


def record_invalid(details: dict[str, list[Record]]) -> ApiError:
    return ApiError(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})


def problem(field: str, message: str, error: str = "InvalidValue") -> dict[str, list[Record]]:
    """One entry of a RecordInvalid answer's details."""
    return {field: [{"description": f"{field.replace('_', ' ').title()}: {message}", "error": error}]}


def forbidden() -> ApiError:
    message = (
        "You do not have access to this page. Please contact the account owner of this help desk for further help."
    )
    return ApiError(403, {"error": {"title": "Forbidden", "message": message}})


def account() -> ZendeskAccount:
    return here().zendesk


def actor() -> Person:
    return cast(Person, g.actor)


def base_url() -> str:
    """The address this API was called by, without a trailing slash."""
    return cast(str, request.environ.get("sandbox.base", request.host_url.rstrip("/") + "/zendesk"))


def api_url(path: str) -> str:
    return f"{base_url()}/api/v2/{path}"


def payload(schema: type[Schema]) -> Record:
    """The JSON object of the request, read by `schema`. Raises ApiError 400."""
    body = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise ApiError(400, {"error": "Unprocessable JSON", "description": "The request body is not a JSON object"})
    return _read(schema, body)


def wrapped(name: str, schema: type[Schema]) -> Record:
    """The object under `name`, as in {"ticket": {...}}, read by `schema`. Raises ApiError 400."""
    body = request.get_json(force=True, silent=True) if request.get_data() else {}
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, dict):
        raise invalid_attribute(f"Invalid parameter: {name} must be an object from type (Hash)")
    return _read(schema, value)


def _read(schema: type[Schema], body: Record) -> Record:
    try:
        wish: Record = schema().load(body)
    except ValidationError as error:
        names = ", ".join(error.messages_dict)
        raise invalid_attribute(f"You passed an invalid value for the {names} attribute. {error}") from None
    return wish


def admin_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if actor().role is not Role.ADMIN:
            raise forbidden()
        return view(*args, **kwargs)

    return guarded


def ticket_or_404(ticket_id: int) -> Ticket:
    ticket = account().desk.tickets.get(ticket_id)
    if ticket is None or ticket.deleted:
        raise not_found()
    return ticket


@api.errorhandler(ApiError)
def _answer(error: ApiError) -> ResponseReturnValue:
    if isinstance(error.body, str):
        return error.body, error.status, {"Content-Type": "text/plain; charset=utf-8", **error.headers}
    return jsonify(error.body), error.status, error.headers


# -- who


@api.before_request
def _enter() -> None:
    g.readings = []
    if not request.path.startswith("/zendesk/api/"):
        return
    _meter_account()
    g.actor = _identify()
    if g.actor.role is Role.CUSTOMER and not request.path.endswith("/users/me"):
        raise forbidden()
    _meter_endpoint()


def _identify() -> Person:
    header = request.headers.get("Authorization", "")
    kind, _, value = header.partition(" ")
    desk = account().desk
    if not header and request.path.endswith("/users/me"):
        now = account().clock.now()
        return Person(0, "Anonymous user", "", Role.CUSTOMER, now, now)
    if kind.lower() == "bearer":
        token = account().tokens.get(value.strip())
        if token is None or token.expires_at <= account().clock.time():
            raise ApiError(
                401,
                {
                    "error": "invalid_token",
                    "error_description": "The access token provided is expired, revoked, malformed or invalid for other reasons.",
                },
                {"WWW-Authenticate": 'Bearer realm="Zendesk"'},
            )
        if not _scope_allows(token.scopes):
            raise forbidden()
        return account().service
    if kind.lower() == "basic":
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user = password = ""
        # The token opens the account for whichever address stands before "/token" (platform page: Zendesk, 3).
        email, slash, mode = user.rpartition("/")
        person = desk.by_email(email) if slash and mode == "token" else None
        if person is not None and password == account().credentials.zendesk_api_token:
            return person
    raise ApiError(401, {"error": "Couldn't authenticate you"}, {"WWW-Authenticate": 'Basic realm="Web Password"'})


def known_scope(scope: str) -> bool:
    resource, _, access = scope.partition(":")
    return scope in _BROAD or (resource in _NARROW and access in ("read", "write"))


def _scope_allows(scopes: tuple[str, ...]) -> bool:
    """An invalid scope spoils the whole token: it was handed out, and opens nothing."""
    if not scopes or not all(known_scope(scope) for scope in scopes):
        return False
    access = "read" if request.method in ("GET", "HEAD") else "write"
    if access in scopes:
        return True
    parts = request.path.removeprefix("/zendesk/api/v2/").split("/")
    if parts[-1] == "audits":
        return False
    return parts[0] in _RESOURCES and f"{parts[0]}:{access}" in scopes


# -- how often


def _spend(limit: Limit, key: object = None, cost: int = 1) -> None:
    if here().plans[ZENDESK] == UNMETERED:
        return
    reading = here().meter.take(limit, key, cost)
    g.readings.append(reading)
    if not reading.allowed:
        # Not JSON: a client that parses before it looks at the status falls over here.
        raise ApiError(
            429,
            "Number of allowed API requests per minute exceeded\n",
            {"Retry-After": str(reading.resets_in)},
        )


def spend_ticket_update(ticket_id: int) -> None:
    """Any write to a ticket: an account-wide budget, and thirty in ten minutes per user and ticket."""
    if here().plans[ZENDESK] == UNMETERED:
        return
    plan = ZENDESK_PLANS[here().plans[ZENDESK]]
    _spend(Limit("tickets-update", plan.ticket_updates))
    _spend(ZENDESK_PER_TICKET, (actor().id, ticket_id))


def _meter_account() -> None:
    plan = here().plans[ZENDESK]
    if plan != UNMETERED:
        _spend(Limit("account", ZENDESK_PLANS[plan].account))


def _meter_endpoint() -> None:
    plan = here().plans[ZENDESK]
    if plan == UNMETERED:
        return
    path = request.path.removeprefix("/zendesk/api/v2/")
    if path.startswith("incremental/"):
        _spend(Limit("incremental-exports", ZENDESK_PLANS[plan].incremental))
    elif path.endswith("/audits"):
        _spend(ZENDESK_AUDITS)
    elif path == "search/export":
        _spend(ZENDESK_SEARCH_EXPORT)
    elif path == "tickets" and (request.args.get("page", type=int) or 0) > 500:
        _spend(ZENDESK_DEEP_PAGES)


@api.after_request
def _tell_limits(response: Response) -> Response:
    readings: list[Reading] = getattr(g, "readings", [])
    for reading in readings:
        name, total = reading.limit.name, reading.limit.calls
        if name == "account":
            response.headers["X-Rate-Limit"] = response.headers["ratelimit-limit"] = str(total)
            response.headers["X-Rate-Limit-Remaining"] = response.headers["ratelimit-remaining"] = str(
                reading.remaining
            )
            response.headers["ratelimit-reset"] = str(reading.resets_in)
        else:
            family = "zendesk-ratelimit" if name == "incremental-exports" else "Zendesk-RateLimit"
            response.headers[f"{family}-{name}"] = (
                f"total={total}; remaining={reading.remaining}; resets={reading.resets_in}"
            )
    if request.path.startswith("/zendesk/api/"):
        response.headers.setdefault("Cache-Control", "max-age=0, private, must-revalidate")
    return response


def flag(name: str, default: bool = False) -> bool:
    value = request.args.get(name)
    return default if value is None else value.lower() in ("true", "1")


def ids_argument() -> list[int]:
    """`?ids=1,2,3`, at most a hundred."""
    found = [int(part) for part in request.args.get("ids", "").split(",") if part.strip().isdecimal()]
    if len(found) > 100:
        raise ApiError(400, {"error": "TooManyIds", "description": "At most 100 ids"})
    return found
