"""`GET /metrics`: numbers for Prometheus, of the whole installation, whichever process is asked."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from integration.pipeline.context import Context
from integration.pipeline.metrics import exposition

metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
def numbers() -> ResponseReturnValue:
    context: Context = current_app.config["CONTEXT"]
    try:
        return Response(exposition(context), content_type=CONTENT_TYPE_LATEST)
    except (RedisError, SQLAlchemyError) as error:
        return {"error": f"nothing to count with: {type(error).__name__}"}, 503
