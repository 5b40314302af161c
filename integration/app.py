"""The web application, put together."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from integration.logs import configure_logs
from integration.pipeline.context import Context, build_context
from integration.settings import DEFAULT_FILE, load_settings
from integration.web.health import health
from integration.web.hooks import LARGEST_BODY, hooks

# A hook must be answered within a second or so, even if Redis hangs.
REDIS_PATIENCE_SECONDS = 1.0


def create_app(context: Context) -> Flask:
    app = Flask("makeright", static_folder=None)
    app.config["CONTEXT"] = context
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.register_blueprint(hooks)
    app.register_blueprint(health)

    @app.errorhandler(HTTPException)
    def as_json(error: HTTPException) -> ResponseReturnValue:
        return {"error": error.name}, error.code or 500

    return app


def wsgi() -> Flask:
    """For gunicorn: `integration.app:wsgi()`, configured by the file that MAKERIGHT_CONFIG names."""
    settings = load_settings(Path(os.environ.get("MAKERIGHT_CONFIG", str(DEFAULT_FILE))))
    configure_logs(json=settings.service.json_logs)
    return create_app(build_context(settings, redis_patience=REDIS_PATIENCE_SECONDS))
