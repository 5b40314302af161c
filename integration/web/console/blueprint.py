"""The console's blueprint, and what every answer of it carries: a policy that lets nothing foreign in, and no cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from integration.pipeline.context import Context

log = structlog.get_logger()
console = Blueprint(
    "console",
    __name__,
    url_prefix="/console",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)

_HEADERS = {
    # Bootstrap draws the arrows of its lists as data: images.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # The check against forged requests reads the referrer of our own pages.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_WORDS = {
    401: "Sign in first.",
    403: "Your role does not allow this.",
    404: "There is no such page, or it is gone.",
    405: "This page does not take that.",
    413: "That was too long.",
    429: "That was too often. Wait a minute.",
    503: "Something this page needs cannot be reached.",
}


def context() -> Context:
    found: Context = current_app.config["CONTEXT"]
    return found


@contextmanager
def needing_redis(account: str) -> Iterator[None]:
    """What is done here for the account needs Redis. Raises ServiceUnavailable while it is away."""
    try:
        yield
    except RedisError as error:
        log.error("queue_away", account=account, error=type(error).__name__)
        raise ServiceUnavailable from None


def page(template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    return render_template(f"console/{template}", **values), status


@console.after_request
def protect(response: Response) -> Response:
    response.headers.extend(_HEADERS)
    if request.endpoint not in ("console.static", "console.asset"):
        response.headers["Cache-Control"] = "no-store"
    if context().settings.service.public_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


@console.errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if isinstance(error, CSRFError):
        words = "This form is no longer valid, or was not ours. Go back, load the page again, and repeat."
    else:
        words = error.description if status == 400 and error.description else _WORDS.get(status, error.name)
    return page("refused.html", status, title=error.name, words=words)


@console.route("/<path:anything>")
def nowhere(anything: str) -> ResponseReturnValue:
    """So that an address under /console/ that is none gets a page and not JSON."""
    error = HTTPException()
    error.code = 404
    raise error
