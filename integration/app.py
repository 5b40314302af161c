"""The web application, put together."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from flask.typing import ResponseReturnValue
from flask_smorest import Api
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from integration.configuration.in_force import texts_in_force
from integration.logs import configure_logs
from integration.pipeline.context import Context, build_context
from integration.settings import DEFAULT_FILE, load_settings
from integration.web.console.pages import add_console
from integration.web.health import health
from integration.web.hooks import LARGEST_BODY, hooks
from integration.web.metrics import metrics
from integration.web.sidebar.api import docs, sidebar
from integration.web.sidebar.coaching import load_judge
from integration.web.sidebar.goodwill import goodwill
from integration.web.sidebar.rehearsal import rehearsal
from integration.web.throttle import Throttle

# A hook must be answered within a second or so, even if Redis hangs.
REDIS_PATIENCE_SECONDS = 1.0


def create_app(context: Context) -> Flask:
    app = Flask("makeright", static_folder=None)
    app.config["CONTEXT"] = context
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    if proxies := context.settings.service.trusted_proxies:
        # Only the caller's address: which name and scheme we are reached by is said by public_url.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    app.register_blueprint(hooks)
    app.register_blueprint(health)
    app.register_blueprint(metrics)
    _add_sidebar(app, context)
    add_console(app, context)

    @app.before_request
    def name_request() -> None:
        """Every line that is logged for one request carries one id."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=secrets.token_hex(6))

    @app.errorhandler(HTTPException)
    def as_json(error: HTTPException) -> ResponseReturnValue:
        body: dict[str, Any] = {"error": error.name}
        # What is wrong where in a body that was refused; never the body itself.
        if details := getattr(error, "data", {}).get("messages"):
            body["details"] = details
        pause = getattr(error, "retry_after", None)
        return body, error.code or 500, {"Retry-After": str(pause)} if pause else {}

    return app


def _add_sidebar(app: Flask, context: Context) -> None:
    """The API of the sidebar apps, and its description under /api/docs."""
    app.config.update(
        API_TITLE="Makeright",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/docs",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": "What the sidebar apps in the helpdesks call."},
            "components": {"securitySchemes": {"installation": {"type": "http", "scheme": "bearer"}}},
            "security": [{"installation": []}],
        },
    )
    api = Api(app)
    for part in (sidebar, goodwill, rehearsal):
        api.register_blueprint(part)
    app.register_blueprint(docs)
    app.extensions["makeright-spec"] = api.spec
    app.extensions["makeright-throttle"] = Throttle(context.redis)
    app.extensions["makeright-coach"] = load_judge()


def wsgi() -> Flask:
    """For gunicorn: `integration.app:wsgi()`, configured by the file that MAKERIGHT_CONFIG names."""
    file = Path(os.environ.get("MAKERIGHT_CONFIG", str(DEFAULT_FILE)))
    settings = load_settings(file, texts=texts_in_force(file))
    configure_logs(json=settings.service.json_logs)
    return create_app(build_context(settings, redis_patience=REDIS_PATIENCE_SECONDS))
