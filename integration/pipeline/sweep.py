"""The sweep: asks each helpdesk what changed, and offers whatever we have not seen in that state.

It repairs what webhooks lose (dropped, late, or swallowed by a wiped Redis), as long as the helpdesk still has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from adapters.contract import HelpdeskError
from integration.pipeline.context import Context

log = structlog.get_logger()

LOCK_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep of an account found. `error` is set where it had to stop early; the cursor kept its place."""

    account: str
    changed: int = 0
    offered: int = 0
    error: str | None = None


def sweep(context: Context, account: str) -> Sweep:
    """Read an account's changes to their present end. Only one process sweeps an account at a time."""
    settings = context.account(account)
    lock = context.redis.lock(f"makeright:sweep:{account}", timeout=LOCK_SECONDS, blocking=False)
    if not lock.acquire():
        return Sweep(account, error="another sweep of this account is running")
    changed = offered = 0
    try:
        kept = context.store.cursor(account)
        cursor = kept[0] if kept else None
        start = datetime.now(UTC) - settings.sweep_reach
        while True:
            found = context.helpdesks[account].changed_since(cursor, start=start)
            seen = context.store.seen_versions(account, [change.ticket_id for change in found.changes])
            missed = [change.ticket_id for change in found.changes if seen.get(change.ticket_id) != change.version]
            offered += context.queue.offer_all(account, missed)
            changed += len(found.changes)
            # Kept only after its tickets are in the queue: a crash in between reads this page again.
            cursor = found.cursor
            context.store.keep_cursor(account, cursor)
            lock.extend(LOCK_SECONDS, replace_ttl=True)
            if found.complete:
                log.info("swept", account=account, changed=changed, offered=offered)
                return Sweep(account, changed, offered)
    except HelpdeskError as error:
        log.warning("sweep_stopped", account=account, error=str(error))
        return Sweep(account, changed, offered, error=str(error))
    finally:
        if lock.owned():
            lock.release()


def due(context: Context, account: str, now: datetime) -> bool:
    kept = context.store.cursor(account)
    return kept is None or now - kept[1] >= context.account(account).sweep_every
