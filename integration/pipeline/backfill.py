"""The backfill: lists an account's older tickets through the helpdesk's export, and feeds them to workers of its own.

What is listed stands in the database together with the cursor behind it, and so does what became of each ticket: the
process may be killed at any moment, and the next one goes on from there. The queue is kept short on purpose. Tickets
that have to wait for a limit wait in it, and no new ones are read meanwhile only to wait as well.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from redis.lock import Lock

from adapters.contract import Throttled, Transient
from integration.pipeline.context import Context
from integration.pipeline.worker import collect_given_up
from integration.store.backfills import Backfill, Backfills

log = structlog.get_logger()

# Tickets that are under way at one time: enough to keep the workers busy between two looks.
UNDER_WAY = 100
LOOK_SECONDS = 0.5
# A page of the listing that could not be had is asked for again after so long.
LISTING_PAUSE = 10.0
# How long a killed process stands in the way of the one that goes on.
LOCK_SECONDS = 15


class Busy(Exception):
    """Another process is at this account's backfill."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`listed` is False while more tickets may be found; `outcomes` counts those that were seen through, by their end."""

    total: int
    done: int
    listed: bool
    outcomes: Counter[str]

    @property
    def finished(self) -> bool:
        return self.listed and self.done == self.total


def feed(context: Context, backfill: Backfill, tell: Callable[[Progress], None]) -> Progress:
    """See a backfill through to its end; `context` is one of `build_backfill_context`. `tell` is called now and then.

    Raises Busy, RedisError, and HelpdeskError for what no waiting mends. Whatever ends it, a later call goes on.
    """
    name = f"makeright:backfilling:{backfill.account}"
    lock = context.redis.lock(name, timeout=LOCK_SECONDS, blocking_timeout=LOCK_SECONDS + 5, sleep=0.5)
    try:
        _hold(lock, backfill.account)
        feeder = _Feeder(context, backfill)
        while True:
            progress = feeder.look()
            tell(progress)
            if progress.finished:
                Backfills(context.store).finish(backfill.account, context.now())
                return progress
            if not lock.owned() or not lock.extend(LOCK_SECONDS, replace_ttl=True):
                # A page took longer than the lock lives.
                _hold(lock, backfill.account)
            time.sleep(LOOK_SECONDS)
    finally:
        if lock.owned():
            lock.release()


def _hold(lock: Lock, account: str) -> None:
    if not lock.acquire():
        raise Busy(f"{account}: another process is at this backfill")


class _Feeder:
    def __init__(self, context: Context, backfill: Backfill) -> None:
        self._context, self._account, self._since = context, backfill.account, backfill.since
        self._backfills = Backfills(context.store)
        self._cursor, self._listed = backfill.cursor, backfill.listed
        self._list_at = 0.0
        self._offered: set[str] = set()

    def look(self) -> Progress:
        if not self._listed and time.monotonic() >= self._list_at:
            self._list()
        for account, ticket_id in collect_given_up(self._context):
            self._backfills.done(account, ticket_id, "failed")
        outcomes = self._backfills.outcomes(self._account)
        waiting = outcomes.pop(None, 0)
        if waiting:
            self._offer()
        ended = Counter({outcome: n for outcome, n in outcomes.items() if outcome is not None})
        return Progress(waiting + ended.total(), ended.total(), self._listed, ended)

    def _list(self) -> None:
        try:
            found = self._context.helpdesks[self._account].changed_since(self._cursor, start=self._since)
        except (Throttled, Transient) as error:
            pause = error.retry_after if isinstance(error, Throttled) else LISTING_PAUSE
            self._list_at = time.monotonic() + pause
            log.info("listing_paused", account=self._account, seconds=round(pause, 1), reason=str(error))
            return
        ids = [change.ticket_id for change in found.changes]
        self._cursor, self._listed = found.cursor, found.complete
        new = self._backfills.list_page(self._account, ids, cursor=found.cursor, complete=found.complete)
        # What was finished in just this state, live or by an earlier backfill, is not read again. The export also shows what
        # this backfill has just written: that is seen through already.
        seen = self._context.store.seen_versions(self._account, new)
        for change in found.changes:
            if seen.get(change.ticket_id) == change.version:
                self._backfills.done(self._account, change.ticket_id, "known")
        log.info("listed", account=self._account, tickets=len(ids), new=len(new), complete=found.complete)

    def _offer(self) -> None:
        queue, rq = self._context.queue, self._context.queue.rq
        under_way = len(rq) + rq.scheduled_job_registry.count + rq.started_job_registry.count
        if under_way == 0:
            # Whatever was offered and did not come back was lost with a worker or with Redis.
            self._offered.clear()
        # At most UNDER_WAY of the open ones have been offered, so that these are enough to find the others among.
        for ticket_id in self._backfills.open(self._account, 2 * UNDER_WAY):
            if under_way >= UNDER_WAY:
                return
            if ticket_id not in self._offered:
                queue.offer(self._account, ticket_id)
                self._offered.add(ticket_id)
                under_way += 1
