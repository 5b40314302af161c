"""Whether this process lives (`/healthz`) and whether it can do its work (`/readyz`)."""

from __future__ import annotations

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from integration.pipeline.context import Context

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> ResponseReturnValue:
    return {"status": "ok"}


@health.get("/readyz")
def ready() -> ResponseReturnValue:
    context: Context = current_app.config["CONTEXT"]
    parts = {"queue": _queue(context), "database": _database(context)}
    return {"status": "ok" if all(v == "ok" for v in parts.values()) else "not ready", **parts}, (
        200 if all(value == "ok" for value in parts.values()) else 503
    )


def _queue(context: Context) -> str:
    try:
        context.redis.ping()
    except RedisError as error:
        return type(error).__name__
    return "ok"


def _database(context: Context) -> str:
    try:
        return "ok" if context.store.migrated() else "not migrated"
    except SQLAlchemyError as error:
        return type(error).__name__
