"""The clock: once a minute (or sooner, where an account sweeps more often) it does what is due."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from integration.pipeline.context import Context
from integration.pipeline.sweep import due, sweep
from integration.pipeline.worker import collect_given_up

log = structlog.get_logger()

TICK = timedelta(minutes=1)


def run_clock(context: Context, stop: threading.Event) -> None:
    """Tick until `stop` is set. A tick that fails is logged and tried again at the next."""
    pause = min([TICK, *(account.sweep_every for account in context.settings.accounts.values())])
    while not stop.is_set():
        try:
            tick(context, datetime.now(UTC))
        except (RedisError, SQLAlchemyError) as error:
            log.error("tick_failed", error=type(error).__name__)
        stop.wait(pause.total_seconds())


def tick(context: Context, now: datetime) -> None:
    for account in context.settings.accounts:
        if due(context, account, now):
            sweep(context, account)
    collect_given_up(context)
