"""The door of the sidebar's API: only for an account's own installations, only so often, and nothing for other sites."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from flask import Response, current_app, request
from flask_smorest import Blueprint
from limits import RateLimitItem
from werkzeug.exceptions import TooManyRequests, Unauthorized

from integration.pipeline.context import Context
from integration.web import throttle
from integration.web.sidebar.proof import NotProven, prove

log = structlog.get_logger()
LONGEST_ID = 32


def guarded_blueprint(name: str, description: str) -> Blueprint:
    """A part of the API below a ticket's address, with the headers that all of its answers carry."""
    made = Blueprint(
        name, __name__, url_prefix="/api/v1/accounts/<account>/tickets/<ticket_id>", description=description
    )
    made.after_request(_protect)
    return made


def working_context() -> Context:
    context: Context = current_app.config["CONTEXT"]
    return context


def proven(item: RateLimitItem) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Only for the account's own installations, and only so often. The view gets the account's settings."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, account: str, ticket_id: str, **kwargs: Any) -> Any:
            limits: throttle.Throttle = current_app.extensions["makeright-throttle"]
            settings = working_context().settings.accounts.get(account)
            try:
                if settings is None:
                    raise NotProven("there is no such account")
                prove(settings, request.headers.get("Authorization", ""))
            except NotProven as refusal:
                # Counted after the proof: who has one is never held up by others who share their address.
                pause = limits.hit(throttle.REFUSED, "refused", request.remote_addr or "")
                if pause is not None:
                    raise TooManyRequests(retry_after=pause) from None
                log.warning("sidebar_refused", account=account[:40], reason=str(refusal))
                raise Unauthorized from None
            pause = limits.hit(item, request.endpoint or "", account)
            if pause is not None:
                raise TooManyRequests(retry_after=pause)
            return view(*args, settings, ticket_id[:LONGEST_ID], **kwargs)

        return guarded

    return decorate


def _protect(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
