"""When an account's last webhook came, and when and why one was last refused: for `check` and the console.

Only in Redis: if it forgets, the next webhook tells again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis import Redis
from redis.exceptions import RedisError


@dataclass(frozen=True, slots=True)
class HookWatch:
    """`seen_at` is of the last webhook with a good secret, `refused_at` of the last without one."""

    seen_at: datetime | None = None
    refused_at: datetime | None = None
    refused_why: str = ""


def saw(redis: Redis, account: str, at: datetime) -> None:
    """Must not keep a webhook waiting: what cannot be noted is not."""
    with suppress(RedisError):
        redis.hset(_key(account), "seen", at.timestamp())


def refused(redis: Redis, account: str, at: datetime, why: str) -> None:
    with suppress(RedisError):
        redis.hset(_key(account), mapping={"refused": at.timestamp(), "why": why[:200]})


def watched(redis: Redis, account: str) -> HookWatch:
    """Raises redis.RedisError."""
    kept: list[Any] = redis.hmget(_key(account), "seen", "refused", "why")
    seen, no, why = kept
    return HookWatch(_moment(seen), _moment(no), why.decode("utf-8", "replace") if why else "")


def _key(account: str) -> str:
    return f"makeright:hooks:{account}"


def _moment(kept: bytes | None) -> datetime | None:
    return datetime.fromtimestamp(float(kept), UTC) if kept else None
