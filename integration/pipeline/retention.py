"""Once a day, what an account does not want to keep any longer is deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from integration.pipeline.context import Context
from integration.store.privacy import Privacy

log = structlog.get_logger()

EVERY = timedelta(days=1)


def prune(context: Context, account: str, now: datetime) -> int | None:
    """Returns how many rows are gone; None if it was done within the last day."""
    if not context.redis.set(f"makeright:pruned:{account}", "1", nx=True, ex=int(EVERY.total_seconds())):
        return None
    gone = Privacy(context.store).prune(account, now - context.account(account).privacy.keep)
    if gone:
        log.info("pruned", account=account, rows=gone)
    return gone
