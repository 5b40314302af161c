"""The clock: once a minute (or sooner, where an account sweeps more often) it does what is due."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from integration.pipeline.alerts import send_alerts
from integration.pipeline.context import Context
from integration.pipeline.macro_shelf import refresh_macros
from integration.pipeline.reports import refresh_reports
from integration.pipeline.retention import prune
from integration.pipeline.sweep import due, sweep
from integration.pipeline.worker import collect_given_up
from integration.store.deadlines import Deadlines

log = structlog.get_logger()

TICK = timedelta(minutes=1)


def run_clock(context: Context, stop: threading.Event) -> None:
    """Tick until `stop` is set. A tick that fails is logged and tried again at the next."""
    pause = min([TICK, *(account.sweep_every for account in context.settings.accounts.values())])
    while not stop.is_set():
        try:
            tick(context, context.now())
        except (RedisError, SQLAlchemyError) as error:
            log.error("tick_failed", error=type(error).__name__)
        stop.wait(pause.total_seconds())


def tick(context: Context, now: datetime) -> None:
    for account, ticket_id in Deadlines(context.store).to_look_at(now, context.settings.accounts):
        context.queue.offer(account, ticket_id)
    send_alerts(context, now)
    for account in context.settings.accounts:
        if due(context, account, now):
            sweep(context, account)
        refresh_macros(context, account)
        prune(context, account, now)
        refresh_reports(context, account, now)
    collect_given_up(context)
