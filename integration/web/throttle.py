"""Limits on the sidebar API and on signing in, shared by all web processes through Redis. Without Redis calls pass: reading a panel needs
only the database, and an agent with a customer in front of them is not to wait for a counter."""

from __future__ import annotations

import time
from math import ceil

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()

PANEL = RateLimitItemPerMinute(1200)
FEEDBACK = RateLimitItemPerMinute(600)
COACH = RateLimitItemPerMinute(600)
GOODWILL = RateLimitItemPerMinute(120)
REHEARSAL = RateLimitItemPerMinute(300)
# Callers without a proof, by their address: enough for a token that has just expired on many desks.
REFUSED = RateLimitItemPerMinute(120)
# Passwords tried, by address and in all: enough for a person with a bad memory, not for a program.
SIGN_IN = RateLimitItemPerMinute(6)
SIGN_IN_ALL = RateLimitItemPerMinute(30)
TRY_OUT = RateLimitItemPerMinute(30)


class Throttle:
    def __init__(self, redis: Redis) -> None:
        storage = RedisStorage("redis://", connection_pool=redis.connection_pool, key_prefix="makeright:limit")
        self._window = SlidingWindowCounterRateLimiter(storage)

    def hit(self, item: RateLimitItem, *names: str, closed: bool = False) -> int | None:
        """Count one call; None if it is within the limit, else after how many seconds to come again.

        `closed`: where calls cannot be counted, none passes.
        """
        try:
            if self._window.hit(item, *names):
                return None
            return max(1, ceil(self._window.get_window_stats(item, *names).reset_time - time.time()))
        except RedisError as error:
            log.warning("limits_away", error=type(error).__name__)
            return 60 if closed else None
